# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A caller of the emulator's Exchange for the tests: signs in for Exchange, and runs cmdlets."""

from __future__ import annotations

from typing import Any

import httpx2
from api import ACCOUNTS, CONTOSO, FABRIKAM, Api

ROOT = "https://localhost/exchange"
MORE_ACCOUNTS = {
    "reader": (FABRIKAM, "55555555-5555-4555-8555-555555555555", "fabrikam-reader-secret"),
    "half": (FABRIKAM, "66666666-6666-4666-8666-666666666666", "fabrikam-half-secret"),
    "documented": (FABRIKAM, "77777777-7777-4777-8777-777777777777", "fabrikam-documented-secret"),
}
Json = dict[str, Any]


class Exchange(Api):
    """The scenario aftermath, whose Fabrikam has applications of every kind."""

    def __init__(self, scenario: str = "aftermath", **settings: Any) -> None:
        super().__init__(scenario=scenario, **settings)
        self.exchange_tokens: dict[tuple[str, str], str] = {}

    @property
    def target(self) -> Any:
        return self.service.world.tenants[FABRIKAM]

    def exchange_token(self, account: str = "fabrikam", scope: str = f"{ROOT}/.default") -> str:
        if (account, scope) not in self.exchange_tokens:
            tenant, client_id, secret = {**ACCOUNTS, **MORE_ACCOUNTS}[account]
            form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": scope}
            answer = self.http.post(f"/{tenant}/oauth2/v2.0/token", data=form)
            assert answer.status_code == 200, answer.text
            self.exchange_tokens[account, scope] = answer.json()["access_token"]
        return self.exchange_tokens[account, scope]

    def post(
        self,
        path: str,
        body: Any,
        account: str = "fabrikam",
        version: str = "beta",
        tenant: str = FABRIKAM,
        token: str | None = None,
        method: str = "POST",
        **headers: str,
    ) -> httpx2.Response:
        sent = {
            "Authorization": f"Bearer {token or self.exchange_token(account)}",
            "X-AnchorMailbox": f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{tenant}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        url = path if path.startswith("http") else f"{ROOT}/adminapi/{version}/{tenant}/{path}"
        return self.http.request(method, url, json=body, headers=sent)

    def run(self, cmdlet: str, parameters: Json | None = None, path: str = "InvokeCommand", **more: Any) -> httpx2.Response:
        return self.post(path, command(cmdlet, parameters), **more)

    def objects(self, cmdlet: str, parameters: Json | None = None, **more: Any) -> list[Json]:
        """The objects of a cmdlet that has to succeed, without their sidecar keys."""
        answer = self.run(cmdlet, parameters, **more)
        assert answer.status_code == 200, answer.text
        return [{name: value for name, value in item.items() if "@" not in name} for item in answer.json()["value"]]

    def recipient(self, name: str, cmdlet: str = "Get-Recipient") -> Json:
        """The recipient with this mail address at home."""
        (found,) = self.objects(cmdlet, {"Filter": f"ExternalDirectoryObjectId -eq '{self.user(name)['id']}'", "ResultSize": "Unlimited"})
        return found

    def user(self, name: str) -> Json:
        """The user in Fabrikam who came from this person of Contoso."""
        wanted = f"{name}_contoso.kr#EXT#"
        found: Json = next(user for user in self.target.users.values() if str(user["userPrincipalName"]).startswith(wanted))
        return found

    def failed(self, status: int, text: str, cmdlet: str, parameters: Json | None = None, **more: Any) -> Json:
        """The error of a cmdlet that has to fail; the useful text is deep inside."""
        answer = self.run(cmdlet, parameters, **more)
        assert answer.status_code == status, f"{answer.status_code} {answer.text!r}"
        error: Json = answer.json()["error"]
        assert text in error["innererror"]["internalexception"]["message"], error
        return error

    def make(self, *states: Json) -> None:
        answer = self.http.post(f"/emulator/exchange/{FABRIKAM}", json=list(states))
        assert answer.status_code == 204, answer.text

    def standings(self) -> dict[str, str]:
        """Who stands how in Fabrikam's address book, by the name at home."""
        users = self.http.get("/emulator/exchange/fabrikam.kr").json()["users"]
        return {str(user["userPrincipalName"]).partition("_contoso.kr#EXT#")[0].partition("@")[0]: user["standing"] for user in users}


def command(cmdlet: str, parameters: Json | None = None) -> Json:
    return {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters or {}}}


__all__ = ["CONTOSO", "FABRIKAM", "ROOT", "Exchange", "command"]

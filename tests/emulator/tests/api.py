# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A caller of the emulator for the tests: signs in, sends, and keeps what was answered."""

from __future__ import annotations

from typing import Any

import httpx2
from starlette.testclient import TestClient

from entra_emulator.app import create_app
from entra_emulator.scenario import load_scenario
from entra_emulator.service import Service
from entra_emulator.settings import Settings, merged
from entra_emulator.signing import SigningKey

CONTOSO = "a0c898ca-2445-4e74-ab4b-afd7916549a6"
FABRIKAM = "afab079d-1f08-4de3-881e-435e497f923f"
TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
PARTNERS = "/policies/crossTenantAccessPolicy/partners"
ACCOUNTS = {
    "contoso": (CONTOSO, "11111111-1111-4111-8111-111111111111", "contoso-rehearsal-secret"),
    "fabrikam": (FABRIKAM, "22222222-2222-4222-8222-222222222222", "fabrikam-rehearsal-secret"),
    "contoso-admin": (CONTOSO, "33333333-3333-4333-8333-333333333333", "contoso-admin-secret"),
    "fabrikam-admin": (FABRIKAM, "44444444-4444-4444-8444-444444444444", "fabrikam-admin-secret"),
}

KEY = SigningKey()
"""Made once; making one takes a tenth of a second."""


class Api:
    """The emulator in this process, without a network."""

    def __init__(self, key: SigningKey = KEY, scenario: str = "contoso-fabrikam", **settings: Any) -> None:
        self.service = Service(load_scenario(scenario), merged(Settings(throttling=False), settings), key)
        self.http = TestClient(create_app(self.service), base_url="https://localhost")
        self.tokens: dict[str, str] = {}

    def set(self, **settings: Any) -> None:
        self.service.settings = merged(self.service.settings, settings)

    def token(self, account: str) -> str:
        if account not in self.tokens:
            tenant, client_id, secret = ACCOUNTS[account]
            form = {
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": secret,
                "scope": "https://graph.microsoft.com/.default",
            }
            self.tokens[account] = self.http.post(f"/{tenant}/oauth2/v2.0/token", data=form).json()["access_token"]
        return self.tokens[account]

    def send(
        self, method: str, path: str, body: Any = None, account: str = "contoso", version: str = "v1.0", **headers: str
    ) -> httpx2.Response:
        sent = {"Authorization": f"Bearer {self.token(account)}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        url = path if path.startswith("http") else f"/{version}{path}"
        response = (
            self.http.request(method, url, json=body, headers=sent) if body is not None else self.http.request(method, url, headers=sent)
        )
        self.observe(method, url, body, response)
        return response

    def observe(self, method: str, url: str, body: Any, response: httpx2.Response) -> None:
        """A place for development tools to look at every exchange."""

    def get(self, path: str, account: str = "contoso", version: str = "v1.0", **headers: str) -> Any:
        response = self.send("GET", path, account=account, version=version, **headers)
        assert response.status_code == 200, response.text
        return response.json()

    def ok(self, method: str, path: str, body: Any = None, account: str = "contoso", version: str = "v1.0") -> Any:
        response = self.send(method, path, body, account, version)
        assert response.status_code < 300, response.text
        return response.json() if response.content else None

    def refused(
        self,
        status: int,
        code: str,
        method: str,
        path: str,
        body: Any = None,
        account: str = "contoso",
        version: str = "v1.0",
        **headers: str,
    ) -> dict[str, Any]:
        """The error of a request that has to fail with this status and code."""
        response = self.send(method, path, body, account, version, **headers)
        assert response.status_code == status, f"{response.status_code} {response.text}"
        error: dict[str, Any] = response.json()["error"]
        assert error["code"] == code, error
        assert error["innerError"]["request-id"] == response.headers["request-id"]
        return error

    # Steps of section 11 -------------------------------------------------------------------------------------------

    def link_policies(self) -> None:
        self.ok("POST", PARTNERS, {"tenantId": CONTOSO, "automaticUserConsentSettings": {"inboundAllowed": True}}, "fabrikam")
        self.ok("PUT", f"{PARTNERS}/{CONTOSO}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}}, "fabrikam")
        self.ok("POST", PARTNERS, {"tenantId": FABRIKAM, "automaticUserConsentSettings": {"outboundAllowed": True}})

    def configuration(self, name: str = "Fabrikam") -> dict[str, Any]:
        result: dict[str, Any] = self.ok("POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": name})
        return result

    def job(self, name: str = "Fabrikam", secrets: bool = True) -> tuple[str, str, str]:
        """A configuration with a job: the service principal's id, the job's path, the role's id."""
        principal = self.configuration(name)["servicePrincipal"]
        root = f"/servicePrincipals/{principal['id']}/synchronization"
        job_id = self.ok("POST", f"{root}/jobs", {"templateId": "Azure2Azure"})["id"]
        if secrets:
            self.ok("PUT", f"{root}/secrets", {"value": connection()})
        return principal["id"], f"{root}/jobs/{job_id}", principal["appRoles"][0]["id"]

    def assign(self, sp_id: str, role_id: str, principal_id: str) -> dict[str, Any]:
        body = {"principalId": principal_id, "resourceId": sp_id, "appRoleId": role_id}
        result: dict[str, Any] = self.ok("POST", f"/servicePrincipals/{sp_id}/appRoleAssignedTo", body)
        return result

    def user_id(self, name: str, account: str = "contoso") -> str:
        found: str = self.get(f"/users/{name}?$select=id", account)["id"]
        return found

    def advance(self, duration: str) -> dict[str, Any]:
        response = self.http.post("/emulator/clock", json={"advance": duration})
        assert response.status_code == 200, response.text
        result: dict[str, Any] = response.json()
        return result


def connection(target: str = FABRIKAM) -> list[dict[str, str]]:
    return [
        {"key": "AuthenticationType", "value": "SyncPolicy"},
        {"key": "CompanyId", "value": target},
        {"key": "SyncAll", "value": "false"},
    ]

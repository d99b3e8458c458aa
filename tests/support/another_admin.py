# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another administrator, who changes things in the portal of either tenant while a plan waits for its approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests

from .cloud import URL
from .emulator import CONTOSO, FABRIKAM

_APPLICATIONS = {
    CONTOSO: ("33333333-3333-4333-8333-333333333333", "contoso-admin-secret"),  # of an invented tenant
    FABRIKAM: ("44444444-4444-4444-8444-444444444444", "fabrikam-admin-secret"),  # of an invented tenant
}
PARTNERS = "/policies/crossTenantAccessPolicy/partners"
TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"


class Admin:
    """An administrator of both tenants, with an application of their own, while `cloud.reached` lasts."""

    def __init__(self, url: str = URL, verify: str | None = None) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        if verify:
            self._session.verify = verify
        self._tokens: dict[str, str] = {}

    def send(self, tenant: str, method: str, path: str, body: Any = None, version: str = "v1.0") -> Any:
        """A request to Graph."""
        headers = {"Authorization": f"Bearer {self._token(tenant)}"}
        answer = self._session.request(method, f"{self._url}/{version}{path}", json=body, headers=headers, timeout=60)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def _token(self, tenant: str) -> str:
        if tenant not in self._tokens:
            client, secret = _APPLICATIONS[tenant]
            grant = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": f"{self._url}/.default"}
            answer = self._session.post(f"{self._url}/{tenant}/oauth2/v2.0/token", data=grant, timeout=60)
            assert answer.ok, answer.text
            self._tokens[tenant] = str(answer.json()["access_token"])
        return self._tokens[tenant]

    def partner(self, tenant: str, **members: Any) -> None:
        """Members of the partner entry for the other tenant of the link."""
        self.send(tenant, "PATCH", f"{PARTNERS}/{_other(tenant)}", members)

    def partner_path(self, tenant: str) -> str:
        """The path of the partner entry for the other tenant of the link."""
        return f"{PARTNERS}/{_other(tenant)}"

    def principal(self, name: str = "Fabrikam") -> dict[str, Any]:
        """The service principal of a configuration."""
        found = self.send(CONTOSO, "GET", f"/servicePrincipals?$filter=displayName eq '{name}'")["value"]
        principal: dict[str, Any] = found[0]
        return principal

    def synchronization(self) -> str:
        """The path of what belongs to the provisioning of the configuration."""
        return f"/servicePrincipals/{self.principal()['id']}/synchronization"

    def job(self) -> str:
        """The path of the job."""
        jobs = f"{self.synchronization()}/jobs"
        return f"{jobs}/{self.send(CONTOSO, 'GET', jobs)['value'][0]['id']}"

    def secrets(self, change: Callable[[dict[str, str]], None]) -> None:
        """Change the settings bag, and save it as a whole."""
        path = f"{self.synchronization()}/secrets"
        bag = {entry["key"]: entry["value"] for entry in self.send(CONTOSO, "GET", path)["value"]}
        change(bag)
        self.send(CONTOSO, "PUT", path, {"value": [{"key": key, "value": value} for key, value in bag.items()]})

    def schema(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the mapping of users, and save the schema as a whole."""
        path = f"{self.job()}/schema"
        schema = self.send(CONTOSO, "GET", path)
        change(schema["synchronizationRules"][0]["objectMappings"][0])
        self.send(CONTOSO, "PUT", path, {name: value for name, value in schema.items() if not name.startswith("@")})

    def assigns(self, kind: str, name: str) -> None:
        """Assign a user or a group."""
        principal = self.principal()
        body = {"principalId": self.id_of(kind, name), "resourceId": principal["id"], "appRoleId": _role(principal)}
        self.send(CONTOSO, "POST", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", body)

    def unassigns(self, kind: str, name: str) -> None:
        """Remove an assignment."""
        path = f"/servicePrincipals/{self.principal()['id']}/appRoleAssignedTo"
        wanted = self.id_of(kind, name)
        (found,) = [entry["id"] for entry in self.send(CONTOSO, "GET", path)["value"] if entry["principalId"] == wanted]
        self.send(CONTOSO, "DELETE", f"{path}/{found}")

    def id_of(self, kind: str, name: str) -> str:
        """The id of a user or a group of the source."""
        if kind == "group":
            return str(self.send(CONTOSO, "GET", f"/groups?$filter=displayName eq '{name}'")["value"][0]["id"])
        return str(self.send(CONTOSO, "GET", f"/users/{name}")["id"])


def _other(tenant: str) -> str:
    return FABRIKAM if tenant == CONTOSO else CONTOSO


def _role(principal: dict[str, Any]) -> str:
    return next(str(role["id"]) for role in principal["appRoles"] if role["displayName"] == "msiam_access")

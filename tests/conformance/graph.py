# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain calls of Graph with a token, without any of the collection's code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator

ACCOUNTS = {
    "contoso": (CONTOSO, "11111111-1111-4111-8111-111111111111", SECRETS["CONTOSO_CLIENT_SECRET"]),
    "fabrikam": (FABRIKAM, "22222222-2222-4222-8222-222222222222", SECRETS["FABRIKAM_CLIENT_SECRET"]),
    "contoso-admin": (CONTOSO, "33333333-3333-4333-8333-333333333333", "contoso-admin-secret"),
}
PARTNERS = "/policies/crossTenantAccessPolicy/partners"
TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
CONNECTION = [
    {"key": "AuthenticationType", "value": "SyncPolicy"},
    {"key": "CompanyId", "value": FABRIKAM},
    {"key": "SyncAll", "value": "false"},
]


@dataclass
class Graph:
    """Signed in to both tenants."""

    emulator: Emulator
    session: requests.Session = field(default_factory=requests.Session)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # REQUESTS_CA_BUNDLE would win over verify
        self.session.verify = str(self.emulator.ca_path)

    def token(self, account: str) -> str:
        """An access token of an application."""
        if account not in self.tokens:
            tenant, client_id, secret = ACCOUNTS[account]
            form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
            form["scope"] = "https://graph.microsoft.com/.default"
            answer = self.session.post(f"{self.emulator.url}/{tenant}/oauth2/v2.0/token", data=form, timeout=30)
            self.tokens[account] = answer.json()["access_token"]
        return self.tokens[account]

    def send(self, method: str, path: str, body: Any = None, account: str = "contoso", version: str = "v1.0") -> requests.Response:
        """A request."""
        headers = {"Authorization": f"Bearer {self.token(account)}"}
        return self.session.request(method, f"{self.emulator.url}/{version}{path}", json=body, headers=headers, timeout=30)

    def ok(self, method: str, path: str, body: Any = None, account: str = "contoso") -> Any:
        """A request that must succeed."""
        answer = self.send(method, path, body, account)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

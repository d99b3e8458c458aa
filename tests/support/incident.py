# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An incident of May 2026 (facts F117, F118): users of the source are invited by hand, made members, and one becomes Global Administrator of
the target. A link takes them over. Somebody changes the assigned group; three days later, one cycle deletes them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import requests

from .emulator import CONTOSO, FABRIKAM, Emulator

ADMINISTRATOR, DIRECTOR, COLLEAGUE = "kyungsoo.ahn@contoso.kr", "byungho.ryu@contoso.kr", "mirae.song@contoso.kr"
ROLE = "Global Administrator"
GROUP = "Board"
LINK: dict[str, Any] = {
    "link_scope_users": [],
    "link_scope_groups": [GROUP],
    "link_scope_exact": True,
    "link_mappings": [{"target": "employeeId", "state": "absent"}],
    "link_deletion_threshold": 500,
}
"""The variables of the link."""
SETTINGS = {"administrator_deletion": "allowed", "match_existing_guests": True}
"""What was observed: users who were adopted were deleted, and so was an administrator."""
ROLES = "RoleManagement.Read.Directory"
_READS = (ROLES, "LicenseAssignment.Read.All", "Group.Read.All", "User.Read.All")
_PEOPLE = "33333333-3333-4333-8333-333333333333"
_SECRET = "contoso-admin-secret"  # of an invented tenant


def account_of(name: str) -> str:
    """The user principal name in the target."""
    return f"{name.replace('@', '_')}#EXT#@fabrikam.onmicrosoft.com"


def scenario(folder: Path, sees_roles: bool = True) -> str:
    """The path of a scenario that ends before the link is built. ``sees_roles``: whether the application of the target may read roles."""
    text = resources.files("entra_emulator").joinpath("scenarios/contoso-fabrikam.json").read_text(encoding="utf-8")
    whole = json.loads(text)
    source, target = whole["tenants"]
    source["groups"].append({"displayName": GROUP, "members": [ADMINISTRATOR, DIRECTOR, COLLEAGUE], "securityEnabled": True})
    # A guest of whom nothing shows whether a link maintains them would be a user at risk from the beginning.
    target["people"] = [person for person in target["people"] if not person["userPrincipalName"].startswith("woojin.moon")]
    target["people"] += [_invited(name) for name in (ADMINISTRATOR, DIRECTOR, COLLEAGUE)]
    application = target["applications"][0]
    application["permissions"] = sorted({*application["permissions"], *_READS} - (set() if sees_roles else {ROLES}))
    whole["history"] = [
        {"advance": "P30D"},
        *(
            {"user": {"tenant": FABRIKAM, "user": account_of(name), "properties": {"userType": "Member"}}}
            for name in (ADMINISTRATOR, DIRECTOR, COLLEAGUE)
        ),
    ]
    path = folder / "incident.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole), encoding="utf-8")
    return str(path)


def _invited(name: str) -> dict[str, Any]:
    """A guest who has redeemed an invitation, which sets a name and an address."""
    return {
        "userPrincipalName": account_of(name),
        "displayName": name.partition("@")[0],
        "mail": name,
        "userType": "Guest",
        "externalUserState": "Accepted",
        "home": {"tenant_id": CONTOSO, "user_principal_name": name},
        **({"directory_roles": [ROLE]} if name == ADMINISTRATOR else {}),
    }


def arrived(emulator: Emulator) -> set[str]:
    """The users of the incident who have an account in the target."""
    names = {user["userPrincipalName"] for user in emulator.tenant(FABRIKAM)["users"].values()}
    return {name for name in (ADMINISTRATOR, DIRECTOR, COLLEAGUE) if account_of(name) in names}


@dataclass
class Somebody:
    """An administrator of the source, who uses the portal and does not know this collection."""

    emulator: Emulator
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.verify = str(self.emulator.ca_path)
        grant = {
            "grant_type": "client_credentials",
            "client_id": _PEOPLE,
            "client_secret": _SECRET,
            "scope": f"{self.emulator.url}/.default",
        }
        answer = self.session.post(f"{self.emulator.url}/{CONTOSO}/oauth2/v2.0/token", data=grant, timeout=60)
        answer.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """A request to Graph."""
        answer = self.session.request(method, f"{self.emulator.url}/v1.0{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def removes_from_group(self, *names: str) -> None:
        """Users are no members of the group any more."""
        group = self.send("GET", f"/groups?$filter=displayName eq '{GROUP}'")["value"][0]["id"]
        for name in names:
            self.send("DELETE", f"/groups/{group}/members/{self.send('GET', f'/users/{name}')['id']}/$ref")

    def tells_the_job(self, verb: str) -> None:
        """``pause`` or ``start``."""
        (principal,) = self.send("GET", "/servicePrincipals?$filter=displayName eq 'Fabrikam'")["value"]
        jobs = f"/servicePrincipals/{principal['id']}/synchronization/jobs"
        self.send("POST", f"{jobs}/{self.send('GET', jobs)['value'][0]['id']}/{verb}")

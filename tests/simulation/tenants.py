# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two small tenants, in which every user is a case of its own."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.benchmark.world import PERMISSIONS
from entra_emulator.scenario import load_scenario
from entra_emulator.state import World

from .wire import URL

SOURCE = "50000000-0000-4000-8000-000000000001"
TARGET = "70000000-0000-4000-8000-000000000001"
OTHER = "90000000-0000-4000-8000-000000000001"
"""A third tenant, about which both have entries of their own."""
SECRETS = {"source": "a secret of an invented source", "target": "a secret of an invented target"}
CLIENTS = {"source": "50000000-0000-4000-8000-0000000000ff", "target": "70000000-0000-4000-8000-0000000000ff"}
DOMAIN = "north.example"
NAME = "To south"
"""The configuration of the link."""

Json = dict[str, Any]
BEGINS = "2026-11-02T09:00:00Z"
_NOW = re.compile(r"(?!0001)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _connection(side: str, tenant: str) -> Json:
    return {
        "tenant_id": tenant,
        "client_id": CLIENTS[side],
        "client_secret": SECRETS[side],
        "auth_method": "client_secret",
        "login_endpoint": URL,
        "graph_endpoint": URL,
    }


CONNECTIONS = {"source": _connection("source", SOURCE), "target": _connection("target", TARGET)}


def upn(name: str) -> str:
    """The user principal name of a user of the source."""
    return f"{name}@{DOMAIN}"


PEOPLE: dict[str, Json] = {
    "ann": {"department": "Management"},
    "bob": {"department": "Sales"},
    "cho": {"department": "Sales", "displayName": "조 수진", "city": "서울"},
    "o'neil": {"department": "Sales"},
    "eva": {},
    "fay": {"department": "Sales", "accountEnabled": False},
    "han": {"department": "People"},
    "ida": {"department": "Research"},
}
"""Without a department, with a disabled account, with an apostrophe: each of them is treated otherwise by somebody."""
GUEST = "gus"
GROUPS = {"Sales": ["bob", "cho", "fay"], "Core": ["ann", "bob", "eva"], "Nested": ["ida"], "Empty": []}
"""The group Nested has Sales as a member as well, whose members the service does not see."""
IN_TARGET = "Front office"
"""A group of the target, whose only member is Tim."""


def world() -> World:
    """Both tenants before there is any link."""
    people = [
        {"userPrincipalName": upn(name), "displayName": name.capitalize(), "mail": upn(name), **about} for name, about in PEOPLE.items()
    ]
    guest = {
        "userPrincipalName": f"{GUEST}_else.example#EXT#@north.onmicrosoft.com",
        "displayName": "Gus",
        "mail": f"{GUEST}@else.example",
        "userType": "Guest",
        "externalUserState": "Accepted",
    }
    groups: list[Json] = [
        {
            "displayName": name,
            "mailNickname": name.lower(),
            "id": f"50000000-0000-4000-8000-0000000001{number:02}",
            "members": [upn(member) for member in members],
        }
        for number, (name, members) in enumerate(GROUPS.items())
    ]
    groups[2]["members"].append("sales")
    source = _tenant("source", SOURCE, "North", DOMAIN, [*people, guest])
    target = _tenant(
        "target",
        TARGET,
        "South",
        "south.example",
        [{"userPrincipalName": "tim@south.example", "displayName": "Tim", "mail": "tim@south.example"}],
    )
    front = {
        "displayName": IN_TARGET,
        "mailNickname": "front",
        "id": "70000000-0000-4000-8000-000000000100",
        "members": ["tim@south.example"],
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.json"
        file.write_text(json.dumps({"tenants": [{**source, "groups": groups}, {**target, "groups": [front]}]}))
        loaded = load_scenario(str(file))
    # A scenario begins now; histories begin at the same time on any day.
    found = World.model_validate_json(_NOW.sub(BEGINS, loaded.model_dump_json()))
    for tenant in found.tenants.values():
        tenant.exchange_online = False
    return found


def _tenant(side: str, tenant: str, name: str, domain: str, people: list[Json]) -> Json:
    application = {"client_id": CLIENTS[side], "display_name": "Ansible", "secrets": [SECRETS[side]], "permissions": PERMISSIONS}
    return {
        "id": tenant,
        "display_name": name,
        "domains": [domain],
        "initial_domain": f"{name.lower()}.onmicrosoft.com",
        "applications": [application],
        "people": people,
    }

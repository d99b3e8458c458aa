# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand people and a hundred clients at once, against the real server."""

from __future__ import annotations

import concurrent.futures
import json
import time
from pathlib import Path
from typing import Any

import requests
from api import CONTOSO, FABRIKAM, Api
from test_server import SECRET, started, token, trusting

PEOPLE = 10_000
CLIENTS = 100
SECONDS = 30


def large(folder: Path) -> Path:
    """The state of two tenants with a job for all users, of whom there are ten thousand."""
    api = Api()
    api.link_policies()
    sp_id, job, _role = api.job()
    api.ok("PUT", f"/servicePrincipals/{sp_id}/synchronization/secrets", {"value": [{"key": "SyncAll", "value": "true"}]})
    api.ok("POST", f"{job}/start")
    tenant = api.service.world.tenants[CONTOSO]
    template = next(user for user in tenant.users.values() if user["userPrincipalName"] == "minsu.kim@contoso.kr")
    for number in range(PEOPLE - len(tenant.users)):
        name = f"person{number}@contoso.kr"
        made = {
            **template,
            "id": f"aaaaaaaa-0000-4000-8000-{number:012}",
            "userPrincipalName": name,
            "mail": name,
            "_netId": f"{number:016X}",
        }
        made |= {
            "_netId": f"{number:016X}",
            "displayName": f"Person {number}",
            "mailNickname": f"person{number}",
            "proxyAddresses": [f"SMTP:{name}"],
            "otherMails": [],
        }
        tenant.users[str(made["id"])] = made
    state = folder / "large.json"
    state.write_text(api.service.world.model_dump_json())
    return state


def all_users(url: str, session: requests.Session) -> int:
    """Reads all people, page by page."""
    found, link = 0, f"{url}/v1.0/users?$top=999&$select=id,displayName,mail"
    while link:
        page: dict[str, Any] = session.get(link, timeout=SECONDS).json()
        found += len(page["value"])
        link = page.get("@odata.nextLink", "")
    return found


def test_ten_thousand_people_and_a_hundred_clients(tmp_path: Path) -> None:
    """A cycle that creates them all, every client reading and writing meanwhile, and the address book read in full."""
    quick = ("--set", "throttling=false", "--set", "initial_cycle_seconds_per_object=0")
    process, server, _seconds = started(tmp_path, "--state", str(large(tmp_path)), *quick)
    try:
        began = time.monotonic()
        bearer = {"Authorization": f"Bearer {token(server, SECRET)['access_token']}"}
        with trusting(server) as session:
            session.headers.update(bearer)
            cycles = session.post(f"{server['url']}/emulator/clock", json={"advance": "PT40M"}, timeout=SECONDS).json()["cycles"]
            assert cycles[0]["created"] > PEOPLE - 20
            assert all_users(server["url"], session) == PEOPLE
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(lambda number: _client(server, bearer, number), range(CLIENTS)))
        assert answers == [[200, 200, 200, 204]] * CLIENTS
        with trusting(server) as session:
            assert session.get(server["url"], timeout=SECONDS).status_code == 200
        assert time.monotonic() - began < SECONDS
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _client(server: dict[str, Any], bearer: dict[str, str], number: int) -> list[int]:
    """One client: a user by name, a filter over all users, a page, and a write."""
    url = f"{server['url']}/v1.0"
    name = f"person{number * 7}@contoso.kr"
    with trusting(server) as session:
        session.headers.update(bearer)
        statuses = [
            session.get(f"{url}{path}", timeout=SECONDS).status_code
            for path in (f"/users/{name}", f"/users?$filter=mail eq '{name}'&$select=id", "/users?$top=50")
        ]
        policy = f"{url}/policies/crossTenantAccessPolicy/partners/{FABRIKAM}"
        body = json.dumps({"inboundTrust": {"isMfaAccepted": bool(number % 2)}})
        written = session.patch(policy, data=body, headers={"Content-Type": "application/json"}, timeout=SECONDS)
        return [*statuses, written.status_code]

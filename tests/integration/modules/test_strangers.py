# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The budget of a link does not depend on the directory of its target: users who are none of its business change no figure.

Tenants and runs are in this process, because it takes too long to send so many users to an emulator.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import life
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import made_up_id

STRANGERS = 50_000
ENOUGH = 5_000
"""So many users make a difference for whoever lists them, in pages of 999."""
PEOPLE = 20
MANY = 200
NAMES = [f"person{number:02}@contoso.kr" for number in range(PEOPLE)]
LINK: dict[str, Any] = {"link_scope_users": NAMES, "link_scope_groups": ["Sales"], "link_scope_exact": True, "link_job_state": "started"}
SCOPES: dict[str, dict[str, Any]] = {
    "assigned": {**LINK, "link_scope_mode": "assigned"},
    "all": {"link_scope_mode": "all", "link_job_state": "started"},
}


@dataclass(frozen=True)
class Run:
    """The HTTP requests of a run to Graph, the requests in batches, and the results of its modules."""

    calls: int
    batched: int
    results: Mapping[str, Mapping[str, Any]]


@dataclass
class Tenants:
    """Two tenants and the runs in them. Twenty users more than in the scenario are in the source."""

    cloud: Cloud = field(default_factory=Cloud)

    def __post_init__(self) -> None:
        users = self.cloud.world.tenants[CONTOSO].users
        minsu = next(user for user in users.values() if user["userPrincipalName"].startswith("minsu.kim@"))
        for number, name in enumerate(NAMES):
            self._add(CONTOSO, minsu, name, _netId=f"{number:016X}")

    def add_strangers(self, employees: int, guests: int = 0) -> None:
        """Employees of the target, and guests of other companies, of whom some have not redeemed their invitation."""
        target = self.cloud.world.tenants[FABRIKAM]
        employee = next(user for user in target.users.values() if "#EXT#" not in user["userPrincipalName"])
        for number in range(employees):
            self._add(FABRIKAM, employee, f"employee{number}@fabrikam.kr")
        for number in range(guests):
            state = "Accepted" if number % 2 else "PendingAcceptance"
            name = f"guest{number}_other{number % 7}.example#EXT#@{target.initial_domain}"
            self._add(FABRIKAM, employee, name, creationType="Invitation", externalUserState=state)

    def _add(self, tenant: str, like: Mapping[str, Any], name: str, **members: Any) -> None:
        mail = name.partition("#EXT#")[0].replace("_", "@")
        names = {"userPrincipalName": name, "displayName": name, "mail": mail, "mailNickname": mail.partition("@")[0]}
        added = {**like, "id": made_up_id(name), **names, "proxyAddresses": [f"SMTP:{mail}"], "identities": [], **members}
        self.cloud.world.tenants[tenant].users[added["id"]] = added

    def sync(self, **link: Any) -> Run:
        """A run of sync.yml."""
        self.cloud.calm()
        return self._run(dict(life.sync(self.cloud, link).results))

    def task(self, module: str, tenant: str, **options: Any) -> Run:
        """A task by itself."""
        self.cloud.calm()
        result = life.task(self.cloud, module, tenant, **options)
        assert not result.get("failed"), result
        return self._run({module: result})

    def _run(self, results: Mapping[str, Mapping[str, Any]]) -> Run:
        calls = [request for request in self.cloud.arrivals if request.path.startswith(("/v1.0/", "/beta/"))]
        batched = [entry for entry in self.cloud.service.log.entries if entry.get("batched")]
        return Run(len(calls), len(batched), results)


def test_a_rerun() -> None:
    """With twenty users and a group in scope and fifty thousand strangers in the target."""
    tenants = Tenants()

    def reruns() -> list[Run]:
        return [tenants.sync(**SCOPES["assigned"], link_verify_users=names) for names in ([], NAMES)]

    with life.living(tenants.cloud):
        tenants.sync(**SCOPES["assigned"])
        tenants.cloud.sleep(2 * life.CYCLE)
        few = reruns()
        tenants.add_strangers(STRANGERS)
        many = reruns()
        tenants.add_strangers(0, ENOUGH)
        guests = reruns()
    assert many == few
    assert [run.calls for run in many] == [4, 4]
    # Of more than a thousand external users, the service counts those of the source.
    assert [run.calls for run in guests] == [5, 5]
    assert [run.results for run in guests] == [run.results for run in few]
    found = [run.results["links_info"]["links"][life.LINK] for run in many]
    assert [link["in_sync"] for link in found] == [True, True]
    assert found[0]["synced_users"] > PEOPLE


@functools.cache
def lived(employees: int, guests: int, scope: str) -> dict[str, Run]:
    """The runs of a link from its creation to its removal, by what they do."""
    tenants, link = Tenants(), SCOPES[scope]
    tenants.add_strangers(employees, guests)
    target = {"target": life.TENANTS["fabrikam"], "configuration": life.NAME}
    with life.living(tenants.cloud):
        runs = {"create": tenants.sync(**link)}
        tenants.cloud.sleep(2 * life.CYCLE)
        runs["rerun"] = tenants.sync(**link)
        runs["change"] = tenants.sync(**link, link_display_name_suffix=" (Contoso)")
        tenants.cloud.sleep(2 * life.CYCLE)
        runs["verify"] = tenants.task("link_info", "contoso", **target, compare=False, verify_users=NAMES)
        runs["list"] = tenants.task("synced_user_info", "fabrikam", source_tenant_id=CONTOSO)
        runs["preflight"] = tenants.task("preflight_info", "contoso", **target, side="link")
        arriving = [{"user_principal_name": f"newcomer{number}@contoso.kr"} for number in range(MANY)]
        side = {"side": "target", "partner_tenant_id": CONTOSO}
        runs["preflight of many"] = tenants.task("preflight_info", "fabrikam", **side, arriving_users=arriving)
        runs["what is left"] = tenants.task("link_info", "contoso", **target, state="absent")
        runs["deprovision"] = tenants.sync(**link, link_state="absent", link_users="deprovision")
    return runs


WORKS = ("create", "rerun", "change", "verify", "list", "preflight", "preflight of many", "what is left", "deprovision")


@pytest.mark.parametrize("work", WORKS)
@pytest.mark.parametrize("scope", SCOPES)
def test_employees_change_no_figure(scope: str, work: str) -> None:
    few, many = lived(0, 0, scope)[work], lived(ENOUGH, 0, scope)[work]
    assert (many.calls, many.batched) == (few.calls, few.batched)
    assert found_in(many) == found_in(few)


@pytest.mark.parametrize("work", WORKS)
def test_guests_of_others_cost_one_request_more(work: str) -> None:
    few, many = lived(0, 0, "assigned")[work], lived(0, ENOUGH, "assigned")[work]
    assert few.calls <= many.calls <= few.calls + 1
    assert found_in(many) == found_in(few)


def found_in(run: Run) -> list[Any]:
    """The users that a run has found in the target, by number or by name."""
    link, listed, removed = (run.results.get(module, {}) for module in ("link_info", "synced_user_info", "sync_deprovision"))
    names = [user["source_user_principal_name"] for user in listed.get("synced_users", ())]
    gone = [user["user_principal_name"] for user in removed.get("people", ())]
    return [link.get("synced_users"), link.get("missing_users"), names, gone]

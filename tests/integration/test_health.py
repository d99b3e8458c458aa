# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook health.yml: one line a link, an exit code for a scheduler, and at most two requests for the log of each tenant."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.benchmark import bare, cast, world
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory

HEALTH = REPOSITORY / "playbooks" / "health.yml"
LINK: dict[str, Any] = {"link_deletion_threshold": 2}
HOST = "contoso_to_fabrikam"
MINSU = "minsu.kim@contoso.kr"
State = dict[str, Any]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Emulator, Playbooks, State]]:
    """Both tenants with the link of the quick start, after a few cycles, and their state."""
    folder = tmp_path_factory.mktemp("health")
    with Emulator(folder / "emulator") as emulator:
        playbooks = Playbooks(emulator, folder / "ansible")
        # One run follows the other faster than any schedule, so the quota of the log would be used up.
        emulator.control("PUT", "settings", {**emulator.control("GET", "settings"), "throttling": False})
        built = playbooks.sync(**LINK)
        assert built.code == 0, built.output
        emulator.advance("P9D")
        yield emulator, playbooks, emulator.state()


@pytest.fixture
def linked(running: tuple[Emulator, Playbooks, State]) -> Iterator[tuple[Emulator, Playbooks, State]]:
    """The same for every test: the state of the service can be changed."""
    emulator, playbooks, state = running
    emulator.control("DELETE", "requests")
    yield emulator, playbooks, copy.deepcopy(state)
    emulator.control("PUT", "state", state)
    emulator.control("DELETE", "faults")
    emulator.control("PUT", "settings", {**emulator.control("GET", "settings"), "log_filter": "listed", "log_retention_days": 30})


def run_health(playbooks: Playbooks, *arguments: str, hosts: dict[str, Any] | None = None, **link: Any) -> Run:
    """A run of health.yml."""
    given = hosts or inventory(playbooks.emulator, **LINK | link)
    return playbooks.play(HEALTH, given, *arguments, env={"ANSIBLE_SHOW_CUSTOM_STATS": "true"})


def found(run: Run) -> dict[str, Any]:
    return run.of("links_health_info")


def lines(run: Run, host: str = HOST) -> list[str]:
    """What is printed about a link."""
    return [line for line in run.output.splitlines() if line.startswith(f"{host}: ")]


def log_requests(emulator: Emulator) -> Counter[str]:
    """The requests for the log, by tenant."""
    sent = emulator.control("GET", "requests")["requests"]
    return Counter(one["tenant"] for one in sent if one["path"].startswith("/v1.0/auditLogs/provisioning"))


def job_of(state: State, tenant: str = CONTOSO) -> dict[str, Any]:
    """The only job of a tenant."""
    (synchronization,) = state["tenants"][tenant]["synchronizations"].values()
    (job,) = synchronization["jobs"].values()
    found_job: dict[str, Any] = job
    return found_job


def later(state: State, **duration: float) -> str:
    """A time relative to the virtual clock."""
    return (datetime.fromisoformat(state["clock"]) + timedelta(**duration)).strftime("%Y-%m-%dT%H:%M:%SZ")


# What can be wrong with a link, as the emulated service itself makes it so -------------------------------------------------


def nothing(_emulator: Emulator, _state: State) -> None:
    """All is well."""


def pause(emulator: Emulator, state: State) -> None:
    """Somebody has paused the job."""
    job_of(state)["schedule_state"] = "Disabled"
    emulator.load(state)


def revoke(emulator: Emulator, state: State) -> None:
    """The target no longer lets the source synchronize, for three days."""
    state["tenants"][FABRIKAM]["access_policy"]["identity_synchronizations"][CONTOSO]["userSyncInbound"]["isSyncAllowed"] = False
    emulator.load(state)
    emulator.advance("P3D")


def unassign(emulator: Emulator, state: State) -> None:
    """The scope is emptied, and the guard of two deletions trips."""
    (assignments,) = state["tenants"][CONTOSO]["assignments"].values()
    assignments.clear()
    emulator.load(state)
    emulator.advance("PT40M")


def add_people(state: State, *names: str) -> None:
    """More users in scope."""
    (principal,) = state["tenants"][CONTOSO]["assignments"]
    assignments = state["tenants"][CONTOSO]["assignments"][principal]
    like = next(iter(assignments.values()))
    for name in names:
        person = tenants.add_user(state, name)
        new = {**like, "id": tenants.made_up_id(name), "principalId": person["id"], "principalDisplayName": name, "principalType": "User"}
        assignments[new["id"]] = new


def refuse_invitations(emulator: Emulator, state: State) -> None:
    """Two new users cannot be invited."""
    add_people(state, "first.new", "second.new")
    state["tenants"][FABRIKAM]["authorization_policy"]["allowInvitesFrom"] = "none"
    emulator.load(state)
    emulator.advance("PT40M")


def refuse_for_a_while(emulator: Emulator, state: State) -> None:
    """Two new users cannot be invited, and then one can, and the other is taken out of scope, of which there is no entry."""
    refuse_invitations(emulator, state)
    now = emulator.state()
    now["tenants"][FABRIKAM]["authorization_policy"]["allowInvitesFrom"] = "everyone"
    (assignments,) = now["tenants"][CONTOSO]["assignments"].values()
    del assignments[tenants.made_up_id("second.new")]
    emulator.load(now)
    emulator.advance("P5D")


def stop_cycles(emulator: Emulator, state: State) -> None:
    """No cycle begins for a day, and nothing shows why."""
    job_of(state)["next_cycle"] = later(state, days=9)
    emulator.load(state)
    emulator.advance("P1D")


def deny_the_log(emulator: Emulator, _state: State) -> None:
    """The application of the source may not read the log."""
    emulator.control("POST", "faults", {"method": "GET", "path": "/auditLogs/provisioning", "times": 0, "fault": "status", "status": 403})


def deny_the_log_and_pause(emulator: Emulator, state: State) -> None:
    pause(emulator, state)
    deny_the_log(emulator, state)


def remove_the_configuration(emulator: Emulator, state: State) -> None:
    """Somebody has deleted the application."""
    for part in ("applications", "service_principals", "synchronizations", "assignments"):
        state["tenants"][CONTOSO][part].clear()
    emulator.load(state)


def narrow_the_filter(emulator: Emulator, state: State) -> None:
    """The service takes no filter by action and status, and keeps its log for a week."""
    emulator.control("PUT", "settings", {**emulator.control("GET", "settings"), "log_filter": "ids", "log_retention_days": 7})
    refuse_invitations(emulator, state)


Change = Callable[[Emulator, State], None]
CASES: list[tuple[Change, dict[str, Any], int, str, list[str]]] = [
    (nothing, {}, 0, "healthy", ["Healthy. job healthy since ", " synced users; no failures; no deletions in 30 days"]),
    (pause, {}, 2, "degraded", ["Degraded. the job is paused and must be started; job paused"]),
    (pause, {"link_job_state": "paused"}, 0, "healthy", ["Healthy. job paused, last cycle ended "]),
    (
        revoke,
        {},
        2,
        "degraded",
        ["the job is in quarantine (EncounteredQuarantineException): check the trust settings of both tenants", "within 25 days, before"],
    ),
    (
        unassign,
        {},
        2,
        "degraded",
        ["the job is in quarantine (TooManyDeletes): check the held deletions", " deletions held back: ", "restart with approve_deletions"],
    ),
    (
        refuse_invitations,
        {},
        2,
        "degraded",
        ["2 users failed with AzureActiveDirectoryForbidden", "collaboration settings", "first.new@contoso.kr, second.new@contoso.kr"],
    ),
    (refuse_for_a_while, {}, 0, "healthy", ["no failures"]),
    (narrow_the_filter, {}, 2, "degraded", ["2 users failed with AzureActiveDirectoryForbidden", "no deletions since "]),
    (stop_cycles, {}, 2, "degraded", ["no cycle has ended for 24 hours, although one begins every 40 minutes"]),
    (
        deny_the_log,
        {},
        4,
        "could_not_look",
        ["Could not look. failures and deletions are not known: ", "ProvisioningLog.Read.All", "job healthy"],
    ),
    (deny_the_log_and_pause, {}, 2, "degraded", ["the job is paused and must be started; failures and deletions are not known"]),
    (remove_the_configuration, {}, 2, "degraded", ["the job is absent and must be started"]),
    (nothing, {"link_scope_usres": []}, 4, "could_not_look", ["Could not look. Link contoso_to_fabrikam: ", "link_scope_usres"]),
    (pause, {"link_state": "absent"}, 0, "healthy", ["Healthy. the link must not exist, so there is nothing to look at"]),
]


@pytest.mark.parametrize(
    ("change", "link", "code", "verdict", "said"), CASES, ids=[f"{case[0].__name__} {case[1] or ''}" for case in CASES]
)
def test_a_link(
    linked: tuple[Emulator, Playbooks, State], change: Change, link: dict[str, Any], code: int, verdict: str, said: list[str]
) -> None:
    emulator, playbooks, state = linked
    change(emulator, state)
    before = emulator.state()["tenants"]
    run = run_health(playbooks, **link)
    assert run.code == code, run.output
    assert emulator.state()["tenants"] == before
    result = found(run)
    assert result["verdict"] == result["links"][HOST]["verdict"] == verdict
    (line,) = lines(run)
    assert all(text in line for text in said), line
    stats = json.loads(run.output.partition("RUN: ")[2].strip())["health"]
    assert stats == {"verdict": verdict, "summary": result["summary"]}
    assert len(json.dumps(stats)) < 4096
    assert max(log_requests(emulator).values(), default=0) <= 2


def test_a_report_never_fails_and_a_target_that_cannot_be_read_hides_nothing(linked: tuple[Emulator, Playbooks, State]) -> None:
    """With a second link, which is well apart from its variables; in check mode too."""
    emulator, playbooks, state = linked
    pause(emulator, state)
    hosts = inventory(emulator, **LINK)
    hosts["all"]["vars"]["tenants"]["fabrikam"]["client_secret"] = "another-secret"
    links = hosts["all"]["children"]["links"]["hosts"]
    links["nowhere"] = {"link_source": "contoso", "link_target": "nowhere", "link_configuration": "Nowhere"}
    run = run_health(playbooks, "-e", "health_fail=false", "--check", hosts=hosts)
    assert run.code == 0, run.output
    result = found(run)
    assert result["verdict"] == "degraded"
    (line,) = lines(run)
    assert "Degraded. the job is paused and must be started; Tenant " in line
    assert "the client secret is wrong" in line
    assert ".;" not in line
    (other,) = lines(run, "nowhere")
    assert other.startswith("nowhere: Could not look. Link nowhere: ")
    assert result["summary"][0] == "2 links: 1 degraded, 1 could_not_look"
    assert run_health(playbooks, hosts=hosts).code == 2


# A hundred tenants ---------------------------------------------------------------------------------------------------------

SIZE = 100
PERMISSIONS = ("Application.Read.All", "Synchronization.Read.All", "ProvisioningLog.Read.All", "User.Read.All")
"""Those of the guide, for a tenant that is source and target."""


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Emulator, Playbooks, dict[str, Any]]]:
    """A hundred tenants, each of which synchronizes to the next one; the first one to three others."""
    folder = tmp_path_factory.mktemp("ring")
    companies = world.mesh(SIZE, cast.PEOPLE)
    path = folder / "scenario.json"
    path.write_text(json.dumps(world.scenario(companies)))
    pairs = [
        *((companies[number], companies[(number + 1) % SIZE]) for number in range(SIZE)),
        *((companies[0], companies[n]) for n in (2, 3)),
    ]
    with Emulator(folder / "emulator", str(path), ("--set", "log_bodies=false")) as emulator:
        _settle(emulator, pairs)
        hosts = world.inventory(emulator.url, str(emulator.ca_path), companies, cast.links(pairs))
        yield emulator, Playbooks(emulator, folder / "ansible"), hosts


def _settle(emulator: Emulator, pairs: list[tuple[world.Company, world.Company]]) -> None:
    """Build the first link, and copy it."""
    state = emulator.state()
    for source, target in pairs:
        for company, other in ((source, target), (target, source)):
            tenants.add_partner(
                state, company.tenant_id, other.tenant_id, automaticUserConsentSettings={"inboundAllowed": True, "outboundAllowed": True}
            )
        tenants.allow_synchronization(state, target.tenant_id, source.tenant_id)
    emulator.load(state)
    (source, target), *others = pairs
    spec = world.spec(emulator.url, str(emulator.ca_path), source, target, cast.users_of(source))
    with bare.Tenant(spec, "source") as graph:
        bare.build(graph, spec)
    emulator.advance(cast.CYCLE)
    state = emulator.state()
    log = state["tenants"][source.tenant_id]["provisioning_log"]
    mould = cast.Mould.take(state, source, target)
    for pair in others:
        mould.cast(state, *pair)
    for tenant_id, tenant in state["tenants"].items():
        # Only the first tenant has more than a page.
        times = 200 if tenant_id == source.tenant_id else 2
        tenant["provisioning_log"] = [_entry(log[0], principal) for principal in tenant["synchronizations"] for _time in range(times)]
        (registration,) = tenant["registrations"].values()
        registration["roles"] = [*PERMISSIONS]
    emulator.load(state)


def _entry(entry: dict[str, Any], principal: str, **changed: Any) -> dict[str, Any]:
    return {**entry, "provisioningSteps": [], "servicePrincipal": {"id": principal, "displayName": ""}, **changed}


def _failed(state: State, tenant: str, principal: str) -> None:
    """Another entry in the log of a tenant: a user of one of its links has failed."""
    log = state["tenants"][tenant]["provisioning_log"]
    status = {"status": "failure", "errorInformation": {"errorCode": "AzureActiveDirectoryForbidden", "reason": "no"}}
    log.append(_entry(log[0], principal, id="failed", activityDateTime=later(state, minutes=-1), provisioningStatusInfo=status))


def test_a_hundred_tenants(ring: tuple[Emulator, Playbooks, dict[str, Any]]) -> None:
    """At most two requests for the log of each, one line if all is well, and each problem at its own link."""
    emulator, playbooks, hosts = ring
    emulator.control("DELETE", "requests")
    quiet = run_health(playbooks, hosts=hosts)
    assert quiet.code == 0, quiet.output
    assert f"{SIZE + 2} of {SIZE + 2} links are healthy" in quiet.output
    assert not [task for task in quiet.tasks if task.action.endswith("link_verdict")]
    assert found(quiet)["summary"] == [f"{SIZE + 2} links: {SIZE + 2} healthy"]
    sent = log_requests(emulator)
    assert len(sent) == SIZE
    # Nobody has failed, and only the first tenant has more entries than a page.
    assert sorted(sent.values()) == [1] * (SIZE - 1) + [2]

    state = emulator.state()
    companies = world.mesh(SIZE, cast.PEOPLE)
    first = state["tenants"][companies[0].tenant_id]
    by_name = {principal["displayName"]: principal_id for principal_id, principal in first["service_principals"].items()}
    _failed(state, companies[0].tenant_id, by_name[world.CONFIGURATION.format(companies[2].name)])
    job_of(state, companies[50].tenant_id)["schedule_state"] = "Disabled"
    emulator.load(state)
    names = [company.name for company in companies]
    hosts["all"]["vars"]["tenants"][names[70]]["client_secret"] = "another-secret"
    emulator.control("DELETE", "requests")
    run = run_health(playbooks, hosts=hosts)
    assert run.code == 2, run.output
    result = found(run)
    others = {host: link["verdict"] for host, link in result["links"].items() if link["verdict"] != "healthy"}
    assert others == {
        f"{names[0]}_to_{names[2]}": "degraded",
        f"{names[50]}_to_{names[51]}": "degraded",
        f"{names[69]}_to_{names[70]}": "could_not_look",
        f"{names[70]}_to_{names[71]}": "could_not_look",
    }
    assert len([task for task in run.tasks if task.action.endswith("link_verdict")]) == len(others)
    assert f"{SIZE + 2 - len(others)} of {SIZE + 2} links are healthy" in run.output
    assert max(log_requests(emulator).values()) <= 2
    assert "Tenant" in lines(run, f"{names[70]}_to_{names[71]}")[0]

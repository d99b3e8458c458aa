# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several links in one play: sync.yml looks at all of them at once, and only those that differ go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.benchmark import cast, world
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, REPOSITORY, Playbooks, Run

SYNC = REPOSITORY / "playbooks" / "sync.yml"
SIZE = 3
STRANGER = "99999999-9999-4999-8999-999999999999"


class Mesh:
    """Companies of which each synchronizes to every other, settled."""

    def __init__(self, folder: Path, size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.companies = world.mesh(size, cast.PEOPLE)
        scenario = folder / "scenario.json"
        scenario.write_text(json.dumps(world.scenario(self.companies)))
        self.emulator = Emulator(folder / "emulator", str(scenario))
        self.emulator.__enter__()
        self.links = cast.settle(self.emulator, self.companies)
        self.settled = self.emulator.state()
        self.playbooks = Playbooks(self.emulator, folder / "ansible")

    def hosts(self) -> dict[str, Any]:
        """The inventory."""
        return json.loads(json.dumps(world.inventory(self.emulator.url, str(self.emulator.ca_path), self.companies, self.links)))  # type: ignore[no-any-return]

    def sync(self, hosts: dict[str, Any] | None = None, *arguments: str) -> Run:
        """Run sync.yml."""
        self.emulator.control("DELETE", "requests")
        return self.playbooks.play(SYNC, hosts or self.hosts(), *arguments)

    def requests(self) -> int:
        """The requests to Graph since the last run began."""
        sent = self.emulator.control("GET", "requests")["requests"]
        return len([one for one in sent if one["path"].startswith("/v1.0/") and not one.get("batched")])


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    built = Mesh(tmp_path_factory.mktemp("mesh"), SIZE)
    yield built
    built.emulator.__exit__(None, None, None)


@pytest.fixture
def three(settled: Mesh) -> Mesh:
    settled.emulator.control("PUT", "state", settled.settled)
    return settled


def name(source: int, target: int) -> str:
    return f"company{source:02}_to_company{target:02}"


def asked(run: Run) -> dict[str, set[str]]:
    """The hosts of the tasks that ran a module of the collection, by module."""
    found: dict[str, set[str]] = {}
    for task in run.ours():
        found.setdefault(task.action.removeprefix(PREFIX), set()).add(task.host)
    return found


def test_each_of_a_few_links_says_that_it_is_in_sync(three: Mesh) -> None:
    run = three.sync()
    assert run.code == 0, run.output
    assert set(asked(run)) == {"links_info"}
    said = {task.host: task.result["msg"] for task in run.tasks if task.name == "Report the state of the link"}
    assert set(said) == {name(source, target) for source in range(SIZE) for target in range(SIZE) if source != target}
    assert all(message.startswith("in sync; job ") for message in said.values())
    assert three.requests() <= 4 * SIZE


def test_only_the_links_that_differ_go_on(three: Mesh) -> None:
    hosts = three.hosts()
    hosts["all"]["children"]["links"]["hosts"][name(0, 1)]["link_deletion_threshold"] = 7
    hosts["all"]["children"]["links"]["hosts"][name(2, 1)]["link_job_state"] = "paused"
    plan = three.sync(hosts, "--check")
    run = three.sync(hosts)
    assert plan.code == run.code == 0, run.output
    assert run.actions() == plan.actions() != []
    assert asked(run)["sync_job"] == {name(0, 1), name(2, 1)}
    assert three.sync(hosts).actions() == []


def test_a_failing_tenant_fails_its_own_links_and_no_others(three: Mesh) -> None:
    """Whoever needs the first company fails with one sentence; a link that differs elsewhere is repaired."""
    hosts = three.hosts()
    hosts["all"]["vars"]["tenants"]["company00"]["client_secret"] = "another-value"
    hosts["all"]["children"]["links"]["hosts"][name(2, 1)]["link_deletion_threshold"] = 7
    run = three.sync(hosts)
    assert run.code == 2, run.output
    failures = {task.host: task.result["msg"] for task in run.tasks if task.status == "failed"}
    assert set(failures) == {name(0, 1), name(0, 2), name(1, 0), name(2, 0)}
    assert [message for message in failures.values() if "the client secret is wrong" not in message or "\n" in message] == []
    assert run.changed() != []
    assert {task.host for task in run.tasks if task.result.get("changed")} == {name(2, 1)}
    signed_in = [one["path"] for one in three.emulator.control("GET", "requests")["requests"] if one["path"].endswith("/token")]
    assert len([path for path in signed_in if three.companies[0].tenant_id in path]) <= 2


def test_a_limit_and_a_wrong_variable(three: Mesh) -> None:
    hosts = three.hosts()
    hosts["all"]["children"]["links"]["hosts"][name(0, 1)]["link_scope_usres"] = []
    run = three.sync(hosts, "--limit", f"{name(0, 1)},{name(1, 2)}")
    assert run.code == 2, run.output
    assert "link_scope_usres" in run.failure()
    assert {task.host for task in run.tasks} == {name(0, 1), name(1, 2)}
    assert [task.host for task in run.tasks if task.status == "failed"] == [name(0, 1)]


def test_what_runs_elsewhere_is_compared_by_itself(three: Mesh) -> None:
    hosts = three.hosts()
    hosts["all"]["children"]["links"]["hosts"][name(0, 1)]["cross_tenant_sync_module_process"] = True
    run = three.sync(hosts)
    assert run.code == 0, run.output
    assert asked(run)["link_info"] == {name(0, 1)}
    assert run.actions() == []


@pytest.mark.parametrize("reaction", ["report", "fail"])
def test_strangers(three: Mesh, reaction: str) -> None:
    """A partner that may synchronize into the second company, and a configuration of the first one that no link describes."""
    state = three.emulator.state()
    second = three.companies[1].tenant_id
    tenants.add_partner(state, second, STRANGER)
    tenants.allow_synchronization(state, second, STRANGER)
    three.emulator.control("PUT", "state", state)
    hosts = three.hosts()
    links = hosts["all"]["children"]["links"]
    links["vars"] = {"link_strangers": reaction}
    del links["hosts"][name(0, 2)]
    run = three.sync(hosts)
    found = run.of("links_info")["strangers"]
    assert len(found) == 3
    assert [sentence for sentence in found if STRANGER in sentence and f"Tenant {second}" in sentence]
    assert [sentence for sentence in found if "configuration 'To company02'" in sentence]
    # The partner entry for the link that is not described is a stranger, too.
    assert [sentence for sentence in found if f"partner {three.companies[0].tenant_id}" in sentence]
    assert all(sentence in run.output for sentence in found)
    assert run.code == (0 if reaction == "report" else 2), run.output
    failed = {task.host for task in run.tasks if task.status == "failed"}
    assert failed == (set() if reaction == "report" else set(links["hosts"]))
    assert run.changed() == []


def links_of(hosts: dict[str, Any]) -> dict[str, Any]:
    """The variables of the links of an inventory."""
    found: dict[str, Any] = hosts["all"]["children"]["links"]["hosts"]
    return found


ALL = {name(source, target) for source in range(SIZE) for target in range(SIZE) if source != target}


@pytest.mark.parametrize("reaction", ["report", "fail"])
def test_a_limit_makes_no_strangers(three: Mesh, reaction: str) -> None:
    """The whole inventory describes, also the configurations that a link outside of the limit leaves to others."""
    hosts = three.hosts()
    hosts["all"]["children"]["links"]["vars"] = {"link_strangers": reaction}
    links_of(hosts)[name(0, 1)].update(link_configuration="Another one", link_others=["To company01"])
    limited = three.sync(hosts, "--limit", f"{name(0, 2)},{name(1, 0)}")
    assert limited.code == 0, limited.output
    assert {task.host for task in limited.tasks} == {name(0, 2), name(1, 0)}
    assert limited.of("links_info")["strangers"] == limited.of("links_info")["strangers_unknown"] == []
    del links_of(hosts)[name(0, 1)]["link_others"]
    found = three.sync(hosts, "--limit", f"{name(0, 2)},{name(1, 0)}")
    assert [sentence for sentence in found.of("links_info")["strangers"] if "'To company01'" in sentence]
    # Only the links of the tenant with the stranger fail, which both of these are.
    assert {task.host for task in found.tasks if task.status == "failed"} == (set() if reaction == "report" else {name(0, 2), name(1, 0)})


def test_strangers_fail_the_links_of_their_tenant_only(three: Mesh) -> None:
    state = three.emulator.state()
    second = three.companies[1].tenant_id
    tenants.add_partner(state, second, STRANGER)
    tenants.allow_synchronization(state, second, STRANGER)
    three.emulator.control("PUT", "state", state)
    hosts = three.hosts()
    hosts["all"]["children"]["links"]["vars"] = {"link_strangers": "fail", "link_deletion_threshold": 7}
    run = three.sync(hosts)
    failures = {task.host: task.result["msg"] for task in run.tasks if task.status == "failed"}
    assert set(failures) == {link for link in ALL if "company01" in link}
    assert set(failures.values()) == {
        f"Tenant {second}: partner {STRANGER} may synchronize users into it, and no link of the inventory describes that"
    }
    assert {task.host for task in run.tasks if task.result.get("changed")} == {name(0, 2), name(2, 0)}


def wrong_tenant(connection: dict[str, Any], state: dict[str, Any]) -> None:
    connection["tenant_id"] = "nobody.example"


def wrong_client(connection: dict[str, Any], state: dict[str, Any]) -> None:
    connection["client_id"] = "99999999-9999-4999-8999-999999999999"


def no_permission(connection: dict[str, Any], state: dict[str, Any]) -> None:
    """Then the tasks of the links report what is missing."""
    registration = state["tenants"][connection["tenant_id"]]["registrations"][connection["client_id"]]
    registration["roles"].remove("Policy.ReadWrite.CrossTenantAccess")


@pytest.mark.parametrize("forks", ["1", "9"])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (wrong_tenant, "nobody.example"),
        (wrong_client, "sign-in of application 99999999-9999-4999-8999-999999999999"),
        (no_permission, "Policy.ReadWrite.CrossTenantAccess"),
    ],
)
def test_a_tenant_fails_its_own_links(three: Mesh, fault: Callable[..., None], reason: str, forks: str) -> None:
    """One sentence for each of its links; a link between others is repaired, whatever the number of forks is."""
    hosts, state = three.hosts(), three.emulator.state()
    fault(hosts["all"]["vars"]["tenants"]["company02"], state)
    three.emulator.control("PUT", "state", state)
    links_of(hosts)[name(1, 0)]["link_deletion_threshold"] = 7
    run = three.sync(hosts, "--forks", forks)
    assert run.code == 2, run.output
    failures = [(task.host, str(task.result["msg"])) for task in run.tasks if task.status == "failed"]
    assert sorted(host for host, _message in failures) == sorted(link for link in ALL if "company02" in link)
    assert [message for _host, message in failures if reason not in message or "\n" in message] == []
    assert {task.host for task in run.tasks if task.result.get("changed")} == {name(1, 0)}


def test_the_output_of_verbose_runs_and_of_check_mode(three: Mesh) -> None:
    """Only the links that differ go on, and no secret is shown."""
    hosts = three.hosts()
    links_of(hosts)[name(0, 1)]["link_deletion_threshold"] = 7
    before = three.emulator.state()
    plan = three.sync(hosts, "--check", "--diff", "-v")
    assert plan.code == 0, plan.output
    assert three.emulator.state()["tenants"] == before["tenants"]
    assert set(asked(plan)["sync_job"]) == {name(0, 1)}
    assert {task.host for task in plan.tasks if task.name == "Report the state of the link"} == ALL - {name(0, 1)}
    assert "for 1 of 6 links" in plan.output
    run = three.sync(hosts, "-vvv")
    assert run.actions() == plan.actions() != []
    for output in (plan.output, run.output):
        assert [company.secret for company in three.companies if company.secret in output] == []


def test_batches_of_a_play(three: Mesh, tmp_path: Path) -> None:
    """With serial, each batch looks at its own links, and a batch without anything to do does not end the play."""
    playbooks = tmp_path / "playbooks"
    shutil.copytree(SYNC.parent, playbooks)
    playbook = playbooks / SYNC.name
    playbook.write_text(playbook.read_text().replace("  connection: local\n", "  connection: local\n  serial: 2\n", 1))
    hosts = three.hosts()
    links = list(links_of(hosts))
    for link in (links[2], links[5]):
        links_of(hosts)[link]["link_deletion_threshold"] = 7
    run = three.playbooks.play(playbook, hosts)
    assert run.code == 0, run.output
    looks = [set(task.result["links"]) for task in run.tasks if task.action == f"{PREFIX}links_info"]
    assert looks == [set(links[:2]), set(links[2:4]), set(links[4:])]
    assert {task.host for task in run.tasks if task.result.get("changed")} == {links[2], links[5]}
    assert all(task.result["strangers"] == [] for task in run.tasks if task.action == f"{PREFIX}links_info")


def test_slices_are_complete(three: Mesh) -> None:
    """AWX deals out the hosts to the slices of a job: each slice has an inventory of its own hosts only, and a limit still applies."""
    hosts = three.hosts()
    for link in links_of(hosts).values():
        link["link_deletion_threshold"] = 7
    limited = [link for link in links_of(hosts) if "company02" not in link or link.startswith("company02")]
    done: list[str] = []
    for number in range(2):
        mine = three.hosts()
        mine["all"]["children"]["links"]["hosts"] = dict(list(links_of(hosts).items())[number::2])
        run = three.sync(mine, "--limit", ",".join(limited))
        assert run.code == 0, run.output
        done += sorted({task.host for task in run.tasks if task.result.get("changed")})
    assert sorted(done) == sorted(limited)
    rest = three.sync(hosts)
    assert {task.host for task in rest.tasks if task.result.get("changed")} == ALL - set(limited)


def test_one_line_for_many(tmp_path: Path) -> None:
    many = Mesh(tmp_path, 6)
    try:
        run, plan = many.sync(), many.sync(None, "--check")
        assert run.code == plan.code == 0, run.output
        assert "30 of 30 links are in sync" in run.output
        # Without a change request, the check of it is skipped, once for all links.
        assert {task.action for task in run.tasks if task.status != "skipped"} == {f"{PREFIX}links_info", f"{PREFIX}run_summary"}
        assert len(run.tasks) == 3
        assert "nothing to do for 30 links" in plan.output
        assert many.requests() <= 4 * 6
        hosts = many.hosts()
        hosts["all"]["children"]["links"]["hosts"][name(3, 4)]["link_deletion_threshold"] = 7
        run = many.sync(hosts)
        assert run.code == 0, run.output
        assert "29 of 30 links are in sync" in run.output
        assert {task.host for task in run.tasks if task.result.get("changed")} == {name(3, 4)}
    finally:
        many.emulator.__exit__(None, None, None)

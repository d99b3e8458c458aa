# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook plan.yml, and sync.yml with the plan that was approved, as an administrator runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.another_admin import Admin
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory

PLAN = REPOSITORY / "playbooks" / "plan.yml"
SYNC = REPOSITORY / "playbooks" / "sync.yml"
FILES = ("plan.json", "plan.md", "plan.html")
LINK, OTHER = "contoso_to_fabrikam", "engineering"


def both(emulator: Emulator) -> dict[str, Any]:
    """Two links, of which the second one is for a group."""
    hosts = inventory(emulator)
    links = hosts["all"]["children"]["links"]["hosts"]
    links[OTHER] = {**links[LINK], "link_configuration": "Engineering", "link_scope_users": [], "link_scope_groups": ["Engineering"]}
    return hosts


def plan(playbooks: Playbooks, hosts: dict[str, Any], *arguments: str, **env: str) -> Run:
    """A run of plan.yml, which changes nothing."""
    before = playbooks.emulator.state()["tenants"]
    run = playbooks.play(PLAN, hosts, *arguments, env=env)
    assert playbooks.emulator.state()["tenants"] == before
    return run


def report(run: Run) -> dict[str, Any]:
    """The result of plan_report."""
    found: dict[str, Any] = next(task.result for task in run.tasks if task.action.endswith("plan_report"))
    return found


def test_a_plan_is_the_same_from_two_machines_and_is_applied(playbooks: Playbooks, emulator: Emulator, tmp_path: Path) -> None:
    """Other folders, users, times and languages, and check mode: byte by byte the same three files. Then each form of the plan."""
    hosts = both(emulator)
    first, second = tmp_path / "first" / "plan", tmp_path / "second"
    run = plan(playbooks, hosts, "-e", f"plan_folder={first}", ANSIBLE_SHOW_CUSTOM_STATS="true")
    assert run.code == 0, run.output
    emulator.advance("P3D")
    other = Playbooks(emulator, tmp_path / "another machine")
    again = plan(
        other, hosts, "--check", "-e", f"plan_folder={second}", HOME=str(tmp_path / "home"), USER="other", TZ="Asia/Seoul", LC_ALL="C.UTF-8"
    )
    assert again.code == 0, again.output
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes()
        assert (first / name).stat().st_mode & 0o777 == 0o600
    assert first.stat().st_mode & 0o777 == 0o700
    made = json.loads((first / "plan.json").read_text(encoding="utf-8"))
    assert made == report(run)["plan"]
    assert made["hash"] == report(again)["hash"]
    assert {host: link["status"] for host, link in made["links"].items()} == {LINK: "to_change", OTHER: "to_change"}
    assert f'"hash": "{made["hash"]}"' in run.output.partition("CUSTOM STATS")[2]
    assert made["links"][LINK]["sizing"]["users"] == 8

    untouched = emulator.state()["tenants"]
    limited = playbooks.play(SYNC, hosts, "-e", f"expected_plan={first / 'plan.json'}", "--limit", LINK)
    assert limited.code == 2
    assert f"{OTHER}: is in the plan, and outside of this run" in limited.failure()
    assert emulator.state()["tenants"] == untouched
    # Within a change window, and with a report at the end.
    variables = {
        "expected_plan": made["hash"],
        "change_window": "2020-01-01T00:00:00Z/2099-01-01T00:00:00Z",
        "report_folder": str(tmp_path),
    }
    applied = playbooks.play(SYNC, hosts, "-e", json.dumps(variables))
    assert applied.code == 0, applied.output
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["hashes"] == {"plan": made["hash"], "expected": made["hash"]}
    assert f"The plan is the one that was approved: {made['hash']}" in applied.output
    assert len(emulator.state()["tenants"][CONTOSO]["synchronizations"]) == 2


def test_a_foreign_change_ends_the_run_of_all_links_before_the_first_write(
    playbooks: Playbooks, emulator: Emulator, tmp_path: Path
) -> None:
    assert playbooks.play(SYNC, both(emulator)).code == 0
    hosts = both(emulator)
    for host in hosts["all"]["children"]["links"]["hosts"].values():
        host["link_company_name"] = "Contoso"
    planned = plan(playbooks, hosts)
    admin = Admin(emulator.url, str(emulator.ca_path))
    admin.partner(FABRIKAM, inboundTrust={"isMfaAccepted": True})
    untouched = emulator.state()["tenants"]
    # As the artifact of a workflow's node hands it over.
    variables = tmp_path / "variables.yml"
    variables.write_text(yaml.safe_dump({"expected_plan": report(planned)["plan"]}), encoding="utf-8")
    refused = playbooks.play(SYNC, hosts, "-e", f"@{variables}")
    assert refused.code == 2
    for host in (LINK, OTHER):
        assert f"{host}: cross_tenant_policy in fabrikam: inbound_trust was not there" in refused.failure()
    assert [task.name for task in refused.tasks if task.status == "failed"] == [
        "Compare the plan with the one that was approved, before anything is written in any tenant"
    ]
    assert emulator.state()["tenants"] == untouched
    emulator.control("POST", "faults", {"method": "GET", "path": "/users", "times": 0, "fault": "status", "status": 403})
    broken = plan(playbooks, hosts)
    assert broken.code == 2
    assert report(broken)["artifact"]["approvable"] is False
    assert {link["status"] for link in report(broken)["plan"]["links"].values()} == {"cannot_be_planned"}
    assert len(report(broken)["hash"]) == 64


def test_the_removal_of_a_link_is_planned_and_applied(playbooks: Playbooks, emulator: Emulator) -> None:
    """The tasks of the roles run in check mode for it, in a run that is none."""
    assert playbooks.sync().code == 0
    emulator.advance("PT40M")
    absent = inventory(emulator, link_state="absent", link_users="deprovision", link_scope_max_removal_percent=100)
    planned = report(plan(playbooks, absent))
    link = planned["plan"]["links"][LINK]
    assert link["status"] == "to_remove"
    assert [(part["module"], part["side"]) for part in link["parts"]] == [
        ("sync_deprovision", "source"),
        ("sync_configuration", "source"),
        ("cross_tenant_policy", "source"),
        ("cross_tenant_policy", "target"),
    ]
    assert len(link["impact"]["harmed"]) == 7
    keep = inventory(emulator, link_state="absent")
    kept = report(plan(playbooks, keep))
    assert playbooks.play(SYNC, keep, "-e", f"expected_plan={kept['hash']}").code == 0
    assert emulator.tenant(CONTOSO)["synchronizations"] == {}


def test_batches_are_refused(playbooks: Playbooks, emulator: Emulator, tmp_path: Path) -> None:
    """Of a play with serial, the first batch would be written before the others are compared."""
    (play,) = yaml.safe_load(SYNC.read_text(encoding="utf-8").replace("tasks/", f"{SYNC.parent}/tasks/"))
    own = tmp_path / "serial.yml"
    own.write_text(yaml.safe_dump([{**play, "serial": 1}], sort_keys=False), encoding="utf-8")
    untouched = emulator.state()["tenants"]
    refused = playbooks.play(own, both(emulator), "-e", f"expected_plan={64 * 'a'}")
    assert refused.code == 2
    assert "this batch has 1 of 2" in refused.failure()
    assert emulator.state()["tenants"] == untouched

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role preflight: one table for both tenants, and nothing is written when it says no."""

from __future__ import annotations

from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import take_away


def preflight(playbooks: Playbooks, *arguments: str, **link: Any) -> Run:
    return playbooks.play(REPOSITORY / "playbooks" / "preflight.yml", inventory(playbooks.emulator, **link), *arguments)


def table(run: Run) -> list[str]:
    (lines,) = [task.result["msg"] for task in run.tasks if task.name.endswith("Report the findings")]
    return list(lines)


def asked(run: Run) -> list[str]:
    return [task.action.rpartition(".")[2] for task in run.ours()]


def test_one_table_for_both_tenants_and_the_same_in_check_mode(playbooks: Playbooks, emulator: Emulator) -> None:
    state = emulator.state()
    state["tenants"][FABRIKAM]["authorization_policy"]["allowInvitesFrom"] = "none"
    take_away(state, FABRIKAM, "OrgContact.Read.All")
    emulator.control("PUT", "state", state)

    run, check, process = (
        preflight(playbooks),
        preflight(playbooks, "--check"),
        preflight(playbooks, "-e", "cross_tenant_sync_module_process=true"),
    )
    assert run.code == check.code == process.code == 2, run.output
    assert emulator.state()["tenants"] == state["tenants"]
    lines = table(run)
    assert lines == table(check) == table(process)
    assert [line.split()[:3] for line in lines[:2]] == [["severity", "tenant", "check"], ["error", "fabrikam", "invitations"]]
    assert [line.split()[0] for line in lines[2:]] == [*["warning"] * 4, "unknown", *["switch"] * 3, "1"]
    assert "unknown   fabrikam  permissions      could not search for contacts with the same address" in lines[6]
    assert lines[-1] == "1 error, 4 warnings, 1 not known"
    said = run.failure()
    assert said.startswith("Link contoso_to_fabrikam is not ready, and nothing was changed. Tenant fabrikam, invitations: ")
    assert "users" not in said

    sync = playbooks.sync()
    assert sync.code == 2
    assert asked(sync) == ["links_info", "preflight_info"]
    assert emulator.state()["tenants"] == state["tenants"]


def test_what_the_variables_say(playbooks: Playbooks, emulator: Emulator) -> None:
    tolerant, strict, required = (
        preflight(playbooks),
        preflight(playbooks, link_preflight_strict=True),
        preflight(playbooks, link_preflight_switches="require"),
    )
    assert (tolerant.code, strict.code, required.code) == (0, 2, 2)
    assert strict.failure().count("Tenant contoso, users: ") == 4
    assert all(name in required.failure() for name in ("redemption_outbound", "user_sync_inbound", "redemption_inbound"))

    assert asked(preflight(playbooks, link_state="absent")) == []
    assert "preflight_info" not in asked(playbooks.sync("--check", link_preflight=False))
    built = playbooks.sync()
    assert built.code == 0, built.output
    assert asked(built)[:2] == ["links_info", "preflight_info"]
    assert preflight(playbooks, link_preflight_switches="require").code == 0


def test_an_application_that_only_reads_can_plan(playbooks: Playbooks, emulator: Emulator) -> None:
    state = emulator.state()
    for tenant, names in ((CONTOSO, ("Policy", "Application", "Synchronization", "User", "Group")), (FABRIKAM, ("Policy", "User"))):
        registration = next(iter(state["tenants"][tenant]["registrations"].values()))
        registration["roles"] = [f"{name}.Read.All" for name in names]
    emulator.control("PUT", "state", state)
    link: dict[str, Any] = {"link_mappings": [], "link_source_domains": ["contoso.kr"]}

    plan = playbooks.sync("--check", **link)
    assert plan.code == 0, plan.output
    run = playbooks.sync(**link)
    assert run.code == 2
    for tenant in ("contoso", "fabrikam"):
        assert f"Tenant {tenant}, permissions: the application has no Policy.ReadWrite.CrossTenantAccess" in run.failure()
    assert emulator.state()["tenants"] == state["tenants"]


def test_another_cloud(playbooks: Playbooks, emulator: Emulator) -> None:
    hosts = inventory(emulator)
    hosts["all"]["vars"]["tenants"]["fabrikam"]["cloud"] = "usgov"
    run = playbooks.play(REPOSITORY / "playbooks" / "sync.yml", hosts)
    assert run.code == 2
    assert "link_source, link_target: a link from the global cloud to the US Government cloud L4 crosses clouds" in run.failure()
    assert asked(run) == []

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""link_info: it says of a whole link what the modules would say one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Control, Do, Step, Story, Teller, advance

LINK = "link_info"
MINSU, HYEJIN = "minsu.kim@contoso.kr", "hyejin.lee@contoso.kr"
CONFIGURATION = {"configuration": "Fabrikam"}
ROWS = {"mappings": [{"target": "employeeId", "state": "absent"}]}

BUILD = [
    Do("cross_tenant_policy", {"partner_tenant_id": FABRIKAM, "redemption_outbound": True}),
    Do("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "user_sync_inbound": True, "redemption_inbound": True}, "fabrikam"),
    Do("sync_configuration", {"name": "Fabrikam", "target_tenant_id": FABRIKAM}),
    Do("sync_scope", {**CONFIGURATION, "users": [MINSU], "groups": ["Sales"], "exact": True}),
    Do("sync_mapping", {**CONFIGURATION, **ROWS}),
    Do("sync_job", CONFIGURATION),
]
"""The modules' tasks for the link that ``wanted`` describes."""

DRIFTS = {
    "redemption in the source": Do("cross_tenant_policy", {"partner_tenant_id": FABRIKAM, "redemption_outbound": False}),
    "synchronization in the target": Do("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "user_sync_inbound": False}, "fabrikam"),
    "deletion guard": Do("sync_configuration", {"name": "Fabrikam", "target_tenant_id": FABRIKAM, "deletion_threshold": 0}),
    "somebody left the scope": Do("sync_scope", {**CONFIGURATION, "users": [MINSU], "state": "absent"}),
    "somebody else came": Do("sync_scope", {**CONFIGURATION, "users": [HYEJIN]}),
    "mapping": Do("sync_mapping", {**CONFIGURATION, "mappings": [{"target": "employeeId", "source": "employeeId"}]}),
    "job": Do("sync_job", {**CONFIGURATION, "state": "paused"}),
}


def wanted(emulator: Emulator, **options: Any) -> dict[str, Any]:
    """The options for the link that ``BUILD`` builds."""
    target = inventory(emulator)["all"]["vars"]["tenants"]["fabrikam"]
    return {
        "target": target,
        **CONFIGURATION,
        "scope_users": [MINSU],
        "scope_groups": ["Sales"],
        "scope_exact": True,
        **ROWS,
        "source_domains": ["contoso.kr"],
        **options,
    }


def differing(step: Step) -> list[str]:
    """The modules that would change something, none of which was let to."""
    assert not step.failed, step.result["msg"]
    assert step.result["changed"] is False
    assert step.writes == []
    assert step.left_alone
    return [one["module"] for one in step.result["differences"]]


def predicted(step: Step) -> list[Any]:
    """What the first module that differs would do, and to what."""
    first = step.result["differences"][0]
    return [first["actions"], first["before"], first["after"]]


def reported(step: Step) -> list[Any]:
    """The same, as the module itself says it."""
    return [step.result["actions"], step.result["diff"]["before"], step.result["diff"]["after"]]


def test_a_link_that_does_not_exist_yet(tell: Teller, emulator: Emulator) -> None:
    whole, check, first = tell(
        Do(LINK, wanted(emulator)),
        Do(LINK, wanted(emulator), check=True),
        Do(LINK, wanted(emulator, stop_at_difference=True)),
    )
    everything = ["cross_tenant_policy", "sync_configuration", "sync_mapping", "sync_scope", "sync_job", "cross_tenant_policy"]
    assert differing(whole) == differing(check) == everything
    assert [one["tenant"] for one in whole.result["differences"]] == [*[CONTOSO] * 5, FABRIKAM]
    assert whole.result["job"] is None
    assert differing(first) == ["cross_tenant_policy"]
    # Every part is judged all the same, so that what a later one refuses is known before an earlier one is written.
    assert {one["path"].split("/")[2].partition("?")[0] for one in first.sent} >= {"policies", "servicePrincipals", "users", "groups"}
    for step in (whole, first):
        assert step.result["in_sync"] is False


def test_a_link_that_was_built_and_drifts(tell: Teller, emulator: Emulator) -> None:
    look = Do(LINK, wanted(emulator))
    scenes: list[Do | Control] = [*BUILD, advance("PT40M"), look]
    for drift in DRIFTS.values():
        repair = next(one for one in BUILD if (one.module, one.tenant) == (drift.module, drift.tenant))
        # In a link, the job is last and makes the restart that the others owe.
        left = {"restart_job": False} if drift.module in ("sync_scope", "sync_mapping") else {}
        ask = Do(repair.module, {**repair.options, **left}, repair.tenant, check=True)
        guarded = Do(repair.module, {**repair.options, "deletion_threshold": 500}) if drift is DRIFTS["deletion guard"] else repair
        # No cycle comes between, since one on a link that is closed puts the job into quarantine.
        scenes += [drift, look, ask, guarded, look]
    story = tell(scenes)

    built, rest = story.steps[len(BUILD)], story.steps[len(BUILD) + 1 :]
    assert differing(built) == []
    assert built.result["in_sync"] is True
    assert built.result["job"]["state"] == "started"
    assert built.result["synced_users"] > 0
    for number, (name, drift) in enumerate(DRIFTS.items()):
        drifted, seen, would, repaired, again = rest[5 * number : 5 * number + 5]
        assert not drifted.failed, (name, drifted.result)
        assert drifted.result["changed"], name
        assert differing(seen) == [drift.module, *(["sync_job"] if drift.module == "sync_mapping" else [])], name
        assert seen.result["in_sync"] is False
        assert seen.result["differences"][0]["tenant"] == (FABRIKAM if drift.tenant == "fabrikam" else CONTOSO)
        assert predicted(seen) == reported(would), name
        assert not repaired.failed, (name, repaired.result)
        assert differing(again) == [], name
        assert again.result["in_sync"] is True, name


def test_who_has_arrived_and_how_the_job_is(tell: Teller, emulator: Emulator) -> None:
    look = Do(LINK, wanted(emulator, verify_users=[MINSU.upper()], job_wait="first_cycle"))
    story: Story = tell(BUILD, look, advance("PT40M"), look, Do(LINK, wanted(emulator, verify_users=[MINSU, "nobody@contoso.kr"])))
    before, after, nobody = story.steps[len(BUILD) :]
    assert differing(before) == ["sync_job"]
    assert before.result["differences"][0]["actions"] == []
    assert before.result["missing_users"] == [MINSU.upper()]
    assert before.result["job"]["last_cycle"] is None
    assert differing(after) == differing(nobody) == []
    assert (after.result["in_sync"], after.result["missing_users"]) == (True, [])
    assert (nobody.result["in_sync"], nobody.result["missing_users"]) == (False, ["nobody@contoso.kr"])


def test_a_job_in_quarantine(tell: Teller, emulator: Emulator) -> None:
    (step,) = tell(
        BUILD,
        Do("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "user_sync_inbound": False}, "fabrikam"),
        advance("PT40M"),
        Do("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "user_sync_inbound": True}, "fabrikam"),
        Do(LINK, wanted(emulator)),
    ).steps[-1:]
    assert differing(step) == []
    assert step.result["job"]["quarantine"] is not None
    assert step.result["in_sync"] is False


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
def test_what_goes_wrong_names_its_tenant_and_hides_its_secret(tell: Teller, emulator: Emulator) -> None:
    target = wanted(emulator)["target"]
    wrong = {**target, "client_secret": "a-wrong-rehearsal-secret"}
    story = tell(
        BUILD,
        Do(LINK, wanted(emulator, target=wrong)),
        Do(LINK, wanted(emulator, target={**target, "tenant_id": ""})),
        Do(LINK, wanted(emulator, target={**target, "tenant_id": CONTOSO})),
        Do(LINK, wanted(emulator, target={**target, "graph_endpoint": "https://localhost:1", "retries": 0})),
        Do(LINK, wanted(emulator, target={**target, "validate_certs": False, "ca_path": None})),
        Do(LINK, wanted(emulator, scope_users=["nobody@contoso.kr"])),
        Do(LINK, wanted(emulator, scope_users=[], scope_groups=[])),
        Do(LINK, {**CONFIGURATION}),
        Do(LINK, wanted(emulator, target={**target, "tenant_idd": "x"})),
    )
    secret, empty, itself, unreachable, unchecked, nobody, everybody, missing, odd = story.steps[len(BUILD) :]
    assert secret.message.startswith(f"Tenant {FABRIKAM}: ")
    assert "AADSTS7000215" in secret.message
    assert empty.message == "target.tenant_id is required; it is empty."
    assert itself.message.startswith(f"Tenant {CONTOSO}: ")
    assert "a link needs two tenants" in itself.message
    assert unreachable.message.startswith(f"Tenant {FABRIKAM}: ")
    assert "validate_certs is off" in unchecked.warnings
    assert nobody.message.startswith(f"Tenant {CONTOSO}: there is no user 'nobody@contoso.kr'; give the user principal name, ")
    assert "users would leave the scope" in everybody.message
    assert "missing required arguments: target" in missing.message
    assert "tenant_idd" in odd.message
    told = json.dumps([step.result for step in story]) + story.run.output
    for value in (*SECRETS.values(), "a-wrong-rehearsal-secret", "eyJ"):
        assert value not in told


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
def test_nothing_is_read_twice(tell: Teller, emulator: Emulator) -> None:
    story = tell(BUILD, advance(), Do(LINK, wanted(emulator)))
    step = story[-1]
    read = [one["path"] for one in step.sent if one["method"] == "GET"]
    assert len(read) == len(set(read))
    assert step.calls <= 8


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
def test_a_link_with_problems_can_be_a_failure(tell: Teller, emulator: Emulator) -> None:
    options = wanted(emulator, verify_users=["nobody@contoso.kr"], job_state="paused", compare=False)
    strict = {**options, "fail_on_problems": True}
    found, failed, check = tell(BUILD, Do(LINK, options), Do(LINK, strict), Do(LINK, strict, check=True)).steps[len(BUILD) :]
    problems = ["the job is started and must be paused", f"not in the address book of tenant {FABRIKAM}: nobody@contoso.kr"]
    assert found.result["problems"] == check.result["problems"] == problems
    assert failed.message.startswith(
        f"Tenant {CONTOSO}: link Fabrikam to tenant {FABRIKAM} is not in its desired state: {'; '.join(problems)} (job "
    )
    assert failed.result["problems"] == problems
    assert failed.result["job"]["state"] == "started"


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
def test_what_may_not_be_compared_is_left_to_the_tasks_that_follow(tell: Teller, emulator: Emulator) -> None:
    denied = Control("POST", "faults", [{"path": "/policies/", "fault": "status", "status": 403, "code": "Forbidden", "times": 0}])
    without = {**wanted(emulator)["target"], "client_secret": None}
    story = tell(
        BUILD,
        Do(LINK, wanted(emulator, target=without, stop_at_difference=True)),
        denied,
        Do(LINK, wanted(emulator, stop_at_difference=True)),
        Do(LINK, wanted(emulator)),
    )
    unsigned, unread, alone = story.steps[len(BUILD) :]
    for step, reason in ((unsigned, "no credential is given"), (unread, "HTTP 403")):
        assert differing(step) == []
        assert (step.result["in_sync"], step.result["tasks"]) == (None, None)
        assert reason in step.result["not_compared"]
        assert step.result["summary"] == f"not compared: {step.result['not_compared']}"
    assert "HTTP 403" in alone.message


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
def test_what_is_left_of_a_link(tell: Teller, emulator: Emulator) -> None:
    look = Do(LINK, wanted(emulator, state="absent", source_name="contoso", target_name="fabrikam"))
    before, built, arrived = (step for step in tell(look, BUILD, look, advance("PT40M"), look) if step.task.action.endswith(f".{LINK}"))
    nothing = ["no configuration to fabrikam", "no partner entry for fabrikam"]
    assert before.result["left"] == [
        *(f"contoso: {line}" for line in nothing),
        "fabrikam: no partner entry for contoso",
        # A guest whom the scenario invited by hand, and who has redeemed the invitation: nothing distinguishes them from a synced user (fact F118).
        "fabrikam: 1 user of contoso",
    ]
    assert built.result["left"][:3] == [
        "contoso: Fabrikam configuration to fabrikam",
        "contoso: a partner entry for fabrikam",
        "fabrikam: a partner entry for contoso",
    ]
    assert arrived.result["left"][3] == f"fabrikam: {arrived.result['synced_users']} users of contoso"
    for step in (before, built, arrived):
        assert differing(step) == []
        assert step.result["in_sync"] is None


def test_users_of_every_domain_of_the_source_are_seen(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    """The default domain is not enough: a company that bought others has several (fact F48)."""
    state["tenants"][CONTOSO]["domains"] += ["tailspin.kr", "wingtip.kr"]
    others = ["jina.han@tailspin.kr", "doyun.seo@wingtip.kr"]
    for name in others:
        tenants.add_user(state, name)
    emulator.control("PUT", "state", state)
    everybody = [MINSU, *others]
    options = wanted(emulator, scope_users=everybody, verify_users=everybody, source_domains=None)
    only_one = wanted(emulator, scope_users=everybody, verify_users=everybody)
    build = [
        Do("sync_scope", {**CONFIGURATION, "users": everybody, "groups": ["Sales"]}) if one.module == "sync_scope" else one for one in BUILD
    ]
    seen, overridden = tell(build, advance("PT40M"), Do(LINK, options), Do(LINK, only_one)).steps[len(build) :]
    assert seen.result["missing_users"] == []
    assert seen.result["in_sync"] is True, seen.result
    assert seen.result["summary"].startswith("in sync; job healthy since ")
    assert seen.result["synced_users"] == overridden.result["synced_users"] + 2
    assert overridden.result["missing_users"] == others

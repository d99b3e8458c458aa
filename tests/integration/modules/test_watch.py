# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""watch_info and coverage_info, whatever the service does where nobody knows."""

from __future__ import annotations

from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.integration.modules.test_link import BUILD, HYEJIN, MINSU
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Step, Teller, advance

CONFIGURATION = {"configuration": "Fabrikam"}
NOT_MINE = ("woojin.moon@contoso.kr", "nari.im@contoso.kr")
"""Guests of the scenario who were invited by hand."""


def options(emulator: Emulator, **more: Any) -> dict[str, Any]:
    """The options of both modules, without those of the link."""
    return {"target": inventory(emulator)["all"]["vars"]["tenants"]["fabrikam"], "source_domains": ["contoso.kr"], **more}


def looked(step: Step) -> dict[str, Any]:
    """The answer of a task that changed nothing."""
    assert not step.failed, step.result["msg"]
    assert step.result["changed"] is False
    assert step.writes == []
    assert step.left_alone
    return step.result


def test_a_user_who_leaves(tell: Teller, emulator: Emulator) -> None:
    watch = Do("watch_info", options(emulator, **CONFIGURATION, protected=[MINSU], protected_importance=[]))
    story = tell(
        BUILD,
        advance("PT40M"),
        watch,
        Do("sync_scope", {**CONFIGURATION, "users": [MINSU], "state": "absent"}),
        watch,
        Do(watch.module, {**watch.options, "fail_on_findings": True}),
        Do(watch.module, {**watch.options, "fail_on_findings": True}, check=True),
        Do(watch.module, {**watch.options, "protected_release": [MINSU]}),
        advance("PT40M"),
        watch,
    )
    quiet, _left, loud, failed, checked, released, after = story.steps[len(BUILD) :]
    assert looked(quiet)["verdict"] == "nothing"
    assert quiet.result["in_scope"] > 1
    assert looked(loud)["verdict"] == "something"
    (sentence,) = loud.result["findings"]
    assert sentence.startswith(f"{MINSU} (named as protected) will be deleted in the next cycle: not assigned; this link maintains")
    assert loud.result["next_cycle"]["removes"] == 1
    assert failed.message.startswith("Something was found. Tenant ")
    assert failed.result["findings"] == loud.result["findings"]
    assert looked(checked)["findings"] == loud.result["findings"]
    assert looked(released)["verdict"] == "nothing"
    assert looked(after)["verdict"] == "nothing"
    assert after.result["next_cycle"]["removes"] == 0


def test_coverage(tell: Teller, emulator: Emulator) -> None:
    ask = Do("coverage_info", options(emulator, limit=100))
    story = tell(ask, BUILD, advance("PT40M"), Do("sync_scope", {**CONFIGURATION, "users": [MINSU], "state": "absent"}), ask)
    before, after = looked(story.steps[0]), looked(story.steps[-1])
    for found in (before, after):
        for kind in ("users", "accounts"):
            classes = found[kind]
            assert classes["total"] == sum(members["count"] for name, members in classes.items() if name != "total")
    assert before["links"] == []
    # The users of the scenario have no licences.
    unlicensed = before["users"]["unlicensed"]
    assert unlicensed["reasons"] == {"no link of the source serves the target": unlicensed["count"]}
    assert unlicensed["count"] > 10
    assert {user["name"] for user in before["accounts"]["never_removed"]["users"]} == set(NOT_MINE)
    assert after["links"] == ["Fabrikam"]
    assert [user["name"] for user in after["accounts"]["removed"]["users"]] == [MINSU]
    assert HYEJIN not in {user["name"] for user in after["users"]["missing"]["users"]}
    assert after["users"]["arrived"]["count"] == after["accounts"]["maintained"]["count"] > 0

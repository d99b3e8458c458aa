# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks sync and teardown write only within the window of the change request, and only if the cycle fits into it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory

TEARDOWN = REPOSITORY / "playbooks" / "teardown.yml"
TICKET = "CHG0041234"
NAMED = {"link_teardown": ["contoso_to_fabrikam"]}


def window(begins: int, ends: int) -> str:
    """A window by minutes from now."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    return "/".join((now + timedelta(minutes=minutes)).isoformat() for minutes in (begins, ends))


def within(begins: int, ends: int, **more: Any) -> list[str]:
    """The arguments of a run with a change request."""
    return ["-e", json.dumps({"change_ticket": TICKET, "change_window": window(begins, ends), **more})]


def writes_of(run: Run) -> list[str]:
    """The modules that changed something."""
    return [task.action for task in run.ours() if task.result.get("changed")]


def test_a_link_is_written_only_within_the_window(playbooks: Playbooks, emulator: Emulator) -> None:
    pristine = emulator.state()["tenants"]

    early = playbooks.sync(*within(60, 180))
    assert early.code == 2, early.output
    assert early.failure().startswith("Nothing may be changed now: the change window begins at ")
    assert [task.action.rpartition(".")[2] for task in early.ours()] == ["change_control"], "nothing is read outside of the window"

    checked = playbooks.sync("--check", *within(-180, -60))
    assert checked.code == 0, checked.output
    assert "the change window ended at" in checked.of("change_control")["refusal"]
    assert checked.actions(), "check mode shows the plan at any time"

    short = playbooks.sync(*within(-60, 20))
    assert short.code == 2, short.output
    assert "contoso_to_fabrikam may not be changed now: the change causes a full cycle, which can take 30 minutes" in short.failure()
    sizing = short.of("sizing_info")["sizing"]
    assert {name: sizing[name] for name in ("users", "objects", "first_cycle_minutes", "licences_needed", "findings")} == {
        "users": 8,
        "objects": 11,
        "first_cycle_minutes": [1, 30],
        "licences_needed": 8,
        "findings": [],
    }
    assert sizing["writes"] > 5
    assert None not in sizing.values()
    assert emulator.state()["tenants"] == pristine

    built = playbooks.sync(*within(-60, 60), env={"ANSIBLE_SHOW_CUSTOM_STATS": "1"})
    assert built.code == 0, built.output
    assert writes_of(built)
    assert TICKET in built.output.partition("CUSTOM STATS")[2]
    emulator.advance("PT40M")

    # A change that causes no full cycle needs no time for one.
    small = playbooks.sync(*within(-60, 20), link_notification_email="help@contoso.kr")
    assert small.code == 0, small.output
    assert writes_of(small) == ["entra.cross_tenant_sync.sync_configuration"]

    over = playbooks.play(TEARDOWN, inventory(emulator), *within(-60, -1, **NAMED))
    assert over.code == 2, over.output
    removed = playbooks.play(TEARDOWN, inventory(emulator, link_users="deprovision"), *within(-60, 20, **NAMED))
    assert removed.code == 2, removed.output
    assert "may not be changed now: the change causes a full cycle" in removed.failure(), "the users are removed by a cycle"
    assert not writes_of(removed)
    assert playbooks.play(TEARDOWN, inventory(emulator), *within(-60, 20, **NAMED)).code == 0


def test_a_survey_that_was_left_empty_changes_nothing_about_a_run(playbooks: Playbooks) -> None:
    run = playbooks.sync("--check", "-e", json.dumps({"change_ticket": " ", "change_window": "", "change_ticket_pattern": ""}))
    assert run.code == 0, run.output
    assert run.of("change_control")["change"] == {"ticket": None, "window": None}
    assert "sizing_info" not in {task.action.rpartition(".")[2] for task in run.ours()}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome that a run hands to a scheduler."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.run_summary import (
    PEOPLE,
    SENTENCES,
    Outcome,
    of_run,
    outcome,
    summary,
)

ROOT = Path(__file__).resolve().parents[2]
SMALL = 4096
"""Characters that no outcome exceeds."""


def result(changed: bool = False, failed: bool = False, **members: Any) -> dict[str, Any]:
    """A registered result."""
    return {"changed": changed, "failed": failed, **members}


LOOK = result(links={"a": {"tasks": "as_desired", "summary": "in sync"}, "b": {"tasks": "failed", "msg": "Link b: no"}}, done={"a": True})


@pytest.mark.parametrize(
    ("variables", "going", "check_mode", "expected"),
    [
        ({}, True, False, Outcome("not_reached")),
        ({"link_source": "contoso"}, True, False, Outcome("not_reached")),
        ({"sync_look": LOOK}, True, False, Outcome("unchanged", "in sync")),
        ({"sync_look": LOOK}, False, False, Outcome("unchanged", "in sync")),
        ({"source_tenant_scope": result(changed=True)}, True, False, Outcome("changed")),
        ({"source_tenant_scope": result(changed=True)}, True, True, Outcome("to_change")),
        ({"source_tenant_scope": result(failed=True, msg="No.")}, False, False, Outcome("failed", "No.")),
        ({"first": result(changed=True), "second": result(failed=True, msg="No.")}, True, False, Outcome("failed", "No.")),
        ({"preflight_link": result(refusal="Consent is missing.")}, False, False, Outcome("failed", "Consent is missing.")),
        ({"other": result()}, False, False, Outcome("failed", "its tasks failed")),
        ({"guard_verdict": result(msg="pauses"), "guard_done": result(changed=True)}, True, False, Outcome("changed", "pauses")),
        ({"person_report": result(sentence="Not in scope.")}, True, False, Outcome("unchanged", "Not in scope.")),
        ({"verify_left": result(left=["configuration", "nothing else"])}, True, False, Outcome("unchanged", "nothing else")),
        ({"sync_approval": result(hash="abc"), "other": result()}, True, False, Outcome("unchanged", hash="abc")),
        (
            {"sync_approval": result(hash="abc", failed=True, msg="The plan is another one.")},
            *(False, False, Outcome("failed", "The plan is another one.")),
        ),
    ],
)
def test_a_link(variables: dict[str, Any], going: bool, check_mode: bool, expected: Outcome) -> None:
    assert outcome("a", variables, going, check_mode) == expected


def test_a_link_that_cannot_be_compared() -> None:
    assert outcome("b", {"sync_look": LOOK}, False, False) == Outcome("failed", "Link b: no")


def test_people() -> None:
    variables = {
        "source_tenant_impact": result(impact={"counts": {"soft_deleted": 1, "created": 0}}),
        "source_tenant_deprovision": result(people_count=3),
        "watch_look": result(counts={"updated": 2}, held={"count": 4}),
        "provision_outcome": result(outcomes=[{"status": "success"}, {"status": "failure"}, {"status": "success"}]),
        "verify_address_book": result(counts={"listed": 5}),
        "address_book_report": "not a result",
    }
    people = {"soft_deleted": 1, "removed": 3, "updated": 2, "held": 4, "success": 2, "failure": 1, "listed": 5}
    assert outcome("a", variables, True, False).people == people
    nobody = {"source_tenant_impact": result(impact=None), "watch_look": result(held=None), "source_tenant_deprovision": result()}
    assert outcome("a", nobody, True, False).people == {}


def test_a_run() -> None:
    found = summary(
        {
            "a": Outcome("unchanged", "in sync", {"listed": 2}),
            "b": Outcome("changed", None, {"created": 1}, "abc"),
            "c": Outcome("failed", "No.", {"created": 2}),
        }
    )
    assert found == {
        "verdict": "failed",
        "changed": True,
        "summary": ["3 links: 1 failed, 1 changed, 1 unchanged", "c: No.", "a: in sync"],
        "counts": {"failed": 1, "changed": 1, "unchanged": 1},
        "people": {"created": 3, "listed": 2},
        "hash": "abc",
        "named": ["b", "c"],
        "more": 0,
    }
    assert summary({})["summary"] == ["no links"]


def test_an_outcome_is_small_with_any_number_of_links_and_any_sentence() -> None:
    variables = {"source_tenant_scope": result(failed=True, msg="n" * 100_000)}
    found = of_run([f"source_{number}_to_target" for number in range(10_000)], (), lambda _host: variables, False)
    assert len(json.dumps(found)) < SMALL
    assert (found["more"], len(found["named"])) == (9980, 20)


def test_each_variable_is_one_that_tasks_register() -> None:
    files = [path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml")]
    registered = set(re.findall(r"register: (\w+)", "".join(path.read_text(encoding="utf-8") for path in files)))
    assert {*PEOPLE, *SENTENCES, "sync_look", "sync_approval"} <= registered


def test_each_playbook_hands_something_over() -> None:
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        included = [ROOT / "playbooks" / "tasks" / "report.yml"] if path.stem == "report" else []
        whole = "".join([text, *(one.read_text(encoding="utf-8") for one in included)])
        assert "run_summary:" in whole or "ansible.builtin.set_stats:" in whole, path.name
        runs = set(re.findall(r"run_summary:\n +run: (\S+)$", text, re.MULTILINE))
        assert runs <= {path.stem}, path.name


def test_notifications_know_every_artifact() -> None:
    """Those of the job templates."""
    text = (ROOT / "docs" / "awx" / "configuration" / "notifications.yml").read_text(encoding="utf-8")
    (names,) = re.findall(r"for name in (\[.*?\]) if", text, re.DOTALL)
    assert set(yaml.safe_load(names)) == {path.stem for path in (ROOT / "docs" / "awx" / "project").glob("*.yml")} - {
        "topology",
        "application.topology",
    }

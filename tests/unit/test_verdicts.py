# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a link ends, so that the exit code of `ansible-playbook` is 0, 2 or 4, and which verdict is that of all links."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.entra.cross_tenant_sync.plugins.action.link_verdict import ActionModule
from ansible_collections.entra.cross_tenant_sync.plugins.modules.link_verdict import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.verdicts import COULD_NOT_LOOK, FOUND, GOOD, MEANINGS, ending, whole

EXIT = {GOOD: 0, FOUND: 2, COULD_NOT_LOOK: 4}


def exit_code(results: list[dict[str, Any]]) -> int:
    """The exit code of a run whose hosts end so: unreachable hosts prevail over failed ones."""
    if any(result.get("unreachable") for result in results):
        return 4
    return 2 if any(result.get("failed") for result in results) else 0


def test_the_module_takes_every_verdict() -> None:
    for name in ("verdict", "whole"):
        option: Any = ARGUMENTS[name]
        assert set(option["choices"]) == set(MEANINGS)


@pytest.mark.parametrize(
    "verdicts",
    [chosen for number in (1, 2, 3) for chosen in itertools.combinations_with_replacement(("healthy", "degraded", COULD_NOT_LOOK), number)],
    ids=" ".join,
)
def test_the_exit_code_is_that_of_the_worst(verdicts: tuple[str, ...]) -> None:
    of_all = whole(verdicts, "healthy")
    expected = "degraded" if "degraded" in verdicts else COULD_NOT_LOOK if COULD_NOT_LOOK in verdicts else "healthy"
    assert of_all == expected
    assert whole(reversed(verdicts), "healthy") == expected
    results = [ending(verdict, of_all, f"it is {verdict}", True) for verdict in verdicts]
    assert exit_code(results) == EXIT[MEANINGS[expected]]
    for verdict, result in zip(verdicts, results, strict=True):
        assert result["msg"] == f"it is {verdict}"
        assert result["changed"] is False
        assert bool(result.get("failed") or result.get("unreachable")) is (verdict != "healthy")
    quiet = [ending(verdict, of_all, "", False) for verdict in verdicts]
    assert exit_code(quiet) == 0


@pytest.mark.parametrize("good", ["healthy", "in_sync", "nothing"])
def test_no_links_are_well(good: str) -> None:
    assert whole([], good) == good


@pytest.mark.parametrize(("verdict", "meaning"), MEANINGS.items())
def test_each_verdict_ends_by_its_meaning(verdict: str, meaning: str) -> None:
    assert exit_code([ending(verdict, verdict, "", True)]) == EXIT[meaning]


def run(shown: list[str], **arguments: Any) -> dict[str, Any]:
    """The action, as Ansible calls it."""
    task = SimpleNamespace(args=arguments, async_val=0, check_mode=False, action="link_verdict", diff=False, delegate_to=None)
    play_context = SimpleNamespace(check_mode=False, become=False)
    plugin_class: Any = ActionModule
    action = plugin_class(task, SimpleNamespace(_shell=SimpleNamespace(tmpdir=None)), play_context, None, None, None)
    action._load_name = task.action  # as the loader of plugins sets it
    action._display = SimpleNamespace(display=shown.append)
    result: dict[str, Any] = action.run(None, {"inventory_hostname": "contoso_to_fabrikam"})
    return result


class TestAction:
    @pytest.mark.parametrize(
        ("given", "failed", "unreachable"),
        [
            ({"verdict": "healthy", "whole": "degraded"}, False, False),
            ({"verdict": "degraded", "whole": "degraded"}, True, False),
            ({"verdict": COULD_NOT_LOOK, "whole": COULD_NOT_LOOK}, False, True),
            ({"verdict": COULD_NOT_LOOK, "whole": "drifted"}, True, False),
            ({"verdict": "drifted", "whole": "drifted", "fail": False}, False, False),
            ({"verdict": COULD_NOT_LOOK, "whole": COULD_NOT_LOOK, "fail": "no"}, False, False),
        ],
        ids=str,
    )
    def test_it_ends_the_link_and_shows_its_line(self, given: dict[str, Any], failed: bool, unreachable: bool) -> None:
        shown: list[str] = []
        result = run(shown, summary="the line", **given)
        assert (result.get("failed", False), result.get("unreachable", False)) == (failed, unreachable)
        assert result["msg"] == "the line"
        assert shown == ["contoso_to_fabrikam: the line"]

    @pytest.mark.parametrize(
        ("given", "named"),
        [
            ({"verdict": "fine", "whole": "healthy", "summary": "x"}, "verdict"),
            ({"verdict": "healthy", "whole": "fine", "summary": "x"}, "whole"),
            ({"verdict": "healthy", "whole": "healthy"}, "summary"),
            ({"verdict": "healthy", "whole": "healthy", "summary": "x", "fail": "perhaps"}, "fail"),
            ({"verdict": "healthy", "whole": "healthy", "summary": "x", "fails": True}, "fails"),
        ],
        ids=str,
    )
    def test_it_refuses_what_it_does_not_know(self, given: dict[str, Any], named: str) -> None:
        with pytest.raises(AnsibleActionFail, match=named):
            run([], **given)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a link that nobody disturbs: what the disturbed ones are compared with has to be right itself."""

from __future__ import annotations

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import ALL
from ansible_collections.entra.cross_tenant_sync.tests.support.life import PHASES, again, arrived, lived

SALES = {f"{name}@contoso.kr" for name in ("hyejin.lee", "junho.choi", "seoyeon.jung", "o'brien.sean", "yuna.han", "taeyang.seo")}
"""Without Kang Dohyun, whose account is disabled, the guest Alex Weber, and the members of the group within."""
MINSU, SOOJIN, JIYOUNG, BYUNGHO = (f"{name}@contoso.kr" for name in ("minsu.kim", "soojin.nam", "jiyoung.park", "byungho.ryu"))
PAUSED = ("pause", "change while paused", "narrow while paused")

SYNCHRONIZED = {
    "create": {MINSU, SOOJIN, *SALES},
    "narrow": {MINSU, SOOJIN, JIYOUNG, *SALES},
    "change at once": {MINSU, BYUNGHO, *SALES},
    "resume": {MINSU, BYUNGHO, *SALES},
    "resume narrowed": {MINSU, SOOJIN, JIYOUNG, *SALES},
    "keep": {MINSU, BYUNGHO, *SALES},
    "deprovision": set[str](),
    "narrow and filter less": {MINSU, SOOJIN, JIYOUNG, *SALES},
}
"""Who is in the target after two cycles. Yerin Do has no department and Nam Soojin is of the department People, whom the filters keep out."""
ENDINGS = {"create": " (Contoso)", "narrow": " (Contoso)", "change at once": " (Contoso Ltd)", "resume": " (Contoso Ltd)"}

behaviours = pytest.mark.parametrize("behaviour", [str(one) for one in ALL])


@behaviours
@pytest.mark.parametrize("name", SYNCHRONIZED)
def test_those_in_scope_are_in_the_target_and_nobody_else(behaviour: str, name: str) -> None:
    people = arrived(lived(behaviour), name)
    assert set(people) == SYNCHRONIZED[name]
    assert {person: shown for person, shown in people.items() if not shown.endswith(ENDINGS.get(name, ")"))} == {}


@behaviours
def test_everybody_with_a_department_is_there_once_all_are_in_scope(behaviour: str) -> None:
    people = set(arrived(lived(behaviour), "widen"))
    assert people > {*SYNCHRONIZED["narrow"], BYUNGHO}
    assert "yerin.do@contoso.kr" not in people


@behaviours
@pytest.mark.parametrize("name", PHASES)
def test_a_running_job_was_told_to_evaluate_everybody_after_what_needs_it(behaviour: str, name: str) -> None:
    owed = lived(behaviour).states[name]["restart owed"]
    assert not owed or name in PAUSED


@behaviours
@pytest.mark.parametrize("name", PHASES)
def test_a_second_run_changes_nothing(behaviour: str, name: str) -> None:
    assert again(lived(behaviour), PHASES[name]) == []


@behaviours
@pytest.mark.parametrize("name", ["keep", "deprovision"])
def test_nothing_is_left_of_a_link_that_was_taken_down(behaviour: str, name: str) -> None:
    state = lived(behaviour).states[name]
    assert state["applications"] == state["configurations"] == []
    assert state["partners"] == {"source": {"entries": {}, "synchronization": {}}, "target": {"entries": {}, "synchronization": {}}}

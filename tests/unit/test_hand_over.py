# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long lists are handed over from task to task in the directory of the run, and no task works with a part of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleActionFail
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import hand_over
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.hand_over import KEY, LONG, MEMBERS, SHORT, handed, short, whole

ROOT = Path(__file__).resolve().parents[2]
NAMES = [f"person{number:05}@contoso.kr" for number in range(10_000)]
PEOPLE = [{"name": name, "verdict": "listed", "evidence": {"entra": {"id": name}, "proxies": [name] * 3}} for name in NAMES]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A directory like that of a run."""
    tmp_path.chmod(0o700)
    return str(tmp_path)


@pytest.mark.parametrize(
    "value",
    [
        NAMES,
        {"people": PEOPLE, "changed": False},
        {"links": {"a": {"differences": [{"actions": [{"verb": "assign", "object": name} for name in NAMES]}]}}},
        {"ansible_facts": {"scope": {"users": NAMES}, "link": {"users": NAMES, "groups": []}}},
        [NAMES, NAMES[:5000]],
        [NAMES] * MEMBERS,
    ],
)
def test_there_and_back(value: Any, folder: str) -> None:
    found = short(value, folder)
    assert len(json.dumps(found)) < 3 * LONG < len(json.dumps(value))
    assert whole(found, folder) == value


def test_a_reference_says_what_it_stands_for(folder: str) -> None:
    found = short({"people": NAMES}, folder)["people"]
    assert (found["count"], found["first"]) == (10_000, NAMES[:MEMBERS])
    assert all(path.stat().st_mode & 0o077 == 0 for path in Path(folder).iterdir())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=10,
    )
)
def test_what_is_not_long_stays_as_it_is(value: Any) -> None:
    assert short(value, "/nonexistent") == value
    assert whole(value, "/nonexistent") is value


def test_what_is_shown_to_people_stays(folder: str) -> None:
    value = {"report": NAMES, "table": NAMES, "lines": NAMES}
    assert short(value, folder) == value


def test_what_cannot_be_kept_stays(folder: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert short({"people": NAMES}, folder) == {"people": NAMES}
    assert short([{1}] * LONG, folder) == [{1}] * LONG


def test_a_list_that_is_lost_is_no_part_of_one(folder: str, tmp_path: Path) -> None:
    found = short({"users": NAMES}, folder)
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(AnsibleActionFail, match=r"is not in the directory of the run any more.*start the run again"):
        whole(found, folder)


def test_only_plays_that_want_it_have_short_results(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", folder)
    result = {"people": NAMES, "diff": {"after": NAMES}}
    assert handed({}, result) == handed({SHORT: False}, result) == handed({SHORT: "no"}, result) == result
    found = handed({SHORT: True}, result)
    assert KEY in found["people"]
    assert KEY in found["diff"]["after"]
    shown = handed({SHORT: True}, result, shows_diff=True)
    assert KEY in shown["people"]
    assert shown["diff"] == result["diff"]
    assert whole(shown) == result


def test_every_playbook_for_links_wants_it() -> None:
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        for play in yaml.safe_load(path.read_text(encoding="utf-8")):
            assert play.get("hosts") != "links" or play["vars"][hand_over.SHORT] is True, path.name

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source without a service: what it records, what it sends once, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.extensions.eda.plugins.event_source import cross_tenant_sync as source
from ansible_collections.entra.cross_tenant_sync.plugins.inventory import topology
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import events

Found = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]


class Killed(BaseException):
    """The process ends here."""


class Queue(asyncio.Queue[Any]):
    """What was sent, without a limit. It can be the last thing that the process does."""

    def __init__(self, killed_at: int = -1) -> None:
        super().__init__()
        self.sent: list[Found] = []
        self._killed_at = killed_at

    async def put(self, item: Any) -> None:
        self.sent.append(json.loads(json.dumps(item)))
        if len(self.sent) == self._killed_at:
            raise Killed


def found(*keys: str, unknown: Sequence[str] = (), ended: Sequence[str] = ()) -> Found:
    """What a poll has found; the parts of a key are separated by spaces."""
    conditions = [{"key": key.split(), "event": {"kind": key.split()[0], "text": key}} for key in keys]
    return {"found": conditions, "unknown": [one.split() for one in unknown], "ended": [one.split() for one in ended]}


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, polls: Sequence[Found], queue: Queue | None = None, **args: Any) -> list[Found]:
    """One life of the source, which ends after these polls. What was sent."""
    left = iter(polls)

    async def poll(_arguments: Any) -> Found:
        try:
            return next(left)
        except StopIteration:
            raise Killed from None

    async def sleep(_seconds: float) -> None:
        """No time passes."""

    monkeypatch.setattr(source, "poll", poll)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    queue = queue or Queue()
    with pytest.raises(Killed):
        asyncio.run(source.main(queue, {"inventory": "i.yml", "state_file": str(folder / "state.json"), **args}))
    return queue.sent


def texts(sent: Sequence[Found]) -> list[str]:
    return [event["text"] for event in sent]


A, B = "quarantined a", "user_failed a 1 x"
STORIES: list[tuple[str, list[list[Found]], list[list[str]]]] = [
    ("what goes on is sent once", [[found(A), found(A), found(A, B)]], [[A, B]]),
    ("also after a restart", [[found(A)], [found(A), found(A)]], [[A], []]),
    ("what ends and comes back is sent again", [[found(A), found(), found(A)]], [[A, A]]),
    ("also if it ends while nobody looks", [[found(A)], [found(), found(A)]], [[A], [A]]),
    ("what could not be looked at does not end", [[found(A), found(unknown=["quarantined a"]), found(A)]], [[A]]),
    ("of another link, it does", [[found(A), found(unknown=["quarantined b"]), found(A)]], [[A, A]]),
    ("unless it has certainly ended", [[found(B), found(unknown=["user_failed a"], ended=["user_failed a 1"]), found(B)]], [[B, B]]),
    ("a poll that fails ends nothing", [[found(A, B), source._blind("x"), source._blind("x"), found(A, B)]], [[A, B, "blind"]]),
    ("and is said again when it fails again", [[source._blind("x"), found(), source._blind("x")]], [["blind", "blind"]]),
]


class TestOnce:
    @pytest.mark.parametrize(("lives", "sent"), [story[1:] for story in STORIES], ids=[story[0] for story in STORIES])
    def test_a_story(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lives: list[list[Found]], sent: list[list[str]]) -> None:
        told = [texts(run(monkeypatch, tmp_path, polls)) for polls in lives]
        blind = "Nothing could be looked at: x."
        assert told == [[blind if text == "blind" else text for text in of_life] for of_life in sent]

    @pytest.mark.parametrize("killed_at", [1, 2, 3])
    def test_who_is_killed_while_it_sends_sends_the_rest_and_a_repeated_event_has_its_id(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, killed_at: int
    ) -> None:
        """The moment between sending and recording is the only one that repeats an event."""
        keys = (A, B, "deletions_held a")
        first = run(monkeypatch, tmp_path, [found(*keys)], Queue(killed_at))
        second = run(monkeypatch, tmp_path, [found(*keys)])
        assert texts(first) == list(keys[:killed_at])
        assert texts(second) == list(keys[killed_at - 1 :])
        assert first[-1] == second[0]
        assert len({event["id"] for event in (*first, *second)}) == 3

    def test_what_was_not_sent_is_sent_although_it_has_ended(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        run(monkeypatch, tmp_path, [found(A, B)], Queue(1))
        assert texts(run(monkeypatch, tmp_path, [found()])) == [A, B]
        assert json.loads((tmp_path / "state.json").read_text())["conditions"] == []

    def test_a_full_disk_ends_nothing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        write = source._replace
        times = iter([False, True, True, False, False, False, False])

        def replace(path: Path, content: bytes) -> None:
            if next(times):
                raise OSError(28, "No space left on device")
            write(path, content)

        monkeypatch.setattr(source, "_replace", replace)
        with caplog.at_level(logging.WARNING):
            assert texts(run(monkeypatch, tmp_path, [found(A), found(A), found(A)])) == [A]
        assert "No space left on device" in caplog.text
        monkeypatch.undo()
        assert texts(run(monkeypatch, tmp_path, [found(A)])) == []


class TestStateFile:
    def test_only_its_owner_can_read_it_and_nothing_is_left_beside_it(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        run(monkeypatch, tmp_path, [found(A)])
        (file,) = tmp_path.iterdir()
        assert file.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 2, "conditions": []}', '{"format": 1, "conditions": [1]}', "\udcff"])
    def test_another_file_is_refused_and_kept(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "state.json"
        path.write_bytes(content.encode(errors="surrogateescape"))
        with pytest.raises(ValueError, match="is no state_file of this event source"):
            source.State(path)
        assert path.read_bytes() == content.encode(errors="surrogateescape")

    def test_one_that_cannot_be_written_is_refused_before_the_first_poll(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="cannot be used: No such file or directory"):
            source.State(tmp_path / "nowhere" / "state.json")


GOOD: Found = {"inventory": "i.yml", "state_file": "s.json"}
WRONG: list[tuple[Found, str]] = [
    ({**GOOD, "topologie": "x"}, "no argument topologie; it takes inventory"),
    ({"state_file": "s.json"}, "either inventory"),
    ({**GOOD, "tenants": {}, "links": []}, "either inventory"),
    ({"inventory": "i.yml"}, "needs state_file"),
    ({**GOOD, "state_file": " "}, "needs state_file"),
    *(({**GOOD, "interval": wrong}, "interval of the event source is .*greater than 0") for wrong in (0, -1, "soon", True, [1])),
    ({**GOOD, "disabled_within": 0}, "disabled_within"),
]


class TestArguments:
    @pytest.mark.parametrize(("args", "message"), WRONG)
    def test_wrong(self, args: Found, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            source.checked(args)

    def test_texts_are_numbers_and_what_ansible_rulebook_adds_is_ignored(self) -> None:
        checked = source.checked({**GOOD, "interval": "30", "disabled_within": "3", "eda_feedback_queue": object(), "links": None})
        assert (checked["interval"], checked["disabled_within"], checked["topology"]) == (30.0, 3, {})

    def test_they_are_documented_and_those_of_a_topology_file(self) -> None:
        documented = yaml.safe_load(source.DOCUMENTATION)
        assert set(documented["options"]) <= set(source.OPTIONS)
        text = json.dumps(documented)
        assert [name for name in source.OPTIONS if name not in text] == []
        assert set(source.OF_TOPOLOGY) == set(yaml.safe_load(topology.DOCUMENTATION)["options"]) - {"plugin", "cache"}
        assert all(f"V({kind})" in text for kind in (*events.OF_LINK, *events.OF_TENANT, events.COULD_NOT_LOOK))

    def test_the_examples_use_them(self) -> None:
        rulebooks = [*yaml.safe_load(source.EXAMPLES), *yaml.safe_load((ROOT / "extensions/eda/rulebooks/events.yml").read_text())]
        given = [one["entra.cross_tenant_sync.cross_tenant_sync"] for book in rulebooks for one in book["sources"]]
        assert len(given) == 3
        for args in given:
            source.checked({**args, "interval": 1})

    def test_the_rulebook_has_a_rule_for_every_kind(self) -> None:
        (book,) = yaml.safe_load((ROOT / "extensions/eda/rulebooks/events.yml").read_text())
        named = {kind for rule in book["rules"] for kind in re.findall(r'event\.kind == "(\w+)"', rule["condition"])}
        assert named == {*events.OF_LINK, *events.OF_TENANT, events.COULD_NOT_LOOK}


@pytest.fixture
def polled(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A poll by another program than the poller."""

    def poll(program: str) -> str:
        monkeypatch.setattr(source, "POLLER", program)
        (condition,) = asyncio.run(source.poll(source.checked(GOOD)))["found"]
        return str(condition["event"]["text"])

    return poll


class TestPollsThatFail:
    def test_a_missing_library_is_named(self, polled: Any) -> None:
        text = polled("import nothing_like_ansible")
        assert (
            text
            == "Nothing could be looked at: the poll has ended with exit code 1: ModuleNotFoundError: No module named 'nothing_like_ansible'."
        )

    def test_one_that_says_nothing(self, polled: Any) -> None:
        assert polled("raise SystemExit(3)") == "Nothing could be looked at: the poll has ended with exit code 3: no message."

    def test_one_that_does_not_end_is_stopped(self, polled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(source, "POLL_TIMEOUT", 0.2)
        assert polled("import time; time.sleep(60)") == "Nothing could be looked at: the poll has not ended within 0.2 seconds."

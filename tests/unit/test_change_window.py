# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a run may write: windows, tickets, and cycles that must fit."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.change_window import (
    Unusable,
    change_of,
    judge,
    parse,
    refusal,
    ticket_of,
)

START, END = "2026-12-05T22:00:00+09:00", "2026-12-06T02:00:00+09:00"
BEGINS = datetime(2026, 12, 5, 13, tzinfo=timezone.utc)
ENDS = BEGINS + timedelta(hours=4)
GIVEN: dict[str, Any] = dict.fromkeys(("ticket", "ticket_pattern", "window", "following", "differences", "job", "sizing"))
RESTART = {"module": "sync_mapping", "actions": [{"verb": "update", "effects": {"triggers_full_cycle": True}}]}
RENAME = {"module": "sync_configuration", "actions": [{"verb": "rename"}]}


class TestParse:
    @pytest.mark.parametrize(
        "value",
        [
            f"{START}/{END}",
            f"  {START} / {END}  ",
            {"start": START, "end": END},
            {"start": f" {START} ", "end": END},
            "2026-12-05T13:00Z/2026-12-05T17:00:00Z",
            "2026-12-05t13:00:00z/2026-12-05 17:00:00+0000",
            "2026-12-05T13:00:00.0Z/2026-12-05T17:00:00.000000Z",
            # YAML reads a time without quotes as one.
            {"start": BEGINS, "end": ENDS},
        ],
    )
    def test_a_window(self, value: Any) -> None:
        window = parse(value)
        assert window is not None
        assert (window.start, window.end) == (BEGINS, ENDS)

    def test_it_is_shown_as_it_was_given(self) -> None:
        assert change_of("CHG1", f"{START}/{END}") == {"ticket": "CHG1", "window": {"start": START, "end": END}}

    @pytest.mark.parametrize("value", [None, "", "  ", {}, {"start": "", "end": " "}, {"start": None, "end": None}])
    def test_a_survey_that_was_left_empty_gives_none(self, value: Any) -> None:
        assert parse(value) is None

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            (
                "2026-12-05T22:00:00/2026-12-06T02:00:00",
                "the start of change_window, '2026-12-05T22:00:00', is not a time in ISO 8601 with",
            ),
            (f"{START}/2026-12-06T02:00:00", "the end of change_window, '2026-12-06T02:00:00', is not a time in ISO 8601 with an offset"),
            ({"start": datetime(2026, 12, 5), "end": END}, "the start of change_window, '2026-12-05T00:00:00', is not a time"),
            (f"{END}/{START}", f"change_window ends at {START}, which is not after its start {END}"),
            (f"{START}/{START}", "which is not after its start"),
            (f"{START}/", "the end of change_window is missing"),
            (f"/{END}", "the start of change_window is missing"),
            ({"start": START}, "the end of change_window is missing"),
            ({"start": START, "end": ""}, "the end of change_window is missing"),
            ({"start": START, "ends": END}, "change_window has no member 'ends'; it has start and end"),
            (START, "is not a window"),
            (f"{START}/{END}/{END}", "is not a window"),
            ("tonight/tomorrow", "the start of change_window, 'tonight', is not a time"),
            ("2026-02-30T22:00:00Z/2026-03-01T02:00:00Z", "the start of change_window, '2026-02-30T22:00:00Z', is not a time that exists"),
            ("2026-12-05T22:00:00+25:00/2026-12-06T02:00:00Z", "is not a time that exists"),
            ("2026-12-05/2026-12-06", "is not a time in ISO 8601 with an offset"),
            ("2026-W49-6T22:00Z/2026-12-06T02:00Z", "is not a time in ISO 8601 with an offset"),
            (["a", "b"], "is neither a dictionary with start and end nor a text"),
            (5, "is neither a dictionary with start and end nor a text"),
            (True, "is neither a dictionary with start and end nor a text"),
        ],
    )
    def test_what_is_none_is_refused_in_a_sentence(self, value: Any, said: str) -> None:
        with pytest.raises(Unusable) as refused:
            parse(value)
        assert said in str(refused.value)
        assert ";" in str(refused.value), "it says what to give"

    @given(st.one_of(st.text(), st.dictionaries(st.text(max_size=6), st.text()), st.lists(st.integers()), st.integers(), st.booleans()))
    def test_nothing_else_is_raised(self, value: Any) -> None:
        said = ""
        try:
            parse(value)
        except Unusable as refused:
            said = str(refused)
        assert "\n" not in said


class TestRefusal:
    @pytest.mark.parametrize(
        ("minutes_after_begin", "cycle", "said"),
        [
            (-1, None, f"the change window begins at {START}, in 1 minute"),
            (-60 * 26, None, f"the change window begins at {START}, in 1 day and 2 hours"),
            (0, None, None),
            (239, None, None),
            (240, None, f"the change window ended at {END}, 1 minute ago"),
            (240 + 61, None, f"the change window ended at {END}, 1 hour and 1 minute ago"),
            (0, 240, None),
            (
                0,
                241,
                f"the change causes a full cycle, which can take 4 hours and 1 minute, and the change window ends at {END}, in 4 hours",
            ),
            (210, 30, None),
            (211, 30, f"the change causes a full cycle, which can take 30 minutes, and the change window ends at {END}, in 29 minutes"),
            (-1, 10_000, f"the change window begins at {START}, in 1 minute"),
        ],
    )
    def test_by_time(self, minutes_after_begin: int, cycle: float | None, said: str | None) -> None:
        assert refusal(parse(f"{START}/{END}"), BEGINS + timedelta(minutes=minutes_after_begin), cycle) == said

    def test_without_a_window_there_is_none(self) -> None:
        assert refusal(None, BEGINS, 10_000) is None


class TestTicket:
    @pytest.mark.parametrize(
        ("value", "pattern", "ticket"),
        [
            ("CHG0041234", None, "CHG0041234"),
            (" CHG0041234 ", r"CHG\d{7}", "CHG0041234"),
            (41234, r"\d+", "41234"),
            ("", None, None),
            (" ", "", None),
            (None, None, None),
        ],
    )
    def test_a_ticket(self, value: Any, pattern: str | None, ticket: str | None) -> None:
        assert ticket_of(value, pattern) == ticket

    @pytest.mark.parametrize(
        ("value", "pattern", "said"),
        [
            ("INC1", r"CHG\d{7}", "change_ticket 'INC1' does not match the pattern 'CHG\\\\d{7}'"),
            ("CHG00412345", r"CHG\d{7}", "does not match"),
            ("", r"CHG\d{7}", "change_ticket is missing, and must match the pattern"),
            (None, r"CHG\d{7}", "change_ticket is missing"),
            ("CHG1", "CHG[", "ticket_pattern 'CHG[' is not a regular expression"),
            ("CHG1\nCHG2", None, "change_ticket must be one line"),
            ("\x1b[31m", None, "change_ticket must be one line"),
            ("x" * 201, None, "change_ticket must be one line of at most 200 characters"),
            (["CHG1"], None, "change_ticket is not a text"),
            (1.5, None, "change_ticket is not a text"),
        ],
    )
    def test_what_is_none_is_refused_in_a_sentence(self, value: Any, pattern: str | None, said: str) -> None:
        with pytest.raises(Unusable) as refused:
            ticket_of(value, pattern)
        assert said in str(refused.value)


def judged(now: datetime = BEGINS, check_mode: bool = False, link: str | None = "a_to_b", **given_options: Any) -> dict[str, Any]:
    """The result of the action within the window."""
    options = {**GIVEN, "window": f"{START}/{END}", "ticket": "CHG1", **given_options}
    return judge(options, link if options["following"] else None, now, check_mode)


class TestJudge:
    def test_without_a_window_nothing_is_judged(self) -> None:
        found = judged(window=" ")
        assert (found["complete"], found["tasks"], found["refusal"]) == (False, "", None)
        assert found["msg"] == "change request CHG1, at any time"

    def test_within_the_window(self) -> None:
        found = judged()
        assert (found["complete"], found["tasks"], found["refusal"]) == (True, "in_window/", None)
        assert "failed" not in found

    def test_outside_of_the_window_a_run_fails_and_check_mode_reports(self) -> None:
        early = judged(BEGINS - timedelta(hours=1))
        assert early["failed"] is True
        assert early["msg"] == (
            f"Nothing may be changed now: the change window begins at {START}, in 1 hour; run again within a window that is long enough. "
            "Nothing was changed."
        )
        checked = judged(BEGINS - timedelta(hours=1), check_mode=True)
        assert "failed" not in checked
        assert checked["msg"] == f"A run would be refused: the change window begins at {START}, in 1 hour."
        assert checked["refusal"] == early["refusal"]

    def test_a_value_that_cannot_be_used_fails_check_mode_too(self) -> None:
        found = judged(check_mode=True, window="tonight")
        assert found["failed"] is True
        assert found["msg"].startswith("The change request cannot be used: change_window 'tonight' is not a window; give ")
        assert found["msg"].endswith("Nothing was changed.")

    @pytest.mark.parametrize(
        ("options", "refused"),
        [
            ({"differences": [RESTART], "sizing": {"first_cycle_minutes": [1, 240]}}, False),
            ({"differences": [RESTART], "sizing": {"first_cycle_minutes": [1, 241]}}, True),
            ({"differences": [RENAME, RESTART], "sizing": {"first_cycle_minutes": [1, 241]}}, True),
            ({"differences": [RENAME], "sizing": {"first_cycle_minutes": [1, 9999]}}, False),
            ({"differences": [], "sizing": None}, False),
            ({"differences": None, "sizing": None}, False),
            ({"following": "deprovision", "sizing": {"first_cycle_minutes": [1, 241]}}, True),
            ({"following": "deprovision", "sizing": {"first_cycle_minutes": [1, 30]}}, False),
            ({"following": "absent", "sizing": {"first_cycle_minutes": [1, 241]}}, False),
            # A length that is not known may be too long.
            ({"differences": [RESTART], "sizing": {"first_cycle_minutes": None}}, True),
            ({"differences": [RESTART], "sizing": None}, True),
        ],
    )
    def test_the_cycle_of_a_link_must_fit(self, options: dict[str, Any], refused: bool) -> None:
        found = judged(**{"following": "present", **options})
        assert bool(found.get("failed")) is refused
        if refused:
            assert found["msg"].startswith("Link a_to_b may not be changed now: the change causes a full cycle")
            assert found["msg"].endswith("Nothing of it was changed.")

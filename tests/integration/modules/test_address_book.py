# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""address_book_info and address_book_visibility, in both hosts. What Exchange can do is in tests/property/test_address_book.py."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.address_book import APPLICATIONS, MENDED, VERDICTS, expected, verdicts
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import Playbooks
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Control, Do, Teller, converges, four

INFO, VISIBILITY = "address_book_info", "address_book_visibility"
EVERYBODY = {"source_tenant_id": CONTOSO}


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator after the first synchronization."""
    with Emulator(tmp_path_factory.mktemp("aftermath"), "aftermath") as running:
        running.control("PUT", "settings", {"throttling": False})
        yield running


@pytest.fixture
def book(aftermath: Emulator, tmp_path: Path) -> Iterator[Teller]:
    """Stories; afterwards the emulator is as before. Requests to Exchange are a second apart."""
    beginning = aftermath.state()
    yield Teller(aftermath, Playbooks(aftermath, tmp_path / "ansible"), both_runners="BOTH_HOSTS" in os.environ)
    aftermath.control("DELETE", "faults")
    aftermath.control("PUT", "state", beginning)
    aftermath.judge_traffic()


@pytest.fixture
def both(book: Teller) -> Teller:
    """Stories in both hosts."""
    return dataclasses.replace(book, both_runners=True)


@pytest.fixture
def exchange(aftermath: Emulator) -> dict[str, Any]:
    """The options with which Exchange is asked."""
    return {"exchange": True, "exchange_endpoint": f"{aftermath.url}/exchange"}


@pytest.fixture
def source(aftermath: Emulator) -> dict[str, Any]:
    """The options that name the source."""
    connection = {
        "tenant_id": CONTOSO,
        "client_id": "11111111-1111-4111-8111-111111111111",
        "client_secret": SECRETS["CONTOSO_CLIENT_SECRET"],
        **aftermath.connection(),
    }
    return {"source": connection, "configuration": "Fabrikam"}


def test_a_verdict_on_everybody(both: Teller, exchange: dict[str, Any], source: dict[str, Any]) -> None:
    everybody, named, unasked, failing = both(
        Do(INFO, {**exchange, **source}, "fabrikam"),
        Do(INFO, {**exchange, **EVERYBODY, "people": "junho.choi@contoso.kr, nobody@contoso.kr"}, "fabrikam", check=True),
        Do(INFO, source, "fabrikam"),
        Do(INFO, {**exchange, **source, "must_be_listed": ["junho.choi@contoso.kr"]}, "fabrikam"),
    )
    assert verdicts(everybody.result) == VERDICTS
    assert set(everybody.result["unlisted"]) == {person["name"] for person in everybody.result["people"] if person["unlisted"]}
    assert len(everybody.result["table"]) == len(VERDICTS) + 1
    assert sum(everybody.result["counts"].values()) == len(VERDICTS)
    assert verdicts(named.result) == {"junho.choi": "hidden_in_exchange", "nobody": "unknown"}
    assert unasked.to_exchange == []
    assert unasked.result["exchange"]["asked"] is False
    assert "junho.choi@contoso.kr must be listed" in failing.message
    for step in (everybody, named, unasked, failing):
        assert step.writes == []
        assert step.result["changed"] is False


@pytest.mark.parametrize("process", [False, True], ids=["worker", "process"])
def test_mending(book: Teller, exchange: dict[str, Any], source: dict[str, Any], tmp_path: Path, process: bool) -> None:
    path = tmp_path / "commands.ps1"
    given = {**exchange, **EVERYBODY, "commands_path": str(path)}
    story = book.once()(four(VISIBILITY, given, "fabrikam", process), Do(INFO, {**exchange, **source}, "fabrikam"))
    *four_steps, after = story
    converges(
        four_steps,
        "show user junho.choi@contoso.kr in the address book",
        "show user sora.jung@contoso.kr in the address book",
        "sort user taeho.oh@contoso.kr into the address lists anew",
    )
    run = story[1]
    assert len(run.writes) == len(MENDED) + 1
    assert verdicts(after.result) == expected(mended=MENDED)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text(encoding="utf-8-sig").count("\n") == run.result["commands"]


def test_what_is_refused(book: Teller, exchange: dict[str, Any], source: dict[str, Any]) -> None:
    steps = book(
        Do(INFO, exchange, "fabrikam"),
        Do(INFO, {**exchange, "source": source["source"]}, "fabrikam"),
        Do(INFO, {**exchange, **source, "configuration": "Nowhere"}, "fabrikam"),
        Do(VISIBILITY, exchange, "fabrikam"),
        Do(VISIBILITY, EVERYBODY, "fabrikam"),
        Do(VISIBILITY, {**exchange, **EVERYBODY, "max_changes": 2}, "fabrikam"),
        Do(VISIBILITY, {**exchange, **EVERYBODY, "exchange_group": "cts-people@fabrikam.kr"}, "fabrikam"),
        Do(VISIBILITY, {**exchange, **EVERYBODY, **APPLICATIONS["reads"]}, "fabrikam"),
    )
    wanted = (
        "one of the following is required: people, source_tenant_id, source_domains, source",
        "parameters are required together: source, configuration",
        "there is no configuration 'Nowhere'",
        "one of the following is required: people, source_tenant_id, source_domains",
        "needs exchange: true",
        "3 users would be changed in Exchange, more than max_changes 2",
        "the endpoints of exchange_group cannot change anything",
        "no role in Entra or Exchange that allows this",
    )
    for step, text in zip(steps, wanted, strict=True):
        assert text in step.message
        assert step.writes == []


def test_a_missing_half_ends_well_and_is_named(book: Teller, exchange: dict[str, Any], source: dict[str, Any], tmp_path: Path) -> None:
    half, *mending = book.once()(
        Do(INFO, {**exchange, **source, **APPLICATIONS["half"]}, "fabrikam"),
        *(
            Do(VISIBILITY, {**exchange, **EVERYBODY, **APPLICATIONS[name], "commands_path": str(tmp_path / f"{name}.ps1")}, "fabrikam")
            for name in ("none", "reads")
        ),
    )
    assert "no role in Entra or Exchange" in half.result["exchange"]["reason"]
    for step in mending:
        assert not step.failed
        assert "nothing was changed in Exchange" in step.warnings
        assert step.result["commands"] > 0
        assert step.writes == []


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 503, "times": 0},
        {"fault": "truncated", "times": 0},
        {"fault": "delay", "seconds": 6, "times": 0},
    ],
    ids=["down", "broken answers", "hangs"],
)
def test_without_an_answer_nothing_is_known(book: Teller, exchange: dict[str, Any], source: dict[str, Any], fault: dict[str, Any]) -> None:
    impatient = {"timeout": 1, "retries": 0}
    (step,) = book(
        Control("POST", "faults", {"path": "/adminapi/", **fault}),
        Do(INFO, {**exchange, **source, **impatient, "must_be_listed": ["minsu.kim@contoso.kr"]}, "fabrikam"),
    )
    found = verdicts(step.result)
    assert {alias: verdict for alias, verdict in found.items() if verdict not in ("unknown", VERDICTS[alias])} == {}
    assert found["minsu.kim"] == "unknown"
    assert "minsu.kim@contoso.kr" in step.warnings


def test_another_tenant_answers(book: Teller, exchange: dict[str, Any], source: dict[str, Any], aftermath: Emulator) -> None:
    aftermath.control("PUT", "settings", {"exchange_answers_for_other_tenant": True})
    try:
        (step, mending) = book(Do(INFO, {**exchange, **source}, "fabrikam"), Do(VISIBILITY, {**exchange, **EVERYBODY}, "fabrikam"))
    finally:
        aftermath.control("PUT", "settings", {"exchange_answers_for_other_tenant": False})
    assert "answers for another tenant" in step.result["exchange"]["reason"]
    assert "answers for another tenant" in mending.message
    assert mending.writes == []


def test_the_tokens_go_where_they_belong(book: Teller, exchange: dict[str, Any], source: dict[str, Any]) -> None:
    """No request was answered with 401, as a token of the other audience is (fact F146)."""
    (step,) = book(Do(INFO, {**exchange, **source}, "fabrikam"))
    assert {request["status"] for request in step.requests} == {200}
    assert {request["tenant"] for request in step.to_exchange} == {FABRIKAM}

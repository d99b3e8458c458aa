# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a history that violates an invariant smaller, as long as it violates the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .beginnings import BEGINNINGS, BUILT, FLIPPED_TOO
from .history import Event, History, Run, source
from .simulator import play

Fails = Callable[[History], bool]
MOST_TRIES = 600


def violated(history: History) -> frozenset[str]:
    """The names of the invariants that it violates."""
    return frozenset(violation.invariant for violation in play(history).violations)


def shrunk(history: History, most: int = MOST_TRIES) -> History:
    """The smallest history that was found."""
    names = violated(history)
    return smallest(history, lambda smaller: bool(names & violated(smaller)), most)


def smallest(history: History, fails: Fails, most: int = MOST_TRIES) -> History:
    """The history after every step of `smaller` was tried, again and again, until none fails any more."""
    tries = 0
    found = True
    while found and tries < most:
        found = False
        for candidate in smaller(history):
            tries += 1
            if fails(candidate):
                history, found = candidate, True
                break
            if tries >= most:
                break
    return history


def smaller(history: History) -> Iterator[History]:
    """Histories that are a little smaller: the largest steps first."""
    for place in range(len(history.events)):
        yield replace(history, events=(*history.events[:place], *history.events[place + 1 :]))
    if history.settings:
        yield replace(history, settings={})
        names = list(history.settings)
        for half in (names[: len(names) // 2], names[len(names) // 2 :]) if len(names) > 2 else ():
            yield replace(history, settings={name: history.settings[name] for name in half})
        for name in names:
            yield replace(history, settings=_without(history.settings, name))
    if history.beginning.startswith(FLIPPED_TOO):
        yield replace(history, beginning=history.beginning.removeprefix(FLIPPED_TOO))
    for name in list(BEGINNINGS)[: list(BEGINNINGS).index(history.beginning.removeprefix(FLIPPED_TOO))]:
        yield replace(history, beginning=name)
    for place, event in enumerate(history.events):
        for one in _smaller_events(event):
            yield replace(history, events=(*history.events[:place], one, *history.events[place + 1 :]))


def _smaller_events(event: Event) -> Iterator[Event]:
    if not isinstance(event, Run):
        return
    if event.beside:
        yield replace(event, beside=None)
        for place in range(len(event.beside.turns)):
            yield replace(event, beside=replace(event.beside, turns=event.beside.turns[:place]))
    if event.kill:
        yield replace(event, kill=None)
    for place in range(len(event.strikes)):
        yield replace(event, strikes=(*event.strikes[:place], *event.strikes[place + 1 :]))
    if event.meanwhile:
        yield replace(event, meanwhile=())
    if event.foretold:
        yield replace(event, foretold=False)
    if event.new_token:
        yield replace(event, new_token=False)
    if not event.looks:
        yield replace(event, looks=True)
    if event.wish != BUILT:
        yield replace(event, wish=BUILT)
    for name in event.wish:
        if name not in BUILT:
            yield replace(event, wish=_without(event.wish, name))
        elif event.wish[name] != BUILT[name]:
            yield replace(event, wish={**event.wish, name: BUILT[name]})
        value = event.wish[name]
        if name == "link_share":
            for one in _smaller_shares(value):
                yield replace(event, wish={**event.wish, name: one})
        if isinstance(value, list) and len(value) > 1 and name.startswith("link_scope"):
            for place in range(len(value)):
                yield replace(event, wish={**event.wish, name: [*value[:place], *value[place + 1 :]]})


def _smaller_shares(share: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    if len(share) > 1:
        yield from (_without(share, side) for side in share)
    for side, about in share.items():
        yield from ({**share, side: _without(about, name)} for name in about if len(about) > 1)


def _without(held: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {one: value for one, value in held.items() if one != name}


def as_test(history: History) -> str:
    """The history as a test that fails while it violates anything."""
    names = sorted(violated(history)) or ["nothing"]
    return (
        f"def test_history_{history.seed}() -> None:\n"
        f'    """Violated: {", ".join(names)}."""\n'
        f"    history = {source(history, 4)}\n"
        "    assert [str(violation) for violation in play(history).violations] == []\n"
    )

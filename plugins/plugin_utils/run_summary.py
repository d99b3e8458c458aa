# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The outcome of a run in a few hundred characters, from what its tasks have registered on the links. Pure functions.

Only members that are known by name go into it, and a fixed number of them, so that it contains no secret, and stays small with any number of
links and users.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.quantity import quantity
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.hand_over import whole

FAILED, TO_CHANGE, CHANGED, NOT_REACHED, UNCHANGED = "failed", "to_change", "changed", "not_reached", "unchanged"
VERDICTS = (FAILED, TO_CHANGE, CHANGED, NOT_REACHED, UNCHANGED)
"""The states of a link after a run. The first one that a link has is the verdict on the run."""
MOST_NAMED, MOST_FINDINGS, MOST_CHARACTERS = 20, 5, 300
"""How many links are named, how many have a sentence, and how long that is."""
LOOK, APPROVAL = "sync_look", "sync_approval"
"""The results of ``links_info`` and ``plan_report`` in the playbook sync."""

Result = Mapping[str, Any]
"""The registered result of a task."""


def _impact(result: Result) -> Mapping[str, Any]:
    return (result.get("impact") or {}).get("counts") or {}


def _watched(result: Result) -> Mapping[str, Any]:
    held = (result.get("held") or {}).get("count")
    return {**(result.get("counts") or {}), **({"held": held} if held else {})}


def _counts(result: Result) -> Mapping[str, Any]:
    return result.get("counts") or {}


PEOPLE: Mapping[str, Callable[[Result], Mapping[str, Any]]] = {
    "source_tenant_impact": _impact,
    "source_tenant_deprovision": lambda result: {"removed": result.get("people_count")},
    "watch_look": _watched,
    "provision_outcome": lambda result: Counter(str(outcome.get("status")) for outcome in whole(result.get("outcomes")) or ()),
    "verify_address_book": _counts,
    "address_book_report": _counts,
}
"""What the tasks of the playbooks say about users, by the variable in which they are registered: numbers by effect, or by verdict."""
SENTENCES: Mapping[str, Callable[[Result], Any]] = {
    "preflight_link": lambda result: result.get("refusal") or _last(result.get("report")),
    "guard_verdict": lambda result: result.get("msg"),
    "provision_verdict": lambda result: result.get("msg"),
    "person_report": lambda result: result.get("sentence"),
    "address_book_report": lambda result: result.get("summary"),
    "verify_left": lambda result: _last(result.get("left")),
    "verify_status": lambda result: result.get("summary"),
}
"""What they say in one sentence. The last one that ran counts."""


def _last(lines: Any) -> Any:
    return lines[-1] if lines else None


@dataclass(frozen=True)
class Outcome:
    """What became of a link."""

    state: str
    finding: str | None = None
    people: Mapping[str, int] = field(default_factory=dict)
    hash: str | None = None


def outcome(host: str, variables: Mapping[str, Any], going: bool, check_mode: bool) -> Outcome:
    """What became of a link. ``going`` is whether tasks of the play still run on its host."""
    results = [value for value in variables.values() if _is_result(value)]
    entry = _entry(host, variables)
    if not results and going:
        return Outcome(NOT_REACHED)
    approved = variables.get(APPROVAL)
    people = dict(_people(variables))
    applied = str(approved["hash"]) if _is_result(approved) and approved.get("hash") and not approved.get("failed") else None
    messages = [str(result["msg"]) for result in results if result.get("failed") and result.get("msg")]
    if messages or not (going or _is_done(host, variables)):
        reason = messages or [str(text) for text in (entry.get("msg"), _sentence(variables)) if text] or ["its tasks failed"]
        return Outcome(FAILED, reason[-1], people, applied)
    state = (TO_CHANGE if check_mode else CHANGED) if any(result.get("changed") for result in results) else UNCHANGED
    return Outcome(state, _sentence(variables) or entry.get("summary"), people, applied)


def _is_result(value: Any) -> TypeGuard[Result]:
    return isinstance(value, Mapping) and isinstance(value.get("changed"), bool) and "failed" in value


def _entry(host: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the look of the playbook sync has found of a link."""
    look = variables.get(LOOK)
    entry = look.get("links", {}).get(host) if _is_result(look) else None
    return entry if isinstance(entry, Mapping) else {}


def _is_done(host: str, variables: Mapping[str, Any]) -> bool:
    """Whether the tasks of a link have ended because it is in sync."""
    look = variables.get(LOOK)
    return _is_result(look) and host in (look.get("done") or ())


def _people(variables: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, counted in PEOPLE.items():
        if _is_result(variables.get(name)):
            yield from ((str(effect), number) for effect, number in counted(variables[name]).items() if isinstance(number, int) and number)


def _sentence(variables: Mapping[str, Any]) -> str | None:
    said = [says(variables[name]) for name, says in SENTENCES.items() if _is_result(variables.get(name))]
    return next((str(text) for text in reversed(said) if text), None)


def summary(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """The artifact of a run."""
    counts = Counter(one.state for one in outcomes.values())
    people: Counter[str] = Counter()
    for one in outcomes.values():
        people.update(one.people)
    acting = [host for host, one in outcomes.items() if one.state not in (UNCHANGED, NOT_REACHED)]
    said = sorted((host for host, one in outcomes.items() if one.finding), key=lambda host: VERDICTS.index(outcomes[host].state))
    return {
        "verdict": next((state for state in VERDICTS if counts[state]), UNCHANGED),
        "changed": bool(counts[CHANGED] + counts[TO_CHANGE]),
        "summary": [_line(len(outcomes), counts), *(_shortened(f"{host}: {outcomes[host].finding}") for host in said[:MOST_FINDINGS])],
        "counts": {state: counts[state] for state in VERDICTS if counts[state]},
        "people": dict(sorted(people.items())),
        "hash": next((one.hash for one in outcomes.values() if one.hash), None),
        "named": acting[:MOST_NAMED],
        "more": max(0, len(acting) - MOST_NAMED),
    }


def _line(links: int, counts: Mapping[str, int]) -> str:
    numbers = ", ".join(f"{counts[state]} {state.replace('_', ' ')}" for state in VERDICTS if counts.get(state))
    return f"{quantity(links, 'link')}: {numbers}" if links else "no links"


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."


def of_run(hosts: Iterable[str], going: Collection[str], variables: Callable[[str], Mapping[str, Any]], check_mode: bool) -> dict[str, Any]:
    """The artifact of the run of these hosts, on some of which tasks still run."""
    return summary({host: outcome(host, variables(host), host in going, check_mode) for host in hosts})

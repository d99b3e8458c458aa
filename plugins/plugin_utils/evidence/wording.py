# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What the renderings of plans and reports as text have in common: the words. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import (
    Change,
    LinkPlan,
    PlannedAction,
    PlannedPart,
    Sizing,
)

TITLES = {"to_change": "changes", "to_remove": "is removed", "in_sync": "is in sync", "cannot_be_planned": "cannot be planned"}
"""What happens to a link, by its status."""
LOST = ("soft_deleted", "disabled")
"""The effects by which users lose their accounts, or the use of them."""
EFFECTS = {
    "soft_deleted": "deleted in the target",
    "disabled": "disabled",
    "converted": "converted between guest and member",
    "updated": "updated",
    "restored": "restored",
    "created": "created",
    "kept": "kept without synchronization",
    "failed": "failing",
    "skipped": "skipped",
    "unknown": "not computable",
}


def plain(value: Any) -> str:
    """A value as one line. Characters that control a terminal or the direction of a text are replaced."""
    text = "" if value is None else str(value)
    return " ".join("".join(character if character.isprintable() else _stand_in(character) for character in text).split())


def _stand_in(character: str) -> str:
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


def number(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def minutes(count: float) -> str:
    """A length of time."""
    hours, rest = divmod(round(count), 60)
    if not hours:
        return number(rest, "minute")
    return number(hours, "hour") + (f" {number(rest, 'minute')}" if rest else "")


def some(names: Sequence[str], most: int) -> str:
    """The first names of many."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def shortened(text: str, longest: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


# A link --------------------------------------------------------------------------------------------------------------------


def direction(link: LinkPlan) -> str:
    """Which link it is."""
    configuration = f", configuration {plain(link['configuration'])}" if link["configuration"] else ""
    return f"{plain(link['source']['name'])} to {plain(link['target']['name'])}{configuration}"


def lost(link: LinkPlan) -> int:
    """How many users lose their accounts."""
    counts = (link["impact"] or {}).get("counts") or {}
    return sum(counts.get(effect) or 0 for effect in LOST)


def protected(link: LinkPlan) -> list[str]:
    """The protected users who are harmed, by name."""
    users = (link["impact"] or {}).get("users") or []
    return [name_of(user) for user in users if user.get("protected_by") and user.get("effect") in (*LOST, "converted", "unknown")]


def losers(link: LinkPlan) -> list[str]:
    """The users who lose their accounts, by name. The impact names the first of them."""
    users = (link["impact"] or {}).get("users") or []
    return [name_of(user) for user in users if user.get("effect") in LOST]


def name_of(user: Mapping[str, Any]) -> str:
    """A user's name in the source, or in the target if that is not known."""
    return plain(user.get("user_principal_name") or user.get("target_user_principal_name") or "a user without a name")


def user_line(user: Mapping[str, Any]) -> str:
    """What happens to a user and why."""
    effect = str(user.get("effect"))
    why = f" ({plain(user.get('before'))} -> {plain(user.get('after'))})" if user.get("before") or user.get("after") else ""
    by = user.get("protected_by")
    return f"{name_of(user)}: {EFFECTS.get(effect, plain(effect))}{why}{'; protected: ' + ', '.join(map(plain, by)) if by else ''}"


@dataclass(frozen=True)
class Doing:
    """Actions of one module that only differ in their objects, and are reversed in the same way."""

    tenant: str
    side: str
    verb: str
    objects: tuple[str, ...]
    effects: tuple[str, ...]
    reversible: bool
    reversal: str


def doings(parts: Sequence[PlannedPart]) -> Iterator[Doing]:
    """The actions of a link, in their order. Equal ones that follow each other are one."""
    for part in parts:
        for (verb, effects, reversible, how), same in groupby(part["actions"], key=_alike):
            objects = tuple(plain(action["object"]) for action in same)
            yield Doing(plain(part["tenant"]["name"]), part["side"], verb, objects, effects, reversible, how)


def _alike(action: PlannedAction) -> tuple[str, tuple[str, ...], bool, str]:
    return plain(action["verb"]), tuple(_effects(action["effects"])), action["reversible"], plain(action["reversal"])


def _effects(effects: Mapping[str, Any]) -> Iterator[str]:
    """The effects of an action in words. The names of users are in the impact."""
    words = {
        "triggers_full_cycle": "full cycle",
        "needs_restart": "needs a restart of the job",
        "soft_deletes_in_target": "users are soft-deleted in the target",
        "keeps_synced_users": "synced users stay in the target",
        "soft_deletes_group_in_target": "the group is soft-deleted in the target",
        "keeps_synced_groups": "synced groups stay in the target, and are not updated any more",
        "carries_out_held_deletions": "carries out held deletions",
    }
    yield from (words.get(name, plain(name).replace("_", " ")) for name, value in effects.items() if value is True)
    if effects.get("removes_users"):
        yield f"removes {number(int(effects['removes_users']), 'user')}"


def full_cycle(link: LinkPlan) -> str | None:
    """The full cycle that a change causes, and its expected length; ``None`` if it causes none."""
    if not any(part["full_cycle"] for part in link["parts"]):
        return None
    expected = link["sizing"]["first_cycle_minutes"] if link["sizing"] else None
    if not expected:
        return "all users are evaluated again in a full cycle; how long it takes is not known"
    return f"all users are evaluated again in a full cycle, expected to take from {minutes(expected[0])} to {minutes(expected[-1])}"


def sizes(sizing: Sizing) -> list[tuple[str, str]]:
    """How much a link is, as names and values. What is not known is left out."""
    found = [
        ("users in scope", _count(sizing["users"])),
        ("objects that a cycle evaluates", _count(sizing["objects"])),
        ("full cycle", _range(sizing["first_cycle_minutes"])),
        ("writes of the run", _writes(sizing)),
        ("licences with Entra ID P1, needed and found", _of(sizing["licences_needed"], sizing["licences_found"])),
        ("objects in the target's directory", _of(sizing["directory_used"], sizing["directory_total"])),
        ("bytes of the target's cross-tenant access policy", _of(sizing["policy_bytes"], sizing["policy_bytes_total"])),
    ]
    return [(name, value) for name, value in found if value is not None]


def _count(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"


def _range(value: Sequence[int] | None) -> str | None:
    return f"from {minutes(value[0])} to {minutes(value[-1])}" if value else None


def _of(value: int | None, total: int | None) -> str | None:
    if value is None and total is None:
        return None
    return " of ".join("unknown" if part is None else f"{part:,}" for part in (value, total))


def _writes(sizing: Sizing) -> str | None:
    if sizing["writes"] is None:
        return None
    longer = sizing["write_minutes"] and sizing["write_minutes"] >= 1
    return f"{sizing['writes']:,}" + (f", {minutes(sizing['write_minutes'] or 0)} at the service's quota" if longer else "")


def change_request(change: Change) -> str | None:
    """A change request in one line; ``None`` if there is none."""
    window = change["window"]
    ticket = f"change request {plain(change['ticket'])}" if change["ticket"] else "no change request"
    until = f", window {plain(window['start'])} to {plain(window['end'])}" if window else ""
    return f"{ticket}{until}" if change["ticket"] or window else None

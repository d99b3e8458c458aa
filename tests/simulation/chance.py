# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What chance makes of a seed: a history. Nothing in it depends on how it goes on, so that it can be shrunk."""

from __future__ import annotations

from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import KINDS
from entra_emulator.settings import FLIPPED

from . import aim
from .beginnings import ALL, BEGINNINGS, FLIPPED_TOO, LINK
from .history import Beside, Chance, Event, History, Human, Kill, Meanwhile, Passes, Run, Strike
from .humans import ACTS, OF_GROUPS, OF_SHARING, OF_USERS
from .sharing import LEVELS
from .tenants import GROUPS, IN_TARGET, PEOPLE, upn
from .wire import BATCH, FAULTS, ITEM, ITEM_FAULTS

Wish = dict[str, Any]

FILTERS: tuple[Any, ...] = (
    [],
    [],
    [{"name": "Staff", "clauses": [{"attribute": "department", "operator": "IS NOT NULL"}]}],
    [
        {
            "name": "Staff",
            "clauses": [
                {"attribute": "department", "operator": "IS NOT NULL"},
                {"attribute": "department", "operator": "NOT EQUALS", "values": ["People"]},
            ],
        }
    ],
    [{"name": "Sales", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Sales"]}]}],
)
SCOPES: dict[str, tuple[Wish, ...]] = {
    "source": (
        {"scope": "all"},
        {"scope": "all"},
        {"scope": "all", "excluded_groups": ["Core"]},
        {"scope": "groups", "groups": ["Sales"]},
        {"scope": "groups", "groups": ["Core"], "excluded_groups": []},
        {},
    ),
    "target": (
        {"scope": "all"},
        {"scope": "all"},
        {"scope": "groups", "groups": [IN_TARGET]},
        {"scope": "all", "excluded_groups": [IN_TARGET]},
        {},
    ),
}
"""Whose data is shown. Without a scope, that of what is shown already."""
SUFFIX = {"target": "displayName", "expression": 'Append([displayName], " (North)")'}
MAPPINGS: tuple[Any, ...] = (
    [SUFFIX],
    [SUFFIX],
    [{"target": "employeeId", "state": "absent"}, SUFFIX],
    [{"target": "displayName", "expression": 'Append([displayName], " (N.)")'}, {"target": "companyName", "constant": "North"}],
)


SHARES = "shares"
GROUPS_FOLLOW = "groups follow"
THEMES: tuple[frozenset[str], ...] = (
    *(frozenset[str](),) * 5,
    frozenset({SHARES}),
    frozenset({SHARES}),
    frozenset({GROUPS_FOLLOW}),
    frozenset({GROUPS_FOLLOW, SHARES}),
)
"""What else the links of a history do: most of them synchronize users, and nothing else."""


def history(seed: int) -> History:
    """The history of a seed."""
    chance = Chance(seed)
    theme = chance.choice(THEMES)
    beginning = chance.choice(("nothing", "built", "built", *BEGINNINGS))
    if theme and chance.random() < 0.6:
        beginning = chance.choice(tuple(name for about, name in ((SHARES, "sharing"), (GROUPS_FOLLOW, "grouped")) if about in theme))
    if chance.random() < 0.15 and FLIPPED_TOO + beginning in ALL:
        beginning = FLIPPED_TOO + beginning
    events: list[Event] = []
    last: Wish | None = None
    there: aim.Wish | None = next(iter(BEGINNINGS[beginning.removeprefix(FLIPPED_TOO)][-1:]), None)
    for _number in range(chance.choice((1, 1, 2, 2, 3, 4))):
        kind = chance.random()
        if kind < 0.25:
            events.append(human(chance, theme))
        elif kind < 0.35:
            events.append(Passes(chance.choice((1, 40, 80))))
        else:
            last = last if last and chance.random() < 0.3 else wish(chance, theme)
            events.append(run(chance, last, there, theme))
            there = None if last.get("link_state") == "absent" else last
    if last is None:
        events.append(run(chance, wish(chance, theme), there, theme))
    return History(seed, beginning, settings(chance), tuple(events))


def settings(chance: Chance) -> dict[str, Any]:
    """How the service behaves: mostly as is likely."""
    found: dict[str, Any] = {}
    kind = chance.random()
    if kind < 0.1:
        found |= FLIPPED
    elif kind < 0.35:
        found |= {name: FLIPPED[name] for name in chance.sample(sorted(FLIPPED), chance.randint(1, 4))}
    for name, likely, value in (
        ("lag", 0.15, dict.fromkeys(chance.sample(KINDS, chance.randint(1, len(KINDS))), chance.randint(1, 3))),
        ("lag_seconds", 0.1, dict.fromkeys(chance.sample(KINDS, chance.randint(1, len(KINDS))), float(chance.randint(1, 20)))),
        ("stale_reads", 0.05, chance.randint(1, 2)),
        ("transient_synchronization_errors", 0.1, chance.randint(1, 5)),
        ("instantiate_answers_404", 0.05, True),
        ("empty_pages", 0.05, 1),
        ("default_page_size", 0.1, chance.randint(1, 3)),
    ):
        if chance.random() < likely:
            found[name] = value
    if chance.random() < 0.06:
        found |= {
            "throttling": True,
            "directory_throttle_units": chance.randint(20, 60),
            "directory_throttle_writes": chance.randint(8, 40),
        }
    return found


def human(chance: Chance, theme: frozenset[str]) -> Human:
    """Somebody's act."""
    about = tuple(name for part, names in ((SHARES, OF_SHARING), (GROUPS_FOLLOW, OF_GROUPS)) if part in theme for name in names)
    others = sorted(ACTS.keys() - {*OF_SHARING, *OF_GROUPS} | {"joins Sales", "quits Sales"})
    name = chance.choice(about if about and chance.random() < 0.6 else others)
    return Human(name, upn(chance.choice(sorted(PEOPLE))) if name in OF_USERS else "")


def wish(chance: Chance, theme: frozenset[str]) -> Wish:
    """The variables of a link."""
    found: Wish = {
        **LINK,
        "link_scope_mode": "all" if chance.random() < 0.2 else "assigned",
        "link_scope_users": [upn(name) for name in sorted(chance.sample(sorted(PEOPLE), chance.randint(0, 4)))],
        "link_scope_groups": sorted(chance.sample(sorted(GROUPS), chance.choice((0, 1, 1, 2)))),
        "link_scope_exact": chance.random() < 0.8,
        "link_mappings": chance.choice(MAPPINGS),
        "link_filters": chance.choice(FILTERS),
        "link_job_state": "paused" if chance.random() < 0.15 else "started",
    }
    for name, likely, value in (
        ("link_scope_max_removals", 0.3, chance.randint(0, 3)),
        ("link_scope_max_removal_percent", 0.1, chance.choice((0, 25, 50))),
        ("link_scope_allow_empty", 0.5, True),
        ("link_deletion_threshold", 0.2, chance.choice((2, 7))),
        ("link_notification_email", 0.1, "admin@north.example"),
        ("link_user_type", 0.15, chance.choice(("member", "guest"))),
        ("link_adopt", 0.1, True),
    ):
        if chance.random() < likely:
            found[name] = value
    if "link_user_type" in found:
        found["link_convert_existing"] = chance.random() < 0.5
    if chance.random() < 0.12:
        found["link_state"] = "absent"
        found["link_users"] = chance.choice(("keep", "deprovision"))
    if SHARES in theme and chance.random() < 0.8:
        found |= sharing(chance, "link_state" in found)
    if GROUPS_FOLLOW in theme:
        found |= groups(chance)
    return found


def sharing(chance: Chance, removes: bool) -> Wish:
    """What the tenants show each other, and what a removal leaves."""
    about: Wish = {}
    for side in chance.choice((("source",), ("target",), ("source", "target"))):
        features = chance.sample(sorted(LEVELS), chance.choice((1, 1, 2, 3)))
        about[side] = {name: chance.choice((True, False) if name == "profile_card" else ("none", *LEVELS[name])) for name in features}
        about[side] |= chance.choice(SCOPES[side])
    kept = {side: [chance.choice([name for name in held if name in LEVELS])] for side, held in about.items()}
    return {"link_share": about, **({"link_share_keep": kept} if removes and chance.random() < 0.3 else {})}


def groups(chance: Chance) -> Wish:
    """Whether groups are synchronized, which goes together with assignments only (fact F214)."""
    kind = chance.random()
    if kind < 0.2:
        return {}
    if kind < 0.35:
        return {"link_groups": False}
    mapped = {"link_group_mappings": [{"target": "displayName", "expression": 'Append([displayName], " (North)")'}]}
    return {"link_groups": True, "link_scope_mode": "assigned", **(mapped if chance.random() < 0.3 else {})}


def run(chance: Chance, wanted: Wish, there: aim.Wish | None, theme: frozenset[str]) -> Run:
    """A run of this wish, disturbed in some way or in none. ``there``: the wish that probably came true before it."""
    kind = chance.random()
    quiet = kind < 0.3
    strikes: tuple[Strike, ...] = ()
    kill = None
    beside = None
    meanwhile: tuple[Meanwhile, ...] = ()
    if not quiet:
        if kind < 0.75:
            strikes = tuple(strike(chance, there, wanted) for _number in range(chance.choice((1, 2, 4, 8))))
        if 0.7 < kind < 0.88:
            kill = Kill(*aim.place(chance, there, wanted), after=chance.random() < 0.6)
        if kind > 0.85:
            turns = tuple(chance.randint(1, 12) for _number in range(chance.randint(1, 12)))
            beside = Beside(wanted if chance.random() < 0.8 else wish(chance, theme), turns)
        if chance.random() < 0.2:
            event = human(chance, theme) if chance.random() < 0.5 else Passes(chance.choice((1, 40)))
            meanwhile = (Meanwhile(chance.randrange(50), event),)
    return Run(
        wanted,
        strikes,
        kill,
        beside,
        meanwhile,
        foretold=quiet and chance.random() < 0.4,
        looks=chance.random() < 0.6,
        new_token=chance.random() < 0.15,
    )


def strike(chance: Chance, there: aim.Wish | None, wanted: Wish) -> Strike:
    """A fault at some request."""
    if chance.random() < 0.15:
        return Strike(ITEM + chance.choice(ITEM_FAULTS), BATCH, chance.randrange(10))
    return Strike(chance.choice(sorted(FAULTS)), *aim.place(chance, there, wanted))

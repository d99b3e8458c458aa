# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What chance makes of a seed: a history. Nothing in it depends on how it goes on, so that it can be shrunk."""

from __future__ import annotations

from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import KINDS
from entra_emulator.settings import FLIPPED

from .beginnings import BEGINNINGS, FLIPPED_TOO, LINK
from .history import Beside, Chance, Event, History, Human, Kill, Meanwhile, Passes, Run, Strike
from .humans import ACTS, OF_USERS
from .tenants import GROUPS, PEOPLE, upn
from .wire import BATCH, FAULTS, ITEM, ITEM_FAULTS

Wish = dict[str, Any]

SYNCHRONIZATION = "/servicePrincipals/{id}/synchronization"
JOB = f"{SYNCHRONIZATION}/jobs/{{id}}"
PARTNER = "/policies/crossTenantAccessPolicy/partners"
WRITES = (
    f"POST {PARTNER}",
    f"PATCH {PARTNER}/{{id}}",
    f"DELETE {PARTNER}/{{id}}",
    f"PUT {PARTNER}/{{id}}/identitySynchronization",
    f"PATCH {PARTNER}/{{id}}/identitySynchronization",
    f"DELETE {PARTNER}/{{id}}/identitySynchronization",
    "POST /applicationTemplates/{id}/instantiate",
    "PATCH /servicePrincipals/{id}",
    "PATCH /applications/{id}",
    "DELETE /applications/{id}",
    f"PUT {SYNCHRONIZATION}/secrets",
    f"POST {SYNCHRONIZATION}/jobs",
    f"DELETE {JOB}",
    f"PUT {JOB}/schema",
    f"POST {JOB}/start",
    f"POST {JOB}/pause",
    f"POST {JOB}/restart",
)
READS = (
    "GET /servicePrincipals",
    "GET /servicePrincipals/{id}",
    "GET /applications",
    "GET /users",
    "GET /groups",
    "GET /groups/{id}/members",
    f"GET {PARTNER}",
    f"GET {PARTNER}/{{id}}",
    f"GET {SYNCHRONIZATION}/secrets",
    f"GET {SYNCHRONIZATION}/jobs",
    f"GET {JOB}",
    f"GET {JOB}/schema",
    f"POST {JOB}/schema/parseExpression",
    f"POST {SYNCHRONIZATION}/jobs/validateCredentials",
    "POST /oauth2/v2.0/token",
    "GET /.well-known/openid-configuration",
)
"""The kinds of requests of a run. Each is struck as often as any other, however often it is sent."""

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
SUFFIX = {"target": "displayName", "expression": 'Append([displayName], " (North)")'}
MAPPINGS: tuple[Any, ...] = (
    [SUFFIX],
    [SUFFIX],
    [{"target": "employeeId", "state": "absent"}, SUFFIX],
    [{"target": "displayName", "expression": 'Append([displayName], " (N.)")'}, {"target": "companyName", "constant": "North"}],
)


def history(seed: int) -> History:
    """The history of a seed."""
    chance = Chance(seed)
    beginning = chance.choice(("nothing", "built", "built", *BEGINNINGS))
    if chance.random() < 0.15:
        beginning = FLIPPED_TOO + beginning
    events: list[Event] = []
    last: Wish | None = None
    for _number in range(chance.choice((1, 1, 2, 2, 3, 4))):
        kind = chance.random()
        if kind < 0.25:
            events.append(human(chance))
        elif kind < 0.35:
            events.append(Passes(chance.choice((1, 40, 80))))
        else:
            last = last if last and chance.random() < 0.3 else wish(chance)
            events.append(run(chance, last))
    if last is None:
        events.append(run(chance, wish(chance)))
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


def human(chance: Chance) -> Human:
    """Somebody's act."""
    name = chance.choice(sorted(ACTS))
    return Human(name, upn(chance.choice(sorted(PEOPLE))) if name in OF_USERS else "")


def wish(chance: Chance) -> Wish:
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
    ):
        if chance.random() < likely:
            found[name] = value
    if "link_user_type" in found:
        found["link_convert_existing"] = chance.random() < 0.5
    if chance.random() < 0.12:
        found["link_state"] = "absent"
        found["link_users"] = chance.choice(("keep", "deprovision"))
    return found


def run(chance: Chance, wanted: Wish) -> Run:
    """A run of this wish, disturbed in some way or in none."""
    kind = chance.random()
    quiet = kind < 0.3
    strikes: tuple[Strike, ...] = ()
    kill = None
    beside = None
    meanwhile: tuple[Meanwhile, ...] = ()
    if not quiet:
        if kind < 0.75:
            strikes = tuple(strike(chance) for _number in range(chance.choice((1, 1, 2))))
        if 0.7 < kind < 0.88:
            kill = Kill(*_place(chance), after=chance.random() < 0.6)
        if kind > 0.85:
            turns = tuple(chance.randint(1, 12) for _number in range(chance.randint(1, 12)))
            beside = Beside(wanted if chance.random() < 0.8 else wish(chance), turns)
        if chance.random() < 0.2:
            event = human(chance) if chance.random() < 0.5 else Passes(chance.choice((1, 40)))
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


def strike(chance: Chance) -> Strike:
    """A fault at some request."""
    if chance.random() < 0.15:
        return Strike(ITEM + chance.choice(ITEM_FAULTS), BATCH, chance.randrange(12))
    return Strike(chance.choice(sorted(FAULTS)), *_place(chance))


def _place(chance: Chance) -> tuple[str, int]:
    kind = chance.random()
    if kind < 0.5:
        return chance.choice(WRITES), chance.choice((0, 0, 0, 1))
    if kind < 0.75:
        return chance.choice(READS), chance.choice((0, 0, 1, 2, 3))
    if kind < 0.85:
        return BATCH, chance.randrange(14)
    return "", chance.randrange(50)

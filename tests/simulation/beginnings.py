# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states in which histories begin. Each is built once a process, by the engine itself, undisturbed."""

from __future__ import annotations

import functools
import pickle
import uuid
from collections.abc import Mapping
from typing import Any

from greenlet import getcurrent

from entra_emulator.settings import FLIPPED, Settings, merged
from entra_emulator.state import World

from .driver import Driver, Ran
from .history import Chance
from .tenants import CONNECTIONS, IN_TARGET, NAME, upn, world
from .wire import Caller, Wire

CYCLE = 40 * 60
PLAIN: dict[str, Any] = {"throttling": False, "log_bodies": False, "lag_clock": "virtual"}
"""The settings that every history has, unless it says otherwise."""

LINK: dict[str, Any] = {"link_source": "source", "link_target": "target", "link_configuration": NAME}
BUILT: dict[str, Any] = {
    **LINK,
    "link_scope_mode": "assigned",
    "link_scope_users": [upn("ann"), upn("o'neil"), upn("han")],
    "link_scope_groups": ["Sales"],
    "link_scope_exact": True,
    "link_mappings": [{"target": "displayName", "expression": 'Append([displayName], " (North)")'}],
    "link_filters": [],
    "link_job_state": "started",
}
SHARING = {
    **BUILT,
    "link_share": {
        "source": {"free_busy": "basic", "mail_tips": "limited", "scope": "all"},
        "target": {"calendar_sharing": "simple", "scope": "groups", "groups": [IN_TARGET]},
    },
}
GROUPED = {**BUILT, "link_groups": True}
FILTERED = {**BUILT, "link_filters": [{"name": "Staff", "clauses": [{"attribute": "department", "operator": "IS NOT NULL"}]}]}

BEGINNINGS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "nothing": (),
    "built": (BUILT,),
    "everybody": ({**BUILT, "link_scope_mode": "all"},),
    "filtered": (FILTERED,),
    "paused": (BUILT, {**BUILT, "link_job_state": "paused"}),
    "sharing": (SHARING,),
    "grouped": (GROUPED,),
    "owing": (BUILT, {**BUILT, "link_job_state": "paused"}, {**FILTERED, "link_job_state": "paused"}),
}
"""The runs that lead to each of them; two cycles pass after each run."""
FLIPPED_TOO = "flipped "
"""Before a name: the same, where the service behaves in the other way at each open point."""
ALL = (*BEGINNINGS, *(FLIPPED_TOO + name for name in BEGINNINGS if name != "grouped"))
"""The names of all beginnings. Where there is no mapping of groups, none can be switched on (fact F218)."""


def settings_of(changes: Mapping[str, Any]) -> Settings:
    """The settings of the emulator for a history."""
    return merged(Settings(), {**PLAIN, **changes})


@functools.cache
def wire() -> Wire:
    """The wire of this process, which all histories use."""
    return Wire(world())


@functools.cache
def saved(name: str) -> bytes:
    """The state of a beginning."""
    flipped = name.startswith(FLIPPED_TOO)
    here = Wire(world())
    here.service.settings = settings_of(FLIPPED if flipped else {})
    chance = Chance(name)
    driver = Driver(here, CONNECTIONS)
    with here.reached(lambda: uuid.UUID(int=chance.getrandbits(128), version=4), lambda low, high: (low + high) / 2):
        for wish in BEGINNINGS[name.removeprefix(FLIPPED_TOO)]:
            ran = Ran(wish, False)
            here.callers[getcurrent()] = Caller("beginning")
            driver.carry_out(ran)
            assert ran.succeeded, f"the beginning {name} cannot be built: {ran.fault or ran.failure}"
            here.sleep(CYCLE)
            here.sleep(CYCLE)
    return pickle.dumps(here.world)


def begun(name: str) -> World:
    """A new copy of a beginning."""
    found: World = pickle.loads(saved(name))  # noqa: S301  # our own, of this process
    return found

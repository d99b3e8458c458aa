# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Which of a tenant's configurations is meant (fact sheet 2.2). Names are not unique in Entra, and differ in more than case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph.odata import is_id
from ..plan import Refusal, Unseen
from . import settings_bag
from .find_configuration import Configuration, of_multitenant_organization, same_name


@dataclass(frozen=True)
class Wanted:
    """Which one is wanted. ``name`` may be an id. ``others`` are names or ids of configurations that somebody else looks after."""

    name: str
    absent: bool = False
    adopt: bool = False
    others: tuple[str, ...] = ()
    manage_multitenant: bool = False


@dataclass(frozen=True)
class Found:
    """A configuration with its bag and its jobs."""

    configuration: Configuration
    bag: Mapping[str, str]
    jobs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def serves(self) -> str:
        """The target tenant's id, in lower case; empty while no connection is saved."""
        return settings_bag.target(self.bag)

    def __str__(self) -> str:
        return f"{self.configuration.name!r} ({self.configuration.id})"


def refuse_multitenant(name: str, wanted: Wanted) -> None:
    """Judge a name, before anything is read or once its owner is known.

    :raises Refusal: for what the Microsoft 365 admin center looks after.
    """
    if of_multitenant_organization(name) and not wanted.manage_multitenant:
        raise Refusal(
            f"configuration {name!r} belongs to the multitenant organization in the Microsoft 365 admin center; "
            "set manage_multitenant to manage it here all the same"
        )


def choose(found: Sequence[Found], wanted: Wanted, target_id: str) -> Found | None:
    """The configuration of that id; else the one of that name that serves the target, or serves nobody yet; else, if it may be adopted,
    the one that serves the target.

    :raises Refusal: when it is not clear which, or when it is not ours to touch.
    """
    if is_id(wanted.name):
        return _of_id(found, wanted, target_id)
    named = [one for one in found if same_name(one.configuration.name, wanted.name)]
    ours = [one for one in named if one.serves == target_id] or [one for one in named if not one.serves]
    if len(ours) > 1:
        # Of two that were made at the same moment, one goes at once, so it is worth another look.
        raise Unseen(
            f"more than one configuration may be meant by {wanted.name!r}: {_listed(ours)}; name one by its id, or remove the others"
        )
    if ours and (ours[0].serves or wanted.absent):
        return ours[0]
    if named and not ours and not wanted.absent:
        raise Refusal(f"configuration {named[0]} serves tenant {named[0].serves}; choose another name")
    adopted = _of_another_name(found, wanted, target_id)
    if adopted and ours:
        raise Refusal(
            f"more than one configuration may be meant by {wanted.name!r}: {_listed([*ours, adopted])}; remove the one not wanted"
        )
    return adopted or (ours[0] if ours else None)


def _of_id(found: Sequence[Found], wanted: Wanted, target_id: str) -> Found | None:
    one = next((one for one in found if one.configuration.id.lower() == wanted.name.lower()), None)
    if one is None:
        if wanted.absent:
            return None
        raise Unseen(f"there is no configuration with the id {wanted.name}, and what looks like an id is not given as a name")
    if one.serves not in ("", target_id):
        raise Refusal(f"configuration {one} serves tenant {one.serves}; choose another one")
    refuse_multitenant(one.configuration.name, wanted)
    return one


def _of_another_name(found: Sequence[Found], wanted: Wanted, target_id: str) -> Found | None:
    """What serves the target under a name that nobody has given: with a second one beside it, both would fight for the same people."""
    serving = [one for one in found if one.serves == target_id and not _somebody_elses(one, wanted)]
    if not serving:
        return None
    if wanted.adopt and len(serving) == 1:
        return serving[0]
    if wanted.adopt:
        raise Refusal(f"more than one configuration may be meant by {wanted.name!r}: {_listed(serving)}; name one by its id")
    end = "or set adopt to remove it" if wanted.absent else "or set adopt to take it over and rename it"
    raise Refusal(
        f"there is no configuration {wanted.name!r} for that tenant, but {_listed(serving)} serves it already; use its name, {end}"
    )


def _somebody_elses(one: Found, wanted: Wanted) -> bool:
    """Of a name that we know to be managed otherwise: no candidate and no obstacle. Their scopes must not overlap (fact sheet 10)."""
    name = one.configuration.name
    return of_multitenant_organization(name) or any(
        same_name(name, other) or one.configuration.id == other.lower() for other in wanted.others
    )


def _listed(found: Sequence[Found]) -> str:
    return ", ".join(map(str, found))


def others(found: Sequence[Found], match: Found | None, target_id: str) -> tuple[Found, ...]:
    """What else serves the target."""
    return tuple(one for one in found if one is not match and one.serves == target_id)

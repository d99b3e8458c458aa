# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Selects a configuration by its name or id (fact F52). Names are not unique in Entra, which ignores their case."""

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
    """The configuration that the options ask for. ``name`` may be an id. ``others`` are names or ids of configurations that are managed
    elsewhere.
    """

    name: str
    absent: bool = False
    adopt: bool = False
    others: tuple[str, ...] = ()
    manage_multitenant: bool = False


@dataclass(frozen=True)
class Found:
    """A configuration with its settings bag and its jobs as Graph returned them."""

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
    """Check a name from the options, or that of a configuration that was found by its id.

    :raises Refusal: for a configuration that the Microsoft 365 admin center manages.
    """
    if of_multitenant_organization(name) and not wanted.manage_multitenant:
        raise Refusal(
            f"configuration {name!r} belongs to the multitenant organization in the Microsoft 365 admin center; "
            "set manage_multitenant to manage it nevertheless"
        )


def choose(found: Sequence[Found], wanted: Wanted, target_id: str) -> Found | None:
    """The configuration with that id; else the one of that name that serves the target, or has no target yet; else, if it may be
    adopted, the one that serves the target under another name; else ``None``.

    :raises Unseen: when several configurations of that name match, or none has that id.
    :raises Refusal: when several match otherwise, or the configuration serves another tenant or must be adopted first.
    """
    if is_id(wanted.name):
        return _of_id(found, wanted, target_id)
    named = [candidate for candidate in found if same_name(candidate.configuration.name, wanted.name)]
    matches = [candidate for candidate in named if candidate.serves == target_id]
    matches = matches or [candidate for candidate in named if not candidate.serves]
    if len(matches) > 1:
        # When two runs create a configuration at the same time, one run removes its own again: a later read may find a single one.
        raise Unseen(f"configuration {wanted.name!r} is ambiguous: {_listed(matches)}; use an id instead of the name, or remove the others")
    if matches and (matches[0].serves or wanted.absent):
        return matches[0]
    if named and not matches and not wanted.absent:
        raise Refusal(f"configuration {named[0]} serves tenant {named[0].serves}; choose another name")
    adopted = _of_another_name(found, wanted, target_id)
    if adopted and matches:
        raise Refusal(
            f"configuration {wanted.name!r} is ambiguous: {_listed([*matches, adopted])}; remove the configuration that is not needed"
        )
    return adopted or (matches[0] if matches else None)


def _of_id(found: Sequence[Found], wanted: Wanted, target_id: str) -> Found | None:
    match = next((candidate for candidate in found if candidate.configuration.id.lower() == wanted.name.lower()), None)
    if match is None:
        if wanted.absent:
            return None
        raise Unseen(f"there is no configuration with the id {wanted.name}, and a new configuration cannot have an id as its name")
    if match.serves not in ("", target_id):
        raise Refusal(f"configuration {match} serves tenant {match.serves}; choose another configuration")
    refuse_multitenant(match.configuration.name, wanted)
    return match


def _of_another_name(found: Sequence[Found], wanted: Wanted, target_id: str) -> Found | None:
    """The configuration that serves the target under a name that no option contains: a second configuration for the target would
    manage the same users.
    """
    serving = [candidate for candidate in found if candidate.serves == target_id and not _managed_elsewhere(candidate, wanted)]
    if not serving:
        return None
    if wanted.adopt and len(serving) == 1:
        return serving[0]
    if wanted.adopt:
        raise Refusal(f"configuration {wanted.name!r} is ambiguous: {_listed(serving)}; use an id instead of the name")
    remedy = "or set adopt to remove it" if wanted.absent else "or set adopt to take it over and rename it"
    raise Refusal(
        f"there is no configuration {wanted.name!r} for that tenant, but it is already served by {_listed(serving)}; "
        f"use that name, {remedy}"
    )


def _managed_elsewhere(candidate: Found, wanted: Wanted) -> bool:
    """Whether it is neither a candidate nor a conflict, by its name or the options. Their scopes must not overlap (fact F55)."""
    name = candidate.configuration.name
    return of_multitenant_organization(name) or any(
        same_name(name, other) or candidate.configuration.id == other.lower() for other in wanted.others
    )


def _listed(found: Sequence[Found]) -> str:
    return ", ".join(map(str, found))


def others(found: Sequence[Found], match: Found | None, target_id: str) -> tuple[Found, ...]:
    """The configurations other than ``match`` that serve the target."""
    return tuple(other for other in found if other is not match and other.serves == target_id)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Checks of a link that synchronizes groups. For other links, nothing is read and nothing is found (facts F106, F214, F214, F235)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...graph.client import Client, Request
from .. import group_kinds, job, people
from ..directory import Principal
from ..mapping import schema
from ..partner import paths
from ..partner_settings import settings
from ..permissions import READ_PARTNER, READ_SYNCHRONIZATION, SOURCE, TARGET
from . import source
from .check import Check, Link, Longer, Read, Seen
from .finding import ERROR, WARNING, Finding

GROUPS, SWITCHED = "group_sync", "group_sync_inbound"
"""The names of the checks in the source and in the target, and of the findings about what they could not read."""


def _switch(link: Link) -> Sequence[Request]:
    """The identity synchronization in the beta version, which alone has the switch for groups (fact F45)."""
    asks = link.group_sync and link.side == TARGET
    return [Request("GET", paths(link.partner)[1], version="beta")] if asks else []


def _schema(link: Link, seen: Seen) -> Sequence[Longer]:
    serving = source.chosen(link, seen)[0] if link.group_sync else None
    return [lambda client: _mapping_of(client, serving.configuration.id)] if serving else []


def _mapping_of(client: Client, configuration: str) -> Iterable[Any]:
    """Whether the job of a configuration has a mapping of groups; nothing if there is no job yet."""
    found, held = job.find_with_schema(client, configuration)
    return [] if found.job is None else [bool(schema.rows(schema.group_mapping(held) or {}))]


SWITCH = Read(SWITCHED, (READ_PARTNER,), _switch)
MAPPING = Read(GROUPS, (READ_SYNCHRONIZATION,), longer=_schema)


def assigned(seen: Seen) -> list[Principal]:
    """The groups that are to be assigned."""
    return people.distinct([*seen.members(source.ASSIGNED), *seen.members(source.NAMED_GROUPS)], "group")


def kinds(groups: Iterable[Principal]) -> list[Finding]:
    """The groups that do not become groups, by kind."""
    return [Finding(GROUPS, WARNING, f"{kind.reason}: {people.some(names)}", kind.remedy) for kind, names in group_kinds.left_out(groups)]


def switch(partner: str, policy_body: Mapping[str, Any], required: bool) -> list[Finding]:
    """Whether the target lets the source synchronize groups. The roles switch it on, so it is a finding only if it must be on already."""
    if settings({}, policy_body)["group_sync_inbound"] or not required:
        return []
    cause = f"group_sync_inbound is off for the source tenant {partner}, so no group is created"
    return [Finding(SWITCHED, ERROR, cause, "set group_sync_inbound with cross_tenant_policy in this tenant")]


def in_source(link: Link, seen: Seen) -> list[Finding]:
    """The findings of the source."""
    if not link.group_sync:
        return []
    found = []
    if source.all_in_scope(link, seen):
        found.append(Finding(GROUPS, ERROR, group_kinds.ASSIGNED_ONLY, "set link_scope_mode to assigned"))
    if seen.members(MAPPING) == [False]:
        cause = "the job has no mapping of groups: the service has not given it one, for example because it is older than that feature"
        remedy = "run sync_mapping with reset once, together with your own mappings and filters"
        found.append(Finding(GROUPS, ERROR, cause, remedy))
    return [*found, *kinds(assigned(seen))]


def in_target(link: Link, seen: Seen) -> list[Finding]:
    """The findings of the target."""
    return switch(link.partner, seen.body(SWITCH) or {}, link.switches_required) if link.group_sync else []


CHECKS = (
    Check(GROUPS, (SOURCE,), in_source, also=(source.CONFIGURATIONS, *source.IN_SCOPE, MAPPING)),
    Check(SWITCHED, (TARGET,), in_target, reads=(SWITCH,)),
)

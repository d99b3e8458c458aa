# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The lists of a tenant that answer the reads of all its links, and the reads that follow from an answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ..graph.client import Request, page_members
from ..graph.errors import GraphFailure
from ..graph.odata import LARGEST_GET_BY_IDS
from ..graph.shortcuts import Listing
from . import directory, find_configuration, job, scope
from .find_configuration import Raw
from .link import Given
from .link_comparison import ORGANIZATION
from .partner import PARTNERS

_SYNCHRONIZATION = "identitySynchronization"
ALL_PARTNERS = Request("GET", f"{PARTNERS}?$expand={_SYNCHRONIZATION}")
ALL_CONFIGURATIONS = Request("GET", find_configuration.LISTING)


def _entry(members: Sequence[Raw]) -> Any:
    """The partner entry as a read of its own returns it: without what only an expansion adds (fact F30)."""
    return {name: value for name, value in members[0].items() if not name.startswith(_SYNCHRONIZATION)} if members else None


def _synchronization(members: Sequence[Raw]) -> Any:
    """The identity synchronization. If an expansion is null or missing, there can be one nevertheless (fact F44)."""
    return members[0].get(_SYNCHRONIZATION) if members else None


def _tenant(member: Raw) -> str:
    return str(member["tenantId"]).casefold()


LISTINGS = (
    Listing(ALL_PARTNERS, _tenant, re.compile(re.escape(PARTNERS) + r"/([\w-]+)"), _entry),
    Listing(ALL_PARTNERS, _tenant, re.compile(re.escape(PARTNERS) + rf"/([\w-]+)/{_SYNCHRONIZATION}"), _synchronization),
    # The whole list, by which the size of the policy is determined.
    Listing(
        ALL_PARTNERS,
        lambda _member: "",
        re.compile(re.escape(PARTNERS) + "()"),
        lambda members: {"value": [_entry([member]) for member in members]},
    ),
    Listing(
        ALL_CONFIGURATIONS,
        lambda member: str(member["id"]).casefold(),
        re.compile(r"/servicePrincipals/([\w-]+)" + re.escape(find_configuration.BY_ID)),
        lambda members: members[0] if members else None,
    ),
    Listing(
        ALL_CONFIGURATIONS,
        lambda member: str(member["displayName"]).casefold(),
        re.compile(re.escape(find_configuration.by_name("\0")).replace("%00", "([^&]*)")),
        lambda members: {"value": list(members)} if members else None,
    ),
)
"""Which list answers which reads (facts F30, F52). Both return the same members of an object."""


def opening(links: Sequence[Given]) -> list[Request]:
    """The reads with which the links of a source begin."""
    compared = [link for link in links if link.get("compare", True)]
    groups = dict.fromkeys(tuple(link.get("scope_groups") or ()) for link in compared)
    domains = [] if all(link.get("source_domains") for link in links) else [ORGANIZATION]
    partners = [ALL_PARTNERS] if compared else []
    return [*partners, ALL_CONFIGURATIONS, *domains, *(request for names in groups for request in directory.group_requests(names))]


class Foresight:
    """The reads that links will need after an answer. ``names`` are the names or ids of their configurations, and ``compared`` whether any of
    them is compared with its desired state. Whatever is missing here is read nevertheless, only later.
    """

    def __init__(self, names: Collection[str], compared: bool = True) -> None:
        self._names = {name.casefold() for name in names}
        self._compared = compared

    def __call__(self, request: Request, body: Any) -> Iterator[Request]:
        """The reads that follow from an answer."""
        path = request.path
        try:
            if path == ALL_CONFIGURATIONS.path:
                yield from self._of_configurations(body)
            elif path.endswith(scope.ASSIGNED):
                yield from _of_assignments(body)
        except (AttributeError, GraphFailure, KeyError, TypeError):
            # Whoever needs the answer reports that it is not as documented.
            return

    def _of_configurations(self, body: Any) -> Iterator[Request]:
        listed = [find_configuration.configuration(raw) for raw in page_members(body)]
        if self._compared:
            yield from (Request("GET", f"{found.synchronization}/secrets") for found in listed)
        for found in listed:
            if {found.name.casefold(), found.id.casefold()} & self._names:
                yield Request("GET", f"/servicePrincipals/{found.id}{job.JOBS}")
                if self._compared:
                    yield Request("GET", f"/servicePrincipals/{found.id}{scope.ASSIGNED}")


def _of_assignments(body: Any) -> Iterator[Request]:
    ids = [str(raw["principalId"]) for raw in page_members(body) if raw["principalType"] in ("User", "Group")]
    if ids and len(ids) <= LARGEST_GET_BY_IDS:
        yield Request("POST", "/directoryObjects/getByIds", {"ids": ids, "types": ["user", "group"]}, only_asks=True)

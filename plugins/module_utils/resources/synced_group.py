# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The synced groups of a target tenant, with their members.

No documented property of a group says that the service created it (fact F237). Only the audit log does, as long as it keeps the entry. So a
group of which nothing says it is reported as unknown, never as synchronized.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypedDict

from ..graph.batch import find_all, read_all
from ..graph.client import Client, Request, page_members
from ..graph.errors import ServiceError
from ..graph.odata import is_id, requests_by
from ..plan import Inquiry
from . import audit_log, group_kinds
from .causes import clause
from .directory import GROUP, PERSON, listed
from .external_names import source_name

Raw: TypeAlias = Mapping[str, Any]
Synced: TypeAlias = Literal["yes", "no", "unknown"]

SERVICE = "Microsoft.Azure.SyncFabric"
"""The name by which the provisioning service acts in the target (fact F129)."""
CREATED = "Add group"
SELECT = f"{GROUP},description,createdDateTime"
CREATED_BY_SERVICE = "the audit log says that the provisioning service created it"
NO_EVIDENCE = "no entry in the audit log says who created it; entries are kept for 30 days, or 7 without a premium licence"


class Member(TypedDict):
    """A member of a group, as ``synced_group_info`` returns it."""

    id: str
    type: str
    name: str | None
    display_name: str | None
    source_user_principal_name: str | None
    """``None`` for a member who is not an external user."""


class SyncedGroup(TypedDict):
    """A group, as ``synced_group_info`` returns it."""

    id: str
    display_name: str | None
    description: str | None
    created: str | None
    kind: str
    synced: Synced
    reason: str
    members: list[Member]
    other_members: list[str]
    """The names of members who are not external users: the service adds none of them."""


@dataclass(frozen=True)
class Evidence:
    """The groups that the service created, by id, and what could not be read."""

    created: frozenset[str] = frozenset()
    incomplete: tuple[str, ...] = ()


@dataclass
class _Found:
    """The groups by id, in the order in which they were found, and the named ones that do not exist."""

    groups: Mapping[str, Raw] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The groups that the service has created, as far as the audit log says so, and the groups that the options name."""
    evidence = _evidence(client)
    found = _read(client, evidence, list(params.get("groups") or ()))
    members = _members(client, found.groups)
    shown = [judge(raw, members.get(number, ()), evidence) for number, raw in found.groups.items()]
    return {
        "synced_groups": sorted(shown, key=lambda group: (str(group["display_name"]), group["id"])),
        "missing": found.missing,
        "incomplete": list(evidence.incomplete),
    }


def _evidence(client: Client) -> Evidence:
    """What the audit log says. Without it, every group is unknown."""
    created: set[str] = set()
    page: Any = None
    try:
        page = client.get(audit_log.path([CREATED]))
        for number in range(1, audit_log.PAGES + 1):
            created.update(created_in(page_members(page)))
            following = client.path_of(page.get("@odata.nextLink"), "v1.0")
            if following is None:
                return Evidence(frozenset(created))
            if number < audit_log.PAGES:
                page = client.get(following)
    except ServiceError as failure:
        return Evidence(frozenset(created), (f"the audit log of this tenant could not be read: {clause(failure)}",))
    newest = audit_log.PAGE * audit_log.PAGES
    return Evidence(frozenset(created), (f"only the newest {newest} entries of the audit log about new groups were read",))


def created_in(entries: Iterable[Raw]) -> Iterator[str]:
    """The ids of the groups that the service created, from entries of the audit log as Graph returns them."""
    for raw in entries:
        succeeded = str(raw.get("result") or "success").lower() == "success"
        if succeeded and audit_log.actor(raw.get("initiatedBy") or {}).name == SERVICE:
            targets = [target for target in raw.get("targetResources") or () if isinstance(target, Mapping)]
            yield from (str(target["id"]).lower() for target in targets if target.get("id") and target.get("type") in ("Group", None))


def _read(client: Client, evidence: Evidence, names: list[str]) -> _Found:
    """The groups of the evidence that still exist, and the named ones. A name can mean several groups: all of them are returned."""
    ids = [*evidence.created, *(name for name in names if is_id(name))]
    requests = [
        *requests_by("/groups", "id", SELECT, sorted(dict.fromkeys(number.lower() for number in ids))),
        *requests_by("/groups", "displayName", SELECT, [name for name in names if not is_id(name)]),
    ]
    answers = read_all(client, requests) if requests else []
    groups = {str(raw["id"]).lower(): raw for raw in listed(client, (answer.body for answer in answers))}
    known = {*groups, *(str(raw.get("displayName")).lower() for raw in groups.values())}
    return _Found(groups, [name for name in names if name.lower() not in known])


def _members(client: Client, ids: Iterable[str]) -> dict[str, list[Raw]]:
    wanted = list(ids)
    pages = find_all(client, [Request("GET", f"/groups/{number}/members?$select={PERSON}&$top=999") for number in wanted])
    return {number: list(client.members(page)) if page else [] for number, page in zip(wanted, pages, strict=True)}


def judge(raw: Raw, members: Iterable[Raw], evidence: Evidence) -> SyncedGroup:
    """A group with the verdict on it."""
    kind = group_kinds.kind_name(raw)
    synced, reason = _verdict(str(raw["id"]).lower() in evidence.created, kind)
    shown = [_member(member) for member in members]
    return {
        "id": str(raw["id"]),
        "display_name": raw.get("displayName"),
        "description": raw.get("description"),
        "created": raw.get("createdDateTime"),
        "kind": kind,
        "synced": synced,
        "reason": reason,
        "members": sorted(shown, key=lambda member: (str(member["name"]), member["id"])),
        "other_members": sorted(str(member["name"]) for member in shown if member["source_user_principal_name"] is None),
    }


def _verdict(created_by_service: bool, kind: str) -> tuple[Synced, str]:
    """Whether the service has created a group of this kind. It creates static security groups only (fact F214)."""
    if created_by_service:
        return "yes", CREATED_BY_SERVICE
    if kind in ("security", "role_assignable", "unknown"):
        return "unknown", NO_EVIDENCE
    return "no", f"the provisioning service creates static security groups only, and this is a group of the kind {kind}"


def _member(raw: Raw) -> Member:
    name = raw.get("userPrincipalName") or raw.get("displayName")
    return {
        "id": str(raw["id"]),
        "type": str(raw.get("@odata.type") or "").rpartition(".")[2] or "user",
        "name": name,
        "display_name": raw.get("displayName"),
        "source_user_principal_name": source_name(str(raw.get("userPrincipalName") or "")),
    }


INQUIRY = Inquiry(inquire)

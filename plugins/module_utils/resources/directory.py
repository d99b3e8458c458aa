# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Users and groups of a tenant, found by the names that an admin has for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..graph.batch import find_all, read_all
from ..graph.client import Client, Request
from ..graph.odata import LARGEST_GET_BY_IDS, is_id, requests_by
from ..plan import Refusal
from . import group_kinds

PERSON = "id,userPrincipalName,displayName,mail,userType,accountEnabled"
GROUP = "id,displayName,mail,groupTypes,securityEnabled,mailEnabled,isAssignableToRole"


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a group. ``name`` is what an admin knows it by."""

    id: str
    kind: str
    name: str
    mail: str | None = None
    enabled: bool = True
    external: bool = False
    group_kind: str | None = None
    """For a group: the name of its kind in `group_kinds.KINDS`; ``None`` if it was not read."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def person(raw: Mapping[str, Any]) -> Principal:
    """A user. External users carry ``#EXT#`` in their user principal name (fact F112)."""
    name = str(raw.get("userPrincipalName") or raw.get("displayName") or raw["id"])
    external = "#EXT#" in name or raw.get("userType") == "Guest"
    return Principal(str(raw["id"]), "user", name, raw.get("mail"), raw.get("accountEnabled") is not False, external)


def group(raw: Mapping[str, Any]) -> Principal:
    """A group."""
    kind = group_kinds.kind_name(raw) if "groupTypes" in raw else None
    return Principal(str(raw["id"]), "group", str(raw.get("displayName") or raw["id"]), raw.get("mail"), group_kind=kind)


def find_people(client: Client, names: Sequence[str]) -> dict[str, Principal]:
    """Each name with the user it means: an id, a user principal name or a mail address.

    :raises Refusal: naming all that are unknown or ambiguous.
    """
    return _the_one_each(names, people_named(client, names), "user", "user principal name, mail or id")


def people_named(client: Client, names: Sequence[str]) -> dict[str, list[Principal]]:
    """The users that each name means, an id, a user principal name or a mail address, by the name in lower case. A name that means none is
    left out.
    """
    found = _people_by(client, "id", [name for name in names if is_id(name)])
    others = [name for name in names if not is_id(name)]
    found |= _people_by(client, "userPrincipalName", others)
    return found | _people_by(client, "mail", [name for name in others if name.lower() not in found])


def all_people(client: Client) -> Iterator[Principal]:
    """The users that scope mode ``all`` synchronizes: those of the tenant itself only (fact F111)."""
    return (user for user in map(person, client.pages(f"/users?$select={PERSON}&$top=999")) if not user.external)


def find_groups(client: Client, names: Sequence[str]) -> dict[str, Principal]:
    """Each name with the group it means: an id or a display name.

    :raises Refusal: naming all that are unknown or ambiguous.
    """
    return pick_groups(names, listed(client, [answer.body for answer in read_all(client, group_requests(names))]))


def group_requests(names: Sequence[str]) -> list[Request]:
    """The reads that `pick_groups` wants what is `listed` in."""
    by_id, by_name = [name for name in names if is_id(name)], [name for name in names if not is_id(name)]
    return [*requests_by("/groups", "id", GROUP, by_id), *requests_by("/groups", "displayName", GROUP, by_name)]


def listed(client: Client, bodies: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """The members of several collections that were read together, each to its end."""
    for body in bodies:
        yield from client.members(body)


def pick_groups(names: Sequence[str], groups: Iterable[Mapping[str, Any]]) -> dict[str, Principal]:
    """Each name with the group it means.

    :raises Refusal: naming all that are unknown or ambiguous.
    """
    found: dict[str, dict[str, Principal]] = {}
    for principal in map(group, groups):
        for name in (principal.id.lower(), principal.name.lower()):
            found.setdefault(name, {})[principal.id] = principal
    return _the_one_each(names, {name: list(those.values()) for name, those in found.items()}, "group", "display name or id")


def by_ids(client: Client, ids: Iterable[str]) -> Iterator[Principal]:
    """The names of the given ids; those that no longer exist are left out. Whether a user is enabled is not known.

    No name is asked for twice in a task: after an assignment, only the assignments themselves are read again.
    """
    wanted = list(ids)
    yield from (client.reads.objects[number] for number in wanted if number in client.reads.objects)
    unknown = iter([number for number in wanted if number not in client.reads.objects])
    while chunk := list(islice(unknown, LARGEST_GET_BY_IDS)):
        body = {"ids": chunk, "types": ["user", "group"]}
        answer = client.send(Request("POST", "/directoryObjects/getByIds", body, only_asks=True))
        for raw in client.members(answer.body):
            found = group(raw) if str(raw.get("@odata.type")).endswith(".group") else person(raw)
            client.reads.objects[found.id] = found
            yield found


def members_of(client: Client, group_id: str) -> Iterator[Principal]:
    """The direct members of a group that are users or groups."""
    return _principals(client.pages(_members(group_id).path))


def members_of_all(client: Client, group_ids: Iterable[str]) -> dict[str, tuple[Principal, ...]]:
    """The direct members of several groups, twenty groups at a time; of a group that no longer exists, there are none."""
    wanted = list(group_ids)
    pages = find_all(client, [_members(group_id) for group_id in wanted])
    return {group_id: tuple(_principals(client.members(page))) if page else () for group_id, page in zip(wanted, pages, strict=True)}


def small_groups(client: Client, group_ids: Iterable[str]) -> dict[str, tuple[Principal, ...] | None]:
    """The direct members of several groups, ``None`` for a group that has more than one page of them."""
    wanted = list(group_ids)
    pages = find_all(client, [_members(group_id) for group_id in wanted])
    return {
        group_id: None if page and page.get("@odata.nextLink") else tuple(_principals(client.members(page) if page else ()))
        for group_id, page in zip(wanted, pages, strict=True)
    }


def _members(group_id: str) -> Request:
    return Request("GET", f"/groups/{group_id}/members?$select={PERSON}&$top=999")


def _principals(members: Iterable[Mapping[str, Any]]) -> Iterator[Principal]:
    for raw in members:
        kind = str(raw.get("@odata.type")).rpartition(".")[2]
        if kind in ("user", "group"):
            yield group(raw) if kind == "group" else person(raw)


def count_members(client: Client) -> int:
    """How many members the tenant has, guests not counted. The count is an advanced query, which has its own header."""
    path = "/users/$count?$filter=userType%20eq%20'Member'"
    return int(client.get(path, headers={"ConsistencyLevel": "eventual"}))


def _people_by(client: Client, name: str, values: Sequence[str]) -> dict[str, list[Principal]]:
    """Matches by lower-case value, as the directory compares."""
    found: dict[str, list[Principal]] = {}
    answers = read_all(client, list(requests_by("/users", name, PERSON, values)))
    for raw in listed(client, (answer.body for answer in answers)):
        found.setdefault(str(raw[name]).lower(), []).append(person(raw))
    return found


def _the_one_each(names: Sequence[str], found: Mapping[str, list[Principal]], kind: str, known_by: str) -> dict[str, Principal]:
    unknown = [name for name in names if name.lower() not in found]
    if unknown:
        raise Refusal(f"there is no {kind} {', '.join(map(repr, unknown))}; give the {known_by} of one that exists")
    ambiguous = {name: found[name.lower()] for name in names if len(found[name.lower()]) > 1}
    if ambiguous:
        listed = "; ".join(f"{name!r} is {', '.join(principal.id for principal in several)}" for name, several in ambiguous.items())
        raise Refusal(f"more than one {kind} has the same name, give the id: {listed}")
    return {name: found[name.lower()][0] for name in names}

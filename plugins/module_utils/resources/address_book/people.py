# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The users of the target who are meant: those whom the options name, or all who came from a source (facts F112, F118)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from ...graph.batch import read_all
from ...graph.client import Client, Request
from ...graph.odata import is_id, requests_by
from ...graph.service_clock import date_of
from ...plan import Refusal
from .. import tenants
from ..directory import listed
from ..external_names import INVITED, PENDING, former_name, requests_by_source_name, source_name
from .evidence import Entra

SELECT = "id,userPrincipalName,displayName,mail,userType,accountEnabled,createdDateTime,externalUserState,showInAddressList"
ALL = f"/users?$filter={INVITED}%20or%20externalUserState%20eq%20'{PENDING}'&$select={SELECT}&$top=999"
"""The external users. The tenant's own users are not listed: there can be many more of them."""
DELETED = f"/directory/deletedItems/microsoft.graph.user?$select={SELECT}&$top=999"
PROGRESS = 10_000
"""Users of the directory after which the progress is reported."""


@dataclass(frozen=True)
class Selection:
    """Which users are meant: those of the ``names`` if there are any, else all who came from the tenant or from the domains.

    A name is an id, a user principal name, the mail address of an external user, or a user principal name in the source.
    """

    names: tuple[str, ...] = ()
    tenant_id: str | None = None
    domains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """Users of the target. ``unknown`` are the names that mean none of them; ``deleted`` users have the name from before the deletion."""

    users: tuple[Entra, ...] = ()
    deleted: tuple[Entra, ...] = ()
    unknown: tuple[str, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    """The time of the service."""

    def from_domains(self, domains: Iterable[str]) -> Found:
        """Those who came from one of the domains."""
        wanted = {domain.lower() for domain in domains}

        def chosen(users: Iterable[Entra]) -> tuple[Entra, ...]:
            return tuple(user for user in users if domain_of(user) in wanted)

        return replace(self, users=chosen(self.users), deleted=chosen(self.deleted))

    @property
    def domains(self) -> list[str]:
        """The domains that they came from."""
        return sorted({domain_of(user) for user in (*self.users, *self.deleted)} - {""})


def selection(params: Mapping[str, Any]) -> Selection:
    """The selection by the options ``people``, ``source_tenant_id`` and ``source_domains``."""
    tenant_id = params.get("source_tenant_id")
    return Selection(
        tuple(dict.fromkeys(params.get("people") or ())),
        tenant_id.lower() if tenant_id else None,
        tuple(domain.lower() for domain in params.get("source_domains") or ()),
    )


def read(client: Client, selected: Selection) -> Found:
    """The selected users.

    :raises Refusal: if nothing selects any.
    """
    if selected.names:
        return read_named(client, selected.names)
    if not selected.domains and not selected.tenant_id:
        raise Refusal("people, source_tenant_id or source_domains is needed to know which users are meant")
    found = read_external(client)
    return found.from_domains(selected.domains or domains_of_tenant(client, found.domains, str(selected.tenant_id)))


def read_external(client: Client) -> Found:
    """All users of the tenant who came from other tenants, and those of them who were deleted and can be restored."""
    answer = client.send(Request("GET", ALL))
    members = _counted(client, client.members(answer.body))
    users = tuple(user for user in map(entra, members) if user.source_name)
    return Found(users, tuple(_deleted(client)), now=_time(answer.headers))


def read_named(client: Client, names: Sequence[str]) -> Found:
    """The users whom the names mean. Deleted users are read only if a name means no other."""
    now = service_time(client)
    found: dict[str, Entra] = {}
    waiting = dict.fromkeys(names)
    for requests, named in _SEARCHES:
        if not waiting:
            break
        bodies = (answer.body for answer in read_all(client, list(requests(list(waiting)))))
        matches = _by_name(map(entra, listed(client, bodies)), named)
        for name in [name for name in waiting if name.lower() in matches]:
            found.update({user.id: user for user in matches[name.lower()]})
            del waiting[name]
    deleted: dict[str, Entra] = {}
    if waiting:
        matches = _by_name(_deleted(client), _names_of_deleted)
        for name in [name for name in waiting if name.lower() in matches]:
            deleted.update({user.id: user for user in matches[name.lower()] if user.id not in found})
            del waiting[name]
    return Found(tuple(found.values()), tuple(deleted.values()), tuple(waiting), now)


def domains_of_tenant(client: Client, domains: Sequence[str], tenant_id: str) -> list[str]:
    """Those of the domains that belong to a tenant: a company can have several, and its default domain does not say which (fact F48)."""
    owners = tenants.owners(client, domains)
    return [domain for domain in domains if owners[domain] == tenant_id.lower()]


def entra(raw: Mapping[str, Any]) -> Entra:
    """A user from Graph's JSON."""
    name = str(raw.get("userPrincipalName") or "")
    return Entra(
        id=str(raw["id"]),
        user_principal_name=name,
        source_name=source_name(name),
        display_name=str(raw.get("displayName") or name),
        mail=raw.get("mail") or None,
        user_type=raw.get("userType"),
        account_enabled=raw.get("accountEnabled") is not False,
        show_in_address_list=raw.get("showInAddressList"),
        pending=raw.get("externalUserState") == PENDING,
        created=_moment(raw.get("createdDateTime")),
    )


def domain_of(user: Entra) -> str:
    """The domain that the user came from; empty for the tenant's own users."""
    return (user.source_name or "").rpartition("@")[2].lower()


def service_time(client: Client) -> datetime:
    """The time by the clock of the service."""
    return _time(client.send(Request("GET", "/users?$select=id&$top=1")).headers)


def _time(headers: Mapping[str, str]) -> datetime:
    return date_of(headers) or datetime.now(timezone.utc)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)[:19]).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _counted(client: Client, members: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for number, member in enumerate(members, 1):
        if number % PROGRESS == 0:
            client.progress(f"Tenant {client.tenant}: {number} users of the directory were read")
        yield member


def _deleted(client: Client) -> Iterator[Entra]:
    """The deleted users who came from other tenants, with the user principal name from before the deletion."""
    for raw in client.pages(DELETED):
        user = entra({**raw, "userPrincipalName": former_name(raw)})
        if user.source_name:
            yield user


# Searches by name ----------------------------------------------------------------------------------------------------

Names = Callable[[Entra], tuple["str | None", ...]]
"""The names by which a search finds a user."""


def _by_id(names: Sequence[str]) -> Iterator[Request]:
    return requests_by("/users", "id", SELECT, [name for name in names if is_id(name)])


def _by_source_name(names: Sequence[str]) -> Iterator[Request]:
    return requests_by_source_name(names, SELECT)


def _by_principal_name(names: Sequence[str]) -> Iterator[Request]:
    return requests_by("/users", "userPrincipalName", SELECT, [name for name in names if not is_id(name)])


def _by_mail(names: Sequence[str]) -> Iterator[Request]:
    return requests_by("/users", "mail", SELECT, [name for name in names if "@" in name])


def _mail_of_external(user: Entra) -> tuple[str | None, ...]:
    """The target's own user with the address is another user than the one of the source who is meant."""
    return (user.mail,) if user.source_name or user.user_type == "Guest" else ()


def _names_of_deleted(user: Entra) -> tuple[str | None, ...]:
    return (user.id, user.source_name, user.user_principal_name, user.mail)


_SEARCHES: tuple[tuple[Callable[[Sequence[str]], Iterator[Request]], Names], ...] = (
    (_by_id, lambda user: (user.id,)),
    (_by_source_name, lambda user: (user.source_name,)),
    (_by_principal_name, lambda user: (user.user_principal_name,)),
    (_by_mail, _mail_of_external),
)
"""The searches in their order: a name that one of them finds is not searched for by the next."""


def _by_name(users: Iterable[Entra], names: Names) -> dict[str, list[Entra]]:
    found: dict[str, list[Entra]] = {}
    for user in users:
        for name in {name.lower() for name in names(user) if name}:
            found.setdefault(name, []).append(user)
    return found

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Which user of the target is which user of the source: pure functions (facts F112, F113, F118)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ..directory import Principal
from ..provisioning_log import LogEntry
from .evidence import Entra, Logged, Person, SourceUser
from .source_side import Log


@dataclass(frozen=True)
class Source:
    """The users of the source who are meant, by id, and what is known of them."""

    users: Mapping[str, Principal]
    covers: Callable[[Principal], bool]
    """Whether a user is in scope."""
    log: Log = field(default_factory=Log)


def pair(
    users: Iterable[Principal], targets: Sequence[Entra], target_ids: Mapping[str, str] | None = None, everyone: Iterable[Entra] = ()
) -> dict[str, Entra]:
    """The user of the target who is each user of the source, by the id in the source; users who have none are left out.

    The id that the provisioning log names (``target_ids``) decides, of one of ``everyone`` in the target as well; without it the name, which
    was made of the user principal name or of the mail address in the source, and then the mail address.
    """
    ids = target_ids or {}
    named = set(ids.values())
    by_id = {target.id: target for target in (*everyone, *targets) if target.id in named}
    named_alike = Named(targets)
    found = {}
    for user in users:
        target = by_id.get(ids.get(user.id, "")) or named_alike.of(user.name, user.mail)
        if target:
            found[user.id] = target
    return found


class External(Protocol):
    """An account whose name was made of a name or a mail address in the source."""

    @property
    def source_name(self) -> str | None:
        """``alias@domain`` in the source."""

    @property
    def mail(self) -> str | None:
        """The mail address in the target."""


Target = TypeVar("Target", bound=External)


class Named(Generic[Target]):
    """Users of the target, found by the name or the mail address that a user has in the source."""

    def __init__(self, targets: Iterable[Target]) -> None:
        external = [target for target in targets if target.source_name]
        self._by_name = {str(target.source_name).lower(): target for target in external}
        self._by_mail = {target.mail.lower(): target for target in external if target.mail}

    def of(self, name: str, mail: str | None) -> Target | None:
        """The user of the target whose name was made of the user principal name or of the mail address, or who has the mail address."""
        address = (mail or "").lower()
        return self._by_name.get(name.lower()) or self._by_name.get(address) or self._by_mail.get(address)


def without_source(targets: Iterable[Entra], pairs: Mapping[str, Entra]) -> list[Entra]:
    """The users of the target who are no user of the source, as far as it is known."""
    paired = {target.id for target in pairs.values()}
    return [target for target in targets if target.id not in paired]


def of_source(source: Source, targets: Sequence[Entra], pairs: Mapping[str, Entra], deleted: Sequence[Entra]) -> list[Person]:
    """All users of the source, then the users of the target who are none of them, then those who were deleted in the target."""
    removed = pair((user for user in source.users.values() if user.id not in pairs), deleted, source.log.target_ids)
    people = [
        Person(
            name=user.name,
            entra=pairs.get(user.id),
            deleted=user.id in removed,
            source=SourceUser(user.id, user.name, user.mail, user.enabled, source.covers(user)),
            logged=logged(source.log.entries.get(user.id)),
        )
        for user in source.users.values()
    ]
    others = of_target(without_source(targets, pairs), without_source(deleted, removed))
    names = {name.lower() for user in source.users.values() for name in (user.name, user.mail) if name}
    # Whoever was deleted and exists again is the user of the source.
    return [*people, *(person for person in others if not person.deleted or person.name.lower() not in names)]


def of_target(targets: Iterable[Entra], deleted: Iterable[Entra], unknown: Iterable[str] = ()) -> list[Person]:
    """The users of the target, those who were deleted and do not exist again, and the names that mean none of them."""
    people = [Person(target.source_name or target.user_principal_name, target) for target in targets]
    names = {person.name.lower() for person in people}
    gone = {(user.source_name or user.user_principal_name).lower(): user.source_name or user.user_principal_name for user in deleted}
    return [*people, *(Person(name, deleted=True) for key, name in gone.items() if key not in names), *map(Person, unknown)]


def logged(entry: LogEntry | None) -> Logged | None:
    """An entry of the log as evidence."""
    if entry is None:
        return None
    return Logged(entry["status"], entry["action"], entry["code"], entry["reason"], entry["remedy"], entry["time"])

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The users of the source in the target who are not synced users of the link, such as invited guests, recorded during a deprovisioning.

Once the scope is empty, Graph does not distinguish them from synced users (fact F114). They are therefore written into the tags of
the configuration's service principal before the first user leaves the scope, by the beginning of their object ids, which is unique enough.
The domains of the users in scope are recorded with them, because reading the source's own list needs another permission.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

PREFIX = "entra.cross_tenant_sync:deprovisioning:"
DOMAIN = "entra.cross_tenant_sync:domain:"
LENGTH = 8
"""The number of characters of an object id that are recorded."""
IDS_PER_TAG = 20
LARGEST = 200
"""The largest number of users that is recorded: a limit of this collection, because the tags are not made for long lists."""


def recorded(tags: Sequence[str]) -> frozenset[str] | None:
    """The beginnings of the recorded object ids; ``None`` if no deprovisioning has begun."""
    lists = [tag.removeprefix(PREFIX) for tag in tags if tag.startswith(PREFIX)]
    return frozenset(short_id for ids in lists for short_id in ids.split(".") if short_id) if lists else None


def domains(tags: Sequence[str]) -> frozenset[str]:
    """The recorded domains of the users who were in scope."""
    return frozenset(tag.removeprefix(DOMAIN) for tag in tags if tag.startswith(DOMAIN))


def tagged(tags: Sequence[str], ids: Sequence[str], domain_names: Iterable[str] = ()) -> tuple[str, ...]:
    """The tags with these users and domains in place of those recorded before; without users if there are more than `LARGEST`."""
    others = (tag for tag in tags if not tag.startswith((PREFIX, DOMAIN)))
    users = _tags(sorted(ids)) if len(ids) <= LARGEST else [PREFIX]
    return (*others, *users, *(DOMAIN + domain for domain in sorted(set(domain_names))))


def _tags(ids: Sequence[str]) -> Iterator[str]:
    for start in range(0, max(len(ids), 1), IDS_PER_TAG):
        yield PREFIX + ".".join(map(short, ids[start : start + IDS_PER_TAG]))


def short(object_id: str) -> str:
    """The beginning of an object id that is recorded."""
    return object_id.lower()[:LENGTH]


def without(ids: Iterable[str], known: frozenset[str] | None) -> set[str]:
    """The ids whose beginnings are not in ``known``."""
    return {object_id for object_id in ids if not known or short(object_id) not in known}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Who is in the target and not of the link, for example invited by hand, remembered while people are removed.

Once nobody is in scope, nothing in Graph tells them from people who were synchronized (fact sheet 7). So they are written into the
tags of the configuration's service principal before the first person leaves scope: short, for an object id begins unlike every other.
The domains of the people in scope go with them, because the source's own list needs a permission of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

PREFIX = "entra.cross_tenant_sync:deprovisioning:"
DOMAIN = "entra.cross_tenant_sync:domain:"
LENGTH = 8
"""How many digits of an object id are kept."""
A_TAG = 20
LARGEST = 200
"""How many are remembered at most; a service principal is no address book."""


def remembered(tags: Sequence[str]) -> frozenset[str] | None:
    """The beginnings of their ids; ``None`` if no deprovisioning was begun."""
    ours = [one.removeprefix(PREFIX) for one in tags if one.startswith(PREFIX)]
    return frozenset(short for one in ours for short in one.split(".") if short) if ours else None


def domains(tags: Sequence[str]) -> frozenset[str]:
    """The domains of those who were in scope."""
    return frozenset(one.removeprefix(DOMAIN) for one in tags if one.startswith(DOMAIN))


def tagged(tags: Sequence[str], ids: Sequence[str], their_domains: Iterable[str] = ()) -> tuple[str, ...]:
    """The tags with these people in them instead of those remembered before; with nobody if they are too many."""
    others = (one for one in tags if not one.startswith((PREFIX, DOMAIN)))
    return (*others, *(_tags(sorted(ids)) if len(ids) <= LARGEST else [PREFIX]), *(DOMAIN + one for one in sorted(set(their_domains))))


def _tags(ids: Sequence[str]) -> Iterator[str]:
    for start in range(0, max(len(ids), 1), A_TAG):
        yield PREFIX + ".".join(map(short, ids[start : start + A_TAG]))


def short(object_id: str) -> str:
    """What is kept of an id."""
    return object_id.lower()[:LENGTH]


def without(ids: Iterable[str], known: frozenset[str] | None) -> set[str]:
    """The ids that are not remembered."""
    return {one for one in ids if not known or short(one) not in known}

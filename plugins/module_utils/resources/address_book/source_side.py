# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What the source tenant knows of the users: who is in scope of the configuration, and what the service did last for each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ...graph.client import Client
from ...graph.errors import GraphFailure
from ...plan import Refusal
from .. import find_configuration, population, provisioning_log, settings_bag
from ..causes import clause
from ..directory import Principal, all_people, members_of_all, people_named
from ..find_configuration import Configuration
from ..provisioning_log import LogEntry
from ..scope import ASSIGNED, assignments

MOST_ENTRIES = 10_000
"""Entries of the provisioning log that are read at most: twenty pages, of which the service allows five in ten seconds."""


@dataclass(frozen=True)
class Scope:
    """Who is in scope of a configuration. ``users`` are those in scope, by id; in mode ``all`` they are only read for a whole source."""

    configuration: Configuration
    all_users: bool
    users: Mapping[str, Principal] = field(default_factory=dict)

    def covers(self, user: Principal) -> bool:
        """Whether the user is in scope. External users never are (fact F111)."""
        return user.id in self.users or (self.all_users and not user.external)


@dataclass(frozen=True)
class Log:
    """The newest entry of each user, by the id in the source. ``unread`` is why not all of it could be read."""

    entries: Mapping[str, LogEntry] = field(default_factory=dict)
    unread: str | None = None

    @property
    def target_ids(self) -> dict[str, str]:
        """The ids of the users in the target as the entries name them, by those in the source. Of a failure, it can be another user."""
        named = ((source_id, entry["target"]["id"]) for source_id, entry in self.entries.items() if entry["status"] != "failure")
        return {source_id: target_id for source_id, target_id in named if target_id}


def read_scope(client: Client, name: str, whole: bool) -> Scope:
    """The scope of the configuration with this name or id. ``whole``: whether all users in scope are needed by name in mode ``all``, too.

    :raises Refusal: if the configuration does not exist.
    """
    configuration, bodies = find_configuration.find_with(client, name, "/synchronization/secrets", ASSIGNED)
    if configuration is None:
        raise Refusal(find_configuration.missing(name))
    secrets, first_page = bodies
    if settings_bag.synchronizes_all(settings_bag.parse(client.whole(secrets))):
        return Scope(configuration, True, {user.id: user for user in all_people(client)} if whole else {})
    assigned = assignments(client, configuration, first_page)
    effective = {found.principal.id: found.principal for found in assigned if found.role_id == configuration.role_id}
    members = members_of_all(client, [principal.id for principal in effective.values() if principal.kind == "group"])
    # An assigned user who no longer exists has no user principal name.
    users = population.in_scope(effective, members)
    return Scope(configuration, False, {user_id: user for user_id, user in users.items() if "@" in user.name})


def find(client: Client, names: Sequence[str], scope: Scope) -> dict[str, Principal]:
    """The users of the source whom the names mean, by id: user principal names, mail addresses or ids. Of several users with the same mail
    address, the first one in scope is meant.
    """
    found = people_named(client, list(dict.fromkeys(names))).values()
    chosen = (next((user for user in users if scope.covers(user)), users[0]) for users in found)
    return {user.id: user for user in chosen}


def newest(client: Client, scope: Scope, source_ids: Collection[str], target_ids: Collection[str] = ()) -> Log:
    """The newest entries about users, by their ids in the source, or by those in the target, until all are found.

    A log that cannot be read is no failure: the users are judged without it.
    """
    entries: dict[str, LogEntry] = {}
    waiting, waiting_targets = set(source_ids), set(target_ids)
    if not waiting and not waiting_targets:
        return Log()
    try:
        with client.reading():
            for number, entry in enumerate(provisioning_log.newest_first(client, scope.configuration.id), 1):
                source_id, target_id = str(entry["source"]["id"]), entry["target"]["id"]
                if source_id in waiting or target_id in waiting_targets:
                    entries.setdefault(source_id, entry)
                    waiting.discard(source_id)
                    waiting_targets.discard(str(target_id))
                if not waiting and not waiting_targets:
                    break
                if number == MOST_ENTRIES:
                    return Log(entries, f"only its newest {MOST_ENTRIES} entries were read")
    except GraphFailure as failure:
        return Log(entries, clause(failure))
    return Log(entries)

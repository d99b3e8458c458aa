# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The newest entries of the provisioning log about each user of a link: what the job last did, and which account it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from ...graph.client import Client
from ...graph.errors import GraphFailure
from ..address_book.source_side import MOST_ENTRIES
from ..causes import clause
from ..find_configuration import Configuration
from ..provisioning_log import LogEntry, newest_first


@dataclass(frozen=True)
class Log:
    """The newest entries."""

    by_source: Mapping[str, LogEntry] = field(default_factory=dict)
    """By the id of the user in the source."""
    by_target: Mapping[str, LogEntry] = field(default_factory=dict)
    """By the id of the account. The entry of a failed creation names the account of another user, so it is not among these."""
    unread: str | None = None
    """Why not all of it could be read, as a clause."""

    def held(self) -> list[str]:
        """The names in the source of the users whose deletions the guard holds back (fact F81)."""
        entries = (entry for entry in self.by_source.values() if entry["action"] == "stagedDelete")
        return sorted(str(entry["source"]["user_principal_name"] or entry["source"]["name"]) for entry in entries)


def read_log(client: Client, configuration: Configuration) -> Log:
    """The log of a configuration. One that cannot be read is no failure: accounts are judged without it."""
    by_source: dict[str, LogEntry] = {}
    by_target: dict[str, LogEntry] = {}
    entries = newest_first(client, configuration.id)
    try:
        with client.reading():
            for entry in islice(entries, MOST_ENTRIES):
                _keep(entry, by_source, by_target)
            whole = next(entries, None) is None
    except GraphFailure as failure:
        return Log(by_source, by_target, f"the log cannot be read: {clause(failure)}")
    return Log(by_source, by_target, None if whole else f"only the newest {MOST_ENTRIES} entries of the log were read")


def _keep(entry: LogEntry, by_source: dict[str, LogEntry], by_target: dict[str, LogEntry]) -> None:
    source_id, target_id = entry["source"]["id"], entry["target"]["id"]
    if source_id:
        by_source.setdefault(source_id, entry)
    if target_id and (entry["action"], entry["status"]) != ("create", "failure"):
        by_target.setdefault(target_id, entry)


def sources(log: Log, account_ids: Iterable[str]) -> dict[str, str]:
    """The id of the user in the source whom the log names for each of these accounts."""
    named = ((account_id, log.by_target[account_id]["source"]["id"]) for account_id in account_ids if account_id in log.by_target)
    return {account_id: source_id for account_id, source_id in named if source_id}

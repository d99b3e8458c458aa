# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What an event source reports of the health of links and of strangers. Pure functions.

A condition is something that holds for a while and is worth one event. What could not be read is unknown: a condition that was reported
neither begins nor ends then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.log_streams import Unread
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import Seen, key_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import health
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.log_stream import SHORT_RETENTION, Stream, newest_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.provisioning_log import LogEntry
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import LinkHealth
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import Looked

QUARANTINED, DISABLED_SOON, DELETIONS_HELD, USER_FAILED = "quarantined", "disabled_soon", "deletions_held", "user_failed"
STRANGER_PARTNER, STRANGER_CONFIGURATION, COULD_NOT_LOOK = "stranger_partner", "stranger_configuration", "could_not_look"
OF_LOG = (DELETIONS_HELD, USER_FAILED)
OF_LINK = (QUARANTINED, DISABLED_SOON, *OF_LOG)
OF_TENANT = (STRANGER_PARTNER, STRANGER_CONFIGURATION)


class Condition(TypedDict):
    """A condition that holds. ``key`` is the same as long as it holds; ``event`` is what is reported of it."""

    key: list[str]
    event: dict[str, Any]


class Conditions(TypedDict):
    """What a poll has found. ``unknown`` and ``ended`` are beginnings of keys: conditions that were not looked for, and those of them that
    have certainly ended.
    """

    found: list[Condition]
    unknown: list[list[str]]
    ended: list[list[str]]


@dataclass(frozen=True)
class _Link:
    """A link with what was found of it."""

    host: str
    about: Mapping[str, Any]
    health: LinkHealth
    log: Stream | None

    @property
    def entries(self) -> Sequence[LogEntry]:
        """What the log has about it, newest first."""
        return self.log.of((self.health["job"] or {}).get("service_principal_id")) if self.log else ()

    def condition(self, kind: str, text: str, *detail: str, **members: Any) -> Condition:
        """A condition of this link."""
        about = {name: self.about.get(name) for name in ("source", "target", "configuration")}
        event = {"kind": kind, "link": self.host, **about, **members, "text": f"{self.host}: {text}"}
        return {"key": [kind, self.host, *detail], "event": event}


def conditions(
    looked: Mapping[str, Looked],
    seen: Seen,
    logs: Mapping[str, Stream | Unread],
    healths: Mapping[str, LinkHealth],
    disabled_within: int,
) -> Conditions:
    """The conditions of all links, and of their tenants. ``disabled_within``: how many days before the service disables a job."""
    result: Conditions = {"found": [], "unknown": [], "ended": []}
    blind: set[str] = set()
    for host, before in looked.items():
        log = logs.get(key_of(before.params)) if before.tasks is None else None
        link = _Link(host, before.link, healths[host], log if isinstance(log, Stream) else None)
        result["found"] += _of_link(link, disabled_within)
        verdict = seen.verdicts.get(host)
        is_absent = before.tasks is not None and before.msg is None
        if not is_absent and (verdict is None or verdict.facts is None):
            result["unknown"] += [[kind, host] for kind in OF_LINK]
        elif link.health["job"] and link.log is None:
            result["unknown"] += [[kind, host] for kind in OF_LOG]
        elif link.log and link.log.since > link.log.now - SHORT_RETENTION:
            # Who failed may no longer be among the newest entries, but whoever is there with another outcome no longer fails.
            result["unknown"].append([USER_FAILED, host])
            result["ended"] += [[USER_FAILED, host, _user(entry)] for entry in newest_of(link.entries) if entry["status"] != "failure"]
        if not is_absent and (verdict is None or verdict.failure or verdict.facts is None):
            blind.update(str((before.link.get(side) or {}).get("tenant_id")).casefold() for side in ("source", "target"))
    result["found"] += _of_strangers(seen, blind)
    blind.update(tenant.tenant.casefold() for tenant in seen.strangers if tenant.unknown)
    result["unknown"] += [[kind, tenant] for tenant in sorted(blind) for kind in OF_TENANT]
    return result


def blind(text: str) -> Conditions:
    """The conditions after a poll that has failed as a whole: nothing begins and nothing ends."""
    return {"found": [{"key": [COULD_NOT_LOOK], "event": {"kind": COULD_NOT_LOOK, "text": text}}], "unknown": [[]], "ended": []}


def _of_link(link: _Link, disabled_within: int) -> Iterator[Condition]:
    unknown = link.health["could_not_look"]
    if unknown:
        yield link.condition(COULD_NOT_LOOK, "; ".join(unknown), problems=link.health["problems"])
    yield from _of_quarantine(link, disabled_within)
    held = health.held_deletions(link.health["job"], link.entries)
    if held:
        text = f"deletions held back: {len(held)}; decide whether to approve them or to bring the users back into scope"
        yield link.condition(DELETIONS_HELD, text, count=len(held), users=held)
    if link.log:
        for code, entries in health.failing(link.entries, link.log.now, link.log.since).items():
            yield from (_failed(link, code, entry) for entry in entries)


def _of_quarantine(link: _Link, disabled_within: int) -> Iterator[Condition]:
    found = link.health["quarantine"]
    if found is None:
        return
    reason, left = str(found["reason"]), found["days_left"]
    about = {"reason": reason, "since": found["since"], "days_left": left, "problems": link.health["problems"]}
    yield link.condition(QUARANTINED, f"the job is in quarantine since {found['since']} ({reason})", reason, **about)
    if left is not None and left <= disabled_within:
        yield link.condition(DISABLED_SOON, f"the service disables the job in {left} days, because it is in quarantine ({reason})", **about)


def _failed(link: _Link, code: str, entry: LogEntry) -> Condition:
    name, remedy = health.name_of(entry), entry["remedy"]
    text = f"user {name} failed with {code}" + (f" ({remedy or entry['reason']})" if remedy or entry["reason"] else "")
    members = {"user": name, "code": code, "reason": entry["reason"], "remedy": remedy, "since": entry["time"]}
    return link.condition(USER_FAILED, text, _user(entry), code, **members)


def _user(entry: LogEntry) -> str:
    """What identifies a user, or a group, among the conditions of a link."""
    return str(entry["source"]["id"] or entry["target"]["id"] or health.name_of(entry)).lower()


def _of_strangers(seen: Seen, blind: Collection[str]) -> Iterator[Condition]:
    """``blind`` are the tenants of links that could not be looked at, of which that is reported."""
    for tenant in seen.strangers:
        name = tenant.tenant.casefold()
        for stranger in tenant.objects:
            kind = STRANGER_PARTNER if stranger.kind == "partner" else STRANGER_CONFIGURATION
            about = {"tenant_id": name, "id": stranger.id, "name": stranger.name}
            yield {"key": [kind, name, stranger.id.lower()], "event": {"kind": kind, **about, "text": stranger.text}}
        if tenant.unknown and name not in blind:
            event = {"kind": COULD_NOT_LOOK, "tenant_id": name, "text": f"strangers unknown: {tenant.unknown}"}
            yield {"key": [COULD_NOT_LOOK, "strangers", name], "event": event}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The health of the links of many hosts: what is read of each, and the verdict on all. Pure functions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, cast

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.log_streams import Unread
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import Verdict, key_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import health
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.log_stream import Stream
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import verdicts
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import LinkHealth
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import LinkHost
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import GO_ON, MOST_LINES, Looked, prepare_complete

READ_ONLY = {"compare": False, "stop_at_difference": False, "share_reads": False, "verify_users": None}
"""The options of a look that reads the jobs and counts the users, and compares nothing."""
WORDS = (health.DEGRADED, health.COULD_NOT_LOOK, health.HEALTHY)
MOST_NAMED, LONGEST_LINE = 10, 240
"""A summary is for a notification: it names so many links, with lines of this length."""


def fault(stale_factor: float) -> str | None:
    """What is wrong with the option; ``None`` if nothing is."""
    if 0 < stale_factor < math.inf:
        return None
    return (
        f"stale_factor (the variable health_stale_factor of the playbook health) is {stale_factor:g}; it must be a number greater than 0."
    )


def prepare(host: LinkHost, rivals: Callable[[], Mapping[str, Any]]) -> Looked:
    """Validate the variables of a host."""
    looked = prepare_complete(host, rivals)
    return replace(looked, params={**looked.params, **READ_ONLY}) if looked.tasks is None else looked


def sources(looked: Mapping[str, Looked], seen: Mapping[str, Verdict]) -> dict[str, Mapping[str, Any]]:
    """The connections to the tenants whose logs are needed: those of links that have a job."""
    found: dict[str, Mapping[str, Any]] = {}
    for host, verdict in seen.items():
        if verdict.facts and verdict.facts["job"]:
            found.setdefault(key_of(looked[host].params), looked[host].params)
    return found


def judged(
    looked: Mapping[str, Looked], seen: Mapping[str, Verdict], logs: Mapping[str, Stream | Unread], stale_factor: float
) -> dict[str, LinkHealth]:
    """The health of each link."""
    return {host: _judged(before, seen.get(host), logs, stale_factor) for host, before in looked.items()}


def _judged(before: Looked, verdict: Verdict | None, logs: Mapping[str, Stream | Unread], stale_factor: float) -> LinkHealth:
    if before.tasks == GO_ON:
        return cast(LinkHealth, health.absent())
    if before.tasks or verdict is None or verdict.facts is None:
        reason = before.msg or (verdict.failure if verdict else None) or "it was not looked at"
        return cast(LinkHealth, health.could_not_look(reason))
    log = logs.get(key_of(before.params))
    read = log if isinstance(log, Stream) else None
    unread = log.reason if isinstance(log, Unread) else None
    now = read.now if read else datetime.now(timezone.utc)
    return cast(LinkHealth, health.judge(health.Seen(verdict.facts, verdict.failure, read, unread, now), stale_factor))


def report(links: Mapping[str, LinkHealth]) -> dict[str, Any]:
    """The result for all links. Of many links that are healthy, one line reports all."""
    healthy = [host for host, link in links.items() if link["verdict"] == health.HEALTHY]
    done = healthy if len(healthy) > MOST_LINES else []
    return {
        "changed": False,
        "verdict": verdicts.whole((link["verdict"] for link in links.values()), health.HEALTHY),
        "summary": list(_summary(links)),
        "links": dict(links),
        "done": dict.fromkeys(done, True),
        "all_done": len(done) == len(links),
    }


def _summary(links: Mapping[str, LinkHealth]) -> Iterator[str]:
    counts: Counter[str] = Counter(link["verdict"] for link in links.values())
    numbers = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])
    yield f"{len(links)} link{'' if len(links) == 1 else 's'}: {numbers}" if links else "no links"
    others = [(host, link) for word in WORDS[:2] for host, link in links.items() if link["verdict"] == word]
    for host, link in others[:MOST_NAMED]:
        line = f"{host}: {link['line']}"
        yield line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}..."
    if len(others) > MOST_NAMED:
        yield f"and {len(others) - MOST_NAMED} more"


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """What is shown of links that have no task of their own."""
    if result["done"]:
        yield f"{len(result['done'])} of {len(result['links'])} links are healthy"

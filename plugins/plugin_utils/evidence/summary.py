# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A plan in at most ten lines, for a notification. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Change, LinkPlan
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.wording import (
    change_request,
    losers,
    lost,
    number,
    plain,
    protected,
    shortened,
    some,
)

MOST_LINES = 10
LONGEST = 200
"""Characters of a line."""
MOST_NAMES = 5
_FIRST = ("cannot_be_planned", "to_remove", "to_change")
"""The order of links, by status."""


def plan_summary(links: Mapping[str, LinkPlan], change: Change | None = None) -> list[str]:
    """The lines. The first is the verdict with numbers: links, users who lose their accounts, protected ones, and what is not known."""
    request = change_request(change) if change else None
    lines = [verdict(links), *([request] if request else []), *_users(links)]
    busy = sorted((host for host in links if links[host]["status"] != "in_sync"), key=lambda host: _importance(host, links[host]))
    room = MOST_LINES - len(lines)
    shown = busy if len(busy) <= room else busy[: room - 1]
    lines += [f"{host}: {links[host]['summary']}" for host in shown]
    if len(shown) < len(busy):
        lines.append(f"and {number(len(busy) - len(shown), 'more link')}")
    return [shortened(plain(line), LONGEST) for line in lines]


def verdict(links: Mapping[str, LinkPlan]) -> str:
    """The whole plan in one line."""
    counts: Counter[str] = Counter(link["status"] for link in links.values())
    words = {"to_change": "to change", "to_remove": "to remove", "cannot_be_planned": "not plannable", "in_sync": "in sync"}
    numbers = ", ".join(f"{counts[status]:,} {word}" for status, word in words.items() if counts[status])
    busy = [link for link in links.values() if link["status"] != "in_sync"]
    if not busy:
        return f"nothing to change: {number(len(links), 'link')} in sync" if links else "nothing to change: there are no links"
    guarded = sum(len(protected(link)) for link in busy)
    leavers = sum(map(lost, busy))
    users = f"{number(leavers, 'user')} {'loses the account' if leavers == 1 else 'lose their accounts'}" if leavers else ""
    if guarded:
        users = f"{users or 'no user loses the account'}, {guarded:,} protected"
    unknown = sum(link["impact_unknown"] is not None or bool(_uncomputed(link)) for link in busy)
    not_known = f"impact on users not known for {number(unknown, 'link')}" if unknown else ""
    no_loss = "" if users or unknown else "no user loses the account"
    return "; ".join(filter(None, (f"{number(len(links), 'link')}: {numbers}", users or no_loss, not_known)))


def _uncomputed(link: LinkPlan) -> int:
    return int(((link["impact"] or {}).get("counts") or {}).get("unknown") or 0)


def _users(links: Mapping[str, LinkPlan]) -> Iterator[str]:
    """Who is protected, and who loses the account, by name."""
    guarded = list(dict.fromkeys(name for link in links.values() for name in protected(link)))
    if guarded:
        yield f"protected: {some(guarded, MOST_NAMES)}"
    named = [name for link in links.values() for name in losers(link)]
    names = list(dict.fromkeys(named))
    if names:
        # The impact of each link names the first users only. One who loses two accounts is one.
        total = sum(map(lost, links.values())) - (len(named) - len(names))
        more = total - len(names[:MOST_NAMES])
        yield f"lose their accounts: {', '.join(names[:MOST_NAMES])}" + (f" and {more:,} more" if more > 0 else "")


def _importance(host: str, link: LinkPlan) -> tuple[int, int, str]:
    return _FIRST.index(link["status"]), -lost(link), host

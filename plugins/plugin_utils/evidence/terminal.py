# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A plan as the page that a terminal shows. Pure functions."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import wording
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import LinkPlan, Plan
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.summary import verdict
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.wording import number, plain

WIDTH = 120
"""Columns."""
MOST_OBJECTS = 5
"""Objects of equal actions that are named."""
MOST_USERS = 10
"""Users of a link that are named."""
MOST_LINKS = 20
"""Links that are shown with their actions. Of more, each has one line."""
MOST_IN_SYNC = 5
"""Links in sync that are named."""
MOST_STRANGERS = 12
"""Sentences about strangers."""


def plan_lines(plan: Plan) -> list[str]:
    """The lines of the page: at most `WIDTH` columns each, without control characters."""
    return [line for text in _lines(plan) for line in wrapped(text)]


def _lines(plan: Plan) -> Iterator[str]:
    yield f"Plan: {verdict(plan['links'])}"
    yield f"Hash: {plain(plan['hash'])}"
    request = wording.change_request(plan["change"])
    if request:
        yield f"Change: {request}"
    busy = {host: link for host, link in plan["links"].items() if link["status"] != "in_sync"}
    for place, (host, link) in enumerate(busy.items()):
        yield ""
        yield from _link(host, link) if place < MOST_LINKS else [f"{plain(host)}: {plain(link['summary'])}"]
    quiet = [plain(host) for host, link in plan["links"].items() if link["status"] == "in_sync"]
    strangers = [*map(plain, plan["strangers"]), *(f"strangers unknown: {plain(reason)}" for reason in plan["strangers_unknown"])]
    if quiet or strangers:
        yield ""
    if quiet:
        yield f"{number(len(quiet), 'link')} in sync: {wording.some(quiet, MOST_IN_SYNC)}"
    yield from strangers[:MOST_STRANGERS]
    if len(strangers) > MOST_STRANGERS:
        yield f"and {len(strangers) - MOST_STRANGERS:,} more strangers"


def _link(host: str, link: LinkPlan) -> Iterator[str]:
    yield f"{plain(host)} {wording.TITLES[link['status']]}: {wording.direction(link)}"
    if link["msg"]:
        yield f"  {plain(link['msg'])}"
    place = None
    for doing in wording.doings(link["parts"]):
        if (doing.tenant, doing.side) != place:
            place = (doing.tenant, doing.side)
            yield f"  In {doing.tenant} ({doing.side}):"
        yield from _doing(doing)
    yield from _users(link)
    cycle = wording.full_cycle(link)
    if cycle:
        yield f"  Cycle: {cycle}"
    if link["sizing"]:
        yield f"  Size: {'; '.join(f'{name} {value}' for name, value in wording.sizes(link['sizing']) if name != 'full cycle')}"
        yield from (f"  Note: {plain(finding)}" for finding in link["sizing"]["findings"])


def _doing(doing: wording.Doing) -> Iterator[str]:
    effects = f" [{', '.join(doing.effects)}]" if doing.effects else ""
    for text in doing.objects[:MOST_OBJECTS]:
        yield f"    {doing.verb} {text}{effects}"
    if len(doing.objects) > MOST_OBJECTS:
        yield f"    {doing.verb} {len(doing.objects) - MOST_OBJECTS:,} more like the last{effects}"
    yield f"      {'reversible' if doing.reversible else 'NOT REVERSIBLE'}: {doing.reversal}"


def _users(link: LinkPlan) -> Iterator[str]:
    if link["impact_unknown"]:
        yield f"  Users: the impact is not known: {plain(link['impact_unknown'])}"
    impact = link["impact"]
    if not impact:
        return
    yield f"  Users: {plain(impact.get('summary'))}"
    users = [user for user in impact.get("users") or () if user.get("effect") != "unchanged"]
    yield from (f"    {wording.user_line(user)}" for user in users[:MOST_USERS])
    more = max(0, len(users) - MOST_USERS) + int(impact.get("more") or 0)
    if more:
        yield f"    and {number(more, 'more user')}"
    yield from (f"    incomplete: {plain(reason)}" for reason in impact.get("incomplete") or ())


# Lines ---------------------------------------------------------------------------------------------------------------------


def wrapped(text: str) -> list[str]:
    """A text as lines of at most `WIDTH` columns. The lines that follow are indented more than the first."""
    words = text.split(" ")
    indent = next((place for place, word in enumerate(words) if word), 0)
    lines, line = [], " " * indent
    for word in words[indent:]:
        for piece in _pieces(word, WIDTH - indent - 4):
            joined = f"{line} {piece}" if line.strip() else f"{line}{piece}"
            if columns(joined) > WIDTH and line.strip():
                lines.append(line)
                joined = f"{' ' * (indent + 4)}{piece}"
            line = joined
    return [*lines, line.rstrip()]


def _pieces(word: str, widest: int) -> Iterator[str]:
    """A word, in pieces if it is wider than a line."""
    piece = ""
    for character in word:
        if columns(piece + character) > widest:
            yield piece
            piece = ""
        piece += character
    yield piece


def columns(text: str) -> int:
    """How many columns a terminal needs for a text."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The function Replace, which does five things, depending on which of its seven arguments are given (fact F90)."""

from __future__ import annotations

import re
from typing import Any

from . import regex
from .functions import is_empty, text
from .model import NotKnown

SOURCE, OLD, PATTERN, GROUP, NEW, ATTRIBUTE, TEMPLATE = range(7)


def replace(given: frozenset[int], arguments: list[Any]) -> Any:
    """The result for the evaluated arguments. ``given`` are the places of those that are not left out."""
    values = [*arguments, *([""] * (7 - len(arguments)))]
    if PATTERN in given and GROUP in given and ATTRIBUTE in given:
        return _from_attribute(values)
    source = values[SOURCE]
    if source is None:
        return None
    if any(values[place] is None for place in given):
        raise NotKnown("what Replace gives for an empty argument is not documented")
    if PATTERN in given:
        pattern = regex.compiled(text(values[PATTERN]))
        if GROUP in given:
            return _group_replaced(pattern, text(source), text(values[GROUP]), text(values[NEW]))
        return regex.replaced(pattern, text(source), text(values[NEW]))
    old = text(values[OLD])
    if not old:
        raise NotKnown("Replace has neither oldValue nor regexPattern")
    if TEMPLATE in given:
        return text(values[TEMPLATE]).replace(old, text(source))
    return text(source).replace(old, text(values[NEW]))


def _from_attribute(values: list[Any]) -> Any:
    """The source, or what the group matches in another attribute if the source is empty."""
    if not is_empty(values[SOURCE]):
        return values[SOURCE]
    if is_empty(values[ATTRIBUTE]):
        return None
    match = regex.compiled(text(values[PATTERN])).search(text(values[ATTRIBUTE]))
    if match is None:
        raise NotKnown("what Replace gives if the pattern does not match is not documented")
    return _span(match, text(values[GROUP]))[0]


def _group_replaced(pattern: re.Pattern[str], source: str, group: str, new: str) -> str:
    """The source with the group's values replaced: where they matched, or wherever they occur, which must be the same."""
    pieces, end, everywhere = [], 0, source
    for match in pattern.finditer(source):
        value, start, stop = _span(match, group)
        if not value:
            raise NotKnown("what Replace gives for a group that matches nothing is not documented")
        pieces += [source[end:start], new]
        end = stop
        everywhere = everywhere.replace(value, new)
    result = "".join([*pieces, source[end:]])
    if result != everywhere:
        raise NotKnown("which occurrences of a group's value Replace replaces is not documented")
    return result


def _span(match: re.Match[str], group: str) -> tuple[str, int, int]:
    try:
        return match[group] or "", *match.span(group)
    except IndexError:
        raise NotKnown(f"the regular expression has no group {group}") from None

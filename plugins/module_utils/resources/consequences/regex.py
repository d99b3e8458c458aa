# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Regular expressions of .NET, as far as Python's mean the same (fact F104)."""

from __future__ import annotations

import re
from functools import lru_cache

from .model import NotKnown

_OTHERWISE = re.compile(r"\(\?P|\(\?'|\(\?<[^=!>]*-|\\[pPGzZceXNR]|\\k'|-\[|\{,|\(\?>|\(\?#|\(\?\(|\(\?[a-z]*[xn]")
"""What Python does not know, or understands in another way."""
_NAMED = re.compile(r"\(\?<(?P<name>[A-Za-z_]\w*)>")
_REFERENCE = re.compile(r"\\k<(?P<name>[A-Za-z_]\w*)>")
_REPLACED = re.compile(r"\$(?:(?P<dollar>\$)|(?P<whole>&)|(?P<number>\d+)|\{(?P<name>\w+)\}|(?P<other>.|$))", re.DOTALL)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of .NET for Python.

    :raises NotKnown: if the two dialects can differ.
    """
    if _OTHERWISE.search(pattern):
        raise NotKnown(f"the regular expression {pattern!r} cannot be evaluated here")
    try:
        return re.compile(_REFERENCE.sub(r"(?P=\g<name>)", _NAMED.sub(r"(?P<\g<name>>", pattern)))
    except re.error as error:
        raise NotKnown(f"the regular expression {pattern!r} cannot be evaluated here: {error}") from None


def replaced(pattern: re.Pattern[str], text: str, replacement: str) -> str:
    """A text in which each match is replaced; ``${name}`` and ``$1`` in the replacement stand for groups."""

    def filled(match: re.Match[str]) -> str:
        return _REPLACED.sub(lambda found: _group(match, found), replacement)

    return pattern.sub(filled, text)


def _group(match: re.Match[str], found: re.Match[str]) -> str:
    if found["dollar"]:
        return "$"
    if found["other"] is not None:
        raise NotKnown(f"what {found[0]!r} in a replacement means is not evaluated here")
    named = found["name"] or found["number"] or "0"
    try:
        return match[int(named) if named.isdigit() else named] or ""
    except IndexError:
        raise NotKnown(f"the regular expression has no group {named}") from None

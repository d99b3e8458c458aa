# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What differs between two managed states, as rows of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 50
"""So many members of a list are shown."""
_NAMES = ("target", "attribute", "name", "user_principal_name", "id")
"""The members by which the entries of a list are recognized."""
_ABSENT = object()


@dataclass(frozen=True)
class Row:
    """A value that differs: its path, and what is only in one of the states. An empty list of texts means that it is absent there."""

    path: str
    before: list[str]
    after: list[str]


@dataclass(frozen=True)
class Differences:
    """The rows, and how many values are the same."""

    rows: list[Row]
    same: int


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Differences:
    """What differs, in the order of the names."""
    found = list(_compared((), before or {}, after or {})) if before or after else []
    return Differences([row for row in found if row is not None], sum(1 for row in found if row is None))


def text_of(value: Any) -> str:
    """A value as a person would write it."""
    if isinstance(value, str):
        return value or "(empty)"
    if value is None:
        return "none"
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return json.dumps(value, default=str)


def _compared(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Row | None]:
    """A row for each value that differs, and ``None`` for each that does not."""
    if isinstance(before, Mapping) and isinstance(after, Mapping) and (before or after):
        for name in sorted({*before, *after}, key=str):
            yield from _compared((*path, str(name)), before.get(name, _ABSENT), after.get(name, _ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _compared_lists(path, before, after)
    elif before is not _ABSENT and after is not _ABSENT and before == after:
        yield None
    elif isinstance(before, Mapping) and after in (_ABSENT, None):
        yield from _compared(path, before, {}) if before else iter([_row(path, before, after)])
    elif isinstance(after, Mapping) and before in (_ABSENT, None):
        yield from _compared(path, {}, after) if after else iter([_row(path, before, after)])
    else:
        yield _row(path, before, after)


def _compared_lists(path: tuple[str, ...], before: list[Any], after: list[Any]) -> Iterator[Row | None]:
    if before == after:
        yield None
        return
    olds, news = _named(before), _named(after)
    if olds is not None and news is not None and (olds or news):
        for name in dict.fromkeys([*olds, *news]):
            yield from _compared((*path, name), olds.get(name, _ABSENT), news.get(name, _ABSENT))
        return
    old, new = [text_of(value) for value in before], [text_of(value) for value in after]
    gone, come = set(old) - set(new), set(new) - set(old)
    if not gone and not come:
        yield Row(_name(path), _capped(old), _capped(new))
        return
    yield Row(
        _name(path),
        _capped([text for text in dict.fromkeys(old) if text in gone]) or ["none"],
        _capped([text for text in dict.fromkeys(new) if text in come]) or ["none"],
    )


def _named(values: Sequence[Any]) -> dict[str, Any] | None:
    """The entries by the member that names them; ``None`` if they have no such member."""
    if not all(isinstance(value, Mapping) for value in values):
        return None
    for name in _NAMES:
        found = {str(value[name]): value for value in values if value.get(name)}
        if len(found) == len(values):
            return found
    return None


def _row(path: tuple[str, ...], before: Any, after: Any) -> Row:
    return Row(_name(path), _texts(before), _texts(after))


def _texts(value: Any) -> list[str]:
    if value is _ABSENT:
        return []
    if isinstance(value, list):
        return _capped([text_of(one) for one in value]) or ["none"]
    return [text_of(value)]


def _capped(texts: list[str]) -> list[str]:
    return texts if len(texts) <= MOST else [*texts[:MOST], f"and {len(texts) - MOST} more"]


def _name(path: tuple[str, ...]) -> str:
    return " / ".join(path) or "all"

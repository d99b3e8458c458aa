# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The values that the mappings give, in the types of the target, and what of them is written to an account (facts F87, F96, F98)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from .evaluate import Compiled, compiled
from .functions import is_empty, text
from .model import AttributeChange, NotKnown, Row, Rules, SourceUser, TargetUser, Unknown

NAME = "userPrincipalName"
USER_TYPE = "userType"
ENABLED = "accountEnabled"
FOREIGN = frozenset({"mail", "showInAddressList"})
"""What Exchange owns of a licensed account (fact F120)."""
_BOOLEAN = frozenset({ENABLED, "showInAddressList"})
_ONLY_IF_EMPTY = frozenset({"AttributeAddOnly", "ValueAddOnly", "MultiValueAddOnly"})
_EXTERNAL = "#EXT#@"


def values(rules: Rules, user: SourceUser) -> dict[str, Any]:
    """The mapped values by target attribute, without those that are empty. ``userPrincipalName`` is not yet an external name."""
    found = {target: _value(target, expression, user) for target, expression in _expressions(rules.rows)}
    return {target: value for target, value in found.items() if not is_empty(value)}


def unsuitable(wanted: Mapping[str, Any]) -> str:
    """Why the service may refuse the user: a mapping gives a function what it cannot work with. Empty if there is none."""
    return next((f"{target}: {value.reason}" for target, value in wanted.items() if isinstance(value, Unknown) and value.fails), "")


def value(rules: Rules, user: SourceUser, target: str) -> Any:
    """The mapped value of one target attribute; ``None`` if there is none."""
    return next((_value(name, expression, user) for name, expression in _expressions(rules.rows) if name == target), None)


def external_name(name: Any, ending: str) -> Any:
    """The name of a user of the source in the target (fact F112)."""
    if isinstance(name, Unknown) or name is None:
        return name
    return f"{str(name).replace('@', '_')}{_EXTERNAL}{ending}" if ending else Unknown("the domain of the target is not known")


def ending_of(target: TargetUser | None, ending: str) -> str:
    """The domain of external names: the given one, or that of the account."""
    return ending or (target.name.rpartition(_EXTERNAL)[2] if target and _EXTERNAL in target.name else "")


def created(rules: Rules, user: SourceUser, wanted: Mapping[str, Any], ending: str) -> tuple[AttributeChange, ...]:
    """The attributes of a new account, of which ``wanted`` are the mapped values. Default values apply now only (fact F96)."""
    whole = {NAME: user.name, **_defaults(rules.rows), **wanted}
    whole[NAME] = external_name(whole[NAME], ending)
    return tuple(_change(name, None, value) for name, value in whole.items())


def changes(rules: Rules, wanted: Mapping[str, Any], target: TargetUser, ending: str, *, renames: bool = True) -> list[AttributeChange]:
    """What a cycle that looks at an account writes to it: the mapped values that differ from those that are there."""
    rows = (row for row in rules.rows if row.target in wanted and row.flow != "ObjectAddOnly" and (renames or row.target != NAME))
    found = (_difference(row, external_name(wanted[NAME], ending) if row.target == NAME else wanted[row.target], target) for row in rows)
    return [change for change in found if change]


def always(rules: Rules) -> Rules:
    """The rules whose values are written in every cycle, whether or not something has changed."""
    return replace(rules, rows=tuple(row for row in rules.rows if row.flow_always))


def present(target: TargetUser, name: str) -> Any:
    """The value that an account has."""
    known = {NAME: target.name, USER_TYPE: target.user_type, ENABLED: target.enabled}
    return known[name] if name in known else target.attributes.get(name)


def _difference(row: Row, wanted: Any, target: TargetUser) -> AttributeChange | None:
    now = present(target, row.target)
    if not isinstance(wanted, Unknown) and wanted == now:
        return None
    if row.flow in _ONLY_IF_EMPTY and not is_empty(now):
        return _change(row.target, now, Unknown(f"what the flow type {row.flow} does with a value that is there is not documented"))
    return _change(row.target, now, wanted)


def _change(name: str, before: Any, after: Any) -> AttributeChange:
    return AttributeChange(name, before, None, after.reason) if isinstance(after, Unknown) else AttributeChange(name, before, after)


@lru_cache(maxsize=64)
def _expressions(rows: tuple[Row, ...]) -> tuple[tuple[str, Compiled], ...]:
    return tuple((row.target, compiled(row.meaning)) for row in rows if row.meaning is not None)


@lru_cache(maxsize=64)
def _defaults(rows: tuple[Row, ...]) -> Mapping[str, Any]:
    return {row.target: _typed(row.target, row.default) for row in rows if row.default is not None}


def _value(target: str, expression: Compiled, user: SourceUser) -> Any:
    try:
        return _typed(target, expression(user))
    except NotKnown as problem:
        return Unknown(problem.reason, problem.fails)


def _typed(target: str, value: Any) -> Any:
    """A value in the type of the target's attribute: constants and functions give booleans as texts, in upper or lower case."""
    if value is None or value == "":
        return None
    if target in _BOOLEAN:
        if isinstance(value, bool):
            return value
        written = text(value)
        found = {"true": True, "false": False}.get(written.lower())
        return Unknown(f"{written!r} is not a boolean") if found is None else found
    written = text(value)
    if target == USER_TYPE:
        return written.capitalize() if written.lower() in ("member", "guest") else Unknown(f"{written!r} is not a type of user")
    return written

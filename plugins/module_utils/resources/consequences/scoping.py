# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Whether a user passes scoping filters: all clauses of a group, and one of the groups (facts F100-F104).

Where the documentation leaves two readings of an operator, both are computed: a clause holds or does not hold only if they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from . import regex
from .evaluate import value_of
from .functions import COUNT, text
from .model import Clause, FilterGroup, NotKnown, SourceUser, Standing, Switches

_SHOWN = 3
"""How many filters a reason names at most."""

Test = Callable[[str, str], bool]
"""Whether an operator holds for the text of an attribute and that of the clause."""
Check = Callable[[SourceUser, Switches], bool]
"""Whether a clause holds.

:raises NotKnown: if that cannot be computed.
"""


def passes(groups: tuple[FilterGroup, ...], user: SourceUser, switches: Switches) -> Standing:
    """Whether one of the groups holds; also if there is none. The reason names the filters, and of each the clause that does not hold."""
    failed: list[str] = []
    unclear: list[str] = []
    for name, checks in _checks(groups):
        outcome = _group(name, checks, user, switches)
        if outcome.in_scope:
            return outcome
        (failed if outcome.in_scope is False else unclear).append(outcome.reason)
    if unclear:
        return Standing(None, _joined(unclear))
    return Standing(False, _joined(failed)) if failed else Standing(True, "")


def passes_all(groups: tuple[FilterGroup, ...], user: SourceUser, switches: Switches) -> Standing:
    """Whether all groups hold, as those of the built-in filter must: one of two would let external users through (fact F102)."""
    outcomes = [_group(name, checks, user, switches) for name, checks in _checks(groups)]
    for wanted in (False, None):
        found = next((outcome for outcome in outcomes if outcome.in_scope is wanted), None)
        if found:
            return found
    return Standing(True, "")


def _group(name: str, checks: tuple[tuple[str, Check], ...], user: SourceUser, switches: Switches) -> Standing:
    unclear = "" if checks else f"filter {name}: what a filter without clauses does is not documented"
    for label, check in checks:
        try:
            if not check(user, switches):
                return Standing(False, f"filter {name}: {label} does not hold")
        except NotKnown as problem:
            unclear = unclear or f"filter {name}: {label}: {problem.reason}"
    return Standing(None, unclear) if unclear else Standing(True, f"filter {name}")


def _joined(reasons: list[str]) -> str:
    more = f"; and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    return "; ".join(reasons[:_SHOWN]) + more


@lru_cache(maxsize=256)
def _checks(groups: tuple[FilterGroup, ...]) -> tuple[tuple[str, tuple[tuple[str, Check], ...]], ...]:
    """The groups' names and clauses, ready to be evaluated for many users."""
    return tuple((group.name, tuple((_label(clause), _check(clause)) for clause in group.clauses)) for group in groups)


def _label(clause: Clause) -> str:
    return " ".join((clause.attribute, clause.operator, ", ".join(map(repr, clause.values)))).rstrip()


def _check(clause: Clause) -> Check:
    unary = _UNARY.get(clause.operator)
    if unary:
        return lambda user, _switches: unary(value_of(user, clause.attribute))
    compare = _BINARY.get(clause.operator.upper() if clause.operator.upper() in _SPELT_VARIOUSLY else clause.operator)

    def check(user: SourceUser, switches: Switches) -> bool:
        value = value_of(user, clause.attribute)
        if value in (None, ""):
            return False
        if isinstance(value, list):
            raise NotKnown("filters do not support attributes with several values")
        if compare is None:
            raise NotKnown("the operator is not documented")
        return compare(value, clause, switches)

    return check


# Operators -----------------------------------------------------------------------------------------------------------


def _is_boolean(wanted: bool) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if isinstance(value, str) and value.lower() in ("true", "false"):
            raise NotKnown("whether a text can be true is not documented")
        return value is wanted

    return check


_UNARY: dict[str, Callable[[Any], bool]] = {
    "IS NULL": lambda value: value in (None, ""),
    "IS NOT NULL": lambda value: value not in (None, ""),
    "IS TRUE": _is_boolean(True),
    "IS FALSE": _is_boolean(False),
}


def _any(test: Test) -> Callable[[Any, Clause, Switches], bool]:
    """An operator that holds for one of the values."""
    return lambda value, clause, _switches: any(test(_text(value, wanted), wanted) for wanted in clause.values)


def _text(value: Any, wanted: str) -> str:
    written = text(value)
    if isinstance(value, bool) and written != wanted and written.lower() == wanted.lower():
        raise NotKnown("how a boolean is compared with a text is not documented")
    return written


def _none(test: Test) -> Callable[[Any, Clause, Switches], bool]:
    """The negation of an operator. Of several values, all or one must not hold: it is not documented which."""

    def check(value: Any, clause: Clause, _switches: Switches) -> bool:
        return _agreed(not test(_text(value, wanted), wanted) for wanted in clause.values)

    return check


def _agreed(outcomes: Iterator[bool]) -> bool:
    found = list(outcomes)
    if any(found) and not all(found):
        raise NotKnown("what a negation of several values means is not documented")
    return any(found)


def _matching(value: Any, clause: Clause, switches: Switches) -> Iterator[bool]:
    """Whether each of the patterns matches."""
    written = text(value)
    for wanted in clause.values:
        pattern = regex.compiled(wanted)
        whole, part = pattern.fullmatch(written) is not None, pattern.search(written) is not None
        if whole != part and switches.regex_anywhere is None:
            raise NotKnown("whether a pattern may match a part of the value is not documented")
        yield part if switches.regex_anywhere else whole


def _matches(value: Any, clause: Clause, switches: Switches) -> bool:
    return any(_matching(value, clause, switches))


def _does_not_match(value: Any, clause: Clause, switches: Switches) -> bool:
    return _agreed(not found for found in _matching(value, clause, switches))


def _counted(test: Callable[[int, int], bool]) -> Test:
    """A comparison of numbers, which must be 0, 1, 2 and so on."""

    def compare(written: str, wanted: str) -> bool:
        if not (COUNT.fullmatch(written) and COUNT.fullmatch(wanted)) or "-" in written + wanted:
            raise NotKnown("the operator is documented for integers only")
        return test(int(written), int(wanted))

    return compare


def _within(written: str, wanted: str) -> bool:
    """The page says that the attribute "exists in the input string value", the sign that bits of a number are set."""
    readings = {written in wanted, wanted in written}
    if COUNT.fullmatch(written) and COUNT.fullmatch(wanted):
        readings.add(int(written) & int(wanted) != 0)
    else:
        readings.add(False)
    if len(readings) > 1:
        raise NotKnown("what the operator compares is documented in several ways")
    return readings.pop()


_BINARY: dict[str, Callable[[Any, Clause, Switches], bool]] = {
    "EQUALS": _any(str.__eq__),
    "NOT EQUALS": _none(str.__eq__),
    "REGEX MATCH": _matches,
    "NOT REGEX MATCH": _does_not_match,
    "ENDS_WITH": _any(str.endswith),
    "INCLUDES": _any(str.__contains__),
    "GREATER_THAN": _any(_counted(int.__gt__)),
    "GREATER_THAN_OR_EQUALS": _any(_counted(int.__ge__)),
    "&": _any(_within),
    "!&": _none(_within),
}
_SPELT_VARIOUSLY = ("INCLUDES", "GREATER_THAN", "GREATER_THAN_OR_EQUALS")
"""Operators whose case is not documented (fact F103)."""

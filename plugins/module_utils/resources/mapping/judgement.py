# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Checks the mappings and filters of a configuration that has no job yet against the documents of Microsoft.

For an existing job, the job decides: its directories list the attributes, its ``parseExpression`` reads the expressions (fact F88).
Without a job, there are three cases for each name:

- documented: it is accepted;
- certainly wrong: it is rejected. This is a documented name in another case or with one or two letters changed, an undocumented
  function or a wrong number of arguments, an operator that does not exist, or an attribute that is documented as not readable or
  not usable in a filter;
- any other name can exist in the tenant: it is reported as not checked, and checked against the job once there is one.

A name that only the tenant can confirm is rejected only if it looks misspelt, because a misspelt attribute leaves users unfiltered.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...plan import Refusal
from . import filters
from .default_schema import GROUP_DIRECT, GROUP_MATCHING
from .documented import (
    CLOUD_SYNC_ONLY,
    COMPARISONS,
    EXTENSION,
    FUNCTIONS,
    KNOWN_NAMES,
    PAIRED,
    SOURCE,
    TARGET,
    UNLIMITED,
    UNREADABLE,
    UNSUPPORTED,
    hint,
    misspelt,
)
from .expression import attributes, calls, shortened
from .wanted import Desired, WantedMapping

OF_GROUPS = frozenset((GROUP_MATCHING, *GROUP_DIRECT))
UNCHECKED = "not checked until the job exists"


def judge(wanted: Desired) -> list[str]:
    """Warnings about the names that cannot be checked without a job. For a configuration without a job; nothing is read or sent.

    :raises Refusal: for a name or an expression that is certainly wrong.
    """
    unchecked = [name for wanted_mapping in wanted.mappings for name in _unchecked_in(wanted_mapping)]
    unchecked += [name for wanted_mapping in wanted.group_mappings for name in _unchecked_of_groups(wanted_mapping)]
    if wanted.filters:
        filters.check(wanted.filters, (), SOURCE)
        clauses = [clause for group in wanted.filters for clause in group["clauses"]]
        unchecked += [name for clause in clauses for name in _unchecked_source(str(clause["attribute"]))]
        unchecked += [f"operator {clause['operator']}" for clause in clauses if clause["operator"] in filters.UNCONFIRMED]
    return [f"{UNCHECKED}: {', '.join(dict.fromkeys(unchecked))}"] if unchecked else []


def _unchecked_in(wanted_mapping: WantedMapping) -> Iterator[str]:
    if wanted_mapping.absent:
        # A mapping that does not exist can be absent, but a misspelt name would keep the mapping that should be removed.
        _reject_misspelt(wanted_mapping.target, "target")
        return
    if wanted_mapping.target not in TARGET:
        _reject_misspelt(wanted_mapping.target, "target")
        yield f"target attribute {wanted_mapping.target}"
    for name in sorted(attributes(wanted_mapping.meaning)):
        yield from _unchecked_source(name)
    yield from _unchecked_functions(wanted_mapping)


def _unchecked_functions(wanted_mapping: WantedMapping) -> Iterator[str]:
    if wanted_mapping.expression is not None:
        for name, count in calls(wanted_mapping.expression):
            yield from _unchecked_function(
                name, count, f"the expression {shortened(wanted_mapping.expression)} for {wanted_mapping.target} is not valid"
            )


def _unchecked_of_groups(wanted_mapping: WantedMapping) -> Iterator[str]:
    """Which attributes of groups the service offers is not documented, beside those that every group has."""
    if wanted_mapping.absent:
        return
    if wanted_mapping.target not in OF_GROUPS:
        yield f"target attribute {wanted_mapping.target} of groups"
    yield from (f"source attribute {name} of groups" for name in sorted(attributes(wanted_mapping.meaning)) if name not in OF_GROUPS)
    yield from _unchecked_functions(wanted_mapping)


def _unchecked_source(name: str) -> Iterator[str]:
    for unreadable in UNREADABLE:
        if name.lower() == unreadable.lower():
            raise Refusal(f"{name!r} cannot be read in the source tenant; the service does not offer it")
    if name not in SOURCE:
        _reject_misspelt(name, "source")
        yield f"source attribute {name}"


def _reject_misspelt(name: str, side: str) -> None:
    if EXTENSION.match(name):
        return
    if name.lower().startswith("extension_"):
        raise Refusal(f"{name!r} is not a directory extension: extension_, the owner's application id without dashes, _ and a name")
    like = misspelt(name, KNOWN_NAMES)
    if like:
        raise Refusal(f"{name!r} is not a documented {side} attribute{hint(like)}")


def _unchecked_function(name: str, count: int, where: str) -> Iterator[str]:
    if name in COMPARISONS:
        return
    if name in UNSUPPORTED:
        raise Refusal(f"{where}: the function {name} is documented for other applications only")
    if name in CLOUD_SYNC_ONLY:
        yield f"function {name}"
        return
    if name not in FUNCTIONS:
        kind = "function" if name[0].isalpha() or name[0] == "_" else "operator"
        like = misspelt(name, FUNCTIONS, 0.6)
        raise Refusal(f"{where}: {name!r} is not a documented {kind}{hint(like)}")
    least, most = FUNCTIONS[name]
    if not least <= count <= most or (name in PAIRED and count % 2):
        raise Refusal(f"{where}: {name} has {count} {'argument' if count == 1 else 'arguments'} instead of {_arguments_of(name)}")


def _arguments_of(name: str) -> str:
    least, most = FUNCTIONS[name]
    if name in PAIRED:
        return f"{least} or more, an even number"
    if least == most:
        return str(least)
    return f"{least} to {most}" if most < UNLIMITED else f"{least} or more"

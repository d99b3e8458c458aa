# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Mappings and filters of a configuration that has no job yet, judged by what Microsoft documents.

An existing job is asked itself: its directories list the attributes, its ``parseExpression`` reads the expressions (fact sheet 4.1).
Without one, three verdicts are possible of each name:

- documented: it is taken;
- certainly wrong: refused. That is a documented name in another case or with a letter or two changed, a function that nothing
  documents or with another number of arguments, an operator that does not exist, an attribute of which it is documented that it can
  be neither read nor filtered by;
- anything else may exist in the tenant: it is named as not checked, and the job judges it once there is one.

So nothing is refused that only a tenant can know, except what looks like a slip; and a slip in a name is what leaves people unfiltered.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...plan import Refusal
from . import filters
from .documented import COMPARISONS, ELSEWHERE, EVEN, EXTENSION, FUNCTIONS, LIKELY, NO_SOURCE, SOURCE, TARGET, UNSUPPORTED, hint, misspelt
from .expression import attributes, calls, shortened
from .wanted import Desired, WantedMapping

UNCHECKED = "not checked until the job exists"


def judge(wanted: Desired) -> list[str]:
    """Warnings of what cannot be judged without a job. Only for a configuration that has none; nothing is read or sent.

    :raises Refusal: for what is certainly wrong.
    """
    unsure = [name for wanted_mapping in wanted.mappings for name in _wanted_mapping(wanted_mapping)]
    if wanted.filters:
        filters.check(wanted.filters, (), SOURCE)
        clauses = [clause for group in wanted.filters for clause in group["clauses"]]
        unsure += [name for clause in clauses for name in _source(str(clause["attribute"]))]
        unsure += [f"operator {clause['operator']}" for clause in clauses if clause["operator"] in filters.UNPROVEN]
    return [f"{UNCHECKED}: {', '.join(dict.fromkeys(unsure))}"] if unsure else []


def _wanted_mapping(wanted_mapping: WantedMapping) -> Iterator[str]:
    if wanted_mapping.absent:
        # What is not there may be named all the same, but a slip would leave there what should go.
        _refuse_slip(wanted_mapping.target, "target")
        return
    if wanted_mapping.target not in TARGET:
        _refuse_slip(wanted_mapping.target, "target")
        yield f"target attribute {wanted_mapping.target}"
    for name in sorted(attributes(wanted_mapping.meaning)):
        yield from _source(name)
    if wanted_mapping.expression is not None:
        for name, count in calls(wanted_mapping.expression):
            yield from _function(
                name, count, f"the expression {shortened(wanted_mapping.expression)} for {wanted_mapping.target} is not valid"
            )


def _source(name: str) -> Iterator[str]:
    for unreadable in NO_SOURCE:
        if name.lower() == unreadable.lower():
            raise Refusal(f"{name!r} cannot be read in the source tenant; the service does not offer it")
    if name not in SOURCE:
        _refuse_slip(name, "source")
        yield f"source attribute {name}"


def _refuse_slip(name: str, side: str) -> None:
    if EXTENSION.match(name):
        return
    if name.lower().startswith("extension_"):
        raise Refusal(
            f"{name!r} is no directory extension; those are named extension_, the owner's application id without dashes, _ and a name"
        )
    like = misspelt(name, LIKELY)
    if like:
        raise Refusal(f"{name!r} is no {side} attribute that is documented{hint(like)}")


def _function(name: str, count: int, where: str) -> Iterator[str]:
    if name in COMPARISONS:
        return
    if name in UNSUPPORTED:
        raise Refusal(f"{where}: the function {name} is documented for other applications only")
    if name in ELSEWHERE:
        yield f"function {name}"
        return
    if name not in FUNCTIONS:
        kind = "function" if name[0].isalpha() or name[0] == "_" else "operator"
        like = misspelt(name, FUNCTIONS, 0.6)
        raise Refusal(f"{where}: {name!r} is no documented {kind}{hint(like)}")
    least, most = FUNCTIONS[name]
    if not least <= count <= most or (name in EVEN and count % 2):
        raise Refusal(f"{where}: {name} has {count} {'argument' if count == 1 else 'arguments'} instead of {_wanted(name)}")


def _wanted(name: str) -> str:
    least, most = FUNCTIONS[name]
    if name in EVEN:
        return f"{least} or more, an even number"
    if least == most:
        return str(least)
    return f"{least} to {most}" if most < 100 else f"{least} or more"

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The documented form of the objects that planners use as Graph returned them: jobs (fact F65).

Other objects are converted while they are read, and `schema` checks the form of a schema. A job is checked when it is received, so that
no planner gets an unexpected form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, Union

from ..graph.client import Request

Form: TypeAlias = Union["type", "tuple[type, ...]", "Members", "Each"]


@dataclass(frozen=True)
class Members:
    """An object. Its members have the given forms or are null; those in ``needed`` must not be missing. Members that are only shown or
    compared are not listed.
    """

    forms: Mapping[str, Form]
    needed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Each:
    """A list whose members have the same form."""

    form: Form


NUMBER = (int, float)
_CYCLE = Members({"timeBegan": str, "timeEnded": str})
_PROGRESS = Members({"completedUnits": NUMBER, "totalUnits": NUMBER, "progressObservationDateTime": str})
_ERROR = Members({})
JOB = Members(
    {
        "id": str,
        "templateId": str,
        "schedule": Members({}),
        "status": Members(
            {
                "lastExecution": _CYCLE,
                "lastSuccessfulExecution": _CYCLE,
                "steadyStateFirstAchievedTime": str,
                "steadyStateLastAchievedTime": str,
                "progress": Each(_PROGRESS),
                "quarantine": Members({"currentBegan": str, "seriesBegan": str, "error": _ERROR}),
                "synchronizedEntryCountByType": Each(Members({"key": str}, ("key", "value"))),
            }
        ),
    },
    ("id",),
)

_FORMS: tuple[tuple[re.Pattern[str], Form], ...] = (
    (re.compile(r"/synchronization/jobs$"), Members({"value": Each(JOB)}, ("value",))),
    (re.compile(r"/synchronization/jobs/[^/]+$"), JOB),
)


def lack(request: Request, body: Any) -> str | None:
    """How the body of an answer differs from the documented form, as a clause such as ``status is not an object``; ``None`` if it does not
    differ, or if the form is not in this table.
    """
    if request.method != "GET" or "/synchronization/" not in request.path:
        return None
    path = request.path.partition("?")[0]
    form = next((form for pattern, form in _FORMS if pattern.search(path)), None)
    if form is None:
        return None
    return _lack(form, body, "it")


def _lack(form: Form, value: Any, place: str) -> str | None:
    if isinstance(form, Members):
        if not isinstance(value, dict):
            return f"{place} is not an object"
        for name in form.needed:
            if value.get(name) is None:
                return f"{place} has no {name}"
        for name, inner in form.forms.items():
            member = value.get(name)
            if member is not None:
                found = _lack(inner, member, name if place == "it" else f"{place}.{name}")
                if found:
                    return found
        return None
    if isinstance(form, Each):
        if not isinstance(value, Sequence) or isinstance(value, str):
            return f"{place} is not a list"
        return next((found for number, member in enumerate(value) if (found := _lack(form.form, member, f"{place}[{number}]"))), None)
    return None if isinstance(value, form) else f"{place} has another type"

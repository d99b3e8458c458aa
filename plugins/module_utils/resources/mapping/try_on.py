# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Tries changed mappings on real users: what the service's own parser makes of them, before they are written (facts F88, F90).

Constants and attributes need no parser. Without a job there is no parser; then the engine of consequences evaluates the expressions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...graph.batch import read_all
from ...graph.client import Client, Request
from ...graph.odata import requests_by
from ...plan import Unseen
from ..consequences.evaluate import Unknown, evaluate
from ..consequences.model import SourceUser
from ..consequences.population import select_source, source_user
from ..directory import find_people, listed
from .expression import Canonical, attributes, source_meaning
from .new_schema import Current, new_schema
from .schema import definitions, row_meaning, rows, user_mapping
from .types import Row, Schema, Tried, TriedChange
from .wanted import Desired

LONGEST = {
    "city": 128,
    "companyName": 64,
    "country": 128,
    "department": 64,
    "displayName": 256,
    "givenName": 64,
    "jobTitle": 128,
    "mailNickname": 64,
    "mobile": 64,
    "postalCode": 40,
    "state": 128,
    "streetAddress": 1024,
    "surname": 64,
    **{f"extensionAttribute{number}": 1024 for number in range(1, 16)},
}
"""The documented maximum lengths of target attributes, in characters (fact F177). A length in the schema's own metadata wins."""
MAXIMUM_LENGTH = "MaximumLength"

_REPEATED = re.compile(r"(\s*[(\[][^()\[\]]+[)\]])\1\s*$")
"""A suffix in parentheses that the value ends with twice."""
_EXTERNAL = "#EXT#"


@dataclass(frozen=True)
class Change:
    """A mapping that is added, removed or changed."""

    target: str
    before: Row | None
    after: Row | None
    longest: int | None
    """The largest number of characters that the target attribute takes."""


@dataclass(frozen=True)
class Question:
    """An expression and the user for whom it is evaluated."""

    expression: str
    user: SourceUser


def on_users(client: Client, current: Current, wanted: Desired) -> tuple[Tried, ...]:
    """The changed attributes of the users that the option ``try_on`` names. Without a changed mapping, nobody is read.

    :raises Refusal: if a user does not exist, or the mappings are not possible in this schema.
    """
    changes = changed(current.schema, new_schema(current, wanted)) if wanted.try_on else []
    if not changes:
        return ()
    meanings = [_meaning(row) for change in changes for row in (change.before, change.after)]
    users = _find_users(client, wanted.try_on, frozenset().union(*map(attributes, meanings)))
    answers = _ask(client, current.path, list(_questions(changes, users)))
    return tuple(_tried(user, changes, answers) for user in users)


def _find_users(client: Client, names: Sequence[str], needed: frozenset[str]) -> list[SourceUser]:
    """The users whom the names mean, in their order, with the attributes that the mappings read.

    :raises Refusal: naming all that are unknown or ambiguous.
    """
    ids = list(dict.fromkeys(principal.id for principal in find_people(client, names).values()))
    answers = read_all(client, list(requests_by("/users", "id", select_source(needed), ids)))
    found = {str(raw["id"]): source_user(raw, needed) for raw in listed(client, (answer.body for answer in answers))}
    gone = [user_id for user_id in ids if user_id not in found]
    if gone:
        raise Unseen(f"user {', '.join(gone)} was found by name, but cannot be read by id; run again in a minute")
    return [found[user_id] for user_id in ids]


def changed(before: Schema, after: Schema) -> list[Change]:
    """The mappings of users that differ, by target attribute."""
    old, new = (rows(user_mapping(schema) or {}) for schema in (before, after))
    defined = definitions(after, "target")
    return [
        Change(target, old.get(target), new.get(target), longest(target, defined.get(target)))
        for target in sorted({*old, *new})
        if _row_meaning(old.get(target)) != _row_meaning(new.get(target))
    ]


def _row_meaning(row: Row | None) -> tuple[Any, ...] | None:
    return row_meaning(row) if row else None


def longest(target: str, definition: Mapping[str, Any] | None) -> int | None:
    """The largest number of characters of a target attribute: from its definition in the schema, otherwise the documented one."""
    for entry in (definition or {}).get("metadata") or ():
        if entry.get("key") == MAXIMUM_LENGTH and str(entry.get("value")).strip('"').isdigit():
            return int(str(entry["value"]).strip('"'))
    return LONGEST.get(target)


def _meaning(row: Row | None) -> Canonical | None:
    return source_meaning(row.get("source")) if row else None


# Values --------------------------------------------------------------------------------------------------------------


def _questions(changes: Iterable[Change], users: Sequence[SourceUser]) -> Iterator[Question]:
    """What only a parser can answer: the functions, for each user."""
    for change in changes:
        for row in (change.before, change.after):
            if row and (_meaning(row) or ("",))[0] == "function":
                yield from (Question(_expression(row), user) for user in users)


def _expression(row: Row) -> str:
    return str((row.get("source") or {}).get("expression") or "")


def _ask(client: Client, path: str | None, questions: Sequence[Question]) -> dict[tuple[str, str], Any]:
    """The values by expression and user id, ``None`` for an empty one, `Unknown` where the service returns none. Without a job, nobody is
    asked.
    """
    if path is None or not questions:
        return {}
    distinct = list({(question.expression, question.user.id): question for question in questions if question.expression}.items())
    requests = [
        Request(
            "POST",
            f"{path}/parseExpression",
            {"expression": question.expression, "testInputObject": _test_object(question.user)},
            only_asks=True,
        )
        for _key, question in distinct
    ]
    answers = read_all(client, requests)
    return {key: _value(answer.body) for (key, _question), answer in zip(distinct, answers, strict=True)}


def _test_object(user: SourceUser) -> dict[str, Any]:
    """The user as the parser takes one. An attribute without a value is left out."""
    return {"definition": None, "properties": [{"key": name, "value": _text(value)} for name, value in sorted(user.attributes.items())]}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(body: Any) -> Any:
    """The value that the parser returns as a list of texts: of several, a list."""
    if not isinstance(body, Mapping) or not body.get("evaluationSucceeded"):
        error = body.get("error") if isinstance(body, Mapping) else None
        reason = error.get("message") if isinstance(error, Mapping) else None
        return Unknown(f"the service cannot evaluate it: {reason or 'it returned no reason'}")
    values = body.get("evaluationResult") or []
    return (values[0] if len(values) == 1 else values) if values else None


def _evaluated(row: Row | None, user: SourceUser, answers: Mapping[tuple[str, str], Any]) -> Any:
    """The value that a mapping gives for a user; ``None`` without a mapping, `Unknown` if it is not known."""
    meaning = _meaning(row)
    if row is None or meaning is None:
        return None
    unread = attributes(meaning) & user.unread
    if unread:
        return Unknown(f"the attribute {', '.join(sorted(unread))} of the user cannot be read")
    key = (_expression(row), user.id)
    value = answers[key] if key in answers else evaluate(meaning, user)
    return None if value in ("", []) else value


# Results -------------------------------------------------------------------------------------------------------------


def _tried(user: SourceUser, changes: Iterable[Change], answers: Mapping[tuple[str, str], Any]) -> Tried:
    found: list[TriedChange] = []
    warnings: list[str] = []
    for change in changes:
        before, after = (_evaluated(row, user, answers) for row in (change.before, change.after))
        if change.after is not None:
            warnings += cautions(change, before, after)
        unknown = after.reason if isinstance(after, Unknown) else None
        if unknown is not None or before != after:
            found.append({"attribute": change.target, "before": _shown(before), "after": _shown(after), "unknown": unknown})
    return {"user_principal_name": user.name, "changes": found, "warnings": warnings}


def _shown(value: Any) -> Any:
    return None if isinstance(value, Unknown) else value


def cautions(change: Change, before: Any, after: Any) -> list[str]:
    """What is wrong with a value, one sentence each without a full stop: it is empty, too long, or has a suffix twice (fact F96)."""
    target, row = change.target, change.after or {}
    if isinstance(after, Unknown):
        return [f"the value of {target} is not known: {after.reason}"]
    if after is None:
        if row.get("defaultValue"):
            return [
                f"{target} has no value, so a new user gets the default {row['defaultValue']!r}, and an existing one keeps the old value"
            ]
        kept = f", so the target keeps {before!r}" if before not in (None, "") and not isinstance(before, Unknown) else ""
        return [f"{target} has no value, and an empty value is not synchronized{kept}"]
    text = after if isinstance(after, str) else _text(after)
    found = []
    if change.longest is not None and len(text) > change.longest:
        found.append(f"{target} has {len(text)} characters, and the target takes at most {change.longest}: {text!r}")
    repeated = _REPEATED.search(text)
    if repeated:
        found.append(f"{target} ends twice with {repeated[1].strip()!r}: {text!r}")
    if _EXTERNAL in text.upper() and target in ("userPrincipalName", "mail", "mailNickname", "displayName"):
        found.append(f"{target} contains {_EXTERNAL}, which the target adds to the names of external users: {text!r}")
    return found


def warned(tried: Iterable[Tried]) -> tuple[str, ...]:
    """The warnings about all users, with their names."""
    return tuple(f"{user['user_principal_name']}: {text}" for user in tried for text in user["warnings"])


def facts(current: Current, wanted: Desired) -> dict[str, Any]:
    """The return value; it is there if users were named."""
    return {"tried": list(current.tried)} if wanted.try_on else {}

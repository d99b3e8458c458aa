# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a file that somebody wrote, in one sentence for each mistake, with the nearest right word."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean ...?``, or nothing if no known word is near."""
    names = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(word.casefold(), names, n=1)
    return f"; did you mean {names[found[0]]}?" if found else ""


def explained(problem: ValidationError, model: type[BaseModel]) -> str:
    """The mistakes that a model has found, each with its place."""
    schema = model.model_json_schema()
    return "; ".join(_sentence(error["type"], error["loc"], error["msg"], schema) for error in problem.errors())


def _sentence(kind: str, place: tuple[int | str, ...], message: str, schema: dict[str, Any]) -> str:
    shown = ".".join(str(part) for part in place) or schema["title"].lower()
    if kind != "extra_forbidden":
        return f"{shown}: {message.removeprefix('Value error, ')}"
    members = _at(schema, place[:-1]).get("properties", {})
    return f"{shown}: there is no member {place[-1]}{nearest(str(place[-1]), list(members))}"


def _at(schema: dict[str, Any], place: tuple[int | str, ...]) -> dict[str, Any]:
    """The part of a schema that describes a place in a document."""
    found: dict[str, Any] = schema
    for part in place:
        inner = found.get("items", {}) if isinstance(part, int) else found.get("properties", {}).get(part, {})
        choices = [inner, *inner.get("anyOf", ())]
        reference = next((choice["$ref"] for choice in choices if "$ref" in choice), None)
        found = schema["$defs"][reference.rsplit("/", 1)[-1]] if reference else inner
    return found


def twice(values: Iterable[str]) -> str | None:
    """The first value that occurs more than once."""
    return next((value for value, count in Counter(values).items() if count > 1), None)

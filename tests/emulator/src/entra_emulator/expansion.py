# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``$expand`` of the relations of directory objects (fact F286)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from . import errors, limited, odata
from .call import Call, Reply
from .errors import bad_request
from .odata import Kind
from .permissions import PERMISSIONS
from .relations import OF, Relation
from .state import GraphObject

MOST_EXPANDED = 20
"""$expand shows no more, and has no next page."""
EXPAND = frozenset({"$expand"})
FORM = re.compile(r"([A-Za-z]+)(?:\(\$select=([A-Za-z,]+)\))?")


@dataclass(frozen=True)
class Expansion:
    """The relation that a request expands, and the properties that it wants of the related objects."""

    name: str
    relation: Relation
    select: tuple[str, ...]


def asked(call: Call, kind: Kind) -> Expansion | None:
    """What ``$expand`` says, checked; none without it. A request expands one relation (F286)."""
    text = call.request.query.get("$expand")
    if text is None:
        return None
    form = FORM.fullmatch(text)
    relation = OF[kind].get(form[1]) if form else None
    if form is None or relation is None:
        raise bad_request(f"Parsing OData Select and Expand failed: Could not find a property named '{text}' on type '{kind.type_name}'.")
    if call.advanced and call.request.query.get("$count") == "true":
        raise bad_request("$expand is not supported with advanced queries.", "Request_UnsupportedQuery")
    if not call.caller.roles.intersection(PERMISSIONS[("GET", relation.path)]):
        raise errors.forbidden(call.request.path)
    return Expansion(form[1], relation, tuple((form[2] or "").split(",")) if form[2] else ())


def _related(call: Call, expansion: Expansion, object_id: str) -> Any:
    found = list(expansion.relation.of(call.tenant, object_id))[:MOST_EXPANDED]
    shown = [_shown(call, item, kind, expansion.select) for item, kind in found]
    return next(iter(shown), None) if expansion.relation.single else shown


def _shown(call: Call, item: GraphObject, kind: Kind, select: tuple[str, ...]) -> GraphObject:
    unknown = [name for name in select if name not in kind.properties]
    if unknown:
        raise bad_request(f"Could not find a property named '{unknown[0]}' on type '{kind.type_name}'.", "BadRequest")
    return limited.shown(call, item, kind, select)


def collection(call: Call, kind: Kind, items: Iterable[GraphObject]) -> Reply:
    """A page of entities, each with what ``$expand`` asks for."""
    expansion = asked(call, kind)
    if expansion is None:
        return odata.collection(call, kind, items)
    select = call.request.query.get("$select")
    added = select is not None and "id" not in select.split(",")
    query = {**call.request.query, "$select": f"{select},id"} if added else call.request.query
    reply = odata.collection(replace(call, request=replace(call.request, query=query)), kind, items)
    for shown in reply.body["value"]:
        object_id = shown.pop("id") if added else shown["id"]
        shown[expansion.name] = _related(call, expansion, object_id)
    return reply


def single(call: Call, kind: Kind, item: GraphObject) -> Reply:
    """One entity with what ``$expand`` asks for."""
    expansion = asked(call, kind)
    extra = {} if expansion is None else {expansion.name: _related(call, expansion, str(item["id"]))}
    return odata.single(call, kind, item, extra)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The schema as it should be: the wanted mappings applied to the one that is there, or to a template's or a backup's. Pure; nothing is sent.

What is not ours goes back as it came (fact sheet 4.2).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...plan import Refusal
from .. import job
from . import filters
from .default_schema import MATCHING, SOFT_DELETED
from .documented import EXTENSION, hint, misspelt
from .expression import attribute_source, attributes, constant_source, source_meaning
from .schema import (
    APPLY,
    definitions,
    flow_types,
    flows,
    plain,
    row_meaning,
    rows,
    user_mapping,
    with_definition,
)
from .types import ObjectMapping, Row, Schema, Source
from .wanted import PROTECTED, Desired, WantedMapping

ESSENTIAL = (*PROTECTED, "userPrincipalName", "accountEnabled")
"""What an exact list keeps although it does not name it: without them people have no name or cannot be blocked."""
NEW_ROW: Row = {"flowBehavior": "FlowWhenChanged", "matchingPriority": 0, "exportMissingReferences": False}


@dataclass(frozen=True)
class Current:
    """What is there. ``parsed`` holds the service's own reading of the wanted expressions that differ from what is there."""

    path: str | None
    schema: Schema
    base: Schema
    """What the wanted mappings are applied to: the schema itself, the template's, or the backup that is restored."""
    parsed: Mapping[str, Source] = field(default_factory=dict)
    operators: frozenset[str] = frozenset()
    unmet: str | None = None
    there: job.Current = job.NOWHERE
    """The configuration and its job, which has to be restarted after a change."""


def new_schema(current: Current, wanted: Desired) -> Schema:
    """The whole schema as it should be. Only rules come from a template or a backup; ids and versions are the job's own."""
    # Only rules are changed, and the directories beside them are large.
    new: Schema = {**current.schema, "synchronizationRules": copy.deepcopy(current.schema.get("synchronizationRules") or [])}
    if current.base is not current.schema:
        if current.base.get("synchronizationRules"):
            new["synchronizationRules"] = copy.deepcopy(current.base["synchronizationRules"])
        if current.base.get("directories"):
            new["directories"] = copy.deepcopy(current.base["directories"])
        _keep_rule_ids(new, current.schema)
        # Without a job nothing is known of how people are joined.
        _keep_locked(people_of(new, wanted), user_mapping(current.schema) if current.path else None, wanted)
    new = _declared(new, wanted)
    mapping = people_of(new, wanted)
    for wanted_mapping in wanted.mappings:
        _grant(wanted_mapping, mapping, new, current)
    if wanted.exact:
        named = {one.target for one in wanted.mappings}
        required = {name for name, one in definitions(new, "target").items() if one.get("required")}
        kept = named | required | {*ESSENTIAL}
        mapping["attributeMappings"] = [
            row
            for row in mapping["attributeMappings"]
            if not row.get("targetAttributeName") or row["targetAttributeName"] in kept or row.get("matchingPriority")
        ]
    if wanted.filters is not None and wanted.filters != filters.shown(mapping):
        filters.check(wanted.filters, current.operators, definitions(new, "source"))
        _refuse_unknown([one["attribute"] for group in wanted.filters for one in group["clauses"]], new, "source")
        mapping["scope"] = {**(mapping.get("scope") or {}), "groups": filters.written(wanted.filters)}
    if wanted.target_actions is not None and set(wanted.target_actions) != set(flows(mapping)):
        mapping["flowTypes"] = flow_types(wanted.target_actions, mapping.get("flowTypes"))
    return new


def people_of(schema: Schema, wanted: Desired) -> ObjectMapping:
    """The mapping of people.

    :raises Refusal: when there is none.
    """
    mapping = user_mapping(schema)
    if mapping is None and wanted.reset:
        raise Refusal(f"the default mappings of configuration {wanted.configuration!r} have no mapping of people; nothing can be reset")
    if mapping is None:
        raise Refusal(f"the job of configuration {wanted.configuration!r} has no mapping of people; set reset to restore the defaults")
    return mapping


def _keep_locked(mapping: ObjectMapping, old: ObjectMapping | None, wanted: Desired) -> None:
    """People are joined and kept out as they are now, whatever a backup or a template says (fact sheet 4.3 and 4.4).

    :raises Refusal: when a backup means something else by it, so that what it was a backup of is not what would be restored.
    """
    if old is None:
        return
    if wanted.restore is not None:
        if (_locked(mapping), plain(_input_filter(mapping))) != (_locked(old), plain(_input_filter(old))):
            raise Refusal("the matching attribute and the built-in filter must stay as they are; this backup changes them")
        ours = rows(old).get(SOFT_DELETED)
        if ours is not None and row_meaning(ours) != row_meaning(rows(mapping).get(SOFT_DELETED) or {}):
            raise Refusal(f"the mapping of {SOFT_DELETED} must stay as it is, because people are removed by it; this backup changes it")
    locked = [row for row in old.get("attributeMappings") or () if row.get("matchingPriority")]
    theirs = [row for row in mapping["attributeMappings"] if row.get("matchingPriority")]
    if locked != theirs:
        mapping["attributeMappings"] = [*copy.deepcopy(locked), *(row for row in mapping["attributeMappings"] if row not in theirs)]
    if _input_filter(mapping) != _input_filter(old):
        mapping["scope"] = {**(mapping.get("scope") or {}), "inputFilterGroups": copy.deepcopy(_input_filter(old))}


def _locked(mapping: ObjectMapping) -> dict[str, Any]:
    """What the rows mean by which people are joined."""
    return {target: row_meaning(row) for target, row in rows(mapping).items() if target == MATCHING or row.get("matchingPriority")}


def _keep_rule_ids(new: Schema, schema: Schema) -> None:
    """A template's rules have the job's ids: the service knows a rule by its id (fact sheet 13.7 and 14.1)."""
    ids = {rule.get("name"): rule.get("id") for rule in schema.get("synchronizationRules") or ()}
    for rule in new.get("synchronizationRules") or ():
        known = ids.get(rule.get("name"))
        if known:
            rule["id"] = known


def _declared(schema: Schema, wanted: Desired) -> Schema:
    """With every wanted directory extension among the definitions, since the service lists one only after it was discovered."""
    for wanted_mapping in wanted.mappings:
        if not wanted_mapping.absent:
            for side, names in (("target", [wanted_mapping.target]), ("source", sorted(attributes(wanted_mapping.meaning)))):
                schema = _with_extensions(schema, side, names)
    if wanted.filters is not None:
        schema = _with_extensions(schema, "source", [one["attribute"] for group in wanted.filters for one in group["clauses"]])
    return schema


def _with_extensions(schema: Schema, side: str, names: Iterable[str]) -> Schema:
    for name in names:
        known = definitions(schema, side)
        if known and name.lower() not in {one.lower() for one in known} and EXTENSION.match(name):
            schema = with_definition(schema, side, name)
    return schema


def _grant(wanted_mapping: WantedMapping, mapping: ObjectMapping, schema: Schema, current: Current) -> None:
    """Change the one mapping in place, if it does not mean the same already."""
    row = rows(mapping).get(wanted_mapping.target)
    if wanted_mapping.absent:
        if row is not None:
            _refuse_required(row, schema)
            mapping["attributeMappings"].remove(row)
        elif not EXTENSION.match(wanted_mapping.target):
            _refuse_slip(wanted_mapping.target, {*definitions(schema, "target"), *rows(mapping)})
        return
    _refuse_unknown([wanted_mapping.target], schema, "target")
    _refuse_unknown(sorted(attributes(wanted_mapping.meaning)), schema, "source")
    wanted = _row(wanted_mapping, row, current)
    if row is None:
        mapping["attributeMappings"].append(wanted)
    elif row_meaning(row) != row_meaning(wanted):
        row.update(wanted)


def _row(wanted_mapping: WantedMapping, row: Row | None, current: Current) -> Row:
    """The row as it should be: what was not named keeps what it has."""
    base: Row = {**row} if row else {"targetAttributeName": wanted_mapping.target, **NEW_ROW}
    source = base.get("source")
    if source is None or source_meaning(source) != wanted_mapping.meaning:
        source = _source(wanted_mapping, current)
    flow_type = APPLY[wanted_mapping.apply] if wanted_mapping.apply else base.get("flowType") or APPLY["always"]
    default = wanted_mapping.default if wanted_mapping.default is not None else base.get("defaultValue")
    return {**base, "source": source, "flowType": flow_type, "defaultValue": default}


def _source(wanted_mapping: WantedMapping, current: Current) -> Source:
    if wanted_mapping.source is not None:
        return attribute_source(wanted_mapping.source)
    if wanted_mapping.constant is not None:
        return constant_source(wanted_mapping.constant)
    unparsed: Source = {
        "type": "Function",
        "name": str(wanted_mapping.meaning[1]),
        "expression": wanted_mapping.expression,
        "parameters": [],
    }
    return current.parsed.get(wanted_mapping.target) or unparsed


def _refuse_required(row: Row, schema: Schema) -> None:
    target = row["targetAttributeName"]
    if row.get("matchingPriority") or definitions(schema, "target").get(target, {}).get("required"):
        raise Refusal(f"the mapping of {target} is required by the service and cannot be removed")


def _refuse_unknown(names: Sequence[str], schema: Schema, side: str) -> None:
    """Refuse names that the job's directories do not know, where they list any; names are case-sensitive (fact sheet 4.3)."""
    known = definitions(schema, side)
    for name in names:
        if known and name not in known:
            raise Refusal(f"{name!r} is no {side} attribute of this configuration{hint(misspelt(name, known, 0.6))}")


def _refuse_slip(target: str, known: set[str]) -> None:
    """A mapping that is not there need not be removed, but a slip in its name would leave the one that is meant."""
    like = misspelt(target, sorted(known))
    if like:
        raise Refusal(f"{target!r} is no target attribute of this configuration{hint(like)}")


def _input_filter(mapping: ObjectMapping) -> Any:
    return (mapping.get("scope") or {}).get("inputFilterGroups") or []

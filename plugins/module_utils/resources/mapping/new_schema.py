# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The desired schema: the wanted mappings applied to the current schema, to that of a template or to a backup. Pure; nothing is sent.

Everything that the options do not manage is sent back unchanged (fact F84).
"""

from __future__ import annotations

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
    Side,
    copied,
    definitions,
    flow_types,
    flows,
    group_mapping,
    row_meaning,
    rows,
    user_mapping,
    with_definition,
    without_empty,
)
from .types import ObjectMapping, Row, Schema, Source, Tried
from .wanted import PROTECTED, Desired, WantedMapping

ESSENTIAL = (*PROTECTED, "userPrincipalName", "accountEnabled")
"""The mappings that an exact list keeps even if it does not name them: without them users have no name or cannot be blocked."""
NEW_ROW: Row = {"flowBehavior": "FlowWhenChanged", "matchingPriority": 0, "exportMissingReferences": False}


@dataclass(frozen=True)
class Current:
    """The current state. ``parsed`` holds the service's parsed form of the wanted expressions that differ from the current ones, by target
    attribute. ``path`` is the path of the schema, ``None`` without a job.
    """

    path: str | None
    schema: Schema
    base: Schema
    """The schema that the wanted mappings are applied to: the current one, the template's, or the backup that is restored."""
    parsed: Mapping[str, Source] = field(default_factory=dict)
    operators: frozenset[str] = frozenset()
    unmet: str | None = None
    parent: job.Current = job.MISSING
    """The configuration and its job, which has to be restarted after a change."""
    tried: tuple[Tried, ...] = ()
    """The changed attributes of the users on whom the mappings are tried."""
    group_parsed: Mapping[str, Source] = field(default_factory=dict)
    """As ``parsed``, of the mappings of groups."""


def new_schema(current: Current, wanted: Desired) -> Schema:
    """The whole desired schema, as Graph holds it. Rules and directories come from the base; ids and versions are the job's own.

    :raises Refusal: if a mapping or a filter is not possible in this schema.
    """
    # Only the rules are copied, because only they are changed and the directories are large.
    new: Schema = {**current.schema, "synchronizationRules": copied(current.schema.get("synchronizationRules") or [])}
    if current.base is not current.schema:
        if current.base.get("synchronizationRules"):
            new["synchronizationRules"] = copied(current.base["synchronizationRules"])
        if current.base.get("directories"):
            new["directories"] = copied(current.base["directories"])
        _keep_rule_ids(new, current.schema)
        # Without a job, the matching attribute of the job is not known.
        _keep_matching(required_user_mapping(new, wanted), user_mapping(current.schema) if current.path else None, wanted)
        _keep_groups(new, current, wanted)
    new = _with_wanted_extensions(new, wanted)
    mapping = required_user_mapping(new, wanted)
    for wanted_mapping in wanted.mappings:
        _apply_mapping(wanted_mapping, mapping, new, current.parsed)
    _apply_groups(new, current, wanted)
    if wanted.exact:
        named = {wanted_mapping.target for wanted_mapping in wanted.mappings}
        required = {name for name, definition in definitions(new, "target").items() if definition.get("required")}
        kept = named | required | {*ESSENTIAL}
        mapping["attributeMappings"] = [
            row
            for row in mapping["attributeMappings"]
            if not row.get("targetAttributeName") or row["targetAttributeName"] in kept or row.get("matchingPriority")
        ]
    if wanted.filters is not None and wanted.filters != filters.shown(mapping):
        filters.check(wanted.filters, current.operators, definitions(new, "source"))
        _reject_unknown([clause["attribute"] for group in wanted.filters for clause in group["clauses"]], new, "source")
        mapping["scope"] = {**(mapping.get("scope") or {}), "groups": filters.to_graph(wanted.filters)}
    if wanted.target_actions is not None and set(wanted.target_actions) != set(flows(mapping)):
        mapping["flowTypes"] = flow_types(wanted.target_actions, mapping.get("flowTypes"))
    return new


def required_user_mapping(schema: Schema, wanted: Desired) -> ObjectMapping:
    """The mapping of users.

    :raises Refusal: if the schema has none.
    """
    mapping = user_mapping(schema)
    if mapping is None and wanted.reset:
        raise Refusal(f"the default mappings of configuration {wanted.configuration!r} contain no mapping of users; nothing can be reset")
    if mapping is None:
        raise Refusal(f"the job of configuration {wanted.configuration!r} has no mapping of users; set reset to restore the defaults")
    return mapping


def required_group_mapping(schema: Schema, wanted: Desired) -> ObjectMapping:
    """The mapping of groups.

    :raises Refusal: if the schema has none, as that of a job that is older than the synchronization of groups (fact F106).
    """
    mapping = group_mapping(schema)
    if mapping is not None and rows(mapping):
        return mapping
    if wanted.reset:
        raise Refusal(
            f"the default mappings of configuration {wanted.configuration!r} contain no mapping of groups; the service does not offer the "
            "synchronization of groups in this tenant"
        )
    raise Refusal(
        f"the job of configuration {wanted.configuration!r} has no mapping of groups: the service has not given it one, for example because "
        "the job is older than the synchronization of groups; set reset to start from the default mappings, which have one, and name your "
        "own mappings and filters in the same task"
    )


def _keep_groups(new: Schema, current: Current, wanted: Desired) -> None:
    """Keep the matching of groups, and with a reset also whether they are synchronized: that is a switch, not a mapping."""
    old, mapping = group_mapping(current.schema) if current.path else None, group_mapping(new)
    if old is None or mapping is None:
        return
    if _matching(old):
        _keep_matching(mapping, old, wanted)
    if wanted.reset:
        mapping["enabled"] = bool(old.get("enabled"))


def _apply_groups(new: Schema, current: Current, wanted: Desired) -> None:
    """Switch groups on or off, and change their mappings, in place. Without a mapping of groups they are off."""
    if not (wanted.groups or wanted.group_mappings):
        mapping = group_mapping(new)
        if mapping is not None and wanted.groups is False:
            mapping["enabled"] = False
        return
    mapping = required_group_mapping(new, wanted)
    for wanted_mapping in wanted.group_mappings:
        _reject_change_of_matching(wanted_mapping, mapping)
        _apply_mapping(wanted_mapping, mapping, new, current.group_parsed, mapping)
    if wanted.groups is not None:
        mapping["enabled"] = wanted.groups


def _reject_change_of_matching(wanted_mapping: WantedMapping, mapping: ObjectMapping) -> None:
    """The service finds a group that it created by this mapping."""
    row = rows(mapping).get(wanted_mapping.target)
    changes = row is not None and row.get("matchingPriority") and not wanted_mapping.absent
    if row is not None and changes and source_meaning(row.get("source")) != wanted_mapping.meaning:
        raise Refusal(f"the group mapping of {wanted_mapping.target} must stay as the service created it; the service matches groups by it")


def _keep_matching(mapping: ObjectMapping, old: ObjectMapping | None, wanted: Desired) -> None:
    """Keep the matching attribute and the built-in filter of the job, regardless of a backup or a template (facts F93, F102).

    :raises Refusal: if a backup has others: the state that it was taken of would not be restored.
    """
    if old is None:
        return
    if wanted.restore is not None:
        if (_matching(mapping), without_empty(_input_filter(mapping))) != (_matching(old), without_empty(_input_filter(old))):
            raise Refusal("the matching attribute and the built-in filter must stay as they are; this backup changes them")
        soft_deleted = rows(old).get(SOFT_DELETED)
        if soft_deleted is not None and row_meaning(soft_deleted) != row_meaning(rows(mapping).get(SOFT_DELETED) or {}):
            raise Refusal(f"the mapping of {SOFT_DELETED} must stay as it is, because it carries deletions over; this backup changes it")
    matching = [row for row in old.get("attributeMappings") or () if row.get("matchingPriority")]
    replaced = [row for row in mapping["attributeMappings"] if row.get("matchingPriority")]
    if matching != replaced:
        mapping["attributeMappings"] = [*copied(matching), *(row for row in mapping["attributeMappings"] if row not in replaced)]
    if _input_filter(mapping) != _input_filter(old):
        mapping["scope"] = {**(mapping.get("scope") or {}), "inputFilterGroups": copied(_input_filter(old))}


def _matching(mapping: ObjectMapping) -> dict[str, Any]:
    """The meanings of the rows that match users, by target attribute."""
    return {target: row_meaning(row) for target, row in rows(mapping).items() if target == MATCHING or row.get("matchingPriority")}


def _keep_rule_ids(new: Schema, schema: Schema) -> None:
    """Give a template's rules the ids of the job: the service identifies a rule by its id (fact F86)."""
    ids = {rule.get("name"): rule.get("id") for rule in schema.get("synchronizationRules") or ()}
    for rule in new.get("synchronizationRules") or ():
        known = ids.get(rule.get("name"))
        if known:
            rule["id"] = known


def _with_wanted_extensions(schema: Schema, wanted: Desired) -> Schema:
    """The schema with all wanted directory extensions defined: the service lists an extension only after it discovered it."""
    listed = [(wanted_mapping, None) for wanted_mapping in wanted.mappings]
    for wanted_mapping, mapping in [*listed, *((wanted_mapping, group_mapping(schema)) for wanted_mapping in wanted.group_mappings)]:
        if not wanted_mapping.absent:
            schema = _with_extensions(schema, "target", [wanted_mapping.target], mapping)
            schema = _with_extensions(schema, "source", sorted(attributes(wanted_mapping.meaning)), mapping)
    if wanted.filters is not None:
        schema = _with_extensions(schema, "source", [clause["attribute"] for group in wanted.filters for clause in group["clauses"]])
    return schema


def _with_extensions(schema: Schema, side: Side, names: Iterable[str], mapping: ObjectMapping | None = None) -> Schema:
    for name in filter(EXTENSION.match, names):
        known = definitions(schema, side, mapping)
        if known and name.lower() not in {definition.lower() for definition in known}:
            schema = with_definition(schema, side, name, mapping)
    return schema


def _apply_mapping(
    wanted_mapping: WantedMapping,
    mapping: ObjectMapping,
    schema: Schema,
    parsed: Mapping[str, Source],
    kind: ObjectMapping | None = None,
) -> None:
    """Change the mapping in place, unless it has the wanted meaning already. ``kind``: the mapping whose objects have the attributes, as in
    `definitions`.
    """
    row = rows(mapping).get(wanted_mapping.target)
    if wanted_mapping.absent:
        if row is not None:
            _reject_required(row, schema, kind)
            mapping["attributeMappings"].remove(row)
        elif not EXTENSION.match(wanted_mapping.target):
            _reject_misspelt(wanted_mapping.target, {*definitions(schema, "target", kind), *rows(mapping)})
        return
    _reject_unknown([wanted_mapping.target], schema, "target", kind)
    _reject_unknown(sorted(attributes(wanted_mapping.meaning)), schema, "source", kind)
    wanted = _row(wanted_mapping, row, parsed)
    if row is None:
        mapping["attributeMappings"].append(wanted)
    elif row_meaning(row) != row_meaning(wanted):
        row.update(wanted)


def _row(wanted_mapping: WantedMapping, row: Row | None, parsed: Mapping[str, Source]) -> Row:
    """The desired row: members that are not set keep their values."""
    base: Row = {**row} if row else {"targetAttributeName": wanted_mapping.target, **NEW_ROW}
    source = base.get("source")
    if source is None or source_meaning(source) != wanted_mapping.meaning:
        source = _source(wanted_mapping, parsed)
    flow_type = APPLY[wanted_mapping.apply] if wanted_mapping.apply else base.get("flowType") or APPLY["always"]
    default = wanted_mapping.default if wanted_mapping.default is not None else base.get("defaultValue")
    return {**base, "source": source, "flowType": flow_type, "defaultValue": default}


def _source(wanted_mapping: WantedMapping, parsed: Mapping[str, Source]) -> Source:
    if wanted_mapping.source is not None:
        return attribute_source(wanted_mapping.source)
    if wanted_mapping.constant is not None:
        return constant_source(wanted_mapping.constant)
    # Without a job nothing parses it, and nothing is written.
    return parsed.get(wanted_mapping.target) or {"expression": wanted_mapping.expression}


def _reject_required(row: Row, schema: Schema, kind: ObjectMapping | None) -> None:
    target = row["targetAttributeName"]
    if row.get("matchingPriority") or definitions(schema, "target", kind).get(target, {}).get("required"):
        raise Refusal(f"the mapping of {target} is required by the service and cannot be removed")


def _reject_unknown(names: Sequence[str], schema: Schema, side: Side, kind: ObjectMapping | None = None) -> None:
    """Reject names that the job's directories do not list, if they list any; names are case-sensitive (fact F97)."""
    known = definitions(schema, side, kind)
    for name in names:
        if known and name not in known:
            what = f"{name!r} is not a {side} attribute of this configuration"
            raise Refusal(f"{what}{' for groups' if kind is not None else ''}{hint(misspelt(name, known, 0.6))}")


def _reject_misspelt(target: str, known: set[str]) -> None:
    """A mapping that does not exist need not be removed, but a misspelt name would keep the intended mapping."""
    like = misspelt(target, sorted(known))
    if like:
        raise Refusal(f"{target!r} is not a target attribute of this configuration{hint(like)}")


def _input_filter(mapping: ObjectMapping) -> Any:
    return (mapping.get("scope") or {}).get("inputFilterGroups") or []

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The mappings of a configuration's job: what of a person reaches the target, and how (fact sheet 4).

The schema is read once and written at most once, as a whole. What is not ours goes back as it came.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph.client import Client, Request
from ..graph.errors import ServiceError
from ..plan import Action, Plan, Refusal, Resource
from . import change, clouds, filters, job, lookup
from .configuration import NEW
from .default_schema import MATCHING, SOFT_DELETED, default_schema
from .expression import Canonical, ExpressionError, attribute_source, attributes, constant_source, parse, source_meaning
from .schema import APPLY, define, definitions, flow_types, flows, row_meaning, rows, rules_meaning, shown, user_mapping

PROTECTED = (MATCHING, SOFT_DELETED)
"""Joining people and carrying deletions over hang on these two (fact sheet 4.3)."""
ESSENTIAL = (*PROTECTED, "userPrincipalName", "accountEnabled")
"""What an exact list keeps although it does not name it: without them people have no name or cannot be blocked."""
UNWRITABLE = ("proxyAddresses", "otherMails")
"""Computed by the target; mapping to them breaks people (fact sheet 4.3)."""
NEW_ROW = {"flowBehavior": "FlowWhenChanged", "matchingPriority": 0, "exportMissingReferences": False}

_EXTENSION = re.compile(r"^extension_[0-9a-f]{32}_\w+$")


@dataclass(frozen=True)
class Wish:
    """One mapping as it shall be. Exactly one of the three sources is given, unless it shall be absent."""

    target: str
    absent: bool = False
    source: str | None = None
    constant: str | None = None
    expression: str | None = None
    default: str | None = None
    apply: str | None = None

    @property
    def meaning(self) -> Canonical:
        """What the source means, whatever its spelling."""
        if self.source is not None:
            return ("attribute", self.source)
        if self.constant is not None:
            return ("constant", self.constant)
        return parse(self.expression or "")


@dataclass(frozen=True)
class Desired:
    """What is wanted. ``filters`` and ``target_actions`` ``None`` leave them alone."""

    tenant: str
    configuration: str
    wishes: tuple[Wish, ...]
    filters: filters.Filters | None = None
    target_actions: list[str] | None = None
    exact: bool = False
    reset: bool = False
    restart_job: bool = True
    restore: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Current:
    """What is there. ``parsed`` holds the service's own reading of the wanted expressions that differ from what is there."""

    path: str | None
    schema: Mapping[str, Any]
    base: Mapping[str, Any]
    """What the wishes are applied to: the schema itself, the template's, or the backup that is restored."""
    parsed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    operators: frozenset[str] = frozenset()
    unmet: str | None = None
    there: job.Current = job.NOWHERE
    """The configuration and its job, which has to be restarted after a change."""


def desired(params: Mapping[str, Any]) -> Desired:
    """Understand the options.

    :raises Refusal: when a mapping contradicts itself, another one or the service's rules.
    """
    wishes = [_wish(given) for given in params.get("mappings") or ()]
    wishes += [wish for wish in _presets(params) if wish]
    targets = [one.target for one in wishes]
    twice = sorted({target for target in targets if targets.count(target) > 1})
    if twice:
        raise Refusal(f"{', '.join(twice)} is mapped more than once")
    if any(one.target == "manager" and not one.absent for one in wishes):
        clouds.require_feature(clouds.MANAGER, params["cloud"])
    return Desired(
        tenant=params["tenant_id"],
        configuration=params["configuration"],
        wishes=tuple(wishes),
        filters=None if params.get("filters") is None else filters.given(params["filters"]),
        target_actions=params.get("target_actions"),
        exact=bool(params.get("exact")),
        reset=bool(params.get("reset")),
        restart_job=params["restart_job"],
        restore=params.get("restore"),
    )


def _presets(params: Mapping[str, Any]) -> Sequence[Wish | None]:
    suffix, company = params.get("display_name_suffix"), params.get("company_name")
    user_type, listed = params.get("user_type"), params.get("show_in_address_list")
    convert = {None: None, True: "always", False: "create_only"}[params.get("convert_existing")]
    quoted = str(suffix).replace("\\", "\\\\").replace('"', '\\"')
    return (
        Wish("userType", constant=str(user_type).capitalize(), apply=convert) if user_type else None,
        Wish("showInAddressList", constant=str(listed).lower()) if listed is not None else None,
        Wish("displayName", expression=f'Append([displayName], "{quoted}")') if suffix else None,
        Wish("companyName", constant=str(company)) if company else None,
    )


def _wish(given: Mapping[str, Any]) -> Wish:
    target = given["target"]
    sources = [name for name in ("source", "constant", "expression") if given.get(name) is not None]
    if target in PROTECTED:
        raise Refusal(f"the mapping of {target} must stay as the service made it; people are joined and removed by it")
    if target in UNWRITABLE:
        raise Refusal(f"{target} cannot be a target; the target tenant computes it")
    if given["state"] == "absent":
        if sources:
            raise Refusal(f"the mapping of {target} is to be absent, so {sources[0]} does not go with it")
        return Wish(target, absent=True)
    if len(sources) != 1:
        raise Refusal(f"the mapping of {target} needs exactly one of source, constant and expression")
    wish = Wish(
        target, False, given.get("source"), given.get("constant"), given.get("expression"), given.get("default"), given.get("apply")
    )
    try:
        if wish.expression is not None:
            parse(wish.expression)
    except ExpressionError as error:
        raise Refusal(f"the expression {wish.expression!r} for {target} is not valid: {error}") from None
    return wish


def read(client: Client, wanted: Desired) -> Current:
    """The job's schema, and the service's reading of new expressions. Without a job: the documented defaults."""
    there, schema = job.find_with_schema(client, wanted.configuration)
    if there.configuration is None or there.job is None:
        pristine = default_schema()
        return Current(None, pristine, wanted.restore or pristine, unmet=lookup.missing(wanted.configuration), there=there)
    path = f"{there.configuration.synchronization}/jobs/{there.job['id']}/schema"
    base = wanted.restore or schema
    if wanted.reset:
        base = client.get(f"{there.configuration.synchronization}/templates/{lookup.JOB_TEMPLATE}/schema")
    # The wishes are applied to the base, so what is not in there already has to be read by the service.
    people = _people(base, wanted)
    now = {target: source_meaning(row.get("source")) for target, row in rows(people).items()}
    new = [one for one in wanted.wishes if one.expression and now.get(one.target) != one.meaning]
    operators: frozenset[str] = frozenset()
    if wanted.filters and wanted.filters != filters.shown(people):
        operators = frozenset(str(one.get("id") or one.get("name")) for one in client.get(f"{path}/filterOperators")["value"])
    return Current(path, schema, base, {one.target: _parse(client, path, one) for one in new}, operators, there=there)


def _people(schema: Mapping[str, Any], wanted: Desired) -> dict[str, Any]:
    mapping = user_mapping(schema)
    if mapping is None:
        raise Refusal(f"the job of configuration {wanted.configuration!r} has no mapping of people; set reset to restore the defaults")
    return mapping


def _parse(client: Client, path: str, wish: Wish) -> Mapping[str, Any]:
    """The source object that the service makes of an expression (fact sheet 4.1).

    :raises Refusal: when the service cannot parse it.
    """
    try:
        answer = client.send(Request("POST", f"{path}/parseExpression", {"expression": wish.expression}, only_asks=True)).body
    except ServiceError as error:
        if error.status == 400:
            raise Refusal(f"the expression {wish.expression!r} for {wish.target} is not valid: {error.message or error.code}") from None
        raise
    if not answer.get("parsingSucceeded"):
        said = (answer.get("error") or {}).get("message") or "the service gives no reason"
        raise Refusal(f"the expression {wish.expression!r} for {wish.target} is not valid: {said}")
    parsed: Mapping[str, Any] = answer["parsedExpression"]
    return parsed


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide."""
    new = _new_schema(current, wanted)
    mapping = _people(new, wanted)
    old = user_mapping(current.schema)
    if old is None:
        # Nothing of people is there to be kept, so the template's is taken as it is.
        old = {"attributeMappings": []}
    elif rows(mapping)[MATCHING]["source"] != rows(old)[MATCHING]["source"] or _input_filter(mapping) != _input_filter(old):
        raise Refusal("the matching attribute and the built-in filter must stay as they are; this backup changes them")
    before, after = _shown(old), _shown(mapping)
    changes = [
        f"{_verb(before['mappings'].get(name), after['mappings'].get(name))} {name}" for name in _differing(before, after, "mappings")
    ]
    changes += [name for name in ("filters", "target_actions") if before[name] != after[name]]
    equal = rules_meaning(new) == rules_meaning(current.schema)
    if not equal and not changes:
        changes = ["other rules of the schema"]
    touched = {one.target for one in wanted.wishes} | set(_differing(before, after, "mappings"))
    writes: tuple[Action, ...] = ()
    if not equal:
        writes = (
            Action(
                "update",
                f"mappings of configuration {wanted.configuration} ({', '.join(changes)})",
                wanted.tenant,
                (Request("PUT", current.path or f"{NEW}/jobs/{{job_id}}/schema", new),),
                effects={"triggers_full_cycle": True},
            ),
        )
    whole = change.with_restart(current.there, writes, wanted.restart_job, wanted.configuration, wanted.tenant)
    owed_before, owed_after = whole.debts()
    return Plan(
        before={**_managed(before, touched, wanted), **owed_before},
        after={**_managed(after, touched, wanted), **owed_after},
        facts={
            "mappings": list(after["mappings"].values()),
            "filters": after["filters"],
            "target_actions": after["target_actions"],
            "restart_owed": whole.owed_after,
        },
        change_facts={
            "restart_needed": whole.needs_restart,
            "backup": dict(current.schema) if writes and current.path else None,
        },
        actions=whole.actions,
        warnings=change.waits_for_start(whole, wanted.restart_job),
        unmet=current.unmet,
    )


def _new_schema(current: Current, wanted: Desired) -> dict[str, Any]:
    """The whole schema as it shall be. Only rules come from a template or a backup; ids and versions are the job's own."""
    # Only rules are changed, and the directories beside them are large.
    new = {**current.schema, "synchronizationRules": copy.deepcopy(current.schema.get("synchronizationRules"))}
    if current.base is not current.schema:
        for part in ("synchronizationRules", "directories"):
            if current.base.get(part):
                new[part] = copy.deepcopy(current.base[part])
        _keep_rule_ids(new, current.schema)
    mapping = _people(new, wanted)
    for wish in wanted.wishes:
        _grant(wish, mapping, new, current)
    if wanted.exact:
        named = {one.target for one in wanted.wishes}
        required = {name for name, one in definitions(new, "target").items() if one.get("required")}
        mapping["attributeMappings"] = [
            row
            for row in mapping["attributeMappings"]
            if row["targetAttributeName"] in named | required | {*ESSENTIAL} or row.get("matchingPriority")
        ]
    if wanted.filters is not None and wanted.filters != filters.shown(mapping):
        filters.check(wanted.filters, current.operators, definitions(new, "source"))
        _refuse_unknown([one["attribute"] for group in wanted.filters for one in group["clauses"]], new, "source")
        mapping["scope"] = {**(mapping.get("scope") or {}), "groups": filters.written(wanted.filters)}
    if wanted.target_actions is not None and set(wanted.target_actions) != set(flows(mapping)):
        mapping["flowTypes"] = flow_types(wanted.target_actions, mapping.get("flowTypes"))
    return new


def _keep_rule_ids(new: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """A template's rules have the job's ids: the service knows a rule by its id (fact sheet 13.7)."""
    ids = {rule.get("name"): rule.get("id") for rule in schema.get("synchronizationRules") or ()}
    for rule in new.get("synchronizationRules") or ():
        rule["id"] = ids.get(rule.get("name")) or rule.get("id")


def _grant(wish: Wish, mapping: dict[str, Any], schema: dict[str, Any], current: Current) -> None:
    """Change the one mapping in place, if it does not mean the same already."""
    row = rows(mapping).get(wish.target)
    if wish.absent:
        if row is not None:
            _refuse_required(row, schema)
            mapping["attributeMappings"].remove(row)
        return
    _refuse_unknown([wish.target], schema, "target")
    _refuse_unknown(sorted(attributes(wish.meaning)), schema, "source")
    wanted = _row(wish, row, current)
    if row is None:
        mapping["attributeMappings"].append(wanted)
    elif row_meaning(row) != row_meaning(wanted):
        row.update(wanted)


def _row(wish: Wish, row: Mapping[str, Any] | None, current: Current) -> dict[str, Any]:
    """The row as it shall be: what was not named keeps what it has."""
    base: dict[str, Any] = dict(row) if row else {"targetAttributeName": wish.target, **NEW_ROW}
    source = base.get("source")
    if source is None or source_meaning(source) != wish.meaning:
        source = _source(wish, current)
    flow_type = APPLY[wish.apply] if wish.apply else base.get("flowType") or APPLY["always"]
    default = wish.default if wish.default is not None else base.get("defaultValue")
    return {**base, "source": source, "flowType": flow_type, "defaultValue": default}


def _source(wish: Wish, current: Current) -> Mapping[str, Any]:
    if wish.source is not None:
        return attribute_source(wish.source)
    if wish.constant is not None:
        return constant_source(wish.constant)
    unparsed: Mapping[str, Any] = {"type": "Function", "name": str(wish.meaning[1]), "expression": wish.expression, "parameters": []}
    return current.parsed.get(wish.target) or unparsed


def _refuse_required(row: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    target = row["targetAttributeName"]
    if row.get("matchingPriority") or definitions(schema, "target").get(target, {}).get("required"):
        raise Refusal(f"the mapping of {target} is required by the service and cannot be removed")


def _refuse_unknown(names: Sequence[str], schema: dict[str, Any], side: str) -> None:
    """Refuse names that the job's directories do not know, where they list any. A directory extension is declared instead,
    since the service lists one only after it was discovered; its name is case-sensitive (fact sheet 4.3).
    """
    known = definitions(schema, side)
    for name in names:
        if not known or name in known:
            continue
        same = [one for one in known if one.lower() == name.lower()]
        if _EXTENSION.match(name) and not same and define(schema, side, name):
            continue
        near = difflib.get_close_matches(name.lower(), [one.lower() for one in known], n=3)
        like = same or [one for one in known if one.lower() in near]
        hint = f"; did you mean {', '.join(like)}" if like else ""
        raise Refusal(f"{name!r} is no {side} attribute of this configuration{hint}")


def _input_filter(mapping: Mapping[str, Any]) -> Any:
    return (mapping.get("scope") or {}).get("inputFilterGroups") or []


def _shown(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "mappings": {target: shown(row) for target, row in rows(mapping).items()},
        "filters": filters.shown(mapping),
        "target_actions": flows(mapping),
    }


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], part: str) -> list[str]:
    names = {**before[part], **after[part]}
    return [name for name in names if before[part].get(name) != after[part].get(name)]


def _verb(before: Any, after: Any) -> str:
    if before is None:
        return "add"
    return "remove" if after is None else "change"


def _managed(side: Mapping[str, Any], touched: set[str], wanted: Desired) -> dict[str, Any]:
    """What the task manages, one entry a target attribute."""
    managed: dict[str, Any] = {
        "configuration": wanted.configuration,
        "mappings": {target: row for target, row in side["mappings"].items() if target in touched},
    }
    whole = wanted.reset or wanted.restore is not None
    if whole or wanted.filters is not None:
        managed["filters"] = side["filters"]
    if whole or wanted.target_actions is not None:
        managed["target_actions"] = side["target_actions"]
    return managed


RESOURCE = Resource(desired, read, plan)

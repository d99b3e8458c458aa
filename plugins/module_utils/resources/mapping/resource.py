# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The mappings of a configuration's job: which attributes of a user are written to the target, and how (fact F84).

The schema is read once and written at most once, as a whole. Everything that the options do not manage is sent back unchanged.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from ...graph.client import Client, Request
from ...graph.errors import ServiceError
from ...plan import NO_PATH, Action, Plan, Refusal, Resource, Unseen
from .. import change, find_configuration, job, settings_bag
from ..group_kinds import ASSIGNED_ONLY
from . import filters, try_on
from .default_schema import default_schema
from .expression import shortened, source_meaning
from .judgement import judge
from .new_schema import ESSENTIAL, Current, new_schema, required_group_mapping, required_user_mapping
from .schema import flows, group_mapping, other_rules, problem, rows, rules_meaning, shown, user_mapping, without_empty
from .types import MappingRow, ObjectMapping, Schema, Shown, Source
from .wanted import PROTECTED, Desired, WantedMapping, desired

__all__ = ["ESSENTIAL", "PROTECTED", "RESOURCE", "Current", "Desired", "WantedMapping", "desired", "judge", "plan", "read", "refreshed"]


def read(client: Client, wanted: Desired) -> Current:
    """The job's schema, and the service's parsed form of new expressions. Without a job: the documented defaults.

    :raises Refusal: if the schema is not understood, the service rejects an expression, or groups are wanted while all users are in scope.
    """
    parent, schema = job.find_with_schema(client, wanted.configuration)
    _require_assigned(client, parent, wanted)
    if parent.configuration is None or parent.job is None:
        pristine = default_schema()
        unmet = find_configuration.unmet(parent.configuration, parent.job, wanted.configuration)
        return _tried(client, wanted, Current(None, pristine, wanted.restore or pristine, unmet=unmet, parent=parent))
    path = f"{parent.configuration.synchronization}/jobs/{parent.job['id']}/schema"
    base = wanted.restore or schema
    if wanted.reset:
        base = client.get(f"{parent.configuration.synchronization}/templates/{find_configuration.JOB_TEMPLATE}/schema")
    return _tried(client, wanted, _completed(client, wanted, Current(path, schema, base, parent=parent)))


def _require_assigned(client: Client, parent: job.Current, wanted: Desired) -> None:
    """The service synchronizes groups only if it synchronizes only assigned users and groups (fact F214). The mode is read only if groups are
    wanted and no later task sets it.

    :raises Refusal: if all users are in scope.
    """
    if not wanted.groups or wanted.scope_mode or parent.configuration is None:
        return
    if settings_bag.synchronizes_all(settings_bag.parse(client.whole(client.get(f"{parent.configuration.synchronization}/secrets")))):
        raise Refusal(f"configuration {wanted.configuration!r}: {ASSIGNED_ONLY}")


def _tried(client: Client, wanted: Desired, current: Current) -> Current:
    """The state with what the changed mappings make of the users on whom they are tried."""
    return dataclasses.replace(current, tried=try_on.on_users(client, current, wanted))


def _completed(client: Client, wanted: Desired, current: Current) -> Current:
    """The state with the service's parsed form of new expressions, and with its operators if there are new filters."""
    where = f"configuration {wanted.configuration!r}"
    _reject_misshapen(current.schema, f"the mappings of {where} cannot be understood")
    if wanted.reset:
        _reject_misshapen(current.base, f"the default mappings of {where} cannot be understood")
    # The wanted mappings are applied to the base, so the service has to parse the expressions that are not in there.
    users = required_user_mapping(current.base, wanted)
    operators = current.operators
    if wanted.filters and wanted.filters != filters.shown(users) and not operators:
        listed = client.pages(f"{current.path}/filterOperators")
        operators = frozenset(str(name) for operator in listed for name in (operator.get("id") or operator.get("name"),) if name)
    parsed = _parsed(client, current, users, wanted.mappings, current.parsed)
    groups: Mapping[str, Source] = {}
    if wanted.group_mappings:
        groups = _parsed(client, current, required_group_mapping(current.base, wanted), wanted.group_mappings, current.group_parsed)
    return dataclasses.replace(current, parsed=parsed, operators=operators, group_parsed=groups)


def _parsed(
    client: Client, current: Current, mapping: ObjectMapping, wanted_mappings: Sequence[WantedMapping], known: Mapping[str, Source]
) -> dict[str, Source]:
    """The service's parsed form of each wanted expression that the object mapping does not have yet, by target attribute."""
    now = {target: source_meaning(row.get("source")) for target, row in rows(mapping).items()}
    new = {wanted.target: wanted.expression for wanted in wanted_mappings if wanted.expression and now.get(wanted.target) != wanted.meaning}
    return {target: known.get(target) or _parse(client, str(current.path), target, expression) for target, expression in new.items()}


def _reject_misshapen(schema: Any, sentence: str) -> None:
    """A schema without rules is accepted: it has no mapping of users, which is reported with its own remedy."""
    found = None if isinstance(schema, Mapping) and not schema.get("synchronizationRules") else problem(schema)
    if found:
        raise Refusal(f"{sentence}: in the answer of the service, {found}")


def _parse(client: Client, path: str, target: str, expression: str) -> Source:
    """The source object that the service returns for an expression (fact F88).

    :raises Refusal: if the service cannot parse it.
    """
    where = f"the expression {shortened(expression)} for {target}"
    try:
        answer = client.send(Request("POST", f"{path}/parseExpression", {"expression": expression}, only_asks=True)).body
    except ServiceError as error:
        if error.status == 400:
            raise Refusal(f"{where} is not valid: {error.message or error.code}") from None
        raise
    if not isinstance(answer, Mapping) or not answer.get("parsingSucceeded"):
        error_object = answer.get("error") if isinstance(answer, Mapping) else None
        reason = error_object.get("message") if isinstance(error_object, Mapping) else None
        raise Refusal(f"{where} is not valid: {reason or 'the service returned no reason'}")
    parsed: Source | None = answer.get("parsedExpression")
    if not isinstance(parsed, Mapping):
        raise Refusal(f"{where} cannot be written: the service accepts it, but does not return its parsed form")
    return parsed


def plan(current: Current, wanted: Desired) -> Plan:
    """The plan for the current state: at most one request that replaces the schema, and a restart of the job.

    :raises Refusal: if a mapping or a filter is not possible in this schema.
    """
    warnings = _checked(current, wanted)
    new = new_schema(current, wanted)
    mapping = required_user_mapping(new, wanted)
    # A schema without a mapping of users has nothing to keep: that of the template is used unchanged.
    old: ObjectMapping = user_mapping(current.schema) or {"attributeMappings": []}
    before, after = _shown(old, current.schema), _shown(mapping, new)
    changes = _changed_rows(before["mappings"], after["mappings"])
    changes += [name for name in ("filters", "target_actions") if before[name] != after[name]]
    changes += [f"groups {'on' if after['groups'] else 'off'}"] if bool(before["groups"]) != bool(after["groups"]) else []
    changes += [f"{change} of groups" for change in _changed_rows(before["group_mappings"], after["group_mappings"])]
    stays = bool(before["groups"]) and not after["groups"]
    equal = rules_meaning(new) == rules_meaning(current.schema)
    if not equal and not changes:
        changes = ["other rules of the schema"]
    touched = _touched(before, after, wanted)
    writes: tuple[Action, ...] = ()
    if not equal:
        writes = (
            Action(
                "update",
                f"mappings of configuration {wanted.configuration} ({', '.join(changes)})",
                wanted.tenant,
                (_write(current, new),),
                effects={"triggers_full_cycle": True, **({"keeps_synced_groups": True} if stays else {})},
                refresh=functools.partial(refreshed, current, wanted) if current.path else None,
            ),
        )
    whole = change.with_restart(current.parent, writes, wanted.restart_job, wanted.configuration, wanted.tenant)
    owed_before, owed_after = whole.pending_restart()
    return Plan(
        before={**_managed(before, touched, wanted), **owed_before},
        after={**_managed(after, touched, wanted), **owed_after},
        facts={
            "mappings": list(after["mappings"].values()),
            "filters": after["filters"],
            "target_actions": after["target_actions"],
            "groups": after["groups"],
            "group_mappings": list(after["group_mappings"].values()),
            "restart_owed": whole.owed_after,
        },
        change_facts={
            "restart_needed": whole.needs_restart,
            "backup": current.schema if writes and current.path else None,
            **try_on.facts(current, wanted),
        },
        actions=whole.actions,
        warnings=(
            *warnings,
            *((KEPT_GROUPS,) if stays else ()),
            *try_on.warned(current.tried),
            *change.waits_for_start(whole, wanted.restart_job),
        ),
        unmet=current.unmet,
        foreign=_foreign(after, wanted),
        basis=lambda: _basis(current.schema, before, after, touched) if current.path else {},
    )


KEPT_GROUPS = (
    "groups that were synchronized stay in the target tenant with their present members, and are not updated any more; to remove a group, "
    "take it out of scope and let a cycle run before groups are switched off, or delete it in the target tenant"
)
"""What becomes of groups when their synchronization is switched off (fact F217)."""


def _changed_rows(before: Mapping[str, MappingRow], after: Mapping[str, MappingRow]) -> list[str]:
    return [f"{_verb(before.get(name), after.get(name))} {name}" for name in _differing(before, after)]


def _touched(before: Shown, after: Shown, wanted: Desired) -> dict[str, set[str]]:
    """The mappings that the task manages or changes, by the part of the result, and whether groups are switched."""
    users = {wanted_mapping.target for wanted_mapping in wanted.mappings} | set(_differing(before["mappings"], after["mappings"]))
    groups = {wanted_mapping.target for wanted_mapping in wanted.group_mappings}
    groups |= set(_differing(before["group_mappings"], after["group_mappings"]))
    switched = {"groups"} if wanted.groups is not None or before["groups"] != after["groups"] else set()
    return {"mappings": users, "group_mappings": groups, "groups": switched}


def _basis(schema: Schema, before: Shown, after: Shown, touched: Mapping[str, set[str]]) -> dict[str, Any]:
    """What does not change of the mappings, and the other rules of the schema, each with what a cycle makes of it."""
    old = user_mapping(schema) or {}
    changed = _differing(before["mappings"], after["mappings"])
    changed_of_groups = _differing(before["group_mappings"], after["group_mappings"])
    managed = touched["groups"] or touched["group_mappings"]
    unchanged = {target: row for target, row in before["group_mappings"].items() if target not in changed_of_groups}
    return {
        "mappings": {target: row for target, row in before["mappings"].items() if target not in changed},
        "filters": before["filters"],
        "target_actions": before["target_actions"],
        "mapping of users": "enabled" if old.get("enabled") is not False else "disabled",
        "matching": {target: row["matchingPriority"] for target, row in rows(old).items() if row.get("matchingPriority")},
        "input filters": without_empty((old.get("scope") or {}).get("inputFilterGroups") or []),
        **({"group mappings": unchanged} if managed else {}),
        "other rules": other_rules(schema, user_mapping(schema), group_mapping(schema) if managed else None),
    }


def refreshed(current: Current, wanted: Desired, client: Client) -> tuple[Request, ...]:
    """The write, built again right before it is sent: a schema has no ETag, so it may have changed since it was read (fact F17).

    Changes of other processes elsewhere in the schema are kept. Empty if another process has made the same change.

    :raises Refusal: if another process changed what this plan changes; its change would be overwritten without notice.
    """
    now = client.get(str(current.path))
    if now == current.schema:
        return (_write(current, new_schema(current, wanted)),)
    base = now if current.base is current.schema else current.base
    fresh = _completed(client, wanted, dataclasses.replace(current, schema=now, base=base))
    planned, again = plan(current, wanted), plan(fresh, wanted)
    new = new_schema(fresh, wanted)
    if rules_meaning(new) == rules_meaning(now):
        return ()
    # If the whole schema is replaced, every other change in it would be overwritten.
    whole = current.base is not current.schema and rules_meaning(now) != rules_meaning(current.schema)
    if whole or (again.before, again.after) != (planned.before, planned.after):
        raise Refusal(
            f"the mappings of configuration {wanted.configuration!r} were changed by another process while this task ran, and "
            "that change would be overwritten; the mappings were not written. Run again and check the difference"
        )
    return (_write(fresh, new),)


def _write(current: Current, new: Schema) -> Request:
    """The one request that changes mappings."""
    return Request("PUT", current.path or NO_PATH, new)


def _checked(current: Current, wanted: Desired) -> tuple[str, ...]:
    """Warnings about the wanted mappings.

    :raises Unseen: if they are certainly wrong, and there is no job yet.
    """
    if current.path is None:
        try:
            return tuple(judge(wanted))
        except Refusal as refusal:
            # A replica may not show the configuration yet, and its job may accept them.
            raise Unseen(str(refusal)) from None
    backup_id, job_id = (wanted.restore or {}).get("id"), current.schema.get("id")
    if backup_id and job_id and backup_id != job_id:
        return (f"restore is the backup of another job, {backup_id}; its mappings are written to {job_id}",)
    return ()


def _foreign(after: Shown, wanted: Desired) -> dict[str, Any]:
    """The parts that the task does not manage, by name: if they differ after the run, another process changed them."""
    managed = {wanted_mapping.target for wanted_mapping in wanted.mappings}
    others: dict[str, Any] = {f"mapping of {target}": row for target, row in after["mappings"].items() if target not in managed}
    if wanted.filters is None:
        others["filters"] = after["filters"]
    if wanted.target_actions is None:
        others["target actions"] = after["target_actions"]
    of_groups = {wanted_mapping.target for wanted_mapping in wanted.group_mappings}
    others |= {f"group mapping of {target}": row for target, row in after["group_mappings"].items() if target not in of_groups}
    if wanted.groups is None:
        others["groups"] = after["groups"]
    return others


def _shown(mapping: ObjectMapping, schema: Schema) -> Shown:
    groups = group_mapping(schema)
    return {
        "mappings": {target: shown(row) for target, row in rows(mapping).items()},
        "filters": filters.shown(mapping),
        "target_actions": flows(mapping),
        "groups": None if groups is None else bool(groups.get("enabled")),
        "group_mappings": {target: shown(row) for target, row in rows(groups or {}).items()},
    }


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in {**before, **after} if before.get(name) != after.get(name)]


def _verb(before: Any, after: Any) -> str:
    if before is None:
        return "add"
    return "remove" if after is None else "change"


def _managed(side: Shown, touched: Mapping[str, set[str]], wanted: Desired) -> dict[str, Any]:
    """The part of the mappings that the task manages. ``mappings`` and ``group_mappings`` are by target attribute."""
    managed: dict[str, Any] = {
        "configuration": wanted.configuration,
        "mappings": {target: row for target, row in side["mappings"].items() if target in touched["mappings"]},
    }
    if touched["groups"]:
        managed["groups"] = bool(side["groups"])
    if touched["group_mappings"]:
        managed["group_mappings"] = {target: row for target, row in side["group_mappings"].items() if target in touched["group_mappings"]}
    whole = wanted.reset or wanted.restore is not None
    if whole or wanted.filters is not None:
        managed["filters"] = side["filters"]
    if whole or wanted.target_actions is not None:
        managed["target_actions"] = side["target_actions"]
    return managed


RESOURCE = Resource(desired, read, plan)

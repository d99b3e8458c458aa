# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The mappings of a configuration's job: what of a person reaches the target, and how (fact sheet 4).

The schema is read once and written at most once, as a whole. What is not ours goes back as it came.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from ...graph.client import Client, Request
from ...graph.errors import ServiceError
from ...plan import NO_PATH, Action, Plan, Refusal, Resource, Unseen
from .. import change, find_configuration, job
from . import filters
from .default_schema import default_schema
from .expression import shortened, source_meaning
from .judgement import judge
from .new_schema import ESSENTIAL, Current, new_schema, people_of
from .schema import flows, problem, rows, rules_meaning, shown, user_mapping
from .types import ObjectMapping, Schema, Shown, Source
from .wanted import PROTECTED, Desired, WantedMapping, desired

__all__ = ["ESSENTIAL", "PROTECTED", "RESOURCE", "Current", "Desired", "WantedMapping", "desired", "judge", "plan", "read", "refreshed"]


def read(client: Client, wanted: Desired) -> Current:
    """The job's schema, and the service's reading of new expressions. Without a job: the documented defaults."""
    there, schema = job.find_with_schema(client, wanted.configuration)
    if there.configuration is None or there.job is None:
        pristine = default_schema()
        unmet = find_configuration.unmet(there.configuration, there.job, wanted.configuration)
        return Current(None, pristine, wanted.restore or pristine, unmet=unmet, there=there)
    path = f"{there.configuration.synchronization}/jobs/{there.job['id']}/schema"
    base = wanted.restore or schema
    if wanted.reset:
        base = client.get(f"{there.configuration.synchronization}/templates/{find_configuration.JOB_TEMPLATE}/schema")
    return _completed(client, wanted, Current(path, schema, base, there=there))


def _completed(client: Client, wanted: Desired, current: Current) -> Current:
    """With the service's reading of the expressions that are new, and its operators if there are new filters."""
    whose = f"configuration {wanted.configuration!r}"
    _refuse_misshapen(current.schema, f"the mappings of {whose} cannot be understood")
    if wanted.reset:
        _refuse_misshapen(current.base, f"the default mappings of {whose} cannot be understood")
    # The wanted mappings are applied to the base, so what is not in there already has to be read by the service.
    people = people_of(current.base, wanted)
    now = {target: source_meaning(row.get("source")) for target, row in rows(people).items()}
    new = [one for one in wanted.mappings if one.expression and now.get(one.target) != one.meaning]
    operators = current.operators
    if wanted.filters and wanted.filters != filters.shown(people) and not operators:
        listed = client.pages(f"{current.path}/filterOperators")
        operators = frozenset(str(name) for one in listed for name in (one.get("id") or one.get("name"),) if name)
    parsed = {one.target: current.parsed.get(one.target) or _parse(client, str(current.path), one) for one in new}
    return dataclasses.replace(current, parsed=parsed, operators=operators)


def _refuse_misshapen(schema: Any, sentence: str) -> None:
    """What has no mapping of people may have no rules either; that has a remedy of its own."""
    found = None if isinstance(schema, Mapping) and not schema.get("synchronizationRules") else problem(schema)
    if found:
        raise Refusal(f"{sentence}: in the service's answer, {found}")


def _parse(client: Client, path: str, wanted_mapping: WantedMapping) -> Source:
    """The source object that the service makes of an expression (fact sheet 4.1).

    :raises Refusal: when the service cannot parse it.
    """
    where = f"the expression {shortened(wanted_mapping.expression or '')} for {wanted_mapping.target}"
    try:
        answer = client.send(Request("POST", f"{path}/parseExpression", {"expression": wanted_mapping.expression}, only_asks=True)).body
    except ServiceError as error:
        if error.status == 400:
            raise Refusal(f"{where} is not valid: {error.message or error.code}") from None
        raise
    if not isinstance(answer, Mapping) or not answer.get("parsingSucceeded"):
        said = answer.get("error") if isinstance(answer, Mapping) else None
        reason = said.get("message") if isinstance(said, Mapping) else None
        raise Refusal(f"{where} is not valid: {reason or 'the service gives no reason'}")
    parsed: Source | None = answer.get("parsedExpression")
    if not isinstance(parsed, Mapping):
        raise Refusal(f"{where} cannot be written: the service accepts it, but does not return its parsed form")
    return parsed


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide."""
    warnings = _judged(current, wanted)
    new = new_schema(current, wanted)
    mapping = people_of(new, wanted)
    # Where nothing of people is there to be kept, the template's is taken as it is.
    old: ObjectMapping = user_mapping(current.schema) or {"attributeMappings": []}
    before, after = _shown(old), _shown(mapping)
    changes = [
        f"{_verb(before['mappings'].get(name), after['mappings'].get(name))} {name}" for name in _differing(before, after, "mappings")
    ]
    changes += [name for name in ("filters", "target_actions") if before[name] != after[name]]
    equal = rules_meaning(new) == rules_meaning(current.schema)
    if not equal and not changes:
        changes = ["other rules of the schema"]
    touched = {one.target for one in wanted.mappings} | set(_differing(before, after, "mappings"))
    writes: tuple[Action, ...] = ()
    if not equal:
        writes = (
            Action(
                "update",
                f"mappings of configuration {wanted.configuration} ({', '.join(changes)})",
                wanted.tenant,
                (_write(current, new),),
                effects={"triggers_full_cycle": True},
                refresh=functools.partial(refreshed, current, wanted) if current.path else None,
            ),
        )
    whole = change.with_restart(current.there, writes, wanted.restart_job, wanted.configuration, wanted.tenant)
    owed_before, owed_after = whole.pending_restart()
    return Plan(
        before={**_managed(before, touched, wanted), **owed_before},
        after={**_managed(after, touched, wanted), **owed_after},
        facts={
            "mappings": list(after["mappings"].values()),
            "filters": after["filters"],
            "target_actions": after["target_actions"],
            "restart_owed": whole.owed_after,
        },
        change_facts={"restart_needed": whole.needs_restart, "backup": current.schema if writes and current.path else None},
        actions=whole.actions,
        warnings=(*warnings, *change.waits_for_start(whole, wanted.restart_job)),
        unmet=current.unmet,
        foreign=_foreign(after, wanted),
    )


def refreshed(current: Current, wanted: Desired, client: Client) -> tuple[Request, ...]:
    """The write anew, right before it is sent: a schema has no ETag, so somebody may have changed it since it was read (fact sheet 4.1).

    What others changed elsewhere in it is kept. No request is left if somebody has made the same change.

    :raises Refusal: when they changed what this plan changes, too; their change would be overwritten, and nobody has seen it.
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
    # A schema that is replaced as a whole has no place in which others may have changed something.
    whole = current.base is not current.schema and rules_meaning(now) != rules_meaning(current.schema)
    if whole or (again.before, again.after) != (planned.before, planned.after):
        raise Refusal(
            f"somebody else changed the mappings of configuration {wanted.configuration!r} while this ran, and what they changed would be "
            "overwritten; the mappings were not written. Run again and look at the difference"
        )
    return (_write(fresh, new),)


def _write(current: Current, new: Schema) -> Request:
    """The one request that changes mappings."""
    return Request("PUT", current.path or NO_PATH, new)


def _judged(current: Current, wanted: Desired) -> tuple[str, ...]:
    """What has to be said of the wanted mappings before they are applied."""
    if current.path is None:
        try:
            return tuple(judge(wanted))
        except Refusal as refusal:
            # A replica may not know the configuration yet, and its job may know better.
            raise Unseen(str(refusal)) from None
    theirs, ours = (wanted.restore or {}).get("id"), current.schema.get("id")
    if theirs and ours and theirs != ours:
        return (f"restore is the backup of another job, {theirs}; its mappings are put into {ours}",)
    return ()


def _foreign(after: Shown, wanted: Desired) -> dict[str, Any]:
    """What is not ours: who reads it back otherwise sees that somebody else changed it."""
    ours = {one.target for one in wanted.mappings}
    others: dict[str, Any] = {f"mapping of {target}": row for target, row in after["mappings"].items() if target not in ours}
    if wanted.filters is None:
        others["filters"] = after["filters"]
    if wanted.target_actions is None:
        others["target actions"] = after["target_actions"]
    return others


def _shown(mapping: ObjectMapping) -> Shown:
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


def _managed(side: Shown, touched: set[str], wanted: Desired) -> dict[str, Any]:
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

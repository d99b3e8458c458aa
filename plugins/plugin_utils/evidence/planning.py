# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The plan of all links of a run, from what its tasks have found, and the hash by which it is approved. Pure functions.

The hash is over what decides: which links change, their tenants and configurations, each action with the state before and after it, the
rest of the objects that were read, and the users who would be removed, converted, renamed or disabled. Links that are in sync, texts,
times, sizes, the change request, and users who only come or are updated can change without another hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.quantity import quantity
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import BUILDING, DEPROVISION, REMOVAL, TARGET, Step
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import removal as steps_of_removal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.sizing import causes_full_cycle
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import (
    FORMAT,
    Change,
    LinkPlan,
    Plan,
    PlannedAction,
    PlannedPart,
    Sizing,
    Status,
    Tenant,
    Untouched,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.reversal import reversal
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.summary import plan_summary

LOOK, IMPACT, SIZING, ARGUMENTS = "plan_look", "plan_impact", "plan_sizing", "plan_arguments"
"""The variables in which the tasks of a plan register their results: links_info, impact_info, sizing_info and link_arguments."""
LOOKED_ONLY = ("as_desired", "failed")
"""The links for which no task follows the look."""
UNJUDGED = "link"
"""The file of tasks of a link whose change does nobody harm."""
REMOVED = "plan_removal"
"""The variable with the results of the tasks that would remove the link, in check mode, by the names under which the roles register them."""
DID_NOT_RUN = "its tasks did not run"
NOT_ASKED = "it was not asked for; the playbook plan does"
REGISTERED = (ARGUMENTS, IMPACT, SIZING, REMOVED)
"""All that is read of the variables of a link."""
_ORDER = {(step.module, step.side): place for place, step in enumerate(BUILDING)}
_IN_TARGET = {step.module for step in BUILDING if step.side == TARGET}
"""The modules that work in the target, and perhaps in the source as well."""
_UNSIZED: Sizing = {
    "users": None,
    "objects": None,
    "first_cycle_minutes": None,
    "writes": None,
    "write_minutes": None,
    "licences_needed": None,
    "licences_found": None,
    "directory_used": None,
    "directory_total": None,
    "policy_bytes": None,
    "policy_bytes_total": None,
    "findings": [],
}

Result = Mapping[str, Any]
"""The result of a task. Empty if it did not run."""


@dataclass(frozen=True)
class Found:
    """What the tasks of a plan have found about a link: its entry of the look, and the results of the tasks that followed."""

    look: Result
    arguments: Result = field(default_factory=dict)
    impact: Result = field(default_factory=dict)
    sizing: Result = field(default_factory=dict)
    removal: Mapping[str, Result] = field(default_factory=dict)
    """What `REMOVED` has."""


def found_of(look: Result, variables: Mapping[str, Any]) -> Found:
    """What was found about a link, from its entry of the look and the variables of its host."""

    def registered(name: str, among: Mapping[str, Any] = variables) -> Result:
        value = among.get(name)
        return value if isinstance(value, Mapping) else {}

    results = registered(REMOVED)
    names = {step.registered for step in (DEPROVISION, *REMOVAL)}
    removing = {name: registered(name, results) for name in names}
    return Found(look, registered(ARGUMENTS), registered(IMPACT), registered(SIZING), removing)


def plan_of(
    found: Mapping[str, Found], version: str, change: Change, strangers: Sequence[str] = (), strangers_unknown: Sequence[str] = ()
) -> Plan:
    """The plan of all links. It is the same on every machine, and at every moment at which the tenants are the same."""
    links = {host: link_plan(found[host]) for host in sorted(found)}
    return {
        "format": FORMAT,
        "version": version,
        "hash": plan_hash(version, links),
        "change": change,
        "links": links,
        "strangers": sorted(strangers),
        "strangers_unknown": sorted(strangers_unknown),
        "summary": plan_summary(links, change),
    }


# The hash ------------------------------------------------------------------------------------------------------------------


def plan_hash(version: str, links: Mapping[str, LinkPlan]) -> str:
    """The hash of a plan: over the version of the collection, which decides what its actions do, and the links with something to do."""
    decisive = {host: link_hash(link) for host, link in links.items() if link["status"] != "in_sync"}
    return _sha256({"format": FORMAT, "version": version, "links": decisive})


def link_hash(link: LinkPlan) -> str:
    """The hash of a link."""
    return _sha256(
        {
            "source": link["source"]["tenant_id"].casefold(),
            "target": link["target"]["tenant_id"].casefold(),
            "configuration": link["configuration"],
            "state": link["state"],
            "status": link["status"],
            "parts": [
                {
                    **{name: part[name] for name in ("module", "side", "before", "after", "basis")},
                    "actions": [{name: action[name] for name in ("verb", "object", "effects")} for action in part["actions"]],
                }
                for part in link["parts"]
            ],
            "untouched": [{name: part[name] for name in ("module", "side", "basis")} for part in link["untouched"]],
            "harmed": sorted((user["source_id"] or "", user["target_id"] or "", user["effect"]) for user in harmed(link)),
        }
    )


def harmed(link: LinkPlan) -> list[dict[str, Any]]:
    """The users who would be removed, converted, renamed or disabled."""
    return (link["impact"] or {}).get("harmed") or []


def canonical(value: Any) -> str:
    """A value as JSON that is the same wherever it is written."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def as_file(plan: Plan) -> str:
    """A plan as the text of its JSON file."""
    return json.dumps(plan, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


# A link --------------------------------------------------------------------------------------------------------------------


def differences_of(look: Result) -> LinkPlan | None:
    """What a look alone has found to change in a link, as a plan that nobody can approve: its impact was not asked for, and it has no hash.
    ``None`` if there is nothing, or if only the tasks of a removal can find it.
    """
    if look.get("state") == "absent" or not look.get("differences"):
        return None
    plan = link_plan(Found({**look, "tasks": UNJUDGED}, impact={"failed": True, "msg": NOT_ASKED}))
    return {**plan, "sizing": None, "hash": ""} if plan["parts"] else None


def link_plan(found: Found) -> LinkPlan:
    """The plan of a link."""
    look = found.look
    absent = look.get("state") == "absent"
    fault = _fault(found, absent)
    parts = [] if fault else _removing(found) if absent else _building(look)
    untouched = [] if absent or not parts else _untouched(look)
    impact, impact_unknown = (_removal_impact(found), None) if absent else _impact(found)
    if parts and not absent and impact is None and impact_unknown is None:
        impact_unknown = DID_NOT_RUN
    if impact_unknown and parts and not absent and _must_be_judged(look):
        fault = impact_unknown
    status: Status = "cannot_be_planned" if fault else "in_sync" if not parts else "to_remove" if absent else "to_change"
    link: LinkPlan = {
        "source": _tenant(look, "source"),
        "target": _tenant(look, "target"),
        "configuration": look.get("configuration"),
        "state": "absent" if absent else "present",
        "status": status,
        "msg": fault,
        "summary": "",
        "parts": parts,
        "untouched": untouched,
        "impact": impact if parts or fault else None,
        "impact_unknown": impact_unknown if parts else None,
        "sizing": _sizing(found.sizing) if parts and not absent else None,
        "hash": "",
    }
    plain = cast(LinkPlan, json.loads(json.dumps(link, default=str)))
    return {**plain, "summary": _summary(plain, look), "hash": link_hash(plain)}


def _tenant(look: Result, side: str) -> Tenant:
    tenant = look.get(side) or {}
    return {"name": str(tenant.get("name")), "tenant_id": str(tenant.get("tenant_id"))}


def _fault(found: Found, absent: bool) -> str | None:
    """Why the link cannot be planned, before its impact is known."""
    look = found.look
    if look.get("tasks") == "failed":
        return str(look.get("msg"))
    if found.arguments.get("failed"):
        return str(found.arguments.get("msg"))
    if not absent:
        return None
    results = [found.removal.get(step.registered) or {} for step in _removal_steps(found)]
    failed = next((result for result in results if result.get("failed") or result.get("unreachable")), None)
    if failed is not None:
        return str(failed.get("msg"))
    return None if all(results) else DID_NOT_RUN


def _must_be_judged(look: Result) -> bool:
    """Whether the run judges the impact on users before it writes, so that a failure of that is one of the link."""
    return look.get("tasks") != UNJUDGED


def _impact(found: Found) -> tuple[dict[str, Any] | None, str | None]:
    """The impact of a change, and why it is not known or not allowed."""
    result = found.impact
    impact = result.get("impact")
    return dict(impact) if impact else None, str(result.get("msg")) if result.get("failed") or result.get("unreachable") else None


def _removal_impact(found: Found) -> dict[str, Any] | None:
    impact = (found.removal.get(DEPROVISION.registered) or {}).get("impact") if DEPROVISION in _removal_steps(found) else None
    return dict(impact) if impact else None


def _sizing(result: Result) -> Sizing:
    if result.get("sizing"):
        return cast(Sizing, dict(result["sizing"]))
    return {**_UNSIZED, "findings": [f"the size of the link is not known: {result.get('msg') or DID_NOT_RUN}"]}


# Its parts -----------------------------------------------------------------------------------------------------------------


def _building(look: Result) -> list[PlannedPart]:
    """The parts that change. One for which only a state is waited for has no action, and nothing is written for it."""
    changing = [part for part in look.get("differences") or () if part["actions"]]
    parts = [_part(part["module"], _side(part, look), look, part, part, part.get("basis") or {}) for part in changing]
    return sorted(parts, key=lambda part: _ORDER[part["module"], part["side"]])


def _untouched(look: Result) -> list[Untouched]:
    waiting = [part for part in look.get("differences") or () if not part["actions"]]
    listed: list[Untouched] = []
    for part in (*(look.get("untouched") or ()), *waiting):
        side = _side(part, look)
        listed.append({"module": part["module"], "side": side, "tenant": _tenant(look, side), "basis": part.get("basis") or {}})
    return sorted(listed, key=lambda part: _ORDER[part["module"], part["side"]])


def _side(part: Result, look: Result) -> Literal["source", "target"]:
    in_target = str(part["tenant"]).casefold() == _tenant(look, "target")["tenant_id"].casefold()
    return "target" if part["module"] in _IN_TARGET and in_target else "source"


def _removal_steps(found: Found) -> Sequence[Step]:
    return steps_of_removal(bool(found.arguments.get("deprovision")), found.arguments.get("sharing") or ())


def _removing(found: Found) -> list[PlannedPart]:
    results = [(step, found.removal[step.registered]) for step in _removal_steps(found)]
    return [
        _part(step.module, cast(Literal["source", "target"], step.side), found.look, result, result.get("diff") or {}, {})
        for step, result in results
        if result.get("actions")
    ]


def _part(module: str, side: Literal["source", "target"], look: Result, acting: Result, states: Result, basis: Result) -> PlannedPart:
    """``acting`` has the actions, ``states`` the states before and after them."""
    actions = [_action(action, module) for action in acting["actions"]]
    return {
        "module": module,
        "side": side,
        "tenant": _tenant(look, side),
        "actions": actions,
        "before": dict(states.get("before") or {}),
        "after": dict(states.get("after") or {}),
        "basis": dict(basis),
        "full_cycle": causes_full_cycle({"module": module, "actions": acting["actions"]}, look.get("job")),
    }


def _action(action: Result, module: str) -> PlannedAction:
    reversible, how = reversal(action, module)
    return {
        "verb": str(action["verb"]),
        "object": str(action["object"]),
        "effects": dict(action.get("effects") or {}),
        "reversible": reversible,
        "reversal": how,
    }


# In words ------------------------------------------------------------------------------------------------------------------


def _summary(link: LinkPlan, look: Result) -> str:
    """The plan of a link in one line. It contains no time."""
    if link["status"] == "cannot_be_planned":
        return f"cannot be planned: {link['msg']}"
    if link["status"] == "in_sync":
        return "; ".join(["in sync" if link["state"] == "present" else "nothing left to remove", *(look.get("problems") or ())])
    numbers = ", ".join(f"{number} in {tenant}" for tenant, number in _counted(link["parts"]))
    does = "is removed" if link["status"] == "to_remove" else "changes"
    affected = [str(link["impact"]["summary"])] if link["impact"] else []
    unknown = [f"impact on users not known: {link['impact_unknown']}"] if link["impact_unknown"] else []
    return "; ".join(
        [f"{does}: {quantity(sum(len(part['actions']) for part in link['parts']), 'action')} ({numbers})", *affected, *unknown]
    )


def _counted(parts: Iterable[PlannedPart]) -> Iterator[tuple[str, int]]:
    numbers: dict[str, int] = {}
    for part in parts:
        numbers[part["tenant"]["name"]] = numbers.get(part["tenant"]["name"], 0) + len(part["actions"])
    yield from numbers.items()


# Of the whole plan ---------------------------------------------------------------------------------------------------------

MOST_NAMED = 20
"""How many links an artifact names: with thousands of them, it must stay small."""


def unplannable(plan: Plan) -> dict[str, str]:
    """The links that cannot be planned, with the reasons. Such a plan cannot be approved."""
    return {host: str(link["msg"]) for host, link in plan["links"].items() if link["status"] == "cannot_be_planned"}


def changes_something(plan: Plan) -> bool:
    """Whether a run would write anything."""
    return any(link["parts"] for link in plan["links"].values())


def artifact(plan: Plan) -> dict[str, Any]:
    """The plan in a few lines for ``set_stats``: a later node of a workflow gets it as a variable."""
    acting = [host for host, link in plan["links"].items() if link["status"] != "in_sync"]
    counts: dict[str, int] = {}
    for link in plan["links"].values():
        counts[link["status"]] = counts.get(link["status"], 0) + 1
    return {
        "hash": plan["hash"],
        "changed": changes_something(plan),
        "approvable": not unplannable(plan),
        "summary": list(plan["summary"]),
        "counts": counts,
        "named": acting[:MOST_NAMED],
        "more": max(0, len(acting) - MOST_NAMED),
        "change": plan["change"],
    }

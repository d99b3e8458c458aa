# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Deprovisioning: nobody in scope any more, the service removes the people, and nobody is left in the target (fact sheet 7).

What deletes people is the service alone, so a plan says first what would keep it from doing so, and the end is judged by the
target, person by person. Whoever is left is named, for nobody else remembers them once the configuration is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ...graph.client import Client, Request
from ...graph.odata import LARGEST_GET_BY_IDS
from ...plan import Action, LinkResource, Outcome, Plan, Refusal, Sight, Wait
from .. import debt, job, settings_bag
from ..find_configuration import Configuration
from ..scope import Assignment
from . import bystanders
from .reading import Current, Desired, Person, read_source, read_target

SHOWN = 50
"""How many people a result names; the others are counted."""
KEEP = "finish with link_users keep"


def desired(params: Mapping[str, Any]) -> Desired:
    """Understand the options.

    :raises Refusal: when one makes no sense.
    """
    threshold = params.get("deletion_threshold")
    if threshold is not None and threshold < 0:
        raise Refusal("deletion_threshold must be 0 (no guard) or a number of deletions")
    if params["wait_timeout"] < 0:
        raise Refusal("wait_timeout must be a number of seconds, 0 or more")
    return Desired(
        tenant=params["tenant_id"],
        configuration=params["configuration"],
        target=params["target"]["tenant_id"],
        threshold=threshold,
        wait_timeout=float(params["wait_timeout"]),
        domains=tuple(params.get("source_domains") or ()),
        others=tuple(params.get("others") or ()),
    )


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide."""
    configuration, running = current.configuration, current.job
    if configuration is None:
        return _nothing(current, wanted)
    _refuse_impossible(current, wanted)
    may_create = current.connected and not current.closed and job.run_state(running) == "started"
    if running is None or not (current.leaving or (may_create and (current.in_scope or current.owed))):
        return _nothing(current, wanted)
    _refuse_held(current, wanted)
    return Plan(
        before={
            "configuration": wanted.configuration,
            "mode": current.mode,
            "assigned": len(current.assignments),
            "deletion_threshold": _guard(current.bag) or 0,
            **_shown(current.leaving, "in_target"),
        },
        after={
            "configuration": wanted.configuration,
            "mode": "assigned",
            "assigned": 0,
            "deletion_threshold": _limit(current, wanted) or 0,
            **_shown((), "in_target"),
        },
        facts=_facts(current.leaving, "removed"),
        actions=tuple(_actions(configuration, f"{configuration.synchronization}/jobs/{running['id']}", current, wanted)),
        warnings=_warnings(current),
        outcome=_outcome(f"{configuration.synchronization}/jobs/{running['id']}", running, current, wanted),
    )


def _nothing(current: Current, wanted: Desired) -> Plan:
    """Nobody is to be removed. People who may have come this way all the same are worth a word."""
    managed = {"configuration": wanted.configuration, "mode": current.mode, "assigned": len(current.assignments)}
    warnings = current.doubts
    if current.synced:
        warnings += (
            f"{_count(current.synced)} of the source tenant in tenant {wanted.target} and stay, for nothing here says that this "
            f"link made them: {_some(current.synced)}",
        )
    return Plan(managed, managed, _facts((), "removed"), warnings=warnings)


def _refuse_impossible(current: Current, wanted: Desired) -> None:
    """What keeps the service from removing anybody at all.

    :raises Refusal: if there is somebody to remove.
    """
    if not current.leaving:
        return
    stay = f"so {_count(current.leaving)} in tenant {wanted.target} and would stay: {_some(current.leaving)}"
    name = f"configuration {wanted.configuration!r}"
    if current.job is None or not current.connected:
        lacks = "job" if current.job is None else "connection to that tenant"
        raise Refusal(
            f"{name} has no {lacks} any more, and without it the service removes nobody, {stay}; "
            f"build the link again with the playbook sync and deprovision it then, or {KEEP}; nothing was changed"
        )
    if not current.enabled:
        raise Refusal(f"the mapping of people of {name} is switched off, {stay}; switch it on in the portal first, or {KEEP}")
    if "delete" not in current.target_actions:
        raise Refusal(
            f"the target actions of {name} do not include delete, {stay}; set target_actions (link_target_actions) to "
            f"create, update and delete first, or {KEEP}; nothing was changed"
        )
    if current.closed:
        raise Refusal(
            f"the trust of the link is gone ({', '.join(current.closed)}) and the service removes nobody without it, {stay}; "
            f"build the link again with the playbook sync and deprovision it then, or {KEEP}; nothing was changed"
        )


def _refuse_held(current: Current, wanted: Desired) -> None:
    """What would keep the service from removing these people now.

    :raises Refusal: if there is somebody to remove.
    """
    if not current.leaving:
        return
    why = job.quarantine(current.job)
    if why and why["reason"] != job.TOO_MANY_DELETES:
        raise Refusal(
            f"the job of configuration {wanted.configuration!r} is in quarantine since {why['since']} ({why['reason']}), so it may remove "
            "nobody; mend the cause, restart it with sync_job, restart_reason release_quarantine, and run again; nothing was changed"
        )
    limit = _limit(current, wanted)
    if limit and len(current.leaving) >= limit:
        held = "holds them back already" if why else "would hold them back"
        raise Refusal(
            f"{len(current.leaving)} people are to be removed from tenant {wanted.target}, and the deletion guard of configuration "
            f"{wanted.configuration!r}, which is {limit}, {held}: {_some(current.leaving)}; if that is meant, set deletion_threshold "
            f"(link_deletion_threshold) to {len(current.leaving) + 1}, or to 0 for no guard; nothing was changed"
        )


def _guard(bag: Mapping[str, str]) -> int | None:
    """How many deletions in one cycle the service holds back; ``None`` if the guard is off. A guard without a number has the
    portal's own (fact sheet 3.4).
    """
    now = settings_bag.deletion_guard(bag)
    return settings_bag.DELETION_THRESHOLD if now is None else now or None


def _limit(current: Current, wanted: Desired) -> int | None:
    """The guard that will hold in the cycle: only an explicit number changes it."""
    return _guard(current.bag) if wanted.threshold is None else wanted.threshold or None


def _actions(configuration: Configuration, path: str, current: Current, wanted: Desired) -> list[Action]:
    """The restart is owed before the first write that needs it. A job that does not run is started first, because the service
    may restart a paused one without starting it (fact sheet 3.3).
    """
    title = f"provisioning job of configuration {wanted.configuration}"
    tags = bystanders.tagged(configuration.tags, _others(current), current.remembered_domains)
    marked = configuration if current.resumes else replace(configuration, tags=tags)
    leave = [_unassign(one, configuration.id, wanted) for one in sorted(current.assignments, key=_order)]
    settings = _settings(configuration, current, wanted)
    actions = [] if marked.tags == configuration.tags else [_note(marked, wanted)]
    actions += [] if current.owed else [debt.record(marked, wanted.configuration, wanted.tenant)]
    actions += [*([settings] if settings else []), *leave]
    if job.run_state(current.job) != "started":
        actions.append(Action("start", title, wanted.tenant, (Request("POST", f"{path}/start"),)))
    effects = {
        "triggers_full_cycle": True,
        "removes_users": len(current.leaving),
        "users": [one.name for one in current.leaving[:SHOWN]],
        "target": wanted.target,
    }
    # Without a reset scope the service forgets watermark, failures and quarantine: it looks at everybody again (fact sheet 3.3).
    again = Request("POST", f"{path}/restart", {"criteria": {}})
    return [
        *actions,
        Action("restart", title, wanted.tenant, (again,), effects=effects),
        debt.clear(marked, wanted.configuration, wanted.tenant),
    ]


def _note(marked: Configuration, wanted: Desired) -> Action:
    """Write down who is there and stays, for whoever has to continue."""
    path, tags = f"/servicePrincipals/{marked.id}", set(marked.tags)
    return Action(
        "record",
        f"who else is in tenant {wanted.target}, at configuration {wanted.configuration}",
        wanted.tenant,
        (Request("PATCH", path, {"tags": list(marked.tags)}),),
        # The tags are written as a whole, so the next one who does must see these.
        visible=Wait(f"{path}?$select=id,tags", lambda body: tags <= set((body or {}).get("tags") or ())),
    )


def _unassign(assignment: Assignment, resource: str, wanted: Desired) -> Action:
    return Action(
        "unassign",
        f"{assignment.principal} from configuration {wanted.configuration}",
        wanted.tenant,
        (Request("DELETE", f"/servicePrincipals/{resource}/appRoleAssignedTo/{assignment.id}"),),
        before={"id": assignment.principal.id, "name": assignment.principal.name},
        effects={"soft_deletes_in_target": True},
        batched=True,
    )


def _order(assignment: Assignment) -> tuple[str, str]:
    return assignment.principal.kind, assignment.principal.name


def _settings(configuration: Configuration, current: Current, wanted: Desired) -> Action | None:
    """Scope mode and deletion guard, in one write of the bag."""
    guarded = _limit(current, wanted) != _guard(current.bag)
    # A mode that is not said may mean everybody (fact sheet 13.4).
    values = {} if current.mode == "assigned" and "SyncAll" in current.bag else {"SyncAll": "false"}
    if not guarded and not values:
        return None

    def merge(bag: Mapping[str, str]) -> dict[str, str]:
        return settings_bag.merged(bag, values, settings_bag.guard_members(bag, wanted.threshold) if guarded else {})

    writing = settings_bag.writing(configuration.synchronization, current.bag, merge)
    changed = [*(["scope mode"] if values else []), *(["deletion_threshold"] if guarded else [])]
    return Action(
        "update",
        f"settings of configuration {wanted.configuration} ({', '.join(changed)})",
        wanted.tenant,
        writing.requests,
        before={"mode": current.mode, "deletion_threshold": _guard(current.bag) or 0},
        after={"mode": "assigned", "deletion_threshold": _limit(current, wanted) or 0},
        visible=writing.visible,
        refresh=writing.refresh,
    )


def _outcome(path: str, before: Mapping[str, Any], current: Current, wanted: Desired) -> Outcome:
    """The end of a cycle that began after now, and nobody of them left in the target."""
    name = f"the cycle of configuration {wanted.configuration} that removes {len(current.leaving)} people from tenant {wanted.target}"
    there = partial(_look, current, wanted)
    return Outcome(path, job.cycle_after(before), ("restart",), wanted.wait_timeout, name, job.progress, there)


def _look(current: Current, wanted: Desired, target: Client, body: Any) -> Sight:
    """Who of them is still in the target."""
    ids = [one.target_id for one in current.leaving]
    found: set[str] = set()
    for start in range(0, len(ids), LARGEST_GET_BY_IDS):
        asked = {"ids": ids[start : start + LARGEST_GET_BY_IDS], "types": ["user"]}
        answer = target.send(Request("POST", "/directoryObjects/getByIds", asked, only_asks=True))
        found |= {str(one["id"]) for one in target.members(answer.body)}
    return sight(current, wanted, [one for one in current.leaving if one.target_id in found], body)


def sight(current: Current, wanted: Desired, left: Sequence[Person], body: Any) -> Sight:
    """What it means that some people are left: how far it is, and what to do if the cycle is over."""
    those = {one.target_id for one in left}
    facts = _facts(left, "left", [one for one in current.leaving if one.target_id not in those])
    return Sight(
        f"{len(left)} of {len(current.leaving)} people left", _complaint(len(current.leaving), wanted, left, body) if left else None, facts
    )


def _complaint(all_of_them: int, wanted: Desired, left: Sequence[Person], body: Any) -> str:
    """Why they are still there, as far as that is known."""
    begin = f"{len(left)} of {all_of_them} people are still in tenant {wanted.target} after the cycle: {_some(left)}"
    end = "; configuration and trust are kept until nobody is left"
    why = job.quarantine(body)
    if why and why["reason"] == job.TOO_MANY_DELETES:
        return (
            f"{begin}; the deletion guard holds their deletions back: set deletion_threshold (link_deletion_threshold) to a number above "
            f"{len(left)}, or approve them with sync_job, state restarted, restart_reason approve_deletions, and run again{end}"
        )
    if why:
        return f"{begin}; the job is in quarantine since {why['since']} ({why['reason']}): mend the cause and run again{end}"
    blocked = [one for one in left if one.blocked]
    disabled = f", {len(blocked)} were disabled before they left, and such people are never removed" if blocked else ""
    return (
        f"{begin}; the service does not remove administrators of the target or holds them for retry (see provisioning_log_info){disabled}: "
        f"take their roles away there or delete them by hand, and run again; whoever was invited by hand it may not know at all: {KEEP} "
        f"then{end}"
    )


def _warnings(current: Current) -> tuple[str, ...]:
    """Who is going to be left, or may be forgotten."""
    # Of people in scope by name, the domains do not matter.
    warnings = list(current.doubts if current.resumes else ())
    blocked = [one for one in current.leaving if one.blocked]
    if blocked:
        warnings.append(
            f"{len(blocked)} of the people are disabled, and the service does not remove whoever was disabled before leaving: {_some(blocked)}"
        )
    stay = set(_others(current))
    others = [one for one in current.synced if one.target_id in stay]
    if others:
        warnings.append(f"{_count(others)} of the source tenant in the target and not in scope, so nobody waits for them: {_some(others)}")
    if len(others) > bystanders.LARGEST and not current.resumes:
        warnings.append("these are too many to be remembered, so if this run is ended, the next one waits for them, too, and fails")
    return tuple(warnings)


def _others(current: Current) -> list[str]:
    """The ids of those in the target who are not to be removed."""
    leaving = {one.target_id for one in current.leaving}
    return [one.target_id for one in current.synced if one.target_id not in leaving]


def _facts(people: Sequence[Person], state: str, removed: Sequence[Person] = ()) -> dict[str, Any]:
    """Who goes, or stays; those who matter first."""
    rows = [*((one, state) for one in people), *((one, "removed") for one in removed)]
    shown = [{"user_principal_name": one.name, "target_id": one.target_id, "state": what} for one, what in rows[:SHOWN]]
    return {"people": shown, "people_count": len(rows)}


def _shown(people: Sequence[Person], name: str) -> dict[str, Any]:
    return {name: [one.name for one in people[:SHOWN]], f"{name}_count": len(people)}


def _count(people: Sequence[Person]) -> str:
    return "1 person is" if len(people) == 1 else f"{len(people)} people are"


def _some(people: Sequence[Person]) -> str:
    names = ", ".join(one.name for one in people[:10])
    return f"{names} and {len(people) - 10} more" if len(people) > 10 else names


RESOURCE = LinkResource(desired, read_source, read_target, plan)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Group synchronization (facts F106, F214 to F219).

A group that is assigned while the group mapping is off is skipped with EntityTypeNotSupported. With the mapping on and
``groupSyncInbound`` allowed, assigned groups become static security groups whose members are the synced people.
"""

from __future__ import annotations

from collections.abc import Iterator

from entra_emulator.provisioning import attributes, dates, logs, mapping, memory, policies, population, scoping
from entra_emulator.provisioning.expressions import ExpressionError
from entra_emulator.provisioning.mapping import ObjectMapping
from entra_emulator.provisioning.model import Json, Outcome, Plan, Run
from entra_emulator.provisioning.population import Candidate
from entra_emulator.state import GraphObject, new_id

UNSUPPORTED = "EntityTypeNotSupported"
SKIPPED = "EntrySynchronizationSkipped"
REFUSED = "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure"
_READ = ("displayName", "description", "mailNickname")
_NEVER = "objectId"
"""The matching attribute: the group's id in the source, which no group has that was not made by synchronization (F215)."""


def compiled_mapping(run: Run) -> ObjectMapping | None:
    """The job's mapping of groups; none where the schema has none, and none with all users in scope, which groups exclude (F214)."""
    if population.sync_all(run.source, run.sp_id, run.job):
        return None
    return mapping.object_mapping(run.job.job_schema, "Group")


def synchronize(run: Run, compiled: ObjectMapping) -> Iterator[Outcome]:
    """All assigned groups."""
    for group_id, entitled in run.assigned.groups.items():
        if entitled:
            outcome = one(run, compiled, group_id)
            if outcome is not None:
                yield outcome


def leaving(run: Run, compiled: ObjectMapping) -> list[Plan]:
    """The groups whose counterparts are to be deleted: they are deleted in the source, no longer assigned, or filtered out (F216)."""
    if not compiled.enabled or "Delete" not in compiled.flows:
        return []
    return [
        _leaves(run, group_id)
        for group_id in run.job.links
        if memory.known(run.job, group_id).get("group")
        and not memory.known(run.job, group_id).get("deleted")
        and not (run.assigned.groups.get(group_id) and _in_scope(run, compiled, group_id))
    ]


def _leaves(run: Run, group_id: str) -> Plan:
    group = run.source.groups.get(group_id)
    plan = Plan(Candidate(group_id, group, group is None, False, False), "delete", target_id=run.job.links[group_id])
    plan.source = {"objectId": group_id, **(memory.known(run.job, group_id).get("label") or {})}
    return plan


def one(run: Run, compiled: ObjectMapping, group_id: str) -> Outcome | None:
    """One assigned group; none if there is nothing to do."""
    group = run.source.groups[group_id]
    source = _read(group)
    plan = Plan(Candidate(group_id, group, False, True, True), "skip", source=source)
    if not compiled.enabled:
        return outcome(plan, "other", "skipped", UNSUPPORTED, "The object type Group is not enabled for provisioning.")
    unsupported = _unsupported(run, group)
    if unsupported:
        return outcome(plan, "other", "skipped", UNSUPPORTED, unsupported)
    plan.verdict = scoping.evaluate(compiled.scope, source, run.settings.regex_match)
    if not plan.verdict.passed:
        linked = run.job.links.get(group_id) is not None
        return None if linked else outcome(plan, "other", "skipped", SKIPPED, "The object is not in scope.")
    try:
        plan.wanted = mapping.desired(compiled, {**source, dates.NOW: run.at}, run.settings)
    except ExpressionError as error:
        return outcome(plan, "other", "failure", "InternalError", str(error))
    plan.wanted.pop(_NEVER, None)
    return _provisioned(run, compiled, plan)


def _provisioned(run: Run, compiled: ObjectMapping, plan: Plan) -> Outcome | None:
    seen = memory.known(run.job, plan.candidate.id)
    target_id = run.job.links.get(plan.candidate.id) or _made_before(run, plan.candidate.id)
    members = _members(run, plan.candidate.id) if compiled.members else []
    exported = {**mapping.basis(compiled, plan.source, plan.wanted), "members": members}
    if seen.get("exported") == exported and not run.full and not run.on_demand:
        return None  # Nothing changed in the source, so the target is not looked at (F215).
    if not policies.group_sync_allowed(run.source, run.target):
        message = "The target tenant has not enabled inbound synchronization of groups with this tenant."
        return outcome(plan, "update" if target_id in run.target.groups else "create", "failure", REFUSED, message)
    if target_id in run.target.groups:
        return _update(run, compiled, plan, run.target.groups[str(target_id)], exported)
    if seen.get("deleted") and target_id in run.target.deleted_items and run.settings.restore_soft_deleted == "restore":
        return _restore(run, compiled, plan, str(target_id), exported)
    if target_id is not None and not seen.get("deleted") and not run.full:
        reason = "The object matched before could not be found in the target system. Restart to match again."
        return outcome(plan, "update", "failure", "InvalidAnchor", reason)
    return _create(run, compiled, plan, exported) if "Add" in compiled.flows else None


def _made_before(run: Run, group_id: str) -> str | None:
    """The counterpart that synchronization made before it forgot its links (F215)."""
    return next((key for key, group in run.target.groups.items() if group.get("_source") == [run.source.id, group_id]), None)


# What a group is -----------------------------------------------------------------------------------------------------


def _read(group: GraphObject) -> Json:
    return {"objectId": group["id"], **{name: group[name] for name in _READ if group.get(name)}}


def _unsupported(run: Run, group: GraphObject) -> str | None:
    """Security groups and Microsoft 365 groups, static or dynamic, become groups; nothing else does (F214)."""
    if "Unified" not in (group.get("groupTypes") or []):
        if group.get("mailEnabled"):
            return "Mail-enabled security groups and distribution groups are not supported."
        if group.get("securityEnabled") is False:
            return "Groups that are not security groups are not supported."
    if group.get("isAssignableToRole") and not policies.group_sync_allowed(run.source, run.target, "roleEnabledGroupSyncInbound"):
        return "Role-assignable groups are not supported."
    return None


def _in_scope(run: Run, compiled: ObjectMapping, group_id: str) -> bool:
    return scoping.evaluate(compiled.scope, _read(run.source.groups[group_id]), run.settings.regex_match).passed


def _members(run: Run, group_id: str) -> list[str]:
    """The synced counterparts of the direct members; nested groups are not followed."""
    links = (run.job.links.get(member) for member in run.source.members.get(group_id, []))
    return sorted({linked for linked in links if linked in run.target.users})


def outcome(plan: Plan, action: str, status: str, code: str = "", reason: str = "") -> Outcome:
    """An entry of the log about a group."""
    name = (plan.candidate.user or {}).get("displayName") or plan.source.get("displayName")
    return Outcome(plan, action, status, code, reason, label={"displayName": name}, kind="Group")


# Carrying out --------------------------------------------------------------------------------------------------------


def _remember(run: Run, plan: Plan, target_id: str, exported: Json) -> None:
    run.job.links[plan.candidate.id] = target_id
    memory.person(run.job, plan.candidate.id).update(
        group=True, exported=exported, deleted=None, label={"displayName": plan.source.get("displayName")}
    )


def _create(run: Run, compiled: ObjectMapping, plan: Plan, exported: Json) -> Outcome:
    """A new group, whatever else has its name (F215)."""
    values = mapping.on_creation(compiled, plan.wanted)
    values.pop(_NEVER, None)
    created: GraphObject = {
        "id": new_id(),
        "createdDateTime": run.at,
        "deletedDateTime": None,
        "description": None,
        "mailNickname": new_id()[:10],
        **values,
        "groupTypes": [],
        "isAssignableToRole": True if (plan.candidate.user or {}).get("isAssignableToRole") else None,
        "mail": None,
        "mailEnabled": False,
        "proxyAddresses": [],
        "securityEnabled": True,
        "visibility": None,
        "_source": [run.source.id, plan.candidate.id],
    }
    run.target.groups[created["id"]] = created
    run.target.members[created["id"]] = list(exported["members"])
    _remember(run, plan, created["id"], exported)
    done = outcome(plan, "create", "success")
    done.target = created
    done.modified = [{"displayName": name, "oldValue": None, "newValue": value} for name, value in values.items()]
    if exported["members"]:
        done.modified.append({"displayName": "members", "oldValue": None, "newValue": ", ".join(exported["members"])})
    logs.audit(run, "Add group", "Add", created, done.modified, "Group")
    return done


def _update(run: Run, compiled: ObjectMapping, plan: Plan, group: GraphObject, exported: Json) -> Outcome | None:
    """Once something changed in the source, the source wins for everything that is mapped (F215)."""
    if "Update" not in compiled.flows:
        return None
    modified = _written(run, compiled, plan, group, exported)
    _remember(run, plan, group["id"], exported)
    if not modified:
        return None
    done = outcome(plan, "update", "success")
    done.target, done.modified = group, modified
    logs.audit(run, "Update group", "Update", group, modified, "Group")
    return done


def _written(run: Run, compiled: ObjectMapping, plan: Plan, group: GraphObject, exported: Json) -> list[Json]:
    present = {name: attributes.get(group, name) for name in plan.wanted}
    values = mapping.on_update(compiled, plan.wanted, present)
    modified: list[Json] = [
        {"displayName": name, "oldValue": present[name], "newValue": value} for name, value in values.items() if present[name] != value
    ]
    group.update({change["displayName"]: change["newValue"] for change in modified})
    before = sorted(run.target.members.get(group["id"], []))
    if compiled.members and before != exported["members"]:
        modified.append({"displayName": "members", "oldValue": ", ".join(before), "newValue": ", ".join(exported["members"])})
        run.target.members[group["id"]] = list(exported["members"])
    return modified


def _restore(run: Run, compiled: ObjectMapping, plan: Plan, target_id: str, exported: Json) -> Outcome:
    """A group that comes back into scope within 30 days, like a user (F216)."""
    item = run.target.deleted_items.pop(target_id)
    group = {name: value for name, value in item.items() if name != "@odata.type"} | {"deletedDateTime": None}
    run.target.groups[target_id] = group
    modified = [{"displayName": "IsSoftDeleted", "oldValue": "True", "newValue": "False"}, *_written(run, compiled, plan, group, exported)]
    _remember(run, plan, target_id, exported)
    done = outcome(plan, "update", "success")
    done.target, done.modified = group, modified
    logs.audit(run, "Restore group", "Update", group, modified, "Group")
    return done


def delete(run: Run, plan: Plan) -> Outcome:
    """Soft deletion. The target can stop groups in the middle: then the counterpart stays (F217)."""
    target_id = run.job.links[plan.candidate.id]
    group = run.target.groups.get(target_id)
    if group is None:
        del run.job.links[plan.candidate.id]
        run.job.seen.pop(plan.candidate.id, None)
        return outcome(plan, "other", "skipped", SKIPPED, "There is nothing to delete in the target system.")
    if not policies.group_sync_allowed(run.source, run.target):
        message = "The target tenant has not enabled inbound synchronization of groups with this tenant."
        return outcome(plan, "delete", "failure", REFUSED, message)
    del run.target.groups[target_id]
    run.target.deleted_items[target_id] = {"@odata.type": "#microsoft.graph.group", **group, "deletedDateTime": run.at}
    memory.person(run.job, plan.candidate.id).update(deleted=run.at, exported=None)
    done = outcome(plan, "delete", "success")
    done.target, done.modified = group, [{"displayName": "IsSoftDeleted", "oldValue": "False", "newValue": "True"}]
    logs.audit(run, "Delete group", "Delete", group, done.modified, "Group")
    return done

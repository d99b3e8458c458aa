# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Group synchronization, as far as it is documented (fact F106).

A group that is assigned while the group mapping is off is skipped with EntityTypeNotSupported. With the mapping on and
``groupSyncInbound`` allowed, assigned groups become static security groups whose members are the synced people.
"""

from __future__ import annotations

from collections.abc import Iterator

from entra_emulator.provisioning import logs, mapping, memory, policies, population
from entra_emulator.provisioning.mapping import ObjectMapping
from entra_emulator.provisioning.model import Json, Outcome, Plan, Run
from entra_emulator.provisioning.population import Candidate
from entra_emulator.state import GraphObject, new_id

UNSUPPORTED = "EntityTypeNotSupported"
_SERVED = ("displayName", "description")


def synchronize(run: Run) -> Iterator[Outcome]:
    """All assigned groups, then the groups that left the scope."""
    compiled = mapping.object_mapping(run.job.job_schema, "Group")
    if compiled is None or population.sync_all(run.source, run.sp_id, run.job):
        return
    for group_id, entitled in run.assigned.groups.items():
        if entitled:
            outcome = one(run, compiled, group_id)
            if outcome is not None:
                yield outcome
    for group_id in [known for known in run.job.links if memory.known(run.job, known).get("group")]:
        if not run.assigned.groups.get(group_id) and compiled.enabled and "Delete" in compiled.flows:
            outcome = _delete(run, group_id)
            if outcome is not None:
                yield outcome


def one(run: Run, compiled: ObjectMapping, group_id: str) -> Outcome | None:
    """One assigned group."""
    group = run.source.groups[group_id]
    plan = Plan(Candidate(group_id, group, False, True, True), "skip", source={"objectId": group_id, "displayName": group["displayName"]})
    if not compiled.enabled:
        return _outcome(plan, "other", "skipped", UNSUPPORTED, "The object type Group is not enabled for provisioning.")
    if group.get("isAssignableToRole") or (group.get("mailEnabled") and "Unified" not in (group.get("groupTypes") or [])):
        return _outcome(plan, "other", "skipped", UNSUPPORTED, "Mail-enabled and role-assignable groups are not supported.")
    if not policies.group_sync_allowed(run.source, run.target):
        message = "The target tenant has not enabled inbound synchronization of groups with this tenant."
        return _outcome(plan, "create", "failure", "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure", message)
    target_id = run.job.links.get(group_id)
    if target_id in run.target.groups:
        return _update(run, compiled, plan, run.target.groups[str(target_id)])
    return _create(run, plan) if "Add" in compiled.flows else None


def _outcome(plan: Plan, action: str, status: str, code: str = "", reason: str = "") -> Outcome:
    label = {"displayName": (plan.candidate.user or {}).get("displayName")}
    return Outcome(plan, action, status, code, reason, label=label, kind="Group")


def _wanted(group: GraphObject) -> Json:
    return {name: group[name] for name in _SERVED if group.get(name)}


def _members(run: Run, group_id: str) -> list[str]:
    """The synced counterparts of the direct members; nested groups are not followed."""
    links = (run.job.links.get(member) for member in run.source.members.get(group_id, []))
    return sorted({linked for linked in links if linked in run.target.users})


def _create(run: Run, plan: Plan) -> Outcome:
    group_id = plan.candidate.id
    source = run.source.groups[group_id]
    created: GraphObject = {
        "id": new_id(),
        "createdDateTime": run.at,
        "deletedDateTime": None,
        "description": None,
        **_wanted(source),
        "groupTypes": [],
        "mail": None,
        "mailEnabled": False,
        "mailNickname": new_id()[:10],
        "proxyAddresses": [],
        "securityEnabled": True,
        "visibility": None,
    }
    run.target.groups[created["id"]] = created
    run.target.members[created["id"]] = _members(run, group_id)
    run.job.links[group_id] = created["id"]
    memory.person(run.job, group_id).update(group=True, label={"displayName": source["displayName"]})
    outcome = _outcome(plan, "create", "success")
    outcome.target = created
    outcome.modified = [{"displayName": name, "oldValue": None, "newValue": value} for name, value in _wanted(source).items()]
    logs.audit(run, "Add group", "Add", created, outcome.modified, "Group")
    return outcome


def _update(run: Run, compiled: ObjectMapping, plan: Plan, group: GraphObject) -> Outcome | None:
    wanted, members = _wanted(run.source.groups[plan.candidate.id]), _members(run, plan.candidate.id)
    modified: list[Json] = [
        {"displayName": name, "oldValue": group.get(name), "newValue": value} for name, value in wanted.items() if group.get(name) != value
    ]
    before = sorted(run.target.members.get(group["id"], []))
    if before != members:
        modified.append({"displayName": "members", "oldValue": ", ".join(before), "newValue": ", ".join(members)})
    if not modified or "Update" not in compiled.flows:
        return None
    group.update(wanted)
    run.target.members[group["id"]] = members
    outcome = _outcome(plan, "update", "success")
    outcome.target, outcome.modified = group, modified
    logs.audit(run, "Update group", "Update", group, modified, "Group")
    return outcome


def _delete(run: Run, group_id: str) -> Outcome | None:
    target_id = run.job.links.pop(group_id)
    label = run.job.seen.pop(group_id, {}).get("label") or {}
    group = run.target.groups.pop(target_id, None)
    if group is None:
        return None
    run.target.deleted_items[target_id] = {"@odata.type": "#microsoft.graph.group", **group, "deletedDateTime": run.at}
    outcome = _outcome(Plan(Candidate(group_id, None, False, False, False), "delete"), "delete", "success")
    outcome.target, outcome.label = group, label
    logs.audit(run, "Delete group", "Delete", group, [], "Group")
    return outcome

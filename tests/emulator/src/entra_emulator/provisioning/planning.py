# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done about one person: a decision from the state of both tenants, changing neither (F100, F107, F114)."""

from __future__ import annotations

from entra_emulator.provisioning import attributes, dates, directory, mapping, memory, scoping
from entra_emulator.provisioning.expressions import ExpressionError
from entra_emulator.provisioning.model import Json, Plan, Run
from entra_emulator.provisioning.population import ROLE, Candidate

NOT_ENTITLED = "NotEffectivelyEntitled"
SKIPPED = "EntrySynchronizationSkipped"
REDUNDANT = "RedundantExport"


def plan(run: Run, candidate: Candidate) -> Plan:
    """The plan for one person."""
    if candidate.user is None:
        return _leaving(run, Plan(candidate, "nothing"))
    role = ROLE if candidate.entitled else None
    source = attributes.read(run.source, candidate.user, role, candidate.deleted)
    result = Plan(candidate, "nothing", source=source)
    entry = scoping.evaluate_input(run.mapping.scope, source, run.settings.regex_match)
    result.verdict = entry
    if not entry.passed:
        # Failing the input filter does not deprovision (F101); the person is only not looked at any further.
        return _skip(result, SKIPPED, "The object does not pass the built-in input filter.")
    result.verdict = scoping.evaluate(run.mapping.scope, source, run.settings.regex_match)
    result.verdict.results.update(entry.results)
    if candidate.deleted or not candidate.entitled or not result.verdict.passed:
        return _leaving(run, result)
    try:
        result.wanted = mapping.desired(run.mapping, {**source, dates.NOW: run.at}, run.settings)
        identity = mapping.value_of(run.mapping.identity, source, run.settings)
    except ExpressionError as error:
        return _fail(result, "InternalError", str(error))
    if identity is None:
        return _fail(result, "ImportSkipped", "The object has no value for the matching attribute.")
    if "userPrincipalName" in result.wanted:
        result.wanted["userPrincipalName"] = directory.external_name(str(result.wanted["userPrincipalName"]), run.target)
    result.basis = mapping.basis(run.mapping, source, result.wanted)
    return _staying(run, result, str(identity))


def _skip(result: Plan, code: str, reason: str) -> Plan:
    result.verb, result.code, result.reason = "skip", code, reason
    return result


def _fail(result: Plan, code: str, reason: str) -> Plan:
    result.verb, result.code, result.reason = "fail", code, reason
    return result


def _leaving(run: Run, result: Plan) -> Plan:
    """A person out of scope: soft-deleted where this job provisioned them, otherwise skipped (F114)."""
    candidate, job = result.candidate, run.job
    target_id, seen = job.links.get(candidate.id), memory.known(job, candidate.id)
    if target_id is None or seen.get("deleted"):
        if candidate.assigned and not candidate.entitled:
            return _skip(result, NOT_ENTITLED, "The user is not effectively entitled: the assigned role is default access.")
        if not candidate.assigned and run.on_demand:
            return _skip(result, NOT_ENTITLED, "The user is not assigned to the application.")
        return _skip(result, SKIPPED, "The object is not in scope.") if candidate.user is not None else result
    result.target_id = target_id
    if candidate.deleted:
        if run.on_demand or not run.mapping.soft_deletes:
            # On demand cannot delete people who were deleted in the source (F133); IsSoftDeleted drives the deletion (F93, F94).
            return _skip(result, SKIPPED, "The object was deleted in the source system.")
    elif (seen.get("exported") or {}).get("accountEnabled") is False:
        return _skip(result, SKIPPED, "The user was disabled before leaving the scope and is not deleted.")
    if "Delete" not in run.mapping.flows:
        return _skip(result, SKIPPED, "The target object action Delete is switched off.")
    result.verb = "delete"
    return result


def _staying(run: Run, result: Plan, identity: str) -> Plan:
    """A person in scope: linked, returning, matched by identity, or new."""
    job, person_id = run.job, result.candidate.id
    target_id, seen = job.links.get(person_id), memory.known(job, person_id)
    if target_id is not None and target_id in run.target.users:
        result.target_id = target_id
        return _update(run, result)
    if target_id is not None and seen.get("deleted"):
        if _restorable(run, target_id):
            return _returning(run, result, target_id)
    elif target_id is not None and not (run.full or run.on_demand):
        if _unchanged(run, result):
            return result  # Nothing changed in the source, so the target is not looked at (F119).
        return _fail(result, "InvalidAnchor", "The object matched before could not be found in the target system. Restart to match again.")
    matched = run.index.identities.get(identity) if _adopts(run, identity) else None
    if matched is not None:
        result.target_id, result.matched = matched, True
        return _update(run, result)
    if not result.source["accountEnabled"]:
        return _skip(result, SKIPPED, "The user is not active in the source system.")
    if "Add" not in run.mapping.flows:
        return _skip(result, SKIPPED, "The target object action Create is switched off.")
    result.verb = "create"
    result.changes = mapping.on_creation(run.mapping, result.wanted)
    result.changes.setdefault("userPrincipalName", directory.external_name(result.source["userPrincipalName"], run.target))
    return result


def _adopts(run: Run, identity: str) -> bool:
    """Whom synchronization made is always found again; a guest who was invited, where existing guests are matched (F113)."""
    found = run.target.users.get(run.index.identities.get(identity, ""), {})
    return run.settings.match_existing_guests or bool(found.get("_synchronized"))


def _restorable(run: Run, target_id: str) -> bool:
    """The regular cycle restores whom it deleted; on demand does not, and makes a second account (F115, F133)."""
    return run.settings.restore_soft_deleted == "restore" and not run.on_demand and target_id in run.target.deleted_items


def _returning(run: Run, result: Plan, target_id: str) -> Plan:
    if not result.source["accountEnabled"]:
        return _skip(result, SKIPPED, "The user is not active in the source system.")
    present = _present(run, run.target.deleted_items[target_id])
    result.verb, result.target_id = "restore", target_id
    result.changes = _differences(mapping.on_update(run.mapping, result.wanted, present), present)
    return result


def _update(run: Run, result: Plan) -> Plan:
    """Only a change in the source makes the engine look at the target; then the source wins for every mapped value (F119)."""
    seen = memory.known(run.job, result.candidate.id)
    looks = run.full or run.on_demand or result.matched or not _unchanged(run, result)
    if not looks and not any(row.flow_always for row in run.mapping.rows):
        return result
    assert result.target_id is not None
    present = _present(run, run.target.users[result.target_id])
    wanted = result.wanted if looks else {r.target: result.wanted[r.target] for r in run.mapping.rows if _flows_always(r, result)}
    allowed = mapping.on_update(run.mapping, wanted, present)
    if seen.get("keep_upn") and not run.corrects_names:
        allowed.pop("userPrincipalName", None)
    result.changes = _differences(allowed, present)
    if not result.changes and not result.matched:
        return _skip(result, REDUNDANT, "The state of the entry in both the source and target systems already match.")
    if "Update" not in run.mapping.flows:
        return _skip(result, SKIPPED, "The target object action Update is switched off.")
    result.verb = "update"
    return result


def _unchanged(run: Run, result: Plan) -> bool:
    """Whether the source is as it was when this person was exported."""
    seen = memory.known(run.job, result.candidate.id)
    return bool(seen.get("basis" if run.mapping.volatile else "exported") == result.basis)


def _flows_always(row: mapping.Row, result: Plan) -> bool:
    return row.flow_always and row.target in result.wanted


def _present(run: Run, user: Json) -> Json:
    return {row.target: attributes.get(user, row.target) for row in run.mapping.rows}


def _differences(wanted: Json, present: Json) -> Json:
    return {name: value for name, value in wanted.items() if present.get(name) != value}

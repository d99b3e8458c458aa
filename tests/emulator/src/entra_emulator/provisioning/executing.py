# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a person's plan in the target tenant, with the refusals the target may give (F117, F120, F122, F127)."""

from __future__ import annotations

from typing import Any

from entra_emulator.provisioning import attributes, directory, logs, mapping, memory, policies
from entra_emulator.provisioning.functions import text
from entra_emulator.provisioning.model import Json, Outcome, Plan, Run
from entra_emulator.provisioning.planning import REDUNDANT
from entra_emulator.state import GraphObject

_FOREIGN = frozenset(["mail", "showInAddressList"])
"""Attributes that belong to Exchange once the target user has a mailbox or its licence (F120)."""
_LESSER_ROLES = frozenset(["User Administrator", "Helpdesk Administrator", "User Account Administrator"])
"""Roles that do not keep the service from deleting a person (F117)."""


def execute(run: Run, plan: Plan) -> Outcome:
    """Do it, remember what was exported, and write the target tenant's audit log."""
    work = {"create": _create, "update": _update, "delete": _delete, "restore": _restore}.get(plan.verb)
    outcome = work(run, plan) if work else _nothing(run, plan)
    outcome.label = _label(run, plan)
    return outcome


def _label(run: Run, plan: Plan) -> Json:
    """Names for the logs, kept because the source user may be purged later."""
    user = plan.candidate.user
    seen = memory.known(run.job, plan.candidate.id)
    if user is None:
        return dict(seen.get("label") or {})
    label = {"displayName": user.get("displayName"), "userPrincipalName": user.get("userPrincipalName")}
    if seen:
        seen["label"] = label
    return label


def _nothing(run: Run, plan: Plan) -> Outcome:
    if plan.verb == "skip" and plan.target_id in run.target.users and plan.wanted:
        seen = memory.known(run.job, plan.candidate.id)
        before = {name: seen[name] for name in ("exported", "basis") if name in seen}
        _remember(run, plan, plan.target_id or "", **({} if plan.code == REDUNDANT else {"exported": None, **before}))
    status = "failure" if plan.verb == "fail" else "skipped"
    target = run.target.users.get(plan.target_id or "")
    return Outcome(plan, "other", status, plan.code, plan.reason, target)


def _remember(run: Run, plan: Plan, target_id: str, **changes: Any) -> None:
    seen = memory.person(run.job, plan.candidate.id)
    if run.job.links.get(plan.candidate.id) != target_id or seen.get("deleted"):
        run.holders[target_id] += 1
    run.job.links[plan.candidate.id] = target_id
    seen["exported"] = plan.wanted
    if run.mapping.volatile:
        seen["basis"] = plan.basis
    seen.pop("deleted", None)
    if run.corrects_names:
        seen.pop("keep_upn", None)
    seen.update(changes)


def _identity(run: Run, plan: Plan) -> str:
    return str(mapping.value_of(run.mapping.identity, plan.source, run.settings))


def _create(run: Run, plan: Plan) -> Outcome:
    values = dict(plan.changes)
    refusal = _creation_refusal(run, plan, values)
    if isinstance(refusal, policies.Refusal):
        return Outcome(plan, "create", "failure", refusal.code, refusal.message)
    if refusal is not None:
        return _join(run, plan, refusal)
    user = directory.create_user(run.target, run.index, values, _identity(run, plan), run.at)
    _remember(run, plan, str(user["id"]))
    modified = _modified({}, values)
    logs.audit(run, "Add user", "Add", user, modified)
    return Outcome(plan, "create", "success", target=user, modified=modified)


def _creation_refusal(run: Run, plan: Plan, values: Json) -> policies.Refusal | GraphObject | None:
    """Why the target refuses to create this person, or the user whom the invitation finds there already."""
    mail = values.get("mail") or plan.source.get("mail")
    refusal = policies.invitation_refusal(run.source, run.target, mail)
    if refusal is not None:
        return refusal
    if values.get("userType", "Guest") not in ("Member", "Guest"):
        return _invalid(f"The value '{values['userType']}' of property userType is invalid: it must be Member or Guest.")
    domain = str(mail or "").rpartition("@")[2].lower()
    if domain and domain not in {name.lower() for name in [*run.source.domains, run.source.initial_domain]}:
        return _invalid(f"The primary SMTP address {mail} is invalid: {domain} is not a verified domain of the source tenant.")
    return _address_conflict(run, values, mail) or _name_conflict(run, values)


def _invalid(message: str) -> policies.Refusal:
    return policies.Refusal("InvitationCreationFailureInvalidPropertyValue", message)


def _address_conflict(run: Run, values: Json, mail: str | None) -> policies.Refusal | GraphObject | None:
    """Contacts, groups and users with the same address. A contact lets a guest through, but without mail."""
    for kind, found_id in run.index.conflicts(mail):
        if kind == "internal":
            message = f"The proxy address {mail} is used by another user of the target tenant."
            return policies.Refusal("InvitationCreationFailureAmbiguousUser", message)
        if kind == "group" or (kind == "contact" and values.get("userType") == "Member"):
            return _invalid(f"The proxy address {mail} is already used by a {kind} of the target tenant.")
        if kind == "contact":
            values.pop("mail", None)
        if kind == "external":
            return run.target.users[found_id]
    return None


def _name_conflict(run: Run, values: Json) -> policies.Refusal | GraphObject | None:
    holder = run.target.users.get(run.index.names.get(str(values["userPrincipalName"]).lower(), ""))
    if holder is None:
        return None
    if attributes.is_external(holder) and not holder.get("_alternativeSecurityId"):
        return holder
    message = f"Another object with the same value for property userPrincipalName already exists: {values['userPrincipalName']}."
    return policies.Refusal("EntryConflict", message)


def _join(run: Run, plan: Plan, holder: GraphObject) -> Outcome:
    """The invitation resolves to a user with the same address (F113).

    A guest who never accepted becomes this person, and keeps the mail-based name until a restart or on demand. A second source
    person with the same address collapses into the first one's user.
    """
    pending = not holder.get("_alternativeSecurityId")
    if pending and run.settings.pending_guests == "refused":
        message = "The address is used by a guest of the target tenant who has not accepted the invitation."
        return Outcome(plan, "create", "failure", "InvitationCreationFailureAmbiguousUser", message)
    if not pending and run.settings.duplicate_mail == "refused" and str(holder["id"]) in run.job.links.values():
        message = "More than one source object has this mail address."
        return Outcome(plan, "create", "failure", "DuplicateSourceEntries", message)
    if not pending and str(holder["id"]) not in run.job.links.values():
        message = "The address is used by an external user of the target tenant with another identity."
        return Outcome(plan, "create", "failure", "InvitationCreationFailureAmbiguousUser", message)
    before = dict(holder)
    if pending:
        run.index.remove_user(holder)
        directory.redeem(holder, _identity(run, plan), run.at)
        run.index.add_user(holder)
    present = {row.target: attributes.get(holder, row.target) for row in run.mapping.rows}
    wanted = mapping.on_update(run.mapping, plan.wanted, present)
    if not run.corrects_names or not pending:
        wanted.pop("userPrincipalName", None)
    changes = {name: value for name, value in wanted.items() if present.get(name) != value}
    directory.update_user(run.index, holder, changes)
    _remember(run, plan, str(holder["id"]), keep_upn=not run.corrects_names)
    modified = _modified(before, changes)
    logs.audit(run, "Update user", "Update", holder, modified)
    if pending:
        return Outcome(plan, "update", "success", target=holder, modified=modified)
    message = "More than one source object has this mail address; they share one target object."
    return Outcome(plan, "update", "warning", "DuplicateSourceEntries", message, holder, modified)


def _modified(before: GraphObject, changes: Json) -> list[Json]:
    """`modifiedProperties`, all strings."""
    return [
        {"displayName": name, "oldValue": text(attributes.get(before, name)) or None, "newValue": text(value)}
        for name, value in changes.items()
    ]


def _update(run: Run, plan: Plan) -> Outcome:
    assert plan.target_id is not None
    user = run.target.users[plan.target_id]
    changes, code, reason = dict(plan.changes), "", ""
    if user.get("_exchangeLicensed") and _FOREIGN & changes.keys():
        # The service retries automatically without the attributes it may not write (F127).
        changes = {name: value for name, value in changes.items() if name not in _FOREIGN}
        code = "AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService"
        reason = "Unable to update the attributes mail and showInAddressList: the object originated in an external service."
    holder = run.index.names.get(str(changes.get("userPrincipalName", "")).lower(), plan.target_id)
    if holder != plan.target_id:
        message = f"Another object with the same value for property userPrincipalName already exists: {changes['userPrincipalName']}."
        return Outcome(plan, "update", "failure", "EntryConflict", message, user)
    before = dict(user)
    directory.update_user(run.index, user, changes)
    _remember(run, plan, plan.target_id)
    modified = _modified(before, changes)
    if changes:
        logs.audit(run, "Update user", "Update", user, modified)
    status = "success" if not code else "warning" if changes else "failure"
    disables = changes.get("accountEnabled") is False and run.settings.disable_action == "disable"
    return Outcome(plan, "disable" if disables else "update", status, code, reason, user, modified)


def _restore(run: Run, plan: Plan) -> Outcome:
    assert plan.target_id is not None
    user = directory.restore(run.target, run.index, plan.target_id)
    before = dict(user)
    directory.update_user(run.index, user, plan.changes)
    _remember(run, plan, plan.target_id)
    modified = [{"displayName": "IsSoftDeleted", "oldValue": "True", "newValue": "False"}, *_modified(before, plan.changes)]
    logs.audit(run, "Restore user", "Update", user, modified)
    return Outcome(plan, "update", "success", target=user, modified=modified)


def _delete(run: Run, plan: Plan) -> Outcome:
    """Soft deletion; a user shared with another source person in scope stays, the link to a user who was deleted elsewhere is removed."""
    job, person_id = run.job, plan.candidate.id
    target_id = job.links[person_id]
    user = run.target.users.get(target_id)
    if user is None or run.holders[target_id] > 1:
        run.holders[target_id] -= 1
        del job.links[person_id]
        job.seen.pop(person_id, None)
        return Outcome(plan, "other", "skipped", "EntrySynchronizationSkipped", "There is nothing to delete in the target system.", user)
    if run.settings.administrator_deletion == "refused" and set(user.get("_directoryRoles") or ()) - _LESSER_ROLES:
        message = "The user holds administrator roles in the target tenant and cannot be deleted."
        return Outcome(plan, "delete", "failure", "AzureActiveDirectoryInsufficientRights", message, user)
    directory.soft_delete(run.target, run.index, target_id, run.at)
    seen = memory.person(job, person_id)
    run.holders[target_id] = 0
    seen["deleted"] = run.at
    seen["exported"] = None
    modified = [{"displayName": "IsSoftDeleted", "oldValue": "False", "newValue": "True"}]
    logs.audit(run, "Delete user", "Delete", user, modified)
    return Outcome(plan, "delete", "success", target=user, modified=modified)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The causes that lie in who the user is, and in the scope (facts F100 to F102, F105, F108, F109, F111, F114, F116, F117)."""

from __future__ import annotations

from .rule import Rule

_BRING_IN = "assign the user, or a group of which the user is a direct member, to configuration {configuration}"
_KEEP = "if the user should keep the account, bring them back into scope before the next cycle"

RULES = (
    # Whom the name means.
    Rule(
        "unknown_name",
        lambda case: (
            case.source is None
            and case.evidence.account is None
            and not case.evidence.own_user
            and not case.entries
            and not case.evidence.incomplete
        ),
        "is a user of neither tenant",
        "check the spelling of the user principal name",
    ),
    Rule(
        "own_user_of_target",
        lambda case: case.source is None and case.evidence.account is None and case.evidence.own_user,
        "is a user of the target tenant itself, whom this link does not synchronize",
        "change the user in the target tenant",
    ),
    # An account that the service would delete, and does not.
    Rule(
        "deletion_held",
        lambda case: not case.missing and (case.out or case.gone_in_source) and case.held,
        "is not in scope any longer ({standing}), and the deletion guard holds the deletion of the account back",
        "bring the user back into scope and restart the job, or restart it with approve_deletions if the account may go",
    ),
    Rule(
        "administrator",
        lambda case: not case.missing and (case.out or case.gone_in_source) and case.failed("InsufficientRights"),
        "is not in scope any longer ({standing}), and keeps the account only because they hold an administrator role in the target",
        "take the role from the user in the target, or bring them back into scope",
    ),
    # Deleted in the source.
    Rule(
        "deleted_in_source_kept",
        lambda case: case.source is not None and case.source.deleted and not case.missing and not case.deletes,
        "was deleted in the source, and the mappings or target actions do not let the service delete the account in the target",
        "delete the account in the target by hand if nobody needs it",
    ),
    Rule(
        "deleted_in_source",
        lambda case: case.source is not None and case.source.deleted and not case.missing,
        "was deleted in the source, so the next cycle deletes the account in the target",
        "restore the user in the source if the deletion was a mistake",
    ),
    Rule(
        "deleted_in_source_gone",
        lambda case: case.source is not None and case.source.deleted,
        "was deleted in the source, and has no account in the target any longer",
        "restore the user in the source if the deletion was a mistake, and then the deleted account in the target",
    ),
    Rule(
        "orphan",
        lambda case: case.source is None and not case.missing,
        "has an account in the target, but is not a user of the source any longer, so nothing keeps the account up to date",
        "delete the account in the target by hand if nobody needs it",
    ),
    Rule(
        "orphan_deleted",
        lambda case: case.source is None and not case.evidence.own_user and (case.deleted or bool(case.entries)),
        "is not a user of the source, and the account in the target is deleted",
        "create the user in the source again if they should have an account",
    ),
    # Out of scope, with an account.
    Rule(
        "kept_delete_off",
        lambda case: not case.missing and case.out and "Delete" not in case.flows and case.link.rules is not None,
        "is not in scope ({standing}), and keeps the account because the target action delete is off",
        "delete the account in the target by hand if nobody needs it",
    ),
    Rule(
        "kept_disabled",
        lambda case: not case.missing and case.out and not case.enabled and case.account is not None and not case.account.enabled,
        "was disabled before leaving the scope ({standing}), and the service does not delete such an account",
        "delete the account in the target by hand if nobody needs it",
    ),
    Rule(
        "leaving",
        lambda case: not case.missing and case.out and case.provisioned,
        "is not in scope any longer ({standing}), so the next cycle deletes the account in the target",
        _KEEP,
    ),
    Rule(
        "account_out_of_scope",
        lambda case: not case.missing and case.out,
        "has an account in the target without being in scope ({standing}), and the next cycle deletes it if the synchronization made it",
        _KEEP,
    ),
    # Out of scope, without an account.
    Rule(
        "external_in_source",
        lambda case: case.missing and case.source is not None and case.source.external,
        "is an external user of the source tenant, and only its own users are synchronized",
        "have the user synchronized or invited from their home tenant",
    ),
    Rule(
        "left_scope",
        lambda case: case.missing and case.out and case.deleted and case.deleted_by_service,
        "lost the account on {time}, because the user is not in scope any longer ({standing})",
        "bring the user back into scope, and restore the account in the target within 30 days of its deletion",
    ),
    Rule(
        "default_access",
        lambda case: case.missing and case.out and bool(case.access.default) and not case.assigned,
        "is assigned to configuration {configuration} with the role Default Access ({default}), which does not count",
        "assign the user or the group again with sync_scope, which uses the role msiam_access",
    ),
    Rule(
        "nested_group",
        lambda case: case.missing and case.out and bool(case.access.nested) and not case.assigned,
        "is only a member of group {group}, which is nested in the assigned group {assigned_group}, and only direct members are synchronized",
        "assign group {group} itself, or make the user a direct member of {assigned_group}",
    ),
    Rule(
        "not_assigned",
        lambda case: case.missing and case.out and not case.assigned,
        "has no account in the target, because no assignment of configuration {configuration} covers the user",
        _BRING_IN,
    ),
    Rule(
        "filter_empty",
        lambda case: case.missing and case.out and any(unmet.value is None for unmet in case.evidence.unmet[:1]),
        "has no account in the target, because {empty} is empty in the source, and the filter {filter} needs a value ({clause})",
        "fill in {empty} of the user in the source, or change the filter",
    ),
    Rule(
        "filter",
        lambda case: case.missing and case.out and bool(case.evidence.unmet),
        "has no account in the target, because the filter {filter} keeps the user out: {clause} does not hold",
        "correct the attribute of the user in the source, or change the filter",
    ),
    Rule(
        "not_in_scope",
        lambda case: case.missing and case.out,
        "has no account in the target, because the user is not in scope: {standing}",
        _BRING_IN,
    ),
    # In scope, and skipped by the service.
    Rule(
        "sms_sign_in",
        lambda case: case.missing and case.sms,
        "has no account in the target, because the service skips users with SMS sign-in",
        "switch SMS sign-in off for the user in the source",
    ),
    Rule(
        "built_in_filter",
        lambda case: case.missing and bool(case.unmet_of_log) and not case.deleted_by_service,
        "has no account in the target, because the service skipped the user: {unmet} does not hold",
        "correct the attribute of the user in the source",
    ),
    Rule(
        "disabled_in_source",
        lambda case: case.source is not None and case.missing and not case.deleted and not case.enabled,
        "has no account in the target, because the user is disabled in the source",
        "enable the user in the source",
    ),
    Rule(
        "scope_not_known",
        lambda case: case.source is not None and case.missing and case.in_scope is None,
        "has no account in the target, and whether the user is in scope is not known: {incomplete}",
        "remove that cause, and run again",
    ),
)

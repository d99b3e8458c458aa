# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The causes that lie in the link as a whole, and in the service's last attempt to write the account (facts F105, F113, F115, F121 to F127)."""

from __future__ import annotations

from .case import Case
from .rule import Rule

_TRUST = ("CrossTenantSyncPolicyCheckFailure", "B2BManagementPolicyCheckFailure")
_BUSY = ("TooManyRequests", "Timeout", "InternalError", "WebExceptionProtocolError")
_SYNC = "have the administrator run the playbook sync.yml for the link"


def _wants(case: Case) -> bool:
    """Whether the user waits for something that a cycle would do."""
    return case.missing or case.unsuccessful or bool(case.awaited)


RULES = (
    # Nothing runs.
    Rule(
        "no_job",
        lambda case: case.link.job == "absent",
        "cannot be synchronized, because configuration {configuration} has no provisioning job",
        _SYNC,
    ),
    Rule(
        "no_mapping",
        lambda case: case.link.rules is None or not case.link.rules.enabled,
        "cannot be synchronized, because the mapping of users in configuration {configuration} is missing or switched off",
        "have the administrator restore the default mappings with sync_mapping",
    ),
    Rule(
        "trust_off",
        lambda case: _wants(case) and (case.failed(*_TRUST) or (case.link.quarantine or "").endswith(_TRUST)),
        "is not synchronized, because a trust setting between the two tenants is switched off",
        _SYNC,
    ),
    Rule(
        "job_quarantined",
        lambda case: _wants(case) and case.link.job == "quarantined",
        "waits for a cycle, and the provisioning job is in quarantine ({quarantine})",
        "have the administrator fix the cause and restart the job",
    ),
    Rule(
        "job_paused",
        lambda case: _wants(case) and case.link.job == "paused",
        "waits for a cycle, and the provisioning job is paused",
        "have the administrator start the job with sync_job",
    ),
    # An account that is in the way, or should be back.
    Rule(
        "invitation_pending",
        lambda case: case.account is not None and not case.account.redeemed,
        "was invited by hand and has not redeemed the invitation, so the synchronization cannot take the account over reliably",
        "provision the user with sync_on_demand, and delete the invited account if a second one appears",
    ),
    Rule(
        "back_in_scope",
        lambda case: case.deleted and case.deleted_by_service,
        "lost the account on {time} by leaving the scope, and is in scope again",
        "restore the deleted account in the target before the next cycle, because the service may otherwise create a second one",
    ),
    Rule(
        "deleted_in_target",
        lambda case: case.deleted,
        "is in scope, and the account was deleted in the target",
        "restore the deleted account in the target, and then provision the user with sync_on_demand",
    ),
    # What the log says.
    Rule(
        "invitations_blocked",
        lambda case: case.failed("Forbidden"),
        "gets no account, because the target does not allow invitations of this user",
        "have an administrator of the target allow invitations, or the domain {domain}",
    ),
    Rule(
        "domain_not_verified",
        lambda case: case.failed("InvitationCreationFailureInvalidPropertyValue") and case.unverified,
        "gets no account, because {domain}, the domain of the mail address, is not a verified domain of the source",
        "change the mail address of the user in the source, or have the domain verified there",
    ),
    Rule(
        "address_taken",
        lambda case: case.failed("InvitationCreationFailureInvalidPropertyValue"),
        "gets no account, because the mail address {mail} is not valid, or belongs to a group or a contact in the target",
        "have an administrator of the target remove that group's or contact's address",
    ),
    Rule(
        "address_of_other_user",
        lambda case: case.failed("InvitationCreationFailureAmbiguousUser"),
        "gets no account, because the mail address {mail} belongs to another user in the target",
        "have an administrator of the target remove the address from that user",
    ),
    Rule(
        "invitation_failed",
        lambda case: case.failed("InvitationCreationFailure"),
        "gets no account, because the invitation failed ({log_reason})",
        "have an administrator of the target check the invitation settings and the allowed domains",
    ),
    Rule(
        "target_full",
        lambda case: case.failed("QuotaLimitExceeded"),
        "gets no account, because the directory of the target is full",
        "have an administrator of the target ask Microsoft for a larger quota",
    ),
    Rule(
        "managed_on_premises",
        lambda case: case.failed("CannotUpdateObjectsMasteredOnPremises"),
        "has an account in the target that an on-premises directory manages, so the service cannot change it",
        "take the user out of scope, or have the account changed in that directory",
    ),
    Rule(
        "exchange_owns",
        lambda case: case.failed("CannotUpdateObjectsOriginatedInExternalService"),
        "has a mailbox or an Exchange licence in the target, so Exchange there owns mail and visibility, and the service cannot change them",
        "have an administrator of the target change them in Exchange",
    ),
    Rule(
        "name_taken",
        lambda case: case.failed("Conflict"),
        "is not synchronized, because another object in the target has the same name or address",
        "have an administrator of the target remove or rename that object",
    ),
    Rule(
        "several_match",
        lambda case: case.failed("DuplicateTargetEntries"),
        "is not synchronized, because several accounts in the target match the user",
        "have an administrator of the target delete the redundant accounts, and keep the one that is in use",
    ),
    Rule(
        "shared_mail",
        lambda case: case.failed("DuplicateSourceEntries"),
        "shares the mail address {mail} with another user of the source, and both are the same account in the target",
        "give each of the two users their own mail address in the source",
    ),
    Rule(
        "purged_in_target",
        lambda case: case.failed("InvalidAnchor"),
        "had an account that was deleted in the target by hand, and the service looks for it in vain",
        "provision the user with sync_on_demand, or have the job restarted, so that users are matched again",
    ),
    Rule(
        "attribute_missing",
        lambda case: case.failed("SchemaAttributeNotFound"),
        "is not synchronized, because a mapped attribute does not exist in the target",
        "have the administrator correct the mappings",
    ),
    Rule(
        "no_matching_value",
        lambda case: case.failed("ImportSkipped") or (case.newest is not None and str(case.newest["code"]).endswith("ImportSkipped")),
        "is not synchronized, because the user has no value in the attribute by which users are matched",
        "have the administrator ask Microsoft's support, with the entry of the provisioning log",
    ),
    Rule(
        "service_busy",
        lambda case: case.failed(*_BUSY),
        "is not synchronized yet, because the service was busy ({code}) and tries again by itself",
        "wait for two cycles, and look again",
    ),
    Rule(
        "failed",
        lambda case: case.unsuccessful,
        "is not synchronized, because the last attempt failed: {code}, {log_reason}",
        "{log_remedy}",
    ),
    # In scope, and no account yet.
    Rule(
        "create_off",
        lambda case: case.missing and "Add" not in case.flows,
        "gets no account, because the target action create is off",
        "have the administrator switch it on with link_target_actions",
    ),
    Rule(
        "first_cycle",
        lambda case: case.missing and case.link.job in ("never_run", "running"),
        "gets the account in the first cycle of the link, which is not over",
        "wait for its end, or provision the user with sync_on_demand",
    ),
    Rule(
        "restart_owed",
        lambda case: case.missing and case.link.owed,
        "waits for a restart of the job, which an interrupted change of the link still owes",
        "have the administrator run sync_job with state started",
    ),
    Rule(
        "waiting",
        lambda case: case.missing and case.in_scope is True,
        "is in scope ({standing}), and gets the account in the next cycle",
        "wait for forty minutes, or provision the user with sync_on_demand",
    ),
)

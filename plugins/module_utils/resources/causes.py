# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The cause and the remedy of each error of the service, in tables (facts F1, F2, F7, F69, F123)."""

from __future__ import annotations

import re

from ..graph.errors import CredentialProblem, GraphFailure, ServiceError, SignInFailure, Uncertain, Unreachable
from . import permissions

_SIGN_IN = {
    7000215: "the client secret is wrong; use the secret's value, not its id",
    7000222: "the client secret has expired; create a new one in the application registration",
    700016: "the application does not exist in this tenant; check client_id and that the registration is in this tenant",
    90002: "the tenant does not exist in this cloud; check tenant_id and cloud",
    900021: "the tenant does not exist in this cloud; check tenant_id and cloud",
    700027: "the certificate does not belong to the application; upload its public part to the registration",
    700024: "the signed assertion is not valid now; check this machine's clock, and that federated_token is not too old",
    70021: "no federated credential of the application matches the token; compare issuer, subject and audience",
    700211: "no federated credential of the application has the token's issuer; compare it with the credential's issuer",
    700212: "no federated credential of the application has the token's audience; compare it with the credential's audience",
    700213: "no federated credential of the application has the token's subject; compare it with the credential's subject, which is case-sensitive",
    7002138: "the token's subject differs from that of the federated credential in upper and lower case; correct the credential",
    700222: "Entra does not accept its own tokens as a federated token; use managed_identity, or a token from another provider",
    7000218: "the registration is not a public client; allow public client flows in its authentication settings",
    70016: "the code has not been entered yet",
    70018: "the code was wrong; run again for a new code",
    70020: "the code was not used in time; run again for a new code",
    65001: "the application has no consent in this tenant; grant admin consent",
    50020: "the account that signed in does not belong to this tenant",
    50076: "multifactor authentication is required; sign in again, interactively",
    50173: "the sign-in was revoked; sign in again",
    700082: "the sign-in has expired because it was not used for a long time; sign in again",
    50034: "the account does not exist in this tenant",
    53003: "a Conditional Access policy blocks this sign-in",
    7000112: "the application is disabled in this tenant",
    500011: "the tenant does not have the service that the token is for, such as Exchange Online",
    500014: "the service that the token is for, such as Exchange Online, is disabled in this tenant",
    650052: "the tenant has no subscription to the service that the token is for, such as Exchange Online",
}

_SWITCH_OFF = (
    "a trust switch is off: the source needs redemption_outbound for the target, "
    "the target needs user_sync_inbound and redemption_inbound for the source"
)
_CODES = {
    "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure": _SWITCH_OFF,
    # The older name of the same failure (fact F11).
    "AzureDirectoryB2BManagementPolicyCheckFailure": _SWITCH_OFF,
    "ExternalTenantNotFound": "the target tenant is not in this cloud; a link across clouds needs another type of configuration",
    "AzureActiveDirectoryTokenExpired": "cross-cloud synchronization is not enabled in the target tenant",
    "InvalidAuthenticationToken": "the access token is not accepted; check that it is for this tenant and cloud, and not expired",
    "schemaInvalid": "the service refuses the mappings; the matching attribute must not change",
}

_NOT_OFFERED = {
    "roleEnabledGroupSyncInbound": "Microsoft Graph does not offer this setting in this tenant, or group_sync_inbound is off; "
    "leave role_enabled_group_sync_inbound out",
    "groupSyncInbound": "Microsoft Graph does not offer the synchronization of groups in this tenant; leave group_sync_inbound out, "
    "and switch it on in the Microsoft Entra admin center if it is offered there",
}
"""Settings of the identity synchronization that only the beta version has (facts F45, F219), by the name that a refusal contains."""

LOST_POLICY_CODES = ("AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure", "AzureDirectoryB2BManagementPolicyCheckFailure")
"""Codes of a failed connection test that no longer occur once the service has applied the trust switches everywhere."""


_CAPABILITIES = re.compile(r"/m365Capabilities(/|$)")
_EXCHANGE = re.compile(r"/(InvokeCommand|(Dynamic)?DistributionGroupMember)\b")
"""The paths of requests to Exchange."""


def explain(failure: GraphFailure, ids: bool = True) -> str:
    """The cause of a failure and its remedy, in one or two sentences that do not name the tenant. ``ids``: whether with the ids of the
    request, which differ each time.
    """
    if isinstance(failure, Uncertain):
        return f"{explain(failure.cause, ids)} The change may or may not have been made; it was not repeated."
    if isinstance(failure, SignInFailure):
        return _sign_in(failure, ids)
    if isinstance(failure, CredentialProblem):
        return f"{failure}."
    if isinstance(failure, Unreachable):
        known = f" (client request id {failure.client_request_id})" if ids and failure.client_request_id else ""
        return f"{failure}{known}; check the endpoint, the proxy, ca_path and this machine's network."
    if isinstance(failure, ServiceError):
        return _service(failure, ids)
    return f"{failure}."


def clause(failure: GraphFailure) -> str:
    """The cause of a failure and its remedy as a clause without a full stop, the same for the same cause."""
    return explain(failure, ids=False).rstrip(".")


def _sign_in(failure: SignInFailure, ids: bool) -> str:
    cause = next((_SIGN_IN[code] for code in failure.codes if code in _SIGN_IN), None)
    numbers = ", ".join(f"AADSTS{code}" for code in failure.codes) or "no code"
    trace = f", trace id {failure.trace_id}" if ids and failure.trace_id else ""
    correlation = f", correlation id {failure.correlation_id}" if ids and failure.correlation_id else ""
    return f"sign-in of application {failure.client_id} failed: {cause or failure.reason} ({numbers}{trace}{correlation})."


def _service(error: ServiceError, ids: bool) -> str:
    where = f"{error.method} {error.path.split('?', 1)[0]}"
    known = f", request id {error.request_id}" if ids and error.request_id else ""
    known += f", client request id {error.client_request_id}" if ids and error.client_request_id else ""
    message = f" {error.message!r}" if error.message else ""
    return f"{where} was answered with HTTP {error.status} {error.code}{message}{known}; {remedy(error)}."


def remedy(error: ServiceError) -> str:
    """The remedy of an error of the service, as a clause without a full stop."""
    for code, meaning in _CODES.items():
        if error.names(code):
            return meaning
    for member, meaning in _NOT_OFFERED.items():
        if error.status == 400 and error.path.endswith("/identitySynchronization") and member in error.message:
            return meaning
    if _EXCHANGE.match(error.path) and error.status in (401, 403):
        return _half(error)
    if error.denied:
        return f"the application needs {permission(error.method, error.path)} in this tenant, with admin consent"
    if error.status == 400 and _CAPABILITIES.search(error.path):
        # The text is that of the service, which is not documented (fact F204).
        return "check the trust of the partner for Microsoft 365 (trust_all_users changes it) and the groups in the scope"
    if error.status == 429:
        return "the service is throttling; run again in a few minutes or raise retries"
    if error.status >= 500:
        return "the service had a fault; run again in a few minutes"
    if error.missing:
        return "the object does not exist or is not visible yet; run again in a minute"
    return "see the code and the request id"


def _half(error: ServiceError) -> str:
    """The half of the permission for Exchange that is missing: neither allows anything alone (fact F152)."""
    role = "Exchange.ManageAsApp" if error.path.startswith("/InvokeCommand") else "Exchange.ManageAsAppV2"
    if error.status == 401:
        return (
            f"the token lacks the app role {role}, or Exchange does not accept the way in which the application signs in: grant it this "
            "permission of Office 365 Exchange Online in this tenant, with admin consent, and sign in with a certificate"
        )
    return (
        f"the application has the app role {role}, but no role in Entra or Exchange that allows this: assign it Global Reader to read, or "
        "Exchange Recipient Administrator to change recipients"
    )


def permission(method: str, path: str) -> str:
    """The Graph application permission that a call needs, followed by the permissions that also allow it, as one text."""
    first, *others = permissions.for_call(method, path) or ("a permission for this call",)
    return f"{first} (or {', '.join(others)})" if others else first


_SWITCH_OFF_IN_A_CYCLE = "a trust switch of the link is off in one tenant; run the playbook sync.yml for the link"
_LOG_CODES = (
    # The end of a code, with cause and remedy; the beginning differs between versions of the service (fact F127).
    ("CrossTenantSyncPolicyCheckFailure", _SWITCH_OFF_IN_A_CYCLE),
    ("B2BManagementPolicyCheckFailure", _SWITCH_OFF_IN_A_CYCLE),
    (
        "CannotUpdateObjectsOriginatedInExternalService",
        "Exchange manages this attribute in the target; change it in Exchange, or do not map it",
    ),
    (
        "CannotUpdateObjectsMasteredOnPremises",
        "the user in the target is managed by an on-premises directory; take the user out of scope",
    ),
    ("TooManyDeletes", "the deletion guard holds the deletions back; bring the users back into scope, or restart with approve_deletions"),
    ("QuotaLimitExceeded", "the target's directory is full; ask Microsoft for a larger quota"),
    ("InsufficientRights", "the user holds an administrator role in the target, so the service cannot change or delete the account"),
    ("Forbidden", "the target's external collaboration settings do not allow invitations"),
    ("InvitationCreationFailureInvalidPropertyValue", "the mail address is not valid, or belongs to a group in the target"),
    ("InvitationCreationFailureAmbiguousUser", "the mail address belongs to another user in the target"),
    ("InvitationCreationFailure", "the invitation failed; check the target's invitation settings and allowed domains"),
    ("InvalidAnchor", "the user was permanently deleted in the target; restart the job so that users are matched again"),
    ("DuplicateTargetEntries", "several users in the target match; remove the redundant accounts"),
    ("DuplicateSourceEntries", "several users in the source match the same user in the target; correct the source"),
    ("Conflict", "another object in the target has the same address; remove or change it"),
    ("ImportSkipped", "the user has no value in the attribute that users are matched by"),
    ("NotEffectivelyEntitled", "the user is not assigned, directly or as a direct member of an assigned group"),
    ("RedundantExport", "the user in the target is already up to date"),
    ("EntrySynchronizationSkipped", "the user is out of scope, or there is nothing to change"),
    (
        "EntityTypeNotSupported",
        "the group does not become a group, only its direct members are synchronized: groups are switched off in the job (groups of "
        "sync_mapping), or its kind is not supported",
    ),
    ("SchemaAttributeNotFound", "a mapped attribute does not exist in the target; correct the mappings"),
    ("TooManyRequests", "the service was busy and retries automatically"),
    ("Timeout", "the service was busy and retries automatically"),
    ("InternalError", "the service had a fault and retries automatically"),
)


def log_remedy(code: str | None) -> str | None:
    """Cause and remedy of a code in the provisioning log, as a clause without a full stop; ``None`` for an unknown code."""
    return next((remedy for end, remedy in _LOG_CODES if code and code.endswith(end)), None)

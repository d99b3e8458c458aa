# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Why the service said no, and what the admin can do: the one table of causes (fact sheet 0.1, 0.2 and 3; pain points 8 and 10)."""

from __future__ import annotations

from ..graph.errors import CredentialProblem, GraphFailure, ServiceError, SignInFailure, Uncertain, Unreachable
from . import permissions

_SIGN_IN = {
    7000215: "the client secret is wrong; use the secret's value, not its id",
    7000222: "the client secret has expired; create a new one in the application registration",
    700016: "the application is not known in this tenant; check client_id and that the registration is in this tenant",
    90002: "the tenant is not known in this cloud; check tenant_id and cloud",
    900021: "the tenant is not known in this cloud; check tenant_id and cloud",
    700027: "the certificate does not belong to the application; upload its public part to the registration",
    700024: "the signed assertion is not valid now; check this machine's clock, and that federated_token is not too old",
    70021: "no federated credential of the application fits the token; compare issuer, subject and audience",
    700211: "no federated credential of the application has the token's issuer; compare it with the credential's issuer",
    700212: "no federated credential of the application has the token's audience; compare it with the credential's audience",
    700213: "no federated credential of the application has the token's subject; compare it with the credential's subject, capitals included",
    7002138: "the token's subject differs from that of the federated credential in capitals; correct the credential",
    700222: "Entra takes no token of its own as a federated token; use managed_identity, or a token of another provider",
    7000218: "the registration is no public client; allow public client flows in its authentication settings",
    70016: "nobody has entered the code yet",
    70018: "the code was wrong; run again for a new one",
    70020: "the code was not used in time; run again for a new one",
    65001: "nobody has consented to the application in this tenant; grant admin consent",
    50020: "the account that signed in is not one of this tenant",
    50076: "multifactor authentication is required; sign in again, interactively",
    50173: "the sign-in was revoked; sign in again",
    700082: "the sign-in has expired after a long time without use; sign in again",
    50034: "the account does not exist in this tenant",
    53003: "a Conditional Access policy blocks this sign-in",
    7000112: "the application is disabled in this tenant",
}

_SWITCH_OFF = (
    "a trust switch is off: the source needs redemption_outbound for the target, "
    "the target needs user_sync_inbound and redemption_inbound for the source"
)
_CODES = {
    "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure": _SWITCH_OFF,
    # The older name of the same failure (fact sheet 0.2).
    "AzureDirectoryB2BManagementPolicyCheckFailure": _SWITCH_OFF,
    "ExternalTenantNotFound": "the target tenant is not in this cloud; a link across clouds needs its own kind of configuration",
    "AzureActiveDirectoryTokenExpired": "cross-cloud synchronization is not enabled in the target tenant",
    "InvalidAuthenticationToken": "the access token is not accepted; check that it is for this tenant and cloud, and not expired",
    "schemaInvalid": "the service refuses the mappings; the matching attribute must stay as it is",
}

LOST_POLICY_CODES = ("AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure", "AzureDirectoryB2BManagementPolicyCheckFailure")
"""Test-connection failures that pass once the switches have spread through the service."""


def explain(failure: GraphFailure) -> str:
    """What happened and what to do, as one sentence or two, without the tenant."""
    if isinstance(failure, Uncertain):
        return f"{explain(failure.cause)} The change may or may not have been made; it was not repeated."
    if isinstance(failure, SignInFailure):
        return _sign_in(failure)
    if isinstance(failure, CredentialProblem):
        return f"{failure}."
    if isinstance(failure, Unreachable):
        ids = f" (client request id {failure.client_request_id})" if failure.client_request_id else ""
        return f"{failure}{ids}; check the endpoint, the proxy, ca_path and this machine's network."
    if isinstance(failure, ServiceError):
        return _service(failure)
    return f"{failure}."


def _sign_in(failure: SignInFailure) -> str:
    known = next((_SIGN_IN[code] for code in failure.codes if code in _SIGN_IN), None)
    numbers = ", ".join(f"AADSTS{code}" for code in failure.codes) or "no code"
    trace = f", trace id {failure.trace_id}" if failure.trace_id else ""
    correlation = f", correlation id {failure.correlation_id}" if failure.correlation_id else ""
    return f"sign-in of application {failure.client_id} failed: {known or failure.reason} ({numbers}{trace}{correlation})."


def _service(error: ServiceError) -> str:
    where = f"{error.method} {error.path.split('?', 1)[0]}"
    ids = f", request id {error.request_id}" if error.request_id else ""
    ids += f", client request id {error.client_request_id}" if error.client_request_id else ""
    said = f" {error.message!r}" if error.message else ""
    return f"{where} was answered with HTTP {error.status} {error.code}{said}{ids}; {remedy(error)}."


def remedy(error: ServiceError) -> str:
    """What to do about an error of the service."""
    for code, meaning in _CODES.items():
        if error.names(code):
            return meaning
    if error.denied:
        return f"the application needs {permission(error.method, error.path)} in this tenant, with admin consent"
    if error.status == 429:
        return "the service is throttling; run again in a few minutes or raise retries"
    if error.status >= 500:
        return "the service had a fault; run again in a few minutes"
    if error.missing:
        return "the object is not there, or not visible yet; run again in a minute"
    return "see the code and the request id"


def permission(method: str, path: str) -> str:
    """The Graph application permission to ask for, so that a call is let in, and what would do as well."""
    first, *others = permissions.for_call(method, path) or ("a permission for this call",)
    return f"{first} (or {', '.join(others)})" if others else first


_SWITCH_OFF_IN_A_CYCLE = "a trust switch of the link is off in one tenant; run the playbook sync.yml for the link"
_LOG_CODES = (
    # end of the code, cause and remedy; the beginning depends on the service's age (pain points, section 4)
    ("CrossTenantSyncPolicyCheckFailure", _SWITCH_OFF_IN_A_CYCLE),
    ("B2BManagementPolicyCheckFailure", _SWITCH_OFF_IN_A_CYCLE),
    ("CannotUpdateObjectsOriginatedInExternalService", "Exchange owns this attribute in the target; change it there, or do not map it"),
    (
        "CannotUpdateObjectsMasteredOnPremises",
        "the person in the target is owned by its on-premises directory; take the person out of scope",
    ),
    ("TooManyDeletes", "the deletion guard holds the deletions back; bring the people back into scope, or restart with approve_deletions"),
    ("QuotaLimitExceeded", "the target's directory is full; ask Microsoft for a larger quota"),
    ("InsufficientRights", "the person holds an administrator role in the target, so the service may not change or delete it"),
    ("Forbidden", "the target's external collaboration settings do not allow invitations"),
    ("InvitationCreationFailureInvalidPropertyValue", "the mail address is not valid, or belongs to a group in the target"),
    ("InvitationCreationFailureAmbiguousUser", "the mail address belongs to somebody else in the target"),
    ("InvitationCreationFailure", "the invitation failed; check the target's invitation settings and allowed domains"),
    ("InvalidAnchor", "the person was deleted for good in the target; restart the job so that people are matched again"),
    ("DuplicateTargetEntries", "several people in the target match; remove the redundant ones"),
    ("DuplicateSourceEntries", "several people in the source match the same one; correct the source"),
    ("Conflict", "another object in the target has the same address; remove or change it"),
    ("ImportSkipped", "the person lacks the value that people are matched by"),
    ("NotEffectivelyEntitled", "the person is not assigned, directly or as a direct member of an assigned group"),
    ("RedundantExport", "the person is as it should be already"),
    ("EntrySynchronizationSkipped", "the person is out of scope, or there is nothing to do"),
    ("EntityTypeNotSupported", "groups are not synchronized by this configuration; only their direct members are"),
    ("SchemaAttributeNotFound", "a mapped attribute does not exist in the target; correct the mappings"),
    ("TooManyRequests", "the service was busy and tries again by itself"),
    ("Timeout", "the service was busy and tries again by itself"),
    ("InternalError", "the service had a fault and tries again by itself"),
)


def log_remedy(code: str | None) -> str | None:
    """Cause and remedy of a code in the provisioning log; ``None`` for one that is not known."""
    return next((remedy for end, remedy in _LOG_CODES if code and code.endswith(end)), None)

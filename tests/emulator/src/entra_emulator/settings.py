# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switches: one for every point on which the service's documentation contradicts itself or is silent.

The number in each description is that of a fact in docs/developers/facts.md.
The first value of every switch is the likelier behaviour and the default; `FLIPPED` holds the other one of each.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Lag(BaseModel):
    """How many reads of a freshly written object still see the state before it (F14)."""

    model_config = ConfigDict(extra="forbid")

    partner: int = Field(default=0, ge=0, description="Partner entries and their identitySynchronization.")
    application: int = Field(default=0, ge=0, description="Applications and service principals.")
    assignment: int = Field(default=0, ge=0, description="appRoleAssignedTo.")
    job: int = Field(default=0, ge=0, description="Provisioning jobs.")
    secrets: int = Field(default=0, ge=0, description="Provisioning secrets.")
    user: int = Field(default=0, ge=0, description="Users.")
    group: int = Field(default=0, ge=0, description="Groups.")


class LagSeconds(BaseModel):
    """How long a freshly written object is still seen as it was before (F14), beside `Lag`."""

    model_config = ConfigDict(extra="forbid")

    partner: float = Field(default=0, ge=0, description="Partner entries and their identitySynchronization.")
    application: float = Field(default=0, ge=0, description="Applications and service principals.")
    assignment: float = Field(default=0, ge=0, description="appRoleAssignedTo.")
    job: float = Field(default=0, ge=0, description="Provisioning jobs.")
    secrets: float = Field(default=0, ge=0, description="Provisioning secrets.")
    user: float = Field(default=0, ge=0, description="Users.")
    group: float = Field(default=0, ge=0, description="Groups.")


class Settings(BaseModel):
    """How the emulator behaves where the service is not fully known, and how awkward it is."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    # Cross-tenant access policy
    put_existing_identity_synchronization: Literal["conflict", "update"] = Field(
        default="conflict", description="F42: PUT on an identitySynchronization that exists answers 409, or updates it with 204."
    )
    absent_identity_synchronization: Literal["Directory_ObjectNotFound", "Request_ResourceNotFound"] = Field(
        default="Directory_ObjectNotFound", description="F43: the code of the 404 for GET and DELETE of an absent identitySynchronization."
    )
    unknown_tenant_information: Literal["not_found", "bad_request"] = Field(
        default="not_found", description="F47: findTenantInformationBy... for an unknown tenant answers 404 or 400."
    )
    partner_delete_with_policy: Literal["refused", "cascade"] = Field(
        default="refused", description="F36: DELETE of a partner that has an identitySynchronization is refused, or takes it along."
    )
    soft_deleted_partner: Literal["ignored", "blocks"] = Field(
        default="ignored",
        description="F37: whether a soft-deleted partner blocks its re-creation with 409 for soft_deleted_partner_posts tries.",
    )
    soft_deleted_partner_posts: int = Field(
        default=2,
        ge=0,
        description="F37: how many POSTs answer 409 before the deletion of the partner has propagated (soft_deleted_partner=blocks).",
    )
    nested_settings: Literal["merge", "replace"] = Field(
        default="merge",
        description="F35: PATCH of automaticUserConsentSettings and inboundTrust keeps the members that were not sent, or resets them.",
    )
    group_sync_inbound: Literal["beta", "both"] = Field(
        default="beta", description="F45: whether groupSyncInbound exists in beta only, or in v1.0 too."
    )
    expand_absent_policy: Literal["null", "omitted"] = Field(
        default="null", description="F44: $expand=identitySynchronization of a partner without one gives null, or leaves the member out."
    )

    m365_capabilities: Literal["available", "beta_only", "absent"] = Field(
        default="available", description="F207: whether the capabilities of Microsoft 365 are in v1.0 and beta, in beta only, or nowhere."
    )
    capability_update: Literal["merge", "replace"] = Field(
        default="merge",
        description="F202: PATCH of a capability keeps the members of inboundAccess that were not sent, or resets them.",
    )
    capability_without_trust: Literal["refused", "accepted"] = Field(
        default="refused",
        description="F204: POST of a capability for a partner without m365CollaborationInbound is 400, or accepted without effect.",
    )
    related_tenants: Literal["both", "beta", "absent"] = Field(
        default="both", description="F198: whether relatedTenants is in v1.0 and beta, in beta only, or nowhere, as in the cloud in China."
    )

    # Synchronization
    second_job: Literal["conflict", "same"] = Field(
        default="conflict", description="F70: a second POST jobs on a service principal answers 409, or 201 with the existing job."
    )
    job_created_status: Literal[201, 200] = Field(default=201, description="F65: status of POST jobs.")
    new_job_code: Literal["Paused", "NotConfigured"] = Field(default="Paused", description="F65: status.code of a job that never ran.")
    pause_state: Literal["Paused", "Disabled"] = Field(default="Paused", description="F67: schedule.state after pause.")
    restart_of_paused_job: Literal["starts", "stays_paused"] = Field(
        default="starts", description="F75: whether a restart of a paused job starts it, or only resets what the next start begins with."
    )
    delete_running_job: Literal["allowed", "refused"] = Field(
        default="allowed", description="F76: whether DELETE of a job needs it to be paused first."
    )
    secrets_put: Literal["merge", "replace"] = Field(
        default="merge",
        description='F58: PUT secrets keeps the keys that were not sent, or drops them. A key set to "" is always removed.',
    )
    secrets_read_role: Literal["allowed", "refused"] = Field(
        default="allowed", description="F135: whether GET secrets works with Synchronization.Read.All."
    )
    owned_by_restart: Literal["allowed", "refused"] = Field(
        default="allowed", description="F136: whether Application.ReadWrite.OwnedBy is enough for job restart."
    )
    validation_failure: Literal["error_code", "wrapped"] = Field(
        default="error_code",
        description="F13: a failed validateCredentials answers 400 with the failure as error.code, or with BadRequest and the failure in "
        "the message.",
    )
    validation_code: Literal["new", "old"] = Field(
        default="new",
        description="F11: AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure, or AzureDirectoryB2BManagementPolicyCheckFailure.",
    )
    schema_invalid: Literal["schemaInvalid", "BadRequest"] = Field(
        default="schemaInvalid", description="F13: error.code of the 400 for a refused schema; the other form has it in the message."
    )
    schema_put_restarts: bool = Field(default=True, description="F83: whether PUT schema starts a full cycle automatically.")
    on_demand: Literal["array", "object"] = Field(
        default="array",
        description="F130: generation of the provisionOnDemand response: an array under StatusInfo, or an object under a result key.",
    )
    on_demand_groups: Literal["refused", "allowed"] = Field(default="refused", description="F134: provisionOnDemand of groups.")
    transient_synchronization_errors: int = Field(
        default=0,
        ge=0,
        description="F4: how many calls on each new configuration's synchronization endpoints fail first, alternately with 403 and 409.",
    )
    batch_synchronization: Literal["allowed", "refused"] = Field(
        default="allowed", description="F26: whether $batch takes synchronization endpoints."
    )

    # Schema and provisioning engine
    directory_names: Literal["old", "new"] = Field(
        default="old", description="F85: Azure Active Directory, or Microsoft Entra ID, in the schema."
    )
    flow_types: Literal["blanks", "compact"] = Field(default="blanks", description='F85: "Add, Update, Delete", or "Add,Update,Delete".')
    directory_extensions: int = Field(
        default=0, ge=0, description="F97: how many directory extensions the directories of a new job's schema list, on each side."
    )
    rule_id: Literal["constant", "random"] = Field(
        default="constant",
        description="F86: whether the id of the synchronization rule is the same everywhere, or each application has its own.",
    )
    template_metadata: Literal["seen", "published"] = Field(
        default="seen",
        description="F304: the metadata of the synchronization template: as one tenant shows it, with undeclared keys and some keys twice, "
        "or with the keys of the published type.",
    )
    mail_mapping: Literal["present", "absent"] = Field(default="present", description="F92: whether the default schema maps mail.")
    group_mapping: Literal["present", "absent", "only_template"] = Field(
        default="present",
        description="F106, F218: whether the default schema holds the (disabled) group mapping; or only the template, so that a job has it "
        "after a reset of its schema, like jobs that are older than the feature.",
    )
    deletion_threshold: Literal["met", "exceeded"] = Field(
        default="met", description="F63: whether the deletion guard holds back as many deletions as its value, or only more."
    )
    input_filter: Literal["one_group", "two_groups"] = Field(
        default="one_group", description="F102: whether the two clauses of the built-in filter share one group."
    )
    operator_literals: Literal["portal", "upper"] = Field(
        default="portal", description="F103: Greater_Than, Greater_Than_OR_EQUALS, Includes; or in capitals."
    )
    restore_soft_deleted: Literal["restore", "unsupported"] = Field(
        default="restore",
        description="F115: whether a cycle restores a person soft-deleted by it who is back in scope, or creates another.",
    )
    pending_guests: Literal["joined", "refused"] = Field(
        default="joined",
        description="F113: whether a guest of the same address who never redeemed the invitation becomes the synchronized person, or "
        "stands in the way.",
    )
    match_existing_guests: bool = Field(
        default=True, description="F113: whether a guest who redeemed an invitation is matched by alternativeSecurityIds and taken over."
    )
    duplicate_mail: Literal["collapse", "refused"] = Field(
        default="collapse",
        description="F121: two people of the source with one mail address share one target user, or the second one fails.",
    )
    administrator_deletion: Literal["refused", "allowed"] = Field(
        default="refused", description="F117: whether a cycle deletes a person who holds an administrator role in the target."
    )
    disable_action: Literal["update", "disable"] = Field(
        default="update", description="F128: provisioningAction of an update that blocks sign-in."
    )
    regex_match: Literal["anywhere", "whole"] = Field(
        default="anywhere", description="F104: whether REGEX MATCH has to match the whole value."
    )
    append_null: Literal["null", "suffix"] = Field(
        default="null", description="F91: Append of an empty value gives nothing, or the suffix alone."
    )
    iif_null: Literal["nothing", "false"] = Field(
        default="nothing", description="F91: IIF whose condition reads an empty attribute lets nothing flow, or gives the value for false."
    )
    function_names: Literal["id", "name"] = Field(
        default="id", description="F89: the key under which filterOperators and functions list their names (csdl: id; documents: name)."
    )
    log_tenant_id: Literal["source", "target"] = Field(default="source", description="F125: tenantId in the provisioning log.")
    initial_cycle_seconds_per_object: float = Field(
        default=3.0,
        ge=0,
        description="F68: virtual length of an initial cycle for each assigned person, group and membership (0.6 to 4.8).",
    )
    log_filter: Literal["listed", "ids"] = Field(
        default="listed",
        description="F185: whether $filter of the provisioning log takes provisioningAction and provisioningStatusInfo, or refuses them.",
    )
    log_retention_days: Literal[30, 7] = Field(default=30, description="F124: how long the logs are kept.")
    log_delay_seconds: int = Field(default=0, ge=0, description="F124: virtual seconds until an entry appears in the logs.")
    audit_modified_properties: Literal["settings", "document", "empty"] = Field(
        default="settings",
        description="F191, F193: what an entry of the audit log says of a change: each setting with its old and new value, the whole new "
        "policy of a partner in one text (other objects as before), or nothing.",
    )
    audit_policy_target: Literal["policy", "partner"] = Field(
        default="policy", description="F191: whether the target of an entry about a partner has the id of the policy, or of the partner."
    )
    audit_synchronization: Literal["present", "absent"] = Field(
        default="present",
        description="F302: whether the source's audit log also has an entry for each import, decision and export of the provisioning "
        "service, or only the provisioning log does.",
    )
    audit_app_id: Literal["present", "null"] = Field(
        default="present", description="F194: whether an application that made a change is named by appId, or only by servicePrincipalId."
    )

    # Directory roles
    role_assignments_filter: Literal["optional", "required"] = Field(
        default="optional", description="F159: whether roleAssignments are listed only with a $filter on principalId or roleDefinitionId."
    )

    # Exchange
    exchange_members: Literal["MailUser", "GuestMailUser", "not_mail_enabled"] = Field(
        default="MailUser",
        description="F154, F156: what an external member is in Exchange: a MailUser, a GuestMailUser like guests, or no recipient.",
    )
    exchange_paging: Literal["repost", "get", "never"] = Field(
        default="repost",
        description="F148: how a nextLink is followed: by the same POST again, by GET, or not at all (400, expired pagination request).",
    )
    exchange_page_size: int = Field(default=1000, ge=1, le=1000, description="F148: page size without Prefer: odata.maxpagesize.")
    exchange_largest_page: int = Field(
        default=1000, ge=1, le=1000, description="F148: objects in one answer at most, whatever Prefer: odata.maxpagesize asks for."
    )
    old_sharing: Literal["wins", "loses"] = Field(
        default="wins",
        description="F212: whether an enabled organization relationship, sharing policy or availability address space takes precedence "
        "over a capability, or only counts where there is none.",
    )
    exchange_setter_answer: Literal["empty", "object", "no_content"] = Field(
        default="empty", description="F147: what a setter answers: 200 without objects, 200 with the object, or 204."
    )
    exchange_not_found_status: Literal[404, 400, 500] = Field(
        default=404, description="F149, F157: status of the error for an Identity that is no recipient's."
    )
    exchange_null_identity: Literal["all", "refused"] = Field(
        default="all", description="F146: a Get- cmdlet with Identity null returns every object, or is refused."
    )
    exchange_list_names: Literal["english", "localised"] = Field(
        default="english", description="F151: whether the address lists have English names; the system's (VLV) ones always have."
    )
    exchange_rate_limit_headers: Literal["absent", "present"] = Field(
        default="absent", description="F150: whether answers carry Rate-Limit-Limit, -Remaining and -Reset."
    )
    exchange_throttle_answer: Literal["retry_after", "no_retry_after", "unavailable"] = Field(
        default="retry_after", description="F149: a throttled request is answered by 429 with Retry-After, 429 without, or 503 with a text."
    )
    exchange_batch_status: Literal["present", "absent"] = Field(
        default="present", description="F150: whether the answers in a $batch have a status, or only a body with value or error."
    )
    exchange_client_secret: Literal["accepted", "refused"] = Field(
        default="accepted",
        description="F152: whether Exchange takes a token that was issued for a client secret; the other way is a certificate.",
    )

    # Awkwardness
    lag: Lag = Field(default_factory=Lag, description="F14: replication lag, by reads; it ends when the virtual clock moves.")
    lag_seconds: LagSeconds = Field(default_factory=LagSeconds, description="F14: replication lag, by seconds of lag_clock.")
    lag_clock: Literal["real", "virtual"] = Field(
        default="real", description="F14: whether lag_seconds are seconds on the wall, or of the virtual clock."
    )
    stale_reads: int = Field(
        default=0,
        ge=0,
        description="F14: how often a replica that is behind shows the old state again, every other read, after the new one was seen.",
    )
    instantiate_answers_404: bool = Field(
        default=False, description="F16: POST instantiate answers 404 although it created the application."
    )
    throttling: bool = Field(default=True, description="F18: whether there are quotas, in real time.")
    directory_throttle_units: int = Field(
        default=0,
        ge=0,
        description="F18: resource units each application may spend in a tenant per ten seconds; 0 is as the service: 3500 below 50 "
        "people, 5000 up to 500, else 8000.",
    )
    directory_throttle_writes: int = Field(
        default=3000, ge=1, description="F19: writes of each application in a tenant per two and a half minutes."
    )
    tenant_throttle_writes: int = Field(default=18_000, ge=1, description="F19: writes of all applications in a tenant per five minutes.")
    latency_ms: int = Field(
        default=0,
        ge=0,
        description="How much later each request to sign-in, Graph and Exchange is served, in milliseconds; connecting takes no time.",
    )
    policy_quota: Literal["directory", "conditional_access"] = Field(
        default="directory",
        description="F23: whether the cross-tenant access policy is throttled as the directory, or as Conditional Access: one request a "
        "second in each tenant, and no word on how long to wait.",
    )
    exchange_lag_seconds: int = Field(
        default=0, ge=0, description="F154: virtual seconds until Exchange has received a change of the Entra directory."
    )
    exchange_requests_per_minute: int = Field(
        default=0, ge=0, description="F150: requests to Exchange per tenant and minute, in real time; a batch item is one. 0: no limit."
    )
    exchange_longest_filter: int = Field(
        default=0, ge=0, description="F151, F157: the longest Filter in characters, a longer one is 400. 0: no limit."
    )
    exchange_answers_for_other_tenant: bool = Field(
        default=False, description="F156: every answer of Exchange is that of another tenant than the one that was asked."
    )
    log_bodies: bool = Field(
        default=True,
        description="Whether the request log contains the bodies of requests and answers.",
    )
    token_lifetime_seconds: int = Field(default=3599, ge=0, description="Lifetime of access tokens.")
    default_page_size: int = Field(default=100, ge=1, le=999, description="F27: page size where $top is not given.")
    empty_pages: int = Field(
        default=0,
        ge=0,
        description="F27: how many pages without a member, but with a nextLink, come before the first one of a collection; only the "
        "nextLink shows whether there is more (Graph's paging page).",
    )


FLIPPED: dict[str, Any] = {
    "put_existing_identity_synchronization": "update",
    "absent_identity_synchronization": "Request_ResourceNotFound",
    "unknown_tenant_information": "bad_request",
    "partner_delete_with_policy": "cascade",
    "soft_deleted_partner": "blocks",
    "nested_settings": "replace",
    "group_sync_inbound": "both",
    "expand_absent_policy": "omitted",
    "m365_capabilities": "beta_only",
    "capability_update": "replace",
    "capability_without_trust": "accepted",
    "related_tenants": "beta",
    "second_job": "same",
    "job_created_status": 200,
    "new_job_code": "NotConfigured",
    "pause_state": "Disabled",
    "restart_of_paused_job": "stays_paused",
    "delete_running_job": "refused",
    "secrets_put": "replace",
    "secrets_read_role": "refused",
    "owned_by_restart": "refused",
    "validation_failure": "wrapped",
    "validation_code": "old",
    "schema_invalid": "BadRequest",
    "schema_put_restarts": False,
    "on_demand": "object",
    "on_demand_groups": "allowed",
    "batch_synchronization": "refused",
    "directory_names": "new",
    "flow_types": "compact",
    "rule_id": "random",
    "template_metadata": "published",
    "mail_mapping": "absent",
    "group_mapping": "absent",
    "deletion_threshold": "exceeded",
    "input_filter": "two_groups",
    "operator_literals": "upper",
    "restore_soft_deleted": "unsupported",
    "pending_guests": "refused",
    "match_existing_guests": False,
    "duplicate_mail": "refused",
    "administrator_deletion": "allowed",
    "disable_action": "disable",
    "regex_match": "whole",
    "append_null": "suffix",
    "iif_null": "false",
    "function_names": "name",
    "log_tenant_id": "target",
    "audit_modified_properties": "empty",
    "audit_policy_target": "partner",
    "audit_synchronization": "absent",
    "audit_app_id": "null",
    "log_filter": "ids",
    "log_retention_days": 7,
    "policy_quota": "conditional_access",
    "role_assignments_filter": "required",
    "exchange_members": "GuestMailUser",
    "exchange_paging": "never",
    "exchange_page_size": 100,
    "old_sharing": "loses",
    "exchange_setter_answer": "no_content",
    "exchange_not_found_status": 500,
    "exchange_null_identity": "refused",
    "exchange_list_names": "localised",
    "exchange_rate_limit_headers": "present",
    "exchange_throttle_answer": "no_retry_after",
    "exchange_batch_status": "absent",
}
"""The preset that flips every switch that has another documented or conceivable behaviour."""

STATUSES = frozenset({"job_created_status", "log_retention_days", "exchange_not_found_status"})
"""Switches whose values are numbers of a fixed choice."""

PRESETS: dict[str, dict[str, Any]] = {"likely": {}, "flipped": FLIPPED}


def merged(settings: Settings, changes: dict[str, Any]) -> Settings:
    """`settings` with `changes` applied; ``lag`` and ``lag_seconds`` may be given in part.

    Unknown names and values raise ValidationError.
    """
    values = settings.model_dump()
    for name, value in changes.items():
        if name in ("lag", "lag_seconds") and isinstance(value, dict):
            value = {**values[name], **value}
        values[name] = value
    return Settings.model_validate(values)


def from_options(assignments: list[str], preset: str) -> Settings:
    """Settings from a preset and the command line's ``name=value`` pairs; ``lag.user=2`` reaches into the lag."""
    settings = merged(Settings(), PRESETS[preset])
    for assignment in assignments:
        name, separator, value = assignment.partition("=")
        if not separator:
            raise ValueError(f"--set needs name=value, got {assignment!r}")
        outer, dot, inner = name.partition(".")
        number: Any = int(value) if outer in STATUSES and value.isdigit() else value
        settings = merged(settings, {outer: {inner: number} if dot else number})
    return settings

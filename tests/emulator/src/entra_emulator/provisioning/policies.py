# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both tenants' policies must allow (F40, F46, F123): checked at every cycle, and for every invitation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from entra_emulator.settings import Settings
from entra_emulator.state import GraphObject, Tenant, World

_LINK = "aka.ms/TroubleshootingCrossTenantSyncPolicyCheck"
OUTBOUND_MISSING = (
    "The source tenant has not enabled automatic user consent with the target tenant. Please enable the outbound cross-tenant access "
    f"policy for automatic user consent in the source tenant. {_LINK}"
)
INBOUND_MISSING = (
    "The target tenant has not enabled inbound synchronization with this tenant. Please request the target tenant admin to enable the "
    f"inbound synchronization on their cross-tenant access policy. Learn more: {_LINK}"
)
OLD_MESSAGE = "Policy permitting auto-redemption of invitations not configured."


@dataclass(frozen=True)
class Refusal:
    """An error code of the service with its text."""

    code: str
    message: str


def policy_check(source: Tenant, target: Tenant, settings: Settings) -> Refusal | None:
    """Automatic redemption on both sides, and inbound synchronization in the target; the documents' code for any that is missing."""
    if not _consent(source, target.id, "outboundAllowed"):
        return _policy_refusal(settings, OUTBOUND_MISSING)
    policy = target.access_policy.identity_synchronizations.get(source.id) or {}
    if not (policy.get("userSyncInbound") or {}).get("isSyncAllowed") or not _consent(target, source.id, "inboundAllowed"):
        return _policy_refusal(settings, INBOUND_MISSING)
    return None


def group_sync_allowed(source: Tenant, target: Tenant, switch: str = "groupSyncInbound") -> bool:
    """``groupSyncInbound`` of the target's policy, or another switch of it (F106, F219)."""
    policy = target.access_policy.identity_synchronizations.get(source.id) or {}
    return bool((policy.get(switch) or {}).get("isSyncAllowed"))


def _policy_refusal(settings: Settings, message: str) -> Refusal:
    if settings.validation_code == "old":
        return Refusal("AzureDirectoryB2BManagementPolicyCheckFailure", OLD_MESSAGE)
    return Refusal("AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure", message)


def _consent(tenant: Tenant, partner_id: str, member: str) -> bool:
    partner = tenant.access_policy.partners.get(partner_id) or {}
    return bool((partner.get("automaticUserConsentSettings") or {}).get(member))


def connection(world: World, source: Tenant, secrets: dict[str, str], settings: Settings) -> Tenant | Refusal:
    """The target tenant, or why the job cannot reach it."""
    company = secrets.get("CompanyId", "")
    target = world.tenants.get(company)
    if target is None:
        authority = f"https://login.microsoftonline.com/{company}"
        message = f"This tenant was not found by the authentication authority of the current cloud: {company}."
        return Refusal("ExternalTenantNotFound", f"{message} The authentication authority is {authority}.")
    return policy_check(source, target, settings) or target


def invitation_refusal(source: Tenant, target: Tenant, mail: str | None) -> Refusal | None:
    """Whether the target's collaboration settings let a person with this mail address be invited (F123)."""
    policy = target.authorization_policy
    if policy.get("allowInvitesFrom") == "none":
        return Refusal("AzureActiveDirectoryForbidden", "Guest invitations not allowed for your company. Contact your administrator.")
    if _blocked(target, source.id, "b2bCollaborationInbound") or _blocked(source, target.id, "b2bCollaborationOutbound"):
        return Refusal("InvitationCreationFailure", "The invitation is blocked by cross-tenant access settings.")
    domain = (mail or "").rpartition("@")[2].lower()
    allowed, blocked = _domains(policy, "_invitationsAllowedDomains"), _domains(policy, "_invitationsBlockedDomains")
    if domain and (domain in blocked or (allowed and domain not in allowed)):
        message = f"The domain {domain} is not allowed by the collaboration restrictions of the target tenant."
        return Refusal("InvitationCreationFailure", message)
    return None


def _domains(policy: GraphObject, name: str) -> set[str]:
    return {str(domain).lower() for domain in policy.get(name) or []}


def _blocked(tenant: Tenant, partner_id: str, name: str) -> bool:
    """A partner's setting, or the tenant's default where the partner has null (F30)."""
    partner: dict[str, Any] = tenant.access_policy.partners.get(partner_id) or {}
    setting = partner.get(name) or tenant.access_policy.default.get(name) or {}
    users = setting.get("usersAndGroups") or {}
    all_users = any(target.get("target") == "AllUsers" for target in users.get("targets") or [])
    return users.get("accessType") == "blocked" and all_users

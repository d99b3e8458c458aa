# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request bodies, checked: unknown members, wrong types and wrong enum values are refused as the service does."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from .errors import GraphError, bad_request

B = TypeVar("B", bound="Body")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _guid(value: str) -> str:
    if not GUID.fullmatch(value):
        raise ValueError("not a GUID")
    return value.lower()


Guid = Annotated[str, AfterValidator(_guid)]


class Body(BaseModel):
    """A strict body: no unknown members, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def sent(self) -> dict[str, Any]:
        """The members that were sent, nulls included."""
        return self.model_dump(exclude_unset=True, by_alias=True)


BIND = "@odata.bind"


def without_annotations(value: Any) -> Any:
    """The value without ``@odata.`` annotations, which the service accepts and ignores (F34). What is to be bound is none (F283)."""
    if isinstance(value, list):
        return [without_annotations(element) for element in value]
    if isinstance(value, dict):
        return {
            name: without_annotations(member) if isinstance(member, (dict, list)) else member
            for name, member in value.items()
            if "@odata." not in name or name.endswith(BIND)
        }
    return value


def read(model: type[B], value: Any) -> B:
    """The checked body; 400 with the name of the first offending member."""
    return checked(model, without_annotations(value))


def checked(model: type[B], value: Any) -> B:
    """The same, of a body that has no annotations any more."""
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        raise refusal(problem) from None


def refusal(problem: ValidationError) -> GraphError:
    """A pydantic error in the service's words."""
    first = problem.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return bad_request(f"Invalid property '{place}'.")
    if first["type"] == "missing":
        return bad_request(f"A value is required for property '{place}' of resource.")
    return bad_request(f"Invalid value specified for property '{place}' of resource.")


def known_members(value: Any, allowed: frozenset[str], read_only: frozenset[str]) -> dict[str, Any]:
    """A loosely typed directory body: only known and writable members."""
    members: dict[str, Any] = without_annotations(value)
    for name in members:
        if name in allowed or name.startswith("extension_"):
            continue
        if name in read_only:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
        raise bad_request(f"Invalid property '{name}'.")
    return members


def directory_members(model: type[Body], value: Any, known: frozenset[str]) -> dict[str, Any]:
    """The writable members of a directory object that a body has, each with a value of its type (F282)."""
    sent = known_members(value, frozenset(model.model_fields), known)
    own = {name: member for name, member in sent.items() if name in model.model_fields}
    return {**sent, **read(model, own).sent()}


# Users and groups -------------------------------------------------------------------------------------------------


def _moment(value: str) -> str:
    datetime.fromisoformat(value)
    return value


Moment = Annotated[str, AfterValidator(_moment)]


class ObjectIdentity(Body):
    signInType: str | None = None
    issuer: str | None = None
    issuerAssignedId: str | None = None


class PasswordProfile(Body):
    password: str | None = None
    forceChangePasswordNextSignIn: bool | None = None
    forceChangePasswordNextSignInWithMfa: bool | None = None


class EmployeeOrgData(Body):
    costCenter: str | None = None
    division: str | None = None


class UserBody(Body):
    """What of a user can be written. The name can be changed, and not taken away."""

    userPrincipalName: str = ""
    displayName: str = ""
    accountEnabled: bool | None = None
    ageGroup: Literal["Minor", "NotAdult", "Adult", ""] | None = None
    businessPhones: Annotated[list[str], Field(max_length=1)] = []
    city: str | None = None
    companyName: str | None = None
    country: str | None = None
    department: str | None = None
    employeeHireDate: Moment | None = None
    employeeId: str | None = None
    employeeLeaveDateTime: Moment | None = None
    employeeOrgData: EmployeeOrgData | None = None
    employeeType: str | None = None
    faxNumber: str | None = None
    givenName: str | None = None
    identities: list[ObjectIdentity] = []
    jobTitle: str | None = None
    mail: str | None = None
    mailNickname: str | None = None
    mobilePhone: str | None = None
    officeLocation: str | None = None
    onPremisesExtensionAttributes: dict[str, str | None] | None = None
    onPremisesImmutableId: str | None = None
    otherMails: list[str] = []
    passwordPolicies: str | None = None
    passwordProfile: PasswordProfile | None = None
    postalCode: str | None = None
    preferredDataLocation: str | None = None
    preferredLanguage: str | None = None
    showInAddressList: bool | None = None
    state: str | None = None
    streetAddress: str | None = None
    surname: str | None = None
    usageLocation: str | None = None
    userType: Literal["Member", "Guest"] | None = None


class GroupBody(Body):
    """What of a group can be written."""

    displayName: str = ""
    classification: str | None = None
    description: str | None = None
    groupTypes: list[Literal["Unified", "DynamicMembership"]] = []
    isAssignableToRole: bool | None = None
    mailEnabled: bool | None = None
    mailNickname: str | None = None
    membershipRule: str | None = None
    membershipRuleProcessingState: Literal["On", "Paused"] | None = None
    preferredDataLocation: str | None = None
    preferredLanguage: str | None = None
    securityEnabled: bool | None = None
    theme: Literal["Teal", "Purple", "Green", "Blue", "Pink", "Orange", "Red"] | None = None
    uniqueName: str | None = None
    visibility: Literal["Private", "Public", "Hiddenmembership", "HiddenMembership"] | None = None


# Applications, service principals, and what guests may do -------------------------------------------------------


class ImplicitGrant(Body):
    enableAccessTokenIssuance: bool | None = None
    enableIdTokenIssuance: bool | None = None


class RedirectUri(Body):
    index: int | None = None
    uri: str | None = None


class WebApplication(Body):
    homePageUrl: str | None = None
    implicitGrantSettings: ImplicitGrant | None = None
    logoutUrl: str | None = None
    redirectUriSettings: list[RedirectUri] = []
    redirectUris: list[str] = []


class PermissionScope(Body):
    adminConsentDescription: str | None = None
    adminConsentDisplayName: str | None = None
    id: Guid
    isEnabled: bool = True
    origin: str | None = None
    type: Literal["User", "Admin"] | None = None
    userConsentDescription: str | None = None
    userConsentDisplayName: str | None = None
    value: str | None = None


class PreAuthorizedApplication(Body):
    appId: str | None = None
    delegatedPermissionIds: list[str] = []


class ApiApplication(Body):
    acceptMappedClaims: bool | None = None
    knownClientApplications: list[Guid] = []
    oauth2PermissionScopes: list[PermissionScope] = []
    preAuthorizedApplications: list[PreAuthorizedApplication] = []
    requestedAccessTokenVersion: int | None = None


class ApplicationBody(Body):
    """What of an application can be written."""

    displayName: str | None = None
    api: ApiApplication | None = None
    description: str | None = None
    identifierUris: list[str] = []
    notes: str | None = None
    serviceManagementReference: str | None = None
    signInAudience: (
        Literal["AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"] | None
    ) = None
    tags: list[str] = []
    web: WebApplication | None = None


class ServicePrincipalBody(Body):
    """What of a service principal can be written."""

    displayName: str | None = None
    accountEnabled: bool | None = None
    appRoleAssignmentRequired: bool = False
    description: str | None = None
    loginUrl: str | None = None
    notes: str | None = None
    notificationEmailAddresses: list[str] = []
    tags: list[str] = []


class UserRolePermissions(Body):
    allowedToCreateApps: bool = True
    allowedToCreateSecurityGroups: bool = True
    allowedToCreateTenants: bool | None = None
    allowedToReadBitlockerKeysForOwnedDevice: bool | None = None
    allowedToReadOtherUsers: bool = True
    permissionGrantPoliciesAssigned: list[str] = []


class AuthorizationPolicyBody(Body):
    """What of the authorization policy can be written."""

    displayName: str | None = None
    description: str | None = None
    allowInvitesFrom: Literal["none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone"] | None = None
    allowUserConsentForRiskyApps: bool | None = None
    allowedToSignUpEmailBasedSubscriptions: bool = True
    allowedToUseSSPR: bool = True
    allowEmailVerifiedUsersToJoinOrganization: bool = False
    blockMsolPowerShell: bool | None = None
    defaultUserRolePermissions: UserRolePermissions | None = None
    guestUserRoleId: Guid | None = None


# Cross-tenant access policy -------------------------------------------------------------------------------------


class Target(Body):
    target: str | None = None
    targetType: Literal["user", "group", "application"] | None = None


class TargetConfiguration(Body):
    accessType: Literal["allowed", "blocked"] | None = None
    targets: list[Target] | None = None


class B2BSetting(Body):
    usersAndGroups: TargetConfiguration | None = None
    applications: TargetConfiguration | None = None


class DevicesFilter(Body):
    mode: Literal["allowed", "blocked"] | None = None
    rule: str | None = None


class TenantRestrictions(B2BSetting):
    devices: DevicesFilter | None = None


class InboundTrust(Body):
    isMfaAccepted: bool | None = None
    isCompliantDeviceAccepted: bool | None = None
    isHybridAzureADJoinedDeviceAccepted: bool | None = None


class InboundOutbound(Body):
    inboundAllowed: bool | None = None
    outboundAllowed: bool | None = None


class Applications(Body):
    applications: TargetConfiguration | None = None


class Users(Body):
    users: TargetConfiguration | None = None


class UsersAndGroups(Body):
    usersAndGroups: TargetConfiguration | None = None


class PolicySettings(Body):
    """What the default and the partners have in common."""

    inboundTrust: InboundTrust | None = None
    automaticUserConsentSettings: InboundOutbound | None = None
    b2bCollaborationInbound: B2BSetting | None = None
    b2bCollaborationOutbound: B2BSetting | None = None
    b2bDirectConnectInbound: B2BSetting | None = None
    b2bDirectConnectOutbound: B2BSetting | None = None
    tenantRestrictions: TenantRestrictions | None = None
    appServiceConnectInbound: Applications | None = None
    m365CollaborationInbound: Users | None = None
    m365CollaborationOutbound: UsersAndGroups | None = None


class PartnerUpdate(PolicySettings):
    """PATCH of a partner. Members that only reads show are admitted when they come back unchanged."""

    tenantId: Guid | None = None
    isServiceProvider: bool | None = None
    isInMultiTenantOrganization: bool | None = None
    crossCloudMeetingConfiguration: InboundOutbound | None = None
    protectedContentSharing: InboundOutbound | None = None


class PartnerCreate(PartnerUpdate):
    tenantId: Guid


class IdentityProviders(Body):
    primaryIdentityProviderPrecedenceOrder: (
        list[Literal["azureActiveDirectory", "externalFederation", "socialIdentityProviders"]] | None
    ) = None
    fallbackIdentityProvider: Literal["emailOneTimePasscode", "microsoftAccount", "defaultConfiguredIdp"] | None = None


class DefaultUpdate(PolicySettings):
    invitationRedemptionIdentityProviderConfiguration: IdentityProviders | None = None


class CapabilityScope(Body):
    resourceId: str | None = None
    resourceType: Literal["none", "group", "user"] | None = None


class CapabilityScopes(Body):
    included: list[CapabilityScope] | None = None
    excluded: list[CapabilityScope] | None = None


class CapabilityAccess(Body):
    isAllowed: bool | None = None
    resourceScopes: CapabilityScopes | None = None


class CapabilityUpdate(Body):
    name: str | None = None
    inboundAccess: CapabilityAccess | None = None


class CapabilityCreate(CapabilityUpdate):
    name: str = ""
    inboundAccess: CapabilityAccess


class PolicyUpdate(Body):
    displayName: str | None = None
    allowedCloudEndpoints: list[Literal["microsoftonline.com", "microsoftonline.us", "partner.microsoftonline.cn"]] | None = None


class SyncAllowed(Body):
    isSyncAllowed: bool | None = None


class GroupSyncAllowed(Body):
    isSyncAllowed: bool


class IdentitySynchronization(Body):
    displayName: str | None = None
    userSyncInbound: SyncAllowed | None = None
    tenantId: Guid | None = None


class IdentitySynchronizationGroups(IdentitySynchronization):
    """With the switch for groups."""

    groupSyncInbound: GroupSyncAllowed | None = None


class IdentitySynchronizationBeta(IdentitySynchronizationGroups):
    roleEnabledGroupSyncInbound: GroupSyncAllowed | None = None
    externalCloudAuthorizedApplicationId: str | None = None


# Applications and assignments --------------------------------------------------------------------------------


class Instantiate(Body):
    displayName: str
    serviceManagementReference: str | None = None


class Assignment(Body):
    principalId: Guid
    resourceId: Guid
    appRoleId: Guid


# Synchronization ------------------------------------------------------------------------------------------------

SecretKey = Literal[
    "None", "UserName", "Password", "SecretToken", "AppKey", "BaseAddress", "ClientIdentifier", "ClientSecret", "SingleSignOnType",
    "Sandbox", "Url", "Domain", "ConsumerKey", "ConsumerSecret", "TokenKey", "TokenExpiration", "Oauth2AccessToken",
    "Oauth2AccessTokenCreationTime", "Oauth2RefreshToken", "SyncAll", "InstanceName", "Oauth2ClientId", "Oauth2ClientSecret", "CompanyId",
    "UpdateKeyOnSoftDelete", "SynchronizationSchedule", "SystemOfRecord", "SandboxName", "EnforceDomain", "SyncNotificationSettings",
    "SkipOutOfScopeDeletions", "Oauth2AuthorizationCode", "Oauth2RedirectUri", "ApplicationTemplateIdentifier", "Oauth2TokenExchangeUri",
    "Oauth2AuthorizationUri", "AuthenticationType", "Server", "PerformInboundEntitlementGrants", "HardDeletesEnabled",
    "SyncAgentCompatibilityKey", "SyncAgentADContainer", "ValidateDomain", "TestReferences", "ConnectionString",
]  # fmt: skip


class Secret(Body):
    key: SecretKey
    value: str | None


class Secrets(Body):
    value: list[Secret]


class NewJob(Body):
    templateId: str


class Credentials(Body):
    useSavedCredentials: bool = False
    templateId: str | None = None
    applicationIdentifier: str | None = None
    credentials: list[Secret] | None = None


class Criteria(Body):
    resetScope: str | None = None


class Restart(Body):
    criteria: Criteria | None = None


class LinkedSubject(Body):
    objectId: str
    objectTypeName: str


class Links(Body):
    members: list[LinkedSubject] | None = None
    manager: LinkedSubject | None = None
    owners: list[LinkedSubject] | None = None


class Subject(Body):
    objectId: str
    objectTypeName: str
    links: Links | None = None


class OnDemandParameters(Body):
    ruleId: str
    subjects: list[Subject]


class OnDemand(Body):
    parameters: list[OnDemandParameters]


class StringPair(Body):
    key: str
    value: str | None = None


class ObjectPair(Body):
    key: str
    value: Any = None


class TestInput(Body):
    definition: dict[str, Any] | None = None
    properties: list[ObjectPair] | None = None


class ParseExpression(Body):
    expression: str
    testInputObject: TestInput | None = None
    targetAttributeDefinition: dict[str, Any] | None = None


# Directory objects --------------------------------------------------------------------------------------------------


class GetByIds(Body):
    ids: list[Guid]
    types: list[str] | None = None

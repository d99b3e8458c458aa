# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The property names of Graph's directory types, by which $select, $filter, $orderby and bodies are checked."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


USER = _names(
    """
    id deletedDateTime aboutMe accountEnabled ageGroup assignedLicenses assignedPlans authorizationInfo birthday businessPhones city
    companyName consentProvidedForMinor country createdDateTime creationType customSecurityAttributes department displayName
    employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState externalUserStateChangeDateTime
    faxNumber givenName hireDate identities imAddresses interests isManagementRestricted isResourceAccount jobTitle
    lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates mail mailboxSettings mailNickname mobilePhone mySite
    officeLocation onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId
    onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled
    onPremisesUserPrincipalName otherMails passwordPolicies passwordProfile pastProjects postalCode preferredDataLocation
    preferredLanguage preferredName provisionedPlans proxyAddresses responsibilities schools securityIdentifier
    serviceProvisioningErrors showInAddressList signInActivity signInSessionsValidFromDateTime skills state streetAddress surname
    usageLocation userPrincipalName userType
    """
)
USER_DEFAULT = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
USER_COLLECTIONS = _names("businessPhones otherMails proxyAddresses identities assignedLicenses assignedPlans imAddresses")

GROUP = _names(
    """
    id deletedDateTime assignedLabels assignedLicenses classification createdDateTime description displayName expirationDateTime
    groupTypes hasMembersWithLicenseErrors isArchived isAssignableToRole isManagementRestricted licenseProcessingState mail mailEnabled
    mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName
    onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation
    preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions resourceProvisioningOptions securityEnabled
    securityIdentifier serviceProvisioningErrors theme uniqueName visibility
    """
)
GROUP_DEFAULT = (
    "id",
    "deletedDateTime",
    "classification",
    "createdDateTime",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesSyncEnabled",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "securityEnabled",
    "securityIdentifier",
    "theme",
    "visibility",
)
GROUP_COLLECTIONS = _names("groupTypes proxyAddresses assignedLabels assignedLicenses resourceBehaviorOptions resourceProvisioningOptions")

APPLICATION = _names(
    """
    id deletedDateTime addIns api appId applicationTemplateId appRoles authenticationBehaviors certification createdByAppId
    createdDateTime defaultRedirectUri description disabledByMicrosoftStatus displayName groupMembershipClaims identifierUris info
    isDeviceOnlyAuthSupported isFallbackPublicClient keyCredentials notes optionalClaims parentalControlSettings passwordCredentials
    publicClient publisherDomain requestSignatureVerification requiredResourceAccess samlMetadataUrl serviceManagementReference
    servicePrincipalLockConfiguration signInAudience spa tags tokenEncryptionKeyId uniqueName verifiedPublisher web
    """
)
SERVICE_PRINCIPAL = _names(
    """
    id deletedDateTime accountEnabled addIns alternativeNames appDescription appDisplayName appId applicationTemplateId
    appOwnerOrganizationId appRoleAssignmentRequired appRoles createdByAppId customSecurityAttributes description
    disabledByMicrosoftStatus displayName homepage info keyCredentials loginUrl logoutUrl notes notificationEmailAddresses
    oauth2PermissionScopes passwordCredentials preferredSingleSignOnMode preferredTokenSigningKeyThumbprint replyUrls
    resourceSpecificApplicationPermissions samlSingleSignOnSettings servicePrincipalNames servicePrincipalType signInAudience tags
    tokenEncryptionKeyId verifiedPublisher
    """
)
ASSIGNMENT = _names(
    "id deletedDateTime appRoleId createdDateTime principalDisplayName principalId principalType resourceDisplayName resourceId"
)
CONTACT = _names(
    """
    id deletedDateTime addresses companyName department displayName givenName jobTitle mail mailNickname onPremisesLastSyncDateTime
    onPremisesProvisioningErrors onPremisesSyncEnabled phones proxyAddresses serviceProvisioningErrors surname
    """
)
PARTNER = _names(
    """
    tenantId isServiceProvider isInMultiTenantOrganization inboundTrust b2bCollaborationOutbound b2bCollaborationInbound
    b2bDirectConnectOutbound b2bDirectConnectInbound tenantRestrictions crossCloudMeetingConfiguration automaticUserConsentSettings
    protectedContentSharing appServiceConnectInbound m365CollaborationInbound m365CollaborationOutbound
    """
)
CAPABILITY = _names("name lastModifiedDateTime inboundAccess")
ORGANIZATION = _names(
    """
    id deletedDateTime assignedPlans businessPhones city country countryLetterCode createdDateTime defaultUsageLocation displayName
    marketingNotificationEmails onPremisesLastSyncDateTime onPremisesSyncEnabled partnerTenantType postalCode preferredLanguage
    privacyProfile provisionedPlans securityComplianceNotificationMails securityComplianceNotificationPhones state street
    technicalNotificationMails tenantType verifiedDomains
    """
)
ORGANIZATION_BETA = ORGANIZATION | {"directorySizeQuota"}
ROLE_ASSIGNMENT = _names("id appScopeId directoryScopeId principalId roleDefinitionId")
ROLE_DEFINITION = _names("id description displayName isBuiltIn isEnabled resourceScopes rolePermissions templateId version")
ROLE_ELIGIBILITY = _names(
    "id appScopeId directoryScopeId endDateTime memberType principalId roleDefinitionId roleEligibilityScheduleId startDateTime"
)
SKU = _names(
    "id accountId accountName appliesTo capabilityStatus consumedUnits prepaidUnits servicePlans skuId skuPartNumber subscriptionIds"
)
DOMAIN = _names(
    """
    id authenticationType availabilityStatus isAdminManaged isDefault isInitial isRoot isVerified passwordNotificationWindowInDays
    passwordValidityPeriodInDays supportedServices
    """
)
APPLICATION_TEMPLATE = _names(
    """
    id categories deprecationDate description displayName endpoints homePageUrl isEntraIntegrated lastModifiedDateTime logoUrl publisher
    riskFactors riskScore supportedProvisioningTypes supportedSingleSignOnModes
    """
)
PROVISIONING = _names(
    """
    id activityDateTime tenantId jobId cycleId changeId durationInMilliseconds provisioningAction provisioningStatusInfo
    provisioningSteps modifiedProperties servicePrincipal sourceSystem targetSystem initiatedBy sourceIdentity targetIdentity
    """
)
SYNCHRONIZATION_JOB = _names("id templateId schedule status synchronizationJobSettings")
SYNCHRONIZATION_TEMPLATE = _names("id applicationId default description discoverable factoryTag metadata schema")
SYNCHRONIZATION_SCHEMA = _names("id directories synchronizationRules version")
DIRECTORY_DEFINITION = _names("id discoverabilities discoveryDateTime name objects readOnly version")
FILTER_OPERATOR = _names("id name arity multivaluedComparisonType supportedAttributeTypes")
FUNCTION = _names("id name parameters")
DIRECTORY_AUDIT = _names(
    """
    id activityDateTime activityDisplayName additionalDetails category correlationId initiatedBy loggedByService operationType result
    resultReason targetResources
    """
)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The application permission of Graph that each call needs, and the calls that a link needs (facts F47, F135, F137, F138, F139, F140).
This is the only list: the messages, the preflight and the guide to permissions are derived from it.

Each entry lists alternatives; a single one is enough. The first is the recommended one: the least permission with which all calls of
this collection of that kind work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

OWNED_BY = "Application.ReadWrite.OwnedBy"
DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")

OneOf = tuple[str, ...]


@dataclass(frozen=True)
class Access:
    """The permissions for the calls of these paths, to read and to change."""

    paths: str
    """A regular expression for the beginning."""
    read: OneOf
    write: OneOf = ()


CROSS_TENANT_ACCESS = Access(
    r"/policies/crossTenantAccessPolicy",
    ("Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess"),
    ("Policy.ReadWrite.CrossTenantAccess",),
)
CAPABILITIES = Access(
    r"/policies/crossTenantAccessPolicy/(partners/[^/]+|default)/m365Capabilities",
    ("Policy.Read.All", "Policy.ReadWrite.CrossTenantCapability"),
    ("Policy.ReadWrite.CrossTenantCapability",),
)
INVITATIONS = Access(
    r"/policies/authorizationPolicy", ("Policy.Read.All", "Policy.Read.AuthorizationPolicy", "Policy.ReadWrite.Authorization")
)
MAIL_DOMAINS = Access(r"/policies/b2bManagementPolicies", ("Policy.Read.B2BManagementPolicy", "Policy.ReadWrite.B2BManagementPolicy"))
OTHER_TENANTS = Access(r"/tenantRelationships/findTenantInformation", ("CrossTenantInformation.ReadBasic.All",))
RELATED_TENANTS = Access(r"/directory/tenantGovernance/relatedTenants", ("TenantGovernance-RelatedTenant.Read.All",))
ORGANIZATION = Access(
    r"/organization",
    ("Organization.Read.All", "Organization.ReadWrite.All", "Application.Read.All", "Application.ReadWrite.All", *DIRECTORY),
)
LICENCES = Access(r"/subscribedSkus", ("LicenseAssignment.Read.All", "Organization.Read.All", "Organization.ReadWrite.All", *DIRECTORY))
SYNCHRONIZATION = Access(
    r"/servicePrincipals/[^/]+/synchronization",
    ("Synchronization.Read.All", "Synchronization.ReadWrite.All", OWNED_BY),
    ("Synchronization.ReadWrite.All", OWNED_BY),
)
ASSIGNMENTS = Access(
    r"/servicePrincipals/[^/]+/appRoleAssignedTo",
    ("Application.Read.All", "Application.ReadWrite.All", OWNED_BY, *DIRECTORY),
    ("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"),
)
INSTANTIATION = Access(r"/applicationTemplates", ASSIGNMENTS.read, ("Application.ReadWrite.All", OWNED_BY, "Directory.ReadWrite.All"))
APPLICATIONS = Access(r"/(applications|servicePrincipals)", ASSIGNMENTS.read, ("Application.ReadWrite.All", OWNED_BY))
PROVISIONING_LOG = Access(r"/auditLogs/provisioning", ("ProvisioningLog.Read.All", "AuditLog.Read.All", *DIRECTORY))
AUDIT_LOG = Access(r"/auditLogs/directoryAudits", ("AuditLog.Read.All", *DIRECTORY))
NAMES = Access(r"/directoryObjects/getByIds", ("User.Read.All", *DIRECTORY))
"""The names of users and groups by their ids."""
DELETED_USERS = Access(r"/directory/deletedItems/microsoft\.graph\.user", ("User.Read.All", "User.ReadWrite.All", *DIRECTORY))
MEMBERSHIPS = Access(r"/users/[^/]+/memberOf", ("User.Read.All", "GroupMember.Read.All", "Group.Read.All", *DIRECTORY))
"""The groups of a user. Without permission to read groups, they are returned with their ids only, which is enough (fact F176)."""
USERS = Access(r"/users", ("User.Read.All", "User.ReadBasic.All", "User.ReadWrite.All", *DIRECTORY))
IMPORTANT_USERS: OneOf = ("User.Read.All", "User.ReadWrite.All", *DIRECTORY)
"""To read what users own and which licences they have, for which reading their basic properties is not enough (facts F162, F163)."""
GROUPS = Access(r"/groups", ("Group.Read.All", "GroupMember.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All", *DIRECTORY))
ROLES = Access(
    r"/roleManagement/directory/role(Assignments|Definitions)",
    ("RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", *DIRECTORY),
)
ELIGIBLE_ROLES = Access(
    r"/roleManagement/directory/roleEligibilityScheduleInstances",
    (
        "RoleManagement.Read.Directory",
        "RoleEligibilitySchedule.Read.Directory",
        "RoleManagement.Read.All",
        "RoleEligibilitySchedule.ReadWrite.Directory",
        "RoleManagement.ReadWrite.Directory",
    ),
)
CONTACTS = Access(r"/contacts", ("OrgContact.Read.All", *DIRECTORY))

ACCESSES = (
    # The first match counts, so the paths below an object come before the object.
    CAPABILITIES,
    CROSS_TENANT_ACCESS,
    INVITATIONS,
    MAIL_DOMAINS,
    OTHER_TENANTS,
    RELATED_TENANTS,
    ORGANIZATION,
    LICENCES,
    SYNCHRONIZATION,
    ASSIGNMENTS,
    INSTANTIATION,
    APPLICATIONS,
    PROVISIONING_LOG,
    AUDIT_LOG,
    NAMES,
    DELETED_USERS,
    MEMBERSHIPS,
    USERS,
    GROUPS,
    ROLES,
    ELIGIBLE_ROLES,
    CONTACTS,
)

_READS_WITH_MORE = re.compile(r"/(filterOperators|functions)(\(\))?$")
"""Reads for which the service requires the permission to write (fact F135)."""
_READING_POSTS = re.compile(r"/getByIds$")


def for_call(method: str, path: str) -> OneOf:
    """The alternative permissions for a call; empty for an unknown call. ``path`` is without version; its query is ignored."""
    bare = path.split("?", 1)[0]
    access = next((access for access in ACCESSES if re.match(access.paths, bare)), None)
    if access is None:
        return ()
    reads = (method == "GET" and not _READS_WITH_MORE.search(bare)) or bool(_READING_POSTS.search(bare))
    return access.read if reads else access.write


SOURCE, TARGET = "source", "target"
APPLY, PLAN, EXTRA, PROTECT, CHECK = "apply", "plan", "extra", "protect", "check"
"""The purpose of a need: to change a link, to read its current state, for a module that no link needs, to see which users are important,
or for a preflight check.
"""
GROUPS_NAMED, DOMAINS_UNKNOWN, WITHOUT_EXCHANGE, ROLES_PROTECT = "groups", "look_up", "without_exchange", "roles_protect"
SHARES, SHARES_GROUPS, SHARING = "shares", "shares_groups", "sharing"
"""A link that lets something be seen of this tenant, of named groups of it, and one that lets something be seen of either tenant
(``link_share``).
"""


@dataclass(frozen=True)
class Need:
    """A task in a tenant, in words that follow "to", and the alternative permissions for it."""

    purpose: str
    one_of: OneOf
    kind: str = CHECK
    feature: str = ""
    """Only links that use this feature need it."""

    @property
    def required(self) -> bool:
        """Whether a link cannot be built or planned without it."""
        return self.kind in (APPLY, PLAN)

    def met_by(self, granted: Iterable[str]) -> bool:
        """Whether one of these permissions is enough."""
        return not set(self.one_of).isdisjoint(granted)


READ_PARTNER = Need("read the partner entry (cross_tenant_policy)", CROSS_TENANT_ACCESS.read, PLAN)
FIND_CONFIGURATION = Need(
    "find the configuration and the users and groups assigned to it (sync_configuration, sync_scope)", APPLICATIONS.read, PLAN
)
READ_SYNCHRONIZATION = Need(
    "read the connection, the mappings and the job (sync_configuration, sync_mapping, sync_job)", SYNCHRONIZATION.read, PLAN
)
FIND_USERS = Need("find the users in scope (sync_scope)", USERS.read, PLAN)
FIND_GROUPS = Need("find the groups in scope and their members (sync_scope)", GROUPS.read, PLAN, GROUPS_NAMED)
FIND_SYNCED_USERS = Need("find the synced users (synced_user_info)", DELETED_USERS.read, PLAN)
SEE_ROLES = Need("see who holds directory roles (link_protected_importance)", ROLES.read, PROTECT, ROLES_PROTECT)
SEE_ELIGIBLE_ROLES = Need(
    "see who is eligible for directory roles (link_protected_importance)", ELIGIBLE_ROLES.read, PROTECT, ROLES_PROTECT
)

SHARING_NEEDS = (
    Need("let the users of the other tenant see calendars, MailTips and more (cross_tenant_capability)", CAPABILITIES.write, APPLY, SHARES),
    Need("read what they see (cross_tenant_capability)", CAPABILITIES.read, PLAN, SHARES),
    Need("find the groups whose members they see (cross_tenant_capability)", GROUPS.read, PLAN, SHARES_GROUPS),
)
"""What a link with ``link_share`` needs in addition, in a tenant that shares something."""
SEE_SHARING = Need("read what the users of the other tenant see", CAPABILITIES.read, feature=SHARING)

READ_AUDIT_LOG = Need("see who changed something (links_drift_info)", AUDIT_LOG.read[:1], EXTRA)

NEEDS: Mapping[str, tuple[Need, ...]] = {
    SOURCE: (
        Need("turn on automatic redemption towards the target (cross_tenant_policy)", CROSS_TENANT_ACCESS.write, APPLY),
        Need("create, change and remove the configuration (sync_configuration)", INSTANTIATION.write, APPLY),
        Need("assign users and groups to the configuration (sync_scope)", ASSIGNMENTS.write, APPLY),
        Need(
            "save the connection and the mappings, and run the job (sync_configuration, sync_mapping, sync_job, sync_on_demand)",
            SYNCHRONIZATION.write,
            APPLY,
        ),
        READ_PARTNER,
        FIND_CONFIGURATION,
        READ_SYNCHRONIZATION,
        FIND_USERS,
        FIND_GROUPS,
        # Each is enough; the first has the id that the guide to the first link prints.
        Need("read the provisioning log (provisioning_log_info)", tuple(reversed(PROVISIONING_LOG.read[:2])), EXTRA),
        READ_AUDIT_LOG,
        Need("read the names of other tenants (cross_tenant_policy_info)", OTHER_TENANTS.read, EXTRA),
    ),
    TARGET: (
        Need("let the source synchronize into this tenant (cross_tenant_policy)", CROSS_TENANT_ACCESS.write, APPLY),
        READ_PARTNER,
        FIND_SYNCED_USERS,
        Need(
            "find the source's domain (synced_user_info; not needed with link_source_domains)",
            OTHER_TENANTS.read,
            PLAN,
            DOMAINS_UNKNOWN,
        ),
        READ_AUDIT_LOG,
        Need("see which groups the service created (synced_group_info)", AUDIT_LOG.read[:1], EXTRA),
        Need("read these groups and their members (synced_group_info)", GROUPS.read[:1], EXTRA),
    ),
}
"""The needs of a link in each of its tenants; the checks of the preflight add theirs. Changes come first, because their permissions
are often enough to read as well.
"""


def to_ask_for(needs: Iterable[Need]) -> dict[str, list[Need]]:
    """The smallest set of permissions that meets all needs: the needs that each meets, by permission."""
    wanted: dict[str, list[Need]] = {}
    for need in needs:
        name = next((name for name in wanted if name in need.one_of), need.one_of[0])
        wanted.setdefault(name, []).append(need)
    return wanted

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Which application permission of Graph a call needs: the one table (fact sheet 1.2, 1.5, 2, 3, 5, 6 and 9).

Each entry lists alternatives, of which any one is enough. The first is the one to ask for: the least one with which
everything that this collection does with such a call works.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OWNED_BY = "Application.ReadWrite.OwnedBy"
DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")

OneOf = tuple[str, ...]


@dataclass(frozen=True)
class Access:
    """What it takes to read, and to change."""

    read: OneOf
    write: OneOf = ()


CROSS_TENANT_ACCESS = Access(("Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess"), ("Policy.ReadWrite.CrossTenantAccess",))
INVITATIONS = Access(("Policy.Read.All", "Policy.Read.AuthorizationPolicy", "Policy.ReadWrite.Authorization"))
MAIL_DOMAINS = Access(("Policy.Read.B2BManagementPolicy", "Policy.ReadWrite.B2BManagementPolicy"))
OTHER_TENANTS = Access(("CrossTenantInformation.ReadBasic.All",))
ORGANIZATION = Access(
    ("Organization.Read.All", "Organization.ReadWrite.All", "Application.Read.All", "Application.ReadWrite.All", *DIRECTORY)
)
LICENCES = Access(("LicenseAssignment.Read.All", "Organization.Read.All", "Organization.ReadWrite.All", *DIRECTORY))
ASSIGNMENTS = Access(
    ("Application.Read.All", "Application.ReadWrite.All", OWNED_BY, *DIRECTORY),
    ("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"),
)
APPLICATIONS = Access(ASSIGNMENTS.read, ("Application.ReadWrite.All", OWNED_BY))
INSTANTIATION = Access(ASSIGNMENTS.read, ("Application.ReadWrite.All", OWNED_BY, "Directory.ReadWrite.All"))
SYNCHRONIZATION = Access(
    ("Synchronization.Read.All", "Synchronization.ReadWrite.All", OWNED_BY), ("Synchronization.ReadWrite.All", OWNED_BY)
)
PROVISIONING_LOG = Access(("ProvisioningLog.Read.All", "AuditLog.Read.All", *DIRECTORY))
NAMES = Access(("User.Read.All", *DIRECTORY))
"""The names of users and groups by their ids."""
DELETED_USERS = Access(("User.Read.All", "User.ReadWrite.All", *DIRECTORY))
USERS = Access(("User.Read.All", "User.ReadBasic.All", "User.ReadWrite.All", *DIRECTORY))
GROUPS = Access(("Group.Read.All", "GroupMember.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All", *DIRECTORY))
CONTACTS = Access(("OrgContact.Read.All", *DIRECTORY))

_CALLS = (
    (r"/policies/crossTenantAccessPolicy", CROSS_TENANT_ACCESS),
    (r"/policies/authorizationPolicy", INVITATIONS),
    (r"/policies/b2bManagementPolicies", MAIL_DOMAINS),
    (r"/tenantRelationships/findTenantInformation", OTHER_TENANTS),
    (r"/organization", ORGANIZATION),
    (r"/subscribedSkus", LICENCES),
    (r"/servicePrincipals/[^/]+/synchronization", SYNCHRONIZATION),
    (r"/servicePrincipals/[^/]+/appRoleAssignedTo", ASSIGNMENTS),
    (r"/applicationTemplates", INSTANTIATION),
    (r"/(applications|servicePrincipals)", APPLICATIONS),
    (r"/auditLogs/provisioning", PROVISIONING_LOG),
    (r"/directoryObjects/getByIds", NAMES),
    (r"/directory/deletedItems/microsoft\.graph\.user", DELETED_USERS),
    (r"/users", USERS),
    (r"/groups", GROUPS),
    (r"/contacts", CONTACTS),
)

_READS_WITH_MORE = re.compile(r"/(filterOperators|functions)(\(\))?$")
"""Reads for which the service wants the permission to write (fact sheet 3)."""
_READING_POSTS = re.compile(r"/getByIds$")


def for_call(method: str, path: str) -> OneOf:
    """The permissions of which a call needs any one; empty for a call that is not known."""
    bare = path.split("?", 1)[0]
    access = next((access for pattern, access in _CALLS if re.match(pattern, bare)), None)
    if access is None:
        return ()
    reads = (method == "GET" and not _READS_WITH_MORE.search(bare)) or bool(_READING_POSTS.search(bare))
    return access.read if reads else access.write

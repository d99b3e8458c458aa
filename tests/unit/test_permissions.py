# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table says which permission a call needs: the preflight, the messages and the emulator's own table agree on it."""

from __future__ import annotations

import re

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import permissions
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import permission
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.checks import CHECKS
from entra_emulator.permissions import PERMISSIONS

OURS = [
    ("GET", "/policies/crossTenantAccessPolicy/partners"),
    ("POST", "/policies/crossTenantAccessPolicy/partners"),
    ("PATCH", "/policies/crossTenantAccessPolicy/partners/{partner}"),
    ("DELETE", "/policies/crossTenantAccessPolicy/partners/{partner}"),
    ("GET", "/policies/crossTenantAccessPolicy/default"),
    *(
        (method, "/policies/crossTenantAccessPolicy/partners/{partner}/identitySynchronization")
        for method in ("GET", "PUT", "PATCH", "DELETE")
    ),
    ("GET", "/policies/authorizationPolicy"),
    ("GET", "/policies/b2bManagementPolicies"),
    ("GET", "/tenantRelationships/findTenantInformationByTenantId(tenantId='{tenant}')"),
    ("GET", "/tenantRelationships/findTenantInformationByDomainName(domainName='{domain}')"),
    ("GET", "/organization"),
    ("GET", "/subscribedSkus"),
    ("POST", "/applicationTemplates/{template}/instantiate"),
    ("GET", "/applications"),
    ("PATCH", "/applications/{application}"),
    ("DELETE", "/applications/{application}"),
    ("GET", "/servicePrincipals"),
    ("GET", "/servicePrincipals/{sp}"),
    ("PATCH", "/servicePrincipals/{sp}"),
    ("GET", "/servicePrincipals/{sp}/appRoleAssignedTo"),
    ("POST", "/servicePrincipals/{sp}/appRoleAssignedTo"),
    ("DELETE", "/servicePrincipals/{sp}/appRoleAssignedTo/{assignment}"),
    ("GET", "/servicePrincipals/{sp}/synchronization/secrets"),
    ("PUT", "/servicePrincipals/{sp}/synchronization/secrets"),
    ("GET", "/servicePrincipals/{sp}/synchronization/templates/{template}/schema"),
    ("GET", "/servicePrincipals/{sp}/synchronization/jobs"),
    ("POST", "/servicePrincipals/{sp}/synchronization/jobs"),
    ("POST", "/servicePrincipals/{sp}/synchronization/jobs/validateCredentials"),
    ("GET", "/servicePrincipals/{sp}/synchronization/jobs/{job}"),
    ("DELETE", "/servicePrincipals/{sp}/synchronization/jobs/{job}"),
    *(
        ("POST", f"/servicePrincipals/{{sp}}/synchronization/jobs/{{job}}/{verb}")
        for verb in ("start", "pause", "restart", "provisionOnDemand")
    ),
    ("GET", "/servicePrincipals/{sp}/synchronization/jobs/{job}/schema"),
    ("PUT", "/servicePrincipals/{sp}/synchronization/jobs/{job}/schema"),
    ("GET", "/servicePrincipals/{sp}/synchronization/jobs/{job}/schema/filterOperators"),
    ("POST", "/servicePrincipals/{sp}/synchronization/jobs/{job}/schema/parseExpression"),
    ("GET", "/auditLogs/provisioning"),
    ("GET", "/users"),
    ("GET", "/groups"),
    ("GET", "/groups/{group}/members"),
    ("GET", "/contacts"),
    ("POST", "/directoryObjects/getByIds"),
    ("GET", "/directory/deletedItems/microsoft.graph.user"),
]
"""Every call of the collection."""


@pytest.mark.parametrize(("method", "template"), OURS)
def test_whatever_is_named_lets_a_call_in(method: str, template: str) -> None:
    """The emulator's table was made from Microsoft's own, independently of ours."""
    named = permissions.for_call(method, template)
    assert named
    assert set(named) <= set(PERMISSIONS[(method, template)])


@pytest.mark.parametrize(("method", "template"), OURS)
def test_a_message_names_the_one_to_ask_for_first(method: str, template: str) -> None:
    first, *others = permissions.for_call(method, template)
    said = permission(method, template)
    assert said.split()[0] == first
    assert re.findall(r"[A-Z]\w+\.[\w.]+", said) == [first, *others]


def test_the_preflight_asks_for_what_the_messages_name() -> None:
    known = {alternatives for access in permissions.ACCESSES for alternatives in (access.read, access.write)}
    needs = [need for check in CHECKS for read in check.all_reads for need in read.needs]
    needs += [need for side in permissions.NEEDS.values() for need in side if need.kind != permissions.EXTRA]
    assert [need.purpose for need in needs if need.one_of not in known] == []


@pytest.mark.parametrize("path", ["/elsewhere", "/policies/other", "/auditLogs/signIns", "/me"])
def test_a_call_that_is_not_known_names_none(path: str) -> None:
    assert permissions.for_call("GET", path) == ()
    assert permission("GET", path) == "a permission for this call"

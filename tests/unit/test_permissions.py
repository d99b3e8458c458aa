# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table says which permission a call needs. The preflight, the messages, the documents and the emulator's own table agree with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import exchange_access, permissions
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import permission
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.permissions import CHECK, EXTRA, PLAN, Need, to_ask_for
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight import granted
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.checks import CHECKS
from entra_emulator.permissions import PERMISSIONS

ROOT = Path(__file__).resolve().parents[2]
SIDES = ("source", "target")
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
    ("GET", "/directory/tenantGovernance/relatedTenants"),
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
    *(
        (method, f"/policies/crossTenantAccessPolicy/{parent}/m365Capabilities{suffix}")
        for parent in ("partners/{partner}", "default")
        for method, suffix in (("GET", ""), ("POST", ""), ("PATCH", "/{capability}"), ("DELETE", "/{capability}"))
    ),
    ("GET", "/auditLogs/provisioning"),
    ("GET", "/users"),
    ("GET", "/users/{user}"),
    ("GET", "/users/{user}/memberOf"),
    ("GET", "/groups"),
    ("GET", "/groups/{group}/members"),
    ("GET", "/groups/{group}/transitiveMembers/microsoft.graph.group"),
    ("GET", "/contacts"),
    ("POST", "/directoryObjects/getByIds"),
    ("GET", "/directory/deletedItems/microsoft.graph.user"),
    ("GET", "/roleManagement/directory/roleAssignments"),
    ("GET", "/roleManagement/directory/roleDefinitions"),
    ("GET", "/roleManagement/directory/roleEligibilityScheduleInstances"),
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
    assert re.findall(r"[A-Z][\w-]+\.[\w.]+", said) == [first, *others]


def test_the_preflight_asks_for_what_the_messages_name() -> None:
    known = {alternatives for access in permissions.ACCESSES for alternatives in (access.read, access.write)}
    needs = [need for check in CHECKS for read in check.all_reads for need in read.needs]
    needs += [need for side in permissions.NEEDS.values() for need in side if need.kind != permissions.EXTRA]
    assert [need.purpose for need in needs if need.one_of not in known] == []


@pytest.mark.parametrize("path", ["/elsewhere", "/policies/other", "/auditLogs/signIns", "/me"])
def test_a_call_that_is_not_known_names_none(path: str) -> None:
    assert permissions.for_call("GET", path) == ()
    assert permission("GET", path) == "a permission for this call"


FEATURES = (permissions.GROUPS_NAMED, permissions.DOMAINS_UNKNOWN, permissions.WITHOUT_EXCHANGE, permissions.ROLES_PROTECT)


def needs_of(side: str) -> list[Need]:
    """Everything for which a permission is needed in one of a link's tenants, what is required first."""
    known = granted.needed(side, True, FEATURES, CHECKS)
    extra = [need for need in permissions.NEEDS[side] if need.kind == EXTRA]
    return [*(need for need in known if need.required), *extra, *(need for need in known if not need.required)]


def required(side: str, kinds: Iterable[str] = (permissions.APPLY, PLAN)) -> list[str]:
    return list(to_ask_for(need for need in permissions.NEEDS[side] if need.kind in kinds))


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def named(text: str) -> list[str]:
    """The permissions that a text names, in their order."""
    return re.findall(r"\b[A-Z]\w+(?:\.\w+)*\.(?:All|CrossTenantAccess|CrossTenantCapability|B2BManagementPolicy|Directory)\b", text)


def row(permission: str, needs: list[Need]) -> str:
    """A row of the guide."""
    binding = [need for need in needs if need.required]
    purposes = [f"{'the preflight: ' if need.kind == CHECK else ''}{need.purpose}" for need in binding or needs]
    text = re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", r"`\g<0>`", "; ".join(purposes))
    return f"| `{permission}` | {'required' if binding else 'optional'} | {text} |"


class TestDocuments:
    """An admin who grants permissions reads one of these."""

    @pytest.mark.parametrize("side", SIDES)
    def test_the_guide_to_permissions(self, side: str) -> None:
        section = read("docs/guide_permissions.md").split(f"### {side.capitalize()} tenant\n\n")[1].split("\n\n")[0]
        assert section.splitlines()[2:] == [row(permission, needs) for permission, needs in to_ask_for(needs_of(side)).items()]

    def test_what_sharing_needs(self) -> None:
        section = read("docs/guide_permissions.md").split("### To share\n")[1].split("\n\n")[1]
        assert section.splitlines()[2:] == [row(permission, needs) for permission, needs in to_ask_for(permissions.SHARING_NEEDS).items()]

    def test_what_exchange_needs(self) -> None:
        """The role that is assigned to read and the one to mend, by the ids that the preflight looks for (fact F152)."""
        section = read("docs/guide_permissions.md").split("\n## Exchange\n")[1].split("\n## ")[0]
        ids = {name: template for template, name in exchange_access.READING_ROLES.items()}
        assert re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", section.split("### Or a role of Entra")[1]) == [
            ids["Exchange Recipient Administrator"],
            ids["Global Reader"],
        ]
        roles = re.findall(r"`(Exchange\.\w+)`", section)
        assert set(roles) == {exchange_access.APP_ROLE, exchange_access.DOCUMENTED_APP_ROLE}

    @pytest.mark.parametrize("side", SIDES)
    def test_what_planning_needs(self, side: str) -> None:
        section = read("docs/guide_permissions.md").split("### Only to plan\n")[1]
        (line,) = re.findall(rf"^\| {side} \| (.*) \|$", section, re.MULTILINE)
        assert named(line) == required(side, [PLAN])

    def test_what_the_azure_cli_grants(self) -> None:
        (given,) = re.findall(r'^permissions="([^"]*)"', read("docs/guide_permissions.md"), re.MULTILINE)
        assert named(given) == list(to_ask_for(needs_of("source")))

    @pytest.mark.parametrize("side", SIDES)
    def test_the_guide_to_the_first_link(self, side: str) -> None:
        section = read("docs/guide_first_link.md").split(f"\n| {side} tenant | app role id")[1].split("\n\n")[0]
        rows = [line for line in section.splitlines()[2:] if "(optional)" not in line]
        assert [named(line)[0] for line in rows] == required(side)
        assert set(named(section)) <= set(to_ask_for(needs_of(side)))

    def test_what_planning_needs_for_the_first_link(self) -> None:
        (line,) = re.findall(r"^An audit application.*?\n\n", read("docs/guide_first_link.md"), re.MULTILINE | re.DOTALL)
        assert named(line) == required("source", [PLAN])

    @pytest.mark.parametrize("side", SIDES)
    def test_the_readme(self, side: str) -> None:
        (line,) = re.findall(rf"^\| {side} \| (`Policy.*) \|$", read("README.md"), re.MULTILINE)
        assert named(line.partition(", and ")[0]) == required(side)
        assert set(named(line)) <= set(to_ask_for(needs_of(side)))

    @pytest.mark.parametrize("side", SIDES)
    def test_the_roles(self, side: str) -> None:
        (text,) = re.findall(
            r"^Application permissions in the .*?\n\n", read(f"roles/{side}_tenant/README.md") + "\n", re.MULTILINE | re.DOTALL
        )
        assert set(named(text)) <= {*required(side), *to_ask_for(permissions.SHARING_NEEDS)}

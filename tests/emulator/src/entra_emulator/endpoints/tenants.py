# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who a tenant is: tenant information, organization with its quota, domains, licences (facts F47, F141)."""

from __future__ import annotations

from .. import errors, odata
from ..call import Call, Reply
from ..errors import GraphError
from ..odata import DOMAIN, ORGANIZATION, ORGANIZATION_BETA, SKU, Kind
from ..router import Operation
from ..service import tenant_of
from ..state import GraphObject, Tenant

BY_ID = "/tenantRelationships/findTenantInformationByTenantId(tenantId='{tenant}')"
BY_DOMAIN = "/tenantRelationships/findTenantInformationByDomainName(domainName='{domain}')"


def _unknown(call: Call, name: str) -> GraphError:
    """F47: the answer for an unknown tenant is not documented."""
    if call.settings.unknown_tenant_information == "bad_request":
        return errors.bad_request(f"Unable to find tenant information for '{name}'.", "BadRequest")
    return GraphError(404, "Directory_ObjectNotFound", f"Unable to read the company information for '{name}' from the directory.")


def _information(call: Call, tenant: Tenant) -> Reply:
    body = {
        "@odata.context": call.context("microsoft.graph.tenantInformation"),
        "tenantId": tenant.id,
        "federationBrandName": None,
        "displayName": tenant.display_name,
        "defaultDomainName": tenant.domains[0],
    }
    return Reply(200, body)


def find_by_id(call: Call) -> Reply:
    tenant = call.world.tenants.get(call.params["tenant"].lower())
    if tenant is None:
        raise _unknown(call, call.params["tenant"])
    return _information(call, tenant)


def find_by_domain(call: Call) -> Reply:
    tenant = tenant_of(call.world, call.params["domain"])
    if tenant is None or tenant.id == call.params["domain"]:
        raise _unknown(call, call.params["domain"])
    return _information(call, tenant)


def _kind(call: Call) -> Kind:
    """Only beta returns the quota."""
    return ORGANIZATION_BETA if call.beta else ORGANIZATION


def _used(tenant: Tenant) -> int:
    """Every object counts; a deleted one counts a quarter (directory service limits)."""
    kept = (tenant.users, tenant.groups, tenant.contacts, tenant.applications, tenant.service_principals)
    return sum(len(items) for items in kept) + len(tenant.deleted_items) // 4


def _organization(call: Call) -> GraphObject:
    tenant = call.tenant
    names = [*tenant.domains, *([] if tenant.initial_domain in tenant.domains else [tenant.initial_domain])]
    domains = [
        {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": name == tenant.domains[0],
            "isInitial": name == tenant.initial_domain,
            "name": name,
            "type": "Managed",
        }
        for name in names
    ]
    return {
        "id": tenant.id,
        "deletedDateTime": None,
        "displayName": tenant.display_name,
        "countryLetterCode": "KR",
        "preferredLanguage": "ko",
        "tenantType": "AAD",
        "assignedPlans": [],
        "businessPhones": [],
        "technicalNotificationMails": [],
        "onPremisesSyncEnabled": None,
        "verifiedDomains": domains,
        **({"directorySizeQuota": {"used": _used(tenant), "total": tenant.directory_quota}} if call.beta else {}),
    }


def list_organization(call: Call) -> Reply:
    return odata.collection(call, _kind(call), [_organization(call)])


def count_organization(call: Call) -> Reply:
    return odata.count(call, _kind(call), [_organization(call)])


def get_organization(call: Call) -> Reply:
    if call.params["tenant"].lower() != call.tenant.id:
        raise errors.not_found(call.params["tenant"])
    return odata.single(call, _kind(call), _organization(call))


def _domains(call: Call) -> list[GraphObject]:
    return [
        {
            "id": domain["name"],
            "authenticationType": "Managed",
            "availabilityStatus": None,
            "isAdminManaged": True,
            "isDefault": domain["isDefault"],
            "isInitial": domain["isInitial"],
            "isRoot": True,
            "isVerified": True,
            "passwordNotificationWindowInDays": None,
            "passwordValidityPeriodInDays": None,
            "supportedServices": ["Email", "OfficeCommunicationsOnline"],
        }
        for domain in _organization(call)["verifiedDomains"]
    ]


def list_domains(call: Call) -> Reply:
    return odata.collection(call, DOMAIN, _domains(call))


def get_domain(call: Call) -> Reply:
    found = next((domain for domain in _domains(call) if domain["id"] == call.params["domain"].lower()), None)
    if found is None:
        raise errors.not_found(call.params["domain"])
    return odata.single(call, DOMAIN, found)


def list_licences(call: Call) -> Reply:
    """Commercial subscriptions; only $select is taken."""
    return odata.collection(call, SKU, call.tenant.licences)


OPERATIONS = [
    Operation("GET", BY_ID, find_by_id),
    Operation("GET", BY_DOMAIN, find_by_domain),
    Operation("GET", "/organization", list_organization, query=odata.LIST),
    Operation("GET", "/organization/$count", count_organization, query=odata.COUNTED),
    Operation("GET", "/organization/{tenant}", get_organization, query=odata.SINGLE),
    Operation("GET", "/subscribedSkus", list_licences, query=odata.SINGLE),
    Operation("GET", "/domains", list_domains, query=odata.LIST),
    Operation("GET", "/domains/{domain}", get_domain, query=odata.SINGLE),
]

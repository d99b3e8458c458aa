# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The companies of the benchmark, their users, and the inventory of the links between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import made_up_id

PERMISSIONS = [
    "Policy.ReadWrite.CrossTenantAccess",
    "Policy.ReadWrite.CrossTenantCapability",
    "Application.ReadWrite.All",
    "Synchronization.ReadWrite.All",
    "CrossTenantInformation.ReadBasic.All",
    "User.Read.All",
    "Group.Read.All",
]
CONFIGURATION = "To {}"
VARYING = ("link_source", "link_target", "link_configuration", "link_scope_users", "link_mappings")
"""The variables that are not the same for all links of a mesh."""


@dataclass(frozen=True)
class Company:
    """A tenant with an application that has all permissions for a link."""

    name: str
    people: int

    @property
    def tenant_id(self) -> str:
        return made_up_id(f"tenant {self.name}")

    @property
    def client_id(self) -> str:
        return made_up_id(f"client {self.name}")

    @property
    def secret(self) -> str:
        return f"{self.name}-benchmark-secret"

    @property
    def domain(self) -> str:
        return f"{self.name}.example"

    def user(self, number: int) -> str:
        """The user principal name of a user; the numbers begin with 0."""
        return f"person{number:05}@{self.domain}"

    def scenario(self) -> dict[str, Any]:
        """The tenant in the form of a scenario of the emulator."""
        application = {"client_id": self.client_id, "display_name": "Ansible", "secrets": [self.secret], "permissions": PERMISSIONS}
        return {
            "id": self.tenant_id,
            "display_name": self.name.capitalize(),
            "domains": [self.domain],
            "initial_domain": f"{self.name}.onmicrosoft.com",
            "applications": [application],
            "people": [self._person(number) for number in range(self.people)],
        }

    def _person(self, number: int) -> dict[str, Any]:
        name = self.user(number)
        return {
            "userPrincipalName": name,
            "displayName": f"Person {number:05}",
            "givenName": "Person",
            "surname": f"{number:05}",
            "mail": name,
            "department": f"Department {number % 20}",
            "jobTitle": "Clerk",
            "employeeId": f"{number:05}",
            "city": "Seoul",
            "country": "KR",
            "usageLocation": "KR",
        }

    def connection(self, url: str, ca_path: str) -> dict[str, str]:
        """The connection options of a module."""
        return {
            "tenant_id": self.tenant_id,
            "client_id": self.client_id,
            "client_secret": self.secret,
            "login_endpoint": url,
            "graph_endpoint": url,
            "ca_path": ca_path,
        }


def pair(assignments: int) -> tuple[Company, Company]:
    """Source and target of a link. There is one user more than are assigned, for the change."""
    return Company("contoso", assignments + 1), Company("fabrikam", 1)


def mesh(tenants: int, people: int) -> list[Company]:
    """Companies of which each synchronizes to every other."""
    return [Company(f"company{number:02}", people) for number in range(tenants)]


def scenario(companies: list[Company] | tuple[Company, ...]) -> dict[str, Any]:
    """A scenario of the emulator."""
    return {"tenants": [company.scenario() for company in companies]}


def link(source: Company, target: Company, users: list[str]) -> dict[str, Any]:
    """The variables of a link: that of the quick start, with a complete list of users."""
    return {
        "link_source": source.name,
        "link_target": target.name,
        "link_configuration": CONFIGURATION.format(target.name),
        "link_scope_mode": "assigned",
        "link_scope_users": users,
        "link_scope_exact": True,
        "link_mappings": [
            {"target": "employeeId", "state": "absent"},
            {"target": "displayName", "expression": expression(source)},
        ],
        "link_job_state": "started",
        # No other contestant checks prerequisites before it writes.
        "link_preflight": False,
    }


def expression(source: Company) -> str:
    """The expression of the display name in the target."""
    return f'Append([displayName], " ({source.name})")'


def spec(url: str, ca_path: str, source: Company, target: Company, users: list[str]) -> dict[str, Any]:
    """The same link for the scripts."""
    return {
        "url": url,
        "ca_path": ca_path,
        "source": source.connection(url, ca_path),
        "target": target.connection(url, ca_path),
        "name": CONFIGURATION.format(target.name),
        "expression": expression(source),
        "users": users,
    }


def topology(url: str, ca_path: str, companies: list[Company], people: int) -> dict[str, Any]:
    """The file of the inventory plugin for the mesh of these companies: its hosts have the variables of `link`."""
    example = link(companies[0], companies[1], [])
    names = [company.name for company in companies]
    return {
        "plugin": "entra.cross_tenant_sync.topology",
        "tenants": {company.name: company.connection(url, ca_path) for company in companies},
        "defaults": {name: value for name, value in example.items() if name not in VARYING},
        "per_source": {
            company.name: {
                "link_scope_users": [company.user(number) for number in range(people)],
                "link_mappings": link(company, companies[0], [])["link_mappings"],
            }
            for company in companies
        },
        "per_target": {name: {"link_configuration": CONFIGURATION.format(name)} for name in names},
        "mesh": names,
    }


def inventory(url: str, ca_path: str, companies: list[Company] | tuple[Company, ...], links: list[dict[str, Any]]) -> dict[str, Any]:
    """The inventory: every link is an inventory host."""
    return {
        "all": {
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "tenants": {company.name: company.connection(url, ca_path) for company in companies},
            },
            "children": {"links": {"hosts": {f"{link['link_source']}_to_{link['link_target']}": link for link in links}}},
        }
    }

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a scenario names the objects by which its tenants shared calendars before there were capabilities (F210)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..state import Exchange
from . import sharing

GUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Part(BaseModel):
    """Every part of a scenario refuses unknown members."""

    model_config = ConfigDict(extra="forbid")


class OrganizationRelationship(Part):
    """An organization relationship, by which another tenant sees free/busy times and MailTips; in Exchange only."""

    name: str
    domains: list[str] = Field(min_length=1, description="Mail domains of the other organization.")
    enabled: bool = True
    free_busy: Literal["None", "AvailabilityOnly", "LimitedDetails"] = "AvailabilityOnly"
    free_busy_scope: str | None = Field(
        default=None, description="Display name of the group whose members are shown; everybody without one."
    )
    mail_tips: Literal["None", "Limited", "All"] = "None"
    endpoint: str | None = Field(default=None, description="Address of an Exchange Server; without one, the other is in Microsoft 365.")
    mailbox_moves: bool = Field(default=False, description="Whether mailboxes are moved by it as well.")


class SharingPolicy(Part):
    """A sharing policy, by which people share their calendars with others; in Exchange only."""

    name: str
    domains: list[Annotated[str, Field(pattern=r"^[^:\s]+:\s*\w+(,\s*\w+)*$")]] = Field(
        description="Such as fabrikam.kr:CalendarSharingFreeBusySimple; the domain may be * or Anonymous."
    )
    enabled: bool = True
    default: bool = False


class AddressSpace(Part):
    """An availability address space, by which people here see free/busy times of another domain; in Exchange only."""

    domain: str
    method: Literal["OrgWideFBToken", "OrgWideFBBasic", "PerUserFB", "OrgWideFB", "InternalProxy", "PublicFolder"] = "OrgWideFBToken"
    tenant_id: str | None = Field(default=None, pattern=GUID)


class Sharing(Part):
    """What a tenant of a scenario has of them."""

    organization_relationships: list[OrganizationRelationship] = Field(default_factory=list)
    sharing_policies: list[SharingPolicy] = Field(
        default_factory=lambda: [SharingPolicy(name=sharing.DEFAULT_POLICY, domains=list(sharing.ENTRIES), default=True)],
        description="When left out, the policy that every tenant begins with.",
    )
    availability_address_spaces: list[AddressSpace] = Field(default_factory=list)


def add_sharing(exchange: Exchange, scenario: Sharing, clock: str) -> None:
    """Makes them."""
    for old in scenario.organization_relationships:
        exchange.organization_relationships.append(sharing.relationship(clock=clock, **old.model_dump()))
    for policy in scenario.sharing_policies:
        exchange.sharing_policies.append(sharing.policy(clock=clock, **policy.model_dump()))
    for space in scenario.availability_address_spaces:
        exchange.availability_address_spaces.append(sharing.address_space(clock=clock, **space.model_dump()))

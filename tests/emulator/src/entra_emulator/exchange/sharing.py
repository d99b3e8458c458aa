# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects by which tenants shared calendars before there were capabilities, and their cmdlets (F210 to F213)."""

from __future__ import annotations

import uuid
from typing import Any

from ..state import GraphObject
from . import wire
from .cmdlets import Cmdlet, Invocation, Result
from .errors import BINDING, cmdlet_error, not_found
from .parameters import texts

UNCHANGED = "The command completed successfully but no settings of '{}' have been modified."
EXCHANGE_ONLINE = "outlook.com"
"""TargetApplicationUri of a relationship with another tenant of Microsoft 365."""
DEFAULT_POLICY = "Default Sharing Policy"
ENTRIES = ("*:CalendarSharingFreeBusySimple", "Anonymous:CalendarSharingFreeBusyReviewer")
"""What the policy that every tenant begins with allows."""


def _identified(kind: str, name: str, clock: str) -> GraphObject:
    guid = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}/{name}"))
    return {"Identity": name, "Name": name, "Guid": guid, "WhenCreatedUTC": clock, "WhenChangedUTC": clock}


def relationship(
    name: str,
    domains: list[str],
    clock: str,
    *,
    enabled: bool = True,
    free_busy: str = "AvailabilityOnly",
    free_busy_scope: str | None = None,
    mail_tips: str = "None",
    endpoint: str | None = None,
    mailbox_moves: bool = False,
) -> GraphObject:
    """An organization relationship, as Exchange keeps it. Without an endpoint of its own, it is with a tenant of Microsoft 365."""
    return {
        **_identified("organizationRelationship", name, clock),
        "DomainNames": domains,
        "Enabled": enabled,
        "FreeBusyAccessEnabled": free_busy != "None",
        "FreeBusyAccessLevel": free_busy,
        "FreeBusyAccessScope": free_busy_scope,
        "MailTipsAccessEnabled": mail_tips != "None",
        "MailTipsAccessLevel": mail_tips,
        "MailTipsAccessScope": None,
        "MailboxMoveEnabled": mailbox_moves,
        "DeliveryReportEnabled": False,
        "PhotosEnabled": False,
        "ArchiveAccessEnabled": False,
        "TargetApplicationUri": None if endpoint else EXCHANGE_ONLINE,
        "TargetSharingEpr": endpoint,
        "TargetAutodiscoverEpr": None,
        "TargetOwaURL": None,
    }


def policy(name: str, domains: list[str], clock: str, *, enabled: bool = True, default: bool = False) -> GraphObject:
    """A sharing policy; each of its domains is a domain, ``*`` or ``Anonymous`` with what it may see."""
    return {**_identified("sharingPolicy", name, clock), "Domains": domains, "Enabled": enabled, "Default": default}


def address_space(domain: str, clock: str, *, method: str = "OrgWideFBToken", tenant_id: str | None = None) -> GraphObject:
    """An availability address space: where free/busy of the people of a domain is asked for."""
    return {
        **_identified("availabilityAddressSpace", domain, clock),
        "ForestName": domain,
        "AccessMethod": method,
        "TargetTenantId": tenant_id,
        "TargetAutodiscoverEpr": None,
        "TargetServiceEpr": None,
        "ProxyUrl": None,
        "UseServiceAccount": False,
    }


# Reading ------------------------------------------------------------------------------------------------------------


def _found(call: Invocation, held: list[GraphObject], required: bool) -> list[GraphObject]:
    """The objects that Identity means; all of them without one, where it is not required."""
    identity = call.parameters.get("Identity")
    if identity is None and not required:
        return held
    if not identity:
        raise cmdlet_error(BINDING, "Cannot process command because of one or more missing mandatory parameters: Identity.")
    wanted = str(identity).casefold()
    found = [item for item in held if wanted in (str(item["Name"]).casefold(), str(item["Guid"]).casefold())]
    if not found:
        raise not_found(str(identity), call.server, call.settings.exchange_not_found_status)
    return found


def get_relationships(call: Invocation) -> Result:
    return Result(_found(call, call.tenant.exchange.organization_relationships, required=False))


def get_policies(call: Invocation) -> Result:
    return Result(_found(call, call.tenant.exchange.sharing_policies, required=False))


def get_address_spaces(call: Invocation) -> Result:
    return Result(_found(call, call.tenant.exchange.availability_address_spaces, required=False))


# Writing ------------------------------------------------------------------------------------------------------------


def _changed(call: Invocation, held: list[GraphObject], values: GraphObject) -> Result:
    """Sets what is named and keeps the rest."""
    (item,) = _found(call, held, required=True)
    if call.parameters.get("WhatIf"):
        return Result(confirmation=f'What if: Setting "{item["Identity"]}".')
    if all(item[name] == value for name, value in values.items()):
        return Result([item], [UNCHANGED.format(item["Identity"])])
    item |= {**values, "WhenChangedUTC": call.clock}
    return Result([item])


def _given(call: Invocation, *names: str) -> GraphObject:
    return {name: call.parameters[name] for name in names if name in call.parameters}


def _lists(call: Invocation, *names: str) -> GraphObject:
    return {name: texts(value) for name, value in _given(call, *names).items()}


def set_relationship(call: Invocation) -> Result:
    values = _given(call, "Enabled", "FreeBusyAccessEnabled", "FreeBusyAccessLevel", "MailTipsAccessEnabled", "MailTipsAccessLevel")
    for name, levels in (
        ("FreeBusyAccessLevel", ("None", "AvailabilityOnly", "LimitedDetails")),
        ("MailTipsAccessLevel", ("None", "Limited", "All")),
    ):
        if values.get(name, "None") not in levels:
            raise cmdlet_error(BINDING, f"Cannot process argument transformation on parameter '{name}'. It takes {', '.join(levels)}.")
    return _changed(call, call.tenant.exchange.organization_relationships, {**values, **_lists(call, "DomainNames")})


def set_policy(call: Invocation) -> Result:
    return _changed(call, call.tenant.exchange.sharing_policies, {**_given(call, "Enabled"), **_lists(call, "Domains")})


def _removed(call: Invocation, held: list[GraphObject]) -> Result:
    """The cmdlet asks first; without Confirm: false the question stays unanswered."""
    (item,) = _found(call, held, required=True)
    if item.get("Default"):
        raise cmdlet_error(BINDING, f'The default sharing policy "{item["Identity"]}" can\'t be removed.')
    if call.parameters.get("WhatIf") or call.parameters.get("Confirm") is not False:
        question = "What if:" if call.parameters.get("WhatIf") else "Are you sure you want to perform this action?"
        return Result(confirmation=f'{question} Removing "{item["Identity"]}".')
    held.remove(item)
    return Result()


def remove_relationship(call: Invocation) -> Result:
    return _removed(call, call.tenant.exchange.organization_relationships)


def remove_policy(call: Invocation) -> Result:
    return _removed(call, call.tenant.exchange.sharing_policies)


def remove_address_space(call: Invocation) -> Result:
    return _removed(call, call.tenant.exchange.availability_address_spaces)


def add_address_space(call: Invocation) -> Result:
    """Takes back what was removed."""
    held, given = call.tenant.exchange.availability_address_spaces, call.parameters
    domain = str(given.get("ForestName") or "")
    if not domain or any(item["ForestName"].casefold() == domain.casefold() for item in held):
        raise cmdlet_error(BINDING, f'The availability address space "{domain}" exists already, or has no domain.')
    method = str(given.get("AccessMethod") or "OrgWideFBToken")
    held.append(address_space(domain, call.clock, method=method, tenant_id=given.get("TargetTenantId")))
    return Result([held[-1]])


_ONE: dict[str, str] = {"Identity": "nullable text"}
_ANSWERED: dict[str, str] = {"Identity": "text", "WhatIf": "flag", "Confirm": "flag"}
_RELATIONSHIP: dict[str, Any] = {
    **_ANSWERED,
    "DomainNames": "texts",
    "Enabled": "flag",
    "FreeBusyAccessEnabled": "flag",
    "FreeBusyAccessLevel": "text",
    "MailTipsAccessEnabled": "flag",
    "MailTipsAccessLevel": "text",
}
SHARING: dict[str, Cmdlet] = {
    "Get-OrganizationRelationship": Cmdlet(get_relationships, "sharing", _ONE, wire.RELATIONSHIP),
    "Set-OrganizationRelationship": Cmdlet(set_relationship, "share", _RELATIONSHIP, wire.RELATIONSHIP, sets=True),
    "Remove-OrganizationRelationship": Cmdlet(remove_relationship, "share", _ANSWERED, wire.RELATIONSHIP, sets=True),
    "Get-SharingPolicy": Cmdlet(get_policies, "sharing", _ONE, wire.SHARING_POLICY),
    "Set-SharingPolicy": Cmdlet(set_policy, "share", {**_ANSWERED, "Domains": "texts", "Enabled": "flag"}, wire.SHARING_POLICY, sets=True),
    "Remove-SharingPolicy": Cmdlet(remove_policy, "share", _ANSWERED, wire.SHARING_POLICY, sets=True),
    "Get-AvailabilityAddressSpace": Cmdlet(get_address_spaces, "sharing", _ONE, wire.ADDRESS_SPACE),
    "Add-AvailabilityAddressSpace": Cmdlet(
        add_address_space,
        "share",
        {"ForestName": "text", "AccessMethod": "text", "TargetTenantId": "text"},
        wire.ADDRESS_SPACE,
        sets=True,
    ),
    "Remove-AvailabilityAddressSpace": Cmdlet(remove_address_space, "share", _ANSWERED, wire.ADDRESS_SPACE, sets=True),
}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Cmdlets of Exchange Online and the requests that run them (facts F146, F147, F151, F153)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..graph.message import Request

BETA, DOCUMENTED = "beta", "v2.0"
"""The versions of the interface: of Microsoft's PowerShell module, and the documented one."""
UNLIMITED = "Unlimited"
_PREFER = {"Prefer": "odata.maxpagesize=1000"}


@dataclass(frozen=True)
class Cmdlet:
    """A cmdlet with its parameters, which are named as Microsoft documents them. ``select`` are the properties to return, all if empty."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    select: Sequence[str] = ()
    writes: bool = False
    """Whether it changes something. Its parameters then are full values, so that it can be repeated with the same result."""
    endpoint: str = "InvokeCommand"
    version: str = BETA

    def request(self) -> Request:
        """The request that runs it."""
        query = f"?$select={','.join(self.select)}" if self.select else ""
        return Request(
            "POST",
            f"/{self.endpoint}{query}",
            {"CmdletInput": {"CmdletName": self.name, "Parameters": dict(self.parameters)}},
            version=self.version,
            headers={"X-CmdletName": self.name, **({} if self.writes else _PREFER)},
            only_asks=not self.writes,
            repeatable=self.writes,
        )


def accepted_domains() -> Cmdlet:
    """The mail domains of the tenant."""
    return Cmdlet("Get-AcceptedDomain", select=("DomainName", "InitialDomain"))


def recipients(filter_: str, select: Sequence[str]) -> Cmdlet:
    """The recipients that a filter selects, see `opath`."""
    return Cmdlet("Get-Recipient", {"Filter": filter_, "ResultSize": UNLIMITED}, select)


def any_recipient() -> Cmdlet:
    """A single recipient, whichever: it shows that recipients may be read."""
    return Cmdlet("Get-Recipient", {"ResultSize": 1}, ("Guid",))


def group_members(group: str, dynamic: bool) -> Cmdlet:
    """The members of a distribution group, by its address, the hidden ones included (fact F153)."""
    kind = "DynamicDistributionGroupMember" if dynamic else "DistributionGroupMember"
    return Cmdlet(f"Get-{kind}", {"Identity": group, "ResultSize": UNLIMITED}, endpoint=kind, version=DOCUMENTED)


def organization_relationships() -> Cmdlet:
    """The organization relationships of the tenant (fact F210)."""
    names = ("Name", "Enabled", "DomainNames", "FreeBusyAccessEnabled", "MailTipsAccessEnabled", "MailboxMoveEnabled")
    places = ("TargetApplicationUri", "TargetSharingEpr", "TargetAutodiscoverEpr")
    return Cmdlet("Get-OrganizationRelationship", select=(*names, *places))


def sharing_policies() -> Cmdlet:
    """The sharing policies of the tenant (fact F210)."""
    return Cmdlet("Get-SharingPolicy", select=("Name", "Enabled", "Domains"))


def address_spaces() -> Cmdlet:
    """The availability address spaces of the tenant (fact F210)."""
    return Cmdlet("Get-AvailabilityAddressSpace", select=("Name", "ForestName", "AccessMethod", "TargetTenantId"))


def set_mail_user(identity: str, **values: Any) -> Cmdlet:
    """Set properties of a mail user. ``identity`` must be its ``Guid``: a name may be that of several (fact F146).

    :raises ValueError: without an identity, because the cmdlet could then select any user.
    """
    if not identity:
        raise ValueError("Set-MailUser needs an identity")
    return Cmdlet("Set-MailUser", {"Identity": identity, **values}, writes=True)


def would_set_mail_user(identity: str, **values: Any) -> Cmdlet:
    """What `set_mail_user` would do: it shows whether the application may do it. Nothing is written, and if the values are those that the
    mail user has, nothing would be.
    """
    return replace(set_mail_user(identity, **values, WhatIf=True), writes=False)

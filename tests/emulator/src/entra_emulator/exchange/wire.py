# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recipients as they are served: the properties of each cmdlet, their sidecar keys, and what stands around them (F147)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..state import GraphObject
from . import addresslists
from .errors import REQUEST, cmdlet_error
from .recipients import CUSTOM_ATTRIBUTES

_COMMON = (
    "Identity", "Guid", "ExternalDirectoryObjectId", "Name", "Alias", "DisplayName", "DistinguishedName", "RecipientType",
    "RecipientTypeDetails", "HiddenFromAddressListsEnabled", "AddressListMembership", "PrimarySmtpAddress", "EmailAddresses",
    "ExternalEmailAddress", "IsDirSynced", "WhenCreated", "WhenCreatedUTC", "WhenChanged", "WhenChangedUTC", *CUSTOM_ATTRIBUTES,
)  # fmt: skip
RECIPIENT = (
    *_COMMON, "FirstName", "LastName", "Title", "Company", "Department", "Office", "Phone", "City", "CountryOrRegion", "SKUAssigned",
    "AddressBookPolicy", "WhenSoftDeleted",
)  # fmt: skip
MAIL_USER = (*_COMMON, "LegacyExchangeDN", "UserPrincipalName", "SKUAssigned", "WhenSoftDeleted")
MAIL_CONTACT = (*_COMMON, "LegacyExchangeDN")
ORGANIZATION = ("Identity", "Guid", "Name", "DisplayName", "IsDehydrated", "WhenCreatedUTC")
ACCEPTED_DOMAIN = ("Identity", "Guid", "Name", "DomainName", "DomainType", "Default", "InitialDomain")
MEMBER = (
    "Identity", "Guid", "ExternalDirectoryObjectId", "DistinguishedName", "DisplayName", "PrimarySmtpAddress", "Alias", "RecipientType",
    "RecipientTypeDetails", "HiddenFromAddressListsEnabled", "FirstName", "LastName",
)  # fmt: skip
"""What the documented endpoints of v2.0 return of a group's members, hidden ones included (F153)."""

RELATIONSHIP = (
    "Identity", "Guid", "Name", "DomainNames", "Enabled", "FreeBusyAccessEnabled", "FreeBusyAccessLevel", "FreeBusyAccessScope",
    "MailTipsAccessEnabled", "MailTipsAccessLevel", "MailTipsAccessScope", "MailboxMoveEnabled", "DeliveryReportEnabled", "PhotosEnabled",
    "ArchiveAccessEnabled", "TargetApplicationUri", "TargetSharingEpr", "TargetAutodiscoverEpr", "TargetOwaURL", "WhenCreatedUTC",
    "WhenChangedUTC",
)  # fmt: skip
SHARING_POLICY = ("Identity", "Guid", "Name", "Domains", "Enabled", "Default", "WhenCreatedUTC", "WhenChangedUTC")
ADDRESS_SPACE = (
    "Identity", "Guid", "Name", "ForestName", "AccessMethod", "TargetTenantId", "TargetAutodiscoverEpr", "TargetServiceEpr", "ProxyUrl",
    "UseServiceAccount", "WhenCreatedUTC", "WhenChangedUTC",
)  # fmt: skip

_LOCAL_TIMES = {"WhenCreated": "WhenCreatedUTC", "WhenChanged": "WhenChangedUTC"}
_TIMES = frozenset({*_LOCAL_TIMES, *_LOCAL_TIMES.values(), "WhenSoftDeleted"})


def selected(text: str | None, properties: tuple[str, ...]) -> tuple[str, ...]:
    """The names in ``$select``; what the cmdlet does not return is refused, so that a slip is seen."""
    if text is None:
        return properties
    known = {name.casefold(): name for name in properties}
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name.casefold() not in known:
            raise cmdlet_error(REQUEST, f"Could not find a property named '{name}'.")
    return tuple(known[name.casefold()] for name in names)


def _value(record: GraphObject, name: str, spelling: str) -> Any:
    if name in _TIMES:
        at = record.get(_LOCAL_TIMES.get(name, name))
        return f"{at.removesuffix('Z')}.0000000{'Z' if name.endswith('UTC') else '+00:00'}" if at else None
    value = record.get(name)
    return addresslists.shown(value or [], spelling) if name == "AddressListMembership" else value


def view(record: GraphObject, names: Iterable[str], spelling: str) -> GraphObject:
    """One object, each property after the keys that say what it is."""
    shown: GraphObject = {}
    for name in names:
        value = _value(record, name, spelling)
        if isinstance(value, list):
            shown[f"{name}@odata.type"] = "#Collection(String)"
        elif name == "Guid":
            shown |= {"Guid@data.type": "System.Guid", "Guid@odata.type": "#Guid"}
        elif name in _TIMES:
            shown[f"{name}@data.type"] = "System.DateTime"
        shown[name] = value
    return shown


def answer(root: str, objects: list[GraphObject], warnings: list[str], extra: GraphObject) -> GraphObject:
    """The body of a success. The array of warnings is always there."""
    return {
        "@odata.context": f"{root}/$metadata#Collection(Exchange.GenericHashTable)",
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": warnings,
        **extra,
        "value": objects,
    }

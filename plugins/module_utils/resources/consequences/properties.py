# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The attributes of a job's schema, and the properties of a user in Graph that hold them (fact F97)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..mapping.documented import EXTENSION

_SAME = frozenset(
    (
        *(
            "accountEnabled",
            "city",
            "companyName",
            "country",
            "department",
            "displayName",
            "employeeHireDate",
            "employeeId",
            "employeeType",
        ),
        *("givenName", "jobTitle", "mail", "mailNickname", "onPremisesDistinguishedName", "onPremisesDomainName", "onPremisesImmutableId"),
        *("onPremisesSamAccountName", "onPremisesSecurityIdentifier", "onPremisesUserPrincipalName", "otherMails", "postalCode"),
        *("preferredDataLocation", "preferredLanguage", "proxyAddresses", "showInAddressList", "state", "streetAddress", "surname"),
        *("usageLocation", "userPrincipalName", "userType"),
    )
)
"""The attributes whose property has the same name."""
_OTHER: Mapping[str, str] = {
    "objectId": "id",
    "telephoneNumber": "businessPhones",
    "facsimileTelephoneNumber": "faxNumber",
    "physicalDeliveryOfficeName": "officeLocation",
    "mobile": "mobilePhone",
    "userState": "externalUserState",
    "employeeOrgData.costCenter": "employeeOrgData/costCenter",
    "employeeOrgData.division": "employeeOrgData/division",
    **{f"extensionAttribute{number}": f"onPremisesExtensionAttributes/extensionAttribute{number}" for number in range(1, 16)},
}
"""The properties of the other attributes. Attributes without any, such as ``netId``, cannot be read. The date of leaving
(``employeeLeaveDateTime``) is one of them: it needs a permission that nothing else does.
"""


def path_of(attribute: str) -> str | None:
    """The path of an attribute in a user; ``None`` if Graph does not have it."""
    return attribute if attribute in _SAME or EXTENSION.match(attribute) else _OTHER.get(attribute)


def selected(attributes: Iterable[str]) -> set[str]:
    """The properties to select for these attributes."""
    paths = (path_of(attribute) for attribute in attributes)
    return {path.partition("/")[0] for path in paths if path}


def unread(attributes: Iterable[str]) -> frozenset[str]:
    """Those of the attributes that Graph does not have."""
    return frozenset(attribute for attribute in attributes if path_of(attribute) is None)


def values(user: Mapping[str, Any], attributes: Iterable[str]) -> dict[str, Any]:
    """The attributes of a user as Graph returned it, without those that are null. Of telephone numbers, only the first is synchronized."""
    found = ((attribute, _value(user, path)) for attribute in attributes if (path := path_of(attribute)))
    return {attribute: value for attribute, value in found if value is not None}


def _value(user: Mapping[str, Any], path: str) -> Any:
    value: Any = user
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return (value[0] if value else None) if path == "businessPhones" else value

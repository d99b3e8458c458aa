# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an object of the Entra directory to the recipient that Exchange makes of it (F154)."""

from __future__ import annotations

import uuid
from typing import Any

from ..provisioning.attributes import is_external
from ..state import GraphObject, Tenant

CUSTOM_ATTRIBUTES = tuple(f"CustomAttribute{number}" for number in range(1, 16))
MAIL_USERS = frozenset({"MailUser", "GuestMailUser"})
USER = (
    "displayName", "givenName", "surname", "mail", "mailNickname", "userPrincipalName", "userType", "showInAddressList", "companyName",
    "department", "jobTitle", "officeLocation", "businessPhones", "city", "country", "externalUserState", "_exchangeLicensed",
)  # fmt: skip
GROUP = ("displayName", "mail", "mailNickname", "mailEnabled", "securityEnabled", "groupTypes")
CONTACT = ("displayName", "givenName", "surname", "mail", "mailNickname", "companyName", "department", "jobTitle", "onPremisesSyncEnabled")
RECEIVED: dict[str, tuple[str, ...]] = {"user": USER, "group": GROUP, "contact": CONTACT}
"""What Exchange receives of each kind of object."""
_FROM_ENTRA = {
    "DisplayName": "displayName",
    "FirstName": "givenName",
    "LastName": "surname",
    "Title": "jobTitle",
    "Company": "companyName",
    "Department": "department",
    "Office": "officeLocation",
    "City": "city",
    "CountryOrRegion": "country",
}


def guid(tenant: Tenant, key: str) -> str:
    """Exchange's own id of a recipient, which is not Entra's."""
    return str(uuid.uuid5(uuid.UUID(tenant.id), f"exchange:{key}"))


def distinguished_name(tenant: Tenant, name: str) -> str:
    return f"CN={name},OU={tenant.initial_domain},OU=Microsoft Exchange Hosted Organizations,DC=KORPR01A001,DC=PROD,DC=OUTLOOK,DC=COM"


def kind_of(kind: str, thing: GraphObject, members: str) -> str | None:
    """``RecipientTypeDetails``, or None for what has no mail; `members` says what external members are."""
    if not thing.get("mail"):
        return None
    if kind == "contact":
        return "MailContact"
    if kind == "group":
        return _group_kind(thing)
    if thing.get("_exchangeLicensed") or not is_external(thing):
        return "UserMailbox"
    if thing.get("userType") == "Guest":
        return "GuestMailUser"
    return None if members == "not_mail_enabled" else members


def _group_kind(group: GraphObject) -> str | None:
    if "Unified" in (group.get("groupTypes") or []):
        return "GroupMailbox"
    if not group.get("mailEnabled"):
        return None
    return "MailUniversalSecurityGroup" if group.get("securityEnabled") else "MailUniversalDistributionGroup"


def _family(details: str) -> str:
    """``RecipientType`` of a ``RecipientTypeDetails``."""
    return {"GuestMailUser": "MailUser", "GroupMailbox": "MailUniversalDistributionGroup"}.get(details, details)


def hidden(thing: GraphObject, details: str) -> bool:
    """Externals are hidden unless ``showInAddressList`` says otherwise; all other users only where it says so."""
    wish = thing.get("showInAddressList")
    return wish is not True if details in MAIL_USERS else wish is False


def addresses(details: str, mail: str, others: list[str]) -> GraphObject:
    """The address properties of a recipient with this mail address; `others` are kept in addition."""
    return {
        "PrimarySmtpAddress": mail,
        "EmailAddresses": [f"SMTP:{mail}", *others],
        "ExternalEmailAddress": f"SMTP:{mail}" if details in MAIL_USERS | {"MailContact"} else None,
    }


def new(tenant: Tenant, key: str, at: str) -> GraphObject:
    """A recipient's identity, and what it has before anything is known of it."""
    own_id = guid(tenant, key)
    return {
        "ExternalDirectoryObjectId": key,
        "Guid": own_id,
        "Name": key,
        "Identity": key,
        "DistinguishedName": distinguished_name(tenant, key),
        "LegacyExchangeDN": (
            f"/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={own_id.replace('-', '')}-{key[:8]}"
        ),
        "AddressBookPolicy": None,
        "WhenCreatedUTC": at,
        "WhenSoftDeleted": None,
        **dict.fromkeys(CUSTOM_ATTRIBUTES, ""),
    }


def values(thing: GraphObject, details: str) -> dict[str, Any]:
    """What Exchange takes over from Entra, without addresses and the hidden flag, which it may know better. Empty texts are ""."""
    phones = thing.get("businessPhones") or [None]
    return {
        **{name: thing.get(source) or "" for name, source in _FROM_ENTRA.items()},
        "Phone": phones[0] or "",
        "Alias": str(thing.get("mailNickname") or str(thing["mail"]).partition("@")[0]),
        "UserPrincipalName": thing.get("userPrincipalName") or "",
        "RecipientType": _family(details),
        "RecipientTypeDetails": details,
        "SKUAssigned": True if details == "UserMailbox" else None,
        "IsDirSynced": bool(thing.get("onPremisesSyncEnabled")),
    }

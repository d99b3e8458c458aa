# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between Graph's users and the schema's attribute names: which attributes exist, how each is read and written (F97).

The schema speaks the service's older names (``telephoneNumber``, ``physicalDeliveryOfficeName``, ``mobile``, ``objectId``),
Graph its own (``businessPhones``, ``officeLocation``, ``mobilePhone``, ``id``).
"""

from __future__ import annotations

import hashlib
from typing import Any

from entra_emulator.state import GraphObject, Tenant

PATHS: dict[str, str] = {
    "objectId": "id",
    "telephoneNumber": "businessPhones",
    "facsimileTelephoneNumber": "faxNumber",
    "physicalDeliveryOfficeName": "officeLocation",
    "mobile": "mobilePhone",
    "employeeOrgData.costCenter": "employeeOrgData/costCenter",
    "employeeOrgData.division": "employeeOrgData/division",
    **{f"extensionAttribute{n}": f"onPremisesExtensionAttributes/extensionAttribute{n}" for n in range(1, 16)},
}
"""Where a schema attribute lives in a Graph user when the two names differ."""

PLAIN = [
    "displayName", "givenName", "surname", "mail", "mailNickname", "userPrincipalName", "department", "jobTitle", "companyName",
    "employeeId", "employeeType", "streetAddress", "city", "state", "postalCode", "country", "usageLocation", "preferredLanguage",
    "telephoneNumber", "mobile", "facsimileTelephoneNumber", "physicalDeliveryOfficeName", "employeeOrgData.costCenter",
    "employeeOrgData.division", *[f"extensionAttribute{n}" for n in range(1, 16)],
]  # fmt: skip
"""String attributes that both directories have."""

BOOLEAN = ["accountEnabled", "showInAddressList", "IsSoftDeleted"]
DATES = ["employeeHireDate", "employeeLeaveDateTime"]
MULTIVALUED = ["otherMails", "proxyAddresses"]
INTERNAL = ["netId", "alternativeSecurityIds", "userState", "appRoleAssignments", "objectId"]


def net_id(user: GraphObject) -> str:
    """The user's identity number in the sign-in service; derived from the object id where the scenario gives none."""
    given: str | None = user.get("_netId")
    return given or "1003" + hashlib.sha256(str(user["id"]).encode()).hexdigest()[:12].upper()


def is_external(user: GraphObject) -> bool:
    """Whether a user is not an internal member (F111): guests of any kind, and all users with an identity elsewhere."""
    return (
        user.get("userType") == "Guest"
        or bool(user.get("_alternativeSecurityId"))
        or user.get("externalUserState") is not None
        or "#EXT#" in str(user.get("userPrincipalName", ""))
    )


def alternative_security_ids(user: GraphObject) -> str:
    """``None`` for internal people; external people and people with SMS sign-in have another identity (F102)."""
    if user.get("_alternativeSecurityId"):
        return str(user["_alternativeSecurityId"])
    if is_external(user):
        return f"external:{net_id(user)}"
    return f"sms:{net_id(user)}" if user.get("_smsSignIn") else "None"


def get(user: GraphObject, attribute: str) -> Any:
    """The value of a schema attribute in a Graph user."""
    value: Any = user
    for part in PATHS.get(attribute, attribute).split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    if attribute == "telephoneNumber":
        return value[0] if value else None
    return value


def put(user: GraphObject, attribute: str, value: Any) -> None:
    """Write a schema attribute into a Graph user."""
    *parents, last = PATHS.get(attribute, attribute).split("/")
    holder = user
    for part in parents:
        holder[part] = dict(holder.get(part) or {})
        holder = holder[part]
    holder[last] = [value] if attribute == "telephoneNumber" else value


def read(tenant: Tenant, user: GraphObject, role: str | None = None, deleted: bool = False) -> dict[str, Any]:
    """Everything the engine imports of a source user, by schema attribute name."""
    values = {name: get(user, name) for name in [*PLAIN, *DATES, *MULTIVALUED, "showInAddressList"]}
    values |= {name: value for name, value in user.items() if name.startswith("extension_")}
    values |= {
        "objectId": user["id"],
        "accountEnabled": user.get("accountEnabled", True),
        "IsSoftDeleted": deleted,
        "netId": net_id(user),
        "alternativeSecurityIds": alternative_security_ids(user),
        # Filters are false on null (F100), and internal people pass "userState NOT EQUALS PendingAcceptance", so theirs has a value.
        "userState": user.get("externalUserState") or "None",
        "manager": tenant.managers.get(str(user["id"])),
        "appRoleAssignments": role,
    }
    return values


def coerced(attribute: str, value: Any) -> Any:
    """A mapped value in the type the target attribute has: constants and functions give booleans as text."""
    if attribute in BOOLEAN and isinstance(value, str):
        return value.lower() == "true"
    return str(value) if isinstance(value, int) and attribute not in BOOLEAN else value

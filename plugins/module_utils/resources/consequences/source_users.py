# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Single users in the form of the engine of consequences: attributes by their names in the schema (fact F97)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ...graph.batch import read_all
from ...graph.client import Client
from ...graph.odata import requests_by
from ...plan import Refusal
from ..directory import find_people, listed, person
from ..external_names import PENDING
from .model import SourceUser, TargetUser

RENAMED = {
    "objectId": "id",
    "telephoneNumber": "businessPhones",
    "facsimileTelephoneNumber": "faxNumber",
    "physicalDeliveryOfficeName": "officeLocation",
    "mobile": "mobilePhone",
    "employeeOrgData.costCenter": "employeeOrgData/costCenter",
    "employeeOrgData.division": "employeeOrgData/division",
    **{f"extensionAttribute{number}": f"onPremisesExtensionAttributes/extensionAttribute{number}" for number in range(1, 16)},
}
PLAIN = (
    "accountEnabled",
    "city",
    "companyName",
    "country",
    "department",
    "displayName",
    "employeeHireDate",
    "employeeId",
    "employeeLeaveDateTime",
    "employeeType",
    "givenName",
    "jobTitle",
    "mail",
    "mailNickname",
    "postalCode",
    "preferredLanguage",
    "showInAddressList",
    "state",
    "streetAddress",
    "surname",
    "usageLocation",
    "userPrincipalName",
    "userType",
)
ALWAYS = ("accountEnabled", "userPrincipalName", "mail")
READ_ANYWAY = "id,userPrincipalName,displayName,mail,userType,accountEnabled"


def readable(name: str) -> bool:
    """Whether Graph has the attribute."""
    return name in RENAMED or name in PLAIN or name.startswith("extension_")


def properties(names: Iterable[str]) -> list[str]:
    """The properties to select for attributes."""
    return sorted({RENAMED.get(name, name).partition("/")[0] for name in names if readable(name)})


def every_property() -> list[str]:
    """The properties of all attributes but the directory extensions."""
    return properties([*RENAMED, *PLAIN])


def attribute(raw: Mapping[str, Any], name: str) -> Any:
    """The value of an attribute in Graph's JSON; ``None`` if it is empty."""
    value: Any = raw
    for part in RENAMED.get(name, name).split("/"):
        value = value.get(part) if isinstance(value, Mapping) else None
    if name == "telephoneNumber":
        value = value[0] if value else None
    return None if value in ("", []) else value


def _attributes(raw: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    found = {name: attribute(raw, name) for name in {*names, *ALWAYS} if readable(name)}
    return {name: value for name, value in found.items() if value is not None}


def source_user(raw: Mapping[str, Any], names: Collection[str], deleted: bool = False) -> SourceUser:
    """A user of the source from Graph's JSON."""
    known = person(raw)
    return SourceUser(
        known.id,
        known.name,
        {**_attributes(raw, names), "IsSoftDeleted": deleted},
        enabled=known.enabled,
        external=known.external,
        deleted=deleted,
        unread=frozenset(name for name in names if not readable(name) and name != "IsSoftDeleted"),
    )


def target_user(raw: Mapping[str, Any], names: Collection[str], deleted: bool = False) -> TargetUser:
    """A user of the target from Graph's JSON."""
    plans = [plan for plan in raw.get("assignedPlans") or () if plan.get("service") == "exchange"]
    return TargetUser(
        str(raw["id"]),
        str(raw.get("userPrincipalName") or ""),
        _attributes(raw, names),
        enabled=raw.get("accountEnabled") is not False,
        user_type=str(raw.get("userType") or "Member"),
        deleted=deleted,
        redeemed=raw.get("externalUserState") != PENDING,
        licensed=any(plan.get("capabilityStatus") == "Enabled" for plan in plans),
    )


def find_users(client: Client, names: Sequence[str], needed: Collection[str]) -> list[SourceUser]:
    """The users whom the names mean, in their order, with the attributes that are needed.

    :raises Refusal: naming all that are unknown or ambiguous.
    """
    ids = list(dict.fromkeys(principal.id for principal in find_people(client, names).values()))
    select = ",".join(dict.fromkeys([*READ_ANYWAY.split(","), *properties(needed)]))
    answers = read_all(client, list(requests_by("/users", "id", select, ids)))
    found = {str(raw["id"]): source_user(raw, needed) for raw in listed(client, (answer.body for answer in answers))}
    gone = [user_id for user_id in ids if user_id not in found]
    if gone:
        raise Refusal(f"user {', '.join(gone)} was found, but cannot be read; run again in a minute")
    return [found[user_id] for user_id in ids]

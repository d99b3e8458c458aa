# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cmdlets that change Exchange's directory: Set-MailUser and Remove-MailContact (F151)."""

from __future__ import annotations

from typing import Any

from ..state import GraphObject
from . import wire
from .cmdlets import Cmdlet, Invocation, Result
from .errors import ADDRESS_TAKEN, BINDING, cmdlet_error
from .feed import written
from .parameters import texts
from .reading import require
from .recipients import CUSTOM_ATTRIBUTES, MAIL_USERS, addresses

UNCHANGED = "The command completed successfully but no settings of '{}' have been modified."


def _plain(address: str) -> str:
    """An address without its kind, in the form in which two are the same."""
    kind, colon, rest = address.partition(":")
    return (rest if colon and kind.lower() == "smtp" else address).casefold()


def _check_free(call: Invocation, record: GraphObject, address: str) -> None:
    """Two recipients never share an address."""
    wanted = _plain(address)
    for other in call.tenant.exchange.recipients.values():
        if other["Guid"] != record["Guid"] and wanted in {_plain(known) for known in other["EmailAddresses"]}:
            text = (
                f'The proxy address "{address}" is already being used by the proxy addresses or LegacyExchangeDN of "{other["Identity"]}".'
            )
            raise cmdlet_error(ADDRESS_TAKEN, text)


def _with_external_address(call: Invocation, record: GraphObject, address: str) -> None:
    mail = address.removeprefix("SMTP:").removeprefix("smtp:")
    if mail.count("@") != 1 or mail.startswith("@") or mail.endswith("@"):
        raise cmdlet_error(BINDING, f'"{address}" is not a valid SMTP address.')
    _check_free(call, record, mail)
    if _plain(record["PrimarySmtpAddress"]) == mail.casefold() and record["ExternalEmailAddress"] == f"SMTP:{mail}":
        return
    others = [known for known in record["EmailAddresses"] if _plain(known) not in (mail.casefold(), _plain(record["PrimarySmtpAddress"]))]
    record |= addresses(record["RecipientTypeDetails"], mail, [f"smtp:{record['PrimarySmtpAddress']}", *others])


def _with_addresses(call: Invocation, record: GraphObject, changes: dict[str, Any]) -> None:
    """Adds and removes proxy addresses; what is there already, or is not there, is passed over."""
    folded = {name.lower(): texts(value) for name, value in changes.items()}
    kept = list(record["EmailAddresses"])
    for address in folded.get("remove", []):
        if _plain(address) == _plain(record["PrimarySmtpAddress"]):
            raise cmdlet_error(BINDING, f'The primary SMTP address "{address}" cannot be removed.')
        kept = [known for known in kept if _plain(known) != _plain(address)]
    for address in folded.get("add", []):
        _check_free(call, record, address)
        typed = address if ":" in address else f"smtp:{address}"
        if _plain(typed) not in {_plain(known) for known in kept}:
            kept.append(typed)
    record["EmailAddresses"] = kept


def set_mail_user(call: Invocation) -> Result:
    """Changes what is named. A recipient that is as wanted is not written, and so not sorted into the address lists anew."""
    recipients = call.tenant.exchange.recipients
    held = require(call, [record for record in recipients.values() if record["RecipientTypeDetails"] in MAIL_USERS])
    key, given = held["ExternalDirectoryObjectId"], call.parameters
    if given.get("WhatIf"):
        return Result(confirmation=f'What if: Setting mail user "{held["Identity"]}".')
    record = {**held, "EmailAddresses": list(held["EmailAddresses"])}
    _apply(call, record, given)
    if record == held:
        return Result([held], [UNCHANGED.format(held["Identity"])])
    written(record, call.clock)
    recipients[key] = record
    return Result([record])


def _apply(call: Invocation, record: GraphObject, given: dict[str, Any]) -> None:
    if given.get("HiddenFromAddressListsEnabled", record["HiddenFromAddressListsEnabled"]) != record["HiddenFromAddressListsEnabled"]:
        # From here on the flag is Exchange's own; what Entra says no longer changes it (F154).
        record |= {"HiddenFromAddressListsEnabled": given["HiddenFromAddressListsEnabled"], "_hiddenHere": True}
    if given.get("ExternalEmailAddress") is not None:
        _with_external_address(call, record, given["ExternalEmailAddress"])
    if given.get("EmailAddresses") is not None:
        _with_addresses(call, record, {name: value for name, value in given["EmailAddresses"].items() if name != "@odata.type"})
    for name in CUSTOM_ATTRIBUTES:
        if name in given:
            record[name] = given[name] or ""


def remove_mail_contact(call: Invocation) -> Result:
    """Permanent, in Entra too. The cmdlet asks first, and without Confirm: false the question stays unanswered."""
    tenant = call.tenant
    contact = require(call, [record for record in tenant.exchange.recipients.values() if record["RecipientTypeDetails"] == "MailContact"])
    if call.parameters.get("WhatIf"):
        return Result(confirmation=f'What if: Removing mail contact Identity:"{contact["Identity"]}".')
    if call.parameters.get("Confirm") is not False:
        return Result(confirmation=f'Are you sure you want to perform this action? Removing mail contact Identity:"{contact["Identity"]}".')
    if contact["IsDirSynced"]:
        text = f"The operation on object '{contact['Identity']}' failed: it is synchronized from your on-premises organization."
        raise cmdlet_error(BINDING, text)
    key = contact["ExternalDirectoryObjectId"]
    for held in (tenant.contacts, tenant.exchange.recipients, tenant.exchange.received):
        held.pop(key, None)
    tenant.exchange._known[1].pop(key, None)
    return Result()


_ANSWERED: dict[str, str] = {"Identity": "text", "WhatIf": "flag", "Confirm": "flag"}
WRITERS: dict[str, Cmdlet] = {
    "Set-MailUser": Cmdlet(
        set_mail_user,
        "write",
        {
            **_ANSWERED,
            "HiddenFromAddressListsEnabled": "flag",
            "ExternalEmailAddress": "text",
            "EmailAddresses": "changes",
            **dict.fromkeys(CUSTOM_ATTRIBUTES, "nullable text"),
        },
        wire.MAIL_USER,
        sets=True,
    ),
    "Remove-MailContact": Cmdlet(remove_mail_contact, "remove", _ANSWERED, wire.MAIL_CONTACT, sets=True),
}

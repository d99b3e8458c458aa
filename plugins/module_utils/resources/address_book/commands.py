# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Commands of Exchange Online PowerShell for what a run must not or may not do, to be pasted or run as a script.

All commands are in one script block: a console would continue with the next line after a failed check of the tenant, a block does not.
Each line is a comment or a command. Recipients are named by their ids only, because a name can select another recipient (fact F146).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ...graph.odata import is_id
from .case import address, rivals
from .evidence import Recipient
from .verdict import SHOW, TOUCH, Judged

ENCODING = "utf-8-sig"
"""The encoding of a file of commands. Without the mark at its beginning, Windows PowerShell reads the file in the code page of the
machine, in which a byte of a letter can be a quote.
"""
_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
"""The characters that PowerShell takes for a single quote."""
_REFUSED = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that end a line, or change what an admin sees of it."""
_MARK = "'x'"
_GROUPS = (
    "ForEach-Object { Get-DistributionGroup -ResultSize Unlimited -Filter "
    "('Members -eq ''{0}''' -f ($_.DistinguishedName -replace '''', '''''')) }"
)
"""The distribution groups of a recipient."""
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


class Unusable(ValueError):
    """A value that cannot be part of a command; the text says why."""


def quoted(value: str) -> str:
    """A PowerShell string that is taken literally.

    :raises Unusable: for a text with control characters.
    """
    if any(unicodedata.category(character) in _REFUSED for character in value):
        raise Unusable("a value has control characters")
    return f"'{_QUOTES.sub(lambda quote: quote[0] * 2, value)}'"


def lines(judged: Iterable[Judged], tenant: str) -> list[str]:
    """The lines of the file, or none if no command would help any of the users. ``tenant`` is the id or a domain of the target.

    :raises Unusable: for a tenant with control characters.
    """
    users = list(judged)
    commands = [f"    {line}" for each in users for line in _of(each)]
    if not commands:
        return []
    return ["& {", *(f"    {check}" for check in _checks(tenant, _domains(users))), *commands, "}"]


def _domains(users: Iterable[Judged]) -> list[str]:
    """The domains of the target in which its user objects are named, usually its initial domain (fact F112)."""
    found = {each.person.entra.user_principal_name.rpartition("@")[2].lower() for each in users if each.person.entra}
    return sorted(domain for domain in found if _DOMAIN.fullmatch(domain))


def _checks(tenant: str, domains: Iterable[str]) -> Iterable[str]:
    """Stop unless Exchange answers for the tenant (fact F156). A check that itself fails also stops: ``throw`` in a ``catch`` does."""
    stop = f"throw {quoted(f'These commands are for tenant {tenant}. Connect to its Exchange Online first.')}"
    if is_id(tenant):
        wrong = f"-not (Get-ConnectionInformation) -or (Get-ConnectionInformation).TenantID -ne {quoted(tenant)}"
        yield f"try {{ if ({wrong}) {{ {stop} }} }} catch {{ throw }}"
    for domain in dict.fromkeys([*([] if is_id(tenant) else [tenant.lower()]), *domains]):
        wrong = f"@((Get-AcceptedDomain -ErrorAction Stop).DomainName) -notcontains {quoted(domain)}"
        yield f"try {{ if ({wrong}) {{ {stop} }} }} catch {{ throw }}"


def _of(judged: Judged) -> list[str]:
    """A comment that names the user, and the commands; no lines if no command would help."""
    write = _WRITERS.get(judged.verdict)
    if write is None:
        return []
    try:
        commands = write(judged)
    except Unusable as problem:
        commands = [_comment(f"No command: {problem}.")]
    return [_comment(f"User {judged.person.name}: {judged.verdict}, {judged.reason}."), *commands] if commands else []


def _comment(text: str) -> str:
    """A comment on one line. It never begins with a text of a directory, which could be a statement such as ``#requires``."""
    return "# " + "".join("?" if unicodedata.category(character) in _REFUSED else character for character in text)


def _by_hand(judged: Judged) -> list[str]:
    return [_comment(f"By hand: {judged.remedy}.")] if judged.remedy else []


def _identity(recipient: Recipient | None) -> str:
    """The parameter that names a recipient. Without a value it would select all of them (fact F146)."""
    known = next((name for name in (recipient.guid, recipient.object_id) if is_id(name)), None) if recipient else None
    if known is None:
        raise Unusable("the id of the recipient is not known")
    return f"-Identity {quoted(known)}"


def _show(judged: Judged) -> list[str]:
    if judged.mend != SHOW:
        return _by_hand(judged)
    return [f"Set-MailUser {_identity(judged.person.recipient)} -HiddenFromAddressListsEnabled $false"]


def _touch(judged: Judged) -> list[str]:
    """Any write computes the address lists of a recipient anew (fact F151). CustomAttribute15 is empty, and is empty again afterwards."""
    if judged.mend != TOUCH:
        return _by_hand(judged)
    write = f"Set-MailUser {_identity(judged.person.recipient)} -CustomAttribute15"
    return [f"{write} {_MARK}", f"{write} $null"]


def _correct(judged: Judged) -> list[str]:
    wanted = address(judged.person)
    if judged.mend is None or wanted is None:
        return _by_hand(judged)
    return [f"Set-MailUser {_identity(judged.person.recipient)} -ExternalEmailAddress {quoted(wanted)}"]


def _mailbox(judged: Judged) -> list[str]:
    recipient = judged.person.recipient
    if judged.listed is not False or recipient is None:
        return []
    if not recipient.hidden or recipient.directory_synced:
        return _by_hand(judged)
    return [f"Set-Mailbox {_identity(recipient)} -HiddenFromAddressListsEnabled $false"]


def _ask(judged: Judged) -> list[str]:
    """For a user about whom Exchange could not be asked: look, and show the user if Entra asks to."""
    entra = judged.person.entra
    if entra is None or judged.person.unasked is None or not is_id(entra.id):
        return []
    identity = f"-Identity {quoted(entra.id)}"
    look = f"Get-Recipient {identity} | Format-List DisplayName, RecipientTypeDetails, HiddenFromAddressListsEnabled, AddressListMembership"
    show = [f"Set-MailUser {identity} -HiddenFromAddressListsEnabled $false"] if entra.show_in_address_list else []
    return [look, *show]


def _free_address(judged: Judged) -> list[str]:
    return [line for rival in rivals(judged.person) for line in _move(judged, rival)]


def _move(judged: Judged, rival: Recipient) -> list[str]:
    """From a contact to the user: nothing is removed by what is written here, because that cannot be undone (facts F122, F154)."""
    identity = _identity(rival)
    if rival.kind.lower() != "mailcontact" or rival.directory_synced:
        where = "in its on-premises directory" if rival.directory_synced else "by hand"
        return [
            f"Get-Recipient {identity} | Format-List DisplayName, RecipientTypeDetails, EmailAddresses, IsDirSynced",
            _comment(f"Remove the address from {rival.kind} {rival.name} {where}."),
        ]
    contact = identity.rpartition(" ")[2].strip("'")
    file, groups = quoted(f"contact-{contact}.xml"), quoted(f"contact-{contact}-groups.xml")
    return [
        # An export never replaces an earlier one, which may be the only trace of the contact.
        f"Get-MailContact {identity} | Export-Clixml -Path {file} -NoClobber",
        f"Get-MailContact {identity} | {_GROUPS} | Export-Clixml -Path {groups} -NoClobber",
        f"Remove-MailContact {identity} -WhatIf",
        _comment("If both files have been written, repeat the command above without -WhatIf. This cannot be undone."),
        *_after_removal(judged, file, groups),
    ]


def _after_removal(judged: Judged, file: str, groups: str) -> Iterable[str]:
    """What follows when the user has been provisioned: replies to old mail reach the user, and the memberships are as before."""
    yield _comment("Then provision the user with sync_on_demand, and wait until Exchange has the user.")
    entra = judged.person.entra
    if entra is not None and is_id(entra.id):
        user = quoted(entra.id)
        old = f"'X500:' + (Import-Clixml -Path {file}).LegacyExchangeDN"
        yield _comment(f"Then: Set-MailUser -Identity {user} -EmailAddresses @{{ Add = {old} }}")
        add = f"Add-DistributionGroupMember -Identity $_.Guid.ToString() -Member {user}"
        yield _comment(f"Then: Import-Clixml -Path {groups} | ForEach-Object {{ {add} }}")


_WRITERS = {
    "hidden_in_exchange": _show,
    "not_indexed": _touch,
    "wrong_address": _correct,
    "has_mailbox": _mailbox,
    "address_taken": _free_address,
    "unknown": _ask,
}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users of an address book as the reader would find them: by default one who is listed. And strategies that build every combination."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.case import DEFAULT_LIST
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.evidence import (
    Entra,
    Logged,
    Person,
    Recipient,
    Situation,
    SourceUser,
)

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=timezone.utc)
NAME = "minsu.kim@contoso.kr"
OTHER = "minsu.kim@old.contoso.kr"
ID, GUID, CONTACT = (f"{number}0000000-0000-4000-8000-000000000001" for number in "123")
INDEXES = ("All Recipients(VLV)",)
LISTS = ("All Users", "Offline Global Address List", *INDEXES, DEFAULT_LIST)

_ENTRA = Entra(
    id=ID,
    user_principal_name="minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com",
    source_name=NAME,
    display_name="Kim Minsu",
    mail=NAME,
    user_type="Member",
    account_enabled=True,
    show_in_address_list=True,
    pending=False,
    created=NOW - timedelta(days=30),
)
_RECIPIENT = Recipient(
    guid=GUID,
    object_id=ID,
    kind="MailUser",
    hidden=False,
    lists=LISTS,
    name="Kim Minsu",
    primary_address=NAME,
    external_address=NAME,
    addresses=(NAME,),
    mark="",
    directory_synced=False,
)
_CONTACT = replace(_RECIPIENT, guid=CONTACT, object_id=CONTACT, kind="MailContact", name="Kim (contact)")
_SOURCE = SourceUser(id="4", user_principal_name=NAME, mail=NAME, enabled=True, in_scope=True)
_LOGGED = Logged(
    status="success", action="create", code=None, reason=None, remedy=None, time=f"{NOW - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
)
_PERSON = Person(name=NAME, entra=_ENTRA, source=_SOURCE, recipient=_RECIPIENT)


def entra(**changes: Any) -> Entra:
    """A user object in the target."""
    return replace(_ENTRA, **changes)


def aged(**age: float) -> Entra:
    """A user object of that age."""
    return entra(created=NOW - timedelta(**age))


def recipient(**changes: Any) -> Recipient:
    """The recipient of that user object."""
    return replace(_RECIPIENT, **changes)


def contact(**changes: Any) -> Recipient:
    """A contact with the same address."""
    return replace(_CONTACT, **changes)


def source(**changes: Any) -> SourceUser:
    """The user in the source."""
    return replace(_SOURCE, **changes)


def logged(status: str = "success", **changes: Any) -> Logged:
    """An entry of the log, a month old."""
    return replace(_LOGGED, status=status, **changes)


def person(**changes: Any) -> Person:
    """A user who is listed, but for the changes."""
    return replace(_PERSON, **changes)


def absent(**changes: Any) -> Person:
    """A user in scope who has no user object in the target."""
    return person(**{"entra": None, "recipient": None, **changes})


def situation(**changes: Any) -> Situation:
    """The source and the log were read."""
    return replace(Situation(now=NOW, scope_known=True), **changes)


# ---------------------------------------------------------------------------------------------------------------- strategies

ages = st.sampled_from([-5, 0, 59, 60, 61, 23 * 60 + 59, 24 * 60, 24 * 60 + 1, 90 * 24 * 60]).map(
    lambda minutes: timedelta(minutes=minutes)
)
moments = st.none() | ages.map(lambda age: NOW - age)
addresses = st.sampled_from([None, NAME, NAME.upper(), OTHER])
lists = st.none() | st.lists(st.sampled_from([*LISTS, "Mailboxes(VLV)", "Tous les utilisateurs", ""]), max_size=4).map(tuple)
kinds = st.sampled_from(["MailUser", "GuestMailUser", "guestmailuser", "UserMailbox", "RoomMailbox", "GroupMailbox", "MailContact", ""])
recipients = st.builds(
    Recipient,
    guid=st.sampled_from([GUID, CONTACT, ""]),
    object_id=st.sampled_from([ID, CONTACT, ""]),
    kind=kinds,
    hidden=st.booleans(),
    lists=lists,
    name=st.sampled_from(["Kim Minsu", ""]),
    primary_address=addresses,
    external_address=addresses,
    addresses=st.lists(addresses.filter(bool), max_size=2).map(tuple),
    mark=st.sampled_from([None, "", "in use"]),
    directory_synced=st.booleans(),
)
entras = st.builds(
    Entra,
    id=st.just(ID),
    user_principal_name=st.just(_ENTRA.user_principal_name),
    source_name=st.sampled_from([None, NAME]),
    display_name=st.just("Kim Minsu"),
    mail=addresses,
    user_type=st.sampled_from([None, "Member", "Guest"]),
    account_enabled=st.booleans(),
    show_in_address_list=st.none() | st.booleans(),
    pending=st.booleans(),
    created=moments,
)
entries = st.builds(
    Logged,
    status=st.sampled_from([None, "success", "failure", "skipped", "Failure", "warning"]),
    action=st.sampled_from([None, "create", "update", "delete", "stagedDelete", "other"]),
    code=st.sampled_from([None, "AzureActiveDirectoryForbidden"]),
    reason=st.sampled_from([None, "", "Not allowed.\nAsk an admin."]),
    remedy=st.sampled_from([None, "allow invitations"]),
    time=st.sampled_from([None, "", "yesterday"]) | ages.map(lambda age: f"{NOW - age:%Y-%m-%dT%H:%M:%S.0000000Z}"),
)
sources = st.builds(
    SourceUser,
    id=st.just("4"),
    user_principal_name=st.just(NAME),
    mail=addresses,
    enabled=st.booleans(),
    in_scope=st.booleans(),
)
people = st.builds(
    Person,
    name=st.just(NAME),
    entra=st.none() | entras,
    deleted=st.booleans(),
    source=st.none() | sources,
    recipient=st.none() | recipients,
    rivals=st.lists(recipients, max_size=2).map(tuple),
    logged=st.none() | entries,
    unasked=st.sampled_from([None, None, "Exchange answered with HTTP 503.", ""]),
)
situations = st.builds(
    Situation,
    now=st.just(NOW),
    scope_known=st.booleans(),
    global_address_list=st.sampled_from([None, "", DEFAULT_LIST, "\\All Users", "tous les utilisateurs"]),
    log_unread=st.sampled_from([None, "the permission AuditLog.Read.All is missing"]),
    only_members=st.booleans(),
)

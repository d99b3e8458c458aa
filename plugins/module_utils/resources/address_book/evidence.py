# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What is known of a user who should be in the target's address book: from both directories, the provisioning log and Exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_SMTP = "smtp:"


@dataclass(frozen=True)
class Entra:
    """The user object in the target tenant. ``source_name`` is ``alias@domain`` in the source, if the user comes from another tenant."""

    id: str
    user_principal_name: str
    source_name: str | None
    display_name: str
    mail: str | None
    user_type: str | None
    account_enabled: bool
    show_in_address_list: bool | None
    pending: bool
    """Whether an invitation is not redeemed yet."""
    created: datetime | None


@dataclass(frozen=True)
class Recipient:
    """A recipient in the target's Exchange (fact F151). Addresses are plain, without ``SMTP:``."""

    guid: str
    object_id: str
    """The id of the object in Entra; empty for a recipient that has none."""
    kind: str
    """``RecipientTypeDetails``."""
    hidden: bool
    lists: tuple[str, ...] | None
    """The names of the address lists, indexes of the system (VLV) included. ``None``: Exchange does not tell, so ``hidden`` is all that is
    known.
    """
    name: str
    primary_address: str | None
    external_address: str | None
    addresses: tuple[str, ...]
    mark: str | None
    """``CustomAttribute15``: an empty text if it has no value, ``None`` if Exchange does not tell."""
    directory_synced: bool

    @classmethod
    def from_exchange(cls, raw: Mapping[str, Any]) -> Recipient:
        """From an object of an answer. An answer without the flag ``HiddenFromAddressListsEnabled`` says nothing about lists."""
        hidden = raw.get("HiddenFromAddressListsEnabled")
        lists = raw.get("AddressListMembership")
        return cls(
            guid=_text(raw, "Guid"),
            object_id=_text(raw, "ExternalDirectoryObjectId"),
            kind=_text(raw, "RecipientTypeDetails"),
            hidden=hidden is True,
            lists=_names(lists) if isinstance(hidden, bool) and isinstance(lists, list) else None,
            name=_text(raw, "DisplayName") or _text(raw, "Name"),
            primary_address=_address(raw.get("PrimarySmtpAddress")),
            external_address=_address(raw.get("ExternalEmailAddress")),
            addresses=_addresses(raw.get("EmailAddresses")),
            mark=_text(raw, "CustomAttribute15") if "CustomAttribute15" in raw else None,
            directory_synced=raw.get("IsDirSynced") is True,
        )


@dataclass(frozen=True)
class SourceUser:
    """The user in the source tenant, and whether they are in scope of the link."""

    id: str
    user_principal_name: str
    mail: str | None
    enabled: bool
    in_scope: bool


@dataclass(frozen=True)
class Logged:
    """The last entry about the user in the provisioning log. ``time`` is as received."""

    status: str | None
    action: str | None
    code: str | None
    reason: str | None
    remedy: str | None
    time: str | None


@dataclass(frozen=True)
class Person:
    """All that is known of one user. ``name`` is what results call the user: the name in the source if it is known."""

    name: str
    entra: Entra | None = None
    deleted: bool = False
    """Whether the target has the user among its deleted items."""
    source: SourceUser | None = None
    recipient: Recipient | None = None
    """The recipient of the user object, by its id in Entra."""
    rivals: tuple[Recipient, ...] = ()
    """Other recipients that have the address of the user in the source."""
    logged: Logged | None = None
    unasked: str | None = None
    """Why Exchange could not be asked about this user, as a clause; then ``recipient is None`` means nothing."""


@dataclass(frozen=True)
class Situation:
    """What holds for all users. ``now`` is the time of the service."""

    now: datetime
    scope_known: bool = False
    """Whether the source was read, so that ``SourceUser.in_scope`` counts, and a missing source user means an orphan."""
    global_address_list: str | None = None
    log_unread: str | None = None
    """Why the provisioning log could not be read, as a clause."""
    only_members: bool = False
    """Whether Exchange was asked for the members of a group only (fact F153): absence from the group proves nothing."""


def _text(raw: Mapping[str, Any], name: str) -> str:
    """A property as text; Exchange has both "" and null for an absent value."""
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _names(lists: list[Any]) -> tuple[str, ...]:
    return tuple(name.lstrip("\\") for name in lists if isinstance(name, str))


def _address(value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return value[len(_SMTP) :] if value.lower().startswith(_SMTP) else value


def _addresses(values: Any) -> tuple[str, ...]:
    """The mail addresses among the proxy addresses, which also are of other types, such as ``SIP:`` and ``X500:``."""
    texts = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    return tuple(text[len(_SMTP) :] for text in texts if text.lower().startswith(_SMTP))

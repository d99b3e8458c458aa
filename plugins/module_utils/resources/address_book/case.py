# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What follows from the evidence about a user: the conditions that the rules of the verdicts are made of, and the words of their texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .evidence import Entra, Logged, Person, Recipient, Situation, SourceUser

EXCHANGE_LAG = timedelta(hours=1)
"""How long a new user object may be missing in Exchange (fact F154)."""
OUTLOOK_LAG = timedelta(days=1)
"""How long a new name may be missing in Outlook, because of the offline address book (fact F155)."""
DEFAULT_LIST = "Default Global Address List"
_INDEX = "(vlv)"
"""The end of the names of the system's indexes, which hidden recipients have, too (fact F151)."""
_MAIL_USERS = ("mailuser", "guestmailuser")
_MOST_RIVALS = 3


def address(person: Person) -> str | None:
    """The address that the user should have in Exchange: that of the user in the source, else that of the user object."""
    return (person.source and person.source.mail) or (person.entra and person.entra.mail) or None


def rivals(person: Person) -> list[Recipient]:
    """The other recipients that have the address, as far as it is known which address that is."""
    wanted, own = address(person), person.entra.id.lower() if person.entra else ""
    others = [rival for rival in person.rivals if not own or rival.object_id.lower() != own]
    return [rival for rival in others if wanted is None or _has(rival, wanted)]


def _has(recipient: Recipient, wanted: str) -> bool:
    held = (recipient.primary_address, recipient.external_address, *recipient.addresses)
    return wanted.casefold() in {address.casefold() for address in held if address}


@dataclass(frozen=True)
class Case:
    """A user and what holds for all users, with what follows from both."""

    person: Person
    situation: Situation

    @property
    def entra(self) -> Entra | None:
        """The user object in the target."""
        return self.person.entra

    @property
    def source(self) -> SourceUser | None:
        """The user in the source."""
        return self.person.source

    @property
    def asked(self) -> bool:
        """Whether Exchange answered about the user."""
        return self.person.unasked is None

    @property
    def recipient(self) -> Recipient | None:
        """The recipient of the user object, if Exchange was asked and has one."""
        return self.person.recipient if self.asked and self.entra else None

    @property
    def listed(self) -> bool | None:
        """Whether the user is in the global address list (fact F155); ``None`` if that is not known."""
        found = self.recipient
        if not self.asked or (found is None and self.entra and self.situation.only_members):
            return None
        if found is None:
            return False
        if not self.is_mail_user and not self.has_mailbox:
            return None
        if found.hidden:
            return False
        return None if found.lists is None else self.address_list is not None

    # ---------------------------------------------------------------------------------------------------------- time

    @property
    def age(self) -> timedelta | None:
        """The age of the user object. A clock that is behind makes none negative."""
        created = self.entra.created if self.entra else None
        return None if created is None else max(timedelta(), self.situation.now - created)

    def younger_than(self, limit: timedelta) -> bool:
        """Whether the user object is known to be younger."""
        return self.age is not None and self.age < limit

    @property
    def just_synchronized(self) -> bool:
        """Whether the log reports something about the user that the service did in the last hour."""
        time = self.log_time
        return time is not None and self.situation.now - time < EXCHANGE_LAG

    @property
    def log_time(self) -> datetime | None:
        """The time of the last entry of the log."""
        time = self.person.logged.time if self.person.logged else None
        try:
            return datetime.fromisoformat((time or "")[:19]).replace(tzinfo=timezone.utc)
        except ValueError:
            return None

    @property
    def again(self) -> datetime:
        """When it is worth to look again: an hour after the last thing that happened to the user, as far as it is known."""
        last = (self.entra.created if self.entra else self.log_time) or self.situation.now
        return (last + EXCHANGE_LAG).astimezone(timezone.utc)

    # ---------------------------------------------------------------------------------------------------------- Graph

    def logged(self, *statuses: str) -> bool:
        """Whether the last entry of the log has one of these statuses."""
        return self.person.logged is not None and (self.person.logged.status or "").lower() in statuses

    @property
    def deleted_by_log(self) -> bool:
        """Whether the last thing that the service did was to delete the user object."""
        action = self.person.logged.action if self.person.logged else None
        return self.logged("success") and (action or "").lower() in ("delete", "stageddelete")

    @property
    def out_of_scope(self) -> bool:
        """Whether the user is known not to be in scope."""
        return self.situation.scope_known and self.source is not None and not self.source.in_scope

    @property
    def gone_in_source(self) -> bool:
        """Whether a user object that came from another tenant has no user in the source. The target's own users never had one."""
        return self.situation.scope_known and self.source is None and self.entra is not None and self.entra.source_name is not None

    # ------------------------------------------------------------------------------------------------------- Exchange

    @property
    def is_mail_user(self) -> bool:
        """Whether the recipient is one that Exchange keeps for a user of another tenant (fact F154)."""
        return self.recipient is not None and self.recipient.kind.lower() in _MAIL_USERS

    @property
    def has_mailbox(self) -> bool:
        """Whether the recipient is a mailbox of any type. The mailbox of a Microsoft 365 group is a group."""
        kind = self.recipient.kind.lower() if self.recipient else ""
        return kind.endswith("mailbox") and kind != "groupmailbox"

    @property
    def address_lists(self) -> list[str]:
        """The lists of the recipient, without the system's indexes."""
        found = (self.recipient.lists if self.recipient else None) or ()
        return [name for name in found if name and not name.rstrip().lower().endswith(_INDEX)]

    @property
    def address_list(self) -> str | None:
        """The list because of which the user counts as listed: the global address list that is named in the options; if none is
        named, the default one; else any, because names can be localised (fact F151).
        """
        named = self.situation.global_address_list
        if named:
            return _among(self.address_lists, named.lstrip("\\"))
        return _among(self.address_lists, DEFAULT_LIST) or next(iter(self.address_lists), None)

    @property
    def list_recognized(self) -> bool:
        """Whether that list is known to be the global address list."""
        return bool(self.situation.global_address_list) or _among(self.address_lists, DEFAULT_LIST) is not None

    @property
    def unindexed(self) -> bool:
        """Whether the recipient is not hidden, and not in the global address list either."""
        return self.listed is False and self.recipient is not None and not self.recipient.hidden

    @property
    def wants_to_show(self) -> bool:
        """Whether Entra asks to show the user. What Entra says proves nothing about the address book (fact F154)."""
        return self.entra is not None and self.entra.show_in_address_list is True

    @property
    def lacks_address(self) -> bool:
        """Whether the recipient does not have the address of the user."""
        wanted = address(self.person)
        return wanted is not None and self.recipient is not None and not _has(self.recipient, wanted)

    @property
    def other_addresses(self) -> list[str]:
        """The primary and the external address of a mail user, if they are not the address of the user."""
        wanted, found = address(self.person), self.recipient
        if not wanted or not found or not self.is_mail_user:
            return []
        held = dict.fromkeys(held for held in (found.primary_address, found.external_address) if held)
        return [held_address for held_address in held if held_address.casefold() != wanted.casefold()]

    @property
    def rivals(self) -> list[Recipient]:
        """The other recipients that have the address."""
        return rivals(self.person) if self.asked else []

    # ---------------------------------------------------------------------------------------------------------- words

    def words(self) -> dict[str, str]:
        """What the texts of the verdicts are filled with."""
        entra, found, logged = self.entra, self.recipient, self.person.logged
        return {
            "address": address(self.person) or "of the user",
            "again": f"{self.again:%Y-%m-%dT%H:%M:%SZ}",
            "held": " and ".join(self.other_addresses),
            "kind": (found.kind if found else "") or "not named",
            "list": f"{self.address_list}{'' if self.list_recognized else ', which is not recognized as the global address list'}",
            "lists": _some(self.address_lists),
            "log": _entry(logged),
            "log_remedy": one_line(logged.remedy if logged else None) or "see the entry with provisioning_log_info",
            "log_time": one_line(logged.time if logged else None) or "without a time",
            "named": self.situation.global_address_list or DEFAULT_LIST,
            "outcome": " ".join(filter(None, (logged.action, logged.status) if logged else ())) or "of an unknown kind",
            "rivals": _some(" ".join(filter(None, (rival.kind, rival.name or rival.guid))) or "without a name" for rival in self.rivals),
            "show": "false" if entra and entra.show_in_address_list is False else "not set",
            "unasked": one_line(self.person.unasked) or "the reason is not known",
            "unread": one_line(self.situation.log_unread) or "the reason is not known",
        }


def _among(lists: Iterable[str], wanted: str) -> str | None:
    return next((name for name in lists if name.casefold() == wanted.casefold()), None)


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - _MOST_RIVALS} more" if len(shown) > _MOST_RIVALS else ""
    return ", ".join(shown[:_MOST_RIVALS]) + more


def _entry(logged: Logged | None) -> str:
    """Code and reason of an entry of the log, on one line."""
    texts = [one_line(text) for text in (logged.code, logged.reason) if text] if logged else []
    return ": ".join(texts) or "without a code or a reason"


def one_line(text: str | None) -> str:
    """A text of the service or a message on one line and without a full stop, as part of a sentence."""
    return " ".join((text or "").split()).rstrip(".")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What follows from the evidence about one user: the conditions that the rules of the causes are made of, and the words of their texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...address_book.case import one_line
from ...causes import log_remedy
from ...job import TOO_MANY_DELETES
from ...people import some
from ...provisioning_log import LogEntry
from ..model import AttributeChange, SourceUser, TargetUser
from .evidence import Access, Evidence, Link

IDENTITY = "alternativeSecurityIds"
"""The attribute by which the built-in filter keeps external users and users with SMS sign-in out (facts F102, F111)."""
DELETIONS = ("delete", "stageddelete")
_NOTHING_ELSE = "see the entries of the log"


@dataclass(frozen=True)
class Case:
    """A user, with what follows from what is known."""

    evidence: Evidence

    @property
    def link(self) -> Link:
        """The configuration and its job."""
        return self.evidence.link

    @property
    def source(self) -> SourceUser | None:
        """The user in the source, who may be deleted."""
        return self.evidence.source

    @property
    def access(self) -> Access:
        """The assignments that concern the user."""
        return self.evidence.access

    # ------------------------------------------------------------------------------------------------------- accounts

    @property
    def account(self) -> TargetUser | None:
        """The account in the target, unless it is deleted."""
        found = self.evidence.account
        return found if found is not None and not found.deleted else None

    @property
    def missing(self) -> bool:
        """Whether the user has no account, apart from a deleted one."""
        return self.account is None

    @property
    def deleted(self) -> bool:
        """Whether the only account is a deleted one."""
        return self.evidence.account is not None and self.evidence.account.deleted

    @property
    def gone_in_source(self) -> bool:
        """Whether the source does not have the user, or only a deleted one."""
        return self.source is None or self.source.deleted

    @property
    def several(self) -> bool:
        """Whether more than one account is that of the user."""
        return len(self.evidence.accounts) > 1

    # ---------------------------------------------------------------------------------------------------------- scope

    @property
    def in_scope(self) -> bool | None:
        """Whether the user is in scope; ``None`` if it cannot be computed."""
        return self.evidence.standing.in_scope

    @property
    def out(self) -> bool:
        """Whether the user is one of the source, and known to be out of scope."""
        return self.source is not None and self.in_scope is False

    @property
    def assigned(self) -> bool:
        """Whether an assignment, or the mode all, covers the user."""
        return self.link.mode == "all" or bool(self.access.paths)

    @property
    def enabled(self) -> bool:
        """Whether the user is enabled in the source."""
        return self.source is not None and self.source.enabled

    @property
    def flows(self) -> frozenset[str]:
        """The target actions."""
        return self.link.rules.flows if self.link.rules else frozenset()

    @property
    def deletes(self) -> bool:
        """Whether the service deletes users who leave, those who were deleted in the source included."""
        rules = self.link.rules
        return rules is not None and "Delete" in rules.flows and (not self.gone_in_source or rules.soft_deletes)

    # ------------------------------------------------------------------------------------------------------------ log

    @property
    def entries(self) -> tuple[LogEntry, ...]:
        """The entries of the log, newest first."""
        return self.evidence.history.entries

    @property
    def last(self) -> LogEntry | None:
        """The newest entry that is no skip: a skip says nothing about earlier failures that persist, or about what was done."""
        return _last(self.entries)

    @property
    def newest(self) -> LogEntry | None:
        """The newest entry of all."""
        return next(iter(self.entries), None)

    def failed(self, *ends: str) -> bool:
        """Whether the last thing that the service tried has failed, or succeeded in part, with a code that ends in one of these."""
        last = self.last
        return last is not None and last["status"] in ("failure", "warning") and str(last["code"] or "").endswith(ends)

    @property
    def unsuccessful(self) -> bool:
        """Whether the last thing that the service tried has failed."""
        return self.last is not None and self.last["status"] == "failure"

    @property
    def deleted_by_service(self) -> bool:
        """Whether the last thing that the service did was to delete the account."""
        return was_deleted_by_service(self.entries)

    @property
    def held(self) -> bool:
        """Whether the deletion guard holds the deletion of the account back (fact F81)."""
        staged = any(entry["action"] == "stagedDelete" for entry in self.entries[:1])
        return staged or (self.link.quarantine or "").endswith(TOO_MANY_DELETES)

    @property
    def provisioned(self) -> bool:
        """Whether the log has an entry that the service created, changed or matched the account."""
        done = ("create", "update", "disable")
        return any(entry["status"] in ("success", "warning") and entry["action"] in done for entry in self.entries)

    @property
    def unmet_of_log(self) -> list[str]:
        """The clauses of filters that did not hold according to the newest entry."""
        return self.newest["unmet"] if self.newest else []

    @property
    def sms(self) -> bool:
        """Whether the service takes a user of the source itself for an external one, as it does with SMS sign-in (fact F102)."""
        external = self.source is None or self.source.external
        return not external and any(IDENTITY in clause for clause in self.unmet_of_log)

    # --------------------------------------------------------------------------------------------------------- values

    @property
    def changes(self) -> tuple[AttributeChange, ...]:
        """The mapped attributes whose value in the target differs, and can be computed."""
        return tuple(change for change in self.evidence.differences if not change.unknown)

    @property
    def edited(self) -> tuple[AttributeChange, ...]:
        """Those of them that the service has set to the mapped value, so that somebody has changed them in the target (fact F119)."""
        return tuple(change for change in self.changes if self._exported(change.attribute) == _plain(change.after))

    @property
    def awaited(self) -> tuple[AttributeChange, ...]:
        """The others: the source or the mappings have changed."""
        return tuple(change for change in self.changes if change not in self.edited)

    def _exported(self, attribute: str) -> str | None:
        """The value that the service wrote last into an attribute, as the log has it."""
        for entry in self.entries:
            for change in entry["changes"] if entry["status"] in ("success", "warning") else ():
                if change["attribute"] == attribute:
                    return _plain(change["after"])
        return None

    @property
    def still_guest(self) -> bool:
        """Whether the account is a guest although the mappings make members, on creation only (fact F98)."""
        wanted = str(self.evidence.values.get("userType") or "").lower()
        return self.account is not None and self.account.user_type.lower() == "guest" and wanted == "member"

    @property
    def cleared(self) -> tuple[str, ...]:
        """The mapped attributes that the source has cleared, and the target still has, because empty values are skipped (fact F96)."""
        account, rules = self.account, self.link.rules
        if account is None or rules is None:
            return ()
        direct = {row.target for row in rules.rows if row.meaning and row.meaning[0] == "attribute"}
        values = self.evidence.values
        return tuple(sorted(name for name in direct if name not in values and account.attributes.get(name)))

    @property
    def unverified(self) -> bool:
        """Whether the mail address belongs to no verified domain of the source (fact F121)."""
        mail, verified = self.mail, self.evidence.verified
        return mail is not None and verified is not None and mail.rpartition("@")[2].lower() not in verified

    @property
    def mail(self) -> str | None:
        """The mail address of the user in the source."""
        found = self.source.attributes.get("mail") if self.source else None
        return str(found) if found else None

    # ------------------------------------------------------------------------------------------------------- Exchange

    def book(self, *verdicts: str) -> bool:
        """Whether the verdict on the entry in the address book is one of these."""
        return self.evidence.book.verdict in verdicts

    # ---------------------------------------------------------------------------------------------------------- words

    def words(self) -> dict[str, str]:
        """What the texts of the causes are filled with."""
        evidence, last, unmet = self.evidence, self.last, next(iter(self.evidence.unmet), None)
        nested = next(iter(self.access.nested), None)
        book = evidence.book
        return {
            "accounts": some([account.user_principal_name for account in evidence.accounts]),
            "assigned_group": nested.assigned if nested else "",
            "attributes": some([change.attribute for change in self.edited or self.changes]),
            "awaited": some([change.attribute for change in self.awaited]),
            "book": book.reason,
            "book_remedy": book.remedy or "nothing is to be done",
            "clause": unmet.clause if unmet else "",
            "cleared": some(self.cleared),
            "code": str((last["code"] if last else None) or "without a code"),
            "configuration": self.link.configuration,
            "default": some(self.access.default),
            "domain": (self.mail or "").rpartition("@")[2],
            "empty": unmet.attribute if unmet else "",
            "filter": unmet.filter if unmet else "",
            "group": nested.group if nested else "",
            "incomplete": "; ".join(evidence.incomplete) or evidence.standing.reason or evidence.next.reason or "the reason is not known",
            "log_reason": one_line(last["reason"] if last else None) or "without a reason",
            "log_remedy": log_remedy(last["code"] if last else None) or _NOTHING_ELSE,
            "mail": self.mail or "",
            "next": evidence.next.reason or evidence.standing.reason,
            "quarantine": self.link.quarantine or "the reason is not known",
            "standing": evidence.standing.reason,
            "time": str((last["time"] if last else None) or "an unknown time"),
            "unmet": some(self.unmet_of_log),
        }


def _plain(value: Any) -> str | None:
    """A value as the log has it, for comparisons."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _last(entries: Iterable[LogEntry]) -> LogEntry | None:
    return next((entry for entry in entries if entry["status"] != "skipped"), None)


def was_deleted_by_service(entries: Iterable[LogEntry]) -> bool:
    """Whether the last thing that the service did, by the entries of the log, newest first, was to delete the account."""
    last = _last(entries)
    return last is not None and last["action"] == "delete" and last["status"] == "success"

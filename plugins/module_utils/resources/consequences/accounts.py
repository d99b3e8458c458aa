# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Accounts of a source's users in the target who are not in scope: what becomes of them. Pure functions.

Nothing in Graph shows which accounts a job maintains (fact F118), so three things are used: the log, which names those that it changed;
the users whom a deprovisioning has recorded; and the values of the account, since an invitation sets the name and the mail address only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .. import external_names
from ..deprovision import bystanders
from ..provisioning_log import LogEntry
from .model import Consequence, Effect, SourceUser, Standing, TargetUser

Fate = Literal["removed", "held", "refused", "may_be_removed", "kept", "outside"]
"""What becomes of an account whose user is not in scope.

``removed``: the job of the link maintains it, and the next cycle deletes it. ``held``: the deletion guard holds its deletion back.
``refused``: the service has tried to delete it, and failed. ``may_be_removed``: it looks as if the job maintains it. ``kept``: the job does
not delete it. ``outside``: nothing shows that the job maintains it.
"""
FATES: tuple[Fate, ...] = ("removed", "held", "refused", "may_be_removed", "kept", "outside")
_EFFECTS: Mapping[Fate, Effect] = {
    "removed": "soft_deleted",
    "held": "kept",
    "refused": "failed",
    "may_be_removed": "unknown",
    "kept": "kept",
    "outside": "unknown",
}
_PROFILE = ("givenName", "surname", "jobTitle", "department", "companyName", "officeLocation", "businessPhones", "mobilePhone")
"""Attributes of the default mappings (fact F92) that an invitation leaves empty. A usage location is not among them: a licence requires it."""


@dataclass(frozen=True)
class Account:
    """An account in the target of a user who came from the source."""

    user: TargetUser
    source_name: str
    """``alias@domain`` in the source, of which the name was made."""
    mail: str | None = None
    sign: str | None = None
    """What an invitation does not set, as a clause; ``None`` if there is nothing of that kind."""

    @property
    def pending(self) -> bool:
        """Whether an invitation is not redeemed: the job does not match such an account (fact F113)."""
        return not self.user.redeemed


def account(raw: Mapping[str, Any]) -> Account | None:
    """An account from Graph's JSON; ``None`` for a user of the target itself."""
    name = str(raw.get("userPrincipalName") or "")
    source_name = external_names.source_name(name)
    if source_name is None:
        return None
    user = TargetUser(
        id=str(raw["id"]),
        name=name,
        attributes={key: raw[key] for key in _PROFILE if raw.get(key)},
        enabled=raw.get("accountEnabled") is not False,
        user_type=str(raw.get("userType") or ""),
        redeemed=raw.get("externalUserState") != external_names.PENDING,
    )
    return Account(user, source_name, raw.get("mail") or None, _sign(raw))


def _sign(raw: Mapping[str, Any]) -> str | None:
    """What of the account an invitation does not set: it makes guests, whom the address book hides (facts F112, F154)."""
    if raw.get("userType") is None:
        # Lesser permissions show fewer properties (fact F140).
        return "its user type is not shown"
    if raw["userType"] == "Member":
        return "it is a member"
    if raw.get("showInAddressList") is True:
        return "it is shown in the address list"
    filled = [name for name in _PROFILE if raw.get(name)]
    return f"it has a value in {filled[0]}" if filled else None


@dataclass(frozen=True)
class Situation:
    """What holds for all accounts of a link."""

    keeps: str | None = None
    """Why the job deletes no account at all, as a clause; ``None`` if it does."""
    keeps_deleted: bool = False
    """Whether the job keeps the accounts of users who are deleted in the source: ``IsSoftDeleted`` is not mapped (fact F94)."""
    held_since: str | None = None
    """Since when the deletion guard holds deletions back; ``None`` if it does not."""
    bystanders: frozenset[str] | None = None
    """The accounts that a deprovisioning has recorded as not those of the link, by the beginnings of their ids."""
    log_unread: str | None = None
    """Why not all of the log could be read, as a clause."""
    entries: Mapping[str, LogEntry] = field(default_factory=dict)
    """The newest entry of the log about each account, by the id in the target, without failed creations."""


def judge(account: Account, source: SourceUser | None, standing: Standing, situation: Situation) -> tuple[Fate, Consequence]:
    """What becomes of an account whose user is not in scope: ``standing`` is why. ``source`` is the user in the source, ``None`` if there
    is none any more.
    """
    fate, why = _fate(account, source, situation)
    if standing.in_scope is None and fate == "removed":
        fate = "may_be_removed"
    before = standing
    if fate == "may_be_removed":
        before = Standing(None, why)
    elif fate != "outside" and _maintained(account, situation) and not _recorded(account, situation):
        before = Standing(True, why)
    return fate, Consequence(source, account.user, before, standing, _EFFECTS[fate], f"{standing.reason}; {why}")


def _fate(account: Account, source: SourceUser | None, situation: Situation) -> tuple[Fate, str]:
    entry = situation.entries.get(account.user.id)
    if _recorded(account, situation):
        return "kept", "a deprovisioning has recorded the account as not maintained by this link"
    if entry and _deleted(entry):
        return "kept", f"this link deleted the account on {entry['time']}, and it was restored by hand"
    stays = _stays(account, source, situation)
    if stays:
        return "kept", stays
    if entry and entry["action"] == "stagedDelete" and situation.held_since:
        return "held", f"the deletion guard holds the deletion back since {situation.held_since}"
    if entry and entry["action"] == "delete":
        return (
            "refused",
            f"the service could not delete the account on {entry['time']}: {entry['remedy'] or entry['reason'] or entry['code']}",
        )
    if entry:
        return "removed", f"this link maintains the account, as the log of {entry['time']} shows"
    if account.pending:
        return "kept", "the invitation is not redeemed, so no job maintains the account"
    unread = f", and {situation.log_unread}" if situation.log_unread else ""
    if account.sign:
        return "may_be_removed", f"the log does not show whether this link maintains the account, but {account.sign}{unread}"
    return "outside", f"nothing shows that this link maintains the account, which has no more than an invitation sets{unread}"


def _stays(account: Account, source: SourceUser | None, situation: Situation) -> str | None:
    """Why the job does not delete the account, whether or not it maintains it."""
    if situation.keeps:
        return situation.keeps
    if source is None and situation.keeps_deleted:
        return "IsSoftDeleted is not mapped, so the accounts of users who are deleted in the source stay"
    if source and not source.deleted and not source.enabled and not account.user.enabled:
        return "the user was disabled before leaving the scope, and the service does not delete such an account"
    return None


def _recorded(account: Account, situation: Situation) -> bool:
    return situation.bystanders is not None and bystanders.short(account.user.id) in situation.bystanders


def _maintained(account: Account, situation: Situation) -> bool:
    """Whether the log shows that the job maintains the account."""
    entry = situation.entries.get(account.user.id)
    return entry is not None and not _deleted(entry)


def _deleted(entry: LogEntry) -> bool:
    return entry["action"] == "delete" and entry["status"] == "success"

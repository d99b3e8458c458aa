# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Whether a user is in the target's address book, and if not, why: one table of rules (facts F151, F154, F155).

The rules are tried from the top, and the first that holds is the verdict. Rules that need Graph only are above those that need an answer of
Exchange; between the two stands the rule for users about whom Exchange could not be asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from .case import EXCHANGE_LAG, OUTLOOK_LAG, Case
from .evidence import Person, Situation

LISTED = "listed"
UNKNOWN = "unknown"
SHOW, TOUCH, ADDRESS = "show", "touch", "address"
"""How Exchange mends a user: by the flag, by any write, after which the lists are computed anew, or by the external address."""
_ON_PREMISES = "change the recipient in its on-premises directory, which manages it"


@dataclass(frozen=True)
class Judged:
    """A user with the verdict. ``reason`` and ``remedy`` are clauses without a full stop."""

    person: Person
    verdict: str
    listed: bool | None
    """Whether Exchange has the user in the global address list; ``None`` if that is not known."""
    reason: str
    remedy: str | None
    mend: str | None
    unlisted: bool = False
    """Whether the user counts as one who should be in the address book, and is not."""
    age: timedelta | None = None
    """The age of the user object in the target."""


@dataclass(frozen=True)
class Rule:
    """A row of the table. ``reason`` and ``remedy`` have the words of a `Case` in braces."""

    verdict: str
    holds: Callable[[Case], bool]
    reason: str
    remedy: str | None = None
    mend: str | None = None
    counts: bool = False
    """Whether the users count as unlisted. A user who is listed never does."""


VERDICTS = (
    # No user object: what the directories and the log say.
    Rule(
        "deleted",
        lambda case: case.entra is None and case.person.deleted,
        "the user object is among the deleted users of the target",
        "if the user should be there, bring them back into scope; the target keeps deleted users for 30 days",
    ),
    Rule(
        "deleted",
        lambda case: case.entra is None and case.deleted_by_log,
        "the last entry of the provisioning log is a deletion of the user object ({log_time})",
        "if the user should be there, bring them back into scope",
    ),
    Rule(
        "failed",
        lambda case: case.entra is None and case.logged("failure"),
        "the last synchronization of the user failed: {log}",
        "{log_remedy}",
        counts=True,
    ),
    Rule(
        "skipped",
        lambda case: case.entra is None and case.logged("skipped"),
        "the service skipped the user: {log}",
        "{log_remedy}",
        counts=True,
    ),
    Rule(
        "skipped",
        lambda case: case.entra is None and case.out_of_scope,
        "the user is not in scope of the link",
        "assign the user, or a group of which the user is a direct member",
        counts=True,
    ),
    Rule(
        "skipped",
        lambda case: case.entra is None and case.source is not None and not case.source.enabled,
        "the user is disabled in the source, and disabled users are not created",
        "enable the user in the source, or take them out of scope",
        counts=True,
    ),
    # A user object that the synchronization does not maintain.
    Rule(
        "orphan",
        lambda case: case.gone_in_source,
        "the source does not have the user, so nothing keeps the user object up to date",
        "delete the user object in the target if nobody needs it",
    ),
    Rule(
        "orphan",
        lambda case: case.entra is not None and case.out_of_scope,
        "the user is not in scope of the link, so nothing keeps the user object up to date",
        "bring the user into scope, or delete the user object in the target",
    ),
    Rule(
        "invitation_pending",
        lambda case: case.entra is not None and case.entra.pending,
        "the invitation is not redeemed, so the synchronization has not taken over the user object",
        "provision the user with sync_on_demand, or restart the job with restart_reason reevaluate_all",
        counts=True,
    ),
    # From here on, Exchange's answer decides.
    Rule(
        UNKNOWN,
        lambda case: not case.asked,
        "Exchange could not be asked: {unasked}",
        "remove that cause, and run again",
    ),
    Rule(
        "address_taken",
        lambda case: case.recipient is None and bool(case.rivals),
        "another recipient in the target has the address {address}: {rivals}",
        "export and remove that recipient in Exchange, then provision the user again",
        counts=True,
    ),
    # No recipient.
    Rule(
        UNKNOWN,
        lambda case: case.entra is not None and case.recipient is None and case.situation.only_members,
        "the user is not among the members of the group that was asked, which does not prove that Exchange lacks the user",
        "add the user to the group (exchange_group), and run again",
    ),
    Rule(
        "not_yet",
        lambda case: case.recipient is None and case.younger_than(EXCHANGE_LAG),
        "the user object is younger than an hour, and Exchange has not received it yet",
        "look again at {again}",
    ),
    Rule(
        UNKNOWN,
        lambda case: case.entra is not None and case.recipient is None and case.age is None,
        "Exchange has no recipient, and the age of the user object is not known, so Exchange may not have received it yet",
        "look again at {again}",
    ),
    Rule(
        "not_mail_enabled",
        lambda case: case.entra is not None and case.recipient is None and case.source is not None and not case.source.mail,
        "Exchange has no recipient, because the user has no mail address in the source",
        "give the user a mail address in the source",
        counts=True,
    ),
    Rule(
        "not_mail_enabled",
        lambda case: case.entra is not None and case.recipient is None and not case.entra.mail,
        "Exchange has no recipient, because the user object has no mail address",
        "check the mapping of mail, and provision the user again",
        counts=True,
    ),
    Rule(
        "not_mail_enabled",
        lambda case: case.entra is not None and case.recipient is None,
        "Exchange has no recipient, although the user object has a mail address and is older than an hour",
        "have a member created as a guest and then converted (link_user_type, link_convert_existing)",
        counts=True,
    ),
    # A recipient that is not a mail user.
    Rule(
        "has_mailbox",
        lambda case: case.has_mailbox and case.listed is False,
        "the user has a mailbox in the target ({kind}), which is not in the address book",
        "change it in Exchange with Set-Mailbox; the synchronization cannot",
        counts=True,
    ),
    Rule(
        "has_mailbox",
        lambda case: case.has_mailbox,
        "the user has a mailbox in the target ({kind}), so Exchange owns mail and visibility",
        "change them in Exchange with Set-Mailbox; the synchronization cannot",
    ),
    Rule(
        UNKNOWN,
        lambda case: case.recipient is not None and not case.is_mail_user,
        "Exchange has a recipient of an unexpected type for the user object: {kind}",
        "check the recipient in Exchange",
    ),
    # A mail user.
    Rule(
        "address_taken",
        lambda case: case.lacks_address and bool(case.rivals),
        "another recipient in the target has the address {address}, which the recipient of the user lacks: {rivals}",
        "export and remove that recipient in Exchange, then provision the user again",
        counts=True,
    ),
    Rule(
        "hidden_in_exchange",
        lambda case: case.recipient is not None and case.recipient.hidden and case.wants_to_show,
        "Exchange hides the user, although showInAddressList is true in Entra",
        "show the user with address_book_visibility",
        SHOW,
        counts=True,
    ),
    Rule(
        "hidden_by_mapping",
        lambda case: case.recipient is not None and case.recipient.hidden,
        "Exchange hides the user, because showInAddressList is {show} in Entra",
        "map showInAddressList to true (link_show_in_address_list), then wait for a cycle",
    ),
    Rule(
        UNKNOWN,
        lambda case: case.recipient is not None and case.recipient.lists is None,
        "Exchange does not hide the user, but this endpoint does not return whether the user is in an address list",
        "ask without exchange_group, which returns the address lists",
    ),
    Rule(
        "not_indexed",
        lambda case: case.unindexed and bool(case.address_lists),
        "Exchange does not hide the user, but the user is not in the address list {named}, only in {lists}",
        "check global_address_list, and the filter of that address list in Exchange",
        counts=True,
    ),
    Rule(
        "not_indexed",
        lambda case: case.unindexed and case.recipient is not None and case.recipient.mark != "",
        "Exchange does not hide the user, but has the user in no address list; CustomAttribute15 is not known to be empty",
        "change any attribute of the recipient in Exchange, which computes its address lists",
        counts=True,
    ),
    Rule(
        "not_indexed",
        lambda case: case.unindexed,
        "Exchange does not hide the user, but has the user in no address list",
        "have the address lists of the recipient computed with address_book_visibility",
        TOUCH,
        counts=True,
    ),
    Rule(
        "wrong_address",
        lambda case: bool(case.other_addresses),
        "Exchange has the address {held} instead of {address}",
        "correct it with address_book_visibility (external_address)",
        ADDRESS,
    ),
    Rule(
        LISTED,
        lambda case: case.listed is True and case.younger_than(OUTLOOK_LAG),
        "the user is in the address list {list}; new names reach Outlook within a day",
    ),
    Rule(
        LISTED,
        lambda case: case.listed is True and not case.list_recognized,
        "the user is in the address list {list}",
        "name the global address list (global_address_list)",
    ),
    Rule(
        LISTED,
        lambda case: case.listed is True,
        "the user is in the address list {list}",
    ),
    # Neither a user object nor anything above that explains why.
    Rule(
        UNKNOWN,
        lambda case: case.situation.log_unread is not None,
        "the target has no user object, and the provisioning log could not be read: {unread}",
        "remove that cause, and run again",
    ),
    Rule(
        "not_yet",
        lambda case: case.just_synchronized,
        "the provisioning log has an entry for the user of the last hour, and the target has no user object yet",
        "look again at {again}",
    ),
    Rule(
        UNKNOWN,
        lambda case: case.person.logged is not None,
        "the target has no user object, although the last entry of the provisioning log is {outcome} ({log_time})",
        "provision the user with sync_on_demand",
    ),
    Rule(
        "not_yet",
        lambda case: case.situation.scope_known and case.source is not None,
        "the service has not processed the user yet",
        "look again at {again}",
    ),
    Rule(
        UNKNOWN,
        lambda case: case.situation.scope_known,
        "neither the source nor the target has the user",
        "check the name",
    ),
    Rule(
        UNKNOWN,
        lambda _case: True,
        "the target has no user object, and the source was not read",
        "give source and configuration",
    ),
)
"""The last rule holds for every user."""

NAMES = tuple(dict.fromkeys(rule.verdict for rule in VERDICTS))


def judge(person: Person, situation: Situation) -> Judged:
    """The verdict about a user."""
    case = Case(person, situation)
    rule = next(rule for rule in VERDICTS if rule.holds(case))
    words = case.words()
    on_premises = rule.mend is not None and case.recipient is not None and case.recipient.directory_synced
    remedy = _ON_PREMISES if on_premises else rule.remedy
    return Judged(
        person=person,
        verdict=rule.verdict,
        listed=case.listed,
        reason=rule.reason.format_map(words),
        remedy=remedy and remedy.format_map(words),
        mend=None if on_premises else rule.mend,
        unlisted=rule.counts and case.listed is not True,
        age=case.age,
    )

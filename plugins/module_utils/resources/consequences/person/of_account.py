# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The causes that lie in an account that exists, and in its entry in the address book (facts F96, F98, F105, F113, F119, F154, F155)."""

from __future__ import annotations

from datetime import timedelta

from ...address_book.case import OUTLOOK_LAG
from .case import Case
from .rule import Rule

_ON_DEMAND = "provision the user with sync_on_demand, or wait for the next cycle"


def _new(case: Case) -> bool:
    """Whether the account is so new that Outlook may not show it yet (fact F155)."""
    age = case.evidence.book.age
    return age is not None and timedelta() <= age < OUTLOOK_LAG


def _shown(case: Case) -> bool:
    """Whether the mapped value asks to show the user."""
    return str(case.evidence.values.get("showInAddressList")).lower() == "true"


RULES = (
    Rule(
        "several_accounts",
        lambda case: case.several,
        "has several accounts in the target ({accounts}), of which the synchronization maintains one",
        "have an administrator of the target find out which one is in use, and delete the others",
    ),
    Rule(
        "blocked_with_source",
        lambda case: case.account is not None and not case.account.enabled and not case.enabled,
        "cannot sign in to the target, because the user is disabled in the source",
        "enable the user in the source",
    ),
    Rule(
        "blocked_in_target",
        lambda case: case.account is not None and not case.account.enabled,
        "cannot sign in to the target, because somebody blocked the account there, although the user is enabled in the source",
        "unblock the account in the target, which the next change of the user in the source does as well",
    ),
    Rule(
        "will_be_blocked",
        lambda case: case.account is not None and not case.enabled,
        "is disabled in the source, so the next cycle blocks the account in the target",
        "enable the user in the source if that was a mistake",
    ),
    Rule(
        "old_name",
        lambda case: any(change.attribute == "userPrincipalName" for change in case.changes),
        "has an account in the target that is named after an earlier name or address",
        "provision the user with sync_on_demand, which corrects the name",
    ),
    Rule(
        "still_guest",
        lambda case: case.still_guest and not any(change.attribute == "userType" for change in case.changes),
        "is still a guest in the target, because the mapping of userType applies to new accounts only",
        "have the administrator set link_convert_existing to true, or convert the account in the target",
    ),
    Rule(
        "update_off",
        lambda case: bool(case.changes) and "Update" not in case.flows,
        "has old values in the target ({attributes}), because the target action update is off",
        "have the administrator switch it on with link_target_actions",
    ),
    Rule(
        "edited_in_target",
        lambda case: bool(case.edited),
        "has values in the target that somebody changed there ({attributes}), and the service does not look until the source changes",
        "provision the user with sync_on_demand, or change the value in the source",
    ),
    Rule(
        "update_waits_for_restart",
        lambda case: bool(case.awaited) and case.link.owed,
        "has old values in the target ({awaited}), which wait for a restart of the job",
        "have the administrator run sync_job with state started",
    ),
    Rule(
        "will_be_updated",
        lambda case: bool(case.awaited),
        "has old values in the target ({awaited}), which the next cycle brings up to date if they changed in the source since the last one",
        _ON_DEMAND,
    ),
    Rule(
        "no_mail",
        lambda case: not case.missing and case.source is not None and case.mail is None,
        "has an account in the target without a mail address, because the user has none in the source, so Outlook does not show it",
        "give the user a mail address in the source",
    ),
    # The address book.
    Rule(
        "hidden_by_mapping",
        lambda case: case.book("hidden_by_mapping") or (not case.missing and case.in_scope is True and not _shown(case)),
        "is hidden in the address book of the target, because the mappings of the link do not show the user",
        "have the administrator set link_show_in_address_list to true, if the user should be visible",
    ),
    Rule("hidden_in_exchange", lambda case: case.book("hidden_in_exchange"), "is not in the address book: {book}", "{book_remedy}"),
    Rule("contact_in_the_way", lambda case: case.book("address_taken"), "is not in the address book: {book}", "{book_remedy}"),
    Rule("not_mail_enabled", lambda case: case.book("not_mail_enabled"), "is not in the address book: {book}", "{book_remedy}"),
    Rule("has_mailbox", lambda case: case.book("has_mailbox"), "is managed by Exchange in the target: {book}", "{book_remedy}"),
    Rule("not_indexed", lambda case: case.book("not_indexed"), "is not in the address book: {book}", "{book_remedy}"),
    Rule("wrong_address", lambda case: case.book("wrong_address"), "is in the address book with a wrong address: {book}", "{book_remedy}"),
    Rule("not_yet_in_exchange", lambda case: case.book("not_yet"), "is not in the address book yet: {book}", "{book_remedy}"),
    # All is well, or as well as the service does it.
    Rule(
        "value_kept",
        lambda case: case.in_scope is True and bool(case.cleared),
        "has values in the target that are empty in the source ({cleared}), because the service does not clear values",
        "have the values removed in the target",
    ),
    Rule(
        "new_in_outlook",
        lambda case: case.book("listed") and case.in_scope is True and _new(case),
        "is in the address book of the target since less than a day, so Outlook may not show the user yet",
        "look again tomorrow",
    ),
    Rule(
        "listed",
        lambda case: case.book("listed") and case.in_scope is True,
        "is synchronized and in the address book of the target ({standing})",
        "nothing is to be done",
    ),
    Rule(
        "synchronized",
        lambda case: not case.missing and case.in_scope is True and case.evidence.next.effect != "unknown",
        "is synchronized and up to date ({standing}), and only Exchange knows whether the address book shows the user",
        "look into the address book, or run again with exchange set to true for the target",
    ),
)

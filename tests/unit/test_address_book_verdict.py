# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a user is in the address book: every rule of the table, every boundary, and what holds for all users (facts F151, F154, F155)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.case import DEFAULT_LIST, Case
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.evidence import Person, Recipient, Situation
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.verdict import NAMES, VERDICTS, Judged, judge
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.address_book import (
    GUID,
    ID,
    INDEXES,
    LISTS,
    NAME,
    NOW,
    OTHER,
    absent,
    aged,
    contact,
    entra,
    lists,
    logged,
    people,
    person,
    recipient,
    situation,
    situations,
    source,
)

MANY = settings(max_examples=150, deadline=None)
OTHERS_ADDRESS = {"primary_address": OTHER, "external_address": OTHER, "addresses": (OTHER,)}
RECENT = f"{NOW - timedelta(minutes=59):%Y-%m-%dT%H:%M:%SZ}"
HOUR_OLD = f"{NOW - timedelta(minutes=60):%Y-%m-%dT%H:%M:%SZ}"
FRENCH = ("Tous les utilisateurs", "Liste d'adresses globale par défaut", *INDEXES)
READER = situation(only_members=True)
ALONE = situation(scope_known=False)
NAMED = situation(global_address_list="Everybody")


def having(**changes: Any) -> Person:
    """A user whose recipient differs from that of a listed one."""
    return person(recipient=recipient(**changes))


def without(**changes: Any) -> Person:
    """A user without a recipient."""
    return person(recipient=None, **changes)


class Row(NamedTuple):
    """A user, the situation, and what the judgement must be. ``says`` is a part of the reason or the remedy."""

    of: str
    user: Person
    verdict: str
    listed: bool | None
    unlisted: bool = False
    mend: str | None = None
    says: str = ""
    where: Situation = situation()


TABLE = [
    # Without a user object.
    Row("a deleted item", absent(deleted=True), "deleted", False, says="30 days"),
    Row("a deleted item, whatever was logged", absent(deleted=True, logged=logged("failure")), "deleted", False),
    Row("a deleted item, Exchange not asked", absent(deleted=True, unasked="no role"), "deleted", None),
    Row("deleted according to the log", absent(logged=logged(action="delete")), "deleted", False, says="2026-01-31T05:00:00Z"),
    Row("soft-deleted according to the log", absent(logged=logged(action="StagedDelete")), "deleted", False),
    Row("failed, with code, reason and remedy",
        absent(logged=logged("failure", code="Forbidden", reason="No\ninvitations.", remedy="allow them")),
        "failed", False, True, says="failed: Forbidden: No invitations, allow them"),
    Row("failed without a code", absent(logged=logged("Failure")), "failed", False, True, says="without a code or a reason"),
    Row("a deletion that failed is no deletion", absent(logged=logged("failure", action="delete")), "failed", False, True),
    Row("failed, Exchange not asked", absent(logged=logged("failure"), unasked="no role"), "failed", None, True),
    Row("skipped with its cause", absent(logged=logged("skipped", reason="Not assigned.")), "skipped", False, True,
        says="user: Not assigned"),
    Row("not in scope, nothing logged", absent(source=source(in_scope=False)), "skipped", False, True, says="not in scope"),
    Row("not in scope, and skipped", absent(source=source(in_scope=False), logged=logged("skipped")), "skipped", False, True, says="service skipped"),
    Row("not in scope, and disabled", absent(source=source(in_scope=False, enabled=False)), "skipped", False, True, says="not in scope"),
    Row("not in scope, but the scope was not read", absent(source=source(in_scope=False)), "unknown", False,
        says="the source was not read", where=ALONE),
    Row("disabled in the source", absent(source=source(enabled=False)), "skipped", False, True, says="disabled in the source"),
    Row("the log was not read", absent(), "unknown", False, says="could not be read: no permission,",
        where=situation(log_unread="no permission.")),
    Row("synchronized 59 minutes ago", absent(logged=logged(time=RECENT)), "not_yet", False, says="look again at 2026-03-02T05:01:00Z"),
    Row("synchronized an hour ago", absent(logged=logged(time=HOUR_OLD)), "unknown", False, says="create success (2026-03-02T04:00:00Z)"),
    Row("synchronized at an unknown time", absent(logged=logged(time=None)), "unknown", False, says="without a time"),
    Row("in scope, nothing logged", absent(), "not_yet", False, says="look again at 2026-03-02T06:00:00Z"),
    Row("in scope, nothing logged, Exchange not asked", absent(unasked="no role"), "unknown", None, says="could not be asked: no role,"),
    Row("in neither tenant", absent(source=None), "unknown", False, says="neither the source nor the target"),
    Row("not in the target, and the source was not read", absent(source=None), "unknown", False,
        says="the source was not read", where=ALONE),
    Row("the address is taken before there is a user object", absent(rivals=(contact(),)), "address_taken", False, True),
    Row("an existing user was skipped or failed before", person(logged=logged("failure")), "listed", True),
    Row("an existing user is up to date", person(logged=logged("skipped")), "listed", True),
    Row("an existing user was deleted before", person(deleted=True), "listed", True),
    Row("an existing user is disabled in the source", person(source=source(enabled=False)), "listed", True),
    # A user object that nothing maintains.
    Row("gone in the source", person(source=None), "orphan", True, says="the source does not have the user"),
    Row("gone in the source and hidden", person(source=None, recipient=recipient(hidden=True)), "orphan", False),
    Row("a user of the target itself", person(source=None, entra=entra(source_name=None)), "listed", True),
    Row("the source was not read", person(source=None), "listed", True, where=ALONE),
    Row("left the scope", person(source=source(in_scope=False)), "orphan", True, says="not in scope"),
    Row("left the scope, Exchange not asked", person(source=source(in_scope=False), unasked="no role"), "orphan", None),
    Row("left the scope, and the invitation is pending", person(source=source(in_scope=False), entra=entra(pending=True)), "orphan", True),
    Row("the invitation is pending", without(entra=entra(pending=True)), "invitation_pending", False, True),
    Row("the invitation is pending, but Exchange lists the guest", person(entra=entra(pending=True)), "invitation_pending", True),
    Row("the invitation is pending, Exchange not asked", person(entra=entra(pending=True), unasked="no role"),
        "invitation_pending", None, True),
    # Exchange could not be asked.
    Row("not asked", without(unasked="HTTP 503."), "unknown", None, says="could not be asked: HTTP 503, remove"),
    Row("not asked, whatever is known", person(unasked=""), "unknown", None),
    Row("not asked, whatever has the address", without(rivals=(contact(),), unasked="no role"), "unknown", None),
    # No recipient.
    Row("a contact has the address", without(rivals=(contact(),)), "address_taken", False, True, says=f"{NAME}: MailContact Kim (contact)"),
    Row("a contact has the address in capitals", without(rivals=(contact(addresses=(NAME.upper(),)),)), "address_taken", False, True),
    Row("a contact has the address as external address only", without(rivals=(contact(primary_address=None, addresses=()),)),
        "address_taken", False, True),
    Row("a contact has the address of a new user", person(entra=aged(minutes=5), recipient=None, rivals=(contact(),)),
        "address_taken", False, True),
    Row("a contact has the address, and neither object has one",
        person(entra=entra(mail=None), source=None, recipient=None, rivals=(contact(),)), "address_taken", False, True,
        says="has the address of the user", where=ALONE),
    Row("the contact has another address", without(rivals=(contact(**OTHERS_ADDRESS),)), "not_mail_enabled", False, True),
    Row("the rival is the user's own recipient", without(rivals=(recipient(),)), "not_mail_enabled", False, True),
    Row("not a member of the group", without(), "unknown", None, says="exchange_group", where=READER),
    Row("not a member of the group, and new", without(entra=aged(minutes=5)), "unknown", None, where=READER),
    Row("not a member of the group, but a contact has the address", without(rivals=(contact(),)), "address_taken", None, True,
        where=READER),
    Row("59 minutes old", without(entra=aged(minutes=59)), "not_yet", False, says="look again at 2026-03-02T05:01:00Z"),
    Row("from the future, by a clock that is ahead", without(entra=aged(minutes=-5)), "not_yet", False),
    Row("an hour old", without(entra=aged(minutes=60)), "not_mail_enabled", False, True, says="link_user_type"),
    Row("61 minutes old", without(entra=aged(minutes=61)), "not_mail_enabled", False, True),
    Row("of unknown age", without(entra=entra(created=None)), "unknown", False, says="age of the user object is not known"),
    Row("of unknown age, without mail", without(entra=entra(created=None, mail=None), source=source(mail=None)), "unknown", False),
    Row("new, without mail", without(entra=entra(created=NOW, mail=None)), "not_yet", False),
    Row("without mail in the source", without(source=source(mail=None)), "not_mail_enabled", False, True, says="in the source"),
    Row("with an empty mail in the source", without(source=source(mail="")), "not_mail_enabled", False, True, says="in the source"),
    Row("without mail in either tenant", without(entra=entra(mail=None), source=source(mail=None)), "not_mail_enabled", False, True, says="in the source"),
    Row("without mail in the target", without(entra=entra(mail=None)), "not_mail_enabled", False, True, says="mapping of mail"),
    Row("without mail in the target, and the source was not read", without(entra=entra(mail=None), source=None),
        "not_mail_enabled", False, True, says="mapping of mail", where=ALONE),
    # A mailbox, and what is impossible.
    *(Row(f"{kind}, listed", having(kind=kind), "has_mailbox", True, says=kind)
      for kind in ("UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox", "LinkedMailbox", "usermailbox")),
    Row("a hidden mailbox", having(kind="UserMailbox", hidden=True), "has_mailbox", False, True, says="not in the address"),
    Row("a mailbox in no list", having(kind="UserMailbox", lists=INDEXES), "has_mailbox", False, True),
    Row("a mailbox, lists not told", having(kind="UserMailbox", lists=None), "has_mailbox", None),
    Row("a mailbox with another address", having(kind="UserMailbox", **OTHERS_ADDRESS), "has_mailbox", True),
    Row("a mailbox with another address, which a contact has",
        person(recipient=recipient(kind="UserMailbox", **OTHERS_ADDRESS), rivals=(contact(),)), "has_mailbox", True),
    *(Row(f"the recipient is a {kind}", having(kind=kind), "unknown", None, says=kind or "not named")
      for kind in ("MailContact", "MailUniversalDistributionGroup", "GroupMailbox", "User", "")),
    # A mail user.
    Row("the recipient lost its address to a contact", person(recipient=recipient(**OTHERS_ADDRESS), rivals=(contact(),)),
        "address_taken", True, says="which the recipient of the user lacks"),
    Row("the recipient lost its address to a contact, and is hidden",
        person(recipient=recipient(hidden=True, **OTHERS_ADDRESS), rivals=(contact(),)), "address_taken", False, True),
    Row("a contact with the address beside the recipient", person(rivals=(contact(),)), "listed", True),
    Row("the recipient is a group, and a contact has the address",
        person(recipient=recipient(kind="GroupMailbox", **OTHERS_ADDRESS), rivals=(contact(),)), "unknown", None),
    Row("hidden in Exchange", having(hidden=True, lists=INDEXES), "hidden_in_exchange", False, True, "show"),
    Row("a guest hidden in Exchange", having(kind="GuestMailUser", hidden=True), "hidden_in_exchange", False, True, "show"),
    Row("hidden in Exchange, lists not told", having(hidden=True, lists=None), "hidden_in_exchange", False, True, "show"),
    Row("hidden in Exchange, with another address", having(hidden=True, **OTHERS_ADDRESS), "hidden_in_exchange", False, True, "show"),
    Row("hidden in Exchange, managed on premises", having(hidden=True, directory_synced=True), "hidden_in_exchange", False,
        True, says="on-premises directory"),
    Row("hidden by a mapping to false", person(entra=entra(show_in_address_list=False), recipient=recipient(hidden=True)),
        "hidden_by_mapping", False, says="is false"),
    Row("hidden without a mapping", person(entra=entra(show_in_address_list=None), recipient=recipient(hidden=True)),
        "hidden_by_mapping", False, says="is not set"),
    Row("hidden by a mapping, lists not told",
        person(entra=entra(show_in_address_list=None), recipient=recipient(hidden=True, lists=None)), "hidden_by_mapping", False),
    Row("not hidden, lists not told", having(lists=None), "unknown", None, says="this endpoint does not return", where=READER),
    Row("not hidden, lists not told, with another address", having(lists=None, **OTHERS_ADDRESS), "unknown", None),
    Row("in no list", having(lists=()), "not_indexed", False, True, "touch"),
    Row("in indexes only", having(lists=("All Recipients(VLV)", "Mailboxes(vlv) ")), "not_indexed", False, True, "touch"),
    Row("in a list without a name", having(lists=("",)), "not_indexed", False, True, "touch"),
    Row("in no list, and the attribute is in use", having(lists=(), mark="VIP"), "not_indexed", False, True, says="CustomAttribute15"),
    Row("in no list, and the attribute is not told", having(lists=(), mark=None), "not_indexed", False, True),
    Row("in no list, managed on premises", having(lists=(), directory_synced=True), "not_indexed", False, True, says="on-premises"),
    Row("in no list, with another address", having(lists=(), **OTHERS_ADDRESS), "not_indexed", False, True, "touch"),
    Row("not in the list that is named", person(), "not_indexed", False, True,
        says="not in the address list Everybody, only in All Users, Offline Global Address List, Default Global Address List,", where=NAMED),
    Row("in no list at all, with a list that is named", having(lists=()), "not_indexed", False, True, "touch", where=NAMED),
    Row("not in the list that is named, and the attribute is in use", having(mark="VIP"),
        "not_indexed", False, True, says="check global_address_list", where=NAMED),
    Row("hidden where the mapping wishes to show", person(entra=entra(show_in_address_list=False)), "listed", True),
    # An address that differs.
    Row("another primary and external address", having(**OTHERS_ADDRESS), "wrong_address", True, mend="address",
        says=f"{OTHER} instead of {NAME}"),
    Row("another primary address", having(primary_address=OTHER), "wrong_address", True, mend="address"),
    Row("another external address", having(external_address=OTHER), "wrong_address", True, mend="address"),
    Row("another external address of a new user",
        person(entra=aged(hours=2), recipient=recipient(external_address=OTHER)), "wrong_address", True, mend="address"),
    Row("another address, managed on premises", having(external_address=OTHER, directory_synced=True), "wrong_address", True,
        says="on-premises directory"),
    Row("another address than that of the user object", person(source=None, recipient=recipient(external_address=OTHER)),
        "wrong_address", True, mend="address", where=ALONE),
    Row("another address than the user object, which is that of the source", person(entra=entra(mail=OTHER)), "listed", True),
    Row("the source has no mail, so the user object's counts",
        person(source=source(mail=None), recipient=recipient(**OTHERS_ADDRESS)), "wrong_address", True, mend="address"),
    Row("no address is known that would be right", person(entra=entra(mail=None), source=source(mail=None)), "listed", True),
    Row("addresses not told", having(primary_address=None, external_address=None, addresses=()), "listed", True),
    Row("the address in capitals", having(primary_address=NAME.upper(), external_address=NAME.title()), "listed", True),
    # Listed.
    Row("listed", person(), "listed", True, says=f"in the address list {DEFAULT_LIST}"),
    Row("a listed guest", having(kind="GuestMailUser"), "listed", True),
    Row("listed, 23:59 hours old", person(entra=aged(minutes=24 * 60 - 1)), "listed", True, says="within a day"),
    Row("listed, 24 hours old", person(entra=aged(hours=24)), "listed", True, says=f"in the address list {DEFAULT_LIST}"),
    Row("listed, of unknown age", person(entra=entra(created=None)), "listed", True, says=f"in the address list {DEFAULT_LIST}"),
    Row("the default list in capitals", having(lists=(DEFAULT_LIST.upper(),)), "listed", True, says="DEFAULT GLOBAL"),
    Row("the named list, in any case", having(lists=FRENCH), "listed", True, says="globale",
        where=situation(global_address_list="\\liste d'adresses GLOBALE par défaut")),
    Row("localised lists", having(lists=FRENCH), "listed", True, says="as the global address list, name the global address list"),
    Row("localised lists of a new user", person(entra=aged(hours=2), recipient=recipient(lists=FRENCH)), "listed", True,
        says="not recognized as the global address list; new names"),
]  # fmt: skip


class TestTable:
    @pytest.mark.parametrize("row", TABLE, ids=lambda row: row.of)
    def test_each_user_gets_the_verdict(self, row: Row) -> None:
        judged = judge(row.user, row.where)
        assert (judged.verdict, judged.listed, judged.unlisted, judged.mend) == (row.verdict, row.listed, row.unlisted, row.mend)
        assert row.says in f"{judged.reason}, {judged.remedy}"

    def test_each_rule_has_a_user(self) -> None:
        """No rule is dead, and none is untested."""
        assert {rule_of(row.user, row.where) for row in TABLE} == set(range(len(VERDICTS)))

    def test_each_verdict_of_the_project_has_a_rule(self) -> None:
        words = """listed hidden_in_exchange hidden_by_mapping not_indexed not_mail_enabled address_taken has_mailbox wrong_address not_yet
        invitation_pending skipped failed deleted orphan unknown"""
        assert set(NAMES) == set(words.split())

    def test_a_recipient_that_is_listed_does_not_say_whether_the_list_is_right(self) -> None:
        """A name of the options decides alone: the default list of Exchange is another one."""
        named = situation(global_address_list="All Users")
        assert judge(person(recipient=recipient(lists=("All Users",))), named).reason == "the user is in the address list All Users"
        assert judge(person(recipient=recipient(lists=(DEFAULT_LIST,))), named).listed is False


def rule_of(user: Person, where: Situation) -> int:
    return next(number for number, rule in enumerate(VERDICTS) if rule.holds(Case(user, where)))


class TestProperties:
    @MANY
    @given(people, situations)
    def test_every_combination_has_a_verdict(self, user: Person, where: Situation) -> None:
        judged = judge(user, where)
        assert judged.verdict in NAMES
        for text in (judged.reason, judged.remedy or "none"):
            assert text == " ".join(text.split())
            assert not text.endswith(".")
            assert "{" not in text
            assert "None" not in text

    @MANY
    @given(people, situations)
    def test_listed_needs_exchange_to_list_the_user(self, user: Person, where: Situation) -> None:
        judged = judge(user, where)
        if judged.verdict == "listed":
            assert judged.listed is True
        if judged.listed is True:
            found = user.recipient
            assert user.entra
            assert user.unasked is None
            assert found
            assert not found.hidden
            assert [name for name in found.lists or () if name and not name.endswith("(VLV)")]

    @MANY
    @given(people, situations, st.sampled_from(["", "Exchange answered with HTTP 503."]))
    def test_what_was_not_asked_is_not_known(self, user: Person, where: Situation, reason: str) -> None:
        judged = judge(replace(user, unasked=reason), where)
        assert judged.listed is None
        assert judged.mend is None
        assert judged.verdict in {"unknown", "deleted", "failed", "skipped", "orphan", "invitation_pending"}

    @MANY
    @given(people, situations, st.sampled_from(["unasked", "lists", "recipient"]))
    def test_knowing_more_of_exchange_contradicts_nothing(self, user: Person, where: Situation, forgotten: str) -> None:
        """Forgetting what Exchange said gives the same verdict or unknown, and never another answer to whether the user is listed."""
        full = judge(user, where)
        if forgotten == "recipient":
            # Absent from the group that is asked at the documented endpoint (fact F153).
            less = judge(replace(user, recipient=None), replace(where, only_members=True))
            if user.rivals or user.entra is None:
                return
        elif forgotten == "lists":
            less = judge(replace(user, recipient=user.recipient and replace(user.recipient, lists=None)), where)
        else:
            less = judge(replace(user, unasked="no role"), where)
        assert less.verdict in {"unknown", full.verdict}
        assert less.listed in {None, full.listed}

    @MANY
    @given(people, situations)
    def test_the_source_and_the_log_do_not_change_what_exchange_says(self, user: Person, where: Situation) -> None:
        listed = judge(user, where).listed
        assert judge(replace(user, source=None, logged=None), where).listed is listed
        assert judge(user, replace(where, scope_known=not where.scope_known, log_unread="no permission")).listed is listed

    @MANY
    @given(people, situations)
    def test_only_some_verdicts_count(self, user: Person, where: Situation) -> None:
        judged = judge(user, where)
        assert not (judged.unlisted and judged.listed)
        if judged.verdict in {"hidden_by_mapping", "not_yet", "deleted", "orphan", "unknown", "listed", "wrong_address"}:
            assert not judged.unlisted
        elif judged.verdict != "has_mailbox":
            assert judged.unlisted is not bool(judged.listed)
        else:
            assert judged.unlisted is (judged.listed is False)

    @MANY
    @given(people, situations)
    def test_no_user_is_said_to_be_deleted_skipped_or_failed_without_evidence(self, user: Person, where: Situation) -> None:
        evidence = {
            "deleted": user.deleted or user.logged is not None,
            "failed": user.logged is not None,
            "skipped": user.logged is not None or user.source is not None,
        }
        judged = judge(user, where)
        if judged.verdict in evidence:
            assert evidence[judged.verdict]
            assert user.entra is None

    @MANY
    @given(people, situations)
    def test_not_yet_says_when_to_look_again_and_ends(self, user: Person, where: Situation) -> None:
        judged = judge(user, where)
        if judged.verdict == "not_yet":
            assert judged.remedy
            again = datetime.strptime(judged.remedy, "look again at %Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
            assert NOW < again <= NOW + timedelta(minutes=65)
            if user.entra or user.logged:
                assert judge(user, replace(where, now=again)).verdict != "not_yet"

    @MANY
    @given(people, situations)
    def test_mending_is_for_mail_users_that_exchange_owns(self, user: Person, where: Situation) -> None:
        judged = judge(user, where)
        needed = {"show": "hidden_in_exchange", "touch": "not_indexed", "address": "wrong_address"}
        if judged.mend:
            assert judged.verdict == needed[judged.mend]
            assert user.recipient
            assert user.recipient.kind.lower() in ("mailuser", "guestmailuser")
            assert not user.recipient.directory_synced
            assert judged.mend != "touch" or user.recipient.mark == ""

    @MANY
    @given(people, situations)
    def test_case_does_not_matter(self, user: Person, where: Situation) -> None:
        """Of addresses, types, ids and the names of lists."""
        shouted = replace(user, recipient=user.recipient and in_capitals(user.recipient), rivals=tuple(map(in_capitals, user.rivals)))
        named = where.global_address_list and where.global_address_list.upper()
        assert outcome(judge(shouted, replace(where, global_address_list=named))) == outcome(judge(user, where))

    @MANY
    @given(lists, st.sampled_from([None, "All Users", DEFAULT_LIST]))
    def test_an_index_of_the_system_changes_nothing(self, names: tuple[str, ...] | None, named: str | None) -> None:
        where = situation(global_address_list=named)
        more = None if names is None else (*INDEXES, *names, "All Mailboxes(VLV)")
        assert outcome(judge(person(recipient=recipient(lists=more)), where)) == outcome(
            judge(person(recipient=recipient(lists=names)), where)
        )

    @MANY
    @given(people, situations)
    def test_judging_changes_nothing_and_is_repeatable(self, user: Person, where: Situation) -> None:
        assert judge(user, where) == judge(user, where)


def in_capitals(found: Recipient) -> Recipient:
    def upper(text: str | None) -> str | None:
        return text and text.upper()

    return replace(
        found,
        object_id=found.object_id.upper(),
        kind=found.kind.upper(),
        lists=found.lists and tuple(map(str.upper, found.lists)),
        primary_address=upper(found.primary_address),
        external_address=upper(found.external_address),
        addresses=tuple(map(str.upper, found.addresses)),
    )


def outcome(judged: Judged) -> tuple[Any, ...]:
    return judged.verdict, judged.listed, judged.unlisted, judged.mend


ANSWER = {
    "Guid@odata.type": "#Guid",
    "Guid": GUID,
    "ExternalDirectoryObjectId": ID,
    "RecipientTypeDetails": "GuestMailUser",
    "HiddenFromAddressListsEnabled": False,
    "AddressListMembership@odata.type": "#Collection(String)",
    "AddressListMembership": ["\\\\All Users", "\\\\All Recipients(VLV)", "\\Default Global Address List"],
    "DisplayName": "Kim Minsu",
    "PrimarySmtpAddress": NAME,
    "ExternalEmailAddress": f"SMTP:{NAME}",
    "EmailAddresses": [f"SMTP:{NAME}", f"smtp:{OTHER}", "SIP:x@y", "X500:/o=ExchangeLabs/cn=x"],
    "CustomAttribute15": "",
    "IsDirSynced": False,
}


class TestFromExchange:
    """Fact F151: an answer as it was captured, and answers that do not contain everything."""

    def test_an_answer(self) -> None:
        assert Recipient.from_exchange(ANSWER) == recipient(
            kind="GuestMailUser", lists=("All Users", "All Recipients(VLV)", DEFAULT_LIST), addresses=(NAME, OTHER)
        )

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"AddressListMembership": None}, {"lists": None}),
            ({"AddressListMembership": []}, {"lists": ()}),
            ({"AddressListMembership": "\\All Users"}, {"lists": None}),
            ({"AddressListMembership": [None, "\\All Users"]}, {"lists": ("All Users",)}),
            ({"HiddenFromAddressListsEnabled": None}, {"hidden": False, "lists": None}),
            ({"HiddenFromAddressListsEnabled": "True"}, {"hidden": False, "lists": None}),
            ({"HiddenFromAddressListsEnabled": True}, {"hidden": True}),
            ({"CustomAttribute15": "VIP"}, {"mark": "VIP"}),
            ({"CustomAttribute15": None}, {"mark": ""}),
            ({"ExternalEmailAddress": None}, {"external_address": None}),
            ({"ExternalEmailAddress": ""}, {"external_address": None}),
            ({"ExternalEmailAddress": f"smtp:{OTHER}"}, {"external_address": OTHER}),
            ({"PrimarySmtpAddress": ""}, {"primary_address": None}),
            ({"EmailAddresses": None}, {"addresses": ()}),
            ({"ExternalDirectoryObjectId": None}, {"object_id": ""}),
            ({"DisplayName": "", "Name": "kim"}, {"name": "kim"}),
            ({"IsDirSynced": True}, {"directory_synced": True}),
            ({"IsDirSynced": None}, {"directory_synced": False}),
        ],
        ids=str,
    )
    def test_what_differs(self, changes: dict[str, Any], expected: dict[str, Any]) -> None:
        assert Recipient.from_exchange({**ANSWER, **changes}) == replace(Recipient.from_exchange(ANSWER), **expected)

    @pytest.mark.parametrize("missing", ["HiddenFromAddressListsEnabled", "AddressListMembership"])
    def test_the_flag_and_the_lists_are_needed_together(self, missing: str) -> None:
        """Without both, it is not known whether the user is listed: the documented endpoint has no lists (fact F153)."""
        found = Recipient.from_exchange({name: value for name, value in ANSWER.items() if name != missing})
        assert found.lists is None
        assert judge(person(recipient=found), situation()).verdict == "unknown"

    def test_an_attribute_that_was_not_asked_for_is_not_empty(self) -> None:
        assert Recipient.from_exchange({name: value for name, value in ANSWER.items() if name != "CustomAttribute15"}).mark is None

    def test_an_empty_answer_says_nothing(self) -> None:
        found = Recipient.from_exchange({})
        assert judge(person(recipient=found), situation()).verdict == "unknown"
        assert found.lists is None
        assert LISTS

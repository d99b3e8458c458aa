# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is meant, what the source knows of them, and what Exchange answers: a failed read is never taken for "there is none"."""

from __future__ import annotations

import gc
import re
import tracemalloc
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, ClassVar
from urllib.parse import unquote

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Answer, Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import CredentialProblem, GraphFailure, Unreachable
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import tenants
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book import (
    inquiry,
    matching,
    people,
    recipients,
    source_side,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.evidence import Entra, Person, Situation
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.matching import Source, pair
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.people import Selection
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.source_side import Log, Scope
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import Configuration
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import (
    NOT_FOUND,
    SOURCE,
    TARGET,
    FakeGraph,
    Lost,
    Outcome,
    Reply,
    Script,
    refusal,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options

DENIED = refusal(403, "Authorization_RequestDenied")
FAULT = refusal(500, "Fault")
NOW = datetime(2026, 3, 2, 5, 0, tzinfo=timezone.utc)
DATE = {"Date": "Mon, 02 Mar 2026 05:00:00 GMT"}


def user(number: int, name: str = "", mail: str | None = None, **rest: Any) -> dict[str, Any]:
    """A user of the target, as Graph has it: from contoso.kr if no other name is given."""
    principal_name = name or f"user{number}_contoso.kr#EXT#@fabrikam.onmicrosoft.com"
    return {"id": f"aaaaaaaa-0000-4000-8000-{number:012}", "userPrincipalName": principal_name, "mail": mail, "userType": "Member", **rest}


def entra(number: int, source_name: str | None = None, mail: str | None = None) -> Entra:
    alias, _at, domain = (source_name or f"user{number}@contoso.kr").partition("@")
    return people.entra(user(number, f"{alias}_{domain}#EXT#@fabrikam.onmicrosoft.com", mail))


class Directory:
    """A target with these users: it understands the filters of the searches, and lists the external users."""

    def __init__(self, users: Sequence[Mapping[str, Any]], deleted: Sequence[Mapping[str, Any]] = ()) -> None:
        self.users, self.deleted = users, deleted
        self.searches: list[str] = []
        self.listings = 0

    def __call__(self, request: Request) -> Outcome:
        """Answer a request."""
        path, _mark, query = request.path.partition("?")
        if path == "/$batch":
            return Reply()
        if path.startswith("/directory/deletedItems"):
            return Reply(200, {"value": list(self.deleted)})
        if path != "/users":
            return NOT_FOUND
        clause = re.search(r"\$filter=(.*?)&\$select", unquote(query))
        if clause is None:
            assert query.endswith("$top=1"), "the tenant's own users are never listed"
            return Reply(200, {"value": list(self.users)[:1]}, DATE)
        if clause[1].startswith("creationType"):
            self.listings += 1
            return Reply(200, {"value": [found for found in self.users if "#EXT#" in found["userPrincipalName"]]}, DATE)
        self.searches.append(clause[1])
        values = [value.lower().replace("''", "'") for value in re.findall(r"'((?:[^']|'')*)'", clause[1])]
        if clause[1].startswith("startsWith"):
            return Reply(200, {"value": [found for found in self.users if found["userPrincipalName"].lower().startswith(tuple(values))]})
        name = clause[1].split()[0]
        return Reply(200, {"value": [found for found in self.users if str(found.get(name)).lower() in values]})


# The target ----------------------------------------------------------------------------------------------------------


class TestNamed:
    GUEST = user(3, "guest_third.example#EXT#@fabrikam.onmicrosoft.com", "guest@mail.example", userType="Guest")
    OWN = user(4, "own@fabrikam.kr", "own@contoso.kr")
    DIRECTORY = (user(1, mail="user1@contoso.kr"), user(2, mail="other@contoso.kr"), GUEST, OWN)

    @pytest.mark.parametrize(
        ("name", "number"),
        [
            ("aaaaaaaa-0000-4000-8000-000000000001", 1),
            ("user1@contoso.kr", 1),
            ("USER1@Contoso.KR", 1),
            ("user1_contoso.kr#EXT#@fabrikam.onmicrosoft.com", 1),
            ("other@contoso.kr", 2),
            ("guest@mail.example", 3),
            ("guest@third.example", 3),
            ("own@fabrikam.kr", 4),
            ("aaaaaaaa-0000-4000-8000-000000000004", 4),
        ],
    )
    def test_every_kind_of_name(self, name: str, number: int) -> None:
        directory = Directory(self.DIRECTORY)
        found = people.read_named(FakeGraph(directory), [name])
        assert [entry.id[-1] for entry in found.users] == [str(number)]
        assert (found.unknown, found.deleted, directory.listings) == ((), (), 0)

    def test_the_targets_own_user_with_the_address_is_somebody_else(self) -> None:
        found = people.read_named(FakeGraph(Directory(self.DIRECTORY)), ["own@contoso.kr"])
        assert (found.users, found.unknown) == ((), ("own@contoso.kr",))

    def test_a_user_who_is_named_twice_is_one(self) -> None:
        found = people.read_named(FakeGraph(Directory(self.DIRECTORY)), ["user1@contoso.kr", "aaaaaaaa-0000-4000-8000-000000000001"])
        assert len(found.users) == 1

    @pytest.mark.parametrize("name", ["user9@contoso.kr", "aaaaaaaa-0000-4000-8000-000000000009", "old@contoso.kr"])
    def test_who_was_deleted(self, name: str) -> None:
        gone = user(9, f"{'a' * 32}user9_contoso.kr#EXT#@fabrikam.onmicrosoft.com", "old@contoso.kr")
        found = people.read_named(FakeGraph(Directory(self.DIRECTORY, [gone])), [name, "user1@contoso.kr"])
        assert [entry.source_name for entry in found.deleted] == ["user9@contoso.kr"]
        assert len(found.users) == 1
        assert found.unknown == ()

    def test_deleted_users_are_read_only_for_names_that_mean_no_other(self) -> None:
        graph = FakeGraph(Directory(self.DIRECTORY))
        people.read_named(graph, ["user1@contoso.kr"])
        assert not [request for request in graph.sent if "deletedItems" in request.path]

    def test_many_are_searched_in_batches(self) -> None:
        directory = Directory([user(number) for number in range(700)])
        graph = FakeGraph(directory)
        found = people.read_named(graph, [f"user{number}@contoso.kr" for number in range(700)])
        assert len(found.users) == 700
        assert len(directory.searches) == 47
        assert len(graph.batches) == 3

    def test_an_apostrophe_is_no_end(self) -> None:
        found = people.read_named(
            FakeGraph(Directory([user(1, "o'brien_contoso.kr#EXT#@fabrikam.onmicrosoft.com")])), ["o'brien@contoso.kr"]
        )
        assert len(found.users) == 1

    @pytest.mark.parametrize("fault", [FAULT, DENIED, Lost()], ids=str)
    def test_a_search_that_fails_is_a_failure(self, fault: Outcome) -> None:
        directory = Directory(self.DIRECTORY)

        def answer(request: Request) -> Outcome:
            return fault if "mail" in request.path.partition("$select")[0] else directory(request)

        with pytest.raises(GraphFailure):
            people.read_named(FakeGraph(answer), ["nobody@contoso.kr"])


class TestAll:
    DIRECTORY = (
        user(1),
        user(2, "user2_labs.contoso.kr#EXT#@fabrikam.onmicrosoft.com"),
        user(3, "guest_third.example#EXT#@fabrikam.onmicrosoft.com"),
        user(4, "own@fabrikam.kr"),
    )
    OWNERS: ClassVar[dict[str, str]] = {"contoso.kr": SOURCE, "labs.contoso.kr": SOURCE, "third.example": TARGET}

    def information(self, outcomes: Mapping[str, Outcome] | None = None) -> Callable[[Request], Outcome]:
        """The directory, and what Graph says of the owner of each domain."""
        directory = Directory(self.DIRECTORY, [user(5, f"{'a' * 32}user5_contoso.kr#EXT#@fabrikam.onmicrosoft.com")])

        def answer(request: Request) -> Outcome:
            domain = re.search(r"DomainName\(domainName='(.*)'\)", request.path)
            if domain is None:
                return directory(request)
            return (outcomes or {}).get(domain[1]) or Reply(200, {"tenantId": self.OWNERS[domain[1]].upper()})

        return answer

    def test_every_domain_of_the_source_is_found(self) -> None:
        """A company can have several, and no option names them (fact F48)."""
        graph = FakeGraph(self.information())
        found = people.read(graph, Selection(tenant_id=SOURCE))
        assert [entry.source_name for entry in found.users] == ["user1@contoso.kr", "user2@labs.contoso.kr"]
        assert [entry.source_name for entry in found.deleted] == ["user5@contoso.kr"]
        assert found.now == NOW

    def test_domains_that_are_given_are_not_looked_up(self) -> None:
        graph = FakeGraph(self.information())
        found = people.read(graph, Selection(tenant_id=SOURCE, domains=("third.example",)))
        assert [entry.source_name for entry in found.users] == ["guest@third.example"]
        assert not [request for request in graph.sent if "DomainName" in request.path]

    def test_a_domain_that_nobody_owns_any_longer(self) -> None:
        graph = FakeGraph(self.information({"labs.contoso.kr": NOT_FOUND, "third.example": refusal(400, "Request_BadRequest")}))
        assert len(people.read(graph, Selection(tenant_id=SOURCE)).users) == 1

    def test_where_the_permission_is_missing_the_public_document_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        graph = FakeGraph(self.information(dict.fromkeys(self.OWNERS, DENIED)))
        monkeypatch.setattr(graph, "owner_of", self.OWNERS.get)
        assert len(people.read(graph, Selection(tenant_id=SOURCE)).users) == 2
        assert len([request for request in graph.sent if "DomainName" in request.path]) == 1

    @pytest.mark.parametrize("fault", [FAULT, Lost(), refusal(429, "TooManyRequests")], ids=str)
    @pytest.mark.parametrize("domain", OWNERS)
    def test_a_domain_that_cannot_be_looked_up_is_a_failure(self, domain: str, fault: Outcome) -> None:
        with pytest.raises(GraphFailure):
            people.read(FakeGraph(self.information({domain: fault})), Selection(tenant_id=SOURCE))

    def test_a_public_document_that_cannot_be_read_is_a_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unreachable(_name: str) -> str | None:
            raise Unreachable("GET", "https://login.example", "no answer came")

        graph = FakeGraph(self.information(dict.fromkeys(self.OWNERS, DENIED)))
        monkeypatch.setattr(graph, "owner_of", unreachable)
        with pytest.raises(Unreachable):
            people.read(graph, Selection(tenant_id=SOURCE))

    def test_many_domains_are_looked_up_in_batches_and_once_a_run(self) -> None:
        domains = [f"company{number}.example" for number in range(50)]
        graph = FakeGraph(lambda request: Reply() if request.path == "/$batch" else Reply(200, {"tenantId": SOURCE}))
        for _time in range(2):
            assert set(tenants.owners(graph, domains).values()) == {SOURCE}
        # Those of one wave are sent at the same time, in any order.
        assert sorted(len(batch) for batch in graph.batches) == [1, 9, 20, 20]

    def test_nothing_that_selects(self) -> None:
        with pytest.raises(Refusal, match="people, source_tenant_id or source_domains is needed"):
            people.read(FakeGraph(self.information()), Selection())

    @pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
    def test_without_the_time_of_the_service_the_own_clock_counts(self, headers: dict[str, str]) -> None:
        graph = FakeGraph(lambda _request: Reply(200, {"value": []}, headers))
        assert abs((people.read_external(graph).now - datetime.now(timezone.utc)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"createdDateTime": "2026-03-02T05:00:00Z"}, {"created": NOW}),
        ({"createdDateTime": "2026-03-02T05:00:00.1234567Z"}, {"created": NOW}),
        ({"createdDateTime": None}, {"created": None}),
        ({"createdDateTime": "soon"}, {"created": None}),
        ({"externalUserState": "PendingAcceptance"}, {"pending": True}),
        ({"externalUserState": "Accepted"}, {"pending": False}),
        ({"mail": ""}, {"mail": None}),
        ({"accountEnabled": False}, {"account_enabled": False}),
        ({"displayName": None}, {"account_enabled": True, "show_in_address_list": None}),
        ({"showInAddressList": False}, {"show_in_address_list": False}),
        ({"userPrincipalName": "a_b_contoso.kr#EXT#@x"}, {"source_name": "a_b@contoso.kr"}),
        ({"userPrincipalName": "own@fabrikam.kr"}, {"source_name": None}),
    ],
)
def test_a_user_of_the_target(raw: dict[str, Any], expected: dict[str, Any]) -> None:
    found = people.entra({**user(1), **raw})
    assert {name: getattr(found, name) for name in expected} == expected


# The source ----------------------------------------------------------------------------------------------------------


def principal(number: int, name: str | None = None, mail: str | None = None) -> Principal:
    return Principal(f"s{number}", "user", name or f"user{number}@contoso.kr", mail)


class TestPairing:
    @pytest.mark.parametrize(
        ("source", "target", "target_ids"),
        [
            (principal(1), entra(1), {}),
            (principal(1, "USER1@contoso.kr"), entra(1), {}),
            (principal(1, "upn@contoso.kr", "user1@contoso.kr"), entra(1), {}),
            (principal(1, "renamed@contoso.kr", "Renamed@contoso.kr"), entra(1, mail="renamed@contoso.kr"), {}),
            (principal(1, "renamed@contoso.kr"), entra(1), {"s1": entra(1).id}),
        ],
        ids=["name", "case", "made of the mail", "by mail", "by the log"],
    )
    def test_the_same_user(self, source: Principal, target: Entra, target_ids: dict[str, str]) -> None:
        assert pair([source], [target, entra(2)], target_ids) == {"s1": target}

    def test_the_log_decides(self) -> None:
        """Another user has the old name by now."""
        assert pair([principal(1)], [entra(1), entra(2)], {"s1": entra(2).id}) == {"s1": entra(2)}

    def test_a_user_of_another_domain_is_found_by_the_log(self) -> None:
        elsewhere = entra(7, "user1@mail.example")
        assert pair([principal(1)], [], {"s1": elsewhere.id}, [elsewhere]) == {"s1": elsewhere}
        assert pair([principal(1)], [], {}, [elsewhere]) == {}

    @pytest.mark.parametrize("mail", [None, ""])
    def test_nobody_is_found_by_a_mail_that_is_not_there(self, mail: str | None) -> None:
        assert pair([principal(1, "other@contoso.kr", mail)], [entra(2, mail=None)]) == {}

    def test_each_user_is_one_person(self) -> None:
        users = {found.id: found for found in (principal(1), principal(2), principal(3), principal(4))}
        targets = [entra(1), entra(5)]
        gone = [entra(2), entra(1), entra(6), entra(5)]
        source = Source(users, lambda found: found.id != "s4")
        persons = matching.of_source(source, targets, pair(users.values(), targets), gone)
        assert [(person.name, person.entra is not None, person.deleted) for person in persons] == [
            ("user1@contoso.kr", True, False),
            ("user2@contoso.kr", False, True),
            ("user3@contoso.kr", False, False),
            ("user4@contoso.kr", False, False),
            ("user5@contoso.kr", True, False),
            ("user6@contoso.kr", False, True),
        ]
        assert [person.source and person.source.in_scope for person in persons] == [True, True, True, False, None, None]


SCOPE = Scope(Configuration("c", "a", "Fabrikam", "r"), all_users=False)


def entry(source: str, status: str = "success", target: str | None = None) -> dict[str, Any]:
    info = {"status": status, "errorInformation": {"errorCode": f"{source} {status}"}}
    return {"id": source, "provisioningStatusInfo": info, "sourceIdentity": {"id": source}, "targetIdentity": {"id": target}}


class TestLog:
    def log(self, *pages: Iterable[dict[str, Any]], then: Outcome | None = None) -> FakeGraph:
        """A log of several pages, newest first; ``then`` is the answer in place of a page after them."""
        bodies = [{"value": list(page)} for page in pages]

        def answer(request: Request) -> Outcome:
            number = int(request.path.partition("page=")[2] or 0)
            if number == len(bodies):
                assert then is not None
                return then
            more = number + 1 < len(bodies) or then is not None
            return Reply(200, {**bodies[number], **({"@odata.nextLink": f"https://x/v1.0/log?page={number + 1}"} if more else {})})

        return FakeGraph(answer)

    def test_the_newest_entry_of_each_and_no_page_more_than_needed(self) -> None:
        graph = self.log([entry("a", "failure"), entry("x")], [entry("a"), entry("b", target="t")], [entry("c")])
        log = source_side.newest(graph, SCOPE, {"a", "b"})
        assert {name: found["code"] for name, found in log.entries.items()} == {"a": "a failure", "b": "b success"}
        assert (log.target_ids, log.unread, len(graph.sent)) == ({"b": "t"}, None, 2)

    def test_who_is_not_in_it(self) -> None:
        log = source_side.newest(self.log([entry("a")]), SCOPE, {"a", "b"})
        assert (set(log.entries), log.unread) == ({"a"}, None)

    def test_a_failure_can_name_another_user(self) -> None:
        assert source_side.newest(self.log([entry("a", "failure", "t")]), SCOPE, {"a"}).target_ids == {}

    def test_by_the_user_in_the_target(self) -> None:
        log = source_side.newest(self.log([entry("a", target="t"), entry("b")]), SCOPE, (), {"t"})
        assert log.target_ids == {"a": "t"}

    def test_nobody_to_look_for(self) -> None:
        graph = self.log([])
        assert source_side.newest(graph, SCOPE, ()) == Log()
        assert graph.sent == []

    @pytest.mark.parametrize("fault", [DENIED, FAULT, Lost()], ids=str)
    def test_what_cannot_be_read_is_a_reason_and_no_failure(self, fault: Outcome) -> None:
        log = source_side.newest(self.log([entry("a")], then=fault), SCOPE, {"a", "b"})
        assert set(log.entries) == {"a"}
        assert log.unread

    def test_a_missing_permission_is_named(self) -> None:
        log = source_side.newest(self.log(then=DENIED), SCOPE, {"a"})
        assert "ProvisioningLog.Read.All" in str(log.unread)

    def test_an_odd_answer_is_a_reason(self) -> None:
        assert "not as Microsoft documents it" in str(source_side.newest(self.log([{"provisioningStatusInfo": 1}]), SCOPE, {"a"}).unread)

    def test_the_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(source_side, "MOST_ENTRIES", 3)
        graph = self.log([entry("x"), entry("y")], [entry("z"), entry("a")], [entry("b")])
        log = source_side.newest(graph, SCOPE, {"a"})
        assert (log.entries, log.unread, len(graph.sent)) == ({}, "only its newest 3 entries were read", 2)


@pytest.mark.parametrize("log_unread", [None, "a permission is missing"])
def test_who_may_have_been_renamed_is_no_orphan(log_unread: str | None) -> None:
    """Only the log shows it, so nobody is told to delete the user as long as it is not read."""
    situation = Situation(NOW, scope_known=True, log_unread=log_unread)
    orphan, missing = Person("user1@contoso.kr", entra(1)), Person("user2@contoso.kr")
    assert inquiry._situation_of(orphan, situation).scope_known is (log_unread is None)
    assert inquiry._situation_of(missing, situation).scope_known


# Exchange ------------------------------------------------------------------------------------------------------------


class Exchange:
    """Exchange with a recipient for each user of a target, except those of ``without``."""

    def __init__(self, domain: str = "fabrikam.kr", without: Iterable[int] = ()) -> None:
        self.domain, self.without = domain, set(without)
        self.commands: list[dict[str, Any]] = []

    def __call__(self, request: Request) -> Outcome:
        """Run a cmdlet."""
        command = request.body["CmdletInput"]
        self.commands.append(command)
        if command["CmdletName"] == "Get-AcceptedDomain":
            return Reply(200, {"value": [{"DomainName": self.domain, "InitialDomain": True}]})
        filter_ = command["Parameters"]["Filter"]
        if filter_.startswith("EmailAddresses"):
            return Reply(200, {"value": []})
        numbers = [int(number) for number in re.findall(r"8000-(\d{12})", filter_)]
        return Reply(200, {"value": [self.recipient(number) for number in numbers if number not in self.without]})

    @staticmethod
    def recipient(number: int) -> dict[str, Any]:
        address = f"user{number}@contoso.kr"
        return {
            "Guid": f"bbbbbbbb-0000-4000-8000-{number:012}",
            "ExternalDirectoryObjectId": f"AAAAAAAA-0000-4000-8000-{number:012}",
            "RecipientTypeDetails": "GuestMailUser",
            "HiddenFromAddressListsEnabled": False,
            "AddressListMembership": ["\\\\All Users", "\\\\Default Global Address List"],
            "DisplayName": f"User {number}",
            "PrimarySmtpAddress": address,
            "ExternalEmailAddress": f"SMTP:{address}",
            "EmailAddresses": [f"SMTP:{address}"],
            "CustomAttribute15": "",
            "IsDirSynced": False,
        }


ORGANIZATION = "GET /organization?$select=verifiedDomains"
VERIFIED = Reply(200, {"value": [{"verifiedDomains": [{"name": "Fabrikam.kr"}, {"name": "fabrikam.onmicrosoft.com"}]}]})


def graph_of(organization: Outcome = VERIFIED) -> FakeGraph:
    return FakeGraph(Script({ORGANIZATION: organization}), tenant=TARGET)


def asked(exchange: Callable[[Request], Outcome], persons: Sequence[Person], graph: Client | None = None) -> list[Person]:
    answers = recipients.ask(FakeGraph(exchange, tenant=TARGET), graph or graph_of(), persons, None)
    return list(recipients.completed(persons, answers))


class TestRecipients:
    PEOPLE = tuple(Person(f"user{number}@contoso.kr", entra(number)) for number in range(250))

    def test_they_are_matched_by_their_ids_whatever_the_case(self) -> None:
        exchange = Exchange()
        found = asked(exchange, self.PEOPLE)
        assert {person.recipient is not None and person.recipient.name for person in found} == {f"User {number}" for number in range(250)}
        assert {person.unasked for person in found} == {None}
        assert [command["CmdletName"] for command in exchange.commands] == ["Get-AcceptedDomain", *["Get-Recipient"] * 3]

    def test_rivals_are_asked_for_only_where_there_is_no_recipient(self) -> None:
        exchange = Exchange(without=[3, 4])
        asked(exchange, self.PEOPLE)
        assert exchange.commands[-1]["Parameters"]["Filter"] == (
            "EmailAddresses -eq 'user3@contoso.kr' -or EmailAddresses -eq 'user4@contoso.kr'"
        )

    def test_nobody_in_the_target_needs_no_request(self) -> None:
        exchange = Exchange()
        assert asked(exchange, [Person("nobody@contoso.kr")]) == [Person("nobody@contoso.kr")]
        assert exchange.commands == []

    def test_another_tenant_answers(self) -> None:
        """Fact F156: nothing that it returns is used."""
        exchange = Exchange("contoso.kr")
        found = asked(exchange, self.PEOPLE)
        assert {person.recipient for person in found} == {None}
        assert all("Exchange answers for another tenant" in str(person.unasked) for person in found)
        assert len(exchange.commands) == 1

    @pytest.mark.parametrize(("owner", "proved"), [(TARGET, True), (SOURCE, False), (None, False)])
    def test_where_the_organization_may_not_be_read_the_owner_of_the_domain_counts(
        self, owner: str | None, proved: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graph = graph_of(DENIED)
        monkeypatch.setattr(graph, "owner_of", lambda _domain: owner)
        assert {person.unasked is None for person in asked(Exchange(), self.PEOPLE[:3], graph)} == {proved}

    def test_a_tenant_that_cannot_be_proved(self) -> None:
        exchange = Exchange()
        assert all(person.unasked for person in asked(exchange, self.PEOPLE, graph_of(FAULT)))
        assert exchange.commands == []

    @pytest.mark.parametrize("failing", ["ExternalDirectoryObjectId", "EmailAddresses"])
    @pytest.mark.parametrize("fault", [FAULT, Lost(), Reply(200, {"value": [1]}), Reply(200, []), Reply(200, {"value": "x"})], ids=str)
    def test_a_failure_concerns_exactly_those_who_were_asked_for(self, failing: str, fault: Outcome) -> None:
        """The second chunk of ids, or the addresses of those without a recipient."""
        exchange = Exchange(without=[3, 4])
        seen: list[Any] = []

        def answer(request: Request) -> Outcome:
            filter_ = request.body["CmdletInput"]["Parameters"].get("Filter", "")
            seen.append(filter_)
            second = failing == "EmailAddresses" or len([text for text in seen if text.startswith(failing)]) > 1
            return fault if filter_.startswith(failing) and second else exchange(request)

        found = asked(answer, self.PEOPLE)
        concerned = {3, 4} if failing == "EmailAddresses" else set(range(100, 250))
        assert {number for number, person in enumerate(found) if person.unasked} == concerned
        assert all(person.recipient for number, person in enumerate(found) if number not in concerned | {3, 4})

    @pytest.mark.parametrize("object_id", [None, "", "aaaaaaaa-0000-4000-8000-000000000999"])
    def test_a_recipient_of_whom_it_is_not_clear_whose_it_is(self, object_id: str | None) -> None:
        """Otherwise the user whose it is would count as one without a recipient."""
        exchange = Exchange()

        def answer(request: Request) -> Outcome:
            outcome = exchange(request)
            if isinstance(outcome, Reply) and "Filter" in request.body["CmdletInput"]["Parameters"]:
                outcome.body["value"][0]["ExternalDirectoryObjectId"] = object_id
            return outcome

        assert all(person.unasked for person in asked(answer, self.PEOPLE[:10]))

    @pytest.mark.parametrize("failure", [CredentialProblem("no token"), None])
    def test_who_may_not_be_asked(self, failure: GraphFailure | None) -> None:
        answers = recipients.ask(failure, graph_of(), self.PEOPLE, None)
        found = list(recipients.completed(self.PEOPLE, answers))
        assert {person.unasked for person in found} == {answers.refusal}
        assert answers.refusal == ("no token" if failure else recipients.NOT_ALLOWED)

    def test_the_same_reason_is_the_same_text(self) -> None:
        """A file of commands is written again only if it differs, so no id of a request is in it."""
        reasons = {asked(lambda _request: FAULT, self.PEOPLE[:1])[0].unasked for _time in range(2)}
        assert len(reasons) == 1
        assert "request id" not in str(reasons)


# Ten thousand users --------------------------------------------------------------------------------------------------

USERS = 10_000
BYTES = 6_000
"""The limit in bytes for each user at the peak: what was read, the evidence and the entry in the result."""


class Forgetful(FakeGraph):
    """A client that does not record its requests."""

    def send(self, request: Request) -> Answer:
        """Answer a request or a batch."""
        answer = super().send(request)
        self.sent.clear()
        self.batches.clear()
        return answer


def crowd(size: int) -> Callable[[Request], Outcome]:
    """A directory with that many users from the source among three times as many, page by page."""

    def answer(request: Request) -> Outcome:
        path, _mark, query = request.path.partition("?")
        if path == "/users":
            start = int(query.partition("from=")[2] or 0)
            numbers = range(start, min(3 * size, start + 999))
            body: dict[str, Any] = {
                "value": [
                    user(number, "" if number % 3 == 0 else f"own{number}@fabrikam.kr", f"user{number}@contoso.kr") for number in numbers
                ]
            }
            if start + 999 < 3 * size:
                body["@odata.nextLink"] = f"https://graph.microsoft.com/v1.0/users?from={start + 999}"
            return Reply(200, body, DATE)
        return VERIFIED if path == "/organization" else Reply(200, {"value": []})

    return answer


def measured(size: int) -> tuple[int, list[str], int]:
    """The requests to Exchange, the progress, and the peak of the memory for this many users."""
    texts: list[str] = []
    exchange = Exchange(without=range(0, 3 * size, 3000))
    graph, client = Forgetful(crowd(size), tenant=TARGET), Forgetful(exchange, tenant=TARGET)
    graph.progress = client.progress = texts.append
    graph.exchange = lambda: client
    params = options("address_book_info", tenant_id=TARGET, source_domains=["contoso.kr"], exchange=True)
    gc.collect()
    tracemalloc.start()
    result = inquiry.in_target(graph, params)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(result["people"]) == size
    return len(exchange.commands), texts, highest


def test_ten_thousand_users() -> None:
    few, _texts, small = measured(USERS // 4)
    requests, texts, large = measured(USERS)
    assert few < requests <= 110
    assert any("Exchange was asked about" in text for text in texts)
    assert any("users of the directory were read" in text for text in texts)
    assert large < USERS * BYTES
    assert large < 4.4 * small

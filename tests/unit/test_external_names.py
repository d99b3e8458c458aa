# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The synced users of a source are found and counted without a list of the directory (facts F28, F112, F113, F158)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure, OddAnswer
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import external_names, synced_user
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.external_names import FIRST
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.synced_user import Arrived, Origin, arrived, from_domains
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.directory import users
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import TARGET, FakeGraph, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_pages import Paged

DOMAINS = ["contoso.kr", "tailspin.kr"]
INITIAL = "fabrikam.onmicrosoft.com"
LONGEST_URL = 2048


def user(name: str, **about: Any) -> dict[str, Any]:
    external = {"creationType": "Invitation", "externalUserState": "Accepted"} if "#EXT#" in name else {}
    return {"id": name, "userPrincipalName": name, "displayName": name, "userType": "Member", "accountEnabled": True, **external, **about}


def guest(name: str, ending: str = INITIAL, **about: Any) -> dict[str, Any]:
    return user(f"{name.replace('@', '_')}#EXT#@{ending}", **about)


STAFF = [user(f"employee{number}@fabrikam.kr") for number in range(30)]
PEOPLE = [
    *STAFF,
    guest("minsu.kim@contoso.kr"),
    guest("Under_Score@Contoso.KR"),
    guest("o'brien@tailspin.kr", userType="Guest"),
    guest("pending@contoso.kr", externalUserState="PendingAcceptance"),
    guest("no.state@contoso.kr", externalUserState=None),
    guest("somebody@notcontoso.kr"),
    guest("else@adatum.com"),
]
MANY = [*PEOPLE, *(guest(f"person{number}@adatum.com") for number in range(1000))]
"""More external users than a page shows."""
SYNCED = ["minsu.kim@contoso.kr", "Under_Score@Contoso.KR", "no.state@contoso.kr", "o'brien@tailspin.kr"]


EXTERNAL = st.lists(
    st.builds(
        guest,
        st.sampled_from([f"{alias}@{domain}" for alias in ("a", "b_c", "d'e", "f+g") for domain in (*DOMAINS, "Contoso.KR", "adatum.com")]),
        externalUserState=st.sampled_from(["Accepted", "PendingAcceptance", None]),
        userType=st.sampled_from(["Member", "Guest", None]),
    ),
    unique_by=lambda one: one["id"],
)
USER_TYPES = st.sampled_from([None, "member", "guest"])
PAGES = st.sampled_from([2, 999])


def directory(people: Sequence[Mapping[str, Any]] = PEOPLE, run_cache: RunCache | None = None) -> FakeGraph:
    return FakeGraph(Paged(lambda request: users(request, people), 0, 999), TARGET, run_cache=run_cache)


def names(found: Sequence[Mapping[str, Any]]) -> set[str]:
    return {row["source_user_principal_name"] for row in found}


class TestTheSameAsAListing:
    """What the service selects and counts is what a reader of the whole directory would find."""

    def test_the_users_and_their_number(self) -> None:
        assert names(from_domains(directory(), DOMAINS)) == set(SYNCED)
        assert arrived(directory(), DOMAINS) == Arrived(4)

    @pytest.mark.parametrize(
        ("user_type", "found"), [("guest", {"o'brien@tailspin.kr"}), ("member", set(SYNCED) - {"o'brien@tailspin.kr"})]
    )
    def test_of_one_type(self, user_type: str, found: set[str]) -> None:
        assert names(from_domains(directory(), DOMAINS, user_type=user_type)) == found

    @given(EXTERNAL, st.lists(st.sampled_from(["contoso.kr", "Tailspin.KR", "wingtip.kr"]), unique=True, min_size=1), USER_TYPES, PAGES)
    def test_of_any_directory(self, external: list[dict[str, Any]], domains: list[str], user_type: str | None, page: int) -> None:
        """Pages of two users have the service count, like those of a thousand where there are more users."""
        people = [*STAFF, *external]
        for read, expected in (
            (lambda graph: from_domains(graph, domains, user_type=user_type), synced_user.synced_users(people, domains, user_type)),
            (lambda graph: arrived(graph, domains).count, len(synced_user.synced_users(people, domains))),
        ):
            assert read(FakeGraph(Paged(lambda request: users(request, people), 0, page), TARGET)) == expected


class TestByName:
    def test_the_users_who_are_named(self) -> None:
        asked = ["MINSU.KIM@contoso.kr", "pending@contoso.kr", "nobody@contoso.kr", "else@adatum.com", "no name", "1_x.kr#EXT#@y.kr"]
        found = arrived(directory(), DOMAINS, asked)
        assert found.count == 4
        assert names(found.named) == {"minsu.kim@contoso.kr"}
        assert synced_user.missing(found.named, asked[:3]) == ["pending@contoso.kr", "nobody@contoso.kr"]

    def test_fifteen_are_asked_for_at_once_and_each_only_once(self) -> None:
        asked = [f"person{number}@contoso.kr" for number in range(31)]
        requests = list(external_names.requests_by_source_name([*asked, *map(str.upper, asked)], "id"))
        assert [unquote(request.path).count("startsWith(userPrincipalName,'person") for request in requests] == [15, 15, 1]
        assert all(not request.headers for request in requests)

    def test_a_user_whom_the_index_does_not_know_yet_is_found(self) -> None:
        """What is selected by domain can be late (fact F158)."""

        def late(request: Request) -> Outcome:
            return users(request, STAFF if request.headers else PEOPLE)

        graph = FakeGraph(late, TARGET)
        assert names(from_domains(graph, DOMAINS, ["minsu.kim@contoso.kr", "o'brien@tailspin.kr"])) == {
            "minsu.kim@contoso.kr",
            "o'brien@tailspin.kr",
        }


class TestManyExternalUsers:
    """The service counts those who are meant; how their names end here is learned from the first page of external users."""

    def test_how_names_end_is_learned_once_in_a_run(self) -> None:
        run_cache = RunCache()
        first, second = directory(MANY, run_cache), directory(MANY, run_cache)
        assert arrived(first, DOMAINS) == arrived(second, DOMAINS) == Arrived(4)
        assert [FIRST in graph.sent for graph in (first, second)] == [True, False]
        assert [len(graph.batches) for graph in (first, second)] == [1, 1]
        other = FakeGraph(lambda request: users(request, PEOPLE), run_cache=run_cache)
        assert external_names.recorded_endings(other) == []

    def test_nothing_is_recorded_where_the_folder_of_the_run_is_full(self) -> None:
        class Full(RunCache):
            def keep(self, value: Any, *key: str) -> None:
                """Nothing can be kept."""

        graph = directory(MANY, Full())
        assert arrived(graph, DOMAINS, SYNCED).count == 4
        assert names(from_domains(graph, DOMAINS)) == set(SYNCED)

    def test_names_that_end_otherwise_are_found_as_well(self) -> None:
        """The initial domain of a tenant does not change, but administrators can rename users."""
        old = guest("old.one@contoso.kr", "old.onmicrosoft.com")
        assert arrived(directory([*MANY, old]), DOMAINS).count == 4
        assert arrived(directory([*MANY, old]), DOMAINS, ["old.one@contoso.kr"]).count == 5
        assert arrived(directory([old, *MANY]), DOMAINS).count == 5
        known = RunCache()
        arrived(directory(MANY, known), DOMAINS)
        assert arrived(directory([*MANY, old], known), DOMAINS, ["old.one@contoso.kr"]).count == 5
        assert names(from_domains(directory([*MANY, old], known), DOMAINS, ["old.one@contoso.kr"])) == {*SYNCED, "old.one@contoso.kr"}

    def test_external_users_with_another_name_show_nothing(self) -> None:
        renamed = [user(f"renamed{number}@fabrikam.kr", creationType="Invitation") for number in range(3)]
        graph = FakeGraph(Paged(lambda request: users(request, [*renamed, *PEOPLE]), 1, 1), TARGET)
        assert names(from_domains(graph, DOMAINS)) == set(SYNCED)
        assert external_names.recorded_endings(graph) == [INITIAL]

    @pytest.mark.parametrize("people", [[], STAFF], ids=["empty", "employees"])
    def test_without_external_users_there_is_none_to_ask_for(self, people: list[dict[str, Any]]) -> None:
        graph = directory(people)
        assert arrived(graph, DOMAINS) == Arrived(0)
        assert from_domains(graph, DOMAINS) == []
        assert graph.sent == [FIRST, FIRST]


class TestRequests:
    @pytest.mark.parametrize(("people", "batches"), [(PEOPLE, [3]), (MANY, [3, 2])], ids=["few", "many"])
    def test_what_is_asked_first_travels_with_other_reads(self, people: list[dict[str, Any]], batches: list[int]) -> None:
        graph = directory(people)
        graph.reads.cache()
        synced_user.read_together(graph, Origin(DOMAINS), SYNCED[:1], [Request("GET", "/users?$top=1")])
        assert arrived(graph, DOMAINS, SYNCED[:1]).count == 4
        assert [len(batch) for batch in graph.batches] == batches
        assert len(graph.sent) == sum(batches)

    def test_what_fails_there_is_a_failure_where_it_is_required(self) -> None:
        denied = refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        graph = FakeGraph(lambda request: denied if "creationType" in request.path else users(request, PEOPLE), TARGET)
        graph.reads.cache()
        synced_user.read_together(graph, Origin(DOMAINS), (), [Request("GET", "/users?$top=1")])
        with pytest.raises(GraphFailure, match="Insufficient privileges"):
            arrived(graph, DOMAINS)

    @pytest.mark.parametrize("length", [4, 40, 200])
    @pytest.mark.parametrize("number", [1, 15, 40])
    def test_no_filter_and_no_url_is_too_long(self, number: int, length: int) -> None:
        domains = [f"{'x' * length}{count}.kr" for count in range(number)]
        people = [*MANY, *(guest(f"person@{domain}") for domain in domains)]
        for read in (from_domains, arrived):
            graph = directory(people)
            found = read(graph, domains)
            assert (found.count if isinstance(found, Arrived) else len(found)) == number
            for request in graph.sent:
                assert len(f"https://microsoftgraph.chinacloudapi.cn/v1.0{request.path}") <= LONGEST_URL
                assert request.path.count("endsWith") <= 15


class TestAnswers:
    @pytest.mark.parametrize("empty", [0, 1, 3])
    @pytest.mark.parametrize("size", [1, 2, 1000])
    def test_pages(self, empty: int, size: int) -> None:
        """A count is in the first page, whether it is empty or not; the pages of a selection need the header of its first one."""
        for read, expected in ((from_domains, from_domains(directory(), DOMAINS)), (arrived, arrived(directory(), DOMAINS))):
            graph = FakeGraph(Paged(lambda request: users(request, PEOPLE), empty, size), TARGET)
            assert read(graph, DOMAINS) == expected

    def test_a_count_in_a_later_page(self) -> None:
        def late(request: Request) -> Outcome:
            outcome = paged(request)
            assert isinstance(outcome, Reply)
            body = {name: value for name, value in outcome.body.items() if name != "@odata.count" or outcome.body["value"]}
            return replace(outcome, body=body)

        paged = Paged(lambda request: users(request, PEOPLE), 2, 1000)
        assert arrived(FakeGraph(late, TARGET), DOMAINS).count == 4

    @pytest.mark.parametrize("spoil", [lambda body: body.pop("@odata.count"), lambda body: body.update({"@odata.count": "many"})])
    def test_a_count_that_the_service_did_not_make_is_a_failure_and_not_zero(self, spoil: Callable[[dict[str, Any]], Any]) -> None:
        def odd(request: Request) -> Outcome:
            outcome = many(request)
            if isinstance(outcome, Reply) and "@odata.count" in outcome.body:
                spoil(outcome.body)
            return outcome

        many = Paged(lambda request: users(request, MANY), 0, 999)
        graph = FakeGraph(odd, TARGET)
        with pytest.raises(OddAnswer), graph.reading():
            arrived(graph, DOMAINS)

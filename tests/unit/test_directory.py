# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding people and groups by what an admin calls them, and recognizing who came from where (facts F47, F48, F52, F112, F118)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import odata
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import directory, external_names, synced_user
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal, by_ids, find_groups, find_people
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.directory import users
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import (
    TARGET,
    FakeGraph,
    Outcome,
    Reply,
    Script,
    refusal,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Faulty, SourceService


def number(count: int) -> str:
    return f"00000000-0000-4000-8000-{count:012}"


PEOPLE: tuple[dict[str, Any], ...] = (
    {"id": number(1), "userPrincipalName": "minsu.kim@contoso.kr", "mail": "minsu@mail.kr"},
    {"id": number(2), "userPrincipalName": "o'brien@contoso.kr", "mail": "shared@mail.kr"},
    {"id": number(3), "userPrincipalName": "jiwoo+x@contoso.kr", "mail": "shared@mail.kr"},
    {"id": number(4), "userPrincipalName": "shared2@mail.kr", "mail": None},
    {"id": number(5), "userPrincipalName": "other@contoso.kr", "mail": "shared2@mail.kr"},
    *({"id": number(100 + count), "userPrincipalName": f"person{count}@contoso.kr", "mail": None} for count in range(40)),
)
GROUPS: tuple[dict[str, Any], ...] = (
    {"id": number(11), "displayName": "Sales"},
    {"id": number(12), "displayName": "영업 & 마케팅"},
    {"id": number(13), "displayName": "Twice"},
    {"id": number(14), "displayName": "twice"},
)


def graph(faults: dict[str, list[Any]] | None = None) -> FakeGraph:
    return FakeGraph(Faulty(SourceService(people=PEOPLE, groups=GROUPS), faults or {}))


def ids(found: dict[str, Principal]) -> list[str]:
    return [principal.id for principal in found.values()]


class TestPeople:
    @pytest.mark.parametrize(
        ("name", "who"),
        [
            pytest.param("minsu.kim@contoso.kr", 1, id="user principal name"),
            pytest.param("MINSU.KIM@Contoso.kr", 1, id="in another case"),
            pytest.param("minsu@mail.kr", 1, id="mail"),
            pytest.param(number(1), 1, id="id"),
            pytest.param(number(1).upper(), 1, id="id in capitals"),
            pytest.param("o'brien@contoso.kr", 2, id="apostrophe"),
            pytest.param("jiwoo+x@contoso.kr", 3, id="plus"),
            pytest.param("shared2@mail.kr", 4, id="a user principal name beats somebody else's mail"),
        ],
    )
    def test_by_any_name(self, name: str, who: int) -> None:
        assert ids(find_people(graph(), [name])) == [number(who)]

    def test_many_at_once(self) -> None:
        client = graph()
        names = [f"person{count}@contoso.kr" for count in range(40)]
        found = find_people(client, names)
        assert list(found) == names
        assert [principal.name for principal in found.values()] == names
        # Fifteen names a filter, and all filters in one batch.
        assert [len(batch) for batch in client.batches] == [3]

    def test_nobody(self) -> None:
        client = graph()
        assert find_people(client, []) == {}
        assert client.sent == []

    def test_the_same_name_in_two_cases_far_apart(self) -> None:
        names = ["MINSU.kim@contoso.kr", *(f"person{count}@contoso.kr" for count in range(20)), "minsu.kim@contoso.kr"]
        assert ids(find_people(graph(), names))[0] == number(1)

    @pytest.mark.parametrize(
        ("names", "sentence"),
        [
            (["nobody@contoso.kr"], "there is no user 'nobody@contoso.kr'; give the user principal name, mail or id of one that exists"),
            (
                ["minsu.kim@contoso.kr", "a@x", number(77), "b@x"],
                f"there is no user 'a@x', '{number(77)}', 'b@x'; give the user principal name, mail or id of one that exists",
            ),
            ([number(11)], f"there is no user '{number(11)}'; give the user principal name, mail or id of one that exists"),
            (["shared@mail.kr"], f"more than one user has the same name, give the id: 'shared@mail.kr' is {number(2)}, {number(3)}"),
        ],
    )
    def test_all_that_are_wrong_are_named(self, names: Sequence[str], sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            find_people(graph(), names)
        assert str(caught.value) == sentence

    @pytest.mark.parametrize("failure", [refusal(403, "Authorization_RequestDenied"), refusal(404, "Request_ResourceNotFound")], ids=str)
    def test_a_failed_search_is_no_unknown_user(self, failure: Outcome) -> None:
        with pytest.raises(ServiceError):
            find_people(graph({"GET /users": [failure] * 9}), ["minsu.kim@contoso.kr"])

    @pytest.mark.parametrize("failure", [refusal(503, "ServiceUnavailable"), refusal(500, "Fault")], ids=str)
    def test_reading_by_id_is_a_read_although_it_is_posted(self, failure: Outcome) -> None:
        """getByIds changes nothing: a passing fault is no change that may or may not have been made."""
        with pytest.raises(ServiceError):
            list(by_ids(graph({"getByIds": [failure] * 9}), [number(1)]))


class TestGroups:
    @pytest.mark.parametrize(("name", "who"), [("Sales", 11), ("sales", 11), ("영업 & 마케팅", 12), (number(12), 12)])
    def test_by_name_or_id(self, name: str, who: int) -> None:
        assert ids(find_groups(graph(), [name])) == [number(who)]

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("Nothing", "there is no group 'Nothing'; give the display name or id of one that exists"),
            (number(1), f"there is no group '{number(1)}'; give the display name or id of one that exists"),
            ("Twice", f"more than one group has the same name, give the id: 'Twice' is {number(13)}, {number(14)}"),
        ],
    )
    def test_refusals(self, name: str, sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            find_groups(graph(), [name])
        assert str(caught.value) == sentence


class TestPrincipals:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            (
                {"id": "1", "userPrincipalName": "a@x", "mail": "m@x", "accountEnabled": True, "userType": "Member"},
                Principal("1", "user", "a@x", "m@x"),
            ),
            ({"id": "1", "userPrincipalName": "a@x", "accountEnabled": False}, Principal("1", "user", "a@x", None, enabled=False)),
            (
                {"id": "1", "userPrincipalName": "a_y#EXT#@x", "userType": "Member"},
                Principal("1", "user", "a_y#EXT#@x", None, external=True),
            ),
            ({"id": "1", "userPrincipalName": "a@x", "userType": "Guest"}, Principal("1", "user", "a@x", None, external=True)),
            ({"id": "1", "displayName": "A"}, Principal("1", "user", "A")),
            ({"id": "1"}, Principal("1", "user", "1")),
        ],
    )
    def test_person(self, raw: dict[str, Any], expected: Principal) -> None:
        assert directory.person(raw) == expected

    def test_a_thousand_at_a_time(self) -> None:
        client = FakeGraph(lambda _request: Reply(200, {"value": []}))
        list(by_ids(client, map(number, range(2001))))
        assert [len(request.body["ids"]) for request in client.sent] == [1000, 1000, 1]

    def test_a_name_is_asked_for_once(self) -> None:
        client = FakeGraph(
            lambda request: Reply(200, {"value": [{"id": name, "displayName": f"P {name}"} for name in request.body["ids"]]})
        )
        first = list(by_ids(client, [number(1), number(2)]))
        again = list(by_ids(client, [number(2), number(3), number(1)]))
        assert sorted(principal.id for principal in again) == [number(1), number(2), number(3)]
        assert first[0] in again
        assert [request.body["ids"] for request in client.sent] == [[number(1), number(2)], [number(3)]]

    @pytest.mark.parametrize(
        ("name", "is_one"), [(number(1), True), (number(1).upper(), True), (number(1).replace("-", ""), False), ("x", False), ("", False)]
    )
    def test_ids(self, name: str, is_one: bool) -> None:
        assert odata.is_id(name) is is_one

    @pytest.mark.parametrize(
        ("text", "literal"),
        [
            ("plain", "'plain'"),
            ("O'Brien", "'O%27%27Brien'"),
            ("a&b=c#d+e/f?g", "'a%26b%3Dc%23d%2Be%2Ff%3Fg'"),
            ("') or 1 eq 1 or ('", "'%27%27%29%20or%201%20eq%201%20or%20%28%27%27'"),
            ("김민수", "'%EA%B9%80%EB%AF%BC%EC%88%98'"),
        ],
    )
    def test_literals_cannot_be_left(self, text: str, literal: str) -> None:
        """Fact F29: an apostrophe is doubled, a # must not end the URL."""
        assert odata.quoted(text) == literal


class TestSyncedUsers:
    @pytest.mark.parametrize(
        ("name", "origin"),
        [
            ("minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com", "minsu.kim@contoso.kr"),
            ("with_under_score_contoso.kr#EXT#@fabrikam.onmicrosoft.com", "with_under_score@contoso.kr"),
            ("o'brien_contoso.kr#ext#@fabrikam.onmicrosoft.com", "o'brien@contoso.kr"),
            ("plain@fabrikam.kr", None),
            ("with_under@fabrikam.kr", None),
            ("nounderscore#EXT#@fabrikam.kr", None),
            ("", None),
        ],
    )
    def test_where_somebody_came_from(self, name: str, origin: str | None) -> None:
        """Fact F112: the source's name with _ for @, then #EXT#@."""
        assert external_names.source_name(name) == origin

    RAW = (
        {
            "id": "2",
            "userPrincipalName": "b_contoso.kr#EXT#@fabrikam.kr",
            "displayName": "나",
            "userType": "Member",
            "mail": "b@contoso.kr",
        },
        {"id": "1", "userPrincipalName": "a_Contoso.kr#EXT#@fabrikam.kr", "displayName": "가"},
        {"id": "3", "userPrincipalName": "c_other.kr#EXT#@fabrikam.kr", "displayName": "다"},
        {"id": "4", "userPrincipalName": "d_notcontoso.kr#EXT#@fabrikam.kr", "displayName": "라"},
        {"id": "5", "userPrincipalName": "own@fabrikam.kr", "displayName": "마"},
        {"id": "6", "userPrincipalName": None, "displayName": None},
    )

    def test_only_those_of_the_source_by_name(self) -> None:
        found = synced_user.synced_users(self.RAW, ["CONTOSO.kr"])
        assert [user["id"] for user in found] == ["1", "2"]
        assert found[1]["source_user_principal_name"] == "b@contoso.kr"
        assert set(found[0]) == {*synced_user.ADDRESS_BOOK, "source_user_principal_name"}

    def test_a_source_is_needed(self) -> None:
        with pytest.raises(Refusal, match=r"^source_domains or source_tenant_id is needed to know which source is meant$"):
            synced_user.inquire(FakeGraph(Script({})), {})

    def test_the_sources_domain_is_looked_up(self) -> None:
        script = Script(
            {
                f"GET /tenantRelationships/findTenantInformationByTenantId(tenantId='{TARGET}')": Reply(
                    200, {"defaultDomainName": "contoso.kr"}
                )
            }
        )
        people = [{**user, "creationType": "Invitation"} for user in self.RAW]
        graph = FakeGraph(lambda request: users(request, people) if request.path.startswith("/users") else script(request))
        result = synced_user.inquire(graph, {"source_tenant_id": TARGET})
        assert result["source_domains"] == ["contoso.kr"]
        assert len(result["synced_users"]) == 2
        assert len(graph.sent) == 3
        assert len(graph.batches) == 1

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an export describes, and its text: pure functions of what was read."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import related_tenants
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.export import document
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.export.model import (
    Export,
    ExportedLink,
    Identity,
    SeenConfiguration,
    SeenTenant,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.export.variables import describe, is_plain
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.related_tenants import Related
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.scope import Assignment
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology_text import content, topology_text
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Outcome, Reply, refusal

HERE, THERE, ELSEWHERE = (f"{number * 8}-1111-4111-8111-111111111111" for number in "123")
ROLE, NO_ROLE = "msiam", "00000000-0000-0000-0000-000000000000"


class _Loader(yaml.SafeLoader):
    """Reads a file as Ansible does: a text with the tag ``!unsafe`` is a text."""


def _as_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


_Loader.add_constructor("!unsafe", _as_text)


def read(text: str) -> Any:
    return _Loader(text).get_single_data()


def assigned(name: str, kind: str = "user", role: str = ROLE, number: str | None = None) -> Assignment:
    """An assignment of a user or group with that name."""
    return Assignment(f"a {name}", Principal(number or f"id of {name}", kind, name), role)


def seen(*assignments: Assignment, **members: Any) -> SeenConfiguration:
    """A configuration as a new one is, with these assignments."""
    given: dict[str, Any] = {
        "name": "There",
        "id": ELSEWHERE,
        "target": THERE,
        "mode": "assigned",
        "deletion_threshold": 500,
        "notification_email": None,
        "job_state": "started",
        "role_id": ROLE,
        "assignments": assignments,
        "existing": frozenset(one.principal.id for one in assignments),
        "schema": default_schema(),
        **members,
    }
    return SeenConfiguration(**given)


def schema(**changes: Any) -> Any:
    """The default mappings, with changed members of rows by target; ``None`` removes a row."""
    changed = copy.deepcopy(default_schema())
    mapping = changed["synchronizationRules"][0]["objectMappings"][0]
    rows: Any = {row["targetAttributeName"]: row for row in mapping["attributeMappings"]}
    for target, members in changes.items():
        if members is None:
            del rows[target]
        else:
            rows[target] = {**rows.get(target, {"targetAttributeName": target, "matchingPriority": 0}), **members}
    mapping["attributeMappings"] = list(rows.values())
    return changed


def constant(text: str) -> dict[str, Any]:
    return {"type": "Constant", "name": text, "expression": f'"{text}"', "parameters": []}


def function(expression: str) -> dict[str, Any]:
    return {"type": "Function", "name": "x", "expression": expression, "parameters": []}


class TestVariables:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, {"user_type": "member", "show_in_address_list": True}),
            ({"userType": {"source": constant("Guest"), "flowType": "Always"}}, {"user_type": "guest", "convert_existing": True}),
            ({"userType": None}, {"mappings": [{"target": "userType", "state": "absent"}], "show_in_address_list": True}),
            ({"showInAddressList": {"source": constant("False")}}, {"show_in_address_list": False}),
            ({"displayName": {"source": function('Append([displayName], " (X)")')}}, {"display_name_suffix": " (X)"}),
            ({"displayName": {"source": function('append( [displayName] , " (X)" )')}}, {"display_name_suffix": " (X)"}),
            (
                {"displayName": {"source": function('Append([displayName], " (X)")'), "flowType": "ObjectAddOnly"}},
                {
                    "display_name_suffix": None,
                    "mappings": [{"target": "displayName", "expression": 'Append([displayName], " (X)")', "apply": "create_only"}],
                },
            ),
            ({"companyName": {"source": constant("X & Y")}}, {"company_name": "X & Y"}),
            ({"companyName": {"source": constant(" X ")}}, {"mappings": [{"target": "companyName", "constant": " X ", "apply": "always"}]}),
            ({"city": None}, {"mappings": [{"target": "city", "state": "absent"}]}),
            (
                {"city": {"source": {"type": "Attribute", "name": "state"}, "defaultValue": "x"}},
                {"mappings": [{"target": "city", "source": "state", "apply": "always", "default": "x"}]},
            ),
        ],
    )
    def test_mappings(self, changes: dict[str, Any], expected: dict[str, Any]) -> None:
        described = describe(seen(schema=schema(**changes)), default_schema(), "global")
        assert {name: described.variables.get(name) for name in expected} == expected
        assert ("mappings" in described.variables) == ("mappings" in expected)
        assert described.notes == ()

    @pytest.mark.parametrize(
        ("changes", "note"),
        [
            (
                {"city": {"flowType": "ValueAddOnly"}},
                "the mapping of city is applied as ValueAddOnly, which cannot be written; it stays as it is",
            ),
            (
                {"city": {"source": None}},
                "the mapping of city cannot be described, and stays as it is: the mapping of city needs exactly one",
            ),
            (
                {"city": {"source": function("New{x}")}},
                "the mapping of city cannot be described, and stays as it is: the expression 'New{x}'",
            ),
            ({"otherMails": {"source": constant("x")}}, "the mapping of otherMails cannot be described"),
            ({"IsSoftDeleted": {"source": constant("x")}}, "the mapping of IsSoftDeleted differs from the default and cannot be managed"),
            (
                {"userPrincipalName": {"matchingPriority": 2}},
                "the mapping of userPrincipalName differs from the default and cannot be managed",
            ),
        ],
    )
    def test_a_mapping_that_cannot_be_described_is_left_alone(self, changes: dict[str, Any], note: str) -> None:
        described = describe(seen(schema=schema(**changes)), default_schema(), "global")
        assert "mappings" not in described.variables
        assert [found.startswith(note) for found in described.notes] == [True], described.notes

    @pytest.mark.parametrize(
        ("groups", "problem"),
        [
            ([{"name": "", "clauses": [{"sourceOperandName": "city", "operatorName": "IS NULL"}]}], "filter 1 has no name"),
            ([{"name": "x", "clauses": []}], "filter 'x' has no clauses"),
            ([{"name": "x", "clauses": [{"sourceOperandName": "city", "operatorName": "NEW"}]}], "there is no operator 'NEW'"),
        ],
    )
    def test_a_filter_that_cannot_be_described_is_left_alone(self, groups: list[Any], problem: str) -> None:
        changed = schema()
        changed["synchronizationRules"][0]["objectMappings"][0]["scope"] = {"groups": groups}
        described = describe(seen(schema=changed), default_schema(), "global")
        assert "filters" not in described.variables
        assert problem in described.notes[0]

    def test_filters_target_actions_and_other_rules(self) -> None:
        changed = schema()
        mapping = changed["synchronizationRules"][0]["objectMappings"][0]
        clause = {"sourceOperandName": "city", "operatorName": "EQUALS", "targetOperand": {"values": ["Seoul"]}}
        mapping["scope"] = {"groups": [{"name": "x", "clauses": [clause]}]}
        mapping["flowTypes"] = "Add"
        changed["synchronizationRules"][0]["objectMappings"].append({"name": "Groups", "enabled": True})
        described = describe(seen(schema=changed), default_schema(), "global")
        assert described.variables["filters"] == [
            {"name": "x", "clauses": [{"attribute": "city", "operator": "EQUALS", "values": ["Seoul"]}]}
        ]
        assert described.variables["target_actions"] == ["create"]
        assert [note.startswith("other rules of the schema") for note in described.notes] == [True]

    @pytest.mark.parametrize(
        ("assignments", "members", "expected"),
        [
            ((), {}, {"scope_mode": "assigned", "scope_groups": [], "scope_exact": True}),
            ((), {"mode": "all"}, {"scope_mode": "all"}),
            (
                (assigned("b@x.example"), assigned("A@x.example"), assigned("G", "group")),
                {},
                {"scope_mode": "assigned", "scope_users": ["A@x.example", "b@x.example"], "scope_groups": ["G"], "scope_exact": True},
            ),
            (
                (assigned("No Name"), assigned("{{ x }}", "group"), assigned("Same", "group")),
                {"ambiguous": frozenset({"same"})},
                {
                    "scope_mode": "assigned",
                    "scope_users": ["id of No Name"],
                    "scope_groups": ["id of Same", "id of {{ x }}"],
                    "scope_exact": True,
                },
            ),
            # One that a complete list would remove.
            (
                (assigned("a@x.example"), assigned("b@x.example", role=NO_ROLE)),
                {},
                {"scope_mode": "assigned", "scope_users": ["a@x.example"]},
            ),
            ((assigned("Gone", "group"),), {"existing": frozenset()}, {"scope_mode": "assigned"}),
            # The one without effect does not matter beside another of the same user.
            (
                (assigned("a@x.example"), assigned("a@x.example", role=NO_ROLE)),
                {},
                {"scope_mode": "assigned", "scope_users": ["a@x.example"], "scope_exact": True},
            ),
        ],
    )
    def test_scope(self, assignments: tuple[Assignment, ...], members: dict[str, Any], expected: dict[str, Any]) -> None:
        described = describe(seen(*assignments, **members), default_schema(), "global")
        assert {name: value for name, value in described.variables.items() if name.startswith("scope_")} == expected

    @pytest.mark.parametrize(
        ("members", "expected"),
        [
            ({}, {"deletion_threshold": 500, "job_state": "started"}),
            ({"deletion_threshold": 0, "job_state": "paused"}, {"deletion_threshold": 0, "job_state": "paused"}),
            ({"deletion_threshold": None, "job_state": "absent", "schema": None}, {}),
            (
                {"notification_email": "a@x.example"},
                {"notification_email": "a@x.example", "deletion_threshold": 500, "job_state": "started"},
            ),
        ],
    )
    def test_settings(self, members: dict[str, Any], expected: dict[str, Any]) -> None:
        described = describe(seen(**members), None, "global")
        names = ("notification_email", "deletion_threshold", "job_state")
        assert {name: value for name, value in described.variables.items() if name in names} == expected

    @pytest.mark.parametrize("name", ["", " x", "x ", "a\nb", "a\u2028b", "\u202ea", "{{ x }}", "{% x", "{# x", ELSEWHERE])
    def test_names_that_cannot_be_written(self, name: str) -> None:
        assert not is_plain(name)
        assert is_plain(f"a {{{len(name)}}} 'name' # of: someone")


def tenant(short: str, number: str, *configurations: SeenConfiguration, **members: Any) -> SeenTenant:
    names = tuple(one.name for one in configurations)
    return SeenTenant(short, Identity(number), configurations=configurations, **{"names": names, **members})


def partner(number: str, **members: Any) -> Any:
    switches = dict.fromkeys(("user_sync_inbound", "redemption_inbound", "redemption_outbound"))
    return {"tenant_id": number, "name": None, "default_domain": None, "multitenant_organization": False, **switches, **members}


def hosts(export: Export) -> dict[str, Any]:
    return {link.host: link.obstacle for link in export.links}


class TestDocument:
    def test_two_configurations_of_one_pair(self) -> None:
        guests = schema(userType={"source": constant("Guest")})
        found = [seen(name="A guests", id="a", schema=guests), seen(name="B", id="b"), seen(name="C", id="c")]
        export = document.export_of([tenant("here", HERE, *found), tenant("there", THERE)], {})
        assert hosts(export) == {"here_to_there": None, "here_to_there_2": None, "here_to_there_guests": None}
        assert [link.variables["configuration"] for link in export.links] == ["B", "C", "A guests"]

    def test_names_that_are_not_unique_are_replaced_by_ids(self) -> None:
        found = [seen(name="Same", id="a"), seen(name="same", id="b"), seen(name="{{ x }}", id="c")]
        export = document.export_of([tenant("here", HERE, *found), tenant("there", THERE)], {})
        assert {link.variables["configuration"] for link in export.links} == {"a", "b", "c"}
        assert [note for link in export.links for note in link.notes] == [
            "a is the configuration 'Same'; the name is the name of several configurations",
            "b is the configuration 'same'; the name is the name of several configurations",
            "c is the configuration '{{ x }}'; the name cannot be written",
        ]

    def test_names_of_tenants_that_make_two_links_alike(self) -> None:
        """``a_to_b`` to ``c`` is not ``a`` to ``b_to_c``."""
        others = [tenant("c", THERE), tenant("b_to_c", ELSEWHERE)]
        found = [tenant("a_to_b", HERE, seen(target=THERE)), tenant("a", "4" * 8, seen(target=ELSEWHERE))]
        assert set(hosts(document.export_of([*found, *others], {}))) == {"a_to_b_to_c", "a_to_b_to_c_2"}

    @pytest.mark.parametrize(
        ("domain", "not_chosen", "short", "obstacle"),
        [
            ("northwind.example", {}, "northwind", "there is no connection to its target; add northwind to tenants, and export again"),
            ("here.example", {}, THERE, f"there is no connection to its target; add {THERE} to tenants, and export again"),
            (None, {}, THERE, f"there is no connection to its target; add {THERE} to tenants, and export again"),
            ("42.example", {}, THERE, f"there is no connection to its target; add {THERE} to tenants, and export again"),
            ("northwind.example", {THERE: "nw"}, "nw", "its target nw was not exported"),
        ],
    )
    def test_a_target_that_is_not_given(self, domain: str | None, not_chosen: dict[str, str], short: str, obstacle: str) -> None:
        known = {THERE: Identity(THERE, "Northwind", domain)}
        export = document.export_of([tenant("here", HERE, seen(), known=known)], not_chosen)
        assert hosts(export) == {f"here_to_{short}": obstacle}
        assert content(export)["links"] == []
        assert read(topology_text(export, {})) == content(export)

    def test_partners_multitenant_organizations_and_related_tenants(self) -> None:
        here = tenant(
            "here",
            HERE,
            seen(),
            partners=(
                partner(THERE, redemption_outbound=True),
                partner(ELSEWHERE, user_sync_inbound=True, redemption_inbound=True),
                partner("4" * 8, multitenant_organization=True),
                partner("5" * 8),
            ),
            multitenant=((f"MTO_Sync_{THERE}", THERE), ("MTO_Sync_x", "")),
            idle=("Idle",),
            related=(Related(THERE, ()), Related("6" * 8, ("3 guests from it",))),
        )
        there = tenant("there", THERE, partners=(partner(HERE, user_sync_inbound=True),), related_unknown="nobody knows")
        export = document.export_of([here, there], {})
        assert export.links[0].variables["others"] == [f"MTO_Sync_{THERE}"]
        assert export.inbound == (
            f"here: tenant {ELSEWHERE} may synchronize users into this tenant, invitations from there are redeemed automatically",
        )
        assert export.partners == (
            "here: tenant 44444444: it is in the same multitenant organization",
            "here: tenant 55555555: no switch is on",
        )
        assert export.related == ("here: tenant 66666666: 3 guests from it", "not known for there: nobody knows")
        assert export.idle == ("here: configuration 'Idle' serves no tenant",)
        assert [sentence.partition(";")[0] for sentence in export.multitenant] == [
            f"here: configuration 'MTO_Sync_{THERE}' of the multitenant organization serves there",
            "here: configuration 'MTO_Sync_x' of the multitenant organization serves no tenant",
        ]

    def test_a_configuration_that_could_not_be_read_and_one_that_serves_its_own_tenant(self) -> None:
        found = [seen(name="A", id="a", obstacle="no permission"), seen(name="B", id="b", target=HERE)]
        export = document.export_of([tenant("here", HERE, *found), tenant("there", THERE)], {})
        assert hosts(export) == {"here_to_here": "the configuration serves its own tenant", "here_to_there": "no permission"}

    def test_one_tenant_by_two_names(self) -> None:
        assert document.same_tenant_twice([tenant("b", HERE), tenant("a", HERE), tenant("c", THERE)]) == (
            "a and b are the same tenant; choose one of them with tenants"
        )
        assert document.same_tenant_twice([tenant("a", HERE), tenant("b", THERE)]) is None


ANY_TEXT = st.text(max_size=30) | st.sampled_from(
    [
        "{{ x }}",
        "a\u2028- b: c",
        "\x85x: y",
        "on",
        "07",
        "~",
        "!vault |",
        "*a",
        "&a",
        "'",
        '"',
        "\\",
        "# x",
        "a: b",
        "- ",
        "\u202ex",
        "\r\nplugin: x",
        "\ud800",
        "\ufeffx",
    ]
)


class TestText:
    @settings(deadline=None)
    @given(name=ANY_TEXT, value=ANY_TEXT, note=ANY_TEXT, members=st.lists(ANY_TEXT, max_size=3))
    def test_no_text_becomes_anything_else(self, name: str, value: str, note: str, members: list[str]) -> None:
        """Neither in a value nor in a comment, of links that are active or commented out."""
        links = [
            ExportedLink("a", "b", "", {"configuration": value, "mappings": [{"target": "x", "constant": value}]}, (note,)),
            ExportedLink("b", "a", "", {"configuration": "x", "scope_groups": members}, (note,)),
            ExportedLink("a", "b", "2", {"configuration": value, "scope_groups": members}, (note,), obstacle=note or "x"),
        ]
        identities = [Identity(HERE, name, value), Identity(THERE, note, name)]
        seen_tenants = tuple(SeenTenant(short, identity) for short, identity in zip("ab", identities, strict=True))
        export = Export(seen_tenants, (), tuple(links), (note,), (value,), (name,), (note,), (note,), (note,))
        text = topology_text(export, {"a": value})
        assert read(text.encode().decode()) == content(export)
        assert len(content(export)["links"]) == 2
        active = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        assert all("!unsafe" in line for line in active if "{{" in line)

    def test_what_all_links_share_is_written_once_and_undone_where_a_link_lacks_it(self) -> None:
        common = {"scope_mode": "all", "user_type": "member"}
        links = (
            ExportedLink("a", "b", "", {"configuration": "x", **common, "scope_groups": ["g"]}),
            ExportedLink("b", "a", "", {"configuration": "x", **common}),
            ExportedLink("b", "a", "2", {"configuration": "y", "scope_mode": "all"}, obstacle="why"),
        )
        export = Export((tenant("a", HERE), tenant("b", THERE)), (), links)
        text = topology_text(export, {})
        assert read(text)["defaults"] == common
        assert read(text)["links"] == [
            {"source": "a", "target": "b", "configuration": "x", "scope_groups": ["g"]},
            {"source": "b", "target": "a", "configuration": "x"},
        ]
        uncommented = text.partition("# b_to_a_2 is commented out: why\n")[2].replace("  # ", "  ")
        assert read(uncommented) == [
            {"source": "b", "target": "a", "suffix": "2", "configuration": "y", "scope_mode": "all", "user_type": None}
        ]
        alone = dataclasses.replace(export, links=links[:1])
        assert "defaults" not in read(topology_text(alone, {}))

    @pytest.mark.parametrize(
        ("client_id", "shown"), [(ELSEWHERE, ELSEWHERE), ("{{ a secret }}", "<application id>"), (None, "<application id>")]
    )
    def test_credentials_are_placeholders(self, client_id: Any, shown: str) -> None:
        text = topology_text(Export((tenant("a-1", HERE, cloud="usgov"),), (), ()), {"a-1": client_id})
        assert read(text)["tenants"] == {"a-1": {"tenant_id": HERE, "cloud": "usgov"}}
        assert f"    # client_id: {shown}\n" in text
        assert "    # client_secret: \"{{ lookup('ansible.builtin.env', 'A_1_CLIENT_SECRET') }}\"\n" in text


class TestRelatedTenants:
    NOT_ENABLED = refusal(403, "Authorization_RequestDenied", f"Related tenant discovery has not been enabled for tenant {HERE}")
    NO_SEGMENT = refusal(400, "BadRequest", "Resource not found for the segment 'tenantGovernance'.")
    FOUND = Reply(
        body={
            "value": [
                {"id": THERE.upper(), "multiTenantApplicationMetrics": {"recent": {"inboundMonthlyTotalApplications": 2}}},
                {"id": HERE, "b2BRegistrationMetrics": {"recent": None}, "billingMetrics": None},
                {"id": ELSEWHERE, "isMicrosoftInfrastructure": True},
            ]
        }
    )

    def read(self, **versions: Outcome) -> tuple[Related, ...]:
        return related_tenants.read(FakeGraph(lambda request: versions[request.version.replace(".", "_")]))

    def test_either_version(self) -> None:
        """Facts F196, F198 and F199."""
        expected = (Related(HERE, ()), Related(THERE, ("2 of its applications used here",)))
        assert self.read(v1_0=self.FOUND) == expected
        assert self.read(v1_0=self.NO_SEGMENT, beta=self.FOUND) == expected

    def test_where_it_is_not_enabled_or_not_offered(self) -> None:
        """Facts F197 and F198."""
        with pytest.raises(Refusal, match="is not enabled in this tenant"):
            self.read(v1_0=self.NOT_ENABLED)
        with pytest.raises(Refusal, match="does not offer the discovery"):
            self.read(v1_0=self.NO_SEGMENT, beta=self.NO_SEGMENT)

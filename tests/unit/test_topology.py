# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links that a topology describes, and what is wrong with one: the text of a file in, hosts or a sentence out."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.inventory import topology as plugin
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import CONNECTION_NAMES, OWN, VARIABLES
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology import PREFIX, group_of, topology_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology_conflicts import Link
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.yaml_lines import SHOWN, Fault, line_finder, place_text, refusal

DOCUMENTED = set(yaml.safe_load(plugin.DOCUMENTATION)["options"])
OPTIONS = {*DOCUMENTED, "strict", "compose", "groups", "keyed_groups"}
IDS = {
    "a": "aaaaaaaa-0000-4000-8000-000000000001",
    "b": "bbbbbbbb-0000-4000-8000-000000000002",
    "c": "cccccccc-0000-4000-8000-000000000003",
    "d": "dddddddd-0000-4000-8000-000000000004",
}
TENANTS = "tenants:\n" + "".join(f"  {name}: {{tenant_id: {tenant_id}}}\n" for name, tenant_id in IDS.items())
SIDES = ("link_source", "link_target")
FIRST = TENANTS.count("\n") + 1
"""The line after the tenants."""


def text_of(rest: str) -> str:
    """A file with four tenants."""
    return TENANTS + textwrap.dedent(rest).lstrip("\n")


def read(text: str) -> tuple[list[Link], list[Fault]]:
    """The links and faults of a file."""
    return topology_of(yaml.safe_load(text), OPTIONS)


def links_of(rest: str) -> dict[str, Mapping[str, Any]]:
    """The variables of the links by host, in the order of the file, without the tenants."""
    links, faults = read(text_of(rest))
    assert faults == []
    return {link.host: {name: value for name, value in link.variables.items() if name not in SIDES} for link in links}


def message(text: str) -> str:
    """The refusal of a file."""
    return refusal("topology.yml", read(text)[1], line_finder(text))


class TestLinks:
    @pytest.mark.parametrize(
        ("rest", "hosts"),
        [
            ("links: [{source: a, target: b}]", ["a_to_b"]),
            ("links: [{source: a, target: b}, {source: b, target: a}]", ["a_to_b", "b_to_a"]),
            ("links: []", []),
            ("hub: {tenant: a, spokes: [b, c]}", ["b_to_a", "a_to_b", "c_to_a", "a_to_c"]),
            ("hub: {tenant: a, spokes: [b, c], direction: both}", ["b_to_a", "a_to_b", "c_to_a", "a_to_c"]),
            ("hub: {tenant: a, spokes: [b, c], direction: to_hub}", ["b_to_a", "c_to_a"]),
            ("hub: {tenant: a, spokes: [b, c], direction: from_hub}", ["a_to_b", "a_to_c"]),
            ("hub: [{tenant: a, spokes: [b]}, {tenant: c, spokes: [d], direction: to_hub}]", ["b_to_a", "a_to_b", "d_to_c"]),
            ("mesh: [a, b, c]", ["a_to_b", "a_to_c", "b_to_a", "b_to_c", "c_to_a", "c_to_b"]),
            ("mesh: [[a, b], [c, d]]", ["a_to_b", "b_to_a", "c_to_d", "d_to_c"]),
            ("mesh: {tenants: [a, b]}", ["a_to_b", "b_to_a"]),
            ("mesh: [{tenants: [a, b]}, [c, d]]", ["a_to_b", "b_to_a", "c_to_d", "d_to_c"]),
            ("mesh: [{tenants: [a, b]}, {tenants: [b, a], suffix: guests}]", ["a_to_b", "b_to_a", "b_to_a_guests", "a_to_b_guests"]),
            (
                "mesh: [a, b]\nhub: {tenant: c, spokes: [a], direction: to_hub}\nlinks: [{source: d, target: c}]",
                ["a_to_b", "b_to_a", "a_to_c", "d_to_c"],
            ),
        ],
    )
    def test_each_way_to_describe_them(self, rest: str, hosts: list[str]) -> None:
        assert list(links_of(rest)) == hosts

    @pytest.mark.parametrize(("size", "count"), [(2, 2), (5, 20), (10, 90)])
    def test_a_mesh_links_every_tenant_to_every_other(self, size: int, count: int) -> None:
        names = [f"company{number}" for number in range(size)]
        content = {"tenants": {name: {"tenant_id": IDS["a"][:-2] + f"{int(name[7:]):02}"} for name in names}, "mesh": names}
        links, faults = topology_of(content, OPTIONS)
        assert faults == []
        pairs = {(link.source, link.target) for link in links}
        assert len(links) == len(pairs) == count
        assert all(source != target for source, target in pairs)

    def test_source_target_and_configuration_are_always_set(self) -> None:
        (link,) = read(text_of("links: [{source: a, target: b}]"))[0]
        assert link.variables == {"link_source": "a", "link_target": "b", "link_configuration": "b"}

    def test_a_suffix_distinguishes_links_and_their_configurations(self) -> None:
        links = links_of("""
            links:
              - {source: a, target: b}
              - {source: a, target: b, suffix: guests, user_type: guest}
              - {source: a, target: b, suffix: 2, configuration: Partners}
        """)
        assert links == {
            "a_to_b": {"link_configuration": "b"},
            "a_to_b_guests": {"link_configuration": "b guests", "link_user_type": "guest"},
            "a_to_b_2": {"link_configuration": "Partners"},
        }

    def test_an_entry_of_a_hand_written_inventory_can_be_pasted(self) -> None:
        pasted = "{link_source: a, link_target: b, link_configuration: B, link_scope_groups: [Sales]}"
        assert links_of(f"links: [{pasted}]") == {"a_to_b": {"link_configuration": "B", "link_scope_groups": ["Sales"]}}

    @pytest.mark.parametrize(
        ("tenant", "groups"),
        [("contoso", ("from_contoso", "to_contoso")), ("my-co.eu", ("from_my_co_eu", "to_my_co_eu")), ("삼성", ("from_삼성", "to_삼성"))],
    )
    def test_groups_have_names_that_ansible_accepts(self, tenant: str, groups: tuple[str, str]) -> None:
        assert (group_of(tenant, "from"), group_of(tenant, "to")) == groups


class TestVariables:
    LEVELS = """
        defaults: {company_name: defaults}
        per_source: {a: {company_name: per_source}}
        per_target: {b: {link_company_name: per_target}}
        hub: {tenant: a, spokes: [b], direction: from_hub, company_name: hub}
        per_link: {a_to_b: {company_name: per_link}}
    """

    def test_a_stronger_level_replaces_the_weaker(self) -> None:
        """Each level is taken away in turn, from the strongest to the weakest."""
        content = yaml.safe_load(text_of(self.LEVELS))
        for level in ("per_link", "hub", "per_target", "per_source", "defaults", None):
            (link,), faults = topology_of(content, OPTIONS)
            assert (link.variables.get("link_company_name"), faults) == (level, [])
            if level == "hub":
                del content["hub"]["company_name"]
            elif level:
                del content[level]

    def test_a_level_only_concerns_its_tenant_or_link(self) -> None:
        links = links_of("""
            mesh: [a, b, c]
            per_source: {a: {user_type: guest}}
            per_target: {a: {company_name: A}}
            per_link: {b_to_c: {state: absent}}
        """)
        assert {host for host, variables in links.items() if "link_user_type" in variables} == {"a_to_b", "a_to_c"}
        assert {host for host, variables in links.items() if "link_company_name" in variables} == {"b_to_a", "c_to_a"}
        assert {host for host, variables in links.items() if "link_state" in variables} == {"b_to_c"}

    def test_values_are_replaced_as_a_whole_and_kept_as_they_are(self) -> None:
        links = links_of(
            """
            defaults: {scope_groups: [Everyone], mappings: [{target: employeeId, state: absent}]}
            per_source: {a: {scope_groups: [Sales, "{{ more }}"], scope_exact: 'yes'}}
            mesh: [a, b]
        """
        )
        assert links["a_to_b"]["link_scope_groups"] == ["Sales", "{{ more }}"]
        assert links["a_to_b"]["link_scope_exact"] == "yes"
        assert links["b_to_a"] == {
            "link_configuration": "a",
            "link_scope_groups": ["Everyone"],
            "link_mappings": [{"target": "employeeId", "state": "absent"}],
        }

    def test_a_variable_without_a_value_is_not_set(self) -> None:
        links = links_of("""
            defaults: {configuration: All, scope_mode: assigned}
            per_link: {a_to_b: {configuration: null, scope_mode: null}}
            links: [{source: a, target: b}]
        """)
        assert links == {"a_to_b": {"link_configuration": "b"}}

    def test_a_variable_of_ones_own_is_taken_if_it_is_listed(self) -> None:
        links = links_of("""
            defaults: {own_variables: [link_owner], link_owner: Ann}
            per_source: {a: {owner: Bob}, b: {link_own_variables: [link_ticket], ticket: 7}}
            mesh: [a, b]
        """)
        assert links["a_to_b"]["link_owner"] == "Bob"
        assert links["b_to_a"]["link_ticket"] == 7

    @pytest.mark.parametrize("name", sorted(VARIABLES))
    def test_every_variable_is_known_with_and_without_its_prefix(self, name: str) -> None:
        for key in (name, name.removeprefix(PREFIX)):
            _links, faults = topology_of({"tenants": {"a": {"tenant_id": IDS["a"]}}, "links": [], "defaults": {key: None}}, OPTIONS)
            allowed = name not in SIDES
            assert [fault.message for fault in faults] == (
                [] if allowed else [f"{name} cannot be set here; links, hub and mesh name the tenants"]
            )

    def test_no_variable_has_the_name_of_another_member(self) -> None:
        """In an entry of ``links``, ``hub`` or ``mesh`` they are beside each other."""
        members = {"tenant", "tenants", "spokes", "direction", "suffix"}
        assert not members & {name.removeprefix(PREFIX) for name in (*VARIABLES, OWN)}


WRONG: list[tuple[str, str]] = [
    # what is written after the tenants, and what is reported, with the line counted from there
    ("links: [{source: a, target: b}]\nlnks: []", "1, lnks: there is no option lnks (did you mean links?)"),
    ("mesh: [a, b]\nscope_mode: all", "1, scope_mode: there is no option scope_mode; a variable of all links belongs into defaults"),
    ("mesh: [a, b]\nlink_scope_mode: all", "1, link_scope_mode: there is no option link_scope_mode; a variable of all links belongs into"),
    (
        "mesh: [a, b]\ndefaults: {scope_grups: [A]}",
        "1, defaults.scope_grups: there is no variable scope_grups (did you mean scope_groups?)",
    ),
    ("mesh: [a, b]\ndefaults: {link_scope_grups: [A]}", "there is no variable link_scope_grups (did you mean link_scope_groups?)"),
    ("mesh: [a, b]\ndefaults: {Link_state: absent}", "there is no variable Link_state (did you mean link_state?)"),
    ("mesh: [a, b]\ndefaults: {owner: Ann}", "there is no variable link_owner; list it in link_own_variables if it is your own"),
    ("mesh: [a, b]\ndefaults: {1: x}", "there is no variable link_1; list it in"),
    (
        "mesh: [a, b]\ndefaults:\n  scope_mode: al",
        "2, defaults.scope_mode: link_scope_mode must be one of assigned, all (did you mean all?)",
    ),
    ("mesh: [a, b]\ndefaults: {scope_exact: maybe}", "link_scope_exact must be true or false; it is 'maybe'"),
    ("mesh: [a, b]\ndefaults: {deletion_threshold: few}", "link_deletion_threshold must be a whole number; it is 'few'"),
    ("mesh: [a, b]\ndefaults: {mappings: [{targt: x}]}", "link_mappings[0].targt is not a valid option (did you mean target?)"),
    ("mesh: [a, b]\ndefaults: {scope_mode: all, link_scope_mode: all}", "link_scope_mode is set twice, also without link_"),
    ("mesh: [a, b]\ndefaults: {source: a}", "defaults.source: link_source cannot be set here; links, hub and mesh name the tenants"),
    ("mesh: [a, b]\ndefaults: {own_variables: {a: b}}", "link_own_variables must be a list"),
    ("mesh: [a, b]\ndefaults: [scope_mode]", "1, defaults: it must be a dictionary of variables of a link"),
    ("mesh: [a, b]\nper_source: [a]", "1, per_source: it must be a dictionary of tenants, each with variables"),
    ("mesh: [a, b]\nper_link: a_to_b", "1, per_link: it must be a dictionary of links, each with variables"),
    ("mesh: [a, b]\nper_source: {a: guest}", "1, per_source.a: it must be a dictionary of variables of a link"),
    ("mesh: [a, b]\nper_target:\n  bb: {}", "2, per_target.bb: tenants has no entry bb (per_target); the entries are: a, b, c, d"),
    ("mesh: [a, b]\nper_link: {a_to_c: {}}", "1, per_link.a_to_c: there is no link a_to_c (did you mean a_to_b?)"),
    ("defaults: {}", "it describes no links; write at least one of links, hub, mesh"),
    ("links: {a: b}", "0, links: it must be a list of links, each with source and target"),
    ("links: [a_to_b]", "0, links[0]: a link must be a dictionary with source and target"),
    ("links:\n  - source: a", "1, links[0]: target is missing"),
    ("links: [{target: b}]", "source is missing"),
    ("links: [{source: a, link_source: a, target: b}]", "link_source is set twice, also without link_"),
    (
        "links:\n  - {source: a, target: b}\n  - {source: a, target: x}",
        "2, links[1].target: tenants has no entry x (link_target); the entries are",
    ),
    ("links: [{source: a, target: a}]", "0, links[0].target: a is named twice; a link needs two tenants"),
    ("links: [{source: [a], target: b}]", "tenants has no entry ['a'] (link_source)"),
    ("links: [{source: a, target: b, sufix: x}]", "there is no variable sufix (did you mean suffix?)"),
    ("links: [{source: a, target: b, suffix: two words}]", "the suffix is part of the names of hosts"),
    ("links: [{source: a, target: b, suffix: true}]", "the suffix is part of the names of hosts"),
    (
        "links:\n  - {source: a, target: b}\n  - {source: a, target: b, configuration: B}",
        "2, links[1]: the link a_to_b is described twice; remove it, or give it a suffix and a configuration of its own "
        f"(the first is in line {FIRST + 1})",
    ),
    (
        "mesh: [a, b]\nhub:\n  tenant: a\n  spokes: [b]\n  direction: to_hub",
        f"3, hub.spokes[0]: the link b_to_a is described twice; remove it, or give it a suffix and a configuration of its own "
        f"(the first is in line {FIRST})",
    ),
    ("hub: a", "0, hub: a hub must be a dictionary with tenant and spokes"),
    ("hub: [a]", "0, hub[0]: a hub must be a dictionary with tenant and spokes"),
    ("hub: {spokes: [b]}", "0, hub.tenant: the name of a tenant is missing"),
    ("hub: {tenant: a}", "0, hub.spokes: it must be a list of tenants"),
    ("hub: {tenant: a, spokes: []}", "0, hub.spokes: it must be a list of tenants"),
    ("hub: {tenant: a, spokes: b}", "0, hub.spokes: it must be a list of tenants"),
    ("hub: {tenant: a, spoke: [b]}", "there is no variable spoke (did you mean spokes?)"),
    ("hub: {tenant: x, spokes: [b, y]}", "0, hub.tenant: tenants has no entry x (the hub)"),
    ("hub: {tenant: x, spokes: [b, y]}", "0, hub.spokes[1]: tenants has no entry y (a spoke)"),
    (
        "hub:\n  tenant: a\n  spokes:\n    - b\n    - a",
        f"4, hub.spokes[1]: a is named twice; name each tenant once (the first is in line {FIRST + 1})",
    ),
    ("hub: {tenant: a, spokes: [b, c, b]}", "hub.spokes[2]: b is named twice; name each tenant once"),
    (
        "hub: {tenant: a, spokes: [b], direction: inwards}",
        "hub.direction: direction must be one of both, to_hub, from_hub; it is 'inwards'",
    ),
    ("hub: {tenant: a, spokes: [b], direction: tohub}", "direction must be one of both, to_hub, from_hub (did you mean to_hub?)"),
    ("mesh: a", "0, mesh: it must be a list of tenants"),
    ("mesh:", "0, mesh: it must be a list of tenants"),
    ("mesh: [a]", "0, mesh: a mesh needs at least two tenants"),
    ("mesh: [a, b, x]", "0, mesh[2]: tenants has no entry x (a member of the mesh)"),
    ("mesh: [a, b, 1]", "0, mesh[2]: tenants has no entry 1 (a member of the mesh)"),
    ("mesh: [a, b, null]", "0, mesh[2]: the name of a tenant is missing"),
    ("mesh: [a, b, a]", "0, mesh[2]: a is named twice; name each tenant once"),
    ("mesh: [a, [b, c]]", "0, mesh[0]: it must be a list of tenants"),
    ("mesh: [[a, b], [b]]", "0, mesh[1]: a mesh needs at least two tenants"),
    ("mesh: {tenants: a}", "0, mesh.tenants: it must be a list of tenants"),
    ("mesh: {members: [a, b]}", "there is no variable link_members; list it in link_own_variables if it is your own"),
    (
        "links:\n  - {source: a, target: b, configuration: X}\n  - {source: a, target: c, configuration: x}",
        "1, links[0]: the links a_to_b, a_to_c name the same configuration 'X' of a source tenant (link_configuration), and a configuration "
        "serves a single target",
    ),
    ("mesh: [a, b, c]\ndefaults: {configuration: Sync}", "0, mesh[0]: the links a_to_b, a_to_c name the same configuration 'Sync'"),
    (
        "defaults: {scope_mode: all}\nlinks: [{source: a, target: b}, {source: a, target: b, suffix: two}]",
        "1, links[0]: the links a_to_b, a_to_b_two synchronize all users (link_scope_mode all) of the same source tenant",
    ),
    (
        "defaults: {share: {source: {free_busy: basic}, target: {free_busy: limited_details}}}\nmesh: [a, b]",
        "1, mesh[0]: the links a_to_b, b_to_a disagree on what a shares with b (link_share.source.free_busy, or its scope and groups)",
    ),
    (
        "defaults: {groups: true}\nlinks: [{source: a, target: b}, {source: a, target: b, suffix: two, groups: 'no'}]",
        "1, links[0]: the links a_to_b, a_to_b_two disagree on whether groups are synchronized (link_groups)",
    ),
]


class TestFaults:
    @pytest.mark.parametrize(("rest", "expected"), WRONG, ids=[rest for rest, _expected in WRONG])
    def test_a_fault_is_reported_with_its_line_and_the_right_name(self, rest: str, expected: str) -> None:
        number, comma, text = expected.partition(", ")
        wanted = f"line {FIRST + int(number)}, {text}" if comma and number.isdigit() else expected
        assert wanted in message(text_of(rest))

    @pytest.mark.parametrize(
        ("tenants", "expected"),
        [
            ("", "topology.yml has 1 fault: tenants is missing; it maps the short name of a tenant to its connection options."),
            ("tenants: [a, b]", "line 1, tenants must be a dictionary; it maps"),
            ("tenants: {a: b}", "line 1, tenants.a must be a dictionary of connection options"),
            ("tenants:\n  a: {client_id: x}", "line 2, tenants.a.tenant_id is missing; the roles read it by this name, not by an alias"),
            ("tenants:\n  a:\n    tenant_id: 5", "line 3, tenants.a.tenant_id must be a tenant's id or one of its domains"),
            (
                "tenants:\n  a:\n    tenant_id: x.y\n    client_secrt: z",
                "line 4, tenants.a.client_secrt is not a connection option (did you mean",
            ),
            (
                "tenants:\n  a:\n    tenant_id: x.y\n    owner: z",
                "line 4, tenants.a.owner is not a connection option; put your own notes into",
            ),
            ("tenants:\n  a:\n    tenant_id: x.y\n    timeout: soon", "line 4, tenants.a.timeout must be a whole number"),
            ("tenants:\n  a:\n    tenant_id: x.y\n    cloud: mars", "line 4, tenants.a.cloud must be one of global, usgov"),
            ("tenants:\n  a b: {tenant_id: x.y}", "line 2, tenants.a b: the name of a tenant is part of the names of hosts"),
            ("tenants:\n  1: {tenant_id: x.y}", "line 2, tenants.1: the name of a tenant is part of the names of hosts"),
            (
                "tenants:\n  a-b: {tenant_id: x.y}\n  a.b: {tenant_id: x.z}",
                "line 3, tenants.a.b: the links of a.b and a-b have the same group",
            ),
            ("tenants:\n  a: {tenant_id: x.y}\ntenants_own_keys: {a: b}", "line 3, tenants_own_keys must be a list"),
        ],
    )
    def test_a_fault_of_a_tenant(self, tenants: str, expected: str) -> None:
        assert expected in message(f"{tenants}\nlinks: []\n" if tenants else "links: []")

    @pytest.mark.parametrize("named", [f"tenant_id: {IDS['a']}", f"tenant_id: {IDS['a'].upper()}"])
    @pytest.mark.parametrize("rest", ["links: [{source: a, target: z}]", "mesh: [b, a, z]", "hub: {tenant: z, spokes: [b, a]}"])
    def test_two_names_of_one_tenant_are_no_link(self, named: str, rest: str) -> None:
        found = message(text_of(rest).replace("tenants:\n", f"tenants:\n  z: {{{named}}}\n"))
        assert f"are the same tenant, {IDS['a']}" in found

    def test_templates_are_left_for_the_run(self) -> None:
        text = """
            tenants:
              a: "{{ all_connections.a }}"
              b:
                tenant_id: "{{ b_id }}"
                timeout: "{{ seconds }}"
                notes: [whatever]
                ours: 1
            tenants_own_keys: [ours]
            defaults: {scope_mode: "{{ mode }}", mappings: [{target: "{{ x }}"}], scope_groups: "{% if y %}A{% endif %}"}
            mesh: [a, b]
            per_source: {a: {configuration: "{{ x }}"}, b: {configuration: "{{ x }}"}}
        """
        links, faults = read(textwrap.dedent(text))
        assert faults == []
        assert links[0].variables["link_scope_mode"] == "{{ mode }}"

    def test_what_is_encrypted_is_neither_decrypted_nor_judged(self) -> None:
        class Encrypted:
            """Like a value of Ansible Vault: every use of its text would decrypt it."""

            def __str__(self) -> str:
                raise AssertionError("decrypted")

            __repr__ = __eq__ = __len__ = __iter__ = __str__  # type: ignore[assignment]
            __hash__ = None  # type: ignore[assignment]

        secret = Encrypted()
        entry = {"tenant_id": IDS["a"], "client_secret": secret}
        content = {"tenants": {"a": entry, "b": {"tenant_id": IDS["b"]}}, "mesh": ["a", "b"], "defaults": {"notification_email": secret}}
        links, faults = topology_of(content, OPTIONS)
        assert faults == []
        assert links[0].variables["link_notification_email"] is secret

    def test_no_value_of_a_tenant_is_in_the_message(self) -> None:
        """Whatever the name of the member."""
        for name in sorted(CONNECTION_NAMES | {"client_secrt", "pasword"}):
            found = message(f"tenants:\n  a:\n    tenant_id: x.y\n    {name}: {{s3cret: s3cret}}\n  b: s3cret\nlinks: []\n")
            assert "s3cret" not in found, name

    def test_all_faults_are_reported_together_in_the_order_of_the_lines(self) -> None:
        text = text_of("""
            mesh: [a, x]
            defaults: {scope_mode: al, usr_type: member}
            links: [{source: a, target: a}]
            hub: {tenant: a, spokes: [y]}
        """)
        found = message(text)
        assert found.startswith("topology.yml has 6 faults: line ")
        lines = [int(part.split(",")[0]) for part in found.split("line ")[1:] if part.split(",")[0].isdigit()]
        assert lines == sorted(lines)
        assert found.endswith(".")
        assert "\n" not in found

    def test_a_message_shows_a_limited_number_of_faults(self) -> None:
        rest = "mesh: [a, b]\ndefaults:\n" + "".join(f"  unknown_{number}: 1\n" for number in range(SHOWN + 5))
        assert message(text_of(rest)).endswith("; and 5 more.")

    @pytest.mark.parametrize("content", [None, [], "text", 5, {}, {"tenants": None}, {1: 2}, {"links": None, "hub": None, "mesh": None}])
    def test_odd_content_is_refused_without_a_crash(self, content: Any) -> None:
        links, faults = topology_of(content, OPTIONS)
        assert links == []
        assert faults != []
        assert refusal("topology.yml", faults, line_finder("")).startswith("topology.yml has ")

    @pytest.mark.parametrize("odd", [None, True, 5, "text", [], {}, [[]], [None], {"x": None}, [{}], {1: {}}, ["a", {}], {"a": ["b"]}])
    @pytest.mark.parametrize("option", sorted(DOCUMENTED - {"plugin", "cache"}))
    def test_an_odd_value_of_any_option_is_no_crash(self, option: str, odd: Any) -> None:
        content = {**yaml.safe_load(TENANTS), "links": [{"source": "a", "target": "b"}], option: odd}
        links, faults = topology_of(content, OPTIONS)
        assert isinstance(refusal("topology.yml", faults, line_finder(yaml.safe_dump(content))), str)
        assert faults or all(set(link.variables) >= set(SIDES) for link in links)

    def test_without_checks_the_links_are_the_same(self) -> None:
        content = yaml.safe_load(text_of(TestVariables.LEVELS))
        assert topology_of(content, OPTIONS, checks=False) == topology_of(content, OPTIONS)


class TestLines:
    TEXT = textwrap.dedent("""\
        # comment
        one:
          two: [a, b,
                c]
          three:
            - x: 1
            - &anchor
              y: 2
        four: {<<: *anchor, z: 3}
        5: six
    """)

    @pytest.mark.parametrize(
        ("place", "line"),
        [
            (("one",), 2),
            (("one", "two"), 3),
            (("one", "two", 2), 4),
            (("one", "three", 1, "y"), 8),
            (("four", "z"), 9),
            (("5",), 10),
            # the nearest place above what is not there
            (("four", "y"), 9),
            (("one", "three", 7), 5),
            (("one", "two", "x"), 3),
            ((), None),
            (("nine",), None),
        ],
    )
    def test_the_line_of_a_place(self, place: tuple[str | int, ...], line: int | None) -> None:
        assert line_finder(self.TEXT)(place) == line

    @pytest.mark.parametrize(
        "text", ["", "a: [", "$ANSIBLE_VAULT;1.1;AES256\n3133\n", "- a\n", "\x00", "a: 1\n---\nb: 2\n", "!vault |\n  x"]
    )
    def test_other_texts_have_no_lines(self, text: str) -> None:
        assert line_finder(text)(("one", "two")) is None

    def test_without_lines_the_place_is_reported(self) -> None:
        faults = read(text_of("mesh: [a, x]"))[1]
        assert refusal("f.yml", faults[:1], line_finder("")).startswith("f.yml has 1 fault: mesh[1]: tenants has no entry x")

    @pytest.mark.parametrize(("place", "text"), [(("a", "b", 2, "c"), "a.b[2].c"), (("a",), "a"), ((), "")])
    def test_a_place_in_words(self, place: tuple[str | int, ...], text: str) -> None:
        assert place_text(place) == text


def test_a_hundred_tenants_take_a_fraction_of_a_second() -> None:
    """9,900 links, 100 times more than by hand; measured: 0.13 s."""
    names = [f"company{number:02}" for number in range(100)]
    content = {
        "tenants": {name: {"tenant_id": f"00000000-0000-4000-8000-0000000000{name[7:]}", "client_id": "x"} for name in names},
        "defaults": {"scope_groups": ["Everyone"], "user_type": "member", "mappings": [{"target": "employeeId", "state": "absent"}]},
        "per_source": {name: {"display_name_suffix": f" ({name})"} for name in names},
        "mesh": names,
    }
    began = time.process_time()
    links, faults = topology_of(content, OPTIONS)
    assert time.process_time() - began < 1.5
    assert (len(links), faults) == (9900, [])
    # The values are shared, not copied.
    assert len({id(link.variables["link_scope_groups"]) for link in links}) == 1

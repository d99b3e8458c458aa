# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook export.yml: five tenants that somebody linked by hand become a file, with which a run has nothing to change."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.benchmark import bare
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run
from ansible_collections.entra.cross_tenant_sync.tests.support.traffic import changes

EXPORT, SYNC = (REPOSITORY / "playbooks" / f"{name}.yml" for name in ("export", "sync"))
SCENARIO = REPOSITORY / "tests" / "emulator" / "src" / "entra_emulator" / "scenarios" / "ten-companies.json"
GIVEN = ("contoso", "adatum", "fabrikam", "litware", "northwind")
FILE = "found.topology.yml"
HARMFUL = "{{ lookup('ansible.builtin.env', 'HOME') }}"
ABSENT = "99999999-9999-4999-8999-999999999999"


class _Loader(yaml.SafeLoader):
    """Reads a file as Ansible does: a text with the tag ``!unsafe`` is a text."""


def _as_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


_Loader.add_constructor("!unsafe", _as_text)


@dataclass
class World:
    """Ten tenants, of which five are given, and the commands of an administrator."""

    emulator: Emulator
    folder: Path

    def __post_init__(self) -> None:
        self.playbooks = Playbooks(self.emulator, self.folder)
        known = {one["initial_domain"].partition(".")[0]: one for one in json.loads(SCENARIO.read_text())["tenants"]}
        self.ids = {name: str(one["id"]) for name, one in known.items()}
        self.secrets = {f"{name.upper()}_CLIENT_SECRET": f"{name}-rehearsal-secret" for name in known}
        self.connections: dict[str, Any] = {
            name: {
                "tenant_id": one["id"],
                "client_id": one["applications"][0]["client_id"],
                "client_secret": f"{{{{ lookup('ansible.builtin.env', '{name.upper()}_CLIENT_SECRET') }}}}",
                **self.emulator.connection(),
            }
            for name, one in known.items()
            if name in GIVEN
        }
        self.save_connections()

    def save_connections(self, **changed: Any) -> None:
        """The file with the connections."""
        self.folder.mkdir(exist_ok=True)
        content = {"tenants": {**self.connections, **changed}}
        (self.folder / "tenants.yml").write_text(yaml.safe_dump(content))

    def run(self, playbook: Path, *arguments: str, **env: str) -> Run:
        """A playbook with the connections, which must never write a secret."""
        command = " ".join(("ansible-playbook", "-e", "@tenants.yml", *arguments, str(playbook)))
        run = self.playbooks.command(command, self.secrets | env)
        assert not any(secret in run.output for secret in self.secrets.values())
        return run

    def export(self, *arguments: str) -> Run:
        """The playbook export.yml, which never writes to a tenant."""
        self.emulator.control("DELETE", "requests")
        run = self.run(EXPORT, "-e", f"export_file={FILE}", *arguments)
        assert self.written() == []
        return run

    def written(self) -> list[str]:
        """The requests to Graph that change something."""
        sent = self.emulator.control("GET", "requests")["requests"]
        return [
            f"{one['method']} {one['path']}"
            for one in sent
            if "$batch" not in one["path"] and changes(one["method"], one["path"].partition("?")[0], one["request_body"])
        ]

    @property
    def text(self) -> str:
        """The exported file."""
        return (self.folder / FILE).read_text(encoding="utf-8")

    def link(self, source: str, target: str, name: str, users: int) -> None:
        """A configuration, made by an administrator's script."""
        people = [one["userPrincipalName"] for one in self.emulator.tenant(self.ids[source])["users"].values()]
        sides = {
            side: {**self.connections.get(tenant, {"tenant_id": self.ids[tenant]}), "client_secret": f"{tenant}-rehearsal-secret"}
            for side, tenant in (("source", source), ("target", target))
        }
        expression = f'Append([displayName], " ({source})")'
        spec = {"url": self.emulator.url, "ca_path": str(self.emulator.ca_path), **sides, "name": name, "expression": expression}
        with bare.Tenant(spec, "source") as graph:
            bare.build(graph, {**spec, "users": people[:users]})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ten tenants that trust each other, and synchronize nothing."""
    with Emulator(tmp_path / "emulator", "ten-companies") as emulator:
        made = World(emulator, tmp_path / "ansible")
        state = emulator.state()
        consent = {"inboundAllowed": True, "outboundAllowed": True}
        for one, other in itertools.permutations((*GIVEN, "tailspin"), 2):
            tenants.add_partner(state, made.ids[one], made.ids[other], automaticUserConsentSettings=dict(consent))
            if "tailspin" not in (one, other):
                tenants.allow_synchronization(state, made.ids[one], made.ids[other])
        tenants.allow_synchronization(state, made.ids["tailspin"], made.ids["contoso"])
        emulator.load(state)
        yield made


def hub(world: World) -> dict[str, Any]:
    """Two links of our own, and one for guests, with all that variables say."""
    return {
        "plugin": "entra.cross_tenant_sync.topology",
        "tenants": world.connections,
        "defaults": {"preflight": False, "scope_groups": ["All employees"], "user_type": "member"},
        "hub": {"tenant": "contoso", "spokes": ["adatum"]},
        "links": [
            {
                "source": "contoso",
                "target": "adatum",
                "suffix": "guests",
                "configuration": "Externals: to \"Adatum\" #2 'x'",
                "scope_groups": None,
                "scope_users": ["hyejin.lee@contoso.kr"],
                "user_type": "guest",
                "convert_existing": True,
                "company_name": "Contoso, Ltd.: all #1",
                "show_in_address_list": False,
                "target_actions": ["create", "update"],
                "filters": [
                    {"name": "yes: [a]", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["on", "- 'x'"]}]}
                ],
                "mappings": [
                    {"target": "employeeId", "state": "absent"},
                    {"target": "jobTitle", "expression": 'IIF(IsNullOrEmpty([jobTitle]), "none", [jobTitle])', "apply": "create_only"},
                    {"target": "city", "constant": "007", "default": "null"},
                ],
                "notification_email": "identity@contoso.kr",
                "deletion_threshold": 0,
                "job_state": "paused",
            }
        ],
    }


def by_hand(world: World) -> None:
    """The mesh and the rest, as scripts and portals leave them: what variables describe, and what they do not."""
    mesh = ("fabrikam", "litware", "northwind")
    for source, target in itertools.permutations(mesh, 2):
        world.link(source, target, HARMFUL if (source, target) == mesh[:2] else f"To {target}", 1 if source == "litware" else 2)
    world.link("contoso", "tailspin", "Foreign", 1)
    world.link("northwind", "adatum", "Half", 1)
    state = world.emulator.state()
    of = {name: state["tenants"][tenant_id] for name, tenant_id in world.ids.items()}

    def parts(tenant: str, name: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """A service principal, its synchronization, and the mapping of users."""
        (principal,) = [one for one in of[tenant]["service_principals"].values() if one["displayName"] == name]
        synchronization = of[tenant]["synchronizations"][principal["id"]]
        (job,) = synchronization["jobs"].values()
        return principal, synchronization, job["job_schema"]["synchronizationRules"][0]["objectMappings"][0]

    principal, _synchronization, mapping = parts("litware", "To fabrikam")
    rows = {row["targetAttributeName"]: row for row in mapping["attributeMappings"]}
    rows["displayName"]["source"] = {"type": "Constant", "name": HARMFUL, "expression": json.dumps(HARMFUL), "parameters": []}
    rows["department"]["flowType"] = "ValueAddOnly"
    clause = {"sourceOperandName": "city", "operatorName": "NOT EQUALS", "targetOperand": {"values": [HARMFUL, "on"]}}
    for link, text in (("To fabrikam", HARMFUL), ("To northwind", "first\nsecond")):
        parts("litware", link)[2]["scope"]["groups"] = [{"name": text, "clauses": [clause]}]
    for name in (HARMFUL, "Same", "same", "line\nbreak: # x"):
        group: dict[str, Any] = {
            "id": tenants.made_up_id(f"group {name}"),
            "displayName": name,
            "mail": None,
            "groupTypes": [],
            "securityEnabled": True,
        }
        of["litware"]["groups"][group["id"]] = group
        made = tenants.assignment(principal, group, "Group")
        of["litware"]["assignments"][principal["id"]][made["id"]] = made
    of["fabrikam"]["display_name"] = "Fabrikam\nplugin: evil"
    of["adatum"]["access_policy"]["identity_synchronizations"].pop(world.ids["northwind"])
    parts("northwind", "To litware")[0]["displayName"] = f"MTO_Sync_{world.ids['litware']}"
    tenants.add_partner(state, world.ids["litware"], world.ids["woodgrove"])
    tenants.allow_synchronization(state, world.ids["litware"], world.ids["woodgrove"])
    tenants.add_partner(state, world.ids["adatum"], ABSENT)
    of["contoso"]["related_tenants"] = [
        {
            "id": world.ids["proseware"],
            "b2BSignInActivityMetrics": {"recent": {"inboundMonthlyTotalUsers": 3}},
            "billingMetrics": {"id": "x"},
        },
        {"id": ABSENT, "isMicrosoftInfrastructure": True},
    ]
    for registration in of["contoso"]["registrations"].values():
        registration["roles"].append("TenantGovernance-RelatedTenant.Read.All")
    world.emulator.load(state)


def build(world: World) -> None:
    """Everything that there is."""
    built = world.playbooks.play(SYNC, hub(world), env=world.secrets, file="hub.topology.yml")
    assert built.code == 0, built.output
    by_hand(world)


def test_five_tenants_that_were_linked_by_hand(world: World) -> None:
    build(world)
    first = world.export()
    assert first.code == 0, first.output
    found = next(task.result for task in first.tasks if task.action.endswith("topology_export"))
    text = world.text
    data = _Loader(text).get_single_data()
    assert (world.folder / FILE).stat().st_mode & 0o777 == 0o600
    assert set(data) == {"plugin", "tenants", "defaults", "links"}
    assert set(data["tenants"]) == set(GIVEN)
    assert all(set(entry) == {"tenant_id"} for entry in data["tenants"].values())

    mesh = [f"{one}_to_{other}" for one, other in itertools.permutations(("fabrikam", "litware", "northwind"), 2)]
    mesh.remove("northwind_to_litware")
    assert sorted(found["links"]) == sorted(["adatum_to_contoso", "contoso_to_adatum", "contoso_to_adatum_guests", *mesh])
    reasons = {one["link"]: one["reason"] for one in found["commented"]}
    half = f"a run would create identity synchronization with partner {world.ids['northwind']} (user_sync_inbound) in adatum"
    assert reasons == {
        "contoso_to_tailspin": "there is no connection to its target; add tailspin to tenants, and export again",
        "northwind_to_adatum": half,
    }
    woodgrove = f"tenant {world.ids['woodgrove']} (Woodgrove Bank, woodgrove.example)"
    assert f"litware: {woodgrove} may synchronize users into this tenant" in found["partners_without_link"]
    assert f"adatum: tenant {ABSENT}: no switch is on" in found["partners_without_link"]
    assert found["related_tenants"][0] == (
        f"contoso: tenant {world.ids['proseware']} (Proseware, proseware.example): 3 users from it sign in each month, a shared billing account"
    )
    flat = re.sub(r"\n *# +", " ", text)
    assert f"- northwind: configuration 'MTO_Sync_{world.ids['litware']}' of the multitenant organization serves litware" in flat

    # The links say what was set, and texts stay the texts that they are.
    links = {(one["source"], one["target"], one.get("suffix", "")): one for one in data["links"]}
    guests = links["contoso", "adatum", "guests"]
    wished = hub(world)["links"][0]
    wished.pop("scope_groups")
    same = wished.keys() - {"filters", "mappings"}
    assert {name: guests.get(name) for name in same} == {name: wished[name] for name in same}
    assert guests["mappings"] == sorted(
        ({"apply": "always", **row} if "state" not in row else row for row in wished["mappings"]), key=lambda row: row["target"]
    )
    odd = links["litware", "fabrikam", ""]
    assert odd["mappings"][0] == {"target": "displayName", "constant": HARMFUL, "apply": "always"}
    assert odd["filters"] == [{"name": HARMFUL, "clauses": [{"attribute": "city", "operator": "NOT EQUALS", "values": [HARMFUL, "on"]}]}]
    assert "filters" not in links["litware", "northwind", ""]
    assert len(odd["scope_groups"]) == 4
    assert all(tenants.made_up_id(f"group {name}") in odd["scope_groups"] for name in ("Same", HARMFUL))
    assert links["fabrikam", "litware", ""]["configuration"] != HARMFUL
    assert data["defaults"] == {"scope_mode": "assigned", "scope_exact": True}
    assert "the mapping of department is applied as ValueAddOnly, which cannot be written; it stays as it is" in flat
    assert "filters cannot be written, and is left as it is: link_filters[0].name must be one line of text" in flat

    # The next run has nothing to do.
    world.emulator.control("DELETE", "requests")
    checked = world.run(SYNC, "-i", FILE, "--check")
    assert (checked.code, checked.actions(), checked.changed()) == (0, [], []), checked.output
    looked = checked.of("links_info")["links"]
    assert {host for host, one in looked.items() if one.get("in_sync")} == set(found["links"]) == set(looked)
    assert world.written() == []

    # The same state gives the same file, in either version of the list of related tenants. A file that exists is kept otherwise.
    world.emulator.control("PUT", "settings", {**world.emulator.control("GET", "settings"), "related_tenants": "beta"})
    kept = world.export()
    assert kept.code == 2
    assert "exists; choose another file, or set force (export_force) to replace it. Nothing was written." in kept.failure()
    assert world.emulator.control("GET", "requests")["requests"] == []
    second = world.export("-e", "export_force=true")
    assert (second.code, second.changed()) == (0, []), second.output
    assert world.text == text


def test_what_cannot_be_read_and_mistakes(world: World) -> None:
    """A tenant that cannot be read does not keep the others from being exported; a mistake sends nothing."""
    world.link("contoso", "adatum", "To Adatum", 1)
    world.link("adatum", "contoso", "To Contoso", 1)
    world.save_connections(adatum={**world.connections["adatum"], "client_secret": "not-this-one"})
    chosen = ("-e", """'{"export_tenants": ["contoso", "adatum"]}'""")
    run = world.export(*chosen)
    assert run.code == 2, run.output
    assert "the client secret is wrong" in run.failure()
    assert "with partial: true (export_partial), that is no failure" in run.failure()
    data = _Loader(world.text).get_single_data()
    assert (set(data["tenants"]), data["links"]) == ({"contoso", "adatum"}, [])
    flat = re.sub(r"\n *# +", " ", world.text)
    assert "contoso_to_adatum is commented out: Tenant " in flat
    assert flat.count("the client secret is wrong") == 2
    (world.folder / FILE).write_text("kept")
    again = world.export(*chosen, "-e", "export_force=true")
    assert (again.code, world.text) == (2, "kept"), again.output
    # A survey of AWX passes texts, and an empty one for an empty field.
    survey = ("-e", "export_tenants=contoso,adatum", "-e", "export_force=yes", "-e", "export_partial=true")
    partial = world.export(*survey)
    assert (partial.code, world.text == "kept") == (0, False), partial.output

    world.save_connections()
    checked = world.export("-e", "export_force=true", "-e", "export_partial=''", "-e", """'{"export_tenants": ["contoso"]}'""", "--check")
    assert checked.code == 0, checked.output
    content = next(task.result for task in checked.tasks if task.action.endswith("topology_export"))["content"]
    assert "contoso_to_adatum is commented out: its target adatum was not exported" in content
    assert content != world.text

    for arguments, message in (
        (("-e", "export_file=found.yml"), "must end in topology.yml or topology.yaml"),
        (("-e", "export_file=nowhere/x.topology.yml"), "nowhere is not a directory"),
        (("-e", "export_file=x.topology.yml", "-e", """'{"export_tenants": ["adatun"]}'"""), "(did you mean adatum?)"),
        (("-e", "export_file=x.topology.yml", "-e", """'{"tenants": {"a b": {"tenant_id": "x"}}}'"""), "tenants.a b"),
    ):
        refused = world.export(*arguments)
        assert refused.code == 2, refused.output
        assert message in refused.failure()
        assert "Nothing was written." in refused.failure()
        assert world.emulator.control("GET", "requests")["requests"] == []
        assert not (world.folder / "x.topology.yml").exists()

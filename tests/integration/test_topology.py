# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin topology in Ansible's own commands: what it creates, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import COLLECTIONS, PREFIX

PLUGIN = f"{PREFIX}topology"
SECRET = "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
NO_LINKS: dict[str, Any] = {
    "plugin": PLUGIN,
    "tenants": {"contoso": {"tenant_id": CONTOSO, "client_secret": SECRET}, "fabrikam": {"tenant_id": FABRIKAM}},
}
PAIR = {**NO_LINKS, "mesh": ["contoso", "fabrikam"]}
ONE_LINK = {**NO_LINKS, "hub": {"tenant": "contoso", "spokes": ["fabrikam"], "direction": "to_hub"}}

EVALUATED = {
    "ansible.builtin.assert": {
        "that": [
            "link_company_name == link_source | upper",
            "tenants.contoso.client_secret == 's3cret'",
            "ansible_connection == 'local'",
            "ansible_python_interpreter == ansible_playbook_python",
            "groups.links | length == 2",
            "'from_' ~ link_source in group_names and 'to_' ~ link_target in group_names",
        ]
    }
}


def command(folder: Path, program: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A command of Ansible that needs no tenant."""
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_LOCAL_TEMP": str(folder / "local_tmp"),
        "ANSIBLE_NOCOLOR": "1",
        "CONTOSO_CLIENT_SECRET": "s3cret",
        **env,
    }
    called = [str(Path(sys.executable).with_name(program)), *arguments]
    return subprocess.run(called, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120)


def save(folder: Path, content: Any, file: str = "topology.yml") -> Path:
    """A file for the plugin. A text is saved as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def listed(folder: Path, source: Path, *arguments: str, **env: str) -> dict[str, Any]:
    """The inventory as ``ansible-inventory --list`` shows it."""
    done = command(folder, "ansible-inventory", "-i", str(source), "--list", *arguments, **env)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    inventory: dict[str, Any] = json.loads(done.stdout)
    return inventory


def refused(folder: Path, source: Path, **env: str) -> str:
    """What Ansible reports about a file that it cannot read, in one line."""
    done = command(folder, "ansible-inventory", "-i", str(source), "--list", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true", **env)
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    return re.sub(r"\s+", " ", done.stderr)


class TestInventory:
    def test_links_are_hosts_and_tenants_are_set_once(self, tmp_path: Path) -> None:
        """As AWX imports them: a template stays a template, and no host has a copy of the tenants."""
        found = listed(tmp_path, save(tmp_path, PAIR), "--export")
        assert found["_meta"]["hostvars"] == {
            "contoso_to_fabrikam": {"link_source": "contoso", "link_target": "fabrikam", "link_configuration": "fabrikam"},
            "fabrikam_to_contoso": {"link_source": "fabrikam", "link_target": "contoso", "link_configuration": "contoso"},
        }
        assert found["all"]["vars"] == {"tenants": PAIR["tenants"]}
        assert found["links"] == {
            "children": ["from_contoso", "from_fabrikam", "to_contoso", "to_fabrikam"],
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        }
        assert found["from_contoso"]["hosts"] == found["to_fabrikam"]["hosts"] == ["contoso_to_fabrikam"]

    def test_the_graph(self, tmp_path: Path) -> None:
        done = command(tmp_path, "ansible-inventory", "-i", str(save(tmp_path, ONE_LINK, "x.topology.yaml")), "--graph")
        assert done.stdout.splitlines() == [
            "@all:",
            "  |--@ungrouped:",
            "  |--@links:",
            "  |  |--@from_fabrikam:",
            "  |  |  |--fabrikam_to_contoso",
            "  |  |--@to_contoso:",
            "  |  |  |--fabrikam_to_contoso",
        ]

    @pytest.mark.parametrize("imported", [False, True], ids=["file", "as AWX imports it"])
    def test_variables_are_evaluated_when_they_are_used(self, tmp_path: Path, imported: bool) -> None:
        """Also those of the file, and the interpreter, in every version of Ansible. AWX passes on what ``--export`` has shown as a script."""
        source = save(tmp_path, {**PAIR, "defaults": {"company_name": "{{ link_source | upper }}"}})
        if imported:
            exported = save(
                tmp_path, command(tmp_path, "ansible-inventory", "-i", str(source), "--list", "--export").stdout, "exported.json"
            )
            source = save(tmp_path, f"#!/bin/sh\ncat {exported}\n", "hosts")
            source.chmod(0o700)
        play = {"hosts": "links", "gather_facts": False, "tasks": [EVALUATED, {"ansible.builtin.command": "true"}]}
        done = command(tmp_path, "ansible-playbook", "-i", str(source), str(save(tmp_path, [play], "play.yml")))
        assert done.returncode == 0, done.stdout + done.stderr

    def test_features_of_constructed_inventories(self, tmp_path: Path) -> None:
        content = {
            **PAIR,
            "per_source": {"contoso": {"user_type": "guest"}},
            "compose": {"label": "link_source ~ ' ' ~ tenants[link_target].tenant_id"},
            "groups": {"guests": "link_user_type | default('member') == 'guest'", "labelled": "label is defined"},
            "keyed_groups": [{"key": "link_source", "prefix": "company", "parent_group": "companies"}],
        }
        found = listed(tmp_path, save(tmp_path, content))
        # Ansible before 2.19 marks what it composes.
        label = found["_meta"]["hostvars"]["contoso_to_fabrikam"]["label"]
        assert f"contoso {FABRIKAM}" in (label, label.get("__ansible_unsafe") if isinstance(label, dict) else None)
        assert found["guests"]["hosts"] == ["contoso_to_fabrikam"]
        assert len(found["labelled"]["hosts"]) == 2
        assert set(found["companies"]["children"]) == {"company_contoso", "company_fabrikam"}
        strict = {**content, "compose": {"label": "nothing.there"}, "strict": True}
        assert "Could not set label for host contoso_to_fabrikam" in refused(tmp_path, save(tmp_path, strict))

    def test_a_cache_keeps_no_variables_and_never_an_old_state(self, tmp_path: Path) -> None:
        cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
        source = save(tmp_path, {**PAIR, **cache})
        for _time in range(2):
            assert len(listed(tmp_path, source)["_meta"]["hostvars"]) == 2
        (kept,) = (tmp_path / "cache").iterdir()
        assert re.findall(r"[0-9a-f]{64}", kept.read_text()) != []
        assert all(word not in kept.read_text() for word in ("contoso", CONTOSO, "lookup", "s3cret"))
        save(tmp_path, {**ONE_LINK, **cache})
        assert list(listed(tmp_path, source)["_meta"]["hostvars"]) == ["fabrikam_to_contoso"]
        save(tmp_path, {**PAIR, **cache, "defaults": {"scope_mode": "al"}})
        assert "link_scope_mode must be one of assigned, all" in refused(tmp_path, source)

    def test_what_another_source_defines_is_kept(self, tmp_path: Path) -> None:
        """A directory with a hand-written inventory and two files of the plugin."""
        adatum = {"tenant_id": "adatum.example"}
        group = tmp_path / "group"
        written = {
            "all": {"vars": {"tenants": {"adatum": adatum}}, "children": {"links": {"hosts": {"by_hand": {"link_source": "adatum"}}}}}
        }
        save(group, written, "1.yml")
        save(group, PAIR, "2.topology.yml")
        save(
            group,
            {**PAIR, "tenants": {**PAIR["tenants"], "litware": {"tenant_id": "litware.example"}}, "mesh": ["contoso", "litware"]},
            "3.topology.yml",
        )
        found = listed(tmp_path, group, "--export")
        assert set(found["all"]["vars"]["tenants"]) == {"adatum", "contoso", "fabrikam", "litware"}
        assert set(found["_meta"]["hostvars"]) == {
            "by_hand",
            "contoso_to_fabrikam",
            "fabrikam_to_contoso",
            "contoso_to_litware",
            "litware_to_contoso",
        }
        save(group, {**PAIR, "tenants": {**PAIR["tenants"], "adatum": {"tenant_id": "other.example"}}}, "3.topology.yml")
        assert "tenants.adatum: another source of the inventory defines this tenant differently" in refused(tmp_path, group)


def test_nine_thousand_nine_hundred_links_load_in_a_second(tmp_path: Path) -> None:
    """A mesh of 100 tenants, the most that Microsoft allows in a multitenant organization; measured: 1.3 s of CPU with Ansible's own start."""
    names = [f"company{number:02}" for number in range(100)]
    entries = {name: {"tenant_id": f"{name}.example", "client_id": "x", "client_secret": SECRET} for name in names}
    defaults = {"scope_groups": ["Everyone"], "user_type": "member", "mappings": [{"target": "employeeId", "state": "absent"}]}
    source = save(tmp_path, {**NO_LINKS, "tenants": entries, "defaults": defaults, "mesh": names})
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = command(tmp_path, "ansible-inventory", "-i", str(source), "--graph", "links")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert len(set(re.findall(r"company\d\d_to_company\d\d", done.stdout))) == 9900
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 8


class TestRefusals:
    def test_every_fault_with_its_line_and_no_secret(self, tmp_path: Path) -> None:
        text = f"""
            plugin: {PLUGIN}
            tenants:
              contoso:
                tenant_id: {CONTOSO}
                client_secrt: s3cret-in-the-file
              fabrikam: {{tenant_id: {FABRIKAM}, timeout: s3cret-in-the-file}}
            defaults:
              scope_mode: al
            hub:
              tenant: contoso
              spokes: [fabrikam, fabrikan]
            lnks: []
        """
        source = save(tmp_path, "\n".join(line[12:] for line in text.splitlines()))
        found = refused(tmp_path, source)
        for part in (
            "topology.yml has 5 faults: ",
            "line 6, tenants.contoso.client_secrt is not a connection option (did you mean client_secret?); ",
            "line 7, tenants.fabrikam.timeout must be a whole number; ",
            "line 9, defaults.scope_mode: link_scope_mode must be one of assigned, all (did you mean all?); it is 'al'; ",
            "line 12, hub.spokes[1]: tenants has no entry fabrikan (a spoke); the entries are: contoso, fabrikam (did you mean fabrikam?); ",
            "line 13, lnks: there is no option lnks (did you mean links?).",
        ):
            assert part in found
        assert "s3cret" not in found

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            # Ansible itself would refuse these, without a line
            ({"tenants": ["contoso"]}, "line 2, tenants must be a dictionary; it maps the short name"),
            ({"tenants": None}, "line 2, tenants is missing"),
            ({"links": 5}, "links: it must be a list of links, each with source and target"),
            ({"defaults": "text"}, "defaults: it must be a dictionary of variables of a link"),
            ({"tenants_own_keys": {"a": "b"}}, "tenants_own_keys must be a list"),
            # and these in its own words
            ({"compose": [1]}, "compose"),
            ({"cache": True, "cache_plugin": "no_such_plugin"}, "no_such_plugin"),
        ],
    )
    def test_wrong_types(self, tmp_path: Path, change: dict[str, Any], expected: str) -> None:
        assert expected in refused(tmp_path, save(tmp_path, {**PAIR, **change}))

    @pytest.mark.parametrize("text", ["", "- a\n", "plugin\n"])
    def test_other_content_without_another_plugin_before(self, tmp_path: Path, text: str) -> None:
        found = refused(tmp_path, save(tmp_path, text), ANSIBLE_INVENTORY_ENABLED=PLUGIN)
        assert "it must be a dictionary of options" in found

    @pytest.mark.parametrize(
        ("file", "read"), [("topology.yml", True), ("my_topology.yaml", True), ("topology.yml.txt", False), ("x.yml", False)]
    )
    def test_only_files_with_the_right_name_are_read(self, tmp_path: Path, file: str, read: bool) -> None:
        done = command(tmp_path, "ansible-inventory", "-i", str(save(tmp_path, PAIR, file)), "--graph", ANSIBLE_INVENTORY_ENABLED=PLUGIN)
        assert ("contoso_to_fabrikam" in done.stdout) is read

    def test_an_encrypted_file_and_an_encrypted_value(self, tmp_path: Path) -> None:
        """A whole file in Ansible Vault has no lines to report; an encrypted value stays encrypted."""
        password = save(tmp_path, "vault-password", "password")
        vault = {"ANSIBLE_VAULT_PASSWORD_FILE": str(password)}
        value = command(tmp_path, "ansible-vault", "encrypt_string", "s3cret", **vault).stdout
        content = yaml.safe_dump({**PAIR, "tenants": {"fabrikam": {"tenant_id": FABRIKAM}}}, sort_keys=False)
        entry = f"  contoso:\n    tenant_id: {CONTOSO}\n    client_secret: {value}"
        source = save(tmp_path, content.replace("tenants:\n", f"tenants:\n{entry}\n"))
        assert "s3cret" not in str(listed(tmp_path, source, "--export", **vault))
        faulty = save(tmp_path, {**PAIR, "lnks": []}, "faulty.topology.yml")
        assert command(tmp_path, "ansible-vault", "encrypt", str(faulty), **vault).returncode == 0
        assert "faulty.topology.yml has 1 fault: lnks: there is no option lnks (did you mean links?)." in refused(tmp_path, faulty, **vault)

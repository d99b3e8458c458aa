# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files for AWX agree with each other and with the playbooks. ``tests/integration/test_awx.py`` runs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import VARIABLES
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.values import checked
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology import topology_of
from ansible_collections.entra.cross_tenant_sync.tests.support import awx_rules
from ansible_collections.entra.cross_tenant_sync.tests.support.survey import worked_with

ROOT = Path(__file__).resolve().parents[2]
AWX = ROOT / "docs" / "awx"
PREFIX = "entra.cross_tenant_sync."
ASKED_OF_THE_LINK = {"verify.yml": {"link_verify_users"}, "teardown.yml": {"link_users"}}
"""Variables of a link in surveys: the roles that the playbook runs validate and use them."""


class _Loader(yaml.SafeLoader):
    """Reads the files like Ansible, as far as they need it."""


_Loader.add_constructor("!unsafe", lambda loader, node: str(node.value))


def read(path: str) -> Any:
    return yaml.load((AWX / path).read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a safe loader that knows one more tag)


def data() -> dict[str, Any]:
    """All variables of the folder configuration, with templates unevaluated."""
    found: dict[str, Any] = {}
    for path in sorted((AWX / "configuration").glob("*.yml")):
        content = read(f"configuration/{path.name}")
        assert not found.keys() & content.keys()
        found |= content
    return found


DATA = data()
TEMPLATES = {template["name"]: template for template in DATA["controller_templates"]}
SURVEYS: list[tuple[str, dict[str, Any]]] = [
    (entry["playbook"], question) for entry in TEMPLATES.values() for question in entry.get("survey_spec", {}).get("spec", ())
]


def named(value: Any) -> str:
    """The name of a case."""
    return str(value["variable"] if isinstance(value, dict) else value)


def text_of(playbook: str) -> str:
    """A playbook of the collection, with those that it imports and the files of tasks."""
    text = (ROOT / "playbooks" / playbook).read_text(encoding="utf-8")
    imported = [text_of(name) for name in re.findall(r"import_playbook: (\w+\.yml)", text)]
    tasks = [path.read_text(encoding="utf-8") for path in (ROOT / "playbooks" / "tasks").rglob("*.yml") if f"tasks/{path.name}" in text]
    return "".join([text, *imported, *tasks])


def options_with(variable: str, tasks: Any) -> Iterator[tuple[tuple[str, dict[str, Any]], str]]:
    """The options of our modules that get the variable, with the module and its options."""
    if isinstance(tasks, list):
        for task in tasks:
            yield from options_with(variable, task)
    elif isinstance(tasks, dict):
        for name, value in tasks.items():
            if name.startswith(PREFIX) and isinstance(value, dict):
                for option, template in value.items():
                    if re.search(rf"{{{{ {variable}\b", str(template)):
                        yield (name.removeprefix(PREFIX), value), option
            else:
                yield from options_with(variable, value)


class TestSetUp:
    def test_each_member_of_the_data_is_passed_to_the_module(self) -> None:
        (play,) = read("setup.yml")
        assert {path.name for path in (AWX / "configuration").glob("*.yml")} == {Path(path).name for path in play["vars_files"]}
        passed: dict[str, set[str]] = {}
        for task in play["tasks"]:
            (module,) = (name for name in task if name.startswith("awx.awx."))
            members = task[module]
            assert members.keys() <= awx_rules.MODULES[module.removeprefix("awx.awx.")], module
            wrong = [name for name, template in members.items() if not re.search(rf"item(\.[01])?\.({name}|name)\b", template)]
            assert wrong == [], module
            (variable,) = re.findall(r"controller_\w+", task["loop"])
            passed.setdefault(variable, set()).update(re.findall(r"item\.(?:[01]\.)?(\w+)", " ".join(map(str, task[module].values()))))
        for variable, members in passed.items():
            entries = DATA[variable]
            if isinstance(entries, str):
                entries = DATA["entra_awx_known_credentials"] if variable == "controller_credentials" else [DATA["entra_awx_notification"]]
            assert {name for entry in entries for name in entry} - {"simplified_workflow_nodes"} <= members, variable
        nodes = {name for workflow in DATA["controller_workflows"] for node in workflow["simplified_workflow_nodes"] for name in node}
        assert nodes <= passed["controller_workflows"]
        assert passed.keys() == {name for name in DATA if name.startswith("controller_")}

    def test_secrets_are_in_no_file(self) -> None:
        values = {value for entry in DATA["entra_awx_known_credentials"] for value in entry["inputs"].values()}
        assert [value for value in values if not value.startswith("{{ lookup('ansible.builtin.env', 'ENTRA_")] == []


class TestCredentialTypes:
    def test_each_input_is_injected_and_each_injected_variable_is_read(self) -> None:
        files = {name: (AWX / "project" / name).read_text(encoding="utf-8") for name in ("topology.yml", "application.topology.yml")}
        read_by = {
            "Entra source tenant": "topology.yml",
            "Entra target tenant": "topology.yml",
            "Entra application": "application.topology.yml",
        }
        injected: dict[str, set[str]] = {name: set() for name in files}
        for entry in DATA["controller_credential_types"]:
            assert awx_rules.credential_type(entry["inputs"], entry["injectors"]) == []
            templates = entry["injectors"]["env"]
            inputs = [field["id"] for field in entry["inputs"]["fields"]]
            assert sorted(templates.values()) == sorted(f"{{{{ {name} }}}}" for name in inputs)
            injected[read_by[entry["name"]]] |= templates.keys()
            (known,) = (one for one in DATA["entra_awx_known_credentials"] if one["credential_type"] == entry["name"])
            for variable, template in templates.items():
                assert f"'{variable}'" in known["inputs"][template.strip("{ }")]
        assert {name: set(re.findall(r"'(ENTRA_\w+)'", text)) for name, text in files.items()} == injected

    @pytest.mark.parametrize(
        ("inputs", "injectors", "fault"),
        [
            ({"fields": [{"id": "a-b", "label": "A"}]}, {}, "a-b is no name"),
            ({"fields": [{"id": "a"}]}, {}, "a has no label"),
            ({"fields": [{"id": "a", "label": "A", "type": "integer"}]}, {}, "a has type integer"),
            ({"fields": [{"id": "a", "label": "A", "type": "boolean", "secret": True}]}, {}, "a is a boolean with secret"),
            ({"fields": [{"id": "a", "label": "A"}] * 2}, {}, "a is there twice"),
            ({"fields": [], "required": ["a"]}, {}, "a is required, and no field"),
            ({"dependencies": {}}, {}, "inputs.dependencies is not allowed"),
            ({}, {"env": {"ANSIBLE_X": ""}}, "ANSIBLE_X cannot be injected"),
            ({}, {"env": {"X": "{{ a }}"}}, "env.X: 'a' is undefined"),
            ({}, {"env": {"X": "{{ tower.filename.key }}"}, "file": {"template.key": "x"}}, None),
            ({}, {"vars": {}}, "injectors.vars is not allowed"),
        ],
    )
    def test_the_rules_find_mistakes(self, inputs: dict[str, Any], injectors: dict[str, Any], fault: str | None) -> None:
        found = awx_rules.credential_type(inputs, injectors)
        assert fault in found if fault else found == []


class TestProject:
    def test_each_playbook_is_that_of_the_collection(self) -> None:
        used = {template["playbook"] for template in TEMPLATES.values()}
        assert {path.name for path in (AWX / "project").glob("*.yml")} == used | {"topology.yml", "application.topology.yml"}
        for name in used:
            (play,) = read(f"project/{name}")
            assert play["ansible.builtin.import_playbook"] == f"{PREFIX}{Path(name).stem}"
            assert (ROOT / "playbooks" / name).is_file()

    @pytest.mark.parametrize(("name", "links"), [("topology.yml", 1), ("application.topology.yml", 4)])
    def test_the_topology_files_have_no_fault(self, name: str, links: int) -> None:
        content = read(f"project/{name}")
        found, faults = topology_of(content, content)
        assert (len(found), faults) == (links, [])

    def test_the_execution_environment(self) -> None:
        """The members that version 3 of the format has."""
        content = read("execution-environment.yml")
        assert content["version"] == 3
        assert content.keys() <= {
            *("version", "images", "dependencies", "additional_build_files", "additional_build_steps", "build_arg_defaults", "options")
        }
        assert content["dependencies"].keys() <= {
            "ansible_core",
            "ansible_runner",
            "python_interpreter",
            "galaxy",
            "python",
            "system",
            "exclude",
        }
        assert content["dependencies"]["galaxy"]["collections"] == read("project/collections/requirements.yml")["collections"]
        assert set(read("../../meta/execution-environment.yml")["dependencies"]) == {"python"}
        assert content["options"].keys() <= {
            "package_manager_path",
            "skip_ansible_check",
            "relax_passwd_permissions",
            "workdir",
            "user",
            "tags",
        }


class TestSurveys:
    @pytest.mark.parametrize("template", TEMPLATES)
    def test_no_rule_is_broken(self, template: str) -> None:
        entry = TEMPLATES[template]
        assert bool(entry.get("survey_enabled")) == ("survey_spec" in entry)
        assert "survey_spec" not in entry or awx_rules.survey(entry["survey_spec"]) == []

    @pytest.mark.parametrize(("playbook", "question"), SURVEYS, ids=named)
    def test_each_variable_is_one_of_the_playbook(self, playbook: str, question: dict[str, Any]) -> None:
        name = question["variable"]
        if name in VARIABLES:
            assert name in ASKED_OF_THE_LINK[playbook]
            for answer in question.get("choices", [question.get("default", "")]):
                assert checked(name, VARIABLES[name].about, answer, name)[1] == []
        else:
            assert re.search(rf"{{{{ {name}\b", text_of(playbook)), name

    @pytest.mark.parametrize(("playbook", "question"), [one for one in SURVEYS if one[1]["variable"] not in VARIABLES], ids=named)
    def test_a_question_that_is_not_answered_has_no_effect(self, playbook: str, question: dict[str, Any]) -> None:
        """An empty text and null are what a task works with if the variable is not set, wherever the playbook passes it."""
        passed = [
            (task, option)
            for text in text_of(playbook).split("\n---\n")
            for task, option in options_with(question["variable"], yaml.safe_load(text))
        ]
        assert passed
        for (module, given), option in passed:
            others = {name: value for name, value in given.items() if "{{" not in str(value)}
            for blank in ("", None):
                assert worked_with(module, **{**others, option: blank}) == worked_with(module, **others), (module, option)

    def test_the_questions_of_the_workflow_are_those_of_its_jobs(self) -> None:
        (workflow,) = DATA["controller_workflows"]
        asked = {question["variable"] for question in workflow["survey_spec"]["spec"]}
        for node in workflow["simplified_workflow_nodes"]:
            if node["identifier"] in ("plan", "apply"):
                spec = TEMPLATES[node["unified_job_template"]]["survey_spec"]["spec"]
                assert asked <= {question["variable"] for question in spec}

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"type": "boolean"}, "x has type boolean"),
            ({"required": "yes"}, "x.required is missing or of another type"),
            ({"min": "1"}, "x.min is no whole number"),
            ({"type": "integer", "default": "1"}, "x has a default of another type"),
            ({"type": "multiplechoice"}, "x has no choices"),
            ({"type": "multiplechoice", "choices": ["a"], "default": "b"}, "x has a default that is no choice"),
        ],
    )
    def test_the_rules_find_mistakes(self, change: dict[str, Any], fault: str) -> None:
        question = {"variable": "x", "question_name": "X", "type": "text", "required": False, **change}
        assert awx_rules.survey({"name": "", "description": "", "spec": [question]}) == [fault]
        assert "x is asked twice" in awx_rules.survey({"name": "", "description": "", "spec": [question, question]})


def test_settings_are_used_and_nothing_else_is() -> None:
    """A template that Ansible evaluates during the set-up uses variables of the files only; the others are marked as unsafe."""
    texts = (AWX / "configuration").glob("*.yml")
    evaluated = [line for path in texts for line in path.read_text(encoding="utf-8").splitlines() if re.search(r"(?<!!unsafe) \"{{", line)]
    used = {name for line in evaluated for name in re.findall(r"\bentra_awx_\w+", line)}
    assert used <= DATA.keys()
    assert set(read("configuration/settings.yml")) <= used
    assert [line for line in evaluated if not re.search(r"entra_awx_|lookup\(|controller_notifications", line)] == []

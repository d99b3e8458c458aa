# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every sample of every guide is run by a test, or read as the program reads it for which it is."""

from __future__ import annotations

import ast
import configparser
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.cli.doc import DocCLI
from ansible.cli.galaxy import GalaxyCLI
from ansible.cli.inventory import InventoryCLI
from ansible.cli.playbook import PlaybookCLI
from ansible.cli.vault import VaultCLI

from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, REPOSITORY
from ansible_collections.entra.cross_tenant_sync.tests.support.samples import RUNNERS, Sample, kind, samples
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_documentation import problems
from entra_emulator import cli as emulator
from entra_emulator.scenario import load_scenario

COMMANDS: dict[str, Any] = {
    "ansible-doc": DocCLI,
    "ansible-galaxy": GalaxyCLI,
    "ansible-inventory": InventoryCLI,
    "ansible-playbook": PlaybookCLI,
    "ansible-vault": VaultCLI,
}
OTHERS = re.compile(
    # Programs that are not ours, and what a shell does by itself.
    r"(\w+=|export |cd |cat |cp |curl |chmod |mkdir |for |done$|az |openssl |podman |git |gpgv? |sha256sum |make |nox |pip |python -m |pytest |"
    r"mail |echo |printf |tee |ansible-builder |ansible-test |ansible-rulebook |ANSIBLE_|\.build/venv/bin/)"
)


def of(form: str) -> list[Sample]:
    return [sample for sample in samples() if kind(sample) == form]


def lines(sample: Sample) -> Iterator[list[str]]:
    """The commands of a sample, as words; a whole script is none of ours."""
    if sample.text.startswith("#!"):
        return
    for line in sample.text.replace("\\\n", " ").splitlines():
        for command in re.split(r" \| | && ", line):
            if words := shlex.split(command.split(" > ")[0], comments=True):
                yield words


def test_each_sample_has_a_test() -> None:
    """The table of tests/support/samples.py says which."""
    assert [str(sample) for sample in samples() if kind(sample) not in RUNNERS] == []
    assert {kind(sample) for sample in samples()} == RUNNERS.keys()
    assert len(samples()) > 150


@pytest.mark.parametrize("runner", sorted(set(RUNNERS.values())))
def test_each_of_these_tests_exists(runner: str) -> None:
    file, _colons, name = runner.partition("::")
    tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_an_unknown_sample_is_noticed() -> None:
    guide = REPOSITORY / "README.md"
    wrong = {"yaml": "[{name: no play}]", "toml": "a = 1", "": "what is this"}
    assert [kind(Sample(guide, 1, language, text)) for language, text in wrong.items()] == [None] * 3
    assert kind(Sample(guide, 1, "yaml", "neither: a variable nor an option")) is None


class TestCommands:
    def test_every_command_is_understood(self, capsys: pytest.CaptureFixture[str]) -> None:
        """With the parsers of Ansible and of the emulator; a wrong option would end them."""
        refused = [f"{sample} {' '.join(words)}" for sample in of("commands") for words in lines(sample) if not understood(words)]
        assert refused == [], capsys.readouterr().err

    def test_a_wrong_one_is_not(self) -> None:
        assert understood(["ansible-playbook", "-i", "inventory.yml", f"{PREFIX}sync", "--check"])
        assert not understood(["ansible-playbook", "-i", "inventory.yml", f"{PREFIX}sync", "--chekc"])
        assert not understood(["entra-emulator", "--prot", "8443"])
        assert not understood(["ansible-playbok", f"{PREFIX}sync"])


def understood(words: list[str]) -> bool:
    """Whether a program takes these words, or they are for a program that is not ours."""
    program, *arguments = words
    given = [word for word in arguments if not word.startswith("$")]
    try:
        if program.endswith("entra-emulator"):
            emulator.parser().parse_args(given)
        elif program in COMMANDS:
            command = COMMANDS[program]([program, *given])
            command.init_parser()
            command.parser.parse_args(given)
        else:
            return bool(OTHERS.match(" ".join(words)) or OTHERS.match(program + " "))
    except SystemExit:
        return False
    return True


class TestOthers:
    def test_requirements_name_this_collection(self) -> None:
        for sample in of("requirements"):
            assert [one["name"] for one in yaml.safe_load(sample.text)["collections"]] == [PREFIX.rstrip(".")], str(sample)

    def test_settings_exist(self) -> None:
        known = {(entry["section"], entry["key"]) for about in settings().values() for entry in about.get("ini", ())}
        for sample in of("settings of Ansible"):
            parsed = configparser.ConfigParser()
            parsed.read_string(sample.text)
            assert {(section, key) for section in parsed.sections() for key in parsed[section]} <= known, str(sample)

    def test_a_scenario_starts(self, tmp_path: Path) -> None:
        for number, sample in enumerate(of("scenario of the emulator")):
            file = tmp_path / f"{number}.json"
            file.write_text(sample.text, encoding="utf-8")
            assert load_scenario(str(file)).tenants, json.loads(sample.text)


def settings() -> dict[str, dict[str, list[dict[str, str]]]]:
    """Those of ansible.cfg."""
    found: dict[str, dict[str, list[dict[str, str]]]] = constants.config.get_configuration_definitions()
    return found


@pytest.mark.parametrize("file", sorted(REPOSITORY.glob("plugins/modules/[!_]*.py")), ids=lambda path: path.stem)
def test_the_examples_of_a_module_use_what_exists(file: Path) -> None:
    """antsibull-docs checks that they parse; here each option is compared with the argument specifications."""
    (text,) = re.findall(r'^EXAMPLES = r?"""(.*?)"""', file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    examples = yaml.safe_load(text)
    assert list(problems(examples)) == []
    assert f"{PREFIX}{file.stem}" in text
    assert [one for one in examples if not one.get("name")] == []

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An option is specified once and described once, however many modules take it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import specs
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = "ansible_collections.entra.cross_tenant_sync.plugins"
NAME = "entra.cross_tenant_sync"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("sync_*.py"))
OF_LINK = [
    # an option of link_info, the module it belongs to, and its name there
    ("configuration", "sync_scope", "configuration"),
    *((name, "sync_configuration", name) for name in specs.SETTINGS),
    *((f"scope_{name}", "sync_scope", name) for name in specs.SCOPE),
    *((name, "sync_mapping", name) for name in (*specs.MAPPING, *specs.GROUPS)),
    *((f"job_{name}", "sync_job", name) for name in specs.JOB),
    ("source_domains", "sync_deprovision", "source_domains"),
]
OWN = {
    "target",
    "share",
    "share_keep",
    "verify_users",
    "compare",
    "stop_at_difference",
    "share_reads",
    "fail_on_problems",
    "state",
    "source_name",
    "target_name",
}
POINTED_AT = ("sync_scope", "sync_job")
"""Their options have other names in link_info, where a description can only point at them."""


@functools.cache
def module(name: str) -> Any:
    return importlib.import_module(f"{PLUGINS}.modules.{name}")


@functools.cache
def documentation(name: str) -> dict[str, Any]:
    """A module's own documentation, without what it takes from fragments."""
    text: dict[str, Any] = yaml.safe_load(module(name).DOCUMENTATION)
    return text


@functools.cache
def fragment(name: str) -> dict[str, Any]:
    """The options that a doc fragment describes."""
    file, _dot, part = name.removeprefix(f"{NAME}.").partition(".")
    described = importlib.import_module(f"{PLUGINS}.doc_fragments.{file}").ModuleDocFragment
    options: dict[str, Any] = yaml.safe_load(getattr(described, part.upper() or "DOCUMENTATION"))["options"]
    return options


class TestOneSpecification:
    def test_link_info_has_no_other_options(self) -> None:
        assert {option for option, _module, _name in OF_LINK} | OWN == set(module("link_info").OPTIONS.spec)

    @pytest.mark.parametrize(("option", "owner", "name"), OF_LINK)
    def test_link_info_takes_the_option_of_the_module_that_owns_it(self, option: str, owner: str, name: str) -> None:
        taken, owned = dict(module("link_info").OPTIONS.spec[option]), dict(module(owner).OPTIONS.spec[name])
        if option == "job_state":
            # A link can be started or paused. To restart or delete its job is a deed, not a state of it.
            assert set(taken.pop("choices")) < set(owned.pop("choices"))
        assert taken == owned

    def test_link_info_has_the_rules_of_the_mappings(self) -> None:
        rules = module("sync_mapping").OPTIONS.rules
        assert {name: rules[name] for name in module("link_info").OPTIONS.rules} == specs.MAPPING_RULES


class TestOneDescription:
    @pytest.mark.parametrize("name", [*MODULES, "impact_info", "link_info", "provisioning_log_info"])
    def test_a_module_does_not_repeat_what_its_fragments_describe(self, name: str) -> None:
        shared = {option for used in documentation(name)["extends_documentation_fragment"] for option in fragment(used)}
        assert shared.isdisjoint(documentation(name).get("options", {}))

    @pytest.mark.parametrize(("option", "owner", "name"), OF_LINK)
    def test_link_info_shares_a_description_or_points_at_it(self, option: str, owner: str, name: str) -> None:
        own: Any = {**fragment("scope"), **fragment("scope.allow_empty"), **documentation("link_info")["options"]}.get(option)
        if option == "source_domains":
            # Each of the two modules falls back to something else.
            assert own
        elif owner in POINTED_AT and option != "configuration":
            assert f"See O({NAME}.{owner}#module:{name})." in own["description"][0]
        else:
            assert own is None


OWNERS = {
    # the variables of a link, and the option of a module that each becomes
    **{f"link_{option}": (owner, name) for option, owner, name in OF_LINK if option != "configuration"},
    "link_source_domains": ("link_info", "source_domains"),
    "link_share": ("link_info", "share"),
    "link_share_keep": ("link_info", "share_keep"),
    "link_verify_users": ("link_info", "verify_users"),
    **{f"link_{name}": ("impact_info", name) for name in specs.PROTECTED},
    "link_job_wait_timeout": ("sync_job", "wait_timeout"),
    "link_deprovision_timeout": ("sync_deprovision", "wait_timeout"),
    "link_preflight_switches": ("preflight_info", "switches"),
    "link_preflight_purpose": ("preflight_info", "purpose"),
    "link_preflight_strict": ("preflight_info", "strict"),
    "link_verify_max_unlisted": ("address_book_info", "max_unlisted"),
    "link_global_address_list": ("address_book_info", "global_address_list"),
    "link_person": ("person_info", "user"),
    "link_address_book_max_changes": ("address_book_visibility", "max_changes"),
    "link_address_book_commands_path": ("address_book_visibility", "commands_path"),
}
DEFAULTS = {"link_state": "present", "link_strangers": "report", "link_users": "keep", "link_compare": True, "link_preflight": True}
"""Of the variables that become no option of a module."""
DEPENDENT = {
    "link_protected_importance": ["All kinds if not set."],
    "link_preflight_purpose": ["V(plan) in check mode, otherwise V(apply), if not set."],
    "link_address_book": ["V(report) if the entry of the target in C(tenants) has C(exchange), otherwise V(off), if not set."],
}
"""Defaults that depend on something else."""
REQUIRED = {"link_source", "link_target", "link_configuration"}
IN_WORDS = {"bool": "V(true) or V(false).", "int": "A whole number."}


def arguments() -> list[tuple[str, str, dict[str, Any]]]:
    """Every argument of every entry point of the roles."""
    found = []
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        for entry, spec in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].items():
            found += [(f"{path.parts[-3]}.{entry}", name, about) for name, about in spec["options"].items()]
    return found


def held(about: Mapping[str, Any]) -> dict[str, Any]:
    """What Ansible may check of an argument. A survey gives texts, and an empty one for an empty field, so little of it."""
    if about["type"] in ("bool", "int", "dict") or about.get("elements") == "dict":
        return {"type": "raw"}
    if about["type"] == "list":
        return {"type": "list", "elements": about["elements"]}
    return {"type": "str", **({"choices": [*about["choices"], ""]} if "choices" in about else {})}


def lines(name: str) -> list[str]:
    """What the description of an argument says after its first sentences: default, form, and where the option is described."""
    about = VARIABLES[name].about
    owner, option = OWNERS.get(name, ("", ""))
    default = module(owner).OPTIONS.spec[option].get("default") if owner else DEFAULTS.get(name)
    said = [] if default is None else [f"V({str(default).lower()}) if not set."]
    said = [*DEPENDENT.get(name, said)]
    if about.get("elements") == "dict":
        said.append("A list of dictionaries, or a text with its JSON.")
    elif about["type"] == "dict":
        said.append("A dictionary, or a text with its JSON.")
    elif about["type"] == "list" and "choices" in about:
        *most, last = (f"V({choice})" for choice in about["choices"])
        said.append(f"{', '.join(most)} and {last}, or some of them.")
    elif about["type"] in IN_WORDS:
        said.append(IN_WORDS[about["type"]])
    return [*said, *([f"See O({NAME}.{owner}#module:{option})."] if owner else [])]


class TestArgumentsOfRoles:
    """What a variable may hold does not depend on who says it: a role, the table of all variables, or the module."""

    def test_every_variable_that_becomes_an_option_has_an_owner(self) -> None:
        assert set(OWNERS) == {name for name, variable in VARIABLES.items() if variable.options} - REQUIRED
        for name, (owner, option) in OWNERS.items():
            assert VARIABLES[name].options.get(owner, option) == option

    @pytest.mark.parametrize(("entry", "name", "about"), arguments(), ids=lambda value: value if isinstance(value, str) else "")
    def test_it_is_what_the_table_says(self, entry: str, name: str, about: dict[str, Any]) -> None:
        required = {"required": True} if name in REQUIRED else {}
        assert {key: value for key, value in about.items() if key != "description"} == {**held(VARIABLES[name].about), **required}

    @pytest.mark.parametrize(("entry", "name", "about"), arguments(), ids=lambda value: value if isinstance(value, str) else "")
    def test_its_description_is_that_of_the_option(self, entry: str, name: str, about: dict[str, Any]) -> None:
        assert about["description"][1:] == lines(name)

    @pytest.mark.parametrize("name", sorted(VARIABLES))
    def test_it_is_the_same_in_every_role(self, name: str) -> None:
        assert len({str(about) for _entry, other, about in arguments() if other == name}) == 1

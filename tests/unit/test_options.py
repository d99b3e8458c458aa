# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An option is specified once and described once, however many modules take it."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import specs

PLUGINS = "ansible_collections.entra.cross_tenant_sync.plugins"
NAME = "entra.cross_tenant_sync"
MODULES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "plugins" / "modules").glob("sync_*.py"))
OF_LINK = [
    # an option of link_info, the module it belongs to, and its name there
    ("configuration", "sync_scope", "configuration"),
    *((name, "sync_configuration", name) for name in specs.SETTINGS),
    *((f"scope_{name}", "sync_scope", name) for name in specs.SCOPE),
    *((name, "sync_mapping", name) for name in specs.MAPPING),
    *((f"job_{name}", "sync_job", name) for name in specs.JOB),
    ("source_domains", "sync_deprovision", "source_domains"),
]
OWN = {"target", "verify_users", "compare", "stop_at_difference"}
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
    @pytest.mark.parametrize("name", [*MODULES, "link_info", "provisioning_log_info"])
    def test_a_module_does_not_repeat_what_its_fragments_describe(self, name: str) -> None:
        shared = {option for used in documentation(name)["extends_documentation_fragment"] for option in fragment(used)}
        assert shared.isdisjoint(documentation(name).get("options", {}))

    @pytest.mark.parametrize(("option", "owner", "name"), OF_LINK)
    def test_link_info_shares_a_description_or_points_at_it(self, option: str, owner: str, name: str) -> None:
        own = documentation("link_info")["options"].get(option)
        if option == "source_domains":
            # Each of the two modules falls back to something else.
            assert own
        elif owner in POINTED_AT and option != "configuration":
            assert f"See O({NAME}.{owner}#module:{name})." in own["description"][0]
        else:
            assert own is None

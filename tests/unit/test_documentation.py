# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guides print: it parses, uses options and names that exist, and leads somewhere."""

from __future__ import annotations

import functools
import importlib
import itertools
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.inventory import topology
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.exchange.service import ENDPOINTS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.methods import METHODS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import OWN, TEARDOWN, VARIABLES
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import causes
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.verdict import (
    NAMES,
    SHOW,
    TOUCH,
    UNKNOWN,
    VERDICTS,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.person.cause import CAUSES
from ansible_collections.entra.cross_tenant_sync.plugins.modules import person_info, topology_export
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_guard import EXPECTED, USERS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology import topology_of
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.samples import GUIDES, OF_TOPOLOGY, Sample, samples

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "entra.cross_tenant_sync."
GROUP = f"group/{PREFIX}graph"
SITE = re.compile(r"https://github\.com/entra-cross-tenant-sync/entra\.cross_tenant_sync/(?:blob|tree)/main/")

MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py")}
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
ROLES = {path.name for path in (ROOT / "roles").glob("*") if path.is_dir()}
INVENTORY_PLUGINS = {path.stem for path in (ROOT / "plugins" / "inventory").glob("[!_]*.py")}
EVENT_SOURCES, RULEBOOKS = (
    {path.stem for path in (ROOT / "extensions" / "eda").glob(pattern)} for pattern in ("plugins/event_source/[!_]*.py", "rulebooks/*.yml")
)
LOOKUPS = {path.stem for path in (ROOT / "plugins" / "lookup").glob("[!_]*.py")}
OF_ACTIONS: dict[str, Any] = {name: {"type": "str"} for name in (EXPECTED, USERS, "pause_reason")}
"""The variables of the playbooks for a link that exists. On a command line, all of them are texts."""
OF_EXPORT = {f"export_{'file' if name == 'path' else name}": about for name, about in topology_export.ARGUMENTS.items()}
"""The variables of the playbook export, each an option of its task."""
OF_A_RUN: dict[str, dict[str, Any]] = {
    **{key: {"type": "str"} for key in ("change_ticket", "change_ticket_pattern", "change_window", "expected_plan", "report_title")},
    **{key: {"type": "path"} for key in ("plan_folder", "report_folder")},
    **{key: {"type": "bool"} for key in ("drift_fail", "health_fail", "report_mask", "report_users", "watch_fail")},
}
"""The variables of playbooks that are the same for all links."""

each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(guide: Path, *languages: str) -> list[Sample]:
    """The fenced blocks in one of the languages."""
    return [sample for sample in samples() if sample.guide == guide and sample.language in languages]


def prose(guide: Path) -> str:
    """A guide without its fenced blocks."""
    return re.sub(r"^```[^\n]*\n.*?^```$", "", guide.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@each_guide
def test_an_entry_of_tenants_goes_through_the_filter(guide: Path) -> None:
    """An entry may hold what no module takes, and without the filter that ends each task of a play (issue 12)."""
    defaults = re.findall(rf"{re.escape(GROUP)}: (.*tenants.*)", guide.read_text(encoding="utf-8"))
    assert [one for one in defaults if f"| {PREFIX}connection" not in one] == []


@functools.cache
def module_spec(module: str) -> dict[str, Any]:
    """All options of a module, aliases among them."""
    found = importlib.import_module(f"ansible_collections.entra.cross_tenant_sync.plugins.modules.{module}")
    options: Options | None = getattr(found, "OPTIONS", None)
    # A module that runs in the controller has no connection, and its own table.
    spec = options.argument_spec() if options else getattr(found, "ARGUMENTS", {})
    return {**spec, **{alias: about for about in spec.values() for alias in about.get("aliases", ())}}


@functools.cache
def role_arguments() -> dict[str, Any]:
    """The arguments of all roles, with their true types: the roles' own specifications leave room for the texts of a survey."""
    # On a command line, the names of links are a text.
    own = {OWN: {"type": "list", "elements": "str"}, TEARDOWN: {"type": "str"}}
    return {**{name: dict(variable.about) for name, variable in VARIABLES.items()}, **own}


def literal(value: Any) -> bool:
    """Whether the value says what it is, instead of being a template."""
    return not (isinstance(value, str) and "{{" in value)


def faults(spec: Mapping[str, Any], given: Mapping[str, Any], where: str) -> Iterator[str]:
    """What an argument specification has against these options."""
    for name, value in given.items():
        place = f"{where}.{name}"
        if name not in spec:
            yield f"{place} is no option"
            continue
        about = spec[name]
        kind = about.get("type", "str")
        values = value if isinstance(value, list) else [value]
        if literal(value) and (kind == "list") != isinstance(value, list):
            yield f"{place} should be a {kind}"
        if literal(value) and kind == "bool" and not isinstance(value, bool):
            yield f"{place} should be true or false"
        if about.get("choices"):
            yield from (f"{place} cannot be {one!r}" for one in values if literal(one) and one not in about["choices"])
        if about.get("options"):
            for one in filter(literal, values):
                yield from faults(about["options"], one, place)
                yield from (f"{place} needs {inner}" for inner, sub in about["options"].items() if sub.get("required") and inner not in one)


def problems(node: Any, where: str = "") -> Iterator[str]:
    """What is wrong with the modules, roles, variables and connections named anywhere in a document."""
    if isinstance(node, list):
        for number, one in enumerate(node):
            yield from problems(one, f"{where}[{number}]")
        return
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        place = f"{where}.{name}"
        if name == GROUP:
            yield from faults(CONNECTION, value, place) if isinstance(value, dict) else ()
        elif name.startswith(PREFIX):
            module = name.removeprefix(PREFIX)
            given = value if isinstance(value, dict) else {}  # a template stands for a whole set of options
            yield from faults(module_spec(module), given, place) if module in MODULES else [f"{place} is no module"]
        elif (name in ("role", "roles") and not where.endswith("link_arguments")) or (name == "name" and str(value).startswith(PREFIX)):
            roles = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
            yield from (f"{place}: there is no role {one}" for one in roles if one.removeprefix(PREFIX) not in ROLES)
        elif name == "tenants":
            for tenant, connection in value.items():
                yield from faults(CONNECTION, connection, f"{place}.{tenant}")
        elif name.startswith("link_"):
            yield from faults(role_arguments(), {name: value}, where)
        yield from problems(value, place)


class TestYaml:
    @each_guide
    def test_it_parses_and_uses_what_exists(self, guide: Path) -> None:
        found = [
            f"{guide.name}:{block.line} {problem}" for block in blocks(guide, "yaml") for problem in problems(yaml.safe_load(block.text))
        ]
        assert found == []

    @each_guide
    def test_a_snippet_without_a_task_is_variables_or_connection_options(self, guide: Path) -> None:
        parsed = [(block.line, yaml.safe_load(block.text)) for block in blocks(guide, "yaml")]
        known = {*role_arguments(), *CONNECTION, "all", "collections", *OF_TOPOLOGY}
        assert [(line, name) for line, part in parsed if isinstance(part, dict) for name in part if name not in known] == []

    @each_guide
    def test_plays_and_tasks_are_named(self, guide: Path) -> None:
        plays = [play for block in blocks(guide, "yaml") if isinstance(play_list := yaml.safe_load(block.text), list) for play in play_list]
        tasks = [task for play in plays for part in ("tasks", "pre_tasks", "post_tasks") for task in play.get(part, ())]
        assert [one for one in (*plays, *tasks) if not one.get("name")] == []

    def test_mistakes_are_noticed(self) -> None:
        """The checks above would pass for nothing if these did not fail."""
        wrong = """
        - hosts: links
          module_defaults:
            group/entra.cross_tenant_sync.graph: {tenant_idd: x}
          vars:
            link_stat: present
            link_users: [keep]
            link_mappings: [{targett: displayName}]
            tenants: {contoso: {tenant_id: x, password: y}}
          roles:
            - role: entra.cross_tenant_sync.sourcetenant
          tasks:
            - entra.cross_tenant_sync.sync_jobb: {}
            - entra.cross_tenant_sync.sync_job: {state: begun, wait_for: idle}
            - entra.cross_tenant_sync.sync_scope: {users: minsu.kim@contoso.kr, exact: "yes", mode: "{{ mode }}"}
        """
        assert [problem.rpartition(".")[2] for problem in problems(yaml.safe_load(wrong))] == [
            "tenant_idd is no option",
            "link_stat is no option",
            "link_users should be a str",
            "targett is no option",
            "link_mappings needs target",
            "password is no option",
            "sourcetenant",
            "sync_jobb is no module",
            "state cannot be 'begun'",
            "wait_for is no option",
            "users should be a list",
            "exact should be true or false",
        ]


class TestTopology:
    """The files of the inventory plugin, and parts of one."""

    GUIDE = ROOT / "docs" / "guide_topology.md"

    def test_the_whole_files_have_no_fault(self) -> None:
        found = [content for block in blocks(self.GUIDE, "yaml") if "plugin" in (content := yaml.safe_load(block.text))]
        # ansible-test on ansible-core 2.16 takes a single document as an example, so the second file is a comment.
        second = topology.EXAMPLES.partition("# Another file")[2].splitlines()[1:]
        found += [yaml.safe_load(topology.EXAMPLES), yaml.safe_load("\n".join(line.removeprefix("#")[1:] for line in second))]
        links = [topology_of(content, OF_TOPOLOGY) for content in found]
        assert [faults for _links, faults in links] == [[]] * 4
        assert [len(links) for links, _faults in links] == [8, 90, 5, 6]

    @each_guide
    def test_a_whole_file_has_no_fault(self, guide: Path) -> None:
        found = [content for block in blocks(guide, "yaml") if "plugin" in (content := yaml.safe_load(block.text))]
        assert [topology_of(content, OF_TOPOLOGY)[1] for content in found] == [[]] * len(found)

    @each_guide
    def test_a_part_of_one_has_no_fault_in_a_whole_file(self, guide: Path) -> None:
        (mesh,) = [content for block in blocks(self.GUIDE, "yaml") if "mesh" in (content := yaml.safe_load(block.text))]
        for block in blocks(guide, "yaml"):
            part = yaml.safe_load(block.text)
            if isinstance(part, dict) and "plugin" not in part and set(part) <= OF_TOPOLOGY:
                tenants = {**mesh["tenants"], **part.get("tenants", {})}
                # A part that describes links stands instead of the mesh, because each link must be described only once.
                links = {} if part.keys() & {"hub", "links"} else {"mesh": mesh["mesh"]}
                whole = {**{key: value for key, value in mesh.items() if key != "mesh"}, **links, **part, "tenants": tenants}
                assert topology_of(whole, OF_TOPOLOGY)[1] == [], f"{guide.name}:{block.line}"

    def test_the_guide_describes_every_option(self) -> None:
        text = self.GUIDE.read_text(encoding="utf-8")
        ours = set(yaml.safe_load(topology.DOCUMENTATION)["options"]) - {"plugin", "tenants_own_keys"}
        assert [option for option in sorted(ours) if f"`{option}`" not in text and f"`{option}: " not in text] == []


class TestCommands:
    @each_guide
    def test_playbooks_modules_and_variables_of_commands_exist(self, guide: Path) -> None:
        found = []
        for block in blocks(guide, "shell"):
            for line in block.text.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                found += [f"{guide.name}:{block.line} {problem}" for problem in self.mistakes(words)]
        assert found == []

    @staticmethod
    def mistakes(words: list[str]) -> Iterator[str]:
        documented = MODULES | ROLES | INVENTORY_PLUGINS | LOOKUPS
        commands = {"ansible-playbook": PLAYBOOKS, "ansible-doc": documented, "ansible-rulebook": RULEBOOKS}
        known = commands.get(words[0] if words else "", PLAYBOOKS | documented)
        named = [word.removeprefix(PREFIX) for word in words if re.fullmatch(rf"{re.escape(PREFIX)}\w+", word)]
        yield from (f"there is no {name}" for name in named if name not in known)
        for option, value in itertools.pairwise(words):
            if option not in ("-e", "--extra-vars") or value.startswith("@"):
                continue
            name, _equals, text = value.partition("=")
            given: dict[str, Any] = json.loads(value) if value.startswith("{") else {name: yaml.safe_load(text)}
            spec = {**role_arguments(), **OF_EXPORT, **OF_A_RUN, **OF_ACTIONS}
            if not value.startswith("{") and spec.get(name, {}).get("type") == "list":
                given = {name: text.split(",")}  # as in a survey, names with commas are a list
            links = {one: said for one, said in given.items() if one != "cross_tenant_sync_module_process"}
            yield from faults(spec, links, "-e")

    def test_mistakes_are_noticed(self) -> None:
        assert list(self.mistakes(["ansible-playbook", f"{PREFIX}snyc", "-e", "link_state=gone", "-e", '{"link_scope": []}'])) == [
            "there is no snyc",
            "-e.link_state cannot be 'gone'",
            "-e.link_scope is no option",
        ]


class TestProse:
    @each_guide
    def test_every_variable_named_in_the_text_exists(self, guide: Path) -> None:
        named = set(re.findall(r"`(link_\w+)", prose(guide)))
        assert named - role_arguments().keys() - MODULES == set()

    def test_the_readme_has_the_sections_that_certification_asks_for(self) -> None:
        titles = re.findall(r"^## (.+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
        wanted = ["Description", "Requirements", "Installation", "Use cases", "Testing", "Contributing", "Support"]
        wanted += ["Release notes and roadmap", "Related information", "License information"]
        assert [title for title in titles if title in wanted] == wanted

    def test_the_readme_lists_everything_that_users_name(self) -> None:
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        assert [name for name in sorted(MODULES) if f"\n| `{name}` |" not in text] == []
        assert [name for name in sorted(ROLES) if f"\n| [{name}](" not in text] == []
        assert [
            name
            for name in sorted(PLAYBOOKS | INVENTORY_PLUGINS | LOOKUPS | EVENT_SOURCES | RULEBOOKS)
            if f"\n| `{PREFIX}{name}` |" not in text
        ] == []

    def test_every_code_with_a_known_cause_is_in_a_guide(self) -> None:
        text, sign_in = ((ROOT / "docs" / f"guide_{name}.md").read_text(encoding="utf-8") for name in ("troubleshooting", "sign_in"))
        codes = [*causes._CODES, *(code for code, _remedy in causes._LOG_CODES)]
        signs = [number for number in causes._SIGN_IN if f"`AADSTS{number}`" not in sign_in]
        assert [code for code in codes if f"`{code}`" not in text] == []
        assert signs == []

    def test_every_verdict_is_in_the_guide_and_counts_as_the_rules_have_it(self) -> None:
        text = (ROOT / "docs" / "guide_address_book.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| `(\w+)` \| .* \| (yes|no|only if not listed) \|$", text, re.MULTILINE)
        counting = {name: {rule.counts for rule in VERDICTS if rule.verdict == name} for name in NAMES}
        words = {True: "yes", False: "no", None: "only if not listed"}
        expected = {name: words[counts.pop() if len(counts) == 1 else None] for name, counts in counting.items()}
        assert dict(rows) == expected
        # In the order of the rules, but for the verdict that has one at several places.
        assert [name for name, _counts in rows if name != UNKNOWN] == [name for name in NAMES if name != UNKNOWN]

    def test_every_cause_is_in_the_guide_in_the_order_of_the_rules(self) -> None:
        """With the words that a helpdesk reads out. What Exchange answers has a guide of its own."""
        text = (ROOT / "docs" / "guide_person.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", text, re.MULTILINE)
        rules = [rule for rule in CAUSES if rule.cause != UNKNOWN]
        assert [name for name, _reason, _remedy in rows] == [rule.cause for rule in rules]
        for (_name, reason, remedy), rule in zip(rows, rules, strict=True):
            assert reason == re.sub(r"{\w+}", "{...}", rule.reason)
            assert remedy == re.sub(r"{\w+}", "{...}", rule.remedy) or rule.remedy == "{book_remedy}"

    def test_every_cause_is_in_the_documentation_of_the_module(self) -> None:
        described = " ".join(yaml.safe_load(person_info.RETURN)["cause"]["description"])
        assert set(re.findall(r"V\((\w+)\)", described)) == {rule.cause for rule in CAUSES}

    def test_what_is_mended_is_in_the_readme_of_the_role(self) -> None:
        text = (ROOT / "roles" / "address_book" / "README.md").read_text(encoding="utf-8")
        table = text.split("## What is mended")[1].split("##")[0]
        assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {rule.verdict for rule in VERDICTS if rule.mend in (SHOW, TOUCH)}

    def test_the_endpoints_of_exchange_are_those_of_the_code(self) -> None:
        text = (ROOT / "docs" / "guide_how_it_works.md").read_text(encoding="utf-8")
        rows = dict(re.findall(r"^\| `(\w+)` \| `[\w.]+` \| `[\w.-]+` \| `([\w.-]+)` \|$", text, re.MULTILINE))
        assert {cloud: f"https://{host}" for cloud, host in rows.items()} == ENDPOINTS

    def test_the_sign_in_methods_for_exchange_are_those_of_the_table(self) -> None:
        text = (ROOT / "docs" / "guide_sign_in.md").read_text(encoding="utf-8").split("\n## Exchange\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| (`.*?) \| (yes|no)\b(?:: (.*) \|)?", text, re.MULTILINE)
        found = {name: (word, reason) for names, word, reason in rows for name in re.findall(r"`(\w+)`", names)}
        assert found == {name: ("no" if method.only_graph else "yes", method.only_graph) for name, method in METHODS.items()}

    def test_the_order_of_auto_is_that_of_the_table(self) -> None:
        text = (ROOT / "docs" / "guide_sign_in.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| `(\w+)` \| .* \| (\d|never) \|$", text, re.MULTILINE)
        automatic = [name for name, method in METHODS.items() if method.is_automatic]
        places = {name: str(number) for number, name in enumerate(automatic, 1)}
        assert rows == [(name, places.get(name, "never")) for name in METHODS]

    def test_every_variable_that_stands_for_an_option_is_in_the_guide(self) -> None:
        text = (ROOT / "docs" / "guide_sign_in.md").read_text(encoding="utf-8")
        rows = dict(re.findall(r"^\| `(\w+)`(?:, alias `\w+`)? \| `(AZURE_[\w`, A-Z]+)` \|$", text, re.MULTILINE))
        assert rows == {name: "`, `".join(about["fallback"][1]) for name, about in CONNECTION.items() if "fallback" in about}


class NoEmulator(Emulator):
    """Where the real service is meant."""

    def connection(self) -> dict[str, str]:
        """Nothing that leads elsewhere."""
        return {}


class TestQuickStart:
    def test_its_inventory_is_the_one_that_all_tests_run(self) -> None:
        (first,) = [block for block in blocks(ROOT / "README.md", "yaml") if block.text.startswith("all:")]
        assert yaml.safe_load(first.text) == inventory(NoEmulator(Path()))

    def test_it_is_seen_without_scrolling(self) -> None:
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        beginning = text[: text.index("## Description")]
        assert beginning.index("make demo") < beginning.index("make test") < beginning.index("--check --diff")
        assert beginning.count("\n") < 75


class TestLinks:
    @each_guide
    def test_links_between_the_guides_lead_somewhere(self, guide: Path) -> None:
        dead = []
        for link in re.findall(r"\]\(([^)\s]+)\)", prose(guide)):
            target, _hash, anchor = link.partition("#")
            if SITE.match(target):
                place = ROOT / SITE.sub("", target)
            elif "://" in target or target.startswith("mailto:"):
                continue
            else:
                place = guide.parent / target if target else guide
            if not place.exists() or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
                dead.append(link)
        assert dead == []

    def test_the_readme_has_full_addresses_only(self) -> None:
        """Galaxy shows it without the rest of the repository."""
        links = re.findall(r"\]\(([^)\s]+)\)", prose(ROOT / "README.md"))
        assert [link for link in links if not link.startswith("https://")] == []

    def test_anchors_are_made_as_github_makes_them(self, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text("# In a *change* window\n\n## 7. What to `expect`, when\n\n```text\n# no title\n```\n", encoding="utf-8")
        assert anchors(page) == {"in-a-change-window", "7-what-to-expect-when"}


def anchors(page: Path) -> set[str]:
    """The anchors of a page: those of its titles, and those of its rows."""
    text = prose(page)
    titles = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    return titles | set(re.findall(r'<a id="([\w-]+)"></a>', text))

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to agree between the files of the repository, and what no check of Ansible's own looks at."""

from __future__ import annotations

import ast
import functools
import graphlib
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.cases import check_each
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import COLLECTIONS

ROOT = Path(__file__).resolve().parents[2]
NAME = "entra.cross_tenant_sync"
UTILS = ROOT / "plugins" / "module_utils"


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def names(folder: str, pattern: str = "[!_]*.py") -> set[str]:
    return {path.stem for path in (ROOT / folder).glob(pattern)}


def ansible(*command: str, cwd: Path = ROOT) -> str:
    """Runs one of Ansible's own commands on this collection."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_NOCOLOR": "1"}
    # The one beside this Python, whatever is on PATH.
    program = str(Path(sys.executable).with_name(command[0]))
    return subprocess.run([program, *command[1:]], cwd=cwd, env=environment, check=True, capture_output=True, text=True).stdout


def repository_files() -> list[Path]:
    """All files that are, or would be, under version control."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for path in (ROOT / line for line in listed.splitlines()) if path.is_file()]


MODULES = sorted(names("plugins/modules"))
WITHOUT_CONNECTION = {module for module in MODULES if "SUBJECT = " not in (ROOT / "plugins" / "modules" / f"{module}.py").read_text()}
"""They read the variables of links, and a connection among their arguments would be refused."""
ROLES = sorted(path.name for path in (ROOT / "roles").glob("*") if path.is_dir())


class TestModules:
    def test_the_action_group_lists_every_module_with_a_connection_in_order(self) -> None:
        assert read("meta/runtime.yml")["action_groups"]["graph"] == [one for one in MODULES if one not in WITHOUT_CONNECTION]

    def test_every_module_with_a_connection_is_run_by_one_action_plugin(self) -> None:
        assert names("plugins/action") == {"link_info", *WITHOUT_CONNECTION}
        connecting = [module for module in MODULES if module not in WITHOUT_CONNECTION]
        assert read("meta/runtime.yml")["plugin_routing"] == {
            "modules": {module: {"action_plugin": f"{NAME}.link_info"} for module in connecting}
        }

    def test_everything_is_described_in_sentences(self) -> None:
        check_each(documentation_of(*MODULES).items(), is_described)

    def test_check_mode_and_the_action_group_are_answered(self) -> None:
        check_each(documentation_of(*MODULES).items(), has_its_attributes)


def is_described(module: tuple[str, dict[str, Any]]) -> None:
    name, documentation = module
    assert documentation["examples"].count(f"{name}:") >= 1
    described = [
        *descriptions(documentation["doc"]["options"], "suboptions"),
        *descriptions(documentation["return"], "contains"),
    ]
    unfinished = [(path, text) for path, texts in described for text in texts or [""] if not text.endswith((".", ":"))]
    assert unfinished == []


def has_its_attributes(module: tuple[str, dict[str, Any]]) -> None:
    name, attributes = module[0].removeprefix(f"{NAME}."), module[1]["doc"]["attributes"]
    assert attributes["check_mode"]["support"] == "full"
    assert attributes["action_group"]["membership"] == ([] if name in WITHOUT_CONNECTION else [f"{NAME}.graph"])
    if not name.endswith("_info") and name not in WITHOUT_CONNECTION:
        # What is done at once and reported person by person has no before and after of its own, and says so.
        assert attributes["diff_mode"]["support"] == "full" or attributes["diff_mode"]["details"]


class TestPlugins:
    """Those that users name: the inventory plugin and the filter. Action plugins and callbacks of tests are not among them."""

    @pytest.mark.parametrize(
        ("kind", "name"), [("inventory", "topology"), ("filter", "connection"), ("lookup", "synced_user"), ("lookup", "tenant_id")]
    )
    def test_everything_is_described_in_sentences(self, kind: str, name: str) -> None:
        documentation = documentation_of(name, kind=kind)[f"{NAME}.{name}"]
        assert f"{NAME}.{name}" in documentation["examples"]
        described = [
            *descriptions(documentation["doc"]["options"], "suboptions"),
            *descriptions(documentation["return"] or {}, "contains"),
        ]
        # Ansible's own fragments describe some options.
        ours = [(path, texts) for path, texts in described if path.split(".")[0] not in FROM_ANSIBLE]
        assert [(path, text) for path, texts in ours for text in texts or [""] if not text.endswith((".", ":"))] == []

    def test_only_these_exist(self) -> None:
        folders = {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir()} - {"modules", "action"}
        assert folders - {"module_utils", "plugin_utils", "doc_fragments", "__pycache__"} == {"inventory", "filter", "lookup"}
        assert names("plugins/lookup") == {"synced_user", "tenant_id"}


FROM_ANSIBLE = {
    *("strict", "compose", "groups", "keyed_groups", "use_extra_vars", "leading_separator"),
    *("cache_plugin", "cache_timeout", "cache_connection", "cache_prefix"),
}


@functools.cache
def documentation_of(*names: str, kind: str = "module") -> dict[str, dict[str, Any]]:
    """What ansible-doc says of modules or plugins, by their full names; one run says it of all."""
    wanted = [f"{NAME}.{name}" for name in names]
    found: dict[str, dict[str, Any]] = json.loads(ansible("ansible-doc", "--type", kind, "--json", *wanted))
    assert list(found) == wanted
    return found


def descriptions(entries: dict[str, Any], children: str, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """The sentences of every option or return value, and of those below it."""
    for name, entry in entries.items():
        text = entry.get("description", [])
        yield prefix + name, [text] if isinstance(text, str) else text
        yield from descriptions(entry.get(children) or {}, children, f"{prefix}{name}.")


class TestRoles:
    """A role's argument specification only validates: a default in it is not applied, so the two lists have to agree."""

    @pytest.mark.parametrize("role", ROLES)
    def test_defaults_are_those_of_the_argument_specification(self, role: str) -> None:
        options = read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        defaults = ROOT / "roles" / role / "defaults" / "main.yml"
        assert (read(str(defaults)) or {} if defaults.exists() else {}) == {
            name: option["default"] for name, option in options.items() if "default" in option
        }

    @pytest.mark.parametrize("role", ROLES)
    def test_every_entry_point_is_specified(self, role: str) -> None:
        assert set(read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]) == names(f"roles/{role}/tasks", "[!_]*.yml")

    @pytest.mark.parametrize("role", ROLES)
    def test_galaxy_shows_the_description_of_the_argument_specification(self, role: str) -> None:
        spec = read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]
        assert read(f"roles/{role}/meta/main.yml")["galaxy_info"]["description"] == spec["short_description"]

    @pytest.mark.parametrize("role", ROLES)
    def test_no_secret_is_an_argument(self, role: str) -> None:
        """A failing validation prints the arguments it was given, masked or not."""
        options = read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        assert [name for name in options if re.search(r"secret|password|passphrase|token$|private", name)] == []

    @pytest.mark.parametrize("role", ROLES)
    def test_the_readme_names_every_argument(self, role: str) -> None:
        text = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
        options = read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        assert [name for name in options if f"`{name}`" not in text] == []


DECISIONS = {
    "playbooks/drift.yml": ["when", "when"],
    "playbooks/health.yml": ["when", "when"],
    "playbooks/report.yml": ["when"],
    "playbooks/sync.yml": ["when", "when", "when", "when", "when"],
    "playbooks/tasks/plan_links.yml": ["when"],
    "playbooks/tasks/link_compared.yml": ["when"],
    "playbooks/tasks/failed.yml": ["ansible.builtin.fail"],
    "roles/preflight/tasks/_present.yml": ["ansible.builtin.assert"],
}
"""Whether there is a change request, which links end here because they are in sync or healthy or nothing is asked about their users, whether
the run ends with a table of what would be done or with a report, whether a link is compared at all, the failure of a link that cannot
be compared, and the stop after the findings were shown."""
WIRING = re.compile(r"[\w.\[\]]+( \| (entra\.cross_tenant_sync\.\w+|default)(\([\w., |()'-]*\))?)*")
"""A variable, a member of one, and what stands in for one that is not there."""


class TestDecisions:
    """The modules decide; roles and playbooks hand values from one to the next."""

    def test_roles_and_playbooks_decide_nothing(self) -> None:
        files = {
            str(path.relative_to(ROOT)): read(str(path)) for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml")
        }
        found = {file: list(decisions(content)) for file, content in files.items()}
        assert {file: words for file, words in found.items() if words} == DECISIONS

    def test_templates_compute_nothing(self) -> None:
        texts = [
            (str(path.relative_to(ROOT)), template)
            for folder in ("roles", "playbooks")
            for path in (ROOT / folder).rglob("*.yml")
            if "/meta/" not in str(path)
            for template in re.findall(r"{[{%](.*?)[}%]}", path.read_text(encoding="utf-8"), re.DOTALL)
        ]
        assert [(file, template) for file, template in texts if not WIRING.fullmatch(template.strip())] == []


def decisions(content: Any) -> Iterator[str]:
    """The words in a file of tasks by which Ansible itself would decide something."""
    if isinstance(content, list):
        for member in content:
            yield from decisions(member)
    elif isinstance(content, dict):
        for name, member in content.items():
            if name in {"when", "failed_when", "changed_when", "until", "listen", "notify"} or name.endswith((".assert", ".fail")):
                yield name
            else:
                yield from decisions(member)


LAYERS = (
    # what a layer is made of, from the bottom up, and what it may not import from outside
    (("private_file", "quantity"), {"ansible", "requests", "msal"}),
    (("graph",), {"ansible"}),
    (("exchange",), {"ansible", "requests", "msal"}),
    (("options/checks", "options/likeness"), {"ansible", "requests", "msal"}),
    (("plan", "apply"), {"ansible", "requests", "msal"}),
    (("resources",), {"ansible", "requests", "msal"}),
    (("failure", "converge", "run"), {"ansible", "requests", "msal"}),
    (
        (
            *(f"options/{name}" for name in ("__init__", "forms", "values", "specs", "link_variables")),
            "module_runner",
            "look",
            "log_streams",
            "controller_only",
        ),
        {"requests", "msal"},
    ),
)


class TestLayers:
    """Imports point one way: modules and action plugins, run, resources, plan and graph."""

    @pytest.mark.parametrize("level", range(len(LAYERS)))
    def test_a_layer_imports_nothing_from_above(self, level: int) -> None:
        names_of_layer, outsiders = LAYERS[level]
        utils = f"ansible_collections.{NAME}.plugins.module_utils"
        above = {f"{utils}.{name.replace('/', '.')}" for names_above, _outsiders in LAYERS[level + 1 :] for name in names_above}
        forbidden = {*outsiders, *above, utils.replace("module_utils", "modules")}
        found = [
            f"{path.relative_to(ROOT)} imports {module}"
            for name in names_of_layer
            for path in files_of(name)
            for module in imported_modules(path)
            if any(module == one or module.startswith(f"{one}.") for one in forbidden)
        ]
        assert found == []

    def test_every_file_belongs_to_a_layer(self) -> None:
        assert {path for names_of_layer, _outsiders in LAYERS for name in names_of_layer for path in files_of(name)} == set(
            UTILS.rglob("*.py")
        )

    def test_no_module_imports_itself_through_others(self) -> None:
        paths = {path: module_of(path) for path in UTILS.rglob("*.py") if path.name != "__init__.py"}
        known = set(paths.values())
        imports = {module: known.intersection(imported_modules(path)) - {module} for path, module in paths.items()}
        try:
            graphlib.TopologicalSorter(imports).prepare()
        except graphlib.CycleError as circle:
            pytest.fail(" imports ".join(circle.args[1]))

    def test_relative_imports_are_resolved(self, tmp_path: Path) -> None:
        package = tmp_path / "plugins" / "module_utils" / "graph"
        package.mkdir(parents=True)
        (package / "client.py").write_text("from . import errors\nfrom ..run import start\nimport requests.sessions\n", encoding="utf-8")
        utils = f"ansible_collections.{NAME}.plugins.module_utils"
        assert set(imported_modules(package / "client.py", tmp_path)) == {
            f"{utils}.graph",
            f"{utils}.graph.errors",
            f"{utils}.run",
            f"{utils}.run.start",
            "requests.sessions",
        }


def files_of(name: str) -> list[Path]:
    """The file of a layer, or all files of its folder."""
    return [UTILS / f"{name}.py"] if (UTILS / f"{name}.py").is_file() else sorted((UTILS / name).rglob("*.py"))


def module_of(path: Path) -> str:
    return ".".join(("ansible_collections", NAME, *path.relative_to(ROOT).with_suffix("").parts))


def imported_modules(path: Path, root: Path = ROOT) -> Iterator[str]:
    """Full names of what a file imports, and of the names it takes from there, since each of those may be a module, too."""
    package = ["ansible_collections", *NAME.split("."), *path.relative_to(root).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


VALUE_OF_AN_ENTRY = {
    "graph/client.py page_members",
    "graph/credentials/federated.py _from_github",
    "resources/mapping/expression.py source_meaning",
    "resources/mapping/try_on.py longest",
    "resources/job.py _progress",
    "resources/job.py _shown",
    "resources/on_demand.py _reports",
    "resources/settings_bag.py parse",
}
"""Where ``value`` is read: the one reader of collections, GitHub's token, and entries of a key and a value."""


class TestCollections:
    """A collection ends where there is no next link, so one function reads them all (fact F27)."""

    def test_nobody_reads_the_members_of_a_page_by_hand(self) -> None:
        found = {
            f"{path.relative_to(UTILS)} {function}"
            for path in UTILS.rglob("*.py")
            for function in reads_of_value(ast.parse(path.read_text(encoding="utf-8")))
        }
        assert found - VALUE_OF_AN_ENTRY == set()

    @pytest.mark.parametrize(
        ("code", "found"),
        [
            ('def f(x): return x["value"]', ["f"]),
            ('def f(x): return x.get("value", ())', ["f"]),
            ('class A:\n def g(self, x):\n  return [y for y in (x or {}).get("value")]', ["g"]),
            ('x = lambda body: body["value"]', [""]),
            ('def f(x): x["value"] = 1', []),
            ('def f(x): return {"value": x}, x["key"]', []),
        ],
    )
    def test_which_code_does(self, code: str, found: list[str]) -> None:
        assert list(reads_of_value(ast.parse(code))) == found


def reads_of_value(tree: ast.AST, function: str = "") -> Iterator[str]:
    """The function of every place where a member named ``value`` is read."""
    for node in ast.iter_child_nodes(tree):
        named = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and is_value(node.slice)
        got = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and any(map(is_value, node.args[:1]))
        )
        if named or got:
            yield function
        yield from reads_of_value(node, node.name if isinstance(node, ast.FunctionDef) else function)


def is_value(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == "value"


class TestFiles:
    def test_nothing_is_exempt_from_the_sanity_tests(self) -> None:
        assert [path for path in repository_files() if path.parent.name == "sanity" and "ignore" in path.name] == []

    def test_packages_for_modules_have_an_empty_init(self) -> None:
        """The sanity tests of ansible-core 2.16 ask for that; later ones no longer look."""
        assert [str(path.relative_to(ROOT)) for path in UTILS.rglob("__init__.py") if path.stat().st_size] == []

    def test_every_file_of_code_names_its_licence(self) -> None:
        header = [
            "# Copyright (c) 2026, the entra.cross_tenant_sync authors",
            "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
            "# SPDX-License-Identifier: GPL-3.0-or-later",
        ]
        without = [
            str(path.relative_to(ROOT))
            for path in repository_files()
            if path.suffix in {".py", ".sh"}
            and path.stat().st_size
            and [line for line in path.read_text(encoding="utf-8").splitlines()[:4] if not line.startswith("#!")][:3] != header
        ]
        assert without == []

    def test_every_make_target_in_the_guides_exists(self) -> None:
        targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        named = {
            target
            for guide in ("README.md", "CONTRIBUTING.md")
            for target in re.findall(r"^(?:make |.*?`make )([a-z-]+)", (ROOT / guide).read_text(encoding="utf-8"), re.MULTILINE)
        }
        assert {"demo", "test", "lint", "clean"} <= named <= targets


class TestRelease:
    def test_everything_says_since_which_version_it_exists(self) -> None:
        """The release notes list new modules, plugins and roles by that."""
        documented = [path for kind in ("modules", "inventory", "filter", "lookup") for path in (ROOT / "plugins" / kind).glob("[!_]*.py")]
        documented += (ROOT / "extensions" / "eda" / "plugins" / "event_source").glob("[!_]*.py")
        texts = {
            path: re.findall(r'^DOCUMENTATION = r"""\n(.*?)^"""', path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
            for path in documented
        }
        without = [path.stem for path, (text,) in texts.items() if "version_added" not in yaml.safe_load(text)]
        entries = {
            f"{role} {name}": entry
            for role in ROLES
            for name, entry in read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"].items()
        }
        assert without + [name for name, entry in entries.items() if "version_added" not in entry] == []

    def test_the_changelog_knows_the_version_or_is_about_to(self) -> None:
        version = read("galaxy.yml")["version"]
        released = read("changelogs/changelog.yaml")["releases"]
        fragments = list((ROOT / "changelogs" / "fragments").glob("*.y*ml"))
        assert version in released or fragments
        assert [other for other in released if numbers(other) > numbers(version)] == []

    def test_galaxy_takes_what_the_artifact_says_of_itself(self) -> None:
        """Galaxy's importer refuses longer texts (its checks of the manifest)."""
        metadata = read("galaxy.yml")
        assert [one for one in metadata["authors"] if len(one) > 64] == []
        assert [one for one in metadata["tags"] if len(one) > 64 or not re.fullmatch(r"[a-z0-9]+", one)] == []
        assert len(metadata["tags"]) <= 20
        assert len(metadata["description"]) <= 2000

    def test_requirements_have_lower_bounds_only(self) -> None:
        """An execution environment brings ansible-core, and has to combine our packages with those of other collections."""
        lines = [line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        assert [line for line in lines if not re.fullmatch(r"[A-Za-z][\w-]*>=[\d.]+", line)] == []
        assert not any(line.startswith("ansible") for line in lines)

    def test_all_checks_mean_the_same_oldest_python(self) -> None:
        promised = read("tests/config.yml")["modules"]["python_requires"]
        assert promised == ">=3.10"
        assert "python_version = 3.10" in (ROOT / "mypy.ini").read_text(encoding="utf-8")
        assert 'target-version = "py310"' in (ROOT / "ruff.toml").read_text(encoding="utf-8")
        assert "| 3.10 or later |" in (ROOT / "README.md").read_text(encoding="utf-8")

    def test_the_targets_install_what_the_modules_and_the_emulator_need(self) -> None:
        wanted = set(
            re.findall(
                r'^    "([^"]+)", +#', (ROOT / "tests" / "emulator" / "pyproject.toml").read_text().split("[project.optional")[0], re.M
            )
        )
        wanted |= set(re.findall(r"^[a-z].*", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))
        assert len(wanted) >= 10
        given = (ROOT / "tests" / "integration" / "requirements.txt").read_text(encoding="utf-8").splitlines()
        assert wanted <= set(given)

    def test_make_cores_takes_the_oldest_and_the_newest_supported_core(self) -> None:
        sessions = (ROOT / "noxfile.py").read_text(encoding="utf-8")
        oldest, newest = re.findall(r'^    "(2\.\d+)": \(', sessions, re.MULTILINE)[
            :: len(re.findall(r'^    "2\.\d+": \(', sessions, re.MULTILINE)) - 1
        ]
        assert f'SLICE = ("{oldest}", "{newest}")' in sessions
        assert f"\ncores: slice-{oldest} slice-{newest} ##" in (ROOT / "Makefile").read_text(encoding="utf-8")
        assert read("meta/runtime.yml")["requires_ansible"] == f">={oldest}.0"

    def test_the_artifact_holds_what_users_need_and_nothing_else(self, tmp_path: Path) -> None:
        ansible("ansible-galaxy", "collection", "build", "--output-path", str(tmp_path))
        (artifact,) = tmp_path.glob("*.tar.gz")
        with tarfile.open(artifact) as archive:
            shipped = {member.name for member in archive.getmembers() if member.isfile()}
        shipped -= {"MANIFEST.json", "FILES.json"}
        wanted = {"LICENSE", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "requirements.txt", "tests/config.yml"}
        folders = ("changelogs/", "docs/", "examples/", "extensions/", "meta/", "playbooks/", "plugins/", "roles/")
        assert {name for name in shipped if name not in wanted and not name.startswith(folders)} == set()
        kept = {str(path.relative_to(ROOT)) for path in repository_files()}
        # Those of docsite that docs.ansible.com does not read only build the site.
        site = ("conf.py", "index.md", "requirements.txt", "static/")
        ours = {name for name in kept if name.startswith(("docs/developers/", *(f"docs/docsite/{name}" for name in site)))}
        assert ours
        assert not ours & shipped
        assert {name for name in kept - ours if name.startswith(folders)} <= shipped
        assert wanted & kept <= shipped


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])

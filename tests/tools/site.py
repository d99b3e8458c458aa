# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the documentation site in a folder: its pages are the Markdown files of the repository, its reference is made by antsibull-docs.

Each text has one source, which is also read where the repository is hosted. Here only its links change: to pages of the site where there is
one, and else to the repository. The first mention of a module, a role or a variable in each section becomes a link to the reference.

Usage: python -m ansible_collections.entra.cross_tenant_sync.tests.tools.site <folder>
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "entra.cross_tenant_sync"
REPOSITORY = "https://github.com/entra-cross-tenant-sync/entra.cross_tenant_sync"
IN_REPOSITORY = re.compile(rf"{re.escape(REPOSITORY)}/(?:blob|tree)/main/")
SITE = ROOT / "docs" / "docsite"
REFERENCE = "reference"
IMAGES = "images"
OTHER_PAGES = {
    "docs/docsite/index.md": "index",
    "README.md": "overview",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "security_policy",
    "examples/README.md": "examples",
    "tests/emulator/README.md": "emulator_reference",
}
"""Pages that lie outside of docs and roles, with their names on the site."""
OF_ANSIBLE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
"""Where docs.ansible.com has what antsibull-docs refers to: the reference is built without the network."""
BUILTIN = re.compile(r"<(ansible_collections\.ansible\.builtin\.(\w+))>")
"""A plugin of Ansible itself, in the reference."""
FENCE = re.compile(r"^(```[^\n]*\n.*?^```)$", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"\]\(([^)\s]+)\)")
ANCHOR = re.compile(r'<a id="([\w-]+)"></a>')
HEADING = re.compile(r"^#+ .*$", re.MULTILINE)
MENTION = re.compile(r"(?<![\[`])`([a-z_]+)`(?![\]`])")
CONTENTS = re.compile(r"^\.\. contents::\n(?: +:.*\n)+", re.MULTILINE)
REPAIRS = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="This page">',
    ' aria-role="button"': "",
    "<pre>": '<pre tabindex="0">',
    '<th class="head"><p></p></th>': '<td class="head"></td>',
}
"""What Sphinx, its theme and antsibull-docs leave out for readers who hear a page or have no mouse. A browser test finds what is missing."""
LINK_TEXT = re.compile(r"\[[^\]]*\]\([^)]*\)")


def pages() -> dict[str, str]:
    """The name of each page on the site, by the path of its file in the repository."""
    guides = [path for folder in ("docs", "docs/developers") for path in sorted((ROOT / folder).glob("*.md"))]
    roles = sorted(ROOT.glob("roles/*/README.md"))
    return {
        **OTHER_PAGES,
        **{str(path.relative_to(ROOT)): str(path.relative_to(ROOT / "docs").with_suffix("")) for path in guides},
        **{str(path.relative_to(ROOT)): f"roles/{path.parent.name}" for path in roles},
    }


def references() -> dict[str, str]:
    """What a name in the text of a page is in the reference: the labels that antsibull-docs gives to plugins, roles and their options."""
    label = f"ansible_collections.{COLLECTION}"
    modules = {path.stem: f"{label}.{path.stem}_module" for path in sorted(ROOT.glob("plugins/modules/[!_]*.py"))}
    variables: dict[str, str] = {}
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        role = path.parents[1].name
        options = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
        ours = (name for name in options if name not in variables)
        variables |= {name: f"{label}.{role}_role__parameter-main__{name}" for name in ours}
    return {**variables, **modules}


def on_the_site(text: str, path: str, names: Mapping[str, str], known: Mapping[str, str]) -> str:
    """A page of the repository as a page of the site. ``path``: of its file; ``names``: of all pages; ``known``: what the reference has."""

    def parts() -> Iterator[str]:
        for number, part in enumerate(FENCE.split(text)):
            yield part if number % 2 else _linked(_retargeted(part, path, names), known)

    return "".join(parts())


def _retargeted(prose: str, path: str, names: Mapping[str, str]) -> str:
    """The links and anchors of a text without fences."""
    with_targets = TARGET.sub(lambda link: f"]({_target(link[1], path, names)})", prose)
    # The same id in a form that Sphinx knows, so that it checks the links that lead to it.
    return ANCHOR.sub(lambda anchor: f"[]{{#{anchor[1]}}}", with_targets)


def _target(link: str, path: str, names: Mapping[str, str]) -> str:
    """Where a link leads on the site."""
    address, _hash, anchor = link.partition("#")
    if IN_REPOSITORY.match(address):
        place = IN_REPOSITORY.sub("", address).rstrip("/")
    elif not address or "://" in address or address.startswith("mailto:"):
        return link
    else:
        place = os.path.normpath(PurePosixPath(path).parent / address)
    suffix = f"#{anchor}" if anchor else ""
    here = PurePosixPath(names[path]).parent
    if place in names:
        return os.path.relpath(f"{names[place]}.md", here) + suffix
    if (ROOT / place).suffix in (".png", ".svg"):
        return os.path.relpath(f"{IMAGES}/{PurePosixPath(place).name}", here)
    kind = "tree" if (ROOT / place).is_dir() else "blob"
    return f"{REPOSITORY}/{kind}/main/{place}{suffix}"


def _linked(prose: str, known: Mapping[str, str]) -> str:
    """A text whose first mention of each known name in a section is a link. Headings and existing links stay as they are."""
    done: set[str] = set()
    lines = []
    for line in prose.split("\n"):
        if HEADING.match(line):
            done.clear()
            lines.append(line)
            continue
        taken = [link.span() for link in LINK_TEXT.finditer(line)]

        def link(mention: re.Match[str], taken: list[tuple[int, int]] = taken) -> str:
            name = mention[1]
            inside = any(begin <= mention.start() < end for begin, end in taken)
            if name not in known or name in done or inside:
                return mention[0]
            done.add(name)
            return f"[`{name}`](#{known[name]})"

        lines.append(MENTION.sub(link, line))
    return "\n".join(lines)


def stage_pages(folder: Path) -> None:
    """The pages and pictures of the site."""
    names, known = pages(), references()
    for path, name in names.items():
        page = folder / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(on_the_site((ROOT / path).read_text(encoding="utf-8"), path, names, known), encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "images", folder / IMAGES)


def stage_reference(folder: Path) -> None:
    """The reference of plugins and roles."""
    reference = folder / REFERENCE
    reference.mkdir(mode=0o755)
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--no-add-antsibull-docs-version"]
    _run("antsibull-docs", "collection", *options, "--dest-dir", str(reference), COLLECTION)
    for page in reference.glob("**/*.rst"):
        # The theme has a table of contents of its own, beside the text.
        page.write_text(CONTENTS.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")
    named = {found for page in reference.glob("**/*.rst") for found in BUILTIN.findall(page.read_text(encoding="utf-8"))}
    builtin = {label: f"collections/ansible/builtin/{name}.html#{re.sub('[._]', '-', label)}" for label, name in sorted(named)}
    (folder / "ansible.inv").write_bytes(inventory_of_ansible({**OF_ANSIBLE, **builtin}))


def stage_stub(folder: Path) -> None:
    """Instead of the reference, a page that has all of its labels: the links of the pages can be checked in seconds."""
    labels = "".join(f"\n.. _{label}:\n\n{name}\n{'-' * len(name)}\n" for name, label in references().items())
    (folder / REFERENCE).mkdir()
    (folder / "ansible.inv").write_bytes(inventory_of_ansible(OF_ANSIBLE))
    (folder / REFERENCE / "index.rst").write_text(f"Reference\n=========\n{labels}", encoding="utf-8")


def inventory_of_ansible(places: Mapping[str, str]) -> bytes:
    """Places of docs.ansible.com in the format of intersphinx."""
    head = "# Sphinx inventory version 2\n# Project: ansible\n# Version:\n# The remainder of this file is compressed using zlib.\n"
    rows = "".join(f"{label} std:label -1 {address} {label.replace('_', ' ').capitalize()}\n" for label, address in places.items())
    return head.encode() + zlib.compress(rows.encode())


def _run(program: str, *arguments: str) -> None:
    subprocess.run([str(Path(sys.executable).with_name(program)), *arguments], check=True, cwd=ROOT)


def build(source: Path, folder: Path, builder: str = "html") -> None:
    """Build the site from its source. A warning is an error."""
    options = ["--builder", builder, "--conf-dir", str(SITE), "--fail-on-warning", "--keep-going", "--quiet"]
    _run("sphinx-build", *options, "--doctree-dir", str(folder / "doctrees"), str(source), str(folder / builder))
    for page in (folder / builder).glob("**/*.html"):
        page.write_text(repaired(page.read_text(encoding="utf-8")), encoding="utf-8")


def repaired(page: str) -> str:
    """A page with REPAIRS."""
    for found, repair in REPAIRS.items():
        page = page.replace(found, repair)
    return page


def main(folder: Path) -> None:
    """Build the site in the folder ``html`` of a folder."""
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True, mode=0o755)
    stage_pages(source)
    stage_reference(source)
    build(source, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

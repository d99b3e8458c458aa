# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site: what changes from the forge to the site, and the pages in a real browser.

The reference is replaced by its labels here, so that this takes seconds. `make docs` builds the whole.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from ansible_collections.entra.cross_tenant_sync.tests.emulator.tests import chromium
from ansible_collections.entra.cross_tenant_sync.tests.integration.test_page_in_browser import (
    AXE,
    DESKTOP,
    PHONE,
    violations,
    visit,
    wear,
)
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY
from ansible_collections.entra.cross_tenant_sync.tests.tools import site

NAMES = {"docs/guide_a.md": "guide_a", "docs/guide_b.md": "guide_b", "roles/verify/README.md": "roles/verify", "README.md": "overview"}
KNOWN = {"sync_scope": "label.sync_scope_module", "link_users": "label.link_users"}
READABLE = importlib.util.find_spec("myst_parser") and importlib.util.find_spec("furo")


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("docs/guide_a.md", "[b](guide_b.md#here)", "[b](guide_b.md#here)"),
        ("docs/guide_a.md", "[role](../roles/verify/README.md)", "[role](roles/verify.md)"),
        ("roles/verify/README.md", "[a](../../docs/guide_a.md#x)", "[a](../guide_a.md#x)"),
        ("docs/guide_a.md", "[here](#above)", "[here](#above)"),
        ("docs/guide_a.md", "[set-up](awx/setup.yml)", f"[set-up]({site.REPOSITORY}/blob/main/docs/awx/setup.yml)"),
        ("docs/guide_a.md", "[folder](awx)", f"[folder]({site.REPOSITORY}/tree/main/docs/awx)"),
        ("docs/guide_a.md", "![a picture](images/link.svg)", "![a picture](images/link.svg)"),
        ("README.md", f"[a]({site.REPOSITORY}/blob/main/docs/guide_a.md#x)", "[a](guide_a.md#x)"),
        (
            "docs/guide_a.md",
            "<https://localhost:8443/> [x](https://example.com/a.md)",
            "<https://localhost:8443/> [x](https://example.com/a.md)",
        ),
        ("docs/guide_a.md", '| <a id="no-such"></a>`no such` |', "| []{#no-such}`no such` |"),
        ("docs/guide_a.md", "`sync_scope` and `sync_scope`", "[`sync_scope`](#label.sync_scope_module) and `sync_scope`"),
        ("docs/guide_a.md", "`sync_scope`\n\n## `link_users`\n\n`sync_scope`", None),
        ("docs/guide_a.md", "[`sync_scope`](guide_b.md) `link_users: keep` ``sync_scope``", None),
        ("docs/guide_a.md", "```shell\n[b](../x.md) `sync_scope`\n```\n", None),
        ("docs/guide_a.md", "1. one\n\n   ```shell\n   echo `sync_scope`\n   ```\n", None),
    ],
)
def test_only_links_change(path: str, text: str, expected: str | None) -> None:
    """The first mention in each section becomes a link; what is printed in a block never does."""
    made = site.on_the_site(text, path, NAMES, KNOWN)
    if expected is not None:
        assert made == expected
    without_links = re.sub(r"\[(`\w+`)\]\(#label[\w.]+\)", r"\1", made)
    assert expected is not None or without_links == text


def test_every_guide_is_in_the_navigation_and_in_the_readme() -> None:
    index = (site.SITE / "index.md").read_text(encoding="utf-8")
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    entries = set(re.findall(r"^(?:[\w ]+<)?([\w/-]+)>?$", index, re.MULTILINE)) | {"index"}
    assert sorted(set(site.pages().values()) - entries) == [], "add them to docs/docsite/index.md"
    guides = sorted(path.name for path in REPOSITORY.glob("docs/guide_*.md"))
    assert [name for name in guides if f"/docs/{name})" not in readme] == [], "add them to the use cases of README.md"


def test_everything_that_users_name_is_in_the_reference() -> None:
    known = site.references()
    assert {"sync_scope", "link_scope_users", "link_verify_users"} <= known.keys()
    assert len(known) > 60


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site without its reference. A warning fails."""
    folder = tmp_path_factory.mktemp("site")
    source = folder / "source"
    source.mkdir()
    site.stage_pages(source)
    site.stage_stub(source)
    site.build(source, folder)
    return folder / "html"


needs_sphinx = pytest.mark.skipif(not READABLE, reason="the site's own requirements are not installed (make test installs them)")


@needs_sphinx
def test_the_pages_build_without_a_warning(built: Path) -> None:
    names = {str(page.relative_to(built).with_suffix("")) for page in built.glob("**/*.html")}
    assert set(site.pages().values()) <= names
    messages = (built / "guide_messages.html").read_text(encoding="utf-8")
    assert 'id="so-it-cannot-be-protected"' in messages
    assert 'src="_images/link.svg"' in (built / "guide_concepts.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium.browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@needs_sphinx
@pytest.mark.skipif(not (chromium.CHROMIUM and chromium.CHROMEDRIVER), reason=chromium.MISSING)
@pytest.mark.skipif(AXE is None, reason="axe-core is not installed (make test installs the package axe-playwright-python)")
@pytest.mark.parametrize("name", ["index", "guide_concepts", "guide_groups"])
def test_a_page_is_accessible_and_fits_a_phone(chrome: Chrome, built: Path, name: str) -> None:
    for width in (DESKTOP, PHONE):
        visit(chrome, built, name, width)
        assert violations(chrome, "html", {}) == []
        assert chrome.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    wear(chrome, "dark")
    assert violations(chrome, "html", {"runOnly": ["color-contrast"]}) == []

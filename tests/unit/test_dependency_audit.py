# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make audit` says of the answers of pip-audit."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.tools.audit import installed, verdict

VERSIONS = {"msal": "1.39.0", "requests": "2.34.2"}
FINE = {"name": "msal", "version": "1.39.0", "vulns": []}
BAD = {"name": "requests", "version": "2.34.2", "vulns": [{"id": "PYSEC-2026-1"}, {"id": "GHSA-x"}]}
UNKNOWN = {"name": "requests", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("found", "well", "words"),
    [
        ([FINE, {**BAD, "vulns": []}], True, "No vulnerability is known of 2 of 2 libraries"),
        ([FINE, UNKNOWN], True, "No vulnerability is known of 1 of 2 libraries"),
        ([FINE, BAD], False, "Known vulnerabilities: requests 2.34.2: PYSEC-2026-1, GHSA-x"),
        ([UNKNOWN, UNKNOWN], True, "has no advisories for 2 libraries, so they were not audited"),
    ],
)
def test_what_is_said(found: list[dict[str, Any]], well: bool, words: str) -> None:
    good, sentence = verdict(VERSIONS, {"dependencies": found})
    assert good is well
    assert words in sentence


def test_without_an_answer() -> None:
    assert verdict(VERSIONS, None) == (
        True,
        "The package index did not answer in time, so the 2 libraries of the collection were not audited.",
    )


def test_all_that_they_require_is_audited() -> None:
    assert {"msal", "requests", "pyjwt", "cryptography", "urllib3", "certifi"} <= set(installed(["msal>=1.35.0", "requests>=2.31.0"]))

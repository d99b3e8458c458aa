# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A report as the contents of its files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.markdown import report_text
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Report
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.page import report_page


def _data(report: Report) -> str:
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


RENDERERS: dict[str, Callable[[Report], str]] = {"json": _data, "markdown": report_text, "html": report_page}


def formats(wanted: Sequence[str] | None) -> list[str]:
    """The wanted formats in the order in which they are made; all of them if none is given."""
    return [form for form in RENDERERS if not wanted or form in wanted]


def rendered(report: Report, form: str) -> bytes:
    """The content of the file of that format. A character that is none becomes an escape."""
    return RENDERERS[form](report).encode("utf-8", "backslashreplace")

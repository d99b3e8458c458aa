# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A plan in at most ten lines, for a notification. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Change, LinkPlan

MOST_LINES = 10


def plan_summary(links: Mapping[str, LinkPlan], change: Change | None = None) -> list[str]:
    """The lines. The first is the verdict with numbers."""
    counts = Counter(link["status"] for link in links.values())
    return [", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "no links"]

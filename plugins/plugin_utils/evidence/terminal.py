# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A plan as the page that a terminal shows. Pure functions."""

from __future__ import annotations

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Plan


def plan_lines(plan: Plan) -> list[str]:
    """The lines of the page: at most 120 characters each, without control characters."""
    return [*plan["summary"], *(f"{host}: {link['summary']}" for host, link in plan["links"].items() if link["status"] != "in_sync")]

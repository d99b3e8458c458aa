# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Plans and reports as Markdown. Pure functions."""

from __future__ import annotations

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Plan, Report


def plan_text(plan: Plan) -> str:
    """A plan as a page of Markdown."""
    return "\n".join(["# Plan", "", *plan["summary"], ""])


def report_text(report: Report) -> str:
    """A report as a page of Markdown."""
    return "\n".join(["# Report", "", *(f"- {link['verdict']}" for link in report["links"].values()), ""])

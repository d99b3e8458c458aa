# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A plan and a report as one HTML file that needs no network."""

from __future__ import annotations

from html import escape

from .model import Plan, Report


def plan_page(plan: Plan) -> str:
    """The page of a plan. Equal plans have equal pages."""
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Plan</title><p>{escape(plan["hash"])}</p></html>\n'


def report_page(report: Report) -> str:
    """The page of a report."""
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(report["title"])}</title></html>\n'

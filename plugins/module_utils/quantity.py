# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Numbers in sentences."""

from __future__ import annotations


def quantity(number: int, noun: str) -> str:
    """A number with its noun, such as ``1 user`` and ``2 users``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"

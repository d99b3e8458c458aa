# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A row of the table of causes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .case import Case


@dataclass(frozen=True)
class Rule:
    """A cause and when it holds. ``reason`` continues a sentence that begins with the user's name; ``remedy`` is what to do. Both are without
    a full stop, and have the words of a `Case` in braces.
    """

    cause: str
    holds: Callable[[Case], bool]
    reason: str
    remedy: str

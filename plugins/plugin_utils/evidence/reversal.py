# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Whether a later run can restore the state before an action, and how. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def reversal(action: Mapping[str, Any], module: str) -> tuple[bool, str]:
    """Whether a later run can restore the state before an action of a module without loss, and how, or what is lost, in one sentence."""
    return False, "it is not known how to reverse it"

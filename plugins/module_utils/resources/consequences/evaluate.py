# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The value that a mapping gives for a user, from Microsoft's "Reference for writing expressions for attribute mappings" (fact F90)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..mapping.expression import Canonical
from .model import SourceUser


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be computed; ``reason`` says why."""

    reason: str


def evaluate(meaning: Canonical, user: SourceUser) -> Any:
    """A text, boolean, integer or list, ``None`` for an empty value, or `Unknown`."""
    if meaning[0] == "attribute":
        name = str(meaning[1])
        return Unknown(f"{name} cannot be read") if name in user.unread else user.attributes.get(name)
    if meaning[0] == "constant":
        return meaning[1]
    return Unknown(f"the function {meaning[1]} is not evaluated yet")

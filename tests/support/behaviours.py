# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The possible behaviours of the service. The tests of the modules must pass under each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from entra_emulator.settings import FLIPPED as OTHER_READINGS
from entra_emulator.settings import Lag

KINDS = tuple(Lag.model_fields)
"""The kinds of objects whose changes can become visible late."""
READS = 2
"""The number of reads of a changed object that still return the old state."""


@dataclass(frozen=True)
class Behaviour:
    """The emulator's settings, and their consequences for a test that counts requests."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    shows_late: bool = False
    """A change is not visible immediately, so it is read more often and there is a wait."""

    def __str__(self) -> str:
        return self.name

    @property
    def maps_mail(self) -> bool:
        """Whether the default schema maps mail."""
        return self.settings.get("mail_mapping") != "absent"

    @property
    def greater(self) -> str:
        """The service's name of the operator that compares numbers."""
        return "GREATER_THAN" if self.settings.get("operator_literals") == "upper" else "Greater_Than"


LIKELY = Behaviour("likely")
"""Every open point as `docs/developers/facts.md` considers most likely."""
FLIPPED = Behaviour("flipped", OTHER_READINGS)
"""Every open point in the opposite way."""
LAG = Behaviour("lag", {"lag": dict.fromkeys(KINDS, READS)}, shows_late=True)
"""Every write becomes visible late."""

ALL = (LIKELY, FLIPPED, LAG)

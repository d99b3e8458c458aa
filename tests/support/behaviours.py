# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the service may behave: what the tests of the modules have to hold under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from entra_emulator.settings import FLIPPED as OTHER_READINGS
from entra_emulator.settings import Lag

KINDS = tuple(Lag.model_fields)
"""Everything whose changes can show late."""
READS = 2
"""How many reads of something that was changed still see it as it was before."""


@dataclass(frozen=True)
class Behaviour:
    """The emulator's settings, and what follows from them for an admin who counts."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    shows_late: bool = False
    """A change is not seen at once, so it is read more often and there is a wait."""

    def __str__(self) -> str:
        return self.name

    @property
    def maps_mail(self) -> bool:
        """Whether the default schema maps mail."""
        return self.settings.get("mail_mapping") != "absent"

    @property
    def greater(self) -> str:
        """What the service calls the operator that compares numbers."""
        return "GREATER_THAN" if self.settings.get("operator_literals") == "upper" else "Greater_Than"


LIKELY = Behaviour("likely")
"""Every open point as the fact sheet judges likeliest."""
FLIPPED = Behaviour("flipped", OTHER_READINGS)
"""Every open point the other way round."""
LAG = Behaviour("lag", {"lag": dict.fromkeys(KINDS, READS)}, shows_late=True)
"""Every write shows late."""

ALL = (LIKELY, FLIPPED, LAG)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine of consequences predicts is what the emulator's cycle does then, to every user and every attribute.

``LIFE=everything pytest tests/property/test_consequences.py`` tries two thousand links, of twelve users each.
"""

from __future__ import annotations

from collections import Counter

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import EFFECTS
from ansible_collections.entra.cross_tenant_sync.tests.support.foresight import contradiction, happened, predicted
from ansible_collections.entra.cross_tenant_sync.tests.support.foresight_links import generated
from ansible_collections.entra.cross_tenant_sync.tests.support.life import everything

SEEDS = range(2000 if everything() else 200)
MOST_UNKNOWN = 0.02
MOST_DOUBTFUL = 0.05
"""How many predictions may leave several effects open."""


def test_the_cycle_does_what_was_predicted() -> None:
    wrong, effects, doubtful, left = [], Counter[str](), 0, 0
    for seed in SEEDS:
        link = generated(seed)
        foreseen = predicted(link)
        for told, seen in zip(foreseen, happened(link, foreseen), strict=True):
            problem = contradiction(told, seen)
            if problem:
                wrong.append(f"seed {seed} {link.story} {'full' if link.full else ''}: {told.name} ({told.reason}): {problem}")
            effects[told.effect] += 1
            doubtful += bool(told.possible)
            left += told.leaves and seen.effect == "soft_deleted"
    assert wrong == [], "\n".join(wrong)
    assert set(effects) == set(EFFECTS), "some effects never occur"
    assert left > 0.02 * effects.total(), "hardly any user leaves"
    assert effects["unknown"] < MOST_UNKNOWN * effects.total(), effects
    assert doubtful < MOST_DOUBTFUL * effects.total(), doubtful

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine of consequences predicts is what the emulator's cycle does then, to every user and every attribute.

``LIFE=everything pytest tests/property/test_consequences.py`` tries two thousand links, of twelve users each.
"""

from __future__ import annotations

from collections import Counter

from ansible_collections.entra.cross_tenant_sync.tests.support.foresight import contradiction, generated, happened, predicted
from ansible_collections.entra.cross_tenant_sync.tests.support.life import everything

SEEDS = range(int(__import__("os").environ.get("N", 100)))


def test_the_cycle_does_what_was_predicted() -> None:
    wrong, effects = [], Counter[str]()
    for seed in SEEDS:
        link = generated(seed)
        foreseen = predicted(link)
        for told, seen in zip(foreseen, happened(link, foreseen), strict=True):
            problem = contradiction(told, seen)
            if problem:
                wrong.append(f"seed {seed} {link.story} {'full' if link.full else ''}: {told.name} ({told.reason}): {problem}")
            effects[told.effect] += 1
    print(effects, len(wrong))
    assert wrong == [], "\n".join(wrong)
    assert effects["unknown"] < 0.02 * effects.total(), effects

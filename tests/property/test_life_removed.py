# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link is taken down, with each request disturbed once."""

from __future__ import annotations

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.life import DISTURBANCES, KILLED_AFTER, disturb

PHASES = ("keep", "deprovision")


@pytest.mark.parametrize("disturbance", DISTURBANCES)
@pytest.mark.parametrize("phase", PHASES)
def test_removing_ends_as_if_undisturbed(phase: str, disturbance: str) -> None:
    """Nothing of the link is left, and the people are there or gone as it was asked for."""
    disturb(phase, disturbance)


@pytest.mark.parametrize("phase", PHASES)
def test_removing_ends_as_if_undisturbed_where_the_service_does_nothing_by_itself(phase: str) -> None:
    """Every open point of the service is the other way round: a new schema, for example, restarts nothing (F83)."""
    disturb(phase, KILLED_AFTER, behaviour="flipped")

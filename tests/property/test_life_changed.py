# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link is changed while its job runs, with each request disturbed once."""

from __future__ import annotations

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.life import CYCLE_PASSES, DISTURBANCES, KILLED_AFTER, disturb

PHASES = ("narrow", "change at once")


@pytest.mark.parametrize("disturbance", DISTURBANCES)
@pytest.mark.parametrize("phase", PHASES)
def test_changing_ends_as_if_undisturbed(phase: str, disturbance: str) -> None:
    """Who left the scope leaves the target, and nobody else; what was mapped anew arrives."""
    disturb(phase, disturbance)


@pytest.mark.parametrize("phase", PHASES)
def test_changing_ends_as_if_undisturbed_where_the_service_does_nothing_by_itself(phase: str) -> None:
    """Every open point of the service is the other way round: a new schema, for example, restarts nothing (F83)."""
    disturb(phase, KILLED_AFTER, behaviour="flipped")


@pytest.mark.parametrize("disturbance", [KILLED_AFTER, CYCLE_PASSES])
@pytest.mark.parametrize("phase", ["widen and filter more", "narrow and filter less"])
def test_no_cycle_sees_a_scope_with_the_filter_of_another(phase: str, disturbance: str) -> None:
    """Whoever is in the old scope without the old filter, or in the new one without the new filter, arrives not even for a while."""
    disturb(phase, disturbance)

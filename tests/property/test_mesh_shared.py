# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten companies, each of which synchronizes to every other, let each other see free/busy times: by one variable for all links, with exactly
the writes that it needs.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import SHARING, building, removal
from ansible_collections.entra.cross_tenant_sync.tests.benchmark import world
from ansible_collections.entra.cross_tenant_sync.tests.support import fleets
from ansible_collections.entra.cross_tenant_sync.tests.support.fleets import Fleet, ran, seen

COMPANIES = tuple(world.mesh(10, 2))
FREE_BUSY = {"link_share": {"target": {"free_busy": "basic", "scope": "all"}}}
ONE = "company00_to_company01"
TRUST = "m365CollaborationInbound"


@pytest.fixture(scope="module")
def mesh() -> Fleet:
    """The mesh with what a run of all links has done about free/busy times."""
    fleet = fleets.untouched(COMPANIES)
    fleet.cloud.arrivals.clear()
    return fleet


def share_all(fleet: Fleet) -> None:
    for link in fleet.links.values():
        link.update(copy.deepcopy(FREE_BUSY))


def writes(fleet: Fleet) -> Counter[str]:
    """The requests that write, without ids."""
    paths = (
        (
            arrival.method,
            "capability" if "m365Capabilities" in arrival.path else "partner" if "/partners/" in arrival.path else arrival.path,
        )
        for arrival in fleet.cloud.arrivals
        if arrival.writes
    )
    return Counter(f"{method} {what}" for method, what in paths)


def policies(fleet: Fleet) -> dict[str, Any]:
    return {company.name: copy.deepcopy(fleet.cloud.world.tenants[company.tenant_id].access_policy.model_dump()) for company in COMPANIES}


def test_a_mesh_shares_in_one_run_with_two_writes_for_each_pair_and_a_removal_leaves_the_others(mesh: Fleet) -> None:
    # Nothing of it is asked for while no link wants it.
    without = seen(mesh).verdicts
    assert [verdict.facts and verdict.facts["in_sync"] for verdict in without.values()] == [True] * 90
    asked = len(mesh.cloud.arrivals)
    assert [arrival for arrival in mesh.cloud.arrivals if "m365Capabilities" in arrival.path] == []

    # The look finds what is missing, and nothing else.
    share_all(mesh)
    found = [verdict.facts for verdict in seen(mesh).verdicts.values()]
    differences = [difference for facts in found if facts for difference in facts["differences"]]
    assert Counter(difference["module"] for difference in differences) == {SHARING: 90}
    assert Counter(action["verb"] for difference in differences for action in difference["actions"]) == {"update": 90, "create": 90}

    # One run: a trust and a capability for each directed pair.
    mesh.cloud.arrivals.clear()
    for name in mesh.links:
        done = ran(mesh, name, building(mesh.params(name)))
        assert (len(done.actions), done.failure) == (2, None), name
    assert writes(mesh) == {"PATCH partner": 90, "POST capability": 90}
    for company in COMPANIES:
        held = mesh.cloud.world.tenants[company.tenant_id].access_policy.capabilities
        assert {partner: sorted(own) for partner, own in held.items()} == {
            other.tenant_id: ["crossTenantCalendarAvailabilityBasic"] for other in COMPANIES if other != company
        }

    # A second run writes nothing, and its look needs no request more than without sharing: the reads fit into the same batches.
    mesh.cloud.arrivals.clear()
    assert [verdict.facts and verdict.facts["in_sync"] for verdict in seen(mesh).verdicts.values()] == [True] * 90
    assert writes(mesh) == {}
    assert len(mesh.cloud.arrivals) == asked

    # The removal of one link: what the others share stays, byte for byte, also what the reverse link does.
    before = policies(mesh)
    assert ran(mesh, ONE, removal(deprovision=False, sharing=["target"])).failure is None
    after = policies(mesh)
    own, partner = "company01", COMPANIES[0].tenant_id
    assert after[own]["capabilities"][partner] == {}
    assert after[own]["partners"][partner].get(TRUST) is None
    # The entries of the reverse link lose the switches of the removed link only.
    for here, there, switch in ((own, partner, "inboundAllowed"), ("company00", COMPANIES[1].tenant_id, "outboundAllowed")):
        switches = [policy[here]["partners"][there].pop("automaticUserConsentSettings") for policy in (before, after)]
        assert switches[1] == {**switches[0], switch: None}
    for policy in (before, after):
        del policy[own]["capabilities"][partner], policy[own]["partners"][partner][TRUST]
        policy[own]["identity_synchronizations"].pop(partner, None)
    assert after == before
    del mesh.links[ONE]
    assert [verdict.facts and verdict.facts["in_sync"] for verdict in seen(mesh).verdicts.values()] == [True] * 89

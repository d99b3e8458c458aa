# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One link from empty tenants to nothing left, however the service behaves where nobody knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.conformance.walkthrough import Walkthrough
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import KINDS, READS
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO

LAG = tuple(word for kind in KINDS for word in ("--set", f"lag.{kind}={READS}"))


# One request a second, as policy_quota flipped means, is told by a test of cross_tenant_policy: a whole walkthrough of it takes minutes.
@pytest.mark.parametrize("arguments", [(), ("--preset", "flipped", "--set", "policy_quota=directory")], ids=["likely", "flipped"])
def test_the_whole_walkthrough(walkthrough: Callable[..., Walkthrough], arguments: tuple[str, ...]) -> None:
    walkthrough(*arguments).whole()


def test_every_write_shows_late(walkthrough: Callable[..., Walkthrough]) -> None:
    told = walkthrough(*LAG)
    told.build()
    told.change(told.cycle())


def test_every_removal_shows_late(walkthrough: Callable[..., Walkthrough]) -> None:
    told = walkthrough()
    told.sync()
    told.cycle()
    told.emulator.control("PUT", "settings", {"lag": dict.fromkeys(KINDS, READS)})
    told.teardown()


@pytest.mark.parametrize("switch", ["transient_synchronization_errors=2", "instantiate_answers_404=true"])
def test_a_new_configuration_is_awkward(walkthrough: Callable[..., Walkthrough], switch: str) -> None:
    told = walkthrough("--set", switch)
    told.build()
    told.remove()


def test_replicas_are_stale_in_turn(walkthrough: Callable[..., Walkthrough]) -> None:
    """What was seen may be unseen at the next read; nothing is made twice, and once the replicas agree, nothing is left to do."""
    told = walkthrough("--set", "stale_reads=2")
    told.sync()
    assert len(told.emulator.tenant(CONTOSO)["applications"]) == 1
    told.cycle()
    told.settled()
    told.remove()

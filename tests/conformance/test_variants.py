# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link from its creation to its removal, under every possible behaviour of the service."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.conformance.walkthrough import Walkthrough
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import KINDS, READS
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO

LAG = tuple(word for kind in KINDS for word in ("--set", f"lag.{kind}={READS}"))


# The other value of policy_quota, one request a second, is covered by a test of cross_tenant_policy: a walkthrough with it takes minutes.
@pytest.mark.parametrize("arguments", [(), ("--preset", "flipped", "--set", "policy_quota=directory")], ids=["likely", "flipped"])
def test_the_whole_walkthrough(walkthrough: Callable[..., Walkthrough], arguments: tuple[str, ...]) -> None:
    walkthrough(*arguments).whole()


def test_every_write_becomes_visible_late(walkthrough: Callable[..., Walkthrough]) -> None:
    walk = walkthrough(*LAG)
    walk.build()
    walk.change(walk.cycle())


def test_every_removal_becomes_visible_late(walkthrough: Callable[..., Walkthrough]) -> None:
    walk = walkthrough()
    walk.sync()
    walk.cycle()
    walk.emulator.control("PUT", "settings", {"lag": dict.fromkeys(KINDS, READS)})
    walk.teardown()


@pytest.mark.parametrize("switch", ["transient_synchronization_errors=2", "instantiate_answers_404=true"])
def test_a_new_configuration_behaves_unexpectedly(walkthrough: Callable[..., Walkthrough], switch: str) -> None:
    walk = walkthrough("--set", switch)
    walk.build()
    walk.remove()


def test_replicas_are_stale_in_turn(walkthrough: Callable[..., Walkthrough]) -> None:
    """An object that was visible may be missing at the next read. Nothing is created twice, and once the replicas agree, nothing is left to do."""
    walk = walkthrough("--set", "stale_reads=2")
    walk.sync()
    assert len(walk.emulator.tenant(CONTOSO)["applications"]) == 1
    walk.cycle()
    walk.settled()
    walk.remove()

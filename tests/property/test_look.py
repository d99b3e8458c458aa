# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The look at a fleet finds a difference exactly where the modules, one by one in check mode, report a change.

``LIFE=everything pytest tests/property/test_look.py`` tries a thousand fleets.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import look
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import Seen, Verdict
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import strangers
from ansible_collections.entra.cross_tenant_sync.tests.support.fleets import COMPANIES, SIZE, Told, compared, generated, seen, strange, told
from ansible_collections.entra.cross_tenant_sync.tests.support.life import everything

SEEDS = range(1000 if everything() else 10)


FACTS = ("in_sync", "differences", "synced_users", "missing_users", "summary", "problems")


def contradiction(verdict: Verdict, alone: Mapping[str, Any] | str, modules: Told) -> str | None:
    """How the look contradicts the comparison of the link alone, or the modules; ``None`` if it does not.

    A link that the look leaves to a comparison of its own must fail there.
    """
    if isinstance(alone, str) or verdict.facts is None:
        same = isinstance(alone, str) and verdict.facts is None
        return None if same else f"the look: {verdict}; the comparison: {alone}"
    if verdict.facts["not_compared"] or alone["not_compared"]:
        same = bool(verdict.facts["not_compared"]) == bool(alone["not_compared"])
        return None if same else f"the look: {verdict.facts['not_compared']}; the comparison: {alone['not_compared']}"
    if any(verdict.facts[name] != alone[name] for name in FACTS):
        return f"the look: {verdict.facts}; the comparison: {alone}"
    differs = bool(verdict.facts["differences"])
    return None if differs == bool(modules.actions or modules.failure) else f"the look: {verdict.facts}; the modules: {modules}"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_look_and_the_modules_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether each link of a source reads everything by itself, or what is common is read first."""
    monkeypatch.setattr(look, "MOST_ALONE", 0 if seed % 2 else SIZE)
    fleet = generated(seed)
    looked = seen(fleet)
    verdicts, found = looked.verdicts, {}
    for name in fleet.links:
        wrong = contradiction(verdicts[name], compared(fleet, name), told(fleet, name))
        if wrong:
            found[name] = wrong
    assert found == {}, fleet.story
    for tenant_id, expected in strange(fleet).items():
        ids, unknown = strangers_of(looked, tenant_id)
        # What cannot be read is unknown. What else was found is reported.
        assert ids <= expected if unknown else ids == expected, fleet.story


def strangers_of(looked: Seen, tenant_id: str) -> tuple[set[str], bool]:
    """The ids in the sentences about the strangers of a tenant, and whether it could not be searched."""
    (name,) = [company.domain for company in COMPANIES if company.tenant_id == tenant_id]
    parts = [found for found in looked.strangers if found.tenant in (tenant_id, name)]
    sentences = [sentence for found in parts for sentence in found.found]
    ids = {
        partner or principal for text in sentences for partner, principal in re.findall(r"partner (\S+) may|\((\S+)\) synchronizes", text)
    }
    assert len(ids) == len(sentences)
    return ids, any(found.unknown for found in parts)


READ_ONLY = {"compare": False, "share_reads": False, "stop_at_difference": False}
READ = ("job", "job_verdict", "synced_users", "summary", "problems")


@pytest.mark.parametrize("seed", range(1000 if everything() else 4))
def test_links_that_are_only_read_are_read_as_by_themselves(seed: int) -> None:
    """Without a comparison, only what is needed is read. What the source shows is known although the target cannot be read."""
    fleet = generated(seed)
    verdicts = seen(fleet, **READ_ONLY).verdicts
    paths = {arrival.path.partition("?")[0] for arrival in fleet.cloud.arrivals}
    assert not [path for path in paths if path.endswith(("/secrets", "/appRoleAssignedTo", "/partners", "/getByIds"))], fleet.story
    for name, verdict in verdicts.items():
        alone = compared(fleet, name, **READ_ONLY)
        if isinstance(alone, str):
            assert verdict.facts is None or verdict.failure, fleet.story
        else:
            assert verdict.failure is None
            assert verdict.facts is None or {one: verdict.facts[one] for one in READ} == {one: alone[one] for one in READ}, fleet.story


def test_what_the_source_shows_is_known_although_the_target_cannot_be_read() -> None:
    fleet = generated(untouched())
    lost = COMPANIES[0]
    fleet.connections[lost.name] = {**fleet.connections[lost.name], "client_secret": "wrong"}
    verdicts = seen(fleet, **READ_ONLY).verdicts
    for name, link in fleet.links.items():
        verdict = verdicts[name]
        is_source, is_target = link["link_source"] == lost.name, link["link_target"] == lost.name
        assert bool(verdict.failure) is (is_source or is_target)
        assert (verdict.facts is None) is is_source
        if is_target:
            assert verdict.facts is not None
            assert verdict.facts["job_verdict"]["verdict"] == "healthy"
            assert verdict.facts["synced_users"] is None


@functools.cache
def untouched() -> int:
    """The seed of a fleet in which chance has done nothing."""
    return next(seed for seed in range(100) if not generated(seed).story)


def in_sync(found: Seen) -> list[Any]:
    return [verdict.facts and verdict.facts["in_sync"] for verdict in found.verdicts.values()]


def test_an_untouched_fleet_is_in_sync_and_has_no_strangers() -> None:
    found = seen(generated(untouched()))
    assert in_sync(found) == [True] * 12
    assert found.strangers == ()


@pytest.mark.parametrize("search", ["inbound", "outbound"])
def test_a_fault_of_the_search_for_strangers_fails_no_link(search: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(client: Client, _known: strangers.Described) -> list[str]:
        client.get("/organization?$select=verifiedDomains")
        raise ZeroDivisionError("something")

    monkeypatch.setattr(strangers, search, fail)
    found = seen(generated(untouched()))
    assert in_sync(found) == [True] * 12
    assert [(tenant.found, str(tenant.unknown).partition(" has failed with ")[2]) for tenant in found.strangers] == [
        ((), "ZeroDivisionError, a fault of this collection; report it.")
    ] * 4

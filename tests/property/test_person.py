# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cause is provoked, and the helpdesk's first sentence names it. What the emulator cannot do is written into its log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.person.cause import NAMES
from ansible_collections.entra.cross_tenant_sync.tests.support.address_book import VERDICTS, Book
from ansible_collections.entra.cross_tenant_sync.tests.support.helpdesk import DEFAULT_ACCESS, SALES, SEOUL, Helpdesk

MOST_REQUESTS = 12
Provoked = Callable[[Helpdesk], Any]


@dataclass(frozen=True)
class Trouble:
    """What happens, who is asked about, and how the sentence begins after the user's name."""

    cause: str
    user: str
    sentence: str
    happens: Provoked = lambda desk: None
    exchange: bool = False
    fresh: bool = False


def unassigned(*remaining: str, **changes: Any) -> Provoked:
    """The link is changed so that only these users, and the group Sales, are in scope."""
    return lambda desk: desk.scope(*remaining, **changes)


def then(*steps: Provoked) -> Provoked:
    """One after the other."""

    def happen(desk: Helpdesk) -> None:
        for step in steps:
            step(desk)

    return happen


def cycle(desk: Helpdesk) -> None:
    desk.cycle()


def in_source(alias: str, **changes: Any) -> Provoked:
    return lambda desk: desk.source_user(alias).update(changes)


def in_target(alias: str, **changes: Any) -> Provoked:
    return lambda desk: desk.target_user(alias).update(changes)


def deleted_in_source(alias: str, purge: bool = False) -> Provoked:
    return lambda desk: desk.delete(desk.source_tenant, desk.source_user(alias), purge)


def deleted_in_target(alias: str, purge: bool = False) -> Provoked:
    return lambda desk: desk.delete(desk.target_tenant, desk.target_user(alias), purge)


def logged(alias: str, code: str, **more: Any) -> Provoked:
    return lambda desk: desk.logged(alias, code, **more)


def policy(**changes: Any) -> Provoked:
    return lambda desk: desk.target_tenant.authorization_policy.update(changes)


def link(**changes: Any) -> Provoked:
    return lambda desk: desk.sync(**changes)


TROUBLES = (
    Trouble("unknown_name", "nobody.here", "is a user of neither tenant"),
)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.cause)
def test_the_first_sentence_names_the_cause(trouble: Trouble) -> None:
    desk = Helpdesk(trouble.fresh)
    trouble.happens(desk)
    result = desk.person(trouble.user, exchange=trouble.exchange)
    assert not result.get("failed"), result["msg"]
    assert (result["cause"], result["sentence"]) == (trouble.cause, f"{result['user_principal_name']} {trouble.sentence}")
    assert len(desk.asked) <= MOST_REQUESTS, desk.asked


_ = (NAMES, VERDICTS, Book, DEFAULT_ACCESS, SALES, SEOUL)

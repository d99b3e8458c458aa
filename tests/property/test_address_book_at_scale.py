# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address book of a large target: few requests to Exchange, not more than one a second, and progress (fact F150).

How much memory each user needs is measured in `tests/unit/test_address_book_reading.py`, where no emulator needs any.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.tests.support import crowd
from ansible_collections.entra.cross_tenant_sync.tests.support.address_book import SOURCE, Book
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM

USERS = 10_000
EVERY = 25
"""Every so many users have no mail in the target, so that Exchange is asked for their addresses, too."""
REQUESTS = 110
"""The limit of requests to Exchange."""
SILENCE = 5
"""The longest time without progress, in seconds."""


def test_ten_thousand_users(tmp_path: Path) -> None:
    cloud = crowd.synced(USERS, tmp_path)
    for user in list(cloud.world.tenants[FABRIKAM].users.values())[::EVERY]:
        user |= {"mail": None, "proxyAddresses": []}
    book = Book(cloud)
    result = book.ask(**SOURCE)

    counts = {verdict: count for verdict, count in result["counts"].items() if count}
    assert counts == {"listed": USERS - USERS // EVERY, "not_yet": USERS // EVERY}
    assert result["exchange"] == {"asked": True, "reason": None}
    assert book.writes == []

    times = [request.at for request in book.requests]
    assert USERS // 100 < len(times) <= REQUESTS
    assert min(after - before for before, after in itertools.pairwise(times)) >= 1.0
    assert times[-1] - times[0] < REQUESTS, "nothing waits longer than it must"

    told = [at for at, _text in book.said]
    assert max(after - before for before, after in itertools.pairwise([times[0], *told, times[-1]])) <= SILENCE
    texts = [text for _at, text in book.said if "Exchange" in text]
    assert len(set(texts)) > USERS // 100
    assert f"Exchange was asked about {USERS // 2} of {USERS} users" in texts[USERS // 200 - 1]

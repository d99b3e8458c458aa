# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests a link costs in both tenants together. A batch is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import Playbooks, Run

pytestmark = pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
PEOPLE = 1000
Count = Callable[[], tuple[Run, int]]


@pytest.fixture
def sync(emulator: Emulator, playbooks: Playbooks, state: dict[str, Any]) -> Count:
    """Runs sync.yml for a link with a thousand people and a group in scope, and counts the requests to Graph. The preflight is not
    counted: it can be switched off."""
    people = [tenants.add_user(state, f"person{number}", _netId=f"net{number}")["userPrincipalName"] for number in range(PEOPLE)]
    emulator.control("PUT", "state", state)

    def run() -> tuple[Run, int]:
        emulator.control("DELETE", "requests")
        done = playbooks.sync(link_scope_users=people, link_scope_groups=["Sales"], link_preflight=False)
        assert done.code == 0, done.output
        sent = emulator.control("GET", "requests")["requests"]
        return done, len([one for one in sent if one["path"].startswith(("/v1.0/", "/beta/")) and not one.get("batched")])

    return run


def tokens(emulator: Emulator) -> list[str]:
    """The tenants that were signed in to, once for each time."""
    paths = [one["path"] for one in emulator.control("GET", "requests")["requests"]]
    return sorted(path.split("/")[1] for path in paths if path.endswith("/token"))


def test_a_thousand_people(sync: Count, emulator: Emulator) -> None:
    _created, requests = sync()
    # Eleven of them judge every part of the link before the first write, one looks whether another run has made the same configuration
    # at the same moment, and one reads the schema anew before it is written.
    assert requests == 90 + 11 + 1 + 1
    emulator.advance("PT2H")
    again, requests = sync()
    assert again.changed() == []
    assert again.of("link_info")["synced_users"] > PEOPLE
    assert requests == 11
    assert tokens(emulator) == sorted((CONTOSO, FABRIKAM))


def test_a_thousand_people_without_synchronization_in_batches(sync: Count, emulator: Emulator) -> None:
    """It is tried once; later tasks of the run know. Nothing else costs more."""
    emulator.control("PUT", "settings", {"batch_synchronization": "refused"})
    sync()
    again, requests = sync()
    assert again.changed() == []
    refused = [one for one in emulator.control("GET", "requests")["requests"] if one.get("batched") and one["status"] == 400]
    assert {one["path"].rpartition("/")[2] for one in refused} == {"secrets", "jobs"}
    assert len(refused) == 2
    # Nobody has arrived yet, so there is one page of people less. Alone go: secrets and jobs, and the configuration, which otherwise
    # travels with the mappings.
    assert requests == 11 - 1 + 3

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link from its creation to its removal, where the first attempt of every write fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.conformance.walkthrough import Walkthrough
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.life import everything

INSTANTIATE = ("POST", "/instantiate$", 1)
WRITES = [
    ("POST", "/partners$", 1),
    ("POST", "/partners$", 2),
    ("PUT", "/identitySynchronization$", 1),
    INSTANTIATE,
    ("POST", "/validateCredentials$", 1),
    ("POST", "/jobs$", 1),
    ("PUT", "/secrets$", 1),
    ("POST", r"/\$batch$", 1),
    ("PUT", "/schema$", 1),
    ("POST", "/start$", 1),
    ("POST", "/pause$", 1),
    ("DELETE", "/jobs/[^/]+$", 1),
    ("DELETE", "/applications/[^/]+$", 1),
    ("DELETE", f"/partners/{CONTOSO}/identitySynchronization$", 1),
    ("DELETE", f"/partners/{CONTOSO}$", 1),
    ("DELETE", f"/partners/{FABRIKAM}$", 1),
]
"""Every write in the life of a link: the request that the fault affects, counted among those of its kind."""

REPEATED = ("429", "503", "503 with Retry-After", "reset before the change", "html", "expired token")
"""The faults after which the change was not made, so that the client sends it again."""

UNKNOWABLE = ("503", "503 with Retry-After", "reset before the change", "html")
"""The faults among them that cannot be distinguished from a change that was made."""

FAULTS: dict[str, dict[str, Any]] = {
    "429": {"fault": "status", "status": 429, "retry_after": 1},
    "503": {"fault": "status", "status": 503},
    "503 with Retry-After": {"fault": "status", "status": 503, "retry_after": 1},
    "503 after the change": {"fault": "status", "status": 503, "committed": True},
    "503 with Retry-After after the change": {"fault": "status", "status": 503, "retry_after": 1, "committed": True},
    "reset before the change": {"fault": "reset_before_commit"},
    "reset after the change": {"fault": "reset_after_commit"},
    "truncated": {"fault": "truncated"},
    "html": {"fault": "html", "status": 502},
    "expired token": {"fault": "expired_token"},
}


TOLD = ("503 with Retry-After after the change", "reset after the change", "truncated", "expired token")
"""The faults that real playbooks meet in every run of the tests; `LIFE=everything` has all. The others differ from them inside the engine
only, where tests/property/ has every fault at every write.
"""


@pytest.mark.parametrize("name", FAULTS if everything() else TOLD)
def test_every_write_fails_once(walkthrough: Callable[..., Walkthrough], name: str) -> None:
    walk = walkthrough()
    # The third POST of a partner is the first in the other tenant if the first POST is repeated.
    writes = [(method, path, 3 if nth == 2 and name in REPEATED else nth) for method, path, nth in WRITES]
    if name in UNKNOWABLE:
        writes.remove(INSTANTIATE)
    walk.emulator.control("POST", "faults", [{"method": method, "path": path, "nth": nth, **FAULTS[name]} for method, path, nth in writes])
    walk.sync()
    assert len(walk.emulator.tenant(CONTOSO)["applications"]) == 1
    walk.settled()
    walk.remove()
    seen = {(fault["method"], fault["path"], fault["nth"]): fault["seen"] for fault in walk.emulator.control("GET", "faults")["faults"]}
    assert [write for write in writes if seen[write] < write[2]] == []


@pytest.mark.parametrize("name", UNKNOWABLE)
def test_an_application_is_never_created_blindly(walkthrough: Callable[..., Walkthrough], name: str) -> None:
    """Whether it was created is unknown, and a second application would be worse than a second run."""
    walk = walkthrough()
    walk.tasks(
        [
            ("cross_tenant_policy", "fabrikam", {"partner_tenant_id": CONTOSO, "user_sync_inbound": True, "redemption_inbound": True}),
            ("cross_tenant_policy", "contoso", {"partner_tenant_id": FABRIKAM, "redemption_outbound": True}),
        ]
    )
    walk.emulator.control("POST", "faults", {"method": "POST", "path": "/instantiate$", **FAULTS[name]})
    options = {"name": "Fabrikam", "target_tenant_id": FABRIKAM, "visibility_timeout": 2}
    stopped = walk.playbooks.task("sync_configuration", "contoso", options)
    assert stopped.code == 2, stopped.output
    assert "could not create configuration Fabrikam" in stopped.failure()
    assert "Running again is safe" in stopped.failure()
    assert walk.emulator.tenant(CONTOSO)["applications"] == {}
    again = walk.playbooks.task("sync_configuration", "contoso", options)
    assert again.code == 0, again.output
    assert len(walk.emulator.tenant(CONTOSO)["applications"]) == 1

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook drift.yml: it names who changed what, is quiet if nothing was changed, and ends with the verdict. `tests/property/test_drift.py`
has each kind of change.
"""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.drifts import APPLICATION, CHANGES, LINK, USERS, Somebody
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory

DRIFT = REPOSITORY / "playbooks" / "drift.yml"
HOST = "contoso_to_fabrikam"


def drift(playbooks: Playbooks, *arguments: str, **link: Any) -> Run:
    """A run of drift.yml, which changes nothing."""
    before = playbooks.emulator.state()["tenants"]
    run = playbooks.play(DRIFT, inventory(playbooks.emulator, **LINK | link), *arguments, env={"ANSIBLE_SHOW_CUSTOM_STATS": "true"})
    assert playbooks.emulator.state()["tenants"] == before
    return run


def told(run: Run) -> dict[str, Any]:
    """What the look returns."""
    return run.of("links_drift_info")


def somebody(emulator: Emulator, by: str) -> Somebody:
    return Somebody(
        lambda sent: emulator.control("POST", "acts", sent)["answers"][0],
        lambda: dict(emulator.state()["tenants"]),
        by,
    )


def asked(emulator: Emulator) -> list[str]:
    """The clients that have read an audit log since the last time."""
    found = [one["client_id"] for one in emulator.control("GET", "requests")["requests"] if "/auditLogs/directoryAudits" in one["path"]]
    emulator.control("DELETE", "requests")
    return found


@pytest.fixture
def built(emulator: Emulator, playbooks: Playbooks) -> Playbooks:
    """The link, which has run."""
    run = playbooks.sync(**LINK)
    assert run.code == 0, run.output
    emulator.advance("PT40M")
    asked(emulator)
    return playbooks


def test_three_exit_codes(emulator: Emulator, built: Playbooks) -> None:
    quiet = drift(built)
    assert quiet.code == 0, quiet.output
    assert "1 of 1 links are in sync" in quiet.output.splitlines()
    assert (told(quiet)["verdict"], told(quiet)["strangers"]) == ("in_sync", [])
    assert not [task for task in quiet.tasks if task.action.endswith("link_verdict")]
    assert asked(emulator) == []

    made: dict[str, tuple[str, str]] = {}
    for number, name in enumerate(("guard", "user assigned", "mapping changed", "redemption out", "paused")):
        CHANGES[name].act(somebody(emulator, USERS[number % len(USERS)]))
        made[CHANGES[name].what] = (emulator.control("GET", "clock")["clock"], USERS[number % len(USERS)])
        emulator.advance("PT1M")
    CHANGES["redemption in"].act(somebody(emulator, APPLICATION[FABRIKAM]))
    asked(emulator)
    found = drift(built)
    assert found.code == 2, found.output
    link = told(found)["links"][HOST]
    by_what = {one["what"]: one for one in link["drift"]}
    inbound = by_what.pop("redemption_inbound")
    assert {what: (one["since"], one["by"]) for what, one in by_what.items()} == made
    assert (inbound["by_kind"], inbound["by"].split()[0], inbound["tenant"]) == ("application", "Administrator", FABRIKAM)
    assert found.failure() == link["line"]
    handed = next(task.result["ansible_stats"]["data"]["drift"] for task in found.tasks if task.action.endswith("set_stats"))
    assert handed == {"verdict": "drifted", "summary": "1 links: 1 drifted", "drifted": [HOST], "could_not_look": [], "more": 0}
    assert len(asked(emulator)) == 2

    only_reports = drift(built, "-e", "drift_fail=false", "--check")
    assert only_reports.code == 0, only_reports.output
    assert told(only_reports) == told(found)

    emulator.control("POST", "faults", {"method": "GET", "path": "/servicePrincipals", "times": 0, "fault": "status", "status": 403})
    blind = drift(built)
    assert blind.code == 4, blind.output
    assert told(blind)["verdict"] == "could_not_look"
    assert "Application.Read.All" in told(blind)["links"][HOST]["line"]


def test_strangers_and_a_link_that_must_not_exist(emulator: Emulator, built: Playbooks) -> None:
    """Both are found although nothing of a described link was changed."""
    by = somebody(emulator, USERS[1])
    by.sends("POST", "/applicationTemplates/518e5f48-1fc8-4c48-9387-9fdf28b0dfe7/instantiate", {"displayName": "By hand"})
    (principal,) = [one for one in emulator.tenant(CONTOSO)["service_principals"].values() if one["displayName"] == "By hand"]
    secrets = [{"key": "CompanyId", "value": FABRIKAM}, {"key": "AuthenticationType", "value": "SyncPolicy"}]
    by.sends("PUT", f"/servicePrincipals/{principal['id']}/synchronization/secrets", {"value": secrets})
    run = drift(built)
    assert run.code == 2, run.output
    (stranger,) = told(run)["strangers"]
    assert (stranger["object"], stranger["by"]) == ("configuration By hand", USERS[1])
    assert told(run)["links"][HOST]["drift"] == []
    assert "no link of the inventory describes that" in run.failure()

    gone = drift(built, link_state="absent")
    assert gone.code == 2, gone.output
    objects = {one["object"] for one in told(gone)["links"][HOST]["drift"]}
    assert objects == {"configuration Fabrikam", "configuration By hand", f"partner {CONTOSO}"}

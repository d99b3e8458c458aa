# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who changed what: changes of every kind by named users and applications are reported with their author, time, old and new value."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.log_streams import Unread, read_logs
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import look
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import audit_log
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import SOURCE, building
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import links_drift
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import LinkHost
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import Looked
from ansible_collections.entra.cross_tenant_sync.tests.support import drifts
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.drifts import APPLICATION, CHANGES, LINK, OTHER, Somebody
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.life import CYCLE, NAME, TENANTS, living, task
from entra_emulator.history import Sent, perform

HOST = "contoso_to_fabrikam"
PLACES = {"tenants": TENANTS, "link_source": "contoso", "link_target": "fabrikam", "link_configuration": NAME}
FORMS: dict[str, dict[str, Any]] = {
    "settings": {},
    "document": {"audit_modified_properties": "document", "audit_app_id": "null"},
    "empty": {"audit_modified_properties": "empty", "audit_policy_target": "partner"},
    "nothing": {"audit_modified_properties": "empty"},
}
"""What entries of the log contain."""


def prepared(links: Mapping[str, Mapping[str, Any]]) -> dict[str, Looked]:
    """Links before the look."""
    return {
        name: links_drift.prepare(LinkHost(name, {**PLACES, **link}, lambda raw: raw, entries={}), dict) for name, link in links.items()
    }


@functools.cache
def built() -> tuple[Cloud, bytes]:
    """Both tenants with the link, which has run. A minute has passed since then."""
    cloud = Cloud()
    params = {**prepared({HOST: LINK})[HOST].params, "target": {**TENANTS["fabrikam"], "cloud": "global"}}
    with living(cloud):
        for part in building(params):
            options = {name: value for name, value in part.options(params).items() if value is not None and name != "cloud"}
            result = task(cloud, part.module, "contoso" if part.side == SOURCE else "fabrikam", **options)
            assert not result.get("failed"), result
    cloud.sleep(CYCLE)
    cloud.sleep(60)
    return cloud, cloud.save()


@pytest.fixture
def cloud() -> Cloud:
    found, saved = built()
    found.load(saved)
    found.service.settings = found.service.settings.model_copy(
        update={"audit_modified_properties": "settings", "audit_policy_target": "policy", "audit_app_id": "present"}
    )
    return found


def somebody(cloud: Cloud, by: str | None) -> Somebody:
    return Somebody(
        lambda sent: perform(cloud.service, Sent.model_validate(sent)),
        lambda: {tenant_id: tenant.model_dump() for tenant_id, tenant in cloud.world.tenants.items()},
        by,
    )


def drifted(cloud: Cloud, links: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """What the action returns."""
    looked = prepared(links or {HOST: LINK})
    pairs = [(CONTOSO, FABRIKAM, (NAME,))]
    with living(cloud), tempfile.TemporaryDirectory() as folder:
        seen = look({name: one.params for name, one in looked.items() if one.tasks is None}, False, folder, None, None, pairs)
        found = links_drift.found_in(looked, seen)
        wanted = found.activities
        logs = read_logs(
            links_drift.connections(looked, wanted), lambda client: audit_log.read(client, wanted[client.tenant.lower()]), folder
        )
    return links_drift.report(looked, seen, found, {tenant: log.reason if isinstance(log, Unread) else log for tenant, log in logs.items()})


def test_a_link_in_which_nothing_was_changed(cloud: Cloud) -> None:
    """No request to the audit log."""
    result = drifted(cloud)
    assert (result["verdict"], result["all_done"]) == ("in_sync", True)
    assert list(links_drift.lines(result)) == ["1 of 1 links are in sync"]
    assert not [arrival for arrival in cloud.arrivals if "auditLogs" in arrival.path]


def actor_of(name: str, tenant: str) -> str:
    """Half of the changes in the source are made by users, all others by applications."""
    number = list(CHANGES).index(name)
    return drifts.USERS[number % 4] if number % 2 and tenant == CONTOSO else APPLICATION[tenant]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_attributed(cloud: Cloud, name: str, form: str) -> None:
    change = CHANGES[name]
    cloud.service.settings = cloud.service.settings.model_copy(update=FORMS[form])
    by = actor_of(name, change.tenant)
    change.act(somebody(cloud, by))
    when = cloud.world.clock
    cloud.sleep(60)
    result = drifted(cloud)
    assert result["verdict"] == "drifted"
    # A configuration with another name or target is no longer that of the link.
    every = [*result["links"][HOST]["drift"], *result["strangers"]]
    found = [one for one in every if (one["module"], one["what"]) == (change.module, change.what)]
    assert len(found) == 1, every
    (drift,) = found
    for value, wanted in ((drift["old"], change.old), (drift["new"], change.new)):
        assert wanted is drifts.ANY or value == wanted
    registrations = cloud.world.tenants[change.tenant].registrations
    expected = registrations[by].display_name if by in registrations else by
    assert (drift["tenant"], drift["since"], drift["by"]) == (change.tenant, when, expected), drift
    assert drift["by_kind"] == ("application" if by in registrations else "user")
    assert {(one["by"], one["since"]) for one in every} == {(expected, when)}, "nothing is said of others"
    assert [arrival.path for arrival in cloud.arrivals if "auditLogs" in arrival.path] == ["/v1.0/auditLogs/directoryAudits"]


def test_each_of_many_changes_has_its_own_author(cloud: Cloud) -> None:
    """Of two changes of one key and of two of one setting, too."""
    made: dict[str, tuple[str, str]] = {}

    def act(name: str, by: str) -> None:
        CHANGES[name].act(somebody(cloud, by))
        made[CHANGES[name].what] = (cloud.world.clock, by)
        cloud.sleep(60)

    act("guard", drifts.USERS[0])
    act("notification", drifts.USERS[1])
    act("user assigned", drifts.USERS[2])
    act("group unassigned", drifts.USERS[3])
    act("mapping changed", drifts.USERS[0])
    act("filter removed", drifts.USERS[1])
    somebody(cloud, drifts.USERS[2]).maps(drifts.constant("displayName", "y"))
    made["mapping displayName"] = (cloud.world.clock, drifts.USERS[2])
    cloud.sleep(60)
    somebody(cloud, drifts.USERS[3]).sets_partner(CONTOSO, automaticUserConsentSettings={"outboundAllowed": True})
    act("redemption out", drifts.USERS[0])
    somebody(cloud, drifts.USERS[3]).sets_partner(CONTOSO, inboundTrust={"isMfaAccepted": True})
    result = drifted(cloud)
    found = {one["what"]: (one["since"], one["by"]) for one in result["links"][HOST]["drift"]}
    assert found == made
    assert sum("auditLogs" in arrival.path for arrival in cloud.arrivals) == 1
    line = result["links"][HOST]["line"]
    assert f"redemption_outbound of partner fabrikam in contoso: true -> false, since {made['redemption_outbound'][0]}" in line


def test_a_changed_wish_is_not_the_work_of_others(cloud: Cloud) -> None:
    result = drifted(cloud, {HOST: {**LINK, "link_deletion_threshold": 30}})
    (drift,) = result["links"][HOST]["drift"]
    assert (drift["old"], drift["new"], drift["by_kind"], drift["by"]) == (30, 20, "application", "Ansible (source)")
    assert "this application made that change itself" in drift["audit"]


def test_an_application_that_is_named_by_its_service_principal_only(cloud: Cloud) -> None:
    cloud.service.settings = cloud.service.settings.model_copy(update={"audit_app_id": "null"})
    somebody(cloud, TENANTS["contoso"]["client_id"]).notifies(DeleteThresholdValue=9)
    (drift,) = drifted(cloud)["links"][HOST]["drift"]
    assert "this application made that change itself" in drift["audit"]


def test_a_log_that_lags(cloud: Cloud) -> None:
    cloud.service.settings = cloud.service.settings.model_copy(update={"log_delay_seconds": 10 * 24 * 3600})
    CHANGES["paused"].act(somebody(cloud, drifts.USERS[0]))
    result = drifted(cloud)
    cloud.service.settings = cloud.service.settings.model_copy(update={"log_delay_seconds": 0})
    (drift,) = result["links"][HOST]["drift"]
    assert (result["verdict"], drift["by"], drift["since"], drift["by_kind"]) == ("drifted", "unknown", None, "unknown")
    assert "entries come some minutes late, and are kept for 30 days" in drift["audit"]
    assert drift["audit"] in result["links"][HOST]["line"]


def test_a_log_that_may_not_be_read(cloud: Cloud) -> None:
    """It is no failure of the look."""
    CHANGES["paused"].act(somebody(cloud, drifts.USERS[0]))
    CHANGES["redemption in"].act(somebody(cloud, APPLICATION[FABRIKAM]))
    for registration in cloud.world.tenants[CONTOSO].registrations.values():
        registration.roles = [role for role in registration.roles if role != "AuditLog.Read.All"]
    result = drifted(cloud)
    by = {drift["what"]: (drift["by"], drift["audit"]) for drift in result["links"][HOST]["drift"]}
    assert result["verdict"] == "drifted"
    assert by["state"][0] == "unknown"
    assert "AuditLog.Read.All" in by["state"][1]
    assert by["redemption_inbound"][0].startswith("Administrator")
    assert result["links"][HOST]["line"].count("AuditLog.Read.All") == 1


def test_a_busy_log(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few pages at most, because five requests in ten seconds are the quota."""
    monkeypatch.setattr(audit_log, "PAGE", 2)
    CHANGES["guard"].act(somebody(cloud, drifts.USERS[0]))
    for number in range(12):
        somebody(cloud, drifts.USERS[1]).saves(Domain=str(number))
    found = drifted(cloud)["links"][HOST]["drift"]
    assert [(one["by"], one["audit"]) for one in found if one["what"] == "deletion_threshold"] == [
        (
            drifts.USERS[1],
            "Update provisioning setting or credentials (uncertain: the newest of 8 entries about the object, which do not name the setting)",
        )
    ]
    assert sum("auditLogs" in arrival.path for arrival in cloud.arrivals) == audit_log.PAGES


def test_what_nobody_has_changed_is_no_drift(cloud: Cloud) -> None:
    """A new member of an assigned group, and a job in quarantine."""
    by = somebody(cloud, drifts.USERS[0])
    group, user = by.id_of("groups", "Sales"), by.id_of("users", "byungho.ryu@contoso.kr")
    by.sends("POST", f"/groups/{group}/members/$ref", {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"})
    (job,) = cloud.world.tenants[CONTOSO].synchronizations[by.principal["id"]].jobs.values()
    job.status["quarantine"] = {"reason": "EncounteredBaseEscrowThreshold", "currentBegan": cloud.world.clock, "error": None}
    result = drifted(cloud)
    assert (result["verdict"], result["links"][HOST]["drift"]) == ("in_sync", [])
    assert result["links"][HOST]["problems"] == ["the job is in quarantine (EncounteredBaseEscrowThreshold)"]
    assert "quarantine" in result["links"][HOST]["line"]
    assert not result["all_done"]


def test_strangers(cloud: Cloud) -> None:
    """They make a run drift, with who added them."""
    by = somebody(cloud, APPLICATION[FABRIKAM])
    cloud.world.tenants[OTHER] = cloud.world.tenants[CONTOSO].model_copy(update={"id": OTHER, "domains": ["other.example"]})
    by.sends("POST", drifts.PARTNERS, {"tenantId": OTHER}, FABRIKAM)
    by.sends("PUT", f"{drifts.PARTNERS}/{OTHER}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}}, FABRIKAM)
    when = cloud.world.clock
    result = drifted(cloud)
    (stranger,) = result["strangers"]
    assert (stranger["since"], stranger["what"], stranger["new"]) == (when, "user_sync_inbound", True)
    assert stranger["by"].startswith("Administrator")
    assert stranger["object"] == f"partner {OTHER}"
    assert (result["verdict"], result["links"][HOST]["verdict"], result["links"][HOST]["drift"]) == ("drifted", "drifted", [])
    assert f"partner {OTHER} may synchronize users into it" in result["links"][HOST]["line"]


def test_a_link_that_must_not_exist(cloud: Cloud) -> None:
    gone = {HOST: {**LINK, "link_state": "absent"}}
    result = drifted(cloud, gone)
    assert result["verdict"] == "drifted"
    assert [(one["object"], one["what"], one["old"], one["new"]) for one in result["links"][HOST]["drift"]] == [
        ("configuration Fabrikam", "configuration", "absent", "present"),
        (f"partner {CONTOSO}", "user_sync_inbound", None, True),
    ]
    by = somebody(cloud, None)
    by.sends("DELETE", by.application)
    by.deletes_partner(FABRIKAM)
    result = drifted(cloud, gone)
    assert (result["verdict"], result["links"][HOST]["line"]) == ("in_sync", "in sync")


def test_links_that_cannot_be_looked_at(cloud: Cloud) -> None:
    wrong = {**LINK, "link_scope_usres": []}
    result = drifted(cloud, {HOST: LINK, "wrong": wrong, "wrong too": {**wrong, "link_state": "absent"}})
    assert (result["verdict"], result["summary"][0]) == ("could_not_look", "3 links: 1 in_sync, 2 could_not_look")
    assert "link_scope_usres" in result["links"]["wrong"]["line"]
    CHANGES["paused"].act(somebody(cloud, drifts.USERS[0]))
    result = drifted(cloud, {HOST: LINK, "wrong": wrong})
    assert (result["verdict"], result["stats"]) == (
        "drifted",
        {
            "verdict": "drifted",
            "summary": "2 links: 1 drifted, 1 could_not_look",
            "drifted": [HOST],
            "could_not_look": ["wrong"],
            "more": 0,
        },
    )

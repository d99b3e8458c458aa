# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides for scenarios do what they promise: their samples are run, in this process, and the service has the users then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology import topology_of
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.life import CYCLE, ENDPOINTS, living, sync
from ansible_collections.entra.cross_tenant_sync.tests.support.samples import OF_TOPOLOGY, kind, samples
from ansible_collections.entra.cross_tenant_sync.tests.support.tasks import Host

WOOJIN, NARI, MIRAE, MINSU = "woojin.moon@contoso.kr", "nari.im@contoso.kr", "mirae.song@contoso.kr", "minsu.kim@contoso.kr"


def of(guide: str, form: str) -> list[dict[str, Any]]:
    """The samples of a kind in a guide."""
    return [yaml.safe_load(sample.text) for sample in samples() if sample.guide.stem == f"guide_{guide}" and kind(sample) == form]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Contoso, and Fabrikam with a guest, an invitation and a contact from former times."""
    here = Cloud()
    with living(here):
        yield here


def changes(host: Host) -> list[str]:
    return [f"{action['verb']} {action['object']}" for _module, result in host.results for action in result.get("actions") or ()]


def accounts(cloud: Cloud, tenant: str) -> dict[str, dict[str, Any]]:
    """The users of other tenants, by their name at home."""
    users = cloud.world.tenants[tenant].users.values()
    beginnings = {str(user["userPrincipalName"]).partition("#EXT#")[0]: user for user in users if "#EXT#" in user["userPrincipalName"]}
    return {"@".join(name.rsplit("_", 1)): dict(user) for name, user in beginnings.items()}


def test_a_merger_takes_over_guests_and_names_the_contacts(cloud: Cloud) -> None:
    link, _commands = of("merger", "variables of a link")
    before = accounts(cloud, FABRIKAM)
    assert {WOOJIN, NARI} <= before.keys()

    assert changes(sync(cloud, link))
    cloud.sleep(CYCLE)
    cloud.sleep(CYCLE)

    after = accounts(cloud, FABRIKAM)
    assert after[WOOJIN]["id"] == before[WOOJIN]["id"]
    assert (before[WOOJIN]["userType"], after[WOOJIN]["userType"]) == ("Guest", "Member")
    assert NARI in after, "whether an invitation that was never accepted is taken over is documented in two ways (fact F113)"
    assert after[MINSU]["displayName"].endswith(link["link_display_name_suffix"])
    assert not after.get(MIRAE, {}).get("mail"), "a contact has the address"
    assert changes(sync(cloud, link)) == []


def test_waves_only_add_and_the_last_one_removes_by_the_limit(cloud: Cloud) -> None:
    wave, last = of("waves", "variables of a link")
    first = {**wave, "link_scope_groups": wave["link_scope_groups"][:1]}
    arrived = []
    for link in (first, wave, {**last, "link_scope_groups": [*wave["link_scope_groups"], *last["link_scope_groups"]]}):
        sync(cloud, {**link, "link_job_state": "started"})
        cloud.sleep(CYCLE)
        arrived.append(set(accounts(cloud, FABRIKAM)))
    assert arrived[0] < arrived[1] < arrived[2]


def test_affiliates_see_each_other_and_nobody_comes_back() -> None:
    (file,) = of("affiliates", "topology")
    cloud = Cloud(scenario="ten-companies")
    secrets = {name: {"client_secret": f"{name}-rehearsal-secret", **ENDPOINTS} for name in file["tenants"]}
    tenants = {name: {**tenant, **secrets[name]} for name, tenant in file["tenants"].items()}
    links, faults = topology_of(file, OF_TOPOLOGY)
    assert (len(links), faults) == (2, [])
    with living(cloud):
        for _again in range(2):
            runs = [sync(cloud, {**link.variables, "tenants": tenants, "link_job_state": "started"}) for link in links]
            cloud.sleep(CYCLE)
            cloud.sleep(CYCLE)
    assert [changes(run) for run in runs] == [[], []]
    assert [len(accounts(cloud, tenants[name]["tenant_id"])) for name in ("contoso", "fabrikam")] == [3, 3]


def test_a_link_beside_a_multitenant_organization(cloud: Cloud) -> None:
    """Its configuration stays as it was, also when the link is removed."""
    (link,) = of("multitenant_organization", "variables beside another configuration")
    (other,) = link["link_others"]
    theirs = {"link_configuration": "Theirs", "link_scope_users": [MINSU], "link_job_state": "started"}
    sync(cloud, theirs)
    (principal,) = [one for one in cloud.world.tenants[CONTOSO].service_principals.values() if one["displayName"] == "Theirs"]
    principal["displayName"] = other

    sync(cloud, {**link, "link_job_state": "started"})
    cloud.sleep(CYCLE)
    cloud.sleep(CYCLE)
    assert MINSU in accounts(cloud, FABRIKAM)
    assert len(accounts(cloud, FABRIKAM)) > 3
    assert changes(sync(cloud, {**link, "link_job_state": "started"})) == []

    sync(cloud, {**link, "link_state": "absent"})
    left = {one["displayName"] for one in cloud.world.tenants[CONTOSO].service_principals.values()}
    assert other in left
    assert link["link_configuration"] not in left
    assert CONTOSO in cloud.world.tenants[FABRIKAM].access_policy.partners, "the other one still needs the switches"


def test_taking_down_keeps_or_deletes_the_users(cloud: Cloud) -> None:
    link = {"link_scope_groups": ["Sales"], "link_user_type": "member", "link_job_state": "started"}
    sync(cloud, link)
    cloud.sleep(CYCLE)
    beginning, arrived = cloud.save(), set(accounts(cloud, FABRIKAM))

    sync(cloud, {**link, "link_state": "absent"})
    assert set(accounts(cloud, FABRIKAM)) == arrived

    cloud.load(beginning)
    sync(cloud, {**link, "link_state": "absent", "link_users": "deprovision"})
    assert set(accounts(cloud, FABRIKAM)) == {WOOJIN, NARI} & arrived

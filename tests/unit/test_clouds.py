# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links and features of Microsoft's clouds (facts F99, F143, F144, F145); no request is sent for those that a cloud lacks."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS, choose
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import CredentialProblem
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import clouds, configuration, partner
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import TARGET, FakeGraph
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import SourceService

WITHIN = "within"
CROSSES = "crosses clouds, and three things that it needs have no documented interface"
NONE = "Microsoft offers no synchronization from"

LINKS = {
    # source, target: a link within a cloud, a link that Microsoft offers in its portal only, or no link
    ("global", "global"): WITHIN,
    ("global", "usgov"): CROSSES,
    ("global", "usgov_dod"): CROSSES,
    ("global", "china"): CROSSES,
    ("usgov", "global"): CROSSES,
    ("usgov", "usgov"): WITHIN,
    ("usgov", "usgov_dod"): WITHIN,
    ("usgov", "china"): NONE,
    ("usgov_dod", "global"): CROSSES,
    ("usgov_dod", "usgov"): WITHIN,
    ("usgov_dod", "usgov_dod"): WITHIN,
    ("usgov_dod", "china"): NONE,
    ("china", "global"): NONE,
    ("china", "usgov"): NONE,
    ("china", "usgov_dod"): NONE,
    ("china", "china"): WITHIN,
}
each_link = pytest.mark.parametrize(("source", "target", "kind"), [(*pair, kind) for pair, kind in LINKS.items()])


def wanted_configuration(**given: Any) -> configuration.Desired:
    return configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET, **given))


def test_the_table_has_every_pair() -> None:
    assert set(LINKS) == {(source, target) for source in CLOUDS for target in CLOUDS}
    assert set(clouds.NAMES) == set(CLOUDS)


@each_link
def test_a_configuration(source: str, target: str, kind: str) -> None:
    if kind == WITHIN:
        assert wanted_configuration(cloud=source, target_cloud=target).target == TARGET
        return
    with pytest.raises(Refusal, match=kind) as refused:
        wanted_configuration(cloud=source, target_cloud=target)
    assert clouds.NAMES[source] in str(refused.value)
    assert clouds.NAMES[target] in str(refused.value)
    # It can nevertheless be removed.
    assert wanted_configuration(cloud=source, target_cloud=target, state="absent").absent


@each_link
@pytest.mark.parametrize("switch", ["user_sync_inbound", "redemption_inbound", "redemption_outbound"])
def test_a_switch_of_a_link(source: str, target: str, kind: str, switch: str) -> None:
    """Inbound switches belong to the target, the outbound switch to the source."""
    own_cloud, partner_cloud = (source, target) if switch == "redemption_outbound" else (target, source)
    given = options("cross_tenant_policy", partner_tenant_id=TARGET, cloud=own_cloud, partner_cloud=partner_cloud, **{switch: True})
    if kind == WITHIN:
        assert partner.desired(given).settings == {switch: True}
        return
    with pytest.raises(Refusal, match=kind):
        partner.desired(given)


@pytest.mark.parametrize("given", [{"user_sync_inbound": False}, {"inbound_trust": {"mfa": True}}, {"state": "absent"}])
def test_settings_that_serve_no_link_cross_clouds(given: dict[str, Any]) -> None:
    """External collaboration between clouds is a feature of its own."""
    wanted = options("cross_tenant_policy", partner_tenant_id=TARGET, cloud="global", partner_cloud="usgov", **given)
    assert partner.desired(wanted).partner == TARGET


def test_the_other_cloud_is_this_cloud_by_default() -> None:
    assert wanted_configuration(cloud="usgov").target == TARGET


@pytest.mark.parametrize(("cloud", "warned"), [("global", False), ("usgov", False), ("usgov_dod", False), ("china", True)])
def test_a_warning_reports_where_the_documents_contradict_each_other(cloud: str, warned: bool) -> None:
    wanted = wanted_configuration(cloud=cloud)
    plan = configuration.plan(configuration.read(FakeGraph(SourceService([])), wanted), wanted)
    assert any("21Vianet" in warning for warning in plan.warnings) is warned
    assert wanted_configuration(cloud=cloud, state="absent").warnings == ()


@pytest.mark.parametrize(("cloud", "available"), [("global", True), ("usgov", False), ("usgov_dod", False), ("china", False)])
def test_the_manager_is_mapped_in_the_global_cloud_only(cloud: str, available: bool) -> None:
    """Fact F99."""
    given = options("sync_mapping", configuration="Fabrikam", cloud=cloud, mappings=[{"target": "manager", "source": "manager"}])
    if available:
        assert [row.target for row in mapping.desired(given).mappings] == ["manager"]
    else:
        with pytest.raises(Refusal, match=r"^the mapping of manager does not exist in .*; remove it$"):
            mapping.desired(given)
    removal = options("sync_mapping", configuration="Fabrikam", cloud=cloud, mappings=[{"target": "manager", "state": "absent"}])
    assert mapping.desired(removal).mappings[0].absent


@pytest.mark.parametrize(
    ("login", "graph", "expected"),
    [
        (None, None, ("https://login.microsoftonline.us", "https://graph.microsoft.us")),
        ("login.microsoftonline.us", None, ("https://login.microsoftonline.us", "https://graph.microsoft.us")),
        ("https://login.example/", "https://graph.example/root/", ("https://login.example", "https://graph.example/root")),
        ("", "", ("https://login.microsoftonline.us", "https://graph.microsoft.us")),
    ],
)
def test_endpoints_can_be_overridden(login: str | None, graph: str | None, expected: tuple[str, str]) -> None:
    """``AZURE_AUTHORITY_HOST`` is often a host name without a scheme."""
    cloud = choose("usgov", login, graph)
    assert (cloud.login_endpoint, cloud.graph_endpoint) == expected


@pytest.mark.parametrize("option", ["login_endpoint", "graph_endpoint"])
def test_no_endpoint_is_reached_without_encryption(option: str) -> None:
    with pytest.raises(CredentialProblem, match=f"^{option} must begin with https://$"):
        choose("global", **{option: "http://graph.example"})

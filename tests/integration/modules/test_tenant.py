# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tenant_info, and partners that are named by a domain."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Teller

TENANT = "tenant_info"
LOOK_UP = "CrossTenantInformation.ReadBasic.All"


def registration(state: dict[str, Any], tenant: str) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(state["tenants"][tenant]["registrations"].values()))
    return found


def test_the_own_tenant_and_others(tell: Teller, state: dict[str, Any]) -> None:
    roles = registration(state, CONTOSO)["roles"]
    others = {"resolve": ["fabrikam.kr", FABRIKAM]}
    story = tell(
        Do(TENANT, others),
        Do(TENANT, others, check=True),
        Do(TENANT, others, process=True),
        Do(TENANT, {"resolve": ["nobody.example"]}),
        Do(TENANT, {"resolve": [tenants.made_up_id("nobody")]}),
    )
    results = [{name: step.result[name] for name in ("application", "tenant", "tenants")} for step in story.steps[:3]]
    for result in results:
        result["application"].pop("token_expires")
    assert results[0] == results[1] == results[2]
    assert results[0]["application"]["name"] == "Ansible (source)"
    assert results[0]["application"]["permissions"] == sorted(roles)
    assert results[0]["application"]["delegated"] is False
    assert results[0]["tenant"] == {
        "id": CONTOSO,
        "name": "Contoso",
        "default_domain": "contoso.kr",
        "initial_domain": "contoso.onmicrosoft.com",
        "domains": ["contoso.kr", "contoso.onmicrosoft.com"],
        "cloud": "global",
    }
    known = {"id": FABRIKAM, "name": "Fabrikam", "default_domain": "fabrikam.kr", "source": "graph"}
    assert results[0]["tenants"] == [{"query": query, **known} for query in others["resolve"]]
    for step in story.steps[3:]:
        assert "no tenant in this cloud is or owns" in step.message
    assert "eyJ" not in json.dumps([step.result for step in story]) + story.run.output


def test_without_the_permissions_less_is_returned_and_nothing_fails(tell: Teller, state: dict[str, Any], emulator: Emulator) -> None:
    registration(state, FABRIKAM)["roles"] = ["Policy.ReadWrite.CrossTenantAccess", LOOK_UP]
    registration(state, CONTOSO)["roles"] = ["User.Read.All", "Policy.ReadWrite.CrossTenantAccess"]
    emulator.control("PUT", "state", state)
    by_domain = {"partner_tenant_id": "fabrikam.kr", "redemption_outbound": True}
    story = tell(
        Do(TENANT, {}, "fabrikam"),
        Do(TENANT, {"resolve": ["fabrikam.kr"]}),
        Do(TENANT, {"resolve": ["nobody.example"]}),
        Do("cross_tenant_policy", by_domain, check=True),
        Do("cross_tenant_policy", by_domain),
    )
    looked_up, nothing = story[0].result["tenant"], story[1].result["tenant"]
    assert (looked_up["name"], looked_up["default_domain"], looked_up["domains"]) == ("Fabrikam", "fabrikam.kr", None)
    assert nothing == {"id": CONTOSO, "cloud": "global", **dict.fromkeys(("name", "default_domain", "initial_domain", "domains"))}
    (found,) = story[1].result["tenants"]
    assert found == {"query": "fabrikam.kr", "id": FABRIKAM, "name": None, "default_domain": None, "source": "openid"}
    assert "no tenant in this cloud is or owns 'nobody.example'" in story[2].message
    assert story[3].actions == story[4].actions == [f"create partner {FABRIKAM}"]

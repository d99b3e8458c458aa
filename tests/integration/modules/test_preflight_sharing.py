# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preflight of a link that shares something: permissions, capabilities, old objects of Exchange, and what the other half shows."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.exchange import service
from ansible_collections.entra.cross_tenant_sync.tests.support import preflights, tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import connection, preflight, task
from entra_emulator.exchange import sharing

State = dict[str, Any]
SHARE = {"target": {"free_busy": "basic", "calendar_sharing": "simple", "scope": "all"}}
ASKED: dict[str, Any] = {"exchange": True}
CLOCK = "2026-11-29T00:00:00Z"


@pytest.fixture
def fine(state: State, mould: tenants.Mould, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> State:
    """A link in which a preflight finds nothing, in tenants whose Exchange may be asked, here without a pause between two requests."""
    monkeypatch.setattr(service, "SECONDS_BETWEEN_REQUESTS", 0.0)
    preflights.everything_fine(state, mould)
    for tenant in (CONTOSO, FABRIKAM):
        about = preflights.registration(state, tenant)
        about.update({"exchange_permissions": ["Exchange.ManageAsApp"], "directory_roles": ["Global Reader"]})
        state["tenants"][tenant]["exchange"]["sharing_policies"] = []
    emulator.control("PUT", "state", state)
    return state


def both(emulator: Emulator, share: Any = ..., **source: Any) -> dict[str, Any]:
    """The result for a link, with Exchange asked in both tenants."""
    there = {**connection(emulator, FABRIKAM), **ASKED}
    options = {"configuration": "Fabrikam", "users": preflights.USERS, "share": SHARE if share is ... else share, **ASKED, **source}
    return task(emulator, "preflight_info", CONTOSO, side="link", target=there, **options)


def shortened(findings: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(finding["tenant"], finding["check"], finding["severity"]) for finding in findings]


def test_nothing_is_read_for_a_link_that_shares_nothing(fine: State, emulator: Emulator) -> None:
    emulator.control("DELETE", "requests")
    assert both(emulator, share=None)["findings"] == []
    sent = emulator.control("GET", "requests")["requests"]
    assert not [one for one in sent if "m365" in one["path"] or ("/adminapi/" in one["path"] and CONTOSO in one["path"])]


def test_a_link_with_nothing_in_the_way(fine: State, emulator: Emulator) -> None:
    """The other half is shown as information: what the target shows now, and what the source shows."""
    policy = fine["tenants"][CONTOSO]["access_policy"]
    policy["partners"][FABRIKAM]["m365CollaborationInbound"] = {
        "users": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}
    }
    scope = {"included": [{"resourceId": "All", "resourceType": "user"}], "excluded": []}
    card = {
        "name": "crossTenantOpenProfileCard",
        "lastModifiedDateTime": CLOCK,
        "inboundAccess": {"isAllowed": True, "resourceScopes": scope},
    }
    policy["capabilities"] = {FABRIKAM: {card["name"]: card}}
    emulator.control("PUT", "state", fine)
    result = both(emulator)
    assert result["findings"] == []
    assert result["sharing"]["source"]["profile_card"] is True
    assert set(result["sharing"]["target"].values()) == {"none", False}
    assert any(line.startswith("shows") and "the users of the other tenant see profile_card" in line for line in result["report"])
    assert any(line.startswith("shows") and "the users of the other tenant see nothing" in line for line in result["report"])


@pytest.mark.parametrize("purpose", ["apply", "plan"])
def test_the_permission(purpose: str, fine: State, emulator: Emulator) -> None:
    """Only the tenant that shares needs the one to write, and only to apply."""
    for tenant in (CONTOSO, FABRIKAM):
        roles = preflights.registration(fine, tenant)["roles"]
        roles.remove("Policy.ReadWrite.CrossTenantCapability")
        roles += ["Policy.Read.All"]
    emulator.control("PUT", "state", fine)
    found = both(emulator, purpose=purpose)["findings"]
    assert shortened(found) == ([(FABRIKAM, "permissions", "error")] if purpose == "apply" else [])
    assert all("Policy.ReadWrite.CrossTenantCapability" in finding["remedy"] for finding in found)


@pytest.mark.parametrize(
    ("where", "expected"), [("beta_only", []), ("absent", [(FABRIKAM, "sharing", "error"), (CONTOSO, "sharing", "warning")])]
)
def test_tenants_without_capabilities(where: str, expected: list[tuple[str, str, str]], fine: State, emulator: Emulator) -> None:
    emulator.control("PUT", "settings", {"m365_capabilities": where})
    assert shortened(both(emulator)["findings"]) == expected


def test_a_blocked_trust(fine: State, emulator: Emulator) -> None:
    blocked = {"users": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]}}
    fine["tenants"][FABRIKAM]["access_policy"]["partners"][CONTOSO]["m365CollaborationInbound"] = blocked
    emulator.control("PUT", "state", fine)
    (finding,) = both(emulator)["findings"]
    assert (finding["check"], finding["severity"]) == ("sharing", "error")
    assert "trust_all_users" in finding["remedy"]


def test_old_objects_in_both_tenants(fine: State, emulator: Emulator) -> None:
    """Each is found in the tenant where it is switched off, with the command; those for others are not."""
    here, there = (fine["tenants"][tenant]["exchange"] for tenant in (CONTOSO, FABRIKAM))
    there["organization_relationships"] = [
        sharing.relationship("Contoso", ["contoso.kr"], CLOCK),
        sharing.relationship("Others", ["nowhere.example"], CLOCK),
        sharing.relationship("Off", ["contoso.kr"], CLOCK, enabled=False),
    ]
    there["sharing_policies"] = [sharing.policy("Default Sharing Policy", list(sharing.ENTRIES), CLOCK, default=True)]
    here["availability_address_spaces"] = [sharing.address_space("fabrikam.kr", CLOCK, tenant_id=FABRIKAM)]
    emulator.control("PUT", "state", fine)
    found = both(emulator)["findings"]
    assert sorted((finding["tenant"], finding["severity"], finding["check"]) for finding in found) == sorted(
        [(CONTOSO, "warning", "old_sharing"), (FABRIKAM, "warning", "old_sharing"), (FABRIKAM, "warning", "old_sharing")]
    )
    commands = " ".join(finding["remedy"] for finding in found)
    assert "Set-OrganizationRelationship -Identity 'Contoso' -Enabled $false" in commands
    assert "Set-SharingPolicy -Identity 'Default Sharing Policy' -Domains 'Anonymous:CalendarSharingFreeBusyReviewer'" in commands
    assert "Remove-AvailabilityAddressSpace -Identity 'fabrikam.kr'" in commands


def test_where_exchange_may_not_be_asked(fine: State, emulator: Emulator) -> None:
    """Nothing is sent there, and the commands to look are named."""
    emulator.control("DELETE", "requests")
    found = preflight(emulator, share=SHARE)
    assert sorted(shortened(found)) == sorted([(CONTOSO, "old_sharing", "unknown"), (FABRIKAM, "old_sharing", "unknown")])
    assert all("Get-OrganizationRelationship" in finding["remedy"] for finding in found)
    assert not [one for one in emulator.control("GET", "requests")["requests"] if "/adminapi/" in one["path"]]


def test_a_role_that_does_not_read_sharing(fine: State, emulator: Emulator) -> None:
    for tenant in (CONTOSO, FABRIKAM):
        preflights.registration(fine, tenant)["directory_roles"] = ["Exchange Recipient Administrator"]
    emulator.control("PUT", "state", fine)
    found = both(emulator)["findings"]
    assert sorted(shortened(found)) == sorted([(CONTOSO, "old_sharing", "unknown"), (FABRIKAM, "old_sharing", "unknown")])
    assert all("Global Reader" in finding["remedy"] for finding in found)


def test_one_tenant_alone(fine: State, emulator: Emulator) -> None:
    result = task(emulator, "preflight_info", FABRIKAM, side="target", partner_tenant_id=CONTOSO, share=SHARE, **ASKED)
    assert (result["findings"], set(result["sharing"])) == ([], {"target"})

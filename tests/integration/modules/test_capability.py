# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cross_tenant_capability and cross_tenant_capability_info, in this process, under every behaviour of the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_features import FEATURES
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import ALL, Behaviour
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.life import living, task

Json = dict[str, Any]
MODULE, INFO = "cross_tenant_capability", "cross_tenant_capability_info"
BASIC, LIMITED = FEATURES["free_busy"].levels.values()
TIPS, ALL_TIPS = FEATURES["mail_tips"].levels.values()
CARD = FEATURES["profile_card"].levels["on"]
TRUST = "m365CollaborationInbound"
OPEN = {"users": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}}
STRANGER = "dddddddd-0000-4000-8000-000000000001"
EVERYBODY: Json = {"included": [{"resourceId": "All", "resourceType": "user"}], "excluded": []}


@pytest.fixture(params=ALL, ids=str)
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """Both tenants, as they are before anything is shared."""
    behaviour = request.param
    assert isinstance(behaviour, Behaviour)
    found = Cloud(behaviour.settings)
    with living(found):
        yield found


def share(cloud: Cloud, check: bool = False, **given: Any) -> Json:
    """What the module does in Contoso, which is looked at by Fabrikam."""
    where = {} if "default" in given else {"partner_tenant_id": FABRIKAM}
    return task(cloud, MODULE, "contoso", check=check, **where, **given)


def policy(cloud: Cloud) -> Any:
    return cloud.world.tenants[CONTOSO].access_policy


def there(cloud: Cloud) -> Json:
    """The capabilities that the partner has: whether each is allowed."""
    held = policy(cloud).capabilities.get(FABRIKAM, {})
    return {name: one["inboundAccess"]["isAllowed"] for name, one in held.items()}


def trust(cloud: Cloud) -> Any:
    return (policy(cloud).partners.get(FABRIKAM) or {}).get(TRUST)


def give_entry(cloud: Cloud, trusting: Any = ..., **allowed: bool) -> None:
    """An entry that somebody has made by hand."""
    task(cloud, "cross_tenant_policy", "contoso", partner_tenant_id=FABRIKAM, inbound_trust={"mfa": True})
    policy(cloud).partners[FABRIKAM][TRUST] = OPEN if trusting is ... else trusting
    policy(cloud).capabilities[FABRIKAM] = {name: made(name, is_allowed) for name, is_allowed in allowed.items()}


def made(name: str, allowed: bool) -> Json:
    return {"name": name, "inboundAccess": {"isAllowed": allowed, "resourceScopes": EVERYBODY}}


def four(cloud: Cloud, *actions: str, **given: Any) -> Json:
    """Check, apply, check again, apply again: the first two do and say the same, the last two nothing."""
    results, states = [], [policy(cloud).model_dump_json()]
    for check in (True, False, True, False):
        cloud.calm()
        result = share(cloud, check, **given)
        assert not result.get("failed"), result["msg"]
        results.append((result, [arrival for arrival in cloud.arrivals if arrival.writes and arrival.status in (201, 204)]))
        states.append(policy(cloud).model_dump_json())
    (foretold, no_writes), (done, some_writes), *silent = results
    assert no_writes == []
    assert states[0] == states[1]
    assert states[2] == states[3] == states[4]
    assert [f"{action['verb']} {action['object']}".replace(f" of partner {FABRIKAM}", "") for action in done["actions"]] == list(actions)
    assert len(some_writes) == len(actions)
    for part in ("changed", "actions", "diff", "features", "partner_tenant_id"):
        assert foretold[part] == done[part]
    assert done["diff"]["before"] != done["diff"]["after"]
    for again, writes in silent:
        assert (again["changed"], again["actions"], writes) == (False, [], [])
        assert again["features"] == done["features"]
        assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
    assert len({frozenset(result) for result, _writes in results}) == 1
    return done


def test_the_twelve_steps(cloud: Cloud) -> None:
    """The trust is set in the same run, before the capability (fact F204)."""
    created = four(
        cloud,
        f"create partner {FABRIKAM}",
        f"create capability {BASIC} (allowed)",
        f"create capability {ALL_TIPS} (allowed)",
        free_busy="basic",
        mail_tips="all",
        scope="all",
    )
    assert created["trust"] == "all"
    assert trust(cloud) == OPEN
    assert created["features"]["free_busy"]["level"] == "basic"
    assert created["features"]["free_busy"]["scope"] == "all"
    modified = four(
        cloud,
        f"update capability {BASIC} (disallowed)",
        f"create capability {LIMITED} (allowed)",
        f"create capability {CARD} (allowed)",
        free_busy="limited_details",
        profile_card=True,
        scope="groups",
        groups=["Sales"],
        excluded_groups=["Sales Seoul"],
    )
    (sales,) = modified["features"]["profile_card"]["groups"]
    assert cloud.world.tenants[CONTOSO].groups[sales]["displayName"] == "Sales"
    assert there(cloud) == {BASIC: False, LIMITED: True, ALL_TIPS: True, CARD: True}
    four(
        cloud,
        *(f"delete capability {name}" for name in (BASIC, LIMITED, ALL_TIPS, CARD)),
        f"update partner {FABRIKAM} (trust)",
        free_busy="none",
        mail_tips="none",
        profile_card=False,
        state="absent",
    )
    assert there(cloud) == {}
    assert trust(cloud) is None


def test_a_level_changes_without_a_scope(cloud: Cloud) -> None:
    """The old level goes first, and takes its scope along (fact F250)."""
    share(cloud, free_busy="limited_details", scope="groups", groups=["Sales"])
    found = four(
        cloud,
        f"create capability {BASIC} (disallowed)",
        f"update capability {LIMITED} (disallowed)",
        f"update capability {BASIC} (allowed)",
        free_busy="basic",
    )
    assert found["features"]["free_busy"]["scope"] == "groups"


@pytest.mark.parametrize("option", FEATURES)
def test_each_level_of_each_feature(cloud: Cloud, option: str) -> None:
    """From none to all levels, and back to none; the others stay."""
    give_entry(cloud, crossTenantMigration=True)
    feature = FEATURES[option]
    for level, name in feature.levels.items():
        wanted: Json = {option: feature.value(level)}
        result = share(cloud, **wanted, scope="all")
        assert result["features"][option]["level"] == feature.value(level)
        assert [other for other, allowed in there(cloud).items() if allowed] == ["crossTenantMigration", name]
    nothing: Json = {option: feature.value(None)}
    share(cloud, **nothing)
    assert [other for other, allowed in there(cloud).items() if allowed] == ["crossTenantMigration"]


def test_the_trust_of_others(cloud: Cloud) -> None:
    """A trust of others is merged: it is neither limited nor replaced (fact F200)."""
    some = {"users": {"accessType": "allowed", "targets": [{"target": STRANGER, "targetType": "group"}]}}
    give_entry(cloud, some)
    result = share(cloud, free_busy="basic", scope="all")
    assert trust(cloud) == some
    assert result["trust"] == "some"
    assert "lets only some of its users through" in result["warnings"][0]
    result = share(cloud, free_busy="basic", state="absent")
    assert trust(cloud) == some

    blocked = {"users": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]}}
    policy(cloud).partners[FABRIKAM][TRUST] = blocked
    assert "blocks all of its users" in share(cloud, free_busy="basic", scope="all")["msg"]
    assert (trust(cloud), there(cloud)) == (blocked, {})
    share(cloud, free_busy="basic", scope="all", trust_all_users=True)
    assert (trust(cloud), there(cloud)) == (OPEN, {BASIC: True})


def test_a_trust_that_the_service_does_not_accept(cloud: Cloud) -> None:
    """A trust that blocks some users is left as it is, and whether the service takes a capability with it is a switch (fact F204)."""
    blocked = {"users": {"accessType": "blocked", "targets": [{"target": STRANGER, "targetType": "group"}]}}
    give_entry(cloud, blocked)
    result = share(cloud, free_busy="basic", scope="all")
    assert trust(cloud) == blocked
    if cloud.service.settings.capability_without_trust == "accepted":
        assert "lets only some of its users through" in result["warnings"][0]
    else:
        assert "check the trust of the partner for Microsoft 365" in result["msg"]
        assert there(cloud) == {}


def test_what_a_new_trust_puts_into_effect_is_named(cloud: Cloud) -> None:
    give_entry(cloud, None, **{CARD: True})
    (warning,) = share(cloud, free_busy="basic", scope="all")["warnings"]
    assert f"also puts into effect what this task does not name: {CARD}" in warning


def test_the_default_policy_allows_it(cloud: Cloud) -> None:
    """What the default policy allows is disallowed in the entry, before and after a removal (fact F251)."""
    policy(cloud).default_capabilities = {LIMITED: made(LIMITED, True)}
    policy(cloud).default[TRUST] = OPEN
    four(cloud, f"create partner {FABRIKAM}", f"create capability {LIMITED} (disallowed)", free_busy="none")
    four(cloud, f"create capability {BASIC} (allowed)", free_busy="basic", scope="all")
    removed = four(cloud, f"delete capability {BASIC}", free_busy="basic", state="absent")
    assert there(cloud) == {LIMITED: False}
    assert "kept and disallowed" in removed["warnings"][0]
    # The entry stays as well when the link is removed.
    kept = task(cloud, "cross_tenant_policy", "contoso", partner_tenant_id=FABRIKAM, inherit=["redemption_outbound"], state="absent")
    assert kept["changed"] is False
    assert there(cloud) == {LIMITED: False}


def test_the_default_policy_itself(cloud: Cloud) -> None:
    """Capabilities for anonymous users are reported and left alone (fact F205)."""
    anonymous = "anonymousCalendarSharingFreeBusySimple"
    policy(cloud).default_capabilities = {anonymous: made(anonymous, True)}
    before = cloud.world.tenants[CONTOSO].access_policy.default[TRUST] if TRUST in policy(cloud).default else None
    four(cloud, f"create capability {BASIC} of the default policy (allowed)", default=True, free_busy="basic", scope="all")
    four(cloud, f"update capability {BASIC} of the default policy (disallowed)", default=True, free_busy="none")
    result = task(cloud, INFO, "contoso")
    assert result["default"]["others"] == {anonymous: True}
    assert result["default"]["features"]["free_busy"]["level"] == "none"
    assert policy(cloud).default.get(TRUST) == before
    assert policy(cloud).partners == {}


def test_state_absent_leaves_what_another_link_needs(cloud: Cloud) -> None:
    share(cloud, free_busy="basic", mail_tips="limited", scope="all")
    four(cloud, f"delete capability {BASIC}", free_busy="basic", mail_tips="limited", keep=["mail_tips"], state="absent")
    assert there(cloud) == {TIPS: True}
    assert trust(cloud) == OPEN


def test_what_is_shared_is_listed(cloud: Cloud) -> None:
    share(cloud, free_busy="basic", scope="groups", groups=["Sales"])
    task(cloud, "cross_tenant_policy", "contoso", partner_tenant_id=STRANGER, inbound_trust={"mfa": True})
    listed = task(cloud, INFO, "contoso")
    assert listed["available"] is True
    assert {partner["tenant_id"]: partner["features"]["free_busy"]["level"] for partner in listed["partners"]}[FABRIKAM] == "basic"
    (one,) = task(cloud, INFO, "contoso", partner_tenant_id="fabrikam.kr")["partners"]
    assert one["trust"] == "all"
    assert [listed["group_names"][number] for number in one["features"]["free_busy"]["groups"]] == ["Sales"]
    assert task(cloud, INFO, "contoso", names=False)["group_names"] == {}


def test_a_service_without_capabilities(cloud: Cloud) -> None:
    """Where the service has no capabilities, what is to be shared is refused by name, and nothing is there (fact F207)."""
    cloud.service.settings.m365_capabilities = "absent"
    cloud.calm()
    result = share(cloud, free_busy="basic", room_booking=True, scope="all")
    assert "neither in v1.0 nor in beta, so free_busy, room_booking cannot be set" in result["msg"]
    assert result["error"]["code"] == "Refused"
    assert share(cloud, free_busy="none", profile_card=False)["changed"] is False
    assert share(cloud, free_busy="basic", state="absent")["changed"] is False
    assert task(cloud, INFO, "contoso")["available"] is False
    assert not any(arrival.writes for arrival in cloud.arrivals)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"groups": ["Sale"]}, "there is no group 'Sale'; give the display name or id of one that exists"),
        ({"groups": [STRANGER]}, f"there is no group '{STRANGER}'"),
        ({"groups": ["Sales"], "excluded_groups": ["Boards"]}, "there is no group 'Boards'"),
        ({"groups": ["Twin"]}, "more than one group has the same name, give the id: 'Twin' is "),
    ],
)
def test_groups_that_are_unknown_or_ambiguous(cloud: Cloud, given: Json, said: str) -> None:
    groups = cloud.world.tenants[CONTOSO].groups
    first = next(iter(groups.values()))
    for number in (1, 2):
        twin = f"eeeeeeee-0000-4000-8000-00000000000{number}"
        groups[twin] = {**first, "id": twin, "displayName": "Twin"}
    result = share(cloud, free_busy="basic", scope="groups", **given)
    assert said in result["msg"]
    assert result["msg"].startswith(f"Tenant {CONTOSO}: ")
    assert policy(cloud).partners == {}


def test_a_tenant_does_not_share_with_itself(cloud: Cloud) -> None:
    result = task(cloud, MODULE, "contoso", partner_tenant_id="contoso.kr", free_busy="basic", scope="all")
    assert "partner_tenant_id is the tenant itself" in result["msg"]


@pytest.mark.parametrize(
    ("missing", "needed", "given"),
    [
        ("Policy.ReadWrite.CrossTenantCapability", "Policy.ReadWrite.CrossTenantCapability", {}),
        ("Policy.ReadWrite.CrossTenantAccess", "Policy.ReadWrite.CrossTenantAccess", {}),
        ("Group.Read.All", "Group.Read.All", {"scope": "groups", "groups": ["Sales"]}),
    ],
)
def test_a_missing_permission_is_named(cloud: Cloud, missing: str, needed: str, given: Json) -> None:
    give_entry(cloud, None)
    application = next(iter(cloud.world.tenants[CONTOSO].registrations.values()))
    application.roles = [name for name in (*application.roles, "Policy.Read.All") if name != missing]
    result = share(cloud, **{"free_busy": "basic", "scope": "all", **given})
    assert f"the application needs {needed}" in result["msg"], result
    assert there(cloud) == {}


def test_nothing_is_read_without_permission(cloud: Cloud) -> None:
    application = next(iter(cloud.world.tenants[CONTOSO].registrations.values()))
    application.roles = ["Policy.ReadWrite.CrossTenantAccess"]
    for result in (share(cloud, free_busy="basic", scope="all"), task(cloud, INFO, "contoso")):
        assert "the application needs Policy.Read.All (or Policy.ReadWrite.CrossTenantCapability)" in result["msg"]


# Two runs at the same time ---------------------------------------------------------------------------------------------


def meanwhile(cloud: Cloud, what: Callable[[], Any], path: str, method: str = "POST") -> None:
    """Have something happen once, right before the first such request arrives."""

    def before(number: int) -> None:
        arrival = cloud.arrivals[number]
        if arrival.method == method and arrival.path.endswith(path):
            cloud.before = lambda _number: None
            what()

    cloud.before = before


@pytest.mark.parametrize("path", ["/partners", "/m365Capabilities"])
def test_two_runs_share_the_same_with_the_same_partner(cloud: Cloud, path: str) -> None:
    meanwhile(cloud, lambda: share(cloud, free_busy="basic", mail_tips="all", scope="all"), path)
    result = share(cloud, free_busy="basic", mail_tips="all", scope="all")
    assert not result.get("failed"), result["msg"]
    assert there(cloud) == {BASIC: True, ALL_TIPS: True}
    assert trust(cloud) == OPEN
    assert share(cloud, free_busy="basic", mail_tips="all", scope="all")["changed"] is False


def test_two_runs_share_different_features_with_the_same_partner(cloud: Cloud) -> None:
    meanwhile(cloud, lambda: share(cloud, profile_card=True, scope="all"), "/partners")
    result = share(cloud, free_busy="basic", scope="all")
    assert not result.get("failed"), result["msg"]
    assert there(cloud) == {BASIC: True, CARD: True}
    assert trust(cloud) == OPEN


@pytest.mark.parametrize(("mine", "other"), [("basic", "limited_details"), ("limited_details", "basic")])
def test_two_runs_that_contradict_each_other_leave_the_level_that_shows_less(cloud: Cloud, mine: str, other: str) -> None:
    """Two levels at once are accepted, so of two runs the one that shows less wins (fact F205)."""
    give_entry(cloud)
    meanwhile(cloud, lambda: share(cloud, free_busy=other, scope="all"), "/m365Capabilities")
    result = share(cloud, free_busy=mine, scope="all")
    if cloud.behaviour.get("lag"):
        # The other level may not be shown until both runs are over their writes: then the later one wins.
        assert sorted(there(cloud).values()) == [False, True]
        return
    assert there(cloud) == {BASIC: True, LIMITED: False}
    if mine == "basic":
        assert not result.get("failed"), result["msg"]
        assert any("has set free_busy to limited_details at the same time" in warning for warning in result["warnings"])
    else:
        assert "another process has set free_busy to basic at the same time, so limited_details is not allowed" in result["msg"]
        assert result["changed"] is True


def test_a_removal_keeps_the_trust_that_another_run_needs_meanwhile(cloud: Cloud) -> None:
    share(cloud, free_busy="basic", scope="all")
    meanwhile(cloud, lambda: share(cloud, mail_tips="all", scope="all"), BASIC, "DELETE")
    result = share(cloud, free_busy="basic", state="absent")
    assert not result.get("failed"), result["msg"]
    assert there(cloud) == {ALL_TIPS: True}
    assert trust(cloud) == OPEN


@pytest.mark.parametrize(("fault", "status"), [("reset_after_commit", None), ("status", 503)])
def test_a_lost_answer_is_resolved_by_reading(cloud: Cloud, fault: str, status: int | None) -> None:
    share(cloud, free_busy="basic", scope="all")
    share(cloud, free_busy="basic", state="absent")
    cloud.calm()
    give = {"fault": fault, **({"status": status, "committed": True} if status else {})}

    def before(number: int) -> None:
        arrival = cloud.arrivals[number]
        if arrival.method == "POST" and arrival.path.endswith("/m365Capabilities"):
            cloud.fault(number, **give)
            cloud.before(number)

    cloud.before = before
    result = share(cloud, free_busy="basic", scope="all")
    assert not result.get("failed"), result["msg"]
    assert there(cloud) == {BASIC: True}

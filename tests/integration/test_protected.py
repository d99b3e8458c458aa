# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twelve ways of leaving a link, and the kinds of importance: no protected user is lost, before the first write and in check mode."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.life import CYCLE, NAME, TENANTS, living, sync, task
from ansible_collections.entra.cross_tenant_sync.tests.support.tasks import TaskFailure

MINSU, HYEJIN, BORA, SOOJIN = "minsu.kim@contoso.kr", "hyejin.lee@contoso.kr", "bora.cho@contoso.kr", "soojin.nam@contoso.kr"
STAFF = {"attribute": "department", "operator": "IS NOT NULL"}
LINK: dict[str, Any] = {
    "link_scope_mode": "assigned",
    "link_scope_users": [MINSU, SOOJIN],
    "link_scope_groups": ["Sales"],
    "link_scope_exact": True,
    "link_user_type": "member",
    "link_filters": [{"name": "Staff", "clauses": [STAFF]}],
    "link_job_state": "started",
}
BEGINNINGS: dict[str, dict[str, Any]] = {
    "assigned": {},
    "all users": {"link_scope_mode": "all"},
    "without deletions": {"link_target_actions": ["create", "update"]},
    "left before": {"link_target_actions": ["create", "update"]},
}
"""How the link is before the change."""


@dataclass(frozen=True)
class Way:
    """A change by which a user is lost."""

    user: str
    module: str
    options: dict[str, Any]
    beginning: str = "assigned"
    happened: Callable[[dict[str, Any] | None], bool] = lambda account: account is None
    """Whether the account in the target shows that the user was lost; ``None`` if it was deleted. Without deletions it stays, unsynchronized."""


def scope(user: str, beginning: str = "assigned", **options: Any) -> Way:
    return Way(user, "sync_scope", options, beginning)


def mapping(user: str, **options: Any) -> Way:
    return Way(user, "sync_mapping", options)


WAYS: dict[str, Way] = {
    "a user is not named any more": scope(MINSU, users=[SOOJIN], groups=["Sales"], exact=True),
    "a user is unassigned": scope(MINSU, users=[MINSU], state="absent"),
    "a group is unassigned": scope(HYEJIN, groups=["Sales"], state="absent"),
    "a group is swapped": scope(HYEJIN, users=[MINSU, SOOJIN], groups=["Engineering"], exact=True),
    "the scope becomes empty": scope(MINSU, exact=True, users=[], groups=[], allow_empty=True),
    "mode all ends": scope(BORA, "all users", mode="assigned"),
    "a filter is added": mapping(
        MINSU,
        filters=[
            {"name": "Staff", "clauses": [STAFF, {"attribute": "department", "operator": "NOT EQUALS", "values": ["Sales"]}]},
        ],
    ),
    "a filter is replaced": mapping(
        MINSU, filters=[{"name": "People only", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["People"]}]}]
    ),
    "users become guests": Way(
        MINSU,
        "sync_mapping",
        {"user_type": "guest", "convert_existing": True},
        happened=lambda account: account is not None and account["userType"] == "Guest",
    ),
    "sign-in is blocked": Way(
        MINSU,
        "sync_mapping",
        {"mappings": [{"target": "accountEnabled", "constant": "false"}]},
        happened=lambda account: account is not None and account["accountEnabled"] is False,
    ),
    "a user leaves, and deletions are off": Way(
        HYEJIN,
        "sync_scope",
        {"groups": ["Sales"], "state": "absent"},
        "without deletions",
        lambda account: account is not None,
    ),
    "the link is taken down": Way(MINSU, "sync_deprovision", {}),
}


def account(cloud: Cloud, user: str) -> dict[str, Any] | None:
    """The account of a user in the target."""
    beginning = user.replace("@", "_").lower()
    users = cloud.world.tenants[FABRIKAM].users.values()
    return next((one for one in users if str(one["userPrincipalName"]).lower().startswith(f"{beginning}#ext#@")), None)


@dataclass(frozen=True)
class Kind:
    """What makes a user important, and what is said of it."""

    reason: str
    make: Callable[[Any, dict[str, Any]], Any] = lambda _tenant, _user: None
    options: dict[str, Any] = field(default_factory=dict)


def owner(tenant: Any, user: dict[str, Any]) -> None:
    group = next(iter(tenant.groups))
    tenant.owners[group] = [user["id"]]


def licensed(tenant: Any, user: dict[str, Any]) -> None:
    user["assignedLicenses"] = [{"skuId": tenant.licences[0]["skuId"], "disabledPlans": []}]


def with_mailbox(_tenant: Any, user: dict[str, Any]) -> None:
    plan = {"service": "exchange", "capabilityStatus": "Enabled", "servicePlanId": "9aaf7827-d63c-4b61-89c3-182f06f82e5c"}
    user["assignedPlans"] = [plan]


def in_group_with_role(tenant: Any, user: dict[str, Any]) -> None:
    group = next(iter(tenant.groups.values()))
    group |= {"isAssignableToRole": True, "_directoryRoles": ["Exchange Administrator"]}
    tenant.members[group["id"]] = [user["id"]]


def eligible(tenant: Any, user: dict[str, Any]) -> None:
    tenant.licences[0]["servicePlans"].append({"servicePlanName": "AAD_PREMIUM_P2"})
    user["_eligibleRoles"] = ["Global Administrator"]


def only(kind: str) -> dict[str, Any]:
    return {"protected_importance": [kind]}


KINDS: dict[str, Kind] = {
    "named": Kind("named as protected", options={"protected": ["{user}"], "protected_importance": []}),
    "role": Kind("Global Administrator", lambda _tenant, user: user.update(_directoryRoles=["Global Administrator"]), only("roles")),
    "owner": Kind("owner of group Purchasing", owner, only("owners")),
    "licence": Kind("licence AAD_PREMIUM", licensed, only("licences")),
    "mailbox": Kind("mailbox", with_mailbox, only("mailboxes")),
    "eligible": Kind("Global Administrator (eligible)", eligible, only("roles")),
    "group with a role": Kind("Exchange Administrator (through group Purchasing)", in_group_with_role, only("roles")),
    "all kinds": Kind("mailbox", with_mailbox),
}


@functools.cache
def beginnings() -> tuple[Cloud, dict[str, bytes]]:
    """A service, and its state when each link has run for a while. Once a process."""
    cloud, saved = Cloud(), {}
    fresh = cloud.save()
    with living(cloud):
        for name, changes in BEGINNINGS.items():
            cloud.load(fresh)
            sync(cloud, {**LINK, **changes})
            cloud.sleep(CYCLE)
            if name == "left before":
                sync(cloud, {**LINK, **changes, "link_scope_groups": []})
                cloud.sleep(CYCLE)
            cloud.sleep(CYCLE)
            saved[name] = cloud.save()
    return cloud, saved


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    found, _saved = beginnings()
    with living(found):
        yield found


def begin(cloud: Cloud, way: Way, kind: Kind) -> dict[str, Any]:
    """Go to the beginning of a way, with the user being important, and return the options of its task."""
    cloud.load(beginnings()[1][way.beginning])
    tenant, user = cloud.world.tenants[FABRIKAM], account(cloud, way.user)
    assert user is not None, "the user has not arrived"
    tenant.registrations[TENANTS["fabrikam"]["client_id"]].roles.append("LicenseAssignment.Read.All")
    kind.make(tenant, user)
    protecting = {name: [text.format(user=way.user) for text in texts] for name, texts in kind.options.items()}
    return {"configuration": NAME, "target": TENANTS["fabrikam"], **way.options, **protecting}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_slips(cloud: Cloud, way: str, kind: str) -> None:
    """Neither in check mode nor in a run, and nothing is written."""
    options = begin(cloud, WAYS[way], KINDS[kind])
    before = cloud.save()
    for check in (True, False):
        result = task(cloud, WAYS[way].module, "contoso", check=check, **options)
        assert result.get("failed"), f"{way}, {kind}: it was not refused"
        assert f"{WAYS[way].user} (" in result["msg"]
        assert KINDS[kind].reason in result["msg"]
        assert "protected_release" in result["msg"]
        assert [str(arrival) for arrival in cloud.arrivals if arrival.writes] == []
    assert before == cloud.save()


GROUPLESS: dict[str, Any] = {"link_scope_groups": []}
RUNS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a user is not named any more": (MINSU, {"link_scope_users": [SOOJIN]}, "assigned"),
    "a group is not named any more": (HYEJIN, GROUPLESS, "assigned"),
    "a group is swapped": (HYEJIN, {"link_scope_groups": ["Engineering"]}, "assigned"),
    "the scope becomes empty": (MINSU, {**GROUPLESS, "link_scope_users": [], "link_scope_allow_empty": True}, "assigned"),
    "mode all ends": (BORA, {}, "all users"),
    "a filter is added": (
        MINSU,
        {
            "link_filters": [
                {"name": "Staff", "clauses": [STAFF, {"attribute": "department", "operator": "NOT EQUALS", "values": ["Sales"]}]}
            ]
        },
        "assigned",
    ),
    "a filter is replaced": (
        MINSU,
        {"link_filters": [{"name": "People only", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["People"]}]}]},
        "assigned",
    ),
    "users become guests": (MINSU, {"link_user_type": "guest", "link_convert_existing": True}, "assigned"),
    "sign-in is blocked": (MINSU, {"link_mappings": [{"target": "accountEnabled", "constant": "false"}]}, "assigned"),
    "a user leaves, and deletions are off": (HYEJIN, {**GROUPLESS, "link_target_actions": ["create", "update"]}, "without deletions"),
    "the link is taken down": (MINSU, {"link_state": "absent", "link_users": "deprovision"}, "assigned"),
    "two changes, of which the second is harmless": (MINSU, {"link_scope_users": [SOOJIN], "link_company_name": "Contoso"}, "assigned"),
}
"""The same by the variables of a link: the user, the variables, and how the link is before."""


@pytest.mark.parametrize("kind", ["named", "role", "owner", "licence", "mailbox"])
@pytest.mark.parametrize("way", RUNS)
def test_nothing_slips_in_a_run(cloud: Cloud, way: str, kind: str) -> None:
    """The playbook stops before the first write in either tenant, and says which user and why."""
    user, changes, beginning = RUNS[way]
    options = begin(cloud, Way(user, "", {}, beginning), KINDS[kind])
    protecting = {f"link_{name}": value for name, value in options.items() if name.startswith("protected")}
    before = cloud.save()
    with pytest.raises(TaskFailure) as stopped:
        sync(cloud, {**LINK, **changes, **protecting})
    assert [text for text in (f"{user} (", KINDS[kind].reason, "link_protected_release") if text not in stopped.value.msg] == []
    assert [str(arrival) for arrival in cloud.arrivals if arrival.writes] == []
    assert before == cloud.save()


@pytest.mark.parametrize("way", RUNS)
def test_a_run_goes_on_with_released_users(cloud: Cloud, way: str) -> None:
    user, changes, beginning = RUNS[way]
    begin(cloud, Way(user, "", {}, beginning), KINDS["all kinds"])
    sync(cloud, {**LINK, **changes, "link_protected_release": [user]})
    assert [arrival for arrival in cloud.arrivals if arrival.writes]


@pytest.mark.parametrize("way", WAYS)
def test_a_released_user_leaves(cloud: Cloud, way: str) -> None:
    """Each way really leads out of the link: after a cycle, the user is lost."""
    options = begin(cloud, WAYS[way], KINDS["all kinds"])
    released = {**options, "protected_release": [WAYS[way].user]}
    checked = task(cloud, WAYS[way].module, "contoso", check=True, **released)
    assert not checked.get("failed"), checked
    shown = next(user for user in checked["impact"]["users"] if user["user_principal_name"] == WAYS[way].user)
    assert shown["protected_by"] == ["mailbox"]
    result = task(cloud, WAYS[way].module, "contoso", **released)
    assert not result.get("failed"), result
    cloud.sleep(CYCLE)
    cloud.sleep(CYCLE)
    assert WAYS[way].happened(account(cloud, WAYS[way].user))


@pytest.mark.parametrize("way", WAYS)
def test_unimportant_users_raise_no_alarm(cloud: Cloud, way: str) -> None:
    """Somebody else is important, who stays."""
    options = begin(cloud, WAYS[way], Kind(""))
    tenant = cloud.world.tenants[FABRIKAM]
    other = next(user for user in tenant.users.values() if "#EXT#" not in user["userPrincipalName"])
    other |= {"_directoryRoles": ["Global Administrator"]}
    with_mailbox(tenant, other)
    result = task(cloud, WAYS[way].module, "contoso", check=True, **options)
    assert not result.get("failed"), result
    assert not any(user["protected_by"] for user in result["impact"]["users"])
    assert set(result["impact"]["importance"].values()) == {"checked"}


@pytest.mark.parametrize("kind", KINDS)
def test_users_who_left_while_deletions_were_off_are_protected_when_they_are_switched_on(cloud: Cloud, kind: str) -> None:
    """It is not documented whether the service then deletes them (fact F105). The emulator does not, but nobody who matters is risked."""
    way = Way(HYEJIN, "sync_mapping", {"target_actions": ["create", "update", "delete"]}, "left before")
    result = task(cloud, way.module, "contoso", check=True, **begin(cloud, way, KINDS[kind]))
    assert result.get("failed")
    assert f"{HYEJIN} (" in result["msg"] or "hyejin.lee_contoso.kr#EXT#" in result["msg"]
    assert KINDS[kind].reason in result["msg"]


@pytest.mark.parametrize(
    ("permission", "kinds"),
    [("RoleManagement.Read.Directory", {"roles"}), ("User.Read.All", {"roles", "owners", "licences", "mailboxes"})],
)
def test_without_a_permission_it_is_said(cloud: Cloud, permission: str, kinds: set[str]) -> None:
    """A user whose role cannot be seen is not called unimportant."""
    way = WAYS["a user is unassigned"]
    options = begin(cloud, way, KINDS["role"]) | {"protected_importance": ["roles", "owners", "licences", "mailboxes"]}
    registration = cloud.world.tenants[FABRIKAM].registrations[TENANTS["fabrikam"]["client_id"]]
    registration.roles.remove(permission)
    result = task(cloud, way.module, "contoso", check=True, **options)
    assert not result.get("failed"), result
    impact = result["impact"]
    assert {kind for kind, said in impact["importance"].items() if said != "checked"} == kinds
    assert permission in f"{impact['importance']} {impact['incomplete']}"
    assert all(f"{kind} not checked" in said for kind, said in impact["importance"].items() if kind in kinds)

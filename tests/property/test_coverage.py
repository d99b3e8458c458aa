# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""coverage_info and watch_info on generated tenants: everyone is in exactly one class, and the next cycle does what they say."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.coverage import ACCOUNT_CLASSES, USER_CLASSES
from ansible_collections.entra.cross_tenant_sync.tests.support import crowd, life
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import assignment, made_up_id
from entra_emulator.provisioning.attributes import net_id

WAYS = ("none", "direct", "group", "nested", "default")
ACCOUNTS = ("none", "none", "pending", "guest", "member")
LATER = ("stays", "stays", "unassigned", "disabled", "deleted", "renamed", "disabled first", "moves", "joins", "joins")
TEAM, INNER = made_up_id("team"), made_up_id("inner")
DEFAULT = "00000000-0000-0000-0000-000000000000"
EVERYONE = 1000


@dataclass(frozen=True)
class Someone:
    """A user of the source: by which way in scope, with which account beforehand, and what happens later."""

    way: str
    account: str
    later: str
    enabled: bool
    licensed: bool
    external: bool
    department: str | None


@dataclass(frozen=True)
class Wish:
    """The link."""

    everybody: bool
    filtered: bool
    flows: str
    paused: bool


def people_of(chance: random.Random) -> list[Someone]:
    """The users of a source."""
    return [
        Someone(
            chance.choice(WAYS),
            chance.choice(ACCOUNTS),
            chance.choice(LATER),
            chance.random() < 0.8,
            chance.random() < 0.7,
            chance.random() < 0.15,
            chance.choice(("Sales", "Sales", "IT", None)),
        )
        for _number in range(chance.randint(8, 24))
    ]


def wish_of(chance: random.Random) -> Wish:
    """A link."""
    flows = chance.choice(("Add, Update, Delete", "Add, Update, Delete", "Add, Update, Delete", "Add, Update", "Update, Delete"))
    return Wish(chance.random() < 0.25, chance.random() < 0.5, flows, chance.random() < 0.2)


def disabled_licence() -> dict[str, Any]:
    """A licence as users carry it."""
    return {"skuId": made_up_id("licence"), "disabledPlans": []}


class World:
    """The two tenants, with a link whose cycles have run, and what happened since."""

    def __init__(self, folder: Path, people: list[Someone], link: Wish) -> None:
        self.cloud = Cloud({"initial_cycle_seconds_per_object": 0}, scenario=crowd.scenario(len(people), folder))
        self.source, self.target = (self.cloud.world.tenants[tenant] for tenant in (CONTOSO, FABRIKAM))
        self.users = dict(zip(list(self.source.users), people, strict=True))
        (self.principal,) = self.source.service_principals.values()
        self.synchronization = self.source.synchronizations[str(self.principal["id"])]
        (self.job,) = self.synchronization.jobs.values()
        self._groups()
        for user_id, each in self.users.items():
            self._prepare(user_id, each)
        self.synchronization.secrets["SyncAll"] = "true" if link.everybody else "false"
        mapping = self.job.job_schema["synchronizationRules"][0]["objectMappings"][0]
        if link.filtered:
            clause = {"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Sales"]}}
            mapping["scope"]["groups"] = [{"name": "Sales only", "clauses": [clause]}]
        for _cycle in range(2):
            self.cloud.sleep(crowd.CYCLE)
        mapping["flowTypes"] = link.flows
        for user_id, each in self.users.items():
            self._live(user_id, each)
        if link.paused:
            self.job.schedule_state = "Disabled"

    def _groups(self) -> None:
        for group_id, name in ((TEAM, "Team"), (INNER, "Inner")):
            self.source.groups[group_id] = {"id": group_id, "displayName": name, "securityEnabled": True, "mail": None, "groupTypes": []}
            self.source.members[group_id] = []
        self.source.members[TEAM].append(INNER)
        self._assign(self.source.groups[TEAM], "Group")

    def _assign(self, principal: dict[str, Any], kind: str = "User", role: str | None = None) -> None:
        made = assignment(self.principal, principal, kind, role)
        self.source.assignments.setdefault(str(self.principal["id"]), {})[made["id"]] = made

    def _prepare(self, user_id: str, each: Someone) -> None:
        user = self.source.users[user_id]
        user |= {"department": each.department, "accountEnabled": each.enabled}
        user["assignedLicenses"] = [disabled_licence()] if each.licensed else []
        if each.external:
            user |= {"userPrincipalName": f"{user['mail'].replace('@', '_')}#EXT#@contoso.onmicrosoft.com", "userType": "Guest"}
        if each.way in ("direct", "default"):
            self._assign(user, role=DEFAULT if each.way == "default" else None)
        elif each.way != "none":
            self.source.members[TEAM if each.way == "group" else INNER].append(user_id)
        if each.account != "none" and not each.external:
            self._invite(user, each)

    def _invite(self, user: dict[str, Any], each: Someone) -> None:
        account_id = made_up_id(f"account of {user['id']}")
        name = f"{user['userPrincipalName'].replace('@', '_')}#EXT#@fabrikam.onmicrosoft.com"
        pending = each.account == "pending"
        self.target.users[account_id] = {
            "id": account_id,
            "userPrincipalName": name,
            "displayName": user["displayName"],
            "mail": user["mail"],
            "mailNickname": name.partition("@")[0],
            "accountEnabled": True,
            "userType": "Member" if each.account == "member" else "Guest",
            "creationType": "Invitation",
            "externalUserState": "PendingAcceptance" if pending else "Accepted",
            "proxyAddresses": [f"SMTP:{user['mail']}"],
            "otherMails": [user["mail"]],
            "identities": [],
            "businessPhones": [],
            "createdDateTime": "2025-01-01T00:00:00Z",
            "deletedDateTime": None,
            **({} if pending else {"_alternativeSecurityId": net_id(user)}),
        }

    def _live(self, user_id: str, each: Someone) -> None:
        user = self.source.users[user_id]
        if each.later in ("unassigned", "deleted", "disabled first"):
            if each.later == "disabled first":
                user["accountEnabled"] = False
                self.cloud.sleep(crowd.CYCLE)
            held = self.source.assignments[str(self.principal["id"])]
            for key in [key for key, made in held.items() if made["principalId"] == user_id]:
                del held[key]
            for members in self.source.members.values():
                members[:] = [member for member in members if member != user_id]
        if each.later == "deleted":
            self.source.deleted_items[user_id] = {"@odata.type": "#microsoft.graph.user", **self.source.users.pop(user_id)}
        elif each.later == "disabled":
            user["accountEnabled"] = False
        elif each.later == "moves":
            user["department"] = "IT"
        elif each.later == "joins":
            self._assign(user)
        elif each.later == "renamed" and not each.external:
            user["userPrincipalName"] = f"new.{user['userPrincipalName']}"

    def ask(self) -> dict[str, Any]:
        """The answer of coverage_info."""
        with life.living(self.cloud):
            target = life.TENANTS["fabrikam"]
            found = life.task(self.cloud, "coverage_info", "contoso", target=target, limit=EVERYONE, source_domains=["contoso.kr"])
        assert not found.get("failed"), found
        return found

    def watch(self) -> dict[str, Any]:
        """The answer of watch_info."""
        with life.living(self.cloud):
            target = life.TENANTS["fabrikam"]
            found = life.task(self.cloud, "watch_info", "contoso", target=target, configuration="Fabrikam", source_domains=["contoso.kr"])
        assert not found.get("failed"), found
        return found

    def accounts(self) -> dict[str, str]:
        """The names, by id, of the accounts that came from the source."""
        return {
            user_id: user["userPrincipalName"]
            for user_id, user in self.target.users.items()
            if "_contoso.kr#EXT#@" in user["userPrincipalName"]
        }


def named(classes: dict[str, Any], kind: str) -> set[str]:
    """The names of a class."""
    assert classes[kind]["more"] == 0
    return {each["name"] for each in classes[kind]["users"]}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(number=st.integers(0, 1_000_000))
def test_everyone_is_in_one_class_and_the_next_cycle_agrees(tmp_path: Path, number: int) -> None:
    chance = random.Random(number)  # noqa: S311  # the same tenants for the same number
    link = wish_of(chance)
    world = World(tmp_path, people_of(chance), link)
    before = world.accounts()
    found = world.ask()
    users, accounts = found["users"], found["accounts"]

    assert users["total"] == len(world.source.users) == sum(users[kind]["count"] for kind in USER_CLASSES)
    assert accounts["total"] == len(before) == sum(accounts[kind]["count"] for kind in ACCOUNT_CLASSES)
    for classes, kinds in ((users, USER_CLASSES), (accounts, ACCOUNT_CLASSES)):
        assert all(classes[kind]["count"] == sum(classes[kind]["reasons"].values()) for kind in kinds)
    assert found["incomplete"] == []
    listed = [name for kind in ACCOUNT_CLASSES[1:] for name in named(accounts, kind)]
    assert len(listed) == len(set(listed)) == accounts["total"] - accounts["maintained"]["count"]

    watched = world.watch()
    assert watched["next_cycle"]["removes"] == watched["counts"].get("soft_deleted", 0) == accounts["removed"]["count"]
    assert watched["not_in_scope"].get("may_be_removed", 0) == accounts["may_be_removed"]["count"]

    if link.paused:
        assert users["coming"]["count"] == 0
        world.job.schedule_state = "Active"
    world.cloud.sleep(crowd.CYCLE)
    after = world.accounts()
    gone = {account_id: name for account_id, name in before.items() if account_id not in after}
    assert {source_name(name) for name in gone.values()} == named(accounts, "removed")
    if not link.paused:
        created = {str(world.source.users[source_id]["userPrincipalName"]) for source_id in linked(world, after.keys() - before.keys())}
        # Whom the log says was skipped may have come into scope since.
        assert named(users, "coming") <= created <= named(users, "coming") | named(users, "unknown")


def source_name(name: str) -> str:
    """The name in the source of which the account's was made."""
    return name.partition("#EXT#")[0].replace("_contoso.kr", "@contoso.kr")


def linked(world: World, account_ids: Any) -> Iterator[str]:
    """The users in the source of these accounts."""
    for source_id, account_id in world.job.links.items():
        if account_id in account_ids and source_id in world.source.users:
            yield source_id

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link in the emulator's state, and what an administrator can read of it: the input of a prediction."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import (
    Scope,
    SourceUser,
    State,
    Switches,
    TargetUser,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.rules import rules_of
from entra_emulator.provisioning import attributes
from entra_emulator.provisioning.engine import advance
from entra_emulator.settings import Settings
from entra_emulator.state import Job, Tenant, World, moment

from .emulator import CONTOSO, FABRIKAM

Json = dict[str, Any]

CYCLE = timedelta(minutes=40)
LESSER_ROLES = {"User Administrator", "Helpdesk Administrator", "User Account Administrator"}
"""Roles that do not protect from deletion (fact F117)."""


@dataclass
class Generated:
    """A link whose next cycle is to be predicted."""

    world: World
    settings: Settings
    full: bool
    before: State
    switches: Switches
    story: list[str] = field(default_factory=list)
    """What chance has done."""

    @property
    def source(self) -> Tenant:
        return self.world.tenants[CONTOSO]

    @property
    def target(self) -> Tenant:
        return self.world.tenants[FABRIKAM]

    @property
    def job(self) -> Job:
        (synchronization,) = self.source.synchronizations.values()
        (job,) = synchronization.jobs.values()
        return job

    @property
    def principal(self) -> Json:
        return next(iter(self.source.service_principals.values()))

    @property
    def user_mapping(self) -> Json:
        found: Json = next(
            each for each in self.job.job_schema["synchronizationRules"][0]["objectMappings"] if each["sourceObjectName"] == "User"
        )
        return found


def run(link: Generated) -> None:
    """The next cycle."""
    advance(link.world, moment(link.world.clock) + CYCLE, link.settings)


def state(link: Generated) -> State:
    """Mode, assignments and rules, as an administrator can read them."""
    (synchronization,) = link.source.synchronizations.values()
    held = link.source.assignments.get(link.principal["id"], {}).values()
    roles = {role["id"] for role in link.principal["appRoles"]}
    paths: dict[str, list[str]] = {}
    default: set[str] = set()
    for each in held:
        group = each["principalId"] in link.source.groups
        for person in link.source.members[each["principalId"]] if group else [each["principalId"]]:
            if person not in link.source.users:
                continue
            if each["appRoleId"] in roles:
                paths.setdefault(person, []).append(f"group {each['principalDisplayName']}" if group else "directly assigned")
            else:
                default.add(person)
    everybody = str(synchronization.secrets.get("SyncAll", "false")).lower() == "true"
    scope = Scope(
        "all" if everybody else "assigned", {person: tuple(ways) for person, ways in paths.items()}, frozenset(default - paths.keys())
    )
    return State(scope, rules_of(copy.deepcopy(link.user_mapping)))  # type: ignore[arg-type]  # a schema as JSON


def population(link: Generated) -> Iterator[tuple[SourceUser, TargetUser | None]]:
    """Each user of the source, with the account that a reader of the target would find."""
    mails = Counter(str(user["mail"]).lower() for user in link.source.users.values() if user["mail"])
    for user in [*link.source.users.values(), *(each for each in link.source.deleted_items.values() if "userPrincipalName" in each)]:
        yield source_user(link, user, mails), target_user(link, user)


def source_user(link: Generated, user: Json, mails: Mapping[str, int]) -> SourceUser:
    """A user of the source by the names of the schema."""
    names = (*attributes.PLAIN, *attributes.DATES, "showInAddressList")
    values = {name: attributes.get(user, name) for name in names}
    return SourceUser(
        id=user["id"],
        name=user["userPrincipalName"],
        attributes={name: value for name, value in values.items() if value is not None},
        enabled=user.get("accountEnabled", True),
        external=attributes.is_external(user),
        deleted=user["id"] not in link.source.users,
        unread=frozenset({"netId"}),
        shares_mail=mails[str(user["mail"]).lower()] > 1,
    )


def target_user(link: Generated, user: Json) -> TargetUser | None:
    """The account of a user."""
    found = account_of(link, user)
    if found is None:
        return None
    targets = {row["targetAttributeName"] for row in link.user_mapping["attributeMappings"]}
    values = {name: attributes.get(found, name) for name in targets}
    return TargetUser(
        id=found["id"],
        name=found["userPrincipalName"],
        attributes={name: value for name, value in values.items() if value is not None},
        enabled=found.get("accountEnabled", True),
        user_type=found.get("userType", "Member"),
        deleted=found["id"] not in link.target.users,
        redeemed=bool(found.get("_alternativeSecurityId")),
        licensed=bool(found.get("_exchangeLicensed")),
        administrator=bool(set(found.get("_directoryRoles") or ()) - LESSER_ROLES),
    )


def account_of(link: Generated, user: Json) -> Json | None:
    """The account with the user's identity, of two the one that is not deleted; otherwise a guest with the mail address."""
    identity = attributes.net_id(user)
    everybody = [*link.target.users.values(), *reversed(link.target.deleted_items.values())]
    linked = link.job.links.get(user["id"])
    found = next((each for each in everybody if each.get("_alternativeSecurityId") == identity or each["id"] == linked), None)
    mail = user.get("mail")
    pending = (each for each in link.target.users.values() if mail and each.get("mail") == mail and not each.get("_alternativeSecurityId"))
    return found or next(pending, None)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is noticed while a history goes on: at every write, and from one event to the next."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from entra_emulator.state import Job, World

from . import scopes, sharing
from .driver import Ran
from .history import Event
from .scopes import Names
from .tenants import NAME, OTHER, SOURCE, TARGET
from .wire import Arrival, Wire

Json = dict[str, Any]
OURS_OF_PARTNER = ("automaticUserConsentSettings", sharing.TRUST)
"""The members of a partner entry that a link manages. The policy of identity synchronization is beside the entry."""


@dataclass(frozen=True)
class Orders:
    """What a job was told."""

    everybody: bool
    schema: bytes
    ran: bool


@dataclass(frozen=True)
class Switches:
    """The switches of a link; ``None`` where nothing is said. That of groups is there for some links only."""

    outbound: bool | None
    inbound: bool | None
    users: bool | None
    groups: bool | None


@dataclass(frozen=True)
class View:
    """What is compared before and after an event."""

    foreign: Json
    scope: Names
    synced: Names
    """Whose accounts in the target the job keeps up to date."""
    user_types: Mapping[str, str]
    switches: Switches
    shared: Mapping[str, Json]
    """The partner's capabilities, by side."""
    trust: Mapping[str, Any]
    """The partner's trust for Microsoft 365, by side."""
    seen: sharing.Bounds
    """What the users of the other tenant see, by side and reading."""
    job: bool
    """Whether the link has a job."""
    log: int
    arrivals: int


@dataclass
class Scene:
    """An event, with what there was before it and what came of it: what the invariants judge."""

    world: World
    event: Event
    before: View
    after: View
    watch: Watch
    arrivals: list[Arrival]
    runs: tuple[Ran, ...] = ()
    foretold: Ran | None = None
    expected: Names = frozenset()
    """Who is in scope by the wish of the run, from the state before it."""
    leaving: tuple[int, int] = (0, 0)
    """How many users leave by the wish: at least those who are synchronized, at most everybody who was in scope."""
    alone: bool = True
    """Whether nobody else changed anything meanwhile."""
    settled: bool = True
    """Whether every read shows what somebody in a portal has changed."""
    calm: bool = True
    """Whether every read shows what any earlier event has changed."""
    kept_if_succeeded: tuple[list[Names], list[Names]] | None = None
    """What `Watch.kept` and `Watch.kept_groups` are afterwards, if the run succeeded."""


@dataclass
class Watch:
    """What is known of a history so far."""

    wire: Wire
    owes: bool = False
    """Whether a run changed something that the service takes up only after a restart, and none was made since (facts F62, F83)."""
    humans_owe: bool = False
    """The same, by somebody in the portal."""
    kept: list[Names] = field(default_factory=list)
    """Who is in scope by the last run that succeeded, and by each one after it: who is in all of them, must stay."""
    kept_groups: list[Names] = field(default_factory=list)
    """The same for the groups that are assigned."""
    limits: sharing.Bounds | None = None
    """What may be seen while a run goes on, unless somebody else changes it as well."""
    conflicts: frozenset[tuple[str, str]] = frozenset()
    """The features of which several levels were allowed when the run began."""
    excused: set[str] = field(default_factory=set)
    """Whose removal somebody in the portal may have caused."""
    converts: bool = False
    """Whether a wish was to convert users who are there."""
    most: int = 0
    """The most applications with the name of the link that were there at once."""
    found: list[tuple[str, str]] = field(default_factory=list)
    """Violations that were noticed at a write: the invariant, and what happened."""
    deprovisions: bool = False
    """Whether a run removes users on purpose, whose restarts are its way to do so."""
    _orders: Mapping[str, Orders] = field(default_factory=dict)
    _at_beginning: Mapping[str, Orders] = field(default_factory=dict)
    _owed: bool = False
    _owed_before: bool = False
    races: bool = False
    """Whether there were two runs at once in this history, or one right after one that was killed, where replicas are behind."""
    lost_creations: int = 0
    """How many answers of instantiate were lost, or runs were killed beside another. If two runs create the configuration at once, and the
    service answers one of them with an error, that run cannot know which of two applications is its own, and leaves both: nobody may delete
    what could be another's (F16). Neither can one that was killed take its own back.
    """
    raced: bool = False
    """Whether two runs at once have changed what needs a restart, and none was made since: the one can have cleared the other's record."""
    unseen: bool = False
    """Whether somebody has changed something just now that a replica may not show: a write of a settings bag, which has no condition, takes it
    back without knowing.
    """
    beside: bool = False
    """Whether two runs go on, of which each may make a restart that the other has recorded."""

    @property
    def may_be_doubled(self) -> bool:
        """Whether two applications may be left."""
        return self.races and self.lost_creations > 0

    def begin(self, wishes: Sequence[Mapping[str, Any]]) -> None:
        """A run begins, or two."""
        self.limits, self.conflicts = sharing.bounds(self.wire.world, wishes), sharing.conflicts(self.wire.world)
        self.most, self._owed_before = 0, False
        self._at_beginning = orders(self.wire.world)
        self.races = self.races or self.beside

    def attach(self) -> None:
        """Watch the writes from here on."""
        self.wire.before_write, self.wire.told = self._before, self._told

    def _before(self) -> None:
        self._orders = orders(self.wire.world)
        # Two runs at once can leave two configurations of the name.
        self._owed = self.owes or any(link.owes for link in scopes.links(self.wire.world))
        self._owed_before = self._owed_before or self._owed

    def _told(self, arrival: Arrival, _raw: bytes) -> None:
        if arrival.kind.endswith("/restart") and arrival.committed:
            owed = self._owed_before if self.beside else self._owed
            if not owed and not self.deprovisions:
                self.found.append(("no_restart_without_cause", str(arrival)))
            self.owes = self.humans_owe = self.raced = False
        if arrival.kind.endswith("/instantiate") and arrival.outcome != "201":
            self.lost_creations += 1
        now = orders(self.wire.world)
        if not now:
            self.owes = self.humans_owe = False
        for job, told in now.items():
            earlier = self._orders.get(job)
            if earlier is None:
                self.owes = self.humans_owe = False
            elif told.ran and not self.unseen and (told.schema != earlier.schema or (earlier.everybody and not told.everybody)):
                self.owes = True
                link = scopes.the_link(self.wire.world)
                # Another run at the same time can clear what this one has recorded, between its last look and its write: there is no lock.
                # And it can take back with the settings bag, which has no condition, what the other one has just widened.
                began = self._at_beginning.get(job)
                taken_back = told.schema == earlier.schema and began is not None and not began.everybody
                racing = self.beside and (self._owed_before or taken_back)
                self.raced = self.raced or racing
                if link is not None and not link.owes and not racing:
                    self.found.append(("debts_are_recorded_before", str(arrival)))
        self._look_at_sharing(arrival)
        named = [one for one in self.wire.world.tenants[SOURCE].applications.values() if one["displayName"].casefold() == NAME.casefold()]
        self.most = max(self.most, len(named))

    def _look_at_sharing(self, arrival: Arrival) -> None:
        """An interrupted run shows no more than before and than wished, and no two levels of a feature at once (fact F250)."""
        if self.limits is None or not arrival.committed or sharing.is_empty(self.wire.world):
            return
        self.found += [
            ("no_more_is_shown_than_before_and_wished", f"{arrival}: {text}") for text in sharing.beyond(self.wire.world, self.limits)
        ]
        for side, feature in sorted(sharing.conflicts(self.wire.world) - self.conflicts):
            if not self.beside:
                self.found.append(("no_two_levels_at_once", f"{arrival}: several levels of {feature} are allowed in the {side}"))


def orders(world: World) -> dict[str, Orders]:
    """What every job of the source was told, by its id."""
    return {
        job.id: Orders(held.secrets.get("SyncAll", "").lower() == "true", _schema(job), job.cycles_completed > 0)
        for held in world.tenants[SOURCE].synchronizations.values()
        for job in held.jobs.values()
    }


def _schema(job: Job) -> bytes:
    told = {name: value for name, value in job.job_schema.items() if name not in ("version", "directories")}
    # Version 2 of the format is the same for equal values.
    return marshal.dumps(told, 2)


def view(world: World, arrivals: int = 0) -> View:
    """What there is now, after so many requests."""
    link = scopes.the_link(world)
    found = dict(foreign(world))
    source = world.tenants[SOURCE]
    linked = link.job.links if link and link.job else {}
    held = scopes.accounts(world)
    return View(
        # This way of making a copy is the fastest for plain data.
        foreign=marshal.loads(marshal.dumps(found)),  # noqa: S302  # our own, of this process
        scope=scopes.scope_now(world),
        synced=frozenset(source.users[key]["userPrincipalName"] for key in linked if key in source.users) & held.keys(),
        user_types={str(user["id"]): str(user["userType"]) for users in held.values() for user in users},
        switches=switches(world),
        shared={side: sharing.plain(world.tenants[holder].access_policy, looker) for side, (holder, looker) in sharing.SIDES.items()},
        trust={side: sharing.trust(world, side) for side in sharing.SIDES},
        seen=sharing.bounds(world, ()),
        job=link is not None and link.job is not None,
        log=len(source.provisioning_log),
        arrivals=arrivals,
    )


def switches(world: World) -> Switches:
    """The switches of the link."""
    source, target = world.tenants[SOURCE].access_policy, world.tenants[TARGET].access_policy
    policy = target.identity_synchronizations.get(SOURCE) or {}
    return Switches(
        outbound=_consent(source.partners.get(TARGET), "outboundAllowed"),
        inbound=_consent(target.partners.get(SOURCE), "inboundAllowed"),
        users=(policy.get("userSyncInbound") or {}).get("isSyncAllowed"),
        groups=(policy.get("groupSyncInbound") or {}).get("isSyncAllowed"),
    )


def _consent(entry: Mapping[str, Any] | None, member: str) -> bool | None:
    found: bool | None = ((entry or {}).get("automaticUserConsentSettings") or {}).get(member)
    return found


def foreign(world: World) -> Iterator[tuple[str, Any]]:
    """Everything that no run of this link has a reason to change, by a name for a message."""
    ours = {link.id for link in scopes.links(world)}
    for name, key, other in (("source", SOURCE, TARGET), ("target", TARGET, SOURCE)):
        tenant = world.tenants[key]
        policy = tenant.access_policy
        synced = {user["id"] for users in scopes.accounts(world).values() for user in users} if key == TARGET else set()
        yield f"users of the {name}", {one: user for one, user in tenant.users.items() if one not in synced}
        others = {one: group for one, group in tenant.groups.items() if "_source" not in group}
        yield f"groups of the {name}", (others, {one: tenant.members.get(one) for one in others})
        yield f"default policy of the {name}", (policy.default, policy.default_capabilities)
        yield f"authorization policy of the {name}", tenant.authorization_policy
        entries = (policy.partners, policy.identity_synchronizations, {one: held for one, held in policy.capabilities.items() if held})
        yield f"other partners of the {name}", [{one: entry for one, entry in held.items() if one != other} for held in entries]
        about = policy.partners.get(other) or {}
        # An entry that is not there, and one that says nothing, mean the same.
        said = {
            one: value for one, value in about.items() if value not in (None, False) and one not in (*OURS_OF_PARTNER, *_OF_EVERY_ENTRY)
        }
        yield f"trust of the {name}", said
        yield f"other consent of the {name}", _consent(about, "inboundAllowed" if name == "source" else "outboundAllowed")
        yield f"other configurations of the {name}", {one: held for one, held in tenant.service_principals.items() if one not in ours}
        yield f"other jobs of the {name}", {one: _plain(held) for one, held in tenant.synchronizations.items() if one not in ours}
    for link in scopes.links(world):
        yield "tags of the configuration", [tag for tag in link.principal.get("tags") or () if not tag.startswith(scopes.OUR_TAGS)]


_OF_EVERY_ENTRY = ("tenantId", "crossCloudMeetingConfiguration", "tenantRestrictions")


def _plain(held: Any) -> Any:
    return dict(held.secrets), sorted(held.jobs)


def deleted(world: World, since: int) -> list[str]:
    """Whom the service has deleted in the target since that entry of its log."""
    log = world.tenants[SOURCE].provisioning_log[since:]
    return [
        str(entry["sourceIdentity"]["details"].get("UserPrincipalName"))
        for entry in log
        if str(entry["provisioningAction"]).lower() == "delete" and entry["provisioningStatusInfo"]["status"] == "success"
    ]


def deleted_groups(world: World, since: int) -> list[str]:
    """The names of the groups in the source whose counterparts the service has deleted since that entry of its log."""
    names = {key: str(group["displayName"]) for key, group in world.tenants[SOURCE].groups.items()}
    log = world.tenants[SOURCE].provisioning_log[since:]
    ids = [
        str(entry["sourceIdentity"]["id"])
        for entry in log
        if str(entry["provisioningAction"]).lower() == "delete" and entry["provisioningStatusInfo"]["status"] == "success"
    ]
    return [names[one] for one in ids if one in names]


__all__ = ["OTHER", "Scene", "View", "Watch", "deleted", "deleted_groups", "view"]

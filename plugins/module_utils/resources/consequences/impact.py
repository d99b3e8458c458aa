# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The impact of a change on users, and the guards that judge it before the first write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

from ...graph.client import Client
from ...plan import Refusal
from .. import population as scope_population
from ..directory import Principal
from ..mapping.expression import attributes
from .engine import consequence, values
from .evaluate import Unknown
from .importance import KINDS, Importance, read_importance
from .model import Consequence, Population, Rules, SourceUser, State, TargetUser
from .population import Wanted, contains, read_population
from .protected import Alarm, Protection, alarms, does_harm, guard, resolve
from .rules import ALWAYS_READ, needed
from .summary import Harmed, Summary, UserFacts, facts_of, harmed_of, slim

LIMIT = 50
"""How many users a result names if the options do not say."""
TARGET_UNREAD = "the target tenant was not asked (option target), so who has an account there is not known"


class ImpactFacts(TypedDict):
    """The impact, as results contain it."""

    counts: dict[str, int]
    leaving: dict[str, Any]
    users: list[UserFacts]
    more: int
    importance: dict[str, str]
    incomplete: list[str]
    summary: str
    harmed: list[Harmed] | None
    """``None`` if they were not asked for."""


@dataclass(frozen=True)
class Change:
    """Everything that decides what a cycle does, before and after a change."""

    before: State
    after: State
    full: bool
    """Whether the change leads to a full cycle that compares every user with the target (facts F83, F101)."""
    known: Mapping[str, Principal] = field(default_factory=dict)
    """The users of the source who are known, by id."""
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The ids of the members of assigned groups, by group id."""


@dataclass(frozen=True)
class Guards:
    """What an administrator does not want to happen. ``limit`` is the number of users that the result names."""

    max_removals: int | None = None
    max_removal_percent: int | None = None
    protected: tuple[str, ...] = ()
    kinds: tuple[str, ...] = KINDS
    release: tuple[str, ...] = ()
    limit: int = LIMIT
    allow_empty: bool = True
    """Whether the guards of the scope decide if it may become empty."""
    names_harmed: bool = False
    """Whether the result lists all users who would be removed, converted, renamed or disabled."""


def guards(params: Mapping[str, Any], prefix: str = "") -> Guards:
    """The guards by the options. ``prefix`` is the beginning of the names of those for numbers."""
    kinds = params.get("protected_importance")
    return Guards(
        params.get(f"{prefix}max_removals"),
        params.get(f"{prefix}max_removal_percent"),
        tuple(params.get("protected") or ()),
        KINDS if kinds is None else tuple(kind for kind in KINDS if kind in kinds),
        tuple(params.get("protected_release") or ()),
        LIMIT if params.get("impact_limit") is None else params["impact_limit"],
        names_harmed=bool(params.get("list_harmed")),
    )


@dataclass(frozen=True)
class Impact:
    """What a change does to users. ``before`` is the number of users in scope."""

    summary: Summary
    before: int
    importance: Importance = field(default_factory=Importance)
    checked: tuple[str, ...] = ()
    """The kinds of importance that were asked for."""
    alarms: tuple[Alarm, ...] = ()
    protection: Protection = field(default_factory=Protection)
    harmed: tuple[Consequence, ...] = ()
    """The protected users to whom it does harm."""
    incomplete: tuple[str, ...] = ()
    all_harmed: tuple[Harmed, ...] | None = None

    def facts(self) -> ImpactFacts:
        """The impact in the form of a result. Protected users come first."""
        summary = self.summary
        named = {shown.name for shown in self.harmed}
        first = [*self.harmed, *(shown for shown in summary.first if shown.name not in named)][: summary.limit]
        share = round(100 * summary.leaving / self.before, 1) if self.before else 0.0
        return {
            "counts": summary.shown_counts(),
            "leaving": {"count": summary.leaving, "before": self.before, "percent": share},
            "users": [facts_of(shown, self.protection.reasons(shown, self.importance)) for shown in first],
            "more": summary.listed - len(first),
            "importance": {kind: self.importance.not_checked.get(kind, "checked") for kind in self.checked},
            "incomplete": [*self.incomplete, *(f"{reason}: {count}" for reason, count in summary.unknown.most_common(10))],
            "summary": self.sentence(),
            "harmed": None if self.all_harmed is None else list(self.all_harmed),
        }

    def sentence(self) -> str:
        """The impact in one sentence."""
        counts = self.summary.shown_counts()
        effects = ", ".join(f"{count} {_WORDS[effect]}" for effect, count in counts.items() if effect != "unchanged")
        protected = f"; {len(self.alarms)} of them protected" if self.alarms else ""
        unchecked = f"; {', '.join(self.importance.not_checked)} not checked" if self.importance.not_checked else ""
        leaving = f"{self.summary.leaving} of {self.before} users leave the scope"
        return f"{leaving}; {effects or 'nothing happens to users'}{protected}{unchecked}"

    def judge(self, limits: Guards) -> None:
        """Check the guards, before anything is written. A limit never loosens the protection of users.

        :raises Refusal: if more users would leave than allowed, or a protected user would be harmed.
        """
        try:
            guard(self.alarms)
            scope_population.guard(self.summary.left(self.before), limits)
        except Refusal as refusal:
            raise Refusal(str(refusal), {"impact": self.facts()}) from None


_WORDS = {
    "soft_deleted": "deleted in the target",
    "disabled": "disabled",
    "converted": "converted between guest and member",
    "updated": "updated",
    "restored": "restored",
    "created": "created",
    "kept": "kept in the target without synchronization",
    "failed": "failing",
    "skipped": "skipped",
    "unknown": "not computable",
}


def compute(source: Client, target: Client | None, change: Change, limits: Guards) -> Impact:
    """The impact of a change, with what the guards need to judge it.

    :raises Refusal: if there is no user or group of a name in ``protected`` or ``release``.
    """
    needs = needed(change.before.rules, change.after.rules)
    # The percentage counts who passes the filters, so everybody is read.
    moved = not change.full and not (limits.max_removal_percent is not None and change.before.rules.filters)
    # Without filters, only the assignments decide who leaves.
    light = moved and not change.before.rules.filters
    left = deletions_begin(change.before.rules, change.after.rules)
    wanted = Wanted(change.before.scope, change.after.scope, needs.source, needs.target, moved, light, left, change.known, change.groups)
    population = read_population(source, target, wanted)
    return assess(source, target, population, change, limits, _unmoved(change) if moved else 0, _for_leavers(change) if light else change)


def assess(
    source: Client,
    target: Client | None,
    population: Population,
    change: Change,
    limits: Guards,
    unmoved: int = 0,
    for_leavers: Change | None = None,
) -> Impact:
    """The impact of a change on the users of a population. ``unmoved`` is the number of others who are in scope before and after it;
    ``for_leavers`` is the change for users who are in the scope only before it, if less is known of them.

    :raises Refusal: if there is no user or group of a name in ``protected`` or ``release``.
    """
    with source.reading():
        protection = resolve(source, target, limits.protected, limits.release, limits.kinds)
    summary, harmed = Summary(limits.limit), []
    listed: list[Harmed] = []
    for user, account in population.users:
        leaves = user is not None and not contains(change.after.scope, user.id)
        decisive = for_leavers if for_leavers and leaves else change
        found = _consequence(user, account, decisive, target is None or bool(population.incomplete))
        summary.add(found)
        if does_harm(found):
            harmed.append(slim(found))
        if limits.names_harmed and found.effect != "unchanged" and does_harm(found, renamed=True):
            listed.append(harmed_of(found))
    ids = {shown.target.id for shown in harmed if shown.target and shown.target.id}
    unasked = TARGET_UNREAD if target is None else next(iter(population.incomplete), "")
    if target is None or (unasked and not ids):
        importance = Importance(not_checked={kind: f"{kind} not checked: {unasked}" for kind in limits.kinds} if harmed else {})
    else:
        importance = _importance(target, ids, limits.kinds)
    found_alarms = alarms(harmed, importance, protection)
    alarmed = {alarm.name for alarm in found_alarms}
    return Impact(
        summary,
        summary.before + unmoved,
        importance,
        limits.kinds if harmed else (),
        tuple(found_alarms),
        protection,
        tuple(shown for shown in harmed if shown.name in alarmed),
        (*population.incomplete, *((TARGET_UNREAD,) if target is None else ())),
        tuple(sorted(listed, key=lambda user: (user["name"], user["source_id"] or "", user["target_id"] or "")))
        if limits.names_harmed
        else None,
    )


def _for_leavers(change: Change) -> Change:
    """The change without the mappings of attributes that `Wanted.light` does not read: they decide nothing about users who leave."""
    before, after = (replace(state, rules=_with_known_attributes(state.rules)) for state in (change.before, change.after))
    return replace(change, before=before, after=after)


def _with_known_attributes(rules: Rules) -> Rules:
    return replace(rules, rows=tuple(row for row in rules.rows if attributes(row.meaning) <= ALWAYS_READ))


def deletions_begin(before: Rules, after: Rules) -> bool:
    """Whether the service deletes users who left the scope earlier, and were kept until now (fact F105)."""
    return _deletes(after) and not _deletes(before)


def _deletes(rules: Rules) -> bool:
    return rules.enabled and "Delete" in rules.flows


def _importance(target: Client, ids: Collection[str], kinds: Sequence[str]) -> Importance:
    if not ids or not kinds:
        return Importance()
    with target.reading():
        return read_importance(target, ids, kinds)


def _consequence(user: SourceUser | None, account: TargetUser | None, change: Change, unread: bool) -> Consequence:
    if unread and user and account is None and contains(change.before.scope, user.id):
        account = _presumed(change.before.rules, user)
    ending = account.name.partition("#EXT#@")[2] if account else ""
    return consequence(user, account, change.before, change.after, full=change.full, ending=ending)


def _presumed(rules: Rules, user: SourceUser) -> TargetUser:
    """The account of a user who was in scope, if the target cannot be read: everybody counts as having one, so that nobody is lost unseen."""
    mapped = {name: value for name, value in values(rules, user).items() if not isinstance(value, Unknown)}
    enabled = mapped.get("accountEnabled", user.enabled) is not False
    return TargetUser("", "", mapped, enabled=enabled, user_type=str(mapped.get("userType", "Member")))


def _unmoved(change: Change) -> int:
    """The number of users who are in both scopes, and whom `Wanted.moved` leaves out."""
    before, after = change.before.scope, change.after.scope
    if "all" in (before.mode, after.mode):
        return len(before.paths if before.mode == "assigned" else after.paths)
    return len(before.paths.keys() & after.paths.keys())

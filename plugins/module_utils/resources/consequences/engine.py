# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a cycle does to a user: a pure decision from the accounts in both tenants and the states before and after a change.

The service remembers whom it provided and what it wrote; nobody else can read that (fact F118). It is inferred here: an account whose user
was in scope before was provided, and what is in the target is what was written. Managers are not predicted, because they depend on other
users (fact F99), nor are collisions with objects of the target other than the account (fact F122).

Points on which the documentation is silent make several readings. All that matter to a user are computed and compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

from . import mapped
from .mapped import ENABLED, FOREIGN, USER_TYPE, values
from .model import EFFECTS, AttributeChange, Consequence, Effect, SourceUser, Standing, State, Switches, TargetUser
from .scoping import passes, passes_all

__all__ = ["consequence", "standing", "values"]

NOT_READ = Switches()
DECISIVE: frozenset[Effect] = frozenset({"soft_deleted", "converted"})
"""If the readings differ in one of these effects, none of them is chosen."""

_DELETED, _EXTERNAL = "deleted in the source", "external user"


def standing(user: SourceUser, state: State, switches: Switches = NOT_READ) -> Standing:
    """Whether the user is in scope, and why or why not."""
    admitted = _admitted(user, state, switches)
    if admitted.in_scope is not True:
        return admitted
    return Standing(False, _DELETED) if user.deleted else _selected(user, state, switches)


def consequence(
    source: SourceUser | None,
    target: TargetUser | None,
    before: State,
    after: State,
    switches: Switches = NOT_READ,
    *,
    full: bool = True,
    ending: str = "",
) -> Consequence:
    """What the next cycle does to one user.

    ``full``: whether the change leads to a full cycle, as a restart does, which compares every user with the target (facts F83, F101);
    otherwise the service looks only at users whose standing changed (fact F119). ``ending``: the initial domain of the target.
    """
    if source is None:
        nowhere = Standing(False, "no user in the source")
        return Consequence(None, target, nowhere, nowhere, "unchanged", nowhere.reason)
    was, now = standing(source, before, switches), standing(source, after, switches)
    # A job that is new, or that has not run for a while, begins with a cycle that looks at everything.
    compares = full or not before.remembers or not before.runs
    situation = _Situation(source, target, before, after, compares, mapped.ending_of(target, ending), now.reason)
    outcomes = [_decided(situation, case) for case in _cases(situation, switches, was, now)]
    return _judged(situation, was, now, outcomes)


# Standing ------------------------------------------------------------------------------------------------------------


def _admitted(user: SourceUser, state: State, switches: Switches) -> Standing:
    """Whether the service looks at the user at all. Those at whom it does not look keep their accounts (facts F101, F102, F111)."""
    if user.external:
        return Standing(False, _EXTERNAL)
    return passes_all(state.rules.input_filters, _with_identity(user), switches) if state.rules.input_filters else Standing(True, "")


def _with_identity(user: SourceUser) -> SourceUser:
    """The user with the values of an internal user that Graph does not show, but the built-in filter reads (fact F102)."""
    return replace(user, attributes={"alternativeSecurityIds": "None", "userState": "None", **user.attributes})


def _selected(user: SourceUser, state: State, switches: Switches) -> Standing:
    """Whether the user is assigned and passes the filters (facts F100, F108-F110)."""
    paths = state.scope.paths.get(user.id, ())
    if state.scope.mode != "all" and not paths:
        default = user.id in state.scope.not_entitled
        return Standing(False, "assigned with the default access role only" if default else "not assigned")
    filtered = passes(state.rules.filters, user, switches) if state.rules.filters else None
    if filtered is not None and filtered.in_scope is not True:
        return filtered
    return Standing(True, "all users" if state.scope.mode == "all" else ", ".join(paths))


# Readings ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Situation:
    source: SourceUser
    target: TargetUser | None
    before: State
    after: State
    full: bool
    ending: str
    reason: str
    """Why the user is in scope after the change, or is not."""

    @cached_property
    def wanted(self) -> dict[str, Any]:
        """The mapped values."""
        return values(self.after.rules, self.source)

    @property
    def account(self) -> TargetUser | None:
        """The account that exists in the target and is not deleted."""
        return self.target if self.target and not self.target.deleted else None


@dataclass(frozen=True, slots=True)
class _Case:
    """One reading of all points that are open for a user."""

    was: bool
    now: bool
    admitted: bool
    provided: bool
    """Whether the service remembers the account as one that it provided."""
    restores: bool
    matches: bool
    joins: bool
    deletes_administrators: bool
    points: tuple[str, ...]
    """The open points on which another case has another reading."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    effect: Effect
    reason: str = ""
    changes: tuple[AttributeChange, ...] = ()
    points: tuple[str, ...] = ()
    may_fail: bool = False
    """Whether the service may as well refuse the user, because of what a mapping gives."""


def _cases(situation: _Situation, switches: Switches, was: Standing, now: Standing) -> Iterator[_Case]:
    """The cases that matter to this user: usually one."""
    source, target, account = situation.source, situation.target, situation.account
    points: list[str] = []

    def read(switch: bool | None, matters: bool, point: str) -> tuple[bool, ...]:
        if switch is None and matters:
            points.append(point)
            return (True, False)
        return (switch is not False,)

    scopes = tuple(_scopes(situation, switches, was, now))
    if len(scopes) > 1:
        points.append(now.reason if now.in_scope is None else was.reason)
    arrives = any(is_in and not was_in for was_in, is_in, _looked_at in scopes)
    leaves = any(not is_in for _was_in, is_in, _looked_at in scopes)
    redeemed = account is not None and account.redeemed
    restores = read(
        switches.restores, arrives and target is not None and target.deleted and source.enabled, "whether accounts are restored"
    )
    # An account that the service provided once is always found again, and nothing shows which one that is (fact F118).
    matching = None if switches.matches_guests is False else switches.matches_guests
    matches = read(matching, redeemed and arrives, "whether an account that was there before is taken over")
    joins = read(
        switches.joins_pending_guests,
        account is not None and not account.redeemed and any(is_in for _was_in, is_in, _looked_at in scopes),
        "whether a guest with a pending invitation becomes the synchronized user",
    )
    administrators = read(
        switches.deletes_administrators,
        account is not None and account.administrator and leaves,
        "whether users with administrator roles are deleted",
    )
    provided: tuple[bool, ...] = (False,)
    if redeemed and _maybe_provided(situation) and any(not was_in and not is_in for was_in, is_in, _looked_at in scopes):
        provided = read(None, True, "whether the synchronization provided the account")
    left = redeemed and any(was_in and not is_in for was_in, is_in, _looked_at in scopes)
    unsuitable = mapped.unsuitable(values(situation.before.rules, source)) if left else ""
    remembered = read(None, bool(unsuitable), f"whether the service provided the account although {unsuitable}")
    for scope, known, was_provided, restored, matched, joined, removed in product(
        scopes, remembered, provided, restores, matches, joins, administrators
    ):
        was_in, is_in, admitted = scope
        yield _Case(was_in, is_in, admitted, (was_in and known) or was_provided, restored, matched, joined, removed, tuple(points))


def _scopes(situation: _Situation, switches: Switches, was: Standing, now: Standing) -> Iterator[tuple[bool, bool, bool]]:
    """In scope before, in scope after, and looked at after."""
    source, before, after = situation.source, situation.before, situation.after
    if was.in_scope is not None and now.in_scope is not None and not source.deleted:
        yield was.in_scope and before.remembers, now.in_scope, now.in_scope or _admitted(source, after, switches).in_scope is not False
        return
    patterns = (True, False) if switches.regex_anywhere is None else (switches.regex_anywhere,)
    seen = set()
    for reading in (replace(switches, regex_anywhere=anywhere) for anywhere in patterns):
        # Whether a deleted user was in scope depends on all but the deletion.
        earlier = standing(replace(source, deleted=False), before, reading)
        later, admitted = standing(source, after, reading), _admitted(source, after, reading)
        both = earlier.in_scope is None and later.in_scope is None and earlier.reason == later.reason
        for was_in, is_in in product(_readings(earlier), _readings(later)):
            # One open point has the same answer before and after.
            scope = (was_in and before.remembers, is_in, is_in or admitted.in_scope is not False)
            if scope not in seen and not (both and was_in != is_in):
                seen.add(scope)
                yield scope


def _readings(found: Standing) -> tuple[bool, ...]:
    return (True, False) if found.in_scope is None else (found.in_scope,)


def _maybe_provided(situation: _Situation) -> bool:
    """Whether an account outside of the scope may still wait for its deletion: because no cycle has run, or because deletions were off."""
    before, after = situation.before, situation.after
    if not before.remembers:
        return False
    later = "Delete" in after.rules.flows and "Delete" not in before.rules.flows
    return not before.runs or not before.rules.enabled or later or situation.source.deleted


def _judged(situation: _Situation, was: Standing, now: Standing, outcomes: list[_Outcome]) -> Consequence:
    found = {effect for outcome in outcomes for effect in (outcome.effect, *(("failed",) if outcome.may_fail else ()))}
    effects = tuple(effect for effect in EFFECTS if effect in found)
    chosen = next((outcome for outcome in outcomes if outcome.effect == effects[0]), _Outcome("failed", points=outcomes[0].points))
    later = "; no cycle runs at present" if not situation.after.runs and effects != ("unchanged",) else ""
    if len(effects) == 1:
        return _consequence(situation, was, now, chosen, chosen.reason + later)
    reason = f"{' and '.join(chosen.points)} is not known: {', '.join(effects[:-1])} or {effects[-1]}{later}"
    if DECISIVE & set(effects) or "unknown" in effects:
        return _consequence(situation, was, now, _Outcome("unknown"), reason, effects)
    return _consequence(situation, was, now, chosen, reason, effects)


def _consequence(
    situation: _Situation, was: Standing, now: Standing, outcome: _Outcome, reason: str, possible: tuple[Effect, ...] = ()
) -> Consequence:
    return Consequence(situation.source, situation.target, was, now, outcome.effect, reason, outcome.changes, possible)


# Decisions -----------------------------------------------------------------------------------------------------------


def _decided(situation: _Situation, case: _Case) -> _Outcome:
    if not situation.after.rules.enabled:
        return _Outcome("kept" if case.was and not case.now and situation.account else "unchanged", "the mapping of users is switched off")
    if situation.source.shares_mail and (case.was or case.now):
        reason = "another user of the source has the same mail address, so both share one account"
        return _Outcome("unknown", reason, points=case.points)
    if not case.now:
        return replace(_out_of_scope(situation, case), points=case.points)
    outcome = _in_scope(situation, case)
    # A mapping that cannot be evaluated is evaluated for everyone in scope, whatever else happens to them.
    account = situation.account
    stays = case.was and not situation.full and account is not None and account.redeemed
    unsuitable = "" if stays else mapped.unsuitable(situation.wanted)
    if not unsuitable or outcome.effect == "failed":
        return replace(outcome, points=case.points)
    return replace(outcome, may_fail=True, points=(*case.points, f"what the service does if {unsuitable}"))


def _out_of_scope(situation: _Situation, case: _Case) -> _Outcome:
    """A user who leaves, or who was not in scope before either (facts F101, F114, F116, F117)."""
    source, account, rules = situation.source, situation.account, situation.after.rules
    if account is None or not account.redeemed or not case.provided or not situation.before.remembers:
        return _Outcome("unchanged")
    kept: Effect = "kept" if case.was else "unchanged"
    if not case.admitted:
        return _Outcome(kept, "the service does not look at users who do not pass the built-in filter")
    if source.deleted and not rules.soft_deletes:
        return _Outcome(kept, "the mapping of IsSoftDeleted is missing")
    if not source.deleted and not account.enabled and mapped.value(situation.before.rules, source, ENABLED) is False:
        return _Outcome(kept, "disabled before it leaves the scope")
    if "Delete" not in rules.flows:
        return _Outcome(kept, "the target action delete is switched off")
    if account.administrator and not case.deletes_administrators:
        return _Outcome("failed", "the account holds an administrator role in the target")
    return _Outcome("soft_deleted", situation.reason)


def _in_scope(situation: _Situation, case: _Case) -> _Outcome:
    source, target = situation.source, situation.target
    if target is None:
        return _new(situation)
    if target.deleted:
        return _returning(situation, target, case)
    if not target.redeemed:
        return _pending(situation, target, case)
    if case.was or case.matches:
        return _present(situation, target, case)
    made = _new(situation)
    same_mail = bool(source.attributes.get("mail")) and source.attributes.get("mail") == target.attributes.get("mail")
    same_name = target.name.lower() == str(mapped.external_name(source.name, situation.ending)).lower()
    if made.effect == "created" and (same_mail or same_name):
        return _Outcome("failed", "an account that is not taken over has the name or the mail address")
    return made


def _new(situation: _Situation) -> _Outcome:
    source, rules = situation.source, situation.after.rules
    if not source.enabled:
        return _Outcome("skipped", "disabled in the source")
    if "Add" not in rules.flows:
        return _Outcome("skipped", "the target action create is switched off")
    return _Outcome("created", "", mapped.created(rules, source, situation.wanted, situation.ending))


def _returning(situation: _Situation, target: TargetUser, case: _Case) -> _Outcome:
    """A user whose account is deleted (fact F115). If the user was in scope all the time, it was not the service that deleted it."""
    if case.was:
        if situation.full:
            return _new(situation)
        return _Outcome("unchanged", "the account was deleted in the target, where the service does not look")
    if not case.restores or not situation.before.remembers:
        return _new(situation)
    if not situation.source.enabled:
        return _Outcome("skipped", "disabled in the source")
    found = mapped.changes(situation.after.rules, situation.wanted, target, situation.ending)
    return _Outcome("restored", "", tuple(_writable(target, found)))


def _pending(situation: _Situation, target: TargetUser, case: _Case) -> _Outcome:
    """A guest with a pending invitation. One who joins keeps the name until a restart (fact F113)."""
    made = _new(situation)
    if made.effect != "created":
        return made
    if not case.joins:
        return _Outcome("failed", "a guest with a pending invitation has the mail address")
    found = mapped.changes(situation.after.rules, situation.wanted, target, situation.ending, renames=situation.full)
    return _updated(target, found)


def _present(situation: _Situation, target: TargetUser, case: _Case) -> _Outcome:
    """A user with an account: compared with it in a full cycle or on arrival, otherwise only what flows always (fact F119)."""
    rules = situation.after.rules if situation.full or not case.was else mapped.always(situation.after.rules)
    found = mapped.changes(rules, situation.wanted, target, situation.ending) if rules.rows else []
    if found and "Update" not in rules.flows:
        return _Outcome("unchanged", "the target action update is switched off")
    return _updated(target, found)


def _writable(target: TargetUser, found: list[AttributeChange]) -> list[AttributeChange]:
    return [change for change in found if not (target.licensed and change.attribute in FOREIGN)]


def _updated(target: TargetUser, found: list[AttributeChange]) -> _Outcome:
    """The effect of changes. Exchange owns some attributes of a licensed account; the service tries again without them (fact F120)."""
    written = tuple(_writable(target, found))
    if any(not change.unknown for change in found) and not written:
        return _Outcome("failed", f"Exchange owns {', '.join(change.attribute for change in found)} of the account")
    unclear = next((change for change in written or found if change.unknown), None)
    known = {change.attribute: change.after for change in written if not change.unknown}
    if unclear and (not known or any(change.unknown and change.attribute in (USER_TYPE, ENABLED) for change in written)):
        return _Outcome("unknown", f"{unclear.attribute}: {unclear.unknown}", written)
    if known.get(ENABLED) is False:
        return _Outcome("disabled", "", written)
    if USER_TYPE in known:
        return _Outcome("converted", "", written)
    return _Outcome("updated" if known else "unchanged", "", written)

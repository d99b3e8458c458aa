# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be true after every event of every history, each a function: it gives a sentence for each violation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from . import outcomes, scopes, sharing
from .driver import NO_SENTENCE, Ran
from .history import Run
from .humans import EVERYBODY
from .tenants import SECRETS, SOURCE
from .watch import Scene, deleted, deleted_groups
from .wire import BATCH

Found = Iterator[str]
LIMITS = ("max_removals", "max_removal_percent")
NO_GROUPS = "has no mapping of groups"
SHARING = "cross_tenant_capability"
MIGHT_HOLD = "deletions it might hold all of them back"
HELD = "the deletion guard holds their deletions back"


def no_duplicate(scene: Scene) -> Found:
    """Nothing is there twice: no configuration, no assignment, no account of one user. Two runs at once take one of two back."""
    world = scene.world
    beside = isinstance(scene.event, Run) and scene.event.beside is not None
    found = scopes.links(world)
    lost = int(scene.watch.may_be_doubled)
    if len(found) > 1 + lost and not beside:
        yield f"there are {len(found)} configurations of the link"
    if scene.watch.most > 1 + lost and not beside:
        yield f"there were {scene.watch.most} applications of the link"
    for link in found:
        held = [one["principalId"] for one in world.tenants[SOURCE].assignments.get(link.id, {}).values()]
        if len(held) > len(set(held)):
            yield f"configuration {link.id} has an assignment twice"
        if (link.principal.get("tags") or []).count(scopes.TAG) > 1:
            yield "the pending restart is recorded twice"
        if len(link.synchronization.jobs) > 1:
            yield "there are two jobs"
    for name, users in scopes.accounts(world).items():
        if len(users) > 1:
            yield f"{name} has {len(users)} accounts in the target"


def nothing_foreign_changed(scene: Scene) -> Found:
    """What no wish is about is as it was."""
    if not scene.runs or not scene.alone:
        return
    for name, was in scene.before.foreign.items():
        now = scene.after.foreign.get(name)
        if name == "tags of the configuration" and (now is None or "tags of the configuration" not in scene.before.foreign):
            continue
        if was != now:
            yield f"{name}: {_short(was)} has become {_short(now)}"


def nobody_removed_unwished(scene: Scene) -> Found:
    """Nobody whom every wish since the last success keeps in scope is deleted in the target, not even for a while."""
    watch = scene.watch
    if EVERYBODY in watch.excused or not watch.kept:
        return
    keep = frozenset.intersection(*watch.kept)
    for name in deleted(scene.world, scene.before.log):
        if name in keep and name not in watch.excused:
            yield f"{name} was deleted in the target"


def no_group_removed_unwished(scene: Scene) -> Found:
    """No group that every wish since the last success keeps assigned is deleted in the target, not even for a while."""
    watch = scene.watch
    if EVERYBODY in watch.excused or not watch.kept_groups:
        return
    keep = frozenset.intersection(*watch.kept_groups)
    yield from (f"the group {name} was deleted in the target" for name in deleted_groups(scene.world, scene.before.log) if name in keep)


def nothing_else_is_shared(scene: Scene) -> Found:
    """Capabilities of features that the wish does not name, and those of sides that it does not name, are as they were. One that disallows
    what the default policy disallows as well says nothing, and may go with the entry.
    """
    if len(scene.runs) != 1 or not scene.alone:
        return
    for side, was in scene.before.shared.items():
        about = sharing.named(scene.runs[0].wish, side)
        now = scene.after.shared[side]
        silent = sharing.silent(scene.world, side, was)
        for name in sorted({*was, *now} - about):
            if was.get(name) != now.get(name) and not (name in silent and name not in now):
                yield f"{name} of the {side}: {_short(was.get(name))} has become {_short(now.get(name))}"


def no_sharing_trusted_unwished(scene: Scene) -> Found:
    """The trust for Microsoft 365 is set where there was none and a wish shows something, and taken back when it shows nothing any more.
    Whom somebody has limited or blocked stays so.
    """
    if len(scene.runs) != 1 or not scene.alone:
        return
    wish = scene.runs[0].wish
    for side, was in scene.before.trust.items():
        now = scene.after.trust[side]
        inherited = sharing.default_trust(scene.world, side)
        opened = now == sharing.EVERY_USER and was is None and sharing.grants(wish, side)
        # Written into the entry, so that what the default policy shows can be disallowed there.
        repeated = now == inherited and was is None and sharing.named(wish, side)
        removed = now is None and was == sharing.EVERY_USER and sharing.removes(wish) and sharing.named(wish, side)
        if was != now and not (opened or repeated or removed):
            yield f"the trust of the {side}: {_short(was)} has become {_short(now)}"


def what_a_trust_wakes_is_said(scene: Scene) -> Found:
    """If a run lets users through, so that they see what the wish does not name, a warning names it."""
    if len(scene.runs) != 1 or not scene.alone or not scene.settled or not scene.runs[0].succeeded:
        return
    (ran,) = scene.runs
    said = " ".join(text for done in ran.steps for text in done.result.get("warnings", ()))
    for side in sharing.SIDES:
        if scene.before.trust[side] == scene.after.trust[side] or not sharing.grants(ran.wish, side):
            continue
        for reading in sharing.READINGS:
            more = sharing.shown(scene.world, side, reading) - scene.before.seen[side, reading]
            for name in sorted({name for name, _person in more} - sharing.named(ran.wish, side)):
                if name not in said:
                    yield f"the users of the other tenant see {name} of the {side} now, and no warning says it"


def nobody_converted_unwished(scene: Scene) -> Found:
    """An account that is there does not become a guest or a member, unless a wish says so."""
    if scene.watch.converts:
        return
    for key, kind in scene.before.user_types.items():
        now = scene.after.user_types.get(key, kind)
        if now != kind:
            yield f"the account {key} has become a {now}"


def no_trust_widened_unwished(scene: Scene) -> Found:
    """A switch is switched on only by a run that builds the link."""
    if not scene.alone:
        return
    builds = {name: any(_switches_on(name, ran.wish) for ran in scene.runs) for name in vars(scene.after.switches)}
    before, after = vars(scene.before.switches), vars(scene.after.switches)
    for name, now in after.items():
        if now is True and before[name] is not True and not builds[name] and scene.runs:
            yield f"the switch {name} was switched on"


def _switches_on(name: str, wish: Mapping[str, Any]) -> bool:
    return wish.get("link_state") != "absent" and (name != "groups" or bool(wish.get("link_groups")))


def limits_are_kept(scene: Scene) -> Found:
    """More users than the limit never leave, and a limit never refuses fewer. Nothing is written before that is known."""
    if len(scene.runs) != 1 or not scene.alone or not scene.settled:
        return
    (ran,) = scene.runs
    # Of two configurations of the name, which two runs at once can leave, a run takes the one that serves the target.
    if ran.wish.get("link_state") == "absent" or ran.killed or ran.fault or len(scopes.links(scene.world)) > 1:
        return
    fewest, most = scene.leaving
    limit = ran.wish.get("link_scope_max_removals")
    message = str(ran.failure.result.get("msg")) if ran.failure else ""
    refused = any(f"more than {name}" in message for name in LIMITS)
    if limit is not None and fewest > limit and ran.succeeded:
        yield f"at least {fewest} users leave, more than {limit}, and the run went on"
    if limit is not None and fewest > limit and any(one.writes and one.committed for one in scene.arrivals):
        yield f"at least {fewest} users leave, more than {limit}, and something was written"
    if refused and "max_removals" in message and limit is not None and most <= limit:
        yield f"at most {most} users leave, and the run was refused: {message}"


def refusals_come_before_the_first_write(scene: Scene) -> Found:
    """What a run refuses by the wish alone, it refuses before it has written anything. Without the comparison of the playbook, each tenant's
    sharing is judged when its step begins: it is beside the synchronization, and its refusal leaves nothing half done there.
    """
    if len(scene.runs) != 1 or not scene.alone or not scene.settled or not isinstance(scene.event, Run) or scene.event.strikes:
        return
    (ran,) = scene.runs
    wrote = [one for one in scene.arrivals if one.writes and one.committed]
    if ran.failure and ran.failure.module == SHARING and not ran.looks:
        wrote = [one for one in _arrivals_of(scene, ran.failure.first, ran.failure.end) if one.writes and one.committed]
    if ran.refused and ran.failure and wrote and not _of_new_schema(scene, ran):
        yield f"it was refused after {wrote[0]}: {ran.failure.result['msg']}"


def _of_new_schema(scene: Scene, ran: Ran) -> bool:
    """Whether a run was refused because of the schema of a new job: whether it has a mapping of groups is not known before (fact F231)."""
    return ran.refused and ran.failure is not None and NO_GROUPS in str(ran.failure.result["msg"]) and not scene.before.job


def check_mode_told_the_truth(scene: Scene) -> Found:
    """A run does what the same run in check mode has said before."""
    if scene.foretold is None or len(scene.runs) != 1 or not scene.alone or not scene.calm:
        return
    (ran,) = scene.runs
    if not isinstance(scene.event, Run) or not scene.event.undisturbed:
        return
    said, did = scene.foretold, ran
    if _of_new_schema(scene, did) or _may_be_held_back(said, did) or _too_early(said):
        return
    if said.succeeded != did.succeeded:
        yield f"check mode: {_ending(said)}; the run: {_ending(did)}"
    elif said.succeeded and said.actions != did.actions:
        yield f"check mode: {said.actions}; the run: {did.actions}"


def _may_be_held_back(said: Ran, did: Ran) -> bool:
    """Whether the deletion guard held the deletions back, and check mode warned of it: who left the scope before, and is not removed yet, looks like
    somebody who was invited (fact F118).
    """
    warned = any(MIGHT_HOLD in warning for done in said.steps for warning in done.result.get("warnings", ()))
    return warned and did.failure is not None and HELD in str(did.failure.result["msg"])


def _too_early(said: Ran) -> bool:
    """Whether check mode could not read a configuration, as long as the service refuses one that somebody has just created (fact F4)."""
    error = said.failure.result.get("error") or {} if said.failure else {}
    return error.get("status") in (403, 409) and "/synchronization/" in str(error.get("path"))


def check_mode_writes_nothing(scene: Scene) -> Found:
    """A run in check mode sends nothing that changes something."""
    if scene.foretold is None:
        return
    for arrival in scene.arrivals:
        if arrival.run == "check" and arrival.writes:
            yield f"check mode sent {arrival}"


def nothing_changed_is_true(scene: Scene) -> Found:
    """A failure that says that nothing was changed, and a result without a change, are right."""
    for ran in scene.runs:
        name = "beside" if len(scene.runs) > 1 and ran is scene.runs[1] else "run"
        for done in ran.steps:
            wrote = [one for one in _arrivals_of(scene, done.first, done.end) if one.run == name and one.writes and one.committed]
            if not wrote:
                continue
            if done.failed and "Nothing was changed." in str(done.result.get("msg")):
                yield f"{done.module}: {done.result['msg']} But it sent {wrote[0]}"
            if not done.failed and done.result and not done.result.get("changed"):
                yield f"{done.module}: no change is reported, but it sent {wrote[0]}"


def _arrivals_of(scene: Scene, first: int, end: int) -> list[Any]:
    start = scene.before.arrivals
    return scene.arrivals[first - start : end - start]


def nothing_is_repeated_blindly(scene: Scene) -> Found:
    """A POST that may have made something is not sent again before a read has shown whether it did."""
    last: dict[str, Any] = {}
    for arrival in scene.arrivals:
        before = last.get(arrival.run)
        last[arrival.run] = arrival
        again = before is not None and before.kind == arrival.kind and before.writes and before.lost
        # A batch of deletions may be sent again.
        if again and arrival.kind.startswith("POST ") and arrival.kind != BATCH:
            yield f"{before}, and then {arrival}"


def failures_are_sentences(scene: Scene) -> Found:
    """A run ends with a result or with a sentence for an admin."""
    for ran in (*scene.runs, *((scene.foretold,) if scene.foretold else ())):
        if ran.fault:
            yield f"no sentence: {ran.fault}"
        message = str(ran.failure.result.get("msg")) if ran.failure else ""
        if NO_SENTENCE.search(message):
            yield f"no sentence: {message}"


def no_secret_is_shown(scene: Scene) -> Found:
    """No result contains a secret, or a part of a token."""
    for ran in (*scene.runs, *((scene.foretold,) if scene.foretold else ())):
        for done in ran.steps:
            text = orjson.dumps(done.result, default=str).decode()
            for secret in (*SECRETS.values(), "eyJ0eXAi"):
                if secret in text:
                    yield f"{done.module} shows a secret"


def success_means_as_wished(scene: Scene) -> Found:
    """Whatever struck it: a run that succeeds has left the wished state."""
    if len(scene.runs) == 1 and scene.alone and scene.settled and scene.runs[0].succeeded:
        yield from outcomes.not_as_wished(scene.world, scene.runs[0].wish, scene.expected, scene.watch)


AFTER_EVENTS: tuple[Callable[[Scene], Found], ...] = (
    no_duplicate,
    nothing_foreign_changed,
    nobody_removed_unwished,
    no_group_removed_unwished,
    nothing_else_is_shared,
    no_sharing_trusted_unwished,
    what_a_trust_wakes_is_said,
    nobody_converted_unwished,
    no_trust_widened_unwished,
    limits_are_kept,
    refusals_come_before_the_first_write,
    check_mode_told_the_truth,
    check_mode_writes_nothing,
    nothing_changed_is_true,
    nothing_is_repeated_blindly,
    failures_are_sentences,
    no_secret_is_shown,
    success_means_as_wished,
)
AT_WRITES = (
    "no_restart_without_cause",
    "debts_are_recorded_before",
    "no_more_is_shown_than_before_and_wished",
    "no_two_levels_at_once",
)
"""Invariants that `Watch` judges at every write."""


def _ending(ran: Ran) -> str:
    return str(ran.failure.result.get("msg")) if ran.failure else ran.fault or "no failure"


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) < 300 else text[:300] + "..."

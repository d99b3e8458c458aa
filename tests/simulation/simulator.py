# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays a history to its end, judges every event of it, and keeps a trace."""

from __future__ import annotations

import contextlib
import gc
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from greenlet import getcurrent, greenlet

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.vault import Vault
from ansible_collections.entra.cross_tenant_sync.tests.support.traffic import changes
from entra_emulator.state import World

from . import beginnings, humans, invariants, outcomes, scopes, sharing
from .beginnings import CYCLE
from .driver import Driver, Ran
from .history import WRITE, Chance, Event, History, Human, Passes, Run
from .tenants import CONNECTIONS, SOURCE
from .watch import Scene, View, Watch, view
from .wire import BATCH, Caller, Killed, SharedCache, Wire, digest


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, and where."""

    invariant: str
    event: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}, {self.event}: {self.text}"


@dataclass
class Report:
    """What came of a history."""

    violations: list[Violation] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often which fault struck which kind of request."""
    aimed: int = 0
    """How many faults the runs that were played have."""
    sent: Counter[str] = field(default_factory=Counter)
    """How often each kind of request was sent."""
    done: Counter[str] = field(default_factory=Counter)
    """How often the plans had which action, or ended in which way."""
    world: World | None = None
    """The state at the end."""

    @property
    def state(self) -> str:
        """A digest of the state at the end."""
        return digest(self.world) if self.world else ""


UNSETTLED = ("lag", "lag_seconds", "stale_reads")
"""Settings under which a read may show what was before."""


def play(history: History) -> Report:
    """Play it. The same history gives the same report, on any machine."""
    with garbage_later():
        return _Play(history).report


@contextlib.contextmanager
def garbage_later() -> Iterator[None]:
    """Look for cyclic garbage after one or more histories, not while they go on: there is little of it, and looking for it takes a tenth of the
    time.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class _Play:
    def __init__(self, history: History) -> None:
        self.history = history
        self.report = Report()
        self.wire: Wire = beginnings.wire()
        self.driver = Driver(self.wire, CONNECTIONS)
        self.chance = Chance(history.seed)
        self.vault = Vault()
        self.previous: Event = Passes(0)
        self.calm = True
        self.acted = False
        """Whether somebody has acted in a portal just now, so that a replica that is behind does not show it."""
        self.killed = False
        """Whether a run was killed just now, so that a replica that is behind does not show what it did."""
        self.settled = not any(history.settings.get(name) for name in UNSETTLED)
        world = beginnings.begun(history.beginning)
        settings = beginnings.settings_of(history.settings)
        self.wire.begin(world, settings)
        # The transient errors are those of new configurations (fact F4).
        self.wire.service.transient_errors.update(
            dict.fromkeys(world.tenants[SOURCE].synchronizations, settings.transient_synchronization_errors)
        )
        self.watch = Watch(self.wire, kept=[scopes.scope_now(world)], kept_groups=[scopes.groups_assigned(world)])
        self.watch.attach()
        self.last: Mapping[str, Any] = beginnings.BUILT
        self.seen = view(world)
        with self.wire.reached(self._new_id, self._between):
            for number, event in enumerate(history.events):
                self._happen(event, f"event {number}")
                if self.report.violations:
                    break
            else:
                self._end()
        self.report.world = self.wire.world

    def _new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self.chance.random()

    # Events ----------------------------------------------------------------------------------------------------------

    def _happen(self, event: Event, name: str) -> Scene:
        before = self.seen
        self.calm = self.settled or isinstance(self.previous, Passes)
        self.previous = event
        if isinstance(event, Run):
            scene = self._runs(event, before)
        else:
            self.watch.most = 0
            self._passes_or_acts(event)
            scene = self._scene(event, before)
        self.report.trace.append(f"  {name} has ended")
        self._judge(scene, name)
        if scene.kept_if_succeeded is not None:
            self.watch.kept, self.watch.kept_groups = scene.kept_if_succeeded
        return scene

    def _passes_or_acts(self, event: Human | Passes) -> None:
        self.report.trace.append(str(event))
        if isinstance(event, Passes):
            self.wire.sleep(event.minutes * 60)
            self.acted = self.killed = False
            return
        self.acted = True
        # What is seen from here on is not only the wish's doing.
        self.watch.limits = None
        humans.act(self.wire.service, event.act, event.subject)
        about = humans.ACTS[event.act]
        if about.removes:
            self.watch.excused.add(humans.may_remove(event.act, event.subject))
        self.watch.humans_owe = self.watch.humans_owe or about.changes_rules
        if event.act == "restarts":
            self.watch.owes = self.watch.humans_owe = False

    def _scene(self, event: Event, before: View, acted: bool = False, killed: bool = False, **more: Any) -> Scene:
        """``acted`` and ``killed`` are as when the event began: time that passes during a run may come after its reads."""
        acted, killed = self.acted or acted, self.killed or killed
        arrivals = self.wire.arrivals[before.arrivals :]
        # Nothing happens between two events.
        self.seen = view(self.wire.world, len(self.wire.arrivals))
        return Scene(
            self.wire.world,
            event,
            before,
            self.seen,
            self.watch,
            arrivals,
            # A run that has found nothing to do, because it does not see what a killed run did, is like one at the same time.
            settled=self.settled or not (acted or (killed and not any(one.writes and one.committed for one in arrivals))),
            calm=self.calm,
            **more,
        )

    def _runs(self, event: Run, before: View) -> Scene:
        world, wish = self.wire.world, event.wish
        hidden = {"acted": self.acted, "killed": self.killed}
        expected, groups = scopes.scope_wished(world, wish), scopes.groups_wished(world, wish)
        gone = before.scope - expected
        # Whoever left a scope that the job has not evaluated yet is still there, and counts as somebody who leaves.
        link = scopes.the_link(world)
        # Without its job, the mode and the assignments still say who was in scope.
        held: scopes.Names = frozenset()
        if link and link.job is None:
            held = scopes.everyone(world) if link.everybody else scopes.expanded(world, scopes.assigned(world, link))
        most = gone | (before.synced | held) - expected
        leaving = len(scopes.enabled(world, gone) & before.synced), len(most)
        foretold = None
        if event.foretold:
            foretold = Ran(wish, True, looks=event.looks)
            self._one(foretold, Caller("check", cache=SharedCache(None, self.vault)))
        self.last = wish
        self.watch.unseen = self.acted and not self.settled
        wishes = (wish, event.beside.wish) if event.beside else (wish,)
        self.watch.deprovisions = any(one.get("link_state") == "absent" for one in wishes)
        self.watch.converts = self.watch.converts or any(one.get("link_convert_existing") for one in wishes)
        self.watch.beside = event.beside is not None
        self.watch.begin(wishes)
        kept = list(self.watch.kept), list(self.watch.kept_groups)
        if wish.get("link_state") != "absent" or wish.get("link_users") == "deprovision":
            self.watch.kept.append(expected)
            self.watch.kept_groups.append(groups)
        ran = Ran(wish, False)
        runs = [ran]
        vault = Vault() if event.new_token else self.vault
        caller = self._disturbed(event, vault)
        ran.looks = event.looks
        if event.beside:
            other = Ran(event.beside.wish, False, looks=event.looks)
            # Two wishes that contradict each other can make anything of the scope, until a run comes to its end alone.
            self.watch.kept.append(expected if other.wish == wish else frozenset())
            self.watch.kept_groups.append(groups if other.wish == wish else frozenset())
            runs.append(other)
            self._two(ran, caller, other, event.beside.turns)
            self.watch.lost_creations += ran.killed
        else:
            self._one(ran, caller)
            # The next run does not see what this one has just created, as another one at the same time would not.
            self.watch.races = self.watch.races or (ran.killed and not self.settled)
            self.watch.lost_creations += ran.killed and not self.settled
        alone = not event.beside and not any(isinstance(one.event, Human) for one in event.meanwhile)
        for one in runs:
            self._note(one)
        scene = self._scene(event, before, runs=tuple(runs), foretold=foretold, expected=expected, leaving=leaving, alone=alone, **hidden)
        self.killed = not self.settled and (self.killed or ran.killed)
        self.watch.limits = None
        if ran.succeeded and alone:
            keeps = wish.get("link_state") == "absent" and wish.get("link_users") != "deprovision"
            scene.kept_if_succeeded = kept if keeps else ([expected], [groups])
        return scene

    def _disturbed(self, event: Run, vault: Vault) -> Caller:
        """The run as a caller, with what is to happen to its requests."""
        seen: Counter[str] = Counter()
        self.report.aimed += len(event.strikes)
        strikes, meanwhile = list(event.strikes), {one.nth: one.event for one in event.meanwhile}

        def on_request(number: int, kind: str) -> str | None:
            among = {kind: seen[kind], "": number, **({WRITE: seen[WRITE]} if _may_change(kind) else {})}
            seen.update(among.keys())
            if number in meanwhile:
                self._passes_or_acts(meanwhile[number])
            if event.kill and not event.kill.after and among.get(event.kill.kind) == event.kill.nth:
                raise Killed
            for strike in strikes:
                if among.get(strike.kind) == strike.nth:
                    self.report.struck[kind, strike.fault] += 1
                    return strike.fault
            return None

        def on_answer(number: int, kind: str) -> None:
            among = {kind: seen[kind] - 1, "": number, **({WRITE: seen[WRITE] - 1} if _may_change(kind) else {})}
            if event.kill and event.kill.after and among.get(event.kill.kind) == event.kill.nth:
                raise Killed

        return Caller("run", on_request, on_answer, cache=SharedCache(None, vault))

    def _one(self, ran: Ran, caller: Caller) -> None:
        self.wire.callers = {getcurrent(): caller}
        self._carry_out(ran)

    def _carry_out(self, ran: Ran) -> None:
        try:
            self.driver.carry_out(ran)
        except Killed:
            ran.killed = True

    def _two(self, ran: Ran, caller: Caller, other: Ran, turns: tuple[int, ...]) -> None:
        """Two runs that take turns at their requests; when the turns are over, one after the other."""
        main = getcurrent()
        left = list(turns)
        budget = [left.pop(0) if left else -1]

        def taking_turns(on_request: Callable[[int, str], str | None]) -> Callable[[int, str], str | None]:
            def wait(number: int, kind: str) -> str | None:
                while budget[0] == 0:
                    main.switch()
                budget[0] -= 1
                return on_request(number, kind)

            return wait

        beside = Caller("beside", cache=SharedCache(None, self.vault))
        both = [greenlet(lambda: self._carry_out(ran)), greenlet(lambda: self._carry_out(other))]
        caller.on_request, beside.on_request = taking_turns(caller.on_request), taking_turns(beside.on_request)
        self.wire.callers = dict(zip(both, (caller, beside), strict=True))
        turn = 0
        while not all(one.dead for one in both):
            if not both[turn].dead:
                both[turn].switch()
            budget[0] = left.pop(0) if left else -1
            turn = 1 - turn

    def _note(self, ran: Ran) -> None:
        """Keep what a run did."""
        for done in ran.steps:
            for action in done.result.get("actions", ()):
                self.report.done[f"{done.module}: {action['verb']} {_kind_of_object(action['object'])}"] += 1
            self.report.trace.append(f"  {done.module}: {done.result.get('msg') or ', '.join(done.actions) or 'nothing'}")
        self.report.done["killed" if ran.killed else "refused" if ran.refused else "failed" if not ran.succeeded else "succeeded"] += 1

    def _judge(self, scene: Scene, name: str) -> None:
        for arrival in scene.arrivals:
            self.report.sent[arrival.kind] += 1
            self.report.trace.append(f"    {arrival}")
        found = [(judge.__name__, text) for judge in invariants.AFTER_EVENTS for text in judge(scene)]
        found += self.watch.found
        self.watch.found = []
        self._violated(name, found)

    def _violated(self, name: str, found: list[tuple[str, str]]) -> None:
        self.report.violations += [Violation(invariant, name, text) for invariant, text in found]
        self.report.trace += [str(violation) for violation in self.report.violations]

    # The end ---------------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """The last wish without its limits, undisturbed: it comes true, everybody arrives, and running once more does nothing."""
        wish = self._possible()
        self._happen(Passes(1), "a minute passes")
        if self.watch.may_be_doubled and len(scopes.links(self.wire.world)) > 1:
            # Only somebody who knows both can say which of them is to go.
            scene = self._happen(Run(wish), "run beside a double")
            self._violated("run beside a double", [("doubles_are_said", text) for text in outcomes.doubles_not_said(scene)])
            return
        # Some answers of the service say that it is too early, or too much at once: a run ends with them, and the next one goes on.
        attempts = 6 if any(self.history.settings.get(name) for name in ("throttling", "transient_synchronization_errors")) else 1
        for attempt in range(attempts):
            scene = self._happen(Run(wish), f"run again {attempt}")
            (ran,) = scene.runs
            if ran.succeeded:
                break
            other = self._remedy(wish, ran)
            if other is not None:
                wish = other
                scene = self._happen(Run(wish), "run again with what is possible")
                (ran,) = scene.runs
                if ran.succeeded:
                    break
        else:
            self._violated("run again", [("running_again_is_safe", str(ran.failure.result.get("msg") if ran.failure else ran.fault))])
        if self.report.violations:
            return
        for _cycle in range(2):
            self._happen(Passes(CYCLE // 60), "cycles pass")
        self._violated("the end", [("everybody_arrives", text) for text in outcomes.not_arrived(self.wire.world, self.watch)])
        self._violated("the end", [("groups_arrive", text) for text in outcomes.groups_not_arrived(self.wire.world, self.watch)])
        scene = self._happen(Run(wish, foretold=True), "run once more")
        self._violated("run once more", [("the_next_run_is_silent", text) for text in _noise(scene)])

    def _remedy(self, wish: dict[str, Any], ran: Ran) -> dict[str, Any] | None:
        """What the message of a run that failed says to do, if it is right."""
        message = str(ran.failure.result.get("msg")) if ran.failure else ""
        if wish.get("link_users") == "deprovision" and (ran.refused or KEEP in message):
            # Without its job or its trust, the service removes nobody, and never those whom the job has not met in a cycle.
            return {**wish, "link_users": "keep"}
        without = self._without_groups(wish)
        return without if ran.refused and without != wish else None

    def _without_groups(self, wish: dict[str, Any]) -> dict[str, Any]:
        """A wish without groups, if the job cannot synchronize them (fact F218). That of a new configuration is not known before."""
        link = scopes.the_link(self.wire.world)
        if link is None or link.job is None or scopes.group_mapping(link.job) is not None:
            return wish
        return {name: value for name, value in wish.items() if name not in ("link_groups", "link_group_mappings")}

    def _possible(self) -> dict[str, Any]:
        """The last wish, without its limits, without users who have left, and without what somebody has made impossible."""
        wish = {name: value for name, value in self.last.items() if name not in LIMITS}
        share = {side: self._possible_sharing(side, about) for side, about in (wish.get("link_share") or {}).items()}
        if share and not sharing.removes(wish):
            wish["link_share"] = {side: about for side, about in share.items() if about}
        wish = self._without_groups(wish)
        wish["link_scope_users"] = [name for name in wish["link_scope_users"] if name in scopes.everyone(self.wire.world)]
        return wish | ({"link_deletion_threshold": 0} if wish.get("link_state") == "absent" else {"link_scope_allow_empty": True})

    def _possible_sharing(self, side: str, about: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A wish about a side: whose data is shown must be said, and nothing is shown where somebody has blocked everybody."""
        blocked = sharing.trust(self.wire.world, side)
        shows = {name: value for name, value in about.items() if name in sharing.LEVELS and value not in ("none", False)}
        if shows and blocked and not sharing.lets_anybody(blocked):
            return None
        return {"scope": "all", **about} if shows else about


KEEP = "finish with link_users keep"
LIMITS = ("link_scope_max_removals", "link_scope_max_removal_percent")


def _noise(scene: Scene) -> Iterator[str]:
    for ran in (*scene.runs, *((scene.foretold,) if scene.foretold else ())):
        if not ran.succeeded:
            yield f"it failed: {ran.failure.result.get('msg') if ran.failure else ran.fault}"
        if ran.actions:
            yield f"it did {ran.actions}"
    yield from (f"it sent {arrival}" for arrival in scene.arrivals if arrival.writes)


def _may_change(kind: str) -> bool:
    """Whether requests of this kind change something. What is in a batch is not known."""
    method, _space, path = kind.partition(" ")
    return kind != BATCH and changes(method, path, None)


def _kind_of_object(name: str) -> str:
    """The kind of the object of an action: the words before its name."""
    words = name.split(" ")
    kinds = ("partner", "configuration", "user", "group")
    end = next((place for place, word in enumerate(words) if word in kinds), len(words) - 1)
    return " ".join(words[: end + 1])

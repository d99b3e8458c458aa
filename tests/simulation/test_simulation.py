# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A slice of the histories; ``make simulate SEEDS=100000`` plays more, and ``LIFE=everything`` a thousand of them."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any
from unittest import mock

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import capability
from ansible_collections.entra.cross_tenant_sync.tests.support.life import everything

from . import __main__ as command
from . import aim, chance, invariants, plants, shrink
from .beginnings import BEGINNINGS, BUILT, FILTERED, SHARING
from .history import WRITE, Beside, Event, History, Human, Kill, Meanwhile, Passes, Run, Strike, source
from .humans import ACTS
from .sharing import EVERY_USER, LEVELS
from .simulator import play
from .tenants import upn
from .wire import FAULTS

SEEDS = 1000 if everything() else 48
SHARES = 8


@pytest.mark.parametrize("share", range(SHARES))
def test_no_history_violates_anything(share: int) -> None:
    found = {}
    for seed in range(share, SEEDS, SHARES):
        report = play(chance.history(seed))
        if report.violations:
            found[seed] = str(report.violations[0])
    assert found == {}


# The same on any machine ---------------------------------------------------------------------------------------------

PROGRAM = """
import json, sys
from ansible_collections.entra.cross_tenant_sync.tests.simulation import chance
from ansible_collections.entra.cross_tenant_sync.tests.simulation.simulator import play
json.dump([[report.trace, report.state] for seed in map(int, sys.argv[1:]) for report in [play(chance.history(seed))]], sys.stdout)
"""
SAME = (1, 2, 3)
"""Two quiet histories, and one with two runs at once."""


@pytest.mark.parametrize("hash_seed", ["1", "2024"])
def test_a_seed_is_the_same_history_in_every_process(hash_seed: str) -> None:
    here = [play(chance.history(seed)) for seed in SAME]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    there = subprocess.run([sys.executable, "-c", PROGRAM, *map(str, SAME)], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(there.stdout) == [[report.trace, report.state] for report in here]


def test_a_history_gives_the_same_twice_whatever_was_played_before() -> None:
    first = play(chance.history(SAME[1]))
    play(chance.history(SAME[2]))
    assert play(chance.history(SAME[1])) == first


# The command ---------------------------------------------------------------------------------------------------------


def test_an_interrupted_command_says_what_it_has_found() -> None:
    package = "ansible_collections.entra.cross_tenant_sync.tests.simulation"
    words = [sys.executable, "-m", package, "--minutes", "60", "--processes", "1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        words, env=environment, text=True, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stderr
        assert running.stderr.readline() == "playing from seed 0 on\n"
        os.killpg(running.pid, signal.SIGINT)
        said, _progress = running.communicate()
    assert running.returncode == command.INTERRUPTED
    assert " histories with " in said
    assert said.endswith("\n0 violations\n")


def test_shares_are_played_in_processes_and_added_up() -> None:
    found = command.played(iter([range(2), range(2, 3)]), 1, lambda _found: None)
    assert found.histories == 3
    assert found.sent == command.tally(range(3)).sent


def test_shares_go_on_without_an_end() -> None:
    assert list(command.shares(5, 18)) == [range(5, 15), range(15, 18)]
    endless = command.shares(5, None)
    assert [next(endless), next(endless)] == [range(5, 15), range(15, 25)]


def test_progress_is_a_line_a_minute_where_no_terminal_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    progress = command.Progress(time.monotonic() - 90)
    progress.show(command.Tally(histories=900))
    progress.show(command.Tally(histories=910))
    assert capsys.readouterr().err == "900 histories, 10.0 a second, 0 violations\n"


def test_a_violation_is_named_at_once_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = command.Progress(time.monotonic())
    for _share in range(2):
        progress.show(command.Tally(histories=10, failed={7: "no_duplicate, event 2: x"}))
    assert capsys.readouterr().err == "\rseed 7: no_duplicate, event 2: x\n"


# Its parts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_a_history_prints_the_python_that_makes_it(seed: int) -> None:
    history = chance.history(seed)
    names = {one.__name__: one for one in (Beside, History, Human, Kill, Meanwhile, Passes, Run, Strike)}
    assert eval(source(history), names) == history  # noqa: S307  # our own text


def test_a_failing_history_is_shrunk_to_what_it_needs() -> None:
    """That one of them kills a run is all that the condition needs."""
    history = next(one for one in map(chance.history, range(500)) if len(one.events) > 2 and _kills(one) and one.settings)
    smaller = shrink.smallest(history, _kills)
    (run,) = smaller.events
    assert isinstance(run, Run)
    assert dataclasses.replace(smaller, seed=0) == History(0, events=(Run(BUILT, kill=run.kill),))


def _kills(history: History) -> bool:
    return any(isinstance(event, Run) and event.kill for event in history.events)


def test_a_violation_is_printed_as_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted() -> str:
        with plants.forgotten_restart():
            return shrink.as_test(shrink.shrunk(chance.history(0), most=20))

    text = planted()
    assert text.startswith("def test_history_0() -> None:\n")
    assert "play(history).violations" in text
    compile(text, "a test", "exec")


AIMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("nothing", SHARING),
    ("built", {**BUILT, "link_filters": FILTERED["link_filters"], "link_deletion_threshold": 2}),
    ("everybody", BUILT),
    ("sharing", {**SHARING, "link_state": "absent", "link_users": "deprovision"}),
    ("paused", {**BUILT, "link_groups": True}),
)


@pytest.mark.parametrize(("beginning", "wish"), AIMS)
def test_faults_are_aimed_at_writes_that_are_sent(beginning: str, wish: dict[str, Any]) -> None:
    """What `aim` expects of an undisturbed run, it sends."""
    before = next(iter(BEGINNINGS[beginning][-1:]), None)
    expected = aim.likely(before, wish)
    assert expected
    sent = play(History(1, beginning, events=(Run(wish),))).sent
    assert sorted(kind for kind in expected if not sent[kind]) == []


def test_nothing_is_expected_of_a_run_that_changes_nothing() -> None:
    assert aim.likely(BUILT, BUILT) == {}


def test_a_fault_strikes_the_write_of_its_number() -> None:
    """Whatever it is: here the first write of a run that creates everything, and the third."""
    strikes = (Strike("503 with Retry-After after the change", WRITE, 0), Strike("503", WRITE, 2))
    report = play(History(1, events=(Run(BUILT, strikes=strikes),)))
    assert dict(report.struck) == {
        (f"POST {aim.PARTNERS}", "503 with Retry-After after the change"): 1,
        (f"POST {aim.PARTNERS}", "503"): 1,
    }
    assert report.aimed == 2


def test_every_fault_strikes_and_every_act_is_done() -> None:
    """In the histories of the first seeds, each fault, act and beginning is there."""
    histories = [chance.history(seed) for seed in range(3000)]
    runs = [event for one in histories for event in one.events if isinstance(event, Run)]
    assert {strike.fault for run in runs for strike in run.strikes} > set(FAULTS)
    assert len({event.act for one in histories for event in one.events if isinstance(event, Human)}) == len(ACTS)
    assert {one.beginning.removeprefix("flipped ") for one in histories} == set(BEGINNINGS)


@pytest.mark.parametrize("name", plants.PLANTS)
def test_a_planted_fault_is_found(name: str) -> None:
    """Within ten minutes of CPU; these need seconds."""
    if not everything():
        pytest.skip("LIFE=everything plays until it is found")
    assert plants.found(plants.PLANTS[name], seconds=600) is not None


def test_the_limit_of_a_judged_change_counts_those_whom_the_filters_let_pass() -> None:
    """Five assignments end, of which the old filter let two pass: a limit of two is kept (found by the simulation)."""
    sales = [{"name": "Sales", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Sales"]}]}]
    staff = [{"name": "Staff", "clauses": [{"attribute": "department", "operator": "IS NOT NULL"}]}]
    wish = {**BUILT, "link_scope_groups": [], "link_scope_users": [upn("ann"), upn("han"), upn("ida"), upn("bob")], "link_filters": sales}
    narrower = {**wish, "link_scope_users": [upn("bob")], "link_filters": staff, "link_scope_max_removals": 1}
    history = History(1, "built", events=(Run(wish), Passes(80), Run(narrower, looks=False), Run(narrower)))
    report = play(history)
    assert [str(violation) for violation in report.violations] == []
    assert report.done["refused"] == 0


def test_an_empty_scope_is_refused_before_the_first_write_of_the_roles() -> None:
    """The roles alone, without the comparison of the playbook (found by the simulation)."""
    empty = {**BUILT, "link_scope_users": [], "link_scope_groups": ["Empty"], "link_mappings": []}
    report = play(History(1, "built", events=(Run(empty, looks=False),)))
    assert [str(violation) for violation in report.violations] == []
    assert report.done["refused"] == 1


def test_check_mode_knows_that_deprovisioning_starts_a_paused_job() -> None:
    """Which the removal of the configuration then has to pause (found by the simulation, seed 1219)."""
    gone = {**BUILT, "link_state": "absent", "link_users": "deprovision"}
    report = play(History(1, "paused", events=(Run(gone, foretold=True),)))
    assert [str(violation) for violation in report.violations] == []
    assert report.done["sync_configuration: pause provisioning job of configuration"] == 1


def test_a_lost_answer_does_not_restart_the_job_twice() -> None:
    """The answer to the removal of the record of the pending restart (found by the simulation, seed 30166)."""
    wish = {
        "link_source": "source",
        "link_target": "target",
        "link_configuration": "To south",
        "link_scope_mode": "assigned",
        "link_scope_users": ["ann@north.example", "o'neil@north.example", "han@north.example"],
        "link_scope_groups": ["Sales"],
        "link_job_state": "started",
    }
    sales = {"name": "Sales", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Sales"]}]}
    lost = Strike(fault="reset after the change", kind="PATCH /servicePrincipals/{id}", nth=1)
    again = Run({**wish, "link_filters": [sales]}, strikes=(lost,), meanwhile=(Meanwhile(nth=16, event=Passes(minutes=40)),), looks=False)
    report = play(History(1, events=(Run(wish), again)))
    assert [str(violation) for violation in report.violations] == []


def test_check_mode_knows_what_connects_a_configuration() -> None:
    """A run was killed before it was connected: the connection says that not everybody is in scope (found by the simulation, seed 30152)."""
    killed = Run(BUILT, kill=Kill("POST /servicePrincipals/{id}/synchronization/jobs", after=True))
    report = play(History(1, events=(killed, Run(BUILT, foretold=True))))
    assert [str(violation) for violation in report.violations] == []
    assert not [name for name in report.done if "scope mode" in name]


def test_a_new_trust_says_what_the_default_policy_shows_with_it() -> None:
    """Nobody was let through, so nobody saw what is allowed by default (found by the simulation, seed 209)."""
    shares = {**BUILT, "link_share": {"source": {"free_busy": "basic", "scope": "all"}}}
    report = play(History(1, "built", events=(Human("allows MailTips to everybody"), Run(shares))))
    assert [str(violation) for violation in report.violations] == []


def test_capabilities_that_a_wish_does_not_name_do_not_go_with_the_entry() -> None:
    """The entry of the partner was removed with the link, and what somebody has allowed in it (found by the simulation, seed 1682)."""
    gone = {**BUILT, "link_share": {"source": {"free_busy": "none"}}, "link_state": "absent", "link_users": "keep"}
    report = play(History(1, "sharing", events=(Human("trusts no longer"), Run(gone, foretold=True))))
    assert [str(violation) for violation in report.violations] == []


def test_a_run_right_after_one_that_was_killed_does_not_succeed_by_what_it_read_before_the_replicas_agreed() -> None:
    """Seed 902096: its first reads did not show what the killed run had assigned and unassigned, and it said "not shown yet" of it."""
    killed = {**BUILT, "link_scope_groups": ["Core", "Sales"], "link_filters": FILTERED["link_filters"], "link_adopt": True}
    wish = {
        **BUILT,
        "link_scope_mode": "all",
        "link_scope_users": ["bob@north.example", "cho@north.example", "eva@north.example", "han@north.example"],
        "link_mappings": [{"target": "employeeId", "state": "absent"}, *BUILT["link_mappings"]],
        "link_scope_allow_empty": True,
    }
    lag = dict.fromkeys(("user", "application", "group", "job", "secrets", "assignment"), 2)
    history = History(902096, "everybody", {"lag": lag}, (Run(killed, kill=Kill(nth=37)), Run(wish)))
    assert [str(violation) for violation in play(history).violations] == []


def test_one_of_two_runs_takes_its_configuration_back_although_the_service_refuses_new_ones_for_a_while() -> None:
    """Seed 902559: a refused read of its own new configuration (fact F4) ended the run, and both configurations stayed."""
    beside = Beside({**BUILT, "link_scope_groups": ["Empty", "Nested"], "link_deletion_threshold": 7}, (1, 9, 11, 7))
    history = History(902559, "nothing", {"transient_synchronization_errors": 5}, (Run(BUILT, beside=beside, looks=False),))
    assert [str(violation) for violation in play(history).violations] == []


def test_a_configuration_that_was_created_in_spite_of_a_404_is_read_until_the_service_lets_it() -> None:
    """Seed 923489: the first read of its settings was refused (fact F4), which ended the run."""
    settings = {"transient_synchronization_errors": 3, "instantiate_answers_404": True}
    history = History(923489, "nothing", settings, (Run(BUILT, foretold=True),))
    assert [str(violation) for violation in play(history).violations] == []


def test_check_mode_warns_of_users_who_left_before_and_count_in_the_deletion_guard() -> None:
    """Seed 921599: the first run unassigned users, and no cycle had removed them when the link was to be deprovisioned."""
    smaller = {**BUILT, "link_scope_users": ["han@north.example"], "link_scope_groups": ["Nested"]}
    gone = {**BUILT, "link_scope_groups": [], "link_deletion_threshold": 2, "link_state": "absent", "link_users": "deprovision"}
    report = play(History(921599, "built", {}, (Run(smaller), Run(gone, foretold=True))))
    assert [str(violation) for violation in report.violations] == []
    assert any(invariants.HELD in line for line in report.trace)


def test_a_link_whose_job_has_met_nobody_is_not_deprovisioned() -> None:
    """Seed 922690: the run emptied the scope, and its cycle removed nobody. Now it is refused, and nothing is written."""
    keeps, removes = ({**BUILT, "link_state": "absent", "link_users": users} for users in ("keep", "deprovision"))
    report = play(History(922690, "built", {}, (Run(keeps), Run(BUILT), Run(removes, foretold=True))))
    assert [str(violation) for violation in report.violations] == []
    assert any("has not finished a cycle yet" in line for line in report.trace)


def test_check_mode_may_fail_while_the_service_refuses_the_configuration_that_somebody_has_just_created() -> None:
    """Seed 952375: it says so, and promises nothing; the run came later, and was let."""
    history = History(952375, "nothing", {"transient_synchronization_errors": 2}, (Human("begins another link"), Run(BUILT, foretold=True)))
    report = play(history)
    assert [str(violation) for violation in report.violations] == []


def test_a_run_that_cannot_see_what_a_killed_one_did_may_find_nothing_to_do() -> None:
    """Seed 960637: no replica showed the partner that the killed run had created a moment ago, so there was nothing to remove."""
    lag = {"lag_seconds": dict.fromkeys(("user", "application", "secrets", "job", "partner", "group"), 19.0)}
    gone = {**BUILT, "link_state": "absent", "link_users": "deprovision"}
    history = History(960637, "nothing", lag, (Run(BUILT, kill=Kill(WRITE, 1, after=True)), Run(gone, looks=False)))
    assert [str(violation) for violation in play(history).violations] == []


def test_one_of_two_runs_takes_back_what_the_other_has_widened_just_now() -> None:
    """Seed 981681: the settings are written whole, without a condition. The run that did so widens them itself right after, and owes nothing."""
    everybody = {**BUILT, "link_scope_mode": "all", "link_scope_users": [], "link_scope_groups": [], "link_deletion_threshold": 7}
    history = History(981681, "built", {}, (Run(everybody, beside=Beside(everybody, turns=(4, 11, 1, 1)), looks=False),))
    assert [str(violation) for violation in play(history).violations] == []


def test_a_limit_counts_who_leaves_the_configuration_that_serves_the_target() -> None:
    """Seed 981903: two runs at once left another one of its name, which serves nobody."""
    everybody = {**BUILT, "link_scope_mode": "all"}
    narrower = {**BUILT, "link_scope_users": [], "link_scope_groups": ["Core"], "link_scope_max_removals": 2}
    two = Run(everybody, beside=Beside(everybody, turns=(8, 22, 8, 25)))
    report = play(History(981903, "nothing", {"instantiate_answers_404": True}, (two, Passes(80), Run(narrower))))
    assert [str(violation) for violation in report.violations] == []
    assert report.done["refused"] == 1


def test_one_of_two_configurations_of_a_name_has_a_restart_recorded() -> None:
    """Seed 1002552: two runs at once left both, and one of the runs restarted the job that the other had started before it changed the filters."""
    other = {**BUILT, "link_filters": FILTERED["link_filters"]}
    two = Run(BUILT, beside=Beside(other, turns=(4, 18, 38, 15, 44, 7)), looks=False)
    report = play(History(1002552, "nothing", {"instantiate_answers_404": True}, (two,)))
    assert [str(violation) for violation in report.violations] == []
    assert report.done["sync_job: restart provisioning job of configuration"]


def test_time_that_passes_after_the_reads_of_a_run_does_not_make_them_new() -> None:
    """Seed 1201155: somebody forbids the synchronization in a portal right before the run, whose first reads do not show it yet."""
    behind = {"lag_seconds": {"partner": 6.0}}
    wish = {**BUILT, "link_filters": FILTERED["link_filters"]}
    acts, run = Human("forbids in the target"), Run(wish, meanwhile=(Meanwhile(22, Passes(1)),))
    assert [str(violation) for violation in play(History(1201155, "built", behind, (acts, run))).violations] == []


def test_what_two_runs_leave_is_said_by_the_next() -> None:
    """Both create the configuration, and one of them is killed before it knows which of the two is its own (found by the simulation)."""
    killed = Run(BUILT, kill=Kill("POST /applicationTemplates/{id}/instantiate", after=True), beside=Beside(BUILT, turns=(23, 24, 3, 3, 1)))
    report = play(History(1, events=(killed,)))
    assert [str(violation) for violation in report.violations] == []
    assert any("run beside a double" in line for line in report.trace)


SHOWS_MORE = {**BUILT, "link_share": {"source": {"free_busy": "limited_details", "scope": "all"}}}
GONE = {**SHARING, "link_state": "absent", "link_users": "keep"}
CHANGES, REMOVAL = capability._changes, capability._plan_absent
FREE_BUSY = LEVELS["free_busy"]
SHARING_FAULTS: dict[str, tuple[Any, str, Any, tuple[Event, ...], str]] = {
    "a limited trust is opened": (
        capability,
        "_wanted_trust",
        lambda _current, _wanted, _grants: {"users": EVERY_USER},
        (Human("trusts some"), Run(SHOWS_MORE)),
        "no_sharing_trusted_unwished",
    ),
    "the old level goes last": (
        capability,
        "_changes",
        lambda current, wanted, trust: {
            name: access for name, access in CHANGES(current, wanted, trust).items() if name != FREE_BUSY["basic"] or access.allowed
        },
        (Run(SHOWS_MORE),),
        "no_two_levels_at_once",
    ),
    "a removal takes what it must leave": (
        capability,
        "_plan_absent",
        lambda current, wanted: REMOVAL(current, dataclasses.replace(wanted, keep=())),
        (Run({**GONE, "link_share_keep": {"source": ["mail_tips"]}}),),
        "nothing_else_is_shared",
    ),
    "nobody says what the default policy shows": (
        capability,
        "_about_trust",
        lambda _current, _wanted, _trust, _after: (),
        (Human("allows MailTips to everybody"), Human("removes free/busy"), Human("trusts no longer"), Run(SHOWS_MORE)),
        "what_a_trust_wakes_is_said",
    ),
}


@pytest.mark.parametrize("name", SHARING_FAULTS)
def test_a_fault_in_what_is_shared_is_found(name: str) -> None:
    """The engine as it is violates nothing in these histories, and with the fault it does."""
    place, function, planted, events, invariant = SHARING_FAULTS[name]
    history = History(1, "sharing", events=events)
    assert [str(violation) for violation in play(history).violations] == []
    with mock.patch.object(place, function, planted):
        assert invariant in {violation.invariant for violation in play(history).violations}


def test_a_group_that_goes_unwished_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody unassigns it, as if nobody had."""
    history = History(1, "grouped", events=(Human("unassigns Sales"), Passes(80)))
    assert [str(violation) for violation in play(history).violations] == []
    monkeypatch.setitem(ACTS, "unassigns Sales", dataclasses.replace(ACTS["unassigns Sales"], removes=""))
    assert "no_group_removed_unwished" in {violation.invariant for violation in play(history).violations}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One life of a link, run after run of the playbook sync.yml, and what the service is left with after each of them."""

from __future__ import annotations

import functools
import importlib
import os
import random
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.exchange import service
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import batch, desk
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Patience
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.vault import Vault
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Pace

from . import faults
from .behaviours import ALL
from .cloud import URL, Arrival, Cloud, Killed, at, kill
from .emulator import CONTOSO, FABRIKAM, SECRETS
from .service_state import deleted_and_created, differences, known_ids, normal
from .tasks import Host, TaskFailure

MODULES = "ansible_collections.entra.cross_tenant_sync.plugins.modules."
NAME = "Fabrikam"
LINK = "contoso_to_fabrikam"
CYCLE = 40 * 60
BEHAVIOURS = {str(one): one for one in ALL}
ENDPOINTS = {"login_endpoint": URL, "graph_endpoint": URL}
TENANTS = {
    "contoso": {
        "tenant_id": CONTOSO,
        "client_id": "11111111-1111-4111-8111-111111111111",
        "client_secret": SECRETS["CONTOSO_CLIENT_SECRET"],
        **ENDPOINTS,
    },
    "fabrikam": {
        "tenant_id": FABRIKAM,
        "client_id": "22222222-2222-4222-8222-222222222222",
        "client_secret": SECRETS["FABRIKAM_CLIENT_SECRET"],
        **ENDPOINTS,
    },
}

# The life ------------------------------------------------------------------------------------------------------------

STAFF = {"attribute": "department", "operator": "IS NOT NULL"}
NOT_PEOPLE = {"attribute": "department", "operator": "NOT EQUALS", "values": ["People"]}

CREATED: dict[str, Any] = {
    "link_scope_mode": "assigned",
    "link_scope_users": ["minsu.kim@contoso.kr", "soojin.nam@contoso.kr", "yerin.do@contoso.kr"],
    "link_scope_groups": ["Sales"],
    "link_scope_exact": True,
    "link_user_type": "member",
    "link_mappings": [
        {"target": "employeeId", "state": "absent"},
        {"target": "displayName", "expression": 'Append([displayName], " (Contoso)")'},
    ],
    "link_filters": [{"name": "Staff", "clauses": [STAFF]}],
    "link_job_state": "started",
}
WIDENED = {**CREATED, "link_scope_mode": "all"}
NARROWED = {**CREATED, "link_scope_users": ["minsu.kim@contoso.kr", "soojin.nam@contoso.kr", "jiyoung.park@contoso.kr"]}
CHANGED = {
    **NARROWED,
    "link_scope_users": ["minsu.kim@contoso.kr", "soojin.nam@contoso.kr", "byungho.ryu@contoso.kr"],
    "link_mappings": [
        {"target": "employeeId", "state": "absent"},
        {"target": "displayName", "expression": 'Append([displayName], " (Contoso Ltd)")'},
        {"target": "companyName", "constant": "Contoso"},
    ],
    "link_filters": [{"name": "Staff", "clauses": [STAFF, NOT_PEOPLE]}],
}


@dataclass(frozen=True)
class Phase:
    """One run of the life: the variables of the link, and the phase whose end it begins with."""

    name: str
    link: Mapping[str, Any]
    after: str | None
    then: str | None = None
    """The phase that shows what this one has really left behind: a paused job shows nobody what it was told."""


PHASES = {
    phase.name: phase
    for phase in (
        Phase("create", CREATED, None),
        Phase("widen", WIDENED, "create"),
        Phase("narrow", NARROWED, "widen"),
        Phase("change at once", CHANGED, "widen"),
        Phase("widen and filter more", {**WIDENED, "link_filters": CHANGED["link_filters"]}, "create"),
        Phase("narrow and filter less", {**NARROWED, "link_filters": []}, "widen"),
        Phase("pause", {**WIDENED, "link_job_state": "paused"}, "widen"),
        Phase("change while paused", {**CHANGED, "link_job_state": "paused"}, "pause", then="resume"),
        Phase("resume", CHANGED, "change while paused"),
        Phase("narrow while paused", {**NARROWED, "link_job_state": "paused"}, "pause", then="resume narrowed"),
        Phase("resume narrowed", NARROWED, "narrow while paused"),
        Phase("keep", {**CHANGED, "link_state": "absent"}, "change at once"),
        Phase("deprovision", {**CHANGED, "link_state": "absent", "link_users": "deprovision"}, "change at once"),
    )
}


# Running it ----------------------------------------------------------------------------------------------------------


class Traceback(Exception):
    """A task ended with an exception that is no sentence for an admin."""


@contextmanager
def living(cloud: Cloud) -> Iterator[None]:
    """While this lasts, runs reach the cloud, and waits are its virtual time."""
    patience = functools.partial(Patience, sleep=cloud.sleep)
    pacer = mock.patch.object(service, "Pacer", functools.partial(service.Pacer, cloud.clock, cloud.clock))
    # Without jitter, every run sends its requests at the same moments, so that a number means the same request in each of them.
    even = mock.patch.object(random.SystemRandom, "uniform", lambda _self, low, high: (low + high) / 2)
    one_by_one = [mock.patch.object(module, "PARALLEL_BATCHES", 1) for module in (batch, desk)]
    with cloud.reached(), mock.patch(f"{engine.__name__}.Patience", patience), pacer, even, one_by_one[0], one_by_one[1]:
        yield


def sync(
    cloud: Cloud,
    link: Mapping[str, Any],
    playbook: str = "sync.yml",
    check: bool = False,
    others: Mapping[str, Mapping[str, Any]] | None = None,
) -> Host:
    """One run of a playbook, as an admin starts it: what its tasks learn and their tokens are gone with it. ``others`` are links of the
    inventory that are not in the play.

    :raises TaskFailure: when it fails with a sentence.
    """
    variables = {"tenants": TENANTS, "link_source": "contoso", "link_target": "fabrikam", "link_configuration": NAME, **link}
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault()
        module = functools.partial(_module, cloud, folder, vault)
        beside = {name: {"tenants": TENANTS, **other} for name, other in (others or {}).items()}
        host = Host(LINK, {"link_preflight": False, **variables}, module, folder=folder, vault=vault, others=beside)
        host.play(playbook, check)
    return host


def task(cloud: Cloud, module: str, tenant: str, *, check: bool = False, **options: Any) -> dict[str, Any]:
    """The result of a single task in one of the two tenants."""
    return _module(cloud, "", Vault(), module, {**TENANTS[tenant], **options}, check)


def _module(cloud: Cloud, folder: str, vault: Vault, name: str, options: dict[str, Any], check: bool) -> dict[str, Any]:
    module = importlib.import_module(MODULES + name)
    understood = module.OPTIONS.understand(options)
    checked = ArgumentSpecValidator(module.OPTIONS.argument_spec(), **module.OPTIONS.rules).validate(understood.args)
    wrong = understood.wrong or "; ".join(checked.error_messages)
    if wrong:
        return {"failed": True, "msg": f"{name}: {wrong}"}
    given = checked.validated_parameters
    pace = Pace(longest=float(given.get("visibility_timeout") or 0), sleep=cloud.sleep, clock=cloud.clock)
    try:
        return engine.run(module.SUBJECT, given, check, pace, run_folder=folder, vault=vault)
    except RunFailure as failure:
        return {**failure.details, "failed": True, "msg": failure.msg}
    except Exception as error:
        raise Traceback(f"{name}: {type(error).__name__}: {error}") from error


# Lives ---------------------------------------------------------------------------------------------------------------


@dataclass
class Life:
    """An undisturbed life under one behaviour of the service: where each phase begins, what it sends and how it ends."""

    cloud: Cloud
    beginning: bytes
    known: frozenset[str]
    ends: dict[str, bytes] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, list[Arrival]] = field(default_factory=dict)
    people: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    """Whom the service deleted and created in each phase."""

    def begin(self, phase: Phase) -> int:
        """Go to where the phase begins, and return how long the service's log is there."""
        self.cloud.load(self.ends[phase.after] if phase.after else self.beginning)
        return len(self.cloud.world.tenants[CONTOSO].provisioning_log)

    def rest(self) -> dict[str, Any]:
        """Let two cycles pass, and return the state that the service has then."""
        self.cloud.calm()
        self.cloud.sleep(CYCLE)
        self.cloud.sleep(CYCLE)
        return normal(self.cloud, self.known)

    def requests(self, phase: Phase) -> list[int]:
        """The numbers of the phase's requests; of one that is repeated while the service works, the first and the last."""
        sent = [(one.method, one.path) for one in self.sent[phase.name]]
        inner = {number for number in range(1, len(sent) - 1) if sent[number - 1] == sent[number] == sent[number + 1]}
        return [number for number in range(len(sent)) if number not in inner or "$batch" in sent[number][1]]


@functools.cache
def lived(behaviour: str = "likely") -> Life:
    """The undisturbed life, once a process."""
    cloud = Cloud(BEHAVIOURS[behaviour].settings)
    life = Life(cloud, cloud.save(), known_ids(cloud.world))
    with living(cloud):
        for phase in PHASES.values():
            since = life.begin(phase)
            sync(cloud, phase.link)
            life.sent[phase.name] = cloud.arrivals
            life.states[phase.name] = life.rest()
            life.ends[phase.name] = cloud.save()
            life.people[phase.name] = deleted_and_created(cloud.world, since)
    return life


def arrived(life: Life, name: str) -> dict[str, str]:
    """Whom the service brought to the target by the end of a phase, by their name at home, with the names that are shown."""
    shown = {external: str(one["displayName"]) for external, one in life.states[name]["people"].items()}
    return {external.split("#EXT#")[0].replace("_", "@"): name for external, name in shown.items() if "(Contoso" in name}


def again(life: Life, phase: Phase) -> list[str]:
    """What one more run of a phase changes."""
    life.cloud.load(life.ends[phase.name])
    with living(life.cloud):
        host = sync(life.cloud, phase.link)
    return [f"{module}: {action['verb']} {action['object']}" for module, result in host.results for action in result.get("actions", ())]


# Disturbing them -----------------------------------------------------------------------------------------------------

FAULTS: dict[str, dict[str, Any]] = {
    **faults.FAULTS,
    "html": {"fault": "html", "status": 502},
    "503 from then on": {"fault": "status", "status": 503, "times": 0},
}
ITEM_FAULTS = {
    f"{name} for the first of a batch": {**FAULTS[name], "nth": 2}
    for name in ("429", "503", "503 after the change", "503 with Retry-After after the change")
}
"""A batch is a request by itself, so the first of its items is the second one."""
KILLED, KILLED_AFTER, CYCLE_PASSES, OTHER_RUN = "killed before", "killed after, a cycle passes", "a cycle passes", "another run"
KILLS = (KILLED, KILLED_AFTER)
DISTURBANCES = (KILLED, KILLED_AFTER, CYCLE_PASSES, OTHER_RUN, *FAULTS, *ITEM_FAULTS)
NO_SENTENCE = re.compile(r"Traceback|object at 0x|\n|^'|Error\(")


def chosen(life: Life, phase: Phase, disturbance: str, everything: bool) -> list[int]:
    """The requests to disturb: every write, and of the reads a share, unless ``everything``.

    Between two writes a kill leaves the same behind wherever it comes, so it is worth a case only before or after a write.
    """
    numbers = life.requests(phase)
    sent = life.sent[phase.name]
    if disturbance == KILLED_AFTER:
        return [number for number in numbers if sent[number].writes]
    if disturbance in ITEM_FAULTS:
        numbers = [number for number in numbers if sent[number].path.endswith("/$batch")]
    if everything:
        return numbers
    turn = DISTURBANCES.index(disturbance)
    return [number for number in numbers if sent[number].writes or (number + turn) % SHARE == 0]


SHARE = 16
"""Each read meets every sixteenth disturbance."""


def everything() -> bool:
    """Whether every request meets every fault, which takes ten minutes: the environment variable ``LIFE`` is ``everything``."""
    return os.environ.get("LIFE") == "everything"


def disturb(name: str, disturbance: str, behaviour: str = "likely") -> None:
    """Disturb the requests of a phase, one life each, and fail with those after which something is otherwise."""
    life, phase = lived(behaviour), PHASES[name]
    found = []
    for number in chosen(life, phase, disturbance, everything()):
        wrong = problems(life, phase, number, disturbance)
        if wrong:
            more = f" (and {len(wrong) - 3} more)" if len(wrong) > 3 else ""
            found.append(f"{name}, {disturbance}, request {number}: {life.sent[name][number]}: {'; '.join(wrong[:3])}{more}")
    assert not found, "\n".join(found)


def problems(life: Life, phase: Phase, number: int, disturbance: str) -> list[str]:
    """What is otherwise than in the undisturbed life, when one request of a phase is disturbed: nothing, if all is well."""
    with living(life.cloud):
        since = life.begin(phase)
        _disturb(life.cloud, phase, number, disturbance)
        found = list(_told(life, phase, disturbance))
        wanted, state = life.states[phase.name], life.rest()
        if disturbance == OTHER_RUN:
            # Of two that were made at the same moment, one run takes its own back.
            state["deleted applications"] = wanted["deleted applications"]
        found += differences(wanted, state)
        deleted, created = deleted_and_created(life.cloud.world, since)
        if phase.then:
            found += list(_run(life.cloud, PHASES[phase.then], "the next run failed"))
            found += differences(life.states[phase.then], life.rest(), f"{phase.then}: ")
    usual = life.people[phase.name]
    found += [f"{one} was deleted for a while" for one in sorted(deleted - usual[0])]
    found += [f"{one} was created for a while" for one in sorted(created - usual[1])]
    if life.cloud.most > 1 and disturbance != OTHER_RUN:
        found.append(f"there were {life.cloud.most} applications")
    return found


def _disturb(cloud: Cloud, phase: Phase, number: int, disturbance: str) -> None:
    if disturbance in FAULTS or disturbance in ITEM_FAULTS:
        cloud.fault(number, **{**FAULTS, **ITEM_FAULTS}[disturbance])
    elif disturbance == KILLED:
        cloud.before = at(number, kill)
    elif disturbance == KILLED_AFTER:
        cloud.after = at(number, kill)
    elif disturbance == CYCLE_PASSES:
        cloud.before = at(number, lambda: cloud.sleep(CYCLE))
    else:
        cloud.before = at(number, lambda: _beside(cloud, phase))


def _beside(cloud: Cloud, phase: Phase) -> None:
    """Another run of the same link, from its beginning to its end, which may be a failure."""
    cloud.before = _nothing
    sent, cloud.arrivals = cloud.arrivals, []
    with suppress(TaskFailure):
        sync(cloud, phase.link)
    cloud.arrivals = sent


def _told(life: Life, phase: Phase, disturbance: str) -> Iterator[str]:
    """The disturbed run, and a second one if it did not come to its end."""
    try:
        sync(life.cloud, phase.link)
    except Killed:
        pass
    except TaskFailure as failure:
        if NO_SENTENCE.search(failure.msg):
            yield f"no sentence: {failure}"
    except Traceback as trace:
        yield f"no sentence: {trace}"
    else:
        return
    if disturbance == KILLED_AFTER:
        life.cloud.sleep(CYCLE)
    yield from _run(life.cloud, phase, "running again failed")


def _run(cloud: Cloud, phase: Phase, otherwise: str) -> Iterator[str]:
    cloud.calm()
    try:
        sync(cloud, phase.link)
    except (TaskFailure, Traceback) as failure:
        yield f"{otherwise}: {failure}"


def _nothing(_number: int) -> None:
    """Disturbs nobody."""

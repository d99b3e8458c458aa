# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers with a member that is missing, null or of another type: every module succeeds or fails with a one-sentence message, never with a text of Python.

The emulator's answers for a link that works are recorded once, and replayed with one member changed at a time.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import json
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.claims import Claims
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Answer, Client, Request
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import MODULES, connection, parameters, task
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, FakeGraph, Outcome, Reply

MINSU = "minsu.kim@contoso.kr"
MAPPINGS = [
    {"target": "department", "source": "department"},
    {"target": "companyName", "expression": 'Append([companyName], "!")'},
    {"target": "city", "state": "absent"},
]
FILTERS = [{"name": "Korea", "clauses": [{"attribute": "country", "operator": "EQUALS", "values": ["KR"]}]}]
TASKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "policy": ("cross_tenant_policy", FABRIKAM, {"partner_tenant_id": CONTOSO, "group_sync_inbound": True, "inbound_trust": {"mfa": True}}),
    "capability": (
        "cross_tenant_capability",
        CONTOSO,
        {"partner_tenant_id": FABRIKAM, "free_busy": "basic", "scope": "groups", "groups": ["Sales"], "excluded_groups": ["Sales Seoul"]},
    ),
    "capabilities": ("cross_tenant_capability_info", CONTOSO, {}),
    "policy gone": ("cross_tenant_policy", FABRIKAM, {"partner_tenant_id": CONTOSO, "state": "absent"}),
    "policies": ("cross_tenant_policy_info", FABRIKAM, {}),
    "configuration": (
        "sync_configuration",
        CONTOSO,
        {"name": "Fabrikam", "target_tenant_id": "fabrikam.kr", "notification_email": "a@b.kr"},
    ),
    "configuration renamed": ("sync_configuration", CONTOSO, {"name": "Other", "target_tenant_id": FABRIKAM, "adopt": True}),
    "configuration gone": ("sync_configuration", CONTOSO, {"name": "Fabrikam", "target_tenant_id": FABRIKAM, "state": "absent"}),
    "configurations": ("sync_configuration_info", CONTOSO, {}),
    "scope": ("sync_scope", CONTOSO, {"configuration": "Fabrikam", "mode": "assigned", "users": [MINSU], "groups": ["Sales Seoul"]}),
    "mapping": (
        "sync_mapping",
        CONTOSO,
        {"configuration": "Fabrikam", "mappings": MAPPINGS, "filters": FILTERS, "target_actions": ["create"]},
    ),
    "mapping reset": ("sync_mapping", CONTOSO, {"configuration": "Fabrikam", "reset": True, "exact": True, "user_type": "guest"}),
    "size": ("sizing_info", CONTOSO, {"configuration": "Fabrikam", "scope_users": [MINSU], "scope_groups": ["Sales"]}),
    "job": ("sync_job", CONTOSO, {"configuration": "Fabrikam", "state": "paused", "wait": "idle"}),
    "job info": ("sync_job_info", CONTOSO, {"configuration": "Fabrikam"}),
    "on demand": ("sync_on_demand", CONTOSO, {"configuration": "Fabrikam", "users": [MINSU]}),
    "log": ("provisioning_log_info", CONTOSO, {"configuration": "Fabrikam", "users": [MINSU]}),
    "people": ("synced_user_info", FABRIKAM, {"source_tenant_id": CONTOSO}),
    "tenant": ("tenant_info", CONTOSO, {"resolve": ["fabrikam.kr"]}),
    "preflight source": (
        "preflight_info",
        CONTOSO,
        {"side": "source", "partner_tenant_id": FABRIKAM, "configuration": "Fabrikam", "users": [MINSU]},
    ),
    "preflight target": (
        "preflight_info",
        FABRIKAM,
        {"side": "target", "partner_tenant_id": CONTOSO, "arriving_users": [{"user_principal_name": MINSU}]},
    ),
    "link": ("link_info", CONTOSO, {"configuration": "Fabrikam", "scope_users": [MINSU], "job_wait": "idle", "verify_users": [MINSU]}),
}
ODD: tuple[Any, ...] = (None, "odd", 7, [None], {"odd": None})
"""The values that replace a member. In addition, the member is removed."""
LOOKED_AT = 1
"""The number of members of a list that are changed; the others are similar."""

Key = tuple[str, str, str, str, str]


@dataclass
class Recording:
    """The answers of each tenant."""

    answers: dict[Key, Reply] = field(default_factory=dict)
    claims: dict[str, Claims] = field(default_factory=dict)

    @staticmethod
    def key(tenant: str, request: Request) -> Key:
        """The key of a request."""
        return tenant, request.method, request.path, request.version, json.dumps(request.body, sort_keys=True)


def options_of(emulator: Emulator, name: str) -> tuple[str, str, dict[str, Any]]:
    module, tenant, options = TASKS[name]
    return module, tenant, {**options, "target": connection(emulator, FABRIKAM)} if module in ("link_info", "sizing_info") else options


def link(emulator: Emulator) -> None:
    """Create a link and start its job."""
    mould = tenants.Mould.take(emulator)
    state = emulator.state()
    tenants.trust_each_other(state)
    mould.cast(state, "Fabrikam")
    emulator.control("PUT", "state", state)
    task(emulator, "sync_scope", CONTOSO, configuration="Fabrikam", users=[MINSU], groups=["Sales Seoul"])
    task(emulator, "sync_mapping", CONTOSO, configuration="Fabrikam", filters=FILTERS)
    task(emulator, "sync_job", CONTOSO, configuration="Fabrikam")
    task(
        emulator,
        "cross_tenant_capability",
        CONTOSO,
        partner_tenant_id=FABRIKAM,
        free_busy="limited_details",
        scope="groups",
        groups=["Sales"],
    )
    for _cycle in range(3):
        emulator.advance()


@dataclass
class Recorder:
    """Records the answers to the clients of a task."""

    recording: Recording = field(default_factory=Recording)

    def __enter__(self) -> Recording:
        send, claims, recording = Client._send, Client.claims, self.recording
        self._patch = pytest.MonkeyPatch()

        def sent(client: Client, request: Request) -> Answer:
            answer = send(client, request)
            if request.path == "/$batch":
                items = {
                    item["id"]: Request(item["method"], item["url"], item.get("body"), request.version) for item in request.body["requests"]
                }
                for response in answer.body["responses"]:
                    key = recording.key(client.tenant, items[response["id"]])
                    recording.answers[key] = Reply(response["status"], response.get("body"), response.get("headers") or {})
            else:
                recording.answers[recording.key(client.tenant, request)] = Reply(answer.status, answer.body, {})
            return answer

        def record_claims(client: Client) -> Claims:
            recording.claims[client.tenant] = claims(client)
            return recording.claims[client.tenant]

        self._patch.setattr(Client, "_send", sent)
        self._patch.setattr(Client, "claims", record_claims)
        return recording

    def __exit__(self, *_unused: object) -> None:
        self._patch.undo()


@dataclass(frozen=True)
class Recorded:
    """A task and the answers that it received."""

    subject: Any
    params: dict[str, Any]
    recording: Recording

    def run(self, changed: Mapping[Key, Reply], check: bool = True) -> dict[str, Any]:
        """Run the task again with some answers changed."""
        clock = FakeClock()
        known = self.recording.claims

        class Replay(FakeGraph):
            def claims(self) -> Claims:
                return known[self.tenant]

        def connect(params: Mapping[str, Any], *_rest: Any) -> Client:
            tenant = params["tenant_id"]

            def answer(request: Request) -> Outcome:
                if request.path == "/$batch":
                    return Reply()
                key = self.recording.key(tenant, request)
                return copy.deepcopy(changed.get(key) or self.recording.answers.get(key) or NOT_FOUND)

            return Replay(answer, tenant, clock)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "connect", connect)
            return engine.run(self.subject, self.params, check, clock.pace())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    """Each task with its answers, of tenants with a link that has run some cycles."""
    found = {}
    with Emulator(tmp_path_factory.mktemp("emulator")) as emulator:
        emulator.control("PUT", "settings", {**emulator.control("GET", "settings"), "throttling": False})
        link(emulator)
        for name in TASKS:
            module, tenant, options = options_of(emulator, name)
            with Recorder() as recording:
                task(emulator, module, tenant, check=True, **options)
            about = importlib.import_module(f"{MODULES}.{module}")
            found[name] = Recorded(about.SUBJECT, parameters(emulator, module, tenant, **options), recording)
    return found


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    """The value with each single change, and a description of the change."""
    for odd in ODD:
        if odd != value:
            yield f"={odd!r}", odd
    if isinstance(value, dict):
        for name, member in value.items():
            yield f".{name} removed", {key: member for key, member in value.items() if key != name}
            yield from ((f".{name}{what}", {**value, name: other}) for what, other in changes(member))
    if isinstance(value, list):
        for number, member in enumerate(value[:LOOKED_AT]):
            yield from ((f"[{number}]{what}", [*value[:number], other, *value[number + 1 :]]) for what, other in changes(member))


def texts(value: str) -> Iterator[tuple[str, str]]:
    """JSON in a text, with each single change."""
    with contextlib.suppress(ValueError):
        yield from ((what, json.dumps(other)) for what, other in changes(json.loads(value)))


@pytest.mark.parametrize("name", TASKS)
def test_a_recording_is_enough_for_its_task(recorded: dict[str, Recorded], name: str) -> None:
    """Otherwise the changes would verify nothing."""
    assert "changed" in recorded[name].run({})
    assert recorded[name].recording.answers


@pytest.mark.parametrize("name", TASKS)
def test_an_unexpected_answer_fails_with_a_one_sentence_message(recorded: dict[str, Recorded], name: str) -> None:
    module, count, faults = recorded[name], 0, []
    for key, reply in module.recording.answers.items():
        for what, body in changes(reply.body):
            count += 1
            try:
                module.run({key: Reply(reply.status, body)})
            except RunFailure as failure:
                if not sentence(failure.msg):
                    faults.append(f"{key[1]} {key[2]} {what}: {failure.msg}")
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                faults.append(
                    f"{key[1]} {key[2]} {what}: {type(error).__name__} {error} at {Path(where.filename).name}:{where.lineno} {where.name}"
                )
    assert count > 10
    assert not faults, f"{len(faults)} of {count}: {faults[:9]}"


def sentence(msg: str) -> bool:
    """Whether the message is for a reader: it names the tenant and contains no text of Python."""
    raw = ("Traceback", "NoneType", "KeyError", "object has no", "indices", "not subscriptable", "not iterable", "'value'")
    return msg.startswith("Tenant ") and msg.endswith(".") and "\n" not in msg and not any(words in msg for words in raw)

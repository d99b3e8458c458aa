# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests a link costs in both tenants together. A batch is one call; what is in it counts by itself as well."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import Playbooks, Run
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Teller

pytestmark = pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
PEOPLE = 1000
Count = Callable[[], tuple[Run, int]]


@pytest.fixture
def sync(emulator: Emulator, playbooks: Playbooks, state: dict[str, Any]) -> Count:
    """Runs sync.yml for a link with a thousand people and a group in scope, and counts the requests to Graph. The preflight is not
    counted: it can be switched off."""
    people = [tenants.add_user(state, f"person{number}", _netId=f"net{number}")["userPrincipalName"] for number in range(PEOPLE)]
    emulator.control("PUT", "state", state)

    def run() -> tuple[Run, int]:
        emulator.control("DELETE", "requests")
        done = playbooks.sync(link_scope_users=people, link_scope_groups=["Sales"], link_preflight=False)
        assert done.code == 0, done.output
        sent = emulator.control("GET", "requests")["requests"]
        return done, len([one for one in sent if one["path"].startswith(("/v1.0/", "/beta/")) and not one.get("batched")])

    return run


def tokens(emulator: Emulator) -> list[str]:
    """The tenants that were signed in to, once for each time."""
    paths = [one["path"] for one in emulator.control("GET", "requests")["requests"]]
    return sorted(path.split("/")[1] for path in paths if path.endswith("/token"))


def test_a_thousand_people(sync: Count, emulator: Emulator) -> None:
    _created, requests = sync()
    # Nine of them judge every part of the link before the first write, one looks whether another run has made the same configuration
    # at the same moment, and one reads the schema anew before it is written. The look at the end rests on what the tasks before it have read.
    assert requests == 90 + 9 + 1 + 1 - 1
    emulator.advance("PT2H")
    again, requests = sync()
    assert again.changed() == []
    assert again.looked()["synced_users"] > PEOPLE
    assert requests == 8
    assert tokens(emulator) == sorted((CONTOSO, FABRIKAM))


def test_a_thousand_people_without_synchronization_in_batches(sync: Count, emulator: Emulator) -> None:
    """It is tried once; later tasks of the run know. Nothing else costs more."""
    emulator.control("PUT", "settings", {"batch_synchronization": "refused"})
    sync()
    again, requests = sync()
    assert again.changed() == []
    refused = [one for one in emulator.control("GET", "requests")["requests"] if one.get("batched") and one["status"] == 400]
    assert {one["path"].rpartition("/")[2] for one in refused} == {"secrets", "jobs"}
    assert len(refused) == 2
    # Nobody has arrived yet, so nobody is counted. Alone go: secrets and jobs, and the configuration, which otherwise
    # travels with the mappings.
    assert requests == 8 - 1 + 3, [(one["method"], one["path"], one["status"]) for one in emulator.control("GET", "requests")["requests"]]


_ASKING_POSTS = re.compile(r"/(parseExpression|getByIds|validateCredentials)$")
APPLICATIONS = ("servicePrincipals", "applications", "applicationTemplates")
CHANGED = [{"target": "employeeId", "state": "absent"}, {"target": "displayName", "expression": 'Append([displayName], " (Contoso Ltd)")'}]
"""The mappings of the quick start, one of them changed."""


@dataclass(frozen=True)
class Cost:
    """What a run has sent, task by task."""

    run: Run
    tasks: list[list[dict[str, Any]]]

    @property
    def calls(self) -> int:
        """HTTP requests to Graph."""
        return len([request for task in self.tasks for request in task if not request.get("batched")])

    @property
    def requests(self) -> int:
        """Requests to Graph, those in batches one by one."""
        return len([request for task in self.tasks for request in _parts(task)])

    def listed(self) -> str:
        """Every request, task by task, for the message of a test that counted another number."""
        lines = []
        for number, task in enumerate(self.tasks):
            for request in task:
                batched = "in a batch: " if request.get("batched") else ""
                lines.append(f"task {number}: {batched}{request['method']} {request['path']} {request['status']}")
        return "\n".join(lines)

    def read_twice(self) -> list[str]:
        """What a task that writes nothing has read although an earlier one had, and nothing was written beside it since."""
        seen: set[str] = set()
        found = []
        for task in self.tasks:
            writes = any(map(_writes, _parts(task)))
            for request in _parts(task):
                what = json.dumps([request["tenant"], request["path"], request["method"], request.get("body")])
                if _writes(request):
                    area = APPLICATIONS if _area(request["path"]) in APPLICATIONS else (_area(request["path"]),)
                    seen = {known for known in seen if json.loads(known)[0] != request["tenant"] or _area(json.loads(known)[1]) not in area}
                elif not writes and what in seen:
                    found.append(what)
                else:
                    seen.add(what)
        return found


def _parts(task: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [request for request in task if not request["path"].endswith("/$batch")]


def _writes(request: dict[str, Any]) -> bool:
    return request["method"] != "GET" and not _ASKING_POSTS.search(request["path"])


def _area(path: str) -> str:
    return path.split("/")[2].partition("?")[0]


@pytest.fixture
def cost(tell: Teller, playbooks: Playbooks) -> Callable[..., Cost]:
    """Runs sync.yml for the link of the quick start."""

    def run(**link: Any) -> Cost:
        done, watched, _before = tell.watch(lambda env: playbooks.sync(env=env, **link))
        assert done.code == 0, done.output
        tasks = [[request for request in line["requests"] if request["path"].startswith(("/v1.0/", "/beta/"))] for line in watched]
        return Cost(done, tasks)

    return run


@pytest.mark.parametrize(("preflight", "new", "changed"), [(True, (46, 80), (27, 51)), (False, (43, 67), (23, 37))])
def test_a_link(cost: Callable[..., Cost], emulator: Emulator, preflight: bool, new: tuple[int, int], changed: tuple[int, int]) -> None:
    """A new one, one without a change, and one with one changed mapping. Only what is written is read anew."""
    created = cost(link_preflight=preflight)
    emulator.advance("PT2H")
    unchanged = cost(link_preflight=preflight)
    one_mapping = cost(link_preflight=preflight, link_mappings=CHANGED)
    for run, expected in ((created, new), (unchanged, (4, 12)), (one_mapping, changed)):
        assert (run.calls, run.requests) == expected, run.listed()
    # The two that may end the run for a link take no worker.
    tasks = [[task for task in run.run.tasks if task.action != "ansible.builtin.meta"] for run in (created, unchanged, one_mapping)]
    # Without a change request, one of the others is skipped: the check of it. The outcome is handed to the scheduler by another; one that would
    # report that there is nothing to do is skipped in a run that has to do something.
    assert [len(ran) for ran in tasks] == [20 if preflight else 16, 7, 20 if preflight else 16]
    assert one_mapping.run.actions() == [
        "record pending restart of configuration Fabrikam",
        "pause provisioning job of configuration Fabrikam",
        "update mappings of configuration Fabrikam (change displayName)",
        "restart provisioning job of configuration Fabrikam",
        "clear pending restart of configuration Fabrikam",
    ]
    assert [run.read_twice() for run in (created, unchanged, one_mapping)] == [[], [], []]

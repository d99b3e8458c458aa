# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large scope is read page by page: what stays of a person is small, and grows by nothing but the people."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import dataclass
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Answer, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import scope
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Outcome, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService

PAGE = 999
BYTES = 900
"""What one assigned person may take at the peak: the assignment, the names, and the lines of diff and facts."""


@dataclass
class Crowd:
    """A configuration with many people in scope, made up page by page, so that the service's own memory does not count."""

    size: int
    link: Link

    def __call__(self, request: Request) -> Outcome:
        """Answer one request."""
        path, _mark, query = request.path.partition("?")
        if path.endswith("/appRoleAssignedTo"):
            return self._page(path, int(query.partition("from=")[2] or 0))
        if path.endswith("/getByIds"):
            return Reply(200, {"value": [self._person(int(user_id[-12:])) for user_id in request.body["ids"]]})
        return SourceService([self.link])(request)

    def _page(self, path: str, start: int) -> Outcome:
        body: dict[str, Any] = {"value": [self._assignment(number) for number in range(start, min(self.size, start + PAGE))]}
        if start + PAGE < self.size:
            body["@odata.nextLink"] = f"https://graph.microsoft.com/v1.0{path}?from={start + PAGE}"
        return Reply(200, body)

    def _assignment(self, number: int) -> dict[str, Any]:
        return {
            "id": f"{number:043}",
            "principalId": f"aaaaaaaa-0000-4000-8000-{number:012}",
            "principalType": "User",
            "principalDisplayName": f"Person {number}",
            "appRoleId": f"{self.link.role_id}",
            "resourceDisplayName": f"{self.link.name} {number}",
            "createdDateTime": f"2026-11-24T00:00:00.{number:07}Z",
        }

    @staticmethod
    def _person(number: int) -> dict[str, Any]:
        name = f"person{number}@contoso.kr"
        user = {"id": f"aaaaaaaa-0000-4000-8000-{number:012}", "userPrincipalName": name, "mail": name, "displayName": f"Person {number}"}
        return {"@odata.type": "#microsoft.graph.user", **user}


class Forgetful(FakeGraph):
    """Keeps nothing of what was sent."""

    def send(self, request: Request) -> Answer:
        """Answer one request or one batch."""
        answer = super().send(request)
        self.sent.clear()
        self.batches.clear()
        return answer


def peak(people: int) -> int:
    """The bytes that a rerun without changes takes beyond the wanted names."""
    wanted = scope.desired(
        options("sync_scope", configuration="Fabrikam", users=[f"person{number}@contoso.kr" for number in range(people)])
    )
    client = Forgetful(Crowd(people, Link("Fabrikam")))
    gc.collect()
    tracemalloc.start()
    plan = scope.plan(scope.read(client, wanted), wanted)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert plan.actions == ()
    assert plan.facts["scope"]["assigned_users"] == people
    return highest


def test_what_a_person_takes() -> None:
    few, many = peak(4_000), peak(12_000)
    assert many < 12_000 * BYTES
    assert many < 3.3 * few

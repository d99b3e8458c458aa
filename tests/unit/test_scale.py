# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large scope is read page by page: the memory for each user is small, and grows only with the number of users."""

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
"""The limit in bytes for each assigned user at the peak: the assignment, the names, and the lines of diff and facts."""


@dataclass
class Crowd:
    """A configuration with many users in scope, generated page by page, so that the fake service itself uses no memory."""

    size: int
    link: Link

    def __call__(self, request: Request) -> Outcome:
        """Answer a request."""
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
    """A client that does not record its requests."""

    def send(self, request: Request) -> Answer:
        """Answer a request or a batch."""
        answer = super().send(request)
        self.sent.clear()
        self.batches.clear()
        return answer


def peak(users: int) -> int:
    """The bytes that a rerun without changes needs in addition to the desired names."""
    desired = scope.desired(
        options("sync_scope", configuration="Fabrikam", users=[f"person{number}@contoso.kr" for number in range(users)])
    )
    client = Forgetful(Crowd(users, Link("Fabrikam")))
    gc.collect()
    tracemalloc.start()
    plan = scope.plan(scope.read(client, desired), desired)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert plan.actions == ()
    assert plan.facts["scope"]["assigned_users"] == users
    return highest


def test_the_memory_for_each_user() -> None:
    few, many = peak(4_000), peak(12_000)
    assert many < 12_000 * BYTES
    assert many < 3.3 * few

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's SDK performs every operation of the table against the emulator, and reads in batches; the table is the whole metadata."""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.conformance import contract
from ansible_collections.entra.cross_tenant_sync.tests.conformance.graph import TEMPLATE
from ansible_collections.entra.cross_tenant_sync.tests.conformance.operations import ADMIN, DRIVEN, NOT_DRIVEN, TARGET, Operation
from ansible_collections.entra.cross_tenant_sync.tests.conformance.walkthrough import MINSU
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator

pytest.importorskip("msgraph", reason="msgraph-sdk is not installed")
pytest.importorskip("azure.identity", reason="azure-identity is not installed")

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder  # type: ignore[import-untyped]
from msgraph_core.requests.batch_request_content import BatchRequestContent  # type: ignore[import-untyped]

from ansible_collections.entra.cross_tenant_sync.tests.conformance.test_microsoft_sdk import client, credentials

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own
FUNCTION = re.compile(r"(\w+)\((?:(\w+)='(.*)')?\)")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(tmp_path_factory.mktemp("operations")) as running:
        yield running


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.replace("@", "").replace(".", "_")).lower()


class Things:
    """The ids of what the test has created, by name."""

    def __init__(self, user: str) -> None:
        self.names: dict[str, str] = {
            "source": CONTOSO,
            "target": FABRIKAM,
            "domain": "fabrikam.kr",
            "gallery": TEMPLATE,
            "template": "Azure2Azure",
            "user": user,
        }

    def fill(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: self.names[found[1]], text)

    def keep(self, operation: Operation, answer: Any) -> None:
        """What later operations need of an answer."""
        if operation.raw == "made":
            self.names |= {"application": answer.application.id, "sp": answer.service_principal.id}
            self.names["role"] = str(answer.service_principal.app_roles[0].id)
        elif operation.raw:
            self.names[operation.raw] = answer.id
        elif operation.path.endswith("/schema") and operation.method == "GET":
            rule = answer.synchronization_rules[0]
            self.names |= {"rule": rule.id, "directory": answer.directories[0].id}
        elif operation.path == "/auditLogs/directoryAudits":
            self.names["audit"] = answer.value[0].id


def builder(graph: GraphServiceClient, path: str, things: Things) -> Any:
    """The SDK's request builder of a path."""
    found: Any = graph
    for segment in path.strip("/").split("/"):
        function = FUNCTION.fullmatch(segment)
        if function and function[2]:
            found = getattr(found, f"{snake(function[1])}_with_{snake(function[2])}")(things.fill(function[3]))
        elif segment.startswith("{"):
            (by_key,) = [name for name in dir(found) if name.startswith("by_")]
            found = getattr(found, by_key)(things.fill(segment))
        else:
            found = getattr(found, snake(function[1] if function else segment.removeprefix("$")))
    return found


def body(value: Any, near: Any, things: Things) -> Any:
    """The SDK's model of a body of the table."""
    if value == "{credentials}":
        return credentials()
    if isinstance(value, str):
        text = things.fill(value)
        return UUID(text) if re.fullmatch(r"\{(user|sp|role)\}", value) and near is None else text
    if isinstance(value, list):
        return [body(element, near, things) for element in value]
    if not isinstance(value, tuple):
        return value
    name, members = value
    package = type(near).__module__.rpartition(".")[0] if name.endswith("RequestBody") else "msgraph.generated.models"
    model = getattr(importlib.import_module(f"{package}.{snake(name)}"), name)
    inner = None if name == "AppRoleAssignment" else near
    return model(**{member: body(given, inner, things) for member, given in members.items()})


def advanced() -> RequestConfiguration[Any]:
    """Counting needs it."""
    headers = HeadersCollection()
    headers.add("ConsistencyLevel", "eventual")
    return RequestConfiguration(headers=headers)


async def perform(graph: GraphServiceClient, operation: Operation, things: Things) -> Any:
    found = builder(graph, operation.path, things)
    method = getattr(found, operation.method.lower())
    configuration = advanced() if operation.path.endswith("$count") else None
    if operation.body is not None:
        return await method(body(operation.body, found, things), request_configuration=configuration)
    return await method(request_configuration=configuration)


def test_the_sdk_performs_every_operation(emulator: Emulator) -> None:
    """What should return something does, and nothing is refused."""
    refused: list[str] = []

    async def all_of_them() -> None:
        clients = {account: client(emulator, account) for account in ("contoso", ADMIN, TARGET)}
        user = await clients["contoso"].users.by_user_id(MINSU).get()
        assert user is not None
        things = Things(str(user.id))
        for operation in DRIVEN:
            try:
                answer = await perform(clients[operation.account], operation, things)
            except Exception as problem:
                refused.append(f"{operation.method} {operation.path}: {problem!r}"[:300])
                continue
            if operation.method == "GET" and answer is None:
                refused.append(f"{operation.method} {operation.path}: no answer")
            things.keep(operation, answer)

    asyncio.run(all_of_them())
    assert not refused, "\n".join(refused)


def test_the_sdk_reads_in_batches(emulator: Emulator) -> None:
    """Its items have members of their own, and paths that begin with the version."""

    async def read() -> Mapping[str, Any]:
        graph = client(emulator, "contoso")
        requests = {
            "users": graph.users.to_get_request_information(),
            "user": graph.users.by_user_id(MINSU).to_get_request_information(),
            "partners": graph.policies.cross_tenant_access_policy.partners.to_get_request_information(),
        }
        answers = await BatchRequestBuilder(graph.request_adapter).post(BatchRequestContent(requests))
        return {name: answer.status for name, answer in answers.responses.items()}

    statuses = asyncio.run(read())
    assert sorted(statuses.values()) == [200, 200, 200]


def _with_blanks(text: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", text)


def test_the_table_has_no_operation_twice() -> None:
    driven = [f"{operation.method} {_with_blanks(operation.path)}" for operation in DRIVEN]
    assert [one for one in driven if any(re.fullmatch(pattern, one) for pattern in NOT_DRIVEN)] == []
    twice = {one for one in driven if driven.count(one) > 1}
    assert twice == {f"POST {_with_blanks('/policies/crossTenantAccessPolicy/partners')}"}, "one in each tenant"


@pytest.mark.skipif(not contract.PRESENT, reason=contract.MISSING)
def test_the_table_is_the_whole_metadata() -> None:
    """Every operation of v1.0 is driven, or has a reason; and no reason is without an operation."""
    published = {f"{one['method']} {_with_blanks(one['path'])}" for one in contract.contract("v1.0").ops if one["source"] == "metadata"}
    driven = {f"{operation.method} {_with_blanks(operation.path)}" for operation in DRIVEN}
    excused = {one for one in published for pattern in NOT_DRIVEN if re.fullmatch(pattern, one)}
    assert published - driven - excused == set()
    assert [pattern for pattern in NOT_DRIVEN if not any(re.fullmatch(pattern, one) for one in published)] == []

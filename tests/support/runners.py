# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the two runners of the engine: the controller's worker and a module process."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Step

PASSING = {"waited_seconds", "diff", "stdout", "stdout_lines", "ansible_facts", "exception", "request_id", "client_request_id", "timings"}
_MADE_UP = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|\d{4}-\d\d-\d\dT[0-9:.]+Z"
    r"|after \d+ seconds|(?<=appRoleAssignedTo/)[\w-]+"
)


def same(value: Any) -> Any:
    """The value without what differs in every run: ids that the service creates, times and durations."""
    if isinstance(value, dict):
        return {same(name): same(member) for name, member in value.items() if name not in PASSING}
    if isinstance(value, list):
        return [same(member) for member in value]
    return _MADE_UP.sub("<made up>", value) if isinstance(value, str) else value


def compare(in_worker: Iterable[Step], in_process: Iterable[Step]) -> None:
    """Check that both runners report, return and write the same, step by step. The reads may differ."""
    for worker, module in zip(in_worker, in_process, strict=True):
        assert worker.task.status == module.task.status, (worker.result.get("msg"), module.result.get("msg"))
        assert same(worker.result) == same(module.result)
        assert same(worker.result.get("diff")) == same(module.result.get("diff"))
        assert same(worker.warnings) == same(module.warnings)
        assert _writes(worker) == _writes(module)


def _writes(step: Step) -> list[tuple[str, str]]:
    return sorted((request["method"], same(request["path"])) for request in step.writes)

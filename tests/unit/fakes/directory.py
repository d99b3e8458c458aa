# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of a tenant in memory, selected and counted by the filters of the emulator (facts F28, F158)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import Outcome, Reply, refusal
from entra_emulator.errors import GraphError
from entra_emulator.filters import compile_filter
from entra_emulator.odata import USER


def users(request: Request, people: Sequence[Mapping[str, Any]]) -> Outcome:
    """The answer to a read of ``/users``, in one page. Properties are returned whether they are selected or not."""
    query = {name: values[0] for name, values in parse_qs(request.path.partition("?")[2]).items()}
    advanced = request.headers.get("ConsistencyLevel") == "eventual" and query.get("$count") == "true"
    found = [copy.deepcopy(dict(user)) for user in people]
    try:
        if "$filter" in query:
            holds = compile_filter(query["$filter"], USER.rules, advanced)
            found = [user for user in found if holds(user)]
    except GraphError as error:
        return refusal(error.status, error.code, error.message)
    return Reply(200, {**({"@odata.count": len(found)} if advanced else {}), "value": found})

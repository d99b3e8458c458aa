# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What requests are, and what no run may ever send, whichever test started it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

EXCHANGE = "/adminapi/"
_GRAPH = re.compile(r"/(v1\.0|beta)/")
_SET = re.compile(r"\bexchange['\"]?: *true\b", re.IGNORECASE)
_READING_POSTS = re.compile(r"/(token|parseExpression|getByIds|validateCredentials)$")


def is_of_graph(path: str) -> bool:
    """Whether the request is to Graph."""
    return _GRAPH.match(path) is not None


def is_of_exchange(path: str) -> bool:
    """Whether the request is to Exchange."""
    return EXCHANGE in path


def changes(method: str, path: str, body: Any) -> bool:
    """Whether the request is there to change something. The cmdlet decides in Exchange, where every request is a POST (fact F146)."""
    if is_of_exchange(path):
        # A request without a body is a GET of a next page.
        cmdlet: Mapping[str, Any] = body["CmdletInput"] if body else {"CmdletName": "Get-", "Parameters": {}}
        return not cmdlet["CmdletName"].startswith("Get-") and not cmdlet["Parameters"].get("WhatIf")
    return method != "GET" and not _READING_POSTS.search(path)


def sets_exchange(given: Any) -> bool:
    """Whether ``exchange: true`` is anywhere among options, variables, arguments or the text of a playbook."""
    if isinstance(given, str):
        return _SET.search(given) is not None
    if isinstance(given, Mapping):
        return given.get("exchange") is True or any(sets_exchange(value) for value in given.values())
    return isinstance(given, Sequence) and any(sets_exchange(value) for value in given)


def judge(counts: Mapping[str, int], exchange: bool) -> None:
    """Fail for what no run may do: ask Exchange, or sign in to it, unless ``exchange`` was set; or show a token to the other service.

    :param counts: the traffic as the emulator counts it.
    """
    asked = {name: counts[name] for name in ("exchange_requests", "exchange_token_requests") if counts[name]}
    assert exchange or not asked, f"Exchange was asked although no task had exchange: true: {asked}"
    wrong = counts["wrong_audience"]
    assert not wrong, f"{wrong} requests carried a token for Graph to Exchange, or one for Exchange to Graph"

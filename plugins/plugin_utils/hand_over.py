# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Hands long lists from task to task of the playbooks in the directory of the run instead of in results.

A scheduler such as AWX keeps the result of every task as an event. With ten thousand users, one result would have ten megabytes. In a play
that sets `SHORT`, a long list is replaced by a reference with its first members; every action of this collection that is given one works with
the whole list. Playbooks that do not set it have whole lists in their results.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache

SHORT = "cross_tenant_sync_short_results"
"""The variable that the playbooks set."""
LONG = 20_000
"""The characters from which a list is long, as JSON."""
MEMBERS = 20
"""How many members a long list has at least. A reference has as many of them."""
SHOWN = ("report", "table", "lines", "summary")
"""Members that tasks show to people. The modules limit them."""
KEY = "handed_over"
REFERENCE = {KEY, "count", "first"}
"""The members of a reference."""
_NAMESPACE = "handed over"
LOST = (
    "A list that an earlier task of this run has found is not in the directory of the run any more, which Ansible makes in local_tmp; start the run "
    "again."
)


def wanted(variables: Mapping[str, Any]) -> bool:
    """Whether the play wants short results. Its playbooks set no template."""
    return bool(boolean(variables.get(SHORT, False), strict=False))


def handed(variables: Mapping[str, Any], result: Mapping[str, Any], shows_diff: bool = False) -> dict[str, Any]:
    """The result of a task with these variables: short if the play wants that. The diff stays whole if the run shows it."""
    if not wanted(variables):
        return dict(result)
    left = {"diff": result["diff"]} if shows_diff and "diff" in result else {}
    return {**short(result, _run_folder()), **left}


def _run_folder() -> str:
    """See `worker_runner.run_folder`, which knows all modules."""
    return str(constants.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined]  # Ansible sets its constants while it starts


def short(value: Any, folder: str) -> Any:
    """The value with references in place of its long lists."""
    if isinstance(value, Mapping):
        return {name: member if name in SHOWN else short(member, folder) for name, member in value.items()}
    if not isinstance(value, list):
        return value
    return _reference(value, folder) or [short(member, folder) for member in value]


def _reference(value: list[Any], folder: str) -> dict[str, Any] | None:
    """The reference to a long list that could be kept."""
    if len(value) < MEMBERS:
        return None
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        return None
    if len(text) < LONG:
        return None
    name = hashlib.sha256(text.encode()).hexdigest()
    if RunCache(folder).recall(_NAMESPACE, name) is None:
        RunCache(folder).keep(json.loads(text), _NAMESPACE, name)
        # Another task has a cache of its own.
        if RunCache(folder).recall(_NAMESPACE, name) is None:
            return None
    # The members of one list can be long themselves.
    first = [short(member, folder) for member in value[:MEMBERS]]
    return {KEY: name, "count": len(value), "first": first if len(json.dumps(first)) < LONG else []}


def whole(value: Any, folder: str | None = None) -> Any:
    """The value with the lists in place of references, by default of this run. A value without references is returned as it is.

    :raises AnsibleActionFail: if a list is lost.
    """
    return _whole(value, RunCache(folder or _run_folder())) if _refers(value) else value


def _refers(value: Any) -> bool:
    if isinstance(value, Mapping):
        return value.keys() == REFERENCE or any(_refers(member) for member in value.values())
    return isinstance(value, (list, tuple)) and any(_refers(member) for member in value if not isinstance(member, str))


def _whole(value: Any, cache: RunCache) -> Any:
    if isinstance(value, Mapping):
        if value.keys() != REFERENCE:
            return {name: _whole(member, cache) for name, member in value.items()}
        found = cache.recall(_NAMESPACE, str(value[KEY]))
        if found is None:
            raise AnsibleActionFail(LOST)
        return found
    return [_whole(member, cache) for member in value] if isinstance(value, (list, tuple)) else value

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes where the time of a run goes, seen from the controller and from its workers, as lines of JSON.

A tool for developers: it looks into the inside of ansible-core, and leaves out what a version does not have.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ansible.executor.task_executor import TaskExecutor
from ansible.playbook.task import Task
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: where_time_goes
type: aggregate
short_description: Records where the time of a run goes
description:
  - Writes a line of JSON for each stretch of time to the file that E(WHERE_TIME_GOES) names.
requirements:
  - enable in configuration
"""

OURS = "entra.cross_tenant_sync."
SPENT: defaultdict[str, float] = defaultdict(float)
WATCHED: set[str] = set()


def write(**line: Any) -> None:
    """One line; short enough to be written in one piece by several workers."""
    with open(os.environ["WHERE_TIME_GOES"], "a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


def replace(owner: Any, name: str, method: Callable[..., Any]) -> None:
    """Put a method in the place of another."""
    setattr(owner, name, method)


def timed(owner: Any, name: str, label: Callable[..., str]) -> None:
    """Count the time of a method. What is counted within another is counted in both."""
    original = getattr(owner, name, None)
    if original is None:
        return

    @functools.wraps(original)
    def measure(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return original(*arguments, **options)
        finally:
            SPENT[label(*arguments, **options)] += time.perf_counter() - began

    replace(owner, name, measure)


def _kind_of_request(_session: Any, request: Any, **_options: Any) -> str:
    return "sign-in requests" if "/oauth2/" in request.url or "/.well-known/" in request.url else "Graph requests"


def watch_network() -> None:
    """Only where our own plugins have brought these libraries in already."""
    if "requests" in sys.modules and "requests" not in WATCHED:
        WATCHED.add("requests")
        timed(sys.modules["requests"].Session, "send", _kind_of_request)
        timed(sys.modules["urllib3.connection"].HTTPSConnection, "connect", lambda *_arguments: "connecting and TLS")


def watch_workers() -> None:
    """The parts of a task inside its worker."""
    timed(Task, "post_validate", lambda *_arguments, **_options: "templating of the arguments")
    for name in ("_resolve_conditional", "evaluate_conditional_with_result"):
        timed(Task, name, lambda *_arguments, **_options: "conditions")
    whole: Callable[[Any], Any] = TaskExecutor.run

    def run(executor: Any) -> Any:
        watch_network()
        SPENT.clear()
        began = time.perf_counter()
        result = whole(executor)
        if isinstance(result, dict) and not result.get("skipped") and executor._task.action.startswith(OURS):
            write(worker="in the worker", seconds=time.perf_counter() - began)
            for part, seconds in SPENT.items():
                write(worker=part, seconds=seconds)
        return result

    replace(TaskExecutor, "run", run)


def since_process_start() -> float:
    """How long this process has been running."""
    with open("/proc/self/stat", encoding="ascii") as stat, open("/proc/uptime", encoding="ascii") as uptime:
        ticks = int(stat.read().rpartition(")")[2].split()[19])
        return float(uptime.read().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")


class CallbackModule(CallbackBase):
    """A stopwatch."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "where_time_goes"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ours_seen = False
        self._task: Any = None
        watch_workers()
        write(controller="start of ansible-playbook", seconds=since_process_start())
        self._last = time.perf_counter()

    def _lap(self, label: str) -> None:
        now = time.perf_counter()
        write(controller=label, seconds=now - self._last)
        self._last = now

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._lap("reading playbook and inventory")

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        first = task.action.startswith(OURS) and not self._ours_seen
        self._ours_seen = self._ours_seen or first
        # The strategy loads the action plugin just before it tells of the task.
        self._lap("importing our plugins" if first else "between tasks")

    def _result(self, result: Any, status: str = "") -> None:
        action = result._task.action
        kind = status or ("task of one of our modules" if action.startswith(OURS) else f"task of {action.rpartition('.')[2]}")
        self._lap(kind)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._result(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._result(result, "skipped task")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._result(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._lap("between tasks")
        write(controller="whole run", seconds=since_process_start())

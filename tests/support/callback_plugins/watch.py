# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps, for every task, what it sent to the emulator and what it left there, and works the emulator's controls between tasks.

So one playbook run tells a whole story, and each of its tasks can be judged by itself.
"""

from __future__ import annotations

import json
import os
from typing import Any

import requests
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: watch
type: aggregate
short_description: Watches the emulator from task to task
description:
  - After every task, writes the requests that it sent and the emulator's state to the file that E(WATCH_RESULTS) names.
  - A task named C(control) shows a message of method, path and body, which is sent to the control interface when it has run.
requirements:
  - enable in configuration
"""

CONTROL = "control"


class CallbackModule(CallbackBase):
    """An observer of one emulator."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "watch"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._session = requests.Session()
        # A CA from the environment would win over the emulator's.
        self._session.trust_env = False

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{os.environ['WATCH_EMULATOR']}/emulator/{path}"
        answer = self._session.request(method, url, json=body, verify=os.environ["WATCH_CA"], timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _state(self) -> Any:
        """The state; with E(WATCH_EXCHANGE), after Exchange has received what changed in Entra, which no task does."""
        state = self._control("GET", "state")
        if "WATCH_EXCHANGE" not in os.environ:
            return state
        for tenant in state["tenants"]:
            self._control("GET", f"exchange/{tenant}")
        return self._control("GET", "state")

    def _watch(self, result: Any) -> None:
        said = self._control(*json.loads(result._result["msg"])) if result._task.get_name() == CONTROL else None
        # Newer versions of ansible-core hand warnings out by themselves, older ones leave them in the result.
        warnings = getattr(result, "warnings", None) or result._result.get("warnings") or ()
        line = {
            "requests": self._control("GET", "requests")["requests"],
            "state": self._state(),
            "said": said,
            "warnings": [_text(warning) for warning in warnings],
        }
        self._control("DELETE", "requests")
        # The calls for one task share a connection, which might be closed until the next one.
        self._session.close()
        with open(os.environ["WATCH_RESULTS"], "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._watch(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._watch(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._watch(result)


def _text(warning: Any) -> str:
    """A warning's words: a text, or an object that carries an event with them."""
    return str(getattr(getattr(warning, "event", None), "msg", warning))

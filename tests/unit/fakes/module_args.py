# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a module in this process, on every supported ansible-core."""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common.parameters import PASS_VARS

testing: Any
try:
    testing = importlib.import_module("ansible.module_utils.testing")
except ImportError:  # before ansible-core 2.19
    testing = None


@contextlib.contextmanager
def module_args(args: Mapping[str, Any]) -> Iterator[None]:
    """What ``AnsibleModule`` takes for the options of its task, as long as this lasts."""
    # Newer versions, such as 2.21, return the options only if that is asked for. The worker and older versions always do.
    asked = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
    given = {**args, **asked}
    # The log of this machine is none of a test's, and from Python 3.12 on it refuses values with the character NUL before a module can.
    with mock.patch.object(basic, "HAS_SYSLOG", False), _given(given):
        yield


def _given(args: Mapping[str, Any]) -> contextlib.AbstractContextManager[Any]:
    text = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
    patched: contextlib.AbstractContextManager[Any]
    patched = testing.patch_module_args(args) if testing else mock.patch.object(basic, "_ANSIBLE_ARGS", text)
    return patched

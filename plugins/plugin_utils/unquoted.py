# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Keeps Ansible from showing the text of an error that nobody expected, which may quote a secret."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from ansible.errors import AnsibleError

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import unexpected

Run = TypeVar("Run", bound=Callable[..., dict[str, Any]])
"""The method of an action plugin that Ansible calls."""


def unquoted(run: Run) -> Run:
    """The same method, which returns the place of an unexpected error instead of raising it."""

    @functools.wraps(run)
    def guarded(self: Any, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            return run(self, tmp, task_vars)
        except AnsibleError:
            # Its text is a sentence that is meant to be shown.
            raise
        except Exception as error:
            return unexpected(error)

    return cast(Run, guarded)

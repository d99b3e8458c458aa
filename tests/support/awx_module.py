# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for each module of awx.awx that the set-up uses: it keeps in a file what AWX would keep, and is changed if that differs.

It is copied into a collection awx.awx, one copy for each module, so it imports nothing of this repository.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Keeps one object of AWX."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Whether the object was changed."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        record = os.environ["AWX_RECORD"]
        kept: dict[str, dict[str, Any]] = {}
        if os.path.exists(record):
            with open(record, encoding="utf-8") as file:
                kept = json.load(file)
        kind = self._task.action.rpartition(".")[2]
        wanted = json.loads(json.dumps(self._task.args))
        name = wanted.get("name") or f"{wanted['workflow_job_template']}/{wanted['identifier']}"
        before = kept.setdefault(kind, {}).get(name)
        kept[kind][name] = wanted
        with open(record, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        return {**result, "changed": before != wanted}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.entra.cross_tenant_sync.plugins.modules import sync_job
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import WorkerRunner


class ActionModule(WorkerRunner):
    """Runs sync_job in the controller's worker."""

    module = sync_job

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of all modules that connect, not of link_info alone: ``meta/runtime.yml`` names it for each of them.

It has the name of a module because a sanity test of ansible-core wants one, with its documentation, for each action plugin.
"""

from __future__ import annotations

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import WorkerRunner as ActionModule

__all__ = ["ActionModule"]

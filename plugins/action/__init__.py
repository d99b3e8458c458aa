# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loaded by ansible-core in the parent of all workers, as soon as a task names a module of this collection.

Whatever is imported here, a worker inherits and does not load again. ansible-core itself preloads only an action plugin with the name of
its module, and a redirect from that name would hand the ``module_defaults`` of one module to all of them.
"""

from __future__ import annotations

import gc

from ansible.plugins.loader import filter_loader, lookup_loader, test_loader

from ansible_collections.entra.cross_tenant_sync.plugins.action import link_info

__all__ = ["link_info"]

# What the templates of nearly every task need.
filter_loader.get("ansible.builtin.default")
test_loader.get("ansible.builtin.defined")
lookup_loader.get("ansible.builtin.env")
# A collection of garbage in a worker would copy every page that it shares with its parent.
gc.freeze()

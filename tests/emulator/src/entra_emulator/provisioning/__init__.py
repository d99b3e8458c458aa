# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provisioning engine: what the synchronization service does with a job between two tenants.

The numbers in the docstrings are facts of docs/developers/facts.md; "inferred" marks what no
source states. `engine` is the door; `expressions`, `scoping` and `schema_rules` are useful on their own.
"""

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Which configuration, and the settings of it that a link has."""

    DOCUMENTATION = r"""
options:
  configuration:
    description:
      - The configuration, by its name or by the object id of its service principal.
    type: str
    required: true
"""

    SETTINGS = r"""
options:
  adopt:
    description:
      - Whether to take over a configuration of another name that already serves the target tenant, and to rename it.
      - Without it, such a configuration is refused, since two configurations for the same users would undo each other's work.
    type: bool
    default: false
  others:
    description:
      - The names or ids of other configurations that serve the same target tenant and are managed elsewhere, for example as another link
        of the same inventory. They are neither adopted nor refused. Their scopes must not overlap with the scope of this configuration.
      - A configuration named C(MTO_Sync_...) counts as one of them.
    type: list
    elements: str
  notification_email:
    description:
      - The address to which the service writes when the job goes into quarantine. If not set, it is left alone.
      - It is one address, of a user or a group. V(off) switches notifications off, with or without quotes.
    type: str
  deletion_threshold:
    description:
      - The deletion guard. If the deletions of a cycle would reach this number, the service holds them back and puts the job into quarantine.
      - V(0) switches the guard off.
      - If not set, a guard that is on is left alone, and a guard that is off is set to 500. This never loosens the guard, in whatever form
        the service keeps its settings.
    type: int
"""

    RESTART = r"""
options:
  restart_job:
    description:
      - Whether to restart the job at once if the change needs it, so that the service evaluates all users again.
      - Before the change is written, the owed restart is recorded in the service, as a tag of the configuration's service principal. The
        tag is removed after the restart. If the run ends before that, or the job is paused, a later run makes the restart.
      - With V(false), a task with M(entra.cross_tenant_sync.sync_job) must follow, which makes the restart. A running job is paused until
        then, so that no cycle runs between two changes of a link.
    type: bool
    default: true
"""

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Whether a later run can restore the state before an action, and how. Pure functions.

Where the service's documentation leaves two readings, such as whether it restores a user who comes back (fact F115), an action counts as one
that cannot be reversed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Planned = Mapping[str, Any]
"""An action as results contain it."""

UNKNOWN = "how to reverse it is not known"
OLD_INVENTORY = "run with the inventory of before"
COMING_BACK = "for 30 days the service restores accounts of users who come back, though not in every case; after that they are lost"
NEW_JOB = "a new configuration gets only what the inventory names: other mappings, and which user belongs to which account, are lost"


@dataclass(frozen=True)
class Row:
    """How the actions of a verb are reversed. The first row that holds decides. ``module`` ``None`` is any module."""

    verb: str
    module: str | None
    reversible: bool
    how: str
    holds: Callable[[Planned], bool] = lambda _action: True


def _effect(name: str) -> Callable[[Planned], bool]:
    return lambda action: bool((action.get("effects") or {}).get(name))


def _only_filters(action: Planned) -> bool:
    """Whether a change of mappings changes filters and target actions only, which write no value."""
    listed = re.search(r"\(([^()]*)\)$", str(action.get("object")))
    return listed is not None and set(listed[1].split(", ")) <= {"filters", "target_actions"}


TABLE = (
    # The partner entry
    Row("create", "cross_tenant_policy", True, "cross_tenant_policy with state absent removes it"),
    Row("update", "cross_tenant_policy", True, OLD_INVENTORY),
    # Creating an entry again soon after it was deleted can be refused (fact F37).
    Row("delete", "cross_tenant_policy", False, f"{OLD_INVENTORY}; for up to 30 days the service may refuse to create it again"),
    # What the partner's users see
    Row("create", "cross_tenant_capability", True, "cross_tenant_capability with state absent removes it"),
    Row("update", "cross_tenant_capability", True, OLD_INVENTORY),
    Row("delete", "cross_tenant_capability", True, OLD_INVENTORY),
    # The configuration
    Row("create", "sync_configuration", True, "the playbook teardown removes it"),
    Row("rename", "sync_configuration", True, OLD_INVENTORY),
    Row("save", "sync_configuration", True, "the playbook teardown removes the configuration with its settings"),
    Row("update", "sync_configuration", True, OLD_INVENTORY),
    Row("delete", "sync_configuration", False, NEW_JOB),
    # The scope
    Row("assign", "sync_scope", True, "take it out of the scope again; the next cycle then soft-deletes the accounts that it has created"),
    Row("unassign", None, False, f"assign it again; {COMING_BACK}", _effect("soft_deletes_in_target")),
    Row(
        "unassign",
        None,
        False,
        "assign it again; whether the service then restores the group in the target is not documented",
        _effect("soft_deletes_group_in_target"),
    ),
    Row("unassign", None, True, "assign it again"),
    Row("update", "sync_scope", False, f"{OLD_INVENTORY}; {COMING_BACK}", _effect("needs_restart")),
    Row("update", "sync_scope", True, OLD_INVENTORY),
    # Mappings, filters and target actions
    Row("update", "sync_mapping", False, f"{OLD_INVENTORY}; {COMING_BACK}", _only_filters),
    Row("update", "sync_mapping", False, "restore the backup of the mappings; values that they no longer write stay as they are"),
    # The removal of users
    Row("update", "sync_deprovision", True, OLD_INVENTORY),
    Row("restart", "sync_deprovision", False, f"build the link again; {COMING_BACK}"),
    # The job
    Row("start", None, True, "pause the job; what a cycle has written stays"),
    Row("pause", None, True, "start the job"),
    Row("restart", "sync_job", False, f"held deletions are carried out; {COMING_BACK}", _effect("carries_out_held_deletions")),
    Row("restart", None, False, "a cycle cannot be taken back; it writes what scope and mappings say at that time"),
    Row("delete", "sync_job", False, NEW_JOB),
    # What runs record for later runs
    Row("record", None, True, "it is a mark for later runs, which remove it"),
    Row("clear", "address_book_visibility", True, "the mark of an interrupted run is nothing that anybody needs"),
    Row("clear", None, True, "the next change that needs a restart sets the mark again"),
    # The address book
    Row("show", "address_book_visibility", False, "no run hides a user; an administrator of the target can, in Exchange"),
    Row("correct", "address_book_visibility", False, "no run restores the address; an administrator of the target can, in Exchange"),
    Row("sort", "address_book_visibility", True, "it leaves no trace at the user"),
    # On demand
    Row("provision", "sync_on_demand", False, "taking the user out of the scope soft-deletes the account if the service has created it"),
)


def reversal(action: Planned, module: str) -> tuple[bool, str]:
    """Whether a later run can restore the state before an action of a module without loss, and how, or what is lost, in one sentence."""
    for row in TABLE:
        if row.verb == action.get("verb") and row.module in (None, module) and row.holds(action):
            return row.reversible, row.how
    return False, UNKNOWN

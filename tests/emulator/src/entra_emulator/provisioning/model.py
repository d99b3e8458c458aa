# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of the engine hand to each other: the run they belong to, a person's plan, and its outcome."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from entra_emulator.provisioning.directory import Index
from entra_emulator.provisioning.mapping import ObjectMapping
from entra_emulator.provisioning.population import Assignments, Candidate
from entra_emulator.provisioning.scoping import Verdict
from entra_emulator.settings import Settings
from entra_emulator.state import GraphObject, Job, Tenant, World, new_id

Json = dict[str, Any]

Verb = Literal["create", "update", "delete", "restore", "skip", "fail", "nothing"]


@dataclass
class Run:
    """One cycle, or one provisioning on demand, of one job."""

    world: World
    settings: Settings
    source: Tenant
    target: Tenant
    sp_id: str
    job: Job
    at: str
    mapping: ObjectMapping
    index: Index
    assigned: Assignments
    full: bool = False
    corrects_names: bool = False
    on_demand: bool = False
    holders: Counter[str] = field(default_factory=Counter)
    redacted: dict[str, frozenset[str]] = field(default_factory=dict)
    """What the provisioning log does not show, by the kind of object (F300)."""
    id: str = field(default_factory=new_id)


@dataclass
class Plan:
    """What is to be done about one person, and why."""

    candidate: Candidate
    verb: Verb
    source: Json = field(default_factory=dict)
    wanted: Json = field(default_factory=dict)
    basis: Json = field(default_factory=dict)
    """By what the next cycle sees whether the source has changed (F301)."""
    changes: Json = field(default_factory=dict)
    target_id: str | None = None
    code: str = ""
    reason: str = ""
    verdict: Verdict | None = None
    matched: bool = False

    @property
    def counts_as_deletion(self) -> bool:
        """Deletions and disables count against the deletion guard (F81)."""
        return self.verb == "delete" or (self.verb == "update" and self.changes.get("accountEnabled") is False)


@dataclass
class Outcome:
    """What happened to one person; one provisioning log entry."""

    plan: Plan
    action: str
    status: str
    code: str = ""
    reason: str = ""
    target: GraphObject | None = None
    modified: list[Json] = field(default_factory=list)
    label: Json = field(default_factory=dict)
    kind: str = "User"

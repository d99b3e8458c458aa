# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The impact of a deprovisioning: all users leave the scope. It is judged like any other change before the first write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...graph.client import Client
from ...plan import Facts
from ..change import was_started
from ..consequences import impact, model
from ..mapping.schema import FLOWS
from .reading import Current, TargetUser


def judge(source: Client, target: Client, current: Current, given: Mapping[str, Any]) -> Facts:
    """The impact as a result. Nothing is read but the importance and the protected users: the users are known already.

    :raises Refusal: if a guard does not allow it.
    """
    limits = replace(impact.guards(given), names_harmed=True)
    pairs = list(_pairs(current))
    rules = model.Rules((), flows=frozenset(FLOWS[action] for action in current.target_actions), enabled=current.mapping_enabled)
    scope = model.Scope("assigned", {user.id: ("in scope",) for user, _account in pairs})
    remembers = was_started(current.job)
    before, after = model.State(scope, rules, remembers=remembers), model.State(model.Scope("assigned"), rules, remembers=remembers)
    found = impact.assess(source, target, model.Population(pairs), impact.Change(before, after, full=False), limits)
    found.judge(limits)
    return {"impact": found.facts()}


def _pairs(current: Current) -> Iterator[tuple[model.SourceUser, model.TargetUser | None]]:
    """The users in scope with their accounts, and those who left the scope before and are to be removed as well."""
    accounts = {user.name.lower(): user for user in current.leaving}
    for principal in current.in_scope:
        names = (name.lower() for name in (principal.name, principal.mail) if name)
        account = next((accounts.pop(name) for name in names if name in accounts), None)
        yield model.SourceUser(principal.id, principal.name, {}, enabled=principal.enabled), _account(account) if account else None
    for user in accounts.values():
        # The id in the source is not known.
        yield model.SourceUser(f"account {user.target_id}", user.name, {}, enabled=not user.disabled), _account(user)


def _account(user: TargetUser) -> model.TargetUser:
    return model.TargetUser(user.target_id, user.target_name, {}, enabled=not user.disabled)

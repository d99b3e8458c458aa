# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a cycle does to a user: a pure decision from both tenants' users and the states before and after a change."""

from __future__ import annotations

from typing import Any

from .evaluate import Unknown, evaluate
from .model import AttributeChange, Consequence, Rules, SourceUser, Standing, State, Switches, TargetUser
from .scoping import passes


def standing(user: SourceUser, state: State, switches: Switches) -> Standing:
    """Whether the user is in scope, and why."""
    if user.deleted:
        return Standing(False, "deleted in the source")
    if user.external:
        return Standing(False, "external user")
    if state.scope.mode == "assigned" and not state.scope.paths.get(user.id):
        default = user.id in state.scope.not_entitled
        return Standing(False, "assigned with the default access role only" if default else "not assigned")
    filtered = passes(state.rules.filters, user, switches)
    if filtered.in_scope is not True:
        return filtered
    return Standing(True, "all users" if state.scope.mode == "all" else state.scope.paths[user.id][0])


def values(rules: Rules, user: SourceUser) -> dict[str, Any | Unknown]:
    """The mapped values by target attribute, without those that are empty."""
    found = {row.target: evaluate(row.meaning, user) for row in rules.rows if row.meaning is not None}
    return {target: value for target, value in found.items() if value is not None and value != ""}


def consequence(
    source: SourceUser | None,
    target: TargetUser | None,
    before: State,
    after: State,
    switches: Switches | None = None,
    *,
    full: bool = True,
    ending: str = "",
) -> Consequence:
    """What the next cycle does to one user."""
    if source is None:
        nowhere = Standing(False, "no user in the source")
        return Consequence(source, target, nowhere, nowhere, "unchanged")
    readings = switches or Switches()
    was, now = standing(source, before, readings), standing(source, after, readings)
    alive = target if target and not target.deleted else None
    if now.in_scope is False:
        return Consequence(source, target, was, now, "soft_deleted" if alive and was.in_scope else "unchanged", now.reason)
    wanted = values(after.rules, source)
    if alive is None:
        made = tuple(AttributeChange(name, None, value) for name, value in wanted.items())
        return Consequence(source, target, was, now, "created" if source.enabled else "skipped", now.reason, made if source.enabled else ())
    changes = tuple(
        AttributeChange(name, alive.attributes.get(name), value)
        for name, value in wanted.items()
        if name != "userPrincipalName" and alive.attributes.get(name) != value
    )
    changes = changes if full or not was.in_scope else ()
    return Consequence(source, target, was, now, "updated" if changes else "unchanged", now.reason, changes)

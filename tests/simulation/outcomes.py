# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a wish has come true: in the state after a run that succeeded, and in the target after the cycles that follow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from entra_emulator.state import World

from . import scopes, sharing
from .tenants import NAME, SOURCE, TARGET
from .watch import Scene, Watch, switches

Found = Iterator[str]


def not_as_wished(world: World, wish: Mapping[str, Any], expected: scopes.Names, watch: Watch) -> Found:
    """How the state differs from the wish, and what the service was not told."""
    found = scopes.links(world)
    if watch.may_be_doubled and len(found) > 1:
        return
    yield from sharing.not_as_wished(world, wish)
    if wish.get("link_state") == "absent":
        if found:
            yield "the configuration is still there"
        yield from (f"the switch {name} is still on" for name, value in vars(switches(world)).items() if value is True)
        return
    for name, value in vars(switches(world)).items():
        wanted = wish.get("link_groups") if name == "groups" else True
        if wanted is not None and (value is True) is not wanted:
            yield f"the switch {name} is {value}"
    if len(found) != 1:
        yield f"there are {len(found)} configurations"
        return
    yield from _configuration_not_as_wished(found[0], wish)
    yield from _scope_not_as_wished(world, found[0], wish, expected)
    if wish.get("link_job_state", "started") == "started":
        if found[0].owes:
            yield "a pending restart is still recorded"
        if watch.owes and not watch.raced:
            yield "the job was not told to evaluate everybody"


def _configuration_not_as_wished(link: scopes.Link, wish: Mapping[str, Any]) -> Found:
    bag = link.synchronization.secrets
    if str(link.principal["displayName"]).casefold() != NAME.casefold():
        yield f"the configuration is named {link.principal['displayName']}"
    if bag.get("CompanyId") != TARGET:
        yield f"CompanyId is {bag.get('CompanyId')}"
    notes = json.loads(bag.get("SyncNotificationSettings") or "{}")
    threshold = wish.get("link_deletion_threshold")
    if threshold is not None and (notes.get("DeleteThresholdEnabled"), notes.get("DeleteThresholdValue")) != (True, threshold):
        yield f"the deletion threshold is {notes}"
    email = wish.get("link_notification_email")
    if email is not None and notes.get("Recipients") != email:
        yield f"the notification settings are {notes}"
    if link.job is None:
        yield "there is no job"
        return
    runs = wish.get("link_job_state", "started") == "started"
    if link.runs is not runs:
        yield f"the job is {link.job.schedule_state}"
    groups = scopes.group_mapping(link.job) or {}
    if "link_groups" in wish and bool(groups.get("enabled")) is not wish["link_groups"]:
        yield f"the mapping of groups is {'on' if groups.get('enabled') else 'off'}"
    yield from _rows_not_as_wished(groups, wish.get("link_group_mappings", ()))
    yield from _rows_not_as_wished(scopes.user_mapping(link.job) or {}, wish.get("link_mappings", ()))


def _rows_not_as_wished(mapping: Mapping[str, Any], wishes: Sequence[Mapping[str, Any]]) -> Found:
    rows = {row["targetAttributeName"]: row for row in mapping.get("attributeMappings") or ()}
    for wanted in wishes:
        row = rows.get(wanted["target"])
        if (wanted.get("state") == "absent") is not (row is None):
            yield f"the mapping of {wanted['target']} is {row}"
        elif (row and "constant" in wanted and wanted["constant"] not in str(row["source"])) or (
            row and "expression" in wanted and wanted["expression"].replace(" ", "") != str(row["source"]["expression"]).replace(" ", "")
        ):
            yield f"the mapping of {wanted['target']} is {row['source']}"


def _scope_not_as_wished(world: World, link: scopes.Link, wish: Mapping[str, Any], expected: scopes.Names) -> Found:
    mode = wish.get("link_scope_mode")
    if mode and link.everybody is not (mode == "all"):
        yield f"the scope mode is {link.synchronization.secrets.get('SyncAll')}"
    if "link_filters" in wish and scopes.filters_of(world) != _filled(wish["link_filters"]):
        yield f"the filters are {scopes.filters_of(world)}"
    held = set(scopes.assigned(world, link))
    named = {*wish.get("link_scope_users", ()), *wish.get("link_scope_groups", ())}
    if named - held:
        yield f"not assigned: {sorted(named - held)}"
    if wish.get("link_scope_exact") and held - named:
        yield f"still assigned: {sorted(held - named)}"
    if scopes.scope_now(world) != expected:
        yield f"in scope are {sorted(scopes.scope_now(world))}, not {sorted(expected)}"


def _filled(filters: Any) -> Any:
    return [{**one, "clauses": [{**clause, "values": clause.get("values", [])} for clause in one["clauses"]]} for one in filters]


def not_arrived(world: World, watch: Watch) -> Found:
    """Who should be in the target after the cycles that follow, and is not; and who should not be."""
    link = scopes.the_link(world)
    if link is None or link.job is None or not link.runs or link.job.status.get("quarantine") or watch.humans_owe:
        return
    scope, held = scopes.scope_now(world), scopes.accounts(world)
    yield from (f"{name} is in scope, and not in the target" for name in sorted(scopes.enabled(world, scope) - held.keys()))
    users = world.tenants[SOURCE].users
    accounts = {user["id"] for found in held.values() for user in found}
    waiting = set(link.job.staged_deletes)
    for source_id, target_id in link.job.links.items():
        user = users.get(source_id)
        if user and not user["accountEnabled"]:
            continue  # A disabled account is out of the built-in filter as well; what becomes of it is not the wish's matter (fact F102).
        if target_id in accounts and source_id not in waiting and (user is None or user["userPrincipalName"] not in scope):
            yield f"{user['userPrincipalName'] if user else source_id} is in the target, and not in scope"


def doubles_not_said(scene: Scene) -> Found:
    """A run that finds two configurations names one of them, in a refusal or in a warning, unless it fails for another reason."""
    (ran,) = scene.runs
    said = json.dumps([done.result.get("msg") or done.result.get("warnings") for done in ran.steps])
    ids = [link.id for link in scopes.links(scene.world)]
    if (ran.succeeded or ran.refused) and not any(one in said for one in ids):
        yield f"nothing is said of {len(ids)} configurations: {said}"


def groups_not_arrived(world: World, watch: Watch) -> Found:
    """Which assigned group is not in the target after the cycles that follow, once and with its members who are there (facts F106, F214)."""
    link = scopes.the_link(world)
    if link is None or link.job is None or not link.runs or link.job.status.get("quarantine") or watch.humans_owe:
        return
    if not scopes.groups_follow(world) or "groups" in watch.excused:
        return
    source, target, made = world.tenants[SOURCE], world.tenants[TARGET], scopes.synced_groups(world)
    for name in sorted(scopes.groups_assigned(world)):
        if len(made.get(name, ())) != 1:
            yield f"the group {name} is in the target {len(made.get(name, ()))} times"
            continue
        (key,) = (one for one, group in source.groups.items() if group["displayName"] == name)
        members = {link.job.links[one] for one in source.members.get(key, ()) if link.job.links.get(one) in target.users}
        if set(target.members.get(made[name][0], ())) != members:
            yield f"the group {name} has {len(target.members.get(made[name][0], ()))} members in the target, not {len(members)}"

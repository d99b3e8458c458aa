# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans and reports, as the renderings take them."""

from __future__ import annotations

from typing import Any, cast

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Change, LinkPlan, Plan, Report, Sizing
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.reversal import reversal
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.summary import plan_summary

CHANGE: Change = {"ticket": "CHG0041234", "window": {"start": "2026-12-05T22:00:00+09:00", "end": "2026-12-06T02:00:00+09:00"}}
CONTOSO, FABRIKAM = {"name": "contoso", "tenant_id": "contoso.kr"}, {"name": "fabrikam", "tenant_id": "fabrikam.kr"}
SIZING: Sizing = {
    "users": 4210,
    "objects": 4212,
    "first_cycle_minutes": [43, 337],
    "writes": 3,
    "write_minutes": 0.0,
    "licences_needed": 4210,
    "licences_found": 5000,
    "directory_used": 41200,
    "directory_total": 300000,
    "policy_bytes": 3120,
    "policy_bytes_total": 25600,
    "findings": [],
}


def user(name: str, effect: str = "soft_deleted", **members: Any) -> dict[str, Any]:
    """A user of an impact."""
    known: dict[str, Any] = {
        "user_principal_name": name,
        "target_user_principal_name": None,
        "effect": effect,
        "protected_by": [],
        "changes": [],
    }
    return {**known, "before": "group Sales", "after": "not assigned", "reason": "not assigned", **members}


def part(module: str, *actions: dict[str, Any], side: str = "source", **members: Any) -> dict[str, Any]:
    """A part with actions, each with what `reversal` says of it."""
    planned = []
    for action in actions:
        reversible, how = reversal(action, module)
        planned.append({"effects": {}, **action, "reversible": reversible, "reversal": how})
    tenant = CONTOSO if side == "source" else FABRIKAM
    return {"module": module, "side": side, "tenant": tenant, "before": {}, "after": {}, "basis": {}, "full_cycle": False} | {
        "actions": planned,
        **members,
    }


def link(status: str = "in_sync", *parts: dict[str, Any], **members: Any) -> LinkPlan:
    """The plan of a link."""
    known = {
        "source": CONTOSO,
        "target": FABRIKAM,
        "configuration": "Fabrikam",
        "state": "present",
        "status": status,
        "msg": None,
        "summary": status.replace("_", " "),
        "parts": list(parts),
        "untouched": [],
        "impact": None,
        "impact_unknown": None,
        "sizing": None,
        "hash": "0" * 64,
    }
    return cast(LinkPlan, known | members)


def changing(**members: Any) -> LinkPlan:
    """A link from whose scope a group is taken, with a new mapping."""
    unassign = {"verb": "unassign", "object": "group Sales from configuration Fabrikam", "effects": {"soft_deletes_in_target": True}}
    update = {"verb": "update", "object": "mappings of configuration Fabrikam (add department)", "effects": {"triggers_full_cycle": True}}
    impact = {
        "counts": {"soft_deleted": 2, "updated": 5},
        "leaving": {"count": 2, "before": 7, "percent": 28.6},
        "users": [user("minsu.kim@contoso.kr", protected_by=["Global Administrator"]), user("jiwoo.park@contoso.kr")],
        "more": 5,
        "importance": {},
        "incomplete": [],
        "summary": "2 of 7 users leave the scope; 2 deleted in the target, 5 updated; 1 of them protected",
    }
    parts = (
        part("cross_tenant_policy", {"verb": "create", "object": "partner contoso.kr"}, side="target"),
        part("sync_mapping", update, before={"mappings": {}}, after={"mappings": {"department": "[department]"}}, full_cycle=True),
        part("sync_scope", unassign, before={"groups": ["Sales"], "mode": "assigned"}, after={"groups": [], "mode": "assigned"}),
    )
    return link("to_change", *parts, **{"impact": impact, "sizing": SIZING, "summary": "changes: 3 actions"} | members)


def plan(links: dict[str, LinkPlan], change: Change | None = None, **members: Any) -> Plan:
    """The plan of links."""
    known: Change = change or {"ticket": None, "window": None}
    whole = {"format": 1, "version": "0.1.0", "hash": "3f" * 32, "change": known, "links": links, "strangers": [], "strangers_unknown": []}
    return cast(Plan, {**whole, "summary": plan_summary(links, known), **members})


def report(**members: Any) -> Report:
    """A report of a link with everything that a report can have."""
    health = {
        "verdict": "degraded",
        "line": "degraded: 1 failure",
        "problems": ["1 user fails"],
        "could_not_look": [],
        "job": None,
        "last_cycle": "2026-12-05T13:00:00Z",
        "stale": False,
        "users": 2,
        "failures": [
            {"code": "Duplicate", "count": 3, "users": ["minsu.kim@contoso.kr"], "reason": "exists twice", "remedy": "delete one"}
        ],
        "quarantine": None,
        "deletions": {"7": 1, "30": 4},
        "deletions_since": None,
        "log_since": None,
        "cycles": [{"time": "2026-12-05", "counts": {"create success": 2}}],
    }
    action = {"verb": "create", "object": "partner contoso.kr", "effects": {}}
    run = {"module": "cross_tenant_policy", "side": "target", "tenant": FABRIKAM, "changed": True, "failed": False, "msg": None}
    run |= {"warnings": ["mind it"], "actions": [action], "before": {}, "after": {}}
    users = [
        {"name": "minsu.kim@contoso.kr", "target_name": None, "state": "failed", "address_book": None, "reason": "twice", "remedy": None}
    ]
    whole = {
        "source": CONTOSO,
        "target": FABRIKAM,
        "configuration": "Fabrikam",
        "state": "present",
        "verdict": "degraded",
        "summary": "1 user fails",
        "plan": changing(),
        "run": [run],
        "health": health,
        "users": users,
        "users_note": None,
    }
    known = {
        "format": 1,
        "title": "Run of the playbook sync",
        "created": "2026-12-05T13:05:00Z",
        "versions": {"entra.cross_tenant_sync": "0.1.0"},
        "change": CHANGE,
        "hashes": {"plan": "3f" * 32, "expected": "3f" * 32},
        "masked": False,
        "links": {"contoso_to_fabrikam": whole},
        "strangers": ["Tenant fabrikam.kr: partner x may synchronize users into it"],
    }
    return cast(Report, known | members)

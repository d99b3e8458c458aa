# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Realistic plans and reports: a small one, large ones, and ones with an injection in every field."""

from __future__ import annotations

import copy
import hashlib
import itertools
import random
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import (
    FORMAT,
    Cycle,
    LinkHealth,
    LinkPlan,
    LinkReport,
    Plan,
    PlannedAction,
    PlannedPart,
    Report,
    ReportUser,
    RunPart,
    Sizing,
    Tenant,
)

from .tenants import made_up_id

CONTOSO: Tenant = {"name": "contoso", "tenant_id": "a0c898ca-2445-4e74-ab4b-afd7916549a6"}
FABRIKAM: Tenant = {"name": "fabrikam", "tenant_id": "afab079d-1f08-4de3-881e-435e497f923f"}
NORTHWIND: Tenant = {"name": "northwind", "tenant_id": "northwind.example"}
DOMAINS = {"contoso": "contoso.kr", "fabrikam": "fabrikam.onmicrosoft.com", "northwind": "northwind.example"}

INJECTIONS = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\"'><svg/onload=document.title='taken'>",
    "</style><style>body{display:none}</style>",
    "</script><script>document.title='taken'</script>",
    "</textarea></title><h1>taken</h1>",
    "<!--<script>",
    "-->]]>",
    "javascript:document.title='taken'",
    "{{ 7 * 7 }}{% raw %}",
    "abc\u202egnp.exe\u2066\u200f",
    "line\u2028separator\u2029and\x00\x1b[31m",
    "Supercalifragilistic" * 30,
    "&lt;b&gt;&amp;amp;",
    "\U0001f469\u200d\U0001f4bb \u05e9\u05dc\u05d5\u05dd \uae40\ubbfc\uc218",
)
"""What must do no harm in any field."""

_GIVEN = ("minsu", "jiyoung", "junho", "seoyeon", "haneul", "yuna", "donghyun", "sora", "taeyang", "mina")
_FAMILY = ("kim", "park", "choi", "lee", "jung", "kang", "yoon", "han", "seo", "o'brien")


def small_plan() -> Plan:
    """A link that changes and removes a user, one that is in sync, one that must be removed, and one that cannot be planned."""
    links = {
        "contoso_to_fabrikam": _changing(),
        "fabrikam_to_contoso": link_plan(FABRIKAM, CONTOSO, "Contoso", "in_sync", "in sync; 3 synced users"),
        "northwind_to_contoso": _failing_plan(),
        "northwind_to_fabrikam": _removal(),
    }
    plan: Plan = {
        "format": FORMAT,
        "version": "0.1.0",
        "hash": _digest("plan"),
        "change": {"ticket": "CHG0042137", "window": {"start": "2026-11-28T22:00:00+09:00", "end": "2026-11-29T02:00:00+09:00"}},
        "links": links,
        "strangers": ["fabrikam has a partner entry for adatum.example that no link describes"],
        "strangers_unknown": [],
        "summary": [
            "4 links: 1 to change, 1 to remove, 1 in sync, 1 cannot be planned",
            "contoso_to_fabrikam: 4 changes in 2 tenants; 1 of 5 users leaves the scope, 2 come",
            "northwind_to_fabrikam: the link is removed; 3 users stay in the target",
            "1 full cycle, 20 to 40 minutes",
        ],
    }
    return copy.deepcopy(plan)


def link_plan(source: Tenant, target: Tenant, configuration: str, status: Any, summary: str) -> LinkPlan:
    """The plan of a link without changes."""
    return {
        "source": source,
        "target": target,
        "configuration": configuration,
        "state": "present",
        "status": status,
        "msg": None,
        "summary": summary,
        "parts": [],
        "untouched": [],
        "impact": None,
        "impact_unknown": None,
        "sizing": None,
        "hash": _digest(summary),
    }


def _action(verb: str, what: str, reversal: str, reversible: bool = True, **effects: Any) -> PlannedAction:
    return {"verb": verb, "object": what, "effects": effects, "reversible": reversible, "reversal": reversal}


def _changing() -> LinkPlan:
    parts: list[PlannedPart] = [
        {
            "module": "sync_mapping",
            "side": "source",
            "tenant": CONTOSO,
            "actions": [
                _action("update", "mapping of displayName in configuration Fabrikam", "the next run restores the old expression"),
                _action("add", "scoping filter department in configuration Fabrikam", "the next run removes the filter"),
            ],
            "before": {
                "mappings": [{"target": "displayName", "source": "displayName"}, {"target": "department", "source": "department"}],
                "filters": [],
                "show_in_address_list": True,
            },
            "after": {
                "mappings": [
                    {"target": "displayName", "expression": 'Append([displayName], " (Contoso)")'},
                    {"target": "department", "source": "department"},
                ],
                "filters": [{"name": "department", "clauses": ["department EQUALS Sales"]}],
                "show_in_address_list": True,
            },
            "basis": {"schema_version": "v2"},
            "full_cycle": True,
        },
        {
            "module": "sync_scope",
            "side": "source",
            "tenant": CONTOSO,
            "actions": [
                _action("assign", "user seoyeon.lee@contoso.kr to configuration Fabrikam", "the next run takes the assignment away"),
                _action(
                    "unassign",
                    "user minsu.kim@contoso.kr from configuration Fabrikam",
                    "the account in the target is soft deleted and can be restored for 30 days",
                    False,
                    soft_deletes_in_target=True,
                ),
            ],
            "before": {"mode": "assigned", "users": ["jiyoung.park@contoso.kr", "minsu.kim@contoso.kr"], "groups": ["Sales"]},
            "after": {"mode": "assigned", "users": ["jiyoung.park@contoso.kr", "seoyeon.lee@contoso.kr"], "groups": ["Sales"]},
            "basis": {},
            "full_cycle": False,
        },
        {
            "module": "cross_tenant_policy",
            "side": "target",
            "tenant": FABRIKAM,
            "actions": [_action("update", "partner contoso in the cross-tenant access policy of fabrikam", "the next run sets it back")],
            "before": {"inbound_trust": {"mfa": False, "compliant_device": None}},
            "after": {"inbound_trust": {"mfa": True, "compliant_device": None}},
            "basis": {},
            "full_cycle": False,
        },
    ]
    return {
        **link_plan(CONTOSO, FABRIKAM, "Fabrikam", "to_change", "2 mappings, 2 assignments and 1 partner setting differ; 5 synced users"),
        "parts": parts,
        "impact": _impact(),
        "sizing": _sizing(),
    }


def _impact() -> dict[str, Any]:
    return {
        "counts": {"soft_deleted": 1, "disabled": 0, "created": 2, "updated": 3, "unchanged": 0},
        "leaving": {"count": 1, "before": 5, "percent": 20.0},
        "users": [
            {
                "user_principal_name": "minsu.kim@contoso.kr",
                "target_user_principal_name": "minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com",
                "source_id": made_up_id("minsu.kim@contoso.kr"),
                "target_id": made_up_id("minsu.kim in fabrikam"),
                "effect": "soft_deleted",
                "before": "directly assigned",
                "after": "not assigned",
                "reason": "not assigned",
                "changes": [],
                "protected_by": ["Global Administrator"],
            },
            {
                "user_principal_name": "jiyoung.park@contoso.kr",
                "target_user_principal_name": "jiyoung.park_contoso.kr#EXT#@fabrikam.onmicrosoft.com",
                "source_id": made_up_id("jiyoung.park@contoso.kr"),
                "target_id": made_up_id("jiyoung.park in fabrikam"),
                "effect": "updated",
                "before": "directly assigned",
                "after": "directly assigned",
                "reason": "a mapped attribute changes",
                "changes": [{"attribute": "displayName", "before": "Park Jiyoung", "after": "Park Jiyoung (Contoso)", "unknown": None}],
                "protected_by": [],
            },
            {
                "user_principal_name": "seoyeon.lee@contoso.kr",
                "target_user_principal_name": None,
                "source_id": made_up_id("seoyeon.lee@contoso.kr"),
                "target_id": None,
                "effect": "created",
                "before": "not assigned",
                "after": "directly assigned",
                "reason": "new in scope",
                "changes": [],
                "protected_by": [],
            },
        ],
        "more": 3,
        "harmed": [
            {"name": f"{name}@contoso.kr", "source_id": made_up_id(name), "target_id": made_up_id(f"{name} in fabrikam"), "effect": effect}
            for name, effect in (("minsu.kim", "soft_deleted"), ("taeyang.yoon", "disabled"))
        ],
        "importance": {"roles": "checked", "owners": "the application may not read owners"},
        "incomplete": [],
        "summary": "1 of 5 users leaves the scope; 1 deleted in the target; 1 of them protected",
    }


def _sizing() -> Sizing:
    return {
        "users": 6,
        "objects": 19,
        "first_cycle_minutes": [20, 40],
        "writes": 5,
        "write_minutes": 0.1,
        "licences_needed": 6,
        "licences_found": 25,
        "directory_used": 48_211,
        "directory_total": 50_000,
        "policy_bytes": 4_200,
        "policy_bytes_total": 25_000,
        "findings": ["The directory of fabrikam has room for 1 789 further objects."],
    }


def _failing_plan() -> LinkPlan:
    plan = link_plan(NORTHWIND, CONTOSO, "Contoso", "cannot_be_planned", "it cannot be planned")
    return {
        **plan,
        "msg": "Tenant northwind: the sign-in failed, because the certificate has expired; renew it and plan again.",
        "impact_unknown": "the link could not be compared",
    }


def _removal() -> LinkPlan:
    part: PlannedPart = {
        "module": "sync_configuration",
        "side": "source",
        "tenant": NORTHWIND,
        "actions": [
            _action("delete", "configuration Fabrikam in northwind", "its id and its log are lost", False, keeps_synced_users=True)
        ],
        "before": {"name": "Fabrikam", "notification_email": "it@northwind.example", "deletion_threshold": 500},
        "after": {},
        "basis": {},
        "full_cycle": False,
    }
    plan = link_plan(NORTHWIND, FABRIKAM, "Fabrikam", "to_remove", "the link is removed; 3 users stay in the target")
    return {**plan, "state": "absent", "parts": [part]}


def small_report() -> Report:
    """A run of the small plan: five users, of whom one failed and one is hidden."""
    plan = small_plan()
    links: dict[str, LinkReport] = {
        "contoso_to_fabrikam": {
            **_link(plan["links"]["contoso_to_fabrikam"], "degraded", "changed; 4 of 5 users synced, 1 failed, 1 hidden in Exchange"),
            "run": _run(),
            "health": _health(),
            "users": five_users(),
        },
        "fabrikam_to_contoso": {
            **_link(plan["links"]["fabrikam_to_contoso"], "in_sync", "in sync; 3 synced users"),
            "run": [],
            "health": {**_health(), "verdict": "healthy", "line": "healthy, 3 users", "problems": [], "failures": [], "quarantine": None},
            "users": [],
        },
        "northwind_to_contoso": {
            **_link(plan["links"]["northwind_to_contoso"], "failed", "the sign-in failed"),
            "users_note": "Users were not read, because the sign-in failed.",
        },
        "northwind_to_fabrikam": _link(plan["links"]["northwind_to_fabrikam"], "changed", "removed; 3 users stay in the target"),
    }
    report: Report = {
        "format": FORMAT,
        "title": "Contoso, Fabrikam and Northwind",
        "created": "2026-11-28T14:03:11Z",
        "versions": {"entra.cross_tenant_sync": "0.1.0", "ansible-core": "2.19.14"},
        "change": plan["change"],
        "hashes": {"plan": plan["hash"], "expected": plan["hash"]},
        "masked": False,
        "links": links,
        "strangers": plan["strangers"],
    }
    return copy.deepcopy(report)


def _link(plan: LinkPlan, verdict: str, summary: str) -> LinkReport:
    return {
        "source": plan["source"],
        "target": plan["target"],
        "configuration": plan["configuration"],
        "state": plan["state"],
        "verdict": verdict,
        "summary": summary,
        "plan": plan,
        "run": None,
        "health": None,
        "users": None,
        "users_note": None,
    }


def _run() -> list[RunPart]:
    return [
        {
            "module": "cross_tenant_policy",
            "side": "target",
            "tenant": FABRIKAM,
            "changed": True,
            "failed": False,
            "msg": None,
            "warnings": ["The partner inherits the other settings."],
            "actions": [{"verb": "update", "object": "partner contoso in the cross-tenant access policy of fabrikam"}],
            "before": {"inbound_trust": {"mfa": False}},
            "after": {"inbound_trust": {"mfa": True}},
        },
        {
            "module": "sync_scope",
            "side": "source",
            "tenant": CONTOSO,
            "changed": True,
            "failed": True,
            "msg": "Tenant contoso: user seoyeon.lee@contoso.kr was not assigned, because the account is blocked; unblock it and run again.",
            "warnings": [],
            "actions": [{"verb": "unassign", "object": "user minsu.kim@contoso.kr", "effects": {"soft_deletes_in_target": True}}],
            "before": {"users": ["jiyoung.park@contoso.kr", "minsu.kim@contoso.kr"]},
            "after": {"users": ["jiyoung.park@contoso.kr"]},
        },
        {
            "module": "sync_job",
            "side": "source",
            "tenant": CONTOSO,
            "changed": False,
            "failed": False,
            "msg": None,
            "warnings": [],
            "actions": [],
            "before": None,
            "after": None,
        },
    ]


def _health() -> LinkHealth:
    return {
        "verdict": "degraded",
        "line": "degraded: 1 failure, last cycle 40 minutes ago, 5 users, 2 deletions in 7 days",
        "problems": ["The job of configuration Fabrikam is in quarantine."],
        "could_not_look": [],
        "job": {"state": "started", "status": "Quarantine", "configuration": "Fabrikam"},
        "last_cycle": "2026-11-28T13:22:40Z",
        "stale": False,
        "users": 5,
        "failures": [
            {
                "code": "AzureActiveDirectoryDuplicateUserPrincipalName",
                "count": 7,
                "users": ["junho.choi@contoso.kr"],
                "reason": "another object in the target has the address",
                "remedy": "remove or rename the contact junho.choi@contoso.kr in fabrikam",
            }
        ],
        "quarantine": {"since": "2026-11-26T02:00:00Z", "reason": "EncounteredQuarantineException", "days_left": 26},
        "deletions": {"7": 2, "30": 11},
        "deletions_since": "2026-11-20T13:22:40Z",
        "log_since": "2026-10-29T13:22:40Z",
        "cycles": cycles(36),
    }


def cycles(number: int, seed: int = 17) -> list[Cycle]:
    """Cycles, one every 40 minutes, most of which do little."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers every time
    found: list[Cycle] = []
    for index in range(number):
        minutes = index * 40
        counts = {"update success": chance.choice((0, 0, 1, 3)), "create failure": 1 if index > number - 8 else 0}
        counts |= {"create success": 41 if index == 2 else chance.choice((0, 0, 0, 2)), "delete success": chance.choice((0,) * 9 + (4,))}
        time = f"2026-11-{27 + minutes // 1440:02d}T{minutes // 60 % 24:02d}:{minutes % 60:02d}:00Z"
        found.append({"time": time, "counts": {name: value for name, value in counts.items() if value}})
    return found


def five_users() -> list[ReportUser]:
    """One of each fate."""
    fates: tuple[tuple[str, str, str | None, str | None, str | None], ...] = (
        ("jiyoung.park", "synced", "listed", None, None),
        ("haneul.jung", "synced", "hidden_in_exchange", "Exchange hides the user", "show the user with address_book_visibility"),
        ("junho.choi", "failed", "address_taken", "another object has the address", "remove or rename the contact"),
        ("seoyeon.lee", "coming", "not_yet", "in scope since 3 minutes", None),
        ("minsu.kim", "left", None, "not assigned", None),
    )
    return [
        {
            "name": f"{name}@contoso.kr",
            "target_name": f"{name}_contoso.kr#EXT#@fabrikam.onmicrosoft.com" if state in ("synced", "left") else None,
            "state": state,
            "address_book": verdict,
            "reason": reason,
            "remedy": remedy,
        }
        for name, state, verdict, reason, remedy in fates
    ]


def many_users(number: int, seed: int = 17) -> list[ReportUser]:
    """Users of whom one in fifty needs attention."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers every time
    kinds = five_users()
    users: list[ReportUser] = []
    for index in range(number):
        name = f"{chance.choice(_GIVEN)}.{chance.choice(_FAMILY)}.{index:05d}"
        kind = kinds[0] if index % 50 else kinds[1 + index // 50 % 4]
        target = f"{name}_contoso.kr#EXT#@fabrikam.onmicrosoft.com" if kind["target_name"] else None
        users.append({**kind, "name": f"{name}@contoso.kr", "target_name": target})
    return users


def large_report(number: int = 10_000) -> Report:
    """The small report with many users in its first link."""
    report = small_report()
    report["links"]["contoso_to_fabrikam"]["users"] = many_users(number)
    health = report["links"]["contoso_to_fabrikam"]["health"]
    assert health is not None
    health["users"] = number
    return report


def mesh_report(tenants: int, users: int = 0, hub: bool = False) -> Report:
    """Every tenant synchronizes into every other one; with ``hub``, only the first one with each other."""
    report = small_report()
    named: list[Tenant] = [{"name": f"tenant{index:02d}", "tenant_id": made_up_id(f"tenant {index}")} for index in range(tenants)]
    verdicts = itertools.cycle(["in_sync"] * 7 + ["changed", "degraded", "in_sync", "failed", "to_change", "unknown", "drifted"])
    links: dict[str, LinkReport] = {}
    for source, target in ((one, other) for one, other in itertools.permutations(named, 2) if not hub or named[0] in (one, other)):
        link = report["links"]["contoso_to_fabrikam"] if len(links) < 2 else report["links"]["fabrikam_to_contoso"]
        own: dict[str, Any] = {"source": source, "target": target, "verdict": next(verdicts), "users": many_users(users)}
        links[f"{source['name']}_to_{target['name']}"] = {**link, **own}  # type: ignore[typeddict-item]
    return {**report, "links": links, "title": f"Mesh of {tenants} tenants"}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


Document = TypeVar("Document")
_NAMED_BY_DATA = {"links", "versions", "hashes", "before", "after", "effects", "counts"}
"""The members whose own members are named by data."""


def hostile(document: Document, injections: Iterable[str] = INJECTIONS) -> Document:
    """The document with an injection in each of its texts, and in the names that come from data. Each text has a number of its own, so that
    names stay different.
    """
    texts = (f"{text} {number}" for number, text in enumerate(itertools.cycle(injections)))
    return _injected(copy.deepcopy(document), texts, "")  # type: ignore[no-any-return]


def _injected(value: Any, texts: Iterator[str], member: str) -> Any:
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, list):
        return [_injected(one, texts, "") for one in value]
    if isinstance(value, dict):
        renamed = member in _NAMED_BY_DATA
        return {next(texts) if renamed else name: _injected(one, texts, "" if renamed else name) for name, one in value.items()}
    return value

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The evidence about one user as the result of ``person_info``, with the cause and the sentence first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...address_book import report as address_book
from ..evaluate import Unknown
from ..model import AttributeChange, SourceUser, TargetUser
from .case import Case
from .cause import judge
from .evidence import Evidence


def result(evidence: Evidence) -> dict[str, Any]:
    """The result."""
    judged = judge(evidence)
    case = Case(evidence)
    book = address_book.described(evidence.book)
    return {
        "sentence": judged.sentence,
        "cause": judged.cause,
        "reason": judged.reason,
        "remedy": judged.remedy,
        "user_principal_name": evidence.name,
        "source": _source(evidence.source),
        "scope": _scope(evidence),
        "mapped_values": list(_values(evidence)),
        "target": _target(evidence),
        "next": _next(case),
        "log": [dict(entry) for entry in evidence.history.entries],
        "log_unread": evidence.history.unread,
        "address_book": {**{name: book[name] for name in ("verdict", "listed", "reason", "remedy")}, **book["evidence"]["exchange"]},
        "job": {"verdict": evidence.link.job, "quarantine": evidence.link.quarantine, "restart_owed": evidence.link.owed},
        "incomplete": list(evidence.incomplete),
    }


def _source(user: SourceUser | None) -> dict[str, Any] | None:
    if user is None:
        return None
    return {
        "id": user.id,
        "user_principal_name": user.name,
        "mail": user.attributes.get("mail"),
        "account_enabled": user.enabled,
        "external": user.external,
        "deleted": user.deleted,
    }


def _scope(evidence: Evidence) -> dict[str, Any]:
    access = evidence.access
    return {
        "mode": evidence.link.mode,
        "in_scope": evidence.standing.in_scope,
        "reason": evidence.standing.reason,
        "paths": list(access.paths),
        "default_access": list(access.default),
        "nested": [{"group": nested.group, "assigned_group": nested.assigned} for nested in access.nested],
        "unmet": [
            {"filter": unmet.filter, "clause": unmet.clause, "attribute": unmet.attribute, "value": unmet.value} for unmet in evidence.unmet
        ],
    }


def _values(evidence: Evidence) -> Iterator[dict[str, Any]]:
    """The value of each mapping, with what the target has."""
    rules, account = evidence.link.rules, evidence.account
    if rules is None or evidence.source is None:
        return
    for row in rules.rows:
        value = evidence.values.get(row.target)
        unknown = value.reason if isinstance(value, Unknown) else None
        yield {
            "attribute": row.target,
            "value": None if unknown else value,
            "in_target": account.attributes.get(row.target) if account else None,
            "unknown": unknown,
            "apply": "always" if row.flow == "Always" else "create_only" if row.flow == "ObjectAddOnly" else row.flow,
        }


def _target(evidence: Evidence) -> dict[str, Any]:
    account, first = evidence.account, next(iter(evidence.accounts), None)
    return {
        "state": _state(account),
        "id": account.id if account else None,
        "user_principal_name": account.name if account else None,
        "user_type": account.user_type if account else None,
        "show_in_address_list": first.show_in_address_list if first else None,
        "others": [{"id": other.id, "user_principal_name": other.user_principal_name} for other in evidence.accounts[1:]],
    }


def _state(account: TargetUser | None) -> str:
    if account is None:
        return "none"
    if account.deleted:
        return "deleted"
    return "invitation_pending" if not account.redeemed else "active" if account.enabled else "blocked"


def _next(case: Case) -> dict[str, Any]:
    """What the next cycle does. It does not look at a user whom only the target changed (fact F119)."""
    found = case.evidence.next
    left_alone = bool(case.edited) and not case.awaited and not case.link.owed and found.effect in ("updated", "converted", "disabled")
    edited = () if case.link.owed else case.edited
    return {
        "effect": "unchanged" if left_alone else found.effect,
        "reason": "the service looks at the user only when the source changes" if left_alone else found.reason,
        "changes": [_change(change) for change in found.changes if change not in edited],
        "edited_in_target": [_change(change) for change in case.edited],
    }


def _change(change: AttributeChange) -> dict[str, Any]:
    return {"attribute": change.attribute, "before": change.before, "after": change.after, "unknown": change.unknown or None}

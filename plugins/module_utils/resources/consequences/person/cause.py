# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Why a user is or is not in the target as expected: the cause, and the sentence that a helpdesk can read out.

The rules are tried from the top, and the first that holds gives the cause. Above are those about who the user is, then the scope, the
link as a whole, what the log says of the last attempt, and the account; at the end those that say that all is well.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import of_account, of_attempt, of_scope
from .case import Case
from .evidence import Evidence
from .rule import Rule

UNKNOWN = "unknown"

CAUSES = (
    *of_scope.RULES,
    *of_attempt.RULES,
    *of_account.RULES,
    Rule(
        UNKNOWN,
        lambda _case: True,
        "cannot be judged: {incomplete}",
        "remove that cause, and run again",
    ),
)
"""The last rule holds for every user."""

NAMES = tuple(dict.fromkeys(rule.cause for rule in CAUSES))
"""The stable identifiers of the causes."""


@dataclass(frozen=True)
class Judged:
    """The cause, and the sentence. ``reason`` and ``remedy`` are its parts, without a full stop."""

    cause: str
    sentence: str
    reason: str
    remedy: str


def judge(evidence: Evidence) -> Judged:
    """The cause of what is the matter with the user."""
    case = Case(evidence)
    rule = next(rule for rule in CAUSES if rule.holds(case))
    words = case.words()
    reason, remedy = rule.reason.format_map(words), rule.remedy.format_map(words)
    return Judged(rule.cause, f"{evidence.name} {reason}; {remedy}.", reason, remedy)

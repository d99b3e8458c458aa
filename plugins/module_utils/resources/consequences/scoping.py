# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Whether a user passes the scoping filters (facts F100-F104)."""

from __future__ import annotations

from .model import Clause, FilterGroup, SourceUser, Standing, Switches


def passes(groups: tuple[FilterGroup, ...], user: SourceUser, switches: Switches) -> Standing:
    """Whether one of the groups holds. The reason names the filter and the clause that does not hold."""
    failed = []
    for group in groups:
        wrong = next((clause for clause in group.clauses if not _holds(clause, user)), None)
        if wrong is None:
            return Standing(True, f"filter {group.name}")
        failed.append(f"filter {group.name}: {wrong.attribute} {wrong.operator} {', '.join(map(repr, wrong.values))} does not hold")
    return Standing(not groups, "; ".join(failed))


def _holds(clause: Clause, user: SourceUser) -> bool:
    value = user.attributes.get(clause.attribute)
    return value in clause.values if clause.operator == "EQUALS" else value is not None

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Which clauses of the scoping filters do not hold for a user (fact F100)."""

from __future__ import annotations

from ..model import Clause, FilterGroup, SourceUser, Switches
from ..scoping import passes
from .evidence import Unmet


def unmet_clauses(filters: tuple[FilterGroup, ...], user: SourceUser) -> tuple[Unmet, ...]:
    """The clauses that do not hold, of all filters; empty if the user passes one of them."""
    if passes(filters, user, Switches()).in_scope is not False:
        return ()
    return tuple(
        Unmet(group.name, text(clause), clause.attribute, user.attributes.get(clause.attribute))
        for group in filters
        for clause in group.clauses
        if passes((FilterGroup(group.name, (clause,)),), user, Switches()).in_scope is False
    )


def text(clause: Clause) -> str:
    """A clause in words."""
    return " ".join((clause.attribute, clause.operator, *(", ".join(map(repr, clause.values)),) * bool(clause.values)))

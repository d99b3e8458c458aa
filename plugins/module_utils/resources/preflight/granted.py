# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Compares the permissions of the access token with those that a link and the checks of its preflight need. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ...graph.claims import Claims
from ..permissions import APPLY, CHECK, NEEDS, OWNED_BY, PLAN, PROTECT, SHARING_NEEDS, Need, to_ask_for
from .check import Check, Read
from .finding import ERROR, UNKNOWN, WARNING, Finding
from .reading import distinct

IMPORTANCE = "importance"
"""The name of the check whose permissions are those to see which users are important."""


def needed(side: str, apply: bool, features: Collection[str], checks: Iterable[Check]) -> list[Need]:
    """The needs of a link in one of its tenants, and those of the checks in addition. Changes come first.

    ``apply`` includes the needs of changes; ``features`` are the values of `Need.feature` that the link uses.
    """
    of_checks = [need for read in distinct(reads_of(side, checks)) for need in read.needs]
    kinds = (APPLY, PLAN) if apply else (PLAN,)
    needs = [
        *(need for kind in kinds for need in (*NEEDS[side], *SHARING_NEEDS) if need.kind == kind),
        *(need for need in of_checks if need.kind in (PROTECT, CHECK)),
    ]
    return [need for need in dict.fromkeys(needs) if need.feature in ("", *features)]


def reads_of(side: str, checks: Iterable[Check]) -> list[Read]:
    """All reads of the checks of one side, in their order."""
    return distinct(read for check in checks if side in check.sides for read in check.all_reads)


def possible(read: Read, needs: Collection[Need], claims: Claims | None) -> bool:
    """Whether the token permits a read. Without readable claims, and for a signed-in user, every read is tried."""
    if claims is None or claims.delegated:
        return True
    return all(need.met_by(claims.permissions) for need in read.needs if need in needs)


def judge(needs: Sequence[Need], claims: Claims | None) -> list[Finding]:
    """One finding for each missing permission, with all its purposes. ``claims`` is ``None`` if the token cannot be read."""
    if claims is None:
        cause = "the access token cannot be read, so its permissions are not known; the checks below were tried nevertheless"
        return [Finding("permissions", UNKNOWN, cause, "sign in with a secret or a certificate, or acquire the token for Microsoft Graph")]
    if claims.delegated:
        cause = (
            "a user is signed in, and the token does not contain the permissions of their roles; the checks below were tried nevertheless"
        )
        return [Finding("permissions", UNKNOWN, cause, "for runs without a user, sign in as an application")]
    missing = to_ask_for(need for need in needs if not need.met_by(claims.permissions))
    return [*(_missing(name, unmet) for name, unmet in missing.items()), *_owned(needs, claims)]


def _missing(name: str, needs: Sequence[Need]) -> Finding:
    required = any(need.required for need in needs)
    cause = f"the application has no {name}, which it needs to {'; '.join(need.purpose for need in needs)}"
    if not required:
        cause = f"could not {needs[0].purpose}: the application has no {name}"
    others = [other for other in needs[0].one_of if other != name and all(other in need.one_of for need in needs)]
    instead = f" (or {', '.join(others)})" if others else ""
    remedy = f"grant it the application permission {name}{instead} of Microsoft Graph in this tenant, with admin consent"
    if all(need.kind == PROTECT for need in needs):
        cause += ", so users with roles are not protected"
        return Finding(IMPORTANCE, UNKNOWN, cause, f"{remedy}, or leave roles out of link_protected_importance")
    return Finding("permissions", ERROR if required else UNKNOWN, cause, remedy)


def _owned(needs: Iterable[Need], claims: Claims) -> list[Finding]:
    """A warning about a permission that is documented as sufficient, but known to fail (fact F136)."""
    limited = [need for need in needs if claims.permissions.intersection(need.one_of) == {OWNED_BY} and "Synchronization" in need.one_of[0]]
    if not limited:
        return []
    cause = f"only {OWNED_BY} lets the application {limited[0].purpose}, and restarts are known to fail with it"
    return [Finding("permissions", WARNING, cause, f"grant it {limited[0].one_of[0]} as well, with admin consent")]

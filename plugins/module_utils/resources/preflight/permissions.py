# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Which step of a link needs which calls, and so which permissions (`permissions`), and which of them a token lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ...graph.claims import Claims
from .. import permissions
from .finding import ERROR, UNKNOWN, WARNING, Finding

SOURCE, TARGET = "source", "target"
PLAN, APPLY, CHECK = "plan", "apply", "check"
"""What a need is for: to read what is there, to change it, or only to look at something in a preflight."""


@dataclass(frozen=True)
class Need:
    """Any one of the permissions will do; the first is the least, and the one to ask for. ``checks`` cannot be made without."""

    side: str
    kind: str
    purpose: str
    one_of: tuple[str, ...]
    checks: tuple[str, ...] = ()
    feature: str = ""
    """Only links that use this need it."""


NEEDS = (
    Need(SOURCE, APPLY, "redeem invitations into the target (cross_tenant_policy)", permissions.CROSS_TENANT_ACCESS.write),
    Need(
        SOURCE,
        APPLY,
        "make the configuration (sync_configuration)",
        permissions.INSTANTIATION.write,
    ),
    Need(
        SOURCE,
        APPLY,
        "assign people and groups to the configuration (sync_scope)",
        permissions.ASSIGNMENTS.write,
    ),
    Need(
        SOURCE,
        APPLY,
        "save the connection and the mappings, and run the job (sync_configuration, sync_mapping, sync_job)",
        permissions.SYNCHRONIZATION.write,
    ),
    Need(SOURCE, PLAN, "read the partner entry (cross_tenant_policy)", permissions.CROSS_TENANT_ACCESS.read, ("policy",)),
    Need(
        SOURCE,
        PLAN,
        "find the configuration and who is assigned to it (sync_configuration, sync_scope)",
        permissions.APPLICATIONS.read,
        ("configurations",),
    ),
    Need(
        SOURCE,
        PLAN,
        "read the connection, the mappings and the job (sync_configuration, sync_mapping, sync_job)",
        permissions.SYNCHRONIZATION.read,
        ("configurations",),
    ),
    Need(
        SOURCE,
        PLAN,
        "find the people in scope (sync_scope)",
        permissions.USERS.read,
        ("people",),
    ),
    Need(
        SOURCE,
        PLAN,
        "find the groups in scope and their members (sync_scope)",
        permissions.GROUPS.read,
        ("groups",),
        "groups",
    ),
    Need(
        SOURCE,
        CHECK,
        "compare mail addresses with the verified domains",
        permissions.ORGANIZATION.read,
        ("mail_domains",),
    ),
    Need(
        SOURCE,
        CHECK,
        "read the licences",
        permissions.LICENCES.read,
        ("licences",),
    ),
    Need(TARGET, APPLY, "let the source synchronize into this tenant (cross_tenant_policy)", permissions.CROSS_TENANT_ACCESS.write),
    Need(TARGET, PLAN, "read the partner entry (cross_tenant_policy)", permissions.CROSS_TENANT_ACCESS.read, ("policy",)),
    Need(
        TARGET,
        PLAN,
        "see who has arrived (synced_user_info)",
        permissions.DELETED_USERS.read,
        ("people",),
    ),
    Need(
        TARGET,
        PLAN,
        "find the source's domain (synced_user_info; not needed with link_source_domains)",
        permissions.OTHER_TENANTS.read,
        feature="look_up",
    ),
    Need(
        TARGET,
        CHECK,
        "read whether invitations are allowed",
        permissions.INVITATIONS.read,
        ("invitations",),
    ),
    Need(
        TARGET,
        CHECK,
        "read the allow or deny list of mail domains",
        permissions.MAIL_DOMAINS.read,
        ("domains",),
    ),
    Need(
        TARGET,
        CHECK,
        "read how full the directory is",
        permissions.ORGANIZATION.read,
        ("quota",),
    ),
    Need(TARGET, CHECK, "look for contacts with the same address", permissions.CONTACTS.read, ("contacts",)),
    Need(
        TARGET,
        CHECK,
        "look for groups with the same address",
        permissions.GROUPS.read,
        ("groups",),
    ),
)


def needed(side: str, apply: bool, features: Collection[str]) -> list[Need]:
    """The needs of one side of a link; changes first, because what they need often lets us read as well."""
    kinds = (APPLY, PLAN, CHECK) if apply else (PLAN, CHECK)
    return [one for kind in kinds for one in NEEDS if (one.side, one.kind) == (side, kind) and one.feature in ("", *features)]


def impossible(needs: Iterable[Need], claims: Claims | None) -> frozenset[str]:
    """The checks that a permission is missing for. Without readable claims, and for a person, all are tried."""
    if claims is None or claims.delegated:
        return frozenset()
    return frozenset(check for one in needs if not claims.permissions.intersection(one.one_of) for check in one.checks)


def judge(needs: Iterable[Need], claims: Claims | None) -> list[Finding]:
    """One finding a permission that is missing, whatever it is needed for."""
    if claims is None:
        cause = "the access token cannot be read, so what it permits is not known; the checks below were tried all the same"
        return [Finding("permissions", UNKNOWN, cause, "sign in with a secret or a certificate, or acquire the token for Microsoft Graph")]
    if claims.delegated:
        cause = "a person is signed in, and what the person's own roles allow is not in the token; the checks below were tried all the same"
        return [Finding("permissions", UNKNOWN, cause, "for runs without a person, sign in as an application")]
    wanted: dict[str, list[Need]] = {}
    for one in needs:
        if not claims.permissions.intersection(one.one_of):
            asked = next((name for name in wanted if name in one.one_of), one.one_of[0])
            wanted.setdefault(asked, []).append(one)
    return [*(_lacking(name, those) for name, those in wanted.items()), *_owned(needs, claims)]


def _lacking(name: str, needs: list[Need]) -> Finding:
    required = [one for one in needs if one.kind != CHECK]
    cause = f"the application has no {name}, which it needs to {'; '.join(one.purpose for one in needs)}"
    if not required:
        cause = f"could not {needs[0].purpose}: the application has no {name}"
    others = [other for other in needs[0].one_of if other != name and all(other in one.one_of for one in needs)]
    instead = f" (or {', '.join(others)})" if others else ""
    remedy = f"grant it the application permission {name}{instead} of Microsoft Graph in this tenant, with admin consent"
    return Finding("permissions", ERROR if required else UNKNOWN, cause, remedy)


def _owned(needs: Iterable[Need], claims: Claims) -> list[Finding]:
    """Accepted by the documents, and known to fail all the same (fact sheet 3)."""
    leaning = [
        one for one in needs if claims.permissions.intersection(one.one_of) == {permissions.OWNED_BY} and "Synchronization" in one.one_of[0]
    ]
    if not leaning:
        return []
    cause = f"only {permissions.OWNED_BY} lets the application {leaning[0].purpose}, and restarts are known to fail with it"
    return [Finding("permissions", WARNING, cause, f"grant it {leaning[0].one_of[0]} as well, with admin consent")]

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Why Exchange of a tenant cannot be asked: the missing half of the permission, or something else (facts F149, F152, F153, F156)."""

from __future__ import annotations

from dataclasses import dataclass

from ..exchange.errors import ABSENT, WrongTenant
from ..graph.claims import Claims
from ..graph.errors import CredentialProblem, GraphFailure, ServiceError, SignInFailure
from .causes import clause

APP_ROLE, DOCUMENTED_APP_ROLE = "Exchange.ManageAsApp", "Exchange.ManageAsAppV2"
"""The first half of the permission: for the interface of Microsoft's PowerShell module, and for the documented one."""
_LOOK_ALIKE = "Exchange."

READING_ROLES = {
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "31392ffb-586c-42d1-9346-e59415a2cc4e": "Exchange Recipient Administrator",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
}
"""The second half, as roles of Entra by template id, the least first. Exchange's own role groups do the same, and are in no token."""
ROLE_TO_ASSIGN = "the role Global Reader of Entra, or a role group of Exchange with View-Only Recipients"


@dataclass(frozen=True)
class Reason:
    """Why Exchange cannot be asked, and the remedy, as clauses. ``certain`` is false if it may be able to answer another time."""

    cause: str
    remedy: str
    certain: bool = True


def app_role(group: str | None) -> str:
    """The app role that is needed: ``group`` is the group that is asked for instead of recipients."""
    return DOCUMENTED_APP_ROLE if group else APP_ROLE


def lacks_app_role(claims: Claims | None, group: str | None) -> bool:
    """Whether the token shows that the first half is missing. A token that cannot be read or that is a user's does not show it."""
    return claims is not None and not claims.delegated and app_role(group) not in claims.permissions


def reason(failure: GraphFailure | None, claims: Claims | None, group: str | None) -> Reason:
    """The reason for this failure; without a failure, the app role is missing in the token."""
    if failure is None:
        return _without_app_role(claims, group)
    if isinstance(failure, WrongTenant):
        remedy = "check tenant_id and exchange_endpoint of this tenant, and whether a proxy sends the requests elsewhere"
        return Reason(str(failure), remedy)
    if isinstance(failure, SignInFailure):
        remedy = f"check that the tenant has Exchange Online, and that the application has the app role {app_role(group)}"
        return Reason(clause(failure), remedy)
    if isinstance(failure, CredentialProblem):
        return Reason(clause(failure), "sign in to this tenant in another way, or remove exchange: true from it")
    if isinstance(failure, ServiceError):
        return _refused(failure, claims, group)
    return Reason(f"Exchange could not be asked: {clause(failure)}", "run again in a few minutes", certain=False)


def _without_app_role(claims: Claims | None, group: str | None) -> Reason:
    similar = sorted(name for name in (claims.permissions if claims else ()) if name.startswith(_LOOK_ALIKE))
    has = f", only {', '.join(similar)}, which is another one" if similar else ""
    cause = f"the application has no app role {app_role(group)}{has}, so Exchange does not answer it"
    remedy = (
        f"grant it the application permission {app_role(group)} of Office 365 Exchange Online, with admin consent; it also needs a role"
    )
    return Reason(cause, f"{remedy}, see guide_permissions")


def _refused(error: ServiceError, claims: Claims | None, group: str | None) -> Reason:
    if error.status == 401:
        cause = f"Exchange does not accept the access token (HTTP 401): the app role {app_role(group)} is missing or too new"
        return Reason(cause, f"grant {app_role(group)} of Office 365 Exchange Online with admin consent, and wait some minutes")
    if error.status == 403:
        held = [name for template, name in READING_ROLES.items() if claims and template in claims.directory_roles]
        if held:
            cause = f"Exchange does not let the application read recipients (HTTP 403), although it has the role {held[0]}"
            return Reason(cause, "wait: a new role takes up to two hours to reach Exchange")
        cause = "the application has the app role, but no role in Entra or Exchange that lets it read recipients (HTTP 403)"
        return Reason(cause, f"assign it {ROLE_TO_ASSIGN}; a new role takes up to two hours to reach Exchange")
    if group and error.names(ABSENT):
        return Reason(f"Exchange has no distribution group {group}", "create the group, or correct exchange_group of this tenant")
    return Reason(f"Exchange could not be asked: {clause(error)}", "run again in a few minutes", certain=False)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Which users of the target are important: holders of directory roles, owners, licensed users, and users with a mailbox.

Nothing that could not be read makes a user unimportant: a missing permission is in `Importance.not_checked`, every other failure is raised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ...graph.batch import read_all
from ...graph.client import Client, Request
from ...graph.errors import ServiceError
from ...graph.odata import LARGEST_IN, quoted
from .. import permissions
from ..external_names import INVITED
from .roles import missing, read_roles

KINDS = ("roles", "owners", "licences", "mailboxes")
"""The kinds of importance."""
MOST_BY_ID = 600
"""How many users are asked for by their ids. For more of them, all external users of the tenant are listed, 999 in an answer."""
MOST_OWNED = 3
"""How many of a user's objects are named."""
FOUNDATION = "113feb6c-3fe4-4440-bddc-54d774bf0318"
"""The service plan EXCHANGE_S_FOUNDATION, which licences without a mailbox contain (fact F163)."""

_SELECTED = {"licences": "assignedLicenses", "mailboxes": "assignedPlans"}
_OWNED = {"group": "group", "application": "application", "servicePrincipal": "enterprise application"}
Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Importance:
    """Why users are important. A user who is not in ``reasons`` is unimportant only as far as ``not_checked`` is empty."""

    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By object id in the target: phrases such as "Global Administrator (eligible)", "owner of group Board", "licence SPE_E5", "mailbox"."""
    not_checked: Mapping[str, str] = field(default_factory=dict)
    """By kind: why it could not be checked, or not completely, in one sentence without a full stop."""


def read_importance(target: Client, user_ids: Collection[str], kinds: Collection[str]) -> Importance:
    """Why these users of the target are important, by the kinds given (facts F159 to F163).

    :raises GraphFailure: if something could not be read for another reason than a missing permission.
    """
    wanted = sorted({user_id.lower() for user_id in user_ids})
    of_accounts = [kind for kind in KINDS if kind in kinds and kind != "roles"]
    reasons: dict[str, list[str]] = defaultdict(list)
    not_checked: dict[str, str] = {}
    if wanted and "roles" in kinds:
        roles = read_roles(target, wanted)
        for user_id, held in roles.held.items():
            reasons[user_id] += held
        if roles.not_checked:
            not_checked["roles"] = "; ".join(roles.not_checked)
    if wanted and of_accounts:
        try:
            accounts = _accounts(target, wanted, of_accounts)
        except ServiceError as error:
            if not error.denied:
                raise
            not_checked |= {kind: missing(kind, permissions.IMPORTANT_USERS, target) for kind in of_accounts}
        else:
            not_checked |= _unread(accounts, wanted, of_accounts, target.tenant)
            for user_id, found in _of_accounts(target, accounts, of_accounts):
                reasons[user_id] += found
    return Importance({user_id: tuple(found) for user_id, found in reasons.items() if found}, not_checked)


def _accounts(target: Client, ids: Sequence[str], kinds: Collection[str]) -> dict[str, Raw]:
    """The accounts by id, as far as they exist."""
    listed = [INVITED] if len(ids) > MOST_BY_ID else []
    found = _read(target, listed, kinds)
    found |= _read(target, _by_id([user_id for user_id in ids if user_id not in found]), kinds)
    return {user_id: found[user_id] for user_id in ids if user_id in found}


def _read(target: Client, clauses: Iterable[str], kinds: Collection[str]) -> dict[str, Raw]:
    select = ",".join(["id", *(_SELECTED[kind] for kind in kinds if kind in _SELECTED)])
    expand = "&$expand=ownedObjects" if "owners" in kinds else ""
    requests = [Request("GET", f"/users?$filter={clause}&$select={select}{expand}&$top=999") for clause in clauses]
    return {str(raw["id"]).lower(): raw for answer in read_all(target, requests) for raw in target.members(answer.body)}


def _by_id(ids: Sequence[str]) -> Iterator[str]:
    remaining = iter(ids)
    while chunk := list(islice(remaining, LARGEST_IN)):
        yield f"id%20in%20({','.join(map(quoted, chunk))})"


def _unread(accounts: Mapping[str, Raw], wanted: Sequence[str], kinds: Iterable[str], tenant: str) -> dict[str, str]:
    """By kind, how many users the answers do not contain, or not with what decides. Graph returns null for what it does not show."""
    absent = len(wanted) - len(accounts)
    found = {}
    for kind in kinds:
        name = _SELECTED.get(kind, "ownedObjects")
        unread = absent + sum(not isinstance(raw.get(name), list) for raw in accounts.values())
        if unread:
            found[kind] = f"{kind} of {unread} of {len(wanted)} users not checked: tenant {tenant} did not return them"
    return found


def _of_accounts(target: Client, accounts: Mapping[str, Raw], kinds: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    licensed = "licences" in kinds and any(raw.get("assignedLicenses") for raw in accounts.values())
    names = _licence_names(target) if licensed else {}
    for user_id, raw in accounts.items():
        yield user_id, [*_owned(raw.get("ownedObjects") or ()), *_licences(raw, names), *_mailbox(raw)]


def _owned(objects: Iterable[Raw]) -> list[str]:
    """Of an object that the application may not read, only type and id are known (fact F161)."""
    typed = ((str(raw.get("@odata.type") or "").rpartition(".")[2], raw) for raw in objects)
    # An owner of a device is not important by that.
    found = [f"owner of {_OWNED.get(kind, 'object')} {raw.get('displayName') or raw['id']}" for kind, raw in typed if kind in (*_OWNED, "")]
    more = len(found) - MOST_OWNED
    return [*found[:MOST_OWNED], f"owner of {more} more"] if more > 0 else found


def _licences(raw: Raw, names: Mapping[str, str]) -> list[str]:
    skus = [str(licence["skuId"]).lower() for licence in raw.get("assignedLicenses") or ()]
    return [f"licence {names.get(sku, sku)}" for sku in skus]


def _mailbox(raw: Raw) -> list[str]:
    """A plan that is suspended keeps its mailbox for a while, so only a deleted one does not count."""
    plans = raw.get("assignedPlans") or ()
    of_exchange = [plan for plan in plans if str(plan.get("service")).lower() == "exchange" and plan.get("capabilityStatus") != "Deleted"]
    return ["mailbox"] if any(str(plan.get("servicePlanId")).lower() != FOUNDATION for plan in of_exchange) else []


def _licence_names(target: Client) -> dict[str, str]:
    """The names of the tenant's licences by id. They only make the message clearer, so they need not be readable."""
    try:
        return {str(raw["skuId"]).lower(): str(raw["skuPartNumber"]) for raw in target.pages("/subscribedSkus?$select=skuId,skuPartNumber")}
    except ServiceError as error:
        if not error.denied:
            raise
        return {}

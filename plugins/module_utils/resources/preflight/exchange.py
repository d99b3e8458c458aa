# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Whether Exchange of the target can be asked, and its recipients that have an address (facts F149, F151, F152, F156).

It is only asked for a tenant with ``exchange: true``. Nothing that is found here stops a link: it can be built without Exchange.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...exchange import asking, cmdlet
from ...graph.claims import Claims, OpaqueToken
from ...graph.client import Client
from ...graph.errors import GraphFailure
from .. import exchange_access, tenants
from .finding import UNKNOWN, WARNING, Finding

SELECTED = ("Guid", "DisplayName", "RecipientTypeDetails", "PrimarySmtpAddress", "EmailAddresses")


@dataclass(frozen=True)
class Standing:
    """What an attempt to ask Exchange has shown. ``group`` is the group that is asked for instead of recipients, if there is one."""

    group: str | None = None
    claims: Claims | None = None
    failure: GraphFailure | None = None

    @property
    def answers(self) -> bool:
        """Whether Exchange can be asked."""
        return self.failure is None and not exchange_access.lacks_app_role(self.claims, self.group)

    @property
    def finds_recipients(self) -> bool:
        """Whether it returns the recipients that have an address. The documented interface returns the members of a group only."""
        return self.answers and self.group is None


@contextlib.contextmanager
def asked(client: Client, group: str | None) -> Iterator[tuple[Standing | None, Client | None]]:
    """Whether Exchange can be asked, with a client of it if recipients can be found there. Both are ``None`` without ``exchange: true``."""
    standing, there = None, None
    if client.exchange is not None:
        try:
            there = client.exchange()
        except GraphFailure as failure:
            standing = Standing(group, failure=failure)
        else:
            standing = _probe(client, there, group)
    with contextlib.closing(there) if there else contextlib.nullcontext():
        yield standing, there if standing and standing.finds_recipients else None


def _probe(client: Client, there: Client, group: str | None) -> Standing:
    """Sign in for Exchange, and ask it for its tenant and for one recipient. Without the app role, which the token shows, nothing is sent."""
    claims = None
    try:
        claims = _claims(there)
        if exchange_access.lacks_app_role(claims, group):
            return Standing(group, claims)
        with there.reading():
            if group:
                asking.members(there, group)
            else:
                asking.prove_tenant(there, None, partial(tenants.owner, client), tenants.own_id(client) or "")
                # Without `asking.run`, which would also read the pages after the first recipient.
                there.send(cmdlet.any_recipient().request())
    except GraphFailure as failure:
        return Standing(group, claims, failure)
    return Standing(group, claims)


def _claims(client: Client) -> Claims | None:
    try:
        return client.claims()
    except OpaqueToken:
        return None


def judge(standing: Standing | None) -> list[Finding]:
    """The finding about a tenant whose Exchange cannot be asked although it should be."""
    if standing is None or standing.answers:
        return []
    reason = exchange_access.reason(standing.failure, standing.claims, standing.group)
    return [Finding("exchange", WARNING if reason.certain else UNKNOWN, reason.cause, reason.remedy)]


def recipients(addresses: Sequence[str], client: Client) -> Iterator[Mapping[str, Any]]:
    """The recipients that have one of the addresses, except users, whom Graph returns.

    :raises GraphFailure: after those that were found, if Exchange could not be asked for all addresses.
    """
    with client.reading():
        found = asking.find_by(client, "EmailAddresses", addresses, SELECTED, "addresses")
        described = [_described(raw) for raw in found.objects if not _is_user(str(raw.get("RecipientTypeDetails")))]
    yield from described
    for failure in found.unasked.values():
        raise failure


def _is_user(kind: str) -> bool:
    return kind.endswith("MailUser") or (kind.endswith("Mailbox") and kind != "GroupMailbox")


def _described(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A recipient in the form in which Graph returns an object with addresses, and its kind in a word."""
    kind = str(raw.get("RecipientTypeDetails"))
    word = "contact" if kind.endswith("Contact") else "group" if "Group" in kind or kind == "RoomList" else f"recipient ({kind})"
    return {
        "id": raw["Guid"],
        "kind": word,
        "displayName": raw.get("DisplayName"),
        "mail": raw.get("PrimarySmtpAddress"),
        "proxyAddresses": raw.get("EmailAddresses") or [],
    }

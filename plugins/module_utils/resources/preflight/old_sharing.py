# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Old objects of Exchange that take precedence over what a link shares, with the commands that switch them off (facts F210 to F213).

They are only read, where Exchange may be asked. Nothing here stops a link: the objects are switched off after it has been built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...exchange import asking, cmdlet
from ...graph.client import Client
from ...graph.errors import GraphFailure, ServiceError
from ...quantity import quantity
from .. import tenants
from ..causes import explain
from .check import Link
from .finding import UNKNOWN, WARNING, Finding

NAME = "old_sharing"
GUIDE = "see guide_sharing"
MICROSOFT = ("outlook.com", "office365.com", "office365.us", "outlook.cn", "partner.outlook.cn")
"""The endpoints of a relationship with a tenant of Microsoft 365. Any other is an Exchange Server, which capabilities do not replace."""
EVERYBODY, ANONYMOUS = "*", "anonymous"
CALENDAR = "CalendarSharing"

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Old:
    """The old objects of a tenant."""

    relationships: Sequence[Raw] = ()
    policies: Sequence[Raw] = ()
    spaces: Sequence[Raw] = ()

    def domains(self) -> list[str]:
        """The mail domains that they name, in lower case."""
        named = [domain for item in self.relationships if item.get("Enabled") for domain in item.get("DomainNames") or ()]
        named += [str(item.get("ForestName")) for item in self.spaces]
        named += [_domain(entry) for item in self.policies if item.get("Enabled") for entry in item.get("Domains") or ()]
        return list(dict.fromkeys(domain.lower() for domain in named if domain and domain.lower() not in (EVERYBODY, ANONYMOUS)))


@dataclass(frozen=True)
class Question:
    """Which kinds of old objects can be in the way of a link, and of which features."""

    relationships: tuple[str, ...]
    policies: bool
    spaces: bool

    def __bool__(self) -> bool:
        return bool(self.relationships) or self.policies or self.spaces

    def look(self) -> str:
        """The commands that show these objects."""
        shown = [
            (bool(self.relationships), "Get-OrganizationRelationship | Format-List Name,Enabled,DomainNames"),
            (self.policies, "Get-SharingPolicy | Format-List Name,Enabled,Domains"),
            (self.spaces, "Get-AvailabilityAddressSpace | Format-List ForestName,AccessMethod,TargetTenantId"),
        ]
        return " and ".join(command for asked, command in shown if asked)


def question(link: Link) -> Question:
    """A relationship stands between two tenants, whoever looks; a policy belongs to the tenant that is looked at, an address space to the
    one that looks.
    """
    either = (*link.shares, *(name for name in link.sees if name not in link.shares))
    return Question(
        tuple(name for name in ("free_busy", "mail_tips") if name in either), "calendar_sharing" in link.shares, "free_busy" in link.sees
    )


def findings(client: Client, exchange: Client | None, link: Link) -> list[Finding]:
    """Ask Exchange of this tenant, if it may be asked, and judge its answer."""
    asked = question(link)
    if not asked:
        return []
    if exchange is None:
        cause = "Exchange of this tenant is not asked, so it is not known whether an old object takes precedence over what is shared"
        return [Finding(NAME, UNKNOWN, cause, f"look with Exchange Online PowerShell: {asked.look()}; {GUIDE}")]
    try:
        with exchange.reading():
            old = read(exchange, asked)
        owners = tenants.owners(client, old.domains())
    except GraphFailure as failure:
        return [_unread(failure, asked)]
    return judge(link, asked, old, owners)


def _unread(failure: GraphFailure, asked: Question) -> Finding:
    look = f"look with Exchange Online PowerShell: {asked.look()}; {GUIDE}"
    if isinstance(failure, ServiceError) and failure.status == 403:
        cause = "no role of the application lets it read organization relationships, sharing policies and address spaces (HTTP 403)"
        return Finding(NAME, UNKNOWN, cause, f"assign it Global Reader of Entra, or {look}")
    return Finding(NAME, UNKNOWN, f"could not look for old objects: {explain(failure).rstrip('.')}", f"run again, or {look}")


def read(exchange: Client, asked: Question) -> Old:
    """The old objects that can be in the way. A kind that cannot be is not read."""
    return Old(
        asking.run(exchange, cmdlet.organization_relationships()) if asked.relationships else (),
        asking.run(exchange, cmdlet.sharing_policies()) if asked.policies else (),
        asking.run(exchange, cmdlet.address_spaces()) if asked.spaces else (),
    )


# Judging -------------------------------------------------------------------------------------------------------------


def judge(link: Link, asked: Question, old: Old, owners: Mapping[str, str | None]) -> list[Finding]:
    """One finding for each old object that takes precedence, with the command that switches it off. Pure."""
    own = {domain for domain, tenant in owners.items() if tenant == link.partner.lower()}
    return [
        *(finding for item in old.relationships for finding in _relationship(item, asked.relationships, own)),
        *(finding for item in old.policies for finding in _policy(item, own)),
        *(finding for item in old.spaces for finding in _space(item, own)),
    ]


def _relationship(item: Raw, features: Sequence[str], own: set[str]) -> Iterator[Finding]:
    switches = {"free_busy": "FreeBusyAccessEnabled", "mail_tips": "MailTipsAccessEnabled"}
    hit = [domain for domain in item.get("DomainNames") or () if domain.lower() in own]
    shadowed = [name for name in features if item.get(switches[name])]
    if not item.get("Enabled") or not hit or not shadowed:
        return
    name = str(item["Name"])
    cause = f"the organization relationship {name!r} is enabled for {', '.join(hit)} and takes precedence over {' and '.join(shadowed)}"
    if _on_premises(item):
        yield Finding(NAME, WARNING, f"{cause}; it leads to an Exchange Server", f"leave it: capabilities do not replace it; {GUIDE}")
        return
    others = len(item.get("DomainNames") or ()) - len(hit)
    also = [
        *(["it also moves mailboxes"] if item.get("MailboxMoveEnabled") else []),
        *([f"it is also for {quantity(others, 'domain')} of other tenants"] if others else []),
    ]
    command = f"Set-OrganizationRelationship -Identity {quoted(name)} -Enabled $false"
    yield Finding(NAME, WARNING, "; ".join([cause, *also]), f"when the link is built and the other tenant agrees: {command}; {GUIDE}")


def _on_premises(item: Raw) -> bool:
    places = [str(item.get(name) or "") for name in ("TargetApplicationUri", "TargetSharingEpr", "TargetAutodiscoverEpr")]
    hosts = [place.partition("://")[2].partition("/")[0] or place for place in places if place]
    return any(not any(host.lower() == known or host.lower().endswith(f".{known}") for known in MICROSOFT) for host in hosts)


def _domain(entry: str) -> str:
    return entry.partition(":")[0].strip()


def _policy(item: Raw, own: set[str]) -> Iterator[Finding]:
    entries = [str(entry) for entry in item.get("Domains") or ()]
    hit = [entry for entry in entries if CALENDAR in entry and (_domain(entry) == EVERYBODY or _domain(entry).lower() in own)]
    if not item.get("Enabled") or not hit:
        return
    name, left = str(item["Name"]), [entry for entry in entries if entry not in hit]
    cause = f"the sharing policy {name!r} has {', '.join(hit)} and takes precedence over calendar_sharing"
    if any(_domain(entry) == EVERYBODY for entry in hit):
        cause += "; the entry * is for every tenant, and removing it ends calendar sharing with those that have no capability"
    change = f"-Domains {','.join(map(quoted, left))}" if left else "-Enabled $false"
    command = f"Set-SharingPolicy -Identity {quoted(name)} {change}"
    yield Finding(NAME, WARNING, cause, f"when the link is built and the other tenant agrees: {command}; {GUIDE}")


def _space(item: Raw, own: set[str]) -> Iterator[Finding]:
    domain = str(item.get("ForestName") or "")
    if domain.lower() not in own:
        return
    method, tenant = str(item.get("AccessMethod") or ""), item.get("TargetTenantId")
    cause = f"the availability address space {domain} ({method}) takes precedence over free_busy that people of this tenant see there"
    undo = f"Add-AvailabilityAddressSpace -ForestName {quoted(domain)} -AccessMethod {method}"
    undo += f" -TargetTenantId {tenant}" if tenant else ""
    command = f"Remove-AvailabilityAddressSpace -Identity {quoted(str(item['Name']))}"
    yield Finding(NAME, WARNING, cause, f"when the other tenant shows its people: {command} (undo: {undo}); {GUIDE}")


def quoted(value: str) -> str:
    """A text in PowerShell: apostrophes are doubled."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"

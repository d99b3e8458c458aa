# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The settings of a partner, in one table: a new setting is one row of `PartnerSettings`, and its documentation in the module.

Options, checks, reading, request bodies, facts and removal all come from the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, TypedDict, cast

from .partner_values import ACCESS, SWITCH, TEXT, TRUST, AccessBlock, InboundTrust, Kind, Raw, notes

Part: TypeAlias = Literal["entry", "identity synchronization"]
"""The object that holds a setting: the partner entry, or the identity synchronization below it (fact F42)."""
ENTRY: Part = "entry"
SYNCHRONIZATION: Part = "identity synchronization"
Values: TypeAlias = Mapping[str, Any]
"""Values of some settings, by name; ``None`` means inherited from the tenant's default."""


@dataclass(frozen=True)
class Setting:
    """A row of the table."""

    at: str
    """The member in Graph, ``outer.inner`` for one that is nested."""
    kind: Kind
    part: Part = ENTRY
    version: str = "v1.0"
    """The version of Graph that knows it."""
    inheritable: bool = True
    """Whether it can be given back to the tenant's default alone."""
    link: Literal["source", "target"] | None = None
    """The tenant of a link that switches it on for the link."""
    needed: bool = False
    """Whether the job of a link goes into quarantine without it (fact F74)."""
    requires: str | None = None
    """The setting that must be on before the service accepts this one as on (fact F219)."""

    @property
    def member(self) -> str:
        """The outer member in Graph."""
        return self.at.partition(".")[0]

    @property
    def leaf(self) -> str:
        """The inner member in Graph; empty if it is not nested."""
        return self.at.partition(".")[2]

    def raw(self, body: Raw) -> Any:
        """Graph's value in the body of its part; ``None`` if it is not there."""
        value = body.get(self.member)
        return (value or {}).get(self.leaf) if self.leaf else value


class PartnerSettings(TypedDict):
    """What a partner entry says, in our words; ``None`` means inherited from the tenant's default."""

    user_sync_inbound: Annotated[bool | None, Setting("userSyncInbound.isSyncAllowed", SWITCH, SYNCHRONIZATION, link="target", needed=True)]
    group_sync_inbound: Annotated[
        bool | None, Setting("groupSyncInbound.isSyncAllowed", SWITCH, SYNCHRONIZATION, version="beta", inheritable=False, link="target")
    ]
    role_enabled_group_sync_inbound: Annotated[
        bool | None,
        Setting(
            "roleEnabledGroupSyncInbound.isSyncAllowed",
            SWITCH,
            SYNCHRONIZATION,
            version="beta",
            inheritable=False,
            requires="group_sync_inbound",
        ),
    ]
    display_name: Annotated[str | None, Setting("displayName", TEXT, SYNCHRONIZATION, inheritable=False)]
    redemption_inbound: Annotated[bool | None, Setting("automaticUserConsentSettings.inboundAllowed", SWITCH, link="target", needed=True)]
    redemption_outbound: Annotated[bool | None, Setting("automaticUserConsentSettings.outboundAllowed", SWITCH, link="source", needed=True)]
    inbound_trust: Annotated[InboundTrust | None, Setting("inboundTrust", TRUST)]
    b2b_collaboration_inbound: Annotated[AccessBlock | None, Setting("b2bCollaborationInbound", ACCESS)]
    b2b_collaboration_outbound: Annotated[AccessBlock | None, Setting("b2bCollaborationOutbound", ACCESS)]
    b2b_direct_connect_inbound: Annotated[AccessBlock | None, Setting("b2bDirectConnectInbound", ACCESS)]
    b2b_direct_connect_outbound: Annotated[AccessBlock | None, Setting("b2bDirectConnectOutbound", ACCESS)]


@dataclass(frozen=True)
class Table:
    """The rows by the name of the option, and what comes from them."""

    rows: Mapping[str, Setting]

    def names(self, chosen: Callable[[Setting], object] = lambda _row: True) -> tuple[str, ...]:
        """The names of the chosen settings, in order."""
        return tuple(name for name, row in self.rows.items() if chosen(row))

    @property
    def inheritable(self) -> tuple[str, ...]:
        """What can be given back to the tenant's default."""
        return self.names(lambda row: row.inheritable)

    @property
    def needed(self) -> tuple[str, ...]:
        """The switches without which a link stops."""
        return self.names(lambda row: row.needed)

    def within(self, part: Part, values: Values) -> dict[str, Any]:
        """The values of the settings of one part."""
        return {name: value for name, value in values.items() if self.rows[name].part == part}

    def version(self, part: Part, names: Iterable[str]) -> str:
        """The version of Graph that knows these settings of a part. Beta is used only if it must (fact F45)."""
        versions = {self.rows[name].version for name in names if self.rows[name].part == part}
        return "beta" if "beta" in versions else "v1.0"

    def spec(self) -> dict[str, Any]:
        """The argument spec of the options."""
        return {name: row.kind.spec for name, row in self.rows.items()}

    def checks(self) -> dict[str, Any]:
        """What the values of the options must be, as `checks.CHECKS` says it."""
        return {name: row.kind.check for name, row in self.rows.items() if row.kind.check}

    def given(self, params: Values) -> dict[str, Any]:
        """The settings that a task names."""
        named = {name: row.kind.given(params[name]) for name, row in self.rows.items() if params.get(name) is not None}
        return {name: value for name, value in named.items() if value is not None}

    def read(self, entry: Raw, synchronization: Raw) -> PartnerSettings:
        """All settings, from both parts as Graph returns them. A part is empty if it is not there."""
        bodies: dict[Part, Raw] = {ENTRY: entry, SYNCHRONIZATION: synchronization}
        return cast(PartnerSettings, {name: row.kind.read(row.raw(bodies[row.part])) for name, row in self.rows.items()})

    def body(self, part: Part, changed: Values, now: Values, raw: Raw) -> dict[str, Any]:
        """The members of a part to write. A nested member is sent with its neighbours that hold a value: right whether the
        service merges nested values or replaces them, and without writing what another link may be setting (fact F35).
        """
        body: dict[str, Any] = {}
        touched = {self.rows[name].member for name in self.within(part, changed)}
        for name, row in self.rows.items():
            value = changed.get(name, now.get(name))
            if row.part != part or row.member not in touched or (value is None and name not in changed):
                continue
            written = row.kind.write(value, row.raw(raw))
            if row.leaf:
                body.setdefault(row.member, {})[row.leaf] = written
            else:
                body[row.member] = written
        return body


TABLE = Table(notes(PartnerSettings))


def settings(entry: Raw, synchronization: Raw) -> PartnerSettings:
    """What an entry and its identity synchronization say, in our words. A part is empty if it is not there."""
    return TABLE.read(entry, synchronization)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes of any size, without the collection and in seconds: a link is built by requests, and all others are copies of it in the state.

The copies have users, ids and names of their own. The directories of a schema, which are large, are left to the emulator.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from entra_emulator.provisioning.attributes import net_id

from . import bare, world
from .world import Company

PEOPLE = 2
CYCLE = "PT40M"

State = dict[str, Any]


@dataclass(frozen=True)
class Mould:
    """A link as the emulator holds it, as JSON in pieces. Every second piece is a word that differs from link to link."""

    pieces: tuple[str, ...]
    words: tuple[str, ...]
    """The words that come from the two companies."""
    made: frozenset[str]
    """The ids that the service has made."""

    @classmethod
    def take(cls, state: State, source: Company, target: Company) -> Mould:
        """The only link of a state, which is between these companies."""
        held, other = state["tenants"][source.tenant_id], state["tenants"][target.tenant_id]
        (application,), (principal,) = held["applications"].values(), held["service_principals"].values()
        synchronization = held["synchronizations"][principal["id"]]
        (job,) = synchronization["jobs"].values()
        job["job_schema"].pop("directories")
        arrived = {user_id: other["users"][user_id] for user_id in job["links"].values()}
        assignments = held["assignments"][principal["id"]]
        link = {
            "applications": {application["id"]: application},
            "service_principals": {principal["id"]: principal},
            "synchronizations": {principal["id"]: synchronization},
            "assignments": {principal["id"]: assignments},
            "users": arrived,
        }
        made = {application["id"], principal["id"], application["appId"], *arrived, *assignments}
        made |= {role["id"] for role in [*application["appRoles"], *application["api"]["oauth2PermissionScopes"]]}
        words = _words(state, source, target)
        exchanged = sorted({*words, *made}, key=len, reverse=True)
        pieces = re.split(f"({'|'.join(map(re.escape, exchanged))})", json.dumps(link))
        return cls(tuple(pieces), words, frozenset(made))

    def cast(self, state: State, source: Company, target: Company) -> None:
        """Put the link between two other companies into the state."""
        new = dict(zip(self.words, _words(state, source, target), strict=True))
        new |= {old: tenants.made_up_id(f"{old} {source.name} {target.name}") for old in self.made}
        parts = json.loads("".join(new.get(piece, piece) for piece in self.pieces))
        state["tenants"][target.tenant_id]["users"].update(parts.pop("users"))
        for name, part in parts.items():
            state["tenants"][source.tenant_id][name].update(part)


def _words(state: State, source: Company, target: Company) -> tuple[str, ...]:
    """What a link has from its companies: ids and names, and those of the users. No name may be part of another."""
    by_name = {user["userPrincipalName"]: user for user in state["tenants"][source.tenant_id]["users"].values()}
    users = [by_name[source.user(number)] for number in range(PEOPLE)]
    own = (source.tenant_id, source.client_id, source.name, target.tenant_id, target.name)
    return (*own, *(user["id"] for user in users), *(net_id(user) for user in users))


def settle(emulator: Emulator, companies: list[Company]) -> list[dict[str, object]]:
    """Put every link between the companies of the running scenario into the emulator, in sync. Returns the variables of the links."""
    state = emulator.state()
    allowed = {"inboundAllowed": True, "outboundAllowed": True}
    for company, other in itertools.permutations(companies, 2):
        tenants.add_partner(state, company.tenant_id, other.tenant_id, automaticUserConsentSettings=allowed)
        tenants.allow_synchronization(state, company.tenant_id, other.tenant_id)
    emulator.load(state)
    (source, target), *others = pairs = list(itertools.permutations(companies, 2))
    spec = world.spec(emulator.url, str(emulator.ca_path), source, target, users_of(source))
    with bare.Tenant(spec, "source") as graph:
        bare.build(graph, spec)
    emulator.advance(CYCLE)
    state = emulator.state()
    mould = Mould.take(state, source, target)
    for pair in others:
        mould.cast(state, *pair)
    _forget_logs(state)
    emulator.load(state)
    return links(pairs)


def users_of(company: Company) -> list[str]:
    """The users in scope of the links from a company."""
    return [company.user(number) for number in range(PEOPLE)]


def links(pairs: Iterable[tuple[Company, Company]]) -> list[dict[str, object]]:
    """The variables of links between companies."""
    return [world.link(source, target, users_of(source)) for source, target in pairs]


def _forget_logs(state: State) -> None:
    for tenant in state["tenants"].values():
        tenant["audit_log"], tenant["provisioning_log"] = [], []

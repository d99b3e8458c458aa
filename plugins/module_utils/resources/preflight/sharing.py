# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Checks of both tenants of a link with ``share``: whether capabilities exist, and whether the trust lets them take effect (facts F200,
F204, F207); and what each tenant shows the users of the other one now, as information.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from ...graph.client import Client
from .. import capability_reading, capability_trust
from ..capability_features import FEATURES, Access, Feature
from ..permissions import SEE_SHARING, SOURCE, TARGET
from .check import Check, Link, Longer, Read, Seen
from .finding import ERROR, WARNING, Finding

NAME = "sharing"

Shown: TypeAlias = "Mapping[str, str | bool]"
"""The level of each feature, as the options of ``cross_tenant_capability``."""


def wanted(share: Mapping[str, Any] | None, side: str) -> tuple[str, ...]:
    """The features that a link lets be seen of one of its tenants."""
    given: Mapping[str, Any] = (share or {}).get(side) or {}
    return tuple(name for name, feature in FEATURES.items() if given.get(name) is not None and feature.level(given[name]) is not None)


def names_groups(share: Mapping[str, Any] | None, side: str) -> bool:
    """Whether what is seen of one of its tenants is limited to named groups, or excludes some."""
    given: Mapping[str, Any] = (share or {}).get(side) or {}
    return bool(given.get("groups") or given.get("excluded_groups"))


def _capabilities(link: Link, _seen: Seen) -> Sequence[Longer]:
    return [partial(_read, link.partner)] if link.shares or link.sees else []


def _read(partner: str, client: Client) -> Iterable[capability_reading.Seen]:
    return [capability_reading.read(client, partner, ())]


CAPABILITIES = Read(NAME, (SEE_SHARING,), longer=_capabilities)


def shown(seen: Seen) -> Shown | None:
    """What the users of the other tenant see of this one now; ``None`` if it was not read."""
    found: list[capability_reading.Seen] = seen.members(CAPABILITIES)
    return _levels(found[0]) if found else None


def _levels(found: capability_reading.Seen) -> Shown:
    visible = capability_trust.lets_through(capability_reading.trust_of(found.entry), found.default_trust)
    # Which of them count where a partner has some of its own is not said (fact F251): what can be seen is reported.
    own = {**found.inherited, **found.own} if visible else {}
    return {name: _highest(feature, own) for name, feature in FEATURES.items()}


def _highest(feature: Feature, own: Mapping[str, Access]) -> str | bool:
    levels = feature.allowed(own)
    return feature.value(levels[-1] if levels else None)


def _sharing(link: Link, seen: Seen) -> list[Finding]:
    found: list[capability_reading.Seen] = seen.members(CAPABILITIES)
    return judge(link, found[0]) if found else []


def judge(link: Link, found: capability_reading.Seen) -> list[Finding]:
    """What would keep the wished sharing from taking effect."""
    features = ", ".join(link.shares or link.sees)
    if found.version is None:
        cause = f"Microsoft Graph has no Microsoft 365 capabilities (m365Capabilities) in this tenant, and both tenants need them for {features}"
        remedy = "ask Microsoft whether the rollout has reached this tenant, or leave these features out of link_share"
        return [Finding(NAME, ERROR if link.shares else WARNING, cause, remedy)]
    if not link.shares:
        return []
    now = capability_trust.trusted(capability_reading.trust_of(found.entry))
    remedy = "if they are to see it, set trust_all_users: true with cross_tenant_capability in this tenant"
    if now == capability_trust.NOBODY:
        cause = f"the trust of partner {link.partner} for Microsoft 365 blocks all of its users, so that nobody would see {features}"
        return [Finding(NAME, ERROR, cause, remedy)]
    if now == capability_trust.SOME:
        cause = f"the trust of partner {link.partner} for Microsoft 365 lets only some of its users through, and the others see nothing"
        return [Finding(NAME, WARNING, cause, remedy)]
    return []


CHECKS = (Check(NAME, (SOURCE, TARGET), _sharing, reads=(CAPABILITIES,)),)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Microsoft's clouds: which links they offer, within a cloud or across clouds, and which features some lack (facts F99, F143, F144, F145)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plan import Refusal

NAMES = {
    "global": "the global cloud",
    "usgov": "the US Government cloud L4",
    "usgov_dod": "the US Government cloud L5",
    "china": "the cloud of 21Vianet in China",
}

_GOVERNMENT = frozenset({"usgov", "usgov_dod"})
"""Two Graph endpoints of the same cloud: both use the same sign-in endpoint and find each other's tenants (fact F143)."""

_OFFERED = {("global", "usgov"), ("global", "usgov_dod"), ("usgov", "global"), ("usgov_dod", "global"), ("global", "china")}
"""Links across clouds that Microsoft offers in the portal, as (source cloud, target cloud) (fact F144)."""

MANAGER = "the mapping of manager"
_CLOUDS_WITHOUT = {MANAGER: ("usgov", "usgov_dod", "china")}
"""The clouds without a feature, by its name: the manager is synchronized in the commercial cloud only (fact F99)."""

_WARNINGS = {
    "china": "Microsoft's documents disagree whether cross-tenant synchronization works in the cloud of 21Vianet; try it with a single user first"
}
"""Warnings for links within a cloud about which Microsoft's documents contradict each other (fact F145)."""


def require_feature(feature: str, cloud: str) -> None:
    """Check that a cloud has a feature, before anything is sent. ``feature`` is a name of this module, such as `MANAGER`.

    :raises Refusal: when the cloud lacks the feature.
    """
    if cloud in _CLOUDS_WITHOUT[feature]:
        raise Refusal(f"{feature} does not exist in {NAMES[cloud]}; remove it")


def require_link(source: str, target: str) -> None:
    """Check that this collection can build a link from one cloud to another, before anything is sent.

    :raises Refusal: when it cannot; the message names what is missing.
    """
    obstacle = obstacle_between(source, target)
    if obstacle:
        raise Refusal(obstacle)


def obstacle_between(source: str, target: str) -> str | None:
    """Why a link from one cloud to another cannot be built; ``None`` if both tenants are in the same cloud."""
    if source == target or {source, target} <= _GOVERNMENT:
        return None
    if (source, target) not in _OFFERED:
        return f"Microsoft offers no synchronization from {NAMES[source]} to {NAMES[target]}"
    return (
        f"a link from {NAMES[source]} to {NAMES[target]} crosses clouds, and three things that it needs have no documented interface: "
        "the template of such a configuration, whose id is not published, the switch for cross-cloud synchronization in the target, and "
        "the application that it authorizes in the target; build this link in the Microsoft Entra admin center"
    )


def warnings(cloud: str) -> tuple[str, ...]:
    """The warnings for a link within this cloud."""
    return (_WARNINGS[cloud],) if cloud in _WARNINGS else ()


def other(params: Mapping[str, Any], option: str) -> str:
    """The other tenant's cloud, by the name of the option that sets it; by default the cloud of this tenant."""
    return str(params.get(option) or params["cloud"])

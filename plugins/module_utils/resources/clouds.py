# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What Microsoft's clouds allow: links within one and across two, and features that some lack (fact sheet 0.4, 4.3, 8 and 12.4)."""

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
"""Two Graphs, but one cloud: both sign in at the same place, and know each other's tenants (fact sheet 0.4)."""

_OFFERED = {("global", "usgov"), ("global", "usgov_dod"), ("usgov", "global"), ("usgov_dod", "global"), ("global", "china")}
"""Links across clouds that Microsoft offers, in its portal (fact sheet 8)."""

MANAGER = "the mapping of manager"
_LACKING = {MANAGER: ("usgov", "usgov_dod", "china")}
"""Features by name, and the clouds without them: the manager is synchronized in the commercial cloud only (fact sheet 4.3)."""

_DISPUTED = {
    "china": "Microsoft's documents disagree whether cross-tenant synchronization works in the cloud of 21Vianet; try it with one person first"
}
"""Links within one cloud about which the documents contradict each other (fact sheet 12.4)."""


def require_feature(feature: str, cloud: str) -> None:
    """Refuse what a cloud lacks, before anything is sent.

    :raises Refusal: when it lacks the feature.
    """
    if cloud in _LACKING[feature]:
        raise Refusal(f"{feature} does not exist in {NAMES[cloud]}; leave it out")


def require_link(source: str, target: str) -> None:
    """Refuse a link between clouds that this collection cannot build.

    :raises Refusal: and tells what is missing.
    """
    obstacle = obstacle_between(source, target)
    if obstacle:
        raise Refusal(obstacle)


def obstacle_between(source: str, target: str) -> str | None:
    """What a link from one cloud to another is missing; ``None`` where both tenants are in one cloud."""
    if source == target or {source, target} <= _GOVERNMENT:
        return None
    if (source, target) not in _OFFERED:
        return f"Microsoft offers no synchronization from {NAMES[source]} to {NAMES[target]}"
    return (
        f"a link from {NAMES[source]} to {NAMES[target]} crosses clouds, and three things that it needs have no documented interface: "
        "the template of such a configuration, whose id is not published, the switch for cross-cloud synchronization in the target, and "
        "the application that it authorizes there; build this link in the Microsoft Entra admin center"
    )


def doubts(cloud: str) -> tuple[str, ...]:
    """What is to be said of a link within this cloud."""
    return (_DISPUTED[cloud],) if cloud in _DISPUTED else ()


def other(params: Mapping[str, Any], option: str) -> str:
    """The other tenant's cloud: this tenant's own, unless the option names another one."""
    return str(params.get(option) or params["cloud"])

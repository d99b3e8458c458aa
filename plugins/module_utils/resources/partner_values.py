# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The kinds of values that a partner's settings have: how each is specified, read, merged and written (facts F30, F35)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias, TypedDict, get_type_hints

from ..options.checks import LINE, NAME, Check, Table

Raw: TypeAlias = Mapping[str, Any]
"""Graph's JSON."""


class Target(TypedDict):
    """One user, group or application, or all of them."""

    target: str
    """An id, or one of the service's words, such as ``AllUsers``."""
    target_type: str
    """``user``, ``group`` or ``application``."""


class Targets(TypedDict):
    """Half of an access block: who or what is let through or kept out."""

    access_type: str | None
    """``allowed`` or ``blocked``; ``None`` if the service returned no type."""
    targets: list[Target]
    """Sorted, because their order means nothing."""


# Beside each member stands its name in Graph.


class AccessBlock(TypedDict):
    """Who has access to what. ``None``: that half is inherited."""

    users_and_groups: Annotated[Targets | None, "usersAndGroups"]
    applications: Annotated[Targets | None, "applications"]


class InboundTrust(TypedDict):
    """The claims of the partner's users that are accepted. ``None``: inherited."""

    mfa: Annotated[bool | None, "isMfaAccepted"]
    compliant_device: Annotated[bool | None, "isCompliantDeviceAccepted"]
    hybrid_joined_device: Annotated[bool | None, "isHybridAzureADJoinedDeviceAccepted"]


def notes(shape: type) -> dict[str, Any]:
    """What stands beside each member of a typed dictionary."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(shape, include_extras=True).items()}


@dataclass(frozen=True)
class Kind:
    """A kind of values, and as it stands here: values that Graph writes as we do."""

    spec: Mapping[str, Any]
    """The argument spec of the option."""
    check: Check | Table | None = None
    """What the value of the option must be."""
    bulky: bool = False
    """Whether a value can be long enough to matter for the size of the policy (fact F38)."""

    def given(self, value: Any) -> Any:
        """What the value of the option names; ``None`` if it names nothing."""
        return value

    def read(self, raw: Any) -> Any:
        """Graph's value in our words; ``None`` if it is inherited."""
        return raw

    def merge(self, _now: Any, given: Any) -> Any:
        """The wanted value: what was given, and what is there now for members that were not named."""
        return given

    def write(self, value: Any, _raw: Any) -> Any:
        """Our value in Graph's words. The second argument is Graph's current value."""
        return value

    def unknown(self, _raw: Any) -> dict[str, Any]:
        """The members of Graph's value that this collection does not know."""
        return {}


@dataclass(frozen=True)
class _Members(Kind):
    """Values with members, of which each may be given alone."""

    members: Mapping[str, str] = field(default_factory=dict)
    """Graph's names, by ours."""

    def given(self, value: Any) -> Any:
        return {name: value[name] for name in self.members if value.get(name) is not None} or None

    def read(self, raw: Any) -> Any:
        return {ours: raw.get(theirs) for ours, theirs in self.members.items()} if raw else None

    def merge(self, now: Any, given: Any) -> Any:
        return {**dict.fromkeys(self.members), **(now or {}), **given}


class Flags(_Members):
    """Booleans. The service may have more of them than this collection knows (fact F30): they are sent back with the others,
    which is right whether the service merges nested values or replaces them (fact F35).
    """

    def write(self, value: Any, raw: Any) -> Any:
        others = {name: flag for name, flag in self.unknown(raw).items() if flag is not None}
        return value and {**others, **{theirs: value[ours] for ours, theirs in self.members.items()}}

    def unknown(self, raw: Any) -> dict[str, Any]:
        return unknown(raw, self.members.values())


class Access(_Members):
    """Access blocks. A half that is inherited is not sent."""

    def given(self, value: Any) -> Any:
        halves = super().given(value) or {}
        return {name: _sorted(half["access_type"], half["targets"]) for name, half in halves.items()} or None

    def read(self, raw: Any) -> Any:
        return {name: _targets(half) for name, half in (super().read(raw) or {}).items()} or None

    def write(self, value: Any, _raw: Any) -> Any:
        return value and {theirs: _graph_targets(value[ours]) for ours, theirs in self.members.items() if value[ours] is not None}


def _sorted(access_type: str | None, targets: Iterable[Target]) -> Targets:
    copies = [Target(target=target["target"], target_type=target["target_type"]) for target in targets]
    return {"access_type": access_type, "targets": sorted(copies, key=lambda target: (target["target_type"], target["target"]))}


def _targets(raw: Raw | None) -> Targets | None:
    if raw is None:
        return None
    targets = [Target(target=target["target"], target_type=target["targetType"]) for target in raw.get("targets") or ()]
    return _sorted(raw.get("accessType"), targets)


def _graph_targets(half: Targets) -> dict[str, Any]:
    targets = [{"target": target["target"], "targetType": target["target_type"]} for target in half["targets"]]
    return {"accessType": half["access_type"], "targets": targets}


def unknown(raw: Raw | None, known: Iterable[str]) -> dict[str, Any]:
    """The members of a nested value beside the known ones."""
    known = set(known)
    return {name: value for name, value in (raw or {}).items() if name not in known and not name.startswith("@")}


def says_nothing(value: Any) -> bool:
    """Whether everything in a value is inherited."""
    return all(map(says_nothing, value.values())) if isinstance(value, Mapping) else value is None


_TARGETS_SPEC = {
    "type": "dict",
    "options": {
        "access_type": {"type": "str", "choices": ["allowed", "blocked"], "required": True},
        "targets": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "target": {"type": "str", "required": True},
                "target_type": {"type": "str", "choices": ["user", "group", "application"], "required": True},
            },
        },
    },
}

SWITCH = Kind({"type": "bool"})
TEXT = Kind({"type": "str"}, NAME)
TRUST = Flags({"type": "dict", "options": {name: {"type": "bool"} for name in notes(InboundTrust)}}, members=notes(InboundTrust))
ACCESS = Access(
    {"type": "dict", "options": dict.fromkeys(notes(AccessBlock), _TARGETS_SPEC)},
    {name: {"targets": {"target": LINE}} for name in notes(AccessBlock)},
    bulky=True,
    members=notes(AccessBlock),
)

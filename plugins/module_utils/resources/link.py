# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A link: its parts, their tenants, their order and their options. All code for a whole link uses this table: the comparison, the
validation of its options, and the table of a plan. A test compares the tasks of the roles with it.

Some parts belong only to links that ask for them. `building` and `removal` select those of a link.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..plan import Refusal, Resource
from . import capability, configuration, job, partner, scope
from .capability_features import FEATURES
from .mapping import filters
from .mapping import resource as mapping

Given = Mapping[str, Any]
"""The options of a module, as a task sets them."""
SOURCE, TARGET = "source", "target"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A task of the roles: its module, its tenant, and the options of the module as derived from those of the link."""

    module: str
    side: str
    registered: str
    """The variable in which the roles register the result of the module."""
    from_link: Mapping[str, str]
    """The options of the module that are options of the link, by name; ``target.tenant_id`` is a member of an option."""
    fixed: Mapping[str, Any]
    """The options of the module that are the same for every link."""
    only_with: str = ""
    """The option of the link without which this is no step of it, such as ``share.target``; empty for a step of every link."""
    takes_restart_owed: bool = False
    """Whether it takes the option ``restart_owed``: each step passes a pending restart on, and the last step makes it."""

    def belongs_to(self, link: Given) -> bool:
        """Whether it is a step of this link."""
        return not self.only_with or _member(link, self.only_with) is not None

    def options(self, link: Given, restart_owed: bool = False) -> dict[str, Any]:
        """The module's options for a link."""
        own = link if self.side == SOURCE else link["target"]
        place = {"tenant_id": own["tenant_id"], "cloud": own["cloud"]}
        derived = {name: _member(link, path) for name, path in self.from_link.items()}
        return {**place, **derived, **self.fixed, **({"restart_owed": restart_owed} if self.takes_restart_owed else {})}


@dataclass(frozen=True, kw_only=True)
class Part(Step):
    """A step that builds a link, with the resource by which it can be compared."""

    resource: Resource[Any, Any]


def _member(link: Given, path: str) -> Any:
    value: Any = link
    for name in path.split("."):
        value = None if value is None else value.get(name)
    return value


SCOPE = ("mode", "users", "groups", "exact", "allow_empty", "max_removals", "max_removal_percent")
"""The options of the scope. Those of the link begin with ``scope_``."""
LIMITS = ("max_removals", "max_removal_percent")
"""Those of them that limit how many users leave, in whichever way."""
PROTECTED = ("protected", "protected_importance", "protected_release", "impact_limit")
"""Which users a change must not harm, and how many a result names. Options of ``impact_info``, with the same names in other modules."""
MAPPING = (
    "mappings",
    "user_type",
    "convert_existing",
    "show_in_address_list",
    "display_name_suffix",
    "company_name",
    "filters",
    "target_actions",
)
"""The options of the mappings and filters. Those of the link have the same names as those of the module."""

GROUPS = ("groups", "group_mappings")
"""The options of the synchronization of groups, with the same names. The switch is also one of the partner in the target."""
SHARING = "cross_tenant_capability"
"""The module of the steps that only links with ``share`` have."""
SHARED = (*FEATURES, "scope", "groups", "excluded_groups")
"""The options of what a tenant shares. Those of the link are members of ``share.source`` and ``share.target``."""

JUDGED = {"judged": True, "impact_limit": 50}
"""What is fixed because ``impact_info`` has judged the whole change of the link before."""

_IDENTITY = {"name": "configuration", "target_tenant_id": "target.tenant_id", "adopt": "adopt", "others": "others"}


def _sharing(side: str) -> Part:
    """The part that shows people of a tenant to users of the other one. It is the last in its tenant, because nothing else needs it."""
    return Part(
        module=SHARING,
        side=side,
        registered=f"{side}_tenant_sharing",
        only_with=f"share.{side}",
        from_link={"partner_tenant_id": _OTHER[side], **{name: f"share.{side}.{name}" for name in SHARED}},
        fixed={**_NO_DEFAULTS, "state": "present"},
        resource=capability.RESOURCE,
    )


def _sharing_removal(side: str) -> Step:
    """The step that removes that, apart from what other links still want. It is before the removal of the trust, so that the partner entry
    can be removed with it.
    """
    return Step(
        module=SHARING,
        side=side,
        registered=f"{side}_tenant_sharing",
        only_with=f"share.{side}",
        from_link={
            "partner_tenant_id": _OTHER[side],
            **{name: f"share.{side}.{name}" for name in SHARED},
            "keep": f"share_keep.{side}",
        },
        fixed={**_NO_DEFAULTS, "state": "absent"},
    )


_NO_DEFAULTS = {"default": False, "trust_all_users": False}
"""A link never speaks for the default policy, and opens no trust that was limited."""
_OTHER = {SOURCE: "target.tenant_id", TARGET: "tenant_id"}
"""The option with the id of the other tenant."""

BUILDING = (
    Part(
        module="cross_tenant_policy",
        side=TARGET,
        registered="target_tenant_policy",
        # If it is not named, the switch of groups is left as it is, and not even read.
        from_link={"partner_tenant_id": "tenant_id", "partner_cloud": "cloud", "group_sync_inbound": "groups"},
        fixed={"user_sync_inbound": True, "redemption_inbound": True, "state": "present"},
        resource=partner.RESOURCE,
    ),
    _sharing(TARGET),
    Part(
        module="cross_tenant_policy",
        side=SOURCE,
        registered="source_tenant_policy",
        from_link={"partner_tenant_id": "target.tenant_id", "partner_cloud": "target.cloud"},
        fixed={"redemption_outbound": True, "state": "present"},
        resource=partner.RESOURCE,
    ),
    Part(
        module="sync_configuration",
        side=SOURCE,
        registered="source_tenant_configuration",
        from_link={
            **_IDENTITY,
            "target_cloud": "target.cloud",
            "notification_email": "notification_email",
            "deletion_threshold": "deletion_threshold",
        },
        fixed={"test_connection": True, "manage_multitenant": False, "state": "present"},
        resource=configuration.RESOURCE,
    ),
    # The mappings and filters are set before the scope, so that no user is in scope before the filter is set.
    Part(
        module="sync_mapping",
        side=SOURCE,
        registered="source_tenant_mapping",
        # The mode of the scope is set after the mappings, and not every mode goes together with groups (fact F214).
        from_link={"configuration": "configuration", "scope_mode": "scope_mode", **{name: name for name in (*MAPPING, *GROUPS)}},
        fixed={"exact": False, "reset": False, "restart_job": False, **JUDGED},
        resource=mapping.RESOURCE,
    ),
    Part(
        module="sync_scope",
        side=SOURCE,
        registered="source_tenant_scope",
        from_link={"configuration": "configuration", "group_sync": "groups", **{name: f"scope_{name}" for name in SCOPE}},
        fixed={"restart_job": False, "full_result": False, **JUDGED, "state": "present"},
        takes_restart_owed=True,
        resource=scope.RESOURCE,
    ),
    # The job is the last part of the synchronization, and makes the pending restart of the others.
    Part(
        module="sync_job",
        side=SOURCE,
        registered="source_tenant_job",
        from_link={"configuration": "configuration", "state": "job_state", "wait": "job_wait"},
        fixed={"wait_timeout": 0, "acknowledge_full": False},
        takes_restart_owed=True,
        resource=job.RESOURCE,
    ),
    _sharing(SOURCE),
)
"""The parts of links, in the order in which they are built."""

DEPROVISION = Step(
    module="sync_deprovision",
    side=SOURCE,
    registered="source_tenant_deprovision",
    from_link={
        "configuration": "configuration",
        "others": "others",
        "target": "target",
        "deletion_threshold": "deletion_threshold",
        "source_domains": "source_domains",
        **{name: f"scope_{name}" for name in LIMITS},
        **{name: name for name in PROTECTED},
    },
    fixed={},
)
"""The step before the removal, if the synced users are to be deleted first."""

REMOVAL = (
    _sharing_removal(SOURCE),
    Step(
        module="sync_configuration",
        side=SOURCE,
        registered="source_tenant_configuration",
        from_link=_IDENTITY,
        fixed={"test_connection": True, "manage_multitenant": False, "state": "absent"},
    ),
    Step(
        module="cross_tenant_policy",
        side=SOURCE,
        registered="source_tenant_policy",
        from_link={"partner_tenant_id": "target.tenant_id"},
        fixed={"inherit": ["redemption_outbound"], "state": "absent"},
    ),
    _sharing_removal(TARGET),
    # Which configurations still use the switches can be read in the source only.
    Step(
        module="cross_tenant_policy",
        side=TARGET,
        registered="target_tenant_policy",
        from_link={"partner_tenant_id": "tenant_id"},
        fixed={"inherit": ["user_sync_inbound", "redemption_inbound"], "state": "absent"},
    ),
)
"""The steps that remove links, in their order."""


def building(link: Given, parts: Sequence[Part] = BUILDING) -> tuple[Part, ...]:
    """Those of the parts that a link has."""
    return tuple(part for part in parts if part.belongs_to(link))


def removal(deprovision: bool, sharing: Collection[str]) -> tuple[Step, ...]:
    """The steps that remove a link. ``deprovision``: whether its users are deleted first; ``sharing``: the sides of which it shares something."""
    steps = (*((DEPROVISION,) if deprovision else ()), *REMOVAL)
    return tuple(step for step in steps if step.module != SHARING or step.side in sharing)


IN_SOURCE = tuple(part for part in BUILDING if part.side == SOURCE)
IN_TARGET = tuple(part for part in BUILDING if part.side == TARGET)

_FURTHER_CHECKS: dict[str, Callable[[Any], None]] = {
    # A job can support more operators than the documented ones; then the comparison with it decides.
    "sync_mapping": lambda wanted: filters.check(wanted.filters or [], (), {}),
}
"""Further checks of the desired state of a part that need no request."""


@dataclass(frozen=True)
class Fault:
    """A refusal that needs no request, and the options that cause it: ``filters``, or ``filters[0]`` for a member."""

    message: str
    options: tuple[str, ...]


def faults_of(link: Given, parts: Sequence[Part]) -> list[Fault]:
    """The faults in the options of a link that can be found without a request."""
    found: dict[str, Fault] = {}
    for part in building(link, parts):
        message = _refusal(part, link)
        if message and message not in found:
            found[message] = Fault(message, tuple(_causes(part, link, message)))
    return list(found.values())


def _refusal(part: Part, link: Given) -> str | None:
    if not part.belongs_to(link):
        return None
    try:
        wanted = part.resource.desired(part.options(link))
        _FURTHER_CHECKS.get(part.module, lambda _wanted: None)(wanted)
    except Refusal as refusal:
        return str(refusal)
    return None


def _causes(part: Part, link: Given, message: str) -> Iterator[str]:
    """The options without which this message would not be reported."""
    for name in _OPTIONAL:
        value = link.get(name)
        if value is None or _refusal(part, {**link, name: None}) == message:
            continue
        if part.only_with.partition(".")[0] == name:
            yield part.only_with
            continue
        places = range(len(value)) if isinstance(value, list) else ()
        single = [place for place in places if _refusal(part, {**link, name: [*value[:place], *value[place + 1 :]]}) != message]
        yield from (f"{name}[{place}]" for place in single) if single else (name,)


_OPTIONAL = (
    "notification_email",
    "deletion_threshold",
    *(f"scope_{name}" for name in SCOPE),
    *MAPPING,
    *GROUPS,
    "share",
    "job_state",
    "job_wait",
)
"""The options of a link that can be left out."""

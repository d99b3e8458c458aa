# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A link: what it is made of, on which side, in which order, and with which options. Everything that is done with a whole link goes by
this table: the comparison, the judgement of its options, the roles (a test holds their tasks against it), and the table of a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..plan import Refusal, Resource
from . import configuration, job, partner, scope
from .mapping import filters
from .mapping import resource as mapping

Given = Mapping[str, Any]
"""A module's options, as a task gave them."""
SOURCE, TARGET = "source", "target"


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a task of the roles does for a link: the module, in which tenant, and that module's options by those of the link."""

    module: str
    side: str
    registered: str
    """The name under which the roles keep the module's result."""
    takes: Mapping[str, str]
    """Options of the module that are options of the link, by name; ``target.tenant_id`` is a member of one."""
    says: Mapping[str, Any]
    """Options of the module that are the same for every link."""
    told_of_debt: bool = False
    """Whether it must know of a restart that the steps before it owe: each of them records it, and the last one makes it."""

    def options(self, link: Given, restart_owed: bool = False) -> dict[str, Any]:
        """The module's options for a link."""
        own = link if self.side == SOURCE else link["target"]
        place = {"tenant_id": own["tenant_id"], "cloud": own["cloud"]}
        taken = {name: _member(link, where) for name, where in self.takes.items()}
        return {**place, **taken, **self.says, **({"restart_owed": restart_owed} if self.told_of_debt else {})}


@dataclass(frozen=True, kw_only=True)
class Part(Step):
    """A step that builds a link, with the resource by which it can be compared."""

    resource: Resource[Any, Any]


def _member(link: Given, where: str) -> Any:
    value: Any = link
    for name in where.split("."):
        value = value.get(name)
    return value


SCOPE = ("mode", "users", "groups", "exact", "allow_empty", "max_removals", "max_removal_percent")
"""The options that say who is synchronized: those of the link begin with ``scope_``."""
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
"""The options that say what of people is synchronized: those of the link are named as those of the module."""

_FOUND = {"name": "configuration", "target_tenant_id": "target.tenant_id", "adopt": "adopt", "others": "others"}

BUILDING = (
    Part(
        module="cross_tenant_policy",
        side=TARGET,
        registered="target_tenant_policy",
        takes={"partner_tenant_id": "tenant_id", "partner_cloud": "cloud"},
        says={"user_sync_inbound": True, "redemption_inbound": True, "state": "present"},
        resource=partner.RESOURCE,
    ),
    Part(
        module="cross_tenant_policy",
        side=SOURCE,
        registered="source_tenant_policy",
        takes={"partner_tenant_id": "target.tenant_id", "partner_cloud": "target.cloud"},
        says={"redemption_outbound": True, "state": "present"},
        resource=partner.RESOURCE,
    ),
    Part(
        module="sync_configuration",
        side=SOURCE,
        registered="source_tenant_configuration",
        takes={
            **_FOUND,
            "target_cloud": "target.cloud",
            "notification_email": "notification_email",
            "deletion_threshold": "deletion_threshold",
        },
        says={"test_connection": True, "manage_multitenant": False, "state": "present"},
        resource=configuration.RESOURCE,
    ),
    # What is synchronized comes before who is, so that no user is in scope before the filter is.
    Part(
        module="sync_mapping",
        side=SOURCE,
        registered="source_tenant_mapping",
        takes={"configuration": "configuration", **{name: name for name in MAPPING}},
        says={"exact": False, "reset": False, "restart_job": False},
        resource=mapping.RESOURCE,
    ),
    Part(
        module="sync_scope",
        side=SOURCE,
        registered="source_tenant_scope",
        takes={"configuration": "configuration", **{name: f"scope_{name}" for name in SCOPE}},
        says={"restart_job": False, "full_result": False, "state": "present"},
        told_of_debt=True,
        resource=scope.RESOURCE,
    ),
    # The job is last, and makes the restart that the others owe.
    Part(
        module="sync_job",
        side=SOURCE,
        registered="source_tenant_job",
        takes={"configuration": "configuration", "state": "job_state", "wait": "job_wait"},
        says={"wait_timeout": 0, "acknowledge_full": False},
        told_of_debt=True,
        resource=job.RESOURCE,
    ),
)
"""The parts of a link, in the order in which it is built."""

DEPROVISION = Step(
    module="sync_deprovision",
    side=SOURCE,
    registered="source_tenant_deprovision",
    takes={
        "configuration": "configuration",
        "others": "others",
        "target": "target",
        "deletion_threshold": "deletion_threshold",
        "source_domains": "source_domains",
    },
    says={},
)
"""The step before the removal, where the users that were synchronized must go first."""

REMOVAL = (
    Step(
        module="sync_configuration",
        side=SOURCE,
        registered="source_tenant_configuration",
        takes=_FOUND,
        says={"test_connection": True, "manage_multitenant": False, "state": "absent"},
    ),
    Step(
        module="cross_tenant_policy",
        side=SOURCE,
        registered="source_tenant_policy",
        takes={"partner_tenant_id": "target.tenant_id"},
        says={"inherit": ["redemption_outbound"], "state": "absent"},
    ),
    # The source sees whom the switches still serve; the target cannot.
    Step(
        module="cross_tenant_policy",
        side=TARGET,
        registered="target_tenant_policy",
        takes={"partner_tenant_id": "tenant_id"},
        says={"inherit": ["user_sync_inbound", "redemption_inbound"], "state": "absent"},
    ),
)
"""The steps by which a link is removed, in their order."""


IN_SOURCE = tuple(part for part in BUILDING if part.side == SOURCE)
IN_TARGET = tuple(part for part in BUILDING if part.side == TARGET)

_CLOSER: dict[str, Callable[[Any], None]] = {
    # A job may know more operators than the documented ones; then the comparison with it decides.
    "sync_mapping": lambda wanted: filters.check(wanted.filters or [], (), {}),
}
"""What else can be judged of what a part wants, without the service."""


@dataclass(frozen=True)
class Fault:
    """A refusal that needs no look at the service, and the options it comes from: ``filters``, or ``filters[0]`` of several."""

    said: str
    options: tuple[str, ...]


def judge(link: Given, parts: Sequence[Part]) -> list[Fault]:
    """What is wrong with a link's options, as far as they alone show. Nothing is sent."""
    found: dict[str, Fault] = {}
    for part in parts:
        said = _refusal(part, link)
        if said and said not in found:
            found[said] = Fault(said, tuple(_causes(part, link, said)))
    return list(found.values())


def _refusal(part: Part, link: Given) -> str | None:
    try:
        wanted = part.resource.desired(part.options(link))
        _CLOSER.get(part.module, lambda _wanted: None)(wanted)
    except Refusal as refusal:
        return str(refusal)
    return None


def _causes(part: Part, link: Given, said: str) -> Iterator[str]:
    """The options without which the same would not be said."""
    for name in _OPTIONAL:
        value = link.get(name)
        if value is None or _refusal(part, {**link, name: None}) == said:
            continue
        places = range(len(value)) if isinstance(value, list) else ()
        single = [place for place in places if _refusal(part, {**link, name: [*value[:place], *value[place + 1 :]]}) != said]
        yield from (f"{name}[{place}]" for place in single) if single else (name,)


_OPTIONAL = (
    "notification_email",
    "deletion_threshold",
    *(f"scope_{name}" for name in SCOPE),
    *MAPPING,
    "job_state",
    "job_wait",
)
"""The options of a link that can be left out."""

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What is wanted of the mappings: the options understood, and refused where no service is needed to see that they are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...plan import Refusal
from .. import clouds
from . import filters, schema
from .default_schema import MATCHING, SOFT_DELETED
from .expression import LONGEST, Canonical, ExpressionError, constant_source, parse, shortened
from .types import Filters, MappingRow, Schema

PROTECTED = (MATCHING, SOFT_DELETED)
"""Joining people and carrying deletions over hang on these two (fact sheet 4.3)."""
UNWRITABLE = {
    "proxyAddresses": "the target tenant computes it",
    "otherMails": "the target tenant computes it",
    "targetAddress": "only Exchange writes it",
    "ExternalEmailAddress": "only Exchange writes it",
    "HiddenFromAddressListsEnabled": "only Exchange writes it; map showInAddressList instead",
}
"""What cannot be a target, and why (fact sheet 4.3)."""
CONSTANTS = {
    "userType": ("Member", "Guest"),
    "showInAddressList": ("true", "false"),
    "accountEnabled": ("true", "false"),
}
"""Targets that take these constants alone, in any case (fact sheet 4.3)."""


@dataclass(frozen=True)
class WantedMapping:
    """One mapping as it should be. Exactly one of the three sources is given, unless it should be absent."""

    target: str
    absent: bool = False
    source: str | None = None
    constant: str | None = None
    expression: str | None = None
    default: str | None = None
    apply: str | None = None

    @property
    def meaning(self) -> Canonical:
        """What the source means, whatever its spelling."""
        if self.source is not None:
            return ("attribute", self.source)
        if self.constant is not None:
            return ("constant", self.constant)
        return parse(self.expression or "")


@dataclass(frozen=True)
class Desired:
    """What is wanted. ``filters`` and ``target_actions`` ``None`` leave them alone."""

    tenant: str
    configuration: str
    mappings: tuple[WantedMapping, ...]
    filters: Filters | None = None
    target_actions: list[str] | None = None
    exact: bool = False
    reset: bool = False
    restore: Schema | None = None
    restart_job: bool = True


def desired(params: Mapping[str, Any]) -> Desired:
    """Understand the options.

    :raises Refusal: when a mapping contradicts itself, another one or the service's rules.
    """
    wanted_mappings = [_wanted_mapping(given) for given in params.get("mappings") or ()]
    wanted_mappings += [wanted_mapping for wanted_mapping in _presets(params) if wanted_mapping]
    targets = [one.target for one in wanted_mappings]
    twice = sorted({target for target in targets if targets.count(target) > 1})
    if twice:
        raise Refusal(f"{', '.join(twice)} is mapped more than once")
    if any(one.target == "manager" and not one.absent for one in wanted_mappings):
        clouds.require_feature(clouds.MANAGER, params["cloud"])
    actions = params.get("target_actions")
    if actions is not None and not actions:
        raise Refusal("target_actions is empty; name at least one of create, update and delete, or leave it out")
    return Desired(
        tenant=params["tenant_id"],
        configuration=params["configuration"],
        mappings=tuple(wanted_mappings),
        filters=None if params.get("filters") is None else filters.given(params["filters"]),
        target_actions=actions,
        exact=bool(params.get("exact")),
        reset=bool(params.get("reset")),
        restore=_backup(params.get("restore")),
        restart_job=params.get("restart_job", True),
    )


def _presets(params: Mapping[str, Any]) -> Sequence[WantedMapping | None]:
    suffix, company = params.get("display_name_suffix"), params.get("company_name")
    user_type, listed = params.get("user_type"), params.get("show_in_address_list")
    convert = {None: None, True: "always", False: "create_only"}[params.get("convert_existing")]
    return (
        WantedMapping("userType", constant=str(user_type).capitalize(), apply=convert) if user_type else None,
        WantedMapping("showInAddressList", constant=str(listed).lower()) if listed is not None else None,
        _suffixed(str(suffix)) if suffix else None,
        _sound(WantedMapping("companyName", constant=str(company)), "company_name") if company else None,
    )


def _suffixed(suffix: str) -> WantedMapping:
    quoted = suffix.replace("\\", "\\\\").replace('"', '\\"')
    return _sound(WantedMapping("displayName", expression=f'Append([displayName], "{quoted}")'), "display_name_suffix")


def _wanted_mapping(given: MappingRow) -> WantedMapping:
    target = str(given.get("target") or "").strip()
    if not target:
        raise Refusal("a mapping has no target; name the attribute in the target tenant")
    sources = [name for name in ("source", "constant", "expression") if given.get(name) is not None]
    for protected in PROTECTED:
        # Another case is no way around it.
        if target.lower() == protected.lower():
            raise Refusal(f"the mapping of {protected} must stay as the service made it; people are joined and removed by it")
    for unwritable, reason in UNWRITABLE.items():
        if target.lower() == unwritable.lower():
            raise Refusal(f"{unwritable} cannot be a target; {reason}")
    if given.get("state") == "absent":
        if sources:
            raise Refusal(f"the mapping of {target} is to be absent, so {sources[0]} does not go with it")
        return WantedMapping(target, absent=True)
    if len(sources) != 1:
        raise Refusal(f"the mapping of {target} needs exactly one of source, constant and expression")
    if given.get("source") is not None and not str(given["source"]).strip():
        raise Refusal(f"the source of the mapping of {target} is empty; name an attribute of the source tenant")
    wanted_mapping = WantedMapping(
        target, False, given.get("source"), given.get("constant"), given.get("expression"), given.get("default"), given.get("apply")
    )
    return _sound(wanted_mapping, f"the mapping of {target}")


def _sound(wanted_mapping: WantedMapping, where: str) -> WantedMapping:
    """The wanted mapping, if its expression or its constant can be one (fact sheet 4.2: 10,000 characters)."""
    allowed = CONSTANTS.get(wanted_mapping.target)
    if wanted_mapping.constant is not None and allowed and wanted_mapping.constant.lower() not in [one.lower() for one in allowed]:
        raise Refusal(f"{where}: {wanted_mapping.target} is {' or '.join(allowed)}, not {shortened(wanted_mapping.constant)}")
    if wanted_mapping.constant is not None and len(str(constant_source(wanted_mapping.constant)["expression"])) > LONGEST:
        raise Refusal(f"{where}: the constant is longer than the {LONGEST} characters that the service allows")
    if wanted_mapping.expression is None:
        return wanted_mapping
    try:
        parse(wanted_mapping.expression)
    except ExpressionError as error:
        if where == "display_name_suffix":
            raise Refusal(f"{where} cannot be used: with it the expression of the display name is not valid: {error}") from None
        raise Refusal(f"the expression {shortened(wanted_mapping.expression)} for {wanted_mapping.target} is not valid: {error}") from None
    return wanted_mapping


def _backup(given: Any) -> Schema | None:
    """A schema that can be put back.

    :raises Refusal: when it is none: the whole result of a run, for example.
    """
    if given is None:
        return None
    if isinstance(given, Mapping) and "synchronizationRules" not in given:
        if "backup" in given:
            empty = " (it is null there, because that run changed nothing)" if given["backup"] is None else ""
            raise Refusal(f"restore is the whole result of a run; give only its member backup{empty}")
        if "results" in given:
            raise Refusal("restore is the result of a loop; give the member backup of one of its results")
    problem = schema.problem(given) or (None if schema.user_mapping(given) else "it has no mapping of people")
    if problem:
        raise Refusal(f"restore is no backup that sync_mapping returned: {problem}")
    whole: Schema = given
    return whole

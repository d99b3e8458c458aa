# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The desired mappings: the options as data. Options that are wrong in every tenant are rejected here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...plan import Refusal
from .. import clouds
from ..group_kinds import ASSIGNED_ONLY
from . import filters, schema
from .default_schema import MATCHING, SOFT_DELETED
from .expression import MAX_LENGTH, Canonical, ExpressionError, constant_source, parse, shortened
from .types import Filters, MappingRow, Schema

PROTECTED = (MATCHING, SOFT_DELETED)
"""The service matches users by the first and carries deletions over by the second (facts F93, F94)."""
UNWRITABLE = {
    "proxyAddresses": "the target tenant computes it",
    "otherMails": "the target tenant computes it",
    "targetAddress": "only Exchange writes it",
    "ExternalEmailAddress": "only Exchange writes it",
    "HiddenFromAddressListsEnabled": "only Exchange writes it; map showInAddressList instead",
}
"""Attributes that cannot be a target, and the reason (fact F95)."""
CONSTANTS = {
    "userType": ("Member", "Guest"),
    "showInAddressList": ("true", "false"),
    "accountEnabled": ("true", "false"),
}
"""Target attributes that take only these constants, in upper or lower case (facts F92, F98)."""


@dataclass(frozen=True)
class WantedMapping:
    """A desired mapping. It has exactly one of the three sources, unless it is absent."""

    target: str
    absent: bool = False
    source: str | None = None
    constant: str | None = None
    expression: str | None = None
    default: str | None = None
    apply: str | None = None

    @property
    def meaning(self) -> Canonical:
        """The meaning of the source, independent of its spelling."""
        if self.source is not None:
            return ("attribute", self.source)
        if self.constant is not None:
            return ("constant", self.constant)
        return parse(self.expression or "")


@dataclass(frozen=True)
class Desired:
    """The desired state. ``None`` leaves ``filters`` or ``target_actions`` unchanged."""

    tenant: str
    configuration: str
    mappings: tuple[WantedMapping, ...]
    filters: Filters | None = None
    target_actions: list[str] | None = None
    exact: bool = False
    reset: bool = False
    restore: Schema | None = None
    restart_job: bool = True
    try_on: tuple[str, ...] = ()
    """The users of the source on whom the changed mappings are tried."""
    groups: bool | None = None
    """Whether groups are synchronized as well; ``None`` leaves it unchanged."""
    group_mappings: tuple[WantedMapping, ...] = ()
    scope_mode: str | None = None
    """The mode that a later task sets; ``None`` if the present one counts."""


def desired(params: Mapping[str, Any]) -> Desired:
    """The desired state that the options of ``sync_mapping`` describe.

    :raises Refusal: if a mapping contradicts itself, another mapping or the rules of the service.
    """
    wanted_mappings = [_wanted_mapping(given) for given in params.get("mappings") or ()]
    wanted_mappings += [wanted_mapping for wanted_mapping in _presets(params) if wanted_mapping]
    group_mappings = [_wanted_mapping(given, "group mapping") for given in params.get("group_mappings") or ()]
    for listed, where in ((wanted_mappings, ""), (group_mappings, " in group_mappings")):
        targets = [wanted_mapping.target for wanted_mapping in listed]
        twice = sorted({target for target in targets if targets.count(target) > 1})
        if twice:
            raise Refusal(f"{', '.join(twice)} is mapped more than once{where}")
    if params.get("groups") and params.get("scope_mode") == "all":
        raise Refusal(ASSIGNED_ONLY)
    if any(wanted_mapping.target == "manager" and not wanted_mapping.absent for wanted_mapping in wanted_mappings):
        clouds.require_feature(clouds.MANAGER, params["cloud"])
    actions = params.get("target_actions")
    if actions is not None and not actions:
        raise Refusal("target_actions is empty; name at least one of create, update and delete, or leave it out")
    return Desired(
        tenant=params["tenant_id"],
        configuration=params["configuration"],
        mappings=tuple(wanted_mappings),
        filters=None if params.get("filters") is None else filters.from_options(params["filters"]),
        target_actions=actions,
        exact=bool(params.get("exact")),
        reset=bool(params.get("reset")),
        restore=_backup(params.get("restore")),
        restart_job=params.get("restart_job", True),
        try_on=tuple(params.get("try_on") or ()),
        groups=params.get("groups"),
        group_mappings=tuple(group_mappings),
        scope_mode=params.get("scope_mode"),
    )


def _presets(params: Mapping[str, Any]) -> Sequence[WantedMapping | None]:
    suffix, company = params.get("display_name_suffix"), params.get("company_name")
    user_type, listed = params.get("user_type"), params.get("show_in_address_list")
    convert = {None: None, True: "always", False: "create_only"}[params.get("convert_existing")]
    return (
        WantedMapping("userType", constant=str(user_type).capitalize(), apply=convert) if user_type else None,
        WantedMapping("showInAddressList", constant=str(listed).lower()) if listed is not None else None,
        _suffixed(str(suffix)) if suffix else None,
        _checked(WantedMapping("companyName", constant=str(company)), "company_name") if company else None,
    )


def _suffixed(suffix: str) -> WantedMapping:
    quoted = suffix.replace("\\", "\\\\").replace('"', '\\"')
    return _checked(WantedMapping("displayName", expression=f'Append([displayName], "{quoted}")'), "display_name_suffix")


def _wanted_mapping(given: MappingRow, kind: str = "mapping") -> WantedMapping:
    target = str(given.get("target") or "").strip()
    if not target:
        raise Refusal(f"a {kind} has no target; name the attribute in the target tenant")
    sources = [name for name in ("source", "constant", "expression") if given.get(name) is not None]
    for protected in PROTECTED:
        # Names that differ only in case are rejected as well.
        if target.lower() == protected.lower():
            raise Refusal(f"the {kind} of {protected} must stay as the service created it; the service matches and removes users by it")
    for unwritable, reason in UNWRITABLE.items():
        if target.lower() == unwritable.lower():
            raise Refusal(f"{unwritable} cannot be a target; {reason}")
    if given.get("state") == "absent":
        if sources:
            raise Refusal(f"the {kind} of {target} is to be absent, so it cannot be combined with {sources[0]}")
        return WantedMapping(target, absent=True)
    if len(sources) != 1:
        raise Refusal(f"the {kind} of {target} needs exactly one of source, constant and expression")
    if given.get("source") is not None and not str(given["source"]).strip():
        raise Refusal(f"the source of the {kind} of {target} is empty; name an attribute of the source tenant")
    wanted_mapping = WantedMapping(
        target, False, given.get("source"), given.get("constant"), given.get("expression"), given.get("default"), given.get("apply")
    )
    return _checked(wanted_mapping, f"the {kind} of {target}")


def _checked(wanted_mapping: WantedMapping, where: str) -> WantedMapping:
    """The wanted mapping, unchanged.

    :raises Refusal: if its expression or its constant is not valid (fact F90: 10,000 characters).
    """
    allowed = CONSTANTS.get(wanted_mapping.target)
    if wanted_mapping.constant is not None and allowed and wanted_mapping.constant.lower() not in [value.lower() for value in allowed]:
        raise Refusal(f"{where}: {wanted_mapping.target} must be {' or '.join(allowed)}, not {shortened(wanted_mapping.constant)}")
    if wanted_mapping.constant is not None and len(str(constant_source(wanted_mapping.constant)["expression"])) > MAX_LENGTH:
        raise Refusal(f"{where}: the constant is longer than the {MAX_LENGTH} characters that the service allows")
    if wanted_mapping.expression is None:
        return wanted_mapping
    try:
        parse(wanted_mapping.expression)
    except ExpressionError as error:
        if where == "display_name_suffix":
            raise Refusal(f"{where} cannot be used, because it makes the expression of the display name invalid: {error}") from None
        raise Refusal(f"the expression {shortened(wanted_mapping.expression)} for {wanted_mapping.target} is not valid: {error}") from None
    return wanted_mapping


def _backup(given: Any) -> Schema | None:
    """The option ``restore``: a schema that can be written back.

    :raises Refusal: if it is not a schema, but the whole result of a task, for example.
    """
    if given is None:
        return None
    if isinstance(given, Mapping) and "synchronizationRules" not in given:
        if "backup" in given:
            empty = " (it is null, because that task changed nothing)" if given["backup"] is None else ""
            raise Refusal(f"restore is the whole result of a task; pass only its member backup{empty}")
        if "results" in given:
            raise Refusal("restore is the result of a loop; pass the member backup of one of its results")
    problem = schema.problem(given) or (None if schema.user_mapping(given) else "it has no mapping of users")
    if problem:
        raise Refusal(f"restore is not a backup that sync_mapping returned: {problem}")
    whole: Schema = given
    return whole

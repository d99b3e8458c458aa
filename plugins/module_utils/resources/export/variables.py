# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A configuration as the variables of a link. Pure functions.

A value is described only if the module that a run would use finds nothing to change in the state that was read: its own planner is asked.
What it would change, refuse or not understand becomes a note, and is left alone by a run, because a variable that is not set manages nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...graph.odata import is_id
from ...plan import Refusal
from ..mapping import filters, new_schema, schema
from ..mapping.default_schema import MATCHING, SOFT_DELETED, default_schema
from ..mapping.expression import source_meaning
from ..mapping.types import MappingRow, ObjectMapping, Row, Schema
from ..mapping.wanted import desired
from ..scope import Assignment
from .model import Described, SeenConfiguration

ORDER = (
    "configuration",
    "others",
    "user_type",
    "convert_existing",
    "show_in_address_list",
    "display_name_suffix",
    "company_name",
    "mappings",
    "filters",
    "target_actions",
    "scope_mode",
    "scope_users",
    "scope_groups",
    "scope_exact",
    "notification_email",
    "deletion_threshold",
    "job_state",
)
"""The variables that an export writes, in the order of the file."""

WOULD_CHANGE = "a run would change it"


def describe(found: SeenConfiguration, template: Schema | None, cloud: str) -> Described:
    """All variables of a configuration but its name. ``template`` is the schema of a new one; without it, the documented defaults count."""
    variables, notes = _scope(found)
    if found.notification_email:
        variables["notification_email"] = found.notification_email
    if found.deletion_threshold is not None:
        variables["deletion_threshold"] = found.deletion_threshold
    if found.job_state in ("started", "paused"):
        variables["job_state"] = found.job_state
    if found.schema is not None:
        mapped = _Mappings(found.schema, template or default_schema(), cloud)
        variables |= mapped.variables()
        notes += mapped.notes
    return Described({name: variables[name] for name in ORDER if name in variables}, tuple(notes))


def is_plain(name: str) -> bool:
    """Whether a name can be written as it is: it is one line without blanks around it, is no id, and no template."""
    return bool(name) and name == name.strip() and not is_id(name) and not is_template(name) and not any(map(_is_invisible, name))


def is_template(text: str) -> bool:
    """Whether Ansible would evaluate a text of a file."""
    return any(mark in text for mark in ("{{", "{%", "{#"))


def _is_invisible(letter: str) -> bool:
    """Whether a character controls how a text is shown, or ends a line, instead of being seen."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _scope(found: SeenConfiguration) -> tuple[dict[str, Any], list[str]]:
    """The mode and the assignments. The list is complete (``scope_exact``) only if a run would leave all assignments as they are."""
    names: dict[str, list[str]] = {"user": [], "group": []}
    notes: list[str] = []
    unnamed = False
    effective = {one.principal.id for one in found.assignments if one.role_id == found.role_id}
    for one in found.assignments:
        named = _name_of(one, found)
        if one.principal.id not in effective:
            notes.append(f"{one.principal} is assigned with a role that has no effect; it is not part of the scope, and stays as it is")
            unnamed = True
        elif named is None:
            notes.append(f"{one.principal} is assigned and no longer exists; the assignment stays as it is")
            unnamed = True
        elif one.role_id == found.role_id:
            names[one.principal.kind].append(named)
            if named != one.principal.name:
                notes.append(f"{named} is {one.principal}")
    listed = {f"scope_{kind}s": sorted(of_kind, key=lambda name: (name.casefold(), name)) for kind, of_kind in names.items() if of_kind}
    variables: dict[str, Any] = {"scope_mode": found.mode, **listed}
    if not unnamed and (listed or found.mode == "assigned"):
        # An empty list says that nobody is in scope.
        variables = {**variables, **({} if listed else {"scope_groups": []}), "scope_exact": True}
    return variables, notes


def _name_of(one: Assignment, found: SeenConfiguration) -> str | None:
    """The name by which a run finds an assigned user or group: its id if the name is not unique or cannot be written. ``None`` if it cannot
    be found.
    """
    principal = one.principal
    if principal.kind == "user":
        return principal.name if "@" in principal.name and is_plain(principal.name) else principal.id
    if principal.id not in found.existing:
        return None
    return principal.name if is_plain(principal.name) and principal.name.lower() not in found.ambiguous else principal.id


class _Mappings:
    """What the mappings of users differ in from those of a new configuration."""

    def __init__(self, found: Schema, template: Schema, cloud: str) -> None:
        self._schema = found
        self._template = template
        self._cloud = cloud
        self._users = schema.user_mapping(found)
        self.notes: list[str] = []

    def variables(self) -> dict[str, Any]:
        """The variables about mappings, filters and target actions."""
        template = schema.user_mapping(self._template)
        if self._users is None or template is None:
            self.notes.append("the job has no mapping of users; its mappings are not described")
            return {}
        variables = self._rows(self._users, template)
        variables |= self._filters(self._users)
        variables |= self._target_actions(self._users, template)
        if _rest(self._schema, self._users) != _rest(self._template, template):
            self.notes.append(
                "other rules of the schema, such as the mapping of groups or the built-in filter, differ from those of a new configuration; "
                "they stay as they are"
            )
        return variables

    def _rows(self, users: ObjectMapping, template: ObjectMapping) -> dict[str, Any]:
        now, new = schema.rows(users), schema.rows(template)
        variables: dict[str, Any] = {}
        mappings: list[MappingRow] = []
        for target, row in now.items():
            if target in (MATCHING, SOFT_DELETED) or row.get("matchingPriority"):
                if target not in new or schema.row_meaning(row) != schema.row_meaning(new[target]):
                    self.notes.append(f"the mapping of {target} differs from the default and cannot be managed; it stays as it is")
                continue
            same = target in new and schema.row_meaning(row) == schema.row_meaning(new[target])
            preset = self._preset(target, row, new.get(target))
            if preset:
                variables |= preset
            elif not same:
                mappings += self._mapping(target, row, new.get(target))
        for target in sorted(new.keys() - now.keys()):
            mappings += self._fitting(target, {"target": target, "state": "absent"})
        if mappings:
            variables["mappings"] = sorted(mappings, key=lambda mapping: mapping["target"])
        return variables

    def _preset(self, target: str, row: Row, new: Row | None) -> dict[str, Any]:
        """The row as a variable of its own, if there is one for it; else nothing."""
        meaning = source_meaning(row.get("source"))
        if meaning is None or row.get("defaultValue"):
            return {}
        flow = row.get("flowType") or schema.APPLY["always"]
        usual = (new or {}).get("flowType") or schema.APPLY["always"]
        for options in _presets(target, meaning, flow, usual):
            if self._unfit(options) is None:
                return options
        return {}

    def _mapping(self, target: str, row: Row, new: Row | None) -> list[MappingRow]:
        shown = schema.shown(row)
        if row.get("flowType") and shown.get("apply") not in schema.APPLY:
            self.notes.append(f"the mapping of {target} is applied as {row['flowType']}, which cannot be written; it stays as it is")
            return []
        if (new or {}).get("defaultValue") and not row.get("defaultValue"):
            shown["default"] = ""
        return self._fitting(target, shown)

    def _fitting(self, target: str, mapping: MappingRow) -> list[MappingRow]:
        """The mapping, if a run finds it as it is."""
        reason = self._unfit({"mappings": [mapping]})
        if reason is None:
            return [mapping]
        self.notes.append(f"the mapping of {target} cannot be described, and stays as it is: {reason}")
        return []

    def _filters(self, users: ObjectMapping) -> dict[str, Any]:
        found = filters.shown(users)
        if not found:
            return {}
        reason = self._unfit({"filters": found})
        if reason is None:
            return {"filters": found}
        self.notes.append(f"the filters cannot be described, and stay as they are: {reason}")
        return {}

    def _target_actions(self, users: ObjectMapping, template: ObjectMapping) -> dict[str, Any]:
        found = schema.flows(users)
        if found == schema.flows(template):
            return {}
        reason = self._unfit({"target_actions": found})
        if reason is None:
            return {"target_actions": found}
        self.notes.append(f"the target actions cannot be described, and stay as they are: {reason}")
        return {}

    def _unfit(self, options: Mapping[str, Any]) -> str | None:
        """Why these options do not describe the mappings; ``None`` if a run with them changes nothing."""
        try:
            wanted = desired({"tenant_id": "", "configuration": "", "cloud": self._cloud, **options})
            filters.check(wanted.filters or [], (), {})
            new = new_schema.new_schema(new_schema.Current("", self._schema, self._schema), wanted)
        except Refusal as refusal:
            return str(refusal)
        return None if schema.rules_meaning(new) == schema.rules_meaning(self._schema) else WOULD_CHANGE


def _presets(target: str, meaning: Sequence[Any], flow: str, usual: str) -> Iterator[dict[str, Any]]:
    """The variables of their own that can stand for a row. Most of them leave open when the mapping is applied, so it must be as usual."""
    kind, value = meaning[0], meaning[1]
    if target == "userType" and kind == "constant" and str(value).lower() in ("member", "guest"):
        if flow == schema.APPLY["always"]:
            yield {"user_type": str(value).lower(), "convert_existing": True}
        elif flow == schema.APPLY["create_only"]:
            yield {"user_type": str(value).lower()}
    if flow != usual:
        return
    if target == "showInAddressList" and kind == "constant" and str(value).lower() in ("true", "false"):
        yield {"show_in_address_list": str(value).lower() == "true"}
    if target == "companyName" and kind == "constant" and value and value == value.strip():
        yield {"company_name": value}
    if target == "displayName" and kind == "function" and len(meaning[2]) == 2:
        (first, _name, *_rest_of_first), (second, suffix, *_rest_of_second) = meaning[2]
        if (first, second) == ("attribute", "constant") and suffix.strip():
            yield {"display_name_suffix": suffix}


def _rest(whole: Schema, users: ObjectMapping) -> Any:
    """The meaning of a schema without what variables can describe."""
    only: dict[str, Any] = {
        **users,
        "attributeMappings": [],
        "flowTypes": "",
        "scope": {"inputFilterGroups": (users.get("scope") or {}).get("inputFilterGroups")},
    }
    groups = schema.group_mapping(whole)

    def rest(mapping: ObjectMapping) -> Any:
        # Whether groups are synchronized is a variable.
        return only if mapping is users else {**mapping, "enabled": None} if mapping is groups else mapping

    rules = [
        {**rule, "objectMappings": [rest(mapping) for mapping in rule.get("objectMappings") or ()]}
        for rule in whole.get("synchronizationRules") or ()
    ]
    stripped: Any = {**whole, "synchronizationRules": rules}
    return schema.rules_meaning(stripped)

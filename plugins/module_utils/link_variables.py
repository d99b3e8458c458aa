# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The variables of a link: all names that the roles and playbooks know, what each may hold, and which option it becomes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .option_values import UNCHECKED, judged, nearest
from .options import CONNECTION, FILTERS, MAPPINGS


@dataclass(frozen=True)
class Variable:
    """What a variable may hold, as an argument spec says it, and the options it becomes, by module."""

    about: Mapping[str, Any]
    options: Mapping[str, str] = field(default_factory=dict)
    checked_as: str | None = None
    """The option whose rules hold, for a variable that becomes none."""

    @property
    def option(self) -> str:
        """The option whose forms and rules hold."""
        return self.checked_as or next(iter(self.options.values()), UNCHECKED)


def _of_link(option: str, about: Mapping[str, Any], **others: str) -> Variable:
    """A variable that the comparison of the whole link takes, too."""
    return Variable(about, {"link_info": option, **others})


_TEXT = {"type": "str"}
_BOOL = {"type": "bool"}
_TEXTS = {"type": "list", "elements": "str"}
_INT = {"type": "int"}


def _one_of(*choices: str) -> dict[str, Any]:
    return {"type": "str", "choices": list(choices)}


VARIABLES: dict[str, Variable] = {
    "link_source": Variable(_TEXT),
    "link_target": Variable(_TEXT),
    "link_configuration": _of_link("configuration", _TEXT),
    "link_adopt": _of_link("adopt", _BOOL),
    "link_others": _of_link("others", _TEXTS, sync_deprovision="others"),
    "link_state": Variable(_one_of("present", "absent")),
    "link_compare": Variable(_BOOL),
    "link_preflight": Variable(_BOOL),
    "link_preflight_strict": Variable(_BOOL),
    "link_preflight_switches": Variable(_one_of("report", "require"), {"preflight_info": "switches"}),
    "link_preflight_purpose": Variable(_one_of("apply", "plan"), {"preflight_info": "purpose"}),
    "link_scope_mode": _of_link("scope_mode", _one_of("assigned", "all")),
    "link_scope_users": _of_link("scope_users", _TEXTS),
    "link_scope_groups": _of_link("scope_groups", _TEXTS),
    "link_scope_exact": _of_link("scope_exact", _BOOL),
    "link_scope_allow_empty": _of_link("scope_allow_empty", _BOOL),
    "link_scope_max_removals": _of_link("scope_max_removals", _INT),
    "link_scope_max_removal_percent": _of_link("scope_max_removal_percent", _INT),
    "link_user_type": _of_link("user_type", _one_of("member", "guest")),
    "link_show_in_address_list": _of_link("show_in_address_list", _BOOL),
    "link_convert_existing": _of_link("convert_existing", _BOOL),
    "link_display_name_suffix": _of_link("display_name_suffix", _TEXT),
    "link_company_name": _of_link("company_name", _TEXT),
    "link_mappings": _of_link("mappings", MAPPINGS),
    "link_filters": _of_link("filters", FILTERS),
    "link_target_actions": _of_link("target_actions", {**_TEXTS, "choices": ["create", "update", "delete"]}),
    "link_notification_email": _of_link("notification_email", _TEXT),
    "link_deletion_threshold": _of_link("deletion_threshold", _INT, sync_deprovision="deletion_threshold"),
    "link_job_state": _of_link("job_state", _one_of("started", "paused"), sync_job="state"),
    "link_job_wait": _of_link("job_wait", _one_of("first_cycle", "steady", "idle"), sync_job="wait"),
    "link_job_wait_timeout": Variable(_INT, {"sync_job": "wait_timeout"}),
    "link_users": Variable(_one_of("keep", "deprovision")),
    "link_deprovision_timeout": Variable(_INT, {"sync_deprovision": "wait_timeout"}),
    "link_verify_users": _of_link("verify_users", _TEXTS),
    "link_source_domains": _of_link("source_domains", _TEXTS, sync_deprovision="source_domains"),
}

OWN = "link_own_variables"
"""Lists what else of a site's own begins with ``link_``."""
OWN_KEYS = "tenants_own_keys"
"""Lists what else of a site's own is in an entry of ``tenants``."""
NOTES = "notes"
"""The member of an entry of ``tenants`` that may hold anything."""

_LIKE_OURS = re.compile(r"link[_-]", re.IGNORECASE)
CONNECTION_NAMES = frozenset(name for option, about in CONNECTION.items() for name in (option, *about.get("aliases", ())))


def like_ours(names: Iterable[str]) -> list[str]:
    """Those that begin as the variables of a link do, or nearly so."""
    return [name for name in names if isinstance(name, str) and _LIKE_OURS.match(name)]


def unknown(names: Iterable[str], own: Iterable[str]) -> list[str]:
    """A sentence for each name that begins with ``link_``, is none of ours, and is not listed as the site's own."""
    allowed = {*VARIABLES, OWN, *own}
    return [
        f"there is no variable {name}{nearest(name, VARIABLES) or f'; list it in {OWN} if it is your own'}"
        for name in sorted(like_ours(names))
        if name not in allowed
    ]


def value_of(name: str, raw: Any) -> tuple[Any, list[str]]:
    """The value of one of our variables, and what is wrong with it."""
    variable = VARIABLES[name]
    return judged(variable.option, variable.about, raw, name)


def options_of(module: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a module that the variables become."""
    return {variable.options[module]: values[name] for name, variable in VARIABLES.items() if module in variable.options and name in values}


def named(text: str, module: str) -> str:
    """A text about options of a module, said of variables."""
    variables = {variable.options[module]: name for name, variable in VARIABLES.items() if module in variable.options}
    return re.sub(r"\b[a-z_]+\b", lambda word: variables.get(word[0], word[0]), text)


def strange_keys(tenant: str, keys: Iterable[str], own: Iterable[str]) -> list[str]:
    """A sentence for each member of an entry of ``tenants`` that is no connection option and no note. Shows no value."""
    listed = set(own)
    found = []
    for key in sorted(str(name) for name in keys):
        if key in CONNECTION_NAMES or key == NOTES:
            continue
        close = nearest(key, CONNECTION_NAMES, 0.85 if key in listed else 0.6)
        if close or key not in listed:
            remedy = "" if close else f"; what you note of a tenant belongs into tenants.{tenant}.{NOTES}, or its name into {OWN_KEYS}"
            found.append(f"tenants.{tenant}.{key} is no connection option{close or remedy}")
    return found


def no_entry(tenant: str, variable: str, entries: Iterable[str]) -> str:
    """Why a tenant of a link is not known."""
    known = sorted(str(name) for name in entries)
    there = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    return f"tenants has no entry {tenant} ({variable}); there are {there or 'none'}{nearest(tenant, known)}"


def names_in(raw: Any, variable: str) -> tuple[list[str], list[str]]:
    """The names in a list of the site's own, and what is wrong with it."""
    names, faults = judged(UNCHECKED, _TEXTS, raw, variable)
    return names or [], faults

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The variables of a link: the names that the roles and playbooks accept, their types, and the options that they become."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import checks
from .likeness import nearest
from .specs import CONNECTION, IMPACT, LINK, PROTECTED, SIZING
from .values import UNCHECKED, checked


@dataclass(frozen=True)
class Variable:
    """``about`` is the type of a variable, as in an argument spec; ``options`` are the options that it becomes, by module."""

    about: Mapping[str, Any]
    options: Mapping[str, str] = field(default_factory=dict)


_TEXT = {"type": "str"}
_BOOL = {"type": "bool"}
_TEXTS = {"type": "list", "elements": "str"}
_INT = {"type": "int"}
_PATH = {"type": "path"}


def _choice(*choices: str) -> dict[str, Any]:
    return {"type": "str", "choices": list(choices)}


_IN_ADDRESS_BOOK = ("address_book_info", "address_book_visibility")
_ALSO: dict[str, dict[str, str]] = {
    "scope_max_removals": dict.fromkeys(("sync_deprovision", "watch_info"), "max_removals"),
    "scope_max_removal_percent": dict.fromkeys(("sync_deprovision", "watch_info"), "max_removal_percent"),
    "configuration": dict.fromkeys(("address_book_info", "person_info", "watch_info"), "configuration"),
    "others": {"sync_deprovision": "others"},
    "deletion_threshold": {"sync_deprovision": "deletion_threshold"},
    "source_domains": dict.fromkeys(("sync_deprovision", *_IN_ADDRESS_BOOK, "watch_info"), "source_domains"),
    "protected_importance": {"preflight_info": "protected_importance"},
    "groups": {"preflight_info": "group_sync"},
    "verify_users": {"address_book_info": "must_be_listed"},
    "job_state": {"sync_job": "state"},
    "job_wait": {"sync_job": "wait"},
}
"""Options of other modules that are set by the same variable as the option of ``link_info``."""


def _of_link(option: str, about: Mapping[str, Any]) -> Variable:
    """The variable of an option of ``link_info``. It has no default, because a variable that is not set becomes no option."""
    held = {key: value for key, value in about.items() if key not in ("required", "default")}
    judged = {module: option for module, spec in (("impact_info", IMPACT), ("sizing_info", SIZING)) if option in spec}
    return Variable(held, {"link_info": option, **judged, **_ALSO.get(option, {})})


def _of_protection(option: str, about: Mapping[str, Any]) -> Variable:
    """The variable of an option of the modules that judge the impact on users."""
    held = {key: value for key, value in about.items() if key != "default"}
    return Variable(held, {**dict.fromkeys(("impact_info", "sync_deprovision", "watch_info"), option), **_ALSO.get(option, {})})


VARIABLES: dict[str, Variable] = {
    "link_source": Variable(_TEXT),
    "link_target": Variable(_TEXT),
    **{f"link_{option}": _of_link(option, about) for option, about in LINK.items()},
    **{f"link_{option}": _of_protection(option, about) for option, about in PROTECTED.items()},
    "link_state": Variable(_choice("present", "absent")),
    "link_compare": Variable(_BOOL),
    "link_preflight": Variable(_BOOL),
    "link_preflight_strict": Variable(_BOOL, {"preflight_info": "strict"}),
    "link_preflight_switches": Variable(_choice("report", "require"), {"preflight_info": "switches"}),
    "link_preflight_purpose": Variable(_choice("apply", "plan"), {"preflight_info": "purpose"}),
    "link_job_wait_timeout": Variable(_INT, {"sync_job": "wait_timeout"}),
    "link_strangers": Variable(_choice("report", "fail")),
    "link_users": Variable(_choice("keep", "deprovision")),
    "link_deprovision_timeout": Variable(_INT, {"sync_deprovision": "wait_timeout"}),
    "link_address_book": Variable(_choice("report", "mend", "off")),
    "link_verify_max_unlisted": Variable(_INT, {"address_book_info": "max_unlisted"}),
    "link_global_address_list": Variable(_TEXT, dict.fromkeys((*_IN_ADDRESS_BOOK, "person_info"), "global_address_list")),
    "link_person": Variable(_TEXT, {"person_info": "user"}),
    "link_address_book_max_changes": Variable(_INT, {"address_book_visibility": "max_changes"}),
    "link_address_book_commands_path": Variable(_PATH, {"address_book_visibility": "commands_path"}),
}

OWN = "link_own_variables"
"""The variable that lists the site's own variables whose names begin with ``link_``."""
TEARDOWN = "link_teardown"
"""The variable that names the links which the playbook teardown may remove. It is about a run, so no role takes it."""
OWN_KEYS = "tenants_own_keys"
"""The variable that lists the site's own members of the entries of ``tenants``."""
NOTES = "notes"
"""The member of an entry of ``tenants`` that can have any value."""

_LINK_PREFIX = re.compile(r"link[_-]", re.IGNORECASE)
CONNECTION_NAMES = frozenset(name for option, about in CONNECTION.items() for name in (option, *about.get("aliases", ())))


def with_link_prefix(names: Iterable[str]) -> list[str]:
    """The names that begin with ``link_`` or ``link-``, in upper or lower case."""
    return [name for name in names if isinstance(name, str) and _LINK_PREFIX.match(name)]


def unknown(names: Iterable[str], own: Iterable[str]) -> list[str]:
    """A message for each name that begins with ``link_``, is not a variable of a link, and is not listed as the site's own."""
    allowed = {*VARIABLES, OWN, TEARDOWN, *own}
    return [no_variable(name, nearest(name, (*VARIABLES, TEARDOWN))) for name in sorted(with_link_prefix(names)) if name not in allowed]


def no_variable(name: str, close: str) -> str:
    """The message about an unknown variable. ``close`` is the result of `nearest`."""
    return f"there is no variable {name}{close or f'; list it in {OWN} if it is your own'}"


def value_of(name: str, raw: Any) -> tuple[Any, list[str]]:
    """The value of a variable of the link, and the messages about its faults."""
    variable = VARIABLES[name]
    # The forms and checks of the first option apply. A variable that becomes no option only has those of its type.
    option = next(iter(variable.options.values()), name)
    return checked(option, variable.about, raw, name)


def options_of(module: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a module that the variables become. ``values`` are by variable."""
    return {variable.options[module]: values[name] for name, variable in VARIABLES.items() if module in variable.options and name in values}


def named(text: str, module: str) -> str:
    """A text about options of a module, with the names of the variables instead of the options."""
    variables = {variable.options[module]: name for name, variable in VARIABLES.items() if module in variable.options}
    return re.sub(r"\b[a-z_]+\b", lambda word: variables.get(word[0], word[0]), text)


def unknown_keys(tenant: str, keys: Iterable[str], own: Iterable[str]) -> list[str]:
    """A message for each member of an entry of ``tenants`` that is neither a connection option nor a note. It contains no value."""
    listed = set(own)
    found = []
    for key in sorted(map(str, keys)):
        if key in CONNECTION_NAMES or key == NOTES:
            continue
        close = nearest(key, CONNECTION_NAMES, 0.85 if key in listed else 0.6)
        if close or key not in listed:
            remedy = "" if close else f"; put your own notes into tenants.{tenant}.{NOTES}, or list the name in {OWN_KEYS}"
            found.append(f"tenants.{tenant}.{key} is not a connection option{close or remedy}")
    return found


def connection_of(tenant: str, given: Mapping[str, Any], spec: Mapping[str, Any], files: bool) -> tuple[dict[str, Any], list[str]]:
    """The connection options in the members of an entry of ``tenants``, and the messages about their faults, which contain no value.

    ``files``: whether the files that options name are on this machine.
    """
    values, faults = {}, []
    for option, about in spec.items():
        for name in (name for name in (option, *about.get("aliases", ())) if name in given):
            plain = option if files or about["type"] != "path" else UNCHECKED
            value, found = checked(plain, about, given[name], f"tenants.{tenant}.{name}", shows=False)
            faults += found
            if value is not None or "fallback" in about:
                # An empty value is not replaced from the environment, which may contain the value of another tenant.
                values[option] = value
    return values, faults


def no_tenant_id(tenant: str) -> str:
    """The message about an entry of ``tenants`` without ``tenant_id``."""
    return f"tenants.{tenant}.tenant_id is missing; the roles read it by this name, not by an alias"


def no_entry(tenant: str, variable: str, entries: Iterable[str]) -> str:
    """The message about a link whose tenant has no entry."""
    known = sorted(map(str, entries))
    listed = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    entries_text = f"the entries are: {listed}" if known else "there are no entries"
    return f"tenants has no entry {checks.named(tenant)} ({variable}); {entries_text}{nearest(tenant, known)}"


def is_template(value: Any) -> bool:
    """Whether a value is a text that Ansible evaluates."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def is_literal(value: Any) -> bool:
    """Whether a value is known before anything is evaluated: it is neither a template nor encrypted, and contains neither."""
    if isinstance(value, Mapping):
        return all(map(is_literal, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(is_literal, value))
    return (value is None or isinstance(value, (str, int, float))) and not is_template(value)


def names_in(raw: Any, variable: str) -> tuple[list[str], list[str]]:
    """The names in a list of the site's own names, and the messages about its faults."""
    names, faults = checked(UNCHECKED, _TEXTS, raw, variable)
    return names or [], faults

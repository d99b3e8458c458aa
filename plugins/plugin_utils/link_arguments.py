# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Validates the variables of a link in the controller, before the first request."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.odata import is_id
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.vault import Vault
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import link_variables
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import OWN, OWN_KEYS, is_template
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION, TARGET
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.values import blank
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import link
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.rivals import Link, rivals
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import connection_fault
from ansible_collections.entra.cross_tenant_sync.plugins.modules import link_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import is_vaulted, plain

GROUP = "links"
"""The group of the inventory hosts that are links."""
SIDES = ("link_source", "link_target")
SIGNS_IN = {"source_tenant": ("link_source",), "target_tenant": ("link_target",)}
"""The tenants that a role signs in to, if it is not both."""
PARTS = {"source_tenant": link.IN_SOURCE, "target_tenant": link.IN_TARGET}
REQUIRED: Mapping[str, tuple[str, ...]] = {"target_tenant": (), "person": ("link_configuration", "link_person")}
"""The variables that a role needs apart from the two tenants, if it is not the configuration alone."""
WITH_SHARING = "_sharing"
"""The end of the names of the files of tasks for a link whose tenants share something. Other links have no task for it."""
THRESHOLDS = ("must_be_listed", "max_unlisted")
"""The options of ``address_book_info`` by which the role ``verify`` fails. No other role does."""
_PARTNER = {name: about for name, about in CONNECTION.items() if name in ("tenant_id", "cloud")}
"""The connection options that a role uses of a tenant to which it does not sign in."""


class _Unreadable(Exception):
    """A value that cannot be read. Its text is the fault."""


@dataclass(frozen=True)
class LinkHost:
    """The inventory host of a link: its raw variables, and the function that evaluates them."""

    name: str
    variables: Mapping[str, Any]
    template: Callable[[Any], Any]
    role: str | None = None
    here: bool = True
    """Whether the modules will run on this machine, so that files and libraries can be checked."""
    state: str | None = None
    """Takes precedence over ``link_state``."""
    entries: dict[Hashable, tuple[dict[str, Any], list[str]]] = field(default_factory=dict)
    """The connection options in entries of ``tenants``, and the messages about them. Hosts that share it validate an entry once."""

    def value(self, name: str, raw: Any) -> Any:
        """The value of a variable or member.

        :raises _Unreadable: if it cannot be evaluated. The text does not contain the value, which may be a secret.
        """
        if _needs_no_template(raw):
            return raw
        try:
            found = self.template(raw)
            return str(found) if is_vaulted(found) else found
        except AnsibleError as error:
            undefined = re.search(r"'\w+' is undefined", str(error))
            reason = undefined[0] if undefined else "check whether every variable in it is defined"
            raise _Unreadable(f"{name} is a template that cannot be evaluated: {reason}") from None


def _needs_no_template(raw: Any) -> bool:
    """Whether a value certainly contains no template and no vaulted value."""
    if raw is None or isinstance(raw, (bool, int, float)):
        return True
    if isinstance(raw, str):
        return type(raw).__name__ in _TEXTS and "{" not in raw
    if isinstance(raw, Mapping):
        return all(_needs_no_template(name) and _needs_no_template(value) for name, value in raw.items())
    return isinstance(raw, (list, tuple)) and all(map(_needs_no_template, raw))


_TEXTS = ("str", "_AnsibleTaggedStr", "AnsibleUnicode")
"""The types of texts that ansible-core reads from an inventory."""


def validate_link(host: LinkHost, rivals_of_host: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """The result of the action."""
    return examine(host, rivals_of_host)[0]


def examine(host: LinkHost, rivals_of_host: Callable[[], Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result of the action, and the validated options of ``link_info``, which are empty for a link that is invalid or must not exist."""
    faults: list[str] = []
    params: dict[str, Any] = {}
    secrets: set[str] = set()
    values = _values(host, faults)
    entries = {side: _entry(host, side, values[side], faults, secrets) for side in SIDES if side in values}
    state = host.state or values.get("link_state", "present")
    book = _address_book(values, entries)
    if not faults and state == "present":
        contradictions, params = _contradictions(host, values, entries)
        faults += [*contradictions, *_address_book_faults(host, values, book), *_strangers_faults(values)]
    other_links = rivals_of_host() if not faults else {}
    faults += other_links.get("conflicts", ())
    if faults:
        msg = f"Link {host.name}: {'; '.join(fault.rstrip('.') for fault in faults)}. Nothing was changed."
        return remove_values({"failed": True, "msg": msg}, secrets), {}
    others = list(dict.fromkeys((*values.get("link_others", ()), *other_links.get("others", ()))))
    kept = {} if state == "present" else _kept_sharing(values, other_links)
    present = state == "present"
    preflight = present and values.get("link_preflight", True)
    sharing = sharing_sides(values)
    deprovision = not present and values.get("link_users") == "deprovision"
    tasks = _tasks(host.role, present, preflight, deprovision, book, sharing)
    result = {
        "changed": False,
        "state": state,
        "compare": present and values.get("link_compare", True),
        "preflight": preflight,
        "tasks": tasks,
        "judged": _judged(host, tasks, values) if present else tasks,
        "building": _in_tenants(present, sharing),
        "deprovision": deprovision,
        "sharing": sharing,
        "others": others,
        "ansible_facts": {
            "cross_tenant_sync_others": others,
            **_options(host.role, {**values, **kept}, others, book),
            **_files(host.role, present, sharing),
        },
    }
    return result, {**params, "others": others} if params else {}


def sharing_sides(values: Mapping[str, Any]) -> list[str]:
    """The sides of a link whose tenants share something with the other one."""
    share = values.get("link_share") or {}
    return [side.removeprefix("link_") for side in SIDES if share.get(side.removeprefix("link_")) is not None]


def _kept_sharing(values: Mapping[str, Any], other_links: Mapping[str, Any]) -> dict[str, Any]:
    """The features that a removal leaves: those that the variable names, and those that other links still want."""
    given, wanted = values.get("link_share_keep") or {}, other_links.get("share_keep") or {}
    kept = {side: sorted({*(given.get(side) or ()), *wanted.get(side, ())}) for side in (*given, *wanted)}
    return {"link_share_keep": kept} if kept else {}


def _in_tenants(present: bool, sharing: Sequence[str]) -> str:
    """The file of tasks of the playbook sync that works in both tenants."""
    return f"{'present' if present else 'absent'}{WITH_SHARING if sharing else ''}"


def _files(role: str | None, present: bool, sharing: Sequence[str]) -> dict[str, Any]:
    """The fact with the files of tasks of the roles of the two tenants, where tasks that are the same for all links select them."""
    if role not in (None, *PARTS):
        return {}
    return {
        "cross_tenant_sync_tasks": {side: _in_tenants(present, [side] if side in sharing else []) for side in (link.SOURCE, link.TARGET)}
    }


@dataclass(frozen=True)
class AddressBook:
    """What is done about the address book of the target: ``report``, ``mend`` or ``off``."""

    mode: str
    exchange: bool
    """Whether Exchange may be asked."""
    source: str | None
    """The id of the source tenant, if it is named by its id."""


def _address_book(values: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]) -> AddressBook:
    exchange = bool(entries.get("link_target", {}).get("exchange"))
    source = str(entries.get("link_source", {}).get("tenant_id"))
    return AddressBook(values.get("link_address_book", "report" if exchange else "off"), exchange, source if is_id(source) else None)


def _address_book_faults(host: LinkHost, values: Mapping[str, Any], book: AddressBook) -> list[str]:
    """The variables that have no effect because Exchange may not be asked, and what is missing to mend."""
    if not _signs_in(host, "link_target"):
        return []
    if book.exchange:
        if book.mode != "mend" or book.source or values.get("link_source_domains"):
            return []
        entry = f"tenants.{values['link_source']}.tenant_id"
        return [f"link_address_book is mend, but {entry} is a domain; set it to the tenant's id, or set link_source_domains"]
    rule = f"Exchange is asked only for a tenant with exchange: true; set it in tenants.{values['link_target']}"
    faults = [f"link_address_book is mend, but {rule}, or use report"] if book.mode == "mend" else []
    if "link_verify_max_unlisted" in values and values.get("link_address_book") != "off":
        faults.append(f"link_verify_max_unlisted is set, but {rule}, or set link_address_book to off")
    return faults


def _strangers_faults(values: Mapping[str, Any]) -> list[str]:
    if values.get("link_strangers") != "fail" or values.get("link_compare", True):
        return []
    rule = "strangers are searched for where links are compared; set link_compare to true, or link_strangers to report"
    return [f"link_strangers is fail, but link_compare is false: {rule}"]


def _tasks(role: str | None, present: bool, preflight: bool, deprovision: bool, book: AddressBook, sharing: Sequence[str]) -> str:
    """The next file of tasks, of the role or of the playbook sync."""
    shares = WITH_SHARING if sharing and role is None else ""
    if role in PARTS and role.removesuffix("_tenant") in sharing:
        shares = WITH_SHARING
    if not present and deprovision and role in (None, "source_tenant"):
        # The role of the source removes the sharing after the users.
        return f"deprovision{shares if role is None else ''}"
    if not present:
        return f"absent{shares}"
    if role == "address_book":
        return book.mode
    if role == "verify" and book.mode != "off":
        return "address_book"
    return "present_after_preflight" if preflight and role is None else f"present{shares}"


def _judged(host: LinkHost, tasks: str, values: Mapping[str, Any]) -> str:
    """The file of tasks that judges the impact on users before those of ``tasks``. The role of the source tenant needs no way to sign in to
    the target: then it is judged from the source alone.
    """
    if host.role is None:
        return f"judged_{tasks.removesuffix(WITH_SHARING)}"
    if host.role != "source_tenant":
        return tasks
    spec, tenant = TARGET["options"], values["link_target"]
    try:
        given = _given(host, tenant, _raw_entry(host, "link_target", tenant), spec)
    except _Unreadable:
        return "judged_alone"
    options, faults = link_variables.connection_of(tenant, given, spec, files=host.here)
    return "judged_alone" if faults or connection_fault(_completed(spec, options)) else "judged"


def _options(role: str | None, values: Mapping[str, Any], others: list[str], book: AddressBook) -> dict[str, Any]:
    """The facts with the options of ``link_info``, and of ``person_info``, ``address_book_info`` and ``address_book_visibility`` where they
    follow.

    Where the role ``verify`` asks Exchange, Exchange alone decides whether a user is listed: Entra shows what is wished (fact F155).
    """
    link_options = {**link_variables.options_of("link_info", values), "others": others}
    if role == "person":
        return {"cross_tenant_sync_link": link_options, "cross_tenant_sync_person": link_variables.options_of("person_info", values)}
    if role == "watch":
        return {"cross_tenant_sync_watch": link_variables.options_of("watch_info", values)}
    if role == "report":
        # Without an answer of Exchange, the directories still say who has arrived.
        exchange = {} if book.exchange and book.mode != "off" else {"exchange": False}
        return {
            "cross_tenant_sync_address_book": {**_except(THRESHOLDS, link_variables.options_of("address_book_info", values)), **exchange}
        }
    if role in (None, "source_tenant"):
        sizing = {"cross_tenant_sync_sizing": link_variables.options_of("sizing_info", values)} if role is None else {}
        impact = link_variables.options_of("impact_info", values)
        return {"cross_tenant_sync_link": link_options, "cross_tenant_sync_impact": impact, **sizing}
    if role not in ("verify", "address_book") or book.mode == "off":
        return {"cross_tenant_sync_link": link_options}
    book_options = link_variables.options_of("address_book_info", values)
    by_exchange = book.exchange and role == "verify"
    facts = {
        "cross_tenant_sync_link": _except(("verify_users",) if by_exchange else (), link_options),
        "cross_tenant_sync_address_book": _except(() if by_exchange else THRESHOLDS, book_options),
    }
    if role == "address_book" and book.mode == "mend":
        source = {"source_tenant_id": book.source} if book.source else {}
        facts["cross_tenant_sync_mend"] = {**source, **link_variables.options_of("address_book_visibility", values)}
    return facts


def _except(names: Iterable[str], options: Mapping[str, Any]) -> dict[str, Any]:
    unused = set(names)
    return {name: value for name, value in options.items() if name not in unused}


def _values(host: LinkHost, faults: list[str]) -> dict[str, Any]:
    """The valid values of the variables of the link that are set."""
    values = {}
    required = (*SIDES, *REQUIRED.get(host.role or "", ("link_configuration",)))
    for name in link_variables.VARIABLES:
        value, wrong = _value(host, name)
        faults += wrong
        if value is not None:
            values[name] = value
        elif not wrong and name in required:
            faults.append(f"{name} is missing")
    try:
        own, wrong = link_variables.names_in(host.value(OWN, host.variables.get(OWN)), OWN)
    except _Unreadable as unreadable:
        own, wrong = [], [str(unreadable)]
    faults += [*wrong, *link_variables.unknown(host.variables, own)]
    return values


def _value(host: LinkHost, name: str) -> tuple[Any, list[str]]:
    raw = host.variables.get(name)
    if raw is None:
        return None, []
    try:
        return link_variables.value_of(name, host.value(name, raw))
    except _Unreadable as unreadable:
        return None, [str(unreadable)]


def _entry(host: LinkHost, side: str, tenant: str, faults: list[str], secrets: set[str]) -> dict[str, Any]:
    """The valid connection options of a tenant of the link."""
    try:
        entry = _raw_entry(host, side, tenant)
        own, wrong = link_variables.names_in(host.value(OWN_KEYS, host.variables.get(OWN_KEYS)), OWN_KEYS)
        signs_in = _signs_in(host, side)
        spec = CONNECTION if signs_in else _PARTNER
        given = _given(host, tenant, entry, spec)
    except _Unreadable as unreadable:
        faults.append(str(unreadable))
        return {}
    secrets |= {str(given[name]) for name in _SECRET if not blank(given.get(name))}
    key = (side, tenant, signs_in, host.here, repr(sorted(given.items())))
    if key not in host.entries:
        host.entries[key] = _connection(side, tenant, given, signs_in, host.here)
    values, found = host.entries[key]
    faults += [*link_variables.unknown_keys(tenant, entry, own), *wrong, *found]
    return values


def connection_to(host: LinkHost, tenant: str) -> tuple[dict[str, Any], list[str], set[str]]:
    """The completed connection options of an entry of ``tenants``, the messages about its faults, and its secrets. The host is no link."""
    try:
        entry = _raw_entry(host, "tenants", tenant)
        own, wrong = link_variables.names_in(host.value(OWN_KEYS, host.variables.get(OWN_KEYS)), OWN_KEYS)
        given = _given(host, tenant, entry, CONNECTION)
    except _Unreadable as unreadable:
        return {}, [str(unreadable)], set()
    secrets = {str(given[name]) for name in _SECRET if not blank(given.get(name))}
    values, faults = _connection("sign-in", tenant, given, True, host.here)
    found = [*link_variables.unknown_keys(tenant, entry, own), *wrong, *faults]
    return ({} if found else _completed(CONNECTION, values)), found, secrets


def identity(host: LinkHost) -> dict[str, Any]:
    """Which link a host is, also if it is invalid: ``source`` and ``target``, each with ``name`` and ``tenant_id``, ``configuration`` and
    ``state``. A text that cannot be evaluated is empty.
    """
    found: dict[str, Any] = {"configuration": _text(host, "link_configuration", host.variables) or None}
    for side in SIDES:
        name = _text(host, side, host.variables)
        try:
            entry = _raw_entry(host, side, name)
        except _Unreadable:
            entry = {}
        found[side.removeprefix("link_")] = {"name": name, "tenant_id": _text(host, "tenant_id", entry)}
    return {**found, "state": host.state or _text(host, "link_state", host.variables) or "present"}


def _text(host: LinkHost, name: str, members: Mapping[str, Any]) -> str:
    try:
        value = host.value(name, members.get(name))
    except _Unreadable:
        return ""
    return "" if blank(value) else str(value).strip()


def plain_secrets(variables: Mapping[str, Any]) -> set[str]:
    """The secrets that stand in ``tenants`` as they are. Those behind templates and vaults are not evaluated."""
    entries = variables.get("tenants")
    given = [entry for entry in entries.values() if isinstance(entry, Mapping)] if isinstance(entries, Mapping) else []
    values = [entry.get(name) for entry in given for name in _SECRET]
    return {str(value) for value in values if type(value).__name__ in _TEXTS and not blank(value) and not is_template(value)}


def _connection(side: str, tenant: str, given: Mapping[str, Any], signs_in: bool, here: bool) -> tuple[dict[str, Any], list[str]]:
    """The connection options in an entry, and the messages about their faults."""
    # A file is checked on the machine where the module runs.
    values, wrong = link_variables.connection_of(tenant, given, CONNECTION if signs_in else _PARTNER, files=here)
    if blank(given.get("tenant_id")):
        wrong = [*wrong, link_variables.no_tenant_id(tenant)]
    if not wrong and signs_in and here:
        fault = connection_fault(_completed(CONNECTION, values))
        wrong = [f"tenants.{tenant} ({side}), tenant {values['tenant_id']}: {fault}"] if fault else []
    return values, wrong


def _signs_in(host: LinkHost, side: str) -> bool:
    """Whether the role signs in to this tenant of the link."""
    return side in SIGNS_IN.get(host.role or "", SIDES)


def _raw_entry(host: LinkHost, side: str, tenant: str) -> Mapping[str, Any]:
    """The entry as it is in the inventory: each member can still be a template.

    :raises _Unreadable: if there is no entry.
    """
    entries = _untemplated(host, "tenants", host.variables.get("tenants"))
    if not isinstance(entries, Mapping):
        what = "there is no variable tenants" if blank(entries) else "the variable tenants is not a dictionary"
        raise _Unreadable(f"{what}; it maps the short name of a tenant to its connection options")
    if tenant not in entries:
        raise _Unreadable(link_variables.no_entry(tenant, f"{side} of link {host.name}", entries))
    entry = _untemplated(host, f"tenants.{tenant}", entries[tenant])
    if not isinstance(entry, Mapping):
        raise _Unreadable(f"tenants.{tenant} ({side}) must be a dictionary of connection options")
    return entry


def _untemplated(host: LinkHost, name: str, raw: Any) -> Any:
    return host.value(name, raw) if isinstance(raw, str) else raw


def _given(host: LinkHost, tenant: str, entry: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are used. Each member can be a template, so only these are evaluated."""
    names = (name for option, about in spec.items() for name in (option, *about.get("aliases", ())) if name in entry)
    return {name: host.value(f"tenants.{tenant}.{name}", entry[name]) for name in names}


_SECRET = [name for option, about in CONNECTION.items() if about.get("no_log") for name in (option, *about.get("aliases", ()))]


def _completed(spec: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, completed with the defaults and with the values from the environment."""
    completed: dict[str, Any] = ArgumentSpecValidator(dict(spec)).validate(dict(values)).validated_parameters
    return completed


def _contradictions(
    host: LinkHost, values: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]
) -> tuple[list[str], dict[str, Any]]:
    """The contradictions between the values, or between them and the rules of the service, and the validated options of ``link_info``."""
    source, target = (entries[side] for side in SIDES)
    if source["tenant_id"].casefold() == target["tenant_id"].casefold():
        return [f"link_source and link_target are the same tenant, {source['tenant_id']}; a link needs two tenants"], {}
    given = plain({"configuration": "-", **source, "target": target, **link_variables.options_of("link_info", values)})
    checked = _validator().validate(given)
    if checked.error_messages:
        return [link_variables.named(message, "link_info") for message in checked.error_messages], {}
    parts = PARTS.get(host.role or "", (*link.IN_TARGET, *link.IN_SOURCE))
    return [_named_by_variables(fault) for fault in link.faults_of(checked.validated_parameters, parts)], checked.validated_parameters


@functools.cache
def _validator() -> ArgumentSpecValidator:
    return ArgumentSpecValidator(link_info.OPTIONS.argument_spec(), **link_info.OPTIONS.rules)


def _named_by_variables(fault: link.Fault) -> str:
    where = ", ".join(link_variables.named(option, "link_info") for option in fault.options)
    return f"{where or ', '.join(SIDES)}: {fault.message}"


def play_of(task: Any) -> str:
    """What identifies the play of a task within a run."""
    return str(getattr(getattr(task, "play", None), "_uuid", ""))


def keep_rivals(found: Mapping[str, Any], play: str, state: str | None, run_cache: RunCache) -> None:
    """Record the result of `rivals` for the tasks of a play. ``state`` is what they pass for all of its links."""
    run_cache.keep(found, "rivals", play, str(state))


def removed_hosts(variables: Mapping[str, Any], state: str | None) -> frozenset[str]:
    """The links that this play removes, whatever their variables say: they want nothing any more."""
    return frozenset(variables.get("ansible_play_hosts_all", ())) if state == "absent" else frozenset()


def rivals_of_inventory(hosts: Mapping[str, Any], play: str, state: str | None, run_cache: RunCache, vault: Vault) -> Mapping[str, Any]:
    """`rivals_by_host` of all links of the inventory, also of those that ``--limit`` excludes, by ``hosts``, which are the variables of a task.

    The first host of a play compares all links; the others read its result. ``state`` is what the tasks pass for all links of the play.
    """
    names = link_hosts(hosts)
    if len(names) < 2:
        return {}
    key = ("rivals", play, str(state))
    with vault.exclusive(*key):
        found: Mapping[str, Any] | None = run_cache.recall(*key)
        if found is None:
            hostvars = hosts["hostvars"]
            found = rivals_by_host(names, hostvars.raw_get, hostvars.__getitem__, removed_hosts(hosts, state))
            keep_rivals(found, play, state, run_cache)
    return found


def link_hosts(variables: Mapping[str, Any]) -> list[str]:
    """All links of the inventory, also those that ``--limit`` excludes."""
    return list(dict.fromkeys((*variables["groups"].get(GROUP, ()), *variables.get("ansible_play_hosts_all", ()))))


def inventory_links(
    hosts: Iterable[str], raw_of: Callable[[str], Any], templated: Callable[[str], Any], removed: Collection[str] = ()
) -> list[Link]:
    """The links of these hosts. ``raw_of`` is cheap, so ``templated`` is only called if a value is a template. Those that are ``removed``
    count as links that must not exist.
    """
    found = [link for host in hosts for link in _link_of(host, raw_of(host), functools.partial(templated, host))]
    return [dataclasses.replace(link, absent=True) if link.host in removed else link for link in found] if removed else found


def rivals_by_host(
    hosts: Iterable[str], raw_of: Callable[[str], Any], templated: Callable[[str], Any], removed: Collection[str] = ()
) -> Mapping[str, Any]:
    """`rivals` of the hosts of an inventory, as by `inventory_links`."""
    return rivals(inventory_links(hosts, raw_of, templated, removed))


def _link_of(host: str, raw: Any, templated: Callable[[], Any]) -> Iterator[Link]:
    """The link of a host; nothing if it cannot be read, which its own check reports."""

    def text(name: str) -> str:
        value = raw.get(name)
        return "" if blank(value) else str(templated()[name] if is_template(value) else value).strip()

    try:
        sides = [_identity(text(side), raw, templated) for side in SIDES]
        name, mode, state = (text(variable) for variable in ("link_configuration", "link_scope_mode", "link_state"))
        filters = templated().get("link_filters") if mode == "all" else None
        others = _others(raw.get("link_others"), templated)
        groups, share = (_read(variable, raw.get(variable), templated) for variable in ("link_groups", "link_share"))
        names = (text("link_source"), text("link_target"))
    except (AnsibleError, AttributeError, KeyError, TypeError):
        return
    if all(sides) and name:
        filters_text = "" if blank(filters) or filters == [] else json.dumps(filters, sort_keys=True, default=str)
        wished = {"groups": groups, "share": {side: wish for side, wish in (share or {}).items() if wish}, "names": names}
        yield Link(host, sides[0], sides[1], name, mode == "all", filters_text, state == "absent", others, **wished)


def _read(variable: str, raw: Any, templated: Callable[[], Any]) -> Any:
    """The value of a variable; ``None`` if it is not set or invalid, which its own check reports."""
    if raw is None:
        return None
    return link_variables.value_of(variable, raw if _needs_no_template(raw) else templated()[variable])[0]


def _others(raw: Any, templated: Callable[[], Any]) -> tuple[str, ...]:
    if raw is None:
        return ()
    members = raw if isinstance(raw, list) else [raw]
    return tuple(link_variables.value_of("link_others", templated()["link_others"] if any(map(is_template, members)) else raw)[0] or ())


def _identity(tenant: str, raw: Any, templated: Callable[[], Any]) -> str:
    entries = raw.get("tenants")
    entries = templated()["tenants"] if is_template(entries) else entries
    entry = entries.get(tenant) if isinstance(entries, Mapping) else None
    named = entry.get("tenant_id") if isinstance(entry, Mapping) else None
    if is_template(entry) or is_template(named):
        named = templated()["tenants"][tenant]["tenant_id"]
    return str(named or tenant).strip().casefold()

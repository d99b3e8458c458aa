# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What the lookup plugins share, in the controller: they take options like a task, and end with its messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import cloud
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.discovery import owner_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.odata import is_id
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.transport import Transport, Trust
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import incomplete
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import checks
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.forms import understand
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.values import checked
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import synced_user
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import explain
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import plain, run_in_worker, secrets_in

NAMES = Options({"names": {"type": "list", "elements": "str", "required": True}}, writes=False)
"""The options of the lookup ``synced_user``: how to reach and sign in to the target, and its terms as ``names``."""
REACH: Mapping[str, Any] = {
    name: CONNECTION[name] for name in ("cloud", "login_endpoint", "ca_path", "validate_certs", "proxy", "connect_timeout", "timeout")
}
"""The options of the lookup ``tenant_id``: the public document needs no credential."""


class LookupFault(Exception):
    """Why a lookup has no result. The text is a sentence without secrets."""


def require_libraries() -> None:
    """Check the libraries of the controller's Python.

    :raises LookupFault: if one is missing.
    """
    missing = incomplete()
    if missing:
        raise LookupFault(
            f"the Python library {missing.name} is missing in the controller; install requirements.txt of this collection there"
        )


def _texts(terms: Iterable[Any]) -> Iterator[Any]:
    """The terms; a list among them stands for its members."""
    for term in terms:
        yield from _texts(term) if isinstance(term, (list, tuple)) else [plain(term)]


# The tenant of a domain ----------------------------------------------------------------------------------------------


def tenant_ids(domains: Iterable[Any], given: Mapping[str, Any], run_cache: RunCache) -> list[str]:
    """The ids of the tenants that own these domains. Each is asked for once in a run.

    :raises LookupFault: if a domain belongs to no tenant, or cannot be looked up.
    """
    require_libraries()
    params = _validated(REACH, given)
    try:
        place = cloud.choose(params["cloud"], params["login_endpoint"])
        timeouts = float(params["timeout"]), float(params["connect_timeout"])
        transport = Transport(Trust(params["ca_path"], params["validate_certs"], *timeouts, params["proxy"]), (place.login_endpoint,))
        return [_tenant_id(domain, place, transport, run_cache) for domain in _texts(domains)]
    except GraphFailure as failure:
        raise LookupFault(_hidden(explain(failure), REACH, params)) from None


def _tenant_id(domain: Any, place: cloud.Cloud, transport: Transport, run_cache: RunCache) -> str:
    name, faults = checked("tenant_id", CONNECTION["tenant_id"], domain, "the domain")
    if faults or name is None:
        raise LookupFault("; ".join(faults) or "the domain is empty")
    if is_id(name):
        return str(name).lower()
    key = ("tenant id", place.login_endpoint, str(name).lower())
    known: str | None = run_cache.recall(*key)
    found = known or owner_of(str(name), place, transport)
    if found is None:
        raise LookupFault(f"the domain {name} belongs to no tenant of {place.login_endpoint}; check its spelling and the cloud")
    if not known:
        run_cache.keep(found, *key)
    return found


def _validated(spec: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    understood = understand(spec, plain(given))
    found = ArgumentSpecValidator(dict(spec)).validate(understood.args)
    params: dict[str, Any] = found.validated_parameters
    wrong = understood.wrong or (found.error_messages[0] if found.error_messages else checks.wrong(params))
    if wrong:
        raise LookupFault(_hidden(str(wrong), spec, {**given, **params}))
    return params


def _hidden(text: str, spec: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    hidden: str = remove_values(text, set(secrets_in(spec, given)))
    return hidden


# The user of a source's name -----------------------------------------------------------------------------------------


def synced_users(names: Iterable[Any], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The users of the target whom these names of the source mean. ``given`` are the connection options of the target.

    :raises LookupFault: if a name means nobody or several users, or if the target cannot be asked.
    """
    require_libraries()
    wanted = [_name(name) for name in _texts(names)]
    answer = run_in_worker("synced_user", synced_user.BY_NAME, NAMES, {**given, "names": wanted}, True, _silent)
    if answer.get("failed"):
        raise LookupFault(str(answer["msg"]))
    return [answer["users"][name] for name in wanted]


def _name(term: Any) -> str:
    name, faults = checked("user", {"type": "str"}, term, "the name")
    if faults or name is None:
        raise LookupFault("; ".join(faults) or "a name is empty; give the user principal names of users in the source")
    return str(name)


def _silent(_message: str) -> None:
    """A lookup reports no progress."""

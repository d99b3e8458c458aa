# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graph's query options over lists of dictionaries: $select, $filter, $orderby, $top, $count and paging (facts F27, F28)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from . import properties, shapes
from .call import Call, Reply
from .errors import bad_request
from .filters import (
    ADVANCED,
    AUDIT_OPERATORS,
    AUDIT_PATHS,
    DIRECTORY_ADVANCED,
    DIRECTORY_ALTERNATIVES,
    DIRECTORY_OPERATORS,
    LOG_OPERATORS,
    Rules,
    compile_filter,
)
from .search import compile_search
from .state import GraphObject

MAXIMUM_PAGE = 999
ONLY_ADVANCED_SEARCH = (
    "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'"
)


@dataclass(frozen=True)
class Kind:
    """A Graph type as it is served: its properties, and what its collections may be asked."""

    name: str
    entity_set: str
    properties: frozenset[str]
    default: tuple[str, ...] = ()
    """What is served without $select; everything when empty."""
    collections: frozenset[str] = frozenset()
    rules: Rules = field(default_factory=lambda: Rules("", frozenset(), frozenset()))
    key: str = "id"
    searchable: frozenset[str] = frozenset()
    """What $search finds (F287)."""
    directory: bool = True
    """Whether $count and $orderby with $filter need advanced query parameters."""

    @property
    def type_name(self) -> str:
        return f"microsoft.graph.{self.name}"

    @cached_property
    def spelling(self) -> dict[str, str]:
        """The properties by their names in lower case."""
        return {name.casefold(): name for name in self.properties}


def _directory_kind(name: str, entity_set: str, names: frozenset[str], **more: Any) -> Kind:
    rules = Rules(f"microsoft.graph.{name}", names, DIRECTORY_OPERATORS, DIRECTORY_ADVANCED, most_alternatives=DIRECTORY_ALTERNATIVES)
    return Kind(name, entity_set, names, rules=rules, **more)


def _log_kind(name: str, entity_set: str, names: frozenset[str]) -> Kind:
    # Values are compared case-sensitively in the logs (F124).
    return Kind(name, entity_set, names, rules=Rules(f"microsoft.graph.{name}", names, LOG_OPERATORS, ignore_case=False), directory=False)


def _role_kind(name: str, entity_set: str, names: frozenset[str], operators: set[str]) -> Kind:
    rules = Rules(f"microsoft.graph.{name}", names, frozenset(operators))
    return Kind(name, f"roleManagement/directory/{entity_set}", names, rules=rules, directory=False)


USER = _directory_kind(
    "user",
    "users",
    properties.USER,
    default=properties.USER_DEFAULT,
    collections=properties.USER_COLLECTIONS,
    searchable=frozenset({"displayName", "givenName", "mail", "mailNickname", "surname", "userPrincipalName"}),
)
GROUP = _directory_kind(
    "group",
    "groups",
    properties.GROUP,
    default=properties.GROUP_DEFAULT,
    collections=properties.GROUP_COLLECTIONS,
    searchable=frozenset({"description", "displayName", "mail", "mailNickname"}),
)
APPLICATION = _directory_kind("application", "applications", properties.APPLICATION, searchable=frozenset({"displayName"}))
SERVICE_PRINCIPAL = _directory_kind(
    "servicePrincipal", "servicePrincipals", properties.SERVICE_PRINCIPAL, searchable=frozenset({"displayName"})
)
ASSIGNMENT = _directory_kind("appRoleAssignment", "appRoleAssignments", properties.ASSIGNMENT)
CONTACT = _directory_kind("orgContact", "contacts", properties.CONTACT)
ORGANIZATION = _directory_kind("organization", "organization", properties.ORGANIZATION)
ORGANIZATION_BETA = _directory_kind("organization", "organization", properties.ORGANIZATION_BETA)
ROLE_ASSIGNMENT = _role_kind("unifiedRoleAssignment", "roleAssignments", properties.ROLE_ASSIGNMENT, {"eq", "in", "and", "or"})
ROLE_DEFINITION = _role_kind("unifiedRoleDefinition", "roleDefinitions", properties.ROLE_DEFINITION, {"eq", "in", "and", "or"})
ROLE_ELIGIBILITY = _role_kind(
    "unifiedRoleEligibilityScheduleInstance", "roleEligibilityScheduleInstances", properties.ROLE_ELIGIBILITY, {"eq", "ne", "and", "or"}
)
OWNED = Kind(
    "directoryObject", "directoryObjects", properties.GROUP | properties.APPLICATION | properties.SERVICE_PRINCIPAL, default=("id",)
)
SKU = _directory_kind("subscribedSku", "subscribedSkus", properties.SKU)
DOMAIN = _directory_kind("domain", "domains", properties.DOMAIN)
APPLICATION_TEMPLATE = _directory_kind("applicationTemplate", "applicationTemplates", properties.APPLICATION_TEMPLATE)
PARTNER = Kind(
    "crossTenantAccessPolicyConfigurationPartner",
    "policies/crossTenantAccessPolicy/partners",
    properties.PARTNER,
    rules=Rules(
        "microsoft.graph.crossTenantAccessPolicyConfigurationPartner", properties.PARTNER, frozenset({"eq", "ne", "in", "and", "or", "not"})
    ),
    key="tenantId",
    directory=False,
)
CAPABILITY = Kind(
    "m365CapabilityBase",
    "m365Capabilities",
    properties.CAPABILITY,
    rules=Rules("microsoft.graph.m365CapabilityBase", properties.CAPABILITY, frozenset({"eq", "ne", "in", "and", "or", "not"})),
    key="name",
    directory=False,
)
PROVISIONING = _log_kind("provisioningObjectSummary", "auditLogs/provisioning", properties.PROVISIONING)
PROVISIONING_BY_ID = replace(
    PROVISIONING, rules=replace(PROVISIONING.rules, properties=properties.PROVISIONING - {"provisioningAction", "provisioningStatusInfo"})
)
"""The same, if only the ids of an entry and its time can be asked for (F185)."""
DIRECTORY_AUDIT = Kind(
    "directoryAudit",
    "auditLogs/directoryAudits",
    properties.DIRECTORY_AUDIT,
    rules=Rules("microsoft.graph.directoryAudit", properties.DIRECTORY_AUDIT, AUDIT_OPERATORS, ignore_case=False, paths=AUDIT_PATHS),
    directory=False,
)

SYNCHRONIZATION_JOB = Kind("synchronizationJob", "jobs", properties.SYNCHRONIZATION_JOB, directory=False)
SYNCHRONIZATION_TEMPLATE = Kind("synchronizationTemplate", "templates", properties.SYNCHRONIZATION_TEMPLATE, directory=False)
SYNCHRONIZATION_SCHEMA = Kind("synchronizationSchema", "schema", properties.SYNCHRONIZATION_SCHEMA, directory=False)
DIRECTORY_DEFINITION = Kind("directoryDefinition", "directories", properties.DIRECTORY_DEFINITION, directory=False)
FILTER_OPERATOR = Kind("filterOperatorSchema", "filterOperators", properties.FILTER_OPERATOR, directory=False)
FUNCTION = Kind("attributeMappingFunctionSchema", "functions", properties.FUNCTION, directory=False)

SINGLE = frozenset({"$select"})
SEARCH = frozenset({"$search"})
COUNTED = frozenset({"$filter", "$search"})
LIST = frozenset({"$select", "$filter", "$orderby", "$top", "$count", "$skiptoken"})
LISTED = frozenset({"$select", "$top", "$skip", "$count", "$skiptoken"})
"""What lists of the synchronization service may be asked for (F289)."""
PAGED = frozenset({"$top", "$count", "$skiptoken", "$select"})


def selected(call: Call, kind: Kind) -> tuple[str, ...]:
    """The names in $select, checked; empty without it."""
    text = call.request.query.get("$select")
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name != "*" and name.casefold() not in kind.spelling and not name.startswith("extension_"):
            raise bad_request(
                f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type '{kind.type_name}'.",
                "BadRequest",
            )
    return () if "*" in names else tuple(kind.spelling.get(name.casefold(), name) for name in names)


def view(kind: Kind, item: GraphObject, names: Iterable[str] = ()) -> GraphObject:
    """`item` as it is served: no internals; the named properties, or the type's default ones."""
    wanted = tuple(names) or kind.default
    if not wanted:
        return {name: value for name, value in item.items() if not name.startswith("_")}
    return {name: item.get(name, [] if name in kind.collections else None) for name in wanted}


def in_beta(kind: Kind) -> Kind:
    """The type as beta has it (F303)."""
    if kind.name not in shapes.BETA:
        return kind
    names = shapes.properties(kind.name, kind.properties)
    return replace(kind, properties=names, rules=replace(kind.rules, properties=shapes.properties(kind.name, kind.rules.properties)))


def of_version(call: Call, kind: Kind, item: GraphObject) -> GraphObject:
    """An entity as the version that was asked has it; those of mixed collections carry their type."""
    own: Kind = item.get("_kind", kind)
    if not call.beta or own.name not in shapes.BETA:
        return item
    shaped = shapes.shaped(own.name, item)
    return {**shaped, "_kind": in_beta(own)} if "_kind" in item else shaped


def entity(call: Call, kind: Kind, item: GraphObject, names: Iterable[str] = ()) -> GraphObject:
    """An entity inside of an answer."""
    return view(in_beta(kind) if call.beta else kind, of_version(call, kind, item), names)


def single(call: Call, kind: Kind, item: GraphObject, extra: Mapping[str, Any] | None = None, context: str | None = None) -> Reply:
    """The answer that is one entity."""
    item, kind = of_version(call, kind, item), in_beta(kind) if call.beta else kind
    names = selected(call, kind)
    suffix = f"({','.join(names)})" if names else ""
    shown = call.context(context or f"{kind.entity_set}{suffix}/$entity")
    return Reply(200, {"@odata.context": shown, **view(kind, item, names), **(extra or {})})


def filtered(call: Call, kind: Kind, items: list[GraphObject]) -> list[GraphObject]:
    """`items` after $filter and $orderby."""
    query = call.request.query
    advanced = call.advanced and query.get("$count") == "true"
    if "$search" in query:
        if not call.advanced:
            raise bad_request(ONLY_ADVANCED_SEARCH, "Request_UnsupportedQuery")
        items = list(filter(compile_search(query["$search"], kind.searchable, kind.type_name), items))
    text = query.get("$filter")
    if text is not None:
        predicate = compile_filter(text, kind.rules, advanced)
        items = [item for item in items if predicate(item)]
    order = query.get("$orderby")
    if order is None:
        return items
    if kind.directory and text is not None and not advanced:
        raise bad_request("Sorting not supported for current query.", "Request_UnsupportedQuery")
    return _ordered(kind, items, order)


def _ordered(kind: Kind, items: list[GraphObject], order: str) -> list[GraphObject]:
    for part in reversed(order.split(",")):
        words = part.split()
        name = words[0] if words else ""
        direction = words[1].lower() if len(words) > 1 else "asc"
        if name not in kind.properties or len(words) > 2 or direction not in ("asc", "desc"):
            raise bad_request(f"Could not find a property named '{name}' on type '{kind.type_name}'.", "BadRequest")
        items = sorted(items, key=lambda item, by=name: _sortable(item.get(by)), reverse=direction == "desc")  # type: ignore[misc]
    return items


def _sortable(value: Any) -> tuple[int, str]:
    return (0, "") if value is None else (1, str(value).casefold())


def count(call: Call, kind: Kind, items: list[GraphObject]) -> Reply:
    """The answer of ``/$count``: a number as text."""
    if kind.directory and not call.advanced:
        raise bad_request("$count is not currently supported.", "Request_BadRequest")
    items, kind = [of_version(call, kind, item) for item in items], in_beta(kind) if call.beta else kind
    query = call.request.query
    if "$search" in query:
        items = list(filter(compile_search(query["$search"], kind.searchable, kind.type_name), items))
    if "$filter" in query:
        items = list(filter(compile_filter(query["$filter"], kind.rules, call.advanced), items))
    return Reply(200, str(len(items)), {"Content-Type": "text/plain"})


def collection(call: Call, kind: Kind, items: Iterable[GraphObject], typed: bool = False, context: str | None = None) -> Reply:
    """The answer that is a page of entities; `typed` adds ``@odata.type`` for collections of directory objects."""
    served_items, kind = [of_version(call, kind, item) for item in items], in_beta(kind) if call.beta else kind
    found = filtered(call, kind, served_items)
    names = selected(call, kind)
    start, size = _window(call, kind, found)
    page = found[start : start + size]
    suffix = f"({','.join(names)})" if names else ""
    body: dict[str, Any] = {"@odata.context": call.context(context or f"{kind.entity_set}{suffix}")}
    shown = _empty_pages_shown(call)
    if shown < call.settings.empty_pages:
        return Reply(200, {**body, "@odata.nextLink": next_link(call, -1 - shown, ""), "value": []})
    if _wants_count(call, kind):
        body["@odata.count"] = len(found)
    if start + size < len(found):
        body["@odata.nextLink"] = next_link(call, start + size, str(page[-1].get(kind.key, "")))
    body["value"] = [served(item, kind, names, typed) for item in page]
    return Reply(200, body)


def served(item: GraphObject, kind: Kind, names: tuple[str, ...], typed: bool) -> GraphObject:
    """One element of a collection. Objects of mixed collections carry their kind in ``_kind``."""
    kind = item.get("_kind", kind)
    shown = view(kind, item, tuple(name for name in names if name in kind.properties))
    return {"@odata.type": f"#{kind.type_name}", **shown} if typed else shown


def _wants_count(call: Call, kind: Kind) -> bool:
    asked = call.request.query.get("$count")
    if asked not in (None, "true", "false"):
        raise bad_request(f"Invalid value '{asked}' for $count query option found.", "BadRequest")
    # Without ConsistencyLevel the directory ignores $count=true (advanced-queries page).
    return asked == "true" and (call.advanced or not kind.directory)


def _empty_pages_shown(call: Call) -> int:
    """How many pages without a member have gone before; their tokens count below zero."""
    token = call.request.query.get("$skiptoken")
    if token is None:
        return 0
    offset, _last = read_token(token)
    return -offset if offset < 0 else call.settings.empty_pages


def _window(call: Call, kind: Kind, found: list[GraphObject]) -> tuple[int, int]:
    query = call.request.query
    size = page_size(query.get("$top"), call.settings.default_page_size)
    token = query.get("$skiptoken")
    if token is None:
        return _skip(query.get("$skip", "0")), size
    offset, last = read_token(token)
    if offset < 0:
        return _skip(query.get("$skip", "0")), size
    # Resume after the last element that was shown, wherever it is now.
    for index, item in enumerate(found):
        if item.get(kind.key) == last:
            return index + 1, size
    return offset, size


def _skip(text: str) -> int:
    if not text.isdigit():
        raise bad_request(f"Invalid value '{text}' for $skip query option found.", "BadRequest")
    return int(text)


def page_size(top: str | None, default: int) -> int:
    """The value of $top, checked."""
    if top is None:
        return default
    if not top.isdigit() or not 1 <= int(top) <= MAXIMUM_PAGE:
        raise bad_request(f"Invalid page size specified: '{top}'. Must be between 1 and {MAXIMUM_PAGE} inclusive.")
    return int(top)


def next_link(call: Call, offset: int, last: str) -> str:
    """The address of the next page: the same query with an opaque $skiptoken."""
    token = base64.urlsafe_b64encode(json.dumps([offset, last]).encode()).decode().rstrip("=")
    options = {**{name: value for name, value in call.request.query.items() if name != "$skiptoken"}, "$skiptoken": token}
    return f"{call.request.root}{quote(call.request.path)}?{urlencode(options, safe='$,', quote_via=quote)}"


def read_token(token: str) -> tuple[int, str]:
    """What `next_link` wrote."""
    try:
        offset, last = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(offset), str(last)
    except (binascii.Error, ValueError, TypeError):
        raise bad_request("The specified page token value is invalid.", "Directory_ExpiredPageToken") from None


def require_advanced(call: Call, name: str) -> None:
    """For functions of an endpoint that need ConsistencyLevel: eventual."""
    if not call.advanced:
        raise bad_request(ADVANCED.format(name), "Request_UnsupportedQuery")

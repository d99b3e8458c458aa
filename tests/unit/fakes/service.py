# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of the service: as small as can be, and honest about what the documents leave open (docs/developers/facts.md)."""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_reading import DEFAULT
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import JOB_TEMPLATE, TEMPLATE
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner import PARTNERS
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, Lost, Outcome, Reply, refusal

USER = "#microsoft.graph.user"
DONE = Reply(204)
EXISTS = refusal(
    409, "Request_MultipleObjectsWithSameKeyValue", "Another object with the same value already exists.", ["ConflictingObjects"]
)
NO_POLICY = refusal(404, "Directory_ObjectNotFound", "Unable to read the company information from the directory.")
ALREADY_ASSIGNED = refusal(400, "Request_BadRequest", "Permission being assigned already exists on the object", ["InvalidUpdate"])
BETA = ("groupSyncInbound", "roleEnabledGroupSyncInbound")
"""The members of an identity synchronization that only beta has (facts F45, F219)."""
NOT_REPLICATED = refusal(400, "Request_BadRequest", "Not a valid reference update")

EMPTY_ENTRY: dict[str, Any] = {
    "isServiceProvider": None,
    "inboundTrust": None,
    "b2bCollaborationOutbound": None,
    "b2bCollaborationInbound": None,
    "b2bDirectConnectOutbound": None,
    "b2bDirectConnectInbound": None,
    "tenantRestrictions": None,
    "crossCloudMeetingConfiguration": {"inboundAllowed": None, "outboundAllowed": None},
    "automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": None},
}
"""What the service answers for an entry that says nothing (fact F30)."""


def _on(body: Mapping[str, Any] | None, member: str) -> bool:
    return bool(((body or {}).get(member) or {}).get("isSyncAllowed"))


@dataclass(frozen=True)
class AfterDoing:
    """The request is carried out, and then answered in this way."""

    outcome: Outcome


@dataclass
class Faulty:
    """A service of which some answers are replaced. Keys are regular expressions for ``METHOD path``."""

    service: Any
    faults: Mapping[str, list[Outcome | AfterDoing]]

    def __call__(self, request: Request) -> Outcome:
        """The next fault for this request, or what the service says."""
        for pattern, outcomes in self.faults.items():
            if outcomes and re.search(pattern, f"{request.method} {request.path}"):
                fault = outcomes.pop(0)
                if isinstance(fault, AfterDoing):
                    self.service(request)
                    return fault.outcome
                return fault
        outcome: Outcome = self.service(request)
        return outcome


LOST_BUT_DONE = AfterDoing(Lost())


@dataclass
class PartnerService:
    """One partner entry of a tenant (fact F30).

    ``merges``: whether a nested value that is sent is merged into the old one or replaces it; sources differ (F35).
    ``expands``: whether ``$expand`` shows the identity synchronization; it may be null although there is one (F44).
    """

    entry: dict[str, Any] | None = None
    policy: dict[str, Any] | None = None
    merges: bool = True
    expands: bool = True
    others: Sequence[Mapping[str, Any]] = ()
    links: Sequence[Link] = ()
    """The configurations of the same tenant."""
    without: Sequence[str] = ()
    """The members that even the beta version does not have."""
    capabilities: Sequence[Mapping[str, Any]] | None = ()
    """The capabilities in the entry; ``None`` if they may not be read (fact F206)."""
    of_default: Sequence[Mapping[str, Any]] = ()
    """The capabilities in the default policy."""
    default: Mapping[str, Any] = field(default_factory=dict)
    """The default policy."""

    def __call__(self, request: Request) -> Outcome:
        """Answer one request."""
        path = request.path.split("?", 1)[0]
        if path.endswith("/m365Capabilities"):
            if self.capabilities is None:
                return refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
            return Reply(200, {"value": list(self.of_default if "/default/" in path else self.capabilities)})
        if path == DEFAULT:
            return Reply(200, dict(self.default))
        if path.startswith("/servicePrincipals"):
            return SourceService(list(self.links))(request)
        if path == PARTNERS and request.method == "GET":
            return Reply(200, {"value": [*self.others, *([] if self.entry is None else [copy.deepcopy(self.entry)])]})
        if path == PARTNERS:
            return self._create(request.body)
        if path.endswith("/identitySynchronization"):
            return self._policy(request)
        return self._entry(request)

    def _create(self, body: Mapping[str, Any]) -> Outcome:
        if self.entry is not None:
            return EXISTS
        self.entry = copy.deepcopy(EMPTY_ENTRY)
        self._write(body)
        return Reply(201, self.entry)

    def _entry(self, request: Request) -> Outcome:
        if self.entry is None:
            return NOT_FOUND
        if request.method == "DELETE":
            if self.policy is not None:
                return refusal(400, "Request_BadRequest", "The identity synchronization must be deleted first.")
            self.entry = None
            return DONE
        if request.method == "PATCH":
            self._write(request.body)
            return DONE
        return Reply(200, copy.deepcopy({**self.entry, "identitySynchronization": self._shown("v1.0") if self.expands else None}))

    def _shown(self, version: str) -> dict[str, Any] | None:
        """Only beta knows of groups (facts F45, F219)."""
        return self.policy and {name: value for name, value in self.policy.items() if version == "beta" or name not in BETA}

    def _write(self, body: Mapping[str, Any]) -> None:
        assert self.entry is not None
        for name, value in body.items():
            old = self.entry.get(name)
            if name == "automaticUserConsentSettings":
                # Never null as an object; members that are not there are null (fact F30).
                blank = dict.fromkeys(("inboundAllowed", "outboundAllowed"))
                self.entry[name] = {**blank, **(old or {}), **value} if self.merges else {**blank, **value}
            elif isinstance(value, dict) and isinstance(old, dict) and self.merges:
                self.entry[name] = {**old, **value}
            else:
                self.entry[name] = copy.deepcopy(value)

    def _policy(self, request: Request) -> Outcome:
        unknown = [name for name in request.body or {} if name in BETA and (request.version == "v1.0" or name in self.without)]
        if unknown:
            return refusal(400, "Request_BadRequest", f"The property '{unknown[0]}' does not exist.")
        group = "groupSyncInbound"
        if _on(request.body, BETA[1]) and not (_on(self.policy, group) or _on(request.body, group)):
            return refusal(400, "Request_BadRequest", f"The property '{BETA[1]}' cannot be set while groups are not allowed.")
        if request.method == "PUT":
            if self.entry is None:
                return NOT_FOUND
            if self.policy is not None:
                return EXISTS
            self.policy = {"displayName": None, "userSyncInbound": None, **copy.deepcopy(request.body)}
            return DONE
        if self.policy is None:
            return NO_POLICY
        if request.method == "DELETE":
            self.policy = None
            return DONE
        if request.method == "PATCH":
            self.policy.update(copy.deepcopy(request.body))
            return DONE
        return Reply(200, copy.deepcopy(self._shown(request.version)))


@dataclass
class Link:
    """One configuration with everything that hangs below it."""

    name: str
    bag: dict[str, str] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    app_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    role_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    schema: Any = field(default_factory=default_schema)
    template: Any = field(default_factory=default_schema)
    hidden_reads: int = 0
    template_id: str | None = TEMPLATE
    tags: list[str] = field(default_factory=list)
    created: str = "2026-11-01T00:00:00Z"
    application: bool = True
    """Whether there is an application, or only the service principal is left of it."""

    def principal(self) -> dict[str, Any]:
        """The service principal as Graph shows it."""
        roles = [{"id": str(uuid.uuid4()), "displayName": "User"}, {"id": self.role_id, "displayName": "msiam_access"}]
        return {
            "id": self.id,
            "appId": self.app_id,
            "displayName": self.name,
            "applicationTemplateId": self.template_id,
            "appRoles": roles,
            "tags": list(self.tags),
        }

    def assign(self, principal_id: str, kind: str = "User", role_id: str | None = None) -> None:
        """Put somebody into scope."""
        self.assignments.append(
            {
                "id": uuid.uuid4().hex,
                "principalId": principal_id,
                "principalType": kind,
                "appRoleId": role_id or self.role_id,
                "principalDisplayName": "?",
            }
        )


def new_job(number: str = "1", state: str = "Disabled") -> dict[str, Any]:
    """A job as the service makes it (fact F67)."""
    return {
        "id": f"Azure2Azure.{number}",
        "templateId": JOB_TEMPLATE,
        "schedule": {"interval": "PT40M", "state": state},
        "status": {"code": "Active" if state == "Active" else "Paused", "lastExecution": None, "quarantine": None},
    }


@dataclass
class SourceService:
    """A source tenant: configurations, and people and groups to assign (facts F52, F69, F84, F107).

    ``replaces``: whether PUT secrets replaces or merges (F58). ``rewrites``: whether it writes the JSON in it anew and with a
    member of its own. ``list_lag``: for how many reads a new configuration is not listed yet (F15). ``restart_starts``: whether a
    restart also starts a job that was paused, or leaves it so (F75).
    """

    links: list[Link] = field(default_factory=list)
    people: Sequence[Mapping[str, Any]] = ()
    groups: Sequence[Mapping[str, Any]] = ()
    members: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    replaces: bool = True
    rewrites: bool = False
    list_lag: int = 0
    second_job: str = "refused"
    """What a second job is answered with: ``refused``, or the ``same`` one; no document says (F70)."""
    keeps_principal: bool = False
    """Whether a service principal is there for a while longer than its application (F53)."""
    now: Callable[[], float] = lambda: 0.0
    """The service's clock. It writes whole seconds (contract: application.createdDateTime)."""
    restart_starts: bool = True

    def __call__(self, request: Request) -> Outcome:
        """Answer one request."""
        path, _mark, query = request.path.partition("?")
        query = unquote(query)
        if path == "/$batch":
            return Reply()
        if path == f"/applicationTemplates/{TEMPLATE}/instantiate":
            return self._instantiate(request.body)
        if path == "/servicePrincipals":
            return self._list(query)
        if path.startswith("/servicePrincipals/"):
            _empty, _kind, number, *rest = path.split("/")
            link = next((one for one in self.links if one.id == number), None)
            return NOT_FOUND if link is None else self._principal(link, request, rest)
        if path.startswith("/applications"):
            return self._application(request, path, query)
        return self._directory(path, query, request)

    def _instantiate(self, body: Mapping[str, Any]) -> Outcome:
        # Not idempotent: every call makes another one (fact F50).
        created = (datetime(2026, 11, 25, tzinfo=timezone.utc) + timedelta(seconds=int(self.now()))).strftime("%Y-%m-%dT%H:%M:%SZ")
        link = Link(body["displayName"], hidden_reads=self.list_lag, created=created)
        self.links.append(link)
        return Reply(201, {"application": {"id": f"app-{link.id}"}, "servicePrincipal": link.principal()})

    def _list(self, query: str) -> Outcome:
        name = re.search(r"displayName eq '((?:[^']|'')*)'", query)
        shown = []
        for link in self.links:
            if link.hidden_reads > 0:
                link.hidden_reads -= 1
            # A filter compares without case.
            elif name is None or link.name.casefold() == name[1].replace("''", "'").casefold():
                shown.append(link.principal())
        return Reply(200, {"value": shown})

    def _application(self, request: Request, path: str, query: str) -> Outcome:
        there = [one for one in self.links if one.application]
        if request.method == "DELETE":
            gone = [one for one in there if path == f"/applications/app-{one.id}"]
            for one in gone:
                one.application = False
            if not self.keeps_principal:
                self.links = [one for one in self.links if one not in gone]
            return DONE if gone else NOT_FOUND
        if request.method == "PATCH":
            return DONE
        name = re.search(r"displayName eq '((?:[^']|'')*)'", query)
        found = [
            one for one in there if f"'{one.app_id}'" in query or (name and one.name.casefold() == name[1].replace("''", "'").casefold())
        ]
        shown = [{"id": f"app-{one.id}", "appId": one.app_id, "displayName": one.name, "createdDateTime": one.created} for one in found]
        return Reply(200, {"value": shown})

    def _principal(self, link: Link, request: Request, rest: list[str]) -> Outcome:
        match rest:
            case []:
                if request.method == "PATCH":
                    link.name = request.body.get("displayName", link.name)
                    link.tags = list(request.body.get("tags", link.tags))
                    return DONE
                if request.method == "DELETE":
                    self.links.remove(link)
                    return DONE
                return Reply(200, link.principal())
            case ["appRoleAssignedTo", *number]:
                return self._assignment(link, request, number)
            case ["synchronization", "secrets"]:
                return self._secrets(link, request)
            case ["synchronization", "jobs", *job]:
                return self._jobs(link, request, job)
            case ["synchronization", "templates", _template, "schema"]:
                return Reply(200, copy.deepcopy(link.template))
        return NOT_FOUND

    def _secrets(self, link: Link, request: Request) -> Outcome:
        if request.method == "GET":
            return Reply(200, {"value": [{"key": key, "value": value} for key, value in link.bag.items()]})
        sent = {one["key"]: one["value"] for one in request.body["value"]}
        if self.rewrites and "SyncNotificationSettings" in sent:
            sent["SyncNotificationSettings"] = _rewritten(sent["SyncNotificationSettings"])
        kept = {} if self.replaces else link.bag
        # A key that is sent empty is removed (fact F58).
        link.bag = {key: value for key, value in {**kept, **sent}.items() if value != ""}
        return DONE

    def _jobs(self, link: Link, request: Request, rest: list[str]) -> Outcome:
        if rest == ["validateCredentials"]:
            return DONE
        if not rest:
            if request.method == "GET":
                return Reply(200, {"value": copy.deepcopy(link.jobs)})
            if link.jobs:
                return refusal(409, "JobAlreadyExists") if self.second_job == "refused" else Reply(201, link.jobs[-1])
            link.jobs.append(new_job(link.app_id))
            return Reply(201, link.jobs[-1])
        job = next((one for one in link.jobs if one["id"] == rest[0]), None)
        if job is None:
            return NOT_FOUND
        match rest[1:]:
            case [] if request.method == "GET":
                return Reply(200, copy.deepcopy(job))
            case []:
                link.jobs.remove(job)
            case ["start"]:
                job["schedule"]["state"] = "Active"
            case ["restart"]:
                if self.restart_starts:
                    job["schedule"]["state"] = "Active"
            case ["pause"]:
                job["schedule"]["state"] = "Disabled"
            case ["schema"]:
                return self._schema(link, request)
            case ["schema", "parseExpression"]:
                return Reply(200, _parsed(request.body["expression"]))
            case ["schema", "filterOperators"]:
                return Reply(200, {"value": [{"name": one} for one in ("EQUALS", "NOT EQUALS", "IS NULL", "IS NOT NULL", "Greater_Than")]})
        return DONE

    @staticmethod
    def _schema(link: Link, request: Request) -> Outcome:
        if request.method == "PATCH":
            return refusal(404, "UnknownError", '{"Message":"No HTTP resource was found that matches the request URI"}')
        if request.method == "PUT":
            # Whatever is left out is lost (fact F82); the version is the service's own.
            link.schema = {**copy.deepcopy(request.body), "version": f"Date:{uuid.uuid4()}"}
            return DONE
        return Reply(200, copy.deepcopy(link.schema))

    @staticmethod
    def _assignment(link: Link, request: Request, number: list[str]) -> Outcome:
        if request.method == "GET":
            return Reply(200, {"value": copy.deepcopy(link.assignments)})
        if request.method == "DELETE":
            left = [one for one in link.assignments if one["id"] != number[0]]
            if len(left) == len(link.assignments):
                return NOT_FOUND
            link.assignments = left
            return DONE
        body = request.body
        if any((one["principalId"], one["appRoleId"]) == (body["principalId"], body["appRoleId"]) for one in link.assignments):
            return ALREADY_ASSIGNED
        link.assign(body["principalId"], role_id=body["appRoleId"])
        return Reply(201, link.assignments[-1])

    def _directory(self, path: str, query: str, request: Request) -> Outcome:
        if path == "/directoryObjects/getByIds":
            everybody = [(USER, one) for one in self.people] + [("#microsoft.graph.group", one) for one in self.groups]
            return Reply(200, {"value": [{"@odata.type": kind, **one} for kind, one in everybody if one["id"] in request.body["ids"]]})
        if path.startswith("/groups/") and path.endswith("/members"):
            return Reply(200, {"value": [{"@odata.type": USER, **one} for one in self.members.get(path.split("/")[2], ())]})
        if path == "/users/$count":
            return Reply(200, len([one for one in self.people if one.get("userType") != "Guest"]))
        found = re.search(r"\$filter=(\w+) (?:in|eq) (.*?)&\$select=", query)
        if path in ("/users", "/groups") and found:
            values = {one.replace("''", "'").lower() for one in re.findall(r"'((?:[^']|'')*)'", found[2])}
            pool = self.people if path == "/users" else self.groups
            return Reply(200, {"value": [dict(one) for one in pool if str(one.get(found[1])).lower() in values]})
        return NOT_FOUND


def _rewritten(text: str) -> str:
    """The same settings in another spelling; what is no JSON stays as it is."""
    try:
        members = json.loads(text)
    except ValueError:
        return text
    return json.dumps({"HumanResourcesLookaheadQueryEnabled": False, **members}, indent=1)


def _parsed(expression: str) -> dict[str, Any]:
    """The service's reading of an expression: it writes it anew, and keeps no parameters here."""
    name = re.match(r"\s*(\w+)\s*\(", expression)
    source: dict[str, Any] = {
        "type": "Function",
        "name": name[1] if name else "",
        "expression": expression.replace(", ", ","),
        "parameters": [],
    }
    return {"parsingSucceeded": True, "evaluationSucceeded": True, "parsedExpression": source, "error": None}

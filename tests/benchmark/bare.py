# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only the necessary calls: one requests session, batches wherever Graph accepts them, and no handling of errors.

The minimal cost of the work. It assumes a known state, so it is no tool for an administrator: it reads nothing before a write,
repeats nothing, and only checks that each call succeeds.

``bare.py SPEC WORK`` with WORK one of create, noop, change, teardown.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

PARTNERS = "/policies/crossTenantAccessPolicy/partners"
TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
BATCH = 20
IN = 15
BY_IDS = 1000

Item = tuple[str, str, Any]


class Tenant:
    """The Graph of a tenant on a single connection."""

    def __init__(self, spec: dict[str, Any], side: str) -> None:
        about = spec[side]
        self.id = str(about["tenant_id"])
        self._root = f"{spec['url']}/v1.0"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = spec["ca_path"]
        form = {"grant_type": "client_credentials", "client_id": about["client_id"], "client_secret": about["client_secret"]}
        form["scope"] = f"{spec['url']}/.default"
        answer = self._session.post(f"{spec['url']}/{self.id}/oauth2/v2.0/token", data=form, timeout=300)
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def __enter__(self) -> Tenant:
        return self

    def __exit__(self, *_error: object) -> None:
        self._session.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A request that must succeed."""
        answer = self._session.request(method, path if path.startswith("https:") else self._root + path, json=body, timeout=300)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def batch(self, items: list[Item], in_order: bool = False) -> list[Any]:
        """Any number of requests, twenty in a batch; returns the bodies in the given order."""
        bodies: list[Any] = []
        for start in range(0, len(items), BATCH):
            chunk = items[start : start + BATCH]
            sent = [_item(number, item, in_order) for number, item in enumerate(chunk)]
            answers = {int(response["id"]): response for response in self.call("POST", "/$batch", {"requests": sent})["responses"]}
            failed = [response for response in answers.values() if response["status"] >= 400]
            if failed:
                raise RuntimeError(f"in a batch: {failed[0]}")
            bodies += [answers[number].get("body") for number in range(len(chunk))]
        return bodies

    def rest(self, page: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The members of a collection from its first page on."""
        yield from page["value"]
        while link := page.get("@odata.nextLink"):
            page = self.call("GET", link)
            yield from page["value"]


def _item(number: int, item: Item, in_order: bool) -> dict[str, Any]:
    method, url, body = item
    sent: dict[str, Any] = {"id": str(number), "method": method, "url": url}
    if body is not None:
        sent |= {"body": body, "headers": {"Content-Type": "application/json"}}
    if in_order and number:
        sent["dependsOn"] = [str(number - 1)]
    return sent


def create(spec: dict[str, Any]) -> None:
    """The documented steps on empty tenants, each of them once."""
    with Tenant(spec, "target") as target:
        partner = {"tenantId": spec["source"]["tenant_id"], "automaticUserConsentSettings": {"inboundAllowed": True}}
        policy = {"userSyncInbound": {"isSyncAllowed": True}}
        path = f"{PARTNERS}/{spec['source']['tenant_id']}/identitySynchronization"
        target.batch([("POST", PARTNERS, partner), ("PUT", path, policy)], in_order=True)
    with Tenant(spec, "source") as source:
        partner = {"tenantId": spec["target"]["tenant_id"], "automaticUserConsentSettings": {"outboundAllowed": True}}
        source.call("POST", PARTNERS, partner)
        build(source, spec)


def build(source: Tenant, spec: dict[str, Any]) -> None:
    """The configuration with its job, its mappings and its users."""
    made = source.call("POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": spec["name"]})["servicePrincipal"]
    root = f"/servicePrincipals/{made['id']}/synchronization"
    connection = [{"key": "CompanyId", "value": spec["target"]["tenant_id"]}, {"key": "AuthenticationType", "value": "SyncPolicy"}]
    test = {"useSavedCredentials": False, "templateId": "Azure2Azure", "credentials": connection}
    guard = json.dumps({"DeleteThresholdEnabled": True, "DeleteThresholdValue": 500}, separators=(",", ":"))
    bag = [*connection, {"key": "SyncAll", "value": "false"}, {"key": "SyncNotificationSettings", "value": guard}]
    steps: list[Item] = [
        ("POST", f"{root}/jobs/validateCredentials", test),
        ("POST", f"{root}/jobs", {"templateId": "Azure2Azure"}),
        ("PUT", f"{root}/secrets", {"value": bag}),
    ]
    job = f"{root}/jobs/{source.batch(steps, in_order=True)[1]['id']}"
    asked: list[Item] = [
        ("GET", f"{job}/schema", None),
        ("POST", f"{job}/schema/parseExpression", {"expression": spec["expression"]}),
    ]
    schema, parsed = source.batch(asked)
    source.call("PUT", f"{job}/schema", mapped(schema, parsed["parsedExpression"]))
    assign(source, made["id"], _role(made), _ids(source, spec["users"]))
    source.call("POST", f"{job}/start")


def mapped(schema: dict[str, Any], expression: dict[str, Any]) -> dict[str, Any]:
    """The schema with the two mappings of the link: no employeeId, and the display name by the expression."""
    new = copy.deepcopy(schema)
    user_mapping = new["synchronizationRules"][0]["objectMappings"][0]
    user_mapping["attributeMappings"] = [row for row in user_mapping["attributeMappings"] if row["targetAttributeName"] != "employeeId"]
    next(row for row in user_mapping["attributeMappings"] if row["targetAttributeName"] == "displayName")["source"] = expression
    return new


def assign(source: Tenant, principal: str, role: str, ids: list[str]) -> None:
    """Assign users, twenty in a request."""
    path = f"/servicePrincipals/{principal}/appRoleAssignedTo"
    source.batch([("POST", path, {"principalId": user_id, "resourceId": principal, "appRoleId": role}) for user_id in ids])


def _role(principal: dict[str, Any]) -> str:
    return str(next(role["id"] for role in principal["appRoles"] if role["displayName"] == "msiam_access"))


def _ids(source: Tenant, names: list[str]) -> list[str]:
    """Users by user principal name, fifteen in a filter, twenty filters in a batch."""
    chunks = [names[start : start + IN] for start in range(0, len(names), IN)]
    filters = [",".join(f"'{quote(name)}'" for name in chunk) for chunk in chunks]
    pages = source.batch([("GET", f"/users?$filter=userPrincipalName%20in%20({clause})&$select=id&$top=999", None) for clause in filters])
    return [str(user["id"]) for page in pages for user in page["value"]]


def read_link(spec: dict[str, Any], source: Tenant) -> tuple[dict[str, Any], dict[str, str]]:
    """All that a rerun must read: the service principal, and the assigned users by name. It fails if anything is not in the desired state."""
    with Tenant(spec, "target") as target:
        reads: list[Item] = [
            ("GET", f"{PARTNERS}/{spec['source']['tenant_id']}?$expand=identitySynchronization", None),
            ("GET", "/users?$select=id,userPrincipalName&$top=999", None),
        ]
        entry, users = target.batch(reads)
        synced = sum("#EXT#" in user["userPrincipalName"] for user in target.rest(users))
        _expect(entry["automaticUserConsentSettings"]["inboundAllowed"], "inbound redemption")
        _expect(entry["identitySynchronization"]["userSyncInbound"]["isSyncAllowed"], "inbound synchronization")
    found = f"/servicePrincipals?$filter=displayName%20eq%20'{quote(spec['name'])}'&$select=id,appId,appRoles"
    first: list[Item] = [("GET", f"{PARTNERS}/{spec['target']['tenant_id']}", None), ("GET", found, None)]
    entry, principals = source.batch(first)
    _expect(entry["automaticUserConsentSettings"]["outboundAllowed"], "outbound redemption")
    (principal,) = principals["value"]
    root = f"/servicePrincipals/{principal['id']}"
    parts = ("/synchronization/secrets", "/synchronization/jobs", "/appRoleAssignedTo?$top=999")
    bag, jobs, page = source.batch([("GET", root + part, None) for part in parts])
    _expect({"key": "CompanyId", "value": spec["target"]["tenant_id"]} in bag["value"], "the connection")
    (job,) = jobs["value"]
    _expect(job["schedule"]["state"] == "Active", "the job's state")
    schema = source.call("GET", f"{root}/synchronization/jobs/{job['id']}/schema")
    rows = {row["targetAttributeName"]: row for row in schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]}
    _expect("employeeId" not in rows and rows["displayName"]["source"]["expression"] == spec["expression"], "the mappings")
    assignments = {str(assignment["principalId"]): str(assignment["id"]) for assignment in source.rest(page)}
    ids = list(assignments)
    names = {}
    for start in range(0, len(ids), BY_IDS):
        body = {"ids": ids[start : start + BY_IDS], "types": ["user"]}
        for user in source.call("POST", "/directoryObjects/getByIds", body)["value"]:
            names[str(user["userPrincipalName"])] = assignments[str(user["id"])]
    print(f"{synced} users of the source are in the target")
    return principal, names


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(f"not in the desired state: {what}")


def noop(spec: dict[str, Any]) -> None:
    """Check that everything is in the desired state."""
    with Tenant(spec, "source") as source:
        _principal, assigned = read_link(spec, source)
        _expect(set(assigned) == set(spec["users"]), "the assignments")


def change(spec: dict[str, Any]) -> None:
    """Find the missing and the surplus users, and write only these."""
    with Tenant(spec, "source") as source:
        principal, assigned = read_link(spec, source)
        leaving = [assigned[name] for name in assigned.keys() - set(spec["users"])]
        coming = _ids(source, [name for name in spec["users"] if name not in assigned])
        source.batch([("DELETE", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo/{assignment}", None) for assignment in leaving])
        assign(source, principal["id"], _role(principal), coming)


def teardown(spec: dict[str, Any]) -> None:
    """Delete the job, the application and the policies."""
    with Tenant(spec, "source") as source:
        named = f"displayName%20eq%20'{quote(spec['name'])}'"
        finds: list[Item] = [(("GET"), f"/{kind}?$filter={named}&$select=id", None) for kind in ("servicePrincipals", "applications")]
        principal, application = (page["value"][0]["id"] for page in source.batch(finds))
        jobs = f"/servicePrincipals/{principal}/synchronization/jobs"
        job = f"{jobs}/{source.call('GET', jobs)['value'][0]['id']}"
        steps: list[Item] = [("POST", f"{job}/pause", None), ("DELETE", job, None), ("DELETE", f"/applications/{application}", None)]
        source.batch([*steps, ("DELETE", f"{PARTNERS}/{spec['target']['tenant_id']}", None)], in_order=True)
    with Tenant(spec, "target") as target:
        entry = f"{PARTNERS}/{spec['source']['tenant_id']}"
        target.batch([("DELETE", f"{entry}/identitySynchronization", None), ("DELETE", entry, None)], in_order=True)


WORKS = {"create": create, "noop": noop, "change": change, "teardown": teardown}

if __name__ == "__main__":
    WORKS[sys.argv[2]](json.loads(Path(sys.argv[1]).read_text()))

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people do in the portals of both tenants between runs, and while one goes on.

An act does nothing where there is nothing to do it to, so that a history stays a history when parts of it are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from entra_emulator.history import HistoryError, Sent, perform
from entra_emulator.service import Service

from . import scopes
from .sharing import EVERY_USER, SIDES, TRUST
from .tenants import DOMAIN, NAME, OTHER, SOURCE, TARGET

Json = dict[str, Any]
PARTNERS = "/policies/crossTenantAccessPolicy/partners"
TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
EVERYBODY = "*"
DEFAULT = "/policies/crossTenantAccessPolicy/default"
BASIC = "crossTenantCalendarAvailabilityBasic"
SOMEBODY = "70000000-0000-4000-8000-0000000000aa"
"""A user of the other tenant."""


@dataclass(frozen=True)
class Act:
    """What it does to the service with a subject, and for whose removal it may be the reason: the subject, `EVERYBODY`, groups or nobody."""

    do: Callable[[Service, str], None]
    removes: str = ""
    changes_rules: bool = False
    """Whether it changes scope or mappings without the restart that a job would need: a debt of this person, and of no run."""


def act(service: Service, name: str, subject: str) -> None:
    """Carry out an act. What the service refuses does not happen."""
    try:
        ACTS[name].do(service, subject)
    except HistoryError:
        return


def _send(service: Service, tenant: str, method: str, path: str, body: Any = None, version: Literal["v1.0", "beta"] = "v1.0") -> Any:
    return perform(service, Sent(tenant=tenant, method=method, path=path, body=body, version=version))


def _link(service: Service) -> scopes.Link | None:
    return scopes.the_link(service.world)


def _user_id(service: Service, subject: str) -> str | None:
    users = service.world.tenants[SOURCE].users.values()
    return next((str(user["id"]) for user in users if user["userPrincipalName"] == subject), None)


def _group_id(service: Service, name: str) -> str | None:
    return next((key for key, group in service.world.tenants[SOURCE].groups.items() if group["displayName"] == name), None)


def _patch_user(body: Mapping[str, Any]) -> Callable[[Service, str], None]:
    def do(service: Service, subject: str) -> None:
        if _user_id(service, subject):
            _send(service, SOURCE, "PATCH", f"/users/{_user_id(service, subject)}", dict(body))

    return do


def _leaves(service: Service, subject: str) -> None:
    key = _user_id(service, subject)
    if key:
        _send(service, SOURCE, "DELETE", f"/users/{key}")


def _joins(service: Service, subject: str) -> None:
    """Becomes a member of the group Sales."""
    group, key = _group_id(service, "Sales"), _user_id(service, subject)
    if group and key:
        _send(service, SOURCE, "POST", f"/groups/{group}/members/$ref", {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{key}"})


def _quits(service: Service, subject: str) -> None:
    """Is no member of the group Sales any longer."""
    group, key = _group_id(service, "Sales"), _user_id(service, subject)
    if group and key:
        _send(service, SOURCE, "DELETE", f"/groups/{group}/members/{key}/$ref")


def _assigns(service: Service, subject: str) -> None:
    link = _link(service)
    key = _user_id(service, subject) or _group_id(service, subject)
    role = next((one["id"] for one in link.principal.get("appRoles", ()) if one["displayName"] == "msiam_access"), None) if link else None
    if link and key and role:
        body = {"principalId": key, "resourceId": link.id, "appRoleId": role}
        _send(service, SOURCE, "POST", f"/servicePrincipals/{link.id}/appRoleAssignedTo", body)


def _unassigns(service: Service, subject: str) -> None:
    link = _link(service)
    found = scopes.assigned(service.world, link).get(subject) if link else None
    if link and found:
        _send(service, SOURCE, "DELETE", f"/servicePrincipals/{link.id}/appRoleAssignedTo/{found}")


def _of_job(verb: str, body: Any = None) -> Callable[[Service, str], None]:
    def do(service: Service, _subject: str) -> None:
        link = _link(service)
        if link and link.job:
            _send(service, SOURCE, "POST", f"/servicePrincipals/{link.id}/synchronization/jobs/{link.job.id}/{verb}", body)

    return do


def _deletes_job(service: Service, _subject: str) -> None:
    link = _link(service)
    if link and link.job:
        _send(service, SOURCE, "DELETE", f"/servicePrincipals/{link.id}/synchronization/jobs/{link.job.id}")


def _bag(change: Callable[[dict[str, str]], object]) -> Callable[[Service, str], None]:
    def do(service: Service, _subject: str) -> None:
        link = _link(service)
        if link and link.synchronization.secrets:
            bag = dict(link.synchronization.secrets)
            change(bag)
            value = [{"key": key, "value": value} for key, value in bag.items()]
            _send(service, SOURCE, "PUT", f"/servicePrincipals/{link.id}/synchronization/secrets", {"value": value})

    return do


def _notes(bag: dict[str, str]) -> None:
    """A member of the notification settings that nobody manages."""
    settings = json.loads(bag.get("SyncNotificationSettings") or "{}")
    bag["SyncNotificationSettings"] = json.dumps({**settings, "SomethingElse": "kept"})


def _schema(change: Callable[[Json], object], source_object: str = "User") -> Callable[[Service, str], None]:
    """Changes the mapping of users, or of groups, if there is one."""
    find = scopes.user_mapping if source_object == "User" else scopes.group_mapping

    def do(service: Service, _subject: str) -> None:
        link = _link(service)
        if link is None or link.job is None or find(link.job) is None:
            return
        path = f"/servicePrincipals/{link.id}/synchronization/jobs/{link.job.id}/schema"
        schema = json.loads(json.dumps({name: value for name, value in _send(service, SOURCE, "GET", path).items() if name[0] != "@"}))
        for mapping in schema["synchronizationRules"][0]["objectMappings"]:
            if mapping["sourceObjectName"] == source_object:
                change(mapping)
        _send(service, SOURCE, "PUT", path, schema)

    return do


def _filters_by_hand(mapping: Json) -> None:
    clause = {"sourceOperandName": "department", "operatorName": "IS NOT NULL", "targetOperand": {"values": []}}
    mapping["scope"] = {**(mapping.get("scope") or {}), "groups": [{"name": "By hand", "clauses": [clause]}]}


def _maps_by_hand(mapping: Json) -> None:
    for row in mapping["attributeMappings"]:
        if row["targetAttributeName"] == "department":
            row["source"] = {"name": "By hand", "type": "Constant", "expression": '"By hand"', "parameters": []}


def _switch_off(mapping: Json) -> None:
    mapping["enabled"] = False


def _partner(
    tenant: str, body: Mapping[str, Any], part: str = "", version: Literal["v1.0", "beta"] = "v1.0"
) -> Callable[[Service, str], None]:
    other = TARGET if tenant == SOURCE else SOURCE

    def do(service: Service, _subject: str) -> None:
        if other in service.world.tenants[tenant].access_policy.partners:
            _send(service, tenant, "PATCH", f"{PARTNERS}/{other}{part}", dict(body), version)

    return do


def _forgets(service: Service, _subject: str) -> None:
    """The target has no entry for the source any longer."""
    policy = service.world.tenants[TARGET].access_policy
    if SOURCE in policy.identity_synchronizations:
        _send(service, TARGET, "DELETE", f"{PARTNERS}/{SOURCE}/identitySynchronization")
    if SOURCE in policy.partners:
        _send(service, TARGET, "DELETE", f"{PARTNERS}/{SOURCE}")


def _knows_another(service: Service, _subject: str) -> None:
    """Both have an entry for a third tenant."""
    for tenant in (SOURCE, TARGET):
        if OTHER not in service.world.tenants[tenant].access_policy.partners:
            _send(service, tenant, "POST", PARTNERS, {"tenantId": OTHER, "inboundTrust": {"isMfaAccepted": True}})


def _begins_by_hand(service: Service, _subject: str) -> None:
    """A configuration of another link, for the third tenant."""
    answer = _send(service, SOURCE, "POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": "By hand"})
    value = [{"key": "CompanyId", "value": OTHER}, {"key": "AuthenticationType", "value": "SyncPolicy"}]
    _send(service, SOURCE, "PUT", f"/servicePrincipals/{answer['servicePrincipal']['id']}/synchronization/secrets", {"value": value})


def _deletes_configuration(service: Service, _subject: str) -> None:
    link = _link(service)
    if link:
        key = next(
            (key for key, one in service.world.tenants[SOURCE].applications.items() if one["appId"] == link.principal["appId"]), None
        )
        if key:
            _send(service, SOURCE, "DELETE", f"/applications/{key}")


def _tags(service: Service, _subject: str) -> None:
    link = _link(service)
    if link:
        tags = [*(link.principal.get("tags") or ()), "somebody's"]
        _send(service, SOURCE, "PATCH", f"/servicePrincipals/{link.id}", {"tags": tags})


def _renames(service: Service, _subject: str) -> None:
    link = _link(service)
    if link:
        _send(service, SOURCE, "PATCH", f"/servicePrincipals/{link.id}", {"displayName": NAME.upper()})


def _capability(side: str, name: str, allowed: bool = True, everywhere: bool = False, excluded: str = "") -> Callable[[Service, str], None]:
    """Allows or disallows a capability for all users, apart from the members of a group, in the entry of the partner or by default."""
    holder, looker = SIDES[side]
    path = f"{DEFAULT if everywhere else f'{PARTNERS}/{looker}'}/m365Capabilities"

    def do(service: Service, _subject: str) -> None:
        policy = service.world.tenants[holder].access_policy
        held = policy.default_capabilities if everywhere else policy.capabilities.get(looker) or {}
        group = _group_id(service, excluded) if excluded else None
        scopes: Json = {
            "included": [{"resourceId": "All", "resourceType": "user"}],
            "excluded": [{"resourceId": group, "resourceType": "group"}] if group else [],
        }
        body: Json = {"inboundAccess": {"isAllowed": allowed, "resourceScopes": scopes}}
        if name in held:
            _send(service, holder, "PATCH", f"{path}/{name}", body, "beta")
        else:
            _send(service, holder, "POST", path, {"@odata.type": f"#microsoft.graph.{name}", **body}, "beta")

    return do


def _removes_capability(service: Service, _subject: str) -> None:
    path = f"{PARTNERS}/{TARGET}/m365Capabilities/crossTenantCalendarAvailabilityBasic"
    _send(service, SOURCE, "DELETE", path, None, "beta")


def _trusts_by_default(service: Service, _subject: str) -> None:
    _send(service, SOURCE, "PATCH", DEFAULT, {TRUST: {"users": EVERY_USER}})


def _unassigns_group(service: Service, _subject: str) -> None:
    _unassigns(service, "Sales")


def _describes_group(service: Service, _subject: str) -> None:
    key = _group_id(service, "Sales")
    if key:
        _send(service, SOURCE, "PATCH", f"/groups/{key}", {"description": "Those who sell"})


def _deletes_synced_group(service: Service, _subject: str) -> None:
    for keys in scopes.synced_groups(service.world).values():
        for key in keys:
            _send(service, TARGET, "DELETE", f"/groups/{key}")


ACTS: Mapping[str, Act] = {
    "leaves": Act(_leaves, "subject"),
    "is disabled": Act(_patch_user({"accountEnabled": False}), "subject"),
    "moves to Research": Act(_patch_user({"department": "Research"}), "subject"),
    "has no department": Act(_patch_user({"department": None}), "subject"),
    "joins Sales": Act(_joins),
    "quits Sales": Act(_quits, "subject"),
    "assigns": Act(_assigns),
    "unassigns": Act(_unassigns, EVERYBODY),
    "pauses": Act(_of_job("pause")),
    "starts": Act(_of_job("start")),
    "restarts": Act(_of_job("restart", {"criteria": {"resetScope": "Watermark"}})),
    "deletes the job": Act(_deletes_job),
    "wants everybody": Act(_bag(lambda bag: bag.update(SyncAll="true"))),
    "wants only the assigned": Act(_bag(lambda bag: bag.update(SyncAll="false")), EVERYBODY, changes_rules=True),
    "notes something": Act(_bag(_notes)),
    "filters": Act(_schema(_filters_by_hand), EVERYBODY, changes_rules=True),
    "maps": Act(_schema(_maps_by_hand), changes_rules=True),
    "forbids in the source": Act(_partner(SOURCE, {"automaticUserConsentSettings": {"outboundAllowed": False}})),
    "forbids in the target": Act(_partner(TARGET, {"automaticUserConsentSettings": {"inboundAllowed": False}})),
    "refuses users": Act(_partner(TARGET, {"userSyncInbound": {"isSyncAllowed": False}}, "/identitySynchronization")),
    "trusts MFA": Act(_partner(TARGET, {"inboundTrust": {"isMfaAccepted": True}})),
    "forgets the partner": Act(_forgets),
    "allows free/busy": Act(_capability("source", BASIC)),
    "disallows free/busy": Act(_capability("source", BASIC, allowed=False)),
    "allows details": Act(_capability("source", "crossTenantCalendarAvailabilityLimitedDetails")),
    "excludes Core": Act(_capability("source", BASIC, excluded="Core")),
    "removes free/busy": Act(_removes_capability),
    "shows cards": Act(_capability("target", "crossTenantOpenProfileCard")),
    "moves mailboxes": Act(_capability("target", "crossTenantMigration")),
    "allows MailTips to everybody": Act(_capability("source", "crossTenantMailTipsAll", everywhere=True)),
    "allows free/busy to everybody": Act(_capability("source", BASIC, everywhere=True)),
    "trusts by default": Act(_trusts_by_default),
    "trusts": Act(_partner(SOURCE, {TRUST: {"users": EVERY_USER}})),
    "trusts some": Act(
        _partner(SOURCE, {TRUST: {"users": {"accessType": "allowed", "targets": [{"target": SOMEBODY, "targetType": "user"}]}}})
    ),
    "trusts nobody": Act(_partner(SOURCE, {TRUST: {"users": {**EVERY_USER, "accessType": "blocked"}}})),
    "trusts no longer": Act(_partner(SOURCE, {TRUST: None})),
    "unassigns Sales": Act(_unassigns_group, EVERYBODY),
    "maps no groups": Act(_schema(_switch_off, "Group"), changes_rules=True),
    "describes Sales": Act(_describes_group),
    "deletes synced groups": Act(_deletes_synced_group, "groups"),
    "refuses groups": Act(_partner(TARGET, {"groupSyncInbound": {"isSyncAllowed": False}}, "/identitySynchronization", "beta")),
    "knows another": Act(_knows_another),
    "begins another link": Act(_begins_by_hand),
    "deletes the configuration": Act(_deletes_configuration),
    "tags": Act(_tags),
    "renames": Act(_renames),
}
OF_SHARING = (
    "allows free/busy",
    "disallows free/busy",
    "allows details",
    "excludes Core",
    "removes free/busy",
    "shows cards",
    "moves mailboxes",
    "allows MailTips to everybody",
    "allows free/busy to everybody",
    "trusts by default",
    "trusts",
    "trusts some",
    "trusts nobody",
    "trusts no longer",
)
"""Acts that matter to links that share something."""
OF_GROUPS = (
    "unassigns Sales",
    "maps no groups",
    "describes Sales",
    "deletes synced groups",
    "refuses groups",
    "joins Sales",
    "quits Sales",
)
"""Acts that matter to links that synchronize groups."""
OF_USERS = ("leaves", "is disabled", "moves to Research", "has no department", "joins Sales", "quits Sales", "assigns", "unassigns")
"""Acts whose subject is a user of the source."""


def may_remove(name: str, subject: str) -> str:
    """For whose removal this act may be the reason."""
    removes = ACTS[name].removes
    return subject if removes == "subject" else removes


__all__ = ["ACTS", "DOMAIN", "EVERYBODY", "OF_GROUPS", "OF_SHARING", "OF_USERS", "Act", "act", "may_remove"]

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The configuration: the application that carries a link in the source tenant, its connection and its job (facts F52, F69)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypedDict

from ..graph.batch import read_all
from ..graph.client import Client, Request, all_of
from ..graph.errors import ServiceError
from ..graph.odata import is_id, quoted
from ..plan import NEW_ID, Action, Conflict, Plan, Refusal, Resource, Unseen, Wait, listed, present
from . import clouds, find_configuration, settings_bag, tenants, twins
from .causes import LOST_POLICY_CODES
from .configuration_choice import Found, Wanted, choose, others, refuse_multitenant
from .find_configuration import JOB_TEMPLATE, TEMPLATE, Configuration, Raw
from .partner import PARTNERS, resolve

NO_NOTIFICATION = "off"
LOOKS = 3
"""The number of reads without result after which an application counts as removed."""
NEW = f"/servicePrincipals/{NEW_ID}"
"""The path of a configuration that the same plan creates."""


class ConfigurationFacts(TypedDict):
    """A configuration as ``sync_configuration`` returns it. The ids are ``None`` until the configuration and its job exist."""

    name: str
    service_principal_id: str | None
    app_id: str | None
    job_id: str | None
    scope_mode: str
    """``assigned`` or ``all``."""
    notification_email: str | None
    """``None`` if notifications are off, or if the option ``notification_email`` is not set."""
    target_tenant_id: str
    deletion_threshold: int | None
    """A number of deletions; 0 if the guard is off, ``None`` if it is on without a number that can be read."""


@dataclass(frozen=True)
class Desired:
    """The desired state. ``deletion_threshold`` 0 switches the guard off, ``None`` requires a guard with any number;
    ``notification_email`` ``None`` leaves the address unchanged, `NO_NOTIFICATION` switches notifications off.
    """

    tenant: str
    which: Wanted
    target: str
    test_connection: bool
    notification_email: str | None
    deletion_threshold: int | None
    warnings: tuple[str, ...] = ()
    """The warnings about the cloud."""

    @property
    def name(self) -> str:
        """The desired name, or an id."""
        return self.which.name

    @property
    def absent(self) -> bool:
        """Whether the configuration is to be removed."""
        return self.which.absent

    def named_after(self, match: Found | None) -> Desired:
        """With the name that the configuration will have: the desired name for a new or adopted configuration, else its own name. An id never
        renames it, and a name in another case only with ``adopt``.
        """
        if match is None or (self.which.adopt and not is_id(self.name) and not self.absent):
            return self
        return replace(self, which=replace(self.which, name=match.configuration.name))


@dataclass(frozen=True)
class Current:
    """All configurations among which the plan chooses, and the ids that only a read can determine."""

    target_id: str
    found: tuple[Found, ...]
    application_id: str | None = None
    redemption_outbound: bool | None = None
    """This tenant's trust switch for the target, if the connection will be tested; ``None`` if it could not be read."""


def desired(params: Mapping[str, Any]) -> Desired:
    """The desired state by the options of ``sync_configuration``.

    :raises Refusal: when an option is invalid, the link crosses clouds, or the name belongs to the multitenant organization.
    """
    absent = params["state"] == "absent"
    if not absent:
        clouds.require_link(params["cloud"], clouds.other(params, "target_cloud"))
    if (params.get("deletion_threshold") or 0) < 0:
        raise Refusal("deletion_threshold must be 0 (no guard) or a number of deletions")
    which = Wanted(params["name"], absent, params["adopt"], tuple(params.get("others") or ()), params["manage_multitenant"])
    refuse_multitenant(which.name, which)
    return Desired(
        tenant=params["tenant_id"],
        which=which,
        target=params["target_tenant_id"],
        test_connection=params["test_connection"],
        notification_email=params.get("notification_email"),
        deletion_threshold=params.get("deletion_threshold"),
        warnings=() if absent else clouds.warnings(params["cloud"]),
    )


def read(client: Client, wanted: Desired) -> Current:
    """Every configuration with its settings bag, in batches; the jobs and the application of the chosen configuration only.

    :raises Refusal: when the target is this tenant, or it is not clear which configuration is meant (`choose`).
    :raises Unseen: when an object is missing that a replica may not return yet.
    """
    target_id = resolve(client, wanted.target)
    if tenants.is_own(client, target_id):
        raise Refusal("target_tenant_id is the source tenant itself; a link needs two tenants")
    found = with_bags(client, wanted.name)
    match = choose(found, wanted.which, target_id)
    own_switch = None
    if not wanted.absent and (match is None or match.serves != target_id):
        own_switch = _redemption_outbound(client, target_id)
    if match is None:
        if not wanted.absent and find_configuration.find_recorded(client, wanted.name):
            raise Unseen(f"configuration {wanted.name!r} exists, but the service does not list it yet; run again in a few minutes")
        find_configuration.discard_id(client, wanted.name)
        return Current(target_id, found, redemption_outbound=own_switch)
    chosen = match.configuration
    jobs = match.jobs if _has_name(chosen, wanted.name) else list(client.pages(f"{chosen.synchronization}/jobs"))
    renamed = chosen.name != wanted.named_after(match).name
    application_id = _application_id(client, chosen, may_be_gone=wanted.absent) if wanted.absent or renamed else None
    complete = Found(chosen, match.bag, find_configuration.foreseen(client, chosen, jobs))
    _record_ids(client, complete, found)
    return Current(target_id, tuple(complete if other is match else other for other in found), application_id, own_switch)


def _record_ids(client: Client, match: Found, found: tuple[Found, ...]) -> None:
    """Record the ids for later tasks, which have only the name. Another configuration of that name without a target does not make the
    name ambiguous: another run created it at the same time and removes it again.
    """
    named = [other for other in found if find_configuration.same_name(other.configuration.name, match.configuration.name)]
    if all(other.configuration.id == match.configuration.id or not other.serves for other in named):
        find_configuration.record_ids(client, match.configuration, str(match.jobs[0]["id"]) if len(match.jobs) == 1 else None)


def share_bags(client: Client) -> None:
    """Read the settings bags of all configurations once for all clients that share results with this one."""
    client.commons[with_bags] = with_bags(client)


def with_bags(client: Client, name: str | None = None) -> tuple[Found, ...]:
    """All configurations of the tenant with their settings bags; those whose name or id is ``name`` also with their jobs."""
    known: tuple[Found, ...] | None = client.commons.get(with_bags)
    if known is not None:
        named = [found for found in known if name and _has_name(found.configuration, name)]
        answers = read_all(client, [Request("GET", _paths(found.configuration, name)[1]) for found in named])
        complete = {id(found): replace(found, jobs=all_of(client.whole(answer.body))) for found, answer in zip(named, answers, strict=True)}
        return tuple(complete.get(id(found), found) for found in known)
    listing = find_configuration.configurations(client)
    answers = read_all(client, [Request("GET", path) for configuration in listing for path in _paths(configuration, name)])
    bodies = (client.whole(answer.body) for answer in answers)
    return tuple(_found(client, configuration, *islice(bodies, len(_paths(configuration, name)))) for configuration in listing)


def _paths(configuration: Configuration, name: str | None) -> tuple[str, ...]:
    base = configuration.synchronization
    return (f"{base}/secrets", f"{base}/jobs") if name and _has_name(configuration, name) else (f"{base}/secrets",)


def _has_name(configuration: Configuration, name_or_id: str) -> bool:
    return find_configuration.same_name(configuration.name, name_or_id) or configuration.id == name_or_id.lower()


def _found(client: Client, configuration: Configuration, secrets: Any, jobs: Any = None) -> Found:
    return Found(configuration, client.derived(settings_bag.parse, secrets), all_of(jobs) if jobs else [])


def _redemption_outbound(client: Client, target_id: str) -> bool | None:
    """The source's switch of the three that the connection test requires; the other two are set in the target (fact F40)."""
    try:
        entry = client.find(f"{PARTNERS}/{target_id}")
    except ServiceError as error:
        if error.denied:
            return None
        raise
    return bool(((entry or {}).get("automaticUserConsentSettings") or {}).get("outboundAllowed"))


def _application_id(client: Client, configuration: Configuration, may_be_gone: bool) -> str | None:
    """``None`` where only the service principal is left, as after a removal that was ended halfway.

    :raises Unseen: until it was looked for some times, since a replica may not know the application (fact F14).
    """
    path = f"/applications?$filter=appId%20eq%20{quoted(configuration.app_id)}&$select=id"
    for raw in client.pages(path):
        return str(raw["id"])
    client.misses[path] += 1
    if may_be_gone and client.misses[path] >= LOOKS:
        return None
    raise Unseen(f"configuration {configuration.name!r} has no application of its own in this tenant; remove it in the portal")


def plan(current: Current, wanted: Desired) -> Plan:
    """The actions from the current state to the desired state.

    :raises Refusal: when it is not clear which configuration is meant, or it has several jobs.
    """
    match = choose(current.found, wanted.which, current.target_id)
    renamed = wanted.named_after(match)
    return _plan_absent(current, match, renamed) if wanted.absent else _plan_present(current, match, renamed)


def _members(wanted: Desired, bag: Mapping[str, str]) -> settings_bag.Notification:
    """The managed members of the notification settings."""
    notification = settings_bag.notification(bag)
    members = settings_bag.guard_members(bag, wanted.deletion_threshold)
    if wanted.notification_email == NO_NOTIFICATION:
        if notification.get("Enabled"):
            members.update({"Enabled": False, "Recipients": ""})
    elif wanted.notification_email is not None:
        members.update({"Enabled": True, "Recipients": wanted.notification_email})
    return members


def _shown(bag: Mapping[str, str], wanted: Desired) -> dict[str, Any]:
    """The managed settings by the names of the options."""
    members = settings_bag.notification(bag)
    shown: dict[str, Any] = {
        "target_tenant_id": bag.get("CompanyId") or None,
        "deletion_threshold": settings_bag.deletion_guard(bag),
    }
    if wanted.notification_email is not None:
        shown["notification_email"] = members.get("Recipients") if members.get("Enabled") else None
    return shown


def _plan_present(current: Current, match: Found | None, wanted: Desired) -> Plan:
    synchronization = match.configuration.synchronization if match else f"{NEW}/synchronization"
    bag = match.bag if match else {}
    job = find_configuration.only_job(match.jobs, wanted.name) if match else None
    merge = _merging(current.target_id, wanted)
    new_bag = merge(bag)
    actions: list[Action] = []
    if match is None:
        actions.append(_instantiate(wanted))
    elif match.configuration.name != wanted.name:
        actions.append(_rename(match.configuration, current.application_id, wanted))
    if job is None:
        actions.append(_create_job(synchronization, current, wanted))
    if new_bag != dict(bag):
        actions.append(_save(synchronization, bag, merge, current, wanted, tested=job is None))
    before = (
        {"state": "present", "name": match.configuration.name, "job": job is not None, **_shown(bag, wanted)}
        if match
        else {"state": "absent"}
    )
    return Plan(
        before=before,
        after={"state": "present", "name": wanted.name, "job": True, **_shown(new_bag, wanted)},
        facts={"configuration": _facts(current.target_id, match, job, wanted, new_bag)},
        actions=tuple(actions),
        warnings=(*wanted.warnings, *_warnings(current, match, new_bag, wanted)),
        basis=lambda: _basis(current, match, wanted),
        foretells=_foretelling(match, new_bag),
    )


def _foretelling(match: Found | None, bag: Mapping[str, str]) -> Callable[[Client], None] | None:
    """Makes the connection that is saved visible to later tasks of a run in check mode: it says who is in scope."""
    if match is None or bag.keys() <= match.bag.keys():
        return None
    found = match.configuration
    return lambda client: find_configuration.record_connection(client, found.id)


def _basis(current: Current, match: Found | None, wanted: Desired) -> dict[str, Any]:
    """The configuration, and the other configurations for the same target. The scope mode belongs to the scope."""
    serving = others(current.found, match, current.target_id)
    beside = {f"other configuration {other.configuration.name}": other.configuration.id for other in serving}
    if match is None:
        return beside
    job = find_configuration.only_job(match.jobs, wanted.name)
    shown = _shown(match.bag, replace(wanted, notification_email=wanted.notification_email or NO_NOTIFICATION))
    known = ("CompanyId", "SyncAll", settings_bag.NOTIFICATION)
    keys = {name: value for name, value in settings_bag.without_secrets(match.bag).items() if name not in known}
    managed = ("Enabled", "Recipients", settings_bag.GUARD, settings_bag.GUARD_NUMBER)
    members = {name: value for name, value in settings_bag.notification(match.bag).items() if name not in managed}
    return {
        "name": match.configuration.name,
        "id": match.configuration.id,
        "job_id": job["id"] if job else None,
        **shown,
        **keys,
        **({settings_bag.NOTIFICATION: members} if members else {}),
        **beside,
    }


def _merging(target_id: str, wanted: Desired) -> Callable[[Mapping[str, str]], dict[str, str]]:
    """The function that merges the desired settings into a settings bag."""

    def merge(bag: Mapping[str, str]) -> dict[str, str]:
        values = {"AuthenticationType": settings_bag.AUTHENTICATION, "CompanyId": target_id}
        if "SyncAll" not in bag:
            # Without this key the service may synchronize all users (fact F61).
            values["SyncAll"] = "false"
        return settings_bag.merged(bag, values, _members(wanted, bag))

    return merge


def _warnings(current: Current, match: Found | None, bag: Mapping[str, str], wanted: Desired) -> tuple[str, ...]:
    warnings = []
    serving = others(current.found, match, current.target_id)
    if serving:
        listed_others = ", ".join(f"{other.configuration.name} ({other.configuration.id})" for other in serving)
        warnings.append(f"other configurations serve the same target tenant, so their scopes must not overlap: {listed_others}")
    warnings += _left_over(current, match, wanted)
    if settings_bag.deletion_guard(bag) is None:
        warnings.append(
            f"the deletion guard of configuration {wanted.name} is on without a number that can be read; set deletion_threshold"
        )
    return tuple(warnings)


def _left_over(current: Current, match: Found | None, wanted: Desired) -> list[str]:
    """A warning about configurations of the same name without a connection. Two runs that create one at the same time leave two, if one of
    them ends before it knows which is its own; and none of them may remove what could be another's (fact F16).
    """
    named = [other for other in current.found if other is not match and find_configuration.same_name(other.configuration.name, wanted.name)]
    left = [other for other in named if not other.serves]
    if not match or not left:
        return []
    return [
        f"another configuration of the same name has no connection, and synchronizes nobody: {', '.join(map(str, left))}; if it is left over "
        "from an interrupted run, remove it in the Microsoft Entra admin center"
    ]


def _instantiate(wanted: Desired) -> Action:
    name = quoted(wanted.name)
    return Action(
        "create",
        f"configuration {wanted.name}",
        wanted.tenant,
        (Request("POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": wanted.name}),),
        new_id_at="servicePrincipal.id",
        visible=Wait(NEW, present),
        gives_way=twins.gives_way(wanted.name),
        settled_by=Wait(
            f"/servicePrincipals?$filter={find_configuration.OF_TEMPLATE}%20and%20displayName%20eq%20{name}&$select=id", listed
        ),
        # The service is known to answer 404 although it created the application (fact F14).
        uncertain_statuses=(404,),
    )


def _rename(configuration: Configuration, application_id: str | None, wanted: Desired) -> Action:
    """Both objects have the name: the application in the list of registrations, the service principal where it is searched for."""
    body = {"displayName": wanted.name}
    return Action(
        "rename",
        f"configuration {configuration.name} to {wanted.name}",
        wanted.tenant,
        (Request("PATCH", f"/applications/{application_id}", body), Request("PATCH", f"/servicePrincipals/{configuration.id}", body)),
    )


def _test(synchronization: str, target_id: str) -> Request:
    """The portal's "Test connection", in the form that needs no job (fact F77)."""
    credentials = [{"key": "CompanyId", "value": target_id}, {"key": "AuthenticationType", "value": settings_bag.AUTHENTICATION}]
    body = {"useSavedCredentials": False, "templateId": JOB_TEMPLATE, "credentials": credentials}
    return Request("POST", f"{synchronization}/jobs/validateCredentials", body, only_asks=True)


def _switches(current: Current, wanted: Desired) -> str:
    """The values of a link's three trust switches, as far as they can be read in this tenant."""
    own = {True: "on", False: "OFF", None: "could not be read"}[current.redemption_outbound]
    return (
        f"The three switches of the link: redemption_outbound in tenant {wanted.tenant} for the target is {own}; "
        f"redemption_inbound and user_sync_inbound in the target for tenant {wanted.tenant} cannot be read "
        f"from the source, check them in tenant {current.target_id}."
    )


def _create_job(synchronization: str, current: Current, wanted: Desired) -> Action:
    tests = (_test(synchronization, current.target_id),) if wanted.test_connection else ()
    return Action(
        "create",
        f"provisioning job of configuration {wanted.name}",
        wanted.tenant,
        (*tests, Request("POST", f"{synchronization}/jobs", {"templateId": JOB_TEMPLATE})),
        visible=Wait(f"{synchronization}/jobs", lambda body: bool(body) and any(map(find_configuration.is_sync_job, all_of(body)))),
        passing_codes=LOST_POLICY_CODES,
        hint=_switches(current, wanted),
        conflict=Conflict(
            lambda body: _existing_job(wanted.name, all_of(body) if body else []),
            f"the service does not create a job for configuration {wanted.name!r}, because it has a job (HTTP 409), but it lists none; "
            "check the provisioning of the configuration in the portal, or run again in a few minutes",
        ),
    )


def _existing_job(name: str, jobs: list[Any]) -> str | None:
    """The message that a job of another template exists: a configuration may have a single job of any template (fact F74)."""
    if not jobs:
        return None
    existing = ", ".join(f"{job.get('id')} (template {job.get('templateId')})" for job in jobs)
    return f"configuration {name!r} already has a job of another template: {existing}; remove it, and run again"


def _save(
    synchronization: str,
    bag: Mapping[str, str],
    merge: Callable[[Mapping[str, str]], dict[str, str]],
    current: Current,
    wanted: Desired,
    tested: bool,
) -> Action:
    moved = bag.get("CompanyId") != current.target_id
    tests = (_test(synchronization, current.target_id),) if wanted.test_connection and moved and not tested else ()
    before, after = _shown(bag, wanted), _shown(merge(bag), wanted)
    changed = [name for name in after if before.get(name) != after[name]] or ["connection"]
    writing = settings_bag.writing(synchronization, bag, merge, tests)
    return Action(
        "update" if bag else "save",
        f"settings of configuration {wanted.name} ({', '.join(changed)})",
        wanted.tenant,
        writing.requests,
        visible=writing.visible,
        refresh=writing.refresh,
        passing_codes=LOST_POLICY_CODES,
        hint=_switches(current, wanted),
    )


def _facts(target_id: str, match: Found | None, job: Raw | None, wanted: Desired, bag: Mapping[str, str]) -> ConfigurationFacts:
    configuration = match.configuration if match else None
    shown = _shown(bag, wanted)
    return {
        "name": wanted.name,
        "service_principal_id": configuration.id if configuration else None,
        "app_id": configuration.app_id if configuration else None,
        "job_id": job["id"] if job else None,
        "scope_mode": "all" if settings_bag.synchronizes_all(bag) else "assigned",
        "notification_email": shown.get("notification_email"),
        "target_tenant_id": target_id,
        "deletion_threshold": shown["deletion_threshold"],
    }


def _plan_absent(current: Current, match: Found | None, wanted: Desired) -> Plan:
    absent = {"state": "absent"}
    facts = {
        "configuration": None,
        "still_served_by": sorted(other.configuration.name for other in others(current.found, match, current.target_id)),
    }
    if match is None:
        return Plan(absent, absent, facts)
    configuration = match.configuration
    name, synchronization = configuration.name, configuration.synchronization
    actions = []
    for job in match.jobs:
        path = f"{synchronization}/jobs/{job['id']}"
        if (job.get("schedule") or {}).get("state") == "Active":
            actions.append(Action("pause", f"provisioning job of configuration {name}", wanted.tenant, (Request("POST", f"{path}/pause"),)))
        actions.append(Action("delete", f"provisioning job of configuration {name}", wanted.tenant, (Request("DELETE", path),)))
    actions.append(
        Action(
            "delete",
            f"configuration {name}",
            wanted.tenant,
            # The service deletes the service principal with its application, if that still exists (fact F53).
            (
                Request(
                    "DELETE",
                    f"/applications/{current.application_id}" if current.application_id else f"/servicePrincipals/{configuration.id}",
                ),
            ),
            effects={"keeps_synced_users": True},
        )
    )
    before = {"state": "present", "name": name, "job": bool(match.jobs), **_shown(match.bag, wanted)}
    return Plan(
        before,
        absent,
        facts,
        tuple(actions),
        tuple(_left_over(current, match, wanted)),
        foretells=lambda client: find_configuration.record_removal(client, configuration.id),
    )


RESOURCE = Resource(desired, read, plan)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The configuration: the application that carries a link in the source tenant, its connection and its job (fact sheet 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ..graph.batch import read_all
from ..graph.client import Client, Request, all_of
from ..graph.errors import ServiceError
from ..graph.odata import is_id, quoted
from ..plan import Action, Conflict, Plan, Refusal, Resource, Unseen, Wait, listed, present
from . import clouds, find_configuration, settings_bag, twins
from .causes import LOST_POLICY_CODES
from .configuration_choice import Found, Wanted, choose, others, refuse_multitenant
from .directory import is_own
from .find_configuration import JOB_TEMPLATE, TEMPLATE, Configuration
from .partner import PARTNERS, resolve

NO_NOTIFICATION = "off"
LOOKS = 3
"""How often an application is looked for before it counts as gone."""
NEW = "/servicePrincipals/{service_principal_id}/synchronization"
"""Where a configuration that this plan creates will be."""


@dataclass(frozen=True)
class Desired:
    """What is wanted. ``deletion_threshold`` 0 switches the guard off, ``None`` wants one of any size;
    ``notification_email`` ``None`` leaves it alone.
    """

    tenant: str
    which: Wanted
    target: str
    test_connection: bool
    notification_email: str | None
    deletion_threshold: int | None
    doubts: tuple[str, ...] = ()
    """What is to be said of the cloud."""

    @property
    def name(self) -> str:
        """What to call it."""
        return self.which.name

    @property
    def absent(self) -> bool:
        """Whether it is to be removed."""
        return self.which.absent

    def named_after(self, match: Found | None) -> Desired:
        """A name is only given to a new configuration and to one that is adopted; an id and another case find, and never rename."""
        if match is None or (self.which.adopt and not is_id(self.name) and not self.absent):
            return self
        return replace(self, which=replace(self.which, name=match.configuration.name))


@dataclass(frozen=True)
class Current:
    """All configurations that may be the one, and the ids that only reading can tell."""

    target_id: str
    found: tuple[Found, ...]
    application_id: str | None = None
    redemption_outbound: bool | None = None
    """This tenant's own switch for the target, where the connection is going to be tested; ``None`` if it could not be read."""


def desired(params: Mapping[str, Any]) -> Desired:
    """Understand the options.

    :raises Refusal: when one makes no sense, the link crosses clouds, or the name is the multitenant organization's.
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
        doubts=() if absent else clouds.doubts(params["cloud"]),
    )


def read(client: Client, wanted: Desired) -> Current:
    """Every configuration with its bag, in batches; the jobs and the application of the one that matters."""
    target_id = resolve(client, wanted.target)
    if is_own(client, target_id):
        raise Refusal("target_tenant_id is the source tenant itself; a link needs two tenants")
    found = with_bags(client, wanted.name)
    match = choose(found, wanted.which, target_id)
    own_switch = None
    if not wanted.absent and (match is None or match.serves != target_id):
        own_switch = _redemption_outbound(client, target_id)
    if match is None:
        if not wanted.absent and find_configuration.still_there(client, wanted.name):
            raise Unseen(f"there is a configuration {wanted.name!r}, but the service does not list it yet; run again in some minutes")
        find_configuration.forget(client, wanted.name)
        return Current(target_id, found, redemption_outbound=own_switch)
    there = match.configuration
    jobs = match.jobs if _meant(there, wanted.name) else list(client.pages(f"{there.synchronization}/jobs"))
    renamed = there.name != wanted.named_after(match).name
    application_id = _application_id(client, there, may_be_gone=wanted.absent) if wanted.absent or renamed else None
    complete = Found(there, match.bag, jobs)
    _remember(client, complete, found)
    return Current(target_id, tuple(complete if one is match else one for one in found), application_id, own_switch)


def _remember(client: Client, match: Found, found: tuple[Found, ...]) -> None:
    """For later tasks, which know only its name. One of the same name that serves nobody is another run's, which takes it back."""
    named = [one for one in found if find_configuration.same_name(one.configuration.name, match.configuration.name)]
    if all(one.configuration.id == match.configuration.id or not one.serves for one in named):
        find_configuration.remember(client, match.configuration, str(match.jobs[0]["id"]) if len(match.jobs) == 1 else None)


def with_bags(client: Client, name: str | None = None) -> tuple[Found, ...]:
    """All configurations with their settings, and with their jobs if they have the name, or the id."""
    listing = find_configuration.configurations(client)
    answers = read_all(client, [Request("GET", path) for one in listing for path in _parts(one, name)])
    bodies = (client.whole(answer.body) for answer in answers)
    return tuple(_found(one, *islice(bodies, len(_parts(one, name)))) for one in listing)


def _parts(one: Configuration, name: str | None) -> tuple[str, ...]:
    return (f"{one.synchronization}/secrets", *([f"{one.synchronization}/jobs"] if name and _meant(one, name) else []))


def _meant(one: Configuration, name: str) -> bool:
    return find_configuration.same_name(one.name, name) or one.id == name.lower()


def _found(one: Configuration, secrets: Any, jobs: Any = None) -> Found:
    return Found(one, settings_bag.parse(secrets), all_of(jobs) if jobs else [])


def _redemption_outbound(client: Client, target_id: str) -> bool | None:
    """One of the three switches that the connection test wants on; the other two are the target's (pain point 3)."""
    try:
        entry = client.find(f"{PARTNERS}/{target_id}")
    except ServiceError as error:
        if error.denied:
            return None
        raise
    return bool(((entry or {}).get("automaticUserConsentSettings") or {}).get("outboundAllowed"))


def _application_id(client: Client, configuration: Configuration, may_be_gone: bool) -> str | None:
    """``None`` where only the service principal is left, as after a removal that was ended halfway.

    :raises Unseen: until it was looked for some times, since a replica may not know the application (fact sheet 0.3).
    """
    path = f"/applications?$filter=appId%20eq%20{quoted(configuration.app_id)}&$select=id"
    for raw in client.pages(path):
        return str(raw["id"])
    client.looked_in_vain[path] += 1
    if may_be_gone and client.looked_in_vain[path] >= LOOKS:
        return None
    raise Unseen(f"configuration {configuration.name!r} has no application of its own in this tenant; remove it in the portal")


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide."""
    match = choose(current.found, wanted.which, current.target_id)
    called = wanted.named_after(match)
    return _plan_absent(current, match, called) if wanted.absent else _plan_present(current, match, called)


def _members(wanted: Desired, bag: Mapping[str, str]) -> dict[str, Any]:
    """Our members of the notification settings. The address ``off`` switches notifications off."""
    now = settings_bag.notification(bag)
    members = settings_bag.guard_members(bag, wanted.deletion_threshold)
    if wanted.notification_email == NO_NOTIFICATION:
        members |= {"Enabled": False, "Recipients": ""} if now.get("Enabled") else {}
    elif wanted.notification_email is not None:
        members |= {"Enabled": True, "Recipients": wanted.notification_email}
    return members


def _shown(bag: Mapping[str, str], wanted: Desired) -> dict[str, Any]:
    """The managed settings as an admin reads them."""
    members = settings_bag.notification(bag)
    shown: dict[str, Any] = {
        "target_tenant_id": bag.get("CompanyId") or None,
        "deletion_threshold": settings_bag.deletion_guard(bag),
    }
    if wanted.notification_email is not None:
        shown["notification_email"] = members.get("Recipients") if members.get("Enabled") else None
    return shown


def _plan_present(current: Current, match: Found | None, wanted: Desired) -> Plan:
    synchronization = match.configuration.synchronization if match else NEW
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
        facts=_facts(current.target_id, match, job, wanted, new_bag),
        actions=tuple(actions),
        warnings=(*wanted.doubts, *_warnings(current, match, new_bag, wanted)),
    )


def _merging(target_id: str, wanted: Desired) -> Callable[[Mapping[str, str]], dict[str, str]]:
    """What a bag becomes with our values in it."""

    def merge(bag: Mapping[str, str]) -> dict[str, str]:
        values = {"AuthenticationType": settings_bag.AUTHENTICATION, "CompanyId": target_id}
        if "SyncAll" not in bag:
            # Left out, the service may take everybody (fact sheet 13.4).
            values["SyncAll"] = "false"
        return settings_bag.merged(bag, values, _members(wanted, bag))

    return merge


def _warnings(current: Current, match: Found | None, bag: Mapping[str, str], wanted: Desired) -> tuple[str, ...]:
    warnings = []
    beside = ", ".join(f"{one.configuration.name} ({one.configuration.id})" for one in others(current.found, match, current.target_id))
    if beside:
        warnings.append(f"other configurations serve the same target tenant, so their scopes must not overlap: {beside}")
    if settings_bag.deletion_guard(bag) is None:
        warnings.append(
            f"the deletion guard of configuration {wanted.name} is on without a number that can be read; set deletion_threshold"
        )
    return tuple(warnings)


def _instantiate(wanted: Desired) -> Action:
    name = quoted(wanted.name)
    return Action(
        "create",
        f"configuration {wanted.name}",
        wanted.tenant,
        (Request("POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": wanted.name}),),
        after={"name": wanted.name},
        binds={"service_principal_id": "servicePrincipal.id", "app_id": "servicePrincipal.appId"},
        visible=Wait("/servicePrincipals/{service_principal_id}", present),
        gives_way=twins.gives_way(wanted.name),
        settled_by=Wait(
            f"/servicePrincipals?$filter={find_configuration.OF_TEMPLATE}%20and%20displayName%20eq%20{name}&$select=id", listed
        ),
        # 404 is known to come although the application was created (fact sheet 0.3).
        uncertain_statuses=(404,),
    )


def _rename(configuration: Configuration, application_id: str | None, wanted: Desired) -> Action:
    """Both carry the name: the application as what it is registered by, the service principal as what it is found by."""
    body = {"displayName": wanted.name}
    return Action(
        "rename",
        f"configuration {configuration.name} to {wanted.name}",
        wanted.tenant,
        (Request("PATCH", f"/applications/{application_id}", body), Request("PATCH", f"/servicePrincipals/{configuration.id}", body)),
        before={"name": configuration.name},
        after={"name": wanted.name},
    )


def _test(synchronization: str, target_id: str) -> Request:
    """The portal's "Test connection", in the form that needs no job (fact sheet 3.3)."""
    credentials = [{"key": "CompanyId", "value": target_id}, {"key": "AuthenticationType", "value": settings_bag.AUTHENTICATION}]
    body = {"useSavedCredentials": False, "templateId": JOB_TEMPLATE, "credentials": credentials}
    return Request("POST", f"{synchronization}/jobs/validateCredentials", body, only_asks=True)


def _switches(current: Current, wanted: Desired) -> str:
    """The truth table of a link's three switches, as far as one tenant can know it."""
    own = {True: "on", False: "OFF", None: "could not be read"}[current.redemption_outbound]
    there = f"cannot be read from here, look in tenant {current.target_id}"
    return (
        f"The three switches of the link: redemption_outbound in tenant {wanted.tenant} for the target is {own}; "
        f"redemption_inbound and user_sync_inbound in the target for tenant {wanted.tenant} {there}."
    )


def _create_job(synchronization: str, current: Current, wanted: Desired) -> Action:
    tests = (_test(synchronization, current.target_id),) if wanted.test_connection else ()
    return Action(
        "create",
        f"provisioning job of configuration {wanted.name}",
        wanted.tenant,
        (*tests, Request("POST", f"{synchronization}/jobs", {"templateId": JOB_TEMPLATE})),
        binds={"job_id": "id"},
        visible=Wait(f"{synchronization}/jobs", lambda body: bool(body) and any(map(find_configuration.is_ours, all_of(body)))),
        passing_codes=LOST_POLICY_CODES,
        hint=_switches(current, wanted),
        conflict=Conflict(
            lambda body: _taken(wanted.name, all_of(body) if body else []),
            f"the service does not make a job for configuration {wanted.name!r}, because it has one (HTTP 409), but it lists none; "
            "look at the provisioning of the configuration in the portal, or run again in some minutes",
        ),
    )


def _taken(name: str, jobs: list[Any]) -> str | None:
    """What takes the place of the job: the service may make one a configuration, of whatever template (fact sheet 3.3)."""
    if not jobs:
        return None
    there = ", ".join(f"{one.get('id')} (template {one.get('templateId')})" for one in jobs)
    return f"configuration {name!r} has a job of another kind already: {there}; remove it, and run again"


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
        before={name: before.get(name) for name in changed},
        after={name: after.get(name) for name in changed},
        visible=writing.visible,
        refresh=writing.refresh,
        passing_codes=LOST_POLICY_CODES,
        hint=_switches(current, wanted),
    )


def _facts(target_id: str, match: Found | None, job: Mapping[str, Any] | None, wanted: Desired, bag: Mapping[str, str]) -> dict[str, Any]:
    configuration = match.configuration if match else None
    return {
        "configuration": {
            "name": wanted.name,
            "service_principal_id": configuration.id if configuration else None,
            "app_id": configuration.app_id if configuration else None,
            "job_id": job["id"] if job else None,
            "scope_mode": "all" if settings_bag.synchronizes_all(bag) else "assigned",
            "notification_email": None,
            **_shown(bag, wanted),
            "target_tenant_id": target_id,
        }
    }


def _plan_absent(current: Current, match: Found | None, wanted: Desired) -> Plan:
    gone = {"state": "absent"}
    facts = {
        "configuration": None,
        "still_served_by": sorted(one.configuration.name for one in others(current.found, match, current.target_id)),
    }
    if match is None:
        return Plan(gone, gone, facts)
    there = match.configuration
    name, synchronization = there.name, there.synchronization
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
            # An application takes its service principal with it, if it is there still (fact sheet 2.4).
            (Request("DELETE", f"/applications/{current.application_id}" if current.application_id else f"/servicePrincipals/{there.id}"),),
            before={"name": name},
            effects={"keeps_synced_users": True},
        )
    )
    before = {"state": "present", "name": name, "job": bool(match.jobs), **_shown(match.bag, wanted)}
    return Plan(before, gone, facts, tuple(actions), foretells=lambda client: find_configuration.leaves(client, there.id))


RESOURCE = Resource(desired, read, plan)

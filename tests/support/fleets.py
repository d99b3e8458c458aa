# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated fleets: four tenants with a link in each direction, whose states and wishes are changed by chance, in this process.

Each fleet is looked at once as a whole, and link by link by the modules in check mode.
"""

from __future__ import annotations

import copy
import functools
import importlib
import itertools
import json
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.vault import Vault
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import Seen, look
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import link_variables
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Pace
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import TARGET, Step, building
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema
from ansible_collections.entra.cross_tenant_sync.plugins.modules import link_info
from ansible_collections.entra.cross_tenant_sync.tests.benchmark import bare, world
from entra_emulator.faults import Fault, FaultPlan

from . import tenants
from .cloud import URL, Cloud
from .life import CYCLE, MODULES, Traceback, living

SIZE = 4
PEOPLE = 4
COMPANIES = world.mesh(SIZE, PEOPLE)
PAIRS = [(source.name, target.name) for source, target in itertools.permutations(COMPANIES, 2)]
BY_NAME = {company.name: company for company in COMPANIES}
NO_PARTNER = "99999999-9999-4999-8999-999999999999"

Chance = random.Random
Link = dict[str, Any]


@dataclass
class Fleet:
    """The state of the service is in the cloud; here are the wishes, by link, and the connections of the tenants, by name."""

    cloud: Cloud
    links: dict[str, Link]
    connections: dict[str, dict[str, Any]]
    story: list[str] = field(default_factory=list)
    """What chance has done."""
    vault: Vault = field(default_factory=Vault)
    """The tokens of those who compare a single link, which sign in once, as the tasks of a run do."""

    def params(self, name: str, **changed: Any) -> dict[str, Any]:
        """The validated options of ``link_info``."""
        link = self.links[name]
        options = link_variables.options_of("link_info", link)
        source, target = (self.connections[link[side]] for side in ("link_source", "link_target"))
        given = {**source, **options, "target": dict(target), "share_reads": True, "stop_at_difference": True, **changed}
        return _validated("link_info", link_info.OPTIONS, given)


@functools.cache
def settled(companies: tuple[world.Company, ...] = tuple(COMPANIES)) -> tuple[Cloud, bytes]:
    """The tenants with all links, built and run, once a process."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "scenario.json"
        scenario.write_text(json.dumps(world.scenario(companies)))
        cloud = Cloud({"initial_cycle_seconds_per_object": 0}, str(scenario))
    state: dict[str, Any] = {
        "tenants": {name: {"access_policy": {"partners": {}, "identity_synchronizations": {}}} for name in cloud.world.tenants}
    }
    allowed = {"inboundAllowed": True, "outboundAllowed": True}
    with cloud.reached():
        for source, target in itertools.permutations(companies, 2):
            policy = cloud.world.tenants[source.tenant_id].access_policy
            policy.partners[target.tenant_id] = tenants.add_partner(
                state, source.tenant_id, target.tenant_id, automaticUserConsentSettings=dict(allowed)
            )
            policy.identity_synchronizations[target.tenant_id] = tenants.allow_synchronization(state, source.tenant_id, target.tenant_id)
        for source, target in itertools.permutations(companies, 2):
            spec = world.spec(URL, "", source, target, [source.user(number) for number in range(2)])
            with bare.Tenant(spec, "source") as graph:
                bare.build(graph, spec)
    cloud.sleep(CYCLE)
    cloud.sleep(CYCLE)
    return cloud, cloud.save()


def untouched(companies: tuple[world.Company, ...] = tuple(COMPANIES)) -> Fleet:
    """The fleet of these companies. All links are in sync."""
    cloud, saved = settled(companies)
    cloud.load(saved)
    connections = {company.name: company.connection(URL, "") for company in companies}
    for connection in connections.values():
        del connection["ca_path"]
    links = {
        f"{source.name}_to_{target.name}": world.link(source, target, [source.user(number) for number in range(2)])
        for source, target in itertools.permutations(companies, 2)
    }
    return Fleet(cloud, links, connections)


def generated(seed: int) -> Fleet:
    """The fleet of a seed. Without any change, all links are in sync."""
    fleet, chance = untouched(), Chance(seed)
    cloud = fleet.cloud
    for _number in range(chance.choice((0, 1, 1, 2, 3, 5, 8))):
        change = chance.choice(CHANGES)
        fleet.story.append(f"{change.__name__}: {change(fleet, chance)}")
    cloud.calm()
    if chance.random() < 0.1:
        fleet.story.append(f"a fault: {_fault(fleet, chance)}")
    return fleet


def strange(fleet: Fleet) -> dict[str, set[str]]:
    """The ids of the partners and configurations that no link describes, as the state of the service shows them, by the id of the tenant."""
    names: dict[tuple[str, str], set[str]] = {}
    for link in fleet.links.values():
        pair = (BY_NAME[link["link_source"]].tenant_id, BY_NAME[link["link_target"]].tenant_id)
        names.setdefault(pair, set()).update(name.casefold() for name in (link["link_configuration"], *link.get("link_others", ())))
    found: dict[str, set[str]] = {}
    for company in COMPANIES:
        tenant, here = _of(fleet, company), company.tenant_id
        allowed = {
            partner
            for partner, policy in tenant.access_policy.identity_synchronizations.items()
            if (policy.get("userSyncInbound") or {}).get("isSyncAllowed") and partner in tenant.access_policy.partners
        }
        serving = {
            principal_id: (str(synchronization.secrets.get("CompanyId") or ""), tenant.service_principals[principal_id]["displayName"])
            for principal_id, synchronization in tenant.synchronizations.items()
            if principal_id in tenant.service_principals
        }
        found[here] = {partner for partner in allowed if (partner, here) not in names} | {
            principal_id
            for principal_id, (target, name) in serving.items()
            if target and not names.get((here, target), set()) & {name.casefold(), principal_id}
        }
    return found


def seen(fleet: Fleet, **changed: Any) -> Seen:
    """The look at the whole fleet, and at the strangers in its tenants, with other options."""
    pairs = [
        (
            str(fleet.connections[link["link_source"]]["tenant_id"]).lower(),
            str(fleet.connections[link["link_target"]]["tenant_id"]).lower(),
            (link["link_configuration"], *link.get("link_others", ())),
        )
        for link in fleet.links.values()
    ]
    with living(fleet.cloud), tempfile.TemporaryDirectory() as folder:
        links = {name: fleet.params(name, **changed) for name in fleet.links}
        return look(links, True, folder, Vault(), inventory=() if changed else pairs)


def compared(fleet: Fleet, name: str, **changed: Any) -> Mapping[str, Any] | str:
    """What ``link_info`` returns of a link, with other options; its message if it fails."""
    with living(fleet.cloud), tempfile.TemporaryDirectory() as folder:
        pace = Pace(longest=60.0, sleep=fleet.cloud.sleep, clock=fleet.cloud.clock)
        try:
            return engine.run(link_info.SUBJECT, fleet.params(name, **changed), True, pace, run_folder=folder, vault=fleet.vault)
        except RunFailure as failure:
            return failure.msg


@dataclass(frozen=True)
class Told:
    """What the modules report of a link, one by one in check mode."""

    actions: tuple[str, ...] = ()
    failure: str | None = None


def told(fleet: Fleet, name: str) -> Told:
    """What the modules report of a link."""
    return ran(fleet, name, building(fleet.params(name)), check=True)


def ran(fleet: Fleet, name: str, steps: Sequence[Step], check: bool = False) -> Told:
    """What the modules of these steps of a link do, one by one."""
    params, owed = fleet.params(name), False
    actions: list[str] = []
    link = fleet.links[name]
    with living(fleet.cloud), tempfile.TemporaryDirectory() as folder:
        for part in steps:
            connection = fleet.connections[link["link_target" if part.side == TARGET else "link_source"]]
            options = {option: value for option, value in part.options(params, owed).items() if value is not None}
            module = importlib.import_module(MODULES + part.module)
            given = _validated(part.module, module.OPTIONS, {**options, **connection})
            pace = Pace(longest=float(given["visibility_timeout"]), sleep=fleet.cloud.sleep, clock=fleet.cloud.clock)
            try:
                result = engine.run(module.SUBJECT, given, check, pace, run_folder=folder, vault=fleet.vault)
            except RunFailure as failure:
                return Told(tuple(actions), failure.msg)
            except Exception as error:
                raise Traceback(f"{part.module}: {type(error).__name__}: {error}") from error
            owed = owed or bool(result.get("restart_owed"))
            actions += [f"{part.module}: {action['verb']} {action['object']}" for action in result["actions"]]
    return Told(tuple(actions))


def _validated(module: str, options: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    understood = options.understand(given)
    checked = ArgumentSpecValidator(options.argument_spec(), **options.rules).validate(understood.args)
    wrong = understood.wrong or "; ".join(checked.error_messages)
    assert not wrong, f"{module}: {wrong}"
    params: dict[str, Any] = checked.validated_parameters
    return params


# What chance does ---------------------------------------------------------------------------------------------------


def _pair(chance: Chance) -> tuple[Any, Any]:
    source, target = chance.choice(PAIRS)
    return BY_NAME[source], BY_NAME[target]


def _of(fleet: Fleet, company: Any) -> Any:
    return fleet.cloud.world.tenants[company.tenant_id]


def _principal(fleet: Fleet, source: Any, target: Any) -> Any:
    """The service principal of a link's configuration, whatever its name is now; ``None`` if it is gone."""
    tenant = _of(fleet, source)
    for principal_id, synchronization in tenant.synchronizations.items():
        if synchronization.secrets.get("CompanyId") == target.tenant_id and principal_id in tenant.service_principals:
            return tenant.service_principals[principal_id]
    return None


def _job(fleet: Fleet, source: Any, target: Any) -> Any:
    principal = _principal(fleet, source, target)
    jobs = _of(fleet, source).synchronizations[principal["id"]].jobs if principal else {}
    return next(iter(jobs.values()), None)


def switch_off(fleet: Fleet, chance: Chance) -> str:
    source, target = _pair(chance)
    entry = _of(fleet, source).access_policy.partners.get(target.tenant_id)
    if entry:
        name, value = chance.choice(("inboundAllowed", "outboundAllowed")), chance.choice((False, None))
        entry["automaticUserConsentSettings"][name] = value
        return f"{source.name} for {target.name}: {name} {value}"
    return "nothing"


def forbid(fleet: Fleet, chance: Chance) -> str:
    source, target = _pair(chance)
    policy = _of(fleet, target).access_policy.identity_synchronizations
    how = chance.choice(("gone", "off", "null"))
    if source.tenant_id in policy:
        if how == "gone":
            del policy[source.tenant_id]
        else:
            policy[source.tenant_id]["userSyncInbound"] = {"isSyncAllowed": False} if how == "off" else None
    return f"{source.name} into {target.name}: {how}"


def forget_partner(fleet: Fleet, chance: Chance) -> str:
    source, target = _pair(chance)
    policy = _of(fleet, source).access_policy
    policy.partners.pop(target.tenant_id, None)
    policy.identity_synchronizations.pop(target.tenant_id, None)
    return f"{source.name}: {target.name}"


def odd_partner(fleet: Fleet, chance: Chance) -> str:
    source, _target = _pair(chance)
    state: dict[str, Any] = {"tenants": {source.tenant_id: {"access_policy": {"partners": {}, "identity_synchronizations": {}}}}}
    policy = _of(fleet, source).access_policy
    policy.partners[NO_PARTNER] = tenants.add_partner(state, source.tenant_id, NO_PARTNER, unheardOf={"value": []})
    if chance.random() < 0.5:
        policy.identity_synchronizations[NO_PARTNER] = tenants.allow_synchronization(state, source.tenant_id, NO_PARTNER)
    return str(source.name)


def change_bag(fleet: Fleet, chance: Chance) -> str:
    source, target = _pair(chance)
    principal = _principal(fleet, source, target)
    if principal is None:
        return "nothing"
    bag = _of(fleet, source).synchronizations[principal["id"]].secrets
    key, value = chance.choice(
        (
            ("SyncAll", "true"),
            ("SyncAll", None),
            ("SyncNotificationSettings", "{}"),
            ("SyncNotificationSettings", "not JSON"),
            ("CompanyId", NO_PARTNER),
            ("CompanyId", None),
            ("Unheard", "of"),
        )
    )
    bag.pop(key, None)
    if value is not None:
        bag[key] = value
    return f"{source.name} to {target.name}: {key} {value}"


CAPABILITIES = {
    "free_busy": ("crossTenantCalendarAvailabilityBasic", "crossTenantCalendarAvailabilityLimitedDetails"),
    "mail_tips": ("crossTenantMailTipsLimited", "crossTenantMailTipsAll"),
    "profile_card": ("crossTenantOpenProfileCard",),
}
EVERYBODY = {"included": [{"resourceId": "All", "resourceType": "user"}], "excluded": []}
TRUST = {"users": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}}


def shares(fleet: Fleet, here: Any, there: Any, name: str, *, allowed: bool = True, scopes: Mapping[str, Any] | None = None) -> None:
    """Let a tenant have a capability for a partner."""
    held = _of(fleet, here).access_policy.capabilities.setdefault(there.tenant_id, {})
    access = {"isAllowed": allowed, "resourceScopes": copy.deepcopy(dict(scopes or EVERYBODY))}
    held[name] = {"name": name, "lastModifiedDateTime": "2026-11-20T00:00:00Z", "inboundAccess": access}


def change_sharing(fleet: Fleet, chance: Chance) -> str:
    """What a tenant shares with another: a capability with or without a trust, for all or for single users."""
    here, there = _pair(chance)
    entry = _of(fleet, here).access_policy.partners.get(there.tenant_id)
    if entry is None:
        return "nothing"
    trust = chance.choice((TRUST, TRUST, TRUST, None, {"users": {"accessType": "blocked", "targets": TRUST["users"]["targets"]}}))
    entry["m365CollaborationInbound"] = copy.deepcopy(trust)
    user = chance.choice(sorted(_of(fleet, here).users))
    single = {"included": [{"resourceId": user, "resourceType": "user"}], "excluded": []}
    names = chance.sample([name for names in CAPABILITIES.values() for name in names], chance.choice((1, 1, 2, 3)))
    for name in names:
        shares(fleet, here, there, name, allowed=chance.random() < 0.8, scopes=chance.choice((EVERYBODY, EVERYBODY, single)))
    return f"{here.name} for {there.name}: {', '.join(names)}, trust {bool(trust)}"


def change_groups(fleet: Fleet, chance: Chance) -> str:
    """Whether the job synchronizes groups, and whether the target lets them in."""
    source, target = _pair(chance)
    job, policy = _job(fleet, source, target), _of(fleet, target).access_policy.identity_synchronizations.get(source.tenant_id)
    inside, outside = chance.choice((True, True, False)), chance.choice((True, True, False, None))
    for mapping in job.job_schema["synchronizationRules"][0]["objectMappings"] if job and job.job_schema else ():
        if mapping.get("name") in schema.GROUPS:
            mapping["enabled"] = inside
    if policy:
        policy["groupSyncInbound"] = None if outside is None else {"isSyncAllowed": outside}
    return f"{source.name} to {target.name}: {inside}, {outside}"


def wish_sharing(fleet: Fleet, chance: Chance) -> str:
    """What one side or both sides of a link share."""
    name = chance.choice(sorted(fleet.links))
    wished: list[dict[str, Any]] = [
        {"free_busy": "basic", "scope": "all"},
        {"free_busy": "limited_details", "mail_tips": "all", "scope": "all"},
        {"free_busy": "basic"},
        {"free_busy": "none", "profile_card": False},
        {"profile_card": True, "scope": "all"},
        {"mail_tips": "limited", "scope": "groups", "groups": ["No such group"]},
    ]
    sides = chance.choice((["source"], ["target"], ["target"], ["source", "target"]))
    wanted = {"link_share": {side: chance.choice(wished) for side in sides}}
    fleet.links[name].update(wanted)
    return f"{name}: {wanted}"


def rename(fleet: Fleet, chance: Chance) -> str:
    source, target = _pair(chance)
    principal = _principal(fleet, source, target)
    if principal is not None:
        principal["displayName"] = chance.choice((principal["displayName"].upper(), "Another name", "MTO_Sync_x", "To company00"))
        return f"{source.name} to {target.name}: {principal['displayName']}"
    return "nothing"


def change_job(fleet: Fleet, chance: Chance) -> str:
    source, target = _pair(chance)
    job = _job(fleet, source, target)
    if job is None:
        return "nothing"
    how = chance.choice(("paused", "quarantine", "gone", "mapping", "filter", "row"))
    mapping = job.job_schema["synchronizationRules"][0]["objectMappings"][0] if job.job_schema else {"attributeMappings": []}
    if how == "paused":
        job.schedule_state = "Paused"
    elif how == "quarantine":
        job.status["quarantine"] = {"reason": "TooManyDeletes", "currentBegan": "2026-11-25T00:00:00Z", "error": None}
    elif how == "gone":
        principal = _principal(fleet, source, target)
        _of(fleet, source).synchronizations[principal["id"]].jobs.clear()
    elif how == "filter":
        clause = {"sourceOperandName": "department", "operatorName": "IS NOT NULL", "targetOperand": {"values": []}}
        mapping["scope"] = {**(mapping.get("scope") or {}), "groups": [{"name": "By hand", "clauses": [clause]}]}
    elif mapping["attributeMappings"]:
        row = chance.choice(mapping["attributeMappings"])
        if how == "row":
            mapping["attributeMappings"].remove(row)
        else:
            row["flowType"] = "ObjectAddOnly"
        how += f" {row['targetAttributeName']}"
    return f"{source.name} to {target.name}: {how}"


def owe_restart(fleet: Fleet, chance: Chance) -> str:
    source, target = _pair(chance)
    principal = _principal(fleet, source, target)
    if principal is not None:
        principal["tags"] = [*principal.get("tags", ()), "entra.cross_tenant_sync:restart_owed"]
    return f"{source.name} to {target.name}"


def change_assignments(fleet: Fleet, chance: Chance) -> str:
    source, target = _pair(chance)
    principal = _principal(fleet, source, target)
    if principal is None:
        return "nothing"
    assignments = _of(fleet, source).assignments.setdefault(principal["id"], {})
    user = chance.choice([user for user in _of(fleet, source).users.values() if user["userPrincipalName"].endswith(source.domain)])
    if assignments and chance.random() < 0.5:
        del assignments[chance.choice(sorted(assignments))]
        return f"{source.name} to {target.name}: one less"
    role = chance.choice((None, "00000000-0000-0000-0000-000000000000"))
    new = tenants.assignment(principal, user, role=role)
    assignments[new["id"]] = new
    return f"{source.name} to {target.name}: {user['userPrincipalName']} {role}"


def second_configuration(fleet: Fleet, chance: Chance) -> str:
    source, target = _pair(chance)
    principal = _principal(fleet, source, target)
    if principal is None:
        return "nothing"
    tenant = _of(fleet, source)
    new = copy.deepcopy(principal)
    new["id"], new["appId"] = (tenants.made_up_id(f"{what} {source.name} {target.name} {len(tenant.service_principals)}") for what in "sa")
    new["displayName"] = chance.choice((principal["displayName"], "By hand", "MTO_Sync_y"))
    tenant.service_principals[new["id"]] = new
    copied = copy.deepcopy(tenant.synchronizations[principal["id"]])
    if chance.random() < 0.3:
        copied.secrets.clear()
    copied.jobs.clear()
    tenant.synchronizations[new["id"]] = copied
    return f"{source.name} to {target.name}: {new['displayName']}"


def wish(fleet: Fleet, chance: Chance) -> str:
    name = chance.choice(sorted(fleet.links))
    link = fleet.links[name]
    source, target = BY_NAME[link["link_source"]], BY_NAME[link["link_target"]]
    wished: list[Link] = [
        {"link_scope_users": [source.user(0)]},
        {"link_scope_users": [source.user(0), source.user(2)]},
        {"link_scope_users": [source.user(0), "nobody@nowhere.example"]},
        {"link_scope_users": [], "link_scope_exact": True},
        {"link_scope_users": [], "link_scope_exact": True, "link_scope_allow_empty": True},
        {"link_scope_groups": ["No such group"]},
        {"link_scope_mode": "all"},
        {"link_scope_exact": False},
        {"link_job_state": "paused"},
        {"link_job_wait": "steady"},
        {"link_mappings": [{"target": "employeeId", "state": "absent"}]},
        {"link_mappings": [{"target": "companyName", "constant": "Company"}]},
        {"link_mappings": [{"target": "displayNam", "source": "displayName"}]},
        {"link_mappings": [{"target": "displayName", "expression": "Append([displayName"}]},
        {"link_display_name_suffix": " (Group)", "link_mappings": []},
        {"link_user_type": "guest", "link_convert_existing": True},
        {"link_filters": [{"name": "All", "clauses": [{"attribute": "department", "operator": "IS NOT NULL"}]}]},
        {"link_filters": []},
        {"link_target_actions": ["create", "update"]},
        {"link_groups": True},
        {"link_groups": True},
        {"link_groups": False},
        {"link_groups": True, "link_scope_mode": "all"},
        {"link_group_mappings": [{"target": "description", "state": "absent"}]},
        {"link_deletion_threshold": 7},
        {"link_notification_email": "admin@company.example"},
        {"link_adopt": True},
        {"link_others": ["Another name", "By hand"]},
        {"link_configuration": link["link_configuration"].upper()},
        {"link_configuration": "Elsewhere"},
        {"link_verify_users": [source.user(0)]},
        {"link_source_domains": [source.domain]},
    ]
    principal = _principal(fleet, source, target)
    if principal is not None:
        wished.append({"link_configuration": principal["id"]})
    wanted = chance.choice(wished)
    link.update(wanted)
    return f"{name}: {wanted}"


def by_domain(fleet: Fleet, chance: Chance) -> str:
    company = chance.choice(COMPANIES)
    fleet.connections[company.name]["tenant_id"] = company.domain
    return company.name


def wrong_secret(fleet: Fleet, chance: Chance) -> str:
    company = chance.choice(COMPANIES)
    fleet.connections[company.name]["client_secret"] = "wrong"
    return company.name


def no_permission(fleet: Fleet, chance: Chance) -> str:
    company = chance.choice(COMPANIES)
    lost = chance.choice(world.PERMISSIONS)
    roles = _of(fleet, company).registrations[company.client_id].roles
    if lost in roles:
        roles.remove(lost)
    return f"{company.name}: {lost}"


def _fault(fleet: Fleet, chance: Chance) -> str:
    """A fault that does not pass, so that all who read meet it."""
    part = chance.choice(
        ("/policies/", "/synchronization/secrets", "/synchronization/jobs", "/schema", "/users", "/appRoleAssignedTo", "/m365Capabilities")
    )
    status = chance.choice((403, 404, 500, 400))
    fault = Fault.model_validate({"path": part, "fault": "status", "status": status, "code": "Odd", "times": 0})
    fleet.cloud.service.faults = FaultPlan(faults=[fault])
    return f"{part} {status}"


CHANGES: tuple[Callable[[Fleet, Chance], str], ...] = (
    switch_off,
    forbid,
    forget_partner,
    odd_partner,
    change_bag,
    rename,
    change_job,
    change_job,
    owe_restart,
    change_assignments,
    change_assignments,
    second_configuration,
    wish,
    wish,
    wish,
    wish,
    by_domain,
    wrong_secret,
    no_permission,
    change_sharing,
    change_sharing,
    wish_sharing,
    wish_sharing,
    change_groups,
)

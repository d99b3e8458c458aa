# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever an export describes of generated fleets, the look of a run finds nothing to change in it.

``LIFE=everything pytest tests/property/test_export.py`` tries a thousand fleets.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.inventory import topology as plugin
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.vault import Vault
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import look
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.export.model import Export
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import topology_export, worker_runner
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import LinkHost, examine, rivals_by_host
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import COMPLETE
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology import topology_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology_text import content
from ansible_collections.entra.cross_tenant_sync.tests.support import fleets, tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.fleets import BY_NAME, PAIRS, Chance, Fleet, generated
from ansible_collections.entra.cross_tenant_sync.tests.support.life import everything, living
from entra_emulator.settings import merged

SEEDS = range(1000 if everything() else 8)
OPTIONS = set(yaml.safe_load(plugin.DOCUMENTATION)["options"])
ODD = (
    "{{ lookup('ansible.builtin.env', 'HOME') }}",
    "a: 'b' \"c\" # d",
    "first\nsecond",
    "- x\u2028y: z",
    "{% raw %}",
    " blank ",
    "on",
    "0123",
    "",
    "!vault |",
    "\u202eright to left",
)
"""Texts that would be something else than a text if they were written carelessly."""

FLIPPED = {
    "batch_synchronization": "refused",
    "related_tenants": "beta",
    "expand_absent_policy": "omitted",
    "absent_identity_synchronization": "Request_ResourceNotFound",
    "unknown_tenant_information": "bad_request",
    "secrets_read_role": "refused",
    "function_names": "name",
}
"""The switches that decide how a read is answered."""


class _Loader(yaml.SafeLoader):
    """Reads a file as Ansible does: a text with the tag ``!unsafe`` is a text."""


def _as_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


_Loader.add_constructor("!unsafe", _as_text)


def _mapping(fleet: Fleet, chance: Chance) -> tuple[Any, Any]:
    """The job and the mapping of users of a link; ``None`` if it is gone."""
    source, target = (BY_NAME[name] for name in chance.choice(PAIRS))
    job = fleets._job(fleet, source, target)
    return (job, job.job_schema["synchronizationRules"][0]["objectMappings"][0]) if job and job.job_schema else (None, None)


def odd_row(fleet: Fleet, chance: Chance) -> None:
    """A mapping by hand: of any kind, applied in any way."""
    _job, mapping = _mapping(fleet, chance)
    if not mapping or not mapping["attributeMappings"]:
        return
    text = chance.choice(ODD)
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    source = chance.choice(
        (
            {"type": "Attribute", "name": "department", "expression": "[department]", "parameters": []},
            {"type": "Attribute", "name": "notListed", "expression": "[notListed]", "parameters": []},
            {"type": "Constant", "name": text, "expression": f'"{quoted}"', "parameters": []},
            {"type": "Function", "name": "Append", "expression": f'Append([displayName], "{quoted}")', "parameters": []},
            {"type": "Function", "name": "New", "expression": "New{[displayName]}", "parameters": []},
            None,
        )
    )
    changes = {
        "source": source,
        "flowType": chance.choice(("Always", "ObjectAddOnly", "ValueAddOnly")),
        "defaultValue": chance.choice((None, "", text)),
    }
    if chance.random() < 0.3:
        known = {row["targetAttributeName"] for row in mapping["attributeMappings"]}
        target = chance.choice([name for name in ("companyName", "notListed") if name not in known] or ["another"])
        mapping["attributeMappings"].append({"targetAttributeName": target, "matchingPriority": 0, **changes})
    else:
        row = chance.choice([row for row in mapping["attributeMappings"] if not row["matchingPriority"]])
        row.update({name: changes[name] for name in chance.sample(sorted(changes), 2)})


def preset(fleet: Fleet, chance: Chance) -> None:
    """What variables of their own describe, and almost describe."""
    _job, mapping = _mapping(fleet, chance)
    rows = {row["targetAttributeName"]: row for row in mapping["attributeMappings"]} if mapping else {}
    target, value = chance.choice(
        (("userType", "Guest"), ("userType", "guest"), ("showInAddressList", "False"), ("showInAddressList", "x"))
    )
    if target in rows:
        rows[target]["source"] = {"type": "Constant", "name": value, "expression": f'"{value}"', "parameters": []}
        rows[target]["flowType"] = chance.choice(("Always", "ObjectAddOnly"))


def odd_filter(fleet: Fleet, chance: Chance) -> None:
    """Filters by hand."""
    _job, mapping = _mapping(fleet, chance)
    if mapping:
        operand = {"values": [chance.choice(ODD), "x"]}
        operator = chance.choice(("EQUALS", "IS NULL", "NOBODY KNOWS", "REGEX MATCH"))
        clause = {"sourceOperandName": "department", "operatorName": operator, "targetOperand": operand}
        groups = [{"name": chance.choice(ODD), "clauses": [clause] if chance.random() < 0.9 else []}]
        mapping["scope"] = {**(mapping.get("scope") or {}), "groups": groups}


def odd_actions(fleet: Fleet, chance: Chance) -> None:
    """Target actions, also none, and a mapping that is switched off."""
    _job, mapping = _mapping(fleet, chance)
    if mapping:
        mapping["flowTypes"] = chance.choice(("Add", "Add,Update", "Update, Delete", "None"))
        mapping["enabled"] = chance.random() < 0.5


def odd_name(fleet: Fleet, chance: Chance) -> None:
    """A configuration whose name cannot be written, or is that of another."""
    source, target = (BY_NAME[name] for name in chance.choice(PAIRS))
    principal = fleets._principal(fleet, source, target)
    if principal:
        principal["displayName"] = chance.choice((*ODD[:-1], "To company01", principal["id"]))


def odd_groups(fleet: Fleet, chance: Chance) -> None:
    """Assigned groups: with odd names, with the same name, and one that is gone."""
    source, target = (BY_NAME[name] for name in chance.choice(PAIRS))
    principal = fleets._principal(fleet, source, target)
    if principal is None:
        return
    tenant = fleets._of(fleet, source)
    for number in range(2):
        group = {"id": tenants.made_up_id(f"group {chance.random()}"), "displayName": chance.choice((*ODD, "Same", "Same"))}
        if number or chance.random() < 0.7:
            tenant.groups[group["id"]] = {**group, "mail": None, "securityEnabled": True, "mailEnabled": False, "groupTypes": []}
        made = tenants.assignment(principal, group, "Group")
        tenant.assignments.setdefault(principal["id"], {})[made["id"]] = made


def foreign(fleet: Fleet, chance: Chance) -> None:
    """A configuration that serves a tenant that nobody gave."""
    source, target = (BY_NAME[name] for name in chance.choice(PAIRS))
    principal = fleets._principal(fleet, source, target)
    if principal:
        fleets._of(fleet, source).synchronizations[principal["id"]].secrets["CompanyId"] = fleets.NO_PARTNER


CHANGES: tuple[Callable[[Fleet, Chance], None], ...] = (
    odd_row,
    odd_row,
    preset,
    odd_filter,
    odd_actions,
    odd_name,
    odd_groups,
    foreign,
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folder and the tokens of a run."""
    with tempfile.TemporaryDirectory() as folder:
        for name, value in (("run_folder", lambda: folder), ("VAULT", Vault())):
            monkeypatch.setattr(topology_export, name, value)
            monkeypatch.setattr(worker_runner, name, value)
        yield


def exported(fleet: Fleet) -> tuple[Export, str]:
    """The export of all tenants of a fleet, and its file."""
    host = LinkHost("localhost", {"tenants": fleet.connections}, lambda value: value)
    given = topology_export.given_tenants(host, None)
    assert given.faults == ()
    export = topology_export.exported(given, lambda _message: None)
    return export, topology_export.text_of(export, given)


def differing(fleet: Fleet, data: Any) -> dict[str, Any]:
    """The links of the file that a run would change, or cannot compare."""
    links, faults = topology_of(data, OPTIONS)
    assert faults == []
    variables: dict[str, Any] = {link.host: {**link.variables, "tenants": fleet.connections} for link in links}
    rivals = rivals_by_host(variables, variables.__getitem__, variables.__getitem__)
    params: dict[str, Any] = {}
    for host, own in variables.items():
        examined, options = examine(
            LinkHost(host, own, lambda value: value), functools.partial(rivals.__getitem__, host) if host in rivals else dict
        )
        assert not examined.get("failed"), examined["msg"]
        params[host] = {**options, **COMPLETE}
    with tempfile.TemporaryDirectory() as folder:
        verdicts = look(params, True, folder, Vault()).verdicts
    return {
        host: verdict
        for host, verdict in verdicts.items()
        if verdict.failure or (verdict.facts and (verdict.facts["differences"] or verdict.facts["not_compared"]))
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_has_nothing_to_change_in_what_was_exported(seed: int, run: None) -> None:
    fleet = generated(seed)
    chance = Chance(seed)
    for _number in range(chance.choice((0, 1, 3, 8))):
        chance.choice(CHANGES)(fleet, chance)
    fleet.cloud.arrivals.clear()
    # The other half of the fleets meets the other reading of the documents.
    fleet.cloud.service.settings = merged(fleet.cloud.service.settings, FLIPPED if seed % 2 else {})
    with living(fleet.cloud):
        export, text = exported(fleet)
        data = _Loader(text).get_single_data()
        assert data == content(export)
        assert differing(fleet, data) == {}, fleet.story
        calm = not any("a fault" in line for line in fleet.story)
        if calm:
            assert exported(fleet)[1] == text
    assert not any(arrival.writes for arrival in fleet.cloud.arrivals)
    secrets = [connection["client_secret"] for connection in fleet.connections.values()]
    assert all(secret not in text for secret in secrets if secret != "wrong")
    if calm and not export.unread:
        serving = [
            principal_id
            for company in fleets.COMPANIES
            for principal_id, synchronization in fleets._of(fleet, company).synchronizations.items()
            if synchronization.secrets.get("CompanyId") and principal_id in fleets._of(fleet, company).service_principals
        ]
        multitenant = [sentence for sentence in export.multitenant if "serves no tenant" not in sentence]
        assert len(export.links) + len(multitenant) == len(serving), fleet.story


def test_an_untouched_fleet_is_exported_as_a_whole(run: None) -> None:
    """Nothing is commented out or noted, and what all links share is written once."""
    fleet = generated(next(seed for seed in range(100) if not generated(seed).story))
    with living(fleet.cloud):
        export, text = exported(fleet)
    assert sorted(link.host for link in export.links) == sorted(fleet.links)
    assert [(link.obstacle, link.notes) for link in export.links] == [(None, ())] * len(fleet.links)
    assert set(_Loader(text).get_single_data()["defaults"]) >= {"mappings", "scope_mode", "scope_exact", "job_state", "user_type"}


def test_what_is_shared_and_whether_groups_are_synchronized_is_written_once_for_each_pair(run: None) -> None:
    """In the link into the tenant that is looked at; in the reverse link, if that is the only one."""
    fleet = fleets.untouched()
    one, other, third, _fourth = fleets.COMPANIES
    group: dict[str, Any] = {
        "id": tenants.made_up_id("group of sharing"),
        "displayName": "Sales",
        "mail": None,
        "mailEnabled": False,
        "groupTypes": [],
    }
    fleets._of(fleet, other).groups[group["id"]] = {**group, "securityEnabled": True}
    sales = {"included": [{"resourceId": group["id"], "resourceType": "group"}], "excluded": []}
    basic, limited = fleets.CAPABILITIES["free_busy"]
    shown: dict[tuple[Any, Any], list[tuple[str, Any]]] = {
        (other, one): [(basic, sales), ("crossTenantMailTipsAll", sales)],
        (one, third): [(limited, fleets.EVERYBODY)],
        # Two levels at once are a conflict, which only an administrator can solve.
        (third, other): [(basic, fleets.EVERYBODY), (limited, fleets.EVERYBODY)],
    }
    for (here, there), capabilities in shown.items():
        fleets._of(fleet, here).access_policy.partners[there.tenant_id]["m365CollaborationInbound"] = fleets.TRUST
        for name, scopes in capabilities:
            fleets.shares(fleet, here, there, name, scopes=scopes)
    # There is no link from the third to the first, so the reverse link has what the first shows.
    del fleets._of(fleet, third).synchronizations[fleets._principal(fleet, third, one)["id"]]
    for source, inside, outside in ((one, True, True), (other, True, False), (third, False, True)):
        target = fleets.COMPANIES[3]
        for mapping in fleets._job(fleet, source, target).job_schema["synchronizationRules"][0]["objectMappings"]:
            if mapping.get("name") in schema.GROUPS:
                mapping["enabled"] = inside
        switch = fleets._of(fleet, target).access_policy.identity_synchronizations[source.tenant_id]
        switch["groupSyncInbound"] = {"isSyncAllowed": outside}
    with living(fleet.cloud):
        export, text = exported(fleet)
        assert differing(fleet, _Loader(text).get_single_data()) == {}
    said = {link.host: {name: link.variables[name] for name in ("share", "groups") if name in link.variables} for link in export.links}
    assert {host: variables for host, variables in said.items() if variables} == {
        "company00_to_company01": {
            "share": {"target": {"free_busy": "basic", "mail_tips": "all", "scope": "groups", "groups": [group["id"]]}},
        },
        "company00_to_company02": {"share": {"source": {"free_busy": "limited_details", "scope": "all"}}},
        "company00_to_company03": {"groups": True},
    }
    notes = {link.host: [note for note in link.notes if "share" in note or "group" in note] for link in export.links}
    assert {host: found for host, found in notes.items() if found} == {
        "company00_to_company01": [f"of what company01 shares: {group['id']} is group 'Sales'"],
        "company01_to_company02": [
            "of what company02 shares: free_busy cannot be described, and stays as it is: several levels are allowed at once, "
            "limited_details and basic"
        ],
        "company01_to_company03": [
            "the job synchronizes groups, but company03 does not let them in, or that is not known; it stays as it is"
        ],
    }

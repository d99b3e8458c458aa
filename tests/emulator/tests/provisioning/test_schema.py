# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default schema and what PUT refuses (facts F13, F82, F84, F92, F100, F106)."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from entra_emulator.provisioning import schema_rules, status, template
from entra_emulator.settings import FLIPPED, Settings, merged

Json = dict[str, Any]
ORDER = [
    "alternativeSecurityIds", "IsSoftDeleted", "accountEnabled", "streetAddress", "city", "state", "postalCode", "country", "department",
    "employeeId", "displayName", "givenName",
]  # fmt: skip


def users(schema: Json) -> Json:
    found: Json = schema["synchronizationRules"][0]["objectMappings"][0]
    return found


def row(schema: Json, target: str) -> Json:
    found: Json = next(r for r in users(schema)["attributeMappings"] if r["targetAttributeName"] == target)
    return found


@pytest.mark.fact("F84", "Rule, directories, nameless object mappings and metadata")
@pytest.mark.fact("F102", "The built-in input filter")
@pytest.mark.fact("F92", "The default mappings in the portal's order, the constants and the matching row")
def test_the_default_schema() -> None:
    """Names, order, constants, the matching row and the built-in filter (F87, F93, F102, F106)."""
    schema = template.azure2azure_schema(Settings())
    rule, rows = schema["synchronizationRules"][0], users(schema)["attributeMappings"]
    assert (rule["id"], rule["name"], schema["version"]) == ("01e28086-1453-4cb2-b95d-4fbc4564fcc0", "USER_INBOUND_USER", "v1.2")
    assert (rule["sourceDirectoryName"], rule["targetDirectoryName"]) == (
        "Azure Active Directory",
        "Azure Active Directory (target tenant)",
    )
    assert [r["targetAttributeName"] for r in rows][:12] == ORDER
    assert [r["targetAttributeName"] for r in rows][-3:] == ["showInAddressList", "mail", "userType"]
    assert [r["targetAttributeName"] for r in rows if r["matchingPriority"]] == ["alternativeSecurityIds"]
    assert row(schema, "alternativeSecurityIds")["source"]["expression"] == "AltSecIdFromNetId([netId])"
    assert (row(schema, "userType")["flowType"], row(schema, "userType")["source"]["name"]) == ("ObjectAddOnly", "Member")
    assert users(schema)["name"] == "Provision Azure Active Directory Users"
    assert users(schema)["flowTypes"] == "Add, Update, Delete"
    assert [m["enabled"] for m in rule["objectMappings"] if m["sourceObjectName"] == "Group"] == [False]
    assert len([m for m in rule["objectMappings"] if not m["name"]]) >= 2
    assert users(schema)["scope"]["inputFilterGroups"][0]["name"] == "Filter external users"


@pytest.mark.fact(
    "F85",
    "Directory names, flowTypes, rule id and default mappings vary (switches)",
)
def test_the_variants() -> None:
    """Every switch of the schema can be flipped (F85, F86, F92, F106).

    These are rule_id, directory_names, flow_types, mail_mapping, group_mapping, input_filter and operator_literals.
    """
    schema = template.azure2azure_schema(merged(Settings(), FLIPPED))
    rule = schema["synchronizationRules"][0]
    assert rule["id"] != template.RULE_ID
    assert rule["sourceDirectoryName"] == "Microsoft Entra ID"
    assert users(schema)["name"] == "Provision Microsoft Entra ID Users"
    assert users(schema)["flowTypes"] == "Add,Update,Delete"
    assert not any(r["targetAttributeName"] == "mail" for r in users(schema)["attributeMappings"])
    assert not any(m["sourceObjectName"] == "Group" for m in rule["objectMappings"])
    assert len(users(schema)["scope"]["inputFilterGroups"]) == 2
    assert schema_rules.problems(schema, schema, "upper") == []


@pytest.mark.fact("F97", "The directories list as many directory extensions as are set")
def test_directory_extensions() -> None:
    """Both sides list the same ones, and a mapping can use them."""
    few, many = (template.azure2azure_schema(merged(Settings(), {"directory_extensions": number})) for number in (0, 150))
    sides = [[attribute["name"] for attribute in directory["objects"][0]["attributes"]] for directory in many["directories"]]
    extensions = [[name for name in side if re.fullmatch("extension_[0-9a-f]{32}_attribute[0-9]{3}", name)] for side in sides]
    assert extensions[0] == extensions[1]
    assert len(set(extensions[0])) == 150
    for before, after in zip(few["directories"], many["directories"], strict=True):
        assert len(after["objects"][0]["attributes"]) == len(before["objects"][0]["attributes"]) + 150
        assert after["objects"][1] == before["objects"][1]
    new = copy.deepcopy(many)
    users(new)["attributeMappings"].append(template.mapping(extensions[0][0], f"[{extensions[0][-1]}]"))
    assert schema_rules.problems(many, new) == []
    assert schema_rules.problems(few, {**new, "directories": few["directories"]}) != []


def test_the_default_is_accepted_as_it_is() -> None:
    schema = template.azure2azure_schema(Settings())
    assert schema_rules.problems(schema, {"@odata.context": "x", **copy.deepcopy(schema)}) == []


@pytest.mark.fact("F84", "The ordinary edits of mappings, filters and target actions are accepted")
def test_the_ordinary_edits_are_accepted() -> None:
    """Drop a row, add one, an expression, a filter, target actions (F90, F92, F100)."""
    schema = template.azure2azure_schema(Settings())
    new = copy.deepcopy(schema)
    rows = users(new)["attributeMappings"]
    rows.remove(row(new, "employeeId"))
    rows.append(template.mapping("companyName", '"Contoso"'))
    rows[rows.index(row(new, "displayName"))] = template.mapping("displayName", 'Append([displayName], " (Contoso)")')
    users(new)["flowTypes"] = "Add,Update"
    users(new)["scope"]["groups"] = [{"name": "g", "clauses": [{"sourceOperandName": "department", "operatorName": "IS NOT NULL"}]}]
    assert schema_rules.problems(schema, new) == []


def edit_source(**changes: Any) -> Callable[[Json], None]:
    return lambda schema: row(schema, "displayName")["source"].update(changes)


def edit_row(target: str, **changes: Any) -> Callable[[Json], None]:
    return lambda schema: row(schema, target).update(changes)


def edit_filter(*clauses: Json) -> Callable[[Json], None]:
    return lambda schema: users(schema)["scope"].update(groups=[{"name": "g", "clauses": list(clauses)}])


def add(target: str, expression: str, **more: Any) -> Callable[[Json], None]:
    return lambda schema: users(schema)["attributeMappings"].append(template.mapping(target, expression, **more))


def clause(name: str, operator: str, *values: str) -> Json:
    return {"sourceOperandName": name, "operatorName": operator, "targetOperand": {"values": list(values)}}


@pytest.mark.fact("F13", "Schemas that break a rule are refused")
@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda s: s.pop("directories"), "not complete"),
        (lambda s: s.update(synchronizationRules=[]), "not complete"),
        (lambda s: s["synchronizationRules"][0].update(id="other"), "rule 'USER_INBOUND_USER' is missing"),
        (lambda s: s["synchronizationRules"][0]["objectMappings"].pop(0), "Users' is missing"),
        (lambda s: users(s)["attributeMappings"].pop(0), "cannot be changed, removed or complemented"),
        (edit_row("mail", matchingPriority=2), "cannot be changed, removed or complemented"),
        (edit_row("alternativeSecurityIds", matchingPriority=0), "cannot be changed, removed or complemented"),
        (add("mail", "[mail]"), "mapped 2 times"),
        (add("nosuch", "[mail]"), "target attribute 'nosuch' does not exist"),
        (add("Department", "[mail]"), "target attribute 'Department' does not exist"),
        (add("companyName", "[nosuch]"), "source attribute 'nosuch'"),
        (add("proxyAddresses", "[mail]"), "read-only"),
        (edit_row("mail", flowType="always"), "flowType"),
        (edit_row("mail", flowBehavior="Sometimes"), "flowBehavior"),
        (edit_row("mail", flowTyp="Always"), "'flowTyp' does not exist"),
        (lambda s: users(s).update(flowTypes="Add, Remove"), "flowTypes"),
        (edit_source(expression="Nope([mail])", type="Function"), "Unknown function 'Nope'"),
        (edit_source(type="Function"), "does not agree"),
        (edit_source(type="Direct"), "property type"),
        (edit_filter(clause("department", "equals", "x")), "operator 'equals' does not exist"),
        (edit_filter(clause("department", "EQUALS")), "takes a value"),
        (edit_filter(clause("department", "IS NULL", "x")), "takes no value"),
        (edit_filter(clause("userType", "EQUALS", "Guest")), "'userType' of a scoping filter"),
        (edit_filter(clause("manager", "EQUALS", "x")), "not supported in scoping filters"),
    ],
)
def test_refusals(edit: Callable[[Json], Any], words: str) -> None:
    """One change at a time to an acceptable schema (F82, F84, F92, F100)."""
    schema = template.azure2azure_schema(Settings())
    new = copy.deepcopy(schema)
    edit(new)
    found = schema_rules.problems(schema, new)
    assert any(words in problem for problem in found), found


def test_status_of_a_new_and_a_started_job() -> None:
    """F65, F66, with the execution that reads Failed before it ran."""
    new = status.new_job_status()
    started = status.started_status(new)
    assert (new["code"], new["lastExecution"], new["progress"]) == ("Paused", None, [])
    assert (started["code"], started["lastExecution"]["state"], started["lastExecution"]["error"]["code"]) == ("NotRun", "Failed", "None")
    assert started["lastExecution"]["timeBegan"] == "0001-01-01T00:00:00Z"

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync_mapping: which attributes of a user are written to the target, and how."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import Behaviour
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM as FABRIKAM_ID
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Step, Teller, converges, four
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import job, people_mapping, rows

MAPPING = "sync_mapping"
FABRIKAM = {"configuration": "Fabrikam"}
SUFFIX = 'Append([displayName], " (Contoso)")'
EXTENSION = "extension_0123456789abcdef0123456789abcdef_costCenter"
MATCHING = "alternativeSecurityIds"


def mappings(*given: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {**FABRIKAM, "mappings": list(given), **options}


def foreign(state: dict[str, Any], *targets: str, scope: bool = False, flow: bool = False, directories: bool = False) -> dict[str, Any]:
    """The job's schema without its version and without the parts that a task manages."""
    schema: dict[str, Any] = copy.deepcopy(job(state)["job_schema"])
    schema.pop("version")
    users = schema["synchronizationRules"][0]["objectMappings"][0]
    users["attributeMappings"] = [row for row in users["attributeMappings"] if row["targetAttributeName"] not in targets]
    if scope:
        users["scope"]["groups"] = []
    if flow:
        users["flowTypes"] = ""
    if directories:
        schema["directories"] = []
    return schema


def frugal(steps: list[Step]) -> None:
    """The schema is written once, by the run that changes it, and by no other run."""
    for number, step in enumerate(steps):
        requests = [request for request in step.sent if request["path"].endswith("/schema") and "/templates/" not in request["path"]]
        at_schema = [request["method"] for request in requests]
        # The run that writes also reads right before, because another process may have changed it, and right after, to check the result.
        assert at_schema == (["GET", "GET", "PUT", "GET"] if number == 1 else ["GET"]), at_schema
        assert len(step.writes) == (1 if number == 1 else 0)


def arguments(state: dict[str, Any], target: str) -> list[Any]:
    """The parsed form of an expression, which the service requires in addition to its text."""
    found: list[Any] = rows(state)[target]["source"]["parameters"]
    return found


@pytest.mark.usefixtures("linked")
def test_the_twelve_steps(tell: Teller) -> None:
    story = tell(
        four(MAPPING, mappings({"target": "companyName", "constant": "Contoso"}, {"target": "displayName", "expression": SUFFIX})),
        four(
            MAPPING,
            mappings(
                {"target": "companyName", "source": "companyName", "default": "Contoso", "apply": "create_only"},
                {"target": "displayName", "expression": 'Join(" ", [givenName], [surname])'},
            ),
        ),
        four(MAPPING, mappings({"target": "companyName", "state": "absent"}, {"target": "displayName", "source": "displayName"})),
    )
    create, modify, delete = story.fours()
    title = "update mappings of configuration Fabrikam"
    converges(create, f"{title} (change displayName, add companyName)")
    converges(modify, f"{title} (change displayName, change companyName)")
    converges(delete, f"{title} (change displayName, remove companyName)")
    for steps in (create, modify, delete):
        frugal(steps)
        assert foreign(steps[1].after, "displayName", "companyName") == foreign(steps[1].before, "displayName", "companyName")
        assert steps[1].result["actions"][0]["effects"] == {"triggers_full_cycle": True}
    added = rows(create[1].after)["companyName"]
    assert added["source"] == {"type": "Constant", "name": "Contoso", "expression": '"Contoso"', "parameters": []}
    assert (added["flowType"], added["matchingPriority"]) == ("Always", 0)
    assert rows(create[1].after)["displayName"]["source"]["name"] == "Append"
    assert len(arguments(create[1].after, "displayName")) == 2
    changed = rows(modify[1].after)["companyName"]
    assert changed["source"] == {"type": "Attribute", "name": "companyName", "expression": "[companyName]", "parameters": []}
    assert (changed["flowType"], changed["defaultValue"]) == ("ObjectAddOnly", "Contoso")
    assert "companyName" not in rows(delete[1].after)
    assert rows(delete[1].after)["displayName"] == rows(create[0].before)["displayName"]
    assert create[0].result["diff"]["before"]["mappings"] == {
        "displayName": {"target": "displayName", "source": "displayName", "apply": "always"}
    }
    assert create[0].result["diff"]["after"]["mappings"]["displayName"]["expression"] == SUFFIX


@pytest.mark.usefixtures("linked")
def test_every_part_of_a_mapping(tell: Teller) -> None:
    """Each option is one change; options that are not set leave their part unchanged."""
    department = {"target": "department"}
    chain: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"source": "jobTitle"}, {"flowType": "Always", "defaultValue": None}),
        ({"source": "jobTitle", "apply": "create_only"}, {"flowType": "ObjectAddOnly", "defaultValue": None}),
        ({"source": "jobTitle", "default": "None"}, {"flowType": "ObjectAddOnly", "defaultValue": "None"}),
        ({"constant": 'A "quoted" back\\slash'}, {"flowType": "ObjectAddOnly", "defaultValue": "None"}),
        ({"expression": 'Switch([country], "Other", "KR", "Korea")'}, {"flowType": "ObjectAddOnly", "defaultValue": "None"}),
        ({"source": "jobTitle", "apply": "always"}, {"flowType": "Always", "defaultValue": "None"}),
        ({"source": "jobTitle", "default": ""}, {"flowType": "Always"}),
    ]
    story = tell([do for given, _unused in chain for do in four(MAPPING, mappings({**department, **given}))])
    for steps, (given, expected) in zip(story.fours(), chain, strict=True):
        converges(steps)
        frugal(steps)
        row = rows(steps[1].after)["department"]
        assert expected.items() <= row.items(), given
        shown = next(mapping for mapping in steps[1].result["mappings"] if mapping["target"] == "department")
        assert {name: value for name, value in given.items() if value}.items() <= shown.items()
        assert foreign(steps[1].after, "department") == foreign(steps[1].before, "department")
    assert not rows(story[-1].after)["department"]["defaultValue"]


@pytest.mark.usefixtures("linked")
def test_the_short_forms(tell: Teller) -> None:
    chain: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
        ({"user_type": "guest"}, "userType", {"constant": "Guest", "apply": "create_only"}),
        ({"user_type": "guest", "convert_existing": True}, "userType", {"constant": "Guest", "apply": "always"}),
        ({"user_type": "member"}, "userType", {"constant": "Member", "apply": "always"}),
        ({"user_type": "member", "convert_existing": False}, "userType", {"constant": "Member", "apply": "create_only"}),
        ({"show_in_address_list": False}, "showInAddressList", {"constant": "false"}),
        ({"show_in_address_list": True}, "showInAddressList", {"constant": "true"}),
        ({"display_name_suffix": ' ("Contoso" \\ KR)'}, "displayName", {"expression": 'Append([displayName], " (\\"Contoso\\" \\\\ KR)")'}),
        ({"company_name": "Contoso"}, "companyName", {"constant": "Contoso"}),
    ]
    story = tell(
        [do for given, _unused, _unneeded in chain for do in four(MAPPING, {**FABRIKAM, **given})],
        Do(MAPPING, {**FABRIKAM, "convert_existing": True}),
    )
    for number, (given, target, expected) in enumerate(chain):
        steps = story.steps[4 * number : 4 * number + 4]
        converges(steps)
        shown = next(mapping for mapping in steps[1].result["mappings"] if mapping["target"] == target)
        assert expected.items() <= shown.items(), given
        assert set(steps[1].result["diff"]["after"]["mappings"]) == {target}
        assert foreign(steps[1].after, target) == foreign(steps[1].before, target)
    assert "user_type" in story[-1].message


@pytest.mark.usefixtures("linked")
def test_the_service_defaults_are_no_change(tell: Teller, behaviour: Behaviour) -> None:
    options = mappings(
        {"target": "displayName", "source": "displayName"},
        {"target": "mail" if behaviour.maps_mail else "surname", "expression": "[mail]" if behaviour.maps_mail else "[surname]"},
        {"target": "jobTitle", "source": "jobTitle", "apply": "always"},
        {"target": "companyName", "state": "absent"},
        user_type="member",
        show_in_address_list=True,
        filters=[],
        target_actions=["delete", "create", "update"],
    )
    story = tell(Do(MAPPING, options), Do(MAPPING, FABRIKAM), Do(MAPPING, {**FABRIKAM, "reset": True}))
    for step in story:
        assert step.result["changed"] is False
        assert step.left_alone
        assert step.result["backup"] is None
        assert step.result["restart_needed"] is False


def test_what_was_mapped_by_hand_is_adopted(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """Another spelling of the same expression is no change, nor is another case of a boolean."""
    by_hand = rows(linked)
    by_hand["displayName"]["source"] = {
        "type": "Function",
        "name": "Append",
        "expression": 'Append( [displayName] ," (Contoso)" )',
        "parameters": [
            {"key": "source", "value": {"type": "Attribute", "name": "displayName", "expression": "[displayName]", "parameters": []}},
            {"key": "suffix", "value": {"type": "Constant", "name": " (Contoso)", "expression": '" (Contoso)"', "parameters": []}},
        ],
    }
    by_hand["displayName"]["defaultValue"] = ""
    by_hand["showInAddressList"]["source"] = {"type": "Constant", "name": "True", "expression": '"True"', "parameters": []}
    emulator.control("PUT", "state", linked)
    options = mappings({"target": "displayName", "expression": SUFFIX}, show_in_address_list=True)
    story = tell(Do(MAPPING, options), four(MAPPING, {**options, "show_in_address_list": False}))
    assert story[0].result["changed"] is False
    assert story[0].left_alone
    converges(story.steps[1:])
    assert rows(story[-1].after)["displayName"] == by_hand["displayName"]


FILTERS = [
    {
        "name": "Sales in Korea",
        "clauses": [
            {"attribute": "department", "operator": "EQUALS", "values": ["Sales"]},
            {"attribute": "country", "operator": "NOT EQUALS", "values": ["US"]},
        ],
    },
    {"name": "With an id", "clauses": [{"attribute": "employeeId", "operator": "IS NOT NULL"}]},
]


@pytest.mark.usefixtures("linked")
def test_filters(tell: Teller, behaviour: Behaviour) -> None:
    greater = [{"name": "Numbers", "clauses": [{"attribute": "employeeId", "operator": behaviour.greater, "values": ["100"]}]}]
    story = tell(
        four(MAPPING, {**FABRIKAM, "filters": FILTERS}),
        four(MAPPING, {**FABRIKAM, "filters": greater}),
        four(MAPPING, {**FABRIKAM, "filters": []}),
        Do(MAPPING, FABRIKAM),
    )
    added, replaced, removed = (story.steps[start : start + 4] for start in (0, 4, 8))
    for steps in (added, replaced, removed):
        converges(steps, "update mappings of configuration Fabrikam (filters)")
        frugal(steps)
        assert foreign(steps[1].after, scope=True) == foreign(steps[1].before, scope=True)
    scope = people_mapping(added[1].after)["scope"]
    assert [group["name"] for group in scope["groups"]] == ["Sales in Korea", "With an id"]
    assert scope["groups"][0]["clauses"][0] == {
        "sourceOperandName": "department",
        "operatorName": "EQUALS",
        "targetOperand": {"values": ["Sales"]},
    }
    # The built-in filter excludes external users.
    assert scope["inputFilterGroups"][0]["name"] == "Filter external users"
    assert added[1].result["filters"][0] == FILTERS[0]
    assert replaced[1].result["filters"] == greater
    assert removed[1].result["filters"] == story[-1].result["filters"] == []


@pytest.mark.parametrize("literals", ["portal", "upper"])
def test_filters_that_the_service_would_not_accept(tell: Teller, emulator: Emulator, linked: dict[str, Any], literals: str) -> None:
    del linked
    emulator.control("PUT", "settings", {"operator_literals": literals})
    greater = {"portal": "Greater_Than", "upper": "GREATER_THAN"}

    def filtered(attribute: str, operator: str, *values: str) -> dict[str, Any]:
        return {**FABRIKAM, "filters": [{"name": "F", "clauses": [{"attribute": attribute, "operator": operator, "values": list(values)}]}]}

    refused: list[tuple[dict[str, Any], list[str]]] = [
        (filtered("department", "equals", "Sales"), ["there is no operator 'equals'", "EQUALS"]),
        (filtered("department", "LIKE", "Sales"), ["filter 'F'", "attribute 'department'", "there is no operator 'LIKE'"]),
        (filtered("employeeId", greater["upper" if literals == "portal" else "portal"], "1"), ["there is no operator"]),
        (filtered("manager", "IS NOT NULL"), ["attribute 'manager'", "cannot filter by this attribute"]),
        (filtered("appRoleAssignments", "EQUALS", "x"), ["cannot filter by this attribute"]),
        (filtered("proxyAddresses", "EQUALS", "x"), ["cannot filter by this attribute"]),
        (filtered("departmnt", "EQUALS", "Sales"), ["'departmnt' is not a source attribute", "did you mean department"]),
        (filtered("department", "IS NULL", "x"), ["IS NULL takes no values"]),
        (filtered("department", "EQUALS"), ["EQUALS needs values"]),
        ({**FABRIKAM, "filters": [{"name": "Empty", "clauses": []}]}, ["filter 'Empty' has no clauses"]),
    ]
    story = tell(
        [Do(MAPPING, options, check=check) for options, _unused in refused for check in (True, False)],
        four(MAPPING, filtered("employeeId", greater[literals], "1")),
    )
    for number, (_unused, words) in enumerate(refused):
        for step in story.steps[2 * number : 2 * number + 2]:
            for word in words:
                assert word in step.message
            assert step.left_alone
    converges(story.steps[2 * len(refused) :])


@pytest.mark.parametrize("spelling", ["blanks", "compact"])
def test_target_actions(tell: Teller, emulator: Emulator, linked: dict[str, Any], spelling: str) -> None:
    """The service writes them with or without blanks."""
    compact = spelling == "compact"
    people_mapping(linked)["flowTypes"] = "Add,Update,Delete" if compact else "Add, Update, Delete"
    emulator.control("PUT", "state", linked)
    story = tell(
        Do(MAPPING, {**FABRIKAM, "target_actions": ["update", "create", "delete"]}),
        four(MAPPING, {**FABRIKAM, "target_actions": ["create", "update"]}),
        four(MAPPING, {**FABRIKAM, "target_actions": ["delete", "update", "create"]}),
    )
    assert story[0].result["changed"] is False
    dropped, back = story.steps[1:5], story.steps[5:]
    for steps in (dropped, back):
        converges(steps, "update mappings of configuration Fabrikam (target_actions)")
        frugal(steps)
        assert foreign(steps[1].after, flow=True) == foreign(steps[1].before, flow=True)
    assert people_mapping(dropped[1].after)["flowTypes"] == ("Add,Update" if compact else "Add, Update")
    assert people_mapping(back[1].after)["flowTypes"] == ("Add,Update,Delete" if compact else "Add, Update, Delete")
    assert dropped[1].result["target_actions"] == ["create", "update"]


@pytest.mark.usefixtures("linked")
def test_exact_keeps_what_people_need(tell: Teller) -> None:
    story = tell(four(MAPPING, mappings({"target": "displayName", "source": "displayName"}, exact=True, user_type="member")))
    converges(story.steps)
    frugal(story.steps)
    left = set(rows(story[1].after))
    assert left == {MATCHING, "IsSoftDeleted", "accountEnabled", "userPrincipalName", "displayName", "userType"}


@pytest.mark.usefixtures("linked")
def test_reset(tell: Teller, behaviour: Behaviour) -> None:
    """A reset restores the defaults of the service, with or without other options, and always with the same result."""
    customised = mappings(
        {"target": "displayName", "expression": SUFFIX},
        {"target": "employeeId", "state": "absent"},
        filters=FILTERS,
        target_actions=["create", "update"],
        user_type="guest",
        convert_existing=True,
    )
    greater = [{"name": "Numbers", "clauses": [{"attribute": "employeeId", "operator": behaviour.greater, "values": ["100"]}]}]
    on_top = mappings({"target": "displayName", "expression": SUFFIX}, reset=True, filters=greater)
    story = tell(
        Do(MAPPING, customised),
        four(MAPPING, {**FABRIKAM, "reset": True}),
        Do(MAPPING, customised),
        four(MAPPING, on_top),
        Do(MAPPING, {**on_top, "company_name": "Contoso"}),
    )
    pristine = foreign(story[0].before)
    converges(story.steps[1:5])
    assert foreign(story[2].after) == pristine
    converges(story.steps[6:10])
    assert foreign(story[7].after, "displayName", scope=True) == foreign(story[0].before, "displayName", scope=True)
    # An expression that existed already keeps the form that the service parsed.
    assert story[10].result["changed"] is True
    assert rows(story[10].after)["displayName"] == rows(story[7].after)["displayName"]


@pytest.mark.usefixtures("linked")
def test_restore_of_a_backup(tell: Teller) -> None:
    customised = mappings(
        {"target": "displayName", "expression": SUFFIX}, {"target": "city", "state": "absent"}, filters=FILTERS, target_actions=["create"]
    )
    put_back = {**FABRIKAM, "restore": "{{ kept.backup }}"}
    story = tell(
        Do(MAPPING, {**FABRIKAM, "company_name": "Contoso"}),
        Do(MAPPING, customised, check=True),
        Do(MAPPING, customised, register="kept"),
        four(MAPPING, put_back),
        Do(MAPPING, {**put_back, "reset": True}),
        Do(MAPPING, {**FABRIKAM, "restore": "{{ kept }}"}, check=True),
        Do(MAPPING, {**FABRIKAM, "restore": "{{ kept }}"}),
    )
    kept = story[2]
    assert kept.result["backup"] == story[1].result["backup"]
    assert foreign(kept.before) == {
        name: value for name, value in kept.result["backup"].items() if name not in ("version", "@odata.context")
    }
    converges(story.steps[3:7])
    frugal(story.steps[3:7])
    assert foreign(story[4].after) == foreign(kept.before)
    assert "mutually exclusive" in story[7].message
    for step in story.steps[8:]:
        assert "restore is the whole result of a task; pass only its member backup" in step.message
        assert step.left_alone


@pytest.mark.usefixtures("linked")
def test_a_backup_that_changes_protected_parts_is_rejected(tell: Teller, linked: dict[str, Any]) -> None:
    backup = copy.deepcopy(job(linked)["job_schema"])
    backup["synchronizationRules"][0]["objectMappings"][0]["scope"]["inputFilterGroups"] = []
    story = tell(Do(MAPPING, {**FABRIKAM, "restore": backup}, check=True), Do(MAPPING, {**FABRIKAM, "restore": backup}))
    for step in story:
        assert "built-in filter must stay" in step.message
        assert step.left_alone


@pytest.mark.usefixtures("linked")
def test_impossible_mappings_are_rejected_before_anything_is_written(tell: Teller) -> None:
    name = {"target": "displayName"}
    refused: list[tuple[dict[str, Any], list[str]]] = [
        (mappings({"target": MATCHING, "state": "absent"}), [f"{MATCHING} must stay"]),
        (mappings({"target": MATCHING, "source": "mail"}), [f"{MATCHING} must stay"]),
        (mappings({"target": "IsSoftDeleted", "constant": "False"}), ["IsSoftDeleted must stay"]),
        (mappings({"target": "otherMails", "source": "mail"}), ["otherMails cannot be a target"]),
        (mappings({"target": "proxyAddresses", "source": "proxyAddresses"}), ["proxyAddresses cannot be a target"]),
        (
            mappings({"target": "displayNam", "source": "displayName"}),
            ["'displayNam' is not a target attribute", "did you mean displayName"],
        ),
        (mappings({**name, "source": "displayname"}), ["'displayname' is not a source attribute", "did you mean displayName"]),
        (mappings({**name, "expression": "Append([dispalyName], [surname])"}), ["'dispalyName' is not a source attribute", "displayName"]),
        (mappings({**name, "expression": "Append([displayName], "}), ["is not valid", "a closing parenthesis is missing"]),
        (mappings({**name, "expression": "Apend([displayName])"}), ["is not valid", "Apend"]),
        (mappings({**name, "expression": f'Append([displayName], "{"x" * 10_001}")'}), ["longer than 10000 characters"]),
        (mappings(name), ["needs exactly one of source, constant and expression"]),
        (mappings({**name, "source": "mail", "constant": "x"}), ["needs exactly one of source, constant and expression"]),
        (mappings({**name, "source": "mail", "state": "absent"}), ["is to be absent, so it cannot be combined with source"]),
        (mappings({**name, "source": "mail"}, {**name, "constant": "x"}), ["displayName is mapped more than once"]),
        (mappings({**name, "source": "mail"}, display_name_suffix="!"), ["displayName is mapped more than once"]),
        ({"configuration": "Nowhere", "company_name": "x"}, ["there is no configuration 'Nowhere'", "run sync_configuration first"]),
    ]
    story = tell([Do(MAPPING, options) for options, _unused in refused])
    for step, (_unused, words) in zip(story, refused, strict=True):
        for word in words:
            assert word in step.message
        assert step.left_alone


@pytest.mark.usefixtures("linked")
def test_directory_extensions_keep_their_case(tell: Teller) -> None:
    wrong_case = EXTENSION.replace("cost", "Cost")
    story = tell(
        four(MAPPING, mappings({"target": EXTENSION, "source": EXTENSION})),
        four(MAPPING, mappings({"target": "department", "source": EXTENSION})),
        Do(MAPPING, mappings({"target": wrong_case, "source": "department"})),
        Do(MAPPING, mappings({"target": "department", "source": wrong_case})),
        four(MAPPING, mappings({"target": EXTENSION, "state": "absent"})),
    )
    added, used, removed = story.steps[:4], story.steps[4:8], story.steps[10:]
    for steps in (added, used, removed):
        converges(steps)
        frugal(steps)
    assert rows(added[1].after)[EXTENSION]["source"]["name"] == EXTENSION
    for side in job(added[1].after)["job_schema"]["directories"]:
        users = next(entry for entry in side["objects"] if entry["name"] == "User")
        assert [attribute["name"] for attribute in users["attributes"]].count(EXTENSION) == 1
    touched = (EXTENSION, "department")
    assert foreign(added[1].after, *touched, directories=True) == foreign(added[1].before, *touched, directories=True)
    assert foreign(used[1].after, *touched) == foreign(used[1].before, *touched)
    for step in story.steps[8:10]:
        assert f"did you mean {EXTENSION}" in step.message
        assert step.left_alone


def customise(schema: dict[str, Any]) -> None:
    """Parts of a schema that an administrator, the support of Microsoft or a later version may have added."""
    rule = schema["synchronizationRules"][0]
    rule["metadata"].append({"key": "unknownMember", "value": '{"a": 1}'})
    rule["containerFilter"] = {"includedContainers": ["by hand"]}
    users = rule["objectMappings"][0]
    users["name"] = "Provision users (renamed)"
    users["metadata"].append({"key": "Future", "value": "null"})
    users["scope"]["categoryFilterGroups"] = [
        {"name": "Category", "clauses": [{"sourceOperandName": "city", "operatorName": "IS NOT NULL", "targetOperand": None}]}
    ]
    street = next(row for row in users["attributeMappings"] if row["targetAttributeName"] == "streetAddress")
    street |= {"flowBehavior": "FlowAlways", "exportMissingReferences": True, "flowType": "AttributeAddOnly"}
    users["attributeMappings"].reverse()
    user = next(entry for entry in schema["directories"][0]["objects"] if entry["name"] == "User")
    user["attributes"][1]["metadata"] = [{"key": "MaximumLength", "value": "64"}]
    user["attributes"][1]["apiExpressions"] = [{"key": "x", "value": "y"}]


def test_foreign_parts_of_the_schema_stay_as_they_are(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    customise(job(linked)["job_schema"])
    emulator.control("PUT", "state", linked)
    touched = ("displayName", "companyName", "userType")
    options = mappings(
        {"target": "displayName", "expression": SUFFIX},
        company_name="Contoso",
        user_type="guest",
        filters=FILTERS,
        target_actions=["create", "update"],
    )
    story = tell(four(MAPPING, options))
    converges(story.steps)
    frugal(story.steps)
    parts = {"scope": True, "flow": True}
    assert foreign(story[1].after, *touched, **parts) == foreign(linked, *touched, **parts)
    order = [row["targetAttributeName"] for row in people_mapping(linked)["attributeMappings"]]
    assert [row["targetAttributeName"] for row in people_mapping(story[1].after)["attributeMappings"]] == [*order, "companyName"]


def test_unknown_members_of_the_schema_are_sent_back_unchanged(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """Undocumented members at every level: the request contains what was read, except for one row."""
    schema = job(linked)["job_schema"]
    unknown = {"futureMember": {"nested": [1, None, "ü"], "empty": {}}}
    rule = schema["synchronizationRules"][0]
    users = rule["objectMappings"][0]
    for place in (schema, rule, users, users["scope"], users["attributeMappings"][5], users["attributeMappings"][5]["source"]):
        place |= unknown
    schema["directories"][1]["objects"][0] |= unknown
    users["attributeMappings"][10] |= unknown
    emulator.control("PUT", "state", linked)
    name = users["attributeMappings"][10]["targetAttributeName"]
    story = tell(Do(MAPPING, mappings({"target": name, "constant": "x"})))
    (read,) = [request for request in story[0].sent if request["path"].endswith("/schema") and request["method"] == "GET"][:1]
    (sent,) = [request for request in story[0].sent if request["method"] == "PUT"]

    def others(body: dict[str, Any]) -> dict[str, Any]:
        body = copy.deepcopy(body)
        mapping = body["synchronizationRules"][0]["objectMappings"][0]
        (row,) = [entry for entry in mapping["attributeMappings"] if entry["targetAttributeName"] == name]
        row["source"] = None
        return {member: value for member, value in body.items() if not member.startswith("@")}

    assert others(sent["request_body"]) == others(read["response_body"])
    # The service accepts its own members.
    assert not story[0].failed, story[0].result["msg"]
    assert foreign(story[0].after, name) == foreign(linked, name)


@pytest.mark.parametrize(
    "settings",
    [
        {"directory_names": "new", "flow_types": "compact", "rule_id": "random", "mail_mapping": "absent"},
        {"group_mapping": "absent", "input_filter": "two_groups", "schema_put_restarts": False},
    ],
)
def test_other_default_schemas(tell: Teller, emulator: Emulator, state: dict[str, Any], settings: dict[str, Any]) -> None:
    """Names and defaults that differ by the age of a tenant."""
    tenants.trust_each_other(state)
    emulator.control("PUT", "state", state)
    emulator.control("PUT", "settings", settings)
    options = mappings({"target": "displayName", "expression": SUFFIX}, user_type="guest", filters=FILTERS)
    story = tell(
        Do("sync_configuration", {"name": "Fabrikam", "target_tenant_id": FABRIKAM_ID}),
        four(MAPPING, options),
        four(MAPPING, {**FABRIKAM, "reset": True}),
    )
    converges(story.steps[1:5])
    converges(story.steps[5:])
    assert people_mapping(story[-1].after) == people_mapping(story[0].after)


def test_a_configuration_that_does_not_exist_yet_can_be_planned(tell: Teller) -> None:
    """The plan is based on the documented defaults, with options that the service accepts later."""
    greater = [{"name": "Numbers", "clauses": [{"attribute": "employeeId", "operator": "Greater_Than", "values": ["100"]}]}]
    options = {"configuration": "Not yet", "user_type": "guest", "display_name_suffix": " (C)", "filters": greater}
    wrong: list[tuple[dict[str, Any], str]] = [
        (
            {"mappings": [{"target": "department", "expression": "Apend([city])"}]},
            "'Apend' is not a documented function; did you mean Append",
        ),
        ({"mappings": [{"target": "departmnt", "source": "city"}]}, "did you mean department"),
        ({"filters": [{"name": "F", "clauses": [{"attribute": "departmnt", "operator": "IS NULL"}]}]}, "did you mean department"),
        ({"target_actions": []}, "target_actions is empty"),
    ]
    story = tell(
        Do(MAPPING, options, check=True),
        Do(MAPPING, {**options, "user_type": "member"}),
        Do(MAPPING, {"configuration": "Not yet"}),
        [Do(MAPPING, {"configuration": "Not yet", **given}, check=True) for given, _unused in wrong],
    )
    for step, (_unused, words) in zip(story.steps[3:], wrong, strict=True):
        assert words in step.message
    assert "not checked until the job exists: operator Greater_Than" in story[0].warnings
    assert story[0].actions == ["update mappings of configuration Not yet (change displayName, change userType, filters)"]
    assert story[0].result["backup"] is None
    assert "run sync_configuration first" in story[1].message
    assert "run sync_configuration first" in story[2].message


@pytest.mark.usefixtures("linked")
def test_a_refused_schema_is_explained(tell: Teller, emulator: Emulator) -> None:
    emulator.control("POST", "faults", [{"method": "PUT", "path": "/schema$", "fault": "status", "status": 400, "code": "schemaInvalid"}])
    story = tell(Do(MAPPING, {**FABRIKAM, "company_name": "x"}), Do(MAPPING, {**FABRIKAM, "company_name": "x"}))
    assert "schemaInvalid" in story[0].message
    assert "Running again is safe" in story[0].message
    assert story[1].result["changed"] is True


@pytest.mark.usefixtures("linked")
def test_a_lost_answer_is_resolved_by_reading(tell: Teller, emulator: Emulator) -> None:
    emulator.control("POST", "faults", [{"method": "PUT", "path": "/schema$", "fault": "reset_after_commit"}])
    story = tell(Do(MAPPING, {**FABRIKAM, "company_name": "x"}), Do(MAPPING, {**FABRIKAM, "company_name": "x"}))
    assert story[0].result["changed"] is True
    assert len(story[0].writes) == 1
    assert story[0].result["backup"]
    assert story[1].result["changed"] is False

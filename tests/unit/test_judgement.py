# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mappings and filters of a configuration without a job, checked only against the documents, not against the tenant."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal, Unseen
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import patterns
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.documented import FUNCTIONS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.judgement import UNCHECKED
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService, new_job

EXTENSION = "extension_0123456789abcdef0123456789abcdef_costCenter"

DOCUMENTED = (
    'Append([userPrincipalName], ".test")',
    "AppRoleAssignmentsComplex([appRoleAssignments])",
    "BitAnd(&HF, &HF7)",
    "CBool([city] = [state])",
    'CDate("2021-06-30+08:00")',
    "Coalesce([mail],[userPrincipalName])",
    'ConvertToBase64("Hello world!")',
    "Count([proxyAddresses])",
    'DateAdd("d", -10, CDate([employeeHireDate]))',
    'DateDiff("d", Now(), CDate([employeeHireDate]))',
    "DateFromNum(129699324000000000)",
    'FormatDateTime([extensionAttribute1], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")',
    "Guid()",
    'IgnoreFlowIfNullOrEmpty(Switch([city], "", "3443", "Dr.", "3444", "Prof.", "3445", "Prof. Dr."))',
    'IIF([country]="USA",IIF([state]="CA","True","False"),"False")',
    'IIF(DateDiff("d", Now(), CDate([employeeHireDate])) > 5, "False", "True")',
    'InStr("The quick brown fox","quick")',
    'InStr("repEated","e",3,vbBinaryCompare)',
    "Item([proxyAddresses], 1)",
    'Join(", ", "", [surname], [givenName])',
    'Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))',
    'Left("John Doe", 3)',
    "Append(Mid([givenName], 1, 3), Mid([surname], 1, 5))",
    'NumFromDate(Join("", FormatDateTime([employeeHireDate], ,"yyyy-MM-ddzzz", "yyyy-MM-dd"), " 23:59:59-08:00"))',
    'PCase([displayName]," \'-")',
    'RandomString(10,2,2,2,1,"?,")',
    "Redact(RandomString(6,3,0,0,3))",
    "RemoveDuplicates([proxyAddresses])",
    'Replace([mail], "@contoso.com", , ,"", ,)',
    r'Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", "phoneNumber" , , [telephoneNumber], )',
    "SingleAppRoleAssignment([appRoleAssignments])",
    'Split([extensionAttribute5], ",")',
    'Switch([country],[country],"","Other")',
    'ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))), "contoso.com"))',
    'ToUpper([city], "ja-JP")',
    'Word("This,string!has&many separators",3,",!&#")',
    "AltSecIdFromNetId([netId])",
    "IsPresent([city])",
    'Not(IsNullOrEmpty("x"))',
)
"""An example of each function, as the reference has them; attributes that only other applications have are replaced."""


def judge(**given: Any) -> list[str]:
    return mapping.judge(mapping.desired(options("sync_mapping", configuration="Fabrikam", **given)))


def expression(text: str) -> dict[str, Any]:
    return {"mappings": [{"target": "department", "expression": text}]}


def filtered(attribute: str, operator: str, *values: str) -> dict[str, Any]:
    return {"filters": [{"name": "F", "clauses": [{"attribute": attribute, "operator": operator, "values": list(values)}]}]}


class TestDocumented:
    @pytest.mark.parametrize("text", DOCUMENTED)
    def test_the_examples_of_the_reference_pass(self, text: str) -> None:
        assert judge(**expression(text)) == []

    @pytest.mark.parametrize("name", sorted(FUNCTIONS))
    def test_every_function_has_its_number_of_arguments(self, name: str) -> None:
        least, most = FUNCTIONS[name]

        def call(count: int) -> dict[str, Any]:
            return expression(f"{name}({', '.join(['[city]'] * count)})")

        assert judge(**call(least)) == []
        if most < 100:
            assert judge(**call(most)) == []
            with pytest.raises(Refusal, match=rf"{name} has {most + 1} arguments? instead of {least}"):
                judge(**call(most + 1))
        if least:
            with pytest.raises(Refusal, match=rf"{name} has {least - 1} arguments? instead of {least}"):
                judge(**call(least - 1))

    @pytest.mark.parametrize(
        "given",
        [
            {"mappings": [{"target": name, "source": name} for name in ("mail", "companyName", "country", "manager")]},
            {"mappings": [{"target": "department", "source": "employeeOrgData.division"}]},
            {"mappings": [{"target": "showInAddressList", "source": "showInAddressList"}]},
            {"mappings": [{"target": "mobile", "state": "absent"}, {"target": EXTENSION, "state": "absent"}]},
            {"user_type": "guest", "show_in_address_list": False, "display_name_suffix": ' ("C")', "company_name": "Contoso"},
            filtered("extensionAttribute15", "REGEX MATCH", "^(Sales|Engineering)$"),
            filtered("accountEnabled", "IS TRUE"),
            {"group_mappings": [{"target": "description", "source": "displayName"}, {"target": "mailNickname", "state": "absent"}]},
            {"filters": []},
            {"target_actions": ["update"]},
            {},
        ],
    )
    def test_documented_names_cause_no_warning(self, given: dict[str, Any]) -> None:
        assert judge(**given) == []


class TestRefused:
    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            (expression("Apend([city])"), "is not valid: 'Apend' is not a documented function; did you mean Append"),
            (expression('append([city], "x")'), "is not valid: 'append' is not a documented function; did you mean Append"),
            (expression("And([city], [state])"), "'And' is not a documented function"),
            (expression("A1([city])"), "'A1' is not a documented function"),
            (expression("_x([city])"), "'_x' is not a documented function"),
            (expression("Lower([city])"), "'Lower' is not a documented function; did you mean ToLower"),
            (expression('ToUpper(IIF([a]="x" && [b]="y", [city], [state]))'), "'&&' is not a documented operator"),
            (expression("Append([city])"), "is not valid: Append has 1 argument instead of 2"),
            (expression('Switch([city], "x", "y", "z", "w")'), "Switch has 5 arguments instead of 4 or more, an even number"),
            (expression('ToLower(Append([city], "a", "b"))'), "Append has 3 arguments instead of 2"),
            (expression("SelectUniqueValue([mail], [city])"), "the function SelectUniqueValue is documented for other applications only"),
            (expression("ToUpper([dispalyName])"), "'dispalyName' is not a documented source attribute; did you mean displayName"),
            (
                {"mappings": [{"target": "departmnt", "source": "city"}]},
                "'departmnt' is not a documented target attribute; did you mean department",
            ),
            (
                {"mappings": [{"target": "employeeID", "state": "absent"}]},
                "'employeeID' is not a documented target attribute; did you mean employeeId",
            ),
            (
                {"mappings": [{"target": "city", "source": "employeeorgdata.division"}]},
                "'employeeorgdata.division' is not a documented source attribute; did you mean employeeOrgData.division",
            ),
            (
                {"mappings": [{"target": "city", "source": "extensionAttribute16"}]},
                "'extensionAttribute16' is not a documented source attribute; did you mean extensionAttribute",
            ),
            (
                {"mappings": [{"target": "city", "source": "extension_01234567-89ab-cdef-0123-456789abcdef_costCenter"}]},
                "is not a directory extension: extension_, the owner's application id without dashes, _ and a name",
            ),
            ({"mappings": [{"target": "department", "source": "userType"}]}, "'userType' cannot be read in the source tenant"),
            ({"mappings": [{"target": "department", "source": "samAccountName"}]}, "'samAccountName' cannot be read in the source tenant"),
            (filtered("departmnt", "EQUALS", "x"), "'departmnt' is not a documented source attribute; did you mean department"),
            (filtered("department", "equals", "x"), "filter 'F', attribute 'department': there is no operator 'equals'"),
            (filtered("manager", "IS NULL"), "filter 'F', attribute 'manager': the service cannot filter by this attribute"),
            (filtered("employeeHireDate", "IS NULL"), "the service cannot filter by this attribute"),
            (filtered("proxyAddresses", "EQUALS", "x"), "the service cannot filter by this attribute"),
            (filtered("department", "EQUALS", ""), "EQUALS cannot compare with an empty text; use IS NULL or IS NOT NULL"),
            (
                filtered("mail", "REGEX MATCH", "*@contoso.com"),
                "'*@contoso.com' is not a valid regular expression: '*' has nothing before it to repeat; for any text write .*",
            ),
        ],
    )
    def test_what_is_certainly_wrong(self, given: dict[str, Any], sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            judge(**given)
        assert sentence in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "end"),
        [
            ("Append([city])", "Append has 1 argument instead of 2"),
            ("PCase()", "PCase has 0 arguments instead of 1 to 2"),
            ("Join([city])", "Join has 1 argument instead of 2 or more"),
            ("Switch([city], [city], [city])", "Switch has 3 arguments instead of 4 or more, an even number"),
        ],
    )
    def test_a_wrong_number_of_arguments(self, text: str, end: str) -> None:
        with pytest.raises(Refusal) as caught:
            judge(**expression(text))
        assert str(caught.value) == f"the expression '{text}' for department is not valid: {end}"


class TestNotChecked:
    @pytest.mark.parametrize(
        ("given", "names"),
        [
            ({"mappings": [{"target": "mobile", "source": "mobile"}]}, "target attribute mobile, source attribute mobile"),
            ({"mappings": [{"target": "usageLocation", "constant": "KR"}]}, "target attribute usageLocation"),
            ({"mappings": [{"target": "extensionAttribute1", "source": "employeeType"}]}, "target attribute extensionAttribute1"),
            ({"mappings": [{"target": "city", "source": "zzzzzz"}]}, "source attribute zzzzzz"),
            ({"mappings": [{"target": "city", "source": EXTENSION}]}, f"source attribute {EXTENSION}"),
            (expression("Trim(Trim([city]))"), "function Trim"),
            (filtered("usageLocation", "EQUALS", "KR"), "source attribute usageLocation"),
            (filtered("employeeId", "Greater_Than", "100"), "operator Greater_Than"),
            (
                {"mappings": [{"target": "mobile", "source": "city"}], **filtered("usageLocation", "EQUALS", "KR")},
                "target attribute mobile, source attribute usageLocation",
            ),
            ({"group_mappings": [{"target": "mailNickname", "source": "displayName"}]}, "target attribute mailNickname of groups"),
            ({"group_mappings": [{"target": "description", "source": "city"}]}, "source attribute city of groups"),
            ({"group_mappings": [{"target": "description", "expression": "Trim([displayName])"}]}, "function Trim"),
        ],
    )
    def test_names_that_only_the_tenant_can_confirm(self, given: dict[str, Any], names: str) -> None:
        assert judge(**given) == [f"{UNCHECKED}: {names}"]


class TestCheckMode:
    """The planner makes the same checks; an existing job decides by its own definitions."""

    GIVEN = expression("Apend([city])")

    def test_without_a_job(self) -> None:
        wanted = mapping.desired(options("sync_mapping", configuration="Fabrikam", **self.GIVEN))
        # Unseen: a replica may not show the configuration yet.
        with pytest.raises(Unseen, match="'Apend' is not a documented function"):
            mapping.plan(mapping.read(FakeGraph(SourceService([])), wanted), wanted)

    def test_with_a_job(self) -> None:
        wanted = mapping.desired(options("sync_mapping", configuration="Fabrikam", **self.GIVEN))
        service = SourceService([Link("Fabrikam", jobs=[new_job()])])
        assert mapping.plan(mapping.read(FakeGraph(service), wanted), wanted).actions

    def test_names_that_are_not_checked_are_reported(self) -> None:
        given = {"mappings": [{"target": "mobile", "source": "mobile"}]}
        wanted = mapping.desired(options("sync_mapping", configuration="Fabrikam", **given))
        planned = mapping.plan(mapping.read(FakeGraph(SourceService([])), wanted), wanted)
        assert planned.warnings == (f"{UNCHECKED}: target attribute mobile, source attribute mobile",)
        assert planned.actions


class TestPatterns:
    @pytest.mark.parametrize(
        "pattern",
        [
            "",
            "^(Sales|Engineering)$",
            r"(?<name>x)\k<name>",
            "a(?i)b",
            "(?i:abc)",
            "(?'n'x)",
            "[a-z-[aeiou]]",
            r"\p{L}+",
            "(?<=ab*)c",
            "(?<!x)y",
            "(?>a+)b",
            "a{2,3}?",
            "a*?",
            "(?#(x)a",
            "(?x) # (",
            "[]a]",
            r"\\",
            r"\(",
            "a{",
            "a|",
        ],
    )
    def test_a_pattern_that_a_dialect_accepts_is_left_to_the_service(self, pattern: str) -> None:
        assert patterns.problem(pattern) is None

    @pytest.mark.parametrize("pattern", ["(a", "a)", "[a", "a\\", "*a", "a|+", "(*a)", "?", "((a)", "[^", "(?:a"])
    def test_a_pattern_that_no_dialect_accepts(self, pattern: str) -> None:
        assert patterns.problem(pattern)

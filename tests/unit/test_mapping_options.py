# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Malformed options of sync_mapping: rejected with a one-sentence message by `desired`, before anything is read, with or without a job."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE

BASE = {"tenant_id": SOURCE, "cloud": "global", "configuration": "Fabrikam"}


def sentence(**options: Any) -> str:
    """How the options are refused. They come as a host hands them over: completed by Ansible, or not."""
    with pytest.raises(Refusal) as caught:
        mapping.desired({**BASE, **options})
    return str(caught.value)


def mapping_of(**members: Any) -> dict[str, Any]:
    return {"mappings": [{"state": "present", **members}]}


def clause(**members: Any) -> dict[str, Any]:
    return {"filters": [{"name": "Sales", "clauses": [{"attribute": "city", "operator": "IS NULL"}, members]}]}


LONG = "x" * 10_000


class TestMappings:
    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            (mapping_of(target="", source="mail"), "a mapping has no target; name the attribute in the target tenant"),
            (mapping_of(target=None, source="mail"), "a mapping has no target; name the attribute in the target tenant"),
            (mapping_of(target="city", source=""), "the source of the mapping of city is empty; name an attribute of the source tenant"),
            (mapping_of(target="city", source="  "), "the source of the mapping of city is empty; name an attribute of the source tenant"),
            (mapping_of(target="ISSOFTDELETED", constant="x"), "the mapping of IsSoftDeleted must stay as the service created it"),
            (
                mapping_of(target="AlternativeSecurityIds", state="absent"),
                "the mapping of alternativeSecurityIds must stay as the service created it",
            ),
            (mapping_of(target="othermails", source="mail"), "otherMails cannot be a target; the target tenant computes it"),
            (mapping_of(target="targetAddress", source="mail"), "targetAddress cannot be a target; only Exchange writes it"),
            (mapping_of(target="HiddenFromAddressListsEnabled", constant="true"), "map showInAddressList instead"),
            (
                mapping_of(target="userType", constant="External"),
                "the mapping of userType: userType must be Member or Guest, not 'External'",
            ),
            (mapping_of(target="showInAddressList", constant="ja"), "showInAddressList must be true or false, not 'ja'"),
            (mapping_of(target="city", constant=LONG), "the mapping of city: the constant is longer than the 10000 characters"),
            ({"company_name": LONG}, "company_name: the constant is longer than the 10000 characters"),
            (
                {"display_name_suffix": LONG},
                "display_name_suffix cannot be used, because it makes the expression of the display name invalid: it is longer than 10000",
            ),
            ({"display_name_suffix": '"' * 5_000}, "display_name_suffix cannot be used"),
            (mapping_of(target="city", expression=f"Append([city], {LONG}"), "the expression 'Append([city], xxxx"),
            ({"target_actions": []}, "target_actions is empty; name at least one of create, update and delete, or leave it out"),
        ],
    )
    def test_refused(self, options: dict[str, Any], expected: str) -> None:
        message = sentence(**options)
        assert expected in message
        assert len(message) < 400

    def test_the_longest_constant(self) -> None:
        """With its quotes it has the 10,000 characters that the service allows (fact F90)."""
        assert mapping.desired({**BASE, **mapping_of(target="city", constant="x" * 9_998)}).mappings[0].constant
        assert "longer than the 10000" in sentence(**mapping_of(target="city", constant="x" * 9_999))

    def test_what_is_not_named_has_its_default(self) -> None:
        wanted = mapping.desired(BASE)
        assert (wanted.restart_job, wanted.exact, wanted.reset, wanted.groups, wanted.try_on) == (True, False, False, None, ())

    @settings(max_examples=200, deadline=None)
    @given(st.text(max_size=40))
    def test_any_suffix_is_taken_as_it_is(self, suffix: str) -> None:
        wanted = mapping.desired({**BASE, "display_name_suffix": suffix})
        if suffix:
            assert wanted.mappings[0].meaning == ("function", "append", (("attribute", "displayName"), ("constant", suffix)))


class TestFilters:
    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"filters": [{"name": None, "clauses": []}]}, "filter 1 has no name; give one"),
            ({"filters": [{"clauses": []}]}, "filter 1 has no name; give one"),
            (
                {"filters": [{"name": "Sales", "clauses": None}]},
                "filter 'Sales' has no clauses; a filter without clauses excludes all users",
            ),
            ({"filters": [{"name": "Sales"}]}, "filter 'Sales' has no clauses; a filter without clauses excludes all users"),
            (clause(operator="IS NULL"), "filter 'Sales', clause 2 has no attribute; give one"),
            (clause(attribute=" ", operator="IS NULL"), "filter 'Sales', clause 2 has no attribute; give one"),
            (clause(attribute="city", operator=None), "filter 'Sales', clause 2 has no operator; give one"),
        ],
    )
    def test_refused(self, options: dict[str, Any], expected: str) -> None:
        assert sentence(**options) == expected


class TestRestore:
    BACKUP = default_schema()

    @pytest.mark.parametrize(
        ("restore", "expected"),
        [
            ({"changed": True, "backup": BACKUP, "actions": []}, "restore is the whole result of a task; pass only its member backup"),
            ({"changed": False, "backup": None}, "pass only its member backup (it is null, because that task changed nothing)"),
            ({"results": [{"backup": BACKUP}]}, "restore is the result of a loop; pass the member backup of one of its results"),
            ({}, "it has no list synchronizationRules"),
            ("text", "it is a text instead of an object"),
            ([BACKUP], "it is a list instead of an object"),
            (7, "it is a number instead of an object"),
            ({"synchronizationRules": None}, "it has no list synchronizationRules"),
            ({"synchronizationRules": {}}, "it has no list synchronizationRules"),
            ({"synchronizationRules": []}, "it has no mapping of users"),
            ({"synchronizationRules": [None]}, "synchronizationRules[0] is null instead of an object"),
            ({"synchronizationRules": ["x"]}, "synchronizationRules[0] is a text instead of an object"),
            ({"synchronizationRules": [{"name": "USER_INBOUND_USER"}]}, "it has no mapping of users"),
            (
                {"synchronizationRules": [{"objectMappings": [{"attributeMappings": [{"targetAttributeName": 7}]}]}]},
                "synchronizationRules[0].objectMappings[0].attributeMappings[0].targetAttributeName is a number instead of a text",
            ),
            ({**BACKUP, "directories": "x"}, "directories is a text instead of a list"),
        ],
    )
    def test_refused(self, restore: Any, expected: str) -> None:
        message = sentence(restore=restore)
        assert message.endswith(expected)
        assert message.startswith("restore is ")
        assert "reset" not in message

    def test_a_backup_may_have_members_of_any_name(self) -> None:
        backup = {**copy.deepcopy(self.BACKUP), "backup": None, "results": []}
        assert mapping.desired({**BASE, "restore": backup}).restore == backup

    def test_a_backup_is_taken(self) -> None:
        assert mapping.desired({**BASE, "restore": copy.deepcopy(self.BACKUP)}).restore == self.BACKUP

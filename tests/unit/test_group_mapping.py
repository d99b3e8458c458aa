# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning the mapping of groups: the switch, its own mappings, and what is refused (facts F106, F231, F214, F217)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal, Unseen
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema as schemas
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService, new_job

SUFFIX = 'Append([displayName], " (Contoso)")'
EXTENSION = "extension_0123456789abcdef0123456789abcdef_costCenter"
OLDER = "has no mapping of groups: the service has not given it one"


def schema(enabled: bool | None = False, name: str | None = "Provision Microsoft Entra ID Groups", **members: Any) -> Any:
    """A job's schema whose mapping of groups is on, off, or missing (``None``), beside a nameless one of the service."""
    made: Any = default_schema()
    users, groups = made["synchronizationRules"][0]["objectMappings"]
    nameless = {"name": "", "enabled": False, "sourceObjectName": "Group", "targetObjectName": "Group", "attributeMappings": []}
    own = [] if enabled is None else [{**groups, "name": name, "enabled": enabled, "unknown": "kept", **members}]
    made["synchronizationRules"][0] |= {
        "id": "rule-id",
        "sourceDirectoryName": "Microsoft Entra ID",
        "targetDirectoryName": "Microsoft Entra ID (target tenant)",
        "objectMappings": [users, nameless, *own],
    }
    attributes = [{"name": target, "type": "String"} for target in ("objectId", "displayName", "description", "members", "mailNickname")]
    made["directories"] = [
        {"name": f"Microsoft Entra ID{side}", "objects": [{"name": "Group", "attributes": attributes}]} for side in ("", " (target tenant)")
    ]
    return {"id": "Azure2Azure.1", **made}


def plan(current: Any = None, bag: dict[str, str] | None = None, template: Any = None, job: bool = True, **given: Any) -> Plan:
    wanted = mapping.desired(options("sync_mapping", configuration="Fabrikam", **given))
    link = Link(
        "Fabrikam",
        bag=bag or {"SyncAll": "false"},
        jobs=[new_job()] if job else [],
        schema=current or schema(),
        template=template or schema(),
        id="sp",
    )
    return mapping.plan(mapping.read(FakeGraph(SourceService([link])), wanted), wanted)


def title(planned: Plan) -> str | None:
    writes = [str(action) for action in planned.actions if action.verb == "update"]
    return writes[0].partition("(")[2][:-1] if writes else None


def written(planned: Plan) -> Any:
    """The written mapping of groups."""
    found = schemas.group_mapping(planned.actions[0].requests[0].body)
    assert found is not None
    return found


class TestSwitch:
    @pytest.mark.parametrize(
        "name", ["Provision Microsoft Entra ID Groups", "Provision Azure Active Directory Groups", "Renamed by an admin", ""]
    )
    @pytest.mark.parametrize(
        ("enabled", "wanted", "changes"),
        [(False, True, "groups on"), (True, False, "groups off"), (True, True, None), (False, False, None), (True, None, None)],
    )
    def test_it_is_switched(self, name: str, enabled: bool, wanted: bool | None, changes: str | None) -> None:
        """The mapping of groups is found by its name, of whatever age, and switched (fact F106)."""
        planned = plan(schema(enabled, name), groups=wanted)
        assert title(planned) == changes
        assert planned.facts["groups"] is (enabled if wanted is None else wanted)
        if changes:
            assert written(planned) == {**schemas.group_mapping(schema(enabled, name)), "enabled": wanted}  # type: ignore[dict-item] # a schema as parsed JSON
            assert (planned.before["groups"], planned.after["groups"]) == (enabled, wanted)

    def test_what_is_not_named_is_in_no_diff(self) -> None:
        planned = plan(schema(True), mappings=[{"target": "companyName", "constant": "Contoso"}])
        assert "groups" not in planned.before
        assert "group_mappings" not in planned.before
        assert "groups" in planned.foreign

    def test_switching_off_says_what_stays(self) -> None:
        """Groups that were synchronized stay when groups are switched off (fact F217)."""
        off, on = plan(schema(True), groups=False), plan(schema(False), groups=True)
        assert off.warnings == (mapping.KEPT_GROUPS,)
        assert off.actions[0].effects == {"triggers_full_cycle": True, "keeps_synced_groups": True}
        assert on.warnings == ()
        assert plan(schema(False), groups=False).warnings == ()

    def test_the_restart_is_that_of_the_other_mappings(self) -> None:
        assert plan(schema(), groups=True).change_facts["restart_needed"] is False
        link = Link("Fabrikam", bag={"SyncAll": "false"}, jobs=[new_job(state="Active")], schema=schema(), id="sp")
        wanted = mapping.desired(options("sync_mapping", configuration="Fabrikam", groups=True, restart_job=False))
        planned = mapping.plan(mapping.read(FakeGraph(SourceService([link])), wanted), wanted)
        assert [action.verb for action in planned.actions] == ["record", "pause", "update"]
        assert planned.facts["restart_owed"] is True


class TestScopeMode:
    @pytest.mark.parametrize(
        ("sync_all", "given", "refused"),
        [
            ("true", {"groups": True}, True),
            ("True", {"groups": True}, True),
            ("false", {"groups": True}, False),
            ("true", {"groups": False}, False),
            ("true", {"group_mappings": [{"target": "description", "state": "absent"}]}, False),
            ("true", {"groups": True, "scope_mode": "assigned"}, False),
            ("false", {"groups": True, "scope_mode": "all"}, True),
        ],
    )
    def test_all_users_in_scope_are_refused(self, sync_all: str, given: dict[str, Any], refused: bool) -> None:
        """Groups are refused while all users are in scope (fact F214)."""
        if not refused:
            plan(schema(), {"SyncAll": sync_all}, **given)
            return
        with pytest.raises(Refusal, match="groups are synchronized only with scope mode assigned"):
            plan(schema(), {"SyncAll": sync_all}, **given)


class TestOldJobs:
    @pytest.mark.parametrize("old", [schema(None), schema(attributeMappings=[])], ids=["missing", "empty"])
    @pytest.mark.parametrize("given", [{"groups": True}, {"group_mappings": [{"target": "description", "state": "absent"}]}])
    def test_a_reset_is_offered(self, old: Any, given: dict[str, Any]) -> None:
        """A mapping of groups without attributes counts as missing (fact F231)."""
        with pytest.raises(Refusal, match=OLDER) as refused:
            plan(old, **given)
        assert "set reset" in str(refused.value)
        assert title(plan(old, reset=True, template=schema(), **given))

    def test_without_groups_there_is_nothing_to_switch_off(self) -> None:
        planned = plan(schema(None), groups=False)
        assert (planned.actions, planned.facts["groups"], planned.facts["group_mappings"]) == ((), None, [])

    def test_a_template_without_groups_ends_it(self) -> None:
        with pytest.raises(Refusal, match="does not offer the synchronization of groups in this tenant"):
            plan(schema(None), template=schema(None), reset=True, groups=True)


class TestMappings:
    @pytest.mark.parametrize(
        ("given", "changes"),
        [
            ({"target": "displayName", "expression": SUFFIX}, "change displayName of groups"),
            ({"target": "mailNickname", "source": "mailNickname"}, "add mailNickname of groups"),
            ({"target": "description", "state": "absent"}, "remove description of groups"),
            ({"target": "description", "source": "description"}, None),
            ({"target": "description", "constant": "of Contoso", "apply": "create_only"}, "change description of groups"),
        ],
    )
    def test_they_have_the_form_of_those_of_users(self, given: dict[str, Any], changes: str | None) -> None:
        planned = plan(group_mappings=[given])
        assert title(planned) == changes
        if changes:
            again = plan(planned.actions[0].requests[0].body, group_mappings=[given])
            assert again.actions == ()
            assert planned.after["group_mappings"] == again.before["group_mappings"]
            assert planned.after["mappings"] == {}

    def test_the_form_of_an_expression_is_that_of_the_service(self) -> None:
        rows = schemas.rows(written(plan(group_mappings=[{"target": "displayName", "expression": SUFFIX}])))
        assert (rows["displayName"]["source"] or {})["expression"] == SUFFIX.replace(", ", ",")

    def test_users_and_groups_may_have_the_same_target(self) -> None:
        planned = plan(
            mappings=[{"target": "displayName", "expression": 'Append([displayName], " A")'}],
            group_mappings=[{"target": "displayName", "expression": 'Append([displayName], " B")'}],
        )
        assert title(planned) == "change displayName, change displayName of groups"
        assert planned.after["mappings"]["displayName"] != planned.after["group_mappings"]["displayName"]

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ([{"target": "objectId", "source": "mailNickname"}], "the service matches groups by it"),
            ([{"target": "objectId", "state": "absent"}], "is required by the service and cannot be removed"),
            (
                [{"target": "displayname", "source": "displayName"}],
                "'displayname' is not a target attribute of this configuration for groups",
            ),
            (
                [{"target": "displayName", "source": "department"}],
                "'department' is not a source attribute of this configuration for groups",
            ),
            ([{"target": "descriptoin", "state": "absent"}], "'descriptoin' is not a target attribute"),
            (
                [{"target": "mailNicknam", "state": "absent"}],
                "'mailNicknam' is not a target attribute of this configuration; did you mean mailNickname",
            ),
            ([{"target": "displayName"}], "the group mapping of displayName needs exactly one of source, constant and expression"),
            ([{"target": " ", "source": "a"}], "a group mapping has no target"),
            ([{"target": "a", "source": "b"}, {"target": "a", "source": "c"}], "a is mapped more than once in group_mappings"),
            ([{"target": "a", "source": "b", "state": "absent"}], "the group mapping of a is to be absent"),
            ([{"target": "a", "expression": "Append("}], "is not valid"),
        ],
    )
    def test_what_is_refused(self, given: list[dict[str, Any]], message: str) -> None:
        with pytest.raises(Refusal, match=message):
            plan(group_mappings=given)

    def test_an_extension_is_declared_for_groups(self) -> None:
        """The objects of groups have attributes of their own (fact F97)."""
        body = plan(group_mappings=[{"target": EXTENSION, "source": EXTENSION}]).actions[0].requests[0].body
        groups = schemas.group_mapping(body)
        assert EXTENSION in schemas.definitions(body, "source", groups)
        assert EXTENSION in schemas.definitions(body, "target", groups)
        again = plan(body, group_mappings=[{"target": EXTENSION, "constant": "x"}]).actions[0].requests[0].body
        assert again["directories"] == body["directories"]

    def test_what_groups_require_cannot_be_removed(self) -> None:
        current = schema()
        (description,) = (one for one in current["directories"][1]["objects"][0]["attributes"] if one["name"] == "description")
        description["required"] = True
        with pytest.raises(Refusal, match="the mapping of description is required by the service and cannot be removed"):
            plan(current, group_mappings=[{"target": "description", "state": "absent"}])

    def test_the_matching_row_may_be_named_as_it_is(self) -> None:
        assert plan(group_mappings=[{"target": "objectId", "source": "objectId"}]).actions == ()

    def test_exact_is_about_users(self) -> None:
        planned = plan(exact=True, mappings=[{"target": "displayName", "source": "displayName"}])
        assert written(planned) == schemas.group_mapping(schema())


class TestReset:
    @pytest.mark.parametrize("enabled", [True, False])
    def test_it_does_not_switch_groups(self, enabled: bool) -> None:
        changed = schema(enabled)
        schemas.rows(changed["synchronizationRules"][0]["objectMappings"][2])["description"]["flowType"] = "ObjectAddOnly"
        planned = plan(changed, reset=True)
        assert title(planned) == "change description of groups"
        assert written(planned)["enabled"] is enabled

    def test_a_backup_restores_the_switch(self) -> None:
        planned = plan(schema(True), restore=schema(False))
        assert title(planned) == "groups off"
        assert planned.warnings == (mapping.KEPT_GROUPS,)

    def test_a_backup_keeps_the_matching(self) -> None:
        backup = schema()
        schemas.rows(backup["synchronizationRules"][0]["objectMappings"][2])["objectId"]["source"] = {
            "type": "Attribute",
            "name": "mailNickname",
            "expression": "[mailNickname]",
            "parameters": [],
        }
        with pytest.raises(Refusal, match="the matching attribute and the built-in filter must stay"):
            plan(schema(), restore=backup)


class TestWithoutAJob:
    def test_groups_are_planned_against_the_defaults(self) -> None:
        planned = plan(job=False, groups=True, group_mappings=[{"target": "displayName", "expression": SUFFIX}])
        assert title(planned) == "groups on, change displayName of groups"
        assert planned.unmet
        assert planned.warnings == ()

    def test_unknown_names_are_reported(self) -> None:
        planned = plan(job=False, group_mappings=[{"target": "mailNickname", "source": "extensionAttribute1"}])
        assert planned.warnings == (
            "not checked until the job exists: target attribute mailNickname of groups, source attribute extensionAttribute1 of groups",
        )

    def test_certain_faults_are_refused(self) -> None:
        with pytest.raises(Unseen, match="'Apend' is not a documented function"):
            plan(job=False, group_mappings=[{"target": "displayName", "expression": 'Apend([displayName], "x")'}])


class TestBasis:
    def test_what_an_approval_relies_on_is_what_does_not_change(self) -> None:
        untouched, touched = plan(mappings=[{"target": "city", "state": "absent"}]), plan(groups=True)
        assert "group mappings" not in untouched.basis()
        assert set(touched.basis()["group mappings"]) == {"objectId", "displayName", "description", "members"}
        nameless = "USER_INBOUND_USER: Group to Group"
        assert untouched.basis()["other rules"].keys() == {nameless, f"{nameless} (Provision Microsoft Entra ID Groups)"}
        assert touched.basis()["other rules"].keys() == {nameless}

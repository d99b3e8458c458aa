# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans as data: what they contain, what changes their hash and what does not, and what is said of two that differ."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import expected_plan, planning
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Change, Plan
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.plan_comparison import differences

SOURCE, TARGET = "a0c898ca-2445-4e74-ab4b-afd7916549a6", "AFAB079D-1f08-4de3-881e-435e497f923f"
LINK = "contoso_to_fabrikam"
NO_CHANGE: Change = {"ticket": None, "window": None}
SIZE = {**planning._UNSIZED, "users": 9, "objects": 12, "first_cycle_minutes": [1, 30], "writes": 2, "write_minutes": 0.0, "findings": []}
MINSU = {"name": "minsu.kim@contoso.kr", "source_id": "c1", "target_id": "f1", "effect": "soft_deleted"}
SORA = {"name": "sora.lee@contoso.kr", "source_id": "c2", "target_id": None, "effect": "disabled"}


def look(**members: Any) -> dict[str, Any]:
    """The entry of a link that differs in its scope and its mappings."""
    return {
        "tasks": "link_judged",
        "in_sync": False,
        "summary": "differs in sync_scope; job healthy since 2026-11-23T02:01:10Z, last cycle ended 2026-11-25T02:01:10Z",
        "problems": [],
        "source": {"name": "contoso", "tenant_id": SOURCE},
        "target": {"name": "fabrikam", "tenant_id": TARGET},
        "configuration": "Fabrikam",
        "state": "present",
        "differences": [
            {
                "module": "sync_scope",
                "tenant": SOURCE,
                "actions": [{"verb": "unassign", "object": "user minsu.kim@contoso.kr from configuration Fabrikam", "tenant": SOURCE}],
                "before": {"mode": "assigned", "users": ["minsu.kim@contoso.kr"], "groups": ["Sales"]},
                "after": {"mode": "assigned", "users": [], "groups": ["Sales"]},
                "basis": {"mode": "assigned", "users": [], "groups": ["Sales"], "without effect": []},
            },
            {
                "module": "cross_tenant_policy",
                "tenant": TARGET.lower(),
                "actions": [{"verb": "update", "object": "partner contoso (redemption_inbound)", "tenant": TARGET}],
                "before": {"redemption_inbound": False},
                "after": {"redemption_inbound": True},
                "basis": {"inbound_trust": {"mfa": True}},
            },
            {"module": "sync_job", "tenant": SOURCE, "actions": [], "before": {}, "after": {}, "basis": {"running": True}},
        ],
        "untouched": [{"module": "sync_mapping", "tenant": SOURCE, "basis": {"mappings": {"city": {"source": "city"}}, "filters": []}}],
        **members,
    }


def impact(**members: Any) -> dict[str, Any]:
    facts = {"counts": {"soft_deleted": 1}, "users": [], "more": 0, "summary": "1 of 9 users leave the scope", "harmed": [MINSU], **members}
    return {"changed": False, "impact": facts}


def found(**members: Any) -> planning.Found:
    return planning.Found(**{"look": look(), "impact": impact(), "sizing": {"sizing": SIZE}, "arguments": {"tasks": "present"}, **members})


def plan(*others: planning.Found, version: str = "0.1.0", change: Change | None = None, **members: Any) -> Plan:
    links = {LINK: found(**members), **{f"link{number}": other for number, other in enumerate(others)}}
    return planning.plan_of(links, version, change or NO_CHANGE)


IN_SYNC = planning.Found(look(tasks="as_desired", in_sync=True, differences=[], untouched=[]))
FAILED = planning.Found(look(tasks="failed", msg="Tenant contoso: sign-in failed", differences=None))


class TestLinks:
    def test_parts_are_in_the_order_of_a_run_and_know_their_sides(self) -> None:
        link = plan()["links"][LINK]
        assert [(part["module"], part["side"], part["tenant"]["name"]) for part in link["parts"]] == [
            ("cross_tenant_policy", "target", "fabrikam"),
            ("sync_scope", "source", "contoso"),
        ]
        assert [part["module"] for part in link["untouched"]] == ["sync_mapping", "sync_job"], "what is only waited for does not change"
        assert link["status"] == "to_change"
        assert link["summary"] == "changes: 2 actions (1 in fabrikam, 1 in contoso); 1 of 9 users leave the scope"

    @pytest.mark.parametrize(
        ("of_link", "status", "summary"),
        [
            pytest.param({"look": IN_SYNC.look}, "in_sync", "in sync", id="in sync"),
            pytest.param(
                {"look": look(tasks="link_judged", differences=[], problems=["the job is in quarantine (TooManyDeletes)"])},
                "in_sync",
                "in sync; the job is in quarantine (TooManyDeletes)",
                id="a problem that no run solves",
            ),
            pytest.param({"look": FAILED.look}, "cannot_be_planned", "cannot be planned: Tenant contoso: sign-in failed", id="not read"),
            pytest.param(
                {"arguments": {"failed": True, "msg": "link_source is missing"}},
                "cannot_be_planned",
                "cannot be planned: link_source is missing",
                id="arguments",
            ),
            pytest.param({"impact": {}}, "cannot_be_planned", "cannot be planned: its tasks did not run", id="no impact"),
            pytest.param(
                {"impact": {**impact(), "failed": True, "msg": "1 protected user would be lost"}},
                "cannot_be_planned",
                "cannot be planned: 1 protected user would be lost",
                id="a guard",
            ),
            pytest.param(
                {"look": look(tasks="link"), "impact": {"failed": True, "msg": "no permission"}},
                "to_change",
                "changes: 2 actions (1 in fabrikam, 1 in contoso); impact on users not known: no permission",
                id="harmless, and the impact is not known",
            ),
        ],
    )
    def test_status(self, of_link: dict[str, Any], status: str, summary: str) -> None:
        link = plan(**of_link)["links"][LINK]
        assert (link["status"], link["summary"]) == (status, summary)

    def test_a_link_that_is_in_sync_has_no_basis(self) -> None:
        link = planning.link_plan(planning.Found(look(tasks="as_desired", differences=[])))
        assert (link["parts"], link["untouched"], link["impact"], link["sizing"]) == ([], [], None, None)

    def test_the_size_may_be_unknown(self) -> None:
        sizing = plan(sizing={"failed": True, "msg": "no permission"})["links"][LINK]["sizing"]
        assert sizing is not None
        assert sizing["users"] is None
        assert sizing["findings"] == ["the size of the link is not known: no permission"]

    def test_the_first_start_of_a_new_job_is_a_full_cycle(self) -> None:
        start = {"module": "sync_job", "tenant": SOURCE, "actions": [{"verb": "start", "object": "job"}], "before": {}, "after": {}}
        for job, full in (({"last_cycle": {"ended": "2026-11-25T02:01:10Z"}}, False), ({"last_cycle": None}, True), (None, True)):
            link = plan(look=look(differences=[start], job=job))["links"][LINK]
            assert link["parts"][-1]["full_cycle"] is full


REMOVED: dict[str, Any] = {
    "source_tenant_configuration": {"actions": [{"verb": "delete", "object": "configuration Fabrikam"}], "diff": {"before": {"job": True}}},
    "source_tenant_policy": {"actions": []},
    "target_tenant_policy": {"actions": [{"verb": "delete", "object": "partner contoso"}]},
}


class TestRemoval:
    def removal(self, deprovision: bool = False, sharing: tuple[str, ...] = (), **results: Any) -> planning.Found:
        arguments = {"deprovision": deprovision, "sharing": list(sharing)}
        return planning.Found(look(tasks="link", state="absent", differences=None), arguments, removal={**REMOVED, **results})

    def test_the_tasks_in_check_mode_are_the_plan(self) -> None:
        link = planning.link_plan(self.removal())
        assert link["status"] == "to_remove"
        assert [(part["module"], part["side"]) for part in link["parts"]] == [
            ("sync_configuration", "source"),
            ("cross_tenant_policy", "target"),
        ]
        assert link["parts"][0]["before"] == {"job": True}
        assert link["untouched"] == []

    def test_whose_users_are_removed_first(self) -> None:
        result = {"actions": [{"verb": "restart", "object": "job", "effects": {"triggers_full_cycle": True}}], **impact()}
        link = planning.link_plan(self.removal(deprovision=True, source_tenant_deprovision=result))
        assert [part["module"] for part in link["parts"]] == ["sync_deprovision", "sync_configuration", "cross_tenant_policy"]
        assert link["parts"][0]["full_cycle"]
        assert planning.harmed(link) == [MINSU]

    def test_whose_tenants_share_something(self) -> None:
        result = {"actions": [{"verb": "delete", "object": "capability crossTenantMailTipsAll of partner contoso"}]}
        link = planning.link_plan(self.removal(sharing=("target",), target_tenant_sharing=result))
        assert [(part["module"], part["side"]) for part in link["parts"]] == [
            ("sync_configuration", "source"),
            ("cross_tenant_capability", "target"),
            ("cross_tenant_policy", "target"),
        ]
        # The task did not run, although it is one of the link.
        missing = planning.link_plan(self.removal(sharing=("source", "target"), target_tenant_sharing=result))
        assert (missing["status"], missing["msg"]) == ("cannot_be_planned", "its tasks did not run")

    @pytest.mark.parametrize(
        ("results", "msg"),
        [
            ({"target_tenant_policy": {"failed": True, "msg": "no permission"}}, "no permission"),
            ({"target_tenant_policy": {}}, "its tasks did not run"),
            ({"source_tenant_policy": {"unreachable": True, "msg": "gone"}, "target_tenant_policy": {}}, "gone"),
        ],
    )
    def test_whose_tasks_failed(self, results: dict[str, Any], msg: str) -> None:
        link = planning.link_plan(self.removal(**results))
        assert (link["status"], link["msg"], link["parts"]) == ("cannot_be_planned", msg, [])

    def test_of_which_nothing_is_left(self) -> None:
        nothing: dict[str, Any] = {name: {"actions": []} for name in REMOVED}
        link = planning.link_plan(self.removal(**nothing))
        assert (link["status"], link["summary"]) == ("in_sync", "nothing left to remove")


def of_scope(change: Callable[[dict[str, Any]], object]) -> planning.Found:
    """The link with another part of its scope."""
    changed = look()
    change(changed["differences"][0])
    return found(look=changed)


class TestHash:
    @pytest.mark.parametrize(
        "other",
        [
            found(look=look(summary="differs; last cycle ended 2026-11-26T02:01:10Z", synced_users=7, job={"status": "Active"})),
            found(sizing={"sizing": {**SIZE, "users": 10}}),
            found(sizing={}),
            found(impact=impact(counts={"soft_deleted": 1, "created": 5}, summary="5 come", users=[{"effect": "created"}], more=3)),
            found(look={**look(), "source": {"name": "seoul", "tenant_id": SOURCE.upper()}}),
        ],
        ids=["times", "size", "no size", "who comes", "another name"],
    )
    def test_what_does_not_decide(self, other: planning.Found) -> None:
        assert planning.link_hash(planning.link_plan(other)) == planning.link_hash(planning.link_plan(found()))

    @pytest.mark.parametrize(
        "other",
        [
            of_scope(lambda part: part["actions"].clear()),
            of_scope(lambda part: part["actions"][0].update(effects={"soft_deletes_in_target": True})),
            of_scope(lambda part: part["before"].update(mode="all")),
            of_scope(lambda part: part["after"].update(groups=[])),
            of_scope(lambda part: part["basis"].update(groups=[])),
            found(look=look(untouched=[])),
            found(look=look(configuration="Other")),
            found(look={**look(), "target": {"name": "fabrikam", "tenant_id": "another"}}),
            found(impact=impact(harmed=[])),
            found(impact=impact(harmed=[MINSU, SORA])),
            found(impact=impact(harmed=[{**MINSU, "effect": "disabled"}])),
        ],
        ids=["action", "effect", "before", "after", "basis", "untouched", "configuration", "tenant", "nobody", "somebody else", "harm"],
    )
    def test_what_decides(self, other: planning.Found) -> None:
        assert planning.link_hash(planning.link_plan(other)) != planning.link_hash(planning.link_plan(found()))

    def test_links_that_are_in_sync_and_the_change_request_do_not_decide(self) -> None:
        window: Change = {"ticket": "CHG1", "window": {"start": "2026-12-05T22:00:00Z", "end": "2026-12-06T02:00:00Z"}}
        assert plan(IN_SYNC)["hash"] == plan()["hash"] == plan(change=window)["hash"]
        assert len({made["hash"] for made in (plan(), plan(FAILED), plan(found()), plan(version="0.2.0"))}) == 4

    def test_the_file_is_the_same_in_any_order(self) -> None:
        links = {"b": found(), "a": found()}
        backwards = {name: links[name] for name in reversed(links)}
        files = {
            planning.as_file(planning.plan_of(one, "0.1.0", NO_CHANGE, strangers)) for one, strangers in ((links, "ab"), (backwards, "ba"))
        }
        assert len(files) == 1

    def test_an_artifact_is_small_however_many_links_there_are(self) -> None:
        large = planning.plan_of({f"link_number_{number}": found() for number in range(500)}, "0.1.0", NO_CHANGE)
        artifact = planning.artifact(large)
        assert len(json.dumps(artifact)) < 3000
        assert artifact["counts"] == {"to_change": 500}
        assert (len(artifact["named"]), artifact["more"]) == (20, 480)
        assert (artifact["changed"], artifact["approvable"]) == (True, True)
        assert planning.artifact(plan(FAILED))["approvable"] is False


class TestDifferences:
    @pytest.mark.parametrize(
        ("now", "said"),
        [
            pytest.param(plan(), [], id="none"),
            pytest.param(
                plan(version="0.2.0"), ["the plan was made with version 0.1.0 of the collection, and this is version 0.2.0"], id="version"
            ),
            pytest.param(
                plan(look=IN_SYNC.look), [f"{LINK}: was to be changed, and is nothing to do now (in sync)"], id="somebody else has made it"
            ),
            pytest.param(
                plan(found(look=look(untouched=[]))),
                [
                    "link0: is not in the plan, and is to be changed now (changes: 2 actions (1 in fabrikam, 1 in contoso); 1 of 9 users leave the scope)"
                ],
                id="another link",
            ),
            pytest.param(
                plan(look=FAILED.look),
                [f"{LINK}: was to be changed, and is impossible to plan now (cannot be planned: Tenant contoso: sign-in failed)"],
                id="not read",
            ),
            pytest.param(
                plan(look=look(configuration="Other")), [f"{LINK}: its configuration was Fabrikam, and is Other now"], id="configuration"
            ),
            pytest.param(
                plan(look={**look(), "target": {"name": "fabrikam", "tenant_id": "x"}})["links"] and plan(look=look(state="present")),
                [],
                id="same",
            ),
            pytest.param(
                plan(impact=impact(harmed=[MINSU, SORA])),
                [f"{LINK}: user sora.lee@contoso.kr would be disabled, which was not planned"],
                id="somebody more",
            ),
            pytest.param(
                plan(impact=impact(harmed=[])), [f"{LINK}: user minsu.kim@contoso.kr would no longer be deleted in the target"], id="nobody"
            ),
            pytest.param(
                plan(impact=impact(harmed=[{**MINSU, "effect": "kept"}])),
                [f"{LINK}: user minsu.kim@contoso.kr would be kept in the target without synchronization, and not deleted in the target"],
                id="other harm",
            ),
        ],
    )
    def test_sentences(self, now: Plan, said: list[str]) -> None:
        assert differences(plan(), now) == said

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (
                lambda part: (
                    part["before"]["groups"].append("HR"),
                    part["after"]["groups"].append("HR"),
                    part["basis"]["groups"].append("HR"),
                ),
                ["groups: HR has come"],
            ),
            (lambda part: part["before"].update(mode="all"), ['mode was "assigned", and is "all" now']),
            (lambda part: part["after"].update(mode="all"), ['desired mode was "assigned", and is "all" now']),
            (lambda part: part["basis"].update({"without effect": ["x"]}), ["without effect: x has come"]),
            (
                lambda part: part["actions"].append({"verb": "assign", "object": "group HR to configuration Fabrikam"}),
                ["not in the plan: assign group HR to configuration Fabrikam"],
            ),
            (
                lambda part: part["actions"][0].update(effects={"soft_deletes_in_target": True}),
                [
                    "effects of unassign user minsu.kim@contoso.kr from configuration Fabrikam.soft_deletes_in_target was not there, and is true now"
                ],
            ),
        ],
    )
    def test_of_a_part(self, change: Callable[[dict[str, Any]], object], said: list[str]) -> None:
        now = planning.plan_of({LINK: of_scope(change)}, "0.1.0", NO_CHANGE)
        assert differences(plan(), now) == [f"{LINK}: sync_scope in contoso: {sentence}" for sentence in said]

    def test_of_a_part_that_did_not_change_and_does_now(self) -> None:
        """Its state then is what it rested on."""
        changed = look(untouched=[])
        part: dict[str, Any] = {"module": "sync_mapping", "tenant": SOURCE, "actions": [{"verb": "update", "object": "mappings"}]}
        part |= {"before": {"mappings": {"city": {"source": "state"}}}, "after": {"mappings": {"city": {"source": "city"}}}}
        changed["differences"].append({**part, "basis": {"mappings": {}, "filters": []}})
        assert differences(plan(), plan(look=changed)) == [
            f"{LINK}: sync_mapping in contoso: not in the plan: update mappings",
            f'{LINK}: sync_mapping in contoso: mappings.city.source was "city", and is "state" now',
        ]

    def test_of_a_limited_run(self) -> None:
        then, now = plan(found()), plan()
        assert differences(then, now, ["link0"]) == [
            "link0: is in the plan, and outside of this run; a plan is applied as a whole, so run with the same --limit as the plan"
        ]
        assert differences(then, now) == ["link0: is in the plan, and outside of this run: it is not in the inventory any more"]

    def test_whatever_has_another_hash_is_named(self) -> None:
        """Each value that the hash is over leads to a sentence."""
        then = plan()
        for list_name, members in (("parts", ("before", "after", "basis")), ("untouched", ("basis",))):
            for number, part in enumerate(then["links"][LINK][list_name]):  # type: ignore[literal-required]
                for path in (path for member in members for path in leaves(part[member], (member,))):
                    now = copy.deepcopy(then)
                    place: Any = now["links"][LINK][list_name][number]  # type: ignore[literal-required]
                    for name in path[:-1]:
                        place = place[name]
                    place[path[-1]] = ["another"]
                    assert planning.link_hash(now["links"][LINK]) != then["links"][LINK]["hash"]
                    assert differences(then, now), path


def leaves(value: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The paths of the values in nested dictionaries."""
    return [leaf for name, member in value.items() for leaf in leaves(member, (*path, name))] if isinstance(value, dict) else [path]


class TestExpected:
    def test_a_hash(self) -> None:
        made = plan()
        for value in (made["hash"], made["hash"].upper(), f" {made['hash']}\n", planning.artifact(made)):
            expected = expected_plan.expected_of(value)
            assert (expected.hash, expected.plan) == (made["hash"], None)
            assert expected_plan.refusal(expected, made) == (None, [])

    def test_data_and_a_file(self, tmp_path: Path) -> None:
        made = plan()
        file = tmp_path / "plan.json"
        file.write_text(planning.as_file(made), encoding="utf-8")
        for value in (made, json.loads(planning.as_file(made)), str(file)):
            assert expected_plan.expected_of(value) == expected_plan.Expected(made["hash"], made)

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("", "expected_plan is empty; give the hash"),
            ("  ", "expected_plan is empty"),
            (None, "expected_plan is empty"),
            ([1], "expected_plan is a list"),
            (True, "expected_plan is true or false"),
            (12, "expected_plan is a number"),
            ("abc123", "expected_plan 'abc123' is neither a hash of 64 hexadecimal digits nor a file that exists"),
            ({}, "expected_plan is not a plan: it has no hash"),
            ({"hash": "abc"}, "expected_plan is not a plan: it has no hash"),
            ({"hash": 64 * "a", "links": {}}, "expected_plan has format None, and this version of the collection reads format 1"),
            ({**plan(), "format": 2}, "expected_plan has format 2"),
            ({"hash": 64 * "a", "format": 1}, "expected_plan is damaged"),
            ({"hash": 64 * "a", "format": 1, "version": "0.1.0", "links": {"x": None}}, "expected_plan is damaged"),
            ({**plan(), "links": {}}, "expected_plan is damaged: its content does not have the hash"),
            ({**plan(), "version": "0.2.0"}, "expected_plan is damaged"),
        ],
    )
    def test_what_is_none(self, value: Any, said: str) -> None:
        with pytest.raises(expected_plan.Unusable) as unusable:
            expected_plan.expected_of(value)
        assert str(unusable.value).startswith(said)
        assert str(unusable.value).endswith(".")

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"{", "cannot be read: it is not JSON in UTF-8"),
            (b"\xff", "cannot be read: it is not JSON in UTF-8"),
            (b"[]", "does not contain a plan"),
        ],
    )
    def test_damaged_files(self, tmp_path: Path, content: bytes, said: str) -> None:
        file = tmp_path / "plan.json"
        file.write_bytes(content)
        with pytest.raises(expected_plan.Unusable, match=said):
            expected_plan.expected_of(str(file))
        with pytest.raises(expected_plan.Unusable, match="cannot be read: Is a directory"):
            expected_plan.expected_of(str(tmp_path))

    def test_any_edited_value_that_decides_is_damage(self) -> None:
        edited = copy.deepcopy(plan())
        edited["links"][LINK]["parts"][0]["after"]["redemption_inbound"] = False
        with pytest.raises(expected_plan.Unusable, match="damaged"):
            expected_plan.expected_of(edited)

    def test_a_refusal_with_the_hash_alone(self) -> None:
        expected, now = expected_plan.Expected(64 * "a"), plan()
        refused, named = expected_plan.refusal(expected, now, ["a", "b", LINK], [LINK])
        assert refused is not None
        for text in (
            64 * "a",
            now["hash"],
            "Only the hash is known",
            "leaves out 2 of 3 links (a, b)",
            now["summary"][0],
            "Nothing was changed",
        ):
            assert text in refused
        assert named == []

    def test_a_refusal_names_many_differences_shortly(self) -> None:
        now = plan(impact=impact(harmed=[{**SORA, "name": f"user{number}", "source_id": str(number)} for number in range(200)]))
        made = plan()
        refused, named = expected_plan.refusal(expected_plan.Expected(made["hash"], made), now)
        assert len(named) == 201
        assert refused is not None
        assert "and 161 more differences" in refused

    def test_a_plan_with_a_link_that_cannot_be_planned_is_never_applied(self) -> None:
        made = plan(FAILED)
        refused, _named = expected_plan.refusal(expected_plan.Expected(made["hash"], made), made)
        assert refused is not None
        assert "link0: Tenant contoso: sign-in failed" in refused

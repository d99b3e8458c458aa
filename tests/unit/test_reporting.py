# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a run from what its tasks have registered: verdicts, parts, users, and that nothing else gets into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import BUILDING
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import planning, report_users, reporting
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.masking import masked
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import LinkHealth, Report, ReportUser, RunPart
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.shapes import shaped
from ansible_collections.entra.cross_tenant_sync.tests.support.shapes import misfits

HOST = "a_to_b"
SECRET = "hush"
SOURCE, TARGET = {"name": "a", "tenant_id": "A1"}, {"name": "b", "tenant_id": "B1"}
CHANGE: Any = {"ticket": None, "window": None}
OK = {"changed": False, "actions": [], "warnings": [], "invocation": {"module_args": {"client_secret": SECRET}}}
ACTION = {"verb": "assign", "object": "user x", "tenant": "A1", "effects": {"emails": True}, "body": SECRET}
DID = {**OK, "changed": True, "actions": [ACTION], "diff": {"before": {"users": []}, "after": {"users": ["x"]}, "before_header": SECRET}}
BROKE = {**OK, "failed": True, "msg": "Tenant A1: refused.", "actions": [ACTION], "changed": True, "error": {"request_id": SECRET}}
VERIFIED = {**OK, "summary": "job healthy; 2 synced users"}
DIFFERS = {
    "tasks": "link_judged",
    "in_sync": False,
    "summary": "differs in sync_scope",
    "differences": [{"module": "sync_job", "actions": []}],
}
SAME = {"tasks": "as_desired", "in_sync": True, "summary": "in sync"}
UNREADABLE = {"tasks": "failed", "msg": "Tenant A1: sign-in failed"}


def look(entry: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """The result of a look at all links."""
    return {**OK, "links": {HOST: entry, "other": SAME}, **members}


def link(state: str = "present", **registered: Any) -> reporting.Link:
    identity = {"source": SOURCE, "target": TARGET, "configuration": "C", "state": state}
    return reporting.link_of(identity, {"tenants": {"a": {"client_secret": SECRET}}, **registered})


def made(links: Mapping[str, reporting.Link], check_mode: bool = False) -> Report:
    return reporting.report(links, "Title", "2026-01-01T00:00:00Z", {"collection": "1"}, CHANGE, check_mode=check_mode)


def built(**registered: Any) -> dict[str, Any]:
    """What sync.yml has registered about a link that differed."""
    steps = {step.registered: OK for step in BUILDING}
    return {"sync_look": look(DIFFERS), "sync_arguments": {**OK, "state": "present"}, **steps, "verify_status": VERIFIED, **registered}


def health(verdict: str, line: str = "line of health") -> dict[str, Any]:
    return {**OK, "links": {HOST: {**shaped(LinkHealth, {}), "verdict": verdict, "line": line}}}


class TestVerdict:
    """The worst of everything that is known, and its line."""

    @pytest.mark.parametrize(
        ("registered", "verdict", "summary"),
        [
            ({}, "unknown", "no task of this run looked at it"),
            # A look alone.
            ({"report_look": look(SAME)}, "in_sync", "in sync"),
            ({"report_look": look(DIFFERS)}, "to_change", "differs in sync_scope"),
            ({"report_look": look(UNREADABLE)}, "unknown", "Tenant A1: sign-in failed"),
            ({"plan_look": look(DIFFERS)}, "to_change", "differs in sync_scope"),
            ({"report_look": look({"tasks": "link", "state": "absent"})}, "unknown", "it was not compared with its desired state"),
            ({"report_look": {**OK, "links": {}}}, "unknown", "no task of this run looked at it"),
            # With its health.
            ({"report_look": look(SAME), "report_health": health("healthy")}, "in_sync", "in sync"),
            ({"report_look": look(SAME), "report_health": health("degraded")}, "degraded", "line of health"),
            ({"report_look": look(DIFFERS), "report_health": health("degraded")}, "degraded", "line of health"),
            ({"report_look": look(SAME), "report_health": health("could_not_look")}, "unknown", "line of health"),
            ({"report_look": look(DIFFERS), "report_health": health("could_not_look")}, "to_change", "differs in sync_scope"),
            ({"health_look": health("healthy")}, "in_sync", "line of health"),
            # A run.
            ({"sync_look": look(SAME)}, "in_sync", "in sync"),
            ({"sync_look": look(UNREADABLE)}, "failed", "Tenant A1: sign-in failed"),
            ({"sync_look": look(DIFFERS)}, "to_change", "differs in sync_scope"),
            (built(), "in_sync", "job healthy; 2 synced users"),
            (built(source_tenant_scope=DID), "changed", "job healthy; 2 synced users"),
            (built(source_tenant_scope=BROKE), "failed", "Tenant A1: refused."),
            (built(source_tenant_scope=DID, verify_status={}), "failed", reporting.NOT_REACHED),
            ({"sync_look": look(SAME), "sync_window": {**OK, "msg": "within the window"}}, "in_sync", "in sync"),
            ({"sync_look": look(DIFFERS), "sync_window": {**OK, "failed": True, "msg": "too late"}}, "failed", "too late"),
            (built(verify_status={**BROKE, "summary": "s"}), "failed", "Tenant A1: refused."),
            (built(source_tenant_scope=DID, preflight_link={**OK, "ready": False, "refusal": "no licence"}), "failed", "no licence"),
            (built(sync_arguments={**OK, "failed": True, "msg": "link_x is missing"}), "failed", "link_x is missing"),
            (built(source_tenant_impact={**OK, "failed": True, "msg": "too many"}), "failed", "too many"),
            (built(source_tenant_scope=DID, report_health=health("degraded")), "degraded", "line of health"),
            # Roles without the playbook.
            ({"target_tenant_policy": DID}, "changed", "1 change"),
            ({"target_tenant_policy": OK}, "in_sync", "nothing to do"),
            ({"verify_status": VERIFIED}, "in_sync", "job healthy; 2 synced users"),
            ({"verify_status": {"skipped": True, "changed": False}}, "unknown", "no task of this run looked at it"),
            ({"sync_look": look({"tasks": "link_compared"}), "verify_link": {**OK, **SAME}}, "in_sync", "in sync"),
            (
                {**built(), "sync_look": look({"tasks": "link_compared"}), "verify_link": {**OK, **DIFFERS}},
                "in_sync",
                "job healthy; 2 synced users",
            ),
            # What only reads does not make a link one that is in sync.
            ({"preflight_link": {**OK, "ready": True, "report": ["0 errors"]}}, "unknown", "0 errors"),
            ({"coverage": {**OK, "summary": "30 users"}}, "unknown", "30 users"),
            ({"preflight_link": {**OK, "ready": True}, "report_look": look(SAME)}, "in_sync", "in sync"),
            ({"sync_look": look(DIFFERS), "preflight_link": {**OK, "ready": True}}, "failed", reporting.NOT_REACHED),
            # A host variable of the same name is no result.
            ({"verify_status": "text", "report_look": 3}, "unknown", "no task of this run looked at it"),
        ],
    )
    def test_of_a_link(self, registered: dict[str, Any], verdict: str, summary: str) -> None:
        found = made({HOST: link(**registered)})["links"][HOST]
        assert (found["verdict"], found["summary"]) == (verdict, summary)

    def test_in_check_mode_nothing_has_changed(self) -> None:
        found = made({HOST: link(**built(source_tenant_scope=DID))}, check_mode=True)
        assert found["links"][HOST]["verdict"] == "to_change"

    def test_what_is_removed(self) -> None:
        arguments = {**OK, "state": "absent"}
        registered: dict[str, Any] = {"sync_look": look({"tasks": "link"}), "sync_arguments": arguments, "source_tenant_configuration": DID}
        left = {**OK, "left": ["2 users are in the target"]}
        found = made({HOST: link(**registered, verify_left=left)})["links"][HOST]
        assert (found["state"], found["verdict"], found["summary"]) == ("absent", "changed", "2 users are in the target")
        assert found["users_note"] == report_users.MUST_NOT_EXIST
        gone = made({HOST: link(**registered, verify_left={**OK, "left": []})})["links"][HOST]
        assert gone["summary"] == "nothing is left of the link"

    def test_of_all_links(self) -> None:
        looks = {"a": SAME, "b": DIFFERS, "c": UNREADABLE, "d": SAME}
        links = {host: link(report_look={**OK, "links": looks}) for host in looks}
        found = made(links)
        assert reporting.verdict_of(found) == "to_change"
        assert reporting.counts_of(found) == {"to_change": 1, "unknown": 1, "in_sync": 2}
        assert reporting.summary_of(found) == [
            "4 links: 1 to_change, 1 unknown, 2 in_sync",
            "b: to_change: differs in sync_scope",
            "c: unknown: Tenant A1: sign-in failed",
        ]
        found = made({HOST: link(report_health=health("degraded", "Degraded. 1 user failed"))})
        assert reporting.summary_of(found) == ["1 link: 1 degraded", f"{HOST}: Degraded. 1 user failed"]
        assert reporting.verdict_of(made({})) == "unknown"
        assert reporting.summary_of(made({})) == ["no links"]

    @pytest.mark.parametrize(("number", "lines", "last"), [(9, 10, "link8"), (10, 10, "and 2 more"), (400, 10, "and 392 more")])
    def test_the_summary_is_short(self, number: int, lines: int, last: str) -> None:
        entry = {**UNREADABLE, "msg": "why\n" * 1000}
        links = {f"link{index}": link(report_look={**OK, "links": {f"link{index}": entry}}) for index in range(number)}
        found = reporting.summary_of(made(links))
        assert len(found) == lines
        assert found[-1].startswith(last)
        assert all(len(line) < 400 and "\n" not in line for line in found)


class TestParts:
    def test_they_are_in_the_order_of_the_run(self) -> None:
        impact = {**OK, "impact": {"summary": "1 user leaves", "users": [SECRET]}, "report": [SECRET]}
        preflight = {**OK, "ready": True, "refusal": None, "report": ["line", "0 errors"], "findings": [SECRET]}
        registered = built(preflight_link=preflight, source_tenant_impact=impact, source_tenant_scope={**DID, "warnings": ["slow"]})
        parts = made({HOST: link(**registered)})["links"][HOST]["run"]
        assert parts
        assert [(part["module"], part["side"], part["msg"]) for part in parts] == [
            ("preflight_info", "source", "0 errors"),
            ("impact_info", "source", "1 user leaves"),
            ("cross_tenant_policy", "target", None),
            ("cross_tenant_capability", "target", None),
            ("cross_tenant_policy", "source", None),
            ("sync_configuration", "source", None),
            ("sync_mapping", "source", None),
            ("sync_scope", "source", None),
            ("sync_job", "source", None),
            ("cross_tenant_capability", "source", None),
            ("link_info", "source", "job healthy; 2 synced users"),
        ]
        assert parts[2]["tenant"] == TARGET
        assert parts[7] == {
            "module": "sync_scope",
            "side": "source",
            "tenant": SOURCE,
            "changed": True,
            "failed": False,
            "msg": None,
            "warnings": ["slow"],
            "actions": [{"verb": "assign", "object": "user x", "effects": {"emails": True}}],
            "before": {"users": []},
            "after": {"users": ["x"]},
        }

    def test_what_was_changed_before_a_failure(self) -> None:
        (part,) = made({HOST: link(source_tenant_scope=BROKE)})["links"][HOST]["run"] or []
        assert (part["changed"], part["failed"], part["msg"]) == (True, True, "Tenant A1: refused.")
        assert [action["object"] for action in part["actions"]] == ["user x"]
        assert part["before"] is part["after"] is None

    def test_nothing_of_a_removal_is_shown_of_a_link_that_is_built(self) -> None:
        assert made({HOST: link(source_tenant_deprovision=DID)})["links"][HOST]["run"] is None


def person(name: str, verdict: str, entra: Any = None, **members: Any) -> dict[str, Any]:
    evidence = {"entra": entra, "exchange": {"recipient": SECRET}}
    return {
        "name": name,
        "verdict": verdict,
        "reason": f"reason of {name}",
        "remedy": None,
        "evidence": evidence,
        "unlisted": False,
        **members,
    }


def book(*people: dict[str, Any], asked: bool = True, **members: Any) -> dict[str, Any]:
    return {**OK, "people": list(people), "exchange": {"asked": asked, "reason": None if asked else "it is not allowed"}, **members}


ACCOUNT = {"deleted": False, "user_principal_name": "x_a#EXT#@b"}


class TestUsers:
    @pytest.mark.parametrize(
        ("verdict", "entra", "state"),
        [
            *(
                (verdict, ACCOUNT, "synced")
                for verdict in ("listed", "hidden_in_exchange", "hidden_by_mapping", "not_indexed", "not_mail_enabled")
            ),
            *((verdict, ACCOUNT, "synced") for verdict in ("address_taken", "has_mailbox", "wrong_address", "not_yet", "unknown")),
            ("invitation_pending", ACCOUNT, "invited"),
            ("orphan", ACCOUNT, "orphan"),
            ("deleted", {"deleted": True}, "deleted"),
            ("deleted", None, "deleted"),
            ("failed", None, "failed"),
            ("skipped", None, "skipped"),
            ("not_yet", None, "coming"),
            ("unknown", None, "unknown"),
            ("address_taken", None, "unknown"),
        ],
    )
    @pytest.mark.parametrize("asked", [True, False])
    def test_the_state_of_a_user(self, verdict: str, entra: Any, state: str, asked: bool) -> None:
        ((user,), note) = self.users(report_address_book=book(person("x@a", verdict, entra), asked=asked))
        assert user["state"] == state
        assert user["address_book"] == (verdict if asked else None)
        assert user["target_name"] == ("x_a#EXT#@b" if entra is ACCOUNT else None)
        # What only Exchange knows is explained once.
        unexplained = not asked and verdict == "unknown" and entra is ACCOUNT
        assert user["reason"] == (None if unexplained else "reason of x@a")
        assert note == (None if asked else f"{report_users.WITHOUT_EXCHANGE}: it is not allowed")

    def test_those_who_are_missing_come_first(self) -> None:
        people = [person("b", "listed", ACCOUNT), person("c", "failed", unlisted=True), person("a", "listed", ACCOUNT)]
        assert [user["name"] for user in self.users(verify_address_book=book(*people))[0]] == ["c", "a", "b"]

    @pytest.mark.parametrize(
        ("registered", "note"),
        [
            ({}, report_users.NOT_READ),
            ({"report_address_book": {**OK, "failed": True, "msg": "Tenant B1: no."}}, "the users could not be read: Tenant B1: no."),
        ],
    )
    def test_why_there_are_none(self, registered: dict[str, Any], note: str) -> None:
        found = made({HOST: link(**registered)})["links"][HOST]
        assert (found["users"], found["users_note"]) == (None, note)

    def test_a_threshold_that_failed_names_only_some(self) -> None:
        users, note = self.users(verify_address_book=book(person("c", "failed", unlisted=True), failed=True, msg="too many"))
        assert [user["name"] for user in users] == ["c"]
        assert note == "only the first users who should be in the address book and are not"

    def test_two_links_of_the_same_tenants(self) -> None:
        """To a configuration, the users of the other look like orphans, or like users whom the service skips."""
        members = book(person("M@a", "listed", ACCOUNT), person("g@a", "orphan", ACCOUNT), person("gone@a", "orphan", ACCOUNT))
        guests = book(person("m@a", "orphan", ACCOUNT), person("g@a", "listed", ACCOUNT), person("new@a", "failed"))
        links = {"members": link(report_address_book=members), "guests": link(report_address_book=guests)}
        elsewhere = {"source": SOURCE, "target": {"name": "c", "tenant_id": "C1"}, "configuration": "C", "state": "present"}
        links["elsewhere"] = reporting.link_of(elsewhere, {"report_address_book": book(person("m@a", "orphan", ACCOUNT))})
        found = {host: {user["name"] for user in entry["users"] or ()} for host, entry in made(links)["links"].items()}
        assert found == {"members": {"M@a", "gone@a"}, "guests": {"g@a", "new@a"}, "elsewhere": {"m@a"}}

    def test_display_names_in_reasons_are_masked(self) -> None:
        """Those of users and of other recipients with their addresses, not those of groups."""
        rivals = [
            {"guid": "g1", "type": "MailContact", "display_name": "Song Mirae"},
            {"guid": "g2", "type": "GroupMailbox", "display_name": "Sales"},
        ]
        evidence = {"entra": {**ACCOUNT, "display_name": "Mirae S. (A)"}, "exchange": {"recipient": None, "rivals": rivals}}
        reason = "Mirae S. (A): address of MailContact Song Mirae and GroupMailbox Sales"
        taken = {**person("mirae@a", "address_taken"), "evidence": evidence, "reason": reason}
        links = {HOST: link(report_address_book=book(taken)), "other": link(report_address_book={"failed": True, "msg": "no"})}
        found = masked(made(links), reporting.names_of(links.values()))
        text = json.dumps(found)
        assert "Mirae" not in text
        assert "Sales" in text
        ((user,), _note) = (found["links"][HOST]["users"] or [], None)
        assert user["reason"]
        assert user["reason"].startswith(f"{user['name'].partition('@')[0]}: address of MailContact user-")

    @staticmethod
    def users(**registered: Any) -> tuple[list[ReportUser], str | None]:
        found = made({HOST: link(**registered)})["links"][HOST]
        assert found["users"] is not None
        return found["users"], found["users_note"]


class TestWhole:
    def test_its_form_and_that_no_secret_is_in_it(self) -> None:
        everything = built(
            source_tenant_scope=BROKE,
            preflight_link={**OK, "ready": True, "report": ["line"], "findings": [SECRET]},
            report_health=health("degraded"),
            report_address_book=book(person("x@a", "listed", ACCOUNT)),
        )
        found = made({HOST: link(**everything), "other": link()})
        assert list(misfits(Report, found)) == []
        text = json.dumps(found)
        assert SECRET not in text
        assert "invocation" not in text

    def test_strangers_are_named_once(self) -> None:
        seen = look(SAME, strangers=["a stranger"], strangers_unknown=["Tenant B1: no"])
        links = {HOST: link(report_look=seen), "other": link(report_look=seen)}
        found = made(links)
        assert found["strangers"] == ["a stranger", "strangers unknown: Tenant B1: no"]
        assert reporting.summary_of(found)[-1] == "strangers: 2, see the report"

    def test_the_plan_and_the_approved_hash(self) -> None:
        """A plan that was refused was not applied, so its hash is only in the message."""
        plan = planning.plan_of(
            {HOST: planning.found_of({**DIFFERS, "source": SOURCE, "target": TARGET, "differences": []}, {})}, "1", CHANGE
        )
        approved = {**OK, "plan": plan, "hash": plan["hash"], "links": {}}
        found = made({HOST: link(**built(sync_approval=approved)), "new": link()})
        assert found["hashes"] == {"plan": plan["hash"], "expected": plan["hash"]}
        assert found["links"][HOST]["plan"] == plan["links"][HOST]
        assert found["links"]["new"]["plan"] is None
        assert (found["links"][HOST]["run"] or [])[0]["msg"] == f"the plan is the one that was approved: {plan['hash']}"
        assert made({HOST: link(plan_found=approved, plan_look=look(DIFFERS))})["hashes"] == {"plan": plan["hash"]}
        refused = {**OK, "failed": True, "msg": "The plan is not the one that was approved.", "hash": "abc", "differences": ["one"]}
        found = made({HOST: link(sync_look=look({"tasks": "planned"}), plan_look=look(SAME), sync_approval=refused)})
        assert (found["hashes"], found["links"][HOST]["verdict"], found["links"][HOST]["summary"]) == ({}, "failed", refused["msg"])
        assert list(misfits(Report, found)) == []

    def test_what_a_look_found_to_change(self) -> None:
        """As a plan without impact and hash, which nobody can approve."""
        differs = {**DIFFERS, "source": SOURCE, "target": TARGET, "configuration": "C", "state": "present"}
        differs["differences"] = [
            {"module": "sync_scope", "tenant": "A1", "actions": [ACTION], "before": {"users": []}, "after": {"users": ["x"]}}
        ]
        found = made({HOST: link(report_look=look(differs))})
        plan = found["links"][HOST]["plan"]
        assert plan
        assert (plan["status"], plan["hash"], plan["impact_unknown"]) == ("to_change", "", planning.NOT_ASKED)
        assert [(part["module"], part["after"], part["actions"][0]["verb"]) for part in plan["parts"]] == [
            ("sync_scope", {"users": ["x"]}, "assign")
        ]
        assert list(misfits(Report, found)) == []
        assert SECRET not in json.dumps(found)
        assert made({HOST: link(report_look=look(SAME))})["links"][HOST]["plan"] is None


class TestShapes:
    @pytest.mark.parametrize(
        "value", [None, 3, [], {"more": 1}, {"actions": None, "tenant": "x", "before": {"a": 1}, "warnings": "no list"}]
    )
    def test_anything_becomes_the_shape(self, value: Any) -> None:
        found = shaped(RunPart, value)
        assert list(misfits(RunPart, found)) == []
        assert "more" not in found

    @pytest.mark.parametrize(
        ("value", "number"),
        [({**shaped(RunPart, {}), "msg": 3}, 1), ({}, 1), ({**shaped(RunPart, {}), "actions": [1, 2]}, 2), (shaped(RunPart, {}), 0)],
    )
    def test_the_check_of_the_form_finds_misfits(self, value: Any, number: int) -> None:
        assert len(list(misfits(RunPart, value))) == number

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which conditions a look shows, and which it cannot know."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.log_streams import Unread
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import Seen, Strangers, Verdict, key_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.health import STALE_FACTOR
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.log_stream import Page, Stream, stream
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.strangers import Stranger
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import links_health_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.events import Conditions, blind, conditions
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import FAILED, GO_ON, Looked

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
A, B = "aaaaaaaa-0000-4000-8000-00000000000a", "bbbbbbbb-0000-4000-8000-00000000000b"
ABOUT = {"source": {"name": "a", "tenant_id": A}, "target": {"name": "b", "tenant_id": B.upper()}, "configuration": "B", "state": "present"}
LINK = Looked(params={"tenant_id": A, "client_id": "c"}, link=ABOUT)
ALL = [[kind, "a_to_b"] for kind in ("quarantined", "disabled_soon", "deletions_held", "user_failed")]
OF_LOG = ALL[2:]
OF_TENANTS = [[kind, tenant] for tenant in (A, B) for kind in ("stranger_partner", "stranger_configuration")]


def stamp(**ago: float) -> str:
    return (NOW - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def logged(user: str, status: str = "failure", code: str | None = "Forbidden", action: str = "create", **ago: float) -> dict[str, Any]:
    return {
        "id": f"{user}-{status}-{ago}",
        "activityDateTime": stamp(**ago or {"hours": 1}),
        "provisioningAction": action,
        "provisioningStatusInfo": {"status": status, "errorInformation": {"errorCode": code, "reason": "no"} if code else None},
        "servicePrincipal": {"id": "sp"},
        "sourceIdentity": {"id": user, "displayName": user, "identityType": "User", "details": {"userPrincipalName": f"{user}@a.kr"}},
        "targetIdentity": {},
    }


def log(*entries: dict[str, Any], complete: bool = True) -> Stream:
    return stream(NOW, Page(entries, complete), None if complete else Page())


def facts(reason: str | None = None, left: int | None = None) -> dict[str, Any]:
    why = {"reason": reason, "since": stamp(days=3)} if reason else None
    shown = {"state": "started", "interval": "PT40M", "last_cycle": None, "quarantine": why, "service_principal_id": "sp"}
    verdict = {"verdict": "quarantined" if reason else "healthy", "next_action": "nothing", "days_until_disabled": left}
    return {"job": shown, "job_verdict": verdict, "problems": [], "summary": "job", "synced_users": 3}


def judged(
    verdict: Verdict | None,
    read: Stream | Unread | None = None,
    looked: Looked = LINK,
    strangers: tuple[Strangers, ...] = (),
    disabled_within: int = 7,
) -> Conditions:
    links = {"a_to_b": looked}
    seen = Seen({"a_to_b": verdict} if verdict else {}, strangers)
    logs = {key_of(LINK.params): read if read is not None else log()}
    healths = links_health_info.judged(links, seen.verdicts, logs, STALE_FACTOR)
    return conditions(links, seen, logs, healths, disabled_within)


def keys(found: Conditions) -> list[list[str]]:
    return [condition["key"] for condition in found["found"]]


TOO_MANY = "TooManyDeletes"
STAGED = logged("kim", "success", None, "stagedDelete")
CASES: list[tuple[str, Conditions, list[list[str]]]] = [
    ("all is well", judged(Verdict(facts())), []),
    ("a quarantine", judged(Verdict(facts("Encountered", 20))), [["quarantined", "a_to_b", "Encountered"]]),
    ("that ends the job in a week", judged(Verdict(facts("E", 7))), [["quarantined", "a_to_b", "E"], ["disabled_soon", "a_to_b"]]),
    ("or in three days, if asked so", judged(Verdict(facts("E", 4)), disabled_within=3), [["quarantined", "a_to_b", "E"]]),
    ("of which the days are not known", judged(Verdict(facts("E", None))), [["quarantined", "a_to_b", "E"]]),
    (
        "deletions that are held",
        judged(Verdict(facts(TOO_MANY, 20)), log(STAGED)),
        [["quarantined", "a_to_b", TOO_MANY], ["deletions_held", "a_to_b"]],
    ),
    ("deletions that were held once", judged(Verdict(facts()), log(STAGED)), []),
    (
        "every user who failed, also the sixth",
        judged(Verdict(facts()), log(*(logged(f"u{number}") for number in range(6)))),
        [["user_failed", "a_to_b", f"u{number}", "Forbidden"] for number in range(6)],
    ),
    ("a user who has recovered", judged(Verdict(facts()), log(logged("u", "success", None), logged("u", hours=2))), []),
    ("a link that must not exist", judged(None, looked=Looked(GO_ON, link=ABOUT)), []),
    ("a link with a wrong variable", judged(None, looked=Looked(FAILED, msg="wrong.", link=ABOUT)), [["could_not_look", "a_to_b"]]),
    ("a source that cannot be read", judged(Verdict(failure="no.")), [["could_not_look", "a_to_b"]]),
    (
        "a target that cannot be read",
        judged(Verdict(facts("E", 20), "no.")),
        [["could_not_look", "a_to_b"], ["quarantined", "a_to_b", "E"]],
    ),
    ("a log that cannot be read", judged(Verdict(facts()), Unread("no.")), [["could_not_look", "a_to_b"]]),
    (
        "strangers",
        judged(
            Verdict(facts()),
            strangers=(Strangers(A.upper(), (Stranger("partner", "P", "p", "P."), Stranger("configuration", "c", "n", "C."))),),
        ),
        [["stranger_partner", A, "p"], ["stranger_configuration", A, "c"]],
    ),
    (
        "strangers that are not known",
        judged(Verdict(facts()), strangers=(Strangers(B, unknown="no."),)),
        [["could_not_look", "strangers", B]],
    ),
    (
        "and neither is the link",
        judged(Verdict(facts(), "no."), strangers=(Strangers(B, unknown="no."),)),
        [["could_not_look", "a_to_b"]],
    ),
]


@pytest.mark.parametrize(("found", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_found(found: Conditions, expected: list[list[str]]) -> None:
    assert keys(found) == expected
    assert all(condition["event"]["kind"] == condition["key"][0] and condition["event"]["text"] for condition in found["found"])


UNKNOWN: list[tuple[str, Conditions, list[list[str]]]] = [
    ("all is well", judged(Verdict(facts())), []),
    ("a link that must not exist", judged(None, looked=Looked(GO_ON, link=ABOUT)), []),
    ("a link with a wrong variable", judged(None, looked=Looked(FAILED, msg="wrong.", link=ABOUT)), [*ALL, *OF_TENANTS]),
    ("a source that cannot be read", judged(Verdict(failure="no.")), [*ALL, *OF_TENANTS]),
    ("a target that cannot be read", judged(Verdict(facts(), "no.")), OF_TENANTS),
    ("a log that cannot be read", judged(Verdict(facts()), Unread("no.")), OF_LOG),
    ("without a job, no log is needed", judged(Verdict({**facts(), "job": None}), Unread("no.")), []),
    ("strangers that are not known", judged(Verdict(facts()), strangers=(Strangers(B, unknown="no."),)), OF_TENANTS[2:]),
    ("a log with more than was read", judged(Verdict(facts()), log(logged("u"), complete=False)), [["user_failed", "a_to_b"]]),
    ("a poll that has failed", blind("x"), [[]]),
]


@pytest.mark.parametrize(("found", "expected"), [case[1:] for case in UNKNOWN], ids=[case[0] for case in UNKNOWN])
def test_what_is_not_known(found: Conditions, expected: list[list[str]]) -> None:
    assert found["unknown"] == expected
    assert found["ended"] == []


def test_in_a_log_with_more_than_was_read_who_has_recovered_is_known() -> None:
    found = judged(Verdict(facts()), log(logged("U", "success", None), logged("V"), complete=False))
    assert found["ended"] == [["user_failed", "a_to_b", "u"]]
    assert keys(found) == [["user_failed", "a_to_b", "v", "Forbidden"]]


def test_an_event_says_which_link_and_what_to_do() -> None:
    (failed,) = judged(Verdict(facts()), log(logged("kim", code="AzureActiveDirectoryForbidden")))["found"]
    event = failed["event"]
    assert (event["kind"], event["link"], event["user"]) == ("user_failed", "a_to_b", "kim@a.kr")
    assert event["source"]["tenant_id"] == A
    assert event["text"].startswith("a_to_b: user kim@a.kr failed with AzureActiveDirectoryForbidden (the target's external collaboration")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario aftermath: one person at least for every answer to "is this person in the address book?" (F155)."""

from __future__ import annotations

from typing import Any

import pytest
from exchange_api import CONTOSO, Exchange

from entra_emulator.settings import FLIPPED

VERDICTS = {
    "listed": {"minsu.kim", "hyejin.lee"},
    "hidden_in_exchange": {"junho.choi", "sora.jung"},
    "hidden_by_mapping": {"yuna.han"},
    "not_indexed": {"taeho.oh"},
    "not_mail_enabled": {"jisoo.kwon"},
    "address_taken": {"mirae.song"},
    "has_mailbox": {"woojin.moon"},
    "wrong_address": {"seungmin.bae"},
    "not_yet": {"dahye.yoon"},
    "invitation_pending": {"nari.im"},
    "skipped": {"minho.seo"},
    "failed": {"eunji.ryu"},
    "deleted": {"hyunwoo.nam"},
    "orphan": {"kyungsoo.do", "jiwon.ahn"},
}
MEMBERS = {"minsu.kim", "sora.jung"}


def verdict(exchange: Exchange, alias: str) -> str:
    """The verdict that the rules of F155 give, from what Graph and Exchange hold."""
    source = exchange.service.world.tenants[CONTOSO]
    name = f"{alias}_contoso.kr#EXT#@fabrikam.onmicrosoft.com"
    target = next((user for user in exchange.target.users.values() if user["userPrincipalName"] == name), None)
    home = next((user for user in source.users.values() if user["userPrincipalName"] == f"{alias}@contoso.kr"), None)
    job = next(job for synchronization in source.synchronizations.values() for job in synchronization.jobs.values())
    if target is None:
        return _without_target(exchange, alias, name)
    if home is None or home["id"] not in job.links:
        return "orphan"
    if target["externalUserState"] == "PendingAcceptance":
        return "invitation_pending"
    standing = exchange.standings()[alias]
    record = exchange.target.exchange.recipients.get(target["id"])
    if record is not None and record["RecipientTypeDetails"] == "UserMailbox":
        return "has_mailbox"
    return "wrong_address" if standing == "listed" and record["PrimarySmtpAddress"] != home["mail"] else standing


def _without_target(exchange: Exchange, alias: str, name: str) -> str:
    if any(item["userPrincipalName"] == name for item in exchange.target.deleted_items.values()):
        return "deleted"
    log = exchange.service.world.tenants[CONTOSO].provisioning_log
    entries = [entry for entry in log if entry["sourceIdentity"]["details"]["UserPrincipalName"] == f"{alias}@contoso.kr"]
    return {"failure": "failed", "skipped": "skipped"}[entries[-1]["provisioningStatusInfo"]["status"]]


@pytest.mark.fact("F155", "The scenario aftermath has a user for every verdict, whatever the switches")
@pytest.mark.parametrize(
    "settings",
    [{}, {name: value for name, value in FLIPPED.items() if name.startswith("exchange_")}, {"exchange_members": "not_mail_enabled"}],
    ids=["likely", "flipped", "members are no recipients"],
)
def test_a_user_for_every_verdict(settings: dict[str, Any]) -> None:
    """F155: each verdict has its person; members without mail are the reported case of F156."""
    exchange = Exchange(**settings)
    found = {alias: verdict(exchange, alias) for people in VERDICTS.values() for alias in people}
    expected = {alias: name for name, people in VERDICTS.items() for alias in people}
    if settings.get("exchange_members") == "not_mail_enabled":
        expected |= dict.fromkeys(MEMBERS, "not_mail_enabled")
    assert found == expected


def test_the_logs_exist() -> None:
    """It came about by cycles: Graph reports for each person what happened."""
    exchange = Exchange()
    found = exchange.get("/auditLogs/provisioning?$filter=provisioningAction eq 'create'&$top=200")["value"]
    statuses = {entry["provisioningStatusInfo"]["status"] for entry in found}
    assert statuses == {"success", "failure"} and exchange.get("/auditLogs/directoryAudits", "fabrikam-admin")["value"]
    (job,) = exchange.get(f"{jobs(exchange)}")["value"]
    assert job["schedule"]["state"] == "Active" and job["status"]["code"] == "Active"


def jobs(exchange: Exchange) -> str:
    (principal,) = exchange.get("/servicePrincipals?$filter=displayName eq 'Fabrikam'")["value"]
    return f"/servicePrincipals/{principal['id']}/synchronization/jobs"


def test_the_late_one_arrives() -> None:
    """F154: dahye.yoon is in Exchange fifty minutes after the scenario begins."""
    exchange = Exchange()
    assert exchange.standings()["dahye.yoon"] == "not_yet"
    exchange.advance("PT50M")
    assert exchange.standings()["dahye.yoon"] == "listed"


def test_the_page_says_who_is_listed_and_why_not() -> None:
    """F155: in the address book of the target."""
    page = Exchange().http.get("/").text
    for told in (
        "listed",
        "hidden in Exchange",
        "hidden by the mapping",
        "in no address list",
        "not mail-enabled",
        "another recipient has the address",
        "not yet in Exchange",
    ):
        assert f">{told}</span>" in page

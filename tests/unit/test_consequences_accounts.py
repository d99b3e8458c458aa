# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of accounts whose users are not in scope (facts F81, F94, F105, F113, F116, F118)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.accounts import (
    FATES,
    Account,
    Situation,
    account,
    judge,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import SourceUser, Standing
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.protected import does_harm
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.provisioning_log import LogEntry, entry

RAW = {
    "id": "5d6e7f80-91a2-43b4-85c6-d7e8f9a0b1c2",
    "userPrincipalName": "minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com",
    "displayName": "Minsu Kim",
    "mail": "minsu.kim@contoso.kr",
    "userType": "Guest",
    "accountEnabled": True,
    "externalUserState": "Accepted",
}
MINSU = SourceUser("c1", "minsu.kim@contoso.kr", {})
DISABLED = replace(MINSU, enabled=False)
LEFT, UNSURE = Standing(False, "not assigned"), Standing(None, "filter Staff: jobTitle cannot be read")


def made(**members: Any) -> Account:
    """An account from Graph's JSON."""
    found = account({**RAW, **members})
    assert found is not None
    return found


def logged(action: str, status: str = "success", code: str | None = None) -> LogEntry:
    """An entry of the log."""
    return entry(
        {
            "activityDateTime": "2026-05-15T02:00:00Z",
            "provisioningAction": action,
            "provisioningStatusInfo": {"status": status, "errorInformation": {"errorCode": code} if code else None},
            "sourceIdentity": {"id": MINSU.id},
            "targetIdentity": {"id": RAW["id"]},
        }
    )


def known(log: LogEntry | None = None, **members: Any) -> Situation:
    """What holds, with the log about the account."""
    return Situation(entries={str(RAW["id"]): log} if log else {}, **members)


GUEST, MEMBER = made(), made(userType="Member")
PENDING = made(externalUserState="PendingAcceptance")
OFF = made(accountEnabled=False, userType="Member")
CREATED = logged("create")

TABLE = {
    "created by this link": (GUEST, MINSU, LEFT, known(CREATED), "removed", True),
    "adopted by this link": (GUEST, MINSU, LEFT, known(logged("update")), "removed", True),
    "skipped by this link": (GUEST, MINSU, LEFT, known(logged("other", "skipped")), "removed", True),
    "deleted in the source": (GUEST, None, LEFT, known(CREATED), "removed", True),
    "deleted in the source, and IsSoftDeleted not mapped": (GUEST, None, LEFT, known(CREATED, keeps_deleted=True), "kept", True),
    "held back": (MEMBER, MINSU, LEFT, known(logged("stagedDelete"), held_since="2026-05-15T02:00:00Z"), "held", True),
    "held back before, and approved": (MEMBER, MINSU, LEFT, known(logged("stagedDelete")), "removed", True),
    "refused": (MEMBER, MINSU, LEFT, known(logged("delete", "failure", "AzureActiveDirectoryInsufficientRights")), "refused", True),
    "deleted and restored by hand": (MEMBER, MINSU, LEFT, known(logged("delete")), "kept", False),
    "the job deletes nobody": (MEMBER, MINSU, LEFT, known(CREATED, keeps="the target actions do not include delete"), "kept", True),
    "the job deletes nobody, and no log": (MEMBER, MINSU, LEFT, known(keeps="the target actions do not include delete"), "kept", False),
    "disabled first": (OFF, DISABLED, LEFT, known(CREATED), "kept", True),
    "disabled in the source only": (MEMBER, DISABLED, LEFT, known(CREATED), "removed", True),
    "recorded as a bystander": (MEMBER, MINSU, LEFT, known(CREATED, bystanders=frozenset({"5d6e7f80"})), "kept", False),
    "recorded others": (MEMBER, MINSU, LEFT, known(CREATED, bystanders=frozenset({"00000000"})), "removed", True),
    "a member": (MEMBER, MINSU, LEFT, known(), "may_be_removed", True),
    "shown in the address list": (made(showInAddressList=True), MINSU, LEFT, known(), "may_be_removed", True),
    "a job title": (made(jobTitle="Engineer"), MINSU, LEFT, known(), "may_be_removed", True),
    "a telephone number": (made(businessPhones=["+82 2 555 0001"]), None, LEFT, known(), "may_be_removed", True),
    "of which little is shown": (made(userType=None, accountEnabled=None), MINSU, LEFT, known(), "may_be_removed", True),
    "invited": (GUEST, MINSU, LEFT, known(), "outside", None),
    "invited and licensed": (made(usageLocation="KR"), MINSU, LEFT, known(), "outside", None),
    "invited, no log": (GUEST, MINSU, LEFT, known(log_unread="the log cannot be read"), "outside", None),
    "pending": (PENDING, MINSU, LEFT, known(), "kept", False),
    "cannot be computed": (MEMBER, MINSU, UNSURE, known(CREATED), "may_be_removed", True),
}
"""The account, the user in the source, whether they are in scope, what is known; what becomes of it, and whether that alarms."""


@pytest.mark.parametrize("name", TABLE)
def test_what_becomes_of_an_account(name: str) -> None:
    given, source, standing, situation, fate, harm = TABLE[name]
    found, consequence = judge(given, source, standing, situation)
    assert found == fate
    assert consequence.reason.startswith(standing.reason)
    assert len(consequence.reason) > len(standing.reason) + 10
    if harm is not None:
        assert does_harm(consequence) is harm
    assert consequence.after == standing


def test_every_fate_is_in_the_table() -> None:
    assert {row[4] for row in TABLE.values()} == set(FATES)


def test_users_of_the_target_itself_are_no_accounts() -> None:
    assert account({**RAW, "userPrincipalName": "inhye.gu@fabrikam.kr"}) is None

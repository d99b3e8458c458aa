# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page at ``/`` says of failures and groups, without a browser."""

from __future__ import annotations

import re
from html import unescape

from api import CONTOSO, FABRIKAM, Api

ADMIN = "fabrikam-admin"


def rows(api: Api, tenant: str, table: str) -> list[str]:
    """The rows of a table, without markup."""
    page = api.http.get("/").text
    section = page.partition(f'data-tenant="{tenant}"')[2].partition("</section>")[0]
    found = re.search(rf'data-table="{table}".*?<tbody>(.*?)</tbody>', section, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>+", " ", row)) for row in found[1].split("</tr>") if row] if found else []


def test_a_failure_is_shown_until_it_is_mended(api: Api) -> None:
    """Who, what was tried and why; of each user only the last entry of the log counts."""
    api.link_policies()
    sp_id, job, role = api.job()
    minsu = api.user_id("minsu.kim@contoso.kr")
    api.assign(sp_id, role, minsu)
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    assert rows(api, CONTOSO, "failed") == []
    entry = next(one for one in api.get("/auditLogs/provisioning")["value"] if one["sourceIdentity"]["id"] == minsu)
    there = entry["targetIdentity"]["id"]
    api.ok("DELETE", f"/users/{there}", account=ADMIN)
    api.ok("DELETE", f"/directory/deletedItems/{there}", account=ADMIN)
    api.ok("PATCH", f"/users/{minsu}", {"department": "Legal"}, "contoso-admin")
    api.advance("PT1H")
    (failed,) = rows(api, CONTOSO, "failed")
    assert "Fabrikam" in failed and "minsu.kim@contoso.kr" in failed and "InvalidAnchor" in failed
    api.ok("POST", f"{job}/restart", {"criteria": {"resetScope": "Full"}})
    api.advance("PT2H")
    assert rows(api, CONTOSO, "failed") == []


def test_groups_are_shown_with_their_kinds(api: Api) -> None:
    """All of a tenant's groups; a name is only a name."""
    odd = {"displayName": "<b>&amp;</b>", "mailEnabled": False, "mailNickname": "odd", "securityEnabled": True, "isAssignableToRole": True}
    api.ok("POST", "/groups", odd, "contoso-admin")
    shown = rows(api, CONTOSO, "groups")
    assert len(shown) == len(api.service.world.tenants[CONTOSO].groups)
    assert [row for row in shown if "role-assignable" in row and "security" in row]
    assert [row for row in shown if "Microsoft 365" in row]
    assert "<b>&amp;</b>" not in api.http.get("/").text
    assert len(rows(api, FABRIKAM, "groups")) == len(api.service.world.tenants[FABRIKAM].groups)

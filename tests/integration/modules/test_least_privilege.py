# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link's whole life with exactly the permissions that the guide names; without any of them, the preflight and the job both name it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.tests.integration.modules.test_job import meanwhile
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import (
    REQUIRED,
    connection,
    grant,
    preflight,
    registration,
    take_away,
    task,
)

State = dict[str, Any]
GUIDE = REPOSITORY / "docs" / "guide_permissions.md"
COMMON = {"configuration": "Fabrikam", "visibility_timeout": 2}
EACH = [(tenant, permission) for tenant, names in REQUIRED.items() for permission in names]


class Link:
    """The tasks of sync.yml, in its order."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.changed: list[str] = []

    def do(self, module: str, tenant: str, **options: Any) -> dict[str, Any]:
        answer = task(self.emulator, module, tenant, **options)
        if answer["changed"]:
            self.changed.append(module)
        return answer

    def build(self, suffix: str = " (Contoso)") -> list[str]:
        self.changed = []
        self.do("cross_tenant_policy", FABRIKAM, partner_tenant_id=CONTOSO, user_sync_inbound=True, redemption_inbound=True)
        self.do("cross_tenant_policy", CONTOSO, partner_tenant_id=FABRIKAM, redemption_outbound=True)
        self.do("sync_configuration", CONTOSO, name="Fabrikam", target_tenant_id=FABRIKAM, visibility_timeout=2)
        self.do("sync_mapping", CONTOSO, **COMMON, display_name_suffix=suffix, restart_job=False)
        self.do("sync_scope", CONTOSO, **COMMON, mode="assigned", users=["minsu.kim@contoso.kr"], groups=["Sales Seoul"], restart_job=False)
        self.do("sync_job", CONTOSO, **COMMON, state="started")
        return self.changed

    def verify(self) -> list[str]:
        assert task(self.emulator, "sync_job_info", CONTOSO, configuration="Fabrikam")["job"]["quarantine"] is None
        users = task(self.emulator, "synced_user_info", FABRIKAM, source_tenant_id=CONTOSO)["synced_users"]
        return sorted(user["display_name"] for user in users if "(Contoso" in user["display_name"])

    def everything(self) -> None:
        self.build()
        self.verify()

    def take_down(self) -> None:
        self.do("sync_configuration", CONTOSO, name="Fabrikam", target_tenant_id=FABRIKAM, state="absent", visibility_timeout=2)
        self.do("cross_tenant_policy", CONTOSO, partner_tenant_id=FABRIKAM, inherit=["redemption_outbound"], state="absent")
        inherit = ["user_sync_inbound", "redemption_inbound"]
        self.do("cross_tenant_policy", FABRIKAM, partner_tenant_id=CONTOSO, inherit=inherit, state="absent")


SHARING = "Policy.ReadWrite.CrossTenantCapability"


@pytest.fixture
def least(state: State, emulator: Emulator) -> State:
    """Two empty tenants, and only the permissions that the guide lists as required. The state is in the emulator."""
    grant(state, REQUIRED)
    emulator.control("PUT", "state", state)
    return state


def test_the_whole_life_of_a_link(least: State, emulator: Emulator) -> None:
    link = Link(emulator)
    assert [finding for finding in preflight(emulator) if finding["severity"] == "error"] == []
    assert link.build() == [
        "cross_tenant_policy",
        "cross_tenant_policy",
        "sync_configuration",
        "sync_mapping",
        "sync_scope",
        "sync_job",
    ]
    emulator.advance("PT40M")
    assert len(link.verify()) == 2
    assert link.build() == []
    assert link.build(" (Contoso Group)") == ["sync_mapping", "sync_job"]
    emulator.advance("PT40M")
    assert all(name.endswith("(Contoso Group)") for name in link.verify())
    with meanwhile(emulator, lambda: emulator.advance("PT20M"), "/restart"):
        link.do("sync_deprovision", CONTOSO, **COMMON, target=connection(emulator, FABRIKAM), wait_timeout=60)
    assert link.verify() == []
    link.take_down()
    for tenant in (CONTOSO, FABRIKAM):
        assert emulator.tenant(tenant)["access_policy"]["partners"] == {}


@pytest.mark.parametrize(("tenant", "permission"), EACH)
def test_without_any_of_them(tenant: str, permission: str, least: State, emulator: Emulator) -> None:
    take_away(least, tenant, permission)
    emulator.control("PUT", "state", least)
    before = emulator.state()["tenants"]
    (error,) = [finding for finding in preflight(emulator) if finding["severity"] == "error"]
    assert error["tenant"] == tenant
    assert permission in error["cause"]
    assert permission in error["remedy"]
    assert emulator.state()["tenants"] == before

    link = Link(emulator)
    with pytest.raises(RunFailure) as caught:
        link.everything()
    assert caught.value.msg.startswith(f"Tenant {tenant}: ")
    assert permission in caught.value.msg


def test_the_guide_names_the_same_permissions(state: State) -> None:
    """The tables of the guide, the scenario's applications and what these tests grant are the same. Those applications also share."""
    sections = dict(re.findall(r"^### (Source|Target) tenant\n(.*?)(?=^##)", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
    for tenant, section in ((CONTOSO, sections["Source"]), (FABRIKAM, sections["Target"])):
        rows = re.findall(r"^\| `([\w.]+)` \| (required|optional)", section, re.MULTILINE)
        assert [name for name, need in rows if need == "required"] == list(REQUIRED[tenant])
        assert sorted([SHARING, *(name for name, _need in rows)]) == sorted(registration(state, tenant)["roles"])
    assert f"| `{SHARING}` | required" in GUIDE.read_text(encoding="utf-8")

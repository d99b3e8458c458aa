# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a link in real playbook runs, with the conditions that every step must meet under every behaviour of the service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, Playbooks, Run, inventory

SUFFIX = " (Contoso)"
MINSU = "minsu.kim@contoso.kr"
BORA = "bora.cho@contoso.kr"
CHANGED = {"link_scope_users": [BORA], "link_scope_exact": True, "link_user_type": "guest"}
"""The change of the walkthrough: Cho Bora instead of Kim Minsu, and guests instead of members from now on."""


def arrived(fabrikam: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The synced users from Contoso, by their user principal name in Contoso."""
    ending = f"_contoso.kr#EXT#@{fabrikam['initial_domain']}"
    users = [user for user in fabrikam["users"].values() if user["userPrincipalName"].endswith(ending)]
    return {
        user["userPrincipalName"].removesuffix(ending) + "@contoso.kr": user for user in users if str(user["displayName"]).endswith(SUFFIX)
    }


def leftovers(emulator: Emulator) -> list[str]:
    """The remains of a removed link in both tenants, without users."""
    found = []
    for tenant_id in (CONTOSO, FABRIKAM):
        tenant = emulator.tenant(tenant_id)
        found += [f"partner {partner}" for partner in tenant["access_policy"]["partners"]]
        found += [f"identitySynchronization {partner}" for partner in tenant["access_policy"]["identity_synchronizations"]]
        found += [f"application {application['displayName']}" for application in tenant["applications"].values()]
        found += [f"job {job}" for synchronization in tenant["synchronizations"].values() for job in synchronization["jobs"]]
    return found


@dataclass
class Walkthrough:
    """The steps. Each fails with the playbook's own output."""

    playbooks: Playbooks
    runs: list[Run] = field(default_factory=list)

    @property
    def emulator(self) -> Emulator:
        return self.playbooks.emulator

    def sync(self, *arguments: str, **link: Any) -> Run:
        """A run of sync.yml that must succeed."""
        run = self.playbooks.sync(*arguments, **link)
        self.runs.append(run)
        assert run.code == 0, run.output
        return run

    def tasks(self, tasks: list[tuple[str, str, dict[str, Any]]]) -> Run:
        """A play with these tasks: module, tenant, options."""
        hosts = inventory(self.emulator)
        tenants = hosts["all"]["vars"]["tenants"]
        play = {"name": "Run modules", "hosts": "links", "connection": "local", "gather_facts": False}
        listed = [{"name": f"Run {module}", PREFIX + module: {**tenants[tenant], **options}} for module, tenant, options in tasks]
        self.playbooks.folder.mkdir(parents=True, exist_ok=True)
        path = self.playbooks.folder / "tasks.yml"
        path.write_text(yaml.safe_dump([{**play, "tasks": listed}], sort_keys=False, allow_unicode=True))
        run = self.playbooks.play(path, hosts)
        assert run.code == 0, run.output
        return run

    def settled(self, **link: Any) -> None:
        """Nothing is left to do."""
        for compare in (True, False):
            again = self.sync(link_compare=compare, **link)
            assert again.changed() == [], again.output
            assert again.actions() == []

    def build(self) -> None:
        """The plan changes nothing and names what the run then does; a second run has nothing to do."""
        before = self.emulator.state()["tenants"]
        plan = self.sync("--check", "--diff")
        assert self.emulator.state()["tenants"] == before
        run = self.sync("--diff")
        assert run.actions() == plan.actions() != []
        assert run.diffs() == plan.diffs()
        assert len(self.emulator.tenant(CONTOSO)["applications"]) == 1
        self.settled()

    def cycle(self) -> set[str]:
        """The first users are created in the target."""
        self.emulator.advance("PT40M")
        users = arrived(self.emulator.tenant(FABRIKAM))
        assert MINSU in users
        assert len(users) > 5
        assert all(user["userType"] == "Member" and user.get("employeeId") is None for user in users.values())
        self.sync(link_verify_users=[MINSU])
        return set(users)

    def change(self, before: set[str]) -> None:
        """A user is added as a guest, and another is removed."""
        plan = self.sync("--check", **CHANGED)
        run = self.sync(**CHANGED)
        assert run.actions() == plan.actions() != []
        self.settled(**CHANGED)
        self.emulator.advance("PT80M")
        users = arrived(self.emulator.tenant(FABRIKAM))
        assert set(users) == before - {MINSU} | {BORA}
        assert users[BORA]["userType"] == "Guest"

    def remove(self) -> Run:
        """The link is removed without remains, and the users stay."""
        users = arrived(self.emulator.tenant(FABRIKAM))
        run = self.sync("-e", "link_state=absent")
        assert leftovers(self.emulator) == []
        assert arrived(self.emulator.tenant(FABRIKAM)) == users
        return run

    def teardown(self) -> None:
        """The plan names what the run then does; a second run has nothing to do."""
        plan = self.sync("--check", "-e", "link_state=absent")
        assert self.remove().actions() == plan.actions() != []
        again = self.sync("-e", "link_state=absent")
        assert again.changed() == [], again.output

    def whole(self) -> None:
        """All steps."""
        self.build()
        self.change(self.cycle())
        self.teardown()

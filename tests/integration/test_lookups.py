# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup plugins in a play: without a credential, and with that of the target."""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, Playbooks, inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import user

MINSU, YUNA = "minsu.kim@contoso.kr", "yuna.han@contoso.kr"


def show(name: str, template: str) -> dict[str, Any]:
    """A task that shows the value of a template, and must not end the play."""
    return {"name": name, "ansible.builtin.debug": {"msg": template}, "ignore_errors": True}


def test_in_a_play(playbooks: Playbooks, emulator: Emulator) -> None:
    assert playbooks.sync().code == 0
    emulator.advance()
    hosts = inventory(emulator)
    reach = {"login_endpoint": emulator.url, "ca_path": str(emulator.ca_path)}
    of_domain = f"lookup('{PREFIX}tenant_id', 'contoso.kr', **reach)"
    # An entry of tenants may name a tenant by its domain.
    hosts["all"]["vars"]["tenants"]["contoso"]["tenant_id"] = f"{{{{ {of_domain} }}}}"
    of_users = f"query('{PREFIX}synced_user', '{YUNA}', '{MINSU}', **target)"
    tasks = [
        show("a domain", f"{{{{ {of_domain} }}}}"),
        show("no tenant", f"{{{{ lookup('{PREFIX}tenant_id', 'nobody.example', **reach) }}}}"),
        show("two users", f"{{{{ {of_users} | map(attribute='user_principal_name') }}}}"),
        show("nobody", f"{{{{ lookup('{PREFIX}synced_user', 'nobody@contoso.kr', **target).id }}}}"),
        {"name": "a module", f"{PREFIX}tenant_info": {"resolve": ["fabrikam.kr"]}},
    ]
    play = {
        "name": "Look up",
        "hosts": "links",
        "connection": "local",
        "gather_facts": False,
        "vars": {"reach": reach, "target": f"{{{{ tenants[link_target] | {PREFIX}connection }}}}"},
        "module_defaults": {f"group/{PREFIX}graph": f"{{{{ tenants[link_source] | {PREFIX}connection }}}}"},
        "tasks": tasks,
    }
    path = playbooks.folder / "lookups.yml"
    path.write_text(yaml.safe_dump([play], sort_keys=False))
    emulator.control("DELETE", "requests")

    run = playbooks.play(path, hosts, "-vvv")

    assert run.code == 0, run.output
    said = {task.name: task.result["msg"] for task in run.tasks if task.action.endswith("debug")}
    state = emulator.state()
    assert said["a domain"] == CONTOSO
    assert said["two users"] == [user(state, name.replace("@", "_"), FABRIKAM)["userPrincipalName"] for name in (YUNA, MINSU)]
    assert f"the domain nobody.example belongs to no tenant of {emulator.url}; check" in said["no tenant"]
    assert f"Tenant {FABRIKAM}: there is no synced user nobody@contoso.kr; check the name" in said["nobody"]
    assert all(secret not in run.output for secret in SECRETS.values())
    asked = [request["path"] for request in emulator.control("GET", "requests")["requests"]]
    assert sum(one.endswith(f"{FABRIKAM}/oauth2/v2.0/token") for one in asked) == 1, "the lookups share a sign-in"

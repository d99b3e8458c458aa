# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every mistake fails with a one-sentence message that names the tenant, the object and the remedy; once it is fixed, a rerun completes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import NAMES

UNKNOWN_TENANT = "99999999-9999-4999-8999-999999999999"
SECRETS = ("contoso-rehearsal-secret", "fabrikam-rehearsal-secret", "not-the-secret")


def complains(run: Run, *words: str) -> str:
    """The message of a run that failed, which must contain all of these texts, and no secret and no traceback."""
    assert run.code == 2, run.output
    message = run.failure()
    for word in words:
        assert word in message, message
    assert "Traceback" not in run.output
    for secret in SECRETS:
        assert secret not in run.output
    return message


def completes(playbooks: Playbooks) -> None:
    """The corrected run does what is left, and another run finds nothing to do."""
    run = playbooks.sync()
    assert run.code == 0, run.output
    assert playbooks.sync().changed() == []


def test_wrong_secret(playbooks: Playbooks) -> None:
    run = playbooks.sync("-vvvv", env={"CONTOSO_CLIENT_SECRET": "not-the-secret"})
    complains(run, f"Tenant {CONTOSO}", "11111111-1111-4111-8111-111111111111", "AADSTS7000215", "use the secret's value, not its id")
    completes(playbooks)


def test_empty_secret(playbooks: Playbooks) -> None:
    run = playbooks.sync(env={"FABRIKAM_CLIENT_SECRET": ""})
    complains(run, f"tenants.fabrikam (link_target), tenant {FABRIKAM}", "no credential is given", "client_secret")
    completes(playbooks)


def test_unknown_tenant(playbooks: Playbooks, emulator: Emulator) -> None:
    hosts = inventory(emulator)
    hosts["all"]["vars"]["tenants"]["fabrikam"]["tenant_id"] = UNKNOWN_TENANT
    options = {"source_domains": ["contoso.kr"], **hosts["all"]["vars"]["tenants"]["fabrikam"]}
    run = playbooks.task("synced_user_info", "fabrikam", options)
    complains(run, f"Tenant {UNKNOWN_TENANT}", "does not exist in this cloud", "check tenant_id and cloud")
    completes(playbooks)


def test_unknown_partner_tenant(playbooks: Playbooks) -> None:
    run = playbooks.task("cross_tenant_policy", "fabrikam", {"partner_tenant_id": "nowhere.example", "user_sync_inbound": True})
    complains(run, f"Tenant {FABRIKAM}", "no tenant owns the domain 'nowhere.example'")
    completes(playbooks)


@pytest.mark.parametrize("endpoint", ["login_endpoint", "graph_endpoint"])
def test_unreachable_server(playbooks: Playbooks, endpoint: str) -> None:
    options = {"source_domains": ["contoso.kr"], endpoint: "https://127.0.0.1:9", "retries": 1}
    if endpoint == "graph_endpoint":
        # No token is issued for a Graph at another address.
        options["access_token"] = "not-the-secret"
    run = playbooks.task("synced_user_info", "fabrikam", options)
    complains(run, f"Tenant {FABRIKAM}", "https://127.0.0.1:9", "check the endpoint, the proxy, ca_path")


@pytest.mark.parametrize("tenant", ["contoso", "fabrikam"])
def test_without_an_answer_the_run_ends_with_the_comparison(playbooks: Playbooks, emulator: Emulator, tenant: str) -> None:
    """Every task that follows would wait as long, and then fail in the same way."""
    assert playbooks.sync().code == 0
    before = emulator.state()["tenants"]
    hosts = inventory(emulator)
    hosts["all"]["vars"]["tenants"][tenant] |= {"login_endpoint": "https://127.0.0.1:9", "retries": 1}
    run = playbooks.play(REPOSITORY / "playbooks" / "sync.yml", hosts)
    complains(
        run, f"Tenant {CONTOSO if tenant == 'contoso' else FABRIKAM}", "https://127.0.0.1:9", "check the endpoint, the proxy, ca_path"
    )
    assert [task.action.rpartition(".")[2] for task in run.ours()] == ["links_info"]
    assert emulator.state()["tenants"] == before


def test_certificate_that_is_not_trusted(playbooks: Playbooks) -> None:
    run = playbooks.task("synced_user_info", "fabrikam", {"source_domains": ["contoso.kr"], "ca_path": "", "retries": 1})
    complains(run, f"Tenant {FABRIKAM}", "certificate is not trusted", "ca_path")


@pytest.mark.parametrize(
    ("tenant", "permission", "words"),
    [
        (FABRIKAM, "Policy.ReadWrite.CrossTenantAccess", ("partner", "Policy.ReadWrite.CrossTenantAccess")),
        (CONTOSO, "Policy.ReadWrite.CrossTenantAccess", ("partner", "Policy.ReadWrite.CrossTenantAccess")),
        (CONTOSO, "Application.ReadWrite.All", ("GET /servicePrincipals", "Application.ReadWrite.All")),
        (CONTOSO, "Synchronization.ReadWrite.All", ("provisioning job of configuration Fabrikam", "Synchronization.ReadWrite.All")),
        (CONTOSO, "User.Read.All", ("/users", "User.Read.All")),
        (CONTOSO, "Group.Read.All", ("/groups", "Group.Read.All")),
        (FABRIKAM, "User.Read.All", ("/users", "User.Read.All")),
    ],
)
def test_missing_permission(playbooks: Playbooks, emulator: Emulator, tenant: str, permission: str, words: tuple[str, ...]) -> None:
    whole = emulator.state()
    lacking = emulator.state()
    for registration in lacking["tenants"][tenant]["registrations"].values():
        registration["roles"] = [role for role in registration["roles"] if role != permission]
    emulator.control("PUT", "state", lacking)

    preflight = playbooks.sync()
    complains(preflight, f"Tenant {NAMES[tenant]}, permissions", permission, "admin consent", "nothing was changed")
    assert preflight.actions() == []
    run = playbooks.sync(link_preflight=False)
    complains(run, f"Tenant {tenant}", "admin consent", *words)

    with_what_was_done = emulator.state()
    for tenant_id, contents in whole["tenants"].items():
        with_what_was_done["tenants"][tenant_id]["registrations"] = contents["registrations"]
    emulator.control("PUT", "state", with_what_was_done)
    completes(playbooks)


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"link_scope_users": ["nobody@contoso.kr"]}, ("there is no user 'nobody@contoso.kr'",)),
        ({"link_scope_groups": ["No such group"]}, ("there is no group 'No such group'",)),
        ({"link_scope_groups": ["Project Phoenix"]}, ("more than one group has the same name", "give the id")),
        ({"link_mappings": [{"target": "displayName", "expression": "Apend([displayName])"}]}, ("is not valid", "Apend")),
        (
            {"link_mappings": [{"target": "displayNam", "source": "displayName"}]},
            ("is not a documented target attribute", "did you mean displayName"),
        ),
        (
            {"link_mappings": [{"target": "displayName", "source": "displayname"}]},
            ("is not a documented source attribute", "did you mean displayName"),
        ),
    ],
)
def test_unknown_names_and_invalid_mappings(playbooks: Playbooks, link: dict[str, Any], words: tuple[str, ...]) -> None:
    run = playbooks.sync(link_preflight=False, **link)
    complains(run, f"Tenant {CONTOSO}", *words)
    completes(playbooks)


def test_a_step_that_is_missing_is_named(playbooks: Playbooks) -> None:
    run = playbooks.task("sync_scope", "contoso", {"configuration": "Fabrikam", "users": ["minsu.kim@contoso.kr"]})
    complains(run, f"Tenant {CONTOSO}", "there is no configuration 'Fabrikam'", "run sync_configuration first")
    completes(playbooks)


def test_a_target_that_is_not_prepared(playbooks: Playbooks) -> None:
    options = {"name": "Fabrikam", "target_tenant_id": FABRIKAM, "visibility_timeout": 1}
    run = playbooks.task("sync_configuration", "contoso", options)
    complains(
        run, f"Tenant {CONTOSO}", "could not create provisioning job", "redemption_outbound", "user_sync_inbound", "Running again is safe"
    )
    completes(playbooks)


def test_emptying_the_scope_needs_a_confirmation(playbooks: Playbooks) -> None:
    assert playbooks.sync().code == 0
    run = playbooks.sync(link_scope_users=[], link_scope_groups=[], link_scope_exact=True)
    complains(run, f"Tenant {CONTOSO}", "would leave the scope and be soft-deleted", "set allow_empty", "nothing was changed")
    assert playbooks.sync(link_scope_users=[], link_scope_groups=[], link_scope_exact=True, link_scope_allow_empty=True).code == 0


def test_a_link_across_clouds_is_refused_before_anything_is_written(playbooks: Playbooks, emulator: Emulator) -> None:
    """Fact F144; also without a preflight."""
    before = emulator.state()["tenants"]
    hosts = inventory(emulator, link_preflight=False)
    hosts["all"]["vars"]["tenants"]["fabrikam"]["cloud"] = "usgov"
    run = playbooks.play(REPOSITORY / "playbooks" / "sync.yml", hosts)
    complains(run, "link_source, link_target", "from the global cloud to the US Government cloud L4", "admin center")
    assert emulator.state()["tenants"] == before

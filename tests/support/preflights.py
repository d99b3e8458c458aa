# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preflights and other tasks in this process, and a state in which a preflight finds nothing."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import run

from . import tenants
from .emulator import CONTOSO, FABRIKAM, SECRETS, Emulator

MODULES = "ansible_collections.entra.cross_tenant_sync.plugins.modules"
NAMES = {CONTOSO: "contoso", FABRIKAM: "fabrikam"}
REQUIRED = {
    CONTOSO: (
        "Policy.ReadWrite.CrossTenantAccess",
        "Application.ReadWrite.All",
        "Synchronization.ReadWrite.All",
        "User.Read.All",
        "Group.Read.All",
    ),
    FABRIKAM: ("Policy.ReadWrite.CrossTenantAccess", "User.Read.All", "CrossTenantInformation.ReadBasic.All"),
}
"""What a link needs, as the guide to permissions says."""
USERS, GROUPS = ["minsu.kim@contoso.kr"], ["Sales Seoul"]


def connection(emulator: Emulator, tenant: str) -> dict[str, Any]:
    """The connection options of a tenant of the scenario."""
    number, secret = {CONTOSO: ("1", "CONTOSO_CLIENT_SECRET"), FABRIKAM: ("2", "FABRIKAM_CLIENT_SECRET")}[tenant]
    client_id = f"{number * 8}-{number * 4}-4{number * 3}-8{number * 3}-{number * 12}"
    return {"tenant_id": tenant, "client_id": client_id, "client_secret": SECRETS[secret], **emulator.connection()}


def task(emulator: Emulator, module: str, tenant: str, check: bool = False, **options: Any) -> dict[str, Any]:
    """What a task of one of our modules answers; in this process, which takes milliseconds."""
    subject = importlib.import_module(f"{MODULES}.{module}").SUBJECT
    return run(subject, parameters(emulator, module, tenant, **options), check)


def parameters(emulator: Emulator, module: str, tenant: str, **options: Any) -> dict[str, Any]:
    """What such a task hands to the engine."""
    about = importlib.import_module(f"{MODULES}.{module}").OPTIONS
    emulator.given(options)
    checked = ArgumentSpecValidator(about.argument_spec(), **about.rules).validate({**connection(emulator, tenant), **options})
    assert not checked.error_messages, checked.error_messages
    found: dict[str, Any] = checked.validated_parameters
    return found


def preflight(emulator: Emulator, target: Mapping[str, Any] | None = None, **options: Any) -> list[dict[str, str]]:
    """The findings of both tenants, as the role asks for them. ``target`` are more connection options of the target tenant."""
    scope = {"configuration": "Fabrikam", "users": USERS, "groups": GROUPS}
    there = {**connection(emulator, FABRIKAM), **(target or {})}
    found: list[dict[str, str]] = task(emulator, "preflight_info", CONTOSO, side="link", target=there, **{**scope, **options})["findings"]
    return found


def registration(state: dict[str, Any], tenant: str) -> dict[str, Any]:
    """The application that the inventory signs in with."""
    found: dict[str, Any] = next(iter(state["tenants"][tenant]["registrations"].values()))
    return found


def grant(state: dict[str, Any], roles: Mapping[str, Iterable[str]]) -> None:
    """Exactly these permissions for the applications that the inventory signs in with."""
    for tenant, names in roles.items():
        registration(state, tenant)["roles"] = list(names)


def take_away(state: dict[str, Any], tenant: str, permission: str) -> None:
    """One permission less for the application that the inventory signs in with."""
    registration(state, tenant)["roles"].remove(permission)


def everything_fine(state: dict[str, Any], mould: tenants.Mould) -> None:
    """A link that exists, with its switches on, licences bought and nothing in the way."""
    tenants.trust_each_other(state)
    mould.cast(state, "Fabrikam")

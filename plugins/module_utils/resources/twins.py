# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Two runs that create the same configuration at the same time: the later run removes its own.

Entra allows two configurations of the same name (fact F50), so a run reads the applications of that name after it has created its
own. Which was first is decided by the service's own timestamps, then by the application id, so that both runs decide alike. The timestamps
have whole seconds, so a run reads only when the second in which it created its own is over: by then, whatever was created in the same
second or before exists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph.batch import find_all
from ..graph.client import Client, Request
from ..graph.errors import GraphFailure, Uncertain
from ..graph.odata import quoted
from ..plan import Facts, Pace, Refusal
from . import find_configuration, settings_bag
from .find_configuration import Raw

CLOCK_SECONDS = 1.0
"""The resolution of the service's timestamps, in seconds."""


def gives_way(name: str) -> Callable[[Client, Facts, Pace], str]:
    """For the action that creates a configuration: the function to call after it, with the body of the service's answer. It removes the
    new configuration if another run was first, and returns a sentence about that, or an empty text.
    """

    def remove_the_later(client: Client, answer: Facts, pace: Pace) -> str:
        service_principal = answer.get("servicePrincipal") or {}
        if not service_principal.get("appId"):
            raise Uncertain(GraphFailure(f"the answer does not contain the id of configuration {name}"))
        pace.rest(CLOCK_SECONDS)
        applications = _of_name(client, name, service_principal["appId"], pace)
        created = next((application for application in applications if application.get("appId") == service_principal["appId"]), None)
        if created is None:
            return ""
        earlier = [application for application in applications if _age(application) < _age(created)]
        if not _carry_configuration(client, name, earlier, pace):
            return ""
        service_principal_id = str(service_principal["id"])
        _refuse_used(client, service_principal_id, name, pace)
        client.send(Request("DELETE", f"/applications/{created['id']}"))
        find_configuration.hide(client, service_principal_id)
        return (
            f"another run created configuration {name} at the same time; the configuration that this run created was removed again, and "
            "that of the other run is used"
        )

    return remove_the_later


def _of_name(client: Client, name: str, app_id: str, pace: Pace) -> list[dict[str, Any]]:
    """The applications of that name. A listing without the application that was just created is outdated (fact F14)."""
    path = (
        f"/applications?$filter={find_configuration.OF_TEMPLATE}%20and%20displayName%20eq%20{quoted(name)}&$select=id,appId,createdDateTime"
    )
    applications: list[dict[str, Any]] = []
    for _attempt in pace.attempts():
        applications = list(client.pages(path))
        if any(application.get("appId") == app_id for application in applications):
            break
    return applications


def _carry_configuration(client: Client, name: str, earlier: list[dict[str, Any]], pace: Pace) -> bool:
    """Whether an earlier application has a service principal. An application without one is a leftover."""
    earlier_ids = {str(application.get("appId")) for application in earlier}
    return bool(earlier_ids) and any(
        earlier_ids & {found.app_id for found in find_configuration.of_name(client, name)} for _attempt in pace.attempts()
    )


def _age(application: Raw) -> tuple[str, str]:
    return str(application.get("createdDateTime") or ""), str(application.get("appId"))


def _refuse_used(client: Client, service_principal_id: str, name: str, pace: Pace) -> None:
    """A configuration that was just created is empty, unless another process uses it already."""
    below = f"/servicePrincipals/{service_principal_id}"
    requests = [Request("GET", f"{below}/synchronization/secrets"), Request("GET", f"{below}/appRoleAssignedTo")]
    bag, assigned = pace.until_allowed(lambda: find_all(client, requests))
    if settings_bag.parse(bag) or any(client.members(assigned or {"value": []})):
        raise Refusal(
            f"another run created a configuration {name!r} at the same time, and {service_principal_id}, which this run created, is already "
            "in use; remove the configuration that is not needed"
        )

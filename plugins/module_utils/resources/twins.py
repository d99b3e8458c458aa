# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Two runs that make the same configuration at the same moment: the later one takes its own back.

Entra allows two of one name (fact sheet 2.1), so after making one, a run looks again. Who was first is read from the service's own clock,
then from the id, so that both runs judge alike. The clock counts seconds, so a run looks only when the second of its own is over: whatever
was made in an earlier one, or in the same, is there by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..graph.batch import find_all
from ..graph.client import Client, Request
from ..graph.errors import GraphFailure, Uncertain
from ..graph.odata import quoted
from ..plan import Facts, Pace, Refusal
from . import find_configuration, settings_bag

CLOCK_SECONDS = 1.0
"""What the service's clock counts in."""


def gives_way(name: str) -> Callable[[Client, Facts, Pace], str]:
    """For the action that makes a configuration: what to do once it is made, from the answer to that."""

    def look(client: Client, answer: Facts, pace: Pace) -> str:
        made = answer.get("servicePrincipal") or {}
        if not made.get("appId"):
            raise Uncertain(GraphFailure(f"the answer does not tell the id of configuration {name}"))
        pace.rest(CLOCK_SECONDS)
        applications = _of_name(client, name, made["appId"], pace)
        ours = next((application for application in applications if application.get("appId") == made["appId"]), None)
        if ours is None or not _living(client, name, [one for one in applications if _age(one) < _age(ours)], pace):
            return ""
        service_principal_id = str(made["id"])
        _refuse_used(client, service_principal_id, name)
        client.send(Request("DELETE", f"/applications/{ours['id']}"))
        find_configuration.take_back(client, service_principal_id)
        return f"another run made configuration {name} at the same moment; the one made here was removed again, and that one is used"

    return look


def _of_name(client: Client, name: str, app_id: str, pace: Pace) -> list[dict[str, Any]]:
    """The applications of that name. Until ours is among them, the listing is too old to say anything (fact sheet 0.3)."""
    path = (
        f"/applications?$filter={find_configuration.OF_TEMPLATE}%20and%20displayName%20eq%20{quoted(name)}&$select=id,appId,createdDateTime"
    )
    applications: list[dict[str, Any]] = []
    for _attempt in pace.attempts():
        applications = list(client.pages(path))
        if any(one.get("appId") == app_id for one in applications):
            break
    return applications


def _living(client: Client, name: str, earlier: list[dict[str, Any]], pace: Pace) -> bool:
    """Whether one of the earlier applications carries a configuration. One without a service principal is left over from another time."""
    app_ids = {str(one.get("appId")) for one in earlier}
    return bool(app_ids) and any(app_ids & {one.app_id for one in find_configuration.of_name(client, name)} for _attempt in pace.attempts())


def _age(application: Mapping[str, Any]) -> tuple[str, str]:
    return str(application.get("createdDateTime") or ""), str(application.get("appId"))


def _refuse_used(client: Client, service_principal_id: str, name: str) -> None:
    """What was made a moment ago is empty, unless somebody has found it."""
    below = f"/servicePrincipals/{service_principal_id}"
    bag, assigned = find_all(client, [Request("GET", f"{below}/synchronization/secrets"), Request("GET", f"{below}/appRoleAssignedTo")])
    if settings_bag.parse(bag) or any(client.members(assigned or {"value": []})):
        raise Refusal(
            f"another run made a configuration {name!r} at the same moment, and {service_principal_id}, which was made here, is in use already; "
            "remove the one that is not wanted"
        )

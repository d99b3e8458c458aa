# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A read-only page at ``/``: each tenant's people as an address book, with its policies and jobs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse
from starlette.routing import Route

from .service import Service
from .state import GraphObject, Tenant, World

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1b1b1f; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2.5rem; border-bottom: 2px solid #2b6cb0; } h3 { margin: 1.2rem 0 .3rem; font-size: 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #ddd; }
th { background: #f4f6f8; } code { background: #f4f6f8; padding: 0 .2rem; } .off { color: #999; } .empty { color: #777; }
"""


def _row(cells: list[Any], tag: str = "td", style: str = "") -> str:
    inner = "".join(f"<{tag}>{escape('' if cell is None else str(cell))}</{tag}>" for cell in cells)
    return f'<tr class="{style}">{inner}</tr>' if style else f"<tr>{inner}</tr>"


def _table(kind: str, heads: list[str], rows: list[str]) -> str:
    if not rows:
        return '<p class="empty">none</p>'
    return f'<table data-table="{kind}"><thead>{_row(heads, "th")}</thead><tbody>{"".join(rows)}</tbody></table>'


def origins(world: World) -> dict[str, str]:
    """Where synchronized people came from: target object id to the source tenant's name, from the jobs' own records."""
    return {
        target_id: tenant.display_name
        for tenant in world.tenants.values()
        for synchronization in tenant.synchronizations.values()
        for job in synchronization.jobs.values()
        for target_id in job.links.values()
    }


def _origin(user: GraphObject, known: dict[str, str]) -> str:
    if user["id"] in known:
        return f"synchronized from {known[user['id']]}"
    return "invited" if user.get("externalUserState") else "here"


def _people(tenant: Tenant, known: dict[str, str]) -> str:
    rows = []
    for user in sorted(tenant.users.values(), key=lambda user: str(user.get("displayName")).casefold()):
        cells = [user.get(name) for name in ("displayName", "mail", "userType", "department", "jobTitle")]
        phone = (user.get("businessPhones") or [None])[0]
        listed = "no" if user.get("showInAddressList") is False else "yes"
        style = "" if user.get("accountEnabled", True) else "off"
        rows.append(_row([*cells, phone, listed, _origin(user, known), user["userPrincipalName"]], style=style))
    heads = ["Name", "Mail", "Type", "Department", "Job title", "Phone", "Address list", "From", "User principal name"]
    return _table("people", heads, rows)


def _policies(world: World, tenant: Tenant) -> str:
    rows = []
    for partner_id, partner in tenant.access_policy.partners.items():
        other = world.tenants.get(partner_id)
        consent = partner.get("automaticUserConsentSettings") or {}
        policy = tenant.access_policy.identity_synchronizations.get(partner_id) or {}
        inbound = (policy.get("userSyncInbound") or {}).get("isSyncAllowed")
        rows.append(
            _row([other.display_name if other else partner_id, consent.get("inboundAllowed"), consent.get("outboundAllowed"), inbound])
        )
    return _table("partners", ["Partner", "Redeem inbound", "Redeem outbound", "User sync inbound"], rows)


def _jobs(world: World, tenant: Tenant) -> Iterator[str]:
    for sp_id, synchronization in tenant.synchronizations.items():
        name = tenant.service_principals.get(sp_id, {}).get("displayName")
        other = world.tenants.get(synchronization.secrets.get("CompanyId", ""))
        for job in synchronization.jobs.values():
            assigned = len(tenant.assignments.get(sp_id, {}))
            target = other.display_name if other else None
            yield _row([name, target, job.schedule_state, job.status.get("code"), job.cycles_completed, assigned, len(job.links)])


def render(world: World) -> str:
    """The page."""
    known = origins(world)
    sections = []
    for tenant in world.tenants.values():
        heads = ["Configuration", "Target", "Schedule", "Status", "Cycles", "Assignments", "Synchronized"]
        deleted = sum(item["@odata.type"] == "#microsoft.graph.user" for item in tenant.deleted_items.values())
        sections.append(
            f'<section data-tenant="{escape(tenant.id)}"><h2>{escape(tenant.display_name)}</h2>'
            f"<p><code>{escape(tenant.id)}</code> · {escape(', '.join(tenant.domains))} · {len(tenant.users)} people, "
            f"{len(tenant.groups)} groups, {deleted} deleted people</p>"
            f"<h3>Partners</h3>{_policies(world, tenant)}"
            f"<h3>Provisioning jobs</h3>{_table('jobs', heads, list(_jobs(world, tenant)))}"
            f"<h3>Address book</h3>{_people(tenant, known)}</section>"
        )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>entra-emulator</title>'
        f"<style>{STYLE}</style></head><body><h1>entra-emulator</h1><p>Virtual time <code>{escape(world.clock)}</code></p>"
        f"{''.join(sections)}</body></html>"
    )


async def _page(http: HttpRequest) -> HTMLResponse:
    service: Service = http.app.state.service
    return HTMLResponse(render(service.world))


ROUTES = [Route("/", _page, methods=["GET"])]

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A read-only page at ``/``: each tenant's people as Exchange lists them, its groups, policies and jobs, and what failed. No scripts."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from html import escape
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse
from starlette.routing import Route

from .endpoints.capabilities import EVERYBODY, trusted
from .exchange.feed import feed
from .exchange.standing import REASONS, addresses, standing
from .service import Service
from .state import GraphObject, Job, Tenant, World

SHOWN_PEOPLE = 500
"""How many people of a tenant the page lists."""

STYLE = """
:root { --ink: #1d2530; --soft: #5d6b7c; --line: #e3e8ee; --ground: #f4f6f9; --accent: #2557a7; }
* { box-sizing: border-box; }
body { font: 14px/1.45 system-ui, "Noto Sans CJK KR", "Noto Sans", sans-serif; margin: 0; color: var(--ink); background: var(--ground); }
header { background: #16325c; color: #fff; padding: 1.1rem 2rem; display: flex; flex-wrap: wrap; gap: .4rem 2rem; align-items: baseline; }
h1 { font-size: 1.25rem; margin: 0; } header span { color: #c9d7ec; } header b { color: #fff; font-variant-numeric: tabular-nums; }
main { max-width: 78rem; margin: 0 auto; padding: 1.2rem 1.5rem 3rem; }
section { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 1.2rem 1.5rem 1.5rem; margin-bottom: 1.5rem; }
h2 { font-size: 1.2rem; margin: 0; } h3 { font-size: .95rem; margin: 1.4rem 0 .4rem; color: var(--accent); }
.about { color: var(--soft); margin: .15rem 0 0; } code { font-size: .92em; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .38rem .7rem; vertical-align: middle; }
th { font-weight: 600; color: var(--soft); font-size: .84em; border-bottom: 2px solid var(--line); white-space: nowrap; }
td { border-bottom: 1px solid var(--line); } tbody tr:last-child td { border-bottom: 0; } tbody tr:hover { background: #fafbfd; }
.who { display: flex; align-items: center; gap: .65rem; } .who small, .under { display: block; color: var(--soft); font-size: .86em; }
.face { flex: none; width: 2rem; height: 2rem; border-radius: 50%; color: #fff; font-size: .8rem; font-weight: 600; display: grid;
 place-items: center; }
.tag { display: inline-block; border-radius: 1rem; padding: .06rem .6rem; font-size: .86em; white-space: nowrap; background: #eef1f5;
 color: var(--soft); }
.synced { background: #dcebff; color: #174a94; font-weight: 600; } .invited { background: #fff0d6; color: #845400; }
.good { background: #dff3e4; color: #17693a; } .bad { background: #fde3e1; color: #a3261d; }
.why { white-space: normal; border-radius: .6rem; } .who small { overflow-wrap: anywhere; }
header nav { margin-left: auto; } header a { color: #fff; margin-left: 1.2rem; }
.off td, .off .who small, .off .under { color: #98a3b1; } .off .face { filter: grayscale(1); opacity: .6; }
.empty { color: var(--soft); margin: .2rem 0; }
"""
COLOURS = ("#3867b7", "#0f7b6c", "#9a4f96", "#b1582b", "#5a6f8f", "#7a6a1f", "#b0395f", "#3c7a3a")


def _tag(text: str, kind: str = "") -> str:
    return f'<span class="tag {kind}">{escape(text)}</span>'


def _flag(value: Any) -> str:
    """A setting of a policy; null is inherited from the tenant's default."""
    return _tag("inherited") if value is None else _tag("allowed", "good") if value else _tag("not allowed", "bad")


def _text(value: Any) -> str:
    return escape("" if value is None else str(value))


def _row(cells: list[str], style: str = "") -> str:
    inner = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="{style}">{inner}</tr>' if style else f"<tr>{inner}</tr>"


def _table(kind: str, heads: list[str], rows: list[str]) -> str:
    if not rows:
        return '<p class="empty">none</p>'
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    return f'<table data-table="{kind}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


# People -------------------------------------------------------------------------------------------------------------


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
        return _tag(f"synchronized from {known[user['id']]}", "synced")
    if user.get("_synchronized"):
        return _tag("synchronized earlier", "synced")
    if not user.get("externalUserState"):
        return _tag("here")
    return _tag("invited" if user["externalUserState"] == "Accepted" else "invited, has not accepted", "invited")


def _face(name: str) -> str:
    words = name.split()
    initials = (words[0][0] + (words[1][0] if len(words) > 1 else "")).upper() if words else "?"
    colour = COLOURS[zlib.crc32(name.encode()) % len(COLOURS)]
    return f'<span class="face" style="background:{colour}">{escape(initials)}</span>'


def _two_lines(first: Any, second: Any) -> str:
    return f'{_text(first)}<span class="under">{_text(second)}</span>'


def _in_exchange(tenant: Tenant, user: GraphObject, held: frozenset[str]) -> str:
    """What Exchange shows of a user, and why it does not."""
    if not tenant.exchange_online:
        return _tag("no Exchange")
    found = standing(tenant, user, held)
    return _tag(REASONS[found], {"listed": "good", "not_yet": "invited why"}.get(found, "bad why"))


def _person(tenant: Tenant, user: GraphObject, known: dict[str, str], held: frozenset[str]) -> str:
    name = str(user.get("displayName") or user["userPrincipalName"])
    who = f'<div class="who">{_face(name)}<div>{escape(name)}<small>{_text(user["userPrincipalName"])}</small></div></div>'
    work = _two_lines(user.get("jobTitle"), user.get("department"))
    reach = _two_lines(user.get("mail"), (user.get("businessPhones") or [user.get("mobilePhone")])[0])
    notes = [_tag(str(user.get("userType") or "Member"))]
    if not user.get("accountEnabled", True):
        notes.append(_tag("blocked", "bad"))
    style = "" if user.get("accountEnabled", True) else "off"
    return _row([who, reach, work, _origin(user, known), _in_exchange(tenant, user, held), " ".join(notes)], style)


def _people(tenant: Tenant, known: dict[str, str]) -> str:
    people = sorted(tenant.users.values(), key=lambda user: str(user.get("displayName")).casefold())
    held = addresses(tenant)
    rows = [_person(tenant, user, known, held) for user in people[:SHOWN_PEOPLE]]
    more = len(people) - len(rows)
    rest = f'<p class="empty">and {more} more</p>' if more > 0 else ""
    return _table("people", ["Name", "Mail and phone", "Work", "From", "Address book", ""], rows) + rest


# Policies and jobs --------------------------------------------------------------------------------------------------


def _policies(world: World, tenant: Tenant) -> str:
    rows = []
    for partner_id, partner in tenant.access_policy.partners.items():
        other = world.tenants.get(partner_id)
        consent = partner.get("automaticUserConsentSettings") or {}
        policy = tenant.access_policy.identity_synchronizations.get(partner_id)
        inbound = [((policy or {}).get(name) or {}).get("isSyncAllowed") for name in ("userSyncInbound", "groupSyncInbound")]
        shown = [_flag(consent.get("inboundAllowed")), _flag(consent.get("outboundAllowed"))]
        shown += [_flag(value) if policy is not None and value is not None else _tag("none") for value in inbound]
        shown.append(_sharing(tenant, tenant.access_policy.capabilities.get(partner_id, {}), trusted(tenant, partner_id)))
        rows.append(_row([f"<b>{escape(other.display_name if other else partner_id)}</b>", *shown]))
    if tenant.access_policy.default_capabilities:
        everybody = _sharing(tenant, tenant.access_policy.default_capabilities, True)
        rows.append(_row(["<b>all other tenants</b>", *[""] * 4, everybody]))
    heads = ["Partner", "Automatic redemption, inbound", "Automatic redemption, outbound", "User sync, inbound", "Group sync, inbound"]
    return _table("partners", [*heads, "Sees of the people here"], rows)


def _old_sharing(tenant: Tenant) -> str:
    """The objects in Exchange by which calendars were shared before; a tenant begins with one of them (F210)."""
    exchange = tenant.exchange
    rows = [
        *(
            ("Organization relationship", item, ", ".join(item["DomainNames"]), item["Enabled"])
            for item in exchange.organization_relationships
        ),
        *(("Availability address space", item, item["AccessMethod"], True) for item in exchange.availability_address_spaces),
        *(("Sharing policy", item, ", ".join(item["Domains"]), item["Enabled"]) for item in exchange.sharing_policies),
    ]
    if all(item.get("Default") for _kind, item, _about, _enabled in rows):
        return ""
    shown = [
        _row([kind, f"<b>{_text(item['Name'])}</b>", _text(about), _tag("enabled") if enabled else _tag("disabled")])
        for kind, item, about, enabled in rows
    ]
    return f"<h3>Old sharing in Exchange</h3>{_table('old-sharing', ['Kind', 'Name', 'For', ''], shown)}"


def _sharing(tenant: Tenant, capabilities: dict[str, GraphObject], trust: bool) -> str:
    """What a partner sees in Microsoft 365; nothing of it counts without the trust (F204)."""
    if not capabilities and not trust:
        return _tag("nothing")
    shown = [] if trust else [_tag("no trust", "bad")]
    for name, item in sorted(capabilities.items()):
        allowed = bool(item["inboundAccess"].get("isAllowed"))
        scope = _scope(tenant, item["inboundAccess"]) if allowed else "not allowed"
        shown.append(_tag(f"{name}: {scope}", "good why" if allowed and trust else "why"))
    return " ".join(shown) if shown else _tag("nothing yet")


def _scope(tenant: Tenant, access: GraphObject) -> str:
    scopes = access["resourceScopes"]
    included, excluded = (", ".join(_whom(tenant, scope) for scope in scopes.get(part) or []) for part in ("included", "excluded"))
    return (included or "nobody") + (f" without {excluded}" if excluded else "")


def _whom(tenant: Tenant, scope: GraphObject) -> str:
    key = str(scope.get("resourceId"))
    if key.casefold() == EVERYBODY:
        return "everybody"
    known = tenant.groups.get(key.lower()) or tenant.users.get(key.lower())
    return str(known.get("displayName")) if known else key


def _state(job: Job) -> str:
    code = str(job.status.get("code"))
    quarantine = job.status.get("quarantine") or {}
    under = f'<span class="under">{escape(str(quarantine.get("reason")))}</span>' if quarantine else ""
    return _tag(code, {"Active": "good", "Quarantine": "bad"}.get(code, "")) + under


def _time(text: str | None) -> str:
    return escape(text.replace("T", " ").removesuffix("Z")) if text and not text.startswith("0001") else ""


def _jobs(world: World, tenant: Tenant) -> Iterator[str]:
    for sp_id, synchronization in tenant.synchronizations.items():
        name = tenant.service_principals.get(sp_id, {}).get("displayName")
        other = world.tenants.get(synchronization.secrets.get("CompanyId", ""))
        for job in synchronization.jobs.values():
            last = (job.status.get("lastExecution") or {}).get("timeEnded")
            live = sum(target in (other.users if other else {}) for target in job.links.values())
            yield _row(
                [
                    f"<b>{_text(name)}</b>",
                    _text(other.display_name if other else None),
                    _tag(job.schedule_state, "good" if job.schedule_state == "Active" else ""),
                    _state(job),
                    str(job.cycles_completed),
                    _time(last),
                    _time(job.next_cycle),
                    str(len(tenant.assignments.get(sp_id, {}))),
                    str(live),
                ]
            )


JOB_HEADS = ["Configuration", "Target", "Schedule", "Status", "Cycles", "Last cycle", "Next cycle", "Assignments", "People synchronized"]


# What did not arrive -------------------------------------------------------------------------------------------------


def failures(tenant: Tenant) -> list[GraphObject]:
    """The last entry of the log about each user and group, where that is a failure, by configuration."""
    last = {(entry["jobId"], entry["sourceIdentity"]["id"]): entry for entry in tenant.provisioning_log}
    failed = [entry for entry in last.values() if entry["provisioningStatusInfo"]["status"] == "failure"]
    return sorted(failed, key=lambda entry: str(entry["servicePrincipal"]["displayName"]))


def _failed(tenant: Tenant) -> str:
    rows = [_failure(entry) for entry in failures(tenant)]
    more = f'<p class="empty">and {len(rows) - SHOWN_PEOPLE} more</p>' if len(rows) > SHOWN_PEOPLE else ""
    return f"<h3>Failed</h3>{_table('failed', FAILED_HEADS, rows[:SHOWN_PEOPLE])}{more}" if rows else ""


FAILED_HEADS = ["Configuration", "Who or what", "Failed to", "Since", "Why"]


def _failure(entry: GraphObject) -> str:
    source = entry["sourceIdentity"]
    error = entry["provisioningStatusInfo"].get("errorInformation") or {}
    who = _two_lines(source["displayName"], (source.get("details") or {}).get("UserPrincipalName") or source["identityType"])
    why = f"{_tag(str(error.get('errorCode')), 'bad')} {_text(error.get('reason'))}"
    return _row(
        [
            f"<b>{_text(entry['servicePrincipal']['displayName'])}</b>",
            who,
            _text(entry["provisioningAction"]),
            _time(entry["activityDateTime"]),
            why,
        ]
    )


def _groups(tenant: Tenant, known: dict[str, str]) -> str:
    groups = sorted(tenant.groups.values(), key=lambda group: str(group.get("displayName")).casefold())
    rows = [_group(tenant, group, known) for group in groups[:SHOWN_PEOPLE]]
    more = f'<p class="empty">and {len(groups) - len(rows)} more</p>' if len(groups) > len(rows) else ""
    return _table("groups", ["Group", "Mail", "Kind", "Members", "From"], rows) + more


def _group(tenant: Tenant, group: GraphObject, known: dict[str, str]) -> str:
    kinds = ["Microsoft 365" if "Unified" in group["groupTypes"] else "mail" if group.get("mailEnabled") else "security"]
    kinds += ["dynamic"] if "DynamicMembership" in group["groupTypes"] else []
    kinds += ["role-assignable"] if group.get("isAssignableToRole") else []
    members = sum(member in tenant.users or member in tenant.groups for member in tenant.members.get(str(group["id"]), ()))
    name = f"<b>{_text(group.get('displayName'))}</b>"
    return _row([name, _text(group.get("mail")), " ".join(map(_tag, kinds)), str(members), _origin(group, known)])


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _section(world: World, tenant: Tenant, known: dict[str, str]) -> str:
    deleted = sum(item.get("@odata.type") == "#microsoft.graph.user" for item in tenant.deleted_items.values())
    synchronized = sum(user["id"] in known for user in tenant.users.values())
    counts = f"{_count(len(tenant.users), 'person', 'people')}, {synchronized} of them synchronized from elsewhere, {deleted} deleted"
    counts += f" · {_count(len(tenant.groups), 'group', 'groups')}"
    return (
        f'<section id="{escape(tenant.id)}" data-tenant="{escape(tenant.id)}"><h2>{escape(tenant.display_name)}</h2>'
        f'<p class="about">{escape(", ".join(tenant.domains))} · <code>{escape(tenant.id)}</code> · {counts}</p>'
        f"<h3>Partners</h3>{_policies(world, tenant)}"
        f"{_old_sharing(tenant)}"
        f"<h3>Provisioning jobs</h3>{_table('jobs', JOB_HEADS, list(_jobs(world, tenant)))}"
        f"{_failed(tenant)}"
        f"<h3>Address book</h3>{_people(tenant, known)}"
        f"<h3>Groups</h3>{_groups(tenant, known)}</section>"
    )


def render(world: World) -> str:
    """The page."""
    known = origins(world)
    links = "".join(f'<a href="#{escape(tenant.id)}">{escape(tenant.display_name)}</a>' for tenant in world.tenants.values())
    sections = "".join(_section(world, tenant, known) for tenant in world.tenants.values())
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>entra-emulator</title><style>{STYLE}</style></head><body>"
        f"<header><h1>entra-emulator</h1><span>virtual time <b>{_time(world.clock)}</b> UTC</span>"
        f"<nav>{links}</nav></header><main>{sections}</main></body></html>"
    )


async def _page(http: HttpRequest) -> HTMLResponse:
    service: Service = http.app.state.service
    for tenant in service.world.tenants.values():
        feed(tenant, service.settings, service.world.clock)
    return HTMLResponse(render(service.world))


ROUTES = [Route("/", _page, methods=["GET"])]

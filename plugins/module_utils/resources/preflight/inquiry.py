# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The preflight: what is missing or in the way of a link, found before anything is written. One tenant at a time, only reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...graph.client import Client
from ...plan import Inquiry, Refusal
from ..directory import is_own
from ..partner import resolve
from . import checks as preflight_policy
from . import permissions as preflight_permissions
from . import source as preflight_source
from . import target as preflight_target
from .finding import ERROR, Finding, ordered
from .people import Person
from .permissions import SOURCE
from .reading import Looking, claims_of

_SWITCHES = {"source": ("redemption_outbound",), "target": ("user_sync_inbound", "redemption_inbound")}


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The findings of one side.

    :raises Refusal: when the link leads from a tenant to itself.
    """
    side = str(params["side"])
    elsewhere = preflight_policy.clouds(side, client.cloud.name, params.get("partner_cloud") or client.cloud.name)
    if elsewhere:
        return _result(client, elsewhere, {"switches": dict.fromkeys(_SWITCHES[side]), "people": []})
    claims = claims_of(client)
    needs = preflight_permissions.needed(side, params["purpose"] == "apply", _features(side, params))
    findings = preflight_permissions.judge(needs, claims)
    partner = resolve(client, params["partner_tenant_id"])
    if is_own(client, partner):
        raise Refusal("partner_tenant_id is the tenant itself; a link needs two tenants")
    looking = Looking(client, preflight_permissions.impossible(needs, claims), findings)
    required = params["switches"] == "require"
    if side == SOURCE:
        facts = preflight_source.look(looking, _source(partner, params, required))
    else:
        facts = preflight_target.look(looking, _target(partner, params, required))
    return _result(client, looking.findings, facts)


def _features(side: str, params: Mapping[str, Any]) -> list[str]:
    if side == SOURCE:
        return ["groups"] if params.get("groups") else []
    return [] if params.get("source_domains") else ["look_up"]


def _source(partner: str, params: Mapping[str, Any], required: bool) -> preflight_source.Link:
    return preflight_source.Link(
        partner=partner,
        configuration=params.get("configuration"),
        mode=params.get("scope_mode"),
        users=tuple(params.get("users") or ()),
        groups=tuple(params.get("groups") or ()),
        exact=params["exact"],
        switches_required=required,
        adopt=params["adopt"],
        others=tuple(params.get("others") or ()),
    )


def _target(partner: str, params: Mapping[str, Any], required: bool) -> preflight_target.Link:
    people = tuple(Person(one["user_principal_name"], one.get("mail") or None) for one in params.get("people") or ())
    return preflight_target.Link(partner, people, required)


def _result(client: Client, findings: list[Finding], facts: Mapping[str, Any]) -> dict[str, Any]:
    described = [one.describe(client.tenant) for one in ordered(findings)]
    return {"findings": described, "ready": not any(one.severity == ERROR for one in findings), **facts}


INQUIRY = Inquiry(inquire, rests_on_run=True)

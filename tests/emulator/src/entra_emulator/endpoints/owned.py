# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user owns, and who owns a group, an application or a service principal (facts F161, F162, F286)."""

from __future__ import annotations

from functools import partial

from .. import limited, odata, relations
from ..call import Call, Reply
from ..odata import APPLICATION, GROUP, SERVICE_PRINCIPAL, USER, Kind
from ..router import Operation
from ..service import find_service_principal
from ..state import GraphObject
from . import applications, groups, users

QUERY = frozenset({"$select", "$top", "$skiptoken"})


def list_owned(call: Call) -> Reply:
    return _listed(call, users.find(call), USER, "ownedObjects")


def _listed(call: Call, item: GraphObject, kind: Kind, name: str) -> Reply:
    found = relations.OF[kind][name].of(call.tenant, str(item["id"]))
    items = [{**limited.shown(call, related, of_kind), "_kind": of_kind} for related, of_kind in found]
    return odata.collection(call, odata.OWNED if kind is USER else groups.MEMBER, items, typed=True, context="directoryObjects")


def list_owners(call: Call, kind: Kind) -> Reply:
    finders = {GROUP: groups.find, APPLICATION: applications.find_application, SERVICE_PRINCIPAL: find_service_principal}
    return _listed(call, finders[kind](call), kind, "owners")


OPERATIONS = [
    Operation("GET", relations.OF[USER]["ownedObjects"].path, list_owned, query=QUERY),
    *[
        Operation("GET", relations.OF[kind]["owners"].path, partial(list_owners, kind=kind), query=QUERY)
        for kind in (GROUP, APPLICATION, SERVICE_PRINCIPAL)
    ],
]

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of collections of mixed types: of a type that the caller may not read, only type and id are shown (fact F161)."""

from __future__ import annotations

from . import odata
from .call import Call
from .odata import Kind
from .permissions import APP_READ, GROUP_READ, USER_READ
from .state import GraphObject

READERS = {"user": USER_READ, "group": GROUP_READ, "application": APP_READ, "servicePrincipal": APP_READ}
"""The permissions of which one is enough to read objects of a type."""


def shown(call: Call, item: GraphObject, kind: Kind, names: tuple[str, ...] = ()) -> GraphObject:
    """An object in a collection of directory objects; with `names`, only these properties of it."""
    served = odata.entity(call, kind, item, names)
    if not call.caller.roles.intersection(READERS[kind.name]):
        served = {name: value if name == "id" else None for name, value in served.items()}
    return {"@odata.type": f"#{kind.type_name}", **served}

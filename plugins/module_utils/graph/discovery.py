# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The public OpenID document that the sign-in service has for each tenant (fact F48)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from .cloud import Cloud
from .errors import Unreachable
from .json_text import parse as parse_json
from .transport import Transport

_TENANT_IN_ISSUER = re.compile(r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/", re.IGNORECASE)


def owner_of(name: str, cloud: Cloud, transport: Transport) -> str | None:
    """The id of the tenant that a domain or an id names in this cloud; ``None`` if there is none.

    :raises Unreachable: if the document cannot be read.
    """
    url = f"{cloud.login_endpoint}/{quote(name, safe='')}/v2.0/.well-known/openid-configuration"
    response = transport.request("GET", url, headers={"Accept": "application/json"})
    if response.status_code in (400, 404):
        return None
    try:
        document: Any = parse_json(response.content)
    except ValueError:
        document = None
    match = _TENANT_IN_ISSUER.search(str(document.get("issuer"))) if isinstance(document, dict) else None
    if response.status_code >= 300 or match is None:
        raise Unreachable("GET", url, f"no OpenID document was returned (HTTP {response.status_code})")
    return match[1].lower()

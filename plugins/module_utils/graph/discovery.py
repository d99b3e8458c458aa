# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What the sign-in service tells everybody of a tenant (fact sheet 1.5)."""

from __future__ import annotations

import re
import uuid
from urllib.parse import quote, urlsplit

from .cloud import Cloud
from .errors import CredentialProblem, Unreachable
from .transport import Transport


def tenant_id(transport: Transport, cloud: Cloud, tenant: str) -> str:
    """The id of a tenant, which may be named by one of its domains. An id is not looked up.

    :raises CredentialProblem: when the tenant is not known in this cloud.
    :raises Unreachable: when the sign-in service does not answer.
    """
    try:
        return str(uuid.UUID(tenant))
    except ValueError:
        pass
    url = f"{cloud.login_endpoint}/{quote(tenant, safe='')}/v2.0/.well-known/openid-configuration"
    answer = transport.get(url)
    if answer.status_code == 429 or answer.status_code >= 500:
        raise Unreachable("GET", url, f"answered with HTTP {answer.status_code}")
    try:
        issuer = str(answer.json()["issuer"])
    except (ValueError, KeyError, TypeError):
        issuer = ""
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", urlsplit(issuer).path, re.IGNORECASE)
    if not found:
        raise CredentialProblem(f"the tenant {tenant} is not known in this cloud; check tenant_id and cloud")
    return found[0].lower()

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The claims of an access token. Nothing is verified: the service validates the token, here its claims are only read."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import CredentialProblem

OPAQUE = "the access token cannot be read, so its permissions are not known; acquire one for Microsoft Graph, version 1.0"
"""The message never quotes the token."""


class OpaqueToken(CredentialProblem):
    """A token that only the service can read. It may nevertheless have all permissions."""


@dataclass(frozen=True)
class Claims:
    """The bearer of a token. ``permissions`` are application permissions, or the scopes of a user who signed in."""

    tenant_id: str | None
    application_id: str | None
    application_name: str | None
    object_id: str | None
    permissions: frozenset[str]
    delegated: bool
    """A user signed in, whose own roles count, too."""
    expires: int | None
    """Seconds since 1970."""
    directory_roles: frozenset[str] = frozenset()
    """The template ids of Entra roles (claim ``wids``), in lower case. The roles of Exchange's own role groups are not among them."""


def decode(token: str) -> Claims:
    """The claims of an access token.

    :raises OpaqueToken: for a token that is not a JSON web token.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise OpaqueToken(OPAQUE)
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        raise OpaqueToken(OPAQUE) from None
    if not isinstance(payload, Mapping):
        raise OpaqueToken(OPAQUE)
    return _claims(payload)


def _claims(payload: Mapping[str, Any]) -> Claims:
    scopes = str(payload.get("scp") or "").split()
    granted = scopes or _texts(payload, "roles")
    expires = payload.get("exp")
    return Claims(
        tenant_id=_text(payload, "tid"),
        application_id=_text(payload, "appid") or _text(payload, "azp"),
        application_name=_text(payload, "app_displayname"),
        object_id=_text(payload, "oid"),
        permissions=frozenset(granted),
        delegated=bool(scopes),
        expires=int(expires) if isinstance(expires, int | float) and math.isfinite(expires) else None,
        directory_roles=frozenset(role.lower() for role in _texts(payload, "wids")),
    )


def _texts(payload: Mapping[str, Any], name: str) -> list[str]:
    values = payload.get(name)
    return [str(value) for value in values] if isinstance(values, list) else []


def _text(payload: Mapping[str, Any], name: str) -> str | None:
    value = payload.get(name)
    return value if isinstance(value, str) and value else None

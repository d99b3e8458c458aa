# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claims that are read from an access token, and that the token is never shown."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.claims import OpaqueToken, decode


def token(payload: Any) -> str:
    """A token as a sign-in service makes it, without padding, with a signature that is not verified."""
    middle = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{middle}.c2lnbmF0dXJl"


def test_an_application() -> None:
    claims = decode(
        token({"tid": "t", "appid": "a", "app_displayname": "정보 시스템?>", "oid": "o", "roles": ["User.Read.All"], "exp": 1764000000})
    )
    assert (claims.tenant_id, claims.application_id, claims.application_name, claims.object_id) == ("t", "a", "정보 시스템?>", "o")
    assert claims.permissions == {"User.Read.All"}
    assert claims.delegated is False
    assert claims.expires == 1764000000
    assert decode(token({"exp": float("inf")})).expires is None


def test_a_user() -> None:
    claims = decode(token({"azp": "a", "scp": "User.Read Policy.Read.All", "roles": ["ignored"]}))
    assert claims.delegated is True
    assert claims.permissions == {"User.Read", "Policy.Read.All"}
    assert claims.application_id == "a"


def test_nothing_is_permitted() -> None:
    claims = decode(token({}))
    assert claims.permissions == frozenset()
    assert (claims.expires, claims.tenant_id) == (None, None)


@pytest.mark.parametrize(
    "opaque", ["EwBwA8l6BAAU-secret", "a.b", "secret.e30", "secret.!!!.secret", "secret.WzFd.secret", "secret.bm90IGpzb24.secret", ""]
)
def test_an_opaque_token(opaque: str) -> None:
    with pytest.raises(OpaqueToken, match="access token cannot be read") as caught:
        decode(opaque)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None

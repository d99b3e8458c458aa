# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources for which the token endpoint issues tokens: Microsoft Graph, and Exchange Online (fact F143, F146)."""

from __future__ import annotations

from functools import lru_cache

import jwt

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GRAPH_RESOURCES = (
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    GRAPH_APP_ID,
)
EXCHANGE_APP_ID = "00000002-0000-0ff1-ce00-000000000000"
EXCHANGE_RESOURCES = (
    "https://outlook.office365.com",
    "https://outlook.office365.cn",
    "https://partner.outlook.cn",
    "https://outlook.office365.us",
    "https://outlook-dod.office365.us",
    EXCHANGE_APP_ID,
)
EXCHANGE_PREFIX = "/exchange"
"""Below it this server is Exchange. Its origin alone is Graph, and a token's audience must say which of the two it is for."""


def graph(origin: str) -> tuple[str, ...]:
    """The resources that are Graph here: the real roots, and this server, unless it is called by a name of Exchange."""
    return (*GRAPH_RESOURCES, origin) if origin not in EXCHANGE_RESOURCES else GRAPH_RESOURCES


def exchange(origin: str) -> tuple[str, ...]:
    """The resources that are Exchange here: the real roots, and a part of this server."""
    return (*EXCHANGE_RESOURCES, origin + EXCHANGE_PREFIX)


def names_exchange(scope: str, origin: str) -> bool:
    """Whether a scope is Exchange's."""
    return scope.removesuffix("/.default").rstrip("/") in exchange(origin)


@lru_cache(64)
def audiences(resources: tuple[str, ...]) -> list[str]:
    """What a token's ``aud`` may be: each resource, with a slash at its end or without."""
    return [*resources, *(f"{name}/" for name in resources)]


def is_for_another(authorization: str, resources: tuple[str, ...]) -> bool:
    """Whether a bearer token names another resource than these. It need not be valid: what counts is to whom it was shown."""
    try:
        claims = jwt.decode(authorization.partition(" ")[2].strip(), options={"verify_signature": False})
    except jwt.PyJWTError:
        return False
    return claims.get("aud") not in audiences(resources)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Sovereign clouds and their endpoints (fact F143)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import CredentialProblem


@dataclass(frozen=True)
class Cloud:
    """The sign-in and Graph endpoints of a cloud. A token is valid in its own cloud only."""

    name: str
    login_endpoint: str
    graph_endpoint: str


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        Cloud("usgov", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        Cloud("usgov_dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        Cloud("china", "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
    )
}

OF_AZURE = {"azurecloud": "global", "azureusgovernment": "usgov", "azurechinacloud": "china"}
"""The clouds by the names that Azure's tools have for them, in lower case. The DoD cloud has none of its own."""


def choose(name: str, login_endpoint: str | None = None, graph_endpoint: str | None = None) -> Cloud:
    """The named cloud; a given endpoint replaces the cloud's own.

    :raises KeyError: for a name that is not in `CLOUDS`.
    :raises CredentialProblem: for an endpoint that is not a valid ``https`` address, or contains a password.
    """
    cloud = CLOUDS[name]
    return Cloud(
        name,
        root("login_endpoint", login_endpoint or cloud.login_endpoint),
        root("graph_endpoint", graph_endpoint or cloud.graph_endpoint),
    )


def root(option: str, endpoint: str) -> str:
    """The endpoint without a slash at its end. ``AZURE_AUTHORITY_HOST`` often is a bare host name.

    A message never quotes the endpoint, because it may contain a password.

    :raises CredentialProblem: for an endpoint that is not a valid ``https`` address, or contains a password.
    """
    given = endpoint.strip()
    root = given if "://" in given else f"https://{given}"
    if not root.lower().startswith("https://"):
        raise CredentialProblem(f"{option} must begin with https://")
    try:
        parts = urlsplit(root)
        valid = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid or any(not character.isprintable() or character.isspace() for character in root):
        raise CredentialProblem(f"{option} is not a valid address; write it like https://login.example")
    if "@" in parts.netloc:
        raise CredentialProblem(f"{option} must not contain a user name or a password; set credentials with their own options")
    if parts.query or parts.fragment:
        raise CredentialProblem(f"{option} must end with the host or a path, without ? and #")
    return root.rstrip("/")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A token of another identity provider, which the application trusts through a federated credential, instead of a secret."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ..cloud import Cloud
from ..errors import CredentialProblem
from ..library import file_cause
from ..secrecy import sendable
from ..transport import Transport
from . import application
from .application import ClientCredential
from .base import Applicant, Secrets, require

GITHUB_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105  (the name of a variable)
"""What GitHub Actions gives to a job that has the permission ``id-token: write``."""

AUDIENCES = {
    "usgov": "api://AzureADTokenExchangeUSGov",
    "usgov_dod": "api://AzureADTokenExchangeUSGov",
    "china": "api://AzureADTokenExchangeChina",
}
"""Whom such a token is made for, where it is not the audience of the global cloud."""


def given(secrets: Secrets) -> bool:
    """Whether there is such a token, or somewhere to get one."""
    return bool(secrets.federated_token or secrets.federated_token_file or (os.environ.get(GITHUB_URL) and os.environ.get(GITHUB_TOKEN)))


def from_options(applicant: Applicant) -> ClientCredential:
    """The token of the options, of the file, or of GitHub, in this order.

    :raises CredentialProblem: when a file cannot be read, or holds nothing.
    """
    require(application.MISSING_LIBRARY, "federated")
    secrets = applicant.secrets
    if secrets.federated_token:
        token = sendable(secrets.federated_token, "federated_token")
        return ClientCredential("federated", applicant, lambda _transport: _proof(token), lambda: token)
    if secrets.federated_token_file:
        path = Path(secrets.federated_token_file)
        # Kubernetes replaces the file long before its token expires, so it is read at each sign-in.
        _read(path)
        return ClientCredential("federated", applicant, lambda _transport: _proof(_read(path)), lambda: _read(path))
    url, bearer = os.environ[GITHUB_URL].strip(), sendable(os.environ[GITHUB_TOKEN], GITHUB_TOKEN)
    _require_https(url)
    address = _for_audience(url, audience(applicant.cloud))
    return ClientCredential(
        "federated", applicant, lambda transport: _proof(_from_github(address, bearer, transport)), lambda: f"{address} {bearer}"
    )


def audience(cloud: Cloud) -> str:
    """The audience that a federated credential expects in this cloud."""
    return AUDIENCES.get(cloud.name, "api://AzureADTokenExchange")


def _proof(assertion: str) -> dict[str, object]:
    # msal warns of an assertion that is a plain text, because it cannot be renewed; ours is fetched for this sign-in.
    return {"client_assertion": lambda: assertion}


def _read(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise CredentialProblem(f"federated_token_file {path} cannot be read: {file_cause(error)}") from None
    if not token:
        raise CredentialProblem(f"federated_token_file {path} is empty")
    return sendable(token, f"the token in federated_token_file {path}")


def _require_https(url: str) -> None:
    if not url.lower().startswith("https://"):
        raise CredentialProblem(f"{GITHUB_URL} does not begin with https://")
    try:
        urlsplit(url)
    except ValueError:
        raise CredentialProblem(f"{GITHUB_URL} is no valid address") from None


def _for_audience(url: str, wanted: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), ("audience", wanted)])))


def _from_github(url: str, bearer: str, transport: Transport) -> str:
    """A new token of the running job.

    :raises CredentialProblem: when GitHub gives none.
    """
    session = transport.beside(url)
    try:
        answer = session.get(url, headers={"Authorization": f"Bearer {bearer}", "Accept": "application/json"})
        token = answer.json().get("value")
    except (ValueError, AttributeError):
        token = None
    finally:
        session.close()
    if not isinstance(token, str) or not token:
        raise CredentialProblem(
            f"GitHub gave no token for the running job (HTTP {answer.status_code}); the job needs the permission id-token: write"
        )
    return sendable(token, "the token that GitHub gave")

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
from .base import Applicant, CredentialOption, Method, require_library

GITHUB_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105  (the name of a variable)
"""Variables that GitHub Actions sets for a job with the permission ``id-token: write``."""

AUDIENCES = {
    "usgov": "api://AzureADTokenExchangeUSGov",
    "usgov_dod": "api://AzureADTokenExchangeUSGov",
    "china": "api://AzureADTokenExchangeChina",
}
"""The audience of such a token in the clouds where it is not that of the global cloud."""


def in_github_job() -> bool:
    """Whether this is a job of GitHub Actions that can request a token."""
    return bool(os.environ.get(GITHUB_URL) and os.environ.get(GITHUB_TOKEN))


def from_options(applicant: Applicant) -> ClientCredential:
    """The token of the options, of the file, or of GitHub, in this order.

    :raises CredentialProblem: if a token is malformed, or if the file cannot be read or is empty.
    """
    require_library(application.MISSING_LIBRARY, "federated")
    secrets = applicant.secrets
    given = secrets["federated_token"]
    if given:
        token = sendable(given, "federated_token")
        return ClientCredential("federated", applicant, lambda _transport: _proof(token), lambda: token)
    file = secrets["federated_token_file"]
    if file:
        path = Path(file)
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
    # msal warns about an assertion that is a plain text, because it cannot be renewed; this one was fetched for this sign-in.
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
        raise CredentialProblem(f"{GITHUB_URL} is not a valid address") from None


def _for_audience(url: str, expected: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), ("audience", expected)])))


def _from_github(url: str, bearer: str, transport: Transport) -> str:
    """A new token of the running job.

    :raises CredentialProblem: if GitHub returns none.
    """
    session = transport.for_endpoints(url)
    try:
        answer = session.get(url, headers={"Authorization": f"Bearer {bearer}", "Accept": "application/json"})
        token = answer.json().get("value")
    except (ValueError, AttributeError):
        token = None
    finally:
        session.close()
    if not isinstance(token, str) or not token:
        raise CredentialProblem(
            f"GitHub returned no token for the running job (HTTP {answer.status_code}); the job needs the permission id-token: write"
        )
    return sendable(token, "the token that GitHub returned")


METHOD = Method(
    "federated",
    from_options,
    options=(
        CredentialOption("federated_token", "token"),
        CredentialOption("federated_token_file", "path", environment=("AZURE_FEDERATED_TOKEN_FILE",)),
    ),
    missing="neither federated_token nor federated_token_file is given, and this is not a GitHub Actions job that can request a token",
    in_environment=in_github_job,
)

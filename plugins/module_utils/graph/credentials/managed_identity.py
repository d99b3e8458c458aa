# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The identity of the machine in Azure: of a virtual machine, an App Service, or a server under Azure Arc, through msal."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import CredentialProblem, GraphFailure, Unreachable
from ..secrecy import shown
from ..transport import Transport, printable
from . import application
from .application import lifetime
from .base import Applicant, Method, Token, check_tenant, fingerprint, first_line, require_library

# `application` reports that it is missing.
with contextlib.suppress(ImportError):
    import msal

TEMPORARY_STATUSES = (404, 410, 429, 500, 502, 503, 504)
"""Statuses of the machine's endpoint after which Microsoft's documentation requires a retry."""

MACHINE_SECRETS = ("IDENTITY_HEADER", "MSI_SECRET")
"""Variables with the secret that a process must send to the machine's endpoint."""


@dataclass(frozen=True)
class ManagedIdentity:
    """The system-assigned identity, or the user-assigned one whose client id is given."""

    applicant: Applicant

    @property
    def fingerprint(self) -> str:
        """Of the client id, because there is no secret."""
        return fingerprint("managed_identity", self.applicant.client_id)

    def token(self, transport: Transport) -> Token:
        """Ask the machine for a token.

        :raises CredentialProblem: if it has no such identity, or one of another tenant.
        """
        client_id = self.applicant.client_id
        identity = msal.UserAssignedManagedIdentity(client_id=client_id) if client_id else msal.SystemAssignedManagedIdentity()
        endpoint = _MachineEndpoint(transport)
        try:
            client = msal.ManagedIdentityClient(identity, http_client=endpoint)
            answer: Mapping[str, Any] = client.acquire_token_for_client(resource=self.applicant.audience)
        except GraphFailure:
            raise
        except Exception as error:
            raise _no_token(f"its answer cannot be read ({type(error).__name__})") from None
        finally:
            endpoint.close()
        if "access_token" not in answer:
            reason = first_line(str(answer.get("error_description") or answer.get("error") or ""))
            raise _no_token(shown(reason, map(os.environ.get, MACHINE_SECRETS)))
        value = str(answer["access_token"])
        check_tenant(value, "the managed identity's token", self.applicant, transport)
        return Token(value, time.time() + lifetime(answer))


def from_options(applicant: Applicant) -> ManagedIdentity:
    """The machine's identity."""
    require_library(application.MISSING_LIBRARY, "managed_identity")
    return ManagedIdentity(applicant)


class _MachineEndpoint:
    """msal's HTTP client for the machine's own endpoint, which is never behind a proxy."""

    def __init__(self, transport: Transport) -> None:
        self._session = transport.for_endpoints()

    def get(self, url: str, params: Any = None, headers: Any = None, **_options: Any) -> Any:
        """Send one request.

        :raises CredentialProblem: if the endpoint does not answer.
        :raises Unreachable: if it is busy.
        """
        try:
            answer = self._session.get(url, params=params, headers=headers)
        except Unreachable as failure:
            raise CredentialProblem(f"this machine has no managed identity: {failure.url} does not answer ({failure.reason})") from None
        if answer.status_code in TEMPORARY_STATUSES:
            raise Unreachable("GET", printable(url), f"the managed identity answered with HTTP {answer.status_code}")
        return answer

    def post(self, *_unused: Any, **_options: Any) -> Any:
        """msal requires it of an HTTP client, but only reads."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _no_token(reason: str) -> CredentialProblem:
    return CredentialProblem(
        f"the managed identity returned no token: {reason[:300]}; check client_id, and that the identity is assigned to this machine"
    )


METHOD = Method("managed_identity", from_options, needs_client_id=False)

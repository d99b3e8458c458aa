# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The identity that Azure gives to the machine: a virtual machine, an App Service, or a server under Azure Arc, through msal."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import CredentialProblem, GraphFailure, Unreachable
from ..secrecy import shown
from ..transport import Transport, bare
from . import application
from .application import lifetime
from .base import Applicant, Token, check_tenant, fingerprint, first_line, require

# `application` says that it is missing.
with contextlib.suppress(ImportError):
    import msal

PASSING = (404, 410, 429, 500, 502, 503, 504)
"""Answers of a machine's endpoint after which Microsoft tells to ask again."""


MACHINE_SECRETS = ("IDENTITY_HEADER", "MSI_SECRET")
"""The variables by which a machine gives a process what it has to show at the endpoint."""


@dataclass(frozen=True)
class ManagedIdentity:
    """System-assigned, or the user-assigned one whose client id is given."""

    applicant: Applicant

    @property
    def fingerprint(self) -> str:
        """Of the identity's name; there is nothing secret."""
        return fingerprint("managed_identity", self.applicant.client_id)

    def token(self, transport: Transport) -> Token:
        """Ask the machine.

        :raises CredentialProblem: when it has no such identity, or one of another tenant.
        """
        client_id = self.applicant.client_id
        identity = msal.UserAssignedManagedIdentity(client_id=client_id) if client_id else msal.SystemAssignedManagedIdentity()
        machine = _Machine(transport)
        try:
            client = msal.ManagedIdentityClient(identity, http_client=machine)
            answer: Mapping[str, Any] = client.acquire_token_for_client(resource=self.applicant.cloud.graph_endpoint)
        except GraphFailure:
            raise
        except Exception as error:
            raise _none(f"its answer cannot be read ({type(error).__name__})") from None
        finally:
            machine.close()
        if "access_token" not in answer:
            said = first_line(str(answer.get("error_description") or answer.get("error") or ""))
            raise _none(shown(said, map(os.environ.get, MACHINE_SECRETS)))
        value = str(answer["access_token"])
        check_tenant(value, "the managed identity's token", self.applicant, transport)
        return Token(value, time.time() + lifetime(answer))


def from_options(applicant: Applicant) -> ManagedIdentity:
    """The machine's identity."""
    require(application.MISSING_LIBRARY, "managed_identity")
    return ManagedIdentity(applicant)


class _Machine:
    """msal's way to the machine's own endpoint, which is never behind a proxy."""

    def __init__(self, transport: Transport) -> None:
        self._session = transport.beside()

    def get(self, url: str, params: Any = None, headers: Any = None, **_options: Any) -> Any:
        """Ask once.

        :raises CredentialProblem: when nobody is there.
        :raises Unreachable: when the machine is busy.
        """
        try:
            answer = self._session.get(url, params=params, headers=headers)
        except Unreachable as failure:
            raise CredentialProblem(f"this machine has no managed identity: {failure.url} does not answer ({failure.reason})") from None
        if answer.status_code in PASSING:
            raise Unreachable("GET", bare(url), f"the managed identity answered with HTTP {answer.status_code}")
        return answer

    def post(self, *_unused: Any, **_options: Any) -> Any:
        """msal wants an HTTP client to have it, and reads only."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _none(said: str) -> CredentialProblem:
    return CredentialProblem(f"the managed identity gave no token: {said[:300]}; check that it is assigned to this machine, and client_id")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What every way to sign in has in common. A credential is checked before any connection is made, and never shown."""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from ..claims import Claims, OpaqueToken, decode
from ..cloud import Cloud
from ..discovery import owner_of
from ..errors import CredentialProblem
from ..secrecy import without_line_end
from ..transport import Transport


@dataclass(frozen=True)
class Token:
    """An access token for Graph. ``expires`` is in seconds since the epoch, ``None`` where nobody knows."""

    value: str = field(repr=False)
    expires: float | None = None


class Credential(Protocol):
    """A source of access tokens for one tenant. Remembering them is somebody else's work (`tokens`)."""

    @property
    def fingerprint(self) -> str:
        """A hash of who signs in and with what, so that a token is never taken for one that another credential earned."""

    def token(self, transport: Transport) -> Token:
        """Sign in.

        :raises GraphFailure: when that fails.
        """


@dataclass(frozen=True)
class Secrets:
    """What the caller gave. Kept out of every ``repr``."""

    client_secret: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    certificate_path: str | None = None
    certificate_passphrase: str | None = field(default=None, repr=False)
    federated_token: str | None = field(default=None, repr=False)
    federated_token_file: str | None = None
    access_token: str | None = field(default=None, repr=False)

    def trimmed(self) -> Secrets:
        """Without what files and variables put around a secret, such as the line end of a file."""
        return replace(
            self,
            client_secret=without_line_end(self.client_secret),
            certificate_passphrase=without_line_end(self.certificate_passphrase),
            federated_token=(self.federated_token or "").strip() or None,
            access_token=(self.access_token or "").strip() or None,
        )

    def values(self) -> tuple[str | None, ...]:
        """Everything that nobody may see."""
        return self.client_secret, self.certificate, self.certificate_passphrase, self.federated_token, self.access_token


@dataclass(frozen=True)
class Applicant:
    """Who wants to sign in, where, and with what. ``client_id`` may be empty; ``tell`` reaches a human, if one may be there."""

    cloud: Cloud
    tenant: str
    client_id: str
    secrets: Secrets
    tell: Callable[[str], None] | None = None


def fingerprint(*parts: str) -> str:
    """The hash of these texts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def require(library: ImportError | None, method: str) -> None:
    """Ask for a library that only some methods need.

    :raises CredentialProblem: when it is missing.
    """
    if library:
        name = str(library.name).split(".", maxsplit=1)[0]
        python = sys.executable or "this Python"
        raise CredentialProblem(f"auth_method {method} needs the Python library {name}, which {python} lacks; install it there")


def read(token: str) -> Claims | None:
    """What a token says of itself; ``None`` for one that only the service can read."""
    try:
        return decode(token)
    except OpaqueToken:
        return None


def check_tenant(token: str, whose: str, applicant: Applicant, transport: Transport) -> None:
    """Refuse a token for another tenant: whoever gave it was not asked for a tenant, and all of the work would be done there.

    :raises CredentialProblem: when it is for another one.
    """
    said = read(token)
    if said and said.tenant_id and said.tenant_id.lower() != _tenant_id(applicant, transport):
        raise CredentialProblem(
            f"{whose} is for tenant {said.tenant_id}, not for {applicant.tenant}; sign in to this tenant in another way"
        )


def _tenant_id(applicant: Applicant, transport: Transport) -> str | None:
    """An id is not looked up."""
    try:
        return str(uuid.UUID(applicant.tenant))
    except ValueError:
        return owner_of(applicant.tenant, applicant.cloud, transport)


def first_line(text: str) -> str:
    """The service's sentence without the trace ids that follow it."""
    return text.splitlines()[0].split(" Trace ID:")[0].strip() if text else "no reason given"

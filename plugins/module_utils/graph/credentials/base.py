# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What all sign-in methods have in common. A credential is checked before any connection is made, and never shown."""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..claims import Claims, OpaqueToken, decode
from ..cloud import Cloud
from ..discovery import owner_of
from ..errors import CredentialProblem
from ..secrecy import with_line_ends, without_line_end
from ..transport import Transport


@dataclass(frozen=True)
class Token:
    """An access token. ``expires`` is in seconds since the epoch, ``None`` if it is not known."""

    value: str = field(repr=False)
    expires: float | None = None


class Credential(Protocol):
    """A source of access tokens for one tenant. It caches nothing; `tokens` does."""

    @property
    def fingerprint(self) -> str:
        """A hash of the identity and its proof, so that a cached token is never used for another credential."""

    def token(self, transport: Transport) -> Token:
        """Sign in.

        :raises GraphFailure: if the sign-in fails.
        """


@dataclass(frozen=True)
class CredentialOption:
    """An option of a task from which a method takes what it signs in with.

    The argument specs, the validation and the masking of the option derive from this.
    """

    name: str
    form: Literal["line", "text", "token", "path"]
    """One line, text of several lines in PEM, a token, or the path of a file. All but a path are secrets."""
    environment: tuple[str, ...] = ()
    """The environment variables that are used if the option is not set, the first one that has a value."""
    aliases: tuple[str, ...] = ()
    selects: bool = True
    """Whether ``auto`` chooses the method if this option is set."""

    @property
    def is_secret(self) -> bool:
        """Whether no output may contain the value."""
        return self.form != "path"

    def trimmed(self, value: str | None) -> str | None:
        """The value without what files and variables put around it, such as the line end of a file."""
        if self.form == "token":
            return (value or "").strip() or None
        if self.form == "text":
            return with_line_ends(value)
        return without_line_end(value) if self.form == "line" else value


@dataclass(frozen=True)
class Secrets:
    """The values of the credential options. They appear in no ``repr``."""

    _values: Mapping[str, str | None] = field(repr=False)
    _secret_names: frozenset[str]

    def __getitem__(self, option: str) -> str | None:
        """The trimmed value of an option; ``None`` if it is not set.

        :raises KeyError: if no sign-in method has the option.
        """
        return self._values[option]

    def hidden(self) -> list[str | None]:
        """The values that no output may contain."""
        return [value for name, value in self._values.items() if name in self._secret_names]


def read_secrets(options: Iterable[CredentialOption], params: Mapping[str, Any]) -> Secrets:
    """The values of these options among the options of a task."""
    options = list(options)
    values = {option.name: option.trimmed(params.get(option.name)) for option in options}
    return Secrets(values, frozenset(option.name for option in options if option.is_secret))


@dataclass(frozen=True)
class Applicant:
    """Who signs in, where, and with which secrets. ``client_id`` may be empty."""

    cloud: Cloud
    tenant: str
    client_id: str
    secrets: Secrets
    show: Callable[[str], None] | None = None
    """Shows a message to the user at the terminal, if there may be one."""
    service: str | None = None
    """The endpoint of the service that the token is for; ``None`` for Microsoft Graph."""

    @property
    def audience(self) -> str:
        """The endpoint of the service that the token is for."""
        return self.service or self.cloud.graph_endpoint

    @property
    def scope(self) -> str:
        """The scope of a token with all permissions that the application was granted for the service."""
        return f"{self.audience}/.default"


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Method:
    """A way to sign in: a row of the table in `methods`."""

    name: str
    """The value of ``auth_method``."""
    create: Callable[[Applicant], Credential]
    """Raises `CredentialProblem` if something is unusable."""
    options: tuple[CredentialOption, ...] = ()
    missing: str = ""
    """What to report if the method is named and `is_given` is false."""
    in_environment: Callable[[], bool] = _never
    """Whether the environment of the process has what the method needs."""
    needs_client_id: bool = True
    """Whether it signs in with the client id of an application registration."""
    only_graph: str = ""
    """Why it has no token for another service than Microsoft Graph, as a clause; empty if it has."""

    @property
    def is_automatic(self) -> bool:
        """Whether ``auto`` may choose the method. A method that takes nothing from the options is only used if it is named."""
        return any(option.selects for option in self.options)

    def is_given(self, secrets: Secrets) -> bool:
        """Whether what the method needs is there."""
        return not self.is_automatic or any(secrets[option.name] for option in self.options if option.selects) or self.in_environment()


def fingerprint(*parts: str) -> str:
    """The hash of these texts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def require_library(missing: ImportError | None, method: str) -> None:
    """Check a library that only some methods need. ``missing`` is the error of its import.

    :raises CredentialProblem: if it is missing.
    """
    if missing:
        name = str(missing.name).split(".", maxsplit=1)[0]
        python = sys.executable or "this Python"
        raise CredentialProblem(f"auth_method {method} needs the Python library {name}, which {python} lacks; install it there")


def claims_of(token: str) -> Claims | None:
    """The claims of a token; ``None`` if only the service can read it."""
    try:
        return decode(token)
    except OpaqueToken:
        return None


def check_tenant(token: str, whose: str, applicant: Applicant, transport: Transport) -> None:
    """Reject a token for another tenant: its source was not asked for a tenant, and all changes would be made in the other one.

    :raises CredentialProblem: if the token is for another tenant. ``whose`` names the token in the message.
    """
    claims = claims_of(token)
    if claims and claims.tenant_id and claims.tenant_id.lower() != _tenant_id(applicant, transport):
        raise CredentialProblem(
            f"{whose} is for tenant {claims.tenant_id}, not for {applicant.tenant}; sign in to this tenant in another way"
        )


def _tenant_id(applicant: Applicant, transport: Transport) -> str | None:
    """The id of the tenant. Only a domain needs a lookup."""
    try:
        return str(uuid.UUID(applicant.tenant))
    except ValueError:
        return owner_of(applicant.tenant, applicant.cloud, transport)


def first_line(text: str) -> str:
    """The message of the service without the trace ids that follow it."""
    return text.splitlines()[0].split(" Trace ID:")[0].strip() if text else "no reason given"

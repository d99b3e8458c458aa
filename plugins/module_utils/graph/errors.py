# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What can go wrong between us and Graph. One family, so that a caller needs one ``except``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


NAMED = 3
"""How many of the requests of a batch a sentence names."""


class GraphFailure(Exception):
    """Every failure of this package."""


class CredentialProblem(GraphFailure):
    """The credential cannot be used, and no waiting will change that."""


@dataclass(eq=False)
class SignInFailure(GraphFailure):
    """The token endpoint refused. ``codes`` are the numbers of the ``AADSTS`` errors."""

    tenant: str
    client_id: str
    codes: tuple[int, ...]
    said: str
    trace_id: str | None = None
    correlation_id: str | None = None

    def __str__(self) -> str:
        return f"sign-in of application {self.client_id} to tenant {self.tenant} failed: {self.said}"


@dataclass(eq=False)
class Unreachable(GraphFailure):
    """No answer that can be understood. ``certain`` tells whether the request surely had no effect."""

    method: str
    url: str
    reason: str
    certain: bool = True
    client_request_id: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.url}: {self.reason}"


@dataclass(eq=False)
class OddAnswer(GraphFailure):
    """Graph answered with success, and with something that is not what its documents say. ``asked`` are the last requests."""

    asked: tuple[str, ...]
    lack: str

    def __str__(self) -> str:
        named = ", ".join(self.asked[:NAMED])
        more = f" and {len(self.asked) - NAMED} more" if len(self.asked) > NAMED else ""
        which = f"one of the answers of {named}{more}" if len(self.asked) > 1 else f"the answer of {named}"
        return f"{which} is not as Microsoft documents it ({self.lack}); run again, and report it if it stays"


@dataclass(eq=False)
class ServiceError(GraphFailure):
    """Graph answered with an error (fact sheet 0.1 and 0.2)."""

    method: str
    path: str
    status: int
    code: str
    message: str
    details: tuple[str, ...] = ()
    request_id: str | None = None
    client_request_id: str | None = None
    retry_after: str | None = None

    def __str__(self) -> str:
        said = f": {self.message}" if self.message else ""
        return f"{self.method} {self.path} was answered with HTTP {self.status} {self.code}{said}"

    def names(self, code: str) -> bool:
        """Whether it is this error. A code may stand in the details, or be wrapped in the message (fact sheet 0.2 and 13.1)."""
        return code in (self.code, *self.details) or code in self.message

    @property
    def missing(self) -> bool:
        """Graph itself says that the object is not there. An unknown route of the synchronization service is no absence
        (fact sheet 0.1), and neither is a proxy's page.
        """
        return self.status == 404 and self.code not in ("UnknownError", "HTTP404")

    @property
    def denied(self) -> bool:
        """A permission is missing. The synchronization service says 401 with an empty message (fact sheet 0.1)."""
        return self.status == 403 or (self.status == 401 and self.code == "UnknownError")

    @property
    def token_refused(self) -> bool:
        """The token itself is not accepted any more."""
        return self.status == 401 and self.code == "InvalidAuthenticationToken"

    @property
    def token_doubtful(self) -> bool:
        """The synchronization service refuses, and does not say whether for the token or for a permission (fact sheet 0.1)."""
        return self.status == 401 and self.code == "UnknownError"


@dataclass(eq=False)
class Uncertain(GraphFailure):
    """A write whose answer was lost: it may or may not have happened. Only reading can tell; never repeat it blindly."""

    cause: GraphFailure = field(default_factory=GraphFailure)

    def __str__(self) -> str:
        return f"{self.cause} (the change may or may not have been made)"


def service_error(method: str, path: str, status: int, body: Any, headers: Mapping[str, str]) -> ServiceError:
    """Read either error dialect; a body that is no Graph error gives ``HTTP<status>`` as its code."""
    error = body.get("error") if isinstance(body, Mapping) else None
    error = error if isinstance(error, Mapping) else {}
    named = {name.lower(): value for name, value in headers.items()}
    inner = error.get("innerError")
    inner = inner if isinstance(inner, Mapping) else {}
    details = error.get("details")
    codes = tuple(str(one.get("code")) for one in details if isinstance(one, Mapping)) if isinstance(details, list) else ()
    return ServiceError(
        method=method,
        path=path,
        status=status,
        code=str(error.get("code") or f"HTTP{status}"),
        message=str(error.get("message") or ""),
        details=codes,
        request_id=named.get("request-id") or inner.get("request-id"),
        client_request_id=named.get("client-request-id") or inner.get("client-request-id"),
        retry_after=named.get("retry-after"),
    )

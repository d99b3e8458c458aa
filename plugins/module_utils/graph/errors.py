# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The failures of this package. They share one base class, so that a caller needs one ``except``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .message import BATCH

LARGEST_NAMED = 3
"""How many of the requests of a batch a message names."""


class GraphFailure(Exception):
    """The base class of all failures of this package."""

    where: str | None = None
    """The tenant that was read, if the failure occurred in `Client.reading`."""


class CredentialProblem(GraphFailure):
    """The credential cannot be used, and waiting does not change that."""


@dataclass(eq=False)
class SignInFailure(GraphFailure):
    """The token endpoint refused the sign-in. ``codes`` are the numbers of the ``AADSTS`` errors, ``reason`` is its message."""

    tenant: str
    client_id: str
    codes: tuple[int, ...]
    reason: str
    trace_id: str | None = None
    correlation_id: str | None = None

    def __str__(self) -> str:
        return f"sign-in of application {self.client_id} to tenant {self.tenant} failed: {self.reason}"


@dataclass(eq=False)
class Unreachable(GraphFailure):
    """There is no answer, or none that can be read. ``certain``: true if the request had no effect."""

    method: str
    url: str
    reason: str
    certain: bool = True
    client_request_id: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.url}: {self.reason}"


class Unanswered(Unreachable):
    """A batch was answered, but without this item."""


@dataclass(eq=False)
class OddAnswer(GraphFailure):
    """Graph answered with success, but the body does not have the documented form.

    ``requests`` are the last requests, as method and path, and ``deviation`` says how the form differs.
    """

    requests: tuple[str, ...]
    deviation: str

    def __str__(self) -> str:
        named = ", ".join(self.requests[:LARGEST_NAMED])
        more = f" and {len(self.requests) - LARGEST_NAMED} more" if len(self.requests) > LARGEST_NAMED else ""
        which = f"one of the answers of {named}{more}" if len(self.requests) > 1 else f"the answer of {named}"
        return f"{which} is not as Microsoft documents it ({self.deviation}); run again, and report it if it stays"


@dataclass(eq=False)
class ServiceError(GraphFailure):
    """Graph answered with an error (facts F1, F2, F7)."""

    method: str
    path: str
    status: int
    code: str
    message: str
    details: tuple[str, ...] = ()
    request_id: str | None = None
    client_request_id: str | None = None
    retry_after: str | None = None
    passes: bool = False
    """The service reports that the same request can succeed a little later."""

    def __str__(self) -> str:
        message = f": {self.message}" if self.message else ""
        return f"{self.method} {self.path} was answered with HTTP {self.status} {self.code}{message}"

    def names(self, code: str) -> bool:
        """Whether the error has this code. The code can be in the details, or inside the message (facts F7, F13)."""
        return code in (self.code, *self.details) or code in self.message

    @property
    def missing(self) -> bool:
        """Graph itself reports that the object does not exist. An unknown route of the synchronization service (fact F3) and
        the error page of a proxy do not count, nor does the error of a whole batch: it says nothing of the objects in it.
        """
        return self.status == 404 and self.code not in ("UnknownError", "HTTP404") and self.path != BATCH

    @property
    def denied(self) -> bool:
        """A permission is missing. The synchronization service then answers 401 with an empty message (fact F2)."""
        return self.status == 403 or (self.status == 401 and self.code == "UnknownError")

    @property
    def may_be_too_early(self) -> bool:
        """It can pass, if the object was created just now: its synchronization endpoints answer 403 or 409 for a while (fact F4)."""
        return self.status in (403, 409) and "/synchronization/" in self.path

    @property
    def token_refused(self) -> bool:
        """The token itself is no longer accepted."""
        return self.status == 401 and self.code == "InvalidAuthenticationToken"

    @property
    def token_doubtful(self) -> bool:
        """The synchronization service refuses without a reason: the cause is the token or a permission (fact F2)."""
        return self.status == 401 and self.code == "UnknownError"


@dataclass(eq=False)
class Uncertain(GraphFailure):
    """A write whose answer was lost: it may or may not have happened. Only a read can determine which; never repeat it blindly."""

    cause: GraphFailure = field(default_factory=GraphFailure)

    def __str__(self) -> str:
        return f"{self.cause} (the change may or may not have been made)"

    @property
    def retry_after(self) -> str | None:
        """The ``Retry-After`` of the service, if there is one."""
        return self.cause.retry_after if isinstance(self.cause, ServiceError) else None


def service_error(method: str, path: str, status: int, body: Any, headers: Mapping[str, str]) -> ServiceError:
    """Read an error in either dialect; a body that is not a Graph error gets the code ``HTTP<status>``."""
    error = body.get("error") if isinstance(body, Mapping) else None
    error = error if isinstance(error, Mapping) else {}
    by_name = {name.lower(): value for name, value in headers.items()}
    inner = error.get("innerError")
    inner = inner if isinstance(inner, Mapping) else {}
    details = error.get("details")
    codes = tuple(str(detail.get("code")) for detail in details if isinstance(detail, Mapping)) if isinstance(details, list) else ()
    return ServiceError(
        method=method,
        path=path,
        status=status,
        code=str(error.get("code") or f"HTTP{status}"),
        message=str(error.get("message") or ""),
        details=codes,
        request_id=_text(by_name.get("request-id")) or _text(inner.get("request-id")),
        client_request_id=_text(by_name.get("client-request-id")) or _text(inner.get("client-request-id")),
        retry_after=_text(by_name.get("retry-after")),
    )


def _text(value: Any) -> str | None:
    """A header or an id. Those of an item of a batch are members of JSON, which can be anything; nothing but texts and numbers means something."""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None

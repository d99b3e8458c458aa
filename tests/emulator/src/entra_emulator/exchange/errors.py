# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange's errors (F149): refusals without a readable body, and the envelope that hides the useful text deep inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NULS = "\0" * 2048
"""The body of a 403: not JSON, and nothing to print."""
BUSY = "You have reached the maximum number of concurrent requests per tenant. Please wait and try again."
EXPIRED_PAGE = "Expired or Invalid pagination request. Default Expiry time is 00:30:00"
CODES = {400: "BadRequest", 404: "NotFound", 429: "TooManyRequests", 500: "InternalServerError", 503: "ServiceUnavailable"}

BINDING = "System.Management.Automation.ParameterBindingException"
CONVERSION = "System.Management.Automation.ParameterBindingArgumentTransformationException"
FILTER = "Microsoft.Exchange.Data.ParsingException"
NOT_FOUND = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
ADDRESS_TAKEN = "Microsoft.Exchange.Data.Directory.ProxyAddressExistsException"
REQUEST = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException"


@dataclass
class ExchangeError(Exception):
    """An answer that is an error. A body of text is sent as it is."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)


def envelope(status: int, kind: str, text: str, detail: str | None = None, message: str = "Invalid Operation") -> dict[str, Any]:
    """The error's JSON; ``error.message`` never says anything."""
    code = CODES.get(status, "InternalServerError")
    inner = {"message": text, "type": kind, "stacktrace": ""}
    return {
        "error": {
            "code": code,
            "message": message,
            "details": [{"code": "Client", "target": "", "message": detail or f"|{kind}|{text}"}],
            "innererror": {"message": message, "type": REQUEST, "stacktrace": "", "internalexception": inner},
        }
    }


def cmdlet_error(kind: str, text: str, status: int = 400) -> ExchangeError:
    """A cmdlet or the request for it failed."""
    return ExchangeError(status, envelope(status, kind, text))


def not_found(identity: str, server: str, status: int) -> ExchangeError:
    """No such recipient: the only error that may be read as "absent"; its detail has three parts."""
    text = f"The operation couldn't be performed because object '{identity}' couldn't be found on '{server}'."
    return ExchangeError(status, envelope(status, NOT_FOUND, text, f"Ex6F9304|{NOT_FOUND}|{text}", "Error executing cmdlet"))


def unauthorized() -> ExchangeError:
    """No app role that this version takes, or a token for something else."""
    return ExchangeError(401, "", {"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'})


def denied(version: str) -> ExchangeError:
    """The app role is there, but no role allows the cmdlet, or there is no such cmdlet. v2.0 names the error (F153)."""
    if version == "beta":
        return ExchangeError(403, NULS)
    return ExchangeError(403, {"error": {"code": "ErrorAccessDenied", "message": "Access is denied. Check credentials and try again."}})


def faulty(status: int, code: str | None, retry_after: int | None) -> ExchangeError:
    """The fault plan's error, in the shape that Exchange gives to this status."""
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    if status in (401, 403):
        return ExchangeError(status, NULS if status == 403 else "", headers)
    body = envelope(status, REQUEST, BUSY if status in (429, 503) else "The fault plan answered this request; the issue may be transient.")
    if code is not None:
        body["error"]["code"] = code
    return ExchangeError(status, body, headers)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graph's errors in both dialects (facts F1, F2, F7).

Handlers raise `GraphError`. Directory endpoints answer with its code and message; below ``/synchronization`` the service
is another one, which hides what was wrong behind ``UnknownError``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

SYNCFABRIC = "https://syncfabric.windowsazure.com/api"


@dataclass(frozen=True)
class Identifiers:
    """What the service calls a request by, in headers and in ``innerError``."""

    request_id: str
    client_request_id: str


@dataclass
class GraphError(Exception):
    """An answer that is an error."""

    status: int
    code: str
    message: str
    details: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


def body(error: GraphError, identifiers: Identifiers) -> dict[str, Any]:
    """The JSON of an error."""
    content: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.details:
        content["details"] = error.details
    content["innerError"] = {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": identifiers.request_id,
        "client-request-id": identifiers.client_request_id,
    }
    return {"error": content}


def is_synchronization(path: str) -> bool:
    """Whether the synchronization service answers for this path (without the version)."""
    parts = path.strip("/").split("/")
    return len(parts) >= 3 and parts[0] == "servicePrincipals" and parts[2] == "synchronization"


# Sign-in ------------------------------------------------------------------------------------------------------------


def invalid_token(message: str) -> GraphError:
    """The bearer token is missing or bad (F9)."""
    return GraphError(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'})


def forbidden(path: str) -> GraphError:
    """The token lacks a permission: 403 from the directory, an empty 401 from the synchronization service (F2)."""
    if is_synchronization(path):
        return GraphError(401, "UnknownError", "")
    return denied()


def denied() -> GraphError:
    """The directory's refusal (F1)."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


# Routes and bodies --------------------------------------------------------------------------------------------------


def no_route(path: str) -> GraphError:
    """Nothing is served at this path (F3)."""
    if is_synchronization(path):
        return synchronization_no_route(path)
    segment = path.rstrip("/").rsplit("/", 1)[-1]
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def no_method(path: str) -> GraphError:
    """The path exists, the method does not (F3, F10)."""
    if is_synchronization(path):
        return synchronization_no_route(path)
    return GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")


def synchronization_no_route(path: str) -> GraphError:
    """The synchronization service's 404, whose message is itself JSON (F3)."""
    parts = path.strip("/").split("/")
    address = f"{SYNCFABRIC}/servicePrincipals('{parts[1]}')/synchronization"
    rest = parts[3:]
    if rest and rest[0] in ("jobs", "templates") and len(rest) > 1:
        address += f"/{rest[0]}('{rest[1]}')"
        rest = rest[2:]
    address = "/".join([address, *rest]) + "?api-version=2.0"
    text = json.dumps({"Message": f"No HTTP resource was found that matches the request URI '{address}'."}, separators=(",", ":"))
    return GraphError(404, "UnknownError", text)


def bad_request(message: str, code: str = "Request_BadRequest") -> GraphError:
    """A malformed request."""
    return GraphError(400, code, message)


def unreadable_json() -> GraphError:
    """The body is not JSON."""
    return bad_request(
        "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.", "BadRequest"
    )


# Objects ------------------------------------------------------------------------------------------------------------


def not_found(object_id: str) -> GraphError:
    """A directory object is absent, or not replicated yet (F8)."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present.",
    )


def no_company() -> GraphError:
    """PATCH of an identitySynchronization that does not exist (F8)."""
    return GraphError(404, "Directory_ObjectNotFound", "Unable to read the company information from the directory.")


def partner_exists() -> GraphError:
    """POST of a partner that exists (F6)."""
    return GraphError(
        409, "Request_MultipleObjectsWithSameKeyValue", "Another object with the same value for property tenantId already exists."
    )


def capability_exists() -> GraphError:
    """POST of a capability that exists (F201)."""
    return GraphError(
        409, "Request_MultipleObjectsWithSameKeyValue", "Another object with the same value for property name already exists."
    )


def conflicting_object() -> GraphError:
    """PUT of an identitySynchronization that exists (F6)."""
    message = "A conflicting object with one or more of the specified property values is present in the directory."
    details = [{"code": "ConflictingObjects", "message": message}]
    return GraphError(409, "Request_MultipleObjectsWithSameKeyValue", message, details)


def assignment_exists() -> GraphError:
    """A second, equal POST to appRoleAssignedTo (F107)."""
    message = "Permission being assigned already exists on the object"
    return GraphError(400, "Request_BadRequest", message, [{"code": "InvalidUpdate", "message": message, "target": "None"}])


def not_valid_reference(property_name: str) -> GraphError:
    """POST to appRoleAssignedTo while one side is not replicated (F8)."""
    return GraphError(400, "Request_BadRequest", f"Not a valid reference update. Property: {property_name}.")


def too_many_requests(retry_after: int, scope: str, information: str) -> GraphError:
    """Throttled (F20)."""
    headers = {"Retry-After": str(retry_after), "x-ms-throttle-scope": scope, "x-ms-throttle-information": information}
    return GraphError(429, "TooManyRequests", "Too many requests, please try again later.", headers=headers)

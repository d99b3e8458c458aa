# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Graph request to its answer: sign-in, route, permission, quota, body, handler. Used for requests and batch items."""

from __future__ import annotations

from collections.abc import Mapping

import jwt

from . import errors
from .call import Call, Caller, Reply, Request
from .endpoints import OPERATIONS
from .errors import GraphError
from .permissions import granted, owned_only
from .router import Operation, Router
from .service import Service
from .state import Tenant
from .tokens import audiences

ROUTER = Router(OPERATIONS)
EXPIRED = "Lifetime validation failed, the token is expired."
BUSY = 5
"""Requests per ten seconds to the logs, and of provisionOnDemand (0.5)."""


def answer(service: Service, request: Request, token_expired: bool = False) -> Reply:
    """The answer to a request; errors come out in the dialect of the service that answers."""
    try:
        reply = _answer(service, request, token_expired)
    except GraphError as problem:
        reply = Reply(problem.status, errors.body(problem, request.identifiers), dict(problem.headers))
    identifiers = request.identifiers
    headers = {"request-id": identifiers.request_id, "client-request-id": identifiers.client_request_id, "OData-Version": "4.0"}
    return Reply(reply.status, reply.body, {**headers, **reply.headers})


def _answer(service: Service, request: Request, token_expired: bool) -> Reply:
    caller, tenant = _sign_in(service, request, token_expired)
    operation, params = ROUTER.find(request.method, request.version, request.path)
    names = granted(operation.method, operation.template, caller.roles)
    if not names:
        raise errors.forbidden(request.path)
    _throttle(service, operation, request, caller)
    _check_query(operation, request)
    _check_body(operation, request)
    return operation.handler(Call(service, request, caller, tenant, params, owned_only(names)))


def _sign_in(service: Service, request: Request, token_expired: bool) -> tuple[Caller, Tenant]:
    if token_expired:
        raise errors.invalid_token(EXPIRED)
    return _claims(service, request.headers.get("authorization", ""), request.root.rsplit("/", 1)[0])


def _claims(service: Service, authorization: str, origin: str) -> tuple[Caller, Tenant]:
    """Who the bearer token was issued to (0.2)."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.invalid_token("Access token is empty.")
    try:
        claims = service.key.verify(token.strip(), audiences(origin))
    except jwt.ExpiredSignatureError:
        raise errors.invalid_token(EXPIRED) from None
    except jwt.InvalidAudienceError:
        raise errors.invalid_token("Access token validation failure. Invalid audience.") from None
    except jwt.InvalidSignatureError:
        raise errors.invalid_token("Access token validation failure.") from None
    except jwt.PyJWTError:
        raise errors.invalid_token("IDX14100: JWT is not well formed, there are no dots (.).") from None
    tenant = service.world.tenants.get(claims["tid"])
    if tenant is None or claims["appid"] not in tenant.registrations:
        raise errors.invalid_token("Access token validation failure.")
    return Caller(claims["appid"], tenant.id, frozenset(claims.get("roles", ()))), tenant


def _throttle(service: Service, operation: Operation, request: Request, caller: Caller) -> None:
    """The documented quotas (0.5)."""
    bucket = _bucket(operation)
    if service.settings.throttling and bucket:
        wait = service.throttle.wait((bucket, caller.tenant_id, caller.client_id), BUSY)
        if wait:
            raise errors.too_many_requests(wait, f"Tenant_Application/{bucket}/{caller.tenant_id}")
    limit = service.settings.directory_throttle_units
    if limit and not bucket:
        cost = resource_units(request)
        wait = service.throttle.wait(("directory", caller.tenant_id, caller.client_id), limit, cost)
        if wait:
            raise errors.too_many_requests(wait, f"Tenant_Application/ReadWrite/{caller.client_id}/{caller.tenant_id}")


def _bucket(operation: Operation) -> str | None:
    if operation.template.startswith("/auditLogs/"):
        return "reports"
    return "provisionOnDemand" if operation.template.endswith("/provisionOnDemand") else None


def resource_units(request: Request) -> int:
    """What a request costs (0.5)."""
    path = request.path.strip("/").split("/")
    cost = 1
    if request.method == "GET":
        if path[0] in ("applications", "users"):
            cost = 2
        if path[0] == "groups" and len(path) > 2:
            cost = 5 if path[2].lower() == "transitivemembers" else 3
    top = request.query.get("$top", "")
    cost -= "$select" in request.query
    cost += "$expand" in request.query
    cost -= top.isdigit() and int(top) < 20
    return max(1, cost)


def _check_query(operation: Operation, request: Request) -> None:
    for name in request.query:
        if name not in operation.query:
            raise errors.bad_request(f"Unrecognized query argument specified: '{name}'.")


def _check_body(operation: Operation, request: Request) -> None:
    if operation.optional_body and not request.has_body:
        return
    if operation.body and not isinstance(request.body, dict):
        raise errors.unreadable_json()
    if not operation.body and request.has_body and request.body != {}:
        raise errors.bad_request("The request has a body, but this operation takes none.", "BadRequest")


def require_sign_in(service: Service, headers: Mapping[str, str], origin: str, token_expired: bool) -> None:
    """A batch needs a good token of its own."""
    if token_expired:
        raise errors.invalid_token(EXPIRED)
    _claims(service, headers.get("authorization", ""), origin)


def identity(service: Service, authorization: str, origin: str) -> tuple[str | None, str | None]:
    """Tenant and application of a token, for the request log; none when it is not good."""
    try:
        caller, _ = _claims(service, authorization, origin)
    except GraphError:
        return None, None
    return caller.tenant_id, caller.client_id

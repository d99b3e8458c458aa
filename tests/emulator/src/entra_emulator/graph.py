# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Graph request to its answer: sign-in, route, permission, quota, body, handler. Used for requests and batch items."""

from __future__ import annotations

from collections.abc import Mapping

import jwt

from . import errors, quotas, resources
from .call import Call, Caller, Reply, Request
from .endpoints import OPERATIONS
from .errors import GraphError
from .permissions import granted, owned_only
from .router import Operation, Router
from .service import Service
from .state import Tenant

ROUTER = Router(OPERATIONS)
EXPIRED = "Lifetime validation failed, the token is expired."


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
    quota_headers = quotas.charge(service, request, caller, tenant)
    try:
        _check_query(operation, request)
        _check_body(operation, request)
        reply = operation.handler(Call(service, request, caller, tenant, params, owned_only(names)))
    except GraphError as problem:
        problem.headers.update(quota_headers)
        raise
    return Reply(reply.status, reply.body, {**quota_headers, **reply.headers})


def _sign_in(service: Service, request: Request, token_expired: bool) -> tuple[Caller, Tenant]:
    if token_expired:
        raise errors.invalid_token(EXPIRED)
    return _claims(service, request.headers.get("authorization", ""), request.root.rsplit("/", 1)[0])


def _claims(service: Service, authorization: str, origin: str) -> tuple[Caller, Tenant]:
    """Who the bearer token was issued to (F9)."""
    scheme, _mark, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.invalid_token("Access token is empty.")
    try:
        claims = service.key.verify(token.strip(), resources.audiences(resources.graph(origin)))
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
        caller, _tenant = _claims(service, authorization, origin)
    except GraphError:
        return None, None
    return caller.tenant_id, caller.client_id

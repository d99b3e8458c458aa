# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sign-in side: OpenID discovery, keys and the client-credentials token endpoint, with the real AADSTS errors."""

from __future__ import annotations

import base64
import binascii
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote

from . import resources
from .assertions import check_assertion
from .audit import application_object_id
from .exchange.roles import directory_role_ids
from .oauth import OAuthError
from .service import Service, tenant_of
from .state import Registration, Tenant

NO_TENANT = frozenset({"common", "organizations", "consumers"})
TENANT_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


@dataclass(frozen=True)
class TokenRequest:
    """A POST to the token endpoint."""

    origin: str
    tenant_name: str
    form: Mapping[str, str]
    authorization: str = ""


def resolve(service: Service, name: str) -> Tenant:
    """The tenant in the address, or AADSTS90002 and its relatives."""
    if name.lower() in NO_TENANT:
        raise OAuthError(
            400,
            "invalid_request",
            50059,
            "No tenant-identifying information found in either the request or implied by any provided credentials.",
        )
    if not TENANT_NAME.fullmatch(name):
        raise OAuthError(
            400,
            "invalid_request",
            900023,
            f"Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain.",
        )
    tenant = tenant_of(service.world, name)
    if tenant is None:
        raise OAuthError(
            400,
            "invalid_request",
            90002,
            f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "
            "Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
        )
    return tenant


def openid_configuration(service: Service, origin: str, name: str) -> dict[str, Any]:
    """``/{tenant}/v2.0/.well-known/openid-configuration``. A domain is answered with the tenant's id in every address."""
    try:
        tenant_id = resolve(service, name).id
    except OAuthError as problem:
        raise OAuthError(400, "invalid_tenant", problem.number, problem.text) from None
    base = f"{origin}/{tenant_id}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/v2.0",
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
        "tenant_region_scope": "AS",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }


def issue(service: Service, request: TokenRequest) -> dict[str, Any]:
    """``/{tenant}/oauth2/v2.0/token``: the answer to a good request; raises `OAuthError` for every other."""
    form = dict(request.form)
    grant = form.get("grant_type")
    if not grant:
        raise OAuthError(400, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.")
    if grant != "client_credentials":
        raise OAuthError(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'.")
    client_id, secret = _client(request, form)
    tenant = resolve(service, request.tenant_name)
    registration = tenant.registrations.get(client_id.lower())
    if registration is None:
        raise OAuthError(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client_id}' was not found in the directory '{tenant.display_name}'. This can happen if the "
            "application has not been installed by the administrator of the tenant or consented to by any user in the tenant. "
            "You may have sent your authentication request to the wrong tenant.",
        )
    resource = _resource(form, request.origin, tenant)
    _authenticate(registration, secret, form, request, tenant)
    lifetime = service.settings.token_lifetime_seconds
    claims = access_claims(tenant, registration, resource, lifetime, "2" if "client_assertion" in form else "1")
    if resources.names_exchange(resource, request.origin):
        claims |= {"roles": sorted(registration.exchange_permissions), "wids": directory_role_ids(registration)}
    token = service.key.sign(claims)
    return {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}


def access_claims(tenant: Tenant, registration: Registration, audience: str, lifetime: int, proof: str) -> dict[str, Any]:
    """The claims of an application's access token for Graph; `proof` is 1 for a secret and 2 for an assertion."""
    now = int(time.time())
    subject = application_object_id(tenant.id, registration.client_id)
    return {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant.id}/",
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "app_displayname": registration.display_name,
        "appid": registration.client_id,
        "appidacr": proof,
        "idp": f"https://sts.windows.net/{tenant.id}/",
        "idtyp": "app",
        "oid": subject,
        "sub": subject,
        "roles": sorted(registration.roles),
        "tid": tenant.id,
        "uti": uuid.uuid4().hex[:22],
        "ver": "1.0",
    }


def _client(request: TokenRequest, form: dict[str, str]) -> tuple[str, str | None]:
    """Client id and secret, from the body or from basic authentication."""
    client_id, secret = form.get("client_id"), form.get("client_secret")
    scheme, _mark, encoded = request.authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _mark, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthError(
                400, "invalid_request", 900144, "The request body must contain the following parameter: 'client_id'."
            ) from None
        client_id, secret = unquote(name), unquote(password)
    if not client_id:
        raise OAuthError(400, "invalid_request", 900144, "The request body must contain the following parameter: 'client_id'.")
    return client_id, secret


def _resource(form: dict[str, str], origin: str, tenant: Tenant) -> str:
    scope = form.get("scope", "")
    if not scope:
        raise OAuthError(400, "invalid_request", 900144, "The request body must contain the following parameter: 'scope'.")
    if not scope.endswith("/.default"):
        raise OAuthError(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed "
            "to the resource identifier (application ID URI).",
        )
    resource = scope.removesuffix("/.default")
    name = resource.rstrip("/")
    if resources.names_exchange(resource, origin) and not tenant.exchange_online:
        raise OAuthError(
            400,
            "invalid_resource",
            500014,
            f"The service principal for resource '{resource}' is disabled. This indicate that a subscription within the tenant has lapsed, "
            "or that the administrator for this tenant has disabled the application, preventing tokens from being issued for it.",
        )
    if name not in (*resources.graph(origin), *resources.exchange(origin)):
        raise OAuthError(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named {tenant.display_name}. This can happen if the "
            "application has not been installed by the administrator of the tenant or consented to by any user in the tenant. "
            "You might have sent your authentication request to the wrong tenant.",
        )
    return resource


def _authenticate(registration: Registration, secret: str | None, form: dict[str, str], request: TokenRequest, tenant: Tenant) -> None:
    assertion = form.get("client_assertion")
    if assertion is not None:
        check_assertion(registration, assertion, form.get("client_assertion_type", ""), request.origin, tenant)
        return
    if not secret:
        raise OAuthError(
            401,
            "invalid_client",
            7000216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )
    if secret not in registration.secrets:
        raise OAuthError(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret "
            f"ID, for a secret added to app '{registration.client_id}'.",
        )


def error_body(problem: OAuthError, correlation_id: str, origin: str) -> dict[str, Any]:
    """The OAuth error in Entra's shape."""
    now, trace_id = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ"), str(uuid.uuid4())
    description = f"AADSTS{problem.number}: {problem.text} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {now}"
    return {
        "error": problem.error,
        "error_description": description,
        "error_codes": [problem.number],
        "timestamp": now,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "error_uri": f"{origin}/error?code={problem.number}",
    }

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client assertions: JWTs signed with a certificate's key, or by a provider that the application trusts. All of it is verified."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .oauth import OAuthError
from .state import Registration, Tenant

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REVIEW = "Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
MAXIMUM_SKEW_SECONDS = 300


def _invalid(number: int, text: str) -> OAuthError:
    return OAuthError(401, "invalid_client", number, text)


def check_assertion(registration: Registration, assertion: str, assertion_type: str, origin: str, tenant: Tenant) -> None:
    """Returns when the assertion proves that the caller is `registration`; raises the service's error otherwise."""
    if assertion_type != JWT_BEARER:
        raise OAuthError(400, "invalid_request", 900144, "The request body must contain the following parameter: 'client_assertion_type'.")
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.PyJWTError:
        raise _invalid(50027, "JWT token is invalid or malformed.") from None
    if not {"x5t", "x5t#S256"} & set(header):
        _check_lifetime(_federated_claims(registration, assertion))
        return
    claims = _verified_claims(assertion, _certificate(registration, header).public_key())
    if claims.get("iss") != registration.client_id or claims.get("sub") != registration.client_id:
        raise _invalid(700021, f"Client assertion application identifier doesn't match 'client_id' parameter. {REVIEW}")
    names = [tenant.id, tenant.initial_domain, *tenant.domains]
    allowed = [f"{origin}/{name}/{suffix}" for name in names for suffix in ("oauth2/v2.0/token", "v2.0", "oauth2/token")]
    given = claims.get("aud")
    if not set(given if isinstance(given, list) else [given]) & set(allowed):
        raise _invalid(700023, f"Client assertion audience claim does not match Realm issuer. {REVIEW}")
    _check_lifetime(claims)


def _certificate(registration: Registration, header: dict[str, Any]) -> x509.Certificate:
    """The registered certificate whose thumbprint the header names."""
    # Some clients send the thumbprint with the padding that base64url of JOSE leaves out; the service takes both.
    sha1, sha256 = (str(header.get(name, "")).rstrip("=") for name in ("x5t", "x5t#S256"))
    for pem in registration.certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        if sha256 == _thumbprint(certificate, hashes.SHA256()) or sha1 == _thumbprint(certificate, hashes.SHA1()):
            return certificate
    shown = _shown(sha1 or sha256)
    raise _invalid(
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on application. "
        f"[Reason - The key was not found., Thumbprint of key used by client: '{shown}', Please visit the Azure Portal, Graph Explorer or "
        f"directly use MS Graph to see configured keys for app Id '{registration.client_id}'.]",
    )


def _thumbprint(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> str:
    return base64.urlsafe_b64encode(certificate.fingerprint(algorithm)).decode().rstrip("=")


def _shown(thumbprint: str) -> str:
    try:
        return base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4)).hex().upper()
    except ValueError:
        return ""


def _federated_claims(registration: Registration, assertion: str) -> dict[str, Any]:
    """The claims of another provider's token, if a federated credential has its issuer, subject and audience; case matters."""
    try:
        said: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise _invalid(50027, "JWT token is invalid or malformed.") from None
    issuer, subject = said.get("iss"), str(said.get("sub"))
    audiences = said.get("aud") if isinstance(said.get("aud"), list) else [said.get("aud")]
    by_issuer = [one for one in registration.federated if one.issuer == issuer]
    if not by_issuer:
        raise _no_match(700211, "issuer", issuer)
    by_subject = [one for one in by_issuer if one.subject == subject]
    if not by_subject:
        near = any(one.subject.lower() == subject.lower() for one in by_issuer)
        raise _no_match(7002138 if near else 700213, "subject", subject)
    trusted = next((one for one in by_subject if one.audience in (audiences or ())), None)
    if trusted is None:
        raise _no_match(700212, "audience", said.get("aud"))
    return _verified_claims(assertion, serialization.load_pem_public_key(trusted.public_key.encode()))


def _no_match(number: int, what: str, given: Any) -> OAuthError:
    return _invalid(
        number,
        f"No matching federated identity record found for presented assertion {what} '{given}'. Check your federated identity credential "
        "Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
    )


def _verified_claims(assertion: str, key: Any) -> dict[str, Any]:
    """The claims, once the signature is right; times and audience are judged by the caller."""
    if not isinstance(key, rsa.RSAPublicKey):
        raise _invalid(700027, "Client assertion failed signature validation. [Reason - The key has an unsupported type.]")
    unchecked = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            key,
            algorithms=["RS256", "PS256"],
            options=unchecked,  # type: ignore[arg-type]
        )
    except jwt.PyJWTError:
        raise _invalid(
            700027,
            "Client assertion failed signature validation. [Reason - The provided signature value did not match the expected value.]",
        ) from None
    return claims


def _check_lifetime(claims: dict[str, Any]) -> None:
    now = datetime.now(timezone.utc).timestamp()
    begin, end = claims.get("nbf", claims.get("iat", 0)), claims.get("exp", 0)
    if not isinstance(begin, int | float) or not isinstance(end, int | float):
        begin, end = 0, 0
    if begin - MAXIMUM_SKEW_SECONDS <= now <= end + MAXIMUM_SKEW_SECONDS:
        return
    shown = [datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ") for moment in (now, begin, end)]
    raise _invalid(
        700024,
        f"Client assertion is not within its valid time range. Current time: {shown[0]}, assertion valid from {shown[1]}, expiry time of "
        f"assertion {shown[2]}. {REVIEW}",
    )

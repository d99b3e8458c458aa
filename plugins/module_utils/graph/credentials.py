# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Ways to prove who we are. A credential is checked before any connection is made, and never shown."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from .cloud import Cloud
from .errors import CredentialProblem, SignInFailure, Unreachable
from .transport import Transport

try:
    import msal
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509 import load_pem_x509_certificates
except ImportError as missing:
    MISSING_LIBRARY: ImportError | None = missing
else:
    MISSING_LIBRARY = None

AUTH_METHODS = ("auto", "client_secret", "certificate", "access_token")


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
    access_token: str | None = field(default=None, repr=False)


def fingerprint(*parts: str) -> str:
    """The hash of these texts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class AccessToken:
    """A token somebody else acquired."""

    value: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Of the token itself."""
        return fingerprint("access_token", self.value)

    def token(self, transport: Transport) -> Token:
        """The given token."""
        return Token(self.value)


@dataclass(frozen=True)
class ClientCredential:
    """An application that signs in with a secret or a certificate, through msal."""

    cloud: Cloud
    tenant: str
    client_id: str
    proof: str | dict[str, str] = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Of the application and its proof."""
        return fingerprint("client_credential", self.client_id, json.dumps(self.proof, sort_keys=True))

    def token(self, transport: Transport) -> Token:
        """Sign in. An application of msal's that is made anew remembers neither an old token nor an old failure.

        :raises SignInFailure: when the token endpoint refuses.
        """
        try:
            application = msal.ConfidentialClientApplication(
                self.client_id,
                client_credential=self.proof,
                authority=f"{self.cloud.login_endpoint}/{self.tenant}",
                instance_discovery=False,
                http_client=transport,
            )
            answer = application.acquire_token_for_client(scopes=[self.cloud.scope])
        except (msal.exceptions.MsalServiceError, ValueError) as error:
            if not _unreadable(error):
                # It reports an unknown tenant, met at OpenID discovery, as a bare ValueError.
                raise SignInFailure(self.tenant, self.client_id, (90002,), _first_line(str(error))) from None
            reason = f"the token endpoint gave no answer that can be read ({_first_line(str(error))})"
            raise Unreachable("POST", f"{self.cloud.login_endpoint}/{self.tenant}", reason) from None
        if "access_token" not in answer:
            raise SignInFailure(
                self.tenant,
                self.client_id,
                tuple(int(code) for code in answer.get("error_codes") or ()),
                _first_line(str(answer.get("error_description") or answer.get("error"))),
                answer.get("trace_id"),
            )
        return Token(str(answer["access_token"]), time.time() + float(answer.get("expires_in") or 0))


def choose(cloud: Cloud, tenant: str, client_id: str | None, secrets: Secrets, auth_method: str = "auto") -> Credential:
    """The credential that ``auth_method`` names; ``auto`` takes the first one given: access token, certificate, secret.

    :raises CredentialProblem: when something it needs is missing or unreadable.
    """
    has_certificate = bool(secrets.certificate or secrets.certificate_path)
    if auth_method == "auto":
        given = {"access_token": secrets.access_token, "certificate": has_certificate, "client_secret": secrets.client_secret}
        auth_method = next((method for method, value in given.items() if value), "none")
    if auth_method == "access_token" and secrets.access_token:
        return AccessToken(secrets.access_token)
    if auth_method == "none" or (auth_method == "access_token" and not secrets.access_token):
        raise CredentialProblem("no credential is given; set client_secret, certificate, certificate_path or access_token")
    if not client_id:
        raise CredentialProblem("client_id is missing; it is the application (client) id of the registration that signs in")
    if auth_method == "certificate":
        if not has_certificate:
            raise CredentialProblem("auth_method is certificate, but neither certificate nor certificate_path is given")
        return ClientCredential(cloud, tenant, client_id, load_certificate(secrets))
    if not secrets.client_secret:
        raise CredentialProblem("auth_method is client_secret, but client_secret is empty")
    return ClientCredential(cloud, tenant, client_id, secrets.client_secret)


def load_certificate(secrets: Secrets) -> dict[str, str]:
    """A PEM or PFX certificate with its private key, as msal wants it. msal adds the SHA-256 thumbprint and ``x5c``.

    :raises CredentialProblem: when it cannot be read, or the passphrase is wrong.
    """
    where = f"certificate_path {secrets.certificate_path}" if secrets.certificate_path else "certificate"
    try:
        content = Path(secrets.certificate_path).read_bytes() if secrets.certificate_path else _content(secrets.certificate or "")
    except OSError as error:
        raise CredentialProblem(f"{where} cannot be read: {error.strerror}") from None
    key: Any
    chain: list[Any]
    passphrase = secrets.certificate_passphrase.encode() if secrets.certificate_passphrase else None
    try:
        if b"-----BEGIN" in content:
            key = serialization.load_pem_private_key(content, passphrase)
            chain = load_pem_x509_certificates(content)
        else:
            key, certificate, _others = pkcs12.load_key_and_certificates(content, passphrase)
            chain = [certificate]
        if not isinstance(key, rsa.RSAPrivateKey):
            raise CredentialProblem(f"{where} holds no usable certificate with its private key; Entra takes RSA keys")
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        public = "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in chain)
    except (ValueError, TypeError, AttributeError, UnsupportedAlgorithm):
        # AttributeError: a PFX may lack the key or the certificate.
        # The library's own texts can quote the input, so they are not passed on.
        raise CredentialProblem(f"{where} holds no usable certificate with its private key, or certificate_passphrase is wrong") from None
    return {"private_key": pem.decode(), "public_certificate": public}


def _content(certificate: str) -> bytes:
    if "-----BEGIN" in certificate:
        return certificate.encode()
    try:
        return base64.b64decode("".join(certificate.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CredentialProblem("certificate is neither PEM text nor the base64 of a PFX file") from None


def _unreadable(error: Exception) -> bool:
    """A fault of the endpoint, or a proxy's page instead of an answer."""
    return isinstance(error, (msal.exceptions.MsalServiceError, json.JSONDecodeError)) or isinstance(
        error.__context__, json.JSONDecodeError
    )


def _first_line(text: str) -> str:
    """The service's sentence without the trace ids that follow it."""
    return text.splitlines()[0].split(" Trace ID:")[0].strip() if text else "no reason given"

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A certificate with its private key, as PEM or PFX, from a file or given as content."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any

from ..errors import CredentialProblem
from ..library import file_cause
from . import application
from .application import ClientCredential
from .base import Applicant, Secrets, require

try:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509 import load_pem_x509_certificates
except ImportError as missing:
    MISSING_LIBRARY: ImportError | None = missing
else:
    MISSING_LIBRARY = None


def from_options(applicant: Applicant) -> ClientCredential:
    """The certificate of the options.

    :raises CredentialProblem: when it cannot be read, or the passphrase is wrong.
    """
    require(application.MISSING_LIBRARY or MISSING_LIBRARY, "certificate")
    proof = load_certificate(applicant.secrets)
    known_by = json.dumps(proof, sort_keys=True)
    return ClientCredential("certificate", applicant, lambda _transport: proof, lambda: known_by)


def load_certificate(secrets: Secrets) -> dict[str, str]:
    """A certificate with its private key, as msal wants it. msal adds the SHA-256 thumbprint and ``x5c``.

    :raises CredentialProblem: when it cannot be read, or the passphrase is wrong.
    """
    where = f"certificate_path {secrets.certificate_path}" if secrets.certificate_path else "certificate"
    try:
        content = Path(secrets.certificate_path).read_bytes() if secrets.certificate_path else _content(secrets.certificate or "")
    except (OSError, ValueError) as error:
        raise CredentialProblem(f"{where} cannot be read: {file_cause(error)}") from None
    key: Any
    chain: list[Any]
    try:
        passphrase = secrets.certificate_passphrase.encode() if secrets.certificate_passphrase else None
        if b"-----BEGIN" in content:
            key = serialization.load_pem_private_key(content, passphrase)
            chain = load_pem_x509_certificates(content)
        else:
            key, certificate, others = pkcs12.load_key_and_certificates(content, passphrase)
            chain = [certificate, *others]
        if not isinstance(key, rsa.RSAPrivateKey):
            raise CredentialProblem(f"{where} holds no usable certificate with its private key; Entra takes RSA keys")
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        # The thumbprint is that of the first one, and a chain may stand in the file in any order.
        chain.sort(key=lambda one: one.public_key() != key.public_key())
        public = "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in chain)
        belongs = chain[0].public_key() == key.public_key()
    except (ValueError, TypeError, AttributeError, UnsupportedAlgorithm):
        # AttributeError: a PFX may lack the key or the certificate.
        # The library's own texts can quote the input, so they are not passed on.
        raise CredentialProblem(f"{where} holds no usable certificate with its private key, or certificate_passphrase is wrong") from None
    if not belongs:
        raise CredentialProblem(f"{where} holds no usable certificate with its private key: the key belongs to none of its certificates")
    return {"private_key": pem.decode(), "public_certificate": public}


def _content(certificate: str) -> bytes:
    if "-----BEGIN" in certificate:
        return certificate.encode()
    try:
        return base64.b64decode("".join(certificate.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CredentialProblem("certificate is neither PEM text nor the base64 of a PFX file") from None

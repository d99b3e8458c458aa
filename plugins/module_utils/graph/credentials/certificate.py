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
from .base import Applicant, CredentialOption, Method, Secrets, require_library

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

    :raises CredentialProblem: if it cannot be read, or the passphrase is wrong.
    """
    require_library(application.MISSING_LIBRARY or MISSING_LIBRARY, "certificate")
    proof = load_certificate(applicant.secrets)
    proof_text = json.dumps(proof, sort_keys=True)
    return ClientCredential("certificate", applicant, lambda _transport: proof, lambda: proof_text)


def load_certificate(secrets: Secrets) -> dict[str, str]:
    """A certificate with its private key, in the form that msal takes. msal adds the SHA-256 thumbprint and ``x5c``.

    :raises CredentialProblem: if it cannot be read, or the passphrase is wrong.
    """
    path, passphrase_text = secrets["certificate_path"], secrets["certificate_passphrase"]
    where = f"certificate_path {path}" if path else "certificate"
    try:
        content = Path(path).read_bytes() if path else _content(secrets["certificate"] or "")
    except (OSError, ValueError) as error:
        raise CredentialProblem(f"{where} cannot be read: {file_cause(error)}") from None
    key: Any
    chain: list[Any]
    try:
        passphrase = passphrase_text.encode() if passphrase_text else None
        if b"-----BEGIN" in content:
            key = serialization.load_pem_private_key(content, passphrase)
            chain = load_pem_x509_certificates(content)
        else:
            key, own_certificate, others = pkcs12.load_key_and_certificates(content, passphrase)
            chain = [own_certificate, *others]
        if not isinstance(key, rsa.RSAPrivateKey):
            raise CredentialProblem(f"{where} contains no usable certificate with its private key; Entra accepts only RSA keys")
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        # The thumbprint is that of the first certificate, and the file may contain a chain in any order.
        chain.sort(key=lambda certificate: certificate.public_key() != key.public_key())
        public = "".join(certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in chain)
        belongs = chain[0].public_key() == key.public_key()
    except (ValueError, TypeError, AttributeError, UnsupportedAlgorithm):
        # AttributeError: a PFX may lack the key or the certificate.
        # The library's own texts may quote its input, so they are not passed on.
        raise CredentialProblem(
            f"{where} contains no usable certificate with its private key, or certificate_passphrase is wrong"
        ) from None
    if not belongs:
        raise CredentialProblem(f"{where} contains no usable certificate with its private key: the key belongs to none of its certificates")
    return {"private_key": pem.decode(), "public_certificate": public}


def _content(certificate: str) -> bytes:
    if "-----BEGIN" in certificate:
        return certificate.encode()
    try:
        return base64.b64decode("".join(certificate.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CredentialProblem("certificate is neither PEM text nor the base64 of a PFX file") from None


METHOD = Method(
    "certificate",
    from_options,
    options=(
        CredentialOption("certificate", "text"),
        CredentialOption("certificate_path", "path", environment=("AZURE_CLIENT_CERTIFICATE_PATH",)),
        CredentialOption("certificate_passphrase", "line", environment=("AZURE_CLIENT_CERTIFICATE_PASSWORD",), selects=False),
    ),
    missing="neither certificate nor certificate_path is given",
)

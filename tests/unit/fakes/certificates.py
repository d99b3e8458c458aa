# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates made on the fly, in every form in which an admin may hold one."""

from __future__ import annotations

import datetime
import functools
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

PASSPHRASE = "open-sesame-passphrase"


@dataclass(frozen=True)
class Pair:
    """A key and its certificate."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def key_pem(self, passphrase: str | None = None) -> bytes:
        """The private key alone."""
        encryption = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    def certificate_pem(self) -> bytes:
        """The public part alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def pem(self, passphrase: str | None = None) -> bytes:
        """Both in one text."""
        return self.key_pem(passphrase) + self.certificate_pem()

    def pfx(self, passphrase: str | None = None, *, with_key: bool = True, with_certificate: bool = True) -> bytes:
        """Both in one PFX file, or one of them."""
        encryption = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
        return pkcs12.serialize_key_and_certificates(
            b"unit", self.key if with_key else None, self.certificate if with_certificate else None, None, encryption
        )


@functools.cache
def rsa_pair() -> Pair:
    """An RSA pair, as Entra wants it."""
    return _pair(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@functools.cache
def elliptic_pair() -> Pair:
    """A pair of a kind that Entra does not take for sign-in."""
    return _pair(ec.generate_private_key(ec.SECP256R1()))


def _pair(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Pair:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "unit")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return Pair(key, certificate)

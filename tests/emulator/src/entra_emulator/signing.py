# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key with which the emulated token endpoint signs, made at start."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


@dataclass(frozen=True)
class SigningKey:
    """An RSA key with its key id."""

    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))

    _verified: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = field(default_factory=dict, repr=False, compare=False)
    """Tokens whose signature was good, with their claims: a signature takes longer to check than most requests."""

    @property
    def key_id(self) -> str:
        public = self.private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(public).hexdigest()[:32]

    def jwks(self) -> dict[str, Any]:
        """The public part, as ``/discovery/v2.0/keys`` serves it."""
        key = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.key_id})

    def verify(self, token: str, audiences: list[str]) -> dict[str, Any]:
        """The claims of a token of ours; raises `jwt.PyJWTError`."""
        known = self._verified.get((token, tuple(audiences)))
        if known is not None and known["exp"] > time.time():
            return known
        claims: dict[str, Any] = jwt.decode(
            token, self.private.public_key(), algorithms=["RS256"], audience=audiences, options={"require": ["exp", "tid", "appid"]}
        )
        self._verified[token, tuple(audiences)] = claims
        return claims

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A token that was acquired elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..errors import CredentialProblem
from ..secrecy import sendable
from ..transport import Transport
from .base import Applicant, CredentialOption, Method, Token, check_tenant, claims_of, fingerprint


@dataclass(frozen=True)
class AccessToken:
    """A token that cannot be renewed. It must be for the tenant of ``applicant``."""

    value: str = field(repr=False)
    applicant: Applicant | None = None

    @property
    def fingerprint(self) -> str:
        """Of the token itself."""
        return fingerprint("access_token", self.value)

    def token(self, transport: Transport) -> Token:
        """The given token.

        :raises CredentialProblem: if its claims name another tenant.
        """
        if self.applicant:
            check_tenant(self.value, "the access token", self.applicant, transport)
        return Token(self.value)


def from_options(applicant: Applicant) -> AccessToken:
    """The token of the options.

    :raises CredentialProblem: if a header cannot contain it, or if it has expired according to its claims.
    """
    value = sendable(applicant.secrets["access_token"] or "", "the access token")
    claims = claims_of(value)
    if claims and claims.expires and claims.expires <= time.time():
        raise CredentialProblem("the access token has expired; acquire a new one and run again")
    return AccessToken(value, applicant)


METHOD = Method(
    "access_token",
    from_options,
    options=(CredentialOption("access_token", "token"),),
    missing="access_token is empty",
    needs_client_id=False,
    only_graph="a token is valid for one service only",
)

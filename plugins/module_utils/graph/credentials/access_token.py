# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A token that somebody else acquired."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..errors import CredentialProblem
from ..secrecy import sendable
from ..transport import Transport
from .base import Applicant, Token, check_tenant, fingerprint, read


@dataclass(frozen=True)
class AccessToken:
    """It cannot be renewed. ``applicant`` tells for which tenant it has to be."""

    value: str = field(repr=False)
    applicant: Applicant | None = None

    @property
    def fingerprint(self) -> str:
        """Of the token itself."""
        return fingerprint("access_token", self.value)

    def token(self, transport: Transport) -> Token:
        """The given token.

        :raises CredentialProblem: when it says of itself that it is for another tenant.
        """
        if self.applicant:
            check_tenant(self.value, "the access token", self.applicant, transport)
        return Token(self.value)


def from_options(applicant: Applicant) -> AccessToken:
    """The token of the options.

    :raises CredentialProblem: when no header can carry it, or it says of itself that it has expired.
    """
    value = sendable(applicant.secrets.access_token or "", "the access token")
    said = read(value)
    if said and said.expires and said.expires <= time.time():
        raise CredentialProblem("the access token has expired; acquire a new one and run again")
    return AccessToken(value, applicant)

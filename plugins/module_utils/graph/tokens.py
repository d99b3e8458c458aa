# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""One token for each tenant and run, which the tasks of the run share through its vault."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from .credentials.base import Credential
from .errors import CredentialProblem
from .secrecy import sendable
from .transport import Transport
from .vault import Vault

EARLY_SECONDS = 300.0
"""A token counts as expired so many seconds before its end, so that it lasts for the requests of a task."""


class Tokens:
    """The tokens of a credential. ``place`` names the endpoints and the tenant for which they are valid."""

    def __init__(self, credential: Credential, vault: Vault, *place: str, clock: Callable[[], float] = time.time) -> None:
        self._credential = credential
        self._vault = vault
        self._place = place
        self._clock = clock

    def current(self, transport: Transport, *, refused: str | None = None) -> str:
        """The run's token; a new one if there is none, if it is about to expire, or if the service ``refused`` it.

        :raises CredentialProblem: if the credential only has the refused token.
        :raises GraphFailure: if the sign-in fails.
        """
        # msal's own cache would serve a token to a wrong secret. This key contains the credential's hash.
        key = ("token", *self._place, self._credential.fingerprint)
        shared = self._usable(self._vault.recall(*key))
        if shared and shared != refused:
            return shared
        # While another task of the run signs in, this one waits for its token.
        with self._vault.exclusive(*key):
            shared = self._usable(self._vault.recall(*key))
            if shared and shared != refused:
                return shared
            token = self._credential.token(transport)
            value = sendable(token.value, "the token that the sign-in returned")
            if value == refused:
                raise CredentialProblem("the access token is no longer accepted, and there is no other; acquire a new one and run again")
            if token.expires is not None:
                self._vault.keep({"token": value, "expires": token.expires}, *key)
            return value

    def _usable(self, record: Mapping[str, Any] | None) -> str | None:
        return str(record["token"]) if record and record["expires"] - EARLY_SECONDS > self._clock() else None

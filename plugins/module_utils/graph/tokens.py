# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""One token for each tenant and run, shared by its tasks through the run's vault."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from .credentials.base import Credential
from .errors import CredentialProblem
from .secrecy import sendable
from .transport import Transport
from .vault import Vault

EARLY = 300.0
"""Seconds before its end from which a token counts as expired, so that it lasts for the requests of a task."""


class Tokens:
    """What a credential earned. ``place`` tells which endpoints and which tenant it is good for."""

    def __init__(self, credential: Credential, vault: Vault, *place: str, clock: Callable[[], float] = time.time) -> None:
        self._credential = credential
        self._vault = vault
        self._place = place
        self._clock = clock

    def current(self, transport: Transport, *, refused: str | None = None) -> str:
        """The run's token, or a new one: where there is none, where it is about to expire, or where the service ``refused`` it.

        :raises CredentialProblem: when there is no other than the refused one.
        :raises GraphFailure: when signing in fails.
        """
        # Not msal's own cache, which would serve a token to a wrong secret: the key holds the credential's hash.
        key = ("token", *self._place, self._credential.fingerprint)
        known = self._usable(self._vault.recall(*key))
        if known and known != refused:
            return known
        # Whoever comes while another task of the run signs in waits for its token.
        with self._vault.alone(*key):
            known = self._usable(self._vault.recall(*key))
            if known and known != refused:
                return known
            token = self._credential.token(transport)
            value = sendable(token.value, "the token that signing in gave")
            if value == refused:
                raise CredentialProblem("the access token is not accepted any more, and there is no other; acquire a new one and run again")
            if token.expires is not None:
                self._vault.keep({"token": value, "expires": token.expires}, *key)
            return value

    def _usable(self, kept: Mapping[str, Any] | None) -> str | None:
        return str(kept["token"]) if kept and kept["expires"] - EARLY > self._clock() else None

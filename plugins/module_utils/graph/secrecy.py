# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Secrets as they come from files and variables, and texts of others that may quote one."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from .errors import CredentialProblem

QUOTED = "the answer quotes a secret, so it is not shown"
_TELLING = 8
"""So many characters in a row are no coincidence."""


def sendable(token: str, what: str) -> str:
    """A token without the blanks and line ends that files and variables put around it.

    :raises CredentialProblem: for one that no header can carry. It never quotes the token.
    """
    value = token.strip()
    if not value or not all("!" <= one <= "~" for one in value):
        raise CredentialProblem(
            f"{what} is empty, or holds a blank, a line end or a letter outside ASCII, which no token has; "
            "acquire it anew, and look at how it is stored"
        )
    return value


def without_line_end(secret: str | None) -> str | None:
    """A secret without the line end that files have. Blanks may belong to it."""
    return secret.rstrip("\r\n") if secret else secret


def shown(text: str, secrets: Iterable[str | None]) -> str:
    """A text of somebody else, unless a part of a secret is in it, however it is spelt."""
    return QUOTED if any(_quotes(text, secret) for secret in secrets if secret) else text


def _quotes(text: str, secret: str) -> bool:
    for form in (secret, secret.strip(), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], ascii(secret)[1:-1]):
        length = min(_TELLING, len(form))
        if length and any(form[start : start + length] in text for start in range(len(form) - length + 1)):
            return True
    return False

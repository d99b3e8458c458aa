# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Secrets from files and variables, and texts of other programs that may contain one."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from .errors import CredentialProblem

QUOTED = "the answer contains a secret, so it is not shown"
_SHORTEST_PART = 8
"""A part of a secret with so many characters counts as the secret; a shorter one may be a coincidence."""


def sendable(token: str, what: str) -> str:
    """A token without the blanks and line ends that files and variables put around it. ``what`` names it in the message.

    :raises CredentialProblem: for a token that a header cannot contain. The message never quotes the token.
    """
    value = token.strip()
    if not value or not all("!" <= character <= "~" for character in value):
        raise CredentialProblem(
            f"{what} is empty, or contains a blank, a line end or a letter outside ASCII, which no token has; "
            "acquire a new one, and check how it is stored"
        )
    return value


def without_line_end(secret: str | None) -> str | None:
    """A secret without the line end of a file. Blanks may belong to the secret."""
    return secret.rstrip("\r\n") if secret else secret


def with_line_ends(pem: str | None) -> str | None:
    """A text in PEM whose line ends a variable may hold as a backslash and a letter. PEM itself has no backslashes."""
    return pem.replace("\\r\\n", "\n").replace("\\n", "\n") if pem and "-----BEGIN" in pem else pem


def shown(text: str, secrets: Iterable[str | None]) -> str:
    """The text of another program, or `QUOTED` if it contains a part of a secret in any spelling."""
    return QUOTED if any(_quotes(text, secret) for secret in secrets if secret) else text


def _quotes(text: str, secret: str) -> bool:
    return any(_overlaps(text, form) for form in _forms(secret))


def _forms(secret: str) -> set[str]:
    """The spellings of a secret."""
    return {secret, secret.strip(), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], ascii(secret)[1:-1]} - {""}


def _overlaps(text: str, form: str) -> bool:
    """Whether both contain the same part. The parts of the shorter one are searched in the longer one: a token has a thousand."""
    length = min(_SHORTEST_PART, len(form))
    shorter, longer = (text, form) if len(text) < len(form) else (form, text)
    return any(shorter[start : start + length] in longer for start in range(len(shorter) - length + 1))

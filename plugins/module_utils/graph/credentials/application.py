# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""An application that proves who it is with a secret, a certificate or another provider's token, through msal."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import GraphFailure, SignInFailure, Unreachable
from ..secrecy import shown
from ..transport import Transport
from .base import Applicant, Token, fingerprint, first_line, require

try:
    import msal
except ImportError as missing:
    MISSING_LIBRARY: ImportError | None = missing
else:
    MISSING_LIBRARY = None

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class ClientCredential:
    """``proof`` is what msal calls the client credential. It is asked for at each sign-in, since it may have been renewed."""

    method: str
    applicant: Applicant
    proof: Callable[[Transport], Any] = field(repr=False)
    known_by: Callable[[], str] = field(repr=False)
    """The text that stands for the proof in the fingerprint."""

    @property
    def fingerprint(self) -> str:
        """Of the application and its proof."""
        return fingerprint(self.method, self.applicant.client_id, self.known_by())

    def token(self, transport: Transport) -> Token:
        """Sign in. An application of msal's that is made anew remembers neither an old token nor an old failure.

        :raises SignInFailure: when the token endpoint refuses.
        """
        proof = self.proof(transport)

        def ask() -> Answer:
            application = msal.ConfidentialClientApplication(
                self.applicant.client_id,
                client_credential=proof,
                authority=authority(self.applicant),
                instance_discovery=False,
                http_client=transport,
            )
            answer: Answer = application.acquire_token_for_client(scopes=[self.applicant.cloud.scope])
            return answer

        return earned(self.applicant, answered(self.applicant, ask))


def by_secret(applicant: Applicant) -> ClientCredential:
    """A client secret."""
    require(MISSING_LIBRARY, "client_secret")
    secret = applicant.secrets.client_secret or ""
    return ClientCredential("client_secret", applicant, lambda _transport: secret, lambda: secret)


def authority(applicant: Applicant) -> str:
    """The tenant's sign-in address."""
    return f"{applicant.cloud.login_endpoint}/{applicant.tenant}"


def answered(applicant: Applicant, ask: Callable[[], Answer]) -> Answer:
    """What the sign-in service answers, with msal's failures told as ours.

    :raises SignInFailure: when the tenant is not known.
    :raises Unreachable: when there is no answer that can be read.
    """
    try:
        return ask()
    except GraphFailure:
        raise
    except Exception as error:
        # msal's own texts may quote what it was given.
        if error.__class__ is ValueError and not _unreadable(error):
            # It reports an unknown tenant, met at OpenID discovery, as a bare ValueError.
            raise SignInFailure(applicant.tenant, applicant.client_id, (90002,), "the tenant is not known") from None
        reason = f"the token endpoint gave no answer that can be read ({type(error).__name__})"
        raise Unreachable("POST", authority(applicant), reason) from None


def earned(applicant: Applicant, answer: Answer) -> Token:
    """The token in an answer.

    :raises SignInFailure: when there is none.
    """
    if "access_token" not in answer:
        said = first_line(str(answer.get("error_description") or answer.get("error")))
        raise SignInFailure(
            applicant.tenant,
            applicant.client_id,
            tuple(int(code) for code in answer.get("error_codes") or () if str(code).isdecimal()),
            shown(said, applicant.secrets.values()),
            _id(answer.get("trace_id")),
            _id(answer.get("correlation_id")),
        )
    return Token(str(answer["access_token"]), time.time() + lifetime(answer))


def lifetime(answer: Answer) -> float:
    """Seconds for which a token is good; none where the answer does not say so in a number."""
    try:
        return float(answer.get("expires_in") or 0)
    except (TypeError, ValueError):
        return 0.0


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z-]{1,64}", value) else None


def _unreadable(error: Exception) -> bool:
    """A fault of the endpoint, or a proxy's page instead of an answer."""
    return isinstance(error, (msal.exceptions.MsalServiceError, json.JSONDecodeError)) or isinstance(
        error.__context__, json.JSONDecodeError
    )

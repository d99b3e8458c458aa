# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The sign-in of an application with a secret, a certificate or another provider's token, through msal."""

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
from .base import Applicant, Token, fingerprint, first_line

try:
    import msal
except ImportError as missing:
    MISSING_LIBRARY: ImportError | None = missing
else:
    MISSING_LIBRARY = None

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class ClientCredential:
    """An application with its proof: a secret, a certificate or a token."""

    method: str
    applicant: Applicant
    proof: Callable[[Transport], Any] = field(repr=False)
    """Returns msal's client credential. It is called at each sign-in, because the proof may have been renewed."""
    proof_text: Callable[[], str] = field(repr=False)
    """Returns the text that represents the proof in the fingerprint."""

    @property
    def fingerprint(self) -> str:
        """Of the application and its proof."""
        return fingerprint(self.method, self.applicant.client_id, self.proof_text())

    def token(self, transport: Transport) -> Token:
        """Sign in. Each call creates a new msal application, because msal caches tokens and failures in it.

        :raises SignInFailure: if the token endpoint refuses.
        """
        proof = self.proof(transport)

        def sign_in() -> Answer:
            application = msal.ConfidentialClientApplication(
                self.applicant.client_id,
                client_credential=proof,
                authority=authority(self.applicant),
                instance_discovery=False,
                http_client=transport,
            )
            answer: Answer = application.acquire_token_for_client(scopes=[self.applicant.scope])
            return answer

        return token_in(self.applicant, call_msal(self.applicant, sign_in))


def authority(applicant: Applicant) -> str:
    """The tenant's sign-in address."""
    return f"{applicant.cloud.login_endpoint}/{applicant.tenant}"


def call_msal(applicant: Applicant, sign_in: Callable[[], Answer]) -> Answer:
    """Call msal, and convert its exceptions to failures of this package.

    :raises SignInFailure: if the tenant is unknown.
    :raises Unreachable: if there is no answer, or none that can be read.
    """
    try:
        return sign_in()
    except GraphFailure:
        raise
    except Exception as error:
        # msal's own texts may quote its input.
        if error.__class__ is ValueError and not _unreadable(error):
            # msal reports an unknown tenant, found at OpenID discovery, as a bare ValueError.
            raise SignInFailure(applicant.tenant, applicant.client_id, (90002,), "the tenant is unknown") from None
        reason = f"the answer of the token endpoint cannot be read ({type(error).__name__})"
        raise Unreachable("POST", authority(applicant), reason) from None


def token_in(applicant: Applicant, answer: Answer) -> Token:
    """The token in an answer.

    :raises SignInFailure: if there is none.
    """
    if "access_token" not in answer:
        reason = first_line(str(answer.get("error_description") or answer.get("error")))
        raise SignInFailure(
            applicant.tenant,
            applicant.client_id,
            tuple(int(code) for code in answer.get("error_codes") or () if str(code).isdecimal()),
            shown(reason, applicant.secrets.hidden()),
            _id(answer.get("trace_id")),
            _id(answer.get("correlation_id")),
        )
    return Token(str(answer["access_token"]), time.time() + lifetime(answer))


def lifetime(answer: Answer) -> float:
    """The seconds for which a token is valid; 0 if the answer does not contain a number."""
    try:
        return float(answer.get("expires_in") or 0)
    except (TypeError, ValueError):
        return 0.0


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z-]{1,64}", value) else None


def _unreadable(error: Exception) -> bool:
    """Whether the endpoint failed, or a proxy's page came instead of an answer."""
    return isinstance(error, (msal.exceptions.MsalServiceError, json.JSONDecodeError)) or isinstance(
        error.__context__, json.JSONDecodeError
    )

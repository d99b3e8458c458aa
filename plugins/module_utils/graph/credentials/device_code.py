# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A user at a terminal, who signs in with a browser and a code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import CredentialProblem
from ..transport import Transport
from . import application
from .application import Answer, authority, call_msal, token_in
from .base import Applicant, Method, Token, fingerprint, require_library

# `application` reports that it is missing.
with contextlib.suppress(ImportError):
    import msal

AUTOMATION = ("AWX_ISOLATED_DATA_DIR", "AWX_HOST")
"""Variables that ansible-runner and AWX set for the playbooks that they run. These have a terminal, but no user at it."""


def _has_terminal() -> bool:
    """Whether a user can be at a terminal."""
    return bool(sys.stdin and not sys.stdin.closed and sys.stdin.isatty())


# Checked once while ansible-playbook starts, because its workers have no terminal of their own.
TERMINAL = _has_terminal()


@dataclass(frozen=True)
class DeviceCode:
    """A sign-in with a code. ``show`` shows the code to the user."""

    applicant: Applicant
    show: Callable[[str], None] = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Of the application, because the user chooses the account, once a run."""
        return fingerprint("device_code", self.applicant.client_id)

    def token(self, transport: Transport) -> Token:
        """Show the code, and wait until the user has signed in or the code has expired.

        :raises SignInFailure: if the sign-in fails.
        """
        applicant = self.applicant

        def sign_in() -> Answer:
            public = msal.PublicClientApplication(
                applicant.client_id, authority=authority(applicant), instance_discovery=False, http_client=transport
            )
            flow = public.initiate_device_flow(scopes=[applicant.scope])
            if "user_code" not in flow:
                refusal: Answer = flow
                return refusal
            self.show(f"Tenant {applicant.tenant}: {flow['message']}")
            answer: Answer = public.acquire_token_by_device_flow(flow)
            return answer

        return token_in(applicant, call_msal(applicant, sign_in))


def from_options(applicant: Applicant) -> DeviceCode:
    """A sign-in by a user at the terminal.

    :raises CredentialProblem: if there can be no user at a terminal.
    """
    require_library(application.MISSING_LIBRARY, "device_code")
    if any(os.environ.get(name) for name in AUTOMATION):
        raise CredentialProblem("auth_method device_code needs a user at a terminal, and under AWX or ansible-runner there is none")
    if applicant.show is None:
        raise CredentialProblem(
            "auth_method device_code needs a task on the local connection without become, async or environment, so that a user sees the code"
        )
    if not TERMINAL:
        raise CredentialProblem("auth_method device_code needs a user at a terminal, and ansible-playbook was started without one")
    return DeviceCode(applicant, applicant.show)


METHOD = Method("device_code", from_options, only_graph="a user would have to sign in a second time")

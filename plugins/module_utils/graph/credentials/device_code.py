# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A human at a terminal, who signs in with a browser and a code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import CredentialProblem
from ..transport import Transport
from . import application
from .application import Answer, answered, authority, earned
from .base import Applicant, Token, fingerprint, require

# `application` says that it is missing.
with contextlib.suppress(ImportError):
    import msal

AUTOMATION = ("AWX_ISOLATED_DATA_DIR", "AWX_HOST")
"""What ansible-runner and AWX set for the playbooks they run. They give them a terminal at which nobody sits."""


def _terminal() -> bool:
    """Whether somebody can sit at a terminal here."""
    return bool(sys.stdin and not sys.stdin.closed and sys.stdin.isatty())


# Asked once while ansible-playbook starts: its workers have no terminal of their own.
TERMINAL = _terminal()


@dataclass(frozen=True)
class DeviceCode:
    """``tell`` shows the code."""

    applicant: Applicant
    tell: Callable[[str], None] = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Of the application; who signs in is the human's choice, once a run."""
        return fingerprint("device_code", self.applicant.client_id)

    def token(self, transport: Transport) -> Token:
        """Show the code, and wait until the human has signed in or the code has expired.

        :raises SignInFailure: when that fails.
        """
        applicant = self.applicant

        def ask() -> Answer:
            public = msal.PublicClientApplication(
                applicant.client_id, authority=authority(applicant), instance_discovery=False, http_client=transport
            )
            flow = public.initiate_device_flow(scopes=[applicant.cloud.scope])
            if "user_code" not in flow:
                refused: Answer = flow
                return refused
            self.tell(f"Tenant {applicant.tenant}: {flow['message']}")
            answer: Answer = public.acquire_token_by_device_flow(flow)
            return answer

        return earned(applicant, answered(applicant, ask))


def from_options(applicant: Applicant) -> DeviceCode:
    """A sign-in by somebody who is there.

    :raises CredentialProblem: when nobody can be there.
    """
    require(application.MISSING_LIBRARY, "device_code")
    if any(os.environ.get(name) for name in AUTOMATION):
        raise CredentialProblem("auth_method device_code needs a human at a terminal, and under AWX or ansible-runner there is none")
    if applicant.tell is None:
        raise CredentialProblem(
            "auth_method device_code needs a task on the local connection without become, async or environment, so that a human sees the code"
        )
    if not TERMINAL:
        raise CredentialProblem("auth_method device_code needs a human at a terminal, and ansible-playbook was started without one")
    return DeviceCode(applicant, applicant.tell)

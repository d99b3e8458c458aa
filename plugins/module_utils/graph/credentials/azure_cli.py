# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The account that is signed in to the Azure CLI."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from typing import Any

from ..errors import CredentialProblem, SignInFailure
from ..library import file_cause
from ..transport import Transport
from . import program as programs
from .base import Applicant, Method, Token, check_tenant, claims_of, fingerprint

TIMEOUT = 60
"""Seconds that the Azure CLI may take; it is slow to start."""


@dataclass(frozen=True)
class AzureCli:
    """The tenant is named; the CLI chooses the account."""

    applicant: Applicant
    program: str

    @property
    def fingerprint(self) -> str:
        """Of the program, because the account is not known before the CLI is run."""
        return fingerprint("azure_cli", self.program)

    def token(self, transport: Transport) -> Token:
        """Ask the CLI for a token.

        :raises CredentialProblem: if the CLI fails, is not signed in, or is signed in to another tenant only.
        :raises SignInFailure: if the token endpoint refuses.
        """
        tenant = self.applicant.tenant
        command = [self.program, "account", "get-access-token", "--output", "json"]
        command += ["--tenant", tenant, "--resource", self.applicant.audience]
        try:
            finished = programs.run(command, TIMEOUT)
        except TimeoutError:
            raise CredentialProblem(f"the Azure CLI did not answer within {TIMEOUT} seconds") from None
        except (OSError, ValueError) as error:
            raise CredentialProblem(f"the Azure CLI cannot be run: {file_cause(error)}") from None
        if finished.code:
            raise self._refused(finished.errors, finished.code)
        try:
            answer: Any = json.loads(finished.output)
            value = str(answer["accessToken"])
        except (ValueError, KeyError, TypeError):
            raise CredentialProblem("the answer of the Azure CLI cannot be read") from None
        check_tenant(value, "the Azure CLI's token", self.applicant, transport)
        # Older versions return the end in local time only, which is ambiguous once a year; the claims contain it, too.
        claims = claims_of(value)
        expires = answer.get("expires_on") or (claims and claims.expires)
        return Token(value, float(expires) if expires else None)

    def _refused(self, stderr: str, code: int) -> CredentialProblem | SignInFailure:
        """The failure without the text of the CLI, which may quote anything that it sent or received."""
        tenant = self.applicant.tenant
        codes = tuple(int(code) for code in re.findall(r"AADSTS(\d+)", stderr))
        if codes:
            return SignInFailure(tenant, "Azure CLI", tuple(dict.fromkeys(codes)), "the Azure CLI was refused")
        if "az login" in stderr:
            return CredentialProblem(
                f"the Azure CLI is not signed in to tenant {tenant}; run az login --tenant {tenant} --allow-no-subscriptions "
                "as the user who runs this task"
            )
        return CredentialProblem(
            f"the Azure CLI failed with exit code {code}; run az account get-access-token --tenant {tenant} as the user who runs this task "
            "to see why"
        )


def from_options(applicant: Applicant) -> AzureCli:
    """The CLI on the path.

    :raises CredentialProblem: if it is not installed.
    """
    program = shutil.which("az")
    if not program:
        raise CredentialProblem("auth_method is azure_cli, but the program az is not on the PATH where this task runs")
    return AzureCli(applicant, program)


METHOD = Method("azure_cli", from_options, needs_client_id=False)

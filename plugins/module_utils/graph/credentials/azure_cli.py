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
from .base import Applicant, Token, check_tenant, fingerprint, read

LONGEST = 60
"""Seconds that the Azure CLI may take; it is slow to start."""


@dataclass(frozen=True)
class AzureCli:
    """The account is the CLI's own affair; we name the tenant."""

    applicant: Applicant
    program: str

    @property
    def fingerprint(self) -> str:
        """Of the program; who is signed in is not known before it is asked."""
        return fingerprint("azure_cli", self.program)

    def token(self, transport: Transport) -> Token:
        """Ask the CLI for a token.

        :raises CredentialProblem: when nobody is signed in there, or only to another tenant.
        """
        tenant = self.applicant.tenant
        command = [self.program, "account", "get-access-token", "--output", "json"]
        command += ["--tenant", tenant, "--resource", self.applicant.cloud.graph_endpoint]
        try:
            done = programs.run(command, LONGEST)
        except TimeoutError:
            raise CredentialProblem(f"the Azure CLI gave no answer within {LONGEST} seconds") from None
        except (OSError, ValueError) as error:
            raise CredentialProblem(f"the Azure CLI cannot be run: {file_cause(error)}") from None
        if done.code:
            raise self._refused(done.errors, done.code)
        try:
            answer: Any = json.loads(done.output)
            value = str(answer["accessToken"])
        except (ValueError, KeyError, TypeError):
            raise CredentialProblem("the Azure CLI gave no answer that can be read") from None
        check_tenant(value, "the Azure CLI's token", self.applicant, transport)
        # Older versions tell the end only in local time, which is ambiguous once a year; the token says it too.
        said = read(value)
        expires = answer.get("expires_on") or (said and said.expires)
        return Token(value, float(expires) if expires else None)

    def _refused(self, stderr: str, code: int) -> CredentialProblem | SignInFailure:
        """Its words are not shown: they may quote anything that it was asked or answered."""
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

    :raises CredentialProblem: when it is not installed.
    """
    program = shutil.which("az")
    if not program:
        raise CredentialProblem("auth_method is azure_cli, but there is no program az on the PATH where this task runs")
    return AzureCli(applicant, program)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A client secret of the application registration."""

from __future__ import annotations

from . import application
from .application import ClientCredential
from .base import Applicant, CredentialOption, Method, require_library


def from_options(applicant: Applicant) -> ClientCredential:
    """The client secret of the options.

    :raises CredentialProblem: if msal is missing.
    """
    require_library(application.MISSING_LIBRARY, "client_secret")
    secret = applicant.secrets["client_secret"] or ""
    return ClientCredential("client_secret", applicant, lambda _transport: secret, lambda: secret)


METHOD = Method(
    "client_secret",
    from_options,
    options=(CredentialOption("client_secret", "line", environment=("AZURE_CLIENT_SECRET", "AZURE_SECRET"), aliases=("secret",)),),
    missing="client_secret is empty",
)

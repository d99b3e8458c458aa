# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The ways to sign in, as one table: what each needs, and in which order ``auto`` looks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..cloud import Cloud
from ..errors import CredentialProblem
from . import access_token, application, azure_cli, certificate, device_code, federated, managed_identity
from .base import Applicant, Credential, Secrets


@dataclass(frozen=True)
class Method:
    """One way. ``given`` tells whether what it needs is there, and ``lacks`` says what is not."""

    make: Callable[[Applicant], Credential]
    given: Callable[[Secrets], object] | None = None
    """``None`` for a way that takes nothing from the options: it is never taken unless it is named."""
    lacks: str = ""
    registration: bool = True
    """Whether it takes an application registration's client id."""


METHODS = {
    "access_token": Method(access_token.from_options, lambda given: given.access_token, "access_token is empty", registration=False),
    "certificate": Method(
        certificate.from_options,
        lambda given: given.certificate or given.certificate_path,
        "neither certificate nor certificate_path is given",
    ),
    "client_secret": Method(application.by_secret, lambda given: given.client_secret, "client_secret is empty"),
    "federated": Method(
        federated.from_options,
        federated.given,
        "neither federated_token nor federated_token_file is given, and this is no job of GitHub Actions that may ask for a token",
    ),
    "managed_identity": Method(managed_identity.from_options, registration=False),
    "azure_cli": Method(azure_cli.from_options, registration=False),
    "device_code": Method(device_code.from_options),
}
"""In the order of ``auto``."""

AUTH_METHODS = ("auto", *METHODS)


def choose(
    cloud: Cloud,
    tenant: str,
    client_id: str | None,
    secrets: Secrets,
    auth_method: str = "auto",
    tell: Callable[[str], None] | None = None,
) -> Credential:
    """The credential that ``auth_method`` names; ``auto`` takes the first one that is given.

    :raises CredentialProblem: when something it needs is missing or unreadable.
    """
    secrets = secrets.trimmed()
    if auth_method == "auto":
        auth_method = _first_given(secrets)
    method = METHODS[auth_method]
    if method.given and not method.given(secrets):
        raise CredentialProblem(f"auth_method is {auth_method}, but {method.lacks}")
    if method.registration and not client_id:
        raise CredentialProblem("client_id is missing; it is the application (client) id of the registration that signs in")
    return method.make(Applicant(cloud, tenant, client_id or "", secrets, tell))


def _first_given(secrets: Secrets) -> str:
    for name, method in METHODS.items():
        if method.given and method.given(secrets):
            return name
    raise CredentialProblem(
        "no credential is given; set client_secret, certificate, certificate_path, federated_token, federated_token_file or access_token, "
        "or an auth_method that needs none of them"
    )

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The table of sign-in methods.

A new method is a file in this directory that ends with its `Method`, and a row here. What is left are the documentation of its
options in the doc fragment ``graph``, a row in the guide to signing in, and a test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..cloud import Cloud
from ..errors import CredentialProblem
from . import access_token, azure_cli, certificate, client_secret, device_code, federated, managed_identity
from .base import Applicant, Credential, Secrets, read_secrets

METHODS = {
    method.name: method
    for method in (
        access_token.METHOD,
        certificate.METHOD,
        client_secret.METHOD,
        federated.METHOD,
        managed_identity.METHOD,
        azure_cli.METHOD,
        device_code.METHOD,
    )
}
"""In the order of ``auto``."""

AUTH_METHODS = ("auto", *METHODS)
"""The choices of the option ``auth_method``."""

CREDENTIAL_OPTIONS = tuple(option for method in METHODS.values() for option in method.options)
"""The options of all methods. Argument specs, validation and masking derive from them."""


def choose(
    cloud: Cloud,
    tenant: str,
    client_id: str | None,
    params: Mapping[str, Any],
    auth_method: str = "auto",
    show: Callable[[str], None] | None = None,
    service: str | None = None,
) -> Credential:
    """The credential of ``auth_method``; ``auto`` takes the first method of the table that is given.

    ``params`` are the options of the task, of which the `CREDENTIAL_OPTIONS` are read. ``show`` shows a message to the user at the
    terminal, if there may be one. ``service`` is the endpoint of the service that the tokens are for, if it is not Microsoft Graph.

    :raises CredentialProblem: if something that the method needs is missing or unreadable, or if it has tokens for Microsoft Graph only.
    """
    secrets = read_secrets(CREDENTIAL_OPTIONS, params)
    method = METHODS[_first_given(secrets) if auth_method == "auto" else auth_method]
    if not method.is_given(secrets):
        raise CredentialProblem(f"auth_method is {method.name}, but {method.missing}")
    if method.needs_client_id and not client_id:
        raise CredentialProblem("client_id is missing; it is the application (client) id of the registration that signs in")
    if service and method.only_graph:
        raise CredentialProblem(
            f"auth_method {method.name} only signs in to Microsoft Graph, because {method.only_graph}; use another method for {service}"
        )
    return method.create(Applicant(cloud, tenant, client_id or "", secrets, show, service))


def _first_given(secrets: Secrets) -> str:
    for name, method in METHODS.items():
        if method.is_automatic and method.is_given(secrets):
            return name
    *names, last = (option.name for option in CREDENTIAL_OPTIONS if option.selects)
    raise CredentialProblem(f"no credential is given; set {', '.join(names)} or {last}, or an auth_method that needs none of them")

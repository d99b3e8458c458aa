# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach Microsoft Graph and sign in to one tenant."""

    DOCUMENTATION = r"""
options:
  tenant_id:
    description:
      - The tenant to sign in to, as its id or one of its verified domains.
      - If the option is not set, the environment variable E(AZURE_TENANT_ID) is used. It is needed one way or the other.
    type: str
    aliases: [tenant]
  client_id:
    description:
      - The application (client) id of the application registration that signs in.
      - If the option is not set, the environment variable E(AZURE_CLIENT_ID) is used.
      - Needed with every O(auth_method) but V(access_token).
    type: str
  client_secret:
    description:
      - The value of a client secret of the application registration.
      - If the option is not set, the environment variable E(AZURE_CLIENT_SECRET) is used. An empty value counts as not set.
    type: str
    aliases: [secret]
  certificate:
    description:
      - A certificate with its private key as PEM text, or as a PFX file in base64.
      - Its public part must be uploaded to the application registration.
    type: str
  certificate_path:
    description:
      - The path of a certificate file with its private key, PEM or PFX.
      - If the option is not set, the environment variable E(AZURE_CLIENT_CERTIFICATE_PATH) is used.
    type: path
  certificate_passphrase:
    description:
      - The passphrase of the private key in O(certificate) or O(certificate_path).
      - If the option is not set, the environment variable E(AZURE_CLIENT_CERTIFICATE_PASSWORD) is used.
    type: str
  access_token:
    description:
      - An access token for Microsoft Graph that was acquired elsewhere. It cannot be renewed when it expires.
    type: str
  auth_method:
    description:
      - How to sign in.
      - With V(auto) the first that is given is used, in this order - O(access_token), O(certificate) or O(certificate_path),
        O(client_secret).
    type: str
    choices: [auto, client_secret, certificate, access_token]
    default: auto
  cloud:
    description:
      - The cloud that the tenant lives in.
    type: str
    choices: [global, usgov, usgov_dod, china]
    default: global
  graph_endpoint:
    description:
      - The root of Microsoft Graph, if not that of the O(cloud).
    type: str
  login_endpoint:
    description:
      - The sign-in authority, if not that of the O(cloud).
      - If the option is not set, the environment variable E(AZURE_AUTHORITY_HOST) is used.
    type: str
  ca_path:
    description:
      - A file with the certificates of the authorities to trust, in PEM. It wins over E(REQUESTS_CA_BUNDLE).
    type: path
  validate_certs:
    description:
      - Whether to check the server's certificate. Do not switch this off for a real tenant.
    type: bool
    default: true
  timeout:
    description:
      - How long to wait for a connection, and for each answer, in seconds.
    type: int
    default: 30
  retries:
    description:
      - How often a request is repeated that the service throttles, and a read that meets a passing fault.
    type: int
    default: 5
requirements:
  - msal >= 1.35.0
  - requests >= 2.31.0
notes:
  - One task works in one tenant. Use C(module_defaults) with C(group/entra.cross_tenant_sync.graph) to set the connection once.
  - Secrets and tokens are in no result, diff, log or error message.
"""

    WAIT = r"""
options:
  visibility_timeout:
    description:
      - How long to wait for one change to become visible, and for a passing refusal of something just created to pass, in seconds.
      - The directory is eventually consistent, see RV(waited_seconds).
    type: int
    default: 60
"""

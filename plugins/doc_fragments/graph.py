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
      - The tenant to sign in to, by its id or one of its verified domains.
      - If not set, the environment variable E(AZURE_TENANT_ID) is used, or E(AZURE_TENANT), which AWX sets. One of them is required.
    type: str
    aliases: [tenant]
  client_id:
    description:
      - The application (client) id of the application registration that signs in.
      - With O(auth_method=managed_identity), the client id of a user-assigned identity. If not set, the system-assigned identity signs in.
      - If not set, the environment variable E(AZURE_CLIENT_ID) is used.
      - Not needed with V(access_token), V(managed_identity) and V(azure_cli).
    type: str
  client_secret:
    description:
      - The value of a client secret of the application registration.
      - If not set, the environment variable E(AZURE_CLIENT_SECRET) is used, or E(AZURE_SECRET), which AWX sets. An empty value counts as not set.
    type: str
    aliases: [secret]
  certificate:
    description:
      - A certificate with its private key as PEM text, or as a PFX file in base64.
      - In PEM text, C(\n) can take the place of each line end.
      - Its public part must be uploaded to the application registration.
    type: str
  certificate_path:
    description:
      - The path of a certificate file with its private key, PEM or PFX.
      - If not set, the environment variable E(AZURE_CLIENT_CERTIFICATE_PATH) is used.
    type: path
  certificate_passphrase:
    description:
      - The passphrase of the private key in O(certificate) or O(certificate_path).
      - If not set, the environment variable E(AZURE_CLIENT_CERTIFICATE_PASSWORD) is used.
    type: str
  federated_token:
    description:
      - A token of another identity provider, which a federated credential of the application registration trusts.
      - It is exchanged for an access token. It must be valid until the last sign-in of the run.
    type: str
  federated_token_file:
    description:
      - The path of a file with such a token. It is read at each sign-in, since its owner replaces the token before it expires.
      - If not set, the environment variable E(AZURE_FEDERATED_TOKEN_FILE) is used, which Kubernetes with Microsoft Entra
        Workload ID sets.
    type: path
  access_token:
    description:
      - An access token for Microsoft Graph that was acquired elsewhere. It cannot be renewed.
      - A token for another tenant than O(tenant_id) is refused.
    type: str
  auth_method:
    description:
      - How to sign in.
      - V(auto) uses the first credential that is given, in this order - O(access_token), O(certificate) or O(certificate_path),
        O(client_secret), O(federated_token), O(federated_token_file), a job of GitHub Actions that may request a token.
      - V(auto) never uses V(managed_identity), V(azure_cli) or V(device_code), so that no identity signs in that no option names.
      - V(federated) uses O(federated_token), O(federated_token_file), or, in a job of GitHub Actions that may write C(id-token),
        the token service of E(ACTIONS_ID_TOKEN_REQUEST_URL) and E(ACTIONS_ID_TOKEN_REQUEST_TOKEN).
      - V(managed_identity) uses the identity of the virtual machine, App Service or Azure Arc server where the task runs. It must belong
        to the tenant O(tenant_id).
      - V(azure_cli) uses the account that is signed in with C(az) where the task runs.
      - V(device_code) shows a code with which a user signs in, once per tenant and run. It needs a terminal, and a task on the local
        connection without C(become), C(async) and C(environment). It is refused in AWX and ansible-runner, which have no terminal.
    type: str
    choices: [auto, access_token, certificate, client_secret, federated, managed_identity, azure_cli, device_code]
    default: auto
  cloud:
    description:
      - The cloud of the tenant.
      - If not set, the environment variable E(AZURE_CLOUD_ENVIRONMENT) is used, which AWX sets, with the names of Azure's tools - C(AzureCloud),
        C(AzureUSGovernment), C(AzureChinaCloud). The DoD cloud has no such name.
    type: str
    choices: [global, usgov, usgov_dod, china]
    default: global
  graph_endpoint:
    description:
      - The root of Microsoft Graph, if it is not that of the O(cloud). It must begin with C(https).
    type: str
  login_endpoint:
    description:
      - The sign-in authority, if it is not that of the O(cloud).
      - If not set, the environment variable E(AZURE_AUTHORITY_HOST) is used.
    type: str
  exchange:
    description:
      - Whether the modules that can ask Exchange Online about this tenant may do so. Without it, no request goes to Exchange.
      - The application then needs C(Exchange.ManageAsApp) and a role in Entra or Exchange.
      - The interface is the one that Microsoft's PowerShell module uses. Microsoft does not publish it, so it can change without notice.
      - O(auth_method=access_token) and O(auth_method=device_code) cannot sign in to Exchange.
    type: bool
    default: false
  exchange_endpoint:
    description:
      - The root of Exchange Online, if it is not that of the O(cloud). It must begin with C(https).
    type: str
  exchange_group:
    description:
      - The address of a distribution group or dynamic distribution group that contains the synced users.
      - If set, Exchange is only asked for the members of this group, with the endpoints that Microsoft documents. They need
        C(Exchange.ManageAsAppV2), do not return whether a user is in an address list, and cannot change anything.
    type: str
  ca_path:
    description:
      - A file with the certificates of the trusted authorities in PEM, for sign-in and Graph. It takes precedence over E(REQUESTS_CA_BUNDLE).
    type: path
  validate_certs:
    description:
      - Whether to check the certificate of the server. Do not switch this off for a real tenant. A task with V(false) returns a warning.
    type: bool
    default: true
  proxy:
    description:
      - The proxy for sign-in and Graph, as C(http://host:port) or C(http://user:password@host:port).
      - If not set, E(HTTPS_PROXY), E(ALL_PROXY) and E(NO_PROXY) apply. If set, they are ignored.
      - The endpoint of a managed identity is never reached through a proxy.
    type: str
  connect_timeout:
    description:
      - How long to wait for a connection, in seconds, from 1 to 3600.
    type: int
    default: 10
  timeout:
    description:
      - How long to wait for each response, in seconds, from 1 to 3600.
    type: int
    default: 30
  retries:
    description:
      - How often to repeat a throttled request, or a read after a temporary fault, at most 100 times.
    type: int
    default: 5
requirements:
  - msal >= 1.35.0, but not with O(auth_method=access_token) or O(auth_method=azure_cli)
  - requests >= 2.31.0
notes:
  - Use C(module_defaults) with C(group/entra.cross_tenant_sync.graph) to set the connection once.
  - Secrets and tokens never appear in a result, diff, log or error message.
  - An empty or blank option counts as not given, before any rule is checked, so that a survey may leave fields empty.
    It is not taken from the environment either. Values that a mapping writes, such as a constant, may be empty.
  - Numbers, booleans, lists and dictionaries may be texts, as from a survey. A list may be a text with one name per line, a text of one
    line with commas, or JSON. In a text of several lines a comma belongs to the name. A list of dictionaries may be JSON.
  - Every value is checked before anything is sent. The message names the option with its place, such as C(filters[0].clauses[1].operator).
"""

    WAIT = r"""
options:
  visibility_timeout:
    description:
      - How long to wait for a change to become visible, and for a temporary refusal of a new object to end, in seconds.
      - The directory is eventually consistent, see RV(waited_seconds).
    type: int
    default: 60
"""

    TARGET = r"""
options:
  target:
    description:
      - The connection to the target tenant. The connection options of the task itself are those of the source tenant.
      - The environment is never used for options of the target tenant.
    type: dict
    required: true
    suboptions:
      tenant_id:
        description:
          - The target tenant, by its id or one of its verified domains.
        type: str
        required: true
        aliases: [tenant]
      client_id:
        description:
          - As O(client_id).
        type: str
      client_secret:
        description:
          - As O(client_secret).
        type: str
        aliases: [secret]
      certificate:
        description:
          - As O(certificate).
        type: str
      certificate_path:
        description:
          - As O(certificate_path).
        type: path
      certificate_passphrase:
        description:
          - As O(certificate_passphrase).
        type: str
      federated_token:
        description:
          - As O(federated_token).
        type: str
      federated_token_file:
        description:
          - As O(federated_token_file).
        type: path
      access_token:
        description:
          - As O(access_token).
        type: str
      auth_method:
        description:
          - As O(auth_method).
        type: str
        choices: [auto, access_token, certificate, client_secret, federated, managed_identity, azure_cli, device_code]
        default: auto
      cloud:
        description:
          - As O(cloud).
        type: str
        choices: [global, usgov, usgov_dod, china]
        default: global
      graph_endpoint:
        description:
          - As O(graph_endpoint).
        type: str
      login_endpoint:
        description:
          - As O(login_endpoint).
        type: str
      exchange:
        description:
          - As O(exchange).
        type: bool
        default: false
      exchange_endpoint:
        description:
          - As O(exchange_endpoint).
        type: str
      exchange_group:
        description:
          - As O(exchange_group).
        type: str
      ca_path:
        description:
          - As O(ca_path).
        type: path
      validate_certs:
        description:
          - As O(validate_certs).
        type: bool
        default: true
      proxy:
        description:
          - As O(proxy).
        type: str
      connect_timeout:
        description:
          - As O(connect_timeout).
        type: int
        default: 10
      timeout:
        description:
          - As O(timeout).
        type: int
        default: 30
      retries:
        description:
          - As O(retries).
        type: int
        default: 5
"""

    SOURCE = r"""
options:
  source:
    description:
      - The connection to the source tenant. The connection options of the task itself are those of the target tenant.
      - The environment is never used for options of the source tenant.
    type: dict
    suboptions:
      tenant_id:
        description:
          - The source tenant, by its id or one of its verified domains.
        type: str
        required: true
        aliases: [tenant]
      client_id:
        description:
          - As O(client_id).
        type: str
      client_secret:
        description:
          - As O(client_secret).
        type: str
        aliases: [secret]
      certificate:
        description:
          - As O(certificate).
        type: str
      certificate_path:
        description:
          - As O(certificate_path).
        type: path
      certificate_passphrase:
        description:
          - As O(certificate_passphrase).
        type: str
      federated_token:
        description:
          - As O(federated_token).
        type: str
      federated_token_file:
        description:
          - As O(federated_token_file).
        type: path
      access_token:
        description:
          - As O(access_token).
        type: str
      auth_method:
        description:
          - As O(auth_method).
        type: str
        choices: [auto, access_token, certificate, client_secret, federated, managed_identity, azure_cli, device_code]
        default: auto
      cloud:
        description:
          - As O(cloud).
        type: str
        choices: [global, usgov, usgov_dod, china]
        default: global
      graph_endpoint:
        description:
          - As O(graph_endpoint).
        type: str
      login_endpoint:
        description:
          - As O(login_endpoint).
        type: str
      exchange:
        description:
          - As O(exchange).
        type: bool
        default: false
      exchange_endpoint:
        description:
          - As O(exchange_endpoint).
        type: str
      exchange_group:
        description:
          - As O(exchange_group).
        type: str
      ca_path:
        description:
          - As O(ca_path).
        type: path
      validate_certs:
        description:
          - As O(validate_certs).
        type: bool
        default: true
      proxy:
        description:
          - As O(proxy).
        type: str
      connect_timeout:
        description:
          - As O(connect_timeout).
        type: int
        default: 10
      timeout:
        description:
          - As O(timeout).
        type: int
        default: 30
      retries:
        description:
          - As O(retries).
        type: int
        default: 5
"""

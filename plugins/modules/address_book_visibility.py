#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: address_book_visibility
short_description: Make synced users visible in the target's address book
version_added: 0.1.0
description:
  - Changes in Exchange Online of a target tenant what keeps synced users out of its address book, if Exchange can change it.
  - A user whom Exchange hides although C(showInAddressList) is true in Entra is shown. A user who is not hidden, but in no address list, is
    sorted into the address lists anew, for which C(CustomAttribute15) is set and emptied again. With O(external_address), a wrong address is
    corrected.
  - Only users whom the options select are changed, and of them only mail users. A mailbox, a contact or a group is never changed, and neither
    is a user whom the mappings of the link hide.
  - What this module must not or may not change is returned in RV(unmended), and the commands for it are written to O(commands_path).
  - The connection options of the task are those of the target tenant, with O(exchange=true).
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  external_address:
    description:
      - Whether to correct the external address of a user for whom Exchange has another one than Entra, so that messages reach the user.
    type: bool
    default: false
  max_changes:
    description:
      - How many users may be changed at once. If more would be, the task fails with their number, and nothing is changed.
    type: int
    default: 100
  commands_path:
    description:
      - The path of a file for the commands of Exchange Online PowerShell that an administrator can run for users whom this task could not mend.
      - The file is only readable for the user who runs the task. It is replaced if the commands differ from those in it, not in check mode.
      - With it, the task does not fail if Exchange cannot be asked, or if the application may not change recipients. It returns a warning
        with the reason, and the commands are in the file.
    type: path
extends_documentation_fragment:
  - entra.cross_tenant_sync.address_book
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.wait
  - entra.cross_tenant_sync.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  action_group: {}
notes:
  - One of O(people), O(source_tenant_id) and O(source_domains) is required.
  - The application needs the app role C(Exchange.ManageAsApp) and a role that allows to change recipients, such as Exchange Recipient
    Administrator. Whether it has that role is asked before the first change, also in check mode, without changing anything.
  - The option O(exchange_group) cannot be combined with this module, because its endpoints only read.
seealso:
  - module: entra.cross_tenant_sync.address_book_info
"""

EXAMPLES = r"""
- name: Make the users from Contoso visible
  entra.cross_tenant_sync.address_book_visibility:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    exchange: true
    source_tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    max_changes: 20
    commands_path: /tmp/address_book.ps1

- name: Make one user visible, and correct the address
  entra.cross_tenant_sync.address_book_visibility:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    exchange: true
    people: [seungmin.bae@contoso.kr]
    external_address: true
"""

RETURN = r"""
unmended:
  description: The selected users who are not in the address book after this task, or have a wrong address there; in check mode, who would not.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The user, as RV(entra.cross_tenant_sync.address_book_info#module:people).
      type: str
      sample: mirae.song@contoso.kr
    verdict:
      description: The verdict, as RV(entra.cross_tenant_sync.address_book_info#module:people).
      type: str
      sample: address_taken
    reason:
      description: Why.
      type: str
      sample: "another recipient in the target has the address mirae.song@contoso.kr: MailContact Song Mirae"
    remedy:
      description: What to do. V(null) if nothing is to be done.
      type: str
      sample: export and remove that recipient in Exchange, then provision the user again
commands:
  description: How many lines of commands there are for O(commands_path). V(0) if no command would help.
  returned: success
  type: int
  sample: 12
actions:
  description:
    - The changes in order; in check mode, the changes that a run would make. The keys are those of
      RV(entra.cross_tenant_sync.sync_configuration#module:actions).
  returned: success
  type: list
  elements: dict
  sample:
    - verb: show
      object: user junho.choi@contoso.kr in the address book
      tenant: afab079d-1f08-4de3-881e-435e497f923f
waited_seconds:
  description: How many seconds the module waited for its changes to become visible.
  returned: success
  type: float
  sample: 0.0
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import SELECTED_USERS, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book import visibility

SUBJECT = visibility.RESOURCE
OPTIONS = Options(
    {
        **SELECTED_USERS,
        "external_address": {"type": "bool", "default": False},
        "max_changes": {"type": "int", "default": 100},
        "commands_path": {"type": "path"},
    },
    {"required_one_of": [("people", "source_tenant_id", "source_domains")]},
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: address_book_info
short_description: Find out which synced users are in the target's address book, and why others are not
version_added: 0.1.0
description:
  - Returns a verdict on each user of a target tenant who came from a source tenant, with the reason, the evidence and the remedy.
    Changes nothing.
  - The connection options of the task are those of the target tenant. With O(exchange=true), Exchange Online of that tenant is asked, whose
    answer is the only proof that a user is in the address book. Without it, no request goes to Exchange, and what only Exchange knows is
    V(unknown).
  - With O(source), the scope of the configuration and the provisioning log are read as well. Then users who are missing in the target are
    found, with what the service reported about them, and users whom no synchronization maintains any longer.
  - Users are matched with recipients by their object id in Microsoft Entra, never by their name.
  - What could not be asked is V(unknown) with its reason, and never a failure of the task.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  configuration:
    description:
      - The configuration in the source tenant, by its name or by the object id of its service principal. Required with O(source).
    type: str
  must_be_listed:
    description:
      - Users who must be in the address book, by user principal name in the source tenant. If one of them is not, the task fails.
      - If it is not known whether a user is, the task returns a warning.
    type: list
    elements: str
  max_unlisted:
    description:
      - How many users may be missing in the address book. If RV(unlisted) has more, the task fails. If not set, it does not.
    type: int
extends_documentation_fragment:
  - entra.cross_tenant_sync.address_book
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.source
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - One of O(people), O(source_tenant_id), O(source_domains) and O(source) is required.
  - In check mode, O(must_be_listed) and O(max_unlisted) never make the task fail, because nothing was built.
  - Exchange is asked about a hundred users at a time, one request a second.
  - Outlook can show less than Exchange, because of address book policies, and later, because the offline address book is built once a day.
seealso:
  - module: entra.cross_tenant_sync.address_book_visibility
  - module: entra.cross_tenant_sync.provisioning_log_info
  - module: entra.cross_tenant_sync.synced_user_info
"""

EXAMPLES = r"""
- name: Find out who from Contoso is in the address book of Fabrikam
  entra.cross_tenant_sync.address_book_info:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    exchange: true
    source_tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
  register: book

- name: Show it
  ansible.builtin.debug:
    msg: "{{ book.table }}"

- name: Find out why one user is not, with the scope and the log of the source, and fail if they are not listed
  entra.cross_tenant_sync.address_book_info:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    exchange: true
    people: [minsu.kim@contoso.kr]
    source:
      tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
      client_id: 11111111-1111-4111-8111-111111111111
      client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    configuration: Fabrikam
    must_be_listed: [minsu.kim@contoso.kr]
"""

RETURN = r"""
people:
  description:
    - The users, with the verdict on each of them.
    - If the task fails because of O(must_be_listed) or O(max_unlisted), only the first fifty unlisted users, because Ansible prints the result.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The user principal name in the source tenant. If it is not known, that in the target tenant, or the name as given.
      type: str
      sample: junho.choi@contoso.kr
    id:
      description: The object id of the user in the target tenant. V(null) if there is none.
      type: str
      sample: 5d6e7f80-91a2-43b4-85c6-d7e8f9a0b1c2
    verdict:
      description:
        - V(listed) - in the global address list.
        - V(hidden_in_exchange) - Exchange hides the user, although Entra does not.
        - V(hidden_by_mapping) - C(showInAddressList) is not true, as the mappings of the link have it.
        - V(not_indexed) - not hidden, but in no address list.
        - V(not_mail_enabled) - Exchange has no recipient for the user.
        - V(address_taken) - a contact, a group or another recipient has the address.
        - V(has_mailbox) - the user has a mailbox in the target, so Exchange decides.
        - V(wrong_address) - Exchange has another address than the source.
        - V(not_yet) - too new.
        - V(invitation_pending) - invited by hand, and the invitation is not redeemed.
        - V(skipped) - not created, because the service skips the user.
        - V(failed) - not created, because of an error of the service.
        - V(deleted) - among the deleted users of the target.
        - V(orphan) - in the target, but no synchronization maintains the user any longer.
        - V(unknown) - not known, with the reason.
      type: str
      sample: hidden_in_exchange
    listed:
      description: Whether Exchange has the user in the global address list and does not hide them. V(null) if that is not known.
      type: bool
      sample: false
    unlisted:
      description: Whether the user counts as one who should be in the address book and is not, see O(max_unlisted).
      type: bool
      sample: true
    reason:
      description: Why, in words.
      type: str
      sample: Exchange hides the user, although showInAddressList is true in Entra
    remedy:
      description: What to do. V(null) if nothing is to be done.
      type: str
      sample: show the user with address_book_visibility
    evidence:
      description:
        - What the verdict is based on - the user in the C(source), the user object in C(entra), what C(exchange) answered, and the last entry
          of the provisioning C(log). A part that was not read is V(null).
      type: dict
counts:
  description: How many users have each verdict.
  returned: always
  type: dict
  sample: {listed: 11, hidden_in_exchange: 1, unknown: 0}
unlisted:
  description:
    - The names of the users who should be in the address book and are not. Users whom the mappings hide, who are too new, who are deleted or
      orphaned, and of whom it is not known, are not among them.
  returned: always
  type: list
  elements: str
  sample: [junho.choi@contoso.kr]
table:
  description: The users as lines for a terminal, unlisted ones first.
  returned: always
  type: list
  elements: str
summary:
  description: The result in one line.
  returned: always
  type: str
  sample: "12 users, 1 unlisted: 11 listed, 1 hidden_in_exchange"
problems:
  description: What O(must_be_listed) and O(max_unlisted) do not allow, one sentence each.
  returned: always
  type: list
  elements: str
  sample: []
exchange:
  description: Whether Exchange was asked, and if not, the reason.
  returned: always
  type: dict
  contains:
    asked:
      description: Whether Exchange answered for this tenant.
      type: bool
      sample: true
    reason:
      description: Why it was not asked. V(null) if it was.
      type: str
      sample: null
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import SELECTED_USERS, SOURCE, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book import inquiry

SUBJECT = inquiry.INQUIRY
OPTIONS = Options(
    {
        **SELECTED_USERS,
        "source": SOURCE,
        "configuration": {"type": "str"},
        "must_be_listed": {"type": "list", "elements": "str"},
        "max_unlisted": {"type": "int"},
    },
    {
        "required_one_of": [("people", "source_tenant_id", "source_domains", "source")],
        "required_together": [("source", "configuration")],
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()

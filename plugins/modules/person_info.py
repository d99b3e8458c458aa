#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: person_info
short_description: Find out what is the matter with one user of a link
version_added: 0.1.0
description:
  - Returns everything about one user of a link, with one sentence that a helpdesk can read out first - the cause and what to do.
    Changes nothing.
  - Reads whether the user is in scope, by which assignment, or which clause keeps them out; the value of each mapping; the state of the account
    in the target; the entries of the provisioning log about the user; and what the next cycle does.
  - If the connection options of O(target) contain V(exchange=true), Exchange Online is asked whether the address book shows the user. Without it, no
    request goes to Exchange.
  - A part that may not be read is in RV(incomplete), and nothing that depends on it counts as absent. If the cause depends on it, the cause is
    V(unknown) or V(scope_not_known).
  - Sends at most twelve requests to Microsoft Graph and Exchange, sign-in aside, whatever the size of the tenants - unless the configuration has
    more than a thousand assignments, the user more than a thousand groups, or more than twenty groups are assigned of which the user is no member.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  user:
    description:
      - The user - the user principal name, mail address or object id in the source tenant, or the user principal name or object id of the account
        in the target tenant.
      - A mail address that several users of the source have is refused.
    type: str
    required: true
  global_address_list:
    description:
      - See O(entra.cross_tenant_sync.address_book_info#module:global_address_list).
    type: str
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - This module reads two tenants.
  - In the source tenant it needs C(Application.Read.All), C(Synchronization.Read.All), C(User.Read.All), C(GroupMember.Read.All) and, for the log,
    C(ProvisioningLog.Read.All). In the target tenant it needs C(User.Read.All), and what Exchange needs if it is asked.
  - Whether a user has SMS sign-in is known only from the log, after the service has skipped the user once.
seealso:
  - module: entra.cross_tenant_sync.address_book_info
  - module: entra.cross_tenant_sync.link_info
  - module: entra.cross_tenant_sync.provisioning_log_info
  - module: entra.cross_tenant_sync.sync_on_demand
"""

EXAMPLES = r"""
- name: Find out what is the matter with Kim Minsu
  entra.cross_tenant_sync.person_info:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    target:
      tenant_id: afab079d-1f08-4de3-881e-435e497f923f
      client_id: 22222222-2222-4222-8222-222222222222
      client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
      exchange: true
    configuration: Fabrikam
    user: minsu.kim@contoso.kr
  register: person

- name: Read it out
  ansible.builtin.debug:
    msg: "{{ person.sentence }}"
"""

RETURN = r"""
sentence:
  description: What is the matter with the user and what to do, in one sentence.
  returned: success
  type: str
  sample: >-
    sora.yoon@contoso.kr is only a member of group Sales Seoul, which is nested in the assigned group Sales, and only direct members are synchronized;
    assign group Sales Seoul itself, or make the user a direct member of Sales.
cause:
  description:
    - The cause as a stable identifier.
    - Whom the name means - V(unknown_name), V(own_user_of_target), V(deleted_in_source), V(deleted_in_source_kept), V(deleted_in_source_gone),
      V(orphan), V(orphan_deleted), V(external_in_source).
    - An account out of scope - V(deletion_held), V(administrator), V(kept_delete_off), V(kept_disabled), V(leaving), V(account_out_of_scope).
    - No account because of the scope - V(left_scope), V(default_access), V(nested_group), V(not_assigned), V(filter_empty), V(filter),
      V(not_in_scope), V(sms_sign_in), V(built_in_filter), V(disabled_in_source), V(scope_not_known).
    - The link as a whole - V(no_job), V(no_mapping), V(trust_off), V(job_quarantined), V(job_paused), V(create_off), V(update_off), V(first_cycle),
      V(restart_owed), V(update_waits_for_restart).
    - What the last attempt met - V(invitations_blocked), V(domain_not_verified), V(address_taken), V(address_of_other_user), V(invitation_failed),
      V(target_full), V(managed_on_premises), V(exchange_owns), V(name_taken), V(several_match), V(shared_mail), V(purged_in_target),
      V(attribute_missing), V(no_matching_value), V(service_busy), V(failed).
    - The account - V(invitation_pending), V(back_in_scope), V(deleted_in_target), V(waiting), V(several_accounts), V(blocked_with_source),
      V(blocked_in_target), V(will_be_blocked), V(still_guest), V(old_name), V(edited_in_target), V(will_be_updated), V(value_kept).
    - The address book - V(no_mail), V(hidden_by_mapping), V(hidden_in_exchange), V(contact_in_the_way), V(not_mail_enabled), V(has_mailbox),
      V(not_indexed), V(wrong_address), V(not_yet_in_exchange), V(new_in_outlook).
    - All is well - V(listed), V(synchronized).
    - V(unknown) - it cannot be judged, with the reason.
  returned: success
  type: str
  sample: nested_group
reason:
  description: What is the matter, without the name and without a full stop.
  returned: success
  type: str
  sample: is only a member of group Sales Seoul, which is nested in the assigned group Sales, and only direct members are synchronized
remedy:
  description: What to do, without a full stop.
  returned: success
  type: str
  sample: assign group Sales Seoul itself, or make the user a direct member of Sales
user_principal_name:
  description: The user principal name in the source tenant. If it is not known, that of the account, or the name as given.
  returned: success
  type: str
  sample: sora.yoon@contoso.kr
source:
  description: The user in the source tenant. V(null) if there is none.
  returned: success
  type: dict
  contains:
    id:
      description: The object id.
      type: str
      sample: c0000000-0000-4000-8000-000000000010
    user_principal_name:
      description: The user principal name.
      type: str
      sample: sora.yoon@contoso.kr
    mail:
      description: The mail address. V(null) if there is none.
      type: str
      sample: sora.yoon@contoso.kr
    account_enabled:
      description: Whether the user is enabled.
      type: bool
      sample: true
    external:
      description: Whether the user comes from another tenant. External users are not synchronized.
      type: bool
      sample: false
    deleted:
      description: Whether the user is among the deleted users.
      type: bool
      sample: false
scope:
  description: Whether the user is in scope, and why.
  returned: success
  type: dict
  contains:
    mode:
      description: The scope mode of the configuration, V(assigned) or V(all).
      type: str
      sample: assigned
    in_scope:
      description: Whether the user is in scope. V(null) if it cannot be computed.
      type: bool
      sample: false
    reason:
      description: Why, in words.
      type: str
      sample: not assigned
    paths:
      description: What puts the user into scope - V(directly assigned), or C(group) and a name.
      type: list
      elements: str
      sample: []
    default_access:
      description: Assignments in the same words with a role that puts no user into scope.
      type: list
      elements: str
      sample: []
    nested:
      description: Groups of the user that are nested in assigned groups, with the assigned group. They put no user into scope.
      type: list
      elements: dict
      sample: [{group: Sales Seoul, assigned_group: Sales}]
    unmet:
      description: The clauses of scoping filters that do not hold, with the filter, the attribute and the value that the user has.
      type: list
      elements: dict
      sample: []
mapped_values:
  description:
    - The value of each mapping for the user, with the value in the target. V(unknown) is why a value is not known, for example because the
      documentation of a function is silent.
  returned: success
  type: list
  elements: dict
  sample: [{attribute: displayName, value: Yoon Sora (Contoso), in_target: null, unknown: null, apply: always}]
target:
  description: The account in the target tenant.
  returned: success
  type: dict
  contains:
    state:
      description: V(none), V(active), V(blocked), V(invitation_pending) or V(deleted).
      type: str
      sample: none
    id:
      description: The object id of the account.
      type: str
      sample: null
    user_principal_name:
      description: The user principal name of the account.
      type: str
      sample: null
    user_type:
      description: V(Member) or V(Guest).
      type: str
      sample: null
    show_in_address_list:
      description: What Entra says about the address book, which proves nothing. V(null) if it is not set, or without an account.
      type: bool
      sample: null
    others:
      description: Other accounts that match the user, each with its id and user principal name.
      type: list
      elements: dict
      sample: []
next:
  description: What the next cycle does to the user, as far as it can be computed.
  returned: success
  type: dict
  contains:
    effect:
      description:
        - V(created), V(updated), V(converted), V(disabled), V(soft_deleted), V(restored), V(unchanged), V(skipped), V(kept), V(failed) or
          V(unknown).
      type: str
      sample: unchanged
    reason:
      description: Why, in words.
      type: str
      sample: not assigned
    changes:
      description: The attributes that change, with the values before and after. V(unknown) is why the value after it cannot be computed.
      type: list
      elements: dict
      sample: []
    edited_in_target:
      description: Attributes that somebody changed in the target. The service does not look at them before the user changes in the source.
      type: list
      elements: dict
      sample: []
log:
  description: The entries of the provisioning log about the user, newest first, as RV(entra.cross_tenant_sync.provisioning_log_info#module:entries).
  returned: success
  type: list
  elements: dict
  sample: []
log_unread:
  description: Why the log could not be read. V(null) if it was.
  returned: success
  type: str
  sample: null
address_book:
  description:
    - The verdict on the user's entry in the address book, as RV(entra.cross_tenant_sync.address_book_info#module:people) returns it, with what Exchange
      answered. V(asked) is whether it was asked, and V(unasked_reason) why not.
  returned: success
  type: dict
  sample: {verdict: skipped, listed: false, reason: the user is not in scope of the link, asked: false}
job:
  description: The verdict on the job as RV(entra.cross_tenant_sync.sync_job_info#module:verdict), the reason of a quarantine, and whether a restart is pending.
  returned: success
  type: dict
  sample: {verdict: healthy, quarantine: null, restart_owed: false}
incomplete:
  description: What could not be read, one sentence each.
  returned: success
  type: list
  elements: str
  sample: []
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONFIGURATION, TARGET, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.person import inquiry

SUBJECT = inquiry.INQUIRY
OPTIONS = Options(
    {
        "target": TARGET,
        **CONFIGURATION,
        "user": {"type": "str", "required": True},
        "global_address_list": {"type": "str"},
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()

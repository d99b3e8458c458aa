# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Which users of a target tenant are meant, and in which address list they should be."""

    DOCUMENTATION = r"""
options:
  people:
    description:
      - The users, each by object id, user principal name or mail address in the target tenant, or by user principal name in the source tenant.
      - A mail address only means a user from another tenant.
      - Only these users are read, not the whole directory. Without it, all users from the source are meant.
      - In a text of one line, commas separate the names. A name with a comma needs a list, or a text with one name per line.
    type: list
    elements: str
  source_tenant_id:
    description:
      - The id of the source tenant. All users of the target tenant are meant whose user principal name contains one of its domains.
      - To find these domains, the domains that occur in the target are looked up. With the permission C(CrossTenantInformation.ReadBasic.All)
        that takes one request for twenty domains, without it a request for each domain.
    type: str
  source_domains:
    description:
      - The domains of the source tenant's user principal names, so that nothing is looked up.
    type: list
    elements: str
  global_address_list:
    description:
      - The name of the address list in which a listed user must be.
      - If not set, it is V(Default Global Address List), or any other address list for a user who is in no list of this name, because the
        names can be localised. The indexes of the system never count.
    type: str
"""

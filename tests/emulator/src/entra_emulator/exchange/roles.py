# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two halves of a permission: the app role in the token, and a role in Entra or Exchange for the cmdlet (F152)."""

from __future__ import annotations

from typing import Literal

from ..state import Registration

Permission = Literal["Exchange.ManageAsApp", "Exchange.ManageAsAppV2", "Exchange.AdminAPI.ManageAsApp"]
"""The app roles on Office 365 Exchange Online that look alike."""
ExchangeRole = Literal["View-Only Recipients", "Mail Recipients", "Mail Recipient Creation", "View-Only Configuration", "Federated Sharing"]
"""Exchange's own roles, which a role group gives to a service principal."""
DirectoryRole = Literal[
    "Global Administrator",
    "Global Reader",
    "Exchange Administrator",
    "Exchange Recipient Administrator",
    "Compliance Administrator",
    "Helpdesk Administrator",
    "Security Administrator",
    "Security Reader",
]
"""The Entra roles that Exchange supports for applications."""

NEEDED_APP_ROLE = {"beta": "Exchange.ManageAsApp", "v2.0": "Exchange.ManageAsAppV2"}
"""By version of the admin API; the gateway refuses a token of the other version."""

ROLE_TEMPLATES: dict[str, str] = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "Exchange Recipient Administrator": "31392ffb-586c-42d1-9346-e59415a2cc4e",
    "Compliance Administrator": "17315797-102d-40b4-93e0-432062caca18",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "Security Reader": "5d6b6bb7-de71-4623-b4af-96380a352509",
}
"""The well-known ids that ``wids`` holds."""
EVERY_APPLICATION = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
"""Is in ``wids`` of every application's token, whatever roles it has (generally known)."""

_MASTERS = frozenset({"Global Administrator", "Exchange Administrator", "Exchange Recipient Administrator"})
_ORGANIZATION = frozenset({"Global Administrator", "Exchange Administrator", "Federated Sharing"})
RIGHTS: dict[str, frozenset[str]] = {
    "read": _MASTERS | {"Global Reader", "View-Only Recipients", "Mail Recipients"},
    "write": _MASTERS | {"Mail Recipients"},
    # Contacts are made and removed with a role of their own (generally known).
    "remove": _MASTERS | {"Mail Recipient Creation"},
    # Sharing is the organization's, not a recipient's: the administrator of recipients has none of it (F213).
    "sharing": _ORGANIZATION | {"Global Reader", "View-Only Configuration"},
    "share": _ORGANIZATION,
}
"""The roles that allow a kind of cmdlet. Those of the supported roles that are not here, such as Security Reader, get 403."""


def directory_role_ids(registration: Registration) -> list[str]:
    """The token's ``wids``."""
    return [*(ROLE_TEMPLATES[name] for name in registration.directory_roles if name in ROLE_TEMPLATES), EVERY_APPLICATION]


def allows(registration: Registration, right: str) -> bool:
    """Whether a role of the service principal allows cmdlets of this kind. The token is not asked: role groups are not in it."""
    return bool(RIGHTS[right].intersection([*registration.directory_roles, *registration.exchange_roles]))

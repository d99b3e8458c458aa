# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address lists: which of them hold a recipient, computed when it is written (F151)."""

from __future__ import annotations

from ..state import GraphObject

DEFAULT = "Default Global Address List"
OFFLINE = "Offline Global Address List"
_OF_KIND = {
    "UserMailbox": ["All Users"],
    "MailUser": ["All Users"],
    "GuestMailUser": ["All Users"],
    "MailContact": ["All Contacts"],
    "MailUniversalDistributionGroup": ["All Distribution Lists"],
    "MailUniversalSecurityGroup": ["All Distribution Lists"],
    "GroupMailbox": ["All Groups"],
}
_SYSTEM = {"UserMailbox": ["Mailboxes(VLV)", "All Mailboxes(VLV)"]}
EVERYTHING = "All Recipients(VLV)"
LOCALISED = {
    DEFAULT: "Liste d'adresses globale par défaut",
    OFFLINE: "Liste d'adresses globale hors connexion",
    "All Users": "Tous les utilisateurs",
    "All Contacts": "Tous les contacts",
    "All Distribution Lists": "Toutes les listes de distribution",
    "All Groups": "Tous les groupes",
}


def indexes(record: GraphObject) -> list[str]:
    """The system's indexes, which hold hidden recipients too."""
    return [*_SYSTEM.get(record["RecipientTypeDetails"], []), EVERYTHING]


def membership(record: GraphObject) -> list[str]:
    """The lists that hold a recipient: the real ones only if it is not hidden."""
    if record["HiddenFromAddressListsEnabled"]:
        return indexes(record)
    return [*_OF_KIND.get(record["RecipientTypeDetails"], []), OFFLINE, *indexes(record), DEFAULT]


def listed(record: GraphObject) -> bool:
    """Whether a recipient is in a real list."""
    return any(not name.endswith("(VLV)") for name in record["AddressListMembership"])


def shown(names: list[str], spelling: str) -> list[str]:
    """The names as they are served: with two backslashes in front, as captured, and in the tenant's language."""
    return [f"\\\\{LOCALISED.get(name, name) if spelling == 'localised' else name}" for name in names]

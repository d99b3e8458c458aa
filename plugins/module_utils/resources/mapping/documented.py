# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The attributes and functions that Microsoft documents: the basis of the checks before a job exists (fact F97).

Functions and their numbers of arguments are those of "Reference for writing expressions for attribute mappings in Microsoft Entra
ID", which also states that their names are case-sensitive.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

from .default_schema import DIRECT, MATCHING

EXTENSION = re.compile(r"^extension_[0-9a-f]{32}_\w+$")
"""A directory extension: ``extension_``, the owner's application id without dashes, ``_`` and a name (fact F97)."""

_EMPLOYEE = ("employeeType", "employeeOrgData.costCenter", "employeeOrgData.division")
_DATES = ("employeeHireDate", "employeeLeaveDateTime")
_NUMBERED = tuple(f"extensionAttribute{number}" for number in range(1, 16))
_MULTIVALUED = ("proxyAddresses", "otherMails", "appRoleAssignments")

SOURCE: Mapping[str, Mapping[str, Any]] = {
    **{name: {} for name in (*DIRECT, *_EMPLOYEE, *_NUMBERED, "companyName", "showInAddressList")},
    **{name: {} for name in (MATCHING, "netId", "userState", "objectId")},
    **{name: {"type": "DateTime"} for name in _DATES},
    **{name: {"multivalued": True} for name in _MULTIVALUED},
    "manager": {"type": "Reference"},
}
"""The documented source attributes, with the members of their definitions that matter here, as in a job's directories."""
TARGET = frozenset((*DIRECT, MATCHING, "showInAddressList", "userType", "companyName"))
"""The documented target attributes."""
UNREADABLE = ("userType", "SamAccountName")
"""Attributes that cannot be read in the source (fact F95)."""
KNOWN_NAMES = frozenset((*SOURCE, *TARGET, "mobile"))
"""The names that are compared with a misspelt name."""

UNLIMITED = 10_000
_SINGLE = (1, 1)
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    # In the default mappings (fact F92), but not in the reference.
    "AltSecIdFromNetId": _SINGLE,
    "Append": (2, 2),
    "AppRoleAssignmentsComplex": _SINGLE,
    "BitAnd": (2, 2),
    "CBool": _SINGLE,
    "CDate": _SINGLE,
    "Coalesce": (1, UNLIMITED),
    "ConvertToBase64": _SINGLE,
    "ConvertToUTF8Hex": _SINGLE,
    "Count": _SINGLE,
    "CStr": _SINGLE,
    "DateAdd": (3, 3),
    "DateDiff": (3, 3),
    "DateFromNum": _SINGLE,
    "FormatDateTime": (3, 4),
    "Guid": (0, 0),
    "IgnoreFlowIfNullOrEmpty": _SINGLE,
    "IIF": (3, 3),
    "InStr": (2, 4),
    "IsNull": _SINGLE,
    "IsNullOrEmpty": _SINGLE,
    "IsPresent": _SINGLE,
    "IsString": _SINGLE,
    "Item": (2, 2),
    "Join": (2, UNLIMITED),
    "Left": (2, 2),
    "Mid": (3, 3),
    "NormalizeDiacritics": _SINGLE,
    "Not": _SINGLE,
    "Now": (0, 0),
    "NumFromDate": _SINGLE,
    "PCase": (1, 2),
    "RandomString": (5, 6),
    "Redact": _SINGLE,
    "RemoveDuplicates": _SINGLE,
    "Replace": (1, 7),
    "SingleAppRoleAssignment": _SINGLE,
    "Split": (2, 2),
    "StripSpaces": _SINGLE,
    "Switch": (4, UNLIMITED),
    "ToLower": (1, 2),
    "ToUpper": (1, 2),
    "Word": (3, 3),
}
"""The minimum and maximum number of arguments of each function."""
PAIRED = ("Switch",)
"""Functions whose arguments come in pairs."""
CLOUD_SYNC_ONLY = ("ConvertFromBase64", "DNComponent", "Error", "Trim")
"""Functions that are documented only for cloud sync, which is run by the same service."""
UNSUPPORTED = ("SelectUniqueValue",)
"""Functions that are documented for certain applications only; cross-tenant synchronization is not among them."""
COMPARISONS = ("=", "<>", ">", ">=", "<", "<=")
"""All operators. "and" and "or" are documented as not supported."""

_CLOSE = 0.85


def misspelt(name: str, known: Collection[str], close: float = _CLOSE) -> list[str]:
    """The known names that differ from ``name`` only in case or in one or two letters.

    Empty if ``name`` is known, or similar to none. ``close`` is the required similarity, from 0 to 1.
    """
    if name in known:
        return []
    same = [candidate for candidate in known if candidate.lower() == name.lower()]
    near = difflib.get_close_matches(name.lower(), [candidate.lower() for candidate in known], n=3, cutoff=close)
    return same or [candidate for candidate in known if candidate.lower() in near]


def hint(names: Collection[str]) -> str:
    """The end of a message about a wrong name: the names that may be intended, or an empty text."""
    return f"; did you mean {', '.join(names)}" if names else ""

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What Microsoft documents of attributes and functions: all there is to judge by before a job exists to be asked (fact sheet 4.3).

Functions and their numbers of arguments are those of "Reference for writing expressions for attribute mappings in Microsoft Entra
ID", which also says that their names are case-sensitive.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

from .default_schema import DIRECT, MATCHING

EXTENSION = re.compile(r"^extension_[0-9a-f]{32}_\w+$")
"""A directory extension: ``extension_``, the owner's application id without dashes, ``_`` and a name (fact sheet 4.3)."""

_EMPLOYEE = ("employeeType", "employeeOrgData.costCenter", "employeeOrgData.division")
_DATES = ("employeeHireDate", "employeeLeaveDateTime")
_NUMBERED = tuple(f"extensionAttribute{number}" for number in range(1, 16))
_SEVERAL = ("proxyAddresses", "otherMails", "appRoleAssignments")

SOURCE: Mapping[str, Mapping[str, Any]] = {
    **{name: {} for name in (*DIRECT, *_EMPLOYEE, *_NUMBERED, "companyName", "showInAddressList")},
    **{name: {} for name in (MATCHING, "netId", "userState", "objectId")},
    **{name: {"type": "DateTime"} for name in _DATES},
    **{name: {"multivalued": True} for name in _SEVERAL},
    "manager": {"type": "Reference"},
}
"""Source attributes that some document names, as far as a job's directories would define them."""
TARGET = frozenset((*DIRECT, MATCHING, "showInAddressList", "userType", "companyName"))
"""Target attributes that some document names."""
NO_SOURCE = ("userType", "SamAccountName")
"""What cannot be read of the source (fact sheet 4.3)."""
LIKELY = frozenset((*SOURCE, *TARGET, "mobile"))
"""Whatever a misspelt name may have been meant to be."""

_ANY = 10_000
_ONE = (1, 1)
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    # In the default mappings (fact sheet 4.3), and in no reference.
    "AltSecIdFromNetId": _ONE,
    "Append": (2, 2),
    "AppRoleAssignmentsComplex": _ONE,
    "BitAnd": (2, 2),
    "CBool": _ONE,
    "CDate": _ONE,
    "Coalesce": (1, _ANY),
    "ConvertToBase64": _ONE,
    "ConvertToUTF8Hex": _ONE,
    "Count": _ONE,
    "CStr": _ONE,
    "DateAdd": (3, 3),
    "DateDiff": (3, 3),
    "DateFromNum": _ONE,
    "FormatDateTime": (3, 4),
    "Guid": (0, 0),
    "IgnoreFlowIfNullOrEmpty": _ONE,
    "IIF": (3, 3),
    "InStr": (2, 4),
    "IsNull": _ONE,
    "IsNullOrEmpty": _ONE,
    "IsPresent": _ONE,
    "IsString": _ONE,
    "Item": (2, 2),
    "Join": (2, _ANY),
    "Left": (2, 2),
    "Mid": (3, 3),
    "NormalizeDiacritics": _ONE,
    "Not": _ONE,
    "Now": (0, 0),
    "NumFromDate": _ONE,
    "PCase": (1, 2),
    "RandomString": (5, 6),
    "Redact": _ONE,
    "RemoveDuplicates": _ONE,
    "Replace": (1, 7),
    "SingleAppRoleAssignment": _ONE,
    "Split": (2, 2),
    "StripSpaces": _ONE,
    "Switch": (4, _ANY),
    "ToLower": (1, 2),
    "ToUpper": (1, 2),
    "Word": (3, 3),
}
"""The least and the most arguments of every function."""
EVEN = ("Switch",)
"""Functions whose arguments come in pairs."""
ELSEWHERE = ("ConvertFromBase64", "DNComponent", "Error", "Trim")
"""Functions that are documented for cloud sync alone, which the same service runs."""
UNSUPPORTED = ("SelectUniqueValue",)
"""Functions whose documentation names the applications that may use them, and this is none of them."""
COMPARISONS = ("=", "<>", ">", ">=", "<", "<=")
"""All operators; "and" and "or" are said not to be supported."""

_CLOSE = 0.85


def misspelt(name: str, known: Collection[str], close: float = _CLOSE) -> list[str]:
    """The known names that ``name`` is a misspelling of, by case or by a letter or two; empty for a known one and for a strange one."""
    if name in known:
        return []
    same = [one for one in known if one.lower() == name.lower()]
    near = difflib.get_close_matches(name.lower(), [one.lower() for one in known], n=3, cutoff=close)
    return same or [one for one in known if one.lower() in near]


def hint(names: Collection[str]) -> str:
    """How a sentence about a wrong name ends."""
    return f"; did you mean {', '.join(names)}" if names else ""

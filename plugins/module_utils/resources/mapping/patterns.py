# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Regular expressions of scoping filters: only faults in every dialect are reported.

The service uses .NET's dialect, which Python cannot compile: named groups, classes and lookbehinds differ. Nothing is compiled here.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<escape>\\(?:.|$))
      | (?P<class>\[\^?\]?(?:\\.|[^\\\]])*(?P<end>\]?))
      | (?P<open>\((?:\?[^()]*?[:=!>']|\?<[^()>]*>|\?[A-Za-z-]*(?=\)))?)
      | (?P<close>\))
      | (?P<times>[*+?]|\{\d+(?:,\d*)?\})
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_OWN_RULES = re.compile(r"\(\?(?:#|[a-z-]*x)")
"""Comments, and the mode in which blanks are ignored, follow other rules; such patterns are left to the service."""


def problem(pattern: str) -> str | None:
    """The fault of a pattern that no dialect accepts, as the end of a message; ``None`` if there is none."""
    if _OWN_RULES.search(pattern):
        return None
    opened = 0
    repeatable = False
    for token in _TOKEN.finditer(pattern):
        kind, text = token.lastgroup, token[0]
        if token["class"] is not None:
            kind = "class"
        if kind == "escape" and text == "\\":
            return "it ends with a backslash"
        if kind == "class" and not token["end"] and "]" not in text[1:]:
            return "a bracket is not closed"
        if kind == "times" and not repeatable:
            return f"{text!r} has nothing before it to repeat; for any text write .*"
        opened += {"open": 1, "close": -1}.get(str(kind), 0)
        if opened < 0:
            return "a closing parenthesis has no opening parenthesis"
        # "?" after a quantifier makes it lazy; the next round must accept it.
        repeatable = kind in ("escape", "class", "close", "times") or (kind == "other" and text != "|")
    return "a parenthesis is not closed" if opened else None

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Which known name somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], alike: float = 0.6) -> str:
    """The most similar known name, for the end of a message; empty if there is none. ``alike`` is the required similarity, from 0 to 1."""
    lower = {word.lower(): word for word in known}
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=alike)
    return f" (did you mean {lower[found[0]]}?)" if found else ""

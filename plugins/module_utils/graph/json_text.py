# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""JSON as RFC 8259 defines it. Python also accepts ``NaN`` and ``Infinity``, which other readers reject; ``NaN`` equals nothing."""

from __future__ import annotations

import json
from typing import Any


def parse(text: str | bytes) -> Any:
    """The value of a JSON text.

    :raises ValueError: for any other text.
    """
    return json.loads(text, parse_constant=_reject)


def _reject(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON value")

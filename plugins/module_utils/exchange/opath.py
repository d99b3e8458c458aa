# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""OPATH, the language of ``Filter`` (fact F151). Filters are built only here."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(value: str) -> str:
    """A string literal: apostrophes are doubled."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def equals(name: str, value: str) -> str:
    """The objects whose property has this value; of an address list, those with this address. Case does not matter."""
    return f"{name} -eq {quoted(value)}"


def any_of(name: str, values: Iterable[str]) -> str:
    """The objects whose property has one of these values."""
    return " -or ".join(equals(name, value) for value in values)

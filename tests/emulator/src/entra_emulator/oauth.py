# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of the sign-in side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class OAuthError(Exception):
    """An OAuth error with its AADSTS number."""

    status: int
    error: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"AADSTS{self.number}: {self.text}"

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of switches into README.md, from the model that checks them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from entra_emulator.settings import FLIPPED, Lag, LagSeconds, Settings

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- switches -->\n", "<!-- end of switches -->\n"
PARTS: dict[str, type[BaseModel]] = {"lag": Lag, "lag_seconds": LagSeconds}


def table() -> str:
    """One row a switch."""
    lines = ["| switch | default | flipped | meaning |", "| --- | --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        part = PARTS.get(name)
        if part is None:
            other = f"`{FLIPPED[name]}`" if name in FLIPPED else ""
            lines.append(f"| `{name}` | `{getattr(Settings(), name)}` | {other} | {field.description} |")
            continue
        kinds = ", ".join(f"`{kind}`" for kind in part.model_fields)
        lines.append(f"| `{name}.KIND` | `0` | | {field.description} KIND is one of {kinds}. |")
    return "\n".join(lines) + "\n"


def readme() -> str:
    """The README with the table in its place."""
    before, _mark, rest = README.read_text().partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    README.write_text(readme())

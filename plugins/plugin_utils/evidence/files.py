# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The files of a plan or report: in a folder that is made if it does not exist, readable by their owner only, and replaced at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import private_file

REPORT = {"json": "report.json", "markdown": "report.md", "html": "report.html"}
"""The files of a report, by their format."""
PLAN = {"json": "plan.json", "markdown": "plan.md", "html": "plan.html"}
"""Those of a plan."""


def fault(variable: str, folder: str, names: Iterable[str]) -> str | None:
    """Why the files cannot be written into the folder, as far as it can be seen before, in one sentence; ``None`` if nothing is in the way."""
    reason = _obstacle(folder, names)
    return reason and f"{variable} {folder!r} cannot be used: {reason}; give another folder."


def _obstacle(folder: str, names: Iterable[str]) -> str | None:
    existing = _existing(folder)
    if not os.path.isdir(existing):
        return f"{existing} is not a folder"
    if not os.access(existing, os.W_OK | os.X_OK):
        return f"{existing} cannot be written"
    taken = [name for name in names if os.path.isdir(os.path.join(folder, name))]
    return f"{taken[0]} in it is a folder" if taken else None


def _existing(folder: str) -> str:
    """The folder, or the nearest one above it that exists."""
    path = os.path.abspath(folder)
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return path


def write(folder: str, contents: Mapping[str, bytes]) -> None:
    """Write each file. The folder is made.

    :raises OSError: if that is not possible.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for name, content in contents.items():
        private_file.write(os.path.join(folder, name), content)


def sha256(content: bytes) -> str:
    """The checksum of a file, as ``sha256sum`` prints it."""
    return hashlib.sha256(content).hexdigest()

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A file that only its owner can read, where the task runs."""

from __future__ import annotations

import contextlib
import os
import tempfile

MODE = 0o600


def obstacle(path: str) -> str | None:
    """Why the file cannot be written, as far as it can be seen before; ``None`` if nothing is in the way."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        return f"{folder} is not a directory where this task runs"
    if os.path.isdir(path):
        return f"{path} is a directory"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"{folder} cannot be written where this task runs"


def differs(path: str, content: bytes) -> bool:
    """Whether the file does not exist, has another content, or can be read by others."""
    try:
        with open(path, "rb") as file:
            return file.read() != content or os.fstat(file.fileno()).st_mode & 0o777 != MODE
    except OSError:
        return True


def write(path: str, content: bytes) -> None:
    """Replace the file at once: nobody sees a part of it. A temporary file can be read by its owner only.

    :raises OSError: if that is not possible.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path) or ".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise

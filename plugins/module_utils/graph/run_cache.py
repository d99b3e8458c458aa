# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The values that the tasks of one run share: the ids of objects and the reads (see `read_cache`), but no secrets; and the vault of their
tokens.

Each value is a file of mode 0600 in the private directory that Ansible creates for a run and removes at its end. Without such a
directory, a value is kept until the end of the task. A caller must also work without a value, which may be missing or outdated.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from .vault import Vault

_PREFIX = "cross_tenant_sync-"


class RunCache:
    """Values by key. A key consists of texts, and the name of a file is a hash of them."""

    def __init__(self, folder: str | None = None, vault: Vault | None = None) -> None:
        self.vault = vault or Vault()
        """For secrets, which must not be written to a file."""
        self._folder = Path(folder) if folder and _is_private(Path(folder)) else None
        self._values: dict[str, Any] = {}

    def recall(self, *key: str) -> Any:
        """The value, or ``None``."""
        name = _name(key)
        if self._folder is None:
            return self._values.get(name)
        try:
            return json.loads((self._folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def keep(self, value: Any, *key: str) -> None:
        """Record a value that JSON supports. If the directory is full or missing, nothing is recorded."""
        name = _name(key)
        if self._folder is None:
            self._values[name] = value
            return
        with contextlib.suppress(OSError):
            # Written to another file and renamed, so that no task reads a partial file; mkstemp sets the mode 0600.
            handle, path = tempfile.mkstemp(prefix=_PREFIX, dir=self._folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps(value))
            Path(path).replace(self._folder / name)

    def discard(self, *key: str) -> None:
        """Discard the value."""
        name = _name(key)
        self._values.pop(name, None)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()


class Recalled(RunCache):
    """Another cache, from which no value is recalled twice: for work during which no other task of the run changes it."""

    def __init__(self, below: RunCache) -> None:
        super().__init__(None, below.vault)
        self._below = below
        self._recalled: dict[tuple[str, ...], Any] = {}

    def recall(self, *key: str) -> Any:
        """The value, or ``None``."""
        if key not in self._recalled:
            self._recalled[key] = self._below.recall(*key)
        return self._recalled[key]

    def keep(self, value: Any, *key: str) -> None:
        """Record a value."""
        self._recalled[key] = value
        self._below.keep(value, *key)

    def discard(self, *key: str) -> None:
        """Discard the value."""
        self._recalled[key] = None
        self._below.discard(*key)


class Draft(RunCache):
    """Changes to another cache that are held back until `publish`."""

    def __init__(self, below: RunCache) -> None:
        super().__init__(None, below.vault)
        self._below = below
        self._changed: dict[tuple[str, ...], Any] = {}

    def recall(self, *key: str) -> Any:
        """The value, or ``None``."""
        return self._changed[key] if key in self._changed else self._below.recall(*key)

    def keep(self, value: Any, *key: str) -> None:
        """Record a value."""
        self._changed[key] = value

    def discard(self, *key: str) -> None:
        """Discard the value."""
        self._changed[key] = None

    def publish(self) -> None:
        """Make the changes in the other cache."""
        for key, value in self._changed.items():
            if value is None:
                self._below.discard(*key)
            else:
                self._below.keep(value, *key)
        self._changed.clear()


def _name(key: tuple[str, ...]) -> str:
    return _PREFIX + hashlib.sha256(json.dumps(key).encode()).hexdigest()


def _is_private(folder: Path) -> bool:
    """Whether it belongs to this user, and no other user has access to it."""
    try:
        about = folder.stat()
    except OSError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & 0o077

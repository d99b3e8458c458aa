# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The store of tokens: in memory, never in a file.

A process that creates a `SharedVault` and is forked afterwards shares it with its children. The memory has no name, so no other
process can open it, and the kernel frees it with the last of these processes, also if they are killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import mmap
import os
import struct
import tempfile
import threading
import weakref
from collections.abc import Iterator
from typing import Any

SIZE = 4 * 1024 * 1024
"""Bytes, enough for the tokens of a thousand tenants. The kernel only allocates the part that is used."""
_HEADER = struct.Struct("=?I")
"""Whether the last write was completed, and how many bytes of records follow."""
_RECORD = struct.Struct("=32sI")
"""The hash of a key, and how many bytes of its value follow."""


class Vault:
    """Values by key, in this process only."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}

    def recall(self, *key: str) -> Any:
        """The value, or ``None``."""
        value = self._values.get(_hash(key))
        return None if value is None else json.loads(value)

    def keep(self, value: Any, *key: str) -> None:
        """Store a value that JSON can represent."""
        self._values[_hash(key)] = json.dumps(value).encode()

    @contextlib.contextmanager
    def exclusive(self, *_key: str) -> Iterator[None]:
        """A lock for a key, so that tasks which need the same value do not fetch it at the same time."""
        yield


class SharedVault(Vault):
    """Values that this process shares with all processes that are forked after its creation."""

    def __init__(self, size: int = SIZE) -> None:
        """Allocate ``size`` bytes of memory.

        :raises OSError: if the memory or the file for the locks cannot be created.
        """
        super().__init__()
        self._size = size
        self._memory = mmap.mmap(-1, size)
        # It has no name and stays empty. The kernel releases a lock on a part of it when the process that holds the lock ends.
        with tempfile.TemporaryFile(buffering=0) as file:
            self._locks = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._locks)
        # Such a file lock does not exclude other threads of the same process.
        self._entering, self._writing = threading.Lock(), threading.Lock()

    def recall(self, *key: str) -> Any:
        """The value, or ``None``."""
        with self._locked(self._writing, 0):
            value = self._read().get(_hash(key))
        return None if value is None else json.loads(value)

    def keep(self, value: Any, *key: str) -> None:
        """Store a value that JSON can represent. If there is no room, the oldest values are removed."""
        with self._locked(self._writing, 0):
            values = self._read()
            values.pop(_hash(key), None)
            values[_hash(key)] = json.dumps(value).encode()
            self._write(values)

    @contextlib.contextmanager
    def exclusive(self, *key: str) -> Iterator[None]:
        """A lock for a key that no other task of the run can hold at the same time. A process that is killed releases it."""
        with self._locked(self._entering, 1 + int.from_bytes(_hash(key)[:3], "big")):
            yield

    @contextlib.contextmanager
    def _locked(self, threads: threading.Lock, place: int) -> Iterator[None]:
        with threads:
            fcntl.lockf(self._locks, fcntl.LOCK_EX, 1, place)
            try:
                yield
            finally:
                fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, place)

    def _read(self) -> dict[bytes, bytes]:
        finished, length = _HEADER.unpack_from(self._memory)
        values: dict[bytes, bytes] = {}
        # A process that was killed during a write leaves records that cannot be trusted.
        position, end = _HEADER.size, _HEADER.size + (length if finished else 0)
        while position < end:
            key, size = _RECORD.unpack_from(self._memory, position)
            position += _RECORD.size
            values[key] = self._memory[position : position + size]
            position += size
        return values

    def _write(self, values: dict[bytes, bytes]) -> None:
        records = [_RECORD.pack(key, len(value)) + value for key, value in values.items()]
        while sum(map(len, records)) > self._size - _HEADER.size:
            del records[0]
        content = b"".join(records)
        _HEADER.pack_into(self._memory, 0, False, 0)
        self._memory[_HEADER.size : _HEADER.size + len(content)] = content
        _HEADER.pack_into(self._memory, 0, True, len(content))


def shared() -> Vault:
    """A vault that processes forked from this one share. If the machine does not support it, each process has its own."""
    try:
        return SharedVault()
    except (OSError, ValueError):
        return Vault()


def _hash(key: tuple[str, ...]) -> bytes:
    return hashlib.sha256(json.dumps(key).encode()).digest()

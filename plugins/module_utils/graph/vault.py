# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Where tokens are kept: in memory, never in a file.

A process that makes a `SharedVault` and is forked afterwards shares it with its children. It is memory without a name, so nobody
else can open it, and the kernel takes it away with the last of these processes, however they end.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import mmap
import struct
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

SIZE = 4 * 1024 * 1024
"""Bytes, of which only those that are used are taken: enough for the tokens of a thousand tenants."""
_WHOLE = struct.Struct("=?I")
"""Whether it was written to the end, and how many bytes of records follow."""
_RECORD = struct.Struct("=32sI")
"""The hash of a key, and how many bytes of its value follow."""


class Vault:
    """Values by key, in this process alone."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}

    def recall(self, *key: str) -> Any:
        """The value, or ``None``."""
        value = self._values.get(_hash(key))
        return None if value is None else json.loads(value)

    def keep(self, value: Any, *key: str) -> None:
        """Remember a value that JSON can hold."""
        self._values[_hash(key)] = json.dumps(value).encode()

    @contextlib.contextmanager
    def alone(self, *_key: str) -> Iterator[None]:
        """While this lasts, no other task is inside for the same key: what one fetches, the others need not."""
        yield


class SharedVault(Vault):
    """Values that all processes forked after its making share."""

    def __init__(self, size: int = SIZE) -> None:
        """Take the memory.

        :raises OSError: when there is none, or no file to lock.
        """
        super().__init__()
        self._size = size
        self._memory = mmap.mmap(-1, size)
        # Nothing is ever written into it, and it has no name. A lock on a part of it ends with the process that holds it.
        self._locks = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  (it lives as long as the process)
        # Such a lock does not hold between the threads of one process.
        self._entering, self._writing = threading.Lock(), threading.Lock()

    def recall(self, *key: str) -> Any:
        """The value, or ``None``."""
        with self._locked(self._writing, 0):
            value = self._read().get(_hash(key))
        return None if value is None else json.loads(value)

    def keep(self, value: Any, *key: str) -> None:
        """Remember a value that JSON can hold. Where there is no room, the oldest ones go."""
        with self._locked(self._writing, 0):
            values = self._read()
            values.pop(_hash(key), None)
            values[_hash(key)] = json.dumps(value).encode()
            self._write(values)

    @contextlib.contextmanager
    def alone(self, *key: str) -> Iterator[None]:
        """While this lasts, no other task of the run is inside for the same key. Whoever is killed inside lets the next one in."""
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
        finished, length = _WHOLE.unpack_from(self._memory)
        values: dict[bytes, bytes] = {}
        # Whoever was killed while writing leaves nothing that can be relied on.
        at, end = _WHOLE.size, _WHOLE.size + (length if finished else 0)
        while at < end:
            key, size = _RECORD.unpack_from(self._memory, at)
            at += _RECORD.size
            values[key] = self._memory[at : at + size]
            at += size
        return values

    def _write(self, values: dict[bytes, bytes]) -> None:
        records = [_RECORD.pack(key, len(value)) + value for key, value in values.items()]
        while sum(map(len, records)) > self._size - _WHOLE.size:
            del records[0]
        content = b"".join(records)
        _WHOLE.pack_into(self._memory, 0, False, 0)
        self._memory[_WHOLE.size : _WHOLE.size + len(content)] = content
        _WHOLE.pack_into(self._memory, 0, True, len(content))


def shared() -> Vault:
    """One that processes forked from this one share; where the machine gives none, each keeps its own."""
    try:
        return SharedVault()
    except (OSError, ValueError):
        return Vault()


def _hash(key: tuple[str, ...]) -> bytes:
    return hashlib.sha256(json.dumps(key).encode()).digest()

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of a run's tokens: shared by the processes of the run, and in no file."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import vault as module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.vault import SharedVault, Vault, shared

TOKEN = "Zq7Xv2Kp9Wm4Tn8Rb3Yc6Ld1Gf5Hs0Jk"


def forked(work: Callable[[], None]) -> int:
    """Start a child process that calls ``work`` and ends, like Ansible's workers."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(0)


def wait_for(children: list[int]) -> None:
    for child in children:
        os.waitpid(child, 0)


@pytest.mark.parametrize("kind", [Vault, SharedVault])
def test_a_value_is_kept_and_replaced(kind: type[Vault]) -> None:
    vault = kind()
    assert vault.recall("token", "contoso") is None
    vault.keep({"first": 1}, "token", "contoso")
    vault.keep({"second": "김"}, "token", "contoso")
    assert vault.recall("token", "contoso") == {"second": "김"}
    assert vault.recall("token", "fabrikam") is None
    assert vault.recall("tokencontoso") is None
    assert kind().recall("token", "contoso") is None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.text(max_size=40)), max_size=30))
def test_it_is_a_dictionary(written: list[tuple[str, str]]) -> None:
    vault = SharedVault(4096)
    for key, value in written:
        vault.keep(value, key)
        assert vault.recall(key) == value
    assert {key: vault.recall(key) for key, _value in written} == dict(written)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=40))
def test_the_oldest_value_is_removed_if_there_is_no_room(sizes: list[int]) -> None:
    vault = SharedVault(512)
    for number, size in enumerate(sizes):
        vault.keep("x" * size, str(number))
        assert vault.recall(str(number)) == "x" * size
    for number, size in enumerate(sizes):
        assert vault.recall(str(number)) in (None, "x" * size)


def test_a_value_larger_than_the_memory_is_not_stored() -> None:
    vault = SharedVault(512)
    vault.keep("x" * 1000, "key")
    assert vault.recall("key") is None


def test_the_processes_of_a_run_share_it() -> None:
    vault = SharedVault()
    wait_for([forked(lambda: vault.keep(TOKEN, "token"))])
    assert vault.recall("token") == TOKEN


def fill(vault: Vault, number: int) -> None:
    for key in range(20):
        vault.keep(number, str(number), str(key))


def test_many_processes_lose_nothing() -> None:
    vault = SharedVault()
    wait_for([forked(partial(fill, vault, number)) for number in range(8)])
    assert [vault.recall(str(number), str(key)) for number in range(8) for key in range(20)] == [
        number for number in range(8) for _key in range(20)
    ]


def fetch_once(vault: Vault, notes: Path) -> None:
    with vault.exclusive("token"):
        if vault.recall("token") is None:
            time.sleep(0.05)
            vault.keep(TOKEN, "token")
            with notes.open("a") as fetched:
                fetched.write("x")


def test_other_processes_wait_while_a_process_fetches(tmp_path: Path) -> None:
    vault, notes = SharedVault(), tmp_path / "fetched"
    wait_for([forked(lambda: fetch_once(vault, notes)) for _number in range(8)])
    assert notes.read_text() == "x"


def test_the_threads_of_a_process_too(tmp_path: Path) -> None:
    vault, notes = SharedVault(), tmp_path / "fetched"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: fetch_once(vault, notes), range(8)))
    assert notes.read_text() == "x"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_is_killed_while_it_fetches_releases_the_lock(tmp_path: Path, number: int) -> None:
    vault, entered = SharedVault(), tmp_path / "entered"

    def hang() -> None:
        with vault.exclusive("token"):
            entered.touch()
            time.sleep(60)

    child = forked(hang)
    while not entered.exists():
        time.sleep(0.01)
    os.kill(child, number)
    wait_for([child])
    with vault.exclusive("token"):
        assert vault.recall("token") is None


def test_a_process_that_is_killed_while_it_writes_leaves_nothing_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    vault = SharedVault()
    vault.keep(TOKEN, "token")

    def die_in_the_middle() -> None:
        class DyingHeader:
            size = module._HEADER.size

            def pack_into(self, memory: Any, offset: int, finished: bool, length: int) -> None:
                if finished:
                    os.kill(os.getpid(), signal.SIGKILL)
                header.pack_into(memory, offset, finished, length)

            unpack_from = staticmethod(module._HEADER.unpack_from)

        header = module._HEADER
        monkeypatch.setattr(module, "_HEADER", DyingHeader())
        vault.keep("another token", "token")

    wait_for([forked(die_in_the_middle)])
    assert vault.recall("token") is None
    vault.keep(TOKEN, "token")
    assert vault.recall("token") == TOKEN


def test_it_is_in_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    vault = SharedVault()
    vault.keep(TOKEN, "token")
    with vault.exclusive("token"):
        assert list(tmp_path.iterdir()) == []
        assert os.fstat(vault._locks).st_size == 0


def test_without_shared_memory_each_process_has_its_own_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_unused: Any, **_options: Any) -> Any:
        raise OSError("no")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    vault = shared()
    with vault.exclusive("key"):
        vault.keep(1, "key")
    assert vault.recall("key") == 1

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that the tasks of one run share."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    private = tmp_path / "ansible-local"
    private.mkdir(mode=0o700)
    return private


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "alone"])
def test_a_value_is_kept_replaced_and_forgotten(folder: Path, shared: bool) -> None:
    run_cache = RunCache(str(folder) if shared else None)
    assert run_cache.recall("token", "contoso") is None
    run_cache.keep({"one": 1}, "token", "contoso")
    run_cache.keep({"two": 2}, "token", "contoso")
    assert run_cache.recall("token", "contoso") == {"two": 2}
    assert run_cache.recall("token", "fabrikam") is None
    assert run_cache.recall("tokencontoso") is None
    assert (RunCache(str(folder)).recall("token", "contoso") is not None) is shared
    run_cache.discard("token", "contoso")
    run_cache.discard("token", "contoso")
    assert run_cache.recall("token", "contoso") is None


def test_only_the_owner_can_read_and_no_name_tells_a_key(folder: Path) -> None:
    RunCache(str(folder)).keep("value", "secret-key")
    files = list(folder.iterdir())
    assert len(files) == 1
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert not any("secret-key" in one.name for one in files)


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_a_folder_that_others_may_look_into_is_not_used(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    RunCache(str(folder)).keep("value", "key")
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_gone_or_a_file_that_is_damaged_costs_only_the_advantage(folder: Path) -> None:
    run_cache = RunCache(str(folder))
    run_cache.keep("value", "key")
    next(folder.iterdir()).write_text("{")
    assert run_cache.recall("key") is None
    next(folder.iterdir()).unlink()
    folder.rmdir()
    run_cache.keep("value", "key")
    assert run_cache.recall("key") is None
    assert RunCache(str(folder)).recall("key") is None

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a report: what is in the way is named before anything happens, and the files are private."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import files
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.rendering import RENDERERS

NAMES = files.REPORT.values()


@pytest.mark.parametrize("below", ["", "below", "far/below"])
def test_a_file_in_place_of_the_folder(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file" / below)
    assert (
        files.fault("folder", folder, NAMES)
        == f"folder {folder!r} cannot be used: {tmp_path / 'file'} is not a folder; give another folder."
    )


def test_a_link_to_nowhere(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "missing" / "folder")
    assert "is not a folder" in str(files.fault("folder", str(tmp_path / "link"), NAMES))


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "report.md").mkdir()
    assert "report.md in it is a folder" in str(files.fault("folder", str(tmp_path), NAMES))


@pytest.mark.parametrize("folder", [".", "new", "new/er"])
def test_a_folder_that_cannot_be_written(tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert f"{tmp_path} cannot be written" in str(files.fault("folder", str(tmp_path / folder), NAMES))


def test_files_are_private_and_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "er"
    assert files.fault("folder", str(folder), NAMES) is None
    assert not folder.exists(), "looking makes nothing"
    for content in (b"one", b"two"):
        files.write(str(folder), {"report.md": content})
        assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("report.md", content)]
    assert (folder / "report.md").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert files.sha256(b"two") == hashlib.sha256(b"two").hexdigest()


def test_each_format_has_a_file_and_a_renderer() -> None:
    assert files.REPORT.keys() == RENDERERS.keys()

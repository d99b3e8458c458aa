# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the artifact of a release, the same from the same files on any machine, and writes the checksums of the folder.

``ansible-galaxy collection build`` decides what is in it. Its times, its order and its compression are replaced, and files that are not
under version control never reach it. All members have the time SOURCE_DATE_EPOCH, or that of the last commit. Only another zlib compresses to other bytes.

Usage: python tests/tools/dist.py <folder>
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FILES, MANIFEST, SUMS = "FILES.json", "MANIFEST.json", "SHA256SUMS"


def main(folder: Path, root: Path) -> Path:
    """Build the artifact of the repository ``root`` into a folder. Its path."""
    with tempfile.TemporaryDirectory() as temporary:
        source, built = Path(temporary, "source"), Path(temporary, "built")
        _copy(root, source)
        program = str(Path(sys.executable).with_name("ansible-galaxy"))
        command = [program, "collection", "build", str(source), "--output-path", str(built)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (archive,) = built.iterdir()
        content = normalized(archive, _epoch(root))
    folder.mkdir(parents=True, exist_ok=True)
    artifact = folder / archive.name
    artifact.write_bytes(content)
    (folder / SUMS).unlink(missing_ok=True)
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")
    return artifact


def _copy(root: Path, target: Path) -> None:
    """Copy the files that are, or would be, under version control."""
    for name in _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate").splitlines():
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, target / name)


def _epoch(root: Path) -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH") or _git(root, "log", "-1", "--format=%ct"))


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def normalized(archive: Path, epoch: int) -> bytes:
    """The same archive, whose bytes depend on the content of its files only."""
    with tarfile.open(archive) as given:
        members = [(member, given.extractfile(member)) for member in given.getmembers()]
        contents = {member.name: file.read() if file else None for member, file in members}
    contents |= _manifests(contents)
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as target,
    ):
        for member, _file in sorted(members, key=lambda one: (one[0].name not in (MANIFEST, FILES), one[0].name)):
            entry = tarfile.TarInfo(member.name)
            entry.type, entry.mode, entry.mtime = member.type, member.mode, epoch
            content = contents[member.name]
            entry.size = len(content or b"")
            target.addfile(entry, None if content is None else io.BytesIO(content))
    return buffer.getvalue()


def _manifests(contents: dict[str, bytes | None]) -> dict[str, bytes]:
    """The lists of files in the order of their names: a file system lists them in any."""
    files, manifest = (json.loads(contents[name] or b"") for name in (FILES, MANIFEST))
    files["files"].sort(key=lambda entry: str(entry["name"]))
    listed = _json(files)
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(listed).hexdigest()
    return {FILES: listed, MANIFEST: _json(manifest)}


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), Path.cwd()))

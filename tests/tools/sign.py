# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs a release with GnuPG: its checksums, and the manifest in the artifact, whose signature ``ansible-galaxy collection verify`` takes.

Usage: python tests/tools/sign.py <folder that dist.py wrote> <key: fingerprint or address>
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

SUMS, MANIFEST = "SHA256SUMS", "MANIFEST.json"


def main(folder: Path, key: str) -> list[Path]:
    """Sign what is in the folder. The paths of the signatures.

    :raises subprocess.CalledProcessError: if GnuPG does not sign, for example because it has no such key; it has said why.
    """
    (artifact,) = folder.glob("*.tar.gz")
    with tarfile.open(artifact) as archive:
        file = archive.extractfile(MANIFEST)
        manifest = file.read() if file else b""
    signed = {
        folder / f"{artifact.name.removesuffix('.tar.gz')}.{MANIFEST}.asc": manifest,
        folder / f"{SUMS}.asc": (folder / SUMS).read_bytes(),
    }
    for path, content in signed.items():
        command = ["gpg", "--batch", "--yes", "--armor", "--local-user", key, "--output", str(path), "--detach-sign"]
        subprocess.run(command, input=content, check=True)
    return list(signed)


if __name__ == "__main__":
    try:
        print(*main(Path(sys.argv[1]), sys.argv[2]), sep="\n")
    except subprocess.CalledProcessError as failure:
        sys.exit(f"Nothing more was signed: gpg ended with {failure.returncode}.")

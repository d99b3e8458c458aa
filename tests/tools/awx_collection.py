# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get the collection awx.awx, for the test of docs/awx/setup.yml: ``python awx_collection.py FOLDER``.

It comes from the package ansible on the Python package index, because that is all the tests need to reach. The test is skipped without it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "ansible==11.13.0"
"""It contains awx.awx 24.6.1. The versions of that are those of AWX itself, of which this is the last one."""
PREFIX = "ansible_collections/awx/"


def main(folder: Path) -> int:
    """Put the collection into the folder."""
    with tempfile.TemporaryDirectory() as downloads:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--only-binary", ":all:", "--dest", downloads, PACKAGE],
            check=False,
        )
        if done.returncode:
            print(f"{PACKAGE} cannot be downloaded; the set-up of AWX is not tested", file=sys.stderr)
            return 0
        (wheel,) = Path(downloads).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith(PREFIX)])
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

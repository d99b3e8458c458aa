# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other versions of ansible-core, each in a virtual environment of its own. Only the measured commands run in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY

from .measure import Failure

LIBRARIES = ("ansible-core", "msal", "requests")
_VERSIONS = f"""
import json, platform
from importlib.metadata import version
print(json.dumps({{"python": platform.python_version(), **{{name: version(name) for name in {LIBRARIES!r}}}}}))
"""


def programs(core: str, python: str | None = None) -> Path:
    """The folder of the programs of a version of ansible-core, such as ``2.16``. It is installed when it is asked for the first time.

    :raises Failure: if that does not succeed.
    """
    folder = REPOSITORY / ".build" / f"bench-{core}"
    own, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        _succeed(core, python or sys.executable, "-m", "venv", "--clear", str(folder))
        needed = ["-r", str(REPOSITORY / "requirements.txt")]
        _succeed(core, str(own), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"ansible-core=={core}.*", *needed)
        done.touch()
    return folder / "bin"


def versions(where: Path) -> dict[str, str]:
    """The versions of Python and of the libraries in a folder of programs."""
    done = subprocess.run([str(where / "python"), "-c", _VERSIONS], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _succeed(core: str, *command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        hint = "name a Python that this version supports with --python"
        raise Failure(f"ansible-core {core} could not be installed; {hint}:\n{' '.join(command)}\n{(done.stdout + done.stderr)[-2000:]}")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the package index for known vulnerabilities of the libraries that the collection needs at run time, in the versions that are installed here.

It fails only if one is known. An index that does not answer, or that has no advisories, is worth a sentence, and no failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
PATIENCE = 20
"""Seconds for the whole audit, which may not hold up the continuous integration."""


def installed(lines: Iterable[str]) -> dict[str, str]:
    """The installed versions of these requirements, and of all that they require."""
    found: dict[str, str] = {}
    wanted = [Requirement(line) for line in lines]
    while wanted:
        one = wanted.pop()
        name = one.name.lower().replace("_", "-")
        if name in found:
            continue
        distribution = metadata.distribution(name)
        found[name] = distribution.version
        inner = [Requirement(line) for line in distribution.requires or ()]
        wanted += [more for more in inner if not more.marker or any(more.marker.evaluate({"extra": extra}) for extra in ("", *one.extras))]
    return found


def verdict(versions: dict[str, str], answer: dict[str, Any] | None) -> tuple[bool, str]:
    """Whether all is well as far as it is known, and the sentence about it. ``answer`` is that of pip-audit, if there was one."""
    if answer is None:
        return True, f"The package index did not answer in time, so the {len(versions)} libraries of the collection were not audited."
    audited = [one for one in answer.get("dependencies", ()) if "skip_reason" not in one]
    if not audited:
        return True, f"The package index has no advisories for {len(versions)} libraries, so they were not audited."
    known = [f"{one['name']} {one['version']}: {', '.join(vuln['id'] for vuln in one['vulns'])}" for one in audited if one["vulns"]]
    if known:
        return False, f"Known vulnerabilities: {'; '.join(known)}"
    return True, f"No vulnerability is known of {len(audited)} of {len(versions)} libraries that the collection needs at run time."


def asked(versions: dict[str, str]) -> dict[str, Any] | None:
    """What pip-audit answers; ``None`` if the index did not answer in time."""
    with tempfile.TemporaryDirectory() as folder:
        pins, answer = Path(folder) / "requirements.txt", Path(folder) / "answer.json"
        pins.write_text("".join(f"{name}=={version}\n" for name, version in sorted(versions.items())), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(pins), "--no-deps", "--disable-pip", "--progress-spinner", "off"]
        try:
            subprocess.run(
                [*command, "--format", "json", "--output", str(answer)], check=False, capture_output=True, text=True, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            return None
        return json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None


def main() -> int:
    """Print the verdict."""
    lines = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    versions = installed(lines)
    well, sentence = verdict(versions, asked(versions))
    print(sentence)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second real client: Microsoft's JavaScript client performs every operation of the table, alone and in batches, and follows pages.

It signs in with Microsoft's library for Node.js. Both are installed into `.build` with the versions of a lock file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.conformance import plain
from ansible_collections.entra.cross_tenant_sync.tests.conformance.graph import ACCOUNTS, Graph
from ansible_collections.entra.cross_tenant_sync.tests.conformance.operations import DRIVEN, Operation
from ansible_collections.entra.cross_tenant_sync.tests.conformance.walkthrough import MINSU
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY

SOURCES = Path(__file__).parent / "javascript"
INSTALLED = REPOSITORY / ".build" / "javascript"
LOCK = "package-lock.json"
NODE, NPM = shutil.which("node"), shutil.which("npm")
SECONDS = 60
OLDEST_NODE = 18
"""The first version with the fetch that the client needs."""


def _node_is_too_old() -> bool:
    version = subprocess.run([NODE or "", "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.strip("v\n").split(".")[0]) < OLDEST_NODE


def _installed() -> str:
    """Installs the libraries of the lock file, unless they are there; what npm says if it cannot."""
    marker, lock = INSTALLED / "installed.json", (SOURCES / LOCK).read_text(encoding="utf-8")
    if marker.exists() and marker.read_text(encoding="utf-8") == lock:
        return ""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", LOCK):
        shutil.copy(SOURCES / name, INSTALLED / name)
    command = [NPM or "", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "1", "--fetch-timeout", "20000"]
    try:
        subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, check=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"the registry did not answer in {SECONDS} seconds"
    except subprocess.CalledProcessError as problem:
        return str(problem.stderr).strip() or "npm failed"
    marker.write_text(lock, encoding="utf-8")
    return ""


@pytest.fixture(scope="module")
def program() -> Path:
    """The program beside its installed libraries."""
    if NODE is None or NPM is None:
        pytest.skip("Node.js with npm is not installed")
    if _node_is_too_old():
        pytest.skip(f"Node.js is older than {OLDEST_NODE}")
    problem = _installed()
    if problem:
        pytest.skip(f"the JavaScript client cannot be installed: {problem}")
    return Path(shutil.copy(SOURCES / "perform.mjs", INSTALLED / "perform.mjs"))


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "method": operation.method,
        "path": operation.path,
        "account": operation.account,
        "headers": {"ConsistencyLevel": "eventual"} if plain.needs_consistency(operation) else {},
        "body": plain.body(operation.body) if operation.body else ({} if operation.method == "POST" else None),
        "kept": plain.kept(operation),
    }


SEQUENCE: list[dict[str, Any]] = [
    {"id": "1", "method": "GET", "path": "/users?$top=1", "headers": {}, "body": None, "dependsOn": []},
    {"id": "2", "method": "GET", "path": "/users/nobody@contoso.kr", "headers": {}, "body": None, "dependsOn": ["1"]},
    {"id": "3", "method": "GET", "path": "/users?$top=1", "headers": {}, "body": None, "dependsOn": ["2"]},
]
"""The second one fails, and takes the third one with it."""


def perform(program: Path, emulator: Emulator, version: str, batched: bool) -> dict[str, Any]:
    """What the client says of all operations."""
    graph = Graph(emulator)
    user = graph.ok("GET", f"/users/{MINSU}?$select=id")["id"]
    asked = {
        "url": emulator.url,
        "version": version,
        "batched": batched,
        "accounts": {name: {"tenant": tenant, "clientId": client, "secret": secret} for name, (tenant, client, secret) in ACCOUNTS.items()},
        "names": {**plain.KNOWN, "user": user},
        "operations": [_operation(operation) for operation in DRIVEN],
        "paged": {"account": "contoso", "path": "/users?$top=7&$select=id"},
        "sequence": SEQUENCE,
    }
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(emulator.ca_path), "NO_PROXY": "localhost"}
    done = subprocess.run(
        [NODE or "", program.name],
        cwd=program.parent,
        env=environment,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


FLIPPED = ("--preset", "flipped", "--set", "policy_quota=directory")
"""The other reading of every switch, without a quota that would take minutes."""


@pytest.mark.parametrize(
    ("version", "batched", "arguments"),
    [("v1.0", False, ()), ("v1.0", True, ()), ("beta", False, ()), ("v1.0", False, FLIPPED)],
    ids=["v1.0", "batches", "beta", "flipped"],
)
def test_the_client_performs_every_operation(
    program: Path, tmp_path: Path, version: str, batched: bool, arguments: tuple[str, ...]
) -> None:
    """Nothing is refused, what should return something does, all pages are followed, and a failed dependency is 424."""
    with Emulator(tmp_path, arguments=arguments) as emulator:
        said = perform(program, emulator, version, batched)
        people = [user["id"] for user in Graph(emulator).ok("GET", "/users?$select=id&$top=999")["value"]]
    assert not said["refused"], "\n".join(said["refused"])
    assert sorted(said["paged"]) == sorted(people)
    assert len(people) > 4 * 7, "several pages"
    assert said["statuses"] == [200, 404, 424]

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is ended from outside, wherever it is: what it leaves has no secret, and the next run finishes and is then silent.

`tests/property` and `tests/simulation` end a run at every request. Here real processes end, with what Ansible does about it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import COLLECTIONS, REPOSITORY, Playbooks, inventory

PATIENCE = 90
"""Seconds for a run to come to the place, and for its processes to end."""
TOKEN = re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.")
WRITES = {"method": "POST|PATCH|PUT|DELETE", "path": r"^/(v1\.0|beta)/(?!\$batch)"}

pytestmark = pytest.mark.parametrize("behaviour", [LIKELY], ids=str, indirect=True)


@dataclass(frozen=True)
class Place:
    """Where a run is when the signal comes: a request has arrived, and its answer takes ``seconds``."""

    name: str
    request: dict[str, Any]
    seconds: float = 4
    """0 if the run waits by itself after this request."""
    link: dict[str, Any] = field(default_factory=dict)
    """Variables of the run that is ended."""


READING = Place("before the first write", {"method": "GET", "path": "/crossTenantAccessPolicy/partners"})
SECOND_WRITE = Place("between two writes", {**WRITES, "nth": 2})
FOURTH_WRITE = Place("between later writes", {**WRITES, "nth": 4})
CYCLE = Place("in the wait for a cycle", {"method": "POST", "path": "/jobs/[^/]+/start$"}, 0, {"link_job_wait": "first_cycle"})
DELETIONS = Place("after the first write of a deprovisioning", {**WRITES, "nth": 1}, 0, {"link_users": "deprovision"})

ROWS = (
    ("sync", READING, signal.SIGINT),
    ("sync", SECOND_WRITE, signal.SIGTERM),
    ("sync", FOURTH_WRITE, signal.SIGKILL),
    ("sync", FOURTH_WRITE, signal.SIGHUP),
    ("sync", CYCLE, signal.SIGTERM),
    ("teardown", SECOND_WRITE, signal.SIGKILL),
    ("teardown", SECOND_WRITE, signal.SIGINT),
    ("teardown", DELETIONS, signal.SIGTERM),
)


@dataclass
class Session:
    """A command in a session of its own, as a scheduler starts it."""

    command: list[str]
    folder: Path
    stdin: str = ""

    def __enter__(self) -> Session:
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            **SECRETS,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "PYTHONPATH": str(COLLECTIONS),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local_tmp"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote_tmp"),
            "ANSIBLE_NOCOLOR": "1",
            "TMPDIR": str(self.folder),
        }
        self._output = (self.folder / "output.txt").open("wb")
        self._process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_heard,
        )
        assert self._process.stdin
        self._process.stdin.write(self.stdin.encode())
        self._process.stdin.close()
        return self

    def __exit__(self, *_unused: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._output.close()

    @property
    def output(self) -> str:
        """What was shown."""
        return (self.folder / "output.txt").read_text(errors="replace")

    def end(self, number: signal.Signals) -> None:
        """Send the signal: from a keyboard to the whole group, otherwise to the process that was started. Wait until all of its processes end."""
        (os.killpg if number == signal.SIGINT else os.kill)(self._process.pid, number)
        self._process.wait(PATIENCE)
        until(lambda: not self._alive(), f"processes stay after {number.name}: {self.output[-2000:]}")

    def _alive(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def reaches(self, emulator: Emulator, place: Place) -> None:
        """Wait until the run is at the place."""

        def reached() -> bool:
            assert self._process.poll() is None, self.output
            (fault,) = emulator.control("GET", "faults")["faults"]
            return bool(fault["seen"] >= fault["nth"])

        until(reached, f"{place.name} is never reached: {self.output[-2000:]}")
        if not place.seconds:
            # The answer arrives, and the wait begins.
            time.sleep(2)


def _heard() -> None:
    """Whoever started the tests in the background, or without a terminal, may have had these signals ignored, which would be inherited."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def until(condition: Callable[[], bool], complaint: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, complaint
        time.sleep(0.1)


def leaves_no_secret(session: Session) -> None:
    """No file has a secret or a token, nothing is a lock, and what can be read by others has nothing of the run."""
    files = [path for path in session.folder.rglob("*") if path.is_file()]
    texts = {path: path.read_bytes() for path in files}
    assert [path for path, text in texts.items() if TOKEN.search(text) or any(secret.encode() in text for secret in SECRETS.values())] == []
    assert [path for path in files if "lock" in path.name or path.name.endswith(".pid")] == []
    kept = [path for path in (session.folder / "local_tmp").glob("*") if path.is_dir()]
    assert [path for path in kept if stat.S_IMODE(path.stat().st_mode) != 0o700] == []
    assert not (session.folder / "remote_tmp").exists() or not list((session.folder / "remote_tmp").iterdir())


def delay(emulator: Emulator, place: Place) -> None:
    emulator.control("DELETE", "faults")
    emulator.control("POST", "faults", {"nth": 1, **place.request, "fault": "delay", "seconds": place.seconds})


@pytest.mark.parametrize(
    ("playbook", "place", "number"), ROWS, ids=[f"{name}, {place.name}, {number.name}" for name, place, number in ROWS]
)
def test_of_a_playbook(playbooks: Playbooks, emulator: Emulator, playbook: str, place: Place, number: signal.Signals) -> None:
    if playbook == "teardown":
        run = playbooks.sync()
        assert run.code == 0, run.output
        emulator.advance("PT2H")
    delay(emulator, place)
    hosts = inventory(emulator, **place.link)
    named = ("-e", "link_teardown=contoso_to_fabrikam") if playbook == "teardown" else ()
    emulator.given(hosts)
    playbooks.folder.mkdir(parents=True, exist_ok=True)
    path = playbooks.folder / "ended.yml"
    path.write_text(yaml.safe_dump(hosts, sort_keys=False))
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "-i", str(path), str(REPOSITORY / "playbooks" / f"{playbook}.yml"), *named]
    with Session(command, playbooks.folder / "ended") as session:
        session.reaches(emulator, place)
        session.end(number)
        assert "Traceback" not in session.output
        leaves_no_secret(session)
    emulator.control("DELETE", "faults")
    # The service carries out what it has received. A run that begins before cannot see it, and creates a second configuration (fact F16).
    time.sleep(place.seconds)
    file = REPOSITORY / "playbooks" / f"{playbook}.yml"
    if place is DELETIONS:
        # Cycles run, and those who left the scope are deleted.
        emulator.advance("PT2H")
    for finished in (False, True):
        run = playbooks.play(file, inventory(emulator), *named)
        assert run.code == 0, run.output
        assert not finished or run.changed() == [], run.output
    if playbook == "teardown":
        assert not emulator.tenant(CONTOSO)["applications"]
    else:
        assert len(emulator.tenant(CONTOSO)["synchronizations"]) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name)
def test_of_a_module_alone(playbooks: Playbooks, emulator: Emulator, number: signal.Signals) -> None:
    place = Place("in a write", WRITES)
    delay(emulator, place)
    connection = inventory(emulator)["all"]["vars"]["tenants"]["contoso"]
    options = {**connection, "client_secret": SECRETS["CONTOSO_CLIENT_SECRET"], "partner_tenant_id": FABRIKAM, "redemption_outbound": True}
    module = "ansible_collections.entra.cross_tenant_sync.plugins.modules.cross_tenant_policy"
    given = json.dumps({"ANSIBLE_MODULE_ARGS": options})
    with Session([sys.executable, "-m", module], playbooks.folder / "module", given) as session:
        session.reaches(emulator, place)
        session.end(number)
        assert session.output == "" or "KeyboardInterrupt" in session.output
        leaves_no_secret(session)
    emulator.control("DELETE", "faults")
    time.sleep(place.seconds)
    wanted = {"partner_tenant_id": FABRIKAM, "redemption_outbound": True}
    for finished in (False, True):
        run = playbooks.task("cross_tenant_policy", "contoso", wanted)
        assert run.code == 0, run.output
        assert not finished or run.changed() == []

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running emulator, and the two tenants of its scenario."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from .traffic import judge, sets_exchange

CONTOSO = "a0c898ca-2445-4e74-ab4b-afd7916549a6"
FABRIKAM = "afab079d-1f08-4de3-881e-435e497f923f"
SECRETS = {"CONTOSO_CLIENT_SECRET": "contoso-rehearsal-secret", "FABRIKAM_CLIENT_SECRET": "fabrikam-rehearsal-secret"}
START_SECONDS = 120
"""Much longer than it takes: a busy machine can stand still for a while."""
SOURCES = Path(__file__).resolve().parents[1] / "emulator" / "src"
PROGRAM = f"import sys; sys.path.insert(0, {str(SOURCES)!r}); from entra_emulator.cli import main; sys.exit(main())"
"""The command ``entra-emulator`` of this repository, which need not be installed."""


@dataclass
class Emulator:
    """An `entra-emulator` process on a free port, and its control interface. Use it as a context manager."""

    folder: Path
    scenario: str = "contoso-fabrikam"
    arguments: tuple[str, ...] = ()
    url: str = ""
    asks_exchange: bool = False
    """Whether a run was given ``exchange: true`` since the traffic was last judged."""

    @property
    def ca_path(self) -> Path:
        """The certificate of the authority that signed the emulator's own."""
        return self.folder / "ca.pem"

    def __enter__(self) -> Emulator:
        self.folder.mkdir(parents=True, exist_ok=True)
        ready = self.folder / "ready.json"
        command = [sys.executable, "-c", PROGRAM, "--scenario", self.scenario, "--port", "0"]
        command += ["--ca-file", str(self.ca_path), "--ready-file", str(ready), *self.arguments]
        with (self.folder / "emulator.log").open("wb") as log:
            # In its own process group: Ctrl-C in the terminal must not stop it before the test has cleaned up.
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.monotonic() + START_SECONDS
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                self._stop()
                raise RuntimeError(f"the emulator did not start:\n{(self.folder / 'emulator.log').read_text()}")
            time.sleep(0.02)
        self.url = json.loads(ready.read_text())["url"]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self.judge_traffic()
        finally:
            self._stop()

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control interface and return its answer."""
        answer = requests.request(method, f"{self.url}/emulator/{path}", json=body, verify=str(self.ca_path), timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def state(self) -> dict[str, Any]:
        """The whole state."""
        state: dict[str, Any] = self.control("GET", "state")
        if self.asks_exchange:
            # Exchange receives what changed in Entra only when it is looked at, which must not look like a change by a run.
            for tenant in state["tenants"]:
                self.control("GET", f"exchange/{tenant}")
            state = self.control("GET", "state")
        return state

    def load(self, state: dict[str, Any] | bytes) -> None:
        """Replace the whole state, which may be large; ``bytes`` are JSON."""
        data = state if isinstance(state, bytes) else json.dumps(state).encode()
        requests.put(f"{self.url}/emulator/state", data=data, verify=str(self.ca_path), timeout=600).raise_for_status()

    def cpu(self) -> float:
        """The seconds of CPU that the process has used; 0 where the system does not report it."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        if not stat.exists():
            return 0.0
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def tenant(self, tenant_id: str) -> dict[str, Any]:
        """The state of a tenant."""
        tenant: dict[str, Any] = self.state()["tenants"][tenant_id]
        return tenant

    def advance(self, duration: str = "PT40M") -> dict[str, Any]:
        """Let virtual time pass; due cycles run."""
        passed: dict[str, Any] = self.control("POST", "clock", {"advance": duration})
        return passed

    def connection(self) -> dict[str, str]:
        """The connection options for the emulator instead of the real service."""
        endpoints = {"login_endpoint": self.url, "graph_endpoint": self.url, "exchange_endpoint": f"{self.url}/exchange"}
        return {**endpoints, "ca_path": str(self.ca_path)}

    def given(self, *options: Any) -> None:
        """Take note of what a run is given, because it decides what the run may send."""
        self.asks_exchange = self.asks_exchange or sets_exchange(options)

    def judge_traffic(self) -> None:
        """Fail if since the last time a run sent what none may send (see `traffic.judge`)."""
        counts = self.control("GET", "traffic")
        self.control("DELETE", "traffic")
        asks, self.asks_exchange = self.asks_exchange, False
        judge(counts, asks)

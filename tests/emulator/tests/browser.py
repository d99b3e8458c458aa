# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator whose page is worth looking at."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api import Api


@contextmanager
def linked(folder: Path) -> Iterator[str]:
    """An emulator whose Contoso synchronizes two people and Sales into Fabrikam; its address."""
    api = Api()
    api.link_policies()
    sp_id, job, role = api.job()
    sales = api.get("/groups?$filter=displayName eq 'Sales'")["value"][0]["id"]
    for principal in (api.user_id("minsu.kim@contoso.kr"), api.user_id("jiyoung.park@contoso.kr"), sales):
        api.assign(sp_id, role, principal)
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    state, ready = folder / "state.json", folder / "ready.json"
    state.write_text(json.dumps(api.http.get("/emulator/state").json()))
    command = [sys.executable, "-m", "entra_emulator.cli", "--state", str(state), "--ready-file", str(ready), "--ca-file"]
    process = subprocess.Popen([*command, str(folder / "ca.pem")], stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while not ready.exists():
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.02)
        yield json.loads(ready.read_text())["url"]
    finally:
        process.terminate()
        process.wait(10)

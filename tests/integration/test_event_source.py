# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source against the emulator: each kind of event once, not again after a restart, and again when the trouble comes back."""

from __future__ import annotations

import asyncio
import copy
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.entra.cross_tenant_sync.extensions.eda.plugins.event_source import cross_tenant_sync as source
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, inventory

State = dict[str, Any]
HOST = "contoso_to_fabrikam"
STRANGER = "7f0ba1c2-0d56-4c1f-9b0e-3a5d2f0f6b77"
FIVE = {"quarantined", "disabled_soon", "deletions_held", "user_failed", "stranger_partner"}


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Emulator, State]]:
    """Both tenants with a link that works, and their state."""
    folder = tmp_path_factory.mktemp("events")
    with Emulator(folder / "emulator") as emulator:
        emulator.control("PUT", "settings", {**emulator.control("GET", "settings"), "throttling": False})
        assert Playbooks(emulator, folder / "ansible").sync(link_deletion_threshold=2).code == 0
        emulator.advance("P9D")
        yield emulator, emulator.state()


@pytest.fixture
def topology(well: tuple[Emulator, State], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same link as a topology file, whose secrets are templates."""
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    variables = inventory(well[0])["all"]
    link = variables["children"]["links"]["hosts"][HOST]
    defaults = {name.removeprefix("link_"): value for name, value in link.items() if name not in ("link_source", "link_target")}
    content = {
        "plugin": "entra.cross_tenant_sync.topology",
        "tenants": variables["vars"]["tenants"],
        "links": [{"source": "contoso", "target": "fabrikam", **defaults}],
    }
    path = tmp_path / "topology.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


class Queue(asyncio.Queue[Any]):
    """What was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []

    async def put(self, item: Any) -> None:
        self.sent.append(item)


def live(monkeypatch: pytest.MonkeyPatch, **args: Any) -> list[dict[str, Any]]:
    """A start of the source, which is stopped after one poll as ansible-rulebook stops it. What was sent."""

    async def stop(_seconds: float) -> None:
        raise asyncio.CancelledError

    queue = Queue()
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "sleep", stop)
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(source.main(queue, args))
    return queue.sent


def trouble(emulator: Emulator, well_state: State) -> None:
    """A new user cannot be invited, the others leave the scope, the job was in quarantine for long, and a stranger may synchronize."""
    state = copy.deepcopy(well_state)
    (assignments,) = state["tenants"][CONTOSO]["assignments"].values()
    like = next(iter(assignments.values()))
    person = tenants.add_user(state, "first.new")
    new = {"principalId": person["id"], "principalDisplayName": "first.new", "principalType": "User"}
    assignments.clear()
    assignments["first"] = {**like, "id": "first", **new}
    state["tenants"][FABRIKAM]["authorization_policy"]["allowInvitesFrom"] = "none"
    tenants.add_partner(state, FABRIKAM, STRANGER)
    tenants.allow_synchronization(state, FABRIKAM, STRANGER)
    emulator.load(state)
    emulator.advance("PT40M")
    state = emulator.state()
    (synchronization,) = state["tenants"][CONTOSO]["synchronizations"].values()
    (job,) = synchronization["jobs"].values()
    began = (datetime.fromisoformat(state["clock"]) - timedelta(days=25)).strftime("%Y-%m-%dT%H:%M:%SZ")
    job["status"]["quarantine"]["seriesBegan"] = began
    emulator.load(state)


def test_five_kinds_of_events_once_each(
    well: tuple[Emulator, State], topology: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator, state = well
    emulator.load(state)
    args = {"inventory": str(topology), "state_file": str(tmp_path / "state.json")}
    assert live(monkeypatch, **args) == []

    trouble(emulator, state)
    sent = live(monkeypatch, **args)
    assert {event["kind"] for event in sent} == FIVE
    assert len(sent) == len(FIVE)
    by_kind = {event["kind"]: event for event in sent}
    assert by_kind["disabled_soon"]["days_left"] == 2
    assert by_kind["user_failed"]["user"] == "first.new@contoso.kr"
    assert by_kind["deletions_held"]["count"] == len(by_kind["deletions_held"]["users"]) > 2
    assert by_kind["stranger_partner"]["id"] == STRANGER
    assert by_kind["stranger_partner"]["tenant_id"] == FABRIKAM
    assert all(event["link"] == HOST and event["target"]["tenant_id"] == FABRIKAM for event in sent if event["kind"] != "stranger_partner")
    written = json.dumps(sent) + (tmp_path / "state.json").read_text()
    assert not any(secret in written for secret in SECRETS.values())

    # With the secrets as they are, as ansible-rulebook hands them on, and with a target that cannot be read: nothing ends.
    content = yaml.safe_load(topology.read_text(encoding="utf-8"))
    content["tenants"]["contoso"]["client_secret"] = SECRETS["CONTOSO_CLIENT_SECRET"]
    content["tenants"]["fabrikam"]["client_secret"] = "another-secret"
    given = {"tenants": content["tenants"], "links": content["links"], "state_file": args["state_file"]}
    (blind,) = live(monkeypatch, **given)
    assert (blind["kind"], blind["link"]) == ("could_not_look", HOST)
    assert "the client secret is wrong" in blind["text"]
    assert "another-secret" not in json.dumps(blind) + (tmp_path / "state.json").read_text()
    assert live(monkeypatch, **args) == []

    # A secret can also be in a vault, whose password Ansible finds as always.
    (tmp_path / "password").write_text("a password")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(tmp_path / "password"))
    vaulted = VaultLib().encrypt(SECRETS["CONTOSO_CLIENT_SECRET"], VaultSecret(b"a password")).decode()
    monkeypatch.delenv("CONTOSO_CLIENT_SECRET")
    content["tenants"] = {**inventory(emulator)["all"]["vars"]["tenants"]}
    content["tenants"]["contoso"]["client_secret"] = "THE VAULT"
    topology.write_text(yaml.safe_dump(content).replace("THE VAULT", f"!vault {json.dumps(vaulted)}"), encoding="utf-8")

    emulator.load(state)
    assert live(monkeypatch, **args) == []
    trouble(emulator, state)
    assert {event["kind"] for event in live(monkeypatch, **args)} == FIVE


def test_an_inventory_that_cannot_be_read_is_an_event_with_its_faults(
    well: tuple[Emulator, State], topology: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = yaml.safe_load(topology.read_text(encoding="utf-8"))
    content["links"][0]["scope_usres"] = []
    topology.write_text(yaml.safe_dump(content), encoding="utf-8")
    (blind,) = live(monkeypatch, inventory=str(topology), state_file=str(tmp_path / "state.json"))
    assert blind["kind"] == "could_not_look"
    assert blind["text"] == f"The inventory {topology} cannot be read; the command ansible-inventory -i {topology} --list shows why."
    del content["plugin"]
    (again,) = live(monkeypatch, state_file=str(tmp_path / "other.json"), **content)
    assert "links[0].scope_usres: " in again["text"]


@pytest.mark.skipif(
    not (importlib.util.find_spec("ansible_rulebook") and shutil.which("java")),
    reason="ansible-rulebook is not installed beside this Python, or there is no Java 17: pip install ansible-rulebook",
)
def test_ansible_rulebook_runs_the_rulebook(well: tuple[Emulator, State], topology: Path, tmp_path: Path) -> None:
    """Until it has shown everything, and for a few polls more. Each event is shown once."""
    emulator, state = well
    trouble(emulator, state)
    variables = {"links_inventory": str(topology), "links_state_file": str(tmp_path / "state.json"), "links_interval": 1}
    (tmp_path / "variables.yml").write_text(yaml.safe_dump(variables))
    program = str(Path(sys.executable).with_name("ansible-rulebook"))
    command = [program, "--rulebook", "entra.cross_tenant_sync.events", "--vars", "variables.yml"]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".build"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    shown, end = "", time.monotonic() + 120
    with (tmp_path / "output.txt").open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None and time.monotonic() < end and not all(f"{kind}: " in shown for kind in FIVE):
                time.sleep(0.5)
                shown = (tmp_path / "output.txt").read_text(encoding="utf-8")
            time.sleep(10)
        finally:
            process.terminate()
            process.wait(30)
    shown = (tmp_path / "output.txt").read_text(encoding="utf-8")
    assert {kind: shown.count(f"{kind}: ") for kind in FIVE} == dict.fromkeys(FIVE, 1), shown

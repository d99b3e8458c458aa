# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first ten minutes: the file and the commands of the guide, typed one after the other."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, Playbooks, Run
from ansible_collections.entra.cross_tenant_sync.tests.support.samples import kind, samples

OF_THE_GUIDE = [sample for sample in samples() if sample.guide.stem == "guide_ten_minutes"]
COMMANDS = [line for sample in OF_THE_GUIDE if kind(sample) == "commands" for line in sample.text.splitlines()]


def test_the_first_ten_minutes(emulator: Emulator, tmp_path: Path) -> None:
    (file,) = [sample.text for sample in OF_THE_GUIDE if kind(sample) == "inventory"]
    playbooks = Playbooks(emulator, tmp_path)
    (tmp_path / "rehearsal.yml").write_text(file.replace("https://localhost:8443", emulator.url), encoding="utf-8")
    (tmp_path / "ca.pem").write_bytes(emulator.ca_path.read_bytes())

    def type_next(end: str) -> Run:
        """The command of the guide that ends so."""
        (line,) = [one for one in COMMANDS if one.endswith(end)]
        return playbooks.command(line)

    # The secrets of its `export` are those that every test has.
    assert {"contoso-rehearsal-secret", "fabrikam-rehearsal-secret"} <= {
        part for line in COMMANDS for part in line.replace("=", " ").split()
    }
    plan, run = type_next("sync --check --diff"), type_next(f"{PREFIX}sync")
    assert (plan.code, run.code) == (0, 0), plan.output + run.output
    assert plan.actions() == run.actions() != []
    assert any("emulator/clock" in line and "PT40M" in line for line in COMMANDS)
    emulator.advance("PT40M")
    assert type_next("verify").code == 0
    arrived = [user for user in emulator.tenant(FABRIKAM)["users"].values() if str(user["displayName"]).endswith("(Contoso)")]
    assert len(arrived) > 3

    mistake = type_next('"Sale"]}\'')
    assert mistake.code != 0
    assert "there is no group" in mistake.failure()
    assert mistake.changed() == []

    removed = type_next("link_teardown=contoso_to_fabrikam")
    assert removed.code == 0, removed.output
    assert removed.changed()

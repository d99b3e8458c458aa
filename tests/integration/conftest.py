# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh emulator and its playbooks for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import Playbooks


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """Two empty tenants, as the scenario contoso-fabrikam describes them."""
    with Emulator(tmp_path / "emulator") as running:
        yield running


@pytest.fixture
def playbooks(emulator: Emulator, tmp_path: Path) -> Playbooks:
    """Real ansible-playbook runs against the emulator."""
    return Playbooks(emulator, tmp_path / "ansible")

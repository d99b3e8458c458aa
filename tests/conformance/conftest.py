# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator for each walkthrough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.conformance.walkthrough import Walkthrough
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import Playbooks


@pytest.fixture
def walkthrough(tmp_path: Path) -> Iterator[Callable[..., Walkthrough]]:
    """Begins a walkthrough with a separate emulator, started with these arguments."""
    with ExitStack() as stack:

        def begin(*arguments: str) -> Walkthrough:
            emulator = stack.enter_context(Emulator(tmp_path / "emulator", arguments=arguments))
            return Walkthrough(Playbooks(emulator, tmp_path / "ansible"))

        yield begin

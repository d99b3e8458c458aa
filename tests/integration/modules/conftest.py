# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for all tests of a process, put back to the beginning before each; and each under every behaviour of the service.

A test that chooses the behaviour itself says so: ``@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)``.

The likely behaviour meets Ansible: one ansible-playbook run tells a story. For the others, whose difference Ansible never sees, ``make test`` runs
the same tasks in this process; ``LIFE=everything`` has Ansible tell them, too.

Stories in which writes become visible late mostly wait. ``make test`` tells the twelve steps of every module so, and a third of the other
stories; ``LIFE=everything`` tells all. Every write that becomes visible late is in tests/conformance besides.
"""

from __future__ import annotations

import copy
import dataclasses
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import behaviours, tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import Behaviour
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.life import everything
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import Playbooks
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Teller

SHARE_OF_LATE_STORIES = 3


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the stories that `make test` does not tell with late writes. The choice depends on their names only."""
    left_out = [] if everything() else [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _is_left_out(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    late = item.callspec.params.get("behaviour") is behaviours.LAG
    name = item.originalname
    return late and "twelve_steps" not in name and zlib.crc32(name.encode()) % SHARE_OF_LATE_STORIES != 0


class Beginning:
    """The emulator as it was started."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._state = emulator.state()
        self._settings = emulator.control("GET", "settings")
        self._moulds: dict[str, tenants.Mould] = {}

    @property
    def state(self) -> dict[str, Any]:
        """A copy of the first state, to be changed at will."""
        return copy.deepcopy(self._state)

    def restore(self, behaviour: Behaviour) -> None:
        """Two empty tenants, no faults, and no quota that one test could leave used up for the next."""
        self.emulator.control("DELETE", "faults")
        self.emulator.control("PUT", "settings", {**self._settings, "throttling": False, **behaviour.settings})
        self.emulator.control("PUT", "state", self._state)
        self.emulator.control("DELETE", "requests")

    def mould(self, behaviour: Behaviour) -> tenants.Mould:
        """What a configuration looks like in a service that behaves so, when nothing lags."""
        if behaviour.name not in self._moulds:
            self.restore(dataclasses.replace(behaviour, settings={**behaviour.settings, "lag": self._settings["lag"]}))
            self._moulds[behaviour.name] = tenants.Mould.take(self.emulator)
        return self._moulds[behaviour.name]


@pytest.fixture(scope="session")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beginning]:
    """A running emulator and its beginning."""
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield Beginning(running)


@pytest.fixture(params=behaviours.ALL, ids=str)
def behaviour(request: pytest.FixtureRequest) -> Behaviour:
    """How the service behaves where nobody knows."""
    assert isinstance(request.param, Behaviour)
    return request.param


@pytest.fixture
def mould(beginning: Beginning, behaviour: Behaviour) -> tenants.Mould:
    """Casts configurations into a state."""
    return beginning.mould(behaviour)


@pytest.fixture
def emulator(beginning: Beginning, behaviour: Behaviour, mould: tenants.Mould) -> Iterator[Emulator]:
    """Two empty tenants. What the test sends is judged at its end."""
    del mould
    beginning.restore(behaviour)
    yield beginning.emulator
    beginning.emulator.judge_traffic()


@pytest.fixture
def playbooks(emulator: Emulator, tmp_path: Path) -> Playbooks:
    """Real ansible-playbook runs against the emulator."""
    return Playbooks(emulator, tmp_path / "ansible")


@pytest.fixture
def tell(emulator: Emulator, playbooks: Playbooks, behaviour: Behaviour) -> Teller:
    """Stories of many tasks. What the service does otherwise than is likely is nothing that Ansible could see."""
    return Teller(
        emulator, playbooks, both_runners="BOTH_HOSTS" in os.environ, here=behaviour is not behaviours.LIKELY and not everything()
    )


@pytest.fixture
def state(emulator: Emulator, beginning: Beginning) -> dict[str, Any]:
    """The first state, to be changed and put back with ``emulator.control("PUT", "state", state)``."""
    return beginning.state


@pytest.fixture
def linked(emulator: Emulator, mould: tenants.Mould, state: dict[str, Any]) -> dict[str, Any]:
    """Two tenants that trust each other and a configuration, Fabrikam, with nobody in scope. The state is in the emulator."""
    tenants.trust_each_other(state)
    mould.cast(state, "Fabrikam")
    emulator.control("PUT", "state", state)
    return state

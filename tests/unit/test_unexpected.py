# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An error that nobody expected: its kind and its place are shown, and never its text, which may quote a secret."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleLookupError

from ansible_collections.entra.cross_tenant_sync.plugins.lookup import synced_user, tenant_id
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import module_runner
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import unexpected
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Inquiry
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import run_in_worker
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.module_args import module_args

PLUGINS = "ansible_collections.entra.cross_tenant_sync.plugins."
ACTIONS = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "plugins" / "action").glob("[!_]*.py"))
SECRET = "w8QVx3Pz6Mb1Nc9Jt4Rk7Ys2Lg5"
GIVEN = {"tenant_id": SOURCE, "access_token": "a-token"}


def fail(_client: Client, _given: Mapping[str, Any]) -> dict[str, Any]:
    raise KeyError(SECRET)


def assert_a_place(result: Mapping[str, Any]) -> None:
    assert result["failed"] is True
    assert result["msg"].startswith("An error of the collection itself: KeyError in plugins/")
    assert "in check mode" in result["msg"]
    assert result["error"]["code"] == "InternalError"
    assert any(place.startswith("test_unexpected.py, line ") for place in result["error"]["places"])
    assert SECRET not in json.dumps(result)


def test_in_the_worker() -> None:
    assert_a_place(run_in_worker("entra.cross_tenant_sync.x", Inquiry(fail), Options({}), GIVEN, False, lambda _message: None))


def test_in_a_module_process(capsys: pytest.CaptureFixture[str]) -> None:
    with module_args(GIVEN), pytest.raises(SystemExit):
        module_runner.run_module(Inquiry(fail), Options({}))
    assert_a_place(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("name", ACTIONS)
def test_no_action_raises_it(name: str) -> None:
    action = importlib.import_module(f"{PLUGINS}action.{name}").ActionModule
    assert action.run.__code__ is unquoted(lambda _self, _tmp, _variables: {}).__code__


def test_the_sentence_of_a_failure_is_raised_as_it_is() -> None:
    def refuse(_self: Any, _tmp: Any, _variables: Any) -> dict[str, Any]:
        raise AnsibleActionFail("x must be a number.")

    with pytest.raises(AnsibleActionFail, match="x must be a number"):
        unquoted(refuse)(None, None, None)


@pytest.mark.parametrize("plugin", [synced_user, tenant_id])
def test_in_a_lookup(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_unused: Any) -> Any:
        raise KeyError(SECRET)

    monkeypatch.setattr(plugin, "synced_users" if plugin is synced_user else "tenant_ids", break_down)
    with pytest.raises(AnsibleLookupError) as failed:
        plugin.LookupModule().run(["contoso.kr"])
    assert "An error of the collection itself: KeyError" in str(failed.value)
    assert SECRET not in str(failed.value)


def test_an_error_without_a_place() -> None:
    assert "KeyError in an unknown place; report it" in unexpected(KeyError(SECRET))["msg"]

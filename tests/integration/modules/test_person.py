# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""person_info and the option try_on of sync_mapping, in both hosts. Every cause is in tests/property/test_person.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import Playbooks
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Teller

INFO = "person_info"


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator after the first synchronization."""
    with Emulator(tmp_path_factory.mktemp("aftermath"), "aftermath") as running:
        running.control("PUT", "settings", {"throttling": False})
        yield running


@pytest.fixture
def tell(aftermath: Emulator, tmp_path: Path) -> Teller:
    return Teller(aftermath, Playbooks(aftermath, tmp_path / "ansible"), both_runners=True)


@pytest.fixture
def asks(aftermath: Emulator) -> dict[str, Any]:
    """The configuration, and the connection to the target, which may ask Exchange."""
    target = {
        "tenant_id": FABRIKAM,
        "client_id": "22222222-2222-4222-8222-222222222222",
        "client_secret": SECRETS["FABRIKAM_CLIENT_SECRET"],
        **aftermath.connection(),
    }
    return {"configuration": "Fabrikam", "target": {**target, "exchange": True}}


def test_one_user(tell: Teller, asks: dict[str, Any]) -> None:
    users = ("junho.choi@contoso.kr", "minho.seo@contoso.kr", "nobody@contoso.kr")
    hidden, disabled, nobody, checked, refused = tell(
        *(Do(INFO, {**asks, "user": user}) for user in users),
        Do(INFO, {**asks, "user": users[0]}, check=True),
        Do(INFO, {**asks, "user": users[0], "configuration": "Nowhere"}),
    )
    assert hidden.result["cause"] == "hidden_in_exchange"
    assert hidden.result["sentence"].startswith("junho.choi@contoso.kr is not in the address book: Exchange hides the user")
    assert hidden.to_exchange
    assert disabled.to_exchange == []
    assert disabled.result["cause"] == "disabled_in_source"
    assert nobody.result["cause"] == "unknown_name"
    assert checked.result["sentence"] == hidden.result["sentence"]
    assert "there is no configuration 'Nowhere'" in refused.message
    for step in (hidden, disabled, nobody, checked, refused):
        assert step.writes == []
        assert step.result["changed"] is False


def test_mappings_on_users(tell: Teller) -> None:
    given = {"configuration": "Fabrikam", "company_name": "Contoso Group", "try_on": "minsu.kim@contoso.kr, junho.choi@contoso.kr"}
    tried, unknown = tell(
        Do("sync_mapping", given, check=True),
        Do("sync_mapping", {**given, "try_on": ["nobody@contoso.kr"]}),
    )
    assert [user["user_principal_name"] for user in tried.result["tried"]] == ["minsu.kim@contoso.kr", "junho.choi@contoso.kr"]
    assert {change["after"] for user in tried.result["tried"] for change in user["changes"]} == {"Contoso Group"}
    assert "there is no user 'nobody@contoso.kr'" in unknown.message
    for step in (tried, unknown):
        assert step.writes == []

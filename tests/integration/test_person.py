# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook for a helpdesk: one user, one sentence, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The tenants after a synchronization."""
    with Emulator(tmp_path_factory.mktemp("emulator"), scenario="aftermath") as running:
        yield running


def ask(playbooks: Playbooks, *arguments: str, exchange: bool = False, **link: Any) -> Run:
    hosts = inventory(playbooks.emulator, **link)
    hosts["all"]["vars"]["tenants"]["fabrikam"] |= {"exchange": exchange}
    playbooks.emulator.control("DELETE", "requests")
    return playbooks.play(REPOSITORY / "playbooks" / "person.yml", hosts, *arguments)


def requests(emulator: Emulator) -> list[str]:
    return [one["path"] for one in emulator.control("GET", "requests")["requests"]]


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check"])
def test_an_operator_reads_one_sentence(playbooks: Playbooks, emulator: Emulator, arguments: tuple[str, ...]) -> None:
    before = emulator.state()["tenants"]
    run = ask(playbooks, "-e", "link_person=junho.choi@contoso.kr", *arguments, exchange=True)
    assert run.code == 0, run.output
    result = run.of("person_info")
    assert result["cause"] == "hidden_in_exchange"
    assert result["sentence"] in run.output
    assert {tenant: about["users"] for tenant, about in emulator.state()["tenants"].items()} == {
        tenant: about["users"] for tenant, about in before.items()
    }


def test_exchange_is_asked_only_where_it_may_be(playbooks: Playbooks, emulator: Emulator) -> None:
    run = ask(playbooks, "-e", "link_person=minsu.kim@contoso.kr")
    assert run.of("person_info")["cause"] == "synchronized"
    assert not [path for path in requests(emulator) if "/adminapi/" in path]


@pytest.mark.parametrize("arguments", [(), ("-e", "link_person=")], ids=["missing", "empty"])
def test_without_a_name_it_ends_before_the_first_request(playbooks: Playbooks, emulator: Emulator, arguments: tuple[str, ...]) -> None:
    run = ask(playbooks, *arguments)
    assert run.code == 2
    assert "Link contoso_to_fabrikam: link_person is missing" in run.failure()
    assert requests(emulator) == []


def test_a_link_that_must_not_exist_is_not_asked(playbooks: Playbooks, emulator: Emulator) -> None:
    run = ask(playbooks, "-e", "link_person=minsu.kim@contoso.kr", link_state="absent")
    assert run.code == 0
    assert "nothing is asked about minsu.kim@contoso.kr" in run.output
    assert requests(emulator) == []

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every emulator judges what was sent to it when its test ends: here it is seen that this can fail.

No run may ask Exchange without ``exchange: true``, and no token for one of the two services may be shown to the other (fact F146).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import URL, Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.traffic import sets_exchange

EXCHANGE = f"exchange/adminapi/beta/{FABRIKAM}/InvokeCommand"
DOMAINS = {"CmdletInput": {"CmdletName": "Get-AcceptedDomain", "Parameters": {}}}
ACCOUNTS = {
    CONTOSO: ("11111111-1111-4111-8111-111111111111", SECRETS["CONTOSO_CLIENT_SECRET"]),
    FABRIKAM: ("22222222-2222-4222-8222-222222222222", SECRETS["FABRIKAM_CLIENT_SECRET"]),
}


class Caller:
    """A client that makes the mistakes. It reaches the emulator over the network, or in this process."""

    def __init__(self, url: str, ca_path: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_path

    def token(self, resource: str, tenant: str = FABRIKAM) -> str:
        client, secret = ACCOUNTS[tenant]
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": f"{resource}/.default"}
        answer = self._session.post(f"{self.url}/{tenant}/oauth2/v2.0/token", data=form, timeout=(10, 30))
        return str(answer.json()["access_token"])

    def read_users(self, token: str) -> int:
        answer = self._session.get(f"{self.url}/v1.0/users?$top=1", headers={"Authorization": f"Bearer {token}"}, timeout=(10, 30))
        return answer.status_code

    def read_domains(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return self._session.post(f"{self.url}/{EXCHANGE}", json=DOMAINS, headers=headers, timeout=(10, 30)).status_code


class OverTheNetwork:
    """An emulator in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.emulator = Emulator(folder)

    def ask_exchange(self) -> None:
        self.emulator.given({"fabrikam": {"exchange": True}})

    def running(self) -> AbstractContextManager[Any]:
        return self.emulator

    def caller(self) -> Caller:
        return Caller(self.emulator.url, str(self.emulator.ca_path))


class InThisProcess:
    """An emulator without a network."""

    def __init__(self, _folder: Path) -> None:
        self.cloud = Cloud()

    def ask_exchange(self) -> None:
        self.cloud.asks_exchange = True

    def running(self) -> AbstractContextManager[Any]:
        return self.cloud.reached()

    def caller(self) -> Caller:
        return Caller(URL, "")


def to_graph(caller: Caller) -> None:
    assert caller.read_users(caller.token(caller.url)) == 200


def to_exchange(caller: Caller) -> None:
    assert caller.read_domains(caller.token(f"{caller.url}/exchange")) == 200


def to_exchange_without_a_token(caller: Caller) -> None:
    assert caller.read_domains("nonsense") == 401


def sign_in_for_exchange(caller: Caller) -> None:
    caller.token("https://outlook.office365.com")


def to_graph_with_the_other_token(caller: Caller) -> None:
    assert caller.read_users(caller.token(f"{caller.url}/exchange")) == 401


def to_exchange_with_the_other_token(caller: Caller) -> None:
    assert caller.read_domains(caller.token(caller.url)) == 401


TABLE: list[tuple[Callable[[Caller], None], str | None, str | None]] = [
    # what is sent, what is wrong with it, and what is wrong with it where exchange: true was given
    (to_graph, None, None),
    (to_exchange, "'exchange_requests': 1", None),
    (to_exchange_without_a_token, "'exchange_requests': 1", None),
    (sign_in_for_exchange, "'exchange_token_requests': 1", None),
    (to_graph_with_the_other_token, "'exchange_token_requests': 1", "1 requests carried a token"),
    (to_exchange_with_the_other_token, "'exchange_requests': 1", "1 requests carried a token"),
]


@pytest.mark.parametrize("kind", [OverTheNetwork, InThisProcess])
@pytest.mark.parametrize("asks", [False, True], ids=["Graph only", "exchange: true"])
@pytest.mark.parametrize(("send", "wrong", "wrong_if_asking"), TABLE)
def test_what_is_judged(
    tmp_path: Path,
    kind: type[OverTheNetwork | InThisProcess],
    asks: bool,
    send: Callable[[Caller], None],
    wrong: str | None,
    wrong_if_asking: str | None,
) -> None:
    expected = wrong_if_asking if asks else wrong
    fails = pytest.raises(AssertionError, match=re.escape(expected)) if expected else nullcontext()
    at = kind(tmp_path)
    with fails, at.running():
        if asks:
            at.ask_exchange()
        send(at.caller())


def test_what_was_allowed_to_one_test_is_not_allowed_to_the_next(tmp_path: Path) -> None:
    """Where tests share an emulator, each is judged for itself."""
    with Emulator(tmp_path) as emulator:
        caller = Caller(emulator.url, str(emulator.ca_path))
        emulator.given({"exchange": True})
        to_exchange(caller)
        emulator.judge_traffic()
        to_exchange(caller)
        with pytest.raises(AssertionError, match="exchange: true"):
            emulator.judge_traffic()
        emulator.judge_traffic()


SETTINGS = {
    "an inventory": ({"all": {"vars": {"tenants": {"fabrikam": {"exchange": True}}}}}, True),
    "options": ([{"tenant_id": "x", "target": {"exchange": True}}], True),
    "a playbook": ("    entra.cross_tenant_sync.address_book_info:\n      exchange: true\n", True),
    "an argument": (["-e", '{"exchange": true}'], True),
    "an inventory without it": ({"all": {"vars": {"tenants": {"fabrikam": {"exchange_endpoint": "x", "exchange": False}}}}}, False),
    "a playbook without it": ("exchange: false\nexchange_endpoint: true.example\nno_exchange: 1\n", False),
    "nothing": ((), False),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_what_allows_it(name: str) -> None:
    given, allows = SETTINGS[name]
    assert sets_exchange(given) is allows

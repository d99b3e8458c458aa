# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token for each tenant and run."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.base import Token
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import CredentialProblem, Unreachable
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.tokens import Tokens
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.vault import SharedVault, Vault

TRANSPORT: Any = None
PLACE = ("https://login", "https://graph", "contoso")


class Counter:
    """A credential that counts its sign-ins."""

    def __init__(self, fingerprint: str = "right", lifetime: float | None = 3600.0, name: str = "token") -> None:
        self.fingerprint = fingerprint
        self.lifetime = lifetime
        self.name = name
        self.count = 0
        self.now = 1000.0

    def token(self, transport: Any) -> Token:
        self.count += 1
        return Token(f"{self.name}-{self.count}", None if self.lifetime is None else self.now + self.lifetime)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def vault() -> Vault:
    return SharedVault()


def task(credential: Counter, vault: Vault | None, *place: str, refused: str | None = None) -> str:
    """A task, which has only the tokens in the run's vault."""
    return Tokens(credential, vault or Vault(), *(place or PLACE), clock=credential.clock).current(TRANSPORT, refused=refused)


def test_the_tasks_of_a_run_share_a_token(vault: Vault) -> None:
    credential = Counter()
    assert [task(credential, vault) for _number in range(3)] == ["token-1"] * 3
    assert credential.count == 1


def test_without_a_vault_of_the_run_each_task_signs_in() -> None:
    credential = Counter()
    assert [task(credential, None) for _number in range(2)] == ["token-1", "token-2"]


def test_a_token_is_only_valid_for_its_place_and_its_credential(vault: Vault) -> None:
    right, wrong = Counter(), Counter("a wrong secret", name="other")
    assert task(right, vault) == "token-1"
    assert task(wrong, vault) == "other-1"
    for number, place in enumerate([("https://other", *PLACE[1:]), (PLACE[0], "https://other", PLACE[2]), (*PLACE[:2], "fabrikam")], 2):
        assert task(right, vault, *place) == f"token-{number}"
    assert task(right, vault) == "token-1"


@pytest.mark.parametrize(("passed", "expected"), [(3000.0, "token-1"), (3300.0, "token-2"), (4000.0, "token-2")])
def test_a_token_that_is_about_to_expire_is_not_used(vault: Vault, passed: float, expected: str) -> None:
    credential = Counter()
    task(credential, vault)
    credential.now += passed
    assert task(credential, vault) == expected


def test_a_refused_token_is_replaced_for_all_tasks_once(vault: Vault) -> None:
    credential = Counter()
    task(credential, vault)
    assert task(credential, vault, refused="token-1") == "token-2"
    assert task(credential, vault, refused="token-1") == "token-2"
    assert task(credential, vault) == "token-2"
    assert credential.count == 2


def test_a_token_with_an_unknown_end_is_not_cached(vault: Vault) -> None:
    credential = Counter(lifetime=None)
    assert [task(credential, vault) for _number in range(2)] == ["token-1", "token-2"]


def test_the_same_token_again_is_not_a_new_token(vault: Vault) -> None:
    class Given(Counter):
        def token(self, transport: Any) -> Token:
            return Token("given-secret-token")

    with pytest.raises(CredentialProblem, match="acquire a new one") as refused:
        task(Given(), vault, refused="given-secret-token")
    assert "given-secret-token" not in str(refused.value)


def test_a_failure_is_not_cached_and_releases_the_lock(vault: Vault) -> None:
    class Unlucky(Counter):
        def token(self, transport: Any) -> Token:
            if self.count == 0:
                self.count += 1
                raise Unreachable("POST", "https://login", "no answer")
            return super().token(transport)

    credential = Unlucky()
    with pytest.raises(Unreachable):
        task(credential, vault)
    assert task(credential, vault) == "token-2"


def test_no_text_shows_a_token() -> None:
    assert "secret" not in repr(Token("secret", 1.0))

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup plugins: the tenant of a domain, and the user in the target whom a name of the source means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from ansible.errors import AnsibleLookupError

from ansible_collections.entra.cross_tenant_sync.plugins.lookup import synced_user as synced_user_plugin
from ansible_collections.entra.cross_tenant_sync.plugins.lookup import tenant_id as tenant_id_plugin
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.synced_user import only_one
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import lookups
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.lookups import LookupFault, synced_users, tenant_ids
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET, FakeGraph, Reply

LOGIN = "https://login.microsoftonline.com"
PASSWORD = "Pr0xyPa55wordOf3M1ce"


def document(domain: str, tenant: str = SOURCE, login: str = LOGIN) -> tuple[str, dict[str, str]]:
    """The address of a public document, and its content."""
    return f"{login}/{domain}/v2.0/.well-known/openid-configuration", {"issuer": f"{login}/{tenant}/v2.0"}


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    for name in ("AZURE_AUTHORITY_HOST", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


class TestTenantId:
    @pytest.mark.parametrize(
        ("terms", "options", "login"),
        [
            (["contoso.kr"], {}, LOGIN),
            ([["contoso.kr"]], {}, LOGIN),
            ([" contoso.kr "], {"cloud": "", "timeout": "5"}, LOGIN),
            (["contoso.kr"], {"cloud": "usgov"}, "https://login.microsoftonline.us"),
            (["contoso.kr"], {"login_endpoint": "login.example/"}, "https://login.example"),
        ],
    )
    def test_of_a_domain(self, wire: responses.RequestsMock, terms: list[Any], options: dict[str, Any], login: str) -> None:
        address, content = document("contoso.kr", SOURCE.upper(), login)
        wire.get(address, json=content)
        assert tenant_ids(terms, options, RunCache()) == [SOURCE]

    def test_each_domain_once_in_a_run(self, wire: responses.RequestsMock, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        for domain, tenant in (("contoso.kr", SOURCE), ("fabrikam.kr", TARGET)):
            address, content = document(domain, tenant)
            wire.get(address, json=content)
        for _task in range(2):
            found = tenant_ids(["fabrikam.kr", "contoso.kr", "Contoso.KR", TARGET.upper()], {}, RunCache(str(tmp_path)))
            assert found == [TARGET, SOURCE, SOURCE, TARGET]
        assert len(wire.calls) == 2

    @pytest.mark.parametrize(
        ("terms", "options", "words"),
        [
            (["nobody.example"], {}, "the domain nobody.example belongs to no tenant of https://login.microsoftonline.com; check"),
            (["broken.example"], {}, "no OpenID document was returned (HTTP 500)"),
            (["silent.example"], {}, "no complete answer was received"),
            (["contoso"], {}, "the domain must be"),
            ([""], {}, "the domain is empty"),
            ([{"a": 1}], {}, "the domain must be a text"),
            (["contoso.kr"], {"cloud": "mars"}, "cloud must be one of global, usgov, usgov_dod, china; it is 'mars'"),
            (["contoso.kr"], {"timeout": "soon"}, "timeout must be a whole number"),
            (["contoso.kr"], {"timeout": 0}, "timeout must be"),
            (["contoso.kr"], {"login_endpoint": "http://login.example"}, "login_endpoint must"),
            (["contoso.kr"], {"client_id": "x"}, "client_id"),
            (["silent.example"], {"proxy": f"http://user:{PASSWORD}@proxy.example:3128"}, "no complete answer was received"),
            (["contoso.kr"], {"proxy": f"ftp://user:{PASSWORD}@proxy.example"}, "proxy must"),
        ],
    )
    def test_what_fails_is_one_sentence(self, wire: responses.RequestsMock, terms: list[Any], options: dict[str, Any], words: str) -> None:
        wire.get(document("nobody.example")[0], status=400, json={"error": "invalid_tenant"})
        wire.get(document("broken.example")[0], status=500)
        wire.get(document("silent.example")[0], body=requests.exceptions.ConnectionError(f"via {PASSWORD}"))
        with pytest.raises(LookupFault) as caught:
            tenant_ids(terms, options, RunCache())
        assert words in str(caught.value)
        assert PASSWORD not in str(caught.value)
        with pytest.raises(AnsibleLookupError) as raised:
            tenant_id_plugin.LookupModule().run(terms, {}, **options)
        assert PASSWORD not in str(raised.value)


def user(name: str, mail: str | None = None, **members: Any) -> dict[str, Any]:
    """A user of the target, by the name in the source, or with a name of the target itself."""
    principal_name = f"{name.replace('@', '_')}#EXT#@fabrikam.onmicrosoft.com" if "@" in name else f"{name}@fabrikam.kr"
    return {"id": f"id of {name}", "userPrincipalName": principal_name, "mail": mail, "displayName": name, **members}


ANN, BEN = "ann@contoso.kr", "ben@contoso.kr"


class TestOneUser:
    @pytest.mark.parametrize(
        ("users", "name", "found"),
        [
            ([user(ANN, ANN)], ANN, ANN),
            ([user(ANN)], ANN.upper(), ANN),
            # The same user in the answers of two requests.
            ([user(ANN, ANN), user(ANN, ANN)], ANN, ANN),
            # The name prevails over the address.
            ([user(BEN, ANN), user(ANN, BEN)], ANN, ANN),
            # Renamed in the source: the old name, the new address.
            ([user("anna@contoso.kr", ANN)], ANN, "anna@contoso.kr"),
            # Invited by hand, and not redeemed.
            ([user(ANN, ANN, externalUserState="PendingAcceptance"), user(BEN, ANN)], ANN, BEN),
        ],
    )
    def test_is_found(self, users: list[dict[str, Any]], name: str, found: str) -> None:
        assert only_one(name, users)["source_user_principal_name"] == found

    @pytest.mark.parametrize(
        ("users", "words"),
        [
            ([], f"there is no synced user {ANN}; check"),
            ([user("ann", ANN)], "there is no synced user"),
            ([user(ANN, ANN, externalUserState="PendingAcceptance")], "there is no synced user"),
            ([user(f"{BEN}", ANN), user("cid@contoso.kr", ANN)], f"{ANN} means several users"),
        ],
    )
    def test_is_not_found(self, users: list[dict[str, Any]], words: str) -> None:
        with pytest.raises(Refusal) as caught:
            only_one(ANN, users)
        assert words in str(caught.value)


SIGN_IN: dict[str, Any] = {"tenant_id": TARGET, "client_id": "22222222-2222-4222-8222-222222222222", "client_secret": PASSWORD}


class TestSyncedUser:
    @pytest.fixture(autouse=True)
    def graph(self, monkeypatch: pytest.MonkeyPatch) -> FakeGraph:
        users = [user(ANN, ANN, accountEnabled=True), user(BEN, BEN)]
        graph = FakeGraph(lambda _request: Reply(200, {"value": users}))
        monkeypatch.setattr(engine, "connect", lambda *_unused: graph)
        return graph

    def test_in_the_order_of_the_names(self) -> None:
        found = synced_users([BEN, [f" {ANN} "]], SIGN_IN)
        assert [one["id"] for one in found] == [f"id of {BEN}", f"id of {ANN}"]
        assert found[1]["account_enabled"] is True
        assert synced_user_plugin.LookupModule().run([ANN], {}, **SIGN_IN) == [found[1]]

    @pytest.mark.parametrize(
        ("terms", "options", "words"),
        [
            (["cid@contoso.kr"], {}, "there is no synced user cid@contoso.kr"),
            ([""], {}, "a name is empty"),
            ([ANN], {"tenant": "x y"}, "tenant"),
            ([ANN], {"client_secrt": PASSWORD}, "client_secrt"),
            ([ANN], {"retries": "many"}, "retries must be a whole number"),
        ],
    )
    def test_what_fails_is_one_sentence(self, terms: list[str], options: dict[str, Any], words: str) -> None:
        with pytest.raises(AnsibleLookupError) as raised:
            synced_user_plugin.LookupModule().run(terms, {}, **{**SIGN_IN, **options})
        assert words in str(raised.value)
        assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize("ask", [lambda: tenant_ids(["contoso.kr"], {}, RunCache()), lambda: synced_users([ANN], {})])
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, ask: Any) -> None:
    monkeypatch.setattr(lookups, "incomplete", lambda: ImportError("no", name="msal"))
    with pytest.raises(LookupFault, match="the Python library msal is missing in the controller"):
        ask()

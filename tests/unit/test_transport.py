# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session: which certificates are trusted, which proxy is used, and what a failed connection means."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import urllib3
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import choose
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.access_token import AccessToken
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import Uncertain, Unreachable
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.transport import Transport, Trust
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock

GRAPH = "https://graph.example"
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXY_VARIABLES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def sent_with(wire: responses.RequestsMock, trust: Trust | None = None, endpoint: str = GRAPH, path: str = "/v1.0/me") -> dict[str, Any]:
    """What requests passes to its adapter: the effective verify, proxies and timeout."""
    wire.get(f"{endpoint}{path}", json={})
    Transport(trust or Trust(), (endpoint,)).request("GET", f"{endpoint}{path}", headers={"Authorization": "Bearer own-token"})
    call: Any = wire.calls[-1]
    return {**call.request.req_kwargs, "headers": call.request.headers}


class TestTrust:
    @pytest.mark.parametrize(
        ("trust", "environment", "verify"),
        [
            (Trust(), {}, True),
            (Trust(ca_path="/ca.pem"), {}, "/ca.pem"),
            (Trust(ca_path="/ca.pem"), {"REQUESTS_CA_BUNDLE": "/other.pem"}, "/ca.pem"),
            (Trust(ca_path="/ca.pem"), {"CURL_CA_BUNDLE": "/other.pem"}, "/ca.pem"),
            (Trust(), {"REQUESTS_CA_BUNDLE": "/other.pem"}, "/other.pem"),
            (Trust(), {"CURL_CA_BUNDLE": "/curl.pem"}, "/curl.pem"),
            (Trust(), {"REQUESTS_CA_BUNDLE": "/other.pem", "CURL_CA_BUNDLE": "/curl.pem"}, "/other.pem"),
            (Trust(validate_certs=False), {"REQUESTS_CA_BUNDLE": "/other.pem"}, False),
            (Trust(ca_path="/ca.pem", validate_certs=False), {}, False),
        ],
    )
    def test_which_authorities_are_trusted(
        self, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, trust: Trust, environment: dict[str, str], verify: bool | str
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert sent_with(wire, trust)["verify"] == verify

    def test_the_timeouts_apply_to_every_request(self, wire: responses.RequestsMock) -> None:
        assert sent_with(wire, Trust(timeout=12.5, connect_timeout=3.5))["timeout"] == (3.5, 12.5)

    def test_a_netrc_file_cannot_replace_the_token(
        self, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine graph.example login user password other\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        assert sent_with(wire)["headers"]["Authorization"] == "Bearer own-token"

    def test_redirections_are_not_followed(self, wire: responses.RequestsMock) -> None:
        wire.get(f"{GRAPH}/a", status=302, headers={"Location": "https://evil.example/"})
        assert Transport(Trust(), (GRAPH,)).request("GET", f"{GRAPH}/a").status_code == 302
        assert len(wire.calls) == 1

    def test_the_agent_names_the_collection_and_its_version(self, wire: responses.RequestsMock) -> None:
        galaxy = yaml.safe_load((Path(__file__).resolve().parents[2] / "galaxy.yml").read_text(encoding="utf-8"))
        assert sent_with(wire)["headers"]["User-Agent"] == f"{galaxy['namespace']}.{galaxy['name']}/{galaxy['version']}"

    def test_an_unchecked_certificate_does_not_warn_with_every_request(self, recwarn: pytest.WarningsRecorder) -> None:
        """The task warns once."""
        warnings.simplefilter("always")
        Transport(Trust(validate_certs=False), ())
        warnings.warn("Unverified HTTPS request", urllib3.exceptions.InsecureRequestWarning, stacklevel=1)
        assert not recwarn.list


class TestProxy:
    @pytest.mark.parametrize(
        ("endpoint", "environment", "proxy"),
        [
            pytest.param("https://graph.example", {}, None, id="none"),
            pytest.param("https://graph.example", {"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128", id="https"),
            pytest.param("https://graph.example", {"https_proxy": "http://proxy:3128"}, "http://proxy:3128", id="in lower case"),
            pytest.param("https://graph.example", {"HTTP_PROXY": "http://proxy:3128"}, None, id="only for http"),
            pytest.param("https://graph.example", {"ALL_PROXY": "http://proxy:3128"}, "http://proxy:3128", id="all"),
            pytest.param(
                "https://graph.example", {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "graph.example"}, None, id="NO_PROXY host"
            ),
            pytest.param("https://graph.example", {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ".example"}, None, id="NO_PROXY domain"),
            pytest.param("https://graph.example", {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, None, id="NO_PROXY all"),
            pytest.param(
                "https://graph.example",
                {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "other.example"},
                "http://proxy:3128",
                id="NO_PROXY other",
            ),
            pytest.param(
                "https://graph.example:8443", {"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128", id="endpoint with a port"
            ),
            pytest.param("https://Graph.Example", {"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128", id="endpoint in capitals"),
            pytest.param(
                "https://127.0.0.1:8443", {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "127.0.0.1"}, None, id="NO_PROXY address"
            ),
        ],
    )
    def test_which_proxy_is_used(
        self, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, endpoint: str, environment: dict[str, str], proxy: str | None
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        kwargs = sent_with(wire, endpoint=endpoint)
        assert requests.utils.select_proxy(f"{endpoint}/v1.0/me", kwargs["proxies"]) == proxy

    def test_an_endpoint_may_be_exempt_and_another_not(self, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
        monkeypatch.setenv("NO_PROXY", "login.example")
        wire.get(f"{GRAPH}/a", json={})
        wire.get("https://login.example/a", json={})
        transport = Transport(Trust(), ("https://login.example", GRAPH))
        chosen = []
        for url in (f"{GRAPH}/a", "https://login.example/a"):
            transport.get(url)
            call: Any = wire.calls[-1]
            chosen.append(requests.utils.select_proxy(url, call.request.req_kwargs["proxies"]))
        assert chosen == ["http://proxy:3128", None]

    @pytest.mark.parametrize("environment", [{}, {"HTTPS_PROXY": "http://other:3128"}, {"NO_PROXY": "graph.example"}])
    def test_the_option_wins_over_the_environment(
        self, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        kwargs = sent_with(wire, Trust(proxy="http://option:3128"))
        assert requests.utils.select_proxy(f"{GRAPH}/v1.0/me", kwargs["proxies"]) == "http://option:3128"

    def test_a_session_for_other_endpoints_has_the_same_trust_and_a_proxy_only_for_them(self, wire: responses.RequestsMock) -> None:
        wire.get("https://token.example/a", json={})
        wire.get("http://169.254.169.254/a", json={})
        transport = Transport(Trust(ca_path="/option.pem", proxy="http://option:3128"), (GRAPH,)).for_endpoints("https://token.example")
        chosen = []
        for url in ("https://token.example/a", "http://169.254.169.254/a"):
            transport.get(url)
            call: Any = wire.calls[-1]
            chosen.append((requests.utils.select_proxy(url, call.request.req_kwargs["proxies"]), call.request.req_kwargs["verify"]))
        assert chosen == [("http://option:3128", "/option.pem"), (None, "/option.pem")]

    def test_a_password_in_the_option_is_in_no_representation(self) -> None:
        assert "proxy-password" not in repr(Trust(proxy="http://user:proxy-password@proxy:3128"))

    def test_a_proxys_password_is_in_no_message(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy-password@127.0.0.1:{closed_port()}")
        with pytest.raises(Unreachable) as caught:
            Transport(Trust(timeout=2), (GRAPH,)).request("GET", f"{GRAPH}/v1.0/me?$filter=secret")
        assert caught.value.certain
        assert "proxy-password" not in f"{caught.value} {caught.value!r}"


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def pool_error(reason: Exception) -> urllib3.exceptions.MaxRetryError:
    pool = urllib3.connectionpool.HTTPSConnectionPool("graph.example")
    return urllib3.exceptions.MaxRetryError(pool, "/v1.0/me", reason)


CONNECTION = urllib3.connection.HTTPConnection("graph.example")
FAILURES = {
    "name not resolved": (
        requests.exceptions.ConnectionError(
            pool_error(urllib3.exceptions.NewConnectionError(CONNECTION, "Failed to establish a new connection"))
        ),
        True,
    ),
    "no connection in time": (requests.exceptions.ConnectTimeout(pool_error(urllib3.exceptions.ConnectTimeoutError("timed out"))), True),
    "proxy refuses": (requests.exceptions.ProxyError(pool_error(urllib3.exceptions.ProxyError("no", OSError("refused")))), True),
    "certificate not trusted": (
        requests.exceptions.SSLError(
            pool_error(urllib3.exceptions.SSLError(ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")))
        ),
        True,
    ),
    "encryption broken in the middle": (
        requests.exceptions.SSLError(pool_error(urllib3.exceptions.SSLError(ssl.SSLError(1, "decryption failed or bad record mac")))),
        False,
    ),
    "no answer in time": (requests.exceptions.ReadTimeout(urllib3.exceptions.ReadTimeoutError(None, None, "Read timed out.")), False),  # type: ignore[arg-type]
    "connection closed": (
        requests.exceptions.ConnectionError(
            urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))
        ),
        False,
    ),
    "answer cut short": (requests.exceptions.ChunkedEncodingError(urllib3.exceptions.ProtocolError("Connection broken")), False),
}


class TestFailures:
    @pytest.mark.parametrize("name", FAILURES)
    def test_whether_the_request_can_have_reached_the_service(self, wire: responses.RequestsMock, name: str) -> None:
        failure, certain = FAILURES[name]
        wire.post(f"{GRAPH}/v1.0/things", body=failure)
        with pytest.raises(Unreachable) as caught:
            Transport(Trust(), (GRAPH,)).request(
                "POST", f"{GRAPH}/v1.0/things", data=b"secret-body", headers={"Authorization": "Bearer secret"}
            )
        assert caught.value.certain is certain
        assert "0x" not in str(caught.value)
        assert "secret" not in f"{caught.value} {caught.value!r}"
        assert caught.value.__cause__ is None

    @pytest.mark.parametrize("name", [name for name, (_failure, certain) in FAILURES.items() if not certain])
    def test_a_write_cut_off_is_sent_once(self, wire: responses.RequestsMock, name: str) -> None:
        wire.post(f"{GRAPH}/v1.0/things", body=FAILURES[name][0])
        cloud = choose("global", None, GRAPH)
        client = Client("tenant", cloud, AccessToken("token"), Transport(Trust(), (GRAPH,)), FakeClock().patience())
        with pytest.raises(Uncertain):
            client.send(Request("POST", "/things", {}))
        assert len(wire.calls) == 1

    def test_a_closed_port(self) -> None:
        endpoint = f"https://127.0.0.1:{closed_port()}"
        with pytest.raises(Unreachable) as caught:
            Transport(Trust(timeout=2), (endpoint,)).request("POST", f"{endpoint}/v1.0/things")
        assert caught.value.certain
        assert "the connection was refused" in str(caught.value)

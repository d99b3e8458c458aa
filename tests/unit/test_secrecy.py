# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No text of a library reaches a message, whatever it quotes.

For each sign-in method and each place where a secret enters, every call that can fail raises an error that quotes the secret:
unchanged, escaped, cut, or encoded for a URL. No part of it is in the message, the result, or the traceback.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import jwt
import msal
import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.exchange import asking, cmdlet, service
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import cloud, secrecy
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.batch import send_all
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials import device_code, federated, program
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.access_token import AccessToken
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.methods import METHODS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import CredentialProblem, ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.transport import Transport, Trust, printable
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import checks
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Inquiry
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import run
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.certificates import rsa_pair
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, ListedTransport, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options

CLIENT_ID = "11111111-1111-4111-8111-111111111111"
GRANTED = "Zq7Xv2Kp9Wm4Tn8Rb3Yc6Ld1Gf5Hs0Jk"
FOR_EXCHANGE = "Tn5Wc1Rq8Jx3Kd7Ze0Vb4Gy9Hs2Mf6Lp"
"""The token for Exchange, where another one is granted for Graph."""
SECRET = "w8Q~Vx3!Pz6%Mb1&Nc9 Jt4+Rk7/Ys2=Lg5"
ASSERTION = "Ua4.Ve7-Wi1_Xo9.Yu2-Zy6_Bq3.Cw8-Dr5_Ft0"
BEARER = "Hm3Kx8Qv1Zj6Wb9Pf4Nt7Gc2Ld5Rs0Ty"
HEADER = "9F2C7A1E4B8D4C6FA3E5B7D91C0E8F26"
CERTIFICATE = rsa_pair().pem().decode()
KEY = CERTIFICATE.splitlines()[5]
PASSWORD = "Pr0xyPa55wordOf3M1ce"
ALL = (GRANTED, FOR_EXCHANGE, SECRET, ASSERTION, BEARER, HEADER, KEY, PASSWORD)

FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "with a line end": lambda secret: f"{secret}\n",
    "escaped": lambda secret: repr(f"{secret}\r\n"),
    "bytes": lambda secret: repr(secret.encode()),
    "cut": lambda secret: secret[: len(secret) // 2],
    "the end of it": lambda secret: secret[-10:],
    "for a URL": lambda secret: quote(secret, safe=""),
}

EXCEPTIONS: dict[str, Callable[[str], BaseException]] = {
    "requests": requests.exceptions.RequestException,
    "connection": requests.exceptions.ConnectionError,
    "wrapped": lambda text: requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError(text, ConnectionResetError(104, text))),
    "proxy": lambda text: requests.exceptions.ProxyError(urllib3.exceptions.ProxyError(text, OSError(f"Tunnel failed: {text}"))),
    "encryption": lambda text: requests.exceptions.SSLError(urllib3.exceptions.SSLError(ssl.SSLError(1, text))),
    "certificate": lambda text: requests.exceptions.SSLError(ssl.SSLCertVerificationError(1, text)),
    "time": requests.exceptions.ReadTimeout,
    "header": requests.exceptions.InvalidHeader,
    "address": requests.exceptions.InvalidURL,
    "cut short": requests.exceptions.ChunkedEncodingError,
    "urllib3": urllib3.exceptions.LocationParseError,
    "http": http.client.HTTPException,
    "name": lambda text: socket.gaierror(-2, text),
    "system": OSError,
    "system, with a number": lambda text: OSError(111, text, text),
    "system, with a strange number": lambda text: OSError(99999, text),
    "letters": lambda text: UnicodeEncodeError("latin-1", text, 0, 1, text),
    "value": ValueError,
    "key": KeyError,
    "type": TypeError,
    "runtime": RuntimeError,
}

CALLERS: dict[str, dict[str, str]] = {
    "access_token": {"access_token": GRANTED},
    "client_secret": {"client_secret": SECRET},
    "certificate": {"certificate": CERTIFICATE},
    "federated": {"federated_token": ASSERTION},
    "federated file": {},
    "federated github": {},
    "managed_identity": {},
    "azure_cli": {},
    "device_code": {},
}


def text_of(failure: RunFailure) -> str:
    return " ".join([failure.msg, json.dumps(failure.details), repr(failure), *traceback.format_exception(failure)])


def assert_secret(shown: str) -> None:
    """Eight characters in a row of a secret must not be shown in any spelling."""
    for secret in ALL:
        for form in (secret, quote(secret, safe="")):
            parts = [form[start : start + 8] for start in range(len(form) - 7)]
            assert [part for part in parts if part in shown] == []


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "IDENTITY_SERVER_THUMBPRINT", *device_code.AUTOMATION):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(device_code, "TERMINAL", True)
    (tmp_path / "token").write_text(f"{ASSERTION}\n")
    (tmp_path / "az").write_text("#!/bin/sh\n")
    (tmp_path / "az").chmod(0o755)


@pytest.fixture(autouse=True)
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The options are not validated first: the layer below must show no secret without that."""
    monkeypatch.setattr(checks, "wrong", lambda *_given: None)


def read_graph(client: Client) -> Any:
    return client.get("/me")


def read_exchange(client: Client) -> Any:
    assert client.exchange is not None
    return asking.run(client.exchange(), cmdlet.accepted_domains())


def task(method: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **more: Any) -> RunFailure:
    """The failure of a task that reads something with what the method needs: from Exchange with ``exchange=True``, else from Graph."""
    read = read_exchange if more.get("exchange") else read_graph
    given = {**CALLERS[method]}
    if method == "federated file":
        given["federated_token_file"] = str(tmp_path / "token")
    if method == "federated github":
        monkeypatch.setenv(federated.GITHUB_URL, "https://token.example/job?x=1")
        monkeypatch.setenv(federated.GITHUB_TOKEN, BEARER)
    if method == "managed_identity":
        monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", HEADER)
    if method == "azure_cli":
        monkeypatch.setenv("PATH", str(tmp_path))
    proxy = f"http://user:{PASSWORD}@proxy.example:3128"
    connection = {"tenant_id": SOURCE, "client_id": CLIENT_ID, "retries": 0, "proxy": proxy, "auth_method": method.split(" ")[0]}
    subject = Inquiry(lambda client, _params: {"found": read(client)})
    with pytest.raises(RunFailure) as caught:
        run(subject, {**options("tenant_info"), **connection, **given, **more}, check_mode=False, progress=lambda _message: None)
    return caught.value


class Internet:
    """The servers behind every session. The sign-in succeeds up to ``stage``, at which ``end`` answers."""

    def __init__(self, stage: str, end: Callable[[], Reply]) -> None:
        self._stage = stage
        self._end = end
        self.ended: list[str] = []

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        where = next((name for part, name in PLACES.items() if part in url), "graph")
        body = ANSWERS.get(where)
        if where != self._stage and body is not None:
            if "access_token" in body and "outlook" in f"{url} {options}":
                body = {**body, "access_token": FOR_EXCHANGE}
            return ListedTransport([Reply(200, body)]).request(method, url)
        self.ended.append(where)
        return ListedTransport([self._end()]).request(method, url)


LOGIN = f"https://login.microsoftonline.com/{SOURCE}"
PLACES = {
    "openid-configuration": "discovery",
    "oauth2/v2.0/token": "token",
    "devicecode": "token",
    "token.example": "first",
    "41741": "first",
    "/adminapi/": "exchange",
}
ANSWERS: dict[str, Any] = {
    "discovery": {
        "issuer": f"{LOGIN}/v2.0",
        "authorization_endpoint": f"{LOGIN}/oauth2/v2.0/authorize",
        "token_endpoint": f"{LOGIN}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{LOGIN}/oauth2/v2.0/devicecode",
    },
    "token": {
        "token_type": "Bearer",
        "expires_in": 3599,
        "access_token": GRANTED,
        "user_code": "ABCD",
        "device_code": BEARER,
        "verification_uri": "https://login.example",
        "message": "Enter ABCD.",
        "interval": 0,
    },
    "first": {"value": ASSERTION, "access_token": GRANTED, "expires_on": "4102444800", "resource": "x", "token_type": "Bearer"},
}
STAGES = ("first", "discovery", "token", "graph")


QUOTED = " ".join(form(secret) for form in FORMS.values() for secret in ALL)
"""A text that quotes every secret in every form."""


def az_answers(monkeypatch: pytest.MonkeyPatch, answer: Callable[..., Any]) -> None:
    monkeypatch.setattr(program, "run", answer)


def in_envelope(status: int, kind: str, message: str, text: str, detail: str) -> Reply:
    """An error of Exchange (fact F149)."""
    inner = {"message": message, "type": kind, "stacktrace": text, "internalexception": {"message": text, "type": kind}}
    error = {"code": kind, "message": message, "details": [{"code": "Client", "target": text, "message": detail}], "innererror": inner}
    return Reply(status, {"error": error})


QUOTING: dict[str, Callable[[int, str], Reply]] = {
    "the message": lambda status, text: in_envelope(status, "BadRequest", text, "", ""),
    "the inner message": lambda status, text: in_envelope(status, "BadRequest", "Invalid Operation", text, ""),
    "the detail": lambda status, text: in_envelope(status, "BadRequest", "Invalid Operation", "", f"Ex6F9304|Some.Exception|{text}"),
    "the type in the detail": lambda status, text: in_envelope(status, "BadRequest", "Invalid Operation", "", f"Ex6F9304|{text}|failed"),
    "the type": lambda status, text: in_envelope(status, text, "Invalid Operation", "failed", ""),
    "an unreadable body": lambda status, text: Reply(status, b"\0" * 64 + text.encode() + b"\0" * 64),
    "a page": lambda status, text: Reply(status, f"<html>{text}</html>".encode()),
    "a text": Reply,
    "the headers": lambda status, text: Reply(
        status, {}, {"request-id": text, "Retry-After": text, "X-ExceptionType": text, "Rate-Limit-Reset": text}
    ),
    "errors about some objects": lambda _status, text: Reply(200, {"value": [], "@adminapi.errors": [text]}),
    "a warning": lambda _status, text: Reply(200, {"value": text, "@adminapi.warnings": [text]}),
    "the link to more": lambda _status, text: Reply(200, {"value": [], "@odata.nextLink": f"https://{text}/{text}"}),
}
"""The places of an answer of Exchange in which a text can be."""


class TestErrorsOfLibraries:
    @pytest.mark.parametrize("kind", EXCEPTIONS)
    @pytest.mark.parametrize("stage", STAGES)
    def test_of_a_connection(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stage: str, kind: str) -> None:
        def fail() -> Reply:
            raise EXCEPTIONS[kind](QUOTED)

        internet = Internet(stage, fail)
        monkeypatch.setattr(requests.Session, "request", lambda _self, method, url, **more: internet.request(method, url, **more))
        finished = program.Finished(0, json.dumps({"accessToken": GRANTED}), "")
        az_answers(monkeypatch, lambda *_unused, **_options: finished)
        for method in CALLERS:
            failure = task(method, monkeypatch, tmp_path)
            assert_secret(text_of(failure))
            assert failure.msg.startswith(f"Tenant {SOURCE}: ")
        assert internet.ended.count(stage) == {"first": 2, "discovery": 6, "token": 6, "graph": 9}[stage]

    @pytest.mark.parametrize("kind", EXCEPTIONS)
    def test_of_msal(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
        def fail(*_unused: Any, **_options: Any) -> Any:
            raise EXCEPTIONS[kind](QUOTED)

        for name in ("ConfidentialClientApplication", "PublicClientApplication", "ManagedIdentityClient"):
            monkeypatch.setattr(msal, name, fail)
        for method in CALLERS:
            if method not in ("access_token", "azure_cli"):
                assert_secret(text_of(task(method, monkeypatch, tmp_path)))

    @pytest.mark.parametrize("kind", ["system", "system, with a number", "system, with a strange number", "letters", "value"])
    def test_of_files_and_programs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
        def fail(*_unused: Any, **_options: Any) -> Any:
            raise EXCEPTIONS[kind](QUOTED)

        az_answers(monkeypatch, fail)
        assert "the Azure CLI cannot be run" in task("azure_cli", monkeypatch, tmp_path).msg
        assert_secret(text_of(task("azure_cli", monkeypatch, tmp_path)))
        monkeypatch.setattr(Path, "read_text", fail)
        monkeypatch.setattr(Path, "read_bytes", fail)
        for method, more in (("federated file", {}), ("certificate", {"certificate_path": "/etc/identity.pem"})):
            failure = task(method, monkeypatch, tmp_path, **more)
            assert "cannot be read: " in failure.msg
            assert_secret(text_of(failure))

    # The key is made anew in each process, and processes must agree on the names of tests.
    @pytest.mark.parametrize("passphrase", ["\udc80 no text", SECRET], ids=["no text", "secret"])
    @pytest.mark.parametrize(
        "certificate",
        ["\udc80 no text", f"-----BEGIN \udc80{KEY}", f"-----BEGIN {KEY}", KEY[:-3], "nothing"],
        ids=["no text", "begins, no text", "begins", "cut", "nothing"],
    )
    def test_of_what_reads_certificates(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, certificate: str, passphrase: str) -> None:
        failure = task("certificate", monkeypatch, tmp_path, certificate=certificate, certificate_passphrase=passphrase)
        assert_secret(text_of(failure))
        assert "certificate" in failure.msg


SIGNS_IN_TO_EXCHANGE = [method for method in CALLERS if method not in ("access_token", "device_code")]
EXCHANGE_STAGES = {"first": 2, "discovery": 5, "token": 5, "exchange": 7}
"""Where a task that asks Exchange can fail, and how many of these methods get there. None of them asks Graph."""


def az_signs_in(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    az_answers(monkeypatch, lambda *_unused, **_options: program.Finished(0, json.dumps({"accessToken": token}), ""))


class TestExchange:
    @pytest.mark.parametrize("kind", EXCEPTIONS)
    @pytest.mark.parametrize("stage", EXCHANGE_STAGES)
    def test_errors_of_a_connection(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stage: str, kind: str) -> None:
        def fail() -> Reply:
            raise EXCEPTIONS[kind](QUOTED)

        internet = Internet(stage, fail)
        monkeypatch.setattr(requests.Session, "request", lambda _self, method, url, **more: internet.request(method, url, **more))
        az_signs_in(monkeypatch, FOR_EXCHANGE)
        for method in SIGNS_IN_TO_EXCHANGE:
            failure = task(method, monkeypatch, tmp_path, exchange=True)
            assert_secret(text_of(failure))
            assert failure.msg.startswith(f"Tenant {SOURCE}: ")
        assert internet.ended.count(stage) == EXCHANGE_STAGES[stage]

    @pytest.mark.parametrize("method", ["access_token", "device_code"])
    def test_a_token_for_graph_only_is_not_sent(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str) -> None:
        monkeypatch.setattr(requests.Session, "request", lambda *_unused, **_options: pytest.fail("it was sent"))
        failure = task(method, monkeypatch, tmp_path, exchange=True)
        assert f"auth_method {method} only signs in to Microsoft Graph" in failure.msg
        assert_secret(text_of(failure))

    @pytest.mark.parametrize("place", QUOTING)
    @pytest.mark.parametrize("status", [400, 403, 503])
    def test_an_answer_that_quotes_what_it_was_sent(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int, place: str) -> None:
        internet = Internet("exchange", lambda: QUOTING[place](status, form(FOR_EXCHANGE)))
        monkeypatch.setattr(requests.Session, "request", lambda _self, method, url, **more: internet.request(method, url, **more))
        monkeypatch.setattr(service, "SECONDS_BETWEEN_REQUESTS", 0.0)
        for spelling in FORMS.values():
            form = spelling
            shown = text_of(task("client_secret", monkeypatch, tmp_path, exchange=True))
            assert_secret(shown)
            assert "\0" not in shown
        assert len(internet.ended) >= len(FORMS)

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("stage", ["first", "token"])
    def test_a_sign_in_that_quotes_what_it_was_sent(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stage: str, form: str) -> None:
        def refuse() -> Reply:
            text = FORMS[form](sent)
            about = {"error": "invalid_request", "error_description": text, "message": text, "error_codes": [1], "trace_id": text}
            return Reply(400, about)

        internet = Internet(stage, refuse)
        monkeypatch.setattr(requests.Session, "request", lambda _self, method, url, **more: internet.request(method, url, **more))
        for method, secret in {"client_secret": SECRET, "federated": ASSERTION, "managed_identity": HEADER}.items():
            sent = secret
            assert_secret(text_of(task(method, monkeypatch, tmp_path, exchange=True)))


class TestAnswersThatQuote:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("stage", STAGES)
    def test_a_service_that_quotes_what_it_was_sent(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stage: str, form: str) -> None:
        def body() -> Reply:
            text = FORMS[form](sent)
            codes = {"error_codes": [1], "trace_id": text, "correlation_id": text}
            oauth = {"error": "invalid_request", "error_description": text, "message": text, **codes}
            return refusal(400, "BadRequest", text) if stage == "graph" else Reply(400, oauth)

        internet = Internet(stage, body)
        monkeypatch.setattr(requests.Session, "request", lambda _self, method, url, **more: internet.request(method, url, **more))
        quoted = {"client_secret": SECRET, "federated": ASSERTION, "managed_identity": HEADER, "access_token": GRANTED}
        for method, secret in quoted.items():
            sent = GRANTED if stage == "graph" else secret
            assert_secret(text_of(task(method, monkeypatch, tmp_path)))

    @pytest.mark.parametrize("words", ["", "AADSTS123456: ", "Please run 'az login' "])
    def test_a_program_that_quotes_its_token(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: str) -> None:
        finished = program.Finished(1, GRANTED, words + QUOTED)
        az_answers(monkeypatch, lambda *_unused, **_options: finished)
        assert_secret(text_of(task("azure_cli", monkeypatch, tmp_path)))


BROKEN_TOKENS = {
    "a line end inside": f"{GRANTED[:16]}\n{GRANTED[16:]}",
    "a carriage return inside": f"{GRANTED[:16]}\r\nX-Other: {GRANTED[16:]}",
    "a blank inside": f"{GRANTED[:16]} {GRANTED[16:]}",
    "a letter outside of Latin-1": f"{GRANTED[:16]}김{GRANTED[16:]}",
    "a letter of Latin-1": f"{GRANTED[:16]}é{GRANTED[16:]}",
    "a control character": f"{GRANTED[:16]}\x00{GRANTED[16:]}",
    "half a character": f"{GRANTED[:16]}\udc80{GRANTED[16:]}",
}
AROUND = ("{}\n", "{}\r\n", " {} ", "\n\t{}\n\n", "\ufeff{}".lstrip("\ufeff"))


class TestTokens:
    @pytest.mark.parametrize("around", AROUND, ids=repr)
    def test_what_files_put_around_a_token_is_removed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, around: str) -> None:
        """A token with a line end was printed in the error of the library that rejected it."""
        sent: list[Any] = []

        def refuse(_session: Any, *_unused: Any, **more: Any) -> Any:
            sent.append(more)
            raise requests.exceptions.ConnectionError("no")

        monkeypatch.setattr(requests.Session, "request", refuse)
        failure = task("access_token", monkeypatch, tmp_path, access_token=around.format(GRANTED))
        assert sent[0]["headers"]["Authorization"] == f"Bearer {GRANTED}"
        assert_secret(text_of(failure))

    @pytest.mark.parametrize("broken", BROKEN_TOKENS)
    @pytest.mark.parametrize("method", ["access_token", "federated", "federated file", "azure_cli"])
    def test_a_token_that_cannot_be_sent_is_rejected_in_a_one_sentence_message(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str, broken: str
    ) -> None:
        token = BROKEN_TOKENS[broken]
        monkeypatch.setattr(requests.Session, "request", lambda *_unused, **_options: pytest.fail("it was sent"))
        if method == "federated file":
            (tmp_path / "token").write_bytes(token.encode(errors="surrogateescape"))
        az_answers(monkeypatch, lambda *_unused, **_o: program.Finished(0, json.dumps({"accessToken": token}), ""))
        option = {"access_token": "access_token", "federated": "federated_token"}.get(method)
        failure = task(method, monkeypatch, tmp_path, **({option: token} if option else {}))
        assert_secret(text_of(failure))
        assert failure.msg.count(". ") == 0
        assert "which no token has" in failure.msg or "it is not text" in failure.msg

    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n"])
    def test_the_line_end_of_a_file_is_not_part_of_a_client_secret(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str
    ) -> None:
        used: list[str] = []
        monkeypatch.setattr(msal, "ConfidentialClientApplication", lambda *_u, client_credential, **_o: used.append(client_credential))
        task("client_secret", monkeypatch, tmp_path, client_secret=f" {SECRET} {ending}")
        assert used == [f" {SECRET} "]

    @pytest.mark.parametrize("blank", ["", " ", "\n", " \r\n"])
    @pytest.mark.parametrize("option", ["access_token", "federated_token"])
    def test_a_blank_token_counts_as_not_given(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str, blank: str) -> None:
        method = {"access_token": "access_token", "federated_token": "federated"}[option]
        assert f"auth_method is {method}, but" in task(method, monkeypatch, tmp_path, **{option: blank}).msg


ENDPOINTS = {
    "https://[::1": "is not a valid address",
    "https://": "is not a valid address",
    "https://:443": "is not a valid address",
    "https://host:port": "is not a valid address",
    "https://host:99999": "is not a valid address",
    "https://ho st.example": "is not a valid address",
    "https://host.example/a\nb": "is not a valid address",
    "https://host.example\x00": "is not a valid address",
    "[": "is not a valid address",
    "http://host.example": "must begin with https://",
    "ftp://host.example": "must begin with https://",
    f"http://user:{PASSWORD}@host.example": "must begin with https://",
    f"https://user:{PASSWORD}@host.example": "must not contain a user name or a password",
    f"https://{PASSWORD}@host.example": "must not contain a user name or a password",
    f"user:{PASSWORD}@host.example": "must not contain a user name or a password",
    f"https://host.example?key={PASSWORD}": "must end with the host or a path",
    f"https://host.example#{PASSWORD}": "must end with the host or a path",
}


class TestAddresses:
    @pytest.mark.parametrize("endpoint", ENDPOINTS, ids=repr)
    @pytest.mark.parametrize("option", ["login_endpoint", "graph_endpoint", "exchange_endpoint"])
    def test_an_invalid_endpoint_is_rejected_by_the_options_name(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str, endpoint: str
    ) -> None:
        failure = task("access_token", monkeypatch, tmp_path, exchange=True, **{option: endpoint})
        assert failure.msg.startswith(f"Tenant {SOURCE}: {option} {ENDPOINTS[endpoint]}")
        assert_secret(text_of(failure))

    @pytest.mark.parametrize(
        "endpoint", ["https://host.example", " https://host.example/ \n", "host.example", "https://[::1]:8443", "HTTPS://h/v"]
    )
    def test_a_valid_endpoint(self, endpoint: str) -> None:
        chosen = cloud.choose("global", endpoint, endpoint)
        assert chosen.login_endpoint == chosen.graph_endpoint
        assert chosen.login_endpoint.lower().startswith("https://")
        assert not chosen.login_endpoint.endswith(("/", " ", "\n"))

    @pytest.mark.parametrize("proxy", ["http://[::1", f"http://user:{PASSWORD}@", f"http://user:{PASSWORD}@host:port", "http://", "::"])
    def test_an_invalid_proxy_is_not_quoted(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, proxy: str) -> None:
        failure = task("access_token", monkeypatch, tmp_path, proxy=proxy)
        assert failure.msg == f"Tenant {SOURCE}: proxy is not a valid address; write it like http://proxy.example:3128."
        assert_secret(text_of(failure))

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("https://host/a?b=c", "https://host/a"),
            (f"https://u:{PASSWORD}@host/a@b", "https://host/a@b"),
            ("https://host", "https://host"),
            ("/path?x", "/path"),
        ],
    )
    def test_an_address_as_it_is_shown(self, url: str, shown: str) -> None:
        assert printable(url) == shown

    def test_a_ca_path_that_does_not_exist(self) -> None:
        with pytest.raises(CredentialProblem, match=r"ca_path /nowhere/ca\.pem cannot be read"):
            Transport(Trust(ca_path="/nowhere/ca.pem"), ("https://graph.example",)).request("GET", "https://127.0.0.1:1/")

    @pytest.mark.parametrize(
        "given", [{"ca_path": "/nowhere/ca.pem"}, {"proxy": "http://127.0.0.1:1"}, {"graph_endpoint": "https://127.0.0.1:1"}]
    )
    def test_none_of_it_is_a_traceback(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: Mapping[str, Any]) -> None:
        assert task("access_token", monkeypatch, tmp_path, **{"proxy": None, **given}).msg.startswith(f"Tenant {SOURCE}: ")


class TestShown:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("secret", [SECRET, GRANTED, "short", "p\n%\\ 김"])
    def test_a_text_that_quotes_a_secret_is_not_shown(self, secret: str, form: str) -> None:
        assert secrecy.shown(f"the answer was {FORMS[form](secret)}!", (None, "", secret)) in (
            secrecy.QUOTED,
            f"the answer was {FORMS[form](secret)}!",
        )
        if form in ("raw", "with a line end"):
            assert secrecy.shown(f"the answer was {FORMS[form](secret)}!", (secret,)) == secrecy.QUOTED

    def test_another_text_is(self) -> None:
        assert secrecy.shown("Insufficient privileges.", (SECRET, GRANTED, None)) == "Insufficient privileges."


@given(st.text("abc'/ ", max_size=30), st.text("abc'/ ", min_size=1, max_size=30))
def test_a_text_that_has_a_part_of_a_secret_is_not_shown(text: str, secret: str) -> None:
    """Whichever of both is longer."""
    forms = (secret, secret.strip(), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], ascii(secret)[1:-1])
    parts = {form[start : start + min(8, len(form))] for form in forms for start in range(max(1, len(form) - 7))} - {""}
    assert (secrecy.shown(text, [secret]) == secrecy.QUOTED) is any(part in text for part in parts)


def test_every_sign_in_method_is_in_the_table() -> None:
    assert {name.split(" ")[0] for name in CALLERS} == set(METHODS)


def test_a_graph_token_of_the_tenant_is_still_read() -> None:
    """Trimming does not change a valid token."""
    token = jwt.encode({"tid": SOURCE}, "any-key-that-is-long-enough-for-a-signature", algorithm="HS256")
    assert secrecy.sendable(token, "the access token") == token


@pytest.mark.parametrize("form", FORMS)
def test_an_item_of_a_batch_that_quotes_the_token(form: str) -> None:
    item = {"id": "0", "status": 400, "body": refusal(400, FORMS[form](GRANTED), FORMS[form](GRANTED)).body}
    client = Client(SOURCE, cloud.choose("global"), AccessToken(GRANTED), ListedTransport([Reply(200, {"responses": [item]})]))
    (outcome,) = send_all(client, [Request("POST", "/things", {})])
    assert isinstance(outcome, ServiceError)
    assert_secret(f"{outcome} {outcome!r}")

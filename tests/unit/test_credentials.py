# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials: which is chosen, its faults, the messages of the sign-in service, and that no secret is ever shown."""

from __future__ import annotations

import base64
import json
import time
import traceback
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import responses

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.access_token import AccessToken
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.application import ClientCredential
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.base import Credential, Secrets, Token, read_secrets
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.certificate import load_certificate
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.methods import CREDENTIAL_OPTIONS, choose
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import CredentialProblem, GraphFailure, SignInFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.transport import Transport, Trust
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import explain
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.certificates import PASSPHRASE, elliptic_pair, rsa_pair
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE

GLOBAL = CLOUDS["global"]
CLIENT_ID = "11111111-1111-4111-8111-111111111111"
SECRET = "very-secret-client-secret"
GIVEN_TOKEN = "very-secret-access-token"
NOTHING_GIVEN = (
    "no credential is given; set access_token, certificate, certificate_path, client_secret, federated_token or federated_token_file, "
    "or an auth_method that needs none of them"
)
LOGIN = f"https://login.microsoftonline.com/{SOURCE}"


def pem() -> str:
    return rsa_pair().pem().decode()


def secrets_of(**values: str | None) -> Secrets:
    return read_secrets(CREDENTIAL_OPTIONS, values)


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


class TestChoose:
    @pytest.mark.parametrize(
        ("auth_method", "secrets", "kind"),
        [
            ("auto", {"client_secret": SECRET}, ClientCredential),
            ("auto", {"certificate": pem()}, ClientCredential),
            ("auto", {"access_token": GIVEN_TOKEN}, AccessToken),
            ("auto", {"access_token": GIVEN_TOKEN, "certificate": "broken", "client_secret": SECRET}, AccessToken),
            ("client_secret", {"access_token": GIVEN_TOKEN, "certificate": "broken", "client_secret": SECRET}, ClientCredential),
            ("certificate", {"access_token": GIVEN_TOKEN, "certificate": pem(), "client_secret": SECRET}, ClientCredential),
            ("access_token", {"access_token": GIVEN_TOKEN, "client_secret": SECRET}, AccessToken),
        ],
    )
    def test_which_credential_is_chosen(self, auth_method: str, secrets: dict[str, str], kind: type[Credential]) -> None:
        assert isinstance(choose(GLOBAL, SOURCE, CLIENT_ID, secrets, auth_method), kind)

    def test_auto_prefers_the_certificate_to_the_secret(self) -> None:
        with pytest.raises(CredentialProblem, match="certificate"):
            choose(GLOBAL, SOURCE, CLIENT_ID, {"certificate": "broken", "client_secret": SECRET})

    @pytest.mark.parametrize(
        ("auth_method", "client_id", "secrets", "sentence"),
        [
            ("auto", CLIENT_ID, {}, NOTHING_GIVEN),
            ("auto", None, {}, NOTHING_GIVEN),
            (
                "access_token",
                CLIENT_ID,
                {"client_secret": SECRET},
                "auth_method is access_token, but access_token is empty",
            ),
            (
                "auto",
                None,
                {"client_secret": SECRET},
                "client_id is missing; it is the application (client) id of the registration that signs in",
            ),
            (
                "auto",
                "",
                {"client_secret": SECRET},
                "client_id is missing; it is the application (client) id of the registration that signs in",
            ),
            (
                "certificate",
                CLIENT_ID,
                {"client_secret": SECRET},
                "auth_method is certificate, but neither certificate nor certificate_path is given",
            ),
            ("client_secret", CLIENT_ID, {"certificate": "x"}, "auth_method is client_secret, but client_secret is empty"),
            ("client_secret", CLIENT_ID, {"client_secret": ""}, "auth_method is client_secret, but client_secret is empty"),
        ],
    )
    def test_what_is_missing(self, auth_method: str, client_id: str | None, secrets: dict[str, str], sentence: str) -> None:
        with pytest.raises(CredentialProblem) as caught:
            choose(GLOBAL, SOURCE, client_id, secrets, auth_method)
        assert str(caught.value) == sentence

    def test_an_access_token_needs_no_client_id(self) -> None:
        assert choose(GLOBAL, SOURCE, None, {"access_token": GIVEN_TOKEN}).token(Transport(Trust(), ())) == Token(GIVEN_TOKEN)


FORMS: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "PEM": (lambda: rsa_pair().pem(), None),
    "PEM, certificate first": (lambda: rsa_pair().certificate_pem() + rsa_pair().key_pem(), None),
    "PEM with text around": (lambda: b"Bag Attributes\n  friendlyName: x\n" + rsa_pair().pem(), None),
    "PEM with Windows line ends": (lambda: rsa_pair().pem().replace(b"\n", b"\r\n"), None),
    "encrypted PEM": (lambda: rsa_pair().pem(PASSPHRASE), PASSPHRASE),
    "PFX": (lambda: rsa_pair().pfx(), None),
    "encrypted PFX": (lambda: rsa_pair().pfx(PASSPHRASE), PASSPHRASE),
}
BROKEN: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "key only": (lambda: rsa_pair().key_pem(), None),
    "certificate only": (lambda: rsa_pair().certificate_pem(), None),
    "encrypted PEM, no passphrase": (lambda: rsa_pair().pem(PASSPHRASE), None),
    "encrypted PEM, wrong passphrase": (lambda: rsa_pair().pem(PASSPHRASE), "wrong-passphrase"),
    "encrypted PFX, no passphrase": (lambda: rsa_pair().pfx(PASSPHRASE), None),
    "encrypted PFX, wrong passphrase": (lambda: rsa_pair().pfx(PASSPHRASE), "wrong-passphrase"),
    "PFX without the key": (lambda: rsa_pair().pfx(with_key=False), None),
    "PFX without the certificate": (lambda: rsa_pair().pfx(with_certificate=False), None),
    "cut short": (lambda: rsa_pair().pem()[:400], None),
    "something else": (lambda: b"\x00\x01\x02 nothing of the kind", None),
    "empty": (lambda: b"", None),
}


class TestCertificate:
    @pytest.mark.parametrize("form", FORMS)
    def test_as_a_file(self, tmp_path: Path, form: str) -> None:
        content, passphrase = FORMS[form]
        path = tmp_path / "identity"
        path.write_bytes(content())
        self.check(load_certificate(secrets_of(certificate_path=str(path), certificate_passphrase=passphrase)))

    @pytest.mark.parametrize("form", FORMS)
    def test_as_content(self, form: str) -> None:
        content, passphrase = FORMS[form]
        text = content().decode() if form.startswith(("PEM", "encrypted PEM")) else in_base64(content())
        self.check(load_certificate(secrets_of(certificate=text, certificate_passphrase=passphrase)))

    def test_base64_in_lines(self) -> None:
        """The output of the base64 command, and a folded YAML text."""
        self.check(load_certificate(secrets_of(certificate=base64.encodebytes(rsa_pair().pfx()).decode())))

    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\\n", "\\r\\n"], ids=repr)
    @pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
    def test_a_variable_may_hold_the_line_ends_as_letters(self, line_end: str, passphrase: str | None) -> None:
        pem = rsa_pair().pem(passphrase).decode()
        secrets = secrets_of(certificate=pem.replace("\n", line_end), certificate_passphrase=passphrase)
        self.check(load_certificate(secrets))
        # The key is hidden in the form in which it is used, too.
        assert (secrets.hidden()[1] or "").splitlines() == pem.splitlines()

    @pytest.mark.parametrize("text", ["no pem\\n", "TWlu\\nc3U="])
    def test_backslashes_of_other_texts_stay(self, text: str) -> None:
        assert text in secrets_of(certificate=text).hidden()

    @staticmethod
    def check(proof: dict[str, str]) -> None:
        assert proof["private_key"].encode() == rsa_pair().key_pem()
        assert proof["public_certificate"].encode() == rsa_pair().certificate_pem()

    @pytest.mark.parametrize("form", BROKEN)
    def test_a_broken_file(self, tmp_path: Path, form: str) -> None:
        content, passphrase = BROKEN[form]
        path = tmp_path / "identity"
        path.write_bytes(content())
        with pytest.raises(CredentialProblem) as caught:
            load_certificate(secrets_of(certificate_path=str(path), certificate_passphrase=passphrase))
        assert str(caught.value).startswith(f"certificate_path {path} contains no usable certificate with its private key")

    @pytest.mark.parametrize("form", BROKEN)
    def test_broken_content_is_not_quoted(self, form: str) -> None:
        content, passphrase = BROKEN[form]
        text = content().decode() if content().startswith(b"-----") else in_base64(content())
        with pytest.raises(CredentialProblem) as caught:
            load_certificate(secrets_of(certificate=text, certificate_passphrase=passphrase))
        shown = "".join(traceback.format_exception(caught.value))
        assert "PRIVATE" not in shown
        assert "wrong-passphrase" not in shown
        assert len(text) < 100 or text[40:100] not in shown

    def test_a_key_of_another_kind(self) -> None:
        """msal signs with RSA; another key would cause a traceback at the first sign-in."""
        with pytest.raises(CredentialProblem, match="RSA"):
            load_certificate(secrets_of(certificate=elliptic_pair().pem().decode()))

    def test_content_that_is_neither(self) -> None:
        with pytest.raises(CredentialProblem, match=r"^certificate is neither PEM text nor the base64 of a PFX file$"):
            load_certificate(secrets_of(certificate="/etc/identity.pem!"))

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("missing", "No such file or directory"), ("", "Is a directory"), ("~no-such-user/identity.pem", "cannot be read")],
    )
    def test_a_path_that_cannot_be_read(self, tmp_path: Path, name: str, reason: str) -> None:
        path = name if name.startswith("~") else str(tmp_path / name)
        with pytest.raises(CredentialProblem, match=reason):
            load_certificate(secrets_of(certificate_path=path))

    def test_the_path_wins_over_the_content(self, tmp_path: Path) -> None:
        with pytest.raises(CredentialProblem, match="certificate_path"):
            load_certificate(secrets_of(certificate=pem(), certificate_path=str(tmp_path / "missing")))


@pytest.fixture
def login() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(
            f"{LOGIN}/v2.0/.well-known/openid-configuration",
            json={
                "issuer": f"{LOGIN}/v2.0",
                "authorization_endpoint": f"{LOGIN}/oauth2/v2.0/authorize",
                "token_endpoint": f"{LOGIN}/oauth2/v2.0/token",
            },
        )
        yield mock


def token(credential: Credential) -> str:
    return credential.token(Transport(Trust(), ())).value


def by_secret() -> Credential:
    return choose(GLOBAL, SOURCE, CLIENT_ID, {"client_secret": SECRET})


def grant(login: responses.RequestsMock, name: str = "granted-token") -> None:
    login.post(f"{LOGIN}/oauth2/v2.0/token", json={"token_type": "Bearer", "expires_in": 3599, "access_token": name})


def form(login: responses.RequestsMock, number: int = -1) -> dict[str, str]:
    body: Any = login.calls[number].request.body
    return dict(urllib.parse.parse_qsl(body if isinstance(body, str) else body.decode()))


class TestSignIn:
    def test_with_a_secret(self, login: responses.RequestsMock) -> None:
        grant(login)
        assert token(by_secret()) == "granted-token"
        sent = form(login)
        assert (sent["grant_type"], sent["client_id"], sent["client_secret"]) == ("client_credentials", CLIENT_ID, SECRET)
        assert sent["scope"] == "https://graph.microsoft.com/.default"

    @pytest.mark.parametrize("pfx", [False, True])
    def test_with_a_certificate(self, login: responses.RequestsMock, pfx: bool) -> None:
        grant(login)
        content = in_base64(rsa_pair().pfx(PASSPHRASE)) if pfx else pem()
        secrets = {"certificate": content, "certificate_passphrase": PASSPHRASE if pfx else None}
        assert token(choose(GLOBAL, SOURCE, CLIENT_ID, secrets)) == "granted-token"
        assertion = form(login)["client_assertion"]
        header = jwt.get_unverified_header(assertion)
        assert header["x5t#S256"]
        claims = jwt.decode(assertion, rsa_pair().key.public_key(), algorithms=[header["alg"]], audience=f"{LOGIN}/oauth2/v2.0/token")
        assert (claims["iss"], claims["sub"]) == (CLIENT_ID, CLIENT_ID)

    def test_each_sign_in_gives_a_new_token_with_its_end(self, login: responses.RequestsMock) -> None:
        """Neither msal's cache of tokens nor its cache of failures is used."""
        login.post(f"{LOGIN}/oauth2/v2.0/token", status=400, json={"error": "invalid_client", "error_codes": [7000215]})
        credential = by_secret()
        with pytest.raises(SignInFailure):
            token(credential)
        for name in ("first", "second"):
            login.replace("POST", f"{LOGIN}/oauth2/v2.0/token", json={"token_type": "Bearer", "expires_in": 3599, "access_token": name})
            signed_in = credential.token(Transport(Trust(), ()))
            assert signed_in.value == name
            assert signed_in.expires == pytest.approx(time.time() + 3599, abs=60)

    def test_another_proof_has_another_fingerprint(self) -> None:
        secrets = [{"client_secret": SECRET}, {"client_secret": "other"}, {"certificate": pem()}, {"access_token": SECRET}]
        prints = [choose(GLOBAL, SOURCE, CLIENT_ID, chosen).fingerprint for chosen in secrets]
        prints.append(choose(GLOBAL, SOURCE, "other-client", secrets[0]).fingerprint)
        assert len(set(prints)) == len(prints)
        assert by_secret().fingerprint == prints[0]
        assert not any(SECRET in fingerprint for fingerprint in prints)

    @pytest.mark.parametrize(
        ("number", "sentence"),
        [
            (7000215, "the client secret is wrong; use the secret's value, not its id"),
            (7000222, "the client secret has expired; create a new one in the application registration"),
            (700016, "the application does not exist in this tenant; check client_id and that the registration is in this tenant"),
            (90002, "the tenant does not exist in this cloud; check tenant_id and cloud"),
            (900021, "the tenant does not exist in this cloud; check tenant_id and cloud"),
            (700027, "the certificate does not belong to the application; upload its public part to the registration"),
            (700024, "the signed assertion is not valid now; check this machine's clock, and that federated_token is not too old"),
            (50034, "the account does not exist in this tenant"),
            (53003, "a Conditional Access policy blocks this sign-in"),
            (7000112, "the application is disabled in this tenant"),
            (123456, "AADSTS123456: Something else."),
        ],
    )
    def test_the_explanation_of_a_refused_sign_in(self, login: responses.RequestsMock, number: int, sentence: str) -> None:
        description = f"AADSTS{number}: Something else. Trace ID: 2d4f Correlation ID: 99 Timestamp: 2026-11-23 09:00:00Z"
        refused = {"error": "invalid_client", "error_description": description, "error_codes": [number], "trace_id": "2d4f"}
        login.post(f"{LOGIN}/oauth2/v2.0/token", status=401, json=refused)
        with pytest.raises(SignInFailure) as caught:
            token(by_secret())
        explained = explain(caught.value)
        assert explained == f"sign-in of application {CLIENT_ID} failed: {sentence} (AADSTS{number}, trace id 2d4f)."
        assert SECRET not in f"{caught.value!r} {explained} {''.join(traceback.format_exception(caught.value))}"

    def test_a_tenant_that_is_unknown_to_discovery(self) -> None:
        with responses.RequestsMock() as mock:
            mock.get(f"{LOGIN}/v2.0/.well-known/openid-configuration", status=400, json={"error": "invalid_tenant"})
            with pytest.raises(SignInFailure) as caught:
                token(by_secret())
        assert "the tenant does not exist in this cloud; check tenant_id and cloud" in explain(caught.value)

    @pytest.mark.parametrize("status", [500, 503])
    def test_a_broken_token_endpoint_is_tried_again(self, login: responses.RequestsMock, status: int) -> None:
        login.post(f"{LOGIN}/oauth2/v2.0/token", status=status, body="<html>Bad Gateway</html>")
        grant(login)
        login.get("https://graph.microsoft.com/v1.0/me", json={"id": "1"})
        assert self.client(by_secret()).send(Request("GET", "/me")).body == {"id": "1"}

    @pytest.mark.parametrize("status", [500, 502, 503])
    @pytest.mark.parametrize("place", ["discovery", "token"])
    def test_a_token_endpoint_that_stays_broken_is_a_graph_failure(self, login: responses.RequestsMock, status: int, place: str) -> None:
        if place == "discovery":
            login.replace("GET", f"{LOGIN}/v2.0/.well-known/openid-configuration", status=status, body="<html>Bad Gateway</html>")
        login.post(f"{LOGIN}/oauth2/v2.0/token", status=status, body="<html>Bad Gateway</html>")
        with pytest.raises(GraphFailure):
            self.client(by_secret()).send(Request("GET", "/me"))

    @pytest.mark.parametrize("place", ["discovery", "token"])
    def test_a_proxys_page_is_not_taken_for_an_unknown_tenant(self, login: responses.RequestsMock, place: str) -> None:
        if place == "discovery":
            login.replace("GET", f"{LOGIN}/v2.0/.well-known/openid-configuration", body="<html>Sign in to the proxy</html>")
        login.post(f"{LOGIN}/oauth2/v2.0/token", body="<html>Sign in to the proxy</html>")
        with pytest.raises(GraphFailure) as caught:
            self.client(by_secret()).send(Request("GET", "/me"))
        assert "tenant is not known" not in explain(caught.value)

    def test_a_throttled_sign_in_is_not_a_wrong_credential(self, login: responses.RequestsMock) -> None:
        login.post(f"{LOGIN}/oauth2/v2.0/token", status=429, json={"error": "temporarily_unavailable"}, headers={"Retry-After": "1"})
        with pytest.raises(GraphFailure) as caught:
            self.client(by_secret()).send(Request("GET", "/me"))
        assert "secret is wrong" not in explain(caught.value)

    @staticmethod
    def client(credential: Credential) -> Client:
        return Client(SOURCE, GLOBAL, credential, Transport(Trust(), ()), FakeClock().patience(2))


class TestSecrecy:
    SECRETS = secrets_of(client_secret=SECRET, certificate="secret-pem", certificate_passphrase=PASSPHRASE, access_token=GIVEN_TOKEN)

    @pytest.mark.parametrize("show", [repr, str, "{0}".format, lambda value: json.dumps(value, default=str)])
    def test_nothing_secret_is_in_any_representation(self, show: Callable[[object], str]) -> None:
        for value in (
            self.SECRETS,
            AccessToken(GIVEN_TOKEN),
            by_secret(),
            choose(GLOBAL, SOURCE, CLIENT_ID, {"certificate": pem()}),
            Client(SOURCE, GLOBAL, by_secret(), Transport(Trust(), ())),
        ):
            text = show(value)
            for secret in (SECRET, "secret-pem", PASSPHRASE, GIVEN_TOKEN, "PRIVATE"):
                assert secret not in text

    def test_nothing_secret_is_in_the_texts_of_failures(self, login: responses.RequestsMock) -> None:
        echoed = {
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret provided.",
            "error_codes": [7000215],
        }
        login.post(f"{LOGIN}/oauth2/v2.0/token", status=401, json=echoed)
        with pytest.raises(SignInFailure) as caught:
            token(by_secret())
        assert SECRET not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__cause__ is None

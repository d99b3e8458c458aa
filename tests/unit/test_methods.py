# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sign-in methods without a client secret, each against its endpoint or program."""

from __future__ import annotations

import json
import os
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
import responses
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from msal import managed_identity as msal_managed_identity

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials import (
    access_token,
    application,
    certificate,
    device_code,
    federated,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.base import Credential, Token, read_secrets
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.methods import (
    AUTH_METHODS,
    CREDENTIAL_OPTIONS,
    METHODS,
    choose,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import CredentialProblem, SignInFailure, Unreachable
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.transport import Transport, Trust
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import checks, specs
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION, from_environment
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import explain
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.certificates import rsa_pair
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET

GLOBAL = CLOUDS["global"]
CLIENT_ID = "11111111-1111-4111-8111-111111111111"
LOGIN = f"https://login.microsoftonline.com/{SOURCE}"
IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"
EXCHANGE = "https://outlook.office365.com"
GITHUB = "https://token.actions.example/job?api-version=2.0"
VARIABLES = (
    *("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET", "IDENTITY_SERVER_THUMBPRINT"),
    *(federated.GITHUB_URL, federated.GITHUB_TOKEN, *device_code.AUTOMATION),
    *("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "REQUESTS_CA_BUNDLE", "AZURE_POD_IDENTITY_AUTHORITY_HOST"),
)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def graph_token(tenant: str = SOURCE, lifetime: int = 3600) -> str:
    """An access token like those of Graph; only its claims matter here."""
    return jwt.encode({"tid": tenant, "exp": int(time.time()) + lifetime}, "any-key-that-is-long-enough-for-a-signature", algorithm="HS256")


def by(method: str, client_id: str | None = None, tenant: str = SOURCE, show: Any = None, **secrets: str) -> Credential:
    return choose(GLOBAL, tenant, client_id, secrets, method, show)


def sign_in(credential: Credential, trust: Trust | None = None) -> Token:
    return credential.token(Transport(trust or Trust(), (GLOBAL.login_endpoint,)))


def refused(credential: Credential) -> str:
    with pytest.raises(CredentialProblem) as caught:
        sign_in(credential)
    return str(caught.value)


class TestTable:
    def test_auto_has_one_order(self) -> None:
        assert AUTH_METHODS == (
            "auto",
            "access_token",
            "certificate",
            "client_secret",
            "federated",
            "managed_identity",
            "azure_cli",
            "device_code",
        )

    @pytest.mark.parametrize("skipped", range(5))
    def test_auto_takes_the_first_that_is_given(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, skipped: int) -> None:
        path = tmp_path / "token"
        path.write_text("from-a-file")
        given = {
            "access_token": {"access_token": "given"},
            "certificate": {"certificate": rsa_pair().pem().decode()},
            "client_secret": {"client_secret": "secret"},
            "federated": {"federated_token_file": str(path)},
        }
        left = dict(list(given.items())[skipped:])
        secrets = {name: value for options in left.values() for name, value in options.items()}
        if not left:
            with pytest.raises(CredentialProblem, match="no credential is given"):
                choose(GLOBAL, SOURCE, CLIENT_ID, secrets)
            return
        chosen = choose(GLOBAL, SOURCE, CLIENT_ID, secrets)
        assert chosen.fingerprint == choose(GLOBAL, SOURCE, CLIENT_ID, secrets, next(iter(left))).fingerprint

    def test_auto_takes_a_job_of_github(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(federated.GITHUB_URL, GITHUB)
        monkeypatch.setenv(federated.GITHUB_TOKEN, "job-bearer")
        named = choose(GLOBAL, SOURCE, CLIENT_ID, {}, "federated")
        assert choose(GLOBAL, SOURCE, CLIENT_ID, {}).fingerprint == named.fingerprint

    @pytest.mark.parametrize(
        ("method", "message"),
        [
            ("access_token", "auth_method is access_token, but access_token is empty"),
            ("certificate", "auth_method is certificate, but neither certificate nor certificate_path is given"),
            ("client_secret", "auth_method is client_secret, but client_secret is empty"),
            (
                "federated",
                "auth_method is federated, but neither federated_token nor federated_token_file is given, "
                "and this is not a GitHub Actions job that can request a token",
            ),
        ],
    )
    @pytest.mark.parametrize("nothing", [None, ""])
    def test_what_a_named_method_is_missing(self, monkeypatch: pytest.MonkeyPatch, method: str, message: str, nothing: str | None) -> None:
        """AWX sets variables for fields that were left empty."""
        for name in (federated.GITHUB_URL, federated.GITHUB_TOKEN):
            monkeypatch.setenv(name, "")
        secrets = dict.fromkeys([option.name for option in CREDENTIAL_OPTIONS], nothing)
        with pytest.raises(CredentialProblem) as caught:
            choose(GLOBAL, SOURCE, CLIENT_ID, secrets, method)
        assert str(caught.value) == message

    @pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.needs_client_id])
    def test_a_registration_needs_its_id(self, method: str) -> None:
        with pytest.raises(CredentialProblem, match="client_id is missing"):
            by(method, None, certificate="x", client_secret="x", federated_token="x")

    @pytest.mark.parametrize("method", [*METHODS])
    def test_only_what_needs_a_library_asks_for_it(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str) -> None:
        (tmp_path / "az").write_text("#!/bin/sh\n")
        (tmp_path / "az").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(application, "MISSING_LIBRARY", ImportError("No module named 'msal'", name="msal"))
        secrets = {"certificate": rsa_pair().pem().decode(), "client_secret": "x", "federated_token": "x", "access_token": "x"}
        if method in ("access_token", "azure_cli"):
            by(method, CLIENT_ID, **secrets)
            return
        with pytest.raises(CredentialProblem, match=f"^auth_method {method} needs the Python library msal, which .* lacks"):
            by(method, CLIENT_ID, **secrets)

    def test_only_a_certificate_needs_cryptography(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(certificate, "MISSING_LIBRARY", ImportError("no", name="cryptography.x509"))
        by("client_secret", CLIENT_ID, client_secret="x")
        with pytest.raises(CredentialProblem, match="certificate needs the Python library cryptography, which"):
            by("certificate", CLIENT_ID, certificate=rsa_pair().pem().decode())


class TestOptions:
    """Specs, validation and masking of the credential options derive from the table."""

    def test_the_argument_spec(self) -> None:
        def spec(kind: str, *variables: str, **more: Any) -> dict[str, Any]:
            return {"type": kind, **({"fallback": (from_environment, list(variables))} if variables else {}), **more}

        assert {option.name: CONNECTION[option.name] for option in CREDENTIAL_OPTIONS} == {
            "access_token": spec("str", no_log=True),
            "certificate": spec("str", no_log=True),
            "certificate_path": spec("path", "AZURE_CLIENT_CERTIFICATE_PATH"),
            "certificate_passphrase": spec("str", "AZURE_CLIENT_CERTIFICATE_PASSWORD", no_log=True),
            "client_secret": spec("str", "AZURE_CLIENT_SECRET", "AZURE_SECRET", no_log=True, aliases=["secret"]),
            "federated_token": spec("str", no_log=True),
            "federated_token_file": spec("path", "AZURE_FEDERATED_TOKEN_FILE"),
        }

    @pytest.mark.parametrize(
        ("environment", "tenant", "secret"),
        [
            ({}, None, None),
            ({"AZURE_TENANT": SOURCE, "AZURE_SECRET": "awx"}, SOURCE, "awx"),
            ({"AZURE_TENANT_ID": SOURCE, "AZURE_CLIENT_SECRET": "own"}, SOURCE, "own"),
            (
                {"AZURE_TENANT_ID": SOURCE, "AZURE_TENANT": TARGET, "AZURE_CLIENT_SECRET": "own", "AZURE_SECRET": "awx"},
                SOURCE,
                "own",
            ),
            # AWX sets a variable for each field, also for one that was left empty.
            ({"AZURE_TENANT_ID": "", "AZURE_TENANT": SOURCE, "AZURE_CLIENT_SECRET": " ", "AZURE_SECRET": "awx"}, SOURCE, "awx"),
            ({"AZURE_TENANT_ID": "", "AZURE_TENANT": "", "AZURE_SECRET": ""}, None, None),
        ],
    )
    def test_the_environment_fills_in_by_the_first_name_that_has_a_value(
        self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], tenant: str | None, secret: str | None
    ) -> None:
        for name in (variable for about in CONNECTION.values() if "fallback" in about for variable in about["fallback"][1]):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        found = ArgumentSpecValidator(CONNECTION).validate({}).validated_parameters
        assert (found["tenant_id"], found["client_secret"]) == (tenant, secret)
        given = ArgumentSpecValidator(CONNECTION).validate({"tenant": TARGET, "secret": "given"}).validated_parameters
        assert (given["tenant_id"], given["client_secret"]) == (TARGET, "given")
        # The environment is about one tenant.
        other = ArgumentSpecValidator(specs.TARGET["options"]).validate({"tenant_id": TARGET}).validated_parameters
        assert (other["tenant_id"], other["client_secret"]) == (TARGET, None)

    @pytest.mark.parametrize(
        ("environment", "cloud"),
        [
            (None, "global"),
            ("", "global"),
            ("AzureCloud", "global"),
            ("AzureUSGovernment", "usgov"),
            (" azurechinacloud ", "china"),
            ("usgov_dod", "usgov_dod"),
        ],
    )
    def test_the_cloud_by_its_name_in_azure(self, monkeypatch: pytest.MonkeyPatch, environment: str | None, cloud: str) -> None:
        if environment is None:
            monkeypatch.delenv("AZURE_CLOUD_ENVIRONMENT", raising=False)
        else:
            monkeypatch.setenv("AZURE_CLOUD_ENVIRONMENT", environment)
        assert ArgumentSpecValidator(CONNECTION).validate({}).validated_parameters["cloud"] == cloud
        assert ArgumentSpecValidator(CONNECTION).validate({"cloud": "china"}).validated_parameters["cloud"] == "china"
        other = ArgumentSpecValidator(specs.TARGET["options"]).validate({"tenant_id": TARGET}).validated_parameters
        assert other["cloud"] == "global"

    def test_another_environment_of_azure_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AZURE_CLOUD_ENVIRONMENT", "https://management.local.azurestack.external")
        (message,) = ArgumentSpecValidator(CONNECTION).validate({}).error_messages
        assert message.startswith("value of cloud must be one of: global, usgov, usgov_dod, china, got: https://management")

    def test_every_option_is_validated_and_only_a_path_may_be_quoted(self) -> None:
        names = {option.name for option in CREDENTIAL_OPTIONS}
        assert names <= set(checks.CONNECTION)
        assert names - checks.SECRET == {"certificate_path", "federated_token_file"}

    def test_the_values_that_no_output_may_contain(self) -> None:
        given = {option.name: f" {option.name}\n" for option in CREDENTIAL_OPTIONS}
        assert set(read_secrets(CREDENTIAL_OPTIONS, given).hidden()) == {
            "access_token",
            " certificate\n",
            " certificate_passphrase",
            " client_secret",
            "federated_token",
        }

    def test_an_option_that_no_method_has_is_a_mistake(self) -> None:
        with pytest.raises(KeyError):
            read_secrets(CREDENTIAL_OPTIONS, {"cilent_secret": "x"})["cilent_secret"]


class TestAccessToken:
    def test_of_the_right_tenant(self) -> None:
        value = graph_token()
        assert sign_in(by("access_token", access_token=value)) == Token(value)

    def test_of_another_tenant(self) -> None:
        message = refused(by("access_token", access_token=graph_token(TARGET)))
        assert message == f"the access token is for tenant {TARGET}, not for {SOURCE}; sign in to this tenant in another way"

    @pytest.mark.parametrize(("tenant", "fits"), [(SOURCE, True), (TARGET, False)])
    def test_of_a_tenant_named_by_its_domain(self, wire: responses.RequestsMock, tenant: str, fits: bool) -> None:
        issuer = {"issuer": f"https://sts.example/{SOURCE}/v2.0"}
        wire.get("https://login.microsoftonline.com/contoso.kr/v2.0/.well-known/openid-configuration", json=issuer)
        credential = by("access_token", tenant="contoso.kr", access_token=graph_token(tenant))
        if fits:
            assert sign_in(credential).value
        else:
            assert f"is for tenant {TARGET}, not for contoso.kr" in refused(credential)

    def test_expired(self) -> None:
        with pytest.raises(CredentialProblem, match="has expired; acquire a new one"):
            by("access_token", access_token=graph_token(lifetime=-1))

    def test_a_token_that_only_graph_can_read(self) -> None:
        assert sign_in(by("access_token", access_token="opaque")).value == "opaque"
        assert access_token.AccessToken("opaque").fingerprint != access_token.AccessToken("other").fingerprint


def form(call: Any) -> dict[str, str]:
    body = call.request.body
    return dict(urllib.parse.parse_qsl(body if isinstance(body, str) else body.decode()))


@pytest.fixture
def login(wire: responses.RequestsMock) -> responses.RequestsMock:
    wire.get(
        f"{LOGIN}/v2.0/.well-known/openid-configuration",
        json={
            "issuer": f"{LOGIN}/v2.0",
            "authorization_endpoint": f"{LOGIN}/oauth2/v2.0/authorize",
            "token_endpoint": f"{LOGIN}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{LOGIN}/oauth2/v2.0/devicecode",
        },
    )
    return wire


def grant(login: responses.RequestsMock) -> None:
    login.post(f"{LOGIN}/oauth2/v2.0/token", json={"token_type": "Bearer", "expires_in": 3599, "access_token": "granted"})


class TestFederated:
    def test_a_token(self, login: responses.RequestsMock) -> None:
        grant(login)
        assert sign_in(by("federated", CLIENT_ID, federated_token=" assertion\n")).value == "granted"
        sent = form(login.calls[-1])
        assert sent["client_assertion"] == "assertion"
        assert sent["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assert "client_secret" not in sent

    def test_a_file_is_read_at_each_sign_in(self, login: responses.RequestsMock, tmp_path: Path) -> None:
        """Kubernetes replaces it before the token in it expires."""
        grant(login)
        path = tmp_path / "token"
        path.write_text("first\n")
        credential = by("federated", CLIENT_ID, federated_token_file=str(path))
        first = credential.fingerprint
        assert sign_in(credential).value == "granted"
        path.write_text("second\n")
        assert sign_in(credential).value == "granted"
        assert [form(call)["client_assertion"] for call in login.calls if call.request.method == "POST"] == ["first", "second"]
        assert credential.fingerprint != first

    @pytest.mark.parametrize(
        ("content", "reason"), [(None, "No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "not text")]
    )
    def test_a_file_that_cannot_be_used(self, tmp_path: Path, content: bytes | None, reason: str) -> None:
        path = tmp_path / "token"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(CredentialProblem, match=reason) as caught:
            by("federated", CLIENT_ID, federated_token_file=str(path))
        assert str(path) in str(caught.value)

    @pytest.mark.parametrize(
        ("cloud", "audience"),
        [
            ("global", "api://AzureADTokenExchange"),
            ("usgov", "api://AzureADTokenExchangeUSGov"),
            ("usgov_dod", "api://AzureADTokenExchangeUSGov"),
            ("china", "api://AzureADTokenExchangeChina"),
        ],
    )
    def test_the_audience_of_each_cloud(self, cloud: str, audience: str) -> None:
        assert federated.audience(CLOUDS[cloud]) == audience

    def test_a_job_of_github(self, login: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(federated.GITHUB_URL, GITHUB)
        monkeypatch.setenv(federated.GITHUB_TOKEN, "job-bearer")
        login.get("https://token.actions.example/job", json={"value": "from-github"})
        grant(login)
        assert sign_in(by("federated", CLIENT_ID)).value == "granted"
        asked = next(call.request for call in login.calls if "actions" in str(call.request.url))
        assert str(asked.url).endswith("?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange")
        assert asked.headers["Authorization"] == "Bearer job-bearer"
        assert form(login.calls[-1])["client_assertion"] == "from-github"

    @pytest.mark.parametrize("answer", [{"status": 401, "json": {}}, {"body": "<html>"}, {"json": ["x"]}, {"json": {"value": ""}}])
    def test_github_refuses(self, login: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
        monkeypatch.setenv(federated.GITHUB_URL, GITHUB)
        monkeypatch.setenv(federated.GITHUB_TOKEN, "job-bearer")
        login.get("https://token.actions.example/job", **answer)
        message = refused(by("federated", CLIENT_ID))
        assert "the job needs the permission id-token: write" in message
        assert "job-bearer" not in message

    def test_a_bearer_is_not_sent_in_the_clear(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(federated.GITHUB_URL, GITHUB.replace("https", "http"))
        monkeypatch.setenv(federated.GITHUB_TOKEN, "job-bearer")
        with pytest.raises(CredentialProblem, match="does not begin with https://"):
            by("federated", CLIENT_ID)

    def test_the_token_wins_over_the_file_and_the_file_over_github(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv(federated.GITHUB_URL, GITHUB)
        monkeypatch.setenv(federated.GITHUB_TOKEN, "job-bearer")
        path = tmp_path / "token"
        path.write_text("in-the-file")
        both = by("federated", CLIENT_ID, federated_token="t", federated_token_file=str(path))
        assert both.fingerprint == by("federated", CLIENT_ID, federated_token="t").fingerprint
        in_file = by("federated", CLIENT_ID, federated_token_file=str(path))
        assert in_file.fingerprint == by("federated", CLIENT_ID, federated_token="in-the-file").fingerprint
        assert in_file.fingerprint != by("federated", CLIENT_ID).fingerprint


class TestManagedIdentity:
    def test_of_a_virtual_machine(self, wire: responses.RequestsMock) -> None:
        value = graph_token()
        wire.get(
            IMDS, json={"access_token": value, "expires_in": "86399", "resource": "https://graph.microsoft.com", "token_type": "Bearer"}
        )
        token = sign_in(by("managed_identity"))
        assert token.value == value
        assert token.expires == pytest.approx(time.time() + 86399, abs=60)
        sent = wire.calls[-1].request
        assert sent.headers["Metadata"] == "true"
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(str(sent.url)).query))
        assert query["resource"] == "https://graph.microsoft.com"
        assert "client_id" not in query

    def test_a_user_assigned_identity(self, wire: responses.RequestsMock) -> None:
        wire.get(IMDS, json={"access_token": graph_token(), "expires_in": "86399"})
        assert sign_in(by("managed_identity", CLIENT_ID)).value
        assert f"client_id={CLIENT_ID}" in str(wire.calls[-1].request.url)
        assert by("managed_identity").fingerprint != by("managed_identity", CLIENT_ID).fingerprint

    def test_of_an_app_service(self, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-secret")
        answer = {"access_token": graph_token(), "expires_on": str(int(time.time()) + 3600)}
        wire.get("http://127.0.0.1:41741/msi/token", json=answer)
        assert sign_in(by("managed_identity")).value == answer["access_token"]
        assert wire.calls[-1].request.headers["X-IDENTITY-HEADER"] == "header-secret"

    def test_of_a_server_under_arc(self, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """The agent writes a secret to a file that only its users can read."""
        monkeypatch.setenv("IDENTITY_ENDPOINT", "http://localhost:40342/metadata/identity/oauth2/token")
        monkeypatch.setenv("IMDS_ENDPOINT", "http://localhost:40342")
        monkeypatch.setattr(msal_managed_identity, "_supported_arc_platforms_and_their_prefixes", {"linux": str(tmp_path)})
        (tmp_path / "challenge.key").write_text("local-secret")
        value = graph_token()

        def agent(request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], str]:
            if request.headers.get("Authorization") == "Basic local-secret":
                return 200, {}, json.dumps({"access_token": value, "expires_in": "3600"})
            return 401, {"WWW-Authenticate": f"Basic realm={tmp_path}/challenge.key"}, "{}"

        wire.add_callback("GET", "http://localhost:40342/metadata/identity/oauth2/token", callback=agent)
        assert sign_in(by("managed_identity")).value == value

    def test_of_another_tenant(self, wire: responses.RequestsMock) -> None:
        wire.get(IMDS, json={"access_token": graph_token(TARGET), "expires_in": "86399"})
        message = refused(by("managed_identity"))
        assert message == f"the managed identity's token is for tenant {TARGET}, not for {SOURCE}; sign in to this tenant in another way"

    def test_no_identity_is_assigned(self, wire: responses.RequestsMock) -> None:
        wire.get(IMDS, status=400, json={"error": "invalid_request", "error_description": "Identity not found"})
        message = refused(by("managed_identity"))
        assert message == (
            "the managed identity returned no token: Identity not found; check client_id, and that the identity is assigned to this machine"
        )

    def test_an_endpoint_that_does_not_answer(self, wire: responses.RequestsMock) -> None:
        wire.get(IMDS, body=requests.exceptions.ConnectTimeout("no route"))
        assert refused(by("managed_identity")).startswith(f"this machine has no managed identity: {IMDS} does not answer (")

    @pytest.mark.parametrize("status", [404, 410, 429, 500, 503])
    def test_a_busy_machine_is_asked_again(self, wire: responses.RequestsMock, status: int) -> None:
        wire.get(IMDS, status=status, json={"error": "busy"})
        with pytest.raises(Unreachable, match=f"HTTP {status}"):
            sign_in(by("managed_identity"))

    def test_nonsense(self, wire: responses.RequestsMock) -> None:
        wire.get(IMDS, body="<html>")
        assert "returned no token" in refused(by("managed_identity"))

    def test_no_proxy_and_the_given_authority(self, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/other.pem")
        wire.get(IMDS, json={"access_token": graph_token(), "expires_in": "86399"})
        sign_in(by("managed_identity"), Trust(ca_path="/option.pem", proxy="http://proxy:3128"))
        call: Any = wire.calls[-1]
        assert requests.utils.select_proxy(IMDS, call.request.req_kwargs["proxies"]) is None
        assert call.request.req_kwargs["verify"] == "/option.pem"


class TestAzureCli:
    @pytest.fixture
    def az(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A program az on the PATH that records its arguments, and takes its output and exit code from files."""
        program = tmp_path / "az"
        program.write_text(
            f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat {tmp_path}/out\ncat {tmp_path}/err >&2\nexit $(cat {tmp_path}/code)\n'
        )
        program.chmod(0o755)
        self.prepare(tmp_path)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return tmp_path

    @staticmethod
    def prepare(folder: Path, out: str = "", err: str = "", code: int = 0) -> None:
        for name, content in (("out", out), ("err", err), ("code", str(code))):
            (folder / name).write_text(content)

    def test_the_account_that_is_signed_in(self, az: Path) -> None:
        value, expires = graph_token(), int(time.time()) + 3600
        self.prepare(
            az, json.dumps({"accessToken": value, "expiresOn": "2026-11-24 12:00:00.000000", "expires_on": expires, "tenant": SOURCE})
        )
        assert sign_in(by("azure_cli")) == Token(value, expires)
        expected = f"account get-access-token --output json --tenant {SOURCE} --resource https://graph.microsoft.com"
        assert (az / "asked").read_text().strip() == expected

    def test_a_token_for_another_service(self, az: Path) -> None:
        self.prepare(az, json.dumps({"accessToken": graph_token(), "expires_on": int(time.time()) + 3600}))
        sign_in(choose(GLOBAL, SOURCE, None, {}, "azure_cli", service=EXCHANGE))
        assert (az / "asked").read_text().strip().endswith(f"--resource {EXCHANGE}")

    def test_an_older_version_does_not_return_the_end_in_seconds(self, az: Path) -> None:
        value = graph_token(lifetime=1800)
        self.prepare(az, json.dumps({"accessToken": value, "expiresOn": "2026-11-24 12:00:00.000000"}))
        assert sign_in(by("azure_cli")).expires == pytest.approx(time.time() + 1800, abs=60)

    def test_it_is_not_installed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(CredentialProblem, match="the program az is not on the PATH"):
            by("azure_cli")

    def test_it_is_not_signed_in(self, az: Path) -> None:
        self.prepare(az, err="ERROR: Please run 'az login' to setup account.\n", code=1)
        assert refused(by("azure_cli")).startswith(
            f"the Azure CLI is not signed in to tenant {SOURCE}; run az login --tenant {SOURCE} --allow-no-subscriptions"
        )

    def test_signed_in_to_another_tenant(self, az: Path) -> None:
        self.prepare(az, json.dumps({"accessToken": graph_token(TARGET)}))
        assert f"the Azure CLI's token is for tenant {TARGET}, not for {SOURCE}" in refused(by("azure_cli"))

    def test_a_refusal_of_the_sign_in_service(self, az: Path) -> None:
        self.prepare(
            az, err="ERROR: AADSTS50173: The provided grant has expired. Trace ID: 1\nTo re-authenticate, please run:\naz login\n", code=1
        )
        with pytest.raises(SignInFailure) as caught:
            sign_in(by("azure_cli"))
        assert caught.value.codes == (50173,)
        assert "the sign-in was revoked; sign in again" in explain(caught.value)

    @pytest.mark.parametrize(
        ("out", "code", "words"),
        [("", 2, "the Azure CLI failed"), ("{}", 0, "answer of the Azure CLI cannot be read"), ("x", 0, "cannot be read")],
    )
    def test_nonsense(self, az: Path, out: str, code: int, words: str) -> None:
        self.prepare(az, out, "ERROR: something\n", code)
        assert words in refused(by("azure_cli"))

    def test_it_does_not_end(self, az: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (az / "az").write_text("#!/bin/sh\nexec sleep 5\n")
        monkeypatch.setattr("ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.azure_cli.TIMEOUT", 0.2)
        assert "did not answer within" in refused(by("azure_cli"))

    def test_it_cannot_be_run(self, az: Path) -> None:
        (az / "az").write_text("#!/nowhere/at/all\n")
        assert "the Azure CLI cannot be run" in refused(by("azure_cli"))


class TestDeviceCode:
    FLOW: Mapping[str, Any] = {
        "user_code": "ABCD-EFGH",
        "device_code": "secret-device-code",
        "verification_uri": "https://login.microsoft.com/device",
        "expires_in": 900,
        "interval": 0,
        "message": "To sign in, open https://login.microsoft.com/device and enter the code ABCD-EFGH.",
    }

    @pytest.fixture(autouse=True)
    def user_at_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(device_code, "TERMINAL", True)
        monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    def test_the_code_is_shown_and_waited_for(self, login: responses.RequestsMock) -> None:
        login.post(f"{LOGIN}/oauth2/v2.0/devicecode", json=self.FLOW)
        login.post(f"{LOGIN}/oauth2/v2.0/token", status=400, json={"error": "authorization_pending", "error_codes": [70016]})
        grant(login)
        shown: list[str] = []
        assert sign_in(by("device_code", CLIENT_ID, show=shown.append)).value == "granted"
        assert shown == [f"Tenant {SOURCE}: {self.FLOW['message']}"]
        polls = [form(call) for call in login.calls if call.request.url == f"{LOGIN}/oauth2/v2.0/token"]
        assert len(polls) == 2
        assert polls[-1]["device_code"] == "secret-device-code"
        asked = next(form(call) for call in login.calls if call.request.url == f"{LOGIN}/oauth2/v2.0/devicecode")
        assert "https://graph.microsoft.com/.default" in asked["scope"].split()

    def test_the_user_declines(self, login: responses.RequestsMock) -> None:
        login.post(f"{LOGIN}/oauth2/v2.0/devicecode", json=self.FLOW)
        declined = {"error": "authorization_declined", "error_description": "Declined.", "error_codes": [65004]}
        login.post(f"{LOGIN}/oauth2/v2.0/token", status=400, json=declined)
        with pytest.raises(SignInFailure, match="Declined"):
            sign_in(by("device_code", CLIENT_ID, show=print))

    def test_no_public_client(self, login: responses.RequestsMock) -> None:
        refusal = {
            "error": "invalid_client",
            "error_description": "AADSTS7000218: The request body must contain ...",
            "error_codes": [7000218],
        }
        login.post(f"{LOGIN}/oauth2/v2.0/devicecode", status=401, json=refusal)
        with pytest.raises(SignInFailure) as caught:
            sign_in(by("device_code", CLIENT_ID, show=print))
        assert "allow public client flows" in explain(caught.value)

    @pytest.mark.parametrize("variable", device_code.AUTOMATION)
    def test_refused_under_awx(self, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
        monkeypatch.setenv(variable, "/runner/artifacts/1")
        with pytest.raises(CredentialProblem, match="under AWX or ansible-runner there is none"):
            by("device_code", CLIENT_ID, show=print)

    def test_refused_in_a_module_process(self) -> None:
        with pytest.raises(CredentialProblem, match="needs a task on the local connection"):
            by("device_code", CLIENT_ID)

    def test_refused_without_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(device_code, "TERMINAL", False)
        with pytest.raises(CredentialProblem, match="was started without one"):
            by("device_code", CLIENT_ID, show=print)


class TestAnotherService:
    """A token for Exchange is a token of its own, from every method that can have one (facts F146, F152)."""

    def test_each_method_is_covered(self) -> None:
        assert {name for name, method in METHODS.items() if method.only_graph} == {"access_token", "device_code"}

    @pytest.mark.parametrize(("method", "secrets"), [("access_token", {"access_token": "given"}), ("device_code", {})])
    def test_a_method_that_only_has_tokens_for_graph(self, method: str, secrets: dict[str, str]) -> None:
        with pytest.raises(
            CredentialProblem, match=f"auth_method {method} only signs in to Microsoft Graph, because .*; use another method"
        ):
            choose(GLOBAL, SOURCE, CLIENT_ID, secrets, method, print, EXCHANGE)

    @pytest.mark.parametrize("service", [None, EXCHANGE])
    @pytest.mark.parametrize("method", ["client_secret", "certificate", "federated"])
    def test_an_application(self, login: responses.RequestsMock, method: str, service: str | None) -> None:
        grant(login)
        secrets = {"client_secret": "secret", "certificate": rsa_pair().pem().decode(), "federated_token": graph_token()}
        name = "federated_token" if method == "federated" else method
        sign_in(choose(GLOBAL, SOURCE, CLIENT_ID, {name: secrets[name]}, method, service=service))
        assert form(login.calls[-1])["scope"] == f"{service or 'https://graph.microsoft.com'}/.default"

    @pytest.mark.parametrize("service", [None, EXCHANGE])
    def test_a_managed_identity(self, wire: responses.RequestsMock, service: str | None) -> None:
        wire.get(IMDS, json={"access_token": graph_token(), "expires_in": "86399"})
        sign_in(choose(GLOBAL, SOURCE, None, {}, "managed_identity", service=service))
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(str(wire.calls[-1].request.url)).query))
        assert query["resource"] == (service or "https://graph.microsoft.com")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sign-in side: discovery, secrets, client assertions, and the AADSTS errors."""

from __future__ import annotations

import base64
import re
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest
from api import ACCOUNTS, CONTOSO, KEY, Api
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from entra_emulator.state import FederatedCredential

_TENANT, CLIENT, SECRET = ACCOUNTS["contoso"]
SCOPE = "https://graph.microsoft.com/.default"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def ask(api: Api, tenant: str = CONTOSO, auth: tuple[str, str] | None = None, **form: str) -> Any:
    sent = {"grant_type": "client_credentials", "client_id": CLIENT, "scope": SCOPE, **form}
    sent = {name: value for name, value in sent.items() if value}
    headers = {} if auth is None else {"Authorization": f"Basic {base64.b64encode(':'.join(auth).encode()).decode()}"}
    return api.http.post(f"/{tenant}/oauth2/v2.0/token", data=sent, headers=headers)


def refused(response: Any, status: int, error: str, number: int) -> str:
    """The OAuth error in Entra's shape; returns its description."""
    body = response.json()
    assert (response.status_code, body["error"], body["error_codes"]) == (status, error, [number]), body
    description: str = body["error_description"]
    assert re.match(rf"AADSTS{number}: .* Trace ID: [0-9a-f-]{{36}} Correlation ID: [0-9a-f-]{{36}} Timestamp: ", description)
    assert {"timestamp", "trace_id", "correlation_id"} <= set(body)
    return description


@pytest.mark.fact("F48", "OpenID discovery gives the tenant's GUID for its domain, without signing in")
@pytest.mark.parametrize("name", [CONTOSO, "contoso.kr", "contoso.onmicrosoft.com"])
def test_discovery_by_id_and_domain(api: Api, name: str) -> None:
    """F48: the tenant's GUID is in issuer and token_endpoint, whatever the address says."""
    found = api.http.get(f"/{name}/v2.0/.well-known/openid-configuration").json()
    assert found["issuer"] == f"https://localhost/{CONTOSO}/v2.0"
    assert found["token_endpoint"] == f"https://localhost/{CONTOSO}/oauth2/v2.0/token"
    assert api.http.get(found["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"


def test_the_access_token(api: Api) -> None:
    """Claims and signature of an application's token."""
    answer = ask(api, client_secret=SECRET).json()
    assert answer["token_type"] == "Bearer" and answer["expires_in"] == 3599
    claims = jwt.decode(answer["access_token"], api.service.key.private.public_key(), algorithms=["RS256"], audience=SCOPE[:-9])
    assert claims["tid"] == CONTOSO and claims["appid"] == CLIENT and "Synchronization.ReadWrite.All" in claims["roles"]
    assert claims["exp"] - claims["iat"] == 3599


def test_basic_authentication_and_domain(api: Api) -> None:
    """client_secret_basic; the tenant may be a domain; the scope may be this server."""
    assert ask(api, "contoso.kr", auth=(CLIENT, SECRET), client_id="").status_code == 200
    assert ask(api, client_secret=SECRET, scope="https://localhost/.default").status_code == 200


def test_unknown_tenants(api: Api) -> None:
    """AADSTS90002 and its relatives."""
    stranger = "00000000-0000-4000-8000-000000000000"
    assert f"Tenant '{stranger}' not found." in refused(ask(api, stranger, client_secret=SECRET), 400, "invalid_request", 90002)
    refused(ask(api, "common", client_secret=SECRET), 400, "invalid_request", 50059)
    refused(ask(api, "not-a-tenant", client_secret=SECRET), 400, "invalid_request", 900023)
    refused(api.http.get(f"/{stranger}/v2.0/.well-known/openid-configuration"), 400, "invalid_tenant", 90002)
    refused(api.http.get("/common/v2.0/.well-known/openid-configuration"), 400, "invalid_tenant", 50059)


def test_unknown_applications_and_wrong_secrets(api: Api) -> None:
    """AADSTS700016, AADSTS7000215, AADSTS7000216."""
    stranger = "99999999-9999-4999-8999-999999999999"
    text = refused(ask(api, client_id=stranger, client_secret=SECRET), 400, "unauthorized_client", 700016)
    assert f"Application with identifier '{stranger}' was not found in the directory 'Contoso'." in text
    refused(ask(api, client_secret="wrong"), 401, "invalid_client", 7000215)
    refused(ask(api), 401, "invalid_client", 7000216)


def test_wrong_parameters(api: Api) -> None:
    """AADSTS900144, AADSTS70003, AADSTS1002012, AADSTS500011."""
    refused(ask(api, grant_type="", client_secret=SECRET), 400, "invalid_request", 900144)
    refused(ask(api, scope="", client_secret=SECRET), 400, "invalid_request", 900144)
    refused(ask(api, client_id="", client_secret=SECRET), 400, "invalid_request", 900144)
    refused(ask(api, grant_type="password", client_secret=SECRET), 400, "unsupported_grant_type", 70003)
    refused(ask(api, scope="https://graph.microsoft.com/User.Read.All", client_secret=SECRET), 400, "invalid_scope", 1002012)
    refused(ask(api, scope="https://example.com/.default", client_secret=SECRET), 400, "invalid_resource", 500011)


class Signer:
    """A certificate and the assertions made with it."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def header(self) -> dict[str, str]:
        return {"x5t": base64.urlsafe_b64encode(self.certificate.fingerprint(hashes.SHA1())).decode()}

    def sign(self, **changes: Any) -> str:
        claims = {
            "aud": f"https://localhost/{CONTOSO}/oauth2/v2.0/token",
            "iss": CLIENT,
            "sub": CLIENT,
            "nbf": int(time.time()),
            "exp": int(time.time()) + 600,
            **changes,
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"x5t": self.header()["x5t"].rstrip("=")})


SIGNER = Signer()


@pytest.fixture
def certified(api: Api) -> Api:
    api.service.world.tenants[CONTOSO].registrations[CLIENT].certificates = [SIGNER.pem]
    return api


def assert_with(api: Api, assertion: str, kind: str = BEARER) -> Any:
    return ask(api, client_assertion=assertion, client_assertion_type=kind)


def test_a_good_assertion(certified: Api) -> None:
    """Signature, audience, subject and lifetime are right."""
    assert assert_with(certified, SIGNER.sign()).status_code == 200


def test_an_unregistered_certificate(api: Api) -> None:
    """AADSTS700027 names the thumbprint."""
    text = refused(assert_with(api, SIGNER.sign()), 401, "invalid_client", 700027)
    assert SIGNER.certificate.fingerprint(hashes.SHA1()).hex().upper() in text


def test_a_forged_signature(certified: Api) -> None:
    """AADSTS700027: the thumbprint is right, the key is not."""
    forger = Signer()
    claims = {"aud": "x", "iss": CLIENT, "sub": CLIENT, "exp": int(time.time()) + 600}
    forged = jwt.encode(claims, forger.key, algorithm="RS256", headers={"x5t": SIGNER.header()["x5t"].rstrip("=")})
    assert "signature" in refused(assert_with(certified, forged), 401, "invalid_client", 700027)


def test_wrong_claims(certified: Api) -> None:
    """AADSTS700023 audience, 700021 subject, 700024 lifetime, 50027 nonsense."""
    refused(assert_with(certified, SIGNER.sign(aud="https://localhost/other")), 401, "invalid_client", 700023)
    refused(assert_with(certified, SIGNER.sign(sub="other")), 401, "invalid_client", 700021)
    refused(assert_with(certified, SIGNER.sign(exp=int(time.time()) - 3600, nbf=int(time.time()) - 7200)), 401, "invalid_client", 700024)
    refused(assert_with(certified, "nonsense"), 401, "invalid_client", 50027)
    refused(assert_with(certified, SIGNER.sign(), "other"), 400, "invalid_request", 900144)


def test_a_token_that_was_good_expires_all_the_same() -> None:
    """A signature is checked once, the lifetime each time."""
    graph = "https://graph.microsoft.com"
    claims = {"aud": graph, "tid": CONTOSO, "appid": "x", "exp": int(time.time()) + 1}
    token = KEY.sign(claims)
    assert KEY.verify(token, [graph]) == claims
    time.sleep(1.1)
    with pytest.raises(jwt.ExpiredSignatureError):
        KEY.verify(token, [graph])
    with pytest.raises(jwt.InvalidAudienceError):
        KEY.verify(KEY.sign({**claims, "exp": int(time.time()) + 60}), ["https://elsewhere.example"])


ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:contoso/links:environment:production"
AUDIENCE = "api://AzureADTokenExchange"


@pytest.fixture
def federated(api: Api) -> Api:
    public = SIGNER.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    trusted = FederatedCredential(issuer=ISSUER, subject=SUBJECT, public_key=public.decode())
    api.service.world.tenants[CONTOSO].registrations[CLIENT].federated = [trusted]
    return api


def provided(signer: Signer = SIGNER, **changes: Any) -> str:
    """A token of another provider: no thumbprint, but a key that its issuer publishes."""
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "exp": int(time.time()) + 600, **changes}
    return jwt.encode(claims, signer.key, algorithm="RS256", headers={"kid": "1"})


def test_a_token_of_a_trusted_provider(federated: Api) -> None:
    """Issuer, subject and audience are those of a federated credential."""
    assert assert_with(federated, provided()).status_code == 200
    assert assert_with(federated, provided(aud=[AUDIENCE])).status_code == 200


@pytest.mark.parametrize(
    ("changes", "number", "words"),
    [
        ({"iss": "https://evil.example"}, 700211, "issuer 'https://evil.example'"),
        ({"sub": "repo:contoso/links:pull_request"}, 700213, "subject 'repo:contoso/links:pull_request'"),
        ({"sub": SUBJECT.upper()}, 7002138, "subject"),
        ({"aud": "api://other"}, 700212, "audience 'api://other'"),
        ({"exp": int(time.time()) - 3600}, 700024, "valid time range"),
    ],
)
def test_a_token_that_fits_no_federated_credential(federated: Api, changes: dict[str, Any], number: int, words: str) -> None:
    """AADSTS70021x name what does not match; AADSTS7002138 that only the case differs."""
    assert words in refused(assert_with(federated, provided(**changes)), 401, "invalid_client", number)


def test_a_token_that_somebody_else_signed(federated: Api) -> None:
    """AADSTS700027."""
    assert "signature" in refused(assert_with(federated, provided(Signer())), 401, "invalid_client", 700027)


def test_an_application_without_federated_credentials(api: Api) -> None:
    """AADSTS700211."""
    refused(assert_with(api, provided()), 401, "invalid_client", 700211)

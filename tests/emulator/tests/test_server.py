# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real thing: the command in a process of its own, TLS, msal, and faults below HTTP."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msal
import pytest
import requests
from api import ACCOUNTS, CONTOSO, FABRIKAM, PARTNERS
from test_tokens import SIGNER

_TENANT, CLIENT, SECRET = ACCOUNTS["contoso"]


def started(folder: Path, *options: str) -> tuple[subprocess.Popen[str], dict[str, Any], float]:
    """The running command, its ready file, and how long it took to start."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "entra_emulator.cli", "--ready-file", str(ready), "--ca-file", str(folder / "ca.pem"), *options]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not ready.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - began < 20
        time.sleep(0.01)
    return process, json.loads(ready.read_text()), time.monotonic() - began


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    process, ready, _seconds = started(tmp_path_factory.mktemp("server"), "--set", "throttling=false")
    yield ready
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)


@pytest.fixture
def session(server: dict[str, Any]) -> Iterator[requests.Session]:
    with trusting(server) as session:
        session.headers["Authorization"] = f"Bearer {token(server, SECRET)['access_token']}"
        yield session
        session.delete(f"{server['url']}/emulator/faults")


def trusting(server: dict[str, Any]) -> requests.Session:
    """A session that trusts the emulator. REQUESTS_CA_BUNDLE would win over ``verify``, so the environment is left out."""
    session = requests.Session()
    session.verify = server["ca_file"]
    session.trust_env = False
    return session


def token(server: dict[str, Any], credential: object, tenant: str = CONTOSO) -> dict[str, Any]:
    application = msal.ConfidentialClientApplication(
        CLIENT,
        authority=f"{server['url']}/{tenant}",
        client_credential=credential,
        instance_discovery=False,
        http_client=trusting(server),
    )
    result: dict[str, Any] = application.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    return result


def used(pid: int) -> float:
    """Processor time that a process has used, in seconds."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("inf")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_it_starts_quickly_and_stops_cleanly(tmp_path: Path) -> None:
    """Under two seconds; exit code 0 and no traceback on SIGTERM; the ready file goes away."""
    process, ready, seconds = started(tmp_path, "--host", "127.0.0.1", "--port", "0")
    assert min(seconds, used(process.pid)) < 2  # its own time, where the machine is busy with something else
    assert ready["pid"] == process.pid and ready["url"] == f"https://localhost:{ready['port']}"
    process.send_signal(signal.SIGTERM)
    out, problems = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in problems and CONTOSO in out
    assert not (tmp_path / "ready.json").exists()


def test_the_certificate_is_good_for_both_names(server: dict[str, Any]) -> None:
    """localhost and 127.0.0.1; without the CA it is not trusted."""
    for host in ("localhost", "127.0.0.1"):
        url = f"https://{host}:{server['port']}/contoso.kr/v2.0/.well-known/openid-configuration"
        found = trusting(server).get(url, timeout=5).json()
        assert found["issuer"] == f"https://{host}:{server['port']}/{CONTOSO}/v2.0"
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(server["url"], timeout=5)


@pytest.mark.parametrize("tenant", [CONTOSO, "contoso.kr"])
def test_msal_signs_in_with_a_secret(server: dict[str, Any], tenant: str) -> None:
    """As the client library does it, with instance_discovery=False."""
    assert "access_token" in token(server, SECRET, tenant)
    wrong = token(server, "wrong", tenant)
    assert wrong["error"] == "invalid_client" and wrong["error_codes"] == [7000215]


def test_msal_checks_the_issuer_of_an_oidc_authority(server: dict[str, Any]) -> None:
    """msal compares issuer and authority when it is given one as OpenID authority."""
    application = msal.ConfidentialClientApplication(
        CLIENT, oidc_authority=f"{server['url']}/{CONTOSO}/v2.0", client_credential=SECRET, http_client=trusting(server)
    )
    assert "access_token" in application.acquire_token_for_client(["https://graph.microsoft.com/.default"])


def test_msal_signs_in_with_a_certificate(server: dict[str, Any]) -> None:
    """Assertions as msal makes them, with SHA-1 and with SHA-256 thumbprints."""
    from cryptography.hazmat.primitives import hashes, serialization

    session = trusting(server)
    state = session.get(f"{server['url']}/emulator/state", timeout=5).json()
    state["tenants"][CONTOSO]["registrations"][CLIENT]["certificates"] = [SIGNER.pem]
    assert session.put(f"{server['url']}/emulator/state", json=state, timeout=5).status_code == 204
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = SIGNER.key.private_bytes(encoding, form, serialization.NoEncryption()).decode()
    old = {"private_key": private, "thumbprint": SIGNER.certificate.fingerprint(hashes.SHA1()).hex()}
    assert "access_token" in token(server, old)
    assert "access_token" in token(server, {"private_key": private, "public_certificate": SIGNER.pem})


def test_headers_and_body_come_together(server: dict[str, Any], session: requests.Session) -> None:
    """TCP_NODELAY, one write: a small answer takes no forty milliseconds."""
    session.get(f"{server['url']}/v1.0/users?$top=1", timeout=5)
    began = time.monotonic()
    for _time in range(20):
        assert session.get(f"{server['url']}/v1.0/users?$top=1", timeout=5).status_code == 200
    assert (time.monotonic() - began) / 20 < 0.03


def fault(server: dict[str, Any], session: requests.Session, **values: object) -> None:
    assert session.post(f"{server['url']}/emulator/faults", json=values, timeout=5).status_code == 201


def test_connections_are_reset_before_or_after_the_change(server: dict[str, Any], session: requests.Session) -> None:
    """The fault plan: the caller cannot know which of the two it was."""
    url = f"{server['url']}/v1.0{PARTNERS}"
    fault(server, session, method="POST", path="/partners", fault="reset_before_commit")
    with pytest.raises(requests.exceptions.ConnectionError):
        session.post(url, json={"tenantId": FABRIKAM}, timeout=5)
    assert session.get(url, timeout=5).json()["value"] == []
    fault(server, session, method="POST", path="/partners", fault="reset_after_commit")
    with pytest.raises(requests.exceptions.ConnectionError):
        session.post(url, json={"tenantId": FABRIKAM}, timeout=5)
    assert [partner["tenantId"] for partner in session.get(url, timeout=5).json()["value"]] == [FABRIKAM]


def test_truncated_bodies_and_delays(server: dict[str, Any], session: requests.Session) -> None:
    """The fault plan: half a body, and slowness."""
    fault(server, session, path="/v1.0/users", fault="truncated")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        session.get(f"{server['url']}/v1.0/users", timeout=5)
    fault(server, session, path="/v1.0/users", fault="delay", seconds=0.3)
    began = time.monotonic()
    assert session.get(f"{server['url']}/v1.0/users", timeout=5).status_code == 200
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("committed", [False, True])
def test_a_request_without_an_answer(server: dict[str, Any], session: requests.Session, committed: bool) -> None:
    """The fault plan: the caller has to give up by itself, and cannot know whether the change was made. Others are served meanwhile."""
    url = f"{server['url']}/v1.0{PARTNERS}"
    session.delete(f"{url}/{FABRIKAM}", timeout=5)
    fault(server, session, method="POST", path="/partners", fault="no_answer", committed=committed)
    with concurrent.futures.ThreadPoolExecutor(1) as pool, trusting(server) as other:
        waiting = pool.submit(session.post, url, json={"tenantId": FABRIKAM}, timeout=0.5)
        assert other.get(f"{server['url']}/emulator/clock", timeout=5).status_code == 200
        with pytest.raises(requests.exceptions.ReadTimeout):
            waiting.result()
    assert bool(session.get(url, timeout=5).json()["value"]) is committed


def test_many_clients_at_once(server: dict[str, Any], session: requests.Session) -> None:
    """A hundred concurrent clients."""
    headers = dict(session.headers)

    def ask(_number: int) -> int:
        with trusting(server) as client:
            return client.get(f"{server['url']}/v1.0/users?$top=5", headers=headers, timeout=30).status_code

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        assert set(pool.map(ask, range(200))) == {200}


def test_traffic_is_counted(server: dict[str, Any]) -> None:
    """Connections, sign-ins and requests; a batch is one request of many items. The control API is no traffic."""
    url = server["url"]
    with trusting(server) as control:
        assert control.delete(f"{url}/emulator/traffic").status_code == 204
        for _time in range(2):
            with trusting(server) as client:
                client.headers["Authorization"] = f"Bearer {token(server, SECRET)['access_token']}"
                client.get(f"{url}/v1.0/users?$top=1")
                items = [{"id": str(number), "method": "GET", "url": "/users?$top=1"} for number in range(3)]
                client.post(f"{url}/v1.0/$batch", json={"requests": items})
        counted = control.get(f"{url}/emulator/traffic").json()
        # msal has a connection of its own here.
        asked = {"connections": 4, "discovery_requests": 2, "token_requests": 2, "graph_requests": 4, "batch_items": 6}
        assert {name: count for name, count in counted.items() if count} == asked
        control.delete(f"{url}/emulator/traffic")
        assert set(control.get(f"{url}/emulator/traffic").json().values()) == {0}


def test_latency_holds_up_each_request_and_no_other(server: dict[str, Any], session: requests.Session) -> None:
    """Each request of sign-in and Graph takes its time, many at once take no more, and the control API takes none."""
    seconds = 0.4
    session.put(f"{server['url']}/emulator/settings", json={"latency_ms": 400})
    try:
        began = time.monotonic()
        session.get(f"{server['url']}/emulator/clock")
        assert time.monotonic() - began < seconds
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: _ask(server, session.headers["Authorization"]), range(8)))
        assert [status for status, _took in answers] == [200] * 8
        assert all(took >= seconds for _status, took in answers)
        assert time.monotonic() - began < 8 * seconds
        began = time.monotonic()
        assert "access_token" in token(server, SECRET)
        assert time.monotonic() - began >= 2 * seconds
    finally:
        session.put(f"{server['url']}/emulator/settings", json={"latency_ms": 0})


def _ask(server: dict[str, Any], authorization: str | bytes) -> tuple[int, float]:
    began = time.monotonic()
    with trusting(server) as client:
        status = client.get(f"{server['url']}/v1.0/users?$top=1", headers={"Authorization": authorization}).status_code
    return status, time.monotonic() - began

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every sign-in method, in both runners of the engine, with its successes and failures; no secret is shown at any verbosity."""

from __future__ import annotations

import base64
import os
import pty
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
import trustme
import yaml
from cryptography.hazmat.primitives import serialization

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, Playbooks, Run, inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.providers import proxying, serving
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.certificates import PASSPHRASE, Pair, rsa_pair

CLIENT = "11111111-1111-4111-8111-111111111111"
ISSUER, SUBJECT, AUDIENCE = (
    "https://token.actions.githubusercontent.com",
    "repo:contoso/links:environment:production",
    "api://AzureADTokenExchange",
)
JOB_BEARER = "very-secret-bearer-of-the-job"
IDENTITY_HEADER = "very-secret-identity-header"
WRONG_SECRET = "very-secret-but-wrong"
WRONG_PASSPHRASE = "very-secret-but-wrong-passphrase"
PROXY_PASSWORD = "very-secret-proxy-password"
DEVICE_CODE = "very-secret-device-code"
TOKEN = re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}")

both_runners = pytest.mark.parametrize("process", [False, True], ids=["worker", "process"])


def assertion(subject: str = SUBJECT) -> str:
    """A token of another provider with a valid signature."""
    claims = {"iss": ISSUER, "sub": subject, "aud": AUDIENCE, "exp": int(time.time()) + 600}
    return jwt.encode(claims, rsa_pair().key_pem(), algorithm="RS256", headers={"kid": "1"})


def token_of(emulator: Emulator, tenant: str, client: str, secret: str, service: str = "") -> str:
    """An access token that was acquired elsewhere, for Graph, or for Exchange if ``service`` is its path."""
    scope = f"{emulator.url}{service}/.default"
    grant = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": scope}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{emulator.url}/{tenant}/oauth2/v2.0/token", data=grant, verify=str(emulator.ca_path), timeout=60)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


@dataclass
class World:
    """An emulator that trusts the test's certificate and provider, and everything around it for the sign-in methods."""

    emulator: Emulator
    playbooks: Playbooks
    folder: Path
    """Contains secrets, so it is not searched for them."""
    context: ssl.SSLContext
    """For a server whose authority is in ``ca.pem`` of the folder."""
    env: dict[str, str] = field(default_factory=dict)

    def secrets(self) -> list[str]:
        """All texts that no output may contain, in pieces as long as a line."""
        keys = [rsa_pair().key_pem(), rsa_pair().pem(PASSPHRASE), (self.folder / "identity.pfx.b64").read_bytes()]
        lines = [line for key in keys for line in key.decode().splitlines() if len(line) > 40 and "-----" not in line]
        public = rsa_pair().certificate_pem().decode()
        texts = [
            *SECRETS.values(),
            "fabrikam-admin-secret",
            WRONG_SECRET,
            PASSPHRASE,
            WRONG_PASSPHRASE,
            JOB_BEARER,
            IDENTITY_HEADER,
            PROXY_PASSWORD,
            DEVICE_CODE,
        ]
        return [*texts, *(line[:40] for line in lines if line not in public)]

    def play(self, tasks: list[dict[str, Any]], process: bool, **env: str) -> Run:
        """Run the tasks at the highest verbosity; a failed task does not end the play. Their options are in the environment and in files."""
        hosts = inventory(self.emulator)
        path = self.playbooks.folder / "sign_in.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            yaml.safe_dump(
                [{"name": "Sign in", "hosts": "links", "connection": "local", "gather_facts": False, "tasks": tasks}], sort_keys=False
            )
        )
        return self.playbooks.play(path, hosts, "-vvvv", "-e", f"cross_tenant_sync_module_process={process}", env={**self.env, **env})

    def task(self, name: str, module: str = "cross_tenant_policy_info", **options: Any) -> dict[str, Any]:
        """A task that reads something."""
        connection = {"tenant_id": CONTOSO, "client_id": CLIENT, **self.emulator.connection(), "ca_path": str(self.folder / "ca.pem")}
        given = {key: value for key, value in {**connection, **options}.items() if value is not None}
        more = {"names": False} if module == "cross_tenant_policy_info" else {}
        return {"name": name, PREFIX + module: {**given, **more}, "ignore_errors": True}


def env(name: str) -> str:
    return "{{ lookup('ansible.builtin.env', '" + name + "') }}"


def content(path: Path) -> str:
    return "{{ lookup('ansible.builtin.file', '" + str(path) + "') }}"


@pytest.fixture
def world(emulator: Emulator, playbooks: Playbooks, tmp_path: Path) -> Iterator[World]:
    made = World(emulator, playbooks, tmp_path / "secret", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    _trust(emulator)
    _keep_files(made.folder, rsa_pair())
    given = token_of(emulator, CONTOSO, CLIENT, SECRETS["CONTOSO_CLIENT_SECRET"])
    for_exchange = token_of(emulator, CONTOSO, CLIENT, SECRETS["CONTOSO_CLIENT_SECRET"], "/exchange")
    emulator.control("DELETE", "traffic")
    _install_az(made.folder, given, for_exchange)

    def identity(path: str, query: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
        authentic = headers.get("x-identity-header") == IDENTITY_HEADER if path == "/msi/token" else headers.get("metadata") == "true"
        if not authentic or query.get("client_id") not in (None, CLIENT):
            return 400, {
                "error": "invalid_request",
                "error_description": "Identity not found",
                "statusCode": 400,
                "message": "Identity not found",
            }
        token = given if query["resource"] == emulator.url else for_exchange
        return 200, {"access_token": token, "expires_in": "3599", "expires_on": str(int(time.time()) + 3599), "resource": query["resource"]}

    def github(_path: str, query: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
        good = headers.get("authorization") == f"Bearer {JOB_BEARER}" and query.get("audience") == AUDIENCE
        return (200, {"value": assertion()}) if good else (401, {})

    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(made.context)
    (made.folder / "ca.pem").write_bytes(emulator.ca_path.read_bytes() + authority.cert_pem.bytes())
    stranger = made.folder / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    with serving(identity) as machine, serving(github, made.context) as actions:
        made.env = {
            "PATH": f"{made.folder}:/usr/bin:/bin",
            "HOME": str(playbooks.folder),
            "ANSIBLE_HOME": str(playbooks.folder / "home"),
            "TMPDIR": str(playbooks.folder),
            "REQUESTS_CA_BUNDLE": str(stranger),
            "HTTP_PROXY": "http://127.0.0.1:9",
            "MACHINE": machine,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{actions}/job?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": JOB_BEARER,
            "GIVEN_TOKEN": given,
            "PASSPHRASE": PASSPHRASE,
            "WRONG_PASSPHRASE": WRONG_PASSPHRASE,
            "WRONG_SECRET": WRONG_SECRET,
            "ASSERTION": assertion(),
            "WRONG_ASSERTION": assertion("repo:contoso/links:pull_request"),
        }
        yield made


def _trust(emulator: Emulator) -> None:
    state = emulator.state()
    registration = state["tenants"][CONTOSO]["registrations"][CLIENT]
    registration["certificates"] = [rsa_pair().certificate_pem().decode()]
    public = rsa_pair().key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    registration["federated"] = [{"issuer": ISSUER, "subject": SUBJECT, "audience": AUDIENCE, "public_key": public.decode()}]
    registration |= {"exchange_permissions": ["Exchange.ManageAsApp"], "directory_roles": ["Global Reader"]}
    emulator.control("PUT", "state", state)


def _keep_files(folder: Path, pair: Pair) -> None:
    folder.mkdir()
    (folder / "identity.pem").write_bytes(pair.pem(PASSPHRASE))
    (folder / "identity.pfx").write_bytes(pair.pfx(PASSPHRASE))
    (folder / "identity.pfx.b64").write_bytes(base64.encodebytes(pair.pfx(PASSPHRASE)))
    (folder / "plain.pem").write_bytes(pair.pem())
    (folder / "federated").write_text(assertion() + "\n")


def _install_az(folder: Path, token: str, for_exchange: str) -> None:
    """Signed in to Contoso, and to nothing else."""
    for name, value in {"graph": token, "exchange": for_exchange}.items():
        (folder / f"az_{name}.json").write_text(f'{{"accessToken": "{value}", "expires_on": {int(time.time()) + 3599}}}')
    program = folder / "az"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *{CONTOSO}*/exchange*) cat {folder}/az_exchange.json;; *{CONTOSO}*) cat {folder}/az_graph.json;; '
        "*) echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1;; esac\n"
    )
    program.chmod(0o755)


def searched(run: Run, folder: Path) -> dict[str, str]:
    """The output and every file that the run left behind."""
    left = {str(path): path.read_bytes().decode("utf-8", "replace") for path in sorted(folder.rglob("*")) if path.is_file()}
    return {"the output": run.output, **left}


def shows_nothing(world: World, run: Run) -> None:
    places = searched(run, world.playbooks.folder)
    assert len(places) > 3
    secrets = world.secrets()
    assert [(place, secret) for place, text in places.items() for secret in secrets if secret in text] == []
    assert [(place, found[0][:20]) for place, text in places.items() if (found := TOKEN.search(text))] == []


SUCCESSES: dict[str, dict[str, Any]] = {
    "client_secret": {"client_secret": env("CONTOSO_CLIENT_SECRET")},
    "PEM file": {"certificate_path": "{folder}/identity.pem", "certificate_passphrase": env("PASSPHRASE")},
    "PFX file": {"certificate_path": "{folder}/identity.pfx", "certificate_passphrase": env("PASSPHRASE")},
    "PEM content": {"certificate": "content:plain.pem"},
    "PFX content": {"certificate": "content:identity.pfx.b64", "certificate_passphrase": env("PASSPHRASE")},
    "federated token": {"federated_token": env("ASSERTION")},
    "federated file": {"federated_token_file": "{folder}/federated"},
    "GitHub": {"auth_method": "federated"},
    "system-assigned identity": {"auth_method": "managed_identity", "client_id": None},
    "user-assigned identity": {"auth_method": "managed_identity"},
    "Azure CLI": {"auth_method": "azure_cli"},
    "access token": {"access_token": env("GIVEN_TOKEN")},
    "access token of a domain": {"access_token": env("GIVEN_TOKEN"), "tenant_id": "contoso.kr"},
    "without checking certificates": {"client_secret": env("CONTOSO_CLIENT_SECRET"), "validate_certs": False},
}
FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "wrong secret": ({"client_secret": env("WRONG_SECRET")}, "AADSTS7000215"),
    "empty secret": ({"auth_method": "client_secret", "client_secret": ""}, "auth_method is client_secret, but client_secret is empty"),
    "wrong passphrase": (
        {"certificate_path": "{folder}/identity.pfx", "certificate_passphrase": env("WRONG_PASSPHRASE")},
        "or certificate_passphrase is wrong",
    ),
    "half a key": ({"certificate": "content:plain.pem[:600]"}, "certificate contains no usable certificate with its private key"),
    "unregistered certificate": ({"certificate": "content:plain.pem", "tenant_id": FABRIKAM, "client_id": "{fabrikam}"}, "AADSTS700027"),
    "wrong subject": ({"federated_token": env("WRONG_ASSERTION")}, "AADSTS700213"),
    "missing federated file": ({"federated_token_file": "{folder}/nothing"}, "cannot be read: No such file or directory"),
    "unassigned identity": (
        {"auth_method": "managed_identity", "client_id": "99999999-9999-4999-8999-999999999999"},
        "the managed identity returned no token",
    ),
    "identity of another tenant": (
        {"auth_method": "managed_identity", "tenant_id": FABRIKAM},
        f"is for tenant {CONTOSO}, not for {FABRIKAM}",
    ),
    "Azure CLI elsewhere": ({"auth_method": "azure_cli", "tenant_id": FABRIKAM}, f"the Azure CLI is not signed in to tenant {FABRIKAM}"),
    "access token of another tenant": ({"access_token": env("GIVEN_TOKEN"), "tenant_id": FABRIKAM}, f"is for tenant {CONTOSO}, not for"),
    "access token of another tenant's domain": (
        {"access_token": env("GIVEN_TOKEN"), "tenant_id": "fabrikam.com"},
        f"is for tenant {CONTOSO}, not for",
    ),
    "no terminal": ({"auth_method": "device_code"}, "auth_method device_code needs "),
    "in the clear": ({"client_secret": env("CONTOSO_CLIENT_SECRET"), "login_endpoint": "http://localhost"}, "must begin with https://"),
    "proxy that does not answer": (
        {"client_secret": env("CONTOSO_CLIENT_SECRET"), "proxy": f"http://user:{PROXY_PASSWORD}@127.0.0.1:9", "retries": 0},
        "no connection could be made",
    ),
}


def filled(options: dict[str, Any], world: World) -> dict[str, Any]:
    """The options with the names of this test's files."""

    def filled_value(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.startswith("content:"):
            name, _bracket, cut = value.removeprefix("content:").partition("[")
            whole = content(world.folder / name)
            return whole.replace(") }}", ")[" + cut + " }}") if cut else whole
        return value.replace("{folder}", str(world.folder)).replace("{fabrikam}", "22222222-2222-4222-8222-222222222222")

    return {name: filled_value(value) for name, value in options.items()}


def app_service(world: World) -> dict[str, str]:
    return {"IDENTITY_ENDPOINT": f"{world.env['MACHINE']}/msi/token", "IDENTITY_HEADER": IDENTITY_HEADER}


@both_runners
def test_what_works(world: World, process: bool) -> None:
    tasks = [world.task(name, **filled(options, world)) for name, options in SUCCESSES.items()]
    run = world.play(tasks, process, **app_service(world))
    assert {task.name: task.result.get("msg") for task in run.ours() if task.status != "ok"} == {}, run.output
    assert [task.name for task in run.ours()] == list(SUCCESSES)
    assert " ".join(run.output.split()).count("[WARNING]: validate_certs is off: the identity of the servers is not verified") == 1
    shows_nothing(world, run)


@both_runners
def test_what_fails(world: World, process: bool) -> None:
    tasks = [world.task(name, **filled(options, world)) for name, (options, _words) in FAILURES.items()]
    # A secret that is written in the playbook itself would be printed, so this comes from the environment.
    tasks[-1][f"{PREFIX}cross_tenant_policy_info"]["proxy"] = env("PROXY")
    run = world.play(tasks, process, PROXY=f"http://user:{PROXY_PASSWORD}@127.0.0.1:9", **app_service(world))
    messages = {task.name: str(task.result.get("msg")) for task in run.ours()}
    assert list(messages) == list(FAILURES)
    assert {name: messages[name] for name, (_options, words) in FAILURES.items() if words not in messages[name]} == {}
    assert [task.name for task in run.ours() if task.status == "ok"] == []
    assert "Traceback" not in run.output
    shows_nothing(world, run)


@both_runners
def test_exchange(world: World, process: bool, tmp_path: Path) -> None:
    """Every method that has a token for Exchange signs in there, too; of the others, and of what goes wrong, the reason is known."""
    _only_read(world.emulator)
    asked = [
        world.task(name, "address_book_info", **filled(options, world), exchange=True, people=["minsu.kim@contoso.kr"])
        for name, options in SUCCESSES.items()
    ]
    read_only = {"tenant_id": FABRIKAM, "client_id": "22222222-2222-4222-8222-222222222222", "client_secret": env("FABRIKAM_CLIENT_SECRET")}
    nothing = {"tenant_id": FABRIKAM, "client_id": "44444444-4444-4444-8444-444444444444", "client_secret": env("ADMIN_SECRET")}
    commands = world.playbooks.folder / "commands.ps1"
    guests = {"exchange": True, "people": ["woojin.moon@contoso.kr"]}
    with serving(quote, world.context) as quoting:
        tasks = [
            *asked,
            world.task("quotes", "address_book_info", auth_method="managed_identity", **guests, exchange_endpoint=quoting, client_id=None),
            world.task("no permission", "address_book_info", **nothing, **guests),
            world.task("no role that writes", "address_book_visibility", **read_only, **guests),
            world.task("commands", "address_book_visibility", **read_only, **guests, commands_path=str(commands)),
        ]
        run = world.play(tasks, process, **app_service(world), ADMIN_SECRET="fabrikam-admin-secret")
    results = {task.name: task.result for task in run.ours()}
    only_graph = {name for name in SUCCESSES if name.startswith("access token")}
    reasons = {name: result["exchange"]["reason"] for name, result in results.items() if "exchange" in result}
    assert {name: reason for name, reason in reasons.items() if name in SUCCESSES and name not in only_graph and reason} == {}, run.output
    assert [name for name in only_graph if "only signs in to Microsoft Graph" not in reasons[name]] == []
    assert "SomeException 'the answer contains a secret, so it is not shown'" in reasons["quotes"]
    assert "lacks the app role" in reasons["no permission"]
    assert "set commands_path" in results["no role that writes"]["msg"]
    assert "HiddenFromAddressListsEnabled $false" in commands.read_text(encoding="utf-8-sig")
    assert "Traceback" not in run.output
    assert "\0" not in run.output
    shows_nothing(world, run)


def quote(_path: str, _query: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
    """An Exchange that repeats the token in its error."""
    text = headers["authorization"]
    inner = {"message": text, "type": "SomeException"}
    return 400, {"error": {"code": text, "message": text, "innererror": {"internalexception": inner, "stacktrace": text}}}


def _only_read(emulator: Emulator) -> None:
    """Fabrikam's application only reads, and a guest is hidden in Exchange, but not in Entra."""
    state = emulator.state()
    fabrikam = state["tenants"][FABRIKAM]
    fabrikam["registrations"]["22222222-2222-4222-8222-222222222222"]["directory_roles"] = ["Global Reader"]
    (guest,) = [user for user in fabrikam["users"].values() if user["userPrincipalName"].startswith("woojin.moon_contoso.kr#EXT#")]
    guest["showInAddressList"] = True
    emulator.control("PUT", "state", state)
    emulator.control("POST", f"exchange/{FABRIKAM}", {"user": guest["id"], "hidden": True})


@both_runners
def test_a_virtual_machine(world: World, process: bool) -> None:
    tasks = [world.task(name, auth_method="managed_identity", client_id=client) for name, client in (("system", None), ("user", CLIENT))]
    run = world.play(tasks, process, AZURE_POD_IDENTITY_AUTHORITY_HOST=world.env["MACHINE"])
    assert [task.status for task in run.ours()] == ["ok", "ok"], run.output
    shows_nothing(world, run)


@both_runners
@pytest.mark.parametrize("option", [True, False], ids=["option", "environment"])
def test_a_proxy_carries_sign_in_and_graph(world: World, process: bool, option: bool) -> None:
    credentials = base64.b64encode(f"user:{PROXY_PASSWORD}".encode()).decode()
    with proxying(credentials) as (address, led):
        proxy = f"http://user:{PROXY_PASSWORD}@{address}"
        given = {"proxy": env("PROXY")} if option else {}
        # The option wins, even if the environment exempts all hosts.
        around = {"PROXY": proxy, "NO_PROXY": "*"} if option else {"HTTPS_PROXY": proxy}
        run = world.play([world.task("Read", client_secret=env("CONTOSO_CLIENT_SECRET"), **given)], process, **around)
    assert [task.status for task in run.ours()] == ["ok"], run.output
    assert set(led) == {world.emulator.url.removeprefix("https://")}
    shows_nothing(world, run)


class Browser:
    """A sign-in service at which a user types the code in a browser, some time after it was shown."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.codes = 0
        self.polls = 0

    def __call__(self, path: str, form: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
        base = f"https://{headers['host']}/{CONTOSO}"
        if path.endswith("/openid-configuration"):
            addresses = {"authorization_endpoint": "authorize", "token_endpoint": "token", "device_authorization_endpoint": "devicecode"}
            return 200, {"issuer": f"{base}/v2.0", **{name: f"{base}/oauth2/v2.0/{end}" for name, end in addresses.items()}}
        if path.endswith("/devicecode"):
            self.codes += 1
            message = "To sign in, open https://login.microsoft.com/device and enter the code ABCD-EFGH."
            whole = {"user_code": "ABCD-EFGH", "device_code": DEVICE_CODE, "verification_uri": "https://login.microsoft.com/device"}
            return 200, {**whole, "expires_in": 900, "interval": 1, "message": message}
        self.polls += 1
        if self.polls < 2 or form.get("device_code") != DEVICE_CODE:
            return 400, {"error": "authorization_pending", "error_codes": [70016]}
        return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": self.token}


def test_a_user_at_a_terminal_is_asked_once_a_run(world: World) -> None:
    """Both links at the same time, two tasks each: a single code for all of them."""
    browser = Browser(world.env["GIVEN_TOKEN"])
    task = world.task("Read", auth_method="device_code")
    hosts = inventory(world.emulator)
    links = hosts["all"]["children"]["links"]["hosts"]
    hosts["all"]["children"]["links"]["hosts"] = {f"link_{number}": dict(*links.values()) for number in range(2)}
    path = world.playbooks.folder / "device_code.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    terminal, end = pty.openpty()
    try:
        with serving(browser, world.context) as login:
            task[f"{PREFIX}cross_tenant_policy_info"]["login_endpoint"] = login
            path.write_text(
                yaml.safe_dump([{"name": "Sign in", "hosts": "links", "connection": "local", "gather_facts": False, "tasks": [task, task]}])
            )
            run = world.playbooks.play(path, hosts, "-vvvv", env=world.env, stdin=end)
    finally:
        os.close(terminal)
        os.close(end)
    assert [task.status for task in run.ours()] == ["ok"] * 4, run.output
    assert (browser.codes, browser.polls) == (1, 2)
    assert run.output.count("enter the code ABCD-EFGH") == 1
    assert f"Tenant {CONTOSO}: To sign in, open" in run.output
    shows_nothing(world, run)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module, with every kind of credential, at the highest verbosity, when all is well and when everything quotes the secrets.

The modules come from the repository. A service of this test grants tokens that it made up, so that twelve characters in a row of a token or of a
secret are searched for in the output and in every file that the run leaves. `test_sign_in` has all methods, and what Microsoft's service says.
"""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import trustme
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, Playbooks, Run
from ansible_collections.entra.cross_tenant_sync.tests.support.providers import serving
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.certificates import PASSPHRASE, rsa_pair
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_bad_input import CONTROLLER, argument_spec, valid
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_malformed import BASE

CLIENT = "11111111-1111-4111-8111-111111111111"
LENGTH = 12
"""Characters in a row that nobody may see."""
GRANTED = {
    # The tokens that are granted at a stage; no text of the tests contains a part of them.
    "quiet": "Zq7Xv2Kp9Wm4Tn8Rb3Yc6Ld1Gf5Hs0JkPe",
    "echoing": "Tn5Wc1Rq8Jx3Kd7Ze0Vb4Gy9Hs2Mf6LpUa",
    "breaking": "Bd8Sy2Nc6Xk1Wt9Mv4Qh7Fz3Gr5Jp0LeIo",
}
SECRETS = {
    "SECRET": "w8QVx3.Pz6~Mb1_Nc9-Jt4Rk7Ys2Lg5Hd0Ao",
    "VAULTED": "k2HfTq9.Ws4~Xe7_Rv1-Bn6Cm3Zu8Pa0DyGi",
    "VAULT_PASSWORD": "p6JoLx8Qe2Kt4Vy0Wr7Ni5Sb9Mc1Fd3Hz",
    "ASSERTION": "Ua4Ve7Wi1Xo9Yu2Zy6Bq3Cw8Dr5Ft0Gs4.Hp7Ij2",
    "TOKEN": "Hm3Kx8Qv1Zj6Wb9Pf4Nt7Gc2Ld5Rs0TyEu",
    "PASSPHRASE": PASSPHRASE,
    "PROXY_PASSWORD": "Pr0xyPa55wordOf3M1ce",
}
FOLDER_OF_EXCHANGE = "/exchange"


def env(name: str) -> str:
    return "{{ lookup('ansible.builtin.env', '" + name + "') }}"


CREDENTIALS: dict[str, dict[str, str]] = {
    "client secret": {"client_secret": env("SECRET")},
    "client secret of the environment": {},
    "vaulted client secret": {"client_secret": "{{ vaulted }}"},
    "certificate": {"certificate": "{{ lookup('ansible.builtin.file', secret_folder ~ '/plain.pem') }}"},
    "certificate with a passphrase": {"certificate_path": "{{ secret_folder }}/identity.pfx", "certificate_passphrase": env("PASSPHRASE")},
    "federated assertion": {"federated_token": env("ASSERTION")},
    "file with a federated assertion": {"federated_token_file": "{{ secret_folder }}/assertion"},
    "access token": {"access_token": env("TOKEN")},
}
ENVIRONMENT = "client secret of the environment"
STAGES = ("quiet", "refusing", "echoing", "breaking")
"""All is well; the sign-in fails; the service fails; this collection fails. Whatever fails quotes what it was sent."""

INTERNAL = "An error of the collection itself: RuntimeError in plugins/module_utils/graph/client.py, line "
READS_ITS_TOKEN = ["tenant_info"]
"""It says what its token may do, and sends nothing with one that it cannot read, such as those of this test."""
BREAK = """
import os, sys, uuid
made = uuid.uuid4
def broken():
    caller = sys._getframe(1)
    if not caller.f_code.co_filename.endswith("graph/client.py"):
        return made()
    texts = [os.environ[name] for name in os.environ["QUOTE"].split(",")]
    raise RuntimeError(f"an error that quotes {texts} and {caller.f_locals}")
if "QUOTE" in os.environ:
    uuid.uuid4 = broken
"""


@dataclass
class Stage:
    """A sign-in service, Graph and Exchange, at one address."""

    name: str
    signed_in: set[str] = field(default_factory=set)
    """Which credentials have arrived at the token endpoint."""
    asked: int = 0

    def __call__(self, path: str, form: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
        base = f"https://{headers['host']}"
        if path.endswith("/openid-configuration"):
            tenant = FABRIKAM if FABRIKAM in path else CONTOSO
            ends = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
            return 200, {"issuer": f"{base}/{tenant}/v2.0", **{name: f"{base}/{tenant}/oauth2/v2.0/{end}" for name, end in ends.items()}}
        said = " ".join([*form.values(), *map(quote, form.values()), json.dumps(form), headers.get("authorization", "")])
        if path.endswith("/oauth2/v2.0/token"):
            self.signed_in |= {name for name in ("client_secret", "client_assertion") if name in form}
            if self.name == "refusing":
                return 401, {"error": "invalid_client", "error_description": f"AADSTS7000215: {said}", "error_codes": [7000215]}
            return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": GRANTED[self.name]}
        self.asked += 1
        if self.name == "quiet":
            return 200, {"value": []}
        return 400, {"error": {"code": said, "message": said, "innerError": {"request-id": said, "message": said}}}


@dataclass
class World:
    """Everything around the runs."""

    playbooks: Playbooks
    secret_folder: Path
    """It has secrets, so nobody searches it."""
    stages: dict[str, Stage]
    addresses: dict[str, str]

    def connection(self, stage: str, credential: str, tenant: str = CONTOSO) -> dict[str, Any]:
        """The connection options of a task."""
        address = self.addresses[stage]
        ends = {"login_endpoint": address, "graph_endpoint": address, "exchange_endpoint": address + FOLDER_OF_EXCHANGE}
        known = {"tenant_id": tenant, "client_id": CLIENT, "retries": 0, "timeout": 10, "ca_path": "{{ secret_folder }}/ca.pem"}
        return {**ends, **known, **CREDENTIALS[credential]}

    def task(self, module: str, stage: str, credential: str, process: bool) -> dict[str, Any]:
        """A task of a module that connects."""
        options = {**self.connection(stage, credential), **BASE[module]}
        for other in ("target", "source"):
            if other in options:
                # The environment describes one tenant only.
                own = credential if credential != ENVIRONMENT else "client secret"
                options[other] = self.connection(stage, own, FABRIKAM)
        return {
            "name": f"{module}, {credential}, {stage}{', in a process' if process else ''}",
            PREFIX + module: options,
            "ignore_errors": True,
            "check_mode": "{{ check_only }}",
            "diff": True,
            "register": "found",
            "vars": {"cross_tenant_sync_module_process": process},
        }

    def secrets(self) -> list[str]:
        """All texts that no output may contain."""
        keys = [rsa_pair().key_pem(), rsa_pair().pem(PASSPHRASE), base64.encodebytes(rsa_pair().pfx(PASSPHRASE))]
        public = rsa_pair().certificate_pem().decode()
        lines = [line for key in keys for line in key.decode().splitlines() if "-----" not in line]
        return [*SECRETS.values(), *GRANTED.values(), *(line for line in lines if len(line) > 40 and line not in public)]

    def play(self, name: str, tasks: list[dict[str, Any]], stage: str, **more: str) -> Run:
        """Run the tasks at the highest verbosity with everything that Ansible can write."""
        folder = self.playbooks.folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.yml"
        tenants = {"contoso": self.connection(stage, "client secret"), "fabrikam": self.connection(stage, "certificate", FABRIKAM)}
        link = {"link_source": "contoso", "link_target": "fabrikam", "link_configuration": "Fabrikam", "link_scope_users": ["a@contoso.kr"]}
        hosts = {
            "all": {
                "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "tenants": tenants, "check_only": True},
                "children": {"links": {"hosts": {"contoso_to_fabrikam": link}}},
            }
        }
        # A fact that is cached and a variable that is registered may not contain what a result does not.
        facts = {"name": "Keep", "ansible.builtin.set_fact": {"kept": "{{ found | default({}) }}", "cacheable": True}}
        plays = {"name": name, "hosts": "links", "connection": "local", "gather_facts": False, "tasks": [*tasks, facts]}
        path.write_text(yaml.safe_dump([plays], sort_keys=False))
        around = {
            **SECRETS,
            "AZURE_CLIENT_SECRET": SECRETS["SECRET"],
            "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
            "ANSIBLE_RETRY_FILES_ENABLED": "True",
            "ANSIBLE_RETRY_FILES_SAVE_PATH": str(folder / "retry"),
            "ANSIBLE_HOME": str(folder / "home"),
            "TMPDIR": str(folder),
        }
        extra = ("-vvvv", "-e", f"secret_folder={self.secret_folder}", "-e", f"@{self.secret_folder}/vaulted.yml")
        vault = ("--vault-password-file", str(self.secret_folder / "password"))
        return self.playbooks.play(path, hosts, *extra, *vault, env={**around, **more})

    def shows_nothing(self, run: Run) -> None:
        """Neither the output nor a file that is left has twelve characters in a row of a secret, in any spelling."""
        left = {str(path): path.read_bytes().decode("utf-8", "replace") for path in self.playbooks.folder.rglob("*") if path.is_file()}
        assert {Path(name).name for name in left} >= {"ansible.log", "results.jsonl"}
        parts = {form[start : start + LENGTH] for secret in self.secrets() for form in spellings(secret) for start in windows(form)}
        assert len(parts) > 1000
        for place, text in {"the output": run.output, **left}.items():
            found = {text[start : start + LENGTH] for start in windows(text)} & parts
            assert not found, (place, sorted(found)[:3], text[max(0, text.index(min(found)) - 400) :][:500])


def windows(text: str) -> range:
    return range(len(text) - LENGTH + 1)


def spellings(secret: str) -> Iterator[str]:
    yield from {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]}


@pytest.fixture
def world(emulator: Emulator, tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "secret"
    folder.mkdir()
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    (folder / "plain.pem").write_bytes(rsa_pair().pem())
    (folder / "identity.pfx").write_bytes(rsa_pair().pfx(PASSPHRASE))
    (folder / "assertion").write_text(SECRETS["ASSERTION"] + "\n")
    (folder / "password").write_text(SECRETS["VAULT_PASSWORD"] + "\n")
    vault = VaultLib([("default", VaultSecret(SECRETS["VAULT_PASSWORD"].encode()))])
    encrypted = vault.encrypt(SECRETS["VAULTED"]).decode().splitlines()
    (folder / "vaulted.yml").write_text("\n".join(["vaulted: !vault |", *(f"  {line}" for line in encrypted)]) + "\n")
    (folder / "sitecustomize.py").write_text(BREAK)
    stages = {name: Stage(name) for name in STAGES}
    with contextlib.ExitStack() as stack:
        addresses = {name: stack.enter_context(serving(stage, context)) for name, stage in stages.items()}
        yield World(Playbooks(emulator, tmp_path / "ansible"), folder, stages, addresses)


def breaking(world: World) -> dict[str, str]:
    """The environment in which whatever sends a request raises an error that quotes all secrets and all values around it."""
    return {"PYTHONPATH": str(world.secret_folder), "QUOTE": ",".join(SECRETS)}


def rotated(modules: list[str], stage: int) -> list[tuple[str, str]]:
    """Each module with one kind of credential, another one at each stage; and each kind with several modules."""
    kinds = list(CREDENTIALS)
    return [(module, kinds[(number + 3 * stage) % len(kinds)]) for number, module in enumerate(modules)]


def results_of(run: Run, modules: list[str]) -> dict[str, str]:
    """The messages of the tasks by module, each of which must be there."""
    found = {task.action.removeprefix(PREFIX): task.result.get("msg", "") for task in run.tasks if task.action.startswith(PREFIX)}
    assert set(found) == set(modules), run.output[-3000:]
    assert "Traceback" not in run.output
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_of_each_module_that_connects(world: World, stage: str) -> None:
    pairs = rotated(list(BASE), STAGES.index(stage))
    assert {kind for _module, kind in pairs} == set(CREDENTIALS)
    tasks = [world.task(module, stage, kind, process=False) for module, kind in pairs]
    broken = breaking(world) if stage == "breaking" else {}
    run = world.play(stage, tasks, stage, **broken, ANSIBLE_DEBUG=str(stage == "quiet"))
    world.shows_nothing(run)
    results = results_of(run, list(BASE))
    if stage == "breaking":
        assert [name for name, message in results.items() if INTERNAL not in message] == READS_ITS_TOKEN
        return
    assert world.stages[stage].signed_in == {"client_secret", "client_assertion"}
    assert (world.stages[stage].asked > len(BASE) / 2) is (stage != "refusing")


@pytest.mark.parametrize("stage", STAGES[1:])
def test_of_each_module_in_a_process(world: World, stage: str) -> None:
    """The start of a process takes a third of a second, so each module is at one of the stages at which something quotes the secrets."""
    pairs = rotated(list(BASE), 4)[STAGES.index(stage) - 1 :: 3]
    tasks = [world.task(module, stage, kind, process=True) for module, kind in pairs]
    broken = breaking(world) if stage == "breaking" else {}
    run = world.play(stage, tasks, stage, **broken, ANSIBLE_PIPELINING="True")
    world.shows_nothing(run)
    results = results_of(run, [module for module, _kind in pairs])
    assert world.stages[stage].signed_in
    broken_down = [module for module, _kind in pairs if stage == "breaking" and module not in READS_ITS_TOKEN]
    assert [name for name, message in results.items() if INTERNAL in message] == broken_down


@pytest.mark.parametrize("stage", STAGES)
def test_of_each_module_that_runs_in_the_controller(world: World, stage: str) -> None:
    """They read the variables of the links, which have the credentials of both tenants."""
    tasks = []
    for name in CONTROLLER:
        spec = argument_spec(name)
        options = {option: valid(about, option) for option, about in spec.items() if about.get("required")}
        if name == "topology_export":
            options["path"] = "topology.yml"
        tasks.append({"name": name, PREFIX + name: options, "ignore_errors": True, "register": "found"})
    broken = breaking(world) if stage == "breaking" else {}
    run = world.play(stage, tasks, stage, **broken, ANSIBLE_DEBUG=str(stage == "quiet"))
    world.shows_nothing(run)
    results_of(run, CONTROLLER)
    assert world.stages[stage].signed_in
    assert any(INTERNAL in json.dumps(task.result) for task in run.tasks) is (stage == "breaking")

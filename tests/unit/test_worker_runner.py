# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's worker as a host: the same checks, the same result and the same secrets as in a module process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail

from ansible_collections.entra.cross_tenant_sync.plugins.action.link_info import ActionModule
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import module_runner
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Inquiry, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.modules import sync_job
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import worker_runner
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import (
    COLLECTION,
    PROCESS_VARIABLE,
    connecting_module,
    run_in_worker,
)
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import COLLECTIONS, REPOSITORY
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, FakeGraph, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.module_args import module_args
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService, new_job

NAME = "entra.cross_tenant_sync.probe"
MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
SECRETS = {
    "client_secret": "very-secret-client-secret",
    "certificate": "very-secret-certificate",
    "certificate_passphrase": "very-secret-passphrase",
    "access_token": "very-secret-access-token",
}
ENVIRONMENT = (
    "TENANT_ID",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "CLIENT_CERTIFICATE_PATH",
    "CLIENT_CERTIFICATE_PASSWORD",
    "AUTHORITY_HOST",
    "SECRET",
    "TENANT",
)
SPEC = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": ["a", "b"]},
    "count": {"type": "int", "default": 3},
    "users": {"type": "list", "elements": "str"},
    "trust": {"type": "dict", "options": {"mfa": {"type": "bool"}}},
    "other": {"type": "dict", "options": {"word": {"type": "str", "no_log": True, "aliases": ["key"]}, "name": {"type": "str"}}},
}
OPTIONS = Options(SPEC, {"mutually_exclusive": [("kind", "users")]}, writes=False)


def echo(_client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """Everything a careless resource could tell."""
    texts = [f"with {params.get(name)} inside" for name in SECRETS]
    return {"told": texts, "nested": {"deep": [{"token": params.get("access_token")}]}, "count": params["count"], "name": params["name"]}


def refuse(_client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    raise Refusal(f"{params['client_secret']} cannot be")


def fault(client: Client, _params: Mapping[str, Any]) -> dict[str, Any]:
    client.get("/things?$filter=x")
    return {}


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is reached, and nothing of the surroundings is taken for an option."""
    for variable in ENVIRONMENT:
        monkeypatch.delenv(f"AZURE_{variable}", raising=False)
    graph = FakeGraph(lambda _request: refusal(403, "Authorization_RequestDenied", "Not with very-secret-access-token."))
    monkeypatch.setattr(engine, "connect", lambda *_unused: graph)
    loader = SimpleNamespace(find_plugin_with_context=lambda name, **_unused: SimpleNamespace(resolved_fqcn=name))
    monkeypatch.setattr(worker_runner, "module_loader", loader)


def silent(_message: str) -> None:
    """Nobody watches."""


def here(
    args: Mapping[str, Any], read: Callable[[Client, Mapping[str, Any]], dict[str, Any]] = echo, check: bool = False
) -> dict[str, Any]:
    return run_in_worker(NAME, Inquiry(read), OPTIONS, args, check, silent)


class Process:
    """The same task in a module process, as far as `AnsibleModule` is one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, args: Mapping[str, Any], read: Callable[[Client, Mapping[str, Any]], dict[str, Any]] = echo) -> dict[str, Any]:
        with module_args({**args, "_ansible_module_name": NAME}), pytest.raises(SystemExit):
            module_runner.run_module(Inquiry(read), OPTIONS)
        result: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        return result


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Process:
    return Process(monkeypatch, capsys)


class TestSameAsAModule:
    @pytest.mark.parametrize("read", [echo, refuse, fault])
    @pytest.mark.parametrize(
        "args",
        [
            pytest.param({"name": "x"}, id="least"),
            pytest.param({"name": "x", **SECRETS}, id="secrets"),
            pytest.param({"name": "x", "tenant": SOURCE, "secret": "very-secret-client-secret"}, id="aliases"),
            pytest.param({"name": 5, "count": "7", "trust": {"mfa": "yes"}, "users": "a,b", "client_secret": 12345}, id="other types"),
            pytest.param({"name": "very-secret-client-secret", "client_secret": "very-secret-client-secret"}, id="a name that is a secret"),
            pytest.param({"name": "a very-secret-x", "client_secret": "secret", "access_token": "very-secret"}, id="one secret in another"),
            pytest.param({"name": "x", "client_secret": "3"}, id="a secret that is a number elsewhere"),
            pytest.param({"name": "x", "client_secret": ""}, id="an empty secret"),
            pytest.param({"name": "x", "client_secret": " \n"}, id="a blank secret"),
            pytest.param({"name": "a very-secret-word", "client_secret": "very-secret-word\n"}, id="a secret with the line end of a file"),
            pytest.param({"name": "a very-secret-word", "other": {"word": "very-secret-word", "name": "y"}}, id="a secret inside"),
            pytest.param({"name": "a very-secret-word", "other": {"key": "very-secret-word"}}, id="a secret inside, by its alias"),
            pytest.param({"name": "a very-secret-word", "other": {"wrd": "very-secret-word"}}, id="a secret inside, misspelt"),
            pytest.param({"name": "x", "nmae": "y"}, id="unsupported"),
            pytest.param({"name": "x", "trust": {"mfaa": True}}, id="unsupported, nested"),
            pytest.param({"nmae": "y", **SECRETS}, id="unsupported and missing"),
            pytest.param({}, id="missing"),
            pytest.param({"name": None}, id="missing, null"),
            pytest.param({"name": "x", "kind": "c"}, id="no choice"),
            pytest.param({"name": "x", "kind": "very-secret-client-secret", **SECRETS}, id="no choice, a secret"),
            pytest.param({"name": "x", "count": "many"}, id="no number"),
            pytest.param({"name": "x", "count": "very-secret-client-secret", **SECRETS}, id="no number, a secret"),
            pytest.param({"name": "x", "kind": "a", "users": ["b"]}, id="mutually exclusive"),
            pytest.param({"name": "x", "cloud": "moon", "auth_method": "none"}, id="two wrong choices"),
        ],
    )
    def test_whatever_is_given(self, process: Process, args: dict[str, Any], read: Callable[..., dict[str, Any]]) -> None:
        expected = process.run(args, read)
        for added in ("exception", "warnings", "deprecations"):
            expected.pop(added, None)
        assert json.loads(json.dumps(here(args, read))) == expected

    def test_secrets_of_the_environment(self, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRETS["client_secret"])
        monkeypatch.setenv("AZURE_TENANT_ID", SOURCE)
        result = here({"name": "x"})
        assert result["invocation"]["module_args"]["tenant_id"] == SOURCE
        assert "very-secret" not in json.dumps(result)
        assert result == process.run({"name": "x"})

    def test_an_option_and_its_alias_together_are_warned_of(self) -> None:
        """Ansible takes the alias; a module process says so by itself."""
        args = {"name": "x", "client_secret": "one-secret", "secret": "other-secret"}
        assert here(args).get("warnings") == ["Both option client_secret and its alias secret are set."]


class TestSecrets:
    @pytest.mark.parametrize("option", SECRETS)
    def test_every_secret_option_is_masked_wherever_it_shows(self, option: str) -> None:
        result = here({"name": "x", option: SECRETS[option]})
        assert SECRETS[option] not in json.dumps(result)
        assert result["invocation"]["module_args"][option] == MASK
        assert "with ******** inside" in result["told"]

    @pytest.mark.parametrize("read", [refuse, fault])
    def test_in_failures(self, read: Callable[..., dict[str, Any]]) -> None:
        result = here({"name": "x", "tenant_id": SOURCE, **SECRETS}, read)
        assert result["failed"] is True
        assert "very-secret" not in json.dumps(result)
        assert "********" in result["msg"]

    def test_what_is_no_secret_stays(self) -> None:
        result = here({"name": "x", "tenant_id": SOURCE, "client_id": "app", **SECRETS})
        assert result["invocation"]["module_args"] | dict.fromkeys(SECRETS) == {
            **dict.fromkeys(SECRETS),
            **dict.fromkeys(("kind", "users", "trust", "other", "certificate_path", "graph_endpoint", "login_endpoint", "ca_path")),
            **dict.fromkeys(("exchange_endpoint", "exchange_group")),
            "exchange": False,
            **dict.fromkeys(("federated_token", "federated_token_file", "proxy")),
            "name": "x",
            "tenant_id": SOURCE,
            "client_id": "app",
            "count": 3,
            "auth_method": "auto",
            "cloud": "global",
            "validate_certs": True,
            "connect_timeout": 10,
            "timeout": 30,
            "retries": 5,
        }

    def test_the_options_of_the_task_are_left_alone(self) -> None:
        """A loop or a retry uses them again."""
        args = {"name": "x", "trust": {"mfa": "yes"}, "users": ["a"], **SECRETS}
        before = json.dumps(args)
        here(args)
        assert json.dumps(args) == before


class TestChecks:
    @pytest.mark.parametrize(
        ("args", "msg"),
        [
            ({}, "missing required arguments: name"),
            ({"name": "x", "kind": "c"}, "kind must be one of a, b; it is 'c'."),
            ({"name": "x", "kind": "a", "users": ["b"]}, "parameters are mutually exclusive: kind|users"),
            ({"name": "x", "cloud": "moon"}, "cloud must be one of global, "),
        ],
        ids=str,
    )
    def test_what_is_wrong(self, args: dict[str, Any], msg: str) -> None:
        result = here(args)
        assert result["failed"] is True
        assert result["msg"].startswith(msg)
        assert "told" not in result

    def test_unsupported_options_are_named_with_the_module(self) -> None:
        msg = here({"name": "x", "zzz": 1, "nmae": "y"})["msg"]
        assert msg.startswith(f"Unsupported parameters for ({NAME}) module: nmae, zzz. Supported parameters include: ")
        assert "name" in msg

    def test_options_that_are_wrong_reach_nobody(self) -> None:
        reached: list[Any] = []

        def note(_client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
            reached.append(params)
            return {}

        here({"name": "x", "kind": "c"}, note)
        assert reached == []


class TestResult:
    def test_of_success(self) -> None:
        result = here({"name": "x", "count": "7"})
        assert (result["changed"], result["count"], result["name"]) == (False, 7, "x")
        assert "failed" not in result

    def test_of_a_refusal(self) -> None:
        result = here({"name": "x", "tenant_id": SOURCE}, refuse)
        assert result["msg"] == f"Tenant {SOURCE}: None cannot be."
        assert result["error"] == {"code": "Refused"}
        assert set(result) == {"failed", "msg", "error", "invocation"}

    def test_details_of_a_failure(self) -> None:
        result = here({"name": "x", "tenant_id": SOURCE}, fault)
        assert result["failed"] is True
        assert result["error"] == {
            "status": 403,
            "code": "Authorization_RequestDenied",
            "request_id": "inner-request",
            "client_request_id": None,
            "method": "GET",
            "path": "/things",
        }

    def test_a_fault_of_ours_is_not_hidden(self) -> None:
        def broken(_client: Client, _params: Mapping[str, Any]) -> dict[str, Any]:
            raise KeyError("ours")

        result = here({"name": "x"}, broken)
        assert result["failed"] is True
        assert result["msg"].startswith("An error of the collection itself: KeyError in ")


class Job:
    """A job that is started, and whose first cycle ends after some reads of it."""

    def __init__(self) -> None:
        self.link = Link("Fabrikam", id="sp", jobs=[new_job()])
        self.service = SourceService([self.link])
        self.polls = 0

    def __call__(self, request: Request) -> Outcome:
        if (request.method, request.path) != ("GET", "/servicePrincipals/sp/synchronization/jobs/Azure2Azure.1"):
            return self.service(request)
        self.polls += 1
        ended = "2026-11-23T03:01:00Z" if self.polls > 2 else "0001-01-01T00:00:00Z"
        self.link.jobs[0]["status"] = {"code": "Active", "lastExecution": {"timeEnded": ended, "state": "Succeeded"}}
        return Reply(200, self.link.jobs[0])


@pytest.fixture
def a_job(monkeypatch: pytest.MonkeyPatch) -> FakeGraph:
    clock = FakeClock()
    graph = FakeGraph(Job(), clock=clock)
    monkeypatch.setattr(engine, "connect", lambda *_unused: graph)
    monkeypatch.setattr(engine, "Pace", clock.pace)
    return graph


START = {"tenant_id": SOURCE, "configuration": "Fabrikam", "wait": "first_cycle"}


class TestProgress:
    def test_a_long_wait_is_told(self, a_job: FakeGraph) -> None:
        said: list[str] = []
        result = run_in_worker(NAME, sync_job.SUBJECT, sync_job.OPTIONS, START, False, said.append)
        wanted = rf"Tenant {SOURCE}: waiting for the end of a cycle \(\d+ of at most \d+ seconds\): status Active"
        assert [bool(re.fullmatch(wanted, one)) for one in said] == [True, True], said
        assert result["changed"] is True
        assert a_job.writes == ["POST /servicePrincipals/sp/synchronization/jobs/Azure2Azure.1/start"]

    def test_check_mode_writes_nothing(self, a_job: FakeGraph) -> None:
        said: list[str] = []
        result = run_in_worker(NAME, sync_job.SUBJECT, sync_job.OPTIONS, START, True, said.append)
        assert (result["changed"], said, a_job.writes) == (True, [], [])


def plugin_of(args: Mapping[str, Any] | None = None, **rest: Any) -> Any:
    """An action plugin as the task executor makes it, for a task that nothing speaks against unless ``rest`` does."""
    given: dict[str, Any] = {
        "action": f"{COLLECTION}.sync_job",
        "async_val": 0,
        "environment": None,
        "become": False,
        "transport": "local",
        "check": False,
        **rest,
    }
    task = SimpleNamespace(
        action=given["action"],
        args=dict(args or {}),
        async_val=given["async_val"],
        check_mode=given["check"],
        environment=given["environment"],
        no_log=False,
        diff=False,
        collections=None,
    )
    shell = SimpleNamespace(tmpdir=None)
    plugin_class: Any = ActionModule
    return plugin_class(
        task,
        SimpleNamespace(transport=given["transport"], _shell=shell),
        SimpleNamespace(become=given["become"], check_mode=given["check"]),
        None,
        SimpleNamespace(template=lambda value: TEMPLATES.get(value, value)),
        None,
    )


TEMPLATES = {"{{ yes }}": True, "{{ no }}": "false"}


class TestWhere:
    @pytest.mark.parametrize(
        ("task", "variables", "process"),
        [
            pytest.param({}, {}, False, id="a local task"),
            pytest.param({"transport": "ssh"}, {}, True, id="elsewhere"),
            pytest.param({"transport": "docker"}, {}, True, id="in a container"),
            pytest.param({"become": True}, {}, True, id="as somebody else"),
            pytest.param({"become": None}, {}, False, id="become not said"),
            pytest.param({"async_val": 60}, {}, True, id="in the background"),
            pytest.param({"environment": []}, {}, False, id="no environment"),
            pytest.param({"environment": [{}]}, {}, False, id="an empty environment"),
            pytest.param({"environment": [None, {}]}, {}, False, id="environments that say nothing"),
            pytest.param({"environment": [{}, {"HTTPS_PROXY": "http://proxy"}]}, {}, True, id="an environment"),
            pytest.param({"environment": ["{{ proxies }}"]}, {}, True, id="an environment to be known later"),
            pytest.param({"check": True}, {}, False, id="check mode"),
            pytest.param({}, {PROCESS_VARIABLE: True}, True, id="asked for"),
            pytest.param({}, {PROCESS_VARIABLE: "yes"}, True, id="asked for in words"),
            pytest.param({}, {PROCESS_VARIABLE: "true"}, True, id="asked for on the command line"),
            pytest.param({}, {PROCESS_VARIABLE: "{{ yes }}"}, True, id="asked for by a template"),
            pytest.param({}, {PROCESS_VARIABLE: "{{ no }}"}, False, id="asked against by a template"),
            pytest.param({}, {PROCESS_VARIABLE: False}, False, id="asked against"),
            pytest.param({}, {PROCESS_VARIABLE: ""}, False, id="said nothing"),
            pytest.param({}, {PROCESS_VARIABLE: "nonsense"}, False, id="nonsense"),
            pytest.param({"transport": "ssh"}, {PROCESS_VARIABLE: False}, True, id="asked against, but elsewhere"),
        ],
    )
    def test_decision_table(self, task: dict[str, Any], variables: dict[str, Any], process: bool) -> None:
        assert plugin_of(**task)._needs_process(variables) is process

    def test_a_library_that_is_missing_here_may_be_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The module's interpreter may be another one; and if not, the module knows how to say what is missing."""
        monkeypatch.setattr(worker_runner, "incomplete", lambda: ImportError("msal"))
        assert plugin_of()._needs_process({}) is True

    def test_nothing_speaks_against_it(self, monkeypatch: pytest.MonkeyPatch, a_job: FakeGraph) -> None:
        plugin = plugin_of(START)
        said: list[str] = []
        monkeypatch.setattr(plugin, "_display", SimpleNamespace(display=said.append))
        monkeypatch.setattr(plugin, "_execute_module", lambda **_rest: pytest.fail("a process was started"))
        result = plugin.run(None, None)
        assert result["changed"] is True
        assert result["invocation"]["module_args"]["configuration"] == "Fabrikam"
        assert len(said) == 2
        assert a_job.writes

    def test_check_mode_of_the_task(self, a_job: FakeGraph) -> None:
        assert plugin_of(START, check=True).run(None, {})["changed"] is True
        assert a_job.writes == []

    def test_a_process_gets_the_task_as_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        plugin = plugin_of(START, transport="ssh")
        asked: list[dict[str, Any]] = []

        def execute(**rest: Any) -> dict[str, Any]:
            asked.append(rest)
            return {"changed": False, "from": "process"}

        monkeypatch.setattr(plugin, "_execute_module", execute)
        assert plugin.run(None, {"a": 1})["from"] == "process"
        assert asked == [{"module_name": "entra.cross_tenant_sync.sync_job", "task_vars": {"a": 1}, "wrap_async": False}]

    def test_a_task_in_the_background_gets_a_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        plugin = plugin_of(START, async_val=60)
        asked: list[dict[str, Any]] = []

        def execute(**rest: Any) -> dict[str, Any]:
            asked.append(rest)
            return {"started": 1}

        monkeypatch.setattr(plugin, "_execute_module", execute)
        assert plugin.run(None, {})["started"] == 1
        assert asked[0]["wrap_async"] is True

    def test_the_module_has_the_name_that_it_was_found_by(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The task's own name may be short, or another collection's that leads here."""
        plugin = plugin_of()
        asked: list[tuple[str, Any]] = []

        def find(name: str, collection_list: Any) -> SimpleNamespace:
            asked.append((name, collection_list))
            return SimpleNamespace(resolved_fqcn=f"{COLLECTION}.sync_job")

        monkeypatch.setattr(worker_runner, "module_loader", SimpleNamespace(find_plugin_with_context=find))
        plugin._task.action, plugin._task.collections = "job", ["our.names"]
        assert plugin._module_name() == f"{COLLECTION}.sync_job"
        assert asked == [("job", ["our.names"])]

    def test_a_name_of_no_module_is_refused(self) -> None:
        plugin = plugin_of(action="other.collection.thing")
        with pytest.raises(
            AnsibleActionFail,
            match=r"^other\.collection\.thing is not a module of entra\.cross_tenant_sync that connects to Microsoft Graph\.$",
        ):
            plugin.run(None, {})

    def test_every_module_that_connects_is_known(self) -> None:
        connecting = yaml.safe_load((REPOSITORY / "meta" / "runtime.yml").read_text())["action_groups"]["graph"]
        names = [path.stem for path in sorted((REPOSITORY / "plugins" / "modules").glob("[!_]*.py"))]
        assert [name for name in names if connecting_module(f"{COLLECTION}.{name}")] == connecting
        assert connecting_module(f"{COLLECTION}.sync_job") is sync_job
        assert connecting_module(f"{COLLECTION}.no_module") is connecting_module("other.collection.sync_job") is None

    def test_it_is_loaded_before_workers_are_forked(self) -> None:
        """ansible-core finds the action plugin of a task, in the parent, when it reads the task."""
        program = (
            "import sys\n"
            "from ansible.plugins.loader import init_plugin_loader\n"
            "from ansible.playbook.task import Task\n"
            "init_plugin_loader()\n"
            f"task = Task.load({{'{COLLECTION}.sync_job': {{}}}})\n"
            f"print('ansible_collections.{COLLECTION}.plugins.action.link_info' in sys.modules)\n"
        )
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
        done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
        assert done.stdout == "True\n"

    @pytest.mark.parametrize(
        ("task", "times"),
        [({"transport": "ssh"}, 2), ({"become": True}, 2), ({"async_val": 60}, 2), ({"environment": [{"HTTPS_PROXY": "http://proxy"}]}, 0)],
    )
    def test_what_is_written_out_of_sight_ends_what_was_read(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, task: dict[str, Any], times: int
    ) -> None:
        """Before it is written and after: only a process of the same user on the same machine says so itself."""
        tmp_path.chmod(0o700)
        monkeypatch.setattr(worker_runner, "run_folder", lambda: str(tmp_path))
        ended: list[RunCache] = []
        monkeypatch.setattr(worker_runner, "invalidate_all", ended.append)
        plugin = plugin_of(START, **task)
        seen: list[int] = []

        def execute(**_rest: Any) -> dict[str, Any]:
            seen.append(len(ended))
            return {}

        monkeypatch.setattr(plugin, "_execute_module", execute)
        plugin.run(None, {})
        assert (seen, len(ended)) == ([times // 2], times)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Malformed options: a one-sentence message that names the option, no request, no text of Python; in the worker and in a module."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import module_runner
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import checks
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import run_in_worker
from ansible_collections.entra.cross_tenant_sync.tests.support.cases import check_each
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.module_args import module_args

PREFIX = "ansible_collections.entra.cross_tenant_sync.plugins.modules."
APPLICATION = "11111111-1111-4111-8111-111111111111"
SECRET = "very-secret-client-secret"
SIGN_IN = {"client_id": APPLICATION, "client_secret": SECRET}
LONG = "x" * 300
RAW = (
    "Traceback",
    "NoneType",
    "KeyError",
    "TypeError",
    "ValueError",
    "invalid literal",
    "<class",
    "object has no attribute",
    "Errno",
    "codec",
    "unable to convert",
    "Expecting value",
    "Invalid IPv6",
    "isoformat",
    "badly formed",
)
"""Words in error messages of Python and its libraries."""

BASE: dict[str, dict[str, Any]] = {
    "address_book_info": {"people": ["minsu.kim@contoso.kr"]},
    "address_book_visibility": {"people": ["minsu.kim@contoso.kr"], "exchange": True},
    "coverage_info": {"target": {"tenant_id": TARGET, **SIGN_IN}},
    "cross_tenant_capability": {"partner_tenant_id": TARGET, "free_busy": "basic", "scope": "all"},
    "cross_tenant_capability_info": {},
    "cross_tenant_policy": {"partner_tenant_id": TARGET, "user_sync_inbound": True},
    "cross_tenant_policy_info": {},
    "impact_info": {"configuration": "Fabrikam", "target": {"tenant_id": TARGET, **SIGN_IN}},
    "link_info": {"configuration": "Fabrikam", "target": {"tenant_id": TARGET, **SIGN_IN}},
    "person_info": {"configuration": "Fabrikam", "user": "minsu.kim@contoso.kr", "target": {"tenant_id": TARGET, **SIGN_IN}},
    "preflight_info": {"side": "source", "partner_tenant_id": TARGET},
    "provisioning_log_info": {"configuration": "Fabrikam"},
    "sizing_info": {"configuration": "Fabrikam", "target": {"tenant_id": TARGET, **SIGN_IN}},
    "sync_configuration": {"name": "Fabrikam", "target_tenant_id": TARGET},
    "sync_configuration_info": {},
    "sync_deprovision": {"configuration": "Fabrikam", "target": {"tenant_id": TARGET, **SIGN_IN}},
    "sync_job": {"configuration": "Fabrikam"},
    "sync_job_info": {"configuration": "Fabrikam"},
    "sync_mapping": {"configuration": "Fabrikam"},
    "sync_on_demand": {"configuration": "Fabrikam", "users": ["minsu.kim@contoso.kr"]},
    "sync_scope": {"configuration": "Fabrikam"},
    "synced_group_info": {},
    "synced_user_info": {"source_domains": ["contoso.kr"]},
    "tenant_info": {},
    "watch_info": {"configuration": "Fabrikam", "target": {"tenant_id": TARGET, **SIGN_IN}},
}
"""The options of a valid task, by module."""

NOT_TENANTS = (
    "contoso",
    "common",
    "con toso.kr",
    "a0c898ca-2445-4e74-ab4b",
    "https://contoso.kr",
    "contoso..kr",
    "x@contoso.kr",
    True,
    ["a.b"],
)
NOT_NUMBERS = ("many", "5 seconds", "1.5", 1.5, True, "", [5], {"a": 5}, "0x10", "1_000")
NOT_BOOLEANS = ("maybe", 2, "yess", [True], {"yes": True})
NOT_LINES = ("Fab\nrikam", "Fab\x00rikam", "Fab\ud800rikam", ["Fabrikam"], {"name": "Fabrikam"}, True, False)
NOT_ENDPOINTS = (
    "http://localhost",
    "https://[::1",
    "https://",
    "https://host:port",
    "https://host:99999",
    "https://ho st",
    "https://host?x=1",
    "ftp://host",
)
NOT_PROXIES = ("http://jürgen:secret@proxy:8080", "ftp://proxy", "http://[::1", "http://proxy:port", "http://", "pro xy:8080")
NOT_MOMENTS = (
    "yesterday",
    "2026-13-01",
    "2026-02-30T00:00:00Z",
    "2026-11-23T25:00:00Z",
    "2026-11-23T02:61Z",
    "2026-11-23 02:00",
    "2026-11-23T02:00:00+25:00",
    "1",
)
NOT_ADDRESSES = ("identity", "@contoso.kr", "a@", "a b@contoso.kr", "a@contoso.kr, b@contoso.kr", "a@contoso", True, ["a@contoso.kr"])


@dataclass(frozen=True)
class Case:
    """Malformed options of a task, and the text that the message must contain, such as the name of the option."""

    module: str
    given: Mapping[str, Any]
    named: str

    def __str__(self) -> str:
        (value,) = list(self.given.values())[:1] or [None]
        return f"{self.module} {self.named} {value!a:.40}"


def each(module: str, option: str, values: Any) -> Iterator[Case]:
    yield from (Case(module, {option: value}, option) for value in values if value != "")


def in_target(option: str, values: Any) -> Iterator[Case]:
    for value in values:
        if value != "":
            yield Case("link_info", {"target": {"tenant_id": TARGET, **SIGN_IN, option: value}}, f"target.{option}")


def connections() -> Iterator[Case]:
    """Options that every module has; each value in another module."""
    table: list[tuple[str, Any]] = [
        ("tenant_id", NOT_TENANTS),
        ("client_id", ("two words", "id\nid", "ünïcode", ["x"], True)),
        ("client_secret", ("two\nlines", ["x"], {"a": 1}, True)),
        ("access_token", ("a\x00b", "ticket-ž", "two words", ["x"])),
        ("federated_token", ("ticket-ž", ["x"])),
        ("certificate", ("a\x00b", ["x"])),
        ("certificate_path", ("two\nlines", ["x"], True)),
        ("auth_method", ("secret", "AUTO", 5)),
        ("cloud", ("moon", "Global", 5)),
        ("graph_endpoint", NOT_ENDPOINTS),
        ("login_endpoint", NOT_ENDPOINTS),
        ("exchange", NOT_BOOLEANS),
        ("exchange_endpoint", NOT_ENDPOINTS),
        ("exchange_group", (LONG, *NOT_LINES)),
        ("ca_path", ("/nowhere/ca.pem", "two\nlines", True, ["x"])),
        ("validate_certs", NOT_BOOLEANS),
        ("proxy", NOT_PROXIES),
        ("connect_timeout", (0, -1, 10**12, *NOT_NUMBERS)),
        ("timeout", (0, -1, 10**12, "1000000000000", *NOT_NUMBERS)),
        ("retries", (-1, 10**6, *NOT_NUMBERS)),
    ]
    modules = list(BASE)
    number = 0
    for option, values in table:
        for value in values:
            number += 1
            if value != "":
                yield Case(modules[number % len(modules)], {option: value}, option)
    for option, values in table:
        yield from in_target(option, values[:3])


def required() -> Iterator[Case]:
    """Required options, empty, blank, null and missing."""
    for module, base in BASE.items():
        spec = importlib.import_module(PREFIX + module).OPTIONS.argument_spec()
        for option in base:
            if spec[option].get("required"):
                yield from (Case(module, {option: value}, f"{option} is required; it is empty") for value in ("", "  ", None, "\r\n"))
                yield Case(module, {option: ...}, option)
    yield Case("sync_on_demand", {"users": ["", " "]}, "users is required; it is empty")
    yield from (
        Case("link_info", {"target": {"tenant_id": value}}, "target.tenant_id is required; it is empty") for value in ("", " ", None)
    )
    yield Case("link_info", {"target": {}}, "target.tenant_id is required; it is missing")


def own() -> Iterator[Case]:
    """Each module's own options."""
    for module, option in (
        ("sync_configuration", "name"),
        ("sync_job", "configuration"),
        ("link_info", "configuration"),
        ("sync_scope", "configuration"),
    ):
        yield from each(module, option, (LONG, *NOT_LINES))
    for module, option in (
        ("cross_tenant_capability", "partner_tenant_id"),
        ("cross_tenant_capability_info", "partner_tenant_id"),
        ("cross_tenant_policy", "partner_tenant_id"),
        ("cross_tenant_policy_info", "partner_tenant_id"),
        ("preflight_info", "partner_tenant_id"),
        ("sync_configuration", "target_tenant_id"),
        ("sync_configuration_info", "target_tenant_id"),
    ):
        yield from each(module, option, NOT_TENANTS)
    for module in ("synced_user_info", "address_book_info", "address_book_visibility"):
        yield from each(module, "source_tenant_id", ("contoso.kr", "x", True))
        yield Case(module, {"source_domains": ["contoso.kr", "kim@contoso.kr"]}, "source_domains[1]")
    for module in ("address_book_info", "address_book_visibility"):
        yield from each(module, "people", (5.5j, {"a": 1}, True))
        yield Case(module, {"people": ["a@contoso.kr", "b\nc"]}, "people[1]")
        yield from each(module, "global_address_list", (LONG, *NOT_LINES))
        yield Case(module, {"people": []}, "people")
    yield from each("address_book_info", "max_unlisted", (-1, 2**31, *NOT_NUMBERS))
    yield Case("address_book_info", {"must_be_listed": ["a@contoso.kr", "b\nc"]}, "must_be_listed[1]")
    yield Case("address_book_info", {"source": {"tenant_id": SOURCE, **SIGN_IN}}, "configuration")
    yield Case("address_book_info", {"source": {"tenant_id": SOURCE, **SIGN_IN, "cloud": "moon"}}, "source.cloud")
    yield from each("address_book_visibility", "max_changes", (-1, 2**31, *NOT_NUMBERS))
    yield from each("address_book_visibility", "external_address", NOT_BOOLEANS)
    yield Case("address_book_visibility", {"exchange_group": "cts@fabrikam.kr"}, "exchange_group")
    yield Case("address_book_visibility", {"commands_path": "/nowhere/at/all/commands.ps1"}, "commands_path")
    yield from each("cross_tenant_capability", "free_busy", ("everything", 5, ["basic"]))
    yield from each("cross_tenant_capability", "profile_card", NOT_BOOLEANS)
    yield from each("cross_tenant_capability", "trust_all_users", NOT_BOOLEANS)
    yield from each("cross_tenant_capability", "scope", ("some", 5))
    yield from each("cross_tenant_capability", "groups", ([LONG], *([line] for line in NOT_LINES)))
    yield from each("cross_tenant_capability", "excluded_groups", ([LONG], *([line] for line in NOT_LINES)))
    yield from each("cross_tenant_capability", "keep", (["nothing"], "nothing"))
    yield from each("cross_tenant_policy", "user_sync_inbound", NOT_BOOLEANS)
    yield from each("cross_tenant_policy", "display_name", (LONG, *NOT_LINES))
    yield from each("cross_tenant_policy", "state", ("missing", 5))
    yield from each("cross_tenant_policy", "inherit", (["nothing"], "nothing"))
    yield from each("cross_tenant_policy", "inbound_trust", ("mfa", 5, ["mfa"]))
    yield Case("cross_tenant_policy", {"inbound_trust": {"mfa": "maybe"}}, "inbound_trust.mfa")
    for part, named in (
        ({}, "access_type is required; it is missing"),
        ({"access_type": "x", "targets": []}, "access_type"),
        ({"access_type": "allowed", "targets": "AllUsers"}, "targets"),
        ({"access_type": "allowed", "targets": [{"target_type": "user"}]}, "targets[0].target is required; it is missing"),
        ({"access_type": "allowed", "targets": [{"target": " ", "target_type": "user"}]}, "targets[0].target is required; it is empty"),
        ({"access_type": "allowed", "targets": [{"target": "a\nb", "target_type": "user"}]}, "targets[0].target"),
        ({"access_type": "allowed", "targets": [{"target": "AllUsers", "target_type": "users"}]}, "targets[0].target_type"),
    ):
        yield Case(
            "cross_tenant_policy", {"b2b_collaboration_inbound": {"applications": part}}, f"b2b_collaboration_inbound.applications.{named}"
        )
    for module in ("sync_configuration", "link_info"):
        yield from each(module, "notification_email", NOT_ADDRESSES)
        yield from each(module, "deletion_threshold", (-1, 2**31, *NOT_NUMBERS))
    for module in ("impact_info", "sync_scope", "sync_mapping", "sync_deprovision"):
        yield from each(module, "impact_limit", (-1, 2**31, *NOT_NUMBERS))
        yield from each(module, "protected_importance", (["wealth"], "roles, wealth", 5))
        yield Case(module, {"protected": ["a@contoso.kr", "b\nc"]}, "protected[1]")
        yield Case(module, {"protected_release": ["a@contoso.kr", "b\nc"]}, "protected_release[1]")
    for module in ("sync_mapping", "sync_deprovision"):
        yield from each(module, "max_removals", (-1, *NOT_NUMBERS))
        yield from each(module, "max_removal_percent", (-1, 101, *NOT_NUMBERS))
    for module in ("sync_scope", "sync_mapping"):
        yield from each(module, "judged", NOT_BOOLEANS)
        yield Case(module, {"target": {"tenant_id": TARGET, **SIGN_IN, "cloud": "moon"}}, "target.cloud")
    yield from each("impact_info", "harmful_only", NOT_BOOLEANS)
    for prefix, module in (("", "sync_scope"), ("scope_", "link_info"), ("scope_", "impact_info")):
        yield from each(module, f"{prefix}max_removals", (-1, *NOT_NUMBERS))
        yield from each(module, f"{prefix}max_removal_percent", (-1, 101, *NOT_NUMBERS))
        yield from each(module, f"{prefix}mode", ("some", 5))
        yield from each(module, f"{prefix}exact", NOT_BOOLEANS)
        yield from each(module, f"{prefix}users", (5.5j, {"a": 1}, True))
        yield Case(module, {f"{prefix}users": ["a@contoso.kr", "b\nc"]}, f"{prefix}users[1]")
        yield Case(module, {f"{prefix}users": [["a"]]}, f"{prefix}users[0]")
        yield Case(module, {f"{prefix}groups": ["Sales", True]}, f"{prefix}groups[1]")
        yield Case(module, {f"{prefix}groups": [LONG]}, f"{prefix}groups[0]")
    yield from each("person_info", "user", (*NOT_LINES, ["a", "b"]))
    yield from each("person_info", "global_address_list", (LONG, *NOT_LINES))
    yield Case("sync_mapping", {"try_on": ["a@contoso.kr", "b\nc"]}, "try_on[1]")
    yield from each("sync_scope", "visibility_timeout", (-1, 10**12, *NOT_NUMBERS))
    yield from each("sync_job", "wait_timeout", (-1, 10**12, *NOT_NUMBERS))
    yield from each("sync_job", "wait", ("long", 5))
    yield from each("sync_job", "restart_reason", ("because",))
    yield from each("sync_job", "acknowledge_full", NOT_BOOLEANS)
    yield from each("provisioning_log_info", "since", NOT_MOMENTS)
    yield from each("provisioning_log_info", "until", NOT_MOMENTS)
    yield from each("provisioning_log_info", "limit", (-1, 2**31, *NOT_NUMBERS))
    yield from each("provisioning_log_info", "statuses", (["failed"], "failed"))
    yield from each("preflight_info", "side", ("both", 5))
    yield Case("preflight_info", {"arriving_users": [{"mail": "x"}]}, "arriving_users[0].user_principal_name is required; it is missing")
    yield Case(
        "preflight_info",
        {"arriving_users": [{"user_principal_name": ""}]},
        "arriving_users[0].user_principal_name is required; it is empty",
    )
    yield from each("sizing_info", "scope_mode", ("some", 5))
    yield from each("sizing_info", "scope_exact", NOT_BOOLEANS)
    yield from each("sizing_info", "differences", (5, "many", [5], [{}], [{"actions": 5}], [{"actions": [5]}]))
    yield Case("sizing_info", {"scope_users": ["a@contoso.kr", "b\nc"]}, "scope_users[1]")
    yield from each("watch_info", "max_removals", (-1, *NOT_NUMBERS))
    yield from each("watch_info", "max_removal_percent", (-1, 101, *NOT_NUMBERS))
    yield from each("watch_info", "impact_limit", (-1, 2**31, *NOT_NUMBERS))
    yield from each("watch_info", "protected_importance", (["role"], "roles, owner"))
    yield from each("watch_info", "fail_on_findings", NOT_BOOLEANS)
    yield from each("coverage_info", "limit", (-1, 2**31, *NOT_NUMBERS))
    yield Case("tenant_info", {"resolve": "fabrikam.kr, nowhere"}, "resolve[1]")
    yield from mappings()


def mappings() -> Iterator[Case]:
    for module in ("sync_mapping", "link_info"):
        yield from each(module, "mappings", ("department", 5, [5], ["department"], {"target": "x"}, "[{", "{}x"))
        for mapping, named in (
            ({}, "mappings[1].target is required; it is missing"),
            ({"target": " "}, "mappings[1].target is required; it is empty"),
            ({"target": ["x"]}, "mappings[1].target"),
            ({"target": "x", "apply": "sometimes"}, "mappings[1].apply"),
            ({"target": "x", "state": "missing"}, "mappings[1].state"),
            ({"target": "x", "source": {"a": 1}}, "mappings[1].source"),
            ({"target": "x", "source": True}, "mappings[1].source"),
            ({"target": "x\ny", "source": "y"}, "mappings[1].target"),
            ({"target": "x", "constant": "a\x00b"}, "mappings[1].constant"),
        ):
            yield Case(module, {"mappings": [{"target": "city", "source": "city"}, mapping]}, named)
        for clause, named in (
            ({}, "filters[0].clauses[1].attribute is required; it is missing"),
            ({"attribute": "city", "operator": ""}, "filters[0].clauses[1].operator is required; it is empty"),
            ({"attribute": "city", "operator": ["EQUALS"]}, "filters[0].clauses[1].operator"),
            ({"attribute": "city", "operator": "EQUALS", "values": {"a": 1}}, "filters[0].clauses[1].values"),
            ({"attribute": "city", "operator": "EQUALS", "values": [{"a": 1}]}, "filters[0].clauses[1].values[0]"),
            ("city EQUALS Seoul", "filters[0].clauses[1]"),
        ):
            good = {"attribute": "city", "operator": "IS NOT NULL"}
            yield Case(module, {"filters": [{"name": "Seoul", "clauses": [good, clause]}]}, named)
        yield Case(module, {"filters": [{"clauses": []}]}, "filters[0].name is required; it is missing")
        yield Case(module, {"filters": [{"name": "x"}]}, "filters[0].clauses is required; it is missing")
        yield from each(module, "target_actions", (["remove"], "create, remove", 5))
        yield from each(module, "user_type", ("external", "Member"))
        yield Case(module, {"convert_existing": "maybe", "user_type": "guest"}, "convert_existing")
        yield Case(module, {"convert_existing": True, "user_type": " "}, "user_type")
        yield from each(module, "display_name_suffix", (["x"], True))
        yield from each(module, "company_name", NOT_LINES)
    yield Case("sync_mapping", {"target_actions": []}, "target_actions is empty")
    yield from each("sync_mapping", "restore", ("x", 5, ["x"], "{"))


CASES = [*connections(), *required(), *own()]


def task(case: Case) -> tuple[Any, dict[str, Any]]:
    module = importlib.import_module(PREFIX + case.module)
    args = {"tenant_id": SOURCE, **SIGN_IN, "retries": 0, **BASE[case.module], **case.given}
    return module, {name: value for name, value in args.items() if value is not ...}


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The requests; every test of this file must end without one."""
    sendings: list[Any] = []

    def send(_session: Any, request: Any, **_options: Any) -> Any:
        sendings.append(request.url)
        raise requests.exceptions.ConnectionError("no server")

    monkeypatch.setattr(requests.Session, "send", send)
    for variable in (variable for about in CONNECTION.values() if "fallback" in about for variable in about["fallback"][1]):
        monkeypatch.delenv(variable, raising=False)
    yield sendings
    assert sendings == []


def silent(_message: str) -> None:
    """Report no progress."""


def in_worker(module: Any, args: Mapping[str, Any], check: bool = False) -> dict[str, Any]:
    name = module.__name__.rpartition(".")[2]
    return run_in_worker(f"entra.cross_tenant_sync.{name}", module.SUBJECT, module.OPTIONS, args, check, silent)


def in_module(module: Any, args: Mapping[str, Any], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    named = {**args, "_ansible_module_name": f"entra.cross_tenant_sync.{module.__name__.rpartition('.')[2]}"}
    with module_args(named), pytest.raises(SystemExit):
        module_runner.run_module(module.SUBJECT, module.OPTIONS)
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def refused(result: Mapping[str, Any], named: str) -> None:
    """The message is one sentence, contains ``named``, and has no text of Python and no secret."""
    assert result["failed"]  # before 2.19 ansible-core masks this flag, too, if the secret is the word true
    msg = result["msg"]
    assert named in msg, msg
    assert "\n" not in msg
    assert len(msg) < 600, msg
    assert ". " not in msg.replace("i.e. ", "").replace("Supported parameters", ""), msg
    for words in RAW:
        assert words not in msg, msg
    assert SECRET not in json.dumps(result)
    assert "actions" not in result


def test_there_are_enough_cases_for_every_module() -> None:
    assert len(CASES) >= 200
    assert {case.module for case in CASES} == set(BASE)


@pytest.mark.parametrize("name", BASE)
def test_is_refused_in_the_worker_and_in_a_module(name: str, capsys: pytest.CaptureFixture[str], sent: list[Any]) -> None:
    def check(case: Case) -> None:
        module, args = task(case)
        result = in_worker(module, args)
        refused(result, case.named)
        assert sent == []
        try:
            text = json.dumps(args, ensure_ascii=False).encode().decode()
        except (TypeError, UnicodeEncodeError):
            # A value that JSON cannot represent never reaches a module process.
            return
        assert in_module(module, json.loads(text), capsys)["msg"] == result["msg"]

    check_each((case for case in CASES if case.module == name), check)


FOLDER = Path(__file__).resolve().parents[2] / "plugins" / "modules"
MODULES = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


def test_no_module_is_left_out() -> None:
    assert {name for name in MODULES if "SUBJECT = " in (FOLDER / f"{name}.py").read_text()} == set(BASE)


@pytest.mark.parametrize("name", sorted(set(MODULES) - set(BASE)))
def test_what_works_in_the_controller_is_no_module(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A module process has no variables of links, and no connection."""
    module = importlib.import_module(f"ansible_collections.entra.cross_tenant_sync.plugins.modules.{name}")
    required = {
        option: about["choices"][0] if about.get("choices") else "x"
        for option, about in getattr(module, "ARGUMENTS", {}).items()
        if about.get("required")
    }
    with module_args(required), pytest.raises(SystemExit):
        module.main()
    result = json.loads(capsys.readouterr().out)
    assert result["failed"]
    assert result["msg"] == f"{name} runs in the controller, where the variables are; it cannot be run as a module"


@pytest.mark.parametrize("module", BASE)
def test_a_valid_task_of_each_module_sends_a_request(module: str, sent: list[Any]) -> None:
    """Without this test, the cases above could fail for another reason."""
    result = in_worker(*task(Case(module, {}, "")))
    assert "no complete answer was received (ConnectionError)" in result["msg"], result["msg"]
    assert sent
    sent.clear()


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("AZURE_TENANT_ID", "contoso", "tenant_id"),
        ("AZURE_TENANT", "contoso", "tenant_id"),
        ("AZURE_AUTHORITY_HOST", "https://[::1", "login_endpoint"),
        ("AZURE_CLIENT_ID", "two words", "client_id"),
    ],
)
def test_values_of_the_environment_are_checked_as_well(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str) -> None:
    monkeypatch.setenv(variable, value)
    module, args = task(Case("sync_job_info", {"tenant_id": ..., "client_id": ...}, named))
    if named != "tenant_id":
        args["tenant_id"] = SOURCE
    refused(in_worker(module, args), named)


@pytest.mark.parametrize("value", ["", " ", None])
def test_an_option_that_was_left_empty_is_not_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """An empty secret of one tenant must not become that of another."""
    monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("AZURE_SECRET", SECRET)
    result = in_worker(*task(Case("sync_job_info", {"client_secret": value}, "")))
    assert "no credential is given" in result["msg"]


@pytest.mark.parametrize("option", ["certificate_path", "federated_token_file"])
def test_a_file_that_is_not_there(option: str, tmp_path: Path) -> None:
    result = in_worker(*task(Case("sync_job_info", {"client_secret": ..., option: str(tmp_path / "missing")}, option)))
    assert f"{option} {tmp_path / 'missing'} cannot be read: No such file or directory" in result["msg"]


def test_a_file_without_certificates(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing", encoding="utf-8")
    refused(in_worker(*task(Case("sync_job_info", {"ca_path": str(path)}, ""))), "ca_path must be a file with certificates in PEM")


def described(spec: Mapping[str, Any], table: checks.Table, place: str = "") -> Iterator[str]:
    """The texts, paths and numbers of a spec for which the table has no check."""
    for option, about in spec.items():
        known = table.get(option)
        if about.get("options"):
            yield from described(about["options"], known if isinstance(known, Mapping) else {}, f"{place}{option}.")
        elif about.get("choices") or about["type"] in ("bool", "dict"):
            continue
        elif not callable(known):
            yield f"{place}{option}"


@pytest.mark.parametrize("module", BASE)
def test_every_option_is_in_the_table(module: str) -> None:
    spec = importlib.import_module(PREFIX + module).OPTIONS.argument_spec()
    assert list(described(spec, engine.CHECKS)) == []

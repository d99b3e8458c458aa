# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of a value: a text from a survey of AWX has the same effect as the value itself, for every option of every module."""

from __future__ import annotations

import datetime
import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.forms import understand
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.tests.support.cases import check_each
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_malformed import BASE, PREFIX

TRUE, FALSE = ("true", "True", "yes", "on", "1", " true\n", 1), ("false", "no", "off", "0", "False ", 0)
BLANKS = ("", " ", "\n", "\r\n", "\t")


def options_of(module: str) -> Options:
    found: Options = importlib.import_module(PREFIX + module).OPTIONS
    return found


def needed(module: str) -> dict[str, Any]:
    """The required options of the module."""
    spec = options_of(module).argument_spec()
    return {name: value for name, value in BASE[module].items() if spec[name].get("required")}


OF_PRESENCE = ("required_one_of", "required_together")
"""Rules about options beside the one whose forms are compared; test_malformed has the cases that violate them."""


def checked(module: str, given_: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the engine receives for a task."""
    options = options_of(module)
    understood = options.understand({**needed(module), **given_})
    assert understood.wrong is None, understood.wrong
    rules = {name: rule for name, rule in options.rules.items() if name not in OF_PRESENCE}
    result = ArgumentSpecValidator(options.argument_spec(), **rules).validate(understood.args)
    assert not result.error_messages, result.error_messages
    parameters: dict[str, Any] = result.validated_parameters
    return parameters


@dataclass(frozen=True)
class Form:
    """A form of a value, and the value; ``None`` for an empty form."""

    module: str
    path: tuple[str, ...]
    form: Any
    value: Any

    def __str__(self) -> str:
        return f"{self.module} {'.'.join(self.path)} {self.form!a:.40}"

    def options(self, value: Any) -> dict[str, Any]:
        """The options with this value at the place."""
        outer, *inner = self.path
        for name in reversed(inner):
            value = {**FILLED.get(name, {}), name: value}
        return {**ALONG.get(outer, {}), outer: value}


ALONG: dict[str, dict[str, Any]] = {"convert_existing": {"user_type": "guest"}, "target": {}}
"""The other options that an option requires."""
FILLED: dict[str, dict[str, Any]] = {name: {"tenant_id": "contoso.kr"} for name in options_of("link_info").spec["target"]["options"]}


def values(about: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Forms and their values, for the type of an option."""
    kind, choices = about.get("type", "str"), about.get("choices")
    if kind == "bool":
        yield from ((form, True) for form in TRUE)
        yield from ((form, False) for form in FALSE)
    elif kind == "int":
        yield from ((form, 5) for form in ("5", " 5 ", "5\n", 5.0, "5.0", "+5"))
    elif kind in ("str", "path"):
        text = str(choices[-1]) if choices else "contoso.kr"
        yield from ((form, text) for form in (f" {text}", f"{text}\n", f"{text}\r\n"))
        if not choices:
            yield from ((2026, "2026"), (datetime.date(2026, 11, 23), "2026-11-23"))
    elif kind == "list" and about.get("elements", "str") != "dict":
        first, second = (choices or ("a.kr", "b.kr"))[:2]
        both = [first, second]
        yield from (
            (form, both)
            for form in (
                f"{first},{second}",
                f"{first}, {second}",
                f" {first} ,{second}, ",
                f"{first}\n{second}",
                f"{first}\r\n{second}\r\n",
                f"\n{first}\n\n {second}",
            )
        )
        yield from ((json.dumps(both), both), (str(both), both), (tuple(both), both), ([f" {first}", f"{second}\n", "", None], both))
        yield from ((first, [first]), (f"{first}\n", [first]), ([], []))
        if not about.get("required"):
            yield from (([""], None), (["", " "], None))
    elif kind == "list":
        empty: list[Any] = []
        yield from (("[]", empty), (" [] ", empty))
    elif not about.get("options"):
        yield from ((form, {"a": 1}) for form in ('{"a": 1}', ' {"a": 1}\n', "{'a': 1}"))
    if not about.get("required"):
        yield from ((blank, None) for blank in (*BLANKS, None))


def forms(module: str) -> Iterator[Form]:
    for option, about in options_of(module).argument_spec().items():
        yield from (Form(module, (option,), form, value) for form, value in values(about))
        if about.get("type") == "dict":
            for name, inner in (about.get("options") or {}).items():
                if inner.get("type") != "dict":
                    yield from (Form(module, (option, name), form, value) for form, value in values(inner))


SPACED = ("display_name_suffix", "certificate_passphrase")


@pytest.mark.parametrize("module", BASE)
def test_means_the_same_as_the_value(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "of another tenant")
    spaced = (form for form in forms(module) if not (form.path[-1] in SPACED and isinstance(form.form, str) and form.form.strip()))
    check_each(spaced, means_the_same)


def means_the_same(form: Form) -> None:
    got = checked(form.module, form.options(form.form))
    if form.value is not None:
        assert got == checked(form.module, form.options(form.value))
        place = got
        for name in form.path:
            place = place[name]
        assert place == form.value
        return
    blank = checked(form.module, form.options(None))
    assert got == blank
    if len(form.path) == 1 and form.path[0] != "client_secret":
        left_out = {name: value for name, value in form.options(None).items() if name != form.path[0]}
        assert got == checked(form.module, left_out)
    assert got["client_secret"] == (None if form.path[0] == "client_secret" else "of another tenant")


MAPPINGS = [{"target": "department", "source": "department"}, {"target": "employeeId", "state": "absent"}]
FILTERS = [{"name": "Seoul", "clauses": [{"attribute": "city", "operator": "EQUALS", "values": ["Seoul", "Busan"]}]}]


@pytest.mark.parametrize("module", ["sync_mapping", "link_info"])
@pytest.mark.parametrize(("option", "value"), [("mappings", MAPPINGS), ("filters", FILTERS)])
@pytest.mark.parametrize(
    "write", [json.dumps, lambda value: json.dumps(value, indent=2), str, lambda value: [json.dumps(member) for member in value]]
)
def test_a_list_of_dictionaries_as_text(module: str, option: str, value: Any, write: Any) -> None:
    assert checked(module, {option: write(value)}) == checked(module, {option: value})


def test_a_target_as_text() -> None:
    target = BASE["link_info"]["target"]
    assert checked("link_info", {"target": json.dumps(target)}) == checked("link_info", {"target": target})


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("Sales, EMEA\nSales, APAC", ["Sales, EMEA", "Sales, APAC"]),
        ("Sales, EMEA\r\nSupport\r\n", ["Sales, EMEA", "Support"]),
        (["Sales, EMEA"], ["Sales, EMEA"]),
        (["Sales, EMEA", "Support"], ["Sales, EMEA", "Support"]),
        ('["Sales, EMEA", "Support"]', ["Sales, EMEA", "Support"]),
        ("[EXT] Partners, Support", ["[EXT] Partners", "Support"]),
        ("[EXT] Partners\nSales, EMEA", ["[EXT] Partners", "Sales, EMEA"]),
        ("Sales, Support\n", ["Sales", "Support"]),
    ],
)
def test_commas_and_lines(form: Any, names: list[str]) -> None:
    """In a single line, commas separate names; if each name has a line, a comma is part of the name, as in a list."""
    assert checked("sync_scope", {"groups": form})["groups"] == names


@pytest.mark.parametrize("form", [False, "off", "Off", " OFF\n", "no", "false"])
@pytest.mark.parametrize("module", ["sync_configuration", "link_info"])
def test_off_is_a_value_for_notifications(module: str, form: Any) -> None:
    """YAML reads ``notification_email: off`` as a boolean."""
    assert checked(module, {"notification_email": form})["notification_email"] == "off"


@pytest.mark.parametrize(("form", "text"), [("", ""), (" x ", " x "), (True, "true"), (False, "false"), (5, "5")])
def test_texts_for_the_service_are_not_changed(form: Any, text: str) -> None:
    """A constant can be empty, and an empty default removes the default."""
    rows = checked("sync_mapping", {"mappings": [{"target": "city", "constant": form, "default": form}]})["mappings"]
    assert (rows[0]["constant"], rows[0]["default"]) == (text, text)
    clause = {"attribute": "city", "operator": "EQUALS", "values": [form]}
    filters = checked("sync_mapping", {"filters": [{"name": "x", "clauses": [clause]}]})["filters"]
    assert filters[0]["clauses"][0]["values"] == [text]


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_source_is_not_set(blank: str) -> None:
    rows = checked(
        "sync_mapping", {"mappings": [{"target": "city", "source": blank, "expression": blank, "apply": blank, "constant": "x"}]}
    )["mappings"]
    assert rows == [
        {"target": "city", "constant": "x", "source": None, "expression": None, "apply": None, "default": None, "state": "present"}
    ]


def test_a_suffix_keeps_its_blank() -> None:
    assert checked("sync_mapping", {"display_name_suffix": " (Contoso)"})["display_name_suffix"] == " (Contoso)"


@pytest.mark.parametrize("blank", [*BLANKS, None])
def test_blank_options_do_not_count_for_rules(blank: str | None) -> None:
    assert checked("sync_mapping", {"convert_existing": blank, "reset": blank, "restore": blank})["convert_existing"] is None
    assert checked("sync_mapping", {"reset": blank, "restore": {"a": 1}})["restore"] == {"a": 1}
    assert checked("sync_job", {"tenant": blank, "tenant_id": "contoso.kr"})["tenant_id"] == "contoso.kr"
    assert checked("sync_job", {"tenant": "contoso.kr", "tenant_id": blank})["tenant_id"] == "contoso.kr"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(BASE)), st.data())
def test_every_value_is_converted_or_rejected_with_a_message(module: str, data: st.DataObject) -> None:
    """For every value, the validator of Ansible gets a type that it supports, or a message names an option."""
    spec = options_of(module).argument_spec()
    given_ = data.draw(st.dictionaries(st.sampled_from(sorted(spec)), ANYTHING, max_size=4))
    before = repr(given_)
    understood = understand(spec, {**BASE[module], **given_})
    assert repr(given_) == before
    if understood.wrong:
        assert "\n" not in understood.wrong
        assert understood.wrong.endswith(".")
        assert any(understood.wrong.startswith(option) for option in spec)
        return
    errors = ArgumentSpecValidator(spec, **options_of(module).rules).validate(understood.args).error_messages
    for error in errors:
        # Ansible's message about a value that it could not convert names Python types. An option is called convert_existing.
        assert "unable to convert" not in error, (error, given_)
        assert "<class" not in error, (error, given_)
    again = understand(spec, understood.args)
    assert (again.args, again.wrong) == (understood.args, None)

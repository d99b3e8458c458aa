# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of bad value in every place that takes one: a sentence that names the place, nothing sent, no text of Python.

The places come from the repository: the options of all modules, the variables of a link, the members of ``tenants``, the sections of a topology,
and the options of the lookups. So a new one is covered, or fails here. `test_malformed` has what only one option refuses.
"""

from __future__ import annotations

import datetime
import functools
import importlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Patience
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import VARIABLES, connection_of, value_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import change_window, link_guard, lookups, topology
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import expected_plan
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import plain
from ansible_collections.entra.cross_tenant_sync.tests.support.cases import check_each
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_malformed import BASE, RAW, SECRET, SIGN_IN, in_module, in_worker

PLUGINS = "ansible_collections.entra.cross_tenant_sync.plugins."
FOLDER = Path(__file__).resolve().parents[2] / "plugins"
MODULES = sorted(path.stem for path in (FOLDER / "modules").glob("[!_]*.py"))
CONTROLLER = sorted(set(MODULES) - set(BASE))
"""Modules that run in the controller only."""
LOOKUPS: dict[str, tuple[Mapping[str, Any], Callable[[list[Any], dict[str, Any]], Any]]] = {
    "tenant_id": (lookups.REACH, lambda terms, given: lookups.tenant_ids(terms, given, RunCache(None))),
    "synced_user": (
        CONNECTION,
        lambda terms, given: lookups.synced_users(terms, {"tenant_id": SOURCE, **SIGN_IN, "retries": 0, **given}),
    ),
}

# Kinds of places ------------------------------------------------------------------------------------------------------

DOCUMENTS = frozenset({"certificate", "summary", *(f"{rows}.expression" for rows in ("mappings", "group_mappings"))})
"""Texts of many lines."""
LITERALS = frozenset(
    {"filters.clauses.values", *(f"{rows}.{end}" for rows in ("mappings", "group_mappings") for end in ("constant", "default"))}
)
"""Texts that are written to the service as they are, so that an empty one and the word true are values."""
EVERY = frozenset(
    ("line", "document", "literal", "choice", "int", "float", "bool", "lines", "literals", "choices", "rows", "members", "data", "raw")
)
TEXTS, LISTS = frozenset(("line", "document", "literal")), frozenset(("lines", "literals", "choices", "rows"))
NUMBERS, TREES = frozenset(("int", "float")), frozenset(("rows", "members", "data"))
WORDS, INTEGERS, CHOICES = frozenset(("choice", "bool")), frozenset(("int",)), frozenset(("choices",))
JUDGED = EVERY - {"raw"}
"""What a spec says the type of. A raw value is read by a function of its own, which `TestRawValues` is about."""


@dataclass(frozen=True)
class Bad:
    """A value, and the kinds of places that must refuse it."""

    name: str
    value: Any
    kinds: frozenset[str]


DESPITE_LINES = JUDGED - {"document", "literal", "literals"}
WRONG = (
    Bad("a dictionary", {"a": 1}, JUDGED - {"data"}),
    Bad("a list", ["x"], JUDGED - {"lines", "literals"}),
    Bad("a list in a list", [["x"]], JUDGED),
    Bad("true", True, JUDGED - {"bool", "literal", "literals"}),
    Bad("NUL", "a\x00b", JUDGED),
    Bad("a control character", "a\x07b", JUDGED),
    Bad("half a character", "a\ud800b", JUDGED),
    Bad("two lines", "a\nb", DESPITE_LINES),
    Bad("an override of the direction", "a\u202eb", DESPITE_LINES),
    Bad("an isolate", "a\u2067b", DESPITE_LINES),
    Bad("a mark of the direction", "\u200eab", DESPITE_LINES),
    Bad("a space without width", "a\u200bb", DESPITE_LINES),
    Bad("a byte order mark", "\ufeffab", DESPITE_LINES),
    Bad("a separator of lines", "a\u2028b", DESPITE_LINES),
    Bad("a control character of Latin 1", "a\x85b", DESPITE_LINES),
    Bad("100,000 characters", "x" * 100_000, JUDGED),
    Bad("100,000 brackets", "[" * 100_000, JUDGED),
    Bad("bytes", b"ab", JUDGED),
    Bad("infinity", math.inf, JUDGED),
    Bad("no number", math.nan, JUDGED),
    Bad("infinity as a text", "Infinity", NUMBERS | WORDS | TREES),
    Bad("another word", "maybe", NUMBERS | WORDS | TREES | CHOICES),
    Bad("a choice in upper case", "ALL", NUMBERS | WORDS | TREES | CHOICES),
    Bad("a negative number", -1, INTEGERS | WORDS | TREES | CHOICES),
    Bad("a negative number as a text", "-1", INTEGERS | WORDS | TREES | CHOICES),
    Bad("a huge number", 10**30, INTEGERS | WORDS | TREES | CHOICES),
    Bad("a huge number as a text", "9" * 400, JUDGED - TEXTS - {"lines", "literals"}),
    Bad("a fraction", 1.5, INTEGERS | WORDS | TREES | CHOICES),
    Bad("a number with a unit", "5 seconds", NUMBERS | WORDS | TREES),
    Bad("a hexadecimal number", "0x10", NUMBERS | WORDS | TREES),
    Bad("a number with a mark", "1_000", NUMBERS | WORDS | TREES),
    Bad("a date", datetime.date(2026, 1, 1), NUMBERS | WORDS | TREES | CHOICES),
    Bad("half of a JSON text", '[{"a":', NUMBERS | WORDS | TREES | CHOICES),
)
BLANK = ("", " ", "\t", "\r\n", None)
ODD: tuple[Any, ...] = (
    *BLANK,
    [],
    {},
    [None],
    ["", " "],
    "\u05d0\u05d1\u05d2",
    SOURCE.upper(),
    SOURCE[:-1],
    f"{{{SOURCE}}}",
    ["A@contoso.kr", "a@contoso.kr"],
    '["x"]',
    '{"a": 1}',
    "[" * 5000,
    5,
    "5",
)
"""Values that some places take. Whoever does not says so in a sentence."""


@dataclass(frozen=True)
class Place:
    """Where a value can be given. ``parts`` are the names of the options; a number is the place in a list."""

    parts: tuple[str | int, ...]
    about: Mapping[str, Any]

    def __str__(self) -> str:
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.parts).removeprefix(".")

    @property
    def dotted(self) -> str:
        """The names, without the numbers."""
        return ".".join(part for part in self.parts if isinstance(part, str))

    @property
    def kind(self) -> str:
        """One of `EVERY`."""
        name = str(self.parts[-1])
        listed = self.about.get("type") == "list"
        if listed and self.about.get("elements") == "dict":
            return "rows" if self.about.get("options") else "data"
        if self.about.get("type") == "dict":
            return "members" if self.about.get("options") else "data"
        if self.about.get("choices"):
            return "choices" if listed else "choice"
        if self.dotted in LITERALS:
            return "literals" if listed else "literal"
        if self.dotted in DOCUMENTS or name in DOCUMENTS:
            return "document"
        kind = str(self.about.get("type", "str"))
        return "lines" if listed else {"str": "line", "path": "line"}.get(kind, kind)

    def refuses(self) -> Iterator[tuple[str, Any]]:
        """The values that must be refused here, by name. A list has a bad text as a member."""
        for bad in WRONG:
            if self.kind in bad.kinds:
                within = self.kind in ("lines", "literals", "choices") and isinstance(bad.value, (str, float))
                yield bad.name, [bad.value] if within else bad.value


def places(spec: Mapping[str, Any], above: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """All options, also those inside of others."""
    for option, about in spec.items():
        yield Place((*above, option), about)
        if about.get("options"):
            yield from places(about["options"], (*above, option, *((0,) if about["type"] == "list" else ())))


def valid(about: Mapping[str, Any], name: str = "") -> Any:
    """A value that such an option takes."""
    if about.get("options"):
        members = {option: valid(member, option) for option, member in about["options"].items() if member.get("required")}
        return [members] if about["type"] == "list" else {**members, **(SIGN_IN if "tenant_id" in members else {})}
    if name == "tenant_id":
        return TARGET
    if about.get("choices"):
        return [about["choices"][0]] if about["type"] == "list" else about["choices"][0]
    return {"list": ["x"], "int": 5, "bool": True, "dict": {}}.get(about.get("type", "str"), "x")


def with_value(base: Mapping[str, Any], spec: Mapping[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """The options with a value in a place, and around it whatever makes them valid."""
    args: dict[str, Any] = json.loads(json.dumps(base))
    here: Any = args
    options = spec
    for part, following in zip(place.parts, (*place.parts[1:], None), strict=True):
        if following is None:
            here[part] = value
        elif isinstance(part, int):
            here = here[part]
        else:
            if not here.get(part):
                here[part] = valid(options[part])
            here, options = here[part], options[part]["options"]
    return args


# Modules --------------------------------------------------------------------------------------------------------------

AROUND: dict[str, dict[str, dict[str, Any]]] = {
    "preflight_info": {"target": {"side": "link"}},
    "address_book_info": {"source": {"configuration": "Fabrikam"}},
}
"""What an option needs beside it, by module and option."""


def module_of(name: str) -> Any:
    return importlib.import_module(f"{PLUGINS}modules.{name}")


def argument_spec(name: str) -> dict[str, Any]:
    module = module_of(name)
    found: dict[str, Any] = module.OPTIONS.argument_spec() if name in BASE else getattr(module, "ARGUMENTS", {})
    return found


def once() -> dict[str, list[Place]]:
    """The places by module. An option of several modules is specified, read and checked by its name, so it is here in one of them, and in
    each module where it is specified otherwise.
    """
    seen: set[str] = set()
    found: dict[str, list[Place]] = {}
    for name in BASE:
        for place in places(argument_spec(name)):
            key = f"{place} {sorted((key, str(value)) for key, value in place.about.items() if key != 'fallback')}"
            if key not in seen:
                seen.add(key)
                found.setdefault(name, []).append(place)
    return found


PLACES = once()


@dataclass(frozen=True)
class Case:
    """A bad value in a place."""

    place: Place
    name: str
    value: Any

    def __str__(self) -> str:
        return f"{self.place}: {self.name}"


def cases(of: Iterable[Place]) -> Iterator[Case]:
    for place in of:
        yield from (Case(place, *bad) for bad in place.refuses())


def one_sentence(message: str, named: str) -> None:
    """It names the place, and has no text of Python and no secret."""
    assert named in message, message[:300]
    assert "\n" not in message
    assert message.isprintable(), ascii(message)
    assert len(message) < 600, message[:300]
    assert ". " not in message.replace(". Supported parameters", "; supported parameters").rstrip(), message
    for words in (*RAW, "is of type", "we were unable", "Infinity to"):
        assert words not in message, message
    assert SECRET not in message


def task(module: str, place: Place, value: Any) -> dict[str, Any]:
    around = AROUND.get(module, {}).get(str(place.parts[0]), {})
    base = {"tenant_id": SOURCE, **SIGN_IN, "retries": 0, **BASE[module], **around}
    return with_value(base, argument_spec(module), place, value)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The requests. None is answered, and nobody waits before the next."""
    sendings: list[Any] = []

    def send(_session: Any, request: Any, **_options: Any) -> Any:
        sendings.append(request.url)
        raise requests.exceptions.ConnectionError("no server")

    monkeypatch.setattr(requests.Session, "send", send)
    monkeypatch.setattr(engine, "Patience", functools.partial(Patience, sleep=lambda _seconds: None))
    for about in CONNECTION.values():
        for variable in about["fallback"][1] if "fallback" in about else ():
            monkeypatch.delenv(variable, raising=False)
    return sendings


class TestModules:
    @pytest.mark.parametrize("name", PLACES)
    def test_a_wrong_value_is_refused_in_the_worker_and_in_a_module(
        self, name: str, capsys: pytest.CaptureFixture[str], sent: list[Any]
    ) -> None:
        module = module_of(name)

        def check(case: Case) -> None:
            args = task(name, case.place, case.value)
            result = in_worker(module, args)
            assert result.get("failed"), result
            one_sentence(result["msg"], str(case.place))
            assert "actions" not in result
            assert sent == []
            try:
                text = json.dumps(args, ensure_ascii=False).encode().decode()
            except (TypeError, UnicodeEncodeError):
                return  # JSON cannot represent it, so it never reaches a module process.
            assert in_module(module, json.loads(text), capsys)["msg"] == result["msg"]

        check_each(cases(PLACES[name]), check)

    @pytest.mark.parametrize("name", PLACES)
    def test_an_odd_value_is_taken_or_refused_in_a_sentence(self, name: str, sent: list[Any]) -> None:
        module = module_of(name)

        def check(case: Case) -> None:
            sent.clear()
            result = in_worker(module, task(name, case.place, case.value))
            assert "msg" in result, result
            if not sent:
                one_sentence(result["msg"], "")

        check_each((Case(place, ascii(value), value) for place in PLACES[name] for value in ODD), check)

    @pytest.mark.parametrize("name", PLACES)
    def test_a_blank_value_is_one_that_is_not_given(self, name: str) -> None:
        """And a required one is missed."""
        module = module_of(name)

        def check(case: Case) -> None:
            if case.place.kind in ("literal", "raw"):
                return
            found = in_worker(module, task(name, case.place, case.value))["msg"]
            if case.place.about.get("required"):
                assert f"{case.place} is required; it is empty" in found
                return
            args = task(name, case.place, None)
            assert found == in_worker(module, args)["msg"]

        check_each((Case(place, ascii(value), value) for place in PLACES[name] for value in BLANK), check)

    def test_no_module_and_no_kind_is_left_out(self) -> None:
        assert set(BASE) | set(CONTROLLER) == set(MODULES)
        everything = [*(place for found in PLACES.values() for place in found), *(place for _name, place in arguments())]
        assert {place.kind for place in everything} == EVERY
        assert {place.dotted for place in everything} >= DOCUMENTS | LITERALS

    @pytest.mark.parametrize("name", BASE)
    def test_half_of_a_pair_is_refused(self, name: str, sent: list[Any]) -> None:
        """The rules that a module states about pairs of options."""
        module = module_of(name)
        spec = argument_spec(name)

        def check(pair: tuple[str, str, dict[str, Any]]) -> None:
            rule, named, given = pair
            base = {
                key: value for key, value in BASE[name].items() if rule != "required_one_of" or key not in module.OPTIONS.rules[rule][0]
            }
            result = in_worker(module, {"tenant_id": SOURCE, **SIGN_IN, "retries": 0, **base, **given})
            assert result.get("failed"), result
            one_sentence(result["msg"], named)
            assert sent == []

        pairs = list(halves(module.OPTIONS.rules, spec, BASE[name]))
        if pairs:
            check_each(pairs, check)


def halves(rules: Mapping[str, Any], spec: Mapping[str, Any], base: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """For each rule: its name, an option that its message must name, and options that break it."""
    for rule, about in rules.items():
        if rule == "required_by":
            for option, needed in about.items():
                yield rule, needed if isinstance(needed, str) else needed[0], {option: valid(spec[option], option)}
        elif rule == "required_together":
            for group in about:
                yield rule, group[0], {option: valid(spec[option], option) for option in group[:1] if option not in base}
        elif rule == "mutually_exclusive":
            for group in about:
                yield rule, group[0], {option: valid(spec[option], option) for option in group[:2]}
        elif rule == "required_if":
            for option, value, needed, *_any in about:
                if not set(needed) & set(base):
                    yield rule, needed[0], {option: value}
        else:
            assert rule == "required_one_of", f"there is no table for {rule}"
            for group in about:
                yield rule, group[0], {}


# Modules that run in the controller -----------------------------------------------------------------------------------


def arguments() -> Iterator[tuple[str, Place]]:
    for name in CONTROLLER:
        yield from ((name, place) for place in places(argument_spec(name)))


def act(name: str, args: dict[str, Any]) -> dict[str, Any]:
    """The action of a task that has these arguments, in a play of one link."""
    variables = {"inventory_hostname": "a_to_b", "ansible_play_hosts_all": ["a_to_b"], "hostvars": {"a_to_b": {}}}
    known: dict[str, Any] = {"async_val": 0, "check_mode": True, "diff": False, "environment": [], "play": None}
    step = SimpleNamespace(action=f"entra.cross_tenant_sync.{name}", args=args, **known)
    here = SimpleNamespace(transport="local", has_pipelining=False, _shell=SimpleNamespace(tmpdir="none"))
    loader = DataLoader()
    plugin = importlib.import_module(f"{PLUGINS}action.{name}")
    action = plugin.ActionModule(step, here, SimpleNamespace(become=False), loader, Templar(loader, variables=variables), None)
    found: dict[str, Any] = action.run(task_vars=variables)
    return found


class TestController:
    @pytest.mark.parametrize("name", sorted({name for name, _place in arguments()}))
    def test_a_wrong_argument_is_refused(self, name: str, sent: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        spec = argument_spec(name)
        base = {option: valid(about, option) for option, about in spec.items() if about.get("required")}

        def check(case: Case) -> None:
            with pytest.raises(AnsibleError) as refused:
                act(name, with_value(base, spec, case.place, case.value))
            one_sentence(str(refused.value), str(case.place))
            assert sent == []
            assert list(tmp_path.iterdir()) == []

        known = [place for place in places(spec) if place.kind != "raw"]
        if known:
            check_each(cases(known), check)

    def test_each_action_reads_its_arguments_in_the_same_way(self) -> None:
        own = [path for path in (FOLDER / "action").glob("[!_]*.py") if path.stem in CONTROLLER and argument_spec(path.stem)]
        assert {path.stem for path in own} == {name for name, _place in arguments()}
        assert [path.stem for path in own if "arguments_of(self, ARGUMENTS" not in path.read_text(encoding="utf-8")] == []


class TestRawValues:
    """What is read by a function of its own."""

    READERS: Mapping[str, Callable[[Any], Any]] = {
        "ticket": change_window.ticket_of,
        "window": change_window.parse,
        "expected": lambda value: (expected_plan.expected_of(value), link_guard.teardown(["a_to_b"], value, False)),
        "expected_plan": expected_plan.expected_of,
    }

    def test_there_is_a_reader_for_each(self) -> None:
        assert set(self.READERS) == {str(place) for _name, place in arguments() if place.kind == "raw"}

    @pytest.mark.parametrize("name", READERS)
    def test_a_bad_value_is_one_sentence(self, name: str) -> None:
        def check(value: Any) -> None:
            try:
                self.READERS[name](plain(value))
            except (change_window.Unusable, expected_plan.Unusable) as unusable:
                one_sentence(str(unusable), {"ticket": "change_ticket", "window": "change_window"}.get(name, "expected_plan"))

        check_each([*(bad.value for bad in WRONG), *ODD], check)

    @pytest.mark.parametrize("decide", [link_guard.name_users, lambda value: link_guard.teardown(["a_to_b"], value, False)])
    def test_what_an_administrator_expects(self, decide: Callable[[Any], link_guard.Decision]) -> None:
        check_each([*(bad.value for bad in WRONG), *ODD], lambda value: one_sentence(decide(plain(value)).msg, ""))


# Variables, topology and lookups --------------------------------------------------------------------------------------


class TestVariables:
    def test_of_a_link(self) -> None:
        def check(case: Case) -> None:
            value, faults = value_of(str(case.place.parts[0]), case.value)
            assert value is None
            assert faults
            for fault in faults:
                one_sentence(fault, str(case.place))

        check_each(of_variables(), check)

    def test_of_a_tenant(self) -> None:
        def check(case: Case) -> None:
            _values, faults = connection_of("contoso", {str(case.place): case.value}, CONNECTION, files=True)
            (fault,) = faults
            one_sentence(fault, f"tenants.contoso.{case.place}")
            if isinstance(case.value, str):
                assert case.value not in fault

        check_each(cases(places(CONNECTION)), check)


def of_variables() -> Iterator[Case]:
    """The whole values of variables with a bad value in a place. The places are those of the options that they become."""
    for name, variable in VARIABLES.items():
        spec = {name.removeprefix("link_"): {**variable.about, "required": False}}
        for case in cases(places(spec)):
            option, *others = case.place.parts
            whole = with_value({}, spec, case.place, case.value)[str(option)]
            yield Case(Place((name, *others), case.place.about), case.name, whole)


WHOLE: dict[str, Any] = {
    "plugin": "entra.cross_tenant_sync.topology",
    "tenants": {"contoso": {"tenant_id": SOURCE}, "fabrikam": {"tenant_id": TARGET}},
    "links": [{"source": "contoso", "target": "fabrikam"}],
}


class TestTopology:
    OPTIONS: Mapping[str, Any] = yaml.safe_load(importlib.import_module(f"{PLUGINS}inventory.topology").DOCUMENTATION)["options"]
    OF_ANSIBLE = frozenset(("plugin", "cache"))
    """Keys that Ansible itself reads."""
    TAKES: Mapping[str, tuple[type, ...]] = {
        # The types that a section can have.
        "tenants": (dict,),
        "tenants_own_keys": (list, str, int, float),
        "defaults": (dict,),
        "per_source": (dict,),
        "per_target": (dict,),
        "per_link": (dict,),
        "links": (list,),
        "hub": (dict, list),
        "mesh": (dict, list),
    }

    def test_each_section_is_in_the_table(self) -> None:
        assert set(self.OPTIONS) - self.OF_ANSIBLE == set(self.TAKES)

    @pytest.mark.parametrize("section", TAKES)
    def test_a_bad_section_is_refused_in_a_sentence(self, section: str) -> None:
        def check(value: Any) -> None:
            _links, faults = topology.topology_of({**WHOLE, section: plain(value)}, self.OPTIONS)
            for fault in faults:
                one_sentence(fault.message, "")
            taken = isinstance(value, self.TAKES[section]) and not isinstance(value, bool)
            if not taken and value is not None and not (section == "tenants_own_keys" and isinstance(value, datetime.date)):
                assert faults, value
                assert {fault.place[0] for fault in faults if fault.place} <= {section, "links"}

        check_each([*(bad.value for bad in WRONG), *ODD], check)

    def test_of_a_member_of_each_section(self) -> None:
        """A bad value where a name or a variable is expected, in each section."""

        def check(given: dict[str, Any]) -> None:
            _links, faults = topology.topology_of({**WHOLE, **given}, self.OPTIONS)
            assert faults
            for fault in faults:
                one_sentence(fault.message, "")

        bad = [{"a": 1}, [["x"]], True, "a\x00b", "a\u202eb", "x" * 100_000, math.inf]
        check_each(
            [
                given
                for value in map(plain, bad)
                for given in (
                    {"tenants": {**WHOLE["tenants"], "contoso": {"tenant_id": value}}},
                    {"defaults": {"configuration": value}},
                    {"defaults": {"deletion_threshold": value}},
                    {"per_source": {"contoso": {"scope_mode": value}}},
                    {"per_target": {"fabrikam": {"scope_mode": value}}},
                    {"per_link": {"contoso_to_fabrikam": {"scope_mode": value}}},
                    {"links": [{"source": value, "target": "fabrikam"}]},
                    {"links": [{"source": "contoso", "target": "fabrikam", "suffix": value}]},
                    {"hub": {"tenant": value, "spokes": ["fabrikam"]}},
                    {"hub": {"tenant": "contoso", "spokes": [value]}},
                    {"hub": {"tenant": "contoso", "spokes": ["fabrikam"], "direction": value}},
                    {"mesh": {"tenants": ["contoso", value]}},
                )
            ],
            check,
        )


class TestLookups:
    def test_each_lookup_is_in_the_table(self) -> None:
        assert set(LOOKUPS) == {path.stem for path in (FOLDER / "lookup").glob("[!_]*.py")}

    @pytest.mark.parametrize("name", LOOKUPS)
    def test_a_wrong_option_is_refused(self, name: str, sent: list[Any]) -> None:
        spec, look_up = LOOKUPS[name]

        def check(case: Case) -> None:
            with pytest.raises(lookups.LookupFault) as refused:
                look_up(["minsu.kim@contoso.kr" if name == "synced_user" else "contoso.kr"], {str(case.place): case.value})
            one_sentence(str(refused.value), str(case.place))
            assert sent == []

        check_each(cases(places(spec)), check)

    @pytest.mark.parametrize("name", LOOKUPS)
    def test_a_wrong_term_is_refused(self, name: str, sent: list[Any]) -> None:
        _spec, look_up = LOOKUPS[name]

        def check(case: Case) -> None:
            with pytest.raises(lookups.LookupFault) as refused:
                look_up([case.value], {})
            one_sentence(str(refused.value), "")
            assert sent == []

        term = Place(("term",), {"type": "str"})
        # A list among the terms stands for its members.
        check_each((case for case in cases([term]) if not isinstance(case.value, list)), check)

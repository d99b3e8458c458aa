# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Plans and reports as Markdown. Pure functions.

Every value comes from a tenant, where anybody may have written it. It becomes text in which no character can begin a structure of Markdown
or HTML: such characters are written as numeric entities, which a renderer shows as they were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import wording
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import LinkHealth, LinkPlan, LinkReport, Plan, Report
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.summary import verdict
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.wording import number, plain

MOST_ROWS = 1_000
"""Rows of a table. The JSON file has all of them."""
LONGEST = 400
"""Characters of a value."""

_STRUCTURE = re.compile(
    r"[&<>\\`*{}\[\]#|~^$=]"
    # emphasis, which does not begin within a word
    r"|(?<![^\W_])_|_(?![^\W_])"
    # the beginning of a list, and lines of dashes
    r"|^[-+](?=\s|$)|^\d+(?=[.)](\s|$))|-(?=-)"
    # addresses that renderers make links of, and names of symbols
    r"|:(?=[^\s\d])|(?<=[wW]{3})\."
)
"""Characters that can have a meaning in Markdown or HTML, at that place."""


def escaped(value: Any) -> str:
    """A value as text that a renderer of Markdown shows as it is."""
    return _STRUCTURE.sub(_entities, wording.shortened(plain(value), LONGEST))


def _entities(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(character)};" for character in match[0])


# Plans ---------------------------------------------------------------------------------------------------------------------


def plan_text(plan: Plan) -> str:
    """A plan as a page of Markdown."""
    return _page(_plan(plan))


def _plan(plan: Plan) -> Iterator[str]:
    links = plan["links"]
    yield from _section(1, "Plan")
    yield from (escaped(verdict(links)), "")
    facts = [("hash", plan["hash"]), ("change request", wording.change_request(plan["change"])), ("version", plan["version"])]
    yield from _table(("about", "value"), [(name, value) for name, value in facts if value])
    yield from _section(2, "Links")
    columns = ("link", "direction", "what happens", "summary")
    yield from _table(
        columns, [(host, wording.direction(link), wording.TITLES[link["status"]], link["summary"]) for host, link in links.items()]
    )
    for host, link in links.items():
        if link["status"] != "in_sync":
            yield from _section(2, f"{host} {wording.TITLES[link['status']]}")
            yield from _planned(link)
    yield from _strangers([*plan["strangers"], *(f"strangers unknown: {reason}" for reason in plan["strangers_unknown"])])


def _planned(link: LinkPlan) -> Iterator[str]:
    """What the plan says of a link."""
    yield from _paragraphs([wording.direction(link), link["msg"], wording.full_cycle(link)])
    rows = [
        (doing.tenant, doing.side, doing.verb, text, ", ".join(doing.effects), "yes" if doing.reversible else "no", doing.reversal)
        for doing in wording.doings(link["parts"])
        for text in doing.objects
    ]
    if rows:
        yield from _section(3, "Actions")
        yield from _table(("tenant", "side", "action", "object", "effects", "reversible", "how, or what is lost"), rows)
    changes = [
        (part["module"], part["tenant"]["name"], name, _shown(part["before"].get(name)), _shown(part["after"].get(name)))
        for part in link["parts"]
        for name in sorted({*part["before"], *part["after"]})
        if part["before"].get(name) != part["after"].get(name)
    ]
    if changes:
        yield from _section(3, "Before and after")
        yield from _table(("module", "tenant", "setting", "before", "after"), changes)
    yield from _impact(link)
    if link["sizing"]:
        yield from _section(3, "Size")
        yield from _table(("what", "value"), wording.sizes(link["sizing"]))
        yield from _list(link["sizing"]["findings"])


def _impact(link: LinkPlan) -> Iterator[str]:
    impact = link["impact"]
    if not impact and not link["impact_unknown"]:
        return
    yield from _section(3, "Users")
    if link["impact_unknown"]:
        yield from _paragraphs([f"The impact is not known: {link['impact_unknown']}"])
    if not impact:
        return
    yield from _paragraphs([impact.get("summary")])
    users = [user for user in impact.get("users") or () if user.get("effect") != "unchanged"]
    rows = [
        (
            wording.name_of(user),
            wording.EFFECTS.get(str(user.get("effect")), user.get("effect")),
            user.get("before"),
            user.get("after"),
            ", ".join(map(str, user.get("protected_by") or ())),
        )
        for user in users
    ]
    if rows:
        yield from _table(("user", "what happens", "in scope before", "in scope after", "protected by"), rows)
    if impact.get("more"):
        yield from _paragraphs([f"and {number(int(impact['more']), 'more user')}"])
    yield from _list(impact.get("incomplete") or ())


# Reports -------------------------------------------------------------------------------------------------------------------


def report_text(report: Report) -> str:
    """A report as a page of Markdown."""
    return _page(_report(report))


def _report(report: Report) -> Iterator[str]:
    yield from _section(1, report["title"])
    facts = [
        ("created", report["created"]),
        ("change request", wording.change_request(report["change"])),
        *((f"hash of the {'applied plan' if name == 'plan' else 'approved plan'}", text) for name, text in report["hashes"].items()),
        *((f"version of {name}", text) for name, text in report["versions"].items()),
        ("personal data", "replaced by pseudonyms" if report["masked"] else None),
    ]
    yield from _table(("about", "value"), [(name, value) for name, value in facts if value])
    yield from _section(2, "Links")
    rows = [(host, _direction(link), link["verdict"].replace("_", " "), link["summary"]) for host, link in report["links"].items()]
    yield from _table(("link", "direction", "verdict", "summary"), rows)
    for host, link in report["links"].items():
        details = list(_reported(link))
        if details:
            yield from _section(2, host)
            yield from details
    yield from _strangers(report["strangers"])


def _direction(link: LinkReport) -> str:
    configuration = f", configuration {link['configuration']}" if link["configuration"] else ""
    return f"{link['source']['name']} to {link['target']['name']}{configuration}"


def _reported(link: LinkReport) -> Iterator[str]:
    """Everything about a link that its row does not contain."""
    yield from _run(link)
    if link["plan"] and link["plan"]["status"] != "in_sync":
        yield from _planned(link["plan"])
    if link["health"]:
        yield from _health(link["health"])
    users = link["users"]
    if users or link["users_note"]:
        yield from _section(3, "Users of the link")
        yield from _paragraphs([link["users_note"]])
    if users:
        columns = ("user", "in the target", "state", "address book", "why", "remedy")
        yield from _table(
            columns,
            [(user["name"], user["target_name"], user["state"], user["address_book"], user["reason"], user["remedy"]) for user in users],
        )


def _run(link: LinkReport) -> Iterator[str]:
    if not link["run"]:
        return
    yield from _section(3, "Run")
    rows = [
        (
            part["module"],
            part["tenant"]["name"],
            "failed" if part["failed"] else "changed" if part["changed"] else "unchanged",
            "; ".join(f"{action.get('verb')} {action.get('object')}" for action in part["actions"]),
            "; ".join([*([part["msg"]] if part["msg"] else []), *part["warnings"]]),
        )
        for part in link["run"]
    ]
    yield from _table(("module", "tenant", "result", "actions", "message"), rows)


def _health(health: LinkHealth) -> Iterator[str]:
    yield from _section(3, "Health")
    yield from _paragraphs([health["line"]])
    yield from _list([*health["problems"], *health["could_not_look"]])
    if health["failures"]:
        failures = [
            (failure["code"], failure["count"], ", ".join(failure["users"]), failure["reason"], failure["remedy"])
            for failure in health["failures"]
        ]
        yield from _table(("failure", "how often", "users", "why", "remedy"), failures)
    if health["deletions"]:
        yield from _table(("deletions in the last days", "users"), list(health["deletions"].items()))
    if health["cycles"]:
        cycles = [(cycle["time"], ", ".join(f"{count} {name}" for name, count in cycle["counts"].items())) for cycle in health["cycles"]]
        yield from _table(("time", "what the service did"), cycles)


# Markdown ------------------------------------------------------------------------------------------------------------------


def _page(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _section(level: int, title: Any) -> Iterator[str]:
    yield from (f"{'#' * level} {escaped(title)}", "")


def _paragraphs(texts: Iterable[Any]) -> Iterator[str]:
    for text in texts:
        if text:
            yield from (escaped(text), "")


def _list(texts: Iterable[Any]) -> Iterator[str]:
    items = [f"- {escaped(text)}" for text in texts]
    if items:
        yield from (*items, "")


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield _row(columns)
    yield _row_of("---" for _column in columns)
    yield from map(_row, rows[:MOST_ROWS])
    yield ""
    if len(rows) > MOST_ROWS:
        yield from (f"{number(len(rows) - MOST_ROWS, 'more row')} are in the JSON file.", "")


def _row(cells: Iterable[Any]) -> str:
    return _row_of(map(escaped, cells))


def _row_of(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _strangers(sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield from _section(2, "Synchronization that no link describes")
        yield from _list(sentences)


def _shown(value: Any) -> Any:
    """A value of a state."""
    return value if value is None or isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)

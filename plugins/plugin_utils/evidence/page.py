# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A plan and a report as one HTML file that needs no network. Equal plans have equal pages.

The files next to this one in ``templates`` are the page's structure, style and script. The policy of the page allows exactly that style and
that script, by their hashes; every value is escaped.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from . import charts, graph, states
from .differences import differences, text_of
from .model import LinkPlan, Plan, Report, ReportUser, Tenant

TEMPLATES = Path(__file__).parent / "templates"
STATIC_USERS = 300
"""Up to so many users of a report are rows of its tables. If there are more, a script shows them, and only those who need attention are rows."""
MOST_IN_SYNC = 100
"""If a plan has more links that are in sync, a sentence counts them. A row for each of thousands would hide those that change."""
MOST_OPEN = 10
"""So many links are not folded. If there are more links, those that are in sync are folded first."""
_POLICY = (
    "default-src 'none'; style-src '{style}'; script-src '{script}'; img-src 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'"
)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
"""Characters that are not seen, or that turn the direction of the text around them. They are written as their numbers."""
_WAITING = ("coming", "not_yet")


def plan_page(plan: Plan) -> str:
    """The page of a plan."""
    links = plan["links"]
    edges = [_edge(name, link["source"], link["target"], link["status"]) for name, link in links.items()]
    counts = states.counted(link["status"] for link in links.values())
    return _rendered(
        "plan.html.j2",
        plan=plan,
        listed=_listed(links),
        drawing=graph.draw(edges),
        counts=counts,
        verdict=states.worst(link["status"] for link in links.values()),
        opened=_opened({name: link["status"] for name, link in links.items()}),
    )


def report_page(report: Report) -> str:
    """The page of a report."""
    links = report["links"]
    edges = [_edge(name, link["source"], link["target"], link["verdict"]) for name, link in links.items()]
    verdicts = [link["verdict"] for link in links.values()]
    total = sum(len(link["users"] or ()) for link in links.values())
    return _rendered(
        "report.html.j2",
        report=report,
        drawing=graph.draw(edges),
        counts=states.counted(verdicts),
        verdict=states.worst(verdicts),
        opened=_opened({name: link["verdict"] for name, link in links.items()}),
        rows={name: _rows(link["users"] or [], total, len(links)) for name, link in links.items()},
        plan_holds=_plan_holds(report["hashes"]),
    )


def _listed(links: Mapping[str, LinkPlan]) -> dict[str, LinkPlan]:
    """The links of a plan that have rows."""
    changing = {name: link for name, link in links.items() if link["status"] != "in_sync"}
    return dict(links) if len(links) - len(changing) <= MOST_IN_SYNC else changing


def _edge(name: str, source: Tenant, target: Tenant, state: str) -> graph.Edge:
    """A link to draw. The drawing shortens names, so they have their final form before."""
    ends = (Tenant(name=visible(tenant["name"]), tenant_id=visible(tenant["tenant_id"])) for tenant in (source, target))
    return graph.Edge(name, next(ends), next(ends), visible(state))


def _opened(links: Mapping[str, str]) -> set[str]:
    """The links that are not folded, from their states."""
    if len(links) <= MOST_OPEN:
        return set(links)
    return set([name for name, state in links.items() if state != "in_sync"][:MOST_OPEN])


def also_harmed(impact: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Those who would be harmed and are not among the users of whom everything is shown, by what happens to them."""
    shown = {(user.get("source_id"), user.get("target_id")) for user in impact.get("users") or ()}
    others = [user for user in impact.get("harmed") or () if (user.get("source_id"), user.get("target_id")) not in shown]
    effects = states.counted(str(user.get("effect")) for user in others)
    return [(effect, [str(user.get("name")) for user in others if str(user.get("effect")) == effect]) for effect, _count in effects]


def _plan_holds(hashes: Mapping[str, str]) -> bool | None:
    """Whether the plan that was applied is the one that was approved."""
    plan, expected = hashes.get("plan"), hashes.get("expected")
    return plan == expected if plan and expected else None


def _rows(users: Sequence[ReportUser], total: int, links: int) -> list[ReportUser]:
    """The users who are rows of the table without a script."""
    ordered = ordered_users(users)
    if total <= STATIC_USERS:
        return ordered
    return [user for user in ordered if states.needs_attention(user)][: max(5, STATIC_USERS // links)]


def ordered_users(users: Sequence[ReportUser]) -> list[ReportUser]:
    """Those who need attention first, then those who wait, each by name."""

    def place(user: ReportUser) -> tuple[int, str]:
        waits = user["state"] in _WAITING or user["address_book"] in _WAITING
        return 0 if states.needs_attention(user) else 1 if waits else 2, user["name"].lower()

    return sorted(users, key=place)


def users_data(users: Sequence[ReportUser]) -> dict[str, Any]:
    """The users for the script. Texts that many users have in common are there once."""
    texts: dict[str, int] = {}

    def number(text: str | None) -> int:
        return -1 if text is None else texts.setdefault(visible(text), len(texts))

    rows = [
        [
            visible(user["name"]),
            visible(user["target_name"] or ""),
            *(number(text) for text in (user["state"], user["address_book"], user["reason"], user["remedy"])),
        ]
        for user in ordered_users(users)
    ]
    named = {visible(name) for user in users for name in (user["state"], user["address_book"]) if name}
    looks = {name: [look.text, look.tone, look.form] for name in sorted(named) for look in [states.of_user(name)]}
    return {"texts": list(texts), "looks": looks, "rows": rows}


def embedded_json(data: Any) -> Markup:
    """Data for a script element: it holds nothing that could end the element or begin a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - escaped in this line


def visible(value: object) -> str:
    """A text in which every character can be seen."""
    return _UNSEEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", str(value))


def moment(text: str | None) -> str:
    """A time in the form 2026-11-23 02:01 UTC. A text that is no time stays."""
    if text is None:
        return "not known"
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text
    if time.tzinfo is None or len(text) <= len("2026-11-23"):
        return text
    zone = "UTC" if time.utcoffset() == timedelta(0) else time.strftime("%z")
    return f"{time:%Y-%m-%d %H:%M} {zone if zone == 'UTC' else f'{zone[:3]}:{zone[3:5]}'}".replace(" ", "\N{NO-BREAK SPACE}")


def when(text: str | None) -> str:
    """A time that is not broken into two lines. A text that is no time may be."""
    shown = moment(text)
    return shown if text is None or shown == text else Markup("<span class=when>{}</span>").format(shown)


def minutes(values: Sequence[float]) -> str:
    """A duration, or a range of them, in minutes or hours."""
    texts = list(dict.fromkeys(_duration(value) for value in values))
    return " to ".join(texts)


def _duration(value: float) -> str:
    if value < 1:
        return "less than 1 min"
    if value < 120:
        return f"{value:.0f} min"
    hours = value / 60
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def number(value: float | None) -> str:
    """A number with thin spaces between thousands."""
    return "not known" if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def plural(count: int, word: str, words: str | None = None) -> str:
    """A number with its noun."""
    return f"{number(count)} {word if count == 1 else words or word + 's'}"


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: "" if value is None else value if isinstance(value, Markup) else visible(value),
    )
    style, script = (TEMPLATES.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment.globals |= {
        "style": Markup(style),  # noqa: S704 - a file of this collection
        "script": Markup(script),  # noqa: S704 - a file of this collection
        "policy": _POLICY.format(style=_hash(style), script=_hash(script)),
        "link_look": states.of_link,
        "user_look": states.of_user,
        "counted": states.counted,
        "share": charts.share,
        "shortened": graph.shortened,
        "timeline": charts.timeline,
        "differences": differences,
        "also_harmed": also_harmed,
        "users_data": users_data,
        "embedded_json": embedded_json,
        "plural": plural,
        "static_users": STATIC_USERS,
    }
    environment.filters |= {"moment": moment, "when": when, "minutes": minutes, "number": number, "text_of": text_of}
    return environment


def _rendered(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(values)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

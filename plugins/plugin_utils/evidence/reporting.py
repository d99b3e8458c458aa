# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The evidence of a run: assembled from what its tasks have registered on the links, and from nothing else. Pure functions.

Only members that are known by name go into it, so that the arguments of a task, which contain secrets, cannot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.quantity import quantity
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import (
    BUILDING,
    DEPROVISION,
    REMOVAL,
    SOURCE,
    TARGET,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import planning, report_users
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import (
    FORMAT,
    Change,
    LinkHealth,
    LinkPlan,
    LinkReport,
    Report,
    RunPart,
    Tenant,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.shapes import shaped

REPORT_LOOK, RUN_LOOKED = "report_look", "sync_look"
ONLY_LOOKED = (REPORT_LOOK, "plan_look")
"""The variables in which the playbooks register a look at all links. After that of a run, the link's tasks follow."""
APPROVAL, PLANNED = "sync_approval", "plan_found"
"""The results of ``plan_report`` in the playbooks sync and plan."""
HEALTH = ("report_health", "health_look")
ARGUMENTS = ("sync_arguments", "source_tenant_arguments", "target_tenant_arguments", "preflight_arguments", "verify_arguments")
VERIFIED = ("verify_status", "verify_left")
"""The last tasks of a run: a link is built, or removed, if they were reached."""
FAILED, DEGRADED, TO_CHANGE, UNKNOWN, CHANGED, IN_SYNC = "failed", "degraded", "to_change", "unknown", "changed", "in_sync"
VERDICTS = (FAILED, "drifted", DEGRADED, TO_CHANGE, UNKNOWN, CHANGED, IN_SYNC)
"""The worst first."""
ALONE = "link_compared"
"""The file of tasks of a link that is compared by itself."""
NOT_REACHED = "the run stopped before the link was verified"
MOST_LINES = 10
"""Of a summary."""


@dataclass(frozen=True)
class Link:
    """A link of a run, and the variables of its host, with the results that tasks have registered."""

    source: Tenant
    target: Tenant
    configuration: str | None
    state: str
    variables: Mapping[str, Any]

    def result(self, *names: str) -> Mapping[str, Any]:
        """The first registered result of these names that is one; empty if there is none."""
        found = (self.variables.get(name) for name in names)
        return next((result for result in found if isinstance(result, Mapping) and not result.get("skipped")), {})

    def of_all(self, host: str, *names: str) -> Mapping[str, Any]:
        """The part of this link in the result of a task on all links."""
        links = self.result(*names).get("links")
        part = links.get(host) if isinstance(links, Mapping) else None
        return part if isinstance(part, Mapping) else {}


def link_of(identity: Mapping[str, Any], variables: Mapping[str, Any]) -> Link:
    """A link by what its variables say about it. Whether it must exist is what its tasks have found, if they have."""
    link = Link(
        shaped(Tenant, identity.get("source")), shaped(Tenant, identity.get("target")), identity.get("configuration"), "", variables
    )
    found = next((result["state"] for name in ARGUMENTS if (result := link.result(name)).get("state")), identity.get("state"))
    return replace(link, state=str(found))


@dataclass(frozen=True)
class Question:
    """A task of the roles that only reads: its module, where its result is registered, and what it says in one line."""

    module: str
    registered: str
    says: Callable[[Mapping[str, Any]], Any]


BEFORE = (
    Question("plan_report", APPROVAL, lambda result: f"the plan is the one that was approved: {result.get('hash')}"),
    Question("change_control", "sync_window", lambda result: result.get("msg")),
    Question("preflight_info", "preflight_link", lambda result: result.get("refusal") or _last(result.get("report"))),
    Question("impact_info", "source_tenant_impact", lambda result: (result.get("impact") or {}).get("summary")),
)
AFTER = (
    Question("link_info", "verify_status", lambda result: result.get("summary")),
    Question("link_info", "verify_left", lambda result: "; ".join(result.get("left") or ()) or "nothing is left of the link"),
    Question("address_book_info", "verify_address_book", lambda result: result.get("summary")),
    Question("coverage_info", "coverage", lambda result: result.get("summary")),
)
"""What is asked before the first change of a link, and after the last."""
ACTING = {step.module for step in (*BUILDING, DEPROVISION, *REMOVAL)}
"""The modules that build or remove a link."""


def _last(lines: Any) -> Any:
    return lines[-1] if lines else None


def report(
    links: Mapping[str, Link],
    title: str,
    created: str | None,
    versions: Mapping[str, str],
    change: Change,
    check_mode: bool = False,
) -> Report:
    """The evidence of a run, not masked."""
    found = {host: _link(host, link, check_mode) for host, link in links.items()}
    users = report_users.without_those_of_others({host: part["users"] for host, part in found.items()}, _pairs(links))
    return {
        "format": FORMAT,
        "title": title,
        "created": created,
        "versions": dict(versions),
        "change": change,
        "hashes": _hashes(links.values()),
        "masked": False,
        "links": {host: {**part, "users": users[host]} for host, part in found.items()},
        "strangers": _strangers(links.values()),
    }


def names_of(links: Iterable[Link]) -> Iterator[tuple[str, str]]:
    """The names of users and other recipients that the texts of the report can contain, each with the address of its owner."""
    for link in links:
        yield from report_users.names_of(link.result)


def _hashes(links: Iterable[Link]) -> dict[str, str]:
    """Those of a plan that was made in the run, and of the approved one, which is the same, because another one is not applied."""
    for link in links:
        approved = link.result(APPROVAL)
        if approved.get("plan"):
            return {"plan": str(approved["hash"]), "expected": str(approved["hash"])}
        planned = link.result(PLANNED)
        if planned.get("plan"):
            return {"plan": str(planned["hash"])}
    return {}


def _plan(host: str, link: Link) -> LinkPlan | None:
    """The plan of the run, or what a look found to change."""
    plan = link.result(APPROVAL, PLANNED).get("plan")
    planned = plan["links"].get(host) if isinstance(plan, Mapping) else planning.differences_of(link.of_all(host, REPORT_LOOK))
    return shaped(LinkPlan, planned) if planned else None


def _pairs(links: Mapping[str, Link]) -> dict[str, tuple[str, str]]:
    return {host: (link.source["tenant_id"].lower(), link.target["tenant_id"].lower()) for host, link in links.items()}


def _strangers(links: Iterable[Link]) -> list[str]:
    """What is synchronized although no link describes it, and which tenants could not be searched, each once."""
    looks = [link.result(*ONLY_LOOKED, RUN_LOOKED) for link in links]
    found = [sentence for look in looks for sentence in look.get("strangers") or ()]
    unknown = [f"strangers unknown: {reason}" for look in looks for reason in look.get("strangers_unknown") or ()]
    return list(dict.fromkeys(map(str, (*found, *unknown))))


def _link(host: str, link: Link, check_mode: bool) -> LinkReport:
    parts = list(_parts(link))
    health = link.of_all(host, *HEALTH)
    users, note = report_users.of(link.result, link.state)
    candidates = list(_candidates(host, link, parts, check_mode))
    if health:
        candidates.append(_of_health(health))
    verdict, summary = min(
        candidates, key=lambda candidate: VERDICTS.index(candidate[0]), default=(UNKNOWN, "no task of this run looked at it")
    )
    return {
        "source": link.source,
        "target": link.target,
        "configuration": link.configuration,
        "state": link.state,
        "verdict": verdict,
        "summary": summary,
        "plan": _plan(host, link),
        "run": parts or None,
        "health": shaped(LinkHealth, health) if health else None,
        "users": users,
        "users_note": note,
    }


# ----------------------------------------------------------------------------------------------------------------------------- run


def _parts(link: Link) -> Iterator[RunPart]:
    """What the tasks of the roles did, in their order."""
    wrong = next((result for name in ARGUMENTS if (result := link.result(name)).get("failed")), None)
    if wrong:
        yield _part("link_arguments", SOURCE, link, wrong)
    for question in BEFORE:
        yield from _answers(question, link)
    for step in (DEPROVISION, *REMOVAL) if link.state == "absent" else BUILDING:
        result = link.result(step.registered)
        if result:
            yield _part(step.module, step.side, link, result)
    for question in AFTER:
        yield from _answers(question, link)


def _answers(question: Question, link: Link) -> Iterator[RunPart]:
    result = link.result(question.registered)
    if result:
        refused = result.get("ready") is False
        said = None if result.get("failed") else question.says(result)
        yield _part(question.module, SOURCE, link, {**result, "failed": refused or result.get("failed"), "msg": said or result.get("msg")})


def _part(module: str, side: str, link: Link, result: Mapping[str, Any]) -> RunPart:
    diff = result.get("diff")
    states = diff if isinstance(diff, Mapping) else {}
    part = {**result, **{name: states.get(name) for name in ("before", "after")}}
    actions = result.get("actions") or ()
    return {
        **shaped(RunPart, part),
        "module": module,
        "side": side,
        "tenant": link.target if side == TARGET else link.source,
        "msg": str(result["msg"]) if result.get("msg") else None,
        "actions": [_action(action) for action in actions if isinstance(action, Mapping)],
    }


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    return {"verb": str(action.get("verb")), "object": str(action.get("object")), "effects": dict(action.get("effects") or {})}


# ------------------------------------------------------------------------------------------------------------------------- verdict


def _candidates(host: str, link: Link, parts: list[RunPart], check_mode: bool) -> Iterator[tuple[str, str]]:
    """What the look at the link and its tasks say about it: a verdict and one line."""
    yield from ((FAILED, part["msg"] or f"{part['module']} failed") for part in parts if part["failed"])
    ran, seen = link.of_all(host, RUN_LOOKED), link.of_all(host, *ONLY_LOOKED)
    # Where its tasks run elsewhere, a link has a comparison of its own.
    ran = link.result("verify_link") if ran.get("tasks") == ALONE and link.result("verify_link").get("in_sync") else ran
    if ran.get("in_sync"):
        yield _of_look(ran, FAILED)
    elif ran and parts and not link.result(*VERIFIED):
        # The playbook sync ends each link that it builds or removes with a verification.
        yield FAILED, NOT_REACHED
    elif any(part["module"] in ACTING for part in parts) or link.result(*VERIFIED):
        yield _of_run(parts, check_mode)
    elif ran:
        yield _of_look(ran, FAILED)
    elif seen:
        yield _of_look(seen, UNKNOWN)
    elif parts:
        yield UNKNOWN, _said(parts) or "it was not compared with its desired state"


def _of_run(parts: list[RunPart], check_mode: bool) -> tuple[str, str]:
    """Of a link that was built, removed or verified."""
    if any(part["changed"] for part in parts):
        return TO_CHANGE if check_mode else CHANGED, _said(parts) or quantity(sum(len(part["actions"]) for part in parts), "change")
    return IN_SYNC, _said(parts) or "nothing to do"


def _said(parts: list[RunPart]) -> str | None:
    """The last message of a task that did not fail."""
    return next((part["msg"] for part in reversed(parts) if part["msg"] and not part["failed"]), None)


def _of_look(entry: Mapping[str, Any], unreadable: str) -> tuple[str, str]:
    if entry.get("tasks") == "failed":
        return unreadable, str(entry.get("msg") or "it could not be compared")
    summary = str(entry.get("summary") or "")
    if entry.get("in_sync"):
        return IN_SYNC, summary or "in sync"
    if "differences" in entry:
        return TO_CHANGE, summary or "it differs from its desired state"
    return UNKNOWN, str(entry.get("not_compared") or entry.get("msg") or "it was not compared with its desired state")


def _of_health(health: Mapping[str, Any]) -> tuple[str, str]:
    verdicts = {"healthy": IN_SYNC, "degraded": DEGRADED}
    return verdicts.get(str(health.get("verdict")), UNKNOWN), str(health.get("line") or "")


# ------------------------------------------------------------------------------------------------------------------------- summary


def verdict_of(found: Report) -> str:
    """The worst verdict of the links."""
    return min((link["verdict"] for link in found["links"].values()), key=VERDICTS.index, default=UNKNOWN)


def counts_of(found: Report) -> dict[str, int]:
    """How many links have each verdict that occurs, the worst first."""
    counted = Counter(link["verdict"] for link in found["links"].values())
    return {verdict: counted[verdict] for verdict in VERDICTS if counted[verdict]}


def summary_of(found: Report) -> list[str]:
    """At most ten lines: how many links have which verdict, and those that need somebody, the worst first."""
    counted = ", ".join(f"{number} {verdict}" for verdict, number in counts_of(found).items())
    first = f"{quantity(len(found['links']), 'link')}: {counted}" if counted else "no links"
    bad = [(host, link) for host, link in found["links"].items() if link["verdict"] not in (CHANGED, IN_SYNC)]
    bad.sort(key=lambda pair: VERDICTS.index(pair[1]["verdict"]))
    lines = [f"{host}: {_shortened(_with_verdict(link['verdict'], link['summary']))}" for host, link in bad]
    lines += [f"strangers: {len(found['strangers'])}, see the report"] if found["strangers"] else []
    room = MOST_LINES - 1
    return [first, *lines] if len(lines) <= room else [first, *lines[: room - 1], f"and {len(lines) - room + 1} more"]


def _with_verdict(verdict: str, summary: str) -> str:
    return summary if summary.lower().startswith(verdict) else f"{verdict}: {summary}"


def _shortened(text: str, most: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."

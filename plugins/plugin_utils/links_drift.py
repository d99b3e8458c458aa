# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The drift of many links: what the look at them found, with who changed it, and the verdicts. Pure functions."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import Seen, Verdict
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import drift
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.audit_log import Log
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.drift import Change, Drift
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import LinkHost
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import FAILED, Looked, prepare_complete
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.verdicts import whole

IN_SYNC, DRIFTED, COULD_NOT_LOOK = "in_sync", "drifted", "could_not_look"
MOST_NAMED, LONGEST = 20, 300
"""How many links of each verdict a scheduler gets by name, and how many characters of the summary."""
MOST_LINES = 10
"""Lines of a summary. The message of a link has as many changes."""
NOT_ALONE = "its comparison failed"

Logs = Mapping[str, Log | str]
"""The audit logs by tenant, or why one could not be read."""


def prepare(host: LinkHost, rivals: Callable[[], Mapping[str, Any]]) -> Looked:
    """Validate the variables of a host. A link that must not exist is looked at, too: something of it may exist."""
    before = prepare_complete(host, rivals)
    if before.tasks == FAILED or before.link["state"] != "absent":
        return before
    as_present = prepare_complete(dataclasses.replace(host, state="present"), rivals)
    link = {**as_present.link, "configuration": None, "state": "absent"} if as_present.link else before.link
    return dataclasses.replace(as_present, params={**as_present.params, "state": "absent"} if as_present.params else {}, link=link)


@dataclass(frozen=True)
class Found:
    """The changes of the links, by host, and those that are strangers, by tenant, each with its sentence."""

    links: Mapping[str, Sequence[Change]]
    strangers: Mapping[str, Sequence[tuple[str, Change]]]

    @property
    def activities(self) -> dict[str, set[str]]:
        """What is searched for in the audit log of each tenant in which something was changed."""
        wanted: dict[str, set[str]] = defaultdict(set)
        of_strangers = (change for found in self.strangers.values() for _text, change in found)
        for change in (*(change for found in self.links.values() for change in found), *of_strangers):
            wanted[change.tenant.lower()].update(change.question.activities)
        return dict(wanted)


def found_in(looked: Mapping[str, Looked], seen: Seen) -> Found:
    """What was changed."""
    links = {host: _changes(looked[host], verdict) for host, verdict in seen.verdicts.items()}
    strangers: dict[str, list[tuple[str, Change]]] = defaultdict(list)
    for tenant in seen.strangers:
        for stranger in tenant.objects:
            change = (
                drift.partner_lets_in(tenant.tenant, stranger.id)
                if stranger.kind == "partner"
                else drift.configuration_exists(tenant.tenant, stranger.name, stranger.id)
            )
            strangers[tenant.tenant.lower()].append((stranger.text, change))
    return Found(links, strangers)


def _changes(before: Looked, verdict: Verdict) -> list[Change]:
    facts = verdict.facts
    if facts is None or verdict.failure:
        return []
    params = before.params
    if before.link["state"] == "absent":
        return drift.remains(facts, params["tenant_id"], params["target"]["tenant_id"])
    return drift.changes(drift.Link(params["configuration"], facts["differences"], facts["untouched"] or (), facts["job"]))


def connections(looked: Mapping[str, Looked], tenants: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The connection options of tenants, from the first link of each."""
    known: dict[str, Mapping[str, Any]] = {}
    for before in looked.values():
        for options in (before.params, before.params.get("target") or {}):
            if options.get("tenant_id"):
                known.setdefault(str(options["tenant_id"]).lower(), options)
    return {tenant: known[tenant] for tenant in tenants if tenant in known}


def report(looked: Mapping[str, Looked], seen: Seen, found: Found, logs: Logs) -> dict[str, Any]:
    """The result."""
    strangers = [(text, drift.attributed(change, logs[tenant])) for tenant, changes in found.strangers.items() for text, change in changes]
    unknown = [(tenant.tenant.lower(), tenant.unknown) for tenant in seen.strangers if tenant.unknown]
    names = _names(looked)
    links = {host: _link(before, seen.verdicts.get(host), found.links.get(host, ()), logs, names) for host, before in looked.items()}
    _blame(links, looked, strangers, unknown)
    verdict = whole((link["verdict"] for link in links.values()), IN_SYNC)
    done = dict.fromkeys((host for host, link in links.items() if link["verdict"] == IN_SYNC and not link["problems"]), True)
    summary = list(_summary(links))
    return {
        "changed": False,
        "verdict": verdict,
        "summary": summary,
        "links": links,
        "strangers": [{**stranger, "text": text} for text, stranger in strangers],
        "strangers_unknown": [reason for _tenant, reason in unknown],
        "done": done,
        "all_done": len(done) == len(links),
        "stats": _stats(verdict, summary[0], links),
    }


def _names(looked: Mapping[str, Looked]) -> dict[str, str]:
    """The names of the tenants in ``tenants``, by their ids or domains in lower case."""
    sides = (before.link[side] for before in looked.values() for side in ("source", "target") if side in before.link)
    return {str(side["tenant_id"]).lower(): side["name"] for side in sides if side["tenant_id"]}


def _link(before: Looked, verdict: Verdict | None, changes: Sequence[Change], logs: Logs, names: Mapping[str, str]) -> dict[str, Any]:
    base: dict[str, Any] = {**before.link, "drift": [], "problems": []}
    facts = verdict.facts if verdict else None
    if facts is None or (verdict and verdict.failure):
        msg = before.msg or (verdict.failure if verdict else None) or NOT_ALONE
        return {**base, "verdict": COULD_NOT_LOOK, "line": f"could not look. {msg}", "msg": msg}
    drifts = [drift.attributed(change, logs[change.tenant.lower()]) for change in changes]
    problems = [problem for problem in facts["problems"] if not _is_drift(problem, drifts)]
    line = f"drifted. {_listed(drift.line(found, names) for found in drifts)}{_unread(drifts, logs)}" if drifts else "in sync"
    if problems:
        line += f"; problems: {'; '.join(problems)}"
    return {**base, "verdict": DRIFTED if drifts else IN_SYNC, "line": line, "drift": drifts, "problems": problems}


def _unread(drifts: Sequence[Drift], logs: Logs) -> str:
    """Why the logs of the tenants of these changes could not be read."""
    reasons = (logs[tenant] for tenant in dict.fromkeys(found["tenant"].lower() for found in drifts))
    return "".join(f"; {drift.UNREAD}: {reason}" for reason in reasons if isinstance(reason, str))


def _is_drift(problem: str, drifts: Sequence[Drift]) -> bool:
    """Whether a problem of the job is its state, which is among the changes already."""
    return problem.startswith("the job is ") and " must be " in problem and any(found["what"] in ("state", "job") for found in drifts)


def _listed(lines: Iterable[str]) -> str:
    every = list(lines)
    more = [f"and {len(every) - MOST_LINES} more"] if len(every) > MOST_LINES else []
    return "; ".join((*every[:MOST_LINES], *more))


def _blame(
    links: dict[str, dict[str, Any]],
    looked: Mapping[str, Looked],
    strangers: Sequence[tuple[str, Drift]],
    unknown: Sequence[tuple[str, str]],
) -> None:
    """A stranger, or a tenant that could not be searched, counts for the first link of the tenant, because a run ends by its links."""
    for text, stranger in strangers:
        host = _first(looked, stranger["tenant"].lower())
        if host:
            before = links[host]
            line = f"{text}, {drift.author(stranger)}"
            others = f"; {before['line']}" if before["verdict"] != IN_SYNC or before["problems"] else ""
            links[host] = {**before, "verdict": DRIFTED, "line": f"drifted. {line}{others}"}
    for tenant, reason in unknown:
        host = _first(looked, tenant)
        if host and links[host]["verdict"] == IN_SYNC:
            links[host] |= {"verdict": COULD_NOT_LOOK, "line": f"could not look. Strangers unknown: {reason}", "msg": reason}


def _first(looked: Mapping[str, Looked], tenant: str) -> str | None:
    for host, before in looked.items():
        sides = (before.params, before.params.get("target") or {})
        if any(str(options.get("tenant_id")).lower() == tenant for options in sides):
            return host
    return None


def _summary(links: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The number of links by verdict, and the lines of those that need attention, ten lines at most."""
    counts = Counter(link["verdict"] for link in links.values())
    yield f"{len(links)} links: {', '.join(f'{counts[verdict]} {verdict}' for verdict in (IN_SYNC, DRIFTED, COULD_NOT_LOOK) if counts[verdict])}"
    bad = [f"{host}: {link['line']}" for host, link in links.items() if link["verdict"] != IN_SYNC]
    yield from bad[: MOST_LINES - 1 if len(bad) < MOST_LINES else MOST_LINES - 2]
    if len(bad) >= MOST_LINES:
        yield f"and {len(bad) - MOST_LINES + 2} more"


def _stats(verdict: str, summary: str, links: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a scheduler needs."""
    hosts = {wanted: [host for host, link in links.items() if link["verdict"] == wanted] for wanted in (DRIFTED, COULD_NOT_LOOK)}
    named = {wanted: found[:MOST_NAMED] for wanted, found in hosts.items()}
    more = sum(map(len, hosts.values())) - sum(map(len, named.values()))
    return {"verdict": verdict, "summary": summary[:LONGEST], **named, "more": more}


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """What is shown of links that have no task of their own: one line if all is well."""
    if result["done"]:
        yield f"{len(result['done'])} of {len(result['links'])} links are in sync"

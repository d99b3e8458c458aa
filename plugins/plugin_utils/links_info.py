# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Looks at the links of many hosts in the controller, and decides which tasks each host runs next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import Pair, Seen, Verdict
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import link_variables
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.rivals import Link
from ansible_collections.entra.cross_tenant_sync.plugins.modules import link_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import LinkHost, examine, identity
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import PROCESS_VARIABLE, secrets_in

IN_SYNC, FAILED, GO_ON, JUDGE, COMPARE = "as_desired", "failed", "link", "link_judged", "link_compared"
"""The files of tasks, see the playbook sync: the link is in sync; it cannot be compared; it differs; the impact of what differs on users must
be judged; it needs a comparison of its own.
"""
PLANNED = "planned"
"""The file of tasks that compares the plan with the approved one first."""
USERS, NO_TASKS = "users", "nothing"
"""The files of tasks with which the playbook report continues."""
STRANGERS = "link_strangers"
MOST_LINES = 20
"""Up to so many links that are in sync, each has a task that reports it. If there are more, one line reports all of them."""
ELSEWHERE = (
    "link_strangers is fail, but its tasks run outside of the controller's process, where no strangers are searched for; "
    "set link_strangers to report. Nothing was changed."
)
_SPEC = link_info.OPTIONS.argument_spec()
COMPARISON = {"stop_at_difference": True, "share_reads": True}
COMPLETE = {"stop_at_difference": False, "share_reads": True, "scope_max_removals": None, "scope_max_removal_percent": None}
"""The options of a look that returns all differences. The limits are those of the impact, which knows the filters."""
IN_OTHER_PROCESS = "its tasks run outside of the controller's process, where all differences are searched for. Nothing was changed."
SHOWN = ("in_sync", "summary", "not_compared", "synced_users")
SHOWN_IN_FULL = (*SHOWN, "problems", "missing_users", "job", "differences", "untouched", "warnings")


@dataclass(frozen=True)
class Looked:
    """The link of a host before the look: its validated options, or the file of tasks if there is nothing to look at."""

    tasks: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    fails_for_strangers: bool = False
    msg: str | None = None
    """Why the link fails."""
    link: Mapping[str, Any] = field(default_factory=dict)
    """Which link it is: ``source`` and ``target``, each with ``name`` and ``tenant_id``, and ``configuration`` and ``state``."""


def prepare(host: LinkHost, rivals: Callable[[], Mapping[str, Any]]) -> Looked:
    """Validate the variables of a host. Its own task reports what is wrong with them."""
    examined, params = examine(host, rivals)
    if examined.get("failed") or not examined["compare"]:
        return Looked(GO_ON if examined.get("state") == "absent" else JUDGE)
    fails = link_variables.value_of(STRANGERS, host.value(STRANGERS, host.variables.get(STRANGERS)))[0] == "fail"
    if not (host.here and _runs_in_controller(host)):
        return Looked(FAILED, msg=f"Link {host.name}: {ELSEWHERE}") if fails else Looked(COMPARE)
    params = {**params, **COMPARISON}
    return Looked(None, params, frozenset(secrets_in(_SPEC, params)), fails)


def prepare_complete(host: LinkHost, rivals: Callable[[], Mapping[str, Any]]) -> Looked:
    """Validate the variables of a host for a look that returns all differences. No other task reports what is wrong with them."""
    examined, params = examine(host, rivals)
    link = identity(host)
    if examined.get("failed"):
        return Looked(FAILED, msg=examined["msg"], link=link)
    if examined["state"] == "absent":
        return Looked(GO_ON, link=link)
    if not (host.here and _runs_in_controller(host)):
        return Looked(FAILED, msg=f"Link {host.name}: {IN_OTHER_PROCESS}", link=link)
    params = {**params, **COMPLETE}
    return Looked(None, params, frozenset(secrets_in(_SPEC, params)), link=link)


def _runs_in_controller(host: LinkHost) -> bool:
    """Whether the variables of a host leave its tasks in this process."""
    try:
        connection = host.value("ansible_connection", host.variables.get("ansible_connection")) or "local"
        become, process = (host.value(name, host.variables.get(name)) or False for name in ("ansible_become", PROCESS_VARIABLE))
        elsewhere = boolean(become, strict=False) or boolean(process, strict=False)
    except (AnsibleError, TypeError):
        return False
    return str(connection).removeprefix("ansible.builtin.") == "local" and not elsewhere


def pairs_of(links: Iterable[Link]) -> list[Pair]:
    """The links of an inventory, for the search for strangers."""
    return [(link.source, link.target, (link.configuration, *link.others)) for link in links]


def report_in_full(looked: Mapping[str, Looked], seen: Seen) -> dict[str, Any]:
    """The result of a look that returns all differences: each link with everything that was found."""
    links = {host: {**_entry_in_full(before, seen.verdicts.get(host)), **before.link} for host, before in looked.items()}
    in_sync = [host for host, entry in links.items() if entry["tasks"] == IN_SYNC]
    done = _leaving_one(in_sync if len(in_sync) > MOST_LINES else [], len(links))
    return {
        **_totals(seen),
        "links": links,
        "done": dict.fromkeys(done, True),
        "all_done": False,
        "in_sync": len(in_sync),
        "warnings": [],
    }


def planned(hosts: Iterable[str]) -> dict[str, Any]:
    """The result if a plan was approved: every link is planned again before anything else."""
    links = {host: {"tasks": PLANNED} for host in hosts}
    return {**_totals(Seen({})), "links": links, "done": {}, "all_done": False, "in_sync": 0, "warnings": []}


def ending(check_mode: bool, reports: bool) -> str | None:
    """The file of tasks with which the run ends."""
    return {(True, False): "table", (False, True): "report", (True, True): "table_and_report"}.get((check_mode, reports))


def before_report(result: Mapping[str, Any], users: bool | None) -> dict[str, Any]:
    """The result of a look that returns all differences, before a report: whether a task asks about the users of each link."""
    asks = users or (users is None and len(result["links"]) <= MOST_LINES)
    links = {host: {**entry, "report": _report_tasks(entry, asks)} for host, entry in result["links"].items()}
    done = [host for host, entry in links.items() if entry["report"] == NO_TASKS]
    return {**result, "links": links, "done": dict.fromkeys(_leaving_one(done, len(links)), True)}


def _report_tasks(entry: Mapping[str, Any], asks: bool) -> str:
    """Users are asked about although the link could not be compared: a wish that cannot be fulfilled hides nobody who is there."""
    return USERS if asks and entry.get("state") != "absent" else NO_TASKS


def _leaving_one(done: Sequence[str], links: int) -> Sequence[str]:
    """The hosts that need no further task, without one of them if no other host is left."""
    return done[1:] if len(done) == links else done


def _entry_in_full(before: Looked, verdict: Verdict | None) -> dict[str, Any]:
    if before.tasks or verdict is None:
        return {"tasks": before.tasks or FAILED, **({"msg": before.msg} if before.msg else {})}
    entry = _entry(verdict)
    facts = verdict.facts or {}
    shown = {name: facts[name] for name in SHOWN_IN_FULL if facts.get(name) is not None}
    return {**shown, **entry, **({"differences": list(facts["differences"])} if facts else {})}


def _totals(seen: Seen) -> dict[str, Any]:
    return {
        "changed": False,
        "strangers": [sentence for found in seen.strangers for sentence in found.found],
        "strangers_unknown": [found.unknown for found in seen.strangers if found.unknown],
    }


def report(looked: Mapping[str, Looked], seen: Seen, one_stays: bool) -> dict[str, Any]:
    """The result: for each host the next file of tasks, the hosts that need none, and the strangers.

    ``one_stays``: whether one host stays although it needs no task: in check mode, so that the table of all actions is shown even if there are
    none, and if the run ends with a report.
    """
    verdicts: dict[str, Verdict | str] = {host: before.tasks or seen.verdicts[host] for host, before in looked.items()}
    links = {host: {**_entry(verdict), **({"msg": looked[host].msg} if looked[host].msg else {})} for host, verdict in verdicts.items()}
    _fail_for_strangers(links, looked, seen)
    in_sync = [host for host, entry in links.items() if entry["tasks"] == IN_SYNC]
    done = in_sync if len(in_sync) > MOST_LINES else []
    if one_stays:
        done = list(_leaving_one(done, len(links)))
    return {
        **_totals(seen),
        "links": links,
        "done": dict.fromkeys(done, True),
        "all_done": len(done) == len(links),
        "in_sync": len(in_sync),
        "warnings": list(dict.fromkeys(_warnings(verdicts))),
    }


def _fail_for_strangers(links: dict[str, dict[str, Any]], looked: Mapping[str, Looked], seen: Seen) -> None:
    """Fail the links of tenants that must have no strangers, before anything is written: of those with strangers, and of those that could
    not be searched.
    """
    found: dict[str, list[str]] = defaultdict(list)
    unknown: dict[str, list[str]] = defaultdict(list)
    for tenant in seen.strangers:
        found[tenant.tenant.lower()] += tenant.found
        unknown[tenant.tenant.lower()] += [f"strangers unknown: {tenant.unknown}"] if tenant.unknown else []
    for host, before in looked.items():
        if before.fails_for_strangers:
            failed = links[host]["tasks"] == FAILED
            ids = [str(side["tenant_id"]).lower() for side in (before.params, before.params["target"])]
            sentences = [sentence for tenant in ids for sentence in (*found[tenant], *(() if failed else unknown[tenant]))]
            if sentences:
                links[host] = {**links[host], "tasks": FAILED, "msg": "; ".join([*([links[host]["msg"]] if failed else []), *sentences])}


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """What is shown of links that have no tasks, and of strangers."""
    yield from result["strangers"]
    yield from (f"strangers unknown: {reason}" for reason in result["strangers_unknown"])
    if result["done"]:
        yield f"{result['in_sync']} of {len(result['links'])} links are in sync"


def _entry(verdict: Verdict | str) -> dict[str, Any]:
    if isinstance(verdict, str):
        return {"tasks": verdict}
    if verdict.failure:
        return {"tasks": FAILED, "msg": verdict.failure}
    facts = verdict.facts
    if facts is None:
        return {"tasks": COMPARE}
    shown = {name: facts[name] for name in SHOWN if facts.get(name) is not None}
    if facts["in_sync"]:
        return {"tasks": IN_SYNC, **shown}
    return {"tasks": GO_ON if facts.get("tasks") else JUDGE, **shown, "differences": list(facts["differences"])}


def _warnings(verdicts: Mapping[str, Verdict | str]) -> Iterator[str]:
    """The warnings about links that are in sync. The tasks of other links repeat theirs."""
    for host, verdict in verdicts.items():
        if isinstance(verdict, Verdict) and verdict.facts and verdict.facts["in_sync"]:
            yield from (f"{host}: {warning}" for warning in verdict.facts["warnings"])


def variables_of(
    hosts: Sequence[str], first: str, task_vars: Mapping[str, Any], raw_get: Callable[[str], Any]
) -> Iterator[tuple[str, Any]]:
    """Each host with its variables, as its own task would have them.

    ``raw_get`` knows no variables of the play and of the task. They are the same for all hosts: what the variables of the first host have in
    addition.
    """
    known = raw_get(first)
    context = {name: value for name, value in task_vars.items() if name != "vars" and (name not in known or known[name] != value)}
    for host in hosts:
        yield host, (task_vars if host == first else {**raw_get(host), **context})

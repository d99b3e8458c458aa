# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The health of a link, from the state of its job and what the log of its source has about it. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, TypedDict

from ..quantity import quantity
from . import job
from .log_stream import RETENTION, SHORT_RETENTION, Stream, by_subject, moment_of, newest_of
from .people import MOST_NAMES, some
from .provisioning_log import LogEntry

HEALTHY, DEGRADED, COULD_NOT_LOOK = "healthy", "degraded", "could_not_look"
BEGINNINGS = {HEALTHY: "Healthy. ", DEGRADED: "Degraded. ", COULD_NOT_LOOK: "Could not look. "}
"""How the line of a link begins. These texts never change, because schedulers search for them."""
INTERVAL = timedelta(minutes=40)
"""The time from the beginning of a cycle to that of the next one, if the job does not name it (fact F68)."""
RARE = timedelta(days=1)
"""The longest time between cycles in quarantine (fact F78). A full cycle can take as long (fact F68)."""
LONGEST_GAP, TRIED_FOR = timedelta(days=4), timedelta(days=6)
"""The service tries a user who fails for seven days, with up to three days between two attempts (fact F186); a day is the tolerance."""
STALE_FACTOR = 3.0
MOST_CYCLES = 60
"""Of more cycles, those of a day are counted together."""
DAYS = (7, 30)


class Failure(TypedDict):
    """Users who failed with the same code."""

    code: str
    count: int
    users: list[str]
    reason: str | None
    remedy: str | None


@dataclass(frozen=True)
class Seen:
    """What was found out about a link."""

    facts: Mapping[str, Any] | None
    """Those of ``link_info`` without a comparison; ``None`` if the source could not be read."""
    failure: str | None
    """Why the link, or its target, could not be read."""
    log: Stream | None
    log_failure: str | None
    """Why the log could not be read."""
    now: datetime
    """The time by the clock of the service."""


def absent() -> dict[str, Any]:
    """The health of a link that must not exist."""
    return {**_UNKNOWN, "verdict": HEALTHY, "line": f"{BEGINNINGS[HEALTHY]}the link must not exist, so there is nothing to look at"}


def judge(seen: Seen, stale_factor: float = STALE_FACTOR) -> dict[str, Any]:
    """The health of a link, in the form of `LinkHealth`."""
    facts = seen.facts or {}
    shown, verdict = facts.get("job"), facts.get("job_verdict") or {}
    entries = list(seen.log.of((shown or {}).get("service_principal_id"))) if seen.log else []
    failures = failures_of(entries, seen.now, seen.log.since) if seen.log else []
    late = is_stale(shown, verdict, seen.now, stale_factor)
    problems = [*_of_job(facts, failures), *_of_schedule(shown, seen.now, late), *map(_failed, failures), *_held(shown, entries)]
    unknown = list(_not_looked_at(seen))
    word = DEGRADED if problems else COULD_NOT_LOOK if unknown else HEALTHY
    deleted = deletions(entries, seen.now) if seen.log and shown else None
    since = _stamp(seen.log.since) if seen.log and shown else None
    parts = [*problems, *unknown, *([facts["summary"]] if facts.get("summary") else []), *_log_in_words(seen, shown, failures, deleted)]
    return {
        "verdict": word,
        "line": BEGINNINGS[word] + "; ".join(part.rstrip(".") for part in parts),
        "problems": problems,
        "could_not_look": unknown,
        "job": shown,
        "last_cycle": ((shown or {}).get("last_cycle") or {}).get("ended"),
        "stale": late,
        "users": facts.get("synced_users"),
        "failures": failures,
        "quarantine": _quarantine(shown, verdict),
        "deletions": deleted,
        "deletions_since": _stamp(seen.log.deletions_since) if seen.log and shown else None,
        "log_since": since,
        "cycles": cycles_of(entries),
    }


_UNKNOWN: Mapping[str, Any] = {
    "problems": [],
    "could_not_look": [],
    "job": None,
    "last_cycle": None,
    "stale": False,
    "users": None,
    "failures": [],
    "quarantine": None,
    "deletions": None,
    "deletions_since": None,
    "log_since": None,
    "cycles": [],
}


def could_not_look(reason: str) -> dict[str, Any]:
    """The health of a link of which nothing was read."""
    return {**_UNKNOWN, "verdict": COULD_NOT_LOOK, "line": BEGINNINGS[COULD_NOT_LOOK] + reason, "could_not_look": [reason]}


def _not_looked_at(seen: Seen) -> Iterator[str]:
    if seen.failure:
        yield seen.failure
    if seen.log_failure:
        yield f"failures and deletions are not known: {seen.log_failure}"


# The job -----------------------------------------------------------------------------------------------------------------


def _of_job(facts: Mapping[str, Any], failures: Sequence[Failure]) -> Iterator[str]:
    """The problems of the job: those that the comparison of a link reports, and what its verdict says to do."""
    verdict = facts.get("job_verdict") or {}
    quarantined = verdict.get("verdict") == "quarantined"
    for problem in facts.get("problems") or ():
        yield f"{problem}: {verdict['next_action']}" if quarantined and "quarantine" in problem else problem
    if verdict.get("verdict") != "degraded":
        return
    if verdict["next_action"] != job.READ_THE_LOG:
        yield verdict["next_action"]
    elif not failures:
        yield f"{_last_cycle(facts['job'])}: {verdict['next_action']}"


def _last_cycle(shown: Mapping[str, Any]) -> str:
    last = shown.get("last_cycle") or {}
    held = f", and {last['held_for_retry']} users are held for retry" if last.get("held_for_retry") else ""
    return f"the last cycle ended as {last.get('state') or 'unknown'}{held}"


def _of_schedule(shown: Mapping[str, Any] | None, now: datetime, late: bool) -> Iterator[str]:
    last = ((shown or {}).get("last_cycle") or {}).get("ended")
    ended = moment_of(last)
    if late and shown and ended:
        interval = _interval(shown["interval"])
        yield f"no cycle has ended for {_duration(now - ended)}, although one begins every {_duration(interval)}: restart the job with sync_job"


def is_stale(shown: Mapping[str, Any] | None, verdict: Mapping[str, Any], now: datetime, factor: float) -> bool:
    """Whether the last cycle ended longer ago than ``factor`` intervals, and the time that this cycle took."""
    last = (shown or {}).get("last_cycle") or {}
    ended, began = moment_of(last.get("ended")), moment_of(last.get("began"))
    if shown is None or ended is None or shown.get("state") != "started":
        return False
    interval = _interval(shown.get("interval"))
    if verdict.get("verdict") in ("quarantined", "running"):
        interval = max(interval, RARE)
    return now - ended > factor * interval + (ended - began if began else timedelta())


_ISO_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")


def _interval(text: str | None) -> timedelta:
    parts = _ISO_DURATION.fullmatch(text or "")
    if parts is None:
        return INTERVAL
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds) or INTERVAL


def _duration(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _quarantine(shown: Mapping[str, Any] | None, verdict: Mapping[str, Any]) -> dict[str, Any] | None:
    why = (shown or {}).get("quarantine")
    if not why:
        return None
    return {"since": why["since"], "reason": why["reason"], "days_left": verdict.get("days_until_disabled")}


# The log -----------------------------------------------------------------------------------------------------------------


def failing(entries: Iterable[LogEntry], now: datetime, since: datetime) -> dict[str, list[LogEntry]]:
    """The newest entry of each user for whom it is a failure, by its code. ``entries`` are newest first, and known since then."""
    by_code: dict[str, list[LogEntry]] = {}
    for attempts in by_subject(entries):
        if attempts[0]["status"] == "failure" and _is_tried(attempts, now, since):
            by_code.setdefault(attempts[0]["code"] or "unknown", []).append(attempts[0])
    return by_code


def failures_of(entries: Iterable[LogEntry], now: datetime, since: datetime) -> list[Failure]:
    """The users of `failing`, the most frequent code first."""
    failures = [_failure(code, of_code) for code, of_code in failing(entries, now, since).items()]
    return sorted(failures, key=lambda failure: (-failure["count"], failure["code"]))


def _is_tried(attempts: Sequence[LogEntry], now: datetime, since: datetime) -> bool:
    """Whether the service still tries a user whose newest attempt has failed, or has given up. If it has stopped before it gives up, the user
    has left the scope, of which there need not be an entry (fact F186).
    """
    times = [moment_of(found["time"]) or now for found in takewhile(lambda found: found["status"] == "failure", attempts)]
    last, first = times[0], times[-1]
    if now - last <= LONGEST_GAP:
        return True
    return last - first >= TRIED_FOR or last - since < TRIED_FOR


def _failure(code: str, entries: Sequence[LogEntry]) -> Failure:
    names = sorted(map(name_of, entries))
    return {
        "code": code,
        "count": len(entries),
        "users": names[:MOST_NAMES],
        "reason": entries[0]["reason"],
        "remedy": entries[0]["remedy"],
    }


def name_of(found: LogEntry) -> str:
    """The name of the user or group that an entry is about."""
    source, target = found["source"], found["target"]
    names = (source["user_principal_name"], target["user_principal_name"], source["name"], source["id"], target["id"])
    return str(next((name for name in names if name), found["id"]))


def _failed(failure: Failure) -> str:
    cause = failure["remedy"] or failure["reason"]
    named = ", ".join(failure["users"]) + (f" and {failure['count'] - MOST_NAMES} more" if failure["count"] > MOST_NAMES else "")
    return f"{quantity(failure['count'], 'user')} failed with {failure['code']}{f' ({cause})' if cause else ''}: {named}"


def held_deletions(shown: Mapping[str, Any] | None, entries: Iterable[LogEntry]) -> list[str]:
    """The users whose deletions the guard holds back: those whose newest entry says so, while the job is in quarantine for them (fact F81)."""
    if ((shown or {}).get("quarantine") or {}).get("reason") != job.TOO_MANY_DELETES:
        return []
    return sorted(name_of(found) for found in newest_of(entries) if found["action"] == "stagedDelete")


def _held(shown: Mapping[str, Any] | None, entries: Iterable[LogEntry]) -> Iterator[str]:
    held = held_deletions(shown, entries)
    if held:
        yield f"{quantity(len(held), 'deletion')} held back: {some(held)}"


def deletions(entries: Iterable[LogEntry], now: datetime) -> dict[str, int]:
    """How many users the service has deleted in the last 7 and 30 days."""
    times = [moment_of(found["time"]) for found in entries if found["action"] == "delete" and found["status"] == "success"]
    return {str(days): sum(1 for time in times if time and time >= now - timedelta(days=days)) for days in DAYS}


def _log_in_words(
    seen: Seen, shown: Mapping[str, Any] | None, failures: Sequence[Failure], deleted: Mapping[str, int] | None
) -> Iterator[str]:
    if seen.log is None or deleted is None:
        return
    since = _stamp(seen.log.since)
    whole = seen.log.since <= seen.now - SHORT_RETENTION
    if not failures:
        yield "no failures" if whole else f"no failures since {since}"
    elif not whole:
        yield f"failures read since {since} only"
    yield _deletions_in_words(seen.log, deleted)


def _deletions_in_words(log: Stream, deleted: Mapping[str, int]) -> str:
    week, month = deleted["7"], deleted["30"]
    if not month:
        return (
            "no deletions in 30 days" if log.deletions_since <= log.now - RETENTION else f"no deletions since {_stamp(log.deletions_since)}"
        )
    if log.deletions_since <= log.now - RETENTION:
        return f"deletions: {week} in 7 days, {month} in 30 days"
    if log.deletions_since <= log.now - SHORT_RETENTION:
        return f"deletions: {week} in 7 days, at least {month} in 30 days"
    return f"deletions: at least {week} in 7 days, at least {month} in 30 days (the log was read since {_stamp(log.deletions_since)})"


def cycles_of(entries: Sequence[LogEntry]) -> list[dict[str, Any]]:
    """What the log has of each cycle, or of each day if there are many, oldest first."""
    by_cycle = _grouped(entries, lambda found: str(found["cycle_id"] or found["time"]))
    groups = by_cycle if len(by_cycle) <= MOST_CYCLES else _grouped(entries, lambda found: str(found["time"])[:10])
    return [_cycle(groups[key]) for key in reversed(groups)]


def _grouped(entries: Iterable[LogEntry], key: Any) -> dict[str, list[LogEntry]]:
    groups: dict[str, list[LogEntry]] = {}
    for found in entries:
        groups.setdefault(key(found), []).append(found)
    return groups


def _cycle(entries: Sequence[LogEntry]) -> dict[str, Any]:
    counts = Counter(f"{found['action']} {found['status']}" for found in entries)
    return {"time": entries[-1]["time"], "counts": dict(sorted(counts.items()))}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

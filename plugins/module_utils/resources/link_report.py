# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What is said of a link that was looked at: whether it is in sync, what is wrong with it, what is left of it. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..plan import Facts
from . import synced_user
from .link import Given

UNKNOWN: Facts = {
    "in_sync": None,
    "differences": [],
    "job": None,
    "synced_users": None,
    "missing_users": None,
    "problems": [],
    "not_compared": None,
    "left": None,
    "tasks": None,
    "warnings": [],
}
"""The result where nothing is known."""


def not_compared(reason: str) -> dict[str, Any]:
    """The result where the comparison may not be made."""
    return {**UNKNOWN, "not_compared": reason, "summary": f"not compared: {reason}"}


def left(source: Facts, target_entry: bool, people: Sequence[Facts], link: Given) -> dict[str, Any]:
    """The result for a link that must not exist. Nothing of it is wrong: another link may need it."""
    here = link.get("source_name") or link["tenant_id"]
    there = link.get("target_name") or link["target"]["tenant_id"]
    lines = [
        f"{here}: {', '.join(source['configurations']) or 'no'} configuration to {there}",
        f"{here}: {_article(source['entry'])} partner entry for {there}",
        f"{there}: {_article(target_entry)} partner entry for {here}",
        f"{there}: {_number(people)} of {here}",
    ]
    return {**UNKNOWN, "synced_users": len(people), "left": lines, "summary": "; ".join(lines)}


def _number(people: Sequence[Facts]) -> str:
    return f"{len(people)} {'user' if len(people) == 1 else 'users'}"


def _article(there: bool) -> str:
    return "a" if there else "no"


def judged(source: Facts, target: Facts, people: Sequence[Facts] | None, link: Given) -> dict[str, Any]:
    """The result. ``people`` is ``None`` where the comparison stopped before them."""
    differences = [*source["differences"], *target.get("differences", ())]
    missing = None if people is None else synced_user.missing(people, link.get("verify_users") or ())
    quarantine = (source["job"] or {}).get("quarantine")
    in_sync = not differences and not quarantine and not missing if link["compare"] else None
    return {
        "in_sync": in_sync,
        "differences": differences[:1] if link.get("stop_at_difference") else differences,
        "job": source["job"],
        "synced_users": None if people is None else len(people),
        "missing_users": missing,
        "problems": list(_problems(source, missing, link)),
        "summary": "; ".join(_summary(in_sync, differences, missing, people, source)),
        "not_compared": None,
        "left": None,
        "tasks": "in_sync" if in_sync else None,
        "warnings": list(dict.fromkeys((*source["warnings"], *target.get("warnings", ())))),
    }


def _problems(source: Facts, missing: Sequence[str] | None, link: Given) -> Iterator[str]:
    """What is wrong with the link although it may be configured as wanted."""
    if source["verdict"]:
        found = source["job"] or {}
        state, wanted = found.get("state") or "absent", link["job_state"]
        if state != wanted:
            yield f"the job is {state} and must be {wanted}"
        if found.get("quarantine"):
            yield f"the job is in quarantine ({found['quarantine'].get('reason')})"
    if missing:
        yield f"not in the address book of tenant {link['target']['tenant_id']}: {', '.join(missing)}"


def _summary(
    in_sync: bool | None, differences: Sequence[Facts], missing: Sequence[str] | None, people: Sequence[Facts] | None, source: Facts
) -> Iterator[str]:
    """How the link is, in one line for those who read the output of a run."""
    modules = ", ".join(dict.fromkeys(difference["module"] for difference in differences))
    if in_sync is not None:
        yield "in sync" if in_sync else f"differs in {modules}" if modules else "configured as wanted"
    if source["verdict"]:
        yield _job_summary(source["job"], source["verdict"])
    if people is not None:
        yield f"{len(people)} synced {'user' if len(people) == 1 else 'users'}"
    if missing:
        yield f"not in the address book: {', '.join(missing)}"


def _job_summary(found: Facts | None, verdict: Facts) -> str:
    """The verdict of the job, since when it holds, and when the last cycle ended."""
    word, since = str(verdict["verdict"]).replace("_", " "), verdict["since"] or (found or {}).get("steady_since")
    last = (found or {}).get("last_cycle")
    dated = f" since {since}" if since and word in ("healthy", "quarantined") else ""
    reason = f" ({verdict['reason']})" if verdict["reason"] else ""
    return f"job {word}{dated}{reason}" + (f", last cycle ended {last['ended']}" if last else "")

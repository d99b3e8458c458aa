# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The report about a link: whether it is in sync, its problems, and its remains. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..plan import Facts
from . import synced_user
from .link import Given
from .synced_user import Arrived

UNKNOWN: Facts = {
    "in_sync": None,
    "differences": [],
    "untouched": [],
    "job": None,
    "job_verdict": None,
    "synced_users": None,
    "missing_users": None,
    "problems": [],
    "not_compared": None,
    "left": None,
    "remains": None,
    "tasks": None,
    "warnings": [],
}
"""The result if nothing was read."""


def not_compared(reason: str) -> dict[str, Any]:
    """The result if the comparison is not permitted."""
    return {**UNKNOWN, "not_compared": reason, "summary": f"not compared: {reason}"}


def left(
    source: Facts, target_entry: bool, lets_in: str | None, arrived: Arrived, link: Given, shared: Sequence[str] | None = None
) -> dict[str, Any]:
    """The result for a link that must not exist. Its remains are no problem, because another link may need them. ``lets_in`` is the id of the
    source tenant if the target lets it synchronize users; ``shared`` are the features of the link that the target still shares, ``None`` if it
    names none.
    """
    source_name = link.get("source_name") or link["tenant_id"]
    target_name = link.get("target_name") or link["target"]["tenant_id"]
    names = [configuration["name"] for configuration in source["configurations"]]
    lines = [
        f"{source_name}: {', '.join(names) or 'no'} configuration to {target_name}",
        f"{source_name}: {_article(source['entry'])} partner entry for {target_name}",
        f"{target_name}: {_article(target_entry)} partner entry for {source_name}",
        f"{target_name}: {_number(arrived)} of {source_name}",
        *_sharing(source_name, source.get("shared"), target_name),
        *_sharing(target_name, shared, source_name),
    ]
    remains = {"configurations": source["configurations"], "user_sync_inbound": lets_in}
    return {**UNKNOWN, "synced_users": arrived.count, "left": lines, "remains": remains, "summary": "; ".join(lines)}


def _sharing(here: str, features: Sequence[str] | None, there: str) -> list[str]:
    """What a tenant still shares of what the link names."""
    return [] if features is None else [f"{here}: shares {', '.join(features) or 'nothing of this link'} with {there}"]


def _number(arrived: Arrived, kind: str = "user") -> str:
    return f"{arrived.count} {kind}{'' if arrived.count == 1 else 's'}"


def _article(exists: bool) -> str:
    return "a" if exists else "no"


def compared(source: Facts, target: Facts, arrived: Arrived | None, link: Given) -> dict[str, Any]:
    """The result. ``arrived`` is ``None`` if the comparison stopped before the synced users."""
    differences = [*source["differences"], *target.get("differences", ())]
    missing = None if arrived is None else synced_user.missing(arrived.named, link.get("verify_users") or ())
    quarantine = (source["job"] or {}).get("quarantine")
    in_sync = not differences and not quarantine and not missing if link["compare"] else None
    return {
        "in_sync": in_sync,
        "differences": differences[:1] if link.get("stop_at_difference") else differences,
        "untouched": _untouched(source, target) if differences else [],
        "job": source["job"],
        "job_verdict": source["verdict"],
        "synced_users": None if arrived is None else arrived.count,
        "missing_users": missing,
        "problems": list(_problems(source, missing, link)),
        "summary": "; ".join(_summary(in_sync, differences, missing, arrived, source)),
        "not_compared": None,
        "left": None,
        "remains": None,
        "tasks": "in_sync" if in_sync else "harmless" if differences and source.get("harmless") else None,
        "warnings": list(dict.fromkeys((*source["warnings"], *target.get("warnings", ())))),
    }


def _untouched(source: Facts, target: Facts) -> list[dict[str, Any]] | None:
    """The parts without a difference of a link that differs; ``None`` if those of the source were not kept."""
    bases = [side.get("untouched", list) for side in (source, target)]
    return None if None in bases else [part for found in bases for part in found()]


def _problems(source: Facts, missing: Sequence[str] | None, link: Given) -> Iterator[str]:
    """The problems of the link that are not differences of its configuration."""
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
    in_sync: bool | None, differences: Sequence[Facts], missing: Sequence[str] | None, arrived: Arrived | None, source: Facts
) -> Iterator[str]:
    """The state of the link in one line, for the output of a run."""
    modules = ", ".join(dict.fromkeys(difference["module"] for difference in differences))
    if in_sync is not None:
        yield "in sync" if in_sync else f"differs in {modules}" if modules else "configured as desired"
    if source["verdict"]:
        yield _job_summary(source["job"], source["verdict"])
    if arrived is not None:
        yield _number(arrived, "synced user")
    if missing:
        yield f"not in the address book: {', '.join(missing)}"


def _job_summary(found: Facts | None, verdict: Facts) -> str:
    """The verdict of the job, since when it holds, and when the last cycle ended."""
    word, since = str(verdict["verdict"]).replace("_", " "), verdict["since"] or (found or {}).get("steady_since")
    last = (found or {}).get("last_cycle")
    dated = f" since {since}" if since and word in ("healthy", "quarantined") else ""
    reason = f" ({verdict['reason']})" if verdict["reason"] else ""
    return f"job {word}{dated}{reason}" + (f", last cycle ended {last['ended']}" if last else "")

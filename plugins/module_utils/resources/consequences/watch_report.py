# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What the watch over a link found, and the verdict: nothing, something, or that it could not look. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...plan import Facts
from ...quantity import quantity
from .. import job
from ..people import some
from .accounts import FATES, Fate
from .importance import Importance
from .leavers import Held, Judged
from .model import Consequence
from .present import Present
from .protected import Protection
from .summary import Summary, facts_of

NOTHING, SOMETHING, COULD_NOT_LOOK = "nothing", "something", "could_not_look"
BEGINNINGS = {NOTHING: "Nothing was found. ", SOMETHING: "Something was found. ", COULD_NOT_LOOK: "Could not look. "}
"""The beginning of a message, by verdict."""
LEAVING: tuple[Fate, ...] = ("removed", "held", "refused", "may_be_removed")
"""What becomes of the accounts that a cycle may delete, now or after an approval."""
_IN_SCOPE = {
    "soft_deleted": "will be deleted {when}",
    "disabled": "will be disabled {when}",
    "converted": "will be converted between guest and member {when}",
}
_FATES = {
    "removed": "will be deleted {when}",
    "held": "is to be deleted",
    "refused": "is to be deleted",
    "may_be_removed": "may be deleted {when}",
    "kept": "is no longer maintained",
}


@dataclass(frozen=True)
class Found:
    """Everything that the watch over a link found."""

    params: Mapping[str, Any]
    link: Present
    summary: Summary
    left: tuple[Judged, ...]
    """The accounts of users who are not in scope."""
    risks: tuple[Consequence, ...]
    """Users in scope to whom a cycle does, or may do, harm."""
    importance: Importance
    checked: tuple[str, ...]
    """The kinds of importance that were asked for: without users at risk, none."""
    protection: Protection
    held: Held | None
    users: int
    """How many users are in scope."""
    differing: int
    incomplete: tuple[str, ...]

    def reasons(self, consequence: Consequence) -> tuple[str, ...]:
        """Why a user is protected."""
        return self.protection.reasons(consequence, self.importance)

    def of(self, fate: Fate) -> list[str]:
        """The users who are not in scope and of whose accounts this becomes, by name."""
        return sorted(judged.consequence.name for judged in self.left if judged.fate == fate)

    @property
    def removed(self) -> int:
        """How many accounts the next cycle deletes."""
        return len(self.of("removed"))

    def at_risk(self) -> Iterator[tuple[Consequence, str]]:
        """The users to whom a cycle does, or may do, harm, with what it is."""
        for judged in self.left:
            # An account that stays is a risk only if the log shows that the user has left the scope.
            if judged.fate != "outside" and (judged.fate != "kept" or judged.consequence.leaves):
                yield judged.consequence, _FATES[judged.fate].format(when=self.link.when)
        for risk in self.risks:
            text = _IN_SCOPE.get(risk.effect) or f"may be {' or '.join(map(_plain, risk.possible))} {{when}}"
            yield risk, text.format(when=self.link.when)

    def protected(self) -> list[tuple[Consequence, str]]:
        """Those of them who are protected and not released."""
        return [(risk, text) for risk, text in self.at_risk() if self.reasons(risk) and not self.protection.releases(risk)]


def facts(found: Found) -> dict[str, Any]:
    """The result."""
    findings, unknown = list(_findings(found)), list(_unknown(found))
    verdict = SOMETHING if findings else COULD_NOT_LOOK if unknown else NOTHING
    alarmed = found.protected()
    limit = found.params["impact_limit"]
    names = {risk.name for risk, _text in alarmed}
    first = [*(risk for risk, _text in alarmed), *(shown for shown in found.summary.first if shown.name not in names)]
    fates = Counter(judged.fate for judged in found.left)
    return {
        "verdict": verdict,
        "summary": _summary(found, verdict, findings, unknown),
        "findings": findings,
        "could_not_look": unknown,
        "protected": [facts_of(risk, found.reasons(risk)) for risk, _text in alarmed],
        "users": [facts_of(shown, found.reasons(shown)) for shown in first[:limit]],
        "more": found.summary.listed - len(first[:limit]),
        "counts": found.summary.shown_counts(),
        "in_scope": found.users,
        "differing": found.differing,
        "not_in_scope": {fate: fates[fate] for fate in FATES if fates[fate]},
        "leaving": {fate: found.of(fate)[:limit] for fate in LEAVING if fates[fate]},
        "next_cycle": {"when": found.link.when, "full": found.link.full, "removes": found.removed},
        "held": dict(found.held) if found.held else None,
        "job_state": job.run_state(found.link.job),
        "importance": {kind: found.importance.not_checked.get(kind, "checked") for kind in found.checked},
    }


def _findings(found: Found) -> Iterator[str]:
    """What somebody has to look at, one sentence each, protected users first."""
    for risk, text in found.protected():
        yield f"{risk.name} ({', '.join(found.reasons(risk))}) {text}: {risk.reason}"
    if found.held:
        named = f": {some(found.held['users'])}" if found.held["users"] else ""
        number = "deletions" if found.held["count"] is None else quantity(found.held["count"], "deletion")
        reason = f" ({found.held['unknown']})" if found.held["unknown"] else ""
        yield f"the deletion guard holds {number} back since {found.held['since']}{named}{reason}"
    before = found.users + found.removed
    most, percent = found.params.get("max_removals"), found.params.get("max_removal_percent")
    if most is not None and found.removed > most:
        yield f"{found.removed} of {before} users will be deleted {found.link.when}, more than max_removals {most}{_named(found)}"
    elif percent is not None and 100 * found.removed > percent * before:
        yield f"{found.removed} of {before} users will be deleted {found.link.when}, more than max_removal_percent {percent}{_named(found)}"


def _named(found: Found) -> str:
    return f": {some(found.of('removed'))}"


def _unknown(found: Found) -> Iterator[str]:
    """Why it is not certain that there is nothing, one sentence each."""
    yield from found.incomplete
    if any(True for _risk in found.at_risk()):
        yield from found.importance.not_checked.values()


def _summary(found: Found, verdict: str, findings: Sequence[str], unknown: Sequence[str]) -> str:
    """The state in one line."""
    if verdict == SOMETHING:
        return "; ".join(findings)
    if verdict == COULD_NOT_LOOK:
        return "; ".join(unknown)
    counts = found.summary.counts
    may = len([judged for judged in found.left if judged.fate == "may_be_removed"])
    removed = f"{quantity(found.removed, 'unprotected user')} will be deleted {found.link.when}"
    parts = [removed if found.removed else "no account is about to be deleted"]
    parts += [f"{quantity(may, 'unprotected user')} may be deleted"] if may else []
    parts += [f"{quantity(counts['created'], 'user')} will be created"] if counts["created"] else []
    return f"{quantity(found.users, 'user')} in scope; {', '.join(parts)}"


def complain(params: Mapping[str, Any], found: Facts) -> str | None:
    """Why the task fails, if a verdict other than "nothing" is a failure."""
    if not params["fail_on_findings"] or found["verdict"] == NOTHING:
        return None
    where = f"Tenant {params['tenant_id']}: link {params['configuration']} to tenant {params['target']['tenant_id']}"
    return f"{BEGINNINGS[found['verdict']]}{where}: {found['summary']}"


def _plain(effect: str) -> str:
    return effect.replace("soft_deleted", "deleted")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Whether an administrator's action on a link that exists may be carried out, by what was read of the link. Pure functions.

The actions are those of the playbooks ``approve_deletions``, ``pause``, ``provision_now``, ``resume`` and ``teardown``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import link_variables
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.likeness import nearest
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.values import UNCHECKED, blank, checked
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.people import some

CHANGE_JOB, PROVISION, LEAVE_ALONE = "change_job", "provision", "leave_alone"
"""The files of tasks that can come next."""
EXPECTED, USERS, NAMES = "approve_deletions_expected", "provision_users", link_variables.TEARDOWN
"""The variables in which administrators say what they expect."""
_NAMES: Mapping[str, Any] = {"type": "list", "elements": "str"}
_OF_WATCH = {
    "held": (dict, type(None)),
    "not_in_scope": (dict,),
    "leaving": (dict,),
    "protected": (list,),
    "could_not_look": (list,),
    "findings": (list,),
    "next_cycle": (dict,),
    "counts": (dict,),
    "job_state": (str, type(None)),
}
LOOKS: Mapping[str, tuple[str, Mapping[str, tuple[type, ...]]]] = {
    "approve_deletions": ("watch_info", _OF_WATCH),
    "resume": ("watch_info", _OF_WATCH),
    "pause": ("sync_job_info", {"job": (dict, type(None))}),
    "provision_now": ("a loop of person_info", {"results": (list,)}),
    "provision_result": ("sync_on_demand", {"outcomes": (list,), "failed_users": (list,), "unknown_users": (list,)}),
}
"""By action, whose result must have been read of the link, and what the decision needs of it."""
_RELEASE = "bring them back into scope, or list them in link_protected_release if they may lose their accounts"
_WISHED = {"created": "created", "restored": "restored", "converted": "converted", "updated": "updated", "disabled": "disabled"}
"""What the next cycle does to users apart from deletions, by effect, in words."""


@dataclass(frozen=True)
class Decision:
    """What comes next. ``msg`` is one sentence without a full stop, and ``lines`` are shown before it."""

    msg: str
    tasks: str = LEAVE_ALONE
    refused: bool = False
    failed: bool = False
    """Whether the action was carried out, and failed."""
    lines: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    """The users to provision."""
    job_state: str | None = None
    """The option ``state`` of ``sync_job``."""
    restart_reason: str | None = None

    def result(self, link: str | None) -> dict[str, Any]:
        """The result of the task. Without a link, the decision is about the whole run."""
        about = f"Link {link}: " if link else ""
        msg = f"{about}{self.msg}. Nothing was changed." if self.refused else f"{about}{self.msg}"
        found = {"changed": False, "msg": msg, "tasks": self.tasks, "lines": list(self.lines), "users": list(self.users)}
        job = {"job_state": self.job_state, "restart_reason": self.restart_reason}
        return {
            **found,
            **{name: value for name, value in job.items() if value},
            **({"failed": True} if self.refused or self.failed else {}),
        }


def refusal(msg: str, lines: Iterable[str] = ()) -> Decision:
    """The action is not carried out."""
    return Decision(msg, refused=True, lines=tuple(lines))


def unfit(action: str, look: Mapping[str, Any]) -> Decision | None:
    """Refuses a decision on what is not the result that it needs: that of another module, or of a task that failed and was ignored."""
    module, members = LOOKS[action]
    if look.get("failed") and "results" not in look:
        return refusal(f"the look at the link has failed, so nothing is known of it: {str(look.get('msg')).rstrip('.')}")
    wrong = [name for name, kinds in members.items() if name not in look or not isinstance(look[name], kinds)]
    return refusal(f"look must be the result of {module}, but {wrong[0]} is missing in it, or is something else") if wrong else None


def must_not_exist() -> Decision:
    """The inventory says that the link is absent."""
    return Decision("the link must not exist, so it is left alone")


# Removal of links ----------------------------------------------------------------------------------------------------


def teardown(hosts: Sequence[str], raw: Any, check_mode: bool) -> Decision:
    """Whether these links may be removed: outside of check mode, each must be named. A job slice of AWX has only some of those named."""
    named, faults = checked("name", _NAMES, raw, NAMES)
    if faults:
        return refusal("; ".join(faults))
    missing = [host for host in hosts if host not in (named or ())]
    if check_mode or not missing:
        return Decision("each link is named" if not missing else f"outside of check mode, {NAMES} must name {some(missing)}")
    close = nearest(missing[0], [name for name in named or () if name not in hosts])
    remedy = "name every link that is to be removed there, and leave out the others with --limit"
    return refusal(f"{some(missing)} would be removed, but {NAMES} does not name {_it(missing)}{close}; {remedy}")


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


# Pause and resume ----------------------------------------------------------------------------------------------------


def pause(look: Mapping[str, Any], reason: Any, wished: str | None) -> Decision:
    """Whether the job may be paused. ``look`` is the result of ``sync_job_info``, ``wished`` the link's own ``link_job_state``."""
    job = look["job"]
    if job is None:
        return refusal("there is no job that could be paused; build the link with the playbook sync first")
    if job["state"] == "paused":
        return Decision("the job is paused already")
    texts = [] if blank(reason) else [f"reason: {' '.join(str(reason).split())}"]
    if any((step["done"] or 0) < (step["total"] or 0) for step in job["progress"]):
        texts.append("the running cycle ends first")
    texts.append("users who leave the scope keep their accounts until the playbook resume has run")
    if wished != "paused":
        texts.append("the playbook sync starts the job again unless link_job_state is paused")
    return Decision(f"pauses the job; {'; '.join(texts)}", CHANGE_JOB, job_state="paused")


def resume(look: Mapping[str, Any], wished: str | None) -> Decision:
    """Whether the job may be started: the first cycle deletes the accounts of users who left meanwhile. ``look`` is that of ``watch_info``."""
    if look["job_state"] == "started":
        return Decision("the job runs already")
    lines = tuple(f"will be deleted: {name}" for name in _named(look, "removed"))
    wrong = _stops(look, "the next cycle takes the accounts of protected users") or next(_beyond_limits(look), None)
    if wrong:
        return refusal(wrong, lines)
    again = "; link_job_state is paused, so the playbook sync pauses the job again" if wished == "paused" else ""
    return Decision(f"starts the job; {_next_cycle(look)}{again}", CHANGE_JOB, lines=lines, job_state="started")


def _stops(look: Mapping[str, Any], what: str) -> str | None:
    """Why no account may be lost: somebody is protected, or it is not known who is."""
    if look["protected"]:
        named = (f"{_name(user)} ({', '.join(user['protected_by'])})" for user in look["protected"])
        return f"{what}: {', '.join(named)}; {_RELEASE}"
    if look["could_not_look"]:
        return f"it is not known whether protected users lose their accounts: {'; '.join(look['could_not_look'])}"
    return None


def _name(user: Mapping[str, Any]) -> str:
    return str(user["user_principal_name"] or user["target_user_principal_name"])


def _beyond_limits(look: Mapping[str, Any]) -> Iterator[str]:
    """The finding that more users would be deleted than allowed: what is neither about a protected user nor about held deletions."""
    for finding in look["findings"][len(look["protected"]) + bool(look["held"]) :]:
        yield f"{link_variables.named(finding, 'watch_info')}; bring the users back into scope, or raise the limit"


def _next_cycle(look: Mapping[str, Any]) -> str:
    removed, counts = look["next_cycle"]["removes"], look["counts"]
    deleted = f"{_users(removed)} will be deleted: {some(_named(look, 'removed'))}" if removed else "no account will be deleted"
    others = [f"{counts[effect]} will be {word}" for effect, word in _WISHED.items() if counts.get(effect)]
    unsure = look["not_in_scope"].get("may_be_removed", 0)
    others += [f"{_users(unsure)} may be deleted: {some(_named(look, 'may_be_removed'))}"] if unsure else []
    others += ["the deletion guard keeps holding deletions back"] if look["held"] else []
    return f"in the next cycle, {'; '.join([deleted, *others])}"


def _users(number: int) -> str:
    return f"{number} user{'' if number == 1 else 's'}"


def _named(look: Mapping[str, Any], *fates: str) -> list[str]:
    return sorted(name for fate in fates for name in look["leaving"].get(fate, ()))


# Held deletions ------------------------------------------------------------------------------------------------------


def approve_deletions(look: Mapping[str, Any], raw: Any, holding: Sequence[str], check_mode: bool) -> Decision:
    """Whether the deletions that the guard holds back may be carried out. An approval also lets those go whose users left since then.

    ``holding`` are the links of the run that hold deletions back.
    """
    held = look["held"]
    if held is None:
        return Decision("no deletions are held back, so there is nothing to approve")
    count, names = _approved(look)
    lines = tuple(_held_lines(look, count, names))
    wrong = _cannot_approve(look, count)
    if wrong:
        return refusal(wrong, lines)
    if not count:
        return Decision("everybody whose deletion was held back is in scope again; restart the job with restart_reason release_quarantine")
    if raw is None or blank(raw):
        sentence = f"{_users(count)} would be deleted: {some(names)}; set {EXPECTED} to {count}, or to their names, to approve that"
        return Decision(sentence, lines=lines) if check_mode else refusal(sentence, lines)
    if len(holding) > 1:
        return refusal(f"{EXPECTED} is for one link, but {', '.join(holding)} hold deletions back; choose one with --limit", lines)
    differs = _differs(raw, count, names)
    if differs:
        return refusal(differs, lines)
    msg = f"{_users(count)} will be deleted in the next cycle: {some(names)}"
    return Decision(msg, CHANGE_JOB, lines=lines, job_state="restarted", restart_reason="approve_deletions")


def _approved(look: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many accounts an approval deletes, and the names of the first."""
    return sum(look["not_in_scope"].get(fate, 0) for fate in ("held", "removed")), _named(look, "held", "removed")


def _held_lines(look: Mapping[str, Any], count: int, names: Sequence[str]) -> Iterator[str]:
    left = set(look["leaving"].get("removed", ()))
    since = look["held"]["since"]
    yield f"the deletion guard holds deletions back since {since}; an approval deletes {_users(count)}"
    yield from (f"{'left since then' if name in left else 'held back'}: {name}" for name in names)
    if count > len(names):
        yield f"and {count - len(names)} more"
    yield from (f"may be deleted as well: {name}" for name in _named(look, "may_be_removed", "refused"))


def _cannot_approve(look: Mapping[str, Any], count: int) -> str | None:
    held = look["held"]
    if held["unknown"] or (held["count"] is None and not count):
        return f"it is not known whose deletions are held back: {held['unknown'] or 'the log cannot be read'}"
    stops = _stops(look, "an approval takes the accounts of protected users")
    if stops:
        return stops
    if look["job_state"] == "paused":
        return "the job is paused, and an approval would start it; run the playbook resume first"
    return None


def _differs(raw: Any, count: int, names: Sequence[str]) -> str | None:
    """Why the deletions are not those that were expected."""
    number = _number(raw)
    if number is not None:
        return None if number == count else f"{EXPECTED} is {number}, but {_users(count)} would be deleted: {some(names)}"
    expected, faults = checked(UNCHECKED, _NAMES, raw, EXPECTED)
    if faults:
        return "; ".join(faults)
    if count > len(names):
        return f"{EXPECTED} has names, but only {len(names)} of {count} users are named; raise link_impact_limit, or give the number"
    wished, found = {str(name).casefold() for name in expected or ()}, {name.casefold() for name in names}
    surplus = [str(name) for name in expected or () if str(name).casefold() not in found]
    missing = [name for name in names if name.casefold() not in wished]
    parts = [f"names {some(surplus)}, who would not be deleted"] if surplus else []
    parts += [f"does not name {some(missing)}, who would be deleted"] if missing else []
    return f"{EXPECTED} {' and '.join(parts)}" if parts else None


def _number(raw: Any) -> int | None:
    """The number, which a survey gives as a text."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    return int(raw) if isinstance(raw, str) and re.fullmatch(r"\s*[0-9]{1,9}\s*", raw) else None


# Provisioning on demand ----------------------------------------------------------------------------------------------


def name_users(raw: Any) -> Decision:
    """The users whom an administrator named."""
    users, faults = checked("users", _NAMES, raw, USERS)
    if faults or not users:
        return refusal("; ".join(faults) or f"{USERS} is missing; set it to the users to provision, by user principal name")
    return Decision(f"asks about {some(users)}", users=tuple({str(name).casefold(): str(name) for name in users}.values()))


def provision(results: Iterable[Mapping[str, Any]]) -> Decision:
    """Whether these users may be provisioned: all of them are in scope, and none has a deleted account. ``results`` are of ``person_info``."""
    asked = list(results)
    wrong = [sentence for found in asked if (sentence := _unfit(found))]
    if wrong:
        return refusal("; ".join(wrong))
    users = tuple(dict.fromkeys(str(found["source"]["user_principal_name"]) for found in asked))
    return Decision(f"provisions {some(users)}", PROVISION, users=users)


def _unfit(found: Mapping[str, Any]) -> str | None:
    """Why the user is not provisioned, as a clause."""
    if found.get("failed"):
        return f"{found.get('item')}: {str(found.get('msg')).rstrip('.')}"
    source = found["source"]
    if source is None or source["deleted"] or found["scope"]["in_scope"] is False:
        return str(found["sentence"]).rstrip(".")
    if found["target"]["state"] == "deleted":
        remedy = "restore the account in the target, or wait for the next cycle, which restores it"
        return f"{found['user_principal_name']} has a deleted account, beside which the service would create a second one; {remedy}"
    return None


def provision_result(outcome: Mapping[str, Any]) -> Decision:
    """What the service did. ``outcome`` is the result of ``sync_on_demand``."""
    lines = tuple(_outcome(found) for found in outcome["outcomes"])
    failed, unknown = outcome["failed_users"], outcome["unknown_users"]
    if failed:
        return Decision(f"the service could not provision {some(failed)}", failed=True, lines=lines)
    silent = f"; the service reported no outcome for {some(unknown)}, which the provisioning log has" if unknown else ""
    return Decision(f"{_users(len(lines))} provisioned{silent}", lines=lines)


def _outcome(found: Mapping[str, Any]) -> str:
    why = found["remedy"] or found["reason"] or found["code"]
    return f"{found['user']}: {found['status']}{f' ({why})' if why and found['status'] != 'success' else ''}"

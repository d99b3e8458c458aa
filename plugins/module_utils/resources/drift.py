# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What was changed in a link since its last run, one entry for each setting, assignment and mapping, from the differences that a look found.

The desired state is what it was, and the current state is what it became. Pure functions.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from . import audit_log, capability_trust, settings_bag
from .audit_log import Actor, Answer, Entry, Log, Question
from .capability_features import FEATURES
from .link import SHARING
from .partner_settings import SYNCHRONIZATION, TABLE

PRESENT, ABSENT = "present", "absent"
LONGEST = 120
"""A value in a line is cut after so many characters."""
OWN = "this application made that change itself, so the desired state was changed since then, or a run did not end"
UNKNOWN = Actor("unknown", audit_log.UNKNOWN)
UNREAD = "the audit log could not be read"
IN_THE_POLICY = ("cross_tenant_policy", SHARING)
"""The modules of what is in a tenant's cross-tenant access policy, and does not go with a configuration."""

Facts = Mapping[str, Any]


class Drift(TypedDict):
    """A change, and who made it."""

    module: str
    tenant: str
    object: str
    what: str
    old: Any
    new: Any
    since: str | None
    by: str
    by_id: str | None
    by_kind: audit_log.ActorKind
    audit: str | None
    """The activity in the audit log, and what is uncertain; why it is not known who made the change."""


@dataclass(frozen=True)
class Change:
    """A change, and how to find who made it."""

    module: str
    tenant: str
    object: str
    what: str
    old: Any
    new: Any
    question: Question


@dataclass(frozen=True)
class Link:
    """What the look found of a link: ``differences`` and ``untouched`` parts, and the state of its ``job``."""

    configuration: str
    differences: Sequence[Facts]
    untouched: Sequence[Facts]
    job: Facts | None

    @property
    def configuration_id(self) -> str | None:
        """The service principal of the configuration; ``None`` if it does not exist."""
        parts = [part for part in (*self.differences, *self.untouched) if part["module"] == "sync_configuration"]
        return next((part["basis"].get("id") for part in parts if part.get("basis")), None)

    @property
    def changed(self) -> frozenset[str]:
        """The modules that differ."""
        return frozenset(difference["module"] for difference in self.differences)


def changes(link: Link) -> list[Change]:
    """The changes of a link that must exist. What is only a consequence of another change is left out."""
    found: list[Change] = []
    for difference in link.differences:
        found += _OF_MODULE[difference["module"]](link, difference)
    lost = {change.tenant for change in found if change.module == "cross_tenant_policy" and change.new == ABSENT}
    # The entry of a partner takes with it what is shared with the partner.
    found = [change for change in found if change.module != SHARING or change.tenant not in lost]
    gone = {change.what for change in found if change.new == ABSENT}
    if "configuration" in gone:
        return [change for change in found if change.what == "configuration" or change.module in IN_THE_POLICY]
    if "job" in gone:
        # A job takes its mappings with it.
        return [change for change in found if change.what == "job" or change.module not in ("sync_mapping", "sync_job")]
    return found


# The modules --------------------------------------------------------------------------------------------------------


def _policy(_link: Link, difference: Facts) -> Iterator[Change]:
    """The settings of a partner, each member of a nested one for itself."""
    before, after = difference["before"], difference["after"]
    partner = str(after["partner"])
    if before["state"] == ABSENT:
        yield _partner_change(difference["tenant"], partner, "partner", PRESENT, ABSENT, (audit_log.DELETE_PARTNER,))
        return
    for name in after:
        if name in TABLE.rows and before.get(name) != after[name]:
            for member, old, new in _members(after[name], before.get(name)):
                yield _partner_setting(difference["tenant"], partner, name, member, old, new)


def _members(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """The members that differ; the values themselves if one of them has none."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        yield "", old, new
        return
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)


def _partner_setting(tenant: str, partner: str, name: str, member: str, old: Any, new: Any) -> Change:
    row = TABLE.rows[name]
    theirs = getattr(row.kind, "members", {}).get(member)
    hint = f"{row.at}.{theirs}" if theirs else row.at
    activities = audit_log.SYNCHRONIZATION if row.part == SYNCHRONIZATION else (audit_log.UPDATE_PARTNER, audit_log.ADD_PARTNER)
    # A partner that was deleted and added again has lost its settings.
    activities = (*activities, audit_log.DELETE_PARTNER)
    what = f"{name}.{member}" if member else name
    return _partner_change(tenant, partner, what, old, new, activities, (hint,))


def _partner_change(
    tenant: str, partner: str, what: str, old: Any, new: Any, activities: tuple[str, ...], hints: tuple[str, ...] = ()
) -> Change:
    question = Question(activities, (frozenset({partner.lower()}),), hints, may_be_unnamed=True)
    return Change("cross_tenant_policy", tenant, f"partner {partner}", what, old, new, question)


def _sharing(_link: Link, difference: Facts) -> Iterator[Change]:
    """What a tenant shares with a partner: the level of each feature, and for whom; and the trust without which nothing is shared. The log
    has both as changes of the partner (fact F208).
    """
    before, after = difference["before"], difference["after"]
    for name, old in after.items():
        if name in FEATURES and before.get(name) != old:
            for member, was, became in _members(old, before.get(name)):
                what = name if member in ("", "level") else f"{name}.{member}"
                yield _shared_change(difference, what, was, became, _capabilities(name, was, became))
    if before.get("trust") != after.get("trust"):
        yield _shared_change(difference, "trust", after.get("trust"), before.get("trust"), (capability_trust.MEMBER,))


def _capabilities(feature: str, *values: Any) -> tuple[str, ...]:
    """The capabilities of the levels in these values; all of the feature if they name none."""
    levels = FEATURES[feature].levels
    named = [level for value in values for level in (value if isinstance(value, list) else [value])]
    return tuple(levels[level] for level in named if level in levels) or tuple(levels.values())


def _shared_change(difference: Facts, what: str, old: Any, new: Any, hints: tuple[str, ...]) -> Change:
    activities = (audit_log.UPDATE_PARTNER, audit_log.ADD_PARTNER, audit_log.DELETE_PARTNER)
    partner = str(difference["after"]["partner"])
    return dataclasses.replace(_partner_change(difference["tenant"], partner, what, old, new, activities, hints), module=SHARING)


_SETTINGS = {
    "target_tenant_id": ("CompanyId",),
    "deletion_threshold": tuple(f"{settings_bag.NOTIFICATION}.{member}" for member in (settings_bag.GUARD, settings_bag.GUARD_NUMBER)),
    "notification_email": tuple(f"{settings_bag.NOTIFICATION}.{member}" for member in ("Recipients", "Enabled")),
}
"""Where the settings of a configuration are: keys of the service, and members of the value of one of them."""


def _configuration(link: Link, difference: Facts) -> Iterator[Change]:
    before, after = difference["before"], difference["after"]

    def change(what: str, old: Any, new: Any, activities: tuple[str, ...], hints: tuple[str, ...] = (), *names: str) -> Change:
        return _in_configuration(link, difference, what, old, new, activities, hints, names)

    if before["state"] == ABSENT:
        yield change("configuration", PRESENT, ABSENT, audit_log.DELETE)
        return
    if before["name"] != after["name"]:
        yield change("name", after["name"], before["name"], audit_log.UPDATE, ("DisplayName",), str(before["name"]))
    if before["job"] != after["job"]:
        yield change("job", PRESENT, ABSENT, (audit_log.DELETE_JOB,))
    for name, places in _SETTINGS.items():
        if name in after and before.get(name) != after[name]:
            yield change(name, after[name], before.get(name), (audit_log.SETTINGS,), places)


def _in_configuration(
    link: Link,
    difference: Facts,
    what: str,
    old: Any,
    new: Any,
    activities: tuple[str, ...],
    hints: tuple[str, ...] = (),
    names: Iterable[str] = (),
    more: tuple[frozenset[str], ...] = (),
) -> Change:
    """A change of a configuration. Its application is named as it is; the id is the service principal's."""
    own = frozenset(name.lower() for name in (link.configuration_id, link.configuration, *names) if name)
    module, tenant = difference["module"], difference["tenant"]
    return Change(module, tenant, f"configuration {link.configuration}", what, old, new, Question(activities, (own, *more), hints))


def _mapping(link: Link, difference: Facts) -> Iterator[Change]:
    # A new job has the mappings of the template.
    activities = (audit_log.MAPPINGS, audit_log.ADD_JOB)
    before, after = difference["before"], difference["after"]
    found = []
    for target in {**after["mappings"], **before["mappings"]}:
        old, new = after["mappings"].get(target), before["mappings"].get(target)
        if old != new:
            found.append(_in_configuration(link, difference, f"mapping {target}", _short(old), _short(new), activities, (target,)))
    of_groups = [side.get("group_mappings") or {} for side in (after, before)]
    for target in {**of_groups[0], **of_groups[1]}:
        old, new = (side.get(target) for side in of_groups)
        if old != new:
            found.append(_in_configuration(link, difference, f"group mapping {target}", _short(old), _short(new), activities, (target,)))
    for name, hint in (("filters", "scope"), ("target_actions", "flowTypes"), ("groups", "enabled")):
        if name in after and before.get(name) != after[name]:
            found.append(_in_configuration(link, difference, name, after[name], before.get(name), activities, (hint,)))
    yield from found
    if not found and difference["actions"]:
        yield _in_configuration(link, difference, "other rules of the schema", None, None, activities)


def _short(row: Facts | None) -> Any:
    """A mapping without its target, which is named beside it."""
    return None if row is None else {name: value for name, value in row.items() if name != "target"}


def _scope(link: Link, difference: Facts) -> Iterator[Change]:
    before, after = difference["before"], difference["after"]
    if before["mode"] != after["mode"]:
        yield _in_configuration(link, difference, "mode", after["mode"], before["mode"], (audit_log.SETTINGS,), ("SyncAll",))
    for number, kind in enumerate(("user", "group")):
        wanted, found = (side.get(f"{kind}s") or () for side in (after, before))
        for name in wanted:
            if name not in found:
                yield _assignment(link, difference, kind, name, (PRESENT, ABSENT), audit_log.UNASSIGN[number])
        for name in found:
            if name not in wanted:
                yield _assignment(link, difference, kind, name, (ABSENT, PRESENT), audit_log.ASSIGN[number])


def _assignment(link: Link, difference: Facts, kind: str, name: str, values: tuple[str, str], activity: str) -> Change:
    named = (frozenset({name.lower()}),)
    return _in_configuration(link, difference, f"assignment of {kind} {name}", *values, (activity,), more=named)


_STATES = {
    "started": (audit_log.START_JOB, audit_log.RESTART_JOB),
    "paused": (audit_log.PAUSE_JOB, audit_log.QUARANTINE, audit_log.ADD_JOB),
    "absent": (audit_log.DELETE_JOB,),
}
"""The activities that bring a job into a state."""


def _job(link: Link, difference: Facts) -> Iterator[Change]:
    """The state as it was read: in a plan, a job that is going to be restarted counts as paused."""
    wanted = difference["after"]["state"]
    state = str((link.job or {}).get("state") or ABSENT)
    if state != wanted:
        yield _in_configuration(link, difference, "state", wanted, state, _STATES.get(state, ()))
    elif difference["basis"].get("restart_owed"):
        yield _in_configuration(link, difference, "pending restart", False, True, ("Update service principal",), ("Tags",))


_OF_MODULE = {
    "cross_tenant_policy": _policy,
    SHARING: _sharing,
    "sync_configuration": _configuration,
    "sync_mapping": _mapping,
    "sync_scope": _scope,
    "sync_job": _job,
}


# What must not exist ------------------------------------------------------------------------------------------------


def partner_lets_in(tenant: str, partner: str) -> Change:
    """A partner that may synchronize users into a tenant, which it must not."""
    activities = (*audit_log.SYNCHRONIZATION[:2], audit_log.ADD_PARTNER)
    return _partner_change(tenant, partner, "user_sync_inbound", None, True, activities, ("userSyncInbound.isSyncAllowed",))


def configuration_exists(tenant: str, name: str, object_id: str) -> Change:
    """A configuration that must not exist. It can have been created, renamed, or given another target."""
    activities = (*audit_log.CREATE, *audit_log.UPDATE, audit_log.ADD_JOB, audit_log.SETTINGS)
    question = Question(activities, (frozenset({object_id.lower(), name.lower()}),), ("CompanyId", "DisplayName"))
    return Change("sync_configuration", tenant, f"configuration {name}", "configuration", ABSENT, PRESENT, question)


def remains(link: Facts, source: str, target: str) -> list[Change]:
    """What exists of a link that must not exist. ``link`` are the facts of ``link_info``."""
    found = [configuration_exists(source, one["name"], one["id"]) for one in link["remains"]["configurations"]]
    lets_in = link["remains"]["user_sync_inbound"]
    return [*found, *([partner_lets_in(target, lets_in)] if lets_in else [])]


# Who made them ------------------------------------------------------------------------------------------------------


def attributed(change: Change, log: Log | str) -> Drift:
    """A change with who made it. ``log`` is why the log could not be read, if it could not."""
    if isinstance(log, str):
        answer, own = Answer(None, f"{UNREAD}: {log}"), frozenset[str]()
    else:
        plain = change.new if change.module in IN_THE_POLICY else None
        answer, own = audit_log.search(change.question, log, plain), log.own
    entry = answer.entry
    unvalued = change.old is None and change.new is None
    actor = entry.actor if entry else UNKNOWN
    return Drift(
        module=change.module,
        tenant=change.tenant,
        object=change.object,
        what=change.what,
        old=answer.old if unvalued else change.old,
        new=answer.new if unvalued else change.new,
        since=entry.time if entry else None,
        by=actor.name,
        by_id=actor.ids[0] if actor.ids else None,
        by_kind=actor.kind,
        audit=_audit(entry, answer.note, bool(own.intersection(actor.ids))),
    )


def _audit(entry: Entry | None, note: str | None, own: bool) -> str | None:
    if entry is None:
        return note
    notes = [text for text in (note, OWN if own else None) if text]
    return f"{entry.activity} ({'; '.join(notes)})" if notes else entry.activity


def line(drift: Drift, names: Facts) -> str:
    """A change in one line. ``names`` are those of the tenants, by their ids or domains in lower case."""
    where = names.get(drift["tenant"].lower(), drift["tenant"])
    kind, _space, name = drift["object"].partition(" ")
    about = f"{kind} {names.get(name.lower(), name)}"
    what = about if kind == drift["what"] else f"{drift['what']} of {about}"
    values = f": {_text(drift['old'])} -> {_text(drift['new'])}" if drift["old"] is not None or drift["new"] is not None else ""
    return f"{what} in {where}{values}, {author(drift)}"


def author(drift: Drift) -> str:
    """Since when and by whom, in a few words, with what is uncertain."""
    if drift["since"] is None:
        return f"by {drift['by']} ({_short_reason(drift['audit'] or '')})"
    _activity, _mark, note = (drift["audit"] or "").partition(" (")
    kind = "" if drift["by_kind"] == "user" else f"{drift['by_kind']} "
    return f"since {drift['since']} by {kind}{drift['by']}" + (f" ({note}" if note else "")


def _short_reason(reason: str) -> str:
    """Why a log could not be read is said once, and not with each change."""
    return UNREAD if reason.startswith(UNREAD) else reason


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Protected users: whoever would lose their account although they are named, or important in the target, stops the run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...graph.batch import find_all, read_all
from ...graph.client import Client, Request
from ...plan import Refusal
from ..directory import group_requests, listed, people_named
from .importance import KINDS, Importance
from .mapped import NAME
from .model import Consequence, Effect

HARMFUL: frozenset[Effect] = frozenset({"soft_deleted", "disabled", "converted"})
"""What is not done to a protected user, whether or not they leave the scope."""
MOST_NAMES = 10
"""How many users a refusal names."""
_PHRASES: Mapping[Effect, str] = {
    "soft_deleted": "would be deleted in the target",
    "disabled": "would be disabled in the target",
    "converted": "would be converted between guest and member",
    "unknown": "may leave: what happens to them cannot be computed",
}


@dataclass(frozen=True)
class Protection:
    """Who is protected, and from whom the protection is taken."""

    users: frozenset[str] = frozenset()
    """The object ids, in either tenant, of the users who are named."""
    members: Mapping[str, str] = field(default_factory=dict)
    """The names of the groups that are named, by the object id of each member."""
    kinds: tuple[str, ...] = KINDS
    """The kinds of importance that protect, for `read_importance`."""
    release: frozenset[str] = frozenset()
    """The user principal names and object ids of those who may leave, in lower case."""

    def reasons(self, consequence: Consequence, importance: Importance) -> tuple[str, ...]:
        """Why the user is protected; empty if nothing protects them."""
        users = (consequence.source, consequence.target)
        ids = [user.id.lower() for user in users if user]
        named = ("named as protected",) if self.users.intersection(ids) else ()
        groups = tuple(dict.fromkeys(f"member of group {self.members[user_id]}" for user_id in ids if user_id in self.members))
        important = importance.reasons.get(consequence.target.id.lower(), ()) if consequence.target else ()
        return (*named, *groups, *important)

    def releases(self, consequence: Consequence) -> bool:
        """Whether the user is named among those who may leave."""
        users = (consequence.source, consequence.target)
        return any(text.lower() in self.release for user in users if user for text in (user.id, user.name))


@dataclass(frozen=True)
class Alarm:
    """A protected user to whom a change would do harm."""

    name: str
    """The user principal name in the source, otherwise the one in the target."""
    effect: Effect
    reasons: tuple[str, ...]
    possible: tuple[Effect, ...] = ()
    """All effects, if it is not known which of them it is."""

    def __str__(self) -> str:
        harm = next((effect for effect in (self.effect, *self.possible) if effect in HARMFUL), self.effect)
        phrase = _PHRASES.get(harm, "would leave the scope")
        said = phrase.replace("would", "may", 1) if self.possible else phrase
        return f"{self.name} ({', '.join(self.reasons)}) {said}"


def resolve(
    source: Client, target: Client | None, protected: Sequence[str], release: Sequence[str], kinds: Collection[str] = KINDS
) -> Protection:
    """Who is protected. A name means a user of either tenant: by user principal name, mail address or id. Otherwise it means a group, by
    display name or id; if several have it, in one tenant or in both, all of them. Without names, no request is sent.

    :raises Refusal: naming the names that mean nothing in either tenant.
    """
    tenants = [source, *([target] if target else [])]
    users: set[str] = set()
    members: dict[str, str] = {}
    names, known = list(dict.fromkeys(protected)), set[str]()
    for client in tenants if names else ():
        # Also in the target if the source knows the name: the user may be gone there when the consequences are computed.
        found = people_named(client, names)
        users |= {user.id.lower() for several in found.values() for user in several}
        known |= found.keys()
    names = [name for name in names if name.lower() not in known]
    for client in tenants if names else ():
        named = _groups(client, names)
        members |= _members(client, named)
        known |= {text.lower() for group_id, name in named.items() for text in (group_id, name)}
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        where = " or ".join(f"tenant {client.tenant}" for client in tenants)
        raise Refusal(
            f"there is no user or group {', '.join(map(repr, unknown))} in {where}, so it cannot be protected; give the user principal "
            "name, the mail address or the id of a user, or the display name or the id of a group"
        )
    return Protection(frozenset(users), members, tuple(kinds), frozenset(text.lower() for text in release))


def _groups(client: Client, names: Sequence[str]) -> dict[str, str]:
    """The groups with these names or ids: their names by id. Of several with the same name, each is meant."""
    bodies = [answer.body for answer in read_all(client, group_requests(names))]
    return {str(raw["id"]): str(raw.get("displayName") or raw["id"]) for raw in listed(client, bodies)}


def _members(client: Client, groups: Mapping[str, str]) -> dict[str, str]:
    """The name of the group by the id of each user in it, also of those in nested groups."""
    requests = [Request("GET", f"/groups/{group_id}/transitiveMembers?$select=id&$top=999") for group_id in groups]
    found: dict[str, str] = {}
    for name, page in zip(groups.values(), find_all(client, requests), strict=True):
        for raw in client.members(page) if page else ():
            found.setdefault(str(raw["id"]).lower(), name)
    return found


def alarms(consequences: Iterable[Consequence], importance: Importance, protection: Protection) -> list[Alarm]:
    """The protected users who would leave, or be deleted, disabled or converted, without those who are released."""
    return [
        Alarm(consequence.name, consequence.effect, reasons, consequence.possible)
        for consequence in consequences
        if does_harm(consequence) and (reasons := protection.reasons(consequence, importance)) and not protection.releases(consequence)
    ]


def does_harm(consequence: Consequence, renamed: bool = False) -> bool:
    """Whether a protected user must be spared it. With ``renamed``, another user principal name counts as harm as well.

    What cannot be computed counts as harm, unless each possible effect is harmless, the user joins, or it could not be computed before the
    change either, for the same reason.
    """
    before, after = consequence.before, consequence.after
    if consequence.leaves or HARMFUL.intersection((consequence.effect, *consequence.possible)):
        return True
    if renamed and any(change.attribute == NAME and change.before is not None for change in consequence.changes):
        return True
    if before.in_scope is False and after.in_scope is not False:
        return False
    unknown = after.in_scope is None or (consequence.effect == "unknown" and not consequence.possible)
    return unknown and not (before.in_scope is None and before == after)


def guard(found: Sequence[Alarm]) -> None:
    """Check that no protected user would be harmed, before anything is written.

    :raises Refusal: if there is an alarm.
    """
    if not found:
        return
    named = "; ".join(map(str, found[:MOST_NAMES]))
    more = f"; and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
    raise Refusal(
        f"{len(found)} protected user{'s' if len(found) > 1 else ''} would be lost: {named}{more}; keep them in scope, or let them go by "
        "naming each of them in protected_release (link_protected_release), which is the only way on; nothing was changed"
    )

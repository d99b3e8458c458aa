# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The differences between the plan that was approved and the present one, each as a sentence. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import LinkPlan, Plan, PlannedPart
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.planning import harmed

WIDEST = 200
"""Characters of a value in a sentence."""
_STATUS = {
    "in_sync": "nothing to do",
    "to_change": "to be changed",
    "to_remove": "to be removed",
    "cannot_be_planned": "impossible to plan",
}
_EFFECTS = {
    "soft_deleted": "deleted in the target",
    "disabled": "disabled",
    "converted": "converted between guest and member",
    "kept": "kept in the target without synchronization",
    "updated": "renamed",
    "unknown": "affected in a way that cannot be computed",
}
_ABSENT = object()


@dataclass(frozen=True)
class _Part:
    """A part of a link in a plan: its state at that time, the changes and the state after them."""

    where: str
    actions: Mapping[str, Mapping[str, Any]]
    """The effects of each action, by its verb and object."""
    state: Mapping[str, Any]
    after: Mapping[str, Any]
    whole: Mapping[str, Any]
    """What the hash is over, for what the states do not show because one is in place of the other."""


def differences(then: Plan, now: Plan, inventory: Collection[str] = ()) -> list[str]:
    """What differs between the approved plan and the present one. ``inventory`` are all links, also those outside of this run."""
    return list(_differences(then, now, inventory))


def _differences(then: Plan, now: Plan, inventory: Collection[str]) -> Iterator[str]:
    if then["version"] != now["version"]:
        yield f"the plan was made with version {then['version']} of the collection, and this is version {now['version']}"
    for host in sorted({*then["links"], *now["links"]}):
        before, after = then["links"].get(host), now["links"].get(host)
        if _acts(before) or _acts(after):
            yield from (f"{host}: {sentence}" for sentence in _of_link(before, after, host in inventory))


def _acts(link: LinkPlan | None) -> bool:
    return link is not None and link["status"] != "in_sync"


def _of_link(then: LinkPlan | None, now: LinkPlan | None, known: bool) -> Iterator[str]:
    if now is None:
        yield "is in the plan, and outside of this run" + (
            "; a plan is applied as a whole, so run with the same --limit as the plan" if known else ": it is not in the inventory any more"
        )
        return
    if then is None:
        yield f"is not in the plan, and is {_STATUS[now['status']]} now ({now['summary']})"
        return
    if then["status"] != now["status"]:
        yield f"was {_STATUS[then['status']]}, and is {_STATUS[now['status']]} now ({now['summary']})"
        if not now["parts"]:
            return
    for name in ("source", "target"):
        was, is_now = then[name]["tenant_id"], now[name]["tenant_id"]
        if was.casefold() != is_now.casefold():
            yield f"its {name} tenant was {was}, and is {is_now} now"
    if then["configuration"] != now["configuration"]:
        yield f"its configuration was {then['configuration']}, and is {now['configuration']} now"
    yield from _of_parts(_parts(then), _parts(now))
    yield from _of_users(then, now)


# Parts ---------------------------------------------------------------------------------------------------------------------


def _parts(link: LinkPlan) -> dict[tuple[str, str], _Part]:
    found: dict[tuple[str, str], _Part] = {}
    for part in link["untouched"]:
        found[part["module"], part["side"]] = _Part(
            _where(part["module"], part["tenant"]), {}, part["basis"], part["basis"], {"basis": part["basis"]}
        )
    for planned in link["parts"]:
        found[planned["module"], planned["side"]] = _changing(planned)
    return found


def _changing(part: PlannedPart) -> _Part:
    actions = {f"{action['verb']} {action['object']}": action["effects"] for action in part["actions"]}
    before, after, basis = part["before"], part["after"], part["basis"]
    whole = {"before": before, "after": after, "basis": basis}
    return _Part(_where(part["module"], part["tenant"]), actions, _merged(basis, before), _merged(basis, after), whole)


def _where(module: str, tenant: Mapping[str, Any]) -> str:
    return f"{module} in {tenant['name']}"


def _merged(basis: Any, state: Any) -> Any:
    """A state with what does not change of the same object."""
    if isinstance(basis, Mapping) and isinstance(state, Mapping):
        return {**basis, **{name: _merged(basis[name], value) if name in basis else value for name, value in state.items()}}
    if isinstance(basis, list) and isinstance(state, list) and _are_texts(basis) and _are_texts(state):
        return sorted({*basis, *state})
    return state


def _of_parts(then: Mapping[tuple[str, str], _Part], now: Mapping[tuple[str, str], _Part]) -> Iterator[str]:
    for key in sorted({*then, *now}):
        before, after = then.get(key), now.get(key)
        where = (after or before).where  # type: ignore[union-attr]
        yield from (f"{where}: {sentence}" for sentence in _of_part(before, after))


def _of_part(then: _Part | None, now: _Part | None) -> list[str]:
    was, is_now = (part.actions if part else {} for part in (then, now))
    found = [f"no longer planned: {action}" for action in was if action not in is_now]
    found += [f"not in the plan: {action}" for action in is_now if action not in was]
    for action in sorted(was.keys() & is_now.keys()):
        found += _values(was[action], is_now[action], f"effects of {action}")
    if then is None or now is None:
        return found
    states = list(_values(then.state, now.state, ""))
    # What others have changed is kept, so it is in the state after the change as well.
    wished = [f"desired {sentence}" for sentence in _values(then.after, now.after, "") if sentence not in states]
    return [*found, *states, *wished] or list(_values(then.whole, now.whole, ""))


def _values(then: Any, now: Any, path: str) -> Iterator[str]:
    """A sentence for each value that differs."""
    if then == now:
        return
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for name in sorted({*then, *now}):
            yield from _values(then.get(name, _ABSENT), now.get(name, _ABSENT), f"{path}.{name}" if path else str(name))
    elif _are_texts(then) and _are_texts(now):
        yield from (f"{path}: {text} has come" for text in now if text not in set(then))
        yield from (f"{path}: {text} has gone" for text in then if text not in set(now))
    else:
        yield f"{path} was {_shown(then)}, and is {_shown(now)} now"


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(member, str) for member in value)


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "not there"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


# Users ---------------------------------------------------------------------------------------------------------------------


def _of_users(then: LinkPlan, now: LinkPlan) -> Iterator[str]:
    """Who would be harmed now and was not, and the reverse."""
    before, after = _harmed(then), _harmed(now)
    for key in after:
        name, effect = after[key]
        if key not in before:
            yield f"user {name} would be {effect}, which was not planned"
        elif before[key][1] != effect:
            yield f"user {name} would be {effect}, and not {before[key][1]}"
    yield from (f"user {name} would no longer be {effect}" for key, (name, effect) in before.items() if key not in after)


def _harmed(link: LinkPlan) -> dict[str, tuple[str, str]]:
    """The users by id, each with a name and what would happen."""
    users = harmed(link)
    return {
        str(user["source_id"] or user["target_id"] or user["name"]): (str(user["name"]), _EFFECTS.get(user["effect"], str(user["effect"])))
        for user in users
    }

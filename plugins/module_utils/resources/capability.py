# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a tenant lets the users of a partner see of its own people: free/busy, MailTips, calendars, profile cards, rooms and desks.

The order of the actions never lets anybody see more than before or than wanted: what is to be disallowed goes first, then the trust comes,
without which the service may refuse a new capability (fact F204), and what is to be allowed follows. So no two levels of a feature are
ever allowed at once by a run, and an interrupted run shows less, not more (fact F250). There is one exception: what the default policy shows
every tenant is seen between the trust and the capability that disallows it, which the service may refuse before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..graph.client import Client
from ..plan import Action, Plan, Refusal, Resource
from . import capability_reading, capability_trust, foretold
from .capability_actions import remove, shown, trust_action, untrust, watching, write
from .capability_features import EVERYONE, FEATURES, KNOWN, Access, Scope, Subject, group, shared
from .capability_model import Current, Desired
from .capability_trust import EVERY, MEMBER
from .partner_entry import LARGEST_POLICY, PARTNERS, json_bytes, policy_bytes, resolve
from .partner_values import Raw
from .tenants import is_own

__all__ = ["RESOURCE", "Current", "Desired", "desired", "plan", "read"]


def desired(params: Mapping[str, Any]) -> Desired:
    """Understand the options.

    :raises Refusal: when they contradict each other.
    """
    default, partner = bool(params.get("default")), params.get("partner_tenant_id")
    if default == bool(partner):
        raise Refusal("give either partner_tenant_id, or default: true for the policy that applies to every tenant without an entry")
    absent = params["state"] == "absent"
    given = {name: params[name] for name in FEATURES if params.get(name) is not None}
    if not given:
        raise Refusal(f"name at least one feature to {'remove' if absent else 'set'}: {', '.join(FEATURES)}")
    keep = tuple(params.get("keep") or ())
    if keep and not absent:
        raise Refusal("keep names the features that state absent must leave, and cannot be used with state present")
    scope, groups = params.get("scope"), tuple(params.get("groups") or ())
    excluded = None if params.get("excluded_groups") is None else tuple(params["excluded_groups"])
    if not absent:
        _require_consistent(scope, groups, excluded)
    trust = bool(params.get("trust_all_users"))
    if trust and (default or absent):
        raise Refusal("trust_all_users is about the trust of a partner, and can be used with partner_tenant_id and state present only")
    levels = {name: FEATURES[name].level(value) for name, value in given.items()}
    used = ((), None) if absent else (groups, excluded)
    return Desired(params["tenant_id"], partner, absent, levels, None if absent else scope, *used, keep, trust)


def _require_consistent(scope: str | None, groups: tuple[str, ...], excluded: tuple[str, ...] | None) -> None:
    if scope == "groups" and not groups:
        raise Refusal("scope groups needs groups: those whose members the partner's users may see")
    if groups and scope != "groups":
        raise Refusal("groups needs scope: groups")
    if excluded is not None and scope is None:
        raise Refusal("excluded_groups needs a scope: all or groups")
    both = sorted({name.lower() for name in groups} & {name.lower() for name in excluded or ()})
    if both:
        raise Refusal(f"{', '.join(both)} cannot be in groups and in excluded_groups at once")


def read(client: Client, wanted: Desired) -> Current:
    """The capabilities and the trust, the groups that the options name, and the size of the policy if it may grow.

    :raises Refusal: when the partner is the tenant itself, or a group is unknown or ambiguous.
    """
    partner_id = resolve(client, wanted.partner) if wanted.partner else None
    if partner_id and is_own(client, partner_id):
        raise Refusal("partner_tenant_id is the tenant itself; its own users see each other anyway")
    seen = capability_reading.read(client, partner_id, list(dict.fromkeys([*wanted.groups, *(wanted.excluded or ())])))
    entry = foretold.entry(client, partner_id, seen.entry) if partner_id else None
    gone = foretold.removed_capabilities(client, partner_id) if partner_id else ()
    trust = capability_reading.trust_of(entry)
    current = Current(
        partner_id,
        seen.version,
        entry is not None or not partner_id or foretold.would_exist(client, partner_id),
        trust,
        {name: access for name, access in seen.own.items() if name not in gone},
        seen.inherited,
        seen.default_trust,
        seen.groups,
    )
    grows = not wanted.absent and partner_id and seen.version and (entry is None or capability_trust.trusted(trust) is None)
    return replace(current, policy_bytes=policy_bytes(client.pages(PARTNERS))) if grows else current


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide.

    :raises Refusal: when the service has no capabilities, a scope is missing, or two named groups are the same.
    """
    if current.version is None:
        return _without_service(current, wanted)
    return _plan_absent(current, wanted) if wanted.absent else _plan_present(current, wanted)


def _without_service(current: Current, wanted: Desired) -> Plan:
    """Nothing can be allowed and nothing is, so a wish for nothing is met."""
    asked = [name for name, level in wanted.levels.items() if level is not None]
    if asked and not wanted.absent:
        raise Refusal(
            f"Microsoft Graph has no Microsoft 365 capabilities (m365Capabilities) in this tenant, neither in v1.0 nor in beta, so "
            f"{', '.join(asked)} cannot be set; the rollout has not reached its cloud, ask Microsoft or leave these features out"
        )
    return _planned(current, wanted, {}, current.trust, ())


def _plan_present(current: Current, wanted: Desired) -> Plan:
    grants = any(level is not None for level in wanted.levels.values())
    trust = _wanted_trust(current, wanted, grants)
    changes = _changes(current, wanted, trust)
    disallowed = {name: access for name, access in changes.items() if not access.allowed}
    allowed = {name: access for name, access in changes.items() if access.allowed}
    if disallowed.keys() - current.own.keys() and capability_trust.trusted(trust) is None:
        # The trust that the partner inherits is written into its entry, because a new capability may need one there (fact F204).
        trust = current.default_trust
    trusts = trust != current.trust
    _refuse_too_large(current, trust)
    prepared = _prepared(current, wanted, changes)
    there = replace(current, own={**current.own, **prepared})
    # What is allowed already may be without effect until the trust is there, so its scope changes before.
    first = {name: access for name, access in changes.items() if name in current.own and (current.own[name].allowed or not access.allowed)}
    actions = [
        *(write(current, wanted, name, access) for name, access in {**prepared, **first}.items()),
        *([trust_action(current, wanted, trust)] if trusts or (changes and not current.exists) else []),
        # What the default policy lets every tenant see is disallowed as soon as the trust is there.
        *(write(current, wanted, name, access) for name, access in disallowed.items() if name not in first),
        *(
            write(there, wanted, name, access, new=name in prepared and name not in current.own)
            for name, access in allowed.items()
            if name not in first
        ),
    ]
    if allowed:
        actions[-1] = watching(actions[-1], current, wanted, frozenset(allowed), frozenset(disallowed))
    after = {**current.own, **changes}
    warnings = _about_trust(current, wanted, trust, after) if grants else ()
    return _planned(current, wanted, changes, trust, tuple(actions), warnings)


def _changes(current: Current, wanted: Desired, trust: Raw | None) -> dict[str, Access]:
    """What each capability must say that does not say so yet. Those of features that the task does not name are not looked at."""
    changes: dict[str, Access] = {}
    for option, level in wanted.levels.items():
        for of, name in FEATURES[option].levels.items():
            access = Access(True, _scope(current, wanted, option, of)) if of == level else _disallowed(current, name, trust)
            if access is not None and current.own.get(name) != access:
                changes[name] = access
    return changes


def _disallowed(current: Current, name: str, trust: Raw | None) -> Access | None:
    """What a capability must say so that it is not allowed; ``None`` if nothing has to be said. What the default policy shows is disallowed
    for everyone, because it may count where a partner's own capability does not.
    """
    if current.default_shows(name, trust):
        return Access(False, EVERYONE)
    own = current.own.get(name)
    return Access(False, own.scope) if own and own.allowed else None


def _scope(current: Current, wanted: Desired, option: str, level: str) -> Scope:
    """The scope that is wanted for a level: that of the task, or what is there.

    :raises Refusal: when the task does not say whose data the level is to show, and nothing that is there does.
    """
    if wanted.scope is None:
        return _kept_scope(current, option, level)
    included = EVERYONE.included if wanted.scope == "all" else frozenset(group(current.groups[name]) for name in wanted.groups)
    if wanted.excluded is None:
        # Levels that are not allowed count as well: an interrupted run may have disallowed one just now.
        there = [current.own[name].scope for name in FEATURES[option].levels.values() if name in current.own]
        kept: frozenset[Subject] = frozenset().union(*(scope.excluded for scope in there))
        return Scope(included, kept - included)
    excluded = frozenset(group(current.groups[name]) for name in wanted.excluded)
    both = sorted(subject.id for subject in included & excluded)
    if both:
        raise Refusal(f"group {', '.join(both)} cannot be in groups and in excluded_groups at once")
    return Scope(included, excluded)


def _kept_scope(current: Current, option: str, level: str) -> Scope:
    feature, own = FEATURES[option], current.own
    allowed = feature.allowed(own)
    scopes = {own[feature.levels[other]].scope for other in allowed}
    if current.partner_id and capability_trust.trusted(current.trust) not in (capability_trust.EVERY, capability_trust.SOME):
        why = "its entry has no trust for Microsoft 365 yet"
    elif level in allowed or (not allowed and feature.levels[level] in own):
        return own[feature.levels[level]].scope
    elif len(scopes) == 1:
        return next(iter(scopes))
    else:
        why = "several levels of it are allowed, for different people" if scopes else "nothing of it is allowed yet"
    raise Refusal(f"{option} of {current.named} needs a scope, all or groups, because {why}; nobody's data is shown unless it is asked for")


def _prepared(current: Current, wanted: Desired, changes: Mapping[str, Access]) -> dict[str, Access]:
    """New levels that take their scope from old ones are written with it, but not allowed, before the old ones are disallowed: otherwise the
    next run would not know the scope if this one were interrupted in between.
    """
    if wanted.scope is not None:
        return {}
    news = [FEATURES[option].levels[level] for option, level in wanted.levels.items() if level and FEATURES[option].allowed(current.own)]
    prepared = {name: replace(changes[name], allowed=False) for name in news if name in changes}
    return {name: access for name, access in prepared.items() if current.own.get(name) != access}


def _wanted_trust(current: Current, wanted: Desired, grants: bool) -> Raw | None:
    """The trust with the users let through. What others have blocked or limited stays, unless the task asks for all users in words.

    :raises Refusal: when it blocks everybody, so that nothing that is allowed would have an effect.
    """
    if not current.partner_id or not grants:
        return current.trust
    now = capability_trust.trusted(current.trust)
    if now is None or (wanted.trust_all_users and now != capability_trust.EVERY):
        return capability_trust.opened(current.trust)
    if now == capability_trust.NOBODY:
        raise Refusal(
            f"the trust of {current.named} for Microsoft 365 ({MEMBER}) blocks all of its users, so that they would see nothing; somebody "
            "has decided so, and trust_all_users: true changes it"
        )
    return current.trust


def _about_trust(current: Current, wanted: Desired, trust: Raw | None, after: Mapping[str, Access]) -> tuple[str, ...]:
    """Warnings: a trust that keeps users out, and what a new trust puts into effect although this task does not name it."""
    if capability_trust.trusted(trust) == capability_trust.SOME:
        return (
            f"the trust of {current.named} for Microsoft 365 ({MEMBER}) lets only some of its users through, and the others see nothing; "
            "it is left as it is, and trust_all_users: true changes it",
        )
    if trust == current.trust or (capability_trust.trusted(current.trust) or capability_trust.trusted(current.default_trust)) == EVERY:
        return ()
    named = {name for option in wanted.levels for name in FEATURES[option].levels.values()}
    dormant = sorted(name for name, access in after.items() if access.allowed and name not in named)
    # Where the partner has no capability of its own, that of the default policy may count (fact F251).
    inherited = sorted(name for name, access in current.inherited.items() if access.allowed and name not in {*named, *after})
    begins = f"the trust of {current.named} also puts into effect what"
    return (
        *((f"{begins} this task does not name: {', '.join(dormant)}",) if dormant else ()),
        *((f"{begins} the default policy allows and this task does not name: {', '.join(inherited)}",) if inherited else ()),
    )


def _refuse_too_large(current: Current, trust: Raw | None) -> None:
    """The service refuses a policy of more than 25 KB (fact F38), after everything before it was written."""
    growth = json_bytes({MEMBER: trust}) - json_bytes({MEMBER: current.trust})
    size = current.policy_bytes + growth
    if growth > 0 and size > LARGEST_POLICY:
        raise Refusal(
            f"the cross-tenant access policy would have about {size} bytes with the trust of {current.named}, and the service takes "
            f"{LARGEST_POLICY}; shorten the lists of users, groups and applications in it"
        )


def _plan_absent(current: Current, wanted: Desired) -> Plan:
    """Remove the capabilities of the named features, and the trust with the last of them if it is what this collection sets. Where all of them
    are kept, nothing is removed.
    """
    features = [option for option in wanted.levels if option not in wanted.keep]
    there = [name for option in features for name in FEATURES[option].levels.values() if name in current.own]
    needed = any(access.allowed for name, access in current.own.items() if name not in there)
    removable = bool(features) and capability_trust.is_ours(current.trust) and not needed
    left = None if removable else current.trust
    # Without its own capability, the default policy counts for the partner: a removal must not let it see more (fact F251).
    held = [name for name in there if current.default_shows(name, left) and current.own[name] != current.inherited[name]]
    # With the trust in it, the entry is not empty, so that it does not go with the link, and what is held with it.
    untrusts = removable and not held
    trust = None if untrusts else current.trust
    changes: dict[str, Access | None] = {name: None for name in there if name not in held}
    changes |= {name: Access(False, EVERYONE) for name in held if current.own[name] != Access(False, EVERYONE)}
    actions = [
        *(remove(current, wanted, name, access) for name, access in changes.items()),
        *([untrust(current, wanted)] if untrusts else []),
    ]
    warnings = (
        (
            f"{', '.join(held)} of {current.named}: kept and disallowed, because without it the default policy would let the partner's "
            "users see more",
        )
        if held
        else ()
    )
    removed = [name for name, access in changes.items() if access is None]
    plan = _planned(current, wanted, changes, trust, tuple(actions), warnings)
    return replace(plan, foretells=_foretelling(current.partner_id, removed, untrusts))


def _foretelling(partner_id: str | None, removed: Sequence[str], untrusts: bool) -> Callable[[Client], None] | None:
    """Makes the removal visible to later tasks of a run in check mode: the partner entry goes if nothing else is left in it."""
    if partner_id is None or not (removed or untrusts):
        return None
    return lambda client: foretold.record_removal(client, partner_id, removed, untrusts)


def _planned(
    current: Current,
    wanted: Desired,
    changes: Mapping[str, Access | None],
    trust: Raw | None,
    actions: tuple[Action, ...],
    warnings: tuple[str, ...] = (),
) -> Plan:
    after = {name: access for name, access in {**current.own, **changes}.items() if access is not None}
    where = {"partner": current.partner_id} if current.partner_id else {"default": True}
    options = wanted.levels
    return Plan(
        before={**where, **{option: shared(FEATURES[option], current.own) for option in options}, **_trust_fact(current, current.trust)},
        after={**where, **{option: shared(FEATURES[option], after) for option in options}, **_trust_fact(current, trust)},
        facts={
            "partner_tenant_id": current.partner_id,
            "features": {option: shared(feature, after) for option, feature in FEATURES.items()},
            **_trust_fact(current, trust),
        },
        actions=actions,
        warnings=warnings,
        basis=lambda: _unchanged(current, wanted),
    )


def _trust_fact(current: Current, trust: Raw | None) -> dict[str, Any]:
    return {"trust": capability_trust.trusted(trust)} if current.partner_id else {}


def _unchanged(current: Current, wanted: Desired) -> dict[str, Any]:
    """What the task leaves alone: other features, and capabilities that this collection does not know."""
    features = {option: shared(feature, current.own) for option, feature in FEATURES.items() if option not in wanted.levels}
    others = {name: shown(access) for name, access in sorted(current.own.items()) if name not in KNOWN}
    return {**features, **others}


RESOURCE = Resource(desired, read, plan)

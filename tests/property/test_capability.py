# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cross_tenant_capability from any start: check mode predicts a run, a second run is silent, an interrupted one is completed by the next, and
at no moment does anybody see what neither the start nor the wish lets them see.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_features import FEATURES, KNOWN
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import ALL
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud, Killed, at, kill
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.life import BEHAVIOURS, living, task

Json = dict[str, Any]
MODULE = "cross_tenant_capability"
FOREIGN = "crossTenantMigration"
TRUST = "m365CollaborationInbound"
EVERYBODY = {"resourceId": "All", "resourceType": "user"}


@functools.cache
def cloud(behaviour: str) -> tuple[Cloud, bytes, list[str]]:
    """The emulator, its beginning with an entry of the partner, and the ids of two groups of the tenant that is looked at."""
    found = Cloud(BEHAVIOURS[behaviour].settings)
    with living(found):
        task(found, "cross_tenant_policy", "contoso", partner_tenant_id=FABRIKAM, inbound_trust={"mfa": True})
    return found, found.save(), sorted(found.world.tenants[CONTOSO].groups)[:2]


def policy(found: Cloud) -> Any:
    return found.world.tenants[CONTOSO].access_policy


def scope(kind: str, groups: list[str]) -> Json:
    first, second = ({"resourceId": one, "resourceType": "group"} for one in groups)
    return {
        "all": {"included": [EVERYBODY], "excluded": []},
        "all but one": {"included": [EVERYBODY], "excluded": [second]},
        "group": {"included": [first], "excluded": []},
        "groups": {"included": [second, first], "excluded": []},
    }[kind]


TRUSTS: Mapping[str, Any] = {
    "missing": None,
    "empty": {"users": None},
    "all": {"users": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}},
    "some": {"users": {"accessType": "allowed", "targets": [{"target": "dddddddd-0000-4000-8000-000000000001", "targetType": "group"}]}},
    "blocked": {"users": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]}},
}
NAMES = sorted(KNOWN)
accesses = st.tuples(st.booleans(), st.sampled_from(["all", "all but one", "group", "groups"]))
starts = st.fixed_dictionaries(
    {
        "entry": st.booleans(),
        "trust": st.sampled_from([*TRUSTS, "all", "all"]),
        "own": st.dictionaries(st.sampled_from([*NAMES, FOREIGN]), accesses, max_size=5),
        "default": st.dictionaries(st.sampled_from(NAMES), accesses, max_size=2),
        "default trust": st.sampled_from(["missing", "all", "blocked"]),
    }
)
values = {name: st.booleans() if feature.is_switch else st.sampled_from(["none", *feature.levels]) for name, feature in FEATURES.items()}
features = st.fixed_dictionaries({}, optional=values).filter(bool)
scopes: st.SearchStrategy[Json] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"scope": st.just("all")}, optional={"excluded_groups": st.sampled_from([[], [1]])}),
    st.fixed_dictionaries(
        {"scope": st.just("groups"), "groups": st.sampled_from([[0], [0, 1]])}, optional={"excluded_groups": st.just([])}
    ),
)
wishes = st.one_of(
    st.tuples(features, scopes, st.fixed_dictionaries({}, optional={"trust_all_users": st.just(True)})),
    st.tuples(
        features,
        scopes,
        st.fixed_dictionaries({"state": st.just("absent")}, optional={"keep": st.lists(st.sampled_from([*FEATURES]), max_size=2)}),
    ),
)


def begin(found: Cloud, saved: bytes, groups: list[str], start: Json) -> None:
    """Put the tenant into a state."""
    found.load(saved)
    where = policy(found)

    def held(named: Mapping[str, tuple[bool, str]]) -> Json:
        return {
            name: {"name": name, "inboundAccess": {"isAllowed": allowed, "resourceScopes": scope(kind, groups)}}
            for name, (allowed, kind) in named.items()
        }

    if start["entry"]:
        where.partners[FABRIKAM][TRUST] = copy.deepcopy(TRUSTS[start["trust"]])
        where.capabilities[FABRIKAM] = held(start["own"])
    else:
        del where.partners[FABRIKAM]
    where.default_capabilities = held(start["default"])
    where.default[TRUST] = copy.deepcopy(TRUSTS[start["default trust"]])


def options(groups: list[str], wish: tuple[Json, Json, Json]) -> Json:
    """The options of a task."""
    named, where, more = wish
    indexed = {name: [groups[number] for number in value] if isinstance(value, list) else value for name, value in where.items()}
    return {"partner_tenant_id": FABRIKAM, **named, **indexed, **more}


def normal(found: Cloud) -> Json:
    """What is configured for the partner, whatever the time of its last change."""
    where = policy(found)
    capabilities = {
        name: {"isAllowed": one["inboundAccess"]["isAllowed"], **{part: ordered(one, part) for part in ("included", "excluded")}}
        for name, one in where.capabilities.get(FABRIKAM, {}).items()
    }
    return {"entry": where.partners.get(FABRIKAM), "capabilities": capabilities}


def ordered(one: Json, part: str) -> list[tuple[str, str]]:
    scopes = one["inboundAccess"]["resourceScopes"] or {}
    return sorted((subject["resourceType"], subject["resourceId"]) for subject in scopes.get(part) or ())


Visible = set[tuple[str, str]]
"""The levels in effect, each with every kind of people whose data it shows."""
PEOPLE = ("of the first group", "of the second group", "of no group")


def people(one: Json, groups: list[str]) -> set[str]:
    """Whose data a capability shows."""
    who = dict(zip(groups, PEOPLE, strict=False))
    parts = [{who.get(key, key) for _kind, key in ordered(one, part)} for part in ("included", "excluded")]
    included, excluded = (set(PEOPLE) if "All" in part else part for part in parts)
    return included - excluded


def visible(found: Cloud, groups: list[str]) -> Visible:
    """What is in effect: the partner's own capability, or else that of the default policy."""
    where = policy(found)
    entry = where.partners.get(FABRIKAM) or {}
    trust = ((entry.get(TRUST) or {}).get("users") or (where.default.get(TRUST) or {}).get("users") or {}).get("accessType")
    if trust != "allowed":
        return set()
    effective = {**where.default_capabilities, **where.capabilities.get(FABRIKAM, {})}
    return {(name, who) for name, one in effective.items() if one["inboundAccess"]["isAllowed"] for who in people(one, groups)}


@contextmanager
def watched(found: Cloud, groups: list[str]) -> Iterator[list[Visible]]:
    """Notes what is visible after each request."""
    moments: list[Visible] = []
    found.after = lambda _number: moments.append(visible(found, groups))
    yield moments


def writes(found: Cloud) -> list[str]:
    return [str(arrival) for arrival in found.arrivals if arrival.writes]


def run(found: Cloud, given_: Json, check: bool = False) -> Json:
    found.calm()
    result = task(found, MODULE, "contoso", check=check, **given_)
    assert not check or writes(found) == []
    return result


OFTEN = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
LEVEL_WITHOUT_SCOPE: tuple[Json, tuple[Json, Json, Json]] = (
    {
        "entry": True,
        "trust": "all",
        "own": {"crossTenantCalendarAvailabilityLimitedDetails": (True, "group")},
        "default": {},
        "default trust": "missing",
    },
    ({"free_busy": "basic"}, {}, {}),
)
BY_DEFAULT: tuple[Json, tuple[Json, Json, Json]] = (
    {"entry": False, "trust": "all", "own": {}, "default": {"crossTenantMailTipsAll": (True, "all")}, "default trust": "all"},
    ({"mail_tips": "none"}, {}, {}),
)


@pytest.mark.parametrize("behaviour", [str(one) for one in ALL])
@OFTEN
@example(*LEVEL_WITHOUT_SCOPE)
@example(*BY_DEFAULT)
@given(starts, wishes)
def test_from_any_start(behaviour: str, start: Json, wish: tuple[Json, Json, Json]) -> None:
    found, saved, groups = cloud(behaviour)
    given_ = options(groups, wish)
    begin(found, saved, groups, start)
    before, seen = normal(found), visible(found, groups)
    with living(found):
        check = run(found, given_, check=True)
        assert normal(found) == before
        found.calm()
        with watched(found, groups) as moments:
            result = task(found, MODULE, "contoso", **given_)
        if check.get("failed"):
            assert result["msg"] == check["msg"]
            assert writes(found) == []
            assert normal(found) == before
            return
        assert not result.get("failed"), result["msg"]
        for part in ("actions", "diff", "features", "changed"):
            assert result[part] == check[part]
        again = run(found, given_)
        assert (again["changed"], again["actions"], writes(found)) == (False, [], [])
        assert again["features"] == result["features"]
    named = {name for option in wish[0] if option not in given_.get("keep", ()) for name in FEATURES[option].levels.values()}
    after = normal(found)
    assert {name: one for name, one in after["capabilities"].items() if name not in named} == {
        name: one for name, one in before["capabilities"].items() if name not in named
    }
    check_trust(before, after, given_)
    check_levels(found, wish, given_, visible(found, groups))
    offered = {name for name, (allowed, _scope) in start["default"].items() if allowed}
    never_more(moments, seen, visible(found, groups), offered)


def check_trust(before: Json, after: Json, given_: Json) -> None:
    """The trust is set where it was missing, and never limited or replaced unless the task says so."""
    old, new = ((state["entry"] or {}).get(TRUST) for state in (before, after))
    said = bool(old and old["users"])
    if given_.get("state") == "absent":
        assert new == old or (new is None and old == TRUSTS["all"])
    elif said and not given_.get("trust_all_users"):
        assert new == old
    elif new != old:
        assert new == TRUSTS["all"]


def check_levels(found: Cloud, wish: tuple[Json, Json, Json], given_: Json, seen: Visible) -> None:
    """Of each named feature, exactly the wanted level is in effect; after a removal, none that was not before by the default policy."""
    where = policy(found)
    own = {name for name, one in where.capabilities.get(FABRIKAM, {}).items() if one["inboundAccess"]["isAllowed"]}
    for option, value in wish[0].items():
        levels = FEATURES[option].levels
        in_effect = {level for level, name in levels.items() if name in {shown for shown, _who in seen}}
        allowed = {level for level, name in levels.items() if name in own}
        if given_.get("state") == "absent":
            assert not allowed or option in given_.get("keep", ())
        else:
            wanted = FEATURES[option].level(value)
            assert allowed == ({wanted} if wanted else set())
            assert in_effect <= allowed


def never_more(moments: list[Visible], before: Visible, after: Visible, offered: set[str]) -> None:
    """At no moment is anything visible that is so neither before nor after, except for what the default policy offers to every tenant."""
    for moment in moments:
        assert {(name, who) for name, who in moment - before - after if name not in offered} == set()
        for feature in FEATURES.values():
            levels = {name for name, _who in moment if name in feature.levels.values()}
            earlier = {name for name, _who in before if name in feature.levels.values()}
            assert len(levels - offered) <= max(1, len(earlier))


@OFTEN
@example(*LEVEL_WITHOUT_SCOPE)
@example(*BY_DEFAULT)
@given(starts, wishes)
def test_an_interrupted_run_is_completed_by_the_next(start: Json, wish: tuple[Json, Json, Json]) -> None:
    found, saved, groups = cloud("likely")
    given_ = options(groups, wish)
    begin(found, saved, groups, start)
    begun = found.save()
    with living(found):
        assume(not run(found, given_).get("failed"))
        numbers = [number for number, arrival in enumerate(found.arrivals) if arrival.writes]
        wanted = normal(found)
        for number in numbers:
            for moment in ("before", "after"):
                found.load(begun)
                setattr(found, moment, at(number, kill))
                with pytest.raises(Killed):
                    task(found, MODULE, "contoso", **given_)
                result = run(found, given_)
                assert not result.get("failed"), result["msg"]
                assert normal(found) == wanted

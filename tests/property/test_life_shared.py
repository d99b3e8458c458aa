# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tenants of a link share with each other, run after run of the playbook sync.yml with its real files: each state is reached, left
and reached again, check mode says what a run does, and a removal leaves what another link still wants.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, cast

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.types import Schema
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.life import CREATED, LINK, NAME, living, sync
from ansible_collections.entra.cross_tenant_sync.tests.support.tasks import Host, TaskFailure
from entra_emulator.settings import merged

SHARING, POLICY = "cross_tenant_capability", "cross_tenant_policy"
BASIC, LIMITED = "crossTenantCalendarAvailabilityBasic", "crossTenantCalendarAvailabilityLimitedDetails"
TIPS = "crossTenantMailTipsAll"
BACK: dict[str, Any] = {"link_source": "fabrikam", "link_target": "contoso", "link_configuration": "Contoso"}
"""The reverse link."""

Shares = dict[str, set[str]]


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def link(share: Mapping[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {**CREATED, **({"link_share": share} if share is not None else {}), **more}


def shared(cloud: Cloud) -> Shares:
    """The capabilities that are allowed and trusted, by the tenant that is looked at."""
    found: Shares = {}
    for name, here, there in (("contoso", CONTOSO, FABRIKAM), ("fabrikam", FABRIKAM, CONTOSO)):
        policy = cloud.world.tenants[here].access_policy
        trusted = (policy.partners.get(there) or {}).get("m365CollaborationInbound")
        own = policy.capabilities.get(there, {}).values()
        found[name] = {one["name"] for one in own if one["inboundAccess"]["isAllowed"] and trusted}
    return found


def actions(host: Host, *modules: str) -> list[str]:
    """What was done or would be done by some modules, in order."""
    return [
        f"{module}: {action['verb']} {action['object']}"
        for module, result in host.results
        if not modules or module in modules
        for action in result.get("actions") or ()
    ]


def writes(cloud: Cloud) -> list[str]:
    return [str(arrival) for arrival in cloud.arrivals if arrival.writes]


STATES: list[tuple[dict[str, Any], set[str], set[str]]] = [
    # what is wished, what contoso shares then, and what fabrikam does
    ({"target": {"free_busy": "basic", "scope": "all"}}, set(), {BASIC}),
    (
        {"target": {"free_busy": "limited_details"}, "source": {"mail_tips": "all", "scope": "groups", "groups": ["Sales"]}},
        {TIPS},
        {LIMITED},
    ),
    ({"target": {"free_busy": "none"}, "source": {"mail_tips": "none"}}, set(), set()),
    ({"target": {"free_busy": "basic", "scope": "all"}, "source": {"mail_tips": "all", "scope": "all"}}, {TIPS}, {BASIC}),
    # A side that is not named any more is left as it is.
    ({"source": {"mail_tips": "all", "free_busy": "basic", "scope": "all"}}, {TIPS, BASIC}, {BASIC}),
    ({"target": {"free_busy": "limited_details", "mail_tips": "none"}, "source": {"free_busy": "none"}}, {TIPS}, {LIMITED}),
    ({"target": {"free_busy": "basic", "scope": "all"}, "source": {"mail_tips": "none", "free_busy": "none"}}, set(), {BASIC}),
]


@pytest.mark.parametrize("update", ["merge", "replace"])
def test_each_state_is_reached_left_and_reached_again(cloud: Cloud, update: str) -> None:
    cloud.service.settings = merged(cloud.service.settings, {"capability_update": update})
    with living(cloud):
        for number, (share, of_contoso, of_fabrikam) in enumerate([*STATES, *STATES[:3]]):
            wished = link(share)
            # What a new configuration gets is planned against an empty one, so only the partners are compared then.
            modules = (POLICY, SHARING) if number == 0 else ()
            predicted = [actions(sync(cloud, wished, check=True), *modules) for _again in range(2)]
            assert shared(cloud)["fabrikam"] != of_fabrikam or number > 0
            ran = actions(sync(cloud, wished), *modules)
            assert predicted == [ran, ran], share
            assert shared(cloud) == {"contoso": of_contoso, "fabrikam": of_fabrikam}, share
            cloud.arrivals.clear()
            assert actions(sync(cloud, wished)) == []
            assert writes(cloud) == []


def test_a_link_that_shares_nothing_has_no_task_and_no_request_for_it(cloud: Cloud) -> None:
    """Until its partner entry is to be removed: capabilities that somebody else has put into it would go with it (fact F201)."""
    modules, asked = [], []
    with living(cloud):
        for state in ("present", "present", "absent"):
            for check in (True, False):
                cloud.service.log.clear()
                modules.append([module for module, _result in sync(cloud, link(None, link_state=state), check=check).results])
                asked.append({entry["method"] for entry in cloud.service.log.entries if "m365Capabilities" in entry["path"]})
    assert SHARING not in {module for ran in modules for module in ran}
    assert asked == [set(), set(), set(), set(), {"GET"}, {"GET"}]
    # A link that is in sync is looked at, and nothing more is asked.
    assert [set(ran) - {"run_summary"} for ran in modules[2:4]] == [{"links_info"}] * 2


SHARES_MORE = {"target": {"free_busy": "basic", "mail_tips": "all", "scope": "all"}, "source": {"mail_tips": "all", "scope": "all"}}


def policies(cloud: Cloud) -> dict[str, Any]:
    return {tenant: copy.deepcopy(cloud.world.tenants[tenant].access_policy.model_dump()) for tenant in (CONTOSO, FABRIKAM)}


@pytest.mark.parametrize("users", ["keep", "deprovision"])
def test_a_removal_leaves_what_another_link_still_wants(cloud: Cloud, users: str) -> None:
    """Byte for byte, with the trust. What nobody wants any more goes."""
    others = {"back": {**BACK, "link_share": {"source": {"free_busy": "basic"}}}}
    gone = link(SHARES_MORE, link_state="absent", link_users=users)
    with living(cloud):
        sync(cloud, link(SHARES_MORE), others=others)
        before = policies(cloud)
        predicted = actions(sync(cloud, gone, check=True, others=others))
        assert policies(cloud) == before
        assert actions(sync(cloud, gone, others=others))[-len(predicted) :] == predicted
        after = policies(cloud)
        kept = before[FABRIKAM]["capabilities"][CONTOSO]
        assert after[FABRIKAM]["capabilities"][CONTOSO] == {BASIC: kept[BASIC]}
        trust = "m365CollaborationInbound"
        assert after[FABRIKAM]["partners"][CONTOSO][trust] == before[FABRIKAM]["partners"][CONTOSO][trust]
        # Nothing is left of the entry in the other tenant, so it goes as well.
        assert FABRIKAM not in after[CONTOSO]["partners"]
        cloud.arrivals.clear()
        assert actions(sync(cloud, gone, others=others)) == []
        # Somebody else's wish in the variables counts like that of a link.
        assert writes(cloud) == []


def test_a_removal_of_all_links_of_a_play_leaves_nothing(cloud: Cloud) -> None:
    """What a link wants that the same play removes is kept for nobody."""
    others = {"back": {**BACK, "link_share": {"source": {"free_busy": "basic"}}}}
    play = {"ansible_play_hosts_all": [LINK, "back"], "sync_state": "absent"}
    with living(cloud):
        sync(cloud, link(SHARES_MORE), others=others)
        sync(cloud, link(SHARES_MORE, **play), others=others)
    assert shared(cloud) == {"contoso": set(), "fabrikam": set()}
    assert [cloud.world.tenants[here].access_policy.partners for here in (CONTOSO, FABRIKAM)] == [{}, {}]


def test_what_is_left_of_it_is_reported(cloud: Cloud) -> None:
    others = {"back": {**BACK, "link_share": {"source": {"free_busy": "basic"}}}}
    with living(cloud):
        sync(cloud, link(SHARES_MORE), others=others)
        left = sync(cloud, link(SHARES_MORE, link_state="absent"), others=others).variables["verify_left"]["left"]
    assert left[-2:] == ["contoso: shares nothing of this link with fabrikam", "fabrikam: shares free_busy with contoso"]


def test_what_another_inventory_wants_can_be_named(cloud: Cloud) -> None:
    gone = link(SHARES_MORE, link_state="absent", link_share_keep={"target": ["mail_tips"]})
    with living(cloud):
        sync(cloud, link(SHARES_MORE))
        sync(cloud, gone)
    assert shared(cloud) == {"contoso": set(), "fabrikam": {TIPS}}


def test_links_that_contradict_each_other_are_refused_before_the_first_write(cloud: Cloud) -> None:
    others = {"back": {**BACK, "link_share": {"source": {"free_busy": "limited_details"}}}}
    with (
        living(cloud),
        pytest.raises(TaskFailure, match="the links back, contoso_to_fabrikam disagree on what fabrikam shares with contoso"),
    ):
        sync(cloud, link({"target": {"free_busy": "basic", "scope": "all"}}), others=others)
    assert writes(cloud) == []


def test_a_plan_names_what_is_shared(cloud: Cloud) -> None:
    """The same actions as the run, also for a partner that the run creates first."""
    wished = link({"target": {"free_busy": "basic", "scope": "all"}})
    with living(cloud):
        planned = sync(cloud, wished, "plan.yml")
        (plan,) = [result["plan"] for module, result in planned.results if module == "plan_report"]
        of_plan = [
            f"{part['module']}: {action['verb']} {action['object']}"
            for part in plan["links"][LINK]["parts"]
            if part["module"] in (POLICY, SHARING)
            for action in part["actions"]
        ]
        ran = sync(cloud, wished)
        assert of_plan == actions(ran, POLICY, SHARING)
        assert all(action["reversible"] for part in plan["links"][LINK]["parts"] if part["module"] == SHARING for action in part["actions"])


def switches(cloud: Cloud) -> tuple[Any, Any]:
    """Whether the job synchronizes groups, and whether the target lets them in."""
    job = next(job for one in cloud.world.tenants[CONTOSO].synchronizations.values() for job in one.jobs.values())
    mapping = schema.group_mapping(cast(Schema, job.job_schema))
    synchronization = cloud.world.tenants[FABRIKAM].access_policy.identity_synchronizations[CONTOSO]
    return bool(mapping and mapping["enabled"]), (synchronization.get("groupSyncInbound") or {}).get("isSyncAllowed")


def asks_beta(cloud: Cloud) -> bool:
    return any(arrival.path.startswith("/beta") and "identitySynchronization" in arrival.path for arrival in cloud.arrivals)


def test_groups_are_switched_in_both_tenants_and_left_alone_if_nothing_is_said(cloud: Cloud) -> None:
    with living(cloud):
        sync(cloud, link(None))
        assert not asks_beta(cloud)
        for wish, expected in (
            (True, (True, True)),
            (None, (True, True)),
            (False, (False, False)),
            (None, (False, False)),
            (True, (True, True)),
        ):
            wished = link(None, **({} if wish is None else {"link_groups": wish}))
            cloud.arrivals.clear()
            predicted = actions(sync(cloud, wished, check=True))
            assert actions(sync(cloud, wished)) == predicted
            assert bool(predicted) is (wish is not None)
            assert switches(cloud) == expected
            assert asks_beta(cloud) is (wish is not None)
            cloud.arrivals.clear()
            assert actions(sync(cloud, wished)) == []
            assert writes(cloud) == []


def test_a_link_with_groups_that_is_removed_leaves_the_switch_to_another_configuration(cloud: Cloud) -> None:
    """The target has one switch for both."""
    pair = {"link_source": "contoso", "link_target": "fabrikam"}
    one = link(None, **pair, link_configuration=NAME, link_groups=True)
    two = {**one, "link_configuration": "Guests", "link_scope_users": ["bora.cho@contoso.kr"], "link_scope_groups": []}
    with living(cloud):
        sync(cloud, one, others={"two": two})
        sync(cloud, two, others={"one": one})
        sync(cloud, {**one, "link_state": "absent"}, others={"two": two})
        assert switches(cloud) == (True, True)
        sync(cloud, {**two, "link_state": "absent"})
    assert cloud.world.tenants[FABRIKAM].access_policy.identity_synchronizations == {}


def test_groups_while_all_users_are_in_scope_are_refused_before_the_first_write(cloud: Cloud) -> None:
    with (
        living(cloud),
        pytest.raises(TaskFailure, match="link_scope_mode, link_groups: groups are synchronized only with scope mode assigned"),
    ):
        sync(cloud, link(None, link_groups=True, link_scope_mode="all"))
    assert writes(cloud) == []

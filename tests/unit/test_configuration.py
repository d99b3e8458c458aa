# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning the configuration: which configuration is meant, what is created, saved and removed (facts F52, F69)."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure, ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import NEW_ID, Plan, Refusal, Unseen
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import configuration, find_configuration, settings_bag
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import LOST_POLICY_CODES
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import TEMPLATE, Configuration
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, SOURCE, TARGET, FakeGraph, Lost, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Faulty, Link, SourceService, new_job

OTHER = "cccccccc-0000-4000-8000-000000000003"
GUARD = {"DeleteThresholdEnabled": True, "DeleteThresholdValue": 500}


def bag(target: str = TARGET, members: dict[str, Any] | None = None, **rest: str) -> dict[str, str]:
    notification = json.dumps(GUARD if members is None else members)
    return {"AuthenticationType": "SyncPolicy", "CompanyId": target, "SyncAll": "false", "SyncNotificationSettings": notification, **rest}


def link(name: str = "Fabrikam", target: str | None = TARGET, jobs: int = 1, **rest: Any) -> Link:
    saved = {} if target is None else bag(target)
    return Link(name, **{"bag": saved, "jobs": [new_job(str(number)) for number in range(jobs)], "id": f"id-of-{name}", **rest})


def desired(**given: Any) -> configuration.Desired:
    return configuration.desired(options("sync_configuration", **{"name": "Fabrikam", "target_tenant_id": TARGET, **given}))


def plan(*links: Link, **given: Any) -> Plan:
    wanted, client = desired(**given), FakeGraph(SourceService(list(links)))
    if wanted.absent:
        # An application counts as removed only after several reads (fact F14).
        for _read in range(configuration.LOOKS - 1):
            with contextlib.suppress(Unseen):
                configuration.read(client, wanted)
    return configuration.plan(configuration.read(client, wanted), wanted)


def actions(planned: Plan) -> list[str]:
    return [str(action) for action in planned.actions]


def calls(planned: Plan) -> list[str]:
    return [f"{request.method} {request.path}" for action in planned.actions for request in action.requests]


def saved(planned: Plan) -> dict[str, str]:
    body = planned.actions[-1].requests[-1].body
    return {entry["key"]: entry["value"] for entry in body["value"]}


CREATE = ["create configuration Fabrikam", "create provisioning job of configuration Fabrikam"]
SAVE_ALL = "save settings of configuration Fabrikam (target_tenant_id, deletion_threshold)"


class TestSharedBags:
    """Links of one source share what all of them read, and each reads the jobs of its own configuration."""

    @pytest.mark.parametrize("name", ["Fabrikam", "FABRIKAM", "id-of-Other", "Nobody", None])
    def test_they_are_what_a_link_reads_by_itself(self, name: str | None) -> None:
        links = [link(), link("Other", OTHER, jobs=2), link("New", None, jobs=0), link("fabrikam", OTHER, id="id-2")]
        alone = configuration.with_bags(FakeGraph(SourceService(links)), name)
        client = FakeGraph(SourceService(links))
        configuration.share_bags(client)
        client.sent.clear()
        assert configuration.with_bags(client, name) == alone
        read = [request.path for request in client.sent]
        assert all(path.endswith("/jobs") for path in read)
        assert len(read) == sum(bool(found.jobs) for found in alone)

    def test_the_jobs_are_read_with_the_bags_whichever_way_the_configuration_is_named(self) -> None:
        for name in ("Fabrikam", "FABRIKAM", OTHER, OTHER.upper()):
            (found,) = configuration.with_bags(FakeGraph(SourceService([link(id=OTHER)])), name)
            assert len(found.jobs) == 1
        (found,) = configuration.with_bags(FakeGraph(SourceService([link(id=OTHER)])), "Other")
        assert found.jobs == []

    def test_what_cannot_be_read_is_not_shared(self) -> None:
        client = FakeGraph(Faulty(SourceService([link()]), {"GET .*/secrets": [refusal(403, "Forbidden")] * 3}))
        with pytest.raises(ServiceError):
            configuration.share_bags(client)
        assert client.commons == {}


class TestChoice:
    @pytest.mark.parametrize(
        ("links", "given", "expected"),
        [
            pytest.param([], {}, [*CREATE, SAVE_ALL], id="none"),
            pytest.param([link()], {}, [], id="the same name and target"),
            pytest.param([link(), link("Other", OTHER)], {}, [], id="in addition to another"),
            pytest.param([link("Other", OTHER)], {}, [*CREATE, SAVE_ALL], id="only another"),
            pytest.param(
                [link(target=TARGET.upper())],
                {},
                ["update settings of configuration Fabrikam (target_tenant_id)"],
                id="target in upper case",
            ),
            pytest.param([link("Old")], {"adopt": True}, ["rename configuration Old to Fabrikam"], id="adopted"),
            pytest.param([link(), link("Old")], {"adopt": True}, [], id="the name decides between two that serve"),
            pytest.param([link(target=None, jobs=0)], {}, [CREATE[1], SAVE_ALL], id="incomplete"),
            pytest.param([link(target=None)], {}, [SAVE_ALL], id="without a connection"),
            pytest.param([link(jobs=0)], {}, [CREATE[1]], id="without a job"),
            pytest.param([link("MTO_Sync_x", OTHER)], {}, [*CREATE, SAVE_ALL], id="of a multitenant organization, for another target"),
            pytest.param([link("MTO_Sync_x")], {}, [*CREATE, SAVE_ALL], id="of a multitenant organization, not named"),
            pytest.param([link("MTO_Sync_x")], {"adopt": True}, [*CREATE, SAVE_ALL], id="of a multitenant organization, not adopted"),
            pytest.param(
                [link("MTO_Sync_x")],
                {"adopt": True, "manage_multitenant": True},
                [*CREATE, SAVE_ALL],
                id="of a multitenant organization, not renamed even with manage_multitenant",
            ),
            pytest.param(
                [link("MTO_Sync_x")],
                {"name": "mto_sync_X", "manage_multitenant": True},
                [],
                id="of a multitenant organization, by its name",
            ),
            pytest.param([link("fabriKAM")], {}, [], id="another case, which is not renamed"),
            pytest.param([link("fabriKAM")], {"adopt": True}, ["rename configuration fabriKAM to Fabrikam"], id="another case, adopted"),
            pytest.param([link("Guests")], {"others": ["guests"]}, [*CREATE, SAVE_ALL], id="another link's"),
            pytest.param([link("Guests", id=OTHER)], {"others": [OTHER.upper()]}, [*CREATE, SAVE_ALL], id="another link's, by its id"),
            pytest.param([link("Guests")], {"others": ["Guests"], "adopt": True}, [*CREATE, SAVE_ALL], id="another link's is not adopted"),
            pytest.param(
                [link("Guests"), link("Old")],
                {"others": ["Guests"], "adopt": True},
                ["rename configuration Old to Fabrikam"],
                id="adopted in addition to another link's",
            ),
            pytest.param([link("Guests")], {"name": "guests", "others": ["Guests"]}, [], id="a name that others contains, too"),
            pytest.param([link("Old", id=OTHER)], {"name": OTHER}, [], id="by its id, not renamed"),
            pytest.param([link("Old", id=OTHER)], {"name": OTHER.upper(), "adopt": True}, [], id="by its id, adopted, not renamed"),
            pytest.param([link(id=OTHER), link(id="second")], {"name": OTHER}, [], id="two of the name, by the id"),
            pytest.param(
                [link("Old", None, 0, id=OTHER)],
                {"name": OTHER},
                [
                    "create provisioning job of configuration Old",
                    "save settings of configuration Old (target_tenant_id, deletion_threshold)",
                ],
                id="incomplete, by its id",
            ),
        ],
    )
    def test_is_found_and_no_second_is_created(self, links: list[Link], given: dict[str, Any], expected: list[str]) -> None:
        assert actions(plan(*links, **given)) == expected

    @pytest.mark.parametrize(
        ("links", "given", "sentence"),
        [
            pytest.param(
                [link("Old")],
                {},
                "there is no configuration 'Fabrikam' for that tenant, but it is already served by 'Old' (id-of-Old); "
                "use that name, or set adopt to take it over and rename it",
                id="another name serves the target",
            ),
            pytest.param(
                [link("Old"), link(target=None, jobs=0)],
                {},
                "there is no configuration 'Fabrikam' for that tenant, but it is already served by 'Old' (id-of-Old); "
                "use that name, or set adopt to take it over and rename it",
                id="another name serves the target, in addition to an incomplete configuration",
            ),
            pytest.param(
                [link("Old"), link(target=None, jobs=0)],
                {"adopt": True},
                "configuration 'Fabrikam' is ambiguous: 'Fabrikam' (id-of-Fabrikam), 'Old' (id-of-Old); "
                "remove the configuration that is not needed",
                id="adopting would create two of the name",
            ),
            pytest.param(
                [link("Old"), link(target=OTHER)],
                {"adopt": True},
                f"configuration 'Fabrikam' (id-of-Fabrikam) serves tenant {OTHER}; choose another name",
                id="adopting would create two of the name, for two targets",
            ),
            pytest.param(
                [link("Old")],
                {"name": OTHER},
                f"there is no configuration with the id {OTHER}, and a new configuration cannot have an id as its name",
                id="an unknown id",
            ),
            pytest.param(
                [link("Old", OTHER, id=OTHER)],
                {"name": OTHER},
                f"configuration 'Old' ({OTHER}) serves tenant {OTHER}; choose another configuration",
                id="the id of a configuration for another target",
            ),
            pytest.param(
                [link("MTO_Sync_x", id=OTHER)],
                {"name": OTHER},
                "configuration 'MTO_Sync_x' belongs to the multitenant organization in the Microsoft 365 admin center; "
                "set manage_multitenant to manage it nevertheless",
                id="of a multitenant organization, by its id",
            ),
            pytest.param(
                [],
                {"name": "mto_sync_new"},
                "configuration 'mto_sync_new' belongs to the multitenant organization in the Microsoft 365 admin center; "
                "set manage_multitenant to manage it nevertheless",
                id="a new configuration with the name of a multitenant organization",
            ),
            pytest.param(
                [link(target=OTHER)],
                {},
                f"configuration 'Fabrikam' (id-of-Fabrikam) serves tenant {OTHER}; choose another name",
                id="the name serves another target",
            ),
            pytest.param(
                [link(), link(id="second")],
                {},
                "configuration 'Fabrikam' is ambiguous: 'Fabrikam' (id-of-Fabrikam), 'Fabrikam' (second); "
                "use an id instead of the name, or remove the others",
                id="two of the name serve the target",
            ),
            pytest.param(
                [link(target=None), link(target=None, id="second")],
                {},
                "configuration 'Fabrikam' is ambiguous: 'Fabrikam' (id-of-Fabrikam), 'Fabrikam' (second); "
                "use an id instead of the name, or remove the others",
                id="two of the name without a target",
            ),
            pytest.param(
                [link("A"), link("B")],
                {"adopt": True},
                "configuration 'Fabrikam' is ambiguous: 'A' (id-of-A), 'B' (id-of-B); use an id instead of the name",
                id="two to adopt",
            ),
            pytest.param(
                [link("MTO_Sync_x")],
                {"name": "MTO_Sync_x"},
                "configuration 'MTO_Sync_x' belongs to the multitenant organization in the Microsoft 365 admin center; "
                "set manage_multitenant to manage it nevertheless",
                id="of a multitenant organization",
            ),
            pytest.param(
                [link(jobs=2)],
                {},
                "configuration 'Fabrikam' has 2 jobs: Azure2Azure.0, Azure2Azure.1; remove those that are not needed",
                id="two jobs",
            ),
            pytest.param(
                [], {"target_tenant_id": SOURCE}, "target_tenant_id is the source tenant itself; a link needs two tenants", id="itself"
            ),
            pytest.param(
                [], {"deletion_threshold": -1}, "deletion_threshold must be 0 (no guard) or a number of deletions", id="a negative guard"
            ),
        ],
    )
    def test_is_refused_if_it_is_ambiguous_or_managed_elsewhere(self, links: list[Link], given: dict[str, Any], sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            plan(*links, **given)
        assert str(caught.value) == sentence

    def test_a_warning_names_others_that_serve_the_same_target(self) -> None:
        """Fact F55: not forbidden, but their scopes must not overlap."""
        planned = plan(link(), link("Guests"))
        assert planned.warnings == (
            "other configurations serve the same target tenant, so their scopes must not overlap: Guests (id-of-Guests)",
        )
        assert plan(link(), link("Other", OTHER)).warnings == ()

    @pytest.mark.parametrize("given", [{}, {"state": "absent"}], ids=["present", "absent"])
    def test_a_warning_names_what_two_runs_have_left(self, given: dict[str, Any]) -> None:
        """One of two that created the configuration at once was ended before it could take its own back (fact F16)."""
        (warning,) = plan(link(), link(target=None, jobs=0, id="left"), **given).warnings
        assert warning.startswith("another configuration of the same name has no connection, and synchronizes nobody: 'Fabrikam' (left)")
        assert plan(link(), link("Other", None), **given).warnings == ()

    @pytest.mark.parametrize("failure", [refusal(403, "Authorization_RequestDenied"), Lost()], ids=str)
    @pytest.mark.parametrize("part", ["servicePrincipals[?]", "secrets", "jobs"])
    def test_a_read_that_fails_is_no_absence(self, part: str, failure: Any) -> None:
        with pytest.raises(GraphFailure):
            configuration.read(FakeGraph(Faulty(SourceService([link()]), {part: [failure] * 9})), desired())


class TestCreating:
    def test_the_calls_in_order(self) -> None:
        """Fact F56: instantiate, test, job, settings; ids are learnt on the way."""
        sp = f"/servicePrincipals/{NEW_ID}/synchronization"
        assert calls(plan()) == [
            f"POST /applicationTemplates/{TEMPLATE}/instantiate",
            f"POST {sp}/jobs/validateCredentials",
            f"POST {sp}/jobs",
            f"PUT {sp}/secrets",
        ]

    def test_instantiate_is_never_sent_twice(self) -> None:
        instantiate = plan(name="O'Brien & Co").actions[0]
        assert instantiate.requests[0].body == {"displayName": "O'Brien & Co"}
        assert instantiate.settled_by is not None
        assert "displayName%20eq%20'O%27%27Brien%20%26%20Co'" in instantiate.settled_by.path
        assert instantiate.uncertain_statuses == (404,)

    def test_the_test_of_the_connection(self) -> None:
        assert plan().actions[1].requests[0].body == {
            "useSavedCredentials": False,
            "templateId": "Azure2Azure",
            "credentials": [{"key": "CompanyId", "value": TARGET}, {"key": "AuthenticationType", "value": "SyncPolicy"}],
        }

    @pytest.mark.parametrize(
        ("links", "given", "tests"),
        [
            pytest.param([], {}, 1, id="new"),
            pytest.param([], {"test_connection": False}, 0, id="new, not wanted"),
            pytest.param([link(target=None)], {}, 1, id="connection changes"),
            pytest.param([link(target=None)], {"test_connection": False}, 0, id="connection changes, not wanted"),
            pytest.param([link()], {"deletion_threshold": 1}, 0, id="connection stays"),
        ],
    )
    def test_the_connection_is_tested_once_when_it_changes(self, links: list[Link], given: dict[str, Any], tests: int) -> None:
        assert sum("validateCredentials" in call for call in calls(plan(*links, **given))) == tests

    def test_the_saved_settings(self) -> None:
        assert saved(plan(notification_email="it@contoso.kr", deletion_threshold=20)) == {
            "AuthenticationType": "SyncPolicy",
            "CompanyId": TARGET,
            "SyncAll": "false",
            "SyncNotificationSettings": '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":20,"Enabled":true,"Recipients":"it@contoso.kr"}',
        }

    def test_existing_settings_are_sent_again(self) -> None:
        """Fact F58: whether PUT replaces or merges is not known."""
        kept = {"Enabled": True, "Recipients": "old@contoso.kr", "HumanResourcesLookaheadQueryEnabled": False, **GUARD}
        planned = plan(link(bag=bag(members=kept, SyncAll="True", Domain="x", Password="*")), deletion_threshold=7)
        assert saved(planned) == {
            "AuthenticationType": "SyncPolicy",
            "CompanyId": TARGET,
            "SyncAll": "True",
            "Domain": "x",
            "SyncNotificationSettings": json.dumps({**kept, "DeleteThresholdValue": 7}, separators=(",", ":")),
        }

    @pytest.mark.parametrize(
        ("members", "given", "changed"),
        [
            (GUARD, {}, []),
            ({**GUARD, "Enabled": True, "Recipients": "a@x"}, {}, []),
            ({**GUARD, "Enabled": True, "Recipients": "a@x"}, {"notification_email": "a@x"}, []),
            ({**GUARD, "Enabled": True, "Recipients": "a@x"}, {"notification_email": "b@x"}, ["notification_email"]),
            ({**GUARD, "Enabled": False, "Recipients": "a@x"}, {"notification_email": "a@x"}, ["notification_email"]),
            (GUARD, {"deletion_threshold": 20}, ["deletion_threshold"]),
            ({**GUARD, "DeleteThresholdEnabled": False}, {}, ["deletion_threshold"]),
            (GUARD, {"deletion_threshold": 0}, ["deletion_threshold"]),
            ({**GUARD, "DeleteThresholdEnabled": False}, {"deletion_threshold": 0}, []),
        ],
    )
    def test_the_settings_that_differ(self, members: dict[str, Any], given: dict[str, Any], changed: list[str]) -> None:
        planned = plan(link(bag=bag(members=members)), **given)
        assert actions(planned) == ([f"update settings of configuration Fabrikam ({', '.join(changed)})"] if changed else [])

    def test_the_guard_switched_off_keeps_its_number(self) -> None:
        assert json.loads(saved(plan(link(), deletion_threshold=0))["SyncNotificationSettings"]) == {
            "DeleteThresholdEnabled": False,
            "DeleteThresholdValue": 500,
        }

    @pytest.mark.parametrize("text", ["", "not json", "[]", "null", '{"DeleteThresholdValue": NaN}'])
    def test_unreadable_notification_settings(self, text: str) -> None:
        planned = plan(link(bag={**bag(), "SyncNotificationSettings": text}))
        assert json.loads(saved(planned)["SyncNotificationSettings"]) == GUARD

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(
                {"SyncNotificationSettings": '{ "DeleteThresholdValue": 20, "DeleteThresholdEnabled": true }'},
                id="JSON formatted differently",
            ),
            pytest.param(
                {
                    "SyncNotificationSettings": '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":20,"HumanResourcesLookaheadQueryEnabled":false}'
                },
                id="an additional member",
            ),
            pytest.param({"SyncAll": "False"}, id="a boolean in upper case"),
            pytest.param({"SomethingNew": "1"}, id="an additional key"),
        ],
    )
    def test_saved_settings_are_recognized_in_the_services_own_spelling(self, body: dict[str, str]) -> None:
        """Facts F56, F60: compare by meaning; the service returns 'True' and 'true', and JSON with more members."""
        planned = plan(link(target=None), deletion_threshold=20)
        visible = planned.actions[-1].visible
        assert visible is not None
        assert visible.until({"value": [{"key": key, "value": value} for key, value in {**saved(planned), **body}.items()]})
        assert not visible.until({"value": []})

    @pytest.mark.parametrize("extra", [{"Domain": ""}, {"Password": "*"}], ids=str)
    @pytest.mark.parametrize("replaces", [True, False])
    def test_saved_settings_are_recognized_without_the_keys_that_the_service_drops(self, extra: dict[str, str], replaces: bool) -> None:
        """A key that is sent empty is removed, and a masked value is not sent (facts F58, F59)."""
        before = {**bag(), **extra}
        planned = plan(link(bag=before), deletion_threshold=20)
        after = {**({} if replaces else before), **saved(planned)}
        visible = planned.actions[-1].visible
        assert visible is not None
        assert visible.until({"value": [{"key": key, "value": value} for key, value in after.items() if value]})


class TestConnecting:
    """The job and the settings need the three trust switches of the link (facts F40, F56)."""

    PARTNER = "GET /policies/crossTenantAccessPolicy/partners/"

    @staticmethod
    def planned(answer: Any, *links: Link) -> Plan:
        service = Faulty(SourceService(list(links)), {TestConnecting.PARTNER: [answer]})
        wanted = desired()
        return configuration.plan(configuration.read(FakeGraph(service), wanted), wanted)

    @pytest.mark.parametrize(
        ("answer", "own"),
        [
            (Reply(200, {"automaticUserConsentSettings": {"outboundAllowed": True}}), "on"),
            (Reply(200, {"automaticUserConsentSettings": {"outboundAllowed": False}}), "OFF"),
            (Reply(200, {"automaticUserConsentSettings": None}), "OFF"),
            (NOT_FOUND, "OFF"),
            (refusal(403, "Authorization_RequestDenied"), "could not be read"),
        ],
        ids=str,
    )
    def test_a_refusal_names_those_that_can_be_read(self, answer: Any, own: str) -> None:
        hint = (
            f"The three switches of the link: redemption_outbound in tenant {SOURCE} for the target is {own}; redemption_inbound and "
            f"user_sync_inbound in the target for tenant {SOURCE} cannot be read from the source, check them in tenant {TARGET}."
        )
        new, unconnected = self.planned(answer).actions[1:], self.planned(answer, link(target=None, jobs=0)).actions
        assert [(action.hint, action.passing_codes) for action in (*new, *unconnected)] == [(hint, LOST_POLICY_CODES)] * 4

    @pytest.mark.parametrize("given", [{}, {"name": "FABRIKAM"}, {"name": OTHER}], ids=["by its name", "in another case", "by its id"])
    def test_without_its_application_it_can_still_be_managed(self, given: dict[str, Any]) -> None:
        """The application is needed to rename and to remove it, and only then must a replica know it (fact F14)."""
        client = FakeGraph(SourceService([link(application=False, id=OTHER)]))
        current = configuration.read(client, desired(**given, deletion_threshold=3))
        assert actions(configuration.plan(current, desired(**given, deletion_threshold=3))) == [
            "update settings of configuration Fabrikam (deletion_threshold)"
        ]

    def test_its_settings_and_jobs_are_read_once_in_one_batch(self) -> None:
        client = FakeGraph(SourceService([link(), link("Other", OTHER)]))
        configuration.read(client, desired())
        (batch,) = client.batches
        assert sorted(request.path.partition("/synchronization")[2] for request in batch) == ["/jobs", "/secrets", "/secrets"]
        assert [request.path for request in client.sent] == [find_configuration.LISTING, *(request.path for request in batch)]

    def test_another_failure_of_that_read_is_one(self) -> None:
        with pytest.raises(ServiceError):
            self.planned(refusal(400, "Request_BadRequest"))

    @pytest.mark.parametrize(
        ("links", "given", "reads"), [([], {}, 1), ([link(target=None)], {}, 1), ([link()], {}, 0), ([], {"state": "absent"}, 0)]
    )
    def test_they_are_read_only_if_a_connection_is_made(self, links: list[Link], given: dict[str, Any], reads: int) -> None:
        client = FakeGraph(SourceService(list(links)))
        configuration.read(client, desired(**given))
        assert len([request for request in client.sent if request.path.startswith(self.PARTNER.split()[1])]) == reads

    def test_a_new_job_is_there_once_it_is_listed_and_an_old_one_of_another_template_is_in_its_way(self) -> None:
        """A configuration has a single job of any template (facts F70, F74)."""
        action = plan(link(jobs=0)).actions[0]
        other = {"value": [{"id": "x", "templateId": "Other"}, {"id": "y", "templateId": "More"}]}
        listings: list[Any] = [None, {"value": []}, other, {"value": [new_job()]}]
        assert action.visible is not None
        assert action.visible.path == "/servicePrincipals/id-of-Fabrikam/synchronization/jobs"
        assert [action.visible.until(body) for body in listings] == [False, False, False, True]
        assert action.conflict is not None
        assert [action.conflict.named(body) for body in listings[:2]] == [None, None]
        assert action.conflict.named(other) == (
            "configuration 'Fabrikam' already has a job of another template: x (template Other), y (template More); remove it, and run again"
        )
        assert action.conflict.unnamed == (
            "the service does not create a job for configuration 'Fabrikam', because it has a job (HTTP 409), but it lists none; "
            "check the provisioning of the configuration in the portal, or run again in a few minutes"
        )

    def test_a_new_configuration_gives_its_id_and_gives_way(self) -> None:
        action = plan().actions[0]
        assert action.visible is not None
        assert (action.new_id_at, action.visible.path) == ("servicePrincipal.id", f"/servicePrincipals/{NEW_ID}")
        assert action.gives_way is not None

    def test_the_requests_that_test_the_connection_and_create_the_job(self) -> None:
        """The test changes nothing, so it is no change if a run fails after it."""
        test, create = plan(link(jobs=0)).actions[0].requests
        assert (test.only_asks, create.only_asks) == (True, False)
        assert create.body == {"templateId": "Azure2Azure"}

    def test_a_setting_without_an_option_is_the_connection(self) -> None:
        saved_before = {key: value for key, value in bag().items() if key != "AuthenticationType"}
        assert actions(plan(link(bag=saved_before))) == ["update settings of configuration Fabrikam (connection)"]

    def test_both_objects_are_renamed(self) -> None:
        (rename,) = plan(link("Old"), adopt=True).actions
        assert [(one.method, one.path, one.body) for one in rename.requests] == [
            ("PATCH", "/applications/app-id-of-Old", {"displayName": "Fabrikam"}),
            ("PATCH", "/servicePrincipals/id-of-Old", {"displayName": "Fabrikam"}),
        ]

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"Enabled": True, "Recipients": "a@x"}, {"Enabled": False, "Recipients": ""}),
            ({"Enabled": False, "Recipients": "a@x"}, None),
            ({}, None),
        ],
        ids=str,
    )
    def test_notifications_are_switched_off_if_they_are_on(self, before: dict[str, Any], after: dict[str, Any] | None) -> None:
        planned = plan(link(bag=bag(members={**GUARD, **before})), notification_email="off")
        assert actions(planned) == (["update settings of configuration Fabrikam (notification_email)"] if after else [])
        if after:
            assert json.loads(saved(planned)["SyncNotificationSettings"]) == {**GUARD, **after}
        assert planned.after["notification_email"] is None

    def test_settings_are_merged_into_what_is_there_right_before(self) -> None:
        refresh = plan(link(), deletion_threshold=3).actions[0].refresh
        assert refresh is not None
        now = {"value": [{"key": "New", "value": "1"}]}
        (request,) = refresh(FakeGraph(lambda _request: Reply(200, now)))
        assert {entry["key"]: entry["value"] for entry in request.body["value"]} == {
            "New": "1",
            "AuthenticationType": "SyncPolicy",
            "CompanyId": TARGET,
            "SyncAll": "false",
            "SyncNotificationSettings": '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":3}',
        }


class TestRecording:
    """Later tasks have only the name, so the ids are recorded if the name is clear."""

    @pytest.mark.parametrize(
        ("links", "job"),
        [
            ([link()], "Azure2Azure.0"),
            ([link(), link("Other", OTHER)], "Azure2Azure.0"),
            ([link(), link(target=None, id="twin")], "Azure2Azure.0"),
            ([link(), link("FABRIKAM", OTHER, id="twin")], None),
            ([link(jobs=0)], None),
        ],
    )
    def test_for_a_name_that_is_clear(self, links: list[Link], job: str | None) -> None:
        client = FakeGraph(SourceService(links))
        configuration.read(client, desired())
        assert find_configuration.known_job(client, "Fabrikam") == job

    def test_what_was_recorded_and_is_not_listed_may_only_be_late(self) -> None:
        """A replica may not list what an earlier task has created (fact F15)."""
        service = SourceService([link()])
        client = FakeGraph(service)
        configuration.read(client, desired())
        service.links[0].hidden_reads = 1
        with pytest.raises(Unseen, match="configuration 'Fabrikam' exists, but the service does not list it yet"):
            configuration.read(client, desired())
        service.links.clear()
        assert configuration.read(client, desired()).found == ()

    @pytest.mark.parametrize(("here", "said"), [(link(target=None), True), (link(), False)], ids=["without a connection", "with one"])
    def test_in_check_mode_a_connection_that_would_be_saved_is_there(self, here: Link, said: bool) -> None:
        """It says who is in scope (fact F61)."""
        planned = plan(here, deletion_threshold=3)
        assert (planned.foretells is not None) is said
        client = FakeGraph(SourceService([here]))
        client.check_mode = True
        if planned.foretells:
            planned.foretells(client)
        assert find_configuration.would_be_connected(client, Configuration(here.id, here.app_id, here.name, None)) is said

    def test_after_a_removal_it_is_not_found_any_more(self) -> None:
        planned = plan(link(), state="absent")
        assert planned.foretells is not None
        client = FakeGraph(SourceService([link()]))
        planned.foretells(client)
        assert configuration.read(client, desired()).found == ()


class TestBasis:
    """What somebody relies on who approves a plan."""

    def test_of_a_configuration(self) -> None:
        """With the keys that others have set, without the mode, which belongs to the scope, and without secrets."""
        members = {**GUARD, "Enabled": True, "Recipients": "a@x", "HumanResourcesLookaheadQueryEnabled": False}
        planned = plan(link(bag=bag(members=members, Domain="x", SecretToken="hunter2")), link("Guests"), link("Other", OTHER))
        assert planned.basis() == {
            "name": "Fabrikam",
            "id": "id-of-Fabrikam",
            "job_id": "Azure2Azure.0",
            "target_tenant_id": TARGET,
            "deletion_threshold": 500,
            "notification_email": "a@x",
            "AuthenticationType": "SyncPolicy",
            "Domain": "(a value)",
            "SecretToken": "(a value)",
            "SyncNotificationSettings": {"HumanResourcesLookaheadQueryEnabled": False},
            "other configuration Guests": "id-of-Guests",
        }

    def test_of_one_without_a_job(self) -> None:
        basis = plan(link(jobs=0)).basis()
        assert basis["job_id"] is None
        assert "SyncNotificationSettings" not in basis

    def test_of_a_new_one(self) -> None:
        assert plan(link("MTO_Sync_x")).basis() == {"other configuration MTO_Sync_x": "id-of-MTO_Sync_x"}


class TestShowing:
    def test_before_after_and_facts_of_a_new_configuration(self) -> None:
        planned = plan()
        assert planned.before == {"state": "absent"}
        assert planned.after == {"state": "present", "name": "Fabrikam", "job": True, "target_tenant_id": TARGET, "deletion_threshold": 500}
        assert planned.facts["configuration"] == {
            "name": "Fabrikam",
            "service_principal_id": None,
            "app_id": None,
            "job_id": None,
            "target_tenant_id": TARGET,
            "scope_mode": "assigned",
            "deletion_threshold": 500,
            "notification_email": None,
        }

    def test_the_diff_of_a_change(self) -> None:
        planned = plan(link(), deletion_threshold=3)
        assert planned.before == {
            "state": "present",
            "name": "Fabrikam",
            "job": True,
            "target_tenant_id": TARGET,
            "deletion_threshold": 500,
        }
        assert planned.after == {**planned.before, "deletion_threshold": 3}
        assert plan(link(jobs=0)).before["job"] is False

    def test_the_facts_of_an_existing_configuration(self) -> None:
        members = {**GUARD, "Enabled": True, "Recipients": "a@x"}
        here = link(bag=bag(members=members, SyncAll="true"))
        planned = plan(here, notification_email="a@x")
        assert planned.facts["configuration"] == {
            "name": "Fabrikam",
            "service_principal_id": "id-of-Fabrikam",
            "app_id": here.app_id,
            "job_id": "Azure2Azure.0",
            "target_tenant_id": TARGET,
            "scope_mode": "all",
            "deletion_threshold": 500,
            "notification_email": "a@x",
        }

    def test_a_guard_without_a_number_is_warned_of(self) -> None:
        planned = plan(link(bag=bag(members={"DeleteThresholdEnabled": True})))
        warning = "the deletion guard of configuration Fabrikam is on without a number that can be read; set deletion_threshold"
        assert planned.warnings == (warning,)
        assert plan(link()).warnings == ()


class TestRemoving:
    @pytest.mark.parametrize(
        ("links", "expected"),
        [
            pytest.param([], [], id="none"),
            pytest.param([link(jobs=0)], ["DELETE /applications/app-id-of-Fabrikam"], id="without a job"),
            pytest.param(
                [link()],
                ["DELETE /servicePrincipals/id-of-Fabrikam/synchronization/jobs/Azure2Azure.0", "DELETE /applications/app-id-of-Fabrikam"],
                id="with a job that does not run",
            ),
            pytest.param([link(jobs=0), link("Other", OTHER)], ["DELETE /applications/app-id-of-Fabrikam"], id="others stay"),
            pytest.param([link("Other", OTHER)], [], id="only others"),
            pytest.param([link(target=OTHER)], [], id="the name with another target"),
            pytest.param([link("fabriKAM", jobs=0)], ["DELETE /applications/app-id-of-fabriKAM"], id="in another case"),
            pytest.param([link("MTO_Sync_x")], [], id="only of a multitenant organization"),
            pytest.param([link(jobs=0, application=False)], ["DELETE /servicePrincipals/id-of-Fabrikam"], id="without its application"),
            pytest.param([link(target=None, jobs=0)], ["DELETE /applications/app-id-of-Fabrikam"], id="incomplete"),
        ],
    )
    def test_the_requests(self, links: list[Link], expected: list[str]) -> None:
        assert calls(plan(*links, state="absent")) == expected

    def test_a_configuration_for_the_target_under_another_name_is_refused(self) -> None:
        """Otherwise the trust would be removed, and the job would stay."""
        with pytest.raises(Refusal) as caught:
            plan(link("Old"), state="absent")
        assert str(caught.value) == (
            "there is no configuration 'Fabrikam' for that tenant, but it is already served by 'Old' (id-of-Old); "
            "use that name, or set adopt to remove it"
        )
        with pytest.raises(Refusal, match=r"'A' .*, 'B'"):
            plan(link("A"), link("B"), state="absent", adopt=True)

    def test_a_configuration_for_the_target_under_another_name_is_removed_with_adopt(self) -> None:
        planned = plan(link("Old", jobs=0), state="absent", adopt=True)
        assert actions(planned) == ["delete configuration Old"]
        assert calls(planned) == ["DELETE /applications/app-id-of-Old"]

    def test_by_its_id(self) -> None:
        assert calls(plan(link("Old", jobs=0, id=OTHER), state="absent", name=OTHER)) == [f"DELETE /applications/app-{OTHER}"]
        assert calls(plan(link("Guests", OTHER), state="absent", name=OTHER)) == []

    def test_the_other_configurations_that_use_the_trust_are_returned(self) -> None:
        links = [link(), link("Guests"), link("MTO_Sync_x"), link("Elsewhere", OTHER)]
        assert plan(*links, state="absent").facts["still_served_by"] == ["Guests", "MTO_Sync_x"]
        assert plan(*links[1:], state="absent", others=["Guests"]).facts["still_served_by"] == ["Guests", "MTO_Sync_x"]

    def test_the_configuration_of_another_link_is_unchanged(self) -> None:
        assert calls(plan(link("Guests"), state="absent", others=["Guests"], adopt=True)) == []

    def test_an_application_counts_as_removed_after_three_looks_and_as_missing_in_any_other_case(self) -> None:
        """A replica may not know it (fact F14)."""
        client = FakeGraph(SourceService([link(jobs=0, application=False)]))
        for _look in range(configuration.LOOKS - 1):
            with pytest.raises(Unseen):
                configuration.read(client, desired(state="absent"))
        assert configuration.read(client, desired(state="absent")).application_id is None
        client = FakeGraph(SourceService([link("Old", application=False)]))
        for _look in range(configuration.LOOKS + 1):
            with pytest.raises(Unseen, match="has no application of its own in this tenant"):
                configuration.read(client, desired(adopt=True))

    def test_a_running_job_is_paused_first(self) -> None:
        running = Link("Fabrikam", bag(), [new_job("0", "Active")], id="x")
        assert calls(plan(running, state="absent"))[0] == "POST /servicePrincipals/x/synchronization/jobs/Azure2Azure.0/pause"
        assert actions(plan(running, state="absent")) == [
            "pause provisioning job of configuration Fabrikam",
            "delete provisioning job of configuration Fabrikam",
            "delete configuration Fabrikam",
        ]

    def test_the_result_shows_that_no_user_is_deleted(self) -> None:
        planned = plan(link(), state="absent")
        assert planned.actions[-1].effects == {"keeps_synced_users": True}
        assert planned.before == {
            "state": "present",
            "name": "Fabrikam",
            "job": True,
            "target_tenant_id": TARGET,
            "deletion_threshold": 500,
        }
        assert plan(link(jobs=0), state="absent").before["job"] is False
        assert planned.after == {"state": "absent"}
        assert planned.facts == {"configuration": None, "still_served_by": []}


class TestSettingsBag:
    """Fact F57."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (None, {}),
            ({}, {}),
            ({"value": []}, {}),
            ({"value": [{"key": "a", "value": "1"}, {"key": "b", "value": None}, {"key": "c"}]}, {"a": "1", "b": "", "c": ""}),
        ],
    )
    def test_parse(self, body: Any, expected: dict[str, str]) -> None:
        assert settings_bag.parse(body) == expected

    @pytest.mark.parametrize("body", [{"value": None}, {"error": {}}, {"value": [], "@odata.nextLink": "https://next"}, "text"])
    def test_an_incomplete_bag_is_not_an_empty_bag(self, body: Any) -> None:
        """An empty bag would be written back without the keys that others have set."""
        with pytest.raises(GraphFailure):
            settings_bag.parse(body)

    @pytest.mark.parametrize(
        ("text", "all_users"),
        [("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("", False), ("yes", False)],
    )
    def test_all_users_are_in_scope(self, text: str, all_users: bool) -> None:
        assert settings_bag.synchronizes_all({"SyncAll": text}) is all_users
        assert settings_bag.synchronizes_all({}) is False

    def test_a_basis_has_no_value_that_may_be_a_secret(self) -> None:
        bag = {"CompanyId": "1", "Password": "*", "SecretToken": "hunter2", "Empty": "", "SyncAll": "false"}
        shown = {"CompanyId": "1", "Password": "(a value)", "SecretToken": "(a value)", "Empty": "", "SyncAll": "false"}
        assert settings_bag.without_secrets(bag) == shown

    def test_a_masked_value_is_never_written_back(self) -> None:
        request = settings_bag.write("/sp/synchronization", {"Password": "*", "CompanyId": "1"})
        assert (request.method, request.path) == ("PUT", "/sp/synchronization/secrets")
        assert request.body == {"value": [{"key": "CompanyId", "value": "1"}]}

    def test_equal_members_do_not_change_the_text(self) -> None:
        text = '{ "DeleteThresholdValue": 500,  "Enabled": false }'
        assert settings_bag.merged({"SyncNotificationSettings": text}, {}, {"Enabled": False})["SyncNotificationSettings"] == text

    def test_names_in_any_script(self) -> None:
        merged = settings_bag.merged({}, {}, {"Recipients": "관리@contoso.kr"})
        assert "관리@contoso.kr" in merged["SyncNotificationSettings"]

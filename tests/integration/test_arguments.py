# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a link's variables ends a run before the first request. The tables of what is wrong are in the unit tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, REPOSITORY, Playbooks, Run, inventory

PLAYBOOKS = ("sync", "verify", "address_book", "person", "preflight", "teardown")
ROLES = ("preflight", "target_tenant", "source_tenant", "verify", "address_book", "person")


def silent(emulator: Emulator, run: Run, *words: str) -> str:
    """The sentence of a run that was refused without a request."""
    assert run.code == 2, run.output
    message = run.failure()
    for word in words:
        assert word in message
    assert "Traceback" not in run.output
    assert all(secret not in run.output for secret in SECRETS.values())
    assert emulator.control("GET", "requests")["requests"] == []
    return message


def play(playbooks: Playbooks, hosts: dict[str, Any], playbook: str, *arguments: str) -> Run:
    playbooks.emulator.control("DELETE", "requests")
    return playbooks.play(REPOSITORY / "playbooks" / f"{playbook}.yml", hosts, *arguments)


def roles(playbooks: Playbooks, hosts: dict[str, Any], *names: str) -> Run:
    """A play of one's own with roles of ours."""
    playbooks.emulator.control("DELETE", "requests")
    playbooks.folder.mkdir(parents=True, exist_ok=True)
    path = playbooks.folder / "roles.yml"
    own = [{"role": PREFIX + name} for name in names]
    path.write_text(yaml.safe_dump([{"name": "Run roles", "hosts": "links", "connection": "local", "gather_facts": False, "roles": own}]))
    return playbooks.play(path, hosts)


def links(emulator: Emulator, **hosts: Mapping[str, Any]) -> dict[str, Any]:
    """The inventory of the quick start with these links, each like its own but for what is given."""
    whole = inventory(emulator)
    (link,) = whole["all"]["children"]["links"]["hosts"].values()
    whole["all"]["children"]["links"]["hosts"] = {name: {**link, **about} for name, about in hosts.items()}
    return whole


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check"])
def test_a_wrong_argument_of_the_last_step_ends_it_before_the_first_request(
    playbooks: Playbooks, emulator: Emulator, arguments: tuple[str, ...]
) -> None:
    before = emulator.state()["tenants"]
    wrong: dict[str, Any] = {
        "link_job_state": "paused",
        "link_job_wait": "steady",
        "link_display_name_suffix": " (C)",
        "link_scope_exact": "maybe",
    }
    run = play(playbooks, inventory(emulator, **wrong), "sync", *arguments)
    silent(emulator, run, "Link contoso_to_fabrikam: link_scope_exact must be true or false")
    run = play(playbooks, inventory(emulator, **{**wrong, "link_scope_exact": False}), "sync", *arguments)
    said = silent(emulator, run, "link_job_state, link_job_wait: ", "link_mappings[1], link_display_name_suffix: ")
    assert said.endswith("Nothing was changed.")
    assert emulator.state()["tenants"] == before


def test_a_misspelt_variable_ends_every_playbook_and_every_role(playbooks: Playbooks, emulator: Emulator) -> None:
    hosts = inventory(emulator, link_filter=[], link_job_stat="paused")
    for playbook in PLAYBOOKS:
        silent(
            emulator,
            play(playbooks, hosts, playbook, "-e", "link_teardown=contoso_to_fabrikam"),
            "link_filter (did you mean link_filters?)",
            "link_job_stat (did you mean link_job_state?)",
        )
    for role in ROLES:
        silent(emulator, roles(playbooks, hosts, role), "link_filter (did you mean link_filters?)")


def test_a_misspelt_extra_variable_is_refused_too(playbooks: Playbooks, emulator: Emulator) -> None:
    silent(
        emulator,
        play(playbooks, inventory(emulator), "sync", "-e", "link_scope_user=x"),
        "link_scope_user (did you mean link_scope_users?)",
    )


def test_tenants_are_named_as_they_are(playbooks: Playbooks, emulator: Emulator) -> None:
    silent(
        emulator,
        play(playbooks, inventory(emulator, link_source="contosso"), "sync"),
        "tenants has no entry contosso (link_source of link contoso_to_fabrikam); the entries are: contoso, fabrikam",
    )
    hosts = inventory(emulator)
    hosts["all"]["vars"]["tenants"]["contoso"]["client_secrt"] = SECRETS["CONTOSO_CLIENT_SECRET"]
    silent(
        emulator, play(playbooks, hosts, "sync"), "tenants.contoso.client_secrt is not a connection option (did you mean client_secret?)"
    )
    del hosts["all"]["vars"]["tenants"]
    silent(emulator, play(playbooks, hosts, "sync"), "there is no variable tenants")


def test_two_links_that_undo_each_other_are_refused_also_alone(playbooks: Playbooks, emulator: Emulator) -> None:
    hosts = links(emulator, a={}, b={"link_configuration": "FABRIKAM"}, c={"link_configuration": "Guests", "link_user_type": "guest"})
    run = play(playbooks, hosts, "sync", "--limit", "a,b")
    silent(emulator, run, "the links a, b name the same configuration")
    assert sorted(task.host for task in run.tasks if task.status == "failed") == ["a", "b"]
    silent(emulator, play(playbooks, hosts, "sync", "--limit", "b"), "Link b: the links a, b name the same configuration 'FABRIKAM'")
    # The third only has to know of the others.
    run = play(playbooks, hosts, "sync", "--limit", "c", "--check")
    (judged,) = [task.result for task in run.tasks if task.action == f"{PREFIX}link_arguments"]
    assert sorted(judged["others"]) == ["FABRIKAM", "Fabrikam"]


def test_a_template_in_another_host_is_seen_through(playbooks: Playbooks, emulator: Emulator) -> None:
    hosts = links(
        emulator, a={"name_of_it": "Fabrikam", "link_configuration": "{{ name_of_it }}"}, b={}, c={"link_source": "{{ nowhere }}"}
    )
    silent(emulator, play(playbooks, hosts, "sync", "--limit", "b"), "the links a, b name the same configuration")
    silent(
        emulator,
        play(playbooks, hosts, "sync", "--limit", "c"),
        "link_source is a template that cannot be evaluated: 'nowhere' is undefined",
    )


def test_without_the_comparison_the_arguments_are_judged_all_the_same(playbooks: Playbooks, emulator: Emulator) -> None:
    hosts = inventory(emulator, link_compare=False, link_preflight=False, link_deletion_threshold=-1)
    silent(emulator, play(playbooks, hosts, "sync"), "link_deletion_threshold must be 0 (no guard)")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"link_scope_users": ["nobody@contoso.kr"]}, "there is no user 'nobody@contoso.kr'"),
        ({"link_scope_groups": ["No such group"]}, "there is no group 'No such group'"),
    ],
)
def test_what_only_the_tenants_know_stops_a_new_link_before_the_first_write(
    playbooks: Playbooks, emulator: Emulator, link: dict[str, Any], words: str
) -> None:
    before = emulator.state()["tenants"]
    run = playbooks.sync(link_preflight=False, **link)
    assert run.code == 2, run.output
    assert words in run.failure()
    assert [task.action.rpartition(".")[2] for task in run.ours()] == ["links_info"]
    assert emulator.state()["tenants"] == before


def test_what_only_a_schema_knows_stops_a_link_that_differs_elsewhere_before_the_first_write(
    playbooks: Playbooks, emulator: Emulator
) -> None:
    """The first difference does not end the comparison: what a later part refuses is known before an earlier one is written."""
    assert playbooks.sync().code == 0
    before = emulator.state()["tenants"]
    run = playbooks.sync(link_deletion_threshold=7, link_mappings=[{"target": "displayNam", "source": "displayName"}])
    assert run.code == 2, run.output
    assert "did you mean displayName" in run.failure()
    assert [task.action.rpartition(".")[2] for task in run.ours()] == ["links_info"]
    assert emulator.state()["tenants"] == before


SURVEY = {
    "link_state": "",
    "link_compare": "true",
    "link_preflight": "",
    "link_preflight_strict": "false",
    "link_preflight_switches": "",
    "link_preflight_purpose": "",
    "link_scope_mode": "assigned",
    "link_scope_users": "minsu.kim@contoso.kr, yuna.han@contoso.kr",
    "link_scope_groups": "Sales\n",
    "link_scope_exact": "true",
    "link_scope_max_removals": "",
    "link_scope_max_removal_percent": "50",
    "link_user_type": "member",
    "link_show_in_address_list": "true",
    "link_convert_existing": "",
    "link_display_name_suffix": "",
    "link_company_name": "Contoso",
    "link_mappings": json.dumps([{"target": "employeeId", "state": "absent"}]),
    "link_filters": "",
    "link_target_actions": "create, update, delete",
    "link_notification_email": "",
    "link_deletion_threshold": "25",
    "link_job_state": "",
    "link_job_wait": "",
    "link_job_wait_timeout": "600",
    "link_users": "keep",
    "link_deprovision_timeout": "",
    "link_verify_users": "",
    "link_verify_max_unlisted": "5",
    "link_address_book": "off",
    "link_address_book_max_changes": "50",
    "link_address_book_commands_path": "",
    "link_global_address_list": "",
    "link_person": "minsu.kim@contoso.kr",
    "link_source_domains": "contoso.kr",
    "link_teardown": "contoso_to_fabrikam",
}
"""What a survey of AWX gives: texts only."""


def test_a_survey_builds_a_link_and_finds_it_in_sync(playbooks: Playbooks, emulator: Emulator) -> None:
    texts = ("-e", json.dumps(SURVEY))
    hosts = inventory(emulator)
    for arguments in (("--check",), (), ("--check",)):
        run = play(playbooks, hosts, "sync", *arguments, *texts)
        assert run.code == 0, run.output
    assert run.looked()["in_sync"] is True
    assert assigned(emulator) == 3
    emulator.advance()
    arrived = json.dumps({**SURVEY, "link_verify_users": "minsu.kim@contoso.kr\nyuna.han@contoso.kr"})
    for playbook in PLAYBOOKS:
        assert play(playbooks, hosts, playbook, "-e", arrived).code == 0, playbook
    # An empty link_state does not keep teardown from taking the link down.
    assert assigned(emulator) == 0


def test_roles_take_the_texts_of_a_survey(playbooks: Playbooks, emulator: Emulator) -> None:
    hosts = inventory(emulator, **SURVEY)
    run = roles(playbooks, hosts, *ROLES)
    assert run.code == 0, run.output
    assert assigned(emulator) == 3


def assigned(emulator: Emulator) -> int:
    """How many assignments there are to configurations that are there."""
    tenant = emulator.tenant(CONTOSO)
    return sum(len(some) for principal, some in tenant["assignments"].items() if principal in tenant["service_principals"])


def test_a_play_that_says_nothing_of_its_connection_needs_none(playbooks: Playbooks, emulator: Emulator) -> None:
    """The playbooks say it themselves."""
    assert "ansible_connection" not in json.dumps(inventory(emulator))
    assert playbooks.sync().code == 0

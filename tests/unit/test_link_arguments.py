# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every argument of a link is judged before the first request, and a refusal names the variable it comes from."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from hypothesis import given as anything
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import (
    CONNECTION_NAMES,
    OWN,
    TEARDOWN,
    VARIABLES,
    value_of,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import LinkHost, rivals_by_host, validate_link
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import plain
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET

ROLES = Path(__file__).resolve().parents[2] / "roles"
SECRET = "a-secret-that-nobody-may-see"
TENANTS: dict[str, Any] = {
    "contoso": {"tenant_id": SOURCE, "client_id": "c", "client_secret": SECRET},
    "fabrikam": {"tenant_id": TARGET, "client_id": "f", "client_secret": SECRET},
}
LINK: dict[str, Any] = {
    "link_source": "contoso",
    "link_target": "fabrikam",
    "link_configuration": "Fabrikam",
    "tenants": TENANTS,
}
WITH_EXCHANGE: dict[str, Any] = {**TENANTS, "fabrikam": {**TENANTS["fabrikam"], "exchange": "yes"}}
SHARE_OF_SOURCE: dict[str, Any] = {"link_share": {"source": {"free_busy": "basic", "scope": "all"}}}
FILTER = {"name": "Sales", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Sales"]}]}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for about in CONNECTION.values():
        if "fallback" in about:
            monkeypatch.delenv(about["fallback"][1][0], raising=False)


def as_it_is(raw: Any) -> Any:
    return raw


def judged(template: Callable[[Any], Any] = as_it_is, role: str | None = None, here: bool = True, **variables: Any) -> dict[str, Any]:
    """What the action answers for a link with these variables."""
    return validate_link(LinkHost("a_to_b", {**LINK, **variables}, template, role, here), dict)


def refused(*, role: str | None = None, template: Callable[[Any], Any] = as_it_is, **variables: Any) -> str:
    """The sentence that refuses these variables."""
    answer = judged(template, role, **variables)
    assert answer["failed"] is True, answer
    message: str = answer["msg"]
    assert message.startswith("Link a_to_b: ")
    assert message.endswith(". Nothing was changed.")
    assert SECRET not in json.dumps(answer)
    return message


class TestTheTable:
    """It is what the roles take and what the modules take, no more and no less."""

    @staticmethod
    def roles() -> dict[str, set[str]]:
        specs = {path: yaml.safe_load((path / "meta" / "argument_specs.yml").read_text(encoding="utf-8")) for path in ROLES.iterdir()}
        return {path.name: {name for entry in spec["argument_specs"].values() for name in entry["options"]} for path, spec in specs.items()}

    def test_it_is_the_union_of_all_roles(self) -> None:
        assert set().union(*self.roles().values()) == set(VARIABLES)

    def test_the_tasks_of_roles_and_playbooks_use_nothing_else(self) -> None:
        root = ROLES.parent
        texts = [path.read_text(encoding="utf-8") for place in (ROLES, root / "playbooks") for path in place.rglob("*.yml")]
        modules = {path.stem for path in (root / "plugins" / "modules").glob("link_*.py")}
        used = {word for text in texts for word in _words(text) if word.startswith("link_")} - modules
        assert used - set(VARIABLES) - {OWN, TEARDOWN} == set()

    @pytest.mark.parametrize("name", VARIABLES)
    def test_each_holds_what_the_option_takes(self, name: str) -> None:
        for module, option in VARIABLES[name].options.items():
            spec = importlib.import_module(f"ansible_collections.entra.cross_tenant_sync.plugins.modules.{module}").OPTIONS.spec[option]
            for key in ("type", "elements", "options"):
                assert VARIABLES[name].about.get(key) == spec.get(key), (module, option, key)
            # A role may offer fewer choices than the module: nobody declares a job restarted.
            assert set(VARIABLES[name].about.get("choices", ())) <= set(spec.get("choices", ()))

    def test_every_option_of_the_comparison_is_a_variable(self) -> None:
        info = importlib.import_module("ansible_collections.entra.cross_tenant_sync.plugins.modules.link_info")
        named = {one.options["link_info"] for one in VARIABLES.values() if "link_info" in one.options}
        how = {"compare", "stop_at_difference", "share_reads", "fail_on_problems", "state", "source_name", "target_name"}
        assert named | how | {"target"} == set(info.OPTIONS.spec)


def _words(text: str) -> Iterator[str]:
    return iter("".join(one if one.isalnum() or one == "_" else " " for one in text).split())


# Variables, and what the sentence names.
WRONG: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"link_source": ""}, ("link_source is missing",)),
    ({"link_target": None}, ("link_target is missing",)),
    ({"link_configuration": "  "}, ("link_configuration is missing",)),
    ({"link_configuration": ["Fabrikam"]}, ("link_configuration must be a text",)),
    ({"link_target": "contoso"}, ("link_source and link_target are the same tenant",)),
    ({"link_state": "presnt"}, ("link_state must be one of present, absent (did you mean present?); it is 'presnt'",)),
    (
        {"link_strangers": "fail", "link_compare": "no"},
        ("link_strangers is fail, but link_compare is false", "set link_compare to true, or link_strangers to report"),
    ),
    ({"link_strangers": "fial"}, ("link_strangers must be one of report, fail (did you mean fail?)",)),
    ({"link_compare": "perhaps"}, ("link_compare must be true or false; it is 'perhaps'",)),
    ({"link_preflight": "2"}, ("link_preflight must be true or false",)),
    ({"link_preflight_strict": []}, ("link_preflight_strict must be true or false",)),
    ({"link_preflight_switches": "ignore"}, ("link_preflight_switches must be one of report, require",)),
    ({"link_preflight_purpose": "check"}, ("link_preflight_purpose must be one of apply, plan",)),
    ({"link_scope_mode": "everybody"}, ("link_scope_mode must be one of assigned, all",)),
    ({"link_scope_users": {"a": 1}}, ("link_scope_users must be a list",)),
    ({"link_scope_users": ["a@contoso.kr", "b\x00"]}, ("link_scope_users[1] must be one line of text",)),
    ({"link_scope_users": ["a@contoso.kr", {"name": "b"}]}, ("link_scope_users[1] must be a text",)),
    ({"link_scope_groups": ["x" * 300]}, ("link_scope_groups[0] must not be longer than 256 characters",)),
    ({"link_scope_exact": "maybe"}, ("link_scope_exact must be true or false",)),
    ({"link_scope_exact": True}, ("link_scope_exact: exact requires users or groups",)),
    ({"link_scope_max_removals": -1}, ("link_scope_max_removals must be a whole number from 0 to 2147483647; it is -1",)),
    ({"link_scope_max_removals": "many"}, ("link_scope_max_removals must be a whole number; it is 'many'",)),
    ({"link_scope_max_removal_percent": 101}, ("link_scope_max_removal_percent must be a whole number from 0 to 100",)),
    ({"link_scope_max_removal_percent": "10%"}, ("link_scope_max_removal_percent must be a whole number",)),
    ({"link_user_type": "Member"}, ("link_user_type must be one of member, guest (did you mean member?); it is 'Member'",)),
    ({"link_show_in_address_list": 3}, ("link_show_in_address_list must be true or false",)),
    ({"link_convert_existing": True}, ("link_convert_existing", "link_user_type")),
    ({"link_display_name_suffix": [" (C)"]}, ("link_display_name_suffix must be a text",)),
    (
        {
            "link_display_name_suffix": " (C)",
            "link_mappings": [{"target": "mail", "source": "mail"}, {"target": "displayName", "source": "mail"}],
        },
        ("link_mappings[1], link_display_name_suffix: displayName is mapped more than once",),
    ),
    (
        {"link_company_name": "Contoso", "link_mappings": [{"target": "companyName", "state": "absent"}]},
        ("link_mappings[0], link_company_name: companyName is mapped more than once",),
    ),
    (
        {"link_user_type": "guest", "link_mappings": [{"target": "userType", "constant": "Member"}]},
        ("link_mappings[0], link_user_type: userType is mapped more than once",),
    ),
    ({"link_mappings": {"target": "mail", "source": "mail"}}, ("link_mappings must be a list",)),
    ({"link_mappings": "mail"}, ("link_mappings must be a list, or its JSON text",)),
    ({"link_mappings": [{"source": "mail"}]}, ("link_mappings[0].target is required; it is missing",)),
    ({"link_mappings": [{"target": "mail", "sorce": "mail"}]}, ("link_mappings[0].sorce is not a valid option (did you mean source?)",)),
    ({"link_mappings": [{"target": "mail", "source": "mail", "apply": "once"}]}, ("link_mappings[0].apply must be one of",)),
    (
        {"link_mappings": [{"target": "alternativeSecurityIds", "state": "absent"}]},
        ("link_mappings[0]: ", "alternativeSecurityIds must stay"),
    ),
    ({"link_mappings": [{"target": "mail"}]}, ("link_mappings[0]: the mapping of mail needs exactly one of",)),
    ({"link_mappings": [{"target": "mail", "source": "mail", "constant": "x"}]}, ("link_mappings[0]: ", "exactly one of")),
    ({"link_mappings": [{"target": "mail", "source": "mail", "state": "absent"}]}, ("link_mappings[0]: ", "to be absent")),
    ({"link_mappings": [{"target": "displayName", "expression": "Append([displayName], "}]}, ("link_mappings[0]: ", "is not valid")),
    ({"link_filters": FILTER}, ("link_filters must be a list",)),
    ({"link_filters": [{"name": "Sales"}]}, ("link_filters[0].clauses is required; it is missing",)),
    ({"link_filters": [{"clauses": FILTER["clauses"]}]}, ("link_filters[0].name is required; it is missing",)),
    ({"link_filters": [{"name": "Sales", "clauses": []}]}, ("link_filters[0]: ", "has no clauses")),
    (
        {"link_filters": [{"name": "Sales", "clauses": [{"attribute": "department"}]}]},
        ("link_filters[0].clauses[0].operator is required; it is missing",),
    ),
    (
        {"link_filters": [FILTER, {"name": "B", "clauses": [{"attribute": "department", "operator": "EQUAL", "values": ["B"]}]}]},
        ("link_filters[1]: ", "there is no operator 'EQUAL'"),
    ),
    (
        {"link_filters": [{"name": "B", "clauses": [{"attribute": "department", "operator": "IS NULL", "values": ["B"]}]}]},
        ("link_filters[0]: ", "takes no values"),
    ),
    (
        {"link_filters": [{"name": "B", "clauses": [{"attribute": "department", "operator": "EQUALS"}]}]},
        ("link_filters[0]: ", "needs values"),
    ),
    (
        {"link_filters": [{"name": "B", "clauses": [{"attribute": "userType", "operator": "IS NULL"}]}]},
        ("link_filters[0]: ", "cannot filter"),
    ),
    ({"link_target_actions": ["remove"]}, ("link_target_actions[0] must be one of create, update, delete",)),
    ({"link_target_actions": "create; update"}, ("link_target_actions[0] must be one of",)),
    ({"link_notification_email": "it at contoso.kr"}, ("link_notification_email must be one e-mail address, or off",)),
    ({"link_source_domains": "contoso"}, ("link_source_domains[0] must be a domain",)),
    ({"link_deprovision_timeout": -1}, ("link_deprovision_timeout must be a whole number from 0 to",)),
    ({"link_notification_email": {"to": "it"}}, ("link_notification_email must be a text",)),
    ({"link_deletion_threshold": -1}, ("link_deletion_threshold must be 0 (no guard) or a number of deletions",)),
    ({"link_deletion_threshold": True}, ("link_deletion_threshold must be a whole number",)),
    ({"link_deletion_threshold": 1.5}, ("link_deletion_threshold must be a whole number",)),
    ({"link_job_state": "stopped"}, ("link_job_state must be one of started, paused",)),
    ({"link_job_wait": "done"}, ("link_job_wait must be one of first_cycle, steady, idle",)),
    ({"link_job_state": "paused", "link_job_wait": "steady"}, ("link_job_state, link_job_wait: a paused job begins no cycle",)),
    ({"link_job_wait_timeout": -5}, ("link_job_wait_timeout must be a whole number from 0 to",)),
    ({"link_job_wait_timeout": 10**12}, ("link_job_wait_timeout must be a whole number from 0 to",)),
    ({"link_deprovision_timeout": "2h"}, ("link_deprovision_timeout must be a whole number",)),
    ({"link_users": "delete"}, ("link_users must be one of keep, deprovision",)),
    ({"link_address_book": "fix"}, ("link_address_book must be one of report, mend, off; it is 'fix'",)),
    ({"link_address_book": True}, ("link_address_book must be a text; it is true, as YAML reads words like on",)),
    ({"link_verify_max_unlisted": "none"}, ("link_verify_max_unlisted must be a whole number; it is 'none'",)),
    ({"link_address_book_max_changes": "all"}, ("link_address_book_max_changes must be a whole number; it is 'all'",)),
    ({"link_global_address_list": ["GAL"]}, ("link_global_address_list must be a text",)),
    ({"link_address_book_commands_path": {}}, ("link_address_book_commands_path must be a text",)),
    ({"link_max_unlisted": 0}, ("there is no variable link_max_unlisted (did you mean link_verify_max_unlisted?)",)),
    ({"link_addressbook": "off"}, ("there is no variable link_addressbook (did you mean link_address_book?)",)),
    ({"link_verify_users": 7.5j}, ("link_verify_users must be a list",)),
    ({"link_source_domains": [["contoso.kr"]]}, ("link_source_domains[0] must be a text",)),
    # Misspelt.
    ({"link_scope_user": ["a@contoso.kr"]}, ("there is no variable link_scope_user (did you mean link_scope_users?)",)),
    ({"link_usertype": "member"}, ("there is no variable link_usertype (did you mean link_user_type?)",)),
    ({"link_filter": [FILTER]}, ("there is no variable link_filter (did you mean link_filters?)",)),
    ({"link_job_stat": "paused"}, ("there is no variable link_job_stat (did you mean link_job_state?)",)),
    ({"LINK_STATE": "absent"}, ("there is no variable LINK_STATE (did you mean link_state?)",)),
    ({"link-state": "absent"}, ("there is no variable link-state (did you mean link_state?)",)),
    ({"link_zzzzz": 1}, ("there is no variable link_zzzzz; list it in link_own_variables",)),
    ({"link_own_variable": ["link_zzzzz"]}, ("there is no variable link_own_variable",)),
    # The tenants.
    (
        {"link_source": "contosso"},
        ("tenants has no entry contosso (link_source of link a_to_b); the entries are: contoso, fabrikam (did you mean contoso?)",),
    ),
    ({"tenants": None}, ("there is no variable tenants",)),
    ({"tenants": ["contoso"]}, ("the variable tenants is not a dictionary",)),
    ({"tenants": {}}, ("tenants has no entry contoso", "there are no entries")),
    ({"tenants": {**TENANTS, "fabrikam": TARGET}}, ("tenants.fabrikam (link_target) must be a dictionary",)),
]


@pytest.mark.parametrize(("variables", "words"), WRONG, ids=[json.dumps(one, default=str)[:60] for one, _words in WRONG])
def test_what_is_wrong_is_refused_by_name(variables: dict[str, Any], words: tuple[str, ...]) -> None:
    message = refused(**variables)
    for word in words:
        assert word in message


def test_all_faults_are_reported_at_once() -> None:
    message = refused(link_scope_user=["a"], link_deletion_threshold=-1, link_job_wait="done")
    for name in ("link_scope_user", "link_deletion_threshold", "link_job_wait"):
        assert name in message


def test_two_contradictions_are_told_apart() -> None:
    twice = [{"target": "displayName", "source": "mail"}]
    message = refused(link_mappings=twice, link_display_name_suffix=" (C)", link_job_state="paused", link_job_wait="steady")
    assert "link_mappings[0], link_display_name_suffix: " in message
    assert "link_job_state, link_job_wait: " in message


class TestTenants:
    @pytest.mark.parametrize("tenant", ["contoso", "fabrikam"])
    @pytest.mark.parametrize(
        ("members", "words"),
        [
            ({"client_secrt": SECRET}, "client_secrt is not a connection option (did you mean client_secret?)"),
            ({"tenantid": SECRET}, "tenantid is not a connection option (did you mean tenant_id?)"),
            ({"Client_Id": SECRET}, "Client_Id is not a connection option (did you mean client_id?)"),
            ({"owner": SECRET}, "owner is not a connection option; put your own notes into tenants."),
            ({"tenant_id": ""}, "tenant_id is missing"),
            ({"tenant_id": None, "tenant": SOURCE}, "tenant_id is missing; the roles read it by this name"),
            ({"tenant_id": [SOURCE]}, "tenant_id must be a text"),
            ({"cloud": "azure"}, "cloud must be one of global, usgov, usgov_dod, china"),
            ({"auth_method": SECRET}, "auth_method must be one of auto"),
            ({"timeout": SECRET}, "timeout must be a whole number"),
            ({"validate_certs": SECRET}, "validate_certs must be true or false"),
            ({"client_secret": ""}, "no credential is given"),
            ({"client_id": ""}, "client_id is missing"),
            ({"graph_endpoint": "http://graph.example"}, "graph_endpoint must begin with https://"),
            ({"auth_method": "certificate"}, "neither certificate nor certificate_path is given"),
        ],
    )
    def test_an_entry_is_judged_and_no_value_is_shown(self, tenant: str, members: dict[str, Any], words: str) -> None:
        entry = {name: value for name, value in {**TENANTS[tenant], **members}.items() if value is not None}
        message = refused(tenants={**TENANTS, tenant: entry})
        assert words in message
        assert f"tenants.{tenant}" in message

    def test_a_note_may_be_anything(self) -> None:
        entry = {**TENANTS["contoso"], "notes": {"owner": "Minsu", "client_secrt": "no option"}}
        assert "failed" not in judged(tenants={**TENANTS, "contoso": entry})

    def test_members_of_ones_own_can_be_listed(self) -> None:
        entry = {**TENANTS["contoso"], "tenant_name": "Contoso", "owner": "Minsu"}
        assert "failed" not in judged(tenants={**TENANTS, "contoso": entry}, tenants_own_keys=["tenant_name", "owner"])
        assert "failed" not in judged(tenants={**TENANTS, "contoso": entry}, tenants_own_keys="tenant_name, owner")

    @pytest.mark.parametrize("name", sorted(CONNECTION_NAMES - {"proxy", "cloud", "secret", "tenant"}))
    def test_what_nearly_is_an_option_cannot_be_listed(self, name: str) -> None:
        typo = name[:-2] + name[-1]
        entry = {**TENANTS["contoso"], typo: SECRET}
        assert f"tenants.contoso.{typo}" in refused(tenants={**TENANTS, "contoso": entry}, tenants_own_keys=[typo])

    def test_tenants_across_clouds_are_refused(self) -> None:
        message = refused(tenants={**TENANTS, "fabrikam": {**TENANTS["fabrikam"], "cloud": "usgov"}})
        assert "link_source, link_target: a link from the global cloud to the US Government cloud L4 crosses clouds" in message

    def test_files_are_not_looked_for_where_the_modules_do_not_run(self) -> None:
        entry = {**TENANTS["contoso"], "client_secret": "", "certificate_path": "/nowhere/there.pem"}
        variables: dict[str, Any] = {"tenants": {**TENANTS, "contoso": entry}}
        assert "failed" not in judged(here=False, **variables)
        assert "failed" in judged(**variables)

    def test_a_credential_may_come_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AZURE_CLIENT_ID", "c")
        monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
        assert "failed" not in judged(tenants={"contoso": {"tenant_id": SOURCE}, "fabrikam": {"tenant_id": TARGET}})


class TestTemplates:
    @staticmethod
    def undefined(raw: Any) -> Any:
        if isinstance(raw, str) and "{{" in raw:
            raise AnsibleError(f"'vault_secret' is undefined in {raw} {SECRET}")
        return raw

    def test_a_vault_of_an_older_ansible_is_a_text(self) -> None:
        """Before 2.19, it is no text and no template, and becomes a text when it is decrypted."""

        class AnsibleVaultEncryptedUnicode:
            def __init__(self, text: str | None) -> None:
                self.text = text

            def __str__(self) -> str:
                if self.text is None:
                    raise AnsibleError("no vault secrets found")
                return self.text

        def tenants(text: str | None) -> dict[str, Any]:
            return {**TENANTS, "fabrikam": {**TENANTS["fabrikam"], "client_secret": AnsibleVaultEncryptedUnicode(text)}}

        assert not judged(tenants=tenants(SECRET), link_company_name=AnsibleVaultEncryptedUnicode("Contoso")).get("failed")
        assert "tenants.fabrikam.client_secret is a template that cannot be evaluated" in refused(tenants=tenants(None))
        assert plain({"client_secret": AnsibleVaultEncryptedUnicode(SECRET)}) == {"client_secret": SECRET}

    def test_a_template_that_fails_is_named_and_not_shown(self) -> None:
        message = refused(template=self.undefined, link_company_name=f"{{{{ vault_secret }}}}{SECRET}")
        assert "link_company_name is a template that cannot be evaluated: 'vault_secret' is undefined" in message

    def test_so_is_one_of_a_tenant(self) -> None:
        entry = {**TENANTS["fabrikam"], "client_secret": "{{ vault_secret }}"}
        message = refused(template=self.undefined, tenants={**TENANTS, "fabrikam": entry})
        assert "tenants.fabrikam.client_secret is a template that cannot be evaluated: 'vault_secret' is undefined" in message

    def test_one_that_is_not_used_is_not_looked_at(self) -> None:
        entry = {**TENANTS["fabrikam"], "notes": "{{ vault_secret }}"}
        more: dict[str, Any] = {
            "tenants": {**TENANTS, "fabrikam": entry, "third": {"client_secret": "{{ vault_secret }}"}},
            "another": "{{ vault_secret }}",
        }
        assert "failed" not in judged(self.undefined, **more)


class TestRoles:
    """Each of two admins runs the role of his own tenant; the other's entry then holds nothing but tenant_id."""

    @pytest.mark.parametrize(("role", "other"), [("source_tenant", "fabrikam"), ("target_tenant", "contoso")])
    def test_only_ones_own_tenant_signs_in(self, role: str, other: str) -> None:
        bare: dict[str, Any] = {"tenants": {**TENANTS, other: {"tenant_id": TENANTS[other]["tenant_id"]}}}
        assert "failed" not in judged(role=role, **bare)
        assert "no credential is given" in refused(**bare)

    def test_the_target_needs_no_configuration(self) -> None:
        assert "failed" not in judged(role="target_tenant", link_configuration=None)

    def test_the_others_variables_are_not_judged_but_their_names_are(self) -> None:
        assert "failed" not in judged(role="target_tenant", link_job_state="paused", link_job_wait="steady")
        assert "link_job_stat" in refused(role="target_tenant", link_job_stat="paused")

    @pytest.mark.parametrize("role", [None, "source_tenant", "target_tenant", "verify", "preflight"])
    def test_every_role_refuses_misspelt_variables(self, role: str | None) -> None:
        assert "link_filters" in refused(role=role, link_filter=[FILTER])


class TestAnswer:
    def test_of_a_plain_link(self) -> None:
        assert judged() == {
            "changed": False,
            "state": "present",
            "compare": True,
            "preflight": True,
            "tasks": "present_after_preflight",
            "others": [],
            "judged": "judged_present_after_preflight",
            "building": "present",
            "deprovision": False,
            "sharing": [],
            "ansible_facts": {
                "cross_tenant_sync_others": [],
                "cross_tenant_sync_tasks": {"source": "present", "target": "present"},
                "cross_tenant_sync_link": {"configuration": "Fabrikam", "others": []},
                "cross_tenant_sync_impact": {"configuration": "Fabrikam"},
                "cross_tenant_sync_sizing": {"configuration": "Fabrikam"},
            },
        }

    def test_what_the_variables_say_of_the_link_is_handed_on_by_the_options_of_the_comparison(self) -> None:
        answer = judged(
            link_scope_users="a@contoso.kr, b@contoso.kr", link_scope_exact="yes", link_deletion_threshold="7", link_others=["G"]
        )
        assert answer["ansible_facts"]["cross_tenant_sync_link"] == {
            "configuration": "Fabrikam",
            "others": ["G"],
            "scope_users": ["a@contoso.kr", "b@contoso.kr"],
            "scope_exact": True,
            "deletion_threshold": 7,
        }

    @pytest.mark.parametrize(
        ("role", "variables", "tasks"),
        [
            (None, {}, "present_after_preflight"),
            (None, {"link_preflight": False}, "present"),
            (None, {"link_state": "absent"}, "absent"),
            (None, {"link_state": "absent", "link_users": "keep"}, "absent"),
            (None, {"link_state": "absent", "link_users": "deprovision"}, "deprovision"),
            ("source_tenant", {}, "present"),
            ("source_tenant", {"link_users": "deprovision"}, "present"),
            ("source_tenant", {"link_state": "absent", "link_users": "deprovision"}, "deprovision"),
            ("target_tenant", {"link_state": "absent", "link_users": "deprovision"}, "absent"),
            ("verify", {"link_state": "absent", "link_users": "deprovision"}, "absent"),
            ("verify", {}, "present"),
            # Only a role with something to share has tasks for it.
            (None, SHARE_OF_SOURCE, "present_after_preflight"),
            (None, {**SHARE_OF_SOURCE, "link_preflight": False}, "present_sharing"),
            (None, {**SHARE_OF_SOURCE, "link_state": "absent"}, "absent_sharing"),
            (None, {**SHARE_OF_SOURCE, "link_state": "absent", "link_users": "deprovision"}, "deprovision_sharing"),
            ("source_tenant", SHARE_OF_SOURCE, "present_sharing"),
            ("source_tenant", {**SHARE_OF_SOURCE, "link_state": "absent"}, "absent_sharing"),
            ("source_tenant", {**SHARE_OF_SOURCE, "link_state": "absent", "link_users": "deprovision"}, "deprovision"),
            ("target_tenant", SHARE_OF_SOURCE, "present"),
            ("target_tenant", {**SHARE_OF_SOURCE, "link_state": "absent"}, "absent"),
            ("target_tenant", {"link_share": '{"target": {"free_busy": "basic", "scope": "all"}}'}, "present_sharing"),
            ("verify", SHARE_OF_SOURCE, "present"),
            (None, {"link_share": {}, "link_preflight": False}, "present"),
        ],
    )
    def test_which_tasks_come_next(self, role: str | None, variables: dict[str, Any], tasks: str) -> None:
        answer = judged(role=role, **variables)
        assert answer["tasks"] == tasks
        folder = ROLES.parent / "playbooks" / "tasks" if role is None else ROLES / role / "tasks"
        mark = "" if role is None else "_"
        named = {tasks, answer["judged"], *([answer["building"]] if role is None else [])}
        assert [name for name in named if not (folder / f"{mark}{name}.yml").is_file()] == []
        for side, file in answer["ansible_facts"].get("cross_tenant_sync_tasks", {}).items():
            assert (ROLES / f"{side}_tenant" / "tasks" / f"_{file}.yml").is_file()

    @pytest.mark.parametrize(
        ("share", "words"),
        [
            ("everything", "link_share must be a dictionary, or its JSON text"),
            ({"trget": {}}, "link_share.trget is not a valid option (did you mean target?)"),
            ({"target": {"free_bussy": "basic"}}, "link_share.target.free_bussy is not a valid option (did you mean free_busy?)"),
            ({"target": {"free_busy": "full"}}, "link_share.target.free_busy must be one of none, basic, limited_details; it is 'full'"),
            ({"source": {"profile_card": "perhaps"}}, "link_share.source.profile_card must be true or false; it is 'perhaps'"),
            ({"target": {}}, "link_share.target: name at least one feature to set: free_busy"),
            ({"target": {"free_busy": "basic", "scope": "groups"}}, "link_share.target: scope groups needs groups"),
        ],
    )
    def test_what_is_wrong_about_sharing_is_refused_by_name(self, share: Any, words: str) -> None:
        assert words in refused(link_share=share)

    def test_a_removal_leaves_the_features_that_somebody_still_wants(self) -> None:
        share = {"source": {"free_busy": "basic"}, "target": {"free_busy": "basic", "mail_tips": "all"}}
        rivals: Any = {"share_keep": {"target": ["free_busy"]}}
        gone = {**LINK, "link_state": "absent", "link_share": share, "link_share_keep": {"target": ["mail_tips"]}}
        answer = validate_link(LinkHost("a_to_b", gone, as_it_is), lambda: rivals)
        assert answer["ansible_facts"]["cross_tenant_sync_link"]["share_keep"] == {"target": ["free_busy", "mail_tips"]}
        assert (answer["deprovision"], answer["sharing"]) == (False, ["source", "target"])
        built = validate_link(LinkHost("a_to_b", {**LINK, "link_share": share}, as_it_is), lambda: rivals)
        assert "failed" in built or "share_keep" not in built["ansible_facts"]["cross_tenant_sync_link"]

    @pytest.mark.parametrize(
        ("given", "tenants", "mode"),
        [
            (None, TENANTS, "off"),
            ("", TENANTS, "off"),
            ("off", TENANTS, "off"),
            ("report", TENANTS, "report"),
            (None, WITH_EXCHANGE, "report"),
            ("", WITH_EXCHANGE, "report"),
            ("report", WITH_EXCHANGE, "report"),
            ("mend", WITH_EXCHANGE, "mend"),
            ("off", WITH_EXCHANGE, "off"),
            # YAML reads the word as a boolean.
            (False, WITH_EXCHANGE, "off"),
            # That the source has Exchange says nothing about the target.
            (None, {**TENANTS, "contoso": {**TENANTS["contoso"], "exchange": True}}, "off"),
        ],
    )
    def test_what_is_done_about_the_address_book(self, given: Any, tenants: dict[str, Any], mode: str) -> None:
        """Nothing asks Exchange unless the entry of the target says so; verify never writes; sync asks nothing."""
        tasks = {role: judged(role=role, link_address_book=given, tenants=tenants)["tasks"] for role in ("address_book", "verify", None)}
        assert tasks == {
            "address_book": mode,
            "verify": "present" if mode == "off" else "address_book",
            None: "present_after_preflight",
        }
        assert (ROLES / "address_book" / "tasks" / f"_{mode}.yml").is_file()
        assert "address_book_visibility" not in (ROLES / "verify" / "tasks" / "_address_book.yml").read_text(encoding="utf-8")

    def test_nothing_is_done_about_the_address_book_of_a_link_that_must_not_exist(self) -> None:
        for tenants in (TENANTS, WITH_EXCHANGE):
            answer = judged(role="address_book", link_address_book="mend", link_state="absent", tenants=tenants)
            assert answer["tasks"] == "absent"
        assert (ROLES / "address_book" / "tasks" / "_absent.yml").is_file()

    @pytest.mark.parametrize("role", [None, "address_book", "verify", "preflight", "target_tenant"])
    @pytest.mark.parametrize(
        ("variables", "beginning"),
        [
            ({"link_address_book": "mend"}, "link_address_book is mend, but "),
            ({"link_verify_max_unlisted": 0}, "link_verify_max_unlisted is set, but "),
            ({"link_verify_max_unlisted": 0, "link_address_book": "report"}, "link_verify_max_unlisted is set, but "),
        ],
    )
    def test_what_has_no_effect_without_exchange_is_refused(self, role: str | None, variables: dict[str, Any], beginning: str) -> None:
        rule = "Exchange is asked only for a tenant with exchange: true; set it in tenants.fabrikam, or "
        assert f"{beginning}{rule}" in refused(role=role, **variables)
        assert "failed" not in judged(role=role, tenants=WITH_EXCHANGE, **variables)
        assert "failed" not in judged(role=role, **{**variables, "link_address_book": "off"})

    @pytest.mark.parametrize(
        ("source", "domains", "options"),
        [
            (SOURCE, None, {"source_tenant_id": SOURCE}),
            (SOURCE, "contoso.kr", {"source_tenant_id": SOURCE, "source_domains": ["contoso.kr"]}),
            ("contoso.kr", ["contoso.kr", "b.kr"], {"source_domains": ["contoso.kr", "b.kr"]}),
            ("contoso.kr", None, None),
        ],
    )
    def test_whom_to_mend(self, source: str, domains: Any, options: dict[str, Any] | None) -> None:
        """Users are recognized by the id of their tenant, or by their domains."""
        tenants = {**WITH_EXCHANGE, "contoso": {**TENANTS["contoso"], "tenant_id": source}}
        wanted: dict[str, Any] = {"tenants": tenants, "link_address_book": "mend", "link_source_domains": domains}
        if options is None:
            said = refused(role="address_book", **wanted)
            assert "link_address_book is mend, but tenants.contoso.tenant_id is a domain; set it to the tenant's id" in said
            assert "failed" not in judged(role="address_book", **{**wanted, "link_address_book": "report"})
            return
        more: dict[str, Any] = {
            "link_address_book_max_changes": "7",
            "link_address_book_commands_path": "a.ps1",
            "link_global_address_list": "GAL",
        }
        facts = judged(role="address_book", **wanted, **more)["ansible_facts"]
        assert facts["cross_tenant_sync_mend"] == {**options, "max_changes": 7, "commands_path": "a.ps1", "global_address_list": "GAL"}
        for role in ("verify", "preflight", None):
            assert "cross_tenant_sync_mend" not in judged(role=role, **wanted)["ansible_facts"]

    def test_the_admin_of_the_source_does_not_answer_for_it(self) -> None:
        bare: dict[str, Any] = {"tenants": {**TENANTS, "fabrikam": {"tenant_id": TARGET}}}
        assert "failed" not in judged(role="source_tenant", link_address_book="mend", link_verify_max_unlisted=0, **bare)

    @pytest.mark.parametrize(
        ("role", "tenants", "mode", "by_entra", "by_exchange"),
        [
            # Where Exchange is asked, it alone decides.
            ("verify", WITH_EXCHANGE, None, False, {"must_be_listed", "max_unlisted"}),
            ("verify", WITH_EXCHANGE, "mend", False, {"must_be_listed", "max_unlisted"}),
            ("verify", WITH_EXCHANGE, "off", True, None),
            ("verify", TENANTS, None, True, None),
            # What Entra and the log show is reported without it, but proves nothing about the address book.
            ("verify", TENANTS, "report", True, set()),
            # Only verify fails.
            ("address_book", WITH_EXCHANGE, None, True, set()),
            ("address_book", WITH_EXCHANGE, "mend", True, set()),
            (None, WITH_EXCHANGE, None, True, None),
            ("preflight", WITH_EXCHANGE, None, True, None),
        ],
    )
    def test_who_decides_whether_a_user_is_listed(
        self, role: str | None, tenants: dict[str, Any], mode: str | None, by_entra: bool, by_exchange: set[str] | None
    ) -> None:
        limit = {"link_verify_max_unlisted": "3"} if tenants is WITH_EXCHANGE else {}
        variables: dict[str, Any] = {
            "link_verify_users": "minsu.kim@contoso.kr",
            "link_global_address_list": "GAL",
            "link_address_book": mode,
            **limit,
        }
        facts = judged(role=role, tenants=tenants, **variables)["ansible_facts"]
        assert ("verify_users" in facts["cross_tenant_sync_link"]) is by_entra
        book = facts.get("cross_tenant_sync_address_book")
        assert (None if book is None else set(book) - {"configuration", "global_address_list"}) == by_exchange
        assert book is None or (book["configuration"], book["global_address_list"]) == ("Fabrikam", "GAL")

    @pytest.mark.parametrize("no", [False, "false", "no", "0", " False "])
    def test_a_text_switches_off(self, no: Any) -> None:
        answer = judged(link_compare=no, link_preflight=no)
        assert (answer["compare"], answer["preflight"]) == (False, False)

    def test_what_is_taken_down_is_neither_compared_nor_prepared(self) -> None:
        answer = judged(link_state="absent", link_compare=True, link_preflight=True)
        assert (answer["state"], answer["compare"], answer["preflight"]) == ("absent", False, False)

    def test_a_contradiction_does_not_keep_a_link_from_being_taken_down(self) -> None:
        assert "failed" not in judged(link_state="absent", link_job_state="paused", link_job_wait="steady")

    def test_variables_of_ones_own_can_be_listed(self) -> None:
        assert "failed" not in judged(link_ticket="CHG-1", link_own_variables=["link_ticket"])
        assert "failed" not in judged(link_ticket="CHG-1", link_owner="x", link_own_variables="link_ticket, link_owner")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)


class TestSurveys:
    """AWX gives texts: every form, for every variable."""

    @pytest.mark.parametrize("name", VARIABLES)
    def test_an_empty_field_counts_as_not_given(self, name: str) -> None:
        nothings: tuple[Any, ...] = ("", "   ", "\n", None)
        for nothing in nothings:
            answer = judged(**{name: nothing})
            if name in ("link_source", "link_target", "link_configuration"):
                assert f"{name} is missing" in answer["msg"], repr(nothing)
            else:
                assert "failed" not in answer, repr(nothing)

    @pytest.mark.parametrize("name", VARIABLES)
    def test_a_text_is_what_it_says(self, name: str) -> None:
        for form, meant in forms_of(name):
            assert value_of(name, form) == (meant, []), form

    @anything(value=ANYTHING)
    def test_nothing_whatever_ends_in_a_traceback(self, value: Any) -> None:
        for name in VARIABLES:
            kept, faults = value_of(name, value)
            assert kept is None or not faults
            assert all(fault.startswith(name) for fault in faults)


def forms_of(name: str) -> list[tuple[Any, Any]]:
    """Forms in which a survey gives a variable, and what each means."""
    about = VARIABLES[name].about
    if about.get("elements") == "dict":
        members = [FILTER] if name == "link_filters" else [{"target": "mail", "source": "mail"}]
        return [(json.dumps(members), members), (json.dumps(members[0]), members)]
    if about["type"] == "list":
        one, other = about.get("choices", ["a.example", "b.example"])[:2]
        texts = ["{}, {}", "{},{}", "{}\n{}", "{}\r\n{}\n", '["{}", "{}"]']
        return [(one, [one]), *((text.format(one, other), [one, other]) for text in texts)]
    if "choices" in about:
        return [(form, one) for one in about["choices"] for form in (one, f" {one} ")]
    if about["type"] == "dict":
        value: Any = {"source": ["free_busy"]} if name == "link_share_keep" else {"target": {"free_busy": "basic", "profile_card": True}}
        text = json.dumps(value).replace("true", '"yes"')
        return [(text, value), (f" {text}\n", value), (value, value)]
    by_type: dict[str, list[tuple[Any, Any]]] = {
        "str": [("it@contoso.kr", "it@contoso.kr")],
        "path": [("books/a.ps1", "books/a.ps1"), (" /books/a.ps1 ", "/books/a.ps1")],
        "int": [("5", 5), (" 5 ", 5), ("0", 0), (5, 5), ("5.0", 5)],
        "bool": [("true", True), ("false", False), ("yes", True), ("no", False), ("1", True), (0, False), (True, True), ("True", True)],
    }
    return by_type[about["type"]]


def hosts(**links: Mapping[str, Any]) -> Mapping[str, Any]:
    """By host, what is told of it among these links."""
    raw = {host: {**LINK, **link} for host, link in links.items()}
    return rivals_by_host(raw, raw.__getitem__, raw.__getitem__)


class TestRivals:
    def fights(self, **links: Mapping[str, Any]) -> dict[str, list[str]]:
        return {host: told["conflicts"] for host, told in hosts(**links).items() if told["conflicts"]}

    def test_two_configurations_of_one_pair_are_fine_and_know_each_other(self) -> None:
        found = hosts(a={"link_configuration": "Members"}, b={"link_configuration": "Guests"}, c={"link_target": "third"})
        assert found == {"a": {"conflicts": [], "others": ["Guests"]}, "b": {"conflicts": [], "others": ["Members"]}}

    @pytest.mark.parametrize("name", ["Fabrikam", "fabrikam", " FABRIKAM "])
    def test_one_configuration_in_any_spelling_of_entra(self, name: str) -> None:
        found = self.fights(a={}, b={"link_configuration": name}, c={"link_source": "third"})
        assert set(found) == {"a", "b"}
        assert "the links a, b name the same configuration" in found["a"][0]

    def test_one_configuration_for_two_targets(self) -> None:
        found = self.fights(a={}, b={"link_target": "third"})
        assert set(found) == {"a", "b"}
        assert "a configuration serves a single target" in found["b"][0]

    def test_one_tenant_by_two_names(self) -> None:
        tenants = {**TENANTS, "again": {"tenant_id": SOURCE.upper()}}
        assert set(self.fights(a={}, b={"link_source": "again", "tenants": tenants})) == {"a", "b"}

    def test_the_same_short_name_for_two_tenants(self) -> None:
        other = {**TENANTS, "contoso": {"tenant_id": "99999999-9999-4999-8999-999999999999"}}
        assert self.fights(a={}, b={"tenants": other}) == {}

    @pytest.mark.parametrize(
        ("one", "other", "fight"),
        [
            ({}, {}, True),
            ({"link_filters": [FILTER]}, {}, True),
            ({"link_filters": [FILTER]}, {"link_filters": []}, True),
            ({"link_filters": [FILTER]}, {"link_filters": [FILTER]}, True),
            ({"link_filters": [FILTER]}, {"link_filters": [{**FILTER, "name": "B"}]}, False),
            ({}, {"link_scope_mode": "assigned"}, False),
            ({}, {"link_state": "absent"}, False),
        ],
    )
    def test_who_wants_everybody(self, one: dict[str, Any], other: dict[str, Any], fight: bool) -> None:
        everybody = {"link_scope_mode": "all"}
        found = self.fights(a={**everybody, "link_configuration": "A", **one}, b={**everybody, "link_configuration": "B", **other})
        assert set(found) == ({"a", "b"} if fight else set())

    BACK: Mapping[str, Any] = {"link_source": "fabrikam", "link_target": "contoso", "link_configuration": "Contoso"}
    """The reverse link."""

    @pytest.mark.parametrize(
        ("one", "other", "words"),
        [
            pytest.param({"free_busy": "basic"}, {"free_busy": "basic"}, None, id="the same"),
            pytest.param({"free_busy": "basic"}, {"mail_tips": "all"}, None, id="different features"),
            pytest.param({"free_busy": "basic"}, {"free_busy": "limited_details"}, "free_busy", id="two levels"),
            pytest.param({"profile_card": "yes"}, {"profile_card": True}, None, id="in other words"),
            pytest.param({"profile_card": True}, {"profile_card": False}, "profile_card", id="on and off"),
            pytest.param({"free_busy": "basic", "scope": "all"}, {"free_busy": "basic"}, None, id="a scope that is left as it is"),
            pytest.param(
                {"free_busy": "basic", "scope": "all"},
                {"free_busy": "basic", "scope": "groups", "groups": ["Sales"]},
                "free_busy",
                id="two scopes",
            ),
            pytest.param(
                {"free_busy": "basic", "scope": "all"},
                {"mail_tips": "all", "scope": "groups", "groups": ["Sales"]},
                None,
                id="two scopes of different features",
            ),
            pytest.param(
                {"free_busy": "basic", "scope": "groups", "groups": ["Sales", "Board"]},
                {"free_busy": "basic", "scope": "groups", "groups": ["board", "SALES"]},
                None,
                id="the same groups",
            ),
            pytest.param(
                {"free_busy": "basic", "scope": "groups", "groups": ["Sales"]},
                {"free_busy": "basic", "scope": "groups", "groups": ["Board"]},
                "free_busy",
                id="two groups",
            ),
        ],
    )
    def test_who_shares_something_else(self, one: dict[str, Any], other: dict[str, Any], words: str | None) -> None:
        """Of the same tenant, with the same partner: as the target of one link, and as the source of the reverse one."""
        links: dict[str, dict[str, Any]] = {
            "a": {"link_share": {"target": one}},
            "b": {**self.BACK, "link_share": json.dumps({"source": other})},
            # What the other tenant shares is something else.
            "c": {"link_configuration": "More", "link_share": {"source": {"free_busy": "limited_details", "profile_card": False}}},
        }
        found = self.fights(**links)
        assert set(found) == ({"a", "b"} if words else set())
        if words:
            for host, side in (("a", "target"), ("b", "source")):
                (sentence,) = found[host]
                assert f"the links a, b disagree on what fabrikam shares with contoso (link_share.{side}.{words}, or its scope" in sentence
        # What must not exist wants nothing.
        assert self.fights(**{**links, "b": {**links["b"], "link_state": "absent"}}) == {}

    def test_who_wants_groups_and_who_does_not(self) -> None:
        """The target has one switch for all links from a source. The reverse link has another one."""
        links: dict[str, dict[str, Any]] = {
            "a": {"link_groups": "yes"},
            "b": {"link_groups": False, "link_configuration": "B"},
            "c": {"link_configuration": "C"},
            "d": {**self.BACK, "link_groups": False},
        }
        found = self.fights(**links)
        assert set(found) == {"a", "b"}
        assert "the links a, b disagree on whether groups are synchronized (link_groups)" in found["a"][0]
        assert self.fights(**{**links, "b": {**links["b"], "link_groups": True}}) == {}
        assert self.fights(**{**links, "b": {**links["b"], "link_state": "absent"}}) == {}

    def test_a_link_between_others_is_no_rival(self) -> None:
        assert (
            self.fights(
                a={"link_share": {"target": {"free_busy": "basic"}}},
                b={"link_target": "third", "link_configuration": "T", "link_share": {"target": {"free_busy": "none"}}},
            )
            == {}
        )

    def test_what_is_kept_of_a_link_that_is_removed(self) -> None:
        one = {
            "link_share": {"target": {"free_busy": "basic", "mail_tips": "all"}, "source": {"room_booking": True}},
            "link_state": "absent",
        }
        back = {**self.BACK, "link_share": {"source": {"free_busy": "basic", "desk_booking": True}}}
        assert hosts(a=one, b=back)["a"]["share_keep"] == {"target": ["free_busy"]}
        assert "share_keep" not in hosts(a=one, b={**back, "link_state": "absent"}).get("a", {})
        raw = {"a": {**LINK, **one}, "b": {**LINK, **back}}
        assert rivals_by_host(raw, raw.__getitem__, raw.__getitem__, removed=("a", "b")) == {}

    def test_a_template_of_what_is_shared_is_evaluated(self) -> None:
        raw = {
            "a": {**LINK, "link_share": {"target": {"free_busy": "{{ level }}"}}},
            "b": {**LINK, **self.BACK, "link_share": "{{ whatever }}"},
        }
        meant = {
            "a": {**raw["a"], "link_share": {"target": {"free_busy": "basic"}}},
            "b": {**raw["b"], "link_share": {"source": {"free_busy": "none"}}},
        }
        assert {host for host, told in rivals_by_host(raw, raw.__getitem__, meant.__getitem__).items() if told["conflicts"]} == {"a", "b"}

    def test_a_host_that_cannot_be_told_is_left_to_its_own_check(self) -> None:
        assert self.fights(a={}, b={"link_source": ""}, c={"tenants": {"contoso": None}, "link_source": "x"}) == {}

    def test_it_looks_at_each_link_once(self) -> None:
        asked: list[str] = []
        many = {f"h{number}": {**LINK, "link_configuration": f"C{number}", "link_target": f"t{number}"} for number in range(2000)}

        def raw_of(host: str) -> Any:
            asked.append(host)
            return many[host]

        assert rivals_by_host(many, raw_of, many.__getitem__) == {}
        assert asked == list(many)

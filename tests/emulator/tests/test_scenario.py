# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: the shipped scenarios, and the messages about mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from entra_emulator.cli import main
from entra_emulator.scenario import FOLDER, ScenarioError, json_schema, load_scenario, shipped


def test_the_shipped_scenario_has_the_awkward_people() -> None:
    """Disabled, guest, apostrophe, no mail, nested only, SMS sign-in, two groups of one name, Korean names."""
    contoso, fabrikam = load_scenario("contoso-fabrikam").tenants.values()
    people = list(contoso.users.values())
    assert len(people) == 30
    assert any(not person["accountEnabled"] for person in people)
    assert any(person["userType"] == "Guest" for person in people)
    assert any("'" in person["userPrincipalName"] for person in people)
    assert any(person["mail"] is None for person in people)
    assert any(person.get("_smsSignIn") for person in people)
    assert any("가" <= person["displayName"][0] <= "힣" for person in people)
    minsu = next(person for person in people if person["userPrincipalName"] == "minsu.kim@contoso.kr")
    assert minsu["displayName"] == "Kim Minsu" and minsu["mail"] == "minsu.kim@contoso.kr" and minsu["accountEnabled"]
    names = [group["displayName"] for group in contoso.groups.values()]
    assert names.count("Project Phoenix") == 2
    assert len(fabrikam.contacts) == 1
    matched = [person for person in fabrikam.users.values() if person.get("_alternativeSecurityId")]
    assert [person["mail"] for person in matched] == ["woojin.moon@contoso.kr"]


def test_ten_companies_can_sign_in_and_have_users_to_synchronize() -> None:
    """For a hub or a mesh: one application each, and everybody in one group."""
    tenants = list(load_scenario("ten-companies").tenants.values())
    assert len(tenants) == 10
    for tenant in tenants:
        (group,) = tenant.groups.values()
        assert group["displayName"] == "All employees"
        assert len(tenant.members[group["id"]]) == len(tenant.users) == 3


def test_a_scenario_is_the_same_every_time() -> None:
    """Fixed ids."""
    first, second = (load_scenario("contoso-fabrikam").tenants for _time in range(2))
    assert all(first[key].users.keys() == second[key].users.keys() for key in first)


def test_the_shipped_json_schema_is_up_to_date() -> None:
    """Generated from the model: python -c 'from entra_emulator.scenario import json_schema; print(json_schema(), end="")'."""
    assert (FOLDER / "scenario.schema.json").read_text(encoding="utf-8") == json_schema()
    assert shipped() == ["aftermath", "contoso-fabrikam", "ten-companies"]


def tenant(**changes: object) -> dict[str, object]:
    return {
        "id": "a0c898ca-2445-4e74-ab4b-afd7916549a6",
        "display_name": "Contoso",
        "domains": ["contoso.kr"],
        "initial_domain": "contoso.onmicrosoft.com",
        **changes,
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"tenants": [tenant(domain="x")]}, "tenants.0.domain: Extra inputs are not permitted"),
        ({"tenants": [tenant(id="contoso")]}, "tenants.0.id"),
        ({"tenants": [tenant(), tenant()]}, "occurs twice"),
        ({"tenants": []}, "tenants"),
        (
            {"tenants": [tenant(people=[{"userPrincipalName": "a@contoso.kr", "displayName": "A", "manager": "b@contoso.kr"}])]},
            "the manager b@contoso.kr is not in this tenant",
        ),
        (
            {"tenants": [tenant(groups=[{"displayName": "G", "members": ["x@contoso.kr"]}])]},
            "the member x@contoso.kr is not in this tenant",
        ),
    ],
)
def test_mistakes_are_reported_with_their_place(tmp_path: Path, content: object, message: str) -> None:
    """Clear messages."""
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(content))
    with pytest.raises(ScenarioError, match=message):
        load_scenario(str(file))


def test_the_command_tells_mistakes_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one sentence."""
    assert main(["--scenario", str(tmp_path / "absent.json")]) == 2
    assert main(["--set", "pause_state=Stopped"]) == 2
    assert main(["--set", "nonsense"]) == 2
    message = capsys.readouterr().err
    assert "no such scenario" in message and "pause_state" in message and "name=value" in message
    assert main(["--list-settings"]) == 0
    assert "secrets_put = 'merge'" in capsys.readouterr().out

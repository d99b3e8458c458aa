# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: the shipped scenarios, and the messages about mistakes."""

from __future__ import annotations

import json
import socket
import sys
import time
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


ID = "c0000000-0000-4000-8000-000000000001"


OTHER: dict[str, object] = {
    "id": "afab079d-1f08-4de3-881e-435e497f923f",
    "display_name": "Fabrikam",
    "domains": ["fabrikam.kr"],
    "initial_domain": "fabrikam.onmicrosoft.com",
}


def person(**changes: object) -> dict[str, object]:
    return {"userPrincipalName": "a@contoso.kr", "displayName": "A", "id": ID, **changes}


def application(**changes: object) -> dict[str, object]:
    return {"client_id": "11111111-1111-4111-8111-111111111111", "secrets": ["a-secret"], **changes}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"tenants": [tenant(domain="x")]}, "tenants.0.domain: there is no member domain; did you mean domains\\?"),
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
        ({"tenants": [tenant(people=[person(), person(userPrincipalName="B@contoso.kr")])]}, "the id .* occurs twice"),
        ({"tenants": [tenant(people=[person()], groups=[{"displayName": "G", "id": ID}])]}, "the id .* occurs twice"),
        (
            {"tenants": [tenant(people=[person()]), {**OTHER, "people": [person(userPrincipalName="a@fabrikam.kr")]}]},
            f"the id {ID} occurs twice",
        ),
        ({"tenants": [tenant(people=[person(id=None), person(id=None)])]}, "the userPrincipalName a@contoso.kr occurs twice"),
        ({"tenants": [tenant(people=[person(usertype="Guest")])]}, "there is no member usertype; did you mean userType"),
        (
            {"tenants": [tenant(people=[person(userPrincipalName="a@contoso.kt")])]},
            "contoso.kt is not a domain of this tenant; did you mean",
        ),
        ({"tenants": [tenant(people=[person(manager="A@contoso.kt")])]}, "is not in this tenant; did you mean a@contoso.kr"),
        ({"tenants": [tenant(applications=[application(), application()])]}, "the client_id .* occurs twice"),
        ({"tenants": [tenant(applications=[application(permissions=["User.Reed.All"])])]}, "User.Reed.All; did you mean User.Read.All"),
        ({"tenants": [tenant(applications=[application(certificates=["nonsense"])])]}, "this is no certificate in PEM form"),
        (
            {"tenants": [tenant(groups=[{"displayName": "G", "mailNickname": "g"}] * 2 + [{"displayName": "H", "members": ["g"]}])]},
            "g is the mailNickname of several groups",
        ),
        ({"tenants": [tenant(people=[person(licences=["P1"])], licences=[])]}, "the tenant has no licence P1"),
    ],
)
def test_mistakes_are_reported_with_their_place(tmp_path: Path, content: object, message: str) -> None:
    """Clear messages."""
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(content))
    with pytest.raises(ScenarioError, match=message):
        load_scenario(str(file))


def test_names_may_be_doubled(tmp_path: Path) -> None:
    """That is what admins rehearse: no object is lost, and each has an id of its own that never changes."""
    groups = [{"displayName": "Sales"}, {"displayName": "Sales", "members": ["a@contoso.kr"]}, {"displayName": "Sales"}]
    contacts = [{"displayName": "Kim", "mail": "kim@partner.example"}, {"displayName": "Kim", "mail": "kim@partner.example"}]
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"tenants": [tenant(people=[person()], groups=groups, contacts=contacts)]}))
    (first,), (second,) = load_scenario(str(file)).tenants.values(), load_scenario(str(file)).tenants.values()
    assert [group["displayName"] for group in first.groups.values()] == ["Sales"] * 3
    assert list(map(len, first.members.values())) == [0, 1, 0]
    assert len(first.contacts) == 2
    assert (first.groups.keys(), first.contacts.keys()) == (second.groups.keys(), second.contacts.keys())


def company(folder: Path, count: int) -> str:
    """A scenario in which everybody has a manager, groups have members and owners, and a tenth is a guest of the other tenant."""
    names = [f"p{number}@contoso.kr" for number in range(count)]
    people = [person(id=None, userPrincipalName=name, mail=name, manager=names[number // 10]) for number, name in enumerate(names)]
    groups = [
        {"displayName": f"G {first}", "mailNickname": f"g{first}", "members": names[first : first + 10], "owners": names[first : first + 1]}
        for first in range(0, count, 10)
    ]
    contacts = [{"displayName": "Kim", "mail": f"kim{number}@partner.example"} for number in range(count // 10)]
    home = tenant(people=people, groups=groups, contacts=contacts)
    guests = [
        person(
            id=None,
            userPrincipalName=f"p{number}_contoso.kr#EXT#@fabrikam.onmicrosoft.com",
            userType="Guest",
            externalUserState="Accepted",
            home={"tenant_id": home["id"], "user_principal_name": name},
        )
        for number, name in enumerate(names[: count // 10])
    ]
    file = folder / f"{count}.json"
    file.write_text(json.dumps({"tenants": [home, {**OTHER, "people": guests}]}))
    return str(file)


def test_loading_is_not_quadratic(tmp_path: Path) -> None:
    """Twice as many people take twice as many steps, whatever the machine."""

    def steps(count: int) -> int:
        file, taken = company(tmp_path, count), [0]

        def watch(*_event: object) -> None:
            taken[0] += 1

        sys.setprofile(watch)
        try:
            load_scenario(file)
        finally:
            sys.setprofile(None)
        return taken[0]

    assert steps(4_000) < 2.1 * steps(2_000)


def test_ten_thousand_people_are_loaded_in_a_second(tmp_path: Path) -> None:
    """And a hundred thousand in ten. The limit is three times that, in time of the processor, for slow machines."""
    file = company(tmp_path, 20_000)
    began = time.process_time()
    world = load_scenario(file)
    assert time.process_time() - began < 3 * 2
    assert sorted(len(one.users) for one in world.tenants.values()) == [2_000, 20_000]


def test_the_command_tells_mistakes_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one sentence."""
    assert main(["--scenario", str(tmp_path / "absent.json")]) == 2
    assert main(["--set", "pause_state=Stopped"]) == 2
    assert main(["--set", "nonsense"]) == 2
    message = capsys.readouterr().err
    assert "no such scenario" in message and "pause_state" in message and "name=value" in message
    assert "shipped scenarios: " in message
    assert main(["--set", "pause_stat=Paused"]) == 2
    assert "there is no member pause_stat; did you mean pause_state?" in capsys.readouterr().err
    assert main(["--list-settings"]) == 0
    assert "secrets_put = 'merge'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ca-file", "{folder}/absent/ca.pem"], "absent/ca.pem cannot be written: No such file or directory"),
        (["--ca-file", "{folder}"], "cannot be written: Is a directory"),
        (["--ready-file", "{folder}/absent/ready.json"], "ready.json cannot be written: No such file or directory"),
        (["--port", "{port}"], "of 127.0.0.1 cannot be used: Address already in use"),
        (["--state", "{folder}/empty.json"], "The state has no tenants"),
        (["--state", "{folder}/odd.json"], "tenant: there is no member tenant; did you mean tenants?"),
        (["--state", "{folder}/absent.json"], "No such file or directory"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    """Exit code 2, no traceback, and nothing that listens."""
    (tmp_path / "empty.json").write_text("{}")
    (tmp_path / "odd.json").write_text('{"tenant": {}}')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main([option.format(folder=tmp_path, port=port) for option in options]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("port", ["70000", "-1", "https"])
def test_what_is_no_port(capsys: pytest.CaptureFixture[str], port: str) -> None:
    """argparse says it, with the range."""
    with pytest.raises(SystemExit) as stopped:
        main([f"--port={port}"])
    assert stopped.value.code == 2
    assert f"{port} is no port; it is a number from 0 to 65535" in capsys.readouterr().err

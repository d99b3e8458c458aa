# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange's directory: how it follows Entra, where it diverges, and what the cmdlets change in it (F151, F154)."""

from __future__ import annotations

from typing import Any

import pytest
from exchange_api import CONTOSO, FABRIKAM, Exchange
from starlette.testclient import TestClient

from entra_emulator.app import create_app
from entra_emulator.exchange import addresslists
from entra_emulator.service import Service
from entra_emulator.state import World

X500 = "X500:/o=ExchangeLabs/ou=Recipients/cn=old"
GAL = "\\\\Default Global Address List"


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def listed(record: dict[str, Any]) -> bool:
    return any(not name.endswith("(VLV)") for name in record["AddressListMembership"])


# What becomes of whom (F154) ------------------------------------------------------------------------------------------


@pytest.mark.fact(
    "F154", "Members here have mailboxes, guests are GuestMailUsers, contacts MailContacts; users without mail are no recipients"
)
def test_kinds_of_recipients(exchange: Exchange) -> None:
    """F154."""
    kinds = {record["DisplayName"]: record["RecipientTypeDetails"] for record in exchange.objects("Get-Recipient")}
    assert kinds["Gu Inhye"] == "UserMailbox" and kinds["Hyejin Lee"] == "GuestMailUser"
    assert kinds["Song Mirae (Contoso)"] == "MailContact" and kinds["Everybody here"] == "MailUniversalDistributionGroup"
    assert kinds["Woojin Moon"] == "UserMailbox" and "Jisoo Kwon" not in kinds and "Mirae Song" not in kinds
    assert {record["RecipientTypeDetails"] for record in exchange.objects("Get-MailUser")} == {"MailUser", "GuestMailUser"}
    (contact,) = exchange.objects("Get-MailContact", {"Filter": "EmailAddresses -eq 'smtp:mirae.song@contoso.kr'"})
    assert contact["LegacyExchangeDN"].startswith("/o=ExchangeLabs/") and contact["IsDirSynced"] is False


@pytest.mark.fact("F154", "External members are MailUsers, GuestMailUsers or no recipients (exchange_members)")
@pytest.mark.parametrize("kind", ["MailUser", "GuestMailUser", "not_mail_enabled"])
def test_external_members(exchange: Exchange, kind: str) -> None:
    """F154, F156: a switch; what Exchange alone knows survives the change."""
    assert exchange.recipient("sora.jung")["HiddenFromAddressListsEnabled"] is True
    exchange.set(exchange_members=kind)
    key = exchange.user("sora.jung")["id"]
    found = exchange.objects("Get-Recipient", {"Filter": f"ExternalDirectoryObjectId -eq '{key}'"})
    shown = [(record["RecipientTypeDetails"], record["HiddenFromAddressListsEnabled"]) for record in found]
    assert shown == ([] if kind == "not_mail_enabled" else [(kind, True)])
    assert exchange.recipient("hyejin.lee")["RecipientTypeDetails"] == "GuestMailUser"


@pytest.mark.fact("F154", "Externals are hidden unless showInAddressList is true; hidden recipients are in the system's indexes only")
def test_the_hidden_flag(exchange: Exchange) -> None:
    """F151, F154."""
    person = exchange.user("hyejin.lee")
    assert listed(exchange.recipient("hyejin.lee")) and exchange.recipient("hyejin.lee")["HiddenFromAddressListsEnabled"] is False
    for value in (False, None):
        person["showInAddressList"] = value
        record = exchange.recipient("hyejin.lee")
        assert record["HiddenFromAddressListsEnabled"] is True and record["AddressListMembership"] == ["\\\\All Recipients(VLV)"]
    hidden = "RecipientTypeDetails -eq 'GuestMailUser' -and HiddenFromAddressListsEnabled -eq 'True'"
    names = {record["DisplayName"] for record in exchange.objects("Get-Recipient", {"Filter": hidden})}
    assert names == {"Junho Choi", "Yuna Han", "Hyejin Lee"}


@pytest.mark.fact("F154", "Exchange's own flag wins over Entra's where they differ")
def test_exchanges_own_flag_wins(exchange: Exchange) -> None:
    """F154."""
    person = exchange.user("junho.choi")
    for value in (False, True):
        person["showInAddressList"] = value
        assert exchange.recipient("junho.choi")["HiddenFromAddressListsEnabled"] is True


@pytest.mark.fact("F154", "A contact with the same address leaves a guest without mail")
def test_a_contact_takes_an_address(exchange: Exchange) -> None:
    """F154: by the control API; and what frees the address again."""
    exchange.make({"user": "hyejin.lee@contoso.kr", "contact": "Lee (old contact)"})
    assert exchange.standings()["hyejin.lee"] == "address_taken"
    (contact,) = exchange.objects("Get-MailContact", {"Filter": "ExternalEmailAddress -eq 'SMTP:hyejin.lee@contoso.kr'"})
    asks = exchange.run("Remove-MailContact", {"Identity": contact["Guid"]}).json()
    assert "Are you sure" in asks["@adminapi.confirmationmessage"]
    assert exchange.run("Remove-MailContact", {"Identity": contact["Guid"], "WhatIf": True}).json()["value"] == []
    assert exchange.run("Remove-MailContact", {"Identity": contact["Guid"], "Confirm": False}).status_code == 200
    assert [record["displayName"] for record in exchange.target.contacts.values()] == ["Song Mirae (Contoso)"]
    assert exchange.standings()["hyejin.lee"] == "not_mail_enabled"
    exchange.user("hyejin.lee")["mail"] = "hyejin.lee@contoso.kr"
    assert exchange.standings()["hyejin.lee"] == "listed"
    next(iter(exchange.target.contacts.values()))["onPremisesSyncEnabled"] = True
    exchange.failed(400, "on-premises", "Remove-MailContact", {"Identity": "mirae.song@contoso.kr", "Confirm": False})


@pytest.mark.fact("F154", "What is deleted in Entra leaves a record in Exchange, and returns with what Exchange knew")
def test_soft_deleted_recipients(exchange: Exchange) -> None:
    """F151, F154: until Entra has forgotten the user as well."""
    person = exchange.user("junho.choi")
    key = person["id"]
    assert exchange.recipient("junho.choi")
    assert exchange.send("DELETE", f"/users/{key}", account="fabrikam-admin").status_code == 204
    wanted = {"Filter": f"ExternalDirectoryObjectId -eq '{key}'"}
    assert exchange.objects("Get-Recipient", wanted) == []
    (left,) = exchange.objects("Get-Recipient", {**wanted, "IncludeSoftDeletedRecipients": True})
    assert left["WhenSoftDeleted"] and exchange.objects("Get-MailUser", {"SoftDeletedMailUser": True})[0] == {
        **exchange.objects("Get-MailUser", {**wanted, "SoftDeletedMailUser": True})[0]
    }
    assert exchange.send("POST", f"/directory/deletedItems/{key}/restore", account="fabrikam-admin").status_code == 200
    (back,) = exchange.objects("Get-Recipient", wanted)
    assert back["HiddenFromAddressListsEnabled"] is True and back["WhenSoftDeleted"] is None and back["Guid"] == left["Guid"]
    exchange.send("DELETE", f"/users/{key}", account="fabrikam-admin")
    exchange.send("DELETE", f"/directory/deletedItems/{key}", account="fabrikam-admin")
    assert exchange.objects("Get-Recipient", {**wanted, "IncludeSoftDeletedRecipients": True}) == []


# Lag (F154) -----------------------------------------------------------------------------------------------------------


@pytest.mark.fact("F154", "A change in Entra reaches Exchange after a while of virtual time (exchange_lag_seconds)")
def test_lag(exchange: Exchange) -> None:
    """F154: changes, deletions and new people, each from its own time on."""
    exchange.set(exchange_lag_seconds=600)
    person = exchange.user("hyejin.lee")
    assert exchange.recipient("hyejin.lee")["DisplayName"] == "Hyejin Lee"
    exchange.ok("PATCH", f"/users/{person['id']}", {"displayName": "Lee Hyejin"}, "fabrikam-admin")
    exchange.advance("PT5M")
    assert exchange.recipient("hyejin.lee")["DisplayName"] == "Hyejin Lee"
    exchange.ok("DELETE", f"/users/{exchange.user('taeho.oh')['id']}", account="fabrikam-admin")
    exchange.advance("PT5M")
    names = {record["DisplayName"] for record in exchange.objects("Get-Recipient")}
    assert {"Lee Hyejin", "Taeho Oh"} <= names
    exchange.advance("PT5M")
    assert "Taeho Oh" not in {record["DisplayName"] for record in exchange.objects("Get-Recipient")}


def test_lag_of_new_people(exchange: Exchange) -> None:
    """F154: in Entra, but not yet in Exchange."""
    exchange.set(exchange_lag_seconds=3600)
    name = "new@fabrikam.kr"
    body = {"accountEnabled": True, "displayName": "New", "mailNickname": "new", "userPrincipalName": name, "mail": name}
    exchange.ok("POST", "/users", {**body, "passwordProfile": {"password": "x"}}, "fabrikam-admin")
    assert exchange.standings()["new"] == "not_yet"
    exchange.advance("PT59M")
    assert exchange.standings()["new"] == "not_yet"
    exchange.advance("PT1M")
    assert exchange.standings()["new"] == "listed"


def test_lag_counts_from_the_cycle(exchange: Exchange) -> None:
    """F154: a cycle in the middle of a step of the clock makes people at its own time."""
    exchange.set(exchange_lag_seconds=1800)
    assert exchange.standings()["minsu.kim"] == "listed"
    exchange.service.world.tenants[CONTOSO].users["c0000000-0000-4000-8000-000000000101"]["displayName"] = "Kim Minsu"
    exchange.advance("PT1H")
    assert exchange.recipient("minsu.kim")["DisplayName"] == "Minsu Kim"
    exchange.advance("PT10M")
    assert exchange.recipient("minsu.kim")["DisplayName"] == "Kim Minsu"


# Set-MailUser (F151) ------------------------------------------------------------------------------------------------


@pytest.mark.fact("F151", "Set-MailUser shows a hidden recipient; what is as wanted is not written")
def test_unhide(exchange: Exchange) -> None:
    """F151, F155: the remedy, and its second run."""
    wanted = {"Identity": exchange.user("junho.choi")["id"], "HiddenFromAddressListsEnabled": False}
    assert exchange.run("Set-MailUser", wanted).json()["@adminapi.warnings"] == []
    record = exchange.recipient("junho.choi")
    assert record["HiddenFromAddressListsEnabled"] is False and GAL in record["AddressListMembership"]
    assert "no settings" in exchange.run("Set-MailUser", wanted).json()["@adminapi.warnings"][0]


@pytest.mark.fact("F151", "Address lists are computed when a recipient is written: a touch, and nothing less, sorts it in")
def test_a_touch_indexes(exchange: Exchange) -> None:
    """F151, F155: a write that changes nothing is none."""
    key = exchange.user("taeho.oh")["id"]
    assert exchange.standings()["taeho.oh"] == "not_indexed"
    exchange.run("Set-MailUser", {"Identity": key, "HiddenFromAddressListsEnabled": False})
    assert not listed(exchange.recipient("taeho.oh"))
    exchange.run("Set-MailUser", {"Identity": key, "CustomAttribute15": "touch"})
    assert listed(exchange.recipient("taeho.oh"))
    exchange.run("Set-MailUser", {"Identity": key, "CustomAttribute15": None})
    assert exchange.recipient("taeho.oh")["CustomAttribute15"] == "" and exchange.standings()["taeho.oh"] == "listed"


@pytest.mark.fact("F151", "ExternalEmailAddress moves the primary address; an address that another recipient has is refused")
def test_external_address(exchange: Exchange) -> None:
    """F151, F155."""
    key = exchange.user("seungmin.bae")["id"]
    assert exchange.recipient("seungmin.bae")["PrimarySmtpAddress"] == "seungmin.bae@old.contoso.kr"
    exchange.failed(400, "already being used", "Set-MailUser", {"Identity": key, "ExternalEmailAddress": "minsu.kim@contoso.kr"})
    exchange.failed(400, "not a valid", "Set-MailUser", {"Identity": key, "ExternalEmailAddress": "seungmin"})
    assert exchange.run("Set-MailUser", {"Identity": key, "ExternalEmailAddress": "SMTP:seungmin.bae@contoso.kr"}).status_code == 200
    record = exchange.recipient("seungmin.bae")
    assert record["PrimarySmtpAddress"] == "seungmin.bae@contoso.kr" and record["ExternalEmailAddress"] == "SMTP:seungmin.bae@contoso.kr"
    assert record["EmailAddresses"] == ["SMTP:seungmin.bae@contoso.kr", "smtp:seungmin.bae@old.contoso.kr"]


@pytest.mark.fact("F151", "EmailAddresses takes a hashtable with add and remove")
def test_email_addresses(exchange: Exchange) -> None:
    """F146, F151: X500 addresses of a contact that is gone."""
    key = exchange.user("hyejin.lee")["id"]

    def changed(**changes: list[str]) -> dict[str, Any]:
        return {"Identity": key, "EmailAddresses": {"@odata.type": "#Exchange.GenericHashTable", **changes}}

    assert exchange.run("Set-MailUser", changed(add=[X500, "lee@contoso.kr"])).status_code == 200
    assert exchange.recipient("hyejin.lee")["EmailAddresses"] == ["SMTP:hyejin.lee@contoso.kr", X500, "smtp:lee@contoso.kr"]
    exchange.user("hyejin.lee")["mail"] = "h.lee@contoso.kr"
    assert exchange.recipient("hyejin.lee")["EmailAddresses"] == ["SMTP:h.lee@contoso.kr", X500]
    assert exchange.run("Set-MailUser", changed(remove=[X500])).status_code == 200
    assert exchange.recipient("hyejin.lee")["EmailAddresses"] == ["SMTP:h.lee@contoso.kr"]
    exchange.failed(400, "already being used", "Set-MailUser", changed(add=["smtp:minsu.kim@contoso.kr"]))
    exchange.failed(400, "primary", "Set-MailUser", changed(remove=["smtp:h.lee@contoso.kr"]))


@pytest.mark.fact("F151", "Set-MailUser does not find people with a mailbox, nor contacts")
@pytest.mark.parametrize("identity", ["woojin.moon@contoso.kr", "inhye.gu@fabrikam.kr", "mirae.song@contoso.kr"])
def test_set_mail_user_leaves_others_alone(exchange: Exchange, identity: str) -> None:
    """F155: Exchange owns a mailbox."""
    exchange.failed(404, "couldn't be found", "Set-MailUser", {"Identity": identity, "HiddenFromAddressListsEnabled": True})


# Reading (F151) -----------------------------------------------------------------------------------------------------


@pytest.mark.fact("F151", "Lists have English names or localised ones (exchange_list_names); the system's end in (VLV) always")
def test_names_of_lists(exchange: Exchange) -> None:
    """F151."""
    assert exchange.recipient("hyejin.lee")["AddressListMembership"][-1] == GAL
    exchange.set(exchange_list_names="localised")
    names = exchange.recipient("hyejin.lee")["AddressListMembership"]
    assert GAL not in names and "\\\\All Recipients(VLV)" in names and "\\\\Liste d'adresses globale par défaut" in names
    assert all(name in addresslists.LOCALISED for name in (addresslists.DEFAULT, addresslists.OFFLINE))


@pytest.mark.fact("F151", "Get-Recipient also takes RecipientTypeDetails, SortBy and Anr")
def test_other_ways_to_ask(exchange: Exchange) -> None:
    """F151."""
    guests = exchange.objects("Get-Recipient", {"RecipientTypeDetails": ["GuestMailUser"], "SortBy": "Alias", "ResultSize": "Unlimited"})
    assert {record["RecipientTypeDetails"] for record in guests} == {"GuestMailUser"}
    assert [record["Alias"] for record in guests] == sorted(record["Alias"] for record in guests)
    assert [record["DisplayName"] for record in exchange.objects("Get-Recipient", {"Anr": "hyejin"})] == ["Hyejin Lee"]
    exchange.failed(400, "SortBy", "Get-Recipient", {"SortBy": "Colour"})
    (domain,) = exchange.objects("Get-AcceptedDomain", {"Identity": "fabrikam.kr"})
    assert domain["Default"] is True and domain["DomainType"] == "Authoritative"
    exchange.failed(404, "couldn't be found", "Get-AcceptedDomain", {"Identity": "contoso.kr"})


# The control API ----------------------------------------------------------------------------------------------------


def test_states_are_made_by_the_control_api(exchange: Exchange) -> None:
    """F155: each state that an administrator or a fault would bring about."""
    before = exchange.standings()
    assert before["hyejin.lee"] == before["minsu.kim"] == "listed"
    exchange.make({"user": "hyejin.lee@contoso.kr", "hidden": True}, {"user": "minsu.kim@contoso.kr", "indexed": False})
    after = exchange.standings()
    assert (after["hyejin.lee"], after["minsu.kim"]) == ("hidden_in_exchange", "not_indexed")
    exchange.make({"user": exchange.user("minsu.kim")["id"], "mailbox": True, "custom_attributes": {"CustomAttribute15": "theirs"}})
    assert exchange.recipient("minsu.kim")["RecipientTypeDetails"] == "UserMailbox"
    assert exchange.recipient("minsu.kim")["CustomAttribute15"] == "theirs"
    exchange.make({"user": "junho.choi@contoso.kr", "absent_until": "2026-03-02T06:00:00Z"})
    assert exchange.standings()["junho.choi"] == "not_yet"
    exchange.advance("PT2H")
    assert exchange.standings()["junho.choi"] == "listed"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"user": "nobody@contoso.kr", "hidden": True}, "nobody@contoso.kr is not a user of Fabrikam."),
        ({"user": "jisoo.kwon_contoso.kr#EXT#@fabrikam.onmicrosoft.com", "hidden": True}, "is no recipient"),
        ({"user": "jisoo.kwon_contoso.kr#EXT#@fabrikam.onmicrosoft.com", "contact": "x"}, "has no mail address"),
        ({"user": "minsu.kim@contoso.kr", "custom_attributes": {"CustomAttribute16": "x"}}, "There is no CustomAttribute16."),
        ({"user": "minsu.kim@contoso.kr", "visible": True}, "visible"),
    ],
)
def test_mistakes_in_states_are_reported(exchange: Exchange, state: dict[str, Any], message: str) -> None:
    """The control API answers 400 and a sentence."""
    answer = exchange.http.post(f"/emulator/exchange/{FABRIKAM}", json=state)
    assert answer.status_code == 400 and message in answer.json()["error"]
    assert exchange.http.get("/emulator/exchange/nowhere.kr").status_code == 400


def test_the_state_survives_a_dump(exchange: Exchange) -> None:
    """What Exchange knows better is in the dump of the state."""
    before = exchange.standings()
    again = Service(World.model_validate(exchange.http.get("/emulator/state").json()), exchange.service.settings, exchange.service.key)
    with TestClient(create_app(again), base_url="https://localhost") as client:
        users = client.get(f"/emulator/exchange/{FABRIKAM}").json()["users"]
    assert sorted(user["standing"] for user in users) == sorted(before.values())

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The admin API of Exchange: sign-in, permissions, requests, answers, errors, throttling, batches (F146, F153, F156)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import jwt
import pytest
from api import ACCOUNTS, KEY, Api
from exchange_api import CONTOSO, FABRIKAM, ROOT, Exchange, command
from test_tokens import SIGNER

from entra_emulator.settings import from_options


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"

# Tokens and permissions (F146, F152) --------------------------------------------------------------------------------


@pytest.mark.fact("F152", "The token's roles hold the app role on Exchange, its wids the directory roles")
@pytest.mark.parametrize("resource", ["https://outlook.office365.com", "https://outlook.office365.us", ROOT])
def test_tokens_for_exchange(exchange: Exchange, resource: str) -> None:
    """F152: both halves of the permission that a token can show; one endpoint, every host."""
    token = exchange.exchange_token("reader", f"{resource}/.default")
    claims = jwt.decode(token, KEY.private.public_key(), algorithms=["RS256"], audience=resource)
    assert claims["roles"] == ["Exchange.ManageAsApp"] and GLOBAL_READER in claims["wids"]
    assert exchange.run("Get-AcceptedDomain", token=token).status_code == 200


@pytest.mark.fact("F146", "A token for Graph is 401 at Exchange, and a token for Exchange is refused by Graph")
def test_tokens_of_one_audience_do_not_fit_the_other(exchange: Exchange) -> None:
    """F146, F149: the wrong audience."""
    answer = exchange.run("Get-AcceptedDomain", token=exchange.token("fabrikam"))
    assert (answer.status_code, answer.content) == (401, b"")
    wrong = {"Authorization": f"Bearer {exchange.exchange_token()}"}
    refused = exchange.http.get("/v1.0/organization", headers=wrong)
    assert refused.status_code == 401 and "Invalid audience" in refused.json()["error"]["message"]
    assert exchange.http.post(f"{ROOT}/adminapi/beta/{FABRIKAM}/InvokeCommand", json=command("Get-Recipient")).status_code == 401


@pytest.mark.fact("F152", "Neither half of the permission does anything alone: without app role 401, without a role 403")
def test_the_two_halves(exchange: Exchange) -> None:
    """F152: none 401, app role only 403 with NUL bytes, both 200; a directory role alone 401."""
    registration = exchange.target.registrations[ACCOUNTS["fabrikam"][1]]
    assert exchange.run("Get-Recipient").status_code == 200
    answer = exchange.run("Get-Recipient", account="half")
    assert answer.status_code == 403 and answer.content and set(answer.content) == {0}
    registration.exchange_permissions = []
    exchange.exchange_tokens.clear()
    assert exchange.run("Get-Recipient").status_code == 401
    registration.exchange_permissions = ["Exchange.AdminAPI.ManageAsApp"]
    exchange.exchange_tokens.clear()
    assert exchange.run("Get-Recipient").status_code == 401


@pytest.mark.fact("F152", "Readers read, Exchange Recipient Administrators and holders of Mail Recipients also write")
@pytest.mark.parametrize(
    ("directory", "own", "reads", "writes"),
    [
        (["Global Reader"], [], 200, 403),
        (["Security Reader"], [], 403, 403),
        (["Exchange Recipient Administrator"], [], 200, 200),
        ([], ["View-Only Recipients"], 200, 403),
        ([], ["Mail Recipients"], 200, 200),
    ],
)
def test_roles(exchange: Exchange, directory: list[str], own: list[str], reads: int, writes: int) -> None:
    """F152: directory roles, and Exchange's own through a role group, which the token does not show."""
    registration = exchange.target.registrations[ACCOUNTS["fabrikam"][1]]
    registration.directory_roles, registration.exchange_roles = directory, own
    assert exchange.run("Get-Recipient", {"ResultSize": 1}).status_code == reads
    assert exchange.run("Set-MailUser", {"Identity": exchange.user("junho.choi")["id"], "CustomAttribute1": "x"}).status_code == writes


@pytest.mark.fact("F152", "A token made with a client secret is taken, or only one made with a certificate (exchange_client_secret)")
def test_client_secrets(exchange: Exchange) -> None:
    """F152: switch exchange_client_secret; sign-in itself takes secrets either way."""
    assert exchange.run("Get-AcceptedDomain").status_code == 200
    exchange.set(exchange_client_secret="refused")
    assert exchange.run("Get-AcceptedDomain").status_code == 401
    client = ACCOUNTS["fabrikam"][1]
    exchange.target.registrations[client].certificates = [SIGNER.pem]
    audience = f"https://localhost/{FABRIKAM}/oauth2/v2.0/token"
    form = {
        "grant_type": "client_credentials",
        "client_id": client,
        "scope": f"{ROOT}/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": SIGNER.sign(aud=audience, iss=client, sub=client),
    }
    signed_in = exchange.http.post(f"/{FABRIKAM}/oauth2/v2.0/token", data=form)
    assert signed_in.status_code == 200, signed_in.text
    assert exchange.run("Get-AcceptedDomain", token=signed_in.json()["access_token"]).status_code == 200


def test_a_tenant_without_exchange(exchange: Exchange) -> None:
    """F152: sign-in for Exchange fails with AADSTS500014."""
    exchange.target.exchange_online = False
    tenant, client, secret = ACCOUNTS["fabrikam"]
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": f"{ROOT}/.default"}
    assert exchange.http.post(f"/{tenant}/oauth2/v2.0/token", data=form).json()["error_codes"] == [500014]


def test_the_tenant_in_the_path(exchange: Exchange) -> None:
    """F146: the token's tenant by id or initial domain, and no other."""
    assert exchange.run("Get-AcceptedDomain", tenant="fabrikam.onmicrosoft.com").status_code == 200
    assert exchange.run("Get-AcceptedDomain", tenant=CONTOSO).status_code == 401
    assert exchange.http.get("/exchange/somewhere").status_code == 404


# Requests and answers (F146, F147) ----------------------------------------------------------------------------------


@pytest.mark.fact("F147", "Each property has sidecar keys; the array of warnings is there when it is empty")
def test_the_shape_of_an_answer(exchange: Exchange) -> None:
    """F147."""
    body = exchange.run("Get-Recipient", {"Identity": "minsu.kim@contoso.kr"}).json()
    assert body["@adminapi.warnings"] == [] and body["adminapi.warnings@odata.type"] == "#Collection(String)"
    assert body["@odata.context"].endswith(f"/adminapi/beta/{FABRIKAM}/$metadata#Collection(Exchange.GenericHashTable)")
    (found,) = body["value"]
    assert found["Guid@odata.type"] == "#Guid" and found["EmailAddresses@odata.type"] == "#Collection(String)"
    assert found["Guid"] != found["ExternalDirectoryObjectId"] == exchange.user("minsu.kim")["id"]
    assert found["WhenChangedUTC"].endswith(".0000000Z") and found["WhenChanged"].endswith(".0000000+00:00")
    assert found["RecipientType"] == "MailUser" and found["CustomAttribute1"] == "" and found["AddressBookPolicy"] is None


@pytest.mark.fact("F146", "$select narrows the properties")
def test_select(exchange: Exchange) -> None:
    """F146: without regard to case; an unknown property is refused."""
    path = "InvokeCommand?$select=displayname,HiddenFromAddressListsEnabled"
    (found,) = exchange.objects("Get-Recipient", {"Identity": "minsu.kim@contoso.kr"}, path=path)
    assert found == {"DisplayName": "Minsu Kim", "HiddenFromAddressListsEnabled": False}
    exchange.failed(400, "Nickname", "Get-Recipient", path="InvokeCommand?$select=Nickname")
    exchange.failed(400, "$top", "Get-Recipient", path="InvokeCommand?$top=5")


@pytest.mark.fact("F146", "Parameters is an object and never null; what a cmdlet does not know is refused")
@pytest.mark.parametrize(
    "body",
    [
        {"CmdletInput": {"CmdletName": "Get-Recipient", "Parameters": None}},
        {"CmdletInput": {"CmdletName": "Get-Recipient"}},
        {"CmdletName": "Get-Recipient", "Parameters": {}},
        [],
        command("Get-Recipient", {"Filtre": "x"}),
        command("Get-Recipient", {"ResultSize": "lots"}),
        command("Get-Recipient", {"Filter": True}),
        command("Get-Recipient", {"Filter": "Alias -eq ann"}),
        command("Get-Recipient", {"Identity": "x", "Filter": "Alias -eq 'x'"}),
        command("Set-MailUser", {"Identity": "x", "HiddenFromAddressListsEnabled": "False"}),
        command("Set-MailUser", {"Identity": "x", "EmailAddresses": {"add": ["smtp:a@b.kr"]}}),
        command("Set-MailUser", {"HiddenFromAddressListsEnabled": False}),
    ],
)
def test_malformed_requests(exchange: Exchange, body: Any) -> None:
    """F146, F149: 400 in the envelope of cmdlet errors."""
    error = exchange.post("InvokeCommand", body).json()["error"]
    assert error["code"] == "BadRequest" and error["message"] == "Invalid Operation"
    inner = error["innererror"]["internalexception"]
    assert error["details"][0]["message"] == f"|{inner['type']}|{inner['message']}" and inner["message"]


def test_requests_that_are_not_json(exchange: Exchange) -> None:
    """F146: the content type is application/json."""
    headers = {"Authorization": f"Bearer {exchange.exchange_token()}", "Content-Type": "text/plain"}
    url = f"{ROOT}/adminapi/beta/{FABRIKAM}/InvokeCommand"
    assert exchange.http.post(url, content=b"{}", headers=headers).status_code == 400
    headers["Content-Type"] = "application/json"
    assert exchange.http.post(url, content=b"{", headers=headers).status_code == 400
    assert exchange.http.get(url, headers=headers).status_code == 405


@pytest.mark.fact("F146", "A Get- cmdlet with Identity null returns everything, or is refused (exchange_null_identity)")
def test_identity_null(exchange: Exchange) -> None:
    """F146: the trap."""
    assert len(exchange.objects("Get-Recipient", {"Identity": None})) == len(exchange.target.exchange.recipients)
    exchange.set(exchange_null_identity="refused")
    exchange.failed(400, "Identity", "Get-Recipient", {"Identity": None})
    assert exchange.objects("Get-Recipient")


@pytest.mark.fact("F146", "A display name may be that of several; a setter takes the first")
def test_an_identity_that_is_not_unique(exchange: Exchange) -> None:
    """F146: the other half of the trap."""
    for name in ("junho.choi", "taeho.oh"):
        exchange.user(name)["displayName"] = "Same Name"
    assert len(exchange.objects("Get-MailUser", {"Identity": "same name"})) == 2
    assert exchange.run("Set-MailUser", {"Identity": "Same Name", "CustomAttribute1": "x"}).status_code == 200
    assert [record["CustomAttribute1"] for record in exchange.objects("Get-MailUser", {"Identity": "Same Name"})].count("x") == 1


@pytest.mark.fact("F147", "A setter answers nothing, the object, or 204 (exchange_setter_answer)")
def test_setter_answers(exchange: Exchange) -> None:
    """F147: three kinds."""
    parameters = {"Identity": exchange.user("junho.choi")["id"], "CustomAttribute1": "a"}
    assert exchange.run("Set-MailUser", parameters).json()["value"] == []
    exchange.set(exchange_setter_answer="object")
    (shown,) = exchange.objects("Set-MailUser", {**parameters, "CustomAttribute1": "b"})
    assert shown["CustomAttribute1"] == "b"
    exchange.set(exchange_setter_answer="no_content")
    answer = exchange.run("Set-MailUser", {**parameters, "CustomAttribute1": "c"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert exchange.recipient("junho.choi")["CustomAttribute1"] == "c"


# Paging (F148) ------------------------------------------------------------------------------------------------------


@pytest.mark.fact("F148", "A nextLink is followed by the same POST, by GET, or not at all (exchange_paging)")
@pytest.mark.parametrize("way", ["repost", "get", "never"])
def test_paging(exchange: Exchange, way: str) -> None:
    """F148: the three views; whatever else is tried is 400."""
    exchange.set(exchange_paging=way)
    sent = command("Get-Recipient", {"ResultSize": "Unlimited"})
    body = exchange.post("InvokeCommand?$select=Alias", sent, Prefer="odata.maxpagesize=5").json()
    link, found = body["@odata.nextLink"], body["value"]
    assert len(found) == 5 and bool(body["@adminapi.warnings"]) == (way == "never")
    attempts = {
        "repost": exchange.post(link, sent, Prefer="odata.maxpagesize=100"),
        "other body": exchange.post(link, command("Get-Recipient"), Prefer="odata.maxpagesize=100"),
        "other anchor": exchange.post(link, sent, X_AnchorMailbox="UPN:x"),
        "get": exchange.post(link, None, method="GET", Prefer="odata.maxpagesize=100"),
    }
    for name, answer in attempts.items():
        if name != way:
            assert answer.status_code == 400 and "Expired or Invalid pagination request" in answer.text
    if way != "never":
        rest = attempts[way].json()
        assert "@odata.nextLink" not in rest
        assert len({record["Alias"] for record in [*found, *rest["value"]]}) == len(exchange.target.exchange.recipients)


@pytest.mark.fact("F148", "Without Unlimited an answer ends at ResultSize, with a nextLink and a warning; pages expire in 30 minutes")
def test_result_size(exchange: Exchange) -> None:
    """F148: a truncated answer is not a complete one; switch exchange_page_size."""
    body = exchange.run("Get-Recipient", {"ResultSize": 2}).json()
    assert len(body["value"]) == 2 and "increase the value for the ResultSize" in body["@adminapi.warnings"][0]
    exchange.set(exchange_page_size=3)
    body = exchange.run("Get-Recipient").json()
    assert len(body["value"]) == 3 and body["@odata.nextLink"]
    exchange.advance("PT31M")
    assert exchange.post(body["@odata.nextLink"], command("Get-Recipient")).status_code == 400
    complete = exchange.run("Get-Recipient", {"Identity": "minsu.kim@contoso.kr", "ResultSize": "Unlimited"}).json()
    assert "@odata.nextLink" not in complete


def test_the_largest_page(exchange: Exchange) -> None:
    """F148: an answer can be incomplete although everything was asked for; switch exchange_largest_page."""
    exchange.set(exchange_largest_page=2, exchange_paging="never")
    sent = command("Get-Recipient", {"ResultSize": "Unlimited"})
    body = exchange.post("InvokeCommand", sent, Prefer="odata.maxpagesize=1000").json()
    assert len(body["value"]) == 2 and body["@odata.nextLink"] and body["@adminapi.warnings"]
    exchange.set(exchange_paging="repost")
    link = exchange.post("InvokeCommand", sent).json()["@odata.nextLink"]
    assert len(exchange.post(link, sent, Prefer="odata.maxpagesize=1000").json()["value"]) == 2


# Errors (F149) ------------------------------------------------------------------------------------------------------


@pytest.mark.fact("F149", "An unknown cmdlet is 403 with NUL bytes, as one that is not allowed")
def test_unknown_cmdlets(exchange: Exchange) -> None:
    """F149: not JSON, nothing to print."""
    answer = exchange.run("Get-AddressBookPolicy")
    assert answer.status_code == 403 and set(answer.content) == {0}


@pytest.mark.fact("F149", "No such recipient: an error whose detail has three parts (exchange_not_found_status)")
@pytest.mark.parametrize("status", [404, 400, 500])
def test_not_found(exchange: Exchange, status: int) -> None:
    """F149, F157: the only error that means absent; its status is not known."""
    exchange.set(exchange_not_found_status=status)
    error = exchange.failed(status, "couldn't be found on", "Get-MailUser", {"Identity": "nobody@contoso.kr"})
    identifier, kind, text = error["details"][0]["message"].split("|")
    assert identifier == "Ex6F9304" and kind.endswith(".ManagementObjectNotFoundException") and "'nobody@contoso.kr'" in text
    assert exchange.objects("Get-Recipient", {"Filter": "Alias -eq 'nobody'"}) == []
    assert from_options([f"exchange_not_found_status={status}"], "likely").exchange_not_found_status == status


def test_a_filter_may_be_too_long(exchange: Exchange) -> None:
    """F151, F157: switch exchange_longest_filter; callers halve their chunks."""
    text = " -or ".join("Alias -eq 'x'" for _number in range(50))
    assert exchange.objects("Get-Recipient", {"Filter": text}) == []
    exchange.set(exchange_longest_filter=200)
    exchange.failed(400, "too long", "Get-Recipient", {"Filter": text})


@pytest.mark.fact("F149", "Too many requests: 429 with or without Retry-After, or 503 with a text (exchange_throttle_answer)")
@pytest.mark.parametrize(("way", "status"), [("retry_after", 429), ("no_retry_after", 429), ("unavailable", 503)])
def test_throttling(exchange: Exchange, way: str, status: int) -> None:
    """F149, F150: three kinds of refusal."""
    exchange.set(throttling=True, exchange_requests_per_minute=2, exchange_throttle_answer=way)
    answers = [exchange.run("Get-AcceptedDomain") for _time in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, status]
    assert ("retry-after" in answers[2].headers) == (way == "retry_after")
    assert "maximum number of concurrent requests per tenant" in answers[2].text


@pytest.mark.fact("F150", "Rate-Limit headers are there or not (exchange_rate_limit_headers)")
def test_rate_limit_headers(exchange: Exchange) -> None:
    """F150: not seen live, read by two clients."""
    assert not [name for name in exchange.run("Get-AcceptedDomain").headers if name.startswith("rate-limit")]
    exchange.set(exchange_rate_limit_headers="present", throttling=True, exchange_requests_per_minute=10)
    headers = exchange.run("Get-AcceptedDomain").headers
    assert (headers["rate-limit-limit"], headers["rate-limit-remaining"]) == ("10", "9")
    assert datetime.fromisoformat(headers["rate-limit-reset"])


# Batches (F150) -----------------------------------------------------------------------------------------------------


def item(number: int, cmdlet: str, parameters: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    url = f"{ROOT}/adminapi/beta/{FABRIKAM}/InvokeCommand"
    return {"id": str(number), "method": "POST", "url": url, "headers": {}, "body": command(cmdlet, parameters), **changes}


def batched(exchange: Exchange, *items: dict[str, Any], prefer: str = "odata.continue-on-error") -> dict[str, dict[str, Any]]:
    answer = exchange.post("$batch", {"requests": list(items)}, Prefer=prefer)
    assert answer.status_code == 200, answer.text
    return {response["id"]: response for response in answer.json()["responses"]}


@pytest.mark.fact("F150", "A $batch holds ten cmdlets; each has a value or an error, with a status or without (exchange_batch_status)")
def test_batches(exchange: Exchange) -> None:
    """F150."""
    items = [item(1, "Get-AcceptedDomain"), item(2, "Get-Recipient", {"Identity": "nobody"}), item(3, "Get-Mailbox")]
    answers = batched(exchange, *items, item(4, "Get-Recipient", url="/InvokeCommand"))
    assert {key: answer["status"] for key, answer in answers.items()} == {"1": 200, "2": 404, "3": 403, "4": 400}
    assert answers["1"]["body"]["value"] and answers["2"]["body"]["error"] and answers["3"]["body"]["error"]
    exchange.set(exchange_batch_status="absent")
    assert all("status" not in answer for answer in batched(exchange, *items).values())
    assert exchange.post("$batch", {"requests": [item(number, "Get-Recipient") for number in range(11)]}).status_code == 400
    assert exchange.post("$batch", {"requests": [item(1, "Get-Recipient")]}, account="contoso").status_code == 401


def test_a_batch_ends_at_its_first_error(exchange: Exchange) -> None:
    """F150: without Prefer: odata.continue-on-error."""
    items = [item(1, "Get-AcceptedDomain"), item(2, "Get-Recipient", {"Identity": "nobody"}), item(3, "Get-AcceptedDomain")]
    assert set(batched(exchange, *items, prefer="")) == {"1", "2"}


@pytest.mark.fact("F146", "WhatIf runs nothing and gives the text of what would be done, in batches too")
def test_what_if(exchange: Exchange) -> None:
    """F146, F151: a dry run by the server."""
    parameters = {"Identity": exchange.user("junho.choi")["id"], "HiddenFromAddressListsEnabled": False, "WhatIf": True}
    (answer,) = batched(exchange, item(1, "Set-MailUser", parameters)).values()
    assert answer["body"]["value"] == [] and answer["body"]["@adminapi.confirmationmessage"].startswith("What if:")
    assert exchange.recipient("junho.choi")["HiddenFromAddressListsEnabled"] is True
    exchange.failed(404, "couldn't be found", "Set-MailUser", {**parameters, "Identity": "nobody"})


# v2.0 (F153) ----------------------------------------------------------------------------------------------------------


@pytest.mark.fact("F153", "Members of a distribution group and of a dynamic one, hidden ones included, with an app role of their own")
def test_members_of_groups(exchange: Exchange) -> None:
    """F153: the documented endpoints."""
    more: dict[str, Any] = {"account": "documented", "version": "v2.0"}
    members = exchange.objects("Get-DistributionGroupMember", {"Identity": "everybody@fabrikam.kr"}, path="DistributionGroupMember", **more)
    assert {record["RecipientTypeDetails"] for record in members} == {"UserMailbox"} and len(members) == 3
    dynamic = {"cmdlet": "Get-DynamicDistributionGroupMember", "path": "DynamicDistributionGroupMember", **more}
    people = exchange.objects(parameters={"Identity": "cts-people@fabrikam.kr", "ResultSize": "Unlimited"}, **dynamic)
    hidden = {record["DisplayName"] for record in people if record["HiddenFromAddressListsEnabled"]}
    assert hidden == {"Junho Choi", "Sora Jung", "Yuna Han"} and "AddressListMembership" not in people[0]
    exchange.failed(404, "couldn't be found", parameters={"Identity": "none@fabrikam.kr"}, **dynamic)
    exchange.failed(400, "not supported", "Get-Recipient", path="DynamicDistributionGroupMember", **more)
    exchange.failed(404, "segment", "Get-DistributionGroupMember", {"Identity": "x"}, path="DistributionGroupMember")


@pytest.mark.fact("F153", "The members of a dynamic group are found anew every 24 hours")
def test_dynamic_groups_are_recalculated_daily(exchange: Exchange) -> None:
    """F153."""
    more: dict[str, Any] = {"path": "DynamicDistributionGroupMember", "account": "documented", "version": "v2.0"}
    asked = ("Get-DynamicDistributionGroupMember", {"Identity": "cts-people"})
    before = len(exchange.objects(*asked, **more))
    exchange.advance("PT2H")
    assert exchange.recipient("dahye.yoon") and len(exchange.objects(*asked, **more)) == before
    exchange.advance("PT24H")
    assert len(exchange.objects(*asked, **more)) == before + 1


@pytest.mark.fact("F153", "v2.0 needs X-AnchorMailbox, the tenant's GUID and Exchange.ManageAsAppV2; beta refuses that app role")
def test_versions(exchange: Exchange) -> None:
    """F152, F153."""
    v2: dict[str, Any] = {"account": "documented", "version": "v2.0"}
    assert exchange.run("Get-AcceptedDomain", **v2).status_code == 200
    exchange.failed(400, "X-AnchorMailbox", "Get-AcceptedDomain", X_AnchorMailbox="", **v2)
    assert exchange.run("Get-AcceptedDomain", tenant="fabrikam.onmicrosoft.com", **v2).status_code == 401
    assert exchange.run("Get-AcceptedDomain", account="documented").status_code == 401
    assert exchange.run("Get-AcceptedDomain", version="v2.0").status_code == 401
    denied = exchange.run("Set-MailUser", {"Identity": "x"}, **v2)
    assert denied.status_code == 403 and denied.json()["error"]["code"] == "ErrorAccessDenied"


# Which tenant answers (F156) ------------------------------------------------------------------------------------------


@pytest.mark.fact("F156", "Another tenant answers (exchange_answers_for_other_tenant); its accepted domains show it")
def test_another_tenant_answers(exchange: Exchange) -> None:
    """F156."""
    domains = {record["DomainName"] for record in exchange.objects("Get-AcceptedDomain")}
    assert domains == {"fabrikam.kr", "fabrikam.onmicrosoft.com"}
    exchange.set(exchange_answers_for_other_tenant=True)
    assert {record["DomainName"] for record in exchange.objects("Get-AcceptedDomain")} == {"contoso.kr", "contoso.onmicrosoft.com"}
    (organization,) = exchange.objects("Get-OrganizationConfig")
    assert organization["Name"] == "contoso.onmicrosoft.com"


# Faults, log and traffic --------------------------------------------------------------------------------------------


def test_faults_strike_exchange(exchange: Exchange) -> None:
    """The fault plan, in Exchange's dialect, and in batches."""

    def fault(**values: Any) -> None:
        assert exchange.http.post("/emulator/faults", json={"path": "/exchange/adminapi/", **values}).status_code == 201

    fault(fault="status", status=503, retry_after=7)
    answer = exchange.run("Get-AcceptedDomain")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7") and "internalexception" in answer.text
    fault(fault="status", status=403)
    assert set(exchange.run("Get-AcceptedDomain").content) == {0}
    fault(fault="html", status=502)
    assert exchange.run("Get-AcceptedDomain").text.startswith("<!DOCTYPE html>")
    fault(fault="expired_token")
    assert exchange.run("Get-AcceptedDomain").status_code == 401
    fault(fault="delay", seconds=0.01)
    assert exchange.run("Get-AcceptedDomain").status_code == 200
    fault(fault="reset_before_commit")
    with pytest.raises(ConnectionResetError):
        exchange.run("Get-AcceptedDomain")
    exchange.http.delete("/emulator/faults")
    fault(fault="status", status=429, nth=2)
    (answer_in_batch,) = batched(exchange, item(1, "Get-AcceptedDomain")).values()
    assert answer_in_batch["status"] == 429


def test_the_log_and_the_traffic(exchange: Exchange) -> None:
    """Requests to Exchange are counted apart, and logged without unreadable bodies."""
    exchange.http.delete("/emulator/requests")
    exchange.run("Get-AcceptedDomain")
    exchange.run("Get-Recipient", account="half")
    batched(exchange, item(1, "Get-AcceptedDomain"), item(2, "Get-AcceptedDomain"))
    counts = exchange.http.get("/emulator/traffic").json()
    assert (counts["exchange_requests"], counts["exchange_batch_items"], counts["graph_requests"]) == (3, 2, 0)
    log = [record for record in exchange.http.get("/emulator/requests").json()["requests"] if "/adminapi/" in record["path"]]
    assert [(record["status"], record["batched"]) for record in log] == [(200, False), (403, False), (200, True), (200, True), (200, False)]
    assert log[0]["tenant"] == FABRIKAM and log[0]["request_body"] == command("Get-AcceptedDomain") and log[1]["response_body"] is None


def test_tokens_for_the_other_service_are_counted(exchange: Exchange) -> None:
    """Whoever watches a client sees whether a token was ever shown to a service that it was not issued for."""

    def wrong() -> int:
        count: int = exchange.http.get("/emulator/traffic").json()["wrong_audience"]
        return count

    exchange.get("/users?$top=1")
    exchange.run("Get-AcceptedDomain")
    batched(exchange, item(1, "Get-AcceptedDomain"))
    exchange.http.get("/v1.0/users", headers={"Authorization": "Bearer nonsense"})
    assert wrong() == 0
    of_graph, of_exchange = (f"Bearer {token}" for token in (exchange.token("fabrikam"), exchange.exchange_token()))
    exchange.run("Get-AcceptedDomain", token=exchange.token("fabrikam"))
    exchange.http.get("/v1.0/users", headers={"Authorization": of_exchange})
    assert wrong() == 2
    batched(exchange, item(1, "Get-AcceptedDomain", headers={"Authorization": of_graph}))
    inner = {"id": "1", "method": "GET", "url": "/users", "headers": {"Authorization": of_exchange}}
    exchange.http.post("/v1.0/$batch", json={"requests": [inner]}, headers={"Authorization": of_graph})
    assert wrong() == 4


def test_token_requests_for_exchange_are_counted(exchange: Exchange) -> None:
    """By the scope, whatever is answered."""
    exchange.token("fabrikam")
    exchange.exchange_token()
    exchange.exchange_token(scope="https://outlook.office365.com/.default")
    counts = exchange.http.get("/emulator/traffic").json()
    assert (counts["token_requests"], counts["exchange_token_requests"]) == (3, 2)


def test_graph_alone_does_not_touch_exchange(api: Api) -> None:
    """Nothing is copied into Exchange before the first request to it."""
    api.get("/users")
    assert api.service.world.tenants[CONTOSO].exchange.recipients == {}

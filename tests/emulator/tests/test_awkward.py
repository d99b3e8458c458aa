# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts F14, F124 and the control API: lag, transient failures, logs, clock, faults."""

from __future__ import annotations

import pytest
from api import CONTOSO, FABRIKAM, PARTNERS, Api
from starlette.testclient import TestClient

from entra_emulator.settings import FLIPPED, Settings, from_options


@pytest.mark.fact("F5", 'Assigning to a service principal that is not replicated is 400 "Not a valid reference update"')
@pytest.mark.fact("F14", "A new object is invisible for some reads, and references to it are not valid yet (switches lag.*)")
def test_new_objects_are_invisible_for_some_reads(api: Api) -> None:
    """F14: reads may hit a stale replica; references to it are not valid yet."""
    api.set(lag={"application": 2})
    made = api.configuration()
    sp_id, role = made["servicePrincipal"]["id"], made["servicePrincipal"]["appRoles"][0]["id"]
    api.refused(404, "Request_ResourceNotFound", "GET", f"/servicePrincipals/{sp_id}")
    body = {"principalId": api.user_id("minsu.kim@contoso.kr"), "resourceId": sp_id, "appRoleId": role}
    error = api.refused(400, "Request_BadRequest", "POST", f"/servicePrincipals/{sp_id}/appRoleAssignedTo", body)
    assert "Not a valid reference update" in error["message"]
    assert api.send("POST", f"/servicePrincipals/{sp_id}/appRoleAssignedTo", body).status_code == 201


@pytest.mark.fact("F14", "A deleted partner is still seen for a while, and its re-creation answers 409")
def test_deleted_partners_linger(api: Api) -> None:
    """F14: a POST before the deletion has propagated answers 409."""
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM})
    api.set(lag={"partner": 2})
    api.ok("DELETE", f"{PARTNERS}/{FABRIKAM}")
    assert len(api.get(PARTNERS)["value"]) == 1
    api.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", PARTNERS, {"tenantId": FABRIKAM})
    assert api.get(PARTNERS)["value"] == []
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM})


@pytest.mark.fact("F15", "Jobs, secrets and assignments appear late in reads")
def test_jobs_secrets_and_assignments_appear_late(api: Api) -> None:
    """F15."""
    api.set(lag={"job": 1, "secrets": 1, "assignment": 1})
    sp_id, job, role = api.job()
    assert api.send("GET", job).status_code == 404
    assert api.get(job)["id"]
    path = f"/servicePrincipals/{sp_id}/synchronization/secrets"
    assert api.get(path)["value"] == []
    assert len(api.get(path)["value"]) == 3
    api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    assert api.get(f"/servicePrincipals/{sp_id}/appRoleAssignedTo")["value"] == []
    assert len(api.get(f"/servicePrincipals/{sp_id}/appRoleAssignedTo")["value"]) == 1


@pytest.mark.fact("F14", "Replication takes time, on the wall or by the virtual clock (switches lag_seconds.*, lag_clock)")
@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_lag_by_seconds(api: Api, clock: str) -> None:
    """F14: replication takes time for every reader."""
    now = [1000.0]
    api.set(lag_seconds={"partner": 60}, lag_clock=clock)
    if clock == "real":
        api.service.replicas.now = lambda: now[0]
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM})
    for _time in range(3):
        assert api.get(PARTNERS)["value"] == []
    if clock == "real":
        now[0] += 60
    else:
        api.advance("PT1M")
    assert len(api.get(PARTNERS)["value"]) == 1


@pytest.mark.fact("F14", "A read may hit a stale replica after the new state was seen (switch stale_reads)")
def test_a_stale_replica_shows_the_old_state_again(api: Api) -> None:
    """F14: an object that was visible once may be missing again."""
    api.set(lag={"partner": 1}, stale_reads=2)
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM})
    assert [len(api.get(PARTNERS)["value"]) for _time in range(7)] == [0, 1, 0, 1, 0, 1, 1]


@pytest.mark.fact("F124", "Log entries appear some minutes late (switch log_delay_seconds)")
def test_replicas_catch_up_when_virtual_time_passes(api: Api) -> None:
    """F14: lag is a matter of seconds, a step of the clock one of minutes."""
    api.set(lag={"partner": 5}, stale_reads=5)
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM})
    assert api.get(PARTNERS)["value"] == []
    api.advance("PT1M")
    assert [len(api.get(PARTNERS)["value"]) for _time in range(3)] == [1, 1, 1]


def test_log_entries_appear_late(api: Api) -> None:
    """F124: some minutes of delay."""
    api.set(log_delay_seconds=300)
    api.link_policies()
    api.ok("POST", f"{api.job()[1]}/start")
    path = "/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Enable/start provisioning configuration'"
    assert api.get(path)["value"] == []
    api.advance("PT5M")
    assert len(api.get(path)["value"]) == 1


@pytest.mark.fact(
    "F4",
    "Synchronization calls on a new application answer 403 and 409 (transient_synchronization_errors)",
)
def test_transient_synchronization_errors(api: Api) -> None:
    """F4: 403 and 409 shortly after the creation of the application."""
    api.set(transient_synchronization_errors=2)
    sp_id = api.configuration()["servicePrincipal"]["id"]
    path = f"/servicePrincipals/{sp_id}/synchronization/jobs"
    assert [api.send("GET", path).status_code for _time in range(4)] == [403, 409, 200, 200]


@pytest.mark.fact("F129", "Configuration changes are in the source tenant's audit log under Account Provisioning")
@pytest.mark.fact("F124", "The provisioning log takes the how-to's $filter, $top and $orderby; values are case sensitive")
def test_provisioning_log_filters(api: Api) -> None:
    """F124: the how-to's filter; values are case sensitive; F129: configuration changes in the audit log."""
    api.link_policies()
    sp_id, job, role = api.job()
    api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    day = api.service.world.clock[:4]
    text = (
        f"((contains(tolower(servicePrincipal/id), '{sp_id}') or contains(tolower(servicePrincipal/displayName), '{sp_id}')) "
        f"and activityDateTime gt {day}-01-01 and activityDateTime lt {int(day) + 2}-01-01)"
    )
    found = api.get(f"/auditLogs/provisioning?$filter={text}&$top=500&$orderby=activityDateTime desc")["value"]
    assert found and found == sorted(found, key=lambda entry: entry["activityDateTime"], reverse=True)
    assert api.get("/auditLogs/provisioning?$filter=jobId eq 'AZURE2AZURE'")["value"] == []
    api.refused(400, "Request_UnsupportedQuery", "GET", "/auditLogs/provisioning?$filter=jobId ne 'x'")
    audits = api.get("/auditLogs/directoryAudits?$filter=loggedByService eq 'Account Provisioning'")["value"]
    assert "Enable/start provisioning configuration" in {entry["activityDisplayName"] for entry in audits}
    api.set(log_delay_seconds=86_400)
    assert api.get("/auditLogs/provisioning")["value"] == []


@pytest.mark.fact("F185", "$filter of the provisioning log takes the action and the status, or refuses them (switch log_filter)")
@pytest.mark.fact("F187", "A page of the provisioning log has $top entries, and a link with $skiptoken to the next one")
@pytest.mark.fact("F124", "The logs are kept for 30 days, or for 7 (switch log_retention_days)")
def test_the_stream_of_the_provisioning_log(api: Api) -> None:
    api.link_policies()
    sp_id, job, role = api.job()
    for person in ("minsu.kim@contoso.kr", "jiyoung.park@contoso.kr"):
        api.assign(sp_id, role, api.user_id(person))
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    log = "/auditLogs/provisioning"
    done = (
        f"{log}?$filter=(provisioningStatusInfo/status eq 'success' or provisioningStatusInfo/status eq 'failure')"
        " and (provisioningAction eq 'create' or provisioningAction eq 'delete')"
    )
    assert len(api.get(done)["value"]) == 2
    assert api.get(f"{log}?$filter=provisioningAction eq 'delete'")["value"] == []
    page = api.get(f"{done}&$orderby=activityDateTime desc&$top=1")
    assert len(page["value"]) == 1
    assert "$skiptoken=" in page["@odata.nextLink"].replace("%24", "$")

    api.set(log_filter="ids")
    for refused in ("provisioningAction eq 'create'", "provisioningStatusInfo/status eq 'success'"):
        api.refused(400, "BadRequest", "GET", f"{log}?$filter={refused}")
    assert len(api.get(f"{log}?$filter=servicePrincipal/id eq '{sp_id}'")["value"]) == 2

    api.advance("P8D")
    assert len(api.get(log)["value"]) == 2
    api.set(log_retention_days=7)
    assert api.get(log)["value"] == []


# Control API --------------------------------------------------------------------------------------------------------


def test_state_round_trip(api: Api) -> None:
    """A dump loads into another emulator and says the same."""
    api.link_policies()
    api.job()
    state = api.http.get("/emulator/state").json()
    other = Api()
    assert other.http.put("/emulator/state", json=state).status_code == 204
    assert other.http.get("/emulator/state").json() == state
    assert other.get(PARTNERS)["value"] == api.get(PARTNERS)["value"]
    assert other.http.put("/emulator/state", json={"tenant": {}}).status_code == 400


def test_a_state_without_directories_gets_those_of_the_template() -> None:
    """As a PUT of a schema may leave them out; a schema with other ones keeps them."""
    api = Api(directory_extensions=200)
    principal, job, _role = api.job()
    state = api.http.get("/emulator/state").json()
    (held,) = state["tenants"][CONTOSO]["synchronizations"][principal]["jobs"].values()
    complete = held["job_schema"].pop("directories")
    assert api.http.put("/emulator/state", json=state).status_code == 204
    assert api.get(f"{job}/schema")["directories"] == complete
    assert len(complete[0]["objects"][0]["attributes"]) > 200
    held["job_schema"]["directories"] = complete[:1]
    assert api.http.put("/emulator/state", json=state).status_code == 204
    assert api.get(f"{job}/schema")["directories"] == complete[:1]


def test_the_clock(api: Api) -> None:
    """ISO 8601 durations or a point in time; never backwards."""
    before = api.http.get("/emulator/clock").json()["clock"]
    assert api.advance("PT40M")["clock"] > before
    response = api.http.post("/emulator/clock", json={"to": "2001-01-01T00:00:00Z"})
    assert response.status_code == 400 and "does not go back" in response.json()["error"]
    assert api.http.post("/emulator/clock", json={"advance": "soon"}).status_code == 400
    assert api.http.post("/emulator/clock", json={}).status_code == 400


def test_settings(api: Api) -> None:
    """PUT changes what it names; unknown names and values are refused in a sentence."""
    changed = api.http.put("/emulator/settings", json={"pause_state": "Paused", "lag": {"user": 2}}).json()
    assert changed["pause_state"] == "Paused" and changed["lag"]["user"] == 2 and changed["lag"]["group"] == 0
    response = api.http.put("/emulator/settings", json={"pause_stat": "Paused"})
    assert response.status_code == 400 and "pause_stat" in response.json()["error"]
    assert api.http.put("/emulator/settings", json={"pause_state": "Stopped"}).status_code == 400


def test_the_flipped_preset_differs_everywhere() -> None:
    """The other behaviour of each switch."""
    likely, flipped = Settings(), from_options(["lag.user=3", "throttling=false"], "flipped")
    assert all(getattr(likely, name) != getattr(flipped, name) for name in FLIPPED)
    assert flipped.lag.user == 3 and flipped.throttling is False


def test_the_request_log(api: Api) -> None:
    """Method, path with query, tenant, client, status, bodies; no secrets; batch items too."""
    api.http.delete("/emulator/requests")
    api.tokens.clear()
    api.get("/users?$top=1")
    body = {"requests": [{"id": "1", "method": "GET", "url": "/groups"}]}
    api.ok("POST", "/$batch", body)
    text = api.http.get("/emulator/requests").text
    assert "contoso-rehearsal-secret" not in text and api.token("contoso") not in text
    entries = api.http.get("/emulator/requests").json()["requests"]
    assert [entry["path"].split("?")[0] for entry in entries] == [
        f"/{CONTOSO}/oauth2/v2.0/token",
        "/v1.0/users",
        "/v1.0/groups",
        "/v1.0/$batch",
    ]
    assert entries[1]["tenant"] == CONTOSO and entries[1]["status"] == 200 and entries[1]["client_id"].startswith("1111")
    assert entries[2]["batched"] is True
    assert all(entry.keys() >= {"request_body", "response_body"} for entry in entries)


def test_the_request_log_without_bodies() -> None:
    """Requests and items of batches."""
    api = Api(log_bodies=False)
    api.ok("POST", "/$batch", {"requests": [{"id": "1", "method": "GET", "url": "/groups"}]})
    entries = api.http.get("/emulator/requests").json()["requests"]
    assert [entry["path"] for entry in entries][1:] == ["/v1.0/groups", "/v1.0/$batch"]
    assert not any(name.endswith("_body") for entry in entries for name in entry)


def fault(api: Api, **values: object) -> None:
    assert api.http.post("/emulator/faults", json=values).status_code == 201


@pytest.mark.fact("F10", "Any request can be made to fail with any status, with Retry-After, before or after the change was made")
def test_status_faults(api: Api) -> None:
    """This request, this fault: nth and times; Retry-After; before or after the change."""
    fault(api, method="GET", path="/v1.0/users", nth=2, times=2, fault="status", status=429, retry_after=7)
    statuses = [api.send("GET", "/users") for _time in range(4)]
    assert [response.status_code for response in statuses] == [200, 429, 429, 200]
    assert statuses[1].headers["Retry-After"] == "7" and statuses[1].json()["error"]["code"] == "TooManyRequests"
    fault(api, method="POST", path="/partners$", fault="status", status=503, committed=True)
    assert api.send("POST", PARTNERS, {"tenantId": FABRIKAM}).status_code == 503
    assert len(api.get(PARTNERS)["value"]) == 1


def test_html_and_expired_token_faults(api: Api) -> None:
    """An HTML body; a token that expires once."""
    fault(api, path="/users", fault="html", status=502)
    response = api.send("GET", "/users")
    assert response.status_code == 502 and response.headers["content-type"].startswith("text/html")
    fault(api, path="/users", fault="expired_token")
    api.refused(401, "InvalidAuthenticationToken", "GET", "/users")
    api.get("/users")


def test_faults_are_listed_checked_and_removed(api: Api) -> None:
    """GET, DELETE, and refusals."""
    fault(api, path="/users", fault="delay", seconds=0)
    assert len(api.http.get("/emulator/faults").json()["faults"]) == 1
    assert api.http.post("/emulator/faults", json={"fault": "explode"}).status_code == 400
    assert api.http.post("/emulator/faults", json={"fault": "html", "path": "("}).status_code == 400
    assert api.http.delete("/emulator/faults").status_code == 204
    assert api.http.get("/emulator/faults").json()["faults"] == []


def test_faults_strike_batch_items(api: Api) -> None:
    """A 429 for one item of a batch."""
    fault(api, path="^/v1.0/groups", fault="status", status=429, retry_after=3)
    body = {"requests": [{"id": "1", "method": "GET", "url": "/groups"}, {"id": "2", "method": "GET", "url": "/groups"}]}
    answers = {item["id"]: item for item in api.ok("POST", "/$batch", body)["responses"]}
    assert answers["1"]["status"] == 429 and answers["1"]["headers"]["Retry-After"] == "3" and answers["2"]["status"] == 200


def test_the_page_shows_the_address_books(api: Api) -> None:
    """People with where they came from, policies and jobs."""
    api.link_policies()
    sp_id, job, role = api.job()
    api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    client: TestClient = api.http
    text = client.get("/").text
    assert "synchronized from Contoso" in text and "minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com" in text
    assert "Sean O&#x27;Brien" in text


@pytest.mark.parametrize("preset", ["likely", "flipped"])
def test_the_how_to_works_under_both_presets(preset: str) -> None:
    """The whole order of section 11, with every switch either way."""
    api = Api(**from_options(["throttling=false"], preset).model_dump())
    api.link_policies()
    sp_id, job, role = api.job()
    api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    api.ok("PUT", f"{job}/schema", api.get(f"{job}/schema"))
    api.ok("POST", f"{job}/start")
    api.advance("PT2H")
    found = api.get("/users?$filter=userPrincipalName eq 'minsu.kim_contoso.kr%23EXT%23@fabrikam.onmicrosoft.com'", "fabrikam")
    assert len(found["value"]) == 1

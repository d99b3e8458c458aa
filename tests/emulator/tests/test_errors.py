# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts F1, F7: both error dialects, permissions, and everything that is refused."""

from __future__ import annotations

import json

import pytest
from api import CONTOSO, FABRIKAM, PARTNERS, Api

from entra_emulator.endpoints import OPERATIONS
from entra_emulator.permissions import PERMISSIONS
from entra_emulator.signing import SigningKey
from entra_emulator.state import Registration


def reduced(api: Api, *roles: str) -> None:
    """Contoso's application with these permissions only, and a fresh token."""
    registration = api.service.world.tenants[CONTOSO].registrations["11111111-1111-4111-8111-111111111111"]
    registration.roles = list(roles)
    api.tokens.pop("contoso", None)


@pytest.mark.fact("F135", "Each synchronization call is admitted by the application permissions of the table, and by no others")
@pytest.mark.fact("F137", "Each operation is admitted by the application permissions of the tables, and by no others")
def test_every_operation_has_permissions_and_every_permission_an_operation() -> None:
    """The one table is complete."""
    assert {(operation.method, operation.template) for operation in OPERATIONS} == set(PERMISSIONS)


@pytest.mark.fact("F9", "A missing or malformed token is 401 InvalidAuthenticationToken")
def test_missing_and_bad_tokens(api: Api) -> None:
    """F9: 401 InvalidAuthenticationToken."""
    for headers, message in (
        ({}, "Access token is empty."),
        ({"Authorization": "Bearer"}, "Access token is empty."),
        ({"Authorization": "Bearer nonsense"}, "IDX14100: JWT is not well formed, there are no dots (.)."),
    ):
        response = api.http.get("/v1.0/users", headers=headers)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "InvalidAuthenticationToken"
        assert response.json()["error"]["message"] == message


def test_foreign_signatures_and_audiences_are_refused(api: Api) -> None:
    """F9: a token of another issuer or for another resource."""
    other = Api(SigningKey())
    response = api.http.get("/v1.0/users", headers={"Authorization": f"Bearer {other.token('contoso')}"})
    assert response.json()["error"]["message"] == "Access token validation failure."
    claims = {"aud": "https://management.azure.com", "tid": CONTOSO, "appid": "x", "exp": 4102444800}
    response = api.http.get("/v1.0/users", headers={"Authorization": f"Bearer {api.service.key.sign(claims)}"})
    assert response.json()["error"]["message"] == "Access token validation failure. Invalid audience."


@pytest.mark.fact("F9", "An expired token is 401 InvalidAuthenticationToken")
def test_expired_tokens(api: Api) -> None:
    """F9, setting token_lifetime_seconds."""
    api.set(token_lifetime_seconds=0)
    error = api.refused(401, "InvalidAuthenticationToken", "GET", "/users")
    assert "expired" in error["message"]


@pytest.mark.fact("F1", "Directory endpoints refuse with 403 Authorization_RequestDenied in the classic error body")
def test_the_directory_says_403(api: Api) -> None:
    """F1: Authorization_RequestDenied."""
    reduced(api, "User.Read.All")
    error = api.refused(403, "Authorization_RequestDenied", "GET", PARTNERS)
    assert error["message"] == "Insufficient privileges to complete the operation."


@pytest.mark.fact("F2", "Synchronization endpoints refuse a missing permission with 401 UnknownError and an empty message")
def test_the_synchronization_service_says_401_with_an_empty_message(api: Api) -> None:
    """F2: UnknownError, not 403."""
    sp_id, job, _role = api.job()
    reduced(api, "Application.ReadWrite.All")
    for method, path in (("GET", job), ("POST", f"{job}/start"), ("GET", f"/servicePrincipals/{sp_id}/synchronization/secrets")):
        error = api.refused(401, "UnknownError", method, path)
        assert error["message"] == ""


@pytest.mark.fact("F82", "PATCH of a schema is not supported: 404 UnknownError")
@pytest.mark.fact("F3", "Unknown synchronization routes and methods are 404 UnknownError, whose message is a JSON string")
def test_the_synchronization_service_says_404_with_json_in_the_message(api: Api) -> None:
    """F3: PATCH schema, unknown routes and methods."""
    sp_id, job, _role = api.job()
    job_id = job.rsplit("/", 1)[1]
    error = api.refused(404, "UnknownError", "PATCH", f"{job}/schema", {})
    address = (
        f"https://syncfabric.windowsazure.com/api/servicePrincipals('{sp_id}')/synchronization/jobs('{job_id}')/schema?api-version=2.0"
    )
    assert json.loads(error["message"]) == {"Message": f"No HTTP resource was found that matches the request URI '{address}'."}
    for method, path in (
        ("POST", f"{job}/stop"),
        ("GET", f"{job}/nonsense"),
        ("DELETE", f"/servicePrincipals/{sp_id}/synchronization/jobs"),
    ):
        assert "No HTTP resource was found" in api.refused(404, "UnknownError", method, path)["message"]


@pytest.mark.fact("F10", "A method that the directory does not know is 405 Request_BadRequest")
def test_unknown_routes_and_methods_of_the_directory(api: Api) -> None:
    """F10: 405 with its text; unknown segments are 400."""
    error = api.refused(405, "Request_BadRequest", "PUT", f"{PARTNERS}/{FABRIKAM}", {})
    assert error["message"] == "Specified HTTP method is not allowed for the request target."
    error = api.refused(400, "BadRequest", "GET", "/nonsense")
    assert error["message"] == "Resource not found for the segment 'nonsense'."


@pytest.mark.fact("F8", "An absent directory object is 404 Request_ResourceNotFound and named in the message")
def test_absent_objects(api: Api) -> None:
    """F8: Request_ResourceNotFound names the object."""
    error = api.refused(404, "Request_ResourceNotFound", "GET", "/users/nobody@contoso.kr")
    assert error["message"] == (
        "Resource 'nobody@contoso.kr' does not exist or one of its queried reference-property objects are not present."
    )


@pytest.mark.fact("F1", "innerError carries date, request-id and the caller's client-request-id")
def test_request_ids(api: Api) -> None:
    """F1: the caller's client-request-id comes back, in headers and innerError."""
    response = api.send("GET", "/users/nobody@contoso.kr", client_request_id="my-id")
    assert response.headers["client-request-id"] == "my-id"
    assert response.json()["error"]["innerError"]["client-request-id"] == "my-id"
    assert response.json()["error"]["innerError"]["request-id"] == response.headers["request-id"]


@pytest.mark.fact("F10", "Unknown query options and bodies that are not JSON are 400")
def test_unknown_query_options_and_bodies_that_are_not_json(api: Api) -> None:
    """Strictness: what the service does not know is refused."""
    api.refused(400, "Request_BadRequest", "GET", "/users?$tpo=5")
    api.refused(400, "Request_BadRequest", "GET", f"{PARTNERS}/{FABRIKAM}?$filter=tenantId eq 'x'")
    headers = {"Authorization": f"Bearer {api.token('contoso')}", "Content-Type": "application/json"}
    response = api.http.post(f"/v1.0{PARTNERS}", content=b"{nonsense", headers=headers)
    assert response.status_code == 400 and "Unable to read JSON request payload" in response.json()["error"]["message"]
    response = api.http.post(f"/v1.0{PARTNERS}", content=b"{}", headers={**headers, "Content-Type": "text/plain"})
    assert response.status_code == 400


@pytest.mark.fact("F136", "Application.ReadWrite.OwnedBy reaches what the caller owns; PATCH of a job needs Synchronization.ReadWrite.All")
def test_owned_by_reaches_only_what_the_caller_created(api: Api) -> None:
    """F136: Application.ReadWrite.OwnedBy admits the owner only; PATCH of a job is not covered."""
    foreign, foreign_job, _role = api.job("Foreign")
    api.service.world.tenants[CONTOSO].service_principals[foreign]["_owner"] = "another application"
    reduced(api, "Application.ReadWrite.OwnedBy")
    own, job, _role = api.job("Own")
    assert [item["id"] for item in api.get("/servicePrincipals")["value"]] == [own]
    assert api.send("POST", f"{job}/start").status_code == 204
    api.refused(401, "UnknownError", "POST", f"{foreign_job}/start")
    api.refused(403, "Authorization_RequestDenied", "GET", f"/servicePrincipals/{foreign}")
    api.refused(401, "UnknownError", "PATCH", job, {})
    api.set(owned_by_restart="refused")
    api.refused(401, "UnknownError", "POST", f"{job}/restart", {"criteria": {}})


@pytest.mark.fact("F135", "Whether GET of the secrets works with Synchronization.Read.All is unknown (switch secrets_read_role)")
def test_reading_secrets_with_the_reading_permission(api: Api) -> None:
    """F135."""
    sp_id, _job, _role = api.job()
    path = f"/servicePrincipals/{sp_id}/synchronization/secrets"
    reduced(api, "Synchronization.Read.All")
    assert len(api.get(path)["value"]) == 3
    api.refused(401, "UnknownError", "PUT", path, {"value": []})
    api.set(secrets_read_role="refused")
    api.refused(401, "UnknownError", "GET", path)


def test_a_registration_that_is_gone_signs_nobody_in(api: Api) -> None:
    """F9: the token is good no more."""
    api.token("contoso")
    registrations: dict[str, Registration] = api.service.world.tenants[CONTOSO].registrations
    del registrations["11111111-1111-4111-8111-111111111111"]
    api.refused(401, "InvalidAuthenticationToken", "GET", "/users")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading errors in both formats, and the meaning of each error for an administrator (facts F1, F7, F11, F135, F141)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import (
    CredentialProblem,
    GraphFailure,
    ServiceError,
    SignInFailure,
    Uncertain,
    Unreachable,
    service_error,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import causes
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import explain, log_remedy, permission, remedy
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE

DIRECTORY = {
    "error": {
        "code": "Authorization_RequestDenied",
        "message": "Insufficient privileges to complete the operation.",
        "innerError": {"date": "2025-02-13T10:17:06", "request-id": "inner-id", "client-request-id": "inner-client-id"},
    }
}
CONFLICT = {
    "error": {
        "code": "Request_MultipleObjectsWithSameKeyValue",
        "message": "A conflicting object with one or more of the specified property values is present in the directory.",
        "details": [{"code": "ConflictingObjects", "message": "same"}],
    }
}
UNKNOWN_ROUTE = {"error": {"code": "UnknownError", "message": '{"Message":"No HTTP resource was found that matches the request URI"}'}}


def error(status: int, code: str, path: str = "/things", method: str = "GET", **rest: Any) -> ServiceError:
    return ServiceError(method, path, status, code, rest.pop("message", ""), **rest)


class TestReading:
    def test_the_format_of_the_directory(self) -> None:
        read = service_error("GET", "/users", 403, DIRECTORY, {})
        assert (read.code, read.message) == ("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        assert (read.request_id, read.client_request_id) == ("inner-id", "inner-client-id")
        assert read.denied
        assert not read.missing

    def test_headers_contain_more_than_the_body(self) -> None:
        read = service_error(
            "GET", "/users", 429, DIRECTORY, {"request-id": "header-id", "client-request-id": "own-client-id", "Retry-After": "9"}
        )
        assert (read.request_id, read.client_request_id, read.retry_after) == ("header-id", "own-client-id", "9")

    @pytest.mark.parametrize(("odd", "read_as"), [(7, "7"), (True, None), ([None], None), ({"odd": None}, None), (None, None), ("x", "x")])
    def test_odd_headers_and_ids(self, odd: Any, read_as: str | None) -> None:
        """The headers of an item of a batch are members of JSON, like the ids in the body."""
        in_body = service_error("GET", "/users", 403, {"error": {"innerError": {"request-id": odd, "client-request-id": odd}}}, {})
        in_headers = service_error("GET", "/users", 429, {}, {"request-id": odd, "client-request-id": odd, "Retry-After": odd})
        assert (in_body.request_id, in_body.client_request_id) == (read_as, read_as)
        assert (in_headers.request_id, in_headers.client_request_id, in_headers.retry_after) == (read_as, read_as, read_as)

    def test_the_synchronization_services_denial(self) -> None:
        read = service_error(
            "POST", "/servicePrincipals/1/synchronization/jobs", 401, {"error": {"code": "UnknownError", "message": ""}}, {}
        )
        assert read.denied
        assert not read.token_refused

    def test_the_synchronization_services_unknown_route_is_no_absence(self) -> None:
        assert not service_error("PATCH", "/servicePrincipals/1/synchronization/jobs/1/schema", 404, UNKNOWN_ROUTE, {}).missing

    def test_details(self) -> None:
        assert service_error("PUT", "/p", 409, CONFLICT, {}).details == ("ConflictingObjects",)

    @pytest.mark.parametrize(
        "body",
        [
            None,
            [],
            "text",
            {},
            {"error": None},
            {"error": "text"},
            {"error": []},
            {"error": {"details": "text"}},
            {"error": {"details": ["text", None], "innerError": "text", "code": None}},
        ],
    )
    def test_an_unexpected_body_breaks_nothing(self, body: Any) -> None:
        read = service_error("GET", "/things", 418, body, {})
        assert (read.code, read.message, read.details) == ("HTTP418", "", ())

    @pytest.mark.parametrize(
        ("status", "code", "missing", "denied", "refused"),
        [
            (404, "Request_ResourceNotFound", True, False, False),
            (404, "ResourceNotFound", True, False, False),
            (404, "Directory_ObjectNotFound", True, False, False),
            (404, "UnknownError", False, False, False),
            (403, "Authorization_RequestDenied", False, True, False),
            (401, "UnknownError", False, True, False),
            (401, "InvalidAuthenticationToken", False, False, True),
            (400, "Request_BadRequest", False, False, False),
        ],
    )
    def test_the_kind_of_an_error(self, status: int, code: str, missing: bool, denied: bool, refused: bool) -> None:
        failure = error(status, code)
        assert (failure.missing, failure.denied, failure.token_refused) == (missing, denied, refused)


class TestRemedies:
    @pytest.mark.parametrize("code", causes._CODES)
    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    def test_every_code_of_the_table(self, code: str, status: int) -> None:
        assert remedy(error(status, code)) == causes._CODES[code]
        assert remedy(error(400, "Request_BadRequest", details=(code,))) == causes._CODES[code]

    @pytest.mark.parametrize(
        "code",
        [
            "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure",
            "AzureDirectoryB2BManagementPolicyCheckFailure",
            "ExternalTenantNotFound",
            "AzureActiveDirectoryTokenExpired",
            "InvalidAuthenticationToken",
            "schemaInvalid",
        ],
    )
    def test_the_codes_of_the_documents_are_known(self, code: str) -> None:
        assert code in causes._CODES

    @pytest.mark.parametrize(
        ("status", "code", "text"),
        [
            (429, "TooManyRequests", "throttling"),
            (500, "InternalServerError", "the service had a fault"),
            (503, "ServiceUnavailable", "the service had a fault"),
            (404, "Request_ResourceNotFound", "not visible yet"),
            (400, "Request_BadRequest", "see the code and the request id"),
        ],
    )
    def test_other_errors(self, status: int, code: str, text: str) -> None:
        assert text in remedy(error(status, code))

    @pytest.mark.parametrize(
        ("method", "path", "needed"),
        [
            ("GET", "/policies/crossTenantAccessPolicy/partners", "Policy.Read.All (or Policy.ReadWrite.CrossTenantAccess)"),
            ("POST", "/policies/crossTenantAccessPolicy/partners", "Policy.ReadWrite.CrossTenantAccess"),
            ("PUT", "/policies/crossTenantAccessPolicy/partners/1/identitySynchronization", "Policy.ReadWrite.CrossTenantAccess"),
            ("GET", "/tenantRelationships/findTenantInformationByDomainName(domainName='x')", "CrossTenantInformation.ReadBasic.All"),
            (
                "GET",
                "/servicePrincipals/1/synchronization/jobs",
                "Synchronization.Read.All (or Synchronization.ReadWrite.All, Application.ReadWrite.OwnedBy)",
            ),
            ("PUT", "/servicePrincipals/1/synchronization/secrets", "Synchronization.ReadWrite.All"),
            ("POST", "/servicePrincipals/1/synchronization/jobs/1/schema/parseExpression", "Synchronization.ReadWrite.All"),
            ("GET", "/servicePrincipals/1/appRoleAssignedTo", "Application.Read.All (or Application.ReadWrite.All, "),
            ("POST", "/servicePrincipals/1/appRoleAssignedTo", "Application.ReadWrite.All"),
            ("GET", "/servicePrincipals?$filter=x", "Application.Read.All (or Application.ReadWrite.All, "),
            ("POST", "/applicationTemplates/1/instantiate", "Application.ReadWrite.All"),
            ("DELETE", "/applications/1", "Application.ReadWrite.All"),
            ("GET", "/users?$filter=x", "User.Read.All"),
            ("GET", "/groups?$filter=x", "Group.Read.All (or GroupMember.Read.All, "),
            ("GET", "/auditLogs/provisioning", "ProvisioningLog.Read.All (or AuditLog.Read.All, "),
            ("GET", "/elsewhere", "a permission for this call"),
        ],
    )
    def test_which_permission_is_missing(self, method: str, path: str, needed: str) -> None:
        """Facts F52, F135, F137, F138, F139, F140."""
        assert permission(method, path).startswith(needed)
        assert needed in explain(error(403, "Authorization_RequestDenied", path, method))

    def test_a_read_that_is_posted_asks_for_no_permission_to_write(self) -> None:
        """Least privilege: getByIds reads (fact F140)."""
        assert permission("POST", "/directoryObjects/getByIds?$select=id").startswith("User.Read.All ")

    @pytest.mark.parametrize(
        ("code", "word"),
        [
            ("AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService", "Exchange"),
            ("AzureDirectoryB2BManagementPolicyCheckFailure", "trust switch"),
            ("AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure", "trust switch"),
            ("AzureActiveDirectoryQuotaLimitExceeded", "full"),
            ("InvitationCreationFailure", "invitation"),
            ("AzureActiveDirectoryInsufficientRights", "administrator role"),
            ("AzureActiveDirectoryForbidden", "external collaboration"),
            ("EntityTypeNotSupported", "groups"),
            ("DuplicateTargetEntries", "several"),
            ("DuplicateSourceEntries", "several"),
            ("ImportSkipped", "matched"),
            ("EntrySynchronizationSkipped", "scope"),
            ("InvalidAnchor", "restart"),
            ("SchemaAttributeNotFound", "mapped attribute"),
            ("TooManyRequests", "retries automatically"),
            ("InternalError", "retries automatically"),
            ("InsufficientRights", "administrator role"),
            ("EntryConflict", "same address"),
            ("Conflict", "same address"),
            ("Timeout", "retries automatically"),
        ],
    )
    def test_the_log_codes_of_the_documents_are_known(self, code: str, word: str) -> None:
        """Fact F127."""
        assert word in str(log_remedy(code))

    @pytest.mark.parametrize("code", [None, "", "SomethingNew"])
    def test_an_unknown_log_code_has_no_remedy(self, code: str | None) -> None:
        assert log_remedy(code) is None


class TestExplaining:
    def test_an_error_of_the_service(self) -> None:
        failure = error(
            403, "Authorization_RequestDenied", "/users?$filter=secret-name", message="Insufficient privileges.", request_id="id-1"
        )
        assert explain(failure) == (
            "GET /users was answered with HTTP 403 Authorization_RequestDenied 'Insufficient privileges.', request id id-1; "
            "the application needs User.Read.All (or User.ReadBasic.All, User.ReadWrite.All, Directory.Read.All, Directory.ReadWrite.All) "
            "in this tenant, with admin consent."
        )

    def test_every_id_that_support_asks_for(self) -> None:
        failure = error(500, "InternalServerError", "/users", request_id="id-1", client_request_id="id-2")
        assert ", request id id-1, client request id id-2; " in explain(failure)
        refused = SignInFailure(SOURCE, "app", (7000215,), "description", "trace-1", "correlation-1")
        assert explain(refused).endswith("(AADSTS7000215, trace id trace-1, correlation id correlation-1).")

    def test_an_error_without_a_message(self) -> None:
        path = "/servicePrincipals/1/synchronization/jobs"
        assert explain(error(401, "UnknownError", path)) == (
            f"GET {path} was answered with HTTP 401 UnknownError; "
            "the application needs Synchronization.Read.All (or Synchronization.ReadWrite.All, Application.ReadWrite.OwnedBy) "
            "in this tenant, with admin consent."
        )

    def test_a_lost_answer(self) -> None:
        text = explain(Uncertain(Unreachable("POST", "https://graph/things", "no complete answer came", certain=False)))
        assert text.startswith("POST https://graph/things: no complete answer came; check the endpoint")
        assert "may or may not have been made" in text

    def test_a_credential_problem(self) -> None:
        assert explain(CredentialProblem("client_id is missing")) == "client_id is missing."

    def test_an_unknown_sign_in_failure_without_a_code(self) -> None:
        assert (
            explain(SignInFailure("tenant", "client", (), "no reason given"))
            == "sign-in of application client failed: no reason given (no code)."
        )

    def test_a_plain_failure(self) -> None:
        assert explain(GraphFailure("it cannot be read back yet")) == "it cannot be read back yet."

    @pytest.mark.parametrize(
        "failure",
        [
            error(500, "Fault"),
            error(403, "X", message="Ends with a dot."),
            Unreachable("GET", "https://graph", "timed out"),
            Uncertain(error(503, "Fault")),
            SignInFailure("t", "c", (7000215,), "x", "trace"),
            CredentialProblem("x"),
        ],
    )
    def test_every_text_is_one_line_and_ends_with_one_dot(self, failure: GraphFailure) -> None:
        text = explain(failure)
        assert "\n" not in text
        assert text.endswith(".")
        assert not text.endswith("..")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of one tenant: what is repeated and what never is, tokens, pages, and answers that are none (facts F2, F16, F27)."""

from __future__ import annotations

import datetime
import email.utils
import json
from collections.abc import Iterable
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Answer, Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS, choose
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.access_token import AccessToken
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.base import Applicant, Token, read_secrets
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import (
    CredentialProblem,
    GraphFailure,
    ServiceError,
    Uncertain,
    Unreachable,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import explain
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import (
    NOT_FOUND,
    SOURCE,
    THROTTLED,
    CountingCredential,
    ListedTransport,
    Lost,
    Outcome,
    Reply,
    refusal,
)

GET = Request("GET", "/things")
WRITES = [
    Request("POST", "/things", {"a": 1}),
    Request("PUT", "/things/1", {}),
    Request("PATCH", "/things/1", {}),
    Request("DELETE", "/things/1"),
]
TOKEN_EXPIRED = refusal(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
DENIED_BY_SYNCHRONIZATION = refusal(401, "UnknownError")
OK = Reply(200, {"value": []})


class Wire:
    """A client on a transport that answers from a list."""

    def __init__(self, outcomes: Iterable[Outcome], retries: int = 5) -> None:
        self.clock = FakeClock()
        self.transport = ListedTransport(outcomes)
        self.credential = CountingCredential()
        self.client = Client(SOURCE, CLOUDS["global"], self.credential, self.transport, self.clock.patience(retries))

    def tokens(self) -> list[str]:
        return [options["headers"]["Authorization"].removeprefix("Bearer ") for _method, _url, options in self.transport.requests]


def status(code: int, retry_after: str | None = None) -> Reply:
    return refusal(code, "Fault", headers={"Retry-After": retry_after} if retry_after else {})


class TestRepeating:
    @pytest.mark.parametrize("fault", [status(500), status(502), status(503), status(504), THROTTLED, Lost(), Lost(certain=True)], ids=str)
    def test_a_read_is_repeated_on_every_passing_fault(self, fault: Outcome) -> None:
        wire = Wire([fault, fault, OK])
        assert wire.client.send(GET) == Answer(200, {"value": []}, {})
        assert len(wire.clock.sleeps) == 2

    @pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 412, 501])
    def test_a_read_is_not_repeated_on_any_other_error(self, code: int) -> None:
        wire = Wire([status(code), OK])
        with pytest.raises(ServiceError) as caught:
            wire.client.send(GET)
        assert caught.value.status == code
        assert wire.transport.left == 1
        assert wire.clock.sleeps == []

    @pytest.mark.parametrize("request_", WRITES, ids=lambda one: str(one.method))
    @pytest.mark.parametrize("fault", [status(500), status(502), status(503), status(504), Lost()], ids=str)
    def test_a_write_that_may_have_happened_is_never_repeated(self, request_: Request, fault: Outcome) -> None:
        wire = Wire([fault, OK])
        with pytest.raises(Uncertain):
            wire.client.send(request_)
        assert wire.transport.left == 1
        assert wire.clock.sleeps == []

    @pytest.mark.parametrize("request_", WRITES, ids=lambda one: str(one.method))
    @pytest.mark.parametrize("fault", [THROTTLED, status(429), Lost(certain=True)], ids=str)
    def test_a_write_that_surely_did_nothing_is_repeated(self, request_: Request, fault: Outcome) -> None:
        wire = Wire([fault, Reply(204)])
        assert wire.client.send(request_).status == 204
        assert len(wire.clock.sleeps) == 1

    def test_what_may_be_sent_again_and_never_succeeds_is_uncertain(self) -> None:
        """The first of them may have been carried out: only the service's word on a 429 is certain (test_never_blind has the table)."""
        wire = Wire([status(503, "3")] * 3, retries=2)
        with pytest.raises(Uncertain):
            wire.client.send(Request("PUT", "/things/1", {}))
        assert wire.clock.sleeps == [3, 3]

    @pytest.mark.parametrize("code", [429, 503])
    def test_retry_after_in_seconds_is_waited_exactly(self, code: int) -> None:
        wire = Wire([status(code, "17"), OK])
        wire.client.send(GET)
        assert wire.clock.sleeps == [17]

    def test_retry_after_as_a_date_is_waited(self) -> None:
        then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=30)
        wire = Wire([status(429, email.utils.format_datetime(then, usegmt=True)), OK])
        wire.client.send(GET)
        assert wire.clock.sleeps == [pytest.approx(30, abs=3)]

    def test_a_date_that_has_passed_is_not_waited_for(self) -> None:
        wire = Wire([status(429, "Wed, 21 Oct 2015 07:28:00 GMT"), OK])
        wire.client.send(GET)
        assert wire.clock.sleeps == [0]

    @pytest.mark.parametrize("nonsense", ["soon", "1.5", "-3"])
    def test_a_retry_after_that_is_neither_is_no_reason_to_break(self, nonsense: str) -> None:
        wire = Wire([status(429, nonsense), OK])
        assert wire.client.send(GET).status == 200
        assert 0 < sum(wire.clock.sleeps) < 10

    @pytest.mark.parametrize("hours", ["3600", "Fri, 01 Jan 2100 00:00:00 GMT"])
    def test_a_wait_of_hours_is_a_failure_at_once(self, hours: str) -> None:
        """Nobody in a change window waits for hours."""
        wire = Wire([status(429, hours), OK])
        with pytest.raises(ServiceError):
            wire.client.send(GET)
        assert wire.clock.sleeps == []

    def test_waits_without_retry_after_grow_and_stay_bounded(self) -> None:
        wire = Wire([*[status(500)] * 12, OK], retries=12)
        wire.client.send(GET)
        assert all(0.2 <= one <= 60.5 for one in wire.clock.sleeps)
        assert wire.clock.sleeps[-1] > 20 > wire.clock.sleeps[2]

    @pytest.mark.parametrize("retries", [0, 1, 3])
    @pytest.mark.parametrize(("fault", "kind"), [(THROTTLED, ServiceError), (status(500), ServiceError), (Lost(), Unreachable)])
    def test_the_last_fault_is_told_when_the_retries_are_used_up(self, retries: int, fault: Outcome, kind: type[GraphFailure]) -> None:
        wire = Wire([fault] * (retries + 1), retries=retries)
        with pytest.raises(kind):
            wire.client.send(GET)
        assert wire.transport.left == 0
        assert len(wire.clock.sleeps) == retries

    def test_a_throttled_write_ends_as_the_throttling_it_met(self) -> None:
        wire = Wire([THROTTLED] * 3, retries=2)
        with pytest.raises(ServiceError, match="429"):
            wire.client.send(WRITES[0])


class TestToken:
    def test_one_token_serves_all_requests(self) -> None:
        wire = Wire([OK, OK, OK])
        for _number in range(3):
            wire.client.send(GET)
        assert wire.tokens() == ["token-1"] * 3
        assert wire.credential.count == 1

    @pytest.mark.parametrize("request_", [GET, *WRITES], ids=lambda one: str(one.method))
    def test_an_expired_token_is_renewed_once_and_the_request_repeated(self, request_: Request) -> None:
        wire = Wire([TOKEN_EXPIRED, Reply(200, {})])
        wire.client.send(request_)
        assert wire.tokens() == ["token-1", "token-2"]
        assert wire.credential.count == 2
        assert wire.clock.sleeps == []

    def test_a_token_refused_twice_is_an_error(self) -> None:
        wire = Wire([TOKEN_EXPIRED, TOKEN_EXPIRED, OK])
        with pytest.raises(ServiceError, match="InvalidAuthenticationToken"):
            wire.client.send(GET)
        assert wire.transport.left == 1

    def test_an_expired_token_later_in_the_run_is_renewed_again(self) -> None:
        wire = Wire([TOKEN_EXPIRED, OK, TOKEN_EXPIRED, OK])
        wire.client.send(GET)
        wire.client.send(GET)
        assert wire.tokens() == ["token-1", "token-2", "token-2", "token-3"]

    def test_the_synchronization_service_says_401_for_a_missing_permission(self) -> None:
        """Fact F2: UnknownError with an empty message. A new token tells whether the old one was to blame, once a task."""
        wire = Wire([DENIED_BY_SYNCHRONIZATION] * 3)
        for _number in range(2):
            with pytest.raises(ServiceError) as caught:
                wire.client.send(GET)
            assert caught.value.denied
        assert wire.tokens() == ["token-1", "token-2", "token-2"]

    def test_the_synchronization_service_says_401_for_an_old_token(self) -> None:
        wire = Wire([OK, DENIED_BY_SYNCHRONIZATION, OK])
        wire.client.send(GET)
        wire.client.send(WRITES[0])
        assert wire.tokens() == ["token-1", "token-1", "token-2"]

    def test_a_given_token_that_lacks_a_permission_is_not_called_expired(self) -> None:
        transport = ListedTransport([DENIED_BY_SYNCHRONIZATION])
        client = Client(SOURCE, CLOUDS["global"], AccessToken("given-secret-token"), transport, FakeClock().patience())
        with pytest.raises(ServiceError) as caught:
            client.send(GET)
        assert caught.value.denied

    def test_a_given_token_is_not_renewed(self) -> None:
        client = Client(
            SOURCE, CLOUDS["global"], AccessToken("given-secret-token"), ListedTransport([TOKEN_EXPIRED]), FakeClock().patience()
        )
        with pytest.raises(CredentialProblem) as caught:
            client.send(GET)
        assert "acquire a new one" in str(caught.value)
        assert "given-secret-token" not in str(caught.value)

    @pytest.mark.parametrize("certain", [True, False])
    def test_sign_in_is_repeated_while_the_endpoint_cannot_be_reached(self, certain: bool) -> None:
        class Unlucky(CountingCredential):
            def token(self, transport: object) -> Token:
                self.count += 1
                if self.count < 3:
                    raise Unreachable("POST", "https://login", "no answer", certain=certain)
                return Token("at-last")

        clock = FakeClock()
        transport = ListedTransport([OK])
        Client(SOURCE, CLOUDS["global"], Unlucky(), transport, clock.patience()).send(GET)
        assert transport.requests[0][2]["headers"]["Authorization"] == "Bearer at-last"
        assert len(clock.sleeps) == 2


class TestRequest:
    def test_what_is_sent(self) -> None:
        wire = Wire([Reply(201, {})])
        wire.client.send(Request("POST", "/things", {"name": "김민수 'x'"}, version="beta", headers={"ConsistencyLevel": "eventual"}))
        method, url, options = wire.transport.requests[0]
        assert (method, url) == ("POST", "https://graph.microsoft.com/beta/things")
        assert json.loads(options["data"]) == {"name": "김민수 'x'"}
        assert options["headers"]["Content-Type"] == "application/json"
        assert options["headers"]["ConsistencyLevel"] == "eventual"

    def test_a_request_without_a_body_has_no_content_type(self) -> None:
        """start and pause are posted without a body (fact F71)."""
        wire = Wire([Reply(204)])
        assert wire.client.send(Request("POST", "/jobs/1/start")) == Answer(204, None, {})
        options = wire.transport.requests[0][2]
        assert options["data"] is None
        assert "Content-Type" not in options["headers"]

    def test_every_request_has_an_id_of_its_own(self) -> None:
        wire = Wire([OK, OK])
        wire.client.send(GET)
        wire.client.send(GET)
        assert len({options["headers"]["client-request-id"] for _method, _url, options in wire.transport.requests}) == 2

    def test_an_error_without_ids_carries_the_one_we_sent(self) -> None:
        wire = Wire([Reply(403, {"error": {"code": "Authorization_RequestDenied", "message": "no"}})])
        with pytest.raises(ServiceError) as caught:
            wire.client.send(GET)
        assert caught.value.client_request_id == wire.transport.requests[0][2]["headers"]["client-request-id"]

    @pytest.mark.parametrize("odd", [7, [None], {"odd": None}, False])
    def test_an_error_with_odd_ids_is_an_error_like_any_other(self, odd: Any) -> None:
        """The token is looked for in its texts, which are none here."""
        ids = {"request-id": odd, "client-request-id": odd}
        wire = Wire([Reply(403, {"error": {"code": "Authorization_RequestDenied", "message": "no", "innerError": ids}})])
        with pytest.raises(ServiceError) as caught:
            wire.client.send(GET)
        assert caught.value.denied

    @pytest.mark.parametrize("outcome", [Lost(), Lost(certain=True), Reply(200, b"<html>sign in</html>"), Reply(200)])
    def test_an_answer_that_did_not_come_carries_the_id_we_sent(self, outcome: Outcome) -> None:
        """It is all that Microsoft's support can look for."""
        wire = Wire([outcome], retries=0)
        with pytest.raises(Unreachable) as caught:
            wire.client.send(GET)
        sent = wire.transport.requests[0][2]["headers"]["client-request-id"]
        assert caught.value.client_request_id == sent
        assert f"(client request id {sent})" in explain(caught.value)

    @pytest.mark.parametrize(
        ("cloud", "login", "graph", "url", "scope"),
        [
            ("global", None, None, "https://graph.microsoft.com", "https://graph.microsoft.com/.default"),
            ("usgov", None, None, "https://graph.microsoft.us", "https://graph.microsoft.us/.default"),
            ("usgov_dod", None, None, "https://dod-graph.microsoft.us", "https://dod-graph.microsoft.us/.default"),
            ("china", None, None, "https://microsoftgraph.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn/.default"),
            (
                "global",
                "https://sts.example/",
                "https://graph.example/root/",
                "https://graph.example/root",
                "https://graph.example/root/.default",
            ),
        ],
    )
    def test_clouds(self, cloud: str, login: str | None, graph: str | None, url: str, scope: str) -> None:
        """Fact F143."""
        chosen = choose(cloud, login, graph)
        applicant = Applicant(chosen, "contoso.kr", "app", read_secrets((), {}))
        assert (chosen.graph_endpoint, applicant.scope) == (url, scope)
        assert chosen.login_endpoint == (login or CLOUDS[cloud].login_endpoint).rstrip("/")


class TestOwner:
    """The public OpenID document (fact F48)."""

    ISSUER = f"https://login.microsoftonline.com/{SOURCE}/v2.0"

    def test_the_issuer_names_the_tenant_and_no_token_is_sent(self) -> None:
        wire = Wire([Reply(200, {"issuer": self.ISSUER})])
        assert wire.client.owner_of("contoso.kr") == SOURCE
        ((method, url, options),) = wire.transport.requests
        assert (method, url) == ("GET", "https://login.microsoftonline.com/contoso.kr/v2.0/.well-known/openid-configuration")
        assert "Authorization" not in options["headers"]
        assert wire.credential.count == 0

    def test_a_name_cannot_lead_elsewhere(self) -> None:
        wire = Wire([Reply(400, {"error": "invalid_tenant"})])
        assert wire.client.owner_of("../x?y#z") is None
        assert wire.transport.requests[0][1].endswith("/..%2Fx%3Fy%23z/v2.0/.well-known/openid-configuration")

    @pytest.mark.parametrize("status_", [400, 404])
    def test_nobody_owns_it(self, status_: int) -> None:
        assert Wire([Reply(status_, {"error": "invalid_tenant"})]).client.owner_of("nobody.example") is None

    @pytest.mark.parametrize("fault", [Reply(503, {}), Reply(200, b"<html>sign in</html>"), Reply(200, {}), Lost(), Lost(certain=True)])
    def test_a_passing_fault_is_waited_out(self, fault: Outcome) -> None:
        assert Wire([fault, Reply(200, {"issuer": self.ISSUER})]).client.owner_of("contoso.kr") == SOURCE

    def test_a_lasting_fault_is_an_error(self) -> None:
        with pytest.raises(Unreachable, match="HTTP 503"):
            Wire([Reply(503, {})] * 3, retries=2).client.owner_of("contoso.kr")


class TestAbsence:
    @pytest.mark.parametrize("code", ["Request_ResourceNotFound", "ResourceNotFound", "Directory_ObjectNotFound"])
    def test_an_object_that_is_not_there(self, code: str) -> None:
        assert Wire([refusal(404, code)]).client.find("/things/1") is None

    @pytest.mark.parametrize(
        "outcome",
        [
            pytest.param(
                refusal(404, "UnknownError", '{"Message":"No HTTP resource was found"}'), id="unknown route of the synchronization service"
            ),
            pytest.param(refusal(403, "Authorization_RequestDenied"), id="denied"),
            pytest.param(DENIED_BY_SYNCHRONIZATION, id="denied by the synchronization service"),
            pytest.param(refusal(400, "Request_BadRequest"), id="bad request"),
            pytest.param(Reply(404, b"<html>Not Found</html>"), id="a proxy's page"),
            pytest.param(Reply(404), id="nothing but a status"),
        ],
    )
    def test_a_failed_read_is_an_error_and_never_an_absence(self, outcome: Outcome) -> None:
        with pytest.raises(GraphFailure):
            Wire([outcome] * 6).client.find("/things/1")

    @pytest.mark.parametrize("status_", [200, 204])
    def test_an_empty_answer_to_a_read_is_no_absence(self, status_: int) -> None:
        with pytest.raises(GraphFailure):
            Wire([Reply(status_)] * 6).client.find("/things/1")


class TestStrangeAnswers:
    @pytest.mark.parametrize(
        "body",
        [b"<html>Sign in to the proxy</html>", b'{"value": [', b"\xff\xfe", b'{"value": NaN}'],
        ids=["html", "truncated", "binary", "NaN"],
    )
    def test_a_read_with_an_unreadable_answer_is_repeated_then_an_error(self, body: bytes) -> None:
        assert Wire([Reply(200, body), OK]).client.send(GET).body == {"value": []}
        with pytest.raises(Unreachable, match="not JSON"):
            Wire([Reply(200, body)] * 3, retries=2).client.send(GET)

    @pytest.mark.parametrize("body", [b"<html>hello</html>", b'{"id": '])
    def test_a_write_with_an_unreadable_answer_may_have_happened(self, body: bytes) -> None:
        wire = Wire([Reply(201, body), OK])
        with pytest.raises(Uncertain):
            wire.client.send(WRITES[0])
        assert wire.transport.left == 1

    @pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
    @pytest.mark.parametrize("code", [301, 302, 307])
    def test_a_redirection_is_no_success(self, method: str, code: int) -> None:
        """Graph redirects nobody; a proxy that asks for a sign-in does."""
        with pytest.raises(GraphFailure):
            Wire([Reply(code, None, {"Location": "https://portal.example"})] * 6).client.send(Request(method, "/things"))

    @pytest.mark.parametrize(
        ("body", "code"),
        [(b"<html>Bad Gateway</html>", "HTTP400"), (b"", "HTTP400"), (b"[]", "HTTP400"), (b'{"error": "plain"}', "HTTP400")],
    )
    def test_an_error_that_is_not_graphs_own(self, body: bytes, code: str) -> None:
        with pytest.raises(ServiceError) as caught:
            Wire([Reply(400, body)]).client.send(GET)
        assert caught.value.code == code


class TestPages:
    NEXT = "https://graph.microsoft.com/v1.0/things?$skiptoken=abc%2Bdef&$top=2"

    def test_members_of_all_pages_in_order(self) -> None:
        pages = [Reply(200, {"value": [{"id": 1}, {"id": 2}], "@odata.nextLink": self.NEXT}), Reply(200, {"value": [{"id": 3}]})]
        wire = Wire(pages)
        assert [one["id"] for one in wire.client.pages("/things?$top=2")] == [1, 2, 3]
        assert [url for _method, url, _options in wire.transport.requests] == ["https://graph.microsoft.com/v1.0/things?$top=2", self.NEXT]

    def test_an_empty_page_may_lie_between(self) -> None:
        wire = Wire([Reply(200, {"value": [], "@odata.nextLink": self.NEXT}), Reply(200, {"value": [{"id": 3}]})])
        assert [one["id"] for one in wire.client.pages("/things")] == [3]

    @pytest.mark.parametrize(
        "link",
        [
            "https://evil.example/v1.0/things?$skiptoken=1",
            "//evil.example/v1.0/things?$skiptoken=1",
            "https://graph.microsoft.com@evil.example/v1.0/things",
        ],
    )
    def test_a_link_never_sends_the_token_to_another_host(self, link: str) -> None:
        wire = Wire([Reply(200, {"value": [], "@odata.nextLink": link}), OK])
        list(wire.client.pages("/things"))
        assert wire.transport.requests[1][1].startswith("https://graph.microsoft.com/v1.0/things")

    def test_a_root_with_a_path_of_its_own(self) -> None:
        transport = ListedTransport(
            [Reply(200, {"value": [], "@odata.nextLink": "https://graph.example/root/v1.0/things?$skiptoken=1"}), OK]
        )
        client = Client(SOURCE, choose("global", None, "https://graph.example/root"), CountingCredential(), transport)
        list(client.pages("/things"))
        assert transport.requests[1][1] == "https://graph.example/root/v1.0/things?$skiptoken=1"

    def test_a_page_that_fails_is_an_error_and_no_shorter_list(self) -> None:
        wire = Wire([Reply(200, {"value": [{"id": 1}], "@odata.nextLink": self.NEXT}), NOT_FOUND])
        with pytest.raises(ServiceError):
            list(wire.client.pages("/things"))


class TestLookingOnce:
    FIRST, SECOND = Reply(200, {"a": 1}), Reply(200, {"a": 2})

    def test_what_was_read_is_not_read_a_second_time(self) -> None:
        wire = Wire([self.FIRST])
        wire.client.reads.cache()
        assert wire.client.get("/things/1") == wire.client.get("/things/1") == {"a": 1}

    def test_a_new_look_reads_again(self) -> None:
        wire = Wire([self.FIRST, self.SECOND])
        for expected in (1, 2):
            wire.client.reads.cache()
            assert wire.client.get("/things/1") == {"a": expected}

    def test_whoever_changes_something_reads_again_and_again(self) -> None:
        wire = Wire([self.FIRST, self.SECOND])
        assert [wire.client.get("/things/1")["a"] for _time in range(2)] == [1, 2]

    @pytest.mark.parametrize(
        "request_",
        [
            pytest.param(Request("POST", "/things/1", {}, only_asks=True), id="a question"),
            pytest.param(Request("GET", "/things/1", version="beta"), id="another version"),
            pytest.param(Request("GET", "/things/2"), id="another object"),
        ],
    )
    def test_what_is_something_else(self, request_: Request) -> None:
        wire = Wire([self.FIRST, self.SECOND, Reply(200, {"a": 3})])
        wire.client.reads.cache()
        wire.client.get("/things/1")
        assert wire.client.send(request_).body == {"a": 2}
        if request_.method == "POST":
            assert wire.client.send(request_).body == {"a": 3}

    def test_an_absence_is_not_kept(self) -> None:
        wire = Wire([NOT_FOUND, self.FIRST])
        wire.client.reads.cache()
        assert [wire.client.find("/things/1"), wire.client.find("/things/1")] == [None, {"a": 1}]

    def test_pages_are_not_kept(self) -> None:
        """A scope of a hundred thousand must not lie in memory as JSON."""
        link = f"{CLOUDS['global'].graph_endpoint}/v1.0/things?$skiptoken=x"
        pages = [Reply(200, {"value": [{"a": 1}], "@odata.nextLink": link}), Reply(200, {"value": [{"a": 2}]})]
        wire = Wire([*pages, *pages])
        wire.client.reads.cache()
        assert [list(wire.client.pages("/things")) for _time in range(2)] == [[{"a": 1}, {"a": 2}]] * 2
        assert wire.transport.left == 0

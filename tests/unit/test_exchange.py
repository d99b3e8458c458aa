# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of Exchange: requests, complete answers, errors, speed, and the tenant that answers (facts F146 to F157)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.exchange import asking, cmdlet, opath
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.exchange.cmdlet import Cmdlet
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.exchange.errors import Incomplete, WrongTenant, read_error
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.exchange.service import ENDPOINTS, Pacer, endpoint, service
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS, choose
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import (
    CredentialProblem,
    GraphFailure,
    ServiceError,
    Uncertain,
    Unreachable,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import (
    TARGET,
    CountingCredential,
    ListedTransport,
    Lost,
    Outcome,
    Reply,
)
from entra_emulator.exchange.opath import compile_filter

ROOT = "https://outlook.office365.com"
URL = f"{ROOT}/adminapi/beta/{TARGET}/InvokeCommand"
NULS = b"\0" * 2048
BUSY = "You have reached the maximum number of concurrent requests per tenant. Please wait and try again."


class Exchange(Client):
    """A client of Exchange that is answered from a list, or by a function of the request's body."""

    def __init__(self, *outcomes: Outcome, answer: Callable[[Any], Outcome] | None = None, retries: int = 2) -> None:
        self.clock = FakeClock()
        self.progressed: list[str] = []
        self.wire = ListedTransport(outcomes) if answer is None else _Answering(answer)
        pacer = Pacer(self.clock.time, self.clock.time)
        super().__init__(
            TARGET,
            CLOUDS["global"],
            CountingCredential(),
            self.wire,
            self.clock.patience(retries),
            service=service(ROOT, TARGET, pacer),
            progress=self.progressed.append,
        )


class _Answering(ListedTransport):
    def __init__(self, answer: Callable[[Any], Outcome]) -> None:
        super().__init__(())
        self._answer = answer

    def request(self, method: str, url: str, **options: Any) -> Any:
        self.outcomes.append(self._answer(json.loads(options["data"])))
        return super().request(method, url, **options)


def page(*objects: Mapping[str, Any], **more: Any) -> Reply:
    return Reply(200, {"@odata.context": "x", "@adminapi.warnings": [], "value": list(objects), **more})


def failure(status: int, kind: str, text: str, detail: str | None = None) -> Reply:
    inner = {"message": text, "type": kind, "stacktrace": ""}
    error = {
        "code": "BadRequest",
        "message": "Invalid Operation",
        "details": [{"code": "Client", "target": "", "message": detail or f"|{kind}|{text}"}],
        "innererror": {"message": "Invalid Operation", "type": "ODataServiceException", "internalexception": inner},
    }
    return Reply(status, {"error": error})


EXPIRED = failure(400, "X.ODataServiceException", "Expired or Invalid pagination request. Default Expiry time is 00:30:00")
TOO_LONG = failure(400, "Microsoft.Exchange.Data.ParsingException", "The filter is too long.")
ANY = cmdlet.recipients("Alias -eq 'x'", ("Guid", "Alias"))


class TestFilters:
    @given(st.text(max_size=20))
    def test_a_value_stays_a_value(self, value: str) -> None:
        """Fact F151: whatever it contains, it ends where it ends, and selects exactly the objects that have it."""
        selects = compile_filter(opath.any_of("DisplayName", [value, "another"]))
        assert selects({"DisplayName": "another"})
        assert selects({"DisplayName": value}) == (value != "")
        assert not selects({"DisplayName": f"{value}' -or DisplayName -ne '"})

    def test_several_values(self) -> None:
        assert opath.any_of("Alias", ["a", "o'b"]) == "Alias -eq 'a' -or Alias -eq 'o''b'"


class TestRequests:
    def test_a_read(self) -> None:
        """Facts F146, F148: the address, the anchor, the page size, and a body whose parameters are an object."""
        client = Exchange(page())
        assert asking.run(client, ANY) == []
        ((method, url, options),) = client.wire.requests
        assert (method, url) == ("POST", f"{URL}?$select=Guid,Alias")
        assert options["headers"]["Authorization"] == "Bearer token-1"
        assert options["headers"]["X-AnchorMailbox"] == f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{TARGET}"
        assert options["headers"]["Prefer"] == "odata.maxpagesize=1000"
        assert json.loads(options["data"]) == {
            "CmdletInput": {"CmdletName": "Get-Recipient", "Parameters": {"Filter": "Alias -eq 'x'", "ResultSize": "Unlimited"}}
        }

    def test_no_parameters_are_an_empty_object(self) -> None:
        assert cmdlet.accepted_domains().request().body["CmdletInput"]["Parameters"] == {}

    @pytest.mark.parametrize("identity", ["", None])
    def test_nothing_is_written_to_an_unknown_identity(self, identity: Any) -> None:
        """Fact F146: without an identity, the cmdlet could select any user."""
        with pytest.raises(ValueError, match="identity"):
            cmdlet.set_mail_user(identity, HiddenFromAddressListsEnabled=False)

    @pytest.mark.parametrize("reply", [page(), page({"Guid": "g"}), Reply(204), Reply(200)])
    def test_a_write(self, reply: Reply) -> None:
        """Fact F147: it answers nothing, the object or 204."""
        client = Exchange(reply)
        client.send(cmdlet.set_mail_user("g", HiddenFromAddressListsEnabled=False).request())
        assert client.changes == 1
        assert json.loads(client.wire.requests[0][2]["data"])["CmdletInput"]["Parameters"] == {
            "Identity": "g",
            "HiddenFromAddressListsEnabled": False,
        }

    @pytest.mark.parametrize("cloud", sorted(CLOUDS))
    def test_the_endpoint_of_each_cloud(self, cloud: str) -> None:
        assert endpoint(choose(cloud)) == ENDPOINTS[cloud]
        assert endpoint(choose(cloud), "exchange.example/root/") == "https://exchange.example/root"

    @pytest.mark.parametrize("given_", ["http://exchange.example", "https://", "https://user:password@exchange.example"])
    def test_an_endpoint_that_cannot_be_used(self, given_: str) -> None:
        with pytest.raises(CredentialProblem, match="exchange_endpoint") as caught:
            endpoint(CLOUDS["global"], given_)
        assert "password@" not in str(caught.value)


class TestAnswers:
    def test_sidecar_keys_are_dropped(self) -> None:
        """Fact F147."""
        raw = {"Guid@odata.type": "#Guid", "Guid@data.type": "System.Guid", "Guid": "g", "EmailAddresses": ["smtp:a@b.kr"]}
        assert asking.run(Exchange(page(raw)), ANY) == [{"Guid": "g", "EmailAddresses": ["smtp:a@b.kr"]}]

    @pytest.mark.parametrize(("way", "refusals"), [("POST", 0), ("GET", 1)])
    def test_further_pages(self, way: str, refusals: int) -> None:
        """Fact F148: by the same request, or by GET."""
        first = page({"Guid": "1"}, **{"@odata.nextLink": f"{URL}?$select=Guid,Alias&$skiptoken=t"})
        client = Exchange(first, *[EXPIRED] * refusals, page({"Guid": "2"}))
        assert asking.run(client, ANY) == [{"Guid": "1"}, {"Guid": "2"}]
        method, url, options = client.wire.requests[-1]
        assert (method, url) == (way, f"{URL}?$select=Guid,Alias&$skiptoken=t")
        assert options["data"] == (client.wire.requests[0][2]["data"] if way == "POST" else None)

    def test_a_link_never_leads_to_another_server(self) -> None:
        first = page({"Guid": "1"}, **{"@odata.nextLink": f"https://evil.example/adminapi/beta/{TARGET}/InvokeCommand?$skiptoken=t"})
        client = Exchange(first, page())
        asking.run(client, ANY)
        assert client.wire.requests[1][1] == f"{URL}?$skiptoken=t"

    def test_a_part_is_never_taken_for_the_whole(self) -> None:
        """Fact F148."""
        first = page({"Guid": "1"}, **{"@odata.nextLink": f"{URL}?$skiptoken=t"})
        with pytest.raises(Incomplete):
            asking.run(Exchange(first, EXPIRED, EXPIRED), ANY)
        with pytest.raises(Incomplete):
            asking.run(Exchange(page({"Guid": "1"}, **{"@adminapi.errors": ["one failed"]})), ANY)

    def test_a_next_page_that_leads_nowhere_is_followed_once(self) -> None:
        """A link that is always the same one would be followed for ever."""
        endless = page({"Guid": "1"}, **{"@odata.nextLink": f"{URL}?$skiptoken=t"})
        client = Exchange(*[endless] * 5)
        with pytest.raises(Incomplete):
            asking.run(client, ANY)
        assert client.wire.left == 3

    @pytest.mark.parametrize("body", [None, [], {}, {"value": None}, {"value": {}}, "text", b"<html>"])
    def test_another_form_is_never_taken_for_nothing(self, body: Any) -> None:
        with pytest.raises(GraphFailure):
            asking.run(Exchange(*[Reply(200, body)] * 3), ANY)


class TestErrors:
    @pytest.mark.parametrize("content", [NULS, b"", b"\0", b"<html>"])
    def test_a_refusal_without_a_text(self, content: bytes) -> None:
        """Fact F149: a long run of NUL bytes, which is not printed."""
        with pytest.raises(ServiceError) as caught:
            asking.run(Exchange(Reply(403, content)), ANY)
        assert (caught.value.status, caught.value.code, caught.value.message, caught.value.denied) == (403, "HTTP403", "", True)
        assert "\0" not in str(caught.value)

    def test_a_token_that_is_refused_is_renewed_once(self) -> None:
        """Fact F149: 401 is an old token or a missing app role."""
        client = Exchange(Reply(401), page())
        assert asking.run(client, ANY) == []
        assert [options["headers"]["Authorization"] for _method, _url, options in client.wire.requests] == [
            "Bearer token-1",
            "Bearer token-2",
        ]
        with pytest.raises(ServiceError) as caught:
            asking.run(Exchange(Reply(401), Reply(401)), ANY)
        assert (caught.value.status, caught.value.denied) == (401, True)

    @pytest.mark.parametrize(
        ("reply", "code", "message"),
        [
            (failure(400, "A.B.ParsingException", "Bad filter."), "ParsingException", "Bad filter."),
            (failure(400, "A.X", "text", "|A.B.C|detail"), "C", "text"),
            (Reply(400, {"error": {"code": "BadRequest", "message": "m", "details": [{"message": "|N.Kind|why"}]}}), "Kind", "why"),
            (Reply(400, {"error": {"code": "BadRequest", "message": "m", "details": [{"message": "plain"}]}}), "BadRequest", "plain"),
            (
                Reply(403, {"error": {"code": "ErrorAccessDenied", "message": "Access is denied."}}),
                "ErrorAccessDenied",
                "Access is denied.",
            ),
            (Reply(400, {"error": {"code": "E", "message": "a\0\0b\n\x1b[31m", "details": None, "innererror": 5}}), "E", "a b [31m"),
            (Reply(400, {"error": {"code": "E", "details": [5], "innererror": {"internalexception": []}}}), "E", ""),
            (Reply(400, {"error": "text"}), "HTTP400", ""),
        ],
    )
    def test_the_useful_text(self, reply: Reply, code: str, message: str) -> None:
        """Fact F149: the text and the type are deep inside; nothing unprintable is kept."""
        error = read_error("POST", "/InvokeCommand", reply.status, reply.body, {})
        assert (error.code, error.message) == (code, message)

    @pytest.mark.parametrize("status", [400, 404, 500])
    def test_a_recipient_that_does_not_exist(self, status: int) -> None:
        """Facts F149, F157: whatever its status."""
        kind = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
        text = "The operation couldn't be performed because object 'x' couldn't be found on 'y'."
        reply = failure(status, kind, text, f"Ex6F9304|{kind}|{text}")
        error = read_error("POST", "/InvokeCommand", status, reply.body, {})
        assert (error.code, error.message) == ("ManagementObjectNotFoundException", text)

    @given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
    def test_no_body_is_too_odd(self, body: Any) -> None:
        for shaped in (body, {"error": body}, {"error": {"details": body, "innererror": body}}, {"error": {"details": [body]}}):
            error = read_error("POST", "/InvokeCommand", 400, shaped, {})
            assert not re.search(r"[\x00-\x1f\x7f]", error.message)

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(429, None, {"Retry-After": "7"}),
            Reply(429),
            Reply(503, None),
            Reply(504, NULS),
            Reply(408),
            failure(400, "A.Kind", BUSY),
            failure(500, "A.Kind", "The issue may be transient."),
            Reply(400, {"error": {"code": "E", "message": "m"}}, {"X-ExceptionType": "UnableToWriteToAadException"}),
        ],
    )
    def test_what_passes_is_repeated(self, reply: Reply) -> None:
        """Facts F149, F150."""
        client = Exchange(reply, page({"Guid": "g"}))
        assert asking.run(client, ANY) == [{"Guid": "g"}]
        assert client.clock.sleeps[0] == 7 if "Retry-After" in reply.headers else client.clock.sleeps

    @pytest.mark.parametrize("reply", [Reply(400), failure(400, "A.Kind", "No."), Reply(403, NULS), Reply(404)])
    def test_what_does_not_pass_is_not_repeated(self, reply: Reply) -> None:
        client = Exchange(reply)
        with pytest.raises(ServiceError):
            asking.run(client, ANY)
        assert len(client.wire.requests) == 1

    @pytest.mark.parametrize(
        ("outcome", "raised"), [(Lost(certain=False), Uncertain), (Reply(500), Uncertain), (Reply(403, NULS), ServiceError)]
    )
    def test_a_write_is_not_repeated_blindly(self, outcome: Outcome, raised: type[Exception]) -> None:
        client = Exchange(outcome)
        with pytest.raises(raised):
            client.send(cmdlet.set_mail_user("g", HiddenFromAddressListsEnabled=False).request())
        assert (len(client.wire.requests), client.changes) == (1, 0)

    def test_a_token_in_a_text_is_not_kept(self) -> None:
        with pytest.raises(ServiceError) as caught:
            asking.run(Exchange(failure(400, "A.Kind", "the token token-1 is odd")), ANY)
        assert "token-1" not in str(caught.value)


def named_users(command: Mapping[str, Any]) -> list[str]:
    return re.findall(r"-eq '([^']*)'", command["CmdletInput"]["Parameters"]["Filter"])


class TestFindBy:
    """Fact F148: asked in chunks, so that one answer is complete."""

    def find(self, client: Exchange, count: int) -> asking.Found:
        return asking.find_by(client, "ExternalDirectoryObjectId", [f"u{number}" for number in range(count)], ("Guid",))

    @pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (100, 1), (101, 2), (1000, 10)])
    def test_chunks(self, count: int, requests: int) -> None:
        client = Exchange(answer=lambda body: page(*({"Guid": name} for name in named_users(body))))
        found = self.find(client, count)
        assert (len(found.objects), found.unasked, len(client.wire.requests)) == (count, {}, requests)
        assert len(client.progressed) == (requests if count > 100 else 0)
        if count == 1000:
            assert client.progressed[0] == f"Tenant {TARGET}: Exchange was asked about 100 of 1000 users"

    @pytest.mark.parametrize("longest", [1, 2, 3, 7, 24, 25, 26, 60, 99, 100])
    @pytest.mark.parametrize("refusal", ["too long", "incomplete"])
    def test_a_chunk_that_is_refused_or_incomplete_is_halved(self, longest: int, refusal: str) -> None:
        def answer(body: Any) -> Outcome:
            names = named_users(body)
            if len(names) > longest:
                return TOO_LONG if refusal == "too long" else page({"Guid": names[0]}, **{"@adminapi.errors": ["x"]})
            return page(*({"Guid": name} for name in names))

        client = Exchange(answer=answer)
        found = self.find(client, 130)
        assert sorted(raw["Guid"] for raw in found.objects) == sorted(f"u{number}" for number in range(130))
        assert found.unasked == {}
        # A size that was accepted is kept, so that refusals do not add up.
        assert len(client.wire.requests) <= 8 + 130 // max(1, (longest + 1) // 2) + 1

    def test_a_value_that_is_refused_alone_leaves_the_others(self) -> None:
        def answer(body: Any) -> Outcome:
            names = named_users(body)
            return TOO_LONG if "u3" in names else page(*({"Guid": name} for name in names))

        found = self.find(Exchange(answer=answer), 20)
        assert list(found.unasked) == ["u3"]
        assert {raw["Guid"] for raw in found.objects} == {f"u{number}" for number in range(20)} - {"u3"}

    @pytest.mark.parametrize(
        ("outcome", "kind"),
        [
            (Reply(403, NULS), ServiceError),
            (Reply(401), ServiceError),
            (Reply(429), ServiceError),
            (Reply(500), ServiceError),
            (Reply(404), ServiceError),
            (Lost(), Unreachable),
            (Reply(200, b"<html>"), Unreachable),
            (Reply(200, {"value": 5}), GraphFailure),
        ],
    )
    def test_after_a_failure_nothing_more_is_asked(self, outcome: Outcome, kind: type[GraphFailure]) -> None:
        """What was found before stays known; everything else is named as not asked, and nothing is asked in vain a hundred times."""
        asked = 0

        def answer(body: Any) -> Outcome:
            nonlocal asked
            asked += 1
            return page(*({"Guid": name} for name in named_users(body))) if asked == 1 else outcome

        found = self.find(Exchange(answer=answer), 350)
        assert {raw["Guid"] for raw in found.objects} == {f"u{number}" for number in range(100)}
        assert set(found.unasked) == {f"u{number}" for number in range(100, 350)}
        assert all(isinstance(reason, kind) for reason in found.unasked.values())
        assert asked <= 1 + 3


class TestMembers:
    def test_a_dynamic_group(self) -> None:
        """Fact F153: the documented endpoint."""
        client = Exchange(page({"Guid": "g"}))
        assert asking.members(client, "cts@fabrikam.kr") == [{"Guid": "g"}]
        assert client.wire.requests[0][1] == f"{ROOT}/adminapi/v2.0/{TARGET}/DynamicDistributionGroupMember"

    def test_a_distribution_group(self) -> None:
        kind = "A.ManagementObjectNotFoundException"
        client = Exchange(failure(404, kind, "No such group.", f"Ex1|{kind}|No such group."), page({"Guid": "g"}))
        assert asking.members(client, "cts@fabrikam.kr") == [{"Guid": "g"}]
        assert client.wire.requests[1][1].endswith("/DistributionGroupMember")

    def test_another_failure_is_no_missing_group(self) -> None:
        with pytest.raises(ServiceError) as caught:
            asking.members(Exchange(Reply(403, {"error": {"code": "ErrorAccessDenied", "message": "Denied."}})), "cts@fabrikam.kr")
        assert caught.value.denied


def domain(name: str, initial: bool = False) -> dict[str, Any]:
    return {"DomainName": name, "InitialDomain": initial}


class TestTenant:
    """Fact F156: which tenant answers."""

    @pytest.mark.parametrize(
        ("answered", "verified", "owner", "right"),
        [
            ([domain("fabrikam.kr"), domain("sub.fabrikam.kr")], ["Fabrikam.kr"], None, True),
            ([domain("contoso.kr"), domain("contoso.onmicrosoft.com", True)], ["fabrikam.kr", "fabrikam.onmicrosoft.com"], TARGET, False),
            ([domain("fabrikam.kr"), domain("fabrikam.onmicrosoft.com", True)], None, TARGET.upper(), True),
            ([domain("fabrikam.onmicrosoft.com", True)], None, "another", False),
            ([domain("fabrikam.kr")], None, TARGET, False),
            ([domain("fabrikam.onmicrosoft.com", True)], None, None, False),
            ([], ["fabrikam.kr"], TARGET, False),
            ([], None, TARGET, False),
            ([{}], ["fabrikam.kr"], TARGET, False),
        ],
    )
    def test_the_proof(self, answered: list[dict[str, Any]], verified: list[str] | None, owner: str | None, right: bool) -> None:
        client = Exchange(page(*answered))
        if right:
            asking.prove_tenant(client, verified, lambda _domain: owner, TARGET)
        else:
            with pytest.raises(WrongTenant):
                asking.prove_tenant(client, verified, lambda _domain: owner, TARGET)


class TestPacer:
    """Fact F150."""

    def test_one_request_a_second(self) -> None:
        client = Exchange(*[page()] * 5)
        for _number in range(5):
            asking.run(client, ANY)
        assert client.clock.sleeps == [1.0] * 4

    def test_time_that_has_passed_counts(self) -> None:
        client = Exchange(*[page()] * 3)
        for passed in (0.0, 0.4, 5.0):
            client.clock.now += passed
            asking.run(client, ANY)
        assert client.clock.sleeps == [pytest.approx(0.6)]

    @pytest.mark.parametrize(
        ("remaining", "seconds", "pause"), [("0", 30, 30.0), ("0", 900, 60.0), ("0", -5, 1.0), ("3", 30, 1.0), (None, 30, 1.0)]
    )
    def test_a_limit_that_is_reached(self, remaining: str | None, seconds: float, pause: float) -> None:
        client = Exchange()
        reset = datetime.fromtimestamp(client.clock.now + seconds, timezone.utc).isoformat().replace("+00:00", "Z")
        headers = {"Rate-Limit-Reset": reset, **({} if remaining is None else {"Rate-Limit-Remaining": remaining})}
        client.wire.outcomes = [Reply(200, page().body, headers), page()]
        asking.run(client, ANY)
        asking.run(client, ANY)
        assert client.clock.sleeps == [pytest.approx(pause)]

    @pytest.mark.parametrize("reset", ["", "soon", "12", "2026-13-45T00:00:00Z"])
    def test_a_reset_that_cannot_be_read(self, reset: str) -> None:
        client = Exchange(Reply(200, page().body, {"Rate-Limit-Remaining": "0", "Rate-Limit-Reset": reset}), page())
        asking.run(client, ANY)
        asking.run(client, ANY)
        assert client.clock.sleeps == [1.0]


def test_a_cmdlet_that_writes_is_no_read() -> None:
    """What a request may do follows from its cmdlet."""
    written = Cmdlet("Set-MailUser", {"Identity": "g"}, writes=True).request()
    assert (written.reads, written.harmless) == (False, True)
    assert cmdlet.any_recipient().request().reads

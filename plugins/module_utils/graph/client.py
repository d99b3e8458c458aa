# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A client of Microsoft Graph, or of another service, for one tenant: signs in, sends requests, waits as the service requires, and reads
errors.
"""

from __future__ import annotations

import contextlib
import copy
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from .claims import Claims, decode
from .cloud import Cloud
from .credentials.base import Credential
from .discovery import owner_of
from .errors import CredentialProblem, GraphFailure, OddAnswer, ServiceError, Uncertain, Unreachable
from .json_text import parse as parse_json
from .message import BATCH, Answer, Request
from .read_cache import Moment, ReadCache
from .run_cache import RunCache
from .secrecy import shown
from .service import Service, graph
from .service_clock import ServiceClock
from .tokens import Tokens
from .transport import Transport

try:
    from urllib3.exceptions import InvalidHeader, MaxRetryError
    from urllib3.util import Retry
except ImportError as missing:
    MISSING_LIBRARY: ImportError | None = missing
else:
    MISSING_LIBRARY = None

Derived = TypeVar("Derived")

__all__ = ["BATCH", "Answer", "Client", "Patience", "Request", "all_of", "page_members", "seconds"]

THROTTLED = 429
BUSY = 503
BROKEN = (500, 502, 503, 504)
SHORTEST_WAIT = 0.2

_RANDOM = random.SystemRandom()


@dataclass(frozen=True)
class Patience:
    """How often a request is repeated, and how long it waits before that."""

    retries: int = 5
    longest_wait: float = 60.0
    longest_retry_after: float = 300.0
    """A ``Retry-After`` beyond this is a failure: a change window does not last for hours."""
    sleep: Callable[[float], None] = time.sleep

    def budget(self) -> Retry:
        """The attempts, counted by urllib3: its waits are exponential, and it supports ``Retry-After``."""
        return Retry(total=self.retries, backoff_factor=0.5, allowed_methods=None)

    def wait(self, budget: Retry, failure: GraphFailure, retry_after: str | None = None) -> Retry:
        """Sleep as ``Retry-After`` requires, and return the remaining attempts.

        :raises GraphFailure: the given one, if no attempt is left.
        """
        try:
            left = budget.increment()
        except MaxRetryError:
            raise failure from None
        required = seconds(retry_after)
        if required is not None and required > self.longest_retry_after:
            raise failure from None
        backoff = min(self.longest_wait, left.get_backoff_time()) + _RANDOM.uniform(SHORTEST_WAIT, 0.5)
        self.sleep(backoff if required is None else required)
        return left


def all_of(body: Any) -> list[Any]:
    """The members of a collection that was read to its end, see `Client.whole`.

    :raises GraphFailure: if it is not a collection, or not a complete one.
    """
    if isinstance(body, Mapping) and body.get("@odata.nextLink"):
        raise GraphFailure("a list was read that continues on another page")
    return page_members(body)


def page_members(body: Any) -> list[Any]:
    """The members of one page of a collection.

    :raises GraphFailure: if it is none.
    """
    members = body.get("value") if isinstance(body, Mapping) else None
    if not isinstance(members, list):
        raise GraphFailure("the service did not return a list where a list is documented; check whether a proxy changes its answers")
    return members


def seconds(retry_after: str | None) -> float | None:
    """The seconds of a ``Retry-After``, which is a number or a date; ``None`` if it is invalid."""
    try:
        return None if not retry_after else float(Retry().parse_retry_after(retry_after))
    except InvalidHeader:
        return None


class Together(Protocol):
    """Answers the reads of several clients of one tenant."""

    def gather(self, requests: Sequence[Request], alone: bool) -> Sequence[Answer | GraphFailure]:
        """The outcomes, in the order given. If ``alone``, a read that failed in a batch is sent separately."""

    def owner_of(self, name: str) -> str | None:
        """See `Client.owner_of`."""


class Client:
    """Microsoft Graph of one tenant, or another ``service`` of the tenant, for which the ``credential`` must return tokens."""

    def __init__(
        self,
        tenant: str,
        cloud: Cloud,
        credential: Credential,
        transport: Transport,
        patience: Patience | None = None,
        run_cache: RunCache | None = None,
        lack: Callable[[Request, Any], str | None] | None = None,
        private: Callable[[Request, Any], bool] | None = None,
        service: Service | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.tenant = tenant
        self.cloud = cloud
        self.service = service or graph(cloud)
        self.patience = patience or Patience()
        self.run_cache = run_cache or RunCache()
        self.reads = ReadCache(self.run_cache, self.service.endpoint, tenant, lambda: credential.fingerprint, private)
        """The cached reads."""
        self.service_clock = ServiceClock()
        self.misses: Counter[str] = Counter()
        """How often this task has read an object without finding it, by path."""
        self.lack = lack
        """Returns what the body of a read lacks of its documented form, if the code depends on it."""
        self._asked: tuple[str, ...] = ()
        self.check_mode = False
        """Whether nothing is written. Then some reads assume the changes that earlier tasks of the run would have made."""
        self.changes = 0
        """How many writes have succeeded, those in batches included."""
        self.wrote = False
        """Whether a write was sent, whatever the outcome."""
        self.exchange: Callable[[], Client] | None = None
        """Returns a new client of Exchange in the same tenant; ``None`` if the connection options do not ask for it. Raises `GraphFailure`."""
        self.together: Together | None = None
        """Answers the reads, if they are sent together with those of other clients."""
        self.derivations: dict[tuple[Callable[[Any], Any], int], tuple[Any, Any]] | None = None
        """The results of `derived`, if they are shared."""
        self.commons: dict[Callable[..., Any], Any] = {}
        """The results of functions that only read, which are shared by the clients of many pieces of work in the tenant."""
        self.progress = progress or _no_progress
        """Is called with the progress of a long read."""
        self._transport = transport
        self._tokens = Tokens(credential, self.run_cache.vault, cloud.login_endpoint, self.service.endpoint, tenant.lower())
        self._token: str | None = None
        self._doubted = False

    def joining(self, together: Together, run_cache: RunCache, at: float) -> Client:
        """A client of the same tenant for another piece of work, which only reads. Its reads are answered by ``together``, and count as sent
        at that time, in seconds.
        """
        client = copy.copy(self)
        client.together = together
        client.run_cache = run_cache
        client.reads = self.reads.separate(run_cache, at)
        client.misses = Counter()
        return client

    def derived(self, function: Callable[[Any], Derived], body: Any) -> Derived:
        """The result of a pure function of an answer, which pieces of work that share the answer share, too. Nobody changes it."""
        if self.derivations is None:
            return function(body)
        key = (function, id(body))
        if key not in self.derivations:
            # The answer is kept as well, so that no other object has its id.
            self.derivations[key] = (body, function(body))
        found: Derived = self.derivations[key][1]
        return found

    def gathered(self, requests: Sequence[Request]) -> list[Answer | GraphFailure] | None:
        """The outcomes of reads that are sent together with those of other clients; ``None`` if this client sends them itself."""
        if self.together is None:
            return None
        self._asked = tuple(name for request in requests for name in _named(request))
        return list(self.together.gather(requests, False))

    def recall(self, request: Request) -> Answer | ServiceError | None:
        """The cached outcome of a read, see `ReadCache`: an answer, or that the object does not exist."""
        return self.recall_all([request])[0]

    def recall_all(self, requests: Sequence[Request]) -> list[Answer | ServiceError | None]:
        """The cached outcomes of reads that are sent in one batch."""
        outcomes = self.reads.recall(*requests)
        known = [request for request, outcome in zip(requests, outcomes, strict=True) if outcome]
        if known:
            self._asked = tuple(name for request in known for name in _named(request))
        return outcomes

    def keep(self, request: Request, outcome: Answer | GraphFailure, moment: Moment | None) -> None:
        """Cache the outcome of a read that was sent at that moment.

        :raises OddAnswer: if an answer does not have the documented form.
        """
        lack = self.lack(request, outcome.body) if self.lack and request.reads and isinstance(outcome, Answer) else None
        if lack:
            raise OddAnswer(_named(request), lack)
        self.reads.keep(request, outcome, moment)

    def get(self, path: str, *, version: str = "v1.0", headers: Mapping[str, str] | None = None) -> Any:
        """The body of one object or page."""
        return self.send(Request("GET", path, version=version, headers=headers or {})).body

    def find(self, path: str, *, version: str = "v1.0") -> Any:
        """Like `get`, but ``None`` for an object that does not exist. Every other failure is raised."""
        try:
            return self.get(path, version=version)
        except ServiceError as error:
            if error.missing:
                return None
            raise

    def pages(self, path: str, *, version: str = "v1.0", headers: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """The members of a collection, page by page; ``@odata.nextLink`` is followed as it is (fact F27)."""
        yield from self.members(self.get(path, version=version, headers=headers), version=version, headers=headers)

    def members(self, page: Any, *, version: str = "v1.0", headers: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """The members of a page that was read already, and of the pages that follow it.

        :raises GraphFailure: if a page is none, or if the pages have no end.
        """
        read: set[str] = set()
        while True:
            yield from page_members(page)
            following = self.path_of(page.get("@odata.nextLink"), version)
            if following is None:
                return
            if following in read:
                raise GraphFailure(
                    f"the pages of {_bare(following)} lead back to one that was read before; check whether a proxy changes the answers"
                )
            read.add(following)
            page = self.get(following, version=version, headers=headers)

    def whole(self, body: Any, *, version: str = "v1.0") -> Any:
        """A body that was read already, with the members of all pages in it if it is the first page of a collection."""
        if not isinstance(body, Mapping) or not body.get("@odata.nextLink"):
            return body
        return {"value": list(self.members(body, version=version))}

    def send(self, request: Request) -> Answer:
        """The answer of a request that succeeded.

        A read is repeated after every temporary fault. A write is repeated if the service reports that it did nothing, and, if it is
        `Request.harmless`, after a ``Retry-After``: an error can be returned after the change was made, whatever its header contains
        (fact F16).

        :raises ServiceError: if the service refuses it.
        :raises Uncertain: for a write whose outcome is unknown.
        :raises Unreachable: if no server was reached.
        """
        self._asked = _named(request)
        if not request.reads:
            return self._write(request)
        known = self.recall(request)
        if isinstance(known, ServiceError):
            raise known
        if known:
            return known
        moment = self.reads.moment()
        answer = self._send(request) if self.together is None else self._from_others(request, self.together)
        self.keep(request, answer, moment)
        return answer

    @staticmethod
    def _from_others(request: Request, together: Together) -> Answer:
        outcome = together.gather([request], True)[0]
        if isinstance(outcome, GraphFailure):
            # Its traceback would hold what everyone has who raised it before.
            raise outcome.with_traceback(None)
        return outcome

    def _write(self, request: Request) -> Answer:
        self.reads.written(request)
        self.wrote = True
        try:
            answer = self._send(request)
        finally:
            self.reads.written(request)
        if request.path != BATCH:
            self.changes += 1
        return answer

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """A context for code that takes answers apart. An exception in it means that an answer does not have the documented form. Failures
        are marked with the tenant, because a task can read two of them.

        :raises OddAnswer: in its place, unless no request was sent; then it is a fault of this collection, and is raised unchanged.
        """
        self._asked = ()
        try:
            yield
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            if not self._asked:
                raise
            raise self._odd(error) from error
        except GraphFailure as failure:
            # A task can read two tenants at the same time: the inner context knows which of them failed.
            failure.where = failure.where or self.tenant
            raise

    def _odd(self, error: Exception) -> OddAnswer:
        odd = OddAnswer(self._asked, _lack(error))
        odd.where = self.tenant
        return odd

    def _send(self, request: Request) -> Answer:
        budget = self.patience.budget()
        renewed = False
        while True:
            try:
                return self._once(request)
            except ServiceError as error:
                if error.token_refused and not renewed:
                    renewed = True
                    self._sign_in(refused=self._token)
                    continue
                if error.token_doubtful and not self._doubted and self._renewed():
                    continue
                failure = Uncertain(error) if error.status in BROKEN and not request.reads else error
                if not _worth_repeating(request, error):
                    raise failure from None
                budget = self.patience.wait(budget, failure, error.retry_after)
            except Unreachable as failure:
                if not request.reads and not failure.certain:
                    raise Uncertain(failure) from None
                budget = self.patience.wait(budget, failure)

    def claims(self) -> Claims:
        """The claims of the access token; signs in first if necessary.

        :raises OpaqueToken: for a token that cannot be read.
        """
        if self._token is None:
            self._sign_in()
        return decode(self._token or "")

    def owner_of(self, name: str) -> str | None:
        """The id of the tenant that a domain or an id names in this cloud, from the sign-in service's public OpenID document,
        which needs no permission (fact F48); ``None`` if there is none.

        :raises Unreachable: if the document cannot be read.
        """
        if self.together is not None:
            return self.together.owner_of(name)
        budget = self.patience.budget()
        while True:
            try:
                return owner_of(name, self.cloud, self._transport)
            except Unreachable as failure:
                budget = self.patience.wait(budget, failure)

    def censor(self, error: ServiceError) -> None:
        """Remove the texts of the service from an error if they contain the access token."""
        error.code, error.message = (shown(text, (self._token,)) for text in (error.code, error.message))
        error.request_id, error.client_request_id = (
            text and shown(text, (self._token,)) for text in (error.request_id, error.client_request_id)
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _once(self, request: Request) -> Answer:
        if self._token is None:
            self._sign_in()
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "client-request-id": str(uuid.uuid4()),
            **self.service.headers,
            **request.headers,
        }
        data = None
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(request.body, ensure_ascii=False).encode()
        url = f"{self.service.base(request.version)}{request.path}"
        self.service.pacer.before(self.patience.sleep)
        try:
            response = self._transport.request(request.method, url, headers=headers, data=data)
            body = _json(response.content, request, url, response.status_code)
        except Unreachable as failure:
            failure.client_request_id = headers["client-request-id"]
            raise
        self.service.pacer.after(response.headers)
        self.service_clock.set(response.headers)
        if response.status_code >= 300:
            # Graph never redirects; a proxy that requires a sign-in does.
            error = self.service.read_error(request.method, request.path, response.status_code, body, response.headers)
            self.censor(error)
            error.client_request_id = error.client_request_id or headers["client-request-id"]
            raise error
        return Answer(response.status_code, body, response.headers)

    def _renewed(self) -> bool:
        """Whether the sign-in returned a new token. It is tried once a task, because the synchronization service returns the same error for
        an old token as for a missing permission (fact F2).
        """
        self._doubted = True
        try:
            self._sign_in(refused=self._token)
        except CredentialProblem:
            return False
        return True

    def _sign_in(self, *, refused: str | None = None) -> None:
        budget = self.patience.budget()
        while True:
            try:
                self._token = self._tokens.current(self._transport, refused=refused)
            except Unreachable as failure:
                budget = self.patience.wait(budget, failure)
            else:
                return

    def path_of(self, link: str | None, version: str) -> str | None:
        """The path and query of a link to a next page, so that a link can never send the token to another server."""
        if not link:
            return None
        parts = urlsplit(link)
        path = parts.path.removeprefix(urlsplit(self.service.base(version)).path)
        return f"{path}?{parts.query}" if parts.query else path


def _worth_repeating(request: Request, error: ServiceError) -> bool:
    if error.status == THROTTLED:
        return True
    if request.reads:
        return error.status in BROKEN or error.passes
    if error.passes:
        return request.harmless
    return request.harmless and error.status == BUSY and error.retry_after is not None


def _named(request: Request) -> tuple[str, ...]:
    """A request as a message names it, or the requests of a batch."""
    if request.path == BATCH and isinstance(request.body, Mapping):
        return tuple(f"{item['method']} {_bare(item['url'])}" for item in request.body["requests"])
    return (f"{request.method} {_bare(request.path)}",)


def _no_progress(_text: str) -> None:
    """Report nothing."""


def _bare(path: str) -> str:
    return path.partition("?")[0]


def _lack(error: Exception) -> str:
    """What an answer lacks. The texts of Python do not help a reader, and can contain a value."""
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str) and error.args[0].isidentifier():
        return f"it has no member {error.args[0]}"
    return "a member has another form"


def _json(content: bytes, request: Request, url: str, status: int) -> Any:
    if not content and status < 300 and (request.method == "GET" or (request.only_asks and status != 204)):
        raise Unreachable(request.method, url.split("?", 1)[0], "the answer is empty")
    if not content:
        return None
    try:
        return parse_json(content)
    except ValueError:
        if status >= 300:
            return None
        # The page of a proxy, or a truncated body; a write with such an answer may have been made.
        raise Unreachable(request.method, url.split("?", 1)[0], "the answer is not JSON", certain=False) from None

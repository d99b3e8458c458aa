# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Twenty requests in one (fact F25). The status of a batch does not cover its items; each item has its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

from .client import BATCH, BROKEN, THROTTLED, Answer, Client, Request, seconds
from .errors import GraphFailure, ServiceError, Unanswered, Uncertain, service_error

LARGEST_BATCH = 20
PARALLEL_BATCHES = 4
"""Batches that are sent at the same time: fewer than the connections that a session keeps."""
ALMOST_USED = 0.8
"""The part of a quota from which on the service returns how much of it is used (fact F20)."""
REFILL_SECONDS = 1.0
"""Seconds in which the quota grows by the writes of one batch: 3,000 in 150 seconds (fact F19)."""
REFUSED = (400, 405, 501)
"""The statuses with which an endpoint refuses a request in a batch."""

Outcome: TypeAlias = "Answer | GraphFailure"


@dataclass(frozen=True)
class _Sent:
    """The outcomes of one batch; ``strained`` if the service reports that a quota is almost used up."""

    outcomes: list[Outcome]
    strained: bool


def send_all(client: Client, requests: Sequence[Request]) -> list[Outcome]:
    """One outcome a request, in the order given. Items that were throttled are sent again; no other failure is repeated.

    A few batches are sent at the same time, while the quota is not almost used up. The next ones are sent after all are answered,
    so a batch that must wait delays the others.
    """
    gathered = client.gathered(requests)
    if gathered is not None:
        return gathered
    remaining = iter(requests)
    chunks = list(iter(lambda: list(islice(remaining, LARGEST_BATCH)), []))
    if len(chunks) == 1:
        return _counted(client, requests, _send_chunk(client, chunks[0]).outcomes)
    outcomes: list[Outcome] = []
    strained = False
    pool = ThreadPoolExecutor(PARALLEL_BATCHES)
    try:
        while chunks:
            size = 1 if strained else PARALLEL_BATCHES
            if strained:
                client.patience.sleep(REFILL_SECONDS)
            wave = list(pool.map(partial(_send_chunk, client), chunks[:size]))
            del chunks[:size]
            outcomes.extend(outcome for sent in wave for outcome in sent.outcomes)
            strained = any(sent.strained for sent in wave)
    finally:
        # An interrupted task does not wait for the service.
        pool.shutdown(wait=False, cancel_futures=True)
        _counted(client, requests, outcomes)
    return outcomes


def _counted(client: Client, requests: Sequence[Request], outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes, with the writes that succeeded counted."""
    client.changes += sum(isinstance(outcome, Answer) and not request.reads for request, outcome in zip(requests, outcomes, strict=False))
    return outcomes


def read_all(client: Client, requests: Sequence[Request]) -> list[Answer]:
    """The answers of reads. A read that fails inside a batch is sent separately, because not every endpoint supports batches.

    :raises GraphFailure: for the first read that also fails separately.
    """
    return [
        outcome if isinstance(outcome, Answer) else _separately(client, request, outcome)
        for request, outcome in _together(client, requests)
    ]


def find_all(client: Client, requests: Sequence[Request]) -> list[Any]:
    """Like `read_all`, but the bodies, and ``None`` for an object that does not exist."""
    bodies: list[Any] = []
    for request, outcome in _together(client, requests):
        if isinstance(outcome, ServiceError) and outcome.missing:
            bodies.append(None)
        elif isinstance(outcome, Answer):
            bodies.append(outcome.body)
        else:
            try:
                bodies.append(_separately(client, request, outcome).body)
            except ServiceError as error:
                if not error.missing:
                    raise
                bodies.append(None)
    return bodies


def outcomes_of(client: Client, requests: Sequence[Request]) -> list[Outcome]:
    """One outcome a read, in the order given, like `send_all`. Cached reads are not sent."""
    known: dict[int, Outcome] = {id(request): outcome for request in requests if (outcome := client.recall(request))}
    outcomes = known | _read(client, [request for request in requests if id(request) not in known])
    return [outcomes[id(request)] for request in requests]


def _together(client: Client, requests: Sequence[Request]) -> Iterator[tuple[Request, Outcome | None]]:
    """Each request with its outcome in a batch; ``None`` for a request that is to be sent separately."""
    known: dict[int, Outcome] = {
        id(request): outcome for request, outcome in zip(requests, client.recall_all(requests), strict=True) if outcome
    }
    unknown = [request for request in requests if id(request) not in known]
    # A client that reads together with others leaves to them what is sent in batches.
    batched = unknown if client.together else [request for request in unknown if not is_refused_in_batches(client, request)]
    outcomes = known | _read(client, batched if len(batched) > 1 else [])
    for request in requests:
        yield request, outcomes.get(id(request))


def _read(client: Client, requests: Sequence[Request]) -> dict[int, Outcome]:
    """The outcomes in batches, which are cached."""
    moment = client.reads.moment()
    outcomes = dict(zip(map(id, requests), send_all(client, requests), strict=True))
    for request in requests:
        client.keep(request, outcomes[id(request)], moment)
    return outcomes


def _separately(client: Client, request: Request, outcome: Outcome | None) -> Answer:
    answer = client.send(request)
    record_refusal(client, request, outcome)
    return answer


def is_refused_in_batches(client: Client, request: Request) -> bool:
    """Whether such a request was refused in a batch before, so that it is sent separately."""
    return bool(client.run_cache.recall(*_refused_in_batches(client, request)))


def record_refusal(client: Client, request: Request, outcome: Outcome | None) -> None:
    """Record that a request which succeeded separately was refused in a batch, if that was its outcome there."""
    if isinstance(outcome, ServiceError) and outcome.status in REFUSED:
        client.run_cache.keep(True, *_refused_in_batches(client, request))


def _refused_in_batches(client: Client, request: Request) -> tuple[str, ...]:
    """The key of the record that such requests are refused in batches. The parts of an object may be served by another service than the
    object itself (fact F3), so the key contains that part of the path, and no id.
    """
    steps = request.path.partition("?")[0].split("/")
    return ("alone", client.cloud.graph_endpoint, client.tenant, *steps[1:2], *steps[3:4])


def _send_chunk(client: Client, chunk: Sequence[Request]) -> _Sent:
    outcomes: dict[int, Outcome] = {}
    waiting = list(range(len(chunk)))
    budget = client.patience.budget()
    strained = False
    while waiting:
        body = {"requests": [_item(number, chunk[number]) for number in waiting]}
        try:
            answer = client.send(_batch_request([chunk[number] for number in waiting], body))
        except GraphFailure as failure:
            # Earlier batches were carried out, so this failure is the outcome of these items only.
            outcomes.update(dict.fromkeys(waiting, failure))
            break
        outcomes.update(_outcomes(client, chunk, answer.body))
        outcomes.update({number: _unanswered(chunk[number]) for number in waiting if number not in outcomes})
        throttled = [number for number in waiting if _throttled(outcomes.get(number))]
        strained = strained or bool(throttled) or any(_is_almost_used(outcome) for outcome in (answer, *outcomes.values()))
        if throttled:
            longest = max((_retry_after(outcomes[number]) for number in throttled), key=lambda retry_after: seconds(retry_after) or 0.0)
            try:
                budget = client.patience.wait(budget, _failure(outcomes[throttled[0]]), longest)
            except GraphFailure:
                break
        waiting = throttled
    return _Sent([outcomes[number] for number in range(len(chunk))], strained)


def _batch_request(items: Sequence[Request], body: Any) -> Request:
    """The request of a batch, which may be repeated if each of its items may."""
    only_asks, repeatable = all(item.reads for item in items), all(item.harmless for item in items)
    return Request("POST", BATCH, body, version=items[0].version, only_asks=only_asks, repeatable=repeatable)


def _is_almost_used(outcome: Outcome) -> bool:
    if not isinstance(outcome, Answer):
        return False
    named = {name.lower(): value for name, value in outcome.headers.items()}
    try:
        return float(named.get("x-ms-throttle-limit-percentage") or 0) >= ALMOST_USED
    except ValueError:
        return False


def _item(number: int, request: Request) -> dict[str, Any]:
    item: dict[str, Any] = {"id": str(number), "method": request.method, "url": request.path}
    headers = dict(request.headers)
    if request.body is not None:
        item["body"] = request.body
        headers["Content-Type"] = "application/json"
    if headers:
        item["headers"] = headers
    return item


def _outcomes(client: Client, chunk: Sequence[Request], answer: Any) -> dict[int, Outcome]:
    """The outcomes by item. A response that cannot be assigned to an item is ignored; its item counts as unanswered."""
    outcomes: dict[int, Outcome] = {}
    responses = answer.get("responses") if isinstance(answer, Mapping) else None
    for response in responses if isinstance(responses, list) else ():
        try:
            number, status = int(response["id"]), int(response["status"])
            request = chunk[number]
        except (KeyError, IndexError, TypeError, ValueError):
            continue
        body, headers = response.get("body"), response.get("headers")
        headers = headers if isinstance(headers, Mapping) else {}
        if status < 400:
            outcomes[number] = Answer(status, body, headers)
            continue
        error = service_error(request.method, request.path, status, body, headers)
        client.censor(error)
        outcomes[number] = Uncertain(error) if status in BROKEN and not request.reads else error
    return outcomes


def _unanswered(request: Request) -> Outcome:
    lost = Unanswered(request.method, request.path, "the answer of the batch does not contain this item", certain=False)
    return lost if request.reads else Uncertain(lost)


def _throttled(outcome: Outcome | None) -> bool:
    return isinstance(outcome, ServiceError) and outcome.status == THROTTLED


def _failure(outcome: Outcome) -> GraphFailure:
    return outcome if isinstance(outcome, GraphFailure) else GraphFailure("throttled")


def _retry_after(outcome: Outcome) -> str | None:
    return outcome.retry_after if isinstance(outcome, ServiceError) else None

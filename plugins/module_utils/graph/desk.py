# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The reads of many pieces of work in one tenant: what they need, and what was answered. Each read is sent once.

A failure counts for all of them, like an answer. After a failed sign-in nothing else is sent.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from .batch import LARGEST_BATCH, PARALLEL_BATCHES, Outcome, is_refused_in_batches, record_refusal, send_all
from .client import Client, all_of, page_members
from .errors import CredentialProblem, GraphFailure, ServiceError, SignInFailure, Unanswered, Unreachable
from .message import Answer, Request
from .run_cache import Recalled
from .shortcuts import ByValue, Listing, Raw, by_value, combined, value_in

Key: TypeAlias = "tuple[str, ...]"
SLICE = LARGEST_BATCH * PARALLEL_BATCHES
"""How many reads are sent at once. The others wait, together with those that the answers cause."""


def _nothing_else(_request: Request, _body: Any) -> Iterable[Request]:
    return ()


class Desk:
    """The reads in one tenant. ``client`` sends them."""

    def __init__(self, client: Client, listings: Sequence[Listing] = ()) -> None:
        self.client = client
        client.derivations = {}
        client.run_cache = self.run_cache = Recalled(client.run_cache)
        """What earlier tasks of the run have recorded, read once."""
        self.began = time.time()
        """The time before the first read, in seconds."""
        self.foresee: Callable[[Request, Any], Iterable[Request]] = _nothing_else
        """Returns the reads that will be needed after an answer, so that they are sent with the next ones."""
        self._listings = listings
        self._lists: dict[Key, list[Raw] | None] = {}
        """The lists that were read to their ends; ``None`` for one that cannot be read."""
        self._indexes: dict[int, dict[Hashable, list[Raw]]] = {}
        """The members of those lists by the keys of the listings, by the number of the listing."""
        self._known: dict[Key, Outcome] = {}
        self._failed_in_batch: set[Key] = set()
        self._wanted: dict[Key, Request] = {}
        self._asking: Counter[Key] = Counter()
        self._kept = {listing.request.key for listing in listings}
        """The pages of lists, which are kept while the desk is used."""
        self._by_value: dict[tuple[str, ...], dict[str, list[Raw]]] = {}
        self._not_combined: set[tuple[str, ...]] = set()
        self._owners: dict[str, str | None] = {}
        self._owners_unknown: Unreachable | None = None
        self._answered = False
        self._end: GraphFailure | None = None

    # What is needed, and what is known ---------------------------------------------------------------------------------

    def lacks(self, key: Key) -> bool:
        """Whether this read is still to be sent."""
        return key in self._wanted

    def missing(self, requests: Sequence[Request], alone: bool) -> list[Request]:
        """The reads that must be sent first; for ``alone``, also those that failed in a batch only."""
        if self._end:
            return []
        missing = []
        for request in requests:
            key = request.key
            if key in self._wanted:
                missing.append(request)
            elif key not in self._known:
                missing += self._missing_for(request)
            elif alone and key in self._failed_in_batch:
                missing.append(request)
        return missing

    def want(self, requests: Iterable[Request]) -> None:
        """Send these reads next."""
        for request in requests:
            self._wanted.setdefault(request.key, request)

    def expect(self, requests: Iterable[Request]) -> None:
        """Send these reads next, unless they are known. Then the reads that follow from them are expected."""
        for request in requests:
            known = self._known.get(request.key)
            if known is None:
                self.want([request])
            elif isinstance(known, Answer):
                self.expect(self.foresee(request, known.body))

    def outcome(self, request: Request) -> Outcome:
        """The outcome of a read that is not missing."""
        known = self._known.get(request.key)
        return known or self._end or GraphFailure("nothing was read")

    def ask(self, requests: Iterable[Request]) -> None:
        """Keep the outcomes of these reads until the same number of calls of `leave`."""
        self._asking.update(request.key for request in requests)

    def leave(self, requests: Iterable[Request]) -> None:
        """Discard the outcomes of reads that nobody else has asked for. Those of lists are kept."""
        for request in requests:
            key = request.key
            self._asking[key] -= 1
            if self._asking[key] <= 0:
                del self._asking[key]
                if key not in self._kept:
                    self._known.pop(key, None)

    def rest(self) -> None:
        """Discard what a group of pieces of work has derived, and what was read for it in vain, at its end."""
        self.client.derivations = {}
        self.client.commons.clear()
        self._known = {key: outcome for key, outcome in self._known.items() if key in self._kept}
        self._wanted.clear()

    def owner_of(self, name: str) -> str | None:
        """See `Client.owner_of`. Whoever asks after a failure does not wait for the same one again."""
        if name not in self._owners:
            if self._owners_unknown:
                raise self._owners_unknown
            try:
                self._owners[name] = self.client.owner_of(name)
            except Unreachable as failure:
                self._owners_unknown = failure
                raise
        return self._owners[name]

    def _missing_for(self, request: Request) -> list[Request]:
        query = by_value(request)
        if query and query.family not in self._not_combined:
            return self._missing_values(request, query)
        for number, listing in enumerate(self._listings):
            key = listing.key_of(request)
            if key is None:
                continue
            if listing.request.key not in self._lists:
                return self._missing_pages(listing.request) or self._missing_for(request)
            body = self._from_list(number, listing, key)
            if body is not None:
                self._known[request.key] = Answer(200, body)
                return []
        return [request]

    def _from_list(self, number: int, listing: Listing, key: str) -> Any:
        """The body of a read, from a list; ``None`` if the list does not contain it."""
        members = self._lists[listing.request.key]
        if members is None:
            return None
        try:
            if number not in self._indexes:
                index: dict[Hashable, list[Raw]] = {}
                for member in members:
                    index.setdefault(listing.index(member), []).append(member)
                self._indexes[number] = index
            return listing.answer(self._indexes[number].get(key, ()))
        except (AttributeError, KeyError, TypeError):
            # A member is not as documented. Whoever needs it reads it by itself, and reports that.
            return None

    def _missing_values(self, request: Request, query: ByValue) -> list[Request]:
        found = self._by_value.get(query.family, {})
        if any(value not in found for value in query.values):
            return [request]
        members = [member for value in dict.fromkeys(query.values) for member in found[value]]
        self._known[request.key] = Answer(200, {"value": members})
        return []

    def _missing_pages(self, listing: Request) -> list[Request]:
        """The next page of a list; nothing once it was read to its end, or cannot be read."""
        members: list[Raw] = []
        read: set[Key] = set()
        page: Request | None = listing
        while page is not None:
            self._kept.add(page.key)
            outcome = self._known.get(page.key)
            if outcome is None:
                return [page]
            try:
                body = outcome.body if isinstance(outcome, Answer) and page.key not in read else {}
                read.add(page.key)
                members += page_members(body)
                following = self.client.path_of(body["@odata.nextLink"], page.version) if "@odata.nextLink" in body else None
                page = Request("GET", following, version=page.version) if following else None
            except (AttributeError, TypeError, ValueError, GraphFailure):
                # Not a list as documented, or one without an end: whoever needs a single object reads it, and reports that.
                self._lists[listing.key] = None
                return []
        self._lists[listing.key] = members
        return []

    # Sending -----------------------------------------------------------------------------------------------------------

    def send(self, most: int) -> None:
        """Send some of the reads that are needed."""
        requests = dict(list(self._wanted.items())[:most])
        try:
            self._send(requests)
        finally:
            for key in requests:
                self._wanted.pop(key, None)

    def _send(self, requests: Mapping[Key, Request]) -> None:
        families: dict[tuple[str, ...], dict[str, None]] = {}
        others: list[Request] = []
        for request in requests.values():
            query = by_value(request)
            if query and query.family not in self._not_combined:
                found = self._by_value.get(query.family, {})
                families.setdefault(query.family, {}).update(dict.fromkeys(value for value in query.values if value not in found))
            else:
                others.append(request)
        queries = [(family, request) for family, values in families.items() for request in combined(family, list(values))]
        outcomes = self._read([*others, *(request for _family, request in queries)])
        for request, outcome in zip(others, outcomes, strict=False):
            self._known[request.key] = outcome
            if isinstance(outcome, Answer):
                self.expect(self.foresee(request, outcome.body))
        for (family, request), outcome in zip(queries, outcomes[len(others) :], strict=True):
            self._take_apart(family, request, outcome)

    def _take_apart(self, family: tuple[str, ...], request: Request, outcome: Outcome) -> None:
        """Sort the answer of a combined query by value. If there is none, or not the whole of it, such queries are sent as they are."""
        query = by_value(request)
        values = query.values if query else ()
        try:
            members = all_of(outcome.body if isinstance(outcome, Answer) else None)
            by_its_value: dict[str, list[Raw]] = {value: [] for value in values}
            for member in members:
                by_its_value[value_in(family, member)].append(member)
        except (AttributeError, KeyError, TypeError, GraphFailure):
            self._not_combined.add(family)
            # If nothing was combined, this is the outcome of the query itself.
            self._known[request.key] = outcome
            return
        self._by_value.setdefault(family, {}).update(by_its_value)

    def _read(self, requests: Sequence[Request]) -> list[Outcome]:
        """The outcomes, in batches if there are several. A read that was asked for before failed in a batch then, and is sent separately."""
        batched = [
            request for request in requests if request.key not in self._failed_in_batch and not is_refused_in_batches(self.client, request)
        ]
        batched = batched if len(batched) > 1 else []
        outcomes = dict(zip((request.key for request in batched), send_all(self.client, batched), strict=True))
        self._check_end(list(outcomes.values()))
        for key, outcome in outcomes.items():
            if not isinstance(outcome, Answer) and not (isinstance(outcome, ServiceError) and outcome.missing):
                self._failed_in_batch.add(key)
        separately = [request for request in requests if request.key not in outcomes]
        answers = self._read_separately(separately)
        self._check_end(answers)
        for request, outcome in zip(separately, answers, strict=True):
            if isinstance(outcome, Answer):
                record_refusal(self.client, request, self._known.get(request.key))
            outcomes[request.key] = outcome
            self._failed_in_batch.discard(request.key)
        return [outcomes[request.key] for request in requests]

    def _check_end(self, outcomes: Sequence[Outcome]) -> None:
        """Send nothing more after a failed sign-in, or if the service is not reached at all."""
        self._answered = self._answered or any(isinstance(outcome, (Answer, ServiceError, Unanswered)) for outcome in outcomes)
        lost = [outcome for outcome in outcomes if isinstance(outcome, Unreachable) and not isinstance(outcome, Unanswered)]
        if lost and len(lost) == len(outcomes) and (len(lost) > 1 or not self._answered):
            self._end = lost[0]
        refused = [outcome for outcome in outcomes if isinstance(outcome, (SignInFailure, CredentialProblem))]
        self._end = refused[0] if refused else self._end

    def _read_separately(self, requests: Sequence[Request]) -> list[Outcome]:
        if len(requests) < 2:
            return [self._read_one(request) for request in requests]
        with ThreadPoolExecutor(PARALLEL_BATCHES) as pool:
            return list(pool.map(self._read_one, requests))

    def _read_one(self, request: Request) -> Outcome:
        if self._end:
            return self._end
        try:
            return self.client.send(request)
        except GraphFailure as failure:
            return failure

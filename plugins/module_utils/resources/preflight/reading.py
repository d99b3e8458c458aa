# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads for a preflight: a failure becomes a finding, and never counts as a check without findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ...graph.batch import outcomes_of
from ...graph.client import Answer, Client, Request
from ...graph.errors import GraphFailure, ServiceError
from ...plan import Refusal
from ..causes import explain
from .check import ABSENT, Link, Longer, Outcome, Read, Seen
from .finding import UNKNOWN, Finding


@dataclass
class Reading:
    """The reads of one tenant, and the findings about those that failed."""

    client: Client
    link: Link
    exchange: Client | None = None
    """The client of Exchange in the same tenant, if Exchange can be asked."""
    seen: Seen = field(default_factory=Seen)
    findings: list[Finding] = field(default_factory=list)

    def make(self, reads: Sequence[Read]) -> None:
        """All requests in one batch for each version of Graph, then the longer reads in the order given, then those in Exchange.

        :raises Refusal: for a longer read that is not possible, unless it is `Read.refusable`.
        """
        self.seen.outcomes.update({read: Outcome() for read in reads})
        asked = [(read, request) for read in reads for request in read.requests(self.link)]
        for version in sorted({request.version for _read, request in asked}):
            self._batch([(read, request) for read, request in asked if request.version == version])
        for read in reads:
            for longer in read.longer(self.link, self.seen):
                self._longer(read, longer, self.client)
        if self.exchange:
            for read in reads:
                for longer in read.in_exchange(self.link, self.seen):
                    self._longer(read, longer, self.exchange)

    def _batch(self, asked: Sequence[tuple[Read, Request]]) -> None:
        outcomes = outcomes_of(self.client, [request for _read, request in asked])
        for (read, request), outcome in zip(asked, outcomes, strict=True):
            bodies = self.seen.outcomes[read].bodies
            if isinstance(outcome, Answer):
                try:
                    bodies.append(self.client.whole(outcome.body, version=request.version))
                except GraphFailure as failure:
                    self._failed(read, failure)
            elif isinstance(outcome, ServiceError) and outcome.missing:
                bodies.append(ABSENT)
            else:
                self._failed(read, outcome)

    def _longer(self, read: Read, longer: Longer, client: Client) -> None:
        outcome = self.seen.outcomes[read]
        try:
            # What was read before a failure counts, too.
            for item in longer(client):
                outcome.items.append(item)
        except Refusal as refusal:
            if not read.refusable:
                raise
            outcome.refusal = str(refusal)
        except GraphFailure as failure:
            self._failed(read, failure)

    def _failed(self, read: Read, failure: GraphFailure) -> None:
        """Add one finding for all failures with the same name."""
        self.seen.outcomes[read].whole = False
        if read.name in (finding.check for finding in self.findings):
            return
        cause = f"could not read what this check needs: {explain(failure).rstrip('.')}"
        self.findings.append(Finding(read.name, UNKNOWN, cause, "fix the cause, then run the preflight again"))


def distinct(reads: Iterable[Read]) -> list[Read]:
    """Each read once."""
    return list(dict.fromkeys(reads))

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads for a preflight: what fails becomes a finding, and never passes for something that is fine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ...graph.batch import look_all
from ...graph.claims import Claims, OpaqueToken
from ...graph.client import Answer, Client, Request, all_of
from ...graph.errors import GraphFailure, ServiceError
from ..causes import explain
from .finding import UNKNOWN, Finding

Value = TypeVar("Value")
ABSENT: Mapping[str, Any] = {}


@dataclass
class Looking:
    """One preflight of one tenant: what may be looked at, and what was found."""

    client: Client
    impossible: Collection[str]
    findings: list[Finding] = field(default_factory=list)

    def may(self, check: str) -> bool:
        """Whether the permissions let this check be made. Where they do not, a finding says so already."""
        return check not in self.impossible

    def answers(self, wanted: Mapping[str, tuple[str, Request]]) -> dict[str, Any]:
        """The bodies of reads, in one batch for each version; each is for a check. Collections are read to their end. What is not
        there is `ABSENT`, and what cannot be read is left out.
        """
        open_ = {name: (check, request) for name, (check, request) in wanted.items() if self.may(check)}
        found: dict[str, Any] = {}
        for version in sorted({request.version for _check, request in open_.values()}):
            names = [name for name, (_check, request) in open_.items() if request.version == version]
            outcomes = look_all(self.client, [open_[name][1] for name in names])
            for name, outcome in zip(names, outcomes, strict=True):
                if isinstance(outcome, Answer):
                    found.update(self._whole(open_[name][0], name, outcome.body, version))
                elif isinstance(outcome, ServiceError) and outcome.missing:
                    found[name] = ABSENT
                else:
                    self.unreadable(open_[name][0], outcome)
        return found

    def _whole(self, check: str, name: str, body: Any, version: str) -> dict[str, Any]:
        try:
            return {name: self.client.whole(body, version=version)}
        except GraphFailure as failure:
            self.unreadable(check, failure)
            return {}

    def everything(self, check: str, read: Callable[[], Iterable[Value]]) -> list[Value]:
        """What a longer read brings; nothing where it may not be made or fails, which then is among the findings."""
        if not self.may(check):
            return []
        try:
            return list(read())
        except GraphFailure as failure:
            self.unreadable(check, failure)
            return []

    def unreadable(self, check: str, failure: GraphFailure) -> None:
        """Say once that a check could not be made."""
        if any((one.check, one.severity) == (check, UNKNOWN) for one in self.findings):
            return
        cause = f"could not read what this check needs: {explain(failure).rstrip('.')}"
        self.findings.append(Finding(check, UNKNOWN, cause, "see the cause, then run the preflight again"))


def members(body: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The members of a collection among the `Looking.answers`; none of what is not there, or could not be read."""
    return all_of(body) if body else []


def claims_of(client: Client) -> Claims | None:
    """What the token says, or ``None`` if it is unreadable.

    :raises SignInFailure: when there is no token at all.
    """
    try:
        return client.claims()
    except OpaqueToken:
        return None

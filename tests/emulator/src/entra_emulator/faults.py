# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault plan: which request fails, and how. Set through the control API."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .errors import GraphError

Kind = Literal[
    "status",
    "html",
    "truncated",
    "reset_before_commit",
    "reset_after_commit",
    "delay",
    "no_answer",
    "expired_token",
]


class Fault(BaseModel):
    """One fault. It strikes the `nth` matching request and the `times - 1` ones after it; `times` 0 means for ever."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field(default=".*", description="Regular expression for the whole method.")
    path: str = Field(default=".*", description="Regular expression searched in path and query, for example `/v1.0/users`.")
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=0)
    fault: Kind
    status: int = Field(default=503, ge=400, le=599, description="For fault `status` and `html`.")
    retry_after: int | None = Field(default=None, ge=0, description="Retry-After in seconds, for fault `status`.")
    code: str | None = Field(default=None, description="error.code, for fault `status`.")
    committed: bool = Field(default=False, description="For `status`, `html` and `no_answer`: the change is made first.")
    seconds: float = Field(default=1.0, ge=0, description="For fault `delay`: the request is then served as usual.")
    seen: int = Field(default=0, ge=0, description="How many requests have matched so far.")

    @field_validator("method", "path")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as problem:
            raise ValueError(f"not a regular expression: {problem}") from None
        return value

    def strikes(self, method: str, target: str) -> bool:
        """Counts a matching request and says whether it is hit."""
        if not re.fullmatch(self.method, method, re.IGNORECASE) or not re.search(self.path, target):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times == 0 or self.seen < self.nth + self.times)

    def error(self) -> GraphError:
        """The Graph error of a `status` fault."""
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after is not None else {}
        code = self.code if self.code is not None else DEFAULT_CODES.get(self.status, "UnknownError")
        return GraphError(self.status, code, "The fault plan answered this request.", headers=headers)


class FaultPlan(BaseModel):
    """All faults, tried in order; the first one that strikes wins."""

    model_config = ConfigDict(extra="forbid")

    faults: list[Fault] = Field(default_factory=list)

    def next(self, method: str, target: str) -> Fault | None:
        """The fault for this request, if any."""
        struck = [fault for fault in self.faults if fault.strikes(method, target)]
        return struck[0] if struck else None


DEFAULT_CODES = {
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "serviceNotAvailable",
    504: "UnknownError",
}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What differs between the services that a `Client` can use: addresses, headers, errors and speed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from .cloud import Cloud
from .errors import ServiceError, service_error

ReadError: TypeAlias = Callable[[str, str, int, Any, Mapping[str, str]], ServiceError]
"""Reads an error from the method, the path, the status, the body and the headers of an answer."""


class Pacer(Protocol):
    """The speed at which a service may be asked."""

    def before(self, sleep: Callable[[float], None]) -> None:
        """Wait until the next request may be sent."""

    def after(self, headers: Mapping[str, str]) -> None:
        """Take note of an answer by its headers."""


class _Unlimited:
    """Microsoft Graph reports itself when it is asked too often."""

    def before(self, sleep: Callable[[float], None]) -> None:
        """Wait for nothing."""

    def after(self, headers: Mapping[str, str]) -> None:
        """Take note of nothing."""


@dataclass(frozen=True)
class Service:
    """A service with an HTTP interface. ``endpoint`` is what its tokens are for."""

    endpoint: str
    base: Callable[[str], str]
    """Returns the address before the path of a request, from the version of the interface."""
    read_error: ReadError = service_error
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of every request."""
    pacer: Pacer = field(default_factory=_Unlimited)


def graph(cloud: Cloud) -> Service:
    """Microsoft Graph of a cloud."""
    return Service(cloud.graph_endpoint, lambda version: f"{cloud.graph_endpoint}/{version}")

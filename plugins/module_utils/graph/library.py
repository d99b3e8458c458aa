# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The errors that libraries raise, in texts of this collection.

A library's text may quote its input, whole, cut or escaped, so that masking does not find a secret in it. Therefore no such text
gets into a message: errors with a known type or number have a text here, and any other error is named by its type.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Iterator

# `transport` reports that they are missing.
with contextlib.suppress(ImportError):
    from requests import exceptions as of_requests
    from urllib3 import exceptions as of_urllib3

_CERTIFICATE_FAULTS = {
    9: "it is not yet valid",
    10: "it has expired",
    18: "it is self-signed",
    19: "its authority is not among the trusted ones",
    20: "its authority is not among the trusted ones",
    62: "it is for another host name",
    64: "it is for another address",
}
"""By OpenSSL's numbers for the faults of a certificate."""

_SYSTEM_ERRORS = {
    errno.ECONNREFUSED: "the connection was refused",
    errno.ECONNRESET: "the connection was closed",
    errno.ECONNABORTED: "the connection was closed",
    errno.EPIPE: "the connection was closed",
    errno.ETIMEDOUT: "the server did not answer in time",
    errno.EHOSTUNREACH: "there is no route to the server",
    errno.ENETUNREACH: "there is no route to the server",
}


def cause(error: BaseException) -> str:
    """Why a connection failed: the innermost error with a known text."""
    for link in reversed(list(_chain(error))):
        text = _text(link)
        if text:
            return text
    return type(error).__name__


def certificate_refused(error: BaseException) -> bool:
    """Whether the server's certificate was the reason."""
    return any(isinstance(link, ssl.SSLCertVerificationError) for link in _chain(error))


def never_sent(error: BaseException) -> bool:
    """Whether no connection was made, or the library itself rejected the request."""
    kinds = (of_urllib3.NewConnectionError, of_requests.InvalidURL, of_requests.InvalidHeader)
    return any(isinstance(link, kinds) for link in _chain(error))


def file_cause(error: Exception) -> str:
    """Why a file or a program cannot be used."""
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(number, int) and number in errno.errorcode:
        return os.strerror(number)
    return "it is not text" if isinstance(error, UnicodeError) else type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and the errors that it wraps, outermost first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        wrapped = (*link.args, getattr(link, "reason", None), link.__cause__)
        link = next((inner for inner in wrapped if isinstance(inner, BaseException)), None)


def _text(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE_FAULTS.get(getattr(error, "verify_code", 0), "its verification failed")
    number = getattr(error, "errno", None)
    if isinstance(error, OSError) and not isinstance(error, (ssl.SSLError, socket.gaierror)) and number in _SYSTEM_ERRORS:
        return _SYSTEM_ERRORS[number]
    return next((text for kinds, text in _texts() if isinstance(error, kinds)), None)


def _texts() -> tuple[tuple[tuple[type[BaseException], ...], str], ...]:
    return (
        ((socket.gaierror, of_urllib3.NameResolutionError), "the name of the server cannot be resolved"),
        ((ssl.SSLError,), "the encryption failed"),
        ((of_urllib3.ConnectTimeoutError, of_requests.ConnectTimeout), "the server did not answer in time"),
        ((of_urllib3.ReadTimeoutError, of_requests.ReadTimeout, TimeoutError), "no answer was received in time"),
        ((of_urllib3.IncompleteRead, of_requests.ChunkedEncodingError, of_requests.ContentDecodingError), "the answer was cut short"),
        ((ConnectionResetError, BrokenPipeError, of_urllib3.ProtocolError), "the connection was closed"),
        ((of_requests.InvalidProxyURL, of_urllib3.ProxySchemeUnknown), "the proxy's address is not valid"),
        ((of_requests.ProxyError, of_urllib3.ProxyError), "the proxy did not connect"),
        ((of_requests.InvalidURL, of_urllib3.LocationParseError), "the address is not valid"),
        ((of_requests.InvalidHeader, UnicodeError), "the request contains characters that cannot be sent"),
        ((of_requests.TooManyRedirects,), "the server redirects in a loop"),
        ((of_urllib3.NewConnectionError,), "no connection could be made"),
    )

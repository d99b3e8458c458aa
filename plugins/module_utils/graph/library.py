# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What libraries raise, in our own words.

A library's text may quote what it was given, whole, cut or escaped, so that nothing that masks secrets finds them. Therefore no
such text gets into a message: what is known by its type or number has a sentence here, and anything else is named by its type.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Iterator

# `transport` says that they are missing.
with contextlib.suppress(ImportError):
    from requests import exceptions as of_requests
    from urllib3 import exceptions as of_urllib3

_CERTIFICATE = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is self-signed",
    19: "its authority is not among the trusted ones",
    20: "its authority is not among the trusted ones",
    62: "it is for another host name",
    64: "it is for another address",
}
"""OpenSSL's numbers of what is wrong with a certificate."""

_NUMBERS = {
    errno.ECONNREFUSED: "the connection was refused",
    errno.ECONNRESET: "the connection was closed",
    errno.ECONNABORTED: "the connection was closed",
    errno.EPIPE: "the connection was closed",
    errno.ETIMEDOUT: "nobody answered in time",
    errno.EHOSTUNREACH: "there is no way to the server",
    errno.ENETUNREACH: "there is no way to the server",
}


def cause(error: BaseException) -> str:
    """Why a connection failed: the innermost reason that is known."""
    for one in reversed(list(_chain(error))):
        known = _known(one)
        if known:
            return known
    return type(error).__name__


def certificate_refused(error: BaseException) -> bool:
    """Whether the server's certificate was the reason."""
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in _chain(error))


def never_sent(error: BaseException) -> bool:
    """Whether no connection was made, or the request was refused by the library itself."""
    return any(isinstance(one, (of_urllib3.NewConnectionError, of_requests.InvalidURL, of_requests.InvalidHeader)) for one in _chain(error))


def file_cause(error: Exception) -> str:
    """Why a file or a program cannot be used."""
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(number, int) and number in errno.errorcode:
        return os.strerror(number)
    return "it is no text" if isinstance(error, UnicodeError) else type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        inside = (*one.args, getattr(one, "reason", None), one.__cause__)
        one = next((inner for inner in inside if isinstance(inner, BaseException)), None)


def _known(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(getattr(error, "verify_code", 0), "its check failed")
    number = getattr(error, "errno", None)
    if isinstance(error, OSError) and not isinstance(error, (ssl.SSLError, socket.gaierror)) and number in _NUMBERS:
        return _NUMBERS[number]
    return next((words for kinds, words in _kinds() if isinstance(error, kinds)), None)


def _kinds() -> tuple[tuple[tuple[type[BaseException], ...], str], ...]:
    return (
        ((socket.gaierror, of_urllib3.NameResolutionError), "the name of the server is not known"),
        ((ssl.SSLError,), "the encryption failed"),
        ((of_urllib3.ConnectTimeoutError, of_requests.ConnectTimeout), "nobody answered in time"),
        ((of_urllib3.ReadTimeoutError, of_requests.ReadTimeout, TimeoutError), "no answer came in time"),
        ((of_urllib3.IncompleteRead, of_requests.ChunkedEncodingError, of_requests.ContentDecodingError), "the answer was cut short"),
        ((ConnectionResetError, BrokenPipeError, of_urllib3.ProtocolError), "the connection was closed"),
        ((of_requests.InvalidProxyURL, of_urllib3.ProxySchemeUnknown), "the proxy's address is not valid"),
        ((of_requests.ProxyError, of_urllib3.ProxyError), "the proxy made no connection"),
        ((of_requests.InvalidURL, of_urllib3.LocationParseError), "the address is not valid"),
        ((of_requests.InvalidHeader, UnicodeError), "the request holds characters that cannot be sent"),
        ((of_requests.TooManyRedirects,), "the server redirects in a circle"),
        ((of_urllib3.NewConnectionError,), "no connection could be made"),
    )

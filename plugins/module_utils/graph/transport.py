# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""One `requests` session for sign-in and Graph alike: trust, proxies and timeouts are decided here and nowhere else."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .errors import Unreachable

try:
    import requests
    from requests.utils import get_environ_proxies
    from urllib3 import disable_warnings
    from urllib3.exceptions import InsecureRequestWarning
except ImportError as missing:
    MISSING_LIBRARY: ImportError | None = missing
else:
    MISSING_LIBRARY = None

USER_AGENT = "entra.cross_tenant_sync/0.1.0"


@dataclass(frozen=True)
class Trust:
    """How to reach the service. ``timeout`` is in seconds and holds for each wait for data, ``connect_timeout`` for connecting."""

    ca_path: str | None = None
    validate_certs: bool = True
    timeout: float = 30.0
    connect_timeout: float = 10.0
    proxy: str | None = field(default=None, repr=False)
    """It may hold a password. Without it, the environment decides."""

    @property
    def verify(self) -> bool | str:
        """What `requests` calls ``verify``. A private CA of ours wins over the environment's bundle."""
        if not self.validate_certs:
            return False
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        return self.ca_path or bundle or True


class Transport:
    """Sends a request once. No retries, no knowledge of Graph."""

    def __init__(self, trust: Trust, endpoints: Iterable[str]) -> None:
        self._trust = trust
        self._session = requests.Session()
        # With trust_env, requests lets REQUESTS_CA_BUNDLE override verify, and a netrc entry override the token.
        self._session.trust_env = False
        self._session.verify = trust.verify
        if not trust.validate_certs:
            # The task warns of it once; urllib3 would with every request.
            disable_warnings(InsecureRequestWarning)
        self._session.headers["User-Agent"] = USER_AGENT
        for endpoint in endpoints:
            # The form in which requests looks for a proxy of one host: in lower case, without the port.
            host = urlsplit(endpoint).hostname
            proxies = {"https": trust.proxy} if trust.proxy else get_environ_proxies(endpoint)
            for scheme, proxy in proxies.items():
                self._session.proxies[f"{scheme}://{host}"] = proxy

    def beside(self, *endpoints: str) -> Transport:
        """Another session with the same trust, for other endpoints. What is not among them is reached without a proxy."""
        return Transport(self._trust, endpoints)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """The answer, whatever its status.

        :raises Unreachable: when there is none; ``certain`` if the request cannot have reached the service.
        """
        options["timeout"] = (self._trust.connect_timeout, self._trust.timeout)
        options.setdefault("allow_redirects", False)
        try:
            return self._session.request(method, url, **options)
        except requests.exceptions.SSLError as error:
            refused = isinstance(_innermost(error), ssl.SSLCertVerificationError)
            what = "the server's certificate is not trusted" if refused else "the encrypted connection broke"
            raise Unreachable(method, _bare(url), f"{what} ({_reason(error)})", certain=refused) from None
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise Unreachable(method, _bare(url), f"no connection could be made ({_reason(error)})") from None
        except requests.exceptions.RequestException as error:
            raise Unreachable(method, _bare(url), f"no complete answer came ({_reason(error)})", certain=_never_sent(error)) from None

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, **_options: Any
    ) -> requests.Response:
        """The part of an HTTP client that msal reads with."""
        return self.request("GET", url, params=params, headers=headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> requests.Response:
        """The part of an HTTP client that msal signs in with."""
        return self.request("POST", url, params=params, data=data, headers=headers)

    def close(self) -> None:
        """Close the connections; msal calls this too."""
        self._session.close()


def _bare(url: str) -> str:
    return url.split("?", 1)[0]


def _innermost(error: BaseException) -> BaseException:
    """What libraries wrap in their own exceptions."""
    while True:
        inner = next((one for one in (*error.args, getattr(error, "reason", None)) if isinstance(one, BaseException)), None)
        if inner is None:
            return error
        error = inner


def _reason(error: BaseException) -> str:
    """The innermost reason in one line, without the objects' addresses that urllib3 puts into its texts."""
    inner = _innermost(error)
    text = str(inner).rpartition(": ")[2] or type(inner).__name__
    return " ".join(text.split())[:200]


def _never_sent(error: BaseException) -> bool:
    """A refused or unresolvable address: urllib3 wraps it as a failure to establish the connection."""
    inner = error.args[0] if error.args else None
    return "NewConnectionError" in repr(getattr(inner, "reason", None)) or "NameResolutionError" in repr(getattr(inner, "reason", None))

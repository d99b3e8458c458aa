# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""One `requests` session for sign-in and Graph. Trust, proxies and timeouts are set only here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .errors import CredentialProblem, Unreachable
from .library import cause, certificate_refused, never_sent

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
    """How to reach the service. Both timeouts are in seconds: ``timeout`` for each wait for data, ``connect_timeout`` for a connection."""

    ca_path: str | None = None
    validate_certs: bool = True
    timeout: float = 30.0
    connect_timeout: float = 10.0
    proxy: str | None = field(default=None, repr=False)
    """It may contain a password. If it is not set, the environment variables apply."""

    @property
    def verify(self) -> bool | str:
        """The ``verify`` of `requests`. ``ca_path`` wins over the bundle that the environment names."""
        if not self.validate_certs:
            return False
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        return self.ca_path or bundle or True


class Transport:
    """Sends a request once, without retries. Independent of Graph."""

    def __init__(self, trust: Trust, endpoints: Iterable[str]) -> None:
        self._trust = trust
        self._session = requests.Session()
        # With trust_env, requests lets REQUESTS_CA_BUNDLE override verify, and a netrc entry override the token.
        self._session.trust_env = False
        self._session.verify = trust.verify
        if not trust.validate_certs:
            # The task warns once; urllib3 would warn with every request.
            disable_warnings(InsecureRequestWarning)
        self._session.headers["User-Agent"] = USER_AGENT
        _check_proxy(trust.proxy)
        for endpoint in endpoints:
            # The key by which requests finds the proxy of a host: in lower case, without the port.
            host = urlsplit(endpoint).hostname
            proxies = {"https": trust.proxy} if trust.proxy else get_environ_proxies(endpoint)
            for scheme, proxy in proxies.items():
                self._session.proxies[f"{scheme}://{host}"] = proxy

    def for_endpoints(self, *endpoints: str) -> Transport:
        """A new session with the same trust for other endpoints. Any other host is reached without a proxy."""
        return Transport(self._trust, endpoints)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Send a request and return its answer, with any status.

        :raises Unreachable: if there is no answer; ``certain`` if the request cannot have reached the service.
        :raises CredentialProblem: if the file of trusted authorities cannot be read.
        """
        options["timeout"] = (self._trust.connect_timeout, self._trust.timeout)
        options.setdefault("allow_redirects", False)
        try:
            return self._session.request(method, url, **options)
        except requests.exceptions.SSLError as error:
            refused = certificate_refused(error)
            reason = "the server's certificate is not trusted" if refused else "the encrypted connection broke"
            raise Unreachable(method, printable(url), f"{reason} ({cause(error)})", certain=refused) from None
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise Unreachable(method, printable(url), f"no connection could be made ({cause(error)})") from None
        except requests.exceptions.RequestException as error:
            raise Unreachable(
                method, printable(url), f"no complete answer was received ({cause(error)})", certain=never_sent(error)
            ) from None
        except Exception as error:
            # Any other error of a library: its text is not shown (see `library`), and the request may have had an effect.
            self._refuse_missing_authorities()
            raise Unreachable(method, printable(url), f"the connection failed ({cause(error)})", certain=False) from None

    def _refuse_missing_authorities(self) -> None:
        """Report an unreadable file of trusted authorities, which the library opens only with the first connection."""
        path = self._trust.verify
        if isinstance(path, str) and not os.access(path, os.R_OK):
            name = "ca_path" if self._trust.ca_path else "REQUESTS_CA_BUNDLE"
            raise CredentialProblem(f"{name} {path} cannot be read; it must be a file or directory with the authorities to trust") from None

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, **_options: Any
    ) -> requests.Response:
        """GET, as msal calls it on its HTTP client."""
        return self.request("GET", url, params=params, headers=headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> requests.Response:
        """POST, as msal calls it on its HTTP client."""
        return self.request("POST", url, params=params, data=data, headers=headers)

    def close(self) -> None:
        """Close the connections; msal calls this, too."""
        self._session.close()


def _check_proxy(proxy: str | None) -> None:
    """Validate a proxy. It may contain a password, so a message never quotes it."""
    if not proxy:
        return
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        valid = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise CredentialProblem("proxy is not a valid address; write it like http://proxy.example:3128")


def printable(url: str) -> str:
    """An address for a message: without its query, user name and password."""
    scheme, separator, rest = url.split("?", 1)[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}" if separator else scheme

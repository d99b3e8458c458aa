# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""One `requests` session for sign-in and Graph alike: trust, proxies and timeouts are decided here and nowhere else."""

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
        _check_proxy(trust.proxy)
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
            refused = certificate_refused(error)
            what = "the server's certificate is not trusted" if refused else "the encrypted connection broke"
            raise Unreachable(method, bare(url), f"{what} ({cause(error)})", certain=refused) from None
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise Unreachable(method, bare(url), f"no connection could be made ({cause(error)})") from None
        except requests.exceptions.RequestException as error:
            raise Unreachable(method, bare(url), f"no complete answer came ({cause(error)})", certain=never_sent(error)) from None
        except Exception as error:
            # Whatever else a library raises: its text is not shown, and what it has done is not known.
            self._refuse_missing_authorities()
            raise Unreachable(method, bare(url), f"the connection failed ({cause(error)})", certain=False) from None

    def _refuse_missing_authorities(self) -> None:
        """The file of trusted authorities is only opened with the first connection."""
        path = self._trust.verify
        if isinstance(path, str) and not os.access(path, os.R_OK):
            name = "ca_path" if self._trust.ca_path else "REQUESTS_CA_BUNDLE"
            raise CredentialProblem(f"{name} {path} cannot be read; it is a file or directory with the authorities to trust") from None

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


def _check_proxy(proxy: str | None) -> None:
    """It may hold a password, so it is never quoted."""
    if not proxy:
        return
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        valid = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise CredentialProblem("proxy is no valid address; write it like http://proxy.example:3128")


def bare(url: str) -> str:
    """An address as a message may show it: without a query, and without a password."""
    scheme, separator, rest = url.split("?", 1)[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}" if separator else scheme

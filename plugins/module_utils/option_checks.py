# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What the value of each option must be: one table for all modules, looked through before anything is sent.

Only what can be said of a value by itself is here. Whether two options contradict each other, each resource's `desired` knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

Check: TypeAlias = Callable[[Any], "str | None"]
"""What a value must be, as half a sentence; ``None`` if it is so."""
Table: TypeAlias = Mapping[str, "Check | Table"]

LONGEST_NAME = 256
LONGEST_TEXT = 1024
"""Ours: longer than names and addresses get, and short enough for a URL."""
LARGEST_NUMBER = 2**31 - 1
SHOWN = 80
"""How many characters of a value a sentence shows."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LABEL = r"[^\W_]([\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)+{_LABEL}")
_MAILBOX = re.compile(r"[^\s@,;:<>()\"\[\]]{1,64}")
_CERTIFICATE = re.compile(rb"-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(T(\d{2}:\d{2}(:\d{2})?)(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?)?", re.ASCII)


def wrong(params: Mapping[str, Any], table: Table | None = None, place: str = "") -> str | None:
    """What is wrong with the first value that cannot be, as a sentence that names its option."""
    for name, about in (CHECKS if table is None else table).items():
        value = params.get(name)
        if value is None or value == []:
            continue
        several = value if isinstance(value, list) else None
        for number, one in enumerate([value] if several is None else several):
            where = f"{place}{name}" if several is None else f"{place}{name}[{number}]"
            if isinstance(about, Mapping):
                found = wrong(one, about, f"{where}.")
                if found:
                    return found
                continue
            must = about(one)
            if must:
                return f"{where} {must}." if name in SECRET else f"{where} {must}; it is {shown(one)}."
    return None


def shown(value: Any) -> str:
    """A value in a sentence."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… of {len(text)} characters"


def whole(least: int, most: int, unit: str = "") -> Check:
    """A whole number, both ends included."""
    must = f"must be a whole number from {least} to {most}{unit}"
    return lambda value: None if least <= value <= most else must


def line(longest: int = LONGEST_TEXT) -> Check:
    """A text of one line."""
    long = f"must not be longer than {longest} characters"
    return lambda value: "must be one line of text" if _CONTROL.search(value) else long if len(value) > longest else None


def text(value: str) -> str | None:
    """Any text, of several lines perhaps."""
    return "must be a text" if _NO_TEXT.search(value) else None


def tenant(value: str) -> str | None:
    """A tenant."""
    return None if _ID.fullmatch(value) or _DOMAIN.fullmatch(value) else "must be a tenant's id or one of its domains"


def identity(value: str) -> str | None:
    """A tenant's id alone."""
    return None if _ID.fullmatch(value) else "must be a tenant's id"


def domain(value: str) -> str | None:
    """A domain."""
    return None if _DOMAIN.fullmatch(value) else "must be a domain, such as contoso.com"


def word(value: str) -> str | None:
    """An id of which only the service knows the form."""
    return None if value.isascii() and value.isprintable() and " " not in value else "must be an id without blanks"


def token(value: str) -> str | None:
    """A token, which is sent in a header."""
    return (
        None
        if value.isascii() and value.isprintable() and " " not in value
        else "must be a token, which has no blanks and only ASCII characters"
    )


def address(value: str) -> str | None:
    """One address: the service takes one person or group (fact sheet 3.4)."""
    mailbox, _at, host = value.rpartition("@")
    is_one = _MAILBOX.fullmatch(mailbox) and _DOMAIN.fullmatch(host)
    return None if value == "off" or is_one else "must be one e-mail address, or off"


def moment(value: str) -> str | None:
    """A time."""
    parts = _MOMENT.fullmatch(value)
    try:
        datetime.fromisoformat(f"{parts[1]}T{parts[3] or '00:00'}" if parts else "")
    except ValueError:
        return "must be a time, such as 2026-11-23T02:00:00Z"
    return None


def endpoint(value: str) -> str | None:
    """A root to which secrets and tokens go. A host name alone means https, as in ``AZURE_AUTHORITY_HOST``."""
    if "://" in value and not value.lower().startswith("https://"):
        return "must begin with https://"
    parts = _parts(value if "://" in value else f"https://{value}")
    return None if parts and not parts.query and not parts.fragment else "must be the address of a server, such as https://host.example"


def proxy(value: str) -> str | None:
    """A proxy, perhaps with a name and password."""
    parts = _parts(value if "://" in value else f"http://{value}")
    # Name and password are sent in a header.
    known = parts is not None and value.isascii() and parts.scheme in ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
    return None if known else "must be the address of a proxy, such as http://host:port, in ASCII characters"


def _parts(url: str) -> Any:
    """The parts of an address that can be one; `urlsplit` judges brackets at once, and a port when it is asked for."""
    if _CONTROL.search(url) or " " in url:
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 and re.fullmatch(r"[\w.:%-]+", parts.hostname) else None
    except ValueError:
        return None


def authorities(value: str) -> str | None:
    """A file of certificates, or a directory as OpenSSL keeps them."""
    try:
        with open(value, "rb") as file:
            return None if _CERTIFICATE.search(file.read()) else "must be a file with certificates in PEM"
    except IsADirectoryError:
        return None
    except (OSError, ValueError) as error:
        return f"cannot be read where this task runs ({getattr(error, 'strerror', None) or 'it is no path'})"


SECRET = frozenset(
    {
        "client_secret",
        "certificate",
        "certificate_passphrase",
        "federated_token",
        "access_token",
        "proxy",
        "graph_endpoint",
        "login_endpoint",
    }
)
"""Options whose value is in no sentence; an address may hold a password."""

NAME, LINE = line(LONGEST_NAME), line()
WAIT = whole(0, 86_400, " seconds")

CONNECTION: Table = {
    "tenant_id": tenant,
    "client_id": word,
    "client_secret": LINE,
    "certificate": text,
    "certificate_path": LINE,
    "certificate_passphrase": LINE,
    "federated_token": token,
    "federated_token_file": LINE,
    "access_token": token,
    "graph_endpoint": endpoint,
    "login_endpoint": endpoint,
    "ca_path": authorities,
    "proxy": proxy,
    "connect_timeout": whole(1, 3600, " seconds"),
    "timeout": whole(1, 3600, " seconds"),
    "retries": whole(0, 100),
}
_TARGETS: Table = {"targets": {"target": LINE}}
_ACCESS: Table = {"users_and_groups": _TARGETS, "applications": _TARGETS}
REMOVALS, PERCENT = whole(0, LARGEST_NUMBER), whole(0, 100)


def deletions(value: int) -> str | None:
    """The deletion guard."""
    return None if 0 <= value <= LARGEST_NUMBER else f"must be 0 (no guard) or a number of deletions, at most {LARGEST_NUMBER}"


CHECKS: Table = {
    **CONNECTION,
    "target": CONNECTION,
    "visibility_timeout": WAIT,
    "partner_tenant_id": tenant,
    "target_tenant_id": tenant,
    "source_tenant_id": identity,
    "resolve": tenant,
    "source_domains": domain,
    "display_name": NAME,
    "b2b_collaboration_inbound": _ACCESS,
    "b2b_collaboration_outbound": _ACCESS,
    "b2b_direct_connect_inbound": _ACCESS,
    "b2b_direct_connect_outbound": _ACCESS,
    "configuration": NAME,
    "name": NAME,
    "source_name": LINE,
    "target_name": LINE,
    "others": NAME,
    "keep_for": NAME,
    "notification_email": address,
    "deletion_threshold": deletions,
    "users": LINE,
    "groups": NAME,
    "max_removals": REMOVALS,
    "max_removal_percent": PERCENT,
    "scope_users": LINE,
    "scope_groups": NAME,
    "scope_max_removals": REMOVALS,
    "scope_max_removal_percent": PERCENT,
    "verify_users": LINE,
    "people": {"user_principal_name": LINE, "mail": LINE},
    "mappings": {"target": LINE, "source": LINE, "constant": text, "expression": text, "default": text},
    "display_name_suffix": text,
    "company_name": LINE,
    "filters": {"name": LINE, "clauses": {"attribute": LINE, "operator": LINE, "values": text}},
    "wait_timeout": whole(0, 2_592_000, " seconds"),
    "since": moment,
    "until": moment,
    "limit": whole(0, LARGEST_NUMBER),
}
"""By option; what is inside of an option, in a table of its own."""

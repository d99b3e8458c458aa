# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The valid values of each option: one table for all modules, checked before anything is sent.

Each value is checked alone. Contradictions between two options are found by each resource's `desired`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from ..graph.credentials.methods import CREDENTIAL_OPTIONS

Check: TypeAlias = Callable[[Any], "str | None"]
"""The requirement that a value does not meet, such as "must be a text"; ``None`` if the value is valid."""
Table: TypeAlias = Mapping[str, "Check | Table"]

LONGEST_NAME = 256
LONGEST_TEXT = 1024
LONGEST_DOCUMENT = 65_536
"""In characters. These limits are of this collection: longer than any name or address, and short enough for a URL; and for a text of many
lines, a certificate or a token, longer than any of them."""
LARGEST_NUMBER = 2**31 - 1
SHOWN = 80
"""The number of characters of a value that a message shows."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_UNSEEN = re.compile(r"[\x80-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
"""What copying from a page or a chat adds to a text, and nobody sees: it changes the direction of the text, or is nothing at all. Letters that
are written from right to left are not among them, nor are the joiners of Persian and of Indian scripts."""
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LABEL = r"[^\W_]([\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)+{_LABEL}")
_MAILBOX = re.compile(r"[^\s@,;:<>()\"\[\]]{1,64}")
_CERTIFICATE = re.compile(rb"-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(T(\d{2}:\d{2}(:\d{2})?)(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?)?", re.ASCII)


def wrong(params: Mapping[str, Any], table: Table | None = None, place: str = "") -> str | None:
    """The message about the first invalid value, with the name of its option; ``None`` if all values are valid.

    ``table`` is `CHECKS` by default; ``place`` is the beginning of the names in a nested table.
    """
    table = CHECKS if table is None else table
    given = params.keys() & table.keys()
    for name in given if len(given) < 2 else [known for known in table if known in given]:
        value, about = params[name], table[name]
        if value is None or value == []:
            continue
        several = value if isinstance(value, list) else None
        for number, member in enumerate([value] if several is None else several):
            where = f"{place}{name}" if several is None else f"{place}{name}[{number}]"
            if isinstance(about, Mapping):
                found = wrong(member, about, f"{where}.")
                if found:
                    return found
                continue
            must = about(member)
            if must:
                return f"{where} {must}." if name in SECRET else f"{where} {must}; it is {shown(member)}."
    return None


def shown(value: Any) -> str:
    """A value for a message, shortened to `SHOWN` characters."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… of {len(text)} characters"


def named(value: Any) -> str:
    """A name for a message: as it is, if it can be read as it is, otherwise like another value."""
    text = str(value)
    return text if text.isprintable() and len(text) <= SHOWN else shown(text)


def whole(least: int, most: int, unit: str = "") -> Check:
    """A check for a whole number from ``least`` to ``most``, both included. ``unit`` follows the number in the message."""
    must = f"must be a whole number from {least} to {most}{unit}"
    return lambda value: None if least <= value <= most else must


def line(longest: int = LONGEST_TEXT) -> Check:
    """A check for a text of one line without unseen characters, with at most ``longest`` characters."""

    def check(value: str) -> str | None:
        if _CONTROL.search(value):
            return "must be one line of text"
        unseen = _UNSEEN.search(value)
        if unseen:
            return f"must not contain the invisible character U+{ord(unseen[0]):04X}"
        return _length(value, longest)

    return check


def _length(value: str, longest: int) -> str | None:
    return f"must not be longer than {longest} characters" if len(value) > longest else None


def text(value: str) -> str | None:
    """A text, which can have several lines."""
    return "must be a text" if _NO_TEXT.search(value) else _length(value, LONGEST_DOCUMENT)


def tenant(value: str) -> str | None:
    """A tenant, by id or domain."""
    return None if _ID.fullmatch(value) or _DOMAIN.fullmatch(value) else "must be a tenant's id or one of its domains"


def identity(value: str) -> str | None:
    """A tenant's id."""
    return None if _ID.fullmatch(value) else "must be a tenant's id"


def domain(value: str) -> str | None:
    """A domain name."""
    return None if _DOMAIN.fullmatch(value) else "must be a domain, such as contoso.com"


def word(value: str) -> str | None:
    """An id in a format of the service."""
    good = value.isascii() and value.isprintable() and " " not in value
    return _length(value, LONGEST_NAME) if good else "must be an id without blanks"


def token(value: str) -> str | None:
    """A token, which is sent in a header."""
    good = value.isascii() and value.isprintable() and " " not in value
    return _length(value, LONGEST_DOCUMENT) if good else "must be a token, which has no blanks and only ASCII characters"


def address(value: str) -> str | None:
    """One e-mail address, or ``off``: the service accepts a single user or group (fact F64)."""
    mailbox, _at, host = value.rpartition("@")
    single = _MAILBOX.fullmatch(mailbox) and _DOMAIN.fullmatch(host)
    return None if value == "off" or single else "must be one e-mail address, or off"


def moment(value: str) -> str | None:
    """A date or a time in ISO 8601."""
    parts = _MOMENT.fullmatch(value)
    try:
        datetime.fromisoformat(f"{parts[1]}T{parts[3] or '00:00'}" if parts else "")
    except ValueError:
        return "must be a time, such as 2026-11-23T02:00:00Z"
    return None


def endpoint(value: str) -> str | None:
    """The address of a server to which secrets and tokens are sent. A host name alone means https, as in ``AZURE_AUTHORITY_HOST``."""
    if "://" in value and not value.lower().startswith("https://"):
        return "must begin with https://"
    parts = _parts(value if "://" in value else f"https://{value}")
    good = parts and not parts.query and not parts.fragment
    return _length(value, LONGEST_TEXT) if good else "must be the address of a server, such as https://host.example"


def proxy(value: str) -> str | None:
    """A proxy; the address can contain a name and a password."""
    parts = _parts(value if "://" in value else f"http://{value}")
    # Name and password are sent in a header.
    known = parts is not None and value.isascii() and parts.scheme in ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
    return _length(value, LONGEST_TEXT) if known else "must be the address of a proxy, such as http://host:port, in ASCII characters"


def _parts(url: str) -> Any:
    """The parts of a valid address, ``None`` for another text. `urlsplit` checks brackets, and ``port`` checks the port."""
    if _CONTROL.search(url) or _UNSEEN.search(url) or " " in url:
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 and re.fullmatch(r"[\w.:%-]+", parts.hostname) else None
    except ValueError:
        return None


def authorities(value: str) -> str | None:
    """A file with certificates, or a directory in the format of OpenSSL."""
    fault = line()(value)
    if fault:
        return fault
    try:
        with open(value, "rb") as file:
            return None if _CERTIFICATE.search(file.read()) else "must be a file with certificates in PEM"
    except IsADirectoryError:
        return None
    except (OSError, ValueError) as error:
        return f"cannot be read where this task runs ({getattr(error, 'strerror', None) or 'it is not a path'})"


SECRET = frozenset(
    {*(option.name for option in CREDENTIAL_OPTIONS if option.is_secret), "proxy", "graph_endpoint", "login_endpoint", "exchange_endpoint"}
)
"""Options whose value is in no message; an address may contain a password."""

NAME, LINE = line(LONGEST_NAME), line()
WAIT = whole(0, 86_400, " seconds")

_CREDENTIALS = {"line": LINE, "text": text, "token": token, "path": LINE}
CONNECTION: Table = {
    "tenant_id": tenant,
    "client_id": word,
    **{option.name: _CREDENTIALS[option.form] for option in CREDENTIAL_OPTIONS},
    "graph_endpoint": endpoint,
    "login_endpoint": endpoint,
    "exchange_endpoint": endpoint,
    "exchange_group": NAME,
    "ca_path": authorities,
    "proxy": proxy,
    "connect_timeout": whole(1, 3600, " seconds"),
    "timeout": whole(1, 3600, " seconds"),
    "retries": whole(0, 100),
}
REMOVALS, PERCENT = whole(0, LARGEST_NUMBER), whole(0, 100)


def deletions(value: int) -> str | None:
    """The deletion guard."""
    return None if 0 <= value <= LARGEST_NUMBER else f"must be 0 (no guard) or a number of deletions, at most {LARGEST_NUMBER}"


def group(value: bool | str) -> str | None:
    """A group by its id or name; in some modules the option of this name is a switch."""
    return None if isinstance(value, bool) else NAME(value)


MAPPING: Table = {"target": LINE, "source": LINE, "constant": text, "expression": text, "default": text}


def difference(value: Mapping[str, Any]) -> str | None:
    """A difference of a link, as another module has returned it."""
    actions = value.get("actions")
    listed = isinstance(actions, list) and all(isinstance(action, Mapping) for action in actions)
    return None if listed else "must have actions, a list of dictionaries"


CHECKS: Table = {
    **CONNECTION,
    "target": CONNECTION,
    "source": CONNECTION,
    "visibility_timeout": WAIT,
    "partner_tenant_id": tenant,
    "target_tenant_id": tenant,
    "source_tenant_id": identity,
    "resolve": tenant,
    "source_domains": domain,
    "configuration": NAME,
    "name": NAME,
    "link_source": NAME,
    "link_target": NAME,
    "others": NAME,
    "keep_for": NAME,
    "notification_email": address,
    "deletion_threshold": deletions,
    "user": LINE,
    "users": LINE,
    "groups": group,
    "excluded_groups": NAME,
    "share": {side: {"groups": NAME, "excluded_groups": NAME} for side in ("source", "target")},
    "max_removals": REMOVALS,
    "max_removal_percent": PERCENT,
    "scope_users": LINE,
    "scope_groups": NAME,
    "scope_max_removals": REMOVALS,
    "scope_max_removal_percent": PERCENT,
    "protected": LINE,
    "protected_release": LINE,
    "impact_limit": whole(0, LARGEST_NUMBER),
    "verify_users": LINE,
    "people": LINE,
    "global_address_list": NAME,
    "must_be_listed": LINE,
    "max_unlisted": whole(0, LARGEST_NUMBER),
    "max_changes": whole(0, LARGEST_NUMBER),
    "commands_path": LINE,
    "arriving_users": {"user_principal_name": LINE, "mail": LINE},
    "source_name": NAME,
    "target_name": NAME,
    "mappings": MAPPING,
    "group_mappings": MAPPING,
    "display_name_suffix": NAME,
    "company_name": LINE,
    "try_on": LINE,
    "filters": {"name": LINE, "clauses": {"attribute": LINE, "operator": LINE, "values": text}},
    "wait_timeout": whole(0, 2_592_000, " seconds"),
    "since": moment,
    "until": moment,
    "limit": whole(0, LARGEST_NUMBER),
    "differences": difference,
    "folder": LINE,
    "report_folder": LINE,
    "path": LINE,
    "tenants": NAME,
    "title": LINE,
    "ticket_pattern": LINE,
    "following": LINE,
    "run": LINE,
    "reason": LINE,
    "summary": text,
}
"""The checks by option; suboptions are in a table of their own. Those of a partner's settings are in the table of settings."""

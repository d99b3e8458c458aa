# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The text of a topology file: YAML with comments. Every value comes from the service, and none can become anything else than a value.

The values are written by PyYAML, each text in one line. A text that Ansible would evaluate has the tag ``!unsafe``. Comments contain no
character that ends a line.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.odata import is_id
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.export.model import (
    Export,
    ExportedLink,
    Foreign,
    Identity,
    SeenTenant,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.export.variables import is_template

PLUGIN = "entra.cross_tenant_sync.topology"
WIDTH = 120
OF_ONE_LINK = ("configuration", "others")
"""The variables that are never shared."""
HEAD = (
    "The links that the playbook entra.cross_tenant_sync.export has found. Every link that is not commented out is as it was found: the "
    "playbook sync, with this file as its inventory, has nothing to change.",
    "The file contains no credential. Remove the # before the placeholders in tenants, or keep your connections elsewhere: tenants as an "
    "extra variable, or in group_vars/all, takes precedence over this file.",
)


class _Dumper(yaml.SafeDumper):
    """Writes plain data in blocks, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        """Equal values are repeated."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """The members of a list are indented."""
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if any(map(_ends_or_hides, text)) else None
    if is_template(text):
        return dumper.represent_scalar("!unsafe", text, style=style or "'")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _ends_or_hides(letter: str) -> bool:
    """Whether a character ends a line, or controls how others are shown."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def content(export: Export, shares: bool = True) -> dict[str, Any]:
    """The file as data, without what is commented out. ``shares``: whether variables that all links share are in ``defaults``."""
    active = [link for link in export.links if link.obstacle is None]
    defaults = shared(active) if shares else {}
    return {
        "plugin": PLUGIN,
        "tenants": {one.short: _entry(one.identity, one.cloud) for one in export.tenants},
        **({"defaults": defaults} if defaults else {}),
        "links": [_link(link, _own(link, defaults)) for link in active],
    }


def shared(links: Iterable[ExportedLink]) -> dict[str, Any]:
    """The variables that are the same in all links, if there are several links."""
    first, *others = [dict(link.variables) for link in links] or [{}]
    if not others:
        return {}
    return {
        name: value
        for name, value in first.items()
        if name not in OF_ONE_LINK and all(name in other and other[name] == value for other in others)
    }


def topology_text(export: Export, client_ids: Mapping[str, Any]) -> str:
    """The whole file. ``client_ids`` are the ids of the applications that read the tenants, by the names of the tenants."""
    data = content(export)
    lines = [*_comments(*HEAD), f"plugin: {PLUGIN}", "", "tenants:"]
    for one in export.tenants:
        lines += _indented(_tenant(one, data["tenants"][one.short], client_ids.get(one.short)))
    lines += _indented(_foreign(export.foreign))
    if data.get("defaults"):
        lines += ["", *_yaml({"defaults": data["defaults"]})]
    lines += ["", "links:" if data["links"] else "links: []"]
    entries = iter(data["links"])
    for link in export.links:
        if link.obstacle is None:
            lines += _indented([*_notes(link), *_yaml([next(entries)])])
    for link in export.links:
        if link.obstacle is not None:
            lines += _indented(_commented_out(link, data.get("defaults") or {}))
    return "\n".join([*lines, *_lists(export), ""])


def _entry(identity: Identity, cloud: str) -> dict[str, Any]:
    return {"tenant_id": identity.id, **({"cloud": cloud} if cloud != "global" else {})}


def _own(link: ExportedLink, defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in link.variables.items() if name not in defaults}


def _link(link: ExportedLink, variables: Mapping[str, Any]) -> dict[str, Any]:
    suffix = {"suffix": link.suffix} if link.suffix else {}
    return {"source": link.source, "target": link.target, **suffix, **variables}


def _tenant(one: SeenTenant, entry: Mapping[str, Any], client_id: Any) -> Iterator[str]:
    yield from _comments(_titled(one.identity))
    yield from _yaml({one.short: dict(entry)})
    yield from _indented(_commented(_credentials(one.short, client_id)))


def _foreign(tenants: Iterable[Foreign]) -> Iterator[str]:
    for one in tenants:
        yield ""
        yield from _comments(f"Needed for the links to {one.short} below, which are commented out.", _titled(one.identity))
        yield from _commented([*_yaml({one.short: _entry(one.identity, "global")}), *_indented(_credentials(one.short, None))])


def _titled(identity: Identity) -> str:
    return ", ".join(part for part in (identity.name, identity.default_domain) if part)


def _credentials(short: str, client_id: Any) -> list[str]:
    """Placeholders, of which none is read from a credential."""
    variable = re.sub(r"\W|^(?=\d)", "_", short, flags=re.ASCII).upper()
    known = client_id if isinstance(client_id, str) and is_id(client_id) else "<application id>"
    return [f"client_id: {known}", f"client_secret: \"{{{{ lookup('ansible.builtin.env', '{variable}_CLIENT_SECRET') }}}}\""]


def _notes(link: ExportedLink) -> list[str]:
    return _comments(f"{link.host}:", *(f"- {note}" for note in link.notes)) if link.notes else []


def _commented_out(link: ExportedLink, defaults: Mapping[str, Any]) -> Iterator[str]:
    """The link with all of its variables, also those that the file shares: it may not be equal to the others."""
    yield ""
    yield from _comments(f"{link.host} is commented out: {link.obstacle}", *(f"- {note}" for note in link.notes))
    missing = dict.fromkeys(name for name in defaults if name not in link.variables)
    yield from _commented(_yaml([_link(link, {**link.variables, **missing})]))


def _lists(export: Export) -> Iterator[str]:
    for title, sentences in (
        ("Partners that may synchronize users into a tenant, and no link above describes it", export.inbound),
        ("Partners without a link", export.partners),
        ("Configurations that do not belong to this collection", export.multitenant),
        ("Configurations without a target", export.idle),
        ("Tenants that the service has discovered as related, and that are neither above nor a partner", export.related),
        ("What could not be read", export.unread),
    ):
        if sentences:
            yield ""
            yield from _comments(f"{title}:", *(f"- {sentence}" for sentence in sentences))


def _yaml(data: Any) -> list[str]:
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=float("inf"))
    # Only these end lines here: every other character that could is written as an escape sequence.
    return text.rstrip("\n").split("\n")


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]


def _commented(lines: Iterable[str]) -> list[str]:
    return [f"# {line}" for line in lines]


def _comments(*sentences: str) -> list[str]:
    """Comments of limited width. What is not a letter that one sees is written as an escape sequence."""
    return [f"# {line}" for sentence in sentences if sentence for line in _wrapped(_visible(sentence))]


def _wrapped(sentence: str) -> list[str]:
    later = "  " if sentence.startswith("- ") else ""
    return textwrap.wrap(sentence, WIDTH, subsequent_indent=later, break_long_words=False, break_on_hyphens=False)


def _visible(sentence: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" if _ends_or_hides(letter) else letter for letter in sentence)

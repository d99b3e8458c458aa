# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The verdict of the watch over many links, and how a link ends in a run. Pure functions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.watch_report import (
    BEGINNINGS,
    COULD_NOT_LOOK,
    NOTHING,
    SOMETHING,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.verdicts import ending as ended

ARGUMENTS, LOOK = "watch_arguments", "watch_look"
"""The variables in which the playbook watch registers the results of link_arguments and watch_info."""
VERDICTS = (SOMETHING, COULD_NOT_LOOK, NOTHING)
"""What decides first."""
MOST_CHARACTERS, MOST_SENTENCES, MOST_NAMES, LONGEST = 4000, 3, 20, 300
"""What a scheduler gets: up to how many characters about links, and of each of them, how many sentences and names, and how long a text is."""
_SHOWN = ("verdict", "summary", "findings", "could_not_look")


def verdicts(hosts: Iterable[str], variables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The verdict on all links, and on each of them."""
    links = {host: of_link(variables[host]) for host in hosts}
    counts = Counter(link["verdict"] for link in links.values())
    numbers = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    return {
        "verdict": next((verdict for verdict in VERDICTS if counts[verdict]), NOTHING),
        "summary": f"{len(links)} link{'' if len(links) == 1 else 's'}: {numbers}" if links else "no links",
        "links": links,
    }


def of_link(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict on a link, from what its tasks have registered. A link whose tasks failed or did not run could not be looked at."""
    look, arguments = (variables.get(name) or {} for name in (LOOK, ARGUMENTS))
    if "verdict" in look:
        return {**{name: look[name] for name in _SHOWN}, "protected": [_name(user) for user in look["protected"]]}
    if arguments.get("state") == "absent" and not look:
        return _link(NOTHING, "the link must not exist, so there is nothing to look at")
    reason = str(look.get("msg") or arguments.get("msg") or "its tasks did not run")
    return {**_link(COULD_NOT_LOOK, reason), "could_not_look": [reason]}


def _link(verdict: str, summary: str) -> dict[str, Any]:
    return {"verdict": verdict, "summary": summary, "findings": [], "could_not_look": [], "protected": []}


def _name(user: Mapping[str, Any]) -> str:
    return str(user["user_principal_name"] or user["target_user_principal_name"])


def ending(whole: Mapping[str, Any], host: str, fails: bool) -> dict[str, Any]:
    """The result of the task of a link, see `verdicts.ending`."""
    link = whole["links"][host]
    msg = f"{BEGINNINGS[link['verdict']]}{link['summary']}"
    return {**ended(link["verdict"], whole["verdict"], msg, fails), "watch": handed(whole)}


def handed(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The verdicts as a scheduler gets them: of the links, the worst first, as many as fit, and at least one."""
    hosts = sorted(whole["links"], key=lambda host: VERDICTS.index(whole["links"][host]["verdict"]))
    links: dict[str, Any] = {}
    for host in hosts:
        links[host] = _short(whole["links"][host])
        if len(links) > 1 and len(json.dumps(links)) > MOST_CHARACTERS:
            del links[host]
            break
    return {**whole, "links": links, "more": len(hosts) - len(links)}


def _short(link: Mapping[str, Any]) -> dict[str, Any]:
    sentences = {name: [_text(text) for text in link[name][:MOST_SENTENCES]] for name in ("findings", "could_not_look")}
    return {**link, "summary": _text(link["summary"]), **sentences, "protected": link["protected"][:MOST_NAMES]}


def _text(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."

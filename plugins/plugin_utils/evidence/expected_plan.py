# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The plan that was approved, from the value of ``expected_plan``: a hash, a file or data. And why the present plan is not that one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.checks import shown
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import FORMAT, Plan
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.plan_comparison import differences
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.planning import link_hash, plan_hash, unplannable

_HASH = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
FORMS = "the hash of a plan, which has 64 hexadecimal digits, the path of a plan.json, or the content of one"
UNNAMED = "What differs cannot be named"
MOST_SENTENCES = 40
"""How many differences a message names."""
NOTHING_CHANGED = "Nothing was changed"


class Unusable(Exception):
    """The value names no plan. The text is one sentence."""


@dataclass(frozen=True)
class Expected:
    """The plan that was approved. ``plan`` is ``None`` if only its hash is known."""

    hash: str
    plan: Plan | None = None


def expected_of(value: Any) -> Expected:
    """The approved plan.

    :raises Unusable: if the value is none.
    """
    if isinstance(value, Mapping):
        return _of_data(value, "expected_plan")
    text = value.strip() if isinstance(value, str) else "" if value is None else None
    if not text:
        what = "is empty" if text == "" else f"is {_kind(value)}"
        raise Unusable(f"expected_plan {what}; give {FORMS}, or leave it out to run without an approved plan.")
    return Expected(text.lower()) if _HASH.fullmatch(text) else _of_file(text)


def _kind(value: Any) -> str:
    return {list: "a list", bool: "true or false", int: "a number", float: "a number"}.get(type(value), "of an unknown type")


def _of_file(path: str) -> Expected:
    where = f"expected_plan {shown(path)}"
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        raise Unusable(f"{where} is neither a hash of 64 hexadecimal digits nor a file that exists; give {FORMS}.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON in UTF-8"
        raise Unusable(f"{where} cannot be read: {reason}; give {FORMS}.") from None
    if not isinstance(content, Mapping):
        raise Unusable(f"{where} does not contain a plan; give {FORMS}.")
    return _of_data(content, where)


def _of_data(data: Mapping[str, Any], where: str) -> Expected:
    hash_text = data.get("hash")
    if not isinstance(hash_text, str) or not _HASH.fullmatch(hash_text):
        raise Unusable(f"{where} is not a plan: it has no hash of 64 hexadecimal digits; give {FORMS}.")
    if "format" not in data and "links" not in data:
        # What set_stats hands to the next node of a workflow.
        return Expected(hash_text.lower())
    if data.get("format") != FORMAT:
        raise Unusable(
            f"{where} has format {shown(data.get('format'))}, and this version of the collection reads format {FORMAT}; make a new plan with it."
        )
    found = json.loads(json.dumps(data, default=str))
    try:
        made = plan_hash(found["version"], found["links"]) if _is_whole(found) else None
    except (AttributeError, KeyError, TypeError):
        made = None
    if made != hash_text.lower():
        raise Unusable(
            f"{where} is damaged: its content does not have the hash {hash_text} that it names; get the file again, or make a new plan."
        )
    return Expected(made, cast(Plan, found))


def _is_whole(plan: Mapping[str, Any]) -> bool:
    """Whether each link has the hash that it names."""
    return all(link["hash"] == link_hash(link) for link in plan["links"].values())


def refusal(
    expected: Expected, present: Plan, inventory: Collection[str] = (), hosts: Collection[str] = ()
) -> tuple[str | None, list[str]]:
    """Why the present plan must not be applied, and its differences from the approved one. ``inventory`` are all links, ``hosts`` those of
    this run.
    """
    impossible = unplannable(present)
    if expected.hash != present["hash"]:
        return _of_other_plan(expected, present, inventory, hosts)
    if impossible:
        reasons = "; ".join(f"{host}: {reason}" for host, reason in impossible.items())
        return f"The plan {expected.hash} has links that cannot be planned, so it cannot be applied: {reasons}. {NOTHING_CHANGED}.", []
    return None, []


def batch_refusal(planned: int, links: int) -> str:
    """Why a batch of a play with ``serial`` is refused: its first write would precede the comparison of the others."""
    return (
        f"expected_plan is about all links of the play, and this batch has {planned} of {links}; run without serial, or compare first, "
        f"with the playbook plan and the same expected_plan. {NOTHING_CHANGED}."
    )


def _of_other_plan(expected: Expected, present: Plan, inventory: Collection[str], hosts: Collection[str]) -> tuple[str, list[str]]:
    begins = (
        f"The plan is not the one that was approved, so nothing is applied. Expected is {expected.hash}, and it is {present['hash']} now"
    )
    if expected.plan is not None:
        found = differences(expected.plan, present, inventory) or [UNNAMED]
        return f"{begins}. {_listed(found)}. {NOTHING_CHANGED}; make a new plan and have it approved.", found
    outside = sorted(set(inventory) - set(hosts))
    limited = f" This run leaves out {len(outside)} of {len(inventory)} links ({_some(outside)})." if outside else ""
    whole = "Only the hash is known of the approved plan; give its plan.json as expected_plan to see the differences."
    return f"{begins}. {whole}{limited} The present plan: {'; '.join(present['summary'])}. {NOTHING_CHANGED}.", []


def _listed(sentences: Sequence[str]) -> str:
    more = f"; and {len(sentences) - MOST_SENTENCES} more differences" if len(sentences) > MOST_SENTENCES else ""
    return "; ".join(sentences[:MOST_SENTENCES]) + more


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the watch over many links ends: what was found decides, then what could not be looked at."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.watch_report import ending, handed, verdicts

USER = {"user_principal_name": None, "target_user_principal_name": "minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com"}


def looked(verdict: str, **members: Any) -> dict[str, Any]:
    """The variables of a link that was looked at."""
    found = {"verdict": verdict, "summary": f"it is {verdict}", "findings": [], "could_not_look": [], "protected": [], **members}
    return {"watch_arguments": {"state": "present"}, "watch_look": found}


HOSTS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": (looked("nothing"), "nothing"),
    "something": (looked("something", findings=["somebody"], protected=[USER]), "something"),
    "could_not_look": (looked("could_not_look", could_not_look=["roles not checked"]), "could_not_look"),
    "failed": ({"watch_arguments": {"state": "present"}, "watch_look": {"failed": True, "msg": "Tenant x: no"}}, "could_not_look"),
    "faulty": ({"watch_arguments": {"failed": True, "msg": "Link y: no"}}, "could_not_look"),
    "absent": ({"watch_arguments": {"state": "absent"}}, "nothing"),
    "not run": ({}, "could_not_look"),
}
"""Links by what their tasks have registered."""


@pytest.mark.parametrize("host", HOSTS)
def test_a_link(host: str) -> None:
    variables, expected = HOSTS[host]
    whole = verdicts([host], {host: variables})
    link = whole["links"][host]
    assert (whole["verdict"], link["verdict"]) == (expected, expected)
    assert set(link) == {"verdict", "summary", "findings", "could_not_look", "protected"}
    assert bool(link["could_not_look"]) is (expected == "could_not_look")
    ended = ending(whole, host, fails=True)
    assert ended.get("failed", False) is (expected == "something")
    assert ended.get("unreachable", False) is (expected == "could_not_look")
    assert ended["msg"].endswith(link["summary"])
    for result in (ending(whole, host, fails=False),):
        assert not {"failed", "unreachable"} & result.keys()
        assert result["msg"] == ended["msg"]


def test_the_names_of_protected_users_are_handed_on() -> None:
    assert verdicts(["something"], {"something": HOSTS["something"][0]})["links"]["something"]["protected"] == [
        USER["target_user_principal_name"]
    ]


@pytest.mark.parametrize("hosts", [chosen for number in (2, 3) for chosen in itertools.combinations(HOSTS, number)], ids=" ".join)
def test_several_links(hosts: tuple[str, ...]) -> None:
    """Exit code 4 of an unreachable host would hide exit code 2 of a failed one, so it never occurs beside it."""
    whole = verdicts(hosts, {host: HOSTS[host][0] for host in hosts})
    found = {HOSTS[host][1] for host in hosts}
    assert whole["verdict"] == next(verdict for verdict in ("something", "could_not_look", "nothing") if verdict in found)
    ends = [ending(whole, host, fails=True) for host in hosts]
    failed, unreachable = any(end.get("failed") for end in ends), any(end.get("unreachable") for end in ends)
    assert failed is ("something" in found)
    assert unreachable is (found == {"could_not_look"} or found == {"could_not_look", "nothing"})
    assert whole["summary"].startswith(f"{len(hosts)} links: ")


def test_no_links() -> None:
    assert verdicts([], {}) == {"verdict": "nothing", "summary": "no links", "links": {}}


def test_a_scheduler_gets_what_fits_the_worst_first() -> None:
    """However many links, findings and protected users there are."""
    quiet = {f"quiet{number}": looked("nothing") for number in range(1000)}
    names = [{"user_principal_name": f"person{number}@contoso.kr", "target_user_principal_name": None} for number in range(1000)]
    loud = {f"loud{number}": looked("something", findings=["x" * 1000] * 1000, protected=names) for number in range(100)}
    unknown = {f"unknown{number}": looked("could_not_look", could_not_look=["y" * 1000] * 1000) for number in range(100)}
    variables = {**quiet, **unknown, **loud}
    whole = verdicts(variables, variables)
    found = handed(whole)
    assert len(json.dumps(found)) < 5000
    assert next(iter(found["links"])) == "loud0"
    assert len(found["links"]) + found["more"] == len(variables)
    few = verdicts(["nothing"], {"nothing": HOSTS["nothing"][0]})
    assert handed(few) == {**few, "more": 0}

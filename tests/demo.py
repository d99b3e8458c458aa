# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, shown step by step on the emulator: ``make demo``."""

from __future__ import annotations

import difflib
import itertools
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.terminal import plan_lines
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory

INTERRUPTED = 130
LEFT: dict[str, Any] = {"link_scope_users": [], "link_scope_exact": True}
"""The variables of the link after Kim Minsu has left the scope."""
SWAPPED: dict[str, Any] = {"link_scope_groups": ["Engineering"], "link_scope_exact": True}
"""The variables of the link if Engineering takes the place of Sales."""
HIDDEN = "hyejin.lee@contoso.kr"
"""The user whom somebody hides in Exchange."""

numbers = itertools.count(1)
console = Console(highlight=False, soft_wrap=True, width=120)


class DemoFailure(Exception):
    """A step did not do what it demonstrates."""


def main() -> int:
    """Run the demonstration, and leave nothing behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="cross-tenant-sync-demo-") as folder, Emulator(Path(folder) / "emulator") as emulator:
            show(emulator, Playbooks(emulator, Path(folder) / "ansible"))
    except KeyboardInterrupt:
        console.print("\nInterrupted; the emulator is stopped and nothing is left behind.")
        return INTERRUPTED
    except DemoFailure as failure:
        console.print(f"\nThe demonstration failed: {failure}", markup=False)
        return 1
    return 0


def show(emulator: Emulator, playbooks: Playbooks) -> None:
    """The life of a link."""
    step("Two companies, contoso.kr and fabrikam.kr, with nothing between them. Is anything missing or conflicting? (preflight)")
    print_findings(succeed(playbooks.play(REPOSITORY / "playbooks" / "preflight.yml", inventory(emulator))))

    step("What would the playbook do? (--check)")
    planned = succeed(playbooks.sync("--check", "--diff"))
    print_actions(planned)

    step("The same for those who approve it: the plan, with its hash. (plan)")
    approved = print_plan(succeed(playbooks.play(REPOSITORY / "playbooks" / "plan.yml", inventory(emulator))))

    step("The playbook for real, with expected_plan: it applies exactly that plan, and would refuse any other.")
    done = succeed(playbooks.sync("--diff", "-e", f"expected_plan={approved}"))
    print_actions(done)
    expect(done.actions() == planned.actions(), "the run did not do what check mode predicted")

    step("Forty minutes pass, and the service runs its first cycle.")
    print_cycles(emulator.advance("PT40M"))

    step("The address book of fabrikam.kr now contains these users of contoso.kr.")
    print_address_book(synced_users(playbooks))

    step("The playbook again. Nothing is left to do.")
    again = succeed(playbooks.sync())
    print_recap(again)
    expect(not again.changed(), f"the second run changed {again.changed()}")

    step("The people of contoso.kr are also to see the free/busy times of fabrikam.kr: one more variable. (link_share)")
    shared = succeed(playbooks.sync(link_share={"target": {"free_busy": "basic", "scope": "all"}}))
    print_actions(shared)
    expect(len(shared.actions()) == 2, f"the run was to share free/busy times, but did {shared.actions()}")

    stop(emulator, playbooks)

    step("Kim Minsu leaves the scope. The inventory now has an empty list of users, and the list is exact.")
    left = succeed(playbooks.sync("--diff", **LEFT))
    print_actions(left)
    print_diffs(left)

    step("Forty minutes later, the service has removed Kim Minsu from the address book.")
    print_cycles(emulator.advance("PT40M"))
    remaining = synced_users(playbooks)
    print_address_book(remaining)
    expect(
        all(user["source_user_principal_name"] != "minsu.kim@contoso.kr" for user in remaining), "Kim Minsu is still in the address book"
    )

    hosts = ask_exchange(emulator, playbooks)
    report(playbooks, hosts)


def print_plan(run: Run) -> str:
    """The plan of all links as a page. Returns its hash."""
    result = run.of("plan_report")
    print_lines(plan_lines(result["plan"]))
    return str(result["hash"])


def report(playbooks: Playbooks, hosts: dict[str, Any]) -> None:
    """The evidence of it all, which stays."""
    step("The night shift asks for the health of all links. (health)")
    looked = succeed(playbooks.play(REPOSITORY / "playbooks" / "health.yml", hosts))
    print_lines([link["line"] for link in looked.of("links_health_info")["links"].values()])

    step("The auditor gets a report: one HTML file without network, the same as Markdown and as data. (report)")
    folder = REPOSITORY / ".build" / "demo"
    written = succeed(playbooks.play(REPOSITORY / "playbooks" / "report.yml", hosts, "-e", json.dumps({"report_folder": str(folder)})))
    print_lines(written.of("link_report")["summary"])
    for path in sorted(folder.iterdir()):
        console.print(f"   {path}", markup=False)


def print_lines(lines: str | list[str]) -> None:
    """Lines of a result."""
    for line in [lines] if isinstance(lines, str) else lines:
        console.print(f"   {line}", markup=False)


def stop(emulator: Emulator, playbooks: Playbooks) -> None:
    """A change that would cost an administrator of the target the account."""
    step("Lee Hyejin becomes a Global Administrator of fabrikam.kr. Then somebody puts Engineering in the place of Sales. (--check)")
    make_administrator(emulator)
    before = emulator.state()
    stopped = playbooks.sync("--check", **SWAPPED)
    expect(stopped.code != 0, "the run was not stopped")
    expect(emulator.state() == before, "something was changed")
    print_impact(stopped)

    step("The same for real. It stops before the first write in either tenant.")
    stopped = playbooks.sync(**SWAPPED)
    expect(stopped.code != 0, "the run was not stopped")
    expect(emulator.state() == before, "something was changed")
    print_impact(stopped, users=False)


def make_administrator(emulator: Emulator) -> None:
    """Give the account of Lee Hyejin in Fabrikam a role."""
    state = emulator.state()
    users = state["tenants"][FABRIKAM]["users"].values()
    found = next(user for user in users if user["userPrincipalName"].startswith(HIDDEN.replace("@", "_")))
    found["_directoryRoles"] = ["Global Administrator"]
    emulator.control("PUT", "state", state)


def print_impact(run: Run, users: bool = True) -> None:
    """What a change would do to users, and why it is refused."""
    result = run.of("impact_info")
    expect(HIDDEN in result["msg"], f"the run stopped for another reason: {result['msg']}")
    for user in result["impact"]["users"] if users else ():
        protected = f"  protected: {', '.join(user['protected_by'])}" if user["protected_by"] else ""
        way = f"{user['before']} -> {user['after']}{protected}"
        console.print(f"   {user['user_principal_name']:<26} {user['effect']:<13} {way}", markup=False)
    console.print(f"   {result['msg']}", markup=False)


def ask_exchange(emulator: Emulator, playbooks: Playbooks) -> dict[str, Any]:
    """What Exchange says about the users. Returns the inventory in which it may be asked."""
    step("All this was asked of Entra. With exchange: true, Exchange itself says who is in its address book, and why others are not.")
    hosts = inventory(emulator, **LEFT)
    hosts["all"]["vars"]["tenants"]["fabrikam"] |= {"exchange": True}
    print_table(ask(playbooks, hosts), "listed")

    step("An administrator of Exchange hides Lee Hyejin there. Entra does not notice that, but Exchange is asked.")
    emulator.control("POST", "exchange/fabrikam.kr", {"user": HIDDEN, "hidden": True})
    print_table(ask(playbooks, hosts), "hidden_in_exchange")

    step("The same playbook mends that, and nothing else. (link_address_book: mend)")
    mended = ask(playbooks, hosts, link_address_book="mend")
    print_actions(mended)
    expect(len(mended.actions()) == 1, f"the run was to mend one user, but did {mended.actions()}")
    print_table(mended, "listed")

    step("The playbook again. Nothing is left to do.")
    again = ask(playbooks, hosts, link_address_book="mend")
    print_recap(again)
    expect(not again.changed(), f"the second run changed {again.changed()}")
    return hosts


def ask(playbooks: Playbooks, hosts: dict[str, Any], **link: Any) -> Run:
    """A run of the playbook that asks Exchange who is in the address book."""
    (about,) = hosts["all"]["children"]["links"]["hosts"].values()
    about |= link
    return succeed(playbooks.play(REPOSITORY / "playbooks" / "address_book.yml", hosts, "--diff"))


def print_table(run: Run, verdict: str) -> None:
    """The table about the users, as the playbook prints it, if the verdict on Lee Hyejin is the given one."""
    for line in run.of("address_book_info")["table"]:
        console.print(f"   {line}", markup=False)
    (found,) = [user["verdict"] for user in run.of("address_book_info")["people"] if user["name"] == HIDDEN]
    expect(found == verdict, f"the verdict on Lee Hyejin is {found}")


def step(text: str) -> None:
    """Announce a step."""
    console.print(f"\n[bold cyan]{next(numbers)}. {text}[/]")


def succeed(run: Run) -> Run:
    """The run, if it succeeded."""
    if run.code:
        raise DemoFailure(f"ansible-playbook ended with {run.code}:\n{run.output}")
    return run


def expect(holds: bool, otherwise: str) -> None:
    """Fail with the message ``otherwise`` unless a condition holds."""
    if not holds:
        raise DemoFailure(otherwise)


def synced_users(playbooks: Playbooks) -> list[dict[str, Any]]:
    """The synced users of Contoso, as a module of the collection reads them in Fabrikam."""
    options = {"source_domains": ["contoso.kr"], "user_type": "member"}
    found: list[dict[str, Any]] = succeed(playbooks.task("synced_user_info", "fabrikam", options)).of("synced_user_info")["synced_users"]
    return found


def print_findings(run: Run) -> None:
    """The preflight's table, as the playbook prints it."""
    for line in next(task.result["msg"] for task in run.tasks if task.name.endswith("Report the findings")):
        console.print(f"   {line}", markup=False)


def print_actions(run: Run) -> None:
    """Every action in a line."""
    for task in run.ours():
        for action in task.result.get("actions") or ():
            tenant = {"a0c898ca": "contoso.kr", "afab079d": "fabrikam.kr"}[action["tenant"][:8]]
            console.print(f"   {tenant:<12} {action['verb']:<9} {action['object']}", markup=False)


def print_cycles(passed: dict[str, Any]) -> None:
    """The cycles of the service."""
    for cycle in passed["cycles"]:
        counts = ", ".join(f"{cycle[name]} {name}" for name in ("created", "updated", "deleted", "skipped", "failed"))
        console.print(f"   cycle: {counts}")


def print_address_book(found: list[dict[str, Any]]) -> None:
    """The users as an address book shows them."""
    table = Table(show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), box=None, header_style="bold")
    for title in ("   Name", "Mail", "Job title", "Department", "Type", "Listed"):
        table.add_column(title, no_wrap=True)
    for user in found:
        listed = "no" if user["show_in_address_list"] is False else "yes"
        table.add_row(
            f"   {user['display_name']}", *(user[name] or "" for name in ("mail", "job_title", "department", "user_type")), listed
        )
    console.print(table)
    console.print(f"   {len(found)} users")


def print_recap(run: Run) -> None:
    """Ansible's own last line."""
    console.print(f"   {run.output[run.output.index('PLAY RECAP') :].splitlines()[1]}", markup=False)


def print_diffs(run: Run) -> None:
    """The changes as a diff."""
    for diff in run.diffs():
        before, after = (json.dumps(diff[side], indent=2, ensure_ascii=False).splitlines() for side in ("before", "after"))
        for line in difflib.unified_diff(before, after, "before", "after", n=1, lineterm=""):
            console.print(f"   {line}", markup=False)


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/emulator-facts.md: what the emulator imitates, by the tests that prove it, and what it does not.

A test says which fact it proves: ``@pytest.mark.fact("1.2", "PATCH keeps what is not sent")``. The number is the section of the fact
sheet to which the comments of this project refer; those that begin with X are of the fact sheet on Exchange.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1]
DOCUMENT = FOLDER.parents[1] / "docs" / "emulator-facts.md"

SECTIONS = {
    "0.1": "Two services, two dialects of errors",
    "0.2": "Error codes",
    "0.3": "Eventual consistency",
    "0.5": "Throttling",
    "0.6": "$batch",
    "0.7": "Paging and queries",
    "1.1": "The partner entry",
    "1.2": "Partner endpoints",
    "1.3": "identitySynchronization",
    "1.4": "Default and base policy",
    "1.5": "Resolving a tenant",
    "2.1": "Instantiating a configuration",
    "2.2": "Finding configurations",
    "2.4": "Deleting a configuration",
    "3": "Permissions of the synchronization endpoints",
    "3.1": "Synchronization templates",
    "3.2": "The job",
    "3.3": "Actions on the job",
    "3.4": "Secrets",
    "3.5": "Provisioning on demand",
    "4.1": "Schema endpoints",
    "4.2": "Structure of the schema and expressions",
    "4.3": "Default mappings",
    "4.4": "Scoping filters",
    "4.5": "Groups",
    "5": "Assignments",
    "6.1": "The provisioning log",
    "6.2": "The audit log",
    "6.4": "Quarantine",
    "7": "People in the target tenant",
    "9": "Prerequisites",
    "X1.1": "Exchange: requests to the admin API",
    "X1.2": "Exchange: answers",
    "X1.3": "Exchange: paging",
    "X1.4": "Exchange: errors",
    "X1.5": "Exchange: throttling and $batch",
    "X1.6": "Exchange: cmdlets, filters and address lists",
    "X1.7": "Exchange: permissions",
    "X2": "Exchange: the documented endpoints",
    "X3": "Exchange: what becomes of a synchronized person",
    "X4": "Exchange: who is in the address book",
    "X7": "Exchange: which tenant answers",
}

NOT_IMITATED = [
    "National clouds (0.4): there is one cloud, whatever the address is called.",
    "Quotas of one application over all tenants, and of Graph as a whole (0.5), which nobody reaches on one computer.",
    "Delegated sign-in and the roles of administrators: only applications sign in.",
    "`/policies/deletedItems` and the restoring of policies (1.2), which the documentation calls unsupported for applications.",
    "Multitenant organizations and their policy templates (1.6).",
    "Cross-cloud synchronization (2.3, 8): `externalCloudAuthorizedApplicationId` is kept and has no effect.",
    "`acquireAccessToken` and `bulkUpload` (3), which cross-tenant synchronization does not use.",
    "Custom security attributes, and directory extensions that are discovered from other applications (4.3).",
    "Provisioning of groups beyond what is sure (4.5): nested groups, licences, on-demand links of members.",
    "Permissions that narrow the properties of an answer: `User.ReadBasic.All` sees everything.",
    "The reconciliation report (6.3), notification mails (3.4, 6.4), the seven days of log retention without premium.",
    "Licences: nothing is refused for the lack of one (9).",
    "Exchange beyond recipients (X1.6): address lists and policies as objects, distribution groups and their membership by cmdlet, the "
    "settings of mailboxes, the OData recipients endpoint; a change in Exchange does not flow back to Entra, but for a removed contact.",
    "The delay until a role that was just given takes effect in Exchange (X1.7), management scopes, and offline address books (X3).",
    "Replication lag of what the provisioning engine itself writes, and of a job's schema; a request sees what a cycle did.",
    "Workloads of Graph other than those the README lists, `$search`, delta queries, and `$expand` other than identitySynchronization.",
]


@dataclass(frozen=True)
class Fact:
    """One marker on one test."""

    section: str
    text: str
    test: str
    file: str


def facts() -> list[Fact]:
    """Every fact that a test claims, in the order of the sections, then of the tests."""
    found = [fact for path in sorted((FOLDER / "tests").rglob("test_*.py")) for fact in _of(path)]
    order = list(SECTIONS)
    return sorted(found, key=lambda fact: order.index(fact.section))


def _of(path: Path) -> Iterator[Fact]:
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in reversed(node.decorator_list):
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fact":
                section, text = (ast.literal_eval(argument) for argument in decorator.args)
                yield Fact(section, text, node.name, path.relative_to(FOLDER).as_posix())


def document() -> str:
    """The whole page."""
    lines = [
        "<!--",
        "Copyright (c) 2026, the entra.cross_tenant_sync authors",
        "GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
        "SPDX-License-Identifier: GPL-3.0-or-later",
        "Generated by tests/emulator/tools/facts.py; a test fails when it is not current.",
        "-->",
        "",
        "# What the emulator imitates",
        "",
        "Every fact below is imitated by the [emulator](emulator.md) and proven by the test beside it. The numbers are those to which the",
        "emulator's switches and the comments of this project refer. Where the service's documentation contradicts itself or is silent, a",
        "switch is named; `entra-emulator --list-settings` explains it.",
    ]
    number = 0
    section = ""
    for fact in facts():
        if fact.section != section:
            section, number = fact.section, 0
            lines += ["", f"## {section} {SECTIONS[section]}", "", "| fact | | proven by |", "| --- | --- | --- |"]
        number += 1
        lines.append(f"| {section}-{number} | {_cell(fact.text)} | [`{fact.test}`](../tests/emulator/{fact.file}) |")
    lines += ["", "## What it does not imitate", "", *(f"* {one}" for one in NOT_IMITATED), ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


if __name__ == "__main__":
    DOCUMENT.write_text(document())
    print(f"{DOCUMENT}: {len(facts())} facts", file=sys.stderr)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/developers/emulator-facts.md: what the emulator imitates, by the tests that prove it, and what it does not.

A test says which fact it proves, and in what respect: ``@pytest.mark.fact("F34", "PATCH keeps what is not sent")``. The number is that
of a fact in docs/developers/facts.md.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1]
DOCUMENT = FOLDER.parents[1] / "docs" / "developers" / "emulator-facts.md"
FACTS = DOCUMENT.with_name("facts.md")

NOT_IMITATED = [
    "National clouds (F143): there is one cloud, whatever the address is called.",
    "Quotas of one application over all tenants, and of Graph as a whole (F21), which one computer does not reach.",
    "Delegated sign-in and the roles of administrators: only applications sign in.",
    "`/policies/deletedItems` and the restoring of policies (F37), which the documentation calls unsupported for applications.",
    "Multitenant organizations and their policy templates (F49).",
    "What beta alone has and cross-tenant synchronization does not need (F303): `blockServiceProviderOutboundAccess` and such are null.",
    "The retirement of `secrets` and `validateCredentials`, which beta's metadata announces for July 2027 without a replacement.",
    "Cross-cloud synchronization (F45, F144): `externalCloudAuthorizedApplicationId` is kept and has no effect.",
    "`acquireAccessToken` and `bulkUpload`, which cross-tenant synchronization does not use.",
    "Custom security attributes, and directory extensions that are discovered from other applications (F97).",
    "Provisioning of groups beyond what is documented (F106): nested groups, licences, on-demand links of members.",
    "Permissions that narrow the properties of an answer (F140): `User.ReadBasic.All` sees all of them.",
    "The reconciliation report, notification mails (F64), the seven days of log retention without a premium licence (F124).",
    "Licences: nothing but the list of eligible roles (F160) is refused for the lack of one (F141).",
    "Roles that are limited to a part of the directory, activation of eligible roles, and eligible memberships of groups (F164).",
    "Exchange (F155) beyond its recipients: address book policies, the offline address book, and what Outlook shows to one user.",
    "Replication lag of what the provisioning engine itself writes, and of a job's schema; a request sees what a cycle did.",
    "Workloads of Graph other than those the README lists, delta queries, and `$expand` of several relations or below another.",
]


@dataclass(frozen=True)
class Proof:
    """One marker on one test: the number of the fact, and what of it the test proves."""

    number: str
    text: str
    test: str
    file: str


TAGS = {"documented": "documented", "documented in two ways": "documented", "observed by others": "live", "assumed": "inferred"}
"""How far a behaviour of the emulator can be believed, by the confidence of its fact."""


@dataclass(frozen=True)
class Fact:
    """A title of the page of facts, with the subject above it, and how far it can be believed."""

    subject: str
    number: str
    title: str
    confidence: str
    checked: str
    source: str

    @property
    def tag(self) -> str:
        return TAGS[self.confidence]

    @property
    def anchor(self) -> str:
        """The place in the page, as GitHub names it."""
        return re.sub(r"[^\w\- ]", "", f"{self.number} {self.title}".lower()).replace(" ", "-")


def proofs() -> list[Proof]:
    """What the tests claim, in their order."""
    return [proof for path in sorted((FOLDER / "tests").rglob("test_*.py")) for proof in _of(path)]


def _of(path: Path) -> Iterator[Proof]:
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in reversed(node.decorator_list):
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fact":
                number, text = (ast.literal_eval(argument) for argument in decorator.args)
                yield Proof(number, text, node.name, path.relative_to(FOLDER).as_posix())


JUDGED = re.compile(r"Confidence: ([^.]+)\. Checked: ([\d-]+)\. Source: (.+?)\.(?: Switch| *$)")


def facts() -> list[Fact]:
    """The facts of the page, in its order."""
    found, subject = [], ""
    text = FACTS.read_text()
    addresses = dict(re.findall(r"^\[([^\]]+)\]: (\S+)$", text, re.MULTILINE))
    for level, title, body in re.findall(r"^(##|###) (.+)\n((?:(?!^##|^\[[^\]]+\]: ).*\n?)*)", text, re.MULTILINE):
        if level == "##":
            subject = title
            continue
        number, _blank, rest = title.partition(" ")
        judged = JUDGED.search(" ".join(body.split()))
        if judged is None:
            raise ValueError(f"{number} does not say how far it can be believed")
        source = re.sub(r"\]\[([^\]]+)\]", lambda link: f"]({addresses[link[1]]})", judged[3])
        found.append(Fact(subject, number, rest, judged[1], judged[2], source))
    return found


def shares(tags: list[str]) -> str:
    """How many of the behaviours are documented, were seen live, and are inferred."""
    counted = [(tag, tags.count(tag)) for tag in dict.fromkeys(TAGS.values())]
    return ", ".join(f"{count} {tag} ({count / len(tags):.0%})" for tag, count in counted)


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
        "The [emulator](../emulator.md) imitates the [facts](facts.md) below. The test beside each line proves it. Where the service's",
        "documentation contradicts itself or is silent, a switch is named; `entra-emulator --list-settings` explains it.",
        "",
        "Each behaviour is *documented* by Microsoft, was seen *live* in public code, issues or notes that were written against the real",
        "service, or is *inferred*: no source says so.",
    ]
    known, claimed = facts(), proofs()
    tag_of = {fact.number: fact.tag for fact in known}
    lines += ["", f"Of {len(claimed)} behaviours, {shares([tag_of[proof.number] for proof in claimed])}."]
    subject = ""
    for fact in known:
        proven = [proof for proof in claimed if proof.number == fact.number]
        if proven and fact.subject != subject:
            subject = fact.subject
            lines += ["", f"## {subject}", "", "| fact | | known by | proven by |", "| --- | --- | --- | --- |"]
        for proof in proven:
            test = f"[`{proof.test}`](../../tests/emulator/{proof.file})"
            source = "" if fact.source == "none" else f": {fact.source}"
            known_by = f"{fact.tag}, {fact.checked}{source}"
            lines.append(f"| [{fact.number}](facts.md#{fact.anchor}) | {_cell(proof.text)} | {_cell(known_by)} | {test} |")
    lines += ["", "## What it does not imitate", "", *(f"* {text}" for text in NOT_IMITATED), ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


if __name__ == "__main__":
    DOCUMENT.write_text(document())
    print(f"{DOCUMENT}: {len(proofs())} lines", file=sys.stderr)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The result of a preflight, as the lines of one table, and as the text of a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...quantity import quantity
from .finding import ERROR, UNKNOWN, WARNING

NARROWEST = len("tenant")
_STATE = {True: "on", False: "off", None: "not known"}


def lines(
    findings: Sequence[Mapping[str, Any]],
    switches: Iterable[tuple[str, str, bool | None]],
    tenants: Iterable[str],
    sharing: Mapping[str, Mapping[str, str | bool] | None],
) -> list[str]:
    """One line for each finding, each switch (tenant, name, value), and what each tenant shows the users of the other one, with a header
    and a line with the totals.
    """
    width = max(NARROWEST, *map(len, tenants))

    def line(severity: str, tenant: str, check: str, text: str) -> str:
        return f"{severity:<8}  {tenant:<{width}}  {check:<15}  {text}"

    counted = Counter(finding["severity"] for finding in findings)
    return [
        line("severity", "tenant", "check", "cause; remedy"),
        *(
            line(finding["severity"], finding["tenant"], finding["check"], f"{finding['cause']}; {finding['remedy']}")
            for finding in findings
        ),
        *(line("switch", tenant, "switches", f"{name} is {_STATE[value]}") for tenant, name, value in switches),
        *(line("shows", tenant, "sharing", _levels(levels)) for tenant, levels in sharing.items() if levels is not None),
        f"{quantity(counted[ERROR], 'error')}, {quantity(counted[WARNING], 'warning')}, {counted[UNKNOWN]} not known",
    ]


def _levels(levels: Mapping[str, str | bool]) -> str:
    """What the users of the other tenant see now."""
    seen = [name if level is True else f"{name} {level}" for name, level in levels.items() if level not in (False, "none")]
    return f"the users of the other tenant see {', '.join(seen) or 'nothing'}"


def refusal(findings: Iterable[Mapping[str, Any]], strict: bool) -> str | None:
    """Why a link is not ready, in one text; ``None`` if it is. With ``strict``, warnings count as well."""
    severities = (ERROR, WARNING) if strict else (ERROR,)
    against = [finding for severity in severities for finding in findings if finding["severity"] == severity]
    return (
        " ".join(f"Tenant {finding['tenant']}, {finding['check']}: {finding['cause']}; {finding['remedy']}." for finding in against) or None
    )

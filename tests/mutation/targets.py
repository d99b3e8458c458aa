# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests should kill the mutants of a file. They run in one process, without sockets; mutmut chooses those that call the mutated function."""

from __future__ import annotations

TARGETS: dict[str, str] = {
    "apply.py": "apply batch",
    "converge.py": "converge",
    "plan.py": "apply converge on_demand",
    "resources/job.py": "job job_verdict",
    "resources/scope.py": "scope group_kinds",
    "resources/debt.py": "debt",
    "resources/configuration.py": "configuration find_configuration clouds",
    "resources/twins.py": "twins",
    "resources/settings_bag.py": "settings_bag configuration scope",
    "resources/find_configuration.py": "find_configuration configuration scope job",
    "resources/partner.py": "partner clouds",
    "resources/partner_removal.py": "partner",
    "resources/partner_settings.py": "partner listings",
    "resources/partner_values.py": "partner listings",
    "resources/mapping/resource.py": "mapping mapping_plan mapping_options group_mapping mapping_races",
    "resources/mapping/new_schema.py": "mapping mapping_plan mapping_options group_mapping",
    "resources/mapping/schema.py": "mapping mapping_schema mapping_plan mapping_options group_mapping",
    "resources/mapping/wanted.py": "mapping mapping_plan mapping_options group_mapping clouds",
    "resources/mapping/filters.py": "mapping mapping_plan mapping_options judgement",
    "resources/mapping/judgement.py": "judgement mapping group_mapping",
    "resources/capability.py": "capability capability_actions",
    "resources/capability_trust.py": "capability preflight_sharing",
    "resources/capability_actions.py": "capability capability_actions",
}
"""The files below plugins/module_utils, the most important first, and the names of their tests in tests/unit."""


def tests_of(file: str) -> list[str]:
    """The files with the tests of a file."""
    return [f"test_{name}.py" for name in TARGETS[file].split()]

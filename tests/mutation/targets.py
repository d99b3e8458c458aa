# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests should kill the mutants of a file. They run in one process, without sockets; mutmut chooses those that call the mutated function."""

from __future__ import annotations

TARGETS: dict[str, str] = {
    "apply.py": "apply batch never_blind",
    "converge.py": "converge",
    "plan.py": "apply converge on_demand",
    "resources/configuration.py": "configuration find_configuration",
    "resources/configuration_choice.py": "configuration find_configuration",
    "resources/find_configuration.py": "find_configuration configuration scope job",
    "resources/job.py": "job job_verdict",
    "resources/scope.py": "scope group_kinds",
    "resources/partner.py": "partner",
    "resources/partner_entry.py": "partner",
    "resources/partner_list.py": "listings partner",
    "resources/partner_removal.py": "partner",
    "resources/partner_settings.py": "partner listings",
    "resources/partner_values.py": "partner listings",
    "resources/mapping/new_schema.py": "mapping mapping_options group_mapping",
    "resources/mapping/resource.py": "mapping mapping_options group_mapping",
    "resources/mapping/schema.py": "mapping mapping_options group_mapping malformed judgement",
    "resources/mapping/wanted.py": "mapping mapping_options group_mapping options",
    "resources/mapping/filters.py": "mapping mapping_options consequences_scoping try_on",
    "resources/mapping/judgement.py": "judgement mapping mapping_options",
    "resources/mapping/expression.py": "expression mapping mapping_options try_on",
    "resources/mapping/try_on.py": "try_on mapping",
    "resources/mapping/default_schema.py": "mapping export",
    "resources/mapping/documented.py": "mapping mapping_options documentation",
    "resources/mapping/patterns.py": "mapping mapping_options expression judgement",
    "resources/capability.py": "capability planning permissions",
    "resources/capability_actions.py": "capability",
    "resources/capability_features.py": "capability preflight_sharing",
    "resources/capability_model.py": "capability preflight_sharing",
    "resources/capability_reading.py": "capability preflight_sharing",
    "resources/capability_trust.py": "capability preflight_sharing",
    "resources/capability_list.py": "listings capability",
    "resources/deprovision/resource.py": "deprovision impact protected",
    "resources/deprovision/reading.py": "deprovision impact protected",
    "resources/deprovision/impact.py": "deprovision impact protected",
    "resources/deprovision/bystanders.py": "deprovision",
    "resources/debt.py": "debt",
    "resources/settings_bag.py": "configuration scope",
}
"""The files below plugins/module_utils, the most important first, and the names of their tests in tests/unit."""


def tests_of(file: str) -> list[str]:
    """The files with the tests of a file."""
    return [f"test_{name}.py" for name in TARGETS[file].split()]

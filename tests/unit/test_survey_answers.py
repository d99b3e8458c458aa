# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run-wide variables as a survey gives them: texts only, and an empty one for a field that was left empty. For those of a link, see
``test_link_arguments.py``, and for the options of modules ``test_forms.py``."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import given
from ansible_collections.entra.cross_tenant_sync.tests.support.survey import worked_with

BLANK = ("", "  ", "\n", None)
OPTIONS = [
    # module, option, the text of a survey, what the action works with, and what it works with if the field was left empty
    ("change_control", "ticket_pattern", "CHG.*", "CHG.*", None),
    ("change_control", "ticket", "CHG1", "CHG1", None),
    ("change_control", "window", "a/b", "a/b", None),
    ("link_guard", "expected", "3", "3", None),
    ("link_guard", "reason", "audit", "audit", None),
    ("link_report", "folder", "reports", "reports", "report"),
    ("link_report", "formats", "json, html", ["json", "html"], None),
    ("link_report", "mask", "yes", True, False),
    ("link_report", "title", "Merger", "Merger", "Cross-tenant synchronization"),
    ("link_report", "ticket", "12", "12", None),
    ("link_verdict", "fail", "no", False, True),
    ("links_health_info", "stale_factor", "2.5", 2.5, 3),
    ("links_info", "report_mask", "No", False, None),
    ("links_info", "report_users", "true", True, None),
    ("plan_report", "folder", "plans", "plans", None),
    ("plan_report", "ticket", "CHG1", "CHG1", None),
    ("plan_report", "window", "a/b", "a/b", None),
    ("topology_export", "force", "yes", True, False),
    ("topology_export", "partial", "0", False, False),
    ("topology_export", "tenants", "contoso, fabrikam", ["contoso", "fabrikam"], None),
    ("topology_export", "tenants", "contoso\nfabrikam\n", ["contoso", "fabrikam"], None),
    ("watch_report", "fail", "False", False, True),
]


@pytest.mark.parametrize(("module", "option", "text", "value", "left_empty"), OPTIONS, ids=str)
def test_a_text_is_the_value_and_an_empty_field_is_no_value(module: str, option: str, text: str, value: Any, left_empty: Any) -> None:
    assert worked_with(module, **{option: text})[option] == value
    for blank in BLANK:
        assert worked_with(module, **{option: blank})[option] == left_empty
    assert worked_with(module)[option] == left_empty


def test_a_blank_value_that_the_action_judges_stays() -> None:
    assert given({"expected": "", "folder": "", "ticket": None}, {"expected"}) == {"expected": ""}


def test_what_is_no_boolean_is_refused() -> None:
    with pytest.raises(AnsibleActionFail, match="fail"):
        worked_with("link_verdict", fail="maybe")

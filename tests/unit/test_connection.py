# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that turns an entry of tenants into connection options."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from jinja2 import Undefined

from ansible_collections.entra.cross_tenant_sync.plugins.filter.connection import FilterModule
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION

connection = FilterModule().filters()["connection"]


def test_every_connection_option_and_alias_is_kept_and_nothing_else() -> None:
    options = dict.fromkeys([*CONNECTION, "tenant", "secret"], "given")
    assert connection({**options, "name": "Contoso", "domains": ["contoso.kr"]}) == options


def test_what_is_not_set_is_left_out_so_that_defaults_hold() -> None:
    assert connection({"tenant_id": "contoso.kr", "client_secret": None, "validate_certs": False, "retries": 0, "ca_path": ""}) == {
        "tenant_id": "contoso.kr",
        "validate_certs": False,
        "retries": 0,
        "ca_path": "",
    }


def test_an_undefined_tenant_stays_undefined_for_ansible_to_name() -> None:
    undefined = Undefined(name="contoso")
    assert connection(undefined) is undefined


@pytest.mark.parametrize("wrong", ["a-secret-by-mistake", ["a-secret-by-mistake"], None])
def test_anything_else_is_refused_without_showing_it(wrong: object) -> None:
    with pytest.raises(AnsibleFilterError, match="connection takes an entry of tenants") as refused:
        connection(wrong)
    assert "a-secret-by-mistake" not in str(refused.value)

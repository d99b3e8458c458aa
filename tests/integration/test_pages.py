# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole link in tenants whose collections begin with pages without a member (fact F27)."""

from __future__ import annotations

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import Playbooks


def test_a_link_is_made_once_and_found_again(playbooks: Playbooks, emulator: Emulator) -> None:
    emulator.control("PUT", "settings", {"empty_pages": 2, "default_page_size": 2})
    first = playbooks.sync()
    assert first.code == 0, first.output
    assert first.changed()
    again = playbooks.sync()
    assert again.code == 0, again.output
    assert again.changed() == []
    assert len(emulator.tenant(CONTOSO)["applications"]) == 1

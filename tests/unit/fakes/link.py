# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a link's inventory host."""

from __future__ import annotations

from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET

SECRET = "a-secret-that-nobody-may-see"
LINK: dict[str, Any] = {
    "link_source": "contoso",
    "link_target": "fabrikam",
    "link_configuration": "Fabrikam",
    "tenants": {
        "contoso": {"tenant_id": SOURCE, "client_id": "c", "client_secret": SECRET},
        "fabrikam": {"tenant_id": TARGET, "client_id": "f", "client_secret": SECRET},
    },
}

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How beta writes the types that it has in another form than v1.0 (fact F303)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .state import GraphObject


@dataclass(frozen=True)
class Shape:
    """The differences of one type."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    """v1.0's name to beta's."""
    absent: frozenset[str] = frozenset()
    """What only v1.0 has."""
    more: tuple[str, ...] = ()
    """What only beta has. The emulator knows nothing of it, so it is null."""
    selected: tuple[str, ...] = ()
    """The same, for types that show it on $select only."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BETA: Mapping[str, Shape] = {
    "appRoleAssignment": Shape(renamed={"createdDateTime": "creationTimestamp"}),
    "application": Shape(absent=frozenset({"addIns", "applicationTemplateId"}), more=_names("onPremisesPublishing windows")),
    "crossTenantAccessPolicyConfigurationDefault": Shape(more=_names("blockServiceProviderOutboundAccess")),
    "crossTenantAccessPolicyConfigurationPartner": Shape(more=_names("blockServiceProviderOutboundAccess deletedDateTime")),
    "directoryAudit": Shape(more=_names("performedBy userAgent")),
    "group": Shape(selected=_names("createdByAppId membershipRuleProcessingStatus writebackConfiguration")),
    "provisioningObjectSummary": Shape(selected=_names("action statusInfo")),
    "servicePrincipal": Shape(
        renamed={"oauth2PermissionScopes": "publishedPermissionScopes"},
        absent=frozenset({"resourceSpecificApplicationPermissions"}),
        more=_names("errorUrl passwordSingleSignOnSettings preferredTokenSigningKeyEndDateTime publisherName samlMetadataUrl"),
    ),
    "user": Shape(selected=_names("deviceKeys infoCatalogs onPremisesSipInfo refreshTokensValidFromDateTime")),
}
"""By the name of the type."""


def properties(kind: str, known: frozenset[str]) -> frozenset[str]:
    """The names of a type's properties in beta, from those in v1.0."""
    shape = BETA[kind]
    return frozenset(shape.renamed.get(name, name) for name in known - shape.absent) | {*shape.more, *shape.selected}


def shaped(kind: str, item: GraphObject) -> GraphObject:
    """An entity as beta has it, from how it is kept, which is as v1.0 has it."""
    shape = BETA[kind]
    if not (shape.renamed or shape.absent or shape.more):
        return item
    kept = {shape.renamed.get(name, name): value for name, value in item.items() if name not in shape.absent}
    return {**dict.fromkeys(shape.more), **kept}

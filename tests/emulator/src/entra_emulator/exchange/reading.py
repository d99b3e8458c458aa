# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Get- cmdlets (F151, F153, F156)."""

from __future__ import annotations

from datetime import timedelta

from ..state import GraphObject, moment, stamp
from . import wire
from .cmdlets import Cmdlet, Invocation, Result
from .errors import BINDING, FILTER, cmdlet_error, not_found
from .opath import FilterError, Predicate, compile_filter
from .parameters import texts
from .recipients import MAIL_USERS, guid

_IDENTITIES = ("ExternalDirectoryObjectId", "Guid", "Name", "Alias", "DisplayName", "DistinguishedName", "PrimarySmtpAddress")
RECALCULATED = timedelta(hours=24)
"""How often the members of a dynamic group are found anew (F153)."""


def matching(records: list[GraphObject], identity: str) -> list[GraphObject]:
    """Everything that an Identity can mean. A display name may mean several: the trap of F146."""
    wanted = identity.casefold()
    exact = [record for record in records if wanted in {str(record.get(name) or "").casefold() for name in _IDENTITIES}]
    return exact or [
        record for record in records if wanted in {address.casefold().removeprefix("smtp:") for address in record["EmailAddresses"]}
    ]


def require(call: Invocation, records: list[GraphObject]) -> GraphObject:
    """The first object that Identity means."""
    identity = call.parameters.get("Identity")
    if not identity:
        raise cmdlet_error(BINDING, "Cannot process command because of one or more missing mandatory parameters: Identity.")
    found = matching(records, identity)
    if not found:
        raise not_found(identity, call.server, call.settings.exchange_not_found_status)
    return found[0]


def predicate(call: Invocation) -> Predicate | None:
    """What Filter asks for."""
    text = call.parameters.get("Filter")
    if text is None:
        return None
    longest = call.settings.exchange_longest_filter
    if longest and len(text) > longest:
        raise cmdlet_error(FILTER, f"The filter is too long: {len(text)} characters.")
    try:
        return compile_filter(text)
    except FilterError as problem:
        raise cmdlet_error(FILTER, str(problem)) from None


def _get(call: Invocation, records: list[GraphObject]) -> Result:
    """The records that Identity, Filter and Anr leave."""
    given = call.parameters
    if given.get("Identity") is not None and given.get("Filter") is not None:
        raise cmdlet_error(BINDING, "Parameter set cannot be resolved using the specified named parameters: Identity, Filter.")
    if "Identity" in given and given["Identity"] is None and call.settings.exchange_null_identity == "refused":
        raise cmdlet_error(BINDING, "Cannot bind argument to parameter 'Identity' because it is null.")
    if given.get("Identity") is not None:
        require(call, records)
        records = matching(records, given["Identity"])
    holds = predicate(call)
    if holds is not None:
        records = [record for record in records if holds(record)]
    if given.get("Anr"):
        records = [record for record in records if _resolves(record, given["Anr"].casefold())]
    order = given.get("SortBy")
    if order is not None and order not in wire.RECIPIENT:
        raise cmdlet_error(BINDING, f"The SortBy parameter doesn't support the property {order}.")
    return Result(sorted(records, key=lambda record: str(record.get(order or "DisplayName")).casefold()))


def _resolves(record: GraphObject, start: str) -> bool:
    names = (record["DisplayName"], record["FirstName"], record["LastName"], record["Alias"], record["PrimarySmtpAddress"])
    return any(str(name).casefold().startswith(start) for name in names)


def _held(call: Invocation, deleted: str) -> list[GraphObject]:
    exchange = call.tenant.exchange
    live = list(exchange.recipients.values())
    return [*live, *exchange.soft_deleted.values()] if call.parameters.get(deleted) else live


def get_recipient(call: Invocation) -> Result:
    kinds = {name.casefold() for name in texts(call.parameters.get("RecipientTypeDetails"))}
    records = _held(call, "IncludeSoftDeletedRecipients")
    return _get(call, [record for record in records if not kinds or record["RecipientTypeDetails"].casefold() in kinds])


def get_mail_user(call: Invocation) -> Result:
    """Guests too. With SoftDeletedMailUser only the deleted ones."""
    records = _held(call, "SoftDeletedMailUser")
    if call.parameters.get("SoftDeletedMailUser"):
        records = [record for record in records if record["WhenSoftDeleted"]]
    return _get(call, [record for record in records if record["RecipientTypeDetails"] in MAIL_USERS])


def get_mail_contact(call: Invocation) -> Result:
    return _get(call, [record for record in _held(call, "") if record["RecipientTypeDetails"] == "MailContact"])


def get_organization(call: Invocation) -> Result:
    tenant = call.tenant
    name = tenant.initial_domain
    record: GraphObject = {"Identity": name, "Name": name, "DisplayName": tenant.display_name, "Guid": guid(tenant, "organization")}
    return Result([{**record, "IsDehydrated": False, "WhenCreatedUTC": tenant.exchange.since}])


def get_accepted_domain(call: Invocation) -> Result:
    tenant = call.tenant
    names = dict.fromkeys([*tenant.domains, tenant.initial_domain])
    domains: list[GraphObject] = [
        {
            "Identity": name,
            "Guid": guid(tenant, f"domain:{name}"),
            "Name": name,
            "DomainName": name,
            "DomainType": "Authoritative",
            "Default": name == tenant.domains[0],
            "InitialDomain": name == tenant.initial_domain,
        }
        for name in names
    ]
    wanted = call.parameters.get("Identity")
    found = [domain for domain in domains if wanted is None or domain["Name"].casefold() == wanted.casefold()]
    if not found:
        raise not_found(str(wanted), call.server, call.settings.exchange_not_found_status)
    return Result(found)


# Members of groups ---------------------------------------------------------------------------------------------------


def get_group_member(call: Invocation) -> Result:
    """Direct members that are recipients, hidden ones included."""
    recipients = call.tenant.exchange.recipients
    groups = [record for record in recipients.values() if record["RecipientType"].startswith("MailUniversal")]
    group = require(call, groups)
    members = call.tenant.members.get(group["ExternalDirectoryObjectId"], [])
    return Result([recipients[member] for member in members if member in recipients])


def get_dynamic_group_member(call: Invocation) -> Result:
    """The members that were found when the group was last recalculated."""
    exchange = call.tenant.exchange
    wanted = str(call.parameters.get("Identity") or "").casefold()
    group = next(
        (group for group in exchange.dynamic_groups if wanted in (group["mail"].casefold(), group["displayName"].casefold())), None
    )
    if group is None:
        require(call, [])
        raise AssertionError("require refuses")
    calculated = group.get("calculated")
    if calculated is None or calculated <= stamp(moment(call.clock) - RECALCULATED):
        holds = compile_filter(group["recipient_filter"])
        group["calculated"] = call.clock
        group["members"] = [key for key, record in exchange.recipients.items() if holds(record)]
    return Result([exchange.recipients[key] for key in group["members"] if key in exchange.recipients])


_LIST: dict[str, str] = {"Identity": "nullable text", "Filter": "text", "ResultSize": "size", "SortBy": "text", "Anr": "text"}
_MEMBERS: dict[str, str] = {"Identity": "text", "ResultSize": "size"}
READERS: dict[str, Cmdlet] = {
    "Get-Recipient": Cmdlet(
        get_recipient, "read", {**_LIST, "RecipientTypeDetails": "texts", "IncludeSoftDeletedRecipients": "flag"}, wire.RECIPIENT
    ),
    "Get-MailUser": Cmdlet(get_mail_user, "read", {**_LIST, "SoftDeletedMailUser": "flag"}, wire.MAIL_USER),
    "Get-MailContact": Cmdlet(get_mail_contact, "read", _LIST, wire.MAIL_CONTACT),
    "Get-OrganizationConfig": Cmdlet(get_organization, "read", {}, wire.ORGANIZATION),
    "Get-AcceptedDomain": Cmdlet(get_accepted_domain, "read", {"Identity": "text", "ResultSize": "size"}, wire.ACCEPTED_DOMAIN),
}
MEMBER_READERS: dict[str, tuple[str, Cmdlet]] = {
    "DistributionGroupMember": ("Get-DistributionGroupMember", Cmdlet(get_group_member, "read", _MEMBERS, wire.MEMBER)),
    "DynamicDistributionGroupMember": (
        "Get-DynamicDistributionGroupMember",
        Cmdlet(get_dynamic_group_member, "read", _MEMBERS, wire.MEMBER),
    ),
}
"""The documented endpoints of v2.0, each with the one cmdlet it takes."""

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented steps as a script on Microsoft's own Python SDK, that can be run again: it reads before each write.

Assignments go out ten at a time. The SDK has only PATCH for a schema where the service has only PUT (fact F82), only PUT for the
settings, and loses parts of a schema that its classes read, so these requests are made by hand.

``sdk.py SPEC WORK`` with WORK one of create, noop, change (which are the same) and teardown.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from azure.identity import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.method import Method
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph.generated.application_templates.item.instantiate.instantiate_post_request_body import InstantiatePostRequestBody
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.cross_tenant_access_policy_configuration_partner import CrossTenantAccessPolicyConfigurationPartner
from msgraph.generated.models.cross_tenant_identity_sync_policy_partner import CrossTenantIdentitySyncPolicyPartner
from msgraph.generated.models.cross_tenant_user_sync_inbound import CrossTenantUserSyncInbound
from msgraph.generated.models.inbound_outbound_policy_configuration import InboundOutboundPolicyConfiguration
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.synchronization_job import SynchronizationJob
from msgraph.generated.models.synchronization_schedule_state import SynchronizationScheduleState
from msgraph.generated.models.synchronization_schema import SynchronizationSchema
from msgraph.generated.models.synchronization_secret import SynchronizationSecret
from msgraph.generated.models.synchronization_secret_key_string_value_pair import SynchronizationSecretKeyStringValuePair as Pair
from msgraph.generated.service_principals.item.synchronization.jobs.item.schema.parse_expression.parse_expression_post_request_body import (
    ParseExpressionPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.jobs.validate_credentials.validate_credentials_post_request_body import (
    ValidateCredentialsPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.secrets.secrets_put_request_body import SecretsPutRequestBody
from msgraph.generated.service_principals.item.synchronization.secrets.secrets_put_response import SecretsPutResponse
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]

TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
AT_ONCE = 10
GUARD = '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":500}'


def client(spec: dict[str, Any], side: str) -> GraphServiceClient:
    """Microsoft's client for a tenant, created as documented for another cloud."""
    about = spec[side]
    credential = ClientSecretCredential(
        about["tenant_id"],
        about["client_id"],
        about["client_secret"],
        authority=spec["url"],
        disable_instance_discovery=True,
        connection_verify=spec["ca_path"],
    )
    provider = AzureIdentityAuthenticationProvider(credential, scopes=["https://graph.microsoft.com/.default"], allowed_hosts=["localhost"])
    trust = ssl.create_default_context(cafile=spec["ca_path"])
    transport = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=trust, timeout=300))
    adapter = GraphRequestAdapter(provider, client=transport)
    adapter.base_url = f"{spec['url']}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


@dataclass
class Query:
    """Query options; the SDK's own classes for them differ only in name."""

    filter: str | None = None
    select: list[str] | None = None
    top: int | None = None

    def get_query_parameter(self, name: str) -> str:
        """The name on the wire."""
        return f"%24{name}"


def asking(query: Query) -> RequestConfiguration[Any]:
    """A request's configuration."""
    return RequestConfiguration(query_parameters=query)


async def unless_absent(read: Awaitable[Any]) -> Any:
    """The result of a read, or ``None`` if the object does not exist."""
    try:
        return await read
    except ODataError as error:
        if error.response_status_code == 404:
            return None
        raise


async def everything(builder: Any, select: list[str] | None = None) -> list[Any]:
    """All pages of a collection."""
    page = await builder.get(request_configuration=asking(Query(select=select, top=999)))
    found = list(page.value)
    while page.odata_next_link:
        page = await builder.with_url(page.odata_next_link).get()
        found += page.value
    return found


async def at_once(calls: Iterable[Awaitable[Any]]) -> None:
    """Ten calls at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def limited(call: Awaitable[Any]) -> None:
        async with gate:
            await call

    await asyncio.gather(*(limited(call) for call in calls))


async def redemption(graph: GraphServiceClient, partner: str, switch: str) -> Any:
    """The partner entry with its switch."""
    partners = graph.policies.cross_tenant_access_policy.partners
    entry = partners.by_cross_tenant_access_policy_configuration_partner_tenant_id(partner)
    held = await unless_absent(entry.get())
    settings = InboundOutboundPolicyConfiguration()
    setattr(settings, switch, True)
    if held is None:
        await partners.post(CrossTenantAccessPolicyConfigurationPartner(tenant_id=partner, automatic_user_consent_settings=settings))
    elif not getattr(held.automatic_user_consent_settings, switch):
        await entry.patch(CrossTenantAccessPolicyConfigurationPartner(automatic_user_consent_settings=settings))
    return entry


async def prepare_target(target: GraphServiceClient, source_id: str) -> None:
    """The partner entry and its identity synchronization."""
    entry = await redemption(target, source_id, "inbound_allowed")
    policy = await unless_absent(entry.identity_synchronization.get())
    desired = CrossTenantIdentitySyncPolicyPartner(user_sync_inbound=CrossTenantUserSyncInbound(is_sync_allowed=True))
    if policy is None:
        await entry.identity_synchronization.put(desired)
    elif not (policy.user_sync_inbound and policy.user_sync_inbound.is_sync_allowed):
        await entry.identity_synchronization.patch(desired)


async def configuration(source: GraphServiceClient, name: str) -> ServicePrincipal | None:
    """The service principal of that name."""
    found = await source.service_principals.get(
        request_configuration=asking(Query(filter=f"displayName eq '{name}'", select=["id", "appId", "appRoles"]))
    )
    return found.value[0] if found and found.value else None


async def settings(secrets: Any) -> dict[str, Any]:
    """The settings bag."""
    request = secrets.to_put_request_information(SecretsPutRequestBody())
    request.http_method, request.content = Method.GET, None
    request.headers.remove("Content-Type")
    held = await secrets.request_adapter.send_async(request, SecretsPutResponse, {"XXX": ODataError})
    return {secret.key.value: secret.value for secret in held.value if secret.key}


async def connect(source: GraphServiceClient, spec: dict[str, Any]) -> tuple[ServicePrincipal, SynchronizationJob]:
    """The configuration with its job and its settings."""
    principal = await configuration(source, spec["name"])
    if principal is None:
        template = source.application_templates.by_application_template_id(TEMPLATE)
        made = await template.instantiate.post(InstantiatePostRequestBody(display_name=spec["name"]))
        assert made is not None
        assert made.service_principal is not None
        principal = made.service_principal
    synchronization = source.service_principals.by_service_principal_id(str(principal.id)).synchronization
    values = {"CompanyId": spec["target"]["tenant_id"], "AuthenticationType": "SyncPolicy"}
    pairs = [Pair(key=SynchronizationSecret(key), value=value) for key, value in values.items()]
    listed = await synchronization.jobs.get()
    job = listed.value[0] if listed and listed.value else None
    if job is None:
        await synchronization.jobs.validate_credentials.post(
            ValidateCredentialsPostRequestBody(use_saved_credentials=False, template_id="Azure2Azure", credentials=pairs)
        )
        job = await synchronization.jobs.post(SynchronizationJob(template_id="Azure2Azure"))
    assert job is not None
    bag = await settings(synchronization.secrets)
    values |= {"SyncAll": "false", "SyncNotificationSettings": GUARD}
    if {**bag, **values} != bag:
        merged = [Pair(key=SynchronizationSecret(key), value=value) for key, value in {**bag, **values}.items()]
        await synchronization.secrets.put(SecretsPutRequestBody(value=merged))
    return principal, job


async def set_mappings(job: Any, expression: str) -> None:
    """No employeeId, and the display name by the expression. Read by the SDK's own classes, a schema would lose its flow types."""
    adapter = job.schema.request_adapter
    schema = json.loads(await adapter.send_primitive_async(job.schema.to_get_request_information(), "bytes", {"XXX": ODataError}))
    user_mapping = schema["synchronizationRules"][0]["objectMappings"][0]
    rows = {row["targetAttributeName"]: row for row in user_mapping["attributeMappings"]}
    if "employeeId" not in rows and rows["displayName"]["source"]["expression"] == expression:
        return
    asked = job.schema.parse_expression.to_post_request_information(ParseExpressionPostRequestBody(expression=expression))
    parsed = json.loads(await adapter.send_primitive_async(asked, "bytes", {"XXX": ODataError}))
    rows["displayName"]["source"] = parsed["parsedExpression"]
    user_mapping["attributeMappings"] = [row for name, row in rows.items() if name != "employeeId"]
    request = job.schema.to_patch_request_information(SynchronizationSchema())
    request.http_method = Method.PUT
    request.set_stream_content(json.dumps(schema).encode(), "application/json")
    await adapter.send_no_response_content_async(request, {"XXX": ODataError})


async def set_scope(source: GraphServiceClient, principal: ServicePrincipal, names: list[str]) -> None:
    """Exactly these users."""
    item = source.service_principals.by_service_principal_id(str(principal.id)).app_role_assigned_to
    assigned = {str(assignment.principal_id): str(assignment.id) for assignment in await everything(item)}
    ids = {user.user_principal_name: str(user.id) for user in await everything(source.users, select=["id", "userPrincipalName"])}
    desired = {ids[name] for name in names}
    role = next(role.id for role in principal.app_roles or [] if role.display_name == "msiam_access")
    resource = UUID(str(principal.id))
    await at_once(item.by_app_role_assignment_id(assigned[user_id]).delete() for user_id in assigned.keys() - desired)
    await at_once(
        item.post(AppRoleAssignment(principal_id=UUID(user_id), resource_id=resource, app_role_id=role))
        for user_id in sorted(desired - assigned.keys())
    )


async def sync(spec: dict[str, Any]) -> None:
    """All steps, and a check of the result."""
    target, source = client(spec, "target"), client(spec, "source")
    await prepare_target(target, spec["source"]["tenant_id"])
    await redemption(source, spec["target"]["tenant_id"], "outbound_allowed")
    principal, job = await connect(source, spec)
    jobs = source.service_principals.by_service_principal_id(str(principal.id)).synchronization.jobs
    item = jobs.by_synchronization_job_id(str(job.id))
    await set_mappings(item, spec["expression"])
    await set_scope(source, principal, spec["users"])
    if job.schedule is None or job.schedule.state != SynchronizationScheduleState.Active:
        await item.start.post()
    seen = await item.get()
    assert seen is not None
    users = await everything(target.users, select=["id", "userPrincipalName"])
    print(f"{sum('#EXT#' in str(user.user_principal_name) for user in users)} users of the source are in the target")


async def teardown(spec: dict[str, Any]) -> None:
    """The removal."""
    target, source = client(spec, "target"), client(spec, "source")
    principal = await configuration(source, spec["name"])
    if principal is not None:
        jobs = source.service_principals.by_service_principal_id(str(principal.id)).synchronization.jobs
        listed = await jobs.get()
        for job in (listed.value if listed else None) or []:
            item = jobs.by_synchronization_job_id(str(job.id))
            await item.pause.post()
            await item.delete()
        found = await source.applications.get(request_configuration=asking(Query(filter=f"appId eq '{principal.app_id}'", select=["id"])))
        for application in (found.value if found else None) or []:
            await source.applications.by_application_id(str(application.id)).delete()
    for graph, partner in ((source, spec["target"]["tenant_id"]), (target, spec["source"]["tenant_id"])):
        partners = graph.policies.cross_tenant_access_policy.partners
        entry = partners.by_cross_tenant_access_policy_configuration_partner_tenant_id(partner)
        if await unless_absent(entry.get()) is None:
            continue
        if await unless_absent(entry.identity_synchronization.get()) is not None:
            await entry.identity_synchronization.delete()
        await entry.delete()


if __name__ == "__main__":
    asyncio.run((teardown if sys.argv[2] == "teardown" else sync)(json.loads(Path(sys.argv[1]).read_text())))

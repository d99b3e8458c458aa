# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's own SDK performs the documented how-to against the emulator, and its own types read the answers back."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.conformance.graph import ACCOUNTS, CONNECTION, TEMPLATE
from ansible_collections.entra.cross_tenant_sync.tests.conformance.walkthrough import MINSU
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import task

pytest.importorskip("msgraph", reason="msgraph-sdk is not installed")
pytest.importorskip("azure.identity", reason="azure-identity is not installed")

import httpx
from azure.identity import ClientSecretCredential
from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph.generated.application_templates.item.instantiate.instantiate_post_request_body import InstantiatePostRequestBody
from msgraph.generated.audit_logs.provisioning.provisioning_request_builder import ProvisioningRequestBuilder
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.cross_tenant_access_policy_configuration_partner import CrossTenantAccessPolicyConfigurationPartner
from msgraph.generated.models.cross_tenant_access_policy_target_configuration_access_type import (
    CrossTenantAccessPolicyTargetConfigurationAccessType,
)
from msgraph.generated.models.cross_tenant_calendar_availability_basic import CrossTenantCalendarAvailabilityBasic
from msgraph.generated.models.cross_tenant_identity_sync_policy_partner import CrossTenantIdentitySyncPolicyPartner
from msgraph.generated.models.cross_tenant_mail_tips_all import CrossTenantMailTipsAll
from msgraph.generated.models.cross_tenant_user_sync_inbound import CrossTenantUserSyncInbound
from msgraph.generated.models.inbound_outbound_policy_configuration import InboundOutboundPolicyConfiguration
from msgraph.generated.models.m365_capability_inbound_access import M365CapabilityInboundAccess
from msgraph.generated.models.m365_capability_resource_scope import M365CapabilityResourceScope
from msgraph.generated.models.m365_capability_resource_scopes import M365CapabilityResourceScopes
from msgraph.generated.models.m365_resource_type import M365ResourceType
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.provisioning_action import ProvisioningAction
from msgraph.generated.models.provisioning_object_summary import ProvisioningObjectSummary
from msgraph.generated.models.provisioning_result import ProvisioningResult
from msgraph.generated.models.synchronization_job import SynchronizationJob
from msgraph.generated.models.synchronization_job_application_parameters import SynchronizationJobApplicationParameters
from msgraph.generated.models.synchronization_job_subject import SynchronizationJobSubject
from msgraph.generated.models.synchronization_schedule_state import SynchronizationScheduleState
from msgraph.generated.models.synchronization_secret import SynchronizationSecret
from msgraph.generated.models.synchronization_secret_key_string_value_pair import SynchronizationSecretKeyStringValuePair
from msgraph.generated.models.synchronization_status_code import SynchronizationStatusCode
from msgraph.generated.service_principals.item.synchronization.jobs.item.provision_on_demand.provision_on_demand_post_request_body import (
    ProvisionOnDemandPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.jobs.validate_credentials.validate_credentials_post_request_body import (
    ValidateCredentialsPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.secrets.secrets_put_request_body import SecretsPutRequestBody
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own
SCOPES = ["https://graph.microsoft.com/.default"]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(tmp_path_factory.mktemp("sdk")) as running:
        yield running


def client(emulator: Emulator, account: str) -> GraphServiceClient:
    """Microsoft's client for a tenant, created as documented for another cloud."""
    tenant, client_id, secret = ACCOUNTS[account]
    credential = ClientSecretCredential(
        tenant, client_id, secret, authority=emulator.url, disable_instance_discovery=True, connection_verify=str(emulator.ca_path)
    )
    provider = AzureIdentityAuthenticationProvider(credential, scopes=SCOPES, allowed_hosts=["localhost"])
    trust = ssl.create_default_context(cafile=str(emulator.ca_path))
    transport = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=trust, timeout=30))
    adapter = GraphRequestAdapter(provider, client=transport)
    adapter.base_url = f"{emulator.url}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def credentials() -> list[SynchronizationSecretKeyStringValuePair]:
    return [
        SynchronizationSecretKeyStringValuePair(key=SynchronizationSecret(secret["key"]), value=secret["value"]) for secret in CONNECTION
    ]


async def prepare_target(fabrikam: GraphServiceClient) -> None:
    """The part of the target tenant: the partner entry, then its identity synchronization, which the SDK can only PUT."""
    partners = fabrikam.policies.cross_tenant_access_policy.partners
    made = await partners.post(
        CrossTenantAccessPolicyConfigurationPartner(
            tenant_id=CONTOSO, automatic_user_consent_settings=InboundOutboundPolicyConfiguration(inbound_allowed=True)
        )
    )
    assert isinstance(made, CrossTenantAccessPolicyConfigurationPartner)
    assert made.tenant_id == CONTOSO
    assert made.is_service_provider is None
    entry = partners.by_cross_tenant_access_policy_configuration_partner_tenant_id(CONTOSO)
    policy = CrossTenantIdentitySyncPolicyPartner(user_sync_inbound=CrossTenantUserSyncInbound(is_sync_allowed=True))
    await entry.identity_synchronization.put(policy)
    with pytest.raises(ODataError) as conflict:
        await entry.identity_synchronization.put(policy)
    assert conflict.value.response_status_code == 409
    assert conflict.value.error is not None
    assert conflict.value.error.code == "Request_MultipleObjectsWithSameKeyValue"
    assert [detail.code for detail in conflict.value.error.details or []] == ["ConflictingObjects"]
    seen = await entry.identity_synchronization.get()
    assert isinstance(seen, CrossTenantIdentitySyncPolicyPartner)
    assert seen.user_sync_inbound is not None
    assert seen.user_sync_inbound.is_sync_allowed is True


async def configure_source(contoso: GraphServiceClient) -> tuple[str, str]:
    """The part of the source tenant up to the assignment; returns the ids of the service principal and the job."""
    await contoso.policies.cross_tenant_access_policy.partners.post(
        CrossTenantAccessPolicyConfigurationPartner(
            tenant_id=FABRIKAM, automatic_user_consent_settings=InboundOutboundPolicyConfiguration(outbound_allowed=True)
        )
    )
    template = contoso.application_templates.by_application_template_id(TEMPLATE)
    made = await template.instantiate.post(InstantiatePostRequestBody(display_name="Fabrikam"))
    assert made is not None
    assert made.service_principal is not None
    assert made.application is not None
    sp_id = str(made.service_principal.id)
    synchronization = contoso.service_principals.by_service_principal_id(sp_id).synchronization
    await synchronization.jobs.validate_credentials.post(
        ValidateCredentialsPostRequestBody(use_saved_credentials=False, template_id="Azure2Azure", credentials=credentials()[:2])
    )
    job = await synchronization.jobs.post(SynchronizationJob(template_id="Azure2Azure"))
    assert isinstance(job, SynchronizationJob)
    assert job.id == f"Azure2Azure.{CONTOSO.replace('-', '')}.{made.application.app_id}"
    assert job.status is not None
    assert job.status.code == SynchronizationStatusCode.Paused
    await synchronization.secrets.put(SecretsPutRequestBody(value=credentials()))
    user = await contoso.users.by_user_id(MINSU).get()
    assert user is not None
    (role,) = [role for role in made.service_principal.app_roles or [] if role.display_name == "msiam_access"]
    assigned = await contoso.service_principals.by_service_principal_id(sp_id).app_role_assigned_to.post(
        AppRoleAssignment(principal_id=UUID(user.id), resource_id=UUID(sp_id), app_role_id=role.id)
    )
    assert isinstance(assigned, AppRoleAssignment)
    assert assigned.principal_type == "User"
    return sp_id, str(job.id)


async def run_job(contoso: GraphServiceClient, sp_id: str, job_id: str) -> None:
    """The mappings, a user on demand, and the start."""
    job = contoso.service_principals.by_service_principal_id(sp_id).synchronization.jobs.by_synchronization_job_id(job_id)
    schema = await job.schema.get()
    assert schema is not None
    assert schema.synchronization_rules
    rule = schema.synchronization_rules[0]
    assert rule.name == "USER_INBOUND_USER"
    assert rule.object_mappings
    user_mapping = rule.object_mappings[0]
    assert [mapping.target_attribute_name for mapping in user_mapping.attribute_mappings or [] if mapping.matching_priority == 1] == [
        "alternativeSecurityIds"
    ]
    # The SDK has only PATCH for a schema, and the service has only PUT.
    with pytest.raises(APIError) as refused:
        await job.schema.patch(schema)
    assert refused.value.response_status_code == 404
    assert isinstance(refused.value, ODataError)
    assert refused.value.error is not None
    assert refused.value.error.code == "UnknownError"
    assert "No HTTP resource was found" in json.loads(str(refused.value.error.message))["Message"]
    user = await contoso.users.by_user_id(MINSU).get()
    assert user is not None
    subject = SynchronizationJobSubject(object_id=user.id, object_type_name="User")
    done = await job.provision_on_demand.post(
        ProvisionOnDemandPostRequestBody(parameters=[SynchronizationJobApplicationParameters(rule_id=rule.id, subjects=[subject])])
    )
    assert done is not None
    steps: list[dict[str, Any]] = json.loads(str(done.value))
    assert steps[0]["statusInfo"]["status"] == "Success"
    await job.start.post()
    started = await job.get()
    assert started is not None
    assert started.schedule is not None
    assert started.schedule.state == SynchronizationScheduleState.Active
    assert started.status is not None
    assert started.status.code == SynchronizationStatusCode.NotRun


async def check_results(contoso: GraphServiceClient, fabrikam: GraphServiceClient, sp_id: str, job_id: str) -> None:
    """The results: the job, the log, and the user in the target tenant."""
    job = await contoso.service_principals.by_service_principal_id(sp_id).synchronization.jobs.by_synchronization_job_id(job_id).get()
    assert job is not None
    assert job.status is not None
    assert job.status.code == SynchronizationStatusCode.Active
    assert job.status.steady_state_first_achieved_time is not None
    assert job.status.steady_state_first_achieved_time.year > 2000
    query = ProvisioningRequestBuilder.ProvisioningRequestBuilderGetQueryParameters(filter=f"jobId eq '{job_id}'", top=100)
    log = await contoso.audit_logs.provisioning.get(request_configuration=RequestConfiguration(query_parameters=query))
    assert log is not None
    assert log.value
    assert all(isinstance(entry, ProvisioningObjectSummary) for entry in log.value)
    created = [entry for entry in log.value if entry.provisioning_action == ProvisioningAction.Create]
    assert len(created) == 1
    assert created[0].provisioning_status_info is not None
    assert created[0].provisioning_status_info.status == ProvisioningResult.Success
    assert created[0].target_identity is not None
    user = await fabrikam.users.by_user_id(str(created[0].target_identity.id)).get()
    assert user is not None
    assert user.user_principal_name == "minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com"


def test_the_how_to_with_microsofts_sdk(emulator: Emulator) -> None:
    """Partner, identity synchronization, instantiate, validate, job, secrets, assignment, on demand, start, logs."""

    async def how_to() -> None:
        contoso, fabrikam = client(emulator, "contoso"), client(emulator, "fabrikam")
        await prepare_target(fabrikam)
        sp_id, job_id = await configure_source(contoso)
        await run_job(contoso, sp_id, job_id)
        emulator.advance("PT40M")
        await check_results(contoso, fabrikam, sp_id, job_id)

    asyncio.run(how_to())


def everybody(allowed: bool) -> M365CapabilityInboundAccess:
    """Access to the data of all users, in the SDK's types."""
    included = [M365CapabilityResourceScope(resource_id="All", resource_type=M365ResourceType.User)]
    return M365CapabilityInboundAccess(is_allowed=allowed, resource_scopes=M365CapabilityResourceScopes(included=included, excluded=[]))


def share(emulator: Emulator, **options: Any) -> dict[str, Any]:
    return task(emulator, "cross_tenant_capability", CONTOSO, partner_tenant_id=FABRIKAM, **options)


def test_capabilities_of_microsoft_365_with_microsofts_sdk(emulator: Emulator) -> None:
    """What our module writes, the SDK's types read; what the SDK writes is what our module wants (facts F200, F201)."""
    basic, tips = "crossTenantCalendarAvailabilityBasic", "crossTenantMailTipsAll"
    share(emulator, free_busy="basic", scope="groups", groups=["Sales"])

    async def steps() -> None:
        entry = client(emulator, "contoso").policies.cross_tenant_access_policy.partners
        partner = entry.by_cross_tenant_access_policy_configuration_partner_tenant_id(FABRIKAM)
        seen = await partner.get()
        assert seen is not None
        assert seen.m365_collaboration_inbound is not None
        assert seen.m365_collaboration_inbound.users is not None
        assert seen.m365_collaboration_inbound.users.access_type == CrossTenantAccessPolicyTargetConfigurationAccessType.Allowed
        capabilities = partner.m365_capabilities
        listed = await capabilities.get()
        assert listed is not None
        (ours,) = listed.value or []
        assert isinstance(ours, CrossTenantCalendarAvailabilityBasic)
        assert ours.name == basic
        assert ours.inbound_access is not None
        assert ours.inbound_access.is_allowed is True
        assert ours.inbound_access.resource_scopes is not None
        (group,) = ours.inbound_access.resource_scopes.included or []
        assert group.resource_type == M365ResourceType.Group

        made = await capabilities.post(CrossTenantMailTipsAll(inbound_access=everybody(True)))
        assert isinstance(made, CrossTenantMailTipsAll)
        assert share(emulator, mail_tips="all", scope="all")["changed"] is False
        with pytest.raises(ODataError) as conflict:
            await capabilities.post(CrossTenantMailTipsAll(inbound_access=everybody(True)))
        assert conflict.value.response_status_code == 409
        by_name = capabilities.by_m365_capability_base_name
        await by_name(basic).patch(CrossTenantCalendarAvailabilityBasic(inbound_access=everybody(False)))
        assert share(emulator, free_busy="none")["changed"] is False
        changed = await by_name(basic).get()
        assert changed is not None
        assert changed.inbound_access is not None
        assert changed.inbound_access.is_allowed is False
        await by_name(tips).delete()
        await by_name(basic).delete()

    asyncio.run(steps())
    assert share(emulator, free_busy="none", mail_tips="none")["changed"] is False


def test_both_dialects_of_errors_are_read(emulator: Emulator) -> None:
    """The directory's 403 and the synchronization service's 401 arrive as the SDK's typed errors."""

    async def refused() -> list[tuple[int | None, str | None]]:
        found = []
        fabrikam = client(emulator, "fabrikam")
        for call in (
            fabrikam.application_templates.by_application_template_id(TEMPLATE).instantiate.post(
                InstantiatePostRequestBody(display_name="x")
            ),
            fabrikam.service_principals.by_service_principal_id(str(UUID(int=1))).synchronization.jobs.get(),
        ):
            with pytest.raises(ODataError) as caught:
                await call
            assert caught.value.error is not None
            found.append((caught.value.response_status_code, caught.value.error.code))
        return found

    assert asyncio.run(refused()) == [(403, "Authorization_RequestDenied"), (401, "UnknownError")]

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's beta SDK switches the synchronization of groups on with its own types, and our modules find nothing left to do.

The SDK has no method for the PATCH of an identity synchronization and the PUT of a schema, so those two requests are put together. A schema is
written as it was received, because the SDK reads its target actions, several in a text, as none. Its modules are imported by name: all of its
types together take mypy minutes.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.schema import GROUPS
from ansible_collections.entra.cross_tenant_sync.tests.conformance.graph import ACCOUNTS
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import task

MODELS = "msgraph_beta.generated.models"
beta = pytest.importorskip("msgraph_beta.graph_request_adapter", reason="msgraph-beta-sdk is not installed")
partner_module = pytest.importorskip(f"{MODELS}.cross_tenant_identity_sync_policy_partner")
user_module = pytest.importorskip(f"{MODELS}.cross_tenant_user_sync_inbound")
group_module = pytest.importorskip(f"{MODELS}.cross_tenant_group_sync_inbound")
role_module = pytest.importorskip(f"{MODELS}.cross_tenant_role_enabled_group_sync_inbound")
schema_module = pytest.importorskip(f"{MODELS}.synchronization_schema")
groups_module = pytest.importorskip(f"{MODELS}.group_collection_response")
error_module = pytest.importorskip(f"{MODELS}.o_data_errors.o_data_error")
requests_module = pytest.importorskip("kiota_abstractions.request_information")
methods_module = pytest.importorskip("kiota_abstractions.method")
httpx = pytest.importorskip("httpx")
identity = pytest.importorskip("azure.identity")
authentication = pytest.importorskip("kiota_authentication_azure.azure_identity_authentication_provider")
core = pytest.importorskip("msgraph_core")
registration = pytest.importorskip("kiota_abstractions.api_client_builder")
reading = pytest.importorskip("kiota_serialization_json.json_parse_node_factory")
writing = pytest.importorskip("kiota_serialization_json.json_serialization_writer_factory")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own
SCOPES = ["https://graph.microsoft.com/.default"]
SYNCHRONIZATION = f"/policies/crossTenantAccessPolicy/partners/{CONTOSO}/identitySynchronization"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(tmp_path_factory.mktemp("beta-sdk")) as running:
        yield running


class Tenant:
    """Requests to the beta version of a tenant, with the types of the SDK."""

    def __init__(self, emulator: Emulator, account: str) -> None:
        tenant, client_id, secret = ACCOUNTS[account]
        credential = identity.ClientSecretCredential(
            tenant, client_id, secret, authority=emulator.url, disable_instance_discovery=True, connection_verify=str(emulator.ca_path)
        )
        provider = authentication.AzureIdentityAuthenticationProvider(credential, scopes=SCOPES, allowed_hosts=["localhost"])
        trust = ssl.create_default_context(cafile=str(emulator.ca_path))
        transport = core.GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=trust, timeout=30))
        registration.register_default_serializer(writing.JsonSerializationWriterFactory)
        registration.register_default_deserializer(reading.JsonParseNodeFactory)
        self._adapter = beta.GraphRequestAdapter(provider, client=transport)
        self._root = f"{emulator.url}/beta"

    async def get(self, path: str, kind: Any) -> Any:
        """An object of that type."""
        return await self._adapter.send_async(self._request("GET", path), kind, self._errors())

    async def send(self, method: str, path: str, body: Any) -> None:
        """A request whose answer has no content, with an object of the SDK as its body."""
        request = self._request(method, path)
        request.set_content_from_parsable(self._adapter, "application/json", body)
        await self._adapter.send_no_response_content_async(request, self._errors())

    async def edit(self, path: str, about: dict[str, Any], **members: Any) -> None:
        """Read a schema, change the object mapping with these members, and write the whole schema back."""
        raw = json.loads(await self._adapter.send_primitive_async(self._request("GET", path), "bytes", self._errors()))
        for mapping in raw["synchronizationRules"][0]["objectMappings"]:
            mapping.update(members if about.items() <= mapping.items() else {})
        request = self._request("PUT", path)
        request.set_stream_content(json.dumps(raw).encode(), "application/json")
        await self._adapter.send_no_response_content_async(request, self._errors())

    def _request(self, method: str, path: str) -> Any:
        request = requests_module.RequestInformation()
        request.http_method = methods_module.Method(method)
        request.url = f"{self._root}{path}"
        request.headers.try_add("Accept", "application/json")
        return request

    @staticmethod
    def _errors() -> dict[str, Any]:
        return {"XXX": error_module.ODataError}


def policy(**switches: bool) -> Any:
    """An identity synchronization in the SDK's types."""
    kinds = {
        "user_sync_inbound": user_module.CrossTenantUserSyncInbound,
        "group_sync_inbound": group_module.CrossTenantGroupSyncInbound,
        "role_enabled_group_sync_inbound": role_module.CrossTenantRoleEnabledGroupSyncInbound,
    }
    members = {name: kinds[name](is_sync_allowed=value) for name, value in switches.items()}
    return partner_module.CrossTenantIdentitySyncPolicyPartner(**members)


def switches_of(seen: Any) -> list[bool | None]:
    inside = (seen.user_sync_inbound, seen.group_sync_inbound, seen.role_enabled_group_sync_inbound)
    return [value and value.is_sync_allowed for value in inside]


def test_groups_are_switched_on_with_the_types_of_the_beta_sdk(emulator: Emulator) -> None:
    """Both switches of the target, the mapping of groups of the job, and the groups that a cycle creates."""
    mould = tenants.Mould.take(emulator)
    state = emulator.state()
    tenants.trust_each_other(state)
    del state["tenants"][FABRIKAM]["access_policy"]["identity_synchronizations"][CONTOSO]
    mould.cast(state, "Fabrikam")
    tenants.assign(state, tenants.groups(state, "Sales Seoul")[0], "Group")
    emulator.control("PUT", "state", state)
    job = tenants.job(state)["id"]
    schema = f"/servicePrincipals/{tenants.principal_id(state, 'Fabrikam')}/synchronization/jobs/{job}/schema"

    async def switch_on() -> None:
        contoso, fabrikam = Tenant(emulator, "contoso"), Tenant(emulator, "fabrikam")
        kind = partner_module.CrossTenantIdentitySyncPolicyPartner
        await fabrikam.send("PUT", SYNCHRONIZATION, policy(user_sync_inbound=True))
        with pytest.raises(error_module.ODataError) as too_early:
            await fabrikam.send("PATCH", SYNCHRONIZATION, policy(role_enabled_group_sync_inbound=True))
        assert too_early.value.response_status_code == 400
        await fabrikam.send("PATCH", SYNCHRONIZATION, policy(group_sync_inbound=True))
        await fabrikam.send("PATCH", SYNCHRONIZATION, policy(role_enabled_group_sync_inbound=True))
        assert switches_of(await fabrikam.get(SYNCHRONIZATION, kind)) == [True, True, True]

        seen = await contoso.get(schema, schema_module.SynchronizationSchema)
        (rule,) = seen.synchronization_rules
        (groups,) = [mapping for mapping in rule.object_mappings if mapping.source_object_name == "Group"]
        assert groups.name in GROUPS
        assert groups.enabled is False
        await contoso.edit(schema, {"name": groups.name}, enabled=True)
        (rule,) = (await contoso.get(schema, schema_module.SynchronizationSchema)).synchronization_rules
        assert [mapping.enabled for mapping in rule.object_mappings if mapping.name == groups.name] == [True]

    asyncio.run(switch_on())
    about = {"partner_tenant_id": CONTOSO, "user_sync_inbound": True, "group_sync_inbound": True}
    nothing = task(emulator, "cross_tenant_policy", FABRIKAM, True, role_enabled_group_sync_inbound=True, **about)
    assert nothing["actions"] == []
    mapped = task(emulator, "sync_mapping", CONTOSO, True, configuration="Fabrikam", groups=True)
    assert (mapped["actions"], mapped["groups"]) == ([], True)

    task(emulator, "sync_job", CONTOSO, configuration="Fabrikam", state="started")
    emulator.advance("PT40M")
    emulator.advance("PT40M")

    async def read() -> Any:
        return await Tenant(emulator, "fabrikam").get("/groups", groups_module.GroupCollectionResponse)

    arrived = {group.display_name: group for group in asyncio.run(read()).value}
    group = arrived["Sales Seoul"]
    assert (group.security_enabled, group.mail_enabled, group.group_types) == (True, False, [])
    (listed,) = task(emulator, "synced_group_info", FABRIKAM)["synced_groups"]
    assert (listed["id"], listed["synced"]) == (group.id, "yes")

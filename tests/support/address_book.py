# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of the address book, run in this process in the scenario aftermath, which has a user for every verdict."""

from __future__ import annotations

import functools
import pickle
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Pace
from ansible_collections.entra.cross_tenant_sync.plugins.modules import address_book_info, address_book_visibility
from entra_emulator.exchange.feed import feed
from entra_emulator.faults import Fault, FaultPlan
from entra_emulator.settings import Settings, merged
from entra_emulator.state import GraphObject

from .cloud import URL, Arrival, Cloud
from .emulator import CONTOSO, FABRIKAM
from .life import TENANTS, living
from .traffic import sets_exchange

VERDICTS = {
    "minsu.kim": "listed",
    "hyejin.lee": "listed",
    "junho.choi": "hidden_in_exchange",
    "sora.jung": "hidden_in_exchange",
    "yuna.han": "hidden_by_mapping",
    "taeho.oh": "not_indexed",
    "jisoo.kwon": "not_mail_enabled",
    "mirae.song": "address_taken",
    "woojin.moon": "has_mailbox",
    "seungmin.bae": "wrong_address",
    "dahye.yoon": "not_yet",
    "nari.im": "invitation_pending",
    "minho.seo": "skipped",
    "eunji.ryu": "failed",
    "hyunwoo.nam": "deleted",
    "kyungsoo.do": "orphan",
    "jiwon.ahn": "orphan",
}
"""The verdict on each user of the source, as the scenario describes them."""
OF_GRAPH = {"invitation_pending", "skipped", "failed", "deleted", "orphan"}
"""The verdicts that need no answer of Exchange."""
MEMBERS = {"minsu.kim", "sora.jung"}
"""Those who are members in the target."""
MENDED = {"junho.choi", "sora.jung", "taeho.oh"}
EXCHANGE: dict[str, Any] = {"exchange": True, "exchange_endpoint": f"{URL}/exchange"}
SOURCE: dict[str, Any] = {"source": TENANTS["contoso"], "configuration": "Fabrikam"}
APPLICATIONS: dict[str, dict[str, Any]] = {
    "mends": {},
    "reads": {"client_id": "55555555-5555-4555-8555-555555555555", "client_secret": "fabrikam-reader-secret"},
    "half": {"client_id": "66666666-6666-4666-8666-666666666666", "client_secret": "fabrikam-half-secret"},
    "documented": {"client_id": "77777777-7777-4777-8777-777777777777", "client_secret": "fabrikam-documented-secret"},
    "none": {"client_id": "44444444-4444-4444-8444-444444444444", "client_secret": "fabrikam-admin-secret"},
}
"""Applications of the target, by what they may do in Exchange."""


@functools.cache
def _beginning() -> bytes:
    return Cloud(scenario="aftermath").save()


def expected(members: str = "MailUser", mended: Iterable[str] = ()) -> dict[str, str]:
    """The verdicts by the alias of each user, with what an external member is in Exchange, and those who were mended."""
    found = VERDICTS | (dict.fromkeys(MEMBERS, "not_mail_enabled") if members == "not_mail_enabled" else {})
    return found | dict.fromkeys(mended, "listed")


def switches() -> list[dict[str, Any]]:
    """Each setting of the emulator that concerns Exchange, with each of its values."""
    found: list[dict[str, Any]] = [{}]
    numbers = {
        "exchange_page_size": [1],
        "exchange_largest_page": [1, 5],
        "exchange_longest_filter": [150, 400],
        "exchange_lag_seconds": [],
        "exchange_requests_per_minute": [],
    }
    for name, about in Settings.model_fields.items():
        if name.startswith("exchange_"):
            values = typing.get_args(about.annotation) or ((False, True) if about.annotation is bool else numbers[name])
            found += [{name: value} for value in values if value != about.default]
    return found


@dataclass
class Book:
    """Both tenants of the scenario. ``settings`` are switches of the emulator."""

    settings: Mapping[str, Any]

    def __init__(self, cloud: Cloud | None = None, **settings: Any) -> None:
        self.said: list[tuple[float, str]] = []
        """The progress of the last task, with the virtual time."""
        if cloud is not None:
            self.cloud = cloud
            return
        self.cloud = Cloud(scenario="aftermath")
        self.cloud.load(_beginning())
        self.cloud.service.settings = merged(Settings(throttling=False), dict(settings))

    # Tasks -----------------------------------------------------------------------------------------------------------

    def ask(self, check: bool = False, application: str = "mends", **options: Any) -> dict[str, Any]:
        """The result of address_book_info, about all users and with the source, unless the options are others."""
        return self._run(address_book_info, check, {**EXCHANGE, **APPLICATIONS[application], **(options or SOURCE)})

    def mend(self, check: bool = False, application: str = "mends", **options: Any) -> dict[str, Any]:
        """The result of address_book_visibility about all users, unless the options select others."""
        selected = {} if {"people", "source_domains"} & options.keys() else {"source_tenant_id": CONTOSO}
        return self._run(address_book_visibility, check, {**EXCHANGE, **APPLICATIONS[application], **selected, **options})

    def _run(self, module: Any, check: bool, options: Mapping[str, Any]) -> dict[str, Any]:
        self.cloud.arrivals.clear()
        self.said.clear()
        self.cloud.asks_exchange = sets_exchange(options)
        declared: Options = module.OPTIONS
        understood = declared.understand({**TENANTS["fabrikam"], **options})
        checked = ArgumentSpecValidator(declared.argument_spec(), **declared.rules).validate(understood.args)
        wrong = understood.wrong or "; ".join(checked.error_messages)
        if wrong:
            return {"failed": True, "msg": wrong}
        given = checked.validated_parameters
        pace = Pace(longest=float(given.get("visibility_timeout") or 0), sleep=self.cloud.sleep, clock=self.cloud.clock)
        with living(self.cloud):
            try:
                return engine.run(module.SUBJECT, given, check, pace, progress=self._say)
            except RunFailure as failure:
                return {**failure.details, "failed": True, "msg": failure.msg}

    def _say(self, text: str) -> None:
        self.said.append((self.cloud.clock(), text))

    # Exchange --------------------------------------------------------------------------------------------------------

    def fault(self, *faults: Mapping[str, Any]) -> None:
        """Have the emulator fail requests to Exchange."""
        plan = [Fault.model_validate({"path": "/adminapi/", "times": 0, **fault}) for fault in faults]
        self.cloud.service.faults = FaultPlan(faults=plan)

    @property
    def requests(self) -> list[Arrival]:
        """The requests of the last task to Exchange."""
        return [request for request in self.cloud.arrivals if "/adminapi/" in request.path]

    @property
    def writes(self) -> list[Arrival]:
        """Those of them that are there to change something."""
        return [request for request in self.requests if request.writes]

    @property
    def recipients(self) -> dict[str, GraphObject]:
        """The recipients of the target, by the id in Entra, without the time of their last change."""
        tenant = self.cloud.world.tenants[FABRIKAM]
        feed(tenant, self.cloud.service.settings, self.cloud.world.clock)
        found: dict[str, GraphObject] = pickle.loads(pickle.dumps(tenant.exchange.recipients))  # noqa: S301  # our own, of this process
        return {key: {name: value for name, value in record.items() if name != "WhenChangedUTC"} for key, record in found.items()}

    def source_user(self, alias: str) -> GraphObject:
        """A user of the source, to be changed at will."""
        return _starting(self.cloud, CONTOSO, f"{alias}@")

    def target_user(self, alias: str) -> GraphObject:
        """The user of the target who is that user, to be changed at will."""
        return _starting(self.cloud, FABRIKAM, f"{alias}_contoso.kr#EXT#")

    def recipient(self, alias: str) -> GraphObject:
        """The recipient of that user, to be changed at will."""
        found: GraphObject = self.cloud.world.tenants[FABRIKAM].exchange.recipients[self.target_user(alias)["id"]]
        return found


def _starting(cloud: Cloud, tenant: str, beginning: str) -> GraphObject:
    users = cloud.world.tenants[tenant].users.values()
    found: GraphObject = next(user for user in users if str(user["userPrincipalName"]).startswith(beginning))
    return found


def verdicts(result: Mapping[str, Any]) -> dict[str, str]:
    """The verdicts of a result, by the alias of each user."""
    assert not result.get("failed"), result["msg"]
    return {person["name"].partition("@")[0]: person["verdict"] for person in result["people"]}

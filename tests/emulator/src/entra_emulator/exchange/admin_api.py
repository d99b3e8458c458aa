# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to the admin API to its answer: token, tenant, throttling, cmdlet, role, pages (F146, F153)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

from .. import resources
from ..call import Reply
from ..service import Service
from ..state import Registration, Tenant
from . import paging, roles, throttling, wire
from .cmdlets import Cmdlet, Invocation, Result
from .errors import REQUEST, ExchangeError, cmdlet_error, denied, unauthorized
from .feed import feed
from .parameters import checked, limit
from .reading import MEMBER_READERS, READERS
from .sharing import SHARING
from .writing import WRITERS

CMDLETS: dict[str, Cmdlet] = {**READERS, **WRITERS, **SHARING}
PATH = re.compile(r"(?P<root>(/exchange)?/adminapi/(?P<version>beta|v2\.0)/(?P<tenant>[^/]+))/(?P<action>[^/]+)")
OPTIONS = frozenset({"$select", "$skiptoken"})


class CmdletInput(BaseModel):
    """What is to be run. ``Parameters`` is an object, and never null."""

    model_config = ConfigDict(extra="forbid")

    CmdletName: str
    Parameters: dict[str, Any]


class Command(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid")

    CmdletInput: CmdletInput


@dataclass(frozen=True)
class ExchangeRequest:
    """A request as it came in; `headers` have lower-case names, `body` is None where it is not JSON."""

    method: str
    origin: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any

    @property
    def token(self) -> str:
        scheme, _mark, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True)
class Session:
    """Who asks, and of which tenant."""

    tenant: Tenant
    registration: Registration
    version: str
    root: str
    action: str


def claims(service: Service, request: ExchangeRequest) -> dict[str, Any]:
    """The claims of a token for Exchange; none for every other token."""
    try:
        return service.key.verify(request.token, resources.audiences(resources.exchange(request.origin)))
    except jwt.PyJWTError:
        return {}


def open_session(service: Service, request: ExchangeRequest, token_expired: bool) -> Session:
    """The first half of the permission, and the tenant in the path, which is the token's (F152)."""
    place = PATH.fullmatch(request.path)
    if place is None:
        raise cmdlet_error(REQUEST, f"No HTTP resource was found that matches the request URI '{request.path}'.", 404)
    version, known = place["version"], claims(service, request)
    tenant = service.world.tenants.get(known.get("tid", ""))
    registration = tenant.registrations.get(known.get("appid", "")) if tenant else None
    if token_expired or tenant is None or registration is None or roles.NEEDED_APP_ROLE[version] not in known.get("roles", ()):
        raise unauthorized()
    if known.get("appidacr") == "1" and service.settings.exchange_client_secret == "refused":
        raise unauthorized()
    names = {tenant.id} if version == "v2.0" else {tenant.id, tenant.initial_domain}
    if place["tenant"].lower() not in names:
        raise unauthorized()
    if version == "v2.0" and not request.headers.get("x-anchormailbox"):
        raise cmdlet_error(REQUEST, "The header X-AnchorMailbox is missing.")
    return Session(tenant, registration, version, request.origin + place["root"], place["action"])


def answer(service: Service, request: ExchangeRequest, token_expired: bool = False) -> Reply:
    """The answer to one request that is not a batch."""
    try:
        session = open_session(service, request, token_expired)
        headers = throttling.charge(service, session.tenant)
        reply = _run(service, request, session)
    except ExchangeError as problem:
        return Reply(problem.status, problem.body, problem.headers)
    return Reply(reply.status, reply.body, {**headers, **reply.headers})


def _run(service: Service, request: ExchangeRequest, session: Session) -> Reply:
    offset = _offset(service, request)
    for name in request.query:
        if name not in OPTIONS:
            raise cmdlet_error(REQUEST, f"The query parameter '{name}' is not supported.")
    if request.method == "GET":
        return _page(service, request, session, _remembered(service, request), offset)
    return _page(service, request, session, command(request.body), offset)


def command(body: Any) -> CmdletInput:
    """The body, checked."""
    try:
        return Command.model_validate(body).CmdletInput
    except ValidationError as problem:
        place = ".".join(str(part) for part in problem.errors()[0]["loc"]) or "body"
        raise cmdlet_error(REQUEST, f"The request body is not valid: {place}: {problem.errors()[0]['msg']}.") from None


def _found(session: Session, sent: CmdletInput) -> Cmdlet:
    """The cmdlet, if this endpoint has it and a role of the application allows it: the second half of the permission."""
    if session.action == "InvokeCommand":
        cmdlet = CMDLETS.get(sent.CmdletName)
    else:
        name, cmdlet = MEMBER_READERS.get(session.action, ("", None)) if session.version == "v2.0" else ("", None)
        if cmdlet is None:
            raise cmdlet_error(REQUEST, f"Resource not found for the segment '{session.action}'.", 404)
        if sent.CmdletName != name:
            raise cmdlet_error(REQUEST, f"The cmdlet {sent.CmdletName} is not supported at {session.action}.")
    if cmdlet is None or not roles.allows(session.registration, cmdlet.right):
        raise denied(session.version)
    return cmdlet


def _answering(service: Service, tenant: Tenant) -> Tenant:
    """The tenant whose directory is asked: with the switch, another one than the token's (F156)."""
    others = [other for other in service.world.tenants.values() if other.id != tenant.id]
    answering = others[0] if service.settings.exchange_answers_for_other_tenant and others else tenant
    feed(answering, service.settings, service.world.clock)
    return answering


def _page(service: Service, request: ExchangeRequest, session: Session, sent: CmdletInput, offset: int) -> Reply:
    cmdlet = _found(session, sent)
    names = wire.selected(request.query.get("$select"), cmdlet.properties)
    parameters = checked(sent.CmdletName, cmdlet.parameters, sent.Parameters)
    settings = service.settings
    result = cmdlet.run(Invocation(_answering(service, session.tenant), settings, service.world.clock, parameters))
    if cmdlet.sets:
        return _setter_answer(settings.exchange_setter_answer, session, result, names, settings.exchange_list_names)
    most, size = limit(parameters.get("ResultSize")), paging.page_size(request.headers, settings)
    page = result.objects[offset : offset + (size if most is None else min(size, most))]
    reached = offset + len(page)
    extra, warnings = {}, list(result.warnings)
    if reached < len(result.objects):
        extra["@odata.nextLink"] = _next_link(service, request, session, sent, reached)
        if (most is not None and len(page) == most) or settings.exchange_paging == "never":
            warnings.append(paging.MORE)
    shown = [wire.view(record, names, settings.exchange_list_names) for record in page]
    return Reply(200, wire.answer(session.root, shown, warnings, extra))


def _setter_answer(switch: str, session: Session, result: Result, names: tuple[str, ...], spelling: str) -> Reply:
    if result.confirmation is not None:
        return Reply(200, wire.answer(session.root, [], result.warnings, {"@adminapi.confirmationmessage": result.confirmation}))
    if switch == "no_content":
        return Reply(204)
    shown = [wire.view(record, names, spelling) for record in result.objects] if switch == "object" else []
    return Reply(200, wire.answer(session.root, shown, result.warnings, {}))


# Further pages (F148) -----------------------------------------------------------------------------------------------


def _next_link(service: Service, request: ExchangeRequest, session: Session, sent: CmdletInput, offset: int) -> str:
    body = {"CmdletInput": sent.model_dump()}
    place = paging.new(offset, paging.fingerprint(body, request.headers), service.world.clock)
    service.exchange_pages[place.request] = body
    select = f"$select={request.query['$select']}&" if "$select" in request.query else ""
    return f"{session.root}/{session.action}?{select}$skiptoken={place.token()}"


def _offset(service: Service, request: ExchangeRequest) -> int:
    """Where the page begins. The way to follow a nextLink is a switch, and every other way is refused alike."""
    token = request.query.get("$skiptoken")
    if token is None:
        if request.method != "POST":
            raise cmdlet_error(REQUEST, "The requested resource does not support this http method.", 405)
        return 0
    place = paging.read(token, service.world.clock)
    wanted = {"repost": "POST", "get": "GET"}.get(service.settings.exchange_paging)
    same = request.method == "GET" or place.request == paging.fingerprint(request.body, request.headers)
    if request.method != wanted or not same or place.request not in service.exchange_pages:
        raise paging.expired()
    return place.offset


def _remembered(service: Service, request: ExchangeRequest) -> CmdletInput:
    """The command of which a GET asks for another page."""
    place = paging.read(request.query["$skiptoken"], service.world.clock)
    return command(service.exchange_pages[place.request])


def identity(service: Service, request: ExchangeRequest) -> tuple[str | None, str | None]:
    """Tenant and application of a token, for the request log."""
    known = claims(service, request)
    return known.get("tid"), known.get("appid")


def within(request: ExchangeRequest, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: Any) -> ExchangeRequest:
    """A request that came inside another one."""
    return replace(request, method="POST", path=path, query=query, headers=headers, body=body)

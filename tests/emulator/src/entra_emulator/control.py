# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API below ``/emulator/``: state, clock, Exchange, settings, faults, request log and traffic. It asks for no credentials."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from .exchange.feed import feed, watch
from .exchange.standing import addresses, standing
from .exchange.states import State, StateError, find, make
from .faults import Fault, FaultPlan
from .history import HistoryError, Sent, perform
from .mistakes import explained
from .provisioning import engine
from .service import Service, tenant_of
from .settings import Settings, merged
from .sharing import seen
from .state import NO_TENANTS, GraphObject, Tenant, World, moment, stamp
from .traffic import Traffic

Handler = Callable[[HttpRequest], Awaitable[Response]]


class ControlError(Exception):
    """What is wrong with a control request, in one sentence."""


class ClockChange(BaseModel):
    """POST /emulator/clock."""

    model_config = ConfigDict(extra="forbid")

    advance: timedelta | None = None
    to: datetime | None = None


def _service(http: HttpRequest) -> Service:
    service: Service = http.app.state.service
    return service


def _json(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False, indent=1), status, media_type="application/json; charset=utf-8")


class Anything(BaseModel):
    """What a mistake is found in, if it is none of `MODELS`."""


MODELS: dict[str, type[BaseModel]] = {model.__name__: model for model in (World, Settings, ClockChange, Fault, State, Sent)}
"""The models of bodies, by the names that mistakes in them have."""


def guarded(handler: Handler) -> Handler:
    """Mistakes in a control request become 400 with a sentence."""

    async def handle(http: HttpRequest) -> Response:
        try:
            return await handler(http)
        except ControlError as problem:
            return _json({"error": str(problem)}, 400)
        except ValidationError as problem:
            return _json({"error": explained(problem, MODELS.get(problem.title, Anything))}, 400)

    return handle


async def _body(http: HttpRequest) -> Any:
    try:
        return json.loads(await http.body())
    except ValueError:
        raise ControlError("The body is not JSON.") from None


# State and clock ----------------------------------------------------------------------------------------------------


async def get_state(http: HttpRequest) -> Response:
    return _json(_service(http).world.model_dump(mode="json"))


async def put_state(http: HttpRequest) -> Response:
    world = World.model_validate(await _body(http))
    if not world.tenants:
        raise ControlError(NO_TENANTS)
    _service(http).load(world)
    return Response(status_code=204)


def advance(service: Service, until: datetime) -> list[dict[str, Any]]:
    """Moves the virtual clock, running every cycle that falls due on the way; Exchange sees the changes at their time."""
    watch(service.world, service.settings)
    cycles = engine.advance(service.world, until, service.settings, lambda: watch(service.world, service.settings))
    service.world.clock = stamp(until)
    service.replicas.catch_up()
    return [dict(cycle) for cycle in cycles]


async def get_clock(http: HttpRequest) -> Response:
    return _json({"clock": _service(http).world.clock})


async def post_clock(http: HttpRequest) -> Response:
    service, raw = _service(http), await _body(http)
    change = TypeAdapter(ClockChange).validate_python(raw)
    if (change.advance is None) == (change.to is None):
        raise ControlError("Give either advance (an ISO 8601 duration such as PT40M) or to (a point in time).")
    now = moment(service.world.clock)
    if change.to is not None:
        until = change.to if change.to.tzinfo else change.to.replace(tzinfo=timezone.utc)
    else:
        until = now + (change.advance or timedelta())
    if until < now:
        raise ControlError(f"The clock is at {service.world.clock} and does not go back.")
    cycles = advance(service, until)
    return _json({"clock": service.world.clock, "cycles": cycles})


# Exchange -----------------------------------------------------------------------------------------------------------


def _tenant(http: HttpRequest) -> Tenant:
    found = tenant_of(_service(http).world, http.path_params["tenant"])
    if found is None:
        raise ControlError(f"There is no tenant {http.path_params['tenant']}.")
    feed(found, _service(http).settings, _service(http).world.clock)
    return found


def _in_exchange(tenant: Tenant, user: GraphObject, held: frozenset[str]) -> GraphObject:
    """A user's standing in the address book, and the recipient behind it."""
    record = tenant.exchange.recipients.get(str(user["id"]))
    return {
        "id": user["id"],
        "userPrincipalName": user["userPrincipalName"],
        "mail": user.get("mail"),
        "standing": standing(tenant, user, held),
        "recipient": record,
    }


async def get_exchange(http: HttpRequest) -> Response:
    tenant = _tenant(http)
    held = addresses(tenant)
    return _json({"users": [_in_exchange(tenant, user, held) for user in tenant.users.values()]})


async def post_exchange(http: HttpRequest) -> Response:
    """Makes one state, or several in a list."""
    raw, tenant = await _body(http), _tenant(http)
    states = TypeAdapter(list[State]).validate_python(raw if isinstance(raw, list) else [raw])
    try:
        for state in states:
            make(_service(http), tenant, state)
    except StateError as problem:
        raise ControlError(str(problem)) from None
    return Response(status_code=204)


async def get_sharing(http: HttpRequest) -> Response:
    """What people of one tenant see of those of another one; of all, or of the one who is named."""
    service = _service(http)
    holder, looker = _tenant(http), tenant_of(service.world, http.path_params["looker"])
    if looker is None:
        raise ControlError(f"There is no tenant {http.path_params['looker']}.")
    named = http.query_params.get("person")
    try:
        people = [find(holder, named)] if named else list(holder.users.values())
    except StateError as problem:
        raise ControlError(str(problem)) from None
    return _json({str(person["userPrincipalName"]): seen(holder, looker, person, service.settings) for person in people})


# Settings, faults, requests -----------------------------------------------------------------------------------------


async def get_settings(http: HttpRequest) -> Response:
    return _json(_service(http).settings.model_dump(mode="json"))


async def put_settings(http: HttpRequest) -> Response:
    """Changes the settings that are named and keeps the others."""
    raw = await _body(http)
    if not isinstance(raw, dict):
        raise ControlError("The body is not an object of settings.")
    service = _service(http)
    service.settings = merged(service.settings, raw)
    return _json(service.settings.model_dump(mode="json"))


async def get_faults(http: HttpRequest) -> Response:
    return _json(_service(http).faults.model_dump(mode="json"))


async def post_faults(http: HttpRequest) -> Response:
    """Adds one fault, or several in a list."""
    raw = await _body(http)
    faults = TypeAdapter(list[Fault]).validate_python(raw if isinstance(raw, list) else [raw])
    _service(http).faults.faults += faults
    return _json(_service(http).faults.model_dump(mode="json"), 201)


async def delete_faults(http: HttpRequest) -> Response:
    _service(http).faults = FaultPlan()
    return Response(status_code=204)


async def get_requests(http: HttpRequest) -> Response:
    return _json({"requests": list(_service(http).log.entries)})


async def delete_requests(http: HttpRequest) -> Response:
    _service(http).log.clear()
    return Response(status_code=204)


async def post_acts(http: HttpRequest) -> Response:
    """Carries out one Graph request in somebody's name, or several in a list, without a token; their answers."""
    raw = await _body(http)
    acts = TypeAdapter(list[Sent]).validate_python(raw if isinstance(raw, list) else [raw])
    try:
        return _json({"answers": [perform(_service(http), sent) for sent in acts]})
    except HistoryError as problem:
        raise ControlError(str(problem)) from None


async def get_traffic(http: HttpRequest) -> Response:
    return _json(_service(http).traffic.counts())


async def delete_traffic(http: HttpRequest) -> Response:
    _service(http).traffic = Traffic()
    return Response(status_code=204)


ENDPOINTS: list[tuple[str, str, Handler]] = [
    ("/emulator/state", "GET", get_state),
    ("/emulator/state", "PUT", put_state),
    ("/emulator/clock", "GET", get_clock),
    ("/emulator/clock", "POST", post_clock),
    ("/emulator/exchange/{tenant}", "GET", get_exchange),
    ("/emulator/exchange/{tenant}", "POST", post_exchange),
    ("/emulator/sharing/{tenant}/{looker}", "GET", get_sharing),
    ("/emulator/settings", "GET", get_settings),
    ("/emulator/settings", "PUT", put_settings),
    ("/emulator/faults", "GET", get_faults),
    ("/emulator/faults", "POST", post_faults),
    ("/emulator/faults", "DELETE", delete_faults),
    ("/emulator/requests", "GET", get_requests),
    ("/emulator/requests", "DELETE", delete_requests),
    ("/emulator/acts", "POST", post_acts),
    ("/emulator/traffic", "GET", get_traffic),
    ("/emulator/traffic", "DELETE", delete_traffic),
]
ROUTES = [Route(path, guarded(handler), methods=[method]) for path, method, handler in ENDPOINTS]

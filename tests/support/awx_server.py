# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stub of the HTTP API of AWX 24.6.1: it stores what is sent to it, if AWX would, and answers as the modules of awx.awx need it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import awx_rules
from .awx_objects import KINDS, Json, Refers
from .awx_store import ROOT, Refused, Store

TOKEN = "stub-token"
HEADERS = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
START_SECONDS = 60


def _shown(store: Store, kind: str, one: Json) -> Json:
    """An object as an answer has it."""
    related = {name: f"{one['url']}{name}/" for name in (*KINDS[kind].associations, "survey_spec") if kind != "organizations"}
    if one.get("unified_job_template"):
        related["unified_job_template"] = store.get("unified_job_templates", one["unified_job_template"])["url"]
    return {"summary_fields": {}, **one, "related": related}


class Awx:
    """The server, on a free port. Use it as a context manager."""

    def __init__(self, project: Path) -> None:
        self.store = Store(project)
        routes = [
            Route(f"{ROOT}/project_updates/{{number:int}}/", self._update),
            Route(f"{ROOT}/{{kind}}/", self._all, methods=["GET", "POST"]),
            Route(f"{ROOT}/{{kind}}/{{number:int}}/", self._one, methods=["GET", "PATCH"]),
            Route(f"{ROOT}/{{kind}}/{{number:int}}/{{name}}/", self._part, methods=["GET", "POST"]),
        ]
        self._server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=routes, exception_handlers={Refused: self._refused}), port=0, log_level="error")
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Awx:
        self._thread.start()
        end = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > end:
                raise RuntimeError("the stub of AWX did not start")
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()

    def environment(self) -> dict[str, str]:
        """What the modules of awx.awx need to find it."""
        return {"CONTROLLER_HOST": self.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}

    def named(self, kind: str) -> dict[str, Json]:
        """The objects of a kind by name, with the names of those that they refer to, and with their secrets."""
        return {str(one.get("name") or one["identifier"]): self._with_names(kind, one) for one in self.store.objects[kind].values()}

    def _with_names(self, kind: str, one: Json) -> Json:
        found = dict(one)
        for name, about in KINDS[kind].fields.model_fields.items():
            for mark in about.metadata:
                if isinstance(mark, Refers) and one[name] is not None:
                    found[name] = self.store.get(mark.kind, one[name])["name"]
        for name, other in KINDS[kind].associations.items():
            numbers = self.store.associated.get((kind, one["id"], name), ())
            found[name] = [self.store.get(other, number).get("name") or self.store.get(other, number)["identifier"] for number in numbers]
        if kind == "credentials":
            found["inputs"] = {name: self.store.secrets.get((one["id"], name), value) for name, value in one["inputs"].items()}
        return found

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        self.store.refused.append(error.about)
        return JSONResponse(error.about, error.code, HEADERS)

    def _kind(self, request: Request) -> str:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(401, {"detail": "Authentication credentials were not provided."})
        kind = str(request.path_params["kind"])
        if kind not in (*KINDS, "unified_job_templates"):
            raise Refused(404, {"detail": "The requested resource could not be found."})
        return kind

    async def _update(self, request: Request) -> Response:
        return JSONResponse(self.store.update_project(request.path_params["number"]), headers=HEADERS)

    async def _all(self, request: Request) -> Response:
        kind = self._kind(request)
        if request.method == "POST":
            created = self.store.create(kind, await request.json())
            return JSONResponse(_shown(self.store, kind, created), 201, HEADERS)
        found = [_shown(self.store, _kind_of(one), one) for one in self.store.find(kind, request.query_params)]
        return _page(found)

    async def _one(self, request: Request) -> Response:
        kind, number = self._kind(request), request.path_params["number"]
        found = self.store.change(kind, number, await request.json()) if request.method == "PATCH" else self.store.get(kind, number)
        return JSONResponse(_shown(self.store, kind, found), headers=HEADERS)

    async def _part(self, request: Request) -> Response:
        kind, number, name = self._kind(request), request.path_params["number"], request.path_params["name"]
        one = self.store.get(kind, number)
        given = await request.json() if request.method == "POST" else None
        if name == "survey_spec" and kind in ("job_templates", "workflow_job_templates"):
            if given is None:
                return JSONResponse(one.get("survey_spec", {}), headers=HEADERS)
            if faults := awx_rules.survey(given):
                raise Refused(400, {"error": faults[0]})
            one["survey_spec"] = given
            return JSONResponse(None, headers=HEADERS)
        if name == "create_approval_template" and kind == "workflow_job_template_nodes" and given is not None:
            created = self.store.create("workflow_approval_templates", given)
            one["unified_job_template"] = created["id"]
            return JSONResponse(_shown(self.store, "workflow_approval_templates", created), 201, HEADERS)
        if name not in KINDS[kind].associations:
            raise Refused(404, {"detail": "The requested resource could not be found."})
        if given is None:
            other = KINDS[kind].associations[name]
            return _page([self.store.get(other, one) for one in self.store.associated.get((kind, number, name), ())])
        self.store.associate(kind, number, name, given)
        return Response(status_code=204, headers=HEADERS)


def _kind_of(one: Json) -> str:
    return str(one["url"].split("/")[3])


def _page(found: list[Json]) -> Response:
    return JSONResponse({"count": len(found), "next": None, "previous": None, "results": found}, headers=HEADERS)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stub of the HTTP API of AWX 24.6.1: it stores what is sent to it, if AWX would, and answers as the modules of awx.awx need it."""

from __future__ import annotations

import copy
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import awx_rules
from .awx_objects import KINDS, UNIFIED, Case, Faults, Json, Refers

TOKEN = "stub-token"
ENCRYPTED = "$encrypted$"
PLAYBOOK = re.compile(r"^\s*-?\s*(hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):", re.MULTILINE)
"""What AWX looks for in a file, to offer it as a playbook (could_be_playbook in awx/main/utils/ansible.py)."""
HEADERS = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
ROOT = "/api/v2"
FILTERS = {"id", "name", "identifier", "organization", "credential_type", "inventory", "workflow_job_template"}
START_SECONDS = 10


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, code: int, about: Any) -> None:
        super().__init__(about)
        self.code, self.about = code, about


def playbooks_of(project: Path) -> list[str]:
    """The playbooks that AWX offers of the files of a project."""
    left_out = {"roles", "tasks", "group_vars", "host_vars"}
    paths = [path.relative_to(project) for path in sorted(project.rglob("*.y*ml"))]
    seen = [path for path in paths if not left_out & set(path.parts) and not any(part.startswith(".") for part in path.parts)]
    return [str(path) for path in seen if PLAYBOOK.search((project / path).read_text(encoding="utf-8"))]


@dataclass
class Store:
    """What AWX has in its database. ``project`` is the content of the repository of every project."""

    project: Path
    objects: dict[str, dict[int, Json]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    associated: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    secrets: dict[tuple[int, str], str] = field(default_factory=dict)
    """The secrets of credentials, which AWX encrypts."""
    refused: list[Any] = field(default_factory=list)
    """What was answered with an error."""

    def __post_init__(self) -> None:
        self.create("organizations", {"name": "Default"})

    def get(self, kind: str, number: int) -> Json:
        """An object, of one of the kinds that have been put together, too."""
        for one in UNIFIED if kind == "unified_job_templates" else (kind,):
            if number in self.objects.get(one, ()):
                return self.objects[one][number]
        raise Refused(404, {"detail": "Not found."})

    def create(self, kind: str, given: Json) -> Json:
        """Store an object."""
        number = 1 + sum(map(len, self.objects.values()))
        found = {"id": number, "type": KINDS[kind].noun, "url": f"{ROOT}/{kind}/{number}/", **self._checked(kind, given, None)}
        self.objects[kind][number] = found
        if kind == "projects":
            # The first update runs at once, and is successful as soon as somebody asks for it.
            found |= {"scm_revision": "", "playbook_files": [], "summary_fields": {"current_update": {"id": number}}}
        return self._kept(kind, found)

    def change(self, kind: str, number: int, given: Json) -> Json:
        """Replace fields of an object."""
        before = self.get(kind, number)
        given = {name: value for name, value in given.items() if name not in KINDS[kind].created_only}
        before |= self._checked(kind, given, before)
        return self._kept(kind, before)

    def update_project(self, number: int) -> Json:
        """Finish the update of a project."""
        project = self.get("projects", number)
        project |= {"scm_revision": "1" * 40, "playbook_files": playbooks_of(self.project), "summary_fields": {}}
        return {"id": number, "status": "successful", "failed": False, "finished": "2026-01-01T00:00:00Z"}

    def _kept(self, kind: str, found: Json) -> Json:
        """The object, after its secrets have been put away."""
        if kind == "credentials":
            fields = self.get("credential_types", found["credential_type"])["inputs"].get("fields", ())
            for name in {field["id"] for field in fields if field.get("secret")} & found["inputs"].keys():
                if found["inputs"][name] not in ("", ENCRYPTED):
                    self.secrets[found["id"], name] = found["inputs"][name]
                    found["inputs"][name] = ENCRYPTED
        return found

    def _checked(self, kind: str, given: Json, before: Json | None) -> Json:
        about = KINDS[kind]
        names = about.fields.model_fields
        try:
            whole = {name: value for name, value in (before or {}).items() if name in names} | given
            new: Json = about.fields.model_validate(copy.deepcopy(whole)).model_dump()
        except ValidationError as error:
            raise Refused(400, {str(fault["loc"][0]): [fault["msg"]] for fault in error.errors()}) from error
        _refuse((name, f"Invalid pk {new[name]}") for name in names if self._strange(names[name], new[name]))
        alike = [one for one in self.objects[kind].values() if one is not before and all(one[name] == new[name] for name in about.unique)]
        if alike and about.unique:
            raise Refused(400, {"__all__": [f"{about.noun} with this {' and '.join(about.unique)} already exists."]})
        used = before is not None and any(one.get(about.noun) == before["id"] for all_ in self.objects.values() for one in all_.values())
        _refuse(about.faults(Case(new, before, self.get, used)))
        return new

    def _strange(self, about: FieldInfo, number: int | None) -> bool:
        """Whether the field refers to what does not exist."""
        for mark in about.metadata:
            if isinstance(mark, Refers) and number is not None:
                try:
                    self.get(mark.kind, number)
                except Refused:
                    return True
        return False

    def find(self, kind: str, query: Mapping[str, str]) -> list[Json]:
        """The objects that a query describes."""
        kinds = UNIFIED if kind == "unified_job_templates" else (kind,)
        if unknown := {name.removeprefix("or__") for name in query} - FILTERS:
            raise Refused(400, {"detail": f"Cannot filter by {', '.join(sorted(unknown))}."})

        def fits(one: Json, name: str) -> bool:
            return str(one.get(name.removeprefix("or__"))) == query[name]

        some = [name for name in query if name.startswith("or__")]
        found = [one for name in kinds for one in self.objects[name].values() if all(fits(one, name) for name in query.keys() - some)]
        return [one for one in found if not some or any(fits(one, name) for name in some)]

    def associate(self, kind: str, number: int, name: str, given: Json) -> None:
        """Connect an object with another one, or part them."""
        other = self.get(KINDS[kind].associations[name], given["id"])
        present = self.associated.setdefault((kind, number, name), [])
        if given.get("disassociate"):
            present.remove(other["id"])
            return
        if name == "credentials":
            types = [self.get("credentials", one)["credential_type"] for one in present]
            if other["credential_type"] in types:
                type_name = self.get("credential_types", other["credential_type"])["name"]
                raise Refused(400, {"error": f"Cannot assign multiple {type_name} credentials."})
        if KINDS[kind].associations[name] == kind and number in self._reached(kind, other["id"]):
            raise Refused(400, {"Error": "Cycle detected."})
        present.append(other["id"])

    def _reached(self, kind: str, start: int) -> set[int]:
        """The nodes that follow a node, with itself."""
        found, waiting = set(), [start]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += [other for name in KINDS[kind].associations for other in self.associated.get((kind, one, name), ())]
        return found


def _refuse(faults: Faults | Iterator[tuple[str, str]]) -> None:
    found: dict[str, list[str]] = {}
    for name, text in faults:
        found.setdefault(name, []).append(text)
    if found:
        raise Refused(400, found)


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

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6.1 has in its database, and what it refuses to store. `awx_server.py` answers requests from it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from .awx_objects import KINDS, UNIFIED, Case, Faults, Json, Refers

ENCRYPTED = "$encrypted$"
PLAYBOOK = re.compile(r"^\s*-?\s*(hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):", re.MULTILINE)
"""What AWX looks for in a file, to offer it as a playbook (could_be_playbook in awx/main/utils/ansible.py)."""
ROOT = "/api/v2"
FILTERS = {"id", "name", "identifier", "organization", "credential_type", "inventory", "workflow_job_template"}


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

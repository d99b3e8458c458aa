# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as ansible_version
from ansible.template import Templar

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.transport import USER_AGENT
from ansible_collections.entra.cross_tenant_sync.plugins.modules.link_report import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import change_window, hand_over
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import files, reporting
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.masking import masked
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Change, Report
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.rendering import formats, rendered
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import GROUP, SIDES, LinkHost, identity, plain_secrets
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import plain


class ActionModule(ActionBase):
    """Writes the evidence of a run, in the controller."""

    _requires_connection = False

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The verdict and the files."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        given: dict[str, Any] = arguments_of(self, ARGUMENTS)
        fault = files.fault("folder", given["folder"], files.REPORT.values())
        if fault:
            return {**result, "failed": True, "msg": f"{fault} No report was written."}
        try:
            change = change_window.change_of(given["ticket"], given["window"])
        except change_window.Unusable as unusable:
            return {**result, "failed": True, "msg": f"{unusable}. No report was written."}
        return {**result, **self._write(given, self._report(variables, given, change))}

    def _report(self, variables: Mapping[str, Any], given: Mapping[str, Any], change: Change) -> Report:
        """The report, masked if that is wanted, and without secrets in any case."""
        hostvars = variables["hostvars"]
        links: dict[str, reporting.Link] = {}
        secrets: set[str] = set()
        group = variables["groups"].get(GROUP, ())
        for host in sorted(map(str, variables["ansible_play_hosts_all"])):
            own = hostvars.raw_get(host)
            if host in group or any(side in own for side in SIDES):
                template = Templar(loader=self._loader, variables=own).template
                links[host] = reporting.link_of(identity(LinkHost(host, own, template)), _whole(own))
                secrets |= plain_secrets(own)
        versions = {
            "entra.cross_tenant_sync": USER_AGENT.rpartition("/")[2],
            "ansible-core": ansible_version,
            "python": platform.python_version(),
        }
        created = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
        found = reporting.report(links, given["title"], created, versions, change, check_mode=self._task.check_mode)
        without_secrets: Report = remove_values(plain(found), secrets)
        return masked(without_secrets, reporting.names_of(links.values())) if given["mask"] else without_secrets

    def _write(self, given: Mapping[str, Any], found: Report) -> dict[str, Any]:
        folder = os.path.abspath(given["folder"])
        contents: dict[str, bytes] = {}
        # One after the other: the data are safe before a page is drawn.
        for form in formats(given["formats"]):
            contents[form] = rendered(found, form)
            if not self._task.check_mode:
                try:
                    files.write(folder, {files.REPORT[form]: contents[form]})
                except OSError as error:
                    return {"failed": True, "msg": f"The report could not be written to {folder}: {error.strerror or error}."}
        summary = reporting.summary_of(found)
        for line in summary:
            self._display.display(line)
        if not self._task.check_mode:
            self._display.display(f"The report is in {folder}: {', '.join(files.REPORT[form] for form in contents)}")
        return {
            "changed": False,
            "verdict": reporting.verdict_of(found),
            "counts": reporting.counts_of(found),
            "summary": summary,
            "files": {form: os.path.join(folder, files.REPORT[form]) for form in contents},
            "sha256": {form: files.sha256(content) for form, content in contents.items()},
            "masked": found["masked"],
        }


def _whole(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a link, with what its tasks have handed over apart from their results."""
    return {name: hand_over.whole(value) for name, value in variables.items()}

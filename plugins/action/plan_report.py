# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.transport import USER_AGENT
from ansible_collections.entra.cross_tenant_sync.plugins.modules.plan_report import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import change_window, hand_over
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import expected_plan, files, planning
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.markdown import plan_text
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Plan
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.page import plan_page
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.terminal import plan_lines
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import link_hosts
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted


class ActionModule(ActionBase):
    """Sums up the plan of all links, in the controller, where their variables are."""

    _requires_connection = False

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The plan, or why it is not the one that was approved."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        given: dict[str, Any] = arguments_of(self, ARGUMENTS, {"expected"})
        try:
            expected = expected_plan.expected_of(given["expected"]) if "expected" in self._task.args else None
            change = change_window.change_of(given["ticket"], given["window"])
        except expected_plan.Unusable as unusable:
            return {**result, "failed": True, "msg": f"{unusable} Nothing was changed."}
        except change_window.Unusable as unusable:
            return {**result, "failed": True, "msg": f"{unusable}. Nothing was changed."}
        fault = given["folder"] is not None and files.fault("folder", given["folder"], files.PLAN.values())
        if fault:
            return {**result, "failed": True, "msg": f"{fault} Nothing was changed."}
        if "links" not in (variables.get(planning.LOOK) or {}):
            msg = f"There is no look at the links: run links_info with complete: true and register: {planning.LOOK} before."
            return {**result, "failed": True, "msg": msg}
        hosts = list(map(str, variables["ansible_play_hosts_all"]))
        found = self._found(variables, hosts)
        outside = [host for host in hosts if host not in found]
        if expected and outside:
            return {**result, "failed": True, "msg": expected_plan.batch_refusal(len(found), len(hosts))}
        look = variables[planning.LOOK]
        plan = planning.plan_of(found, USER_AGENT.rpartition("/")[2], change, look["strangers"], look["strangers_unknown"])
        answer = self._judged(plan, expected, link_hosts(variables), hosts)
        return {**result, **hand_over.handed(variables, {**answer, **self._written(plan, given["folder"], answer)})}

    def _found(self, variables: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, planning.Found]:
        """What was found about each link, also about those of earlier batches. Most links are in sync, and have no further results."""
        looked = variables[planning.LOOK]["links"]
        found: dict[str, planning.Found] = {}
        for host in hosts:
            entry = looked.get(host)
            if entry is None or entry["tasks"] in planning.LOOKED_ONLY:
                own = {} if entry else variables["hostvars"].raw_get(host)
                entry = entry or ((own.get(planning.LOOK) or {}).get("links") or {}).get(host)
            else:
                own = variables["hostvars"].raw_get(host)
            if entry:
                registered = {name: hand_over.whole(own.get(name)) for name in planning.REGISTERED}
                found[host] = planning.found_of(hand_over.whole(entry), registered)
        return found

    def _judged(
        self, plan: Plan, expected: expected_plan.Expected | None, inventory: Sequence[str], hosts: Sequence[str]
    ) -> dict[str, Any]:
        known = {"changed": False, "hash": plan["hash"], "summary": plan["summary"]}
        if expected is None:
            for line in plan_lines(plan):
                self._display.display(line)
        else:
            refused, differences = expected_plan.refusal(expected, plan, inventory, hosts)
            if refused:
                return {**known, "failed": True, "msg": refused, "differences": differences}
            self._display.display(f"The plan is the one that was approved: {plan['hash']}")
        impossible = planning.unplannable(plan)
        links = {
            host: {"verdict": "something" if host in impossible else "nothing", "summary": link["summary"]}
            for host, link in plan["links"].items()
        }
        return {
            **known,
            "plan": plan,
            "links": links,
            "verdict": "something" if impossible else "nothing",
            "artifact": planning.artifact(plan),
            "ansible_facts": {"sync_plan": plan},
        }

    def _written(self, plan: Plan, given: str | None, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Write the files, also if the plan is not the approved one, so that both can be compared."""
        if given is None:
            return {"files": []}
        folder = os.path.abspath(given)
        contents = {"json": planning.as_file(plan), "markdown": plan_text(plan), "html": plan_page(plan)}
        try:
            files.write(folder, {files.PLAN[form]: text.encode("utf-8", "backslashreplace") for form, text in contents.items()})
        except OSError as error:
            msg = f"The plan could not be written to {folder}: {error.strerror or error}. Nothing was changed."
            return {"failed": True, "msg": f"{answer['msg']} {msg}" if answer.get("msg") else msg}
        self._display.display(f"The plan is in {folder}: {', '.join(files.PLAN.values())}")
        return {"files": [os.path.join(folder, name) for name in files.PLAN.values()]}

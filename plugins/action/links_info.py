# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import gc
import multiprocessing
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeAlias

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.template import Templar

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import ALONE, Seen, Verdict, look
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import incomplete
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.rivals import rivals
from ansible_collections.entra.cross_tenant_sync.plugins.modules import link_info
from ansible_collections.entra.cross_tenant_sync.plugins.modules.links_info import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import links_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import (
    LinkHost,
    inventory_links,
    keep_rivals,
    link_hosts,
    play_of,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import VAULT, run_folder, run_in_worker

Prepare: TypeAlias = Callable[[LinkHost, Callable[[], Mapping[str, Any]]], links_info.Looked]
Completed: TypeAlias = Callable[[Seen, Mapping[str, Mapping[str, Any]]], Seen]


class ActionModule(ActionBase):
    """Looks at the links of all hosts of the play's batch at once, in the controller."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """For each host, the next file of tasks."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        arguments: dict[str, Any] = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]  # type: ignore[no-untyped-call]
        complete = arguments["complete"]
        prepare, completed = (links_info.prepare_complete, self._compared_alone) if complete else (links_info.prepare, None)
        looked, seen = self._look(variables, arguments["state"], prepare, completed)
        answer = links_info.report_in_full(looked, seen) if complete else links_info.report(looked, seen, self._task.check_mode)
        for line in links_info.lines(answer):
            self._display.display(line)
        return {**result, **masked(answer, looked)}

    def _look(
        self, variables: Mapping[str, Any], state: str | None, prepare: Prepare, completed: Completed | None
    ) -> tuple[dict[str, links_info.Looked], Seen]:
        """The links of all hosts of the batch, and the verdicts on them. ``completed`` decides on what the look leaves undecided."""
        hosts = list(variables.get("ansible_play_batch") or variables["ansible_play_hosts"])
        here = not self._play_context.become and not any(self._task.environment or ()) and incomplete() is None
        hostvars = variables["hostvars"]
        raw_of = functools.cache(hostvars.raw_get)
        inventory = inventory_links(link_hosts(variables), raw_of, hostvars.__getitem__)
        found = rivals(inventory)
        keep_rivals(found, play_of(self._task), RunCache(run_folder()))
        looked: dict[str, links_info.Looked] = {}
        entries: dict[Hashable, tuple[dict[str, Any], list[str]]] = {}
        for name, own in links_info.variables_of(hosts, variables["inventory_hostname"], variables, raw_of):
            template = Templar(loader=self._loader, variables=own).template
            host = LinkHost(name, own, template, None, here, state, entries)
            looked[name] = prepare(host, functools.partial(_of_host, found, name))
        params = {name: before.params for name, before in looked.items() if before.tasks is None}
        if multiprocessing.parent_process():
            # A worker ends with its task. A search for garbage among what many links share takes a quarter of the time and finds nothing.
            gc.disable()
        progress = self._display.display
        seen = look(params, self._task.check_mode, run_folder(), VAULT, progress, links_info.pairs_of(inventory))
        return looked, completed(seen, params) if completed else seen

    def _compared_alone(self, seen: Seen, params: Mapping[str, Mapping[str, Any]]) -> Seen:
        """The verdicts, with those of links that only a comparison of their own can decide."""
        verdicts = dict(seen.verdicts)
        for name, verdict in seen.verdicts.items():
            if verdict == ALONE:
                given = {option: value for option, value in params[name].items() if value is not None}
                found = run_in_worker(
                    "link_info", link_info.SUBJECT, link_info.OPTIONS, given, self._task.check_mode, self._display.display
                )
                verdicts[name] = Verdict(failure=found["msg"]) if found.get("failed") else Verdict(found)
        return Seen(verdicts, seen.strangers)


def masked(answer: Mapping[str, Any], looked: Mapping[str, links_info.Looked]) -> dict[str, Any]:
    """The result without the secrets of the links."""
    shown: dict[str, Any] = remove_values(answer, {secret for before in looked.values() for secret in before.secrets})
    return shown


def _of_host(found: Mapping[str, Any], host: str) -> Mapping[str, Any]:
    of_host: Mapping[str, Any] = found.get(host, {})
    return of_host

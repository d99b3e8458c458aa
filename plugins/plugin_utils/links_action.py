# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What the actions that look at the links of all hosts at once have in common."""

from __future__ import annotations

import functools
import gc
import multiprocessing
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeAlias

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.template import Templar

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import ALONE, Pair, Seen, Verdict, look
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import incomplete
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.rivals import Link, rivals
from ansible_collections.entra.cross_tenant_sync.plugins.modules import link_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import links_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import (
    LinkHost,
    inventory_links,
    keep_rivals,
    link_hosts,
    play_of,
    removed_hosts,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import Looked
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import VAULT, run_folder, run_in_worker

Prepare: TypeAlias = Callable[[LinkHost, Callable[[], Mapping[str, Any]]], Looked]


class LinksAction(ActionBase):
    """Looks at the links of all hosts of the play's batch at once, in the controller."""

    _requires_connection = False

    def progress(self, message: str) -> None:
        """Show the progress."""
        self._display.display(message)

    def prepared(self, variables: dict[str, Any], prepare: Prepare, state: str | None = None) -> tuple[dict[str, Looked], list[Link]]:
        """The links of the batch before the look, and all links of the inventory."""
        hosts = list(variables.get("ansible_play_batch") or variables["ansible_play_hosts"])
        here = not self._play_context.become and not any(self._task.environment or ()) and incomplete() is None
        hostvars = variables["hostvars"]
        raw_of = functools.cache(hostvars.raw_get)
        inventory = inventory_links(link_hosts(variables), raw_of, hostvars.__getitem__, removed_hosts(variables, state))
        found = rivals(inventory)
        keep_rivals(found, play_of(self._task), state, RunCache(run_folder()))
        looked: dict[str, Looked] = {}
        entries: dict[Hashable, tuple[dict[str, Any], list[str]]] = {}
        for name, own in links_info.variables_of(hosts, variables["inventory_hostname"], variables, raw_of):
            template = Templar(loader=self._loader, variables=own).template
            host = LinkHost(name, own, template, None, here, state, entries)
            looked[name] = prepare(host, functools.partial(_of_host, found, name))
        return looked, inventory

    def seen(self, looked: Mapping[str, Looked], pairs: Iterable[Pair] = ()) -> Seen:
        """The look at the links that can be looked at. Strangers are searched for if there are ``pairs``."""
        if multiprocessing.parent_process():
            # A worker ends with its task. A search for garbage among what many links share takes a quarter of the time and finds nothing.
            gc.disable()
        return look(params_of(looked), self._task.check_mode, run_folder(), VAULT, self.progress, list(pairs))

    def compared_alone(self, seen: Seen, looked: Mapping[str, Looked]) -> Seen:
        """The verdicts, with those of links that only a comparison of their own can decide."""
        return compared_alone(seen, looked, self._task.check_mode, self.progress)


def compared_alone(seen: Seen, looked: Mapping[str, Looked], check_mode: bool, progress: Callable[[str], None]) -> Seen:
    """The verdicts, with those of links that only a comparison of their own can decide."""
    verdicts = dict(seen.verdicts)
    for name, verdict in seen.verdicts.items():
        if verdict == ALONE:
            given = {option: value for option, value in looked[name].params.items() if value is not None}
            found = run_in_worker("link_info", link_info.SUBJECT, link_info.OPTIONS, given, check_mode, progress)
            verdicts[name] = Verdict(failure=found["msg"]) if found.get("failed") else Verdict(found)
    return Seen(verdicts, seen.strangers)


def params_of(looked: Mapping[str, Looked]) -> dict[str, Mapping[str, Any]]:
    """The validated options of the links that can be looked at."""
    return {name: before.params for name, before in looked.items() if before.tasks is None}


def without_secrets(answer: Mapping[str, Any], looked: Mapping[str, Looked]) -> dict[str, Any]:
    """A result without the secrets of the links."""
    shown: dict[str, Any] = remove_values(dict(answer), {secret for before in looked.values() for secret in before.secrets})
    return shown


def _of_host(found: Mapping[str, Any], host: str) -> Mapping[str, Any]:
    of_host: Mapping[str, Any] = found.get(host, {})
    return of_host

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The arguments of tasks that run in the controller only, as a survey gives their variables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import checks
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.forms import understand
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.values import blank
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import hand_over


def arguments_of(action: ActionBase, spec: Mapping[str, Any], judged: Collection[str] = ()) -> dict[str, Any]:
    """The validated arguments of the task. A blank one counts as not given, like an option of a module: AWX passes an empty text for an
    empty field of a survey. The action itself judges the blank values of those in ``judged``.

    :raises AnsibleActionFail: with the sentence of a module about the first invalid argument. Ansible's own names types of Python.
    """
    task = action._task
    args = given(hand_over.whole(task.args), judged)
    read = understand({name: about for name, about in spec.items() if name not in judged or not blank(args.get(name))}, args)
    wrong = read.wrong or checks.wrong(read.args)
    if wrong:
        raise AnsibleActionFail(wrong)
    task.args = read.args
    validated: dict[str, Any] = action.validate_argument_spec(argument_spec=spec)[1]
    return validated


def given(args: Mapping[str, Any], judged: Collection[str] = ()) -> dict[str, Any]:
    """The arguments that have a value."""
    return {name: value for name, value in args.items() if name in judged or not blank(value)}

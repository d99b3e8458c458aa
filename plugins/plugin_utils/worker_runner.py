# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The controller's worker as a host of the engine.

A module process costs a third of a second before it does anything. A local task needs none: the engine runs in the worker,
and what it needs was imported once, before the worker was forked. Every other task falls back to the module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import vault
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import run

VAULT = vault.shared()
"""The tokens of this run: memory that the parent takes before it forks its workers, and that ends with them."""


def run_folder() -> str:
    """The directory that Ansible makes for this run, for this user alone, and removes at its end."""
    return str(constants.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined]  # Ansible sets its constants while it starts


def run_in_worker(
    name: str, subject: Any, options: Options, args: Mapping[str, Any], check_mode: bool, progress: Callable[[str], None]
) -> dict[str, Any]:
    """What the module process would have answered: the same checks of options, the same result, the same values kept secret."""
    spec = options.argument_spec()
    understood = options.understand(_plain(args))
    checked = ArgumentSpecValidator(spec, **options.rules).validate(understood.args)
    params = checked.validated_parameters
    secret = {*_secrets(spec, args), *_secrets(spec, params)}
    if understood.wrong:
        answer: dict[str, Any] = {"failed": True, "msg": understood.wrong}
    elif checked.error_messages:
        error = checked.errors[0]
        prefix = f"Unsupported parameters for ({name}) module: " if isinstance(error, UnsupportedError) else ""
        answer = {"failed": True, "msg": f"{prefix}{checked.errors.msg if prefix else error.msg}"}
    else:
        try:
            answer = run(subject, params, check_mode, progress=progress, run_folder=run_folder(), vault=VAULT)
        except RunFailure as failure:
            answer = {**failure.details, "failed": True, "msg": failure.msg}
    # The validator keeps these for AnsibleModule, which words them like this.
    doubled = [f"Both option {pair['option']} and its alias {pair['alias']} are set." for pair in getattr(checked, "_warnings", ())]
    if doubled:
        answer = {**answer, "warnings": [*answer.get("warnings", ()), *doubled]}
    shown: dict[str, Any] = remove_values({**answer, "invocation": {"module_args": params}}, secret)
    return shown


def _plain(value: Any) -> Any:
    """What a module process would get: texts without the origin that Ansible notes on them, which the validator copies slowly."""
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    return str.__str__(value) if isinstance(value, str) else value


def _secrets(spec: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    """The values of secret options, also of those inside an option, by name or alias."""
    for option, about in spec.items():
        for name in (option, *about.get("aliases", ())):
            value = given.get(name)
            if about.get("no_log") and value and str(value).strip():
                # What is used of it is without the line end of a file. Nothing at all would mask everything.
                yield from {str(value), str(value).strip()}
            if about.get("type") == "dict" and about.get("options") and isinstance(value, Mapping):
                yield from _secrets(about["options"], value)

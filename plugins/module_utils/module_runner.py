# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The module process as a host of the engine: the only place that knows `AnsibleModule`."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .failure import RunFailure
from .graph import client, transport
from .graph.credentials import application, certificate
from .options.specs import Options
from .run import Subject, run

RUN_FOLDER = "CROSS_TENANT_SYNC_RUN_FOLDER"
"""The environment variable by which the controller tells a module on the same machine where the tasks of its run share what they learn."""


def missing_library() -> ImportError | None:
    """What no task can do without and this interpreter lacks."""
    return transport.MISSING_LIBRARY or client.MISSING_LIBRARY


def incomplete() -> ImportError | None:
    """What some task may need and this interpreter lacks; the way to sign in says so when it is needed."""
    return missing_library() or application.MISSING_LIBRARY or certificate.MISSING_LIBRARY


class Module(AnsibleModule):
    """A module that reads its options in every form that users have for them, before Ansible checks its rules."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.wrong: str | None = None
        super().__init__(argument_spec=options.argument_spec(), supports_check_mode=True, **options.rules)  # type: ignore[no-untyped-call]

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[no-untyped-call]
        understood = self._options.understand(self.params)
        self.params, self.wrong = understood.args, understood.wrong

    def fail_json(self, msg: str, **details: Any) -> NoReturn:
        """Fail. Ansible's sentence about an option names types of Python; ours, if there is one, names the option."""
        super().fail_json(self.wrong or msg, **details)


def run_module(subject: Subject, options: Options) -> None:
    """Run one module and leave through ``exit_json`` or ``fail_json``."""
    module = Module(options)
    if module.wrong:
        module.fail_json(module.wrong)
    # What is used of a secret is without the line end of a file. Nothing at all would mask everything.
    module.no_log_values |= {value.strip() for value in module.no_log_values} - {""}
    missing = missing_library()
    if missing:
        module.fail_json(msg=missing_required_lib(str(missing.name).split(".", maxsplit=1)[0]), exception=str(missing))
    try:
        result = run(subject, module.params, module.check_mode, run_folder=os.environ.get(RUN_FOLDER))
    except RunFailure as failure:
        module.fail_json(**{**failure.details, "msg": failure.msg})
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)

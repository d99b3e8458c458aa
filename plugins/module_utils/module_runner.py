# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Runs the engine in a module process."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .failure import RunFailure, unexpected
from .graph import client, transport
from .graph.credentials import application, certificate
from .options.specs import Options
from .run import Subject, run

RUN_FOLDER = "CROSS_TENANT_SYNC_RUN_FOLDER"
"""The environment variable with which the controller passes the directory of the run's cache to a module on the same machine."""


def missing_library() -> ImportError | None:
    """The import error of a library that every task needs; ``None`` if there is none."""
    return transport.MISSING_LIBRARY or client.MISSING_LIBRARY


def incomplete() -> ImportError | None:
    """The import error of a library that some task may need. A sign-in method reports it when it needs the library."""
    return missing_library() or application.MISSING_LIBRARY or certificate.MISSING_LIBRARY


class Module(AnsibleModule):
    """A module that converts the forms in which users give options, before Ansible validates them."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.fault: str | None = None
        """The fault of an option, found by this collection."""
        super().__init__(argument_spec=options.argument_spec(), supports_check_mode=True, **options.rules)  # type: ignore[no-untyped-call]

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[no-untyped-call]
        understood = self._options.understand(self.params)
        self.params, self.fault = understood.args, understood.wrong

    def fail_json(self, msg: str, **details: Any) -> NoReturn:
        """Fail, with the message of this collection about an option if there is one. Ansible's message names Python types."""
        super().fail_json(self.fault or msg, **details)


def run_module(subject: Subject, options: Options) -> None:
    """Run one module and leave through ``exit_json`` or ``fail_json``."""
    module = Module(options)
    if module.fault:
        module.fail_json(module.fault)
    # A secret is sent without the line end of a file, so this form must be masked, too. An empty text would mask everything.
    module.no_log_values |= {value.strip() for value in module.no_log_values} - {""}
    missing = missing_library()
    if missing:
        module.fail_json(msg=missing_required_lib(str(missing.name).split(".", maxsplit=1)[0]), exception=str(missing))
    try:
        result = run(subject, module.params, module.check_mode, run_folder=os.environ.get(RUN_FOLDER))
    except RunFailure as failure:
        module.fail_json(**{**failure.details, "msg": failure.msg})
    except Exception as error:
        module.fail_json(**unexpected(error))
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Runs another program to its end. Modules have `run_command` for that, but this package does not depend on Ansible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finished:
    """The result of a program. Its output may contain a secret."""

    code: int
    output: str = field(repr=False)
    errors: str = field(repr=False)


def run(command: Sequence[str], timeout: float) -> Finished:
    """Run a program without input. It is killed after ``timeout`` seconds.

    :raises OSError: if it cannot be run.
    :raises TimeoutError: if it took too long.
    """
    # Imported only here, because its import takes longer than all others of most tasks together.
    import asyncio

    async def communicate() -> Finished:
        null, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=null, stdout=pipe, stderr=pipe)
        try:
            output, errors = await asyncio.wait_for(process.communicate(), timeout)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            raise TimeoutError from None
        return Finished(process.returncode or 0, output.decode(errors="replace"), errors.decode(errors="replace"))

    return asyncio.run(communicate())

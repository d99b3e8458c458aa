# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Another program, run to its end. Modules have `run_command` for that; the worker has not, and nothing here knows of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ended:
    """What a program left. What it wrote may hold a secret."""

    code: int
    output: str = field(repr=False)
    errors: str = field(repr=False)


def run(command: Sequence[str], longest: float) -> Ended:
    """Run a program that reads nothing. Whoever takes longer than ``longest`` seconds is ended.

    :raises OSError: when it cannot be run.
    :raises TimeoutError: when it took too long.
    """
    # Imported only here, because it takes longer than everything else that most tasks import.
    import asyncio

    async def to_its_end() -> Ended:
        quiet, kept = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=quiet, stdout=kept, stderr=kept)
        try:
            output, errors = await asyncio.wait_for(process.communicate(), longest)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            raise TimeoutError from None
        return Ended(process.returncode or 0, output.decode(errors="replace"), errors.decode(errors="replace"))

    return asyncio.run(to_its_end())

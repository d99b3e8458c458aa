# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""How a link ends in a run that only looks, so that a scheduler knows the verdict from the exit code. Pure functions.

``ansible-playbook`` ends with 0 if all is well, with 2 if something was found, and with 4 if something could not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

GOOD, FOUND, COULD_NOT_LOOK = "good", "found", "could_not_look"
"""What a verdict means: all is well; somebody has to do something; it is not known."""
MEANINGS = {
    "healthy": GOOD,
    "in_sync": GOOD,
    "nothing": GOOD,
    "degraded": FOUND,
    "drifted": FOUND,
    "something": FOUND,
    COULD_NOT_LOOK: COULD_NOT_LOOK,
}
"""The meanings of the verdicts of health, drift and the watch."""


def whole(verdicts: Iterable[str], good: str) -> str:
    """The verdict on many links: what was found prevails over what could not be looked at. ``good`` if there are no links."""
    found = sorted(set(verdicts), key=lambda verdict: (FOUND, COULD_NOT_LOOK, GOOD).index(MEANINGS[verdict]))
    return found[0] if found else good


def ending(verdict: str, of_all: str, msg: str, fails: bool) -> dict[str, Any]:
    """The result of the task of a link. If nothing was found anywhere, a link that could not be looked at is unreachable: `ansible-playbook`
    then ends with exit code 4. With 4 and 2 in one run it would end with 4, so such a link fails if something was found at another one.
    """
    result = {"changed": False, "msg": msg}
    meaning = MEANINGS[verdict]
    if not fails or meaning == GOOD:
        return result
    unreachable = meaning == COULD_NOT_LOOK and MEANINGS[of_all] == COULD_NOT_LOOK
    return {**result, "unreachable": True} if unreachable else {**result, "failed": True}

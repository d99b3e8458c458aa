# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests a run is likely to send, so that faults are placed where something is to strike.

It is a guess by what is there and what is wished, not a look at how the run goes on: a history stays data that can be shrunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .history import WRITE, Chance
from .wire import BATCH

Wish = Mapping[str, Any]
Place = tuple[str, int]

SYNCHRONIZATION = "/servicePrincipals/{id}/synchronization"
JOB = f"{SYNCHRONIZATION}/jobs/{{id}}"
PARTNERS = "/policies/crossTenantAccessPolicy/partners"
POLICY = f"{PARTNERS}/{{id}}/identitySynchronization"
SHARING = f"{PARTNERS}/{{id}}/m365Capabilities"

READS = (
    "GET /servicePrincipals",
    "GET /servicePrincipals/{id}",
    "GET /servicePrincipals/{id}/appRoleAssignedTo",
    "GET /users",
    "GET /groups",
    "GET /groups/{id}/members",
    "GET /directory/deletedItems/microsoft.graph.user",
    "GET /roleManagement/directory/roleAssignments",
    "GET /roleManagement/directory/roleDefinitions",
    "GET /roleManagement/directory/roleEligibilityScheduleInstances",
    f"GET {PARTNERS}",
    f"GET {PARTNERS}/{{id}}",
    f"GET {SYNCHRONIZATION}/secrets",
    f"GET {SYNCHRONIZATION}/jobs",
    f"GET {JOB}",
    f"GET {JOB}/schema",
    f"GET {JOB}/schema/filterOperators",
    f"POST {JOB}/schema/parseExpression",
    "POST /directoryObjects/getByIds",
    "POST /oauth2/v2.0/token",
    "GET /.well-known/openid-configuration",
)
"""What almost every run of a link that is there asks for. Most other reads are inside batches."""
OF_CREATION = (
    "GET /applications",
    "GET /organization",
    f"POST {SYNCHRONIZATION}/jobs/validateCredentials",
)
"""The same of runs that make a configuration or remove it."""

Guess = Callable[[Wish | None, Wish], bool]
"""Whether it is likely, by the wish that came true before, if any, and by that of the run."""


def _creates(before: Wish | None, wanted: Wish) -> bool:
    return before is None and not _removes(before, wanted)


def _removes(_before: Wish | None, wanted: Wish) -> bool:
    return wanted.get("link_state") == "absent"


def _takes_down(before: Wish | None, wanted: Wish) -> bool:
    return before is not None and _removes(before, wanted)


def _changed(*names: str) -> Guess:
    def guess(before: Wish | None, wanted: Wish) -> bool:
        return before is not None and not _removes(before, wanted) and any(before.get(name) != wanted.get(name) for name in names)

    return guess


def _any(*guesses: Guess) -> Guess:
    return lambda before, wanted: any(guess(before, wanted) for guess in guesses)


_IN_SCHEMA = _changed("link_mappings", "link_filters", "link_user_type", "link_groups", "link_group_mappings")
_IN_BAG = _changed("link_scope_mode", "link_deletion_threshold", "link_notification_email")
_IN_SHARING = _changed("link_share")
_IN_POLICY = _changed("link_groups")


def _restarts(before: Wish | None, wanted: Wish) -> bool:
    return wanted.get("link_job_state") != "paused" and _any(_IN_SCHEMA, _narrows)(before, wanted)


def _narrows(before: Wish | None, wanted: Wish) -> bool:
    """Not everybody is in scope any longer."""
    return before is not None and before.get("link_scope_mode") == "all" and wanted.get("link_scope_mode") != "all"


def _starts(before: Wish | None, wanted: Wish) -> bool:
    """A pending restart starts a paused job as well."""
    paused = before is not None and before.get("link_job_state") == "paused" and not _restarts(before, wanted)
    return (before is None or paused) and not _removes(before, wanted) and wanted.get("link_job_state") != "paused"


def _pauses(before: Wish | None, wanted: Wish) -> bool:
    runs = before is not None and before.get("link_job_state") != "paused"
    return runs and (wanted.get("link_job_state") == "paused" or _any(_IN_SCHEMA, _narrows, _takes_down)(before, wanted))


def _deprovisions(before: Wish | None, wanted: Wish) -> bool:
    return _takes_down(before, wanted) and wanted.get("link_users") == "deprovision"


def _shares(before: Wish | None, wanted: Wish) -> bool:
    return bool(wanted.get("link_share")) and _any(_creates, _IN_SHARING)(before, wanted)


def _unshares(before: Wish | None, wanted: Wish) -> bool:
    return bool(wanted.get("link_share")) and _takes_down(before, wanted)


def _adopts(before: Wish | None, wanted: Wish) -> bool:
    """Then it renames what somebody has renamed."""
    return before is not None and not _removes(before, wanted) and bool(wanted.get("link_adopt"))


WRITES: tuple[tuple[str, int, Guess], ...] = (
    (f"POST {PARTNERS}", 2, _creates),
    (f"PATCH {PARTNERS}/{{id}}", 2, _any(_shares, _unshares)),
    (f"DELETE {PARTNERS}/{{id}}", 2, _takes_down),
    (f"PUT {POLICY}", 1, _creates),
    (f"PATCH {POLICY}", 1, _IN_POLICY),
    (f"DELETE {POLICY}", 1, _takes_down),
    (f"POST {SHARING}", 4, _shares),
    (f"PATCH {SHARING}/{{id}}", 3, _IN_SHARING),
    (f"DELETE {SHARING}/{{id}}", 4, _unshares),
    ("POST /applicationTemplates/{id}/instantiate", 1, _creates),
    ("PATCH /servicePrincipals/{id}", 2, _any(_IN_SCHEMA, _narrows, _deprovisions)),
    ("PATCH /applications/{id}", 1, _adopts),
    ("DELETE /applications/{id}", 1, _takes_down),
    (f"PUT {SYNCHRONIZATION}/secrets", 1, _any(_creates, _IN_BAG)),
    (f"POST {SYNCHRONIZATION}/jobs", 1, _creates),
    (f"DELETE {JOB}", 1, _takes_down),
    (f"PUT {JOB}/schema", 1, _any(_creates, _IN_SCHEMA)),
    (f"POST {JOB}/start", 1, _starts),
    (f"POST {JOB}/pause", 1, _pauses),
    (f"POST {JOB}/restart", 1, _any(_restarts, _deprovisions)),
)
"""What changes something: about how often, and when. Assignments are inside batches."""
KINDS = (*(kind for kind, _often, _guess in WRITES), *READS, *OF_CREATION, f"GET {SHARING}", BATCH)
"""All kinds of requests that are aimed at."""


def likely(before: Wish | None, wanted: Wish) -> Mapping[str, int]:
    """The writes of a run of this wish, where an earlier one came true before, and about how often each of them is sent."""
    return {kind: often for kind, often, guess in WRITES if guess(before, wanted)}


def place(chance: Chance, before: Wish | None, wanted: Wish) -> Place:
    """A request that is likely to be sent: its kind, and its number among those."""
    writes = likely(before, wanted)
    draw = chance.random()
    if writes and draw < 0.45:
        kind = chance.choice(sorted(writes))
        return kind, chance.randrange(writes[kind])
    if writes and draw < 0.6:
        # Wherever the guess is wrong, so that a write is sent nevertheless.
        return WRITE, chance.randrange(sum(writes.values()))
    if draw < 0.8:
        return chance.choice(tuple(_reads(before, wanted))), chance.choice((0, 0, 1))
    if draw < 0.88:
        return BATCH, chance.randrange(8)
    if draw < 0.96:
        return "", chance.randrange(40)
    return chance.choice(KINDS), chance.choice((0, 0, 1))


def _reads(before: Wish | None, wanted: Wish) -> Iterator[str]:
    yield from READS
    if before is None or _removes(before, wanted):
        yield from OF_CREATION
    if wanted.get("link_share"):
        yield f"GET {SHARING}"

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
short_description: Send an event for each trouble of cross-tenant synchronization, once
description:
  - Looks at all links of an inventory at an interval, as the playbook C(entra.cross_tenant_sync.health) does, and searches for synchronization
    that no link describes. Sends an event when a condition begins. It changes nothing.
  - A condition that goes on is not sent again, also after a restart. If it ends and begins again, it is sent again.
  - The member C(kind) of an event is V(quarantined), V(disabled_soon), V(deletions_held), V(user_failed), V(stranger_partner),
    V(stranger_configuration) or V(could_not_look). The member C(text) is a sentence.
  - What could not be looked at is one event of the kind V(could_not_look), and never ends the source. Until it can be looked at again, what was
    sent before is neither sent again nor forgotten.
  - No event and no log contains a secret. The events and the state file contain names of users.
version_added: 0.1.0
options:
  inventory:
    description:
      - The path of an inventory with the group C(links), for example a topology file. It is read for each poll, with its templates, the variables
        in files beside it, and vaults whose password file Ansible's configuration names. Use this, or the options of a topology file.
    type: str
  tenants:
    description:
      - The tenants by short names, each with its connection options, as in a topology file.
    type: dict
  links:
    description:
      - The links, each with C(source), C(target) and variables of the link. C(hub), C(mesh), C(defaults), C(per_source), C(per_target), C(per_link)
        and C(tenants_own_keys) are accepted as well, as in a topology file.
    type: list
    elements: dict
  interval:
    description:
      - The seconds from the end of a poll to the next one. A poll sends a few requests for each tenant.
    type: float
    default: 600
  state_file:
    description:
      - The file in which the source records what it has sent. It is created with access for its owner only, and replaced at once. Keep it over
        restarts, and give each source a file of its own.
    type: str
    required: true
  disabled_within:
    description:
      - How many days before the service disables a job in quarantine the event V(disabled_soon) is sent.
    type: int
    default: 7
"""

EXAMPLES = r"""
- name: Hear of the links of a topology file
  hosts: localhost
  sources:
    - entra.cross_tenant_sync.cross_tenant_sync:
        inventory: /etc/entra/contoso.topology.yml
        state_file: /var/lib/entra/events.json
  rules:
    - name: Somebody has to look at a quarantine
      condition: event.kind == "quarantined"
      action:
        debug:
          msg: "{{ event.text }}"

- name: Hear of one link, with secrets from the variables of ansible-rulebook
  hosts: localhost
  sources:
    - entra.cross_tenant_sync.cross_tenant_sync:
        tenants:
          contoso:
            tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
            client_id: 11111111-1111-4111-8111-111111111111
            client_secret: "{{ contoso_client_secret }}"
          fabrikam:
            tenant_id: afab079d-1f08-4de3-881e-435e497f923f
            client_id: 22222222-2222-4222-8222-222222222222
            client_secret: "{{ fabrikam_client_secret }}"
        links:
          - source: contoso
            target: fabrikam
            configuration: Fabrikam
        state_file: /var/lib/entra/events.json
        interval: 300
  rules:
    - name: Show everything
      condition: event.kind is defined
      action:
        debug:
          msg: "{{ event.text }}"
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeAlias

LOGGER = logging.getLogger("entra.cross_tenant_sync")
OF_TOPOLOGY = ("tenants", "tenants_own_keys", "defaults", "per_source", "per_target", "per_link", "links", "hub", "mesh")
OPTIONS = ("inventory", *OF_TOPOLOGY, "interval", "state_file", "disabled_within")
OF_RULEBOOK = "eda_feedback_queue"
"""An argument that ansible-rulebook adds."""
FORMAT = 1
"""The version of the form of a state file."""
BLIND = "could_not_look"
POLL_TIMEOUT = 3600.0
Key: TypeAlias = "tuple[str, ...]"
COLLECTIONS = Path(__file__).absolute().parents[6]
"""The directory that has ``ansible_collections``, in which this collection is."""
POLLER = (
    "import sys\n"
    "from ansible.plugins.loader import init_plugin_loader\n"
    "init_plugin_loader([sys.argv[1]])\n"
    "from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.event_poller import main\n"
    "main()\n"
)
"""The loader must be there before the first import from a collection."""


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Poll and send events until the task is cancelled.

    :raises ValueError: if an argument is wrong, or if the state file cannot be used.
    """
    arguments = checked(args)
    state = State(Path(arguments["state_file"]).expanduser())
    while True:
        try:
            await state.deliver(queue)
            state.record(await poll(arguments))
            await state.deliver(queue)
        except OSError as error:
            LOGGER.warning("state_file %s cannot be written: %s. The event source tries again.", arguments["state_file"], error.strerror)
        await asyncio.sleep(arguments["interval"])


def checked(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with their defaults.

    :raises ValueError: if one is wrong.
    """
    given = {name: value for name, value in args.items() if value is not None and name != OF_RULEBOOK}
    unknown = [name for name in given if name not in OPTIONS]
    if unknown:
        raise ValueError(f"The event source has no argument {unknown[0]}; it takes {', '.join(OPTIONS)}.")
    topology = {name: given[name] for name in OF_TOPOLOGY if name in given}
    if bool(given.get("inventory")) == bool(topology):
        raise ValueError("The event source needs either inventory, the path of an inventory, or tenants and links.")
    if not isinstance(given.get("state_file"), str) or not given["state_file"].strip():
        raise ValueError("The event source needs state_file, the path of the file in which it records what it has sent.")
    return {
        "inventory": given.get("inventory"),
        "topology": topology,
        "state_file": given["state_file"],
        "interval": _number(given.get("interval", 600), "interval"),
        "disabled_within": int(_number(given.get("disabled_within", 7), "disabled_within")),
    }


def _number(value: Any, name: str) -> float:
    with contextlib.suppress(TypeError, ValueError):
        if float(value) > 0 and not isinstance(value, bool):
            return float(value)
    raise ValueError(f"{name} of the event source is {value!r}; it must be a number greater than 0.")


# The poll --------------------------------------------------------------------------------------------------------------------


async def poll(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What was found, in the form of ``Conditions`` in ``plugin_utils/events.py``. A failure is found, too."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", POLLER, str(COLLECTIONS)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "ANSIBLE_NOCOLOR": "true"},
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(json.dumps(arguments).encode()), POLL_TIMEOUT)
    except asyncio.TimeoutError:
        return _blind(f"the poll has not ended within {POLL_TIMEOUT:g} seconds")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        found: dict[str, Any] = json.loads(output)
    except ValueError:
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        return _blind(f"the poll has ended with exit code {process.returncode}: {(last or ['no message'])[0]}")
    return found


def _blind(reason: str) -> dict[str, Any]:
    text = f"Nothing could be looked at: {reason}."
    return {"found": [{"key": [BLIND], "event": {"kind": BLIND, "text": text}}], "unknown": [[]], "ended": []}


# What was sent ---------------------------------------------------------------------------------------------------------------


class State:
    """The conditions that hold, in a file. A condition has its event until that was sent."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        :raises ValueError: if it cannot be read or written, or is no state file.
        """
        self._path = path
        self._conditions: dict[Key, dict[str, Any] | None] = {}
        self._content = b""
        try:
            self._conditions = _parsed(path.read_bytes()) if path.exists() else {}
            self._write()
        except OSError as error:
            raise ValueError(f"state_file {path} of the event source cannot be used: {error.strerror}.") from None
        except (LookupError, TypeError, ValueError):
            raise ValueError(
                f"{path} is no state_file of this event source. Without it, each condition that holds is sent once more."
            ) from None

    def record(self, found: Mapping[str, Any]) -> None:
        """Add the conditions that have begun, and remove those that have ended.

        :raises OSError: if the file cannot be written. Nothing is lost: it is written the next time.
        """
        holding = {tuple(condition["key"]): condition["event"] for condition in found["found"]}
        known = {key: event for key, event in self._conditions.items() if event or key in holding or _is_unknown(key, found)}
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        begun = {key: {"id": str(uuid.uuid4()), "noticed": now, **event} for key, event in holding.items() if key not in known}
        self._conditions = {**known, **begun}
        self._write()

    async def deliver(self, queue: asyncio.Queue[Any]) -> None:
        """Send the events that were not sent, and record each. Nothing can come between the two but the end of the process.

        :raises OSError: if the file cannot be written.
        """
        for key, event in list(self._conditions.items()):
            if event:
                await queue.put(event)
                self._conditions[key] = None
                LOGGER.log(logging.WARNING if event["kind"] == BLIND else logging.INFO, "%s", event["text"])
                self._write()

    def _write(self) -> None:
        """Replace the file at once, if anything has changed."""
        conditions = [{"key": list(key), **({"event": event} if event else {})} for key, event in self._conditions.items()]
        content = json.dumps({"format": FORMAT, "conditions": conditions}, indent=1).encode()
        if content != self._content:
            _replace(self._path, content)
            self._content = content


def _parsed(content: bytes) -> dict[Key, dict[str, Any] | None]:
    state = json.loads(content)
    if state["format"] != FORMAT:
        raise ValueError
    return {tuple(condition["key"]): condition.get("event") for condition in state["conditions"]}


def _replace(path: Path, content: bytes) -> None:
    """Replace a file at once; only its owner can read it."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _is_unknown(key: Key, found: Mapping[str, Any]) -> bool:
    """Whether a condition was not looked for, so that it may go on."""
    return _begins(key, found["unknown"]) and not _begins(key, found["ended"])


def _begins(key: Key, beginnings: Sequence[Sequence[str]]) -> bool:
    return any(key[: len(beginning)] == tuple(beginning) for beginning in beginnings)

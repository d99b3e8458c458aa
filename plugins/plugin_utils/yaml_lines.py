# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Faults of a YAML file, and the lines in which they are.

Ansible's loader keeps positions in a way that differs between its versions, and not for every value. The text of the file has them all,
and is only searched if there is a fault.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import yaml

Place: TypeAlias = tuple["str | int", ...]
"""The keys and numbers that lead to a value of the file."""
FindLine: TypeAlias = Callable[[Place], "int | None"]

SHOWN = 20
"""The number of faults that a message shows."""


@dataclass(frozen=True)
class Fault:
    """A fault at a place of the file. ``first`` is the place of what it repeats."""

    place: Place
    message: str
    first: Place | None = None


def line_finder(text: str) -> FindLine:
    """A function that finds the line of a place, or of the nearest place above it.

    It finds no line in a text that is not plain YAML, such as an encrypted file.
    """
    try:
        # The fast one is missing where PyYAML was built without libyaml.
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        root = None
    return functools.partial(_line, root)


def _line(root: yaml.Node | None, place: Place) -> int | None:
    node, line = root, None
    for key in place:
        found = _member(node, key)
        if found is None:
            break
        marked, node = found
        line = marked.start_mark.line + 1
    return line


def _member(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The node with the line of a member, and the member itself."""
    if isinstance(node, yaml.MappingNode):
        return next(((name, value) for name, value in node.value if name.value == str(key)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


def place_text(place: Place) -> str:
    """A place in the form of the messages of this collection, such as ``hub.spokes[2]``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place).removeprefix(".")


def refusal(file: str, faults: Iterable[Fault], find_line: FindLine) -> str:
    """One sentence with all faults of a file, in the order of its lines."""
    lines: list[tuple[int | None, str]] = [(find_line(fault.place), _text(fault, find_line)) for fault in faults]
    lines.sort(key=lambda entry: entry[0] or 0)
    texts = list(dict.fromkeys(f"line {line}, {text}" if line else text for line, text in lines))
    more = f"; and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return f"{file} has {len(texts)} fault{'s' * (len(texts) > 1)}: {'; '.join(texts[:SHOWN])}{more}."


def _text(fault: Fault, find_line: FindLine) -> str:
    first = find_line(fault.first) if fault.first else None
    where = place_text(fault.place)
    # A message can begin with the place itself.
    prefix = f"{where}: " if where and not fault.message.startswith(where) else ""
    return prefix + fault.message.rstrip(".") + (f" (the first is in line {first})" if first else "")

# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The geometry of the topology: tenants as nodes and links as arrows, or a matrix if there are many tenants. Pure functions."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from . import states
from .model import Tenant

MOST_NODES = 15
"""More tenants are drawn as a matrix."""
MOST_CROSSING = 20
"""More links are drawn as a matrix, too, unless all of them meet in one tenant."""
MOST_LABELS = 8
"""More links are drawn without words beside them."""
NODE_WIDTH, NODE_HEIGHT = 148, 46
MARGIN = 14
CELL, LEAN = 22, 90
_NAME_LENGTH = 16
_BOW = 30
"""By how much an arrow is bent if there is another one between the same tenants."""
_STEPS = 40
_LETTER = 7

Point = tuple[float, float]


@dataclass(frozen=True)
class Edge:
    """A link to draw."""

    name: str
    source: Tenant
    target: Tenant
    state: str


@dataclass(frozen=True)
class Node:
    """A tenant, by its middle."""

    x: float
    y: float
    name: str
    title: str


@dataclass(frozen=True)
class Arrow:
    """A link: its line, its head, and the place of the symbol of its state and of the word for it."""

    edge: Edge
    path: str
    head: str
    x: float
    y: float
    label: Point | None


@dataclass(frozen=True)
class Label:
    """The name of a row or a column of a matrix."""

    x: float
    y: float
    name: str
    title: str


@dataclass(frozen=True)
class Cell:
    """A link in a matrix."""

    edge: Edge
    x: float
    y: float


@dataclass(frozen=True)
class Graph:
    """The drawing. It has nodes and arrows, or rows, columns and cells."""

    width: float
    height: float
    caption: str
    nodes: list[Node]
    arrows: list[Arrow]
    rows: list[Label]
    columns: list[Label]
    cells: list[Cell]

    @property
    def is_matrix(self) -> bool:
        """Whether it is drawn as a matrix."""
        return not self.nodes


def draw(edges: Sequence[Edge]) -> Graph | None:
    """The drawing of links; ``None`` if there are none."""
    if not edges:
        return None
    tenants: dict[str, Tenant] = {}
    for edge in edges:
        for tenant in (edge.source, edge.target):
            tenants.setdefault(_key(tenant), tenant)
    hub = _hub(edges, tenants)
    readable = len(tenants) <= MOST_NODES and (len(edges) <= MOST_CROSSING or hub is not None)
    return _network(edges, tenants, hub) if readable else _matrix(edges, tenants, hub)


def _key(tenant: Tenant) -> str:
    return str(tenant["tenant_id"] or tenant["name"]).lower()


def shortened(name: str) -> str:
    """A text that fits into a node."""
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}\N{HORIZONTAL ELLIPSIS}"


def _title(tenant: Tenant) -> str:
    return f"{tenant['name']} ({tenant['tenant_id']})"


def _network(edges: Sequence[Edge], tenants: Mapping[str, Tenant], hub: str | None) -> Graph:
    places, width, height = _places(list(tenants), hub)
    nodes = [Node(*places[key], shortened(tenant["name"]), _title(tenant)) for key, tenant in tenants.items()]
    pairs = Counter(frozenset((_key(edge.source), _key(edge.target))) for edge in edges)
    drawn: dict[tuple[str, str], int] = defaultdict(int)
    arrows = []
    for edge in edges:
        ends = (_key(edge.source), _key(edge.target))
        bow = 0 if pairs[frozenset(ends)] == 1 else _BOW * (1 + drawn[ends])
        drawn[ends] += 1
        arrow = _arrow(edge, places[ends[0]], places[ends[1]], bow, (width / 2, height / 2))
        arrows.append(arrow if len(edges) <= MOST_LABELS else replace(arrow, label=None))
    return Graph(width, height, "An arrow leads from the source to the target of a link.", nodes, arrows, [], [], [])


def _hub(edges: Sequence[Edge], tenants: Iterable[str]) -> str | None:
    """The only tenant that is an end of every link."""
    hubs = [key for key in tenants if all(key in (_key(edge.source), _key(edge.target)) for edge in edges)]
    return hubs[0] if len(hubs) == 1 else None


def _places(keys: list[str], hub: str | None) -> tuple[dict[str, Point], float, float]:
    """The middle of each node, and the size of the drawing."""
    if len(keys) <= 2:
        distance = NODE_WIDTH + 172
        row = {key: (MARGIN + NODE_WIDTH / 2 + index * distance, 70.0) for index, key in enumerate(keys)}
        return row, 2 * MARGIN + NODE_WIDTH + distance * (len(keys) - 1), 140.0
    outer = [key for key in keys if key != hub]
    radius = max(240.0 if hub is not None else 175.0 if len(outer) < 4 else 210.0, len(outer) * (NODE_WIDTH + 30) / (2 * math.pi))
    flat = radius * (0.8 if len(outer) > 2 else 0.3)
    # A number of nodes that two divides would put two of them above the hub and below it, where the arrows are shortest.
    start = math.pi if len(outer) == 2 else -math.pi / 2 + (math.pi / len(outer) if len(outer) % 2 == 0 else 0)
    angles = [start + 2 * math.pi * index / len(outer) for index in range(len(outer))]
    outline = [(radius * math.cos(angle), flat * math.sin(angle)) for angle in angles]
    places = dict(zip(outer, outline, strict=True)) | ({} if hub is None else {hub: (0.0, 0.0)})
    return _moved(places)


def _moved(places: Mapping[str, Point]) -> tuple[dict[str, Point], float, float]:
    """The places beginning at the margin, and the size of what they fill. Arrows may leave the nodes' rectangle by a little."""
    beside, above = MARGIN + NODE_WIDTH / 2, MARGIN + NODE_HEIGHT / 2 + 12
    left, top = min(x for x, _y in places.values()), min(y for _x, y in places.values())
    moved = {key: (round(x - left + beside, 1), round(y - top + above, 1)) for key, (x, y) in places.items()}
    return moved, max(x for x, _y in moved.values()) + beside, max(y for _x, y in moved.values()) + above


def _arrow(edge: Edge, start: Point, end: Point, bow: float, centre: Point) -> Arrow:
    length = math.dist(start, end) or 1.0
    normal = ((end[1] - start[1]) / length, (start[0] - end[0]) / length)
    middle = ((start[0] + end[0]) / 2 + 2 * bow * normal[0], (start[1] + end[1]) / 2 + 2 * bow * normal[1])
    curve = [_on_curve(start, middle, end, step / _STEPS) for step in range(_STEPS + 1)]
    outside = [point for point in curve if not _in_node(point, start) and not _in_node(point, end)] or curve
    tip, before = outside[-1], outside[-2] if len(outside) > 1 else start
    mark = _half_way(outside)
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in outside)
    return Arrow(edge, path, _head(tip, before), round(mark[0], 1), round(mark[1], 1), _label(edge, mark, normal, bow, centre))


def _label(edge: Edge, mark: Point, normal: Point, bow: float, centre: Point) -> Point:
    """The middle of the word: on the outer side of a bent arrow, and on the side of a straight one that is away from the centre."""
    inward = (mark[0] - centre[0]) * normal[0] + (mark[1] - centre[1]) * normal[1] < 0
    x, y = (-normal[0], -normal[1]) if not bow and inward else normal
    distance = 20 + abs(x) * _LETTER * len(shortened(states.of_link(edge.state).text)) / 2
    return round(mark[0] + x * distance, 1), round(mark[1] + y * distance + 4, 1)


def _on_curve(start: Point, middle: Point, end: Point, share: float) -> Point:
    a, b, c = (1 - share) ** 2, 2 * share * (1 - share), share**2
    return a * start[0] + b * middle[0] + c * end[0], a * start[1] + b * middle[1] + c * end[1]


def _in_node(point: Point, node: Point) -> bool:
    return abs(point[0] - node[0]) <= NODE_WIDTH / 2 + 5 and abs(point[1] - node[1]) <= NODE_HEIGHT / 2 + 5


def _half_way(points: Sequence[Point]) -> Point:
    """The point of a line that is as far from its begin as from its end."""
    half = sum(math.dist(one, other) for one, other in pairwise(points)) / 2
    for one, other in pairwise(points):
        half -= math.dist(one, other)
        if half <= 0:
            return other
    return points[0]


def _head(tip: Point, before: Point) -> str:
    angle = math.atan2(tip[1] - before[1], tip[0] - before[0])
    corners = [(tip[0] - 9 * math.cos(angle + turn), tip[1] - 9 * math.sin(angle + turn)) for turn in (-0.45, 0.45)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in (tip, *corners))


def _matrix(edges: Sequence[Edge], tenants: Mapping[str, Tenant], hub: str | None) -> Graph:
    """Sources as rows, targets as columns. Around a hub, the other tenants as rows, and a column for each direction."""
    if hub is None:
        heads = {key: Label(0, 0, shortened(tenant["name"]), _title(tenant)) for key, tenant in tenants.items()}
        places = [(_key(edge.source), _key(edge.target)) for edge in edges]
        caption = "Rows are sources, columns are targets."
    else:
        name = tenants[hub]["name"]
        heads = {way: Label(0, 0, shortened(f"{way} {name}"), f"{way} {_title(tenants[hub])}") for way in ("to", "from")}
        places = [(_key(edge.target), "from") if _key(edge.source) == hub else (_key(edge.source), "to") for edge in edges]
        caption = f"Rows are tenants, columns are their links to and from {name}."
    used = [{row for row, _column in places}, {column for _row, column in places}]
    rows, columns = [key for key in tenants if key in used[0]], [key for key in heads if key in used[1]]
    left, top = 150, 30 + 6 * max(len(heads[key].name) for key in columns)
    across = {key: left + CELL * index + CELL / 2 for index, key in enumerate(columns)}
    down = {key: top + CELL * index + CELL / 2 for index, key in enumerate(rows)}
    # The names of columns lean to the right.
    width, height = left + CELL * len(columns) + LEAN, top + CELL * len(rows) + MARGIN
    cells = [Cell(edge, across[column], down[row]) for edge, (row, column) in zip(edges, places, strict=True)]
    labels = [Label(left - 8, down[key], shortened(tenants[key]["name"]), _title(tenants[key])) for key in rows]
    names = [replace(heads[key], x=across[key], y=top - 8) for key in columns]
    return Graph(width, height, caption, [], [], labels, names, cells)

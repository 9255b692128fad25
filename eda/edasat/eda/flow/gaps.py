"""Gaps of a grid step or less that the router leaves in its wires.

Behind a via at which a path turns, or next to a pin off the grid, qrouter sometimes begins the next segment one grid
point too late. It has taken that point for the net, so the missing segment is added; a longer gap stays a fault.
A via that ends just beside a pin, or a wire just beside a via, is joined to it by a patch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ..formats.layout import NONE, Layout, WireKind, Wiring
from ..formats.lef import Lef
from .connectivity import pieces_of
from .metal import metal_of

#: A grid point of a net: layer, x, y.
_Point = tuple[str, int, int]
#: A segment or patch: net, layer, x1, y1, x2, y2.
_Added = tuple[int, int, int, int, int, int]


def close_gaps(layout: Layout, lef: Lef, nets: npt.NDArray[np.int32]) -> tuple[Layout, int]:
    """Return the layout with what these nets miss, and the number of segments and patches added."""
    layers = layout.layers.to_list()
    step = {axis: min((t.step for t in layout.tracks if t.axis == axis), default=0) for axis in "XY"}
    via_layers = {via.name: {name for name, *_ in via.rects} for via in lef.vias}
    via_layers |= {via.name: {name for name, *_ in via.rects} for via in layout.via_definitions}
    joints = [via_layers.get(name, set()) & set(layers) for name in layout.vias]
    missing = []
    for net in nets.tolist():
        pieces = _Pieces()
        for points in _rows(layout.wiring, net, layers, joints):
            pieces.join(points)
        for a, b in pieces.neighbours(step["X"], step["Y"]):
            if pieces.join([a, b]):
                missing.append((net, layers.index(a[0]), *a[1:], *b[1:]))
    joined = with_segments(layout, missing)
    patches = _notches(joined, lef, nets)
    return _with_patches(joined, patches), len(missing) + len(patches)


def _notches(layout: Layout, lef: Lef, nets: npt.NDArray[np.int32]) -> list[_Added]:
    """Return patches between pieces of a net that lie less than a wire's width apart on one layer.

    No rule allows such a distance, also within a net: what lies between is filled.
    """
    metal = metal_of(layout, lef)
    pieces = pieces_of(metal)
    width = {layer.name: round((layer.width or 0.0) * layout.dbu_per_um) for layer in lef.layers}
    reach = np.array([width.get(name, 0) for name in metal.layers])
    at = layout.layers.find_in(metal.layers).tolist()
    patches = []
    for net in nets.tolist():
        rows = slice(metal.begin[net], metal.begin[net + 1])
        box, layer, piece = metal.box[rows], metal.layer[rows], pieces[rows].copy()
        pairs = _near_pairs(box, layer, piece, np.where(np.isin(layer, at), reach[layer], 0))
        for _, a, b in sorted(pairs):
            if piece[a] == piece[b]:
                continue
            piece[piece == piece[b]] = piece[a]
            corners = np.sort([np.maximum(box[a, :2], box[b, :2]), np.minimum(box[a, 2:], box[b, 2:])], axis=0)
            patches.append((net, at.index(layer[a]), *corners.ravel().tolist()))
    return patches


class _Pieces:
    """Grid points of a net, joined into pieces."""

    def __init__(self) -> None:
        self._parent: dict[_Point, _Point] = {}

    def _root(self, point: _Point) -> _Point:
        while self._parent.setdefault(point, point) != point:
            point = self._parent[point]
        return point

    def join(self, points: list[_Point]) -> bool:
        """Make one piece of the pieces of some points; return whether they were several."""
        roots = {self._root(point) for point in points}
        first = min(roots)
        for root in roots:
            self._parent[root] = first
        return len(roots) > 1

    def neighbours(self, step_x: int, step_y: int) -> Iterator[tuple[_Point, _Point]]:
        """Yield pairs of points of one layer that follow each other in a line, a grid step apart or less, in order.

        Pins may lie off the grid, so a gap may be shorter than a step.
        """
        by_row = sorted(self._parent, key=lambda point: (point[0], point[2], point[1]))
        for a, b in pairwise(by_row):
            if a[0] == b[0] and a[2] == b[2] and b[1] - a[1] <= step_x:
                yield a, b
        for a, b in pairwise(sorted(self._parent)):
            if a[0] == b[0] and a[1] == b[1] and b[2] - a[2] <= step_y:
                yield a, b


def _rows(wiring: Wiring, net: int, layers: list[str], joints: list[set[str]]) -> Iterator[list[_Point]]:
    """Yield the points that each segment and via of a net joins; a segment joins the points that lie on it too."""
    rows = np.flatnonzero(wiring.path_net[wiring.path] == net)
    columns = (wiring.kind, wiring.layer, wiring.x1, wiring.y1, wiring.x2, wiring.y2, wiring.via)
    found = list(zip(*(column[rows].tolist() for column in columns), strict=True))
    points = set()
    for kind, layer, x1, y1, x2, y2, via in found:
        if kind == WireKind.SEGMENT:
            points |= {(layers[layer], x1, y1), (layers[layer], x2, y2)}
        elif kind == WireKind.VIA:
            points |= {(name, x1, y1) for name in joints[via]}
    for kind, layer, x1, y1, x2, y2, via in found:
        if kind == WireKind.SEGMENT:
            low_x, high_x, low_y, high_y = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
            yield [p for p in points if p[0] == layers[layer] and low_x <= p[1] <= high_x and low_y <= p[2] <= high_y]
        elif kind == WireKind.VIA:
            yield [(name, x1, y1) for name in sorted(joints[via])]


def with_segments(layout: Layout, segments: list[_Added]) -> Layout:
    """Return the layout with segments added, each a path of its own."""
    return _with_pieces(layout, segments, WireKind.SEGMENT)


@njit(cache=True)
def _near_pairs(box: Any, layer: Any, piece: Any, reach: Any) -> list[tuple[int, int, int]]:
    """Return distance and numbers of each pair of different pieces, one layer and less than ``reach`` apart.

    Rectangles come by rising left edge; distances are the larger one of those in x and y.
    """
    pairs = []
    widest = reach.max()
    for i in range(len(box)):
        for j in range(i + 1, len(box)):
            if box[j, 0] >= box[i, 2] + widest:
                break
            if layer[i] == layer[j] and piece[i] != piece[j]:
                apart = max(box[j, 0] - box[i, 2], box[j, 1] - box[i, 3], box[i, 1] - box[j, 3])
                if apart < reach[i]:
                    pairs.append((apart, i, j))
    return pairs


def _with_patches(layout: Layout, patches: list[_Added]) -> Layout:
    return _with_pieces(layout, patches, WireKind.RECT)


def _with_pieces(layout: Layout, pieces: list[_Added], kind: WireKind) -> Layout:
    if not pieces:
        return layout
    wiring = layout.wiring
    net, layer, x1, y1, x2, y2 = np.array(pieces, np.int32).T
    count = len(pieces)
    none, nothing = np.full(count, NONE, np.int32), np.zeros(count, np.int32)
    small = np.zeros(count, np.uint8)
    added = Wiring(
        path_net=net, path_layer=layer, path_width=nothing, path_status=small, path_shape=small, path_rule=none,
        path=np.arange(count, dtype=np.int32) + np.int32(len(wiring.path_net)),
        kind=np.full(count, kind, np.uint8), layer=layer, x1=x1, y1=y1, x2=x2, y2=y2,
        extension1=none, extension2=none, via=none,
    )  # fmt: skip
    both = (np.concatenate(pair) for pair in zip(_columns(wiring), _columns(added), strict=True))
    return replace(layout, wiring=by_net(Wiring(*both)))


def _columns(wiring: Wiring) -> list[npt.NDArray[np.generic]]:
    return list(vars(wiring).values())


def by_net(wiring: Wiring) -> Wiring:
    """Return the wiring with its paths in the order of their nets, as the record wants them."""
    order = np.argsort(wiring.path_net, kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    path = rank[wiring.path]
    rows = np.argsort(path, kind="stable")
    columns = {name: column[order if name.startswith("path_") else rows] for name, column in vars(wiring).items()}
    columns["path"] = path[rows]
    return Wiring(**columns)

"""Whether the wires of a routed layout join what the netlist joins, and nothing else.

The router's wires end on grid points, and meet a pin by overlap of metal where the pin lies beside the point. So the
metal decides: rectangles of a net that touch on one layer are joined, and a net is connected when one piece holds a
shape of each of its pins. Rectangles of two nets that overlap are a short. Distances are not looked at: this is no
check of design rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ..formats.layout import Layout
from ..formats.lef import Lef
from .metal import Int64, Metal, metal_of


def unconnected_nets(layout: Layout, lef: Lef) -> npt.NDArray[np.int32]:
    """Return the nets of two pins or more whose pins are not all joined by metal, rising.

    Args:
        layout: routed.
        lef: technology and cells.
    """
    metal = metal_of(layout, lef)
    piece = pieces_of(metal)
    offsets = layout.nets.offsets
    piece_of_pin = np.full(metal.num_things, -1, np.int64)
    things = metal.thing >= 0
    piece_of_pin[metal.thing[things]] = piece[things]
    piece_of_pin = piece_of_pin[: offsets[-1]]
    net = np.repeat(np.arange(len(layout.nets)), np.diff(offsets))
    first = piece_of_pin[offsets[net]]
    apart = (piece_of_pin < 0) | (piece_of_pin != first)  # a pin without metal counts as apart
    bad = np.bincount(net[apart], minlength=len(layout.nets)) > 0
    return np.flatnonzero(bad & (np.diff(offsets) > 1) & ~layout.nets.special).astype(np.int32)


def num_shorts(layout: Layout, lef: Lef) -> int:
    """Return the number of pairs of rectangles of two nets that overlap."""
    metal = metal_of(layout, lef)
    order = np.lexsort((metal.box[:, 0], metal.layer))
    return int(_count_overlaps(metal.layer[order], metal.net[order], metal.box[order]))


def pieces_of(metal: Metal) -> Int64:
    """Return a number for each rectangle, the same for all that are joined: int64, (num_rectangles,)."""
    piece = np.arange(len(metal.thing))
    _join(metal.begin, metal.thing, metal.layer, metal.box, metal.num_things, piece)
    return piece


@njit(cache=True)
def _root(parent: Any, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True)
def _join(begin: Any, thing: Any, layer: Any, box: Any, num_things: int, parent: Any) -> None:
    """Join the rectangles of each net; ``parent`` ends as the root of each (disjoint sets, path halving)."""
    part = np.full(num_things, -1)  # one rectangle of each thing
    for net in range(len(begin) - 1):
        start, stop = begin[net], begin[net + 1]
        for i in range(start, stop):
            if thing[i] >= 0:
                if part[thing[i]] < 0:
                    part[thing[i]] = i
                else:
                    parent[_root(parent, i)] = _root(parent, part[thing[i]])
            for j in range(i + 1, stop):
                if box[j, 0] > box[i, 2]:
                    break
                if layer[i] == layer[j] and box[i, 1] <= box[j, 3] and box[j, 1] <= box[i, 3]:
                    parent[_root(parent, j)] = _root(parent, i)
    for i in range(len(parent)):
        parent[i] = _root(parent, i)


@njit(cache=True)
def _count_overlaps(layer: Any, net: Any, box: Any) -> int:
    """Count overlapping pairs of different nets; rectangles come by layer and rising left edge."""
    count = 0
    for i in range(len(layer)):
        for j in range(i + 1, len(layer)):
            if layer[j] != layer[i] or box[j, 0] >= box[i, 2]:
                break
            if net[i] != net[j] and box[i, 1] < box[j, 3] and box[j, 1] < box[i, 3]:
                count += 1
    return count

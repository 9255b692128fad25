"""Capacitance of pieces of wire by what lies around them (compiled).

For each piece the metal around is looked up in a grid of bins:

- beside it, parallel wires of its level, as far as the tables reach;
- above and below, wires across it and power. The tables are made with full arrays of wires across, so that each one
  found stands for all of the tracks that it touches;
- above and to the side, parallel wires of higher levels that nothing hides.

The ends of all these cut the piece into stretches with the same surroundings. Each stretch takes the table of the
nearest level above and the nearest below, and in this table the spacing on either side. Memory grows with the number
of boxes only.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .technology import Technology

Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]

#: Levels above that count, and below a wire that has something above it.
DEPTH: Final = 4
#: Pitches within which a parallel wire of a higher level counts.
DIAGONAL_PITCHES: Final = 3.5
_PITCHES_PER_BIN: Final = 8
_MOST_BINS: Final = 1 << 20  # on one level
_LEFT, _RIGHT, _ACROSS, _DIAGONAL = range(4)


class Boxes(NamedTuple):
    """Metal by level.

    Attributes:
        level: int32, (n,).
        box: int32, (n, 4): x1, y1, x2, y2.
        shadow: int32, (n, 4): what it covers for wires on other levels.
        net: int32, (n,): number of the regular net, -1 for power and the like.
    """

    level: Int32
    box: Int32
    shadow: Int32
    net: Int32


class Bins(NamedTuple):
    """Which boxes reach into which bin, level by level.

    Attributes:
        size: int64, (levels + 1,): edge of a bin.
        columns, rows: int64, (levels + 1,): how many bins there are.
        first: int64, (levels + 1,): number of a level's first bin.
        offsets: int64, (num_bins + 1,).
        items: int32: boxes.
        origin: int64, (2,): lower left corner of the first bin.
    """

    size: Any
    columns: Any
    rows: Any
    first: Any
    offsets: Any
    items: Any
    origin: Any


class Tables(NamedTuple):
    """Those columns of :class:`Technology` that compiled code uses, in database units and fF per unit."""

    table: Int32
    diagonal: Int32
    offsets: npt.NDArray[np.int64]
    spacing: Float
    coupling: Float
    fringe: Float
    reach: npt.NDArray[np.int64]
    diagonal_reach: npt.NDArray[np.int64]


def tables_in_dbu(technology: Technology, dbu_per_um: int) -> Tables:
    """Return the capacitance tables in database units."""
    return Tables(
        technology.table,
        technology.diagonal,
        technology.table_offsets,
        technology.spacing * dbu_per_um,
        technology.coupling / dbu_per_um,
        technology.fringe / dbu_per_um,
        np.rint(technology.reach * dbu_per_um).astype(np.int64),
        np.rint(technology.pitch * DIAGONAL_PITCHES * dbu_per_um).astype(np.int64),
    )


def with_shadows(level: Int32, box: Int32, net: Int32, pitch: Float, origin: tuple[int, int]) -> Boxes:
    """Return boxes that fill, for wires on other levels, every track that they touch.

    Args:
        level, net: int32, (n,).
        box: int32, (n, 4).
        pitch: float64, (levels + 1,): of tracks, in database units.
        origin: where tracks begin.
    """
    lying = (box[:, 2] - box[:, 0]) >= (box[:, 3] - box[:, 1])
    across = np.where(lying, 1, 0)
    rows = np.arange(len(box))
    step = np.maximum(1, np.rint(pitch[level])).astype(np.int32)
    first = np.array(origin, np.int32)[across]
    shadow = box.copy()
    shadow[rows, across] = (box[rows, across] - first) // step * step + first
    shadow[rows, across + 2] = ((box[rows, across + 2] - first) // step + 1) * step + first
    return Boxes(level, box, shadow, net)


def spatial_order(level: Int32, ends: Int32, pitch: Float) -> npt.NDArray[np.intp]:
    """Return an order of wires by level and by the bin in which they begin."""
    step = np.maximum(1, pitch[level] * _PITCHES_PER_BIN)
    column, row = (ends[:, axis] // step for axis in range(2))
    return np.lexsort((column, row, level))


def sort_into_bins(boxes: Boxes, pitch: Float) -> Bins:
    """Sort boxes, as large as their shadows, into bins of some pitches' size.

    Args:
        boxes: all metal.
        pitch: float64, (levels + 1,): in database units.
    """
    levels = len(pitch) - 1
    low = boxes.shadow[:, :2].min(axis=0).astype(np.int64)
    high = boxes.shadow[:, 2:].max(axis=0).astype(np.int64)
    extent = high - low + 1
    smallest = int(np.sqrt(float(extent[0]) * float(extent[1]) / _MOST_BINS)) + 1
    size = np.maximum((pitch * _PITCHES_PER_BIN).astype(np.int64), smallest)
    columns, rows = extent[0] // size + 1, extent[1] // size + 1
    columns[0] = rows[0] = 0
    first = np.zeros(levels + 1, np.int64)
    first[1:] = np.cumsum(columns * rows)[:-1]
    num_bins = int((columns * rows).sum())
    offsets, items = _fill_bins(boxes.level, boxes.shadow, size, columns, first, num_bins, low)
    return Bins(size, columns, rows, first, offsets, items, low)


@njit(cache=True)
def _fill_bins(level: Any, box: Any, size: Any, columns: Any, first: Any, num_bins: int, origin: Any) -> Any:
    offsets = np.zeros(num_bins + 1, np.int64)
    items = np.empty(0, np.int32)
    free = offsets
    for fill in range(2):
        if fill:
            for i in range(num_bins):
                offsets[i + 1] += offsets[i]
            items = np.empty(offsets[num_bins], np.int32)
            free = offsets[:-1].copy()
        for i in range(len(level)):
            at = level[i]
            c1, c2 = (box[i, 0] - origin[0]) // size[at], (box[i, 2] - origin[0]) // size[at]
            r1, r2 = (box[i, 1] - origin[1]) // size[at], (box[i, 3] - origin[1]) // size[at]
            for row in range(r1, r2 + 1):
                for column in range(c1, c2 + 1):
                    where = first[at] + row * columns[at] + column
                    if fill:
                        items[free[where]] = i
                        free[where] += 1
                    else:
                        offsets[where + 1] += 1
    return offsets, items


@njit(cache=True)
def _place(spacings: Any, row: int, last: int, spacing: float) -> tuple[int, int, float]:
    """Return between which two rows of a table a spacing lies, and how far from the first to the second.

    Outside of the table both are the same.
    """
    if spacing >= spacings[last]:
        return last, last, 0.0
    while row < last and spacings[row + 1] <= spacing:
        row += 1
    if spacing <= spacings[row]:
        return row, row, 0.0
    return row, row + 1, (spacing - spacings[row]) / (spacings[row + 1] - spacings[row])


@njit(cache=True)
def _beside(low: int, high: int, low_edge: int, high_edge: int, reach: int) -> tuple[int, int]:
    """Tell on which side of a wire a parallel one lies, -1 for none within reach, and how far away."""
    if low >= high_edge and low - high_edge <= reach:
        return _RIGHT, low - high_edge
    if high <= low_edge and low_edge - high <= reach:
        return _LEFT, low_edge - high
    return -1, 0


@njit(cache=True)
def _cut_points(low: Any, high: Any, count: int, begin: int, end: int, cuts: Any) -> int:
    """Fill in the different ends of all candidates and of the piece, rising; return how many there are."""
    cuts[0], cuts[1] = begin, end
    for i in range(count):
        cuts[2 * i + 2], cuts[2 * i + 3] = low[i], high[i]
    cuts[: 2 * count + 2].sort()
    used = 1
    for i in range(1, 2 * count + 2):
        if cuts[i] != cuts[used - 1]:
            cuts[used] = cuts[i]
            used += 1
    return used


@njit(cache=True)
def _position(cuts: Any, used: int, value: int) -> int:
    """Return where a value stands among the cuts."""
    first, last = 0, used
    while first < last:
        middle = (first + last) // 2
        if cuts[middle] < value:
            first = middle + 1
        else:
            last = middle
    return first


@njit(cache=True)
def wire_capacitance(
    level: Any, ends: Any, width: Any, net: Any, boxes: Any, bins: Any, tables: Any, out: Any
) -> None:  # fmt: skip
    """Work out the capacitance of each piece of wire, from half a width before its first end to half a width behind.

    Args:
        level, width, net: int32, (n,): of the pieces.
        ends: int32, (n, 4): x1, y1, x2, y2 of the centre line, rising.
        boxes: :class:`Boxes`: all metal; the first n are the pieces.
        bins: :class:`Bins` of them.
        tables: :class:`Tables`.
        out: float64, (n,): zeros; fF is added.
    """
    # Tuples of arrays are costly to hand around, and their members to look up, in the innermost loops.
    box, shadow, box_net, box_level = boxes.box, boxes.shadow, boxes.net, boxes.level
    offsets, items, origin = bins.offsets, bins.items, bins.origin
    rows_of, spacings, fringe, coupling = tables.offsets, tables.spacing, tables.fringe, tables.coupling
    levels = len(bins.size) - 1
    room = 256
    low, high = np.empty(room, np.int64), np.empty(room, np.int64)
    kind, value, found = np.empty(room, np.int8), np.empty(room, np.int64), np.empty(room, np.int64)
    span = np.empty(4, np.int64)
    seen = np.full(len(box), -1, np.int64)  # piece that a box was last a candidate of
    cuts, below, above = np.empty(2 * room + 2, np.int64), np.empty(2 * room, np.int64), np.empty(2 * room, np.int64)
    nearest = np.empty((2, 2 * room), np.int64)  # candidate on either side of each stretch, or -1
    for piece in range(len(level)):
        mine = level[piece]
        half = width[piece] // 2
        along = 0 if ends[piece, 1] == ends[piece, 3] else 1  # axis of the wire: 0 x, 1 y
        across = 1 - along
        begin, end = ends[piece, along] - half, ends[piece, along + 2] + half
        low_edge, high_edge = ends[piece, across] - half, ends[piece, across] + half
        count = diagonals = 0
        for other in range(1, min(levels, mine + DEPTH) + 1):
            if tables.reach[mine] == 0:
                break  # what lies around does not matter
            reach = 0
            if other == mine:
                reach = tables.reach[mine]
            elif other > mine and tables.diagonal[mine, other] >= 0:
                reach = tables.diagonal_reach[other]
            size = bins.size[other]
            span[along], span[along + 2] = (begin - origin[along]) // size, (end - origin[along]) // size
            span[across] = (low_edge - reach - origin[across]) // size
            span[across + 2] = (high_edge + reach - origin[across]) // size
            for row in range(max(0, span[1]), min(span[3], bins.rows[other] - 1) + 1):
                first_bin = bins.first[other] + row * bins.columns[other]
                first_slot = offsets[first_bin + max(0, span[0])]
                last_slot = offsets[first_bin + min(span[2], bins.columns[other] - 1) + 1]
                for slot in range(first_slot, last_slot):
                    item = items[slot]
                    if shadow[item, along] >= end or shadow[item, along + 2] <= begin:
                        continue
                    first, last = box[item, along], box[item, along + 2]
                    parallel = last - first >= box[item, across + 2] - box[item, across]
                    which, gap = -1, 0
                    if other == mine:
                        if parallel and first < end and last > begin:
                            which, gap = _beside(
                                box[item, across], box[item, across + 2], low_edge, high_edge, reach
                            )  # fmt: skip
                    elif not parallel or box_net[item] < 0:
                        if shadow[item, across] <= low_edge <= shadow[item, across + 2]:
                            which, first, last = _ACROSS, shadow[item, along], shadow[item, along + 2]
                    elif reach > 0 and first < end and last > begin:
                        gap = max(0, box[item, across] - high_edge, low_edge - box[item, across + 2])
                        if gap <= reach:
                            which = _DIAGONAL
                    if which < 0 or seen[item] == piece:  # a box that reaches into several bins
                        continue
                    seen[item] = piece
                    if count == room:
                        low, high = np.concatenate((low, low)), np.concatenate((high, high))
                        kind, value = np.concatenate((kind, kind)), np.concatenate((value, value))
                        found = np.concatenate((found, found))
                        room *= 2
                        cuts, below = np.empty(2 * room + 2, np.int64), np.empty(2 * room, np.int64)
                        above, nearest = np.empty(2 * room, np.int64), np.empty((2, 2 * room), np.int64)
                    low[count], high[count] = max(begin, first), min(end, last)
                    kind[count], value[count], found[count] = which, gap, item
                    diagonals += which == _DIAGONAL
                    count += 1
        used = _cut_points(low, high, count, begin, end, cuts)
        for at in range(used - 1):
            below[at], above[at] = 0, levels + 1
            nearest[_LEFT, at] = nearest[_RIGHT, at] = -1
        for i in range(count):
            if kind[i] == _DIAGONAL:
                continue
            at = _position(cuts, used, low[i])
            its_level = box_level[found[i]]
            while cuts[at] < high[i]:
                if kind[i] != _ACROSS:
                    rival = nearest[kind[i], at]
                    if rival < 0 or value[i] < value[rival]:
                        nearest[kind[i], at] = i
                elif its_level < mine:
                    below[at] = max(below[at], its_level)
                else:
                    above[at] = min(above[at], its_level)
                at += 1
        for at in range(used - 1):
            under = below[at] if above[at] > levels or below[at] >= mine - DEPTH else 0
            table = tables.table[mine, under, above[at]]
            first, last = rows_of[table], rows_of[table + 1] - 1
            sides = 0.0
            for side in range(2):
                i = nearest[side, at]
                if i < 0:
                    sides += fringe[last]
                    continue
                row, after, share = _place(spacings, first, last, value[i])
                sides += fringe[row] + share * (fringe[after] - fringe[row])
                if box_net[found[i]] != net[piece]:
                    sides += coupling[row] + share * (coupling[after] - coupling[row])
            out[piece] += sides * (cuts[at + 1] - cuts[at])
        for other in range(mine + 1, min(levels, mine + DEPTH) + 1 if diagonals else 0):
            table = tables.diagonal[mine, other]
            if table < 0:
                continue
            closest = below[: used - 1]  # no longer needed as levels
            closest[:] = -1
            for i in range(count):
                if kind[i] == _DIAGONAL and box_level[found[i]] == other:
                    at = _position(cuts, used, low[i])
                    while cuts[at] < high[i]:
                        if above[at] > other and (closest[at] < 0 or value[i] < value[closest[at]]):
                            closest[at] = i
                        at += 1
            for at in range(used - 1):
                i = closest[at]
                if i >= 0:
                    times = 2 if nearest[_LEFT, at] < 0 else 1
                    row, after, share = _place(spacings, rows_of[table], rows_of[table + 1] - 1, value[i])
                    ff = fringe[row] + share * (fringe[after] - fringe[row])
                    out[found[i]] += times * ff * (cuts[at + 1] - cuts[at])

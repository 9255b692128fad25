"""Capacitance of pieces of wire by what lies around them (compiled).

For each piece the metal around is looked up in a grid of bins: parallel wires beside it on its level, as far as the
tables reach, and whatever crosses its centre line on other levels. The ends of all these cut the piece into stretches
with the same surroundings; each stretch takes the table of the nearest level below and above it, and in this table
the spacing on either side. Memory grows with the number of boxes only.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .technology import Technology

Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]

_PITCHES_PER_BIN: Final = 12
_MOST_BINS: Final = 1 << 20  # on one level
_LEFT, _RIGHT, _OTHER = range(3)
_NO_NEIGHBOUR: Final = 1e30


class Boxes(NamedTuple):
    """Metal by level.

    Attributes:
        level: int32, (n,).
        box: int32, (n, 4): x1, y1, x2, y2.
        net: int32, (n,): number of the regular net, -1 for power and the like.
    """

    level: Int32
    box: Int32
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
    offsets: npt.NDArray[np.int64]
    spacing: Float
    coupling: Float
    fringe: Float
    reach: npt.NDArray[np.int64]


def tables_in_dbu(technology: Technology, dbu_per_um: int) -> Tables:
    """Return the capacitance tables in database units."""
    return Tables(
        technology.table,
        technology.table_offsets,
        technology.spacing * dbu_per_um,
        technology.coupling / dbu_per_um,
        technology.fringe / dbu_per_um,
        np.rint(technology.reach * dbu_per_um).astype(np.int64),
    )


def sort_into_bins(boxes: Boxes, pitch: Float) -> Bins:
    """Sort boxes into bins of some pitches' size.

    Args:
        boxes: all metal.
        pitch: float64, (levels + 1,): in database units.
    """
    levels = len(pitch) - 1
    low = boxes.box[:, :2].min(axis=0).astype(np.int64)
    high = boxes.box[:, 2:].max(axis=0).astype(np.int64)
    extent = high - low + 1
    smallest = int(np.sqrt(float(extent[0]) * float(extent[1]) / _MOST_BINS)) + 1
    size = np.maximum((pitch * _PITCHES_PER_BIN).astype(np.int64), smallest)
    columns, rows = extent[0] // size + 1, extent[1] // size + 1
    columns[0] = rows[0] = 0
    first = np.zeros(levels + 1, np.int64)
    first[1:] = np.cumsum(columns * rows)[:-1]
    num_bins = int((columns * rows).sum())
    offsets, items = _fill_bins(boxes.level, boxes.box, size, columns, first, num_bins, low)
    return Bins(size, columns, rows, first, offsets, items, low)


@njit(cache=True)
def _fill_bins(level: Any, box: Any, size: Any, columns: Any, first: Any, num_bins: int, origin: Any) -> Any:
    offsets = np.zeros(num_bins + 1, np.int64)
    items = np.empty(0, np.int32)
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
def _side(tables: Any, number: int, spacing: float, with_coupling: bool) -> float:
    """Return the capacitance per length of one side of a wire, between the rows of a table; flat outside of them."""
    first, last = tables.offsets[number], tables.offsets[number + 1] - 1
    if spacing >= tables.spacing[last]:
        return tables.fringe[last] + (tables.coupling[last] if with_coupling and spacing < _NO_NEIGHBOUR else 0.0)
    row = first
    while row < last and tables.spacing[row + 1] <= spacing:
        row += 1
    share = 0.0
    if row < last and spacing > tables.spacing[row]:
        share = (spacing - tables.spacing[row]) / (tables.spacing[row + 1] - tables.spacing[row])
    after = min(row + 1, last)
    value = tables.fringe[row] + share * (tables.fringe[after] - tables.fringe[row])
    if with_coupling:
        value += tables.coupling[row] + share * (tables.coupling[after] - tables.coupling[row])
    return float(value)


@njit(cache=True)
def wire_capacitance(level: Any, ends: Any, width: Any, net: Any, boxes: Any, bins: Any, tables: Any, out: Any) -> None:
    """Work out the capacitance of each piece of wire, from half a width before its first end to half a width behind.

    Args:
        level, width, net: int32, (n,): of the pieces.
        ends: int32, (n, 4): x1, y1, x2, y2 of the centre line, rising.
        boxes: :class:`Boxes`: all metal, the wires themselves among it.
        bins: :class:`Bins` of them.
        tables: :class:`Tables`.
        out: float64, (n,): takes fF.
    """
    levels = len(bins.size) - 1
    room = 1024
    low, high = np.empty(room, np.int64), np.empty(room, np.int64)
    kind, value = np.empty(room, np.int8), np.empty(room, np.int64)
    same_net = np.empty(room, np.bool_)
    for piece in range(len(level)):
        mine = level[piece]
        half = width[piece] // 2
        along = 0 if ends[piece, 1] == ends[piece, 3] else 1  # axis of the wire: 0 x, 1 y
        across = 1 - along
        begin, end = ends[piece, along] - half, ends[piece, along + 2] + half
        line = ends[piece, across]
        count = 0
        for other in range(1, levels + 1):
            reach = tables.reach[mine] + half if other == mine else 0
            if other == mine and tables.reach[mine] == 0:
                continue
            span = np.empty(4, np.int64)
            span[along] = (begin - bins.origin[along]) // bins.size[other]
            span[along + 2] = (end - bins.origin[along]) // bins.size[other]
            span[across] = (line - reach - bins.origin[across]) // bins.size[other]
            span[across + 2] = (line + reach - bins.origin[across]) // bins.size[other]
            for row in range(max(0, span[1]), min(span[3], bins.rows[other] - 1) + 1):
                for column in range(max(0, span[0]), min(span[2], bins.columns[other] - 1) + 1):
                    where = bins.first[other] + row * bins.columns[other] + column
                    for slot in range(bins.offsets[where], bins.offsets[where + 1]):
                        item = bins.items[slot]
                        box = boxes.box[item]
                        if box[along] >= end or box[along + 2] <= begin:
                            continue
                        if other == mine:
                            if (box[along + 2] - box[along]) < (box[across + 2] - box[across]):
                                continue  # it lies across
                            if box[across] >= line + half:
                                which, gap = _RIGHT, box[across] - line - half
                            elif box[across + 2] <= line - half:
                                which, gap = _LEFT, line - half - box[across + 2]
                            else:
                                continue
                            if gap > tables.reach[mine]:
                                continue
                        elif box[across] > line or box[across + 2] < line:
                            continue
                        else:
                            which, gap = _OTHER, other
                        if count == room:
                            low, high = np.concatenate((low, low)), np.concatenate((high, high))
                            kind, value = np.concatenate((kind, kind)), np.concatenate((value, value))
                            same_net = np.concatenate((same_net, same_net))
                            room *= 2
                        low[count], high[count] = max(begin, box[along]), min(end, box[along + 2])
                        kind[count], value[count] = which, gap
                        same_net[count] = boxes.net[item] == net[piece]
                        count += 1
        cuts = np.empty(2 * count + 2, np.int64)
        cuts[:count], cuts[count : 2 * count] = low[:count], high[:count]
        cuts[2 * count], cuts[2 * count + 1] = begin, end
        cuts = np.unique(cuts)
        stretches = len(cuts) - 1
        below, above = np.zeros(stretches, np.int64), np.full(stretches, levels + 1)
        spacing = np.full((2, stretches), _NO_NEIGHBOUR)
        foreign = np.ones((2, stretches), np.bool_)
        for i in range(count):
            at = np.searchsorted(cuts, low[i])
            while at < stretches and cuts[at] < high[i]:
                if kind[i] == _OTHER:
                    if value[i] < mine:
                        below[at] = max(below[at], value[i])
                    else:
                        above[at] = min(above[at], value[i])
                elif value[i] < spacing[kind[i], at]:
                    spacing[kind[i], at] = value[i]
                    foreign[kind[i], at] = not same_net[i]
                at += 1
        total = 0.0
        for at in range(stretches):
            number = tables.table[mine, below[at], above[at]]
            sides = 0.0
            for side in range(2):
                sides += _side(tables, number, spacing[side, at], foreign[side, at])
            total += sides * (cuts[at + 1] - cuts[at])
        out[piece] = total

"""Capacitance of pieces of wire by what lies around them (compiled).

For each piece the metal around is looked up in a grid of bins:

- beside it, parallel wires of its level, as far as the tables reach;
- above and below, wires across it and power. The tables are made with full arrays of wires across, so that each one
  found stands for a whole pitch of its level;
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

#: Levels above and below within which tables of both count.
DEPTH: Final = 4
#: Pitches within which a parallel wire of a higher level counts.
DIAGONAL_PITCHES: Final = 3.5
_PITCHES_PER_BIN: Final = 12
_MOST_BINS: Final = 1 << 20  # on one level
_LEFT, _RIGHT, _ACROSS, _DIAGONAL = range(4)
_NO_NEIGHBOUR: Final = 1e30


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


def with_shadows(level: Int32, box: Int32, net: Int32, pitch: Float) -> Boxes:
    """Return boxes that are, for wires on other levels, at least one pitch wide.

    Args:
        level, net: int32, (n,).
        box: int32, (n, 4).
        pitch: float64, (levels + 1,): in database units.
    """
    lying = (box[:, 2] - box[:, 0]) >= (box[:, 3] - box[:, 1])
    across = np.where(lying, 1, 0)
    rows = np.arange(len(box))
    width = box[rows, across + 2] - box[rows, across]
    grow = np.maximum(0, pitch[level] - width).astype(np.int32)
    shadow = box.copy()
    shadow[rows, across] -= grow // 2
    shadow[rows, across + 2] += grow - grow // 2
    return Boxes(level, box, shadow, net)


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
def _between(tables: Any, values: Any, number: int, spacing: float) -> float:
    """Return the value at a spacing, between the rows of a table; flat outside of them."""
    row, last = tables.offsets[number], tables.offsets[number + 1] - 1
    if spacing >= tables.spacing[last]:
        return float(values[last])
    while row < last and tables.spacing[row + 1] <= spacing:
        row += 1
    if row == last or spacing <= tables.spacing[row]:
        return float(values[row])
    share = (spacing - tables.spacing[row]) / (tables.spacing[row + 1] - tables.spacing[row])
    return float(values[row] + share * (values[row + 1] - values[row]))


@njit(cache=True)
def _relation(
    boxes: Any, item: int, above: int, same_level: bool, along: int, line: int, low_edge: int, high_edge: int,
    reach: int,
) -> tuple[int, int]:  # fmt: skip
    """Tell how a box lies to a wire.

    Returns:
        _LEFT, _RIGHT, _ACROSS, _DIAGONAL or -1 for a box that does not matter; and the gap between the two.
    """
    across = 1 - along
    box = boxes.box[item]
    parallel = (box[along + 2] - box[along]) >= (box[across + 2] - box[across])
    if same_level:
        if not parallel:
            return -1, 0
        if box[across] >= high_edge and box[across] - high_edge <= reach:
            return _RIGHT, box[across] - high_edge
        if box[across + 2] <= low_edge and low_edge - box[across + 2] <= reach:
            return _LEFT, low_edge - box[across + 2]
        return -1, 0
    if parallel and boxes.net[item] >= 0:
        gap = max(0, box[across] - high_edge, low_edge - box[across + 2])
        return (_DIAGONAL, gap) if above and gap <= reach else (-1, 0)
    shadow = boxes.shadow[item]
    return (_ACROSS, 0) if shadow[across] <= line <= shadow[across + 2] else (-1, 0)


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
    levels = len(bins.size) - 1
    room = 1024
    low, high = np.empty(room, np.int64), np.empty(room, np.int64)
    kind, value, found = np.empty(room, np.int8), np.empty(room, np.int64), np.empty(room, np.int64)
    span = np.empty(4, np.int64)
    for piece in range(len(level)):
        mine = level[piece]
        half = width[piece] // 2
        along = 0 if ends[piece, 1] == ends[piece, 3] else 1  # axis of the wire: 0 x, 1 y
        across = 1 - along
        begin, end = ends[piece, along] - half, ends[piece, along + 2] + half
        line = ends[piece, across]
        count = 0
        for other in range(1, levels + 1):
            if tables.reach[mine] == 0:
                break  # what lies around does not matter
            reach = 0
            if other == mine:
                reach = tables.reach[mine]
            elif other > mine and tables.diagonal[mine, other] >= 0:
                reach = tables.diagonal_reach[other]
            span[along] = (begin - bins.origin[along]) // bins.size[other]
            span[along + 2] = (end - bins.origin[along]) // bins.size[other]
            span[across] = (line - half - reach - bins.origin[across]) // bins.size[other]
            span[across + 2] = (line + half + reach - bins.origin[across]) // bins.size[other]
            for row in range(max(0, span[1]), min(span[3], bins.rows[other] - 1) + 1):
                for column in range(max(0, span[0]), min(span[2], bins.columns[other] - 1) + 1):
                    where = bins.first[other] + row * bins.columns[other] + column
                    for slot in range(bins.offsets[where], bins.offsets[where + 1]):
                        item = bins.items[slot]
                        box = boxes.box[item] if other == mine else boxes.shadow[item]
                        if box[along] >= end or box[along + 2] <= begin:
                            continue
                        which, gap = _relation(
                            boxes, item, reach, other == mine, along, line, line - half, line + half, reach
                        )
                        if which < 0:
                            continue
                        if count == room:
                            low, high = np.concatenate((low, low)), np.concatenate((high, high))
                            kind, value = np.concatenate((kind, kind)), np.concatenate((value, value))
                            found = np.concatenate((found, found))
                            room *= 2
                        low[count], high[count] = max(begin, box[along]), min(end, box[along + 2])
                        kind[count], value[count], found[count] = which, gap, item
                        count += 1
        cuts = np.empty(2 * count + 2, np.int64)
        cuts[:count], cuts[count : 2 * count] = low[:count], high[:count]
        cuts[2 * count], cuts[2 * count + 1] = begin, end
        cuts = np.unique(cuts)
        stretches = len(cuts) - 1
        below, above = np.zeros(stretches, np.int64), np.full(stretches, levels + 1)
        spacing = np.full((2, stretches), _NO_NEIGHBOUR)
        foreign = np.ones((2, stretches), np.bool_)
        diagonals = 0
        for i in range(count):
            if kind[i] == _DIAGONAL:
                diagonals += 1
                continue
            at = np.searchsorted(cuts, low[i])
            while at < stretches and cuts[at] < high[i]:
                if kind[i] == _ACROSS:
                    its_level = boxes.level[found[i]]
                    if its_level < mine:
                        below[at] = max(below[at], its_level)
                    elif its_level <= mine + DEPTH:
                        above[at] = min(above[at], its_level)
                elif value[i] < spacing[kind[i], at]:
                    spacing[kind[i], at] = value[i]
                    foreign[kind[i], at] = boxes.net[found[i]] != net[piece]
                at += 1
        for at in range(stretches):
            under = below[at] if above[at] > levels or below[at] >= mine - DEPTH else 0
            number = tables.table[mine, under, above[at]]
            sides = 0.0
            for side in range(2):
                sides += _between(tables, tables.fringe, number, spacing[side, at])
                if spacing[side, at] < _NO_NEIGHBOUR and foreign[side, at]:
                    sides += _between(tables, tables.coupling, number, spacing[side, at])
            out[piece] += sides * (cuts[at + 1] - cuts[at])
        if diagonals:
            nearest = np.empty(stretches, np.int64)
            for other in range(mine + 1, levels + 1):
                number = tables.diagonal[mine, other]
                if number < 0:
                    continue
                nearest[:] = -1
                for i in range(count):
                    if kind[i] != _DIAGONAL or boxes.level[found[i]] != other:
                        continue
                    at = np.searchsorted(cuts, low[i])
                    while at < stretches and cuts[at] < high[i]:
                        if above[at] > other and (nearest[at] < 0 or value[i] < value[nearest[at]]):
                            nearest[at] = i
                        at += 1
                for at in range(stretches):
                    if nearest[at] >= 0:
                        i = nearest[at]
                        times = 2 if spacing[_LEFT, at] == _NO_NEIGHBOUR else 1
                        ff = times * _between(tables, tables.fringe, number, value[i]) * (cuts[at + 1] - cuts[at])
                        out[found[i]] += ff

"""Puts the cells of a small netlist of edasat45 into rows, so that examples and tests have a layout.

This is not a placer for use: it knows no timing, no congestion and no fixed blocks. Cells are pulled to the middle of
their nets and spread out again until that settles, cut into rows, and then cells of equal width change places while
that shortens wires. Everything is deterministic.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from ..netlist import Netlist, Placement
from .catalogue import CELLS, Cell
from .lef import DBU_PER_UM, ROW_HEIGHT_DBU, SITE_WIDTH_DBU

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

#: Space between the rows and the edge of the die, where the ports stand.
MARGIN_DBU: Final = 2 * ROW_HEIGHT_DBU
_PULLS: Final = 80
_SPREAD: Final = 0.3  # how far each round moves cells towards an even spread
_TRIES_PER_CELL: Final = 300
#: Nets with more pins (clocks, resets) say nothing about where a cell should stand.
_LARGE_NET: Final = 24

_CELL: Final[dict[str, Cell]] = {cell.name: cell for cell in CELLS}
_NORTH, _FLIPPED_SOUTH = 0, 6  # places of N and FS in the list of orientations
# Knuth's 64-bit linear congruential generator (MMIX): the same numbers on every machine and version.
_LCG_FACTOR: Final = np.uint64(6364136223846793005)
_LCG_STEP: Final = np.uint64(1442695040888963407)


def place(netlist: Netlist, utilisation: float = 0.7) -> Netlist:
    """Return the netlist with a placement: cells in rows of alternating orientation, ports along the edge of the die.

    Args:
        netlist: flat, of cells of edasat45 only.
        utilisation: share of the rows that cells fill.

    Raises:
        KeyError: if a cell is not one of edasat45.
    """
    cells = [_CELL[name] for name in netlist.cells.to_list()]
    sites = np.array([cell.sites for cell in cells], np.int64)[netlist.instance_cell]
    total = int(sites.sum())
    rows = max(1, round(math.sqrt(total * SITE_WIDTH_DBU / utilisation / ROW_HEIGHT_DBU)))
    row_sites = max(int(sites.max(initial=1)), math.ceil(total / utilisation / rows))
    width, height = 2 * MARGIN_DBU + row_sites * SITE_WIDTH_DBU, 2 * MARGIN_DBU + rows * ROW_HEIGHT_DBU
    port_x, port_y = _around_the_die(netlist.num_ports, width, height)

    pins = _Pins(netlist)
    row, left = _into_rows(*_pull(pins, netlist, port_x, port_y, width, height), sites, rows, row_sites)
    # Ports follow the cells in the two arrays, and never move.
    x = np.concatenate([MARGIN_DBU + left * SITE_WIDTH_DBU, port_x])
    y = np.concatenate([MARGIN_DBU + row * ROW_HEIGHT_DBU, port_y])
    _improve(pins.net_offsets, pins.node, pins.cell_offsets, pins.net_of_cell, sites, x, y)
    x, y = (values[: netlist.num_instances].astype(np.int32) for values in (x, y))
    upright = (y - MARGIN_DBU) // ROW_HEIGHT_DBU % 2 == 0
    placement = Placement(
        dbu_per_um=DBU_PER_UM,
        die=(0, 0, width, height),
        x=x,
        y=y,
        orientation=np.where(upright, _NORTH, _FLIPPED_SOUTH).astype(np.uint8),
        placed=np.ones(len(x), np.bool_),
        port_x=port_x,
        port_y=port_y,
        port_placed=np.ones(netlist.num_ports, np.bool_),
    )
    return replace(netlist, placement=placement)


class _Pins:
    """Nets with their nodes and cells with their nets; large nets are left out.

    Attributes:
        node: int32: instance of each pin, or the number of instances + port, net by net at ``net_offsets``.
        net: int32: net of each pin.
        net_of_cell: int32: nets of each instance, at ``cell_offsets``.
    """

    def __init__(self, netlist: Netlist) -> None:
        owner = np.repeat(np.arange(netlist.num_instances, dtype=np.int32), np.diff(netlist.pin_offsets))
        node = np.concatenate([owner, netlist.num_instances + np.arange(netlist.num_ports, dtype=np.int32)])
        net = np.concatenate([netlist.pin_net, netlist.port_net])
        size = np.bincount(net[net >= 0], minlength=netlist.num_nets)
        kept = (net >= 0) & ((size >= 2) & (size <= _LARGE_NET))[net]
        order = np.argsort(net[kept], kind="stable")
        self.node, self.net = node[kept][order], net[kept][order]
        self.net_offsets = np.searchsorted(self.net, np.arange(netlist.num_nets + 1))
        cells = self.node < netlist.num_instances
        by_cell = np.argsort(self.node[cells], kind="stable")
        self.net_of_cell = self.net[cells][by_cell]
        self.cell_offsets = np.searchsorted(self.node[cells][by_cell], np.arange(netlist.num_instances + 1))


def _around_the_die(count: int, width: int, height: int) -> tuple[Int32, Int32]:
    """Return points at even distances along the edge, from the lower left corner clockwise."""
    along = (np.arange(count) + 0.5) * (2 * (width + height)) / max(count, 1)
    corners = np.array([0, height, height + width, 2 * height + width, 2 * (height + width)])
    x = np.interp(along, corners, [0, 0, width, width, 0])
    y = np.interp(along, corners, [0, height, height, 0, 0])
    return np.rint(x).astype(np.int32), np.rint(y).astype(np.int32)


def _pull(pins: _Pins, netlist: Netlist, port_x: Int32, port_y: Int32, width: int, height: int) -> tuple[Float, Float]:
    """Move cells to the middle of their nets, round by round, and a little towards an even spread each time."""
    count, num_nets = netlist.num_instances, netlist.num_nets
    size = np.maximum(np.bincount(pins.net, minlength=num_nets), 2)
    weight = 1.0 / (size[pins.net] - 1)
    total = np.bincount(pins.node, weight, count + netlist.num_ports)[:count]
    found = []
    for ports, extent in ((port_x, width), (port_y, height)):
        place = np.full(count, extent / 2)
        even = (np.arange(count) + 0.5) / max(count, 1) * extent
        for _ in range(_PULLS):
            middle = np.bincount(pins.net, np.concatenate([place, ports])[pins.node], num_nets) / size
            pull = np.bincount(pins.node, weight * middle[pins.net], count + netlist.num_ports)[:count]
            wanted = np.where(total > 0, pull / np.maximum(total, 1e-9), place)
            spread = np.empty_like(place)
            spread[np.argsort(wanted, kind="stable")] = even
            place = (1 - _SPREAD) * wanted + _SPREAD * spread
        found.append(place)
    return found[0], found[1]


def _into_rows(x: Float, y: Float, sites: Int64, rows: int, row_sites: int) -> tuple[Int64, Int64]:
    """Cut the cells into rows of about equal fill by y, order each by x, and share out the free sites.

    Returns:
        row and leftmost site of every cell.
    """
    row = np.empty(len(x), np.int64)
    left = np.empty(len(x), np.int64)
    waiting = np.argsort(y, kind="stable")
    for number in range(rows):
        share = int(sites[waiting].sum()) / (rows - number)
        filled = np.cumsum(sites[waiting])
        count = int(np.searchsorted(filled, share + 1e-9, side="right"))
        if count < len(waiting) and filled[count] - share < share - (filled[count - 1] if count else 0):
            count += 1  # the cell across the border lies nearer to this side
        count = min(count, int(np.searchsorted(filled, row_sites, side="right")))
        chosen = waiting[:count]
        waiting = waiting[count:]
        chosen = chosen[np.argsort(x[chosen], kind="stable")]
        free = row_sites - int(sites[chosen].sum())
        gaps = (np.arange(1, count + 1) * free) // (count + 1)
        row[chosen] = number
        left[chosen] = np.cumsum(sites[chosen]) - sites[chosen] + gaps
    assert not len(waiting)
    return row, left


@njit(cache=True)
def _length(net: int, offsets: Int64, node: Int32, x: Int64, y: Int64) -> int:
    """Return half the perimeter of the box around a net, by the corners of its cells."""
    first = node[offsets[net]]
    x1 = x2 = x[first]
    y1 = y2 = y[first]
    for i in range(offsets[net] + 1, offsets[net + 1]):
        x1, x2 = min(x1, x[node[i]]), max(x2, x[node[i]])
        y1, y2 = min(y1, y[node[i]]), max(y2, y[node[i]])
    return x2 - x1 + y2 - y1


@njit(cache=True)
def _improve(
    offsets: Int64, node: Int32, cell_offsets: Int64, net_of_cell: Int32, sites: Int64, x: Int64, y: Int64
) -> None:
    """Let pairs of cells of equal width change places where that shortens their nets; ``x`` and ``y`` change."""
    count = np.uint64(len(sites))
    state = np.uint64(1)
    for _ in range(_TRIES_PER_CELL * len(sites)):
        state = state * _LCG_FACTOR + _LCG_STEP
        a = np.int64((state >> np.uint64(33)) % count)
        state = state * _LCG_FACTOR + _LCG_STEP
        b = np.int64((state >> np.uint64(33)) % count)
        if a == b or sites[a] != sites[b]:
            continue
        gain = 0
        for sign in (1, -1):
            for cell in (a, b):
                for i in range(cell_offsets[cell], cell_offsets[cell + 1]):
                    gain += sign * _length(net_of_cell[i], offsets, node, x, y)
            if sign == 1 or gain <= 0:  # change places, and back if it was no use
                x[a], x[b] = x[b], x[a]
                y[a], y[b] = y[b], y[a]

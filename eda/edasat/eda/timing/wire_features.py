"""What a placement tells of each wire before it is routed: features of the wires of Steiner trees.

All columns are free of units, so that a model carries over to another technology: lengths count in rows of cells,
wiring demand in tracks of one layer. Length and counts, which spread over decades, enter by ``log(1 + value)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.errors import InputError, Message

from ..formats.lef import Lef
from .graph import PinGraph
from .steiner import NetTrees

Float = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

#: Columns of :attr:`WireFeatures.wire`, for the wire from a tree node to its parent.
WIRE_COLUMNS: Final = (
    "log_length",  # of the wire
    "horizontal_share",  # of its length
    "log_way",  # from the driver to where the wire begins
    "log_way_detour",  # log of the way from the driver to its end over the distance, each with a row added
    "log_length_behind",  # of all wires behind it
    "log_pins_behind",  # load pins that it leads to, its own end included
    "from_driver",  # 1 if it begins at the driver
    "to_pin",  # 1 if it ends in a pin, 0 in a Steiner point
    "from_pin",
    "horizontal_demand",  # tracks of one layer that wires around it need, 1 for all of them
    "vertical_demand",
    "pin_density",  # pins on the area of a cell row's height squared, around it
    "cell_density",  # share of the area around it that cells with pins cover
    "offset_x",  # distance of its middle from the die's middle, as a share of the half width
    "offset_y",
)
#: Columns of :attr:`WireFeatures.net`.
NET_COLUMNS: Final = (
    "log_length",  # of the tree
    "log_half_perimeter",  # of the box around the pins
    "flatness",  # width of the box over half its perimeter
    "log_pins",
    "log_detour",  # log of tree length over half perimeter
    "log_longest_way",  # from the driver to a pin
    "log_way_detour",  # as of wires, mean over the pins by distance
    "clock",  # 1 if it leads to a clock pin of a register
    "port",  # 1 if a port of the design lies on it
    "horizontal_demand",  # mean over the box
    "vertical_demand",
    "pin_density",
)

#: Side of a bin of the density maps, in rows of cells; our choice.
_BIN_ROWS: Final = 4.0
#: At most this many bins along one side.
_MOST_BINS: Final = 2000

_NO_PLACEMENT = Message("timing-placement", "the design has no placement", "give a placed DEF with --def")


@dataclass(frozen=True, eq=False)
class WireFeatures:
    """Features of one placed design.

    Attributes:
        wire: float32, (num_tree_nodes, len(WIRE_COLUMNS)): of the wire from each node to its parent; rows of drivers
            are 0.
        net: float32, (num_nets, len(NET_COLUMNS)).
        row_height: um: what lengths were divided by.
    """

    wire: npt.NDArray[np.float32]
    net: npt.NDArray[np.float32]
    row_height: float


def wire_features(graph: PinGraph, trees: NetTrees, lef: Lef) -> WireFeatures:
    """Return the features of all wires and nets.

    Args:
        graph: of a placed netlist.
        trees: from :func:`~edasat.eda.timing.steiner.steiner_trees`.
        lef: of technology and cells.

    Raises:
        InputError: if the netlist has no placement.
    """
    placement = graph.netlist.placement
    if placement is None:
        raise InputError.of(_NO_PLACEMENT, graph.netlist.source)
    row, track = _row_height(lef), _track_pitch(lef)
    num_nodes, num_nets = len(trees.parent), len(trees.offsets) - 1
    length = trees.length
    net_of = np.repeat(np.arange(num_nets), np.diff(trees.offsets))
    is_pin = trees.pin >= 0
    up = np.where(trees.parent >= 0, trees.parent, 0)
    way, behind, pins_behind = _sums(trees.parent, length, is_pin)

    first = trees.offsets[net_of]  # drivers stand first
    distance = np.abs(trees.x - trees.x[first]) + np.abs(trees.y - trees.y[first])

    maps = _Maps.of(graph, trees, lef, row)
    middle_x, middle_y = 0.5 * (trees.x + trees.x[up]), 0.5 * (trees.y + trees.y[up])
    half_width, half_height = max(0.5 * maps.width, 1e-9), max(0.5 * maps.height, 1e-9)
    around = maps.around(
        np.minimum(trees.x, trees.x[up]), np.minimum(trees.y, trees.y[up]),
        np.maximum(trees.x, trees.x[up]), np.maximum(trees.y, trees.y[up]),
    )  # fmt: skip
    wire = np.stack(
        [
            np.log1p(length / row),
            trees.dx / np.maximum(length, 1e-9),
            np.log1p((way - length) / row),
            np.log((way + row) / (distance + row)),
            np.log1p(behind / row),
            np.log1p(pins_behind),
            trees.parent[up] < 0,
            is_pin,
            is_pin[up],
            around[0] * track,
            around[1] * track,
            around[2] * row * row,
            around[3],
            np.abs(middle_x - maps.x0 - half_width) / half_width,
            np.abs(middle_y - maps.y0 - half_height) / half_height,
        ],
        axis=1,
    ).astype(np.float32)
    wire[trees.parent < 0] = 0.0

    box = _boxes(trees.offsets, trees.x, trees.y)
    width, height = box[2] - box[0], box[3] - box[1]
    half = width + height
    total = np.bincount(net_of, length, num_nets)
    longest = np.zeros(num_nets)
    np.maximum.at(longest, net_of, way)
    over_box = maps.around(*box)

    def of_pins(value: Float) -> Float:
        return np.bincount(net_of[is_pin], value[is_pin], num_nets).astype(np.float64)

    clock, port = np.zeros(num_nets), np.zeros(num_nets)
    at_pins = np.flatnonzero(is_pin)
    clock_pins = np.zeros(graph.num_nodes, np.bool_)
    clock_pins[graph.check_clock] = True
    clock[net_of[at_pins[clock_pins[trees.pin[at_pins]]]]] = 1.0
    port[net_of[at_pins[trees.pin[at_pins] < graph.num_ports]]] = 1.0
    net = np.stack(
        [
            np.log1p(total / row),
            np.log1p(half / row),
            width / np.maximum(half, 1e-9),
            np.log1p(np.bincount(net_of[is_pin], minlength=num_nets)),
            np.log(np.maximum(total, row) / np.maximum(half, row)),
            np.log1p(longest / row),
            np.log((of_pins(way) + row) / (of_pins(distance) + row)),
            clock,
            port,
            over_box[0] * track,
            over_box[1] * track,
            over_box[2] * row * row,
        ],
        axis=1,
    ).astype(np.float32)
    assert wire.shape == (num_nodes, len(WIRE_COLUMNS))
    return WireFeatures(wire, net, row)


def _row_height(lef: Lef) -> float:
    """Return the height of a row of cells: that of most cells, um."""
    core = [i for i, kind in enumerate(lef.macro_class) if kind.startswith("CORE")] or range(len(lef.macro_class))
    heights, counts = np.unique(np.round(lef.macro_size[list(core), 1], 6), return_counts=True)
    return float(heights[counts.argmax()]) if len(heights) else 1.0


def _track_pitch(lef: Lef) -> float:
    """Return the pitch of the layers where short wires run: that of the second routing layer, um."""
    pitches = [min(layer.pitch) for layer in lef.layers if layer.kind == "ROUTING" and layer.pitch is not None]
    return pitches[min(1, len(pitches) - 1)] if pitches else _row_height(lef) / 10


@dataclass(frozen=True, eq=False)
class _Maps:
    """Sums over the lower left of a grid of bins, so that the mean over any box of bins takes four look-ups.

    ``table[k, i, j]`` is the sum over bins below ``i`` and left of ``j`` of: horizontal and vertical wire (um), pins,
    and area of cells (um2).
    """

    x0: float
    y0: float
    width: float
    height: float
    side: float
    table: Float

    @classmethod
    def of(cls, graph: PinGraph, trees: NetTrees, lef: Lef, row: float) -> _Maps:
        netlist, placement = graph.netlist, graph.netlist.placement
        assert placement is not None
        um = 1 / placement.dbu_per_um
        x0, y0, x1, y1 = (edge * um for edge in placement.die)
        if len(trees.x):
            x0, y0 = min(x0, float(trees.x.min())), min(y0, float(trees.y.min()))
            x1, y1 = max(x1, float(trees.x.max())), max(y1, float(trees.y.max()))
        side = max(_BIN_ROWS * row, max(x1 - x0, y1 - y0) / _MOST_BINS)
        columns, rows = int((x1 - x0) / side) + 1, int((y1 - y0) / side) + 1
        maps: Float = np.zeros((4, rows, columns))
        up = np.where(trees.parent >= 0, trees.parent, np.arange(len(trees.parent)))
        place = [(trees.x - x0) / side, (trees.y - y0) / side]
        _spread(place[0], place[1], place[0][up], place[1][up], trees.dx, maps[0])
        _spread(place[0], place[1], place[0][up], place[1][up], trees.dy, maps[1])
        at = trees.pin >= 0
        bins = place[1][at].astype(np.int64) * columns + place[0][at].astype(np.int64)
        maps[2] = np.bincount(bins, minlength=rows * columns).reshape(rows, columns)
        macro = netlist.cells.find_in(lef.macros)[netlist.instance_cell]
        size = np.where((macro >= 0)[:, None], lef.macro_size[macro], 0.0)
        turned = np.isin(placement.orientation, (1, 3, 5, 7))
        size[turned] = size[turned][:, ::-1]
        low_x, low_y = (placement.x * um - x0) / side, (placement.y * um - y0) / side
        # Fillers, which have no pins, come when placement is done.
        works = placement.placed & (np.diff(netlist.pin_offsets) > 0)
        area = np.where(works, size[:, 0] * size[:, 1], 0.0)
        _spread(low_x, low_y, low_x + size[:, 0] / side, low_y + size[:, 1] / side, area, maps[3])
        table: Float = np.zeros((4, rows + 1, columns + 1))
        table[:, 1:, 1:] = maps.cumsum(axis=1).cumsum(axis=2)
        return cls(x0, y0, x1 - x0, y1 - y0, side, table)

    def around(self, x1: Float, y1: Float, x2: Float, y2: Float) -> Float:
        """Return the mean per um2 over the bins that a box touches, float64 (4, boxes); corners in um."""
        rows, columns = self.table.shape[1] - 1, self.table.shape[2] - 1
        left = np.clip(((x1 - self.x0) / self.side).astype(np.int64), 0, columns - 1)
        right = np.clip(((x2 - self.x0) / self.side).astype(np.int64), left, columns - 1) + 1
        low = np.clip(((y1 - self.y0) / self.side).astype(np.int64), 0, rows - 1)
        high = np.clip(((y2 - self.y0) / self.side).astype(np.int64), low, rows - 1) + 1
        table = self.table
        total = table[:, high, right] - table[:, low, right] - table[:, high, left] + table[:, low, left]
        mean: Float = total / ((right - left) * (high - low) * self.side**2)
        return mean


def _boxes(offsets: Int64, x: Float, y: Float) -> Float:
    """Return x1, y1, x2, y2 of the box around the nodes of each net, float64 (4, num_nets); 0 without nodes."""
    box: Float = np.zeros((4, len(offsets) - 1))
    some = np.flatnonzero(np.diff(offsets))
    if len(some):
        starts = offsets[some]
        box[:, some] = [np.minimum.reduceat(x, starts), np.minimum.reduceat(y, starts),
                        np.maximum.reduceat(x, starts), np.maximum.reduceat(y, starts)]  # fmt: skip
    return box


@njit(cache=True)
def _sums(parent: Any, length: Any, is_pin: Any) -> tuple[Any, Any, Any]:
    """Return, for each tree node: length from the driver, length of wires behind it, pins at and behind it."""
    count = len(parent)
    way, behind, pins = np.zeros(count), np.zeros(count), np.zeros(count)
    for node in range(count):
        if parent[node] >= 0:
            way[node] = way[parent[node]] + length[node]
    for node in range(count - 1, -1, -1):
        pins[node] += is_pin[node]
        if parent[node] >= 0:
            behind[parent[node]] += behind[node] + length[node]
            pins[parent[node]] += pins[node]
    return way, behind, pins


@njit(cache=True)
def _spread(x1: Any, y1: Any, x2: Any, y2: Any, value: Any, target: Any) -> None:
    """Add each value to the bins that its box touches, in equal parts; corners in bins, in any order."""
    rows, columns = target.shape
    for i in range(len(value)):
        if value[i] == 0.0:
            continue
        left = min(max(int(min(x1[i], x2[i])), 0), columns - 1)
        right = min(max(int(max(x1[i], x2[i])), 0), columns - 1)
        low = min(max(int(min(y1[i], y2[i])), 0), rows - 1)
        high = min(max(int(max(y1[i], y2[i])), 0), rows - 1)
        part = value[i] / ((right - left + 1) * (high - low + 1))
        for row in range(low, high + 1):
            for column in range(left, right + 1):
                target[row, column] += part

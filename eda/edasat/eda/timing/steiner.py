"""Steiner trees of nets: what a router's wires look like before there are any.

A tree over the pins alone (:mod:`edasat.eda.timing.estimate`) lets wires to different pins run side by side where a
router would let them share. Starting from the Prim-Dijkstra tree, two wires that meet in a node are joined as far as
they run together: three points are connected best through their median, and whenever that saves wire a Steiner point
is put there (edge overlapping as in J.-M. Ho, G. Vijayan and C. Wong, "New algorithms for the rectilinear Steiner tree
problem", IEEE TCAD 9(2), 1990). For nets of three pins the result is optimal. All distances are Manhattan distances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from .estimate import ALPHA, grow_trees
from .graph import PinGraph
from .wires import RcNetwork

Float = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

#: Savings below this many um are rounding.
_LEAST: Final = 1e-6


@dataclass(frozen=True, eq=False)
class NetTrees:
    """A tree for each net; its nodes are the pins and Steiner points, every parent stands before its children.

    Attributes:
        offsets: int64, (num_nets + 1,): nodes of net ``i`` are ``offsets[i]:offsets[i + 1]``; a net that no pin drives
            has none.
        pin: int32, (num_tree_nodes,): node of the pin graph, -1 for Steiner points.
        parent: int64, (num_tree_nodes,): tree node towards the driver; -1 for the driver itself.
        x, y: float64, (num_tree_nodes,), um.
        dx, dy: float64, (num_tree_nodes,), um: extent of the wire to the parent; 0 for drivers.
    """

    offsets: Int64
    pin: npt.NDArray[np.int32]
    parent: Int64
    x: Float
    y: Float
    dx: Float
    dy: Float

    @property
    def length(self) -> Float:
        """Length of the wire from each node to its parent, (num_tree_nodes,), um."""
        return self.dx + self.dy

    @property
    def wires(self) -> Int64:
        """The nodes that have a wire to a parent, rising."""
        return np.flatnonzero(self.parent >= 0)

    def network(self, capacitance: Float, resistance: Float, source: str) -> RcNetwork:
        """Return the RC network of these trees.

        Args:
            capacitance: (num_tree_nodes,), fF: of the wire to the parent, half of which counts at either end.
            resistance: (num_tree_nodes,), ohm: of the wire to the parent.
            source: what the values come from, for reports.
        """
        wires = self.wires
        half = 0.5 * capacitance[wires]
        num_nodes = len(self.parent)
        nets = np.arange(len(self.offsets) - 1, dtype=np.int32)
        return RcNetwork(
            tree_net=nets,
            tree_first=self.offsets[:-1],
            tree_last=self.offsets[1:],
            capacitance=(np.bincount(wires, half, num_nodes) + np.bincount(self.parent[wires], half, num_nodes)).astype(
                np.float64
            ),
            pin=self.pin,
            first=self.parent[wires].astype(np.int32),
            second=wires.astype(np.int32),
            resistance=resistance[wires],
            source=source,
        )


def steiner_trees(graph: PinGraph, x: Float, y: Float, *, alpha: float = ALPHA) -> NetTrees:
    """Grow a Steiner tree for every driven net.

    Args:
        graph: the pins.
        x, y: (num_nodes,), um, from :func:`~edasat.eda.timing.estimate.node_positions`; pins without a place lie on
            their driver.
        alpha: of the Prim-Dijkstra trees to start from: 0 for the shortest tree, 1 for the shortest ways.
    """
    rows = graph.pins_of_net
    pins = rows.neighbours.astype(np.int32)
    return join_pins(rows.offsets, pins, graph.is_driver[pins], x[pins], y[pins], alpha)


def join_pins(
    offsets: Int64, pins: npt.NDArray[np.int32], drives: npt.NDArray[np.bool_], x: Float, y: Float, alpha: float
) -> NetTrees:
    """Grow trees over any points.

    Args:
        offsets: int64, (num_nets + 1,): points of each net.
        pins: int32, (num_points,): what the points are called in the result.
        drives: bool, (num_points,): the first one of each net is its root.
        x, y: float64, (num_points,), um.
        alpha: see :func:`steiner_trees`.
    """
    parent, length = np.full(len(pins), -1, np.int64), np.zeros(len(pins))
    grow_trees(offsets, drives, x, y, alpha, parent, length)
    first, pin, up, tree_x, tree_y = _join_wires(offsets, drives, pins, x, y, parent)
    ends = np.where(up >= 0, up, np.arange(len(up)))
    return NetTrees(first, pin, up, tree_x, tree_y, np.abs(tree_x - tree_x[ends]), np.abs(tree_y - tree_y[ends]))


@njit(cache=True)
def _join_wires(offsets: Any, drives: Any, pins: Any, x: Any, y: Any, parent: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Return node offsets, pins, parents and places of the trees, with Steiner points."""
    num_nets = len(offsets) - 1
    room = 2 * len(pins) + 1
    out_offsets = np.zeros(num_nets + 1, np.int64)
    out_pin = np.empty(room, np.int32)
    out_parent = np.empty(room, np.int64)
    out_x, out_y = np.empty(room), np.empty(room)
    largest = 0
    for net in range(num_nets):
        largest = max(largest, offsets[net + 1] - offsets[net])
    size = 2 * largest + 1
    at_x, at_y = np.empty(size), np.empty(size)
    up, first, after = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    pending, waiting = np.empty(size, np.int64), np.zeros(size, np.bool_)
    order, place = np.empty(size, np.int64), np.empty(size, np.int64)
    made = 0
    for net in range(num_nets):
        out_offsets[net] = made
        begin, count = offsets[net], offsets[net + 1] - offsets[net]
        root = -1
        for i in range(count):
            if drives[begin + i]:
                root = i
                break
        if root < 0:
            continue
        for i in range(count):
            known = not (np.isnan(x[begin + i]) or np.isnan(y[begin + i]))
            at_x[i] = x[begin + i] if known else x[begin + root]
            at_y[i] = y[begin + i] if known else y[begin + root]
            # A second driver hangs on the first.
            up[i] = parent[begin + i] - begin if parent[begin + i] >= 0 else (-1 if i == root else root)
            first[i] = -1
        if np.isnan(at_x[root]) or np.isnan(at_y[root]):
            at_x[:count] = 0.0
            at_y[:count] = 0.0
        for i in range(count):
            if up[i] >= 0:
                after[i] = first[up[i]]
                first[up[i]] = i
        nodes = _overlap(count, at_x, at_y, up, first, after, pending, waiting)
        _order_tree(root, up, first, after, order)
        for i in range(nodes):
            place[order[i]] = made + i
        for i in range(nodes):
            node = order[i]
            out_pin[made + i] = pins[begin + node] if node < count else -1
            out_parent[made + i] = place[up[node]] if up[node] >= 0 else -1
            out_x[made + i] = at_x[node]
            out_y[made + i] = at_y[node]
        made += nodes
    out_offsets[num_nets] = made
    return out_offsets, out_pin[:made].copy(), out_parent[:made].copy(), out_x[:made].copy(), out_y[:made].copy()


@njit(cache=True)
def _overlap(count: int, x: Any, y: Any, up: Any, first: Any, after: Any, pending: Any, waiting: Any) -> int:
    """Put Steiner points where two wires of a node run together; return the number of nodes then.

    Points that lose their third wire again stay, as bends; as many points as pins are enough in any case.
    """
    nodes = count
    waits = count
    for i in range(count):
        pending[i] = i
        waiting[i] = True
    while waits:
        waits -= 1
        node = pending[waits]
        waiting[node] = False
        best, one, other = _LEAST, -1, -1
        # Pairs of neighbours; the parent stands as `up[node]` before the children.
        a = up[node] if up[node] >= 0 else first[node]
        while a >= 0:
            b = first[node] if a == up[node] else after[a]
            while b >= 0:
                saved = _saved(x, y, node, a, b)
                if saved > best:
                    best, one, other = saved, a, b
                b = after[b]
            a = first[node] if a == up[node] else after[a]
        if one < 0 or nodes == 2 * count:
            continue
        point = nodes
        nodes += 1
        x[point] = _median(x[node], x[one], x[other])
        y[point] = _median(y[node], y[one], y[other])
        waiting[point] = False
        if one == up[node]:
            # parent - point, and both the node and the other hang on the point
            _detach(other, up, first, after)
            _detach(node, up, first, after)
            _attach(point, one, up, first, after)
            first[point] = -1
            _attach(node, point, up, first, after)
            _attach(other, point, up, first, after)
        else:
            _detach(one, up, first, after)
            _detach(other, up, first, after)
            _attach(point, node, up, first, after)
            first[point] = -1
            _attach(one, point, up, first, after)
            _attach(other, point, up, first, after)
        for touched in (one, other, point, node):
            if not waiting[touched]:
                waiting[touched] = True
                pending[waits] = touched
                waits += 1
    return nodes


@njit(cache=True, inline="always")
def _median(a: float, b: float, c: float) -> float:
    return float(max(min(a, b), min(max(a, b), c)))


@njit(cache=True)
def _saved(x: Any, y: Any, node: int, a: int, b: int) -> float:
    """Return the wire that a Steiner point saves: as far as both wires of a node run in the same directions."""
    along_x = _median(x[node], x[a], x[b]) - x[node]
    along_y = _median(y[node], y[a], y[b]) - y[node]
    return float(abs(along_x) + abs(along_y))


@njit(cache=True)
def _detach(node: int, up: Any, first: Any, after: Any) -> None:
    parent = up[node]
    if first[parent] == node:
        first[parent] = after[node]
        return
    child = first[parent]
    while after[child] != node:
        child = after[child]
    after[child] = after[node]


@njit(cache=True)
def _attach(node: int, parent: int, up: Any, first: Any, after: Any) -> None:
    up[node] = parent
    after[node] = first[parent]
    first[parent] = node


@njit(cache=True)
def _order_tree(root: int, up: Any, first: Any, after: Any, order: Any) -> None:
    """List the nodes, parents before children."""
    order[0] = root
    count, done = 1, 0
    while done < count:
        child = first[order[done]]
        while child >= 0:
            order[count] = child
            count += 1
            child = after[child]
        done += 1

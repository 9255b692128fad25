"""Wires estimated from a placement: a tree over the pins of each net, with resistance and capacitance by length.

A star, which joins each load to the driver, misses that loads share their way; a minimum spanning tree shares too
much and makes chains. The Prim-Dijkstra tree lies between: it grows from the driver, joining the pin for which its
distance to the tree plus ``alpha`` times the way from there back to the driver is least (C. Alpert, T. Hu, J. Huang,
A. Kahng, D. Karger, "Prim-Dijkstra tradeoffs for improved performance-driven routing tree design", IEEE TCAD 14(7),
1995); ``alpha`` 0 gives Prim's tree, 1 Dijkstra's, which is the star. All distances are Manhattan distances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.errors import InputError, Message

from .graph import PinGraph
from .wires import RcNetwork

if TYPE_CHECKING:
    from ..formats.lef import Lef

Float = npt.NDArray[np.float64]

#: Weight of the way back to the driver; measured on layouts of nangate45 and sky130 as the best of 0 to 1.
ALPHA: Final = 0.3

#: Resistance of a layer against the next above from which on it is local interconnect.
_LOCAL = 5.0

_NO_PLACEMENT = Message("timing-placement", "the design has no placement", "give a placed DEF with --def")
_NO_LAYER_RC = Message(
    "timing-layer-rc",
    "no routing layer of the LEF has both resistance and capacitance",
    "give the technology LEF, or --wire-rc OHM FF per um",
)


def node_positions(graph: PinGraph, lef: Lef | None = None) -> tuple[Float, Float]:
    """Return where each pin lies: two float64 arrays, (num_nodes,), um; NaN for what is not placed.

    Args:
        graph: of a placed netlist.
        lef: of all cells; without it a pin lies where its instance does (its lower left corner).

    Raises:
        InputError: if the netlist has no placement, or the LEF lacks one of its cells.
    """
    netlist, placement = graph.netlist, graph.netlist.placement
    if placement is None:
        raise InputError.of(_NO_PLACEMENT, netlist.source)
    x, y = np.full(graph.num_nodes, np.nan), np.full(graph.num_nodes, np.nan)
    um = 1 / placement.dbu_per_um
    ports = np.flatnonzero(placement.port_placed)
    x[ports], y[ports] = placement.port_x[ports] * um, placement.port_y[ports] * um
    if lef is not None:
        from ..formats.layout import pin_positions

        known = graph.connection_node >= 0
        at = pin_positions(netlist, lef)
        x[graph.connection_node[known]], y[graph.connection_node[known]] = at[0][known], at[1][known]
        return x, y
    inside = graph.node_instance >= 0
    instance = graph.node_instance[inside]
    x[inside] = np.where(placement.placed[instance], placement.x[instance] * um, np.nan)
    y[inside] = np.where(placement.placed[instance], placement.y[instance] * um, np.nan)
    return x, y


def layer_rc(lef: Lef) -> tuple[float, float]:
    """Return resistance in ohm and capacitance in fF per um: the mean over the lower half of the routing layers.

    Short wires, of which most are, run there. Local interconnect, which has five times the resistance of the layer
    above or more, does not count. Both are our choice.

    Raises:
        InputError: if no layer gives both.
    """
    found = [
        (layer.resistance / layer.width, layer.capacitance * layer.width + 2 * (layer.edge_capacitance or 0.0))
        for layer in lef.layers
        if layer.kind == "ROUTING" and layer.resistance and layer.capacitance is not None and layer.width
    ]
    found = [(ohm, load) for ohm, load in found if load > 0]
    if not found:
        raise InputError.of(_NO_LAYER_RC, lef.source)
    while len(found) > 1 and found[0][0] > _LOCAL * found[1][0]:
        found.pop(0)
    lower = found[: max(1, len(found) // 2)]
    return sum(ohm for ohm, _ in lower) / len(lower), sum(load for _, load in lower) / len(lower)


def placement_wires(
    graph: PinGraph, x: Float, y: Float, ohm_per_um: float, ff_per_um: float, *, alpha: float = ALPHA
) -> RcNetwork:
    """Return estimated wires.

    Args:
        graph: the pins.
        x, y: (num_nodes,), um, from :func:`node_positions`; pins without a place lie on their driver.
        ohm_per_um, ff_per_um: of a wire.
        alpha: 0 for the shortest tree, 1 for the shortest ways.
    """
    rows = graph.pins_of_net
    num_pins = len(rows.neighbours)
    pins = rows.neighbours.astype(np.int32)
    parent = np.full(num_pins, -1, np.int64)
    length = np.zeros(num_pins)
    grow_trees(rows.offsets, graph.is_driver[pins], x[pins], y[pins], alpha, parent, length)
    joined = np.flatnonzero(parent >= 0)
    half = 0.5 * ff_per_um * length[joined]
    capacitance = np.zeros(num_pins)
    capacitance += np.bincount(joined, half, num_pins)
    capacitance += np.bincount(parent[joined], half, num_pins)
    return RcNetwork(
        tree_net=np.arange(graph.netlist.num_nets, dtype=np.int32),
        tree_first=rows.offsets[:-1],
        tree_last=rows.offsets[1:],
        capacitance=capacitance,
        pin=pins,
        first=parent[joined].astype(np.int32),
        second=joined.astype(np.int32),
        resistance=ohm_per_um * length[joined],
        source=f"placement, {ohm_per_um:.4g} ohm and {ff_per_um:.4g} fF per um",
    )


@njit(cache=True)
def grow_trees(offsets: Any, drives: Any, x: Any, y: Any, alpha: float, parent: Any, length: Any) -> None:
    """Grow the tree of each net from its first driver; nets without one stay apart.

    Args:
        offsets: (num_nets + 1,): pins of each net.
        drives: bool, (num_pins,).
        x, y: (num_pins,), um; NaN for pins without a place.
        alpha: see above.
        parent: (num_pins,): pin towards the driver; filled, -1 for drivers.
        length: (num_pins,), um: of the wire to the parent; filled.
    """
    largest = 0
    for net in range(len(offsets) - 1):
        largest = max(largest, offsets[net + 1] - offsets[net])
    cost, way = np.empty(largest), np.empty(largest)
    nearest = np.empty(largest, np.int64)
    open_ = np.empty(largest, np.bool_)
    for net in range(len(offsets) - 1):
        begin, count = offsets[net], offsets[net + 1] - offsets[net]
        root = -1
        for i in range(count):
            if drives[begin + i]:
                root = i
                break
        if root < 0:
            continue
        for i in range(count):
            open_[i] = i != root
            nearest[i] = root
            cost[i] = _distance(x, y, begin + i, begin + root)
        way[root] = 0.0
        for _ in range(count - 1):
            best = -1
            for i in range(count):
                if open_[i] and (best < 0 or cost[i] < cost[best]):
                    best = i
            open_[best] = False
            step = _distance(x, y, begin + best, begin + nearest[best])
            parent[begin + best] = begin + nearest[best]
            length[begin + best] = step
            way[best] = way[nearest[best]] + step
            for i in range(count):
                if open_[i]:
                    through = alpha * way[best] + _distance(x, y, begin + i, begin + best)
                    if through < cost[i]:
                        cost[i] = through
                        nearest[i] = best


@njit(cache=True, inline="always")
def _distance(x: Any, y: Any, a: int, b: int) -> float:
    between = abs(x[a] - x[b]) + abs(y[a] - y[b])
    return 0.0 if np.isnan(between) else float(between)

"""What wires add to a design: load on the driver of every net, and delay from it to each load pin.

Where they come from is the caller's choice: nothing, the library's wire loads (a guess from the fan-out), a SPEF file
(:mod:`edasat.eda.timing.parasitics`), or an estimate from the placement (:mod:`edasat.eda.timing.estimate`). None is
chosen silently; a library's ``default_wire_load`` too is only used when asked for.

An RC network is reduced to what the analysis needs: a pi model at its driver that has the same first three admittance
moments (P. O'Brien and T. Savarino, "Modeling the driving-point characteristic of resistive interconnect for accurate
delay estimation", ICCAD 1989), and the Elmore delay to each pin (W. Elmore, J. Appl. Phys. 19, 1948).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.csr import group_values

from ..library import WireLoad
from .graph import NET, PinGraph

Float = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

#: ohm * fF in ns.
OHM_FF: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Lumped:
    """Wires that are capacitance and nothing else.

    Attributes:
        capacitance: float64, (num_nets,), fF.
        source: what they come from, for reports.
    """

    capacitance: Float
    source: str


@dataclass(frozen=True, eq=False)
class RcNetwork:
    """Resistors and capacitors of many nets; nets without any nodes are wires without load or delay.

    Attributes:
        tree_net: int32, (num_trees,): net of each network.
        tree_first, tree_last: int64, (num_trees,): its nodes are ``tree_first[t]:tree_last[t]``.
        capacitance: float64, (num_rc_nodes,), fF to ground; coupling counts as if the other side stood still.
        pin: int32, (num_rc_nodes,): node of the pin graph that lies here, -1 inside the wire.
        first, second: int32, (num_resistors,): network nodes, numbered over all nets.
        resistance: float64, (num_resistors,), ohm.
        source: what they come from, for reports.
    """

    tree_net: Int32
    tree_first: npt.NDArray[np.int64]
    tree_last: npt.NDArray[np.int64]
    capacitance: Float
    pin: Int32
    first: Int32
    second: Int32
    resistance: Float
    source: str


@dataclass(frozen=True, eq=False)
class Loads:
    """What the analysis sees of wires and pins together, for each corner; last columns are the driver's RISE and FALL.

    Attributes:
        total: float64, (corners, num_nets, 2), fF: all capacitance on the net, pins and what hangs on ports included.
        near, far: float64, (corners, num_nets, 2), fF: the pi model's capacitances at the driver and behind its
            resistance; ``near`` is everything where a net is lumped.
        resistance: float64, (corners, num_nets, 2), ohm: of the pi model.
        elmore: float64, (corners, num_edges, 2), ns: Elmore delay along each net edge.
    """

    total: Float
    near: Float
    far: Float
    resistance: Float
    elmore: Float


def no_wires(graph: PinGraph) -> Lumped:
    """Return wires without capacitance."""
    return Lumped(np.zeros(graph.netlist.num_nets), "none")


def wire_load_wires(graph: PinGraph, wire_load: WireLoad, port_loads: Mapping[int, float]) -> Lumped:
    """Return wires with the capacitance of the length that a wire load gives for the fan-out.

    Where ``set_load`` gives the load of a port, the guess for its net is dropped, as OpenSTA does.
    """
    loads = np.flatnonzero(graph.is_load & (graph.node_net >= 0))
    fanout = np.bincount(graph.node_net[loads], minlength=graph.netlist.num_nets)
    lengths = np.array([wire_load.length_at(count) for count in range(int(fanout.max(initial=0)) + 1)])
    capacitance = np.where(fanout > 0, lengths[fanout] * wire_load.capacitance_ff, 0.0)
    for node in port_loads:
        if graph.node_net[node] >= 0:
            capacitance[graph.node_net[node]] = 0.0
    return Lumped(capacitance, f"wire load {wire_load.name}")


@dataclass(frozen=True, eq=False)
class PinLoads:
    """Capacitance of pins and of what hangs on ports, for each corner; it does not change with the wires.

    Attributes:
        pins: float64, (corners, num_nodes, 2), fF.
        nets: float64, (corners, num_nets, 2), fF: sums over the pins of each net.
        differ: the corners are not the same.
    """

    pins: Float
    nets: Float
    differ: bool


def pin_loads(graph: PinGraph, port_loads: Mapping[int, float], num_corners: int = 1) -> PinLoads:
    """Add up the pins of each net.

    Args:
        graph: the pins.
        port_loads: node -> fF outside of a port.
        num_corners: with 2, the first has the smallest capacitances of pins that a library gives a range.
    """
    library = graph.library
    differ = num_corners == 2 and library.pin_capacitance_min is not None
    by_corner = [library.pin_capacitance]
    if differ and library.pin_capacitance_min is not None:
        by_corner.insert(0, library.pin_capacitance_min)
    inside = np.flatnonzero(graph.node_pin >= 0)
    connected = np.flatnonzero(graph.node_net >= 0)
    pins = np.zeros((len(by_corner), graph.num_nodes, 2))
    nets = np.empty((len(by_corner), graph.netlist.num_nets, 2))
    for corner, capacitance in enumerate(by_corner):
        pins[corner, inside] = capacitance[graph.node_pin[inside]]
        for node, load in port_loads.items():
            pins[corner, node] += load
        for rf in range(2):
            nets[corner, :, rf] = np.bincount(
                graph.node_net[connected], pins[corner, connected, rf], graph.netlist.num_nets
            )
    if num_corners == 2 and not differ:
        pins, nets = np.repeat(pins, 2, axis=0), np.repeat(nets, 2, axis=0)
    return PinLoads(pins, nets, differ)


def reduce_wires(graph: PinGraph, wires: Lumped | RcNetwork, loads: PinLoads, fixed: Mapping[int, float]) -> Loads:
    """Put wires and pins together.

    Args:
        graph: the pins.
        wires: of all nets.
        loads: of the pins.
        fixed: net -> fF of its wire, instead of ``wires``.
    """
    shape = loads.nets.shape
    far, resistance = np.zeros(shape), np.zeros(shape)
    elmore = np.zeros((shape[0], graph.num_edges, 2))
    if isinstance(wires, Lumped):
        total = loads.nets + wires.capacitance[:, None]
        near = total.copy()
    else:
        total, near = loads.nets.copy(), loads.nets.copy()
        for corner in range(shape[0]):
            columns = (array[corner] for array in (total, near, far, resistance, elmore))
            if corner == 1 and not loads.differ:
                for array in (total, near, far, resistance, elmore):
                    array[1] = array[0]
            else:
                _reduce_networks(graph, wires, loads.pins[corner], *columns)
    for net, load in fixed.items():
        total[:, net] = near[:, net] = loads.nets[:, net] + load
        far[:, net] = resistance[:, net] = 0.0
        elmore[:, (graph.edge_kind == NET) & (graph.node_net[graph.edge_source] == net)] = 0.0
    return Loads(total, near, far, resistance, elmore)


def _reduce_networks(
    graph: PinGraph,
    network: RcNetwork,
    pin_load: Float,
    total: Float,
    near: Float,
    far: Float,
    resistance: Float,
    elmore: Float,
) -> None:
    num_nodes = len(network.capacitance)
    numbers = np.arange(len(network.first), dtype=np.int32)
    ends = np.concatenate([network.first, network.second])
    offsets, touching = group_values(ends, np.concatenate([numbers, numbers]), num_nodes)
    at_pin = np.full(graph.num_nodes, -1, np.int32)
    with_pin = np.flatnonzero(network.pin >= 0)
    at_pin[network.pin[with_pin]] = with_pin
    drives = np.zeros(num_nodes, np.bool_)
    drives[with_pin] = graph.is_driver[network.pin[with_pin]]
    delay = np.zeros((num_nodes, 2))
    node_load = np.repeat(network.capacitance[:, None], 2, axis=1)
    node_load[with_pin] += pin_load[network.pin[with_pin]]
    _reduce_trees(
        network.tree_net,
        network.tree_first,
        network.tree_last,
        node_load,
        drives,
        offsets,
        touching,
        network.first,
        network.second,
        network.resistance,
        total,
        near,
        far,
        resistance,
        delay,
    )
    edges = np.flatnonzero(graph.edge_kind == NET)
    place = at_pin[graph.edge_target[edges]]
    elmore[edges[place >= 0]] = delay[place[place >= 0]]


@njit(cache=True)
def grow_tree(
    begin: int,
    end: int,
    drives: Any,
    offsets: Any,
    touching: Any,
    first: Any,
    second: Any,
    seen: Any,
    parent: Any,
    resistor: Any,
    queue: Any,
) -> int:
    """Find the tree that a breadth-first search from a net's first driver finds.

    Args:
        begin, end: nodes of the net.
        drives: bool, (num_rc_nodes,): a driver lies here.
        offsets, touching: resistors at each node; ``first``, ``second``: their ends.
        seen: bool, (num_rc_nodes,): filled.
        parent, resistor: (num_rc_nodes,): node towards the driver and resistor to it; filled but for the driver.
        queue: the tree's nodes, the driver first and parents before their children; filled.

    Returns:
        Number of nodes in the tree, 0 without a driver.
    """
    count = 0
    for node in range(begin, end):
        if drives[node]:
            queue[0] = node
            seen[node] = True
            count = 1
            break
    position = 0
    while position < count:
        node = queue[position]
        position += 1
        for at in range(offsets[node], offsets[node + 1]):
            between = touching[at]
            other = second[between] if first[between] == node else first[between]
            if not seen[other]:
                seen[other] = True
                parent[other] = node
                resistor[other] = between
                queue[count] = other
                count += 1
    return count


@njit(cache=True)
def _reduce_trees(
    tree_net: Any,
    tree_first: Any,
    tree_last: Any,
    load: Any,
    drives: Any,
    offsets: Any,
    touching: Any,
    first: Any,
    second: Any,
    ohm: Any,
    total: Any,
    near: Any,
    far: Any,
    resistance: Any,
    delay: Any,
) -> None:
    """Reduce each network, taken as the tree that a breadth-first search from its driver finds."""
    num_nodes = len(load)
    seen = np.zeros(num_nodes, np.bool_)
    parent, resistor = np.full(num_nodes, -1, np.int64), np.full(num_nodes, -1, np.int64)
    above = np.zeros(num_nodes)  # ohm towards the driver
    queue = np.empty(num_nodes, np.int64)
    y1, y2, y3 = np.zeros(num_nodes), np.zeros(num_nodes), np.zeros(num_nodes)
    for tree in range(len(tree_net)):
        begin, end = tree_first[tree], tree_last[tree]
        net = tree_net[tree]
        count = grow_tree(begin, end, drives, offsets, touching, first, second, seen, parent, resistor, queue)
        if count == 0:
            continue
        root = queue[0]
        for i in range(1, count):
            above[queue[i]] = ohm[resistor[queue[i]]]
        for rf in range(2):
            whole = 0.0
            for node in range(begin, end):
                whole += load[node, rf]
            # Admittance moments: each subtree seen through the resistor above it.
            for i in range(count):
                node = queue[i]
                y1[node], y2[node], y3[node] = load[node, rf], 0.0, 0.0
            for i in range(count - 1, 0, -1):
                node = queue[i]
                r, a, b, c = above[node], y1[node], y2[node], y3[node]
                up = parent[node]
                y1[up] += a
                y2[up] += b - r * a * a
                y3[up] += c - 2 * r * a * b + r * r * a * a * a
            delay[root, rf] = 0.0
            for i in range(1, count):
                node = queue[i]
                delay[node, rf] = delay[parent[node], rf] + above[node] * y1[node] * OHM_FF
            total[net, rf] = whole
            lost = whole - y1[root]  # what no resistor connects still loads the driver
            near[net, rf] = whole
            if y2[root] < 0.0 and y3[root] > 0.0:
                behind = y2[root] * y2[root] / y3[root]
                far[net, rf] = behind
                near[net, rf] = y1[root] - behind + lost
                resistance[net, rf] = -y3[root] * y3[root] / (y2[root] * y2[root] * y2[root])

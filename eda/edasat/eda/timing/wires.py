"""What wires add to a design: capacitance on every net, and delay from its driver to each load.

Where they come from is the caller's choice: nothing, the library's wire loads (a guess from the fan-out), a SPEF file,
or an estimate from the placement. None is chosen silently; a library's ``default_wire_load`` too is only used when
asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..library import WireLoad
from .graph import NET, PinGraph

Float = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Wires:
    """Wires of all nets.

    Attributes:
        capacitance: float64, (num_nets,), fF: of the wire alone, without pins.
        delay: float64, (num_edges,), ns: Elmore delay along each net edge, 0 on other edges.
        source: what they come from, for reports.
    """

    capacitance: Float
    delay: Float
    source: str


def no_wires(graph: PinGraph) -> Wires:
    """Return wires without capacitance and delay."""
    return Wires(np.zeros(graph.netlist.num_nets), np.zeros(graph.num_edges), "none")


def wire_load_wires(graph: PinGraph, wire_load: WireLoad) -> Wires:
    """Return lumped wires from a wire load: capacitance from the length that it gives for the fan-out, no delay."""
    loads = np.flatnonzero(graph.is_load & (graph.node_net >= 0))
    fanout = np.bincount(graph.node_net[loads], minlength=graph.netlist.num_nets)
    by_fanout = [
        wire_load.length_at(count) * wire_load.capacitance_ff for count in range(int(fanout.max(initial=0)) + 1)
    ]
    capacitance = np.where(fanout > 0, np.array(by_fanout)[fanout], 0.0)
    return Wires(capacitance, np.zeros(graph.num_edges), f"wire load {wire_load.name}")


def net_loads(graph: PinGraph, wires: Wires, port_loads: dict[int, float], fixed: dict[int, float]) -> Float:
    """Return what the driver of each net sees.

    Args:
        graph: the pins.
        wires: their wires.
        port_loads: node -> fF outside of a port.
        fixed: net -> fF of its wire, instead of ``wires``.

    Returns:
        float64, (num_nets, 2), fF: [RISE or FALL] of the driver; the sum of the wire, of all pins on the net and of
        what hangs on its ports.
    """
    num_nets = graph.netlist.num_nets
    wire = wires.capacitance.copy()
    for net, load in fixed.items():
        wire[net] = load
    inside = np.flatnonzero((graph.node_net >= 0) & (graph.node_pin >= 0))
    result = np.empty((num_nets, 2))
    for rf in range(2):
        caps = graph.library.pin_capacitance[graph.node_pin[inside], rf]
        result[:, rf] = wire + np.bincount(graph.node_net[inside], caps, num_nets)
    for node, load in port_loads.items():
        if graph.node_net[node] >= 0:
            result[graph.node_net[node]] += load
    return result


def net_edges(graph: PinGraph) -> npt.NDArray[np.int64]:
    """Return the edges that are wires, from a driver to a load."""
    return np.flatnonzero(graph.edge_kind == NET)

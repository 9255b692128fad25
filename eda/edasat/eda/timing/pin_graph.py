"""The pins of a timed design as a :class:`edasat.core.graph.Graph`: input and labels of models that predict timing."""

from __future__ import annotations

from typing import Final

import numpy as np

from edasat.core.graph import Array, EdgeSet, Graph, NodeSet
from edasat.core.levels import levelize

from .analysis import Timing
from .design import Design
from .estimate import node_positions
from .graph import LATE, NET

#: Node type and relations.
PIN: Final = "pin"
NET_EDGES: Final = (PIN, "net", PIN)
CELL_EDGES: Final = (PIN, "cell", PIN)
CHECK_EDGES: Final = (PIN, "check", PIN)


def pin_graph(design: Design, timing: Timing) -> Graph:
    """Return the pins of a design, the edges between them, and the times that the analysis found.

    Node type "pin", numbered as in the :class:`~edasat.eda.timing.graph.PinGraph`, with names and levels over the
    edges that are not cut. Arrays, float32 where nothing else is said, NaN where there is nothing to say:

    - ``direction`` (uint8): as seen from the net: 0 driven by it, 1 drives it, 2 both, 3 internal;
    - ``is_port``, ``is_endpoint`` (bool): endpoints have a setup-like check;
    - ``cell``, ``cell_pin`` (int32): rows of the library's cells and pins, -1 for ports;
    - ``capacitance`` (num_pins, 2), fF: of the pin itself, rise and fall;
    - ``load`` (num_pins, 2), fF: what a driver drives, wires included;
    - ``position`` (num_pins, 2), um: x and y, only of placed designs;
    - ``arrival``, ``slew``, ``slack`` (num_pins, 2, 2), ns: [early or late, rise or fall].

    Relations:

    - "net", from driver to load: ``active`` (bool: not cut), ``delay`` (num_edges, 2, 2), ns: [early or late, rise or
      fall];
    - "cell", through a cell: ``arc`` (int32, row of the library), ``kind`` (uint8: 1 combinational, 2 clock to output,
      3 through a latch), ``mask`` (uint8: bits 1 rise to rise, 2 rise to fall, 4 fall to rise, 8 fall to fall; 0 for a
      cut edge), ``delay`` (num_edges, 2, 4), ns: [early or late, the same four pairs];
    - "check", from clock to data pin: ``arc`` (-1: clock gating, which no library arc describes), ``late`` (bool: setup
      and recovery), ``clock_edge`` (uint8: 0 rise, 1 fall), ``margin`` (num_checks, 2), ns, by the edge of the data.
    """
    graph = timing.graph
    library = graph.library
    active = np.flatnonzero(graph.edge_mask)
    levels = levelize(graph.num_nodes, graph.edge_source[active], graph.edge_target[active])
    inside = graph.node_pin >= 0
    is_endpoint = np.zeros(graph.num_nodes, np.bool_)
    is_endpoint[timing.ends.node[timing.ends.early_late == LATE]] = True
    capacitance = np.zeros((graph.num_nodes, 2), np.float32)
    capacitance[inside] = library.pin_capacitance[graph.node_pin[inside]]
    load = np.full((graph.num_nodes, 2), np.nan, np.float32)
    drivers = np.flatnonzero(graph.is_driver & (graph.node_net >= 0))
    load[drivers] = timing.loads.total[-1, graph.node_net[drivers]]
    cell = np.where(inside, np.append(graph.instance_cell, -1)[graph.node_instance], -1)
    arrays: dict[str, Array] = {
        "direction": graph.node_direction,
        "is_port": np.arange(graph.num_nodes) < graph.num_ports,
        "is_endpoint": is_endpoint,
        "cell": cell.astype(np.int32),
        "cell_pin": graph.node_pin,
        "capacitance": capacitance,
        "load": load,
        "arrival": timing.node_arrival().astype(np.float32),
        "slew": _both_corners(np.moveaxis(timing.slew, 0, 1)),
        "slack": timing.node_slack().astype(np.float32),
    }
    if graph.netlist.placement is not None:
        arrays["position"] = np.stack(node_positions(graph, design.lef), axis=1).astype(np.float32)
    names = graph.node_names(np.arange(graph.num_nodes))
    nodes = {PIN: NodeSet(graph.num_nodes, arrays, level=levels.level, names=names)}
    delay = _both_corners(np.moveaxis(timing.edge_delay, 0, 1))
    net, inner = graph.edge_kind == NET, graph.edge_kind != NET
    edges = {
        NET_EDGES: EdgeSet(
            _index(graph.edge_source[net], graph.edge_target[net]),
            {"active": graph.edge_mask[net] != 0, "delay": delay[net][:, :, [0, 3]]},  # rise to rise, fall to fall
        ),
        CELL_EDGES: EdgeSet(
            _index(graph.edge_source[inner], graph.edge_target[inner]),
            {
                "arc": graph.edge_arc[inner],
                "kind": graph.edge_kind[inner],
                "mask": graph.edge_mask[inner],
                "delay": delay[inner],
            },
        ),
        CHECK_EDGES: EdgeSet(
            _index(graph.check_clock, graph.check_data),
            {
                "arc": graph.check_arc,
                "late": graph.check_late,
                "clock_edge": graph.check_edge,
                "margin": timing.margin.astype(np.float32),
            },
        ),
    }
    metadata = {
        "kind": "pins",
        "source": graph.netlist.source,
        "design": graph.netlist.name,
        "library": library.name,
        "cells": library.cells.to_list(),
        "clocks": {clock.name: clock.period for clock in timing.constraints.clocks},
        "wires": timing.wires.source,
    }
    return Graph(nodes, edges, metadata)


def _index(source: Array, target: Array) -> Array:
    return np.stack([source, target]).astype(np.int32)


def _both_corners(times: Array) -> Array:
    """Return (rows, 2, ...) float32 from (rows, corners, ...): one corner stands for both."""
    return np.broadcast_to(times, (len(times), 2, *times.shape[2:])).astype(np.float32)

"""Resistors and capacitors of a SPEF file, put on the nets and pins of a design."""

from __future__ import annotations

import numpy as np

from edasat.core.errors import InputError, Message

from ..formats.spef import NodeKind, Spef
from .graph import PinGraph
from .join import JoinReport
from .wires import RcNetwork

_REDUCED = Message(
    "spef-reduced-only",
    "all {count:,} nets are in reduced form (*R_NET); this analysis needs their networks",
    "write the file with *D_NET sections",
)


def spef_wires(graph: PinGraph, spef: Spef) -> tuple[RcNetwork, JoinReport]:
    """Return the networks of a SPEF file on the nets of a design, and how names met.

    Coupling capacitors count as capacitors to ground. Nets that the file does not have are wires without load; nets in
    reduced form are left out and counted as not matched.

    Raises:
        InputError: if the file holds nothing but reduced nets.
    """
    netlist = graph.netlist
    if not spef.num_nets and len(spef.reduced.nets):
        raise InputError.of(_REDUCED, spef.source, count=len(spef.reduced.nets))
    net = spef.nets.find_in(netlist.nets)
    if len(netlist.alias_names):
        alias = spef.nets.find_in(netlist.alias_names)
        net = np.where(net >= 0, net, np.where(alias >= 0, netlist.alias_net[alias], -1))
    pin = np.full(spef.num_nodes, -1, np.int32)
    at_pin = np.flatnonzero(spef.node_kind == NodeKind.PIN)
    instances = spef.instances.find_in(netlist.instances)
    pin[at_pin] = graph.find_pins(instances[spef.node_name[at_pin]], spef.pins.take(spef.node_pin[at_pin]))
    at_port = np.flatnonzero(spef.node_kind == NodeKind.PORT)
    pin[at_port] = spef.ports.find_in(netlist.ports)[spef.node_name[at_port]]

    capacitance = spef.node_capacitance + np.bincount(spef.coupling_node, spef.coupling_ff, spef.num_nodes)
    join = JoinReport()
    known = np.concatenate([net >= 0, np.zeros(len(spef.reduced.nets), np.bool_)])
    join.add(spef.source, "nets", known, lambda i: spef.nets[i] if i < len(net) else spef.reduced.nets[i - len(net)])
    named = np.concatenate([at_pin, at_port])
    join.add(spef.source, "pins", pin[named] >= 0, lambda i: _node_name(spef, int(named[i])))
    # A net that the design does not have keeps its rows, which then touch nothing.
    kept = np.flatnonzero(net >= 0)
    tree_nodes = np.stack([spef.net_nodes[:-1][kept], spef.net_nodes[1:][kept]])
    return (
        RcNetwork(
            tree_net=net[kept].astype(np.int32),
            tree_first=tree_nodes[0],
            tree_last=tree_nodes[1],
            capacitance=capacitance,
            pin=pin,
            first=spef.resistor_ends[:, 0],
            second=spef.resistor_ends[:, 1],
            resistance=spef.resistor_ohm,
            source=spef.source,
        ),
        join,
    )


def _node_name(spef: Spef, node: int) -> str:
    if spef.node_kind[node] == NodeKind.PORT:
        return spef.ports[int(spef.node_name[node])]
    return f"{spef.instances[int(spef.node_name[node])]}/{spef.pins[int(spef.node_pin[node])]}"

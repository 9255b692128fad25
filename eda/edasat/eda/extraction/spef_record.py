"""From extracted networks to a SPEF record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edasat.core.names import Names

from ..formats.layout import Layout
from ..formats.layout.record import NO_DIRECTION
from ..formats.lef import Lef
from ..formats.spef import Spef
from ..formats.spef.record import NONE, NodeKind, Reduced
from ..library import Direction

if TYPE_CHECKING:
    from .network import Network

#: Behind the point, of fF and ohm: far below what extraction can know, and files stay half as long.
_DIGITS = 6


def to_spef(layout: Layout, lef: Lef, network: Network) -> Spef:
    """Return the networks of all nets that have wires; half of a piece's capacitance stands at either end."""
    trees, pins = network.trees, network.pins
    num_nodes = int(trees.net_nodes[-1])
    has_wires = np.diff(trees.net_nodes) > 0
    kept = np.flatnonzero(has_wires)
    capacitance = np.zeros(num_nodes)
    for end in range(2):
        np.add.at(capacitance, trees.piece_nodes[:, end], network.piece_ff / 2)
    capacitance = np.round(capacitance, _DIGITS)
    net_of_node = np.repeat(np.arange(len(has_wires)), np.diff(trees.net_nodes))

    # Row -1, of nodes that are no pin, says NONE everywhere.
    pin = trees.node_pin
    component, pin_number, lef_pin = (
        np.append(column, NONE)[pin] for column in (pins.component, pins.pin, pins.lef_pin)
    )
    at_pin = pin >= 0
    is_port = at_pin & (component < 0)
    kind = np.where(is_port, NodeKind.PORT, np.where(at_pin, NodeKind.PIN, NodeKind.INTERNAL)).astype(np.int8)
    node_name = np.where(is_port, pin_number, component).astype(np.int32)
    direction = np.full(num_nodes, NONE, np.int8)
    of_cell = lef_pin >= 0
    direction[of_cell] = lef.pin_direction[lef_pin[of_cell]]
    of_port = layout.pins.direction
    port_direction = np.where(of_port == NO_DIRECTION, np.uint8(Direction.INOUT), of_port).astype(np.int8)
    direction[is_port] = port_direction[node_name[is_port]]
    begin = trees.net_nodes[:-1][net_of_node]
    between = trees.piece_nodes[:, 0] != trees.piece_nodes[:, 1]
    joint_owner = np.repeat(np.arange(len(has_wires)), np.diff(trees.net_joints))
    resistor_net = np.concatenate([network.piece_net[between], joint_owner])
    order = np.argsort(resistor_net, kind="stable")
    ends = np.concatenate([trees.piece_nodes[between], trees.joint_nodes])[order]
    ohm = np.concatenate([network.piece_ohm[between], trees.joint_ohm])[order]
    real = ends[:, 0] != ends[:, 1]
    resistors = np.searchsorted(resistor_net[order][real], np.arange(len(has_wires) + 1))
    keep_bounds = np.concatenate([kept, [len(has_wires)]])
    return Spef(
        source=layout.source,
        version="IEEE 1481-1998",
        design=layout.name,
        divider="/",
        delimiter=":",
        bus_delimiter="[]",
        header={"PROGRAM": "edasat timing extract", "DESIGN_FLOW": "PIN_CAP NONE"},
        ports=layout.pins.names,
        port_direction=port_direction,
        instances=layout.components.names,
        pins=layout.nets.pin_names,
        cells=layout.components.masters,
        nets=layout.nets.names.take(kept),
        net_capacitance=np.add.reduceat(capacitance, trees.net_nodes[kept]),
        net_nodes=trees.net_nodes[keep_bounds],
        node_kind=kind,
        node_name=node_name,
        node_pin=np.where(kind == NodeKind.PIN, pin_number, NONE).astype(np.int32),
        node_number=np.where(at_pin, NONE, np.arange(num_nodes) - begin).astype(np.int64),
        node_capacitance=capacitance,
        node_direction=direction,
        node_load=np.full(num_nodes, np.nan),
        node_cell=np.where(kind == NodeKind.PIN, layout.components.master[np.maximum(component, 0)], NONE).astype(
            np.int32
        ),
        node_position=np.full((num_nodes, 2), np.nan),
        net_resistors=resistors[keep_bounds].astype(np.int64),
        resistor_ends=ends[real].astype(np.int32),
        resistor_ohm=np.round(ohm[real], _DIGITS),
        net_couplings=np.zeros(len(kept) + 1, np.int64),
        coupling_node=np.empty(0, np.int32),
        coupling_other=np.empty(0, np.int32),
        coupling_net=np.empty(0, np.int32),
        coupling_ff=np.empty(0),
        reduced=_no_reduced(),
        notes=network.notes,
    )


def _no_reduced() -> Reduced:
    none, offsets = np.empty(0, np.int32), np.zeros(1, np.int64)
    return Reduced(
        nets=Names.of([]),
        net_capacitance=np.empty(0),
        net_drivers=offsets,
        driver_instance=none,
        driver_pin=none,
        driver_port=none,
        driver_cell=none,
        driver_pi=np.empty((0, 3)),
        driver_loads=offsets,
        load_instance=none,
        load_pin=none,
        load_port=none,
        load_rc=np.empty(0),
    )

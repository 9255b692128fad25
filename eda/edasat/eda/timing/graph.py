"""The pin graph that static timing runs on: what a netlist and its cell library say together.

Nodes are pins: first the ports of the design, then every pin of every instance, also unconnected ones, so that the
pins of one instance follow each other in the order of its library cell. Edges carry delay: from a net's driver to each
of its loads, and through a cell from input to output. Checks (setup, hold, recovery, removal) constrain a pin against
a clock pin and are no edges. Edges are kept in the order in which a sweep in topological order reads them. Library arcs
are referred to by number and never copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.csr import Csr, group_edges, group_values
from edasat.core.errors import InputError, Message, Notes
from edasat.core.levels import CycleError, levelize
from edasat.core.names import Names

from ..library import NONE, ArcType, Direction, Library, Sense
from ..netlist import Netlist
from .loops import loop_edges

Int32 = npt.NDArray[np.int32]
Small = npt.NDArray[np.uint8]

RISE: Final = 0
FALL: Final = 1
EARLY: Final = 0
LATE: Final = 1

#: Kinds of edges.
NET: Final = 0
CELL: Final = 1
LAUNCH: Final = 2  # from a register's clock pin to its output: here a clock becomes data
LATCH: Final = 3  # from a transparent latch's data pin to its output

#: Bits of an edge's mask: which edge at the target follows which at the source.
RISE_RISE: Final = 1
RISE_FALL: Final = 2
FALL_RISE: Final = 4
FALL_FALL: Final = 8

_FROM_SENSE: Final = {
    Sense.POSITIVE: RISE_RISE | FALL_FALL,
    Sense.NEGATIVE: RISE_FALL | FALL_RISE,
    Sense.NON_UNATE: RISE_RISE | RISE_FALL | FALL_RISE | FALL_FALL,
}
_TO_RISE: Final = RISE_RISE | FALL_RISE
_TO_FALL: Final = RISE_FALL | FALL_FALL
_FROM_RISE: Final = RISE_RISE | RISE_FALL
_FROM_FALL: Final = FALL_RISE | FALL_FALL

#: Types of delay arcs -> mask they allow. Arcs that are missing here carry no delay: preset and clear arcs are off, as
#: in other timing tools, and so is switching a three-state driver off.
_TYPE_MASK: Final = {
    ArcType.COMBINATIONAL: 15,
    ArcType.COMBINATIONAL_RISE: _TO_RISE,
    ArcType.COMBINATIONAL_FALL: _TO_FALL,
    ArcType.RISING_EDGE: _FROM_RISE,
    ArcType.FALLING_EDGE: _FROM_FALL,
    ArcType.THREE_STATE_ENABLE: 15,
    ArcType.THREE_STATE_ENABLE_RISE: _TO_RISE,
    ArcType.THREE_STATE_ENABLE_FALL: _TO_FALL,
}
_ENABLE_TYPES: Final = (
    ArcType.THREE_STATE_ENABLE,
    ArcType.THREE_STATE_ENABLE_RISE,
    ArcType.THREE_STATE_ENABLE_FALL,
)
#: Sense of an arc that switches a three-state driver on -> mask: which edge does so, to either value.
_FROM_ENABLE_SENSE: Final = {Sense.POSITIVE: _FROM_RISE, Sense.NEGATIVE: _FROM_FALL, Sense.NON_UNATE: 15}
_LAUNCH_TYPES: Final = (ArcType.RISING_EDGE, ArcType.FALLING_EDGE)
#: Checks that timing looks at -> (whether it is a late check, edge of the clock pin).
_CHECKS: Final = {
    ArcType.SETUP_RISING: (LATE, RISE),
    ArcType.SETUP_FALLING: (LATE, FALL),
    ArcType.RECOVERY_RISING: (LATE, RISE),
    ArcType.RECOVERY_FALLING: (LATE, FALL),
    ArcType.HOLD_RISING: (EARLY, RISE),
    ArcType.HOLD_FALLING: (EARLY, FALL),
    ArcType.REMOVAL_RISING: (EARLY, RISE),
    ArcType.REMOVAL_FALLING: (EARLY, FALL),
}

_UNKNOWN_CELLS = Message(
    "timing-unknown-cell",
    "{count} instances of {kinds} cells that no library describes, first {examples}",
    "give the library that holds them with --lib, or --black-boxes to leave them out of the analysis",
)
_UNKNOWN_PINS = Message(
    "timing-unknown-pin",
    "{count} connections to pins that their library cells do not have, first {examples}",
    "netlist and library do not belong together",
)


@dataclass(frozen=True, eq=False)
class PinGraph:
    """Pins, delay edges and checks of one design.

    Attributes:
        netlist: the design.
        library: its cells.
        instance_cell: int32, (num_instances,): row of each instance's cell in ``library``, -1 for a black box.
        instance_node: int32, (num_instances + 1,): first node of each instance.
        node_direction: uint8, (num_nodes,): :class:`edasat.eda.library.Direction` as seen from the net: an input port
            drives its net and is an OUTPUT here, an output port is an INPUT.
        node_net: int32, (num_nodes,): net of each pin, -1 unconnected.
        node_pin: int32, (num_nodes,): row of the pin in ``library``, -1 for ports.
        connection_node: int32, (num_connections,): node of each connection of the netlist, -1 in black boxes.
        edge_source, edge_target: int32, (num_edges,): nodes.
        edge_kind: uint8, (num_edges,): NET, CELL, LAUNCH or LATCH.
        edge_arc: int32, (num_edges,): row of the arc in ``library``, -1 for net edges.
        edge_mask: uint8, (num_edges,): which transitions pass, bits RISE_RISE, RISE_FALL, FALL_RISE, FALL_FALL. An
            edge that constants, ``set_disable_timing`` or the cutting of a loop switched off has 0.
        check_clock, check_data: int32, (num_checks,): nodes.
        check_arc: int32, (num_checks,): row of the arc in ``library``, -1 for a clock gating check that was inferred.
        check_late: bool, (num_checks,): setup and recovery, against hold and removal.
        check_edge: uint8, (num_checks,): RISE or FALL of the clock pin.
        notes: counted warnings.
    """

    netlist: Netlist
    library: Library
    instance_cell: Int32
    instance_node: Int32
    node_direction: Small
    node_net: Int32
    node_pin: Int32
    connection_node: Int32
    edge_source: Int32
    edge_target: Int32
    edge_kind: Small
    edge_arc: Int32
    edge_mask: Small
    check_clock: Int32
    check_data: Int32
    check_arc: Int32
    check_late: npt.NDArray[np.bool_]
    check_edge: Small
    notes: Notes

    @property
    def num_nodes(self) -> int:
        """Number of pins, ports included."""
        return len(self.node_net)

    @property
    def num_edges(self) -> int:
        """Number of delay edges."""
        return len(self.edge_source)

    @property
    def num_checks(self) -> int:
        """Number of timing checks."""
        return len(self.check_clock)

    @property
    def num_ports(self) -> int:
        """Number of ports: they are the first nodes."""
        return self.netlist.num_ports

    @cached_property
    def node_instance(self) -> Int32:
        """int32, (num_nodes,): instance of each pin, -1 for ports."""
        counts = np.diff(self.instance_node)
        inside = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        return np.concatenate([np.full(self.num_ports, -1, np.int32), inside])

    @cached_property
    def is_driver(self) -> npt.NDArray[np.bool_]:
        """bool, (num_nodes,): the pin drives its net."""
        return (self.node_direction == Direction.OUTPUT) | (self.node_direction == Direction.INOUT)

    @cached_property
    def is_load(self) -> npt.NDArray[np.bool_]:
        """bool, (num_nodes,): the pin is driven by its net."""
        return (self.node_direction == Direction.INPUT) | (self.node_direction == Direction.INOUT)

    @cached_property
    def pins_of_net(self) -> Csr:
        """Nodes of each net."""
        nodes = np.flatnonzero(self.node_net >= 0).astype(np.int32)
        return group_edges(self.node_net[nodes], nodes, self.netlist.num_nets)

    def node_name(self, node: int) -> str:
        """Return ``instance/pin``, or the name of a port."""
        if node < self.num_ports:
            return self.netlist.ports[node]
        return f"{self.netlist.instances[int(self.node_instance[node])]}/{self.library.pins[int(self.node_pin[node])]}"

    def node_names(self, nodes: npt.NDArray[Any]) -> list[str]:
        """Return the names of many nodes."""
        return [self.node_name(int(node)) for node in nodes]

    def check_name(self, check: int) -> str:
        """Return what a check is: setup, hold, recovery, removal or clock gating setup or hold."""
        arc = int(self.check_arc[check])
        if arc < 0:
            return "clock gating setup" if self.check_late[check] else "clock gating hold"
        return ArcType(self.library.arc_type[arc]).name.partition("_")[0].lower()

    def find_nodes(self, names: Names) -> Int32:
        """Return the node of each name (``instance/pin`` or a port), -1 where there is none."""
        found = names.find_in(self.netlist.ports)
        if self.netlist.num_instances == 0:
            return found
        instance_names, pin_names = names.split_last("/")
        return np.where(found >= 0, found, self.find_pins(instance_names.find_in(self.netlist.instances), pin_names))

    def find_pins(self, instances: Int32, pins: Names) -> Int32:
        """Return the node of each (instance, pin name), -1 where an instance is -1 or has no such pin."""
        return _match_pins(self.library, instances, self.instance_cell, self.instance_node, pins)


def build_graph(netlist: Netlist, library: Library, *, black_boxes: bool = False) -> PinGraph:
    """Join a netlist with its library.

    Args:
        netlist: the design.
        library: its cells; :func:`edasat.eda.library.merge` makes one of several files.
        black_boxes: leave instances of unknown cells out instead of refusing them; those without a connection, such
            as fillers and taps, are left out anyway.

    Raises:
        InputError: if instances or pins are unknown to the library.
    """
    notes = Notes()
    cell_of_master = netlist.cells.find_in(library.cells)
    instance_cell = cell_of_master[netlist.instance_cell]
    connections = np.diff(np.concatenate([[0], np.cumsum(netlist.pin_net >= 0)])[netlist.pin_offsets])
    unknown = np.flatnonzero((instance_cell < 0) & (connections > 0))
    if len(unknown):
        masters = np.unique(netlist.instance_cell[unknown])
        examples = ", ".join(
            f"'{netlist.instances[int(i)]}' of '{netlist.cells[int(netlist.instance_cell[i])]}'" for i in unknown[:3]
        )
        if not black_boxes:
            raise InputError.of(
                _UNKNOWN_CELLS, netlist.source, count=f"{len(unknown):,}", kinds=len(masters), examples=examples
            )
        notes.add("timing-black-box", f"instances of unknown cells left out, first {examples}", times=len(unknown))

    pin_counts = np.append(np.diff(library.cell_pins), 0)[instance_cell]  # a black box, -1, takes the last: 0
    instance_node = np.empty(netlist.num_instances + 1, np.int32)
    instance_node[0] = netlist.num_ports
    np.cumsum(pin_counts, out=instance_node[1:])
    instance_node[1:] += netlist.num_ports
    num_nodes = int(instance_node[-1])

    node_pin = np.full(num_nodes, -1, np.int32)
    first_pin = np.append(library.cell_pins[:-1], 0)[instance_cell]
    node_pin[netlist.num_ports :] = _ranges(first_pin, pin_counts)
    node_direction = np.empty(num_nodes, np.uint8)
    turned = np.array([Direction.OUTPUT, Direction.INPUT, Direction.INOUT, Direction.INTERNAL], np.uint8)
    node_direction[: netlist.num_ports] = turned[netlist.port_direction]
    node_direction[netlist.num_ports :] = library.pin_direction[node_pin[netlist.num_ports :]]

    node_net = np.full(num_nodes, -1, np.int32)
    node_net[: netlist.num_ports] = netlist.port_net
    owner = np.repeat(np.arange(netlist.num_instances, dtype=np.int32), np.diff(netlist.pin_offsets))
    nodes = _match_pins(library, owner, instance_cell, instance_node, netlist.pin_names, netlist.pin_name)
    lost = np.flatnonzero((nodes < 0) & (instance_cell[owner] >= 0) & (netlist.pin_net >= 0))
    if len(lost):
        examples = ", ".join(
            f"'{netlist.instances[int(owner[i])]}/{netlist.pin_names[int(netlist.pin_name[i])]}'" for i in lost[:3]
        )
        raise InputError.of(_UNKNOWN_PINS, netlist.source, count=f"{len(lost):,}", examples=examples)
    node_net[nodes[nodes >= 0]] = netlist.pin_net[nodes >= 0]

    masks, kinds = arc_masks(library)
    arc_counts = np.append(np.diff(library.cell_arcs), 0)[instance_cell]
    arcs = _ranges(np.append(library.cell_arcs[:-1], 0)[instance_cell], arc_counts)
    shift = np.repeat(instance_node[:-1] - first_pin, arc_counts)  # from a row of the library to a node
    arc_source = (library.arc_from[arcs] + shift).astype(np.int32)
    arc_target = (library.arc_to[arcs] + shift).astype(np.int32)
    delays = masks[arcs] != 0
    net_source, net_target = _net_edges(node_net, node_direction, netlist.num_nets)
    late, clock_edge = _check_kinds(library)
    checks = late[arcs] != NONE
    edge_source = np.concatenate([net_source, arc_source[delays]])
    edge_target = np.concatenate([net_target, arc_target[delays]])
    edge_kind = np.concatenate([np.full(len(net_source), NET, np.uint8), kinds[arcs][delays]])
    edge_arc = np.concatenate([np.full(len(net_source), -1, np.int32), arcs[delays]])
    edge_mask = np.concatenate([np.full(len(net_source), RISE_RISE | FALL_FALL, np.uint8), masks[arcs][delays]])
    sweep = _sweep_order(num_nodes, edge_source, edge_target)

    return PinGraph(
        netlist=netlist,
        library=library,
        instance_cell=instance_cell,
        instance_node=instance_node,
        node_direction=node_direction,
        node_net=node_net,
        node_pin=node_pin,
        connection_node=nodes,
        edge_source=edge_source[sweep],
        edge_target=edge_target[sweep],
        edge_kind=edge_kind[sweep],
        edge_arc=edge_arc[sweep],
        edge_mask=edge_mask[sweep],
        check_clock=arc_source[checks],
        check_data=arc_target[checks],
        check_arc=arcs[checks],
        check_late=late[arcs][checks] == LATE,
        check_edge=clock_edge[arcs][checks],
        notes=notes,
    )


def _sweep_order(num_nodes: int, source: Int32, target: Int32) -> npt.NDArray[np.int64]:
    """Return the edges in the order in which a sweep over the pins reads them, so that it runs through memory."""
    acyclic = np.ones(len(source), np.bool_)
    try:
        levels = levelize(num_nodes, source, target)
    except CycleError:
        acyclic[loop_edges(num_nodes, source, target)] = False
        levels = levelize(num_nodes, source[acyclic], target[acyclic])
    position = np.empty(num_nodes, np.int64)
    position[levels.order] = np.arange(num_nodes)
    return group_values(position[target], np.arange(len(target), dtype=np.int64), num_nodes)[1].astype(np.int64)


def arc_masks(library: Library) -> tuple[Small, Small]:
    """Return, for each library arc, the transitions that pass (0 for checks and unused types) and the edge kind."""
    by_type = np.zeros(max(ArcType) + 1, np.uint8)
    for arc_type, mask in _TYPE_MASK.items():
        by_type[arc_type] = mask
    by_sense = np.array([_FROM_SENSE[Sense(i)] for i in range(3)], np.uint8)
    by_enable_sense = np.array([_FROM_ENABLE_SENSE[Sense(i)] for i in range(3)], np.uint8)
    launch = np.isin(library.arc_type, _LAUNCH_TYPES)
    enable = np.isin(library.arc_type, _ENABLE_TYPES)
    sense = np.where(enable, by_enable_sense[library.arc_sense], by_sense[library.arc_sense])
    masks = by_type[library.arc_type] & np.where(launch, 15, sense)
    masks[library.arc_tables[:, 0] == NONE] &= 15 ^ _TO_RISE  # without a table there is no such transition
    masks[library.arc_tables[:, 1] == NONE] &= 15 ^ _TO_FALL
    kinds = np.where(launch, LAUNCH, CELL).astype(np.uint8)
    for cell, groups in library.sequential.items():
        if library.cell_clock_gate[cell] or all(group.kind != "latch" for group in groups):
            continue
        rows = slice(int(library.cell_arcs[cell]), int(library.cell_arcs[cell + 1]))
        triggers = set(library.arc_from[rows][launch[rows]].tolist())
        transparent = (kinds[rows] == CELL) & ~np.isin(library.arc_from[rows], list(triggers))
        kinds[rows][transparent] = LATCH
    return masks.astype(np.uint8), kinds


def _check_kinds(library: Library) -> tuple[npt.NDArray[np.int8], Small]:
    """Return, for each library arc, LATE, EARLY or NONE for arcs that are no checks, and the clock pin's edge."""
    late = np.full(max(ArcType) + 1, NONE, np.int8)
    edge = np.zeros(max(ArcType) + 1, np.uint8)
    for arc_type, (is_late, clock_edge) in _CHECKS.items():
        late[arc_type] = is_late
        edge[arc_type] = clock_edge
    return late[library.arc_type], edge[library.arc_type]


def _match_pins(
    library: Library,
    instances: Int32,
    instance_cell: Int32,
    instance_node: Int32,
    pins: Names,
    pin_of: Int32 | None = None,
) -> Int32:
    """Find the node of pairs (instance, pin name): a pair (cell, pin name) becomes one number that is searched for.

    ``pins`` has one name for each pair, or ``pin_of`` says which of the names each pair has.
    """
    different, library_pin = library.pins.unique()
    cell_of_pin = np.repeat(np.arange(library.num_cells, dtype=np.int64), np.diff(library.cell_pins))
    keys = cell_of_pin * len(different) + library_pin
    order = np.argsort(keys)
    numbers = pins.find_in(different)
    if pin_of is not None:
        numbers = numbers[pin_of]
    cells = np.where(instances >= 0, instance_cell[instances], -1)
    wanted = cells.astype(np.int64) * len(different) + numbers
    place = np.minimum(np.searchsorted(keys, wanted, sorter=order), max(0, len(keys) - 1))
    if not len(keys):
        return np.full(len(instances), -1, np.int32)
    row = order[place]
    good = (keys[row] == wanted) & (cells >= 0) & (numbers >= 0)
    nodes = instance_node[instances] + row - library.cell_pins[cells]
    return np.where(good, nodes, -1).astype(np.int32)


def _ranges(starts: npt.NDArray[Any], counts: npt.NDArray[Any]) -> Int32:
    """Return ``starts[0] .. starts[0] + counts[0] - 1, starts[1] ..`` as one array."""
    offsets = np.cumsum(counts) - counts
    return (np.arange(int(counts.sum())) + np.repeat(starts - offsets, counts)).astype(np.int32)


def _net_edges(node_net: Int32, direction: Small, num_nets: int) -> tuple[Int32, Int32]:
    """Return source and target of an edge for each (driver, load) of each net, net by net."""
    connected = node_net >= 0
    drives = np.flatnonzero(connected & np.isin(direction, (Direction.OUTPUT, Direction.INOUT))).astype(np.int32)
    loads = np.flatnonzero(connected & np.isin(direction, (Direction.INPUT, Direction.INOUT))).astype(np.int32)
    driver_rows = group_edges(node_net[drives], drives, num_nets)
    load_rows = group_edges(node_net[loads], loads, num_nets)
    driver_net = np.repeat(np.arange(num_nets), np.diff(driver_rows.offsets))
    load_counts = np.diff(load_rows.offsets)[driver_net]
    source = np.repeat(driver_rows.neighbours, load_counts).astype(np.int32)
    target = load_rows.neighbours[_ranges(load_rows.offsets[:-1][driver_net], load_counts)].astype(np.int32)
    different = source != target  # an inout pin does not drive itself
    return source[different], target[different]

"""DEF and SPEF text of a placed netlist of edasat45: for the shipped examples, where both are committed.

Wires are spanning trees in rectilinear distance with one bend per branch, horizontal on met3 and vertical on met2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..formats.layout import ORIENTATIONS, pin_positions
from ..formats.lef import read_lef
from ..library import Direction
from ..netlist import Netlist
from .catalogue import CELLS
from .lef import DBU_PER_UM, LAYERS, ROW_HEIGHT_DBU, SITE, SITE_WIDTH_DBU, VIA_OHM, lef_text
from .place import MARGIN_DBU

_DIRECTIONS: Final = {Direction.INPUT: "INPUT", Direction.OUTPUT: "OUTPUT", Direction.INOUT: "INOUT"}
_PORT_LAYER: Final = "met3"
_PORT_HALF_DBU: Final = 80
_BUS_BIT: Final = re.compile(r"\[\d+\]$")
_HORIZONTAL, _VERTICAL = LAYERS[2], LAYERS[1]
#: Of the vias that each segment needs, from met1 up to the layers of the wires.
_VIAS_OHM: Final = VIA_OHM[0] + VIA_OHM[1]


def def_text(netlist: Netlist) -> str:
    """Return a placed netlist as DEF 5.8: rows, components, pins and nets, without wires."""
    return "\n".join(_def(netlist)) + "\n"


def _def(netlist: Netlist) -> Iterator[str]:
    placement = netlist.placement
    assert placement is not None
    width, height = placement.die[2:]
    columns = (width - 2 * MARGIN_DBU) // SITE_WIDTH_DBU
    yield "VERSION 5.8 ;"
    yield 'DIVIDERCHAR "/" ;'
    yield 'BUSBITCHARS "[]" ;'
    yield f"DESIGN {netlist.name} ;"
    yield f"UNITS DISTANCE MICRONS {DBU_PER_UM} ;"
    yield f"DIEAREA ( 0 0 ) ( {width} {height} ) ;"
    for row in range((height - 2 * MARGIN_DBU) // ROW_HEIGHT_DBU):
        y = MARGIN_DBU + row * ROW_HEIGHT_DBU
        turn = "FS" if row % 2 else "N"
        yield f"ROW ROW_{row} {SITE} {MARGIN_DBU} {y} {turn} DO {columns} BY 1 STEP {SITE_WIDTH_DBU} 0 ;"
    cells, instances = netlist.cells.to_list(), [_escaped_def(name) for name in netlist.instances.to_list()]
    yield f"COMPONENTS {len(instances)} ;"
    for name, cell, x, y, turn in zip(
        instances, netlist.instance_cell, placement.x, placement.y, placement.orientation, strict=True
    ):
        yield f"- {name} {cells[cell]} + PLACED ( {x} {y} ) {ORIENTATIONS[turn]} ;"
    yield "END COMPONENTS"
    nets = [_escaped_def(name, bus=True) for name in netlist.nets.to_list()]
    ports = [_escaped_def(name, bus=True) for name in netlist.ports.to_list()]
    yield f"PINS {len(ports)} ;"
    for name, net, direction, x, y in zip(
        ports, netlist.port_net, netlist.port_direction, placement.port_x, placement.port_y, strict=True
    ):
        yield f"- {name} + NET {nets[net]} + DIRECTION {_DIRECTIONS[Direction(direction)]} + USE SIGNAL"
        half = _PORT_HALF_DBU
        yield f"  + LAYER {_PORT_LAYER} ( {-half} {-half} ) ( {half} {half} ) + PLACED ( {x} {y} ) N ;"
    yield "END PINS"
    yield f"NETS {len(nets)} ;"
    pins = netlist.pin_names.to_list()
    owner = np.repeat(np.arange(netlist.num_instances), np.diff(netlist.pin_offsets))
    for net, name in enumerate(nets):
        ends = [f"( PIN {ports[port]} )" for port in np.flatnonzero(netlist.port_net == net)]
        ends += [
            f"( {instances[owner[i]]} {pins[netlist.pin_name[i]]} )" for i in np.flatnonzero(netlist.pin_net == net)
        ]
        yield f"- {name} {' '.join(ends)} + USE SIGNAL ;"
    yield "END NETS"
    yield "END DESIGN"


def spef_text(netlist: Netlist) -> str:
    """Return the wires of a placed netlist as SPEF (IEEE Std 1481-2009); every net with two pins or more has a tree."""
    return "\n".join(_spef(netlist)) + "\n"


def _spef(netlist: Netlist) -> Iterator[str]:
    yield '*SPEF "IEEE 1481-1998"'
    yield f'*DESIGN "{netlist.name}"'
    # No time of day: equal designs give equal files. OpenSTA wants every line of the header, in this order.
    yield '*DATE "Thu Jan  1 00:00:00 1970"'
    yield '*VENDOR "edasat"'
    yield '*PROGRAM "edasat.tools.timing_examples"'
    yield '*VERSION "1"'
    yield '*DESIGN_FLOW "PIN_CAP NONE" "NAME_SCOPE LOCAL"'
    yield "*DIVIDER /"
    yield "*DELIMITER :"
    yield "*BUS_DELIMITER [ ]"
    yield "*T_UNIT 1 PS"
    yield "*C_UNIT 1 FF"
    yield "*R_UNIT 1 OHM"
    yield "*L_UNIT 1 HENRY"
    instances, nets, ports = netlist.instances.to_list(), netlist.nets.to_list(), netlist.ports.to_list()
    yield "*NAME_MAP"
    for number, name in enumerate(nets, 1):
        yield f"*{number} {_escaped_spef(name, bus=True)}"
    for number, name in enumerate(instances, 1 + len(nets)):
        yield f"*{number} {_escaped_spef(name)}"
    io = {Direction.INPUT: "I", Direction.OUTPUT: "O", Direction.INOUT: "B"}
    yield "*PORTS"
    for name, direction in zip(ports, netlist.port_direction, strict=True):
        yield f"{_escaped_spef(name, bus=True)} {io[Direction(direction)]}"
    owner = np.repeat(np.arange(netlist.num_instances), np.diff(netlist.pin_offsets))
    pins, cells = netlist.pin_names.to_list(), netlist.cells.to_list()
    outputs = {(cell.name, pin.name) for cell in CELLS for pin in cell.pins if pin.direction == "output"}
    placement = netlist.placement
    assert placement is not None
    lef = read_lef(lef_text().encode())
    x, y = (np.rint(um * DBU_PER_UM).astype(np.int64) for um in pin_positions(netlist, lef))
    for net in range(len(nets)):
        ends = []
        for port in np.flatnonzero(netlist.port_net == net):
            where = int(placement.port_x[port]), int(placement.port_y[port])
            ends.append(
                _End("*P", _escaped_spef(ports[port], bus=True), io[Direction(netlist.port_direction[port])], *where)
            )
        for i in np.flatnonzero(netlist.pin_net == net):
            cell, pin = cells[netlist.instance_cell[owner[i]]], pins[netlist.pin_name[i]]
            drives = (cell, pin) in outputs
            name = f"*{1 + len(nets) + owner[i]}:{pin}"
            ends.append(_End("*I", name, "O" if drives else "I", int(x[i]), int(y[i]), cell if drives else ""))
        if len(ends) > 1:
            yield from _wires(net + 1, ends)


class _End(NamedTuple):
    """One end of a net, as in its *CONN section; position in database units, the driver's cell."""

    kind: str
    name: str
    direction: str
    x: int
    y: int
    cell: str = ""

    def line(self) -> str:
        place = f"{self.kind} {self.name} {self.direction} *C {self.x / DBU_PER_UM:.3f} {self.y / DBU_PER_UM:.3f}"
        return f"{place} *D {self.cell}" if self.cell else place


def _wires(number: int, ends: list[_End]) -> Iterator[str]:
    """Give the section of one net: half of each segment's capacitance at each of its two nodes."""
    nodes = [end.name for end in ends]
    capacitance = [0.0] * len(nodes)
    resistors = []
    for a, b in _spanning_tree(np.array([(end.x, end.y) for end in ends], np.int64)):
        corner = len(nodes)
        nodes.append(f"*{number}:{corner - len(ends) + 1}")
        capacitance.append(0.0)
        across, up = abs(ends[a].x - ends[b].x) / DBU_PER_UM, abs(ends[a].y - ends[b].y) / DBU_PER_UM
        for node, length, layer in ((a, across, _HORIZONTAL), (b, up, _VERTICAL)):
            for at in (node, corner):
                capacitance[at] += length * layer.ff_per_um / 2
            resistors.append((node, corner, length * layer.ohm_per_um + _VIAS_OHM))
    yield ""
    yield f"*D_NET *{number} {sum(capacitance):.5f}"
    yield "*CONN"
    yield from (end.line() for end in ends)
    yield "*CAP"
    for index, (name, value) in enumerate(zip(nodes, capacitance, strict=True), 1):
        yield f"{index} {name} {value:.5f}"
    yield "*RES"
    for index, (start, end, value) in enumerate(resistors, 1):
        yield f"{index} {nodes[start]} {nodes[end]} {value:.3f}"
    yield "*END"


def _spanning_tree(points: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the edges of a minimum spanning tree in rectilinear distance, from the first point on (Prim 1957)."""
    edges = []
    nearest = np.zeros(len(points), np.int64)
    distance = np.abs(points - points[0]).sum(1)
    outside = np.ones(len(points), np.bool_)
    outside[0] = False
    for _ in range(len(points) - 1):
        new = int(np.argmin(np.where(outside, distance, np.iinfo(np.int64).max)))
        edges.append((int(nearest[new]), new))
        outside[new] = False
        closer = np.abs(points - points[new]).sum(1)
        nearest = np.where(closer < distance, new, nearest)
        distance = np.minimum(distance, closer)
    return edges


def _escaped_def(name: str, *, bus: bool = False) -> str:
    r"""Escape brackets, which mean bus bits in DEF; those of a real bus bit at the end of the name stay.

    >>> print(_escaped_def("lane[0].unit/q[3]", bus=True), _escaped_def("ra[0]_reg"))
    lane\[0\].unit/q[3] ra\[0\]_reg
    """
    return _escaped(r"([\[\]\\])", name, bus)


def _escaped_spef(name: str, *, bus: bool = False) -> str:
    r"""Escape what is neither letter, digit, underscore nor divider, as SPEF asks for.

    >>> print(_escaped_spef("lane[0].unit/q[3]", bus=True))
    lane\[0\]\.unit/q[3]
    """
    return _escaped(r"([^A-Za-z0-9_/])", name, bus)


def _escaped(special: str, name: str, bus: bool) -> str:
    found = _BUS_BIT.search(name) if bus else None
    tail = found[0] if found else ""
    return re.sub(special, r"\\\1", name[: len(name) - len(tail)]) + tail

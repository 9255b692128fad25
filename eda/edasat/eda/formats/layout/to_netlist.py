"""From a layout to a netlist with its placement."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.csr import group_edges
from edasat.core.errors import Notes
from edasat.core.names import Names
from edasat.eda.library import Direction
from edasat.eda.netlist import Netlist, Placement

from ..lef.record import USES
from .record import NO_DIRECTION, NONE, Layout, Pins, Status
from .transform import turn_boxes

Int32 = npt.NDArray[np.int32]

#: Ending that DEF reserves for further places of a pin.
_EXTRA: Final = re.compile(r"\.extra\d*$")
_SUPPLIES: Final = (USES.index("POWER"), USES.index("GROUND"))


def to_netlist(layout: Layout) -> Netlist:
    """Return the netlist that a layout holds.

    Special nets (power) and their connections are left out, and of the design's pins those for power and ground and
    the further places of a pin (``clk.extra1``). A pin without a direction counts as bidirectional. A net of NETS used
    for power or ground is the constant 1 or 0.
    """
    nets, pins = layout.nets, layout.pins
    notes = Notes()
    num_nets = int(np.count_nonzero(~nets.special))
    end = int(nets.offsets[num_nets])
    to_component = np.flatnonzero(nets.component[:end] >= 0)
    net_of = np.repeat(np.arange(num_nets, dtype=np.int32), np.diff(nets.offsets[: num_nets + 1]))
    grouped = group_edges(nets.component[to_component], net_of[to_component], len(layout.components))
    pin_name, pin_names = _used(nets.pin[to_component][grouped.edges], nets.pin_names)

    extra = np.array([_EXTRA.search(name) is not None for name in pins.names], bool)
    ports = np.flatnonzero(~np.isin(pins.use, _SUPPLIES) & ~extra)
    direction = pins.direction[ports]
    unknown = direction == NO_DIRECTION
    notes.add("def-pin-direction", "pins without DIRECTION taken as bidirectional", layout.source, int(unknown.sum()))
    constant = np.full(num_nets, -1, np.int8)
    for value, use in ((1, "POWER"), (0, "GROUND")):
        constant[nets.use[:num_nets] == USES.index(use)] = value
    port_net = pins.net[ports]
    return Netlist(
        name=layout.name,
        source=layout.source,
        ports=pins.names.take(ports),
        port_direction=np.where(unknown, np.uint8(Direction.INOUT), direction),
        port_net=np.where(port_net < num_nets, port_net, np.int32(NONE)),
        instances=layout.components.names,
        instance_cell=layout.components.master,
        cells=layout.components.masters,
        pin_offsets=grouped.offsets,
        pin_name=pin_name,
        pin_net=grouped.neighbours.astype(np.int32),
        pin_names=pin_names,
        nets=nets.names.take(np.arange(num_nets)),
        net_constant=constant,
        placement=_placement(layout, ports),
        notes=notes,
    )


def _used(number: Int32, table: Names) -> tuple[Int32, Names]:
    """Leave out the names that no number refers to (pins of power)."""
    used, renumbered = np.unique(number, return_inverse=True)
    return renumbered.astype(np.int32), table.take(used)


def _placement(layout: Layout, ports: npt.NDArray[np.intp]) -> Placement:
    components = layout.components
    x, y, placed = pin_places(layout.pins)
    return Placement(
        dbu_per_um=layout.dbu_per_um,
        die=layout.die,
        x=components.x,
        y=components.y,
        orientation=components.orientation,
        placed=components.status != Status.UNPLACED,
        port_x=x[ports],
        port_y=y[ports],
        port_placed=placed[ports],
    )


def pin_places(pins: Pins) -> tuple[Int32, Int32, npt.NDArray[np.bool_]]:
    """Return the middle of the shapes of each pin's first placed port, and whether it has one.

    Returns:
        x and y, int32, and placed, bool, each (num_pins,); a port without shapes stands for its own point.
    """
    box = np.zeros((len(pins.port_pin), 4), np.int64)
    if len(pins.shape_port):
        first = np.flatnonzero(np.diff(pins.shape_port, prepend=-1))
        owner = pins.shape_port[first]
        box[owner, :2] = np.minimum.reduceat(pins.shape_box[:, :2], first)
        box[owner, 2:] = np.maximum.reduceat(pins.shape_box[:, 2:], first)
    box = turn_boxes(box, pins.port_orientation)
    middle = (box[:, :2] + box[:, 2:]) // 2 + np.stack([pins.port_x, pins.port_y], axis=1)
    place = np.zeros((len(pins), 2), np.int32)
    placed = np.zeros(len(pins), bool)
    rows = np.flatnonzero(pins.port_status != Status.UNPLACED)[::-1]  # backwards: the first port of a pin stays
    place[pins.port_pin[rows]] = middle[rows]
    placed[pins.port_pin[rows]] = True
    return place[:, 0].copy(), place[:, 1].copy(), placed

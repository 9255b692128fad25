"""A layout as DEF gives it: components, pins, nets and routed wires, as arrays.

All coordinates are in database units, ``dbu_per_um`` of them to the micrometre. Names are canonical
(:mod:`edasat.core.names`); every table is numbered from 0 in the order of the file, and -1 (:data:`NONE`) stands for
"none" in number columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.errors import Notes
from edasat.core.names import Names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edasat.eda.netlist import Netlist

Int32 = npt.NDArray[np.int32]
Small = npt.NDArray[np.uint8]

#: Orientations as DEF writes them; their position is the number used in all records (LEF/DEF 5.8 reference, "Specifying
#: orientation").
ORIENTATIONS: Final = ("N", "W", "S", "E", "FN", "FW", "FS", "FE")

#: ``SHAPE`` of special wires; position 0 stands for none.
SHAPES: Final = (
    "", "RING", "PADRING", "BLOCKRING", "STRIPE", "FOLLOWPIN", "IOWIRE", "COREWIRE", "BLOCKWIRE", "BLOCKAGEWIRE",
    "FILLWIRE", "FILLWIREOPC", "DRCFILL",
)  # fmt: skip

NONE: Final = -1  # no net, no rule, layer unknown, extension not given
ANY_COMPONENT: Final = -2  # `( * VDD )`: that pin of every component
TAPER: Final = -2  # TAPER: back to the layer's default width, whatever rule the net has
NO_DIRECTION: Final = 255  # the pin has no DIRECTION (qrouter leaves it out)


class Status(IntEnum):
    """How far a component or pin is placed."""

    UNPLACED = 0
    PLACED = 1
    FIXED = 2
    COVER = 3


class WireStatus(IntEnum):
    """The word before a wire."""

    ROUTED = 0
    FIXED = 1
    COVER = 2
    NOSHIELD = 3
    SHIELD = 4


class WireKind(IntEnum):
    """What one row of :class:`Wiring` is."""

    SEGMENT = 0  # a wire between two points
    VIA = 1  # a via at a point
    RECT = 2  # a patch of metal
    VIRTUAL = 3  # a connection without metal (DEF 5.8)


class Row(NamedTuple):
    """A ``ROW`` of placement sites."""

    name: str
    site: str
    x: int
    y: int
    orientation: int
    num_x: int
    num_y: int
    step_x: int
    step_y: int


class Tracks(NamedTuple):
    """A ``TRACKS`` statement: ``num`` lines at ``start + i * step``, vertical ones for axis X."""

    axis: str
    start: int
    num: int
    step: int
    layers: tuple[str, ...]


class Via(NamedTuple):
    """A via that the layout defines itself.

    Attributes:
        name: as routes call it.
        rects: (layer, x1, y1, x2, y2) around the via's origin; polygons stand as their bounding boxes.
        rule: LEF via rule that generates it, or "".
        parameters: of the rule: numbers behind CUTSIZE, CUTSPACING, ENCLOSURE, ROWCOL, ORIGIN, OFFSET.
        layers: of the rule: bottom, cut, top.
    """

    name: str
    rects: tuple[tuple[str, int, int, int, int], ...] = ()
    rule: str = ""
    layers: tuple[str, ...] = ()
    parameters: Mapping[str, tuple[int, ...]] = {}

    @property
    def num_cuts(self) -> int:
        """Number of cuts of a generated via; 0 when the rectangles must say."""
        rows, columns = self.parameters.get("ROWCOL", (1, 1))
        return rows * columns if self.rule else 0


@dataclass(frozen=True, eq=False)
class Components:
    """Placed instances of library cells.

    Attributes:
        names: all different.
        masters: names of the cells used, all different.
        master: int32, (num_components,): position in ``masters``.
        x, y: int32, (num_components,): lower left corner after orientation; 0 when unplaced.
        orientation: uint8, (num_components,): position in :data:`ORIENTATIONS`.
        status: uint8, (num_components,): :class:`Status`.
    """

    names: Names
    masters: Names
    master: Int32
    x: Int32
    y: Int32
    orientation: Small
    status: Small

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Pins:
    """Pins of the design. A pin has one or more ports (places), a port one or more shapes.

    Attributes:
        names: all different.
        net: int32, (num_pins,): position in the layout's nets.
        direction: uint8, (num_pins,): :class:`edasat.eda.library.Direction`, or :data:`NO_DIRECTION`.
        use: uint8, (num_pins,): position in :data:`edasat.eda.formats.lef.USES`.
        port_pin: int32, (num_ports,): rising.
        port_x, port_y: int32, (num_ports,).
        port_orientation, port_status: uint8, (num_ports,), as for components.
        shape_port: int32, (num_shapes,): rising.
        shape_layer: int32, (num_shapes,): position in the layout's layers.
        shape_box: int32, (num_shapes, 4): x1, y1, x2, y2 relative to the port, before orientation.
    """

    names: Names
    net: Int32
    direction: Small
    use: Small
    port_pin: Int32
    port_x: Int32
    port_y: Int32
    port_orientation: Small
    port_status: Small
    shape_port: Int32
    shape_layer: Int32
    shape_box: Int32

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Nets:
    """Nets and, behind them, special nets; a name may stand once among each.

    Attributes:
        names: of all nets.
        special: bool, (num_nets,): from ``SPECIALNETS``.
        use: uint8, (num_nets,): position in :data:`edasat.eda.formats.lef.USES`.
        rule: int32, (num_nets,): position in the layout's ``rules``, or NONE.
        offsets: int64, (num_nets + 1,): connections of net ``i`` are the rows ``offsets[i]:offsets[i + 1]``.
        component: int32, (num_connections,): component, NONE for a pin of the design, ANY_COMPONENT for ``*``.
        pin: int32, (num_connections,): position in ``pin_names``; for a pin of the design, its number.
        pin_names: names of component pins, all different.
    """

    names: Names
    special: npt.NDArray[np.bool_]
    use: Small
    rule: Int32
    offsets: npt.NDArray[np.int64]
    component: Int32
    pin: Int32
    pin_names: Names

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Wiring:
    """Wires of all nets: paths, and the rows that each is made of, in the order of the file.

    Attributes:
        path_net: int32, (num_paths,): rising.
        path_layer: int32, (num_paths,): layer that the path begins on.
        path_width: int32, (num_paths,): width of a special wire, 0 for the default of layer and rule.
        path_status: uint8, (num_paths,): :class:`WireStatus`.
        path_shape: uint8, (num_paths,): position in :data:`SHAPES`.
        path_rule: int32, (num_paths,): position in the layout's ``rules`` (``TAPERRULE``), TAPER, or NONE: the net's.
        path: int32, (num_rows,): path of each row, rising.
        kind: uint8, (num_rows,): :class:`WireKind`.
        layer: int32, (num_rows,): layer of the row; of a via the one it is reached on. NONE behind a via whose layers
            are not known: pass the technology LEF to the reader.
        x1, y1, x2, y2: int32, (num_rows,): ends of a segment, corners of a patch, twice the place of a via.
        extension1, extension2: int32, (num_rows,): how far a segment goes on beyond its ends; NONE: half the width
            for nets, 0 for special nets.
        via: int32, (num_rows,): position in the layout's ``vias``, NONE for other kinds.
    """

    path_net: Int32
    path_layer: Int32
    path_width: Int32
    path_status: Small
    path_shape: Small
    path_rule: Int32
    path: Int32
    kind: Small
    layer: Int32
    x1: Int32
    y1: Int32
    x2: Int32
    y2: Int32
    extension1: Int32
    extension2: Int32
    via: Int32

    def __len__(self) -> int:
        return len(self.path)

    def keep_nets(self, keep: npt.NDArray[np.bool_]) -> Wiring:
        """Return the wires of the nets marked in ``keep``, bool, (num_nets,)."""
        paths = keep[self.path_net]
        rows = paths[self.path]
        new_number = np.cumsum(paths, dtype=np.int32) - np.int32(1)
        columns = {name: column[paths if name.startswith("path_") else rows] for name, column in vars(self).items()}
        columns["path"] = new_number[columns["path"]]
        return Wiring(**columns)


@dataclass(frozen=True, eq=False)
class Layout:
    """One DEF file.

    Attributes:
        name: of the design.
        source: path of the file.
        version: of the format, as written.
        divider, bus_bit_characters: as written; names in the record have ``/`` and ``[]`` in any case.
        dbu_per_um: database units per um.
        die: x1, y1, x2, y2 of the die's bounding box; zeros when the file gives none.
        die_points: int32, (n, 2): corners as written, two for a rectangle.
        rows, tracks: of the floorplan.
        layers: names of the layers that pins, wires, tracks and vias use, all different.
        vias: names of the vias that wires use or the file defines, all different.
        via_definitions: vias that the file defines, the first ones of ``vias``.
        rules: names of the non-default rules, all different; widths stand in ``rule_widths``.
        rule_widths: for each rule that the file defines, width by layer name.
        components, pins, nets, wiring: the tables.
        skipped: items of sections that were counted and not read, by section.
        notes: counted warnings.
    """

    name: str
    source: str
    version: str
    divider: str
    bus_bit_characters: str
    dbu_per_um: int
    die: tuple[int, int, int, int]
    die_points: Int32
    rows: tuple[Row, ...]
    tracks: tuple[Tracks, ...]
    layers: Names
    vias: Names
    via_definitions: tuple[Via, ...]
    rules: Names
    rule_widths: Mapping[str, Mapping[str, int]]
    components: Components
    pins: Pins
    nets: Nets
    wiring: Wiring
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)

    def without_routing(self) -> Layout:
        """Return the layout without the wires of its nets; those of special nets (power) stay."""
        return replace(self, wiring=self.wiring.keep_nets(self.nets.special))

    def routed_length(self) -> npt.NDArray[np.int64]:
        """Return the length of the segments of each net, centre line to centre line: int64, (num_nets,)."""
        wires = self.wiring
        metal = wires.kind == WireKind.SEGMENT
        length = np.abs(wires.x2[metal] - wires.x1[metal]) + np.abs(wires.y2[metal] - wires.y1[metal])
        net = wires.path_net[wires.path[metal]]
        return np.bincount(net, length, len(self.nets)).astype(np.int64)

    def netlist(self) -> Netlist:
        """Return components, nets and signal pins as a netlist with its placement; see :mod:`.to_netlist`."""
        from .to_netlist import to_netlist

        return to_netlist(self)

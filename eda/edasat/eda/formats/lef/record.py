"""Technology and cells as LEF gives them.

Units: um, ohm, fF. LEF counts capacitance in pF; it is converted on reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.errors import Notes
from edasat.core.names import Names

Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]

#: What a pin or net is for; its position is the number in ``use`` columns of LEF and DEF records.
USES: Final = ("SIGNAL", "POWER", "GROUND", "CLOCK", "TIEOFF", "ANALOG", "SCAN", "RESET")


class Layer(NamedTuple):
    """A layer; None where the file says nothing.

    Attributes:
        kind: ROUTING, CUT, MASTERSLICE, OVERLAP or IMPLANT.
        direction: HORIZONTAL, VERTICAL, DIAG45 or DIAG135 of a routing layer, else "".
        pitch: um, of vertical tracks (along x) and of horizontal ones (along y).
        width: um, default width of wires, or of a cut.
        spacing: um, the least anywhere.
        thickness, height: um; height of the bottom above the substrate.
        resistance: ohm per square of a routing layer; ohm per cut of a cut layer.
        capacitance: fF per um2 of wire to the ground.
        edge_capacitance: fF per um of wire edge.
    """

    name: str
    kind: str = ""
    direction: str = ""
    pitch: tuple[float, float] | None = None
    width: float | None = None
    spacing: float | None = None
    thickness: float | None = None
    height: float | None = None
    resistance: float | None = None
    capacitance: float | None = None
    edge_capacitance: float | None = None


class LefVia(NamedTuple):
    """A fixed via, or one that a via rule generates.

    Attributes:
        layers: from the bottom up: routing, cut, routing.
        rects: (layer, x1, y1, x2, y2) in um around the origin.
        resistance: ohm for the whole via, None when the cut layer says it.
        default: whether routers may take it without a rule.
    """

    name: str
    layers: tuple[str, ...]
    rects: tuple[tuple[str, float, float, float, float], ...] = ()
    resistance: float | None = None
    default: bool = False


class ViaRule(NamedTuple):
    """A ``VIARULE ... GENERATE``: layers in the order of the file, and ohm per cut if given."""

    name: str
    layers: tuple[str, ...]
    resistance: float | None = None


class Site(NamedTuple):
    """A placement site; um."""

    name: str
    kind: str
    width: float
    height: float


@dataclass(frozen=True, eq=False)
class Lef:
    """One or more LEF files: technology, cells or both.

    Pins of macro ``m`` are the rows ``macro_pins[m]:macro_pins[m + 1]`` of the pin columns, shapes of pin ``p`` the
    rows ``pin_shapes[p]:pin_shapes[p + 1]`` of the shape columns.

    Attributes:
        source: paths of the files.
        dbu_per_um: ``DATABASE MICRONS``; 0 when not given.
        manufacturing_grid: um, or None.
        layers: in the order of the file, from the substrate up.
        vias, via_rules, sites: of the technology.
        macros: names, all different.
        macro_size: float64, (num_macros, 2): width and height in um.
        macro_class, macro_symmetry, macro_site: words as written ("CORE", "X Y", ""); for each macro.
        macro_obstructions: int32, (num_macros,): shapes under OBS.
        macro_pins: int32, (num_macros + 1,).
        pins: names of all pins, macro by macro.
        pin_direction: uint8, (num_pins,): :class:`edasat.eda.library.Direction`; INPUT where not given, as LEF says.
        pin_use: uint8, (num_pins,): position in :data:`USES`.
        pin_x, pin_y: float64, (num_pins,): middle of the pin's shapes in um from the macro's lower left corner as
            drawn (``ORIGIN`` added); NaN without shapes.
        pin_shapes: int32, (num_pins + 1,).
        shape_layer: int32, (num_shapes,): position in ``layer_names``.
        shape_box: float64, (num_shapes, 4): x1, y1, x2, y2 in um from the lower left corner; polygons stand as their
            bounding boxes.
        layer_names: layers of pin shapes, all different.
        notes: counted warnings.
    """

    source: str
    dbu_per_um: int
    manufacturing_grid: float | None
    layers: tuple[Layer, ...]
    vias: tuple[LefVia, ...]
    via_rules: tuple[ViaRule, ...]
    sites: tuple[Site, ...]
    macros: Names
    macro_size: Float
    macro_class: tuple[str, ...]
    macro_symmetry: tuple[str, ...]
    macro_site: tuple[str, ...]
    macro_obstructions: Int32
    macro_pins: Int32
    pins: Names
    pin_direction: npt.NDArray[np.uint8]
    pin_use: npt.NDArray[np.uint8]
    pin_x: Float
    pin_y: Float
    pin_shapes: Int32
    shape_layer: Int32
    shape_box: Float
    layer_names: Names
    notes: Notes = field(default_factory=Notes)

    @property
    def num_macros(self) -> int:
        """Number of macros."""
        return len(self.macros)

    @property
    def num_pins(self) -> int:
        """Number of pins over all macros."""
        return len(self.pins)

    def layer(self, name: str) -> Layer | None:
        """Return a layer by its name."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def find_pins(self, macro: Int32, names: Names, name: Int32) -> Int32:
        """Return the row of a pin for each pair of a macro and a name.

        Args:
            macro: int32, (n,): macros.
            names: names of pins.
            name: int32, (n,): position in ``names``.

        Returns:
            int32, (n,): row of the pin columns, -1 where the macro has no such pin.
        """
        different, number = self.pins.unique()
        owner = np.repeat(np.arange(self.num_macros, dtype=np.int64), np.diff(self.macro_pins))
        keys = owner * len(different) + number
        order = np.argsort(keys)
        wanted_name = names.find_in(different)[name]
        wanted = macro.astype(np.int64) * len(different) + wanted_name
        place = np.searchsorted(keys, wanted, sorter=order)
        row = np.append(order, -1)[place].astype(np.int32)
        found = (wanted_name >= 0) & (np.append(keys, -1)[row] == wanted)
        return np.where(found, row, np.int32(-1))

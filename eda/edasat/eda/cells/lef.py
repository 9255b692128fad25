"""LEF text of edasat45: layers with resistance and capacitance, the site, the cells' pins (LEF/DEF 5.8 reference)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from .catalogue import CELLS, Cell, Pin

DBU_PER_UM: Final = 1000
SITE: Final = "edasat45_site"
#: All sizes are in database units of 1 nm.
SITE_WIDTH_DBU: Final = 200
ROW_HEIGHT_DBU: Final = 1600
_RAIL_DBU: Final = 160  # height of a supply rail, half of it inside the row
_PIN_DBU: Final = (80, 400)  # width and height of a pin's shape


@dataclass(frozen=True)
class Layer:
    """A routing layer; a wire of one um has ``ohm_per_square / width`` ohm and the capacitance of :meth:`ff_per_um`.

    Attributes:
        width, pitch: um.
        ohm_per_square: sheet resistance.
        area_ff, edge_ff: capacitance to other layers, fF per um2 of area and per um of each edge.
    """

    name: str
    direction: Literal["HORIZONTAL", "VERTICAL"]
    width: float
    pitch: float
    ohm_per_square: float
    area_ff: float
    edge_ff: float

    @property
    def ohm_per_um(self) -> float:
        """Resistance of a wire of minimum width, ohm per um."""
        return self.ohm_per_square / self.width

    @property
    def ff_per_um(self) -> float:
        """Capacitance of a wire of minimum width, fF per um."""
        return self.area_ff * self.width + 2 * self.edge_ff


LAYERS: Final = (
    Layer("met1", "HORIZONTAL", 0.08, 0.16, 0.38, 0.090, 0.066),
    Layer("met2", "VERTICAL", 0.08, 0.16, 0.28, 0.062, 0.068),
    Layer("met3", "HORIZONTAL", 0.08, 0.16, 0.28, 0.050, 0.064),
    Layer("met4", "VERTICAL", 0.14, 0.28, 0.21, 0.042, 0.070),
)
#: Resistance of one cut between neighbouring layers, ohm.
VIA_OHM: Final = (5.0, 5.0, 3.0)

_HEADER: Final = """\
# edasat45: a small cell library for examples, demonstrations and tests. It describes no real process.
# Written by `python -m edasat.eda.cells`.
#
# Copyright The edasat developers. SPDX-License-Identifier: Apache-2.0
"""


def lef_text() -> str:
    """Return technology and cells as one LEF file; every call gives the same bytes."""
    lines = [*_technology(), *(line for cell in CELLS for line in _macro(cell)), "END LIBRARY"]
    return _HEADER + "\n".join(lines) + "\n"


def _technology() -> Iterator[str]:
    yield "VERSION 5.8 ;"
    yield 'BUSBITCHARS "[]" ;'
    yield 'DIVIDERCHAR "/" ;'
    yield "UNITS"
    yield "  RESISTANCE OHMS 1 ;"
    yield "  CAPACITANCE PICOFARADS 1 ;"
    yield f"  DATABASE MICRONS {DBU_PER_UM} ;"
    yield "END UNITS"
    yield "MANUFACTURINGGRID 0.005 ;"
    for number, layer in enumerate(LAYERS):
        yield f"LAYER {layer.name}"
        yield "  TYPE ROUTING ;"
        yield f"  DIRECTION {layer.direction} ;"
        yield f"  PITCH {layer.pitch:.3f} ;"
        yield f"  WIDTH {layer.width:.3f} ;"
        yield f"  SPACING {layer.pitch - layer.width:.3f} ;"
        yield f"  RESISTANCE RPERSQ {layer.ohm_per_square:.4f} ;"
        yield f"  CAPACITANCE CPERSQDIST {layer.area_ff / 1000:.8f} ;"
        yield f"  EDGECAPACITANCE {layer.edge_ff / 1000:.8f} ;"
        yield f"END {layer.name}"
        if number < len(VIA_OHM):
            yield f"LAYER via{number + 1}"
            yield "  TYPE CUT ;"
            yield "  SPACING 0.080 ;"
            yield f"  RESISTANCE {VIA_OHM[number]:.2f} ;"
            yield f"END via{number + 1}"
    for number in range(1, len(LAYERS)):
        yield f"VIA via{number}_default DEFAULT"
        for name, side in ((f"met{number}", 80), (f"via{number}", 70), (f"met{number + 1}", 80)):
            yield f"  LAYER {name} ;"
            yield f"    RECT {_around(0, 0, side, side)} ;"
        yield f"END via{number}_default"
    yield f"SITE {SITE}"
    yield "  CLASS CORE ;"
    yield "  SYMMETRY Y ;"
    yield f"  SIZE {_um(SITE_WIDTH_DBU)} BY {_um(ROW_HEIGHT_DBU)} ;"
    yield f"END {SITE}"


def signal_pins(cell: Cell) -> list[Pin]:
    """Return the pins of a cell that wires go to."""
    return [pin for pin in cell.pins if pin.direction != "internal"]


def pin_centre(cell: Cell, name: str) -> tuple[int, int]:
    """Return the middle of a pin's shape in an unrotated cell, database units.

    Pins stand in the middle of a site, spread over the width, in steps from bottom to top.
    """
    signals = signal_pins(cell)
    number = next(i for i, pin in enumerate(signals) if pin.name == name)
    site = int((number + 0.5) * cell.sites / len(signals))
    return site * SITE_WIDTH_DBU + SITE_WIDTH_DBU // 2, 500 + 250 * (number % 3)


def _macro(cell: Cell) -> Iterator[str]:
    width = cell.sites * SITE_WIDTH_DBU
    signals = signal_pins(cell)
    yield f"MACRO {cell.name}"
    yield f"  CLASS CORE{'' if signals else ' SPACER'} ;"
    yield "  ORIGIN 0 0 ;"
    yield f"  SIZE {_um(width)} BY {_um(ROW_HEIGHT_DBU)} ;"
    yield "  SYMMETRY X Y ;"
    yield f"  SITE {SITE} ;"
    for pin in signals:
        x, y = pin_centre(cell, pin.name)
        use = "CLOCK" if pin.attributes.get("clock") == "true" else "SIGNAL"
        yield from _pin(pin.name, pin.direction.upper(), use, _around(x, y, *_PIN_DBU))
    for name, use, y in (("VDD", "POWER", ROW_HEIGHT_DBU), ("VSS", "GROUND", 0)):
        yield from _pin(name, "INOUT", use, _around(width // 2, y, width, _RAIL_DBU), shape="ABUTMENT")
    yield f"END {cell.name}"


def _pin(name: str, direction: str, use: str, rect: str, shape: str = "") -> Iterator[str]:
    yield f"  PIN {name}"
    yield f"    DIRECTION {direction} ;"
    yield f"    USE {use} ;"
    if shape:
        yield f"    SHAPE {shape} ;"
    yield "    PORT"
    yield "      LAYER met1 ;"
    yield f"        RECT {rect} ;"
    yield "    END"
    yield f"  END {name}"


def _around(x: int, y: int, width: int, height: int) -> str:
    """Return a rectangle around a point as LEF writes it."""
    return " ".join(_um(v) for v in (x - width // 2, y - height // 2, x + width // 2, y + height // 2))


def _um(dbu: int) -> str:
    return f"{dbu / DBU_PER_UM:.3f}"

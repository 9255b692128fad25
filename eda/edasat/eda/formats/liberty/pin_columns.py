"""Attributes of pins to columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...library import Direction, Units
from .cells import Cells
from .document import Float, Int32, concatenated_ranges
from .header import Header
from .pins import Pins

_DIRECTIONS: Final = {
    "input": Direction.INPUT,
    "output": Direction.OUTPUT,
    "inout": Direction.INOUT,
    "internal": Direction.INTERNAL,
}
_UNKNOWN: Final = len(_DIRECTIONS)


@dataclass(frozen=True)
class PinColumns:
    """What is known of each pin; arrays as in the library record."""

    direction: npt.NDArray[np.uint8]
    capacitance: Float
    capacitance_min: Float | None
    max_capacitance: Float
    max_transition: Float
    is_clock: npt.NDArray[np.bool_]
    function: list[str]
    three_state: list[str]


def read_pin_columns(header: Header, units: Units, cells: Cells, pins: Pins) -> PinColumns:
    """Read the attributes of all pins.

    Raises:
        InputError: for a pin without direction, a value that is no number, and the like.
    """
    return _ColumnReader(header, cells, pins).read(units)


class _ColumnReader:
    """Fills columns from the statements in pin groups."""

    def __init__(self, header: Header, cells: Cells, pins: Pins) -> None:
        self.header = header
        self.document = header.document
        self.cells = cells
        self.pins = pins
        counts = np.array([len(bits) for bits in pins.bits], np.int64)
        self._ends = np.cumsum(counts)
        self._starts = self._ends - counts
        self._bits = np.array([bit for bits in pins.bits for bit in bits], np.int64)
        self._group = np.full(len(self.document.parent) + 1, -1, np.int32)  # the last entry: in no group
        groups = np.array(pins.groups, np.int32)
        self._group[groups] = np.arange(len(groups))
        self._inner = self._group[self.document.parent[groups]] >= 0  # groups in a bus or bundle

    def read(self, units: Units) -> PinColumns:
        """Read all columns."""
        direction = self._direction()
        capacitance, capacitance_min = self._capacitance(units.capacitance_ff, direction)
        is_clock = np.zeros(len(direction), bool)
        rows = self._rows("clock")
        self._fill(is_clock, rows, self.document.booleans(rows))
        return PinColumns(
            direction=direction,
            capacitance=capacitance,
            capacitance_min=capacitance_min,
            max_capacitance=self._numbers("max_capacitance", np.nan, units.capacitance_ff),
            max_transition=self._numbers("max_transition", np.nan, units.time_ns),
            is_clock=is_clock,
            function=self._texts("function"),
            three_state=self._texts("three_state"),
        )

    def _direction(self) -> npt.NDArray[np.uint8]:
        direction = np.full(len(self.pins.names), _UNKNOWN, np.uint8)
        rows = self._rows("direction")
        words = self.document.texts(rows)
        for row, word in zip(rows.tolist(), words, strict=True):
            if word not in _DIRECTIONS:
                self.document.fail("liberty-direction", row, value=True, token=word)
        self._fill(direction, rows, np.array([_DIRECTIONS[word] for word in words], np.uint8))
        unknown = np.flatnonzero(direction == _UNKNOWN)
        if len(unknown):
            pin = int(unknown[0])
            row = next(row for row, bits in zip(self.pins.groups, self.pins.bits, strict=True) if pin in bits)
            cell = self.cells.names[self.cells.of(np.array([row], np.int32))[0]]
            self.document.fail("liberty-direction-missing", row, token=self.pins.names[pin], cell=cell)
        return direction

    def _capacitance(self, unit: float, direction: npt.NDArray[np.uint8]) -> tuple[Float, Float | None]:
        """Return the capacitances of rise and fall, and their lower bounds if any pin has one.

        What holds, from the weakest: the library's default, ``capacitance``, the upper end of the range of an edge,
        the capacitance of an edge.
        """
        default = np.zeros(len(_DIRECTIONS))
        for word in ("input", "output", "inout"):
            default[_DIRECTIONS[word]] = self.header.number(f"default_{word}_pin_cap", 0.0) * unit
        plain = self._numbers("capacitance", default[direction], unit)
        edges, bounds = [], []
        for edge in ("rise", "fall"):
            least, most = self._ranges(f"{edge}_capacitance_range", unit)
            edges.append(self._numbers(f"{edge}_capacitance", np.where(np.isnan(most), plain, most), unit))
            bounds.append(np.where(np.isnan(least), edges[-1], least))
        given = len(self._rows("rise_capacitance_range")) + len(self._rows("fall_capacitance_range"))
        return np.column_stack(edges), np.column_stack(bounds) if given else None

    def _ranges(self, name: str, unit: float) -> tuple[Float, Float]:
        """Return both ends of a range, NaN where a pin has none."""
        least, most = np.full(len(self.pins.names), np.nan), np.full(len(self.pins.names), np.nan)
        rows = self._rows(name)
        offsets, found = self.document.number_lists(rows)
        for row, count in zip(rows.tolist(), np.diff(offsets).tolist(), strict=True):
            if count != 2:
                self.document.fail("liberty-arguments", row, name=name, expected="two numbers")
        self._fill(least, rows, found[0::2] * unit)
        self._fill(most, rows, found[1::2] * unit)
        return least, most

    def _numbers(self, name: str, default: Float | float, unit: float) -> Float:
        column = np.broadcast_to(default, len(self.pins.names)).astype(np.float64)
        rows = self._rows(name)
        self._fill(column, rows, self.document.floats(rows) * unit)
        return column

    def _texts(self, name: str) -> list[str]:
        column = np.full(len(self.pins.names), "", object)
        rows = self._rows(name)
        self._fill(column, rows, np.array(self.document.texts(rows), object))
        return list(column)

    def _rows(self, name: str) -> Int32:
        """Return the rows of an attribute of pins; those in a bus or bundle first, which the others overrule."""
        rows = self.document.rows(name)
        groups = self._group[self.document.parent[rows]]
        rows, groups = rows[groups >= 0], groups[groups >= 0]
        return rows[np.argsort(self._inner[groups], kind="stable")]

    def _fill(self, column: npt.NDArray[Any], rows: Int32, values: npt.NDArray[Any]) -> None:
        """Set the pins that each row speaks of."""
        groups = self._group[self.document.parent[rows]]
        starts, ends = self._starts[groups], self._ends[groups]
        column[self._bits[concatenated_ranges(starts, ends)]] = np.repeat(values, ends - starts)

"""A cell library: pins, timing arcs and delay tables of every cell, as arrays.

The record knows nothing of the file it came from; :mod:`edasat.eda.formats.liberty` reads it. Everything is stored
once per library cell; a design refers to cells, pins and arcs by number, so that a design of a million cells costs no
copy of any table.

Units everywhere: ns, fF, ohm, um2, V, degrees Celsius. A file's own units are converted on reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.errors import Notes
from edasat.core.names import Names

if TYPE_CHECKING:
    from collections.abc import Mapping

Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]
Small = npt.NDArray[np.uint8]

#: Stands for "no table", "no pin" and the like in number columns.
NONE: Final = -1


class Direction(IntEnum):
    """Direction of a pin or port."""

    INPUT = 0
    OUTPUT = 1
    INOUT = 2
    INTERNAL = 3


class Sense(IntEnum):
    """Which edge at the output follows which at the input (``timing_sense``)."""

    POSITIVE = 0
    NEGATIVE = 1
    NON_UNATE = 2


class ArcType(IntEnum):
    """``timing_type`` of an arc; those from ``SETUP_RISING`` on are checks, not delays."""

    COMBINATIONAL = 0
    COMBINATIONAL_RISE = 1
    COMBINATIONAL_FALL = 2
    RISING_EDGE = 3
    FALLING_EDGE = 4
    PRESET = 5
    CLEAR = 6
    THREE_STATE_ENABLE = 7
    THREE_STATE_ENABLE_RISE = 8
    THREE_STATE_ENABLE_FALL = 9
    THREE_STATE_DISABLE = 10
    THREE_STATE_DISABLE_RISE = 11
    THREE_STATE_DISABLE_FALL = 12
    SETUP_RISING = 20
    SETUP_FALLING = 21
    HOLD_RISING = 22
    HOLD_FALLING = 23
    RECOVERY_RISING = 24
    RECOVERY_FALLING = 25
    REMOVAL_RISING = 26
    REMOVAL_FALLING = 27
    SKEW_RISING = 28
    SKEW_FALLING = 29
    NON_SEQ_SETUP_RISING = 30
    NON_SEQ_SETUP_FALLING = 31
    NON_SEQ_HOLD_RISING = 32
    NON_SEQ_HOLD_FALLING = 33
    MIN_PULSE_WIDTH = 34
    MINIMUM_PERIOD = 35
    NOCHANGE = 36
    MAX_CLOCK_TREE_PATH = 37
    MIN_CLOCK_TREE_PATH = 38
    OTHER = 39

    @property
    def is_check(self) -> bool:
        """Whether the arc constrains its pin instead of driving it."""
        return self >= ArcType.SETUP_RISING


@dataclass(frozen=True)
class Units:
    """What one of a file's units is in ours; SDC files that go with a library use the same."""

    time_ns: float = 1.0
    capacitance_ff: float = 1000.0
    resistance_ohm: float = 1000.0
    voltage_v: float = 1.0


@dataclass(frozen=True)
class Thresholds:
    """Where on the waveform delays and slews are measured, as fractions of the supply (Liberty: percent)."""

    input_rise: float = 0.5
    input_fall: float = 0.5
    output_rise: float = 0.5
    output_fall: float = 0.5
    slew_lower_rise: float = 0.2
    slew_upper_rise: float = 0.8
    slew_lower_fall: float = 0.2
    slew_upper_fall: float = 0.8
    slew_derate: float = 1.0


@dataclass(frozen=True)
class WireLoad:
    """A ``wire_load`` group: the wire of a net estimated from its fan-out alone.

    Attributes:
        capacitance_ff: fF per unit of length.
        resistance_ohm: ohm per unit of length.
        area, slope: per unit of length; length per fan-out beyond the table.
        fanout, length: the table ``fanout_length``, rising in fan-out.
    """

    name: str
    capacitance_ff: float
    resistance_ohm: float
    area: float
    slope: float
    fanout: tuple[int, ...]
    length: tuple[float, ...]

    def length_at(self, fanout: int) -> float:
        """Return the length for a fan-out: between two table rows by interpolation, beyond the last by the slope.

        >>> WireLoad("w", 1.0, 0.0, 0.0, 5.0, (1, 3), (10.0, 20.0)).length_at(2)
        15.0
        """
        if not self.fanout:
            return self.slope * fanout
        if fanout <= self.fanout[0]:
            return self.length[0]
        if fanout >= self.fanout[-1]:
            return self.length[-1] + self.slope * (fanout - self.fanout[-1])
        return float(np.interp(fanout, self.fanout, self.length))


@dataclass(frozen=True)
class Sequential:
    """An ``ff`` or ``latch`` group (also their bank forms) as written; the expressions name pins of the cell."""

    kind: Literal["ff", "latch"]
    state: str
    state_inverted: str
    next_state: str = ""  # data_in of a latch
    clock: str = ""  # clocked_on of a flip-flop, enable of a latch
    clear: str = ""
    preset: str = ""


class Table(NamedTuple):
    """One delay, transition or constraint table.

    Attributes:
        first: float64, (n1,): input transition in ns (of the clock or related pin, for a check).
        second: float64, (n2,): load in fF; for a check the transition of the constrained pin in ns.
        values: float64, (n1, n2), ns.
    """

    first: Float
    second: Float
    values: Float


@dataclass(frozen=True, eq=False)
class Library:
    """All cells of one Liberty file at one corner.

    Pins of cell ``c`` are the rows ``cell_pins[c]:cell_pins[c + 1]`` of the pin columns, its arcs the rows
    ``cell_arcs[c]:cell_arcs[c + 1]`` of the arc columns. A bus pin stands as its bits, ``A[3]`` to ``A[0]``; power
    and ground pins (``pg_pin``) are left out.

    Attributes:
        name: name of the library.
        source: path of the file.
        thresholds: delay and slew thresholds.
        default_max_transition: ns, or None.
        operating_condition: (process, voltage in V, temperature in degrees Celsius).
        wire_loads: by name.
        default_wire_load: name of the wire load that the library asks for when nothing else is said, or "".
        cells: names, all different.
        cell_area: float64, (num_cells,), um2.
        cell_dont_use: bool, (num_cells,).
        cell_clock_gate: bool, (num_cells,): has a ``clock_gating_integrated_cell`` attribute.
        sequential: by cell number, the flip-flops or latches of a cell; cells without any are absent.
        cell_pins: int32, (num_cells + 1,).
        pins: names of all pins, cell by cell.
        pin_direction: uint8, (num_pins,): :class:`Direction`.
        pin_capacitance: float64, (num_pins, 2), fF: rise, fall (``capacitance`` where a file gives no rise or fall).
        pin_max_capacitance: float64, (num_pins,), fF, NaN when not given.
        pin_max_transition: float64, (num_pins,), ns, NaN when not given.
        pin_is_clock: bool, (num_pins,).
        pin_function: ``function`` of output pins as written, "" elsewhere.
        pin_three_state: ``three_state`` as written, "" elsewhere.
        cell_arcs: int32, (num_cells + 1,).
        arc_from: int32, (num_arcs,): row of the related pin.
        arc_to: int32, (num_arcs,): row of the pin that the ``timing`` group stands in.
        arc_type: uint8, (num_arcs,): :class:`ArcType`.
        arc_sense: uint8, (num_arcs,): :class:`Sense`; where the file gives none, from ``function`` for combinational
            arcs, else NON_UNATE.
        arc_when: ``when`` as written, "" for unconditional arcs.
        arc_sdf_cond: ``sdf_cond`` as written.
        arc_tables: int32, (num_arcs, 4): numbers of the tables cell_rise, cell_fall, rise_transition,
            fall_transition; of a check: rise_constraint, fall_constraint, NONE, NONE.
        table_offsets: int64, (num_tables,): first number of each table in ``table_data``.
        table_shape: int32, (num_tables, 2): n1, n2 (a missing axis has one entry, 0).
        table_data: float64: of each table n1 first-axis entries, n2 second-axis entries, n1 * n2 values row by row.
        skipped: groups that were counted and not read (CCS, OCV, power), by name.
        notes: counted warnings.
        pin_capacitance_min: float64, (num_pins, 2), fF: lower end of ``rise_capacitance_range`` and
            ``fall_capacitance_range``, which the earliest arrival is computed with, ``pin_capacitance`` where a pin has
            none; None for a library without any.
        default_max_capacitance: fF, or None.
        units: of the file.
    """

    name: str
    source: str
    thresholds: Thresholds
    default_max_transition: float | None
    operating_condition: tuple[float, float, float]
    wire_loads: Mapping[str, WireLoad]
    default_wire_load: str
    cells: Names
    cell_area: Float
    cell_dont_use: npt.NDArray[np.bool_]
    cell_clock_gate: npt.NDArray[np.bool_]
    sequential: Mapping[int, tuple[Sequential, ...]]
    cell_pins: Int32
    pins: Names
    pin_direction: Small
    pin_capacitance: Float
    pin_max_capacitance: Float
    pin_max_transition: Float
    pin_is_clock: npt.NDArray[np.bool_]
    pin_function: tuple[str, ...]
    pin_three_state: tuple[str, ...]
    cell_arcs: Int32
    arc_from: Int32
    arc_to: Int32
    arc_type: Small
    arc_sense: Small
    arc_when: tuple[str, ...]
    arc_sdf_cond: tuple[str, ...]
    arc_tables: Int32
    table_offsets: npt.NDArray[np.int64]
    table_shape: Int32
    table_data: Float
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    pin_capacitance_min: Float | None = None
    default_max_capacitance: float | None = None
    units: Units = field(default_factory=Units)

    @property
    def num_cells(self) -> int:
        """Number of cells."""
        return len(self.cells)

    @property
    def num_pins(self) -> int:
        """Number of pins over all cells."""
        return len(self.pins)

    @property
    def num_arcs(self) -> int:
        """Number of timing arcs over all cells, checks included."""
        return len(self.arc_from)

    @property
    def num_tables(self) -> int:
        """Number of tables."""
        return len(self.table_offsets)

    def table(self, number: int) -> Table:
        """Return one table as views of the stored numbers."""
        start = int(self.table_offsets[number])
        n1, n2 = (int(n) for n in self.table_shape[number])
        data = self.table_data[start : start + n1 + n2 + n1 * n2]
        return Table(data[:n1], data[n1 : n1 + n2], data[n1 + n2 :].reshape(n1, n2))

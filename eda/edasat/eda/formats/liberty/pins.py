"""Cells and pins: groups ``cell``, ``pin``, ``bus`` and ``bundle`` to columns, one row per bit.

An attribute may stand in a bus and again in a pin group inside it, which speaks of one bit or some; the inner one
counts for these, wherever it stands in the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from ...library import Direction, Sequential
from .document import Document, Float, Int32, concatenated_ranges
from .header import Header, Units
from .scanner import COMPLEX, GROUP

Bools = npt.NDArray[np.bool_]

_PIN_GROUPS: Final = ("bus", "bundle", "pin")
_DIRECTIONS: Final = {
    "input": Direction.INPUT,
    "output": Direction.OUTPUT,
    "inout": Direction.INOUT,
    "internal": Direction.INTERNAL,
}
_MOST_BITS: Final = 1 << 16  # of one bus: beyond it a range is a slip of the pen
_STYLE = re.compile(r"%s(\S)%d(\S)")
_RANGE = re.compile(r"(?P<bus>.+)\[(?P<first>\d+):(?P<last>\d+)\]")
_SEQUENTIAL: Final[dict[str, Literal["ff", "latch"]]] = {
    "ff": "ff",
    "ff_bank": "ff",
    "latch": "latch",
    "latch_bank": "latch",
}


@dataclass(frozen=True)
class Cells:
    """The cells of a library; arrays as in the library record."""

    rows: Int32
    names: list[str]
    area: Float
    dont_use: Bools
    clock_gate: Bools
    sequential: dict[int, tuple[Sequential, ...]]

    def of(self, rows: Int32) -> Int32:
        """Return the number of the cell in which each row stands."""
        return (np.searchsorted(self.rows, rows, "right") - 1).astype(np.int32)


@dataclass
class Pins:
    """The pins of all cells; arrays as in the library record.

    Attributes:
        groups: the rows of pin groups.
        bits: for each of ``groups`` the pins that it speaks of; more than one for buses and bundles.
        by_name: for each cell, the pins that a name stands for: one, or the bits of a bus.
        power: for each cell, the names of its power and ground pins.
    """

    cell_pins: Int32
    names: list[str] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    bits: list[list[int]] = field(default_factory=list)
    by_name: list[dict[str, list[int]]] = field(default_factory=list)
    power: list[set[str]] = field(default_factory=list)

    def resolve(self, cell: int, name: str) -> list[int] | None:
        """Return the pins that a name in a cell stands for: a pin, a bus, one bit or a range of bits; None if none."""
        found = self.by_name[cell].get(name)
        if found is None and (match := _RANGE.fullmatch(name)):
            bits = [self.by_name[cell].get(bit) for bit in _bits(match["bus"], int(match["first"]), int(match["last"]))]
            found = [bit[0] for bit in bits if bit is not None]
            if not bits or len(found) < len(bits):
                return None
        return found


@dataclass(frozen=True)
class PinColumns:
    """What is known of each pin; arrays as in the library record."""

    direction: npt.NDArray[np.uint8]
    capacitance: Float
    capacitance_min: Float | None
    max_capacitance: Float
    max_transition: Float
    is_clock: Bools
    function: list[str]
    three_state: list[str]


def split_names(text: str) -> list[str]:
    """Split a list of names such as ``"A1 A2"`` or ``"A1, A2"``."""
    return text.replace(",", " ").split()


def read_cells(header: Header) -> Cells:
    """Read the cells; of several with one name the last counts, as in OpenSTA."""
    document = header.document
    rows = header.groups("cell")
    names = document.texts(np.array(rows, np.int32))
    last = dict(zip(names, rows, strict=True))
    for row, name in zip(rows, names, strict=True):
        if not name:
            document.fail("liberty-arguments", row, name="cell", expected="a name")
        if last[name] != row:
            document.note("liberty-cell-duplicate", last[name], token=name)
    document.drop([row for row, name in zip(rows, names, strict=True) if last[name] != row])
    cells = np.array(sorted(last.values()), np.int32)
    number = {int(row): c for c, row in enumerate(cells)}

    area = np.zeros(len(cells))
    found = document.within(cells, "area")
    area[[number[row] for row in document.parent[found].tolist()]] = document.floats(found)
    dont_use = np.zeros(len(cells), bool)
    found = document.within(cells, "dont_use")
    dont_use[[number[row] for row in document.parent[found].tolist()]] = document.booleans(found)
    clock_gate = np.zeros(len(cells), bool)
    found = document.within(cells, "clock_gating_integrated_cell")
    clock_gate[[number[row] for row in document.parent[found].tolist()]] = True
    return Cells(cells, document.texts(cells), area, dont_use, clock_gate, _read_sequential(document, cells, number))


def _read_sequential(document: Document, cells: Int32, number: dict[int, int]) -> dict[int, tuple[Sequential, ...]]:
    """Read the flip-flop and latch groups of all cells."""
    found: dict[int, list[Sequential]] = {}
    child = {
        name: document.child(name)
        for name in ("next_state", "data_in", "clocked_on", "enable", "clear", "preset")
    }  # fmt: skip
    groups = document.within(cells, *_SEQUENTIAL)
    document.check_kind(groups, GROUP)
    for row, names in zip(groups.tolist(), document.arguments(groups), strict=True):
        kind = _SEQUENTIAL[document.keyword(row)]
        data, clock = ("next_state", "clocked_on") if kind == "ff" else ("data_in", "enable")
        states = [*names, "", ""]
        found.setdefault(number[int(document.parent[row])], []).append(
            Sequential(
                kind=kind,
                state=states[0].strip(),
                state_inverted=states[1].strip(),
                next_state=document.text(child[data][row]),
                clock=document.text(child[clock][row]),
                clear=document.text(child["clear"][row]),
                preset=document.text(child["preset"][row]),
            )
        )
    return {cell: tuple(groups) for cell, groups in found.items()}


def read_pins(header: Header, cells: Cells) -> Pins:
    """Number the pins of all cells, buses and bundles as their bits."""
    return _PinReader(header, cells).read()


class _PinReader:
    """Walks over the pin groups in file order."""

    def __init__(self, header: Header, cells: Cells) -> None:
        self.document = header.document
        self.cells = cells
        style = _STYLE.fullmatch(header.text("bus_naming_style"))
        self._brackets = str.maketrans({style[1]: "[", style[2]: "]"}) if style else {}
        self.pins = Pins(np.zeros(len(cells.rows) + 1, np.int32))
        self._types = {
            **self._read_types(np.array([self.document.library], np.int32)),
            **self._read_types(cells.rows),
        }
        self._bus_type = self.document.child("bus_type")
        self._members = self.document.child("members", kind=COMPLEX)
        self._cell = 0

    def read(self) -> Pins:
        document, pins = self.document, self.pins
        pins.by_name = [{} for _ in self.cells.names]
        pins.power = [set() for _ in self.cells.names]
        power = document.within(self.cells.rows, "pg_pin")
        for cell, names in zip(self.cells.of(power).tolist(), document.arguments(power), strict=True):
            pins.power[cell].update(names)

        outer = document.within(self.cells.rows, *_PIN_GROUPS)
        document.check_kind(outer, GROUP)
        inner = document.within(outer[np.isin(outer, document.rows("bus", "bundle"))], "pin")
        document.check_kind(inner, GROUP)
        rows = np.sort(np.concatenate([outer, inner]))
        group_of: dict[int, int] = {}
        is_outer = np.isin(rows, outer).tolist()
        arguments = document.arguments(rows)
        for row, texts, cell, new in zip(rows.tolist(), arguments, self.cells.of(rows).tolist(), is_outer, strict=True):
            while self._cell < cell:
                self._cell += 1
                pins.cell_pins[self._cell] = len(pins.names)
            around = pins.bits[group_of[int(document.parent[row])]] if not new else None
            group_of[row] = len(pins.groups)
            pins.groups.append(row)
            names = self._names(row, texts)
            pins.bits.append(self._new_bits(row, names) if around is None else self._old_bits(row, names, around))
        pins.cell_pins[self._cell + 1 :] = len(pins.names)
        return pins

    def _new_bits(self, row: int, names: list[str]) -> list[int]:
        """Number the pins that a group directly in a cell defines."""
        keyword = self.document.keyword(row)
        if keyword == "bundle":
            bits = [self._add(row, name) for text in self._member_texts(row) for name in split_names(text)]
            return self._whole(row, names[0], bits)
        if keyword == "bus":
            first, last = self._bus_range(row)
            return self._whole(row, names[0], [self._add(row, bit) for bit in _bits(names[0], first, last)])
        bits = []
        for name in names:
            match = _RANGE.fullmatch(name)
            bits += [self._add(row, bit) for bit in (self._range(row, match) if match else [name])]
        return bits

    def _whole(self, row: int, name: str, bits: list[int]) -> list[int]:
        """Let the name of a bus or bundle stand for its bits."""
        if name in self.pins.by_name[self._cell]:
            self.document.fail("liberty-pin-duplicate", row, token=name, cell=self.cells.names[self._cell])
        self.pins.by_name[self._cell][name] = bits
        return bits

    def _add(self, row: int, name: str) -> int:
        """Number one pin."""
        known = self.pins.by_name[self._cell]
        if name in known:
            self.document.fail("liberty-pin-duplicate", row, token=name, cell=self.cells.names[self._cell])
        known[name] = [len(self.pins.names)]
        self.pins.names.append(name)
        return known[name][0]

    def _old_bits(self, row: int, names: list[str], around: list[int]) -> list[int]:
        """Find the bits of the bus or bundle around that a pin group in it speaks of."""
        found = []
        for name in names:
            bits = self.pins.resolve(self._cell, name)
            if bits is None or not set(bits) <= set(around):
                bus = self.document.text(int(self.document.parent[row]))
                self.document.fail("liberty-bit-unknown", row, token=name, bus=bus)
            found += bits
        return found

    def _names(self, row: int, texts: list[str]) -> list[str]:
        """Return the names that a group bears, bits of buses in square brackets."""
        names = [name for text in texts for name in split_names(text.translate(self._brackets))]
        if not names:
            self.document.fail("liberty-arguments", row, name=self.document.keyword(row), expected="a name")
        return names

    def _member_texts(self, row: int) -> list[str]:
        members = self._members[row : row + 1]
        if members[0] < 0:
            self.document.fail("liberty-arguments", row, name="bundle", expected="an attribute 'members'")
        return self.document.arguments(members)[0]

    def _read_types(self, parents: Int32) -> dict[tuple[int, str], tuple[int, int]]:
        """Return the bit ranges of ``type`` groups by the row of the group around and name."""
        document = self.document
        child = {name: document.child(name) for name in ("bit_from", "bit_to", "bit_width")}
        found = {}
        for row in document.within(parents, "type").tolist():
            width = document.number(int(child["bit_width"][row]), 1)
            first = document.number(int(child["bit_from"][row]), width - 1)
            last = document.number(int(child["bit_to"][row]), 0)
            name = document.text(row)
            if not (0 <= first < 2**31 and 0 <= last < 2**31 and abs(first - last) < _MOST_BITS):
                document.fail("liberty-bus-width", row, token=name, most=_MOST_BITS)
            found[int(document.parent[row]), name] = int(first), int(last)
        return found

    def _bus_range(self, row: int) -> tuple[int, int]:
        document = self.document
        name = document.text(int(self._bus_type[row]))
        found = self._types.get((int(document.parent[row]), name), self._types.get((document.library, name)))
        if found is None:
            document.fail("liberty-bus-type", row, token=document.text(row), cell=self.cells.names[self._cell])
        return found

    def _range(self, row: int, match: re.Match[str]) -> list[str]:
        bits = _bits(match["bus"], int(match["first"]), int(match["last"]))
        if not bits:
            self.document.fail("liberty-bus-width", row, token=match.group(), most=_MOST_BITS)
        return bits


def _bits(bus: str, first: int, last: int) -> list[str]:
    """Name the bits of a range in its order; none if there are too many."""
    if abs(first - last) >= _MOST_BITS:
        return []
    step = 1 if last >= first else -1
    return [f"{bus}[{bit}]" for bit in range(first, last + step, step)]


def read_pin_columns(header: Header, units: Units, cells: Cells, pins: Pins) -> PinColumns:
    """Read the attributes of all pins.

    Raises:
        InputError: for a pin without direction, a value that is no number, and the like.
    """
    document = header.document
    num_pins = len(pins.names)
    spread = _Spread(document, pins)

    def numbers(name: str, default: Float | float, scale: float) -> Float:
        column = np.broadcast_to(default, num_pins).astype(np.float64)
        rows, targets, counts = spread(name)
        column[targets] = np.repeat(document.floats(rows) * scale, counts)
        return column

    def ranges(name: str, scale: float) -> tuple[Float, Float]:
        least, most = np.full(num_pins, np.nan), np.full(num_pins, np.nan)
        rows, targets, counts = spread(name)
        offsets, found = document.number_lists(rows)
        for row, count in zip(rows.tolist(), np.diff(offsets).tolist(), strict=True):
            if count != 2:
                document.fail("liberty-arguments", row, name=name, expected="two numbers")
        for column, values in ((least, found[0::2]), (most, found[1::2])):
            column[targets] = np.repeat(values * scale, counts)
        return least, most

    def texts(name: str) -> list[str]:
        column = [""] * num_pins
        rows, targets, counts = spread(name)
        for target, text in zip(
            targets.tolist(), np.repeat(np.array(document.texts(rows), object), counts), strict=True
        ):
            column[target] = text
        return column

    direction = np.full(num_pins, len(_DIRECTIONS), np.uint8)
    rows, targets, counts = spread("direction")
    words = document.texts(rows)
    for row, word in zip(rows.tolist(), words, strict=True):
        if word not in _DIRECTIONS:
            document.fail("liberty-direction", row, value=True, token=word)
    direction[targets] = np.repeat([_DIRECTIONS[word] for word in words], counts) if words else 0
    unknown = np.flatnonzero(direction == len(_DIRECTIONS))
    if len(unknown):
        pin = int(unknown[0])
        row = next(row for row, bits in zip(pins.groups, pins.bits, strict=True) if pin in bits)
        cell = cells.names[cells.of(np.array([row]))[0]]
        document.fail("liberty-direction-missing", row, token=pins.names[pin], cell=cell)

    defaults = np.zeros(len(_DIRECTIONS))
    for way in ("input", "output", "inout"):
        defaults[_DIRECTIONS[way]] = header.number(f"default_{way}_pin_cap", 0.0) * units.capacitance_ff
    plain = numbers("capacitance", defaults[direction], units.capacitance_ff)
    edges = [f"{edge}_capacitance" for edge in ("rise", "fall")]
    bounds = [ranges(f"{edge}_range", units.capacitance_ff) for edge in edges]
    usual = [np.where(np.isnan(most), plain, most) for _, most in bounds]
    capacitance = np.column_stack(
        [numbers(edge, default, units.capacitance_ff) for edge, default in zip(edges, usual, strict=True)]
    )
    least = np.column_stack([least for least, _ in bounds])
    is_clock = np.zeros(num_pins, bool)
    rows, targets, counts = spread("clock")
    is_clock[targets] = np.repeat(document.booleans(rows), counts)
    return PinColumns(
        direction=direction,
        capacitance=capacitance,
        capacitance_min=None if np.isnan(least).all() else np.where(np.isnan(least), capacitance, least),
        max_capacitance=numbers("max_capacitance", np.nan, units.capacitance_ff),
        max_transition=numbers("max_transition", np.nan, units.time_ns),
        is_clock=is_clock,
        function=texts("function"),
        three_state=texts("three_state"),
    )


class _Spread:
    """Finds the pins that an attribute's statements speak of."""

    def __init__(self, document: Document, pins: Pins) -> None:
        self._document = document
        self._counts = np.array([len(bits) for bits in pins.bits], np.int64)
        self._starts = np.cumsum(self._counts) - self._counts
        self._bits = np.array([bit for bits in pins.bits for bit in bits], np.int64)
        self._group = np.full(len(document.parent) + 1, -1, np.int32)  # the last entry: in no group
        self._group[pins.groups] = np.arange(len(pins.groups))
        self._inner = self._group[document.parent[pins.groups]] >= 0  # groups in a bus or bundle

    def __call__(self, name: str) -> tuple[Int32, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the rows of an attribute, those in inner groups last, their pins, and how many each has."""
        rows = self._document.rows(name)
        groups = self._group[self._document.parent[rows]]
        rows, groups = rows[groups >= 0], groups[groups >= 0]
        order = np.argsort(self._inner[groups], kind="stable")
        rows, groups = rows[order], groups[order]
        starts, counts = self._starts[groups], self._counts[groups]
        return rows, self._bits[concatenated_ranges(starts, starts + counts)], counts

"""Groups ``pin``, ``bus`` and ``bundle`` to numbered pins, one per bit.

A bus or bundle defines its bits; a pin group inside it speaks of one of them or some. So a group stands for a list of
pins, and so does a name in ``related_pin``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from .cells import Cells
from .document import Int32
from .header import Header
from .scanner import COMPLEX, GROUP

_PIN_GROUPS: Final = ("bus", "bundle", "pin")
_MOST_BITS: Final = 1 << 13  # of one bus: beyond it a range is a slip of the pen
_RANGE = re.compile(r"(?P<bus>.+)\[(?P<first>\d{1,9}):(?P<last>\d{1,9})\]")


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


def read_pins(header: Header, cells: Cells) -> Pins:
    """Number the pins of all cells, buses and bundles as their bits."""
    return _PinReader(header, cells).read()


class _PinReader:
    """Walks over the pin groups in file order."""

    def __init__(self, header: Header, cells: Cells) -> None:
        self.document = header.document
        self.cells = cells
        self.header = header
        self.pins = Pins(np.zeros(len(cells.rows) + 1, np.int32))
        self._types = {
            **self._read_types(np.array([self.document.library], np.int32)),
            **self._read_types(cells.rows),
        }
        self._bus_type = self.document.child("bus_type")
        self._members = self.document.child("members", kind=COMPLEX)
        self._cell = 0

    def read(self) -> Pins:
        """Read all pin groups."""
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
            bits = [self._add(row, name) for text in self._member_texts(row) for name in self.header.names(text)]
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
        """Return the names that a group bears."""
        names = [name for text in texts for name in self.header.names(text)]
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

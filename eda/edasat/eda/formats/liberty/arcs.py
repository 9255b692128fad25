"""Timing groups to arcs: one per pair of related pin and constrained or driven pin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from ...functions import formula_senses
from ...library import NONE, ArcType, Sense
from .cells import Cells
from .document import Int32
from .header import Header
from .pin_columns import PinColumns
from .pins import Pins
from .scanner import GROUP
from .tables import CHECK_TABLES, DELAY_TABLES, Tables

_TYPES: Final = {kind.name.lower(): kind for kind in ArcType if kind not in {ArcType.OTHER, ArcType.NOCHANGE}} | {
    "": ArcType.COMBINATIONAL,
    **{f"nochange_{a}_{b}": ArcType.NOCHANGE for a in ("high", "low") for b in ("high", "low")},
}
_SENSES: Final = {
    "positive_unate": Sense.POSITIVE,
    "negative_unate": Sense.NEGATIVE,
    "non_unate": Sense.NON_UNATE,
}
_COMBINATIONAL: Final = {ArcType.COMBINATIONAL, ArcType.COMBINATIONAL_RISE, ArcType.COMBINATIONAL_FALL}
#: Types whose pin may be its own related pin.
_ALONE: Final = {
    ArcType.MIN_PULSE_WIDTH,
    ArcType.MINIMUM_PERIOD,
    ArcType.MAX_CLOCK_TREE_PATH,
    ArcType.MIN_CLOCK_TREE_PATH,
}
_BIT = re.compile(r"\[\d+\]\Z")


@dataclass(frozen=True)
class Arcs:
    """The arcs of all cells; arrays as in the library record."""

    cell_arcs: Int32
    source: Int32
    target: Int32
    type: npt.NDArray[np.uint8]
    sense: npt.NDArray[np.uint8]
    when: list[str]
    sdf_cond: list[str]
    tables: Int32


def timing_rows(header: Header, pins: Pins) -> Int32:
    """Return the rows of the timing groups in pins."""
    return header.document.within(np.array(pins.groups, np.int32), "timing")


def read_arcs(header: Header, cells: Cells, pins: Pins, columns: PinColumns, timing: Int32, tables: Tables) -> Arcs:
    """Read the timing groups.

    Raises:
        InputError: for an unknown related pin or sense.
    """
    return _ArcReader(header, cells, pins, columns, timing).read(tables)


class _ArcReader:
    """Walks over the timing groups in file order."""

    def __init__(self, header: Header, cells: Cells, pins: Pins, columns: PinColumns, timing: Int32) -> None:
        self.header = header
        self.document = header.document
        self.cells = cells
        self.pins = pins
        self.columns = columns
        self.timing = timing

    def read(self, tables: Tables) -> Arcs:
        """Read all arcs."""
        document, timing = self.document, self.timing
        types = self._words("timing_type")
        kinds = [self._type(row, word) for row, word in zip(timing.tolist(), types, strict=True)]
        cell_of = self.cells.of(timing)
        group_of = dict(zip(self.pins.groups, self.pins.bits, strict=True))
        groups = [group_of[row] for row in document.parent[timing].tolist()]
        related = [self.header.names(text) for text in self._words("related_pin")]
        related_bus = [self.header.names(text) for text in self._words("related_bus_pins")]
        pairs = [
            self._pairs(*group)
            for group in zip(timing.tolist(), cell_of.tolist(), kinds, groups, related, related_bus, strict=True)
        ]
        counts = [len(found) for found in pairs]
        ends = np.array(list(chain.from_iterable(pairs)), np.int32).reshape(-1, 2)
        group = np.repeat(np.arange(len(timing)), counts)  # of each arc the number of its timing group

        cell_arcs = np.zeros(len(self.cells.rows) + 1, np.int32)
        np.cumsum(np.bincount(cell_of[group], minlength=len(self.cells.rows)), out=cell_arcs[1:])
        kind_column = np.array(kinds, np.uint8)[group]
        when, sdf_cond = self._words("when"), self._words("sdf_cond")
        self._note_linear()
        return Arcs(
            cell_arcs=cell_arcs,
            source=ends[:, 0].copy(),
            target=ends[:, 1].copy(),
            type=kind_column,
            sense=self._senses(group, ends, kind_column),
            when=[when[g] for g in group.tolist()],
            sdf_cond=[sdf_cond[g] for g in group.tolist()],
            tables=self._tables(tables, kinds)[group],
        )

    def _words(self, name: str) -> list[str]:
        """Return an attribute of each timing group, "" where it has none."""
        return self.document.texts(self.document.child(name)[self.timing])

    def _type(self, row: int, word: str) -> ArcType:
        kind = _TYPES.get(word)
        if kind is None:
            self.document.note("liberty-timing-type", row, token=word)
            return ArcType.OTHER
        return kind

    def _pairs(
        self, row: int, cell: int, kind: ArcType, bits: list[int], names: list[str], buses: list[str]
    ) -> list[tuple[int, int]]:
        """Return (related pin, pin) of the arcs of one timing group.

        A bus is paired with a bus of ``related_pin`` bit by bit; everything else, and ``related_bus_pins``, makes
        every pair.
        """
        if not names and not buses:
            if kind not in _ALONE:
                self.document.fail("liberty-related-missing", row)
            return [(bit, bit) for bit in bits]
        found = []
        for name in names:
            sources, targets = self._resolve(row, cell, name), bits
            if len(sources) > 1 and len(targets) > 1:
                if len(sources) != len(targets):
                    self.document.note("liberty-related-width", row, to=len(bits), token=name, related=len(sources))
                    sources, targets = self._same_numbers(sources, targets)
                found += list(zip(sources, targets, strict=True))
            else:
                found += [(source, target) for source in sources for target in targets]
        for name in buses:
            found += [(source, target) for source in self._resolve(row, cell, name) for target in bits]
        return found

    def _same_numbers(self, related: list[int], bits: list[int]) -> tuple[list[int], list[int]]:
        """Return those bits of two buses that have a number in common: of [7:0] and [3:0] the lower four."""
        number = {match[0]: bit for bit in related if (match := _BIT.search(self.pins.names[bit]))}
        common = [(number[m[0]], bit) for bit in bits if (m := _BIT.search(self.pins.names[bit])) and m[0] in number]
        return [source for source, _ in common], [target for _, target in common]

    def _resolve(self, row: int, cell: int, name: str) -> list[int]:
        related = self.pins.resolve(cell, name)
        if related is None:
            if name in self.pins.power[cell]:
                self.document.note("liberty-related-power", row)
                return []
            where = int(max(self.document.child(name)[row] for name in ("related_pin", "related_bus_pins")))
            self.document.fail("liberty-related-unknown", where, value=True, token=name, cell=self.cells.names[cell])
        return related

    def _senses(self, group: npt.NDArray[np.intp], ends: Int32, kinds: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return the sense of each arc, from the function where the file gives none."""
        words = self._words("timing_sense")
        rows = self.timing.tolist()
        given = np.full(len(rows), NONE, np.int16)
        for i, word in enumerate(words):
            if word:
                if word not in _SENSES:
                    self.document.fail("liberty-timing-sense", rows[i], token=word)
                given[i] = _SENSES[word]
        sense = given[group]
        combinational = np.isin(kinds, list(_COMBINATIONAL))
        sense[(sense == NONE) & ~combinational] = Sense.NON_UNATE
        for arc in np.flatnonzero(sense == NONE).tolist():
            sense[arc] = self._sense_of(rows[group[arc]], *ends[arc].tolist())
        return sense.astype(np.uint8)

    def _sense_of(self, row: int, source: int, target: int) -> Sense:
        function = self.columns.function[target]
        if not function:
            return Sense.NON_UNATE
        known = formula_senses(function)
        if known is None:
            self.document.note("liberty-function", row, token=function, pin=self.pins.names[target])
            return Sense.NON_UNATE
        name = self.pins.names[source]
        return known.get(name, known.get(_BIT.sub("", name), Sense.NON_UNATE))

    def _tables(self, tables: Tables, kinds: list[ArcType]) -> Int32:
        """Return the numbers of each timing group's tables."""
        found = np.full((len(self.timing), 4), NONE, np.int32)
        is_check = np.array([kind.is_check for kind in kinds], bool)
        for names, chosen in ((DELAY_TABLES, ~is_check), (CHECK_TABLES, is_check)):
            for column, name in enumerate(names):
                row = self.document.child(name, kind=GROUP)[self.timing]
                found[:, column] = np.where(chosen & (row >= 0), tables.number[row], found[:, column])
        return found

    def _note_linear(self) -> None:
        linear = self.document.within(self.timing, "intrinsic_rise", "intrinsic_fall")
        if len(linear):
            self.document.note("liberty-linear", int(linear[0]), times=len(linear))

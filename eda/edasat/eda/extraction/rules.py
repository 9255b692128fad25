"""Extraction rules of OpenRCX (``*.rcx_rules``): capacitance and resistance of a wire by what surrounds it.

A table holds for a wire of one metal with a given metal below it (0: the substrate) and above it (0: none). Each row
tells, for one spacing to a parallel wire beside, what one side of the wire has per um: coupling to that neighbour,
and fringe to everything else. So a wire's capacitance is the sum over both sides of coupling and fringe times length.

The format has no public specification; the files of nangate45 and sky130hd and the behaviour of OpenRCX say what
stands here. Capacitance is in pF/um and resistance in kohm/um there, of half a wire in the capacitance tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Notes
from edasat.core.files import Source

from ..formats.lef.sniff import other_format
from .messages import MESSAGES

Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]

_FF_PER_PF: Final = 1000.0
_OHM_PER_KOHM: Final = 1000.0
_HEAD: Final = "Extraction Rules for"
#: Statements in front of the tables that say nothing we need.
_PASSED: Final = frozenset({"DIAGMODEL", "DensityRate", "WIDTH"})


class Context(IntEnum):
    """What the tables of a section are about."""

    WIRE = 0  # OVER, UNDER, OVER UNDER: capacitance
    DIAGONAL = 1  # DIAGUNDER: to parallel wires of a higher metal that do not lie right above
    RESISTANCE = 2  # RESOVER


@dataclass(frozen=True, eq=False)
class ExtractionRules:
    """The tables of one rules file, first density model. Units: um, fF/um, ohm/um.

    Rows of table ``t`` are ``offsets[t]:offsets[t + 1]``. Metals count from 1, the lowest.

    Attributes:
        source: path of the file.
        num_metals: metals in the technology.
        context: int8, (num_tables,): :class:`Context`.
        metal: int32, (num_tables,): of the wire.
        below: int32, (num_tables,): metal under the wire, 0 for the substrate.
        above: int32, (num_tables,): metal above the wire, 0 for none.
        width: float64, (num_tables,), um: of the wire.
        offsets: int64, (num_tables + 1,).
        spacing: float64, (num_rows,), um: to the neighbour; in resistance tables to the first of two.
        coupling: float64, (num_rows,), fF/um: of one side to the neighbour.
        fringe: float64, (num_rows,), fF/um: of one side to all else.
        resistance: float64, (num_rows,), ohm/um: of the whole wire.
        notes: counted warnings.
    """

    source: str
    num_metals: int
    context: npt.NDArray[np.int8]
    metal: Int32
    below: Int32
    above: Int32
    width: Float
    offsets: npt.NDArray[np.int64]
    spacing: Float
    coupling: Float
    fringe: Float
    resistance: Float
    notes: Notes = field(default_factory=Notes)

    @property
    def num_tables(self) -> int:
        """Number of tables."""
        return len(self.metal)


def read_rules(what: str | Path | bytes | Source) -> ExtractionRules:
    """Read extraction rules, plain or compressed, from a path, ``-`` or bytes.

    Of several density models the first counts; of tables for several widths all are kept.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.

    >>> rules = read_rules(b'''Extraction Rules for OpenRCX
    ... LayerCount 1
    ... DensityModel 0
    ... Metal 1 OVER 0
    ... DIST count 2 width 0.1
    ... 0.1 5e-05 1e-05 0.5
    ... 0.2 4e-05 2e-05 0.5
    ... END DIST
    ... ''')
    >>> rules.num_tables, rules.coupling.round(3).tolist(), rules.resistance.tolist()
    (1, [0.05, 0.04], [1000.0, 1000.0])
    """
    return _Reader(what if isinstance(what, Source) else Source(what)).read()


class _Reader:
    """One pass over the lines of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        with source.open() as stream:
            self.text = stream.read().decode("latin-1")  # one character per byte: offsets stay
        self.at = 0  # offset of the line at hand
        self.count = 0
        self.tables: list[tuple[Context, int, int, int, float, int]] = []
        self.rows: list[tuple[float, float, float, float]] = []
        self.notes = Notes()

    def error(self, code: str, word: str = "", **values: object) -> InputError:
        """Build the message at the first use of a word in the line at hand."""
        line = self.text[self.at :].partition("\n")[0]
        inside = max(0, line.find(word)) if word else len(line) - len(line.lstrip())
        return self.source.fail(MESSAGES[code], self.at + inside, **values)

    def read(self) -> ExtractionRules:
        if not self.text.strip():
            raise InputError.of(MESSAGES["rcx-empty"], self.source.name)
        if not self.text.lstrip().startswith(_HEAD):
            head = self.text[: 1 << 14].encode("latin-1")
            kind = other_format(head, ours="LEF") or other_format(head, ours="DEF")
            if kind:
                raise self.error("rcx-wrong-file", kind=kind)
            raise self.error("rcx-header")
        self._lines()
        if not any(table[0] == Context.WIRE for table in self.tables):
            raise InputError.of(MESSAGES["rcx-no-tables"], self.source.name)
        return self._record()

    def _lines(self) -> None:
        section: tuple[Context, int, int, int] | None = None
        wanted = -1  # rows of the table at hand; -1 between tables
        models = 0
        for line in self.text.splitlines(keepends=True):
            words = line.split()
            if wanted >= 0 and words:
                if words[0] == "END":
                    self._close(wanted)
                    wanted = -1
                else:
                    self._row(words)
            elif not words or words[0] in _PASSED or line.lstrip().startswith(_HEAD):
                pass
            elif words[0] == "LayerCount":
                self.count = self._count(words, "LayerCount metals")
            elif words[0] == "DensityModel":
                models += 1
                if models > 1:
                    self.notes.add("rcx-models", "density models behind the first left out")
                    break
            elif words[:2] == ["END", "DensityModel"]:
                section = None
            elif words[0] == "Metal":
                section = self._section(words)
            elif words[0] == "DIST":
                if section is None:
                    raise self.error("rcx-table-outside")
                wanted = self._open(words, section)
            else:
                raise self.error("rcx-statement-unknown", words[0], token=words[0])
            self.at += len(line)
        if wanted >= 0:
            self.at = len(self.text)
            raise self.error("rcx-cut-off")

    def _number(self, word: str) -> float:
        try:
            number = float(word)
        except ValueError:
            number = -1.0
        if not 0 <= number < float("inf"):
            raise self.error("rcx-number", word, token=word)
        return number

    def _count(self, words: list[str], form: str) -> int:
        if len(words) != 2 or not words[1].isdecimal():
            raise self.error("rcx-statement-garbled", form=form)
        return int(words[1])

    def _level(self, word: str) -> int:
        if not word.isdecimal():
            raise self.error("rcx-number", word, token=word)
        if int(word) > self.count:
            raise self.error("rcx-level", word, level=word, count=self.count)
        return int(word)

    def _section(self, words: list[str]) -> tuple[Context, int, int, int]:
        """Read ``Metal 2 OVER 1 UNDER 3`` and its like; headings without levels open a group and have no table."""
        form = "Metal n RESOVER|OVER|UNDER|DIAGUNDER|OVERUNDER ..."
        if len(words) < 3:
            raise self.error("rcx-statement-garbled", form=form)
        metal = self._level(words[1])
        match words[2:]:
            case ["RESOVER"] | ["RESOVER", _]:
                return Context.RESISTANCE, metal, self._level(words[3]) if len(words) > 3 else 0, 0
            case ["OVER"] | ["UNDER"] | ["DIAGUNDER"] | ["OVERUNDER"]:
                return Context.WIRE, metal, 0, 0
            case ["OVER", below]:
                return Context.WIRE, metal, self._level(below), 0
            case ["UNDER", above]:
                return Context.WIRE, metal, 0, self._level(above)
            case ["DIAGUNDER", above]:
                return Context.DIAGONAL, metal, 0, self._level(above)
            case ["OVER", below, "UNDER", above]:
                return Context.WIRE, metal, self._level(below), self._level(above)
        raise self.error("rcx-statement-garbled", words[2], form=form)

    def _open(self, words: list[str], section: tuple[Context, int, int, int]) -> int:
        match words:
            case ["DIST", "count", count, "width", width] if count.isdecimal():
                self.tables.append((*section, self._number(width), len(self.rows)))
                return int(count)
        raise self.error("rcx-statement-garbled", form="DIST count n width w")

    def _row(self, words: list[str]) -> None:
        if len(words) != 4:
            raise self.error("rcx-row", wanted=4, found=len(words))
        row = [self._number(word) for word in words]
        context, first = self.tables[-1][0], self.tables[-1][-1]
        if context == Context.RESISTANCE:
            self.rows.append((row[0], 0.0, 0.0, row[3] * _OHM_PER_KOHM))
            return
        if len(self.rows) > first and row[0] <= self.rows[-1][0]:
            raise self.error("rcx-order", words[0], after=words[0], before=f"{self.rows[-1][0]:g}")
        self.rows.append((row[0], row[1] * _FF_PER_PF, row[2] * _FF_PER_PF, 2 * row[3] * _OHM_PER_KOHM))

    def _close(self, wanted: int) -> None:
        found = len(self.rows) - self.tables[-1][-1]
        if found != wanted:
            raise self.error("rcx-rows-missing", wanted=wanted, found=found)
        if not found:
            del self.tables[-1]

    def _record(self) -> ExtractionRules:
        columns = list(zip(*self.tables, strict=True))
        rows = np.array(self.rows, np.float64)
        return ExtractionRules(
            source=self.source.name,
            num_metals=self.count,
            context=np.array(columns[0], np.int8),
            metal=np.array(columns[1], np.int32),
            below=np.array(columns[2], np.int32),
            above=np.array(columns[3], np.int32),
            width=np.array(columns[4], np.float64),
            offsets=np.array([*columns[5], len(rows)], np.int64),
            spacing=rows[:, 0].copy(),
            coupling=rows[:, 1].copy(),
            fringe=rows[:, 2].copy(),
            resistance=rows[:, 3].copy(),
            notes=self.notes,
        )

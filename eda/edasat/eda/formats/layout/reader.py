"""Reading DEF: statements and sections in the order of the file.

What grows with the design (components, pins, nets, wires) is scanned by compiled code into spans of names, which
:mod:`.assemble` joins; the few statements of the floorplan are read word by word.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError, Notes
from edasat.core.files import Source, read_padded

from ..lef.sniff import other_format
from .assemble import Joiner
from .messages import MESSAGES, SCAN_ERRORS
from .record import Layout, Row, Tracks, Via
from .scan_nets import MUSTJOINS, POLYGONS, SUBNETS, scan_nets
from .scan_places import count_section, scan_components, scan_pins
from .spelling import Spelling
from .statements import Statement, read_die, read_row, read_rule, read_tracks, read_units, read_via
from .tokens import END, ENDEXT, next_word, statement_words

if TYPE_CHECKING:
    from ..lef import Lef

#: Sections that hold nothing a netlist, a placement or its wires need; their items are counted.
_COUNTED: Final = frozenset({
    "ASSERTIONS", "BLOCKAGES", "CONSTRAINTS", "DEFAULTCAP", "FILLS", "FLOORPLANCONSTRAINTS", "GROUPS", "IOTIMINGS",
    "PARTITIONS", "PINPROPERTIES", "REGIONS", "SCANCHAINS", "SLOTS", "STYLES", "TIMINGDISABLES",
})  # fmt: skip
#: Sections that are read.
_SECTIONS: Final = frozenset({"COMPONENTS", "PINS", "NETS", "SPECIALNETS", "VIAS", "NONDEFAULTRULES"})
#: Statements that say nothing we need.
_PASSED: Final = frozenset({
    "ARRAY", "CANNOTOCCUPY", "CANPLACE", "COMPONENTMASKSHIFT", "FLOORPLAN", "GCELLGRID", "HISTORY",
    "NAMESCASESENSITIVE", "SITE", "TECHNOLOGY",
})  # fmt: skip
_KNOWN: Final = (
    _COUNTED
    | _SECTIONS
    | _PASSED
    | {"VERSION", "DESIGN", "DIVIDERCHAR", "BUSBITCHARS", "UNITS", "DIEAREA", "ROW", "TRACKS"}
)
_TOKEN_SHOWN: Final = 60
_HEAD: Final = 1 << 14  # bytes in which another format shows itself


def read_def(what: str | Path | bytes | Source, *, lef: Lef | None = None, relaxed: bool = False) -> Layout:
    """Read a DEF file (versions 5.3 to 5.8), plain or compressed, from a path, ``-`` or bytes.

    Args:
        what: path, ``-`` for standard input, bytes, or a :class:`Source`.
        lef: technology: tells the layers of the vias that the file uses and does not define, and so the layers of the
            wires behind them.
        relaxed: accept counts that differ from a section's header, and leave out connections to components and pins
            that do not exist, with a warning.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.

    >>> layout = read_def(
    ...     b"VERSION 5.8 ; DESIGN top ; UNITS DISTANCE MICRONS 1000 ; COMPONENTS 1 ; - u1 INV + PLACED ( 10 20 ) FS ; "
    ...     b"END COMPONENTS NETS 1 ; - n1 ( u1 A ) ; END NETS END DESIGN"
    ... )
    >>> layout.components.names[0], layout.components.y.tolist(), layout.nets.names[0]
    ('u1', [20], 'n1')
    """
    return _Reader(what if isinstance(what, Source) else Source(what), lef, relaxed).read()


class _Reader:
    """One pass over one file."""

    def __init__(self, source: Source, lef: Lef | None, relaxed: bool) -> None:
        self.source = source
        self.lef = lef
        self.relaxed = relaxed
        self.data, self.size = read_padded(source, PADDING)
        self.position = 0
        self.notes = Notes()
        self.skipped: dict[str, int] = {}
        self.seen: set[str] = set()
        self.version = ""
        self.design = ""
        self.divider = "/"
        self.bus_bits = "[]"
        self.spelling = Spelling(self.divider, self.bus_bits)
        self.dbu = 0
        self.die: npt.NDArray[np.int32] = np.empty((0, 2), np.int32)
        self.rows: list[Row] = []
        self.tracks: list[Tracks] = []
        self.vias: dict[str, Via] = {}
        self.rules: dict[str, dict[str, int]] = {}
        self.scanned: dict[str, tuple[Any, ...]] = {}

    def read(self) -> Layout:
        """Read the file and put the record together."""
        head = self.data[: min(self.size, _HEAD)].tobytes()
        if not head.strip():
            raise InputError.of(MESSAGES["def-empty"], self.source.name)
        kind = other_format(head, ours="DEF")
        if kind:
            raise self.source.fail(MESSAGES["def-wrong-file"], 0, kind=kind)
        while True:
            start, stop = next_word(self.data, self.size, self.position)
            word = self._text(start, stop)
            if not word:
                raise self.source.fail(MESSAGES["def-end-design"], self.size)
            if word == "END":
                self.position = stop
                self._end("DESIGN")
                break
            if word in ("BEGINEXT", "PROPERTYDEFINITIONS"):
                self._pass_section(word, stop)
            else:
                self._statement(word)
        return self._layout()

    def fail(self, code: str, offset: int, **values: object) -> NoReturn:
        """Raise a message of the table at a byte offset; ``token`` is the word there unless it is given."""
        token = self._text(*next_word(self.data, self.size, offset))[:_TOKEN_SHOWN]
        raise self.source.fail(MESSAGES[code], offset, **{"token": token or "the end of the file", **values})

    def _text(self, start: int, stop: int) -> str:
        return self.data[start:stop].tobytes().decode("utf-8", "replace")

    def _end(self, section: str) -> None:
        """Check the word behind END."""
        start, stop = next_word(self.data, self.size, self.position)
        if self._text(start, stop) != section:
            self.fail("def-end-name", start, section=section)
        self.position = stop

    def _take(self) -> Statement:
        """Take the next statement."""
        spans = statement_words(self.data, self.size, self.position)
        if not len(spans) or self._text(*spans[-1]) != ";":
            self.fail("def-statement-open", self.size)
        self.position = int(spans[-1, 1])
        return Statement(self.data, spans, self.spelling, self.fail)

    def _pass_section(self, word: str, position: int) -> None:
        """Pass over an extension, or over the definitions of properties, whose header has no ``;``."""
        last = ENDEXT if word == "BEGINEXT" else END
        state, self.position, _ = count_section(self.data, self.size, position, last)
        if state:
            self.fail(SCAN_ERRORS[state], self.position, section=word)
        if word == "BEGINEXT":
            self.skipped[word] = self.skipped.get(word, 0) + 1
        else:
            self._end(word)

    def _statement(self, word: str) -> None:
        """Read one statement, and the section that it heads."""
        offset = next_word(self.data, self.size, self.position)[0]
        if word not in _KNOWN:
            self.fail("def-statement-unknown", offset)
        statement = self._take()
        if word == "VERSION":
            self.version = statement.take()
            statement.expect(";", "VERSION number ;")
        elif word == "DESIGN":
            self.design = statement.name()
            statement.expect(";", "DESIGN name ;")
        elif word in ("DIVIDERCHAR", "BUSBITCHARS"):
            self._characters(word, statement)
        elif word == "UNITS":
            self.dbu = read_units(statement, self.fail)
        elif word == "DIEAREA":
            self.die = read_die(statement)
        elif word == "ROW":
            self.rows.append(read_row(statement))
        elif word == "TRACKS":
            self.tracks.append(read_tracks(statement))
        elif word in _SECTIONS or word in _COUNTED:
            self._section(word, statement, offset)

    def _characters(self, word: str, statement: Statement) -> None:
        """Read DIVIDERCHAR or BUSBITCHARS: one or two characters in quotes."""
        wanted = 1 if word == "DIVIDERCHAR" else 2
        form = f'{word} "{"/" if wanted == 1 else "[]"}" ;'
        offset, text = statement.offset, statement.take().strip('"')
        if len(text) != wanted or not text.isascii() or len({*text, "\\"}) != wanted + 1:
            self.fail("def-statement-garbled", offset, token=word, form=form)
        statement.expect(";", form)
        if wanted == 1:
            self.divider = text
        else:
            self.bus_bits = text
        self.spelling = Spelling(self.divider, self.bus_bits)

    def _section(self, name: str, header: Statement, offset: int) -> None:
        """Read a section up to its END."""
        if name in self.seen:
            self.fail("def-section-twice", offset)
        self.seen.add(name)
        if name in _COUNTED:
            state, self.position, self.skipped[name] = count_section(self.data, self.size, self.position, END)
            if state:
                self.fail(SCAN_ERRORS[state], self.position, section=name)
            self._end(name)
            return
        declared = header.number()
        header.expect(";", f"{name} number ;")
        found = self._definitions(name) if name in ("VIAS", "NONDEFAULTRULES") else self._scan(name)
        self._end(name)
        if found != declared:
            row = MESSAGES["def-count-differs"]
            values = {"declared": declared, "section": name, "found": found}
            if not self.relaxed:
                raise self.source.fail(row, offset, **values)
            self.notes.add(row.code, row.template.format(**values), self.source.name)

    def _definitions(self, section: str) -> int:
        """Read the items of VIAS or NONDEFAULTRULES; return their number."""
        found = 0
        while True:
            start, stop = next_word(self.data, self.size, self.position)
            word = self._text(start, stop)
            if word == "END":
                self.position = stop
                return found
            if word != "-":
                self.fail("def-item" if word else "def-end-missing", start, section=section)
            statement = self._take()
            offset = statement.offset
            if section == "VIAS":
                via = read_via(statement)
                name, known = via.name, via.name in self.vias
                self.vias[name] = via
            else:
                name, widths = read_rule(statement)
                known = name in self.rules
                self.rules[name] = widths
            if known:
                self.fail("def-name-twice", offset, what="via" if section == "VIAS" else "rule", token=name)
            found += 1

    def _scan(self, section: str) -> int:
        """Scan the items of a section that grows with the design; return their number."""
        if not self.dbu:
            self.fail("def-units-missing", self.position, section=section)
        scanned: tuple[Any, ...]
        if section == "COMPONENTS":
            scanned = scan_components(self.data, self.size, self.position)
        elif section == "PINS":
            scanned = scan_pins(self.data, self.size, self.position)
        else:
            scanned = scan_nets(self.data, self.size, self.position, section == "SPECIALNETS")
        state, self.position = scanned[0], int(scanned[1])
        if state:
            self.fail(SCAN_ERRORS[state], self.position, section=section)
        self.scanned[section] = scanned[2:]
        found = len(scanned[2])
        if section in ("NETS", "SPECIALNETS"):
            counts = scanned[-1]
            found += int(counts[MUSTJOINS])
            for slot, what in ((SUBNETS, "SUBNET"), (POLYGONS, "POLYGON"), (MUSTJOINS, "MUSTJOIN")):
                if counts[slot]:
                    self.skipped[what] = self.skipped.get(what, 0) + int(counts[slot])
        return found

    def _layout(self) -> Layout:
        """Join the names and return the record."""
        joiner = Joiner(self.data, self.spelling, self.scanned, self.fail, self.relaxed, self.notes)
        joined = joiner.join(self.tracks, self.vias, self.rules, self.lef)
        low, high = (self.die.min(axis=0), self.die.max(axis=0)) if len(self.die) else ((0, 0), (0, 0))
        return Layout(
            name=self.design,
            source=self.source.name,
            version=self.version,
            divider=self.divider,
            bus_bit_characters=self.bus_bits,
            dbu_per_um=self.dbu,
            die=(int(low[0]), int(low[1]), int(high[0]), int(high[1])),
            die_points=self.die,
            rows=tuple(self.rows),
            tracks=tuple(self.tracks),
            via_definitions=tuple(self.vias.values()),
            rule_widths=self.rules,
            skipped=self.skipped,
            notes=self.notes,
            **vars(joined),
        )

"""Reading LEF: technology and cells.

A LEF file is a megabyte of short statements that is read once per library, so it is cut into words by the string
methods of Python and walked through statement by statement.
"""

from __future__ import annotations

import math
import re
from itertools import islice
from pathlib import Path
from typing import Any, Final, NoReturn

from edasat.core.errors import InputError
from edasat.core.files import Source
from edasat.eda.library import Direction

from .builder import Builder
from .messages import MESSAGES
from .record import USES, Layer, Lef, LefVia, Site, ViaRule
from .sniff import other_format

_HEAD: Final = 1 << 14  # bytes in which another format shows itself
_MARK: Final = re.compile('[#"]')
_BLANK: Final = re.compile(r"\s")
_FF_PER_PF: Final = 1000.0
_DIRECTIONS: Final = {
    "INPUT": Direction.INPUT,
    "OUTPUT": Direction.OUTPUT,
    "INOUT": Direction.INOUT,
    "FEEDTHRU": Direction.INOUT,
}
#: Blocks that are passed over; each ends in END and the word that stands here, or in its own name ("").
_PASSED_BLOCKS: Final = {
    "PROPERTYDEFINITIONS": "PROPERTYDEFINITIONS",
    "SPACING": "SPACING",
    "NONDEFAULTRULE": "",
    "ARRAY": "",
    "NOISETABLE": "NOISETABLE",
    "CORRECTIONTABLE": "CORRECTIONTABLE",
    "IRDROP": "IRDROP",
}
#: Single statements outside of blocks that say nothing we need.
_PASSED: Final = frozenset({
    "ANTENNAINOUTDIFFAREA", "ANTENNAINPUTGATEAREA", "ANTENNAOUTPUTDIFFAREA", "CLEARANCEMEASURE", "DIELECTRIC",
    "DIVIDERCHAR", "FIXEDMASK", "INOUTPINANTENNASIZE", "INPUTPINANTENNASIZE", "MAXVIASTACK", "MINFEATURE",
    "NAMESCASESENSITIVE", "NOWIREEXTENSIONATPIN", "OUTPUTPINANTENNASIZE", "USEMINSPACING", "VERSION",
})  # fmt: skip


def read_lef(*what: str | Path | bytes | Source) -> Lef:
    """Read one or more LEF files (5.3 to 5.8), plain or compressed, as one record: technology first, then cells.

    Where files repeat a layer, via or site, the first one counts; a macro may stand only once.

    Args:
        what: paths, ``-`` for standard input, bytes, or :class:`Source` objects.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.

    >>> lef = read_lef(
    ...     b"MACRO INV SIZE 1 BY 2 ; PIN A PORT LAYER m1 ; RECT 0 0 .4 .2 ; END END A END INV END LIBRARY"
    ... )
    >>> lef.macros[0], lef.pins[0], float(lef.pin_x[0])
    ('INV', 'A', 0.2)
    """
    builder = Builder()
    for one in what:
        _Reader(one if isinstance(one, Source) else Source(one), builder).read()
    return builder.lef()


class _Reader:
    """One pass over one file: its words, and the number of the next."""

    def __init__(self, source: Source, builder: Builder) -> None:
        self.source = source
        self.builder = builder
        self.bus_bits = "[]"
        self.at = 0
        with source.open() as stream:
            data = stream.read()
        head = data[:_HEAD]
        if not head.strip():
            raise InputError.of(MESSAGES["lef-empty"], source.name)
        kind = other_format(head, ours="LEF")
        if kind:
            raise source.fail(MESSAGES["lef-wrong-file"], 0, kind=kind)
        self.text = _without_comments(data.decode("utf-8", "surrogateescape"))
        self.words = self.text.split()

    def fail(self, code: str, word: int, **values: object) -> NoReturn:
        """Raise a message of the table at a word; ``token`` is that word unless it is given."""
        if word < len(self.words):
            place = next(islice(re.finditer(r"\S+", self.text), word, None)).start()
            token = self.words[word][:60]
        else:
            place, token = len(self.text), "the end of the file"
        offset = len(self.text[:place].encode("utf-8", "surrogateescape"))
        raise self.source.fail(MESSAGES[code], offset, **{"token": token, **values})

    def name(self, word: int) -> str:
        """Return a word as a canonical name."""
        if word >= len(self.words) or self.words[word] == ";":
            self.fail("lef-statement-garbled", word, token=self.words[word - 1], form=f"{self.words[word - 1]} name")
        name = self.words[word]
        if self.bus_bits != "[]":
            name = name.replace(self.bus_bits[0], "[").replace(self.bus_bits[1], "]")
        return name

    def number(self, word: int) -> float:
        """Return a word as a finite number."""
        try:
            value = float(self.words[word])
        except (ValueError, IndexError):
            value = math.nan
        if not math.isfinite(value):
            self.fail("lef-number", word)
        return value

    def next_statement(self) -> int:
        """Return the number of the word behind the next ``;``."""
        try:
            return self.words.index(";", self.at) + 1
        except ValueError:
            self.fail("lef-statement-open", self.at)

    def ends(self, block: str, name: str = "") -> bool:
        """Whether a block ends here; if so, go behind its END and its name."""
        if self.at >= len(self.words):
            self.fail("lef-cut-off", self.at, block=block)
        if self.words[self.at] != "END":
            return False
        if name and self.words[self.at + 1 : self.at + 2] != [name]:
            self.fail("lef-end-name", self.at + 1, block=name)
        self.at += 1 + bool(name)
        return True

    def read(self) -> None:
        """Read all statements and blocks up to END LIBRARY or the end of the file, which cell files leave out."""
        builder, words = self.builder, self.words
        builder.sources.append(self.source.name)
        blocks = {
            "LAYER": self._layer,
            "VIA": self._via,
            "VIARULE": self._via_rule,
            "SITE": self._site,
            "MACRO": self._macro,
            "UNITS": self._units,
        }
        while self.at < len(words):
            start, word = self.at, words[self.at]
            if word == "END" and words[start + 1 : start + 2] == ["LIBRARY"]:
                break
            if word in blocks:
                blocks[word]()
            elif word in _PASSED_BLOCKS:
                self._pass_block(_PASSED_BLOCKS[word] or self.words[min(start + 1, len(words) - 1)])
            elif word == "BEGINEXT":
                self._pass_extension()
            elif word == "MANUFACTURINGGRID":
                builder.grid = self.number(start + 1)
                self.at = self.next_statement()
            elif word == "BUSBITCHARS":
                characters = words[min(start + 1, len(words) - 1)].strip('"')
                if len(characters) != 2:
                    self.fail("lef-statement-garbled", start + 1, token=word, form='BUSBITCHARS "[]" ;')
                self.bus_bits = characters
                self.at = self.next_statement()
            elif word in _PASSED:
                self.at = self.next_statement()
            else:
                self.fail("lef-statement-unknown", start)

    def _pass_block(self, name: str) -> None:
        start = self.at
        while self.at < len(self.words):
            if self.words[self.at] == "END" and self.words[self.at + 1 : self.at + 2] == [name]:
                self.at += 2
                return
            self.at += 1
        self.fail("lef-cut-off", self.at, block=self.words[start])

    def _pass_extension(self) -> None:
        try:
            self.at = self.words.index("ENDEXT", self.at) + 1
        except ValueError:
            self.fail("lef-cut-off", len(self.words), block="BEGINEXT")

    def _units(self) -> None:
        self.at += 1
        while not self.ends("UNITS", "UNITS"):
            if self.words[self.at : self.at + 2] == ["DATABASE", "MICRONS"]:
                self.builder.dbu = int(self.number(self.at + 2))
            self.at = self.next_statement()

    def _layer(self) -> None:
        name = self.name(self.at + 1)
        self.at += 2
        found: dict[str, Any] = {}
        spacings: list[float] = []
        while not self.ends(f"LAYER {name}", name):
            start, word = self.at, self.words[self.at]
            self.at = self.next_statement()
            second = self.words[start + 1]
            if word == "TYPE":
                found.setdefault("kind", second)
            elif word == "DIRECTION":
                found["direction"] = second
            elif word == "PITCH":
                pitches = [self.number(at) for at in range(start + 1, self.at - 1)]
                found["pitch"] = (pitches[0], pitches[-1]) if pitches else None
            elif word in ("WIDTH", "THICKNESS", "HEIGHT"):
                found.setdefault(word.lower(), self.number(start + 1))  # current density tables have WIDTH again
            elif word == "SPACING":
                spacings.append(self.number(start + 1))
            elif word == "SPACINGTABLE":
                spacings += self._table_spacing(start)
            elif word == "RESISTANCE":
                found["resistance"] = self.number(start + 1 + (second == "RPERSQ"))
            elif word == "CAPACITANCE" and second == "CPERSQDIST":
                found["capacitance"] = _FF_PER_PF * self.number(start + 2)
            elif word == "EDGECAPACITANCE":
                found["edge_capacitance"] = _FF_PER_PF * self.number(start + 1)
        self.builder.add_once(self.builder.layers, Layer(name, spacing=min(spacings, default=None), **found), "layers")

    def _table_spacing(self, start: int) -> list[float]:
        """Return the first spacing of a table by parallel run length: that of the narrowest wires side by side."""
        statement = self.words[start : self.at]
        if statement[1] != "PARALLELRUNLENGTH" or "WIDTH" not in statement:
            return []
        return [self.number(start + statement.index("WIDTH") + 2)]

    def _rects(self, block: str, name: str) -> tuple[list[tuple[str, float, float, float, float]], float | None]:
        """Read the layers, rectangles and the resistance of a via or via rule up to its END."""
        rects: list[tuple[str, float, float, float, float]] = []
        layer = ""
        resistance = None
        while not self.ends(f"{block} {name}", name):
            start, word = self.at, self.words[self.at]
            self.at = self.next_statement()
            if word == "LAYER":
                layer = self.name(start + 1)
                rects.append((layer, 0.0, 0.0, 0.0, 0.0))
            elif word in ("RECT", "POLYGON"):
                if not layer:
                    self.fail("lef-shape-layer", start)
                rects.append((layer, *self._box(start)))
            elif word == "LAYERS":
                rects += [(self.name(at), 0.0, 0.0, 0.0, 0.0) for at in range(start + 1, self.at - 1)]
            elif word == "RESISTANCE":
                resistance = self.number(start + 1)
        return rects, resistance

    def _box(self, start: int) -> tuple[float, float, float, float]:
        """Return the bounding box of the RECT or POLYGON statement that begins at a word."""
        if self.at == start + 6:  # nearly all: RECT x1 y1 x2 y2 ;
            try:
                x1, y1, x2, y2 = map(float, self.words[start + 1 : start + 5])
            except ValueError:
                pass  # told below
            else:
                if x1 <= x2 < math.inf and y1 <= y2 < math.inf and x1 + y1 > -math.inf:
                    return x1, y1, x2, y2
        first = start + (3 if self.words[start + 1] == "MASK" else 1)
        numbers = [self.number(at) for at in range(first, self.at - 1)]
        if len(numbers) < 4 or len(numbers) % 2 or (self.words[start] == "RECT" and len(numbers) > 4):
            self.fail("lef-statement-garbled", start, form=f"{self.words[start]} x1 y1 x2 y2 ;")
        xs, ys = numbers[::2], numbers[1::2]
        return min(xs), min(ys), max(xs), max(ys)

    def _via(self) -> None:
        name = self.name(self.at + 1)
        self.at += 2
        default = False
        while self.at < len(self.words) and self.words[self.at].upper() in ("DEFAULT", "TOPOFSTACKONLY", "GENERATED"):
            default |= self.words[self.at].upper() == "DEFAULT"
            self.at += 1
        rects, resistance = self._rects("VIA", name)
        layers = tuple(dict.fromkeys(rect[0] for rect in rects))
        drawn = tuple(rect for rect in rects if any(rect[1:]))
        self.builder.add_once(self.builder.vias, LefVia(name, layers, drawn, resistance, default), "vias")

    def _via_rule(self) -> None:
        name = self.name(self.at + 1)
        self.at += 2
        while self.at < len(self.words) and self.words[self.at].upper() in ("GENERATE", "DEFAULT"):
            self.at += 1
        rects, resistance = self._rects("VIARULE", name)
        layers = tuple(dict.fromkeys(rect[0] for rect in rects))
        self.builder.add_once(self.builder.via_rules, ViaRule(name, layers, resistance), "via rules")

    def _site(self) -> None:
        name = self.name(self.at + 1)
        self.at += 2
        kind, width, height = "", 0.0, 0.0
        while not self.ends(f"SITE {name}", name):
            start, word = self.at, self.words[self.at]
            self.at = self.next_statement()
            if word == "CLASS":
                kind = self.words[start + 1]
            elif word == "SIZE":
                width, height = self.number(start + 1), self.number(start + 3)
        self.builder.add_once(self.builder.sites, Site(name, kind, width, height), "sites")

    def _macro(self) -> None:
        builder, words, first = self.builder, self.words, self.at
        name = self.name(first + 1)
        if name in builder.macros:
            self.fail("lef-name-twice", first + 1, what="macro", token=name)
        self.at += 2
        first_shape = len(builder.boxes)
        size: tuple[float, float] | None = None
        origin = (0.0, 0.0)
        told = {"CLASS": "", "SYMMETRY": "", "SITE": ""}
        obstructions = 0
        while not self.ends(f"MACRO {name}", name):
            start, word = self.at, words[self.at]
            if word == "PIN":
                self._pin()
                continue
            if word == "OBS":
                obstructions += self._obstructions()
                continue
            if word in ("DENSITY", "TIMING"):
                self._pass_to_end()
                continue
            self.at = self.next_statement()
            if word == "SIZE":
                size = self.number(start + 1), self.number(start + 3)
            elif word == "ORIGIN":
                origin = self.number(start + 1), self.number(start + 2)
            elif word in told and not told[word]:
                told[word] = " ".join(words[start + 1 : self.at - 1])
        if size is None:
            self.fail("lef-size-missing", first + 1, token=name)
        if origin != (0.0, 0.0):
            shift = origin * 2
            moved = builder.boxes[first_shape:]
            builder.boxes[first_shape:] = [value + shift[i % 4] for i, value in enumerate(moved)]
        builder.macros[name] = (*size, *told.values(), obstructions)  # type: ignore[assignment]
        builder.macro_pins.append(len(builder.pins))

    def _pass_to_end(self) -> None:
        block = self.words[self.at]
        try:
            self.at = self.words.index("END", self.at) + 1
        except ValueError:
            self.fail("lef-cut-off", len(self.words), block=block)
        if self.words[self.at : self.at + 1] == [block]:  # END TIMING, but a bare END after DENSITY
            self.at += 1

    def _obstructions(self) -> int:
        """Pass over OBS; return how many shapes it holds."""
        start = self.at
        self._pass_to_end()
        inside = self.words[start : self.at]
        return inside.count("RECT") + inside.count("POLYGON") + inside.count("PATH")

    def _pin(self) -> None:
        builder, words = self.builder, self.words
        written = self.words[self.at + 1] if self.at + 1 < len(words) else ""
        name = self.name(self.at + 1)
        self.at += 2
        direction, use = int(Direction.INPUT), 0
        while not self.ends(f"PIN {name}", written):
            start, word = self.at, words[self.at]
            if word == "PORT":
                self._port()
                continue
            self.at = self.next_statement()
            if word == "DIRECTION":
                if words[start + 1] not in _DIRECTIONS:
                    self.fail("lef-direction", start + 1)
                direction = int(_DIRECTIONS[words[start + 1]])
            elif word == "USE":
                use = USES.index(words[start + 1]) if words[start + 1] in USES else 0
        builder.pins.append(name)
        builder.pin_direction.append(direction)
        builder.pin_use.append(use)
        builder.pin_shapes.append(len(builder.shape_layer))

    def _port(self) -> None:
        builder, words = self.builder, self.words
        self.at += 1
        layer = -1
        while not self.ends("PORT"):
            start, word = self.at, words[self.at]
            self.at = self.next_statement()
            if word in ("RECT", "POLYGON"):
                if layer < 0:
                    self.fail("lef-shape-layer", start)
                builder.boxes += self._box(start)
                builder.shape_layer.append(layer)
            elif word == "LAYER":
                layer = builder.shape_layers.setdefault(self.name(start + 1), len(builder.shape_layers))


def _without_comments(text: str) -> str:
    """Blank out comments and take the blanks out of strings, which may hold semicolons; offsets in bytes stay."""
    parts = []
    done = 0
    for mark in _MARK.finditer(text):
        start = mark.start()
        if start < done or (mark[0] == "#" and start and not text[start - 1].isspace()):
            continue  # inside of another, or of a word
        end = text.find("\n" if mark[0] == "#" else '"', start + 1)
        end = len(text) if end < 0 else end + (mark[0] == '"')
        found = text[start:end]
        if mark[0] == "#":
            found = " " * len(found.encode("utf-8", "surrogateescape"))
        else:
            found = _BLANK.sub(lambda blank: "_" * len(blank[0].encode()), found)
        parts += [text[done:start], found]
        done = end
    return "".join([*parts, text[done:]])

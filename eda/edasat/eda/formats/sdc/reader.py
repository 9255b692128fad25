"""Reading SDC: from a file to a list of commands."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from pathlib import Path
from typing import Final

from edasat.core.errors import InputError
from edasat.core.files import Source

from ...library import Units
from .arguments import Arguments, Usage
from .commands import COLLECTIONS, COMMANDS, QUERIES, SET_UNITS, collection, query, set_units
from .messages import MESSAGES
from .record import Command, Ignored, ObjectQuery, Objects, Sdc
from .tcl import Interpreter, Value, Word

_CURRENT_DESIGN: Final = Usage.of(optional="design")

#: First bytes of other formats.
_OTHERS: Final = (
    (re.compile(r"\s*(//[^\n]*\n\s*|/\*.*?\*/\s*|`[^\n]*\n\s*)*module\s", re.DOTALL), "Verilog"),
    (re.compile(r"\s*(/\*.*?\*/\s*)*library\s*\(", re.DOTALL), "a Liberty library"),
    (re.compile(r"\s*(#[^\n]*\n\s*)*(VERSION|MACRO|LAYER|BUSBITCHARS|DIVIDERCHAR)\s"), "LEF or DEF"),
    (re.compile(r"\s*(//[^\n]*\n\s*)*\*SPEF\b"), "a SPEF file"),
    (re.compile(r"\s*\(\s*DELAYFILE\b", re.IGNORECASE), "an SDF file"),
)
_HEAD: Final = 4096  # characters looked at to recognise another format


def read_sdc(what: str | Path | bytes | Source, *, units: Units | None = None) -> Sdc:
    """Read timing constraints, plain or compressed; nothing in the file is executed.

    Tcl is followed as far as constraint files need it: variables, ``expr``, lists, ``foreach`` and ``if``. What would
    run programs, read other files or define commands is refused; commands that say nothing to this program are counted
    in ``ignored``.

    Args:
        what: path, ``-`` for standard input, bytes, or a :class:`Source`.
        units: of the numbers in the file: those of the library. ``set_units`` in the file overrides them.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.

    >>> from edasat.eda.formats.sdc import CreateClock
    >>> sdc = read_sdc(b"set p 2.5; create_clock -name clk -period [expr $p * 2] [get_ports {ck}]; group_path -name x")
    >>> [(clock.name, clock.period_ns, clock.sources[0].patterns) for clock in sdc.of(CreateClock)], list(sdc.ignored)
    ([('clk', 5.0, ('ck',))], ['group_path'])
    """
    source = what if isinstance(what, Source) else Source(what)
    with source.open() as stream:
        text = stream.read().decode("utf-8", "surrogateescape")
    return _Reader(source, text, units or Units()).read()


class _Reader:
    """Runs the commands of one file and collects their records."""

    def __init__(self, source: Source, text: str, units: Units) -> None:
        self.source = source
        self.text = text
        self.units = units
        self.design = ""
        self.understood = False  # whether there was any command of SDC
        self.commands: list[Command] = []
        self.ignored: dict[str, Ignored] = {}
        self.lines = [found.end() for found in re.finditer("\n", text)]
        self.tcl = Interpreter(text, self)

    def read(self) -> Sdc:
        other = next((name for pattern, name in _OTHERS if pattern.match(self.text[:_HEAD])), "")
        if other:
            raise self.fail("sdc-wrong-file", 0, what=other)
        self.tcl.run()
        if self.ignored and not self.understood:
            first = min(self.ignored, key=lambda name: self.ignored[name].first_line)
            raise self.fail("sdc-nothing", 0, token=first[:40])
        return Sdc(self.source.name, tuple(self.commands), self.design, self.units, self.ignored)

    # -- the interpreter's host

    def known(self, name: str) -> bool:
        name = name.removeprefix("::")
        return name in COMMANDS or name in QUERIES or name in COLLECTIONS or name in {"set_units", "current_design"}

    def call(self, words: list[Word]) -> Value:
        self.understood = True
        name = str(words[0].value).removeprefix("::")
        if name in COMMANDS:
            usage, build = COMMANDS[name]
            self.commands.append(build(Arguments.parse(self, usage, words), self.units))
            return ""
        if name in QUERIES:
            return query(Arguments.parse(self, QUERIES[name], words))
        if name in COLLECTIONS:
            return collection(Arguments.parse(self, COLLECTIONS[name], words))
        if name == "set_units":
            self.units = set_units(Arguments.parse(self, SET_UNITS, words), self.units)
            return ""
        if name == "current_design":
            arguments = Arguments.parse(self, _CURRENT_DESIGN, words)
            self.design = arguments.text("design", self.design)
            return (ObjectQuery("current_design", (), arguments.line),)
        close = difflib.get_close_matches(name, [*QUERIES, *COLLECTIONS, *self.tcl.builtins], 1)
        hint = f"did you mean '{close[0]}'?" if close else "SDC files are read, not executed"
        raise self.fail("sdc-query", words[0].at, name=name, hint=hint)

    def ignore(self, name: str, at: int) -> None:
        old = self.ignored.get(name)
        self.ignored[name] = Ignored(old.times + 1, old.first_line) if old else Ignored(1, self.line(at))

    def line(self, at: int) -> int:
        return bisect_right(self.lines, at) + 1

    def fail(self, code: str, at: int, **values: object) -> InputError:
        if code == "sdc-variable":
            close = difflib.get_close_matches(str(values["name"]), self.tcl.variables, 1)
            values["hint"] = f"did you mean '{close[0]}'?" if close else "set it before it is used"
        offset = len(self.text[:at].encode("utf-8", "surrogateescape"))
        return self.source.fail(MESSAGES[code], offset, **values)

    # -- what arguments need

    def objects(self, word: Word) -> Objects:
        return self.tcl.objects(word)

    def elements(self, word: Word) -> list[str]:
        return self.tcl.elements(word, [word])

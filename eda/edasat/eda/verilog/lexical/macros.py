"""Compiler directives on lexemes: ``define``, ``ifdef`` and ``include``.

A macro is a range of lexemes, and using it splices that range in: text is scanned once, and the result is one list of
ranges (IEEE Std 1364-2005, clause 19). Whatever is missing or malformed leaves its lexemes as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message
from edasat.core.files import Source, read_bytes

from .scanner import DIRECTIVE, Lexemes, Symbols, scan
from .vocabulary import ID

_BINARY: Final = Message("verilog-binary", "this is no text", "give Verilog source in ASCII or UTF-8")
_LOOKED_AT: Final = 1 << 16  # bytes in which a zero tells that a file is no text

_MACRO: Final = ID["[macro]"]
_OPEN, _CLOSE, _COMMA = ID["("], ID[")"], ID[","]
_OPENING: Final = {ID["("], ID["["], ID["{"]}
_CLOSING: Final = {ID[")"], ID["]"], ID["}"]}
_STRING: Final = ID["[string]"]

#: Directives that end with their line and say nothing about the circuit.
_LINE_DIRECTIVES: Final = frozenset(
    b"""
    timescale default_nettype resetall celldefine endcelldefine line pragma unconnected_drive nounconnected_drive
    begin_keywords end_keywords default_decay_time default_trireg_strength delay_mode_distributed delay_mode_path
    delay_mode_unit delay_mode_zero protect endprotect uselib undefineall
    """.split()
)
_CONDITIONALS: Final = frozenset((b"ifdef", b"ifndef", b"elsif", b"else", b"endif"))
_DEEPEST: Final = 32  # macros within macros, files within files
#: Lexemes after expansion, beyond which macros are no longer expanded: they can double at each level.
_MOST: Final = 1 << 20


class _Macro(NamedTuple):
    """Lexemes ``start`` to ``end`` stand for the name; ``parameters`` are symbols, None without brackets."""

    start: int
    end: int
    parameters: tuple[int, ...] | None


@dataclass(frozen=True, eq=False)
class Stream:
    """Lexemes after expansion, with an end mark behind the last; see :class:`~.scanner.Lexemes` for the columns."""

    entry: npt.NDArray[np.int16]
    symbol: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    width: npt.NDArray[np.float64]
    line: npt.NDArray[np.int32]
    file: npt.NDArray[np.int16]
    files: tuple[str, ...]


@dataclass
class Preprocessor:
    """Reads sources one after the other; macros live on from file to file.

    Args:
        include_dirs: where included files are looked for, besides the folder of the file that asks.
        defines: macros that exist beforehand, and their texts.
    """

    include_dirs: Sequence[str | Path] = ()
    defines: Mapping[str, str | int] = field(default_factory=dict)
    symbols: Symbols = field(default_factory=Symbols)

    def __post_init__(self) -> None:
        self._files: list[str] = []
        self._folders: list[Path | None] = []
        self._pieces: list[Lexemes] = []
        self._size = 0
        self._macros: dict[int, _Macro] = {}
        #: (first lexeme, behind the last, line or -1 for the lexemes' own, file)
        self._ranges: list[tuple[int, int, int, int]] = []
        self._emitted = 0
        self._entry: list[int] = []
        self._symbol: list[int] = []
        for name, text in self.defines.items():
            self._add_file(f"`define {name} {text}\n".encode(), "<define>", None)
            self._expand(len(self._pieces) - 1)

    def add(self, source: str | Path | bytes) -> None:
        """Read a source and what it includes.

        Raises:
            InputError: if the file cannot be read or is no text.
        """
        opened = Source(source)
        folder = None if opened.path is None else opened.path.parent
        with opened.open() as stream:
            content = stream.read()
        if b"\0" in content[:_LOOKED_AT]:
            raise InputError.of(_BINARY, opened.name)
        self._add_file(content, opened.name, folder)
        self._expand(len(self._pieces) - 1)

    def stream(self) -> Stream:
        """Return everything read so far."""
        ranges = np.array(self._ranges, np.int64).reshape(-1, 4)
        lengths = ranges[:, 1] - ranges[:, 0]
        before = np.cumsum(lengths) - lengths
        index = np.arange(int(lengths.sum())) + np.repeat(ranges[:, 0] - before, lengths)
        index = np.append(index, self._size - 1) if self._size else index  # the last file's end mark
        line, file = (np.repeat(ranges[:, column], lengths) for column in (2, 3))
        line = np.append(line, -1)[: len(index)]
        columns = {
            name: np.concatenate([getattr(piece, name) for piece in self._pieces])[index]
            for name in ("entry", "symbol", "value", "width", "line")
        }
        columns["line"] = np.where(line < 0, columns["line"], line).astype(np.int32)
        columns["entry"] = np.where(columns["entry"] < 0, np.int16(_MACRO), columns["entry"])
        return Stream(**columns, file=np.append(file, 0)[: len(index)].astype(np.int16), files=tuple(self._files))

    def _add_file(self, data: bytes, name: str, folder: Path | None) -> None:
        lexemes = scan(data, self.symbols)
        self._files.append(name)
        self._folders.append(folder)
        self._pieces.append(lexemes)
        self._entry += lexemes.entry.tolist()
        self._symbol += lexemes.symbol.tolist()
        self._size += len(lexemes.entry)

    # ------------------------------------------------------------------ directives
    def _expand(self, file: int, depth: int = 0) -> None:
        """Walk over the directives of a file, which has just been read."""
        lexemes = self._pieces[file]
        last = self._size - 1  # its end mark
        base = last + 1 - len(lexemes.entry)
        spellings, symbol = self.symbols.spellings, self._symbol
        cursor = base
        active = [True]  # innermost condition last
        done = [True]  # whether a branch of it has been taken
        for at in (base + np.flatnonzero(lexemes.entry == DIRECTIVE)).tolist():
            if at < cursor:  # inside a definition or a macro's arguments
                continue
            word = spellings[symbol[at]]
            if active[-1]:
                self._emit(cursor, at, -1, file)
            cursor = at + 1
            end_of_line = base + int(np.searchsorted(lexemes.logical, lexemes.logical[at - base], "right"))
            if word in _CONDITIONALS:
                cursor = self._condition(word, at, active, done)
            elif word in _LINE_DIRECTIVES:
                cursor = min(end_of_line, last)
            elif word == b"define":
                cursor = min(end_of_line, last)
                if active[-1]:
                    self._define(at + 1, cursor, base, lexemes)
            elif word == b"undef":
                cursor = min(at + 2, last)
                if active[-1]:
                    self._macros.pop(symbol[at + 1], None)
            elif not active[-1]:
                continue
            elif word == b"include":
                cursor = min(at + 2, last)
                self._include(at + 1, file, depth)
            else:
                cursor = self._use(at, last, {}, int(lexemes.line[at - base]), file, depth)
        if active[-1]:
            self._emit(cursor, last, -1, file)

    def _condition(self, word: bytes, at: int, active: list[bool], done: list[bool]) -> int:
        """Enter, change or leave a conditional part; return the position behind the directive."""
        known = self._symbol[at + 1] in self._macros
        if word in (b"ifdef", b"ifndef"):
            taken = known == (word == b"ifdef")
            active.append(active[-1] and taken)
            done.append(taken)
            return at + 2
        if word == b"endif":
            if len(active) > 1:
                active.pop()
                done.pop()
            return at + 1
        taken = not done[-1] and (word == b"else" or known)
        if len(active) > 1:
            active[-1] = active[-2] and taken
            done[-1] = done[-1] or taken
        return at + (2 if word == b"elsif" else 1)

    def _define(self, at: int, end: int, base: int, lexemes: Lexemes) -> None:
        if at >= end or self._symbol[at] < 0:
            return
        start, parameters = at + 1, None
        if start < end and self._entry[start] == _OPEN and lexemes.end[at - base] == lexemes.start[start - base]:
            close = start
            while close < end and self._entry[close] != _CLOSE:
                close += 1
            # a default value (``a = 1``) is passed over
            before = (_OPEN, _COMMA)
            found = [self._symbol[i] for i in range(start + 1, close) if self._entry[i - 1] in before]
            parameters, start = tuple(found), close + 1
        self._macros[self._symbol[at]] = _Macro(min(start, end), end, parameters)

    def _include(self, at: int, file: int, depth: int) -> None:
        if self._entry[at] != _STRING or depth >= _DEEPEST or self._emitted > _MOST:
            return
        name = self.symbols.spellings[self._symbol[at]].strip(b'"').decode("utf-8", "surrogateescape")
        folder = self._folders[file]
        for place in (*([folder] if folder else []), *self.include_dirs):
            path = Path(place) / name
            try:
                if path.is_file():
                    content = read_bytes(path)
                    self._add_file(content, str(path), path.parent)
                    self._expand(len(self._pieces) - 1, depth + 1)
                    return
            except (InputError, OSError, ValueError):  # unreadable: as if it were missing
                continue

    # ------------------------------------------------------------------ macros
    def _emit(self, start: int, end: int, line: int, file: int) -> None:
        if start < end:
            self._ranges.append((start, end, line, file))
            self._emitted += end - start

    def _use(
        self, at: int, last: int, arguments: Mapping[int, tuple[int, int]], line: int, file: int, depth: int
    ) -> int:
        """Write what a macro stands for, or its name if it stands for nothing; return the position behind its use."""
        macro = self._macros.get(self._symbol[at])
        if macro is None or depth >= _DEEPEST or self._emitted > _MOST:
            self._emit(at, at + 1, line, file)
            return at + 1
        behind = at + 1
        given: dict[int, tuple[int, int]] = {}
        if macro.parameters is not None and self._entry[behind] == _OPEN:
            spans, behind = self._arguments(behind, last)
            given = dict(zip(macro.parameters, spans, strict=False))
            # arguments that are the caller's own parameters
            given = {
                name: arguments.get(self._symbol[span[0]], span) if span[1] - span[0] == 1 else span
                for name, span in given.items()
            }
        self._body(macro.start, macro.end, given, line, file, depth + 1)
        return behind

    def _body(
        self, start: int, end: int, arguments: Mapping[int, tuple[int, int]], line: int, file: int, depth: int
    ) -> None:
        """Write the lexemes of a macro, its parameters replaced and the macros in it expanded."""
        entry, symbol = self._entry, self._symbol
        cursor = at = start
        while at < end:
            if entry[at] == DIRECTIVE:
                self._emit(cursor, at, line, file)
                cursor = at = self._use(at, end, arguments, line, file, depth)
            elif symbol[at] in arguments and depth < _DEEPEST:
                self._emit(cursor, at, line, file)
                self._body(*arguments[symbol[at]], {}, line, file, depth + 1)
                at += 1
                cursor = at
            else:
                at += 1
        self._emit(cursor, end, line, file)

    def _arguments(self, at: int, last: int) -> tuple[list[tuple[int, int]], int]:
        """Return the spans of the arguments in brackets and the position behind them."""
        spans: list[tuple[int, int]] = []
        level, start = 0, at + 1
        for position in range(at, last):
            entry = self._entry[position]
            if entry in _OPENING:
                level += 1
            elif entry in _CLOSING:
                level -= 1
                if level == 0:
                    return [*spans, (start, position)], position + 1
            elif entry == _COMMA and level == 1:
                spans.append((start, position))
                start = position + 1
        return [], at

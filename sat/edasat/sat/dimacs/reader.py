"""Reading DIMACS CNF: header, blocks, and what can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError, LimitError, Notes
from edasat.core.files import Decompressed, Source

from ..cnf import MAX_VARIABLE, Cnf
from .messages import MESSAGES
from .scanner import (
    CLAUSES,
    DUPLICATES,
    EMPTY,
    ERRORS,
    GROW,
    LINE_START,
    LITS,
    NUM_COUNTERS,
    TAUTOLOGIES,
    TOP,
    TRAILER,
    scan,
)

_BLOCK = 1 << 20
_MAX_CLAUSES = 2**63 - 1  # offsets are int64
_HEAD_LIMIT = 1 << 30  # comment bytes before the header that we are willing to read
_COMMENT_LINES_KEPT = 1000
_GROWTH = 1.5


def read_dimacs(what: str | Path | bytes | Source, *, relaxed: bool = False) -> Cnf:
    r"""Read a DIMACS CNF, plain or compressed (gzip, xz, zstd, bzip2), from a path, ``-`` or bytes.

    Tautologies, duplicate literals and empty clauses are kept and counted in ``notes``; SATLIB's ``%`` trailer is
    noted.

    Args:
        what: path, ``-`` for standard input, bytes, or a :class:`Source`.
        relaxed: accept clause and variable counts that differ from the header, with a warning.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.
        LimitError: for a valid file with more than 2^31 - 1 variables or 2^63 - 1 clauses.

    >>> read_dimacs(b"p cnf 2 2\n1 -2 0\n2 0\n").to_lists()
    [[1, -2], [2]]
    """
    source = what if isinstance(what, Source) else Source(what)
    with source.open() as stream:
        try:
            return _Reader(source, stream, relaxed).read()
        except InputError as error:
            if error.code in {"file-truncated", "file-damaged"} and not error.line:
                error.line = source.locate(1 << 62)[0]
            raise


class _Reader:
    """One pass over one file."""

    def __init__(self, source: Source, stream: Decompressed, relaxed: bool) -> None:
        self.source = source
        self.stream = stream
        self.relaxed = relaxed
        self._make_buffer(_BLOCK)
        self.used = 0  # bytes of the buffer that hold data
        self.base = 0  # offset of buffer[0] in the content
        self.ended = False

    def read(self) -> Cnf:
        num_vars, num_clauses, comments = self._header()
        literals, offsets = self._room(num_clauses)
        counters = np.zeros(NUM_COUNTERS, np.int64)
        counters[LINE_START] = 1
        notes = Notes()
        while True:
            state, position = scan(
                self.buffer, self.used, self.ended, self.relaxed, num_vars, num_clauses, literals, offsets, counters
            )
            if state in ERRORS:
                raise self._error(ERRORS[state], position, num_vars, num_clauses)
            self._advance(position)
            if state == GROW:
                if counters[LITS] == len(literals):
                    literals.resize(int(len(literals) * _GROWTH) + 64, refcheck=False)
                else:
                    offsets.resize(int(len(offsets) * _GROWTH) + 64, refcheck=False)
            elif state == TRAILER:
                notes.add("dimacs-satlib-trailer", "SATLIB end mark '%'", self._place(0))
                self._check_trailer()
                break
            elif self.ended:
                break
            else:
                self._fill()
        found = int(counters[CLAUSES])
        if counters[LITS] > offsets[found]:
            raise self.source.fail(MESSAGES["dimacs-final-zero"], self.base)
        if found != num_clauses:
            if found < num_clauses and not self.relaxed:
                raise self.source.fail(MESSAGES["dimacs-clauses-fewer"], self.base, declared=num_clauses, found=found)
            notes.add(
                "dimacs-clause-count", f"the header says {num_clauses:,} clauses, found {found:,}", self.source.name
            )
        top = int(counters[TOP])
        if top > num_vars:
            notes.add(
                "dimacs-variable-count", f"the header says {num_vars:,} variables, found {top:,}", self.source.name
            )
        literals.resize(int(counters[LITS]), refcheck=False)
        offsets.resize(found + 1, refcheck=False)
        notes.add("dimacs-tautology", "tautological clauses kept", times=int(counters[TAUTOLOGIES]))
        notes.add("dimacs-duplicate", "clauses with a repeated literal kept", times=int(counters[DUPLICATES]))
        notes.add("dimacs-empty-clause", "empty clauses: the formula is unsatisfiable", times=int(counters[EMPTY]))
        return Cnf(max(num_vars, top), offsets, literals, self.source.name, comments, notes)

    def _make_buffer(self, size: int) -> None:
        self.buffer = np.empty(size + PADDING, np.uint8)
        self.view = memoryview(self.buffer)[:size]  # type: ignore[arg-type]

    def _header(self) -> tuple[int, int, tuple[str, ...]]:
        """Read up to the header line; the buffer then begins behind it."""
        head = b""
        comments: list[str] = []
        blank = True
        at = 0
        while True:
            end = head.find(b"\n", at)
            if end < 0 and not self.ended:
                self._fill()
                head = head[at:] + self.buffer[: self.used].tobytes()
                self.base += at
                at = 0
                self.used = 0
                if self.base + len(head) > _HEAD_LIMIT:
                    break
                continue
            line = head[at : end if end >= 0 else len(head)]
            text = line.strip()
            blank = blank and not text
            if text[:1] == b"c" and not text.startswith(b"cnf"):
                if len(comments) < _COMMENT_LINES_KEPT:
                    comments.append(text[1:].strip().decode("utf-8", "replace"))
            elif text:
                values = self._header_line(text, self.base + at + line.index(text[:1]), head[at:])
                rest = head[end + 1 :] if end >= 0 else b""
                self.base += end + 1 if end >= 0 else len(head)
                if len(rest) > len(self.view):
                    self._make_buffer(len(rest))
                self.buffer[: len(rest)] = np.frombuffer(rest, np.uint8)
                self.used = len(rest)
                return *values, tuple(comments)
            if end < 0:
                break
            at = end + 1
        if blank and not head.strip():
            raise InputError.of(MESSAGES["dimacs-empty"], self.source.name)
        raise self.source.fail(MESSAGES["dimacs-header-absent"], self.base + at)

    def _header_line(self, text: bytes, offset: int, rest: bytes) -> tuple[int, int]:
        token = text[:40].decode("ascii", "replace")
        words = text.split()
        if words[0] != b"p":
            raise self._wrong_file(text, offset, rest, token)
        kind = words[1].decode("ascii", "replace") if len(words) > 1 else ""
        if kind in {"wcnf", "inccnf"}:
            raise self.source.fail(MESSAGES[f"dimacs-{kind}"], offset)
        if kind in {"edge", "col", "sp", "max", "min"}:
            raise self.source.fail(MESSAGES["dimacs-graph"], offset, kind=kind)
        if kind != "cnf" or len(words) != 4:
            raise self.source.fail(MESSAGES["dimacs-header-garbled"], offset, token=token)
        numbers = []
        for what, word in zip(("number of variables", "number of clauses"), words[2:], strict=True):
            if word[:1] == b"-" and word[1:].isdigit():
                raise self.source.fail(MESSAGES["dimacs-header-negative"], offset, what=what, token=word.decode())
            if not word.isdigit() or len(word) > 30:
                raise self.source.fail(MESSAGES["dimacs-header-garbled"], offset, token=token)
            numbers.append(int(word))
        for what, number, most in zip(("variables", "clauses"), numbers, (MAX_VARIABLE, _MAX_CLAUSES), strict=True):
            if number > most:
                row = MESSAGES[f"dimacs-too-many-{what}"]
                raise LimitError(row.template.format(token=number), path=self.source.name, code=row.code)
        return numbers[0], numbers[1]

    def _wrong_file(self, text: bytes, offset: int, rest: bytes, token: str) -> InputError:
        """Name the format when the first line that is no comment is not a header."""
        first = text.split()[0]
        known = {b"aag": "aiger", b"aig": "aiger", b"h": "wcnf", b"module": "verilog", b"`timescale": "verilog"}
        if first in known and len(text.split()) > 1:
            return self.source.fail(MESSAGES[f"dimacs-{known[first]}"], offset)
        if first == b"*":
            return self.source.fail(MESSAGES["dimacs-opb"], offset)
        graph6 = text.startswith((b">>graph6<<", b">>sparse6<<", b":")) or (
            len(text) > 1 and text == first and all(63 <= byte <= 126 for byte in text) and not text.isalpha()
        )
        if graph6:
            return self.source.fail(MESSAGES["dimacs-graph6"], offset)
        bad = next((at for at, byte in enumerate(rest[: 1 << 16].split(b"\n")[0]) if byte == 0 or byte > 127), None)
        if bad is not None:
            at = offset + bad
            byte = rest[bad]
            return self.source.fail(MESSAGES["dimacs-nul" if byte == 0 else "dimacs-non-ascii"], at, byte=byte)
        return self.source.fail(MESSAGES["dimacs-header-missing"], offset, token=token)

    def _room(self, num_clauses: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Allocate the result from the density of the first block; the scanner asks for more when it runs out.

        A header that promises too much costs nothing: the file's size bounds what is allocated.
        """
        if not self.ended:
            self._fill()
        sample = self.buffer[: self.used]
        blanks = int(np.count_nonzero(sample <= 32)) + 1
        size = self.source.stored_size if not self.stream.kind else 0
        scale = max(1.0, size / max(1, self.used))
        tokens = int(blanks * scale * 1.02) + 64
        clauses = min(num_clauses, max(tokens, self.used))
        return np.empty(max(64, tokens - min(clauses, tokens // 2)), np.int32), _zero_first(clauses + 1)

    def _fill(self) -> None:
        """Append data behind what the buffer holds."""
        if self.used == len(self.view):
            old = self.buffer
            self._make_buffer(2 * self.used)
            self.buffer[: self.used] = old[: self.used]
        got = self.stream.readinto(self.view[self.used :])
        self.used += got
        self.ended = got == 0

    def _advance(self, position: int) -> None:
        """Drop what the scanner has used."""
        left = self.used - position
        if left and position:
            self.buffer[:left] = self.buffer[position : self.used].copy()
        self.used = left
        self.base += position

    def _check_trailer(self) -> None:
        """After '%', SATLIB files hold a lone 0; anything else is a fault."""
        while True:
            text = self.buffer[: self.used].tobytes()
            rest = text[1:].split()
            if [word for word in rest if word != b"0"]:
                word = next(word for word in rest if word != b"0")
                raise self.source.fail(
                    MESSAGES["dimacs-trailer"],
                    self.base + text.index(word, 1),
                    token=word[:40].decode("ascii", "replace"),
                )
            if self.ended:
                self._advance(self.used)
                return
            self._fill()

    def _place(self, position: int) -> str:
        return f"{self.source.name}:{self.source.locate(self.base + position)[0]}"

    def _error(self, code: str, position: int, num_vars: int, num_clauses: int) -> InputError:
        text = self.buffer[position : min(self.used, position + 40)].tobytes()
        token = (text.split() or [b""])[0].decode("ascii", "replace")
        declared = num_vars if code == "dimacs-variable-above-header" else num_clauses
        byte = text[0] if text else 0
        return self.source.fail(MESSAGES[code], self.base + position, token=token, declared=declared, byte=byte)


def _zero_first(size: int) -> npt.NDArray[np.int64]:
    offsets = np.empty(size, np.int64)
    offsets[0] = 0
    return offsets

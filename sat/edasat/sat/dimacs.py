"""DIMACS CNF: files to :class:`~edasat.sat.cnf.Cnf` and back.

The format is the one of the SAT competitions (DIMACS Challenge 1993, "Satisfiability: Suggested Format"). The body is
scanned by one compiled byte loop over blocks of a megabyte, whatever the compression, so memory stays near the size
of the result. The loop stops at a token that a block cuts in two; what is left of it begins the next block.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, LimitError, Message, Notes
from edasat.core.files import Decompressed, Source, atomic_write

from .cnf import MAX_VARIABLE, Cnf

_BLOCK = 1 << 20
_HEAD_LIMIT = 1 << 30  # comment bytes before the header that we are willing to read
_COMMENT_LINES_KEPT = 1000
_SHORT = 8  # clauses up to this length are checked for repetitions pair by pair, longer ones by sorting
_GROWTH = 1.5

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("dimacs-empty", "the file is empty", "a CNF needs at least the line 'p cnf 0 0'"),
        Message(
            "dimacs-header-missing",
            "expected the header 'p cnf VARIABLES CLAUSES', got '{token}'",
            "add the header line before the first clause",
        ),
        Message("dimacs-header-absent", "no header 'p cnf VARIABLES CLAUSES' in the whole file"),
        Message(
            "dimacs-header-garbled",
            "the header must be 'p cnf VARIABLES CLAUSES' with two whole numbers, got '{token}'",
        ),
        Message("dimacs-header-negative", "the header's {what} is negative: {token}"),
        Message("dimacs-header-duplicate", "a second header line", "one file holds one formula"),
        Message(
            "dimacs-too-many-variables",
            "the file is valid so far, but {token} variables are more than this reader holds (2^31 - 1)",
        ),
        Message(
            "dimacs-clauses-more",
            "more clauses than the {declared} that the header says",
            "correct the header, or pass --relaxed to accept the file with a warning",
        ),
        Message(
            "dimacs-clauses-fewer",
            "the header says {declared} clauses, the file holds {found}",
            "the file may be cut off; pass --relaxed to accept it with a warning",
        ),
        Message(
            "dimacs-variable-above-header",
            "variable {token} exceeds the {declared} variables that the header says",
            "correct the header, or pass --relaxed to accept the file with a warning",
        ),
        Message("dimacs-literal-overflow", "literal '{token}' does not fit 32 bits"),
        Message("dimacs-final-zero", "the last clause does not end in 0", "the file may be cut off"),
        Message("dimacs-letter", "expected a literal, got '{token}'"),
        Message("dimacs-float", "expected a whole number, got '{token}'"),
        Message("dimacs-lone-minus", "'-' without a number"),
        Message("dimacs-nul", "NUL byte", "the file is binary or damaged"),
        Message("dimacs-non-ascii", "byte 0x{byte:02x} is not ASCII", "the file is binary, damaged or UTF-16"),
        Message("dimacs-trailer", "'{token}' after the SATLIB end mark '%'", "only '0' may follow it"),
        Message("dimacs-aiger", "this is an AIGER circuit, not a CNF", "edasat graph reads AIGER; a CNF needs encoding"),
        Message("dimacs-wcnf", "this is a weighted CNF (MaxSAT), not a CNF", "drop the weights, or use a MaxSAT tool"),
        Message("dimacs-graph6", "this looks like a graph in graph6 or sparse6 form, not a CNF"),
        Message("dimacs-graph", "this is a DIMACS graph ('p {kind}'), not a CNF"),
        Message("dimacs-inccnf", "this is an incremental CNF ('p inccnf'), not a CNF"),
        Message("dimacs-opb", "this is a pseudo-Boolean problem (OPB), not a CNF"),
        Message("dimacs-verilog", "this looks like Verilog, not a CNF"),
    )
}

# States of the scanner that stop it (0: the block is used up).
_NEED_MORE = 0
_GROW = 1
_TRAILER = 2
_ERRORS: Final = {
    10: "dimacs-header-duplicate",
    11: "dimacs-clauses-more",
    12: "dimacs-variable-above-header",
    13: "dimacs-literal-overflow",
    14: "dimacs-letter",
    15: "dimacs-float",
    16: "dimacs-lone-minus",
    17: "dimacs-nul",
    18: "dimacs-non-ascii",
}

# Slots of the scanner's counters.
_LITS, _CLAUSES, _IN_COMMENT, _LINE_START, _TOP, _TAUTOLOGIES, _DUPLICATES, _EMPTY, _FIRST_ODD = range(9)


@numba.njit(cache=True, boundscheck=False, inline="always")
def _repeats(literals, start, end, counters):  # type: ignore[no-untyped-def]
    """Count a clause as tautological, as holding a literal twice, or as empty."""
    length = end - start
    taut = 0
    twice = 0
    if length <= _SHORT:
        for i in range(start + 1, end):
            x = literals[i]
            for j in range(start, i):
                taut |= literals[j] == -x
                twice |= literals[j] == x
        if length == 0:
            counters[_EMPTY] += 1
    else:
        key = np.empty(length, np.int64)
        for i in range(length):
            x = np.int64(literals[start + i])
            key[i] = 2 * x if x > 0 else 1 - 2 * x
        key.sort()
        for i in range(1, length):
            twice |= key[i] == key[i - 1]
            taut |= (key[i] ^ 1) == key[i - 1] and key[i] // 2 == key[i - 1] // 2
        if taut == 0 and twice:  # x x -x: the pair is not adjacent to its first copy
            for i in range(1, length):
                if key[i] != key[i - 1] and key[i] // 2 == key[i - 1] // 2:
                    taut = 1
    counters[_TAUTOLOGIES] += taut
    counters[_DUPLICATES] += twice


@numba.njit(cache=True, boundscheck=False)
def _scan(block, size, last, relaxed, num_vars, num_clauses, literals, offsets, counters):  # type: ignore[no-untyped-def]
    """Scan ``block[:size]``; return (state, position).

    ``position`` is where the next block begins, or where the error stands. ``counters`` carries what outlives a block.
    """
    n_lits = counters[_LITS]
    n_clauses = counters[_CLAUSES]
    start = offsets[n_clauses]
    top = counters[_TOP]
    line_start = counters[_LINE_START]
    lit_room = len(literals)
    clause_room = len(offsets) - 1
    state = _NEED_MORE
    i = 0
    if counters[_IN_COMMENT]:
        while i < size and block[i] != 10:
            i += 1
        if i < size:
            counters[_IN_COMMENT] = 0
    while i < size:
        c = block[i]
        if c == 32 or (9 <= c <= 13):
            line_start = 1 if c == 10 else line_start
            i += 1
            continue
        begin = i
        negative = False
        if c == 45:  # '-'
            negative = True
            i += 1
            if i == size:
                if not last:
                    i = begin
                    break
                state = 16
                i = begin
                break
            c = block[i]
            if not 48 <= c <= 57:
                state = 16
                i = begin
                break
        if 48 <= c <= 57:
            value = np.int64(c - 48)
            i += 1
            while i < size:
                c = block[i]
                if not 48 <= c <= 57:
                    break
                value = value * 10 + (c - 48)
                i += 1
                if value > MAX_VARIABLE:
                    state = 13
                    break
            if state:
                i = begin
                break
            if i == size:
                if not last:
                    i = begin
                    break
            elif not (c == 32 or (9 <= c <= 13)):
                state = 15 if (c == 46 or c == 69 or c == 101) else 17 if c == 0 else 18 if c > 127 else 14
                i = begin if state < 17 else i
                break
            line_start = 0
            if value == 0:
                if negative:
                    state = 16
                    i = begin
                    break
                if n_clauses == num_clauses and not relaxed:
                    state = 11
                    i = begin
                    break
                if n_clauses == clause_room:
                    state = _GROW
                    i = begin
                    break
                n_clauses += 1
                offsets[n_clauses] = n_lits
                _repeats(literals, start, n_lits, counters)
                start = n_lits
            else:
                if value > top:
                    if value > num_vars and not relaxed:
                        state = 12
                        i = begin
                        break
                    top = value
                if n_lits == lit_room:
                    state = _GROW
                    i = begin
                    break
                literals[n_lits] = -value if negative else value
                n_lits += 1
            continue
        if c == 99 and (line_start or (i + 1 < size and (block[i + 1] == 32 or block[i + 1] == 9))):  # 'c'
            while i < size and block[i] != 10:
                i += 1
            counters[_IN_COMMENT] = i == size
            continue
        if c == 99 and i + 1 == size and not last:
            break
        if c == 37 and line_start:  # '%'
            state = _TRAILER
            break
        state = 10 if c == 112 and line_start else 17 if c == 0 else 18 if c > 127 else 15 if c == 46 else 14
        break
    counters[_LITS] = n_lits
    counters[_CLAUSES] = n_clauses
    counters[_TOP] = top
    counters[_LINE_START] = line_start
    return state, i


def read_dimacs(what: str | Path | bytes | Source, *, relaxed: bool = False) -> Cnf:
    """Read a DIMACS CNF, plain or compressed (gzip, xz, zstd, bzip2), from a path, ``-`` or bytes.

    Tautologies, duplicate literals and empty clauses are kept and counted in ``notes``; SATLIB's ``%`` trailer is
    noted.

    Args:
        what: path, ``-`` for standard input, bytes, or a :class:`Source`.
        relaxed: accept clause and variable counts that differ from the header, with a warning.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.
        LimitError: for a valid file with more than 2^31 - 1 variables.

    >>> read_dimacs(b"p cnf 2 2\\n1 -2 0\\n2 0\\n").to_lists()
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
        self.buffer = np.empty(_BLOCK, np.uint8)
        self.view = memoryview(self.buffer)  # type: ignore[arg-type]
        self.used = 0  # bytes of the buffer that hold data
        self.base = 0  # offset of buffer[0] in the content
        self.ended = False

    def read(self) -> Cnf:
        num_vars, num_clauses, comments = self._header()
        literals, offsets = self._room(num_clauses)
        counters = np.zeros(9, np.int64)
        counters[_LINE_START] = 1
        notes = Notes()
        while True:
            state, position = _scan(
                self.buffer, self.used, self.ended, self.relaxed, num_vars, num_clauses, literals, offsets, counters
            )
            if state in _ERRORS:
                raise self._error(_ERRORS[state], position, num_vars, num_clauses)
            self._advance(position)
            if state == _GROW:
                if counters[_LITS] == len(literals):
                    literals.resize(int(len(literals) * _GROWTH) + 64, refcheck=False)
                else:
                    offsets.resize(int(len(offsets) * _GROWTH) + 64, refcheck=False)
            elif state == _TRAILER:
                notes.add("dimacs-satlib-trailer", "SATLIB end mark '%'", self._place(0))
                self._check_trailer()
                break
            elif self.ended:
                break
            else:
                self._fill()
        found = int(counters[_CLAUSES])
        if counters[_LITS] > offsets[found]:
            raise self.source.fail(MESSAGES["dimacs-final-zero"], self.base)
        if found != num_clauses:
            if found < num_clauses and not self.relaxed:
                raise self.source.fail(
                    MESSAGES["dimacs-clauses-fewer"], self.base, declared=num_clauses, found=found
                )
            notes.add(
                "dimacs-clause-count", f"the header says {num_clauses:,} clauses, found {found:,}", self.source.name
            )
        top = int(counters[_TOP])
        if top > num_vars:
            notes.add("dimacs-variable-count", f"the header says {num_vars:,} variables, found {top:,}", self.source.name)
        literals.resize(int(counters[_LITS]), refcheck=False)
        offsets.resize(found + 1, refcheck=False)
        notes.add("dimacs-tautology", "tautological clauses kept", times=int(counters[_TAUTOLOGIES]))
        notes.add("dimacs-duplicate", "clauses with a repeated literal kept", times=int(counters[_DUPLICATES]))
        notes.add("dimacs-empty-clause", "empty clauses: the formula is unsatisfiable", times=int(counters[_EMPTY]))
        return Cnf(max(num_vars, top), offsets, literals, self.source.name, comments, notes)

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
                if len(rest) > len(self.buffer):
                    self.buffer = np.empty(len(rest), np.uint8)
                    self.view = memoryview(self.buffer)  # type: ignore[arg-type]
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
        if numbers[0] > MAX_VARIABLE:
            row = MESSAGES["dimacs-too-many-variables"]
            raise LimitError(row.template.format(token=numbers[0]), path=self.source.name, code=row.code)
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
        if self.used == len(self.buffer):
            bigger = np.empty(2 * len(self.buffer), np.uint8)
            bigger[: self.used] = self.buffer
            self.buffer = bigger
            self.view = memoryview(bigger)  # type: ignore[arg-type]
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
                    MESSAGES["dimacs-trailer"], self.base + text.index(word, 1), token=word[:40].decode("ascii", "replace")
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


@numba.njit(cache=True, boundscheck=False)
def _format(literals, offsets, first, last, out):  # type: ignore[no-untyped-def]
    """Write clauses ``first:last`` as text into ``out`` and return its length."""
    at = 0
    digits = np.empty(10, np.uint8)
    for c in range(first, last):
        for k in range(offsets[c], offsets[c + 1]):
            x = np.int64(literals[k])
            if x < 0:
                out[at] = 45
                at += 1
                x = -x
            n = 0
            while x:
                digits[n] = 48 + x % 10
                x //= 10
                n += 1
            while n:
                n -= 1
                out[at] = digits[n]
                at += 1
            out[at] = 32
            at += 1
        out[at] = 48
        out[at + 1] = 10
        at += 2
    return at


_LITERAL_BYTES = 12  # '-2147483647 '
_WRITE_LITERALS = 1 << 18  # literals formatted at once


def format_dimacs(cnf: Cnf) -> bytes:
    """Return the formula as DIMACS text, comments first, one clause a line.

    >>> format_dimacs(Cnf.from_clauses([[1, -2], []]))
    b'p cnf 2 2\\n1 -2 0\\n0\\n'
    """
    head = "".join(f"c {line}\n" if line else "c\n" for line in cnf.comments) + f"p cnf {cnf.num_vars} {cnf.num_clauses}\n"
    parts = [head.encode()]
    first = 0
    while first < cnf.num_clauses:
        reach = int(np.searchsorted(cnf.offsets, cnf.offsets[first] + _WRITE_LITERALS))
        last = min(max(first + 1, reach), first + _WRITE_LITERALS, cnf.num_clauses)
        room = int(cnf.offsets[last] - cnf.offsets[first]) * _LITERAL_BYTES + 2 * (last - first)
        out = np.empty(room, np.uint8)
        parts.append(out[: _format(cnf.literals, cnf.offsets, first, last, out)].tobytes())
        first = last
    return b"".join(parts)


def write_dimacs(cnf: Cnf, path: str | Path) -> None:
    """Write a DIMACS file; a name that ends in .gz, .xz, .bz2 or .zst is compressed. The name appears when complete."""
    data = format_dimacs(cnf)
    with atomic_write(path) as file:
        file.write(compress(data, Path(path).suffix))


def compress(data: bytes, suffix: str) -> bytes:
    """Compress by the suffix of a file name; the result does not depend on the time of day."""
    if suffix == ".gz":
        import gzip

        return gzip.compress(data, 6, mtime=0)
    if suffix == ".xz":
        import lzma

        return lzma.compress(data, preset=6)
    if suffix == ".bz2":
        import bz2

        return bz2.compress(data)
    if suffix in {".zst", ".zstd"}:
        import zstandard

        return zstandard.ZstdCompressor(10).compress(data)
    return data

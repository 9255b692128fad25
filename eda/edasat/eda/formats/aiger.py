"""Reader and writer of AIGER files: binary ``aig`` and ASCII ``aag``, with the counts B C J F of version 1.9.

The format is that of Biere, "The AIGER And-Inverter Graph (AIG) Format" (2007), and Biere, Heljanko and Wieringa,
"AIGER 1.9 And Beyond" (FMV Report 11/2, 2011). A binary file stores each gate as two differences in seven-bit groups
and already numbers its nodes as :class:`Aig` does, so one compiled pass turns bytes into the record's table. An
ASCII file may use any numbers in any order; its gates are sorted topologically, files that are sorted keep their
order.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, LimitError, Message
from edasat.core.files import atomic_write, read_bytes

from ..aig import MAX_NODE, UNINITIALISED, Aig, Literals
from .aiger_codec import BELOW, END, NOT_A_NUMBER, TOO_MANY, Bytes, read_deltas, read_rows, sorted_gates, write_deltas

_EMPTY = Message("aiger-empty", "the file is empty", "expected a header such as 'aig 3 2 0 1 1'")
_MAGIC = Message("aiger-magic", "expected 'aig' or 'aag', got '{token}'", "{hint}")
_HEADER = Message(
    "aiger-header", "the header must be 'aig M I L O A' and up to four counts B C J F, got '{line}'", "all are numbers"
)
_COUNTS = Message(
    "aiger-counts",
    "maximum variable {m} does not fit {i} inputs, {l} latches and {a} gates",
    "a binary file needs M = I + L + A, an ASCII file at least that many",
)
_LIMIT = Message("aiger-limit", "{m} variables; the file is valid, but at most {limit} fit into 32-bit literals")
_TRUNCATED = Message("aiger-truncated", "the file ends inside the {section}", "fetch or write the file again")
_NUMBER = Message("aiger-number", "expected a number in the {section}, got '{token}'")
_EXTRA = Message("aiger-extra", "expected the end of the line after {count} numbers of the {section}, got '{token}'")
_RANGE = Message("aiger-range", "literal {literal} in the {section} exceeds 2 * M + 1 = {top}")
_UNDEFINED = Message("aiger-undefined", "literal {literal} is used but is no input, latch or gate")
_DEFINED = Message("aiger-definition", "expected an even literal above 0 to define, got {literal}")
_TWICE = Message("aiger-twice", "literal {literal} is defined a second time")
_INIT = Message("aiger-init", "a latch starts at 0, 1 or its own literal {literal}, got {value}")
_CYCLE = Message("aiger-cycle", "gate {literal} depends on itself without a latch in between")
_DELTA = Message("aiger-delta", "byte {offset}: fan-ins of gate {literal} do not lie below it", "the file is damaged")
_DELTA_END = Message(
    "aiger-truncated", "byte {offset}: the file ends in gate {gate} of {count}", "fetch or write the file again"
)
_SYMBOL = Message("aiger-symbol", "expected a symbol such as 'i0 name' or the comment mark 'c', got '{line}'")
_SYMBOL_INDEX = Message("aiger-symbol-index", "symbol '{line}' names number {index} of {count}")

# First bytes of other formats -> what to say.
_OTHERS: Final = (
    (re.compile(rb"(c\b[^\n]*\n\s*)*p\s+w?cnf\b"), "this is a DIMACS CNF formula; read it with the sat commands"),
    (re.compile(rb"\s*(//|/\*|`|module\b|\(\*)"), "this looks like Verilog; synthesise it into an AIGER file first"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*\.(model|inputs)\b"), "this is BLIF; ABC turns it into AIGER"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*(INPUT|OUTPUT)\s*\(", re.IGNORECASE), "this is a BENCH netlist"),
    (re.compile(rb"\s*library\s*\("), "this is a Liberty library; a circuit is needed"),
)

_SYMBOL_LINE: Final = re.compile(rb"([ilobcjf])([0-9]+) (.*)")


def read_aiger(source: str | Path | bytes, name: str = "") -> Aig:
    r"""Read an AIGER file, binary or ASCII, compressed or not.

    Names of inputs, latches and outputs are kept; names of properties (B, C, J, F) are not.

    Args:
        source: path, ``-`` for standard input, or the content itself.
        name: name of the circuit; the path by default.

    Raises:
        InputError: if the file is not well-formed; binary parts name the byte, text parts line and column.
        LimitError: if it has more variables than 32-bit literals can name.

    >>> read_aiger(b"aag 3 2 0 1 1\n2\n4\n6\n6 2 5\ni0 x\n").ands.tolist()
    [[2, 5]]
    """
    path = "<bytes>" if isinstance(source, bytes) else str(source)
    return _Reader(path, read_bytes(source)).read(name or path)


class _Reader:
    """One pass over one file; ``position`` and ``line`` say how far it got."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.array: Bytes = np.frombuffer(data, np.uint8)
        self.position = 0
        self.line = 1

    def read(self, name: str) -> Aig:
        binary, (m, i, l, o, a, b, c, j, f) = self._header()
        self.top = 2 * m + 1
        inputs_line = self.line
        inputs = np.zeros((0, 1), np.int64) if binary else self._rows("inputs", i, 1)  # a binary file lists none
        latches_line = self.line
        if binary:
            latches = np.column_stack([2 * np.arange(i + 1, i + l + 1), self._rows("latches", l, 1, 2)])
        else:
            latches = self._rows("latches", l, 2, 3)
        sections = {}
        for section, count in (("outputs", o), ("bad states", b), ("constraints", c), ("justice sizes", j)):
            sections[section] = (self.line, self._rows(section, count, 1)[:, 0])
        sizes = sections.pop("justice sizes")[1]
        justice_line = self.line
        justice = self._rows("justice properties", sum(sizes.tolist()), 1)[:, 0]
        sections["justice properties"] = (justice_line, justice)
        sections["fairness constraints"] = (self.line, self._rows("fairness constraints", f, 1)[:, 0])

        for section, (line, literals) in (
            *sections.items(),
            ("latches", (latches_line, latches[:, 1])),
        ):
            self._check_range(section, literals, line, int(section == "latches" and not binary))
        init = self._initial_values(latches, latches_line, binary)

        if binary:
            ands, node = self._binary_gates(1 + i + l, a), None
        else:
            ands, node = self._ascii_gates(m, inputs[:, 0], inputs_line, latches[:, 0], latches_line, a)

        def moved(literals: npt.NDArray[np.int64], line: int, token: int) -> Literals:
            if node is None:
                return literals.astype(np.int32)
            return self._renumbered(node, literals[:, None], line, token)[:, 0]

        outputs, bad, constraints, flat, fairness = (moved(literals, line, 0) for line, literals in sections.values())
        names, comments = self._symbols({b"i": i, b"l": l, b"o": o, b"b": b, b"c": c, b"j": j, b"f": f})
        following = moved(latches[:, 1], latches_line, 1)
        return Aig(
            num_inputs=i,
            ands=ands,
            outputs=outputs,
            latches=np.column_stack([following, init]).astype(np.int32),
            bad=bad,
            constraints=constraints,
            justice=tuple(np.split(flat, np.cumsum(sizes)[:-1])) if j else (),
            fairness=fairness,
            input_names=names[b"i"],
            latch_names=names[b"l"],
            output_names=names[b"o"],
            name=name,
            comments=comments,
        )

    def _fail(self, row: Message, offset: int, **values: object) -> InputError:
        return InputError.at(row, self.path, self.data, offset, 1, **values)

    def _token_offset(self, line: int, token: int) -> int:
        """Return the byte offset of a token on a line, both found again by counting: only failures pay for it."""
        offset = 0
        for _ in range(line - 1):
            offset = self.data.index(b"\n", offset) + 1
        words = list(re.finditer(rb"\S+", self.data[offset:].split(b"\n", 1)[0]))
        return offset + (words[token].start() if token < len(words) else 0)

    def _word(self, offset: int) -> str:
        """Return what stands at an offset, for a message."""
        found = re.match(rb"\S{1,40}", self.data[offset : offset + 40])
        return found.group().decode("ascii", "backslashreplace") if found else "end of line"

    def _header(self) -> tuple[bool, list[int]]:
        data = self.data
        if not data.strip():
            raise InputError.of(_EMPTY, self.path)
        end = data.find(b"\n", 0, 4096)
        words = data[: end if end >= 0 else 4096].split()
        if not words or words[0] not in {b"aig", b"aag"}:
            hint = next((text for pattern, text in _OTHERS if pattern.match(data)), "is this an AIGER file?")
            raise self._fail(_MAGIC, 0, token=self._word(0), hint=hint)
        if end < 0 or not 6 <= len(words) <= 10 or not all(w.isdigit() and len(w) < 19 for w in words[1:]):
            raise self._fail(_HEADER, 0, line=b" ".join(words)[:80].decode("ascii", "backslashreplace"))
        counts = [int(word) for word in words[1:]] + [0] * (10 - len(words))
        m, i, l, _, a = counts[:5]
        binary = words[0] == b"aig"
        if m < i + l + a or (binary and m != i + l + a):
            raise self._fail(_COUNTS, 4, m=m, i=i, l=l, a=a)
        if 2 * a > len(data):  # no gate takes fewer bytes: never reserve memory for a lie
            raise self._fail(_TRUNCATED, 4, section="gates the header promises")
        if m > MAX_NODE:
            raise LimitError.of(_LIMIT, self.path, m=m, limit=MAX_NODE)
        self.position = end + 1
        self.line = 2
        return binary, counts

    def _rows(self, section: str, count: int, low: int, high: int = 0) -> npt.NDArray[np.int64]:
        """Read ``count`` lines of ``low`` to ``high`` numbers; int64, (count, high), -1 where one is missing."""
        high = high or low
        if 2 * count > len(self.data) - self.position + 1:  # no line is shorter: never reserve memory for a lie
            raise self._fail(_TRUNCATED, len(self.data), section=section)
        out = np.full((count, high), -1, np.int64)
        position, outcome = read_rows(self.array, self.position, low, out)
        if outcome == END:
            raise self._fail(_TRUNCATED, position, section=section)
        if outcome == NOT_A_NUMBER:
            raise self._fail(_NUMBER, position, section=section, token=self._word(position))
        if outcome == TOO_MANY:
            raise self._fail(_EXTRA, position, section=section, token=self._word(position), count=high)
        self.position = position
        self.line += count
        return out

    def _check_range(self, section: str, literals: npt.NDArray[np.int64], line: int, token: int) -> None:
        over = np.flatnonzero(literals > self.top)
        if len(over):
            row = int(over[0])
            offset = self._token_offset(line + row, token)
            raise self._fail(_RANGE, offset, literal=int(literals[row]), section=section, top=self.top)

    def _initial_values(self, latches: npt.NDArray[np.int64], line: int, binary: bool) -> npt.NDArray[np.int64]:
        """Return int64, (num_latches,): 0 where the file is silent, UNINITIALISED where a latch names itself."""
        init = np.where(latches[:, 2] < 0, 0, latches[:, 2]) if latches.shape[1] == 3 else latches[:, 0] * 0
        itself = init == latches[:, 0]
        wrong = np.flatnonzero((init > 1) & ~itself)
        if len(wrong):
            row = int(wrong[0])
            offset = self._token_offset(line + row, 1 if binary else 2)
            raise self._fail(_INIT, offset, literal=int(latches[row, 0]), value=int(init[row]))
        return np.where(itself, UNINITIALISED, init)

    def _binary_gates(self, first_and: int, count: int) -> Literals:
        ands = np.empty((count, 2), np.int32)
        position, outcome, gate = read_deltas(self.array, self.position, first_and, ands)
        if outcome == END:
            raise InputError.of(_DELTA_END, self.path, offset=position, gate=gate + 1, count=count)
        if outcome == BELOW:
            raise InputError.of(_DELTA, self.path, offset=position, literal=2 * (first_and + gate))
        self.position = position
        return ands

    def _ascii_gates(
        self,
        m: int,
        inputs: npt.NDArray[np.int64],
        inputs_line: int,
        latches: npt.NDArray[np.int64],
        latches_line: int,
        count: int,
    ) -> tuple[Literals, npt.NDArray[np.int64]]:
        """Read and sort the gates; returns them and int64, (m + 1,): the node of each variable, -1 for none."""
        line = self.line
        rows = self._rows("gates", count, 3)
        for column in (1, 2):
            self._check_range("gates", rows[:, column], line, column)

        node = np.full(m + 1, -1, np.int64)
        node[0] = 0
        defined = np.concatenate([inputs, latches, rows[:, 0]])
        lines = np.concatenate(
            [inputs_line + np.arange(len(inputs)), latches_line + np.arange(len(latches)), line + np.arange(count)]
        )
        wrong = np.flatnonzero((defined & 1 == 1) | (defined < 2) | (defined > self.top))
        if len(wrong):
            offset = self._token_offset(int(lines[wrong[0]]), 0)
            raise self._fail(_DEFINED, offset, literal=int(defined[wrong[0]]))
        first = np.zeros(len(defined), bool)
        first[np.unique(defined, return_index=True)[1]] = True
        if not first.all():
            again = int(np.flatnonzero(~first)[0])
            raise self._fail(_TWICE, self._token_offset(int(lines[again]), 0), literal=int(defined[again]))

        leaves = len(inputs) + len(latches)
        node[defined >> 1] = np.arange(1, len(defined) + 1)
        fanins = self._renumbered(node, rows[:, 1:], line, 1)
        order, cyclic = sorted_gates(fanins, 1 + leaves)
        if cyclic >= 0:
            offset = self._token_offset(line + cyclic, 0)
            raise self._fail(_CYCLE, offset, literal=int(rows[cyclic, 0]))
        position = np.arange(1 + leaves + count)
        position[1 + leaves + order] = np.arange(1 + leaves, 1 + leaves + count)
        node[node >= 0] = position[node[node >= 0]]
        return (2 * position[fanins >> 1] | (fanins & 1)).astype(np.int32)[order], node

    def _renumbered(
        self, node: npt.NDArray[np.int64], literals: npt.NDArray[np.int64], line: int, token: int
    ) -> Literals:
        """Map literals of the file, one row per line, to literals of the record."""
        moved = node[literals >> 1]
        missing = np.argwhere(moved < 0)
        if len(missing):
            row, column = map(int, missing[0])
            offset = self._token_offset(line + row, token + column)
            raise self._fail(_UNDEFINED, offset, literal=int(literals[row, column]))
        return (2 * moved | (literals & 1)).astype(np.int32)

    def _symbols(self, counts: dict[bytes, int]) -> tuple[dict[bytes, tuple[str, ...]], tuple[str, ...]]:
        """Read the symbol table and the comments."""
        found: dict[bytes, dict[int, str]] = {kind: {} for kind in counts}
        position = self.position
        while position < len(self.data):
            end = self.data.find(b"\n", position)
            end = len(self.data) if end < 0 else end
            line = self.data[position:end].rstrip(b"\r")
            symbol = _SYMBOL_LINE.fullmatch(line)
            if symbol is None:
                if line.startswith(b"c"):
                    # Some tools write straight behind the mark, and ABC ends the name of the circuit with a NUL.
                    text = self.data[position + 1 :].replace(b"\0", b"").decode("utf-8", "replace")
                    comments = tuple(text.removeprefix("\r").removeprefix("\n").splitlines())
                    break
                if line.strip():
                    shown = line[:60].decode("utf-8", "backslashreplace")
                    raise self._fail(_SYMBOL, position, line=shown)
            else:
                kind, index = symbol[1], int(symbol[2])
                if index >= counts[kind]:
                    shown = line[:60].decode("utf-8", "backslashreplace")
                    raise self._fail(_SYMBOL_INDEX, position, line=shown, index=index, count=counts[kind])
                found[kind][index] = symbol[3].decode("utf-8", "replace")
            position = end + 1
        else:
            comments = ()
        names = {
            kind: tuple(table.get(i, "") for i in range(counts[kind])) if table else () for kind, table in found.items()
        }
        return names, comments


def write_aiger(aig: Aig, path: str | Path) -> None:
    """Write an AIGER file: ASCII if the name ends in ``.aag``, binary otherwise."""
    content = aiger_bytes(aig, ascii_format=str(path).endswith(".aag"))
    with atomic_write(path) as file:
        file.write(content)


def aiger_bytes(aig: Aig, *, ascii_format: bool = False) -> bytes:
    """Return the content of an AIGER file; reading it back gives an equal record (fan-ins in descending order).

    Counts of version 1.9 stand in the header only where they are needed, so that older tools can read the rest.
    """
    extra = [len(aig.bad), len(aig.constraints), len(aig.justice), len(aig.fairness)]
    while extra and not extra[-1]:
        extra.pop()
    counts = [aig.num_nodes - 1, aig.num_inputs, aig.num_latches, aig.num_outputs, aig.num_ands, *extra]
    lines = [f"{'aag' if ascii_format else 'aig'} {' '.join(map(str, counts))}"]
    if ascii_format:
        lines += [str(2 * node) for node in range(1, 1 + aig.num_inputs)]
    for node, (following, init) in enumerate(aig.latches.tolist(), 1 + aig.num_inputs):
        start = "" if init == 0 else f" {2 * node if init == UNINITIALISED else 1}"
        lines.append(f"{2 * node} {following}{start}" if ascii_format else f"{following}{start}")
    for literals in (aig.outputs, aig.bad, aig.constraints):
        lines += map(str, literals.tolist())
    lines += [str(len(literals)) for literals in aig.justice]
    for literals in (*aig.justice, aig.fairness):
        lines += map(str, literals.tolist())
    if ascii_format:
        lines += [f"{2 * node} {max(x, y)} {min(x, y)}" for node, (x, y) in enumerate(aig.ands.tolist(), aig.first_and)]
    gates = b"" if ascii_format else write_deltas(aig.ands, aig.first_and).tobytes()
    tail = [
        f"{kind}{index} {name}"
        for kind, names in (("i", aig.input_names), ("l", aig.latch_names), ("o", aig.output_names))
        for index, name in enumerate(names)
        if name
    ]
    if aig.comments:
        tail += ["c", *aig.comments]
    text = "".join(line + "\n" for line in lines)
    return text.encode() + gates + "".join(line + "\n" for line in tail).encode()

r"""Reader of BLIF, the Berkeley Logic Interchange Format, for flat networks of look-up tables.

"Berkeley Logic Interchange Format (BLIF)", University of California, Berkeley, 1992: one ``.model`` of ``.names``
(single-output covers of cubes) and ``.latch``. One compiled pass splits the file into tokens and lines, a second one
turns covers into truth tables; names are numbered in between by one vectorised call.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.errors import InputError, LimitError, Message
from edasat.core.files import Source, read_padded
from edasat.core.levels import CycleError, levelize
from edasat.core.names import Names

from ..verilog.luts import MAX_INPUTS, VARIABLES, LutNetwork

_SYNTHESISE: Final = "write a flat network of look-up tables, with ABC: strash; if -K 6; write_blif"
_EMPTY = Message("blif-empty", "the file holds no model", "expected '.model NAME'")
_WRONG = Message("blif-wrong-file", "this is no BLIF: {guess}", _SYNTHESISE)
_OUTSIDE = Message("blif-outside", "'{token}' stands before '.model'")
_UNKNOWN = Message("blif-unknown", "'{token}' is no construct of BLIF")
_HIERARCHY = Message("blif-hierarchy", "'{token}': one flat model is needed", _SYNTHESISE)
_MAPPED = Message("blif-mapped", "'{token}': a network of look-up tables is needed, not one of cells", _SYNTHESISE)
_BAD_ROW = Message("blif-row", "expected a row of {count} of '0', '1' and '-' and an output value, got '{token}'")
_STRAY = Message("blif-stray", "'{token}' belongs to no '.names'")
_PHASE = Message("blif-phase", "rows of one table must all end in 1 or all in 0")
_BAD_LATCH = Message("blif-latch", "expected '.latch INPUT OUTPUT [TYPE CONTROL] [0|1|2|3]'")
_NO_OUTPUT = Message("blif-names", "'.names' needs an output")
_TWICE = Message("blif-twice", "'{token}' has more than one driver")
_UNDRIVEN = Message("blif-undriven", "'{token}' has no driver", "declare it in .inputs")
_CYCLE = Message("blif-cycle", "'{token}' depends on itself without a latch in between")
_WIDE = Message(
    "blif-wide", "a table of {count} inputs; the file is valid, but at most {limit} are handled", _SYNTHESISE
)

#: Kinds of logical lines, as the scanner numbers them.
_ROW, _NAMES, _LATCH, _INPUTS, _OUTPUTS, _MODEL, _END, _OTHER = range(8)
_KEYWORDS: Final = {
    b".names": _NAMES,
    b".latch": _LATCH,
    b".inputs": _INPUTS,
    b".outputs": _OUTPUTS,
    b".model": _MODEL,
    b".end": _END,
}
#: Clocks, delays, areas and Yosys' attributes say nothing about the function.
_IGNORED: Final = re.compile(
    r"\.(clock|clock_event|cycle|area|delay|wire|wire_load_slope|(default_)?(input_arrival|output_required|input_drive"
    r"|max_input_load|output_load)|attr|param|cname)"
)
_MAPPED_LINE: Final = re.compile(r"\.(gate|mlatch)")
_HIERARCHY_LINE: Final = re.compile(r"\.(subckt|search|exdc|model|conn|blackbox|start_kiss)")
_LATCH_TYPES: Final = ("fe", "re", "ah", "al", "as")
_OTHERS: Final = (
    (re.compile(rb"a[ia]g \d"), "it looks like AIGER"),
    (re.compile(rb"\s*(//|/\*|`|module\b|\(\*)"), "it looks like Verilog"),
    (re.compile(rb"\s*(INPUT|OUTPUT)\s*\(", re.IGNORECASE), "it looks like a BENCH netlist"),
    (re.compile(rb"(c\b[^\n]*\n\s*)*p\s+w?cnf\b"), "it looks like a DIMACS formula"),
    (re.compile(rb"\s*\{"), "it looks like JSON"),
)
_SHOWN: Final = 40  # characters of a token in a message
_ROW_ERRORS: Final = (_BAD_ROW, _PHASE)
_UNKNOWN_VALUE: Final = 3
_WORD: Final = 8  # bytes of the longest keyword
_NEWLINE, _RETURN, _BLANK, _HASH, _DASH, _BACKSLASH, _DIGIT_0 = 10, 13, 32, 35, 45, 92, 48

Array = npt.NDArray[Any]


def read_blif(what: str | Path | bytes) -> LutNetwork:
    r"""Read a flat BLIF model, compressed or not.

    A table that only passes its input on is no table, but another name of that node. Latch types and controls are
    not kept.

    Args:
        what: path, ``-`` for standard input, or the content itself.

    Raises:
        InputError: if the file is not well-formed, with line and column.
        LimitError: if a table has more than six inputs.

    >>> network = read_blif(b".model m\n.inputs a b\n.outputs y\n.names a b y\n11 1\n.end\n")
    >>> network.num_luts, hex(int(network.truth[0]))
    (1, '0x8888888888888888')
    """
    return _Reader(Source(what)).read()


class _Reader:
    """One file: its tokens, its logical lines, and the failures in it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.data, length = read_padded(source, _WORD)
        if guess := next((text for pattern, text in _OTHERS if pattern.match(self.data[:4096].tobytes())), None):
            raise source.fail(_WRONG, 0, guess=guess)
        self.start, self.end, self.line = _tokenize(self.data, length)
        self.size = np.diff(self.line)
        self.kind = self._kinds()

    def read(self) -> LutNetwork:
        """Return the network of the file's only model."""
        self._check_lines()
        latches, tables = (np.flatnonzero(self.kind == kind) for kind in (_LATCH, _NAMES))
        inputs, outputs = (self._tokens(np.flatnonzero(self.kind == kind)) for kind in (_INPUTS, _OUTPUTS))
        fanins = self._tokens(tables, last=1)
        truth = self._truths(tables)

        # Nodes for now: inputs, latches, tables in the order of the file.
        driven = np.concatenate([inputs, self.line[latches] + 2, self.line[tables] + self.size[tables] - 1])
        first = len(inputs) + len(latches)
        used = np.concatenate([outputs, self.line[latches] + 1, fanins])
        found = self._find(driven, used)
        offsets = np.concatenate([[0], np.cumsum(self.size[tables] - 2)]).astype(np.int64)
        found = self._without_buffers(found, offsets, truth, first, driven)
        output_nodes, next_states, sources = np.split(found, [len(outputs), len(outputs) + len(latches)])
        order = self._order(sources, offsets, first, driven, keep=~_buffers(offsets, truth))
        place = np.full(len(driven), -1, np.int32)
        place[:first] = np.arange(first)
        place[first + order] = np.arange(first, first + len(order))
        chosen, new_offsets = _take(offsets, order)
        kept = np.concatenate([driven[:first], driven[first + order]])
        return LutNetwork(
            num_inputs=len(inputs),
            flip_flops=np.column_stack([place[next_states], self._initial_values(latches)]).astype(np.int32),
            fanin_offsets=new_offsets,
            fanins=place[sources[chosen]],
            truth=truth[order],
            outputs=place[output_nodes],
            names=self._names(kept),
            output_names=self._names(outputs),
            name=self._model(),
        )

    def _kinds(self) -> npt.NDArray[np.int8]:
        """Return the kind of each logical line by its first token."""
        first = self.line[:-1]
        kind = np.full(len(first), _ROW, np.int8)
        dotted = np.flatnonzero(self.data[self.start[first]] == ord("."))
        first = first[dotted]
        bytes_of = self.data[self.start[first, None] + np.arange(_WORD)]
        length = self.end[first] - self.start[first]
        bytes_of[np.arange(_WORD) >= length[:, None]] = 0
        word = np.where(length <= _WORD, np.ascontiguousarray(bytes_of).view("<u8")[:, 0], 0)
        kind[dotted] = _OTHER
        for keyword, number in _KEYWORDS.items():
            kind[dotted[word == int.from_bytes(keyword, "little")]] = number
        return kind

    def _check_lines(self) -> None:
        """Refuse lines that belong to no flat network."""
        models = np.flatnonzero(self.kind == _MODEL)
        if not len(models):
            raise self._fail(_OUTSIDE, 0) if len(self.start) else InputError.of(_EMPTY, self.source.name)
        if models[0]:
            raise self._fail(_OUTSIDE, 0)
        for line in [*np.flatnonzero(self.kind == _OTHER).tolist(), *models[1:].tolist()]:
            token = self._text(int(self.line[line]))
            if _IGNORED.fullmatch(token):
                continue
            row = _MAPPED if _MAPPED_LINE.fullmatch(token) else _HIERARCHY
            raise self._fail(row if row is _MAPPED or _HIERARCHY_LINE.fullmatch(token) else _UNKNOWN, self.line[line])
        rows = self.kind == _ROW
        above = np.maximum.accumulate(np.where(rows, 0, np.arange(len(rows))))
        if (stray := np.flatnonzero(rows & (self.kind[above] != _NAMES))).size:
            raise self._fail(_STRAY, self.line[stray[0]])
        for kind, low, high, message in ((_NAMES, 2, len(self.start), _NO_OUTPUT), (_LATCH, 3, 6, _BAD_LATCH)):
            bad = np.flatnonzero((self.kind == kind) & ((self.size < low) | (self.size > high)))
            if len(bad):
                raise self._fail(message, self.line[bad[0]])
        wide = np.flatnonzero((self.kind == _NAMES) & (self.size > MAX_INPUTS + 2))
        if len(wide):
            raise self._limit(_WIDE, self.line[wide[0]], count=self.size[wide[0]] - 2, limit=MAX_INPUTS)

    def _tokens(self, lines: Array, last: int = 0) -> npt.NDArray[np.int64]:
        """Return the tokens of some lines without the first and the ``last`` ones."""
        counts = self.size[lines] - 1 - last
        before = np.cumsum(counts) - counts
        return np.arange(counts.sum()) + np.repeat(self.line[lines] + 1 - before, counts)

    def _truths(self, tables: Array) -> npt.NDArray[np.uint64]:
        """Return the truth table of each ``.names`` line."""
        truth = np.zeros(len(tables), np.uint64)
        columns = (self.data, self.start, self.end, self.line, self.kind)
        failed, message, table = _read_covers(*columns, tables, truth)
        if failed >= 0:
            raise self._fail(_ROW_ERRORS[message], failed, count=self.size[tables[table]] - 2)
        return truth

    def _find(self, driven: Array, used: Array) -> npt.NDArray[np.int64]:
        """Return the position in ``driven`` of the names of ``used``."""
        _, ids = self._names(np.concatenate([driven, used])).unique()
        ids, wanted = ids[: len(driven)], ids[len(driven) :]
        node = np.full(int(max(ids.max(initial=-1), wanted.max(initial=-1))) + 1, -1, np.int64)
        node[ids[::-1]] = np.arange(len(driven))[::-1]
        if (again := np.flatnonzero(node[ids] != np.arange(len(ids)))).size:
            raise self._fail(_TWICE, driven[again[0]])
        if (missing := np.flatnonzero(node[wanted] < 0)).size:
            raise self._fail(_UNDRIVEN, used[missing[0]])
        return node[wanted]

    def _without_buffers(self, found: Array, offsets: Array, truth: Array, first: int, driven: Array) -> Array:
        """Return nodes with those in place of buffers that the buffers, or chains of them, are fed by."""
        source = np.arange(len(driven))
        buffers = np.flatnonzero(_buffers(offsets, truth))
        fanins = found[len(found) - offsets[-1] :]
        source[first + buffers] = fanins[offsets[buffers]]
        for _ in range(max(1, len(buffers)).bit_length() + 1):  # each step doubles the length of the chains followed
            source = source[source]
        if (loop := np.flatnonzero(source[source] != source)).size:
            raise self._fail(_CYCLE, driven[loop[0]])
        if (loop := first + buffers[np.isin(source[first + buffers], first + buffers)]).size:
            raise self._fail(_CYCLE, driven[loop[0]])
        return source[found]

    def _order(self, sources: Array, offsets: Array, first: int, driven: Array, keep: Array) -> npt.NDArray[np.int64]:
        """Return the kept tables in topological order; those of a sorted file stay as they are."""
        target = first + np.repeat(np.arange(len(keep)), np.diff(offsets))
        inner = (sources >= first) & keep[target - first]
        rows = np.flatnonzero(keep)
        if (sources[inner] < target[inner]).all():
            return rows
        try:
            order = levelize(len(driven), sources[inner], target[inner]).order
        except CycleError as error:
            raise self._fail(_CYCLE, driven[error.cycle[0]]) from None
        order = order[order >= first] - first
        return order[keep[order]].astype(np.int64)

    def _initial_values(self, latches: Array) -> npt.NDArray[np.int32]:
        """Return the initial value of each ``.latch``; 3, unknown, where it is left out."""
        values = np.full(len(latches), _UNKNOWN_VALUE, np.int32)
        for row, line in enumerate(latches.tolist()):
            tokens = [self._text(token) for token in range(self.line[line] + 3, self.line[line + 1])]
            if len(tokens) in {1, 3}:
                value = tokens.pop()
                if value not in {"0", "1", "2", "3"}:
                    raise self._fail(_BAD_LATCH, self.line[line])
                values[row] = int(value)
            if tokens and tokens[0] not in _LATCH_TYPES:
                raise self._fail(_BAD_LATCH, self.line[line])
        return values

    def _names(self, tokens: Array) -> Names:
        return Names.from_spans(self.data, self.start[tokens], self.end[tokens])

    def _model(self) -> str:
        return self._text(int(self.line[0]) + 1) if self.size[0] > 1 else ""

    def _text(self, token: int) -> str:
        return self.data[self.start[token] : self.end[token]].tobytes().decode("utf-8", "replace")

    def _fail(self, row: Message, token: int, **values: object) -> InputError:
        return self.source.fail(row, int(self.start[token]), token=self._text(int(token))[:_SHOWN], **values)

    def _limit(self, row: Message, token: int, **values: object) -> LimitError:
        made = self._fail(row, token, **values)
        return LimitError(
            made.message,
            path=made.path,
            line=made.line,
            column=made.column,
            code=made.code,
            hint=made.hint,
            source_line=made.source_line,
        )


def _buffers(offsets: Array, truth: Array) -> npt.NDArray[np.bool_]:
    """Return which tables only pass their input on."""
    return (np.diff(offsets) == 1) & (truth == VARIABLES[0])


def _take(offsets: Array, rows: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the positions of what some rows own, and their offsets."""
    counts = np.diff(offsets)[rows]
    new = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return np.arange(new[-1]) + np.repeat(offsets[rows] - new[:-1], counts), new


@njit(cache=True, nogil=True)
def _tokenize(data: Array, length: int) -> tuple[Array, Array, Array]:
    """Return first byte and end of each token, and the first token of each logical line that has one, and their end.

    ``#`` starts a comment; a backslash before a line end joins two lines.
    """
    most = length // 2 + 1
    start = np.empty(most, np.int64)
    end = np.empty(most, np.int64)
    line = np.empty(most + 1, np.int64)
    tokens = lines = 0
    fresh = True  # no token since the last line end
    i = 0
    while i < length:
        c = data[i]
        if c == _NEWLINE:
            fresh = True
            i += 1
        elif c <= _BLANK:
            i += 1
        elif c == _HASH:
            while i < length and data[i] != _NEWLINE:
                i += 1
        elif c == _BACKSLASH and (data[i + 1] == _NEWLINE or (data[i + 1] == _RETURN and data[i + 2] == _NEWLINE)):
            i += 2 if data[i + 1] == _NEWLINE else 3
        else:
            if fresh:
                line[lines] = tokens
                lines += 1
                fresh = False
            start[tokens] = i
            while i < length and data[i] > _BLANK and data[i] != _HASH:
                if data[i] == _BACKSLASH and (data[i + 1] == _NEWLINE or data[i + 1] == _RETURN):
                    break
                i += 1
            if i == start[tokens]:  # a lone backslash before a carriage return
                i += 1
            end[tokens] = i
            tokens += 1
    line[lines] = tokens
    return start[:tokens].copy(), end[:tokens].copy(), line[: lines + 1].copy()


@njit(cache=True, nogil=True)
def _read_covers(
    data: Array, start: Array, end: Array, line: Array, kind: Array, tables: Array, truth: Array
) -> tuple[int, int, int]:
    """Fill ``truth``; return (-1, 0, 0), or the token that is wrong, the row of :data:`_ROW_ERRORS`, and the table."""
    for table in range(len(tables)):
        inputs = line[tables[table] + 1] - line[tables[table]] - 2
        covered = np.uint64(0)
        phase = -1
        row = tables[table] + 1
        while row < len(kind) and kind[row] == _ROW:
            token = line[row]
            output = token + (inputs > 0)
            if line[row + 1] != output + 1 or end[output] - start[output] != 1:
                return token, 0, table
            value = data[start[output]]
            if (value != _DIGIT_0 and value != _DIGIT_0 + 1) or (inputs and end[token] - start[token] != inputs):
                return token, 0, table
            if phase >= 0 and phase != value:
                return token, 1, table
            phase = value
            cube = ~np.uint64(0)
            for i in range(inputs):
                c = data[start[token] + i]
                if c == _DIGIT_0 + 1:
                    cube &= VARIABLES[i]
                elif c == _DIGIT_0:
                    cube &= ~VARIABLES[i]
                elif c != _DASH:
                    return token, 0, table
            covered |= cube
            row += 1
        truth[table] = ~covered if phase == _DIGIT_0 else covered
    return -1, 0, 0

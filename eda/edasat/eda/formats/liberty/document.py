"""A scanned Liberty file: its statements by keyword, and their values as numbers and text."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError, LimitError, Notes
from edasat.core.files import Source, read_padded

from . import scanner
from .diagnosis import first_word, foreign_format, unclosed_string
from .keywords import KEYWORDS, NUMBER, keyword_table
from .messages import MESSAGES
from .numbers import most_numbers, parse_each, parse_lists
from .scanner import COMPLEX, GROUP, SIMPLE

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.integer[Any]]

_MAX_BYTES = 2**31 - 1  # offsets are int32
_TOKEN_SHOWN = 40
_KINDS: Final = {
    SIMPLE: "an attribute, 'name : value;'",
    COMPLEX: "an attribute in parentheses, 'name (value);'",
    GROUP: "a group, 'name (...) {...}'",
}
#: Depth of the groups that make up a library, and in which groups they may stand.
_LEVEL: Final = {"library": 0, "cell": 1, "bus": 2, "bundle": 2, "pin": 3, "timing": 4}
_PLACES: Final = {
    "library": (),
    "cell": ("library",),
    "bus": ("cell",),
    "bundle": ("cell",),
    "pin": ("cell", "bus", "bundle"),
    "timing": ("bus", "bundle", "pin"),
}
#: bool, (keywords, keywords): whether the first is a group that cannot stand in the second.
_MISPLACED: Final = np.zeros((len(KEYWORDS), len(KEYWORDS)), bool)
for _group, _around in _PLACES.items():
    _MISPLACED[NUMBER[_group]] = True
    _MISPLACED[NUMBER[_group], [NUMBER[_name] for _name in _around]] = False
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def concatenated_ranges(first: IntArray, last: IntArray) -> Int64:
    """Return the numbers of all ranges ``first[i]:last[i]``, one behind the other.

    >>> concatenated_ranges(np.array([5, 9]), np.array([7, 10])).tolist()
    [5, 6, 9]
    """
    counts = (last - first).astype(np.int64)
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - counts), counts)


class Document:
    """The wanted statements of one file.

    A *row* is the number of a statement in file order. Groups are rows whose ``parent`` column other rows point to.

    Attributes:
        source: the file.
        notes: counted warnings; the reader's parts add to them.
        library: row of the library group.
        parent: int32, (num_rows,): row of the group around, -1 at the top.
        last: int32, (num_rows,): of a group the row behind its last statement.
        skipped: groups that were jumped over, by name.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.notes = Notes()
        self._data, self._size = read_padded(source, PADDING)
        if self._size > _MAX_BYTES:
            row = MESSAGES["liberty-too-large"]
            raise LimitError(row.template.format(size=self._size), path=source.name, code=row.code)
        if self._data[:3].tobytes() == _BYTE_ORDER_MARK:
            self._data[:3] = ord(" ")
        self._view = memoryview(self._data)  # type: ignore[arg-type]
        state, position, statements, self._arguments, skipped = scanner.scan(self._data, self._size, *keyword_table())
        self._keyword, self._kind, self._name, self.parent, self.last = (
            np.ascontiguousarray(statements[:-1, column]) for column in range(scanner.ARGUMENT)
        )
        self._first = statements[:, scanner.ARGUMENT].copy()
        if state:
            self._explain(state, position)
        self._index()
        self.library = self._find_library()
        self.skipped = Counter(self._text(start, end) for start, end in skipped.tolist())

    def rows(self, *names: str) -> Int32:
        """Return the rows with one of these keywords, in file order."""
        parts = [
            self._by_keyword[self._bounds[number] : self._bounds[number + 1]] for number in (NUMBER[n] for n in names)
        ]
        return parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))

    def within(self, parents: Int32, *names: str) -> Int32:
        """Return the rows with one of these keywords that stand directly in one of the groups ``parents``."""
        rows = self.rows(*names)
        mask = np.zeros(len(self.parent) + 1, bool)  # the last entry stands for "no group around"
        mask[parents] = True
        return rows[mask[self.parent[rows]]]

    def child(self, name: str, *, kind: int = SIMPLE) -> Int32:
        """Return, by group row, the row of the last statement ``name`` in it, -1 if it has none.

        Raises:
            InputError: if such a statement is of another kind.
        """
        rows = self.rows(name)
        self.check_kind(rows, kind)
        found = np.full(len(self.parent) + 1, -1, np.int32)  # the last entry takes what stands in no group
        found[self.parent[rows]] = rows
        return found[:-1]

    def check_kind(self, rows: Int32, kind: int) -> None:
        """Refuse a group where an attribute is due, and so on."""
        wrong = np.flatnonzero(self._kind[rows] != kind)
        if len(wrong):
            row = int(rows[wrong[0]])
            self.fail("liberty-kind", row, name=self.keyword(row), expected=_KINDS[kind])

    def keyword(self, row: int) -> str:
        """Return the name of a statement."""
        return KEYWORDS[self._keyword[row]]

    def arguments(self, rows: Int32) -> list[list[str]]:
        """Return the values in the parentheses of each of these rows; of a simple attribute its one value."""
        first, last = self._first[rows], self._first[rows + 1]
        spans = iter(self._arguments[concatenated_ranges(first, last)].tolist())
        return [[self._text(*next(spans)) for _ in range(count)] for count in (last - first).tolist()]

    def texts(self, rows: Int32) -> list[str]:
        """Return the first value of each of these rows, without blanks around it; "" for none and for row -1."""
        values = [""] * len(rows)
        given = np.flatnonzero((rows >= 0) & (self._first[rows + 1] > self._first[rows]))
        spans = self._arguments[self._first[rows[given]]].tolist()
        for at, (start, end) in zip(given.tolist(), spans, strict=True):
            values[at] = self._text(start, end).strip()
        return values

    def text(self, row: int) -> str:
        """Return the first value of a row, without blanks around it; "" without one, or for row -1."""
        return self.texts(np.array([row], np.int32))[0]

    def floats(self, rows: Int32) -> Float:
        """Return the value of each of these simple attributes as a number.

        Raises:
            InputError: if one is none.
        """
        self.check_kind(rows, SIMPLE)
        values = np.empty(len(rows), np.float64)
        bad = parse_each(self._data, self._arguments, self._first[rows], values)
        if bad >= 0:
            row = int(rows[bad])
            self.fail("liberty-number", row, value=True, name=self.keyword(row), token=self.text(row))
        return values

    def number(self, row: int, default: float) -> float:
        """Return the value of one simple attribute as a number; the default for row -1."""
        return float(self.floats(np.array([row], np.int32))[0]) if row >= 0 else default

    def booleans(self, rows: Int32) -> npt.NDArray[np.bool_]:
        """Return the value of each of these simple attributes as true or false."""
        self.check_kind(rows, SIMPLE)
        values = [text.lower() for text in self.texts(rows)]
        for row, value in zip(rows.tolist(), values, strict=True):
            if value not in {"true", "false"}:
                self.fail("liberty-boolean", row, value=True, name=self.keyword(row), token=value)
        return np.array([value == "true" for value in values], bool)

    def number_lists(self, rows: Int32) -> tuple[Int64, Float]:
        """Return all numbers in the strings of complex attributes such as ``values``.

        Returns:
            offsets: int64, (len(rows) + 1,): numbers ``offsets[i]:offsets[i + 1]`` are those of row ``i``.
            numbers: float64.

        Raises:
            InputError: at the first that is no number.
        """
        self.check_kind(rows, COMPLEX)
        offsets = np.zeros(len(rows) + 1, np.int64)
        first, last = self._first[rows], self._first[rows + 1]
        numbers = np.empty(most_numbers(self._arguments, first, last), np.float64)
        bad = parse_lists(self._data, self._arguments, first, last, offsets, numbers)
        if bad >= 0:
            row = int(rows[np.searchsorted(self._name[rows], bad, "right") - 1])
            token = self._token(bad, b' \t\r\n,"\\;)')
            self._raise("liberty-number", bad, name=self.keyword(row), token=token)
        return offsets, numbers[: offsets[-1]]

    def drop(self, groups: list[int]) -> None:
        """Forget these groups and all that stands in them."""
        for group in groups:
            self._keyword[group : self.last[group]] = 0
        self._index()

    def place(self, row: int) -> str:
        """Return ``file:line`` of a row, for a note."""
        line = int(np.count_nonzero(self._data[: self._name[row]] == ord("\n"))) + 1
        return f"{self.source.name}:{line}"

    def note(self, code: str, row: int, *, times: int = 1, **values: object) -> None:
        """Count a warning whose first place is ``row``."""
        where = "" if code in self.notes.counts else self.place(row)
        self.notes.add(code, MESSAGES[code].template.format(**values), where, times)

    def fail(self, code: str, row: int, *, value: bool = False, **values: object) -> NoReturn:
        """Raise the error of a row: at its name, or at its first value."""
        position = self._arguments[self._first[row], 0] if value else self._name[row]
        self._raise(code, int(position), **values)

    def limit(self, code: str, row: int, **values: object) -> NoReturn:
        """Raise a :class:`LimitError` at a row."""
        error = self.source.fail(MESSAGES[code], int(self._name[row]), **values)
        raise LimitError(**vars(error))

    def _raise(self, code: str, position: int, **values: object) -> NoReturn:
        raise self.source.fail(MESSAGES[code], position, **values)

    def _text(self, start: int, end: int) -> str:
        return str(self._view[start:end], "utf-8", "surrogateescape")

    def _token(self, position: int, stops: bytes = b" \t\r\n(){};:,") -> str:
        """Return what stands at a position up to a stop, for a message."""
        text = self._data[position : min(position + _TOKEN_SHOWN, self._size)].tobytes()
        end = next((at for at, byte in enumerate(text) if byte in stops), len(text))
        return text[: max(end, 1)].decode("utf-8", "replace")

    def _index(self) -> None:
        """Sort the rows by keyword."""
        self._by_keyword = np.argsort(self._keyword, kind="stable").astype(np.int32)
        counts = np.bincount(self._keyword, minlength=len(KEYWORDS))
        self._bounds = np.concatenate([[0], np.cumsum(counts)])

    def _find_library(self) -> int:
        """Return the row of the one library group."""
        top = np.flatnonzero(self.parent < 0)
        libraries = [
            row for row in top.tolist() if self._keyword[row] == NUMBER["library"] and self._kind[row] == GROUP
        ]
        if not libraries:
            self._not_a_library()
        if len(libraries) > 1:
            self.fail("liberty-library-second", libraries[1])
        self._check_nesting()
        return int(libraries[0])

    def _check_nesting(self) -> None:
        """Refuse groups in groups where they cannot stand; most often the one around was never closed."""
        groups = np.flatnonzero((self._kind == GROUP) & (self.parent >= 0))
        inner, around = self._keyword[groups], self._keyword[self.parent[groups]]
        wrong = groups[_MISPLACED[inner, around]]
        if not len(wrong):
            return
        row, parent = int(wrong[0]), int(self.parent[wrong[0]])
        name, place = self.keyword(row), self.keyword(parent)
        if _LEVEL[name] <= _LEVEL.get(place, 0):
            self.fail("liberty-group-open", parent, token=place)
        self.fail("liberty-group-place", row, token=name, around=place)

    def _explain(self, state: int, position: int) -> NoReturn:
        """Turn the state in which the scanner stopped into the error that helps most."""
        content = self._data[: self._size].tobytes()
        if foreign := foreign_format(content):
            self._raise(foreign, first_word(content))
        code = scanner.ERRORS.get(state, "liberty-group-open")
        inside_string = code == "liberty-string-open"
        if (string := unclosed_string(content, position, inside=inside_string)) >= 0:
            self._raise("liberty-string-open", string)
        if code == "liberty-group-open":
            self._check_nesting()
        elif content[position : position + 1] == b"\0":
            code = "liberty-nul"
        elif code == "liberty-statement" and not len(self.parent):
            self._not_a_library()
        self._raise(code, position, token=self._token(position))

    def _not_a_library(self) -> NoReturn:
        content = self._data[: self._size].tobytes()
        start = first_word(content)
        if code := foreign_format(content):
            self._raise(code, start)
        if start >= self._size:
            raise InputError.of(MESSAGES["liberty-empty"], self.source.name)
        self._raise("liberty-library-missing", start, token=self._token(start))

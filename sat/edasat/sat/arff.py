"""ARFF, the text format of ASlib's tables: dense rows of numbers, strings and nominal values.

Keywords in any case, quotes of both kinds with backslash escapes, ``%`` comments, a bare ``?`` for a missing value.
Sparse rows, dates and weights are not part of ASlib and are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message
from edasat.core.files import read_bytes

_MESSAGES: Final = {
    row.code: row
    for row in (
        Message("arff-not-arff", "not an ARFF file: no {what}", "an ARFF file has @relation, @attribute and @data"),
        Message("arff-text", "not an ARFF file: byte 0x{byte:02x} is no text"),
        Message("arff-header", "cannot read '{text}'", "expected @attribute NAME TYPE or @data"),
        Message("arff-type", "type '{text}' is not read", "numeric, integer, real, string and {{a, b}} are"),
        Message("arff-attribute-twice", "attribute '{name}' occurs twice"),
        Message("arff-attribute-missing", "attribute '{name}' is missing", "there are {known}"),
        Message("arff-width", "expected {expected} values, got {got}"),
        Message("arff-quote", "a quoted value does not end on its line"),
        Message("arff-sparse", "sparse rows are not read", "write the table with all values"),
        Message("arff-number", "'{text}' of attribute '{name}' is not a number"),
        Message("arff-value-missing", "attribute '{name}' has no value"),
    )
}
_NAME = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\s{]+"""
_ATTRIBUTE = re.compile(rf"@attribute\s+({_NAME})\s*(\{{.*\}}|\S+)\s*$", re.IGNORECASE)
_VALUE = re.compile(r"""\s*('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^,'"]*?)\s*(,|$)""")
_PLAIN = re.compile(r"[A-Za-z0-9_.+:/@=~#<>|^&*()\[\]!;$-]+")
_TYPES: Final = {"numeric": "numeric", "real": "numeric", "integer": "numeric", "string": "string"}


@dataclass(frozen=True)
class ArffTable:
    """The rows of one file, still text.

    Attributes:
        relation: name after ``@relation``.
        names: attribute names as written.
        rows: one list per row, None for a missing value.
        lines: line number of each row, for messages.
        path: file name for messages.
    """

    relation: str
    names: tuple[str, ...]
    rows: list[list[str | None]]
    lines: list[int]
    path: str

    def index(self, name: str) -> int:
        """Return the position of an attribute; case does not matter.

        Raises:
            InputError: if there is none of that name.
        """
        folded = [each.lower() for each in self.names]
        if name.lower() not in folded:
            raise InputError.of(
                _MESSAGES["arff-attribute-missing"], self.path, name=name, known=", ".join(self.names[:8])
            )
        return folded.index(name.lower())

    def strings(self, name: str) -> list[str]:
        """Return a column of strings.

        Raises:
            InputError: if a value is missing.
        """
        column = self.index(name)
        values = []
        for row, line in zip(self.rows, self.lines, strict=True):
            value = row[column]
            if value is None:
                raise _error("arff-value-missing", self.path, line, name=name)
            values.append(value)
        return values

    def numbers(self, columns: Sequence[int]) -> npt.NDArray[np.float64]:
        """Return columns as float64, (num_rows, len(columns)); missing values are NaN.

        Raises:
            InputError: if a value is not a number.
        """
        result = np.full((len(self.rows), len(columns)), np.nan)
        for i, (row, line) in enumerate(zip(self.rows, self.lines, strict=True)):
            for j, column in enumerate(columns):
                text = row[column]
                if text is None:
                    continue
                try:
                    result[i, j] = float(text)
                except ValueError:
                    raise _error("arff-number", self.path, line, text=text, name=self.names[column]) from None
        return result


def _error(code: str, path: str, line: int, **values: object) -> InputError:
    error = InputError.of(_MESSAGES[code], path, **values)
    error.line = line
    return error


def read_arff(source: str | Path | bytes) -> ArffTable:
    """Read an ARFF file, compressed or not.

    Raises:
        InputError: if the file is no ARFF file or a row does not fit the header.
    """
    path = "<bytes>" if isinstance(source, bytes) else str(source)
    data = read_bytes(source)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError.at(_MESSAGES["arff-text"], path, data, problem.start, byte=data[problem.start]) from None
    relation: str | None = None
    names: list[str] = []
    rows: list[list[str | None]] = []
    lines: list[int] = []
    in_data = False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("%"):
            continue
        if in_data:
            if line.startswith("{"):
                raise _error("arff-sparse", path, number)
            values = _split(line, path, number)
            if len(values) != len(names):
                raise _error("arff-width", path, number, expected=len(names), got=len(values))
            rows.append(values)
            lines.append(number)
        elif line.lower().startswith("@relation"):
            relation = _unquote(line[len("@relation") :].strip())
        elif relation is None:
            raise InputError.of(_MESSAGES["arff-not-arff"], path, what="@relation line")
        elif line.lower() == "@data":
            in_data = True
        else:
            names.append(_attribute_name(line, path, number))
            if names[-1] in names[:-1]:
                raise _error("arff-attribute-twice", path, number, name=names[-1])
    for what, present in (("@relation line", relation is not None), ("@attribute", names), ("@data line", in_data)):
        if not present:
            raise InputError.of(_MESSAGES["arff-not-arff"], path, what=what)
    return ArffTable(relation or "", tuple(names), rows, lines, path)


def _attribute_name(line: str, path: str, number: int) -> str:
    match = _ATTRIBUTE.match(line)
    if not match:
        raise _error("arff-header", path, number, text=line[:80])
    kind = match[2]
    if not kind.startswith("{") and kind.lower() not in _TYPES:
        raise _error("arff-type", path, number, text=kind)
    return _unquote(match[1])


def _split(line: str, path: str, number: int) -> list[str | None]:
    """Split one row at commas outside quotes; a bare ``?`` is None, a quoted one is text."""
    if "'" not in line and '"' not in line:
        return [None if value == "?" else value for value in map(str.strip, line.split(","))]
    values: list[str | None] = []
    at = 0
    while True:
        match = _VALUE.match(line, at)
        if not match:
            raise _error("arff-quote", path, number)
        values.append(None if match[1] == "?" else _unquote(match[1]))
        at = match.end()
        if not match[2]:
            return values


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def quote(text: str) -> str:
    """Return a name or value as ARFF writes it.

    >>> quote("a.cnf"), quote("5, 0"), quote("?")
    ('a.cnf', "'5, 0'", "'?'")
    """
    if _PLAIN.fullmatch(text):
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def format_arff(relation: str, attributes: Sequence[tuple[str, str]], rows: Iterable[Sequence[str | float]]) -> str:
    """Return the text of an ARFF file.

    Args:
        relation: name of the table.
        attributes: (name, type) pairs, types as ARFF writes them.
        rows: strings and numbers; NaN is a missing value. Numbers are written so that they read back equal.
    """
    lines = [f"@RELATION {quote(relation)}", ""]
    lines += [f"@ATTRIBUTE {quote(name)} {kind}" for name, kind in attributes]
    lines += ["", "@DATA"]
    lines += [",".join(map(_cell, row)) for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return quote(value)
    if math.isnan(value):
        return "?"
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))

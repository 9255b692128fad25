"""The header of an SDF file, and the recognition of files that are something else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError
from edasat.core.files import Source

from .messages import MESSAGES

_BLANKS: Final = re.compile(rb"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_WORD: Final = re.compile(rb"[^\s()]{1,40}|.", re.DOTALL)
_KEYWORD: Final = re.compile(rb"\w+")
_STRING: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ENTRY: Final = re.compile(rb'((?:[^"()/]|"(?:[^"\\]|\\.)*"|/(?![/*])|//[^\n]*|/\*.*?\*/)*)\)', re.DOTALL)
_TIMESCALE: Final = re.compile(rb"([0-9]*\.?[0-9]+)\s*([munpf]?s)\s*", re.IGNORECASE)
_NS: Final = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "ps": 1e-3, "fs": 1e-6}

#: Beginnings of other files, with what they are and what to do.
_OTHERS: Final = (
    (rb"library\s*\(", "a Liberty library", "give it where a library is asked for"),
    (rb"\*SPEF\b", "a SPEF file of parasitics", "read it as SPEF"),
    (rb"(?:module\b|`\w+|\(\*)", "a Verilog file", "give it where a netlist is asked for"),
    (rb"(?:VERSION\s+[0-9.]+\s*;|MACRO\b|LAYER\b|DESIGN\s+\S+\s*;)", "a LEF or DEF file", "give it as layout"),
    (
        rb"(?:create_clock|set_\w+|current_design)\b",
        "an SDC file of constraints",
        "give it where constraints are asked for",
    ),
)


@dataclass
class Header:
    """Entries of the header as written, strings without their quotes."""

    entries: dict[str, str] = field(default_factory=dict)
    divider: str = ""
    timescale_ns: float = 1.0
    begin: int = 0  # of '(DELAYFILE'
    end: int = 0  # where the first CELL, or what else is no header entry, begins


#: Entries that stand before the cells (IEEE 1497-2001, 5.2.1).
_ENTRIES: Final = {
    *("SDFVERSION", "DESIGN", "DATE", "VENDOR", "PROGRAM", "VERSION"),
    *("DIVIDER", "VOLTAGE", "PROCESS", "TEMPERATURE", "TIMESCALE"),
}


def read_header(source: Source, data: npt.NDArray[np.uint8], size: int) -> Header:
    """Read ``(DELAYFILE`` and the header entries behind it.

    Raises:
        InputError: if the file is empty, something else than SDF, or an entry is malformed.
    """
    view: Any = memoryview(data)[:size]  # type: ignore[arg-type]
    at = _skip(source, view, 0)
    if at == size:
        raise InputError.of(MESSAGES["sdf-empty"], source.name)
    start = re.compile(rb"\(\s*DELAYFILE\b", re.IGNORECASE).match(view, at)
    if start is None:
        raise _wrong_file(source, view, at)
    header = Header(begin=at)
    at = start.end()
    while True:
        at = header.end = _skip(source, view, at)
        inside = _skip(source, view, at + 1) if view[at : at + 1] == b"(" else size
        word = _KEYWORD.match(view, inside)
        keyword = word.group().upper().decode("ascii", "replace") if word else ""
        if word is None or keyword not in _ENTRIES:
            return header
        entry = _ENTRY.match(view, word.end())
        if entry is None:
            line = source.locate(at)[0]
            raise source.fail(MESSAGES["sdf-end"], size, construct=keyword, line=line)
        _take(source, view, header, keyword, _skip(source, view, word.end()), entry.end(1))
        at = entry.end()


def token_at(source: Source, offset: int) -> str:
    """Return the word at an offset as the file has it, for a message; names in the buffer are already rewritten."""
    _, column, line = source.locate(offset)
    rest = line.encode("utf-8", "replace")[column - 1 :]
    found = _WORD.match(rest)
    return found.group().decode("utf-8", "replace") if found else "the end of the line"


def _skip(source: Source, view: Any, at: int) -> int:
    """Return the next position that is neither blank nor in a comment."""
    found = _BLANKS.match(view, at)
    end = found.end() if found else at
    if view[end : end + 2] == b"/*":
        raise source.fail(MESSAGES["sdf-comment"], end)
    return end


def _take(source: Source, view: Any, header: Header, keyword: str, start: int, end: int) -> None:
    text = bytes(view[start:end]).strip()
    quoted = _STRING.fullmatch(text)
    shown = (quoted[1] if quoted else text).decode("utf-8", "replace").strip()
    if keyword == "DIVIDER":
        if shown not in {".", "/"}:
            raise source.fail(MESSAGES["sdf-divider"], start, token=shown)
        header.divider = shown
    elif keyword == "TIMESCALE":
        scale = _TIMESCALE.fullmatch(text)
        if scale is None:
            raise source.fail(MESSAGES["sdf-timescale"], start, token=shown)
        header.timescale_ns = float(scale[1]) * _NS[scale[2].decode().lower()]
    else:
        header.entries[keyword] = shown


def _wrong_file(source: Source, view: Any, at: int) -> InputError:
    for pattern, what, advice in _OTHERS:
        if re.compile(pattern, re.IGNORECASE).match(view, at):
            return source.fail(MESSAGES["sdf-wrong-file"], at, what=what, advice=advice)
    return source.fail(MESSAGES["sdf-start"], at, token=token_at(source, at))

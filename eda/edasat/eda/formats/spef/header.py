"""The header of a SPEF file: delimiters and units; and the recognition of files that are something else."""

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
_KEYWORD: Final = re.compile(rb"\*([A-Za-z_0-9]+)")
_ENTRY: Final = re.compile(rb'(?:"[^"\n]*"|//[^\n]*|[^"\n])*')
_STRING: Final = re.compile(rb'"([^"\n]*)"')
_UNIT: Final = re.compile(rb"([0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z]+)")
_TOKEN: Final = re.compile(r"\S{1,40}")

#: Entries that stand before the name map (IEEE 1481-1999, 9.3.1).
_ENTRIES: Final = {
    *("SPEF", "DESIGN", "DATE", "VENDOR", "PROGRAM", "VERSION", "DESIGN_FLOW"),
    *("DIVIDER", "DELIMITER", "BUS_DELIMITER", "T_UNIT", "C_UNIT", "R_UNIT", "L_UNIT"),
}
#: Units by entry, as what we count in: ns, fF, ohm; H for completeness.
_UNITS: Final = {
    "T_UNIT": {"S": 1e9, "MS": 1e6, "US": 1e3, "NS": 1.0, "PS": 1e-3, "FS": 1e-6},
    "C_UNIT": {"F": 1e15, "UF": 1e9, "NF": 1e6, "PF": 1e3, "FF": 1.0},
    "R_UNIT": {"OHM": 1.0, "KOHM": 1e3},
    "L_UNIT": {"HENRY": 1.0, "H": 1.0, "MH": 1e-3, "UH": 1e-6, "NH": 1e-9, "PH": 1e-12},
}
#: Beginnings of other files, with what they are and what to do.
_OTHERS: Final = (
    (rb"\(\s*DELAYFILE\b", "an SDF file of delays", "read it as SDF"),
    (rb"library\s*\(", "a Liberty library", "give it where a library is asked for"),
    (rb"(?:module\b|`\w+|\(\*)", "a Verilog file", "give it where a netlist is asked for"),
    (rb"(?:VERSION\s+[0-9.]+\s*;|MACRO\b|LAYER\b|DESIGN\s+\S+\s*;)", "a LEF or DEF file", "give it as layout"),
    (rb"\*\|DSPF\b", "a DSPF file", "have the extractor write SPEF"),
    (rb"(?:create_clock|set_\w+)\b", "an SDC file of constraints", "give it where constraints are asked for"),
)


@dataclass
class Header:
    """Entries of the header as written, strings without their quotes, and what they mean."""

    entries: dict[str, str] = field(default_factory=dict)
    divider: str = "/"
    delimiter: str = ":"
    bus_delimiter: str = "[]"
    scales: dict[str, float] = field(default_factory=dict)
    end: int = 0  # where the first keyword that is no header entry begins


def read_header(source: Source, data: npt.NDArray[np.uint8], size: int) -> Header:
    """Read ``*SPEF`` and the header entries behind it.

    Raises:
        InputError: if the file is empty, something else than SPEF, or an entry is malformed.
    """
    view: Any = memoryview(data)[:size]  # type: ignore[arg-type]
    at = _skip(source, view, 0)
    if at == size:
        raise InputError.of(MESSAGES["spef-empty"], source.name)
    first = _KEYWORD.match(view, at)
    if first is None or first[1].upper() != b"SPEF":
        raise _wrong_file(source, view, at)
    header = Header()
    while True:
        at = header.end = _skip(source, view, at)
        word = _KEYWORD.match(view, at)
        entry = word[1].upper().decode() if word else ""
        if word is None or entry not in _ENTRIES:
            return header
        start = word.end()
        while view[start : start + 1] in (b" ", b"\t"):
            start += 1
        found = _ENTRY.match(view, start)
        at = found.end() if found else start
        _take(source, header, entry, bytes(view[start:at]), start)


def token_at(source: Source, offset: int) -> str:
    """Return the word at an offset as the file has it, for a message; names in the buffer are already rewritten."""
    _, column, line = source.locate(offset)
    found = _TOKEN.match(line.encode("utf-8", "replace")[column - 1 :].decode("utf-8", "replace"))
    return found.group() if found else "the end of the line"


def _skip(source: Source, view: Any, at: int) -> int:
    """Return the next position that is neither blank nor in a comment."""
    found = _BLANKS.match(view, at)
    end = found.end() if found else at
    if view[end : end + 2] == b"/*":
        raise source.fail(MESSAGES["spef-comment"], end)
    return end


def _take(source: Source, header: Header, entry: str, text: bytes, start: int) -> None:
    strings = _STRING.findall(text)
    value = b" ".join(strings) if strings else text.split(b"//")[0].strip()
    shown = value.decode("utf-8", "replace")

    def wrong(form: str) -> InputError:
        return source.fail(MESSAGES["spef-header"], start, entry=f"*{entry}", form=form, token=shown)

    if entry in _UNITS:
        unit = _UNIT.fullmatch(value)
        if unit is None:
            raise wrong("a number and a unit such as '1 PF'")
        known = _UNITS[entry]
        word = unit[2].decode()
        if word.upper() not in known:
            raise source.fail(
                MESSAGES["spef-unit"], start, token=word, entry=f"*{entry}", known=", ".join(sorted(known))
            )
        try:
            header.scales[entry] = float(unit[1]) * known[word.upper()]
        except ValueError:
            raise wrong("a number and a unit such as '1 PF'") from None
    elif entry in {"DIVIDER", "DELIMITER"}:
        if len(shown) != 1 or not _is_mark(shown):
            raise wrong("one character such as '/' or ':'")
        if entry == "DIVIDER":
            header.divider = shown
        else:
            header.delimiter = shown
        return
    elif entry == "BUS_DELIMITER":
        marks = "".join(shown.split())
        if not 1 <= len(marks) <= 2 or not all(map(_is_mark, marks)):
            raise wrong("one or two characters such as '[ ]'")
        header.bus_delimiter = marks
        return
    header.entries[entry] = shown


def _is_mark(text: str) -> bool:
    """Whether a character may stand between or around names."""
    return text.isascii() and text.isprintable() and not text.isalnum() and text not in '*\\"_'


def _wrong_file(source: Source, view: Any, at: int) -> InputError:
    for pattern, what, advice in _OTHERS:
        if re.compile(pattern, re.IGNORECASE).match(view, at):
            return source.fail(MESSAGES["spef-wrong-file"], at, what=what, advice=advice)
    return source.fail(MESSAGES["spef-start"], at, token=token_at(source, at))

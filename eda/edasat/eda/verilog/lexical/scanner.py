"""Bytes of a Verilog file into lexemes, compiled: entry of the vocabulary, span, line and number.

Nothing is refused: a byte that starts no lexeme is skipped, an open comment or string ends with the file or its line.
Identifiers are numbered afterwards (:class:`Lexemes` holds their spellings once), so that everything behind works on
integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from ...rtl.style import KEYWORDS as ALL_KEYWORDS
from .vocabulary import ID, KEYWORDS, SPELLINGS, USED

#: Kinds of lexemes that become no entry of their own: they are gone after macros are expanded.
DIRECTIVE: Final = -1  # `name
LINE_PASTE: Final = -2  # `` inside a macro

_IDENTIFIER: Final = USED
_NUMBER: Final = ID["[number]"]
_SIZED: Final = ID["[sized number]"]
_REAL: Final = ID["[real]"]
_STRING: Final = ID["[string]"]
_SYSTEM: Final = ID["[system]"]
#: Digits beyond this are counted, not read: log2 of the value stays right to a few parts in a thousand.
_LARGEST: Final = 1e300
_MAX_WIDTH: Final = 1 << 24

_IN_NAME: Final = np.zeros(256, np.bool_)
_IN_NAME[[*b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$"]] = True
_STARTS_NAME: Final = np.zeros(256, np.bool_)
_STARTS_NAME[[*b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"]] = True
_STARTS_NAME[128:] = True  # letters outside ASCII are not Verilog, and people write them
_IN_NAME[128:] = True


def _signs() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int16]]:
    """Return spellings of operators as packed bytes, their lengths and entries, the longest first."""
    signs = sorted((sign for sign in SPELLINGS if not sign[0].isalpha()), key=len, reverse=True)
    packed = [int.from_bytes(sign.encode(), "little") for sign in signs]
    return (
        np.array(packed, np.int64),
        np.array([len(sign) for sign in signs], np.int64),
        np.array([SPELLINGS[sign] for sign in signs], np.int16),
    )


_SIGN, _SIGN_LENGTH, _SIGN_ENTRY = _signs()
#: First sign to try for a byte: those before it are longer and start otherwise.
_BY_BYTE: Final = np.full((256, 12), -1, np.int16)
for _order, _packed in enumerate(_SIGN.tolist()):
    _row = _BY_BYTE[_packed & 0xFF]
    _row[int(np.argmax(_row < 0))] = _order


@dataclass(frozen=True, eq=False)
class Lexemes:
    """The lexemes of a file, with an end mark of entry 0 behind the last.

    Attributes:
        entry: int16, (n,): number in the vocabulary, or DIRECTIVE, LINE_PASTE.
        symbol: int32, (n,): number of an identifier's, directive's or system name's spelling; -1 elsewhere.
        value: float64, (n,): of a number; nan elsewhere and where digits are unknown.
        width: float64, (n,): bits of a sized number; 0 elsewhere.
        line: int32, (n,): from 1.
        logical: int32, (n,): line with continuations (backslash at the end) joined, as macros count them.
        start, end: int32, (n,): span in the file.
    """

    entry: npt.NDArray[np.int16]
    symbol: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    width: npt.NDArray[np.float64]
    line: npt.NDArray[np.int32]
    logical: npt.NDArray[np.int32]
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]


class Symbols:
    """Spellings of identifiers, each once.

    Attributes:
        number: spelling -> number.
        spellings: by number.
    """

    def __init__(self) -> None:
        self.number: dict[bytes, int] = {}
        self.spellings: list[bytes] = []

    def of(self, spelling: bytes) -> int:
        """Return the number of a spelling, a new one if it was not met before."""
        number = self.number.setdefault(spelling, len(self.spellings))
        if number == len(self.spellings):
            self.spellings.append(spelling)
        return number


_WORD_ENTRY: Final = {word.encode(): SPELLINGS[word] for word in (*KEYWORDS, "macromodule")} | {
    word.encode(): ID["[keyword]"] for word in ALL_KEYWORDS - KEYWORDS - {"macromodule"}
}
_SYSTEM_ENTRY: Final = {name.encode(): ID[name] for name in ("$signed", "$unsigned", "$clog2")}


def scan(data: bytes, symbols: Symbols) -> Lexemes:
    """Return the lexemes of a file's content."""
    padded = np.frombuffer(data + bytes(8), np.uint8)
    room = len(data) + 1
    entry, span = np.empty(room, np.int16), np.empty((4, room), np.int32)
    number = np.empty((2, room))
    count = _scan(padded, len(data), entry, span, number)
    entry, span, number = entry[:count].copy(), span[:, :count].copy(), number[:, :count].copy()
    symbol = np.full(count, -1, np.int32)
    named = np.flatnonzero((entry == _IDENTIFIER) | (entry == DIRECTIVE) | (entry == _SYSTEM) | (entry == _STRING))
    known = symbols.number
    starts, ends = span[0, named].tolist(), span[1, named].tolist()
    for at, start, end in zip(named.tolist(), starts, ends, strict=True):
        spelling = data[start:end]
        found = known.get(spelling)
        symbol[at] = symbols.of(spelling) if found is None else found
    _give_words(entry, symbol, symbols)
    return Lexemes(entry, symbol, number[0], number[1], span[2], span[3], span[0], span[1])


def _give_words(entry: npt.NDArray[np.int16], symbol: npt.NDArray[np.int32], symbols: Symbols) -> None:
    """Turn identifiers that are keywords, and known system names, into their entries."""
    table = np.full(len(symbols.spellings) + 1, _IDENTIFIER, np.int16)
    for word, number in _WORD_ENTRY.items():
        if (at := symbols.number.get(word)) is not None:
            table[at] = number
    words = entry == _IDENTIFIER
    entry[words] = table[symbol[words]]
    table[:] = _SYSTEM
    for word, number in _SYSTEM_ENTRY.items():
        if (at := symbols.number.get(word)) is not None:
            table[at] = number
    system = entry == _SYSTEM
    entry[system] = table[symbol[system]]


@njit(cache=True)
def _digit(c: int) -> int:
    """Return the value of a digit up to ``f``, 0 for an unknown bit, -1 for what is no digit."""
    if 48 <= c <= 57:
        return c - 48
    c |= 32
    if 97 <= c <= 102:
        return c - 87
    if c in {120, 122, 63}:
        return 0
    return -1


@njit(cache=True)
def _based(data: Any, size: int, i: int) -> tuple[int, int, float, int]:
    """Read ``'hff`` from its quote; return base (0: no number), the position behind, value and digits."""
    j = i + 1
    if j < size and data[j] | 32 == 115:  # s: signed
        j += 1
    letter = data[j] | 32
    base = 2 if letter == 98 else 8 if letter == 111 else 10 if letter == 100 else 16 if letter == 104 else 0
    if base == 0:
        return 0, i, 0.0, 0
    j += 1
    while j < size and (data[j] == 32 or data[j] == 9):
        j += 1
    value, digits = 0.0, 0
    while j < size:
        c = data[j]
        digit = _digit(c)
        if digit >= base and base == 10 and digit < 16:
            break
        if digit >= 0:
            value = min(value * base + digit, _LARGEST)
            digits += 1
        elif c != 95:
            break
        j += 1
    return (base, j, value, digits) if digits else (0, i, 0.0, 0)


@njit(cache=True)
def _scan(data: Any, size: int, entry: Any, span: Any, number: Any) -> int:
    """Write the lexemes of ``data[:size]`` and return how many there are, the end mark included."""
    count, i, line, logical = 0, 0, 1, 1
    while i < size:
        c = data[i]
        if c == 10:
            line += 1
            logical += 1
            i += 1
            continue
        if c <= 32:
            i += 1
            continue
        if c == 47 and data[i + 1] == 47:  # // to the end of the line
            while i < size and data[i] != 10:
                i += 1
            continue
        if c == 47 and data[i + 1] == 42:  # /* to */
            i += 2
            while i < size and not (data[i] == 42 and data[i + 1] == 47):
                if data[i] == 10:
                    line += 1
                    logical += 1
                i += 1
            i += 2
            continue
        if c == 40 and data[i + 1] == 42 and data[i + 2] != 41:  # (* attribute *), not @(*)
            j = i + 2
            while j < size and not (data[j] == 42 and data[j + 1] == 41) and data[j] != 59:
                j += 1
            if data[j] == 42:
                for k in range(i, j):
                    if data[k] == 10:
                        line += 1
                        logical += 1
                i = j + 2
                continue
        start = i
        value, width = np.nan, 0.0
        kind = 0
        if _STARTS_NAME[c]:
            while i < size and _IN_NAME[data[i]]:
                i += 1
            kind = _IDENTIFIER
        elif 48 <= c <= 57 or (c == 39 and i + 1 < size and data[i + 1] != 123):
            kind, i, value, width = _number(data, size, i)
        elif c == 34:
            i += 1
            while i < size and data[i] != 34 and data[i] != 10:
                i += 2 if data[i] == 92 and data[i + 1] != 10 else 1
            i = min(i + 1, size) if i < size and data[i] == 34 else min(i, size)
            kind = _STRING
        elif c == 36:
            i += 1
            while i < size and _IN_NAME[data[i]]:
                i += 1
            kind = _SYSTEM
        elif c == 96:
            i += 1
            if data[i] == 96:
                i += 1
                kind = LINE_PASTE
            else:
                start = i
                while i < size and _IN_NAME[data[i]]:
                    i += 1
                kind = DIRECTIVE
        elif c == 92:
            j = i + 1
            while j < size and data[j] == 13:
                j += 1
            if data[j] == 10:  # the macro goes on in the next line
                line += 1
                i = j + 1
                continue
            start = i + 1
            while i < size and data[i] > 32:
                i += 1
            kind = _IDENTIFIER if i > start else 0
        else:
            word = 0
            for k in range(3, -1, -1):
                word = word << 8 | data[i + k]
            i += 1
            for k in range(_BY_BYTE.shape[1]):
                sign = _BY_BYTE[c, k]
                if sign < 0:
                    break
                length = _SIGN_LENGTH[sign]
                if word & (1 << 8 * length) - 1 == _SIGN[sign]:
                    kind = _SIGN_ENTRY[sign]
                    i = start + length
                    break
        if kind == 0:
            continue
        entry[count] = kind
        span[0, count], span[1, count], span[2, count], span[3, count] = start, i, line, logical
        number[0, count], number[1, count] = value, width
        count += 1
    entry[count] = 0
    span[0, count], span[1, count], span[2, count], span[3, count] = size, size, line, logical + 1
    number[0, count], number[1, count] = np.nan, 0.0
    return count + 1


@njit(cache=True)
def _number(data: Any, size: int, i: int) -> tuple[int, int, float, float]:
    """Read a number (IEEE Std 1364-2005, 3.5); return its entry, the position behind, value and width."""
    value = 0.0
    start = i
    while i < size and (48 <= data[i] <= 57 or data[i] == 95):
        if data[i] != 95:
            value = min(value * 10 + (data[i] - 48), _LARGEST)
        i += 1
    j = i
    while j < size and (data[j] == 32 or data[j] == 9):
        j += 1
    if j < size and data[j] == 39:
        base, end, based, _ = _based(data, size, j)
        if base:
            return _SIZED if i > start else _NUMBER, end, based, min(value, _MAX_WIDTH) if i > start else 0.0
        if i == start:  # '0, '1, 'x of SystemVerilog fill what they are assigned to
            digit = _digit(data[j + 1])
            if 0 <= digit <= 1 and not _IN_NAME[data[j + 2]]:
                return _NUMBER, j + 2, float(digit), 0.0
            return _SIGN_QUOTE, j + 1, np.nan, 0.0
    if data[i] == 46 and 48 <= data[i + 1] <= 57:
        i += 1
        while i < size and (48 <= data[i] <= 57 or data[i] == 95):
            i += 1
        return _REAL, _exponent(data, size, i), value, 0.0
    if data[i] | 32 == 101:
        end = _exponent(data, size, i)
        if end > i:
            return _REAL, end, value, 0.0
    return _NUMBER, i, value, 0.0


@njit(cache=True)
def _exponent(data: Any, size: int, i: int) -> int:
    """Return the position behind an exponent such as ``e-3``, or ``i`` if none is there."""
    j = i
    if j < size and data[j] | 32 == 101:
        j += 1
        if data[j] == 43 or data[j] == 45:
            j += 1
        if 48 <= data[j] <= 57:
            while j < size and (48 <= data[j] <= 57 or data[j] == 95):
                j += 1
            return j
    return i


_SIGN_QUOTE: Final = ID["'"]

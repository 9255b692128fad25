"""Compiled pieces that find and compare the words of a DEF file.

Words are separated by blanks alone (LEF/DEF 5.8 reference, "DEF syntax conventions"): parentheses, signs and
semicolons are words of their own, which makes finding them a search for bytes up to 32, eight at a time.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from edasat.core.bytescan import count_digits, digits_value, load_word, trailing_zeros

LARGEST: Final = 2**31 - 1  # coordinates fit 32 bits

#: Words that mean something to the compiled scanners, by length; a word's number is its position.
KEYWORDS: Final = (
    "DO",
    "END", "NET", "NEW", "PIN", "USE", "VIA",
    "MASK", "PORT", "RECT",
    "COVER", "FIXED", "INOUT", "INPUT", "LAYER", "SHAPE", "STYLE", "TAPER",
    "ENDEXT", "OUTPUT", "PLACED", "ROUTED", "SHIELD", "SUBNET",
    "POLYGON", "VIRTUAL",
    "FEEDTHRU", "MUSTJOIN", "NOSHIELD", "UNPLACED",
    "DIRECTION", "TAPERRULE",
    "NONDEFAULTRULE",
)  # fmt: skip
(
    DO,
    END, NET, NEW, PIN, USE, VIA,
    MASK, PORT, RECT,
    COVER, FIXED, INOUT, INPUT, LAYER, SHAPE, STYLE, TAPER,
    ENDEXT, OUTPUT, PLACED, ROUTED, SHIELD, SUBNET,
    POLYGON, VIRTUAL,
    FEEDTHRU, MUSTJOIN, NOSHIELD, UNPLACED,
    DIRECTION, TAPERRULE,
    NONDEFAULTRULE,
) = range(len(KEYWORDS))  # fmt: skip

# Words that are one character.
PLUS, MINUS, SEMICOLON, OPEN, CLOSE, STAR, BLANK = (ord(character) for character in "+-;()* ")

_LONGEST: Final = max(map(len, KEYWORDS))
#: First eight bytes and last eight bytes of each keyword, as words; shorter ones as they are.
_HEADS: Final = np.array([int.from_bytes(word.encode()[:8], "little") for word in KEYWORDS])
_TAILS: Final = np.array([int.from_bytes(word.encode()[-8:], "little") for word in KEYWORDS])
#: Keywords of length n are those from _FIRST[n] up to _FIRST[n + 1].
_FIRST: Final = np.searchsorted([len(word) for word in KEYWORDS], np.arange(_LONGEST + 2))


@njit(cache=True)
def next_word(data: Any, size: int, position: int) -> tuple[int, int]:
    """Return the span of the next word at or behind ``position``; (size, size) at the end.

    A quoted string is one word with its quotes; a comment runs from a ``#`` that begins a word to the end of the line.
    """
    while True:
        while position < size and data[position] <= 32:
            position += 1
        if position >= size:
            return size, size
        start = position
        first = data[position]
        if first == 35:  # '#'
            while position < size and data[position] != 10:
                position += 1
            continue
        if first == 34:  # '"'
            position += 1
            while position < size and data[position] != 34:
                position += 2 if data[position] == 92 else 1
            return start, min(position + 1, size)
        while True:
            word = load_word(data, position)
            # Marks the first byte below 33: subtracting borrows into the high bit there and, before it, nowhere.
            blank = (word - np.uint64(0x2121212121212121)) & ~word & np.uint64(0x8080808080808080)
            if blank:
                return start, position + (trailing_zeros(blank) >> 3)
            position += 8


@njit(cache=True)
def keyword(data: Any, start: int, stop: int) -> int:
    """Return the number of a word in KEYWORDS, -1 if it is none of them."""
    length = stop - start
    if length > _LONGEST:
        return -1
    head = np.int64(load_word(data, start))
    tail = head
    if length < 8:
        head &= (1 << (8 * length)) - 1
        tail = head
    elif length > 8:
        tail = np.int64(load_word(data, stop - 8))
    for number in range(_FIRST[length], _FIRST[length + 1]):
        if head == _HEADS[number] and tail == _TAILS[number]:
            return number
    return -1


@njit(cache=True)
def sign(data: Any, start: int, stop: int) -> int:
    """Return the byte of a word of one character, 0 for a longer one, and -1 where there is none."""
    if stop - start == 1:
        return data[start] + 0  # int64, as the others
    return 0 if stop > start else -1


@njit(cache=True)
def whole_number(data: Any, start: int, stop: int) -> tuple[Any, Any]:
    """Return the whole number that a word spells, and whether it is one that fits 32 bits with its sign."""
    position = start
    negative = data[start] == 45
    if negative or data[start] == 43:
        position += 1
    length = stop - position
    if 0 < length <= 8:
        word = load_word(data, position)
        if np.int64(count_digits(word)) >= length:
            value = np.int64(digits_value(word, np.uint64(length)))
            return -value if negative else value, True
    value = np.int64(0)
    while position < stop and 48 <= data[position] <= 57 and value <= LARGEST:
        value = value * 10 + np.int64(data[position] - 48)
        position += 1
    return -value if negative else value, length > 0 and position == stop and value <= LARGEST


@njit(cache=True)
def orientation(data: Any, start: int, stop: int) -> int:
    """Return a word's position in ``ORIENTATIONS``, -1 if it is none."""
    flipped = stop - start == 2 and data[start] == 70  # 'F'
    if not flipped and stop - start != 1:
        return -1
    letter = data[stop - 1]
    base = 0 if letter == 78 else 1 if letter == 87 else 2 if letter == 83 else 3 if letter == 69 else -1  # N W S E
    return base if base < 0 or not flipped else base + 4


@njit(cache=True)
def longer(rows: Any) -> Any:
    """Return the rows with as many free ones behind them."""
    grown = np.empty((2 * len(rows), rows.shape[1]), rows.dtype)
    for i in range(len(rows)):  # a slice assignment would compile for seconds
        for j in range(rows.shape[1]):
            grown[i, j] = rows[i, j]
    return grown


@njit(cache=True)
def clear(row: Any) -> None:
    """Set a row to zero."""
    for i in range(len(row)):
        row[i] = 0


@njit(cache=True)
def statement_words(data: Any, size: int, position: int) -> Any:
    """Return the spans of the words from ``position`` up to and with the next lone ``;``: int64, (n, 2).

    The last word is no ``;`` when the data end before it.
    """
    spans = np.empty((32, 2), np.int64)
    count = 0
    while True:
        start, stop = next_word(data, size, position)
        if start == stop:
            break
        if count == len(spans):
            spans = longer(spans)
        spans[count, 0] = start
        spans[count, 1] = stop
        count += 1
        position = stop
        if sign(data, start, stop) == SEMICOLON:
            break
    return spans[:count]

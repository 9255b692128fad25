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

#: A word to compare with: length, its first eight bytes and its last eight (0 where the first hold all of it).
Key = tuple[int, int, int]


def key(word: str) -> Key:
    """Return the numbers that :func:`is_word` compares with."""
    data = word.encode()
    tail = int.from_bytes(data[-8:], "little") if len(data) > 8 else 0
    return len(data), int.from_bytes(data[:8], "little"), tail


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
def is_word(data: Any, start: int, stop: int, wanted: Key) -> bool:
    """Whether ``data[start:stop]`` is the word of a :func:`key`."""
    length = stop - start
    if length != wanted[0]:
        return False
    word = np.int64(load_word(data, start))
    if length < 8:
        return word & ((1 << (8 * length)) - 1) == wanted[1]
    return word == wanted[1] and (length == 8 or np.int64(load_word(data, stop - 8)) == wanted[2])


@njit(cache=True)
def is_byte(data: Any, start: int, stop: int, byte: int) -> bool:
    """Whether a word is this one byte."""
    return stop - start == 1 and data[start] == byte


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
            longer = np.empty((2 * count, 2), np.int64)
            longer[:count] = spans
            spans = longer
        spans[count, 0] = start
        spans[count, 1] = stop
        count += 1
        position = stop
        if is_byte(data, start, stop, 59):
            break
    return spans[:count]

"""Blanks, keywords and numbers: what the compiled scanners of SDF and SPEF share besides names."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from edasat.core.bytescan import count_digits, digits_value, is_digit, load_word, parse_float

NEWLINE: Final = ord("\n")
QUOTE: Final = ord('"')
OPENING: Final = ord("(")
CLOSING: Final = ord(")")
STAR: Final = ord("*")
MINUS: Final = ord("-")
POINT: Final = ord(".")
SLASH: Final = ord("/")
COLON: Final = ord(":")
BACKSLASH: Final = ord("\\")
_PLUS: Final = ord("+")
_ZERO: Final = ord("0")
_SMALL_E: Final = ord("e")

_MIX: Final = 0x9E3779B97F4A7C15


@njit(inline="always")
def is_blank(byte: int) -> bool:
    """Whether a byte is a blank, tab, line end, or form feed."""
    return byte == 32 or (byte >= 9 and byte <= 13)


@njit(cache=True)
def skip_blanks(data: Any, at: int, size: int) -> int:
    """Return the next position that is neither blank nor in a ``//`` or ``/* */`` comment.

    For a comment that does not end the answer is ``-1 - position`` of its start.
    """
    while at < size:
        byte = data[at]
        if is_blank(byte):
            at += 1
        elif byte == SLASH and data[at + 1] == SLASH:
            while at < size and data[at] != NEWLINE:
                at += 1
        elif byte == SLASH and data[at + 1] == STAR:
            begin = at
            at += 2
            while at < size and not (data[at] == STAR and data[at + 1] == SLASH):
                at += 1
            if at >= size:
                return -1 - begin
            at += 2
        else:
            break
    return at


def keyword_key(keyword: str) -> np.uint64:
    """Return a keyword of at most 16 letters as the number that :func:`keyword_at` finds in a file."""
    folded = bytes(byte & 0xDF for byte in keyword.encode()).ljust(16, b"\0")
    first, second = int.from_bytes(folded[:8], "little"), int.from_bytes(folded[8:], "little")
    return np.uint64(first ^ (second * _MIX) % (1 << 64))


@njit(cache=True)
def keyword_at(data: Any, at: int) -> tuple[Any, int]:
    """Return the word of letters, digits and underscores at a position as a number, in capitals, and its end.

    A longer word than any keyword is 0.
    """
    end = at
    while True:
        byte = data[end]
        folded = byte & 0xDF
        if not ((folded >= 65 and folded <= 90) or (byte >= 48 and byte <= 57) or byte == 95):
            break
        end += 1
    length = end - at
    if length > 16 or length == 0:
        return np.uint64(0), end
    capitals = np.uint64(0xDFDFDFDFDFDFDFDF)
    first = load_word(data, at) & (capitals >> np.uint64(8 * max(0, 8 - length)))
    if length > 8:
        second = load_word(data, at + 8) & (capitals >> np.uint64(8 * (16 - length)))
        first ^= second * np.uint64(_MIX)
    return first, end


#: Up to 22 a double holds a power of ten exactly, so one multiplication or division rounds once.
_POWERS: Final = np.array([10.0**i for i in range(23)])
_EXACT_DIGITS: Final = 15  # any number of so many digits is below 2^53


@njit(cache=True)
def read_number(data: Any, start: int, size: int) -> tuple[float, int]:
    """Read a decimal number as :func:`edasat.core.bytescan.parse_float` does, faster for the short ones of files.

    Returns:
        The value and the position behind it, ``start`` if there is no number.
    """
    at = start
    negative = data[at] == MINUS
    at += negative
    word = load_word(data, at)
    digits = np.int64(count_digits(word))
    mantissa = np.uint64(0)
    if digits > 0:
        mantissa = np.uint64(digits_value(word, np.uint64(digits)))
        at += digits
    behind = np.int64(0)
    if digits < 8 and data[at] == POINT:
        word = load_word(data, at + 1)
        behind = np.int64(count_digits(word))
        if behind > 0:
            mantissa = mantissa * np.uint64(_POWERS[behind]) + np.uint64(digits_value(word, np.uint64(behind)))
        at += 1 + behind
    if digits + behind == 0 or digits + behind > _EXACT_DIGITS or digits == 8 or behind == 8:  # none, or maybe more
        return parse_float(data, start, size)
    scale = -behind
    if data[at] | 32 == _SMALL_E:
        sign = data[at + 1]
        first = at + 1 + (sign in (_PLUS, MINUS))
        if not is_digit(data[first]) or not is_digit(data[first + 1]) or is_digit(data[first + 2]):
            return parse_float(data, start, size)
        exponent = 10 * (np.int64(data[first]) - _ZERO) + (np.int64(data[first + 1]) - _ZERO)
        scale += -exponent if sign == MINUS else exponent
        at = first + 2
        if scale < -22 or scale > 22:
            return parse_float(data, start, size)
    value = float(mantissa)
    if scale < 0:
        value /= _POWERS[-scale]
    elif scale > 0:
        value *= _POWERS[scale]
    return (-value if negative else value), at

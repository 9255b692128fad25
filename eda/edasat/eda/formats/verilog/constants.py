"""Numbers of Verilog: bit numbers, and constants such as ``4'b0011`` bit by bit (IEEE Std 1364-2005, 3.5.1)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

#: Values of a bit where a net's number could stand.
OPEN: Final = -1  # x, z, or nothing
ZERO: Final = -2
ONE: Final = -3

UNSIZED: Final = 32  # bits of a constant without a size
_MAX_INDEX: Final = 1 << 24
_MAX_WIDTH: Final = 1 << 20


@njit(cache=True)
def _decimal(data: Any, start: int, end: int) -> tuple[int, int]:
    """Return the value of decimal digits and underscores, -1 beyond 2^62, and the position behind them."""
    value = 0
    i = start
    while i < end and (48 <= data[i] <= 57 or data[i] == 95):
        if data[i] != 95 and value >= 0:
            value = value * 10 + (int(data[i]) - 48)
            if value > 1 << 58:
                value = -1
        i += 1
    return value, i


@njit(cache=True)
def decimal(data: Any, start: int, end: int) -> int:
    """Return the value of a decimal number, -1 if it is none or beyond 2^24."""
    value, i = _decimal(data, start, end)
    return value if i == end and value <= _MAX_INDEX else -1


@njit(cache=True)
def _base(data: Any, start: int, end: int) -> tuple[int, int, int]:
    """Split a constant: width (0 if unsized, -1 if wrong), bits per digit (0 for decimal), first digit."""
    width, i = _decimal(data, start, end)
    if width < 0 or width > _MAX_WIDTH:
        return -1, 0, i
    if i == end:
        return 0, 0, start
    sized = i > start
    while i < end and data[i] <= 32:
        i += 1
    if data[i] != 39 or (sized and width == 0):
        return -1, 0, i
    i += 1
    if i < end and data[i] | 32 == 115:
        i += 1
    letter = data[i] | 32 if i < end else 0
    per_digit = 1 if letter == 98 else 3 if letter == 111 else 4 if letter == 104 else 0
    if per_digit == 0 and letter != 100:
        return -1, 0, i
    i += 1
    while i < end and data[i] <= 32:
        i += 1
    return width, per_digit, i


@njit(inline="always")
def _unknown(c: int) -> bool:
    return c | 32 == 120 or c | 32 == 122 or c == 63


@njit(cache=True)
def constant_width(data: Any, start: int, end: int) -> int:
    """Return the number of bits of a constant, UNSIZED where it says none, -1 if the span is no constant."""
    width, per_digit, first = _base(data, start, end)
    if width < 0 or first >= end:
        return -1
    digits = 0
    for i in range(first, end):
        c = data[i]
        if c == 95:
            continue
        digits += 1
        value = np.int64(c) - 48 if c <= 57 else np.int64(c | 32) - 87
        if per_digit and not _unknown(c) and not 0 <= value < 1 << per_digit:
            return -1
        if not per_digit and not 48 <= c <= 57:  # 'dx is legal and nobody's constant
            return -1
    if digits == 0 or (per_digit == 0 and _decimal(data, first, end)[0] < 0):
        return -1
    return width if width else UNSIZED


@njit(cache=True)
def is_unsized(data: Any, start: int, end: int) -> bool:
    """Whether a constant gives no width."""
    return _base(data, start, end)[0] == 0


@njit(cache=True)
def constant_bits(data: Any, start: int, end: int, out: Any, at: int) -> None:
    """Write the bits of a constant, most significant first, to ``out[at:]``: ZERO, ONE or OPEN."""
    width, per_digit, first = _base(data, start, end)
    if width == 0:
        width = UNSIZED
    if per_digit == 0:
        value = _decimal(data, first, end)[0]
        for place in range(width):
            bit = value >> place & 1 if place < 62 else 0
            out[at + width - 1 - place] = ONE if bit else ZERO
        return
    place = 0
    i = end - 1
    top = ZERO
    while i >= first and place < width:
        c = data[i]
        i -= 1
        if c == 95:
            continue
        value = np.int64(c) - 48 if c <= 57 else np.int64(c | 32) - 87
        for shift in range(per_digit):
            if place < width:
                top = OPEN if _unknown(c) else ONE if value >> shift & 1 else ZERO
                out[at + width - 1 - place] = top
                place += 1
    fill = OPEN if top == OPEN else ZERO  # x and z extend to the left, digits do not
    for missing in range(place, width):
        out[at + width - 1 - missing] = fill

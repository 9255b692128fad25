"""Decimal numbers out of bytes, eight at a time: the piece that all compiled readers share.

A loop over digits mispredicts its end at almost every number. Loading eight bytes as one word, finding the first
byte that is no digit by bit arithmetic, and weighing the digits by three multiplications has no such branch.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

#: Bytes that a buffer must have behind its data, so that a word can be loaded from any of them.
PADDING: Final = 8


@intrinsic
def load_word(typing_context: Any, array: Any, index: Any) -> Any:
    """Return ``array[index : index + 8]`` (uint8) as one little-endian uint64; the bounds are the caller's affair."""
    signature = types.uint64(array, index)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.gep(data, [arguments[1]])
        word = builder.bitcast(pointer, ir.IntType(64).as_pointer())
        return builder.load(word, align=1)

    return signature, generate


@intrinsic
def trailing_zeros(typing_context: Any, word: Any) -> Any:
    """Return the number of zero bits below the lowest one of a uint64, 64 for zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], cgutils.false_bit)

    return types.uint64(types.uint64), generate


@njit(inline="always")
def count_digits(word: int) -> int:
    """Return how many of a word's bytes, from the lowest, are ASCII digits before the first that is none (0 to 8).

    A byte is a digit if its high half is 3 and stays 3 when 6 is added. A carry out of a byte can only come from one
    above 0xf9, which is no digit itself, so it never hides the first one that is none.
    """
    high = word & 0xF0F0F0F0F0F0F0F0
    raised = (word + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0
    return trailing_zeros((high ^ 0x3030303030303030) | (raised ^ 0x3030303030303030)) >> 3


@njit(inline="always")
def digits_value(word: int, count: int) -> int:
    """Return the number that the lowest ``count`` bytes of a word spell (1 to 8 digits)."""
    digits = (word & 0x0F0F0F0F0F0F0F0F) << ((8 - count) << 3)  # leading zeros take the place of what is missing
    pairs = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF
    quads = (pairs * 100 + (pairs >> 16)) & 0x0000FFFF0000FFFF
    return (quads * 10000 + (quads >> 32)) & 0xFFFFFFFF


#: Powers of ten that a double holds exactly: a number of up to 15 digits scaled by one of them is rounded once, as the
#: C library would round it.
_POWERS: Final = np.array([10.0**i for i in range(23)])


@njit(inline="always")
def is_digit(byte: int) -> bool:
    """Whether a byte is an ASCII digit."""
    return byte - 48 <= 9 and byte >= 48


@njit(cache=True)
def parse_float(data: Any, start: int, end: int) -> tuple[float, int]:
    """Read a decimal number such as ``-1.5e-3`` from ``data[start:end]``.

    Correctly rounded up to 15 significant digits and a decimal exponent within 22; beyond that within one unit in the
    last place. ``inf`` and ``nan`` are no numbers here.

    Args:
        data: uint8, with :data:`PADDING` bytes behind ``end``.
        start: first byte; leading blanks are not skipped.
        end: byte behind the last that may be read.

    Returns:
        The value and the position behind the number; that position is ``start`` if there is no number.
    """
    position = start
    negative = False
    if position < end and (data[position] == 45 or data[position] == 43):
        negative = data[position] == 45
        position += 1
    mantissa: Any = np.uint64(0)
    kept = 0  # significant digits in the mantissa
    scale = 0  # decimal exponent of its last digit
    digits = 0
    point = False
    while position < end:
        byte = data[position]
        if is_digit(byte):
            digits += 1
            if kept < 19:
                mantissa = mantissa * np.uint64(10) + np.uint64(byte - 48)
                if mantissa != 0:
                    kept += 1
                if point:
                    scale -= 1
            elif not point:
                scale += 1
        elif byte == 46 and not point:
            point = True
        else:
            break
        position += 1
    if digits == 0:
        return 0.0, start
    if position < end and (data[position] | 32) == 101:  # e or E, only with a number behind it
        at = position + 1
        down = False
        if at < end and (data[at] == 45 or data[at] == 43):
            down = data[at] == 45
            at += 1
        if at < end and is_digit(data[at]):
            exponent = 0
            while at < end and is_digit(data[at]):
                if exponent < 100000:
                    exponent = exponent * 10 + (int(data[at]) - 48)
                at += 1
            scale += -exponent if down else exponent
            position = at
    return (-1.0 if negative else 1.0) * _scaled(mantissa, scale), position


@njit(inline="always")
def _scaled(mantissa: int, scale: int) -> float:
    value = float(mantissa)
    if value == 0.0 or scale == 0:
        return value
    if scale > 0:
        while scale > 22:
            value *= 1e22
            scale -= 22
            if value == np.inf:
                return value
        return float(value * _POWERS[scale])
    scale = -scale
    while scale > 22:
        value /= 1e22
        scale -= 22
        if value == 0.0:
            return value
    return float(value / _POWERS[scale])


@njit(inline="always")
def write_number(out: Any, at: int, value: int) -> int:
    """Write a whole number as decimal digits, with a minus sign if it is negative; return the place behind it.

    Args:
        out: uint8, with room for 11 bytes from ``at``.
        at: where to begin.
        value: of at most ten digits.
    """
    left = np.int64(value)
    if left < 0:
        out[at] = 45
        at += 1
        left = -left
    size = 1
    power = np.int64(10)
    while left >= power:
        power *= 10
        size += 1
    for place in range(at + size - 1, at - 1, -1):
        out[place] = 48 + left % 10
        left //= 10
    return at + size

"""Decimal numbers out of bytes, eight at a time: the piece that all compiled readers share.

A loop over digits mispredicts its end at almost every number. Loading eight bytes as one word, finding the first
byte that is no digit by bit arithmetic, and weighing the digits by three multiplications has no such branch.
"""

from __future__ import annotations

from typing import Any, Final

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

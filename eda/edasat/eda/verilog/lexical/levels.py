"""Logic levels of operators: two-input gates on the longest way through the usual circuit for each.

Adders are parallel-prefix, multipliers compress partial products in a tree before one, dividers subtract once per bit;
a constant operand removes part of an addition and all of a shift. A rough scale is enough: what a model reads is which
way is longest and how it grows with the width.
"""

from __future__ import annotations

import math
from typing import Final

from numba import njit

from .vocabulary import ID

_POWER, _TIMES, _DIVIDE, _MODULO, _PLUS, _MINUS = (ID[sign] for sign in ("**", "*", "/", "%", "+", "-"))
_SHL, _ASHR = ID["<<"], ID[">>>"]
_LESS, _GREATER_EQUAL, _EQUAL, _LAST_EQUALITY = ID["<"], ID[">="], ID["=="], ID["!=?"]
_XOR, _XNOR, _LOGICAL_AND, _LOGICAL_OR = ID["^"], ID["~^"], ID["&&"], ID["||"]
_INVERT, _UPLUS, _UMINUS, _FIRST_PARITY = ID["~"], ID["u+"], ID["u-"], ID["u^"]

MUX_LEVELS: Final = 1.5


@njit(cache=True)
def log2(value: float) -> float:
    """Return the logarithm, 0 below 1."""
    return math.log2(max(value, 1.0))


@njit(cache=True)
def binary_levels(operator: int, left: float, right: float, constant: int) -> float:
    """Return the levels of an operator on operands of these bits; ``constant`` is 1: the left one is, 2: the right."""
    wide = max(left, right)
    if operator in (_PLUS, _MINUS):
        return 2 * log2(wide) + 2 if constant == 0 else 1.5 * log2(wide) + 1
    if operator == _TIMES:
        return 3.5 * log2(min(left, right)) + 2 * log2(left + right) + 2
    if operator in (_DIVIDE, _MODULO):
        return left * (2 * log2(right) + 2) if right > 1 else 0.0
    if operator == _POWER:
        return 8 * log2(wide)
    if _SHL <= operator <= _ASHR:
        return 0.0 if constant & 2 else MUX_LEVELS * log2(left) + 1
    if _LESS <= operator <= _GREATER_EQUAL:
        return 1.5 * log2(wide) + 1
    if _EQUAL <= operator <= _LAST_EQUALITY:
        return log2(wide) + (2 if constant == 0 else 0)
    if operator in (_LOGICAL_AND, _LOGICAL_OR):
        return 1.0 + log2(wide)
    if operator in (_XOR, _XNOR):
        return 0.5 if constant else 2.0
    return 0.0 if constant else 1.0


@njit(cache=True)
def unary_levels(operator: int, bits: float) -> float:
    """Return the levels of a unary operator."""
    if operator in (_INVERT, _UPLUS):
        return 0.0
    if operator == _UMINUS:
        return 1.5 * log2(bits) + 1
    return log2(bits) * (2.0 if operator >= _FIRST_PARITY else 1.0)


@njit(cache=True)
def select_levels(choices: float, index_bits: float) -> float:
    """Return the levels of choosing one of several by an index that is no constant."""
    return MUX_LEVELS * min(index_bits, log2(choices))


@njit(cache=True)
def condition_levels(conditions: float) -> float:
    """Return the levels that nested conditions around an assignment add."""
    return 0.75 * (1 + log2(conditions))

"""Logic levels of operators: two-input gates on the longest way through the usual circuit for each.

Sums and comparisons ripple from bit to bit, as synthesis for area leaves them, so an operand has two levels: that of
its lowest bit, which is ready first, and that of its highest. A sum of a sum then waits for one bit, not for all of
them. A rough scale is enough: what a model reads is which way is longest and how it grows with the width.
"""

from __future__ import annotations

import math
from typing import Final

from numba import njit

from .vocabulary import ID

_POWER, _TIMES, _DIVIDE, _MODULO, _PLUS, _MINUS = (ID[sign] for sign in ("**", "*", "/", "%", "+", "-"))
_SHL, _ASHR = ID["<<"], ID[">>>"]
_LESS, _GREATER_EQUAL, _EQUAL, _LAST_EQUALITY = ID["<"], ID[">="], ID["=="], ID["!=?"]
_XOR, _XNOR, _AND, _OR, _LOGICAL_AND, _LOGICAL_OR = (ID[sign] for sign in ("^", "~^", "&", "|", "&&", "||"))
_INVERT, _UPLUS, _UMINUS, _FIRST_PARITY = ID["~"], ID["u+"], ID["u-"], ID["u^"]

MUX_LEVELS: Final = 1.5
_FULL_ADDER: Final = 2.0  # levels from the operands of a bit to its sum
_CARRY: Final = 1.7  # levels from carry to carry
_CONSTANT_CARRY: Final = 0.9  # where one operand is constant
_COMPARED: Final = 1.2  # levels per bit of a comparison


@njit(cache=True)
def log2(value: float) -> float:
    """Return the logarithm, 0 below 1."""
    return math.log2(max(value, 1.0))


@njit(cache=True)
def binary_levels(
    operator: int, left: float, right: float, constant: int, level: float, early: float
) -> tuple[float, float]:
    """Return the levels of the highest and of the lowest bit of an operator's result.

    Args:
        operator: entry of the vocabulary.
        left, right: bits of the operands.
        constant: 1: the left one is constant, 2: the right one, 0: none.
        level, early: of the operands' highest and lowest bits, whichever comes later.
    """
    wide = max(left, right)
    if operator in (_PLUS, _MINUS):
        ripple = (_CARRY if constant == 0 else _CONSTANT_CARRY) * wide
        return max(level, early + ripple) + _FULL_ADDER, early + _FULL_ADDER
    if operator == _TIMES:
        tree = 3.5 * log2(min(left, right))
        return max(level, early + _CARRY * wide) + tree + _FULL_ADDER, early + _FULL_ADDER
    if _LESS <= operator <= _GREATER_EQUAL:
        ripple = (_COMPARED if constant == 0 else _CONSTANT_CARRY) * wide
        level = max(level, early + ripple) + _FULL_ADDER
        return level, level
    if operator in (_AND, _OR, _XOR, _XNOR):
        cost = 1.0 if operator in (_AND, _OR) else 2.0
        if constant:
            cost = 0.5 if operator in (_XOR, _XNOR) else 0.0
        return level + cost, early + cost
    if operator in (_DIVIDE, _MODULO):
        level += left * (_CARRY * right + MUX_LEVELS) if right > 1 else 0.0
    elif operator == _POWER:
        level += 2 * _CARRY * wide
    elif _SHL <= operator <= _ASHR:
        if constant & 2:
            return level, early
        level += MUX_LEVELS * log2(left) + 1
    elif _EQUAL <= operator <= _LAST_EQUALITY:
        level += log2(wide) + (2 if constant == 0 else 0)
    else:
        level += 1.0 + log2(wide)
    return level, level


@njit(cache=True)
def unary_levels(operator: int, bits: float, level: float, early: float) -> tuple[float, float]:
    """Return the levels of the highest and of the lowest bit of a unary operator's result."""
    if operator in (_INVERT, _UPLUS):
        return level, early
    if operator == _UMINUS:
        return max(level, early + _CONSTANT_CARRY * bits) + _FULL_ADDER, early
    level += log2(bits) * (2.0 if operator >= _FIRST_PARITY else 1.0)
    return level, level


@njit(cache=True)
def select_levels(choices: float, index_bits: float) -> float:
    """Return the levels of choosing one of several by an index that is no constant."""
    return MUX_LEVELS * min(index_bits, log2(choices))


@njit(cache=True)
def condition_levels(conditions: float) -> float:
    """Return the levels that nested conditions around an assignment add."""
    return 0.75 * (1 + log2(conditions))

"""Logic levels: how long the usual circuit of each operator takes, in delays of a bit of a ripple-carry adder.

Two ways of synthesis are told apart, as the scripts of :mod:`edasat.eda.synthesis.scripts` are: for area, sums ripple
from bit to bit, and for speed, a prefix tree computes the carries. Figures are measured: operators of 4 to 64 bits,
synthesised alone and mapped on an open library with both scripts. They are right within a fifth or so for operators by
themselves; what a model reads is which way is longest and how it grows.

Arrays have a number for each script, area first.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit

AREA, SPEED = 0, 1
NUM_SCRIPTS: Final = 2


def _levels(area: float, speed: float) -> np.ndarray:
    return np.array([area, speed])


#: Kinds of gates at the root of a bit: none that chains, and those that do. A chain of n gates of a kind becomes a
#: tree of UNIT * log2(n) levels; at its end it takes END at least.
LEAF, AND, OR, XOR = range(4)
UNIT: Final = np.array([[0.0, 0.0], [0.7, 0.5], [0.7, 0.5], [1.1, 1.05]])
END: Final = np.array([[0.0, 0.0], [0.45, 0.4], [0.45, 0.4], [1.0, 0.9]])
GATES: Final = np.array([0.0, 1.2, 1.2, 2.3])  # two-input NAND gates of each

MUX: Final = _levels(1.0, 0.75)
MUX_GATES: Final = 2.3
SELECT: Final = _levels(0.8, 0.65)  # for each doubling of the choices
#: Sums: from an operand to its bit; the first carry; carry to carry up to and beyond 32 bits, for area; a doubling of
#: the bits, for speed; and likewise where one operand is constant.
SUM: Final = _levels(1.1, 1.1)
FIRST_CARRY, CARRY, FAR_CARRY, LAST_CARRY = 0.1, 0.9, 0.42, 0.6
CONSTANT_CARRY, PREFIX, CONSTANT_PREFIX = 0.7, 1.65, 1.25
PREFIX_LESS, CONSTANT_PREFIX_LESS = 0.4, 1.2
COMPRESS: Final = _levels(1.0, 1.2)  # a row of full adders that makes two operands of three
FULL_ADDER_GATES, HALF_ADDER_GATES = 7.5, 3.0
#: Comparisons: a doubling of the bits, and once; and likewise with a constant.
LESS: Final = _levels(1.5, 0.85)
LESS_ONCE: Final = _levels(0.2, 0.2)
LESS_CONSTANT: Final = _levels(1.0, 0.6)
LESS_GATES, LESS_CONSTANT_GATES = 4.5, 0.8
SHIFT: Final = _levels(1.0, 0.65)
SHIFT_ONCE: Final = _levels(3.0, 1.8)
SHIFT_GATES: Final = 2.3
REGISTER_GATES: Final = 6.0
PRODUCT_GATES, QUOTIENT_GATES = 8.5, 4.6


@njit(cache=True)
def log2(value: float) -> float:
    """Return the logarithm, 0 below 1."""
    return math.log2(max(value, 1.0))


@njit(cache=True)
def together(a: float, b: float, unit: float) -> float:
    """Return when a tree is done that waits for two inputs, of gates of which each doubling of inputs takes a unit.

    A tree over inputs that arrive at t_i, early ones deep inside, is done at unit * log2(sum of 2 ** (t_i / unit)).
    """
    gap = abs(a - b)
    return max(a, b) + (unit * math.log2(1.0 + 2.0 ** (-gap / unit)) if gap < 16 * unit else 0.0)


@njit(cache=True)
def product_levels(left: float, right: float, script: int) -> float:
    """Return the levels of a multiplier."""
    if script == AREA:
        return 1.05 * (left + right) + 3.5
    return max(5.5 * 0.5 * (log2(left) + log2(right)) - 4.5, 1.5)


@njit(cache=True)
def quotient_levels(left: float, right: float, script: int) -> float:
    """Return the levels of a divider: a subtraction and a choice per bit of the quotient."""
    return (0.63 if script == AREA else 0.33) * left * right + 1.0


@njit(cache=True)
def sum_levels(bits: float, terms: float, script: int) -> float:
    """Return the levels of a sum of several terms: rows of full adders, and a sum of two at the end."""
    rows = math.log(max(terms, 2.0) / 2.0) / math.log(1.5)
    last = CARRY * min(bits, 32.0) + FAR_CARRY * max(bits - 32.0, 0.0) if script == AREA else PREFIX * log2(bits)
    return COMPRESS[script] * rows + last + LAST_CARRY

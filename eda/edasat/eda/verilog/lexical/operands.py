"""Operands of expressions: a stack of words of bits, with what else is known of each."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .bits import UNKNOWN, Bits, latest, put_constant, room
from .levels import NUM_SCRIPTS

#: Bits kept of a word; those beyond are as its last.
MOST_BITS: Final = 512
ROOM: Final = 1024  # operands or operators that wait at a time; more end the expression
_WIDEST: Final = float(1 << 24)
_EXACT: Final = 53  # bits of a double


#: What is known of an operand besides its bits:
#:
#: - width: bits as declared or computed, which may be more than are kept;
#: - value: of constants, nan elsewhere;
#: - words: of a memory, 0 for anything else;
#: - terms: of a sum, 1 elsewhere;
#: - deepest: levels of the latest of these terms, for each script;
#: - symbol: number of a name that stands alone, -1 elsewhere; -2 and below: a system function;
#: - signed.
OPERAND = np.dtype(
    [
        ("width", np.float64),
        ("value", np.float64),
        ("words", np.float64),
        ("terms", np.float64),
        ("deepest", np.float64, (NUM_SCRIPTS,)),
        ("symbol", np.int32),
        ("signed", np.bool_),
    ],
    align=True,
)


class Operands(NamedTuple):
    """A stack of operands.

    Attributes:
        bits: (ROOM * MOST_BITS + 1,) of BIT: those of the operand at ``k`` begin at ``k * MOST_BITS``.
        of: (ROOM,) of OPERAND.
    """

    bits: Bits
    of: npt.NDArray[Any]

    @classmethod
    def empty(cls) -> Operands:
        """Return room for a stack."""
        return cls(room(ROOM * MOST_BITS), np.zeros(ROOM, OPERAND))


@njit(cache=True)
def kept(width: float) -> int:
    """Return how many bits are kept of a word."""
    return int(min(max(width, 1.0), MOST_BITS))


@njit(cache=True)
def describe(have: Operands, at: int, width: float, value: float) -> None:
    """Write all of an operand but its bits."""
    have.of[at].width, have.of[at].value = min(width, _WIDEST), value
    have.of[at].words, have.of[at].symbol, have.of[at].signed, have.of[at].terms = 0.0, -1, False, 1.0


@njit(cache=True)
def put_value(have: Operands, at: int, width: float, value: float) -> None:
    """Write a constant, negative ones in two's complement; one that is not known has bits that are all 0."""
    describe(have, at, width, value)
    rest = 0.0 if math.isnan(value) or math.isinf(value) else np.floor(value)
    for i in range(at * MOST_BITS, at * MOST_BITS + kept(width)):
        half = np.floor(rest / 2)
        put_constant(have.bits, i, 1 if rest != 2 * half else 0)
        rest = half


@njit(cache=True)
def settle(have: Operands, at: int) -> None:
    """Give an operand its value if all its bits are constant, as far as doubles are exact."""
    size = kept(have.of[at].width)
    value = 0.0
    if size > _EXACT:
        for i in range(_EXACT, size):
            if have.bits[at * MOST_BITS + i].known != 0:
                have.of[at].value = np.nan
                return
    for i in range(min(size, _EXACT) - 1, -1, -1):
        known = have.bits[at * MOST_BITS + i].known
        if known == UNKNOWN:
            have.of[at].value = np.nan
            return
        value = 2 * value + known
    have.of[at].value = value


@njit(cache=True)
def extend(have: Operands, at: int, width: float) -> None:
    """Write the bits of an operand up to a width: zeros, or copies of its sign."""
    bits, base, size = have.bits, at * MOST_BITS, kept(have.of[at].width)
    for i in range(base + size, base + kept(width)):
        if have.of[at].signed:
            bits[i] = bits[base + size - 1]
        else:
            put_constant(bits, i, 0)


@njit(cache=True)
def last_bit(have: Operands, at: int, script: int) -> float:
    """Return when the last bit of an operand is there."""
    return latest(have.bits, at * MOST_BITS, at * MOST_BITS + kept(have.of[at].width), script)


@njit(cache=True)
def move(have: Operands, source: int, target: int) -> None:
    """Copy an operand."""
    for i in range(kept(have.of[source].width)):
        have.bits[target * MOST_BITS + i] = have.bits[source * MOST_BITS + i]
    have.of[target] = have.of[source]

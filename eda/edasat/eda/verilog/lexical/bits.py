"""Bits and what is known of them without building logic: constants, when they arrive, and chains of equal gates.

Chains matter, because synthesis balances them: ``a ^ b ^ c ^ d`` takes two levels, however it is bracketed. So a bit
carries the kind of its last gate, and when a tree of that kind would have it; another kind of gate closes the tree, and
so does a name, as what is read in several places is not torn apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from .levels import AND, AREA, END, GATES, LEAF, MUX, MUX_GATES, NUM_SCRIPTS, OR, SPEED, UNIT, XOR, together

UNKNOWN = 2
#: What is known of a bit:
#:
#: - late: levels until a balanced tree of its kind has it, for each script;
#: - root: levels of the latest input of that tree;
#: - signal: the same number for copies of one bit, the lowest digit set for inverted ones;
#: - assigned, where: number of the pass that assigned it last, and the position of the assignment;
#: - known: 0 or 1 of a constant, else ``UNKNOWN``;
#: - kind: of the gate at its root, ``LEAF``, ``AND``, ``OR`` or ``XOR``.
BIT = np.dtype(
    [
        ("late", np.float32, (NUM_SCRIPTS,)),
        ("root", np.float32, (NUM_SCRIPTS,)),
        ("signal", np.int64),
        ("assigned", np.int32),
        ("where", np.int32),
        ("known", np.int8),
        ("kind", np.int8),
    ],
    align=True,
)
#: (n,) of BIT. The last is no bit: its ``signal`` counts the signals met so far.
Bits = npt.NDArray[Any]


def room(number: int) -> Bits:
    """Return room for so many bits."""
    return np.zeros(number + 1, BIT)


@njit(cache=True)
def _new_signal(bits: Bits) -> int:
    bits[len(bits) - 1].signal += 2
    return bits[len(bits) - 1].signal


@njit(cache=True)
def arrival(bits: Bits, i: int, script: int) -> float:
    """Return when a bit is there; a constant always is."""
    if bits[i].known != UNKNOWN:
        return 0.0
    kind = bits[i].kind
    if kind == LEAF:
        return bits[i].late[script]
    return max(bits[i].late[script], bits[i].root[script] + END[kind, script])


@njit(cache=True)
def latest(bits: Bits, begin: int, end: int, script: int) -> float:
    """Return when the last of some bits is there."""
    level = 0.0
    for i in range(begin, end):
        level = max(level, arrival(bits, i, script))
    return level


@njit(cache=True)
def put_constant(bits: Bits, i: int, value: int) -> None:
    """Make a bit constant."""
    bits[i].known, bits[i].kind, bits[i].signal = value, LEAF, 0
    for script in range(NUM_SCRIPTS):
        bits[i].late[script] = bits[i].root[script] = 0.0


@njit(cache=True)
def mark(bits: Bits, i: int, kind: int) -> None:
    """Make a bit, whose levels are known, like no other."""
    bits[i].known, bits[i].kind, bits[i].signal = UNKNOWN, kind, _new_signal(bits)


@njit(cache=True)
def put(bits: Bits, i: int, kind: int, area: float, speed: float) -> None:
    """Write a bit that is like no other."""
    mark(bits, i, kind)
    bits[i].late[AREA] = bits[i].root[AREA] = area
    bits[i].late[SPEED] = bits[i].root[SPEED] = speed


@njit(cache=True)
def invert(bits: Bits, i: int) -> None:
    """Invert a bit, which takes no gate: synthesis moves inverters where they are free."""
    if bits[i].known != UNKNOWN:
        bits[i].known = 1 - bits[i].known
    else:
        bits[i].signal ^= 1


@njit(cache=True)
def same(bits: Bits, i: int, j: int) -> bool:
    """Whether two bits are copies of one."""
    return bits[i].known == bits[j].known and bits[i].signal == bits[j].signal


@njit(cache=True)
def gate(bits: Bits, kind: int, a: int, b: int, out: int) -> float:
    """Join two bits by AND, OR or XOR, write the result, and return the gates that it takes."""
    known_a, known_b = bits[a].known, bits[b].known
    if known_a != UNKNOWN or known_b != UNKNOWN:
        constant, other = (known_a, b) if known_a != UNKNOWN else (known_b, a)
        if (kind == AND and constant == 0) or (kind == OR and constant == 1):
            put_constant(bits, out, constant)
        else:
            bits[out] = bits[other]
            if kind == XOR and constant == 1:
                invert(bits, out)
        return 0.0
    if bits[a].signal | 1 == bits[b].signal | 1:
        if kind == XOR or bits[a].signal != bits[b].signal:
            put_constant(bits, out, 0 if (kind == XOR) == (bits[a].signal == bits[b].signal) or kind == AND else 1)
        else:
            bits[out] = bits[a]
        return 0.0
    for script in range(NUM_SCRIPTS):
        unit = UNIT[kind, script]
        chained_a, chained_b = bits[a].kind == kind, bits[b].kind == kind
        late_a = bits[a].late[script] if chained_a else arrival(bits, a, script)
        late_b = bits[b].late[script] if chained_b else arrival(bits, b, script)
        root_a = bits[a].root[script] if chained_a else late_a
        root_b = bits[b].root[script] if chained_b else late_b
        root, late = max(root_a, root_b), together(late_a, late_b, unit)
        if kind == XOR:
            # trees of XOR are balanced by their number of inputs; only synthesis for speed moves late ones, by half
            counted = root + together(late_a - root_a, late_b - root_b, unit)
            late = counted if script == AREA else (late + counted) / 2
        bits[out].late[script], bits[out].root[script] = late, root
    mark(bits, out, kind)
    return GATES[kind]


@njit(cache=True)
def choose(bits: Bits, c: int, a: int, b: int, out: int) -> float:
    """Write ``c ? a : b`` and return the gates that it takes; ``c`` is not constant."""
    if same(bits, a, b):
        bits[out] = bits[a]
        return 0.0
    known_a, known_b = bits[a].known, bits[b].known
    if UNKNOWN not in (known_a, known_b):
        bits[out] = bits[c]
        if known_a == 0:
            invert(bits, out)
        return 0.0
    if known_a != UNKNOWN:
        return gate(bits, OR if known_a else AND, c, b, out)
    if known_b != UNKNOWN:
        return gate(bits, OR if known_b else AND, c, a, out)
    if bits[a].signal ^ 1 == bits[b].signal:
        return gate(bits, XOR, c, a, out)
    area = max(arrival(bits, a, AREA), arrival(bits, b, AREA), arrival(bits, c, AREA)) + MUX[AREA]
    speed = max(arrival(bits, a, SPEED), arrival(bits, b, SPEED), arrival(bits, c, SPEED)) + MUX[SPEED]
    put(bits, out, LEAF, area, speed)
    return MUX_GATES


@njit(cache=True)
def close(bits: Bits, i: int) -> None:
    """End the tree of gates that a bit is the root of."""
    if bits[i].known == UNKNOWN and bits[i].kind != LEAF:
        for script in range(NUM_SCRIPTS):
            bits[i].late[script] = bits[i].root[script] = arrival(bits, i, script)
        bits[i].kind = LEAF

"""Compiled building blocks of :mod:`.gate_network`: hashed gates, and the circuits that words consist of.

A literal is ``2 * node + inverted``; node 0 is the constant 0. A negative literal is a bit that nobody decided
(Verilog's x): multiplexers take the other value, everything else reads it as 0. Gates are hashed as they are made, so
that equal ones are one, and what constants decide never exists.

Adders are parallel prefix adders after Brent and Kung, sums of many numbers are compressed by full adders first,
shifters are stages of multiplexers: the circuits that Yosys' ``techmap`` and ``maccmap`` build (Yosys manual, techmap).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[Any]


def constant(value: int) -> int:
    """Return a constant for compiled code, which would be compiled anew for each plain integer that it is given."""
    return np.int64(value)  # type: ignore[return-value]


#: Values of ``GateNetwork.kind``: positions in :data:`.gate_network.GATE_KINDS`.
CONSTANT, INPUT, REGISTER, AND, XOR, MUX = (constant(kind) for kind in range(6))
#: Literals of the constants, and of a bit that nobody decided.
FALSE: Final = constant(0)
TRUE: Final = constant(1)
UNDECIDED: Final = constant(-2)
_NONE: Final = constant(-1)
_HASH_1, _HASH_2, _HASH_3 = 73856093, 19349663, 83492791


class Gates(NamedTuple):
    """A network in the making.

    Attributes:
        kind: int8, (capacity,).
        fanins: int32, (capacity, 3): literals.
        word: int32, (capacity,): the word that each node was made for.
        table: int32, (power of two,): hash table of nodes, -1 where empty.
        counts: int64, (2,): nodes; the word that is being built.
    """

    kind: Array
    fanins: Array
    word: Array
    table: Array
    counts: Array


def new_gates(capacity: int) -> Gates:
    """Return a network of the constant alone."""
    size = 1 << max(10, (2 * capacity - 1).bit_length())
    return Gates(
        np.zeros(capacity, np.int8),
        np.full((capacity, 3), -1, np.int32),
        np.full(capacity, -1, np.int32),
        np.full(size, -1, np.int32),
        np.array([1, -1], np.int64),
    )


def enlarged(gates: Gates, capacity: int) -> Gates:
    """Return a network with the same nodes and room for more."""
    larger = new_gates(capacity)
    count = gates.counts[0]
    larger.kind[:count], larger.fanins[:count], larger.word[:count] = (
        column[:count] for column in (gates.kind, gates.fanins, gates.word)
    )
    larger.counts[:] = gates.counts
    _rehash(larger)
    return larger


@njit(cache=True, nogil=True)
def _rehash(gates: Gates) -> None:
    mask = len(gates.table) - 1
    for node in range(gates.counts[0]):
        if gates.kind[node] >= AND:
            a, b, c = gates.fanins[node]
            slot = _slot(np.int64(gates.kind[node]), np.int64(a), np.int64(b), np.int64(c)) & mask
            while gates.table[slot] >= 0:
                slot = (slot + 1) & mask
            gates.table[slot] = node


@njit(cache=True, nogil=True)
def _slot(kind: int, a: int, b: int, c: int) -> Any:
    mixed = np.int64(a) * _HASH_1 ^ np.int64(b) * _HASH_2 ^ np.int64(c) * _HASH_3 ^ np.int64(kind) * 2654435761
    return (mixed ^ (mixed >> 17)) & 0x7FFFFFFFFFFF


@njit(cache=True, nogil=True)
def new_node(gates: Gates, kind: int) -> int:
    """Append an input or register and return its literal."""
    node = gates.counts[0]
    gates.kind[node] = kind
    gates.word[node] = gates.counts[1]
    gates.counts[0] = node + 1
    return 2 * node


@njit(cache=True, nogil=True)
def _gate(gates: Gates, kind: int, a: int, b: int, c: int) -> int:
    """Return the literal of a gate, an old one where there is one."""
    mask = len(gates.table) - 1
    slot = _slot(kind, a, b, c) & mask
    while True:
        node = gates.table[slot]
        if node < 0:
            break
        fanins = gates.fanins[node]
        if fanins[0] == a and fanins[1] == b and fanins[2] == c and gates.kind[node] == kind:
            return 2 * node
        slot = (slot + 1) & mask
    node = gates.counts[0]
    gates.table[slot] = node
    gates.kind[node] = kind
    gates.fanins[node, 0], gates.fanins[node, 1], gates.fanins[node, 2] = a, b, c
    gates.word[node] = gates.counts[1]
    gates.counts[0] = node + 1
    return 2 * node


@njit(cache=True, nogil=True)
def and_gate(gates: Gates, a: int, b: int) -> int:
    """Return a AND b."""
    a, b = max(a, 0), max(b, 0)
    if a > b:
        a, b = b, a
    if a in (FALSE, b ^ 1):
        return 0
    if a in (TRUE, b):
        return b
    # a AND (a AND c), a AND NOT (a AND c) and the like need no new gate
    for _ in range(2):
        if gates.kind[b >> 1] == AND:
            first, second = np.int64(gates.fanins[b >> 1, 0]), np.int64(gates.fanins[b >> 1, 1])
            if b & 1 == 0:
                if a in (first, second):
                    return b
                if a in (first ^ 1, second ^ 1):
                    return 0
            else:
                if a == first:
                    return and_gate(gates, a, second ^ 1)
                if a == second:
                    return and_gate(gates, a, first ^ 1)
                if a in (first ^ 1, second ^ 1):
                    return a
        a, b = b, a
    return _gate(gates, AND, a, b, _NONE)


@njit(cache=True, nogil=True)
def or_gate(gates: Gates, a: int, b: int) -> int:
    """Return a OR b."""
    return and_gate(gates, max(a, 0) ^ 1, max(b, 0) ^ 1) ^ 1


@njit(cache=True, nogil=True)
def xor_gate(gates: Gates, a: int, b: int) -> int:
    """Return a XOR b."""
    a, b = max(a, 0), max(b, 0)
    inverted = (a ^ b) & 1
    a, b = a & ~1, b & ~1
    if a == b:
        return inverted
    if a > b:
        a, b = b, a
    if a == 0:
        return b ^ inverted
    return _gate(gates, XOR, a, b, _NONE) ^ inverted


@njit(cache=True, nogil=True)
def mux_gate(gates: Gates, select: int, one: Any, zero: Any) -> Any:
    """Return ``one`` where ``select`` holds, else ``zero``."""
    select = max(select, 0)
    if one < 0 or zero < 0:
        return max(one, zero) if max(one, zero) >= 0 else UNDECIDED
    if select & 1:
        select, one, zero = select ^ 1, zero, one
    if select == 0:
        return zero
    # a multiplexer below that is selected by the same literal is decided
    if gates.kind[one >> 1] == MUX and gates.fanins[one >> 1, 0] == select:
        one = np.int64(gates.fanins[one >> 1, 1]) ^ (one & 1)
    if gates.kind[zero >> 1] == MUX and gates.fanins[zero >> 1, 0] == select:
        zero = np.int64(gates.fanins[zero >> 1, 2]) ^ (zero & 1)
    if one == zero:
        return one
    if one == zero ^ 1:
        return xor_gate(gates, select, zero)
    if one in (FALSE, select ^ 1):
        return and_gate(gates, select ^ 1, zero)
    if one in (TRUE, select):
        return or_gate(gates, select, zero)
    if zero in (FALSE, select):
        return and_gate(gates, select, one)
    if zero in (TRUE, select ^ 1):
        return or_gate(gates, select ^ 1, one)
    inverted = one & 1
    return _gate(gates, MUX, select, one ^ inverted, zero ^ inverted) ^ inverted


@njit(cache=True, nogil=True)
def _reduced(gates: Gates, bits: Array, kind: int) -> Any:
    """Return the conjunction or parity of one literal or more, as a balanced tree."""
    work, count = bits.copy(), len(bits)
    while count > 1:
        for pair in range(count // 2):
            a, b = work[2 * pair], work[2 * pair + 1]
            work[pair] = and_gate(gates, a, b) if kind == AND else xor_gate(gates, a, b)
        if count % 2:
            work[count // 2] = work[count - 1]
        count = (count + 1) // 2
    return max(work[0], FALSE)


@njit(cache=True, nogil=True)
def reduce_and(gates: Gates, bits: Array) -> Any:
    """Return the conjunction of literals, as a balanced tree."""
    return _reduced(gates, bits, AND) if len(bits) else TRUE


@njit(cache=True, nogil=True)
def reduce_or(gates: Gates, bits: Array) -> Any:
    """Return the disjunction of literals, as a balanced tree."""
    return reduce_and(gates, np.maximum(bits, 0) ^ 1) ^ 1


@njit(cache=True, nogil=True)
def reduce_xor(gates: Gates, bits: Array) -> Any:
    """Return the parity of literals, as a balanced tree."""
    return _reduced(gates, bits, XOR) if len(bits) else FALSE


@njit(cache=True, nogil=True)
def carries(gates: Gates, a: Array, b: Array, carry_in: int) -> Array:
    """Return the carry out of every position of a + b + carry_in, by the prefix tree of Brent and Kung."""
    width = len(a)
    generate, propagate = np.empty(width, np.int64), np.empty(width, np.int64)
    for i in range(width):
        generate[i] = and_gate(gates, a[i], b[i])
        propagate[i] = xor_gate(gates, a[i], b[i])
    if width:
        generate[0] = or_gate(gates, generate[0], and_gate(gates, propagate[0], carry_in))
    step = 1
    while step < width:
        for i in range(2 * step - 1, width, 2 * step):
            generate[i] = or_gate(gates, generate[i], and_gate(gates, propagate[i], generate[i - step]))
            propagate[i] = and_gate(gates, propagate[i], propagate[i - step])
        step *= 2
    while step >= 1:
        for i in range(3 * step - 1, width, 2 * step):
            generate[i] = or_gate(gates, generate[i], and_gate(gates, propagate[i], generate[i - step]))
        step //= 2
    return generate


@njit(cache=True, nogil=True)
def add(gates: Gates, a: Array, b: Array, carry_in: int) -> Array:
    """Return a + b + carry_in, as wide as both."""
    carry = carries(gates, a, b, carry_in)
    total = np.empty(len(a), np.int64)
    before = carry_in
    for i in range(len(a)):
        total[i] = xor_gate(gates, xor_gate(gates, a[i], b[i]), before)
        before = carry[i]
    return total


@njit(cache=True, nogil=True)
def inverted(bits: Array) -> Array:
    """Return NOT of all literals."""
    return np.maximum(bits, 0) ^ 1


@njit(cache=True, nogil=True)
def less(gates: Gates, a: Array, b: Array, or_equal: int) -> int:
    """Return a < b, or a <= b where ``or_equal`` is 1, of unsigned numbers of one width."""
    carry = carries(gates, a, inverted(b), FALSE if or_equal else TRUE)
    # a - b borrows unless it carries; a - b - 1 does so where a <= b
    return carry[-1] ^ 1 if len(a) else or_equal


@njit(cache=True, nogil=True)
def add_rows(gates: Gates, rows: Array, count: int) -> Array:
    """Return the sum of ``count`` rows of literals: generations of full adders, then one adder.

    Rows are overwritten.
    """
    width = rows.shape[1]
    while count > 2:
        kept = 0
        for first in range(0, count - 2, 3):
            carry = FALSE
            for i in range(width):
                a, b, c = rows[first, i], rows[first + 1, i], rows[first + 2, i]
                half = xor_gate(gates, a, b)
                rows[kept, i] = xor_gate(gates, half, c)
                next_carry = or_gate(gates, and_gate(gates, a, b), and_gate(gates, half, c))
                rows[kept + 1, i] = carry
                carry = next_carry
            kept += 2
        for left in range(count - count % 3, count):
            rows[kept] = rows[left]
            kept += 1
        count = kept
    if count == 1:
        return rows[0].copy()
    return add(gates, rows[0], rows[1], FALSE)


@njit(cache=True, nogil=True)
def shift_right(gates: Gates, a: Array, amount: Array, fill: int) -> Array:
    """Return a shifted to the right; what comes in from the left is ``fill``."""
    work = a.copy()
    width = len(a)
    too_far = np.int64(0)
    for stage in range(len(amount)):
        if stage > 30 or 1 << stage >= width:
            too_far = or_gate(gates, too_far, amount[stage])
            continue
        distance = 1 << stage
        for i in range(width):
            beyond = work[i + distance] if i + distance < width else fill
            work[i] = mux_gate(gates, amount[stage], beyond, work[i])
    if too_far != 0 and fill >= 0:
        for i in range(width):
            work[i] = mux_gate(gates, too_far, fill, work[i])
    return work


@njit(cache=True, nogil=True)
def shift_left(gates: Gates, a: Array, amount: Array) -> Array:
    """Return a shifted to the left, as wide as before."""
    return shift_right(gates, a[::-1].copy(), amount, FALSE)[::-1].copy()


@njit(cache=True, nogil=True)
def shift_either_way(gates: Gates, a: Array, amount: Array, fill: int) -> Array:
    """Return a shifted to the right by a signed amount: all the way to the left first where it is negative."""
    width = len(a)
    stages = 1
    while 1 << stages - 1 < width:
        stages += 1
    used = min(stages + 1, len(amount))  # the last of them is the sign
    if used == 0:
        return a
    sign = amount[used - 1]
    farthest = np.int64(1) << used - 1
    wide = np.full(width + farthest, fill, np.int64)
    for i in range(width + farthest):
        left = a[i - farthest] if i >= farthest else fill
        wide[i] = mux_gate(gates, sign, left, a[i] if i < width else fill)
    shifted = shift_right(gates, wide, amount[: used - 1].copy(), fill)[:width]
    too_far = FALSE
    for i in range(used, len(amount)):
        too_far = or_gate(gates, too_far, xor_gate(gates, amount[i], sign))
    if too_far != 0 and fill >= 0:
        for i in range(width):
            shifted[i] = mux_gate(gates, too_far, fill, shifted[i])
    return shifted


@njit(cache=True, nogil=True)
def divide(gates: Gates, a: Array, b: Array) -> tuple[Array, Array]:
    """Return quotient and remainder of unsigned numbers of one width, by an array of compare-and-subtract steps.

    What is left after a step is less than the divisor where it stood. Of a constant divisor, the bits above are
    therefore 0, which synthesis finds out by proof.
    """
    width = len(a)
    rest, quotient = a.copy(), np.zeros(width, np.int64)
    highest = 0
    for i in range(width):
        if b[i] != FALSE:
            highest = i + 1
    constant = (b <= TRUE).all() and highest > 0
    for shift in range(width - 1, -1, -1):
        wide_rest, wide_b = np.zeros(width + shift, np.int64), np.zeros(width + shift, np.int64)
        wide_rest[:width] = rest
        wide_b[shift:] = b
        fits = less(gates, wide_b, wide_rest, TRUE)
        quotient[shift] = fits
        smaller = add(gates, rest, inverted(wide_b[:width]), TRUE)
        for i in range(width):
            rest[i] = FALSE if constant and i >= highest + shift else mux_gate(gates, fits, smaller[i], rest[i])
    return quotient, rest


@njit(cache=True, nogil=True)
def negated_if(gates: Gates, a: Array, condition: int) -> Array:
    """Return -a where a condition holds, else a."""
    flipped = np.empty(len(a), np.int64)
    for i in range(len(a)):
        flipped[i] = xor_gate(gates, a[i], condition)
    return add(gates, flipped, np.zeros(len(a), np.int64), condition)


@njit(cache=True, nogil=True)
def chosen(gates: Gates, values: Array, address: Array) -> Array:
    """Return the row of ``values`` that an address says: a tree of multiplexers, its lowest bit first."""
    work, count = values.copy(), len(values)
    for bit in range(len(address)):
        if count == 1:
            break
        for pair in range((count + 1) // 2):
            for i in range(work.shape[1]):
                one = work[2 * pair + 1, i] if 2 * pair + 1 < count else UNDECIDED
                work[pair, i] = mux_gate(gates, address[bit], one, work[2 * pair, i])
        count = (count + 1) // 2
    return work[0].copy()


@njit(cache=True, nogil=True)
def decoded(gates: Gates, address: Array, count: int) -> Array:
    """Return for each of ``count`` numbers whether the address is this number."""
    found = np.ones(count, np.int64)
    have = 1
    for bit in range(len(address)):
        for number in range(min(have, count)):
            if number + have < count:
                found[number + have] = and_gate(gates, found[number], address[bit])
            found[number] = and_gate(gates, found[number], address[bit] ^ 1)
        have = min(2 * have, 1 << 30)
    return found

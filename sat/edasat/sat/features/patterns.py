"""Counts of the clause groups that encoders write: AND gates, XORs, equivalences and exactly-one constraints.

All short clauses go into one hash table, keyed by their set of variables; an entry holds a bit for every sign pattern
seen over those variables. A k-ary XOR is then a complete parity class of an entry, and "is there a clause (a or b)?"
is one lookup. An entry is one 64-bit word, so that a lookup costs one cache miss: 46 bits of a hash, 2 bits that tell
the length, 16 bits of sign patterns. The place in the table depends on the other bits of the hash as well, so two sets
of variables are confused with a chance of 2^-64 per pair.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..tripartite import Int32Array, TripartiteArrays

#: Longest clauses in the table: a XOR of five variables already needs 16 clauses, and encoders cut them shorter.
_SHORT: Final = 4
#: Longest clauses tested for gates and exactly-one constraints, which takes up to length^2 lookups.
_LONGEST_GATE: Final = 64

#: Bits of the sign patterns with an even and with an odd number of negations, by number of variables.
_EVEN: Final = tuple(sum(1 << p for p in range(1 << k) if p.bit_count() % 2 == 0) for k in range(_SHORT + 1))
_ODD: Final = tuple(sum(1 << p for p in range(1 << k) if p.bit_count() % 2 == 1) for k in range(_SHORT + 1))
_EVEN_MASKS = np.array(_EVEN, np.uint64)
_ODD_MASKS = np.array(_ODD, np.uint64)
#: Bits of an entry that hold length and sign patterns.
_LOW_BITS: Final = np.uint64((1 << 18) - 1)

Table = npt.NDArray[np.uint64]


class PatternCounts(NamedTuple):
    """What was recognised; a clause may take part in several patterns."""

    and_gates: int  #: clauses (x, -y1, ..., -yk), k >= 2, whose binary clauses (-x, yi) are all present, for one x
    exactly_one: int  #: clauses of three or more literals of which no two may be true together
    equivalences: int  #: XORs of two variables
    xor3: int  #: XORs of three variables
    xor4: int  #: XORs of four variables


def count_patterns(arrays: TripartiteArrays) -> PatternCounts:
    """Count the patterns of a formula; a clause with a repeated variable takes part in none.

    >>> from edasat.sat.cnf import Cnf
    >>> from edasat.sat.tripartite import tripartite_arrays
    >>> count_patterns(tripartite_arrays(Cnf.from_clauses([[1, -2, -3], [-1, 2], [-1, 3]]))).and_gates
    1
    """
    lengths = arrays.clause_lengths
    short = int(np.count_nonzero((lengths >= 2) & (lengths <= _SHORT)))
    size = 1 << max(4, (2 * short).bit_length())  # at most half full, so that probing stays short
    table = np.zeros(size, np.uint64)
    binary_degrees = np.zeros(2 * arrays.num_vars, np.int32)
    _fill(arrays.clause_offsets, arrays.literals, table, binary_degrees)
    equivalences, xor3, xor4 = _count_xors(table)
    gates, ones = _count_gates(arrays.clause_offsets, arrays.literals, table, binary_degrees)
    return PatternCounts(int(gates), int(ones), int(equivalences), int(xor3), int(xor4))


@njit(cache=True, nogil=True)
def _find(table: Table, variables: Int32Array, length: int) -> tuple[int, np.uint64]:
    """Return the slot of an entry (or the free one where it belongs) and the entry's word without patterns.

    ``variables`` holds ``length`` (2, 3 or 4) numbers, rising; the length bits make every word differ from 0.
    """
    hashed = np.uint64(length)
    for i in range(length):
        hashed = (hashed ^ np.uint64(variables[i])) * np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio
        hashed ^= hashed >> np.uint64(29)
    tag = (hashed & ~_LOW_BITS) | np.uint64(length - 1) << np.uint64(16)
    last = np.uint64(len(table) - 1)
    slot = hashed & last
    while table[slot] != 0 and (table[slot] ^ tag) >> np.uint64(16) != 0:
        slot = (slot + np.uint64(1)) & last
    return int(slot), tag


@njit(cache=True, nogil=True)
def _fill(
    offsets: Int32Array,
    literals: Int32Array,
    table: Table,
    binary_degrees: Int32Array,
) -> None:
    """Enter all clauses of 2 to 4 different variables; count each literal's binary clauses."""
    nodes = np.empty(4, np.int32)
    variables = np.empty(4, np.int32)
    for clause in range(len(offsets) - 1):
        start = offsets[clause]
        length = offsets[clause + 1] - start
        if length < 2 or length > 4:
            continue
        for i in range(length):  # insertion sort: literal nodes sort as their variables do
            node = literals[start + i]
            j = i
            while j > 0 and nodes[j - 1] > node:
                nodes[j] = nodes[j - 1]
                j -= 1
            nodes[j] = node
        pattern = 0
        distinct = True
        for i in range(length):
            variables[i] = nodes[i] >> 1
            pattern |= (nodes[i] & 1) << i
            distinct = distinct and (i == 0 or variables[i] != variables[i - 1])
        if not distinct:
            continue
        slot, tag = _find(table, variables, length)
        table[slot] |= tag | np.uint64(1) << np.uint64(pattern)
        if length == 2:
            binary_degrees[nodes[0]] += 1
            binary_degrees[nodes[1]] += 1


@njit(cache=True, nogil=True)
def _count_xors(table: Table) -> tuple[int, int, int]:
    """Count complete parity classes for two, three and four variables."""
    counts = np.zeros(5, np.int64)
    for entry in table:
        if entry != 0:
            length = int(entry >> np.uint64(16) & np.uint64(3)) + 1
            for parity in (_EVEN_MASKS[length], _ODD_MASKS[length]):
                counts[length] += entry & parity == parity
    return counts[2], counts[3], counts[4]


@njit(cache=True, nogil=True)
def _repeats_variable(clause: Int32Array) -> bool:
    """Tell whether a clause, given as literal nodes, names a variable twice."""
    for i in range(1, len(clause)):
        for j in range(i):
            if clause[i] >> 1 == clause[j] >> 1:
                return True
    return False


@njit(cache=True, nogil=True)
def _count_gates(
    offsets: Int32Array,
    literals: Int32Array,
    table: Table,
    binary_degrees: Int32Array,
) -> tuple[int, int]:
    """Count clauses of which one literal excludes all others (AND gates), and of which every literal does."""
    variables = np.empty(2, np.int32)
    gates = ones = 0
    for clause in range(len(offsets) - 1):
        start, stop = offsets[clause], offsets[clause + 1]
        length = stop - start
        if length < 3 or length > _LONGEST_GATE:
            continue
        excluding = 0
        for i in range(start, stop):
            first = literals[i] ^ 1
            if binary_degrees[first] < length - 1:
                continue
            all_present = True
            for j in range(start, stop):
                if i == j:
                    continue
                second = literals[j] ^ 1
                low, high = min(first, second), max(first, second)
                variables[0], variables[1] = low >> 1, high >> 1
                slot, _ = _find(table, variables, 2)
                if table[slot] >> np.uint64((low & 1) | (high & 1) << 1) & np.uint64(1) == 0:
                    all_present = False
                    break
            excluding += all_present
        if excluding and _repeats_variable(literals[start:stop]):
            continue
        if excluding == length:
            ones += 1
        elif excluding:
            gates += 1
    return gates, ones

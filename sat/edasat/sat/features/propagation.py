"""Unit propagation as a probe: what a formula fixes by itself, and what single assumptions imply.

Counts work in literals looked at and stops at a limit, so that the probe costs milliseconds on any formula.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..tripartite import Int32Array, TripartiteArrays

#: Variables probed, evenly spaced over the unassigned ones, each with both signs.
PROBED_VARIABLES: Final = 32
#: Literals looked at in one probe.
_PROBE_WORK: Final = 20_000
#: Literals looked at while the unit clauses are propagated: this, and four times the literals of the formula.
_UNIT_WORK: Final = 1_000_000


class Probe(NamedTuple):
    """Outcome of the propagation."""

    fixed: int  #: variables fixed by unit clauses
    conflict: bool  #: unit propagation alone refutes the formula (then nothing is probed)
    implied_mean: float  #: literals implied by an assumed literal, mean over probes
    implied_max: int
    failed_share: float  #: share of assumptions that lead to a conflict


def probe(arrays: TripartiteArrays) -> Probe:
    """Propagate the unit clauses, then assume single literals.

    >>> from edasat.sat.cnf import Cnf
    >>> from edasat.sat.tripartite import tripartite_arrays
    >>> probe(tripartite_arrays(Cnf.from_clauses([[1], [-1, 2], [3, 4], [3, -4]])))
    Probe(fixed=2, conflict=False, implied_mean=0.75, implied_max=1, failed_share=0.25)
    """
    incidence = (arrays.clause_offsets, arrays.literals, arrays.literal_offsets, arrays.clauses)
    values = np.zeros(2 * arrays.num_vars, np.int8)
    trail = np.empty(arrays.num_vars, np.int32)
    work = _UNIT_WORK + 4 * arrays.num_occurrences
    fixed = int(_propagate_units(*incidence, values, trail, work))
    if fixed < 0:
        return Probe(int(np.count_nonzero(values == 1)), True, 0.0, 0, 0.0)
    degrees = arrays.literal_degrees
    free = np.flatnonzero((values[0::2] == 0) & (degrees[0::2] + degrees[1::2] > 0))
    chosen = free[np.arange(min(PROBED_VARIABLES, len(free))) * len(free) // max(1, min(PROBED_VARIABLES, len(free)))]
    nodes = (2 * chosen[:, None] + [0, 1]).ravel().astype(np.int32)
    if len(nodes) == 0:
        return Probe(fixed, False, 0.0, 0, 0.0)
    implied, failed = _probe_literals(*incidence, values, trail, fixed, nodes, _PROBE_WORK)
    return Probe(fixed, False, float(implied.mean()), int(implied.max()), float(failed.mean()))


@njit(cache=True, nogil=True)
def _assign(node: int, values: npt.NDArray[np.int8], trail: Int32Array, tail: int) -> int:
    """Make a literal true and queue it; return the new end of the trail."""
    values[node] = 1
    values[node ^ 1] = -1
    trail[tail] = node
    return tail + 1


@njit(cache=True, nogil=True)
def _propagate(
    clause_offsets: Int32Array,
    literals: Int32Array,
    literal_offsets: Int32Array,
    clauses: Int32Array,
    values: npt.NDArray[np.int8],
    trail: Int32Array,
    head: int,
    tail: int,
    work: int,
) -> tuple[int, bool]:
    """Propagate the queued literals ``trail[head:tail]``; return the new end of the trail and whether it failed."""
    while head < tail:
        false = trail[head] ^ 1
        head += 1
        for position in range(literal_offsets[false], literal_offsets[false + 1]):
            clause = clauses[position]
            open_literal = -1
            settled = False  # satisfied, or two literals still open
            for i in range(clause_offsets[clause], clause_offsets[clause + 1]):
                work -= 1
                value = values[literals[i]]
                if value == 1 or (value == 0 and open_literal >= 0 and open_literal != literals[i]):
                    settled = True
                    break
                if value == 0:
                    open_literal = literals[i]
            if settled:
                continue
            if open_literal < 0:
                return tail, True
            tail = _assign(open_literal, values, trail, tail)
        if work < 0:
            break
    return tail, False


@njit(cache=True, nogil=True)
def _propagate_units(
    clause_offsets: Int32Array,
    literals: Int32Array,
    literal_offsets: Int32Array,
    clauses: Int32Array,
    values: npt.NDArray[np.int8],
    trail: Int32Array,
    work: int,
) -> int:
    """Propagate all unit clauses; return the number of fixed variables, or -1 on a conflict."""
    tail = 0
    for clause in range(len(clause_offsets) - 1):
        start, stop = clause_offsets[clause], clause_offsets[clause + 1]
        if start == stop:
            return -1
        node = literals[start]
        position = start + 1
        while position < stop and literals[position] == node:  # a literal repeated is still a unit clause
            position += 1
        if position == stop:
            if values[node] == -1:
                return -1
            if values[node] == 0:
                tail = _assign(node, values, trail, tail)
    tail, failed = _propagate(clause_offsets, literals, literal_offsets, clauses, values, trail, 0, tail, work)
    return -1 if failed else tail


@njit(cache=True, nogil=True)
def _probe_literals(
    clause_offsets: Int32Array,
    literals: Int32Array,
    literal_offsets: Int32Array,
    clauses: Int32Array,
    values: npt.NDArray[np.int8],
    trail: Int32Array,
    fixed: int,
    nodes: Int32Array,
    work: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Assume each literal by itself, propagate, and take everything back; return implied counts and failures."""
    implied = np.zeros(len(nodes), np.int64)
    failed = np.zeros(len(nodes), np.bool_)
    for i in range(len(nodes)):
        tail = _assign(nodes[i], values, trail, fixed)
        tail, failed[i] = _propagate(
            clause_offsets, literals, literal_offsets, clauses, values, trail, fixed, tail, work
        )
        implied[i] = tail - fixed - 1
        for position in range(fixed, tail):
            values[trail[position]] = 0
            values[trail[position] ^ 1] = 0
    return implied, failed

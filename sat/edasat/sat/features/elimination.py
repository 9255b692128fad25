"""Clauses that a formula can do without: satisfied at once, or blocked.

A clause is blocked by one of its literals if every resolvent on it is a tautology (Jarvisalo, Biere and Heule, "Blocked
Clause Elimination", TACAS 2010); a pure literal blocks all its clauses. Removing blocked clauses keeps satisfiability,
so an unsatisfiable formula has a core without any of them. On circuits this removes cones that reach no output.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..tripartite import Int32Array, TripartiteArrays

#: Literals looked at: this, and eight times those of the formula.
_WORK: Final = 2_000_000


class Elimination(NamedTuple):
    """What can be removed.

    Attributes:
        blocked_round: int32, (num_clauses,): round in which the clause was removed as blocked, from 1; 0: it stays.
        satisfied: bool, (num_clauses,): true under what the unit clauses imply, and not one of its reasons.
    """

    blocked_round: Int32Array
    satisfied: npt.NDArray[np.bool_]


def eliminate(arrays: TripartiteArrays) -> Elimination:
    """Find blocked clauses, round by round, and clauses that unit propagation satisfies.

    >>> from edasat.sat.cnf import Cnf
    >>> from edasat.sat.tripartite import tripartite_arrays
    >>> found = eliminate(tripartite_arrays(Cnf.from_clauses([[1, 2], [-2, 3], [-3, -1], [1], [1, 4, 5]])))
    >>> found.blocked_round.tolist(), found.satisfied.tolist()
    ([0, 0, 0, 0, 1], [True, False, False, False, True])
    """
    incidence = (arrays.clause_offsets, arrays.literals, arrays.literal_offsets, arrays.clauses)
    work = _WORK + 8 * arrays.num_occurrences
    rounds = np.zeros(arrays.num_clauses, np.int32)
    _block(*incidence, work, rounds)
    return Elimination(rounds, _satisfied(*incidence, work))


@njit(cache=True, nogil=True)
def _block(
    clause_offsets: Int32Array,
    literals: Int32Array,
    literal_offsets: Int32Array,
    clauses: Int32Array,
    work: int,
    rounds: Int32Array,
) -> None:
    """Write the round in which each clause is removed.

    A clause becomes blocked only when a clause with a complementary literal goes, so each round looks at these alone.
    """
    num_clauses = len(clause_offsets) - 1
    marks = np.zeros(len(literal_offsets) - 1, np.bool_)
    queued = np.ones(num_clauses, np.bool_)
    candidates = np.arange(num_clauses).astype(np.int32)
    count = num_clauses
    number = 0
    while count:
        number += 1
        removed = np.empty(count, np.int32)
        gone = 0
        for i in range(count):
            clause = candidates[i]
            queued[clause] = False
            start, stop = clause_offsets[clause], clause_offsets[clause + 1]
            for position in range(start, stop):
                marks[literals[position]] = True
            for position in range(start, stop):
                opposite = literals[position] ^ 1
                blocked = True
                for place in range(literal_offsets[opposite], literal_offsets[opposite + 1]):
                    other = clauses[place]
                    work -= 1
                    if rounds[other]:
                        continue
                    tautology = False
                    for k in range(clause_offsets[other], clause_offsets[other + 1]):
                        work -= 1
                        node = literals[k]
                        if node != opposite and marks[node ^ 1]:
                            tautology = True
                            break
                    if not tautology:
                        blocked = False
                        break
                if blocked:
                    removed[gone] = clause
                    gone += 1
                    break
            for position in range(start, stop):
                marks[literals[position]] = False
            if work < 0:
                break
        count = 0
        for i in range(gone):  # all at once: a blocked clause stays blocked when others go
            rounds[removed[i]] = number
        if work < 0:
            return
        candidates = np.empty(num_clauses, np.int32)
        for i in range(gone):
            for position in range(clause_offsets[removed[i]], clause_offsets[removed[i] + 1]):
                opposite = literals[position] ^ 1
                for place in range(literal_offsets[opposite], literal_offsets[opposite + 1]):
                    other = clauses[place]
                    if not queued[other] and rounds[other] == 0:
                        queued[other] = True
                        candidates[count] = other
                        count += 1


@njit(cache=True, nogil=True)
def _satisfied(
    clause_offsets: Int32Array,
    literals: Int32Array,
    literal_offsets: Int32Array,
    clauses: Int32Array,
    work: int,
) -> npt.NDArray[np.bool_]:
    """Propagate the unit clauses; mark what they satisfy, reasons left out."""
    num_clauses = len(clause_offsets) - 1
    values = np.zeros(len(literal_offsets) - 1, np.int8)
    trail = np.empty(len(values), np.int32)
    satisfied = np.zeros(num_clauses, np.bool_)
    is_reason = np.zeros(num_clauses, np.bool_)
    tail = head = 0
    for clause in range(num_clauses):
        start = clause_offsets[clause]
        if clause_offsets[clause + 1] - start == 1 and values[literals[start]] == 0:
            values[literals[start]], values[literals[start] ^ 1] = 1, -1
            is_reason[clause] = True
            trail[tail] = literals[start]
            tail += 1
    while head < tail and work >= 0:
        node = trail[head]
        head += 1
        for place in range(literal_offsets[node], literal_offsets[node + 1]):
            satisfied[clauses[place]] = True
        for place in range(literal_offsets[node ^ 1], literal_offsets[(node ^ 1) + 1]):
            clause = clauses[place]
            unknown, count = -1, 0
            for position in range(clause_offsets[clause], clause_offsets[clause + 1]):
                work -= 1
                value = values[literals[position]]
                if value == 1:
                    count = 2
                    break
                if value == 0 and literals[position] != unknown:
                    unknown = literals[position]
                    count += 1
            if count == 1:
                values[unknown], values[unknown ^ 1] = 1, -1
                is_reason[clause] = True
                trail[tail] = unknown
                tail += 1
    return satisfied & ~is_reason

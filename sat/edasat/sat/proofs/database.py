"""The clause database of the proof checker: all clauses of formula and proof in one flat array.

A literal is coded as ``2 * variable + sign``, so that ``code ^ 1`` is its negation. A clause is known by its number:
the clauses of the formula first, then the lemmas in order. In ``arena`` stand, for each clause, its number, its length
(with the highest bit set while it is deleted) and its literals without repetitions; watches point at the literals.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

#: Bit of a clause's length that says it is deleted.
DEAD: Final = np.uint32(1 << 31)
HEADER: Final = 2  # entries of the arena before a clause's literals

#: Values of ``watched``: bits of the two watches, or never watched (units, tautologies, the empty clause).
FIRST: Final = 1
SECOND: Final = 2
NEVER: Final = 4

NO_CLAUSE: Final = -1


class Database(NamedTuple):
    """Clauses, assignment and watch lists; everything the compiled kernels change.

    With n clauses, V variables and 2V + 2 literal codes; lists of core clauses follow those of the rest.
    """

    arena: npt.NDArray[np.uint32]  # headers and literal codes of all clauses
    start: npt.NDArray[np.int64]  # (n,): index in ``arena`` of the first literal
    tautology: npt.NDArray[np.bool_]  # (n,)
    watched: npt.NDArray[np.uint8]  # (n,): which of the first two literals have an entry in a watch list
    core: npt.NDArray[np.bool_]  # (n,): needed by what has been checked so far
    last_use: npt.NDArray[np.int64]  # (n,): step at which the clause was needed last, for core clauses
    value: npt.NDArray[np.int8]  # (2V + 2,): 1 true, -1 false, 0 unassigned, by literal code
    reason: npt.NDArray[np.int64]  # (V + 1,): clause that implied the variable, NO_CLAUSE for assumptions
    seen: npt.NDArray[np.bool_]  # (V + 1,): the reason of the variable is already in the core
    trail: npt.NDArray[np.uint32]  # (V + 1,): true literals in order of assignment
    stack: npt.NDArray[np.int64]  # (V + 2,): clauses to visit in an analysis
    list_start: npt.NDArray[np.uint64]  # (2 * (2V + 2),): place of a watch list in the pool
    list_size: npt.NDArray[np.uint64]
    list_room: npt.NDArray[np.uint64]
    pool: npt.NDArray[np.uint64]  # entries of all watch lists
    spare: npt.NDArray[np.uint64]  # where they are put in order
    registers: npt.NDArray[np.int64]  # see below


#: Registers: length of the trail; next literal to propagate over core clauses and over the rest, and the place in the
#: rest's list to go on from; used entries of the pool; watches visited and clauses checked.
TRAIL, CORE_HEAD, REST_HEAD, REST_AT, POOL, VISITS, CHECKS, RATS = range(8)
_NUM_REGISTERS: Final = 8


@numba.njit(cache=True)
def load_clauses(
    formula_literals: npt.NDArray[np.int32],
    formula_offsets: npt.NDArray[np.int64],
    literals: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    deletions: npt.NDArray[np.bool_],
    num_lemmas: int,
    keys: npt.NDArray[np.uint64],
) -> tuple[Any, Any, Any, Any, int]:
    """Lay all clauses out in an arena and find the clause that each deletion means.

    Clauses are compared as sets of literals; of equal ones the youngest is deleted.

    Args:
        formula_literals, formula_offsets: the formula.
        literals, offsets, deletions: the steps of the proof.
        num_lemmas: number of additions.
        keys: uint64, (2V + 2,): a random number per literal code; their sum is a clause's hash (Zobrist).

    Returns:
        arena, start, tautology (see :class:`Database`); ``clause_of``: int64, (num_steps,), the clause that a step
        adds or deletes, NO_CLAUSE where a deletion meets none; and the number of those.
    """
    num_clauses = len(formula_offsets) - 1
    total = num_clauses + num_lemmas
    arena = np.empty(len(formula_literals) + len(literals) + HEADER * total, np.uint32)
    start = np.empty(total, np.int64)
    tautology = np.zeros(total, np.bool_)
    clause_of = np.empty(len(deletions), np.int64)
    hashes = np.empty(total, np.uint64)
    buckets = 1
    while buckets < 2 * total:
        buckets *= 2
    first = np.full(buckets, NO_CLAUSE, np.int32)
    following = np.empty(total, np.int32)
    stamp = np.zeros(len(keys), np.int64)
    used = 0
    made = 0
    missing = 0
    for s in range(num_clauses + len(deletions)):
        if s < num_clauses:
            source, begin, end = formula_literals, formula_offsets[s], formula_offsets[s + 1]
            deletion = False
        else:
            source, begin, end = literals, offsets[s - num_clauses], offsets[s - num_clauses + 1]
            deletion = deletions[s - num_clauses]
        mark = s + 1
        size = 0
        hashed = np.uint64(0)
        tautological = False
        if not deletion:
            used += HEADER
        for k in range(begin, end):
            x = np.int64(source[k])
            code = 2 * x if x > 0 else 1 - 2 * x
            if stamp[code] != mark:
                stamp[code] = mark
                hashed += keys[code]
                tautological |= stamp[code ^ 1] == mark
                if not deletion:
                    arena[used + size] = code
                size += 1
        slot = np.int64(hashed & np.uint64(buckets - 1))
        if not deletion:
            arena[used - 2] = made
            arena[used - 1] = size
            start[made] = used
            tautology[made] = tautological
            hashes[made] = hashed
            following[made] = first[slot]
            first[slot] = made
            if s >= num_clauses:
                clause_of[s - num_clauses] = made
            made += 1
            used += size
            continue
        before = np.int64(NO_CLAUSE)
        found = np.int64(first[slot])
        while found != NO_CLAUSE:
            at = start[found]
            if hashes[found] == hashed and arena[at - 1] == size:
                same = True
                for k in range(at, at + size):
                    same &= stamp[arena[k]] == mark
                if same:
                    break
            before = found
            found = np.int64(following[found])
        clause_of[s - num_clauses] = found
        if found == NO_CLAUSE:
            missing += 1
        elif before == NO_CLAUSE:
            first[slot] = following[found]
        else:
            following[before] = following[found]
    return arena[:used], start, tautology, clause_of, missing


def make_database(arena: Any, start: Any, tautology: Any, num_vars: int) -> Database:
    """Return a database without assignments and watches."""
    codes, clauses = 2 * num_vars + 2, len(start)
    return Database(
        arena=arena,
        start=start,
        tautology=tautology,
        watched=np.zeros(clauses, np.uint8),
        core=np.zeros(clauses, np.bool_),
        last_use=np.zeros(clauses, np.int64),
        value=np.zeros(codes, np.int8),
        reason=np.full(num_vars + 1, NO_CLAUSE, np.int64),
        seen=np.zeros(num_vars + 1, np.bool_),
        trail=np.empty(num_vars + 1, np.uint32),
        stack=np.empty(num_vars + 2, np.int64),
        list_start=np.zeros(2 * codes, np.uint64),
        list_size=np.zeros(2 * codes, np.uint64),
        list_room=np.zeros(2 * codes, np.uint64),
        # Packed, all watches take 2 n entries; a list with all of them may then grow to 4 n, and a new one to 4.
        pool=np.empty(6 * clauses + 4, np.uint64),
        spare=np.empty(2 * clauses, np.uint64),
        registers=np.zeros(_NUM_REGISTERS, np.int64),
    )

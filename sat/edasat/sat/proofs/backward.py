"""The two passes of the checker: forward for units alone, backward over the lemmas that are needed.

The forward pass replays additions and deletions and propagates units until a clause becomes false. What implied that is
the core so far. The backward pass undoes the steps one by one; a lemma that is in the core when its turn comes must
follow from the clauses before it, and what its check used joins the core. Lemmas that nobody needs are never checked.
At any step the literals on the trail are a beginning of the forward pass's trail, so that units are never propagated
again (Heule, Hunt and Wetzler, FMCAD 2013 and CADE 2013).

Deletions of clauses that are reasons of literals on the trail are ignored, as drat-trim does: solvers delete satisfied
clauses without meaning to take the unit back. A refutation found with more clauses is still a refutation.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from .database import CHECKS, DEAD, NEVER, NO_CLAUSE, RATS, TRAIL, VISITS
from .propagation import assign, attach, move_to_core, propagate, undo

#: Outcomes of the forward pass beside the step of the conflict.
NO_CONFLICT: Final = -2

#: Outcomes of the backward pass.
FINISHED: Final = 0
FAILED: Final = 1
PAUSED: Final = 2

_NONE: Final = np.int64(-1)  # no literal


@numba.njit(cache=True)
def forward(
    db: Any,
    num_clauses: int,
    deletions: npt.NDArray[np.bool_],
    clause_of: npt.NDArray[np.int64],
    trail_before: npt.NDArray[np.int64],
) -> tuple[int, int, int]:
    """Replay the proof until unit propagation meets a conflict.

    Args:
        db: the database; afterwards its state is that after the step of the conflict.
        num_clauses: clauses of the formula, without an empty one.
        deletions: bool, (num_steps,).
        clause_of: int64, (num_steps,); ignored deletions are set to NO_CLAUSE.
        trail_before: int64, (num_steps,); receives the length of the trail before each step.

    Returns:
        The clause that became false, the step at which it did (-1 before the first), and the number of deletions that
        were ignored. Without a conflict the clause is NO_CLAUSE, and the step that of the empty clause or NO_CONFLICT.
    """
    arena, start, value, registers = db.arena, db.start, db.value, db.registers
    ignored = 0
    for c in range(num_clauses):
        if arena[start[c] - 1] < 2 or db.tautology[c]:
            db.watched[c] = NEVER
        attach(db, c)
    for c in range(num_clauses):
        if arena[start[c] - 1] == 1:
            unit = np.int64(arena[start[c]])
            if value[unit] < 0:
                return c, -1, ignored
            if value[unit] == 0:
                assign(db, unit, np.int64(c))
    conflict = propagate(db)
    if conflict != NO_CLAUSE:
        return conflict, -1, ignored
    for s in range(len(deletions)):
        c = clause_of[s]
        trail_before[s] = registers[TRAIL]
        if deletions[s]:
            if c == NO_CLAUSE:
                continue
            at = start[c]
            if arena[at - 1] > 0 and value[arena[at]] > 0 and db.reason[arena[at] >> 1] == c:
                clause_of[s] = NO_CLAUSE
                ignored += 1
            else:
                arena[at - 1] |= DEAD
            continue
        at = start[c]
        size = np.int64(arena[at - 1])
        if size < 2 or db.tautology[c]:
            db.watched[c] = NEVER
        if size == 0:
            return NO_CLAUSE, s, ignored
        if db.tautology[c]:
            continue
        free = 0  # literals that are not false, brought to the front
        for k in range(at, at + size):
            if value[arena[k]] >= 0:
                literal = arena[k]
                arena[k] = arena[at + free]
                arena[at + free] = literal
                free += 1
                if free == 2:
                    break
        if free == 0:
            db.watched[c] = NEVER
            return c, s, ignored
        attach(db, c)
        if free == 1 and value[arena[at]] == 0:
            assign(db, np.int64(arena[at]), c)
            conflict = propagate(db)
            if conflict != NO_CLAUSE:
                return conflict, s, ignored
    return NO_CLAUSE, NO_CONFLICT, ignored


@numba.njit(cache=True)
def _join_core(db: Any, clause: int, step: int) -> None:
    """Note that the check of ``step`` needs a clause."""
    db.core[clause] = True
    db.last_use[clause] = step
    if not db.watched[clause] & NEVER:
        move_to_core(db, clause)


@numba.njit(cache=True)
def analyse(db: Any, clause: int, step: int) -> None:
    """Put a clause that became false into the core, and all clauses that its falsehood rests on."""
    stack = db.stack
    stack[0] = clause
    depth = 1
    while depth:
        depth -= 1
        c = stack[depth]
        if not db.core[c]:
            _join_core(db, c, step)
        at = db.start[c]
        for k in range(at, at + np.int64(db.arena[at - 1] & ~DEAD)):
            variable = db.arena[k] >> 1
            if not db.seen[variable]:
                db.seen[variable] = True
                if db.reason[variable] != NO_CLAUSE:
                    stack[depth] = db.reason[variable]
                    depth += 1


@numba.njit(cache=True)
def _refute(db: Any, clause: int, without: int, step: int) -> bool:
    """Assume that the literals of a clause (but one) are false, and propagate; return whether a conflict came."""
    at = db.start[clause]
    for k in range(at, at + np.int64(db.arena[at - 1] & ~DEAD)):
        literal = np.int64(db.arena[k])
        if literal == without:
            continue
        if db.value[literal] > 0:
            variable = literal >> 1
            if not db.seen[variable]:
                db.seen[variable] = True
                if db.reason[variable] != NO_CLAUSE:
                    analyse(db, db.reason[variable], step)
            return True
        if db.value[literal] == 0:
            assign(db, literal ^ 1, np.int64(NO_CLAUSE))
    conflict = propagate(db)
    if conflict == NO_CLAUSE:
        return False
    analyse(db, conflict, step)
    return True


@numba.njit(cache=True)
def occurrences(db: Any) -> tuple[Any, Any]:
    """Return, as CSR arrays over literal codes, the clauses that hold each literal."""
    bounds = np.zeros(len(db.value) + 1, np.int64)
    for c in range(len(db.start)):
        at = db.start[c]
        for k in range(at, at + np.int64(db.arena[at - 1] & ~DEAD)):
            bounds[db.arena[k] + 1] += 1
    for code in range(len(db.value)):
        bounds[code + 1] += bounds[code]
    clauses = np.empty(bounds[-1], np.int32)
    free = bounds[:-1].copy()
    for c in range(len(db.start)):
        at = db.start[c]
        for k in range(at, at + np.int64(db.arena[at - 1] & ~DEAD)):
            clauses[free[db.arena[k]]] = c
            free[db.arena[k]] += 1
    return bounds, clauses


@numba.njit(cache=True)
def _refute_resolvents(db: Any, lemma: int, pivot: int, step: int, bounds: Any, clauses: Any) -> bool:
    """Check that a lemma, whose negation is on the trail, is RAT on its pivot.

    Only core clauses count as partners. Clauses that join the core later are needed only at earlier steps, and the
    trimmed proof deletes them behind their last use, so that they are gone when the lemma comes.
    """
    length = db.registers[TRAIL]
    candidates = clauses[bounds[pivot ^ 1] : bounds[(pivot ^ 1) + 1]]
    done = np.zeros(len(candidates), np.bool_)
    more = True
    while more:  # the check of one partner may bring others into the core
        more = False
        for k in range(len(candidates)):
            c = np.int64(candidates[k])
            if c > lemma:
                break
            if done[k] or not db.core[c] or db.arena[db.start[c] - 1] & DEAD or db.tautology[c]:
                continue
            refuted = _refute(db, c, pivot ^ 1, step)
            undo(db, length)
            if not refuted:
                return False
            done[k] = True
            more = True
    return True


@numba.njit(cache=True)
def backward(
    db: Any,
    last: int,
    visits: int,
    deletions: npt.NDArray[np.bool_],
    clause_of: npt.NDArray[np.int64],
    trail_before: npt.NDArray[np.int64],
    pivots: npt.NDArray[np.int64],
    bounds: Any,
    clauses: Any,
) -> tuple[int, int]:
    """Check the core lemmas from step ``last`` down.

    Args:
        db, deletions, clause_of, trail_before: as :func:`forward` left them.
        last: the first step to look at.
        visits: pause when so many watches have been visited.
        pivots: int64, (num_steps,): code of the first literal of each step.
        bounds, clauses: occurrences; without entries as long as none are needed.

    Returns:
        FINISHED, FAILED (the lemma of the step does not follow), or PAUSED (to go on with the step; before ``visits``
        were reached, occurrences are wanted), and the step.
    """
    arena, start, registers = db.arena, db.start, db.registers
    limit = registers[VISITS] + visits
    for s in range(last, -1, -1):
        if registers[VISITS] >= limit:
            return PAUSED, s
        c = clause_of[s]
        if deletions[s]:
            if c != NO_CLAUSE:
                arena[start[c] - 1] &= ~DEAD
                attach(db, c)
            continue
        undo(db, trail_before[s])
        arena[start[c] - 1] |= DEAD
        if not db.core[c]:
            continue
        registers[CHECKS] += 1
        refuted = _refute(db, c, _NONE, s)
        if not refuted:
            if (arena[start[c] - 1] & ~DEAD) == 0:
                return FAILED, s
            if len(bounds) == 0:
                undo(db, trail_before[s])
                registers[CHECKS] -= 1
                return PAUSED, s
            refuted = _refute_resolvents(db, c, pivots[s], s, bounds, clauses)
            if not refuted:
                return FAILED, s
            registers[RATS] += 1
        undo(db, trail_before[s])
    return FINISHED, -1


@numba.njit(cache=True)
def trimmed_steps(
    db: Any, last: int, deletions: npt.NDArray[np.bool_], clause_of: npt.NDArray[np.int64]
) -> tuple[Any, Any]:
    """Return the steps of the trimmed proof: clause numbers in order, and which of them are deletions.

    A core clause is deleted behind its last use; those that the final conflict uses stay.
    """
    heads = np.full(last + 1, NO_CLAUSE, np.int64)  # clauses by the step of their last use
    following = np.empty(len(db.core), np.int64)
    count = 0
    for c in range(len(db.core) - 1, -1, -1):
        if db.core[c] and db.last_use[c] < last:
            following[c] = heads[db.last_use[c]]
            heads[db.last_use[c]] = c
            count += 1
    for s in range(last + 1):
        count += not deletions[s] and db.core[clause_of[s]]
    steps = np.empty(count, np.int64)
    gone = np.empty(count, np.bool_)
    made = 0
    for s in range(last + 1):
        if not deletions[s] and db.core[clause_of[s]]:
            steps[made] = clause_of[s]
            gone[made] = False
            made += 1
        c = heads[s]
        while c != NO_CLAUSE:
            steps[made] = c
            gone[made] = True
            made += 1
            c = following[c]
    return steps, gone

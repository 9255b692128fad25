"""A short search that watches itself: which clauses its first conflicts rest on.

A small conflict-driven solver (watched literals, first unique implication point, move-to-front decisions, saved phases,
Luby restarts; no clause is ever forgotten) runs for at most some hundred conflicts and records what each learned clause
was derived from. Clauses that the derivations lead back to are those a proof is likely to need. Where the search
happens to end with a refutation, they are a core; other orders of the variables then give other cores, and how often a
clause turns up in them says more than any single core.

The work is counted in literals looked at, so that the probe costs a few hundredths of a second on any formula.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..tripartite import Int32Array, TripartiteArrays

#: Conflicts after which a search stops.
MAX_CONFLICTS: Final = 1_000
#: Cores drawn of a formula that the first search refutes, as far as the work allows.
MAX_CORES: Final = 12
#: Literals looked at by all searches: this, and some passes over those of the formula.
_WORK: Final = 4_000_000
_PASSES: Final = 8
#: Learned clauses whose derivations are followed back, one bit each.
TRACED: Final = 64
_LEARNED_LITERALS: Final = 1 << 20
_ANTECEDENTS: Final = 1 << 21
_LUBY_UNIT: Final = 32

Counts = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint64]


class SearchProbe(NamedTuple):
    """What the searches saw.

    Attributes:
        uses: int32, (num_clauses,): conflicts of the first search that the clause took part in.
        needed: float32, (num_clauses,): share of recently learned clauses whose derivation leads back to the clause; of
            the refutation where ``refuted``.
        frequency: float32, (num_clauses,): share of the cores that hold the clause; ``needed`` where there are none.
        conflicts: conflicts of the first search.
        refuted: the formula is unsatisfiable, and the clauses with ``needed > 0`` are a core.
    """

    uses: Counts
    needed: npt.NDArray[np.float32]
    frequency: npt.NDArray[np.float32]
    conflicts: int
    refuted: bool


def search_probe(
    arrays: TripartiteArrays, max_conflicts: int = MAX_CONFLICTS, max_cores: int = MAX_CORES
) -> SearchProbe:
    """Search for a moment and trace what was learned; draw cores of a formula that this refutes.

    >>> from edasat.sat.cnf import Cnf
    >>> from edasat.sat.tripartite import tripartite_arrays
    >>> found = search_probe(tripartite_arrays(Cnf.from_clauses([[1, 2], [1, -2], [-1], [2, 3]])))
    >>> found.refuted, found.needed.tolist()
    (True, [1.0, 1.0, 1.0, 0.0])
    """
    empty = np.flatnonzero(arrays.clause_lengths == 0)
    if len(empty):
        needed = np.zeros(arrays.num_clauses, np.float32)
        needed[empty[0]] = 1
        return SearchProbe(np.zeros(arrays.num_clauses, np.int32), needed, needed, 0, True)
    by_degree = np.argsort(arrays.literal_degrees.reshape(-1, 2).sum(axis=1), kind="stable").astype(np.int32)
    phases = np.zeros(arrays.num_vars, np.int32)
    work = _WORK + _PASSES * arrays.num_occurrences
    first = _Search(arrays.clause_offsets, arrays.literals, by_degree, phases, max_conflicts, work)
    frequency = first.needed.copy()
    cores = 1
    work = first.work
    rng = np.random.default_rng(0)
    while first.refuted and cores < max_cores and work > 0:
        order = rng.permutation(arrays.num_vars).astype(np.int32)
        phases = rng.integers(0, 2, arrays.num_vars, dtype=np.int32)
        again = _Search(arrays.clause_offsets, arrays.literals, order, phases, max_conflicts, work)
        work = again.work
        if again.refuted:
            inside = np.flatnonzero(again.needed)
            shrunk = again.within(inside, order, phases, max_conflicts, work)
            work = shrunk.work
            frequency[inside[shrunk.needed > 0] if shrunk.refuted else inside] += 1
            cores += 1
    return SearchProbe(first.uses, first.needed, frequency / cores, first.conflicts, first.refuted)


class _Search:
    """One search: what it found, and the work that is left after it.

    Args:
        offsets, literals: the clauses; none is empty.
        order: int32, (num_vars,): variables, the one to decide first last.
        phases: int32, (num_vars,): 0 tries the positive literal first, 1 the negative one.
        max_conflicts: stop after so many.
        work: literals that may be looked at.
    """

    def __init__(
        self,
        offsets: Int32Array,
        literals: Int32Array,
        order: Int32Array,
        phases: Int32Array,
        max_conflicts: int,
        work: int,
    ) -> None:
        self.offsets, self.literals = offsets, literals
        num_clauses = len(offsets) - 1
        starts, arena, dropped = _normal_form(offsets, literals, len(order), max_conflicts, _LEARNED_LITERALS)
        antecedents = np.empty(_ANTECEDENTS, np.int32)
        ends = np.zeros(max_conflicts + len(order) + 2, np.int64)
        learned = np.empty(max_conflicts, np.int32)
        self.uses = np.zeros(num_clauses, np.int32)
        self.conflicts, derived, self.refuted, left = _search(
            starts, arena, dropped, order, phases.copy(), work, self.uses, antecedents, ends, learned
        )
        self.work = left - len(literals)  # reading the clauses is work as well
        if self.refuted:
            targets = np.array([num_clauses + derived - 1], np.int32)
        else:
            recent = np.linspace(self.conflicts // 2, self.conflicts, TRACED, endpoint=False).astype(np.int64)
            targets = learned[np.unique(recent)] if self.conflicts else np.zeros(0, np.int32)
        bits = _trace(num_clauses, derived, antecedents, ends, targets)
        counts = np.unpackbits(bits.view(np.uint8)).reshape(-1, 64).sum(axis=1, dtype=np.float32)
        self.needed = counts / np.float32(max(1, len(targets)))

    def within(
        self, clauses: npt.NDArray[np.int64], order: Int32Array, phases: Int32Array, max_conflicts: int, work: int
    ) -> _Search:
        """Search among some of the clauses."""
        lengths = np.diff(self.offsets)[clauses]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        places = np.repeat(self.offsets[clauses] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return _Search(offsets, self.literals[places], order, phases, max_conflicts, work)


@njit(cache=True, nogil=True)
def _normal_form(
    offsets: Int32Array, literals: Int32Array, num_vars: int, more_clauses: int, more_literals: int
) -> tuple[Int32Array, Int32Array, npt.NDArray[np.bool_]]:
    """Copy the clauses without repeated literals, with room for learned ones; mark tautologies."""
    num_clauses = len(offsets) - 1
    starts = np.empty(num_clauses + more_clauses + 1, np.int32)
    arena = np.empty(len(literals) + more_literals, np.int32)
    dropped = np.zeros(num_clauses, np.bool_)
    seen = np.full(2 * num_vars, -1, np.int32)
    end = 0
    for clause in range(num_clauses):
        starts[clause] = end
        for position in range(offsets[clause], offsets[clause + 1]):
            node = literals[position]
            if seen[node] == clause:
                continue
            if seen[node ^ 1] == clause:
                dropped[clause] = True
            seen[node] = clause
            arena[end] = node
            end += 1
    starts[num_clauses] = end
    return starts, arena, dropped


@njit(cache=True, nogil=True)
def _luby(i: int) -> int:
    """Return the i-th number, from 0, of 1 1 2 1 1 2 4 1 1 2 ..."""
    size, power = 1, 0
    while size < i + 1:
        size = 2 * size + 1
        power += 1
    while size - 1 != i:
        size = (size - 1) >> 1
        power -= 1
        i %= size
    return 1 << power


@njit(cache=True, nogil=True)
def _search(
    starts: Int32Array,
    arena: Int32Array,
    dropped: npt.NDArray[np.bool_],
    queue: Int32Array,
    phases: Int32Array,
    work: int,
    uses: Counts,
    antecedents: Int32Array,
    ends: npt.NDArray[np.int64],
    learned: Int32Array,
) -> tuple[int, int, bool, int]:
    """Search; return the conflicts, the derived nodes, whether the last one is the refutation, and the work left.

    Nodes of the derivation are the clauses, then what was derived: learned clauses and literals fixed for good. Node
    ``num_clauses + d`` has the antecedents ``antecedents[ends[d]:ends[d + 1]]``.
    """
    num_clauses = len(dropped)
    num_vars = len(queue)
    longest = num_vars + 1
    clauses = num_clauses  # learned ones included
    derived = 0
    conflicts = 0

    values = np.zeros(2 * num_vars, np.int8)
    levels = np.zeros(num_vars, np.int32)
    reasons = np.empty(num_vars, np.int32)
    fixed_node = np.empty(num_vars, np.int32)
    clause_node = np.arange(len(starts), dtype=np.int32)
    trail = np.empty(num_vars, np.int32)
    level_starts = np.empty(num_vars + 1, np.int32)
    seen = np.zeros(num_vars, np.bool_)
    touched = np.empty(num_vars, np.int32)
    buffer = np.empty(longest, np.int32)

    # Watch 2c + s stands for place s (0 or 1) of clause c, in a linked list of its literal.
    heads = np.full(2 * num_vars, -1, np.int32)
    follow = np.empty(2 * len(starts), np.int32)

    # Decision queue: variables in the order in which they were last bumped; all behind ``hint`` are assigned.
    before = np.full(num_vars, -1, np.int32)
    after = np.full(num_vars, -1, np.int32)
    stamps = np.empty(num_vars, np.int64)
    for place in range(num_vars):
        variable = queue[place]
        stamps[variable] = place
        if place > 0:
            before[variable] = queue[place - 1]
            after[queue[place - 1]] = variable
    last = queue[num_vars - 1] if num_vars else -1
    hint = last
    stamp = num_vars

    tail = head = rooted = level = 0
    conflict = -1
    for clause in range(num_clauses):
        start, size = starts[clause], starts[clause + 1] - starts[clause]
        if dropped[clause]:
            continue
        if size == 1:
            node = arena[start]
            if values[node] == -1:
                conflict = clause
            elif values[node] == 0:
                values[node], values[node ^ 1] = 1, -1
                reasons[node >> 1] = clause
                trail[tail] = node
                tail += 1
        else:
            for place in range(2):
                follow[2 * clause + place] = heads[arena[start + place]]
                heads[arena[start + place]] = 2 * clause + place

    restarts = 0
    until_restart = _LUBY_UNIT
    while True:
        while conflict < 0 and head < tail:  # propagate
            false = trail[head] ^ 1
            head += 1
            watch, previous = heads[false], -1
            while watch >= 0:
                following = follow[watch]
                clause = watch >> 1
                mine = starts[clause] + (watch & 1)
                other = arena[starts[clause] + 1 - (watch & 1)]
                work -= 1
                if values[other] == 1:
                    previous, watch = watch, following
                    continue
                moved = False
                for place in range(starts[clause] + 2, starts[clause + 1]):
                    work -= 1
                    node = arena[place]
                    if values[node] != -1:
                        arena[place], arena[mine] = false, node
                        if previous < 0:
                            heads[false] = following
                        else:
                            follow[previous] = following
                        follow[watch] = heads[node]
                        heads[node] = watch
                        moved = True
                        break
                if not moved:
                    if values[other] == -1:
                        conflict = clause
                        break
                    values[other], values[other ^ 1] = 1, -1
                    levels[other >> 1] = level
                    reasons[other >> 1] = clause
                    trail[tail] = other
                    tail += 1
                    previous = watch
                watch = following

        if level == 0:  # what is fixed for good is derived from its reason and from what was fixed before
            while rooted < tail:
                clause = reasons[trail[rooted] >> 1]
                end = ends[derived]
                if end + starts[clause + 1] - starts[clause] > len(antecedents):
                    return conflicts, derived, False, work
                antecedents[end] = clause_node[clause]
                end += 1
                for place in range(starts[clause], starts[clause + 1]):
                    if arena[place] != trail[rooted]:
                        antecedents[end] = fixed_node[arena[place] >> 1]
                        end += 1
                fixed_node[trail[rooted] >> 1] = num_clauses + derived
                derived += 1
                ends[derived] = end
                rooted += 1

        if conflict >= 0:
            end = ends[derived]
            if end + tail + longest > len(antecedents):
                return conflicts, derived, False, work
            if level == 0:
                antecedents[end] = clause_node[conflict]
                end += 1
                if conflict < num_clauses:
                    uses[conflict] += 1
                for place in range(starts[conflict], starts[conflict + 1]):
                    antecedents[end] = fixed_node[arena[place] >> 1]
                    end += 1
                derived += 1
                ends[derived] = end
                return conflicts, derived, True, work

            # First unique implication point; each clause met is an antecedent.
            size, marked, open_here = 1, 0, 0
            place_on_trail = tail - 1
            clause, resolved = conflict, -1
            while True:
                if clause < num_clauses:
                    uses[clause] += 1
                antecedents[end] = clause_node[clause]
                end += 1
                for place in range(starts[clause], starts[clause + 1]):
                    node = arena[place]
                    variable = node >> 1
                    if node == resolved or seen[variable]:
                        continue
                    seen[variable] = True
                    touched[marked] = variable
                    marked += 1
                    if levels[variable] == 0:
                        antecedents[end] = fixed_node[variable]
                        end += 1
                    elif levels[variable] == level:
                        open_here += 1
                    else:
                        buffer[size] = node
                        size += 1
                while not seen[trail[place_on_trail] >> 1]:
                    place_on_trail -= 1
                resolved = trail[place_on_trail]
                place_on_trail -= 1
                open_here -= 1
                if open_here == 0:
                    break
                clause = reasons[resolved >> 1]
            buffer[0] = resolved ^ 1
            learned[conflicts] = num_clauses + derived
            clause_node[clauses] = num_clauses + derived
            derived += 1
            ends[derived] = end
            conflicts += 1

            order = np.argsort(stamps[touched[:marked]])
            for i in order:
                variable = touched[i]
                seen[variable] = False
                if levels[variable] == 0 or variable == last:
                    continue
                if before[variable] >= 0:
                    after[before[variable]] = after[variable]
                before[after[variable]] = before[variable]
                before[variable], after[variable] = last, -1
                after[last] = variable
                last = variable
                stamps[variable] = stamp
                stamp += 1

            back = 0
            for place in range(1, size):
                if levels[buffer[place] >> 1] > back:
                    back = levels[buffer[place] >> 1]
                    buffer[1], buffer[place] = buffer[place], buffer[1]
            start = starts[clauses]
            if start + size > len(arena):
                return conflicts, derived, False, work
            arena[start : start + size] = buffer[:size]
            starts[clauses + 1] = start + size
            asserted = clauses
            clauses += 1
            until_restart -= 1
        else:
            asserted, back = -1, level
            if until_restart <= 0:
                restarts += 1
                until_restart = _LUBY_UNIT * _luby(restarts)
                back = 0

        if back < level:
            while tail > level_starts[back + 1]:
                tail -= 1
                node = trail[tail]
                values[node] = values[node ^ 1] = 0
                variable = node >> 1
                phases[variable] = node & 1
                if stamps[variable] > stamps[hint]:
                    hint = variable
            level, head = back, tail

        if asserted >= 0:
            conflict = -1
            start = starts[asserted]
            node = arena[start]
            if starts[asserted + 1] - start > 1:
                for place in range(2):
                    follow[2 * asserted + place] = heads[arena[start + place]]
                    heads[arena[start + place]] = 2 * asserted + place
            values[node], values[node ^ 1] = 1, -1
            levels[node >> 1] = level
            reasons[node >> 1] = asserted
            trail[tail] = node
            tail += 1
            if conflicts == len(learned) or work < 0:
                return conflicts, derived, False, work
            continue

        if work < 0:
            return conflicts, derived, False, work
        while hint >= 0 and values[2 * hint] != 0:  # decide
            hint = before[hint]
        if hint < 0:
            return conflicts, derived, False, work  # a model
        level += 1
        level_starts[level] = tail
        node = 2 * hint + phases[hint]
        values[node], values[node ^ 1] = 1, -1
        levels[hint] = level
        reasons[hint] = -1
        trail[tail] = node
        tail += 1


@njit(cache=True, nogil=True)
def _trace(
    num_clauses: int, derived: int, antecedents: Int32Array, ends: npt.NDArray[np.int64], targets: Int32Array
) -> Bits:
    """Follow the derivations of up to 64 nodes back; bit i of a clause: target i rests on it."""
    bits = np.zeros(num_clauses + derived, np.uint64)
    for i in range(len(targets)):
        bits[targets[i]] |= np.uint64(1) << np.uint64(i)
    for node in range(derived - 1, -1, -1):
        reached = bits[num_clauses + node]
        if reached != 0:
            for position in range(ends[node], ends[node + 1]):
                bits[antecedents[position]] |= reached
    return bits[:num_clauses].copy()

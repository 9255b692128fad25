"""Baseline after W2SAT: a graph of literals like the parent's, read back as clauses.

Wang et al., "W2SAT: Learning to generate SAT instances from Weighted Literal Incidence Graphs", 2023. Literals are
nodes, and an edge's weight counts the clauses that hold both ends. The paper fits a low-rank model to this graph and
samples a similar one; here a share of the weight is rewired by swaps, which keep the weighted degree of every literal
exactly, so this part is no worse than a perfect fit. Clauses then come from a greedy cover of the graph by overlapping
cliques, as in the paper: each clause is a clique, and takes one from the weight of each of its edges.

Nothing in this keeps a formula unsatisfiable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from ..cnf import Cnf
from ..graphs import LITERAL_WITH, literal_incidence
from .matched import distinct_lengths
from .offspring import CannotGenerate, Offspring, Seed, Status

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]

#: Share of the edge weight that takes part in a swap.
REWIRED: Final = 0.2
#: Pairs of literals at most; the weight of longer clauses would not tell much, and they are many.
_MAX_PAIRS: Final = 20_000_000


@dataclass(frozen=True)
class LiteralIncidence:
    """Rewire the literal-incidence graph and cover it with cliques.

    Attributes:
        rewired: share of the edge weight that is swapped.
    """

    rewired: float = REWIRED
    name: str = "literal-incidence"
    title: str = "cliques of a rewired literal-incidence graph (after W2SAT)"
    makes: frozenset[Status] = frozenset({"unsat", "sat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one formula; whether it is satisfiable is a matter of chance."""
        parent = seeds[index].cnf
        graph = literal_incidence(parent, _MAX_PAIRS)
        if graph.metadata["clauses_left_out"]:
            raise CannotGenerate("the seed's literal-incidence graph is too large")
        edges = graph.edges[LITERAL_WITH]
        one, other = edges.index.astype(np.int64)
        once = one < other
        units = np.repeat(np.stack([one[once], other[once]], axis=1), edges.arrays["weight"][once], axis=0)
        _swap(units, round(self.rewired * len(units) / 2), rng)
        return Offspring(_cover(parent, rng.permutation(units), rng), "unknown")


LITERAL_INCIDENCE: Final = LiteralIncidence()


def _cover(parent: Cnf, units: Int64Array, rng: np.random.Generator) -> Cnf:
    """Read clauses of the parent's lengths out of a graph; unit clauses, which make no edges, are copied.

    Args:
        parent: gives lengths, the longest first (cliques get rare), and unit clauses.
        units: int64, (total weight, 2): edges, as often as their weight, shuffled.
        rng: breaks ties.
    """
    sizes = distinct_lengths(parent)
    lengths = np.sort(sizes[sizes > 1])[::-1]
    singles = parent.literals[parent.offsets[:-1][sizes == 1]]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    nodes = 2 * parent.num_vars
    keys, weights = np.unique(np.concatenate([units, units[:, ::-1]]) @ np.array([nodes, 1]), return_counts=True)
    starts = np.searchsorted(keys, np.arange(nodes + 1) * nodes)
    chosen = np.empty(int(offsets[-1]), np.int64)
    if len(chosen):
        _cover_by_cliques(starts, keys % nodes, weights.astype(np.int64), units, offsets, rng, chosen)
    literals = np.where(chosen & 1, -(chosen // 2 + 1), chosen // 2 + 1).astype(np.int32)
    ends = np.concatenate([offsets, offsets[-1] + 1 + np.arange(len(singles), dtype=np.int64)])
    cnf = Cnf(parent.num_vars, ends, np.concatenate([literals, singles]))
    return cnf.select(rng.permutation(cnf.num_clauses))


@njit(cache=True)
def _swap(units: Int64Array, swaps: int, rng: np.random.Generator) -> None:
    """Exchange ends of random pairs of edges; an exchange that joins a literal to itself or its negation is skipped."""
    for _ in range(swaps):
        first, second = rng.integers(0, len(units)), rng.integers(0, len(units))
        a, b = units[first]
        c, d = units[second]
        if rng.random() < 0.5:
            c, d = d, c
        if a >> 1 != d >> 1 and c >> 1 != b >> 1:
            units[first, 0], units[first, 1] = a, d
            units[second, 0], units[second, 1] = c, b


@njit(cache=True)
def _find(starts: Int64Array, neighbours: Int64Array, one: int, other: int) -> int:
    """Return the place of an edge, -1 if there is none; rows are sorted."""
    low, high = starts[one], starts[one + 1]
    while low < high:
        middle = (low + high) >> 1
        if neighbours[middle] < other:
            low = middle + 1
        else:
            high = middle
    return low if low < starts[one + 1] and neighbours[low] == other else -1


@njit(cache=True)
def _cover_by_cliques(
    starts: Int64Array,
    neighbours: Int64Array,
    weights: Int64Array,
    units: Int64Array,
    offsets: Int64Array,
    rng: np.random.Generator,
    chosen: Int64Array,
) -> None:
    """Fill one clause after the other, each from an edge that has weight left.

    The literal to join is the one with weight left to most members of the clause; ties go to the larger weight, then
    to chance. ``weights`` is used up. Where nothing is left near a clause, any literal of some edge joins it.
    """
    nodes = len(starts) - 1
    links = np.zeros(nodes, np.int64)
    sums = np.zeros(nodes, np.float64)
    touched = np.empty(nodes, np.int64)
    inside = np.zeros(nodes >> 1, np.bool_)  # variables of the clause
    next_unit = 0
    for clause in range(len(offsets) - 1):
        start, stop = offsets[clause], offsets[clause + 1]
        while next_unit < len(units):
            one, other = units[next_unit]
            if weights[_find(starts, neighbours, one, other)] > 0:
                break
            next_unit += 1
        unit = next_unit if next_unit < len(units) else rng.integers(0, len(units))
        found = 0
        size = 0
        best = units[unit, 0]
        while True:
            chosen[start + size] = best
            inside[best >> 1] = True
            size += 1
            if start + size == stop:
                break
            for edge in range(starts[best], starts[best + 1]):
                other = neighbours[edge]
                if weights[edge] > 0:
                    if links[other] == 0:
                        touched[found] = other
                        found += 1
                    links[other] += 1
                    sums[other] += weights[edge]
            if size == 1:
                best = units[unit, 1]
                continue
            best = -1
            best_key = 0.0
            for i in range(found):
                other = touched[i]
                key = links[other] * 1e6 + sums[other] + rng.random()
                if not inside[other >> 1] and key > best_key:
                    best, best_key = other, key
            while best < 0 or inside[best >> 1]:
                best = units[rng.integers(0, len(units)), rng.integers(0, 2)]
        for i in range(found):
            links[touched[i]] = 0
            sums[touched[i]] = 0
        for i in range(start, stop):
            inside[chosen[i] >> 1] = False
            for j in range(start, stop):
                edge = _find(starts, neighbours, chosen[i], chosen[j]) if i != j else -1
                if edge >= 0:
                    weights[edge] -= 1

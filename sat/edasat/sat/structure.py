"""What a formula looks like, as far as names do not matter: degrees, clause lengths, communities, clustering.

The figures are those by which generators of formulas are compared (G2SAT, NeurIPS 2019; HardSATGEN, KDD 2023):
distributions over the clause-variable graph, and modularity and clustering of the variable-incidence graph, in which
a clause of k variables gives each pair of them the weight ``1 / C(k, 2)`` (Ansotegui, Giraldez-Cru and Levy, "The
Community Structure of SAT Formulas", SAT 2012). Communities come from Louvain's method (Blondel et al., J. Stat. Mech.
P10008, 2008), so the modularity is a lower bound of the largest one.

:func:`distance` compares two formulas, :func:`mmd` two sets of them; both rest on one kernel per figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.csr import group_values

from .cnf import Cnf
from .cooccurrence import cooccurrence

Int64Array = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]

#: Figures of a structure, each with the difference that counts as large: the kernel's bandwidth. Distributions are
#: compared as logarithms to base 2, so theirs is in doublings; the others are plain differences.
FIGURES: Final = {
    "variable_degrees": 0.5,
    "clause_degrees": 0.5,
    "clause_lengths": 0.5,
    "modularity": 0.1,
    "clustering": 0.1,
}

#: Pairs of variables at most (both directions, before equal ones are merged): 12 bytes each. Beyond it the longest
#: clauses are left out, which say least about any one pair.
MAX_PAIRS: Final = 8_000_000
_LEVELS: Final = 64  # quantiles that stand for a distribution
_MAX_SWEEPS: Final = 50  # over all nodes, on one level of Louvain's method; it nearly always ends by itself


@dataclass(frozen=True, eq=False)
class Structure:
    """Figures of one formula. Variables that occur nowhere count in none of them.

    Attributes:
        variable_degrees: int64, (variables,): occurrences of each variable, both signs together.
        clause_degrees: int64, (num_clauses,): occurrences of the clause's variables in other clauses.
        clause_lengths: int64, (num_clauses,): literals.
        modularity: of the weighted variable-incidence graph, in [0, 1).
        clustering: mean share of a variable's neighbours that are neighbours of each other, in [0, 1].
    """

    variable_degrees: Int64Array
    clause_degrees: Int64Array
    clause_lengths: Int64Array
    modularity: float
    clustering: float

    def descriptors(self) -> dict[str, FloatArray]:
        """Return a vector for each of :data:`FIGURES`; distributions are quantiles of ``log2(1 + x)``, (64,).

        The root mean square difference of two quantile functions is the Wasserstein distance of order 2.
        """
        distributions = ("variable_degrees", "clause_degrees", "clause_lengths")
        vectors = {name: _quantiles(getattr(self, name)) for name in distributions}
        return vectors | {name: np.array([getattr(self, name)]) for name in ("modularity", "clustering")}


class VariableGraph(NamedTuple):
    """The variable-incidence graph in compressed rows; node i is variable i + 1.

    Attributes:
        offsets: int64, (num_vars + 1,).
        neighbours: int32, (num_edges,): rising in each row; every edge stands in both directions.
        weights: float64, (num_edges,).
    """

    offsets: Int64Array
    neighbours: Int32Array
    weights: FloatArray


def measure_structure(cnf: Cnf, *, seed: int = 0) -> Structure:
    """Compute the figures of a formula.

    Args:
        cnf: the formula.
        seed: of the order in which Louvain's method visits variables.

    >>> found = measure_structure(Cnf.from_clauses([[1, -2, 3], [1, 2], [4, 5], [-4, 5]]))
    >>> found.variable_degrees.tolist(), found.clause_degrees.tolist(), round(found.clustering, 2)
    ([2, 2, 1, 2, 2], [2, 2, 2, 2], 0.6)
    """
    variables = np.abs(cnf.literals).astype(np.int64) - 1
    occurrences = np.bincount(variables, minlength=cnf.num_vars)
    sums = np.concatenate([[0], np.cumsum(occurrences[variables] - 1)])
    graph = variable_graph(cnf)
    used = occurrences > 0
    return Structure(
        variable_degrees=occurrences[used],
        clause_degrees=sums[cnf.offsets[1:]] - sums[cnf.offsets[:-1]],
        clause_lengths=cnf.clause_lengths,
        modularity=modularity(graph, communities(graph, seed=seed)),
        clustering=float(_clustering(graph.offsets, graph.neighbours)[used].mean()) if used.any() else 0.0,
    )


def distance(one: Structure, other: Structure) -> dict[str, float]:
    """Return how far two formulas are apart.

    Returns:
        The difference of each figure (doublings for distributions), and "overall": 1 minus the mean of the kernels of
        the figures, 0 for equal figures and at most 1.
    """
    left, right = one.descriptors(), other.descriptors()
    apart = {name: float(np.sqrt(np.mean((left[name] - right[name]) ** 2))) for name in FIGURES}
    kernels = [np.exp(-((apart[name] / width) ** 2) / 2) for name, width in FIGURES.items()]
    return apart | {"overall": float(1 - np.mean(kernels))}


def mmd(ones: Sequence[Structure], others: Sequence[Structure]) -> dict[str, float]:
    """Return the maximum mean discrepancy of two sets of formulas: 0 for equal sets, at most sqrt(2).

    Gretton et al., "A Kernel Two-Sample Test", JMLR 13, 2012, in its biased form (equation 5), with a Gaussian kernel
    on each figure; it is positive definite, since distributions are compared by their quantiles.

    Returns:
        A value for each of :data:`FIGURES`, and "overall", of the mean of the kernels.
    """
    if not ones or not others:
        raise ValueError(f"expected formulas in both sets, got {len(ones)} and {len(others)}")
    described = [structure.descriptors() for structure in (*ones, *others)]
    signs = np.concatenate([np.full(len(ones), 1 / len(ones)), np.full(len(others), -1 / len(others))])
    squares = {}
    for name, width in FIGURES.items():
        vectors = np.stack([vector[name] for vector in described])
        between = np.mean((vectors[:, None] - vectors[None]) ** 2, axis=2)
        squares[name] = max(0.0, float(signs @ np.exp(-between / width**2 / 2) @ signs))
    squares["overall"] = float(np.mean([squares[name] for name in FIGURES]))
    return {name: float(np.sqrt(square)) for name, square in squares.items()}


def variable_graph(cnf: Cnf, max_pairs: int = MAX_PAIRS) -> VariableGraph:
    """Build the variable-incidence graph.

    Args:
        cnf: the formula.
        max_pairs: see :data:`MAX_PAIRS`.

    >>> graph = variable_graph(Cnf.from_clauses([[1, -2, 3], [1, 2]]))
    >>> graph.neighbours.tolist(), graph.weights.round(2).tolist()
    ([1, 2, 0, 2, 0, 1], [1.33, 0.33, 1.33, 0.33, 0.33, 0.33])
    """
    lengths = cnf.clause_lengths
    order = np.argsort(lengths, kind="stable")
    pairs = np.cumsum(lengths[order].astype(np.float64) * (lengths[order] - 1))
    if len(pairs) and pairs[-1] > max_pairs:
        cnf = cnf.select(np.sort(order[pairs <= max_pairs]))
    variables = np.abs(cnf.literals).astype(np.int32) - 1
    holders = np.repeat(np.arange(cnf.num_clauses, dtype=np.int32), cnf.clause_lengths)
    starts, clauses = group_values(variables, holders, cnf.num_vars)
    pair_weights = _pair_weights(cnf.offsets, variables, cnf.num_vars)
    return VariableGraph(*cooccurrence(cnf.offsets, variables, starts, clauses.astype(np.int32), pair_weights))


def communities(graph: VariableGraph, *, seed: int = 0) -> Int64Array:
    """Find communities by Louvain's method; return the number of each node's community, from 0, (nodes,).

    >>> apart = variable_graph(Cnf.from_clauses([[1, 2], [2, 3], [1, 3], [3, 4], [4, 5], [5, 6], [4, 6]]))
    >>> communities(apart).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    rng = np.random.default_rng(seed)
    nodes = len(graph.offsets) - 1
    labels = np.arange(nodes)
    level, loops = graph, np.zeros(nodes)
    while True:
        moved = np.arange(len(loops))
        if not _move(*level, loops, rng.permutation(len(loops)), moved):
            return np.unique(labels, return_inverse=True)[1].astype(np.int64)
        _, moved = np.unique(moved, return_inverse=True)
        labels = moved[labels]
        count = int(moved.max()) + 1
        starts, members = group_values(moved, np.arange(len(moved)), count)
        offsets, neighbours, weights, loops = _merge(*level, loops, moved, starts, members)
        level = VariableGraph(offsets, neighbours, weights)


def modularity(graph: VariableGraph, labels: Int64Array) -> float:
    """Return the modularity of a partition (Newman and Girvan, 2004); 0 for a graph without edges."""
    total = float(graph.weights.sum())
    if total == 0:
        return 0.0
    sources = np.repeat(np.arange(len(labels)), np.diff(graph.offsets))
    inside = graph.weights[labels[sources] == labels[graph.neighbours]].sum()
    strength = np.bincount(labels[sources], graph.weights)
    return float(inside / total - ((strength / total) ** 2).sum())


def _quantiles(values: Int64Array) -> FloatArray:
    """Return the quantiles of ``log2(1 + values)`` at the middle of 64 equal steps; zeros if there are no values."""
    if not len(values):
        return np.zeros(_LEVELS)
    ranks = ((np.arange(_LEVELS) + 0.5) / _LEVELS * len(values)).astype(np.int64)
    return np.log2(1.0 + np.sort(values)[ranks])


@njit(cache=True, nogil=True)
def _pair_weights(clause_offsets: Int64Array, variables: Int32Array, num_vars: int) -> FloatArray:
    """Share one edge's weight among the pairs of each clause's distinct variables; float64, (clauses,)."""
    weights = np.zeros(len(clause_offsets) - 1)
    last = np.full(num_vars, -1)  # the last clause that met the variable: repeats count once
    for clause in range(len(weights)):
        distinct = 0
        for position in range(clause_offsets[clause], clause_offsets[clause + 1]):
            if last[variables[position]] != clause:
                last[variables[position]] = clause
                distinct += 1
        if distinct > 1:
            weights[clause] = 2.0 / (distinct * (distinct - 1))
    return weights


@njit(cache=True, nogil=True)
def _move(
    offsets: Int64Array,
    neighbours: Int32Array,
    weights: FloatArray,
    loops: FloatArray,
    order: Int64Array,
    labels: Int64Array,
) -> bool:
    """Move nodes to the neighbouring community that gains most modularity until none gains; return whether any moved.

    ``loops`` holds the weight inside each node, both directions counted; ``labels`` starts with one node in each.
    """
    nodes = len(loops)
    strength = loops.copy()
    for node in range(nodes):
        for edge in range(offsets[node], offsets[node + 1]):
            strength[node] += weights[edge]
    total = strength.sum()
    if total == 0:
        return False
    sums = strength.copy()
    links = np.zeros(nodes)  # weight between the node and each community met so far
    touched = np.empty(nodes, np.int64)
    any_moved = False
    for _ in range(_MAX_SWEEPS):
        moves = 0
        for node in order:
            found = 0
            for edge in range(offsets[node], offsets[node + 1]):
                label = labels[neighbours[edge]]
                if links[label] == 0:
                    touched[found] = label
                    found += 1
                links[label] += weights[edge]
            home = labels[node]
            sums[home] -= strength[node]
            best = home
            best_gain = links[home] - strength[node] * sums[home] / total + 1e-12 * total
            for i in range(found):
                label = touched[i]
                gain = links[label] - strength[node] * sums[label] / total
                if gain > best_gain:
                    best, best_gain = label, gain
                links[label] = 0
            sums[best] += strength[node]
            if best != home:
                labels[node] = best
                moves += 1
        any_moved |= moves > 0
        if moves == 0:
            break
    return any_moved


@njit(cache=True, nogil=True)
def _merge(
    offsets: Int64Array,
    neighbours: Int32Array,
    weights: FloatArray,
    loops: FloatArray,
    labels: Int64Array,
    starts: Int64Array,
    members: Int64Array,
) -> tuple[Int64Array, Int32Array, FloatArray, FloatArray]:
    """Return the graph whose nodes are the communities: rows as in :class:`VariableGraph` (unsorted), and loops."""
    count = len(starts) - 1
    new_offsets = np.zeros(count + 1, np.int64)
    new_neighbours = np.empty(len(neighbours), np.int32)
    new_weights = np.empty(len(neighbours))
    new_loops = np.zeros(count)
    sums = np.zeros(count)
    position = 0
    for community in range(count):
        first = position
        for member in members[starts[community] : starts[community + 1]]:
            new_loops[community] += loops[member]
            for edge in range(offsets[member], offsets[member + 1]):
                other = labels[neighbours[edge]]
                if other == community:
                    new_loops[community] += weights[edge]
                    continue
                if sums[other] == 0:
                    new_neighbours[position] = other
                    position += 1
                sums[other] += weights[edge]
        for edge in range(first, position):
            new_weights[edge] = sums[new_neighbours[edge]]
            sums[new_neighbours[edge]] = 0
        new_offsets[community + 1] = position
    return new_offsets, new_neighbours[:position].copy(), new_weights[:position].copy(), new_loops


@njit(cache=True, nogil=True)
def _clustering(offsets: Int64Array, neighbours: Int32Array) -> FloatArray:
    """Return the share of each node's pairs of neighbours that are neighbours; 0 for nodes with fewer than two.

    Each triangle is found once, from its node of lowest degree (Latapy, "Main-memory triangle computations for very
    large (sparse (power-law)) graphs", 2008): work grows like edges^1.5, however uneven the degrees.
    """
    nodes = len(offsets) - 1
    degrees = np.diff(offsets)
    rank = np.empty(nodes, np.int64)
    rank[np.argsort(degrees)] = np.arange(nodes)
    higher = np.empty(len(neighbours) // 2, np.int32)  # neighbours of higher rank
    ends = np.zeros(nodes + 1, np.int64)
    position = 0
    for node in range(nodes):
        for edge in range(offsets[node], offsets[node + 1]):
            if rank[neighbours[edge]] > rank[node]:
                higher[position] = neighbours[edge]
                position += 1
        ends[node + 1] = position
    triangles = np.zeros(nodes, np.int64)
    mark = np.full(nodes, -1, np.int64)
    for node in range(nodes):
        for edge in range(ends[node], ends[node + 1]):
            mark[higher[edge]] = node
        for edge in range(ends[node], ends[node + 1]):
            second = higher[edge]
            for inner in range(ends[second], ends[second + 1]):
                third = higher[inner]
                if mark[third] == node:
                    triangles[node] += 1
                    triangles[second] += 1
                    triangles[third] += 1
    found = np.zeros(nodes)
    for node in range(nodes):
        if degrees[node] > 1:
            found[node] = 2.0 * triangles[node] / (degrees[node] * (degrees[node] - 1))
    return found

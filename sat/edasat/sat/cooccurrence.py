"""Which nodes of a formula, variables or literals, stand together in clauses, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Int32Array = npt.NDArray[np.int32]
Offsets = npt.NDArray[Any]


def cooccurrence(
    clause_offsets: Offsets,
    nodes: Int32Array,
    starts: Offsets,
    clauses: Int32Array,
    clause_weights: npt.NDArray[Any],
) -> tuple[npt.NDArray[np.int64], Int32Array, npt.NDArray[Any]]:
    """Return the graph of nodes that share clauses, without loops, each edge in both directions.

    Args:
        clause_offsets: (C + 1,): where each clause starts in ``nodes``.
        nodes: int32: nodes of all clauses, clause by clause; one that stands twice in a clause counts once.
        starts: (N + 1,): where each node starts in ``clauses``.
        clauses: int32: clauses of all nodes, rising for each node.
        clause_weights: (C,): what a clause adds to each of its pairs, above 0.

    Returns:
        Offsets, int64, (N + 1,), of each node's neighbours; these, rising, int32; the weights, of the dtype of
        ``clause_weights``.
    """
    incidence = (clause_offsets, nodes, starts, clauses, clause_weights)
    offsets = np.zeros(len(starts), np.int64)
    _pairs(*incidence, offsets[1:], np.empty(0, np.int32), clause_weights[:0], False)
    np.cumsum(offsets, out=offsets)
    neighbours = np.empty(int(offsets[-1]), np.int32)
    weights = np.empty(len(neighbours), clause_weights.dtype)
    _pairs(*incidence, offsets[:-1].copy(), neighbours, weights, True)
    return offsets, neighbours, weights


@njit(cache=True, nogil=True)
def _pairs(
    clause_offsets: Offsets,
    nodes: Int32Array,
    starts: Offsets,
    clauses: Int32Array,
    clause_weights: npt.NDArray[Any],
    cursor: npt.NDArray[np.int64],
    neighbours: Int32Array,
    weights: npt.NDArray[Any],
    fill: bool,
) -> None:
    """Row by row product of the incidence with its transpose (Gustavson), diagonal left out.

    Counts the neighbours of node i into ``cursor[i]``, or, with ``fill``, writes every row from ``cursor[i]`` on. The
    product is symmetric, so row ``node`` is written as a column: rows come out in rising order unsorted. ``visit``
    marks a node met already in this visit of a clause.
    """
    num_nodes = len(starts) - 1
    sums = np.zeros(num_nodes, clause_weights.dtype)
    visit = np.zeros(num_nodes, np.int64)
    touched = np.empty(num_nodes, np.int32)
    visits = 0
    for node in range(num_nodes):
        found = 0
        previous = -1
        for position in range(starts[node], starts[node + 1]):
            clause = clauses[position]
            if clause == previous:
                continue
            previous = clause
            visits += 1
            for inner in range(clause_offsets[clause], clause_offsets[clause + 1]):
                other = nodes[inner]
                if other == node or visit[other] == visits:
                    continue
                visit[other] = visits
                if sums[other] == 0:
                    touched[found] = other
                    found += 1
                sums[other] += clause_weights[clause]
        if not fill:
            cursor[node] = found
        for i in range(found):
            other = touched[i]
            if fill:
                neighbours[cursor[other]] = node
                weights[cursor[other]] = sums[other]
                cursor[other] += 1
            sums[other] = 0

"""Seeded graphs as arrays of edges, for the families that live on graphs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Edges = npt.NDArray[np.int64]  # (m, 2): vertices from 0, smaller end first


def gnm(n: int, m: int, rng: np.random.Generator) -> Edges:
    """Return a uniform simple graph of n vertices and m edges, edges in lexicographic order."""
    a, b = np.triu_indices(n, 1)
    chosen = np.sort(rng.choice(len(a), m, replace=False))
    return np.column_stack([a[chosen], b[chosen]])


def random_regular(n: int, degree: int, rng: np.random.Generator) -> Edges:
    """Return a random simple graph in which every vertex has ``degree`` edges; n * degree must be even.

    Starts from a circulant graph and makes ten random switches an edge (a-b, c-d become a-d, c-b); unlike pairing
    half-edges with rejection, this also works for small dense graphs.
    """
    if n * degree % 2 or n <= degree:
        raise ValueError(f"no graph of {n} vertices is {degree}-regular")
    steps = [*range(1, degree // 2 + 1)] + [n // 2] * (degree % 2)
    edges = [(v, (v + s) % n) for s in steps for v in range(n if 2 * s != n else n // 2)]
    present = {frozenset(edge) for edge in edges}
    for i, j, flip in rng.integers(0, (len(edges), len(edges), 2), (10 * len(edges), 3)).tolist():
        (a, b), (c, d) = edges[i], edges[j][:: -1 if flip else 1]
        new = {frozenset((a, d)), frozenset((c, b))}
        if len({a, b, c, d}) == 4 and not new & present:
            present -= {frozenset((a, b)), frozenset((c, d))}
            present |= new
            edges[i], edges[j] = (a, d), (c, b)
    return np.array(sorted(tuple(sorted(edge)) for edge in edges), np.int64)


def incidence(n: int, edges: Edges) -> list[list[int]]:
    """Return for each vertex the indices of its edges, ascending."""
    incident: list[list[int]] = [[] for _ in range(n)]
    for i, (a, b) in enumerate(edges.tolist()):
        incident[a].append(i)
        incident[b].append(i)
    return incident

"""Questions about random graphs: colouring, cliques, domination, cycles and balanced edge sets."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from ..cnf import Cnf
from ..encodings.builder import CnfBuilder
from ..encodings.cardinality import exactly_one, totalizer
from .family import Family
from .random_graphs import Edges, gnm, incidence, random_regular


def _colouring(n: int, edges: Edges, colours: int) -> Cnf:
    """Give each vertex at least one of the colours, and no colour to both ends of an edge."""
    builder = CnfBuilder()
    colour = [builder.vars(colours) for _ in range(n)]
    builder.extend(colour)
    for u, v in edges.tolist():
        builder.extend([-a, -b] for a, b in zip(colour[u], colour[v], strict=True))
    return builder.build()


def _flat_colouring(n: int, rng: np.random.Generator) -> Cnf:
    """Hide a colouring with three equal classes behind 2.3 n edges, near the threshold of 3-colouring."""
    classes = rng.permutation(np.arange(n) % 3)
    a, b = np.triu_indices(n, 1)
    usable = np.flatnonzero(classes[a] != classes[b])
    chosen = np.sort(rng.choice(usable, min(len(usable), round(2.3 * n)), replace=False))
    return _colouring(n, np.column_stack([a[chosen], b[chosen]]), 3)


def _five_colouring(n: int, rng: np.random.Generator) -> Cnf:
    """Take 6 n edges: mean degree 12, below the threshold of 5-colouring near 13.7 but hard at small n."""
    return _colouring(n, gnm(n, min(6 * n, n * (n - 1) // 2), rng), 5)


def _clique(n: int, rng: np.random.Generator) -> Cnf:
    """Ask for a clique of the first size of which fewer than one is expected in a random graph of density 0.7."""
    size = 1
    while math.comb(n, size) * 0.7 ** math.comb(size, 2) >= 1:
        size += 1
    edges = {(u, v) for u, v in gnm(n, round(0.35 * n * (n - 1)), rng).tolist()}
    builder = CnfBuilder()
    member = [builder.vars(n) for _ in range(size)]
    for row in member:
        exactly_one(builder, row)
    for p, q in combinations(range(size), 2):  # positions are ordered by vertex number
        for u in range(n):
            builder.extend([-member[p][u], -member[q][v]] for v in range(n) if u >= v or (u, v) not in edges)
    return builder.build()


def _dominating_set(n: int, rng: np.random.Generator) -> Cnf:
    """Dominate a random cubic graph of 2n vertices with 0.27 of them; random cubic graphs need about 0.28."""
    vertices = 2 * n
    builder = CnfBuilder()
    chosen = builder.vars(vertices)
    near: list[list[int]] = [[chosen[v]] for v in range(vertices)]
    for u, v in random_regular(vertices, 3, rng).tolist():
        near[u].append(chosen[v])
        near[v].append(chosen[u])
    builder.extend(near)
    bound = math.floor(0.27 * vertices)
    builder.add(-totalizer(builder, chosen, bound + 1)[bound])
    return builder.build()


def _hamiltonian_cycle(n: int, rng: np.random.Generator) -> Cnf:
    """Give the vertices of a sparse random graph places on a cycle, neighbours in the cycle joined by an edge.

    n (ln n + 1) / 2 edges: about where degrees below two vanish and cycles appear.
    """
    edges = {(u, v) for u, v in gnm(n, round(n * (math.log(n) + 1) / 2), rng).tolist()}
    builder = CnfBuilder()
    place = [builder.vars(n) for _ in range(n)]
    for v in range(n):
        exactly_one(builder, place[v])
        exactly_one(builder, [place[u][v] for u in range(n)])
    builder.add(place[0][0])
    for u, v in combinations(range(n), 2):
        if (u, v) not in edges:
            for i in range(n):
                builder.add(-place[u][i], -place[v][(i + 1) % n])
                builder.add(-place[v][i], -place[u][(i + 1) % n])
    return builder.build()


def _even_colouring(n: int, rng: np.random.Generator) -> Cnf:
    """Choose exactly half of the edges at every vertex of a random 6-regular graph with an odd number of edges.

    Markstrom, "Locality and hard SAT-instances", JSAT 2, 2006; every vertex needs three of six, so the number of
    edges, three times an odd number of vertices, would have to be even.
    """
    vertices = 2 * n + 1
    edges = random_regular(vertices, 6, rng)
    builder = CnfBuilder()
    variables = builder.vars(len(edges))
    for around in incidence(vertices, edges):
        for four in combinations([variables[e] for e in around], 4):
            builder.add(*four)
            builder.add(*(-x for x in four))
    return builder.build()


def _subset_cardinality(n: int, rng: np.random.Generator) -> Cnf:
    """Give most entries of every row and few of every column of a sparse 0/1 matrix the value one.

    A random n x n pattern with four entries in each row and column and one more somewhere: rows ask for half of
    their entries or more, columns allow half or fewer, and the extra entry breaks the balance. The principle behind
    ``sgen`` (Spence 2010) as generalised by Mikša and Nordström, "Long proofs of (seemingly) simple formulas", 2014.
    """
    while True:
        columns = rng.permutation(np.repeat(np.arange(n), 4))
        entries = {(i // 4, int(c)) for i, c in enumerate(columns)}
        if len(entries) == 4 * n:
            break
    spare = [(r, c) for r in range(n) for c in range(n) if (r, c) not in entries]
    entries.add(spare[rng.integers(len(spare))])
    builder = CnfBuilder()
    variable = {entry: builder.var() for entry in sorted(entries)}
    for i in range(n):
        row = [x for (r, _), x in variable.items() if r == i]
        column = [x for (_, c), x in variable.items() if c == i]
        builder.extend(combinations(row, len(row) // 2 + 1))
        builder.extend(combinations([-x for x in column], len(column) // 2 + 1))
    return builder.build()


FAMILIES = (
    Family(
        "flat-3colouring",
        "3-colouring of n vertices around a hidden one",
        "colouring",
        "sat",
        (30, 300, 450, 600, 700, 800, 900),
        _flat_colouring,
    ),
    Family(
        "random-5colouring",
        "5-colouring of a random graph of n vertices",
        "colouring",
        "either",
        (15, 40, 50, 60, 70, 80, 90),
        _five_colouring,
    ),
    Family(
        "clique", "clique in a random graph of n vertices", "graph", "either", (10, 20, 35, 45, 50, 55, 60, 65), _clique
    ),
    Family(
        "dominating-set",
        "small dominating set of a random cubic graph of 2n vertices",
        "graph",
        "either",
        (8, 15, 20, 25, 28, 30, 33, 36),
        _dominating_set,
    ),
    Family(
        "hamiltonian-cycle",
        "Hamiltonian cycle of a sparse random graph of n vertices",
        "graph",
        "either",
        (8, 15, 20, 25, 30, 35, 40, 45),
        _hamiltonian_cycle,
    ),
    Family(
        "even-colouring",
        "half of the edges at each vertex of a 6-regular graph of 2n + 1 vertices",
        "cardinality",
        "unsat",
        (4, 5, 6, 7, 8),
        _even_colouring,
    ),
    Family(
        "subset-cardinality",
        "unbalanced rows and columns of a sparse n x n matrix",
        "cardinality",
        "unsat",
        (6, 12, 14, 16, 18, 20, 22),
        _subset_cardinality,
    ),
)

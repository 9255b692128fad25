"""Counting and ordering principles that are easy to state and long to refute by resolution.

Each principle alone ignores a seed; random sub-structures that keep the contradiction make seeds differ.
"""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt

from ..cnf import Cnf
from ..encodings.builder import CnfBuilder
from ..encodings.cardinality import at_most, at_most_one, exactly_one
from .family import Family
from .random_graphs import incidence, random_regular

_BANNED = 0.15  # share of pigeon-hole pairs that are left out: seeds differ and the formula stays about as hard


def _places(pigeons: int, holes: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Return which holes each pigeon may use: bool, (pigeons, holes), at least one in each row."""
    allowed = rng.random((pigeons, holes)) >= _BANNED
    allowed[np.arange(pigeons), rng.integers(0, holes, pigeons)] = True
    return allowed


def _variables(builder: CnfBuilder, allowed: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Give a variable to every allowed pair, row by row, and 0 to the others."""
    table = np.zeros(allowed.shape, np.int64)
    table[allowed] = builder.vars(int(allowed.sum()))
    return table


def _present(line: npt.NDArray[np.int64]) -> list[int]:
    return line[line > 0].tolist()


def _pigeonhole(n: int, rng: np.random.Generator) -> Cnf:
    """Put n + 1 pigeons into n holes."""
    builder = CnfBuilder()
    table = _variables(builder, _places(n + 1, n, rng))
    builder.extend(_present(row) for row in table)
    for column in table.T:
        at_most_one(builder, _present(column))
    return builder.build()


def _bijective_pigeonhole(n: int, rng: np.random.Generator) -> Cnf:
    """Map n + 1 pigeons one-to-one onto n holes: both the functional and the onto axioms."""
    builder = CnfBuilder()
    table = _variables(builder, _places(n + 1, n, rng))
    for line in (*table, *table.T):
        if _present(line):
            exactly_one(builder, _present(line))
    return builder.build()


def _two_per_hole(n: int, rng: np.random.Generator) -> Cnf:
    """Put 2n + 1 pigeons into n holes of capacity two, counted sequentially."""
    builder = CnfBuilder()
    table = _variables(builder, _places(2 * n + 1, n, rng))
    builder.extend(_present(row) for row in table)
    for column in table.T:
        at_most(builder, _present(column), 2)
    return builder.build()


def _perfect_matching(n: int, rng: np.random.Generator) -> Cnf:
    """Match all vertices of a random 4-regular graph with an odd number 2n + 1 of them."""
    builder = CnfBuilder()
    edges = random_regular(2 * n + 1, 4, rng)
    variables = builder.vars(len(edges))
    for around in incidence(2 * n + 1, edges):
        exactly_one(builder, [variables[e] for e in around])
    return builder.build()


def _dominoes(n: int, rng: np.random.Generator) -> Cnf:
    """Tile a 2n x 2n board with dominoes after two cells of one colour were cut out.

    Besides, n random neighbouring pairs may hold no domino.
    """
    side = 2 * n
    white = [(r, c) for r in range(side) for c in range(side) if (r + c) % 2 == 0]
    gone = {white[i] for i in rng.choice(len(white), 2, replace=False)}
    cells = [(r, c) for r in range(side) for c in range(side) if (r, c) not in gone]
    dominoes = [((r, c), other) for r, c in cells for other in ((r, c + 1), (r + 1, c))]
    dominoes = [pair for pair in dominoes if pair[1] in set(cells)]
    kept = np.sort(rng.choice(len(dominoes), len(dominoes) - n, replace=False))
    builder = CnfBuilder()
    covering: dict[tuple[int, int], list[int]] = {cell: [] for cell in cells}
    for i in kept:
        variable = builder.var()
        for cell in dominoes[i]:
            covering[cell].append(variable)
    for literals in covering.values():
        exactly_one(builder, literals)
    return builder.build()


def _ordering(n: int, rng: np.random.Generator) -> Cnf:
    """Order n elements totally so that none is least among its neighbours in a dense random graph.

    The graph ordering principle; on the complete graph it is GT_n.
    """
    builder = CnfBuilder()
    index = {}
    for pair in combinations(range(n), 2):
        index[pair] = builder.var()

    def less(a: int, b: int) -> int:
        return index[a, b] if a < b else -index[b, a]

    for a, b, c in permutations(range(n), 3):
        if a == min(a, b, c):  # each cyclic triple once
            builder.add(-less(a, b), -less(b, c), -less(c, a))
    near = np.triu(rng.random((n, n)) < 0.9, 1)
    near |= near.T
    for a in range(n):
        builder.add(*(less(b, a) for b in range(n) if near[a, b] or abs(a - b) == 1))
    return builder.build()


def _clique_colouring(n: int, rng: np.random.Generator) -> Cnf:
    """Find a graph of n vertices with a clique of 4 and a colouring with 3 colours; n / 2 random edges are given."""
    clique, colours = 4, 3
    builder = CnfBuilder()
    edge = {pair: builder.var() for pair in combinations(range(n), 2)}
    member = [builder.vars(n) for _ in range(clique)]
    colour = [builder.vars(colours) for _ in range(n)]
    builder.extend(member)
    for p, q in combinations(range(clique), 2):
        for u, v in permutations(range(n), 2):
            builder.add(-member[p][u], -member[q][v], edge[min(u, v), max(u, v)])
        builder.extend([-member[p][u], -member[q][u]] for u in range(n))
    builder.extend(colour)
    for (u, v), e in edge.items():
        builder.extend([-e, -colour[u][c], -colour[v][c]] for c in range(colours))
    pairs = list(edge.values())
    for i in rng.choice(len(pairs), n // 2, replace=False):
        builder.add(pairs[i] * int(rng.choice((-1, 1))))
    return builder.build()


FAMILIES = (
    Family("pigeonhole", "n + 1 pigeons into n holes", "cardinality", "unsat", (4, 7, 8, 9, 10, 11), _pigeonhole),
    Family(
        "bijective-pigeonhole",
        "n + 1 pigeons one-to-one onto n holes",
        "cardinality",
        "unsat",
        (4, 7, 8, 9, 10, 11),
        _bijective_pigeonhole,
    ),
    Family(
        "two-per-hole",
        "2n + 1 pigeons into n holes of capacity two",
        "cardinality",
        "unsat",
        (3, 4, 5, 6, 7, 8, 9),
        _two_per_hole,
    ),
    Family(
        "perfect-matching",
        "perfect matching of a random 4-regular graph of 2n + 1 vertices",
        "cardinality",
        "unsat",
        (4, 16, 20, 24, 26, 28, 30, 32),
        _perfect_matching,
    ),
    Family(
        "dominoes", "domino tiling of a mutilated 2n x 2n board", "cardinality", "unsat", (2, 4, 5, 6, 7, 8), _dominoes
    ),
    Family(
        "ordering",
        "total order of n elements without a least one",
        "cardinality",
        "unsat",
        (8, 20, 30, 40, 50, 60, 70, 80),
        _ordering,
    ),
    Family(
        "clique-colouring",
        "graph of n vertices with a 4-clique and a 3-colouring",
        "cardinality",
        "unsat",
        (5, 7, 9, 10, 11, 12, 13),
        _clique_colouring,
    ),
)

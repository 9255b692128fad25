"""Families made of parity constraints: Tseitin formulas, linear systems, noisy parities and decoding."""

from __future__ import annotations

import numpy as np

from ..cnf import Cnf
from ..encodings.builder import CnfBuilder
from ..encodings.cardinality import at_most
from ..encodings.xor import add_xor
from .family import Family
from .random_graphs import Edges, incidence, random_regular


def _tseitin(n: int, edges: Edges, rng: np.random.Generator) -> Cnf:
    """Ask for edge values whose sum at every vertex is its charge; the charges sum to odd, so there are none."""
    charge = rng.integers(0, 2, n)
    incident = incidence(n, edges)
    if charge.sum() % 2 == 0:
        charge[int(np.argmax([len(around) for around in incident]))] ^= 1
    builder = CnfBuilder()
    variables = builder.vars(len(edges))
    longest = max(len(around) for around in incident)
    for around, parity in zip(incident, charge.tolist(), strict=True):
        add_xor(builder, [variables[e] for e in around], bool(parity), cut=max(3, longest))
    return builder.build()


def _tseitin_torus(k: int, rng: np.random.Generator) -> Cnf:
    """Take the k x 3k torus without k random edges: a whole torus would be the same formula for every seed."""
    rows, columns = k, 3 * k
    cell = np.arange(rows * columns).reshape(rows, columns)
    right = np.column_stack([cell.ravel(), np.roll(cell, -1, axis=1).ravel()])
    down = np.column_stack([cell.ravel(), np.roll(cell, -1, axis=0).ravel()])
    edges = np.concatenate([right, down])
    kept = np.sort(rng.choice(len(edges), len(edges) - k, replace=False))
    return _tseitin(rows * columns, edges[kept], rng)


def _tseitin_regular(n: int, rng: np.random.Generator) -> Cnf:
    return _tseitin(2 * n, random_regular(2 * n, 4, rng), rng)


def _contradictory(system: list[int]) -> bool:
    """Tell by elimination whether a linear system over GF(2) has no solution; bit 0 of a row is its right side."""
    pivots: dict[int, int] = {}
    for row in system:
        rest = row
        while rest > 1 and rest.bit_length() in pivots:
            rest ^= pivots[rest.bit_length()]
        if rest == 1:
            return True
        pivots[rest.bit_length()] = rest
    return False


def _linear_system(n: int, rng: np.random.Generator) -> Cnf:
    """Take n + 4 equations of four of n variables each, drawn again until they contradict one another."""
    while True:
        left = [np.sort(rng.choice(n, 4, replace=False)) + 1 for _ in range(n + 4)]
        right = rng.integers(0, 2, n + 4).tolist()
        if _contradictory(
            [sum(1 << x for x in row.tolist()) + parity for row, parity in zip(left, right, strict=True)]
        ):
            break
    builder = CnfBuilder(n)
    for row, parity in zip(left, right, strict=True):
        add_xor(builder, row.tolist(), bool(parity))
    return builder.build()


def _parity_learning(n: int, rng: np.random.Generator) -> Cnf:
    """Find n secret bits from 2n random parities of them, of which at most an eighth are wrong.

    The minimal disagreement parity problem of Crawford, Kearns and Schapire (1994), behind the ``parity32``
    benchmarks.
    """
    m, wrong = 2 * n, 2 * n // 8
    builder = CnfBuilder()
    secret, noise = builder.vars(n), builder.vars(m)
    hidden = rng.integers(0, 2, n)
    flipped = np.zeros(m, np.int64)
    flipped[rng.choice(m, wrong, replace=False)] = 1
    for i in range(m):
        taken = rng.integers(0, 2, n)
        parity = (taken @ hidden + flipped[i]) % 2
        add_xor(builder, [secret[j] for j in np.flatnonzero(taken)] + [noise[i]], bool(parity))
    at_most(builder, noise, wrong)
    return builder.build()


def _syndrome_decoding(n: int, rng: np.random.Generator) -> Cnf:
    """Find an error vector of weight n / 10 with a given syndrome in a random code of length n and rate 1/2.

    The weight lies a little below the Gilbert-Varshamov distance 0.11 n, where decoding is hardest and the
    hidden error is most likely the only one.
    """
    checks, weight = n // 2, n // 10
    builder = CnfBuilder()
    error = builder.vars(n)
    hidden = np.zeros(n, np.int64)
    hidden[rng.choice(n, weight, replace=False)] = 1
    for i in range(checks):
        row = np.concatenate([np.arange(checks) == i, rng.integers(0, 2, n - checks)])
        add_xor(builder, [error[j] for j in np.flatnonzero(row)], bool(row @ hidden % 2))
    at_most(builder, error, weight)
    return builder.build()


def _hashed_3sat(n: int, rng: np.random.Generator) -> Cnf:
    """Add n / 3 random parities of five variables to loose 3-SAT (3 clauses a variable), as model counters do."""
    builder = CnfBuilder(n)
    for _ in range(3 * n):
        variables = 1 + rng.choice(n, 3, replace=False)
        builder.add(*(variables * rng.choice((-1, 1), 3)).tolist())
    for _ in range(n // 3):
        row = 1 + np.sort(rng.choice(n, 5, replace=False))
        add_xor(builder, row.tolist(), bool(rng.integers(2)), cut=5)
    return builder.build()


FAMILIES = (
    Family("tseitin-torus", "Tseitin formula of the k x 3k torus", "xor", "unsat", (2, 3, 4, 5, 6), _tseitin_torus),
    Family(
        "tseitin-regular",
        "Tseitin formula of a random 4-regular graph of 2n vertices",
        "xor",
        "unsat",
        (4, 10, 12, 14, 16, 18, 20, 22),
        _tseitin_regular,
    ),
    Family(
        "linear-4xor",
        "contradictory random system of parities of four among n variables",
        "xor",
        "unsat",
        (10, 40, 90, 110, 120, 130, 140, 150, 160),
        _linear_system,
    ),
    Family(
        "parity-learning",
        "n secret bits from noisy parities",
        "xor",
        "sat",
        (8, 14, 18, 20, 21, 22, 24),
        _parity_learning,
    ),
    Family(
        "syndrome-decoding",
        "low-weight error of a random code of length n",
        "xor",
        "sat",
        (20, 40, 50, 60, 65, 70, 80),
        _syndrome_decoding,
    ),
    Family(
        "hashed-3sat",
        "loose random 3-SAT of n variables under random parities",
        "xor",
        "either",
        (20, 100, 130, 150, 170, 180, 190, 200, 210),
        _hashed_3sat,
    ),
)

"""Combinatorial designs and extremal colourings: regular questions that a seed varies by given or forbidden parts."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..cnf import Cnf
from ..encodings.builder import CnfBuilder
from ..encodings.cardinality import at_most, at_most_one, exactly_one
from .family import Family

#: Least n for which every 2-colouring of 1..n has 3 equally spaced numbers of the first colour or k of the second.
_VAN_DER_WAERDEN_3 = {4: 18, 5: 22, 6: 32, 7: 46, 8: 58, 9: 77, 10: 97, 11: 114, 12: 135, 13: 160}


def _van_der_waerden(k: int, rng: np.random.Generator) -> Cnf:
    """Colour 1..w(3, k) without forbidden progressions; two random numbers have the first colour."""
    n = _VAN_DER_WAERDEN_3[k]
    builder = CnfBuilder(n)
    for length, sign in ((3, -1), (k, 1)):
        for step in range(1, n):
            for start in range(1, n - (length - 1) * step + 1):
                builder.add(*(sign * (start + i * step) for i in range(length)))
    builder.extend([int(x)] for x in 1 + rng.choice(n, 2, replace=False))
    return builder.build()


def _pythagorean(n: int, rng: np.random.Generator) -> Cnf:
    """Colour 1..n with two colours, no Pythagorean triple in one; a fiftieth of the numbers is left out.

    Possible up to n = 7824 (Heule, Kullmann and Marek, SAT 2016).
    """
    kept = rng.random(n + 1) >= 0.02
    kept[0] = False
    variable = np.cumsum(kept) * kept
    builder = CnfBuilder(int(kept.sum()))
    for a in range(3, n):
        b = np.arange(a + 1, n)
        c = np.sqrt(a * a + b * b).astype(np.int64)  # exact for squares below 2^52
        found = (c <= n) & (c * c == a * a + b * b)
        for triple in variable[np.column_stack([np.full(found.sum(), a), b[found], c[found]])].tolist():
            if all(triple):
                builder.add(*triple)
                builder.add(*(-x for x in triple))
    return builder.build()


def _schur(n: int, rng: np.random.Generator) -> Cnf:
    """Colour 1..n with five colours so that a + b = c never happens in one; a twentieth of the sums is left out.

    Possible up to n = 160 even with all sums (Heule, AAAI 2018).
    """
    builder = CnfBuilder()
    colour = [builder.vars(5) for _ in range(n)]
    for row in colour:
        exactly_one(builder, row)
    for c in range(2, n + 1):
        for a in range(1, c // 2 + 1):
            if rng.random() >= 0.05:
                builder.extend(sorted({-colour[x - 1][i] for x in (a, c - a, c)}, reverse=True) for i in range(5))
    return builder.build()


def _paley(rng: np.random.Generator) -> dict[tuple[int, int], bool]:
    """Return the Paley graph of 17 vertices, relabelled: the only graph of its order without K4 in it or beside it."""
    squares = {x * x % 17 for x in range(1, 17)}
    label = rng.permutation(17)
    return {(u, v): int(label[u] - label[v]) % 17 in squares for u, v in combinations(range(17), 2)}


def _ramsey(free: int, rng: np.random.Generator) -> Cnf:
    """Colour the edges of K18 without a K4 in one colour, which R(4, 4) = 18 forbids; 17 vertices are mostly given.

    All but ``free`` of their edges follow the Paley graph; those and the edges of vertex 18 are open.
    """
    given = _paley(rng)
    builder = CnfBuilder()
    edge = {pair: builder.var() for pair in combinations(range(18), 2)}
    for four in combinations(range(18), 4):
        six = [edge[pair] for pair in combinations(four, 2)]
        builder.add(*six)
        builder.add(*(-x for x in six))
    pairs = list(given)
    for i in np.sort(rng.permutation(len(pairs))[min(free, len(pairs)) :]):
        builder.add(edge[pairs[i]] if given[pairs[i]] else -edge[pairs[i]])
    return builder.build()


def _social_golfer(size: int, rng: np.random.Generator) -> Cnf:
    """Let 3 g golfers play in g groups of three for w weeks, no two together twice; size is 10 g + w.

    The first week is fixed to remove symmetry, and as many random pairs as there are groups must not meet at all.
    """
    groups, weeks = divmod(size, 10)
    players = 3 * groups
    builder = CnfBuilder()
    plays = [[builder.vars(groups) for _ in range(players)] for _ in range(weeks)]
    meets = {pair: builder.vars(weeks) for pair in combinations(range(players), 2)}
    for week in plays:
        for row in week:
            exactly_one(builder, row)
        for g in range(groups):
            at_most(builder, [row[g] for row in week], 3)
    for (a, b), together in meets.items():
        for w, week in enumerate(plays):
            builder.extend([-week[a][g], -week[b][g], together[w]] for g in range(groups))
        at_most_one(builder, together)
    builder.extend([plays[0][p][p // 3]] for p in range(players))
    apart = [pair for pair in meets if pair[0] // 3 != pair[1] // 3]
    for i in rng.choice(len(apart), groups, replace=False):
        builder.extend([-x] for x in meets[apart[i]])
    return builder.build()


def _costas(n: int, rng: np.random.Generator) -> Cnf:
    """Place n dots as a permutation with all difference vectors distinct; an eighth of the cells is blocked."""
    builder = CnfBuilder()
    dot = [builder.vars(n) for _ in range(n)]
    for i in range(n):
        exactly_one(builder, dot[i])
        exactly_one(builder, [row[i] for row in dot])
    for shift in range(1, n):
        # step[d]: the dots of columns i and i + shift differ by d; each d at most once for one shift
        steps: dict[int, list[int]] = {d: [] for d in range(1 - n, n) if d}
        for i in range(n - shift):
            step = {d: builder.var() for d in steps}
            for a in range(n):
                builder.extend([-dot[i][a], -dot[i + shift][b], step[b - a]] for b in range(n) if a != b)
            for d, x in step.items():
                steps[d].append(x)
        for same in steps.values():
            at_most_one(builder, same)
    blocked = np.argwhere(rng.random((n, n)) < 0.125)
    builder.extend([-dot[i][a]] for i, a in blocked)
    return builder.build()


def _langford(n: int, rng: np.random.Generator) -> Cnf:
    """Order two copies each of 1..n so that the copies of k have k numbers between them.

    Possible only if n or n + 1 is a multiple of four. Each placement is left out with probability 0.05.
    """
    builder = CnfBuilder()
    at: list[list[int]] = [[] for _ in range(2 * n)]
    for k in range(1, n + 1):
        places = [i for i in range(2 * n - k - 1) if rng.random() >= 0.05]
        literals = builder.vars(len(places))
        exactly_one(builder, literals)
        for i, x in zip(places, literals, strict=True):
            at[i].append(x)
            at[i + k + 1].append(x)
    for literals in at:
        exactly_one(builder, literals)
    return builder.build()


def _queens(n: int, rng: np.random.Generator) -> Cnf:
    """Place n queens on an n x n board of which about 8 random cells a row are open.

    A whole board has about (0.143 n)^n solutions (Simkin 2021), so that 1.14^n are expected: few, and hard to find.
    """
    builder = CnfBuilder()
    lines: dict[tuple[str, int], list[int]] = {}
    for r, c in np.argwhere(rng.random((n, n)) < 8 / n).tolist():
        x = builder.var()
        for line in (("row", r), ("column", c), ("rising", r + c), ("falling", r - c)):
            lines.setdefault(line, []).append(x)
    for (kind, _), literals in lines.items():
        if kind in ("row", "column"):
            builder.add(*literals)
        at_most_one(builder, literals)
    return builder.build()


FAMILIES = (
    Family(
        "van-der-waerden",
        "2-colouring of 1..w(3, k)",
        "design",
        "unsat",
        (6, 8, 9, 10, 11, 12, 13),
        _van_der_waerden,
    ),
    Family(
        "pythagorean-triples",
        "2-colouring of 1..n without Pythagorean triples",
        "design",
        "sat",
        (100, 2000, 5000, 5700, 6000, 6200, 6400, 6600),
        _pythagorean,
    ),
    Family("schur", "5-colouring of 1..n without sums", "design", "sat", (20, 90, 100, 110, 120, 125, 130), _schur),
    Family(
        "ramsey",
        "K18 without a one-coloured K4, n edges of K17 open",
        "design",
        "unsat",
        (10, 60, 85, 92, 95, 98, 101, 104),
        _ramsey,
    ),
    Family(
        "social-golfer",
        "g groups of 3 for w weeks, size 10 g + w",
        "design",
        "either",
        (33, 44, 55, 56, 65, 66, 67, 77),
        _social_golfer,
    ),
    Family("costas", "Costas array of order n", "design", "either", (5, 10, 12, 14, 15, 16, 17), _costas),
    Family("langford", "Langford pairing of 1..n", "design", "either", (5, 7, 8, 9, 10, 11, 12), _langford),
    Family(
        "queens",
        "n queens on a board with blocked cells",
        "design",
        "either",
        (12, 30, 40, 45, 50, 55, 60, 65),
        _queens,
    ),
)

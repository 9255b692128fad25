"""Cardinality constraints as clauses: pairwise, sequential counter and totalizer.

The choice matters to solvers: pairwise clauses are short and many, the counter propagates along a chain, the
totalizer along a balanced tree. All three are arc-consistent under unit propagation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from .builder import CnfBuilder


def at_most_one(builder: CnfBuilder, literals: Sequence[int]) -> None:
    """Forbid every pair: n (n - 1) / 2 clauses and no new variable; ``at_most(..., 1)`` is linear instead."""
    for a, b in combinations(literals, 2):
        builder.add(-a, -b)


def exactly_one(builder: CnfBuilder, literals: Sequence[int]) -> None:
    """Require one literal by a clause and forbid every pair."""
    builder.add(*literals)
    at_most_one(builder, literals)


def at_most(builder: CnfBuilder, literals: Sequence[int], bound: int) -> None:
    """Let at most ``bound`` of n literals be true, by the sequential counter.

    Sinz, "Towards an optimal CNF encoding of Boolean cardinality constraints", CP 2005: (n - 1) bound new
    variables and about 2 n bound clauses. The variable of row i and column j says that more than j of the first
    i + 1 literals are true.
    """
    n = len(literals)
    if bound < 0:
        builder.add()
        return
    if bound >= n:
        return
    if bound == 0:
        builder.extend([-x] for x in literals)
        return
    before: list[int] = []
    for i, x in enumerate(literals[:-1]):
        count = builder.vars(bound)
        builder.add(-x, count[0])
        if i == 0:
            builder.extend([-c] for c in count[1:])
        else:
            builder.add(-before[0], count[0])
            for j in range(1, bound):
                builder.add(-x, -before[j - 1], count[j])
                builder.add(-before[j], count[j])
            builder.add(-x, -before[-1])
        before = count
    builder.add(-literals[-1], -before[-1])


def at_least(builder: CnfBuilder, literals: Sequence[int], bound: int) -> None:
    """Let at least ``bound`` literals be true: one clause for 1, else a counter over the negations."""
    if bound == 1:
        builder.add(*literals)
    elif bound > 1:
        at_most(builder, [-x for x in literals], len(literals) - bound)


def exactly(builder: CnfBuilder, literals: Sequence[int], bound: int) -> None:
    """Let exactly ``bound`` literals be true, by two counters."""
    at_least(builder, literals, bound)
    at_most(builder, literals, bound)


def totalizer(builder: CnfBuilder, literals: Sequence[int], limit: int) -> list[int]:
    """Count true literals in unary, up to ``limit``, by a balanced tree of mergers.

    Bailleux and Boufkhad, "Efficient CNF encoding of Boolean cardinality constraints", CP 2003.

    Returns:
        min(limit, n) literals; number j is true if and only if more than j of the given ones are. Assert the
        negation of number k to allow at most k, or assert number k - 1 to ask for at least k.
    """
    if len(literals) <= 1 or limit == 0:
        return list(literals[:limit])
    half = len(literals) // 2
    left = totalizer(builder, literals[:half], limit)
    right = totalizer(builder, literals[half:], limit)
    total = builder.vars(min(limit, len(left) + len(right)))
    for a in range(len(left) + 1):
        for b in range(len(right) + 1):
            # a true on the left and b on the right make at least a + b in total ...
            if 0 < a + b <= len(total):
                builder.add(*(-x for x in left[:a][-1:] + right[:b][-1:]), total[a + b - 1])
            # ... and no more than a and no more than b make no more than a + b.
            if a + b < len(total):
                builder.add(*left[a : a + 1], *right[b : b + 1], -total[a + b])
    return total

"""Encodings against brute force: the models, projected onto the inputs, are exactly the allowed assignments."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from pysat.solvers import Solver

from edasat.sat.encodings.builder import CnfBuilder
from edasat.sat.encodings.cardinality import at_least, at_most, at_most_one, exactly, exactly_one, totalizer
from edasat.sat.encodings.xor import add_xor


def allowed(n: int, encode: Callable[[CnfBuilder, list[int]], object]) -> set[tuple[bool, ...]]:
    """Return the input assignments that extend to a model; every second input is a negative literal."""
    builder = CnfBuilder()
    literals = [x if x % 2 else -x for x in builder.vars(n)]
    encode(builder, literals)
    found = set()
    with Solver("minisat22", bootstrap_with=builder.build().to_lists()) as solver:
        for values in product((False, True), repeat=n):
            if solver.solve([x if value else -x for x, value in zip(literals, values, strict=True)]):
                found.add(values)
    return found


def counting(n: int, accept: Callable[[int], bool]) -> set[tuple[bool, ...]]:
    return {values for values in product((False, True), repeat=n) if accept(sum(values))}


@pytest.mark.parametrize("n", range(7))
def test_at_most_one_and_exactly_one(n: int) -> None:
    assert allowed(n, at_most_one) == counting(n, lambda count: count <= 1)
    assert allowed(n, exactly_one) == counting(n, lambda count: count == 1)


@pytest.mark.parametrize("n", range(7))
@pytest.mark.parametrize("bound", range(-1, 8))
def test_counters(n: int, bound: int) -> None:
    assert allowed(n, lambda b, x: at_most(b, x, bound)) == counting(n, lambda count: count <= bound)
    assert allowed(n, lambda b, x: at_least(b, x, bound)) == counting(n, lambda count: count >= bound)
    assert allowed(n, lambda b, x: exactly(b, x, bound)) == counting(n, lambda count: count == bound)


def test_at_most_has_the_published_size() -> None:
    builder = CnfBuilder()
    at_most(builder, builder.vars(10), 3)
    assert builder.num_vars == 10 + 9 * 3
    assert builder.num_clauses == 2 * 10 * 3 + 10 - 3 * 3 - 1  # 2nk + n - 3k - 1, table 1 of the paper


@pytest.mark.parametrize("n", range(7))
@pytest.mark.parametrize("limit", range(8))
def test_totalizer_counts_both_ways(n: int, limit: int) -> None:
    builder = CnfBuilder()
    inputs = builder.vars(n)
    outputs = totalizer(builder, inputs, limit)
    assert len(outputs) == min(n, limit)
    with Solver("minisat22", bootstrap_with=builder.build().to_lists()) as solver:
        for values in product((False, True), repeat=n):
            consistent, implied = solver.propagate([x if v else -x for x, v in zip(inputs, values, strict=True)])
            assert consistent
            expected = [out if j < sum(values) else -out for j, out in enumerate(outputs)]
            assert set(expected) <= set(implied)


@pytest.mark.parametrize("n", range(9))
@pytest.mark.parametrize("parity", [False, True])
@pytest.mark.parametrize("cut", [3, 4, 6])
def test_xor(n: int, parity: bool, cut: int) -> None:
    assert allowed(n, lambda b, x: add_xor(b, x, parity, cut)) == counting(n, lambda count: count % 2 == parity)


def test_xor_pieces_are_short_and_cut_is_checked() -> None:
    builder = CnfBuilder()
    add_xor(builder, builder.vars(20), True, 5)
    assert builder.build().clause_lengths.max() == 5
    with pytest.raises(ValueError, match="cut must be at least 3"):
        add_xor(builder, [1, 2], True, 2)

"""The Tseitin encodings: models of the formula restricted to inputs are exactly the patterns of the circuit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysat.solvers import Solver

from edasat.eda.aig import Aig
from edasat.eda.aig_builder import AigBuilder
from edasat.eda.circuits.random_logic import random_aig
from edasat.sat.cnf import Cnf
from edasat.sat.encodings import CnfBuilder, tseitin

OPTIONS = [{"polarity_aware": p, "detect_gates": d} for p in (False, True) for d in (False, True)]


def satisfied_patterns(cnf: Cnf, num_inputs: int) -> set[tuple[int, ...]]:
    """Return the input patterns that extend to a model."""
    found = set()
    with Solver(name="minisat22", bootstrap_with=cnf.to_lists()) as solver:
        for pattern in itertools.product((0, 1), repeat=num_inputs):
            if solver.solve(assumptions=[v if bit else -v for v, bit in enumerate(pattern, 1)]):
                found.add(pattern)
    return found


def true_patterns(aig: Aig, literals: list[int]) -> set[tuple[int, ...]]:
    """Return the input patterns under which all literals hold, by simulation."""
    patterns = list(itertools.product((0, 1), repeat=aig.num_inputs))
    words = np.array([[p[i] for p in patterns] for i in range(aig.num_inputs)], np.uint64)
    values = aig.evaluate(words) & np.uint64(1)
    return {p for k, p in enumerate(patterns) if all(int(values[l >> 1, k]) ^ l & 1 for l in literals)}


@pytest.mark.parametrize("options", OPTIONS)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_models_are_the_true_patterns(options: dict[str, bool], seed: int) -> None:
    rng = np.random.default_rng(seed)
    aig = random_aig(5, 40, 3, rng)
    asserted = rng.integers(2, 2 * aig.num_nodes, 2).tolist()
    cnf = tseitin(aig, asserted=asserted, **options)
    assert satisfied_patterns(cnf, 5) == true_patterns(aig, asserted)


@pytest.mark.parametrize("options", OPTIONS)
def test_constants_and_equal_fanins(options: dict[str, bool]) -> None:
    """Graphs from files need not be hashed: gates may read constants, or one literal twice."""
    ands = np.array([[2, 1], [6, 0], [6, 6], [7, 9], [11, 13]], np.int32)
    aig = Aig(2, ands, np.array([14], np.int32))
    for literal in range(2 * aig.num_nodes):
        cnf = tseitin(aig, asserted=[literal], **options)
        assert satisfied_patterns(cnf, 2) == true_patterns(aig, [literal])


@pytest.mark.parametrize(
    ("build", "clauses"),
    [(lambda b, x, y, z: b.xor(x, y), 4), (lambda b, x, y, z: b.mux(x, y, z), 4), (lambda b, x, y, z: b.and_(x, y), 3)],
)
def test_recognised_gates_take_one_variable(build, clauses: int) -> None:
    b = AigBuilder()
    x, y, z = b.inputs(3)
    b.output(build(b, x, y, z))
    cnf = tseitin(b.build(), detect_gates=True)
    assert (cnf.num_vars, cnf.num_clauses) == (4, clauses + 1)


def test_polarity_leaves_clauses_out() -> None:
    aig = random_aig(8, 300, 1, np.random.default_rng(3))
    assert tseitin(aig, polarity_aware=True).num_clauses < tseitin(aig).num_clauses


def test_only_the_cone_is_encoded() -> None:
    aig = random_aig(8, 300, 4, np.random.default_rng(3))
    cone = aig.cone(aig.outputs[:1])[aig.first_and :].sum()
    assert tseitin(aig, asserted=aig.outputs[:1]).num_vars == 8 + cone


def test_asserted_constants() -> None:
    aig = Aig(1, np.zeros((0, 2), np.int32), np.array([1, 0], np.int32))
    assert tseitin(aig, asserted=[1]).to_lists() == []
    assert tseitin(aig, asserted=[0]).to_lists() == [[]]
    with pytest.raises(ValueError, match="asserted literals"):
        tseitin(aig, asserted=[4])


def test_builder_collects_clauses() -> None:
    b = CnfBuilder(2)
    assert b.var() == 3
    assert b.vars(2) == [4, 5]
    b.add(1, -5)
    b.add()
    b.extend([[2], [-3, 4]])
    cnf = b.build("name", ["why"])
    assert cnf.to_lists() == [[1, -5], [], [2], [-3, 4]]
    assert (cnf.num_vars, cnf.name, cnf.comments, b.num_clauses) == (5, "name", ("why",), 4)
    b.add(6)
    with pytest.raises(ValueError, match="variable 6"):
        b.build()

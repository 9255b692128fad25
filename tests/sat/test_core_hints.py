"""Clause hints: blocked clauses, satisfied clauses, and the short search."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pysat.solvers import Solver

from edasat.sat.cnf import Cnf
from edasat.sat.families import generate
from edasat.sat.features.elimination import eliminate
from edasat.sat.features.hints import CLAUSE_HINTS, clause_hints
from edasat.sat.features.search_probe import search_probe
from edasat.sat.tripartite import tripartite_arrays

literal = st.integers(-8, 8).filter(bool)
formulas = st.lists(st.lists(literal, max_size=4), max_size=40).map(lambda rows: Cnf.from_clauses(rows, 8))


def satisfiable(cnf: Cnf) -> bool:
    if not cnf.clause_lengths.all():
        return False
    with Solver("cadical195", bootstrap_with=cnf.to_lists()) as solver:
        return bool(solver.solve())


@given(formulas)
def test_what_is_eliminated_is_not_needed(cnf: Cnf):
    found = eliminate(tripartite_arrays(cnf))
    answer = satisfiable(cnf)
    assert satisfiable(cnf.select(found.blocked_round == 0)) == answer
    assert satisfiable(cnf.select(~found.satisfied)) == answer


@given(formulas)
def test_a_refutation_is_a_core(cnf: Cnf):
    found = search_probe(tripartite_arrays(cnf))
    assert found.refuted == (not satisfiable(cnf)), "formulas this small are always decided"
    if found.refuted:
        assert not satisfiable(cnf.select(found.needed > 0))
    assert ((found.needed >= 0) & (found.needed <= 1)).all()


def test_cores_of_longer_searches():
    for seed in range(6):
        cnf = generate("random-3sat-unsat", 60, seed)
        found = search_probe(tripartite_arrays(cnf))
        assert found.refuted == (not satisfiable(cnf))
        if found.refuted:
            assert not satisfiable(cnf.select(found.needed > 0))


def test_cores_drawn_differ_and_their_frequency_counts_them():
    cnf = generate("open-shop", 8, 0)  # has many cores
    one, many = (search_probe(tripartite_arrays(cnf), max_cores=n) for n in (1, 8))
    assert one.refuted and (one.needed == many.needed).all() and (one.frequency == one.needed).all()
    assert len(np.unique(many.frequency)) > 2 and many.frequency.max() <= 1
    assert ((many.frequency * 8).round() == many.frequency * 8).all()
    assert not satisfiable(cnf.select(many.frequency > 0))


def test_an_unfinished_search_traces_what_it_learned():
    cnf = generate("multiplier-commutativity", 10, 0)
    found = search_probe(tripartite_arrays(cnf), max_conflicts=200)
    assert not found.refuted and found.conflicts == 200
    assert 0 < found.needed.max() <= 1 and len(np.unique(found.needed)) > 3
    assert 0 < found.uses.max() <= 200


def test_pure_literals_and_cones_go_round_by_round():
    # 3 is pure in the first clause, without which -2 is in the second; the rest is a contradiction.
    cnf = Cnf.from_clauses([[2, 3], [1, -2], [-1, 4], [-1, -4], [1, 4], [1, -4]])
    assert eliminate(tripartite_arrays(cnf)).blocked_round.tolist() == [1, 2, 0, 0, 0, 0]
    gate = Cnf.from_clauses([[-3, 1], [-3, 2], [3, -1, -2]])  # an output that nothing reads
    assert eliminate(tripartite_arrays(gate)).blocked_round.tolist() == [1, 1, 1]


def test_hints_are_finite_and_do_not_depend_on_order():
    cnf = generate("prime", 6, 0)
    x = clause_hints(tripartite_arrays(cnf))
    assert x.shape == (cnf.num_clauses, len(CLAUSE_HINTS)) and np.isfinite(x).all() and x.max() <= 2
    order = np.random.default_rng(0).permutation(cnf.num_clauses)
    shuffled = clause_hints(tripartite_arrays(cnf.select(order)))
    np.testing.assert_array_equal(shuffled[:, :3], x[order, :3])  # the search itself may go another way


def test_empty_formulas():
    assert clause_hints(tripartite_arrays(Cnf.from_clauses([]))).shape == (0, len(CLAUSE_HINTS))
    found = search_probe(tripartite_arrays(Cnf.from_clauses([[1], []])))
    assert found.refuted and found.needed.tolist() == [0, 1]

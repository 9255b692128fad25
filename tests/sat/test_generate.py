"""Popularity-Similarity formulas, the published core loop, and requirements that clash."""

import numpy as np
import numpy.typing as npt
import pytest
from pysat.solvers import Solver

from edasat.core.errors import CheckFailed
from edasat.sat.cnf import Cnf
from edasat.sat.families import generate
from edasat.sat.generate import (
    add_units,
    clashing_requirements,
    core_loop,
    exact_core,
    popularity_similarity,
    refine,
    surround,
)
from edasat.sat.generate.hardcore import decore


def satisfiable(cnf: Cnf) -> bool:
    with Solver("cadical195", bootstrap_with=cnf.to_lists()) as solver:
        return bool(solver.solve())


def quick_core(cnf: Cnf) -> npt.NDArray[np.int64]:
    """Find a core by assumptions, in this process: faster than proofs where formulas are tiny."""
    selectors = range(cnf.num_vars + 1, cnf.num_vars + 1 + cnf.num_clauses)
    with Solver("minisat22") as solver:
        for clause, selector in zip(cnf.to_lists(), selectors, strict=True):
            solver.add_clause([*clause, -selector])
        assert not solver.solve(assumptions=list(selectors))
        return np.sort(np.array(solver.get_core())) - cnf.num_vars - 1


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_regular_clauses_have_distinct_variables_and_fair_signs():
    f = popularity_similarity(100, 2000, rng(), clause_size=4)
    rows = np.abs(f.literals).reshape(2000, 4)
    assert (np.diff(np.sort(rows, axis=1), axis=1) > 0).all()
    assert abs((f.literals > 0).mean() - 0.5) < 0.05
    same = popularity_similarity(100, 2000, rng(), clause_size=4)
    assert f.content_hash() == same.content_hash()


def test_popular_variables_occur_more_with_beta():
    def top_share(beta: float) -> float:
        occurrences = np.bincount(np.abs(popularity_similarity(400, 3000, rng(), beta=beta, temperature=0.8).literals))
        return np.sort(occurrences)[-20:].sum() / occurrences.sum()

    assert top_share(0.0) < 0.12 < 0.2 < top_share(0.9)


def test_low_temperature_makes_clauses_local():
    def repeated_pairs(temperature: float) -> int:
        f = popularity_similarity(300, 2000, rng(), beta=0, temperature=temperature)
        rows = np.sort(np.abs(f.literals).reshape(-1, 3), axis=1)
        return len(rows) - len(np.unique(rows[:, :2], axis=0))

    assert repeated_pairs(0.2) > 3 * repeated_pairs(5.0)


def test_flexible_sizes_follow_the_popularity_of_clauses():
    f = popularity_similarity(300, 3000, rng(1), clause_size=1, extra_size=2.0)
    assert f.clause_lengths.min() >= 1
    assert f.num_literals == pytest.approx(3 * 3000, rel=0.05)
    spread = [
        popularity_similarity(300, 3000, rng(1), clause_size=0, extra_size=3.0, clause_beta=b).clause_lengths.std()
        for b in (0.0, 1.0)
    ]
    assert spread[0] < spread[1]


@pytest.mark.parametrize("options", [{"clause_size": 6}, {"clause_size": -1}, {"temperature": 0.0}])
def test_impossible_parameters_are_refused(options):
    with pytest.raises(ValueError, match=r"expected|temperature"):
        popularity_similarity(5, 10, rng(), **options)


def test_decoring_adds_a_literal_in_front():
    f = decore(Cnf.from_clauses([[1, 2], [], [-2]]), np.array([1, 2]), 3)
    assert f.to_lists() == [[1, 2], [3], [3, -2]]
    assert f.num_vars == 3


def test_the_core_is_mixed_into_the_noise():
    core = generate("pigeonhole", 4, 0)
    f, from_seed = surround(core, rng(), 200)
    assert f.num_clauses == 200 + core.num_clauses
    assert sorted(map(tuple, f.select(from_seed).to_lists())) == sorted(map(tuple, core.to_lists()))
    places = np.flatnonzero(from_seed)
    assert places.min() < 100 and places.max() > 100


def test_the_loop_ends_with_the_core_of_the_seed():
    seed = generate("prime", 6, 0)
    last = core_loop(seed, rng(), core_of=quick_core, per_step=8)
    assert last.done and len(last.decored)
    assert not satisfiable(last.cnf.select(last.core))
    touched = last.cnf.select(np.sort(last.decored))
    assert all(clause[0] == last.cnf.num_vars for clause in touched.to_lists())
    assert not set(last.decored.tolist()) & set(np.flatnonzero(last.from_seed).tolist())
    assert not satisfiable(last.cnf)


def test_a_step_touches_only_clauses_of_the_core_it_was_given():
    cnf, from_seed = surround(generate("pigeonhole", 4, 0), rng(), 60)
    guess = np.arange(0, cnf.num_clauses, 2)
    steps = list(refine(cnf, from_seed, rng(), core_of=lambda _: guess, per_step=5, max_steps=100))
    assert steps[-1].done
    assert sorted(steps[-1].decored.tolist()) == [i for i in guess if not from_seed[i]]
    assert [len(step.decored) for step in steps[:3]] == [0, 5, 10]


def test_no_core_of_a_satisfiable_formula():
    with pytest.raises(CheckFailed, match="sat"):
        exact_core()(Cnf.from_clauses([[1, 2]]))


def test_requirements_clash_only_all_together_and_not_by_propagation():
    cnf = generate("planted-3sat", 50, 0)
    units = clashing_requirements(cnf, rng(1))
    assert units is not None and units == clashing_requirements(cnf, rng(1))
    assert satisfiable(add_units(cnf, units[:-1])) and not satisfiable(add_units(cnf, units))
    with Solver("minisat22", bootstrap_with=cnf.to_lists()) as solver:
        assert solver.propagate(units)[0]
    assert clashing_requirements(Cnf.from_clauses([[1, 2]]), rng()) is None

"""Proving what a ranking puts first."""

import numpy as np
from pysat.solvers import Solver

from edasat.sat.cnf import Cnf
from edasat.sat.families import generate
from edasat.sat.proofs import find_core
from edasat.sat.ranked_core import prove_ranked


def unsatisfiable(cnf: Cnf) -> bool:
    with Solver("cadical195", bootstrap_with=cnf.to_lists()) as solver:
        return not solver.solve()


def test_a_perfect_ranking_needs_one_attempt():
    cnf = generate("bmc-arbiter-fair", 6, 0)
    core = find_core(cnf, confirm=False).clauses
    scores = np.zeros(cnf.num_clauses)
    scores[core] = 1
    found = prove_ranked(cnf, scores, len(core))
    assert [attempt.num_clauses for attempt in found.attempts] == [len(core)]
    assert found.core.proved and np.isin(found.core.clauses, core).all()


def test_models_point_at_what_is_missing():
    cnf = generate("bmc-arbiter-fair", 6, 0)
    core = find_core(cnf, confirm=False).clauses
    scores = np.zeros(cnf.num_clauses)
    scores[core] = 1
    scores[core[::10]] = 0
    found = prove_ranked(cnf, scores, int(scores.sum()))
    assert [attempt.status for attempt in found.attempts][-1] == "unsat" and len(found.attempts) > 1
    assert unsatisfiable(cnf.select(found.core.clauses))
    assert np.isin(found.core.clauses, found.tried).all()
    sizes = [attempt.num_clauses for attempt in found.attempts]
    assert sizes == sorted(set(sizes))


def test_a_useless_ranking_ends_with_the_whole_formula():
    cnf = generate("pigeonhole", 4, 0)  # every clause is needed
    found = prove_ranked(cnf, np.zeros(cnf.num_clauses), 1)
    assert found.core.proved and len(found.core.clauses) == cnf.num_clauses


def test_satisfiable_formulas_and_limits():
    cnf = Cnf.from_clauses([[1, 2], [-1, 2], [3]])
    found = prove_ranked(cnf, np.zeros(3), 1)
    assert found.core.status == "sat" and not len(cnf.falsified(found.core.model))
    hard = generate("pigeonhole", 10, 0)
    found = prove_ranked(hard, np.zeros(hard.num_clauses), hard.num_clauses, time_limit=0.2)
    assert not found.core.proved and found.core.status == "timeout"

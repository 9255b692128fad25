"""What the wheels do, against what their manuals say: each test fails when a new version behaves better.

Then the note in edasat.sat.solvers.engines can go. None of these calls stands anywhere in edasat.
"""

from __future__ import annotations

import warnings

import pytest
from pysat.solvers import NoSuchSolverError, Solver


def test_kissat_ignores_assumptions() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Solver("kissat404", bootstrap_with=[[1, -2], [-1, -2]]) as solver:
            assert solver.solve(assumptions=[2]) is True, "under the assumption 2 the formula is unsatisfiable"


def test_kissat_tells_no_statistics() -> None:
    with Solver("kissat404", bootstrap_with=[[1]]) as solver:
        solver.solve()
        with pytest.raises(NotImplementedError):
            solver.accum_stats()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["minisatgh", "cryptosat"])
def test_documented_names_that_do_not_exist(name: str) -> None:
    with pytest.raises(NoSuchSolverError):
        Solver(name)


def test_lingeling_cannot_be_interrupted() -> None:
    with Solver("lingeling", bootstrap_with=[[1]]) as solver, pytest.raises(NotImplementedError):
        solver.interrupt()

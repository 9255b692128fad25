from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pysat.solvers import Solver

from edasat.core.errors import InputError
from edasat.sat.cnf import Cnf
from edasat.sat.families import generate
from edasat.sat.proofs import check, checker, core, find_core, minimize
from edasat.sat.solvers import SolverRun

# A contradiction of six clauses (over 1 to 3) among clauses that nobody needs.
SMALL = [[1, 2], [-1, 3], [-3, 2], [-2, 1], [-2, -3], [-1, -2, 3]]
NOISE = [[v, v + 1, -(v + 2)] for v in range(4, 60)]


def is_satisfiable(formula: Cnf) -> bool:
    with Solver(name="minisat22", bootstrap_with=formula.to_lists()) as solver:
        return bool(solver.solve())


def with_noise() -> Cnf:
    rows = [*NOISE]
    for k, clause in enumerate(SMALL):
        rows.insert(9 * k, clause)
    return Cnf.from_clauses(rows)


def dense() -> Cnf:
    """Random clauses of three, so many that they cannot all be satisfied."""
    rng = np.random.default_rng(4)
    literals = (rng.integers(1, 31, 3 * 240) * rng.choice([-1, 1], 3 * 240)).astype(np.int32)
    return Cnf.from_arrays(np.arange(0, 3 * 240 + 1, 3), literals)


@pytest.mark.parametrize("engine", ["cadical195", "glucose42"])
def test_a_core_among_noise(engine: str) -> None:
    formula = with_noise()
    found = find_core(formula, engine=engine)
    assert (found.status, found.proved, found.confirmed, found.exit_code) == ("unsat", True, True, 0)
    assert {tuple(c) for c in formula.select(found.clauses).to_lists()} <= {tuple(c) for c in SMALL}
    assert found.proof is not None
    assert check(formula.select(found.clauses), found.proof).verified
    assert list(found.sizes) == sorted(found.sizes, reverse=True)
    assert set(found.cpu_s) == {"solve", "trim", "confirm"}


@given(st.lists(st.lists(st.integers(-5, 5).filter(bool), min_size=1, max_size=3), min_size=15, max_size=40))
@settings(max_examples=8)
def test_minimal_cores_lose_no_clause(clauses: list[list[int]]) -> None:
    formula = Cnf.from_clauses(clauses)
    assume(not is_satisfiable(formula))
    done = minimize(formula)
    assert done.minimal
    assert not is_satisfiable(formula.select(done.clauses))
    for left in done.clauses:
        assert is_satisfiable(formula.select(done.clauses[done.clauses != left])), "a clause was not necessary"


def test_a_minimal_core_has_its_own_proof() -> None:
    formula = dense()
    found = find_core(formula, minimal=True)
    assert found.minimal
    assert found.proof is not None
    part = formula.select(found.clauses)
    assert check(part, found.proof).verified
    assert all(is_satisfiable(part.select(np.delete(np.arange(part.num_clauses), k))) for k in range(part.num_clauses))


def test_minimising_stops_in_time_with_what_it_has() -> None:
    """The pigeonhole principle is minimal already, and each step of finding that out is hard."""
    noise = [[v, v + 1] for v in range(1000, 1200)]
    hard = generate("pigeonhole", 9, 1)
    formula = Cnf.from_clauses([*hard.to_lists(), *noise])
    started = time.monotonic()
    done = minimize(formula, time_limit=1.0)
    assert time.monotonic() - started < 30
    assert not done.minimal
    assert set(range(hard.num_clauses)) <= set(done.clauses.tolist())


def test_time_is_kept_for_proving_what_minimising_found() -> None:
    formula = Cnf.from_clauses([*generate("pigeonhole", 8, 1).to_lists(), *NOISE])
    found = find_core(formula, rounds=1, minimal=True, confirm=False, time_limit=4)
    assert found.proved
    assert found.proof is not None
    assert check(formula.select(found.clauses), found.proof).verified
    assert sum(found.cpu_s.values()) < 6


def test_a_failing_minimiser_costs_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edasat.sat.proofs.minimizer._ENGINE", "no such engine")
    found = find_core(with_noise(), minimal=True)
    assert (found.proved, found.minimal) == (True, False)
    assert found.detail.startswith("minimisation failed: ")


def test_satisfiable_formulas_have_a_model_and_no_core() -> None:
    formula = Cnf.from_clauses(NOISE)
    found = find_core(formula)
    assert (found.status, found.proved, found.exit_code, len(found.clauses)) == ("sat", False, 1, 0)
    assert found.model is not None
    assert not len(formula.falsified(found.model))


def test_time_is_up_while_solving() -> None:
    found = find_core(generate("pigeonhole", 11, 1), time_limit=0.2)
    assert (found.status, found.proved, found.exit_code) == ("timeout", False, 1)


def test_time_is_up_while_trimming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "check", lambda formula, proof, time_limit: check(formula, proof, time_limit=-1.0))
    monkeypatch.setattr(checker, "_VISITS_AT_ONCE", 10)
    found = find_core(generate("pigeonhole", 6, 1), time_limit=60)
    assert (found.status, found.proved) == ("timeout", False)
    assert "unsatisfiable" in found.detail


def test_degenerate_formulas() -> None:
    empty = find_core(Cnf.from_clauses([[1, 2], [], [3]]))
    assert (empty.clauses.tolist(), empty.proved, empty.exit_code) == ([1], True, 0)
    both = find_core(Cnf.from_clauses([[1, 1], [2], [-1, -1, -1]]), minimal=True)
    assert (both.clauses.tolist(), both.minimal) == ([0, 2], True)
    assert find_core(Cnf.from_clauses([])).status == "sat"


def test_engines_that_lie_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that calls a satisfiable formula unsatisfiable and writes a proof of it."""

    def liar(formula: Cnf, engine: str, **options: object) -> SolverRun:
        from pathlib import Path

        Path(str(options["proof"])).write_text("1 2 0\n0\n")
        return SolverRun(engine, "unsat", 0.1, 0.1, 0)

    monkeypatch.setattr(core, "solve", liar)
    found = find_core(Cnf.from_clauses([[1, 2], [-1, 2]]))
    assert (found.status, found.proved, found.exit_code) == ("unproved", False, 1)
    assert (
        found.detail == "the proof of cadical195 is wrong: line 2: the empty clause does not follow by unit propagation"
    )


def test_wrong_engines_are_refused() -> None:
    for engine in ("kissat404", "nonsense"):
        with pytest.raises(InputError):
            find_core(Cnf.from_clauses([[1]]), engine=engine)
    with pytest.raises(InputError, match="time limit"):
        find_core(Cnf.from_clauses([[1]]), time_limit=0)


def test_results_repeat() -> None:
    formula = dense()
    first, second = (find_core(formula, confirm=False) for _ in range(2))
    assert first.clauses.tolist() == second.clauses.tolist()
    assert first.sizes == second.sizes

"""Predicted cores from the command line and from Python, with the weights that ship."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pysat.solvers import Solver

from edasat import api
from edasat.core.errors import InputError
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.sat.families import generate
from edasat.tools.cli import main


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def unsatisfiable(cnf: Cnf) -> bool:
    with Solver("cadical195", bootstrap_with=cnf.to_lists()) as solver:
        return not solver.solve()


@pytest.fixture
def arbiter(tmp_path: Path) -> Path:
    write_dimacs(generate("bmc-arbiter-fair", 6, 99), tmp_path / "arbiter.cnf.gz")
    return tmp_path / "arbiter.cnf.gz"


def test_a_core_is_predicted_and_proved(arbiter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sat", "core", arbiter, "-o", tmp_path / "core.cnf", "--proof", tmp_path / "p.drat", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    core = read_dimacs(tmp_path / "core.cnf")
    assert told["proved"] and told["num_core_clauses"] == core.num_clauses < told["num_clauses"]
    assert set(told["cpu_s"]) == {"predict", "prove"} and told["attempts"][-1]["status"] == "unsat"
    assert unsatisfiable(core)
    assert api.check_proof(core, tmp_path / "p.drat").verified


def test_a_guess_is_ranked_and_not_proved(arbiter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sat", "core", arbiter, "--guess", "--json", "-o", tmp_path / "guess.cnf") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["proved"] is False and 0 < min(told["probabilities"]) <= max(told["probabilities"]) < 1
    guess = read_dimacs(tmp_path / "guess.cnf")
    assert guess.num_clauses == len(told["clause_numbers"]) < told["num_clauses"]
    formula = read_dimacs(arbiter)
    assert formula.select(np.sort(np.array(told["clause_numbers"])) - 1).to_lists() == guess.to_lists()
    assert run("sat", "core", arbiter, "--guess") == 0
    assert "predicted, not proved" in capsys.readouterr().out


def test_a_guess_runs_no_engine(arbiter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sat", "core", arbiter, "--guess", "--exact") == 2
    assert "a guess runs no engine" in capsys.readouterr().err


def test_satisfiable_formulas_and_empty_clauses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_dimacs(Cnf.from_clauses([[1, 2], [-1, 2]]), tmp_path / "sat.cnf")
    assert run("sat", "core", tmp_path / "sat.cnf") == 1
    assert "satisfiable: there is no core" in capsys.readouterr().out
    write_dimacs(Cnf.from_clauses([[1, 2], [], [-1]]), tmp_path / "empty.cnf")
    assert run("sat", "core", tmp_path / "empty.cnf", "--json") == 0
    assert json.loads(capsys.readouterr().out)["clause_numbers"] == [2]
    write_dimacs(Cnf.from_clauses([]), tmp_path / "none.cnf")
    assert run("sat", "core", tmp_path / "none.cnf") == 1


def test_limits_and_minimal_cores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_dimacs(generate("pigeonhole", 10, 0), tmp_path / "hard.cnf")
    assert run("sat", "core", tmp_path / "hard.cnf", "-t", "0.3") == 1
    assert "unknown: the time limit came first" in capsys.readouterr().out
    cnf = Cnf.from_clauses([[1], [-1, 2], [-1, 3], [-2, -3], [-2], [4, 5]])
    found = api.core(cnf, method="predicted", minimal=True)
    assert found.core.proved and found.core.minimal and found.core.clauses.tolist() == [0, 1, 4]
    assert found.prediction is not None and len(found.attempts) >= 1


def test_bad_calls(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown method"):
        api.core(Cnf.from_clauses([[1]]), method="guessed")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no proof"):
        api.core(Cnf.from_clauses([[1]]), method="predicted", engine="kissat404")
    with pytest.raises(InputError, match="no weights"):
        api.predict_core(Cnf.from_clauses([[1]]), weights=tmp_path)


def test_data_and_training_know_cores(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("data", "list", "--json") == 0
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} >= {"cores", "solver-runtimes"}
    assert run("data", "check", "cores", "--json") == 0
    assert json.loads(capsys.readouterr().out)["rows"] >= 400
    assert run("evaluate", "core", "-o", "x.json", "--work", "w", "--report", "r.html") == 2
    assert "no page of figures" in capsys.readouterr().err

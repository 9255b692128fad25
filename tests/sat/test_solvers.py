from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import dratify
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError, MissingToolError
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import format_dimacs
from edasat.sat.solvers import (
    DEFAULT_POOL,
    DEFAULT_PROOF_ENGINE,
    ENGINES,
    Workspace,
    find_engine,
    solve,
    solve_schedule,
)

WHEELS = [name for name, engine in ENGINES.items() if engine.backend != "program"]


def pigeonhole(holes: int) -> Cnf:
    """One pigeon too many: unsatisfiable, and hard for resolution from about 9 holes on."""
    at = {(p, h): p * holes + h + 1 for p in range(holes + 1) for h in range(holes)}
    clauses = [[at[p, h] for h in range(holes)] for p in range(holes + 1)]
    for h in range(holes):
        clauses += [[-at[p, h], -at[q, h]] for p, q in itertools.combinations(range(holes + 1), 2)]
    return Cnf.from_clauses(clauses)


def random_3sat(num_vars: int, num_clauses: int, seed: int) -> Cnf:
    rng = np.random.default_rng(seed)
    rows = [
        [int(v) * int(s) for v, s in zip(rng.choice(num_vars, 3, False) + 1, rng.choice([-1, 1], 3), strict=True)]
        for _ in range(num_clauses)
    ]
    return Cnf.from_clauses(rows, num_vars)


ODD = Cnf.from_clauses([[1, 1, -2], [2, -2], [-1, 3], [3], [-3, 4, 4, 4]], num_vars=9)


@pytest.mark.parametrize("engine", WHEELS)
def test_every_engine_answers_both_ways(engine: str) -> None:
    sat, unsat, odd = solve(random_3sat(40, 100, 1), engine, cpu_s=20), solve(pigeonhole(4), engine), solve(ODD, engine)
    assert (sat.status, unsat.status, odd.status) == ("sat", "unsat", "sat")
    assert sat.model is not None
    assert len(random_3sat(40, 100, 1).falsified(sat.model)) == 0
    assert odd.model is not None
    assert len(odd.model) == 10
    assert (unsat.conflicts is not None) == ENGINES[engine].conflicts
    assert unsat.conflicts is None or unsat.conflicts > 0
    assert 0 < unsat.cpu_s < unsat.wall_s
    assert 10 << 20 < unsat.peak_memory_bytes < 1 << 30
    assert (sat.exit_code, unsat.exit_code) == (10, 20)


@pytest.mark.parametrize("engine", WHEELS)
def test_the_cpu_limit_ends_every_engine(engine: str) -> None:
    """CaDiCaL and Kissat ignore PySAT's interrupts, Lingeling has none: only the process can be ended."""
    done = solve(pigeonhole(13), engine, cpu_s=0.3)
    assert (done.status, done.cpu_s, done.exit_code) == ("timeout", 0.3, 0)
    assert done.wall_s < 10


def test_the_memory_limit_is_told_apart_from_a_crash() -> None:
    wide = Cnf.from_arrays(np.arange(0, 3_000_001, 3), np.arange(1, 3_000_001, dtype=np.int32), 3_000_000)
    done = solve(wide, "minisat22", cpu_s=60, memory_bytes=60 << 20)
    assert (done.status, done.model) == ("memout", None)


@pytest.mark.parametrize("engine", DEFAULT_POOL)
@pytest.mark.parametrize(
    ("clauses", "num_vars", "status"),
    [([], 0, "sat"), ([], 5, "sat"), ([[]], 0, "unsat"), ([[1], []], 3, "unsat"), ([[1], [-1]], 1, "unsat")],
)
def test_degenerate_formulas(engine: str, clauses: list[list[int]], num_vars: int, status: str) -> None:
    done = solve(Cnf.from_clauses(clauses, num_vars), engine)
    assert done.status == status
    assert done.model is None or len(done.model) == num_vars + 1


@given(st.lists(st.lists(st.integers(-6, 6).filter(bool), max_size=5), max_size=25))
@settings(max_examples=25, deadline=None)
def test_answers_agree_with_brute_force(clauses: list[list[int]]) -> None:
    cnf = Cnf.from_clauses(clauses, 6)
    models = (np.array([False, *bits]) for bits in itertools.product([False, True], repeat=6))
    possible = any(not len(cnf.falsified(model)) for model in models)
    assert solve(cnf, DEFAULT_POOL[len(clauses) % len(DEFAULT_POOL)]).status == ("sat" if possible else "unsat")


@pytest.mark.parametrize("engine", [name for name in WHEELS if ENGINES[name].proof])
def test_proofs_convince_a_checker(tmp_path: Path, engine: str) -> None:
    cnf, path = random_3sat(30, 200, 3), tmp_path / "proof.drat"
    assert solve(cnf, engine, proof=path).status == "unsat"
    formula = dratify.parse_dimacs(format_dimacs(cnf).decode())
    assert dratify.check_proof(formula, path.read_text()).ok
    weaker = dratify.parse_dimacs(format_dimacs(random_3sat(30, 60, 3)).decode())
    assert not dratify.check_proof(weaker, path.read_text()).ok, "the checker would accept anything"


def test_no_proof_is_written_for_satisfiable_formulas(tmp_path: Path) -> None:
    assert solve(ODD, DEFAULT_PROOF_ENGINE, proof=tmp_path / "p").status == "sat"
    assert not (tmp_path / "p").exists()
    assert solve(Cnf.from_clauses([[]]), DEFAULT_PROOF_ENGINE, proof=tmp_path / "p").status == "unsat"
    assert (tmp_path / "p").read_text() == "0\n"


def test_wrong_names_are_explained() -> None:
    with pytest.raises(InputError, match="unknown engine 'minisatgh'"):
        find_engine("minisatgh")
    with pytest.raises(InputError, match="kissat404' writes no proof"):
        find_engine("kissat404", proof=True)


def test_a_missing_program_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingToolError, match="'kissat' is not installed on PATH"):
        find_engine("kissat")


def test_a_wrong_model_is_a_crash_and_not_an_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An engine that lies: a program that calls everything satisfiable with all variables true."""
    liar = tmp_path / "kissat"
    liar.write_text("#!/bin/sh\necho 's SATISFIABLE'\necho 'v 1 2 3 0'\nexit 10\n")
    liar.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert solve(Cnf.from_clauses([[1, 2], [3]]), "kissat").status == "sat"
    done = solve(Cnf.from_clauses([[1, 2], [-3]]), "kissat")
    assert (done.status, done.model, done.exit_code) == ("crash", None, 0)
    assert "clause 2 is false" in done.detail


def test_a_program_that_dies_is_a_crash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "kissat"
    broken.write_text("#!/bin/sh\necho 'internal error' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    done = solve(Cnf.from_clauses([[1]]), "kissat")
    assert (done.status, done.detail) == ("crash", "exit status 3: internal error")


def test_a_schedule_stops_at_the_first_answer() -> None:
    runs = list(solve_schedule(pigeonhole(9), [("minisat22", 0.05), ("kissat404", 30), ("cms", 30)]))
    assert [(run.engine, run.status) for run in runs] == [("minisat22", "timeout"), ("kissat404", "unsat")]


def test_a_workspace_cleans_up() -> None:
    with Workspace(ODD) as space:
        assert solve(space, "glucose42").status == solve(space, "cms").status == "sat"
        assert sorted(p.name for p in space.folder.iterdir()) == ["literals.npy", "lock", "offsets.npy"]
    assert not space.folder.exists()


def test_what_a_killed_process_left_behind_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os, signal, tempfile\n"
        "from edasat.sat.cnf import Cnf\n"
        "from edasat.sat.solvers import Workspace\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "space = Workspace(Cnf.from_clauses([[1]]))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert len(list(tmp_path.iterdir())) == 1
    with Workspace(ODD) as first, Workspace(ODD) as second:
        assert sorted(tmp_path.iterdir()) == sorted([first.folder, second.folder]), "one was lost or left"
    assert not list(tmp_path.iterdir())


def test_a_program_may_print_a_model_of_any_length(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    num_vars = 300_000
    program = tmp_path / "kissat"
    program.write_text(f"#!/bin/sh\necho 's SATISFIABLE'\nseq 1 {num_vars} | sed 's/^/v /'\necho 'v 0'\nexit 10\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    done = solve(Cnf.from_clauses([[v] for v in range(1, num_vars + 1)]), "kissat")
    assert (done.status, done.detail) == ("sat", "")


@pytest.mark.parametrize(
    "limits", [{"cpu_s": float("inf")}, {"cpu_s": float("nan")}, {"cpu_s": 0.0}, {"memory_bytes": 1 << 80}]
)
def test_limits_that_the_kernel_does_not_take_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must be positive and at most"):
        solve(ODD, "minisat22", **limits)


def test_a_proof_that_cannot_be_stored_is_told_before_solving(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        solve(pigeonhole(12), DEFAULT_PROOF_ENGINE, proof=tmp_path)

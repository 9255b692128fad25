from __future__ import annotations

import json
from pathlib import Path

import pytest

from edasat import api
from edasat.core.errors import InputError
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.sat.families import generate
from edasat.tools.cli import main

CORE = [[1, 2], [-1, 2], [1, -2], [-1, -2]]
FORMULA = Cnf.from_clauses([[3, 4], *CORE, [4, 5], [-3, 5]])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_dimacs(FORMULA, tmp_path / "a.cnf")
    return tmp_path / "a.cnf"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_core_and_its_proof_are_written_and_verified(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, proof = path.with_name("core.cnf.xz"), path.with_name("core.drat.gz")
    assert run("sat", "core", path, "--exact", "--minimal", "-o", out, "--proof", proof) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"minimal core of {path}: 4 of 7 clauses (57.1%), proved; ")
    assert read_dimacs(out).to_lists() == CORE
    assert run("sat", "check", out, proof) == 0
    assert capsys.readouterr().out.startswith("verified: ")
    assert run("sat", "check", path, proof) == 0


def test_a_core_is_printed(path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("sat", "core", path, "--exact") == 0
    assert read_dimacs(capfdbinary.readouterr().out).to_lists() == CORE


def test_json(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sat", "core", path, "--exact", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["proved"], told["clause_numbers"]) == ("unsat", True, [2, 3, 4, 5])
    assert (told["num_clauses"], told["num_core_clauses"], told["core"]) == (7, 4, None)


def test_no_core(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_dimacs(Cnf.from_clauses([[1, 2]]), tmp_path / "sat.cnf")
    write_dimacs(generate("pigeonhole", 11, 1), tmp_path / "hard.cnf")
    out = tmp_path / "core.cnf"
    assert run("sat", "core", tmp_path / "sat.cnf", "--exact", "-o", out) == 1
    assert capsys.readouterr().out == "satisfiable: there is no core\n"
    assert run("sat", "core", tmp_path / "hard.cnf", "--exact", "-t", "0.2", "-o", out) == 1
    assert capsys.readouterr().out == "unknown: the time limit came first\n"
    assert not out.exists()
    assert run("sat", "core", tmp_path / "sat.cnf", "--exact", "--json") == 1
    assert json.loads(capsys.readouterr().out)["status"] == "sat"


def test_proofs_that_are_wrong_and_files_that_are_none(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proof = path.with_name("p.drat")
    proof.write_text("c wrong\n2 3 0\n5 0\n4 0\n-4 0\n0\n")
    assert run("sat", "check", path, proof) == 1
    assert capsys.readouterr().out == "not verified: line 5: lemma '-4' is neither RUP nor RAT on its first literal\n"
    assert run("sat", "check", path, proof, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["failed_step"], told["statistics"]["lemmas"]) == ("wrong", 3, 5)
    proof.write_text("5 0\n2")
    assert run("sat", "check", path, proof) == 2
    assert f"{proof}:2:2: error: the last step does not end in 0 [proof-truncated]" in capsys.readouterr().err
    assert run("sat", "check", path, path) == 2
    assert "[proof-cnf]" in capsys.readouterr().err
    assert run("sat", "check", "-", "-") == 2


def test_check_writes_what_is_needed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proof, short, out = (path.with_name(name) for name in ("p.drat", "short.drat", "core.cnf"))
    proof.write_bytes(b"a\x0e\x10\x00a\x04\x00d\x06\x08\x00a\x00")  # 7 8, 2, d 3 4, empty
    assert run("sat", "check", path, proof, "-o", out, "--trimmed", short) == 0
    assert read_dimacs(out).to_lists() == CORE
    assert short.read_text().splitlines()[0] == "2 0"
    assert run("sat", "check", out, short) == 0
    assert "verified: 1 of 2 lemmas and 4 of 4 clauses" in capsys.readouterr().out


def test_python_face() -> None:
    found = api.core(FORMULA, timeout_s=60)
    assert found.core_formula.to_lists() == CORE
    assert found.core.proof is not None
    assert api.check_proof(found.core_formula, b"2 0\n0\n").verified
    assert not api.check_proof(found.core_formula, b"3 0\n0\n").verified
    with pytest.raises(InputError, match="unknown method"):
        api.core(FORMULA, method="nonsense")  # type: ignore[arg-type]

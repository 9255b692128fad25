"""Choosing engines from the command line, with the weights that ship."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edasat import api
from edasat.core.errors import InputError
from edasat.models.training.weights import MAX_BYTES, PRETRAINED, load_card
from edasat.sat.dimacs import write_dimacs
from edasat.sat.families import generate
from edasat.sat.solvers import DEFAULT_POOL


@pytest.fixture(scope="module")
def formulas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formulas")
    for family, size in (("random-3sat-threshold", 60), ("parity-learning", 8), ("pigeonhole", 6)):
        write_dimacs(generate(family, size, 900), folder / f"{family}.cnf.gz")
    return folder


def edasat(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own: torch is loaded there and not here."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", "from edasat.tools.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_every_engine_is_ranked_and_written(formulas: Path, tmp_path: Path) -> None:
    done = edasat("sat", "select", formulas, "--json", "--csv", tmp_path / "a.csv", "--parquet", tmp_path / "a.parquet")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [Path(row["name"]).name for row in told] == sorted(p.name for p in formulas.iterdir())
    for row in told:
        assert {one["engine"] for one in row["ranking"]} == set(DEFAULT_POOL)
        scores = [one["par2_s"] for one in row["ranking"]]
        assert scores == sorted(scores)
        for one in row["ranking"]:
            assert 0 < one["lower_s"] <= one["upper_s"]
            assert 0 <= one["solved_probability"] <= 1
        assert sum(seconds for _, seconds in row["schedule"]) == pytest.approx(row["limit_s"], rel=1e-6)
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 3 * len(DEFAULT_POOL)
    import pyarrow.parquet

    assert pyarrow.parquet.read_table(tmp_path / "a.parquet").num_rows == 3 * len(DEFAULT_POOL)


def test_text_shows_the_top_engines(formulas: Path) -> None:
    done = edasat("sat", "select", formulas / "pigeonhole.cnf.gz", "--top", "2", "--timeout", "5")
    assert done.returncode == 0, done.stderr
    assert "  1. " in done.stdout
    assert "  2. " in done.stdout
    assert "  3. " not in done.stdout
    assert "schedule: " in done.stdout


def test_a_schedule_solves_and_says_what_ran(formulas: Path) -> None:
    done = edasat("sat", "solve", formulas / "pigeonhole.cnf.gz", "--schedule", "--timeout", "20", "--json")
    assert done.returncode == 20, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == "unsat"
    assert told["runs"][-1]["status"] == "unsat"


def test_pre_solvers_answer_without_torch(formulas: Path) -> None:
    slots = load_card(None, "grass")["settings"]["presolve"]
    if not slots:
        pytest.skip("the released schedule has no pre-solver")
    code = (
        "import sys\nfrom edasat import api\n"
        f"assert api.solve({str(formulas / 'pigeonhole.cnf.gz')!r}, schedule=True).status == 'unsat'\n"
        "print('torch' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_schedule_excludes_engine_and_proof(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a schedule chooses engines itself"):
        api.solve(b"p cnf 1 1\n1 0\n", schedule=True, engine="cms")
    with pytest.raises(InputError, match="a schedule chooses engines itself"):
        api.solve(b"p cnf 1 1\n1 0\n", schedule=True, proof=tmp_path / "p")


def test_missing_weights_are_explained(formulas: Path, tmp_path: Path) -> None:
    done = edasat("sat", "select", formulas, "--weights", tmp_path / "absent")
    assert done.returncode == 2
    assert "no weights of 'grass' here" in done.stderr


def test_the_card_tells_what_users_must_know() -> None:
    card = load_card(PRETRAINED, "grass")
    for field in ("title", "data", "sources", "licence", "command", "seed", "metrics", "limits", "held_out_families"):
        assert card[field] not in ("", None), field
    assert {"test_instances", "test_families"} <= set(card["metrics"])
    assert (PRETRAINED / "grass.safetensors").stat().st_size <= MAX_BYTES
    done = edasat("models", "list")
    assert done.returncode == 0
    assert "grass: " in done.stdout

"""Released weights on other people's formulas: what counts, what flagged formulas fall back to, the whole command."""

from pathlib import Path

import numpy as np
import pytest
import torch

from edasat.core.errors import InputError
from edasat.datasets.solver_runtimes_data import SolverRuntimes
from edasat.models.grass.ensemble import Ensemble
from edasat.models.grass.network import Grass, GrassConfig
from edasat.models.grass.release import calibrate
from edasat.sat.dimacs import write_dimacs
from edasat.sat.families import generate
from edasat.sat.runs import Run, runs_table, write_runs
from edasat.tools.evaluate_transfer import FALLBACK, GRASS, SCHEDULE, SINGLE_BEST, main, render, scores, transfer
from edasat.tools.results import TABLES, read_result

CUTOFF_S = 5.0


def run(instance: str, family: str, engine: str, seconds: float) -> Run:
    return Run(
        instance=instance,
        family=family,
        engine=engine,
        status="sat" if seconds < CUTOFF_S else "timeout",
        cpu_s=min(seconds, CUTOFF_S),
        timeout_s=CUTOFF_S,
        machine="bench",
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training table, a folder of CNFs with its table, and weights that were never trained, only calibrated."""
    folder = tmp_path_factory.mktemp("transfer")
    rng = np.random.default_rng(0)
    rows = []
    for family, size, fast in (("random-3sat-threshold", 30, "a"), ("parity-learning", 8, "b")):
        for seed in range(12):
            for engine in "ab":
                seconds = float(rng.lognormal(-1 if engine == fast else 1.2, 0.3))
                rows.append(run(f"{family}-{size}-{seed}", family, engine, seconds))
    write_runs(runs_table(rows), folder / "train.parquet")

    cnfs = {
        "like/0.cnf": ("random-3sat-threshold", 30, 100),
        "like/1.cnf": ("random-3sat-threshold", 30, 101),
        "like/copy.cnf": ("random-3sat-threshold", 30, 3),  # a training formula
        "unlike/0.cnf": ("pigeonhole", 8, 0),
        "unlike/easy.cnf": ("pigeonhole", 5, 0),
    }
    rows = []
    for name, instance in cnfs.items():
        (folder / "cnfs" / name).parent.mkdir(parents=True, exist_ok=True)
        write_dimacs(generate(*instance), folder / "cnfs" / name)
        for engine, seconds in (("b", 9.0), ("a", 0.4), ("c", 1.0)):  # an engine that the weights do not know
            rows.append(run(name, name.split("/")[0], engine, 0.01 if "easy" in name else seconds))
    write_runs(runs_table(rows), folder / "public.parquet")

    torch.manual_seed(0)
    train = SolverRuntimes(str(folder / "train.parquet"), num_folds=2)
    networks = [Grass(GrassConfig(2, num_layers=1, width=8, head_width=8)).eval() for _ in range(2)]
    calibrate(networks, train).save(folder / "weights", {})
    return folder


def tables(place: Path) -> tuple[Ensemble, SolverRuntimes, SolverRuntimes]:
    ensemble = Ensemble.load(place / "weights")
    budget = ensemble.settings.clause_budget
    train = SolverRuntimes(str(place / "train.parquet"), clause_budget=budget)
    test = SolverRuntimes(str(place / "public.parquet"), str(place / "cnfs"), clause_budget=budget, all_rows=True)
    return ensemble, train, test


def test_copies_and_trivial_formulas_are_left_out_and_flagged_ones_fall_back(place: Path):
    found = transfer(*tables(place))
    assert found.matrix.instances == ("like/0.cnf", "like/1.cnf", "unlike/0.cnf")
    assert found.matrix.engines == ("a", "b")
    assert found.left_out == {"incomplete": 0, "known": 1, "trivial": 1}
    assert found.flagged.tolist() == [False, False, True]
    grass, fallback = found.outcomes[SCHEDULE], found.outcomes[FALLBACK]
    assert fallback.runtimes[:2].tolist() == grass.runtimes[:2].tolist()
    single_s = found.outcomes[SINGLE_BEST].runtimes[2]
    if found.outcomes[SINGLE_BEST].solved[2]:
        assert fallback.runtimes[2] == pytest.approx(single_s + found.overhead_s[GRASS][2])
    assert all(outcome.par().min() >= 0.4 for outcome in found.outcomes.values())


def test_parts_add_up(place: Path):
    found = transfer(*tables(place))
    report = scores(found)
    assert report["rows"] == {"all": 3, "known_kind": 2, "flagged": 1}
    assert report["flagged_share"] == pytest.approx(1 / 3)
    for policy in report["policies"].values():
        parts = [policy[part]["par2"]["estimate"] * report["rows"][part] for part in ("known_kind", "flagged")]
        assert policy["all"]["par2"]["estimate"] * 3 == pytest.approx(sum(parts))
    assert {GRASS, SCHEDULE, "gradient boosting on our features"} <= set(report["policies"])


def test_command_table_and_page(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    output, page = tmp_path / "solver_selection_public.json", tmp_path / "page.html"
    arguments = [str(place / "public.parquet"), "--folder", str(place / "cnfs"), "--weights", str(place / "weights")]
    main([*arguments, "--table", str(place / "train.parquet"), "-o", str(output), "--report", str(page)])
    result = read_result(output)
    assert render(result["data"]) in capsys.readouterr().out
    assert result["data"]["machines"] == {"train": "bench", "test": "bench"}
    table = TABLES["solver_selection_public"](result)
    assert "33% of the formulas are flagged" in table
    assert table.count("\n| GraSS") == 3
    assert "Scores on flagged formulas" in page.read_text()


def test_a_table_without_an_engine_of_the_weights_is_refused(place: Path, tmp_path: Path):
    write_runs(runs_table([run("like/0.cnf", "", "b", 1.0)]), tmp_path / "half.parquet")
    ensemble, train, _ = tables(place)
    half = SolverRuntimes(str(tmp_path / "half.parquet"), str(place / "cnfs"), all_rows=True)
    with pytest.raises(InputError, match="no runs of engine 'a'"):
        transfer(ensemble, train, half)

from __future__ import annotations

from pathlib import Path

import pytest

from edasat.core.errors import InputError
from edasat.datasets import solver_runtimes
from edasat.datasets.solver_runtimes import build, check, load, plan
from edasat.sat.runs import Run, runs_table, to_matrix, write_runs
from edasat.sat.selection import best_engine


def _run(instance: str, engine: str, status: str, cpu_s: float, repetition: int = 0) -> Run:
    return Run(
        instance=instance, family=instance.rpartition("-")[0], engine=engine, status=status, cpu_s=cpu_s,
        repetition=repetition, timeout_s=10.0,
    )  # fmt: skip


def test_a_plan_counts_its_cost_beforehand() -> None:
    made = plan(count=12, timeout_s=10.0, engines=("minisat22", "cms"), jobs=2)
    assert len(made.benchmark.instances) == 12
    assert f"{made.benchmark.num_runs} runs" in made.cost_text
    assert [i.name for i in plan(count=400).benchmark.instances] == [
        i.name for i in plan(count=400).benchmark.instances
    ]
    repeated = len(plan(count=400).benchmark.repeats)
    assert 8 <= repeated <= 40, "about one in twenty"


def test_a_table_is_made_again_from_itself(tmp_path: Path) -> None:
    names = ["pigeonhole-4-0", "random-3sat-threshold-20-1"]
    first = runs_table([_run(name, "minisat22", "unsat", 0.1) for name in names])
    write_runs(first, tmp_path / "first.parquet")
    made = plan(engines=("minisat22",), timeout_s=5.0, like=tmp_path / "first.parquet")
    table = build(made, tmp_path / "again.parquet").table
    assert table["instance"].unique().to_pylist() == names
    assert set(table["status"].to_pylist()) <= {"sat", "unsat"}
    assert all(len(h) == 32 for h in table["instance_hash"].to_pylist())
    assert load(tmp_path / "again.parquet").equals(table)
    with pytest.raises(InputError, match="no such table"):
        load(tmp_path / "absent.parquet")


def test_a_check_marks_what_teaches_nothing() -> None:
    rows = [_run(f"easy-{n}", engine, "sat", 0.01) for n in range(3) for engine in ("a", "b")]
    rows += [_run(f"hard-{n}", engine, "timeout", 10.0) for n in range(2) for engine in ("a", "b")]
    rows += [_run("split-0", "a", "unsat", 1.0), _run("split-0", "b", "timeout", 10.0)]
    rows += [_run("split-0", "a", "unsat", 1.5, repetition=1)]
    found = check(runs_table(rows))
    assert (found.instances, found.engines, found.runs) == (6, 2, 13)
    assert found.trivial_share == pytest.approx(3 / 6)
    assert found.never_solved_share == pytest.approx(2 / 6)
    assert not found.good
    assert found.noise == pytest.approx(1 / 3)
    assert found.single_best == "a"
    assert found.par2_s["virtual best"] <= min(found.par2_s["a"], found.par2_s["b"])
    assert found.par2_s["a"] == pytest.approx((3 * 0.01 + 2 * 20 + 1.5) / 6)


def test_contradictions_are_told() -> None:
    rows = [_run("x-0", "a", "sat", 1.0), _run("x-0", "b", "unsat", 1.0), _run("y-0", "a", "sat", 1.0)]
    found = check(runs_table([*rows, _run("y-0", "b", "sat", 1.0)]))
    assert len(found.contradictions) == 1
    assert not found.good


@pytest.mark.skipif(not solver_runtimes.TABLE.exists(), reason="the table is not built yet")
def test_the_table_that_ships() -> None:
    table = load()
    found = check(table)
    assert found.good
    assert found.instances >= 700
    assert found.engines == 8
    assert len(found.by_family) >= 12
    assert found.noise is not None
    assert found.par2_s["virtual best"] < 0.75 * found.par2_s[found.single_best], "engines must really differ"
    assert len(set(table["machine"].to_pylist())) == 1
    matrix = to_matrix(table)
    assert len(set(best_engine(matrix).tolist())) >= 6


@pytest.mark.skipif(not solver_runtimes.TABLE.exists(), reason="the table is not built yet")
def test_formulas_of_the_shipped_table_come_back_from_their_names() -> None:
    from edasat.sat.benchmark import load_instance

    table = load()
    hashes = dict(zip(table["instance"].to_pylist(), table["instance_hash"].to_pylist(), strict=True))
    for name in sorted(hashes)[::40]:
        assert load_instance(name).content_hash() == hashes[name]

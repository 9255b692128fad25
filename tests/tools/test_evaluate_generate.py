"""The evaluation of generation on a tiny parent: verdicts, ratios and the summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edasat.sat.cnf import Cnf
from edasat.sat.generate.hardcore import decore
from edasat.tools import evaluate_generate
from edasat.tools.cli import main as command
from edasat.tools.evaluate_generate import EXACT_LOOP, main, summarise
from edasat.tools.generation_methods import ABLATIONS, BASELINES, TimedCores, find_way, whole_formula
from edasat.tools.generation_tables import parent_rows, way_rows

PARENT = "perfect-matching-10-0"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("evaluation")
    ways = ["random clauses", "published loop, all de-cored at once"]
    options = ["--work", str(folder), "--seeds", PARENT, "--repetitions", "1", "--wanted", "0", "--ways", *ways]
    assert main([*options, "-o", str(folder / "result.json")]) == 0
    first = (folder / "attempts.jsonl").read_bytes()
    assert main([*options, "-o", str(folder / "again.json")]) == 0  # everything is in the journal
    assert (folder / "attempts.jsonl").read_bytes() == first
    found: dict[str, Any] = json.loads((folder / "result.json").read_text())["data"]
    return found


def test_parent_is_measured(result: dict[str, Any]) -> None:
    (parent,) = result["parents"]
    assert parent["parent"] == PARENT
    assert parent["conflicts"] >= 10
    assert 0 < parent["core_share"] <= 1
    assert result["left_out"] == {}


def test_ways_are_summed_up(result: dict[str, Any]) -> None:
    random, published = result["ways"].values()
    assert random["generated"] == published["generated"] == 1
    assert random["accepted_share"] == 0 and random["cpu_s_each"] is None
    assert 0 < random["mmd"]["overall"] <= np.sqrt(2)
    assert published["distance"]["median"] < random["distance"]["median"]


def test_tables_have_a_row_for_each_way_and_parent(result: dict[str, Any]) -> None:
    head, rows = way_rows(result)
    assert [row[0] for row in rows] == list(result["ways"])
    assert {len(row) for row in rows} == {len(head)}
    head, rows = parent_rows(result)
    assert [row[0] for row in rows] == [PARENT]
    assert len(rows[0]) == len(head)


def test_the_command_evaluates_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(evaluate_generate, "main", told.append)
    with pytest.raises(SystemExit) as ended:
        command(["evaluate", "generate", "--work", "w", "-o", "o.json", "--data", str(tmp_path)])
    assert ended.value.code == 0
    assert told == [["--work", "w", "-o", "o.json", "--files", str(tmp_path)]]


def test_all_decored_keeps_the_parents_core() -> None:
    assert whole_formula(Cnf.from_clauses([[1], [2]])).tolist() == [0, 1]
    assert decore(Cnf.from_clauses([[1], [2]]), np.array([0, 1]), 3).to_lists() == [[3, 1], [3, 2]]


def test_timed_cores_end_the_loop() -> None:
    cnf = Cnf.from_clauses([[1], [2]])
    assert TimedCores(whole_formula, 60.0)(cnf).tolist() == [0, 1]
    assert TimedCores(whole_formula, -1.0)(cnf).tolist() == []


def test_every_way_has_a_method() -> None:
    for name in (*BASELINES, *ABLATIONS, "published"):
        assert "unsat" in find_way(name, 1.0).makes


def test_summary_weighs_what_was_accepted(tmp_path: Path) -> None:
    def row(way: str, parent: str, verdict: str, cpu_s: float, **more: Any) -> dict[str, Any]:
        return {"way": way, "parent": parent, "verdict": verdict, "cpu_s": cpu_s, "detail": "", **more}

    attempts = [
        row("ours", "a", "accepted", 1.0, status="unsat", ratio=1.0, new_core=0.5),
        row("ours", "a", "too easy", 1.0, status="unsat", ratio=0.1),
        row("ours", "b", "accepted", 4.0, status="unsat", ratio=1.2, new_core=1.0),
        row("ours", "b", "satisfiable", 2.0, status="sat", ratio=0.3),
        row("ours", "b", "not generated", 0.0),
        row(EXACT_LOOP, "a", "accepted", 40.0, status="unsat", ratio=0.9, new_core=0.0),
        row(EXACT_LOOP, "b", "too easy", 60.0, status="unsat", ratio=0.2),
    ]
    ways = summarise([], attempts, tmp_path)["ways"]
    ours = ways["ours"]
    assert (ours["candidates"], ours["generated"], ours["parents_with_offspring"]) == (5, 4, 2)
    assert ours["accepted_share"] == pytest.approx(2 / 5)
    assert ours["cpu_s_each"] == pytest.approx(8 / 2)
    assert ours["ratio"]["median"] == 1.0  # of 0.1, 1.0 and 1.2: what is satisfiable has no place here
    assert ours["new_core"]["median"] == 0.75
    assert ours["against_exact_loop"] == {"parents": 2, "lower_bounds": 1, "median": 15.0, "low": 10.0, "high": 20.0}
    assert ways[EXACT_LOOP]["against_exact_loop"]["median"] == 1.0

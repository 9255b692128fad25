"""Evaluation of selectors: parts, scoring of schedules, the whole report on a tiny table."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from edasat.models.grass.runtime import LogNormal, Mixture
from edasat.sat.runs import Run, RunMatrix, runs_table, write_runs
from edasat.tools.cli import models
from edasat.tools.evaluate_grass import MAIN_VARIANT, PARTS, main, render, scheduled


def matrix_of(runtimes: list[list[float]], cutoff_s: float = 10.0) -> RunMatrix:
    values = np.array(runtimes)
    solved = values < cutoff_s
    names = tuple(f"i{row}" for row in range(len(values)))
    engines = tuple(f"e{column}" for column in range(values.shape[1]))
    return RunMatrix(
        names, engines, names, np.minimum(values, cutoff_s), solved, np.zeros_like(solved, np.uint8), cutoff_s
    )


def predicted(means: list[list[float]], scale: float) -> Mixture:
    mean = torch.tensor(means)[None]
    return Mixture.equal(LogNormal(mean, torch.full_like(mean, scale)))


def test_schedule_pays_presolving_then_overhead_then_the_choice():
    matrix = matrix_of([[0.4, 99.0], [3.0, 99.0], [9.8, 99.0], [99.0, 2.0]])
    runtime = predicted([[0.0, 3.0]] * 3 + [[3.0, 0.0]], scale=0.1)
    outcome = scheduled(matrix, [(0, 0.5)], runtime, np.full(4, 0.25))
    # solved while pre-solving; after 0.75 s of waiting; too late by waiting; by the other engine
    assert outcome.solved.tolist() == [True, True, False, True]
    np.testing.assert_allclose(outcome.runtimes, [0.4, 3.75, 10.0, 2.75])


def test_report_of_a_tiny_table(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("edasat.models.evaluation.selection_baselines._MAX_ITERATIONS", 5)
    rng = np.random.default_rng(0)
    rows = []
    for family, size, fast in (
        ("random-3sat-threshold", 30, "a"),
        ("parity-learning", 8, "b"),
        ("random-5sat", 20, "a"),  # held out
    ):
        for seed in range(10):
            for engine in "ab":
                seconds = float(rng.lognormal(-1 if engine == fast else 1.2, 0.3))
                rows.append(
                    Run(
                        instance=f"{family}-{size}-{seed}",
                        family=family,
                        engine=engine,
                        status="sat" if seconds < 5 else "timeout",
                        cpu_s=min(seconds, 5.0),
                        timeout_s=5.0,
                    )
                )
    write_runs(runs_table(rows), tmp_path / "runs.parquet")
    main(
        [
            "--work",
            str(tmp_path / "work"),
            "--table",
            str(tmp_path / "runs.parquet"),
            "--members",
            "2",
            "--only",
            MAIN_VARIANT,
            "-o",
            str(tmp_path / "report.json"),
            "--report",
            str(tmp_path / "page.html"),
            "--",
            "--trainer.max_epochs=2",
            "--trainer.accelerator=cpu",
            "--trainer.enable_progress_bar=false",
            "--model.width=8",
        ]
    )
    report = json.loads((tmp_path / "report.json").read_text())["data"]
    assert render(report) in capsys.readouterr().out
    assert report["rows"]["test_families"] == 10
    assert report["rows"]["test_instances"] + report["rows"]["cross_validation"] == 20
    for part in PARTS:
        scores = {name: policy[part] for name, policy in report["policies"].items()}
        virtual = scores["virtual best engine"]["par2"]["estimate"]
        assert all(each["par2"]["estimate"] >= virtual for each in scores.values())
        assert scores["single best engine"]["gap_closed"]["estimate"] in (0, None)
    assert {"GraSS", "GraSS, with prior and schedule", "nearest neighbours on gbdc features"} <= set(report["policies"])
    assert report["overhead_s"]["gbdc"]["median"] > 0
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == 5  # a cactus and the choices for both held-out parts, predictions of both
    assert "Scores on held-out families" in page


def test_command_passes_its_options_on(monkeypatch: pytest.MonkeyPatch):
    given: list[str] = []
    monkeypatch.setattr("edasat.tools.evaluate_grass.main", given.extend)
    models.evaluate("grass", out=Path("o.json"), work=Path("w"), report=Path("page.html"))
    assert given == ["--work", "w", "-o", "o.json", "--report", "page.html"]

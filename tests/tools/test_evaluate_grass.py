"""Evaluation of selectors: the whole report on a tiny table."""

import json
from pathlib import Path

import numpy as np
import pytest

from edasat.sat.runs import Run, runs_table, write_runs
from edasat.tools.cli import models
from edasat.tools.evaluate_grass import MAIN_VARIANT, main, render
from edasat.tools.selection_policies import PARTS


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
    assert report["rows"]["cross_validation_families"] == report["rows"]["cross_validation"]
    for part in PARTS:
        scores = {name: policy[part] for name, policy in report["policies"].items() if part in policy}
        virtual = scores["virtual best engine"]["par2"]["estimate"]
        assert all(each["par2"]["estimate"] >= virtual for each in scores.values())
        assert scores["single best engine"]["gap_closed"]["estimate"] in (0, None)
    assert {"GraSS", "GraSS, with schedule", "pairwise forests on gbdc features"} <= set(report["policies"])
    assert "cross_validation_families" not in report["policies"][MAIN_VARIANT]
    assert report["overhead_s"]["gbdc"]["median"] > 0
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == 5  # a cactus and the choices for both held-out parts, predictions of both
    assert "Scores on held-out families" in page


def test_command_passes_its_options_on(monkeypatch: pytest.MonkeyPatch):
    given: list[str] = []
    monkeypatch.setattr("edasat.tools.evaluate_grass.main", given.extend)
    models.evaluate("grass", out=Path("o.json"), work=Path("w"), report=Path("page.html"))
    assert given == ["--work", "w", "-o", "o.json", "--report", "page.html"]

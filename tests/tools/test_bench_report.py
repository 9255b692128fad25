"""The benchmark report on a table whose numbers are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edasat.core.errors import InputError
from edasat.sat.runs import Run, runs_table
from edasat.tools.bench_report import bench_report, summary, summary_text

BASE = Run(instance="", engine="", status="sat", cpu_s=0, timeout_s=100.0, machine="m")


def rows() -> list[Run]:
    """Three clean instances of two families, one contradiction, one instance that engine c has not tried."""
    table = [
        ("p/1", "p", {"a": ("sat", 1.0), "b": ("sat", 50.0), "c $<x>$": ("crash", 3.0)}),
        ("p/2", "p", {"a": ("unsat", 20.0), "b": ("unsat", 20.5), "c $<x>$": ("timeout", 100.0)}),
        ("q/1", "q", {"a": ("timeout", 100.0), "b": ("memout", 7.0), "c $<x>$": ("unsat", 2.0)}),
        ("q/2", "q", {"a": ("timeout", 100.0), "b": ("timeout", 100.0), "c $<x>$": ("timeout", 100.0)}),
        ("bad", "q", {"a": ("sat", 1.0), "b": ("unsat", 1.0), "c $<x>$": ("sat", 1.0)}),
        ("half", "q", {"a": ("sat", 1.0), "b": ("sat", 1.0)}),
    ]
    return [
        replace(
            BASE, instance=instance, family=family, engine=engine, status=status, cpu_s=cpu_s, peak_memory_bytes=10**6
        )
        for instance, family, cells in table
        for engine, (status, cpu_s) in cells.items()
    ]


def test_summary_is_golden() -> None:
    facts = summary(runs_table(rows()))
    assert json.loads(json.dumps(facts)) == facts  # plain values only
    assert (facts["num_instances"], facts["num_engines"], facts["num_never_solved"]) == (4, 3, 1)
    assert facts["single_best"] == {"engine": "a", "solved": 2, "par2_s": (1 + 20 + 200 + 200) / 4}
    assert facts["virtual_best"] == {"solved": 3, "par2_s": (1 + 20 + 2 + 200) / 4}
    by_name = {entry["engine"]: entry for entry in facts["engines"]}
    assert list(by_name) == ["a", "b", "c $<x>$"]
    assert by_name["a"]["statuses"] == {"sat": 1, "unsat": 1, "solved": 0, "timeout": 2, "memout": 0, "crash": 0}
    assert (by_name["a"]["wins"], by_name["a"]["ties"], by_name["a"]["unique"]) == (1, 1, 0)
    assert by_name["c $<x>$"]["unique"] == 1
    assert by_name["c $<x>$"]["marginal_par2_s"] == (200 - 2) / 4
    assert by_name["b"]["par2_low_s"] <= by_name["b"]["par2_s"] <= by_name["b"]["par2_high_s"]
    assert by_name["a"]["peak_memory_bytes"] == 10**6
    assert facts["contradictions"] == [{"instance": "bad", "sat": ["a", "c $<x>$"], "unsat": ["b"]}]
    assert facts["crashes"] == [{"instance": "p/1", "engine": "c $<x>$", "repetition": 0, "cpu_s": 3.0}]
    assert facts["left_out"] == {"bad": "contradiction", "half": "incomplete"}
    family = facts["families"][0]
    assert (family["family"], family["best_engine"], family["wins_or_ties"]) == ("p", "a", {"a": 2, "b": 1})


def test_text_for_the_terminal() -> None:
    assert summary_text(summary(runs_table(rows()))).splitlines() == [
        "engine        solved  PAR-2 s  wins  ties  unique  adds s",
        "a                  2   105.25     1     1       0   12.38",
        "b                  2   117.62     0     1       0    0.00",
        "c $<x>$            1   150.50     1     0       1   49.50",
        "virtual best       3    55.75",
        "4 instances, 1 solved by no engine, 100 s of CPU time each",
        "CONTRADICTION: bad: sat by a, c $<x>$; unsat by b",
        "crashed runs: 1",
        "left out: 1 (contradiction), 1 (incomplete)",
    ]


def test_report_says_it(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    bench_report(runs_table(rows()), path, title="Mine")
    text = path.read_text(encoding="utf-8")
    assert "engines contradict each other on bad: sat by a, c $&lt;x&gt;$; unsat by b" in text
    assert "<x>" not in text
    for heading in ("Solved within a time", "Engines", "Every run", "Who won where", "Crashes", "Left out"):
        assert f">{heading}</h2>" in text
    assert text.count("<svg") == 3


def test_one_engine_and_nothing_solved(tmp_path: Path) -> None:
    lone = [replace(BASE, instance=name, engine="a", status="timeout", cpu_s=100.0) for name in "xy"]
    bench_report(runs_table(lone), tmp_path / "one.html")
    assert (tmp_path / "one.html").read_text(encoding="utf-8").count("<svg") == 1
    two = lone + [replace(run, engine="b") for run in lone]
    bench_report(runs_table(two), tmp_path / "two.html")
    assert summary(runs_table(two))["virtual_best"] == {"solved": 0, "par2_s": 200.0}


def test_more_engines_than_colours(tmp_path: Path) -> None:
    many = [
        replace(BASE, instance=f"i{i}", engine=f"engine {e}", cpu_s=float(1 + (7 * i + 3 * e) % 31))
        for i in range(6)
        for e in range(30)
    ]
    bench_report(runs_table(many), tmp_path / "many.html")
    assert "others are thin" in (tmp_path / "many.html").read_text(encoding="utf-8")


def test_nothing_to_compare() -> None:
    halves = [replace(BASE, instance="x", engine="a"), replace(BASE, instance="y", engine="b")]
    with pytest.raises(InputError, match="no instance can be compared"):
        summary(runs_table(halves))

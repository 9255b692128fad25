from __future__ import annotations

from pathlib import Path

import pytest

from edasat.core.errors import InputError
from edasat.eda.rtl import hand_written
from edasat.sat.dimacs import read_dimacs
from edasat.tools import demo
from edasat.tools.timing_examples import DESIGNS


def test_an_error_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(out: Path) -> None:
        raise InputError("begun with other settings", path=str(out))

    monkeypatch.setitem(demo.JOBS, "sat", fail)
    monkeypatch.setattr(demo, "pass_signals_on", lambda: None)
    assert demo.main(["sat", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path}: error: begun with other settings\n"


def test_the_shipped_formulas_are_there() -> None:
    assert len(list(demo.INSTANCES.glob("*.cnf.xz"))) >= 8


def test_timing_needs_nothing_but_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    demo.timing(tmp_path)
    out = capsys.readouterr().out
    for name in DESIGNS:
        assert f"  {name} " in out
    assert "slack" in out
    assert "<svg" in (tmp_path / "timing.html").read_text()
    assert (tmp_path / "slack.csv").read_text().startswith('"endpoint"')


def test_a_core_is_found_and_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo.core(tmp_path)
    out = capsys.readouterr().out
    assert out.count("clauses, proved") == 2 and "NOT PROVED" not in out
    assert read_dimacs(tmp_path / "core.cnf").num_clauses > 10


def test_formulas_are_made_and_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "_OFFSPRING", 2)
    demo.generate(tmp_path)
    out = capsys.readouterr().out
    assert "2 formulas (2 unsat) like 1 in" in out and "0001.cnf.xz: verified" in out
    assert [path.name for path in sorted(tmp_path.rglob("*.cnf*"))] == ["0001.cnf.xz", "0002.cnf.xz"]
    assert "<svg" in (tmp_path / "generated.html").read_text()


def test_slack_is_predicted_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo.slack(tmp_path)
    out = capsys.readouterr().out
    assert "against extracted wires" in out and "unlike the training layouts" not in out
    assert "<svg" in (tmp_path / "slack.html").read_text()
    assert (tmp_path / "predicted_slack.csv").read_text().startswith('"endpoint"')


def test_qor_predicts_and_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [module for module in hand_written() if module.name in {"crc32", "uart"}]
    monkeypatch.setattr("edasat.eda.rtl.hand_written", lambda: chosen)
    demo.qor(tmp_path)
    out = capsys.readouterr().out
    assert "  crc32 " in out and "  uart " in out
    assert "by Yosys and ABC" in out and "lines that cost most" in out
    assert "risc16.v" in (tmp_path / "qor.html").read_text()

from __future__ import annotations

from pathlib import Path

import pytest

from edasat.core.errors import InputError
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

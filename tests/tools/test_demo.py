from __future__ import annotations

from pathlib import Path

import pytest

from edasat.core.errors import InputError
from edasat.tools import demo


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

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edasat.core.errors import InputError
from edasat.tools import results
from edasat.tools.results import main, markdown_table, read_result, render, write_result


@pytest.fixture
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(results.TABLES, "toy", lambda r: markdown_table(["a", "b"], [["x", r["data"]["value"]]]))


def test_a_result_says_how_it_was_made(tmp_path: Path) -> None:
    write_result(tmp_path / "toy.json", {"value": 3}, command="python -m toy", seed=7, packages=("numba",))
    found = read_result(tmp_path / "toy.json")
    assert (found["name"], found["command"], found["seed"], found["data"]) == ("toy", "python -m toy", 7, {"value": 3})
    assert {"edasat", "Python", "numba"} <= set(found["versions"])
    assert found["machine"]


@pytest.mark.usefixtures("_toy")
def test_tables_are_written_and_stale_ones_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_result(tmp_path / "results" / "toy.json", {"value": 3}, command="python -m toy")
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table: toy -->\nold\n<!-- end table -->\nafter\n")
    where = ["--results", str(tmp_path / "results")]
    assert main([str(page), "--check", *where]) == 1
    assert "tables differ" in capsys.readouterr().err
    assert "old" in page.read_text()
    assert main([str(page), *where]) == 0
    table = "| a | b |\n|---|---:|\n| x | 3 |\n"
    assert page.read_text() == f"before\n<!-- table: toy -->\n{table}<!-- end table -->\nafter\n"
    assert main([str(page), "--check", *where]) == 0


def test_missing_and_foreign_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such result"):
        read_result(tmp_path / "absent.json")
    (tmp_path / "old.json").write_text(json.dumps({"schema_version": 0}))
    with pytest.raises(InputError, match="schema version 0, expected 1"):
        read_result(tmp_path / "old.json")
    with pytest.raises(InputError, match="no table is called 'nothing'"):
        render("<!-- table: nothing -->\n<!-- end table -->", tmp_path)

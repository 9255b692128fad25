"""``edasat timing predict`` on the shipped layout, with the shipped weights."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pyarrow.csv
import pytest
from typer.testing import CliRunner

from edasat.core.errors import InputError
from edasat.eda.cells import LEF, LIBERTY
from edasat.tools.cli import app
from edasat.tools.slack_example import EXAMPLE

FILES = ["--lib", str(LIBERTY), "--lef", str(LEF), "--def", str(EXAMPLE / "placed.def.gz")]
CONSTRAINED = [*FILES, "--sdc", str(EXAMPLE / "design.sdc.gz")]


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["timing", "predict", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_prediction_is_near_what_routing_gave(tmp_path: Path) -> None:
    table, page = tmp_path / "ends.csv", tmp_path / "slack.html"
    found = json.loads(
        run(*CONSTRAINED, "--spef", str(EXAMPLE / "golden.spef.gz"), "-o", str(table), "--report", str(page), "--json")
    )
    score = found["against_extracted"]["setup"]
    assert score["r2"] > 0.98 and score["required_mae_ps"] < 15
    assert found["out_of_distribution"] is False and found["coverage"] == 0.9
    assert found["intervals"]["wns"][0] <= found["setup"]["wns_ns"] <= found["intervals"]["wns"][1]
    rows = pyarrow.csv.read_csv(table).to_pydict()
    inside = [
        low <= slack <= high
        for low, slack, high in zip(
            rows["slack_low_ns"], rows["extracted_slack_ns"], rows["slack_high_ns"], strict=True
        )
    ]
    assert len(inside) == found["setup"]["endpoints"] + found["hold"]["endpoints"]
    assert sum(inside) > 0.6 * len(inside)
    text = page.read_text()
    assert "Predicted against extracted" in text and "<figure" in text


def test_the_answer_as_text() -> None:
    text = run(*FILES, "--period", "0.8", "--worst", "3")
    assert "wires predicted from the placement" in text and "worst setup end points" in text
    assert "intervals: 90%" in text and "against extracted wires" not in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lib", str(LIBERTY), "--lef", str(LEF)], "needs a placed layout"),
        (FILES[:2] + FILES[4:], "needs a placed layout"),
        ([*CONSTRAINED, "--wires", "none"], "the wires are what is predicted"),
        ([*CONSTRAINED, "--period", "1"], "both constraints and a period"),
        ([*CONSTRAINED, "--weights", "/nowhere"], "no weights of 'e2eslack'"),
    ],
)
def test_wrong_use(words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        CliRunner().invoke(app, ["timing", "predict", *words], catch_exceptions=False)


def test_a_layout_without_places_is_refused(tmp_path: Path) -> None:
    text = gzip.decompress((EXAMPLE / "placed.def.gz").read_bytes()).decode()
    path = tmp_path / "unplaced.def"
    path.write_text(re.sub(r"\+ PLACED \([^)]*\) \w+", "+ UNPLACED", text))
    words = ["timing", "predict", *FILES[:4], "--def", str(path), "--period", "1"]
    with pytest.raises(InputError, match="675 of 675 cells have no place"):
        CliRunner().invoke(app, words, catch_exceptions=False)

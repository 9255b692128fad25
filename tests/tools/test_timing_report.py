"""The timing report says what the analysis found, and its figures are drawn from the right numbers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from edasat import api
from edasat.eda.cells import LEF, LIBERTY
from edasat.eda.timing.result import StaResult
from edasat.tools.timing_examples import FOLDER
from edasat.tools.timing_figures import cell_slack, path_bars, placement_map, slack_histograms
from edasat.tools.timing_report import timing_report


@cache
def timed(name: str) -> StaResult:
    folder = FOLDER / name
    return api.sta(
        LIBERTY, netlist=folder / "netlist.v", layout=folder / "placed.def", lef=LEF, sdc=folder / "constraints.sdc"
    )


def test_report_says_it(tmp_path: Path) -> None:
    result = timed("crc32")
    timing_report(result, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert text.count("<svg") == 4
    for heading in ("Slack", "Where it is slow", "Worst setup paths", "Worst hold paths", "Setup end points",
                    "Hold end points", "What the constraints leave open", "How the files meet"):  # fmt: skip
        assert f">{heading}</h2>" in text
    assert f"{result.hold.wns:.4f} ns" in text
    assert f"{result.hold.num_failing:,} of {len(result.hold):,}" in text
    for stage in result.paths()[0].stages:
        assert stage.pin in text
    assert len(text) < 1_000_000


def test_names_of_files_and_pins_are_escaped(tmp_path: Path) -> None:
    netlist = tmp_path / "x<b>.v"
    netlist.write_text(
        "module t(clk, d, q); input clk, d; output q; DFF_X1 \\r<i>$x$ (.D(d), .CK(clk), .Q(q)); endmodule\n"
    )
    timing_report(api.sta(LIBERTY, netlist=netlist, period=1.0), tmp_path / "a.html", title="<T>")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "r&lt;i&gt;$x$/D" in text
    assert "<i>" not in text and "<T>" not in text
    assert "Where it is slow" not in text, "nothing is placed"


def test_a_design_without_constraints_has_a_report(tmp_path: Path) -> None:
    timing_report(api.sta(LIBERTY, netlist=FOLDER / "uart_tx" / "netlist.v"), tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "There is no clock" in text
    assert "<svg" not in text


def test_a_placement_without_lef_or_constraints_is_drawn(tmp_path: Path) -> None:
    """Setup alone, too: hold is not asked where only a maximum delay is given."""
    placed = FOLDER / "uart_tx" / "placed.def"
    timing_report(api.sta(LIBERTY, layout=placed), tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text(encoding="utf-8").count("<svg") == 1
    sdc = tmp_path / "max.sdc"
    sdc.write_text("set_max_delay 0.5 -from [all_inputs] -to [all_registers -data_pins]\n")
    result = api.sta(LIBERTY, layout=placed, sdc=sdc)
    assert len(result.setup) and not len(result.hold)
    timing_report(result, tmp_path / "b.html")
    text = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert text.count("<svg") == 3
    assert "Hold end points" not in text


def test_histograms_show_every_violation() -> None:
    result = timed("crc32")
    figure, caption = slack_histograms([result.setup, result.hold])
    assert "outside" not in caption
    for axes, ends in zip(figure.axes, (result.setup, result.hold), strict=True):
        bars = [bar for bar in axes.patches if bar.get_height() > 0]
        assert sum(bar.get_height() for bar in bars) == len(ends)
        negative = sum(bar.get_height() for bar in bars if bar.get_x() < -1e-9)
        assert negative == ends.num_failing


def test_bars_of_a_path_end_at_its_arrival_and_margin() -> None:
    paths = timed("mac8").paths(3)
    figure, _ = path_bars(paths)
    for row, path in enumerate(paths):
        bars = [bar for bar in figure.axes[0].patches if round(bar.get_y() + bar.get_height() / 2) == row]
        assert max(bar.get_x() + bar.get_width() for bar in bars) == pytest.approx(
            path.arrival + path.margin + path.uncertainty
        )


def test_map_colours_cells_by_their_worst_pin() -> None:
    result = timed("alu8")
    slack = cell_slack(result)
    assert np.nanmin(slack) == pytest.approx(result.setup.worst_slack)
    figure, caption = placement_map(result, result.paths()[0])
    drawn = figure.axes[0].collections[1].get_array()
    assert drawn is not None
    assert np.sort(np.asarray(drawn)) == pytest.approx(np.sort(slack[~np.isnan(slack)]))
    assert "worst setup path" in caption

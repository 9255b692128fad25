"""OpenSTA as a program: what it says of the shipped designs is what is committed, and it cannot be misled by names."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edasat.core.errors import InputError, MissingToolError, ToolError, ToolTimeout
from edasat.core.processes import Limits
from edasat.eda import opensta
from edasat.eda.opensta import EARLY, FALL, LATE, run_opensta
from edasat.tools.golden_timing import IN_DETAIL, MODES, TWO_CORNERS, golden
from edasat.tools.timing_examples import DESIGNS, inputs

GOLDEN = Path(__file__).parent.parent / "data" / "timing"
#: Tables are rounded to 1 fs, and OpenSTA counts in single precision.
_TOLERANCE = 2e-6


@pytest.fixture
def sta() -> str:
    found = shutil.which("sta")
    if found is None:
        if os.environ.get("EDASAT_REQUIRE_FLOW") == "1":
            pytest.fail("sta is not installed (tools/setup --flow)")
        pytest.skip("needs OpenSTA (tools/setup --flow)")
    return found


@pytest.fixture
def counter(sta: str) -> opensta.StaInputs:
    return inputs("counter8")


def _same(found: object, wanted: object, where: str = "") -> None:
    """Compare two JSON values; numbers within the tolerance."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict) and found.keys() == wanted.keys(), where
        for key in wanted:
            _same(found[key], wanted[key], f"{where}/{key}")
    elif isinstance(wanted, list):
        assert isinstance(found, list) and len(found) == len(wanted), where
        for i, (a, b) in enumerate(zip(found, wanted, strict=True)):
            _same(a, b, f"{where}[{i}]")
    elif isinstance(wanted, float) and isinstance(found, float):
        assert abs(found - wanted) <= _TOLERANCE, f"{where}: {found} != {wanted}"
    else:
        assert found == wanted, where


@pytest.mark.parametrize("name", DESIGNS)
def test_golden_tables_are_complete_and_consistent(name: str) -> None:
    table = json.loads((GOLDEN / f"{name}.json").read_text())
    assert set(table["modes"]) == {m for m, mode in MODES.items() if mode.analysis == "single" or name in TWO_CORNERS}
    for mode in table["modes"].values():
        assert ("pins" in mode) == (name in IN_DETAIL)
        for side, sign in (("setup", 1), ("hold", -1)):
            ends = mode[side]
            slack, arrival, required = (np.array(ends[key]) for key in ("slack", "arrival", "required"))
            assert len(set(ends["endpoint"])) == len(slack)
            assert ends["wns"] == pytest.approx(min(0.0, slack.min()), abs=1e-6)
            assert ends["tns"] == pytest.approx(np.minimum(slack, 0).sum(), abs=1e-6 * len(slack))
            assert slack == pytest.approx(sign * (required - arrival), abs=3e-6)


def test_golden_tables_show_what_they_are_for() -> None:
    """Failing setup and hold, wires that cost time, late paths slower and early paths faster with two corners."""
    tables = {name: json.loads((GOLDEN / f"{name}.json").read_text())["modes"] for name in DESIGNS}
    assert tables["crc32"]["spef"]["setup"]["tns"] < -1
    assert tables["alu8"]["spef"]["hold"]["wns"] < 0
    for table in tables.values():
        assert min(table["no_wires"]["setup"]["slack"]) > min(table["spef"]["setup"]["slack"])
    ocv, typical = (tables["gated_pipeline"][mode] for mode in ("on_chip_variation", "no_wires"))
    assert min(ocv["setup"]["slack"]) < min(typical["setup"]["slack"])
    assert min(ocv["hold"]["slack"]) < min(typical["hold"]["slack"])
    checks = {check for table in tables.values() for check in table["spef"]["setup"]["check"]}
    assert checks == {"setup", "recovery", "output delay", "path delay"}


@pytest.mark.parametrize("name", ["counter8", "lanes"])
def test_tables_are_rebuilt(sta: str, name: str) -> None:
    _same(golden(name)["modes"], json.loads((GOLDEN / f"{name}.json").read_text())["modes"])


def test_pins_paths_and_endpoints_agree(counter: opensta.StaInputs) -> None:
    """Three ways to the same numbers inside OpenSTA: path ends, vertices, and points of paths."""
    result = run_opensta(counter, pins="all", paths=2)
    assert result.pins is not None
    row = {name: i for i, name in enumerate(result.pins.names.to_list())}
    for ends, when in ((result.setup, LATE), (result.hold, EARLY)):
        for name, edge, slack, arrival in zip(ends.names.to_list(), ends.edge, ends.slack, ends.arrival, strict=True):
            pin = row[name]
            assert np.nanmin(result.pins.slack[pin, when]) == pytest.approx(slack, abs=1e-6)
            assert result.pins.arrival[pin, when, edge] == pytest.approx(arrival, abs=1e-6)
        assert (np.diff(ends.slack) >= 0).all()
    for path, when in ((result.setup_paths[0], LATE), (result.hold_paths[0], EARLY)):
        assert path.points[-1].pin == path.endpoint
        assert all(a.arrival <= b.arrival for a, b in zip(path.points, path.points[1:], strict=False))
        for point in path.points:
            assert result.pins.slew[row[point.pin], when, point.edge] == pytest.approx(point.slew, abs=1e-9)
    assert len(result.setup_paths) == len(result.hold_paths) == 2
    assert result.setup_paths[0].slack == pytest.approx(result.setup.slack[0], abs=1e-9)
    assert set(result.phases_s) == {"liberty", "netlist", "constraints", "annotation", "timing", "reports"}
    assert 0 < sum(result.phases_s.values()) <= result.run.cpu_s + 0.02
    assert not result.warnings


def test_arrivals_are_those_of_a_hand_calculation(counter: opensta.StaInputs) -> None:
    """An input port: its delay of 0.3 ns, early as late; a falling clock edge: nothing starts there."""
    result = run_opensta(counter, pins=["enable", "count[0]_reg/D", "clk", "no such pin"])
    assert result.pins is not None
    assert result.pins.names.to_list() == ["clk", "count[0]_reg/D", "enable"]
    assert result.pins.arrival[2] == pytest.approx(0.3, abs=1e-7)
    assert result.pins.slew[2] == pytest.approx(0.05, abs=1e-7)
    assert np.isnan(result.pins.slack[0, :, FALL]).all()
    assert (result.pins.arrival[1, EARLY] < result.pins.arrival[1, LATE]).all()


def test_no_wires_is_less_than_the_default_wire_load(counter: opensta.StaInputs) -> None:
    bare, loaded = (run_opensta(counter, wire_load=wire_load) for wire_load in (False, True))
    assert bare.setup.slack[0] > loaded.setup.slack[0] + 0.01


def test_every_net_finds_its_wires(sta: str) -> None:
    """Names in SPEF are understood across hierarchy and escapes: no net falls back to a wire load."""
    results = [run_opensta(inputs("lanes", "spef"), wire_load=wire_load, pins="all") for wire_load in (False, True)]
    assert results[0].setup.slack.tolist() == results[1].setup.slack.tolist()
    assert results[0].pins is not None and results[1].pins is not None
    assert np.array_equal(results[0].pins.slew, results[1].pins.slew, equal_nan=True)


def test_written_delays_can_be_annotated(counter: opensta.StaInputs, tmp_path: Path) -> None:
    first = run_opensta(replace(counter, spef=inputs("counter8", "spef").spef), sdf_out=tmp_path / "out" / "x.sdf")
    assert first.sdf is not None
    assert first.sdf.read_bytes() == inputs("counter8", "sdf").sdf.read_bytes()  # type: ignore[union-attr]
    again = run_opensta(replace(counter, sdf=first.sdf), wire_load=False)
    assert again.setup.slack[0] == pytest.approx(first.setup.slack[0], abs=2e-3)


def test_compressed_files_and_strange_names_of_files(counter: opensta.StaInputs, tmp_path: Path) -> None:
    folder = tmp_path / "a b [exec touch pwned] $x {"
    folder.mkdir()
    netlist, sdc = folder / 'n"; exit.v', folder / "s.sdc.gz"
    shutil.copy(counter.netlist, netlist)
    sdc.write_bytes(gzip.compress(Path(counter.sdc or "").read_bytes()))
    result = run_opensta(replace(counter, netlist=netlist, sdc=sdc))
    assert result.setup.slack.tolist() == run_opensta(counter).setup.slack.tolist()
    assert not list(tmp_path.rglob("pwned"))


def test_a_name_is_not_run(counter: opensta.StaInputs, tmp_path: Path) -> None:
    mark = tmp_path / "pwned"
    with pytest.raises(ToolError, match="refused"):
        run_opensta(replace(counter, top=f"counter8[exec touch {mark}]"))
    assert not mark.exists()


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("netlist", "module counter8(; endmodule", "syntax error"),
        ("sdc", "create_clock -period 1 [get_ports clk]\nset_wishes 3\n", "set_wishes"),
        ("spef", "*SPEF\n*NONSENSE", "syntax error"),
        ("liberty", "library (x) {", "Error"),
    ],
)
def test_files_it_refuses_are_errors(
    counter: opensta.StaInputs, tmp_path: Path, field: str, text: str, said: str
) -> None:
    """By itself OpenSTA prints these and goes on, with status 0."""
    file = tmp_path / "broken"
    file.write_text(text)
    with pytest.raises(ToolError, match=said):
        run_opensta(replace(counter, **{field: [file] if field == "liberty" else file}))


def test_missing_files_are_input_errors(counter: opensta.StaInputs, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        run_opensta(replace(counter, sdf=tmp_path / "none.sdf"))


def test_a_design_without_clock_has_no_endpoints(counter: opensta.StaInputs) -> None:
    result = run_opensta(replace(counter, sdc=None), paths=1)
    assert (len(result.setup), len(result.hold), result.setup_paths) == (0, 0, ())
    assert (result.setup.wns, result.setup.tns) == (0.0, 0.0)


def test_time_limit(counter: opensta.StaInputs) -> None:
    with pytest.raises(ToolTimeout, match="wall limit"):
        run_opensta(counter, limits=Limits(wall_s=1e-4))


def test_without_the_program_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="tools/setup --flow"):
        run_opensta(inputs("counter8"))


def test_version(sta: str) -> None:
    assert opensta.version()[0].isdigit()

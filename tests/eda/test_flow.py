"""The whole flow on the shipped library: RTL to a routed layout in which every net is connected."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edasat.core.errors import InputError, MissingToolError
from edasat.core.processes import Limits
from edasat.eda.flow import FlowResult, Rtl, Technology, edasat45, nangate45, osu018, run_flow
from edasat.eda.flow.connectivity import unconnected_nets
from edasat.eda.formats.layout import pin_positions, read_def
from edasat.eda.formats.lef import Lef, read_lef
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.formats.verilog import read_verilog

RTL = Rtl(
    [
        b"""
module counter (input clk, rst, load, input [7:0] start, output reg [7:0] count, output wrap);
  assign wrap = &count;
  always @(posedge clk)
    if (rst) count <= 0;
    else if (load) count <= start;
    else count <= count + 1;
endmodule
"""
    ]
)


def _require(found: bool, what: str) -> None:
    """Skip without a program, and fail instead where all of them must be there."""
    if not found:
        if os.environ.get("EDASAT_REQUIRE_FLOW") == "1":
            pytest.fail(f"{what} is not installed (tools/setup --flow)")
        pytest.skip(f"needs {what} (tools/setup --flow)")


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    for program in ("graywolf", "qrouter"):
        _require(shutil.which(program) is not None, program)


@pytest.fixture(scope="module")
def technology() -> Technology:
    return edasat45()


@pytest.fixture(scope="module")
def lef(technology: Technology) -> Lef:
    return read_lef(*technology.lefs)


@pytest.fixture(scope="module")
def result(technology: Technology, tmp_path_factory: pytest.TempPathFactory) -> FlowResult:
    folder = tmp_path_factory.mktemp("flow") / "a folder's name"
    return run_flow(RTL, technology, folder, period_ns=1.0, utilisation=0.6, seed=1)


def test_the_layout_is_routed(result: FlowResult, lef: Lef) -> None:
    assert (result.status, result.message, result.num_unrouted) == ("routed", "", 0)
    layout = read_def(result.path("routed_def"), lef=lef)
    assert len(unconnected_nets(layout, lef)) == 0
    assert result.wire_length_um == pytest.approx(layout.routed_length().sum() / layout.dbu_per_um)
    half_perimeters = _half_perimeters(result, lef)
    assert 0.9 * half_perimeters < result.wire_length_um < 3 * half_perimeters


def _half_perimeters(result: FlowResult, lef: Lef) -> float:
    """Return the sum over nets of half the perimeter of the box around their pins, um."""
    netlist = read_def(result.path("placed_def"), lef=lef).netlist()
    assert netlist.placement is not None
    dbu = netlist.placement.dbu_per_um
    x, y = pin_positions(netlist, lef)
    net = np.concatenate([netlist.pin_net, netlist.port_net])
    x = np.concatenate([x, netlist.placement.port_x / dbu])
    y = np.concatenate([y, netlist.placement.port_y / dbu])
    return float(sum(np.ptp(x[net == i]) + np.ptp(y[net == i]) for i in np.unique(net[net >= 0])))


def test_all_files_tell_the_same_design(result: FlowResult, technology: Technology, lef: Lef) -> None:
    mapped = read_verilog(result.path("netlist"), library=read_liberty(technology.liberty))
    for kind in ("placed_def", "routed_def"):
        read = read_def(result.path(kind), lef=lef).netlist()
        assert read.name == mapped.name == result.design == "counter"
        assert read.instances.to_list() == mapped.instances.to_list()
        assert read.ports.to_list() == mapped.ports.to_list()
        assert read.port_direction.tolist() == mapped.port_direction.tolist()
        assert _connections(read) == _connections(mapped)
    assert (result.num_cells, result.num_ports) == (mapped.num_instances, mapped.num_ports)


def _connections(netlist: object) -> set[tuple[str, str, str]]:
    instances, pins, nets = (list(getattr(netlist, name)) for name in ("instances", "pin_names", "nets"))
    offsets = netlist.pin_offsets.tolist()  # type: ignore[attr-defined]
    rows = [i for i in range(len(instances)) for _ in range(offsets[i], offsets[i + 1])]
    columns = zip(rows, netlist.pin_name.tolist(), netlist.pin_net.tolist(), strict=True)  # type: ignore[attr-defined]
    return {(instances[i], pins[pin], nets[net]) for i, pin, net in columns if net >= 0}


def test_cells_lie_on_sites_without_overlap(result: FlowResult, lef: Lef) -> None:
    layout = read_def(result.path("placed_def"), lef=lef)
    table, row = layout.components, layout.rows[0]
    sites = np.rint(lef.macro_size[table.masters.find_in(lef.macros), 0] * layout.dbu_per_um / row.step_x).astype(int)
    taken: dict[tuple[int, int], str] = {}
    by_y = {row.y: row for row in layout.rows}
    for name, master, x, y, turn in zip(table.names, table.master, table.x, table.y, table.orientation, strict=True):
        row = by_y[y]
        assert (x - row.x) % row.step_x == 0
        assert (turn in (2, 6)) == (row.orientation == 6), "upside down exactly where the row is"
        for site in range((x - row.x) // row.step_x, (x - row.x) // row.step_x + sites[master]):
            assert 0 <= site < row.num_x
            assert taken.setdefault((y, site), name) == name
    assert result.utilisation == pytest.approx(len(taken) / sum(row.num_x for row in layout.rows), abs=1e-3)
    assert 0.5 < result.utilisation <= 0.6


def test_the_same_seed_gives_the_same_files_and_another_other_ones(
    result: FlowResult, technology: Technology, tmp_path: Path
) -> None:
    again = run_flow(RTL, technology, tmp_path / "again", period_ns=1.0, utilisation=0.6, seed=1)
    for kind in ("netlist", "placed_def", "routed_def"):
        assert again.path(kind).read_bytes() == result.path(kind).read_bytes()
    other = run_flow(RTL, technology, tmp_path / "again", period_ns=1.0, utilisation=0.6, seed=2)
    assert other.path("netlist").read_bytes() == result.path("netlist").read_bytes()
    assert other.path("placed_def").read_bytes() != result.path("placed_def").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again"], (
        "the older folder is replaced, nothing is left"
    )


def test_costs_and_versions_are_told(result: FlowResult) -> None:
    assert [step.name for step in result.steps] == ["synthesis", "placement", "routing"]
    assert [step.tool.split()[0] for step in result.steps] == ["Yosys", "graywolf", "qrouter"]
    assert result.steps[2].tool.startswith("qrouter 1.4")
    assert all(0 < step.cpu_s < 60 and step.peak_memory_bytes > 1 << 20 for step in result.steps)
    told = json.loads((result.folder / "flow.json").read_text())
    assert (told["technology"], told["status"], told["num_cells"]) == ("edasat45", "routed", result.num_cells)
    assert sorted(path.name for path in result.folder.iterdir()) == sorted([*told["files"].values(), "flow.json"])


def test_failures_are_data(technology: Technology, tmp_path: Path) -> None:
    (tmp_path / "t.v").write_text("module t (input a, output y);\n  assign y = a +;\nendmodule\n")
    broken = run_flow(Rtl([tmp_path / "t.v"]), technology, tmp_path / "out", period_ns=1.0)
    assert (broken.status, broken.failed_step) == ("failed", "synthesis")
    assert broken.message == f"{tmp_path}/t.v:2: syntax error, unexpected ';'"
    assert "syntax error" in broken.path("log_synthesis").read_text()
    slow = run_flow(RTL, technology, tmp_path / "out", period_ns=1.0, limits=Limits(wall_s=0.01))
    assert (slow.status, slow.failed_step, slow.message) == ("failed", "synthesis", "Yosys reached its wall limit")
    dense = run_flow(RTL, technology, tmp_path / "out", period_ns=1.0, utilisation=1.2)
    assert (dense.status, dense.failed_step) == ("failed", "placement")
    assert "utilisation must lie between 0.05 and 1, got 1.2" in dense.message
    assert dense.path("netlist").is_file()
    assert json.loads((tmp_path / "out" / "flow.json").read_text())["message"] == dense.message


def test_nets_that_find_no_way_are_counted(technology: Technology, tmp_path: Path) -> None:
    lef = tmp_path / "few_tracks.lef"
    lef.write_text(technology.lefs[0].read_text().replace("PITCH 0.160 ;", "PITCH 0.800 ;"))
    crowded = run_flow(RTL, replace(technology, lefs=(lef,)), tmp_path / "out", period_ns=1.0, utilisation=0.99)
    assert (crowded.status, crowded.failed_step) == ("unrouted", "")
    assert 0 < crowded.num_unrouted <= crowded.num_nets
    assert crowded.message == f"{crowded.num_unrouted} nets are not connected"
    layout = read_def(crowded.path("routed_def"), lef=read_lef(lef))
    assert len(unconnected_nets(layout, read_lef(lef))) == crowded.num_unrouted


def test_what_is_no_fault_of_the_design_is_an_error(
    technology: Technology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = Technology("x", tmp_path / "nothing.lib", technology.lefs, 4)
    with pytest.raises(InputError, match="no such file"):
        run_flow(RTL, missing, tmp_path / "out", period_ns=1.0)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="tools/setup --flow"):
        run_flow(RTL, technology, tmp_path / "out", period_ns=1.0)
    assert not (tmp_path / "out").exists()


def test_osu018(tmp_path: Path) -> None:
    try:
        technology = osu018()
    except MissingToolError:
        _require(False, "osu018")
    result = run_flow(RTL, technology, tmp_path / "out", period_ns=5.0)
    assert (result.status, result.message) == ("routed", "")


def test_nangate45(shared_data: Path, tmp_path: Path) -> None:
    result = run_flow(RTL, nangate45(shared_data / "libs" / "nangate45"), tmp_path / "out", period_ns=0.5)
    assert (result.status, result.message) == ("routed", "")

"""The commands of static timing on shipped designs, against the tables that OpenSTA made of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

from edasat import api
from edasat.core.errors import InputError
from edasat.core.graph import Graph
from edasat.eda.cells import LEF, LIBERTY
from edasat.tools.cli import main
from edasat.tools.timing_examples import FOLDER

CRC32 = FOLDER / "crc32"
GOLDEN = Path(__file__).resolve().parents[1] / "data" / "timing"


@pytest.fixture(autouse=True)
def _keep_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("edasat.tools.cli.pass_signals_on", lambda: None)
    yield


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def files(name: str, *more: object) -> list[object]:
    return [
        "--lib",
        LIBERTY,
        "--netlist",
        FOLDER / name / "netlist.v",
        "--sdc",
        FOLDER / name / "constraints.sdc",
        *more,
    ]


def golden(name: str, mode: str) -> dict[str, Any]:
    return json.loads((GOLDEN / f"{name}.json").read_text())["modes"][mode]


@pytest.mark.parametrize("name", ["crc32", "uart_tx"])
def test_every_way_out_gives_the_slack_that_opensta_gives(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {
        (side, end): slack
        for side in ("setup", "hold")
        for end, slack in zip(*(golden(name, "no_wires")[side][key] for key in ("endpoint", "slack")), strict=True)
    }
    rows = {}
    for suffix in ("csv", "parquet", "json"):
        out = tmp_path / f"ends.{suffix}"
        assert run("timing", "sta", *files(name), "-o", out, "--json") == 0
        told = json.loads(capsys.readouterr().out)
        if suffix == "json":
            rows[suffix] = json.loads(out.read_text())
        else:
            read = pyarrow.csv.read_csv if suffix == "csv" else pyarrow.parquet.read_table
            rows[suffix] = read(out).to_pylist()
        found = {(row["analysis"], row["endpoint"]): row["slack_ns"] for row in rows[suffix]}
        assert found == pytest.approx(wanted, abs=1e-6)
    for side in ("setup", "hold"):
        assert told[side]["wns_ns"] == pytest.approx(golden(name, "no_wires")[side]["wns"], abs=1e-6)
        assert told[side]["failing"] == sum(s < 0 for (which, _), s in wanted.items() if which == side)
    checks = {(row["analysis"], row["endpoint"]): row["check"] for row in rows["json"]}
    for side in ("setup", "hold"):
        table = golden(name, "no_wires")[side]
        assert [checks[side, end] for end in table["endpoint"]] == table["check"]


def test_summary_names_what_was_timed(capsys: pytest.CaptureFixture[str]) -> None:
    name = "clock_domains"
    assert run("timing", "sta", *files(name, "--def", FOLDER / name / "placed.def", "--lef", LEF)) == 0
    out = capsys.readouterr().out
    assert out.startswith("clock_domains: 80 cells, 284 pins")
    assert "wires: placement, " in out
    assert "failing end points" in out
    assert "worst hold end points" in out
    assert "read " in out and "join " in out and "analyse " in out


def test_violations_are_exit_code_1_when_asked() -> None:
    assert golden("crc32", "spef")["setup"]["tns"] < 0
    spef = ["--spef", CRC32 / "wires.spef"]
    assert run("timing", "sta", *files("crc32", *spef)) == 0
    assert run("timing", "sta", *files("crc32", *spef), "--fail-on-violation") == 1


def test_a_period_stands_for_constraints(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["timing", "sta", "--lib", LIBERTY, "--def", FOLDER / "counter8" / "placed.def", "--json"]
    slack = []
    for period in (1.0, 3.0):
        assert run(*command, "--period", period) == 0
        told = json.loads(capsys.readouterr().out)
        assert [clock["name"] for clock in told["clocks"]] == ["clk"]
        slack.append(told["setup"]["worst_slack_ns"])
    assert slack[1] - slack[0] == pytest.approx(2.0, abs=1e-9)
    assert run(*command) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["setup"]["endpoints"], told["setup"]["worst_slack_ns"]) == (0, None)


def test_paths_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    spef = ["--spef", FOLDER / "mac8" / "wires.spef"]
    assert run("timing", "paths", *files("mac8", *spef), "-n", 4, "--per-endpoint", 2, "--json") == 0
    paths = json.loads(capsys.readouterr().out)
    assert len(paths) == 4
    assert [path["slack"] for path in paths] == sorted(path["slack"] for path in paths)
    for path in paths:
        delays = sum(stage["delay"] for stage in path["stages"])
        assert path["stages"][0]["arrival"] + delays == pytest.approx(path["arrival"])
        assert path["required"] - path["arrival"] == pytest.approx(path["slack"])
    assert run("timing", "paths", *files("mac8", *spef)) == 0
    text = capsys.readouterr().out
    assert f"slack{paths[0]['slack']:>10.4f}".split() == text.splitlines()[-1].split()
    assert all(stage["pin"] in text for stage in paths[0]["stages"])


def test_paths_to_one_pin(capsys: pytest.CaptureFixture[str]) -> None:
    table = golden("uart_tx", "no_wires")["hold"]
    end = table["endpoint"][3]
    assert run("timing", "paths", *files("uart_tx"), "--hold", "--to", end, "-n", 3, "--json") == 0
    paths = json.loads(capsys.readouterr().out)
    assert {path["end"] for path in paths} == {end}
    assert paths[0]["slack"] == pytest.approx(table["slack"][3], abs=1e-6)
    assert run("timing", "paths", *files("uart_tx"), "--to", "no/such") == 2
    assert "the design has no pin 'no/such'" in capsys.readouterr().err
    assert run("timing", "paths", *files("uart_tx"), "--to", "clk") == 2
    assert "no constrained path ends at 'clk'" in capsys.readouterr().err


def test_check_tells_files_that_do_not_meet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("timing", "check", *files("alu8", "--def", FOLDER / "alu8" / "placed.def")) == 0
    out = capsys.readouterr().out
    assert "285 of 285 instances of the netlist known" in out
    assert "clock pins that no clock reaches: 0 of " in out
    other = ["--spef", CRC32 / "wires.spef"]
    assert run("timing", "check", *files("alu8", *other)) == 1
    assert "POOR" in capsys.readouterr().out
    assert run("timing", "check", *files("alu8", *other), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["good"]
    assert any(row["matched"] < row["total"] and row["examples"] for row in told["join"])
    assert run("timing", "sta", *files("alu8", *other)) == 2, "slack of the wrong wires is worse than none"
    assert "are known to the design" in capsys.readouterr().err


def test_check_counts_what_is_not_constrained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sdc = tmp_path / "part.sdc"
    sdc.write_text("create_clock -name a -period 2 [get_ports clk]\nset_max_fanout 8 [current_design]\n")
    netlist = FOLDER / "clock_domains" / "netlist.v"
    assert run("timing", "check", "--lib", LIBERTY, "--netlist", netlist, "--sdc", sdc, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    counts = {row["what"]: row["count"] for row in told["unconstrained"]}
    assert counts["clock pins that no clock reaches"] > 0
    assert counts["outputs without a delay"] > 0
    assert told["ignored_sdc"] == {"set_max_fanout": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["timing", "sta", "--lib", LIBERTY], "a netlist or a layout is needed"),
        (["timing", "sta", *files("crc32"), "--period", "2"], "both constraints and a period are given"),
        (
            ["timing", "sta", "--lib", LIBERTY, "--def", CRC32 / "placed.def", "--period", "-1"],
            "must be positive",
        ),
        (["timing", "sta", *files("crc32"), "--wires", "spef"], "no file is given"),
        (["timing", "sta", *files("crc32"), "--wires", "guess"], "Invalid value for '--wires'"),
        (["timing", "sta", *files("crc32"), "-o", "ends.txt"], "cannot tell the format"),
        (["timing", "sta", *files("crc32"), "--top", "nothing"], "nothing"),
        (["timing", "sta", "--netlist", "x.v"], "Missing option '--lib'"),
        (["timing", "sta", "--lib", LIBERTY, "--netlist", CRC32 / "rtl.v"], "RTL"),
        (["graph", "a.def", "b.def", "--lib", LIBERTY], "one design"),
        (["graph", "a.def"], "a cell library is needed"),
    ],
)
def test_wrong_input_is_one_message_and_exit_code_2(
    arguments: list[object], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    err = capsys.readouterr().err
    assert message in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("sta", "paths", "check"):
        assert run("timing", command, "--help") == 0
        out = capsys.readouterr().out
        assert "Examples" in out
        assert "--spef" in out


def test_a_design_becomes_a_graph_of_pins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = FOLDER / "alu8"
    shutil.copy(folder / "placed.def", tmp_path / "alu8.def")
    command = ["graph", tmp_path / "alu8.def", folder / "netlist.v", "--lib", LIBERTY, "--lef", LEF]
    assert run(*command, "--sdc", folder / "constraints.sdc", "-o", tmp_path, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["graph"] for row in told] == [str(tmp_path / "alu8")]
    graph = Graph.load(tmp_path / "alu8")
    result = api.sta(
        LIBERTY, netlist=folder / "netlist.v", layout=folder / "placed.def", lef=LEF, sdc=folder / "constraints.sdc"
    )
    pins = graph.nodes["pin"]
    assert pins.names is not None
    slack = np.nanmin(pins.arrays["slack"][result.setup.node, 1], axis=1)
    assert slack == pytest.approx(result.setup.slack, abs=1e-6)
    assert [pins.names[node] for node in result.setup.node] == list(result.setup.names)
    assert pins.arrays["is_endpoint"].sum() == len(result.setup)
    assert np.isfinite(pins.arrays["position"]).all()
    nets, cells = (graph.edges["pin", relation, "pin"] for relation in ("net", "cell"))
    assert nets.count + cells.count == result.timing.graph.num_edges
    (source, target), active = nets.index, nets.arrays["active"]
    assert pins.level is not None
    assert (pins.level[source] < pins.level[target])[active].all()
    # An arrival is one of those before it plus the delay between.
    late = pins.arrays["arrival"][:, 1]
    delay = nets.arrays["delay"][:, 1]
    both = np.isfinite(late[source]) & np.isfinite(late[target]) & np.isfinite(delay)
    assert late[target][both] == pytest.approx((late[source] + delay)[both], abs=1e-5)
    assert run("graph", folder / "netlist.v", "--lib", LIBERTY, "-o", tmp_path) == 0
    assert "position" not in Graph.load(tmp_path / "netlist").nodes["pin"].arrays


def test_latches_are_refused_or_opaque(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    latch = next(
        c for c in api.sta(LIBERTY, netlist=FOLDER / "crc32/netlist.v").design.graph.library.cells if "DL" in c
    )
    netlist = tmp_path / "latch.v"
    netlist.write_text(f"module t(d, g, q); input d, g; output q; {latch} l (.D(d), .G(g), .Q(q)); endmodule\n")
    assert run("timing", "sta", "--lib", LIBERTY, "--netlist", netlist) == 2
    assert "--latches opaque" in capsys.readouterr().err
    assert run("timing", "sta", "--lib", LIBERTY, "--netlist", netlist, "--latches", "opaque") == 0
    assert "latches taken as opaque" in capsys.readouterr().err


def test_api_result() -> None:
    folder = FOLDER / "lanes"
    result = api.sta(LIBERTY, netlist=folder / "netlist.v", sdc=folder / "constraints.sdc", sdf=folder / "delays.sdf")
    table = golden("lanes", "sdf")
    assert result.setup.worst_slack == pytest.approx(min(table["setup"]["slack"]), abs=1e-6)
    assert result.hold.tns == pytest.approx(table["hold"]["tns"], abs=1e-5)
    assert result.endpoint_table().num_rows == len(result.setup) + len(result.hold)
    assert result.summary()["annotated"]
    assert set(result.seconds) == {"read", "join", "analyse"}
    with pytest.raises(InputError, match="no pin"):
        result.find_pin("")


def test_data_without_a_clock_is_captured_by_the_first_edge(tmp_path: Path) -> None:
    """``set_input_delay`` without ``-clock``: data starts once, at time zero."""
    netlist, sdc = tmp_path / "a.v", tmp_path / "a.sdc"
    netlist.write_text("module t(a, y); input a; output y; BUF_X1 b (.A(a), .Z(y)); endmodule\n")
    lines = ["create_clock -name v -period 2", "set_input_delay 0.25 [get_ports a]",
             "set_output_delay 0.5 -clock v [get_ports y]"]  # fmt: skip
    sdc.write_text("\n".join(lines))
    result = api.sta(LIBERTY, netlist=netlist, sdc=sdc)
    delay = sum(stage.delay for stage in result.paths()[0].stages)
    assert result.setup.slack == pytest.approx([2 - 0.5 - 0.25 - delay])
    assert result.hold.worst_slack == pytest.approx(
        0.25 + sum(s.delay for s in result.paths(late=False)[0].stages) + 0.5
    )
    assert [clock["name"] for clock in result.summary()["clocks"]] == ["v"]

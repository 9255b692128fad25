"""``edasat graph`` on Verilog: five kinds of graphs, options of a design, refusals with their place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edasat import api
from edasat.core.errors import InputError
from edasat.core.graph import Graph
from edasat.eda.flow import Rtl
from edasat.eda.verilog.gate_network import GATE_KINDS
from edasat.tools.cli import main

ADDER = (
    "module adder #(parameter W = 4) (input [W-1:0] a, b, output [`PLUS(W)-1:0] y);\n  assign y = a + b;\nendmodule\n"
)
TOP = """`include "macros.vh"
module top (input clk, input [3:0] a, output reg [4:0] q, output [8:0] z);
  wire [4:0] y;
  adder one (.a(a), .b(q[3:0]), .y(y));
  adder #(.W(8)) two (.a({a, a}), .b({q[3:0], a}), .y(z));
  always @(posedge clk) q <= y;
endmodule
"""


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "macros.vh").write_text("`define PLUS(x) (x + 1)\n")
    (tmp_path / "top.v").write_text(TOP)
    (tmp_path / "adder.v").write_text(ADDER)
    return [tmp_path / "top.v", tmp_path / "adder.v"]


@pytest.mark.parametrize("kind", ["ast", "cdfg", "gate", "aig", "lut"])
def test_several_files_make_one_graph(
    kind: str, files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["-k", kind, "-I", tmp_path / "inc", "--json", "-o", tmp_path / "out"]
    assert run("graph", *files, *options) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(row["graph"]).name for row in told] == ["top"]
    graph = Graph.load(tmp_path / "out" / "top")
    assert graph.metadata["kind"] == kind
    assert graph.num_edges == told[0]["edges"] > 0
    if kind in ("ast", "cdfg", "gate"):
        assert set(map(str, files)) <= set(graph.metadata["files"])
        assert graph.metadata["top"] == "top"
    if kind in ("lut", "gate"):
        assert graph.nodes["output"].count == 5 + 9
    if kind == "gate":
        assert graph.metadata["registers"] == 5
        inner = np.flatnonzero(graph.nodes["gate"].arrays["kind"] >= GATE_KINDS.index("and"))
        assert len(inner) > 5 and graph.nodes["gate"].arrays["line"][inner].min() > 0
    if kind == "lut":
        assert graph.metadata["flip_flops"] == 5


def test_top_parameters_and_macros(files: list[Path], tmp_path: Path) -> None:
    options = ["--top", "adder", "-P", "W=6", "-D", "PLUS(x)=x"]
    assert run("graph", files[1], "-k", "aig", *options, "-o", tmp_path / "out") == 2  # no plain name
    files[1].write_text(ADDER.replace("`PLUS(W)", "W+`MORE"))
    for kind, defines in (("cdfg", ["-D", "MORE"]), ("ast", ["-D", "MORE=1"]), ("aig", ["-D", "MORE=1"])):
        assert run("graph", files[1], "-k", kind, "--top", "adder", "-P", "W=6", *defines, "-o", tmp_path / kind) == 0
    assert Graph.load(tmp_path / "aig" / "adder").nodes["output"].count == 7
    assert max(Graph.load(tmp_path / "cdfg" / "adder").nodes["word"].arrays["width"]) == 7
    assert 7 in Graph.load(tmp_path / "ast" / "adder").nodes["node"].arrays["width"]


BAD = "module m (input a, output y);\n  assign y = a +;\nendmodule\n"


@pytest.mark.parametrize(
    ("text", "arguments", "told"),
    [
        (BAD, ["-k", "ast"], "bad.v:2:17: error: expected expression"),
        (BAD, ["-k", "cdfg"], "bad.v:2: error: Yosys: syntax error, unexpected ';'"),
        (BAD.replace("a +;", "a;\n  none u (a);"), ["-k", "lut"], "bad.v:3:3: error: module 'none' is used here"),
        (BAD, [], "several graphs of Verilog"),
        ("", ["-k", "cdfg"], "there is no module in the file"),
        (BAD, ["-k", "aig", "-P", "W=x"], "parameter 'W' must be a whole number"),
        (BAD, ["-k", "aig", "-P", "W"], "'W' is not NAME=N"),
        (BAD, ["-k", "cdfg", "--top", "a; shell rm"], "is not a Verilog identifier"),
        ("module a(input x); endmodule\n", ["-k", "cdfg", "--top", "b"], "b"),
    ],
)
def test_refusals(
    tmp_path: Path,
    text: str,
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "bad.v").write_text(text)
    assert run("graph", tmp_path / "bad.v", *arguments, "-o", tmp_path / "out") == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out" / "bad").exists()


def test_from_python() -> None:
    text = b"module m (input [3:0] a, output y); assign y = ^a; endmodule"
    assert api.build_graph(Rtl([text]), "aig").metadata["ands"] == 9
    assert api.build_graph(text, "ast").metadata["parser"] == "pyverilog"
    assert api.build_graph([text], "cdfg").metadata["top"] == "m"
    with pytest.raises(InputError, match="takes a CNF"):
        api.build_graph(Rtl([text]), "tripartite")

"""Synthesis: what is mapped does what the RTL says, and every refusal tells its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edasat.core.errors import InputError, ToolError, ToolTimeout
from edasat.core.processes import Limits
from edasat.eda import cells
from edasat.eda.flow import Mapped, Rtl, synthesise
from edasat.eda.flow.roles import Tie, find_roles
from edasat.eda.flow.yosys import run_passes
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.library import Library

#: Arithmetic, a register with reset, an output that is an input, one that is part of another, and a constant.
RTL = b"""
module dut (input clk, input rst, input [3:0] a, b, input [1:0] op, output reg [3:0] q, output [3:0] y,
            output same, copy, one);
  unit u (.a(a), .b(b), .op(op), .y(y));
  assign same = y[0];
  assign copy = rst;
  assign one = 1'b1;
  always @(posedge clk) if (rst) q <= 0; else q <= y;
endmodule
module unit #(parameter W = 4) (input [W-1:0] a, b, input [1:0] op, output [W-1:0] y);
  wire [W-1:0] sum = op[0] ? a - b : a + b;
  assign y = op[1] ? (op[0] ? a ^ b : a & b) : sum;
endmodule
"""


@pytest.fixture(scope="module")
def library() -> Library:
    return read_liberty(cells.LIBERTY)


def _map(library: Library, *sources: str | Path | bytes, period_ns: float = 1.0, **options: object) -> Mapped:
    return synthesise(Rtl(sources, **options), cells.LIBERTY, library, period_ns=period_ns)  # type: ignore[arg-type]


def prove_equal(folder: Path, rtl: bytes, netlist: str, top: str) -> None:
    """Prove by induction that a mapped netlist behaves as its RTL from the second cycle of reset on."""
    (folder / "rtl.v").write_bytes(rtl)
    (folder / "netlist.v").write_text(netlist)
    (folder / "cells.lib").write_bytes(cells.LIBERTY.read_bytes())
    passes = [
        *(
            "read_verilog rtl.v",
            f"hierarchy -top {top}",
            "proc",
            "flatten",
            f"setattr -mod -unset top {top}",
            f"rename {top} gold",
        ),
        *("read_verilog netlist.v", f"rename {top} gate", "read_liberty -ignore_miss_func cells.lib"),
        *("proc", "flatten", "async2sync", "miter -equiv -flatten gold gate miter", "hierarchy -top miter"),
        "sat -verify -prove trigger 0 -seq 2 -set-at 1 in_rst 1 -set-at 2 in_rst 1 -tempinduct -maxsteps 8 miter",
    ]
    run_passes(passes, folder)


def test_the_mapped_netlist_is_equivalent_to_the_rtl(library: Library, tmp_path: Path) -> None:
    prove_equal(tmp_path, RTL, _map(library, RTL).verilog, "dut")


def test_the_proof_would_see_a_difference(library: Library, tmp_path: Path) -> None:
    netlist = _map(library, RTL).verilog
    wrong = re.sub(r"XOR2_X1 (\S+) \(", r"XNOR2_X1 \1 (", netlist, count=1)
    assert wrong != netlist
    with pytest.raises(ToolError, match="proof"):
        prove_equal(tmp_path, RTL, wrong.replace(".Z(", ".Z(", 1), "dut")


def test_the_netlist_is_clean(library: Library) -> None:
    mapped = _map(library, RTL)
    netlist = mapped.netlist
    assert "assign" not in mapped.verilog and "\\" not in mapped.verilog
    assert netlist.name == "dut"
    assert (netlist.net_constant < 0).all()
    assert len(set(netlist.port_net.tolist())) == netlist.num_ports, "no two ports share a net"
    assert set(netlist.cells.to_list()) <= set(library.cells.to_list())
    assert {"q_0__reg", "q_3__reg"} <= set(netlist.instances.to_list())
    area = library.cell_area[netlist.cells.find_in(library.cells)][netlist.instance_cell].sum()
    assert mapped.area_um2 == pytest.approx(area)
    assert mapped.step.cpu_s > 0 and mapped.step.tool.startswith("Yosys 0.")


def test_the_same_again(library: Library) -> None:
    assert _map(library, RTL).verilog == _map(library, RTL).verilog


def test_a_short_period_costs_area(library: Library) -> None:
    adder = b"module t (input [15:0] a, b, output [15:0] y); assign y = a * b; endmodule"
    assert _map(library, adder, period_ns=0.05).area_um2 > _map(library, adder, period_ns=50).area_um2


def test_parameters_defines_and_included_files(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "a folder; exit"
    folder.mkdir()
    (folder / "width.vh").write_text("localparam EXTRA = 2;\n")
    rtl = folder / "it's $(touch here).v"
    rtl.write_text(
        "module t #(parameter W = 1) (input [W+`MORE-1:0] a, output y);\n"
        '`include "width.vh"\n  assign y = ^a ^ EXTRA[0];\nendmodule\n'
    )
    mapped = _map(library, rtl, parameters={"W": 4}, defines={"MORE": 3}, top="t")
    assert mapped.netlist.num_ports == 8
    assert mapped.netlist.name == "t"


def test_system_verilog_is_known_by_its_name(library: Library, tmp_path: Path) -> None:
    text = "module t (input logic a, output logic y); always_comb y = !a; endmodule"
    (tmp_path / "t.sv").write_text(text)
    assert _map(library, tmp_path / "t.sv").netlist.num_instances == 1
    with pytest.raises(ToolError, match=r"t\.v:1: syntax error"):
        (tmp_path / "t.v").write_text(text)
        _map(library, tmp_path / "t.v")


@pytest.mark.parametrize(
    ("rtl", "message"),
    [
        ("module t (input a, output y);\n  assign y = a +;\nendmodule", r"/t\.v:2: syntax error, unexpected ';'"),
        ("module t (input a, output y);\n  wire a;\n  reg a;\n  wire [1:0] b;\n  b c;\nendmodule", r"/t\.v:5: syntax"),
        ('`include "nothing.v"\n', "Can't open include file `nothing.v'"),
        ("module t (input a, output y); part u (.a(a), .y(y)); endmodule", r"Module `\\part' referenced in"),
        ("module t (input a, en, output y); assign y = en ? a : 1'bz; endmodule", r"unmapped internal cell .*TBUF"),
        ("module t (input a, output y); assign y = a;", r"syntax error"),
        ("module t; initial $finish; endmodule", r"/t\.v:1: System task `\$finish' executed"),
        ("module t (input a, b, output y); assign y = a; assign y = b; endmodule", r"multiple conflicting drivers"),
    ],
)
def test_refusals_tell_the_place(library: Library, tmp_path: Path, rtl: str, message: str) -> None:
    (tmp_path / "t.v").write_text(rtl)
    with pytest.raises(ToolError) as caught:
        _map(library, tmp_path / "t.v")
    assert re.search(message, caught.value.message)


def test_nothing_of_the_rtl_is_executed(library: Library) -> None:
    with pytest.raises(ToolError, match="Found DPI function"):
        _map(
            library, b'module t (output [31:0] y); import "DPI-C" function int getpid(); assign y = getpid(); endmodule'
        )


def test_what_only_simulators_need_is_left_out(library: Library) -> None:
    rtl = b"module t (input c, d, output reg q); always @(posedge c) begin q <= d; $display(d); end endmodule"
    assert _map(library, rtl).netlist.num_instances == 1


def test_cells_of_the_library_may_be_named_in_the_rtl(library: Library) -> None:
    mapped = _map(library, b"module t (input a, b, output y); XOR2_X1 u1 (.A(a), .B(b), .Z(y)); endmodule")
    assert mapped.netlist.instances.to_list() == ["u1"]


@pytest.mark.parametrize("name", ["t; exec rm", "t -run", "t\nshell", "", "1t", "$t"])
def test_only_identifiers_reach_yosys(library: Library, name: str) -> None:
    rtl = b"module t (input a, output y); assign y = a; endmodule"
    for options in ({"top": name or " "}, {"parameters": {name: 1}}, {"defines": {name: 1}}, {"defines": {"a": "b c"}}):
        with pytest.raises(InputError, match="not a Verilog identifier"):
            _map(library, rtl, **options)


def test_arguments_are_checked(library: Library, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Verilog file"):
        _map(library)
    with pytest.raises(InputError, match="period must be positive, got 0"):
        _map(library, b"module t; endmodule", period_ns=0)
    with pytest.raises(InputError, match="no such file"):
        _map(library, tmp_path / "nothing.v")


def test_a_limit_is_a_timeout(library: Library) -> None:
    with pytest.raises(ToolTimeout, match="Yosys reached its wall limit"):
        synthesise(Rtl([RTL]), cells.LIBERTY, library, period_ns=1, limits=Limits(wall_s=0.05))


def test_roles_of_cells(library: Library) -> None:
    roles = find_roles(library)
    assert (roles.buffer, roles.buffer_input, roles.buffer_output) == ("BUF_X1", "A", "Z")
    assert (roles.high, roles.low) == (Tie("TIE1_X1", "Z"), Tie("TIE0_X1", "Z"))


def test_a_library_without_tie_cells_refuses_constants(library: Library, tmp_path: Path) -> None:
    text = cells.LIBERTY.read_text()
    liberty = tmp_path / "no_ties.lib"
    liberty.write_text(re.sub(r"\n  cell \(TIE\d_X1\) \{.*?\n  \}", "", text, flags=re.DOTALL))
    smaller = read_liberty(liberty)
    assert smaller.num_cells == library.num_cells - 2
    constant = Rtl([b"module t (input a, output y, z); assign y = a, z = 1'b0; endmodule"])
    with pytest.raises(ToolError, match="has no cells that give them"):
        synthesise(constant, liberty, smaller, period_ns=1)
    assert find_roles(smaller).high is None

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError, LimitError
from edasat.core.names import Names
from edasat.eda.formats.verilog import MESSAGES, read_verilog
from edasat.eda.library import Direction
from edasat.eda.netlist import Netlist

TINY = "module top (a, y); input a; output y; INV u1 (.A(a), .Y(y)); endmodule"


def read(text: str, **options: object) -> Netlist:
    return read_verilog(text.encode(), **options)  # type: ignore[arg-type]


def pins(netlist: Netlist, instance: str) -> dict[str, str | None]:
    """Return what an instance is connected to, by the names of its pins."""
    i = netlist.instances.index(instance)
    rows = range(netlist.pin_offsets[i], netlist.pin_offsets[i + 1])
    nets = [int(netlist.pin_net[row]) for row in rows]
    names = [netlist.pin_names[int(netlist.pin_name[row])] for row in rows]
    return dict(zip(names, (None if net < 0 else netlist.nets[net] for net in nets), strict=True))


def ports(netlist: Netlist) -> list[tuple[str, str, str | None]]:
    nets = [None if net < 0 else netlist.nets[int(net)] for net in netlist.port_net]
    direction = [Direction(int(d)).name.lower() for d in netlist.port_direction]
    return list(zip(netlist.ports.to_list(), direction, nets, strict=True))


def aliases(netlist: Netlist) -> dict[str, str]:
    return {name: netlist.nets[int(net)] for name, net in zip(netlist.alias_names, netlist.alias_net, strict=True)}


def constants(netlist: Netlist) -> dict[str, int]:
    return {name: int(v) for name, v in zip(netlist.nets, netlist.net_constant, strict=True) if v >= 0}


def check(netlist: Netlist) -> None:
    """Assert what holds for every record."""
    for names in (netlist.ports, netlist.instances, netlist.cells, netlist.pin_names):
        assert len(set(names.to_list())) == len(names)
    every = netlist.nets.to_list() + netlist.alias_names.to_list()
    assert len(set(every)) == len(every)
    assert len(netlist.pin_offsets) == netlist.num_instances + 1
    assert netlist.pin_offsets[0] == 0
    assert netlist.pin_offsets[-1] == netlist.num_connections == len(netlist.pin_net)
    assert (np.diff(netlist.pin_offsets) >= 0).all()
    for column, low, high in (
        (netlist.pin_net, -1, netlist.num_nets),
        (netlist.port_net, 0, netlist.num_nets),
        (netlist.alias_net, 0, netlist.num_nets),
        (netlist.pin_name, 0, len(netlist.pin_names)),
        (netlist.instance_cell, 0, len(netlist.cells)),
        (netlist.net_constant, -1, 2),
    ):
        assert not len(column) or low <= column.min() <= column.max() < high
    assert len(netlist.net_constant) == netlist.num_nets
    assert len(netlist.port_direction) == len(netlist.port_net) == netlist.num_ports


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_one_instance(packed: type) -> None:
    netlist = read_verilog(packed(TINY.encode()))
    check(netlist)
    assert (netlist.name, netlist.source) == ("top", "<bytes>")
    assert ports(netlist) == [("a", "input", "a"), ("y", "output", "y")]
    assert pins(netlist, "u1") == {"A": "a", "Y": "y"}
    assert netlist.cells.to_list() == ["INV"]
    assert not netlist.notes


PORTS = {
    "ANSI": "module t (input a, input wire [1:0] b, output logic c, d, inout [0:1] e);",
    "not ANSI": "module t (a, b, c, d, e); input a; input [1:0] b; output c, d; inout [0:1] e; wire [1:0] b;",
    "mixed with delays": "module t (a, b, c, d, e); input a; input signed [1:0] b; output c; output d;inout [0:1] e;"
    " tri #5 c;",
}


@pytest.mark.parametrize("name", PORTS)
def test_ports(name: str) -> None:
    netlist = read(PORTS[name] + " endmodule")
    check(netlist)
    assert [port[:2] for port in ports(netlist)] == [
        ("a", "input"),
        ("b[1]", "input"),
        ("b[0]", "input"),
        ("c", "output"),
        ("d", "output"),
        ("e[0]", "inout"),
        ("e[1]", "inout"),
    ]


def test_ports_that_name_their_nets() -> None:
    netlist = read("module t (.x({a, b}), .y(c), .b(b)); input [1:0] a; inout b; output c; endmodule")
    check(netlist)
    assert ports(netlist) == [
        ("x[2]", "inout", "a[1]"),
        ("x[1]", "inout", "a[0]"),
        ("x[0]", "inout", "b"),
        ("y", "output", "c"),
        ("b", "inout", "b"),
    ]


def test_vectors_and_constants_of_every_form() -> None:
    netlist = read("""
    module t (input [7:4] a, input [0:3] b, output [2:0] y);
      wire [2:0] w;
      C u1 (.P(a[6]), .Q(b[1:2]), .R({a[5:4], b}), .S({2{a[7], 1'b1}}), .T({w[0], {2{w[2:1]}}}));
      C u2 (.P(4'b1_0x), .Q(3'o5), .R(8 'h c), .S(3'd6), .T(2'sd1), .U(0));
      C u3 (.P(), .Q(y), .R({w}), .S(1'bz), .T(2'b1), .U('h3));
    endmodule""")
    check(netlist)
    assert pins(netlist, "u1") == {
        "P": "a[6]",
        "Q[1]": "b[1]",
        "Q[0]": "b[2]",
        **{f"R[{5 - k}]": name for k, name in enumerate(["a[5]", "a[4]", "b[0]", "b[1]", "b[2]", "b[3]"])},
        **{f"S[{3 - k}]": name for k, name in enumerate(["a[7]", "1'b1"] * 2)},
        **{f"T[{4 - k}]": name for k, name in enumerate(["w[0]", "w[2]", "w[1]", "w[2]", "w[1]"])},
    }
    zero, one = "1'b0", "1'b1"
    expected = {"P": [zero, one, zero, None], "Q": [one, zero, one], "R": [zero] * 4 + [one, one, zero, zero]}
    expected |= {"S": [one, one, zero], "T": [zero, one]}
    bits = {f"{pin}[{len(v) - 1 - k}]": net for pin, v in expected.items() for k, net in enumerate(v)}
    assert pins(netlist, "u2") == bits | {"U": zero}
    assert pins(netlist, "u3")["P"] is None
    assert pins(netlist, "u3")["S"] is None
    assert pins(netlist, "u3")["U"] == one
    assert constants(netlist) == {zero: 0, one: 1}
    assert netlist.notes.counts == {"verilog-undefined-bit": 2}


def test_names_are_canonical() -> None:
    netlist = read(
        r"""module \top$1 (\in[0] , a_$); input \in[0] , a_$; wire \wire ;
        INV \u1/u[2] (.\A[1] (\in[0] ), .Y(\wire )); BUF _2_ (.A(\a_$ ), .Z(\u1\.q )); endmodule"""
    )
    check(netlist)
    assert netlist.name == "top$1"
    assert netlist.ports.to_list() == ["in[0]", "a_$"]
    assert pins(netlist, "u1/u[2]") == {"A[1]": "in[0]", "Y": "wire"}
    assert pins(netlist, "_2_") == {"A": "a_$", "Z": r"u1\.q"}


def test_different_objects_with_one_canonical_name_stay_apart() -> None:
    netlist = read(r"module t (input [1:0] a); INV u (.A(a[0]), .Y(\a[0] )); endmodule")
    check(netlist)
    assert pins(netlist, "u") == {"A": "a[0]", "Y": r"\a[0]"}
    assert netlist.notes.counts == {"verilog-name-clash": 1}


def test_comments_attributes_directives_and_what_is_skipped() -> None:
    netlist = read(
        """`timescale 1ns / 1ps // x
        `define W 8 \\
          9
        /* module ( */ (* a = "*)", b *) (* keep *) module t #(parameter W = (3)) (a, y);
        parameter P = 1, Q = "x;y"; (* src = "f.v:1" *) input a; output y;
        specify (a => y) = (1, 2); specparam s = 3; endspecify
        INV #(.X(1), .Y("s")) u1 (.A(a), (* z *) .Y(y)), u2 (.A(y)); ;
        defparam u1.X = 3;
        endmodule : t
        `celldefine
        """
    )
    assert netlist.instances.to_list() == ["u1", "u2"]
    assert netlist.notes.counts == {"verilog-parameter": 4, "verilog-specify": 1}


def test_assignments_make_one_net() -> None:
    netlist = read("""
    module t (input a, input [1:0] b, output y, output [1:0] z, output k);
      wire m = a, n; wire [1:0] s = {b[0], b[1]};
      assign n = m; assign y = n, z = s; assign {k} = 1'b1;
      INV u (.A(n), .Y(o)); assign p = o;
    endmodule""")
    check(netlist)
    assert pins(netlist, "u") == {"A": "a", "Y": "o"}
    assert aliases(netlist) == {
        **dict.fromkeys(["m", "n", "y"], "a"),
        **dict.fromkeys(["s[1]", "z[1]"], "b[0]"),
        **dict.fromkeys(["s[0]", "z[0]"], "b[1]"),
        "p": "o",
    }
    assert constants(netlist) == {"k": 1}


def test_supplies() -> None:
    netlist = read(
        "module t (y); output y; supply1 VDD; supply0 VSS, GND; C u (.P(VDD), .G(VSS)); assign y = GND; endmodule"
    )
    assert constants(netlist) == {"y": 0, "VDD": 1, "VSS": 0}


HIERARCHY = r"""
module half (input a, b, output s, c);
  XOR g1 (.A(a), .B(b), .Z(s));
  AND g2 (.A(a), .B(b), .Z(c));
endmodule
module full (x, cin, sum, cout);
  input [1:0] x; input cin; output sum, cout;
  wire [1:0] \c , s;
  half h0 (x[1], x[0], s[0], c[0]);
  half h1 (.a(s[0]), .c(c[1]), .b(cin), .s(sum));
  OR g (.A(c[0]), .B(c[1]), .Z(cout));
endmodule
module top (input [3:0] x, y, output [4:0] z);
  wire [4:0] k;
  assign k[0] = 1'b0, z[4] = k[4];
  full f0 (.x({x[0], y[0]}), .cin(k[0]), .sum(z[0]), .cout(k[1]));
  full f1 (.x({x[1], y[1]}), .cin(k[1]), .sum(z[1]), .cout(k[2]));
  full f2 (.x({x[2], y[2]}), .cin(k[2]), .sum(z[2]), .cout(k[3]));
  full f3 (.x({x[3], y[3]}), .cin(k[3]), .sum(z[3]), .cout(k[4]));
endmodule
""".replace(r"\c ", "c")


def test_hierarchy_is_flattened() -> None:
    netlist = read(HIERARCHY)
    check(netlist)
    assert netlist.num_instances == 4 * 5
    assert pins(netlist, "f2/h1/g1") == {"A": "f2/s[0]", "B": "k[2]", "Z": "z[2]"}
    assert pins(netlist, "f0/h0/g2") == {"A": "x[0]", "B": "y[0]", "Z": "f0/c[0]"}
    other = aliases(netlist)
    assert other["f3/h1/b"] == "k[3]"
    assert other["f3/cout"] == other["k[4]"] == "z[4]"
    assert constants(netlist) == {"k[0]": 0}
    assert netlist.cells.to_list() == ["XOR", "AND", "OR"]


def test_top_module() -> None:
    assert read(HIERARCHY, top="full").num_instances == 5
    with pytest.raises(InputError, match="no module is called 'ful'") as caught:
        read(HIERARCHY, top="ful")
    assert caught.value.hint == "did you mean 'full'?"
    with pytest.raises(InputError, match="2 modules are not used by others: a, b"):
        read("module a; endmodule module b; endmodule")


def test_open_and_surplus_bits() -> None:
    netlist = read("""
    module sub (input [3:0] d, input e, output q); C u (.D(d), .E(e), .Q(q)); endmodule
    module t (input [1:0] a, output y); sub s (.d(a), .q(y)); sub r (a, 3'b011); sub p (.d(2'b11), .e()); endmodule""")
    check(netlist)
    assert pins(netlist, "s/u") == {
        "D[3]": "s/d[3]", "D[2]": "s/d[2]", "D[1]": "a[1]", "D[0]": "a[0]", "E": "s/e", "Q": "y",
    }  # fmt: skip
    assert constants(netlist) == {"r/e": 1, "p/d[3]": 0, "p/d[2]": 0, "p/d[1]": 1, "p/d[0]": 1}
    assert netlist.notes.counts == {"verilog-width": 4}
    assert netlist.notes.first["verilog-width"][1] == "<bytes>:3"


def library(**cells: list[str]) -> SimpleNamespace:
    """Return what the reader uses of a library."""
    offsets = np.concatenate([[0], np.cumsum([len(names) for names in cells.values()])]).astype(np.int32)
    return SimpleNamespace(
        cells=Names.of(cells), cell_pins=offsets, pins=Names.of(pin for names in cells.values() for pin in names)
    )


def test_a_library_orders_pins_and_numbers_buses() -> None:
    cells = library(RAM=["CK", "D[0]", "D[1]", "D[2]", "W[4]"], INV=["A", "Y"])
    netlist = read(
        """module t (input c, input [2:0] d);
        RAM m (c, d, c); RAM n (.D({c, 1'b1}), .W(c)); INV i (c); INV j (, x); endmodule""",
        library=cells,
    )
    check(netlist)
    assert pins(netlist, "m") == {"CK": "c", "D[0]": "d[2]", "D[1]": "d[1]", "D[2]": "d[0]", "W[4]": "c"}
    assert pins(netlist, "n") == {"D[0]": None, "D[1]": "c", "D[2]": "1'b1", "W[4]": "c"}
    assert pins(netlist, "i") == {"A": "c"}
    assert pins(netlist, "j") == {"A": None, "Y": "x"}
    for text, code in (("INV i (c, d, c);", "verilog-many-pins"), ("NOR i (c, d);", "verilog-ordered")):
        with pytest.raises(InputError) as caught:
            read(f"module t (input c, d); {text} endmodule", library=cells)
        assert caught.value.code == code


#: Text, code, line, column.
REFUSED = {
    "empty": ("", "verilog-empty", 0),
    "only a comment": ("// nothing\n", "verilog-empty", 0),
    "no module": ("wire a;", "verilog-expected", 1),
    "no name": ("module (a);", "verilog-expected", 8),
    "end inside": ("module t (a); input a;", "verilog-expected", 23),
    "no semicolon": ("module t (a) input a; endmodule", "verilog-expected", 14),
    "missing comma": ("module t; INV u (.A(a) .B(b)); endmodule", "verilog-expected", 24),
    "no instance name": ("module t; INV (.A(a)); endmodule", "verilog-expected", 15),
    "empty brackets": ("module t; INV u (.A(a[])); endmodule", "verilog-expected", 23),
    "no operand": ("module t; INV u (.A({a,})); endmodule", "verilog-expected", 24),
    "two operands": ("module t; INV u (.A(a b)); endmodule", "verilog-expected", 23),
    "always": ("module t (input c); always @(posedge c) q <= d; endmodule", "verilog-rtl", 21),
    "reg": ("module t; reg q; endmodule", "verilog-rtl", 11),
    "output reg": ("module t (output reg q); endmodule", "verilog-rtl", 18),
    "operator": ("module t; assign y = a & b; endmodule", "verilog-rtl", 24),
    "inversion": ("module t; assign y = ~a; endmodule", "verilog-rtl", 22),
    "parentheses": ("module t; assign y = (a); endmodule", "verilog-rtl", 22),
    "function": ("module t; function f; endfunction endmodule", "verilog-rtl", 11),
    "generate": ("module t; generate endgenerate endmodule", "verilog-rtl", 11),
    "parameter in a range": ("module t; wire [W-1:0] a; endmodule", "verilog-rtl", 17),
    "memory": ("module t; wire [1:0] a [3:0]; endmodule", "verilog-rtl", 24),
    "indexed part": ("module t; wire [7:0] a; INV u (.A(a[3+:2])); endmodule", "verilog-rtl", 38),
    "hierarchical name": ("module t; INV u (.A(v.a)); endmodule", "verilog-rtl", 22),
    "package": ("package p; endpackage", "verilog-rtl", 1),
    "primitive": ("module t (input a, output y); not (y, a); endmodule", "verilog-gate", 31),
    "include": ('`include "x.v"\nmodule t; endmodule', "verilog-directive", 1),
    "macro": ("module t; wire `W a; endmodule", "verilog-directive", 16),
    "open comment": ("module t; /* endmodule", "verilog-comment", 11),
    "open attribute": ("module t; (* a endmodule", "verilog-attribute", 11),
    "open string": ('module t; defparam a = "x;', "verilog-string", 24),
    "lone backslash": ("module t; wire \\ ; endmodule", "verilog-escape", 16),
    "byte": ("module t; wire \xff; endmodule", "verilog-byte", 16),
    "constant": ("module t; INV u (.A(1'b2)); endmodule", "verilog-number", 21),
    "constant without digits": ("module t; INV u (.A(1'b)); endmodule", "verilog-number", 21),
    "constant of no bits": ("module t; INV u (.A(0'b1)); endmodule", "verilog-number", 21),
    "bit number": ("module t; wire [1'b1:0] a; endmodule", "verilog-index", 17),
    "huge bit number": ("module t; wire [99999999999999999999:0] a; endmodule", "verilog-index", 17),
    "repeated never": ("module t; INV u (.A({0{a}})); endmodule", "verilog-replication", 22),
    "deep": ("module t; INV u (.A(" + "{" * 99 + "a" + "}" * 99 + ")); endmodule", "verilog-deep", 85),
    "instance array": ("module t; INV u [3:0] (.A(a)); endmodule", "verilog-instance-array", 17),
    "wildcard": ("module t; INV u (.*); endmodule", "verilog-wildcard", 19),
    "mixed": ("module t; INV u (.A(a), b); endmodule", "verilog-mixed", 25),
    "pin twice": ("module t; INV u (.A(a), .A(b)); endmodule", "verilog-pin-twice", 26),
    "module twice": ("module t; endmodule module t; endmodule", "verilog-module-twice", 28),
    "instance twice": ("module t; INV u (.A(a)); BUF u (.A(a)); endmodule", "verilog-instance-twice", 30),
    "port twice": ("module t (a, a); input a; endmodule", "verilog-port-twice", 14),
    "port undeclared": ("module t (a); wire a; endmodule", "verilog-port-undeclared", 11),
    "port unlisted": ("module t (a); input a, b; endmodule", "verilog-port-unlisted", 24),
    "range differs": ("module t (a); input [1:0] a; wire a; endmodule", "verilog-range-differs", 35),
    "bit of nothing": ("module t; INV u (.A(a[1])); endmodule", "verilog-undeclared", 21),
    "bit of a bit": ("module t; wire a; INV u (.A(a[0])); endmodule", "verilog-scalar", 29),
    "bit outside": ("module t; wire [3:1] a; INV u (.A(a[0])); endmodule", "verilog-bit-range", 35),
    "select order": ("module t; wire [3:0] a; INV u (.A(a[1:2])); endmodule", "verilog-select-order", 35),
    "assigned constant": ("module t; assign 1'b0 = a; endmodule", "verilog-assign-constant", 23),
    "both constants": ("module t; supply1 a; assign a = 1'b0; endmodule", "verilog-constant-conflict", 0),
    "no such port": ("module s (a); input a; endmodule module t; s u (.b(x)); endmodule", "verilog-no-port", 50),
    "too many ports": ("module s (a); input a; endmodule module t; s u (x, y); endmodule", "verilog-many-ports", 52),
    "order without a library": ("module t; INV u (a, y); endmodule", "verilog-ordered", 18),
    "recursion": ("module a; b u (); endmodule module b; a v (); endmodule module t; a w (); endmodule",
                  "verilog-recursion", 41),
    "no top": ("module a; b u (); endmodule module b; a v (); endmodule", "verilog-top-none", 0),
    "two tops": ("module a; endmodule module b; endmodule", "verilog-top-unclear", 0),
    "Liberty": ("library (x) { }", "verilog-wrong-file", 1),
    "LEF": ("VERSION 5.8 ;\nMACRO X\n", "verilog-wrong-file", 1),
    "SDC": ("# c\ncreate_clock -period 1 clk", "verilog-wrong-file", 1),
    "SPEF": ('*SPEF "IEEE 1481-1998"', "verilog-wrong-file", 1),
    "SDF": ("(DELAYFILE (SDFVERSION", "verilog-wrong-file", 1),
    "BLIF": (".model top\n", "verilog-wrong-file", 1),
    "VHDL": ("library ieee;\nuse ieee.std_logic_1164.all;", "verilog-wrong-file", 1),
    "BENCH": ("# c17\nINPUT(G1)", "verilog-wrong-file", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, code, column = REFUSED[name]
    with pytest.raises(InputError) as caught:
        read_verilog(text.encode("latin-1"))
    assert (caught.value.code, caught.value.column) == (code, column), str(caught.value)
    assert code in MESSAGES


def test_every_message_is_tested() -> None:
    elsewhere = {"verilog-many-pins", "verilog-top-missing", "verilog-too-large"}
    assert {code for _, code, _ in REFUSED.values()} == set(MESSAGES) - elsewhere


def test_messages_name_what_is_wrong() -> None:
    with pytest.raises(InputError) as caught:
        read("module t;\n  wire [3:1] a;\n  INV u (.A(a[0]));\nendmodule")
    assert str(caught.value).startswith(
        "<bytes>:3:13: error: 'a' has no bits [0:0]: it is declared [3:1] [verilog-bit-range]"
    )
    with pytest.raises(InputError) as caught:
        read("module s (a, b); input a, b; endmodule module t; s u (.c(x)); endmodule")
    assert caught.value.hint == "its ports are a, b"


def test_what_would_not_fit_is_refused_before_it_is_built() -> None:
    doubling = "".join(f"module m{k}; m{k + 1} a (); m{k + 1} b (); endmodule\n" for k in range(60))
    for text in (
        doubling + "module m60; INV u (.A(x)); endmodule",
        "module t; wire [16777215:0] " + ", ".join(f"a{k}" for k in range(20)) + "; endmodule",
        "module t; INV u (.A({16777216{{16777216{1'b0}}}})); endmodule",
    ):
        with pytest.raises(LimitError, match="more than 33,554,432"):
            read(text)


def test_deep_hierarchy(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = "".join(f"module m{k} (input a); m{k + 1} x{k} (.a(a)); endmodule\n" for k in range(500))
    netlist = read(chain + "module m500 (input a); INV u (.A(a)); endmodule")
    assert len(netlist.instances[0]) == sum(len(f"x{k}/") for k in range(500)) + 1
    assert netlist.num_nets == 1
    monkeypatch.setattr("edasat.eda.formats.verilog.hierarchy.MAX_BYTES", 100_000)
    with pytest.raises(LimitError, match="bytes of hierarchical names"):
        read(chain + "module m500 (input a); INV u (.A(a)); endmodule")


def test_a_net_may_be_called_like_a_constant() -> None:
    netlist = read(r"module t (input \1'b0 ); C u (.A(1'b0), .B(\1'b0 )); endmodule")
    check(netlist)
    assert pins(netlist, "u") == {"A": r"\1'b0", "B": "1'b0"}


def test_repeated_concatenations_grow_the_tables() -> None:
    netlist = read("module t (input a); C u (.A({3000{a}}), .B({2{{500{1'b0}}, a}})); endmodule")
    assert netlist.num_connections == 3000 + 2 * 501
    assert int((netlist.pin_net == netlist.nets.index("a")).sum()) == 3002


PIECES = st.sampled_from(
    [
        "module",
        "endmodule",
        "(",
        ")",
        ";",
        ",",
        ".",
        "{",
        "}",
        "[",
        "]",
        ":",
        "=",
        "#",
        "a",
        "b",
        "t",
        "u",
        "1'b0",
        "3",
        "0",
        "2'b1x",
        "wire",
        "input",
        "output",
        "assign",
        "[1:0]",
        "INV",
        ".A(a)",
        ".B(",
        "supply0",
        "`timescale",
        "(*",
        "*)",
        "/*",
        "*/",
        "//",
        "\n",
        "\\a[0]",
        "",
        "always",
        "&",
        "specify",
        "endspecify",
        "parameter",
        "8'hff",
        "{2{a}}",
        "defparam",
        "inout",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=40), st.booleans())
def test_any_mixture_of_words_gives_a_record_or_an_error(words: list[str], wrapped: bool) -> None:
    text = " ".join(words)
    try:
        check(read(f"module t (a, b); {text} endmodule" if wrapped else text))
    except InputError as error:
        assert error.code in MESSAGES or error.code.startswith("file-")


@settings(max_examples=200)
@given(st.integers(0, len(HIERARCHY)), st.integers(0, 40), st.binary(max_size=6))
def test_damaged_files_give_a_record_or_an_error(at: int, length: int, put: bytes) -> None:
    text = HIERARCHY.encode()
    try:
        check(read_verilog(text[:at] + put + text[at + length :]))
    except InputError as error:
        assert error.code in MESSAGES or error.code.startswith("file-")


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_garbage_gives_an_error(data: bytes) -> None:
    with pytest.raises(InputError):
        read_verilog(data)


YOSYS = """
import json, sys
from pyosys import libyosys as ys
design = ys.Design()
for command in ("read_verilog -icells " + sys.argv[1], "hierarchy -top " + sys.argv[2], "flatten", "opt_clean -purge",
                "write_json " + sys.argv[3]):
    ys.run_pass(command, design)
"""


def test_flattening_agrees_with_yosys(tmp_path: Path) -> None:
    """The same pins hang together, whatever the nets are called."""
    cells = "".join(
        f"(* blackbox *) module {cell} (input A, B, output Z); endmodule\n" for cell in ("XOR", "AND", "OR")
    )
    (tmp_path / "in.v").write_text(cells + HIERARCHY)
    arguments = [str(tmp_path / "in.v"), "top", str(tmp_path / "out.json")]
    subprocess.run([sys.executable, "-c", YOSYS, *arguments], check=True, capture_output=True, timeout=120)
    module = json.loads((tmp_path / "out.json").read_text())["modules"]["top"]
    theirs: dict[object, set[str]] = {}
    for name, cell in module["cells"].items():
        for pin, bits in cell["connections"].items():
            theirs.setdefault(bits[0], set()).add(f"{name.replace('.', '/')}/{pin}")
    for name, port in module["ports"].items():
        for bit, net in enumerate(port["bits"]):
            theirs.setdefault(net, set()).add(f"{name}[{bit}]")
    netlist = read(HIERARCHY)
    ours: dict[int, set[str]] = {}
    for i, instance in enumerate(netlist.instances):
        for row in range(netlist.pin_offsets[i], netlist.pin_offsets[i + 1]):
            pin = netlist.pin_names[int(netlist.pin_name[row])]
            ours.setdefault(int(netlist.pin_net[row]), set()).add(f"{instance}/{pin}")
    for port, net in zip(netlist.ports, netlist.port_net, strict=True):
        ours.setdefault(int(net), set()).add(port)
    assert sorted(map(sorted, ours.values())) == sorted(map(sorted, theirs.values()))


#: File -> instances and port bits (of flat files by grep and by OpenSTA's get_cells and get_ports).
PUBLIC = {
    "openroad_aes/aes_nangate45.v.xz": (16758, 388),
    "circuitops/nangate45_aes/6_final.v.gz": (30202, 388),
    "circuitops/sky130hd_aes/6_final.v.gz": (64389, 388),
    "openroad_gcd/gcd_nangate45.v": (None, 54),
    "opensta_misc/verilog_unconnected_hpin.v": (8, 5),
    "opensta_misc/slash_port_test.v": (4, 4),
    "opensta_misc/verilog_attribute.v": (2, 4),
    "opensta_misc/verilog_write_escape.v": (2, 1),
    "opentimer/c880/c880.v": (None, 86),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_netlists(shared_data: Path, name: str) -> None:
    netlist = read_verilog(shared_data / "timing" / name)
    check(netlist)
    instances, num_ports = PUBLIC[name]
    assert instances in (None, netlist.num_instances)
    assert netlist.num_ports == num_ports


def test_nets_are_those_of_opensta(shared_data: Path) -> None:
    """Golden: ``read_verilog; link_design; llength [get_nets *]`` of OpenSTA 2.0.17."""
    netlist = read_verilog(shared_data / "timing" / "openroad_aes" / "aes_nangate45.v.xz")
    assert (netlist.num_nets, len(netlist.alias_names)) == (17553, 0)


def test_all_public_netlists_can_be_read(shared_data: Path) -> None:
    files = sorted((shared_data / "timing").rglob("*.v")) + sorted((shared_data / "timing").rglob("*.v.*"))
    assert len(files) > 50
    for path in files:
        if "nangate45_gcd" not in str(path):  # that one is a tar archive
            check(read_verilog(path))


def test_gate_level_benchmarks_need_mapping(shared_data: Path) -> None:
    for path in sorted((shared_data / "circuits" / "iccad2015_lec").rglob("*.v.xz"))[:2]:
        with pytest.raises(InputError) as caught:
            read_verilog(path)
        assert caught.value.code == "verilog-gate"

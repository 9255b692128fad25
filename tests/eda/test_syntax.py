"""Syntax trees of Verilog: two parsers against each other, widths against the standard, refusals with their place."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.core.graph import Graph
from edasat.eda.flow import Rtl
from edasat.eda.rtl import generate, hand_written
from edasat.eda.verilog import pyverilog_tree, slang_tree
from edasat.eda.verilog.syntax import parse_syntax, syntax_features, syntax_graph
from edasat.eda.verilog.syntax_tree import KIND, NODE_KINDS, SyntaxTree, evaluate, read_number

TEXT = """
`define TWICE(x) (2 * (x))
module leaf #(parameter W = 4, parameter D = 8) (input clk, input [W-1:0] a, output reg [`TWICE(W)-1:0] y);
  localparam N = $clog2(D) + 1;
  reg [7:0] store [0:D-1];
  wire [N-1:0] n = a;
  always @(posedge clk)
    y <= {a, store[n[2:0]][1 +: 2], {3{a[0]}}};
endmodule
module top (input clk, input [3:0] a, output [7:0] p, q, output r);
  leaf u0 (.clk(clk), .a(a), .y(p));
  leaf #(.D(16)) u1 (.clk(clk), .a(~a), .y(q));
  assign r = &a | (a == 4'b1x01);
endmodule
"""


def trees(text: str) -> tuple[SyntaxTree, SyntaxTree]:
    """Return the trees of both parsers."""
    parsed = slang_tree.parse(Rtl([text.encode()]))
    ours = pyverilog_tree.convert(parsed)
    assert ours is not None
    return ours, slang_tree.convert(parsed)


def shape(tree: SyntaxTree) -> Counter[tuple[str, str, str]]:
    """Count nodes by kind, name and kind of the parent."""
    kinds = [NODE_KINDS[kind] for kind in tree.kind]
    parents = [kinds[parent] if parent >= 0 else "" for parent in tree.parent]
    names = [name if kind in {"identifier", "number", "module", "instance", "reg"} else ""
             for kind, name in zip(kinds, tree.name, strict=True)]  # fmt: skip
    return Counter(zip(kinds, names, parents, strict=True))


def test_two_parsers_agree() -> None:
    modules = [module.text for module in hand_written()[::4]]
    modules += [generate(family, 3, 300).text for family in ("crc", "arbiter", "processor", "serial")]
    for text in [TEXT, *modules]:
        by_pyverilog, by_slang = trees(text)
        assert shape(by_pyverilog) == shape(by_slang)


def test_two_parsers_agree_on_foreign_text(shared_data: Path) -> None:
    folder = shared_data / "rtl" / "openabcd_usb_phy"
    parsed = slang_tree.parse(Rtl([path for path in sorted(folder.glob("*.v")) if path.stem != "timescale"]))
    ours = pyverilog_tree.convert(parsed)
    assert ours is not None
    assert shape(ours) == shape(slang_tree.convert(parsed))


@pytest.mark.parametrize("parser", [0, 1])
def test_widths_and_constants(parser: int) -> None:
    tree = trees(TEXT)[parser]
    found = evaluate(tree)
    kinds = [NODE_KINDS[kind] for kind in tree.kind]

    def the(kind: str, name: str = "") -> int:
        return next(i for i, k in enumerate(kinds) if k == kind and name in {"", tree.name[i]})

    assert found.width[the("input", "a")] == 4
    assert found.width[the("output", "y")] == 8  # through the macro
    assert found.value[the("localparam", "N")] == 4
    assert found.width[the("wire", "n")] == 4
    assert (found.width[the("reg", "store")], found.value[the("reg", "store")]) == (8, 8)
    assert found.width[the("concatenation")] == 4 + 2 + 3
    assert found.width[the("replication")] == 3
    assert found.width[the("part_select", "+:")] == 2
    assert (found.width[the("eq")], found.width[the("reduce_and")], found.width[the("not")]) == (1, 1, 4)
    wide = evaluate(tree, {("leaf", "W"): 10})
    assert wide.width[the("output", "y")] == 20


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", (32, 12)), ("8'hF_f", (8, 255)), ("4'b1x01", (4, None)), ("'d7", (32, 7)), ("2'sd1", (2, 1)),
     ("4 'h 1F", (4, 15)), ("1.5", (32, None)), ("3'o7", (3, 7)), ("99999999'b1", (1 << 24, 1))],
)  # fmt: skip
def test_numbers(text: str, value: tuple[int, int | None]) -> None:
    assert read_number(text) == value


def test_graph(tmp_path: Path) -> None:
    graph = syntax_graph(Rtl([TEXT.encode()]))
    nodes = graph.nodes["node"]
    parent, child = graph.edges["node", "child", "node"].index
    assert len(parent) == nodes.count - 1  # a tree
    assert nodes.level is not None
    assert (nodes.level[child] == nodes.level[parent] + 1).all()
    assert (child > parent).all()
    assert graph.metadata["top"] == "top"
    kind = nodes.arrays["kind"]
    assert nodes.arrays["copies"][kind == KIND["replication"]].tolist() == [2]
    source, target = graph.edges["node", "refers", "node"].index
    instances = {int(node) for node in np.flatnonzero(kind == KIND["instance"])}
    assert {int(target[source == node][0]) for node in instances} == {int(np.flatnonzero(kind == KIND["module"])[0])}
    assert nodes.names is not None
    assert all(nodes.names[s] == nodes.names[t] for s, t in zip(source, target, strict=True))
    line = int(nodes.arrays["line"][kind == KIND["replication"]][0])
    assert "{3{a[0]}}" in TEXT.splitlines()[line - 1]
    graph.save(tmp_path / "g")
    assert Graph.load(tmp_path / "g").content_hash() == graph.content_hash()


def test_features_count_what_is_there() -> None:
    features = syntax_features(Rtl([TEXT.encode()]))
    assert features["count_instance"] == 2
    assert features["count_always"] == 1
    assert features["all_count_always"] == 2
    assert features["bits_eq"] == 4  # of its operands
    assert features["all_memory_bits"] == 2 * 8 * 8
    assert features["count_nodes"] == sum(features[f"count_{kind}"] for kind in NODE_KINDS)


def test_includes_macros_and_several_files(tmp_path: Path) -> None:
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "sizes.vh").write_text("`define SIZE 5\n")
    (tmp_path / "a.v").write_text(
        '`include "sizes.vh"\nmodule a (input [`SIZE-1:0] x, output y);\n  assign y = ^x;\nendmodule\n'
    )
    (tmp_path / "b.v").write_text("module b (input [`SIZE:0] x, output y);\n  a u (x[4:0], y);\nendmodule\n")
    rtl = Rtl([tmp_path / "a.v", tmp_path / "b.v"], include_dirs=[tmp_path / "inc"])
    graph = syntax_graph(rtl)
    assert graph.metadata["top"] == "b"
    assert graph.metadata["files"][:2] == [str(tmp_path / "a.v"), str(tmp_path / "b.v")]
    kind, width = graph.nodes["node"].arrays["kind"], graph.nodes["node"].arrays["width"]
    assert width[kind == KIND["input"]].tolist() == [5, 6]
    bigger = Rtl([tmp_path / "b.v", tmp_path / "a.v"], defines={"SIZE": 9}, include_dirs=[tmp_path / "inc"])
    graph = syntax_graph(bigger)
    kind, width = graph.nodes["node"].arrays["kind"], graph.nodes["node"].arrays["width"]
    assert width[kind == KIND["input"]].tolist() == [10, 5]


def test_system_verilog_and_what_pyverilog_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "m.sv"
    path.write_text("module m (input logic [3:0] a, output logic y);\n  always_comb y = a inside {1, 2};\nendmodule\n")
    tree, parser = parse_syntax(Rtl([path]))
    assert parser == "slang"
    assert KIND["always"] in tree.kind
    _, parser = parse_syntax(Rtl([b"module m (input bit, output do); assign do = bit; endmodule"]))
    assert parser == "pyverilog"  # names in Verilog, keywords in SystemVerilog


def test_text_hidden_from_synthesis_is_not_there() -> None:
    text = '// synopsys translate_off\n`include "nowhere.v"\n// synopsys translate_on\nmodule m; endmodule\n'
    assert syntax_features(Rtl([text.encode()]))["count_module"] == 1


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("module m;\n  assign y = a +;\nendmodule\n", (2, 17), "expected expression"),
        ("module m;\n  wire x\nendmodule\n", (2, 9), "expected ';'"),
        ('module m;\n`include "gone.vh"\nendmodule\n', (2, 10), "'gone.vh': No such file"),
        ("`define X y +\nmodule m;\n  assign a = `X ;\nendmodule\n", (3, 17), "expected expression"),
        ("   \n", (0, 0), "empty"),
        ("module m;\n" + "if (1) " * 30_000 + "wire x;\nendmodule\n", (2, 6994), "more than 1000 deep"),
        ("module m;\n" + "if (1) begin " * 30_000 + "end " * 30_000 + "\nendmodule\n", (2, 6495), "1000 deep"),
    ],
)
def test_refuses(tmp_path: Path, text: str, place: tuple[int, int], words: str) -> None:
    path = tmp_path / "bad.v"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        syntax_graph(Rtl([path]))
    assert (caught.value.path, caught.value.line, caught.value.column) == (str(path), *place)


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pyverilog_tree._parser.cache_clear()
    syntax_graph(Rtl([TEXT.encode()]))
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=60)
@given(st.data())
def test_damaged_text_is_refused_or_read(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(TEXT)))
    end = data.draw(st.integers(start, min(len(TEXT), start + 60)))
    junk = data.draw(st.one_of(st.text(max_size=6), st.sampled_from(["[", "'", "1'b", "9999999999", "(*", "`", "**"])))
    with contextlib.suppress(InputError):
        syntax_graph(Rtl([(TEXT[:start] + junk + TEXT[end:]).encode()]))
